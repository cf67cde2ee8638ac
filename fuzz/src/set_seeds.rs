//! First inputs for the target of sets: what a set says and hears whose user presses keys, beside an exchange with phones.

use crate::taken;
use std::net::SocketAddr;
use strowger::base::{Flow, Instant, Soft, Transport};
use strowger::call::dialing::Found;
use strowger::exchange::{Dialed, Exchange, Ticked};
use strowger::phone::MAX_DATAGRAM;
use strowger::set::{Output, Set};
use strowger::wire::set::{Down, Link, MAX_FRAME, Up, actuations};
use strowger_fuzz::set::{links, set, step as kinds};
use strowger_fuzz::{EXCHANGE, Memory, SOURCES, exchange, step};
use strowger_testkit::phone::{Behaviour, Phone, PhoneConfig};

/// What a user does, a second apart: keys, a phone that calls, or a step of its own.
enum Use {
    /// Digits; `^` off and `_` on hook; `a` and `b` the line keys, `h` Hold, `t` Transfer, `c` Cancel, `r` Redial.
    Keys(&'static str),
    /// 202 does something.
    Theirs(fn(&mut Phone, Instant)),
    /// A step of this kind.
    Step(u8, &'static [u8]),
}

use Use::{Keys, Step, Theirs};

/// Of each: how the set is made, and what happens.
const STORIES: [(u8, &[Use]); 8] = [
    (3, &[Keys("^202"), Keys("_")]),
    (
        3,
        &[
            Theirs(|phone, now| phone.call(now, "201")),
            Keys("^"),
            Keys("h"),
            Keys("a"),
            Theirs(Phone::hang_up),
            Keys("_"),
        ],
    ),
    (35, &[Keys("^202"), Keys("t"), Keys("95551234"), Keys("_")]),
    (3, &[Keys("^202"), Keys("hb95551234"), Step(kinds::BACK, b""), Keys("a"), Keys("c"), Keys("bc_")]),
    (
        19,
        &[
            Keys("202"),
            Step(kinds::LOST, b""),
            Step(kinds::BACK, b""),
            Step(kinds::WALL, b"1"),
            Keys("c"),
            Keys("r"),
        ],
    ),
    (
        3,
        &[
            Keys("^7"),
            Keys("_^*60"),
            Keys("_"),
            Theirs(|phone, now| phone.call(now, "201")),
            Step(kinds::END, b"\x06"),
        ],
    ),
    (0, &[Keys("^202"), Keys("_^911"), Step(kinds::OCTETS, &[0; 12])]),
    (1, &[Keys("^911"), Step(kinds::LOST, b""), Keys("_")]),
];

/// The inputs.
pub(crate) fn stories() -> Vec<Vec<u8>> {
    STORIES.iter().map(|(made, story)| told(*made, story)).collect()
}

struct World<'m> {
    set: Set<'m, Soft>,
    far: Link,
    exchange: Exchange<'m, Soft>,
    others: Vec<Phone>,
    now: Instant,
    last: Instant,
    /// The input so far, and what stands before the next step: what digits become.
    input: Vec<u8>,
    dialed: Vec<u8>,
    /// What the set says next, and its messages that have not reached the exchange.
    said: Vec<Vec<u8>>,
    messages: Vec<Vec<u8>>,
}

fn told(made: u8, story: &[Use]) -> Vec<u8> {
    let mut memory = Box::new(Memory::new());
    let mut own = Box::new(strowger_fuzz::set::Memory::new());
    let (far, near) = links();
    let others =
        [("202", "Harbour-light-blue-8", 1), ("carrier", "", 2)].into_iter().map(|(name, password, at)| {
            let mut config = PhoneConfig::new(name, password, SOURCES[at].into(), EXCHANGE.into());
            config.trunk = name == "carrier";
            config.behaviour = Behaviour::Answer { after_ms: 200 };
            Phone::new(config)
        });
    let mut world = World {
        set: set(&mut own, made, near),
        far,
        exchange: exchange(&mut memory),
        others: others.collect(),
        now: Instant(1_000),
        last: Instant(1_000),
        input: vec![made],
        dialed: Vec::new(),
        said: Vec::new(),
        messages: Vec::new(),
    };
    world.others[0].register(world.now, 600);
    world.drain(made);
    world.second(made);
    for one in story {
        match one {
            Keys(keys) => {
                for key in keys.bytes() {
                    let body: &[u8] = match key {
                        b'^' => &[3, 1],
                        b'_' => &[3, 0],
                        b'a' => &[4, 1, 1],
                        b'b' => &[4, 2, 1],
                        b'h' => &[4, 0x10, 1],
                        b't' => &[4, 0x11, 1],
                        b'c' => &[4, 0x12, 1],
                        b'r' => &[4, 0x13, 1],
                        digit => &[4, digit, 1],
                    };
                    world.says(made, body);
                }
            }
            Theirs(act) => act(&mut world.others[0], world.now),
            Step(kind, octets) => {
                world.step(*kind, octets);
                match *kind {
                    kinds::LOST => world.set.lost(world.now),
                    kinds::BACK => {
                        let (far, near) = links();
                        if world.set.resume(world.now, near) {
                            world.far = far;
                        }
                    }
                    _ => break,
                }
                world.drain(made);
            }
        }
        world.second(made);
    }
    world.input
}

impl World<'_> {
    fn step(&mut self, kind: u8, octets: &[u8]) {
        let after = u16::try_from(self.now.since_ms(self.last)).unwrap_or(u16::MAX);
        self.input.extend(step(after, kind, octets));
        self.last = self.now;
    }

    /// The set says something: its kind and body. What its digits become stands before it.
    fn says(&mut self, made: u8, frame: &[u8]) {
        let (kind, body) = frame.split_first().expect("a kind");
        let mut octets = [0; MAX_FRAME];
        let far = &mut self.far;
        let len = far
            .write(&mut octets, *kind, |out| strowger::wire::write::Sink::put(out, body))
            .expect("it fits");
        let _ = self.set.frame(self.now, &octets[..len]).expect("it was drained");
        self.drain(made);
        let dialed = std::mem::take(&mut self.dialed);
        if !dialed.is_empty() {
            self.step(kinds::DIALED, &dialed);
        }
        self.step(kinds::FRAME, frame);
        for opened in std::mem::take(&mut self.said) {
            self.says(made, &opened);
        }
    }

    fn drain(&mut self, made: u8) {
        let mut buffer = [0; MAX_DATAGRAM];
        while let Some(output) = self.set.poll(self.now, &mut buffer) {
            match output {
                Output::Message { len } => self.messages.push(buffer[..len].to_vec()),
                Output::Dialed(digits) => {
                    let device = (made & 1 != 0).then_some(0);
                    let dialed = self.exchange.dialed(self.now, device, &digits);
                    self.dialed.extend(octets(&dialed));
                    self.set.found(self.now, &dialed);
                }
                Output::Frame { len } | Output::Closed { len, .. } => {
                    let (kind, body) = self.far.take(&buffer[..len]).expect("frames follow on each other");
                    match Down::parse(kind, body).expect("it can be read") {
                        Down::Snapshot { count, actuations: octets } => {
                            actuations(count, octets).for_each(|down| self.opens(&down));
                        }
                        down => self.opens(&down),
                    }
                }
                Output::Over => {}
            }
        }
    }

    /// What is to be opened is opened, after the frame that led to it.
    fn opens(&mut self, down: &Down<'_>) {
        let Down::Open { stream, generation } = *down else { return };
        let at = Some(SocketAddr::from((SOURCES[0].0, 4_000 + 100 * u16::from(stream) + generation)));
        let mut octets = [0; MAX_FRAME];
        let mut out = strowger::wire::write::Buffer::new(&mut octets);
        Up::Opened { stream, generation, at }.write(&mut out);
        let len = out.finish().expect("it fits");
        self.said.push([&[5], &octets[..len]].concat());
    }

    /// What the set sends reaches the exchange; what that sends reaches the set and the phones.
    fn deliver(&mut self, made: u8) {
        let way = Flow::new(SOURCES[0].into(), Transport::Tls);
        let mut sent = Vec::new();
        taken(&mut self.exchange, &mut sent);
        for message in std::mem::take(&mut self.messages) {
            self.exchange.receive(self.now, way, &message).expect("it was drained");
            taken(&mut self.exchange, &mut sent);
        }
        for (to, message) in sent {
            if to == SocketAddr::from(SOURCES[0]) {
                self.step(kinds::MESSAGE, &message);
                self.set.receive(self.now, &message).expect("it was drained");
                self.drain(made);
            } else if let Some(n) = [1, 2].iter().position(|n| to == SocketAddr::from(SOURCES[*n])) {
                self.others[n].receive(self.now, EXCHANGE.into(), &message);
            }
        }
    }

    /// A second passes.
    fn second(&mut self, made: u8) {
        for _ in 0..100 {
            self.now = self.now.plus_ms(10);
            while self.exchange.next_deadline().is_some_and(|due| due <= self.now)
                && self.exchange.tick(self.now) == Ok(Ticked::More)
            {
                self.deliver(made);
            }
            self.deliver(made);
            self.set.tick(self.now).expect("it was drained");
            self.drain(made);
            for opened in std::mem::take(&mut self.said) {
                self.says(made, &opened);
            }
            for n in 0..self.others.len() {
                self.others[n].tick(self.now);
                while let Some((_, message)) = self.others[n].poll_transmit() {
                    self.exchange
                        .receive(self.now, SocketAddr::from(SOURCES[n + 1]), &message)
                        .expect("it was drained");
                    self.deliver(made);
                }
            }
        }
    }
}

/// As the target reads it.
fn octets(dialed: &Dialed) -> [u8; 2] {
    let found = match dialed.found {
        Found::More => 0,
        Found::Doubtful => 1,
        Found::Open => 2,
        Found::Whole => 3,
        Found::CodeFollows => 4,
    };
    [found | u8::from(dialed.second) << 3, dialed.shown]
}
