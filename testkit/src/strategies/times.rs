//! Schedules, holidays and route plans.

use super::dice::Dice;
use super::pick;
use super::rows::{keep_one_ordinary_choice, used_routes};
use crate::model::{Mode, Model, RoutePlan, Times, Use};

/// Minutes at which something begins or ends.
pub(super) const CLOCK: &[u16] = &[0, 360, 480, 720, 780, 1080, 1320];

pub(super) fn add(model: &mut Model, dice: &mut Dice<'_>) {
    for times in apart(dice) {
        model.schedule.push((times, *pick(dice.throw(), &Mode::ALL)));
    }
    for day in [8, 12, 25] {
        if dice.percent(40) {
            model.holidays.push((day, *pick(dice.throw(), &Mode::ALL)));
        }
    }
    for i in 0..model.ars.len() {
        if !dice.percent(30) {
            continue;
        }
        let to = model.ars[i].to;
        keep_one_ordinary_choice(model, to);
        let used = used_routes(&model.route_lists, to);
        let ordinary = model.routes.iter().find(|route| used.contains(&route.id) && !route.emergency);
        let one = ordinary.map_or(to, |route| Use::Route(route.id));
        let id = u16::try_from(i + 1).expect("few rows");
        let mut zones: Vec<(Times, Use)> = Vec::new();
        for times in apart(dice) {
            zones.push((times, if dice.percent(60) { to } else { one }));
        }
        if zones.is_empty() {
            zones.push((Times { days: 0b001_1111, from: 480, to: 1080 }, to));
        }
        model.plans.push(RoutePlan { id, zones });
        model.ars[i].to = Use::Plan(id);
    }
}

/// Up to five parts of the week, none over another: that is an error.
fn apart(dice: &mut Dice<'_>) -> Vec<Times> {
    let mut all: Vec<Times> = Vec::new();
    for _ in 0..5 {
        let days =
            *pick(dice.throw(), &[0b001_1111, 0b001_1111, 0b110_0000, 0b000_0001, 0b101_0110, 0b111_1111]);
        let from = *pick(dice.throw(), CLOCK);
        // Half of them go over midnight, some end with it, some cover the whole day.
        let to = *pick(dice.throw(), &[0, 360, 480, 720, 780, 1080, 1320, 1440, from]);
        let times = Times { days, from, to };
        if dice.percent(60) && all.iter().all(|other| !overlap(times, *other)) {
            all.push(times);
        }
    }
    all
}

fn overlap(one: Times, other: Times) -> bool {
    let covers = |times: Times, minute: u16| {
        let (from, to) = (times.from, times.to);
        if to > from { minute >= from && minute < to } else { minute >= from || minute < to }
    };
    one.days & other.days != 0 && (0..1440).any(|minute| covers(one, minute) && covers(other, minute))
}
