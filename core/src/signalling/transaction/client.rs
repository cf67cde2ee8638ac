//! Non-INVITE client transaction (RFC 3261 section 17.1.2).
//!
//! ```text
//!  Trying --1xx--> Proceeding
//!  Trying, Proceeding --E: Send again; F: TimedOut, Terminated
//!  Trying, Proceeding --Final: Deliver--> Completed --K--> Terminated
//!  Trying --Unsent--> the same, and F is now
//! ```

use super::{Action, Actions, Retry, T1_64, T2, T4, actions, linger};
use crate::base::{Instant, Transport};

/// Where it is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum State {
    /// Nothing heard.
    Trying {
        /// Timer E.
        retry: Retry,
        /// Timer F.
        until: Instant,
    },
    /// A provisional response came.
    Proceeding {
        /// Timer E, at T2 now.
        retry: Retry,
        /// Timer F.
        until: Instant,
    },
    /// Answered; absorbs repetitions.
    Completed {
        /// Timer K.
        until: Instant,
    },
    /// Over.
    Terminated,
}

/// What happens.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Event {
    /// 1xx.
    Provisional,
    /// 200-699.
    Final,
    /// It could not be sent: the connection is closed (section 17.1.4).
    Unsent,
    /// Time has passed.
    Tick,
}

impl State {
    /// The request was just sent.
    #[must_use]
    pub const fn new(now: Instant, transport: Transport) -> Self {
        Self::within(now, transport, T1_64)
    }

    /// The same, but it is given up after so many milliseconds without any answer.
    #[must_use]
    pub const fn within(now: Instant, transport: Transport, ms: u64) -> Self {
        Self::Trying { retry: Retry::over(transport, now), until: now.plus_ms(ms) }
    }

    /// When [`Event::Tick`] is next wanted.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        match self {
            Self::Trying { retry, until } | Self::Proceeding { retry, until } => Some(retry.at.min(*until)),
            Self::Completed { until } => Some(*until),
            Self::Terminated => None,
        }
    }

    /// Applies one event.
    pub fn handle(&mut self, now: Instant, transport: Transport, event: Event) -> Actions {
        use Action::{Deliver, Send, Terminated, TimedOut};
        let (next, list): (Self, &[Action]) = match (*self, event) {
            (Self::Trying { retry, until } | Self::Proceeding { retry, until }, Event::Provisional) => {
                (Self::Proceeding { retry: Retry { interval: T2, ..retry }, until }, &[])
            }
            (Self::Trying { .. } | Self::Proceeding { .. }, Event::Final) => {
                (Self::Completed { until: linger(transport, now, T4) }, &[Deliver])
            }
            (Self::Trying { retry, .. }, Event::Unsent) => (Self::Trying { retry, until: now }, &[]),
            (Self::Trying { until, .. } | Self::Proceeding { until, .. }, Event::Tick) if now >= until => {
                (Self::Terminated, &[TimedOut, Terminated])
            }
            (Self::Trying { retry, until }, Event::Tick) if now >= retry.at => {
                (Self::Trying { retry: retry.next(now, T2), until }, &[Send])
            }
            (Self::Proceeding { retry, until }, Event::Tick) if now >= retry.at => {
                (Self::Proceeding { retry: retry.next(now, T2), until }, &[Send])
            }
            (Self::Completed { until }, Event::Tick) if now >= until => (Self::Terminated, &[Terminated]),
            (Self::Trying { .. }, Event::Tick)
            | (Self::Proceeding { .. }, Event::Unsent | Event::Tick)
            | (
                Self::Completed { .. } | Self::Terminated,
                Event::Provisional | Event::Final | Event::Unsent | Event::Tick,
            ) => (*self, &[]),
        };
        *self = next;
        actions(list)
    }
}
