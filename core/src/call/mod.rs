//! Calls: legs and the edges between them.
//!
//! A call is two legs and one edge. The [`leg`] machine is small; [`join`] is the only code that connects; [`dialing`] is
//! what comes before a call; this file keeps the tables and carries what one leg's machine says to the other's.

pub mod cause;
pub mod dialing;
pub mod join;
pub mod leg;
pub mod slots;

pub use cause::Cause;
pub use dialing::Dialing;
pub use join::{Connect, Edge};
pub use leg::Leg;
pub use slots::{Call, Finished, LegSlot, Media, Pair, Placed, Terms};

use crate::base::{Digits, Handle, Instant};
use crate::media::{Change, Side, Summary};
use crate::policy::{Choice, Denial, Mode, Party, Permit, RowRef};
use crate::table::Slab;
use join::Leave;
use leg::{Action, Event};

/// What the exchange must do for a call, in order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Command {
    /// Offer the call to the party of this leg.
    Setup(Handle),
    /// Tell this leg that the other side rings.
    Alerting(Handle),
    /// Two legs are joined: tell the caller that it was answered. Only [`join`] makes one.
    Connect(Connect),
    /// Release this leg.
    Release(Handle, Cause),
    /// This leg is gone; its slot is free when the exchange has finished with it.
    Ended(Handle),
    /// The call is over: its record can be written.
    Finished(Finished),
    /// A party that was asked for an account code went away without one.
    Unplaced(Party, Digits, Denial),
}

/// The most commands one event can cause.
pub const MAX_COMMANDS: usize = 8;

/// Commands of one event.
pub type Commands = heapless::Vec<Command, MAX_COMMANDS>;

/// The tables of legs and calls.
#[derive(Debug)]
pub struct Calls<'m> {
    legs: Slab<'m, LegSlot>,
    calls: Slab<'m, Call>,
}

impl<'m> Calls<'m> {
    /// Over two tables; a call takes one call slot and two leg slots.
    #[must_use]
    pub const fn new(legs: Slab<'m, LegSlot>, calls: Slab<'m, Call>) -> Self {
        Self { legs, calls }
    }

    /// How many more calls fit.
    #[must_use]
    pub fn free(&self) -> u32 {
        self.calls.free().min(self.legs.free() / 2)
    }

    /// Calls now up or being set up.
    #[must_use]
    pub const fn used(&self) -> u32 {
        self.calls.used()
    }

    /// A leg.
    #[must_use]
    pub fn leg(&self, leg: Handle) -> Option<&LegSlot> {
        self.legs.get(leg)
    }

    /// What the party of a leg has offered last, until it is answered.
    #[must_use]
    pub fn offered(&self, leg: Handle) -> Option<&Summary> {
        self.leg(leg).map(|slot| &slot.offered).filter(|offered| **offered != Summary::NONE)
    }

    /// A leg, to note what its party offers.
    pub(crate) fn leg_mut(&mut self, leg: Handle) -> Option<&mut LegSlot> {
        self.legs.get_mut(leg)
    }

    /// Whether a leg's call is for an emergency.
    #[must_use]
    pub fn is_emergency(&self, leg: Handle) -> bool {
        self.choice(leg).is_some_and(|(_, choice)| choice.rule == crate::policy::Rule::Emergency)
    }

    /// The handle of the leg in this slot, if it is in use.
    #[must_use]
    pub fn leg_at(&self, index: u32) -> Option<Handle> {
        self.legs.handle_at(index)
    }

    /// How many slots there are for legs.
    #[must_use]
    pub fn slots(&self) -> u32 {
        self.legs.capacity()
    }

    /// Every leg. Not for a call's path.
    pub fn legs(&self) -> impl Iterator<Item = (Handle, &LegSlot)> {
        self.legs.iter()
    }

    /// The edge that a leg is part of.
    #[must_use]
    pub fn edge(&self, leg: Handle) -> Option<&Edge> {
        Some(&self.placed(self.legs.get(leg)?.call)?.edge)
    }

    /// The other leg of a leg's call.
    #[must_use]
    pub fn peer(&self, leg: Handle) -> Option<Handle> {
        self.edge(leg)?.other(leg)
    }

    /// Which side of its call a leg is, and both legs.
    #[must_use]
    pub fn sides(&self, leg: Handle) -> Option<(Side, Pair)> {
        let edge = self.edge(leg)?;
        let legs = Pair { a: edge.a(), b: edge.b() };
        let side = if leg == legs.a { Side::A } else { Side::B };
        (legs.of(side) == leg).then_some((side, legs))
    }

    /// What is being changed in the session of a leg's call.
    #[must_use]
    pub fn change(&self, leg: Handle) -> Option<&Change> {
        Some(&self.placed(self.legs.get(leg)?.call)?.change)
    }

    /// The same, to go on with it.
    pub fn change_mut(&mut self, leg: Handle) -> Option<&mut Change> {
        let call = self.legs.get(leg)?.call;
        Some(&mut self.placed_mut(call)?.change)
    }

    /// Whether a leg's call was answered.
    #[must_use]
    pub fn is_answered(&self, leg: Handle) -> bool {
        let call = self.legs.get(leg).and_then(|slot| self.placed(slot.call));
        call.is_some_and(|call| call.answered.is_some())
    }

    /// The media of a leg's call.
    #[must_use]
    pub fn media(&self, leg: Handle) -> Option<&Media> {
        Some(&self.placed(self.legs.get(leg)?.call)?.media)
    }

    /// The longest that a leg's call may last once answered, in seconds; 0: without limit.
    #[must_use]
    pub fn longest_s(&self, leg: Handle) -> u32 {
        self.legs.get(leg).and_then(|slot| self.placed(slot.call)).map_or(0, |call| call.longest_s)
    }

    /// The media of a leg's call, to note what became of it.
    pub(crate) fn media_mut(&mut self, leg: Handle) -> Option<&mut Media> {
        let call = self.legs.get(leg)?.call;
        Some(&mut self.placed_mut(call)?.media)
    }

    /// What a leg that is not in a call yet has dialed.
    #[must_use]
    pub fn dialing(&self, leg: Handle) -> Option<&Dialing> {
        match self.calls.get(self.legs.get(leg)?.call)? {
            Call::Dialing(dialing) => Some(dialing),
            Call::Placed(_) => None,
        }
    }

    /// The same, to change.
    pub fn dialing_mut(&mut self, leg: Handle) -> Option<&mut Dialing> {
        match self.calls.get_mut(self.legs.get(leg)?.call)? {
            Call::Dialing(dialing) => Some(dialing),
            Call::Placed(_) => None,
        }
    }

    /// What was dialed and the way that was permitted, of a leg's call.
    #[must_use]
    pub fn choice(&self, leg: Handle) -> Option<(&Digits, &Choice)> {
        let call = self.placed(self.legs.get(leg)?.call)?;
        Some((&call.dialed, &call.choice))
    }

    /// The zone of the address that a leg's call came from, row plus one; 0: not told by it.
    #[must_use]
    pub fn zone(&self, leg: Handle) -> u8 {
        self.legs.get(leg).and_then(|slot| self.placed(slot.call)).map_or(0, |call| call.zone)
    }

    /// A party goes off hook, or is asked for something before its call is placed: its leg, and the place of the call.
    /// `None`, and nothing changed, if the tables are full.
    pub fn off_hook(&mut self, party: Party, neutral: bool, dialing: Dialing) -> Option<Handle> {
        if self.free() == 0 {
            return None;
        }
        let call = self.calls.insert(Call::Dialing(dialing)).ok()?;
        self.legs.insert(LegSlot::new(party, call, neutral)).ok()
    }

    /// Somebody who is dialing and does not call for help: who makes room for one who does. Work: linear in the legs.
    #[must_use]
    pub fn idlest(&self) -> Option<Handle> {
        self.legs.iter().map(|(leg, _)| leg).find(|leg| self.dialing(*leg).is_some())
    }

    /// Sets a permitted call up: two legs and a proposed edge. `None`, and nothing changed, if the tables are full.
    pub fn set_up(
        &mut self,
        now: Instant,
        permit: Permit<'_>,
        terms: &Terms,
        commands: &mut Commands,
    ) -> Option<Pair> {
        let Terms { dialed, ringing_s, longest_s, account, neutral, leg, zone } = *terms;
        let (from, choice) = (permit.from(), *permit.choice());
        // Who has been dialing has its leg and a place for the call; a permit is for the party that it names.
        let own = |leg: &Handle| self.legs.get(*leg).is_some_and(|slot| slot.party == from);
        let seat = match leg {
            Some(leg) => Some(self.dialing(leg).and(self.legs.get(leg)).filter(|_| own(&leg))?.call),
            None if self.free() == 0 => return None,
            None => None,
        };
        let slot = |party, neutral| LegSlot::new(party, Handle::NONE, neutral);
        let b = self.legs.insert(slot(choice.to, neutral.1)).ok()?;
        let a = match leg {
            Some(leg) => leg,
            None => self.legs.insert(slot(from, neutral.0)).ok()?,
        };
        let call = Placed {
            edge: Edge::propose(permit, a, b),
            dialed,
            choice,
            started: now,
            answered: None,
            released: None,
            tries: 1,
            longest_s,
            account,
            zone,
            change: Change::NONE,
            media: Media::default(),
        };
        let call = match seat {
            Some(seat) => {
                *self.calls.get_mut(seat)? = Call::Placed(call);
                seat
            }
            None => self.calls.insert(Call::Placed(call)).ok()?,
        };
        for leg in [a, b] {
            if let Some(slot) = self.legs.get_mut(leg) {
                slot.call = call;
            }
        }
        self.event(now, a, Event::Originate, commands);
        self.event(now, b, Event::Offer { ringing_s }, commands);
        Some(Pair { a, b })
    }

    /// The youngest call over this trunk that is not for an emergency: the caller's leg. Work: linear in the legs.
    #[must_use]
    pub fn youngest_on(&self, trunk: u16) -> Option<Handle> {
        let over = self.legs.iter().filter(|(_, slot)| slot.party == Party::Trunk(trunk));
        let calls = over.filter_map(|(_, slot)| self.placed(slot.call));
        let ordinary = calls.filter(|call| call.choice.rule != crate::policy::Rule::Emergency);
        Some(ordinary.max_by_key(|call| call.started)?.edge.a())
    }

    /// The caller, mode, row, number of tries and zone of an emergency call whose called leg has just failed before
    /// answer, so that the next way can be asked for.
    #[must_use]
    pub fn emergency_retry(&self, b: Handle) -> Option<(Party, Mode, u32, u8, u8)> {
        let slot = self.legs.get(b)?;
        let call = self.placed(slot.call)?;
        let caller = self.legs.get(call.edge.a())?;
        match call.choice.row {
            RowRef::Ars(row) if call.edge.b() == b && self.is_retriable(call) => {
                Some((caller.party, call.choice.authority.mode, row, call.tries, call.zone))
            }
            RowRef::Ars(_) | RowRef::Leading(_) | RowRef::None => None,
        }
    }

    fn is_retriable(&self, call: &Placed) -> bool {
        call.choice.rule == crate::policy::Rule::Emergency && call.answered.is_none()
    }

    /// Takes the failed called leg of an emergency call out of it and names the call. The caller then frees the leg, and
    /// the call goes on with [`reroute`](Self::reroute).
    pub fn detach(&mut self, failed: Handle) -> Handle {
        self.legs
            .get_mut(failed)
            .map_or(Handle::NONE, |slot| core::mem::replace(&mut slot.call, Handle::NONE))
    }

    /// Gives an emergency call whose called leg was [`detach`](Self::detach)ed and freed a new one on the next permitted
    /// way.
    pub fn reroute(
        &mut self,
        now: Instant,
        call_handle: Handle,
        permit: Permit<'_>,
        ringing_s: u16,
        neutral: bool,
        commands: &mut Commands,
    ) -> Option<Handle> {
        let choice = *permit.choice();
        let b = self.legs.insert(LegSlot::new(choice.to, call_handle, neutral)).ok()?;
        let call = self.placed_mut(call_handle)?;
        call.edge.repropose(permit, b);
        call.choice = choice;
        call.tries = call.tries.saturating_add(1);
        self.event(now, b, Event::Offer { ringing_s }, commands);
        Some(b)
    }

    /// Applies one event to a leg and everything that follows from it to the other. Constant work: what one leg tells
    /// the other never comes back.
    pub fn event(&mut self, now: Instant, handle: Handle, event: Event, commands: &mut Commands) {
        let mut todo: heapless::Vec<(Handle, Event), 4> = heapless::Vec::new();
        let _ = todo.push((handle, event));
        while let Some((handle, event)) = todo.pop() {
            let Some(slot) = self.legs.get_mut(handle) else { continue };
            let call = slot.call;
            // By reference: dropping heapless's own iterator can panic.
            for action in &slot.leg.handle(now, event) {
                let next = match *action {
                    Action::SendSetup => push(commands, Command::Setup(handle)),
                    Action::SendAlerting => push(commands, Command::Alerting(handle)),
                    Action::SendRelease(cause) => {
                        if let Some(call) = self.placed_mut(call) {
                            call.released.get_or_insert(now);
                        }
                        push(commands, Command::Release(handle, cause))
                    }
                    Action::Answered => self.answered(now, call, handle, commands),
                    Action::TellPeer(event) => {
                        self.placed(call).and_then(|call| call.edge.other(handle)).map(|peer| (peer, event))
                    }
                    Action::Ended(cause) => self.ended(now, call, handle, cause, commands),
                };
                if let Some(next) = next {
                    let _ = todo.push(next);
                }
            }
        }
    }

    /// When this leg, or what is being changed in its call's session, next wants a tick.
    #[must_use]
    pub fn deadline(&self, leg: Handle) -> Option<Instant> {
        let slot = self.legs.get(leg)?;
        let own = slot.leg.next_deadline();
        let call = match self.calls.get(slot.call) {
            Some(Call::Dialing(dialing)) => return dialing.state.next_deadline(),
            Some(Call::Placed(call)) => call.change.next_deadline(),
            None => None,
        };
        match (own, call) {
            (Some(own), Some(call)) => Some(own.min(call)),
            (own, call) => own.or(call),
        }
    }

    /// Gives the slot of an ended leg back.
    pub fn free_leg(&mut self, leg: Handle) {
        self.legs.remove(leg);
    }

    fn answered(
        &mut self,
        now: Instant,
        call: Handle,
        by: Handle,
        commands: &mut Commands,
    ) -> Option<(Handle, Event)> {
        let call = self.placed_mut(call)?;
        let connect = call.edge.answer(by)?;
        call.answered = Some(now);
        let longest_s = call.longest_s;
        push(commands, Command::Connect(connect));
        Some((connect.a(), Event::PeerAnswered { longest_s }))
    }

    /// The first leg to go ends the call and leaves its record; the second gives the slot back.
    fn ended(
        &mut self,
        now: Instant,
        call_handle: Handle,
        leg: Handle,
        cause: Cause,
        commands: &mut Commands,
    ) -> Option<(Handle, Event)> {
        push(commands, Command::Ended(leg));
        let call = match self.calls.get_mut(call_handle)? {
            Call::Placed(call) => call,
            Call::Dialing(dialing) => {
                let (asked, number) = (dialing.asked, dialing.number);
                let party = self.legs.get(leg)?.party;
                self.calls.remove(call_handle);
                return asked.and_then(|denial| push(commands, Command::Unplaced(party, number, denial)));
            }
        };
        match call.edge.leave(leg) {
            Leave::Stranger => {}
            Leave::First => {
                push(commands, Command::Finished(call.finished(now, cause)));
            }
            Leave::Last => {
                self.calls.remove(call_handle);
            }
        }
        None
    }

    fn placed(&self, call: Handle) -> Option<&Placed> {
        match self.calls.get(call)? {
            Call::Placed(placed) => Some(placed),
            Call::Dialing(_) => None,
        }
    }

    fn placed_mut(&mut self, call: Handle) -> Option<&mut Placed> {
        match self.calls.get_mut(call)? {
            Call::Placed(placed) => Some(placed),
            Call::Dialing(_) => None,
        }
    }
}

fn push(commands: &mut Commands, command: Command) -> Option<(Handle, Event)> {
    let pushed = commands.push(command);
    debug_assert!(pushed.is_ok(), "one event caused more than MAX_COMMANDS commands");
    None
}
