//! The machine as traces.

use super::change::{
    Action::{
        self, Agree, Answer, Clear, Confirm, Cross, Decline, Defer, Draw, GiveUp, PassOn, Refuse, Retry,
    },
    Change,
    Event::{self, Agreed, Asked, Confirmed, Refused, Renew, Tick},
    How,
    Side::{self, A, B},
};
use crate::base::Instant;

const NOW: Instant = Instant(1_000);

fn asked(side: Side) -> Event {
    Asked { side, how: How::Offer }
}

fn trace(rows: &[(Event, &[Action])]) -> Change {
    let mut change = Change::NONE;
    for (n, (event, wanted)) in rows.iter().enumerate() {
        assert_eq!(change.handle(NOW, *event).as_slice(), *wanted, "row {n}: {event:?}");
    }
    change
}

#[test]
fn an_offer_is_passed_on_and_its_answer_back() {
    let end = trace(&[(asked(A), &[PassOn(B)]), (Agreed(B), &[Confirm(B), Agree(A)]), (Confirmed(A), &[])]);
    assert!(end.is_settled());
}

/// RFC 3264 section 5: the answer to an offer in a 2xx is in the ACK.
#[test]
fn a_late_offer_is_confirmed_by_its_answer() {
    let late = Asked { side: B, how: How::Late };
    let end = trace(&[(late, &[PassOn(A)]), (Agreed(A), &[Agree(B)]), (Confirmed(B), &[Confirm(A)])]);
    assert!(end.is_settled());
}

/// R97: 491 for the crossing one, 500 for the second of the same side.
#[test]
fn r97_one_change_at_a_time() {
    let end = trace(&[
        (asked(A), &[PassOn(B)]),
        (asked(B), &[Cross(B)]),
        (asked(A), &[Defer(A)]),
        (Refused(B, 491), &[Refuse(A, 491)]),
        (asked(B), &[PassOn(A)]),
        (Agreed(A), &[Confirm(A), Agree(B)]),
        (asked(B), &[Cross(B)]),
        (asked(A), &[Cross(A)]),
        (Confirmed(B), &[]),
    ]);
    assert!(end.is_settled());
}

/// RFC 3261 section 14.1: a failed change leaves the session as it was; a party that is gone ends the call (RFC 5057).
#[test]
fn a_refusal_leaves_the_session() {
    for (status, told) in [(488, 488), (606, 606), (302, 488), (401, 488), (407, 488), (500, 500)] {
        assert!(trace(&[(asked(A), &[PassOn(B)]), (Refused(B, status), &[Refuse(A, told)])]).is_settled());
    }
    for gone in [408, 481] {
        assert!(
            trace(&[(asked(A), &[PassOn(B)]), (Refused(B, gone), &[Refuse(A, gone), Clear])]).is_settled()
        );
    }
}

#[test]
fn what_comes_too_late_changes_nothing() {
    trace(&[
        (Agreed(B), &[]),
        (Refused(A, 488), &[]),
        (Confirmed(A), &[]),
        (asked(A), &[PassOn(B)]),
        (Agreed(A), &[]),
        (Refused(A, 488), &[]),
        (Confirmed(A), &[]),
        (Agreed(B), &[Confirm(B), Agree(A)]),
        (Agreed(B), &[]),
        (Refused(B, 488), &[]),
        (Confirmed(B), &[]),
    ]);
}

/// RFC 3311 section 5: the 200 of an UPDATE ends it.
#[test]
fn an_update_is_not_acknowledged() {
    let update = Asked { side: B, how: How::Update };
    assert!(trace(&[(update, &[PassOn(A)]), (Agreed(A), &[Confirm(A), Agree(B)])]).is_settled());
    assert!(trace(&[(update, &[PassOn(A)]), (Refused(A, 488), &[Refuse(B, 488)])]).is_settled());
}

#[test]
fn a_session_is_renewed_by_an_offer_of_one_side_and_an_answer_of_the_other() {
    let renewed: &[(Event, &[Action])] = &[
        (Renew(NOW), &[]),
        (Tick, &[Draw(A)]),
        (asked(B), &[Cross(B)]),
        (Agreed(A), &[PassOn(B)]),
        (asked(A), &[Cross(A)]),
        (Agreed(B), &[Confirm(B), Answer(A)]),
        (Tick, &[]),
    ];
    assert_eq!(trace(renewed), Change::NONE);
    // Not before its time, and not while a change is under way.
    let early = trace(&[(Renew(NOW.plus_ms(1)), &[]), (Tick, &[]), (asked(A), &[PassOn(B)])]);
    assert_eq!(early.next_deadline(), None);
    let later = trace(&[
        (asked(A), &[PassOn(B)]),
        (Renew(NOW), &[]),
        (Tick, &[]),
        (Refused(B, 488), &[Refuse(A, 488)]),
    ]);
    assert_eq!(later.next_deadline(), Some(NOW));
}

/// R98: what they had stays. R97: where both ask at once it is tried again, four times.
#[test]
fn r97_r98_a_renewal_that_is_refused_leaves_the_session() {
    assert_eq!(trace(&[(Renew(NOW), &[]), (Tick, &[Draw(A)]), (Refused(A, 488), &[])]), Change::NONE);
    let again: &[(Event, &[Action])] =
        &[(Tick, &[Draw(A)]), (Refused(A, 491), &[Retry(A)]), (Renew(NOW), &[])];
    let last: &[(Event, &[Action])] = &[(Tick, &[Draw(A)]), (Refused(A, 491), &[])];
    let rows = [&[(Renew(NOW), &[][..])], again, again, again, last].concat();
    assert_eq!(trace(&rows), Change::NONE);
}

/// Its offer waits while the other side is asked again; where that will not have it, the other side makes the offer.
#[test]
fn a_drawn_offer_is_answered_whatever_comes() {
    let drawn: &[(Event, &[Action])] = &[(Renew(NOW), &[]), (Tick, &[Draw(A)]), (Agreed(A), &[PassOn(B)])];
    let again: &[(Event, &[Action])] =
        &[(Refused(B, 491), &[Retry(B)]), (asked(B), &[Cross(B)]), (Renew(NOW), &[]), (Tick, &[PassOn(B)])];
    let answered: &[(Event, &[Action])] = &[(Agreed(B), &[Confirm(B), Answer(A)])];
    assert_eq!(trace(&[drawn, again, answered].concat()), Change::NONE);
    let turned: &[(Event, &[Action])] =
        &[(Refused(B, 488), &[Decline(A)]), (Tick, &[Draw(B)]), (Agreed(B), &[PassOn(A)])];
    let answered: &[(Event, &[Action])] = &[(Agreed(A), &[Confirm(A), Answer(B)])];
    assert_eq!(trace(&[drawn, turned, answered].concat()), Change::NONE);
    let lost: &[(Event, &[Action])] = &[(Refused(A, 488), &[Decline(B), GiveUp])];
    assert_eq!(trace(&[drawn, turned, lost].concat()), Change::NONE);
    let gone: &[(Event, &[Action])] = &[(Refused(B, 481), &[Decline(A), Clear])];
    assert_eq!(trace(&[drawn, gone].concat()), Change::NONE);
}
