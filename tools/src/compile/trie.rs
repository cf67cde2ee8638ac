//! The digit trie as the image has it: runs of like keys in one node, nodes with something to see in front.

use super::automaton::State;
use crate::write::Tables;
use strowger::policy::rows::{EdgeRow, KEYS, NodeRow, ONE_EDGE, PlaceRow, STAYS};

/// All walks together: the numbers dialed here, and each trunk's called numbers.
#[derive(Default)]
pub(crate) struct Trie {
    states: Vec<State>,
    edges: Vec<EdgeRow>,
    roots: Vec<u32>,
}

impl Trie {
    /// Adds a walk, and says how many there were before. `None` if there are more states than can be numbered.
    pub(crate) fn add(&mut self, mut states: Vec<State>, mut edges: Vec<EdgeRow>) -> Option<usize> {
        let root = u32::try_from(self.states.len()).ok()?;
        let first = u32::try_from(self.edges.len()).ok()?;
        u32::try_from(self.states.len() + states.len()).ok()?;
        for state in &mut states {
            state.edges += if state.keys & ONE_EDGE == 0 { first } else { root };
        }
        edges.iter_mut().for_each(|edge| edge.node += root);
        self.states.append(&mut states);
        self.edges.append(&mut edges);
        self.roots.push(root);
        Some(self.roots.len() - 1)
    }

    /// Writes nodes, edges and places; where each walk begins.
    pub(crate) fn pack(mut self, tables: &mut Tables) -> Vec<u32> {
        let more = self.runs();
        let numbers = self.numbers();
        let mut order: Vec<(u32, usize)> =
            numbers.iter().enumerate().filter_map(|(state, number)| Some(((*number)?, state))).collect();
        order.sort_unstable();
        let at = |state: u32| numbers[state as usize].unwrap_or(0);
        let mut laid = Laid::default();
        for (number, state) in order {
            let State { keys, edges, end, leading } = self.states[state];
            let place = PlaceRow { end, leading };
            if number == 0 || place != PlaceRow::default() {
                tables.places.push(place);
            }
            let edges = if keys & ONE_EDGE == 0 {
                let own = self.edges[edges as usize..].iter().map(|edge| EdgeRow { node: at(edge.node) });
                laid.lay(keys & KEYS, own)
            } else {
                at(edges)
            };
            tables.nodes.push(NodeRow { keys, more: more[state].into(), edges });
        }
        tables.edges = laid.edges.into_iter().map(Option::unwrap_or_default).collect();
        self.roots.iter().map(|root| at(*root)).collect()
    }

    /// A state that all its keys leave to one with the same keys takes that one's key too, if there is nothing to see at
    /// either: `XXXX` is one node. How many further keys each state takes.
    fn runs(&mut self) -> Vec<u8> {
        let mut more = vec![0u8; self.states.len()];
        let plain = |state: &State| {
            state.keys & ONE_EDGE != 0 && state.keys & STAYS == 0 && state.end == 0 && state.leading == 0
        };
        // Most edges lead to later states, so the end of a run comes first.
        for index in (0..self.states.len()).rev() {
            let state = self.states[index];
            let to = state.edges as usize;
            if !plain(&state) || to == index || self.roots.contains(&(index as u32)) {
                continue;
            }
            let next = self.states[to];
            if plain(&next) && next.keys == state.keys && more[to] < u8::MAX {
                more[index] = more[to] + 1;
                self.states[index].edges = next.edges;
            }
        }
        more
    }

    /// New numbers of the states that are still reached: the beginning, those with something to see, the rest.
    fn numbers(&self) -> Vec<Option<u32>> {
        let mut reached = vec![false; self.states.len()];
        let mut todo = self.roots.clone();
        while let Some(state) = todo.pop() {
            if std::mem::replace(&mut reached[state as usize], true) {
                continue;
            }
            let State { keys, edges, .. } = self.states[state as usize];
            if keys & ONE_EDGE != 0 {
                todo.push(edges);
            } else {
                let count = (keys & KEYS).count_ones() as usize;
                todo.extend(self.edges[edges as usize..edges as usize + count].iter().map(|edge| edge.node));
            }
        }
        let seen = |state: &State| state.end != 0 || state.leading != 0;
        let mut numbers = vec![None; self.states.len()];
        let mut next = 0..;
        for with in [true, false] {
            for (index, state) in self.states.iter().enumerate() {
                let first = with && index == 0;
                if reached[index] && numbers[index].is_none() && (first || seen(state) == with) {
                    numbers[index] = next.next();
                }
            }
        }
        numbers
    }
}

/// The edges of all nodes in one table. A node's edge stands so many places behind its beginning as the key says; what
/// lies between is for others.
#[derive(Default)]
struct Laid {
    edges: Vec<Option<EdgeRow>>,
}

/// How far from its end the table is searched for room: one node after another fills what the last ones left.
const SEARCHED: usize = 64;

impl Laid {
    /// Finds room for a node's edges, lowest key first, and says where it begins.
    fn lay(&mut self, keys: u16, own: impl Iterator<Item = EdgeRow>) -> u32 {
        let places = || (0..KEYS.count_ones() as usize).filter(|key| keys >> key & 1 != 0);
        let taken = |place: usize| self.edges.get(place).is_some_and(Option::is_some);
        let free = |begin: &usize| places().all(|key| !taken(begin + key));
        let begin = (self.edges.len().saturating_sub(SEARCHED)..).find(free).unwrap_or(0);
        for (key, edge) in places().zip(own) {
            if self.edges.len() <= begin + key {
                self.edges.resize(begin + key + 1, None);
            }
            self.edges[begin + key] = Some(edge);
        }
        u32::try_from(begin).unwrap_or(u32::MAX)
    }
}
