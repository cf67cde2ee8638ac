//! What a feature access code means that a user dials (`[features]` of the policy).

use super::station::Setting;
use super::taking::Taking;
use crate::policy::rows::{
    FEATURE_BUSY_OVERRIDE, FEATURE_CAMP_ON, FEATURE_DIRECTED_PICKUP, FEATURE_DO_NOT_DISTURB,
    FEATURE_FORWARD_ALWAYS, FEATURE_FORWARD_BUSY, FEATURE_FORWARD_CANCEL, FEATURE_FORWARD_NO_ANSWER,
    FEATURE_FORWARD_OUT_OF_SERVICE, FEATURE_HOT_DESK_LOGIN, FEATURE_HOT_DESK_LOGOUT, FEATURE_PARK,
    FEATURE_PARK_RETRIEVE, FEATURE_PICKUP, FEATURE_REDIAL, FEATURE_SPEED_CALL,
};
use crate::station::When;

/// A feature with a code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Coded {
    /// An account code comes before the number.
    AccountCode,
    /// It stands for a number, which the decision finds.
    SpeedCall,
    /// It stands for the number that was dialed last.
    Redials,
    /// A hot-desk user is at this phone from now on.
    LogsIn,
    /// He leaves it.
    LogsOut,
    /// Something is set at the device.
    Sets(Setting),
    /// A call is taken that is for another.
    Takes(Taking),
    /// A number is called, and waited for while it is busy.
    CampsOn,
    /// A number is called, and its call come into if it is busy.
    Overrides,
    /// Who is transferred there is parked.
    Parks,
}

/// What is dialed behind a code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Follows {
    /// An account code.
    Code,
    /// Nothing.
    Nothing,
    /// A number.
    Number,
    /// A directory number, or nothing for the own one.
    OwnOrNumber,
    /// The number of a hot-desk user, and a PIN.
    Pin,
}

impl Coded {
    /// By the feature's number in the image.
    pub(super) const fn of(feature: u32) -> Self {
        match feature {
            FEATURE_FORWARD_ALWAYS => Self::Sets(Setting::Forward(When::Always)),
            FEATURE_FORWARD_BUSY => Self::Sets(Setting::Forward(When::Busy)),
            FEATURE_FORWARD_NO_ANSWER => Self::Sets(Setting::Forward(When::NoAnswer)),
            FEATURE_FORWARD_OUT_OF_SERVICE => Self::Sets(Setting::Forward(When::OutOfService)),
            FEATURE_FORWARD_CANCEL => Self::Sets(Setting::CancelForwards),
            FEATURE_DO_NOT_DISTURB => Self::Sets(Setting::DoNotDisturb),
            FEATURE_PICKUP => Self::Takes(Taking::Group),
            FEATURE_DIRECTED_PICKUP => Self::Takes(Taking::Directed),
            FEATURE_PARK => Self::Parks,
            FEATURE_PARK_RETRIEVE => Self::Takes(Taking::Parked),
            FEATURE_REDIAL => Self::Redials,
            FEATURE_HOT_DESK_LOGIN => Self::LogsIn,
            FEATURE_HOT_DESK_LOGOUT => Self::LogsOut,
            FEATURE_CAMP_ON => Self::CampsOn,
            FEATURE_BUSY_OVERRIDE => Self::Overrides,
            FEATURE_SPEED_CALL.. => Self::SpeedCall,
            // The image has no other numbers: that was checked when it was loaded.
            _ => Self::AccountCode,
        }
    }

    /// What is dialed behind its code.
    pub(super) const fn follows(self) -> Follows {
        match self {
            Self::AccountCode => Follows::Code,
            Self::Sets(Setting::Forward(_))
            | Self::Takes(Taking::Directed)
            | Self::CampsOn
            | Self::Overrides => Follows::Number,
            Self::Sets(Setting::CancelForwards | Setting::DoNotDisturb)
            | Self::Takes(Taking::Group)
            | Self::SpeedCall
            | Self::Redials
            | Self::LogsOut => Follows::Nothing,
            Self::LogsIn => Follows::Pin,
            Self::Takes(Taking::Parked) | Self::Parks => Follows::OwnOrNumber,
        }
    }
}
