//! A world in virtual time: exchanges, phones and carriers on a network with latency, loss, doubles and a seed.
//!
//! The same seed and the same commands give the same run, bit for bit. After every step the invariants of each exchange
//! are checked: it is never [`Full`](strowger::base::Full) once drained, its next deadline lies in the future, its
//! counters agree with what it put out.

mod build;
mod chance;
mod clock;
mod network;
mod node;
mod relay;
mod sets;
mod terminal;

pub use build::{ExchangeBox, Sizes, build_empty, build_exchange};
pub use chance::{Chance, stick};
pub use clock::Jump;
pub use network::{Datagram, Dice, Network};
pub use relay::{GIVEN_UP_MS, Pinholes, Relay, Session};
pub use sets::{SetBox, SetId, Shown, build_set, set_config};
pub use terminal::{LINES, Terminal, TerminalId, build_terminal, build_terminal_of, terminal_config};

use crate::ladder::{Ladder, summary_with_body};
use crate::phone::{Phone, PhoneConfig, PhoneEvent};
use clock::Clock;
use node::Node;
use std::net::SocketAddr;
use strowger::base::{Flow, Instant, Transport};
use strowger::exchange::{Output, Received, Ticked};
use strowger::record::{Decision, Smdr};

/// The world.
pub struct Sim {
    /// The time.
    pub now: Instant,
    /// What the network does; may be changed at any time.
    pub network: Network,
    /// What was sent, and what was told.
    pub ladder: Ladder,
    /// The media relay that exchanges ask.
    pub relay: Relay,
    /// Pinholes that are open.
    pub pinholes: Pinholes,
    /// Everything exchanges put out besides datagrams, decisions, records, and what relay and pinholes are told.
    pub outputs: Vec<(Instant, Output)>,
    /// Decisions of all exchanges.
    pub decisions: Vec<Decision>,
    /// Records of all exchanges.
    pub records: Vec<Smdr>,
    /// What phones told their users.
    pub events: Vec<(Instant, String, PhoneEvent)>,
    /// What telephones of the engine's own told theirs.
    pub heard: Vec<(Instant, String, strowger::phone::Output)>,
    /// Every datagram that was sent, lost ones as well, if kept.
    pub sent: Vec<Datagram>,
    /// Whether `sent` is kept.
    pub keep_sent: bool,
    /// Datagrams sent so far, lost ones as well.
    pub datagrams: u64,
    fate: Option<Fates>,
    jumps: Vec<(u64, Jump)>,
    exchanges: Vec<Node>,
    phones: Vec<(String, Phone)>,
    terminals: Vec<terminal::Placed>,
    sets: Vec<sets::Placed>,
    wire: network::Wire,
    steps: u64,
}

type Fates = Box<dyn FnMut(&Datagram) -> Fate>;

/// What becomes of a datagram.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fate {
    /// It is lost.
    Lost,
    /// It is sent, and meets the network.
    Sent,
    /// It is sent so many milliseconds later.
    Late(u64),
    /// It is sent, and once more so many milliseconds later.
    Twice(u64),
    /// This is sent instead.
    Changed(Vec<u8>),
}

/// Names a phone of a [`Sim`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PhoneId(usize);

impl Sim {
    /// A world with a good network and nobody in it.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            now: Instant(1_000),
            network: Network::GOOD,
            ladder: Ladder::new(),
            relay: Relay::new(),
            pinholes: Pinholes::default(),
            outputs: Vec::new(),
            decisions: Vec::new(),
            records: Vec::new(),
            events: Vec::new(),
            heard: Vec::new(),
            sent: Vec::new(),
            keep_sent: false,
            datagrams: 0,
            fate: None,
            jumps: Vec::new(),
            exchanges: Vec::new(),
            phones: Vec::new(),
            terminals: Vec::new(),
            sets: Vec::new(),
            wire: network::Wire::new(seed),
            steps: 0,
        }
    }

    /// Adds an exchange that is reached at `address`; its number.
    pub fn add_exchange(&mut self, name: &str, address: SocketAddr, exchange: ExchangeBox) -> usize {
        self.ladder.participant(name);
        let (name, clock) = (name.to_owned(), Clock::default());
        self.exchanges.push(Node { name, address, exchange, clock, decisions: 0 });
        self.exchanges.len() - 1
    }

    /// Adds a phone, or a carrier.
    pub fn add_phone(&mut self, name: &str, config: PhoneConfig) -> PhoneId {
        self.ladder.participant(name);
        self.phones.push((name.to_owned(), Phone::new(config)));
        PhoneId(self.phones.len() - 1)
    }

    /// The exchange of that number.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn exchange(&mut self, at: usize) -> &mut ExchangeBox {
        &mut self.exchanges[at].exchange
    }

    /// A phone, to look at or to change its configuration.
    #[must_use]
    pub fn phone(&mut self, id: PhoneId) -> &mut Phone {
        &mut self.phones[id.0].1
    }

    /// Has a phone do something now, and sends what comes of it.
    pub fn with(&mut self, id: PhoneId, act: impl FnOnce(&mut Phone, Instant)) {
        let now = self.now;
        act(&mut self.phones[id.0].1, now);
        self.drain_phone(id.0);
    }

    /// Loses every datagram for which this says true, until [`Sim::deliver_all`].
    pub fn lose(&mut self, mut lose: impl FnMut(&Datagram) -> bool + 'static) {
        self.decide_fates(move |datagram| if lose(datagram) { Fate::Lost } else { Fate::Sent });
    }

    /// Says what becomes of every datagram, until [`Sim::deliver_all`]; what is sent meets the network.
    pub fn decide_fates(&mut self, fate: impl FnMut(&Datagram) -> Fate + 'static) {
        self.fate = Some(Box::new(fate));
    }

    /// Ends [`Sim::lose`] and [`Sim::decide_fates`].
    pub fn deliver_all(&mut self) {
        self.fate = None;
    }

    /// The clocks of all exchanges jump as the datagram of this number is sent, counted from 0 from now on.
    pub fn jump_at(&mut self, number: u64, jump: Jump) {
        self.jumps.push((self.datagrams.saturating_add(number), jump));
    }

    /// They do not, if they have not.
    pub fn forget_jumps(&mut self) {
        self.jumps.clear();
    }

    /// The relay of an exchange has been started again, and the exchange is told.
    ///
    /// # Panics
    /// If it has outputs that have not been taken.
    pub fn relay_lost(&mut self, at: usize) {
        self.relay.restart();
        let node = &mut self.exchanges[at];
        let shown = node.clock.read(self.now);
        node.exchange.relay_lost(shown).expect("an exchange that has been drained takes it");
        self.drain_exchange(at);
    }

    /// Hands a datagram to whom it is addressed at once, whatever the network does.
    pub fn inject(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        self.deliver(&Datagram { from, to, bytes: bytes.to_vec() });
    }

    /// Goes to the next moment at which something happens and lets it happen; false if nothing ever will.
    pub fn step(&mut self) -> bool {
        let Some(next) = self.next() else { return false };
        self.steps += 1;
        self.now = self.now.max(next);
        while let Some(datagram) = self.wire.arrived(self.now) {
            self.deliver(&datagram);
        }
        for at in 0..self.phones.len() {
            let now = self.now;
            if self.phones[at].1.next_deadline().is_some_and(|due| due <= now) {
                self.phones[at].1.tick(now);
                self.drain_phone(at);
            }
        }
        while let Some((at, leg, places, kept)) = self.relay.answer(self.now) {
            let now = self.exchanges[at].clock.read(self.now);
            let taken = self.exchanges[at].exchange.relayed(now, leg, places.as_ref());
            taken.expect("an exchange that has been drained takes every answer");
            self.drain_exchange(at);
            kept.iter().for_each(|datagram| self.deliver(datagram));
        }
        self.tick_terminals();
        self.tick_sets();
        for at in 0..self.exchanges.len() {
            self.tick_exchange(at);
        }
        true
    }

    /// Runs until something is so; false if it was not within so many milliseconds.
    pub fn run_until(&mut self, limit_ms: u64, mut is_so: impl FnMut(&Self) -> bool) -> bool {
        let limit = self.now.plus_ms(limit_ms);
        loop {
            if is_so(self) {
                return true;
            }
            if self.next().is_none_or(|next| next > limit) {
                self.now = limit;
                return is_so(self);
            }
            self.step();
        }
    }

    /// Runs for so many milliseconds.
    pub fn run_ms(&mut self, ms: u64) {
        self.run_until(ms, |_| false);
    }

    /// Runs at most so many steps; false if there was still something to do.
    pub fn run_bounded(&mut self, steps: u64) -> bool {
        (0..steps).any(|_| !self.step())
    }

    /// Runs until a phone has told something that fits.
    pub fn run_until_event(
        &mut self,
        limit_ms: u64,
        id: PhoneId,
        fits: impl Fn(&PhoneEvent) -> bool,
    ) -> bool {
        let (name, seen) = (self.phones[id.0].0.clone(), self.events.len());
        self.run_until(limit_ms, |sim| {
            sim.events[seen..].iter().any(|(_, who, event)| *who == name && fits(event))
        })
    }

    /// What one phone told, in order.
    #[must_use]
    pub fn told(&self, id: PhoneId) -> Vec<PhoneEvent> {
        let name = &self.phones[id.0].0;
        self.events.iter().filter(|(_, who, _)| who == name).map(|(_, _, event)| event.clone()).collect()
    }

    /// Steps made so far.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    fn next(&self) -> Option<Instant> {
        let phones = self.phones.iter().filter_map(|(_, phone)| phone.next_deadline());
        let exchanges = self.exchanges.iter().filter_map(Node::next_deadline);
        let terminals = self.terminal_deadlines().chain(self.set_deadlines());
        phones.chain(exchanges).chain(terminals).chain(self.wire.next()).chain(self.relay.next()).min()
    }

    fn name(&self, address: SocketAddr) -> String {
        let exchanges = self.exchanges.iter().map(|node| (&node.name, node.address));
        let phones = self.phones.iter().map(|(name, phone)| (name, phone.config.address));
        let found = exchanges.chain(phones).find(|(_, at)| *at == address);
        let found = found
            .map(|(name, _)| name.clone())
            .or_else(|| self.terminal_name(address))
            .or_else(|| self.set_name(address));
        found.unwrap_or_else(|| address.to_string())
    }

    fn send(&mut self, datagram: Datagram) {
        let text = summary_with_body(&datagram.bytes);
        let (from, to) = (self.name(datagram.from), self.name(datagram.to));
        let fate = self.fate.as_mut().map_or(Fate::Sent, |fate| fate(&datagram));
        if self.keep_sent {
            self.sent.push(datagram.clone());
        }
        self.datagrams += 1;
        let (now, sent) = (self.now, self.datagrams);
        for (_, jump) in self.jumps.extract_if(.., |(at, _)| *at < sent) {
            self.exchanges.iter_mut().for_each(|node| node.jump(now, jump));
        }
        let sent = match fate {
            Fate::Lost => false,
            Fate::Sent => self.wire.send(self.now, &self.network, datagram),
            Fate::Late(ms) => self.wire.send(self.now.plus_ms(ms), &self.network, datagram),
            Fate::Twice(ms) => {
                let first = self.wire.send(self.now, &self.network, datagram.clone());
                self.wire.send(self.now.plus_ms(ms), &self.network, datagram) || first
            }
            Fate::Changed(bytes) => self.wire.send(self.now, &self.network, Datagram { bytes, ..datagram }),
        };
        if sent {
            self.ladder.arrow(self.now, &from, &to, &text);
        } else {
            self.ladder.lost(self.now, &from, &to, &text);
        }
    }

    fn deliver(&mut self, datagram: &Datagram) {
        let now = self.now;
        if let Some(at) = self.exchanges.iter().position(|node| node.address == datagram.to) {
            let source = Flow::new(datagram.from, self.transport(datagram.from));
            let node = &mut self.exchanges[at];
            let taken = node.exchange.receive(node.clock.read(now), source, &datagram.bytes);
            let taken = taken.expect("an exchange that has been drained takes every datagram");
            if let Received::Held(leg) = taken {
                self.relay.keep(at, leg, datagram);
            }
            self.drain_exchange(at);
        } else if let Some(at) = self.phones.iter().position(|(_, phone)| phone.config.address == datagram.to)
        {
            self.phones[at].1.receive(now, datagram.from, &datagram.bytes);
            self.drain_phone(at);
        } else if let Some(at) = self.terminal_at(datagram.to) {
            self.terminal_receives(at, datagram);
        } else if let Some(at) = self.set_at(datagram.to) {
            self.set_receives(at, datagram);
        }
    }

    /// The transport of the phone at an address; a stranger's is UDP.
    fn transport(&self, address: SocketAddr) -> Transport {
        let phone = self.phones.iter().find(|(_, phone)| phone.config.address == address);
        let transport = phone.map(|(_, phone)| phone.config.transport);
        transport.or_else(|| self.set_transport(address)).unwrap_or_default()
    }

    fn tick_exchange(&mut self, at: usize) {
        let now = self.now;
        let due = self.exchanges[at].next_deadline().is_some_and(|due| due <= now);
        if !due {
            return;
        }
        let mut shown = now;
        for round in 0.. {
            let node = &mut self.exchanges[at];
            shown = node.clock.read(now);
            let ticked = node.exchange.tick(shown);
            self.drain_exchange(at);
            match ticked.expect("an exchange that has been drained takes every tick") {
                Ticked::Done => break,
                Ticked::More => assert!(round < 10_000, "time cannot be caught up with"),
            }
        }
        let node = &self.exchanges[at];
        let next = node.exchange.next_deadline();
        // Unless it has been told another time since, by a clock that has jumped.
        let late = next.is_some_and(|next| next <= shown) && node.clock.showed() == shown;
        assert!(!late, "a tick at {shown:?} left the deadline {next:?}");
    }

    fn drain_exchange(&mut self, at: usize) {
        let mut buffer = vec![0; 65_536];
        let (now, from) = (self.now, self.exchanges[at].address);
        while let Some(output) =
            self.exchanges[at].exchange.poll(&mut buffer).expect("the buffer is large enough")
        {
            match output {
                Output::Send { to, len } => {
                    // Over a stream only to whom one was begun with.
                    assert_eq!(to.transport, self.transport(to.peer), "{to}");
                    self.send(Datagram { from, to: to.peer, bytes: buffer[..len].to_vec() });
                }
                Output::Decision(decision) => {
                    let rule = match decision.verdict {
                        strowger::policy::Verdict::Allow(choice) => choice.rule.name().to_owned(),
                        strowger::policy::Verdict::Deny(denial) => format!("denied: {}", denial.rule.name()),
                        strowger::policy::Verdict::NeedsCode(denial) => {
                            format!("asks for a code: {}", denial.rule.name())
                        }
                    };
                    let name = self.exchanges[at].name.clone();
                    self.ladder.note(now, &name, &rule);
                    self.decisions.push(decision);
                    self.exchanges[at].decisions += 1;
                }
                Output::Smdr(record) => {
                    let name = self.exchanges[at].name.clone();
                    let text = format!("record: {:?}, {} s", record.completion, record.duration_s);
                    self.ladder.note(now, &name, &text);
                    self.records.push(record);
                }
                Output::Relay(ask) => self.relay.ask(now, at, ask),
                Output::RelayUndo(media) => self.relay.undo(at, media),
                Output::RelayEnd(media) => self.relay.end(at, media),
                Output::Open(pinhole) => self.pinholes.open(at, pinhole),
                Output::Close { media, number } => self.pinholes.close(at, media, number),
                other => self.outputs.push((now, other)),
            }
        }
        let node = &self.exchanges[at];
        let counted = node.exchange.statistics();
        assert_eq!(
            counted.permitted + counted.denied,
            node.decisions,
            "every decision is counted and put out"
        );
    }

    fn drain_phone(&mut self, at: usize) {
        let from = self.phones[at].1.config.address;
        while let Some((to, bytes)) = self.phones[at].1.poll_transmit() {
            self.send(Datagram { from, to, bytes });
        }
        while let Some(event) = self.phones[at].1.poll_event() {
            let name = self.phones[at].0.clone();
            self.ladder.note(self.now, &name, &event.to_string());
            self.events.push((self.now, name, event));
        }
    }
}

impl std::fmt::Debug for Sim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sim").field("now", &self.now).field("steps", &self.steps).finish_non_exhaustive()
    }
}
