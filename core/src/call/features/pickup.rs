//! Pickup: a call that rings at B is answered by P.
//!
//! ```text
//!   before       A ··> B                         B rings; P is off hook
//!   after        A ··> P                         the same call; B's leg is let go, and P is asked for media on its own leg
//! ```
//! P answers by its own phone's acceptance of that media; then A and P are joined. It may be a party that is
//! [transferred](super::transfer) for which B rings, or one that waits for B again: a recall.

use crate::base::{Handle, Instant};
use crate::call::leg::{Event, State};
use crate::call::slots::{Call, Placed, Transfer};
use crate::call::{Calls, Cause, Command, Commands, push};
use crate::policy::{Choice, Party, Permit, Rule};

/// How long who takes a call may need to say what media it has, in seconds: as long as an INVITE is repeated (64 T1,
/// RFC 3261 section 17.1.1.2).
pub const TAKING_S: u16 = 32;

/// A call that rings somewhere.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rings {
    /// The leg that rings.
    pub leg: Handle,
    /// The leg of who waits to be answered.
    pub a: Handle,
    /// Who that is.
    pub of: Party,
}

impl Calls<'_> {
    /// Of the calls that ring at such phones, or for such a hunt group, the one that was begun first. Work: linear in the legs.
    #[must_use]
    pub fn ringing_at(&self, wanted: impl Fn(Party, Option<u32>) -> bool) -> Option<Rings> {
        let ringing = self.legs.iter().filter_map(|(leg, slot)| {
            let State::Ringing { .. } = slot.leg.state() else { return None };
            slot.party.phone()?;
            let group = |call: &Placed| call.hunt.map(|hunt| hunt.group);
            let call = self.whole(leg).filter(|call| wanted(slot.party, group(call)))?;
            let edge = self.edge(leg)?;
            let ordinary = edge.b() == leg && call.choice.rule != Rule::Emergency;
            let a = edge.a();
            let from = self.legs.get(a).filter(|_| ordinary)?;
            let waits = !matches!(from.leg.state(), State::Clearing { .. } | State::Gone);
            waits.then_some((call.started, Rings { leg, a, of: from.party }))
        });
        ringing.min_by_key(|(started, _)| *started).map(|(_, rings)| rings)
    }

    /// Whether the party of a leg is off hook and takes the call of another.
    #[must_use]
    pub fn takes(&self, leg: Handle) -> bool {
        self.legs.get(leg).is_some_and(|slot| slot.takes)
    }

    /// The party of `by`, who is off hook and has no call, takes one that rings. False, and nothing changed, if the permit is
    /// for others.
    pub fn pick_up(
        &mut self,
        now: Instant,
        permit: Permit<'_>,
        rings: &Rings,
        by: Handle,
        commands: &mut Commands,
    ) -> bool {
        let choice = *permit.choice();
        self.turn_to(rings.leg, commands);
        let (Some(from), Some(to), Some(_)) = (self.seat(rings.a), self.seat(by), self.dialing(by)) else {
            return false;
        };
        let Some(place) = self.legs.get(rings.leg).map(|slot| slot.call) else { return false };
        let Some(call) = self.placed_mut(place) else { return false };
        if !call.edge.repropose(permit, from, to) {
            return false;
        }
        // Who pays for it pays on.
        call.choice = Choice { authority: call.choice.authority, ..choice };
        call.picked_up = true;
        if let Transfer::Ringing { described, recall, .. } = &mut call.transfer {
            // It is not who was recalled that answers; and who takes it makes the offer.
            (*described, *recall) = (false, false);
            call.known = by;
            self.rings_instead(rings.a, by);
        }
        self.detach(rings.leg);
        push(commands, Command::Dismiss(rings.leg, Cause::ELSEWHERE));
        self.others_go(place, Cause::ELSEWHERE, commands);
        self.take_seat(by, place);
        self.event(now, by, Event::Offer { ringing_s: TAKING_S }, commands);
        true
    }

    /// Who was off hook becomes the called party of this call.
    fn take_seat(&mut self, by: Handle, call: Handle) {
        let Some(slot) = self.legs.get_mut(by) else { return };
        let dialing = core::mem::replace(&mut slot.call, call);
        slot.takes = true;
        self.calls.remove(dialing);
    }

    /// Who was off hook, and has taken its own place for it, becomes the called party of a call.
    pub(super) fn takes_in_place(&mut self, by: Handle, call: Call) -> Option<()> {
        let slot = self.legs.get_mut(by)?;
        let place = self.calls.get_mut(slot.call)?;
        *place = call;
        slot.takes = true;
        Some(())
    }
}
