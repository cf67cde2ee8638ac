//! A conference: more than two hear each other.
//!
//! A phone takes a party back from hold while it talks to others, and mixes them; or a party is brought to the conference resource, which
//! mixes all who are joined with it. Whoever comes in hears everybody, and is heard by them, and so is whoever it mixes itself. So each
//! of those who are in it already is asked for with each who comes, in both directions of the matrix (R34). No administrator's leave
//! for transfers counts (R31), and no COR: nobody is dialed. Public trunks are restricted from each other under `strict`, unless
//! both COS have `public-to-public` (R39); otherwise they are in it together as long as somebody else is (R35), and whoever would have
//! two of them talk on must transfer (R32).

use super::Mode;
use super::behalf::reached;
use super::decide::{Caller, caller};
use super::image::Image;
use super::routes::restricted;
use super::rows::Features;
use super::rule::Rule;
use super::verdict::{Denial, Party, RowRef, Verdict};

/// The most parties of a conference, the one whose phone mixes among them; a resource that mixes is none.
pub const MAX_PARTIES: usize = 8;

/// Who wants whom in a conference.
#[derive(Clone, Copy, Debug)]
pub struct Conference<'a> {
    /// Who wants it; its phone mixes, or it has a part in what the resource mixes.
    pub by: Party,
    /// Who is joined with `to`: whom `by` holds, or brings to the resource; itself, if it opens a conference there.
    pub of: Party,
    /// Who mixes: `by`, or [`Party::Conference`].
    pub to: Party,
    /// All who come in: `of`, and whom that one mixes itself.
    pub new: &'a [Party],
    /// Who is in it already, beside `by`.
    pub members: &'a [Party],
    /// The service mode.
    pub mode: Mode,
}

/// Decides whether parties may come into a conference. Work: linear in who comes times who is there, at most 12 pairs.
#[must_use]
pub fn conferred(image: &Image<'_>, conference: &Conference<'_>) -> Verdict {
    let Conference { by, to, new, members, mode, .. } = *conference;
    let Caller { authority, features, .. } = caller(image, by, mode);
    let deny = |rule| Verdict::Deny(Denial::new(rule, authority, RowRef::None));
    if authority.cos == 0 {
        return deny(Rule::CosNone);
    }
    if !features.contains(Features::CONFERENCE) {
        return deny(Rule::CosFeature);
    }
    if members.len().saturating_add(new.len()).saturating_add(1) > MAX_PARTIES {
        return deny(Rule::ConferenceFull);
    }
    for (new, old) in new.iter().flat_map(|new| members.iter().map(move |old| (*new, *old))) {
        if let Err(denial) = together(image, (old, new), mode) {
            return Verdict::Deny(Denial { authority, ..denial });
        }
    }
    Verdict::Allow(reached(to, authority, None))
}

/// Whether everybody who is still in a conference that a resource mixes may stay: all of them are public trunks now, and hear each
/// other only if all may (R35).
///
/// # Errors
/// The denial of the first whose COS lets it not.
pub fn remain(image: &Image<'_>, members: &[Party], mode: Mode) -> Result<(), Denial> {
    let public = |party: &Party| caller(image, *party, mode).public_trunk;
    if !members.iter().all(|party| public(party).is_some()) {
        return Ok(());
    }
    let barred = |party: &&Party| !public(party).is_some_and(|cos| cos.contains(Features::PUBLIC_TO_PUBLIC));
    match members.iter().find(barred) {
        Some(party) => {
            let Caller { authority, .. } = caller(image, *party, mode);
            Err(Denial::new(Rule::PublicToPublic, authority, RowRef::None))
        }
        None => Ok(()),
    }
}

/// Whether one who is in a conference and one who comes may hear each other.
pub(super) fn together(image: &Image<'_>, (old, new): (Party, Party), mode: Mode) -> Result<(), Denial> {
    let (old, new) = (caller(image, old, mode), caller(image, new, mode));
    let denial = |rule| Denial::new(rule, old.authority, RowRef::None);
    for pair in [(old.interconnect, new.interconnect), (new.interconnect, old.interconnect)] {
        if restricted(image, pair.0, pair.1) {
            return Err(Denial { interconnect: Some(pair), ..denial(Rule::Interconnect) });
        }
    }
    match (old.public_trunk, new.public_trunk) {
        (Some(one), Some(other)) if image.strict() && !(one & other).contains(Features::PUBLIC_TO_PUBLIC) => {
            Err(denial(Rule::PublicToPublic))
        }
        (Some(_) | None, _) => Ok(()),
    }
}
