//! The front door for a call-control engine: datagrams and neutral signals in, outputs and records out.
//!
//! The caller owns memory, time, randomness and sockets. Four families of functions:
//!
//! - input: [`Exchange::receive`] (a datagram), [`Exchange::signal`] (a neutral signal), [`Exchange::tick`] (time);
//! - output: [`Exchange::poll`] until it says `None`, after every input;
//! - time: [`Exchange::next_deadline`] says when [`Exchange::tick`] is next wanted;
//! - administration: policy, mode, clock, addresses of trunks.

mod beside;
mod brakes;
mod calling;
mod camp;
mod challenge;
mod coded;
mod commands;
mod conference;
mod contact;
mod desk;
mod dialing;
mod enrol;
mod explain;
mod explore;
mod forward;
mod hold;
mod hops;
mod hunt;
mod identity;
mod in_dialog;
mod intercept;
mod invite;
mod keep;
mod media;
mod memory;
mod notify;
mod on_hook;
mod outputs;
mod overrides;
mod park;
mod path;
mod placing;
mod preserve;
mod proving;
mod provisional;
mod receive;
mod records;
mod redial;
mod refer;
mod register;
mod reload;
mod renegotiate;
mod renew;
mod responses;
mod room;
mod servers;
mod session;
mod sets;
mod station;
mod taking;
mod tick;
mod transfer;
mod ways;

pub use crate::base::Ticked;
pub use brakes::Locked;
pub use keep::{Guest, Registration, Restored};
pub use memory::{DeviceSlot, MAX_CONTACT, Memory, PAGES_A_CALL, Resources, TRANSACTIONS_A_CALL, TrunkSlot};
pub use outputs::{Event, Output, Pinhole, Received, Record};
pub use preserve::{MAX_NOTED, Noted, Preserve};
pub use reload::{NotReloaded, Room};
pub use room::CONFERENCE;
pub use servers::MAX_SERVERS;
pub use sets::Dialed;
pub use tick::MAX_DEADLINES;

use crate::base::{Clock, Crypto, Digit, Full, Handle, Instant, Outbox, WallTime};
use crate::brakes::Sources;
use crate::call::{Calls, Cause, earlier};
use crate::policy::{Image, Keyring, Mode, Party, calendar};
use crate::record::Decision;
use crate::registration::binding;
use crate::signalling::Sip;
use crate::signalling::sip::Tables;
use crate::table::{Index, Pages, Slab, Timers};
use core::net::SocketAddr;

/// Outputs that must fit before an input is taken.
pub const MAX_OUTPUTS: usize = 16;
/// Records that must fit before an input is taken.
pub const MAX_RECORDS: usize = 7;
/// The longest datagram taken; a longer one gets 513 (or is dropped, if it cannot be answered). Nothing longer is sent
/// either, so a buffer of this size is always long enough for [`Exchange::poll`].
pub const MAX_DATAGRAM: usize = crate::signalling::sip::MAX_MESSAGE;

/// How an exchange is set up.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Goes into every handle; not 0. Another for each engine in a process.
    pub instance: u16,
    /// The address that SIP peers reach this engine at.
    pub address: SocketAddr,
    /// Calls kept free for emergency.
    pub reserved_calls: u32,
}

/// A neutral signal into the engine, for those who bring their own signalling.
#[derive(Clone, Copy, Debug)]
pub enum Signal<'a> {
    /// A party dials, all digits at once. Its leg comes with [`Taken::SetUp`].
    Setup {
        /// Who.
        from: Party,
        /// What was dialed.
        dialed: &'a [u8],
    },
    /// A party goes off hook and will dial digit by digit. Its leg comes with [`Taken::OffHook`].
    OffHook {
        /// Who.
        from: Party,
    },
    /// The party of a leg that is off hook, or is asked for an account code, presses a key.
    Digit(Handle, Digit),
    /// The party of this leg rings.
    Alerting(Handle),
    /// The party of this leg answered.
    Answer(Handle),
    /// The party of this leg hung up or refused.
    Release(Handle, Cause),
    /// The party of this leg goes on hook. If its phone holds one other peer, it transfers that one to the peer of this leg; where that is
    /// denied, all of them are cleared, or the first is given back (R30). Otherwise like [`Release`](Self::Release).
    OnHook(Handle),
    /// The party of this leg holds its peer.
    Hold(Handle),
    /// The party of this leg goes on with its peer. If its phone talks to others meanwhile, that is a conference, which policy may deny.
    Retrieve(Handle),
    /// The party of this leg transfers its peer to a number (blind transfer).
    Transfer(Handle, &'a [u8]),
    /// The party of the first leg transfers its peer to that of the second, which is its own as well (attended transfer).
    Join(Handle, Handle),
}

/// What became of a signal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Taken {
    /// Done.
    Done,
    /// The call is permitted and being set up; this is the caller's leg.
    SetUp {
        /// The caller's leg.
        leg: Handle,
    },
    /// The party is off hook; what it hears comes as an output.
    OffHook {
        /// Its leg.
        leg: Handle,
    },
    /// Not without an account code: the party is asked for it on this leg, digit by digit.
    NeedsCode {
        /// The caller's leg.
        leg: Handle,
        /// Which rule asks.
        denial: crate::policy::Denial,
    },
    /// Policy refused, or every way is busy: the decision as it was noted down.
    Denied(Decision),
    /// No room for one more call.
    Congested,
    /// The media of the two who would be joined cannot meet: nothing has changed.
    Unfit(crate::media::Refused),
    /// Not at this moment: a party does not talk, or something else is under way.
    NotNow,
    /// No leg of this engine has this handle.
    UnknownLeg,
}

/// What was counted since the start.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Statistics {
    /// Datagrams taken.
    pub received: u64,
    /// Datagrams that were not SIP, or broken.
    pub malformed: u64,
    /// Datagrams dropped for want of room.
    pub dropped: u64,
    /// Messages not sent because they would have been longer than [`MAX_DATAGRAM`].
    pub oversized: u64,
    /// Requests refused with 503 for want of room.
    pub congested: u64,
    /// Challenges given.
    pub challenged: u64,
    /// Answers to challenges that were wrong.
    pub unauthorised: u64,
    /// Calls permitted.
    pub permitted: u64,
    /// Calls denied.
    pub denied: u64,
}

/// The policy in force and its credentials; an emergency block has none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy<'m> {
    pub(crate) image: Image<'m>,
    pub(crate) keyring: Keyring<'m>,
}

/// The engine.
#[derive(Debug)]
pub struct Exchange<'m, C> {
    policy: Option<Policy<'m>>,
    /// Set by an operator or attendant; absent: by the schedule.
    mode: Option<Mode>,
    /// What the clock showed when; absent until it was told.
    wall: Option<(Instant, WallTime)>,
    crypto: C,
    calls: Calls<'m>,
    sip: Sip<'m>,
    /// Deadlines of transactions, then of legs.
    timers: Timers<'m>,
    /// Deadlines of bindings.
    lapses: Timers<'m>,
    /// Deadlines of our registrations at carriers.
    renewals: Timers<'m>,
    devices: &'m mut [DeviceSlot],
    trunks: &'m mut [TrunkSlot],
    events: Outbox<'m, Event>,
    records: Outbox<'m, Record>,
    nonce_number: u64,
    first_leg_timer: u32,
    reserved_calls: u32,
    reserved_pages: usize,
    reserved_transactions: u32,
    clock: Clock,
    statistics: Statistics,
    /// The last call with a record, 0-9999 (R86).
    call_number: u16,
    /// The leg that the datagram at hand waits for.
    held: Option<Handle>,
    /// Pinholes already told of the event that is the oldest.
    opened: usize,
    /// Somebody may wait for a busy device.
    camping: bool,
    /// How many are to come into a call, as far as that is known.
    overriding: u32,
    /// Addresses that guess.
    sources: Sources,
    /// What has happened to calls, for who writes them down.
    notes: Outbox<'m, Noted>,
}

/// Why a policy was not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotTaken {
    /// More devices than the memory has places for.
    TooManyDevices,
    /// More trunks than the memory has places for.
    TooManyTrunks,
    /// A policy is in force already, or a call is up.
    Busy,
}

impl<'m, C: Crypto> Exchange<'m, C> {
    /// An engine over the caller's memory. Until a policy is loaded every call is denied.
    pub fn new(memory: Memory<'m>, config: &Config, mut crypto: C) -> Self {
        let instance = config.instance.max(1);
        let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let first_leg_timer = count(memory.transactions.len());
        let seed = (crypto.random_u64(), crypto.random_u64());
        let reserved_pages = memory.pages.len() / 8;
        // As many as the reserved calls take, but never so many that a small exchange could make no other call.
        let reserved_transactions = config.reserved_calls.saturating_mul(4).min(first_leg_timer / 2);
        memory.devices.iter_mut().for_each(|slot| *slot = DeviceSlot::EMPTY);
        memory.trunks.iter_mut().for_each(|slot| *slot = TrunkSlot::EMPTY);
        Self {
            policy: None,
            mode: None,
            wall: None,
            crypto,
            calls: Calls::new(Slab::new(memory.legs, instance), Slab::new(memory.calls, instance)),
            sip: Sip::new(
                Tables {
                    transactions: Slab::new(memory.transactions, instance),
                    index: Index::new(memory.index),
                    dialogs: memory.dialogs,
                    pages: Pages::new(memory.pages),
                    outgoing: Outbox::new(memory.outgoing),
                },
                config.address,
                instance,
                seed,
            ),
            timers: Timers::new(memory.heap, memory.places),
            lapses: Timers::new(memory.lapse_heap, memory.lapse_places),
            renewals: Timers::new(memory.renewal_heap, memory.renewal_places),
            devices: memory.devices,
            trunks: memory.trunks,
            events: Outbox::new(memory.events),
            records: Outbox::new(memory.records),
            nonce_number: 0,
            first_leg_timer,
            reserved_calls: config.reserved_calls,
            reserved_pages,
            reserved_transactions,
            clock: Clock::default(),
            statistics: Statistics::default(),
            call_number: 0,
            held: None,
            opened: 0,
            camping: false,
            overriding: 0,
            sources: Sources::NONE,
            notes: Outbox::new(&mut []),
        }
    }

    /// Puts a policy in force.
    ///
    /// # Errors
    /// [`NotTaken`]; the one in force stays.
    pub fn load(&mut self, image: Image<'m>, keyring: Keyring<'m>) -> Result<(), NotTaken> {
        if self.policy.is_some_and(|policy| !policy.image.is_block()) {
            return Err(NotTaken::Busy);
        }
        self.take(image, keyring)
    }

    /// Puts an emergency block in force: emergency calls can be made, and nothing else (law 4). A policy that is loaded
    /// later takes its place when no call is up.
    ///
    /// # Errors
    /// [`NotTaken`]; `Busy` if a policy or a block is in force, or the image is no block.
    pub fn load_emergency(&mut self, block: Image<'m>) -> Result<(), NotTaken> {
        if self.policy.is_some() || !block.is_block() {
            return Err(NotTaken::Busy);
        }
        self.take(block, Keyring::EMPTY)
    }

    fn take(&mut self, image: Image<'m>, keyring: Keyring<'m>) -> Result<(), NotTaken> {
        if self.calls.used() > 0 {
            return Err(NotTaken::Busy);
        }
        if image.devices().len() > self.devices.len() {
            return Err(NotTaken::TooManyDevices);
        }
        if image.trunks().len() > self.trunks.len() {
            return Err(NotTaken::TooManyTrunks);
        }
        self.policy = Some(Policy { image, keyring });
        self.forget_trunks();
        Ok(())
    }

    /// Overrides the service mode; `None` gives it back to schedule and holidays. Calls in progress keep the classes they
    /// were set up with (R1).
    pub fn set_mode(&mut self, mode: Option<Mode>) {
        self.mode = mode;
    }

    /// The service mode in force: the operator's, else that of holidays and schedules, else day. Until the clock is told
    /// it is day.
    #[must_use]
    pub fn mode(&self, now: Instant) -> Mode {
        self.mode_at(self.clock.at(now))
    }

    /// The same by the exchange's own [`Clock`], as everything in here is.
    pub(crate) fn mode_at(&self, now: Instant) -> Mode {
        let scheduled = || Some(calendar::scheduled(&self.policy.as_ref()?.image, self.moment(now)?));
        self.mode.or_else(scheduled).unwrap_or_default()
    }

    /// The local moment, by the policy's time zone.
    pub(crate) fn moment(&self, now: Instant) -> Option<calendar::Moment> {
        let policy = self.policy.as_ref()?;
        self.wall.map(|_| calendar::Moment::at(&policy.image, self.wall_at(now).unix_s))
    }

    /// Tells the clock: it labels records and picks service mode and route plan cells. A jump changes the next decision and
    /// label, never a timer.
    pub fn set_wall(&mut self, now: Instant, wall: WallTime) {
        self.wall = Some((self.clock.advance(now), wall));
    }

    /// The policy in force.
    #[must_use]
    pub fn image(&self) -> Option<&Image<'m>> {
        self.policy.as_ref().map(|policy| &policy.image)
    }

    /// What was counted.
    #[must_use]
    pub const fn statistics(&self) -> Statistics {
        Statistics { oversized: self.sip.oversized, ..self.statistics }
    }

    /// Calls up or being set up.
    #[must_use]
    pub const fn calls_in_use(&self) -> u32 {
        self.calls.used()
    }

    /// The tables of calls and legs, to look at.
    #[must_use]
    pub const fn calls(&self) -> &Calls<'m> {
        &self.calls
    }

    /// Pages of stored text that are free, and pages in all: for tests that look for leaks.
    #[must_use]
    pub fn pages(&self) -> (usize, usize) {
        (self.sip.pages.free(), self.sip.pages.capacity())
    }

    /// Transactions in use.
    #[must_use]
    pub const fn transactions_in_use(&self) -> u32 {
        self.sip.transactions.used()
    }

    /// Whether a device is registered.
    #[must_use]
    pub fn is_registered(&self, device: u32) -> bool {
        let slot = usize::try_from(device).ok().and_then(|device| self.devices.get(device));
        slot.is_some_and(|slot| slot.binding != binding::Binding::Absent)
    }

    /// When [`tick`](Self::tick) is next wanted. An early tick does nothing; a late one makes calls late.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let next = earlier(earlier(self.timers.next(), self.lapses.next()), self.renewals.next());
        next.map(|due| self.clock.shows_at(due))
    }

    /// Makes sure that everything one input can cause has a place.
    fn reserve(&mut self) -> Result<(), Full> {
        let outputs = self.sip.outgoing.free().min(self.events.free());
        if outputs < MAX_OUTPUTS || self.records.free() < MAX_RECORDS { Err(Full) } else { Ok(()) }
    }

    /// The host's clock shows `now`: the time that everything goes by.
    fn advance(&mut self, now: Instant) -> Instant {
        self.clock.advance(now)
    }

    fn wall_at(&self, now: Instant) -> WallTime {
        let (at, wall) = self.wall.unwrap_or_default();
        let ahead = i64::try_from(now.since_ms(at) / 1000).unwrap_or(i64::MAX);
        WallTime { unix_s: wall.unix_s.saturating_add(ahead), ..wall }.minus_ms(at.since_ms(now))
    }
}
