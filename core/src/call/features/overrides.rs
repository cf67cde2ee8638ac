//! Executive Busy Override: X has called B, who talks to A, and comes into that call. The conference resource mixes the three, in a
//! [`room`](super::room).
//!
//! ```text
//!   before       A --- B      X ··> mixer         X has dialed the code and B's number; B and A hear nothing of it
//!   permitted    A --- B      X --- mixer         asked again with both; a tone warns A and B
//!   moving       A --- B      A ··> mixer         another leg of the mixer rings for A, as in a transfer
//!   following    A --- mixer  X --- mixer   B     A is in; B waits alone, and is rung for
//!   in           A --- mixer  X --- mixer   B --- mixer
//! ```
//! What goes wrong:
//!
//! ```text
//!  refused, or the call is over ----> X is released; A and B have not been disturbed (R5)
//!  the mixer does not take A -------> X is released, A and B talk on
//!  X hangs up while A is rung for --> A and B talk on
//!  A or B hangs up meanwhile -------> that call ends as calls do; if A is in, X and A talk on
//!  the mixer does not take B -------> B is released
//! ```
//! The call of A and B goes on as A's: over a trunk A is who is there, so that what is paid for ends with that. B's has a record of its own.

use crate::base::{Handle, Instant};
use crate::call::slots::{Brought, Call, Pair, Placed, Third, Transfer};
use crate::call::{Calls, Command, Commands, LegSlot, Terms, push};
use crate::policy::Party;
use core::num::NonZeroU32;

/// What its caller comes into by busy override: the call of this device, its number plus one; the highest number once the first has moved for it.
pub type Overrides = Option<NonZeroU32>;

/// The first of the two has moved.
pub(in crate::call) const BEGUN: NonZeroU32 = NonZeroU32::MAX;

impl Calls<'_> {
    /// The call of a device that another can come into: its leg is `b`, its peer's `a`. It is the one in which the device talks, nothing else
    /// is under way in it, nobody holds the other, no phone mixes somebody with them, and it is none with help. Work: linear in the legs.
    #[must_use]
    pub fn overridable(&self, device: u32) -> Option<Pair> {
        let mut own = self.legs.iter().filter(|(_, slot)| slot.party.phone() == Some(device));
        let (b, _) = own.find(|(leg, _)| self.talks(*leg))?;
        if own.any(|(leg, _)| self.talks(leg)) {
            return None;
        }
        let a = self.transferee(b)?;
        // A phone that talks to help beside may mix that with the call (law 4).
        let both = [a, b].map(|leg| self.party(leg).phone());
        let near = |slot: &LegSlot| slot.party.phone().is_some() && both.contains(&slot.party.phone());
        let near = |(leg, slot): (Handle, &LegSlot)| (near(slot) || leg == a) && self.reaches_help(leg);
        if self.legs.iter().any(near) {
            return None;
        }
        let call = self.placed(self.legs.get(b)?.call)?;
        (!call.holds.any() && self.heard_on(b).len() == 1).then_some(Pair { a, b })
    }

    /// The caller of this leg's call, to the resource, comes into the call of a device when that has answered; or into none.
    pub(crate) fn overrides(&mut self, leg: Handle, device: Option<u32>) {
        let call = self.legs.get(leg).map_or(Handle::NONE, |slot| slot.call);
        if let Some(placed) = self.placed_mut(call) {
            placed.overrides = device.and_then(|device| NonZeroU32::new(device.saturating_add(1)));
        }
    }

    /// The device whose call the caller of this leg's call is to come into.
    #[must_use]
    pub fn overridden_by(&self, leg: Handle) -> Option<u32> {
        let device = self.placed(self.legs.get(leg)?.call)?.overrides.filter(|device| *device != BEGUN)?;
        device.get().checked_sub(1)
    }

    /// How many are to come into a call and have not, or whose peers have not followed. Work: linear in the calls.
    #[must_use]
    pub fn overrides_begun(&self) -> u32 {
        let begun = |call: &Call| {
            let Call::Placed(placed) = call else { return false };
            let follows = placed.room != Handle::NONE && matches!(placed.transfer, Transfer::Pending { .. });
            follows || placed.overrides.is_some_and(|device| device != BEGUN) && !placed.edge.has_left()
        };
        self.calls.iter().filter(|(_, call)| begun(call)).fold(0, |all, _| all.saturating_add(1))
    }

    /// Of a room into which somebody is about to move for who has come into its call: the leg of its peer, which is to follow.
    pub(super) fn to_follow(&self, room: Handle) -> Option<Handle> {
        self.placed(room)?.overrides.filter(|device| *device != BEGUN)?;
        let moves = |legs: Pair| self.peer(legs.a).filter(|peer| *peer != legs.b);
        self.in_room(room).find_map(|legs| {
            let over = matches!(self.transfer(legs.b), Some(Transfer::Ringing { party: Party::Unknown, .. }));
            moves(legs).filter(|_| over)
        })
    }

    /// What rings for a party does so for who comes into its call: nobody has transferred it, and its peer stays.
    pub(crate) fn rings_over(&mut self, of: Handle, ringing: Handle) {
        let call = self.legs.get(ringing).map_or(Handle::NONE, |slot| slot.call);
        if let Some(placed) = self.placed_mut(call) {
            let (by, party) = (Handle::NONE, Party::Unknown);
            placed.transfer = Transfer::Ringing { by, party, recall: false, described: false };
        }
        self.pend(of, ringing, false);
    }

    /// Somebody has come into a room, and has left a peer. If its call was come into, the peer waits to come too, and is not sent away: true.
    // Few calls are come into.
    #[inline(never)]
    pub(super) fn follows(
        &mut self,
        now: Instant,
        of: Handle,
        left: Handle,
        commands: &mut Commands,
    ) -> bool {
        let Some(room) = self.room(of) else { return false };
        let Some(opener) = self.placed(room) else { return false };
        let choice = opener.choice;
        let device = opener.overrides.filter(|device| *device != BEGUN);
        let Some(device) = device.and_then(|device| device.get().checked_sub(1)) else { return false };
        // Somebody else may be brought there meanwhile, and leaves another peer: who is to follow, or has hung up.
        let gone = self.legs.get(left).is_none();
        if !gone && self.party(left).phone() != Some(device) {
            return false;
        }
        if let Some(opener) = self.placed_mut(room) {
            opener.overrides = Some(BEGUN);
        }
        if gone || !self.talks(left) {
            return false;
        }
        let Some(edge) = self.edge(of).map(|edge| edge.alone(left)) else { return false };
        let transfer = Transfer::Pending { ringing: Handle::NONE, left: true };
        let (caller, terms) = (self.party(left), Terms::undialed(0, (false, false)));
        let placed = Placed { transfer, room, caller, ..Placed::new(now, edge, choice, &terms, left) };
        // Whoever is in already: its record names who has come.
        let third = Some(Third { party: choice.authority.party, how: Brought::Conference });
        let placed = Placed { answered: Some(now), third, ..placed };
        // The place of what has rung was given back just now.
        let Ok(call) = self.calls.insert(Call::Placed(placed)) else { return false };
        if let Some(slot) = self.legs.get_mut(left) {
            slot.call = call;
        }
        push(commands, Command::Recall(left, Party::Conference));
        true
    }

    /// Nobody rings any more for who was to come into this room. Who waits there for it waits in vain, unless it has opened the room to bring others.
    pub(super) fn does_not_come(&mut self, room: Handle, commands: &mut Commands) {
        let rings = |call: &Call| {
            let Call::Placed(placed) = call else { return false };
            let over =
                matches!(placed.transfer, Transfer::Ringing { party: Party::Unknown, recall: false, .. });
            placed.room == room && over
        };
        // What was to bring the first of the two has ended: nobody else's coming is taken for it.
        if !self.calls.iter().any(|(_, call)| rings(call))
            && let Some(opener) = self.placed_mut(room)
            && opener.overrides.is_some()
        {
            opener.overrides = Some(BEGUN);
        }
        let waits = self.placed(room);
        let waits = waits.is_some_and(|opener| opener.overrides.is_none() && !opener.edge.has_left());
        if room != Handle::NONE && !waits {
            push(commands, Command::Left(room));
        }
    }
}
