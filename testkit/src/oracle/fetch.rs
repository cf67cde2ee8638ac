//! Calls that wait for somebody else: picked up where they ring, or taken back from where they are parked (R36).

use super::caller::Standing;
use super::{Answer, Fetch, Oracle, Taking, Verdict};
use crate::model::Mode;

impl Oracle<'_> {
    pub(super) fn fetched(&self, question: &Fetch) -> Answer {
        let mode = if self.broken == "fetch.mode" { Mode::Day } else { question.mode };
        let by = self.standing(&question.by, mode);
        let of = self.standing(&question.of, mode);
        if self.takes_its_own(by, of) && self.broken == "fetch.self.early" {
            return Answer::deny("call.self");
        }
        if let Some(rule) = self.may_not_take(question.feature, by) {
            let asked = self.broken == "fetch.code.asked" && rule == "account-code.forced-verified";
            return Answer::new(if asked { Verdict::AccountCode } else { Verdict::Deny }, rule);
        }
        // No class is asked of who waits.
        if (of.cos == 0 || of.cor == 0) && self.broken == "fetch.of.classes" {
            return Answer::deny(if of.cos == 0 { "cos.none" } else { "cor.none" });
        }
        if self.takes_its_own(by, of) && self.broken != "fetch.self" {
            return Answer::deny("call.self");
        }
        let lifted = self.broken == "fetch.override" && self.has(by.cos, "override-interconnect-on-transfer");
        if self.kept_apart(question, by, of) && !lifted {
            return Answer::deny("interconnect");
        }
        if self.both_public_without_consent(by, of) && self.broken != "fetch.public-to-public" {
            return Answer::deny("public-to-public");
        }
        let inside = by.inside.is_some() || self.broken == "fetch.route";
        let to = if self.broken == "fetch.to" { &question.of } else { &question.by };
        Answer {
            to: Some(to.clone()),
            ..Answer::new(Verdict::Allow, if inside { "internal" } else { "route" })
        }
    }

    /// The rule by which a party may take nobody's call.
    fn may_not_take(&self, feature: Taking, by: Standing<'_>) -> Option<&'static str> {
        if by.cos == 0 && self.broken != "fetch.cos.none" {
            return Some("cos.none");
        }
        if by.cor == 0 && self.broken != "fetch.cor.none" {
            return Some("cor.none");
        }
        // R44: nobody who is off hook does anything before that code, and none is given here.
        let mut forced = self.has(by.cos, "forced-verified-account-code") && self.broken != "fetch.code"
            || self.has(by.cos, "forced-non-verified-account-code") && self.broken == "fetch.code.other";
        if by.trunk.is_some() && self.broken == "fetch.code.trunk" {
            forced = false;
        }
        if forced && self.broken == "fetch.code.early" {
            return Some("account-code.forced-verified");
        }
        let needed = match (feature, self.broken) {
            (Taking::Pickup, "fetch.pickup") => "park",
            (Taking::Retrieve, "fetch.retrieve") => "pickup",
            (Taking::Pickup, _) => "pickup",
            (Taking::Retrieve, _) => "park",
        };
        if !self.has(by.cos, needed) && self.broken != "fetch.feature" {
            return Some("cos.feature");
        }
        forced.then_some("account-code.forced-verified")
    }

    /// Whether somebody would be joined with itself. Behind a trunk there are two.
    fn takes_its_own(&self, by: Standing<'_>, of: Standing<'_>) -> bool {
        let trunks = by.trunk.is_some() && by.trunk == of.trunk;
        let user = by.inside.is_some_and(|inside| self.breaks_for_users(inside, "fetch.self.user"));
        let inside = || by.inside.zip(of.inside).is_some_and(|(by, of)| self.same(by, of, "fetch.self"));
        trunks && self.broken == "fetch.self.trunk" || !user && inside()
    }

    /// R36: From is who waits, To is who answers; who was called did not call, so that the other way counts as well.
    fn kept_apart(&self, question: &Fetch, by: Standing<'_>, of: Standing<'_>) -> bool {
        let (mut from, mut to) = (of.interconnect, by.interconnect);
        if self.broken == "fetch.interconnect.direction" {
            (from, to) = (to, from);
        }
        let forth = self.restricted(from, to) && self.broken != "fetch.interconnect";
        let back = self.restricted(to, from);
        let both = match self.broken {
            "fetch.called" => false,
            "fetch.called.always" => self.strict(36),
            _ => question.called && self.strict(36),
        };
        if self.broken == "fetch.open" && !self.strict(36) {
            return false;
        }
        forth || both && back
    }

    /// R25: two public trunks, and not both of them consent.
    fn both_public_without_consent(&self, by: Standing<'_>, of: Standing<'_>) -> bool {
        let public = |party: Standing<'_>| {
            party.trunk.is_some_and(|trunk| trunk.public || self.broken == "fetch.public-to-public.private")
        };
        let consents = |party: Standing<'_>| self.has(party.cos, "public-to-public");
        let joined = match self.broken {
            "fetch.public-to-public.one" => consents(by) || consents(of),
            _ => consents(by) && consents(of),
        };
        public(by) && public(of) && !joined
    }
}
