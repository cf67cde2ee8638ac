//! Every state of a line: what is told, what is sent, and that it ends.

use super::{Action, Event, PROVING_S, REFERRING_S, RINGING_S, State};
use crate::base::Instant;
use std::collections::{HashMap, HashSet, VecDeque};
use std::vec::Vec;

const NOW: Instant = Instant(1_000_000);

const EVENTS: [Event; 27] = [
    Event::Answer,
    Event::HangUp,
    Event::Change,
    Event::Refer,
    Event::Heard,
    Event::Alerting,
    Event::Accepted,
    Event::Refused(401),
    Event::Refused(486),
    Event::Acknowledged,
    Event::Withdrawn,
    Event::Gone,
    Event::Changed,
    Event::Unchanged(491),
    Event::Referred(100),
    Event::Referred(200),
    Event::Referred(202),
    Event::Referred(486),
    Event::Referred(603),
    Event::Unproved,
    Event::Proved,
    Event::Left,
    Event::Silent,
    Event::Tick,
    Event::Unchanged(488),
    Event::Referred(180),
    Event::Referred(404),
];

const BEGINNINGS: [State; 2] =
    [State::Calling { heard: false }, State::Ringing { until: Instant(NOW.0 + RINGING_S * 1000) }];

/// Time is as far away as it is, from now.
fn relative(state: State, now: Instant) -> State {
    let ahead = |until: Instant| NOW.plus_ms(until.since_ms(now));
    match state {
        State::Cancelling { until } => State::Cancelling { until: ahead(until) },
        State::Ringing { until } => State::Ringing { until: ahead(until) },
        State::Proving { until } => State::Proving { until: ahead(until) },
        State::Referring { until, again } => State::Referring { until: ahead(until), again },
        other => other,
    }
}

/// The times at which an event can come: now, and when something is due.
fn times(state: State) -> impl Iterator<Item = Instant> {
    [Some(NOW), state.next_deadline()].into_iter().flatten()
}

fn reached() -> HashSet<State> {
    let (mut seen, mut todo) = (HashSet::from(BEGINNINGS), VecDeque::from(BEGINNINGS));
    while let Some(state) = todo.pop_front() {
        for (event, at) in EVENTS.iter().flat_map(|event| times(state).map(move |at| (*event, at))) {
            let mut next = state;
            let _ = next.handle(at, event);
            let next = relative(next, at);
            if seen.insert(next) {
                todo.push_back(next);
            }
        }
    }
    seen
}

fn tells_over(actions: &[Action]) -> bool {
    actions.iter().any(|action| matches!(action, Action::TellOver(_)))
}

/// Safety: the user is told once that a call is over, and nothing behind that but what became of its transfer; a line is free once, and only
/// then over; BYE goes out only to who knows the call; nothing is asked of one that is over.
#[test]
fn a_call_is_over_once() {
    let mut checked = 0;
    for state in reached() {
        for (event, at) in EVENTS.iter().flat_map(|event| times(state).map(move |at| (*event, at))) {
            let mut next = state;
            let Some(actions) = next.handle(at, event) else {
                assert_eq!(next, state, "what a user cannot do changes nothing");
                let asked = matches!(event, Event::Answer | Event::HangUp | Event::Change | Event::Refer);
                assert!(asked, "only a user is told that: {event:?}");
                continue;
            };
            checked += 1;
            let over = tells_over(&actions);
            assert_eq!(over, !state.is_over() && next.is_over(), "{state:?} {event:?} -> {next:?}");
            let frees = actions.contains(&Action::Free);
            assert_eq!(frees, state != State::Over && next == State::Over, "{state:?} {event:?}");
            if actions.contains(&Action::Bye) {
                assert_eq!(next, State::Leaving, "{state:?} {event:?}");
                assert_ne!(state, State::Leaving, "once");
                let strangers =
                    matches!(state, State::Calling { .. } | State::Alerted | State::Ringing { .. });
                assert!(!strangers, "{state:?} {event:?}");
            }
            if actions.contains(&Action::Cancel) {
                let told = matches!(event, Event::Heard | Event::Alerting);
                let heard = told || matches!(state, State::Alerted | State::Calling { heard: true });
                assert!(heard, "CANCEL follows the first answer (RFC 3261 section 9.1): {state:?} {event:?}");
            }
            // A 2xx is always acknowledged.
            let accepted = matches!(
                (state, event),
                (
                    State::Calling { .. }
                        | State::Alerted
                        | State::Abandoned
                        | State::Cancelling { .. }
                        | State::Leaving,
                    Event::Accepted
                ) | (State::Changing | State::Leaving, Event::Changed)
            );
            assert_eq!(actions.contains(&Action::Acknowledge), accepted, "{state:?} {event:?}");
            let late = state.is_over() && !matches!(event, Event::Accepted | Event::Changed);
            let quiet = actions.iter().all(|action| {
                matches!(action, Action::Free | Action::Cancel | Action::Bye | Action::Acknowledge)
            });
            assert!(!late || quiet, "{state:?} {event:?}: {actions:?}");
        }
    }
    std::println!("{} states, {checked} steps", reached().len());
}

/// Liveness: from everywhere the network's own silence and time end the call, and a user's hanging up does, each by itself. Nobody is
/// left in a state that nothing ends.
#[test]
fn every_call_ends() {
    // What comes by itself if nobody on the other side does anything any more, in the states in which something is awaited.
    let alone = [Event::Tick, Event::Silent, Event::Left];
    let mut nearest: HashMap<State, usize> = HashMap::from([(State::Over, 0)]);
    let states: Vec<State> = reached().into_iter().collect();
    for round in 1..=states.len() {
        for state in &states {
            let ends = alone.iter().flat_map(|event| times(*state).map(move |at| (*event, at))).any(
                |(event, at)| {
                    let mut next = *state;
                    let _ = next.handle(at, event);
                    nearest.get(&relative(next, at)).is_some_and(|steps| *steps < round)
                },
            );
            if ends {
                nearest.entry(*state).or_insert(round);
            }
        }
    }
    for state in &states {
        assert!(nearest.contains_key(state), "{state:?} never ends by itself");
        let mut next = *state;
        let hung_up = next.handle(NOW, Event::HangUp);
        assert!(hung_up.is_none() == state.is_over(), "{state:?}");
        assert!(next.is_over(), "a user can always hang up: {state:?}");
    }
}

/// A transfer that needs a proof waits for it once; what becomes of it is told, and leaves the call as it was unless it is done (R29).
#[test]
fn rfc5589_a_transfer_leaves_the_call_as_it_was_unless_it_is_done() {
    use Action::{Bye, Prove, Refer, TellOver, TellReferred};
    let after = |s: u64| NOW.plus_s(s);
    let mut line = State::Talking;
    let rows: [(Instant, Event, &[Action]); 7] = [
        (NOW, Event::Refer, &[Refer]),
        (after(1), Event::Unproved, &[Prove]),
        (after(2), Event::Proved, &[Refer]),
        (after(3), Event::Referred(100), &[TellReferred(100)]),
        (after(4), Event::Referred(486), &[TellReferred(486)]),
        (after(5), Event::Refer, &[Refer]),
        (after(9), Event::Referred(200), &[TellReferred(200), Bye, TellOver(200)]),
    ];
    for (at, event, expected) in rows {
        assert_eq!(line.handle(at, event).as_deref(), Some(expected), "{event:?}");
    }
    for (state, s) in [
        (State::Referring { until: after(REFERRING_S), again: false }, REFERRING_S),
        (State::Proving { until: after(PROVING_S) }, PROVING_S),
    ] {
        let mut line = state;
        assert_eq!(line.handle(after(s - 1), Event::Tick).as_deref(), Some(&[][..]));
        let _ = line.handle(after(s), Event::Tick);
        assert_eq!(line, State::Talking);
    }
}
