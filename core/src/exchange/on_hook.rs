//! On hook: who holds one party and talks to another, or rings it, transfers by hanging up. Nobody is there any more who could go on
//! if that is denied, so then all are cleared; or, if R30 is read openly, who was held waits, and its phone is rung.

use super::commands::Heard;
use super::hold::BETWEEN_MS;
use super::{Exchange, Taken};
use crate::base::{Crypto, Handle, Instant};
use crate::call::{Cause, Commands};
use crate::policy::behalf::is_open;

impl<C: Crypto> Exchange<'_, C> {
    /// The party of a neutral leg goes on hook. Work: linear in the legs, and a decision.
    pub(super) fn on_hook(&mut self, now: Instant, leg: Handle) -> Taken {
        if self.calls.leg(leg).is_none_or(|slot| !slot.neutral) {
            return Taken::UnknownLeg;
        }
        let Some(held) = self.calls.held_for(leg) else {
            self.failed(now, leg, Cause::Normal);
            return Taken::Done;
        };
        let taken = self.transfer_attended(now, held, leg, &mut |_| {});
        let cause = match &taken {
            Taken::Denied(decision) => {
                decision.denial().map_or(Cause::Normal, |denial| Cause::Denied(denial.rule))
            }
            Taken::Unfit(refused) => Cause::Media(*refused),
            Taken::Done
            | Taken::SetUp { .. }
            | Taken::OffHook { .. }
            | Taken::NeedsCode { .. }
            | Taken::Congested
            | Taken::NotNow
            | Taken::UnknownLeg => Cause::Normal,
        };
        if matches!(taken, Taken::Denied(_)) {
            self.recall_denied(now, held);
        }
        // What is left of its own: both if it was denied; if the other still rings, that goes on without it.
        for own in [held, leg] {
            if self.calls.leg(own).is_some() {
                self.failed(now, own, cause);
            }
        }
        taken
    }

    /// Who is held is left to wait for who went on hook, where the policy says so; else nothing is changed.
    fn recall_denied(&mut self, now: Instant, held: Handle) {
        let open = self.policy.as_ref().is_some_and(|policy| is_open(&policy.image, 30));
        let device = self.calls.leg(held).and_then(|slot| slot.party.phone()).filter(|_| open);
        let (Some(at), Some(of)) = (device, self.calls.parkable(held)) else { return };
        let mut commands = Commands::new();
        if self.calls.recall_held(held, (at, now.plus_ms(BETWEEN_MS)), &mut commands) {
            self.watch_leg(of);
            self.perform(now, &commands, &Heard::NOTHING);
        }
    }
}
