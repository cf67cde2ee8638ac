use super::*;
use crate::base::{Digit, WallTime};
use crate::wire::write::Buffer;
use std::string::ToString as _;
use std::vec;
use std::vec::Vec;

fn written(write: impl Fn(&mut Buffer<'_>)) -> Vec<u8> {
    let mut octets = vec![0; MAX_BODY];
    let mut out = Buffer::new(&mut octets);
    write(&mut out);
    let len = out.finish().unwrap();
    octets.truncate(len);
    octets
}

const HELLO: Hello<'_> = Hello {
    versions: (1, 3),
    mac: [8, 0, 15, 0x12, 0x34, 0x56],
    set_type: "console-8",
    token: [7; TOKEN],
    rows: 3,
    columns: 24,
    lines: 2,
    srtp: true,
    codecs: &[2, 0, 1],
};

fn ups() -> Vec<Up<'static>> {
    let at = |text: &str| Some(text.parse().unwrap());
    let mut all = vec![
        Up::Hello(HELLO),
        Up::Register(Register {
            kind: CodeKind::Replacement,
            code: Concealed::new("*58"),
            number: "301",
            pin: Concealed::new("471193"),
        }),
        Up::Register(Register {
            kind: CodeKind::None,
            code: Concealed::new(""),
            number: "301",
            pin: Concealed::new(""),
        }),
        Up::Hook { off: true },
        Up::Hook { off: false },
        Up::Opened { stream: 3, generation: 0x0102, at: at("192.0.2.7:4000") },
        Up::Opened { stream: 3, generation: 1, at: at("[2001:db8::7]:4000") },
        Up::Opened { stream: 3, generation: 1, at: None },
        Up::Alive,
        Up::Bye(0),
    ];
    let keys = [Key::Hold, Key::Transfer, Key::Cancel, Key::Redial];
    let digits = b"0123456789*#".iter().map(|c| Key::Digit(Digit::from_ascii(*c).unwrap()));
    let keys = keys.into_iter().chain(digits).chain((1..=MAX_LINES).map(Key::Line));
    all.extend(keys.flat_map(|key| [true, false].map(|pressed| Up::Key { key, pressed })));
    all
}

fn downs() -> Vec<Down<'static>> {
    let send = |keys, events| {
        Down::Send(Send {
            stream: 1,
            generation: 9,
            to: "192.0.2.8:5004".parse().unwrap(),
            codec: 1,
            payload: 8,
            events,
            direction: (true, false),
            keys,
        })
    };
    let mut all = vec![
        Down::Welcome { version: 1, heartbeat_s: 30 },
        Down::Registered { how: How::Bound, token: [9; TOKEN], grace_s: 60, number: "301", name: "Zoë" },
        Down::Refused { reason: Reason::NotHere, place: "192.0.2.9:6801" },
        Down::Refused { reason: Reason::BadPin, place: "" },
        Down::Snapshot { count: 2, actuations: &[0x87, 0, 1, 1, 0x8A, 0, 3, 0, 0, 1] },
        Down::Snapshot { count: 0, actuations: &[] },
        Down::Display { row: 0, text: "Größe" },
        Down::Open { stream: 0, generation: 65_535 },
        Down::Close { stream: 0, generation: 1 },
        send(Some((&[1; SRTP_KEY], &[2; SRTP_KEY])), Some(101)),
        send(None, None),
        Down::Stop { stream: 0, generation: 1 },
        Down::Alive,
        Down::Clock(WallTime { unix_s: 1_796_000_000, offset_min: -300 }),
    ];
    all.extend(Bye::ALL.iter().map(|bye| Down::Bye(*bye)));
    all.extend(Lamp::ALL.iter().map(|lamp| Down::Lamp(Key::Line(1), *lamp)));
    all.extend(Tone::ALL.iter().map(|tone| Down::Tone(*tone)));
    all.extend(Ring::ALL.iter().map(|ring| Down::Ringer(*ring)));
    all.extend(Audio::ALL.iter().map(|audio| Down::Audio(*audio)));
    all
}

#[test]
fn what_is_written_is_read_and_nothing_shorter_or_longer_is() {
    let kinds = |kind: u8, body: &[u8]| (Up::parse(kind, body).is_ok(), Down::parse(kind, body).is_ok());
    for up in ups() {
        let body = written(|out| up.write(out));
        assert_eq!(Up::parse(up.kind(), &body), Ok(up));
        assert!((0..body.len()).all(|len| kinds(up.kind(), &body[..len]) == (false, false)), "{up:?}");
        let longer: Vec<u8> = body.iter().copied().chain([0]).collect();
        assert_eq!(kinds(up.kind(), &longer), (false, false), "{up:?}");
    }
    for down in downs() {
        let body = written(|out| down.write(out));
        assert_eq!(Down::parse(down.kind(), &body), Ok(down));
        assert!((0..body.len()).all(|len| kinds(down.kind(), &body[..len]) == (false, false)), "{down:?}");
        let longer: Vec<u8> = body.iter().copied().chain([0]).collect();
        assert_eq!(kinds(down.kind(), &longer), (false, false), "{down:?}");
    }
}

/// Every octet of every body, changed to every other: what is still read is written as it stood.
#[test]
fn there_is_one_way_to_write_what_can_be_read() {
    let mut read = 0;
    let mut check = |kind: u8, body: &[u8]| {
        if let Ok(up) = Up::parse(kind, body) {
            assert_eq!(written(|out| up.write(out)), body, "{up:?}");
            read += 1;
        }
        if let Ok(down) = Down::parse(kind, body) {
            assert_eq!(written(|out| down.write(out)), body, "{down:?}");
            read += 1;
        }
    };
    let bodies = ups().into_iter().map(|up| (up.kind(), written(|out| up.write(out))));
    let bodies = bodies.chain(downs().into_iter().map(|down| (down.kind(), written(|out| down.write(out)))));
    for (kind, body) in bodies {
        for at in 0..body.len() {
            for octet in 0..=255 {
                let mut other = body.clone();
                other[at] = octet;
                check(kind, &other);
            }
        }
    }
    assert!(read > 10_000, "{read}");
}

#[test]
fn what_the_protocol_does_not_have_is_refused() {
    let hello = |changed: &dyn Fn(&mut Hello<'_>)| {
        let mut hello = HELLO;
        changed(&mut hello);
        let body = written(|out| Up::Hello(hello).write(out));
        Up::parse(1, &body).is_ok()
    };
    assert!(hello(&|_| {}));
    assert!(!hello(&|hello| hello.versions = (2, 1)));
    assert!(!hello(&|hello| hello.versions = (0, 1)));
    assert!(!hello(&|hello| hello.set_type = ""));
    assert!(!hello(&|hello| hello.set_type = "a-type-that-is-too-long"));
    assert!(!hello(&|hello| hello.set_type = "line\nbreak"));
    assert!(!hello(&|hello| hello.rows = 5));
    assert!(!hello(&|hello| hello.columns = 41));
    assert!(!hello(&|hello| hello.lines = 0));
    assert!(!hello(&|hello| hello.codecs = &[]));
    assert!(!hello(&|hello| hello.codecs = &[0, 0]));
    assert!(!hello(&|hello| hello.codecs = &[5]));
    let register = |kind, code, number, pin| {
        let register = Register { kind, code: Concealed::new(code), number, pin: Concealed::new(pin) };
        let body = written(|out| Up::Register(register).write(out));
        Up::parse(2, &body).is_ok()
    };
    assert!(register(CodeKind::Registration, "*57", "301", "471193"));
    assert!(!register(CodeKind::Registration, "", "301", "471193"), "a code is said, and there is none");
    assert!(!register(CodeKind::None, "*57", "301", "471193"));
    assert!(!register(CodeKind::None, "", "", "471193"));
    assert!(!register(CodeKind::None, "", "301", "123456789"));
    assert!(Up::parse(5, &[0, 0, 1, 4, 192, 0, 2, 7, 0, 0]).is_err(), "port 0");
    assert!(Down::parse(0x81, &[1, 0, 0]).is_err(), "a heartbeat of no time");
    // A snapshot holds actuations, and no snapshots.
    for inner in [&[0x84, 0, 1, 0][..], &[0x8E, 0, 0], &[0x8B, 0, 3, 0, 0, 1], &[0x87, 0, 2, 1, 1]] {
        let body: Vec<u8> = [1].iter().chain(inner).copied().collect();
        assert!(Down::parse(0x84, &body).is_err(), "{inner:x?}");
    }
    // Forty characters, whatever octets they take.
    let row =
        |text: &str| Down::parse(0x85, &written(|out| Down::Display { row: 0, text }.write(out))).is_ok();
    assert!(row(&"ö".repeat(40)) && !row(&"o".repeat(41)) && !row("bell\u{7}"));
}

#[test]
fn heads_follow_on_each_other() {
    let (mut near, mut far) = (Link::new(), Link::new());
    let mut buffer = [0; MAX_FRAME];
    let mut frame = |link: &mut Link, up: Up<'_>| {
        let len = link.write(&mut buffer, up.kind(), |out| up.write(out)).unwrap();
        buffer[..len].to_vec()
    };
    let first = frame(&mut near, Up::Hook { off: true });
    assert_eq!(first, [0, 1, 3, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    let second = frame(&mut near, Up::Hook { off: false });
    assert_eq!(near.unacknowledged(), 2);
    assert_eq!(far.take(&second), Err(Wrong::Sequence), "the first is missing");
    assert_eq!(far.take(&first), Ok((3, &[1][..])));
    assert_eq!(far.take(&first), Err(Wrong::Sequence), "twice");
    let answer = frame(&mut far, Up::Alive);
    assert_eq!(near.take(&answer).map(|(kind, _)| kind), Ok(6));
    assert_eq!(near.unacknowledged(), 1);
    // What was never sent cannot be acknowledged.
    let mut forged = second.clone();
    forged[11] = 9;
    assert_eq!(far.take(&forged), Err(Wrong::Sequence));
    assert_eq!(far.take(&second), Ok((3, &[0][..])), "nothing has changed by what was refused");
    for (at, octet) in [(3, 1), (1, 2), (0, 5)] {
        let mut wrong = first.clone();
        wrong[at] = octet;
        assert_eq!(Link::new().take(&wrong), Err(Wrong::Unreadable), "octet {at}");
    }
    assert_eq!(Link::length(&[0; 11]), Ok(None));
    assert_eq!(Link::length(&first), Ok(Some(13)));
    assert_eq!(Link::length(&[4, 177, 3, 0, 0, 0, 0, 1, 0, 0, 0, 0]), Err(Wrong::Unreadable), "1,201 octets");
}

#[test]
fn secrets_are_not_printed() {
    let printed: Vec<_> = ups().iter().map(|up| std::format!("{up:?}")).collect();
    assert!(printed.iter().all(|text| !text.contains("471193") && !text.contains("*58")), "{printed:?}");
    let registered = std::format!("{:?}", downs()[1]);
    assert_eq!(registered, "Registered(Bound, 301)");
    let hello = std::format!("{:?}", Up::Hello(HELLO));
    assert!(!hello.contains(&[7u8; TOKEN].map(|octet| octet.to_string()).join(", ")), "{hello}");
}

/// The worked capture of docs/set-protocol.md, frame by frame.
#[test]
fn the_documented_capture_is_what_is_written() {
    use std::fmt::Write as _;
    let (mut set, mut controller) = (Link::new(), Link::new());
    let mut shown = std::string::String::new();
    let mut say = |who: &str, kind: u8, write: &dyn Fn(&mut Buffer<'_>)| {
        let (from, to) = if who == "set" { (&mut set, &mut controller) } else { (&mut controller, &mut set) };
        let mut frame = [0; MAX_FRAME];
        let len = from.write(&mut frame, kind, |out| write(out)).unwrap();
        to.take(&frame[..len]).unwrap();
        let hex: Vec<_> = frame[..len].iter().map(|octet| std::format!("{octet:02x}")).collect();
        for (line, octets) in hex.chunks(24).enumerate() {
            let who = if line == 0 { who } else { "" };
            writeln!(shown, "{who:<10} {}", octets.join(" ")).unwrap();
        }
    };
    let hello = Hello { versions: (1, 1), token: [0; TOKEN], srtp: false, codecs: &[0, 1], ..HELLO };
    let register = Register {
        kind: CodeKind::None,
        code: Concealed::new(""),
        number: "301",
        pin: Concealed::new("471193"),
    };
    let ups: [(&str, Up<'_>); 6] = [
        ("hello", Up::Hello(hello)),
        ("register", Up::Register(register)),
        ("opened", Up::Opened { stream: 0, generation: 1, at: Some("192.0.2.7:4000".parse().unwrap()) }),
        ("off", Up::Hook { off: true }),
        ("two", Up::Key { key: Key::Digit(Digit::from_ascii(b'2').unwrap()), pressed: true }),
        ("bye", Up::Bye(0)),
    ];
    let token = [0xA7; TOKEN];
    let downs: [(&str, Down<'_>); 7] = [
        ("hello", Down::Welcome { version: 1, heartbeat_s: 30 }),
        ("hello", Down::Snapshot { count: 1, actuations: &[0x8A, 0, 3, 0, 0, 1] }),
        ("register", Down::Registered { how: How::Known, token, grace_s: 60, number: "301", name: "Lobby" }),
        ("register", Down::Display { row: 0, text: "301 Lobby" }),
        ("off", Down::Tone(Tone::Dial)),
        ("two", Down::Tone(Tone::Silence)),
        ("bye", Down::Bye(Bye::Wished)),
    ];
    for (step, up) in &ups {
        say("set", up.kind(), &|out| up.write(out));
        for (_, down) in downs.iter().filter(|(of, _)| of == step) {
            say("controller", down.kind(), &|out| down.write(out));
        }
    }
    let documented = std::fs::read_to_string("../docs/set-protocol.md").unwrap();
    assert!(documented.contains(&shown), "\n{shown}");
}
