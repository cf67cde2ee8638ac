//! The binding machine as traces: time in seconds, event, outcome, seconds left.

use super::Event::{Lost, Register, Tick, Unregister};
use super::Outcome::{self, Nothing, OutOfOrder, Refreshed, Registered};
use super::{Binding, Event, Gone, MAX_EXPIRES_S, Order};
use crate::base::Instant;

const fn order(call_id: u64, cseq: u32) -> Order {
    Order { call_id, cseq }
}

const fn register(call_id: u64, cseq: u32, expires_s: u32) -> Event {
    Register { order: order(call_id, cseq), expires_s }
}

#[track_caller]
fn trace(lines: &[(u64, Event, Outcome, u64)]) -> Binding {
    let mut binding = Binding::Absent;
    for (n, (at_s, event, outcome, left)) in lines.iter().enumerate() {
        let now = Instant(0).plus_s(*at_s);
        let before = binding;
        let told = binding.handle(now, *event);
        assert_eq!((told, binding.remaining_s(now)), (*outcome, *left), "line {n}: {event:?}");
        if matches!(told, OutOfOrder | Nothing) {
            assert_eq!(binding, before, "line {n}: {event:?} changed something");
        }
    }
    binding
}

#[test]
fn a_phone_comes_stays_and_goes() {
    let end = trace(&[
        (0, register(1, 1, 600), Registered(600), 600),
        (300, register(1, 2, 600), Refreshed(600), 600),
        (600, register(1, 3, 120), Refreshed(120), 120),
        (610, Unregister { order: order(1, 4) }, Outcome::Gone(Gone::Unregistered), 0),
        (611, Unregister { order: order(1, 4) }, Nothing, 0),
    ]);
    assert_eq!((end, end.next_deadline()), (Binding::Absent, None));
}

#[test]
fn a_phone_that_is_not_heard_of_expires() {
    trace(&[
        (0, register(1, 1, 60), Registered(60), 60),
        (59, Tick, Nothing, 1),
        (60, Tick, Outcome::Gone(Gone::Lapsed), 0),
        (61, Tick, Nothing, 0),
        (62, register(1, 2, 60), Registered(60), 60),
    ]);
}

#[test]
fn a_phone_whose_connection_is_lost_is_gone_at_once() {
    let end = trace(&[
        (0, Lost, Nothing, 0),
        (1, register(1, 1, 600), Registered(600), 600),
        (2, Lost, Outcome::Gone(Gone::Lost), 0),
        (3, Lost, Nothing, 0),
        (4, register(1, 2, 600), Registered(600), 600),
    ]);
    assert!(end.is_repeat(order(1, 2)));
}

#[test]
fn an_older_register_that_arrives_late_changes_nothing() {
    let end = trace(&[
        (0, register(1, 5, 600), Registered(600), 600),
        (1, register(1, 5, 3600), OutOfOrder, 599),
        (2, register(1, 4, 3600), OutOfOrder, 598),
        (3, Unregister { order: order(1, 5) }, OutOfOrder, 597),
        (4, Unregister { order: order(1, 3) }, OutOfOrder, 596),
    ]);
    assert!(end.is_repeat(order(1, 5)) && !end.is_repeat(order(1, 4)) && !end.is_repeat(order(2, 5)));
}

#[test]
fn a_phone_that_was_restarted_replaces_itself() {
    trace(&[
        (0, register(1, 500, 600), Registered(600), 600),
        (10, register(2, 1, 600), Refreshed(600), 600),
        (11, register(2, 1, 600), OutOfOrder, 599),
        (12, Unregister { order: order(3, 1) }, Outcome::Gone(Gone::Unregistered), 0),
    ]);
}

#[test]
fn no_more_than_the_longest_is_granted() {
    trace(&[
        (0, register(1, 1, u32::MAX), Registered(MAX_EXPIRES_S), u64::from(MAX_EXPIRES_S)),
        (1, register(1, 2, MAX_EXPIRES_S + 1), Refreshed(MAX_EXPIRES_S), u64::from(MAX_EXPIRES_S)),
        (3_601, Tick, Outcome::Gone(Gone::Lapsed), 0),
    ]);
}

#[test]
fn a_binding_that_expired_unnoticed_counts_no_seconds() {
    let mut binding = Binding::Absent;
    binding.handle(Instant(0), register(1, 1, 60));
    assert_eq!(binding.remaining_s(Instant(59_001)), 1, "a begun second counts");
    assert_eq!(binding.remaining_s(Instant(90_000)), 0);
}

#[test]
fn time_may_end() {
    let mut binding = Binding::Absent;
    let end = Instant(u64::MAX);
    assert_eq!(binding.handle(end, register(1, 1, 60)), Registered(60));
    assert_eq!(binding.handle(end, Tick), Outcome::Gone(Gone::Lapsed), "nothing overflows");
}
