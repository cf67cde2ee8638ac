//! What brakes change. `explain` answers as if nothing had been counted yet; the daemon and the C ABI do count, so in a
//! policy whose brakes can be reached its answer is corrected here, by counting what it said before.

use super::answer::Answer;
use super::attempts::Attempt;
use super::policy::Policy;
use std::collections::HashMap;
use strowger_testkit::oracle::Party;

/// Wrong codes in a row that lock.
const FAILURES: u32 = 3;

/// What was counted of one policy.
#[derive(Default)]
pub(crate) struct Brakes {
    public_calls: HashMap<String, u16>,
    wrong_codes: HashMap<String, u32>,
}

impl Brakes {
    /// Corrects the answer to the next attempt, if a brake is in the way. `plain` is the answer to the same attempt
    /// without a code: its classes are the caller's own.
    pub(crate) fn correct(
        &mut self,
        policy: &Policy,
        attempt: &Attempt,
        answer: &mut Answer,
        plain: &Answer,
    ) {
        let Some(rate) = policy.setting.brakes else { return };
        let caller = match &attempt.from {
            Party::Device(name) | Party::Trunk(name) => name.clone(),
            Party::User { .. } | Party::Unknown => unreachable!("guests and strangers are left out"),
        };
        let rule = answer.get("rule").to_owned();
        // Without classes the code was not complete: nothing was checked.
        let split = !(rule == "number.incomplete" && answer.get("cos") == "0" && answer.get("cor") == "0");
        if attempt.coded && split {
            let wrong = self.wrong_codes.entry(caller.clone()).or_default();
            if *wrong >= FAILURES {
                // Locked are codes: help is reached with any in front (R49).
                if rule == "emergency" {
                    return;
                }
                deny(
                    answer,
                    "account-code.locked",
                    "account codes are refused for a while after too many wrong ones",
                );
                for name in ["cos", "cor"] {
                    answer.set(name, plain.get(name));
                }
                for name in ["row", "route", "class"] {
                    answer.set(name, "-");
                }
                return;
            }
            // A code that is none of the kind that is demanded counts as a wrong one (R48).
            let failed = matches!(rule.as_str(), "account-code.wrong" | "account-code.forced-verified");
            *wrong = if failed { *wrong + 1 } else { 0 };
        }
        if !matches!(rule.as_str(), "route" | "account-code.forced") || !is_public(policy, answer) {
            return;
        }
        let begun = self.public_calls.entry(caller).or_default();
        if *begun >= rate {
            let text = "the caller has begun as many public calls in this minute as the limits allow";
            deny(answer, "limit.rate", text);
        } else if rule == "route" {
            *begun += 1;
        }
    }
}

fn deny(answer: &mut Answer, rule: &str, text: &str) {
    answer.remove(&["to", "outpulsed"]);
    for (name, value) in
        [("goes", "no"), ("verdict", "deny"), ("rule", rule), ("text", text), ("interconnect", "-")]
    {
        answer.set(name, value);
    }
}

/// Whether the route of an answer is a public trunk's.
fn is_public(policy: &Policy, answer: &Answer) -> bool {
    let route = policy.model.routes.iter().find(|route| route.id.to_string() == answer.get("route"));
    let trunk = route.and_then(|route| policy.model.trunks.iter().find(|trunk| trunk.name == route.trunk));
    trunk.is_some_and(|trunk| trunk.public)
}
