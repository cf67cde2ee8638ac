//! A SIP telephone as a pure machine: datagrams and time in, datagrams and events out. No sockets, no clock.
//!
//! It does what a plain desk phone does: digest with `nc` and `cnonce` (RFC 7616), all retransmissions of
//! RFC 3261 section 17, a repeated 2xx until its ACK (13.3.1.4), CANCEL, BYE, and session descriptions with its own
//! media address, so that a test can tell whose description arrived where. [`Carrier`] is the same machine that takes
//! calls for any number.
//!
//! ```text
//!  calling:  Calling --1xx--> Proceeding --2xx: ACK--> Up --hang_up: BYE--> Leaving --answer--> Over
//!                 '--cancel, after a 1xx: CANCEL--> Cancelling --487--> Over
//!  called:   Offered --answer: 200--> Answered --ACK--> Up --BYE from there--> Over
//! ```

mod asking;
mod call;
mod called;
mod change;
mod client;
mod digest;
mod early;
mod event;
mod text;
mod transfer;

use crate::phone::call::Call;
use crate::phone::client::{Answered, Client};
use crate::phone::digest::Session;
use std::collections::VecDeque;
use std::net::SocketAddr;
use strowger::base::{Algorithm, Crypto, Instant, Soft, Transport};
use strowger::wire::sip::{Message, Method};

pub use asking::{Asked, Asks};
pub use change::Ask;
pub use client::Register;
pub use event::PhoneEvent;

/// RFC 3261 timer T1, in milliseconds.
pub const T1: u64 = 500;
/// RFC 3261 timer T2, in milliseconds.
pub const T2: u64 = 4_000;
/// 64 T1: when a request counts as unanswered.
pub const T1_64: u64 = 64 * T1;

/// What a phone does when it is called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Behaviour {
    /// Rings and answers after so many milliseconds.
    Answer {
        /// How long it rings.
        after_ms: u64,
    },
    /// Rings until [`Phone::answer`].
    Ring,
    /// 486.
    Busy,
    /// Refuses with this status.
    Reject(u16),
    /// Names another number that it is to be reached at: 302.
    Move(&'static str),
    /// Does not react to any request, as if its cable were pulled.
    Silent,
}

/// How a phone is set up. Fields are free to change; [`PhoneConfig::new`] fills in what is usual.
#[derive(Clone, Debug)]
pub struct PhoneConfig {
    /// Its directory number, the user part of its addresses.
    pub dn: String,
    /// The digest username.
    pub username: String,
    /// The digest password.
    pub password: String,
    /// The realm it has an account for; with `None` it answers any challenge.
    pub realm: Option<String>,
    /// Its own address: Via and Contact.
    pub address: SocketAddr,
    /// Over which transport.
    pub transport: Transport,
    /// Where it sends requests.
    pub server: SocketAddr,
    /// Where it wants media.
    pub media: SocketAddr,
    /// The algorithm it takes when several are offered.
    pub prefer: Algorithm,
    /// Its credentials cover the body where that is offered.
    pub auth_int: bool,
    /// What it does when it is called.
    pub behaviour: Behaviour,
    /// Registers again by itself at half the time granted.
    pub refresh: bool,
    /// Calls without a session description: the called side then makes the offer.
    pub late_offer: bool,
    /// Never acknowledges a 2xx, as if its ACKs got lost.
    pub withhold_ack: bool,
    /// The transport of its audio stream, and attributes behind the usual ones: keys, say.
    pub profile: String,
    /// See [`Self::profile`].
    pub attributes: Vec<String>,
    /// Its description, word for word, instead of one of its own making.
    pub sdp: Option<Vec<u8>>,
    /// Rings with 183 and its description.
    pub early_media: bool,
    /// Takes part in RFC 3262: acknowledges provisional answers, and has its own acknowledged by callers who know it.
    pub reliable: bool,
    /// Refuses changes of the session with this status.
    pub refuse_changes: Option<u16>,
    /// Asks for changes with an offer by UPDATE (RFC 3311).
    pub updates: bool,
    /// Further header lines of its INVITEs, each with its end.
    pub asks: String,
    /// Further header lines of what it accepts (2xx to INVITE and UPDATE), each with its end.
    pub accepts: String,
    /// Takes calls for any number, several at a time.
    pub trunk: bool,
    /// Asks everybody for credentials, and lets register who has them.
    pub challenges: Option<Asks>,
    /// Makes its tags, branches and cnonces; the same seed and inputs give the same bytes.
    pub seed: u64,
}

impl PhoneConfig {
    /// A phone that rings when called.
    #[must_use]
    pub fn new(dn: &str, password: &str, address: SocketAddr, server: SocketAddr) -> Self {
        Self {
            dn: dn.to_owned(),
            username: dn.to_owned(),
            password: password.to_owned(),
            realm: None,
            address,
            transport: Transport::Udp,
            server,
            media: SocketAddr::new(address.ip(), 20_000 + address.port() % 10_000),
            prefer: Algorithm::Sha256,
            auth_int: false,
            behaviour: Behaviour::Ring,
            refresh: false,
            late_offer: false,
            withhold_ack: false,
            profile: "RTP/AVP".to_owned(),
            attributes: Vec::new(),
            sdp: None,
            early_media: false,
            reliable: false,
            refuse_changes: None,
            updates: false,
            asks: String::new(),
            accepts: String::new(),
            trunk: false,
            challenges: None,
            seed: 0,
        }
    }

    /// Its end in a Via.
    fn via(&self) -> String {
        format!("{} {}", self.transport.name(), self.address)
    }
}

/// The phone.
#[derive(Debug)]
pub struct Phone {
    /// How it is set up; may be changed between inputs.
    pub config: PhoneConfig,
    random: Soft,
    session: Option<Session>,
    registration: Registration,
    clients: Vec<Client>,
    answered: Vec<Answered>,
    calls: Vec<Call>,
    out: VecDeque<(SocketAddr, Vec<u8>)>,
    events: VecDeque<PhoneEvent>,
    last_response: Vec<u8>,
    asked: Asked,
}

/// A phone that takes calls for any number, as the far end of a trunk does.
pub type Carrier = Phone;

#[derive(Debug, Default)]
struct Registration {
    call_id: String,
    tag: String,
    cseq: u32,
    asked_s: u32,
    granted_s: u32,
    refresh_at: Option<Instant>,
}

impl Phone {
    /// A phone that has done nothing yet.
    #[must_use]
    pub fn new(config: PhoneConfig) -> Self {
        let mut random = {
            let text = format!("{} {} {}", config.seed, config.dn, config.address);
            let mut key = [0; 32];
            let hashed = Soft::new(&[0; 32]).digest(Algorithm::Sha256, &[text.as_bytes()]);
            key.copy_from_slice(hashed.as_bytes());
            Soft::new(&key)
        };
        let registration = Registration {
            call_id: format!("{:016x}", random.random_u64()),
            tag: format!("{:08x}", random.random_u64() >> 32),
            ..Registration::default()
        };
        Self {
            config,
            random,
            session: None,
            registration,
            clients: Vec::new(),
            answered: Vec::new(),
            calls: Vec::new(),
            out: VecDeque::new(),
            events: VecDeque::new(),
            last_response: Vec::new(),
            asked: Asked::default(),
        }
    }

    /// The far end of a trunk: no registration, takes calls for any number.
    #[must_use]
    pub fn carrier(name: &str, address: SocketAddr, server: SocketAddr) -> Self {
        let behaviour = Behaviour::Answer { after_ms: 1_000 };
        Self::new(PhoneConfig { trunk: true, behaviour, ..PhoneConfig::new(name, "", address, server) })
    }

    /// Registers for so many seconds; 0 takes the registration back.
    pub fn register(&mut self, now: Instant, expires_s: u32) {
        self.send_register(now, &Register { expires_s: Some(expires_s), ..Register::default() });
    }

    /// Registers in an unusual way.
    pub fn register_as(&mut self, now: Instant, register: &Register) {
        self.send_register(now, register);
    }

    /// Calls a number.
    pub fn call(&mut self, now: Instant, number: &str) {
        let me = self.config.dn.clone();
        self.begin_call(now, number, &me);
    }

    /// Calls a number and says to be somebody else.
    pub fn call_from(&mut self, now: Instant, number: &str, from: &str) {
        self.begin_call(now, number, from);
    }

    /// Asks the server what it can do.
    pub fn options(&mut self, now: Instant) {
        self.send_options(now);
    }

    /// Takes the oldest call that waits.
    pub fn answer(&mut self, now: Instant) {
        if let Some(at) = self.calls.iter().position(Call::is_offered) {
            self.accept(now, at);
        }
    }

    /// Ends the youngest call in whatever way it needs: BYE, CANCEL, or a refusal.
    pub fn hang_up(&mut self, now: Instant) {
        if let Some(at) = self.calls.iter().rposition(Call::is_live) {
            self.leave(now, at);
        }
    }

    /// Gives up the youngest call of ours that has not been answered.
    pub fn cancel(&mut self, now: Instant) {
        if let Some(at) = self.calls.iter().rposition(Call::is_calling) {
            self.leave(now, at);
        }
    }

    /// Knows nothing of its calls any more, as if it had been restarted.
    pub fn restart(&mut self) {
        self.calls.clear();
    }

    /// Presses a key in the youngest call that is up or being set up; it goes by INFO.
    pub fn press(&mut self, now: Instant, key: char) {
        if let Some(at) = self.calls.iter().rposition(|call| call.is_calling() || call.is_up()) {
            self.send_key(now, at, key);
        }
    }

    /// Asks to change the session of the youngest call that is up (RFC 3261 section 14).
    pub fn reinvite(&mut self, now: Instant, ask: Ask) {
        if let Some(at) = self.calls.iter().rposition(Call::is_up) {
            self.send_reinvite(now, at, ask);
        }
    }

    /// The same of its oldest call that is up.
    pub fn reinvite_oldest(&mut self, now: Instant, ask: Ask) {
        if let Some(at) = self.calls.iter().position(Call::is_up) {
            self.send_reinvite(now, at, ask);
        }
    }

    /// Takes one datagram.
    pub fn receive(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) {
        self.forget(now);
        let mut message = Message::new();
        if message.parse(datagram).is_err() {
            return;
        }
        match message.method() {
            None => {
                self.last_response = datagram.to_vec();
                self.response(now, &message);
            }
            Some(_) if self.config.behaviour == Behaviour::Silent => {}
            Some(method) => self.request(now, from, &message, method),
        }
    }

    /// Does what is due. Early is harmless.
    pub fn tick(&mut self, now: Instant) {
        self.forget(now);
        self.tick_clients(now);
        self.tick_calls(now);
        if self.registration.refresh_at.is_some_and(|at| now >= at) {
            self.register(now, self.registration.asked_s);
        }
    }

    /// When [`tick`](Self::tick) is next wanted.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let clients = self.clients.iter().filter_map(Client::next_deadline);
        let calls = self.calls.iter().filter_map(Call::next_deadline);
        clients.chain(calls).chain(self.registration.refresh_at).min()
    }

    /// Takes the oldest datagram that is to be sent.
    pub fn poll_transmit(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        self.out.pop_front()
    }

    /// Takes the oldest event.
    pub fn poll_event(&mut self) -> Option<PhoneEvent> {
        self.events.pop_front()
    }

    /// The description that this phone offers and answers with; always the same.
    #[must_use]
    pub fn sdp(&self) -> Vec<u8> {
        text::sdp(&self.config, 0, "sendrecv")
    }

    /// Calls that are not over.
    #[must_use]
    pub fn live_calls(&self) -> usize {
        self.calls.iter().filter(|call| call.is_live()).count()
    }

    /// Calls that talk.
    #[must_use]
    pub fn calls_up(&self) -> usize {
        self.calls.iter().filter(|call| call.is_up()).count()
    }

    /// Seconds granted by the last registration; 0 if there is none.
    #[must_use]
    pub const fn registered_s(&self) -> u32 {
        self.registration.granted_s
    }

    /// The last response heard, as it came.
    #[must_use]
    pub fn last_response(&self) -> &[u8] {
        &self.last_response
    }

    fn request(&mut self, now: Instant, from: SocketAddr, message: &Message<'_>, method: Method) {
        if !self.is_content(from, message, method) {
            return;
        }
        match method {
            Method::Register if self.config.challenges.is_some() => self.enrolled(from, message),
            Method::Invite => self.invited(now, from, message),
            Method::Ack => self.acknowledged(now, message),
            Method::Cancel => self.cancelled(now, from, message),
            Method::Bye => self.hung_up(now, from, message),
            Method::Prack => self.pracked(now, from, message),
            Method::Notify => self.notified(now, from, message),
            Method::Options | Method::Update => self.asked_whether_there(from, message),
            Method::Message => {
                if self.is_new(message) {
                    self.tell(PhoneEvent::Message(text::lossy(message.body)));
                }
                self.answer_once(now, from, message, 200);
            }
            _ => self.answer_once(now, from, message, 501),
        }
    }

    fn tell(&mut self, event: PhoneEvent) {
        self.events.push_back(event);
    }

    fn token(&mut self) -> String {
        format!("{:016x}", self.random.random_u64())
    }
}
