//! What a search has shown, for people and for programs.

use super::abstraction::{Abstraction, Bounds};
use super::actions::Action;
use super::ladder::{Line, draw};
use super::liveness::Violation;
use super::recorded::{Gave, record};
use super::search::Searched;
use super::world::{Heard, NOW, World};
use serde::Serialize;
use std::fmt::Write as _;
use strowger::base::Instant;
use strowger::call::leg::State;
use strowger::exchange::Output;
use strowger::policy::{Mode, Party, Verdict};

const STATES: [&str; 8] =
    ["idle", "proceeding", "alerting", "calling", "ringing", "connected", "clearing", "dialing"];
const EVENTS: [&str; 13] = [
    "digits",
    "code",
    "alerting",
    "answer",
    "hang-up",
    "busy",
    "transfer",
    "join",
    "time is up",
    "park",
    "hold for too long",
    "conference",
    "on hook",
];

/// Which things have happened to a leg in which state.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs {
    hit: [[u64; EVENTS.len()]; STATES.len()],
}

impl Pairs {
    pub(super) fn note(&mut self, world: &World, action: Action) {
        let Some(slot) = action.slot() else { return };
        let leg = world.leg(slot);
        let calls = world.exchange.calls();
        let state = match calls.leg(leg).map(|slot| slot.leg.state()) {
            Some(_) if calls.dialing(leg).is_some() => 7,
            Some(State::Idle) | None => 0,
            Some(State::Proceeding) => 1,
            Some(State::Alerting) => 2,
            Some(State::Calling { .. }) => 3,
            Some(State::Ringing { .. }) => 4,
            Some(State::Connected { .. }) => 5,
            Some(State::Clearing { .. } | State::Gone) => 6,
        };
        let event = match action {
            Action::Dial { .. } => 0,
            Action::Code { .. } => 1,
            Action::Alerting { .. } => 2,
            Action::Answer { .. } => 3,
            Action::Release { .. } => 4,
            Action::Refuse { .. } => 5,
            Action::Transfer { .. } => 6,
            Action::Join { .. } => 7,
            Action::Due { .. } => 8,
            Action::Park { .. } => 9,
            Action::Overhold { .. } => 10,
            Action::Confer { .. } => 11,
            Action::OnHook { .. } => 12,
            Action::Setup { .. }
            | Action::Take { .. }
            | Action::OffHook { .. }
            | Action::LogIn { .. }
            | Action::LogOut { .. }
            | Action::Mode { .. } => return,
        };
        self.hit[state][event] += 1;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (own, theirs) in self.hit.iter_mut().flatten().zip(other.hit.iter().flatten()) {
            *own += theirs;
        }
    }

    /// Pairs that can be and were not met: a party can only do what its state lets it do.
    fn never(&self, parks: bool, holds: bool) -> Vec<String> {
        let connected =
            [(4, true), (6, true), (7, true), (8, true), (9, parks), (10, holds), (11, true), (12, true)];
        let connected: Vec<usize> =
            connected.into_iter().filter_map(|(event, can)| can.then_some(event)).collect();
        let possible: [(usize, &[usize]); 6] =
            [(1, &[4]), (2, &[4]), (3, &[2, 3, 5, 8]), (4, &[3, 5, 8]), (5, &connected), (7, &[0, 1, 4, 8])];
        let all = possible.iter().flat_map(|(state, events)| events.iter().map(|event| (*state, *event)));
        let never = all.filter(|(state, event)| self.hit[*state][*event] == 0);
        never.map(|(state, event)| format!("{} x {}", STATES[state], EVENTS[event])).collect()
    }
}

/// What proving has shown.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    /// `holds`, `counterexample` or `budget-spent`.
    pub result: &'static str,
    /// Distinct states visited.
    pub states: u64,
    /// Events tried in them.
    pub transitions: u64,
    /// The longest of the shortest ways to a state.
    pub depth: usize,
    /// Every state within the bounds was visited.
    pub closed: bool,
    /// Stations, lines of trunks and calls at once; changes of mode.
    pub bounds: [usize; 4],
    /// Devices and trunks of the policy, and those that stand for them.
    pub devices: [usize; 2],
    /// See [`Self::devices`].
    pub trunks: [usize; 2],
    /// Numbers that are dialed.
    pub numbers: usize,
    /// Hot-desk users in all, and those who stand for them.
    pub users: [usize; 2],
    /// Log-ins at most.
    pub log_ins: u8,
    /// Account codes that are entered.
    pub codes: usize,
    /// Service modes.
    pub modes: usize,
    /// Assertions of the policy.
    pub asserts: usize,
    /// States beyond the bounds: judged, not followed.
    pub beyond: u64,
    /// What never happened to a leg in some state.
    pub never_hit: Vec<String>,
    /// What was broken, if anything.
    pub violation: Option<Broken>,
    /// Seconds that it took.
    pub seconds: f64,
}

/// A counterexample.
#[derive(Clone, Debug, Serialize)]
pub struct Broken {
    /// What was broken: a stable dotted name.
    pub invariant: String,
    /// One sentence.
    pub text: String,
    /// What happens, in order: milliseconds and signal.
    pub trace: Vec<(u64, String)>,
    /// It happens like this by the clock, too; otherwise timers run out in an order that their lengths do not allow.
    pub on_the_clock: bool,
    /// The same, drawn.
    pub ladder: String,
    /// The same as `strowger replay` takes it; `None` where timers run out in an order that no clock allows.
    #[serde(skip)]
    pub recorded: Option<Vec<u8>>,
}

impl Proof {
    pub(super) fn new(all: &Abstraction, searched: Searched, seconds: f64) -> Self {
        let Searched { states, transitions, depth, closed, found, pairs, beyond } = searched;
        let devices = all.parties.iter().filter(|kept| matches!(kept.party, Party::Device(_)));
        let kept = devices.count();
        let Bounds { stations, lines, calls, modes, .. } = all.bounds;
        Self {
            result: match (&found, closed) {
                (Some(_), _) => "counterexample",
                (None, true) => "holds",
                (None, false) => "budget-spent",
            },
            states,
            transitions,
            depth,
            closed,
            bounds: [stations, lines, calls, usize::from(modes)],
            devices: [all.merged_from.0, kept],
            trunks: [all.merged_from.1, all.parties.len() - kept],
            numbers: all.numbers.len(),
            users: [all.desks.of, all.desks.users.len()],
            log_ins: all.bounds.log_ins,
            codes: all.codes.len(),
            modes: all.modes.len(),
            asserts: all.asserts.len(),
            beyond,
            never_hit: pairs.never(all.parks(), all.holds()),
            violation: found.map(|(path, why)| Broken::new(all, &path, why)),
            seconds,
        }
    }

    /// For people.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        let [stations, lines, calls, modes] = self.bounds;
        let _ = writeln!(
            out,
            "explored: {} of {} devices and {} of {} trunks stand for all; {} numbers, {} codes, {} modes, {} assertions",
            self.devices[1],
            self.devices[0],
            self.trunks[1],
            self.trunks[0],
            self.numbers,
            self.codes,
            self.modes,
            self.asserts
        );
        let _ = writeln!(
            out,
            "bounds: {stations} stations, {lines} lines of trunks and {calls} calls at once, {modes} changes of mode; {} events led beyond and were judged, not followed",
            self.beyond
        );
        if self.users[0] > 0 {
            let [of, kept] = self.users;
            let _ = writeln!(out, "hot desk: {kept} of {of} users stand for all; {} log-ins", self.log_ins);
        }
        let closure = if self.closed { "closure reached" } else { "closure not reached" };
        let _ = writeln!(
            out,
            "{} states, {} transitions, depth {}, {:.1} s, {closure}",
            self.states, self.transitions, self.depth, self.seconds
        );
        if !self.never_hit.is_empty() {
            let _ = writeln!(out, "never hit: {}", self.never_hit.join(", "));
        }
        match &self.violation {
            None if self.closed => out.push_str("proved: nothing that policy forbids can come about\n"),
            None => out.push_str("not proved: the budget was spent before every state was visited\n"),
            Some(broken) => {
                let _ = writeln!(
                    out,
                    "counterexample ({}): {}\n\n{}",
                    broken.invariant, broken.text, broken.ladder
                );
                out.push_str("trace:\n");
                for (ms, what) in &broken.trace {
                    let _ = writeln!(out, "{ms:>8} {what}");
                }
                if !broken.on_the_clock {
                    out.push_str("(the timers run out in an order that their lengths do not allow)\n");
                }
            }
        }
        out.truncate(out.trim_end().len());
        out
    }

    /// For programs: one object.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Broken {
    fn new(all: &Abstraction, path: &[Action], why: Violation) -> Self {
        let on_the_clock = told(all, path, World::on_the_clock(all));
        let real = on_the_clock.wrong.as_ref().is_some_and(|found| *found == why);
        let Told { trace, lines, given, .. } =
            if real { on_the_clock } else { told(all, path, World::new(all)) };
        let recorded = given.and_then(|given| record(all, &given));
        let ladder = draw(&lines);
        Self { invariant: why.invariant, text: why.text, trace, on_the_clock: real, ladder, recorded }
    }
}

/// A way as people read it, and what was given to the exchange on it if that was by the clock.
struct Told {
    trace: Vec<(u64, String)>,
    lines: Vec<Line>,
    wrong: Option<Violation>,
    given: Option<Vec<(Instant, Gave)>>,
}

/// A way through worlds, told; and what is wrong at its end.
fn told(all: &Abstraction, path: &[Action], mut world: World) -> Told {
    let (mut trace, mut lines, mut heard, mut wrong) = (Vec::new(), Vec::new(), Heard::default(), None);
    for action in path {
        let (who, text) = described(all, &world, *action);
        let legs: Vec<_> =
            world.exchange.calls().legs().map(|(leg, slot)| (leg, all.name(slot.party))).collect();
        world.apply(all, *action, &mut heard);
        wrong = world.violation(all, *action, &heard);
        let at_ms = world.now.since_ms(NOW);
        let exchange = || "exchange".to_owned();
        trace.push((at_ms, format!("{who} {text}")));
        lines.push(Line { at_ms, from: who, to: exchange(), text });
        let name = |leg| {
            let now = world.exchange.calls().leg(leg).map(|slot| all.name(slot.party));
            now.or_else(|| legs.iter().find(|(one, _)| *one == leg).map(|(_, name)| name.clone()))
        };
        for output in &heard.outputs {
            let (to, text) = match *output {
                Output::Setup { to, digits, .. } => {
                    (Some(all.name(to)), format!("set-up {}", digits.as_str()))
                }
                Output::Alerting(leg) => (name(leg), "rings".into()),
                Output::Connect(leg) => (name(leg), "answered".into()),
                Output::Joined { leg, with } => {
                    (name(leg), format!("joined with {}", name(with).unwrap_or_default()))
                }
                Output::Referred { leg, status } => (name(leg), format!("transfer: {status}")),
                Output::Held { leg, held } => {
                    (name(leg), if held { "held" } else { "no longer held" }.to_owned())
                }
                Output::Forwarded { leg, by } => (name(leg), format!("forwarded by {}", all.name(by))),
                Output::Release(leg, cause) => (name(leg), format!("released ({})", cause.status())),
                Output::Tone(leg, tone) => (name(leg), format!("{tone:?} tone").to_lowercase()),
                Output::Decision(decision) => {
                    let text = match decision.verdict {
                        Verdict::Allow(choice) => format!("allowed: {}", choice.rule.name()),
                        Verdict::Deny(denial) => format!("denied: {}", denial.rule.name()),
                        Verdict::NeedsCode(denial) => format!("code asked for: {}", denial.rule.name()),
                    };
                    (Some(exchange()), text)
                }
                _ => continue,
            };
            lines.push(Line { at_ms, from: exchange(), to: to.unwrap_or_else(exchange), text });
        }
    }
    if let Some(wrong) = &wrong {
        let at_ms = world.now.since_ms(NOW);
        lines.push(Line { at_ms, from: "exchange".into(), to: "exchange".into(), text: wrong.text.clone() });
    }
    Told { trace, lines, wrong, given: world.given }
}

/// Who does what.
fn described(all: &Abstraction, world: &World, action: Action) -> (String, String) {
    let number = |number: u16| String::from_utf8_lossy(&all.numbers[usize::from(number)].dialed).into_owned();
    let take = |take: u16| String::from_utf8_lossy(&all.takes[usize::from(take)].dialed).into_owned();
    let leg = |slot: u8| all.name(world.party(slot));
    let party = |place: u16| all.name(all.parties[usize::from(place)].party);
    match action {
        Action::Setup { from, number: to } => (party(from), format!("dials {}", number(to))),
        Action::OffHook { from } => (party(from), "goes off hook".into()),
        Action::Dial { leg: slot, number: to } => (leg(slot), format!("dials {}", number(to))),
        Action::Code { leg: slot, code } => {
            (leg(slot), format!("enters {}", all.codes[usize::from(code)].name))
        }
        Action::Alerting { leg: slot } => (leg(slot), "rings".into()),
        Action::Answer { leg: slot } => (leg(slot), "answers".into()),
        Action::Release { leg: slot } => (leg(slot), "hangs up".into()),
        Action::Refuse { leg: slot } => (leg(slot), "is busy".into()),
        Action::Transfer { leg: slot, number: to } => (leg(slot), format!("transfers to {}", number(to))),
        Action::Join { leg: slot, .. } => (leg(slot), "joins both".into()),
        Action::OnHook { leg: slot, .. } => (leg(slot), "holds one and hangs up on the other".into()),
        Action::Take { from, take: code } => (party(from), format!("dials {}", take(code))),
        Action::Park { leg: slot, take: code } => (leg(slot), format!("transfers to {}", take(code))),
        Action::LogIn { from, user } => {
            let at = all.parties[usize::from(from)].party.phone().unwrap_or(u32::MAX);
            let user = Party::User { user: all.desks.users[usize::from(user)].0, at };
            (party(from), format!("logs in as {}", all.name(user)))
        }
        Action::LogOut { from } => (party(from), "logs out".into()),
        Action::Overhold { leg: slot } => (leg(slot), "holds for too long".into()),
        Action::Confer { leg: slot } => {
            (leg(slot), "takes its peer back from hold, into a conference".into())
        }
        Action::Due { leg: slot } => (leg(slot), "time is up".into()),
        Action::Mode { mode } => {
            let word = match all.modes[usize::from(mode)] {
                Mode::Day => "day",
                Mode::Night1 => "night1",
                Mode::Night2 => "night2",
            };
            ("operator".into(), format!("sets mode {word}"))
        }
    }
}
