//! The four transaction machines (RFC 3261 section 17, RFC 6026) and their timers. Over a [reliable](Transport::is_reliable)
//! transport nothing is sent again, and nothing that could still come is waited for.

pub mod client;
pub mod invite_client;
pub mod invite_server;
pub mod server;

use crate::base::{Instant, Transport};

/// Round-trip estimate (RFC 3261 section 17.1.1.1), in milliseconds.
pub const T1: u64 = 500;
/// The longest retransmission interval.
pub const T2: u64 = 4_000;
/// How long a message may stay in the network.
pub const T4: u64 = 5_000;
/// Timers B, F, H, J, L and M.
pub const T1_64: u64 = 64 * T1;
/// Timer D: at least 32 seconds on an unreliable transport.
pub const TIMER_D: u64 = 32_000;

/// What a transaction asks for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Action {
    /// Send the message it holds (again).
    Send,
    /// Acknowledge the final response just received (RFC 3261 section 17.1.1.3).
    Acknowledge,
    /// Hand what was received up.
    Deliver,
    /// Nothing was heard in time.
    TimedOut,
    /// Nobody has acknowledged the provisional answer in time.
    Unacknowledged,
    /// Over: the slot is free.
    Terminated,
}

/// Actions of one event, in order.
pub type Actions = heapless::Vec<Action, 2>;

/// A retransmission that doubles.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Retry {
    /// When next.
    pub at: Instant,
    /// The interval after that is twice this one.
    pub interval: u64,
}

impl Retry {
    /// The first, T1 from now.
    #[must_use]
    pub const fn first(now: Instant) -> Self {
        Self { at: now.plus_ms(T1), interval: T1 }
    }

    /// The same if the transport may lose what it is given; else never (timers A, E and G).
    #[must_use]
    pub const fn over(transport: Transport, now: Instant) -> Self {
        if transport.is_reliable() { Self { at: Instant::NEVER, interval: T1 } } else { Self::first(now) }
    }

    /// The next, after twice the interval but at most `cap`.
    #[must_use]
    pub fn next(self, now: Instant, cap: u64) -> Self {
        let interval = self.interval.saturating_mul(2).min(cap);
        Self { at: now.plus_ms(interval), interval }
    }
}

/// How long to wait for what may still come: nothing does where nothing is sent again (timers D, I, J and K).
const fn linger(transport: Transport, now: Instant, ms: u64) -> Instant {
    if transport.is_reliable() { now } else { now.plus_ms(ms) }
}

fn actions(list: &[Action]) -> Actions {
    Actions::from_slice(list).unwrap_or_default()
}

#[cfg(test)]
mod tests;
