//! Differences by the names that people know: numbers of devices, names of trunks, ordinals and patterns of rows.

use super::callers::{Callers, Sort, Spoken};
use super::dialing::{Dialing, End};
use super::group::{self, Common, Records};
use super::outcomes::{Way, Word};
use super::pairs::{Dialed, Numbers, Whose};
use super::patterns::{patterns, rows_of};
use super::{Difference, Most};
use crate::explain::words::party_name;
use serde::Serialize;
use std::collections::HashMap;
use strowger::policy::{Mode, Party};

/// Calls that change alike. Fields stand in the order of the JSON object, which is an interface.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Change {
    /// Devices that call, by number.
    pub devices: Vec<String>,
    /// Trunks over which the calls come, by name.
    pub trunks: Vec<String>,
    /// Callers whom the policies do not know.
    pub unknown: bool,
    /// What is called.
    pub to: Vec<Target>,
    /// Number classes of what is sent, where that was judged; `internal`, `private` and `emergency` otherwise.
    pub classes: Vec<String>,
    /// The service modes.
    pub modes: Vec<&'static str>,
    /// The hours of the week, if not all.
    pub hours: Option<String>,
    /// The account codes that are dialed first, by name; null is none, `(not verified)` any that is no verified one.
    pub codes: Vec<Option<String>>,
    /// What the old policy says.
    pub before: Said,
    /// What the new policy says.
    pub after: Said,
}

/// What is called: what the numbers are in the old policy, and in the new one.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Target {
    /// Absent: no number.
    pub old: Option<Number>,
    /// Absent: no number.
    pub new: Option<Number>,
    /// Whether they are dialed with `+`.
    pub plus: bool,
    /// A shortest such number.
    pub example: String,
}

/// A directory number, or an ARS row.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Number {
    /// `device`, `row` or `emergency`.
    pub kind: &'static str,
    /// The directory number, or the pattern of the row.
    pub number: String,
    /// The row's ordinal among all `[[ars]]` rows, from 1.
    pub row: Option<u32>,
    /// The row's line in the policy file.
    pub line: Option<u32>,
}

/// A verdict.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Said {
    /// `allow`, `deny`, `account-code`, `emergency`; `absent` where the caller is not in the policy.
    pub verdict: &'static str,
    /// The rule of a denial.
    pub rule: Option<&'static str>,
    /// The ways of the call in order, where these are what differs.
    pub ways: Vec<String>,
}

/// How codes are called that are no verified ones.
pub(super) const OTHER: &str = "(not verified)";

/// Gives everything its name, and its place in the answer.
pub(super) fn told(
    plans: [&Dialing<'_>; 2],
    callers: &Callers,
    numbers: &Numbers,
    records: Records,
    most: &Most,
) -> Difference {
    let ends = |side: usize| {
        let all = records.values().flatten();
        all.map(move |(whose, _)| if side == 0 { whose.old } else { whose.new })
    };
    let names = [0, 1]
        .map(|side| Names { plan: plans[side], patterns: patterns(plans[side], &rows_of(ends(side)), most) });
    let mut records: Vec<(Common, Vec<(Whose, Dialed)>)> = records.into_iter().collect();
    // By what is called first: that is how an administrator reads a number plan.
    records.sort_by(|(a, to), (b, other)| {
        let first = |to: &[(Whose, Dialed)]| to.first().map(|(whose, _)| (whose.new, whose.old, whose.plus));
        (first(to), a).cmp(&(first(other), b))
    });
    let mut difference = Difference::default();
    for (common, to) in &records {
        let change = change(&names, callers, numbers, common, to);
        let list = match (common.before.word, common.after.word) {
            (Word::Deny, Word::Deny) => &mut difference.other_reason,
            (before, after) if before == after => &mut difference.other_way,
            (Word::Emergency, _) => &mut difference.no_longer_allowed,
            (_, Word::Allow | Word::Emergency) => &mut difference.newly_allowed,
            (Word::Allow, Word::Deny | Word::Absent) => &mut difference.no_longer_allowed,
            (_, _) => &mut difference.account_codes,
        };
        list.push(change);
    }
    difference
}

struct Names<'p> {
    plan: &'p Dialing<'p>,
    patterns: HashMap<u32, String>,
}

impl Names<'_> {
    fn number(&self, end: End) -> Option<Number> {
        let row = |kind, row: u32| {
            let ars = self.plan.image.ars().get(row as usize).unwrap_or_default();
            let number = self.patterns.get(&row).cloned().unwrap_or_default();
            Some(Number { kind, number, row: Some(ars.ordinal), line: Some(ars.line) })
        };
        match end {
            End::None | End::Inbound(_) => None,
            End::Device(device) => {
                let number = party_name(self.plan.image, Party::Device(device));
                Some(Number { kind: "device", number, row: None, line: None })
            }
            End::Ars(number) => row("row", number),
            End::Emergency(number) => row("emergency", number),
        }
    }
}

fn change(
    names: &[Names<'_>; 2],
    callers: &Callers,
    numbers: &Numbers,
    common: &Common,
    to: &[(Whose, Dialed)],
) -> Change {
    let mut who: Vec<u32> =
        common.groups.iter().flat_map(|group| &callers.groups[*group as usize].callers).copied().collect();
    who.sort_unstable();
    let who = |sort: Sort| {
        let all = who.iter().map(|caller| &callers.all[*caller as usize]);
        all.filter(|caller| caller.sort == sort).map(|caller| caller.name.clone()).collect::<Vec<_>>()
    };
    let codes = common.spoken.iter().flat_map(|spoken| match &callers.spoken[usize::from(*spoken)] {
        Spoken::None => vec![None],
        Spoken::Other => vec![Some(OTHER.to_owned())],
        Spoken::Verified(names) => names.iter().cloned().map(Some).collect(),
    });
    let devices = who(Sort::Device);
    // Nobody calls himself: where a single device calls, its own number is left out.
    let alone = devices.len() == 1 && who(Sort::Trunk).is_empty() && who(Sort::Stranger).is_empty();
    let own = |target: &Target| {
        let number =
            |of: &Option<Number>| of.as_ref().filter(|of| of.kind == "device").map(|of| of.number.clone());
        alone && number(&target.old).or_else(|| number(&target.new)).as_ref() == devices.first()
    };
    let targets = to.iter().map(|(whose, dialed)| Target {
        old: names[0].number(whose.old),
        new: names[1].number(whose.new),
        plus: whose.plus,
        example: numbers.digits(*dialed),
    });
    let modes = common.modes.iter().filter_map(|mode| u8::try_from(*mode).ok()).filter_map(Mode::from_number);
    let [before, after] = said(&common.before, &common.after);
    Change {
        trunks: who(Sort::Trunk),
        unknown: !who(Sort::Stranger).is_empty(),
        to: targets.filter(|target| !own(target)).collect(),
        classes: common.classes.clone(),
        modes: modes.map(Mode::name).collect(),
        hours: common.hours.text(),
        codes: codes.collect(),
        before,
        after,
        devices,
    }
}

fn said(before: &group::Said, after: &group::Said) -> [Said; 2] {
    // What is done to the digits is of interest only where the trunks are the same.
    let trunks = |ways: &[Way]| ways.iter().map(|way| way.trunk.clone()).collect::<Vec<_>>();
    let digits = trunks(&before.ways) == trunks(&after.ways);
    let way = |way: &Way, other: Option<&Way>| {
        let mut text = format!("trunk {}", way.trunk);
        let same = other.is_some_and(|other| other.digits() == way.digits());
        if digits && !same {
            text += &format!(" ({})", way.digits());
        }
        if way.warning {
            text += " with the warning tone";
        }
        if way.watched {
            text += ", watched";
        }
        text
    };
    let one = |said: &group::Said, other: &group::Said| Said {
        verdict: match said.word {
            Word::Allow => "allow",
            Word::Emergency => "emergency",
            Word::NeedsCode => "account-code",
            Word::Deny => "deny",
            Word::Absent => "absent",
        },
        rule: said.rule().map(|rule| rule.name()),
        ways: said.ways.iter().enumerate().map(|(nth, one)| way(one, other.ways.get(nth))).collect(),
    };
    [one(before, after), one(after, before)]
}
