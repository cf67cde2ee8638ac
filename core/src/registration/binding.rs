//! One device's binding: where it can be reached, and until when.
//!
//! ```text
//!  Absent  --Register------------------------------> Bound      Registered
//!  Bound   --Register (same call, higher CSeq)-----> Bound      Refreshed
//!  Bound   --Register (another call)---------------> Bound      Refreshed: the newer one replaces
//!  Bound   --Register (same call, CSeq not higher)-> Bound      OutOfOrder, nothing changes
//!  Bound   --Unregister----------------------------> Absent     Gone: Unregistered
//!  Bound   --Tick at expires_at--------------------> Absent     Gone: Lapsed
//!  Bound   --Lost----------------------------------> Absent     Gone: Lost
//! ```

use crate::base::Instant;

/// The shortest registration accepted, in seconds; shorter ones get 423 (RFC 3261 section 10.3 step 7).
pub const MIN_EXPIRES_S: u32 = 60;
/// The longest granted, in seconds: a phone that vanishes is noticed within the hour.
pub const MAX_EXPIRES_S: u32 = 3600;

/// Which REGISTER: a seeded hash of its Call-ID, and its CSeq.
#[repr(Rust, packed(4))]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Order {
    /// Seeded hash of the Call-ID.
    pub call_id: u64,
    /// CSeq number.
    pub cseq: u32,
}

/// Whether and until when a device is there.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Binding {
    /// Not registered.
    #[default]
    Absent,
    /// Registered.
    Bound {
        /// When it lapses unless refreshed.
        expires_at: Instant,
        /// The last REGISTER that was taken.
        order: Order,
    },
}

/// What happens to a binding.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Event {
    /// An authenticated REGISTER with a contact.
    Register {
        /// Which one.
        order: Order,
        /// Seconds asked for; more than [`MAX_EXPIRES_S`] is granted as that.
        expires_s: u32,
    },
    /// An authenticated REGISTER that takes the contact away.
    Unregister {
        /// Which one.
        order: Order,
    },
    /// The connection it was registered over is closed.
    Lost,
    /// Time has passed.
    Tick,
}

/// Why a device is gone.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Gone {
    /// It said good-bye.
    Unregistered,
    /// It was not heard of in time.
    Lapsed,
    /// Its connection is closed.
    Lost,
}

/// What follows.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Outcome {
    /// It was absent and is there now, for so many seconds.
    Registered(u32),
    /// It stays, for so many seconds more.
    Refreshed(u32),
    /// It is gone.
    Gone(Gone),
    /// An older REGISTER arrived late: refuse it, nothing changed.
    OutOfOrder,
    /// Nothing to tell.
    Nothing,
}

impl Binding {
    /// When [`Event::Tick`] is next wanted. An early tick does nothing.
    #[must_use]
    pub const fn next_deadline(&self) -> Option<Instant> {
        match self {
            Self::Absent => None,
            Self::Bound { expires_at, .. } => Some(*expires_at),
        }
    }

    /// Whether this REGISTER was the last one taken: its answer got lost and it comes again.
    #[must_use]
    pub fn is_repeat(&self, order: Order) -> bool {
        matches!(self, Self::Bound { order: last, .. } if *last == order)
    }

    /// Seconds until it lapses; 0 if absent.
    #[must_use]
    pub const fn remaining_s(&self, now: Instant) -> u64 {
        match self {
            Self::Absent => 0,
            Self::Bound { expires_at, .. } => expires_at.since_ms(now).div_ceil(1000),
        }
    }

    /// Applies one event. Constant work.
    pub fn handle(&mut self, now: Instant, event: Event) -> Outcome {
        let (next, outcome) = match (*self, event) {
            (Self::Absent, Event::Register { order, expires_s }) => {
                let granted = expires_s.min(MAX_EXPIRES_S);
                (
                    Self::Bound { expires_at: now.plus_s(u64::from(granted)), order },
                    Outcome::Registered(granted),
                )
            }
            (
                Self::Bound { order: last, .. },
                Event::Register { order, .. } | Event::Unregister { order },
            ) if order.call_id == last.call_id && order.cseq <= last.cseq => (*self, Outcome::OutOfOrder),
            (Self::Bound { .. }, Event::Register { order, expires_s }) => {
                let granted = expires_s.min(MAX_EXPIRES_S);
                (
                    Self::Bound { expires_at: now.plus_s(u64::from(granted)), order },
                    Outcome::Refreshed(granted),
                )
            }
            (Self::Bound { .. }, Event::Unregister { .. }) => {
                (Self::Absent, Outcome::Gone(Gone::Unregistered))
            }
            (Self::Bound { .. }, Event::Lost) => (Self::Absent, Outcome::Gone(Gone::Lost)),
            (Self::Bound { expires_at, .. }, Event::Tick) if now >= expires_at => {
                (Self::Absent, Outcome::Gone(Gone::Lapsed))
            }
            (Self::Bound { .. } | Self::Absent, Event::Tick) => (*self, Outcome::Nothing),
            (Self::Absent, Event::Unregister { .. } | Event::Lost) => (Self::Absent, Outcome::Nothing),
        };
        *self = next;
        outcome
    }
}

#[cfg(test)]
#[path = "binding_tests.rs"]
mod tests;
