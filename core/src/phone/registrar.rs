//! Our registration at the gateway, heartbeats, and which gateway that is.

use super::line::Event as LineEvent;
use super::outputs::Output;
use super::proof::Answered;
use super::{ABLE, Phone, STEP};
use crate::base::{Crypto, Flow, Full, Handle, Instant};
use crate::call::earlier;
use crate::homing::{self, ANSWER_MS, Place};
use crate::registration::client::{self, Outcome, Standing};
use crate::signalling::render;
use crate::signalling::sip::{Enrolment, Probe, Proven};
use crate::table::Text;
use crate::wire::sip::{Message, Scheme};
use crate::wire::write::{Buffer, Sink};

/// CSeq numbers that one REGISTER can take: itself, and twice with credentials.
const TRIES: u32 = 3;
/// Octets of an address as text, at most.
pub(super) const MAX_HOST: usize = 64;

/// What is kept of it.
#[derive(Debug)]
pub(super) struct Registrar {
    pub(super) client: client::State,
    homing: homing::State,
    /// Whether it was begun.
    begun: bool,
    /// The gateway has not answered our last REGISTER: one that it has refused is not sent again because it is there.
    silent: bool,
    /// The REGISTER that is out.
    register: Handle,
    call_id: u64,
    cseq: u32,
    pub(super) proven: Proven,
    pub(super) answered: Option<Answered>,
    /// Heartbeats that are out: to the primary, to the secondary.
    beats: [Handle; 2],
}

impl Registrar {
    pub(super) fn new(call_id: u64, terms: &homing::Terms) -> Self {
        Self {
            client: client::State::Off,
            homing: homing::State::new(Instant(0), terms),
            begun: false,
            silent: false,
            register: Handle::NONE,
            call_id,
            cseq: 1,
            proven: Proven::NONE,
            answered: None,
            beats: [Handle::NONE; 2],
        }
    }

    /// The place of our server among so many.
    pub(super) fn at(&self, servers: usize) -> usize {
        match self.homing.place() {
            Place::Primary => 0,
            Place::Secondary => 1.min(servers.saturating_sub(1)),
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let homing = self.homing.next_deadline().filter(|_| self.begun);
        earlier(self.client.next_deadline(), homing)
    }

    /// Whether we are registered.
    pub(super) const fn is_bound(&self) -> bool {
        match self.client {
            client::State::Bound { .. } => true,
            client::State::Asking { until, .. } | client::State::Waiting { until, .. } => until.is_some(),
            client::State::Off => false,
        }
    }
}

impl<'m, C: Crypto> Phone<'m, C> {
    /// Registers, and stays so; where, homing says. Outputs tell how that goes.
    ///
    /// # Errors
    /// [`Full`] if the outputs of earlier inputs have not been polled: nothing has changed, poll and call again.
    pub fn register(&mut self, now: Instant) -> Result<(), Full> {
        self.reserve()?;
        let now = self.advance(now);
        self.registrar.begun = true;
        self.registrar.homing = homing::State::new(now, &self.config.homing);
        self.client_event(now, client::Event::Begin);
        self.client_event(now, client::Event::Tick);
        Ok(())
    }

    /// Takes the registration back, and asks for none any more. Calls go on.
    ///
    /// # Errors
    /// [`Full`] as for [`register`](Self::register).
    pub fn unregister(&mut self, now: Instant) -> Result<(), Full> {
        self.reserve()?;
        let now = self.advance(now);
        self.registrar.begun = false;
        let (asked, bound) = (self.registrar.client != client::State::Off, self.registrar.is_bound());
        self.client_event(now, client::Event::End);
        // One that is out may be granted still: this one follows it.
        if asked {
            let _ = self.enrol(now, 0);
        }
        if bound {
            self.tell(Output::Standing(Standing::Lapsed));
        }
        Ok(())
    }

    /// A connection to the gateway is closed, or could not be made.
    ///
    /// # Errors
    /// [`Full`] as for [`register`](Self::register).
    pub fn lost(&mut self, now: Instant, flow: Flow) -> Result<(), Full> {
        self.reserve()?;
        let now = self.advance(now);
        self.sip.lost(now, &mut self.timers, flow);
        if self.home() == Some(flow) {
            let dice = self.dice();
            self.client_event(now, client::Event::Lost { dice });
        }
        Ok(())
    }

    /// The host of addresses, as text.
    pub(super) fn host<'b>(&self, buffer: &'b mut [u8; MAX_HOST]) -> &'b [u8] {
        let mut out = Buffer::new(buffer);
        match (self.config.domain, self.home()) {
            ([], Some(home)) => out.socket_address(home.peer),
            (domain, _) => out.put(domain),
        }
        let len = out.finish().unwrap_or(0);
        buffer.get(..len).unwrap_or(&[])
    }

    pub(super) fn client_event(&mut self, now: Instant, event: client::Event) {
        match self.registrar.client.handle(now, event) {
            Outcome::Nothing => {}
            Outcome::Told(standing) => self.tell(Output::Standing(standing)),
            Outcome::Ask(expires_s) => {
                if self.enrol(now, expires_s).is_none() {
                    // No room, or nowhere to go: it is asked again later, as if nobody had answered.
                    let dice = self.dice();
                    self.client_event(now, client::Event::Unanswered { dice });
                }
            }
        }
        self.watch_registrar();
    }

    fn enrol(&mut self, now: Instant, expires_s: u32) -> Option<()> {
        let to = self.home()?;
        self.sip.make_room(&mut self.timers, STEP);
        if !self.has_pages(Text::EMPTY) {
            return None;
        }
        let mut buffer = [0; MAX_HOST];
        let host = self.host(&mut buffer);
        let cookies = [self.crypto.random_u64(), self.crypto.random_u64()];
        let cseq = self.registrar.cseq;
        self.registrar.cseq = cseq.saturating_add(TRIES);
        let enrolment = Enrolment {
            to,
            host,
            user: self.config.number,
            call_id: self.registrar.call_id,
            cseq,
            expires_s,
            able: ABLE,
            proves: self.account().is_some(),
            // Another server is the other's to choose; but nobody waits longer for this one than for a heartbeat.
            others: 1,
        };
        self.registrar.register = self.sip.enrol(now, &mut self.timers, &enrolment, cookies)?;
        Some(())
    }

    /// Registers anew now, so that we have proved who we are.
    pub(super) fn prove_anew(&mut self, now: Instant) {
        if let client::State::Bound { wanted_s, until, .. } = self.registrar.client {
            self.registrar.client = client::State::Bound { wanted_s, renew: now, until };
        }
        self.client_event(now, client::Event::Tick);
    }

    /// Whether this was our REGISTER.
    pub(super) fn is_register(&self, transaction: Handle) -> bool {
        transaction != Handle::NONE && self.registrar.register == transaction
    }

    /// It went out again.
    pub(super) const fn registers_again(&mut self, transaction: Handle) {
        self.registrar.register = transaction;
    }

    pub(super) fn register_answered(&mut self, now: Instant, message: &Message<'_>) {
        let dice = self.dice();
        let status = message.code().unwrap_or(0);
        let event = match status {
            ..=199 => return,
            200..=299 => client::Event::Granted { expires_s: self.granted(message), dice },
            423 => client::Event::TooBrief { least_s: message.min_expires.unwrap_or(0), dice },
            status => {
                let retry_after_s = message.retry_after.unwrap_or(0);
                client::Event::Refused { status, retry_after_s, dice }
            }
        };
        let place = self.registrar.homing.place();
        self.registrar.silent = false;
        self.client_event(now, event);
        // Who refuses for want of room or health serves nobody.
        let heard = if status >= 500 { homing::Event::Missed(place) } else { homing::Event::Heard(place) };
        self.homing_event(now, heard);
        if (200..=299).contains(&status) {
            for slot in 0..self.lines.capacity() {
                if let Some(line) = self.lines.handle_at(slot) {
                    self.line_event(now, line, LineEvent::Proved, None);
                }
            }
        }
    }

    /// For how long: what stands at our contact, else in Expires, else what we asked for (RFC 3261 section 10.2.4).
    fn granted(&self, message: &Message<'_>) -> u32 {
        let asked = match self.registrar.client {
            client::State::Asking { wanted_s, .. } => wanted_s,
            client::State::Off | client::State::Bound { .. } | client::State::Waiting { .. } => 0,
        };
        let us = self.home().map(|home| self.sip.us_over(home.transport));
        let contacts = &message.contact.list;
        let ours = contacts
            .iter()
            .find(|one| one.uri.scheme == Scheme::Sip && one.uri.socket_address() == us)
            .or(contacts.first().filter(|_| contacts.len() == 1));
        ours.and_then(|one| one.expires()).or(message.expires).unwrap_or(asked).min(client::LONGEST_S)
    }

    /// Our REGISTER, or a heartbeat, was not answered in time; false if it was neither.
    pub(super) fn unanswered(&mut self, now: Instant, transaction: Handle) -> bool {
        if self.is_register(transaction) {
            self.registrar.register = Handle::NONE;
            let (dice, place) = (self.dice(), self.registrar.homing.place());
            self.registrar.silent = true;
            self.client_event(now, client::Event::Unanswered { dice });
            self.homing_event(now, homing::Event::Missed(place));
            return true;
        }
        let Some(place) = self.beat_of(transaction) else { return false };
        self.homing_event(now, homing::Event::Missed(place));
        true
    }

    /// A heartbeat was answered, with whatever status; false if this is none.
    pub(super) fn beat_answered(&mut self, now: Instant, transaction: Handle, status: u16) -> bool {
        let Some(place) = self.beat_of(transaction) else { return false };
        let event = if status == 503 { homing::Event::Missed(place) } else { homing::Event::Heard(place) };
        self.homing_event(now, event);
        // It is back, and we wait for nothing.
        let waits = matches!(self.registrar.client, client::State::Waiting { .. });
        if waits && self.registrar.silent && place == self.registrar.homing.place() {
            self.registrar.silent = false;
            self.client_event(now, client::Event::Begin);
            self.client_event(now, client::Event::Tick);
        }
        true
    }

    fn beat_of(&mut self, transaction: Handle) -> Option<Place> {
        let beats = self.registrar.beats.iter_mut().zip([Place::Primary, Place::Secondary]);
        let (beat, place) =
            beats.into_iter().find(|(beat, _)| **beat == transaction && transaction != Handle::NONE)?;
        *beat = Handle::NONE;
        Some(place)
    }

    /// The last call is over, perhaps: who has waited for that may go now.
    pub(super) fn may_be_idle(&mut self, now: Instant) {
        if self.lines.used() == 0 {
            self.homing_event(now, homing::Event::Idle);
        }
    }

    /// Time has come for the registration, or for heartbeats.
    pub(super) fn registrar_due(&mut self, now: Instant) {
        self.client_event(now, client::Event::Tick);
        self.homing_event(now, homing::Event::Tick);
    }

    fn homing_event(&mut self, now: Instant, event: homing::Event) {
        if !self.registrar.begun {
            return self.watch_registrar();
        }
        let (idle, before) = (self.lines.used() == 0, self.server());
        let actions = self.registrar.homing.handle(now, event, idle, &self.config.homing);
        for action in &actions {
            match *action {
                homing::Action::Ask(place) => self.beat(now, place),
                // There is one gateway, and we are registered there.
                homing::Action::Go(_) if self.server() == before && self.registrar.is_bound() => {}
                homing::Action::Go(_) => {
                    // What was asked before is of no consequence.
                    self.registrar.beats = [Handle::NONE; 2];
                    self.forget_answered();
                    let server = self.server();
                    // Who has one gateway only asks that one anew.
                    if server != before {
                        self.tell(Output::Server(server));
                    }
                    if self.registrar.is_bound() {
                        self.tell(Output::Standing(Standing::Lost));
                    }
                    self.client_event(now, client::Event::Begin);
                    self.client_event(now, client::Event::Tick);
                }
            }
        }
        self.watch_registrar();
    }

    /// Asks a server whether it is there.
    fn beat(&mut self, now: Instant, place: Place) {
        let slot = usize::from(place == Place::Secondary);
        // Of one gateway nothing is found out by asking it twice, and one that is not written is not missed.
        let one = self.config.servers.len() < 2 && place != self.registrar.homing.place();
        self.sip.make_room(&mut self.timers, STEP);
        if one || !self.has_pages(Text::EMPTY) {
            return;
        }
        let servers = &self.config.servers;
        let Some(to) = servers.get(slot).or(servers.first()).copied() else { return };
        let cookies = [self.crypto.random_u64(), self.crypto.random_u64(), self.crypto.random_u64()];
        let probe = Probe { to, user: self.config.number, patience_ms: ANSWER_MS };
        let beat = self.sip.probe(now, &mut self.timers, &probe, cookies);
        if let (Some(own), Some(beat)) = (self.registrar.beats.get_mut(slot), beat) {
            *own = beat;
        }
    }

    pub(crate) fn dice(&mut self) -> u8 {
        self.crypto.random_u64().to_le_bytes()[0]
    }
}

/// Our address in requests and answers.
pub(super) fn contact(out: &mut impl Sink, number: &[u8], us: Flow) {
    out.put(b"Contact: <sip:");
    render::user(out, number);
    out.put(b"@");
    out.socket_address(us.peer);
    out.line(&[us.transport.parameter().as_bytes(), b">"]);
    out.line(&[ABLE]);
}
