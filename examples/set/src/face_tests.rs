//! Faces and what is done to them.

use super::{Effect, Face, newer};
use crate::frames::{Actuation, Clock, Fault, Sending};
use crate::words::{Codec, Key, Lamp, Ring, Tone};

fn face() -> Face {
    Face::new(3, 24, 2)
}

fn display(row: u8, text: &str) -> Actuation {
    Actuation::Display { row, text: text.into() }
}

fn lamp(line: u8, mode: Lamp) -> Actuation {
    Actuation::Lamp { key: Key::line(line).expect("a line key"), mode }
}

fn open(stream: u8, generation: u16) -> Actuation {
    Actuation::Open { stream, generation }
}

fn close(stream: u8, generation: u16) -> Actuation {
    Actuation::Close { stream, generation }
}

fn stop(stream: u8, generation: u16) -> Actuation {
    Actuation::Stop { stream, generation }
}

fn sending(codec: Codec) -> Sending {
    let to = "127.0.0.1:40000".parse().expect("an address");
    Sending { to, codec, payload: 0, events: Some(101), send: true, receive: true, keys: None }
}

fn send(stream: u8, generation: u16) -> Actuation {
    Actuation::Send { stream, generation, sending: sending(Codec::Pcmu) }
}

/// What is open, and whether it is sent.
fn opened(face: &Face) -> Vec<(u8, u16, bool)> {
    face.open().map(|(stream, open)| (stream, open.number, open.sending.is_some())).collect()
}

fn busy() -> Face {
    let mut face = face();
    for actuation in [
        display(0, "2001"),
        display(2, "Call from Zoë"),
        lamp(2, Lamp::Flash),
        Actuation::Tone(Tone::Dial),
        Actuation::Ringer(Ring::Inside),
        Actuation::Audio(true),
        open(0, 7),
        send(0, 7),
        Actuation::Clock(Clock { seconds: 9, east: 60 }),
    ] {
        face.apply(&actuation).expect("an actuation");
    }
    face
}

#[test]
fn each_actuation_says_what_is_and_may_be_said_again() {
    let mut again = busy();
    assert!(again.shows("from Zoë") && !again.shows("2002"));
    let line = |line| Key::line(line).expect("a line key");
    assert_eq!((again.lamp(line(1)), again.lamp(line(2))), (Lamp::Off, Lamp::Flash));
    assert_eq!((again.tone(), again.ring(), again.audio()), (Tone::Dial, Ring::Inside, true));
    assert_eq!(opened(&again), [(0, 7, true)]);
    for actuation in [display(0, "2001"), lamp(2, Lamp::Flash), open(0, 7), send(0, 7)] {
        again.apply(&actuation).expect("an actuation");
    }
    assert_eq!(again, busy());
    again.apply(&lamp(2, Lamp::Off)).expect("an actuation");
    assert_eq!(again.lamps().count(), 0);
}

#[test]
fn a_row_is_no_longer_than_the_display_is_wide() {
    let mut face = Face::new(1, 16, 1);
    assert_eq!(face.apply(&display(0, &"Ä".repeat(16))), Ok(Effect::Done));
    assert!(face.apply(&display(0, &"x".repeat(17))).is_err());
    assert_eq!(face.rows(), ["Ä".repeat(16)]);
}

#[test]
fn what_this_set_has_not_is_refused_and_changes_nothing() {
    let mut face = busy();
    let mut srtp = sending(Codec::Pcmu);
    srtp.keys = Some(Box::new(crate::frames::Keys { ours: [0; 30], theirs: [0; 30] }));
    for actuation in [
        display(3, "a fourth row"),
        lamp(3, Lamp::On),
        Actuation::Send { stream: 0, generation: 7, sending: sending(Codec::Opus) },
        Actuation::Send { stream: 0, generation: 7, sending: srtp },
    ] {
        assert!(matches!(face.apply(&actuation), Err(Fault::Unreadable(_))), "{actuation:?}");
        assert!(face.snapshot(&[display(0, "new"), actuation]).is_err());
    }
    assert_eq!(face, busy());
}

#[test]
fn what_a_snapshot_does_not_name_is_blank_off_silent_and_closed() {
    let (next, opens) = busy().snapshot(&[display(1, "Good morning")]).expect("a snapshot");
    assert_eq!(next.rows(), ["", "Good morning", ""]);
    assert_eq!(
        (next.lamps().count(), next.tone(), next.ring(), next.audio()),
        (0, Tone::Silence, Ring::Silent, false)
    );
    assert_eq!((next.clock(), opened(&next), opens), (None, vec![], vec![]));
    let mut blank = busy();
    blank.clear();
    assert_eq!(blank, face());
}

#[test]
fn a_snapshot_opens_before_it_sends_whatever_its_order() {
    let (next, opens) =
        busy().snapshot(&[send(1, 65_535), open(1, 1), open(1, 65_535), open(0, 2)]).expect("a snapshot");
    assert_eq!(
        opened(&next),
        [(0, 2, false), (1, 65_535, true), (1, 1, false)],
        "and knows no older generation"
    );
    assert_eq!(opens, [(0, 2), (1, 65_535), (1, 1)]);
    assert_eq!(next.stream(1).map(|stream| stream.current), Some(1));
}

#[test]
fn a_snapshot_says_everything_once() {
    let refused = |actuations: &[Actuation]| busy().snapshot(actuations).is_err();
    assert!(refused(&[display(0, "a"), display(0, "a")]) && !refused(&[display(0, "a"), display(1, "a")]));
    assert!(
        refused(&[lamp(1, Lamp::On), lamp(1, Lamp::Off)])
            && !refused(&[lamp(1, Lamp::On), lamp(2, Lamp::On)])
    );
    assert!(refused(&[Actuation::Tone(Tone::Dial), Actuation::Tone(Tone::Busy)]));
    assert!(refused(&[open(0, 1), open(0, 1)]) && refused(&[open(0, 1), open(0, 2), open(0, 3)]));
    assert!(refused(&[open(0, 1), send(0, 2)]), "Send of what is not open, even when it was before");
    assert!(refused(&[send(0, 7)]));
    assert!(refused(&[open(0, 1), open(0, 2), send(0, 1), send(0, 2)]));
}

#[test]
fn what_is_late_is_ignored() {
    let mut face = face();
    let mut does = |actuation: Actuation| face.apply(&actuation).expect("an actuation");
    assert_eq!(does(send(0, 1)), Effect::Late, "never opened");
    assert_eq!(does(open(0, 1)), Effect::Open(0, 1));
    assert_eq!(does(open(0, 1)), Effect::Open(0, 1), "said again, answered again");
    assert_eq!(does(send(0, 2)), Effect::Late);
    assert_eq!(does(send(0, 1)), Effect::Done);
    assert_eq!(does(open(0, 2)), Effect::Open(0, 2));
    assert_eq!(does(stop(0, 1)), Effect::Done, "the old one is there until Close");
    assert_eq!(does(close(0, 1)), Effect::Done);
    for late in [close(0, 1), stop(0, 1), send(0, 1), open(0, 1)] {
        assert_eq!(does(late), Effect::Late);
    }
    assert_eq!(does(close(0, 2)), Effect::Done);
    assert_eq!(does(open(0, 2)), Effect::Late, "a generation is opened once");
    assert_eq!(does(open(0, 3)), Effect::Open(0, 3));
    assert_eq!(opened(&face), [(0, 3, false)]);
}

#[test]
fn there_is_one_generation_beside_the_current_one() {
    let mut face = face();
    for generation in [65_534, 65_535, 1] {
        assert_eq!(face.apply(&open(1, generation)), Ok(Effect::Open(1, generation)));
    }
    assert_eq!(opened(&face), [(1, 65_535, false), (1, 1, false)]);
    assert_eq!(face.stream(1).map(|stream| stream.current), Some(1), "after 65,535 comes 1");
    assert!(newer(1, 65_535) && newer(2, 1) && !newer(1, 1) && !newer(65_535, 1));
    assert!((1..=u16::MAX).all(|one| newer(one, 40_000) != newer(40_000, one) || one == 40_000));
}

#[test]
fn hanging_up_unheard_stops_what_is_sent_and_closes_nothing() {
    let mut face = busy();
    face.stop_all();
    assert_eq!(opened(&face), [(0, 7, false)]);
    assert_eq!((face.audio(), face.ring()), (false, Ring::Inside), "it goes on ringing");
}
