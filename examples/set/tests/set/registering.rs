//! From Hello to Registered or Refused, and what cannot be followed (sections "Frames", "The way of a connection", "Who it is").

use std::time::Duration;

use strowger_set::frames::{Actuation, Code, Down, Fault, Header, Sending, Token, Up};
use strowger_set::words::{Codec, How, Key, Reason, Tone, bye};
use strowger_set::{News, Options, Set};

use super::controller::{House, news, until};

fn display(text: &str) -> Down {
    Down::Snapshot(vec![Actuation::Display { row: 0, text: text.into() }])
}

#[test]
fn a_set_says_who_it_is_and_asks_for_its_number() {
    let house = House::new();
    let code = Code::Registration("9999".into());
    let (mut set, mut controller, hello) = house.begin(Options { code: code.clone(), ..house.options() });
    assert_eq!((hello.oldest, hello.newest, hello.set_type.as_str()), (1, 1, "desk"));
    assert_eq!((hello.rows, hello.columns, hello.lines, hello.srtp), (3, 24, 2, false));
    assert_eq!((hello.codecs, hello.token), (vec![Codec::Pcmu, Codec::Pcma], Token::default()));
    controller.welcome(20);
    assert_eq!(
        set.poll(Duration::from_millis(50)).expect("a poll"),
        [],
        "nothing is asked before the first snapshot"
    );
    controller.say(&display("Not registered"));
    assert_eq!(news(&mut set), [News::Changed]);
    assert!(set.face().shows("Not registered") && !set.registered() && set.ready());
    let wanted = Up::Register { code, number: "2001".into(), pin: "4711".into() };
    assert_eq!(controller.hear(), wanted);
    assert_eq!(controller.acknowledged, 2);
    controller.registers(How::Bound, Token([1; 16]));
    controller.say(&display("Good morning"));
    let registered = News::Registered { how: How::Bound, number: "2001".into(), name: "Zoë".into() };
    assert_eq!(until(&mut set, |set, _| set.face().shows("Good"))[0], registered);
    assert!(set.registered() && set.grace() == Duration::from_secs(60));
    set.leave();
    assert_eq!(controller.hear(), Up::Bye(bye::WISHED));
    controller.closed();
}

#[test]
fn who_is_refused_may_ask_again() {
    let house = House::new();
    let (mut set, mut controller, _) = house.begin(house.options());
    controller.welcome(20);
    controller.say(&display("Not registered"));
    news(&mut set);
    assert!(matches!(controller.hear(), Up::Register { .. }));
    controller.say(&Down::Refused { reason: Reason::BadPin, place: String::new() });
    assert_eq!(news(&mut set), [News::Refused(Reason::BadPin, String::new())]);
    assert!(!set.asks(), "a wrong PIN is not said again by itself");
    set.register(Code::Replacement("1234".into()), "2002", "1").expect("a wish");
    let again =
        Up::Register { code: Code::Replacement("1234".into()), number: "2002".into(), pin: "1".into() };
    assert_eq!(controller.hear(), again);
    controller.say(&Down::Refused { reason: Reason::NotHere, place: "b.example:6801".into() });
    assert_eq!(news(&mut set), [News::Refused(Reason::NotHere, "b.example:6801".into())]);
    assert!(set.register(Code::None, "2002", "123456789").is_err(), "a PIN that is too long");
}

#[test]
fn who_has_a_number_asks_for_another_in_a_new_connection() {
    let house = House::new();
    let (mut set, mut controller) = house.registered(20);
    set.register(Code::None, "2002", "1").expect("a connection");
    assert_eq!(controller.hear(), Up::Bye(bye::WISHED));
    let mut controller = house.accept();
    assert!(controller.hello().token.is_none(), "and leaves the old number behind");
    controller.welcome(20);
    controller.say(&display("Not registered"));
    until(&mut set, |set, _| set.ready());
    assert_eq!(controller.hear(), Up::Register { code: Code::None, number: "2002".into(), pin: "1".into() });
}

#[test]
fn a_set_without_a_number_can_call_for_help() {
    let house = House::new();
    let (mut set, mut controller, _) = house.begin(Options { number: String::new(), ..house.options() });
    assert!(!set.hook(true), "nobody is told before the first snapshot");
    set.hook(false);
    controller.welcome(20);
    controller.say(&display("Emergency calls only"));
    until(&mut set, |set, _| set.ready());
    assert!(set.hook(true) && set.press(Key::digit('1').expect("a digit")));
    assert_eq!(controller.hear(), Up::Hook { off: true });
    let key = Key::digit('1').expect("a digit");
    assert_eq!(controller.hear(), Up::Key { key, pressed: true });
    assert_eq!(controller.hear(), Up::Key { key, pressed: false });
    set.register(Code::None, "2001", "4711").expect("a wish");
    assert!(matches!(controller.hear(), Up::Register { .. }));
}

/// What a set says to octets, after Welcome and the first snapshot.
fn answer(octets: impl Fn(u32, u32) -> Vec<u8>) -> (u8, Fault) {
    let house = House::new();
    let (mut set, mut controller, _) = house.begin(Options { number: String::new(), ..house.options() });
    controller.welcome(20);
    controller.say(&display("Not registered"));
    until(&mut set, |set, _| set.ready());
    controller.raw(&octets(3, 1));
    let fault = match &news(&mut set)[..] {
        [News::Fault(fault)] => *fault,
        other => panic!("{other:?}"),
    };
    assert!(!set.connected() && set.face().shows("Not registered"), "nothing of it is shown");
    let Up::Bye(reason) = controller.hear() else { panic!("no Bye") };
    controller.closed();
    (reason, fault)
}

#[test]
fn what_cannot_be_read_ends_the_connection() {
    let unreadable = |kind: u8, body: &[u8]| {
        let body = body.to_vec();
        let (reason, fault) = answer(move |sequence, taken| Header::frame(kind, sequence, taken, &body));
        assert!(matches!(fault, Fault::Unreadable(_)), "{fault}");
        assert_eq!(reason, bye::UNREADABLE);
    };
    unreadable(0x91, &[]);
    unreadable(0x06, &[]);
    unreadable(0x87, &[12]);
    unreadable(0x87, &[1, 0]);
    unreadable(0x81, &[1, 0, 20]);
    unreadable(0x85, &[3, 0]);
    unreadable(0x84, &[2, 0x87, 0, 1, 1, 0x87, 0, 1, 1]);
    unreadable(0x84, &[2, 0x85, 0, 3, 0, 1, b'x', 0x87, 0, 1, 99]);
    unreadable(0x85, &[0; 1_201]);
    let to = "127.0.0.1:9".parse().expect("an address");
    let sending =
        Sending { to, codec: Codec::G729, payload: 18, events: None, send: true, receive: true, keys: None };
    unreadable(0x8c, &Actuation::Send { stream: 0, generation: 1, sending }.body());
    let octet = answer(|sequence, taken| {
        let mut frame = Header::frame(0x8e, sequence, taken, &[]);
        frame[3] = 1;
        frame
    });
    assert_eq!(octet, (bye::UNREADABLE, Fault::Unreadable("octet 3 is not 0")));
}

#[test]
fn a_sequence_that_cannot_be_ends_the_connection() {
    for off in [-1, 1] {
        let (reason, fault) =
            answer(|sequence, taken| Header::frame(0x8e, sequence.wrapping_add_signed(off), taken, &[]));
        assert_eq!((reason, matches!(fault, Fault::Sequence(_))), (bye::SEQUENCE, true));
    }
    let (reason, _) = answer(|sequence, taken| Header::frame(0x8e, sequence, taken + 1, &[]));
    assert_eq!(reason, bye::SEQUENCE, "acknowledged what was not sent");
    let (reason, _) = answer(|sequence, _| Header::frame(0x8e, sequence, 0, &[]));
    assert_eq!(reason, bye::SEQUENCE, "acknowledged less than before");
}

#[test]
fn without_a_version_in_common_there_is_no_connection() {
    let first = [
        (Down::Welcome { version: 2, heartbeat: 20 }, bye::VERSION),
        (Down::Welcome { version: 1, heartbeat: 0 }, bye::UNREADABLE),
        (
            Down::Registered {
                how: How::Known,
                token: Token([1; 16]),
                grace: 0,
                number: String::new(),
                name: String::new(),
            },
            bye::UNREADABLE,
        ),
        (display("before Welcome"), bye::UNREADABLE),
    ];
    for (down, reason) in first {
        let house = House::new();
        let (mut set, mut controller, _) = house.begin(house.options());
        controller.say(&down);
        assert!(matches!(&news(&mut set)[..], [News::Fault(_)]));
        assert_eq!(controller.hear(), Up::Bye(reason));
    }
}

#[test]
fn a_frame_may_come_in_pieces_and_many_at_once() {
    let house = House::new();
    let (mut set, mut controller, _) = house.begin(house.options());
    let mut octets = Vec::new();
    for (sequence, down) in [
        (1, Down::Welcome { version: 1, heartbeat: 20 }),
        (2, display("all at once")),
        (3, Down::Actuation(Actuation::Tone(Tone::Dial))),
    ] {
        octets.extend(Header::frame(down.kind(), sequence, 1, &down.body()));
    }
    let (first, second) = octets.split_at(20);
    controller.raw(first);
    assert_eq!(set.poll(Duration::from_millis(30)).expect("a poll"), []);
    controller.raw(second);
    until(&mut set, |set, _| set.face().tone() == Tone::Dial && set.face().shows("all at once"));
}

#[test]
fn bye_of_a_controller_is_told_and_a_number_that_is_gone_takes_its_calls_along() {
    for (reason, blank) in [(bye::STOPS, false), (bye::ANOTHER, true), (bye::GONE, true), (bye::SLOW, false)]
    {
        let house = House::new();
        let (mut set, mut controller) = house.registered(20);
        controller.say(&Down::Bye(reason));
        let told = news(&mut set);
        assert_eq!(told[0], News::Bye(reason));
        assert_eq!((set.connected(), set.face().tone() == Tone::Silence), (false, blank));
        set.reconnect().expect("a connection");
        assert_eq!(house.accept().hello().token.is_none(), blank, "{reason}");
    }
}

#[test]
fn where_nobody_is_there_is_no_set() {
    let house = House::new();
    let options = house.options();
    drop(house);
    assert!(Set::connect(options.clone()).is_err());
    let wrong = Set::connect(Options { rows: 9, ..options }).expect_err("no set");
    assert_eq!(wrong.kind(), std::io::ErrorKind::InvalidInput);
}
