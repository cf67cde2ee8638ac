use super::*;
use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, vec};

const OPTIONS: &str = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n";

fn options(length: &str, body: &str) -> String {
    format!("{OPTIONS}{length}\r\n\r\n{body}")
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Taken {
    Message(String),
    Ping,
    Last(String),
}

/// What comes out if the octets come in chunks that begin at these places.
fn fed(octets: &[u8], cuts: &[usize], size: usize) -> Vec<Taken> {
    let mut buffer = vec![0; size];
    let mut stream = Stream::new(&mut buffer);
    let (mut taken, mut from) = (Vec::new(), 0);
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).to_string();
    for cut in cuts.iter().copied().chain([octets.len()]) {
        let mut chunk = &octets[from..cut];
        from = cut;
        loop {
            while let Some(piece) = stream.take() {
                taken.push(match piece {
                    Piece::Message(octets) => Taken::Message(text(octets)),
                    Piece::Ping => Taken::Ping,
                    Piece::Last(octets) => Taken::Last(text(octets)),
                });
            }
            let room = stream.room();
            let some = chunk.len().min(room.len());
            if some == 0 {
                break;
            }
            room[..some].copy_from_slice(&chunk[..some]);
            stream.came(some);
            chunk = &chunk[some..];
        }
    }
    taken
}

/// What comes out if who has them all asks for the first again and again.
fn asked(mut octets: &[u8], longest: usize) -> Vec<Taken> {
    let mut taken = Vec::new();
    while let Some((skipped, kind, length)) = first_piece(octets, longest) {
        let text = String::from_utf8_lossy(&octets[skipped..skipped + length]).to_string();
        octets = &octets[skipped + length..];
        match kind {
            PieceKind::Message => taken.push(Taken::Message(text)),
            PieceKind::Ping => taken.push(Taken::Ping),
            PieceKind::Last => {
                taken.push(Taken::Last(text));
                break;
            }
        }
    }
    taken
}

#[test]
fn rfc3261_18_3_the_same_messages_wherever_the_stream_is_cut() {
    let messages = [
        options("Content-Length: 0", ""),
        options("l: 5\r\nSubject: x", "hello"),
        options("Content-Length:\r\n 4", "\r\n\r\n"),
        options("Content-Length: 3\r\nContent-Length: 3", "abc"),
    ];
    let stream = format!(
        "{}\r\n\r\n{}\r\n{}\r\n\r\n\r\n\r\n\r\n{}",
        messages[0], messages[1], messages[2], messages[3]
    );
    let [a, b, c, d] = messages.map(Taken::Message);
    let expected = vec![a, Taken::Ping, b, c, Taken::Ping, Taken::Ping, d];
    let octets = stream.as_bytes();
    assert_eq!(fed(octets, &[], 4_096), expected, "at once");
    assert_eq!(asked(octets, 4_096), expected, "asked for");
    for cut in 0..octets.len() {
        let some = asked(&octets[..cut], 4_096);
        assert_eq!(some, expected[..some.len()], "the first {cut}");
    }
    assert_eq!(fed(octets, &(0..octets.len()).collect::<Vec<_>>(), 4_096), expected, "octet by octet");
    for cut in 0..octets.len() {
        assert_eq!(fed(octets, &[cut], 4_096), expected, "cut at {cut}");
        assert_eq!(fed(octets, &[cut / 2, cut], 300), expected, "cut at {cut}, little room");
    }
}

#[test]
fn nobody_smuggles_a_message_behind_another_end() {
    let inner = options("Content-Length: 0", "");
    let endings = [
        ("", "no length"),
        ("Content-Length: 0\r\nContent-Length: 5", "two lengths"),
        ("Content-Length: 0\r\nl: 00", "two spellings of one length"),
        ("Content-Length: 0\r\nContent-Length : 5", "white space before the colon"),
        ("Content-Length : 0", "white space before the only colon"),
        ("Content-Length: -1", "less than nothing"),
        ("Content-Length: +1", "a sign"),
        ("Content-Length: 0, 5", "a list"),
        ("Content-Length: 0 5", "two numbers"),
        ("Content-Length: 4294967296", "more than 32 bits"),
        ("Content-Length: 18446744073709551616", "more than 64 bits"),
        ("Content-Length: 0\0", "a NUL"),
        ("X: a\nContent-Length: 0\r\nContent-Length: 0", "a bare LF"),
        ("X: a\rContent-Length: 5\r\nContent-Length: 0", "a bare CR"),
        ("X: a\r\r\nContent-Length: 0", "CR CR LF"),
    ];
    for (ending, what) in endings {
        let head = if ending.is_empty() { format!("{OPTIONS}\r\n") } else { options(ending, "") };
        let stream = format!("{head}{inner}");
        let taken = fed(stream.as_bytes(), &[], 4_096);
        assert_eq!(asked(stream.as_bytes(), 4_096), taken, "{what}");
        assert_eq!(taken, [Taken::Last(head)], "{what}: nothing behind it is believed");
    }
    for begin in ["\n", "\r\r\n", "\n\r\n"] {
        let taken = fed(format!("{begin}{inner}").as_bytes(), &[], 4_096);
        assert!(matches!(taken[..], [Taken::Last(_)]), "{begin:?}");
        let octets = format!("{begin}{inner}");
        let cuts: Vec<usize> = (0..octets.len()).collect();
        assert_eq!(fed(octets.as_bytes(), &cuts, 4_096), taken, "{begin:?}, octet by octet");
    }
}

#[test]
fn what_is_longer_than_the_room_ends_the_stream() {
    let long = options("Content-Length: 400", &"x".repeat(400));
    assert_eq!(fed(long.as_bytes(), &[], long.len()), [Taken::Message(long.clone())], "it fits just so");
    let behind = format!("\r\n{long}");
    assert_eq!(asked(behind.as_bytes(), long.len()), [Taken::Message(long.clone())], "behind an empty line");
    for filled in [&b"x"[..], b"\r\nx", b"\r\n\r", b"\r\r", b"\n", b"\r\n\r\n"] {
        let octets: Vec<u8> = filled.iter().copied().chain([b'x'; 70]).take(66).collect();
        assert!(
            first_piece(&octets, 64).is_some(),
            "{filled:?}: two octets beyond the longest there is a piece"
        );
        assert!(first_piece(&octets[..6], 4).is_some(), "{filled:?}: and of the shortest");
    }
    let head = options("Content-Length: 400", "");
    assert_eq!(fed(long.as_bytes(), &[], long.len() - 1), [Taken::Last(head.clone())], "one octet too long");
    assert_eq!(asked(long.as_bytes(), long.len()), [Taken::Message(long.clone())], "it fits just so");
    assert_eq!(asked(long.as_bytes(), long.len() - 1), [Taken::Last(head.clone())], "one octet too long");
    let taken = fed(head.as_bytes(), &[], head.len() - 1);
    assert_eq!(taken, [Taken::Last(head[..head.len() - 1].into())], "a head without end");
    assert_eq!(fed(&[b'\0'; 5_000], &[], 4_096), [Taken::Last("\0".repeat(4_096))]);
    assert_eq!(asked(&[b'\0'; 5_000], 4_096), [Taken::Last("\0".repeat(4_096))]);
    let many = format!("{OPTIONS}{}Content-Length: 0\r\n\r\n", "X: y\r\n".repeat(300));
    assert_eq!(fed(many.as_bytes(), &[], 4_096), [Taken::Last(many.clone())], "more lines than are read");
}

#[test]
fn a_stream_that_is_over_takes_nothing() {
    let mut buffer = [0; 64];
    let mut stream = Stream::new(&mut buffer);
    assert!(!stream.is_amid());
    stream.room()[..1].copy_from_slice(b"\n");
    stream.came(1);
    assert!(stream.is_amid());
    assert_eq!(stream.take(), Some(Piece::Last(b"\n")));
    assert_eq!(stream.take(), None);
    assert_eq!((stream.room().len(), stream.is_amid()), (0, false));
    stream.came(usize::MAX);
    assert_eq!(stream.take(), None);
}
