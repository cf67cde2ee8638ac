//! Calls: legs and the edges between them.
//!
//! A call is two legs and one edge. The [`leg`] machine is small; [`join`] is the only code that connects; [`dialing`] is
//! what comes before a call; this file keeps the tables and carries what one leg's machine says to the other's.

pub mod cause;
pub mod dialing;
mod explore;
pub mod features;
pub mod join;
pub mod leg;
pub(crate) mod moved;
mod passed;
pub mod slots;
mod views;
mod ways;

pub use cause::Cause;
pub use dialing::Dialing;
pub use join::{Connect, Edge};
pub use leg::Leg;
pub use passed::{MAX_HOPS, Passed};
pub use slots::{
    Beside, Brought, Call, Finished, LegSlot, Media, Pair, Placed, Retry, Seat, Terms, Third, Tie, Transfer,
};

use crate::base::{Digits, Handle, Instant};
use crate::policy::{Denial, Party, Permit};
use crate::table::Slab;
use features::hold::NEVER;
use features::transfer::Rejoined;
use leg::{Action, Event};
use slots::Leave;

/// What the exchange must do for a call, in order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Command {
    /// Offer the call to the party of this leg.
    Setup(Handle),
    /// Tell this leg that the other side rings.
    Alerting(Handle),
    /// Two legs are joined: tell the caller that it was answered. Only [`join`] makes one.
    Connect(Connect),
    /// A transfer is done: these two are joined.
    Rejoined(Rejoined),
    /// What becomes of the transfer that the party of this leg has asked for: a SIP status.
    Referred(Handle, u16),
    /// Nobody has answered this leg's party, and who transferred it has left: ring that one.
    Recall(Handle, Party),
    /// This leg is not needed any more.
    Dismiss(Handle, Cause),
    /// More members of the hunt group are to ring for the call in this place.
    RingMore(Handle),
    /// Whoever rings beside for the call in this place is not needed any more.
    Others(Handle, Cause),
    /// Somebody has left this room.
    Left(Handle),
    /// The media that is known by this is over.
    Parted(Handle, Media),
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
    /// How many legs ring beside another: most often none, and then no leg of which something is heard is looked at for it.
    besides: u32,
}

impl<'m> Calls<'m> {
    /// Over two tables; a call takes one call slot and two leg slots.
    #[must_use]
    pub const fn new(legs: Slab<'m, LegSlot>, calls: Slab<'m, Call>) -> Self {
        Self { legs, calls, besides: 0 }
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
        let Terms { ringing_s, neutral, leg, .. } = *terms;
        let (from, choice) = (permit.from(), *permit.choice());
        // Who has been dialing has its leg and a place for the call; a permit is for the party that it names.
        let own = |leg: &Handle| self.legs.get(*leg).is_some_and(|slot| slot.party == from);
        let seat = match leg {
            Some(leg) => Some(self.dialing(leg).and(self.legs.get(leg)).filter(|_| own(&leg))?.call),
            None if self.free() == 0 => return None,
            None => None,
        };
        let b = self.legs.insert(LegSlot::called(&choice, Handle::NONE, neutral.1)).ok()?;
        let a = match leg {
            Some(leg) => leg,
            None => self.legs.insert(LegSlot::new(from, Handle::NONE, neutral.0)).ok()?,
        };
        let edge = Edge::propose(permit, Seat { leg: a, party: from }, Seat { leg: b, party: choice.to })?;
        let call = Placed::new(now, edge, choice, terms, a);
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

    /// Applies one event to a leg and everything that follows from it to the other. Constant work: what one leg tells
    /// the other never comes back.
    pub fn event(&mut self, now: Instant, handle: Handle, event: Event, commands: &mut Commands) {
        let mut todo: heapless::Vec<(Handle, Event), 4> = heapless::Vec::new();
        let _ = todo.push((handle, event));
        self.turn_to(handle, commands);
        while let Some((handle, event)) = todo.pop() {
            let Some(slot) = self.legs.get_mut(handle) else { continue };
            let call = slot.call;
            // By reference: dropping heapless's own iterator can panic.
            let actions = slot.leg.handle(now, event);
            for action in &actions {
                let next = match *action {
                    Action::SendSetup => push(commands, Command::Setup(handle)),
                    Action::SendAlerting => push(commands, Command::Alerting(handle)),
                    Action::SendRelease(cause) => {
                        if let Some(placed) = self.placed_mut(call) {
                            placed.released.get_or_insert(now);
                            if placed.abandons(handle) {
                                push(commands, Command::Others(call, Cause::CANCELLED));
                            }
                            if placed.transfer != Transfer::None {
                                // Where the peer is told, it is told why.
                                let told = actions.iter().find_map(|action| {
                                    if let Action::TellPeer(Event::PeerReleased(cause)) = *action {
                                        Some(cause)
                                    } else {
                                        None
                                    }
                                });
                                self.leaves(handle, told.unwrap_or(cause), commands);
                            }
                        }
                        push(commands, Command::Release(handle, cause))
                    }
                    Action::Answered => self.answered(now, call, handle, commands),
                    Action::TellPeer(event) => self.told(handle, call, event, commands),
                    Action::Ended(cause) => self.ended(now, call, handle, cause, commands),
                };
                if let Some(next) = next {
                    let _ = todo.push(next);
                }
            }
        }
    }

    /// When this leg, what is being changed in its call's session, or who waits there, next wants a tick.
    #[must_use]
    pub fn deadline(&self, leg: Handle) -> Option<Instant> {
        self.slot_deadline(leg, self.legs.get(leg)?)
    }

    /// The same of a leg whose slot is at hand.
    #[inline]
    pub(crate) fn slot_deadline(&self, leg: Handle, slot: &LegSlot) -> Option<Instant> {
        let own = slot.leg.next_deadline();
        let call = match self.calls.get(slot.call) {
            Some(Call::Dialing(dialing)) => return dialing.state.next_deadline(),
            Some(Call::Placed(call)) => match call.transfer {
                Transfer::Parked { until, .. } | Transfer::Camped { until, .. } => Some(until),
                Transfer::None
                | Transfer::Pending { .. }
                | Transfer::Ringing { .. }
                | Transfer::Failed { .. } => {
                    let change = call.change.next_deadline();
                    if !call.holds.any() {
                        return earlier(own, change);
                    }
                    earlier(change, self.holds_until(leg).filter(|until| *until != NEVER))
                }
            },
            Some(Call::Beside(_)) | None => None,
        };
        earlier(own, call)
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
        let placed = self.placed_mut(call)?;
        let connect = placed.edge.answer(by)?;
        placed.answered = Some(now);
        let (transfer, longest_s) = (placed.transfer, placed.longest_s);
        self.others_go(call, Cause::ELSEWHERE, commands);
        if transfer != Transfer::None {
            self.transferred(now, call, connect, commands);
            return None;
        }
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
            Call::Beside(_) => {
                self.beside_no_more(call_handle);
                return None;
            }
        };
        if call.transfer != Transfer::None && self.ended_transferring(now, call_handle, leg, cause, commands)
        {
            return None;
        }
        let Call::Placed(call) = self.calls.get_mut(call_handle)? else { return None };
        match call.edge.leave(leg) {
            Leave::Stranger => {}
            Leave::First => {
                let room = call.room;
                self.finished(now, call_handle, cause, commands);
                if room != Handle::NONE {
                    push(commands, Command::Left(room));
                }
            }
            Leave::Last => {
                self.calls.remove(call_handle);
            }
        }
        None
    }

    /// A call is over: its record, and that of a call over another trunk that became one with it.
    fn finished(&mut self, now: Instant, call: Handle, cause: Cause, commands: &mut Commands) {
        let Some(placed) = self.placed_mut(call) else { return };
        let linked = core::mem::replace(&mut placed.linked, Handle::NONE);
        let finished = placed.finished(now, cause);
        let linked = self.calls.remove(linked);
        let tie = if linked.is_some() { Tie::First } else { Tie::Alone };
        push(commands, Command::Finished(Finished { tie, ..finished }));
        if let Some(Call::Placed(linked)) = linked {
            push(commands, Command::Finished(Finished { tie: Tie::Second, ..linked.finished(now, cause) }));
        }
    }

    /// What a leg tells its peer. A leg that rings for a party in another call tells only who asked for that.
    fn told(
        &mut self,
        leg: Handle,
        call: Handle,
        event: Event,
        commands: &mut Commands,
    ) -> Option<(Handle, Event)> {
        let placed = self.placed(call)?;
        let peer = placed.edge.other(leg);
        if matches!(event, Event::PeerReleased(_)) && placed.abandons(leg) {
            push(commands, Command::Others(call, Cause::CANCELLED));
        }
        if placed.transfer != Transfer::None && self.told_transferring(leg, call, event, commands) {
            return None;
        }
        peer.map(|peer| (peer, event))
    }

    fn placed(&self, call: Handle) -> Option<&Placed> {
        match self.calls.get(call)? {
            Call::Placed(placed) => Some(placed),
            Call::Dialing(_) | Call::Beside(_) => None,
        }
    }

    fn placed_mut(&mut self, call: Handle) -> Option<&mut Placed> {
        match self.calls.get_mut(call)? {
            Call::Placed(placed) => Some(placed),
            Call::Dialing(_) | Call::Beside(_) => None,
        }
    }
}

fn push(commands: &mut Commands, command: Command) -> Option<(Handle, Event)> {
    let pushed = commands.push(command);
    debug_assert!(pushed.is_ok(), "one event caused more than MAX_COMMANDS commands");
    None
}

#[inline(always)]
pub(crate) fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
