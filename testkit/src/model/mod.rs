//! A policy as plain data: rows in vectors, references by number or name, no index of any kind.
//!
//! [`Model::to_toml`] writes it in the policy language.

mod plan;
mod toml;

pub use plan::{Country, NumberFormat};

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

/// Somebody who takes a number and classes to the phone where he logs in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct User {
    /// Directory number.
    pub dn: String,
    /// COS by mode.
    pub cos: PerMode,
    /// COR by mode.
    pub cor: PerMode,
}

/// What one number from outside leads to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Inbound {
    /// National number without trunk prefix; X takes any of the digits 0-9.
    pub did: String,
    /// What is dialed instead; each X takes the digit of its X in `did`, counted from the right.
    pub to: String,
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
    /// What it sends.
    pub number_format: NumberFormat,
    /// Where its calls go.
    pub inbound: Vec<Inbound>,
}

/// A digit modification.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Modification {
    /// 1-815.
    pub id: u16,
    /// Digits removed from the front.
    pub absorb: u8,
    /// What is put in front of the rest: digits, a leading `+`, `<Ann>` for a system account code, `{…}` around what
    /// records do not show.
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
    /// ISO 3166 alpha-2.
    pub countries: Vec<&'static str>,
    /// What it means.
    pub action: Action,
    /// Number of the COR group whose CORs its action is for; absent: for all.
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

/// A short code that stands for a number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SpeedCall {
    /// What is dialed.
    pub code: String,
    /// What it stands for, access code included.
    pub number: String,
    /// Whether no COR is asked for.
    pub cor_exempt: bool,
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
    /// Hot-desk users.
    pub users: Vec<User>,
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
    /// The country.
    pub country: Country,
    /// The system's area code.
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
    /// Public calls begun in a minute and at once; what is absent the profile says.
    pub limits: (Option<u16>, Option<u16>),
    /// System account codes, by index: what `<Ann>` stands for.
    pub system_codes: Vec<(u8, String)>,
    /// Speed calls.
    pub speed_calls: Vec<SpeedCall>,
    /// Numbers of the rules that are open; strict is what is absent.
    pub open_rules: Vec<u8>,
}
