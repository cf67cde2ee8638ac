//! A hunt group is called, and one of its members is to ring.
//!
//! The group itself is a number like another, and has no Interconnect Number: whom a caller may be joined with is asked for
//! each member, from the caller to the member, when it is to ring (R36). A member that may not be reached is passed over. Its
//! COR says whom a party may dial, and it has dialed the group; the member dials nobody. Where calls go that no member takes
//! (`busy_to` …) is forwarding, on the group's own COS and COR ([`behalf`](super::behalf)).

use super::Mode;
use super::behalf::reached;
use super::decide::{at, caller};
use super::image::Image;
use super::routes::restricted;
use super::rule::Rule;
use super::verdict::{Authority, Choice, Denial, Party, RowRef, Verdict};
use crate::base::Digits;

/// Who is to ring for whom.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Hunt {
    /// The group's row of the device table.
    pub group: u32,
    /// The member: who is at its phone.
    pub member: Party,
    /// Who has called, or is transferred to the group.
    pub of: Party,
    /// Whose classes have allowed the call to the group: they stay in force.
    pub authority: Authority,
    /// The service mode.
    pub mode: Mode,
}

/// Decides whether the member may ring. Work: linear in the members.
#[must_use]
pub fn hunted(image: &Image<'_>, hunt: &Hunt) -> Verdict {
    let Hunt { group, member: to, of, authority, mode } = *hunt;
    let Some(member) = to.phone() else {
        return Verdict::Deny(Denial::new(Rule::NumberVacant, authority, RowRef::None));
    };
    let pair = (caller(image, of, mode).interconnect, caller(image, to, mode).interconnect);
    let rule = if !image.hunts_for(member, group) {
        // It is for its members that a group is called, and for nobody else (R36).
        Rule::NumberVacant
    } else if image.are_one(of, to) {
        Rule::CallSelf
    } else if restricted(image, pair.0, pair.1) {
        Rule::Interconnect
    } else {
        let row = at(image.device_texts, member).unwrap_or_default();
        let outpulsed = Digits::known(image.octets(row.dn));
        return Verdict::Allow(Choice { outpulsed, ..reached(to, authority, Some(pair)) });
    };
    Verdict::Deny(Denial { interconnect: Some(pair), ..Denial::new(rule, authority, RowRef::None) })
}
