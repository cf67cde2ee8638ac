//! Our own registration as traces: time in seconds, event, outcome; then every state and event.

use super::Event::{Begin, End, Granted, Lost, Refused, Tick, TooBrief, Unanswered};
use super::Outcome::{Ask, Nothing, Told};
use super::{Event, LONGEST_S, LONGEST_WAIT_S, Outcome, Standing, State, WANTED_S};
use crate::base::Instant;
use std::collections::HashSet;
use std::vec::Vec;

#[track_caller]
fn trace(lines: &[(u64, Event, Outcome)]) -> State {
    let mut state = State::Off;
    for (n, (at_s, event, outcome)) in lines.iter().enumerate() {
        let told = state.handle(Instant(0).plus_s(*at_s), *event);
        assert_eq!(told, *outcome, "line {n}: {event:?}");
    }
    state
}

const fn granted(expires_s: u32) -> Event {
    Granted { expires_s, dice: 0 }
}

const fn refused(status: u16) -> Event {
    Refused { status, retry_after_s: 0, dice: 255 }
}

#[test]
fn it_registers_and_renews_before_that_is_over() {
    let end = trace(&[
        (0, Begin, Nothing),
        (0, Tick, Ask(WANTED_S)),
        (1, granted(600), Told(Standing::Registered { expires_s: 600 })),
        (480, Tick, Nothing),
        (481, Tick, Ask(WANTED_S)),
        (482, granted(600), Nothing),
        (962, Tick, Ask(WANTED_S)),
        (963, End, Nothing),
        (964, granted(600), Nothing),
    ]);
    assert_eq!((end, end.next_deadline()), (State::Off, None));
    let mut late = State::Off;
    for (at_s, event) in [(0, Begin), (0, Tick), (0, Granted { expires_s: 600, dice: 255 })] {
        late.handle(Instant(0).plus_s(at_s), event);
    }
    assert_eq!(
        late.next_deadline(),
        Some(Instant(0).plus_s(540)),
        "by chance between four fifths and nine tenths"
    );
}

/// RFC 5626 section 4.5: 30 s, twice as long each time, at most half an hour; and as long as the registrar says.
#[test]
fn rfc5626_4_5_it_waits_longer_after_each_failure() {
    let mut state = State::Off;
    let mut now = Instant(0);
    state.handle(now, Begin);
    let mut waits = Vec::new();
    for failure in 0..9 {
        assert_eq!(state.handle(now, Tick), Ask(WANTED_S));
        let told = if failure % 2 == 0 { refused(403) } else { Unanswered { dice: 255 } };
        assert!(matches!(
            state.handle(now, told),
            Told(Standing::Refused { status: 403 } | Standing::Unanswered)
        ));
        let due = state.next_deadline().expect("it tries again");
        waits.push(due.since_ms(now) / 1000);
        now = due;
    }
    assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1800, 1800, 1800]);
    state.handle(now, Tick);
    state.handle(now, Refused { status: 503, retry_after_s: 2000, dice: 0 });
    assert_eq!(state.next_deadline(), Some(now.plus_s(2000)), "Retry-After");
    now = now.plus_s(2000);
    state.handle(now, Tick);
    state.handle(now, granted(600));
    now = now.plus_s(480);
    state.handle(now, Tick);
    state.handle(now, Unanswered { dice: 0 });
    assert_eq!(state.next_deadline(), Some(now.plus_s(15)), "it went well meanwhile");
}

#[test]
fn rfc3261_10_2_8_it_asks_for_as_long_as_the_registrar_wants() {
    let told = Told(Standing::Refused { status: 423 });
    trace(&[
        (0, Begin, Nothing),
        (0, Tick, Ask(WANTED_S)),
        (0, TooBrief { least_s: 7200, dice: 0 }, Ask(7200)),
        (0, granted(7200), Told(Standing::Registered { expires_s: 7200 })),
        (5760, Tick, Ask(7200)),
        (5760, TooBrief { least_s: 7200, dice: 0 }, told),
    ]);
    let end = trace(&[
        (0, Begin, Nothing),
        (0, Tick, Ask(WANTED_S)),
        (0, granted(0), Told(Standing::Refused { status: 200 })),
    ]);
    assert_eq!(end.next_deadline(), Some(Instant(0).plus_s(15)), "not at once");
    trace(&[
        (0, Begin, Nothing),
        (0, Tick, Ask(WANTED_S)),
        (0, TooBrief { least_s: LONGEST_S + 1, dice: 0 }, told),
    ]);
}

#[test]
fn it_says_when_it_is_not_registered_any_more() {
    trace(&[
        (0, Begin, Nothing),
        (0, Tick, Ask(WANTED_S)),
        (0, granted(100), Told(Standing::Registered { expires_s: 100 })),
        (80, Tick, Ask(WANTED_S)),
        (85, refused(500), Told(Standing::Refused { status: 500 })),
        (100, Tick, Told(Standing::Lapsed)),
        (115, Tick, Ask(WANTED_S)),
        (116, granted(100), Told(Standing::Registered { expires_s: 100 })),
        (117, Lost { dice: 0 }, Told(Standing::Lost)),
        (131, Tick, Nothing),
        (132, Tick, Ask(WANTED_S)),
        (132, Lost { dice: 0 }, Nothing),
        (133, Begin, Nothing),
        (133, Tick, Ask(WANTED_S)),
    ]);
}

/// Every state that a few events lead to: each that is not off has a deadline or a request out, which always ends; who was told of as
/// registered is told of again before that is not so any more; nothing but a tick or 423 asks.
#[test]
fn nobody_is_stuck_and_everybody_is_told() {
    let events = [
        Begin,
        End,
        granted(60),
        TooBrief { least_s: 4000, dice: 0 },
        refused(403),
        Unanswered { dice: 0 },
        Lost { dice: 0 },
        Tick,
    ];
    let mut seen = HashSet::new();
    let mut open = std::vec![(State::Off, Instant(0), false)];
    while let Some((state, now, told)) = open.pop() {
        if now > Instant(0).plus_s(4 * LONGEST_WAIT_S)
            || !seen.insert((state, now, told))
            || seen.len() > 60_000
        {
            continue;
        }
        let out = matches!(state, State::Asking { .. });
        assert!(state == State::Off || out || state.next_deadline().is_some(), "{state:?} is stuck");
        let until = match state {
            State::Off => None,
            State::Asking { until, .. } | State::Waiting { until, .. } => until,
            State::Bound { until, .. } => Some(until),
        };
        assert_eq!(until.is_some(), told, "{state:?}: what was told is not so");
        let times = [now, state.next_deadline().unwrap_or(now).max(now)];
        for (event, at) in events.into_iter().flat_map(|event| times.map(|at| (event, at))) {
            let mut next = state;
            let outcome = next.handle(at, event);
            let told = match outcome {
                Told(Standing::Registered { .. }) => true,
                Told(Standing::Lapsed | Standing::Lost) => false,
                // Whoever ends or moves it knows.
                Nothing if matches!(event, Begin | End) => false,
                Ask(_) | Told(Standing::Refused { .. } | Standing::Unanswered) | Nothing => told,
            };
            assert!(!matches!(outcome, Ask(_)) || matches!(event, Tick | TooBrief { .. }), "{event:?} asks");
            open.push((next, at, told));
        }
    }
    assert!(seen.len() > 1_000, "{} states", seen.len());
}
