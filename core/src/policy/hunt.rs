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
    // It is for its members that a group is called, and for nobody else (R36).
    let member = to.phone().filter(|member| image.hunts_for(*member, group));
    may_ring(image, (of, to), member, authority, mode)
}

/// Whether a phone may ring for who has called a number that has none: by the matrix (R36). What is sent there is the number of
/// `row`; without one it is nobody's phone.
pub(super) fn may_ring(
    image: &Image<'_>,
    (of, to): (Party, Party),
    row: Option<u32>,
    authority: Authority,
    mode: Mode,
) -> Verdict {
    let pair = (caller(image, of, mode).interconnect, caller(image, to, mode).interconnect);
    let rule = match row.and_then(|row| at(image.device_texts, row)) {
        None => Rule::NumberVacant,
        Some(_) if image.are_one(of, to) => Rule::CallSelf,
        Some(_) if restricted(image, pair.0, pair.1) => Rule::Interconnect,
        Some(row) => {
            let outpulsed = Digits::known(image.octets(row.dn));
            return Verdict::Allow(Choice { outpulsed, ..reached(to, authority, Some(pair)) });
        }
    };
    Verdict::Deny(Denial { interconnect: Some(pair), ..Denial::new(rule, authority, RowRef::None) })
}
