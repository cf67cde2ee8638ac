//! What the engine decides for one caller and one kind of number in both policies, at every time that matters.

use super::callers::{Asker, Caller, Callers, Sort};
use super::dialing::End;
use super::hours::Hours;
use super::pairs::{Dialed, Kind, Numbers, Target, Whose};
use crate::explain::words::party_name;
use std::cell::RefCell;
use std::collections::HashSet;
use strowger::policy::class::classify;
use strowger::policy::decide::next_emergency;
use strowger::policy::emergency::Tried;
use strowger::policy::rows::{AS_DIALED, NATIONAL, USE_PLAN};
use strowger::policy::{Attempt, Choice, ClassRef, Image, Party, RowRef, Rule, Verdict, decide};

/// A verdict without its reason.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) enum Word {
    Allow,
    Emergency,
    NeedsCode,
    Deny,
    /// The caller is not in this policy.
    Absent,
}

/// How a permitted call goes: everything of it that is the same for all numbers of a kind.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct Way {
    pub(super) trunk: String,
    absorb: u8,
    insert: String,
    /// A number format other than as dialed: which, and the country it is made with.
    form: Option<(u8, [String; 4], bool)>,
    pub(super) warning: bool,
    pub(super) watched: bool,
}

impl Way {
    /// What is done to the digits, for people.
    pub(super) fn digits(&self) -> String {
        let form = match &self.form {
            Some((NATIONAL, ..)) => ", in national form",
            Some(_) => ", in international form",
            None => "",
        };
        format!("absorb {}, insert \"{}\"{form}", self.absorb, self.insert)
    }
}

/// What a decision comes to.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) word: Word,
    pub(super) rule: Rule,
    /// Name of the number class, `internal` or `private`; empty where nothing was judged.
    pub(super) class: String,
    /// The ways of the call, in the order in which they are tried; each trunk once.
    pub(super) ways: Vec<Way>,
}

impl Outcome {
    fn absent() -> Self {
        Self { word: Word::Absent, rule: Rule::PolicyNone, class: String::new(), ways: Vec::new() }
    }

    /// Nothing that this comparison knows differs.
    fn like(&self, other: &Self) -> bool {
        let reason = self.word != Word::Deny || self.rule == other.rule;
        self.word == other.word && self.ways == other.ways && reason
    }
}

/// A difference, and when it is there.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) before: Outcome,
    pub(super) after: Outcome,
    pub(super) hours: Hours,
}

impl Change {
    /// The number class that tells what is gained or lost: that of the permitted call.
    pub(super) fn class(&self) -> &str {
        class_of_change(&self.before, &self.after)
    }
}

fn class_of_change<'o>(before: &'o Outcome, after: &'o Outcome) -> &'o str {
    let permitted =
        |outcome: &&&Outcome| matches!(outcome.word, Word::Allow | Word::Emergency | Word::NeedsCode);
    let told = |outcome: &&&Outcome| !outcome.class.is_empty();
    let both = [after, before];
    let chosen = both.iter().filter(told).find(permitted).or_else(|| both.iter().find(told));
    chosen.map_or("", |outcome| &outcome.class)
}

/// Examples of a kind: whose number, and the number. Two are enough for nobody to have to call himself.
pub(super) type Examples = Vec<(Whose, Dialed)>;

/// The differences for one asker and one kind of number.
pub(super) fn changes(
    images: [&Image<'_>; 2],
    callers: &Callers,
    asker: &Asker,
    numbers: &Numbers,
    kind: &Kind,
    examples: &Examples,
) -> Vec<Change> {
    let Some((caller, dialed)) = pair(callers, asker, numbers, images, examples) else { return Vec::new() };
    let targets = [kind.0.target, kind.1.target];
    let mut found: Vec<Change> = Vec::new();
    for (minute, hours) in Hours::cut(&borders(images, targets)) {
        let [before, after] = [0, 1].map(|side| {
            let Some(from) = caller.parties[side] else { return Outcome::absent() };
            let code = asker.codes[side];
            let attempt = Attempt {
                from,
                dialed: dialed.as_bytes(),
                mode: asker.mode,
                minute,
                code,
                behalf: None,
                exempt: false,
            };
            outcome(images[side], &attempt, targets[side])
        });
        if before.like(&after) || (before.word, after.word) == (Word::Absent, Word::Deny) {
            continue;
        }
        if (before.word, after.word) == (Word::Deny, Word::Absent) {
            continue;
        }
        let class = class_of_change(&before, &after);
        let same = found
            .iter_mut()
            .find(|row| row.before.like(&before) && row.after.like(&after) && row.class() == class);
        match same {
            Some(row) => row.hours.add(&hours),
            None => found.push(Change { before, after, hours }),
        }
    }
    found
}

/// Somebody who asks, and a number of the kind that is not his own; `None` where there are only such.
///
/// A call to oneself is denied in both policies, so it shows no difference.
fn pair<'c>(
    callers: &'c Callers,
    asker: &Asker,
    numbers: &Numbers,
    images: [&Image<'_>; 2],
    examples: &Examples,
) -> Option<(&'c Caller, String)> {
    let own = |caller: &Caller, whose: &Whose| {
        let ends = [whose.old, whose.new];
        (0..2).any(|side| match ends[side] {
            End::Device(device) => {
                caller.sort == Sort::Device && party_name(images[side], Party::Device(device)) == caller.name
            }
            _ => false,
        })
    };
    asker.callers.iter().find_map(|caller| {
        let caller = &callers.all[*caller as usize];
        let other = examples.iter().find(|(whose, _)| !own(caller, whose))?;
        Some((caller, numbers.digits(other.1)))
    })
}

/// The minutes of the week at which a route plan turns, of either policy; `None` if neither number leads to one.
fn borders(images: [&Image<'_>; 2], targets: [Target; 2]) -> Option<Vec<u16>> {
    let mut minutes = None;
    for (image, target) in images.into_iter().zip(targets) {
        let Target::Ars(USE_PLAN, plan) = target else { continue };
        let run = image.plans().get(usize::from(plan)).unwrap_or_default().cells;
        let cells =
            (run.first..run.first + u32::from(run.count)).filter_map(|cell| image.cells().get(cell as usize));
        minutes.get_or_insert_with(Vec::new).extend(cells.flat_map(|cell| [cell.from, cell.to]));
    }
    minutes
}

/// Asks the engine, and again while the trunk of its answer is busy, until no way is left: these are all the ways there
/// are, whatever trunks are busy.
fn outcome(image: &Image<'_>, attempt: &Attempt<'_>, target: Target) -> Outcome {
    let busy: RefCell<HashSet<u16>> = RefCell::default();
    let free = |trunk: u16| !busy.borrow().contains(&trunk);
    let first = decide(image, attempt, free, &mut ());
    let mut found = match &first {
        Verdict::Deny(denial) => {
            let class = denial.class.map_or_else(String::new, |class| class_name(image, class));
            // Of what is no number at all the reason is always the same: it may be a beginning, or too long.
            let rule = if target == Target::None { Rule::NumberVacant } else { denial.rule };
            Outcome { word: Word::Deny, rule, class, ways: Vec::new() }
        }
        Verdict::Allow(choice) if choice.rule == Rule::Emergency => {
            let mut ways = Vec::new();
            let RowRef::Ars(row) = choice.row else { return Outcome::absent() };
            let (from, mode, mut tried) = (attempt.from, attempt.mode, Tried::NONE);
            while let Verdict::Allow(choice) = next_emergency(image, from, mode, row, tried, |_: u16| true) {
                ways.push(way(image, attempt, &choice));
                let Some(route) = choice.route else { break };
                tried = tried.and(image, (from, mode), row, route, 0);
            }
            Outcome { word: Word::Emergency, rule: Rule::Emergency, class: "emergency".into(), ways }
        }
        Verdict::Allow(choice) => Outcome {
            word: Word::Allow,
            rule: choice.rule,
            class: kind_of(image, choice.rule, choice.class),
            ways: Vec::new(),
        },
        Verdict::NeedsCode(denial) => Outcome {
            word: Word::NeedsCode,
            rule: denial.rule,
            class: kind_of(image, denial.rule, denial.class),
            ways: Vec::new(),
        },
    };
    let mut next = first;
    while let Verdict::Allow(choice) = next
        && choice.rule == Rule::Route
    {
        found.ways.push(way(image, attempt, &choice));
        let trunk = trunk_of(image, choice.route);
        if !trunk.is_some_and(|trunk| busy.borrow_mut().insert(trunk)) {
            break;
        }
        next = decide(image, attempt, free, &mut ());
    }
    found
}

fn trunk_of(image: &Image<'_>, route: Option<u16>) -> Option<u16> {
    image.routes().get(usize::from(route?)).map(|route| route.trunk)
}

fn kind_of(image: &Image<'_>, rule: Rule, class: Option<ClassRef>) -> String {
    match (rule, class) {
        (Rule::Internal, _) => "internal".into(),
        // Who must give a code first was not yet asked for a number.
        (Rule::CodeForcedVerified, None) => String::new(),
        (_, Some(class)) => class_name(image, class),
        (_, None) => "private".into(),
    }
}

/// The name of a class: of the country's plan, or the policy's own.
fn class_name(image: &Image<'_>, class: ClassRef) -> String {
    match class {
        ClassRef::Plan(class) => class.name().into(),
        ClassRef::Own(row) => {
            let row = image.own_classes().get(usize::from(row)).unwrap_or_default();
            image.text(row.name).into()
        }
    }
}

fn way(image: &Image<'_>, attempt: &Attempt<'_>, choice: &Choice) -> Way {
    let emergency = choice.rule == Rule::Emergency;
    let route = choice.route.and_then(|route| image.routes().get(usize::from(route))).unwrap_or_default();
    let trunk = image.trunks().get(usize::from(route.trunk)).unwrap_or_default();
    let change = route.modification.checked_sub(1).filter(|_| !emergency);
    let change = change.and_then(|change| image.modifications().get(usize::from(change))).unwrap_or_default();
    let insert = image.text(change.insert);
    let form = (trunk.flags >> 1) & 3;
    let formed = form != AS_DIALED && trunk.flags & 1 != 0 && !emergency;
    let system = image.system();
    Way {
        trunk: image.text(trunk.name).into(),
        absorb: change.absorb,
        insert: if emergency { choice.outpulsed.as_str().into() } else { insert.into() },
        form: formed.then(|| {
            let texts =
                [system.calling_code, system.trunk_prefix, system.international_prefix, system.area_code];
            let rest = attempt.dialed.get(usize::from(change.absorb)..).unwrap_or(&[]);
            let digits = [insert.as_bytes(), rest].concat();
            let found = classify(&image.class_states(), &image.class_edges(), &digits);
            // Local to international: numbers of the plan are put into the trunk's form, services are not.
            let placed = (1..=8).contains(&found.class.number());
            (form, texts.map(|text| image.text(text).to_owned()), placed)
        }),
        warning: choice.warning,
        watched: choice.watched,
    }
}
