//! A set that is given anything: frames and other octets, messages from its exchange, what its digits have become, lost connections, and time.
//!
//! An input begins with an octet that says how the set is made (its lowest bit: it has a number; then two bits of its line keys, two of its
//! rows, and whether it can encrypt), and goes on with a row of steps as for the exchange. What happens (the third octet, its lower half):
//! a message from the exchange, a frame (its kind, and then its body), octets that are perhaps a frame, a lost connection, another
//! connection, what digits become from now on (pairs of octets), a time of day, the end, or keys.

use crate::{EXCHANGE, IMAGE, KEYRING, SOURCES};
use std::collections::{BTreeMap, VecDeque};
use strowger::base::{Flow, Instant, Soft, Transport, WallTime};
use strowger::call::dialing::{Found, Timing};
use strowger::exchange::Dialed;
use strowger::media::{Ability, Codec, Srtp};
use strowger::phone::{MAX_DATAGRAM, Resources};
use strowger::policy::{Image, Keyring};
use strowger::set::{Config, Output, STREAMS, Set};
use strowger::wire::set::{
    Audio, Bye, Down, Key, Lamp, Link, MAX_BODY, MAX_FRAME, MAX_LINES, Ring, Tone, Up, actuations,
};
use strowger::wire::write::Buffer;

/// Steps of an input: what happens.
pub mod step {
    /// A message from the exchange.
    pub const MESSAGE: u8 = 0;
    /// A frame: its kind, then its body.
    pub const FRAME: u8 = 1;
    /// Octets, perhaps a frame.
    pub const OCTETS: u8 = 2;
    /// The connection is lost.
    pub const LOST: u8 = 3;
    /// The set is there on another connection.
    pub const BACK: u8 = 4;
    /// What digits become, one pair of octets after the other; the last stays.
    pub const DIALED: u8 = 5;
    /// The time of day.
    pub const WALL: u8 = 6;
    /// The connection is closed, or everything is ended.
    pub const END: u8 = 7;
}

/// Lines of the set's phone.
pub type Memory = Resources<STREAMS>;

/// A set that is made as this octet says, behind a connection on which a first frame was taken.
pub fn set(memory: &mut Memory, made: u8, link: Link) -> Set<'_, Soft> {
    let mut crypto = Soft::new(&[11; 32]);
    let known = made & 1 != 0;
    let (image, keyring) = if known {
        let image = Image::load(IMAGE, &mut crypto).expect("the image is valid");
        let keyring = Keyring::load(KEYRING, &image, &mut crypto).expect("the keyring is its own");
        (image, keyring)
    } else {
        (Image::emergency(IMAGE, &mut crypto).expect("it has a block"), Keyring::EMPTY)
    };
    let srtp = if made & 32 != 0 { Srtp::BestEffort } else { Srtp::Off };
    let config = Config {
        instance: 1,
        number: if known { b"201" } else { b"" },
        name: "Größe \u{7}",
        flow: Flow::new(SOURCES[0].into(), Transport::Tls),
        exchange: Flow::new(EXCHANGE.into(), Transport::Tls),
        ability: Ability { codecs: [Codec::Pcmu, Codec::G722].into_iter().collect(), srtp },
        display: rows_of(made),
        lines: lines_of(made),
        heartbeat_s: 30,
        grace_s: 60,
    };
    let mut set = Set::new(Instant(1_000), memory.memory(), config, link, crypto);
    set.load(Instant(1_000), image, keyring).expect("the policy has it");
    set
}

fn lines_of(made: u8) -> u8 {
    1 + (made >> 1 & 3)
}

fn rows_of(made: u8) -> (u8, u8) {
    let rows = 1 + (made >> 3 & 3);
    (rows, if rows > 2 { 40 } else { 16 })
}

/// Two ends of a new connection, on which the set has said one thing.
#[must_use]
pub fn links() -> (Link, Link) {
    let (mut far, mut near) = (Link::new(), Link::new());
    let mut frame = [0; MAX_FRAME];
    let len = far.write(&mut frame, Up::Alive.kind(), |out| Up::Alive.write(out)).expect("it fits");
    near.take(&frame[..len]).expect("the first frame");
    (far, near)
}

/// What digits have become, as two octets say it.
#[must_use]
pub fn dialed([found, shown]: [u8; 2]) -> Dialed {
    let all = [Found::More, Found::Doubtful, Found::Open, Found::Whole, Found::CodeFollows];
    let found_now = all[usize::from(found & 7) % all.len()];
    Dialed { found: found_now, second: found & 8 != 0, shown, timing: Timing::FIELD }
}

/// What can be read is written as the same octets.
pub fn round_trip(kind: u8, body: &[u8]) {
    let same = |write: &dyn Fn(&mut Buffer<'_>)| {
        let mut octets = [0; 2 * MAX_BODY];
        let mut out = Buffer::new(&mut octets);
        write(&mut out);
        let len = out.finish().expect("what was read fits");
        assert!(octets[..len] == *body, "what was read is written otherwise");
    };
    if let Ok(up) = Up::parse(kind, body) {
        assert_eq!(up.kind(), kind);
        same(&|out| up.write(out));
    }
    if let Ok(down) = Down::parse(kind, body) {
        assert_eq!(down.kind(), kind);
        same(&|out| down.write(out));
        if let Down::Snapshot { count, actuations: octets } = down {
            assert_eq!(actuations(count, octets).count(), usize::from(count));
        }
    }
}

/// What the set was told.
#[derive(Clone, Debug, Default, PartialEq)]
struct Told {
    rows: BTreeMap<u8, String>,
    lamps: BTreeMap<u8, u8>,
    tone: u8,
    rings: bool,
    talks: bool,
    open: BTreeMap<u8, Vec<u16>>,
    sends: BTreeMap<u8, (u16, Vec<u8>)>,
}

impl Told {
    fn apply(&mut self, down: &Down<'_>, made: u8) {
        match *down {
            Down::Display { row, text } => {
                let (rows, columns) = rows_of(made);
                assert!(row < rows && text.chars().count() <= usize::from(columns), "{down:?}");
                self.rows.insert(row, text.to_owned());
                self.rows.retain(|_, text| !text.is_empty());
            }
            Down::Lamp(key, lamp) => {
                let lines = lines_of(made).min(MAX_LINES);
                let known = match key {
                    Key::Line(line) => line <= lines,
                    Key::Hold | Key::Transfer => true,
                    Key::Digit(_) | Key::Cancel | Key::Redial => false,
                };
                assert!(known, "{down:?} of {lines}");
                self.lamps.insert(key.number(), lamp.number());
                self.lamps.retain(|_, lamp| *lamp != Lamp::Off.number());
            }
            Down::Tone(tone) => self.tone = tone.number(),
            Down::Ringer(ring) => self.rings = ring != Ring::Silent,
            Down::Audio(audio) => self.talks = audio == Audio::Talk,
            Down::Open { stream, generation } => {
                let open = self.open.entry(stream).or_default();
                assert!(!open.contains(&generation) && open.len() < 2 && generation != 0, "{open:?}");
                open.push(generation);
            }
            Down::Close { stream, generation } => {
                let open = self.open.get_mut(&stream).expect("it was open");
                assert!(open.contains(&generation), "{open:?}: {generation} is closed");
                open.retain(|one| *one != generation);
                self.open.retain(|_, open| !open.is_empty());
                assert!(
                    self.sends.get(&stream).is_none_or(|sends| sends.0 != generation),
                    "it is sent there"
                );
            }
            Down::Send(send) => {
                let open = self.open.get(&send.stream);
                assert!(open.is_some_and(|open| open.contains(&send.generation)), "{open:?}: {down:?}");
                let mut octets = [0; MAX_BODY];
                let mut out = Buffer::new(&mut octets);
                down.write(&mut out);
                let len = out.finish().expect("it was written before");
                self.sends.insert(send.stream, (send.generation, octets[..len].to_vec()));
            }
            Down::Stop { stream, generation } => {
                let was = self.sends.remove(&stream);
                assert!(was.is_some_and(|was| was.0 == generation), "another generation is stopped");
            }
            Down::Snapshot { .. }
            | Down::Welcome { .. }
            | Down::Registered { .. }
            | Down::Refused { .. }
            | Down::Alive
            | Down::Bye(_)
            | Down::Clock(_) => {}
        }
    }
}

struct Play<'m> {
    set: Set<'m, Soft>,
    made: u8,
    far: Link,
    now: Instant,
    told: Told,
    up: bool,
    over: bool,
    dialed: VecDeque<Dialed>,
}

impl Play<'_> {
    fn drain(&mut self) {
        let mut buffer = [0; MAX_DATAGRAM];
        for round in 0.. {
            assert!(round < 10_000, "a set never stops talking");
            let Some(output) = self.set.poll(self.now, &mut buffer) else { break };
            assert!(!self.over, "{output:?} of one that is over");
            match output {
                Output::Message { len } => assert!(len > 0),
                Output::Frame { len } => self.hears(&buffer[..len]),
                Output::Dialed(_) => {
                    let more =
                        Dialed { found: Found::More, second: false, shown: u8::MAX, timing: Timing::FIELD };
                    let dialed = self.dialed.front().copied().unwrap_or(more);
                    if self.dialed.len() > 1 {
                        self.dialed.pop_front();
                    }
                    self.set.found(self.now, &dialed);
                }
                Output::Closed { len, .. } => {
                    self.hears(&buffer[..len]);
                    self.up = false;
                }
                Output::Over => {
                    assert!(!self.up, "it is over, and connected");
                    self.over = true;
                }
            }
        }
        if self.up {
            assert!(!(self.told.rings && self.told.talks), "who talks is rung");
            assert!(self.told.talks || self.told.sends.values().count() <= STREAMS);
            assert!(self.told.tone <= Tone::OnHold.number());
        }
    }

    /// The set hears a frame.
    fn hears(&mut self, frame: &[u8]) {
        assert!(self.up, "there is no connection");
        let (kind, body) = self.far.take(frame).expect("frames follow on each other");
        round_trip(kind, body);
        let down = Down::parse(kind, body).expect("what is written can be read");
        if let Down::Snapshot { count, actuations: octets } = down {
            self.told = Told::default();
            actuations(count, octets).for_each(|down| self.told.apply(&down, self.made));
        } else {
            self.told.apply(&down, self.made);
        }
    }

    fn pass(&mut self, ms: u64) {
        let until = self.now.plus_ms(ms);
        for round in 0.. {
            let Some(due) = self.set.next_deadline().filter(|due| *due <= until && !self.over) else { break };
            assert!(round < 10_000, "time cannot be caught up with");
            self.now = self.now.max(due);
            self.set.tick(self.now).expect("it was drained");
            self.drain();
        }
        self.now = until;
    }

    fn says(&mut self, kind: u8, body: &[u8]) {
        let body = &body[..body.len().min(MAX_BODY)];
        round_trip(kind, body);
        let mut frame = [0; MAX_FRAME];
        let far = &mut self.far;
        let len =
            far.write(&mut frame, kind, |out| strowger::wire::write::Sink::put(out, body)).expect("it fits");
        let _ = self.set.frame(self.now, &frame[..len]).expect("it was drained");
        self.drain();
    }

    fn back(&mut self) {
        let before = self.up.then(|| self.told.clone());
        let (far, near) = links();
        // Whoever comes while it ends is not taken.
        if !self.set.resume(self.now, near) {
            return;
        }
        (self.far, self.up) = (far, true);
        self.drain();
        if let Some(before) = before {
            assert!(self.told == before, "a snapshot says something else\n{before:?}\n{:?}", self.told);
        }
    }

    fn step(&mut self, kind: u8, octets: &[u8]) {
        let first = octets.first().copied().unwrap_or(0);
        match kind & 15 {
            step::MESSAGE => {
                let message = &octets[..octets.len().min(MAX_DATAGRAM)];
                self.set.receive(self.now, message).expect("it was drained");
            }
            step::FRAME => self.says(first, octets.get(1..).unwrap_or(&[])),
            step::OCTETS => drop(self.set.frame(self.now, octets).expect("it was drained")),
            step::LOST => {
                self.up = false;
                self.set.lost(self.now);
            }
            step::BACK => self.back(),
            step::DIALED => {
                self.dialed = octets.as_chunks().0.iter().map(|pair| dialed(*pair)).collect();
            }
            step::WALL => {
                self.set.set_wall(self.now, WallTime { unix_s: i64::from(first) << 32, offset_min: -300 });
            }
            step::END => {
                let why = Bye::ALL[usize::from(first) % Bye::ALL.len()];
                if kind & 16 != 0 { self.set.end(self.now, why) } else { self.set.close(self.now, why) }
            }
            _ => {
                for key in octets.iter().take(40).filter(|key| Key::of(**key).is_ok()) {
                    for pressed in [1, 0] {
                        self.says(4, &[*key, pressed]);
                    }
                }
            }
        }
        self.drain();
    }
}

/// Plays an input. When the set is ended in the end, nothing is left of it.
pub fn play(input: &[u8]) {
    let Some((&made, mut input)) = input.split_first() else { return };
    round_trip(made, input);
    let mut memory = Box::new(Memory::new());
    let (far, near) = links();
    let set = set(&mut memory, made, near);
    let mut play = Play {
        set,
        made,
        far,
        now: Instant(1_000),
        told: Told::default(),
        up: true,
        over: false,
        dialed: VecDeque::new(),
    };
    play.drain();
    let mut steps = 0;
    while let ([low, high, kind, short, long, rest @ ..], true) = (input, steps < 64 && !play.over) {
        let length = usize::from(u16::from_le_bytes([*short, *long])).min(rest.len());
        let (belongs, behind) = rest.split_at(length);
        play.pass(u64::from(u16::from_le_bytes([*low, *high])));
        if !play.over {
            play.step(*kind, belongs);
        }
        input = behind;
        steps += 1;
    }
    if !play.over {
        play.set.end(play.now, Bye::Stopping);
        play.drain();
        play.pass(700_000);
        assert!(play.over, "something is left of it");
    }
}
