//! From single differences to what can be read: callers, classes, modes and rows that change alike stand in one record.

use super::callers::{Callers, Case, MODES, Sort};
use super::hours::Hours;
use super::outcomes::{Change, Examples, Way, Word, changes};
use super::pairs::{Dialed, Numbers, Whose};
use super::sets::Numbered;
use super::{Most, TooLarge};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use strowger::policy::{Image, Rule};

/// One side of a difference.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct Said {
    pub(super) word: Word,
    /// The rule's number, of a denial; 0 else.
    rule: u16,
    /// The ways, where these are what differs.
    pub(super) ways: Vec<Way>,
}

impl Said {
    pub(super) fn rule(&self) -> Option<Rule> {
        Rule::ALL.iter().copied().find(|rule| rule.number() == self.rule)
    }
}

/// One difference, whoever it is for.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Fact {
    class: String,
    before: Said,
    after: Said,
    hours: Hours,
}

/// Everything that is common to many differences.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Common {
    pub(super) before: Said,
    pub(super) after: Said,
    pub(super) groups: Vec<u32>,
    pub(super) classes: Vec<String>,
    pub(super) modes: Vec<usize>,
    pub(super) spoken: Vec<u16>,
    pub(super) hours: Hours,
}

/// Differences of the same kind: of whose numbers, each with one.
pub(super) type Records = BTreeMap<Common, Vec<(Whose, Dialed)>>;

/// Asks everything and puts together what differs.
pub(super) fn records(
    images: [&Image<'_>; 2],
    callers: &Callers,
    numbers: &Numbers,
    most: &Most,
) -> Result<Records, TooLarge> {
    if callers.askers.len().saturating_mul(numbers.kinds.all.len()) > most.decisions {
        return Err(TooLarge::new("there are too many kinds of callers and of numbers together"));
    }
    let mut facts = Numbered::new();
    let by_kind = ask(images, callers, numbers, &mut facts);
    let mut cases: Vec<Vec<Case>> = vec![Vec::new(); callers.askers.len()];
    for case in &callers.cases {
        cases[case.asker as usize].push(*case);
    }
    // Numbers of the same kinds, as far as anything differs, need to be looked at once.
    let mut alike: HashMap<Vec<u32>, Vec<(Whose, Dialed)>> = HashMap::new();
    for (whose, kinds) in &numbers.whose {
        let mut differing: Vec<u32> =
            kinds.iter().map(|(kind, _)| *kind).filter(|kind| by_kind.contains_key(kind)).collect();
        differing.sort_unstable();
        let Some(first) = differing.first() else { continue };
        let shown = kinds.iter().find(|(kind, _)| kind == first).map(|(_, dialed)| *dialed);
        alike.entry(differing).or_default().extend(shown.map(|dialed| (*whose, dialed)));
    }
    let mut records = Records::new();
    for (kinds, whose) in alike {
        for common in common(&kinds, &by_kind, &facts, &cases) {
            records.entry(common).or_default().extend_from_slice(&whose);
        }
    }
    records
        .values_mut()
        .for_each(|whose| whose.sort_unstable_by_key(|(whose, _)| (whose.new, whose.old, whose.plus)));
    Ok(records)
}

/// By kind of number: who sees a difference, and which.
type ByKind = HashMap<u32, Vec<(u32, Vec<u32>)>>;

fn ask(images: [&Image<'_>; 2], callers: &Callers, numbers: &Numbers, facts: &mut Numbered<Fact>) -> ByKind {
    let mut by_kind = ByKind::new();
    for (kind, examples) in examples(numbers) {
        for (number, asker) in (0u32..).zip(&callers.askers) {
            let stranger =
                asker.callers.iter().all(|caller| callers.all[*caller as usize].sort == Sort::Stranger);
            let found = changes(images, callers, asker, numbers, numbers.kinds.get(kind), &examples);
            let told: Vec<u32> = found
                .into_iter()
                // A stranger reaches emergency numbers and nothing else; why not is of no interest.
                .filter(|change| {
                    !(stranger && (change.before.word, change.after.word) == (Word::Deny, Word::Deny))
                })
                .map(|change| facts.number(fact(change)).0)
                .collect();
            if !told.is_empty() {
                by_kind.entry(kind).or_default().push((number, told));
            }
        }
    }
    by_kind
}

/// Up to two examples of each kind, of different ends, in order.
fn examples(numbers: &Numbers) -> BTreeMap<u32, Examples> {
    let mut examples: BTreeMap<u32, Examples> = BTreeMap::new();
    let mut all: Vec<(&Whose, &Vec<(u32, Dialed)>)> = numbers.whose.iter().collect();
    all.sort_unstable_by_key(|(whose, _)| **whose);
    for (whose, kinds) in all {
        for (kind, dialed) in kinds {
            let known = examples.entry(*kind).or_default();
            if known.len() < 2 {
                known.push((*whose, *dialed));
            }
        }
    }
    examples
}

fn fact(change: Change) -> Fact {
    let class = change.class().to_owned();
    let other_way = change.before.word == change.after.word;
    let said = |outcome: super::outcomes::Outcome| Said {
        word: outcome.word,
        rule: if outcome.word == Word::Deny { outcome.rule.number() } else { 0 },
        ways: if other_way { outcome.ways } else { Vec::new() },
    };
    Fact { class, before: said(change.before), after: said(change.after), hours: change.hours }
}

/// The differences of some kinds of numbers, callers and modes put together.
fn common(kinds: &[u32], by_kind: &ByKind, facts: &Numbered<Fact>, cases: &[Vec<Case>]) -> Vec<Common> {
    type When = BTreeMap<(u16, usize), Hours>;
    let mut single: BTreeMap<(u32, &str, &Said, &Said), When> = BTreeMap::new();
    for (asker, told) in kinds.iter().filter_map(|kind| by_kind.get(kind)).flatten() {
        for fact in told.iter().map(|fact| facts.get(*fact)) {
            for case in &cases[*asker as usize] {
                let when = single.entry((case.group, &fact.class, &fact.before, &fact.after)).or_default();
                let hours =
                    when.entry((case.spoken, case.mode.index())).or_insert_with(|| fact.hours.clone());
                hours.add(&fact.hours);
            }
        }
    }
    // Groups that see the same at the same times.
    let mut grouped: BTreeMap<(&str, &Said, &Said, Part), Vec<u32>> = BTreeMap::new();
    for ((group, class, before, after), when) in single {
        for part in parts(when) {
            grouped.entry((class, before, after, part)).or_default().push(group);
        }
    }
    let mut classes: BTreeMap<(Vec<u32>, &Said, &Said, Part), BTreeSet<String>> = BTreeMap::new();
    for ((class, before, after, part), groups) in grouped {
        classes.entry((groups, before, after, part)).or_default().insert(class.into());
    }
    let records =
        classes.into_iter().map(|((groups, before, after, (hours, modes, spoken)), classes)| Common {
            before: before.clone(),
            after: after.clone(),
            groups,
            classes: classes.into_iter().filter(|class| !class.is_empty()).collect(),
            modes,
            spoken,
            hours,
        });
    records.collect()
}

/// When: the hours, the modes, the codes.
type Part = (Hours, Vec<usize>, Vec<u16>);

/// Modes at the same hours, and then codes in the same modes, together.
fn parts(when: BTreeMap<(u16, usize), Hours>) -> Vec<Part> {
    let mut modes: BTreeMap<(u16, Hours), Vec<usize>> = BTreeMap::new();
    for ((spoken, mode), hours) in when {
        modes.entry((spoken, hours)).or_default().push(mode);
    }
    let mut codes: BTreeMap<(Hours, Vec<usize>), Vec<u16>> = BTreeMap::new();
    for ((spoken, hours), modes) in modes {
        debug_assert!(modes.len() <= MODES.len());
        codes.entry((hours, modes)).or_default().push(spoken);
    }
    codes.into_iter().map(|((hours, modes), spoken)| (hours, modes, spoken)).collect()
}
