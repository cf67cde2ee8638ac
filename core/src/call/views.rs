//! The tables of legs and calls, looked at: what a leg's call is, who faces whom.

use super::join::Progress;
use super::{Call, Calls, Cause, Dialing, Edge, Finished, LegSlot, Media, Pair, Seat};
use crate::base::{Digits, Handle, Instant};
use crate::media::{Change, Side, Summary};
use crate::policy::Choice;

impl Calls<'_> {
    /// How many more calls fit.
    #[must_use]
    pub fn free(&self) -> u32 {
        self.calls.free().min(self.legs.free() / 2)
    }

    /// Calls now up or being set up; each member of a group that rings beside another counts as one.
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

    /// Whether a leg or its peer leads to help: whose call was for an emergency may talk to another by now, after a transfer.
    #[must_use]
    pub fn reaches_help(&self, leg: Handle) -> bool {
        let helps = |leg| self.legs.get(leg).is_some_and(|slot| slot.help);
        helps(leg) || self.peer(leg).is_some_and(helps)
    }

    /// What the call of a leg would leave for its records if it ended now as usual, and a call over another trunk that is one with it.
    #[must_use]
    pub fn drafts(&self, now: Instant, leg: Handle) -> [Option<Finished>; 2] {
        let placed = self.legs.get(leg).and_then(|slot| self.placed(slot.call));
        let linked = placed.and_then(|placed| self.placed(placed.linked));
        [placed, linked].map(|placed| placed.map(|placed| placed.finished(now, Cause::Normal)))
    }

    /// A leg as a permit is spent for it.
    #[must_use]
    pub fn seat(&self, leg: Handle) -> Option<Seat> {
        self.legs.get(leg).map(|slot| Seat { leg, party: slot.party })
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

    /// How many more legs fit.
    #[must_use]
    pub fn free_legs(&self) -> u32 {
        self.legs.free()
    }

    /// Every leg. Not for a call's path.
    pub fn legs(&self) -> impl Iterator<Item = (Handle, &LegSlot)> {
        self.legs.iter()
    }

    /// The edge that a leg is part of.
    #[must_use]
    pub fn edge(&self, leg: Handle) -> Option<&Edge> {
        match self.calls.get(self.legs.get(leg)?.call)? {
            Call::Placed(call) => Some(&call.edge),
            Call::Beside(beside) => Some(&beside.edge),
            Call::Dialing(_) => None,
        }
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
        call.is_some_and(|call| call.edge.progress() == Progress::Joined)
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
            Call::Placed(_) | Call::Beside(_) => None,
        }
    }

    /// The same, to change.
    pub fn dialing_mut(&mut self, leg: Handle) -> Option<&mut Dialing> {
        match self.calls.get_mut(self.legs.get(leg)?.call)? {
            Call::Dialing(dialing) => Some(dialing),
            Call::Placed(_) | Call::Beside(_) => None,
        }
    }

    /// What was dialed and the way that was permitted, of a leg's call.
    #[must_use]
    pub fn choice(&self, leg: Handle) -> Option<(&Digits, &Choice)> {
        match self.calls.get(self.legs.get(leg)?.call)? {
            Call::Placed(call) => Some((&call.dialed, &call.choice)),
            Call::Beside(beside) => Some((&self.placed(beside.of)?.dialed, &beside.choice)),
            Call::Dialing(_) => None,
        }
    }

    /// Whether no COR was asked for the number that was dialed for a leg's call (R27).
    #[must_use]
    pub fn is_exempt(&self, leg: Handle) -> bool {
        let call = self.legs.get(leg).and_then(|slot| self.placed(slot.call));
        call.is_some_and(|call| call.speed == Some(true))
    }

    /// The zone of the address that a leg's call came from, row plus one; 0: not told by it.
    #[must_use]
    pub fn zone(&self, leg: Handle) -> u8 {
        self.legs.get(leg).and_then(|slot| self.placed(slot.call)).map_or(0, |call| call.zone)
    }
}
