//! Why a call ended: one value that SIP, records and neutral signals share.

use crate::media::Refused;
use crate::policy::Rule;

/// A reason. `Status` keeps a peer's own SIP status, so that it reaches the other side unchanged.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Cause {
    /// Somebody hung up.
    Normal,
    /// Policy forbade it.
    Denied(Rule),
    /// It made room for an emergency call.
    Preempted,
    /// The two parties cannot agree on media as policy wants it.
    Media(Refused),
    /// The final SIP status that a peer gave, or that describes what happened: 300-699; 200 if another party has answered.
    Status(u16),
}

impl Cause {
    /// The called party is busy.
    pub const BUSY: Self = Self::Status(486);
    /// Nobody answered in time, or the party is not registered.
    pub const UNAVAILABLE: Self = Self::Status(480);
    /// The caller gave up before an answer.
    pub const CANCELLED: Self = Self::Status(487);
    /// The party's equipment did not answer at all.
    pub const TIMEOUT: Self = Self::Status(408);
    /// Another party has answered (RFC 3326 section 3.1).
    pub const ELSEWHERE: Self = Self::Status(200);
    /// No room.
    pub const CONGESTION: Self = Self::Status(503);

    /// It has lasted as long as it may.
    pub const TOO_LONG: Self = Self::Denied(Rule::LimitDuration);

    /// The SIP status that tells a caller whose call has not been answered.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Normal => 487,
            Self::Preempted => 503,
            Self::Media(_) => 488,
            Self::Status(status) => match status {
                // A redirection or challenge was meant for us, not for the caller.
                300..=399 | 401 | 407 => 480,
                200 => 487,
                400..=699 => status,
                _ => 500,
            },
            Self::Denied(rule) => match rule {
                Rule::NumberVacant => 404,
                Rule::NumberIncomplete => 484,
                Rule::NumberInvalid => 404,
                Rule::TrunkBusy | Rule::EmergencyNoRoute => 503,
                Rule::Internal
                | Rule::Route
                | Rule::Emergency
                | Rule::CosNone
                | Rule::CorNone
                | Rule::CorLeading
                | Rule::CorRoute
                | Rule::CorUnlabelled
                | Rule::Interconnect
                | Rule::PublicToPublic
                | Rule::CallSelf
                | Rule::DigitModification
                | Rule::RouteEmergencyOnly
                | Rule::IdentityMismatch
                | Rule::Transport
                | Rule::ClassDenied
                | Rule::MaxDigits
                | Rule::RoutePlanClosed
                | Rule::LimitRate
                | Rule::LimitCalls
                | Rule::Lockout
                | Rule::LimitDuration
                | Rule::CodeForcedVerified
                | Rule::CodeForced
                | Rule::CodeWrong
                | Rule::CodeLocked
                | Rule::PinWrong
                | Rule::PinLocked
                | Rule::DeskBusy
                | Rule::CosFeature
                | Rule::ForwardEmergency
                | Rule::ConferenceFull
                | Rule::BusyOverrideSecurity
                | Rule::CallPrivacy
                | Rule::PolicyNone => 403,
            },
        }
    }

    /// The Q.850 cause value (RFC 3398 section 8.2.6.1 for statuses).
    #[must_use]
    pub const fn q850(self) -> u8 {
        match self {
            Self::Normal => 16,
            Self::Preempted => 8,
            Self::Media(_) => 88,
            Self::Status(status) => match status {
                404 | 485 | 604 => 1,
                486 | 600 => 17,
                408 => 102,
                480 => 18,
                484 => 28,
                200 | 487 => 16,
                488 | 606 => 88,
                401 | 402 | 403 | 407 | 603 => 21,
                410 => 22,
                503 => 41,
                501 | 405 => 79,
                _ => 31,
            },
            Self::Denied(rule) => match rule {
                Rule::NumberVacant => 1,
                Rule::NumberIncomplete | Rule::NumberInvalid => 28,
                Rule::TrunkBusy | Rule::EmergencyNoRoute => 34,
                Rule::Interconnect | Rule::PublicToPublic => 63,
                Rule::Internal
                | Rule::Route
                | Rule::Emergency
                | Rule::CosNone
                | Rule::CorNone
                | Rule::CorLeading
                | Rule::CorRoute
                | Rule::CorUnlabelled
                | Rule::CallSelf
                | Rule::DigitModification
                | Rule::RouteEmergencyOnly
                | Rule::IdentityMismatch
                | Rule::Transport
                | Rule::ClassDenied
                | Rule::MaxDigits
                | Rule::RoutePlanClosed
                | Rule::LimitRate
                | Rule::LimitCalls
                | Rule::Lockout
                | Rule::LimitDuration
                | Rule::CodeForcedVerified
                | Rule::CodeForced
                | Rule::CodeWrong
                | Rule::CodeLocked
                | Rule::PinWrong
                | Rule::PinLocked
                | Rule::DeskBusy
                | Rule::CosFeature
                | Rule::ForwardEmergency
                | Rule::ConferenceFull
                | Rule::BusyOverrideSecurity
                | Rule::CallPrivacy
                | Rule::PolicyNone => 21,
            },
        }
    }
}
