//! Several graphs walked at once become one deterministic automaton.

use super::pack::{Dfa, SYMBOLS};
use super::patterns::{self, Graph, KINDS, Kind};
use phonenumber::Metadata;
use phonenumber::metadata::DATABASE;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use strowger::policy::class::NumberClass;
use strowger::policy::rows::OwnChainRow;

/// What a state says of the digits that have led to it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) enum Mark {
    /// They are a number or service of this class.
    Class(NumberClass),
    /// They begin with the system's own area code.
    Area,
    /// They match the policy's own class of this row by so many digits of prefix.
    Own(u8, usize),
}

/// A state of the joined graph.
#[derive(Clone, Default)]
struct State {
    next: [Vec<u32>; SYMBOLS],
    marks: Vec<Mark>,
}

/// Graphs in the space of whole numbers (calling code first), and the ways into it.
pub(super) struct Join {
    states: Vec<State>,
    /// Beginnings in the space of whole numbers.
    roots: Vec<u32>,
    /// The states of the home country's numbers.
    home: std::ops::Range<u32>,
}

/// More states than this cannot be numbered anyway.
const MOST: usize = 60_000;
const BEGIN: u32 = 0;

impl Join {
    pub(super) fn new() -> Self {
        Self { states: vec![State::default()], roots: Vec::new(), home: 0..0 }
    }

    fn add(&mut self) -> u32 {
        self.states.push(State::default());
        (self.states.len() - 1) as u32
    }

    fn link(&mut self, from: u32, symbol: usize, to: u32) {
        let next = &mut self.states[from as usize].next[symbol];
        if !next.contains(&to) {
            next.push(to);
        }
    }

    /// A new way of these digits from a state; X is any digit, N one from 2 to 9.
    fn way(&mut self, from: u32, digits: &str) -> u32 {
        let mut at = from;
        for c in digits.chars() {
            let to = self.add();
            match symbol(c) {
                Some(symbol) => self.link(at, symbol, to),
                None => (if c == 'N' { 2..10 } else { 0..10 }).for_each(|digit| self.link(at, digit, to)),
            }
            at = to;
        }
        at
    }

    /// Any further digits change nothing. At `*` a walk ends anyway, and what has matched stays matched; at `#` it ends too.
    fn stays(&mut self, state: u32) {
        (0..10).for_each(|symbol| self.link(state, symbol, state));
    }

    /// A prefix of whole numbers that marks whatever follows.
    pub(super) fn prefix(&mut self, digits: &str, mark: Mark) {
        let root = self.add();
        self.roots.push(root);
        let end = self.way(root, digits);
        self.states[end as usize].marks.push(mark);
        self.stays(end);
    }

    /// Calling codes other than the home country's: international, whatever follows.
    pub(super) fn calling_codes(&mut self, home: &str) {
        let known = (1..1000u16).filter(|code| DATABASE.region(code).is_some());
        for code in known.map(|code| code.to_string()).filter(|code| code != home) {
            self.prefix(&code, Mark::Class(NumberClass::International));
        }
    }

    /// The home country's numbers.
    pub(super) fn national(&mut self, code: &str, graph: &Graph) {
        let mark = |ends: u32| class(ends).map(Mark::Class);
        let first = self.states.len() as u32;
        self.graph(code, graph, mark);
        self.home = first..self.states.len() as u32;
    }

    /// Other regions with the home country's calling code: international where the home country's numbers go on no more,
    /// whatever follows.
    pub(super) fn other_regions(&mut self, home: &Metadata, numbers: &Graph) -> Option<()> {
        for region in DATABASE.by_code(&home.country_code()).unwrap_or_default() {
            if region.id() != home.id() {
                let graph = patterns::region(region)?;
                let mark = Mark::Class(NumberClass::International);
                self.beyond(&home.country_code().to_string(), &graph, Some(numbers), mark);
            }
        }
        Some(())
    }

    /// Numbers of a country belong to an own class. `None` if nobody knows the country.
    pub(super) fn own_country(
        &mut self,
        country: &str,
        home: Option<(&Metadata, &Graph)>,
        row: u8,
    ) -> Option<()> {
        let meta = DATABASE.by_id(country)?;
        let code = meta.country_code().to_string();
        let regions = DATABASE.by_code(&meta.country_code()).unwrap_or_default();
        if regions.len() < 2 {
            self.prefix(&code, Mark::Own(row, code.len()));
            return Some(());
        }
        // What a main country shares its code with is told by the other's patterns; what is neither's is the main one's.
        let other =
            home.filter(|(home, _)| home.country_code() == meta.country_code() && home.id() != country);
        let graph = patterns::region(meta)?;
        self.beyond(&code, &graph, other.map(|(_, graph)| graph), Mark::Own(row, code.len() + 1));
        Some(())
    }

    /// The numbers of a graph that are none of another's: whatever follows, as soon as the other's go on no more; where
    /// there is no other, behind a whole number.
    fn beyond(&mut self, code: &str, graph: &Graph, other: Option<&Graph>, mark: Mark) {
        let root = self.add();
        self.roots.push(root);
        let begin = self.way(root, code);
        let free = self.add();
        self.states[free as usize].marks.push(mark);
        self.stays(free);
        // Area codes have three digits or more: before, nothing is said. Behind a whole number networks look at nothing.
        let first = (0, other.map(|_| 0), 0u8, false);
        let mut numbers: HashMap<(usize, Option<usize>, u8, bool), u32> = HashMap::from([(first, begin)]);
        let mut places = vec![first];
        let mut at = 0;
        while let Some(&(own, theirs, depth, whole)) = places.get(at) {
            at += 1;
            let from = numbers[&(own, theirs, depth, whole)];
            for digit in 0..10 {
                let with = theirs.and_then(|state| other?.next[state][digit]);
                let Some(to) = graph.next[own][digit] else {
                    if whole {
                        self.link(from, digit, free);
                    }
                    continue;
                };
                if depth == 2 && other.is_some() && with.is_none()
                    || depth == 3 && theirs.is_some() && with.is_none()
                {
                    self.link(from, digit, free);
                    continue;
                }
                let ends = graph.ends[to] != 0;
                let whole = other.is_none() && (whole || ends);
                let place = (to, with, if other.is_some() { (depth + 1).min(3) } else { 3 }, whole);
                let number = match numbers.get(&place) {
                    Some(number) => *number,
                    None => {
                        let number = self.add();
                        let theirs = with.zip(other).is_some_and(|(state, other)| other.ends[state] != 0);
                        if (whole || ends) && !theirs {
                            self.states[number as usize].marks.push(mark);
                        }
                        numbers.insert(place, number);
                        places.push(place);
                        number
                    }
                };
                self.link(from, digit, number);
            }
        }
    }

    fn graph(&mut self, code: &str, graph: &Graph, mark: impl Fn(u32) -> Option<Mark>) {
        let root = self.add();
        self.roots.push(root);
        let begin = self.way(root, code);
        let numbers: Vec<u32> =
            (0..graph.next.len()).map(|state| if state == 0 { begin } else { self.add() }).collect();
        for (state, next) in graph.next.iter().enumerate() {
            for (digit, to) in next.iter().enumerate() {
                if let Some(to) = to {
                    self.link(numbers[state], digit, numbers[*to]);
                }
            }
            self.states[numbers[state] as usize].marks.extend(mark(graph.ends[state]));
        }
    }

    /// Dialed digits that lead into the space of whole numbers, where `behind` is as good as dialed already.
    pub(super) fn entry(&mut self, dialed: &str, behind: &str) {
        let at = self.way(BEGIN, dialed);
        for state in self.inside(behind) {
            let State { next, marks } = self.states[state as usize].clone();
            for (symbol, to) in next.into_iter().enumerate() {
                to.into_iter().for_each(|to| self.link(at, symbol, to));
            }
            self.states[at as usize].marks.extend(marks);
        }
    }

    /// Whole numbers dialed without their calling code. What it alone would mark already stays out: nothing is dialed yet.
    pub(super) fn direct(&mut self, code: &str) {
        for state in self.inside(code) {
            let State { next, marks } = self.states[state as usize].clone();
            if marks.is_empty() {
                for (symbol, to) in next.into_iter().enumerate() {
                    to.into_iter().for_each(|to| self.link(BEGIN, symbol, to));
                }
            }
        }
    }

    /// Local numbers of the home country, where `behind` is understood. What is no
    /// such number is left alone: it may be the beginning of something else, so `behind` must not mark it.
    pub(super) fn understood(&mut self, behind: &str, trunk: &str) {
        let begin = self.inside(behind);
        let mut numbers: HashMap<Vec<u32>, u32> = HashMap::from([(begin.clone(), BEGIN)]);
        let mut sets = vec![begin];
        // What is longer is no such number any more, and its own classes do not count. At `#` it ends.
        let longer = self.add();
        let mut at = 0;
        while let Some(set) = sets.get(at).cloned() {
            at += 1;
            let from = numbers[&set];
            if from != BEGIN && !self.states[from as usize].marks.is_empty() {
                let longer_by = (0..SYMBOLS).filter(|symbol| symbol_of("#") != Some(*symbol));
                longer_by.for_each(|symbol| self.link(from, symbol, longer));
            }
            for digit in 0..10 {
                // What begins with the trunk prefix is no local number.
                let trunk = at == 1 && symbol_of(trunk) == Some(digit);
                let to = self.step(&set, digit);
                if trunk || !to.iter().any(|state| self.home.contains(state)) {
                    continue;
                }
                let number = match numbers.get(&to) {
                    Some(number) => *number,
                    None => {
                        let number = self.add();
                        self.states[number as usize].marks = self.valid(&to);
                        numbers.insert(to.clone(), number);
                        sets.push(to);
                        number
                    }
                };
                self.link(from, digit, number);
            }
        }
    }

    /// The marks of a set if it is a number of the home country.
    fn valid(&self, set: &[u32]) -> Vec<Mark> {
        let home = |state: &&u32| self.home.contains(state);
        let is_number = set.iter().filter(home).any(|state| !self.states[*state as usize].marks.is_empty());
        if !is_number {
            return Vec::new();
        }
        let (class, _) = self.judged(set);
        let all = set.iter().flat_map(|state| &self.states[*state as usize].marks);
        let own = all.filter(|mark| matches!(mark, Mark::Own(..))).copied();
        own.chain([Mark::Class(class)]).collect()
    }

    /// Where the space of whole numbers is entered behind these digits.
    fn inside(&self, behind: &str) -> Vec<u32> {
        let digits = behind.chars().filter_map(symbol);
        digits.fold(self.roots.clone(), |set, digit| self.step(&set, digit))
    }

    fn step(&self, set: &[u32], symbol: usize) -> Vec<u32> {
        let mut to: Vec<u32> =
            set.iter().flat_map(|state| &self.states[*state as usize].next[symbol]).copied().collect();
        to.sort_unstable();
        to.dedup();
        to
    }

    /// A service that is reached by a whole number.
    pub(super) fn number(&mut self, digits: &str, class: NumberClass) {
        let root = self.add();
        self.roots.push(root);
        let end = self.way(root, digits);
        self.states[end as usize].marks.push(Mark::Class(class));
    }

    /// A service code.
    pub(super) fn service(&mut self, digits: &str, open: bool, class: NumberClass) {
        let end = self.way(BEGIN, digits);
        self.states[end as usize].marks.push(Mark::Class(class));
        if open {
            self.stays(end);
        }
    }

    /// A prefix as it is written, in whatever space.
    pub(super) fn written(&mut self, digits: &str, row: u8) {
        let end = self.way(BEGIN, digits);
        self.states[end as usize].marks.push(Mark::Own(row, digits.len()));
        self.stays(end);
    }

    /// All walks at once, and the chains of own classes that its labels name. `None` if it grows too large.
    pub(super) fn determinised(&self) -> Option<(Dfa, Vec<OwnChainRow>)> {
        let mut numbers: HashMap<Vec<u32>, u32> = HashMap::from([(vec![BEGIN], 0)]);
        let mut sets = vec![vec![BEGIN]];
        let mut next = Vec::new();
        let mut marks = Vec::new();
        let mut at = 0;
        while let Some(set) = sets.get(at).cloned() {
            at += 1;
            let mut ways = [None; SYMBOLS];
            for (symbol, way) in ways.iter_mut().enumerate() {
                let to = self.step(&set, symbol);
                if to.is_empty() {
                    continue;
                }
                let fresh = sets.len() as u32;
                *way = Some(*numbers.entry(to).or_insert_with_key(|to| {
                    sets.push(to.clone());
                    fresh
                }));
            }
            if sets.len() > MOST {
                return None;
            }
            next.push(ways);
            marks.push(self.judged(&set));
        }
        let chains = Chains::of(marks.iter().map(|(_, own)| own))?;
        let label = marks.iter().map(|(class, own)| (class.number(), chains.number(own))).collect();
        Some((Dfa { next, label }, chains.rows))
    }

    /// The class of a set of states, and its own classes, the longest prefix first.
    fn judged(&self, set: &[u32]) -> (NumberClass, Vec<u8>) {
        let marks: BTreeSet<Mark> =
            set.iter().flat_map(|state| &self.states[*state as usize].marks).copied().collect();
        let classes = || {
            marks.iter().filter_map(|mark| match mark {
                Mark::Class(class) => Some(*class),
                Mark::Area | Mark::Own(..) => None,
            })
        };
        let mut class = classes().min_by_key(|class| weight(*class)).unwrap_or(NumberClass::Unknown);
        let geographic = matches!(class, NumberClass::National | NumberClass::FixedOrMobile);
        if geographic && marks.contains(&Mark::Area) {
            class = NumberClass::Local;
        }
        let mut own: BTreeMap<u8, usize> = BTreeMap::new();
        for mark in &marks {
            if let Mark::Own(row, length) = mark {
                let longest = own.entry(*row).or_default();
                *longest = (*longest).max(*length);
            }
        }
        let mut own: Vec<(u8, usize)> = own.into_iter().collect();
        own.sort_by_key(|(row, length)| (std::cmp::Reverse(*length), *row));
        (class, own.into_iter().map(|(row, _)| row).collect())
    }
}

/// Of several classes the one that says more: a service is no ordinary number, a costly number no cheap one.
const fn weight(class: NumberClass) -> u8 {
    match class {
        NumberClass::Emergency => 0,
        NumberClass::CarrierAccess => 1,
        NumberClass::DirectoryAssistance => 2,
        NumberClass::Operator => 3,
        NumberClass::TollFree => 4,
        NumberClass::Premium => 5,
        NumberClass::SharedCost => 6,
        NumberClass::Local => 7,
        NumberClass::FixedOrMobile => 8,
        NumberClass::Mobile => 9,
        NumberClass::National => 10,
        NumberClass::International => 11,
        NumberClass::Unknown => 12,
    }
}

/// The class of a national number by the patterns it matches. Personal, pager and universal access numbers may cost more
/// than a call to a subscriber, so they are shared-cost; a VoIP number is as good as a geographic one.
fn class(ends: u32) -> Option<NumberClass> {
    let has = |kind: Kind| KINDS.iter().position(|one| *one == kind).is_some_and(|bit| ends >> bit & 1 != 0);
    Some(if has(Kind::TollFree) {
        NumberClass::TollFree
    } else if has(Kind::Premium) {
        NumberClass::Premium
    } else if has(Kind::SharedCost) || has(Kind::Other) {
        NumberClass::SharedCost
    } else if has(Kind::Fixed) && has(Kind::Mobile) {
        NumberClass::FixedOrMobile
    } else if has(Kind::Mobile) {
        NumberClass::Mobile
    } else if has(Kind::Fixed) || has(Kind::Voip) {
        NumberClass::National
    } else {
        return None;
    })
}

fn symbol_of(prefix: &str) -> Option<usize> {
    symbol(prefix.chars().next()?)
}

fn symbol(c: char) -> Option<usize> {
    match c {
        '*' => Some(10),
        '#' => Some(11),
        '+' => Some(12),
        _ => c.to_digit(10).map(|digit| digit as usize),
    }
}

/// Own classes as chains that share their ends; links lead upwards only.
struct Chains {
    rows: Vec<OwnChainRow>,
    numbers: HashMap<Vec<u8>, u8>,
}

impl Chains {
    fn of<'l>(lists: impl Iterator<Item = &'l Vec<u8>>) -> Option<Self> {
        let mut ends: BTreeSet<(std::cmp::Reverse<usize>, Vec<u8>)> = BTreeSet::new();
        for list in lists {
            for from in 0..list.len() {
                ends.insert((std::cmp::Reverse(list.len() - from), list[from..].to_vec()));
            }
        }
        let mut chains = Self { rows: Vec::new(), numbers: HashMap::new() };
        for (number, (_, list)) in (1u32..).zip(&ends) {
            chains.numbers.insert(list.clone(), u8::try_from(number).ok()?);
        }
        for (_, list) in &ends {
            chains.rows.push(OwnChainRow { own: list[0], next: chains.number(&list[1..]) });
        }
        Some(chains)
    }

    fn number(&self, list: &[u8]) -> u8 {
        self.numbers.get(list).copied().unwrap_or(0)
    }
}
