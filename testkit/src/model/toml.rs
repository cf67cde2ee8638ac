//! A model in the policy language.

use std::fmt::Write;

use super::{
    AccountCode, Action, CorGroup, Cos, Follow, Inbound, Mode, Model, Modification, NumberFormat, OwnClass,
    PerMode, Profile, SpeedCall, Times, Use, User,
};

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
        self.write_system(out)?;
        self.write_time(out)?;
        self.write_classes(out)?;
        self.write_numbers(out)?;
        self.write_parties(out)?;
        self.write_routes(out)?;
        self.write_rows(out)
    }

    fn write_system(&self, out: &mut String) -> std::fmt::Result {
        let profile = match self.profile {
            Profile::Strict => "strict",
            Profile::Mivb => "mivb",
        };
        let country = self.country.code();
        writeln!(out, "[system]\nname = \"Model\"\ncountry = \"{country}\"\nrealm = \"model.example\"")?;
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
        if !self.open_rules.is_empty() {
            writeln!(out, "[system.rules]")?;
        }
        for rule in &self.open_rules {
            writeln!(out, "r{rule} = \"open\"")?;
        }
        let (rate, calls) = self.limits;
        if rate.is_some() || calls.is_some() {
            writeln!(out, "[limits]")?;
        }
        if let Some(rate) = rate {
            writeln!(out, "public_calls_per_minute = {rate}")?;
        }
        if let Some(calls) = calls {
            writeln!(out, "public_calls_at_once = {calls}")?;
        }
        Ok(())
    }

    fn write_classes(&self, out: &mut String) -> std::fmt::Result {
        for Cos { id, features } in &self.cos {
            writeln!(out, "[[cos]]\nid = {id}\nname = \"Class {id}\"\nfeatures = {features:?}")?;
            if let Some((_, length)) = self.code_lengths.iter().find(|(cos, _)| cos == id) {
                writeln!(out, "account_code_length = {length}")?;
            }
        }
        for CorGroup { id, members } in &self.cor_groups {
            let members = ranges(members);
            writeln!(out, "[[cor_group]]\nid = {id}\nname = \"Group {id}\"\nmembers = \"{members}\"")?;
        }
        if !self.restricted.is_empty() {
            writeln!(out, "[interconnect]\nrestricted = [")?;
            for (from, to) in &self.restricted {
                writeln!(out, "  {{ from = {from}, to = {to} }},")?;
            }
            writeln!(out, "]")?;
        }
        Ok(())
    }

    fn write_parties(&self, out: &mut String) -> std::fmt::Result {
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
        for User { dn, cos, cor } in &self.users {
            writeln!(out, "[[user]]\ndn = \"{dn}\"\npin = \"864205\"")?;
            writeln!(out, "cos = {}\ncor = {}", per_mode(*cos), per_mode(*cor))?;
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
            match trunk.number_format {
                NumberFormat::AsDialed => {}
                NumberFormat::National => writeln!(out, "number_format = \"national\"")?,
                NumberFormat::E164 => writeln!(out, "number_format = \"e164\"")?,
            }
            if !trunk.inbound.is_empty() {
                writeln!(out, "inbound = [")?;
                for Inbound { did, to } in &trunk.inbound {
                    writeln!(out, "  {{ did = \"{did}\", to = \"{to}\" }},")?;
                }
                writeln!(out, "]")?;
            }
        }
        Ok(())
    }

    fn write_routes(&self, out: &mut String) -> std::fmt::Result {
        for (id, code) in &self.system_codes {
            writeln!(out, "[[system_account_code]]\nid = {id}\ncode = \"{code}\"")?;
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
        for plan in &self.plans {
            writeln!(out, "[[route_plan]]\nid = {}\nzones = [", plan.id)?;
            for (times, to) in &plan.zones {
                writeln!(out, "  {{ {}, use = {} }},", times_text(*times, ", "), used(*to))?;
            }
            writeln!(out, "]")?;
        }
        Ok(())
    }

    fn write_rows(&self, out: &mut String) -> std::fmt::Result {
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
        Ok(())
    }

    fn write_numbers(&self, out: &mut String) -> std::fmt::Result {
        if !self.class_defaults.is_empty() {
            writeln!(out, "[class_defaults]")?;
            for (name, action) in &self.class_defaults {
                writeln!(out, "{name} = \"{}\"", action_name(*action))?;
            }
        }
        for OwnClass { name, prefixes, countries, action, cor_group } in &self.own_classes {
            writeln!(out, "[[number_class]]\nname = \"{name}\"\nprefixes = {prefixes:?}")?;
            if !countries.is_empty() {
                writeln!(out, "countries = {countries:?}")?;
            }
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
        for SpeedCall { code, number, cor_exempt } in &self.speed_calls {
            writeln!(out, "[[speed_call]]\ncode = \"{code}\"\nnumber = \"{number}\"")?;
            if *cor_exempt {
                writeln!(out, "cor_exempt = true")?;
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
    let days = day_names(days);
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    format!("days = \"{}\"{between}from = \"{}\"{between}to = \"{}\"", days, clock(from), clock(to))
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

/// Runs of three days and more as a range.
fn day_names(days: u8) -> String {
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let listed: Vec<u8> = (0..7).filter(|day| days >> day & 1 != 0).collect();
    runs(&listed, |day| names[usize::from(day)].to_owned())
}

/// COR numbers, runs of three and more as a range (R16).
fn ranges(numbers: &[u8]) -> String {
    runs(numbers, |number| number.to_string())
}

fn runs(numbers: &[u8], name: impl Fn(u8) -> String) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut rest = numbers;
    while let Some((&first, more)) = rest.split_first() {
        let more = more.iter().zip(1..).take_while(|(number, n)| **number == first + n).count();
        if more < 2 {
            parts.push(name(first));
            rest = &rest[1..];
        } else {
            parts.push(format!("{}-{}", name(first), name(rest[more])));
            rest = &rest[more + 1..];
        }
    }
    parts.join(",")
}
