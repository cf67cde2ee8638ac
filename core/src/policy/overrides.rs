//! Executive Busy Override: a party that has called somebody who is busy comes into that call.
//!
//! What the number itself asks for was asked as for any call. Here is asked what coming into a call takes besides: the feature
//! `executive-busy-override` of who comes; nobody there may be secured against it (R5) or have Call Privacy, whatever the class of who comes
//! (R6); and who comes is asked for with each who is there, in both directions of the matrix, as in a conference (R34, R36).

use super::Mode;
use super::behalf::reached;
use super::conference::together;
use super::decide::{Caller, caller};
use super::image::Image;
use super::rows::Features;
use super::rule::Rule;
use super::verdict::{Denial, Party, RowRef, Verdict};

/// Who wants to come into whose call.
#[derive(Clone, Copy, Debug)]
pub struct Override<'a> {
    /// Who comes.
    pub by: Party,
    /// Who is joined with the conference resource, which mixes them: who comes, or one who is there already.
    pub of: Party,
    /// Who is there already.
    pub members: &'a [Party],
    /// The COS in force for who has placed their call: that of a code, perhaps, or of another mode (R1, R7).
    pub cos: u8,
    /// The service mode.
    pub mode: Mode,
}

/// Decides whether a party may come into a call. Work: linear in who is there.
#[must_use]
pub fn overridden(image: &Image<'_>, question: &Override<'_>) -> Verdict {
    let Override { by, members, cos, mode, .. } = *question;
    let Caller { authority, features, .. } = caller(image, by, mode);
    let deny = |rule| Verdict::Deny(Denial::new(rule, authority, RowRef::None));
    if authority.cos == 0 {
        return deny(Rule::CosNone);
    }
    if authority.cor == 0 {
        return deny(Rule::CorNone);
    }
    if !features.contains(Features::EXECUTIVE_BUSY_OVERRIDE) {
        return deny(Rule::CosFeature);
    }
    let began = image.classes().iter().find(|row| row.id == cos).map_or(0, |row| row.features);
    let began = Features::from_bits_truncate(began);
    let has = |member: &Party, feature| {
        began.contains(feature) || caller(image, *member, mode).features.contains(feature)
    };
    if members.iter().any(|member| has(member, Features::CALL_PRIVACY)) {
        return deny(Rule::CallPrivacy);
    }
    if members.iter().any(|member| has(member, Features::BUSY_OVERRIDE_SECURITY)) {
        return deny(Rule::BusyOverrideSecurity);
    }
    if members.iter().any(|member| image.are_one(*member, by)) {
        return deny(Rule::CallSelf);
    }
    for member in members {
        if let Err(denial) = together(image, (*member, by), mode) {
            return Verdict::Deny(Denial { authority, ..denial });
        }
    }
    Verdict::Allow(reached(Party::Conference, authority, None))
}
