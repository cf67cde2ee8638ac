//! Speed calls: a device dials a code, and everything is decided as if it had dialed the number (R27). An exempt one
//! asks for no COR, and is otherwise a call like any other.

use super::caller::Caller;
use super::{Feature, Oracle};
use crate::model::SpeedCall;

impl<'a> Oracle<'a> {
    /// The speed call whose code exactly these digits are.
    pub(super) fn speed_call(&self, dialed: &str) -> Option<&'a SpeedCall> {
        self.model.speed_calls.iter().find(|row| {
            let more = self.broken == "speed.more" && dialed.starts_with(&row.code);
            dialed == row.code || more
        })
    }

    /// Phones dial codes, for themselves and for others; trunks do not.
    pub(super) fn may_dial_codes(&self, caller: &Caller<'_>) -> bool {
        let sets = self.only_sets(caller);
        let unread = match caller.other.map(|(feature, _)| feature) {
            None => self.broken == "speed",
            Some(Feature::Transfer) => self.broken == "speed.transfer",
            Some(Feature::Forward { .. }) if sets && self.broken == "speed.forward.sets" => true,
            Some(Feature::Forward { user: true }) => self.broken == "speed.forward.user",
            Some(Feature::Forward { user: false }) => self.broken == "speed.forward.administrator",
        };
        let dials = caller.inside.is_some_and(|inside| !self.breaks_for_users(inside, "user.speed"));
        !unread && (dials || caller.trunk.is_some() && self.broken == "speed.trunk")
    }

    /// Whether the digits are a code that this caller cannot dial, or one with more behind it: no row matches them, and
    /// they are a vacant number like any other. Leading Digits come first, as always.
    pub(super) fn is_nobodys(&self, caller: &Caller<'_>, number: &str) -> bool {
        caller.speed.is_none() && self.model.speed_calls.iter().any(|row| number.starts_with(&row.code))
    }

    /// The codes that somebody may have begun to dial.
    pub(super) fn codes_begun(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let known = self.broken != "speed.incomplete";
        self.model.speed_calls.iter().filter(move |_| known).map(|row| row.code.as_str())
    }

    /// The digits that count for a check: those of the number, not of the code.
    pub(super) fn digits_counted<'n>(&self, caller: &Caller<'n>, number: &'n str, check: &str) -> &'n str {
        match caller.speed {
            Some(row) if self.broken.strip_prefix("speed.counts.") == Some(check) => &row.code,
            _ => number,
        }
    }

    pub(super) fn exempt(&self, speed: Option<&SpeedCall>) -> bool {
        speed.is_some_and(|row| match self.broken {
            "speed.exempt" => false,
            "speed.restricted" => true,
            _ => row.cor_exempt,
        })
    }

    /// Whether a check looks at the COR of who dials.
    pub(super) fn asks_cor(&self, caller: &Caller<'_>, check: &str) -> bool {
        !self.exempt(caller.speed) || self.broken.strip_prefix("speed.asks.") == Some(check)
    }

    /// The same for the party on whose behalf it dials: that it has none and what its classes are counts all the same.
    pub(super) fn asks_the_others_cor(&self, caller: &Caller<'_>, check: &str) -> bool {
        let asked = matches!(check, "cor.none" | "class") || !self.exempt(caller.speed);
        let wrong = self.exempt(caller.speed) && self.broken.strip_prefix("speed.other.") == Some(check);
        asked != wrong
    }

    /// What a broken oracle takes for exempt too; the right one nothing.
    pub(super) fn lifts(&self, caller: &Caller<'_>, check: &str) -> bool {
        self.exempt(caller.speed) && self.broken.strip_prefix("speed.lifts.") == Some(check)
    }
}
