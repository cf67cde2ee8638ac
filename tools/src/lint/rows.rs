//! ARS rows that no number reaches, and hours that no route plan covers.

use super::model::{Model, pattern};
use crate::finding::{Level, Report};
use crate::write::Tables;
use strowger::policy::rows::{END_ARS, END_EMERGENCY, END_SHIFT};
use strowger::policy::trie::INDEX;

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Hours without a cell: calls are not allowed then (R60, R65).
pub(super) fn gaps(model: &Model<'_>, report: &mut Report) {
    for row in &model.policy.route_plan {
        let mut covered = [[false; 1440]; 7];
        for cell in &row.keys.zones {
            let cell = cell.get_ref();
            let (from, to) = (usize::from(cell.from.0.0), usize::from(cell.to.0.0));
            for (_, day) in covered.iter_mut().enumerate().filter(|(day, _)| cell.days.0.0 >> day & 1 != 0) {
                let ranges = if to > from { [from..to, 0..0] } else { [from..1440, 0..to] };
                for range in ranges {
                    day[range].fill(true);
                }
            }
        }
        let gap = covered
            .iter()
            .zip(DAYS)
            .find_map(|(day, name)| Some((day.iter().position(|minute| !minute)?, name)));
        if let Some((minute, day)) = gap {
            let id: u16 = row.keys.id.get_ref().get();
            let text = format!(
                "route plan {id} has no cell for {day} {:02}:{:02}: whoever calls over it then is refused (R60); add a cell, if calls should go out",
                minute / 60,
                minute % 60
            );
            report.about("plan", id).push(row.place, Level::Info, "plan-gap", text);
        }
    }
}

/// A row that ends in no state of the digit trie: all its numbers belong to others (R56).
pub(super) fn lint(model: &Model<'_>, tables: &Tables, report: &mut Report) {
    let mut ends = vec![false; tables.ars.len()];
    for node in &tables.places {
        if matches!(node.end >> END_SHIFT, END_ARS | END_EMERGENCY)
            && let Some(end) = ends.get_mut((node.end & INDEX) as usize)
        {
            *end = true;
        }
    }
    for (ars, _) in tables.ars.iter().zip(ends).filter(|(ars, reached)| !reached && ars.flags & 1 == 0) {
        let Some(row) =
            (ars.ordinal as usize).checked_sub(1).and_then(|ordinal| model.policy.ars.get(ordinal))
        else {
            continue;
        };
        let digits = pattern(row);
        let text = format!(
            "ars: no number reaches {digits}: each that it matches belongs to a more specific row, or is complete before as an emergency number; take the row out, or correct its digits"
        );
        let place = row.keys.digits.as_ref().map_or(row.place, |digits| row.at(digits.span()));
        report.about("ars", digits).push(place, Level::Warning, "unreachable-row", text);
    }
}
