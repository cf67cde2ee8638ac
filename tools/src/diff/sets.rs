//! Values numbered once, and what can be reached from each node of a digit trie.

use hashbrown::HashTable;
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};

/// Numbers equal values alike, from 0 in the order in which they come.
pub(super) struct Numbered<T> {
    pub(super) all: Vec<T>,
    places: HashTable<u32>,
}

impl<T: Hash + Eq> Numbered<T> {
    pub(super) fn new() -> Self {
        Self { all: Vec::new(), places: HashTable::new() }
    }

    /// The value's number, and whether it is new.
    pub(super) fn number(&mut self, value: T) -> (u32, bool) {
        let hash = hash(&value);
        if let Some(known) = self.places.find(hash, |place| self.all[*place as usize] == value) {
            return (*known, false);
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(value);
        let all = &self.all;
        self.places.insert_unique(hash, number, |place| self::hash(&all[*place as usize]));
        (number, true)
    }

    pub(super) fn get(&self, number: u32) -> &T {
        &self.all[number as usize]
    }
}

/// Sets of small numbers, each stored once in order; 0 is the empty one.
pub(super) struct Sets {
    sets: Numbered<Box<[u32]>>,
    unions: HashMap<(u32, u32), u32, Plain>,
    members: usize,
}

impl Sets {
    pub(super) fn new() -> Self {
        let mut sets = Numbered::new();
        sets.number(Box::default());
        Self { sets, unions: HashMap::default(), members: 0 }
    }

    pub(super) fn of(&mut self, mut members: Vec<u32>) -> u32 {
        members.sort_unstable();
        members.dedup();
        self.members += members.len();
        self.sets.number(members.into()).0
    }

    pub(super) fn get(&self, set: u32) -> &[u32] {
        self.sets.get(set)
    }

    pub(super) fn union(&mut self, a: u32, b: u32) -> u32 {
        if a == b || b == 0 {
            return a;
        }
        if a == 0 {
            return b;
        }
        let pair = (a.min(b), a.max(b));
        if let Some(known) = self.unions.get(&pair) {
            return *known;
        }
        let both = [self.get(a), self.get(b)].concat();
        let set = self.of(both);
        self.unions.insert(pair, set);
        set
    }

    /// How many members all sets have together: what they cost.
    pub(super) fn weight(&self) -> usize {
        self.members
    }
}

/// The union of `own` over everything that can be reached from each node, the node itself included.
///
/// Nodes are taken from the leaves upwards; a trie has no cycles but loops, so the second round only confirms. Any other
/// graph takes more rounds and ends as well, for sets only grow.
pub(super) fn below(
    count: usize,
    edges: impl Fn(u32, &mut Vec<u32>),
    own: impl Fn(u32) -> u32,
    sets: &mut Sets,
    most: usize,
) -> Option<Vec<u32>> {
    let order = from_the_leaves(count, &edges);
    let mut found: Vec<u32> = (0..count).map(|node| own(u32::try_from(node).unwrap_or(u32::MAX))).collect();
    let mut next = Vec::new();
    loop {
        let mut grown = false;
        for node in &order {
            edges(*node, &mut next);
            let mut all = found[*node as usize];
            for to in next.drain(..) {
                all = sets.union(all, found[to as usize]);
            }
            grown |= all != found[*node as usize];
            found[*node as usize] = all;
            if sets.weight() > most {
                return None;
            }
        }
        if !grown {
            return Some(found);
        }
    }
}

/// All nodes, each behind those that it leads to.
fn from_the_leaves(count: usize, edges: &impl Fn(u32, &mut Vec<u32>)) -> Vec<u32> {
    let mut order = Vec::with_capacity(count);
    let mut seen = vec![false; count];
    let (mut path, mut next): (Vec<(u32, bool)>, Vec<u32>) = (Vec::new(), Vec::new());
    for root in 0..count {
        path.push((u32::try_from(root).unwrap_or(u32::MAX), false));
        while let Some((node, done)) = path.pop() {
            if done {
                order.push(node);
                continue;
            }
            if std::mem::replace(&mut seen[node as usize], true) {
                continue;
            }
            path.push((node, true));
            edges(node, &mut next);
            path.extend(next.drain(..).filter(|to| !seen[*to as usize]).map(|to| (to, false)));
        }
    }
    order
}

/// A hasher for numbers out of our own tables: nobody outside can make them collide on purpose for long, and a walk over a
/// hundred thousand rows asks for millions of hashes.
#[derive(Default)]
pub(super) struct Mix(u64);

pub(super) type Plain = BuildHasherDefault<Mix>;

impl Mix {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517C_C1B7_2722_0A95);
    }
}

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        // The table takes its places from the low bits and its tags from the high ones: both must depend on everything.
        (self.0 ^ (self.0 >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    fn write(&mut self, octets: &[u8]) {
        for part in octets.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.add(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, n: u8) {
        self.add(u64::from(n));
    }

    fn write_u16(&mut self, n: u16) {
        self.add(u64::from(n));
    }

    fn write_u32(&mut self, n: u32) {
        self.add(u64::from(n));
    }

    fn write_u64(&mut self, n: u64) {
        self.add(n);
    }

    fn write_usize(&mut self, n: usize) {
        self.add(n as u64);
    }
}

fn hash(value: &impl Hash) -> u64 {
    Plain::default().hash_one(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_is_everything_that_can_be_reached() {
        // 0 -> 1 -> 2 -> 1 and 0 -> 3: a cycle that no compiled trie has, and a leaf.
        let edges: [&[u32]; 4] = [&[1, 3], &[2], &[1], &[]];
        let mut sets = Sets::new();
        let own: Vec<u32> = (0..4).map(|n| sets.of(vec![n])).collect();
        let lead = |node: u32, out: &mut Vec<u32>| out.extend_from_slice(edges[node as usize]);
        let found = below(4, lead, |node| own[node as usize], &mut sets, 100).unwrap();
        let found: Vec<&[u32]> = found.iter().map(|set| sets.get(*set)).collect();
        assert_eq!(found, [&[0, 1, 2, 3][..], &[1, 2], &[1, 2], &[3]]);
        assert_eq!(below(4, lead, |node| own[node as usize], &mut sets, 3), None);
    }
}
