//! Intercept: who is refused, or reaches nobody, is put through to a number that the administrator has named, instead of
//! hearing reorder.
//!
//! It is the originator's treatment that counts, not that of whom it wanted to reach; a trunk has none, its far end gets the
//! cause. The gate is asked anew, from the originator to that number: a COS, a COR and the matrix as for every call inside.
//! What is asked of who dials is not: nobody has dialed this, so whoever owes an account code owes none here.

use super::Mode;
use super::decide::{caller, internal};
use super::image::Image;
use super::rule::Rule;
use super::verdict::{Denial, Party, RowRef, Verdict};

/// Why a call came to nothing, as far as there is a treatment for that (R3, R48, R59).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Condition {
    /// What was dialed is no number.
    Vacant,
    /// The COS does not have what is asked for.
    CosViolation,
    /// The COR, or the class of the number, forbids it.
    CorDenied,
    /// The two may not be joined.
    InterconnectDenied,
    /// An account code was wrong, or did not come.
    AccountCodeViolation,
    /// Nobody is at the number that was dialed.
    OutOfService,
}

impl Condition {
    /// All, in the order of their fields in [`InterceptRow`](super::rows::InterceptRow).
    pub const ALL: [Self; 6] = [
        Self::Vacant,
        Self::CosViolation,
        Self::CorDenied,
        Self::InterconnectDenied,
        Self::AccountCodeViolation,
        Self::OutOfService,
    ];

    /// What a refusal by this rule is. `None`: it has no treatment, because it is no matter of what was dialed or of classes.
    #[must_use]
    pub const fn of(rule: Rule) -> Option<Self> {
        match rule {
            Rule::NumberVacant | Rule::NumberIncomplete | Rule::NumberInvalid => Some(Self::Vacant),
            Rule::CosNone | Rule::CosFeature => Some(Self::CosViolation),
            Rule::CorNone
            | Rule::CorLeading
            | Rule::CorRoute
            | Rule::CorUnlabelled
            | Rule::ClassDenied
            | Rule::MaxDigits => Some(Self::CorDenied),
            Rule::Interconnect | Rule::PublicToPublic => Some(Self::InterconnectDenied),
            Rule::CodeForcedVerified | Rule::CodeForced | Rule::CodeWrong | Rule::CodeLocked => {
                Some(Self::AccountCodeViolation)
            }
            Rule::Internal
            | Rule::Route
            | Rule::Emergency
            | Rule::CallSelf
            | Rule::DigitModification
            | Rule::RouteEmergencyOnly
            | Rule::RoutePlanClosed
            | Rule::TrunkBusy
            | Rule::EmergencyNoRoute
            | Rule::IdentityMismatch
            | Rule::Transport
            | Rule::PolicyNone
            | Rule::LimitRate
            | Rule::LimitCalls
            | Rule::Lockout
            | Rule::LimitDuration
            | Rule::PinWrong
            | Rule::PinLocked
            | Rule::DeskBusy
            | Rule::ForwardEmergency
            | Rule::ConferenceFull
            | Rule::BusyOverrideSecurity
            | Rule::CallPrivacy => None,
        }
    }

    /// Its place in [`ALL`](Self::ALL).
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Vacant => 0,
            Self::CosViolation => 1,
            Self::CorDenied => 2,
            Self::InterconnectDenied => 3,
            Self::AccountCodeViolation => 4,
            Self::OutOfService => 5,
        }
    }

    /// The key of the policy language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vacant => "vacant",
            Self::CosViolation => "cos_violation",
            Self::CorDenied => "cor_denied",
            Self::InterconnectDenied => "interconnect_denied",
            Self::AccountCodeViolation => "account_code_violation",
            Self::OutOfService => "out_of_service",
        }
    }
}

/// Who is to go where, and why.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Intercept {
    /// The originator.
    pub of: Party,
    /// What it has met.
    pub condition: Condition,
    /// Who is at the number that its treatment names.
    pub to: Party,
    /// The service mode.
    pub mode: Mode,
}

/// Decides whether the originator may be joined with whom its treatment names. Constant work.
#[must_use]
pub fn intercepted(image: &Image<'_>, question: &Intercept) -> Verdict {
    let Intercept { of, condition, to, mode } = *question;
    let from = caller(image, of, mode);
    let deny = |rule| Verdict::Deny(Denial::new(rule, from.authority, RowRef::None));
    // Nobody but whom the treatment names.
    let named = image.intercepts_to(of, condition).filter(|named| image.is_own(to, *named));
    let Some(named) = named else { return deny(Rule::NumberVacant) };
    if from.authority.cos == 0 {
        return deny(Rule::CosNone);
    }
    if from.authority.cor == 0 {
        return deny(Rule::CorNone);
    }
    internal(image, &from, (named, to), image.number(named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_condition_stands_where_it_says() {
        assert!((0..).zip(Condition::ALL).all(|(at, condition)| condition.index() == at));
    }
}
