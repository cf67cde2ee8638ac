//! Hold: X, who talks to E, does not want to hear it for a while.
//!
//! ```text
//!   before       E --- X
//!   held         E --- X                         one call still; E hears music, or nothing
//!   time is up   E                               as if X had parked it: X is released, and rung again
//! ```
//! Each of the two may hold the other; media flows when neither does (R100). On our own SIP the phones say so in their
//! descriptions, and the engine only notes it. A call for help is held, and never taken from who has called.

use crate::base::{Handle, Instant};
use crate::call::{Calls, Cause, Command, Commands, Transfer, push};
use crate::media::Side;
use core::num::NonZeroU64;

/// The moment until which somebody holds who is never rung for it.
pub const NEVER: Instant = Instant(u64::MAX);

/// Who of a call's two parties holds the other, and until when.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Holds {
    a: Option<NonZeroU64>,
    b: Option<NonZeroU64>,
    /// Who is held may come into the conference of who holds ([`conference`](super::conference)).
    pub(in crate::call) confers: bool,
}

impl Holds {
    /// Whether anybody does.
    #[inline(always)]
    pub(in crate::call) const fn any(&self) -> bool {
        self.a.is_some() | self.b.is_some()
    }

    fn until(&self, side: Side) -> Option<Instant> {
        let until = match side {
            Side::A => self.a,
            Side::B => self.b,
        };
        until.map(|until| Instant(until.get()))
    }
}

impl Calls<'_> {
    /// The peer of a leg whose party may hold it: both talk.
    #[must_use]
    pub fn holdable(&self, by: Handle) -> Option<Handle> {
        let of = self.peer(by)?;
        (self.talks(by) && self.talks(of)).then_some(of)
    }

    /// Until when the party of this leg holds its peer, at most.
    #[must_use]
    pub fn holds_until(&self, leg: Handle) -> Option<Instant> {
        let (side, _) = self.sides(leg)?;
        self.placed(self.legs.get(leg)?.call)?.holds.until(side)
    }

    /// The one leg on which the party of this leg holds somebody whom it may join with its peer here, or bring into this
    /// conference. `None` if there are several. Work: linear in the legs.
    #[must_use]
    pub fn held_for(&self, leg: Handle) -> Option<Handle> {
        let goes = |held| self.peers(held, leg).is_some() || self.coming(held, leg).is_some();
        let holds = |held: &Handle| self.holds_until(*held).is_some() && goes(*held);
        let mut held = self.legs.iter().map(|(held, _)| held).filter(holds);
        let one = held.next()?;
        held.next().is_none().then_some(one)
    }

    /// The party of this leg holds its peer until then, or no more.
    pub fn hold(&mut self, leg: Handle, until: Option<Instant>) {
        let Some((side, _)) = self.sides(leg) else { return };
        let call = self.legs.get(leg).map_or(Handle::NONE, |slot| slot.call);
        let Some(placed) = self.placed_mut(call) else { return };
        let own = match side {
            Side::A => &mut placed.holds.a,
            Side::B => &mut placed.holds.b,
        };
        *own = until.map(|until| NonZeroU64::new(until.0).unwrap_or(NonZeroU64::MIN));
        if core::mem::take(&mut placed.holds.confers) && until.is_none() {
            self.conferred(leg);
        }
    }

    /// The peer of a leg whose party has held it for too long, if it can be left to wait for a recall: nothing else is under way,
    /// and it is no call for help.
    #[must_use]
    pub fn overheld(&self, now: Instant, by: Handle) -> Option<Handle> {
        let due = self.holds_until(by).is_some_and(|until| until <= now);
        self.parkable(by).filter(|_| due)
    }

    /// Who was held waits for who has held it; that party is released, and rung then. False, and nothing changed, if it cannot be.
    pub fn recall_held(&mut self, by: Handle, (at, until): (u32, Instant), commands: &mut Commands) -> bool {
        let parked = |by| Transfer::Parked { at, by, until };
        if self.parkable(by).is_none() || !self.left_to_wait(by, parked, commands) {
            return false;
        }
        push(commands, Command::Dismiss(by, Cause::Normal));
        true
    }
}
