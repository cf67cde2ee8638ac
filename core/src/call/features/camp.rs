//! Camp-on: A has called B, who is busy, and waits until it is not; or X has transferred A there.
//!
//! ```text
//!   before       A ··> B        or  A --- X  A ··> B    B's leg has failed: it talks to another
//!   camped on    A                                      the call is there, and nobody faces A; X is released
//!   after        A ··> B                                B is idle, and rings, by a new permit
//! ```
//! While A waits:
//!
//! ```text
//!  B is idle, and may ring ---------> B rings; if it is busy once more, A waits on
//!  B is idle, and may not (R36) ----> A is released, or X is rung: a recall
//!  time is up ----------------------> A is released: busy; or X is rung
//!  B rings, and does not answer ----> A is released, or X is rung
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
    /// Who has transferred it there; absent: it has called itself.
    pub by: Option<Party>,
    /// Until when it waits.
    pub until: Instant,
}

impl Calls<'_> {
    /// The caller of this leg's call, or for whom it rings, is to wait while the device is busy.
    pub fn camps(&mut self, leg: Handle) {
        let call = self.legs.get(leg).map_or(Handle::NONE, |slot| slot.call);
        if let Some(placed) = self.placed_mut(call) {
            placed.camps = WANTS;
        }
    }

    /// Whose classes say how long the caller of a call that has failed at this called leg waits instead, if there is a reason to:
    /// its own, or those of who transfers it. `None` if it does not.
    #[must_use]
    pub fn may_camp(&self, b: Handle) -> Option<Party> {
        let call = self.legs.get(b).and_then(|slot| self.placed(slot.call))?;
        let waits =
            call.camps.is_some() && call.hunt.is_none() && call.answered.is_none() && call.edge.b() == b;
        match call.transfer {
            Transfer::None => self.legs.get(call.edge.a()).map(|slot| slot.party),
            Transfer::Ringing { party, recall: false, .. } => Some(party),
            Transfer::Pending { .. }
            | Transfer::Ringing { recall: true, .. }
            | Transfer::Parked { .. }
            | Transfer::Camped { .. }
            | Transfer::Failed { .. } => None,
        }
        .filter(|_| waits)
    }

    /// The caller of a called leg that has failed waits for this device from now on, until then at most; its leg. The called one is
    /// out of the call, and is freed by who asks.
    pub fn camp(&mut self, b: Handle, on: u32, until: Instant, commands: &mut Commands) -> Option<Handle> {
        self.may_camp(b)?;
        let call = self.detach(b);
        let placed = self.placed_mut(call)?;
        let begun = placed.camps.filter(|_| placed.camps != WANTS);
        let until = begun.map_or(until, |before| Instant(before.get()));
        let a = placed.edge.a();
        let Transfer::Ringing { by, party, .. } = placed.transfer else {
            placed.camps = NonZeroU64::new(until.0);
            placed.transfer = Transfer::Camped { on, by: None, until };
            return Some(a);
        };
        // What has rung for it is over: it waits in the call that it had.
        push(commands, Command::Parted(placed.known, placed.media));
        self.calls.remove(call);
        let waits = |by| Transfer::Camped { on, by: Some(by), until };
        if let Some(Transfer::Pending { left: true, .. }) = self.transfer(a) {
            let own = self.legs.get(a).map_or(Handle::NONE, |slot| slot.call);
            self.placed_mut(own)?.transfer = waits(party);
        } else if let Some(peer) = self.edge(a).and_then(|edge| edge.other(a))
            && self.left_to_wait(peer, waits, commands)
        {
            push(commands, Command::Referred(by, 200));
            push(commands, Command::Dismiss(peer, Cause::Normal));
        }
        Some(a)
    }

    /// What rings now for a party that was transferred does so for `by`, and the party waits again if it is busy once more.
    pub fn rings_camped(&mut self, ringing: Handle, by: Party, until: Instant) {
        let call = self.legs.get(ringing).map_or(Handle::NONE, |slot| slot.call);
        if let Some(placed) = self.placed_mut(call) {
            placed.transfer =
                Transfer::Ringing { by: Handle::NONE, party: by, recall: false, described: false };
            placed.camps = NonZeroU64::new(until.0);
        }
    }

    /// Of those who wait for this device, the one that has called first. Work: linear in the legs.
    #[must_use]
    pub fn camped_on(&self, device: u32) -> Option<Camped> {
        let camped = self.legs.iter().filter_map(|(leg, slot)| {
            let placed = self.placed(slot.call)?;
            let Transfer::Camped { on, by, until } = placed.transfer else { return None };
            let (of, call, authority) = (slot.party, slot.call, placed.choice.authority);
            let there = if by.is_some() { self.talks(leg) } else { slot.leg.is_waiting() };
            (on == device && there)
                .then_some((placed.started, Camped { leg, of, call, authority, by, until }))
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

    /// Who has waited is released for this cause, or who has transferred it is rung.
    pub fn camps_in_vain(&mut self, leg: Handle, cause: Cause) -> Command {
        let call = self.legs.get(leg).map_or(Handle::NONE, |slot| slot.call);
        // Its time is up only once.
        let Some(placed) = self.placed_mut(call) else { return Command::Dismiss(leg, cause) };
        if let Transfer::Camped { by: Some(by), .. } = placed.transfer {
            placed.transfer = Transfer::Pending { ringing: Handle::NONE, left: true };
            return Command::Recall(leg, by);
        }
        placed.transfer = Transfer::Failed { recall: false };
        Command::Dismiss(leg, cause)
    }

    /// Who has waited for a device long enough is released: it is busy. Who has transferred it is rung.
    pub fn camped_too_long(&mut self, now: Instant, leg: Handle, commands: &mut Commands) {
        if let Some(Transfer::Camped { until, .. }) = self.transfer(leg)
            && until <= now
        {
            let released = self.camps_in_vain(leg, Cause::BUSY);
            push(commands, released);
        }
    }
}
