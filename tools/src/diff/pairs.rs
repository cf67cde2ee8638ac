//! Both number plans walked at once, digit by digit: every kind of number there is for the two, each with the shortest
//! number that shows it.

use super::dialing::{At, Dialing, End, KEYS_ASCII};
use super::sets::{Numbered, Plain};
use super::{Most, TooLarge};
use smallvec::SmallVec;
use std::collections::HashMap;
use strowger::policy::row::Str;

/// What a number is in one policy, as far as a decision depends on it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Half {
    pub(super) target: Target,
    /// Leading rows passed, by the number of their chain.
    chain: u16,
    /// Between which lengths at which a decision may turn.
    length: u8,
    /// Class and own classes of everything that may be sent.
    found: SmallVec<[(u8, u8); 4]>,
}

/// Where a number leads.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Target {
    /// Nowhere: every call is denied, whoever makes it.
    None,
    /// To a device of this Interconnect Number.
    Device(u8),
    /// Out, as `leads` and `index` of the row say.
    Ars(u8, u16),
    /// To help; the third is what is sent.
    Emergency(u8, u16, Sent),
}

/// A text of the image, by its place.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Sent(u32, u16);

/// A kind of number: what it is in the old policy, and in the new one. Two numbers of one kind are decided alike in both.
pub(super) type Kind = (Half, Half);

/// Whose numbers: what they end at in the old policy, and in the new one; and whether they are dialed with `+`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct Whose {
    pub(super) old: End,
    pub(super) new: End,
    pub(super) plus: bool,
}

/// What the walk found.
pub(super) struct Numbers {
    pub(super) kinds: Numbered<Kind>,
    /// For each pair of ends, its kinds, each with a number.
    pub(super) whose: HashMap<Whose, Vec<(u32, Dialed)>, Plain>,
    walks: Vec<Walk>,
}

/// A number that was found: in which walk, at which of its states.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Dialed(u8, u32);

/// The states of one walk in the order in which they were met, each with the one before it and the key between.
#[derive(Default)]
struct Walk {
    back: Vec<(u32, u8)>,
    begins: &'static str,
}

/// Walks what can be dialed, with and without `+`.
pub(super) fn numbers(
    old: &mut Dialing<'_>,
    new: &mut Dialing<'_>,
    most: &Most,
) -> Result<Numbers, TooLarge> {
    let mut numbers = Numbers { kinds: Numbered::new(), whose: HashMap::default(), walks: Vec::new() };
    let start = (old.start(), new.start());
    numbers.walk(old, new, start, "", most)?;
    if old.plus_is_plain(new) {
        return Ok(numbers);
    }
    let start = (old.start_plus(), new.start_plus());
    numbers.walk(old, new, start, "+", most)?;
    Ok(numbers)
}

impl Numbers {
    /// The digits of a number.
    pub(super) fn digits(&self, dialed: Dialed) -> String {
        let walk = &self.walks[usize::from(dialed.0)];
        walk.digits(dialed.1)
    }

    fn walk(
        &mut self,
        old: &mut Dialing<'_>,
        new: &mut Dialing<'_>,
        start: (At, At),
        begins: &'static str,
        most: &Most,
    ) -> Result<(), TooLarge> {
        let number = u8::try_from(self.walks.len()).unwrap_or(u8::MAX);
        let plus = !begins.is_empty();
        let walk = both(old, new, start, begins, most, |old, new, a, b, state| {
            let whose = Whose { old: old.end(a), new: new.end(b), plus };
            // A `+` without digits is no number.
            if (whose.old, whose.new) == (End::None, End::None) || (plus && state == 0) {
                return;
            }
            let kind = self.kinds.number((half(old, a, whose.old), half(new, b, whose.new))).0;
            let without = Whose { plus: false, ..whose };
            let known = |whose: &Whose| {
                self.whose.get(whose).is_some_and(|kinds| kinds.iter().any(|(known, _)| *known == kind))
            };
            // What is told without `+` is not told again with it.
            if !(known(&whose) || plus && known(&without)) {
                self.whose.entry(whose).or_default().push((kind, Dialed(number, state)));
            }
        })?;
        self.walks.push(walk);
        Ok(())
    }
}

impl Walk {
    fn digits(&self, mut state: u32) -> String {
        let mut digits = Vec::new();
        while state != 0 {
            let (before, key) = self.back[state as usize];
            digits.push(KEYS_ASCII[usize::from(key)]);
            state = before;
        }
        digits.reverse();
        format!("{}{}", self.begins, String::from_utf8_lossy(&digits))
    }
}

/// A trunk's called numbers: every pair of inbound rows that some number leads to, with such a number.
pub(super) fn called(
    old: &mut Dialing<'_>,
    new: &mut Dialing<'_>,
    roots: (Option<u32>, Option<u32>),
    most: &Most,
) -> Result<Vec<(End, End, String)>, TooLarge> {
    let mut found: Vec<(End, End, u32)> = Vec::new();
    let start = |plan: &Dialing<'_>, root: Option<u32>| plan.start_at(root.unwrap_or(u32::MAX));
    let start = (start(old, roots.0), start(new, roots.1));
    let walk = both(old, new, start, "", most, |old, new, a, b, state| {
        let (from, to) = (old.end(a), new.end(b));
        if (from, to) != (End::None, End::None) && !found.iter().any(|row| (row.0, row.1) == (from, to)) {
            found.push((from, to, state));
        }
    })?;
    Ok(found.into_iter().map(|(from, to, state)| (from, to, walk.digits(state))).collect())
}

/// Walks both automata breadth first and shows each pair of states once.
fn both(
    old: &mut Dialing<'_>,
    new: &mut Dialing<'_>,
    start: (At, At),
    begins: &'static str,
    most: &Most,
    mut seen: impl FnMut(&Dialing<'_>, &Dialing<'_>, &At, &At, u32),
) -> Result<Walk, TooLarge> {
    let mut walk = Walk { back: vec![(0, 0)], begins };
    let mut sides = (Numbered::new(), Numbered::new());
    let mut pairs = Numbered::new();
    pairs.number((sides.0.number(start.0).0, sides.1.number(start.1).0));
    let mut state = 0;
    while let Some((a, b)) = pairs.all.get(state as usize).copied() {
        let (at_old, at_new): (At, At) = (sides.0.get(a).clone(), sides.1.get(b).clone());
        seen(old, new, &at_old, &at_new, state);
        if !(old.settled(&at_old) && new.settled(&at_new)) {
            // Runs of keys that lead to the same pair are common: the tables are asked once for a run.
            let mut last = None;
            for key in 0..12 {
                let next = (old.step(&at_old, key), new.step(&at_new, key));
                if last.as_ref() == Some(&next) {
                    continue;
                }
                last = Some(next.clone());
                if old.vacant(&next.0) && new.vacant(&next.1) {
                    continue;
                }
                let numbered = (sides.0.number(next.0).0, sides.1.number(next.1).0);
                if pairs.number(numbered).1 {
                    walk.back.push((state, key));
                }
            }
        }
        if pairs.all.len() > most.states || old.too_many_chains() || new.too_many_chains() {
            return Err(TooLarge::new("the two number plans together have too many kinds of numbers"));
        }
        state += 1;
    }
    Ok(walk)
}

fn half(plan: &Dialing<'_>, at: &At, end: End) -> Half {
    let nothing = Half { target: Target::None, chain: 0, length: 0, found: SmallVec::new() };
    match end {
        End::None | End::Inbound(_) => nothing,
        End::Device(device) => {
            let row = plan.image.devices().get(device as usize).unwrap_or_default();
            Half { target: Target::Device(row.interconnect), length: plan.length_class(at), ..nothing }
        }
        End::Ars(row) => {
            let row = plan.image.ars().get(row as usize).unwrap_or_default();
            Half {
                target: Target::Ars(row.leads, row.index),
                chain: plan.chain(at),
                length: plan.length_class(at),
                found: plan.found(at, row.leads, row.index),
            }
        }
        End::Emergency(row) => {
            let row = plan.image.ars().get(row as usize).unwrap_or_default();
            let Str { at, len } = row.outpulse;
            Half { target: Target::Emergency(row.leads, row.index, Sent(at, len)), ..nothing }
        }
    }
}
