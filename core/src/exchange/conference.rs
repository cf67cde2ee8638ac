//! Conferences, carried out: who takes a party back from hold while it talks to others wants one
//! ([`conference`](crate::call::features::conference)).

use super::Exchange;
use crate::base::{Crypto, Digits, Handle, Instant};
use crate::policy::{Behalf, Conference, Feature, Permit, Refusal, Verdict};
use crate::record::Decision;

impl<C: Crypto> Exchange<'_, C> {
    /// Why the party of a leg may not take its peer back from hold: noted down. It may as long as it talks to nobody else; otherwise
    /// that is a conference, and the gate is asked (R34). Work: linear in the legs.
    pub(super) fn not_conferred(&mut self, now: Instant, leg: Handle) -> Option<Decision> {
        self.calls.holds_until(leg)?;
        let members = self.calls.heard_beside(leg);
        if members.is_empty() || self.calls.reaches_help(leg) {
            return None;
        }
        let (image, mode) = (self.policy?.image, self.mode_at(now));
        let by = self.calls.leg(leg)?.party;
        let of = self.calls.leg(self.calls.peer(leg)?)?.party;
        let who = (by, Some(Behalf { feature: Feature::Conference, party: of }));
        let new = self.calls.heard_on(leg);
        let question = Conference { by, of, to: by, new: &new, members: &members, mode };
        match Permit::conference(&image, &question) {
            Ok(permit) => {
                let verdict = Verdict::Allow(*permit.choice());
                self.calls.confer(permit, leg);
                self.decided_for(now, who, Digits::EMPTY, verdict);
                None
            }
            Err(Refusal::Denied(denial) | Refusal::NeedsCode(denial)) => {
                Some(self.note_denied_for(now, who, Digits::EMPTY, Verdict::Deny(denial)))
            }
        }
    }
}
