//! Time is an input. [`Instant`] is monotone and drives timers; [`WallTime`] only labels records.

/// A moment in milliseconds from any epoch the caller likes; never goes backwards. If it does all the same, that reading counts
/// as no time passed.
///
/// 64 bits of milliseconds do not wrap in the life of a machine, so no comparison here is modular.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Instant(pub u64);

/// The same where every device has one: aligned to four octets, it leaves no gap.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(Rust, packed(4))]
pub struct Kept(u64);

impl Kept {
    /// The beginning of time.
    pub const ZERO: Self = Self(0);

    /// The moment.
    #[must_use]
    pub const fn instant(self) -> Instant {
        Instant(self.0)
    }
}

impl From<Instant> for Kept {
    fn from(instant: Instant) -> Self {
        Self(instant.0)
    }
}

impl Instant {
    /// Later than any other.
    pub const NEVER: Self = Self(u64::MAX);

    /// This moment plus `ms` milliseconds; saturates at the end of time.
    #[must_use]
    pub const fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// This moment plus `s` seconds; saturates at the end of time.
    #[must_use]
    pub const fn plus_s(self, s: u64) -> Self {
        self.plus_ms(s.saturating_mul(1000))
    }

    /// Milliseconds since `earlier`, 0 if that lies in the future.
    #[must_use]
    pub const fn since_ms(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A clock that goes back by less is read in another order than it was; by more, it was set.
const SET_MS: u64 = 1_000;

/// The time that an engine goes by, made of what its host's clock shows.
///
/// A host whose clock goes back breaks its word ([`Instant`]). Time stands still then, and where the clock was set it goes on from
/// there: no timer waits for as long as the clock went back.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    shown: Instant,
    /// By how much the host's clock was set back in all.
    behind_ms: u64,
}

impl Clock {
    /// The host's clock shows this: the time.
    pub(crate) const fn advance(&mut self, shown: Instant) -> Instant {
        let back_ms = self.shown.since_ms(shown);
        if back_ms == 0 || back_ms >= SET_MS {
            self.behind_ms = self.behind_ms.saturating_add(back_ms);
            self.shown = shown;
        }
        self.now()
    }

    /// The time when the host's clock was last read.
    pub(crate) const fn now(&self) -> Instant {
        self.shown.plus_ms(self.behind_ms)
    }

    /// The time when the host's clock shows this; never before [`now`](Self::now).
    pub(crate) const fn at(mut self, shown: Instant) -> Instant {
        self.advance(shown)
    }

    /// What the host's clock will show at that time, if it goes on.
    pub(crate) const fn shows_at(&self, time: Instant) -> Instant {
        Instant(time.0.saturating_sub(self.behind_ms))
    }
}

/// Calendar time for records: seconds since 1970-01-01 UTC and the local offset then in force.
///
/// A clock that jumps changes labels, never timers.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct WallTime {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub unix_s: i64,
    /// Minutes east of UTC, -1440 to 1440.
    pub offset_min: i16,
}

/// A [`WallTime`] broken into local calendar fields.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Civil {
    /// Proleptic Gregorian year.
    pub year: i32,
    /// 1-12.
    pub month: u8,
    /// 1-31.
    pub day: u8,
    /// 0-23.
    pub hour: u8,
    /// 0-59.
    pub minute: u8,
    /// 0-59.
    pub second: u8,
}

impl WallTime {
    /// The local calendar fields. Constant work; correct for years -32767 to 32767.
    #[must_use]
    pub fn civil(self) -> Civil {
        let local = self.unix_s.saturating_add(i64::from(self.offset_min).saturating_mul(60));
        let days = local.div_euclid(86_400);
        let seconds = local.rem_euclid(86_400);
        // Days are counted from 0000-03-01, so that the leap day is the last of its (shifted) year.
        let shifted = days.saturating_add(719_468);
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let leap_corrections = day_of_era
            .div_euclid(1_460)
            .saturating_sub(day_of_era.div_euclid(36_524))
            .saturating_add(day_of_era.div_euclid(146_096));
        let year_of_era = day_of_era.saturating_sub(leap_corrections).div_euclid(365);
        let day_of_year = day_of_era.saturating_sub(
            year_of_era
                .saturating_mul(365)
                .saturating_add(year_of_era.div_euclid(4))
                .saturating_sub(year_of_era.div_euclid(100)),
        );
        let shifted_month = day_of_year.saturating_mul(5).saturating_add(2).div_euclid(153);
        let day = day_of_year
            .saturating_sub(shifted_month.saturating_mul(153).saturating_add(2).div_euclid(5))
            .saturating_add(1);
        let (month, carry) = if shifted_month < 10 {
            (shifted_month.saturating_add(3), 0)
        } else {
            (shifted_month.saturating_sub(9), 1)
        };
        let year = era.saturating_mul(400).saturating_add(year_of_era).saturating_add(carry);
        Civil {
            year: i32::try_from(year).unwrap_or(0),
            month: u8::try_from(month).unwrap_or(1),
            day: u8::try_from(day).unwrap_or(1),
            hour: u8::try_from(seconds.div_euclid(3600)).unwrap_or(0),
            minute: u8::try_from(seconds.div_euclid(60).rem_euclid(60)).unwrap_or(0),
            second: u8::try_from(seconds.rem_euclid(60)).unwrap_or(0),
        }
    }

    /// This time moved back by `ms` milliseconds of monotone time.
    #[must_use]
    pub fn minus_ms(self, ms: u64) -> Self {
        Self { unix_s: self.unix_s.saturating_sub_unsigned(ms / 1000), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the host's clock shows, and the time: it never goes back, and goes on at once where the clock does.
    #[test]
    fn a_clock_that_is_set_back_stops_nothing() {
        let mut clock = Clock::default();
        // Read out of order by less than a second, then set back, twice.
        let rows = [
            (1_000, 1_000),
            (1_020, 1_020),
            (1_000, 1_020),
            (1_010, 1_020),
            (1_040, 1_040),
            (41, 1_040),
            (40, 1_040),
            (9_000, 10_000),
            (8_000, 10_000),
            (8_500, 10_500),
            (7_501, 10_500),
            (9_500, 11_500),
        ];
        for (shown, time) in rows {
            assert_eq!(clock.at(Instant(shown)), Instant(time), "{shown}");
            assert_eq!(clock.advance(Instant(shown)), Instant(time), "{shown}");
            assert_eq!(clock.now(), Instant(time), "{shown}");
            assert_eq!(clock.at(clock.shows_at(Instant(time))), Instant(time), "{shown}");
        }
    }

    #[test]
    fn civil_dates_are_those_of_the_calendar() {
        let rows = [
            (0, 0, (1970, 1, 1, 0, 0, 0)),
            (951_782_400, 0, (2000, 2, 29, 0, 0, 0)),
            (1_795_327_200, -300, (2026, 11, 22, 1, 0, 0)),
            (1_798_761_599, 0, (2026, 12, 31, 23, 59, 59)),
            (-1, 0, (1969, 12, 31, 23, 59, 59)),
        ];
        for (unix_s, offset_min, expected) in rows {
            let c = WallTime { unix_s, offset_min }.civil();
            assert_eq!((c.year, c.month, c.day, c.hour, c.minute, c.second), expected, "{unix_s}");
        }
    }
}
