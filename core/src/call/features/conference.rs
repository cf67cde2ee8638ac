//! Conference: X, who talks to E, takes D back from hold, and its phone mixes the three.
//!
//! ```text
//!   before       E --- X    X --- D held
//!   asked        E --- X    X --- D held         each of E with D, both ways; refused: as before
//!   mixed        E --- X    X --- D              two calls still; each record names the other's party
//!   X leaves     its calls end, one by one, as calls do: nobody is left with another
//! ```
//! The engine joins nobody here: X is joined with each by a call of its own, and its phone lets them hear each other. What the
//! engine can do is refuse to take D back. So the permit is spent by noting that it may come in; that it does is noted when
//! the hold ends. Whoever was called for help is no member like others: X may talk to it and to anybody (law 4).

use crate::base::Handle;
use crate::call::Calls;
use crate::call::slots::{Brought, Third};
use crate::policy::conference::MAX_PARTIES;
use crate::policy::{Party, Permit};

/// The other members: more cannot be in it.
pub type Members = heapless::Vec<Party, { MAX_PARTIES - 1 }>;

impl Calls<'_> {
    /// Whom the phone of this leg's party talks to on other legs, as far as a conference has room; who was called for help is not
    /// among them. Work: linear in the legs.
    #[must_use]
    pub fn members(&self, leg: Handle) -> Members {
        let mut members = Members::new();
        for (_, peer) in self.talking_beside(leg) {
            // A full list says enough.
            let _ = members.push(self.party(peer));
        }
        members
    }

    /// The legs on which the phone of this leg's party talks to somebody else, each with its peer.
    fn talking_beside(&self, leg: Handle) -> impl Iterator<Item = (Handle, Handle)> {
        let phone = self.party(leg).phone();
        self.legs.iter().filter_map(move |(other, slot)| {
            let beside = other != leg && phone.is_some() && slot.party.phone() == phone;
            let peer = self.holdable(other).filter(|_| beside && self.hears(other))?;
            (!self.reaches_help(other)).then_some((other, peer))
        })
    }

    /// Whether the party of a leg hears its peer: it does not hold it, by what it has said last, agreed on or not.
    fn hears(&self, leg: Handle) -> bool {
        self.offered(leg).map_or(self.holds_until(leg).is_none(), |offered| !offered.holds())
    }

    /// Spends a permit: the peer of a leg, who is held, may come into the conference of the leg's party. False for anybody but the
    /// two whom the permit names.
    pub fn confer(&mut self, permit: Permit<'_>, leg: Handle) -> bool {
        let Some(peer) = self.holdable(leg) else { return false };
        let named = permit.from() == self.party(peer) && permit.choice().to == self.party(leg);
        let call = self.legs.get(leg).map_or(Handle::NONE, |slot| slot.call);
        let Some(placed) = self.placed_mut(call).filter(|_| named) else { return false };
        placed.holds.confers = true;
        true
    }

    /// It has come in: the record of each call names another member, unless it has a third party already.
    pub(in crate::call) fn conferred(&mut self, leg: Handle) {
        let Some(peer) = self.peer(leg) else { return };
        let new = self.party(peer);
        let mut others: heapless::Vec<(Handle, Party), { MAX_PARTIES - 1 }> = heapless::Vec::new();
        for (other, peer) in self.talking_beside(leg) {
            // More cannot be in it.
            let _ = others.push((other, self.party(peer)));
        }
        for (other, party) in &others {
            self.note_third(leg, *party);
            self.note_third(*other, new);
        }
    }

    fn note_third(&mut self, leg: Handle, party: Party) {
        let call = self.legs.get(leg).map_or(Handle::NONE, |slot| slot.call);
        if let Some(placed) = self.placed_mut(call) {
            placed.third.get_or_insert(Third { party, how: Brought::Conference });
        }
    }
}
