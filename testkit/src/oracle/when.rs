//! What a local time means: service mode, and the zone of a route plan.

use crate::model::{Mode, Model, RoutePlan, Times, Use};

/// A local time of December 2026.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct When {
    /// Day of the month, 1-31.
    pub day: u8,
    /// Minute of the day, below 1440.
    pub minute: u16,
}

impl When {
    /// The day of the week: Monday is 0. The first of December 2026 is a Tuesday.
    #[must_use]
    pub const fn weekday(self) -> u8 {
        self.day % 7
    }
}

/// The service mode: a holiday wins over schedules, uncovered time is day.
pub(super) fn mode(model: &Model, when: When, broken: &str) -> Mode {
    for (day, mode) in &model.holidays {
        if *day == when.day && broken != "holiday" {
            return *mode;
        }
    }
    for (times, mode) in &model.schedule {
        if covers(*times, when, broken) && broken != "schedule" {
            return *mode;
        }
    }
    Mode::Day
}

/// Where a plan leads; nowhere in a gap.
pub(super) fn zone(plan: &RoutePlan, when: When, broken: &str) -> Option<Use> {
    let found = plan.zones.iter().find(|(times, _)| covers(*times, when, broken));
    if broken == "route-plan" { plan.zones.first().map(|(_, to)| *to) } else { found.map(|(_, to)| *to) }
}

/// `to` at or before `from` covers [from,24) and [0,to) of each listed day.
fn covers(Times { days, from, to }: Times, when: When, broken: &str) -> bool {
    let mut listed = days >> when.weekday() & 1 != 0;
    if broken == "midnight" && to <= from && when.minute < to {
        // As if the part after midnight belonged to the day after.
        listed = days >> ((when.weekday() + 6) % 7) & 1 != 0;
    }
    let within =
        if to > from { (from..to).contains(&when.minute) } else { when.minute >= from || when.minute < to };
    listed && within
}
