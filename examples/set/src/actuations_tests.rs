//! Every frame of a controller there and back, and what is not one.

use super::{Actuation, Clock, Down, Keys, Sending};
use crate::frames::{BODY, Fault, Token};
use crate::words::{Codec, How, Key, Lamp, Reason, Ring, Tone};

fn send(events: Option<u8>, keys: Option<Keys>) -> Actuation {
    let to = "192.0.2.9:40000".parse().expect("an address");
    let keys = keys.map(Box::new);
    let sending = Sending { to, codec: Codec::Pcma, payload: 8, events, send: true, receive: false, keys };
    Actuation::Send { stream: 2, generation: 0x0102, sending }
}

/// All that may stand in a snapshot.
fn states() -> Vec<Actuation> {
    vec![
        Actuation::Display { row: 3, text: "é".repeat(40) },
        Actuation::Lamp { key: Key::HOLD, mode: Lamp::Blink },
        Actuation::Tone(Tone::OnHold),
        Actuation::Ringer(Ring::Outside),
        Actuation::Audio(true),
        Actuation::Open { stream: 0, generation: 65_535 },
        send(Some(101), None),
        send(None, Some(Keys { ours: [1; 30], theirs: [2; 30] })),
        Actuation::Clock(Clock { seconds: 1_790_000_000, east: -210 }),
    ]
}

fn all() -> Vec<Down> {
    let mut all: Vec<_> = states().into_iter().map(Down::Actuation).collect();
    all.extend([
        Down::Welcome { version: 1, heartbeat: 20 },
        Down::Registered {
            how: How::Replaced,
            token: Token([9; 16]),
            grace: 60,
            number: "2001".into(),
            name: "Zoë Öztürk".into(),
        },
        Down::Refused { reason: Reason::BadPin, place: String::new() },
        Down::Refused { reason: Reason::NotHere, place: "branch-2.example:6801".into() },
        Down::Snapshot(states()),
        Down::Snapshot(Vec::new()),
        Down::Actuation(Actuation::Close { stream: 1, generation: 4 }),
        Down::Actuation(Actuation::Stop { stream: 1, generation: 4 }),
        Down::Alive,
        Down::Bye(6),
    ]);
    all
}

#[test]
fn every_frame_of_a_controller_leads_back() {
    let mut kinds = std::collections::BTreeSet::new();
    for down in all() {
        kinds.insert(down.kind());
        assert_eq!(Down::read(down.kind(), &down.body()).as_ref(), Ok(&down));
        assert!(down.body().len() <= BODY);
    }
    assert_eq!(kinds, (0x81..=0x90).collect());
}

#[test]
fn a_body_with_an_octet_more_or_less_is_refused() {
    for down in all() {
        let mut body = down.body();
        for shorter in 0..body.len() {
            assert!(Down::read(down.kind(), &body[..shorter]).is_err(), "{down:?} without its end");
        }
        body.push(0);
        assert!(Down::read(down.kind(), &body).is_err(), "{down:?} with one more");
    }
}

#[test]
fn octets_are_those_of_the_document() {
    assert_eq!(Down::Welcome { version: 1, heartbeat: 0x0102 }.body(), [1, 1, 2]);
    let octets = [2, 1, 2, 4, 192, 0, 2, 9, 0x9c, 0x40, 1, 8, 101, 1, 0];
    assert_eq!(send(Some(101), None).body(), octets);
    let lamp = Actuation::Lamp { key: Key::TRANSFER, mode: Lamp::Flash };
    let snapshot = Down::Snapshot(vec![lamp, Actuation::Display { row: 1, text: "Hi".into() }]);
    assert_eq!(snapshot.body(), [2, 0x86, 0, 2, 0x11, 3, 0x85, 0, 4, 1, 2, b'H', b'i']);
    assert_eq!(Actuation::Clock(Clock { seconds: 1, east: -1 }).body(), [0, 0, 0, 0, 0, 0, 0, 1, 255, 255]);
}

#[test]
fn what_stands_for_nothing_is_refused() {
    let bodies: [(u8, &[u8]); 24] = [
        (0x81, &[1, 0, 0]),
        (0x85, &[4, 0]),
        (0x86, &[0x12, 1]),
        (0x86, &[b'1', 1]),
        (0x8a, &[4, 0, 1]),
        (0x8a, &[0, 0, 0]),
        (0x8b, &[4, 0, 1]),
        (0x8d, &[0, 0, 0]),
        (0x8f, &[9]),
        (0x82, &[0; 21]),
        (0x83, &[7, 2, 0xc2, 0x80]),
        (0x80, &[]),
        (0x91, &[]),
        (0xff, &[]),
        (0x06, &[]),
        (0x86, &[0x20, 1]),
        (0x86, &[1, 5]),
        (0x87, &[12]),
        (0x88, &[3]),
        (0x89, &[2]),
        (0x83, &[0, 0]),
        (0x83, &[10, 0]),
        (0x83, &[1, 1, b'x']),
        (0x84, &[1, 0x8e, 0, 0]),
    ];
    for (kind, body) in bodies {
        assert!(matches!(Down::read(kind, body), Err(Fault::Unreadable(_))), "{kind:#x} {body:?}");
    }
    let refused = |at: usize, octet: u8| {
        let mut body = send(Some(101), None).body();
        body[at] = octet;
        Down::read(0x8c, &body).is_err()
    };
    assert!(refused(10, 5), "a codec");
    assert!(refused(11, 128) && refused(12, 128) && refused(12, 254), "payload types");
    assert!(refused(13, 4) && refused(14, 2), "a direction, keys");
    assert!(Down::read(0x8c, &[2, 1, 2, 0, 1, 8, 101, 1, 0]).is_err(), "to no address");
}

#[test]
fn a_row_of_more_than_forty_letters_is_refused() {
    let display = |text: String| Down::Actuation(Actuation::Display { row: 0, text });
    for (text, good) in
        [("x".repeat(40), true), ("x".repeat(41), false), ("€".repeat(40), true), ("😀".repeat(41), false)]
    {
        let down = display(text);
        assert_eq!(Down::read(0x85, &down.body()).is_ok(), good, "{down:?}");
    }
}

#[test]
fn limits_of_texts_are_octets() {
    let registered = |number: &str, name: &str| {
        let down = Down::Registered {
            how: How::Known,
            token: Token([1; 16]),
            grace: 0,
            number: number.into(),
            name: name.into(),
        };
        Down::read(0x82, &down.body()).is_ok()
    };
    assert!(registered(&"1".repeat(16), &"é".repeat(20)));
    assert!(!registered(&"1".repeat(17), "") && !registered("", &"é".repeat(21)));
    let refused =
        |place: String| Down::read(0x83, &Down::Refused { reason: Reason::NotHere, place }.body()).is_ok();
    assert!(refused("x".repeat(64)) && !refused("x".repeat(65)));
}

#[test]
fn what_changes_is_not_in_a_snapshot() {
    for (kind, body) in [(0x8b, [0, 0, 1]), (0x8d, [0, 0, 1])] {
        let mut octets = vec![1, kind, 0, 3];
        octets.extend(body);
        assert_eq!(Down::read(0x84, &octets), Err(Fault::Unreadable("Close or Stop in a snapshot")));
    }
    let mut inner = Down::Snapshot(vec![Actuation::Tone(Tone::Dial)]).body();
    inner[2] = 1;
    assert!(Down::read(0x84, &inner).is_err(), "lengths that overlap");
}

#[test]
fn secrets_are_not_in_what_is_printed() {
    let printed = format!("{:?}", all());
    assert!(!printed.contains("9, 9") && !printed.contains("1, 1") && printed.contains("***"), "{printed}");
}
