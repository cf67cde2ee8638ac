//! Where a row leads: the cell of a route plan, the choices of a list, what each of them must pass, limits.

use super::caller::Caller;
use super::{Answer, Oracle, Party, Verdict, classes, when};
use crate::model::{Action, ArsRow, Mode, PerMode, Profile, Route, Use};

impl<'a> Oracle<'a> {
    pub(super) fn choices(&self, to: Use) -> Vec<(&'a Route, bool)> {
        let route = |id| self.model.routes.iter().find(|r| r.id == id).expect("the route exists");
        match to {
            Use::Route(id) => vec![(route(id), false)],
            Use::Plan(_) => Vec::new(),
            Use::List(id) => {
                let list = self.model.route_lists.iter().find(|l| l.id == id).expect("the route list exists");
                list.choices.iter().map(|choice| (route(choice.route), choice.warning_tone)).collect()
            }
        }
    }

    pub(super) fn routes(&self, caller: &Caller<'_>, row: &ArsRow, dialed: &[char]) -> Answer {
        let to = match row.to {
            Use::Plan(id) => {
                let plan = self.model.plans.iter().find(|plan| plan.id == id).expect("the plan exists");
                match when::zone(plan, caller.when, self.broken) {
                    Some(to) => to,
                    None if self.lifts(caller, "route-plan") => plan.zones[0].1,
                    None => return Answer::deny("route-plan.closed"),
                }
            }
            to => to,
        };
        let mut choices = self.choices(to);
        let exempt = choices.first().is_some_and(|(route, _)| self.model.without_code.contains(&route.id));
        let forced = self.has(caller.cos, "forced-non-verified-account-code") && !caller.code;
        let asks = forced && (!exempt || self.broken == "code.exempt") && self.broken != "code.forced";
        let asks = asks && !self.lifts(caller, "account-code");
        if self.broken == "list.order" {
            choices.reverse();
        }
        let mut denials: Vec<(&'static str, u16, Option<String>)> = Vec::new();
        let mut busy = false;
        for (route, warning) in choices {
            let mut class = None;
            match self.choice(caller, route, dialed, &mut class) {
                Ok((outpulsed, watched)) => {
                    let public = self.trunk(&route.trunk).public || self.broken == "limit.private";
                    let limit = if public { self.exceeded(caller) } else { None };
                    let limit = limit.filter(|_| !(self.broken == "code.limits" && asks));
                    let limit = limit.filter(|_| !self.lifts(caller, "limits"));
                    if let Some(rule) = limit {
                        return Answer { route: Some(route.id), class, ..Answer::deny(rule) };
                    }
                    if asks {
                        let answer = Answer::deny("account-code.forced");
                        return self.asks(caller, Answer { route: Some(route.id), class, ..answer });
                    }
                    return Answer {
                        to: Some(Party::Trunk(route.trunk.clone())),
                        outpulsed: Some(outpulsed),
                        route: Some(route.id),
                        warning: warning && self.broken != "list.warning",
                        class,
                        watched: watched && self.broken != "class.watch",
                        ..Answer::new(Verdict::Allow, "route")
                    };
                }
                Err("trunk.busy") if self.broken != "trunk.busy" => busy = true,
                Err(rule) => denials.push((rule, route.id, class.filter(|_| rule == "class.denied"))),
            }
            if self.broken == "list.skip" && !denials.is_empty() {
                break;
            }
        }
        let reason = if self.broken == "list.reason" { denials.last() } else { denials.first() };
        match reason {
            Some((rule, route, class)) if !busy => {
                Answer { route: Some(*route), class: class.clone(), ..Answer::deny(rule) }
            }
            _ => Answer::deny("trunk.busy"),
        }
    }

    /// The limit that one more public call would break.
    fn exceeded(&self, caller: &Caller<'_>) -> Option<&'static str> {
        let strict = self.model.profile == Profile::Strict && self.broken != "limit.strict";
        let (rate, at_once) = self.model.limits;
        let (now, begun) = caller.calls;
        let over = |most: Option<u16>, default: u16, count: u16| {
            most.or_else(|| strict.then_some(default)).is_some_and(|most| count >= most)
        };
        if over(at_once, 2, now) && self.broken != "limit.calls" {
            Some("limit.calls")
        } else if over(rate, 6, begun) && self.broken != "limit.rate" {
            Some("limit.rate")
        } else {
            None
        }
    }

    /// What this choice sends and whether its class is watched, or the rule that it breaks.
    fn choice(
        &self,
        caller: &Caller<'_>,
        route: &Route,
        dialed: &[char],
        class: &mut Option<String>,
    ) -> Result<(String, bool), &'static str> {
        let trunk = self.trunk(&route.trunk);
        if route.emergency && self.broken != "route.emergency-only" {
            return Err("route.emergency-only");
        }
        let labelled = route.cor_group.is_some_and(|group| {
            let empty = self.model.cor_groups.iter().any(|g| g.id == group && g.members.is_empty());
            !(empty && self.broken == "cor.unlabelled.empty")
        });
        let strict = self.model.profile == Profile::Strict && self.broken != "cor.unlabelled";
        if strict && trunk.public && !labelled && !self.lifts(caller, "cor.unlabelled") {
            return Err("cor.unlabelled");
        }
        let asked = self.asks_cor(caller, "route") && self.broken != "cor.route";
        if asked && route.cor_group.is_some_and(|group| self.blocks(group, caller.cor)) {
            return Err("cor.route");
        }
        if let (Some(group), Some(cor)) = (route.cor_group, self.counted(caller, "route"))
            && self.blocks(group, cor)
        {
            return Err("cor.route");
        }
        let outpulsed = self.outpulsed(route, dialed)?;
        let mut watched = false;
        if trunk.public || self.broken == "class.private" {
            let (name, action) = classes::judged(self.model, &outpulsed, caller.cor, self.broken);
            *class = Some(name);
            watched = action == Action::Watch;
            if let Some(denied) = self.denied_class(caller, &outpulsed) {
                *class = Some(denied);
                return Err("class.denied");
            }
        }
        let (mut from, mut to) = (self.joined_number(caller), trunk.interconnect);
        if self.broken == "interconnect" {
            (from, to) = (to, from);
        }
        let lifted = self.overrides(caller) || self.lifts(caller, "interconnect");
        if self.restricted(from, to) && !lifted && !self.only_sets(caller) {
            return Err("interconnect");
        }
        let waived = self.overrides(caller) && self.broken == "transfer.override.public"
            || self.lifts(caller, "public-to-public");
        if let Some(inbound) = self.joined_trunk(caller).filter(|_| !waived)
            && inbound.public
            && trunk.public
        {
            let (one, other) = (self.joins(inbound.cos, caller.mode), self.joins(trunk.cos, caller.mode));
            let joined = if self.broken == "public-to-public" { one || other } else { one && other };
            if !joined {
                return Err("public-to-public");
            }
        }
        if (self.free)(&trunk.name) { Ok((self.sent(trunk, outpulsed), watched)) } else { Err("trunk.busy") }
    }

    /// The class of a number that is denied to one of those whose COR counts.
    fn denied_class(&self, caller: &Caller<'_>, outpulsed: &str) -> Option<String> {
        if self.lifts(caller, "class") {
            return None;
        }
        let denied = |cor| {
            // 0 is in no group.
            let cor = if self.lifts(caller, "class.group") { 0 } else { cor };
            let (name, action) = classes::judged(self.model, outpulsed, cor, self.broken);
            (action == Action::Deny).then_some(name)
        };
        let in_force = || denied(caller.cor).filter(|_| self.broken != "class.denied");
        // No code lifts what is denied to the station itself (R52).
        let lifted = caller.own_cor != caller.cor && self.broken != "code.class";
        let own = || lifted.then(|| denied(caller.own_cor)).flatten();
        let Some((feature, _)) = caller.other else { return own().or_else(in_force) };
        let other = || {
            let name = self.counted(caller, "class").and_then(denied)?;
            let renamed = self.breaks(feature, "class.name");
            Some(if renamed {
                classes::judged(self.model, outpulsed, caller.cor, self.broken).0
            } else {
                name
            })
        };
        in_force().or_else(own).or_else(other)
    }

    fn joins(&self, cos: PerMode, mode: Mode) -> bool {
        self.has(cos.of(mode), "public-to-public")
    }
}
