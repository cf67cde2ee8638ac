//! `[check] accept`: findings that are known, silenced by code and place.

use crate::codes::{CODES, known, nearest};
use crate::finding::{Place, Report};
use crate::schema::Policy;
use crate::schema::system::Accept;
use std::collections::BTreeMap;

/// What a selector can begin with.
const KINDS: &[&str] = &[
    "account_code",
    "ars",
    "class",
    "cor",
    "cor_group",
    "cos",
    "device",
    "digit_modification",
    "holiday",
    "hunt_group",
    "interconnect",
    "list",
    "number_class",
    "plan",
    "route",
    "speed_call",
    "template",
    "trunk",
    "user",
    "zone",
];

/// The entries that accept findings of one code.
#[derive(Default)]
struct Entries {
    any: Option<usize>,
    at: BTreeMap<String, usize>,
}

/// What is accepted, and what of it was met.
#[derive(Default)]
pub(crate) struct Accepted {
    codes: BTreeMap<&'static str, Entries>,
    entries: Vec<(Place, bool)>,
}

/// Checks the entries and hands them to the report.
pub(crate) fn prepare(policy: &Policy, report: &mut Report) {
    let Some(row) = &policy.check else { return };
    let mut accepted = Accepted::default();
    for entry in row.keys.accept.iter().flatten() {
        let place = row.at(entry.span());
        match read(entry.get_ref(), policy) {
            Ok((code, at)) => accepted.add(code, at, place),
            Err((code, text)) => report.error(place, code, text),
        }
    }
    report.accept(accepted);
}

/// The code and the selector, `None` for "any"; or what is wrong, with its code.
fn read(entry: &Accept, policy: &Policy) -> Result<(&'static str, Option<String>), (&'static str, String)> {
    let Some(code) = CODES.iter().find(|code| **code == entry.lint).filter(|_| known(&entry.lint)) else {
        let text = format!(
            "there is no finding with the code {:?}; the nearest is {:?}",
            entry.lint,
            nearest(&entry.lint)
        );
        return Err(("unknown-lint", text));
    };
    if entry.reason.as_ref().is_none_or(|reason| reason.trim().is_empty()) {
        return Err((
            "missing-key",
            format!("{code} is accepted without `reason`: say why, for whoever reads this next"),
        ));
    }
    if entry.at == "any" {
        return Ok((code, None));
    }
    let Some((kind, name)) =
        entry.at.split_once(':').filter(|(kind, name)| KINDS.contains(kind) && !name.is_empty())
    else {
        let text = format!(
            "{:?} names no place, expected \"any\" or one of {} with a colon and its number or name, such as \"device:201\"",
            entry.at,
            KINDS.join(", ")
        );
        return Err(("bad-value", text));
    };
    let by_name = || match kind {
        "cos" => policy
            .cos
            .iter()
            .find(|row| row.keys.name.as_ref().is_some_and(|n| n.get_ref() == name))
            .map(|row| row.keys.id.get_ref().get::<u16>()),
        "cor_group" => policy
            .cor_group
            .iter()
            .find(|row| row.keys.name.as_ref().is_some_and(|n| n.get_ref() == name))
            .map(|row| row.keys.id.get_ref().get::<u16>()),
        _ => None,
    };
    Ok((code, Some(by_name().map_or_else(|| entry.at.clone(), |id| format!("{kind}:{id}")))))
}

impl Accepted {
    fn add(&mut self, code: &'static str, at: Option<String>, place: Place) {
        let number = self.entries.len();
        self.entries.push((place, false));
        let entries = self.codes.entry(code).or_default();
        match at {
            None => entries.any.get_or_insert(number),
            Some(at) => entries.at.entry(at).or_insert(number),
        };
    }

    /// Whether a finding of this code about these is accepted; the entry counts as met. An entry that names the place
    /// is met before one for any.
    pub(crate) fn silences(&mut self, code: &str, about: &[String]) -> bool {
        let Some(entries) = self.codes.get(code) else { return false };
        let Some(met) = about.iter().find_map(|about| entries.at.get(about).copied()).or(entries.any) else {
            return false;
        };
        self.entries[met].1 = true;
        true
    }

    /// Where the entries stand that met nothing. What accepts `accept-unused` itself is not asked.
    pub(crate) fn unused(&self) -> Vec<Place> {
        let own = self.codes.get("accept-unused");
        let is_own = |number: &usize| {
            own.is_some_and(|own| own.any == Some(*number) || own.at.values().any(|n| n == number))
        };
        (0..)
            .zip(&self.entries)
            .filter(|(number, (_, met))| !met && !is_own(number))
            .map(|(_, (place, _))| *place)
            .collect()
    }
}
