//! Another way for a call whose called leg has failed, or is left: its edge is proposed anew, by a permit for another party.

use super::leg::Event;
use super::{Calls, Commands, LegSlot, Placed, Retry, Transfer};
use crate::base::{Handle, Instant};
use crate::policy::emergency::Tried;
use crate::policy::{Permit, RowRef};

impl Calls<'_> {
    /// An emergency call whose called leg has just failed before answer, so that the next way can be asked for.
    #[must_use]
    pub fn emergency_retry(&self, b: Handle) -> Option<Retry> {
        let slot = self.legs.get(b)?;
        let call = self.placed(slot.call)?;
        let caller = self.legs.get(call.edge.a())?;
        match (call.choice.row, call.choice.route) {
            (RowRef::Ars(row), Some(route)) if call.edge.b() == b && self.is_retriable(call) => {
                let authority = call.choice.authority;
                let (by, mode) = (authority.party, authority.mode);
                Some(Retry { from: caller.party, by, mode, row, tried: call.tried, route, zone: call.zone })
            }
            (RowRef::Ars(_) | RowRef::Leading(_) | RowRef::None, _) => None,
        }
    }

    fn is_retriable(&self, call: &Placed) -> bool {
        call.choice.rule == crate::policy::Rule::Emergency && call.answered.is_none()
    }

    /// Takes a leg out of its call, and names the place of that. Who asks frees the leg; the call goes on with
    /// [`reroute`](Self::reroute) if it was the called one that has failed or is left.
    pub fn detach(&mut self, failed: Handle) -> Handle {
        self.legs
            .get_mut(failed)
            .map_or(Handle::NONE, |slot| core::mem::replace(&mut slot.call, Handle::NONE))
    }

    /// Gives a call that nobody has answered, and whose called leg was [`detach`](Self::detach)ed, another: whom the permit names.
    /// `None` if there is no leg for it, or the permit is for another caller.
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
        let b = self.legs.insert(LegSlot::called(&choice, call_handle, neutral)).ok()?;
        let a = self.placed(call_handle)?.edge.a();
        let seats = (self.seat(a)?, self.seat(b)?);
        let call = self.placed_mut(call_handle)?;
        if !call.edge.repropose(permit, seats.0, seats.1) {
            return None;
        }
        call.choice = choice;
        if let Transfer::Ringing { described, .. } = &mut call.transfer {
            // Its INVITE carries no offer, whatever that of the leg before did.
            *described = false;
            call.known = b;
            self.rings_instead(a, b);
        }
        self.event(now, b, Event::Offer { ringing_s }, commands);
        Some(b)
    }

    /// The ways of a leg's emergency call that have failed.
    pub fn have_failed(&mut self, leg: Handle, tried: Tried) {
        let call = self.legs.get(leg).map_or(Handle::NONE, |slot| slot.call);
        if let Some(placed) = self.placed_mut(call) {
            placed.tried = tried;
        }
    }
}
