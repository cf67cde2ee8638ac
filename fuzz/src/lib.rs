//! An exchange that is given anything: datagrams from phones, a carrier and strangers, neutral signals, and time.
//!
//! An input is a row of steps: milliseconds that pass (two octets, the lower first), what happens (one octet: in its lower half a message from
//! one of four, a signal or a lost connection, in its highest two bits the transport), how much belongs to it (two octets), and that.

pub mod phone;
pub mod set;

use strowger::base::{Digit, Flow, Handle, Instant, Soft, Transport};
use strowger::call::Cause;
use strowger::exchange::{Config, Exchange, Output, Resources, Signal, Taken, Ticked};
use strowger::policy::{Image, Keyring, Party};

/// The compiled policy.
pub const IMAGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/policy.image"));
/// Its credentials.
pub const KEYRING: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/policy.keyring"));
/// Where the exchange is.
pub const EXCHANGE: ([u8; 4], u16) = ([10, 0, 0, 1], 5060);
/// Who sends: phones 201 and 202, the carrier, a stranger.
pub const SOURCES: [([u8; 4], u16); 4] =
    [([10, 0, 1, 1], 5060), ([10, 0, 1, 2], 5060), ([10, 0, 9, 1], 5060), ([10, 6, 6, 6], 5060)];

/// Few places, so that they run out.
pub type Memory = Resources<2, 1, 4>;

/// A datagram as a step of an input.
pub fn step(after_ms: u16, source: u8, datagram: &[u8]) -> Vec<u8> {
    let length = u16::try_from(datagram.len()).unwrap_or(u16::MAX);
    let mut step = after_ms.to_le_bytes().to_vec();
    step.push(source);
    step.extend(length.to_le_bytes());
    step.extend(&datagram[..usize::from(length)]);
    step
}

/// The exchange, with its policy in force.
pub fn exchange(memory: &mut Memory) -> Exchange<'_, Soft> {
    let mut crypto = Soft::new(&[7; 32]);
    let image = Image::load(IMAGE, &mut crypto).expect("the image is valid");
    let keyring = Keyring::load(KEYRING, &image, &mut crypto).expect("the keyring is its own");
    let config = Config { instance: 1, address: EXCHANGE.into(), reserved_calls: 1 };
    let mut exchange = Exchange::new(memory.memory(), &config, crypto);
    exchange.load(image, keyring).expect("the policy fits");
    exchange.set_trunk_address(0, SOURCES[2].into());
    for transport in [Transport::Tcp, Transport::Tls] {
        exchange.listen(transport, EXCHANGE.into());
    }
    exchange
}

/// Whence a message comes: one of the sources, over the transport of the highest two bits of `kind`.
fn flow(source: u8, kind: u8) -> Flow {
    let transport = Transport::ALL[usize::from(kind >> 6) % Transport::ALL.len()];
    Flow::new(SOURCES[usize::from(source)].into(), transport)
}

/// What is going on.
struct Play<'m> {
    exchange: Exchange<'m, Soft>,
    now: Instant,
    /// Legs that were heard of, the last ones.
    legs: Vec<Handle>,
}

impl Play<'_> {
    fn drain(&mut self) {
        let mut buffer = [0; 16_384];
        while let Some(output) = self.exchange.poll(&mut buffer).expect("there is room for every datagram") {
            if let Output::Setup { leg, .. } = output {
                self.legs.push(leg);
            }
        }
        let first = self.legs.len().saturating_sub(8);
        self.legs.drain(..first);
    }

    /// Lets time pass, and serves what is due.
    fn pass(&mut self, ms: u64) {
        let until = self.now.plus_ms(ms);
        while let Some(due) = self.exchange.next_deadline().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            while self.exchange.tick(self.now).expect("it was drained") == Ticked::More {
                self.drain();
            }
            self.drain();
        }
        self.now = until;
    }

    fn signal(&mut self, kind: u8, rest: &[u8]) {
        let leg = |n: usize| {
            self.legs
                .get(usize::from(*rest.get(n).unwrap_or(&0)) % self.legs.len().max(1))
                .copied()
                .unwrap_or(Handle::NONE)
        };
        let from = match rest.first().copied().unwrap_or(0) % 4 {
            3 => Party::Trunk(0),
            n => Party::Device(u32::from(n)),
        };
        let dialed = rest.get(1..).unwrap_or_default();
        let dialed = &dialed[..dialed.len().min(40)];
        let signal = match kind % 11 {
            0 => Signal::Setup { from, dialed },
            1 => Signal::OffHook { from },
            2 => match Digit::from_ascii(*rest.get(1).unwrap_or(&b'1')) {
                Some(digit) => Signal::Digit(leg(0), digit),
                None => return,
            },
            3 => Signal::Alerting(leg(0)),
            4 => Signal::Answer(leg(0)),
            5 => Signal::Release(leg(0), Cause::Normal),
            6 => Signal::OnHook(leg(0)),
            7 => Signal::Hold(leg(0)),
            8 => Signal::Retrieve(leg(0)),
            9 => Signal::Transfer(leg(0), dialed),
            _ => Signal::Join(leg(0), leg(1)),
        };
        let taken = self.exchange.signal(self.now, &signal).expect("it was drained");
        if let Taken::SetUp { leg } | Taken::OffHook { leg } | Taken::NeedsCode { leg, .. } = taken {
            self.legs.push(leg);
        }
    }
}

/// Plays an input. When all calls are over in the end, and all timers have run, every page was given back.
pub fn play(mut input: &[u8]) {
    let mut memory = Box::new(Memory::new());
    let exchange = exchange(&mut memory);
    let pages = exchange.pages();
    let mut play = Play { exchange, now: Instant(1_000), legs: Vec::new() };
    let mut steps = 0;
    while let ([low, high, kind, short, long, rest @ ..], true) = (input, steps < 64) {
        let length = usize::from(u16::from_le_bytes([*short, *long])).min(rest.len());
        let (belongs, behind) = rest.split_at(length);
        play.pass(u64::from(u16::from_le_bytes([*low, *high])));
        match kind % 16 {
            source @ 0..=3 => {
                play.exchange.receive(play.now, flow(source, *kind), belongs).expect("it was drained");
            }
            // There are fewer devices than one step unregisters.
            15 => {
                let flow = flow(kind >> 4 & 3, *kind);
                assert_eq!(play.exchange.lost(play.now, flow), Ok(Ticked::Done), "it was drained");
            }
            kind => play.signal(kind - 4, belongs),
        }
        play.drain();
        input = behind;
        steps += 1;
    }
    // Longer than any timer but a registration's, a session's and that of a call without one.
    play.pass(700_000);
    if play.exchange.calls_in_use() == 0 {
        assert_eq!(play.exchange.pages(), pages, "a page was not given back");
    }
}
