//! Parking, carried out: a party is transferred to the park code, by REFER or by a neutral signal, and waits. Who may take it
//! back, policy says then ([`taking`](super::taking)).

use super::commands::Heard;
use super::{Exchange, Taken};
use crate::base::{Crypto, Digits, Handle, Instant};
use crate::call::Commands;
use crate::policy::decide::class_of;
use crate::policy::fetch::unable;
use crate::policy::{Behalf, Denial, Feature, Party, Rule, Verdict};

impl<C: Crypto> Exchange<'_, C> {
    /// The peer of a leg is left to wait at the number that was dialed behind the code, or at the own one. `accepted` comes
    /// before anything is done.
    pub(super) fn park(
        &mut self,
        now: Instant,
        by: Handle,
        number: &[u8],
        accepted: &mut dyn FnMut(&mut Self),
    ) -> Taken {
        let (Some(policy), Some(of)) = (self.policy, self.calls.parkable(by)) else { return Taken::NotNow };
        let (Some(one), Some(other)) = (self.calls.leg(by), self.calls.leg(of)) else {
            return Taken::UnknownLeg;
        };
        let (party, waits, mode) = (one.party, other.party, self.mode_at(now));
        let Some(device) = party.phone() else { return Taken::NotNow };
        let (number, named) = match Digits::written(number) {
            Ok(number) if number.is_empty() => (number, Ok(device)),
            Ok(number) => {
                let named = policy.image.device_by_dn(number.as_bytes());
                (number, named.ok_or(Rule::NumberVacant))
            }
            Err(_) => (Digits::EMPTY, Err(Rule::NumberInvalid)),
        };
        let denied = match (unable(&policy.image, party, Feature::Park, mode), named) {
            (Some(denial), _) => Err(denial),
            (None, Err(rule)) => Err(self.refusal(now, party, rule)),
            (None, Ok(at)) => Ok(at),
        };
        let at = match denied {
            Ok(at) => at,
            Err(denial) => return Taken::Denied(self.not_parked(now, (party, waits), number, denial)),
        };
        let class = class_of(&policy.image, party, mode).unwrap_or_default();
        let mut commands = Commands::new();
        accepted(self);
        if !self.calls.park(by, at, now.plus_s(u64::from(class.hold_recall_s)), &mut commands) {
            return Taken::NotNow;
        }
        self.watch_leg(of);
        self.perform(now, &commands, &Heard::NOTHING);
        Taken::Done
    }

    fn not_parked(
        &mut self,
        now: Instant,
        (by, party): (Party, Party),
        number: Digits,
        denial: Denial,
    ) -> crate::record::Decision {
        let behalf = Some(Behalf { feature: Feature::Park, party });
        self.note_denied_for(now, (by, behalf), number, Verdict::Deny(denial))
    }

    /// Time has come for a leg: who waits to be taken back has perhaps waited long enough.
    pub(super) fn parked_due(&mut self, now: Instant, leg: Handle) {
        let mut commands = Commands::new();
        self.calls.parked_too_long(now, leg, &mut commands);
        if !commands.is_empty() {
            self.watch_leg(leg);
            self.perform(now, &commands, &Heard::NOTHING);
        }
    }
}
