//! A recorded exchange, its phones and a carrier, in virtual time.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::Write;
use std::net::SocketAddr;
use std::rc::Rc;
use strowger::base::{Digit, Handle, Instant, Soft, WallTime};
use strowger::call::Cause;
use strowger::exchange::{Config, Output, Received, Signal, Taken, Ticked};
use strowger::media::Places;
use strowger::policy::{Mode, Party};
use strowger_testkit::phone::{Asks, Behaviour, Phone, PhoneConfig};
use strowger_tools::compile_str;
use strowger_tools::trace::{Engine, Input, Policy, Secrets, Sizes, Tables, Took, Writer};

pub(crate) const POLICY: &str = include_str!("policy.toml");
pub(crate) const PASSWORDS: [(&str, &str); 5] = [
    ("20177", "Red-kettle-by-the-window-7"),
    ("20288", "Nine-oaks-and-a-heron-4"),
    ("20399", "Lathe-oil-on-the-floor-5"),
    ("20466", "Between-two-floors-again-2"),
    ("20555", "Under-the-third-arch-8"),
];
/// What the carrier knows us by.
pub(crate) const CARRIER_PASSWORD: &str = "Nobody-asks-the-lighthouse-3";
/// Account codes, a PIN, and what was tried for one.
pub(crate) const CODES: [&str; 5] = ["48291375", "77103968", "55512345", "86420537", "66600012"];
pub(crate) const KEYS: [&str; 2] =
    ["d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj", "NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj"];
pub(crate) const DIALED: [&str; 4] = ["95551234", "90114420794600", "911", "95559876"];

const CARRIER: usize = 5;

/// What a writer has written.
#[derive(Clone, Default)]
pub(crate) struct Paper(pub(crate) Rc<RefCell<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Paper {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).expect("a trace is text")
    }
}

/// A media relay: what it was asked, and the datagrams that wait for it.
#[derive(Default)]
struct Relay {
    asked: VecDeque<Handle>,
    kept: Vec<(Handle, SocketAddr, Vec<u8>)>,
}

pub(crate) struct World {
    pub(crate) engine: Engine<'static, Soft>,
    /// Every output that is no datagram, as the exchange gave it.
    pub(crate) outputs: Vec<Output>,
    phones: Vec<Phone>,
    relay: Relay,
    now: Instant,
    wire: VecDeque<(SocketAddr, SocketAddr, Vec<u8>)>,
}

pub(crate) fn exchange() -> SocketAddr {
    ([192, 0, 2, 9], 5060).into()
}

fn address(n: usize) -> SocketAddr {
    ([192, 0, 2, if n == CARRIER { 99 } else { 10 + n as u8 }], 5060).into()
}

impl World {
    pub(crate) fn new(writer: Option<Writer>) -> Self {
        let compiled = compile_str(POLICY, "policy.toml").unwrap_or_else(|why| panic!("{why:?}"));
        let (image, keyring) = (compiled.image.leak(), compiled.keyring.leak());
        let policy = Policy::load(image, Some(keyring), &mut Soft::new(&[2; 32]));
        Self::with(&policy.expect("the policy is usable"), writer)
    }

    pub(crate) fn with(policy: &Policy<'static>, writer: Option<Writer>) -> Self {
        let tables = Box::leak(Box::new(Tables::new(&Sizes::for_calls(6, 1, 16))));
        let config = Config { instance: 3, address: exchange(), reserved_calls: 1 };
        let engine = Engine::new(tables, &config, Some(policy), Soft::new(&[1; 32]), writer);
        let mut phones = Vec::new();
        for (n, (dn, password)) in PASSWORDS.into_iter().enumerate() {
            let mut config = PhoneConfig::new(dn, password, address(n), exchange());
            config.behaviour = Behaviour::Answer { after_ms: 60 };
            if let Some(key) = n.checked_sub(3) {
                config.profile = "RTP/SAVP".to_owned();
                config.attributes = vec![format!("crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{}", KEYS[key])];
            }
            phones.push(Phone::new(config));
        }
        let mut carrier = Phone::carrier("carrier", address(CARRIER), exchange());
        carrier.config.challenges = Some(Asks { proxy: true, ..Asks::new("elm", CARRIER_PASSWORD) });
        phones.push(carrier);
        let mut world = Self {
            engine: engine.expect("the tables are large enough"),
            outputs: Vec::new(),
            phones,
            relay: Relay::default(),
            now: Instant(1_000),
            wire: VecDeque::new(),
        };
        world.give(&Input::SetTrunkServers { trunk: 0, servers: &[address(CARRIER).into()] });
        world.give(&Input::SetWall(WallTime { unix_s: 1_795_327_200, offset_min: -300 }));
        world
    }

    /// Everything that a trace can hold.
    pub(crate) fn play(&mut self) {
        for n in 0..CARRIER {
            self.phone(n, |phone, now| phone.register(now, 3600));
        }
        self.run(500);
        // An internal call, cleared.
        self.call(0, "20288");
        self.phone(0, Phone::hang_up);
        self.run(500);
        // A denial.
        self.call(1, "90114420794600");
        // An account code in front of the number, and one in other classes.
        self.call(0, "*334829137595551234");
        self.run(2_000);
        self.phone(0, Phone::hang_up);
        self.run(500);
        self.call(1, "*337710396895559876");
        self.run(2_000);
        self.phone(CARRIER, Phone::hang_up);
        self.run(500);
        // One that is asked for, a wrong one, and help instead of one.
        for (keys, known) in [("48291375", true), ("55512345", false), ("911", true)] {
            self.call(2, "95551234");
            self.press(2, keys);
            assert_eq!(self.phones[2].calls_up() > 0, known, "{keys}");
            self.phone(2, Phone::hang_up);
            self.run(1_000);
        }
        // Keys for media.
        self.call(3, "20555");
        assert!(self.phones[3].calls_up() > 0);
        self.phone(4, Phone::hang_up);
        self.run(500);
        // A transfer.
        self.call(0, "20288");
        self.phone(1, |phone, now| phone.transfer(now, "95559876"));
        self.run(2_000);
        self.phone(0, Phone::hang_up);
        self.run(500);
        // A user who logs in, after a wrong PIN and somebody's who is unknown; he calls, and is called.
        for digits in ["*506018866600012", "*506019986420537", "*506018886420537"] {
            self.call(1, digits);
            self.run(500);
        }
        assert!(self.engine.user_at(self.now, 1).is_some());
        self.call(1, "95551234");
        self.phone(1, Phone::hang_up);
        self.run(500);
        self.call(0, "60188");
        self.phone(0, Phone::hang_up);
        self.run(500);
        self.call(1, "*51");
        self.run(500);
        self.strangers();
        self.signals();
        self.give(&Input::SetMode(Some(Mode::Night1)));
        self.call(0, "20288");
        self.give(&Input::SetMode(None));
        while self.give(&Input::ClearCalls) != Took::Cleared(false) {}
        self.run(40_000);
    }

    /// Who is nobody's phone, and who does not speak SIP.
    fn strangers(&mut self) {
        let config = PhoneConfig::new("20177", "guessed", address(0), exchange());
        let real = std::mem::replace(&mut self.phones[0], Phone::new(config));
        self.phone(0, |phone, now| phone.register(now, 3600));
        self.run(500);
        self.phones[0] = real;
        for datagram in
            [&b"\xff\xfe\x00not SIP"[..], b"", b"\r\n\r\n", b"OPTIONS sip:192.0.2.9 SIP/2.0\r\n\r\n"]
        {
            self.give(&Input::Receive {
                source: SocketAddr::from(([203, 0, 113, 7], 4711)).into(),
                datagram,
            });
        }
    }

    /// A party with signalling of its own: all digits at once, then key by key with a code.
    fn signals(&mut self) {
        let from = Party::Device(2);
        let taken = self.signal(Signal::Setup { from: Party::Device(0), dialed: b"911" });
        let Taken::SetUp { leg } = taken else { panic!("{taken:?}") };
        self.run(500);
        self.signal(Signal::Release(leg, Cause::Normal));
        let taken = self.signal(Signal::OffHook { from });
        let Taken::OffHook { leg } = taken else { panic!("{taken:?}") };
        for key in b"48291375" {
            self.signal(Signal::Digit(leg, Digit::from_ascii(*key).expect("a key")));
            self.run(200);
        }
        for key in b"95551234" {
            self.signal(Signal::Digit(leg, Digit::from_ascii(*key).expect("a key")));
            self.run(200);
        }
        self.run(2_000);
        assert!(self.engine.calls().leg(leg).is_some());
        // A PIN key by key.
        let taken = self.signal(Signal::OffHook { from: Party::Device(0) });
        let Taken::OffHook { leg: other } = taken else { panic!("{taken:?}") };
        for key in b"*506018886420537#" {
            self.signal(Signal::Digit(other, Digit::from_ascii(*key).expect("a key")));
            self.run(200);
        }
        self.signal(Signal::Release(other, Cause::Normal));
        assert!(self.engine.user_at(self.now, 0).is_some());
        self.signal(Signal::Setup { from: Party::Device(0), dialed: b"*51" });
        self.signal(Signal::Transfer(leg, b"20288"));
        self.signal(Signal::Release(leg, Cause::Normal));
        self.signal(Signal::Answer(Handle::NONE));
        let dialed = b"*334829137595551234";
        self.signal(Signal::Setup { from: Party::Device(0), dialed });
        self.run(500);
    }

    pub(crate) fn call(&mut self, n: usize, number: &str) {
        self.phone(n, |phone, now| phone.call(now, number));
        self.run(1_000);
    }

    pub(crate) fn press(&mut self, n: usize, keys: &str) {
        for key in keys.chars() {
            self.phone(n, |phone, now| phone.press(now, key));
            self.run(200);
        }
        self.run(1_000);
    }

    fn signal(&mut self, signal: Signal<'_>) -> Taken {
        match self.give(&Input::Signal(signal)) {
            Took::Signal(taken) => taken,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn give(&mut self, input: &Input<'_>) -> Took {
        let took = self.engine.input(self.now, input).expect("outputs are drained after every input");
        if let (Took::Received(Received::Held(leg)), Input::Receive { source, datagram }) = (took, input) {
            self.relay.kept.push((leg, source.peer, datagram.to_vec()));
        }
        self.drain();
        took
    }

    fn drain(&mut self) {
        let mut buffer = vec![0; 65_536];
        while let Some(output) = self.engine.poll(&mut buffer).expect("the buffer is large enough") {
            match output {
                Output::Send { to, len } => {
                    self.wire.push_back((exchange(), to.peer, buffer[..len].to_vec()))
                }
                other => {
                    if let Output::Relay(ask) = other {
                        self.relay.asked.push_back(ask.leg);
                    }
                    self.outputs.push(other);
                }
            }
        }
    }

    /// The relay answers everything, and what was held is given again.
    fn relay(&mut self) {
        while let Some(leg) = self.relay.asked.pop_front() {
            let places = Some(Places::at([192, 0, 2, 200].into(), &[[4000, 4001]]));
            self.give(&Input::Relayed { leg, places });
            let kept = std::mem::take(&mut self.relay.kept);
            let (mine, others): (Vec<_>, Vec<_>) = kept.into_iter().partition(|(waits, ..)| *waits == leg);
            self.relay.kept = others;
            for (_, source, datagram) in mine {
                self.give(&Input::Receive { source: source.into(), datagram: &datagram });
            }
        }
    }

    pub(crate) fn phone(&mut self, n: usize, act: impl FnOnce(&mut Phone, Instant)) {
        act(&mut self.phones[n], self.now);
        while let Some((to, bytes)) = self.phones[n].poll_transmit() {
            self.wire.push_back((address(n), to, bytes));
        }
        while self.phones[n].poll_event().is_some() {}
    }

    /// Goes on for so many milliseconds, in steps of ten.
    pub(crate) fn run(&mut self, ms: u64) {
        let end = self.now.plus_ms(ms);
        while self.now < end {
            self.now = self.now.plus_ms(10);
            while let Some((from, to, bytes)) = self.wire.pop_front() {
                if to == exchange() {
                    self.give(&Input::Receive { source: from.into(), datagram: &bytes });
                } else if let Some(n) = (0..=CARRIER).find(|n| address(*n) == to) {
                    self.phone(n, |phone, now| phone.receive(now, from, &bytes));
                }
            }
            self.relay();
            while self.give(&Input::Tick) == Took::Ticked(Ticked::More) {}
            for n in 0..=CARRIER {
                self.phone(n, Phone::tick);
            }
        }
    }
}

/// A trace of everything, and what the exchange put out besides datagrams.
pub(crate) fn recorded(secrets: Secrets) -> (String, Vec<Output>) {
    let paper = Paper::default();
    let mut world = World::new(Some(Writer::new(paper.clone(), secrets)));
    world.play();
    world.engine.finish().expect("memory takes everything");
    (paper.text(), world.outputs)
}
