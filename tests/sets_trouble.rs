//! Sets in trouble: a hold or a transfer that is refused, a user with more calls than line keys, a connection that goes at the wrong moment,
//! a host that is late. Each is the shortest of something that a random walk or a reader of the code has found.

use crate::office;

use office::{Office, exchange_address, policy_of};
use std::net::SocketAddr;
use strowger::base::{Digit, Instant};
use strowger::call::dialing::{Found, Timing};
use strowger::exchange::Dialed;
use strowger::phone::MAX_DATAGRAM;
use strowger::set::Output;
use strowger::wire::set::{Bye, Down, Key, Lamp, Link, MAX_FRAME, Tone, Up};
use strowger_testkit::phone::{Behaviour, PhoneEvent};
use strowger_testkit::sim::{SetBox, SetId, Sizes, build_set, set_config};

const CHANGES: [(&str, &str); 2] = [
    (
        "",
        "[[device]]\ndn = \"301\"\nname = \"Lobby\"\nkind = \"set\"\nmac = \"08:00:0f:12:34:56\"\nset_type = \"console-8\"\npin = \"471193\"\ncos = 1\ncor = 1\n",
    ),
    (
        "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
        "features = [\"hold\", \"transfer\", \"smdr-external\", \"smdr-internal\"]",
    ),
];
const PEER: ([u8; 4], u16) = ([10, 0, 4, 1], 40_000);

/// An office with a set, whose phones answer at once.
fn with_set() -> (Office, SetId) {
    let mut office = Office::with_sizes(1, &Sizes::for_calls(12, 2, 8), &CHANGES);
    office.register();
    for dn in ["201", "202", "204"] {
        office.behaves(dn, Behaviour::Answer { after_ms: 200 });
    }
    let (image, keyring) = policy_of("301", &CHANGES);
    let config = set_config("301", PEER.into(), exchange_address());
    let id = office.sim.add_set("301", 0, config, (&image, &keyring));
    office.sim.run_ms(1_000);
    assert!(is_registered(&mut office));
    office.sim.ladder.clear();
    (office, id)
}

fn is_registered(office: &mut Office) -> bool {
    let exchange = office.sim.exchange(0);
    let device = exchange.image().expect("a policy").phone_by_dn(b"301").expect("a set");
    exchange.is_registered(device)
}

/// Keys are pressed, and a second passes.
fn press(office: &mut Office, id: SetId, keys: &str) {
    office.sim.press(id, keys);
    office.sim.run_ms(1_000);
}

fn lamps(office: &Office, id: SetId) -> Vec<(u8, Lamp)> {
    office.sim.shown(id).lamps.iter().map(|(key, lamp)| (*key, *lamp)).collect()
}

#[track_caller]
fn ended(office: &Office, dn: &str) {
    let told = office.sim.told(office.phone(dn));
    assert!(
        matches!(told.last(), Some(PhoneEvent::Ended { .. })),
        "{told:?}\n{}",
        office.sim.ladder.render()
    );
}

/// Who is said to be held hears nothing and is not heard, whether his phone takes the hold or not.
#[test]
fn who_is_said_to_be_held_hears_nothing() {
    let (mut office, id) = with_set();
    let theirs = office.phone("202");
    office.sim.phone(theirs).config.refuse_changes = Some(488);
    press(&mut office, id, "^202");
    press(&mut office, id, "h");
    let shown = office.sim.shown(id);
    assert_eq!(shown.row(2), "Not held: 488");
    assert_eq!(shown.talks, !shown.sends.is_empty(), "{shown:?}\n{}", office.sim.ladder.render());
}

/// Whatever became of a hold, its line key and Cancel get the user out of it.
#[test]
fn a_user_gets_rid_of_a_call_whose_hold_was_refused() {
    let (mut office, id) = with_set();
    let theirs = office.phone("202");
    office.sim.phone(theirs).config.refuse_changes = Some(488);
    press(&mut office, id, "^202");
    press(&mut office, id, "h");
    press(&mut office, id, "ac_");
    ended(&office, "202");
    assert!(office.sim.shown(id).lamps.is_empty(), "{}", office.sim.ladder.render());
}

/// Both are there still, one of them is heard at most, and the user gets rid of both.
#[test]
fn a_transfer_that_is_refused_leaves_both_calls_to_the_user() {
    let (mut office, id) = with_set();
    office.behaves("202", Behaviour::Answer { after_ms: 5_000 });
    press(&mut office, id, "^202");
    office.sim.run_ms(5_000);
    // With himself he cannot be joined.
    press(&mut office, id, "t202");
    press(&mut office, id, "t");
    let shown = office.sim.shown(id);
    assert_eq!(shown.row(2), "Not transferred: 403", "{}", office.sim.ladder.render());
    office.sim.run_ms(5_000);
    let shown = office.sim.shown(id);
    let hears = shown.sends.values().filter(|sends| sends.3).count();
    assert_eq!(hears, usize::from(shown.talks), "{shown:?}\n{}", office.sim.ladder.render());
    press(&mut office, id, "ac");
    press(&mut office, id, "bc_");
    assert!(office.sim.shown(id).lamps.is_empty(), "{}", office.sim.ladder.render());
}

/// Going on hook before anybody is called gives the transfer up: the next call is one of its own.
#[test]
fn a_transfer_that_was_given_up_joins_nobody_later() {
    let (mut office, id) = with_set();
    press(&mut office, id, "^202");
    press(&mut office, id, "t_");
    press(&mut office, id, "^204");
    press(&mut office, id, "_");
    ended(&office, "204");
    assert_eq!(lamps(&office, id), [(1, Lamp::Wink)], "202 is held still\n{}", office.sim.ladder.render());
}

/// Two calls are held, one key each; a third is made where there is no key. Hold has no place to put it.
#[test]
fn what_has_no_key_is_not_lost() {
    for keys in ["h", "a"] {
        let (mut office, id) = with_set();
        press(&mut office, id, "^202");
        press(&mut office, id, "h");
        press(&mut office, id, "b204");
        press(&mut office, id, "h");
        press(&mut office, id, "201");
        press(&mut office, id, keys);
        let (calls, shown) = (office.sim.exchange(0).calls_in_use(), office.sim.shown(id));
        let known = shown.lamps.len()
            + usize::from(shown.talks && shown.lamps.values().all(|lamp| *lamp != Lamp::On));
        assert_eq!(known as u32, calls, "{keys}: {shown:?}\n{}", office.sim.ladder.render());
    }
}

/// A tone is heard in the handset: without audio there is none.
#[test]
fn a_set_that_is_on_hook_sounds_nothing() {
    let (mut office, id) = with_set();
    press(&mut office, id, "^202");
    press(&mut office, id, "t204");
    office.sim.press(id, "_");
    for _ in 0..100 {
        let shown = office.sim.shown(id);
        assert!(shown.talks || shown.tone.is_none(), "{shown:?}\n{}", office.sim.ladder.render());
        office.sim.run_ms(20);
    }
}

/// A set takes its leave while it is not sure that its answer is known: in the end nothing is left of it.
#[test]
fn a_set_that_goes_as_it_answers_is_over() {
    let (mut office, id) = with_set();
    let theirs = office.phone("204");
    let config = &mut office.sim.phone(theirs).config;
    (config.late_offer, config.withhold_ack) = (true, true);
    office.call("204", "301");
    office.sim.run_until(5_000, |sim| sim.shown(id).ring.is_some());
    office.sim.press(id, "^");
    office.sim.set_says(id, Up::Bye(0));
    assert_eq!(office.sim.set_end(id).0, Some(Bye::Wished));
    office.sim.run_ms(60_000);
    assert!(office.sim.set_end(id).1, "{}", office.sim.ladder.render());
}

/// The last call ends while the connection is lost: nothing is kept for any longer.
#[test]
fn a_lost_set_whose_call_ends_is_out_of_service_at_once() {
    let (mut office, id) = with_set();
    press(&mut office, id, "^202");
    office.sim.connect_set(id, false);
    office.sim.run_ms(5_000);
    office.hang_up("202");
    office.sim.run_ms(1_000);
    assert!(!is_registered(&mut office), "{}", office.sim.ladder.render());
    assert!(office.sim.set_end(id).1);
}

/// A set is there again while the end of what it was is under way: its token is not known any more. Either it registers anew, or it is
/// registered still; it is not left connected to nothing.
#[test]
fn a_set_that_is_back_while_it_ends_is_registered() {
    for (keys, lost_ms) in [("", 5), ("^202", 60_005)] {
        let (mut office, id) = with_set();
        press(&mut office, id, keys);
        office.sim.connect_set(id, false);
        office.sim.run_ms(lost_ms);
        office.sim.connect_set(id, true);
        office.sim.run_ms(7_000);
        let there = office.sim.set_end(id) == (None, false);
        let ladder = office.sim.ladder.render();
        assert!(!there || is_registered(&mut office), "it is connected, and nobody reaches it\n{ladder}");
    }
}

/// A set without an exchange: what it has said, in order.
struct Alone {
    set: SetBox,
    far: Link,
    now: Instant,
    dialed: Dialed,
    messages: Vec<String>,
    opened: Vec<(u8, u16)>,
    tone: Option<Tone>,
}

impl Alone {
    fn new() -> Self {
        let (image, keyring) = policy_of("301", &CHANGES);
        let (mut far, mut near) = (Link::new(), Link::new());
        let mut frame = [0; MAX_FRAME];
        let len = far.write(&mut frame, Up::Alive.kind(), |out| Up::Alive.write(out)).expect("it fits");
        near.take(&frame[..len]).expect("the first frame");
        let now = Instant(1_000);
        let config = set_config("301", PEER.into(), exchange_address());
        let set = build_set(now, config, (&image, &keyring), near, 1);
        let dialed = Dialed { found: Found::More, second: false, shown: u8::MAX, timing: Timing::FIELD };
        let mut alone = Self { set, far, now, dialed, messages: Vec::new(), opened: Vec::new(), tone: None };
        alone.drain();
        alone
    }

    fn drain(&mut self) {
        let mut buffer = [0; MAX_DATAGRAM];
        while let Some(output) = self.set.poll(self.now, &mut buffer) {
            match output {
                Output::Message { len } => {
                    self.messages.push(String::from_utf8_lossy(&buffer[..len]).into_owned());
                }
                Output::Dialed(_) => self.set.found(self.now, &self.dialed),
                Output::Frame { len } | Output::Closed { len, .. } => {
                    let (kind, body) = self.far.take(&buffer[..len]).expect("frames follow on each other");
                    match Down::parse(kind, body).expect("it can be read") {
                        Down::Open { stream, generation } => self.opened.push((stream, generation)),
                        Down::Tone(tone) => self.tone = Some(tone),
                        _ => {}
                    }
                }
                Output::Over => {}
            }
        }
    }

    fn says(&mut self, up: Up<'_>) {
        let mut frame = [0; MAX_FRAME];
        let len = self.far.write(&mut frame, up.kind(), |out| up.write(out)).expect("it fits");
        self.set.frame(self.now, &frame[..len]).expect("it was drained");
        self.drain();
    }

    fn opens(&mut self, stream: u8, generation: u16) {
        let at = SocketAddr::from((PEER.0, 4_000 + generation));
        self.says(Up::Opened { stream, generation, at: Some(at) });
    }

    fn presses(&mut self, digits: &str) {
        for digit in digits.bytes() {
            let key = Key::Digit(Digit::from_ascii(digit).expect("a digit"));
            self.says(Up::Key { key, pressed: true });
        }
    }
}

/// A host is late: a timer of SIP has come due, and so has the one behind which a number is whole. The call is made all the same.
#[test]
fn a_late_tick_loses_no_call() {
    let mut alone = Alone::new();
    for stream in 0..4 {
        alone.opens(stream, 1);
    }
    alone.now = alone.now.plus_s(29);
    alone.dialed.found = Found::Doubtful;
    alone.presses("202");
    // Nobody has answered its REGISTER: after 32 seconds there is something to be told.
    alone.now = alone.now.plus_s(10);
    for _ in 0..10 {
        if alone.set.next_deadline().is_some_and(|due| due <= alone.now) {
            alone.set.tick(alone.now).expect("it was drained");
            alone.drain();
        }
    }
    let invites = alone.messages.iter().filter(|message| message.starts_with("INVITE")).count();
    assert_eq!((invites, alone.tone), (1, None), "neither reorder nor busy tone");
}

/// Whoever dials before a port is known is not awaited at one that is none.
#[test]
fn a_call_before_a_port_is_known_names_none() {
    let mut alone = Alone::new();
    alone.dialed.found = Found::Whole;
    alone.presses("2");
    let invite = alone.messages.iter().find(|message| message.starts_with("INVITE"));
    let port =
        invite.and_then(|invite| invite.split("m=audio ").nth(1)).and_then(|line| line.split(' ').next());
    assert!(matches!(port, None | Some("0")), "the first line: {port:?}");
    // Given up, and the next line is not better.
    let mut alone = Alone::new();
    alone.dialed.found = Found::Whole;
    alone.presses("2");
    alone.says(Up::Key { key: Key::Cancel, pressed: true });
    alone.presses("2");
    let invites = alone.messages.iter().filter(|message| message.starts_with("INVITE"));
    let ports: Vec<_> =
        invites.filter_map(|invite| invite.split("m=audio ").nth(1)?.split(' ').next()).collect();
    assert!(ports.iter().all(|port| *port == "0"), "{ports:?}");
}

/// A generation is one more each time that a stream is opened, whenever the set says where.
#[test]
fn no_generation_is_opened_twice() {
    let mut alone = Alone::new();
    for stream in 0..4 {
        alone.opens(stream, 1);
    }
    alone.dialed.found = Found::Whole;
    // The first call is refused, and the next begins before the new port is told.
    for _ in 0..3 {
        alone.presses("2");
        let invite = alone.messages.pop().filter(|message| message.starts_with("INVITE")).expect("a call");
        refuse(&mut alone, &invite);
        alone.says(Up::Key { key: Key::Cancel, pressed: true });
        alone.presses("2");
        let invite = alone.messages.pop().filter(|message| message.starts_with("INVITE")).expect("a call");
        let (stream, generation) = *alone.opened.last().expect("it was opened anew");
        alone.opens(stream, generation);
        refuse(&mut alone, &invite);
        alone.says(Up::Key { key: Key::Cancel, pressed: true });
        let (stream, generation) = *alone.opened.last().expect("it was opened anew");
        alone.opens(stream, generation);
    }
    let mut seen = alone.opened.clone();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), alone.opened.len(), "{:?}", alone.opened);
}

/// The exchange refuses a call.
fn refuse(alone: &mut Alone, invite: &str) {
    let kept = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
    let mut answer = "SIP/2.0 486 Busy Here\r\n".to_owned();
    for line in invite.lines().filter(|line| kept.iter().any(|name| line.starts_with(name))) {
        let tag = if line.starts_with("To:") { ";tag=1" } else { "" };
        answer.push_str(&format!("{line}{tag}\r\n"));
    }
    answer.push_str("Content-Length: 0\r\n\r\n");
    alone.set.receive(alone.now, answer.as_bytes()).expect("it was drained");
    alone.drain();
}
