//! INVITE server transaction (RFC 3261 section 17.2.1, RFC 6026 section 7.1).
//!
//! ```text
//!  Proceeding --Final 300-699--> Completed --Ack--> Confirmed --I--> Terminated
//!      |                             |--H: TimedOut, Terminated
//!      '--Final 2xx--> Accepted --L--> Terminated
//! ```
//! A 2xx is sent again until its ACK arrives. The RFC gives that to the layer above (13.3.1.4); it is done here because this
//! slot already holds the bytes. Without an ACK in 64 T1 the layer above hears TimedOut and clears the call.

use super::{Action, Actions, Retry, T1_64, T2, T4, actions};
use crate::base::Instant;

/// Where it is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum State {
    /// No final response yet.
    Proceeding,
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
            Self::Completed { retry, until } => Some(retry.at.min(*until)),
            Self::Accepted { retry, until } => Some(retry.map_or(*until, |retry| retry.at.min(*until))),
            Self::Confirmed { until } => Some(*until),
            Self::Proceeding | Self::Terminated => None,
        }
    }

    /// Applies one event.
    pub fn handle(&mut self, now: Instant, event: Event) -> Actions {
        use Action::{Send, Terminated, TimedOut};
        let (next, list): (Self, &[Action]) = match (*self, event) {
            (Self::Proceeding, Event::Request | Event::Provisional) => (Self::Proceeding, &[Send]),
            (Self::Proceeding, Event::Success) => {
                (Self::Accepted { retry: Some(Retry::first(now)), until: now.plus_ms(T1_64) }, &[Send])
            }
            (Self::Proceeding, Event::Failure) => {
                (Self::Completed { retry: Retry::first(now), until: now.plus_ms(T1_64) }, &[Send])
            }
            (Self::Completed { retry, until }, Event::Request) => (Self::Completed { retry, until }, &[Send]),
            (Self::Completed { .. }, Event::Ack) => (Self::Confirmed { until: now.plus_ms(T4) }, &[]),
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
            (Self::Proceeding, Event::Ack | Event::AckSuccess | Event::Tick) => (*self, &[]),
            (
                Self::Completed { .. },
                Event::Provisional | Event::Success | Event::Failure | Event::AckSuccess | Event::Tick,
            )
            | (
                Self::Accepted { .. },
                Event::Request
                | Event::Provisional
                | Event::Success
                | Event::Failure
                | Event::Ack
                | Event::Tick,
            )
            | (
                Self::Confirmed { .. },
                Event::Request
                | Event::Provisional
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
