//! Calendar and clock: schedules, holidays, route plans, and the time zone as plain transitions.

use super::Index;
use super::routing::{Leads, Routing};
use crate::finding::{Place, Report};
use crate::schema::Policy;
use crate::schema::texts::{Clock, Days};
use crate::schema::time::Mode;
use crate::schema::types::Of;
use crate::write::Tables;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use strowger::policy::row::Run;
use strowger::policy::rows::{CellRow, HolidayRow, OffsetRow, PlanRow, ScheduleRow};

/// Transitions are written down for these years; after the last one, its offset stays.
const YEARS: std::ops::Range<i16> = 2024..2056;

/// Part of a week, in minutes from Monday 00:00, and where in the file it stands.
struct Span<T> {
    from: u16,
    to: u16,
    what: T,
    place: Place,
}

pub(crate) fn build(policy: &Policy, routing: &Routing, tables: &mut Tables, report: &mut Report) {
    schedule(policy, tables, report);
    holidays(policy, tables, report);
    plans(policy, routing, tables, report);
    let zone = policy.system.as_ref().and_then(|row| row.keys.timezone.as_ref());
    tables.offsets = offsets(zone.map_or("UTC", |zone| &zone.0.0));
}

const fn number(mode: Mode) -> u8 {
    match mode {
        Mode::Day => 0,
        Mode::Night1 => 1,
        Mode::Night2 => 2,
    }
}

fn schedule(policy: &Policy, tables: &mut Tables, report: &mut Report) {
    let mut spans = Vec::new();
    for row in &policy.schedule {
        let keys = &row.keys;
        spread(&keys.days, &keys.from, &keys.to, number(keys.mode), row.place, &mut spans);
    }
    let spans = in_order(spans, "overlapping-times", "two schedules cover the same time", report);
    for span in spans.into_iter().filter(|span| span.what != 0) {
        match tables.schedule.last_mut() {
            Some(last) if last.to == span.from && last.mode == span.what => last.to = span.to,
            _ => tables.schedule.push(ScheduleRow { from: span.from, to: span.to, mode: span.what }),
        }
    }
}

fn holidays(policy: &Policy, tables: &mut Tables, report: &mut Report) {
    let mut index = Index::new("holiday");
    for (number_of_row, row) in policy.holiday.iter().enumerate() {
        let date = row.keys.date.0.0;
        let epoch = jiff::civil::date(1970, 1, 1);
        let days = date.since((jiff::Unit::Day, epoch)).map_or(-1, |span| i64::from(span.get_days()));
        let Ok(day) = u32::try_from(days) else {
            report.error(row.place, "bad-value", "holiday: a date before 1970");
            continue;
        };
        index.add(day, &date.to_string(), number_of_row, row.place, report);
        tables.holidays.push(HolidayRow { day, mode: number(row.keys.mode) });
    }
    tables.holidays.sort_by_key(|row| row.day);
}

fn plans(policy: &Policy, routing: &Routing, tables: &mut Tables, report: &mut Report) {
    for row in &policy.route_plan {
        let mut spans = Vec::new();
        for cell in &row.keys.zones {
            let place = row.at(cell.span());
            let keys = cell.get_ref();
            match routing.leads(&keys.leads, place, report) {
                Some(Leads { kind: strowger::policy::rows::USE_PLAN, .. }) => {
                    report.error(
                        place,
                        "bad-value",
                        "a zone of a route plan leads to a route or a list, not to a plan",
                    );
                }
                Some(leads) => spread(&keys.days, &keys.from, &keys.to, leads, place, &mut spans),
                None => {}
            }
        }
        let spans = in_order(spans, "overlapping-times", "two zones of the plan cover the same time", report);
        let first = tables.cells.len();
        for span in &spans {
            let cell =
                CellRow { from: span.from, to: span.to, leads: span.what.kind, index: span.what.index };
            match tables.cells[first..].last_mut() {
                Some(last)
                    if last.to == cell.from && (last.leads, last.index) == (cell.leads, cell.index) =>
                {
                    last.to = cell.to;
                }
                _ => tables.cells.push(cell),
            }
        }
        tables.plans.push(PlanRow {
            id: row.keys.id.get_ref().get(),
            cells: Run {
                first: u32::try_from(first).unwrap_or(0),
                count: u16::try_from(tables.cells.len() - first).unwrap_or(0),
            },
            line: report.line(row.place),
        });
    }
}

/// `to` at or before `from` covers [from,24) and [0,to) of each listed day.
fn spread<T: Copy>(
    days: &Of<Days>,
    from: &Of<Clock>,
    to: &Of<Clock>,
    what: T,
    place: Place,
    spans: &mut Vec<Span<T>>,
) {
    let (from, to) = (from.0.0, to.0.0);
    let parts = if to > from { vec![(from, to)] } else { vec![(from, 1440), (0, to)] };
    for day in (0..7u16).filter(|day| days.0.0 >> day & 1 != 0) {
        for (from, to) in parts.iter().filter(|(from, to)| from < to) {
            spans.push(Span { from: day * 1440 + from, to: day * 1440 + to, what, place });
        }
    }
}

fn in_order<T>(mut spans: Vec<Span<T>>, code: &'static str, text: &str, report: &mut Report) -> Vec<Span<T>> {
    spans.sort_by_key(|span| (span.from, span.to));
    let mut said = std::collections::BTreeSet::new();
    for pair in spans.windows(2) {
        let places = (pair[0].place.min(pair[1].place), pair[0].place.max(pair[1].place));
        if pair[1].from < pair[0].to && said.insert(places) {
            let first = report.at(places.0);
            report.error(places.1, code, format!("{text}: the other is at {first}"));
        }
    }
    spans
}

/// The offsets of a time zone from 2024 on, one row for each change.
fn offsets(name: &str) -> Vec<OffsetRow> {
    let Ok(zone) = jiff::tz::TimeZoneDatabase::bundled().get(name) else { return Vec::new() };
    let start = first_instant(YEARS.start);
    let end = first_instant(YEARS.end);
    let row = |since: Timestamp, offset: jiff::tz::Offset| OffsetRow {
        since: u32::try_from(since.as_second()).unwrap_or(0),
        east_min: u16::try_from(offset.seconds() / 60 + 1440).unwrap_or(1440),
    };
    let mut rows = vec![OffsetRow { since: 0, ..row(start, zone.to_offset(start)) }];
    for transition in zone.following(start).take_while(|transition| transition.timestamp() < end) {
        let next = row(transition.timestamp(), transition.offset());
        if rows.last().is_none_or(|last| last.east_min != next.east_min) {
            rows.push(next);
        }
    }
    // UTC needs no table: a day up and no transitions is what an absent one would have to say.
    rows
}

fn first_instant(year: i16) -> Timestamp {
    jiff::civil::date(year, 1, 1)
        .to_zoned(TimeZone::UTC)
        .map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transitions_are_those_of_the_database() {
        let toronto = offsets("America/Toronto");
        assert_eq!(toronto.len(), 1 + 2 * YEARS.len());
        // 2026-03-08 02:00 EST, 07:00 UTC.
        let at = toronto.iter().find(|row| row.since == 1_772_953_200).expect("the change of spring 2026");
        assert_eq!(at.east_min, 1440 - 240);
        assert_eq!(offsets("UTC"), [OffsetRow { since: 0, east_min: 1440 }]);
    }
}
