//! A conference: a phone takes a party back from hold while it talks to others, and mixes them.
//!
//! The phone does the mixing, so nobody is connected here; but whoever it brings in hears everybody, and is heard by them. So each
//! of those who are in it already is asked for with the new one, in both directions of the matrix (R34). No administrator's leave
//! for transfers counts (R31), and no COR: nobody is dialed. Public trunks are restricted from each other under `strict`, unless
//! both COS have `public-to-public` (R39); otherwise they are in it together as long as the phone is: when that goes the
//! conference is over (R35), and whoever would have two of them talk on must transfer (R32).

use super::Mode;
use super::behalf::reached;
use super::decide::{Caller, caller};
use super::image::Image;
use super::routes::restricted;
use super::rows::Features;
use super::rule::Rule;
use super::verdict::{Denial, Party, RowRef, Verdict};

/// The most parties of a conference, the one whose phone mixes among them.
pub const MAX_PARTIES: usize = 8;

/// Who wants whom in a conference.
#[derive(Clone, Copy, Debug)]
pub struct Conference<'a> {
    /// Whose phone mixes.
    pub by: Party,
    /// Who is to come in: whom it holds.
    pub of: Party,
    /// Whom it talks to already.
    pub members: &'a [Party],
    /// The service mode.
    pub mode: Mode,
}

/// Decides whether a party may come into a conference. Work: linear in its members.
#[must_use]
pub fn conferred(image: &Image<'_>, conference: &Conference<'_>) -> Verdict {
    let Conference { by, of, members, mode } = *conference;
    let Caller { authority, features, .. } = caller(image, by, mode);
    let deny = |rule| Verdict::Deny(Denial::new(rule, authority, RowRef::None));
    if authority.cos == 0 {
        return deny(Rule::CosNone);
    }
    if !features.contains(Features::CONFERENCE) {
        return deny(Rule::CosFeature);
    }
    if members.len().saturating_add(2) > MAX_PARTIES {
        return deny(Rule::ConferenceFull);
    }
    let new = caller(image, of, mode);
    for member in members {
        let old = caller(image, *member, mode);
        for pair in [(old.interconnect, new.interconnect), (new.interconnect, old.interconnect)] {
            if restricted(image, pair.0, pair.1) {
                let denial = Denial::new(Rule::Interconnect, authority, RowRef::None);
                return Verdict::Deny(Denial { interconnect: Some(pair), ..denial });
            }
        }
        if let (Some(one), Some(other), true) = (old.public_trunk, new.public_trunk, image.strict())
            && !(one & other).contains(Features::PUBLIC_TO_PUBLIC)
        {
            return deny(Rule::PublicToPublic);
        }
    }
    Verdict::Allow(reached(by, authority, None))
}
