//! INVITE server transaction (RFC 3261 section 17.2.1, RFC 6026 section 7.1).
//!
//! ```text
//!  Proceeding --Final 300-699--> Completed --Ack--> Confirmed --I--> Terminated
//!   |  |  ^                          |--H: TimedOut, Terminated
//!   |  |  '--Prack; or 64 T1 gone---- Unacknowledged     a provisional answer of RFC 3262; finals as from Proceeding
//!   |  '--Reliable-------------------^
//!   '--Final 2xx--> Accepted --L--> Terminated
//! ```
//! A 2xx is sent again until its ACK arrives. The RFC gives that to the layer above (13.3.1.4); it is done here because this
//! slot already holds the bytes. That is over every transport, for behind it there may be another. Without an ACK in 64 T1 the layer above hears TimedOut and clears the call.

use super::{Action, Actions, Retry, T1_64, T2, T4, actions, linger};
use crate::base::{Instant, Transport};

/// Where it is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum State {
    /// No final response yet.
    Proceeding,
    /// Nor has the last provisional one been acknowledged (RFC 3262 section 3).
    Unacknowledged {
        /// When it is sent again.
        retry: Retry,
        /// When that has no sense any more.
        until: Instant,
    },
    /// 300-699 sent, its ACK awaited.
    Completed {
        /// Timer G.
        retry: Retry,
        /// Timer H.
        until: Instant,
    },
    /// Acknowledged; absorbs further ACKs.
    Confirmed {
        /// Timer I.
        until: Instant,
    },
    /// 2xx sent.
    Accepted {
        /// When it is sent again; none once acknowledged.
        retry: Option<Retry>,
        /// Timer L.
        until: Instant,
    },
    /// Over.
    Terminated,
}

/// What happens.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Event {
    /// The INVITE came again.
    Request,
    /// We answer provisionally.
    Provisional,
    /// The same, and the answer is to be acknowledged.
    Reliable,
    /// It was, by PRACK.
    Prack,
    /// We accept.
    Success,
    /// We refuse.
    Failure,
    /// An ACK that matches this transaction: for 300-699.
    Ack,
    /// The ACK of the dialog, for 2xx.
    AckSuccess,
    /// Time has passed.
    Tick,
}

impl State {
    /// When [`Event::Tick`] is next wanted.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        match self {
            Self::Completed { retry, until } | Self::Unacknowledged { retry, until } => {
                Some(retry.at.min(*until))
            }
            Self::Accepted { retry, until } => Some(retry.map_or(*until, |retry| retry.at.min(*until))),
            Self::Confirmed { until } => Some(*until),
            Self::Proceeding | Self::Terminated => None,
        }
    }

    /// Applies one event.
    pub fn handle(&mut self, now: Instant, transport: Transport, event: Event) -> Actions {
        use Action::{Send, Terminated, TimedOut};
        let (next, list): (Self, &[Action]) = match (*self, event) {
            (Self::Proceeding, Event::Request | Event::Provisional) => (Self::Proceeding, &[Send]),
            (Self::Proceeding, Event::Reliable) => {
                let (retry, until) = (Retry::first(now), now.plus_ms(T1_64));
                (Self::Unacknowledged { retry, until }, &[Send])
            }
            (same @ Self::Unacknowledged { .. }, Event::Request) => (same, &[Send]),
            (Self::Unacknowledged { .. }, Event::Prack) => (Self::Proceeding, &[]),
            (Self::Unacknowledged { until, .. }, Event::Tick) if now >= until => {
                (Self::Proceeding, &[Action::Unacknowledged])
            }
            (Self::Unacknowledged { retry, until }, Event::Tick) if now >= retry.at => {
                (Self::Unacknowledged { retry: retry.next(now, T1_64), until }, &[Send])
            }
            (Self::Proceeding | Self::Unacknowledged { .. }, Event::Success) => {
                (Self::Accepted { retry: Some(Retry::first(now)), until: now.plus_ms(T1_64) }, &[Send])
            }
            (Self::Proceeding | Self::Unacknowledged { .. }, Event::Failure) => {
                (Self::Completed { retry: Retry::over(transport, now), until: now.plus_ms(T1_64) }, &[Send])
            }
            (Self::Completed { retry, until }, Event::Request) => (Self::Completed { retry, until }, &[Send]),
            (Self::Completed { .. }, Event::Ack) => {
                (Self::Confirmed { until: linger(transport, now, T4) }, &[])
            }
            (Self::Completed { until, .. }, Event::Tick) if now >= until => {
                (Self::Terminated, &[TimedOut, Terminated])
            }
            (Self::Completed { retry, until }, Event::Tick) if now >= retry.at => {
                (Self::Completed { retry: retry.next(now, T2), until }, &[Send])
            }
            (Self::Confirmed { until }, Event::Tick) if now >= until => (Self::Terminated, &[Terminated]),
            (Self::Accepted { until, .. }, Event::AckSuccess) => (Self::Accepted { retry: None, until }, &[]),
            (Self::Accepted { retry: Some(_), until }, Event::Tick) if now >= until => {
                (Self::Terminated, &[TimedOut, Terminated])
            }
            (Self::Accepted { retry: None, until }, Event::Tick) if now >= until => {
                (Self::Terminated, &[Terminated])
            }
            (Self::Accepted { retry: Some(retry), until }, Event::Tick) if now >= retry.at => {
                (Self::Accepted { retry: Some(retry.next(now, T2)), until }, &[Send])
            }
            (Self::Proceeding, Event::Ack | Event::AckSuccess | Event::Prack | Event::Tick)
            | (
                Self::Unacknowledged { .. },
                Event::Provisional | Event::Reliable | Event::Ack | Event::AckSuccess | Event::Tick,
            ) => (*self, &[]),
            (
                Self::Completed { .. },
                Event::Provisional
                | Event::Reliable
                | Event::Prack
                | Event::Success
                | Event::Failure
                | Event::AckSuccess
                | Event::Tick,
            )
            | (
                Self::Accepted { .. },
                Event::Request
                | Event::Provisional
                | Event::Reliable
                | Event::Prack
                | Event::Success
                | Event::Failure
                | Event::Ack
                | Event::Tick,
            )
            | (
                Self::Confirmed { .. },
                Event::Request
                | Event::Provisional
                | Event::Reliable
                | Event::Prack
                | Event::Success
                | Event::Failure
                | Event::Ack
                | Event::AckSuccess
                | Event::Tick,
            )
            | (
                Self::Terminated,
                Event::Request
                | Event::Provisional
                | Event::Reliable
                | Event::Prack
                | Event::Success
                | Event::Failure
                | Event::Ack
                | Event::AckSuccess
                | Event::Tick,
            ) => (*self, &[]),
        };
        *self = next;
        actions(list)
    }
}
