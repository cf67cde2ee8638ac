//! Sound between sets that are told of each other, over the loopback.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use super::{Counts, Sound};
use crate::face::Face;
use crate::frames::{Actuation, Sending};
use crate::rtp::Header;
use crate::words::Codec;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A set as far as sound is concerned.
struct Ear {
    face: Face,
    sound: Sound,
}

impl Ear {
    fn new() -> Self {
        Self { face: Face::new(1, 16, 1), sound: Sound::new(HERE).expect("a thread") }
    }

    fn does(&mut self, actuation: &Actuation) {
        self.face.apply(actuation).expect("an actuation");
        self.sound.follow(&self.face);
    }

    fn open(&mut self, generation: u16) -> SocketAddr {
        self.does(&Actuation::Open { stream: 0, generation });
        self.sound.open(0, generation).expect("a port")
    }

    fn send(&mut self, generation: u16, to: SocketAddr, send: bool, receive: bool) {
        let sending =
            Sending { to, codec: Codec::Pcma, payload: 8, events: Some(101), send, receive, keys: None };
        self.does(&Actuation::Send { stream: 0, generation, sending });
    }

    /// Waits for what counts have to be in the end.
    fn until(&self, generation: u16, good: impl Fn(&Counts) -> bool) -> Counts {
        let begun = Instant::now();
        loop {
            let counts = self.sound.counts(0, generation);
            if good(&counts) || begun.elapsed() > Duration::from_secs(10) {
                assert!(good(&counts), "{counts:?}");
                return counts;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn two_sets_hear_each_other_and_each_others_digits() {
    let (mut a, mut b) = (Ear::new(), Ear::new());
    let (to_a, to_b) = (a.open(1), b.open(1));
    assert_eq!((a.open(1), to_a.port() % 2), (to_a, 0), "asked again, answered the same");
    a.send(1, to_b, true, true);
    b.send(1, to_a, true, true);
    a.until(1, |counts| counts.received >= 3 && counts.sent >= 3);
    for digit in ['4', '4', '#'] {
        a.sound.digit(digit, true);
        a.sound.digit(digit, false);
    }
    assert_eq!(b.until(1, |counts| counts.digits.len() >= 3).digits, "44#");
}

#[test]
fn it_sends_and_hears_what_it_was_told_and_no_more() {
    let (mut a, mut b) = (Ear::new(), Ear::new());
    let (to_a, to_b) = (a.open(1), b.open(1));
    a.send(1, to_b, true, false);
    b.send(1, to_a, true, true);
    b.until(1, |counts| counts.received >= 2);
    assert_eq!(a.until(1, |counts| counts.unheard >= 2).received, 0, "not told to hear");
    a.does(&Actuation::Stop { stream: 0, generation: 1 });
    let stopped = a.sound.counts(0, 1).sent;
    std::thread::sleep(Duration::from_millis(60));
    assert_eq!(a.sound.counts(0, 1).sent, stopped);
}

#[test]
fn what_comes_late_for_the_last_call_is_not_heard_in_the_next() {
    let mut ear = Ear::new();
    let peer = UdpSocket::bind((HERE, 0)).expect("a socket");
    let here = peer.local_addr().expect("an address");
    let first = ear.open(1);
    ear.send(1, here, false, true);
    let packet = Header { marker: false, payload: 8, sequence: 1, timestamp: 1, source: 1 }.packet(&[0; 160]);
    peer.send_to(&packet, first).expect("sent");
    peer.send_to(&packet[..11], first).expect("sent");
    ear.until(1, |counts| (counts.received, counts.unheard) == (1, 1));
    let second = ear.open(2);
    assert_ne!(first, second);
    ear.does(&Actuation::Close { stream: 0, generation: 1 });
    ear.send(2, here, false, true);
    // Nobody may be there any more, which a loopback tells whoever sends next.
    let _ = peer.send_to(&packet, first);
    let _ = peer.send_to(&packet, second);
    let _ = peer.send_to(&packet, second);
    let counts = ear.until(2, |counts| counts.received >= 1);
    assert_eq!((counts.unheard, ear.sound.counts(0, 1).received), (0, 1), "the old count is kept");
}

#[test]
fn there_are_no_more_channels_than_a_controller_keeps() {
    let sound = Sound::new(HERE).expect("a thread");
    assert!((0..8).all(|stream| sound.open(stream, 1).is_some()));
    assert_eq!(sound.open(8, 1), None);
    sound.close();
    assert!(sound.open(8, 1).is_some());
}
