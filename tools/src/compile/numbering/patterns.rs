//! libphonenumber's patterns, made deterministic by regex-automata and read out as plain graphs.

use phonenumber::Metadata;
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::util::{primitives::StateID, start, syntax};
use regex_automata::{Anchored, MatchKind};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

/// A graph over the digits 0-9; state 0 is its beginning.
pub(super) struct Graph {
    /// Where each digit leads.
    pub(super) next: Vec<[Option<usize>; 10]>,
    /// Which of the patterns match digits that end here, by bit.
    pub(super) ends: Vec<u32>,
}

/// What a pattern of a region says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    TollFree,
    Premium,
    SharedCost,
    Fixed,
    Mobile,
    Voip,
    /// Personal, pager and universal access numbers.
    Other,
}

/// The order of the bits in [`Graph::ends`] of a national graph.
pub(super) const KINDS: [Kind; 7] =
    [Kind::TollFree, Kind::Premium, Kind::SharedCost, Kind::Fixed, Kind::Mobile, Kind::Voip, Kind::Other];

/// Graphs of countries: making one takes longer than everything that is done with it.
static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// By region, of its kinds or as a whole.
type Known = HashMap<(String, bool), Option<Arc<Graph>>>;

fn remembered(key: (String, bool), make: impl FnOnce() -> Option<Graph>) -> Option<Arc<Graph>> {
    let mut known = KNOWN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    known.entry(key).or_insert_with(|| make().map(Arc::new)).clone()
}

/// National numbers of a country, by kind.
pub(super) fn national(country: &Metadata) -> Option<Arc<Graph>> {
    remembered((country.id().into(), true), || national_graph(country))
}

fn national_graph(country: &Metadata) -> Option<Graph> {
    let own = country.descriptors();
    let text = |descriptor: Option<&phonenumber::metadata::Descriptor>| {
        descriptor.map_or_else(|| NEVER.to_owned(), |d| squeezed(d.national_number().as_str()))
    };
    let others = [own.personal_number(), own.pager(), own.uan()].map(&text).join("|");
    let patterns = [
        text(own.toll_free()),
        text(own.premium_rate()),
        text(own.shared_cost()),
        text(own.fixed_line()),
        text(own.mobile()),
        text(own.voip()),
        others,
    ];
    graph(&patterns)
}

/// Every number of a region, by its patterns.
pub(super) fn region(region: &Metadata) -> Option<Arc<Graph>> {
    remembered((region.id().into(), false), || graph(&[everything(region)]))
}

/// A pattern for every number of a region whose kind is known.
fn everything(region: &Metadata) -> String {
    let all = region.descriptors();
    let kinds = [
        all.fixed_line(),
        all.mobile(),
        all.toll_free(),
        all.premium_rate(),
        all.shared_cost(),
        all.voip(),
        all.personal_number(),
        all.pager(),
        all.uan(),
    ];
    let patterns: Vec<String> = kinds
        .into_iter()
        .flatten()
        .map(|d| format!("(?:{})", squeezed(d.national_number().as_str())))
        .collect();
    if patterns.is_empty() { NEVER.to_owned() } else { patterns.join("|") }
}

/// Matches nothing.
const NEVER: &str = "[a&&b]";

/// The metadata's patterns are written over several lines.
fn squeezed(pattern: &str) -> String {
    pattern.split_whitespace().collect()
}

fn graph(patterns: &[String]) -> Option<Graph> {
    let whole: Vec<String> = patterns.iter().map(|pattern| format!(r"(?:{pattern})\z")).collect();
    let config = dense::Config::new()
        .start_kind(StartKind::Anchored)
        .match_kind(MatchKind::All)
        .minimize(false)
        .accelerate(false);
    let syntax = syntax::Config::new().unicode(false).utf8(false);
    let thompson = regex_automata::nfa::thompson::Config::new().utf8(false);
    let dfa =
        dense::Builder::new().configure(config).syntax(syntax).thompson(thompson).build_many(&whole).ok()?;
    let begin = dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()?;
    let mut numbers: HashMap<StateID, usize> = HashMap::from([(begin, 0)]);
    let mut states = vec![begin];
    let mut graph = Graph { next: Vec::new(), ends: Vec::new() };
    let mut at = 0;
    while let Some(&state) = states.get(at) {
        at += 1;
        let end = dfa.next_eoi_state(state);
        let mut ends = 0;
        if dfa.is_match_state(end) {
            (0..dfa.match_len(end)).for_each(|n| ends |= 1 << dfa.match_pattern(end, n).as_u32());
        }
        graph.ends.push(ends);
        let mut next = [None; 10];
        for (digit, slot) in (b'0'..=b'9').zip(&mut next) {
            let to = dfa.next_state(state, digit);
            if dfa.is_dead_state(to) {
                continue;
            }
            let known = states.len();
            *slot = Some(*numbers.entry(to).or_insert_with(|| {
                states.push(to);
                known
            }));
        }
        graph.next.push(next);
    }
    trim(&mut graph);
    Some(graph)
}

/// Takes the ways out that lead to no end.
fn trim(graph: &mut Graph) {
    let mut leads: Vec<bool> = graph.ends.iter().map(|ends| *ends != 0).collect();
    loop {
        let mut changed = false;
        for state in 0..graph.next.len() {
            if !leads[state] && graph.next[state].iter().flatten().any(|to| leads[*to]) {
                leads[state] = true;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    graph.next.iter_mut().flatten().for_each(|to| *to = to.filter(|to| leads[*to]));
}
