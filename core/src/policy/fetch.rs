//! A party takes a call that is not for it: one that rings elsewhere (pickup), or one that waits for anybody (park retrieval).
//!
//! What its own classes say is asked as for a call inside: a COS, a COR, the feature, a verified code where that is forced.
//! Then the matrix is asked at that moment (R36): from who waits to who takes the call. Who waits because it had been called
//! is reached by who takes it, too: then the matrix is asked in that direction as well, unless R36 is read openly. The COR
//! says whom a party may dial, and here nobody is dialed.

use super::Mode;
use super::behalf::{Feature, is_open, reached};
use super::decide::caller;
use super::image::Image;
use super::routes::restricted;
use super::rows::Features;
use super::rule::Rule;
use super::verdict::{Denial, Party, RowRef, Verdict};

/// Who is asking for what.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fetch {
    /// Who takes the call.
    pub by: Party,
    /// Who waits to be answered, or taken back.
    pub of: Party,
    /// Who waits had been called.
    pub called: bool,
    /// [`Feature::Pickup`] or [`Feature::Retrieve`].
    pub feature: Feature,
    /// The service mode.
    pub mode: Mode,
}

/// Why a party may not use one of these features now, whoever it is for; `None`: it may.
#[must_use]
pub fn unable(image: &Image<'_>, by: Party, feature: Feature, mode: Mode) -> Option<Denial> {
    let from = caller(image, by, mode);
    let wanted = match feature {
        Feature::Transfer => Features::TRANSFER,
        Feature::Hold => Features::HOLD,
        Feature::Conference => Features::CONFERENCE,
        Feature::Forward { .. } => Features::FORWARD_INTERNAL,
        Feature::Pickup => Features::PICKUP,
        Feature::Park | Feature::Retrieve => Features::PARK,
        // The administrator has put it where it is.
        Feature::Hunt | Feature::Desk => Features::empty(),
    };
    let rule = if from.authority.cos == 0 {
        Rule::CosNone
    } else if from.authority.cor == 0 {
        Rule::CorNone
    } else if !from.features.contains(wanted) {
        Rule::CosFeature
    } else if from.features.contains(Features::FORCED_VERIFIED_ACCOUNT_CODE) && feature != Feature::Park {
        // Nobody who is off hook does anything before that code (R44).
        Rule::CodeForcedVerified
    } else {
        return None;
    };
    Some(Denial::new(rule, from.authority, RowRef::None))
}

/// Decides whether a party may be joined with who waits. Constant work.
#[must_use]
pub fn fetched(image: &Image<'_>, fetch: &Fetch) -> Verdict {
    let Fetch { by, of, called, feature, mode } = *fetch;
    let (from, other) = (caller(image, by, mode), caller(image, of, mode));
    let pair = (other.interconnect, from.interconnect);
    let deny = |rule, pair| {
        Verdict::Deny(Denial { interconnect: Some(pair), ..Denial::new(rule, from.authority, RowRef::None) })
    };
    if let Some(denial) = unable(image, by, feature, mode) {
        return Verdict::Deny(denial);
    }
    match feature {
        Feature::Pickup | Feature::Retrieve => {}
        // These take nobody's call.
        Feature::Transfer
        | Feature::Forward { .. }
        | Feature::Hold
        | Feature::Conference
        | Feature::Park
        | Feature::Hunt
        | Feature::Desk => {
            return deny(Rule::CosFeature, (0, 0));
        }
    }
    if image.are_one(of, by) {
        return deny(Rule::CallSelf, pair);
    }
    let back = (pair.1, pair.0);
    if restricted(image, pair.0, pair.1) {
        return deny(Rule::Interconnect, pair);
    }
    if called && !is_open(image, 36) && restricted(image, back.0, back.1) {
        return deny(Rule::Interconnect, back);
    }
    match (other.public_trunk, from.public_trunk) {
        (Some(one), Some(other)) if !(one & other).contains(Features::PUBLIC_TO_PUBLIC) => {
            deny(Rule::PublicToPublic, pair)
        }
        (Some(_) | None, _) => Verdict::Allow(reached(by, from.authority, Some(pair))),
    }
}
