//! Calls: legs and the edges between them.
//!
//! A call is two legs and one edge. The [`leg`] machine is small; [`join`] is the only code that connects; this file
//! keeps the tables and carries what one leg's machine says to the other's.

pub mod cause;
pub mod join;
pub mod leg;

pub use cause::Cause;
pub use join::{Connect, Edge};
pub use leg::Leg;

use crate::account::Typed;
use crate::base::{Digits, Handle, Instant};
use crate::policy::{Authority, RowRef};
use crate::policy::{Choice, Mode, Party, Permit};
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
}

/// The most commands one event can cause.
pub const MAX_COMMANDS: usize = 8;

/// Commands of one event.
pub type Commands = heapless::Vec<Command, MAX_COMMANDS>;

/// A leg in the table.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct LegSlot {
    /// Its machine.
    pub leg: Leg,
    /// Its call.
    pub call: Handle,
    /// Who it leads to.
    pub party: Party,
    /// Whether the outside drives it by neutral signals instead of SIP.
    pub neutral: bool,
}

/// A call in the table.
#[derive(Clone, Debug)]
pub struct Call {
    edge: Edge,
    dialed: Digits,
    choice: Choice,
    started: Instant,
    answered: Option<Instant>,
    tries: u8,
    /// The longest it may last once answered, in seconds; 0: without limit.
    longest_s: u32,
    account: Typed,
}

/// What a call to be set up has beside its permit.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// What was dialed, without codes.
    pub dialed: Digits,
    /// How long the called party may ring, in seconds.
    pub ringing_s: u16,
    /// The longest it may last once answered, in seconds; 0: without limit.
    pub longest_s: u32,
    /// The account code, for its record.
    pub account: Typed,
    /// Whether the caller and the called party are driven by neutral signals.
    pub neutral: (bool, bool),
}

/// What a finished call leaves for its record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Finished {
    /// Who called.
    pub from: Party,
    /// Who was called.
    pub to: Party,
    /// Whose classes allowed it.
    pub authority: Authority,
    /// What was dialed.
    pub dialed: Digits,
    /// The route's row, if one was used.
    pub route: Option<u16>,
    /// Whether it was an emergency call.
    pub emergency: bool,
    /// When it was set up.
    pub started: Instant,
    /// When it was answered.
    pub answered: Option<Instant>,
    /// When it ended.
    pub ended: Instant,
    /// Why it ended.
    pub cause: Cause,
    /// `internal`, `route` or `emergency`.
    pub rule: crate::policy::Rule,
    /// The account code.
    pub account: Typed,
}

/// Both legs of a new call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pair {
    /// The caller's.
    pub a: Handle,
    /// The called party's.
    pub b: Handle,
}

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

    /// The handle of the leg in this slot, if it is in use.
    #[must_use]
    pub fn leg_at(&self, index: u32) -> Option<Handle> {
        self.legs.handle_at(index)
    }

    /// Every leg. Not for a call's path.
    pub fn legs(&self) -> impl Iterator<Item = (Handle, &LegSlot)> {
        self.legs.iter()
    }

    /// The edge that a leg is part of.
    #[must_use]
    pub fn edge(&self, leg: Handle) -> Option<&Edge> {
        Some(&self.calls.get(self.legs.get(leg)?.call)?.edge)
    }

    /// What was dialed and the way that was permitted, of a leg's call.
    #[must_use]
    pub fn choice(&self, leg: Handle) -> Option<(&Digits, &Choice)> {
        let call = self.calls.get(self.legs.get(leg)?.call)?;
        Some((&call.dialed, &call.choice))
    }

    /// Sets a permitted call up: two legs and a proposed edge. `None`, and nothing changed, if the tables are full.
    pub fn set_up(
        &mut self,
        now: Instant,
        permit: Permit<'_>,
        terms: &Terms,
        commands: &mut Commands,
    ) -> Option<Pair> {
        let Terms { dialed, ringing_s, longest_s, account, neutral } = *terms;
        if self.free() == 0 {
            return None;
        }
        let (from, choice) = (permit.from(), *permit.choice());
        let slot = |party, neutral| LegSlot { leg: Leg::new(), call: Handle::NONE, party, neutral };
        let a = self.legs.insert(slot(from, neutral.0)).ok()?;
        let b = self.legs.insert(slot(choice.to, neutral.1)).ok()?;
        let call = Call {
            edge: Edge::propose(permit, a, b),
            dialed,
            choice,
            started: now,
            answered: None,
            tries: 1,
            longest_s,
            account,
        };
        let call = self.calls.insert(call).ok()?;
        for leg in [a, b] {
            if let Some(slot) = self.legs.get_mut(leg) {
                slot.call = call;
            }
        }
        self.event(now, a, Event::Originate, commands);
        self.event(now, b, Event::Offer { ringing_s }, commands);
        Some(Pair { a, b })
    }

    /// The youngest call over this trunk that is not for an emergency: its two legs. Work: linear in the legs.
    #[must_use]
    pub fn youngest_on(&self, trunk: u16) -> Option<(Handle, Handle)> {
        let over = self.legs.iter().filter(|(_, slot)| slot.party == Party::Trunk(trunk));
        let calls = over.filter_map(|(_, slot)| self.calls.get(slot.call));
        let ordinary = calls.filter(|call| call.choice.rule != crate::policy::Rule::Emergency);
        let youngest = ordinary.max_by_key(|call| call.started)?;
        Some((youngest.edge.a(), youngest.edge.b()))
    }

    /// The caller, mode, row and number of tries of an emergency call whose called leg has just failed before answer,
    /// so that the next way can be asked for.
    #[must_use]
    pub fn emergency_retry(&self, b: Handle) -> Option<(Party, Mode, u32, u8)> {
        let slot = self.legs.get(b)?;
        let call = self.calls.get(slot.call)?;
        let caller = self.legs.get(call.edge.a())?;
        match call.choice.row {
            RowRef::Ars(row) if call.edge.b() == b && self.is_retriable(call) => {
                Some((caller.party, call.choice.authority.mode, row, call.tries))
            }
            RowRef::Ars(_) | RowRef::Leading(_) | RowRef::None => None,
        }
    }

    fn is_retriable(&self, call: &Call) -> bool {
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
        let slot = LegSlot { leg: Leg::new(), call: call_handle, party: choice.to, neutral };
        let b = self.legs.insert(slot).ok()?;
        let call = self.calls.get_mut(call_handle)?;
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
                    Action::SendRelease(cause) => push(commands, Command::Release(handle, cause)),
                    Action::Answered => self.answered(now, call, handle, commands),
                    Action::TellPeer(event) => self
                        .calls
                        .get(call)
                        .and_then(|call| call.edge.other(handle))
                        .map(|peer| (peer, event)),
                    Action::Ended(cause) => self.ended(now, call, handle, cause, commands),
                };
                if let Some(next) = next {
                    let _ = todo.push(next);
                }
            }
        }
    }

    /// When this leg next wants [`Event::Tick`].
    #[must_use]
    pub fn deadline(&self, leg: Handle) -> Option<Instant> {
        self.legs.get(leg)?.leg.next_deadline()
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
        let call = self.calls.get_mut(call)?;
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
        let call = self.calls.get_mut(call_handle)?;
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
}

impl Call {
    fn finished(&self, now: Instant, cause: Cause) -> Finished {
        Finished {
            from: self.choice.authority.party,
            to: self.choice.to,
            authority: *self.edge.authority(),
            dialed: self.dialed,
            route: self.choice.route,
            emergency: self.choice.rule == crate::policy::Rule::Emergency,
            started: self.started,
            answered: self.answered,
            ended: now,
            cause,
            rule: self.choice.rule,
            account: self.account,
        }
    }
}

fn push(commands: &mut Commands, command: Command) -> Option<(Handle, Event)> {
    let pushed = commands.push(command);
    debug_assert!(pushed.is_ok(), "one event caused more than MAX_COMMANDS commands");
    None
}
