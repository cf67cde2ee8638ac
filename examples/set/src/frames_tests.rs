//! Every frame of a set there and back, headers, and what is neither.

use super::{BODY, Code, Fault, HEADER, Header, Hello, Token, Up};
use crate::words::{Codec, Key};

fn hello() -> Hello {
    Hello {
        oldest: 1,
        newest: 1,
        mac: [0, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e],
        set_type: "desk-2".into(),
        token: Token([7; 16]),
        rows: 3,
        columns: 24,
        lines: 2,
        srtp: false,
        codecs: vec![Codec::Pcmu, Codec::Pcma],
    }
}

fn all() -> Vec<Up> {
    let opened = |address: &str| Up::Opened { stream: 3, generation: 65_535, address: address.parse().ok() };
    let register = |code| Up::Register { code, number: "2001".into(), pin: "4711".into() };
    vec![
        Up::Hello(hello()),
        register(Code::None),
        register(Code::Registration("***".into())),
        register(Code::Replacement("##".into())),
        Up::Hook { off: true },
        Up::Hook { off: false },
        Up::Key { key: Key::TRANSFER, pressed: true },
        opened("192.0.2.1:40000"),
        opened("[2001:db8::7]:40002"),
        opened(""),
        Up::Alive,
        Up::Bye(4),
    ]
}

#[test]
fn every_frame_of_a_set_leads_back() {
    for up in all() {
        assert_eq!(Up::read(up.kind(), &up.body()).as_ref(), Ok(&up));
    }
}

#[test]
fn a_body_with_an_octet_more_or_less_is_refused() {
    for up in all() {
        let mut body = up.body();
        for shorter in 0..body.len() {
            assert!(Up::read(up.kind(), &body[..shorter]).is_err(), "{up:?} without its end");
        }
        body.push(0);
        assert!(Up::read(up.kind(), &body).is_err(), "{up:?} with one more");
    }
}

#[test]
fn octets_are_those_of_the_document() {
    let mut octets = vec![1, 1, 0, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e, 6];
    octets.extend(b"desk-2");
    octets.extend([7; 16]);
    octets.extend([3, 24, 2, 0, 2, 0, 1]);
    assert_eq!(Up::Hello(hello()).body(), octets);
    let opened = Up::Opened { stream: 1, generation: 0x0203, address: "10.0.0.9:4096".parse().ok() };
    assert_eq!(opened.body(), [1, 2, 3, 4, 10, 0, 0, 9, 16, 0]);
    assert_eq!(Up::Key { key: Key::REDIAL, pressed: false }.body(), [0x13, 0]);
}

#[test]
fn what_stands_for_nothing_is_refused() {
    for (kind, body) in [(0x00, &[][..]), (0x08, &[]), (0x81, &[1, 0, 20]), (0x8e, &[]), (0x03, &[2])] {
        assert!(Up::read(kind, body).is_err(), "{kind:#x} {body:?}");
    }
    assert!(Up::read(0x04, &[0x05, 1]).is_err() && Up::read(0x04, b"A\x01").is_err(), "no such key");
    assert!(Up::read(0x02, &[3, 0, 1, b'1', 0]).is_err() && Up::read(0x02, &[0, 0, 0, 0]).is_err());
    for code in [&[1, 0, 1, b'1', 0][..], &[2, 0, 1, b'1', 0], &[0, 1, b'9', 1, b'1', 0]] {
        assert!(Up::read(0x02, code).is_err(), "{code:?}: no code, or one where there is none");
    }
    for opened in [[4, 0, 1, 0], [0, 0, 0, 0]] {
        assert!(Up::read(0x05, &opened).is_err(), "{opened:?}");
    }
    for (reason, good) in [(0, true), (4, true), (5, false), (6, false), (7, false), (8, true), (9, false)] {
        assert_eq!(Up::read(0x07, &[reason]).is_ok(), good, "{reason}");
    }
    let change = |at: usize, octet: u8| {
        let mut body = Up::Hello(hello()).body();
        body[at] = octet;
        Up::read(0x01, &body)
    };
    let rows = 9 + 6 + 16;
    for (at, octet) in [(rows, 0), (rows, 5), (rows + 1, 15), (rows + 1, 41), (rows + 2, 5), (rows + 3, 2)] {
        assert!(change(at, octet).is_err(), "{octet} at {at}");
    }
    assert!(change(rows + 4, 0).is_err() && change(rows + 5, 5).is_err(), "codecs");
    assert!(change(rows + 6, 0).is_err(), "a codec twice");
    assert!(change(0, 0).is_err() && change(0, 2).is_err() && change(1, 9).is_ok(), "versions");
}

#[test]
fn a_header_leads_back_and_bounds_the_body() {
    let frame = Header::frame(0x8e, 0x0102_0304, 5, &[1, 2]);
    assert_eq!(frame, [0, 2, 0x8e, 0, 1, 2, 3, 4, 0, 0, 0, 5, 1, 2]);
    let octets = <[u8; HEADER]>::try_from(&frame[..HEADER]).expect("a header");
    let header = Header { length: 2, kind: 0x8e, sequence: 0x0102_0304, acknowledged: 5 };
    assert_eq!(Header::read(octets), Ok(header));
    let most = u16::try_from(BODY).expect("a length").to_be_bytes();
    let at = |length: [u8; 2], zero| Header::read([length[0], length[1], 6, zero, 0, 0, 0, 1, 0, 0, 0, 0]);
    assert!(at(most, 0).is_ok() && at([most[0], most[1] + 1], 0).is_err());
    assert_eq!(at([0, 0], 1), Err(Fault::Unreadable("octet 3 is not 0")));
}

#[test]
fn secrets_are_not_in_what_is_printed() {
    let register = Up::Register {
        code: Code::Registration("1234567".into()),
        number: "2001".into(),
        pin: "987654".into(),
    };
    let printed = format!("{register:?} {:?}", Up::Hello(hello()));
    assert!(
        !printed.contains("1234567") && !printed.contains("987654") && !printed.contains("7, 7"),
        "{printed}"
    );
}
