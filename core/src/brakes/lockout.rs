//! Lock-out after failed log-ins or wrong codes (R49, R75).
//!
//! ```text
//!  Open    --failure, the n-th within the window--> Locked until now + lockout
//!  Open    --success------------------------------> Open, nothing counted
//!  Locked  --any attempt before its end-----------> refused, also the right one
//!  Locked  --time---------------------------------> Open, nothing counted
//! ```

use crate::base::{Instant, Kept};

/// When to lock, and for how long (`[limits]`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Terms {
    /// Failures that lock; 0: none do.
    pub failures: u8,
    /// Seconds in which they count.
    pub window_s: u32,
    /// Seconds that it lasts.
    pub lockout_s: u32,
}

/// The machine.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Lockout {
    /// Attempts are taken.
    #[default]
    Open,
    /// Attempts are taken; some have failed since.
    Failing {
        /// The first of them.
        since: Kept,
        /// How many.
        failures: u8,
    },
    /// Attempts are refused.
    Locked {
        /// Until then.
        until: Kept,
    },
}

impl Lockout {
    /// Whether attempts are refused.
    #[must_use]
    pub fn is_locked(&self, now: Instant) -> bool {
        matches!(self, Self::Locked { until } if now < until.instant())
    }

    /// Notes a failure; true if this one locks.
    pub fn fail(&mut self, now: Instant, terms: Terms) -> bool {
        let window = u64::from(terms.window_s);
        let (since, failures) = match *self {
            Self::Locked { until } if now < until.instant() => return false,
            Self::Failing { since, failures } if now <= since.instant().plus_s(window) => {
                (since, failures.saturating_add(1))
            }
            Self::Failing { .. } | Self::Open | Self::Locked { .. } => (now.into(), 1),
        };
        let locks = terms.failures != 0 && failures >= terms.failures;
        *self = if locks {
            Self::Locked { until: now.plus_s(u64::from(terms.lockout_s)).into() }
        } else {
            Self::Failing { since, failures }
        };
        locks
    }

    /// Notes a success: failures no longer count. A lock stays.
    pub fn succeed(&mut self, now: Instant) {
        if !self.is_locked(now) {
            *self = Self::Open;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms = Terms { failures: 3, window_s: 300, lockout_s: 900 };
    const fn s(seconds: u64) -> Instant {
        Instant(seconds * 1000)
    }

    #[test]
    fn r75_three_in_five_minutes_lock_for_fifteen() {
        let mut lock = Lockout::Open;
        assert!(!lock.fail(s(0), TERMS) && !lock.fail(s(100), TERMS));
        assert!(lock.fail(s(300), TERMS));
        lock.succeed(s(400));
        assert!(lock.is_locked(s(1199)), "the right one is refused too");
        assert!(!lock.is_locked(s(1200)));
        assert!(!lock.fail(s(1300), TERMS), "it begins anew");
    }

    #[test]
    fn failures_far_apart_or_before_a_success_do_not_count() {
        let mut lock = Lockout::Open;
        assert!(!lock.fail(s(0), TERMS) && !lock.fail(s(10), TERMS) && !lock.fail(s(301), TERMS));
        lock.succeed(s(302));
        assert!(!lock.fail(s(303), TERMS) && !lock.fail(s(304), TERMS) && lock.fail(s(305), TERMS));
        let never = Terms { failures: 0, ..TERMS };
        let mut lock = Lockout::Open;
        assert!((0..200).all(|n| !lock.fail(s(n), never)));
    }
}
