//! ARS rows that match common numbers, neither inside the other: which one has a number is easily misread.

use super::model::{Led, Model, led, meet, pattern, width};
use crate::finding::{Level, Place, Report};
use crate::schema::types::Follow;

/// So many steps and no more: with very many wildcards not every pair is looked at.
const STEPS: usize = 4_000_000;

/// Wider than any symbol.
const OPEN: u8 = 4;

#[derive(Default)]
struct Node {
    edges: Vec<(u8, u32)>,
    /// The rows that end here, with any number of digits after it or none.
    closed: Option<usize>,
    open: Option<usize>,
    /// How wide the widest symbol below is, [`OPEN`] if a row ends here or below that any digits may follow.
    widest: u8,
}

struct Entry {
    /// What follows is `X`.
    symbols: Vec<u8>,
    /// How wide the narrowest and the widest symbol from here to the end are, by place.
    extremes: Vec<(u8, u8)>,
    open: bool,
    leads: Led,
    place: Place,
    shown: String,
}

struct Search<'s> {
    nodes: &'s [Node],
    entries: &'s [Entry],
    entry: &'s Entry,
    steps: usize,
}

pub(super) fn lint(model: &Model<'_>, report: &mut Report) {
    let mut entries: Vec<Entry> = Vec::with_capacity(model.policy.ars.len());
    let mut nodes = vec![Node::default()];
    let mut steps = STEPS;
    for row in model.policy.ars.iter().filter(|row| row.keys.digits.is_some()) {
        let Some(leads) = row.keys.leads.as_ref().map(|leads| led(leads.get_ref())) else { continue };
        if row.keys.emergency.as_ref().is_some_and(|emergency| *emergency.get_ref()) {
            continue;
        }
        let shown = pattern(row);
        let mut symbols = shown.clone().into_bytes();
        let follow = row.keys.follow.as_ref().map(|follow| *follow.get_ref());
        if let Some(Follow::Digits(count)) = follow {
            symbols.extend(std::iter::repeat_n(b'X', usize::from(count)));
        }
        let mut extremes: Vec<(u8, u8)> =
            symbols.iter().map(|symbol| (width(*symbol), width(*symbol))).collect();
        for at in (1..extremes.len()).rev() {
            let (narrowest, widest) = extremes[at];
            extremes[at - 1] = (extremes[at - 1].0.min(narrowest), extremes[at - 1].1.max(widest));
        }
        let place = row.keys.digits.as_ref().map_or(row.place, |digits| row.at(digits.span()));
        let entry = Entry { symbols, extremes, open: follow == Some(Follow::Unknown), leads, place, shown };
        let mut search = Search { nodes: &nodes, entries: &entries, entry: &entry, steps };
        let found = search.walk(0, 0, false, false);
        steps = search.steps;
        if let Some(other) = found.map(|other| &entries[other]) {
            let at = report.at(other.place);
            let text = format!(
                "ars: {} and {} ({at}) match common numbers and lead to different routes; the first digit at which they differ decides. Write rows that do not overlap, or one inside the other",
                entry.shown, other.shown
            );
            report.about("ars", &entry.shown).push(entry.place, Level::Info, "overlapping-patterns", text);
        }
        if steps == 0 {
            return;
        }
        insert(&mut nodes, &entry, entries.len());
        entries.push(entry);
    }
}

fn insert(nodes: &mut Vec<Node>, entry: &Entry, number: usize) {
    let mut at = 0;
    let wide =
        |at: usize| if entry.open { OPEN } else { entry.extremes.get(at).map_or(0, |(_, widest)| *widest) };
    for (place, symbol) in entry.symbols.iter().enumerate() {
        nodes[at].widest = nodes[at].widest.max(wide(place));
        at = match nodes[at].edges.iter().find(|(known, _)| known == symbol) {
            Some((_, next)) => *next as usize,
            None => {
                let next = nodes.len();
                nodes[at].edges.push((*symbol, u32::try_from(next).unwrap_or(u32::MAX)));
                nodes.push(Node::default());
                next
            }
        };
    }
    if entry.open {
        nodes[at].widest = OPEN;
        nodes[at].open.get_or_insert(number);
    } else {
        nodes[at].closed.get_or_insert(number);
    }
}

impl Search<'_> {
    /// A row below this node that shares numbers with the entry, each of the two having some that the other has not.
    /// Two symbols are equal, one inside the other, or have nothing in common; so it is enough to know who was narrower.
    fn walk(&mut self, node: usize, at: usize, own_narrower: bool, other_narrower: bool) -> Option<usize> {
        self.steps = self.steps.checked_sub(1)?;
        let (nodes, entries, entry) = (self.nodes, self.entries, self.entry);
        let node = &nodes[node];
        let rest = entry.symbols.get(at..).unwrap_or(&[]);
        let differs = |other: &usize| entries[*other].leads != entry.leads;
        if let Some(other) = node.closed.filter(differs).filter(|_| rest.is_empty())
            && own_narrower
            && (other_narrower || entry.open)
        {
            return Some(other);
        }
        if let Some(other) = node.open.filter(differs)
            && other_narrower
            && (own_narrower || !entry.open || !rest.is_empty())
        {
            return Some(other);
        }
        // Further down neither can become the narrower one where the other has nothing wider left.
        let (narrowest, widest) = entry.extremes.get(at).copied().unwrap_or((3, 3));
        if !own_narrower && narrowest >= node.widest || !other_narrower && !entry.open && widest == 0 {
            return None;
        }
        let symbol = match rest.first() {
            Some(symbol) => *symbol,
            None if entry.open => b'Y',
            None => return None,
        };
        node.edges.iter().filter(|(edge, _)| meet(*edge, symbol)).find_map(|(edge, next)| {
            let own = own_narrower || width(symbol) < width(*edge);
            let other = other_narrower || width(*edge) < width(symbol);
            self.walk(*next as usize, at + 1, own, other)
        })
    }
}
