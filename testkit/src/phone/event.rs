//! What a phone tells its user.

use std::fmt;
use strowger::wire::sip::Method;

/// What a phone tells its user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PhoneEvent {
    /// Registered (again).
    Registered,
    /// The registration was taken back.
    Unregistered,
    /// A REGISTER failed with this status; 408 if nobody answered.
    RegisterFailed(u16),
    /// The called party rings.
    Ringing,
    /// Talking. A late offer's answer has not been heard when this is told on the calling side.
    Connected {
        /// The description of the other side, as it came.
        remote_sdp: Vec<u8>,
    },
    /// The session was changed, by either side.
    Changed {
        /// The description of the other side, as it came.
        remote_sdp: Vec<u8>,
    },
    /// A provisional answer had this `Warning`: an account code is wanted, or the way is a dear one.
    Warned(String),
    /// A MESSAGE came: its text.
    Message(String),
    /// Somebody calls.
    Incoming {
        /// The user part of From.
        from: String,
    },
    /// What becomes of a transfer that was asked for: the status that came by NOTIFY.
    Referred {
        /// It.
        status: u16,
    },
    /// A call is over.
    Ended {
        /// The final status, 200 if it was hung up after an answer, 408 if nobody answered at all.
        status: u16,
        /// The value of the `Reason` header, or nothing.
        reason: String,
    },
    /// A request outside calls, or a re-INVITE, was answered.
    Answered {
        /// Its method.
        method: Method,
        /// The status.
        status: u16,
    },
}

impl fmt::Display for PhoneEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected { .. } => write!(f, "talks"),
            Self::Changed { .. } => write!(f, "changed"),
            Self::Incoming { from } => write!(f, "called by {from}"),
            Self::Ended { status, .. } => write!(f, "over: {status}"),
            Self::RegisterFailed(status) => write!(f, "not registered: {status}"),
            Self::Registered => write!(f, "registered"),
            Self::Unregistered => write!(f, "unregistered"),
            Self::Ringing => write!(f, "hears ringing"),
            Self::Referred { status } => write!(f, "hears of its transfer: {status}"),
            Self::Warned(warning) => write!(f, "is told: {warning}"),
            Self::Message(text) => write!(f, "reads: {}", text.lines().next().unwrap_or("")),
            Self::Answered { status, .. } => write!(f, "answered: {status}"),
        }
    }
}
