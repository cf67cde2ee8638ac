//! The figures of RFC 3261 section 17 (as RFC 6026 corrects them) as traces: at a time, an event, what follows, where it is.

use super::Action::{self, Acknowledge, Deliver, Send, Terminated, TimedOut};
use super::{client, invite_client, invite_server, server};
use crate::base::{Instant, Transport};
use std::vec::Vec;

/// Plays events and, in between, every tick at its deadline; says when what was done, `until` inclusive.
macro_rules! play {
    ($state:expr, $tick:expr, $until:expr, $events:tt) => { play!(Transport::Udp, $state, $tick, $until, $events) };
    ($over:expr, $state:expr, $tick:expr, $until:expr, [$(($at:expr, $event:expr)),* $(,)?]) => {{
        let mut state = $state;
        let mut events: Vec<(u64, _)> = std::vec![$(($at, $event)),*];
        events.reverse();
        let mut done: Vec<(u64, Vec<Action>)> = Vec::new();
        loop {
            let due = state.next_deadline().map(|at| at.0);
            let next = events.last().map(|(at, _)| *at);
            let (at, event) = match (due, next) {
                (Some(due), next) if next.is_none_or(|next| due <= next) && due <= $until => (due, $tick),
                (_, Some(_)) => events.pop().unwrap(),
                (_, None) => break,
            };
            let actions = state.handle(Instant(at), $over, event);
            if !actions.is_empty() {
                done.push((at, actions.to_vec()));
            }
        }
        (state, done)
    }};
}

fn sends(done: &[(u64, Vec<Action>)]) -> Vec<u64> {
    done.iter().filter(|(_, actions)| actions.contains(&Send)).map(|(at, _)| *at).collect()
}

#[test]
fn figure_5_nobody_hears_our_invite() {
    let (state, done) =
        play!(invite_client::State::new(Instant(0), Transport::Udp), invite_client::Event::Tick, 99_000, []);
    assert_eq!(sends(&done), [500, 1_500, 3_500, 7_500, 15_500, 31_500], "timer A doubles, without a limit");
    assert_eq!(done.last().unwrap(), &(32_000, std::vec![TimedOut, Terminated]), "timer B");
    assert_eq!((state, state.next_deadline()), (invite_client::State::Terminated, None));
}

#[test]
fn figure_5_our_invite_is_answered() {
    use invite_client::Event::{Failure, Provisional, Success, Tick};
    let new = invite_client::State::new(Instant(0), Transport::Udp);
    let (state, done) = play!(
        new,
        Tick,
        99_000,
        [
            (100, Provisional),
            (40_000, Provisional),
            (50_000, Failure),
            (50_500, Failure),
            (51_500, Provisional),
            (51_600, Success),
        ]
    );
    assert_eq!(
        done,
        [
            (100, std::vec![Deliver]),
            (40_000, std::vec![Deliver]),
            (50_000, std::vec![Acknowledge, Deliver]),
            (50_500, std::vec![Acknowledge]),
            (82_000, std::vec![Terminated]),
        ],
        "a 1xx ends timers A and B; the refusal is acknowledged each time and told once; timer D"
    );
    assert_eq!(state, invite_client::State::Terminated);
    let (_, done) =
        play!(new, Tick, 99_000, [(700, Success), (1_200, Success), (2_000, Failure), (3_000, Provisional)]);
    assert_eq!(
        done,
        [
            (500, std::vec![Send]),
            (700, std::vec![Deliver]),
            (1_200, std::vec![Deliver]),
            (32_700, std::vec![Terminated]),
        ],
        "RFC 6026: each 2xx is handed up; timer M"
    );
}

#[test]
fn figure_6_nobody_hears_our_request() {
    let (state, done) =
        play!(client::State::new(Instant(0), Transport::Udp), client::Event::Tick, 99_000, []);
    assert_eq!(
        sends(&done),
        [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500],
        "timer E, at most T2"
    );
    assert_eq!(done.last().unwrap(), &(32_000, std::vec![TimedOut, Terminated]), "timer F");
    assert_eq!(state, client::State::Terminated);
}

#[test]
fn figure_6_our_request_is_answered() {
    use client::Event::{Final, Provisional, Tick};
    let new = client::State::new(Instant(0), Transport::Udp);
    let (_, done) = play!(
        new,
        Tick,
        99_000,
        [(600, Provisional), (10_000, Final), (10_100, Final), (10_200, Provisional)]
    );
    assert_eq!(
        done,
        [
            (500, std::vec![Send]),
            (1_500, std::vec![Send]),
            (5_500, std::vec![Send]),
            (9_500, std::vec![Send]),
            (10_000, std::vec![Deliver]),
            (15_000, std::vec![Terminated]),
        ],
        "after a 1xx every T2; told once; timer K"
    );
    let (_, done) = play!(new, Tick, 99_000, [(100, Provisional)]);
    assert_eq!(
        done.last().unwrap(),
        &(32_000, std::vec![TimedOut, Terminated]),
        "a 1xx does not end timer F"
    );
}

/// RFC 3262 section 3: a provisional answer is sent again after T1, doubling without a cap, for 64 T1.
#[test]
fn rfc_3262_a_provisional_answer_waits_for_its_prack() {
    use invite_server::Event::{Prack, Reliable, Tick};
    let begun = || {
        let mut state = invite_server::State::Proceeding;
        assert_eq!(state.handle(Instant(0), Transport::Udp, Reliable).as_slice(), [Send]);
        state
    };
    let (state, done) = play!(begun(), Tick, 99_000, []);
    assert_eq!(sends(&done), [500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    assert_eq!(done.last().unwrap(), &(32_000, std::vec![Action::Unacknowledged]));
    assert_eq!(state, invite_server::State::Proceeding);
    let (state, done) = play!(begun(), Tick, 99_000, [(700, Prack)]);
    assert_eq!((sends(&done), state), (std::vec![500], invite_server::State::Proceeding));
}

#[test]
fn figure_7_their_invite_is_refused() {
    use invite_server::Event::{Ack, Failure, Provisional, Request, Tick};
    let new = invite_server::State::Proceeding;
    let (_, done) = play!(
        new,
        Tick,
        199_000,
        [
            (0, Provisional),
            (500, Request),
            (60_000, Provisional),
            (70_000, Failure),
            (70_200, Request),
            (72_000, Ack),
            (72_100, Request),
            (72_200, Ack),
        ]
    );
    assert_eq!(
        done,
        [
            (0, std::vec![Send]),
            (500, std::vec![Send]),
            (60_000, std::vec![Send]),
            (70_000, std::vec![Send]),
            (70_200, std::vec![Send]),
            (70_500, std::vec![Send]),
            (71_500, std::vec![Send]),
            (77_000, std::vec![Terminated]),
        ],
        "the last answer answers a repetition; timer G until the ACK; then timer I, in silence"
    );
    let (_, done) = play!(new, Tick, 99_000, [(0, Failure)]);
    assert_eq!(
        sends(&done),
        [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500],
        "timer G"
    );
    assert_eq!(done.last().unwrap(), &(32_000, std::vec![TimedOut, Terminated]), "timer H");
}

#[test]
fn rfc6026_their_invite_is_accepted() {
    use invite_server::Event::{Ack, AckSuccess, Failure, Provisional, Request, Success, Tick};
    let new = invite_server::State::Proceeding;
    let (_, done) = play!(
        new,
        Tick,
        99_000,
        [
            (0, Success),
            (600, Request),
            (700, Failure),
            (800, Provisional),
            (900, Ack),
            (1_700, AckSuccess),
            (1_800, AckSuccess),
            (1_900, Request),
        ]
    );
    assert_eq!(
        done,
        [
            (0, std::vec![Send]),
            (500, std::vec![Send]),
            (1_500, std::vec![Send]),
            (32_000, std::vec![Terminated]),
        ],
        "the 2xx is sent again by its timer only, until the ACK; timer L"
    );
    let (_, done) = play!(new, Tick, 99_000, [(0, Success)]);
    assert_eq!(sends(&done), [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    assert_eq!(done.last().unwrap(), &(32_000, std::vec![TimedOut, Terminated]), "never acknowledged");
}

#[test]
fn figure_8_their_request() {
    use server::Event::{Final, Request, Tick};
    let (state, done) = play!(
        server::State::Trying,
        Tick,
        99_000,
        [(0, Request), (100, Final), (600, Request), (700, Final), (1_600, Request),]
    );
    assert_eq!(
        done,
        [
            (100, std::vec![Send]),
            (600, std::vec![Send]),
            (1_600, std::vec![Send]),
            (32_100, std::vec![Terminated]),
        ],
        "one answer, again for each repetition; timer J"
    );
    assert_eq!((state, state.next_deadline()), (server::State::Terminated, None));
}

/// Section 17: timers A, E and G do not run over a reliable transport, and D, I, J and K are 0.
#[test]
fn nothing_is_sent_again_over_a_stream_and_nothing_waited_for() {
    for over in [Transport::Tcp, Transport::Tls] {
        let calling = invite_client::State::new(Instant(0), over);
        let (_, done) = play!(over, calling, invite_client::Event::Tick, 99_000, []);
        assert_eq!(done, [(32_000, std::vec![TimedOut, Terminated])], "timer B alone");
        let (_, done) =
            play!(over, calling, invite_client::Event::Tick, 99_000, [(9, invite_client::Event::Failure)]);
        assert_eq!(done, [(9, std::vec![Acknowledge, Deliver]), (9, std::vec![Terminated])]);
        let (_, done) =
            play!(over, calling, invite_client::Event::Tick, 99_000, [(9, invite_client::Event::Unsent)]);
        assert_eq!(done, [(9, std::vec![TimedOut, Terminated])], "the connection was closed (17.1.4)");
        let asking = client::State::new(Instant(0), over);
        let (_, done) = play!(over, asking, client::Event::Tick, 99_000, []);
        assert_eq!(done, [(32_000, std::vec![TimedOut, Terminated])], "timer F alone");
        let (_, done) = play!(over, asking, client::Event::Tick, 99_000, [(9, client::Event::Final)]);
        assert_eq!(done, [(9, std::vec![Deliver]), (9, std::vec![Terminated])]);
        let (_, done) = play!(over, asking, client::Event::Tick, 99_000, [(9, client::Event::Unsent)]);
        assert_eq!(done, [(9, std::vec![TimedOut, Terminated])]);
        let heard = [client::Event::Provisional, client::Event::Unsent];
        let (_, done) = play!(over, asking, client::Event::Tick, 99_000, [(9, heard[0]), (10, heard[1])]);
        assert_eq!(
            done,
            [(32_000, std::vec![TimedOut, Terminated])],
            "it has arrived: the answer may take another way"
        );
        use invite_server::Event::{Ack, Failure, Success, Tick};
        let asked = invite_server::State::Proceeding;
        let (_, done) = play!(over, asked, Tick, 99_000, [(0, Failure)]);
        assert_eq!(done, [(0, std::vec![Send]), (32_000, std::vec![TimedOut, Terminated])], "timer H alone");
        let (_, done) = play!(over, asked, Tick, 99_000, [(0, Failure), (9, Ack)]);
        assert_eq!(done, [(0, std::vec![Send]), (9, std::vec![Terminated])]);
        let (_, done) = play!(over, asked, Tick, 2_000, [(0, Success)]);
        assert_eq!(sends(&done), [0, 500, 1_500], "a 2xx is the business of the layer above (13.3.1.4)");
        let (_, done) =
            play!(over, server::State::Trying, server::Event::Tick, 99_000, [(0, server::Event::Final)]);
        assert_eq!(done, [(0, std::vec![Send]), (0, std::vec![Terminated])]);
    }
}

#[test]
fn early_ticks_and_events_after_the_end_change_nothing() {
    let mut state = invite_client::State::new(Instant(0), Transport::Udp);
    let before = state;
    assert!(state.handle(Instant(499), Transport::Udp, invite_client::Event::Tick).is_empty());
    assert_eq!(state, before);
    let mut state = client::State::new(Instant(0), Transport::Udp);
    let before = state;
    assert!(state.handle(Instant(499), Transport::Udp, client::Event::Tick).is_empty());
    assert_eq!(state, before);
    for event in [client::Event::Provisional, client::Event::Final, client::Event::Tick] {
        let mut state = client::State::Terminated;
        assert!(state.handle(Instant(9), Transport::Udp, event).is_empty());
        assert_eq!(state, client::State::Terminated);
    }
    for event in [server::Event::Request, server::Event::Final, server::Event::Tick] {
        let mut state = server::State::Terminated;
        assert!(state.handle(Instant(9), Transport::Udp, event).is_empty());
        assert_eq!(state, server::State::Terminated);
    }
}

#[test]
fn a_late_tick_sends_once_and_not_for_each_interval_missed() {
    let mut state = invite_server::State::Proceeding;
    state.handle(Instant(0), Transport::Udp, invite_server::Event::Success);
    assert_eq!(state.handle(Instant(20_000), Transport::Udp, invite_server::Event::Tick).as_slice(), [Send]);
    assert_eq!(state.next_deadline(), Some(Instant(21_000)));
    assert_eq!(
        state.handle(Instant(90_000), Transport::Udp, invite_server::Event::Tick).as_slice(),
        [TimedOut, Terminated]
    );
}
