//! The dialing machine as traces: time in seconds, event, what follows, state.

use super::Action::{Check, Hear, Place, Refuse, Release};
use super::{Event, Found, State, Timing, Tone};
use crate::base::Instant;
use crate::call::Cause;
use crate::policy::Rule;

const TIMING: Timing = Timing { first_s: 15, inter_s: 10, conflict_s: 3, tone_s: 30 };

const fn s(seconds: u64) -> Instant {
    Instant(seconds * 1000)
}

#[track_caller]
fn trace(lines: &[(u64, Event, Option<super::Action>, State)]) {
    let mut state = State::Idle;
    for (n, (at, event, action, expected)) in lines.iter().enumerate() {
        let done = state.handle(s(*at), *event, &TIMING);
        assert_eq!((done, state), (*action, *expected), "line {n}: {event:?}");
    }
}

const OFF_HOOK: Event = Event::OffHook { code_first: false };

#[test]
fn digits_come_one_by_one_until_the_number_is_whole() {
    let begun = |at| State::Begun { until: s(at) };
    trace(&[
        (0, OFF_HOOK, Some(Hear(Tone::Dial)), State::Tone { until: s(15) }),
        (14, Event::Tick, None, State::Tone { until: s(15) }),
        (14, Event::Digit(Found::More), Some(Hear(Tone::Silence)), begun(24)),
        (20, Event::Digit(Found::More), Some(Hear(Tone::Silence)), begun(30)),
        (21, Event::Digit(Found::Whole), Some(Place), begun(30)),
        (21, Event::Placed, None, State::Over),
        (22, Event::Digit(Found::More), None, State::Over),
    ]);
}

#[test]
fn r57_an_unknown_length_ends_with_hash_or_after_the_inter_digit_timer() {
    let open = |at| State::Open { until: s(at) };
    trace(&[
        (0, OFF_HOOK, Some(Hear(Tone::Dial)), State::Tone { until: s(15) }),
        (1, Event::Digit(Found::Open), Some(Hear(Tone::Silence)), open(11)),
        (5, Event::Digit(Found::Open), Some(Hear(Tone::Silence)), open(15)),
        (14, Event::Tick, None, open(15)),
        (15, Event::Tick, Some(Place), open(15)),
    ]);
    trace(&[
        (0, OFF_HOOK, Some(Hear(Tone::Dial)), State::Tone { until: s(15) }),
        (1, Event::Digit(Found::Open), Some(Hear(Tone::Silence)), open(11)),
        (2, Event::End, Some(Place), open(11)),
    ]);
}

#[test]
fn r58_the_dialing_conflict_timer_decides_for_the_shorter_number() {
    let doubtful = State::Doubtful { until: s(4) };
    trace(&[
        (0, OFF_HOOK, Some(Hear(Tone::Dial)), State::Tone { until: s(15) }),
        (1, Event::Digit(Found::Doubtful), Some(Hear(Tone::Silence)), doubtful),
        (3, Event::Tick, None, doubtful),
        (4, Event::Tick, Some(Place), doubtful),
    ]);
    trace(&[
        (0, OFF_HOOK, Some(Hear(Tone::Dial)), State::Tone { until: s(15) }),
        (1, Event::Digit(Found::Doubtful), Some(Hear(Tone::Silence)), doubtful),
        (3, Event::Digit(Found::More), Some(Hear(Tone::Silence)), State::Begun { until: s(13) }),
    ]);
}

#[test]
fn nothing_dialed_is_placed_as_it_is_and_the_refusal_heard_until_the_tone_ends() {
    let cause = Cause::Denied(Rule::NumberIncomplete);
    let refused = State::Refused { until: s(45), cause };
    trace(&[
        (0, OFF_HOOK, Some(Hear(Tone::Dial)), State::Tone { until: s(15) }),
        (15, Event::Tick, Some(Place), State::Tone { until: s(15) }),
        (15, Event::Refused(cause), Some(Refuse(cause)), refused),
        (16, Event::Digit(Found::More), None, refused),
        (44, Event::Tick, None, refused),
        (45, Event::Tick, Some(Release(cause)), State::Over),
    ]);
}

#[test]
fn r44_a_forced_verified_code_comes_before_dial_tone() {
    let code = |at, begun| State::Code { until: s(at), begun, lacking: Rule::CodeForcedVerified };
    trace(&[
        (0, Event::OffHook { code_first: true }, Some(Hear(Tone::AccountCode)), code(15, false)),
        (1, Event::Digit(Found::Whole), None, code(15, false)),
        (1, Event::CodeDigit { whole: false }, Some(Hear(Tone::Silence)), code(11, true)),
        (2, Event::CodeDigit { whole: true }, Some(Check), code(11, true)),
        (2, Event::Accepted { dialed: false }, Some(Hear(Tone::Dial)), State::Tone { until: s(17) }),
    ]);
}

#[test]
fn r45_a_code_is_asked_for_after_the_number_and_none_is_a_refusal() {
    let code = State::Code { until: s(17), begun: false, lacking: Rule::CodeForced };
    let cause = Cause::Denied(Rule::CodeForced);
    trace(&[
        (0, OFF_HOOK, Some(Hear(Tone::Dial)), State::Tone { until: s(15) }),
        (2, Event::Digit(Found::Whole), Some(Place), State::Tone { until: s(15) }),
        (2, Event::Asked(Rule::CodeForced), Some(Hear(Tone::AccountCode)), code),
        (17, Event::Tick, Some(Refuse(cause)), State::Refused { until: s(47), cause }),
    ]);
}

#[test]
fn r50_a_code_without_hash_ends_with_the_inter_digit_timer() {
    let code = State::Code { until: s(11), begun: true, lacking: Rule::CodeForced };
    trace(&[
        (
            0,
            Event::Asked(Rule::CodeForced),
            Some(Hear(Tone::AccountCode)),
            State::Code { until: s(15), begun: false, lacking: Rule::CodeForced },
        ),
        (1, Event::CodeDigit { whole: false }, Some(Hear(Tone::Silence)), code),
        (11, Event::Tick, Some(Check), code),
        (11, Event::Accepted { dialed: true }, Some(Place), State::Begun { until: s(21) }),
    ]);
}
