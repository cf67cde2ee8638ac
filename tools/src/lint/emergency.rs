//! Emergency calls: the numbers that a country's people dial, a call-back number, somebody who hears of it.
//!
//! Only the law of the United States puts the duty on whoever runs the private exchange, in so many words: direct dialing
//! and notification in 47 CFR 9.16 (Kari's Law), location in the same section (RAY BAUM's Act). There what is missing is an
//! error or a warning. Elsewhere the duty lies on carriers, or on none by name: a warning.

use super::model::{Model, own};
use crate::finding::{Level, Place, Report};
use std::collections::BTreeSet;
use strowger::policy::rows::Features;

/// Emergency numbers by country: each must have a row.
pub(super) const NUMBERS: &[(&str, &[&str])] = &[
    ("US", &["911"]),
    ("CA", &["911"]),
    ("GB", &["999", "112"]),
    ("IE", &["112", "999"]),
    ("DE", &["112", "110"]),
    ("FR", &["112", "15", "17", "18"]),
    ("NL", &["112"]),
    ("AU", &["000"]),
];

pub(super) fn lint(model: &Model<'_>, report: &mut Report) {
    let rows: Vec<_> = model
        .policy
        .ars
        .iter()
        .filter(|row| row.keys.emergency.as_ref().is_some_and(|e| *e.get_ref()))
        .collect();
    let law = model.country == Some("US");
    let system = model.policy.system.as_ref();
    let place = system.map_or_else(Place::default, |row| row.place);
    let Some(first) = rows.first() else {
        if !model.public {
            return;
        }
        let known = NUMBERS.iter().find(|(country, _)| Some(*country) == model.country);
        let (level, why) = match (law, known) {
            (true, _) => (Level::Error, ", which 47 CFR 9.16 demands"),
            (false, Some(_)) => (Level::Warning, ""),
            (false, None) => (Level::Info, ""),
        };
        let text = format!(
            "no number is marked `emergency`: no emergency call can be made{why}; add an [[ars]] row with emergency = true"
        );
        let place = model.policy.ars.first().map_or(place, |row| row.place);
        report.push(place, level, "no-emergency", text);
        return;
    };
    let first = first.place;
    let dialed: BTreeSet<String> = rows.iter().map(|row| super::model::pattern(row)).collect();
    let wanted = NUMBERS
        .iter()
        .find(|(country, _)| Some(*country) == model.country)
        .map_or(&[][..], |(_, numbers)| *numbers);
    for number in wanted.iter().filter(|number| !dialed.contains(**number)) {
        let (level, why) = if law {
            (Level::Error, ", without an access code, as 47 CFR 9.16 demands")
        } else {
            (Level::Warning, "")
        };
        let text = format!(
            "{number} is an emergency number in {} and has no row: whoever dials it gets no help; add an [[ars]] row for it with emergency = true{why}",
            model.country.unwrap_or("this country")
        );
        report.push(first, level, "emergency-number", text);
    }
    location(model, law, place, report);
    notified(model, law, first, report);
}

/// Whom the emergency centre calls back, and where it sends help (R68).
fn location(model: &Model<'_>, law: bool, place: Place, report: &mut Report) {
    let system = model.policy.system.as_ref().map(|row| &row.keys);
    let lacking =
        |has: &dyn Fn(&super::model::Phone<'_>) -> bool| model.phones.iter().any(|phone| !has(phone));
    let no_cesid = system.is_none_or(|system| system.default_cesid.is_none());
    if no_cesid && lacking(&|phone| own!(phone, cesid).is_some()) {
        let text = "there is no `default_cesid`, and devices without `cesid`: the emergency centre cannot call them back after a call breaks off (R68); set it to a number that is answered";
        // Without a country nobody can say what the emergency centre expects.
        let level = if model.country.is_some() { Level::Warning } else { Level::Info };
        report.push(place, level, "emergency-no-callback", text);
    }
    let no_location = system.is_none_or(|system| system.default_location.is_none());
    if no_location && lacking(&|phone| own!(phone, location).is_some()) {
        let (level, why) =
            if law { (Level::Warning, ", which 47 CFR 9.16 demands") } else { (Level::Info, "") };
        let text = format!(
            "there is no `default_location`, and devices without `location`: the emergency centre is not told where to send help{why}; say street, floor and room"
        );
        report.push(place, level, "emergency-no-location", text);
    }
}

/// Who opens the door to the ambulance (R70).
fn notified(model: &Model<'_>, law: bool, place: Place, report: &mut Report) {
    let told =
        model.policy.emergency.as_ref().is_some_and(|row| row.keys.notify.iter().flatten().next().is_some());
    let by_class = model.phones.iter().any(|phone| {
        phone.class.cos.iter().any(|cos| model.features(*cos).contains(Features::EMERGENCY_NOTIFY))
    });
    if told || by_class || model.country.is_none() {
        return;
    }
    let (level, why) = if law { (Level::Warning, ", as 47 CFR 9.16 demands") } else { (Level::Info, "") };
    let text = format!(
        "nobody is told of an emergency call: set `notify` in [emergency] to a number where somebody can meet the helpers{why} (R70)"
    );
    report.push(place, level, "emergency-not-notified", text);
}
