//! Attended transfers: both calls are there, and two of their parties are to be joined.

use super::caller::Standing;
use super::{Answer, Attended, Oracle, Party, Reached, Verdict, classes};
use crate::model::{Action, Mode};

impl Oracle<'_> {
    pub(super) fn attended(&self, question: &Attended) -> Answer {
        if let Reached::Called { answer, .. } = &question.to
            && answer.verdict == Verdict::Emergency
            && self.broken != "attended.emergency"
        {
            // Help is never kept from anybody.
            return answer.clone();
        }
        let mode = if self.broken == "attended.mode" { Mode::Day } else { question.mode };
        let by = self.standing(&question.by, mode);
        let of = self.standing(&question.of, mode);
        if by.cos == 0 && self.broken != "attended.cos.none" {
            return Answer::deny("cos.none");
        }
        if !self.has(by.cos, "transfer") && self.broken != "attended.feature" {
            return Answer::deny("cos.feature");
        }
        let second = match &question.to {
            Reached::Called { answer, .. } => answer.to.as_ref().expect("the call was made"),
            Reached::Caller(party) => party,
        };
        let second_standing = self.standing(second, mode);
        // Behind a trunk, or where nobody is known, the two are not the same.
        let inside = of.inside.zip(second_standing.inside);
        let itself = inside.is_some_and(|(of, second)| self.same(of, second, "attended.self"))
            || question.of == *second && self.broken == "attended.self.trunk";
        if itself && self.broken != "attended.self" {
            return Answer::deny("call.self");
        }
        if let Reached::Called { dialed, answer } = &question.to
            && let Some(denial) = self.closed_to_the_outside(of, dialed, answer)
        {
            return denial;
        }
        let overrides =
            self.has(by.cos, "override-interconnect-on-transfer") && self.broken != "attended.override";
        if self.not_connected(by, of, second_standing) && !overrides {
            return Answer::deny("interconnect");
        }
        let waived = overrides && self.broken == "attended.override.public";
        if self.not_both_public(of, second_standing) && !waived {
            return Answer::deny("public-to-public");
        }
        match &question.to {
            Reached::Called { answer, .. } => Answer { verdict: Verdict::Allow, ..answer.clone() },
            Reached::Caller(party) => {
                let outside = matches!(party, Party::Trunk(_)) && self.broken != "attended.caller";
                let rule = if outside { "route" } else { "internal" };
                Answer { to: Some(party.clone()), ..Answer::new(Verdict::Allow, rule) }
            }
        }
    }

    /// R33: what is closed to the COR of an outside party on the route of the second call.
    fn closed_to_the_outside(&self, of: Standing<'_>, dialed: &str, answer: &Answer) -> Option<Answer> {
        let route = self.model.routes.iter().find(|route| Some(route.id) == answer.route)?;
        if of.trunk.is_none() && self.broken != "attended.cor.device" || !self.strict(33) {
            return None;
        }
        let number = self.rewritten(dialed).unwrap_or_else(|| dialed.to_owned());
        let speed = self.speed_call(&number);
        let exempt = self.exempt(speed);
        if of.cor == 0
            && self.broken != "attended.cor.none"
            && !(exempt && self.broken == "attended.speed.cor.none")
        {
            return Some(Answer { route: Some(route.id), ..Answer::deny("cor.none") });
        }
        let blocked = route.cor_group.is_some_and(|group| self.blocks(group, of.cor));
        let asked = !exempt || self.broken == "attended.speed.route";
        if blocked && asked && self.broken != "attended.route" {
            return Some(Answer { route: Some(route.id), ..Answer::deny("cor.route") });
        }
        let public = self.trunk(&route.trunk).public || self.broken == "attended.class.private";
        let lifted = exempt && self.broken == "attended.speed.class";
        if !public || lifted || self.broken == "attended.class" {
            return None;
        }
        let number = match speed {
            Some(row) if self.broken != "attended.speed.number" => row.number.clone(),
            _ => number,
        };
        let digits: Vec<char> = number.chars().collect();
        let mut outpulsed = self.outpulsed(route, &digits).unwrap_or_default();
        if self.broken == "attended.class.dialed" {
            outpulsed = number;
        }
        let (class, action) = classes::judged(self.model, &outpulsed, of.cor, self.broken);
        (action == Action::Deny).then(|| Answer {
            route: Some(route.id),
            class: Some(class),
            ..Answer::deny("class.denied")
        })
    }

    fn not_connected(&self, by: Standing<'_>, of: Standing<'_>, second: Standing<'_>) -> bool {
        match self.broken {
            "attended.interconnect" => self.restricted(by.interconnect, second.interconnect),
            "attended.interconnect.direction" => self.restricted(second.interconnect, of.interconnect),
            _ => self.restricted(of.interconnect, second.interconnect),
        }
    }

    /// R25, R32: two public trunks, and not both of them consent.
    fn not_both_public(&self, of: Standing<'_>, second: Standing<'_>) -> bool {
        let public = |party: Standing<'_>| party.trunk.is_some_and(|trunk| trunk.public);
        let consents = |party: Standing<'_>| self.has(party.cos, "public-to-public");
        let joined = match self.broken {
            "attended.public-to-public" => consents(of) || consents(second),
            _ => consents(of) && consents(second),
        };
        public(of) && public(second) && !joined
    }
}
