//! ARS rows that no number reaches.

use super::model::{Model, pattern};
use crate::finding::{Level, Report};
use crate::write::Tables;
use strowger::policy::rows::{END_ARS, END_EMERGENCY};

/// A row that ends in no state of the digit trie: all its numbers belong to others (R56).
pub(super) fn lint(model: &Model<'_>, tables: &Tables, report: &mut Report) {
    let mut ends = vec![false; tables.ars.len()];
    for node in &tables.nodes {
        if matches!(node.end >> 30, END_ARS | END_EMERGENCY)
            && let Some(end) = ends.get_mut((node.end & ((1 << 30) - 1)) as usize)
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
            "ars: no number reaches {digits}: each that it matches belongs to a more specific row, is denied by a number class, or is complete before as an emergency number; take the row out, or correct its digits"
        );
        let place = row.keys.digits.as_ref().map_or(row.place, |digits| row.at(digits.span()));
        report.about("ars", digits).push(place, Level::Warning, "unreachable-row", text);
    }
}
