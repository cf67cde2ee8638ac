//! Settings for everybody: brakes, number classes, registration codes, the calendar.

use super::model::Model;
use crate::finding::{Level, Place, Report};
use crate::schema::numbering::Action;

pub(super) fn lint(model: &Model<'_>, report: &mut Report) {
    limits(model, report);
    class_defaults(model, report);
    number_classes(model, report);
    if let Some(row) = &model.policy.registration {
        for code in [&row.keys.access_code, &row.keys.replacement_code].into_iter().flatten() {
            let text = "a registration code is set: whoever has the code and a PIN can put a set of his own in the place of another (R72); take it out when no sets are being moved";
            report.group(row.at(code.span()), "auto-registration", text.into());
        }
    }
    holidays(model, report);
}

fn limits(model: &Model<'_>, report: &mut Report) {
    let Some(row) = &model.policy.limits else {
        if !model.strict && model.public {
            let place = model.policy.system.as_ref().map_or_else(Place::default, |row| row.place);
            let text = "there is no [limits], and the mivb profile sets none: a stolen password can call all night on every channel; write [limits] with public_calls_per_minute, public_calls_at_once, trunk_call_minutes";
            report.push(place, Level::Warning, "limits-absent", text);
        }
        return;
    };
    let keys = &row.keys;
    let given = [
        (
            "public_calls_per_minute",
            keys.public_calls_per_minute.map(|n| n.get::<u32>()),
            60,
            true,
            "calls of one phone or trunk; nobody dials so fast, machines do",
        ),
        (
            "public_calls_at_once",
            keys.public_calls_at_once.map(|n| n.get()),
            30,
            true,
            "calls at once of one phone or trunk",
        ),
        (
            "trunk_call_minutes",
            keys.trunk_call_minutes.map(|n| n.get()),
            480,
            true,
            "minutes: a call left open overnight is paid until morning",
        ),
        ("login_failures", keys.login_failures.map(|n| n.get()), 10, true, "wrong passwords before a pause"),
        (
            "login_lockout_s",
            keys.login_lockout_s.map(|n| n.get()),
            60,
            false,
            "seconds of pause, after which guessing goes on",
        ),
    ];
    for (key, value, bound, most, why) in given {
        let Some(value) = value.filter(|value| if most { *value > bound } else { *value < bound }) else {
            continue;
        };
        let side = if most { "at most" } else { "at least" };
        let text = format!("limits: `{key}` = {value} is no brake ({why}); write {side} {bound}");
        report.push(row.place, Level::Warning, "limits-loose", text);
    }
}

/// Classes that the strict profile keeps closed, opened for everybody.
fn class_defaults(model: &Model<'_>, report: &mut Report) {
    if !model.public {
        return;
    }
    let Some(row) = &model.policy.class_defaults else {
        if !model.strict {
            let place = model.policy.system.as_ref().map_or_else(Place::default, |row| row.place);
            let text = "there is no [class_defaults], and the mivb profile opens every kind of number, premium and international too: COR groups alone decide; deny what nobody needs";
            report.push(place, Level::Info, "class-open", text);
        }
        return;
    };
    let keys = &row.keys;
    let dear = [
        ("international", keys.international, "calls abroad"),
        ("premium", keys.premium, "numbers that pay whoever is called"),
        ("directory-assistance", keys.directory_assistance, "directory assistance"),
        ("carrier-access", keys.carrier_access, "calls billed by another carrier"),
        ("operator", keys.operator, "calls that an operator puts through and bills here"),
        ("unknown", keys.unknown, "numbers that no plan knows"),
    ];
    for (name, action, what) in dear {
        if action == Some(Action::Allow) {
            let text = format!(
                "class_defaults opens {name} ({what}) to everybody whose COR reaches a public route; deny it, and allow in a [[number_class]] with `cor_group` or `countries` what is needed, or write \"watch\""
            );
            report.about("class", name).push(row.place, Level::Warning, "class-open", text);
        }
    }
}

/// Premium prefixes as dialed nationally, by country.
const PREMIUM: &[(&str, &[&str])] = &[
    ("US", &["1900", "900", "1976", "976"]),
    ("CA", &["1900", "900", "1976", "976"]),
    ("GB", &["09", "118"]),
    ("IE", &["15"]),
    ("DE", &["0900", "0137", "118"]),
    ("FR", &["089", "118"]),
    ("NL", &["0900", "0906", "0909"]),
    ("AU", &["190"]),
];

fn number_classes(model: &Model<'_>, report: &mut Report) {
    let premium = PREMIUM
        .iter()
        .find(|(country, _)| Some(*country) == model.country)
        .map_or(&[][..], |(_, prefixes)| *prefixes);
    for row in model.policy.number_class.iter().filter(|row| matches!(row.keys.action, Action::Allow)) {
        let limited = row.keys.cor_group.as_ref().is_some_and(|group| model.group_id(group.get_ref()) != 0);
        if limited {
            continue;
        }
        for prefix in row.keys.prefixes.iter().flatten() {
            let digits = prefix.get_ref().0.0.as_str();
            if let Some(known) =
                premium.iter().find(|known| known.starts_with(digits) || digits.starts_with(**known))
            {
                let name = row.keys.name.get_ref();
                let text = format!(
                    "number class {name:?} allows {digits}, where premium numbers ({known}…) are: each call pays whoever is called; write longer prefixes, or give the class a `cor_group`"
                );
                report.about("number_class", name).push(
                    row.at(prefix.span()),
                    Level::Warning,
                    "number-class-opens",
                    text,
                );
            }
        }
    }
}

fn holidays(model: &Model<'_>, report: &mut Report) {
    let system = model.policy.system.as_ref().and_then(|row| row.keys.timezone.as_ref());
    let zone = system.map_or("UTC", |zone| zone.0.0.as_str());
    let Ok(zone) = jiff::tz::TimeZoneDatabase::bundled().get(zone) else { return };
    let today = jiff::Timestamp::now().to_zoned(zone).date();
    for row in model.policy.holiday.iter().filter(|row| row.keys.date.0.0 < today) {
        let text = "these holidays are over: the office keeps its usual hours on the days of this year; write the new dates";
        report.about("holiday", row.keys.date.0.0).group(row.place, "holiday-past", text.into());
    }
}
