//! Streams, sound and keys of a set that is registered (sections "Media in two half-steps" and "Digits").

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use strowger_set::frames::{Actuation, Down, Sending, Up};
use strowger_set::rtp::{Event, Header};
use strowger_set::words::{Codec, Key, Lamp, Ring};
use strowger_set::{News, Set};

use super::controller::{Controller, House, PATIENCE, news, until};

fn opened<S: std::io::Read + std::io::Write>(
    set: &mut Set,
    controller: &mut Controller<S>,
    generation: u16,
) -> SocketAddr {
    controller.act(Actuation::Open { stream: 1, generation });
    controller.act(Actuation::Lamp { key: Key::HOLD, mode: Lamp::On });
    until(set, |set, _| set.face().lamp(Key::HOLD) == Lamp::On);
    controller.act(Actuation::Lamp { key: Key::HOLD, mode: Lamp::Off });
    until(set, |set, _| set.face().lamp(Key::HOLD) == Lamp::Off);
    match controller.hear() {
        Up::Opened { stream: 1, generation: of, address: Some(address) } if of == generation => address,
        other => panic!("{other:?}"),
    }
}

fn send(to: SocketAddr, generation: u16) -> Actuation {
    let sending = Sending {
        to,
        codec: Codec::Pcma,
        payload: 8,
        events: Some(96),
        send: true,
        receive: true,
        keys: None,
    };
    Actuation::Send { stream: 1, generation, sending }
}

#[test]
fn physical_events_go_up_and_actuations_come_down() {
    let house = House::new();
    let (mut set, mut controller) = house.registered(20);
    let line = Key::line(1).expect("a line key");
    controller.say(&Down::Alive);
    controller.act(Actuation::Ringer(Ring::Outside));
    controller.act(Actuation::Lamp { key: line, mode: Lamp::Flash });
    let told = until(&mut set, |set, _| set.face().lamp(line) == Lamp::Flash);
    assert!(told.iter().all(|news| *news == News::Changed));
    assert!(set.press(line) && set.hook(true));
    assert!(set.key(Key::TRANSFER, true));
    for up in [
        Up::Key { key: line, pressed: true },
        Up::Key { key: line, pressed: false },
        Up::Hook { off: true },
        Up::Key { key: Key::TRANSFER, pressed: true },
    ] {
        assert_eq!(controller.hear(), up);
    }
    controller.act(Actuation::Ringer(Ring::Outside));
    assert_eq!(set.poll(Duration::from_millis(50)).expect("a poll"), [], "said again is no news");
}

#[test]
fn a_stream_is_opened_answered_sent_and_opened_anew() {
    let house = House::new();
    let (mut set, mut controller) = house.registered(20);
    let first = opened(&mut set, &mut controller, 1);
    assert_eq!(opened(&mut set, &mut controller, 1), first, "open already: the same address");
    let second = opened(&mut set, &mut controller, 2);
    assert_ne!(first, second);
    let peer = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    peer.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let to = peer.local_addr().expect("an address");
    for late in [send(to, 65_535), send(to, 3), Actuation::Close { stream: 1, generation: 9 }] {
        controller.act(late);
    }
    controller.act(Actuation::Close { stream: 1, generation: 1 });
    controller.act(Actuation::Open { stream: 1, generation: 1 });
    controller.act(send(to, 2));
    until(&mut set, |set, _| set.face().open().any(|(_, open)| open.sending.is_some()));
    assert_eq!(set.face().open().map(|(stream, open)| (stream, open.number)).collect::<Vec<_>>(), [(1, 2)]);
    let mut packet = [0; 512];
    let (many, from) = peer.recv_from(&mut packet).expect("sound");
    let (header, payload) = Header::read(&packet[..many]).expect("RTP");
    assert_eq!((from, header.payload, header.marker, payload.len()), (second, 8, true, 160));
    peer.send_to(&packet[..many], second).expect("sent");
    until(&mut set, |set, _| set.received(1) == 1 && set.sent(1) > 0);
    controller.act(Actuation::Stop { stream: 1, generation: 2 });
    assert_eq!(news(&mut set), [News::Changed]);
    peer.send_to(&packet[..many], second).expect("sent");
    until(&mut set, |set, _| set.counts(1).unheard == 1);
    assert_eq!(set.received(1), 1, "nothing is heard after Stop");
    assert_eq!(set.counts_of(1, 1).sent, 0);
    set.press(Key::HOLD);
    assert!(matches!(controller.hear(), Up::Key { .. }), "what was late was not answered");
}

#[test]
fn a_digit_goes_up_and_over_the_stream() {
    let house = House::new();
    let (mut set, mut controller) = house.registered(20);
    let here = opened(&mut set, &mut controller, 1);
    let peer = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    peer.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    controller.act(send(peer.local_addr().expect("an address"), 1));
    news(&mut set);
    let digit = Key::digit('#').expect("a digit");
    assert!(set.press(digit));
    assert_eq!(controller.hear(), Up::Key { key: digit, pressed: true });
    assert_eq!(controller.hear(), Up::Key { key: digit, pressed: false });
    let mut packet = [0; 512];
    let mut events = Vec::new();
    while events.len() < 7 {
        let many = peer.recv(&mut packet).expect("sound");
        let (header, payload) = Header::read(&packet[..many]).expect("RTP");
        if header.payload == 96 {
            events.push((header, Event::read(payload).expect("an event")));
        }
    }
    assert!(
        events.iter().all(|(header, event)| event.code == 11 && header.timestamp == events[0].0.timestamp)
    );
    assert_eq!(events.iter().filter(|(_, event)| event.end).count(), 3);
    assert!(events[0].0.marker && events[6].1.duration == 800);
    for (header, event) in [events[0], events[5], events[6]] {
        peer.send_to(&header.packet(&event.payload()), here).expect("sent");
    }
    until(&mut set, |set, _| set.received(1) == 3);
    assert_eq!(set.counts(1).digits, "#", "one digit, whose end comes more than once");
}
