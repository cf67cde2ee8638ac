//! Exhaustive walks: every state a machine can come to, by every order of events, until nothing new is found. In each,
//! safety (what must never happen) and liveness (what must always remain possible). The counts are printed.
//!
//! Time is relative: deadlines are moved so that it is always [`NOW`], and those that have passed count as just due,
//! which is exact because a machine only compares them with the time. It passes in steps that divide every timer.

use crate::office;

use std::collections::{HashMap, VecDeque};
use std::fmt::Debug;
use std::hash::Hash;
use strowger::account::Typed;
use strowger::base::{Digits, Handle, Instant, Soft, Transport};
use strowger::brakes::{Lockout, Terms as LockoutTerms};
use strowger::call::dialing;
use strowger::call::leg::{self, Leg};
use strowger::call::{Calls, Cause, Command, Commands, Edge, Seat, Terms, join::Progress};
use strowger::policy::{Attempt, Image, Party, Permit, Rule};
use strowger::registration::binding::{self, Binding, MAX_EXPIRES_S, Order};
use strowger::signalling::transaction::{Action, Retry, client, invite_client, invite_server, server};
use strowger::table::{Slab, Slot};

/// The time at which every state is looked at.
const NOW: Instant = Instant(1_000_000_000);

fn moved(at: Instant, by_ms: u64) -> Instant {
    if at == Instant::NEVER { at } else { Instant(at.0 - by_ms).max(NOW) }
}

/// The graph that a walk has found.
struct Graph<S> {
    states: Vec<S>,
    edges: Vec<Vec<usize>>,
}

/// Walks from `start` over all successors; `next` checks each step as it makes it.
fn walk<S: Clone + Eq + Hash + Debug>(start: S, mut next: impl FnMut(&S) -> Vec<S>) -> Graph<S> {
    let mut numbers = HashMap::from([(start.clone(), 0)]);
    let mut graph = Graph { states: vec![start], edges: Vec::new() };
    let mut todo = VecDeque::from([0]);
    while let Some(at) = todo.pop_front() {
        let successors = next(&graph.states[at].clone());
        let mut edges = Vec::new();
        for successor in successors {
            let number = *numbers.entry(successor.clone()).or_insert_with(|| {
                graph.states.push(successor);
                todo.push_back(graph.states.len() - 1);
                graph.states.len() - 1
            });
            edges.push(number);
        }
        graph.edges.push(edges);
        assert!(graph.states.len() < 1_000_000, "the walk does not close");
    }
    graph
}

impl<S: Debug> Graph<S> {
    /// From every state an end can be reached.
    fn assert_all_can_end(&self, name: &str, is_end: impl Fn(&S) -> bool) {
        let mut backwards = vec![Vec::new(); self.states.len()];
        for (from, edges) in self.edges.iter().enumerate() {
            edges.iter().for_each(|to| backwards[*to].push(from));
        }
        let mut can: Vec<bool> = self.states.iter().map(&is_end).collect();
        let mut todo: Vec<usize> = (0..can.len()).filter(|at| can[*at]).collect();
        assert!(!todo.is_empty(), "{name} never ends");
        while let Some(at) = todo.pop() {
            for from in &backwards[at] {
                if !std::mem::replace(&mut can[*from], true) {
                    todo.push(*from);
                }
            }
        }
        let stuck = can.iter().position(|can| !can);
        assert!(stuck.is_none(), "{name} cannot end from {:?}", stuck.map(|at| &self.states[at]));
        let steps: usize = self.edges.iter().map(Vec::len).sum();
        println!("{name}: {} states, {steps} steps", self.states.len());
    }
}

// Transactions

/// A transaction machine, as a walk sees it.
trait Machine: Copy + Eq + Hash + Debug {
    type Event: Copy + Eq + Debug + 'static;
    const EVENTS: &'static [Self::Event];
    const TICK: Self::Event;
    fn apply(&mut self, over: Transport, event: Self::Event) -> Vec<Action>;
    fn deadline(&self) -> Option<Instant>;
    fn later(self, by_ms: u64) -> Self;
    /// Whether it may wait without a deadline.
    fn waits(&self) -> bool;
    fn is_end(&self) -> bool;
    /// What one event may cause in this state.
    fn check(&self, event: Self::Event, actions: &[Action], after: &Self);
}

fn later(retry: Retry, by_ms: u64) -> Retry {
    Retry { at: moved(retry.at, by_ms), ..retry }
}

macro_rules! machine {
    ($machine:ident, [$($event:ident),*], $waits:pat, |$state:ident, $by:ident| $later:expr, |$before:ident, $on:ident, $actions:ident, $after:ident| $check:block) => {
        impl Machine for $machine::State {
            type Event = $machine::Event;
            const EVENTS: &'static [Self::Event] = &[$($machine::Event::$event),*];
            const TICK: Self::Event = $machine::Event::Tick;
            fn apply(&mut self, over: Transport, event: Self::Event) -> Vec<Action> {
                self.handle(NOW, over, event).to_vec()
            }
            fn deadline(&self) -> Option<Instant> {
                self.next_deadline()
            }
            fn later(self, $by: u64) -> Self {
                let $state = self;
                $later
            }
            fn waits(&self) -> bool {
                matches!(self, $waits)
            }
            fn is_end(&self) -> bool {
                *self == Self::Terminated
            }
            fn check(&self, $on: Self::Event, $actions: &[Action], $after: &Self) {
                let $before = self;
                $check
            }
        }
    };
}

machine!(
    invite_client,
    [Provisional, Success, Failure, Unsent],
    Self::Proceeding | Self::Terminated,
    |state, by| match state {
        Self::Calling { retry, until } => Self::Calling { retry: later(retry, by), until: moved(until, by) },
        Self::Completed { until } => Self::Completed { until: moved(until, by) },
        Self::Accepted { until } => Self::Accepted { until: moved(until, by) },
        same @ (Self::Proceeding | Self::Terminated) => same,
    },
    |before, event, actions, after| {
        use invite_client::{Event, State};
        let waiting = matches!(before, State::Calling { .. } | State::Proceeding);
        assert_eq!(
            actions.contains(&Action::Acknowledge),
            event == Event::Failure && (waiting || matches!(before, State::Completed { .. }))
        );
        assert!(
            !actions.contains(&Action::Deliver) || waiting || event == Event::Success,
            "a refusal is told once"
        );
        assert!(!actions.contains(&Action::TimedOut) || matches!(before, State::Calling { .. }));
        assert!(
            !matches!(after, State::Accepted { .. }) || waiting || before == after,
            "an accepted call stays accepted"
        );
    }
);
machine!(
    client,
    [Provisional, Final, Unsent],
    Self::Terminated,
    |state, by| match state {
        Self::Trying { retry, until } => Self::Trying { retry: later(retry, by), until: moved(until, by) },
        Self::Proceeding { retry, until } =>
            Self::Proceeding { retry: later(retry, by), until: moved(until, by) },
        Self::Completed { until } => Self::Completed { until: moved(until, by) },
        Self::Terminated => Self::Terminated,
    },
    |before, event, actions, _after| {
        use client::{Event, State};
        let waiting = matches!(before, State::Trying { .. } | State::Proceeding { .. });
        assert_eq!(actions.contains(&Action::Deliver), waiting && event == Event::Final, "told once");
        assert!(!actions.contains(&Action::Send) || waiting);
    }
);
machine!(
    invite_server,
    [Request, Provisional, Reliable, Prack, Success, Failure, Ack, AckSuccess],
    Self::Proceeding | Self::Terminated,
    |state, by| match state {
        Self::Completed { retry, until } =>
            Self::Completed { retry: later(retry, by), until: moved(until, by) },
        Self::Accepted { retry, until } => {
            Self::Accepted { retry: retry.map(|retry| later(retry, by)), until: moved(until, by) }
        }
        Self::Unacknowledged { retry, until } => {
            Self::Unacknowledged { retry: later(retry, by), until: moved(until, by) }
        }
        Self::Confirmed { until } => Self::Confirmed { until: moved(until, by) },
        same @ (Self::Proceeding | Self::Terminated) => same,
    },
    |before, event, actions, after| {
        use invite_server::{Event, State};
        let answered = |state: &State| !matches!(state, State::Proceeding | State::Unacknowledged { .. });
        let waits = |state: &State| matches!(state, State::Unacknowledged { .. });
        assert!(
            !(waits(before) && matches!(event, Event::Provisional | Event::Reliable)) || actions.is_empty(),
            "one provisional answer at a time (RFC 3262 section 3)"
        );
        assert!(!answered(before) || answered(after), "a final answer is final");
        assert!(
            !matches!(event, Event::Success | Event::Failure | Event::Provisional)
                || !answered(before)
                || actions.is_empty()
        );
        assert!(!actions.contains(&Action::Unacknowledged) || waits(before) && *after == State::Proceeding);
        assert!(!matches!(before, State::Confirmed { .. }) || !actions.contains(&Action::Send));
        let acknowledged = matches!(before, State::Confirmed { .. } | State::Accepted { retry: None, .. });
        assert!(
            !acknowledged || !actions.contains(&Action::TimedOut),
            "an acknowledged answer does not time out"
        );
    }
);
machine!(
    server,
    [Request, Final],
    Self::Trying | Self::Terminated,
    |state, by| match state {
        Self::Completed { until } => Self::Completed { until: moved(until, by) },
        same @ (Self::Trying | Self::Terminated) => same,
    },
    |before, event, actions, _after| {
        use server::{Event, State};
        let sends = actions.contains(&Action::Send);
        assert_eq!(
            sends,
            matches!(
                (before, event),
                (State::Trying, Event::Final) | (State::Completed { .. }, Event::Request)
            )
        );
    }
);

fn walk_transaction<M: Machine>(name: &str, over: Transport, start: M) {
    let name = format!("{name} over {}", over.name());
    let graph = walk(start, |state| {
        let mut successors = Vec::new();
        for event in M::EVENTS.iter().copied().chain([M::TICK]) {
            let mut after = *state;
            let actions = after.apply(over, event);
            state.check(event, &actions, &after);
            let terminated = actions.contains(&Action::Terminated);
            assert_eq!(
                terminated,
                after.is_end() && !state.is_end(),
                "the end is told once: {state:?} {event:?}"
            );
            assert!(!actions.contains(&Action::TimedOut) || terminated);
            if state.is_end() {
                assert!(actions.is_empty() && after == *state, "nothing happens after the end: {event:?}");
            }
            if event == M::TICK {
                let due = state.deadline().is_some_and(|at| at <= NOW);
                let told = actions.contains(&Action::Unacknowledged) && after.waits();
                let forward = told || after.is_end() || after.deadline().is_some_and(|at| at > NOW);
                assert!(
                    if due { forward } else { actions.is_empty() && after == *state },
                    "{state:?} ticks to {after:?}"
                );
            }
            successors.push(after);
        }
        assert!(state.deadline().is_some() || state.waits(), "{state:?} waits without a deadline");
        assert!(state.deadline().is_none() || !state.waits(), "{state:?} waits for a party");
        successors.push(state.later(500));
        successors
    });
    graph.assert_all_can_end(&name, M::is_end);
}

#[test]
fn the_four_transaction_machines() {
    for over in Transport::ALL {
        walk_transaction("INVITE client", over, invite_client::State::new(NOW, over));
        walk_transaction("non-INVITE client", over, client::State::new(NOW, over));
        walk_transaction("INVITE server", over, invite_server::State::Proceeding);
        walk_transaction("non-INVITE server", over, server::State::Trying);
    }
}

// Bindings

/// What a lock-out may depend on, looked at from a moment that stays the same.
fn lockout_at_now(state: Lockout, by_ms: u64) -> Lockout {
    match state {
        Lockout::Open => Lockout::Open,
        // What lies outside the window counts no more, however long ago it was.
        Lockout::Failing { since, failures } => {
            let since = Instant(since.instant().0.saturating_sub(by_ms).max(NOW.0 - 305_000)).into();
            Lockout::Failing { since, failures }
        }
        Lockout::Locked { until } => Lockout::Locked { until: moved(until.instant(), by_ms).into() },
    }
}

#[test]
fn the_lockout_machine() {
    let terms = LockoutTerms { failures: 3, window_s: 300, lockout_s: 900 };
    let graph = walk(Lockout::Open, |before| {
        let mut failed = *before;
        let locks = failed.fail(NOW, terms);
        if before.is_locked(NOW) {
            assert!(!locks && failed == *before, "a lock is neither lengthened nor told twice");
        } else {
            let within = matches!(before, Lockout::Failing { since, failures: 2 } if NOW.since_ms(since.instant()) <= 300_000);
            assert_eq!(locks, within, "the third failure within the window locks, and no other: {before:?}");
            assert_eq!(failed.is_locked(NOW), locks);
        }
        let mut succeeded = *before;
        succeeded.succeed(NOW);
        assert_eq!(
            succeeded.is_locked(NOW),
            before.is_locked(NOW),
            "the right one during a lock lifts nothing (R75)"
        );
        assert!(before.is_locked(NOW) || succeeded == Lockout::Open);
        vec![failed, succeeded, lockout_at_now(*before, 20_000)]
    });
    graph.assert_all_can_end("lock-out", |state| *state == Lockout::Open);
}

#[test]
fn the_binding_machine() {
    let orders: Vec<Order> =
        (1..=2).flat_map(|call_id| (1..=3).map(move |cseq| Order { call_id, cseq })).collect();
    let mut events = vec![binding::Event::Tick, binding::Event::Lost];
    for order in orders {
        events.push(binding::Event::Unregister { order });
        for expires_s in [60, 3_600, u32::MAX] {
            events.push(binding::Event::Register { order, expires_s });
        }
    }
    let graph = walk(Binding::Absent, |before| {
        let mut successors = Vec::new();
        for event in &events {
            use binding::Outcome::{Gone, Nothing, OutOfOrder, Refreshed, Registered};
            let mut after = *before;
            let outcome = after.handle(NOW, *event);
            let (was, is) = (*before != Binding::Absent, after != Binding::Absent);
            let due = before.next_deadline().is_some_and(|at| at <= NOW);
            match outcome {
                Registered(granted) => assert!(!was && is && granted <= MAX_EXPIRES_S),
                Refreshed(granted) => assert!(was && is && granted <= MAX_EXPIRES_S),
                Gone(why) => {
                    let by = match event {
                        binding::Event::Unregister { .. } => binding::Gone::Unregistered,
                        binding::Event::Lost => binding::Gone::Lost,
                        binding::Event::Tick | binding::Event::Register { .. } => binding::Gone::Lapsed,
                    };
                    assert!(was && !is && why == by && (due || *event != binding::Event::Tick));
                }
                OutOfOrder | Nothing => assert_eq!(*before, after),
            }
            assert!(
                *event != binding::Event::Tick || !due || outcome == Gone(binding::Gone::Lapsed),
                "it expires when it is time"
            );
            assert_eq!(after.next_deadline().is_none(), !is, "only what is absent has no deadline");
            assert!(after.next_deadline().is_none_or(|at| at <= NOW.plus_s(u64::from(MAX_EXPIRES_S))));
            successors.push(after);
        }
        successors.push(match *before {
            Binding::Absent => Binding::Absent,
            Binding::Bound { expires_at, order } => {
                Binding::Bound { expires_at: moved(expires_at, 30_000), order }
            }
        });
        successors
    });
    graph.assert_all_can_end("binding", |binding| *binding == Binding::Absent);
}

// Legs

const STEP_MS: u64 = 4_000;
const RINGING_S: u16 = 60;
const LONGEST_S: u32 = 40;

fn leg_events() -> Vec<leg::Event> {
    use leg::Event::{
        Alerting, Answer, Confirmed, Offer, Originate, PeerAlerting, PeerAnswered, PeerReleased, Release,
        Tick,
    };
    let causes = [Cause::Normal, Cause::BUSY];
    let plain = [
        Originate,
        Offer { ringing_s: RINGING_S },
        Alerting,
        Answer,
        Confirmed,
        PeerAlerting,
        PeerAnswered { longest_s: 0 },
        PeerAnswered { longest_s: LONGEST_S },
        Tick,
    ];
    plain.into_iter().chain(causes.map(Release)).chain(causes.map(PeerReleased)).collect()
}

fn talks(state: Option<leg::State>) -> bool {
    matches!(state, Some(leg::State::Connected { .. }))
}

/// A leg's state as seen at `now`: deadlines relative to [`NOW`].
fn relative(state: leg::State, now: Instant) -> leg::State {
    let at = |until: Instant| NOW.plus_ms(until.since_ms(now));
    match state {
        leg::State::Calling { until } => leg::State::Calling { until: at(until) },
        leg::State::Ringing { until } => leg::State::Ringing { until: at(until) },
        leg::State::Clearing { until, cause } => leg::State::Clearing { until: at(until), cause },
        same @ (leg::State::Idle
        | leg::State::Proceeding
        | leg::State::Alerting
        | leg::State::Connected { until: None }
        | leg::State::Gone) => same,
        leg::State::Connected { until: Some(until) } => leg::State::Connected { until: Some(at(until)) },
    }
}

/// The leg machine keeps its state to itself, so a state is the way there: events and steps of time.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Move<E> {
    Event(E),
    Wait,
}

#[test]
fn the_leg_machine() {
    let events = leg_events();
    // The shortest way to each state, found on the way.
    let mut ways: HashMap<leg::State, Vec<Move<leg::Event>>> =
        HashMap::from([(leg::State::Idle, Vec::new())]);
    let replay = |way: &[Move<leg::Event>]| {
        let (mut leg, mut now) = (Leg::new(), NOW);
        for step in way {
            match step {
                Move::Event(event) => drop(leg.handle(now, *event)),
                Move::Wait => now = now.plus_ms(STEP_MS),
            }
        }
        (leg, now)
    };
    let graph = walk(leg::State::Idle, |before| {
        let way = ways[before].clone();
        let (leg, now) = replay(&way);
        assert_eq!(relative(leg.state(), now), *before);
        let mut successors = Vec::new();
        for event in &events {
            let mut after = leg;
            let actions = after.handle(now, *event);
            let ends = actions.iter().filter(|action| matches!(action, leg::Action::Ended(_))).count();
            let (was, is) = (leg.state() == leg::State::Gone, after.state() == leg::State::Gone);
            assert_eq!(ends, usize::from(is && !was), "the end is told once");
            assert!(!was || (is && actions.is_empty()), "nothing happens after the end");
            if actions.contains(&leg::Action::Answered) {
                assert!(matches!(leg.state(), leg::State::Calling { .. } | leg::State::Ringing { .. }));
                assert_eq!(
                    (*event, after.state()),
                    (leg::Event::Answer, leg::State::Connected { until: None })
                );
            }
            if talks(Some(after.state())) && !talks(Some(leg.state())) {
                assert!(matches!(event, leg::Event::Answer | leg::Event::PeerAnswered { .. }));
            }
            for action in &actions {
                if let leg::Action::TellPeer(told) = action {
                    let mut peer = after;
                    let echoed = peer.handle(now, *told);
                    let echo = echoed.iter().any(|action| matches!(action, leg::Action::TellPeer(_)));
                    assert!(!echo, "what one leg tells the other never comes back");
                }
            }
            if *event == leg::Event::Tick {
                let due = leg.next_deadline().is_some_and(|at| at <= now);
                let forward = is || after.next_deadline().is_some_and(|at| at > now);
                assert!(
                    if due { forward } else { after == leg && actions.is_empty() },
                    "{leg:?} ticks to {after:?}"
                );
            }
            let state = relative(after.state(), now);
            ways.entry(state).or_insert_with(|| way.iter().copied().chain([Move::Event(*event)]).collect());
            successors.push(state);
        }
        let waits = matches!(
            leg.state(),
            leg::State::Idle
                | leg::State::Proceeding
                | leg::State::Alerting
                | leg::State::Connected { until: None }
                | leg::State::Gone
        );
        assert_eq!(leg.next_deadline().is_none(), waits, "{leg:?}");
        let state = relative(leg.state(), now.plus_ms(STEP_MS));
        ways.entry(state).or_insert_with(|| way.iter().copied().chain([Move::Wait]).collect());
        successors.push(state);
        successors
    });
    graph.assert_all_can_end("leg", |state| *state == leg::State::Gone);
}

// Dialing

const DIALING: dialing::Timing = dialing::Timing { first_s: 15, inter_s: 10, conflict_s: 5, tone_s: 30 };

fn dialing_events() -> Vec<dialing::Event> {
    use dialing::{Event, Found};
    let found = [Found::More, Found::Doubtful, Found::Open, Found::Whole, Found::CodeFollows];
    found
        .map(Event::Digit)
        .into_iter()
        .chain([true, false].map(|code_first| Event::OffHook { code_first }))
        .chain([true, false].map(|whole| Event::CodeDigit { whole }))
        .chain([true, false].map(|dialed| Event::Accepted { dialed }))
        .chain([
            Event::End,
            Event::Asked(Rule::CodeForced),
            Event::Placed,
            Event::Refused(Cause::BUSY),
            Event::OnHook,
            Event::Tick,
        ])
        .collect()
}

fn dialing_moved(state: dialing::State, by_ms: u64) -> dialing::State {
    use dialing::State;
    let to = |until| moved(until, by_ms);
    match state {
        State::Tone { until } => State::Tone { until: to(until) },
        State::Begun { until } => State::Begun { until: to(until) },
        State::Doubtful { until } => State::Doubtful { until: to(until) },
        State::Open { until } => State::Open { until: to(until) },
        State::Code { until, begun, lacking } => State::Code { until: to(until), begun, lacking },
        State::Refused { until, cause } => State::Refused { until: to(until), cause },
        state @ (State::Idle | State::Over) => state,
    }
}

#[test]
fn dialing_never_waits_for_nobody_and_hears_of_every_end() {
    use dialing::{Action, Event, State};
    let graph = walk(State::Idle, |state| {
        let mut successors = vec![dialing_moved(*state, 1_000)];
        for event in dialing_events() {
            let mut next = *state;
            let action = next.handle(NOW, event, &DIALING);
            // Safety: nothing is placed but digits that ended or timed out; nobody who was refused dials on; what is over
            // stays over.
            match action {
                Some(Action::Place) => assert!(
                    matches!(
                        event,
                        Event::Digit(_) | Event::End | Event::Tick | Event::Accepted { dialed: true }
                    ),
                    "{state:?} {event:?}"
                ),
                Some(Action::Check) => {
                    assert!(
                        matches!(state, State::Code { .. })
                            && matches!(event, Event::CodeDigit { .. } | Event::Tick)
                    );
                }
                Some(Action::Release(_)) => {
                    assert!(matches!(state, State::Refused { .. }) && event == Event::Tick)
                }
                Some(Action::Refuse(_)) => assert!(matches!(next, State::Refused { .. })),
                Some(Action::Hear(_)) | None => {}
            }
            if matches!(state, State::Refused { .. }) {
                assert!(matches!(next, State::Refused { .. } | State::Over), "{state:?} {event:?} {next:?}");
            }
            assert!(*state != State::Over || next == State::Over);
            // Liveness: whoever is off hook waits for a timer, and a timer that has come does something.
            assert_eq!(next.next_deadline().is_none(), matches!(next, State::Idle | State::Over));
            let due = state.next_deadline().is_some_and(|at| at <= NOW);
            if event == Event::Tick && due {
                assert!(action.is_some(), "{state:?} is due and nothing happens");
            }
            if event == Event::Tick && !due {
                assert!(action.is_none() && next == *state, "an early tick does nothing");
            }
            if matches!(event, Event::OnHook | Event::Placed) {
                assert_eq!(next, State::Over);
            }
            successors.push(next);
        }
        successors
    });
    graph.assert_all_can_end("dialing", |state| *state == State::Over);
}

// Two legs and their edge

/// A call as a walk compares it: both legs (none once gone), the edge, and what has been told so far.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct World {
    a: Option<leg::State>,
    b: Option<leg::State>,
    progress: Option<Progress>,
    connects: u8,
    finished: u8,
}

type Step = Move<(bool, leg::Event)>;

/// What the walk does to legs: everything their parties, time and a confused environment can do.
fn call_events() -> Vec<(bool, leg::Event)> {
    use leg::Event::{Alerting, Answer, Confirmed, Offer, Originate, Release, Tick};
    let both = [
        Alerting,
        Answer,
        Confirmed,
        Tick,
        Originate,
        Offer { ringing_s: RINGING_S },
        Release(Cause::Normal),
        Release(Cause::BUSY),
    ];
    [true, false].into_iter().flat_map(|of_a| both.map(|event| (of_a, event))).collect()
}

struct Table<'m, 'i> {
    calls: Calls<'m>,
    a: Handle,
    b: Handle,
    now: Instant,
    connects: u8,
    finished: u8,
    image: &'i Image<'i>,
}

impl Table<'_, '_> {
    fn world(&self) -> World {
        let state = |leg| self.calls.leg(leg).map(|slot| relative(slot.leg.state(), self.now));
        let edge = self.calls.edge(self.a).or_else(|| self.calls.edge(self.b));
        World {
            a: state(self.a),
            b: state(self.b),
            progress: edge.map(|edge| edge.progress()),
            connects: self.connects,
            finished: self.finished,
        }
    }

    /// Applies one step as the exchange would, and checks what it commands.
    fn apply(&mut self, step: Step) {
        let before = self.world();
        let Move::Event((of_a, event)) = step else {
            self.now = self.now.plus_ms(STEP_MS);
            return;
        };
        let leg = if of_a { self.a } else { self.b };
        let mut commands = Commands::new();
        self.calls.event(self.now, leg, event, &mut commands);
        for command in &commands {
            match *command {
                Command::Connect(connect) => {
                    assert_eq!((connect.a(), connect.b()), (self.a, self.b));
                    assert_eq!(
                        (of_a, event),
                        (false, leg::Event::Answer),
                        "only the called leg's answer connects"
                    );
                    assert_eq!(
                        before.progress,
                        Some(Progress::Proposed),
                        "only what was permitted and is not yet joined"
                    );
                    assert!(matches!(
                        before.b,
                        Some(leg::State::Calling { .. } | leg::State::Ringing { .. })
                    ));
                    self.connects += 1;
                }
                Command::Finished(finished) => {
                    assert_eq!(finished.answered.is_some(), self.connects > 0);
                    assert_eq!(finished.from, Party::Device(0));
                    self.finished += 1;
                }
                Command::Ended(leg) => {
                    assert!(self.calls.leg(leg).is_some(), "a leg ends once");
                    self.calls.free_leg(leg);
                }
                Command::Setup(leg) => panic!("{leg:?} was offered long ago"),
                Command::Unplaced(..) => panic!("nobody is dialing"),
                Command::Rejoined(_)
                | Command::Referred(..)
                | Command::Recall(..)
                | Command::Dismiss(..)
                | Command::Parted(..) => panic!("nobody transfers"),
                Command::RingMore(_) | Command::Others(..) => panic!("nobody calls a group"),
                Command::Left(_) => panic!("nobody opens a conference"),
                Command::Alerting(leg) => assert_eq!(leg, self.a),
                Command::Release(leg, _) => {
                    assert!(matches!(
                        self.calls.leg(leg).map(|slot| slot.leg.state()),
                        Some(leg::State::Clearing { .. })
                    ));
                }
            }
        }
        let after = self.world();
        assert!(self.connects <= 1 && self.finished <= 1);
        if (if of_a { before.a } else { before.b }).is_none() {
            assert!(
                commands.is_empty() && after == before,
                "an event for a leg that is gone changes nothing"
            );
        }
        if event == leg::Event::Tick {
            let due = self.calls.deadline(leg).is_some_and(|at| at <= self.now);
            assert!(!due, "a tick at the deadline moves it forward or ends the leg");
        }
        assert!(!(talks(after.a) && talks(after.b)) || after.progress == Some(Progress::Joined));
        assert_eq!(
            after.progress == Some(Progress::Joined) || (after.progress.is_none() && after.connects > 0),
            after.connects == 1
        );
        assert_eq!(after.progress.is_none(), after.a.is_none() && after.b.is_none());
        assert_eq!(
            self.calls.used() == 0,
            after.progress.is_none(),
            "a call is there as long as one of its legs"
        );
        let gone = usize::from(after.a.is_none()) + usize::from(after.b.is_none());
        assert_eq!(usize::from(after.finished), gone.min(1), "one record, when the first leg goes");
    }
}

#[test]
fn an_edge_is_answered_once_and_only_by_the_party_it_names() {
    let (image, _) = office::policy();
    let image = Image::load(image, &mut Soft::new(&[0; 32])).expect("valid");
    let attempt = Attempt::new(Party::Device(0), b"202");
    let permit = || Permit::request(&image, &attempt, |_| true).expect("201 may call 202");
    let [a, b, other, next] = [1, 2, 3, 4].map(|n| Handle::new(n, 0, 1));
    let seat = |leg, device| Seat { leg, party: Party::Device(device) };
    // A permit is for the two whom it names, and for nobody else.
    for (one, two) in [(0, 2), (1, 1), (2, 0), (1, 0)] {
        assert!(Edge::propose(permit(), seat(a, one), seat(b, two)).is_none());
        assert!(Edge::join(permit(), seat(a, one), seat(b, two)).is_none());
    }
    // Every order of four things done to a fresh edge: an answer by one of the legs, or another way of the same call.
    for order in 0..5usize.pow(4) {
        let mut edge = Edge::propose(permit(), seat(a, 0), seat(b, 1)).expect("it names them");
        let (mut joined, mut named) = (None, b);
        for n in 0..4 {
            match order / 5usize.pow(n) % 5 {
                4 => {
                    assert!(!edge.repropose(permit(), seat(other, 0), seat(next, 1)), "another caller");
                    assert!(!edge.repropose(permit(), seat(a, 0), seat(next, 2)), "another party");
                    assert_eq!(edge.repropose(permit(), seat(a, 0), seat(next, 1)), joined.is_none());
                    if joined.is_none() {
                        named = next;
                    }
                }
                who => {
                    let by = [a, b, other, next][who];
                    let connect = edge.answer(by);
                    let expected = joined.is_none() && by == named;
                    assert_eq!(
                        connect.map(|connect| (connect.a(), connect.b())),
                        expected.then_some((a, named))
                    );
                    joined = joined.or(connect);
                }
            }
            assert_eq!(edge.progress() == Progress::Joined, joined.is_some());
            assert_eq!(edge.b(), named, "who talks is not replaced");
        }
    }
}

#[test]
fn two_legs_and_their_edge() {
    let (image, _) = office::policy();
    let image = Image::load(image, &mut Soft::new(&[0; 32])).expect("valid");
    let events = call_events();
    let start = |way: &[Step], then: &mut dyn FnMut(&mut Table<'_, '_>)| {
        let mut legs = [const { Slot::EMPTY }; 2];
        let mut calls = [const { Slot::EMPTY }; 1];
        let calls = Calls::new(Slab::new(&mut legs, 1), Slab::new(&mut calls, 1));
        let mut table = Table {
            calls,
            a: Handle::NONE,
            b: Handle::NONE,
            now: NOW,
            connects: 0,
            finished: 0,
            image: &image,
        };
        let attempt = Attempt::new(Party::Device(0), b"202");
        let permit = Permit::request(table.image, &attempt, |_| true).expect("201 may call 202");
        let dialed = Digits::dialed(b"202").expect("digits");
        let mut commands = Commands::new();
        let terms = Terms {
            dialed,
            ringing_s: RINGING_S,
            longest_s: 0,
            account: Typed::NONE,
            neutral: (true, true),
            leg: None,
            zone: 0,
            speed: None,
        };
        let pair = table.calls.set_up(NOW, permit, &terms, &mut commands).expect("room for one");
        (table.a, table.b) = (pair.a, pair.b);
        assert_eq!(commands.as_slice(), [Command::Setup(pair.b)]);
        way.iter().for_each(|step| table.apply(*step));
        then(&mut table);
    };
    let mut first = None;
    start(&[], &mut |table| first = Some(table.world()));
    let first = first.expect("a call");
    let mut ways: HashMap<World, Vec<Step>> = HashMap::from([(first, Vec::new())]);
    let graph = walk(first, |before| {
        let way = ways[before].clone();
        let mut successors = Vec::new();
        for step in events.iter().map(|event| Move::Event(*event)).chain([Move::Wait]) {
            let longer: Vec<Step> = way.iter().copied().chain([step]).collect();
            start(&longer, &mut |table| {
                let world = table.world();
                let deadlines = [table.a, table.b].map(|leg| table.calls.deadline(leg));
                let talks = talks(world.a) && talks(world.b);
                let over = world.a.is_none() && world.b.is_none();
                assert!(deadlines.iter().any(Option::is_some) || talks || over, "{world:?} waits for nobody");
                successors.push(world);
            });
            let world = *successors.last().expect("just pushed");
            ways.entry(world).or_insert(longer);
        }
        successors
    });
    graph.assert_all_can_end("two legs and their edge", |world| world.a.is_none() && world.b.is_none());
    assert!(graph.states.iter().any(|world| world.connects == 1 && world.finished == 1));
}
