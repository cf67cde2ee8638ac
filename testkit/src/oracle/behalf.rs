//! Calls on somebody's behalf: blind transfers, and diversions. Who acts is checked like any caller; who is joined with
//! the destination is checked here.

use super::caller::{Caller, Standing};
use super::users::Inside;
use super::{Answer, Feature, Oracle, reached_inside};
use crate::model::Trunk;

impl Oracle<'_> {
    /// Nobody's phone calls for help when a call is diverted there.
    pub(super) fn diverted_to_help(&self, caller: &Caller<'_>) -> bool {
        diverts(caller) && self.broken != "forward.emergency"
    }

    /// Whether who acts lacks the feature for a transfer.
    pub(super) fn may_not_transfer(&self, caller: &Caller<'_>) -> bool {
        let cos = if self.broken == "transfer.feature.code" { caller.own_cos } else { caller.cos };
        matches!(caller.other, Some((Feature::Transfer, _))) && !self.has(cos, "transfer")
    }

    /// The rule by which the other party may not be joined with a number of this length.
    pub(super) fn too_many_for_the_other(&self, caller: &Caller<'_>, number: &str) -> Option<&'static str> {
        if self.counted(caller, "cor.none") == Some(0) {
            return Some("cor.none");
        }
        let cor = self.counted(caller, "max-digits")?;
        self.exceeds(cor, self.digits_counted(caller, number, "max-digits")).then_some("max-digits")
    }

    /// The other party's COR, if it counts beside the COR of who acts; `check` is what it would count for.
    pub(super) fn counted(&self, caller: &Caller<'_>, check: &str) -> Option<u8> {
        let (feature, other) = caller.other?;
        let counts = match feature {
            // R33: of the outside half only.
            Feature::Transfer => {
                self.strict(33) && (other.trunk.is_some() || self.broken == "transfer.cor.device")
            }
            // R26: whoever it is.
            Feature::Forward { .. } => {
                self.strict(26) && (other.inside.is_none() || self.broken != "forward.cor.device")
            }
        };
        (counts && self.asks_the_others_cor(caller, check) && !self.breaks(feature, check))
            .then_some(other.cor)
    }

    /// To a device or a user's number, on somebody's behalf.
    pub(super) fn joined_inside(
        &self,
        caller: &Caller<'_>,
        feature: Feature,
        other: Standing<'_>,
        called: Inside<'_>,
    ) -> Answer {
        let check = match feature {
            Feature::Transfer => "transfer.self",
            Feature::Forward { .. } => "forward.self",
        };
        let is_called = |inside: Option<Inside<'_>>| inside.is_some_and(|one| self.same(one, called, check));
        let (by, of) = (is_called(caller.inside), is_called(other.inside));
        let itself = by && !self.breaks(feature, "self.by") || of && !self.breaks(feature, "self.of");
        if itself && self.broken == "forward.internal.order" {
            return Answer::deny("call.self");
        }
        if let Feature::Forward { user } = feature {
            let needed = user || self.broken == "forward.internal.administrator";
            if needed && !self.has(caller.cos, "forward-internal") && self.broken != "forward.internal" {
                return Answer::deny("cos.feature");
            }
        }
        if itself {
            return Answer::deny("call.self");
        }
        let there = self.standing_inside(called, caller.mode).interconnect;
        let (mut from, mut to) = (self.joined_number(caller), there);
        if self.broken == "interconnect.internal" {
            (from, to) = (to, from);
        }
        if self.restricted(from, to) && !self.overrides(caller) && !self.only_sets(caller) {
            return Answer::deny("interconnect");
        }
        reached_inside(called)
    }

    /// Whether a call may not be diverted outside, wherever outside.
    pub(super) fn may_not_divert_outside(&self, caller: &Caller<'_>) -> bool {
        let Some((Feature::Forward { user }, other)) = caller.other else { return false };
        if self.lifts(caller, "forward.external") {
            return false;
        }
        let needed = user || self.broken != "forward.external.administrator";
        if needed && !self.has(caller.cos, "forward-external") && self.broken != "forward.external" {
            return true;
        }
        // R24: nor for a caller who has no such feature.
        let caller_too = self.strict(24) && self.broken != "forward.external.caller";
        caller_too && !self.has(other.cos, "forward-external")
    }

    /// R22: who sets a number for its own calls joins nobody yet, so there is nobody to ask the matrix for.
    pub(super) fn only_sets(&self, caller: &Caller<'_>) -> bool {
        let itself = |other: Standing<'_>| other.inside.is_some() && other.inside == caller.inside;
        let sets = matches!(caller.other, Some((Feature::Forward { .. }, other)) if itself(other));
        sets && self.broken != "forward.sets"
    }

    /// The Interconnect Number of who is joined with the destination: From.
    pub(super) fn joined_number(&self, caller: &Caller<'_>) -> u8 {
        match caller.other {
            Some((feature, other)) if !self.breaks(feature, "interconnect") => other.interconnect,
            _ => caller.interconnect,
        }
    }

    /// The trunk of who is joined with the destination.
    pub(super) fn joined_trunk<'c>(&self, caller: &Caller<'c>) -> Option<&'c Trunk> {
        match caller.other {
            Some((feature, other)) if !self.breaks(feature, "public-to-public") => other.trunk,
            _ => caller.trunk,
        }
    }

    /// R31: who transfers may override Interconnect Restriction, who diverts may not.
    pub(super) fn overrides(&self, caller: &Caller<'_>) -> bool {
        let read = match caller.other {
            None => false,
            Some((Feature::Transfer, _)) => self.broken != "transfer.override",
            Some((Feature::Forward { .. }, _)) => self.broken == "forward.override",
        };
        read && self.has(caller.cos, "override-interconnect-on-transfer")
    }

    /// Whether a rule that policies may open is closed in this one.
    pub(super) fn strict(&self, rule: u8) -> bool {
        !self.model.open_rules.contains(&rule) || self.broken == format!("r{rule}")
    }

    /// Whether the oracle is broken in this check of this feature.
    pub(super) fn breaks(&self, feature: Feature, check: &str) -> bool {
        let name = match feature {
            Feature::Transfer => "transfer.",
            Feature::Forward { .. } => "forward.",
        };
        self.broken.strip_prefix(name) == Some(check)
    }
}

pub(super) const fn diverts(caller: &Caller<'_>) -> bool {
    matches!(caller.other, Some((Feature::Forward { .. }, _)))
}
