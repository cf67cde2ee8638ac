//! A telephone that is given anything: datagrams from its gateways and from strangers, what its user does, and time.
//!
//! An input is a row of steps as for the exchange. What happens (the third octet): in its lower half a message from its gateway, from the other
//! one, or from one of two strangers; or what a user does; in its upper half which line that is for.

use crate::{EXCHANGE, IMAGE, KEYRING, SOURCES};
use std::net::SocketAddr;
use strowger::base::{Digit, Flow, Handle, Instant, Soft, Ticked};
use strowger::homing::Terms;
use strowger::media::{Ability, Codec, Srtp};
use strowger::phone::{Config, MAX_DATAGRAM, Output, Phone, Resources};
use strowger::policy::{Image, Keyring};

/// The other gateway.
pub const SECOND: ([u8; 4], u16) = ([10, 0, 0, 2], 5060);

/// Two lines to talk on, and one more.
pub type Memory = Resources<3>;

/// The telephone 201, with the policy in force.
pub fn phone(memory: &mut Memory) -> Phone<'_, Soft> {
    let mut crypto = Soft::new(&[9; 32]);
    let image = Image::load(IMAGE, &mut crypto).expect("the image is valid");
    let keyring = Keyring::load(KEYRING, &image, &mut crypto).expect("the keyring is its own");
    let config = Config {
        instance: 1,
        address: SOURCES[0].into(),
        number: b"201",
        username: b"",
        password: b"",
        realm: b"",
        domain: b"",
        servers: [EXCHANGE, SECOND].map(|at| Flow::from(SocketAddr::from(at))).into_iter().collect(),
        homing: Terms { heartbeat_s: 10, missed: 2, return_s: 60, returns: true },
        ability: Ability { codecs: [Codec::Pcmu, Codec::G722].into_iter().collect(), srtp: Srtp::BestEffort },
        sound_port: 16_000,
    };
    let mut phone = Phone::new(memory.memory(), config, crypto);
    phone.load(image, keyring).expect("the policy has it");
    phone
}

struct Play<'m> {
    phone: Phone<'m, Soft>,
    now: Instant,
    /// Lines that are over for their user: nothing more is told of them.
    over: Vec<Handle>,
}

impl Play<'_> {
    fn drain(&mut self) {
        let mut buffer = [0; MAX_DATAGRAM];
        while let Some(output) = self.phone.poll(&mut buffer).expect("no message is longer") {
            match output {
                Output::Over { line, .. } => {
                    assert!(!self.over.contains(&line), "over twice");
                    self.over.push(line);
                }
                Output::Incoming(line)
                | Output::Ringing(line)
                | Output::Notice(line, _)
                | Output::Up(line)
                | Output::Sound(line)
                | Output::Held(line, _)
                | Output::Changed(line, _)
                | Output::Referred(line, _) => {
                    assert!(!self.over.contains(&line), "{output:?} of one that is over")
                }
                Output::Send { .. } | Output::Standing(_) | Output::Server(_) | Output::Text { .. } => {}
            }
        }
    }

    fn pass(&mut self, ms: u64) {
        let until = self.now.plus_ms(ms);
        while let Some(due) = self.phone.next_deadline().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            while self.phone.tick(self.now).expect("it was drained") == Ticked::More {
                self.drain();
            }
            self.drain();
        }
        self.now = until;
    }

    fn line(&self, n: u8) -> Handle {
        let mut lines = self.phone.lines().map(|(line, _)| line);
        lines.nth(usize::from(n % 4)).unwrap_or(Handle::NONE)
    }

    fn act(&mut self, kind: u8, digits: &[u8]) {
        let (now, line, other) = (self.now, self.line(kind >> 4), self.line(kind >> 6));
        let digits = &digits[..digits.len().min(60)];
        let phone = &mut self.phone;
        let key = Digit::from_ascii(*digits.first().unwrap_or(&b'1')).unwrap_or(Digit::HASH);
        let drained = "it was drained";
        match kind % 16 {
            4 => phone.register(now).expect(drained),
            5 => phone.unregister(now).expect(drained),
            6 => phone.lost(now, SocketAddr::from(EXCHANGE).into()).expect(drained),
            7 | 8 => drop(phone.dial(now, digits).expect(drained)),
            9 => drop(phone.answer(now, line).expect(drained)),
            10 => drop(phone.hold(now, line, true).expect(drained)),
            11 => drop(phone.hold(now, line, false).expect(drained)),
            12 => drop(phone.transfer(now, line, digits).expect(drained)),
            13 => drop(phone.join(now, line, other).expect(drained)),
            14 => drop(phone.press(now, line, key).expect(drained)),
            _ => drop(phone.hang_up(now, line).expect(drained)),
        }
    }
}

/// Plays an input. When its user has hung up in the end, and all timers have run, no line is left and every page was given back.
pub fn play(mut input: &[u8]) {
    let mut memory = Box::new(Memory::new());
    let mut play = Play { phone: phone(&mut memory), now: Instant(1_000), over: Vec::new() };
    let mut steps = 0;
    while let ([low, high, kind, short, long, rest @ ..], true) = (input, steps < 64) {
        let length = usize::from(u16::from_le_bytes([*short, *long])).min(rest.len());
        let (belongs, behind) = rest.split_at(length);
        play.pass(u64::from(u16::from_le_bytes([*low, *high])));
        match kind % 16 {
            source @ 0..=3 => {
                let from = [EXCHANGE, SECOND, SOURCES[1], SOURCES[3]][usize::from(source)];
                play.phone.receive(play.now, SocketAddr::from(from), belongs).expect("it was drained");
            }
            _ => play.act(*kind, belongs),
        }
        play.drain();
        input = behind;
        steps += 1;
    }
    play.phone.unregister(play.now).expect("it was drained");
    play.drain();
    for _ in 0..2 {
        let lines: Vec<Handle> = play.phone.lines().map(|(line, _)| line).collect();
        for line in lines {
            let _ = play.phone.hang_up(play.now, line).expect("it was drained");
            play.drain();
        }
        play.pass(700_000);
    }
    assert_eq!(play.phone.lines().count(), 0, "a line is left");
    let (free, all) = play.phone.pages();
    assert!(all - free <= 1, "{free} of {all} pages were given back");
}
