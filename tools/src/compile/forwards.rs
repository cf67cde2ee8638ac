//! The administrator's forwarding: where calls to a device go, and whether any can.

use crate::finding::{Level, Place, Report};
use crate::write::Tables;
use strowger::policy::decide::decide;
use strowger::policy::rows::ForwardRow;
use strowger::policy::{Attempt, Behalf, Denial, Feature, Image, Mode, Party, Rule, Verdict};

/// A key of a device, and its number with its place, if it is there.
type Key<'p> = (&'static str, Option<(&'p str, Place)>);

/// The row of a device or hunt group, if it has any of these keys: always, busy, no answer, out of service.
pub(crate) fn build(
    row_number: usize,
    (what, dn): (&str, &str),
    keys: [Key<'_>; 4],
    tables: &mut Tables,
    report: &mut Report,
) {
    let device = u32::try_from(row_number).unwrap_or(u32::MAX);
    let targets = keys.map(|(name, key)| {
        let (number, place) = key?;
        if number == dn {
            let text = format!("{what} {dn}: `{name}` is its own number; name another, or leave it out");
            report.error(place, "forward-to-itself", text);
        }
        tables.forward_keys.push((device, name, number.to_owned(), place));
        Some(tables.texts.add(number))
    });
    if targets.iter().any(Option::is_some) {
        let [always, busy, no_answer, out_of_service] = targets.map(Option::unwrap_or_default);
        tables.forwards.push(ForwardRow { device, always, busy, no_answer, out_of_service });
    }
}

/// Numbers that no call can be forwarded to, whoever calls and whenever.
pub(crate) fn denied(image: &Image<'_>, tables: &Tables, report: &mut Report) {
    for (device, key, number, place) in &tables.forward_keys {
        let party = Party::Device(*device);
        let behalf = Some(Behalf { feature: Feature::Forward { user: false }, party });
        let denied = |mode| {
            let dialed = number.as_bytes();
            let (dialed, exempt) = image.speed_number(dialed).unwrap_or((dialed, false));
            let attempt = Attempt { mode, behalf, exempt, ..Attempt::new(party, dialed) };
            match decide(image, &attempt, |_| true, &mut ()) {
                // A plan that is closed now opens at another time.
                Verdict::Allow(_) | Verdict::Deny(Denial { rule: Rule::RoutePlanClosed, .. }) => None,
                Verdict::Deny(denial) | Verdict::NeedsCode(denial) => Some(denial.rule),
            }
        };
        let rules: Option<Vec<Rule>> =
            [Mode::Day, Mode::Night1, Mode::Night2].into_iter().map(denied).collect();
        let Some(rule) = rules.and_then(|rules| rules.first().copied()) else { continue };
        let dn = tables.device_texts.get(*device as usize).map_or("", |row| tables.texts.get(row.dn));
        let what = match (image.hunt_group(*device), image.user(*device)) {
            (Some(_), _) => "hunt_group",
            (None, Some(_)) => "user",
            (None, None) => "device",
        };
        let text = format!(
            "{} {dn}: no call can go to {number}, where `{key}` sends them ({}): {}",
            what.replace('_', " "),
            rule.name(),
            rule.text()
        );
        report.about(what, dn).push(*place, Level::Warning, "forward-denied", text);
    }
}
