//! Numbers worth dialing: for each ARS row and each number class that it can send, one; for each emergency row, one.
//!
//! The digit trie and the class automaton are walked together, with each way of changing digits that a route has. Work is
//! bounded: an entangled policy may leave classes without a number, never a row.

use std::collections::{BTreeMap, HashMap, VecDeque};
use strowger::policy::Image;
use strowger::policy::class::classify;
use strowger::policy::rows::{
    ArsRow, ChoiceRow, END_ARS, END_EMERGENCY, END_FEATURE, END_SHIFT, KEYS, ONE_EDGE, RouteRow, USE_LIST,
    USE_PLAN, USE_ROUTE,
};
use strowger::policy::trie::INDEX;

/// A number that leads to an ARS row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Sample {
    pub(super) row: u32,
    pub(super) emergency: bool,
    pub(super) digits: Vec<u8>,
}

/// Numbers for every row and class.
pub(super) fn samples(image: &Image<'_>) -> Vec<Sample> {
    let mut found: BTreeMap<(u32, u8, u8), Sample> = BTreeMap::new();
    let mut changes: Vec<(u8, Vec<u8>)> = vec![(0, Vec::new())];
    for route in image.routes().iter() {
        let change = (route.absorb, image.octets(route.insert).to_vec());
        if !changes.contains(&change) {
            changes.push(change);
        }
    }
    for (absorb, insert) in &changes {
        walk(image, *absorb, insert, &mut found);
    }
    found.into_values().collect()
}

/// Every way that an ARS row can lead, whatever the time.
pub(super) fn ways(image: &Image<'_>, row: &ArsRow) -> Vec<(ChoiceRow, RouteRow)> {
    uses(image, row).concat()
}

/// The same, apart for each cell of a route plan.
pub(super) fn uses(image: &Image<'_>, row: &ArsRow) -> Vec<Vec<(ChoiceRow, RouteRow)>> {
    let mut leads = vec![(row.leads, row.index)];
    if row.leads == USE_PLAN {
        let plan = image.plans().get(usize::from(row.index)).unwrap_or_default();
        let cells = image.cells().iter().skip(plan.cells.first as usize).take(plan.cells.count.into());
        leads = cells.map(|cell| (cell.leads, cell.index)).collect();
    }
    let choices = |(leads, index)| match leads {
        USE_ROUTE => vec![ChoiceRow { route: index, flags: 0 }],
        USE_LIST => {
            let run = image.lists().get(usize::from(index)).unwrap_or_default().choices;
            image.choices().iter().skip(run.first as usize).take(run.count.into()).collect()
        }
        _ => Vec::new(),
    };
    let route = |choice: ChoiceRow| Some((choice, image.routes().get(usize::from(choice.route))?));
    leads.into_iter().map(|lead| choices(lead).into_iter().filter_map(route).collect()).collect()
}

/// What a route sends of these digits; `None` if nothing.
pub(super) fn sent(image: &Image<'_>, route: &RouteRow, dialed: &[u8]) -> Option<Vec<u8>> {
    let rest = dialed.get(usize::from(route.absorb)..)?;
    Some([image.octets(route.insert), rest].concat()).filter(|sent| !sent.is_empty())
}

/// The most places of one walk.
const MOST: usize = 200_000;

/// A place: node, keys still to take there, digits still to be absorbed, what was sent so far is in the class state.
type Place = (u32, u16, u8, u16);

fn walk(image: &Image<'_>, absorb: u8, insert: &[u8], found: &mut BTreeMap<(u32, u8, u8), Sample>) {
    let step = |state: u16, key: u8| crate::diff::class_step(image, state, u16::from(key));
    let symbol = |c: u8| if c.is_ascii_digit() { c - b'0' } else { 12 };
    let start = insert.iter().fold(0, |state, c| step(state, symbol(*c)));
    let mut from: HashMap<Place, (Place, u8)> = HashMap::new();
    let first = (0, 0, absorb, start);
    let mut queue = VecDeque::from([first]);
    from.insert(first, (first, 0));
    while let Some(place) = queue.pop_front() {
        let (index, left, absorbed, state) = place;
        let node = image.nodes().get(index as usize).unwrap_or_default();
        if left == 0 {
            let end = image.places().get(index as usize).unwrap_or_default().end;
            let row = end & INDEX;
            match end >> END_SHIFT {
                END_EMERGENCY => {
                    let digits = path(&from, place);
                    found.entry((row, u8::MAX, 0)).or_insert(Sample { row, emergency: true, digits });
                    continue;
                }
                END_FEATURE => continue,
                END_ARS => {
                    let digits = path(&from, place);
                    let ars = image.ars().get(row as usize).unwrap_or_default();
                    let fits =
                        |route: &RouteRow| route.absorb == absorb && image.octets(route.insert) == insert;
                    if ways(image, &ars).iter().any(|(_, route)| fits(route)) {
                        let sent = [insert, digits.get(usize::from(absorb)..).unwrap_or(&[])].concat();
                        let class = classify(&image.class_states(), &image.class_edges(), &sent);
                        let key = (row, class.class.number(), class.chain);
                        found.entry(key).or_insert(Sample { row, emergency: false, digits });
                    }
                }
                _ => {}
            }
        }
        if from.len() > MOST {
            continue;
        }
        for key in (0..=10u8).filter(|key| node.keys & KEYS & 1 << key != 0) {
            let (next, left) = if left > 0 {
                (if left == 1 { node.edges } else { index }, left - 1)
            } else if node.keys & ONE_EDGE == 0 {
                let edge = image.edges().get(node.edges as usize + usize::from(key)).unwrap_or_default();
                (edge.node, 0)
            } else if node.more > 0 {
                (index, node.more)
            } else {
                (node.edges, 0)
            };
            let (absorbed, state) = if absorbed > 0 { (absorbed - 1, state) } else { (0, step(state, key)) };
            let next = (next, left, absorbed, state);
            if let std::collections::hash_map::Entry::Vacant(free) = from.entry(next) {
                free.insert((place, key));
                queue.push_back(next);
            }
        }
    }
}

fn path(from: &HashMap<Place, (Place, u8)>, mut place: Place) -> Vec<u8> {
    let mut digits = Vec::new();
    while let Some((before, key)) = from.get(&place).filter(|(before, _)| *before != place) {
        digits.push(if *key == 10 { b'*' } else { b'0' + key });
        place = *before;
    }
    digits.reverse();
    digits
}
