//! A policy as plain data: rows in vectors, references by number or name, no index of any kind.

use std::fmt::Write;

/// What the profile of a policy closes or leaves open.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Profile {
    /// Closed defaults.
    #[default]
    Strict,
    /// The open defaults of the field.
    Mivb,
}

/// Service mode.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Mode {
    /// Day.
    #[default]
    Day,
    /// Night 1.
    Night1,
    /// Night 2.
    Night2,
}

impl Mode {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Day, Self::Night1, Self::Night2];
}

/// A class number for each service mode; 0 is no class.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PerMode {
    /// By day.
    pub day: u8,
    /// In night 1.
    pub night1: u8,
    /// In night 2.
    pub night2: u8,
}

impl PerMode {
    /// The same number in every mode.
    #[must_use]
    pub const fn all(number: u8) -> Self {
        Self { day: number, night1: number, night2: number }
    }

    /// The number in force.
    #[must_use]
    pub const fn of(self, mode: Mode) -> u8 {
        match mode {
            Mode::Day => self.day,
            Mode::Night1 => self.night1,
            Mode::Night2 => self.night2,
        }
    }
}

/// A Class of Service.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cos {
    /// 1-110.
    pub id: u8,
    /// Names of features.
    pub features: Vec<&'static str>,
}

/// A COR group: the CORs that it blocks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CorGroup {
    /// 1-96.
    pub id: u8,
    /// Blocked CORs; none is a label "open to all".
    pub members: Vec<u8>,
}

/// Where a row leads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Use {
    /// To the route of this number.
    Route(u16),
    /// To the route list of this number.
    List(u16),
    /// To the route plan of this number.
    Plan(u16),
}

/// A zone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// Its own emergency routes.
    pub emergency: Option<Use>,
}

/// A SIP phone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Device {
    /// Directory number.
    pub dn: String,
    /// COS by mode.
    pub cos: PerMode,
    /// COR by mode.
    pub cor: PerMode,
    /// Interconnect Number.
    pub interconnect: u8,
    /// Name of its zone.
    pub zone: Option<String>,
    /// Digest username.
    pub username: String,
    /// Digest password.
    pub password: String,
}

/// A SIP trunk.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Trunk {
    /// Its name.
    pub name: String,
    /// Whether it belongs to the public network.
    pub public: bool,
    /// Calls at once.
    pub channels: u16,
    /// COS by mode.
    pub cos: PerMode,
    /// COR by mode.
    pub cor: PerMode,
    /// Interconnect Number.
    pub interconnect: u8,
    /// Name of its zone.
    pub zone: Option<String>,
}

/// A digit modification.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Modification {
    /// 1-815.
    pub id: u16,
    /// Digits removed from the front.
    pub absorb: u8,
    /// Digits put in front of the rest.
    pub insert: String,
}

/// A route.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Route {
    /// 1-1200.
    pub id: u16,
    /// Name of its trunk.
    pub trunk: String,
    /// Number of its digit modification.
    pub modification: Option<u16>,
    /// Number of its COR group.
    pub cor_group: Option<u8>,
    /// Whether it carries emergency calls only.
    pub emergency: bool,
}

/// A choice of a route list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Choice {
    /// Number of the route.
    pub route: u16,
    /// Whether the caller hears the warning tone.
    pub warning_tone: bool,
}

/// A route list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RouteList {
    /// 1-1200.
    pub id: u16,
    /// In order, cheapest first.
    pub choices: Vec<Choice>,
}

/// How many digits follow the pattern of an ARS row.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Follow {
    /// Exactly so many.
    Exactly(u8),
    /// Any number, none included.
    Unknown,
}

/// An ARS row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ArsRow {
    /// First part of the pattern; may be empty.
    pub leading: String,
    /// Second part of the pattern.
    pub digits: String,
    /// What follows.
    pub follow: Follow,
    /// Where it leads.
    pub to: Use,
}

impl ArsRow {
    /// Leading digits and digits.
    #[must_use]
    pub fn pattern(&self) -> String {
        format!("{}{}", self.leading, self.digits)
    }
}

/// A Leading row: an ARS row without digits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LeadingRow {
    /// Pattern.
    pub leading: String,
    /// Number of a COR group, or 0.
    pub cor_group: u8,
}

/// An ARS row marked emergency.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EmergencyRow {
    /// An access code; may be empty.
    pub leading: String,
    /// The bare number; no wildcards.
    pub digits: String,
    /// What is sent; absent: the bare number.
    pub outpulse: Option<String>,
    /// Where it leads.
    pub to: Use,
}

impl EmergencyRow {
    /// What is dialed.
    #[must_use]
    pub fn string(&self) -> String {
        format!("{}{}", self.leading, self.digits)
    }
}

/// Part of the week: days as bits from Monday, minutes of the day; `to` at or before `from` goes over midnight of each day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Times {
    /// Bit 0 Monday to bit 6 Sunday.
    pub days: u8,
    /// First minute, below 1440.
    pub from: u16,
    /// First minute after it, up to 1440.
    pub to: u16,
}

/// A route plan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RoutePlan {
    /// 1-32.
    pub id: u16,
    /// Zones, without overlap, each leading to a route or list.
    pub zones: Vec<(Times, Use)>,
}

/// What a number class means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// Refused.
    Deny,
    /// Let through.
    Allow,
    /// Let through, with an alarm.
    Watch,
}

/// A number class of the policy's own.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OwnClass {
    /// Its name.
    pub name: String,
    /// As dialed nationally.
    pub prefixes: Vec<&'static str>,
    /// What it means.
    pub action: Action,
    /// Number of the COR group that it is for, or all.
    pub cor_group: Option<u8>,
}

/// An account code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccountCode {
    /// Digits.
    pub code: String,
    /// COS and COR that a verified one gives; absent: it only names records.
    pub verified: Option<(u8, u8)>,
}

/// A policy.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Model {
    /// The profile.
    pub profile: Profile,
    /// Classes of Service.
    pub cos: Vec<Cos>,
    /// COR groups.
    pub cor_groups: Vec<CorGroup>,
    /// Restricted pairs of Interconnect Numbers: from, to.
    pub restricted: Vec<(u8, u8)>,
    /// Zones.
    pub zones: Vec<Zone>,
    /// Devices.
    pub devices: Vec<Device>,
    /// Trunks.
    pub trunks: Vec<Trunk>,
    /// Digit modifications.
    pub modifications: Vec<Modification>,
    /// Routes.
    pub routes: Vec<Route>,
    /// Route lists.
    pub route_lists: Vec<RouteList>,
    /// ARS rows.
    pub ars: Vec<ArsRow>,
    /// Leading rows.
    pub leading: Vec<LeadingRow>,
    /// Emergency rows.
    pub emergency: Vec<EmergencyRow>,
    /// The system's area code, of CA.
    pub area_code: Option<&'static str>,
    /// The access code of numbers dialed with `+`.
    pub plus_access: Option<&'static str>,
    /// What built-in classes mean, where the profile does not say it.
    pub class_defaults: Vec<(&'static str, Action)>,
    /// Own number classes.
    pub own_classes: Vec<OwnClass>,
    /// Service modes other than day, without overlap.
    pub schedule: Vec<(Times, Mode)>,
    /// Holidays: day of December 2026, and the mode.
    pub holidays: Vec<(u8, Mode)>,
    /// Route plans.
    pub plans: Vec<RoutePlan>,
    /// Account codes.
    pub codes: Vec<AccountCode>,
    /// Exact lengths of account codes: COS number and length.
    pub code_lengths: Vec<(u8, u8)>,
    /// Numbers of routes that ask for no code.
    pub without_code: Vec<u16>,
    /// The most digits that a COR may dial.
    pub max_digits: Vec<(u8, u8)>,
    /// Public calls a minute and at once, where the profile does not say it.
    pub limits: Option<(u16, u16)>,
}

impl Model {
    /// The same policy in the policy language.
    ///
    /// # Panics
    /// Never: writing to a string does not fail.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut out = String::new();
        self.write(&mut out).expect("a string takes everything");
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let profile = match self.profile {
            Profile::Strict => "strict",
            Profile::Mivb => "mivb",
        };
        writeln!(out, "[system]\nname = \"Model\"\ncountry = \"CA\"\nrealm = \"model.example\"")?;
        writeln!(
            out,
            "profile = \"{profile}\"\ndefault_cesid = \"6135550100\"\ndefault_location = \"Here\""
        )?;
        if let Some(area) = self.area_code {
            writeln!(out, "area_code = \"{area}\"")?;
        }
        if let Some(access) = self.plus_access {
            writeln!(out, "plus_access = \"{access}\"")?;
        }
        self.write_time(out)?;
        self.write_classes(out)?;
        for Cos { id, features } in &self.cos {
            writeln!(out, "[[cos]]\nid = {id}\nname = \"Class {id}\"\nfeatures = {features:?}")?;
            if let Some((_, length)) = self.code_lengths.iter().find(|(cos, _)| cos == id) {
                writeln!(out, "account_code_length = {length}")?;
            }
        }
        for CorGroup { id, members } in &self.cor_groups {
            let members: Vec<_> = members.iter().map(u8::to_string).collect();
            writeln!(
                out,
                "[[cor_group]]\nid = {id}\nname = \"Group {id}\"\nmembers = \"{}\"",
                members.join(",")
            )?;
        }
        if !self.restricted.is_empty() {
            writeln!(out, "[interconnect]\nrestricted = [")?;
            for (from, to) in &self.restricted {
                writeln!(out, "  {{ from = {from}, to = {to} }},")?;
            }
            writeln!(out, "]")?;
        }
        for zone in &self.zones {
            writeln!(out, "[[zone]]\nname = \"{}\"", zone.name)?;
            if let Some(to) = zone.emergency {
                writeln!(out, "emergency = {}", used(to))?;
            }
        }
        for device in &self.devices {
            writeln!(
                out,
                "[[device]]\ndn = \"{}\"\nkind = \"sip\"\ninterconnect = {}",
                device.dn, device.interconnect
            )?;
            writeln!(out, "cos = {}\ncor = {}", per_mode(device.cos), per_mode(device.cor))?;
            writeln!(out, "username = \"{}\"\npassword = \"{}\"", device.username, device.password)?;
            if let Some(zone) = &device.zone {
                writeln!(out, "zone = \"{zone}\"")?;
            }
        }
        for (i, trunk) in self.trunks.iter().enumerate() {
            let host = format!("10.99.{}.1", i + 1);
            writeln!(out, "[[trunk]]\nname = \"{}\"\nkind = \"sip\"\nhost = \"{host}:5060\"", trunk.name)?;
            writeln!(out, "transport = \"udp\"\ntrusted = [\"{host}/32\"]\npublic = {}", trunk.public)?;
            writeln!(out, "channels = {}\ninterconnect = {}", trunk.channels, trunk.interconnect)?;
            writeln!(out, "cos = {}\ncor = {}", per_mode(trunk.cos), per_mode(trunk.cor))?;
            if let Some(zone) = &trunk.zone {
                writeln!(out, "zone = \"{zone}\"")?;
            }
        }
        for Modification { id, absorb, insert } in &self.modifications {
            writeln!(out, "[[digit_modification]]\nid = {id}\nabsorb = {absorb}\ninsert = \"{insert}\"")?;
        }
        for route in &self.routes {
            writeln!(out, "[[route]]\nid = {}\ntrunk = \"{}\"", route.id, route.trunk)?;
            if let Some(modification) = route.modification {
                writeln!(out, "digit_modification = {modification}")?;
            }
            if let Some(group) = route.cor_group {
                writeln!(out, "cor_group = {group}")?;
            }
            if route.emergency {
                writeln!(out, "emergency = true")?;
            }
            if self.without_code.contains(&route.id) {
                writeln!(out, "account_code = false")?;
            }
        }
        for list in &self.route_lists {
            writeln!(out, "[[route_list]]\nid = {}\nchoices = [", list.id)?;
            for choice in &list.choices {
                let tone = if choice.warning_tone { ", warning_tone = true" } else { "" };
                writeln!(out, "  {{ route = {}{tone} }},", choice.route)?;
            }
            writeln!(out, "]")?;
        }
        for row in &self.leading {
            writeln!(out, "[[ars]]\nleading = \"{}\"\ncor_group = {}", row.leading, row.cor_group)?;
        }
        for row in &self.ars {
            writeln!(out, "[[ars]]")?;
            if !row.leading.is_empty() {
                writeln!(out, "leading = \"{}\"", row.leading)?;
            }
            writeln!(out, "digits = \"{}\"", row.digits)?;
            match row.follow {
                Follow::Exactly(0) => {}
                Follow::Exactly(n) => writeln!(out, "follow = {n}")?,
                Follow::Unknown => writeln!(out, "follow = \"unknown\"")?,
            }
            writeln!(out, "use = {}", used(row.to))?;
        }
        for row in &self.emergency {
            writeln!(out, "[[ars]]")?;
            if !row.leading.is_empty() {
                writeln!(out, "leading = \"{}\"", row.leading)?;
            }
            writeln!(out, "digits = \"{}\"\nemergency = true", row.digits)?;
            if let Some(outpulse) = &row.outpulse {
                writeln!(out, "outpulse = \"{outpulse}\"")?;
            }
            writeln!(out, "use = {}", used(row.to))?;
        }
        Ok(())
    }

    fn write_time(&self, out: &mut String) -> std::fmt::Result {
        for (times, mode) in &self.schedule {
            writeln!(out, "[[schedule]]\nmode = \"{}\"\n{}", mode_name(*mode), times_text(*times, "\n"))?;
        }
        for (day, mode) in &self.holidays {
            writeln!(out, "[[holiday]]\ndate = \"2026-12-{day:02}\"\nmode = \"{}\"", mode_name(*mode))?;
        }
        for plan in &self.plans {
            writeln!(out, "[[route_plan]]\nid = {}\nzones = [", plan.id)?;
            for (times, to) in &plan.zones {
                writeln!(out, "  {{ {}, use = {} }},", times_text(*times, ", "), used(*to))?;
            }
            writeln!(out, "]")?;
        }
        Ok(())
    }

    fn write_classes(&self, out: &mut String) -> std::fmt::Result {
        if let Some((rate, calls)) = self.limits {
            writeln!(out, "[limits]\npublic_calls_per_minute = {rate}\npublic_calls_at_once = {calls}")?;
        }
        if !self.class_defaults.is_empty() {
            writeln!(out, "[class_defaults]")?;
            for (name, action) in &self.class_defaults {
                writeln!(out, "{name} = \"{}\"", action_name(*action))?;
            }
        }
        for OwnClass { name, prefixes, action, cor_group } in &self.own_classes {
            writeln!(out, "[[number_class]]\nname = \"{name}\"\nprefixes = {prefixes:?}")?;
            writeln!(out, "action = \"{}\"", action_name(*action))?;
            if let Some(group) = cor_group {
                writeln!(out, "cor_group = {group}")?;
            }
        }
        for (cor, digits) in &self.max_digits {
            writeln!(out, "[[max_digits]]\ncor = {cor}\ndigits = {digits}")?;
        }
        for AccountCode { code, verified } in &self.codes {
            writeln!(out, "[[account_code]]\ncode = \"{code}\"")?;
            match verified {
                Some((cos, cor)) => writeln!(out, "kind = \"verified\"\ncos = {cos}\ncor = {cor}")?,
                None => writeln!(out, "kind = \"non-verified\"")?,
            }
        }
        Ok(())
    }
}

const fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Day => "day",
        Mode::Night1 => "night1",
        Mode::Night2 => "night2",
    }
}

const fn action_name(action: Action) -> &'static str {
    match action {
        Action::Deny => "deny",
        Action::Allow => "allow",
        Action::Watch => "watch",
    }
}

fn times_text(Times { days, from, to }: Times, between: &str) -> String {
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let days: Vec<&str> = (0..7).filter(|day| days >> day & 1 != 0).map(|day| names[day]).collect();
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    format!("days = \"{}\"{between}from = \"{}\"{between}to = \"{}\"", days.join(","), clock(from), clock(to))
}

fn used(to: Use) -> String {
    match to {
        Use::Route(id) => format!("{{ route = {id} }}"),
        Use::List(id) => format!("{{ list = {id} }}"),
        Use::Plan(id) => format!("{{ plan = {id} }}"),
    }
}

fn per_mode(classes: PerMode) -> String {
    let PerMode { day, night1, night2 } = classes;
    if day == night1 && day == night2 {
        day.to_string()
    } else {
        format!("{{ day = {day}, night1 = {night1}, night2 = {night2} }}")
    }
}
