//! What depends on the calendar and the clock.

use super::dialing::Use;
use super::section;
use super::texts::{Clock, Date, Days};
use super::types::{Int, Of};
use toml::Spanned;

/// Service mode.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    Day,
    Night1,
    Night2,
}

section! {
    /// `[[schedule]]`
    Schedule = "schedule", later [] {
        mode: Mode,
        days: Of<Days>,
        from: Of<Clock>,
        to: Of<Clock>,
    }
}
section! {
    /// `[[holiday]]`
    Holiday = "holiday", later [] { date: Of<Date>, mode: Mode, }
}

section! {
    /// `[[route_plan]]`
    RoutePlan = "route_plan", later [] { id: Spanned<Int<1, 32>>, zones: Vec<Spanned<Cell>>, }
}

/// A cell of a route plan.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cell {
    pub(crate) days: Of<Days>,
    pub(crate) from: Of<Clock>,
    pub(crate) to: Of<Clock>,
    #[serde(rename = "use")]
    pub(crate) leads: Use,
}
