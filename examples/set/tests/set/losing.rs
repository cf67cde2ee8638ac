//! Signs of life, and connections that are lost and come back (sections "The way of a connection" and "A connection that is
//! lost").

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use strowger_set::frames::{Actuation, Code, Down, Sending, Token, Up};
use strowger_set::words::{Codec, How, Key, Ring, Tone, bye};
use strowger_set::{News, Set};

use super::controller::{House, TOKEN, news, until};

fn sending(peer: &UdpSocket) -> Sending {
    let to = peer.local_addr().expect("an address");
    Sending { to, codec: Codec::Pcmu, payload: 0, events: None, send: true, receive: true, keys: None }
}

fn call(peer: &UdpSocket) -> [Actuation; 3] {
    [
        Actuation::Open { stream: 0, generation: 4 },
        Actuation::Send { stream: 0, generation: 4, sending: sending(peer) },
        Actuation::Audio(true),
    ]
}

fn peer() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").expect("a socket")
}

/// A set in a call, and where it receives.
fn in_a_call(house: &House, peer: &UdpSocket) -> (Set, Up) {
    let (mut set, mut controller) = house.registered(20);
    assert!(set.hook(true));
    assert_eq!(controller.hear(), Up::Hook { off: true });
    for actuation in call(peer) {
        controller.act(actuation);
    }
    controller.act(Actuation::Ringer(Ring::Inside));
    until(&mut set, |set, _| set.face().ring() == Ring::Inside);
    (set, controller.hear())
}

#[test]
fn its_heart_beats_when_it_has_nothing_to_say() {
    let house = House::new();
    let (mut set, mut controller) = house.registered(1);
    let player = std::thread::spawn(move || {
        let mut last = Instant::now();
        for beat in 0..3 {
            assert_eq!(controller.hear(), Up::Alive);
            let after = last.elapsed();
            // The first one is due since Register. Some slack for a machine that does other things as well.
            assert!(beat == 0 || (780..3_000).contains(&after.as_millis()), "{after:?}");
            last = Instant::now();
            controller.say(&Down::Alive);
        }
        assert!(controller.acknowledged >= 6);
        controller
    });
    while !player.is_finished() {
        assert_eq!(set.poll(Duration::from_millis(20)).expect("a poll"), []);
    }
    let mut controller = player.join().expect("signs of life");
    let begun = Instant::now();
    assert_eq!(news(&mut set), [News::Lost], "three heartbeats of silence");
    assert!(begun.elapsed() > Duration::from_millis(2_500), "{:?}", begun.elapsed());
    loop {
        match controller.hear() {
            Up::Alive => {}
            other => break assert_eq!(other, Up::Bye(bye::SILENCE)),
        }
    }
    controller.closed();
}

#[test]
fn a_set_comes_back_with_its_token_and_its_sound_has_not_stopped() {
    let (house, peer) = (House::new(), peer());
    let (mut set, opened) = in_a_call(&house, &peer);
    assert_eq!(until(&mut set, |set, news| !news.is_empty() && !set.connected()), [News::Lost]);
    let sent = set.sent(0);
    assert!(!set.press(Key::digit('5').expect("a digit")) && !set.press(Key::HOLD), "nobody is told");
    until(&mut set, |set, _| set.sent(0) > sent + 2);
    assert_eq!(set.face().ring(), Ring::Inside, "it goes on ringing");
    set.reconnect().expect("a connection");
    let mut controller = house.accept();
    assert_eq!(controller.hello().token, TOKEN);
    controller.welcome(20);
    controller.registers(How::Resumed, Token([2; 16]));
    controller.say(&Down::Snapshot(call(&peer).to_vec()));
    let told = until(&mut set, |set, _| set.ready());
    assert_eq!(told[0], News::Registered { how: How::Resumed, number: "2001".into(), name: "Zoë".into() });
    assert_eq!(controller.hear(), opened, "the same address, and no Register before it");
    assert_eq!(set.face().ring(), Ring::Silent, "which the snapshot did not name");
    assert!(set.sent(0) > sent, "counted on");
    assert!(set.press(Key::CANCEL));
    assert_eq!(controller.hear(), Up::Key { key: Key::CANCEL, pressed: true }, "and no key of meanwhile");
    set.drop_connection();
    set.reconnect().expect("a connection");
    assert_eq!(house.accept().hello().token, Token([2; 16]), "the newest token");
}

#[test]
fn who_hangs_up_unheard_is_silent_and_says_so_later() {
    let (house, peer) = (House::new(), peer());
    let (mut set, _) = in_a_call(&house, &peer);
    set.drop_connection();
    assert!(!set.hook(false));
    assert_eq!(news(&mut set), [News::Changed]);
    let sent = set.sent(0);
    std::thread::sleep(Duration::from_millis(60));
    assert_eq!((set.sent(0), set.face().audio()), (sent, false));
    set.reconnect().expect("a connection");
    let mut controller = house.accept();
    controller.hello();
    controller.welcome(20);
    controller.registers(How::Resumed, TOKEN);
    controller.say(&Down::Snapshot(call(&peer).to_vec()));
    until(&mut set, |set, _| set.ready());
    assert!(matches!(controller.hear(), Up::Opened { .. }));
    assert_eq!(controller.hear(), Up::Hook { off: false });
}

#[test]
fn who_is_not_known_any_more_begins_anew() {
    let (house, peer) = (House::new(), peer());
    let (mut set, Up::Opened { address: Some(before), .. }) = in_a_call(&house, &peer) else {
        panic!("no address")
    };
    set.drop_connection();
    set.reconnect().expect("a connection");
    let mut controller = house.accept();
    assert_eq!(controller.hello().token, TOKEN);
    controller.welcome(20);
    // The same stream and generation by chance: a controller that was started again counts from the beginning.
    controller.say(&Down::Snapshot(vec![Actuation::Open { stream: 0, generation: 4 }]));
    until(&mut set, |set, _| set.ready());
    let Up::Opened { address: Some(after), .. } = controller.hear() else { panic!("not opened") };
    assert_ne!(before, after, "the last call is not heard");
    let wanted = Up::Register { code: Code::None, number: "2001".into(), pin: "4711".into() };
    assert_eq!(controller.hear(), wanted);
    controller.registers(How::Known, Token([3; 16]));
    controller.say(&Down::Snapshot(vec![Actuation::Tone(Tone::Dial)]));
    until(&mut set, |set, _| set.face().tone() == Tone::Dial);
    assert_eq!(controller.hear(), Up::Hook { off: true }, "this controller has not been told");
}
