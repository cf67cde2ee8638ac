//! The front door for a telephone: its user's actions, datagrams and time in; messages and what the user is told out.
//!
//! The caller owns memory, time, randomness, sockets, keys and sound. A telephone belongs to a gateway: it registers there by digest,
//! calls and is called through it and nobody else, and asks its own copy of the policy before it asks the gateway. What that policy
//! denies is never sent (R85: without one nothing but help can be called, by an emergency block).
//!
//! - input: [`Phone::receive`] (a datagram), what the user does ([`Phone::dial`], [`Phone::answer`] …), [`Phone::tick`] (time);
//! - output: [`Phone::poll`] until it says `None`, after every input;
//! - time: [`Phone::next_deadline`] says when [`Phone::tick`] is next wanted.
//!
//! What becomes of a call is [`mod@line`]'s; what is said of its sound [`sound`](crate::media::sound)'s; when to register
//! [`client`]'s, and where [`homing`]'s.

mod acting;
mod called;
mod calling;
mod heard;
pub mod line;
mod memory;
mod outputs;
mod proof;
mod receive;
mod registrar;
mod session;
mod tick;

pub use memory::{Line, MAX_NAME, Memory, PAGES_A_LINE, Resources, TRANSACTIONS_A_LINE};
pub use outputs::{Event, Notice, Output};
pub use tick::MAX_DEADLINES;

use crate::base::{Clock, Crypto, Flow, Full, Handle, Instant, Outbox, Transport, WallTime};
use crate::call::earlier;
use crate::homing;
use crate::media::{Ability, Keys, Sound};
use crate::policy::{Denial, Image, Keyring, Mode, Party, calendar};
use crate::registration::client;
use crate::signalling::Sip;
use crate::signalling::sip::Tables;
use crate::table::{Index, Pages, Slab, Timers};
use core::net::SocketAddr;
use line::State;
use registrar::Registrar;

/// Outputs that must fit before an input is taken.
pub const MAX_OUTPUTS: usize = 12;
/// The longest datagram taken; nothing longer is sent either.
pub const MAX_DATAGRAM: usize = 2_048;
/// Servers that a telephone can have: its primary, and one that stands in for it.
pub const MAX_SERVERS: usize = 2;
/// Them, the primary first.
pub type Servers = heapless::Vec<Flow, MAX_SERVERS>;

/// Pages that one message of ours takes, with its description beside it.
const STEP: usize = 10;

/// What this telephone takes: methods, as header lines.
const ABLE: &[u8] = b"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, MESSAGE";

/// How a telephone is set up.
#[derive(Clone)]
pub struct Config<'m> {
    /// Goes into every handle; not 0. Another for each engine in a process.
    pub instance: u16,
    /// The address that it is reached at.
    pub address: SocketAddr,
    /// Its directory number.
    pub number: &'m [u8],
    /// The user name of its digest; empty: its number.
    pub username: &'m [u8],
    /// Its password, if no keyring says more. It is secret.
    pub password: &'m [u8],
    /// The realm that the password is for: no other server is answered; empty: whatever the gateway says.
    pub realm: &'m [u8],
    /// The host in its addresses; empty: that of the gateway.
    pub domain: &'m [u8],
    /// Its gateway, and the one that stands in for it.
    pub servers: Servers,
    /// When to go to the other, and when to come back.
    pub homing: homing::Terms,
    /// What it can do with sound.
    pub ability: Ability,
    /// The first line awaits its sound at this port, each further one two higher.
    pub sound_port: u16,
}

impl core::fmt::Debug for Config<'_> {
    /// Without the password.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Config")
            .field("address", &self.address)
            .field("servers", &self.servers)
            .finish_non_exhaustive()
    }
}

/// What became of a user's action.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Taken {
    /// Done, or on its way: outputs tell what comes of it.
    Done,
    /// The call is on its way, on this line.
    Line(Handle),
    /// The telephone's own policy refuses; nothing was sent.
    Denied(Denial),
    /// Not at this moment.
    NotNow,
    /// No line is free, or there is no room.
    Congested,
    /// No line has this handle.
    UnknownLine,
}

/// Why a policy was not taken; the one in force stays.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotTaken {
    /// The policy does not have this telephone's number.
    Stranger,
    /// A call is up.
    Busy,
}

/// What is counted since the start.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Statistics {
    /// Datagrams taken.
    pub received: u64,
    /// Datagrams that were not SIP, or broken.
    pub malformed: u64,
    /// Datagrams dropped for want of room.
    pub dropped: u64,
    /// Requests refused because they did not come from a gateway of ours.
    pub strangers: u64,
    /// Calls that our own policy refused.
    pub denied: u64,
}

/// A policy, and our row of its device table; none in an emergency block that does not know us.
#[derive(Clone, Copy, Debug)]
struct Own<'m> {
    image: Image<'m>,
    keyring: Keyring<'m>,
    device: Option<u32>,
}

/// A telephone.
#[derive(Debug)]
pub struct Phone<'m, C> {
    config: Config<'m>,
    policy: Option<Own<'m>>,
    /// Set by its user or maker; absent: by the schedule.
    mode: Option<Mode>,
    wall: Option<(Instant, WallTime)>,
    crypto: C,
    lines: Slab<'m, Line>,
    sip: Sip<'m>,
    /// Deadlines of transactions, then of lines, then of the registration.
    timers: Timers<'m>,
    events: Outbox<'m, Event>,
    sounds: &'m mut [Option<SocketAddr>],
    registrar: Registrar,
    /// Its own policy is asked about help only.
    defers: bool,
    first_line_timer: u32,
    clock: Clock,
    statistics: Statistics,
}

impl<'m, C: Crypto> Phone<'m, C> {
    /// A telephone over the caller's memory. It does nothing until it is [registered](Self::register).
    pub fn new(memory: Memory<'m>, config: Config<'m>, mut crypto: C) -> Self {
        let instance = config.instance.max(1);
        let first_line_timer = u32::try_from(memory.transactions.len()).unwrap_or(u32::MAX);
        let seed = (crypto.random_u64(), crypto.random_u64());
        let tables = Tables {
            transactions: Slab::new(memory.transactions, instance),
            index: Index::new(memory.index),
            dialogs: memory.dialogs,
            pages: Pages::new(memory.pages),
            outgoing: Outbox::new(memory.outgoing),
        };
        memory.sounds.fill(None);
        let registrar = Registrar::new(crypto.random_u64(), &config.homing);
        let mut sip = Sip::new(tables, config.address, instance, seed);
        sip.longest = MAX_DATAGRAM as u16;
        Self {
            policy: None,
            mode: None,
            wall: None,
            lines: Slab::new(memory.lines, instance),
            sip,
            timers: Timers::new(memory.heap, memory.places),
            events: Outbox::new(memory.events),
            sounds: memory.sounds,
            registrar,
            defers: false,
            first_line_timer,
            clock: Clock::default(),
            statistics: Statistics::default(),
            config,
            crypto,
        }
    }

    /// Puts a policy in force, with the line of the keyring that is this telephone's, or none.
    ///
    /// # Errors
    /// [`NotTaken`]; the one in force stays.
    pub fn load(&mut self, image: Image<'m>, keyring: Keyring<'m>) -> Result<(), NotTaken> {
        let device = image.phone_by_dn(self.config.number);
        if device.is_none() && !image.is_block() {
            return Err(NotTaken::Stranger);
        }
        if self.lines.used() > 0 {
            return Err(NotTaken::Busy);
        }
        self.policy = Some(Own { image, keyring, device });
        Ok(())
    }

    /// Leaves every decision but that on calls for help to the gateway: for a telephone beside it, whose denied attempts are to be recorded there.
    pub const fn defer(&mut self) {
        self.defers = true;
    }

    /// Overrides the service mode, as an operator has; `None` gives it back to holidays and schedules.
    pub fn set_mode(&mut self, mode: Option<Mode>) {
        self.mode = mode;
    }

    /// Tells the clock, by which schedules and route plans go.
    pub fn set_wall(&mut self, now: Instant, wall: WallTime) {
        self.wall = Some((self.clock.advance(now), wall));
    }

    /// Tells the address at which the telephone is reached over a transport; over UDP it is that of [`Config`] until then.
    pub fn listen(&mut self, transport: Transport, address: SocketAddr) {
        self.sip.listen(transport, address);
    }

    /// Where a line is; `None` for a stale handle. Its user has nothing to do with one that is [over](State::is_over).
    #[must_use]
    pub fn state(&self, line: Handle) -> Option<State> {
        self.lines.get(line).map(|line| line.state)
    }

    /// The number of who is there, as it was dialed or as they say: at most [`MAX_NAME`] octets of it. Anybody can say anything.
    #[must_use]
    pub fn number(&self, line: Handle) -> &[u8] {
        self.lines.get(line).map_or(&[], |line| &line.number)
    }

    /// The name that they say, at most [`MAX_NAME`] octets of it; empty: none.
    #[must_use]
    pub fn name(&self, line: Handle) -> &[u8] {
        self.lines.get(line).map_or(&[], |line| &line.name)
    }

    /// Whether the number of who is there is one of our policy's own: the call is one from inside.
    #[must_use]
    pub fn is_inside(&self, line: Handle) -> bool {
        let known = |own: &Own<'_>| own.image.device_by_dn(self.number(line)).is_some();
        self.policy.as_ref().is_some_and(known)
    }

    /// The sound that is agreed on, and its keys if it is protected. [`Output::Sound`] says when it is another.
    #[must_use]
    pub fn sound(&self, line: Handle) -> Option<(Sound, &Keys)> {
        let line = self.lines.get(line)?;
        Some((line.sound?, &line.keys))
    }

    /// The line with this number awaits its sound there from now on: what is offered and answered next says so. What was agreed on stays.
    pub fn await_sound(&mut self, line: u32, at: SocketAddr) {
        let slot = usize::try_from(line).ok().and_then(|line| self.sounds.get_mut(line));
        slot.into_iter().for_each(|slot| *slot = Some(at));
    }

    /// Where a line awaits its sound.
    #[must_use]
    pub fn sound_address(&self, line: Handle) -> SocketAddr {
        let told = usize::try_from(line.index()).ok().and_then(|line| self.sounds.get(line));
        if let Some(at) = told.copied().flatten() {
            return at;
        }
        let port = u16::try_from(line.index().saturating_mul(2)).unwrap_or(0);
        // Without a port of its own it is awaited nowhere until that is told.
        let first = self.config.sound_port;
        let port = if first == 0 { 0 } else { first.saturating_add(port) };
        SocketAddr::new(self.config.address.ip(), port)
    }

    /// The lines in use, those that are over for their user among them.
    pub fn lines(&self) -> impl Iterator<Item = (Handle, State)> {
        self.lines.iter().map(|(line, slot)| (line, slot.state))
    }

    /// How we stand at the gateway.
    #[must_use]
    pub const fn registration(&self) -> client::State {
        self.registrar.client
    }

    /// Where we register, and where our calls go: its place in [`Config::servers`].
    #[must_use]
    pub fn server(&self) -> usize {
        self.registrar.at(self.config.servers.len())
    }

    /// What was counted.
    #[must_use]
    pub const fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// Pages of stored text that are free, and pages in all: for tests that look for leaks.
    #[must_use]
    pub fn pages(&self) -> (usize, usize) {
        (self.sip.pages.free(), self.sip.pages.capacity())
    }

    /// When [`tick`](Self::tick) is next wanted. An early tick does nothing; a late one makes calls late.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.timers.next().map(|due| self.clock.shows_at(due))
    }

    /// Whether an account code is asked for on a line: its digits are [pressed](Self::press).
    #[must_use]
    pub fn is_asked(&self, line: Handle) -> bool {
        self.lines.get(line).is_some_and(|line| line.asked)
    }

    /// Whether we hold them, or have asked to.
    #[must_use]
    pub fn holds(&self, line: Handle) -> bool {
        self.lines.get(line).is_some_and(|line| line.holds)
    }

    /// Whether they hold us.
    #[must_use]
    pub fn is_held(&self, line: Handle) -> bool {
        self.lines.get(line).is_some_and(|line| line.held)
    }

    /// Makes sure that everything one input can cause has a place.
    pub(crate) fn reserve(&self) -> Result<(), Full> {
        let outputs = self.sip.outgoing.free().min(self.events.free());
        if outputs < MAX_OUTPUTS { Err(Full) } else { Ok(()) }
    }

    fn advance(&mut self, now: Instant) -> Instant {
        self.clock.advance(now)
    }

    /// The service mode, and the minute of the week if the clock was told.
    fn moment(&self, now: Instant) -> (Mode, Option<u16>) {
        let (Some(own), Some((at, wall))) = (&self.policy, self.wall) else {
            return (self.mode.unwrap_or_default(), None);
        };
        let ahead = i64::try_from(now.since_ms(at) / 1000).unwrap_or(i64::MAX);
        let moment = calendar::Moment::at(&own.image, wall.unix_s.saturating_add(ahead));
        (self.mode.unwrap_or_else(|| calendar::scheduled(&own.image, moment)), Some(moment.minute))
    }

    fn own_party(&self) -> Party {
        self.policy.as_ref().and_then(|own| own.device).map_or(Party::Unknown, Party::Device)
    }

    /// Where our requests go.
    fn home(&self) -> Option<Flow> {
        self.config.servers.get(self.server()).copied()
    }

    /// Whether something comes from a gateway of ours.
    fn is_ours(&self, source: Flow) -> bool {
        self.config.servers.iter().any(|server| server.ip() == source.ip())
    }

    fn event(&mut self, event: Event) {
        if let Ok(mut room) = self.events.reserve(1) {
            room.push(event);
        }
    }

    /// A line's next deadline: its own, or that of its session.
    fn watch_line(&mut self, line: Handle) {
        let own = self.lines.get(line).and_then(|slot| slot.state.next_deadline());
        let session = self.sip.dialog(line).and_then(|dialog| dialog.session.next_deadline());
        self.timers.set(self.first_line_timer.saturating_add(line.index()), earlier(own, session));
    }

    /// The deadline of the registration.
    fn watch_registrar(&mut self) {
        let id = self.first_line_timer.saturating_add(self.lines.capacity());
        self.timers.set(id, self.registrar.next_deadline());
    }
}
