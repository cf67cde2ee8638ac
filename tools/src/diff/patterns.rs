//! ARS rows as people write them. The image keeps no patterns: they are read off the numbers that lead to a row.

use super::Most;
use super::dialing::{Dialing, End, KEYS_ASCII};
use super::sets::{Sets, below};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use strowger::base::Digits;
use strowger::policy::rows::{END_ARS, END_EMERGENCY, END_SHIFT};
use strowger::policy::trie::INDEX;

/// Keys of each place, the shortest and the longest number.
struct Shape {
    places: [u16; Digits::MAX],
    least: usize,
    most: usize,
}

/// The patterns of some rows: `91NXXNXXXXXX`, `9011…`. Where more specific rows take numbers away, the keys of a place may be
/// fewer than were written. Empty if the rows are too entangled to tell.
pub(super) fn patterns(plan: &Dialing<'_>, rows: &BTreeSet<u32>, most: &Most) -> HashMap<u32, String> {
    let mut sets = Sets::new();
    let end = |node: u32| plan.image.places().get(node as usize).unwrap_or_default().end;
    let row = |node: u32| {
        let end = end(node);
        let row = matches!(end >> END_SHIFT, END_ARS | END_EMERGENCY).then_some(end & INDEX);
        row.filter(|row| rows.contains(row))
    };
    let count = plan.image.nodes().len();
    let own: Vec<u32> =
        (0u32..).take(count).map(|node| row(node).map_or(0, |row| sets.of(vec![row]))).collect();
    let found =
        below(count, |node, to| plan.edges(node, to), |node| own[node as usize], &mut sets, most.members);
    let Some(found) = found else { return HashMap::new() };
    let mut shapes: HashMap<u32, Shape> = HashMap::new();
    let mut level: BTreeSet<(u32, u16)> = BTreeSet::from([(0, plan.takes(0).0)]);
    let mut work = 0;
    for place in 0..=Digits::MAX {
        let mut next = BTreeSet::new();
        for (node, more) in level {
            if let Some(row) = row(node).filter(|_| more == plan.takes(node).0) {
                let shape = shapes.entry(row).or_insert_with(Shape::new);
                (shape.least, shape.most) = (shape.least.min(place), place);
            }
            if place == Digits::MAX || end(node) >> END_SHIFT == END_EMERGENCY {
                continue;
            }
            let keys = (0..12).filter(|key| plan.takes(node).1 & 1 << key != 0);
            let mut by_target: BTreeMap<(u32, u16), u16> = BTreeMap::new();
            for key in keys {
                let to = match more.checked_sub(1) {
                    Some(more) => Some((node, more)),
                    None => plan.follow(node, key).map(|node| (node, plan.takes(node).0)),
                };
                if let Some(to) = to.filter(|(to, _)| found[*to as usize] != 0) {
                    *by_target.entry(to).or_default() |= 1 << key;
                }
            }
            for (to, keys) in by_target {
                let rows = sets.get(found[to.0 as usize]);
                work += rows.len();
                for row in rows {
                    shapes.entry(*row).or_insert_with(Shape::new).places[place] |= keys;
                }
                next.insert(to);
            }
        }
        if work > most.members {
            return HashMap::new();
        }
        level = next;
    }
    shapes.into_iter().map(|(row, shape)| (row, shape.text())).collect()
}

impl Shape {
    fn new() -> Self {
        Self { places: [0; Digits::MAX], least: Digits::MAX, most: 0 }
    }

    fn text(&self) -> String {
        let open = if self.most == Digits::MAX && self.least < self.most { "…" } else { "" };
        let length = if open.is_empty() { self.most } else { self.least };
        self.places.iter().take(length).map(|keys| place(*keys)).collect::<String>() + open
    }
}

fn place(keys: u16) -> String {
    match keys {
        0b11_1111_1100 => "N".into(),
        0b11_1111_1111 => "X".into(),
        0b1111_1111_1111 => "Y".into(),
        _ => {
            let all: String =
                (0..12).filter(|key| keys & 1 << key != 0).map(|key| char::from(KEYS_ASCII[key])).collect();
            if all.len() == 1 { all } else { format!("[{all}]") }
        }
    }
}

/// The rows among ends.
pub(super) fn rows_of(ends: impl Iterator<Item = End>) -> BTreeSet<u32> {
    ends.filter_map(|end| match end {
        End::Ars(row) | End::Emergency(row) => Some(row),
        End::None | End::Device(_) | End::Inbound(_) => None,
    })
    .collect()
}
