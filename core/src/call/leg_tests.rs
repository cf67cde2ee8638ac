//! The leg machine as traces: state, event, what follows, state.

use super::Action::{self, Answered, Ended, SendAlerting, SendRelease, SendSetup, TellPeer};
use super::{CLEARING_MS, Event, Leg, State};
use crate::base::Instant;
use crate::call::Cause;
use std::vec::Vec;

const NOW: Instant = Instant(10_000);
const OFFER: Event = Event::Offer { ringing_s: 60 };

/// Each line: a time in milliseconds, an event, the actions, the state after it.
#[track_caller]
fn trace(lines: &[(u64, Event, &[Action], State)]) -> Leg {
    let mut leg = Leg::new();
    for (n, (at, event, actions, state)) in lines.iter().enumerate() {
        let done = leg.handle(Instant(*at), *event);
        assert_eq!((done.as_slice(), leg.state()), (*actions, *state), "line {n}: {event:?}");
    }
    leg
}

const fn clearing(at: u64, cause: Cause) -> State {
    State::Clearing { until: Instant(at + CLEARING_MS), cause }
}

#[test]
fn a_caller_is_answered_and_hangs_up() {
    let leg = trace(&[
        (0, Event::Originate, &[], State::Proceeding),
        (1, Event::PeerAlerting, &[SendAlerting], State::Alerting),
        (2, Event::PeerAlerting, &[SendAlerting], State::Alerting),
        (3, Event::PeerAnswered { longest_s: 0 }, &[], State::Connected { until: None }),
        (
            4,
            Event::Release(Cause::Normal),
            &[TellPeer(Event::PeerReleased(Cause::Normal)), Ended(Cause::Normal)],
            State::Gone,
        ),
    ]);
    assert_eq!(leg.next_deadline(), None);
}

#[test]
fn a_called_party_rings_answers_and_is_hung_up_on() {
    let until = Instant(60_000);
    trace(&[
        (0, OFFER, &[SendSetup], State::Calling { until }),
        (1, Event::Alerting, &[TellPeer(Event::PeerAlerting)], State::Ringing { until }),
        (2, Event::Alerting, &[TellPeer(Event::PeerAlerting)], State::Ringing { until }),
        (3, Event::Answer, &[Answered], State::Connected { until: None }),
        (4, Event::PeerReleased(Cause::Normal), &[SendRelease(Cause::Normal)], clearing(4, Cause::Normal)),
        (5, Event::Confirmed, &[Ended(Cause::Normal)], State::Gone),
    ]);
}

#[test]
fn nobody_answers_in_time() {
    let until = Instant(60_000);
    let released = Event::PeerReleased(Cause::UNAVAILABLE);
    let leg = trace(&[
        (0, OFFER, &[SendSetup], State::Calling { until }),
        (1, Event::Alerting, &[TellPeer(Event::PeerAlerting)], State::Ringing { until }),
        (59_999, Event::Tick, &[], State::Ringing { until }),
        (
            60_000,
            Event::Tick,
            &[SendRelease(Cause::CANCELLED), TellPeer(released)],
            clearing(60_000, Cause::UNAVAILABLE),
        ),
        (91_999, Event::Tick, &[], clearing(60_000, Cause::UNAVAILABLE)),
    ]);
    assert_eq!(leg.next_deadline(), Some(Instant(92_000)));
    trace(&[
        (0, OFFER, &[SendSetup], State::Calling { until }),
        (
            60_000,
            Event::Tick,
            &[SendRelease(Cause::CANCELLED), TellPeer(released)],
            clearing(60_000, Cause::UNAVAILABLE),
        ),
        (92_000, Event::Tick, &[Ended(Cause::UNAVAILABLE)], State::Gone),
    ]);
}

#[test]
fn the_called_party_refuses() {
    let told = TellPeer(Event::PeerReleased(Cause::BUSY));
    trace(&[
        (0, OFFER, &[SendSetup], State::Calling { until: Instant(60_000) }),
        (1, Event::Release(Cause::BUSY), &[told, Ended(Cause::BUSY)], State::Gone),
        (2, Event::Answer, &[], State::Gone),
    ]);
    trace(&[
        (0, Event::Originate, &[], State::Proceeding),
        (1, Event::PeerReleased(Cause::BUSY), &[SendRelease(Cause::BUSY)], clearing(1, Cause::BUSY)),
        (2, Event::Release(Cause::CANCELLED), &[Ended(Cause::BUSY)], State::Gone),
    ]);
}

#[test]
fn a_leg_that_was_never_offered_ends_without_a_word() {
    trace(&[(0, Event::PeerReleased(Cause::CANCELLED), &[Ended(Cause::CANCELLED)], State::Gone)]);
    trace(&[(0, Event::Release(Cause::CONGESTION), &[Ended(Cause::CONGESTION)], State::Gone)]);
}

/// A leg in every state.
fn everywhere() -> Vec<Leg> {
    let after = |events: &[Event]| {
        let mut leg = Leg::new();
        events.iter().for_each(|event| drop(leg.handle(NOW, *event)));
        leg
    };
    let gone = Event::PeerReleased(Cause::Normal);
    std::vec![
        after(&[]),
        after(&[Event::Originate]),
        after(&[Event::Originate, Event::PeerAlerting]),
        after(&[OFFER]),
        after(&[OFFER, Event::Alerting]),
        after(&[OFFER, Event::Answer]),
        after(&[OFFER, gone]),
        after(&[gone]),
    ]
}

#[test]
fn a_call_ends_when_it_has_lasted_as_long_as_it_may() {
    let until = Instant(120_002);
    let too_long = Cause::TOO_LONG;
    trace(&[
        (0, Event::Originate, &[], State::Proceeding),
        (2, Event::PeerAnswered { longest_s: 120 }, &[], State::Connected { until: Some(until) }),
        (120_001, Event::Tick, &[], State::Connected { until: Some(until) }),
        (
            120_002,
            Event::Tick,
            &[SendRelease(too_long), TellPeer(Event::PeerReleased(too_long))],
            clearing(120_002, too_long),
        ),
    ]);
}

#[test]
fn every_pair_that_is_ignored_is_named_here() {
    let events = [
        Event::Originate,
        OFFER,
        Event::Alerting,
        Event::Answer,
        Event::Release(Cause::Normal),
        Event::Confirmed,
        Event::PeerAlerting,
        Event::PeerAnswered { longest_s: 0 },
        Event::PeerReleased(Cause::BUSY),
        Event::Tick,
    ];
    // A dot is ignored: no action, same state. Columns as above, rows as in `everywhere`.
    let expected = [
        "xx..x...x.", // Idle
        "....x.xxx.", // Proceeding
        "....x.xxx.", // Alerting
        "..xxx...x.", // Calling, before its deadline
        "..xxx...x.", // Ringing
        "....x...x.", // Connected
        "....xx....", // Clearing
        "..........", // Gone
    ];
    for (leg, row) in everywhere().into_iter().zip(expected) {
        let taken: std::string::String = events
            .iter()
            .map(|event| {
                let mut after = leg;
                let silent = after.handle(NOW, *event).is_empty();
                if silent && after == leg { '.' } else { 'x' }
            })
            .collect();
        assert_eq!(taken, row, "{:?}", leg.state());
    }
}

#[test]
fn only_states_that_wait_for_a_person_or_nothing_have_no_deadline() {
    for leg in everywhere() {
        let waits =
            matches!(leg.state(), State::Calling { .. } | State::Ringing { .. } | State::Clearing { .. });
        assert_eq!(leg.next_deadline().is_some(), waits, "{:?}", leg.state());
    }
}
