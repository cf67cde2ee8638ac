//! One policy's number plan as an automaton: what the engine knows of a number after each digit, and nothing more.
//!
//! Two numbers that end in the same state are decided alike, whoever dials them (`docs/decisions`, how diff is exact).

mod plus;

use super::sending::{ENDED, LEFT, class_step, routes, symbol};
use super::sets::{Plain, Sets, below};
use super::{Most, TooLarge};
use smallvec::SmallVec;
use std::collections::HashMap;
use strowger::base::Digits;
use strowger::policy::Image;
use strowger::policy::rows::{
    CLASS, END_ARS, END_DEVICE, END_EMERGENCY, END_FEATURE, END_INBOUND, END_SHIFT, KEYS, NodeRow, ONE_EDGE,
    PlaceRow,
};
use strowger::policy::trie::INDEX;

/// The keys of a telephone, by number.
pub(super) const KEYS_ASCII: &[u8; 12] = b"0123456789*#";

/// Behind a number that no further digit makes one.
const NOWHERE: u32 = u32::MAX;

/// What is known of the digits so far.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct At {
    node: u32,
    /// Keys that the node still takes before its edge is followed.
    more: u16,
    /// Digits, as the policy counts them.
    len: u8,
    /// Leading rows passed that have a COR group.
    chain: u16,
    plus: Plus,
    /// Where the class automaton is, for each way of changing digits that some row further on may use.
    classes: SmallVec<[u16; 4]>,
}

/// How `+` and digits are read: as dialed here they begin otherwise.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Plus {
    /// No `+`.
    None,
    /// So many digits of the own calling code: it may still become a number at home.
    Home(u8),
    /// A North American number with so many digits of ten.
    Ten(u8),
    /// Anything else.
    Settled,
}

/// What a number is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) enum End {
    /// No number.
    None,
    /// Of a device: its row.
    Device(u32),
    /// Of an ARS row.
    Ars(u32),
    /// Of an emergency row.
    Emergency(u32),
    /// Of an inbound row; only in walks of trunks' called numbers.
    Inbound(u32),
}

/// A digit modification: what it takes off, and where the class automaton is behind what it puts in front.
#[derive(Clone, Copy, Debug)]
struct Change {
    absorb: u8,
    start: u16,
}

/// The automaton of one policy.
pub(super) struct Dialing<'i> {
    pub(super) image: &'i Image<'i>,
    changes: Vec<Change>,
    /// By what an ARS row leads to: the changes of the public routes it may use.
    used: HashMap<(u8, u16), Vec<u32>>,
    /// By node: the set of changes used further on; plus one, 0 where no number ends.
    below: Vec<u32>,
    sets: Sets,
    chains: Vec<Vec<u32>>,
    chain_numbers: HashMap<(u16, u32), u16, Plain>,
    /// Lengths at which a decision may turn, ascending.
    turns: Vec<u8>,
}

/// A number of no set of changes: it marks nodes at or behind which a number ends.
const SOME_END: u32 = u32::MAX;

impl<'i> Dialing<'i> {
    pub(super) fn new(image: &'i Image<'i>, most: &Most) -> Result<Self, TooLarge> {
        let mut plan = Self {
            image,
            changes: Vec::new(),
            used: HashMap::new(),
            below: Vec::new(),
            sets: Sets::new(),
            chains: vec![Vec::new()],
            chain_numbers: HashMap::default(),
            turns: Vec::new(),
        };
        let turns = plan.changes();
        plan.turns(turns);
        let mut sets = Sets::new();
        let nodes = image.nodes();
        let own: Vec<u32> = (0..nodes.len())
            .map(|node| {
                let end = image.places().get(node).unwrap_or_default().end;
                let members = match end >> END_SHIFT {
                    END_DEVICE | END_EMERGENCY | END_INBOUND => vec![SOME_END],
                    END_ARS => {
                        let row = image.ars().get((end & INDEX) as usize).unwrap_or_default();
                        let used = plan.used.get(&(row.leads, row.index)).cloned().unwrap_or_default();
                        [used, vec![SOME_END]].concat()
                    }
                    _ => Vec::new(),
                };
                sets.of(members)
            })
            .collect();
        let found = below(
            nodes.len(),
            |node, to| plan.edges(node, to),
            |node| own[node as usize],
            &mut sets,
            most.members,
        );
        plan.below = found.ok_or_else(|| TooLarge::new("the ARS rows use too many digit modifications"))?;
        plan.sets = sets;
        Ok(plan)
    }

    /// Numbers the digit modifications that are judged by class, and where lengths make them fail.
    fn changes(&mut self) -> Vec<usize> {
        let image = self.image;
        let mut numbers: HashMap<(u8, &str), u32> = HashMap::new();
        let mut turns = Vec::new();
        for row in image.ars().iter() {
            if self.used.contains_key(&(row.leads, row.index)) {
                continue;
            }
            let mut used = Vec::new();
            for route in routes(image, row.leads, row.index) {
                let route = image.routes().get(usize::from(route)).unwrap_or_default();
                let change = route.modification.checked_sub(1);
                let change = change.and_then(|change| image.modifications().get(usize::from(change)));
                let change = change.unwrap_or_default();
                let insert = image.text(change.insert);
                let absorb = usize::from(change.absorb);
                // Fewer digits than are absorbed; none left to send; more than can be sent.
                turns.extend([absorb, absorb + 1, (Digits::MAX + 1 + absorb).saturating_sub(insert.len())]);
                if image.trunks().get(usize::from(route.trunk)).is_none_or(|trunk| trunk.flags & 1 == 0) {
                    continue;
                }
                let number = *numbers.entry((change.absorb, insert)).or_insert_with(|| {
                    let symbols = insert.bytes().map(symbol);
                    let start = symbols.fold(0, |state, symbol| class_step(image, state, symbol));
                    self.changes.push(Change { absorb: change.absorb, start });
                    u32::try_from(self.changes.len() - 1).unwrap_or(u32::MAX)
                });
                used.push(number);
            }
            used.sort_unstable();
            used.dedup();
            self.used.insert((row.leads, row.index), used);
        }
        turns
    }

    fn turns(&mut self, mut turns: Vec<usize>) {
        turns.extend(self.image.max_digits().iter().map(|row| usize::from(row.digits) + 1));
        turns.sort_unstable();
        turns.dedup();
        self.turns = turns.into_iter().filter_map(|turn| u8::try_from(turn).ok()).collect();
    }

    /// The lengths between two turns are one.
    pub(super) fn length_class(&self, at: &At) -> u8 {
        u8::try_from(self.turns.partition_point(|turn| *turn <= at.len)).unwrap_or(u8::MAX)
    }

    fn node(&self, node: u32) -> NodeRow {
        self.image.nodes().get(node as usize).unwrap_or_default()
    }

    fn place(&self, node: u32) -> PlaceRow {
        self.image.places().get(node as usize).unwrap_or_default()
    }

    /// The nodes that a node leads to.
    pub(super) fn edges(&self, node: u32, to: &mut Vec<u32>) {
        let row = self.node(node);
        if row.keys & ONE_EDGE != 0 {
            to.push(row.edges);
            return;
        }
        let keys = (0..KEYS.count_ones()).filter(|key| row.keys >> key & 1 != 0);
        let edges = keys.filter_map(|key| self.image.edges().get((row.edges + key) as usize));
        to.extend(edges.map(|edge| edge.node));
    }

    /// Where a key leads from a node that takes it; `None` if it does not.
    pub(super) fn follow(&self, node: u32, key: u8) -> Option<u32> {
        let row = self.node(node);
        let bit = 1u16 << key;
        if row.keys & bit == 0 {
            return None;
        }
        if row.keys & ONE_EDGE != 0 {
            return Some(row.edges);
        }
        self.image.edges().get((row.edges + u32::from(key)) as usize).map(|edge| edge.node)
    }

    /// How many keys a node takes before its edge is followed, and which.
    pub(super) fn takes(&self, node: u32) -> (u16, u16) {
        let row = self.node(node);
        (row.more, row.keys & KEYS)
    }

    /// Before the first digit of what is dialed.
    pub(super) fn start(&self) -> At {
        self.start_at(0)
    }

    /// Before the first digit, in the walk that begins at a node.
    pub(super) fn start_at(&self, node: u32) -> At {
        if self.below.get(node as usize).is_none_or(|set| *set == 0) {
            return Self::nowhere();
        }
        let mut at = At { node, more: 0, len: 0, chain: 0, plus: Plus::None, classes: SmallVec::new() };
        at.more = self.node(node).more;
        at.classes = self.wanted(node).iter().map(|change| self.changes[*change as usize].start).collect();
        at
    }

    fn nowhere() -> At {
        At { node: NOWHERE, more: 0, len: 0, chain: 0, plus: Plus::None, classes: SmallVec::new() }
    }

    /// One more key.
    pub(super) fn step(&mut self, at: &At, key: u8) -> At {
        match at.plus {
            Plus::None => self.walk(at, key),
            // `+` is followed by digits only.
            _ if key > 9 => Self::nowhere(),
            Plus::Settled => self.walk(at, key),
            Plus::Home(known) => {
                let system = self.image.system();
                let code = self.image.octets(system.calling_code);
                if code.get(usize::from(known)) != Some(&KEYS_ASCII[usize::from(key)]) {
                    return self.walk(&At { plus: Plus::Settled, ..at.clone() }, key);
                }
                if usize::from(known) + 1 < code.len() {
                    let walked = self.walk(&At { plus: Plus::Settled, ..at.clone() }, key);
                    return At { plus: Plus::Home(known + 1), ..walked };
                }
                let access = self.image.octets(system.plus_access);
                let home = self.begun(&[access, self.image.octets(system.trunk_prefix)]);
                let plus = if code == b"1" { Plus::Ten(0) } else { Plus::Settled };
                if home.node == NOWHERE { home } else { At { plus, ..home } }
            }
            Plus::Ten(10) => Self::nowhere(),
            Plus::Ten(0) if key < 2 => Self::nowhere(),
            Plus::Ten(digits) => {
                let walked = self.walk(at, key);
                if walked.node == NOWHERE { walked } else { At { plus: Plus::Ten(digits + 1), ..walked } }
            }
        }
    }

    /// One more key in the trie and the class automaton.
    fn walk(&mut self, at: &At, key: u8) -> At {
        if at.node == NOWHERE {
            return Self::nowhere();
        }
        if self.emergency(at) {
            // Digits behind an emergency number are not looked at.
            return at.clone();
        }
        if usize::from(at.len) >= Digits::MAX || self.takes(at.node).1 & 1 << key == 0 {
            return Self::nowhere();
        }
        let mut next = At { len: at.len + 1, ..at.clone() };
        if at.more > 0 {
            next.more -= 1;
            self.classify(at, &mut next, key);
            return next;
        }
        let Some(node) = self.follow(at.node, key) else { return Self::nowhere() };
        let place = self.place(node);
        let kind = place.end >> END_SHIFT;
        // A number dialed with `+` is never an emergency; behind a feature code another number begins.
        let closed = kind == END_FEATURE || (kind == END_EMERGENCY && at.plus != Plus::None);
        if closed || self.below.get(node as usize).is_none_or(|set| *set == 0) {
            return Self::nowhere();
        }
        if kind == END_EMERGENCY {
            return At { node, ..Self::nowhere() };
        }
        next.node = node;
        next.more = self.node(node).more;
        next.chain = self.passed(at.chain, place.leading);
        self.classify(at, &mut next, key);
        next
    }

    /// The changes that a node's state keeps track of.
    fn wanted(&self, node: u32) -> &[u32] {
        let set = self.sets.get(self.below[node as usize]);
        set.strip_suffix(&[SOME_END]).unwrap_or(set)
    }

    fn classify(&self, at: &At, next: &mut At, key: u8) {
        let before = self.wanted(at.node);
        let after = if next.node == at.node { before } else { self.wanted(next.node) };
        let mut old = before.iter().zip(&at.classes);
        next.classes = after
            .iter()
            .map(|change| {
                let state = old.find(|(known, _)| *known == change).map_or(LEFT, |(_, state)| *state);
                let absorbed = at.len < self.changes[*change as usize].absorb;
                if absorbed { state } else { class_step(self.image, state, u16::from(key)) }
            })
            .collect();
    }

    /// One more Leading row; those without a COR group stop nobody, and one passed before changes nothing.
    fn passed(&mut self, chain: u16, leading: u32) -> u16 {
        let Some(row) = leading.checked_sub(1) else { return chain };
        if self.image.leadings().get(row as usize).is_none_or(|row| row.cor_group == 0) {
            return chain;
        }
        let known = &self.chains[usize::from(chain)];
        if known.contains(&row) {
            return chain;
        }
        if let Some(number) = self.chain_numbers.get(&(chain, row)) {
            return *number;
        }
        let longer = [known.as_slice(), &[row]].concat();
        self.chains.push(longer);
        let number = u16::try_from(self.chains.len() - 1).unwrap_or(u16::MAX);
        self.chain_numbers.insert((chain, row), number);
        number
    }

    /// Whether more chains of Leading rows were met than have numbers.
    pub(super) fn too_many_chains(&self) -> bool {
        self.chains.len() > usize::from(u16::MAX)
    }

    fn emergency(&self, at: &At) -> bool {
        self.place(at.node).end >> END_SHIFT == END_EMERGENCY
    }

    /// No further digit changes anything.
    pub(super) fn settled(&self, at: &At) -> bool {
        self.vacant(at) || (at.node != NOWHERE && self.emergency(at))
    }

    /// No number, and none will come of it.
    pub(super) fn vacant(&self, at: &At) -> bool {
        at.node == NOWHERE && !matches!(at.plus, Plus::Home(_))
    }

    /// What the digits so far are.
    pub(super) fn end(&self, at: &At) -> End {
        if at.node == NOWHERE || matches!(at.plus, Plus::Ten(digits) if digits < 10) {
            return End::None;
        }
        if at.more != self.takes(at.node).0 {
            return End::None;
        }
        let end = self.place(at.node).end;
        match end >> END_SHIFT {
            END_DEVICE => End::Device(end & INDEX),
            END_ARS => End::Ars(end & INDEX),
            END_EMERGENCY => End::Emergency(end & INDEX),
            END_INBOUND => End::Inbound(end & INDEX),
            _ => End::None,
        }
    }

    /// The Leading rows passed.
    pub(super) fn chain(&self, at: &At) -> u16 {
        at.chain
    }

    /// What the class automaton says of everything that the number's row may send: class and own classes.
    pub(super) fn found(&self, at: &At, leads: u8, index: u16) -> SmallVec<[(u8, u8); 4]> {
        let wanted = self.wanted(at.node);
        let used = self.used.get(&(leads, index)).map_or(&[][..], |used| used);
        used.iter()
            .map(|change| {
                let state = wanted.binary_search(change).map_or(LEFT, |place| at.classes[place]);
                if state & LEFT != 0 {
                    return (0, u8::try_from(state & 0xFF).unwrap_or(0));
                }
                let row = self.image.class_states().get(usize::from(state & !ENDED)).unwrap_or_default();
                (row.class & CLASS, row.own)
            })
            .collect()
    }
}
