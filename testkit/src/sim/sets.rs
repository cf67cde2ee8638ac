//! Sets: what their users do goes up, what they show is kept as the set would. Their messages go over the network as those of any phone;
//! their frames arrive at once.

use super::terminal::policy_of;
use super::{Datagram, Sim};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use strowger::base::{Flow, Instant, Soft, Transport, WallTime};
use strowger::exchange::Dialed;
use strowger::media::{Ability, Codec, Srtp};
use strowger::phone::{MAX_DATAGRAM, Resources};
use strowger::policy::{Image, Keyring};
use strowger::set::{Config, Output, STREAMS, Set};
use strowger::wire::set::{Audio, Bye, Down, Key, Lamp, Link, MAX_FRAME, Ring, Tone, Up, actuations};

/// A set of the engine's own.
pub type SetBox = Set<'static, Soft>;

/// A set of the world.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SetId(usize);

/// What a set shows and sounds: what a real one would have been told.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Shown {
    /// Rows of its display.
    pub rows: BTreeMap<u8, String>,
    /// Lamps that are not off, by the number of their key.
    pub lamps: BTreeMap<u8, Lamp>,
    /// What is heard; nothing: silence.
    pub tone: Option<Tone>,
    /// How it rings, if it does.
    pub ring: Option<Ring>,
    /// Its user talks.
    pub talks: bool,
    /// Generations of streams that are open.
    pub open: BTreeMap<u8, Vec<u16>>,
    /// Where sound goes, by stream: generation, address, sends, receives, encrypted.
    pub sends: BTreeMap<u8, (u16, SocketAddr, bool, bool, bool)>,
    /// The clock.
    pub clock: Option<WallTime>,
}

pub(super) struct Placed {
    name: String,
    flow: Flow,
    exchange: usize,
    device: Option<u32>,
    set: SetBox,
    link: Link,
    connected: bool,
    shown: Shown,
    /// Every frame that came, in words.
    frames: Vec<String>,
    closed: Option<Bye>,
    over: bool,
}

/// A set with two line keys and a display of three rows, reached over TLS.
#[must_use]
pub fn set_config(number: &'static str, peer: SocketAddr, exchange: SocketAddr) -> Config<'static> {
    Config {
        instance: 21,
        number: number.as_bytes(),
        name: "",
        flow: Flow::new(peer, Transport::Tls),
        exchange: Flow::new(exchange, Transport::Tls),
        ability: Ability { codecs: [Codec::Pcmu, Codec::Pcma].into_iter().collect(), srtp: Srtp::BestEffort },
        display: (3, 40),
        lines: 2,
        heartbeat_s: 30,
        grace_s: 60,
    }
}

/// A set on memory of its own.
///
/// # Panics
/// If the policy is not valid, or not for this set.
#[must_use]
pub fn build_set(
    now: Instant,
    config: Config<'static>,
    policy: (&[u8], &[u8]),
    link: Link,
    seed: u64,
) -> SetBox {
    let mut key = [0xA5; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..8 + config.number.len()].copy_from_slice(config.number);
    let mut crypto = Soft::new(&key);
    let (image, keyring) = if config.number.is_empty() {
        let block = Image::emergency(Vec::leak(policy.0.to_vec()), &mut crypto);
        (block.expect("an emergency block"), Keyring::EMPTY)
    } else {
        policy_of(policy, &mut crypto)
    };
    let memory = Box::leak(Box::new(Resources::<STREAMS>::new())).memory();
    let mut set = Set::new(now, memory, config, link, crypto);
    set.load(now, image, keyring).expect("a set of this policy");
    set
}

impl Sim {
    /// Adds a set that said Hello on a connection to that exchange a moment ago.
    pub fn add_set(
        &mut self,
        name: &str,
        exchange: usize,
        config: Config<'static>,
        policy: (&[u8], &[u8]),
    ) -> SetId {
        self.ladder.participant(name);
        let (mut link, mut near) = (Link::new(), Link::new());
        let mut frame = [0; MAX_FRAME];
        let len = link.write(&mut frame, Up::Alive.kind(), |out| Up::Alive.write(out)).expect("it fits");
        near.take(&frame[..len]).expect("the first frame");
        let device = std::str::from_utf8(config.number).ok().and_then(|number| {
            self.exchanges[exchange].exchange.image().and_then(|image| image.phone_by_dn(number.as_bytes()))
        });
        let set = build_set(self.now, config.clone(), policy, near, 5);
        self.sets.push(Placed {
            name: name.to_owned(),
            flow: config.flow,
            exchange,
            device,
            set,
            link,
            connected: true,
            shown: Shown::default(),
            frames: Vec::new(),
            closed: None,
            over: false,
        });
        self.drain_set(self.sets.len() - 1);
        SetId(self.sets.len() - 1)
    }

    /// A set, to look at.
    #[must_use]
    pub fn set(&self, id: SetId) -> &SetBox {
        &self.sets[id.0].set
    }

    /// What a set shows.
    #[must_use]
    pub fn shown(&self, id: SetId) -> &Shown {
        &self.sets[id.0].shown
    }

    /// The frames that a set got, in words; they are forgotten.
    pub fn set_frames(&mut self, id: SetId) -> Vec<String> {
        std::mem::take(&mut self.sets[id.0].frames)
    }

    /// Why a set's connection was closed, and whether nothing is left of it.
    #[must_use]
    pub fn set_end(&self, id: SetId) -> (Option<Bye>, bool) {
        (self.sets[id.0].closed, self.sets[id.0].over)
    }

    /// A set says something.
    ///
    /// # Panics
    /// If it is not connected.
    pub fn set_says(&mut self, id: SetId, up: Up<'_>) {
        let (now, placed) = (self.now, &mut self.sets[id.0]);
        assert!(placed.connected, "{} is not connected", placed.name);
        let mut frame = [0; MAX_FRAME];
        let len = placed.link.write(&mut frame, up.kind(), |out| up.write(out)).expect("it fits");
        let name = placed.name.clone();
        self.ladder.note(now, &name, &format!("{up:?}"));
        self.set_octets(id, &frame[..len]);
    }

    /// Octets of a frame come from a set, whatever they are.
    pub fn set_octets(&mut self, id: SetId, frame: &[u8]) {
        let now = self.now;
        let taken = self.sets[id.0].set.frame(now, frame);
        taken.expect("a set that has been drained takes every frame");
        self.drain_set(id.0);
    }

    /// The keys of a set are pressed, one by one, 100 ms apart.
    ///
    /// # Panics
    /// If a character is no key: digits, `*`, `#`; `a` and `b` the line keys, `h` Hold, `t` Transfer, `c` Cancel, `r` Redial; `^` off and `_` on hook.
    pub fn press(&mut self, id: SetId, keys: &str) {
        for key in keys.chars() {
            let key = match key {
                '^' | '_' => {
                    self.set_says(id, Up::Hook { off: key == '^' });
                    self.run_ms(100);
                    continue;
                }
                'a' => Key::Line(1),
                'b' => Key::Line(2),
                'h' => Key::Hold,
                't' => Key::Transfer,
                'c' => Key::Cancel,
                'r' => Key::Redial,
                digit => Key::of(u8::try_from(digit).expect("ASCII")).expect("a key"),
            };
            for pressed in [true, false] {
                self.set_says(id, Up::Key { key, pressed });
            }
            self.run_ms(100);
        }
    }

    /// The connection of a set is lost, or there again.
    pub fn connect_set(&mut self, id: SetId, there: bool) {
        let (now, placed) = (self.now, &mut self.sets[id.0]);
        placed.connected = there;
        if there {
            let (mut link, mut near) = (Link::new(), Link::new());
            let mut frame = [0; MAX_FRAME];
            let len = link.write(&mut frame, Up::Alive.kind(), |out| Up::Alive.write(out)).expect("it fits");
            near.take(&frame[..len]).expect("the first frame");
            placed.link = link;
            // Whoever comes too late is sent away, and registers anew.
            placed.connected = placed.set.resume(now, near);
        } else {
            placed.set.lost(now);
        }
        self.drain_set(id.0);
    }

    pub(super) fn set_deadlines(&self) -> impl Iterator<Item = Instant> {
        self.sets.iter().filter(|placed| !placed.over).filter_map(|placed| placed.set.next_deadline())
    }

    pub(super) fn set_at(&self, address: SocketAddr) -> Option<usize> {
        self.sets.iter().position(|placed| placed.flow.peer == address)
    }

    pub(super) fn set_transport(&self, address: SocketAddr) -> Option<Transport> {
        self.set_at(address).map(|at| self.sets[at].flow.transport)
    }

    pub(super) fn set_name(&self, address: SocketAddr) -> Option<String> {
        self.set_at(address).map(|at| self.sets[at].name.clone())
    }

    pub(super) fn set_receives(&mut self, at: usize, datagram: &Datagram) {
        let taken = self.sets[at].set.receive(self.now, &datagram.bytes);
        taken.expect("a set that has been drained takes every message");
        self.drain_set(at);
    }

    pub(super) fn tick_sets(&mut self) {
        for at in 0..self.sets.len() {
            for round in 0.. {
                let now = self.now;
                let due = self.sets[at].set.next_deadline().is_some_and(|due| due <= now);
                if !due || self.sets[at].over {
                    break;
                }
                assert!(round < 1_000, "time cannot be caught up with");
                self.sets[at].set.tick(now).expect("a set that has been drained takes every tick");
                self.drain_set(at);
            }
        }
    }

    fn drain_set(&mut self, at: usize) {
        let mut buffer = [0; MAX_DATAGRAM];
        let now = self.now;
        for round in 0.. {
            assert!(round < 10_000, "a set never stops talking");
            let Some(output) = self.sets[at].set.poll(now, &mut buffer) else { return };
            match output {
                Output::Frame { len } => self.set_hears(at, &buffer[..len]),
                Output::Message { len } => {
                    let placed = &self.sets[at];
                    let (from, to) = (placed.flow.peer, self.exchanges[placed.exchange].address);
                    self.send(Datagram { from, to, bytes: buffer[..len].to_vec() });
                }
                Output::Dialed(digits) => {
                    let placed = &self.sets[at];
                    let dialed: Dialed =
                        self.exchanges[placed.exchange].exchange.dialed(now, placed.device, &digits);
                    self.sets[at].set.found(now, &dialed);
                }
                Output::Closed { why, len } => {
                    self.set_hears(at, &buffer[..len]);
                    (self.sets[at].closed, self.sets[at].connected) = (Some(why), false);
                }
                Output::Over => {
                    self.sets[at].over = true;
                    let name = self.sets[at].name.clone();
                    self.ladder.note(now, &name, "over");
                    // The way to it is closed.
                    let (exchange, flow) = (self.sets[at].exchange, self.sets[at].flow);
                    let lost = self.exchanges[exchange].exchange.lost(now, flow);
                    assert_eq!(lost, Ok(strowger::base::Ticked::Done), "it has one device");
                    self.drain_exchange(exchange);
                }
            }
        }
    }

    /// A set hears a frame, and does what it says.
    fn set_hears(&mut self, at: usize, frame: &[u8]) {
        let placed = &mut self.sets[at];
        let (kind, body) = placed.link.take(frame).expect("frames follow on each other");
        let down = Down::parse(kind, body).expect("what is written can be read");
        let mut opened = Vec::new();
        if let Down::Snapshot { count, actuations: octets } = down {
            let before = std::mem::take(&mut placed.shown);
            for actuation in actuations(count, octets) {
                placed.shown.apply(&actuation, &mut opened);
            }
            drop(before);
        } else {
            placed.shown.apply(&down, &mut opened);
        }
        placed.frames.push(format!("{down:?}"));
        let (now, name) = (self.now, placed.name.clone());
        self.ladder.note(now, &name, &format!("shows {down:?}"));
        for (stream, generation) in opened {
            let placed = &mut self.sets[at];
            let port = 4_000 + u16::from(stream) * 100 + generation;
            let up = Up::Opened { stream, generation, at: Some(SocketAddr::new(placed.flow.ip(), port)) };
            let mut frame = [0; MAX_FRAME];
            let len = placed.link.write(&mut frame, up.kind(), |out| up.write(out)).expect("it fits");
            let taken = placed.set.frame(now, &frame[..len]);
            taken.expect("one frame after the other");
        }
    }
}

impl Shown {
    fn apply(&mut self, down: &Down<'_>, opened: &mut Vec<(u8, u16)>) {
        match *down {
            Down::Display { row, text: "" } => {
                self.rows.remove(&row);
            }
            Down::Display { row, text } => {
                self.rows.insert(row, text.to_owned());
            }
            Down::Lamp(key, Lamp::Off) => {
                self.lamps.remove(&key.number());
            }
            Down::Lamp(key, lamp) => {
                self.lamps.insert(key.number(), lamp);
            }
            Down::Tone(tone) => self.tone = Some(tone).filter(|tone| *tone != Tone::Silence),
            Down::Ringer(ring) => self.ring = Some(ring).filter(|ring| *ring != Ring::Silent),
            Down::Audio(audio) => self.talks = audio == Audio::Talk,
            Down::Open { stream, generation } => {
                let open = self.open.entry(stream).or_default();
                assert!(!open.contains(&generation) && open.len() < 2, "stream {stream} has {open:?}");
                open.push(generation);
                opened.push((stream, generation));
            }
            Down::Close { stream, generation } => {
                let open = self.open.entry(stream).or_default();
                assert!(open.contains(&generation), "stream {stream} has {open:?}, {generation} is closed");
                open.retain(|one| *one != generation);
            }
            Down::Send(send) => {
                let open = self.open.get(&send.stream).is_some_and(|open| open.contains(&send.generation));
                assert!(open, "stream {} is not open in generation {}", send.stream, send.generation);
                let (sends, receives) = send.direction;
                let what = (send.generation, send.to, sends, receives, send.keys.is_some());
                self.sends.insert(send.stream, what);
            }
            Down::Stop { stream, generation } => {
                let was = self.sends.remove(&stream);
                assert!(was.is_some_and(|was| was.0 == generation), "{was:?} is stopped as {generation}");
            }
            Down::Clock(wall) => self.clock = Some(wall),
            Down::Welcome { .. }
            | Down::Registered { .. }
            | Down::Refused { .. }
            | Down::Snapshot { .. }
            | Down::Alive
            | Down::Bye(_) => {}
        }
    }

    /// Row by row.
    #[must_use]
    pub fn row(&self, row: u8) -> &str {
        self.rows.get(&row).map_or("", String::as_str)
    }
}
