//! Hunting: a call for a group goes from one of its members to the next.
//!
//! ```text
//!   before       A ··> G                         a number without a phone
//!   then         A ··> M1   A ··> M2   …         the same call; the leg of who was tried before is let go
//!   at last      A ··> M                         who answers has it; or it is forwarded, on the authority of G
//! ```
//! Each time the permit names A and the member. Every member is tried once; where the next call begins, the group says.

use crate::base::Handle;
use crate::call::Calls;
use crate::call::leg::State;
use crate::policy::Party;

/// How far a call is with its hunt group.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Hunt {
    /// The group's row of the device table.
    pub group: u32,
    /// The place of the member with whom it has begun.
    pub first: u16,
    /// Members that were tried, or passed over.
    pub tried: u16,
    /// One of them has rung, and not answered.
    pub rang: bool,
    /// One of them was busy, or wanted no calls.
    pub busy: bool,
    /// One of them was not there.
    pub absent: bool,
    /// All of them ring at once ([`beside`](super::beside)).
    pub all: bool,
}

impl Hunt {
    /// The place of the next member, of so many.
    pub const fn next(&mut self, members: u16) -> u16 {
        let place = self.first.saturating_add(self.tried);
        self.tried = self.tried.saturating_add(1);
        if place < members { place } else { place.saturating_sub(members) }
    }
}

impl Calls<'_> {
    /// Whether the call of a leg is with a member of a hunt group.
    #[must_use]
    pub fn is_hunting(&self, leg: Handle) -> bool {
        self.whole(leg).is_some_and(|call| call.hunt.is_some())
    }

    /// The call of `to`, which was rerouted to it, is so far with its hunt group.
    pub fn hunts(&mut self, to: Handle, hunt: Hunt) {
        let call = self.legs.get(to).map_or(Handle::NONE, |slot| slot.call);
        let Some(placed) = self.placed_mut(call) else { return };
        placed.hunt = Some(hunt);
        self.told_instead(call, to);
    }

    /// How far the call of a leg is with its hunt group has changed, and nothing else.
    pub fn hunted(&mut self, leg: Handle, hunt: Hunt) {
        let call = self.legs.get(leg).map_or(Handle::NONE, |slot| slot.call);
        if let Some(placed) = self.placed_mut(call) {
            placed.hunt = Some(hunt);
        }
    }

    /// Whether a party has a leg, in whatever state. Work: linear in the legs.
    #[must_use]
    pub fn takes_part(&self, party: Party) -> bool {
        self.legs.iter().any(|(_, slot)| slot.party == party)
    }

    /// Whether a device has a call, or is off hook, apart from this leg. Work: linear in the legs.
    #[must_use]
    pub fn engaged(&self, device: u32, but: Handle) -> bool {
        self.legs.iter().any(|(leg, slot)| {
            slot.party.phone() == Some(device)
                && leg != but
                && !matches!(slot.leg.state(), State::Clearing { .. } | State::Gone)
        })
    }
}
