//! All numbers in one plain tree: directory numbers, Leading Digits and ARS patterns, wildcards as edges of their own.

use crate::finding::Place;
use smallvec::SmallVec;

/// What a number leads to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Terminal {
    /// An emergency row.
    Emergency(u32),
    /// A device.
    Device(u32),
    /// An ARS row.
    Ars(u32),
    /// A feature code: of which feature.
    Feature(u32),
    /// A number that a trunk calls: its row.
    Inbound(u32),
    /// Nothing yet, but the number is taken: nothing less specific may match it.
    Held,
}

/// Whose number it is.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub(crate) terminal: Terminal,
    pub(crate) place: Place,
    /// `device 201`, `ars 9NXXXXXX` …
    pub(crate) label: Box<str>,
}

/// The keys 0-9 * # are edges 0 to 11; then the wildcards, the more specific first.
const N: usize = 12;
const X: usize = 13;
const Y: usize = 14;
const FOLLOW: usize = 15;

/// What lies in a node or below it.
pub(crate) mod below {
    pub(crate) const EMERGENCY: u8 = 1;
    pub(crate) const NUMBER: u8 = 2;
    pub(crate) const ARS: u8 = 4;
    pub(crate) const LEADING: u8 = 8;
}

/// A node. Owners and edges are numbers plus one, 0 none: the root is nobody's child.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Node {
    edges: [u32; 16],
    /// Accepts any further keys: a node that stays.
    tail: u32,
    /// The owner of the exact number: a device, a feature code …
    pub(crate) number: u32,
    /// The owner of the pattern: an ARS row.
    pub(crate) pattern: u32,
    /// Leading table row plus one.
    pub(crate) leading: u32,
    /// Bits of [`below`].
    pub(crate) below: u8,
}

/// Which numbers of further digits a node accepts, bit n for n of them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lengths {
    /// Some digits of this length are accepted.
    pub(crate) some: u64,
    /// All keys of this length are.
    pub(crate) all: u64,
    /// All digits 0-9 of this length are.
    pub(crate) all_digits: u64,
    /// No `*` and no `#` is ever accepted.
    pub(crate) digits_only: bool,
}

/// The tree. Node 0 is the root.
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
    pub(crate) owners: Vec<Owner>,
}

/// Nodes reached by the same digits, the most specific way first.
pub(crate) type States = SmallVec<[u32; 8]>;

impl Tree {
    pub(crate) fn new() -> Self {
        Self { nodes: vec![Node::default()], owners: Vec::new() }
    }

    /// The owner behind a node's field.
    pub(crate) fn owner(&self, plus_one: u32) -> Option<&Owner> {
        self.owners.get(plus_one.checked_sub(1)? as usize)
    }

    /// Adds a number that somebody has. The owner of the same number, if there is one already.
    pub(crate) fn add_number(&mut self, digits: &str, owner: Owner) -> Option<&Owner> {
        let node = self.path(digits, 0, below::NUMBER);
        if self.nodes[node].number != 0 {
            return self.owner(self.nodes[node].number);
        }
        self.owners.push(owner);
        self.nodes[node].number = self.last_owner();
        None
    }

    /// Adds an ARS pattern with `follow` more digits, or any number of them. The owner of the same, if there is one.
    pub(crate) fn add_pattern(&mut self, pattern: &str, follow: Option<u8>, owner: Owner) -> Option<&Owner> {
        let bits =
            below::ARS | if matches!(owner.terminal, Terminal::Emergency(_)) { below::EMERGENCY } else { 0 };
        let node = self.path(pattern, follow.unwrap_or(0), bits);
        let taken = self.nodes[node].pattern;
        if taken != 0 {
            return self.owner(taken);
        }
        self.owners.push(owner);
        self.nodes[node].pattern = self.last_owner();
        if follow.is_none() {
            self.open(node, bits);
        }
        None
    }

    /// Lets any further digits follow a node's pattern.
    fn open(&mut self, node: usize, bits: u8) {
        let pattern = self.nodes[node].pattern;
        let tail = match self.nodes[node].tail {
            0 => u32::try_from(self.nodes.len()).unwrap_or(u32::MAX),
            tail => tail,
        };
        let row = Node { tail, pattern, below: bits, ..Node::default() };
        match self.nodes.get_mut(tail as usize) {
            Some(known) => *known = row,
            None => self.nodes.push(row),
        }
        self.nodes[node].tail = tail;
    }

    /// Marks Leading Digits. The row that marks the same, if there is one.
    pub(crate) fn add_leading(&mut self, pattern: &str, row: u32) -> Option<u32> {
        let node = self.path(pattern, 0, below::LEADING);
        let taken = self.nodes[node].leading.checked_sub(1);
        if taken.is_none() {
            self.nodes[node].leading = row + 1;
        }
        taken
    }

    fn last_owner(&self) -> u32 {
        u32::try_from(self.owners.len()).unwrap_or(u32::MAX)
    }

    fn path(&mut self, pattern: &str, follow: u8, bits: u8) -> usize {
        let mut at = 0;
        self.nodes[at].below |= bits;
        let follow = std::iter::repeat_n(FOLLOW, usize::from(follow));
        for edge in pattern.bytes().map(edge).chain(follow) {
            let next = self.nodes[at].edges[edge] as usize;
            at = if next == 0 {
                let new = self.nodes.len();
                self.nodes.push(Node::default());
                self.nodes[at].edges[edge] = u32::try_from(new).unwrap_or(u32::MAX);
                new
            } else {
                next
            };
            self.nodes[at].below |= bits;
        }
        at
    }

    /// Calls `found` for every node that `key` leads to from `node`, the most specific first.
    #[inline]
    pub(crate) fn step(&self, node: u32, key: u8, mut found: impl FnMut(u32)) {
        let node = &self.nodes[node as usize];
        let edges = &node.edges;
        let digit = key < 10;
        let ways = [
            edges[usize::from(key)],
            if (2..10).contains(&key) { edges[N] } else { 0 },
            if digit { edges[X] } else { 0 },
            edges[Y],
            edges[FOLLOW],
            node.tail,
        ];
        ways.into_iter().filter(|next| *next != 0).for_each(&mut found);
    }

    /// What every node accepts from there on. A child always stands behind its parent.
    pub(crate) fn lengths(&self) -> Vec<Lengths> {
        let mut all = vec![Lengths::default(); self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate().rev() {
            if node.tail as usize == index {
                all[index] = Lengths { some: !0, all: !0, all_digits: !0, digits_only: false };
                continue;
            }
            let here = u64::from(node.number != 0 || node.pattern != 0);
            let mut sum = Lengths { some: here, all: here, all_digits: here, digits_only: node.tail == 0 };
            let ways =
                node.edges.iter().copied().chain([node.tail]).enumerate().filter(|(_, next)| *next != 0);
            for (edge, next) in ways {
                let next = all[next as usize];
                sum.some |= next.some << 1;
                sum.digits_only &= next.digits_only && !matches!(edge, 10 | 11 | Y | FOLLOW);
                // Single digits and N never accept everything; together they might, which is not worth finding out.
                if edge >= Y {
                    sum.all |= next.all << 1;
                }
                if edge >= X {
                    sum.all_digits |= next.all_digits << 1;
                }
            }
            all[index] = sum;
        }
        all
    }

    /// The nodes that these digits lead to.
    pub(crate) fn walk(&self, digits: &str) -> States {
        let mut states = States::from_slice(&[0]);
        for key in digits.bytes().filter_map(strowger::base::Digit::from_ascii) {
            let mut next = States::new();
            states.iter().for_each(|state| self.step(*state, key.index(), |to| next.push(to)));
            states = next;
        }
        states
    }

    /// Somebody whose number or pattern goes through this node and on.
    pub(crate) fn somebody_below(&self, node: u32) -> Option<&Owner> {
        let wanted = below::NUMBER | below::ARS;
        let node = &self.nodes[node as usize];
        node.edges.iter().filter(|next| **next != 0).find_map(|next| {
            let child = &self.nodes[*next as usize];
            let own = self.owner(child.number).or_else(|| self.owner(child.pattern));
            if child.below & wanted == 0 { None } else { own.or_else(|| self.somebody_below(*next)) }
        })
    }
}

fn edge(c: u8) -> usize {
    match c {
        b'*' => 10,
        b'#' => 11,
        b'N' => N,
        b'X' => X,
        b'Y' => Y,
        _ => usize::from(c.wrapping_sub(b'0')).min(9),
    }
}
