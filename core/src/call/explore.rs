//! The tables of legs and calls as explorers of states need them: copied, and told apart by what can still matter.

use super::features::camp::WANTS;
use super::features::overrides::BEGUN;
use super::slots::{Call, LegSlot, Placed, Transfer};
use super::{Calls, Cause, dialing, leg};
use crate::base::{Digits, Handle, Instant};
use crate::policy::{Authority, Choice, Party};
use crate::table::Slot;
use core::hash::{Hash, Hasher};

/// Legs up to this number are put in order, so that worlds that differ only in who has which slot are the same.
const SORTED: usize = 32;

/// Legs in the order in which they are told.
type Order = heapless::Vec<(u64, Handle), SORTED>;

impl<'m> Calls<'m> {
    /// The same tables over other slots, as many as these.
    pub(crate) fn fork<'n>(&self, legs: &'n mut [Slot<LegSlot>], calls: &'n mut [Slot<Call>]) -> Calls<'n> {
        Calls { legs: self.legs.fork(legs), calls: self.calls.fork(calls), besides: self.besides }
    }

    /// The caller's slots, given back.
    pub(crate) fn into_slots(self) -> (&'m mut [Slot<LegSlot>], &'m mut [Slot<Call>]) {
        (self.legs.into_slots(), self.calls.into_slots())
    }

    /// Lets the time of a leg be up.
    pub(crate) fn hasten(&mut self, leg: Handle, now: Instant) {
        if let Some(dialing) = self.dialing_mut(leg) {
            return dialing.state.hasten(now);
        }
        let call = self.legs.get(leg).map_or(Handle::NONE, |slot| slot.call);
        // Who waits to be taken back does not do so for longer than a call may last.
        if let Some(Call::Placed(Placed {
            transfer: Transfer::Parked { until, .. } | Transfer::Camped { until, .. },
            ..
        })) = self.calls.get_mut(call)
        {
            *until = now;
            return;
        }
        if self.holds_until(leg).is_some() {
            self.hold(leg, Some(now));
            return;
        }
        let Some(slot) = self.legs.get_mut(leg) else { return };
        slot.leg.hasten(now);
    }

    /// Tells everything that can influence what happens later: deadlines as they are seen from `now`, legs and calls by
    /// their place in an order of their own, neither by slot nor by generation. `alike` gives parties that nothing tells
    /// apart the same number; which of them is which is told by where in that order they come first.
    pub(crate) fn canonical<H: Hasher + Clone>(
        &self,
        now: Instant,
        alike: &impl Fn(Party) -> u32,
        hasher: &mut H,
    ) {
        let mut order = Order::new();
        let fresh = hasher.clone();
        let now = &Told { now, name: |party| (alike(party), 0) };
        for (handle, slot) in self.legs.iter() {
            let mut own = fresh.clone();
            self.tell_leg(handle, slot, now, &mut own);
            if let Some(peer) = self.peer(handle).and_then(|peer| Some((peer, self.legs.get(peer)?))) {
                self.tell_leg(peer.0, peer.1, now, &mut own);
            }
            let _ = order.push((own.finish(), handle));
        }
        order.sort_unstable_by_key(|(key, _)| *key);
        let mut known: heapless::Vec<Party, SORTED> = heapless::Vec::new();
        for (_, leg) in &order {
            if let Some(slot) = self.legs.get(*leg)
                && !known.contains(&slot.party)
            {
                let _ = known.push(slot.party);
            }
        }
        // Somebody without a leg can only be told by its own number.
        let first = |party: Party| known.iter().position(|one| *one == party);
        let name = |party| match first(party) {
            Some(first) => (alike(party), first),
            None => (alike(party), SORTED.saturating_add(own_number(party))),
        };
        let now = &Told { now: now.now, name };
        let place = |leg: Handle| order.iter().position(|(_, one)| *one == leg).unwrap_or(usize::MAX);
        (self.legs.used(), self.calls.used()).hash(hasher);
        for (_, handle) in &order {
            let Some(slot) = self.legs.get(*handle) else { continue };
            self.tell_leg(*handle, slot, now, hasher);
            if let Some(Call::Beside(beside)) = self.calls.get(slot.call) {
                place(beside.edge.a()).hash(hasher);
            }
            let Some(placed) = self.placed(slot.call) else { continue };
            // Where the legs of its call stand, tells which legs share one.
            place(placed.edge.a()).hash(hasher);
            place(placed.edge.b()).hash(hasher);
            // And which calls share a room.
            let room = |leg: Handle| self.room(leg).is_some_and(|room| room == placed.room);
            order.iter().position(|(_, leg)| room(*leg)).hash(hasher);
            match placed.transfer {
                Transfer::Pending { ringing, .. } => place(ringing).hash(hasher),
                Transfer::Ringing { by, .. } => place(by).hash(hasher),
                Transfer::None
                | Transfer::Parked { .. }
                | Transfer::Camped { .. }
                | Transfer::Failed { .. } => {}
            }
        }
    }

    /// A leg and its call, without handles.
    fn tell_leg<H: Hasher>(
        &self,
        handle: Handle,
        slot: &LegSlot,
        now: &Told<impl Fn(Party) -> (u32, usize)>,
        hasher: &mut H,
    ) {
        (now.name)(slot.party).hash(hasher);
        (slot.neutral, slot.takes, slot.help).hash(hasher);
        tell_state(slot.leg.state(), now.now, hasher);
        if !slot.neutral {
            (&slot.offered, slot.pass, &slot.places, &slot.marks, slot.stale).hash(hasher);
        }
        match self.calls.get(slot.call) {
            Some(Call::Dialing(dialing)) => {
                1u8.hash(hasher);
                tell_dialing(dialing.state, now.now, hasher);
                (dialing.number, dialing.typed, dialing.code, dialing.zone).hash(hasher);
                dialing.asked.map(|denial| denial.rule).hash(hasher);
            }
            Some(Call::Placed(placed)) => {
                2u8.hash(hasher);
                (placed.edge.a() == handle, placed.edge.b() == handle).hash(hasher);
                self.tell_call(placed, now, hasher);
                if let Some(linked) = self.placed(placed.linked) {
                    now.choice(&linked.dialed, &linked.choice, hasher);
                }
            }
            Some(Call::Beside(beside)) => {
                3u8.hash(hasher);
                now.authority(beside.edge.authority(), hasher);
                now.choice(&Digits::EMPTY, &beside.choice, hasher);
            }
            None => 0u8.hash(hasher),
        }
    }

    /// A call without its handles, and without what only its record shows.
    fn tell_call<H: Hasher>(
        &self,
        placed: &Placed,
        now: &Told<impl Fn(Party) -> (u32, usize)>,
        hasher: &mut H,
    ) {
        (placed.edge.progress(), placed.edge.has_left()).hash(hasher);
        now.authority(placed.edge.authority(), hasher);
        now.choice(&placed.dialed, &placed.choice, hasher);
        (placed.tried, placed.longest_s, placed.zone, (now.name)(placed.caller)).hash(hasher);
        placed.passed.devices().for_each(|device| (now.name)(Party::Device(device)).hash(hasher));
        if let Some(hunt) = placed.hunt {
            ((now.name)(Party::Device(hunt.group)), hunt.first, hunt.tried).hash(hasher);
            (hunt.rang, hunt.busy, hunt.absent).hash(hasher);
        }
        let longest_ms = u64::from(placed.longest_s).saturating_mul(1000);
        placed.answered.map(|at| now.now.since_ms(at).min(longest_ms)).hash(hasher);
        placed.change.is_settled().hash(hasher);
        let begun = |until: u64| Instant(until).since_ms(now.now);
        let wants = placed.camps == WANTS;
        let overrides =
            placed.overrides.map(|device| device.get().checked_sub(1).filter(|_| device != BEGUN));
        overrides.map(|device| device.map(|device| (now.name)(Party::Device(device)))).hash(hasher);
        (wants, placed.camps.filter(|_| !wants).map(|until| begun(until.get()))).hash(hasher);
        [placed.edge.a(), placed.edge.b()]
            .map(|leg| self.holds_until(leg).map(|until| until.since_ms(now.now)))
            .hash(hasher);
        match placed.transfer {
            Transfer::None => 0u8.hash(hasher),
            Transfer::Pending { ringing, left } => (1u8, self.legs.get(ringing).is_some(), left).hash(hasher),
            Transfer::Ringing { by, party, recall, described } => {
                (2u8, self.legs.get(by).is_some(), (now.name)(party), recall, described).hash(hasher);
            }
            Transfer::Failed { recall } => (3u8, recall).hash(hasher),
            Transfer::Camped { on, by, until } => {
                let on = (now.name)(Party::Device(on));
                (5u8, on, by.map(|by| (now.name)(by)), until.since_ms(now.now)).hash(hasher);
            }
            Transfer::Parked { at, by, until } => {
                let at = (now.name)(Party::Device(at));
                (4u8, at, (now.name)(by), until.since_ms(now.now)).hash(hasher);
            }
        }
        // Whether the ends of its edge are still there, and who they are.
        for leg in [placed.edge.a(), placed.edge.b()] {
            self.legs.get(leg).map(|slot| (now.name)(slot.party)).hash(hasher);
        }
    }
}

/// How moments and parties are told.
struct Told<F> {
    now: Instant,
    name: F,
}

impl<F: Fn(Party) -> (u32, usize)> Told<F> {
    fn authority<H: Hasher>(&self, authority: &Authority, hasher: &mut H) {
        let Authority { party, cos, cor, mode, code } = *authority;
        ((self.name)(party), cos, cor, mode, code).hash(hasher);
    }

    /// What was dialed, and the way that was permitted.
    fn choice<H: Hasher>(&self, dialed: &Digits, choice: &Choice, hasher: &mut H) {
        let Choice { rule, to, authority, row, route, class, .. } = choice;
        ((self.name)(*to), rule, row, route, class).hash(hasher);
        self.authority(authority, hasher);
        // A number inside says nothing that its party does not.
        if to.phone().is_none() {
            dialed.hash(hasher);
        }
    }
}

fn own_number(party: Party) -> usize {
    match party {
        Party::Device(device) | Party::User { at: device, .. } => {
            usize::try_from(device).unwrap_or(usize::MAX)
        }
        Party::Trunk(trunk) => usize::from(trunk),
        Party::Conference | Party::Unknown => usize::MAX,
    }
}

fn tell_state<H: Hasher>(state: leg::State, now: Instant, hasher: &mut H) {
    let (number, until, cause): (u8, Option<Instant>, Option<Cause>) = match state {
        leg::State::Idle => (0, None, None),
        leg::State::Proceeding => (1, None, None),
        leg::State::Alerting => (2, None, None),
        leg::State::Calling { until } => (3, Some(until), None),
        leg::State::Ringing { until } => (4, Some(until), None),
        leg::State::Connected { until } => (5, until, None),
        leg::State::Clearing { until, cause } => (6, Some(until), Some(cause)),
        leg::State::Gone => (7, None, None),
    };
    (number, until.map(|until| until.since_ms(now)), cause).hash(hasher);
}

fn tell_dialing<H: Hasher>(state: dialing::State, now: Instant, hasher: &mut H) {
    use dialing::State;
    let left = state.next_deadline().map(|until| until.since_ms(now));
    let number: u8 = match state {
        State::Idle => 0,
        State::Tone { .. } => 1,
        State::Begun { .. } => 2,
        State::Doubtful { .. } => 3,
        State::Open { .. } => 4,
        State::Code { begun, lacking, .. } => {
            (begun, lacking).hash(hasher);
            5
        }
        State::Refused { cause, .. } => {
            cause.hash(hasher);
            6
        }
        State::Over => 7,
    };
    (number, left).hash(hasher);
}
