//! Non-INVITE server transaction (RFC 3261 section 17.2.2).
//!
//! ```text
//!  Trying --Final: Send--> Completed --J--> Terminated
//!  Completed --Request: Send again
//! ```
//! Provisional responses to non-INVITE requests are not sent (RFC 4320 section 4.1), so Proceeding has no place here.

use super::{Action, Actions, T1_64, actions, linger};
use crate::base::{Instant, Transport};

/// Where it is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum State {
    /// Not answered yet.
    Trying,
    /// Answered; answers again when the request comes again.
    Completed {
        /// Timer J.
        until: Instant,
    },
    /// Over.
    Terminated,
}

/// What happens.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Event {
    /// The request came again.
    Request,
    /// We answer.
    Final,
    /// Time has passed.
    Tick,
}

impl State {
    /// When [`Event::Tick`] is next wanted.
    #[must_use]
    pub const fn next_deadline(&self) -> Option<Instant> {
        match self {
            Self::Completed { until } => Some(*until),
            Self::Trying | Self::Terminated => None,
        }
    }

    /// Applies one event.
    pub fn handle(&mut self, now: Instant, transport: Transport, event: Event) -> Actions {
        use Action::{Send, Terminated};
        let (next, list): (Self, &[Action]) = match (*self, event) {
            (Self::Trying, Event::Final) => {
                (Self::Completed { until: linger(transport, now, T1_64) }, &[Send])
            }
            (Self::Completed { until }, Event::Request) => (Self::Completed { until }, &[Send]),
            (Self::Completed { until }, Event::Tick) if now >= until => (Self::Terminated, &[Terminated]),
            (Self::Trying, Event::Request | Event::Tick)
            | (Self::Completed { .. }, Event::Final | Event::Tick)
            | (Self::Terminated, Event::Request | Event::Final | Event::Tick) => (*self, &[]),
        };
        *self = next;
        actions(list)
    }
}
