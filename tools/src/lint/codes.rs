//! Account codes, PINs and passwords: what can be guessed, and where no code is asked for.

use super::model::{Model, own};
use super::trunks::distinct;
use crate::finding::{Level, Place, Report};
use crate::schema::account::CodeKind;
use crate::schema::parties::Kind;
use std::collections::{BTreeMap, BTreeSet};
use strowger::policy::rows::Features;

pub(super) fn lint(model: &Model<'_>, report: &mut Report) {
    secrets(model, report);
    shared(model, report);
    prefixes(model, report);
    emergencies(model, report);
    forced(model, report);
}

const FORCED: Features =
    Features::FORCED_VERIFIED_ACCOUNT_CODE.union(Features::FORCED_NON_VERIFIED_ACCOUNT_CODE);

/// Why digits are easy to guess.
pub(super) fn weak(digits: &str) -> Option<&'static str> {
    let steps: BTreeSet<u8> =
        digits.as_bytes().windows(2).map(|pair| (10 + pair[1] - pair[0]) % 10).collect();
    if digits.len() < 5 {
        Some("it has fewer than 5 digits")
    } else if steps.len() > 1 {
        None
    } else if steps.contains(&0) {
        Some("it is one digit repeated")
    } else if steps.contains(&1) || steps.contains(&9) {
        Some("it is a run of digits")
    } else {
        None
    }
}

fn secrets(model: &Model<'_>, report: &mut Report) {
    let level = if model.strict { Level::Error } else { Level::Warning };
    for row in &model.policy.user {
        let dn = &row.keys.dn.get_ref().0.0;
        match &row.keys.pin {
            None => {
                let text = "these users have no `pin`: whoever knows the number could log in and call at their cost; give each one";
                report.about("user", dn).group_as(Level::Warning, row.place, "no-pin", text.into());
            }
            Some(pin) => {
                if let Some(why) = weak(&pin.0.0) {
                    let text = format!(
                        "user {dn}: the PIN is weak: {why}; it opens the user's classes on any device that accepts him"
                    );
                    report.about("user", dn).push(row.place, level, "weak-secret", text);
                }
            }
        }
    }
    for phone in &model.phones {
        let dn = phone.dn();
        match own!(phone, pin) {
            Some(pin) => {
                if let Some(why) = weak(&pin.get_ref().0.0) {
                    let text = format!(
                        "device {dn}: the PIN is weak: {why}; whoever guesses it takes over the number"
                    );
                    report.about("device", dn).push(phone.row.place, level, "weak-secret", text);
                }
            }
            None if own!(phone, kind).is_some_and(|kind| *kind.get_ref() == Kind::Set) => {
                let text = "these sets have no `pin`: nothing proves who registers one (R72); give each one";
                report.about("device", dn).group_as(Level::Warning, phone.row.place, "no-pin", text.into());
            }
            None => {}
        }
    }
    for (ordinal, row) in (1..).zip(&model.policy.account_code) {
        if row.keys.kind != CodeKind::Verified {
            continue;
        }
        if let Some(why) = weak(&row.keys.code.get_ref().0.0) {
            let place = row.at(row.keys.code.span());
            let text = format!(
                "account code {ordinal}: the verified code is weak: {why}; whoever guesses it calls with its classes from any phone"
            );
            named(report, row, ordinal).push(place, level, "weak-secret", text);
        }
    }
    for row in &model.policy.trunk {
        if row.keys.password.as_ref().is_some_and(|password| password.0.0.chars().count() < 12) {
            // The carrier chose it: no error, whatever the profile.
            let name = row.keys.name.get_ref();
            let text = format!(
                "trunk {name:?}: the password is weak: it has fewer than 12 characters; ask the carrier for a longer one"
            );
            report.about("trunk", name).push(row.place, Level::Warning, "weak-secret", text);
        }
    }
}

/// Names an account code by its ordinal and its name; never by its digits.
fn named<'r>(
    report: &'r mut Report,
    row: &crate::finding::Row<crate::schema::account::AccountCode>,
    ordinal: usize,
) -> &'r mut Report {
    report.about("account_code", ordinal);
    if let Some(name) = &row.keys.name {
        report.about("account_code", name);
    }
    report
}

/// One secret for many devices.
fn shared(model: &Model<'_>, report: &mut Report) {
    for row in &model.policy.template {
        let keys = &row.keys;
        let secret = [
            ("password", keys.password.as_ref().map(|secret| row.at(secret.span()))),
            ("ha1_md5", keys.ha1_md5.as_ref().map(|secret| row.at(secret.span()))),
            ("ha1_sha256", keys.ha1_sha256.as_ref().map(|secret| row.at(secret.span()))),
            ("pin", keys.pin.as_ref().map(|_| row.place)),
        ];
        if let Some((key, place)) = secret.into_iter().find_map(|(key, place)| Some((key, place?))) {
            let name = keys.name.get_ref();
            let text = format!(
                "template {name:?} gives all its devices the same `{key}`: who has one of them has all; give each device its own"
            );
            report.about("template", name).push(place, Level::Warning, "shared-secret", text);
        }
    }
}

/// A code that begins like an emergency number cannot be entered key by key: help is dialed first, whatever is asked for.
fn emergencies(model: &Model<'_>, report: &mut Report) {
    let rows = model.policy.ars.iter();
    let emergency = rows.filter(|row| row.keys.emergency.as_ref().is_some_and(|e| *e.get_ref()));
    let numbers: Vec<String> = emergency.map(super::model::pattern).collect();
    for (ordinal, row) in (1..).zip(&model.policy.account_code) {
        let code = row.keys.code.get_ref().0.0.as_str();
        let Some(number) = numbers.iter().find(|number| code.starts_with(number.as_str())) else { continue };
        let text = format!(
            "account code {ordinal} begins with the emergency number {number}: whoever enters it key by key calls for help instead; choose another code"
        );
        named(report, row, ordinal).push(
            row.at(row.keys.code.span()),
            Level::Warning,
            "code-emergency",
            text,
        );
    }
}

/// A verified code that is the beginning of a longer one is complete before the longer one can be dialed, and
/// makes that easier to guess.
fn prefixes(model: &Model<'_>, report: &mut Report) {
    let verified =
        (1..).zip(&model.policy.account_code).filter(|(_, row)| row.keys.kind == CodeKind::Verified);
    let codes: BTreeMap<&str, (usize, Place)> = verified
        .clone()
        .map(|(ordinal, row)| (row.keys.code.get_ref().0.0.as_str(), (ordinal, row.at(row.keys.code.span()))))
        .collect();
    for (ordinal, row) in verified {
        let code = row.keys.code.get_ref().0.0.as_str();
        let shorter = (1..code.len()).find_map(|len| codes.get(&code[..len]));
        if let Some((other, place)) = shorter {
            let at = report.at(*place);
            let text = format!(
                "account code {ordinal} begins with account code {other} ({at}): where codes have no fixed length the shorter one may be taken while the longer is dialed; give both the same length"
            );
            named(report, row, ordinal).push(
                row.at(row.keys.code.span()),
                Level::Warning,
                "code-prefix",
                text,
            );
        }
    }
}

/// Classes that force a code, and ways round it (R46, R51).
fn forced(model: &Model<'_>, report: &mut Report) {
    let any_verified = model.policy.account_code.iter().any(|row| row.keys.kind == CodeKind::Verified);
    let exempt = exempt(model);
    for (id, (features, row)) in &model.cos {
        if !features.intersects(FORCED) {
            continue;
        }
        let place = |wanted: &dyn Fn(&str) -> bool| {
            let named = row.keys.features.iter().flatten().find(|name| wanted(name.get_ref()));
            named.map_or(row.place, |name| row.at(name.span()))
        };
        if features.contains(Features::FORWARD_EXTERNAL) {
            let text = format!(
                "COS {id} forces an account code and has forward-external: a call that is forwarded outside is asked for none (R51); take forward-external out of this COS"
            );
            report.about("cos", id).push(
                place(&|name| name == "forward-external"),
                Level::Warning,
                "forced-code-and-forward",
                text,
            );
        }
        if features.contains(Features::FORCED_VERIFIED_ACCOUNT_CODE) && !any_verified {
            let text = format!(
                "COS {id} forces a verified account code, and there is none: nobody of this class can call anything but emergency numbers (R44)"
            );
            report.about("cos", id).push(
                place(&|name| name == "forced-verified-account-code"),
                Level::Warning,
                "forced-code-missing",
                text,
            );
        }
        // A verified code is asked for before anything is dialed, whatever the route says (R44).
        if features.contains(Features::FORCED_NON_VERIFIED_ACCOUNT_CODE) {
            for route in exempt.get(id).into_iter().flatten() {
                let way = &model.routes[*route];
                let text = format!(
                    "COS {id} forces an account code, but route {}, which devices of this class may use, has account_code = false: such calls are recorded without one (R46); take it out, or accept this if the route costs nothing",
                    way.id
                );
                report.about("cos", id).about("route", way.id).push(
                    way.row.place,
                    Level::Warning,
                    "forced-code-exempt-route",
                    text,
                );
            }
        }
    }
}

/// The routes without code that are the first some member of a COS may use, by COS.
fn exempt(model: &Model<'_>) -> BTreeMap<u8, BTreeSet<usize>> {
    let mut all: BTreeMap<u8, BTreeSet<usize>> = BTreeMap::new();
    if model.routes.iter().all(|way| way.row.keys.account_code != Some(false)) {
        return all;
    }
    let users =
        model.policy.user.iter().map(|row| model.class(row.keys.cos.as_ref(), row.keys.cor.as_ref(), None));
    let classes: BTreeSet<_> = model.by_class().into_keys().chain(users).collect();
    for class in classes {
        for cos in distinct(class.cos) {
            if !model.features(cos).contains(Features::FORCED_NON_VERIFIED_ACCOUNT_CODE) {
                continue;
            }
            for mode in (0..3).filter(|mode| class.cos[*mode] == cos && class.cor[*mode] != 0) {
                let cor = class.cor[mode];
                for cell in model
                    .targets
                    .iter()
                    .filter(|target| target.open >> cor & 1 != 0)
                    .flat_map(|target| &target.cells)
                {
                    let usable = |route: &&usize| {
                        let way = &model.routes[**route];
                        !way.emergency && way.blocked >> cor & 1 == 0 && !model.bars(class.interconnect, way)
                    };
                    let first = cell.iter().find(usable).filter(|route| {
                        let way = &model.routes[**route];
                        way.public && way.row.keys.account_code == Some(false)
                    });
                    all.entry(cos).or_default().extend(first);
                }
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::weak;

    #[test]
    fn weak_digits_are_short_or_regular() {
        for bad in ["", "1", "4711", "11111", "12345", "54321", "67890", "98765", "78901"] {
            assert!(weak(bad).is_some(), "{bad}");
        }
        for good in ["47119", "13579", "11112", "12346", "471193"] {
            assert!(weak(good).is_none(), "{good}");
        }
    }
}
