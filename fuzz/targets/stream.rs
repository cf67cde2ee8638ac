//! A stream of octets, cut into messages: the same wherever it is cut, and each message ends where its reader says.
#![no_main]

use strowger::wire::sip::{Message, Piece, Stream};

/// What comes out if the octets come in chunks of these sizes, round and round.
fn pieces(octets: &[u8], sizes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut buffer = vec![0; 1_500];
    let mut stream = Stream::new(&mut buffer);
    let (mut found, mut rest, mut sizes) = (Vec::new(), octets, sizes.iter().cycle());
    loop {
        while let Some(piece) = stream.take() {
            found.push(match piece {
                Piece::Message(octets) => (0, octets.to_vec()),
                Piece::Ping => (1, Vec::new()),
                Piece::Last(octets) => (2, octets.to_vec()),
            });
        }
        let room = stream.room();
        let wanted = sizes.next().map_or(usize::MAX, |size| usize::from(*size) + 1);
        let length = wanted.min(rest.len()).min(room.len());
        if length == 0 {
            return found;
        }
        let (now, later) = rest.split_at(length);
        room[..length].copy_from_slice(now);
        stream.came(length);
        rest = later;
    }
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((count, rest)) = input.split_first() else { return };
    let Some((sizes, octets)) = rest.split_at_checked(usize::from(count % 8)) else { return };
    let whole = pieces(octets, &[]);
    assert!(pieces(octets, sizes) == whole, "it matters where the stream is cut");
    for (kind, octets) in &whole {
        let mut message = Message::new();
        if *kind == 0 && message.parse(octets).is_ok() {
            assert_eq!(
                usize::try_from(message.content_length.expect("it was framed by it")),
                Ok(message.body.len())
            );
            assert!(octets.ends_with(message.body), "something is behind the body");
        }
    }
});
