//! A member of a hunt group is to ring for who has called the group (R36).

use super::{Answer, Oracle, Party, Verdict};
use crate::model::Mode;

impl Oracle<'_> {
    /// Only the matrix is asked, from who calls to who is to ring, whatever classes they have; nobody rings for itself.
    pub(super) fn hunted(&self, caller: &Party, member: &str, mode: Mode) -> Answer {
        let to = Party::Device(member.to_owned());
        let (from, rings) = (self.standing(caller, mode), self.standing(&to, mode));
        let itself = from.inside.zip(rings.inside).is_some_and(|(from, to)| self.same(from, to, "hunt.self"));
        if itself && self.broken != "hunt.self" {
            return Answer::deny("call.self");
        }
        let apart = match self.broken {
            "hunt.interconnect" => false,
            "hunt.interconnect.direction" => self.restricted(rings.interconnect, from.interconnect),
            _ => self.restricted(from.interconnect, rings.interconnect),
        };
        if apart {
            return Answer::deny("interconnect");
        }
        if self.broken == "hunt.classes" && (rings.cos == 0 || rings.cor == 0) {
            return Answer::deny("cos.none");
        }
        let outpulsed = Some(member.to_owned());
        Answer { to: Some(to), outpulsed, ..Answer::new(Verdict::Allow, "internal") }
    }
}
