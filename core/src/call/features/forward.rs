//! Forwarding: a call that is for B goes on to C, on B's authority.
//!
//! ```text
//!   before       A ··> B                         B is to ring, rings, or has failed
//!   after        A ··> C                         the same call; B's leg is let go
//! ```
//! It goes on at most [`MAX_HOPS`](crate::call::MAX_HOPS) times, and never from the same device twice (R28). Each time the
//! permit names A and C: whom they may be joined with, C's forwarding asks anew.

use super::hunt::Hunt;
use crate::base::{Digits, Handle};
use crate::call::leg::State;
use crate::call::slots::Transfer;
use crate::call::{Calls, Passed};
use crate::policy::{Authority, Choice, Party, Rule};

/// A call that its called party may have forwarded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Forwardable {
    /// The caller's leg, or that of who is transferred.
    pub a: Handle,
    /// Who that is.
    pub from: Party,
    /// The device that the call is for now: the hunt group's row, if one of its members rings.
    pub by: u32,
    /// The others that have forwarded the call.
    pub passed: Passed,
    /// How far it is with the hunt group.
    pub hunt: Option<Hunt>,
    /// Whose classes have allowed it.
    pub authority: Authority,
}

impl Calls<'_> {
    /// The call of a called leg that has not been answered, if its device can have it forwarded. Nobody forwards a call for help.
    /// `number` tells the row of the number that was called: where a hot-desk user is, a phone rings for two.
    #[must_use]
    pub fn forwardable(&self, b: Handle, number: impl FnOnce(&Choice) -> Option<u32>) -> Option<Forwardable> {
        let slot = self.legs.get(b)?;
        let call = self.placed(slot.call)?;
        let (a, by) = (call.edge.a(), number(&call.choice)?);
        let recall =
            matches!(call.transfer, Transfer::Ringing { recall: true, .. } | Transfer::Failed { .. });
        // Who is off hook to take a call has no reason to send it on.
        let open = !slot.takes
            && call.answered.is_none()
            && call.edge.b() == b
            && call.choice.rule != Rule::Emergency;
        let from = self.legs.get(a)?;
        let waits = !matches!(from.leg.state(), State::Clearing { .. } | State::Gone);
        let by = call.hunt.map_or(by, |hunt| hunt.group);
        let (from, passed, hunt, authority) = (from.party, call.passed, call.hunt, call.choice.authority);
        (open && waits && !recall).then_some(Forwardable { a, from, by, passed, hunt, authority })
    }

    /// The call of `to` has been forwarded to it: what was dialed for that, the longest it may last now, and by whom. The
    /// caller's keys are known to who forwards and to nobody else; from now on they count as told to `to` (R94).
    pub fn forwarded(&mut self, to: Handle, dialed: Digits, longest_s: u32, passed: Passed) {
        let call = self.legs.get(to).map_or(Handle::NONE, |slot| slot.call);
        let Some(placed) = self.placed_mut(call) else { return };
        placed.dialed = dialed;
        placed.passed = passed;
        // The number is another now.
        placed.speed = placed.speed.map(|_| false);
        placed.hunt = None;
        // The shorter of both limits holds.
        placed.longest_s = match (placed.longest_s, longest_s) {
            (0, one) | (one, 0) => one,
            (one, other) => one.min(other),
        };
        self.told_instead(call, to);
    }

    /// The call of `to`, which was for a hot-desk user, rings at his phone.
    pub fn rings_at(&mut self, to: Handle) {
        let call = self.legs.get(to).map_or(Handle::NONE, |slot| slot.call);
        self.told_instead(call, to);
    }

    /// Another leg than before may hear of the caller's keys.
    pub(super) fn told_instead(&mut self, call: Handle, to: Handle) {
        let Some(placed) = self.placed(call) else { return };
        let (a, rings_for_another) = (placed.edge.a(), placed.transfer != Transfer::None);
        if let Some(slot) =
            self.legs.get_mut(a).filter(|slot| !rings_for_another && slot.told != Handle::NONE)
        {
            slot.told = to;
        }
    }

    /// The devices that have forwarded a leg's call.
    #[must_use]
    pub fn passed(&self, leg: Handle) -> Passed {
        let call = self.legs.get(leg).and_then(|slot| self.placed(slot.call));
        call.map_or_else(Passed::default, |call| call.passed)
    }

    /// The device that has forwarded a leg's call last, and the number of its reason.
    #[must_use]
    pub fn forwarded_by(&self, leg: Handle) -> Option<(u32, u8)> {
        self.legs.get(leg).and_then(|slot| self.placed(slot.call))?.passed.last()
    }
}

impl Forwardable {
    /// The hop to whom a permit names; `None` if the call would go round (R28).
    #[must_use]
    pub fn hop(&self, choice: &Choice, why: u8) -> Option<Passed> {
        let mut passed = self.passed;
        let round = match choice.to {
            // As a number leads to it: who is logged in there does not matter.
            Party::Device(to) | Party::User { at: to, .. } => passed.has(to) || to == self.by,
            Party::Trunk(_) | Party::Conference | Party::Unknown => false,
        };
        (!round && passed.push(self.by, why)).then_some(passed)
    }
}
