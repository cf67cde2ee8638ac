//! Exploring: an exchange is copied at one moment, and told apart from others by what can still matter.
//!
//! For programs that try everything that may happen, `strowger prove` first of all. What is explored is driven by
//! [neutral signals](super::Signal): transactions, dialogs, stored texts and registrations at carriers are copied, but not told by
//! [`Exchange::canonical`]. Nothing here is on the way of a call.

use super::memory::DeviceSlot;
use super::{Exchange, Memory};
use crate::base::{Crypto, Handle, Instant, Outbox};
use crate::brakes::{Brake, Lockout, Rate};
use crate::policy::Party;
use crate::signalling::sip::Tables;
use core::hash::{Hash, Hasher};

impl<'m, C: Crypto> Exchange<'m, C> {
    /// The same exchange in other memory. Its tables must be as long as these; its queues need only hold what is queued
    /// now. Work: linear in the tables.
    pub fn fork<'n>(&self, memory: Memory<'n>) -> Exchange<'n, C>
    where
        C: Clone,
        'm: 'n,
    {
        memory.devices.iter_mut().zip(self.devices.iter()).for_each(|(to, from)| to.take_over(from));
        memory.trunks.iter_mut().zip(self.trunks.iter()).for_each(|(to, from)| *to = *from);
        Exchange {
            policy: self.policy,
            mode: self.mode,
            wall: self.wall,
            crypto: self.crypto.clone(),
            calls: self.calls.fork(memory.legs, memory.calls),
            sip: self.sip.fork(Tables {
                transactions: self.sip.transactions.fork(memory.transactions),
                index: self.sip.index().fork(memory.index),
                dialogs: memory.dialogs,
                pages: self.sip.pages.fork(memory.pages),
                outgoing: self.sip.outgoing.fork(memory.outgoing),
            }),
            timers: self.timers.fork(memory.heap, memory.places),
            lapses: self.lapses.fork(memory.lapse_heap, memory.lapse_places),
            renewals: self.renewals.fork(memory.renewal_heap, memory.renewal_places),
            devices: memory.devices,
            trunks: memory.trunks,
            events: self.events.fork(memory.events),
            records: self.records.fork(memory.records),
            nonce_number: self.nonce_number,
            first_leg_timer: self.first_leg_timer,
            reserved_calls: self.reserved_calls,
            reserved_pages: self.reserved_pages,
            reserved_transactions: self.reserved_transactions,
            clock: self.clock,
            statistics: self.statistics,
            call_number: self.call_number,
            held: self.held,
            opened: self.opened,
            camping: self.camping,
            overriding: self.overriding,
            sources: self.sources,
            notes: Outbox::new(&mut []),
        }
    }

    /// The caller's memory, given back: for the next copy.
    #[must_use]
    pub fn into_memory(self) -> Memory<'m> {
        let (legs, calls) = self.calls.into_slots();
        let Tables { transactions, index, dialogs, pages, outgoing } = self.sip.into_tables();
        let (heap, places) = self.timers.into_slices();
        let (lapse_heap, lapse_places) = self.lapses.into_slices();
        let (renewal_heap, renewal_places) = self.renewals.into_slices();
        Memory {
            devices: self.devices,
            trunks: self.trunks,
            calls,
            legs,
            dialogs,
            transactions: transactions.into_slots(),
            index: index.into_entries(),
            heap,
            places,
            lapse_heap,
            lapse_places,
            renewal_heap,
            renewal_places,
            pages: pages.into_pages(),
            outgoing: outgoing.into_slots(),
            events: self.events.into_slots(),
            records: self.records.into_slots(),
        }
    }

    /// Tells everything that can influence what happens to neutral signals from now on: deadlines as they are seen from
    /// `now`, legs by their place in an order of their own. Handles, record numbers and statistics are not told, so two
    /// exchanges that have come to the same by other ways tell the same. `alike` gives a party the number of its kind: who
    /// of a kind does what is not told, only whether it is the same one.
    ///
    /// What was dialed last is not told: it may be dialed again like any other number. Which of several free slots is given
    /// out next, and which of several calls is the youngest, is not told either.
    /// Work: linear in the tables.
    pub fn canonical<H: Hasher + Clone>(&self, now: Instant, alike: impl Fn(Party) -> u32, hasher: &mut H) {
        (self.mode, self.wall.is_some()).hash(hasher);
        if self.wall.is_some() {
            self.wall_at(now).hash(hasher);
        }
        self.calls.canonical(now, &alike, hasher);
        let Some(policy) = &self.policy else { return };
        let system = policy.image.system();
        let (at_once, per_minute) = (system.calls_at_once != 0, system.calls_per_minute != 0);
        let counts = |brake: &Brake| {
            (if at_once { brake.calls } else { 0 }, if per_minute { brake.rate.begun(now) } else { 0 })
        };
        let locked = |lock: &Lockout| match *lock {
            Lockout::Failing { since, failures } => Some((now.since_ms(since.instant()), failures)),
            Lockout::Locked { until } if now < until.instant() => {
                Some((until.instant().since_ms(now), u8::MAX))
            }
            Lockout::Open | Lockout::Locked { .. } => None,
        };
        // A sum, for it does not matter who of a kind it is.
        let (fresh, mut sum) = (hasher.clone(), 0u64);
        for (row, slot) in (0u32..).zip(self.devices.iter()) {
            let set = slot.station.any().then_some(&slot.station);
            let seated = slot.seat.other.checked_sub(1);
            let seated = seated.map(|other| (alike(Party::Device(other)), now < slot.seat.until.instant()));
            let told =
                (counts(&slot.brake), locked(&slot.login), locked(&slot.codes), set, slot.hunted, seated);
            if told != ((0, 0), None, None, None, 0, None) {
                let mut own = fresh.clone();
                (alike(Party::Device(row)), told).hash(&mut own);
                sum = sum.wrapping_add(own.finish());
            }
        }
        sum.hash(hasher);
        for slot in self.trunks.iter() {
            (slot.in_use, slot.servers.is_known(), counts(&slot.brake)).hash(hasher);
        }
    }

    /// Lets the time of a leg be up: the next [`tick`](Self::tick) at `now` serves it, whatever else waits for an earlier
    /// moment. Who explores so needs no clock: any deadline may be the first that comes.
    pub fn hasten(&mut self, now: Instant, leg: Handle) {
        self.calls.hasten(leg, now);
        self.watch_leg(leg);
    }

    /// Forgets what was counted over time: beginnings of public calls, failures to log in, wrong codes. Limits and
    /// lock-outs only refuse, so nothing is missed by who looks for what should not be allowed.
    pub fn forget_counts(&mut self) {
        for slot in self.devices.iter_mut() {
            (slot.brake.rate, slot.login, slot.codes) = (Rate::EMPTY, Lockout::Open, Lockout::Open);
        }
        self.trunks.iter_mut().for_each(|slot| slot.brake.rate = Rate::EMPTY);
    }

    /// Calls that a trunk carries, as they are counted.
    #[must_use]
    pub fn channels_in_use(&self, trunk: u16) -> u16 {
        self.trunks.get(usize::from(trunk)).map_or(0, |slot| slot.in_use)
    }

    /// Public calls of a party, as limits count them.
    #[must_use]
    pub fn public_calls(&self, party: Party) -> u16 {
        let Some(policy) = &self.policy else { return 0 };
        super::brakes::brake(&policy.image, self.devices, self.trunks, party).map_or(0, |brake| brake.calls)
    }
}

impl DeviceSlot {
    /// Becomes as another is.
    fn take_over(&mut self, other: &Self) {
        // All of it by name: what is added later must not be left out.
        let Self {
            binding,
            contact,
            flow,
            source,
            replay,
            brake,
            login,
            codes,
            station,
            hunted,
            dialed,
            seat,
        } = other;
        self.binding.clone_from(binding);
        if !self.contact.is_empty() || !contact.is_empty() {
            self.contact.clone_from(contact);
        }
        (self.flow, self.source) = (*flow, *source);
        self.replay.clone_from(replay);
        (self.brake, self.login, self.codes) = (*brake, *login, *codes);
        (self.hunted, self.dialed, self.seat) = (*hunted, *dialed, *seat);
        if self.station.any() || station.any() {
            self.station.clone_from(station);
        }
    }
}
