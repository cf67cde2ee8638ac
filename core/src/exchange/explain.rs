//! What would be decided of a call now: asked without a call, and nothing begins, is counted, kept or written down by it.

use super::Exchange;
use super::coded::Coded;
use super::placing::spoken;
use super::room::CONFERENCE;
use crate::account::Typed;
use crate::base::{Crypto, Digits, Instant};
use crate::policy::inbound::{Inbound, inbound};
use crate::policy::trie::{End, analyse};
use crate::policy::{Attempt, Authority, Code, Denial, Party, RowRef, Rule, Trace, Verdict, decide};

impl<C: Crypto> Exchange<'_, C> {
    /// What the gate would say now of a call by neutral signals, and of which number: with the classes of who is at that phone, in the mode
    /// in force, with the channels and limits as they are. A choice of a route list that is passed over is told to `trace`. Of a speed call
    /// the number behind it is judged, of a trunk's call the one that it is for. No account code is given, nobody is locked out after failed
    /// log-ins, and whether there is a place for the call is not asked.
    ///
    /// `None`: it is a feature code, or `conference`, and what that does is more than a call. Cost: one decision.
    pub fn explain(
        &self,
        now: Instant,
        from: Party,
        dialed: &[u8],
        trace: &mut impl Trace,
    ) -> Option<(Digits, Verdict)> {
        let now = self.clock.at(now);
        let from = self.who(now, from);
        let mode = self.mode_at(now);
        let refused = |rule| {
            let authority = Authority { party: from, cos: 0, cor: 0, mode, code: None };
            let denial = Denial::new(rule, authority, RowRef::None);
            (Digits::written(dialed).unwrap_or_default(), Verdict::Deny(denial))
        };
        let Some(policy) = &self.policy else { return Some(refused(Rule::PolicyNone)) };
        let image = &policy.image;
        let end = analyse(image, dialed, |_| false).end();
        if image.is_block() && !matches!(end, End::Emergency(_)) {
            return Some(refused(Rule::PolicyNone));
        }
        let mut called = Digits::EMPTY;
        let (number, exempt) = match (from, end) {
            (_, End::Emergency(_)) => (dialed, false),
            (Party::Trunk(trunk), _) => match inbound(image, trunk, dialed) {
                Inbound::To(number, _) => {
                    called = number;
                    (called.as_bytes(), false)
                }
                Inbound::AsCalled => (dialed, false),
                Inbound::Vacant => return Some(refused(Rule::NumberVacant)),
            },
            (Party::Device(_) | Party::User { .. }, End::Feature(feature, _)) => match Coded::of(feature) {
                Coded::SpeedCall => {
                    let wanted = spoken(image, dialed, (Code::None, Typed::NONE), &mut called);
                    (wanted.number, wanted.is_exempt())
                }
                Coded::Sets(_)
                | Coded::LogsIn
                | Coded::LogsOut
                | Coded::Takes(_)
                | Coded::CampsOn
                | Coded::Overrides
                | Coded::Parks
                | Coded::Redials
                | Coded::AccountCode => return None,
            },
            (Party::Device(_) | Party::User { .. }, _) if dialed == CONFERENCE => return None,
            (Party::Device(_) | Party::User { .. } | Party::Conference | Party::Unknown, _) => {
                (dialed, false)
            }
        };
        let minute = self.moment(now).map(|moment| moment.minute);
        let attempt = Attempt { from, dialed: number, mode, minute, code: Code::None, behalf: None, exempt };
        let world = self.line(image, from, (true, false), (now, 0));
        Some(match (decide(image, &attempt, world, trace), Digits::written(number)) {
            // What is no number at all is not worth a code.
            (Verdict::NeedsCode(denial), Err(_)) => (Digits::EMPTY, Verdict::Deny(denial)),
            (verdict, number) => (number.unwrap_or_default(), verdict),
        })
    }
}
