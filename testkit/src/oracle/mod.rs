//! A second opinion on decisions: every row is looked at, nothing is prepared, nothing is clever.
//!
//! Written from the description of the policy language alone, so that the engine and this can only be wrong in the
//! same way by both misreading the same sentence. [`BREAKAGES`] makes it wrong on purpose, one rule at a time: a
//! comparison that does not notice that would not notice a faulty engine either.

mod ask;
mod attended;
mod behalf;
mod caller;
mod classes;
mod codes;
mod emergency;
mod fetch;
mod hunt;
mod names;
mod names_on_behalf;
mod numbers;
mod outpulse;
mod plan;
mod routes;
mod rows;
mod speed;
#[cfg(test)]
mod tests;
mod users;
mod when;

pub use ask::{Answer, Attempt, Attended, Behalf, Feature, Fetch, Party, Reached, Taking, Verdict};
pub use names::{BREAKAGES, RULES_IN_FORCE, RULES_ON_BEHALF};
pub use names_on_behalf::BREAKAGES_ON_BEHALF;
pub use when::When;

use crate::model::{Mode, Model, Route};
use caller::Caller;
use users::Inside;

/// Digits that can be dialed or outpulsed.
pub const LONGEST: usize = 47;

/// Decides. `free` tells whether a trunk has a channel left, `broken` names one of [`BREAKAGES`].
///
/// # Panics
/// If the model refers to something that it does not have: this is no validator.
pub fn decide(model: &Model, attempt: &Attempt, free: &dyn Fn(&str) -> bool, broken: Option<&str>) -> Answer {
    let oracle = Oracle { model, free, broken: broken.unwrap_or_default() };
    oracle.decide(attempt)
}

/// Decides whether a transferor may join the parties of its two calls. `broken` names one of [`BREAKAGES_ON_BEHALF`].
///
/// # Panics
/// If the question names somebody whom the model does not have, or its second call was not made.
pub fn attended(model: &Model, question: &Attended, broken: Option<&str>) -> Answer {
    let oracle = Oracle { model, free: &|_| true, broken: broken.unwrap_or_default() };
    oracle.attended(question)
}

/// Decides whether somebody may take a call that waits for somebody else. `broken` names one of
/// [`BREAKAGES_ON_BEHALF`].
///
/// # Panics
/// If the question names somebody whom the model does not have.
pub fn fetched(model: &Model, question: &Fetch, broken: Option<&str>) -> Answer {
    let oracle = Oracle { model, free: &|_| true, broken: broken.unwrap_or_default() };
    oracle.fetched(question)
}

/// Decides whether a member of a hunt group may ring for who has called that. `broken`: `hunt.self`, `hunt.self.phone`,
/// `hunt.interconnect`, `hunt.interconnect.direction`, `hunt.classes`.
///
/// # Panics
/// If the question names somebody whom the model does not have.
pub fn hunted(model: &Model, caller: &Party, member: &str, mode: Mode, broken: Option<&str>) -> Answer {
    let oracle = Oracle { model, free: &|_| true, broken: broken.unwrap_or_default() };
    oracle.hunted(caller, member, mode)
}

/// Decides whether the phone where a user is logged in may ring for who has called the user. `broken`: `seated.self`,
/// `seated.self.user`, `seated.interconnect`, `seated.interconnect.direction`, `seated.classes`, `seated.to`,
/// `user.interconnect`.
///
/// # Panics
/// If the question names somebody whom the model does not have.
pub fn seated(
    model: &Model,
    caller: &Party,
    user: &str,
    at: &str,
    mode: Mode,
    broken: Option<&str>,
) -> Answer {
    let oracle = Oracle { model, free: &|_| true, broken: broken.unwrap_or_default() };
    oracle.seated(caller, user, at, mode)
}

/// The service mode that holidays and schedules set.
#[must_use]
pub fn scheduled(model: &Model, when: When) -> Mode {
    when::mode(model, when, "")
}

/// The routes that an emergency call may take, in the order of the list: all of them are tried. None if the attempt
/// is no emergency call.
///
/// # Panics
/// If the model refers to something that it does not have.
#[must_use]
pub fn emergency_routes(model: &Model, attempt: &Attempt) -> Vec<u16> {
    let oracle = Oracle { model, free: &|_| true, broken: "" };
    let caller = oracle.caller(attempt);
    let row = oracle.emergency_row(&attempt.dialed);
    row.map_or_else(Vec::new, |row| oracle.emergency_routes(&caller, row).iter().map(|r| r.id).collect())
}

/// The plan's class of what is outpulsed.
#[must_use]
pub fn built_in_class(model: &Model, outpulsed: &str) -> &'static str {
    plan::class(model, outpulsed)
}

/// What rows are looked up for: behind a trunk's inbound rows, with `+` rewritten, behind a code whoever dials it.
pub(crate) fn number_dialed(model: &Model, attempt: &Attempt) -> Option<String> {
    let oracle = Oracle { model, free: &|_| true, broken: "" };
    let called = oracle.called(&oracle.caller(attempt), attempt)?;
    let number = oracle.rewritten(&called).unwrap_or(called);
    Some(oracle.speed_call(&number).map_or(number, |row| row.number.clone()))
}

/// What a route sends of a dialed number, before the trunk's number format.
pub(crate) fn modified(model: &Model, route: &Route, dialed: &str) -> Option<String> {
    let oracle = Oracle { model, free: &|_| true, broken: "" };
    oracle.outpulsed(route, &dialed.chars().collect::<Vec<_>>()).ok()
}

struct Oracle<'a> {
    model: &'a Model,
    free: &'a dyn Fn(&str) -> bool,
    broken: &'a str,
}

impl<'a> Oracle<'a> {
    /// In the order of the policy language.
    fn decide(&self, attempt: &Attempt) -> Answer {
        let mut caller = self.caller(attempt);
        if let Some(row) = self.emergency_row(&attempt.dialed)
            && !self.kept_from_help(&caller, attempt)
        {
            if self.diverted_to_help(&caller) {
                return Answer::deny("forward.emergency");
            }
            return self.emergency(&caller, row, &attempt.dialed);
        }
        let Some(called) = self.called(&caller, attempt) else {
            return Answer::deny("number.vacant");
        };
        // What an inbound row leads to is dialed like anything else.
        if let Some(row) = self.emergency_row(&called)
            && !self.kept_from_help(&caller, attempt)
            && self.broken != "inbound.emergency"
        {
            return self.emergency(&caller, row, &called);
        }
        let rewritten = self.rewritten(&called);
        let mut number = rewritten.unwrap_or(called);
        caller.speed = self.speed_call(&number).filter(|_| self.may_dial_codes(&caller));
        if let Some(row) = caller.speed {
            number.clone_from(&row.number);
        }
        if attempt.locked_out && self.broken != "lockout" && !self.lifts(&caller, "lockout") {
            return Answer::deny("lockout");
        }
        if let Some(answer) = self.code(&mut caller, attempt) {
            return answer;
        }
        if caller.cos == 0 && self.broken != "cos.none" && !self.lifts(&caller, "cos.none") {
            return Answer::deny("cos.none");
        }
        if caller.cor == 0 && self.broken != "cor.none" && !self.lifts(&caller, "cor.none") {
            return Answer::deny("cor.none");
        }
        if self.may_not_transfer(&caller) && self.broken != "transfer.feature" {
            return Answer::deny("cos.feature");
        }
        if self.too_many_digits(&caller, &number) && self.broken != "max-digits" {
            return Answer::deny("max-digits");
        }
        if let Some(rule) = self.too_many_for_the_other(&caller, &number) {
            return Answer::deny(rule);
        }
        if let Some(rule) = self.cannot_be_dialed(&number) {
            return Answer::deny(rule);
        }
        if let Some(called) = self.number(&number).filter(|called| !self.nobody_there(*called)) {
            return self.internal(&caller, called);
        }
        self.outside(&caller, &number)
    }

    /// Leading Digits, then the ARS row and where it leads.
    fn outside(&self, caller: &Caller<'_>, number: &str) -> Answer {
        let dialed: Vec<char> = number.chars().collect();
        let nobodys = self.is_nobodys(caller, number);
        let row = self.ars_row(&dialed).filter(|_| !nobodys);
        if nobodys && self.broken == "speed.vacant.early" {
            return Answer::deny("number.vacant");
        }
        let kept_inside = self.may_not_divert_outside(caller);
        if kept_inside && self.broken == "forward.external.early" {
            return Answer::deny("cos.feature");
        }
        let counted: Vec<char> = self.digits_counted(caller, number, "leading").chars().collect();
        if self.leading_denies(caller, &counted) && self.broken != "cor.leading" {
            let may_become_emergency = self.model.emergency.iter().any(|e| e.string().starts_with(number));
            if row.is_some() || !may_become_emergency || self.broken == "cor.leading.deferral" {
                return Answer::deny("cor.leading");
            }
        }
        match row {
            Some(row) if kept_inside => {
                let ordinary = self.routes(caller, row, &dialed);
                let closed = ordinary.rule == "route-plan.closed" && self.broken == "forward.external.late";
                if closed { ordinary } else { Answer::deny("cos.feature") }
            }
            Some(row) => self.routes(caller, row, &dialed),
            None if nobodys => Answer::deny("number.vacant"),
            None if self.begins_something(&dialed) != (self.broken == "number.incomplete") => {
                Answer::deny("number.incomplete")
            }
            None if self.broken == "number.vacant" => Answer::deny("number.invalid"),
            None => Answer::deny("number.vacant"),
        }
    }

    /// What a broken oracle takes for nobody's number; the right one none.
    fn nobody_there(&self, called: Inside<'_>) -> bool {
        called.device.is_none() && self.broken == "user.number"
    }

    fn internal(&self, caller: &Caller<'_>, called: Inside<'_>) -> Answer {
        if let Some((feature, other)) = caller.other {
            return self.joined_inside(caller, feature, other, called);
        }
        let itself = caller.inside.is_some_and(|inside| self.same(inside, called, "call.self"));
        if itself && self.broken != "call.self" {
            return Answer::deny("call.self");
        }
        let there = self.standing_inside(called, caller.mode);
        if self.broken == "user.number.classes"
            && called.device.is_none()
            && (there.cos == 0 || there.cor == 0)
        {
            return Answer::deny("cos.none");
        }
        let (mut from, mut to) = (caller.interconnect, there.interconnect);
        if self.broken == "interconnect.internal" {
            (from, to) = (to, from);
        }
        if self.restricted(from, to) && !self.lifts(caller, "interconnect") {
            return Answer::deny("interconnect");
        }
        reached_inside(called)
    }

    fn restricted(&self, from: u8, to: u8) -> bool {
        self.model.restricted.contains(&(from, to))
    }

    fn blocks(&self, group: u8, cor: u8) -> bool {
        self.model.cor_groups.iter().find(|g| g.id == group).expect("the group exists").members.contains(&cor)
    }

    fn has(&self, cos: u8, feature: &str) -> bool {
        self.model.cos.iter().any(|class| class.id == cos && class.features.contains(&feature))
    }
}

/// A user's number is what is reached, wherever its user may be.
fn reached_inside(called: Inside<'_>) -> Answer {
    let dn = called.dn().to_owned();
    Answer {
        to: Some(Party::Device(dn.clone())),
        outpulsed: Some(dn),
        ..Answer::new(Verdict::Allow, "internal")
    }
}
