//! Clocks of exchanges, which may be wrong.

use strowger::base::Instant;

/// What becomes of an exchange's clock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Jump {
    /// The clock that drives timers goes on from so many milliseconds later, or earlier.
    Monotone(i64),
    /// The same for one reading only.
    Glitch(i64),
    /// The calendar is set to so many seconds since 1970.
    Wall(i64),
}

/// By how much an exchange's clock is ahead of everybody's.
#[derive(Debug, Default)]
pub(super) struct Clock {
    ahead_ms: i64,
    glitch_ms: i64,
    /// When it was read last, and what it showed.
    last: (Instant, Instant),
}

impl Clock {
    pub(super) const fn jump(&mut self, ms: i64) {
        self.ahead_ms = self.ahead_ms.saturating_add(ms);
    }

    pub(super) const fn glitch(&mut self, ms: i64) {
        self.glitch_ms = ms;
    }

    /// What it shows.
    pub(super) fn read(&mut self, now: Instant) -> Instant {
        let wrong = std::mem::take(&mut self.glitch_ms);
        let shown = Instant(now.0.saturating_add_signed(self.ahead_ms.saturating_add(wrong)));
        self.last = (now, shown);
        shown
    }

    /// What it showed when it was read last.
    pub(super) const fn showed(&self) -> Instant {
        self.last.1
    }

    /// When a host wakes up that went to sleep at the last reading, for as long as it was then until that moment.
    pub(super) const fn wakes_at(&self, shown: Instant) -> Instant {
        let (at, showed) = self.last;
        at.plus_ms(shown.since_ms(showed))
    }
}
