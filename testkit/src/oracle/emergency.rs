//! Emergency calls: matched first, exempt from everything.

use super::caller::Caller;
use super::{Answer, Attempt, Oracle, Party, Verdict};
use crate::model::{EmergencyRow, Route};

impl<'a> Oracle<'a> {
    /// The row whose string the digits begin with: it is complete on its last digit, whatever follows.
    pub(super) fn emergency_row(&self, dialed: &str) -> Option<&'a EmergencyRow> {
        let complete = self.model.emergency.iter().filter(|row| match self.broken {
            "emergency.later-digits" => dialed == row.string(),
            _ => dialed.starts_with(&row.string()),
        });
        if self.broken == "emergency.shortest" {
            complete.max_by_key(|row| row.string().len())
        } else {
            complete.min_by_key(|row| row.string().len())
        }
    }

    /// What a broken oracle lets come before emergency; the right one nothing.
    pub(super) fn kept_from_help(&self, caller: &Caller<'_>, attempt: &Attempt) -> bool {
        match self.broken {
            "emergency" => caller.cos == 0,
            "emergency.cor" => caller.cor == 0,
            "emergency.unknown" => attempt.from == Party::Unknown,
            "lockout.emergency" => attempt.locked_out,
            "max-digits.emergency" => self.too_many_digits(caller, &attempt.dialed),
            "transfer.emergency" => self.may_not_transfer(caller),
            "code.emergency" => self.has(caller.cos, "forced-verified-account-code"),
            _ => false,
        }
    }

    pub(super) fn emergency(&self, caller: &Caller<'_>, row: &EmergencyRow, dialed: &str) -> Answer {
        let routes = self.emergency_routes(caller, row);
        let free = routes.iter().find(|route| (self.free)(&route.trunk));
        let route = match free {
            Some(route) if self.broken != "emergency.free" => *route,
            // All are busy: a public call makes way on the first.
            _ => routes[0],
        };
        let mut outpulsed = row.outpulse.clone().unwrap_or_else(|| row.digits.clone());
        if self.broken == "emergency.outpulse" {
            outpulsed = dialed.to_owned();
        }
        if self.broken == "emergency.modification" {
            outpulsed = self.outpulsed(route, &dialed.chars().collect::<Vec<_>>()).unwrap_or_default();
        }
        Answer {
            to: Some(Party::Trunk(route.trunk.clone())),
            outpulsed: Some(outpulsed),
            route: Some(route.id),
            ..Answer::new(Verdict::Emergency, "emergency")
        }
    }

    /// The zone's own routes, else the row's.
    pub(super) fn emergency_routes(&self, caller: &Caller<'_>, row: &EmergencyRow) -> Vec<&'a Route> {
        let mut to = row.to;
        for zone in &self.model.zones {
            if caller.zone == Some(zone.name.as_str()) && self.broken != "emergency.zone" {
                to = zone.emergency.unwrap_or(to);
            }
        }
        self.choices(to).into_iter().map(|(route, _)| route).collect()
    }
}
