//! Camp-on: A has called B, who is busy, and waits until it is not.
//!
//! ```text
//!   before       A ··> B                         B's leg has failed: it talks to another
//!   camped on    A                               the call is there, and nobody faces A
//!   after        A ··> B                         B is idle, and rings: the same call, by a new permit
//! ```
//! While A waits:
//!
//! ```text
//!  B is idle, and may ring ---------> B rings; if it is busy once more, A waits on
//!  B is idle, and may not (R36) ----> A is released
//!  time is up ----------------------> A is released: busy
//!  A hangs up ----------------------> the call is over
//! ```

use crate::base::{Handle, Instant};
use crate::call::slots::Transfer;
use crate::call::{Calls, Cause, Command, Commands, push};
use crate::policy::{Authority, Party};
use core::num::NonZeroU64;

/// Whether the caller of a call waits while the device is busy: `None` if it does not want to; until when at most, once it has
/// begun; [`WANTS`] before.
pub type Camps = Option<NonZeroU64>;

/// It wants to, and has not begun.
pub const WANTS: Camps = Some(NonZeroU64::MAX);

/// Who waits for a device.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Camped {
    /// Its leg.
    pub leg: Handle,
    /// Who that is.
    pub of: Party,
    /// The place of its call.
    pub call: Handle,
    /// Whose classes have allowed that.
    pub authority: Authority,
}

impl Calls<'_> {
    /// The caller of this leg's call wants to wait while the device is busy.
    pub fn camps(&mut self, a: Handle) {
        let call = self.legs.get(a).map_or(Handle::NONE, |slot| slot.call);
        if let Some(placed) = self.placed_mut(call) {
            placed.camps = WANTS;
        }
    }

    /// Whether the caller of a call that has failed at this called leg waits instead, if there is a reason to. Nobody does who
    /// transfers, or is transferred.
    #[must_use]
    pub fn may_camp(&self, b: Handle) -> bool {
        let call = self.legs.get(b).and_then(|slot| self.placed(slot.call));
        call.is_some_and(|call| {
            call.camps.is_some()
                && call.transfer == Transfer::None
                && call.hunt.is_none()
                && call.answered.is_none()
                && call.edge.b() == b
        })
    }

    /// The caller of a called leg that has failed waits for this device from now on, until then at most; its leg. The called one is
    /// out of the call, and is freed by who asks.
    pub fn camp(&mut self, b: Handle, on: u32, until: Instant) -> Option<Handle> {
        if !self.may_camp(b) {
            return None;
        }
        let call = self.detach(b);
        let placed = self.placed_mut(call)?;
        let begun = placed.camps.filter(|_| placed.camps != WANTS);
        let until = begun.map_or(until, |before| Instant(before.get()));
        placed.camps = NonZeroU64::new(until.0);
        placed.transfer = Transfer::Camped { on, until };
        Some(placed.edge.a())
    }

    /// Of those who wait for this device, the one that has called first. Work: linear in the legs.
    #[must_use]
    pub fn camped_on(&self, device: u32) -> Option<Camped> {
        let camped = self.legs.iter().filter_map(|(leg, slot)| {
            let placed = self.placed(slot.call)?;
            let Transfer::Camped { on, .. } = placed.transfer else { return None };
            let waits = Camped { leg, of: slot.party, call: slot.call, authority: placed.choice.authority };
            (on == device && slot.leg.is_waiting()).then_some((placed.started, waits))
        });
        camped.min_by_key(|(started, _)| *started).map(|(_, waits)| waits)
    }

    /// Whether anybody waits for a busy device. Work: linear in the legs.
    #[must_use]
    pub fn any_camps(&self) -> bool {
        self.legs.iter().any(|(leg, _)| matches!(self.transfer(leg), Some(Transfer::Camped { .. })))
    }

    /// Who has waited waits no more: the device is to ring.
    pub fn camps_no_more(&mut self, call: Handle) {
        if let Some(placed) = self.placed_mut(call) {
            placed.transfer = Transfer::None;
        }
    }

    /// Who has waited is released for this cause.
    pub fn camps_in_vain(&mut self, leg: Handle, cause: Cause) -> Command {
        let call = self.legs.get(leg).map_or(Handle::NONE, |slot| slot.call);
        if let Some(placed) = self.placed_mut(call) {
            // Its time is up only once.
            placed.transfer = Transfer::Failed { recall: false };
        }
        Command::Dismiss(leg, cause)
    }

    /// Who has waited for a device long enough is released: it is busy.
    pub fn camped_too_long(&mut self, now: Instant, leg: Handle, commands: &mut Commands) {
        if let Some(Transfer::Camped { until, .. }) = self.transfer(leg)
            && until <= now
        {
            let released = self.camps_in_vain(leg, Cause::BUSY);
            push(commands, released);
        }
    }
}
