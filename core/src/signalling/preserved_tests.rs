//! Calls whose exchange is gone: traces, every state, and the messages of one.

use super::{Action, Actions, End, Event, Preserved, Side, State, answer};
use crate::base::{Flow, Instant, Transport};
use crate::signalling::transaction::client;
use crate::wire::sip::Message;
use crate::wire::write::Buffer;
use core::net::SocketAddr;
use std::collections::{HashSet, VecDeque};
use std::format;
use std::string::String;

use Side::{Called, Caller};

const UDP: [Transport; 2] = [Transport::Udp; 2];
const HOUR: u64 = 3_600_000;

fn up() -> State {
    State::Up { until: Instant(HOUR) }
}

/// Events at their milliseconds, and what follows from each.
fn trace(state: &mut State, over: [Transport; 2], rows: &[(u64, Event, &[Action])]) {
    for (ms, event, expected) in rows {
        let actions = state.handle(Instant(*ms), *event, over);
        assert_eq!(actions.as_slice(), *expected, "{event:?} at {ms}: {state:?}");
    }
}

#[test]
fn who_hangs_up_ends_it_and_the_other_is_told_until_he_answers() {
    let mut state = up();
    trace(
        &mut state,
        UDP,
        &[
            (1_000, Event::Bye(Caller), &[Action::Over, Action::Bye(Called)]),
            // Its 200 was lost.
            (1_100, Event::Bye(Caller), &[]),
            (1_499, Event::Tick, &[]),
            (1_500, Event::Tick, &[Action::Bye(Called)]),
            (2_500, Event::Tick, &[Action::Bye(Called)]),
            (2_600, Event::Answered(Called), &[]),
            (4_500, Event::Tick, &[]),
            (33_000, Event::Tick, &[]),
        ],
    );
    assert_eq!(state, State::Gone);
}

#[test]
fn whose_time_is_up_and_whoever_stops_tells_both() {
    let both = [Action::Over, Action::Bye(Caller), Action::Bye(Called)];
    let mut state = up();
    trace(&mut state, UDP, &[(HOUR - 1, Event::Tick, &[]), (HOUR, Event::Tick, &both)]);
    let mut state = up();
    trace(
        &mut state,
        UDP,
        &[
            (0, Event::HangUp, &both),
            (10, Event::HangUp, &[]),
            (500, Event::Tick, &[Action::Bye(Caller), Action::Bye(Called)]),
            // They cross: who hangs up himself needs not be told any more.
            (600, Event::Bye(Called), &[]),
            (1_500, Event::Tick, &[Action::Bye(Caller)]),
            (1_600, Event::Answered(Caller), &[]),
            (31_999, Event::Tick, &[]),
            (32_000, Event::Tick, &[]),
        ],
    );
    assert_eq!(state, State::Gone);
}

/// RFC 3261 section 17.1.2.2: over a stream nothing is sent again.
#[test]
fn over_a_stream_a_bye_is_sent_once() {
    let mut state = up();
    let over = [Transport::Tcp, Transport::Udp];
    trace(
        &mut state,
        over,
        &[
            (0, Event::Bye(Called), &[Action::Over, Action::Bye(Caller)]),
            (500, Event::Tick, &[]),
            (31_999, Event::Tick, &[]),
        ],
    );
    assert_ne!(state, State::Gone);
}

/// Whatever happens in whatever order: it is over exactly once, nobody is told who has hung up or answered, and in the end nothing is left.
#[test]
fn every_state_is_over_once_and_ends() {
    let events = [
        Event::Bye(Caller),
        Event::Bye(Called),
        Event::Answered(Caller),
        Event::Answered(Called),
        Event::HangUp,
        Event::Tick,
    ];
    let (mut seen, mut queue) = (HashSet::new(), VecDeque::from([(Instant(HOUR - 600), up())]));
    while let Some((now, state)) = queue.pop_front() {
        if !seen.insert((now, state)) {
            continue;
        }
        for event in events {
            for now in [now, now.max(state.next_deadline().unwrap_or(now))] {
                let mut next = state;
                let actions = next.handle(now, event, UDP);
                let over = actions.contains(&Action::Over);
                assert_eq!(
                    over,
                    matches!(state, State::Up { .. }) && !matches!(next, State::Up { .. }),
                    "{event:?} in {state:?}"
                );
                for side in Side::BOTH {
                    let told = actions.contains(&Action::Bye(side));
                    let needs_none = matches!(&next, State::Clearing { byes, .. } if *side.of(byes) == client::State::Terminated);
                    assert!(!told || !needs_none, "{side:?} is told by {event:?} in {state:?}");
                }
                if let State::Clearing { until, .. } = next {
                    assert!(until <= Instant(HOUR).plus_ms(32_000), "{next:?} lasts");
                    assert!(next.next_deadline().is_some_and(|at| at <= until), "{next:?} is forgotten");
                }
                queue.push_back((now, next));
            }
        }
    }
    assert!(seen.iter().any(|(_, state)| *state == State::Gone));
    assert!(seen.len() > 100, "{} states", seen.len());
}

fn end(number: u16) -> End {
    let text = |text: String| text.as_bytes().try_into().unwrap();
    let peer: SocketAddr = format!("192.0.2.{number}:5060").parse().unwrap();
    End {
        call_id: format!("call-{number}@example").as_bytes().try_into().unwrap(),
        ours: text(format!("<sip:gateway@192.0.2.9>;tag=ours{number}")),
        theirs: text(format!("\"Phone; {number}\" <sip:20{number}@192.0.2.9>;tag=theirs{number}")),
        target: text(format!("sip:20{number}@{peer};line=1")),
        routes: b"Route: <sip:proxy.example;lr>\r\nRoute: <sip:second.example;lr>\r\n"
            .as_slice()
            .try_into()
            .unwrap(),
        to: peer.into(),
        cseq: 10_007,
    }
}

fn call() -> Preserved {
    Preserved::new([end(1), end(2)], Instant(HOUR), 0xABCD)
}

fn request(method: &str, number: u16, tag: &str) -> String {
    format!(
        "{method} sip:gateway@192.0.2.9 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.{number}:5060;branch=z9hG4bK7\r\n\
         From: <sip:20{number}@192.0.2.9>;tag=theirs{number}\r\nTo: <sip:gateway@192.0.2.9>;tag={tag}\r\n\
         Call-ID: call-{number}@example\r\nCSeq: 5 {method}\r\nContent-Length: 0\r\n\r\n"
    )
}

fn take(call: &mut Preserved, text: &str) -> Option<(Option<u16>, Actions)> {
    let mut message = Message::new();
    message.parse(text.as_bytes()).unwrap();
    call.take(Instant(0), &message)
}

fn written(write: impl FnOnce(&mut Buffer<'_>)) -> String {
    let mut octets = [0; 2048];
    let mut out = Buffer::new(&mut octets);
    write(&mut out);
    let len = out.finish().unwrap();
    String::from_utf8(octets[..len].to_vec()).unwrap()
}

/// RFC 3261 sections 12.2.1.1 and 15.1.1: Request-URI, routes, tags, Call-ID and CSeq are the dialog's; the answer to it is known again.
#[test]
fn a_bye_is_one_of_its_dialog() {
    let us: SocketAddr = "192.0.2.9:5060".parse().unwrap();
    let text = written(|out| call().bye(Called, Flow::from(us), out));
    let expected = "BYE sip:202@192.0.2.2:5060;line=1 SIP/2.0\r\n\
        Via: SIP/2.0/UDP 192.0.2.9:5060;rport;branch=z9hG4bK000000000000abcdb\r\n\
        Max-Forwards: 70\r\n\
        Route: <sip:proxy.example;lr>\r\n\
        Route: <sip:second.example;lr>\r\n\
        From: <sip:gateway@192.0.2.9>;tag=ours2\r\n\
        To: \"Phone; 2\" <sip:202@192.0.2.9>;tag=theirs2\r\n\
        Call-ID: call-2@example\r\n\
        CSeq: 10007 BYE\r\n\
        Content-Length: 0\r\n\r\n";
    assert_eq!(text, expected);
    let mut call = call();
    assert_eq!(call.handle(Instant(0), Event::Bye(Caller)).as_slice(), [Action::Over, Action::Bye(Called)]);
    let from_there = expected.replacen("BYE sip:202@192.0.2.2:5060;line=1 SIP/2.0", "SIP/2.0 200 OK", 1);
    assert_eq!(take(&mut call, &from_there.replace("10007", "10008")), None, "it answers another request");
    assert_eq!(take(&mut call, &from_there), Some((None, Actions::new())));
    let State::Clearing { byes, .. } = *call.state() else { panic!("{:?}", call.state()) };
    assert_eq!(byes, [client::State::Terminated; 2]);
}

#[test]
fn only_a_bye_ends_it_and_only_in_its_own_dialog() {
    let mut call = call();
    for (text, status) in [
        (request("INVITE", 1, "ours1"), Some(488)),
        (request("UPDATE", 2, "ours2"), Some(488)),
        (request("REFER", 2, "ours2"), Some(501)),
        (request("OPTIONS", 1, "ours1"), Some(200)),
        (request("ACK", 1, "ours1"), None),
    ] {
        assert_eq!(take(&mut call, &text), Some((status, Actions::new())), "{text}");
    }
    for text in [
        request("BYE", 1, "ours2"),
        request("BYE", 1, "OURS1"),
        request("BYE", 2, "ours2").replace("tag=theirs2", "tag=theirs1"),
        request("BYE", 2, "ours2").replace("call-2", "call-1"),
        request("BYE", 2, "ours2").replace(";tag=ours2", ""),
    ] {
        assert_eq!(take(&mut call, &text), None, "{text}");
    }
    assert_eq!(*call.state(), State::Up { until: Instant(HOUR) });
    let bye = request("BYE", 2, "ours2");
    let expected = Actions::from_slice(&[Action::Over, Action::Bye(Caller)]).unwrap();
    assert_eq!(take(&mut call, &bye), Some((Some(200), expected)));
    assert_eq!(take(&mut call, &bye), Some((Some(200), Actions::new())), "repeated, it is answered again");
}

#[test]
fn an_answer_echoes_its_request() {
    let text = request("BYE", 2, "ours2");
    let mut message = Message::new();
    message.parse(text.as_bytes()).unwrap();
    let source: SocketAddr = "192.0.2.2:5060".parse().unwrap();
    let answered = written(|out| answer(&message, source.into(), 200, out));
    let (first, rest) = answered.split_once("\r\n").unwrap();
    assert_eq!(first, "SIP/2.0 200 OK");
    for line in text
        .lines()
        .filter(|line| ["Via", "From", "To", "Call-ID", "CSeq"].iter().any(|name| line.starts_with(name)))
    {
        assert!(rest.lines().any(|answered| answered == line), "{line} is not in {rest}");
    }
}
