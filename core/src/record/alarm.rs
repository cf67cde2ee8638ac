//! What somebody should be told at once.

use crate::base::{Digits, WallTime};
use crate::policy::{ClassRef, Party, Rule};
use core::net::IpAddr;

/// Why.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cause {
    /// A limit on public calls refused or ended one (`limit.rate`, `limit.calls`, `limit.duration`).
    Limit(Rule),
    /// Too many failed log-ins: locked out (R75).
    Lockout,
    /// Too many wrong answers from one address, whomever they were for: none from there is looked at (R75).
    Source(IpAddr),
    /// Too many wrong account codes: codes are refused (R49).
    CodeLockout,
    /// A call to a watched number class.
    Watched(ClassRef),
    /// A public call was cleared for an emergency call.
    Preempted,
    /// An emergency call has no call-back number (R68).
    NoCallback,
}

/// An alarm.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Alarm {
    /// When.
    pub at: WallTime,
    /// Why.
    pub cause: Cause,
    /// Whose doing.
    pub party: Party,
    /// What was dialed, if that matters.
    pub dialed: Digits,
}

/// An emergency call was placed: told immediately, not when it is answered (R70).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EmergencyNotice {
    /// When.
    pub at: WallTime,
    /// Who; [`crate::policy::emergency::location`] says where.
    pub from: Party,
    /// The zone of the address that the call came from, row plus one; 0: not told by it.
    pub zone: u8,
    /// What was dialed.
    pub dialed: Digits,
    /// The number to call back; empty if there is none.
    pub callback: Digits,
}
