//! Local time as the policy sees it: plain transitions, weekly intervals, holidays.
//!
//! A clock that jumps changes nothing but the next decision: nothing here is remembered.

use super::Mode;
use super::image::Image;
use super::row::{Row, Table};
use super::rows::CellRow;

/// Minutes of a week.
pub const WEEK: u16 = 7 * 24 * 60;

/// A moment in the policy's time zone.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Moment {
    /// Days since 1970-01-01.
    pub day: u32,
    /// The minute of the week; Monday 00:00 is 0.
    pub minute: u16,
}

impl Moment {
    /// The local moment of a UTC time in seconds since 1970; times before that count as 1970.
    /// Work: logarithmic in the zone's transitions.
    #[must_use]
    pub fn at(image: &Image<'_>, unix_s: i64) -> Self {
        let seconds = u64::try_from(unix_s).unwrap_or(0);
        let since = u32::try_from(seconds).unwrap_or(u32::MAX);
        let next = first(&image.offsets, |row| row.since > since);
        let row = next.checked_sub(1).and_then(|row| image.offsets.get(row)).unwrap_or_default();
        // Offsets are stored a day up, so that they are never negative.
        let local = seconds.saturating_add(u64::from(row.east_min).saturating_mul(60)).saturating_sub(86_400);
        Self::local(local / 60)
    }

    /// The moment that a local clock shows, in minutes since 1970-01-01 00:00.
    #[must_use]
    pub fn local(minutes: u64) -> Self {
        let day = u32::try_from(minutes / 1440).unwrap_or(u32::MAX);
        // 1970-01-01 was a Thursday.
        let week = u64::from(day).saturating_add(3) % 7;
        let minute = week.saturating_mul(1440).saturating_add(minutes % 1440);
        Self { day, minute: u16::try_from(minute).unwrap_or(0) }
    }
}

/// The service mode that holidays and schedules set for a moment; uncovered is day (R1). Work: logarithmic in both.
#[must_use]
pub fn scheduled(image: &Image<'_>, moment: Moment) -> Mode {
    let holiday = first(&image.holidays, |row| row.day >= moment.day);
    if let Some(row) = image.holidays.get(holiday).filter(|row| row.day == moment.day) {
        return Mode::from_number(row.mode).unwrap_or_default();
    }
    let next = first(&image.schedule, |row| row.from > moment.minute);
    let row = next.checked_sub(1).and_then(|row| image.schedule.get(row));
    let row = row.filter(|row| moment.minute < row.to);
    row.and_then(|row| Mode::from_number(row.mode)).unwrap_or_default()
}

/// Where a route plan leads at a minute of the week; `None` where no zone covers it (R60, R65).
/// Work: logarithmic in the plan's cells.
pub(super) fn cell(image: &Image<'_>, plan: u16, minute: u16) -> Option<(u8, u16)> {
    let run = image.plans.get(usize::from(plan))?.cells;
    let (mut low, mut high) = (run.first, run.first.saturating_add(u32::from(run.count)));
    let at = |index: u32| -> Option<CellRow> { image.cells.get(usize::try_from(index).ok()?) };
    while low < high {
        let middle = low.midpoint(high);
        if at(middle)?.from > minute { high = middle } else { low = middle.saturating_add(1) }
    }
    let row = low.checked_sub(1).filter(|row| *row >= run.first).and_then(at)?;
    (minute < row.to).then_some((row.leads, row.index))
}

/// The first row that is past something, in a table sorted by it.
fn first<R: Row>(table: &Table<'_, R>, past: impl Fn(R) -> bool) -> usize {
    let (mut low, mut high) = (0, table.len());
    while low < high {
        let middle = low.midpoint(high);
        if table.get(middle).is_none_or(&past) { high = middle } else { low = middle.saturating_add(1) }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday() {
        // 2026-11-23 is a Monday.
        let days = 20_780;
        assert_eq!(Moment::local(days * 1440), Moment { day: 20_780, minute: 0 });
        assert_eq!(Moment::local((days + 6) * 1440 + 1439).minute, WEEK - 1);
        assert_eq!(Moment::local(0).minute, 3 * 1440);
    }
}
