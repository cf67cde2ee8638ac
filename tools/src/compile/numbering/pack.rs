//! Fewest states, fewest octets: states that cannot be told apart become one, and rows of edges are laid over each other.

use std::collections::{BTreeMap, HashMap};
use strowger::policy::rows::{ClassEdgeRow, ClassStateRow, ONE_WAY, RUN, RUN_SHIFT, SYMBOL_SHIFT};

/// Symbols: 0-9, `*`, `#`, `+`.
pub(super) const SYMBOLS: usize = 13;

/// A deterministic automaton; state 0 is its beginning.
pub(super) struct Dfa {
    pub(super) next: Vec<[Option<u32>; SYMBOLS]>,
    /// What ends here: class and own chain.
    pub(super) label: Vec<(u8, u8)>,
}

/// The same automaton with the fewest states (Moore's refinement).
pub(super) fn minimised(dfa: &Dfa) -> Dfa {
    let mut block: Vec<u32> = Vec::new();
    let mut labels: BTreeMap<(u8, u8), u32> = BTreeMap::new();
    for label in &dfa.label {
        let fresh = labels.len() as u32;
        block.push(*labels.entry(*label).or_insert(fresh));
    }
    let mut count = labels.len();
    loop {
        let mut known: HashMap<(u32, [Option<u32>; SYMBOLS]), u32> = HashMap::new();
        let refined: Vec<u32> = (0..dfa.next.len())
            .map(|state| {
                let way = dfa.next[state].map(|to| to.map(|to| block[to as usize]));
                let fresh = known.len() as u32;
                *known.entry((block[state], way)).or_insert(fresh)
            })
            .collect();
        let found = known.len();
        block = refined;
        if found == count {
            break;
        }
        count = found;
    }
    // Blocks are numbered in order of their first state, so the beginning stays 0 and the same input gives the same bytes.
    let mut out = Dfa { next: vec![[None; SYMBOLS]; count], label: vec![(0, 0); count] };
    for (state, block_of) in block.iter().enumerate() {
        out.label[*block_of as usize] = dfa.label[state];
        out.next[*block_of as usize] = dfa.next[state].map(|to| to.map(|to| block[to as usize]));
    }
    out
}

/// The one state that every digit leads to, if nothing else leads anywhere.
fn one_way(row: &[Option<u32>; SYMBOLS]) -> Option<u32> {
    row[0].filter(|to| (0..SYMBOLS).all(|s| row[s] == (s < 10).then_some(*to)))
}

/// The same automaton, numbered so that states with one way stand in front of where it leads, as far as can be: a walk
/// passes such a run at once. The beginning stays 0.
fn in_runs(dfa: &Dfa) -> Dfa {
    let count = dfa.next.len();
    let follows = |state: usize| one_way(&dfa.next[state]).map(|to| to as usize).filter(|to| *to != state);
    let depth = |state: usize| std::iter::successors(Some(state), |at| follows(*at)).take(64).count();
    let mut starts: Vec<usize> = (1..count).collect();
    starts.sort_by_key(|state| std::cmp::Reverse(depth(*state)));
    let mut order = vec![0];
    let mut placed = vec![false; count];
    placed[0] = true;
    for start in starts {
        let mut next = Some(start);
        while let Some(state) = next.filter(|state| !placed[*state]) {
            placed[state] = true;
            order.push(state);
            next = follows(state);
        }
    }
    let mut number = vec![0u32; count];
    for (new, old) in (0u32..).zip(&order) {
        number[*old] = new;
    }
    Dfa {
        next: order.iter().map(|old| dfa.next[*old].map(|to| to.map(|to| number[to as usize]))).collect(),
        label: order.iter().map(|old| dfa.label[*old]).collect(),
    }
}

/// How many states from this one on lead to the next in the table, whatever the digit.
fn run(dfa: &Dfa, from: usize) -> u8 {
    let leads_on =
        |state: &usize| dfa.next.get(*state).and_then(one_way).is_some_and(|to| to as usize == state + 1);
    u8::try_from((from..).take_while(leads_on).take(usize::from(RUN)).count()).unwrap_or(RUN)
}

/// The tables of the image; `None` if they would be too large for their numbers.
pub(super) fn tables(dfa: &Dfa) -> Option<(Vec<ClassStateRow>, Vec<ClassEdgeRow>)> {
    let dfa = &in_runs(dfa);
    let mut order: Vec<usize> = (0..dfa.next.len()).collect();
    let width = |state: &usize| dfa.next[*state].iter().flatten().count();
    order.sort_by_key(|state| std::cmp::Reverse(width(state)));
    let free = ClassEdgeRow { edge: u16::MAX };
    let mut edges: Vec<ClassEdgeRow> = Vec::new();
    let mut states = vec![ClassStateRow::default(); dfa.next.len()];
    // Whether a row begins there: this is asked for every place of every row, and a set would take half of the compiler's time.
    let mut begun: Vec<bool> = Vec::new();
    let mut ends = Vec::new();
    let mut first_free = 0;
    for state in order {
        let row = &dfa.next[state];
        let (class, own) = dfa.label[state];
        // Most states lead one way with every digit, and need no edges for that.
        if let Some(to) = one_way(row) {
            let class = class | ONE_WAY | run(dfa, to as usize) << RUN_SHIFT;
            states[state] = ClassStateRow { base: u16::try_from(to).ok()?, class, own };
            continue;
        }
        let used: Vec<usize> = (0..SYMBOLS).filter(|symbol| row[*symbol].is_some()).collect();
        states[state] = ClassStateRow { base: 0, class, own };
        let Some(first) = used.first() else {
            ends.push(state);
            continue;
        };
        let taken =
            |edges: &[ClassEdgeRow], at: usize| edges.get(at).is_some_and(|edge| edge.edge != u16::MAX);
        let begins = |base: usize| begun.get(base) == Some(&true);
        let mut base = first_free.max(*first) - first;
        while begins(base) || used.iter().any(|symbol| taken(&edges, base + symbol)) {
            base += 1;
        }
        begun.resize(begun.len().max(base + 1), false);
        begun[base] = true;
        for symbol in &used {
            if edges.len() <= base + symbol {
                edges.resize(base + symbol + 1, free);
            }
            let to = u16::try_from(row[*symbol]?).ok()?;
            edges[base + symbol] = ClassEdgeRow { edge: u16::try_from(*symbol).ok()? << SYMBOL_SHIFT | to };
        }
        while taken(&edges, first_free) {
            first_free += 1;
        }
        states[state].base = u16::try_from(base).ok()?;
    }
    // A state without edges begins behind all of them.
    for state in ends {
        states[state].base = u16::try_from(edges.len()).ok()?;
    }
    (states.len() < 1 << SYMBOL_SHIFT).then_some((states, edges))
}
