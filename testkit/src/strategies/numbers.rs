//! Numbering: area codes, number classes, account codes, the most digits, limits.

use super::dice::Dice;
use super::pick;
use crate::model::{AccountCode, Action, Country, Model, Modification, OwnClass, Profile};

/// Codes that policies have, the verified ones first.
const CODES: &[&str] = &["43219", "86420", "7788", "5531977"];

/// What people type: verified codes more often than others.
pub(super) const TYPED: &[&str] =
    &["43219", "43219", "43219", "86420", "86420", "7788", "5531977", "99", "123", "43*19", "5a3 977", "9"];

const PREFIXES_WITHOUT_TRUNK_PREFIX_INSIDE_EQUALLY_LONG_ONES: bool = false;

const NEAREST: &str =
    if PREFIXES_WITHOUT_TRUNK_PREFIX_INSIDE_EQUALLY_LONG_ONES { "6135551" } else { "16135551" };

/// Own classes: name, prefixes and countries. Longer prefixes lie in shorter ones and in countries.
const OWN_CLASSES: &[(&str, &[&str], &[&str])] = &[
    ("dear", &["1900", "1613", "976"], &[]),
    ("near", &["1613555", "1416", "212555"], &[]),
    ("far", &["0114420", "011882"], &[]),
    ("nearer", &["16135550", "190055501", NEAREST], &[]),
    ("friends", &[], &["GB", "FR"]),
    ("islands", &["1411"], &["JM"]),
];

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
    "18765550123",
    "8765550123",
    "18005550123",
    "19005550123",
    "1900555????",
    "9005550123",
    "6135550123",
    "4165551212",
    "011442079460018",
    "0114420????????",
    "011331????????",
    "0114930901820",
    "01118765550123",
    "01116135550123",
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
    // In the United States 911 itself must have a row.
    if dice.percent(60) && model.emergency.iter().any(|row| row.string() == "911") {
        model.country = Country::Us;
    }
    if dice.percent(70) {
        model.area_code = Some(match model.country {
            Country::Us => *pick(dice.throw(), &["212", "303"]),
            _ => *pick(dice.throw(), &["613", "613", "416"]),
        });
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
    let (rate, at_once) = (u16::from(1 + dice.throw() % 6), u16::from(1 + dice.throw() % 3));
    model.limits = (dice.percent(35).then_some(rate), dice.percent(35).then_some(at_once));
    // The modification that real policies have: the access code goes.
    let id = 800;
    model.modifications.push(Modification { id, absorb: 1, insert: String::new() });
    for route in &mut model.routes {
        if !route.emergency && dice.percent(50) {
            route.modification = Some(id);
        }
    }
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
    for (name, prefixes, countries) in OWN_CLASSES {
        if dice.percent(60) {
            let action = *pick(dice.throw(), &[Action::Allow, Action::Deny, Action::Watch]);
            let cor_group = dice.percent(75).then(|| pick(dice.throw(), &model.cor_groups).id);
            model.own_classes.push(OwnClass {
                name: (*name).into(),
                prefixes: prefixes.to_vec(),
                countries: countries.to_vec(),
                action,
                cor_group,
            });
        }
    }
}

fn codes(model: &mut Model, dice: &mut Dice<'_>) {
    let features = [
        ("verified-account-code", 75),
        ("non-verified-account-code", 45),
        ("forced-verified-account-code", 4),
        ("forced-non-verified-account-code", 30),
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
            // A code may give no class at all.
            let cos = if dice.percent(10) { 0 } else { pick(dice.throw(), &model.cos).id };
            let cor = if dice.percent(5) { 0 } else { 1 + dice.throw() % 4 };
            let verified = (n < 2).then_some((cos, cor));
            model.codes.push(AccountCode { code: (*code).into(), verified });
        }
    }
    for route in &model.routes {
        if dice.percent(25) {
            model.without_code.push(route.id);
        }
    }
}
