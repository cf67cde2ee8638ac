//! Ringing together: a call for a group rings at several members at once.
//!
//! ```text
//!   before       A ··> M1                        the call, as it is when one member rings
//!   then         A ··> M1   A ··> M2   …         the call, and beside it who rings for it as well
//!   at last      A ··> M                         who answers has it; the others are let go
//! ```
//! For each member a permit of its own is spent, that names A and the member. A call faces one called leg at a time; of whom
//! something is heard, that one takes its turn, so that all that is said of a called leg holds for every member. Once somebody
//! has answered, or A has left, nobody takes a turn any more.

use crate::base::{Handle, Instant};
use crate::call::join::{Edge, Progress};
use crate::call::leg::Event;
use crate::call::slots::{Beside, Call, LegSlot, Placed, Transfer};
use crate::call::{Calls, Cause, Command, Commands, push};
use crate::policy::Permit;

impl Calls<'_> {
    /// Rings one more party for the call in this place, whom the permit names: its leg. `None`, and nothing changed, if there is no
    /// room, the permit is for others, or somebody has answered.
    pub fn ring_beside(
        &mut self,
        now: Instant,
        permit: Permit<'_>,
        of: Handle,
        (ringing_s, neutral): (u16, bool),
        commands: &mut Commands,
    ) -> Option<Handle> {
        let edge = &self.placed(of)?.edge;
        if edge.progress() != Progress::Proposed || self.free() == 0 {
            return None;
        }
        let from = self.seat(edge.a())?;
        let choice = *permit.choice();
        let leg = self.legs.insert(LegSlot::called(&choice, Handle::NONE, neutral)).ok()?;
        let edge = self.seat(leg).and_then(|to| Edge::propose(permit, from, to));
        let place = edge.and_then(|edge| self.calls.insert(Call::Beside(Beside { edge, choice, of })).ok());
        let Some(place) = place else {
            self.legs.remove(leg);
            return None;
        };
        self.besides = self.besides.saturating_add(1);
        if let Some(slot) = self.legs.get_mut(leg) {
            slot.call = place;
        }
        self.event(now, leg, Event::Offer { ringing_s }, commands);
        Some(leg)
    }

    /// Whether any leg rings beside another.
    #[must_use]
    pub const fn any_beside(&self) -> bool {
        self.besides != 0
    }

    /// Whether a leg rings beside the one that its call faces.
    #[must_use]
    #[inline]
    pub fn is_beside(&self, leg: Handle) -> bool {
        // Few calls are for such a group, and this is asked for every leg of which something is heard.
        if !self.any_beside() {
            return false;
        }
        let call = self.legs.get(leg).and_then(|slot| self.calls.get(slot.call));
        matches!(call, Some(Call::Beside(_)))
    }

    /// Whether a leg's call rings at all members of a hunt group at once.
    #[must_use]
    pub fn rings_with_others(&self, leg: Handle) -> bool {
        self.whole(leg).is_some_and(Placed::rings_at_all)
    }

    /// A leg of whom something is heard is the one that its call faces from now on.
    #[inline]
    pub fn turn_to(&mut self, leg: Handle, commands: &mut Commands) {
        if self.is_beside(leg) {
            self.turn(leg, commands);
        }
    }

    #[inline(never)]
    fn turn(&mut self, leg: Handle, commands: &mut Commands) {
        let place = self.legs.get(leg).map_or(Handle::NONE, |slot| slot.call);
        let Some(Call::Beside(beside)) = self.calls.get(place).cloned() else { return };
        let Some(call) = self.placed(beside.of).filter(|call| call.faces_others(&beside)) else { return };
        let (edge, choice) = (call.edge.clone(), call.choice);
        let before = edge.b();
        self.face(leg, &beside, commands);
        if let Some(slot) = self.calls.get_mut(place) {
            *slot = Call::Beside(Beside { edge, choice, of: beside.of });
        }
        if let Some(slot) = self.legs.get_mut(before) {
            slot.call = place;
        }
    }

    /// A call faces who has rung beside it.
    fn face(&mut self, leg: Handle, beside: &Beside, commands: &mut Commands) {
        let Some(call) = self.placed_mut(beside.of) else { return };
        (call.edge, call.choice) = (beside.edge.clone(), beside.choice);
        let (a, rings_for_another) = (call.edge.a(), matches!(call.transfer, Transfer::Ringing { .. }));
        if rings_for_another {
            push(commands, Command::Parted(call.known, call.media));
            (call.known, call.media) = (leg, crate::call::Media::default());
            self.rings_instead(a, leg);
        }
        if let Some(slot) = self.legs.get_mut(leg) {
            slot.call = beside.of;
        }
    }

    /// The called leg that a call faces rings no more, or never did: if others ring beside it the call faces one of them, that
    /// one, and who has rung is out of the call. It is freed by who asks. Work: linear in the legs.
    pub fn another_rings(&mut self, leg: Handle, commands: &mut Commands) -> Option<Handle> {
        let of = self.legs.get(leg)?.call;
        let other = self.beside(of)?;
        let place = self.legs.get(other)?.call;
        let Some(Call::Beside(beside)) = self.calls.get(place).cloned() else { return None };
        self.placed(of).filter(|call| call.faces_others(&beside))?;
        self.beside_no_more(place);
        self.detach(leg);
        self.face(other, &beside, commands);
        Some(other)
    }

    /// One who rings beside the call in this place is out of it. It is freed by who asks. Work: linear in the legs.
    pub fn one_less(&mut self, of: Handle) -> Option<Handle> {
        let other = self.beside(of)?;
        let place = self.detach(other);
        self.beside_no_more(place);
        Some(other)
    }

    /// Nobody needs to ring beside the call in this place any more, if anybody does.
    pub(in crate::call) fn others_go(&self, of: Handle, cause: Cause, commands: &mut Commands) {
        if self.placed(of).is_some_and(Placed::rings_at_all) {
            push(commands, Command::Others(of, cause));
        }
    }

    /// The called leg that the call in this place faces.
    #[must_use]
    pub fn faces(&self, of: Handle) -> Option<Handle> {
        self.placed(of).map(|call| call.edge.b())
    }

    /// The place of one who has rung beside another is free.
    pub(in crate::call) fn beside_no_more(&mut self, place: Handle) {
        self.calls.remove(place);
        self.besides = self.besides.saturating_sub(1);
    }

    /// Somebody who rings beside the call in this place.
    fn beside(&self, of: Handle) -> Option<Handle> {
        let rings = |call| matches!(self.calls.get(call), Some(Call::Beside(beside)) if beside.of == of);
        self.legs.iter().find(|(_, slot)| rings(slot.call)).map(|(leg, _)| leg)
    }

    /// The call that a leg is part of, or rings for beside another.
    pub(super) fn whole(&self, leg: Handle) -> Option<&Placed> {
        match self.calls.get(self.legs.get(leg)?.call)? {
            Call::Placed(call) => Some(call),
            Call::Beside(beside) => self.placed(beside.of),
            Call::Dialing(_) => None,
        }
    }
}

impl Placed {
    /// Whether it rings at all members of a hunt group at once.
    fn rings_at_all(&self) -> bool {
        self.hunt.is_some_and(|hunt| hunt.all)
    }

    /// Whether nobody needs to ring beside it once this leg, which is about to go, has gone.
    pub(in crate::call) fn abandons(&self, leg: Handle) -> bool {
        self.edge.a() == leg && self.rings_at_all() && self.edge.progress() == Progress::Proposed
    }

    /// Whether one who rings beside it may take its turn: the permit was for who waits still, and nobody has answered.
    fn faces_others(&self, beside: &Beside) -> bool {
        self.edge.a() == beside.edge.a()
            && self.edge.progress() == Progress::Proposed
            && !self.edge.has_left()
    }
}
