//! Room: a conference that the resource of the policy mixes. Every member is joined with it by a call of its own (RFC 4579).
//!
//! ```text
//!   opened       X --- mixer                     X has dialed it; E --- X and X --- D are calls as before
//!   asked        E with all who are in it, both ways; refused: as before (R34)
//!   coming       E --- X      E ··> mixer        another leg of the mixer rings for E, as in a transfer
//!   in           X --- mixer  E --- mixer        the call of E and X is over, E's goes on
//!   left         one is left, or only public trunks that may not hear each other: they are released (R35)
//! ```
//! Who leaves ends its own call only. A room is known by the call that has opened it, whether that is still there or not.

use super::conference::Legs;
use crate::base::Handle;
use crate::call::slots::{Call, Pair, Transfer};
use crate::call::{Calls, LegSlot};
use crate::policy::Party;

/// Who comes into a room.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Coming {
    /// The leg of who brings it, in its call with who comes.
    pub by: Handle,
    /// Who comes.
    pub of: Handle,
    /// The leg of who brings it in the room.
    pub into: Handle,
}

impl Calls<'_> {
    /// The room that this leg's call belongs to.
    #[must_use]
    pub fn room(&self, leg: Handle) -> Option<Handle> {
        let room = self.placed(self.legs.get(leg)?.call)?.room;
        (room != Handle::NONE).then_some(room)
    }

    /// The members of a room, each with the leg of the resource that it talks to, or that rings for it. Work: linear in the calls.
    pub fn in_room(&self, room: Handle) -> impl Iterator<Item = Pair> {
        self.calls.iter().filter_map(move |(_, call)| match call {
            Call::Placed(placed) if placed.room == room && room != Handle::NONE => {
                let failed = matches!(placed.transfer, Transfer::Failed { .. });
                let legs = Pair { a: placed.edge.a(), b: placed.edge.b() };
                (!failed && !placed.edge.has_left() && self.talks(legs.a)).then_some(legs)
            }
            Call::Placed(_) | Call::Dialing(_) | Call::Beside(_) => None,
        })
    }

    /// The leg by which the party of this one is in a room. `None` if it is in several: then it must say which it means. Work:
    /// linear in the legs.
    #[must_use]
    pub fn own_room(&self, leg: Handle) -> Option<Handle> {
        let party = self.party(leg);
        let own = |(other, slot): (Handle, &LegSlot)| {
            (other != leg && slot.party == party && self.is_in_room(other)).then_some(other)
        };
        let mut legs = self.legs.iter().filter_map(own);
        let one = legs.next()?;
        legs.next().is_none().then_some(one)
    }

    /// Who comes if the party of two legs asks that their peers be joined, and one of them is the resource; in whichever order.
    #[must_use]
    pub fn coming(&self, one: Handle, other: Handle) -> Option<Coming> {
        let (by, into) = match (self.is_in_room(one), self.is_in_room(other)) {
            (false, true) => (one, other),
            (true, false) => (other, one),
            (true, true) | (false, false) => return None,
        };
        let of = self.transferee(by)?;
        (self.party(one) == self.party(other)).then_some(Coming { by, of, into })
    }

    /// Whether the party of this leg talks to the resource.
    fn is_in_room(&self, leg: Handle) -> bool {
        let mixer = self.peer(leg).filter(|peer| self.party(*peer) == Party::Conference);
        self.talks(leg) && mixer.is_some_and(|mixer| self.talks(mixer))
    }

    /// The call of this leg is one more in a room; without one, the first of a new one.
    pub(crate) fn enter(&mut self, leg: Handle, room: Option<Handle>) {
        let call = self.legs.get(leg).map_or(Handle::NONE, |slot| slot.call);
        if let Some(placed) = self.placed_mut(call) {
            placed.room = room.unwrap_or(call);
        }
    }

    /// A room is over: those who were in it are, one by one, no part of it any more.
    pub(crate) fn close_room(&mut self, room: Handle) -> Option<Pair> {
        let legs = self.in_room(room).next()?;
        self.enter(legs.b, Some(Handle::NONE));
        Some(legs)
    }

    /// Who has come in: its record names another member, and theirs name it, unless they have a third party already.
    pub(in crate::call) fn entered(&mut self, leg: Handle) {
        let Some(room) = self.room(leg) else { return };
        let new = self.party(leg);
        let own = self.legs.get(leg).and_then(|slot| self.placed(slot.call));
        let [one, other] = own.map_or([new, new], |call| [call.caller, call.choice.to]);
        let mut others = Legs::new();
        for Pair { a: other, .. } in self.in_room(room).filter(|legs| legs.a != leg) {
            // More cannot be in it.
            let _ = others.push(other);
        }
        for member in &others {
            let party = self.party(*member);
            // Whom its record names already; two calls over one trunk are of two parties.
            let named = party.phone().is_some() && (party == one || party == other);
            if !named {
                self.note_third(leg, party);
            }
            self.note_third(*member, new);
        }
    }
}
