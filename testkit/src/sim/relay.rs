//! A media relay as the exchange sees one: it answers, later, or not; and the pinholes that an exchange has open.

use super::network::Datagram;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use strowger::base::{Handle, Instant};
use strowger::exchange::Pinhole;
use strowger::media::relay::{Ask, Role};
use strowger::media::{Places, Side};

/// How the relay is, and what it knows.
#[derive(Debug)]
pub struct Relay {
    /// Where it is.
    pub address: IpAddr,
    /// How long an answer takes.
    pub delay_ms: u64,
    /// Whether it takes media; a dead one is given up after [`GIVEN_UP_MS`].
    pub alive: bool,
    /// The question from now on, counted from 0, to which it says nothing.
    pub ignores: Option<u64>,
    /// Whether datagrams that wait for it are kept; if not, their senders send them again.
    pub keeps: bool,
    /// What was asked, in order.
    pub asked: Vec<Ask>,
    /// Calls that it forwards for.
    sessions: BTreeMap<(usize, u64), Session>,
    questions: Vec<Question>,
    kept: Vec<(usize, Handle, Datagram)>,
    ports: u16,
}

/// After this a question is given up.
pub const GIVEN_UP_MS: u64 = 1_500;

/// What the relay has been asked.
#[derive(Debug)]
struct Question {
    due: Instant,
    exchange: usize,
    ask: Ask,
    /// It will answer, if it still lives then.
    answered: bool,
}

/// What the relay knows of a call.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// Where each side is sent its media, by what it said last.
    pub sides: [Option<Places>; 2],
    /// The same, as last agreed on.
    pub agreed: [Option<Places>; 2],
    /// The ports given for each side's description.
    pub given: [Option<Places>; 2],
}

impl Relay {
    pub(super) const fn new() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 200)),
            delay_ms: 3,
            alive: true,
            ignores: None,
            keeps: true,
            asked: Vec::new(),
            sessions: BTreeMap::new(),
            questions: Vec::new(),
            kept: Vec::new(),
            ports: 30_000,
        }
    }

    /// Calls that it forwards for.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }

    /// It has been started again, and knows of no call. The exchange is told by
    /// [`relay_lost`](strowger::exchange::Exchange::relay_lost).
    pub fn restart(&mut self) {
        self.sessions.clear();
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.questions.iter().map(|question| question.due).min()
    }

    pub(super) fn ask(&mut self, now: Instant, exchange: usize, ask: Ask) {
        self.asked.push(ask);
        let ignored = self.ignores == Some(0);
        self.ignores = self.ignores.and_then(|left| left.checked_sub(1));
        let answered = self.alive && !ignored;
        let due = now.plus_ms(if answered { self.delay_ms } else { GIVEN_UP_MS });
        self.questions.push(Question { due, exchange, ask, answered });
    }

    pub(super) fn keep(&mut self, exchange: usize, leg: Handle, datagram: &Datagram) {
        if self.keeps {
            self.kept.push((exchange, leg, datagram.clone()));
        }
    }

    /// The next question that is answered by now, the answer, and what was kept for it.
    pub(super) fn answer(&mut self, now: Instant) -> Option<(usize, Handle, Option<Places>, Vec<Datagram>)> {
        let at = self.questions.iter().position(|question| question.due <= now)?;
        let Question { exchange, ask, answered, .. } = self.questions.remove(at);
        let places = (answered && self.alive).then(|| self.place(exchange, &ask));
        let (mine, others) = std::mem::take(&mut self.kept)
            .into_iter()
            .partition(|(at, leg, _)| (*at, *leg) == (exchange, ask.leg));
        self.kept = others;
        let kept: Vec<_> = mine;
        Some((exchange, ask.leg, places, kept.into_iter().map(|(_, _, datagram)| datagram).collect()))
    }

    fn place(&mut self, exchange: usize, ask: &Ask) -> Places {
        let session = self.sessions.entry((exchange, ask.media.bits())).or_default();
        let side = side(ask.side);
        session.sides[side] = Some(ask.places);
        if ask.role == Role::Answer {
            session.agreed = session.sides;
        }
        let before = session.given[side];
        let ports: Vec<[u16; 2]> = (0..ask.places.len())
            .map(|stream| match (ask.places.get(stream), before.and_then(|before| before.get(stream))) {
                (None, _) => [0, 0],
                (Some(_), Some(given)) => [given.rtp.port(), given.rtcp.port()],
                (Some(place), None) => {
                    self.ports = if self.ports > 60_000 { 30_000 } else { self.ports + 2 };
                    [self.ports, self.ports + u16::from(place.rtcp != place.rtp)]
                }
            })
            .collect();
        let given = Places::at(self.address, &ports);
        session.given[side] = Some(given);
        given
    }

    pub(super) fn undo(&mut self, exchange: usize, media: Handle) {
        if let Some(session) = self.sessions.get_mut(&(exchange, media.bits())) {
            session.sides = session.agreed;
        }
    }

    pub(super) fn end(&mut self, exchange: usize, media: Handle) {
        // What is still under way to it does not bring a call back.
        self.questions.retain(|question| (question.exchange, question.ask.media) != (exchange, media));
        self.sessions.remove(&(exchange, media.bits()));
    }
}

const fn side(side: Side) -> usize {
    match side {
        Side::A => 0,
        Side::B => 1,
    }
}

/// What exchanges have open.
#[derive(Debug, Default)]
pub struct Pinholes {
    open: BTreeMap<(usize, u64, u16), Vec<Pinhole>>,
    /// How many were opened so far.
    pub opened: u64,
}

impl Pinholes {
    /// Those that are open.
    pub fn iter(&self) -> impl Iterator<Item = &Pinhole> {
        self.open.values().flatten()
    }

    pub(super) fn open(&mut self, exchange: usize, pinhole: Pinhole) {
        self.opened += 1;
        self.open.entry((exchange, pinhole.media.bits(), pinhole.number)).or_default().push(pinhole);
    }

    pub(super) fn close(&mut self, exchange: usize, media: Handle, number: u16) {
        self.open.remove(&(exchange, media.bits(), number));
    }
}
