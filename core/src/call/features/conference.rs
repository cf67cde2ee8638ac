//! Conference: X, who talks to E, takes D back from hold, and its phone mixes the three. What a resource mixes is a
//! [`room`](super::room).
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

/// Those who hear each other, as far as a conference has room: a full list is too many.
pub type Members = heapless::Vec<Party, MAX_PARTIES>;
/// A leg of each.
pub(super) type Legs = heapless::Vec<Handle, MAX_PARTIES>;

impl Calls<'_> {
    /// Who is heard on a leg: its peer, or everybody in the conference that the resource mixes; and whom the phones of those mix with
    /// them. Who was called for help is not among them. Work: linear in the legs, for each of them.
    #[must_use]
    pub fn heard_on(&self, leg: Handle) -> Members {
        let mut legs = Legs::new();
        self.facing(leg, &mut legs);
        self.company(legs)
    }

    /// Who is heard by the phone of this leg's party on the other legs on which it talks and holds nobody.
    #[must_use]
    pub fn heard_beside(&self, leg: Handle) -> Members {
        let mut legs = Legs::new();
        for own in self.talking_beside(leg) {
            self.facing(own, &mut legs);
        }
        self.company(legs)
    }

    /// Who is heard on a leg, and by the phone of its party beside, if it does not hold who is there; not on the leg of who is to come.
    #[must_use]
    pub fn heard_with(&self, leg: Handle, comes: Handle) -> Members {
        let mut legs = Legs::new();
        self.facing(leg, &mut legs);
        for own in self.talking_beside(leg).filter(|own| *own != comes && self.hears(leg)) {
            self.facing(own, &mut legs);
        }
        self.company(legs)
    }

    /// Those on these legs, and whom their phones mix with them.
    #[inline(never)]
    fn company(&self, mut legs: Legs) -> Members {
        let mut at = 0;
        while let Some(leg) = legs.get(at).copied() {
            if self.hears(leg) {
                for beside in self.talking_beside(leg) {
                    self.facing(beside, &mut legs);
                }
            }
            at = at.saturating_add(1);
        }
        let mut members = Members::new();
        for leg in &legs {
            // As many as there are legs.
            let _ = members.push(self.party(*leg));
        }
        members
    }

    /// Adds the legs of those who face this one: more than there is room for are too many anyway.
    #[inline(never)]
    fn facing(&self, own: Handle, legs: &mut Legs) {
        let Some(peer) = self.holdable(own) else { return };
        let mut add = |leg: Handle| {
            if !legs.contains(&leg) {
                let _ = legs.push(leg);
            }
        };
        match self.room(own) {
            Some(room) => {
                self.in_room(room).map(|legs| legs.a).filter(|leg| *leg != own).for_each(&mut add);
                self.to_follow(room).into_iter().for_each(add);
            }
            None => {
                add(peer);
                // Whoever is about to move into a room, or to follow, hears soon who is there.
                let room = self.ringing_for(own).and_then(|rings| self.room(rings));
                let over = room.filter(|room| self.to_follow(*room).is_some());
                let others = over.into_iter().flat_map(|room| self.in_room(room)).map(|legs| legs.a);
                others.filter(|leg| *leg != own && *leg != peer).for_each(add);
            }
        }
    }

    /// The legs on which the phone of this leg's party talks to somebody else whom it does not hold.
    fn talking_beside(&self, leg: Handle) -> impl Iterator<Item = Handle> {
        let phone = self.party(leg).phone();
        self.legs.iter().filter_map(move |(other, slot)| {
            let beside = other != leg && phone.is_some() && slot.party.phone() == phone;
            let talks = beside && self.holdable(other).is_some() && self.hears(other);
            (talks && !self.reaches_help(other)).then_some(other)
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
        let mut others = Legs::new();
        for other in self.talking_beside(leg) {
            // More cannot be in it.
            let _ = others.push(other);
        }
        for other in &others {
            let party = self.peer(*other).map_or(Party::Unknown, |peer| self.party(peer));
            self.note_third(leg, party);
            self.note_third(*other, new);
        }
    }

    /// The resource is nobody to tell of.
    pub(super) fn note_third(&mut self, leg: Handle, party: Party) {
        let call = self.legs.get(leg).map_or(Handle::NONE, |slot| slot.call);
        if let Some(placed) = self.placed_mut(call).filter(|_| party != Party::Conference) {
            placed.third.get_or_insert(Third { party, how: Brought::Conference });
        }
    }
}
