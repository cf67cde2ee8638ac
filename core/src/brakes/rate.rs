//! Calls begun in the last minute.

use crate::base::Instant;

/// Length of a step.
const STEP_MS: u64 = 5_000;
/// Steps that together are never shorter than a minute.
const STEPS: usize = 13;

/// Counts beginnings in steps of five seconds. It never counts less than the last 60 seconds held, and remembers none for
/// more than 65.
// Every device has one: no octet is spent on alignment.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[repr(Rust, packed(2))]
pub struct Rate {
    /// The newest step first.
    counts: [u16; STEPS],
    step: u64,
}

impl Rate {
    /// Nothing begun yet.
    pub const EMPTY: Self = Self { counts: [0; STEPS], step: 0 };

    /// Beginnings within the last minute. Constant work.
    #[must_use]
    pub fn begun(&self, now: Instant) -> u32 {
        let passed = self.passed(now);
        let counted = self.counts.iter().take(STEPS.saturating_sub(passed));
        counted.fold(0, |sum, count| sum.saturating_add(u32::from(*count)))
    }

    /// Notes one more.
    pub fn begin(&mut self, now: Instant) {
        let passed = self.passed(now);
        let before = self.counts;
        let moved = core::iter::repeat_n(0, passed).chain(before);
        self.counts.iter_mut().zip(moved).for_each(|(count, moved)| *count = moved);
        self.step = self.step.max(now.0 / STEP_MS);
        if let Some(newest) = self.counts.first_mut() {
            *newest = newest.saturating_add(1);
        }
    }

    fn passed(&self, now: Instant) -> usize {
        let steps = (now.0 / STEP_MS).saturating_sub(self.step);
        usize::try_from(steps).unwrap_or(STEPS).min(STEPS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_forgotten_within_a_minute_nor_kept_beyond_65_seconds() {
        for first in [0, 1, 4_999, 5_000, 123_456] {
            let mut rate = Rate::EMPTY;
            rate.begin(Instant(first));
            rate.begin(Instant(first + 7_000));
            for ms in (0..60_000).step_by(250) {
                let expected = 1 + u32::from(ms >= 7_000);
                let counted = rate.begun(Instant(first + ms.max(7_000)));
                assert!(counted >= expected, "{first} {ms}");
            }
            assert_eq!(rate.begun(Instant(first + 65_000)), 1);
            assert_eq!(rate.begun(Instant(first + 72_000)), 0);
        }
    }
}
