//! Differences that are known and wait for their correction: each with what exactly is let through, and counted.
//!
//! One that no longer occurs costs nothing and can go.

use super::answer::{Answers, contradictions};
use super::attempts::Attempt;
use super::policy::Policy;
use strowger_testkit::model::{EmergencyRow, Use};
use strowger_testkit::oracle::Party;

/// The known difference that these answers show, if they show nothing else.
pub(crate) fn known(policy: &Policy, attempt: &Attempt, answers: &Answers) -> Option<&'static str> {
    emergency_of_a_trunk(policy, attempt, answers)
}

/// On the wire an emergency call of a trunk's far end is nobody's: it leaves by the row's own `use`, although the trunk's
/// zone has emergency routes (policy language: the zone's `emergency` routes, else the row's `use`).
fn emergency_of_a_trunk(policy: &Policy, attempt: &Attempt, answers: &Answers) -> Option<&'static str> {
    let (_, wire) = answers.iter().find(|(end, _)| *end == "wire")?;
    let (_, explain) = answers.iter().find(|(end, _)| *end == "explain")?;
    if !matches!(attempt.from, Party::Trunk(_)) || explain.get("rule") != "emergency" {
        return None;
    }
    let rows = policy.model.emergency.iter().filter(|row| attempt.sent.starts_with(&row.string()));
    let to = match rows.min_by_key(|row| EmergencyRow::string(row).len())?.to {
        Use::Route(id) => id,
        Use::List(id) => policy.model.route_lists.iter().find(|list| list.id == id)?.choices.first()?.route,
        Use::Plan(_) => return None,
    };
    let route = policy.model.routes.iter().find(|route| route.id == to)?;
    if wire.get("to") != format!("trunk:{}", route.trunk) {
        return None;
    }
    let mut corrected = answers.clone();
    let wire = corrected.iter_mut().find(|(end, _)| *end == "wire")?;
    wire.1.set("to", explain.get("to"));
    contradictions(&corrected)
        .is_empty()
        .then_some("an emergency call of a trunk leaves by the row's routes, not its zone's")
}
