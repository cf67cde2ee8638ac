use super::face::{Change, Face, Stream};
use crate::wire::set::{Audio, Lamp, Tone};
use std::vec;
use std::vec::Vec;

fn told(face: &Face, before: &mut Face) -> Vec<Change> {
    let mut changes = Vec::new();
    while let Some(change) = face.change(before) {
        changes.push(change);
        assert!(changes.len() < 100, "{changes:?}");
    }
    changes
}

#[test]
fn what_differs_is_told_once() {
    let mut before = Face::BLANK;
    let mut face = Face::BLANK;
    assert_eq!(told(&face, &mut before), []);
    face.row(1, 40, format_args!("Dial"));
    face.lamps[0] = Lamp::On;
    (face.tone, face.audio) = (Tone::Dial, Audio::Talk);
    face.streams[2].open = [7, 0];
    let all = [Change::Row(1), Change::Lamp(0), Change::Tone, Change::Audio, Change::Open(2, 7)];
    assert_eq!(told(&face, &mut before), all);
    assert_eq!(before, face);
    assert_eq!(told(&face, &mut before), []);
    // What is closed is closed first: a set has two generations of a stream at most.
    face.streams[2].open = [8, 9];
    let changes = told(&face, &mut before);
    assert_eq!(changes, [Change::Close(2, 7), Change::Open(2, 8), Change::Open(2, 9)]);
    face.streams[2].open = [9, 0];
    assert_eq!(told(&face, &mut before), [Change::Close(2, 8)], "the other stays, in whichever place");
    assert_eq!(told(&Face::BLANK, &mut before).len(), 5);
}

#[test]
fn a_row_has_so_many_characters_and_no_control_characters() {
    let mut face = Face::BLANK;
    face.row(0, 5, format_args!("Größe und mehr"));
    assert_eq!(face.rows[0].as_str(), "Größe");
    face.row(0, 40, format_args!("{}", "a\u{7}b"));
    assert_eq!(face.rows[0].as_str(), "a b");
    face.row(9, 40, format_args!("nowhere"));
}

/// Every way to open and close a stream, in every order up to eight events: never two of one generation, and what is current was opened.
#[test]
fn a_stream_is_opened_anew_after_each_call() {
    #[derive(Clone, Copy, Debug)]
    enum Event {
        Renew,
        Opened(bool, bool),
        Late,
    }
    let events = [
        Event::Renew,
        Event::Opened(true, false),
        Event::Opened(true, true),
        Event::Opened(false, false),
        Event::Late,
    ];
    let mut states = vec![Stream::default()];
    for _ in 0..8 {
        let mut next = Vec::new();
        for state in &states {
            for event in events {
                let mut stream = *state;
                match event {
                    Event::Renew => stream.renew(),
                    Event::Opened(there, in_call) => {
                        let (asked, current) = (stream.asked, stream.current);
                        let taken = stream.opened(asked, there, in_call);
                        assert_eq!(
                            taken,
                            asked != 0 && there && !(in_call && current != 0),
                            "{state:?} {event:?}"
                        );
                        assert_eq!(stream.current, if taken { asked } else { current });
                        assert_eq!(stream.asked, 0, "whatever it says, it is not awaited any more");
                    }
                    Event::Late => {
                        let taken = stream.opened(60_000, true, false);
                        assert!(!taken && stream == *state, "nobody asked for it");
                    }
                }
                assert!(stream.asked == 0 || stream.asked != stream.current, "{stream:?}");
                if !next.contains(&stream) {
                    next.push(stream);
                }
            }
        }
        states = next;
    }
    // Behind the last generation comes the first.
    let mut stream = Stream::default();
    for generation in (1..=u16::MAX).chain([1, 2]) {
        stream.renew();
        assert_eq!(stream.asked, generation);
        stream.opened(generation, generation % 3 == 0, true);
    }
}
