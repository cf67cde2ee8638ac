//! What would be decided of a call now: asked without a call, and nothing begins, is counted, kept or written down by it.

use super::Exchange;
use super::brakes::{Line, brake};
use crate::base::{Crypto, Digits, Instant};
use crate::policy::inbound::{Inbound, inbound};
use crate::policy::trie::{End, analyse};
use crate::policy::{Attempt, Code, Party, Rule, Trace, Verdict, decide};

impl<C: Crypto> Exchange<'_, C> {
    /// What the gate would say now of a call by neutral signals: with the classes of who is at that phone, in the mode in force, with the
    /// channels, limits and lock-outs as they are. A choice of a route list that is passed over is told to `trace`. Of a speed call the
    /// number behind it is judged. No account code is given.
    ///
    /// `None`: it is a feature code, and what that does is more than a call. Cost: one decision.
    pub fn explain(
        &self,
        now: Instant,
        from: Party,
        dialed: &[u8],
        trace: &mut impl Trace,
    ) -> Option<Verdict> {
        let from = self.who(now, from);
        let Some(policy) = &self.policy else {
            return Some(Verdict::Deny(self.refusal(now, from, Rule::PolicyNone)));
        };
        let image = &policy.image;
        let end = analyse(image, dialed, |_| false).end();
        let emergency = matches!(end, End::Emergency(_));
        if image.is_block() && !emergency {
            return Some(Verdict::Deny(self.refusal(now, from, Rule::PolicyNone)));
        }
        let called: Digits;
        let (number, exempt) = match (from, end) {
            (Party::Trunk(trunk), _) if !emergency => match inbound(image, trunk, dialed) {
                Inbound::To(number, _) => {
                    called = number;
                    (called.as_bytes(), false)
                }
                Inbound::AsCalled => (dialed, false),
                Inbound::Vacant => return Some(Verdict::Deny(self.refusal(now, from, Rule::NumberVacant))),
            },
            (_, End::Feature(..)) => image.speed_number(dialed)?,
            _ => (dialed, false),
        };
        let attempt = Attempt {
            from,
            dialed: number,
            mode: self.mode_at(now),
            minute: self.moment(now).map(|moment| moment.minute),
            code: Code::None,
            behalf: None,
            exempt,
        };
        let (devices, trunks) = (&*self.devices, &*self.trunks);
        let world = Line {
            image,
            devices,
            trunks,
            calls: &self.calls,
            neutral: true,
            locked_out: false,
            brake: brake(image, devices, trunks, from),
            now,
            zone: 0,
        };
        Some(decide(image, &attempt, world, trace))
    }
}
