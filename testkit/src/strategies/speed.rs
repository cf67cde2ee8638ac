//! Speed calls: codes that are part of no other number, for numbers that lead somewhere, and some that lead nowhere.

use super::attempts::{Recipe, dialed};
use super::dice::Dice;
use super::pick;
use super::rows::takes;
use crate::model::{Follow, Model, Profile, SpeedCall};

const CODES: &[&str] = &["*01", "*02", "*5", "#1", "*777", "**", "46", "600", "#00#"];

/// No number of a speed call is longer.
const LONGEST: usize = 24;

pub(super) fn add(model: &mut Model, dice: &mut Dice<'_>) {
    let mut codes: Vec<&str> = Vec::new();
    for _ in 0..4 {
        let code = *pick(dice.throw(), CODES);
        if free(model, code) && codes.iter().all(|other| !begins(other, code)) {
            codes.push(code);
        }
    }
    for code in &codes {
        let number = number(model, dice);
        let cor_exempt = dice.percent(33);
        let keys = (1..=LONGEST).contains(&number.len())
            && number.chars().all(|key| matches!(key, '0'..='9' | '*' | '#'));
        let reserved = model.emergency.iter().any(|row| number.starts_with(&row.string()))
            || codes.iter().any(|code| number.starts_with(code));
        if keys && !reserved {
            model.speed_calls.push(SpeedCall { code: (*code).into(), number, cor_exempt });
        }
    }
}

/// A device's number, one that a row matches, a public one, or what may lead nowhere.
fn number(model: &Model, dice: &mut Dice<'_>) -> String {
    let (kind, which, more) = (dice.throw(), dice.throw(), dice.throw() % 4);
    let fill: Vec<u8> = (0..5).map(|_| dice.throw()).collect();
    let recipe = match kind {
        0..40 => Recipe::Device(which),
        40..140 => Recipe::Row { row: which, fill, more },
        140..225 => Recipe::Public { number: which, fill, plus: false },
        225..240 => Recipe::Leading { row: which, more: more.to_string() },
        240.. => Recipe::Digits(format!("{which}{more}")),
    };
    dialed(model, recipe)
}

fn begins(one: &str, other: &str) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

/// Whether nobody's number begins like this. A wildcard row of the same length may stand: the exact digits are the code.
fn free(model: &Model, code: &str) -> bool {
    let like = |pattern: &str| pattern.chars().zip(code.chars()).all(|(place, digit)| takes(place, digit));
    let in_a_row = model.ars.iter().any(|row| {
        let pattern = row.pattern();
        let goes_on = match row.follow {
            Follow::Exactly(n) => pattern.len() + usize::from(n) > code.len(),
            Follow::Unknown => true,
        };
        like(&pattern) && (goes_on || pattern == code)
    });
    let shadows = |dn: &str| match model.profile {
        Profile::Strict => begins(dn, code),
        Profile::Mivb => dn.starts_with(code),
    };
    let longer_leading = |leading: &str| like(leading) && leading.len() >= code.len();
    !in_a_row
        && !model.devices.iter().any(|device| shadows(&device.dn))
        && !model.leading.iter().any(|row| longer_leading(&row.leading))
        && !model.emergency.iter().any(|row| begins(&row.string(), code))
}
