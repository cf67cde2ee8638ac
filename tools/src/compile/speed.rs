//! Speed calls: the numbers behind short codes.

use crate::finding::{Level, Report};
use crate::schema::Policy;
use crate::write::Tables;
use strowger::policy::Image;
use strowger::policy::rows::SpeedCallRow;
use strowger::policy::trie::{End, analyse};

pub(crate) fn build(policy: &Policy, tables: &mut Tables) {
    for row in &policy.speed_call {
        let number = tables.texts.add(&row.keys.number.get_ref().0.0);
        let flags = u8::from(row.keys.cor_exempt == Some(true));
        tables.speed_calls.push(SpeedCallRow { number, flags });
        tables.speed_places.push(row.at(row.keys.number.span()));
    }
}

/// Numbers that no speed call can stand for: those that are dialed for help, and other codes.
pub(super) fn targets<'p>(
    policy: &Policy,
    help: impl Iterator<Item = &'p str> + Clone,
    codes: impl Iterator<Item = &'p str> + Clone,
    report: &mut Report,
) {
    for row in &policy.speed_call {
        let (code, number) = (&row.keys.code.get_ref().0.0, &row.keys.number.get_ref().0.0);
        let place = row.at(row.keys.number.span());
        let begins = |with: &&str| number.starts_with(*with);
        if let Some(help) = help.clone().find(begins) {
            let text = format!(
                "speed call {code}: {number} calls for help ({help}): that is dialed by its own digits"
            );
            report.error(place, "speed-call-target", text);
        } else if let Some(other) = codes.clone().find(begins) {
            let text = format!(
                "speed call {code}: {number} begins with the code {other}: name the number that is meant"
            );
            report.error(place, "speed-call-target", text);
        }
    }
}

/// Speed calls that reach nobody, whoever dials them.
pub(crate) fn vacant(image: &Image<'_>, tables: &Tables, report: &mut Report) {
    for (row, place) in tables.speed_calls.iter().zip(&tables.speed_places) {
        let number = tables.texts.get(row.number);
        match analyse(image, number.as_bytes(), |_| false).end() {
            End::Device(_) | End::Ars(_) => {}
            End::Emergency(_)
            | End::Feature(..)
            | End::Inbound(_)
            | End::Incomplete
            | End::Vacant
            | End::Invalid => {
                let text = format!(
                    "speed call: {number} is no directory number, and no ARS row fits it: who dials the code gets vacant number"
                );
                report.push(*place, Level::Warning, "speed-call-vacant", text);
            }
        }
    }
}
