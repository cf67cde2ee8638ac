//! The tree made deterministic: the engine walks one node a digit, whatever wildcards overlap.
//!
//! A state is an ordered list of tree nodes, the one reached by the more specific digits first, so the leftmost
//! difference decides and an exact digit beats N, X, Y and a digit that merely follows.

use super::tree::{Lengths, Terminal, Tree, below};
use hashbrown::HashTable;
use std::ops::Range;
use strowger::policy::rows::{
    END_ARS, END_DEVICE, END_EMERGENCY, END_FEATURE, END_HELD, END_INBOUND, END_NONE, END_SHIFT, EdgeRow,
    KEYS, LOOK, ONE_EDGE, STAYS, TOWARDS_EMERGENCY,
};

/// More states than this are refused: patterns that overlap in very many ways.
pub(crate) const MOST_STATES: usize = 1 << 22;

/// The patterns overlap in too many ways.
#[derive(Debug)]
pub(crate) struct TooEntangled;

/// A state, before the trie is packed. `keys` and `edges` are as in the image's nodes, `end` and `leading` as in its places.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct State {
    pub(crate) keys: u16,
    pub(crate) edges: u32,
    pub(crate) end: u32,
    pub(crate) leading: u32,
}

/// States and edges; the first state is the beginning.
pub(crate) fn build(tree: &Tree) -> Result<(Vec<State>, Vec<EdgeRow>), TooEntangled> {
    let lengths = tree.lengths();
    let mut states = States::new(tree);
    let mut rows = Vec::with_capacity(tree.nodes.len());
    let mut edges = Vec::with_capacity(tree.nodes.len());
    let (mut next, mut last) = (Vec::new(), Vec::new());
    states.number(&[0])?;
    let mut at = 0;
    while let Some(members) = states.members.get(at).cloned() {
        at += 1;
        let mut row = ends(tree, &states.lists[members.clone()]);
        row.edges = u32::try_from(edges.len()).map_err(|_| TooEntangled)?;
        if !matches!(row.end >> END_SHIFT, END_EMERGENCY | END_FEATURE) {
            let towards = states.lists[members.clone()].iter();
            if towards.into_iter().any(|member| tree.nodes[*member as usize].below & below::EMERGENCY != 0) {
                row.keys |= TOWARDS_EMERGENCY;
            }
            // Runs of keys that lead to the same state are common: the table is asked once for a run.
            let mut same = None;
            for key in 0..12 {
                next.clear();
                for member in members.clone() {
                    tree.step(states.lists[member], key, |to| next.push(to));
                }
                drop_useless(tree, &lengths, &mut next);
                if next.is_empty() {
                    continue;
                }
                let state = match same {
                    Some(state) if next == last => state,
                    _ => states.number(&next)?,
                };
                std::mem::swap(&mut next, &mut last);
                same = Some(state);
                row.keys |= 1 << key;
                edges.push(EdgeRow { node: state });
            }
            share_edge(&mut row, &mut edges, at - 1);
        }
        if matches!(row.end >> END_SHIFT, END_EMERGENCY | END_FEATURE)
            || row.leading != 0
            || row.keys & STAYS != 0
        {
            row.keys |= LOOK;
        }
        rows.push(row);
    }
    Ok((rows, edges))
}

/// Keys that all lead to the same state need no edges: the node names it.
fn share_edge(row: &mut State, edges: &mut Vec<EdgeRow>, state: usize) {
    let first = row.edges as usize;
    let Some(EdgeRow { node }) = edges.get(first).copied() else { return };
    if edges[first..].iter().all(|edge| edge.node == node) {
        edges.truncate(first);
        row.edges = node;
        row.keys |= ONE_EDGE;
        if row.keys & KEYS == KEYS && node as usize == state {
            row.keys |= STAYS;
        }
    }
}

/// What ends and what begins in a state: emergency first, then who has the number, then the ARS row.
fn ends(tree: &Tree, members: &[u32]) -> State {
    let mut row = State::default();
    let mut best: Option<(u8, Terminal)> = None;
    for member in members {
        let node = &tree.nodes[*member as usize];
        if row.leading == 0 {
            row.leading = node.leading;
        }
        for (rank, owner) in [(1, tree.owner(node.number)), (2, tree.owner(node.pattern))] {
            let Some(terminal) = owner.map(|owner| owner.terminal) else { continue };
            let rank = if matches!(terminal, Terminal::Emergency(_)) { 0 } else { rank };
            if best.is_none_or(|(other, _)| rank < other) {
                best = Some((rank, terminal));
            }
        }
    }
    let (kind, index) = match best {
        Some((_, Terminal::Emergency(row))) => (END_EMERGENCY, row),
        Some((_, Terminal::Device(row))) => (END_DEVICE, row),
        Some((_, Terminal::Ars(row))) => (END_ARS, row),
        Some((_, Terminal::Feature(feature))) => (END_FEATURE, feature),
        Some((_, Terminal::Inbound(row))) => (END_INBOUND, row),
        Some((_, Terminal::Held)) => (END_HELD, 0),
        None => (END_NONE, 0),
    };
    row.end = kind << END_SHIFT | index;
    row
}

/// What earlier members accept in any case, later ones matter for only where they outrank an ARS row.
fn drop_useless(tree: &Tree, lengths: &[Lengths], members: &mut Vec<u32>) {
    if members.len() < 2 {
        return;
    }
    let (mut all, mut all_digits) = (0, 0);
    members.retain(|member| {
        let own = lengths[*member as usize];
        let covered = if own.digits_only { all_digits } else { all };
        all |= own.all;
        all_digits |= own.all_digits;
        own.some & !covered != 0
            || tree.nodes[*member as usize].below & (below::EMERGENCY | below::NUMBER | below::LEADING) != 0
    });
}

/// States by their lists; equal lists are one state.
struct States {
    lists: Vec<u32>,
    members: Vec<Range<usize>>,
    /// The state of a list of one, by tree node, plus one.
    single: Vec<u32>,
    table: HashTable<u32>,
}

impl States {
    fn new(tree: &Tree) -> Self {
        let size = tree.nodes.len();
        let members = Vec::with_capacity(size);
        Self { lists: Vec::with_capacity(size), members, single: vec![0; size], table: HashTable::new() }
    }

    fn number(&mut self, list: &[u32]) -> Result<u32, TooEntangled> {
        if let [one] = list {
            let known = self.single[*one as usize];
            if known != 0 {
                return Ok(known - 1);
            }
            let state = self.add(list)?;
            self.single[*one as usize] = state + 1;
            return Ok(state);
        }
        let hash = hash(list);
        let same = |state: &u32| &self.lists[self.members[*state as usize].clone()] == list;
        if let Some(state) = self.table.find(hash, same) {
            return Ok(*state);
        }
        let state = self.add(list)?;
        let (lists, members) = (&self.lists, &self.members);
        self.table.insert_unique(hash, state, |state| self::hash(&lists[members[*state as usize].clone()]));
        Ok(state)
    }

    fn add(&mut self, list: &[u32]) -> Result<u32, TooEntangled> {
        if self.members.len() >= MOST_STATES || self.lists.len() >= 16 * MOST_STATES {
            return Err(TooEntangled);
        }
        let first = self.lists.len();
        self.lists.extend_from_slice(list);
        self.members.push(first..self.lists.len());
        u32::try_from(self.members.len() - 1).map_err(|_| TooEntangled)
    }
}

fn hash(list: &[u32]) -> u64 {
    let mixed = list.iter().fold(0u64, |hash, member| {
        (hash.rotate_left(5) ^ u64::from(*member)).wrapping_mul(0x517C_C1B7_2722_0A95)
    });
    mixed ^ mixed >> 32
}
