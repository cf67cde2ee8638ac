//! INVITE client transaction (RFC 3261 section 17.1.1, RFC 6026 section 7.2).
//!
//! ```text
//!  Calling --1xx--> Proceeding
//!  Calling --A: Send again, interval doubled; B: TimedOut, Terminated
//!  Calling --Unsent--> the same, and B is now
//!  Calling, Proceeding --300-699: Acknowledge, Deliver--> Completed --D--> Terminated
//!  Calling, Proceeding --2xx: Deliver--> Accepted --M--> Terminated
//! ```

use super::{Action, Actions, Retry, T1_64, TIMER_D, actions, linger};
use crate::base::{Instant, Transport};

/// Where it is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum State {
    /// Nothing heard.
    Calling {
        /// Timer A.
        retry: Retry,
        /// Timer B.
        until: Instant,
    },
    /// A provisional response came.
    Proceeding,
    /// A refusal came; acknowledges it again when it comes again.
    Completed {
        /// Timer D.
        until: Instant,
    },
    /// 2xx came; hands further ones up, so that they are acknowledged.
    Accepted {
        /// Timer M.
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
    /// 2xx.
    Success,
    /// 300-699.
    Failure,
    /// It could not be sent: the connection is closed (section 17.1.4).
    Unsent,
    /// Time has passed.
    Tick,
}

impl State {
    /// The INVITE was just sent.
    #[must_use]
    pub const fn new(now: Instant, transport: Transport) -> Self {
        Self::within(now, transport, T1_64)
    }

    /// The same, but it is given up after so many milliseconds without any answer.
    #[must_use]
    pub const fn within(now: Instant, transport: Transport, ms: u64) -> Self {
        Self::Calling { retry: Retry::over(transport, now), until: now.plus_ms(ms) }
    }

    /// When [`Event::Tick`] is next wanted.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        match self {
            Self::Calling { retry, until } => Some(retry.at.min(*until)),
            Self::Completed { until } | Self::Accepted { until } => Some(*until),
            Self::Proceeding | Self::Terminated => None,
        }
    }

    /// Applies one event.
    pub fn handle(&mut self, now: Instant, transport: Transport, event: Event) -> Actions {
        use Action::{Acknowledge, Deliver, Send, Terminated, TimedOut};
        let (next, list): (Self, &[Action]) = match (*self, event) {
            (Self::Calling { .. } | Self::Proceeding, Event::Provisional) => (Self::Proceeding, &[Deliver]),
            (Self::Calling { .. } | Self::Proceeding, Event::Success) => {
                (Self::Accepted { until: now.plus_ms(T1_64) }, &[Deliver])
            }
            (Self::Calling { .. } | Self::Proceeding, Event::Failure) => {
                (Self::Completed { until: linger(transport, now, TIMER_D) }, &[Acknowledge, Deliver])
            }
            (Self::Calling { retry, .. }, Event::Unsent) => (Self::Calling { retry, until: now }, &[]),
            (Self::Calling { until, .. }, Event::Tick) if now >= until => {
                (Self::Terminated, &[TimedOut, Terminated])
            }
            (Self::Calling { retry, until }, Event::Tick) if now >= retry.at => {
                (Self::Calling { retry: retry.next(now, T1_64), until }, &[Send])
            }
            (Self::Completed { until }, Event::Failure) => (Self::Completed { until }, &[Acknowledge]),
            (Self::Accepted { until }, Event::Success) => (Self::Accepted { until }, &[Deliver]),
            (Self::Completed { until } | Self::Accepted { until }, Event::Tick) if now >= until => {
                (Self::Terminated, &[Terminated])
            }
            (Self::Calling { .. }, Event::Tick)
            | (Self::Proceeding, Event::Unsent | Event::Tick)
            | (Self::Completed { .. }, Event::Provisional | Event::Success | Event::Unsent | Event::Tick)
            | (Self::Accepted { .. }, Event::Provisional | Event::Failure | Event::Unsent | Event::Tick)
            | (
                Self::Terminated,
                Event::Provisional | Event::Success | Event::Failure | Event::Unsent | Event::Tick,
            ) => (*self, &[]),
        };
        *self = next;
        actions(list)
    }
}
