//! What a policy has beside classes, numbers and routes: time, number classes, account codes, limits.
//!
//! Drawn as plain octets, so that it shrinks to nothing.

use super::{keep_one_ordinary_choice, pick, used_routes};
use crate::model::{
    AccountCode, Action, Mode, Model, Modification, OwnClass, Profile, RoutePlan, Times, Use,
};

/// Digit by digit from a list of octets; zeros when they are used up.
pub(super) struct Dice<'d>(std::slice::Iter<'d, u8>);

impl Dice<'_> {
    pub(super) fn new(octets: &[u8]) -> Dice<'_> {
        Dice(octets.iter())
    }

    fn throw(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }

    /// True in so many of a hundred cases; never when nothing is left.
    fn percent(&mut self, of: u32) -> bool {
        u32::from(self.throw()) * 100 / 256 >= 100 - of
    }
}

/// Codes that policies have, the verified ones first.
const CODES: &[&str] = &["43219", "86420", "7788", "5531977"];

/// What people type: verified codes more often than others.
pub(super) const TYPED: &[&str] =
    &["43219", "43219", "43219", "86420", "86420", "7788", "5531977", "99", "123"];

/// Patterns of public numbers behind the access code 8.
pub(super) const PUBLIC_ROWS: &[&str] = &[
    "8NXXXXXX",
    "8NXXNXXXXXX",
    "81NXXNXXXXXX",
    "8011",
    "8411",
    "80",
    "8101XXXX",
    "8911",
    "80NXXXXXXXXX",
    "8+",
];

/// Public numbers, as they are dialed behind the access code; `?` is any digit.
pub(super) const PUBLIC_NUMBERS: &[&str] = &[
    "5550123",
    "555????",
    "16135550123",
    "1613555????",
    "14165550123",
    "12125550123",
    "18765550123",
    "18005550123",
    "19005550123",
    "1900555????",
    "9005550123",
    "6135550123",
    "4165551212",
    "011442079460018",
    "011882????",
    "411",
    "0",
    "00",
    "06135550123",
    "1010288",
    "10102880",
    "911",
    "15005550123",
    "16005550123",
    "1310555",
    "2125550123",
    "1??????????",
    "??????????",
    "???????",
];

pub(super) fn add(model: &mut Model, dice: &mut Dice<'_>) {
    if dice.percent(70) {
        model.area_code = Some("613");
    }
    if dice.percent(60) {
        model.plus_access = Some("8");
    }
    classes(model, dice);
    codes(model, dice);
    for _ in 0..2 {
        let (cor, digits) = (1 + dice.throw() % 4, 3 + dice.throw() % 12);
        if dice.percent(35) && model.max_digits.iter().all(|(other, _)| *other != cor) {
            model.max_digits.push((cor, digits));
        }
    }
    if dice.percent(40) {
        model.limits = Some((u16::from(1 + dice.throw() % 6), u16::from(1 + dice.throw() % 3)));
    }
    // The modification that real policies have: the access code goes.
    let id = 800;
    model.modifications.push(Modification { id, absorb: 1, insert: String::new() });
    for route in &mut model.routes {
        if !route.emergency && dice.percent(50) {
            route.modification = Some(id);
        }
    }
    time(model, dice);
}

fn classes(model: &mut Model, dice: &mut Dice<'_>) {
    let names = [
        "local",
        "national",
        "fixed-or-mobile",
        "toll-free",
        "premium",
        "shared-cost",
        "international",
        "directory-assistance",
        "operator",
        "carrier-access",
    ];
    for name in names {
        if dice.percent(40) {
            model
                .class_defaults
                .push((name, *pick(dice.throw(), &[Action::Allow, Action::Watch, Action::Deny])));
        }
    }
    // Most numbers of these small policies are none of the plan.
    if model.profile == Profile::Strict && dice.percent(85) {
        model.class_defaults.push(("unknown", Action::Allow));
    }
    let own: [(&str, &[&'static str]); 4] = [
        ("dear", &["1900", "1613", "976"]),
        ("near", &["1613555", "1416"]),
        ("far", &["01144", "011882"]),
        ("nearer", &["16135550", "190055501"]),
    ];
    for (name, prefixes) in own {
        if dice.percent(60) {
            let action = *pick(dice.throw(), &[Action::Allow, Action::Deny, Action::Watch]);
            let cor_group = dice.percent(75).then(|| pick(dice.throw(), &model.cor_groups).id);
            model.own_classes.push(OwnClass {
                name: name.into(),
                prefixes: prefixes.to_vec(),
                action,
                cor_group,
            });
        }
    }
}

fn codes(model: &mut Model, dice: &mut Dice<'_>) {
    let features = [
        ("verified-account-code", 65),
        ("non-verified-account-code", 45),
        ("forced-verified-account-code", 8),
        ("forced-non-verified-account-code", 25),
    ];
    for class in &mut model.cos {
        for (feature, percent) in features {
            if dice.percent(percent) {
                class.features.push(feature);
            }
        }
        if dice.percent(25) {
            model.code_lengths.push((class.id, *pick(dice.throw(), &[5, 4, 7])));
        }
    }
    for (n, code) in CODES.iter().enumerate() {
        if dice.percent(75) {
            let verified = (n < 2).then(|| (pick(dice.throw(), &model.cos).id, 1 + dice.throw() % 4));
            model.codes.push(AccountCode { code: (*code).into(), verified });
        }
    }
    for route in &model.routes {
        if dice.percent(25) {
            model.without_code.push(route.id);
        }
    }
}

fn time(model: &mut Model, dice: &mut Dice<'_>) {
    let (weekdays, weekend) = (0b001_1111, 0b110_0000);
    if dice.percent(70) {
        model.schedule.push((Times { days: weekdays, from: 1080, to: 480 }, Mode::Night1));
    }
    if dice.percent(70) {
        model.schedule.push((Times { days: weekend, from: 0, to: 1440 }, Mode::Night2));
    }
    if dice.percent(30) {
        model.schedule.push((Times { days: weekdays, from: 720, to: 780 }, Mode::Night2));
    }
    for (day, mode) in [(8, Mode::Night2), (25, Mode::Day)] {
        if dice.percent(50) {
            model.holidays.push((day, mode));
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
        let mut zones = vec![(Times { days: weekdays, from: 480, to: 1080 }, to)];
        if dice.percent(60) {
            zones.push((Times { days: weekdays, from: 1080, to: 360 }, one));
        }
        if dice.percent(30) {
            zones.push((Times { days: weekend, from: 0, to: 1440 }, one));
        }
        model.plans.push(RoutePlan { id, zones });
        model.ars[i].to = Use::Plan(id);
    }
}
