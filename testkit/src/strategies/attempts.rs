//! Attempts: what is dialed, by whom, in which circumstances.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::rows::takes;
use super::times::CLOCK;
use super::{numbers, option, pick, users};
use crate::model::{ArsRow, Follow, Mode, Model, NumberFormat, Route, Trunk};
use crate::oracle::{Attempt, Party, When, built_in_class, modified, number_dialed};

/// An attempt, and the trunks that have no free channel while it is decided.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Question {
    /// What is asked.
    pub attempt: Attempt,
    /// Names of busy trunks.
    pub busy: Vec<String>,
}

/// What somebody dials, before it is known what can be dialed.
#[derive(Clone, Debug)]
pub(super) enum Recipe {
    Device(u8),
    Row {
        row: u8,
        fill: Vec<u8>,
        more: u8,
    },
    Leading {
        row: u8,
        more: String,
    },
    Speed {
        row: u8,
        fill: Vec<u8>,
    },
    Emergency {
        row: u8,
        before: usize,
        more: String,
    },
    Plus(String),
    Garbage(String),
    Digits(String),
    Public {
        number: u8,
        fill: Vec<u8>,
        plus: bool,
    },
    /// A number of an inbound row, in one of the forms that carriers send.
    Did {
        trunk: u8,
        row: u8,
        fill: Vec<u8>,
        form: &'static str,
    },
}

/// What goes wrong while dialing.
#[derive(Clone, Debug)]
enum Slip {
    None,
    Short(usize),
    Long(String),
    Other(u8, char),
    Between(u8, char),
}

fn recipe() -> impl Strategy<Value = Recipe> {
    let more = || prop_oneof![8 => 0..4_u8, 1 => 4..50_u8];
    prop_oneof![
        2 => any::<u8>().prop_map(Recipe::Device),
        16 => (any::<u8>(), vec(any::<u8>(), 1..8), more()).prop_map(|(row, fill, more)| Recipe::Row { row, fill, more }),
        2 => (any::<u8>(), "[0-9*#]{0,4}").prop_map(|(row, more)| Recipe::Leading { row, more }),
        2 => (any::<u8>(), 0..4_usize, "[0-9*#+a]{0,3}").prop_map(|(row, before, more)| Recipe::Emergency {
            row,
            before: before.saturating_sub(1),
            more,
        }),
        1 => "[1-9][0-9]{0,12}".prop_map(Recipe::Plus),
        1 => "[0-9*#+a-dN .-]{0,6}".prop_map(Recipe::Garbage),
        2 => "[012679*#]{0,5}".prop_map(Recipe::Digits),
        14 => (any::<u8>(), vec(any::<u8>(), 1..8), prop::bool::weighted(0.25))
            .prop_map(|(number, fill, plus)| Recipe::Public { number, fill, plus }),
        6 => (any::<u8>(), vec(any::<u8>(), 1..8)).prop_map(|(row, fill)| Recipe::Speed { row, fill }),
        4 => (any::<u8>(), any::<u8>(), vec(any::<u8>(), 4), select(&["", "1", "+1", "+1", "01", "+", "011"][..]))
            .prop_map(|(trunk, row, fill, form)| Recipe::Did { trunk, row, fill, form }),
    ]
}

fn slip() -> impl Strategy<Value = Slip> {
    let dialable = || select(&['0', '1', '2', '5', '6', '7', '9', '*', '#'][..]);
    prop_oneof![
        24 => Just(Slip::None),
        2 => (1..3_usize).prop_map(Slip::Short),
        2 => "[0-9*#]{1,2}".prop_map(Slip::Long),
        2 => (any::<u8>(), dialable()).prop_map(|(at, digit)| Slip::Other(at, digit)),
        1 => (any::<u8>(), select(&['+', '-', 'A', ' ', 'é'][..])).prop_map(|(at, what)| Slip::Between(at, what)),
    ]
}

const LOCAL_NUMBERS_THAT_BEGIN_LIKE_AN_OWN_PREFIX: bool = false;

const FOREIGN_NUMBERS_OF_A_WRONG_LENGTH_IN_A_FORMAT: bool = false;

const NUMBERS_SHARED_BY_COUNTRIES_OF_THE_PLAN: bool = false;

const NUMBERS_OF_A_COUNTRY_CLASS_AND_A_WRONG_LENGTH: bool = true;

const CALLED_NUMBERS_WITH_PLUS_AND_NO_CALLING_CODE: bool = false;

/// Questions about a policy: numbers that exist, are a digit short or long, or begin like an emergency string,
/// dialed by devices, users at them, trunks and strangers in all modes while some trunks are busy.
pub fn questions(model: &Model) -> impl Strategy<Value = Question> + use<> {
    let model = Arc::new(model.clone());
    let from = (0..100_u8, any::<u8>(), prop::bool::weighted(0.2));
    let busy = prop_oneof![2 => Just(0_u8), 1 => any::<u8>()];
    let users = (option(2, 1, any::<u8>()), option(12, 1, any::<u8>()));
    (from, recipe(), slip(), circumstances(), busy, users).prop_map(
        move |((kind, from, did), recipe, slip, circumstances, busy, (user, number))| {
            let trunk = |raw| Party::Trunk(pick(raw, &model.trunks).name.clone());
            let (from, did) = match (&recipe, kind) {
                (Recipe::Did { trunk: raw, .. }, _) => (trunk(*raw), true),
                (_, 0..3) => (Party::Unknown, false),
                (_, 3..25) => (trunk(from), did),
                _ if model.devices.is_empty() => (trunk(from), did),
                _ => {
                    let dn = &pick(from, &model.devices).dn;
                    let user = user.and_then(|which| users::at(&model, dn, which));
                    (user.unwrap_or_else(|| Party::Device(dn.clone())), false)
                }
            };
            let number = number.filter(|_| !did).and_then(|which| users::number(&model, &from, which));
            let mut dialed = slipped(number.unwrap_or_else(|| dialed(&model, recipe)), slip);
            if !CALLED_NUMBERS_WITH_PLUS_AND_NO_CALLING_CODE && did && !dialed.starts_with("+1") {
                dialed = dialed.trim_start_matches('+').to_owned();
            }
            let mut attempt = Attempt { from, dialed, did, ..circumstances };
            leave_out(&model, &mut attempt, Numbers::All);
            let busy = model.trunks.iter().enumerate().filter(|(i, _)| busy & (1 << i) != 0);
            Question { attempt, busy: busy.map(|(_, t)| t.name.clone()).collect() }
        },
    )
}

/// Whether numbers that are too long or short for their region are asked for with the calling code in front, too.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Numbers {
    All,
    Usual,
}

/// A device's number instead of one that strategies leave out.
pub(super) fn leave_out(model: &Model, attempt: &mut Attempt, numbers: Numbers) {
    if left_out(model, attempt, numbers) {
        attempt.dialed = model.devices.first().map(|device| device.dn.clone()).unwrap_or_default();
    }
}

fn left_out(model: &Model, attempt: &Attempt, numbers: Numbers) -> bool {
    let Some(number) = number_dialed(model, attempt) else { return false };
    model.routes.iter().any(|route| {
        modified(model, route, &number).is_some_and(|sent| {
            !NUMBERS_OF_A_COUNTRY_CLASS_AND_A_WRONG_LENGTH && of_a_class_and_a_wrong_length(model, &sent)
                || !NUMBERS_SHARED_BY_COUNTRIES_OF_THE_PLAN && shared_by_countries(model, &sent)
                || !LOCAL_NUMBERS_THAT_BEGIN_LIKE_AN_OWN_PREFIX && local_like_a_prefix(model, &sent)
                || !FOREIGN_NUMBERS_OF_A_WRONG_LENGTH_IN_A_FORMAT
                    && foreign_of_a_wrong_length(model, route, &sent, numbers)
        })
    })
}

fn local_like_a_prefix(model: &Model, sent: &str) -> bool {
    let digits = sent.chars().take_while(char::is_ascii_digit).count();
    let Some(area) = model.area_code.filter(|_| digits == 7) else { return false };
    // What begins the numbers of a country is one of its prefixes.
    let islands = model.own_classes.iter().any(|class| class.countries.contains(&"JM"));
    let countries = ["876", "658"].iter().filter(|_| islands);
    model.own_classes.iter().flat_map(|class| &class.prefixes).chain(countries).any(|prefix| {
        let national = prefix.strip_prefix('1').unwrap_or(prefix);
        sent.starts_with(national) && !format!("{area}{sent}").starts_with(national)
    })
}

fn of_a_class_and_a_wrong_length(model: &Model, sent: &str) -> bool {
    let abroad = ["+", "011"].into_iter().find_map(|prefix| sent.strip_prefix(prefix)).unwrap_or(sent);
    let whole = if abroad.starts_with('1') { abroad.to_owned() } else { format!("1{abroad}") };
    let countries = [("GB", "44", 12), ("FR", "33", 11), ("JM", "1876", 11), ("JM", "1658", 11)];
    countries.into_iter().any(|(country, begin, length)| {
        let number = if country == "JM" { whole.as_str() } else { abroad };
        let named = model.own_classes.iter().any(|class| class.countries.contains(&country));
        named && number.starts_with(begin) && number.len() != length
    })
}

fn shared_by_countries(model: &Model, sent: &str) -> bool {
    let islands = model.own_classes.iter().any(|class| class.countries.contains(&"JM"));
    let rest = ["+", "011"].into_iter().find_map(|prefix| sent.strip_prefix(prefix)).unwrap_or(sent);
    islands && rest.strip_prefix('1').unwrap_or(rest).starts_with('5')
}

fn foreign_of_a_wrong_length(model: &Model, route: &Route, sent: &str, numbers: Numbers) -> bool {
    let formats = |trunk: &Trunk| trunk.name == route.trunk && trunk.number_format != NumberFormat::AsDialed;
    let national = sent.strip_prefix('1').filter(|_| numbers == Numbers::Usual).unwrap_or(sent);
    model.trunks.iter().any(formats)
        && national.starts_with(|c: char| ('2'..='9').contains(&c))
        && national.len() != 10
        && (sent.len() != 7 || model.area_code.is_none())
        && built_in_class(model, sent) == "international"
}

/// An attempt without caller and number: the time, a code, other calls.
fn circumstances() -> impl Strategy<Value = Attempt> {
    let minute = (select(CLOCK), 0..3_u16).prop_map(|(minute, around)| (minute + around + 1439) % 1440);
    let when = (1..32_u8, minute).prop_map(|(day, minute)| When { day, minute });
    let mode = option(1, 1, select(&Mode::ALL[..]));
    let code = option(6, 1, select(numbers::TYPED));
    let rarely = || prop::bool::weighted(0.03);
    let calls = prop_oneof![3 => Just((0_u16, 0_u16)), 1 => (0..4_u16, 0..8_u16)];
    (mode, when, code, rarely(), rarely(), calls).prop_map(
        |(mode, when, code, code_locked, locked_out, calls)| {
            let quiet = Attempt::new(Party::Device(String::new()), String::new());
            Attempt { mode, when, code: code.map(str::to_owned), code_locked, locked_out, calls, ..quiet }
        },
    )
}

pub(super) fn dialed(model: &Model, recipe: Recipe) -> String {
    match recipe {
        Recipe::Device(raw) if !model.devices.is_empty() => pick(raw, &model.devices).dn.clone(),
        Recipe::Row { row, fill, more } if !model.ars.is_empty() => {
            let row = pick(row, &model.ars);
            let follow = match row.follow {
                Follow::Exactly(n) => n,
                Follow::Unknown => more,
            };
            let places =
                row.pattern().chars().chain(std::iter::repeat_n('Y', follow.into())).collect::<Vec<_>>();
            places.into_iter().zip(fill.iter().cycle()).map(|(place, &fill)| digit_for(place, fill)).collect()
        }
        Recipe::Leading { row, more } if !model.leading.is_empty() => {
            let leading = &pick(row, &model.leading).leading;
            leading.chars().map(|place| digit_for(place, 5)).chain(more.chars()).collect()
        }
        Recipe::Speed { row, fill } => match model.speed_calls.as_slice() {
            [] => dialed(model, Recipe::Row { row, more: row % 4, fill }),
            calls => pick(row, calls).code.clone(),
        },
        Recipe::Emergency { row, before, more } if !model.emergency.is_empty() => {
            let digits = pick(row, &model.emergency).string();
            format!("{}{more}", &digits[..digits.len() - before])
        }
        Recipe::Did { trunk, row, fill, form } => {
            let rows = &pick(trunk, &model.trunks).inbound;
            let did = if rows.is_empty() { "6135550100" } else { &pick(row, rows).did };
            let digits = did.chars().zip(fill.iter().cycle()).map(|(place, &fill)| digit_for(place, fill));
            form.chars().chain(digits).collect()
        }
        Recipe::Public { number, fill, plus } => {
            let numbers = numbers::PUBLIC_NUMBERS.iter().cycle().skip(number.into());
            let mut filled = numbers.take(numbers::PUBLIC_NUMBERS.len()).map(|number| {
                let mut fill = fill.iter().cycle();
                let open =
                    |c| if c == '?' { digit_for('X', *fill.next().expect("it goes round")) } else { c };
                number.chars().map(open).collect::<String>()
            });
            let has_a_row = |digits: &String| model.ars.iter().any(|row| covers(row, &format!("8{digits}")));
            match filled.find(has_a_row) {
                None => dialed(model, Recipe::Row { row: number, more: number % 4, fill }),
                Some(digits) if plus => format!("+{}", digits.strip_prefix("011").unwrap_or(&digits)),
                Some(digits) => format!("8{digits}"),
            }
        }
        Recipe::Plus(digits) => format!("+{digits}"),
        Recipe::Garbage(text) | Recipe::Digits(text) => text,
        Recipe::Device(_) | Recipe::Row { .. } | Recipe::Leading { .. } | Recipe::Emergency { .. } => {
            "7".to_owned()
        }
    }
}

/// The public numbers of [`numbers`] for which there is a row, as they are dialed.
pub(super) fn public_numbers(model: &Model) -> Vec<String> {
    let numbers = numbers::PUBLIC_NUMBERS.iter().map(|number| format!("8{}", number.replace('?', "5")));
    let with_a_row = numbers.filter(|number| model.ars.iter().any(|row| covers(row, number)));
    with_a_row
        .filter(|number| !left_out(model, &Attempt::new(Party::Unknown, number.clone()), Numbers::Usual))
        .collect()
}

/// The codes of speed calls whose numbers strategies do not leave out.
pub(super) fn codes(model: &Model) -> Vec<String> {
    let codes = model.speed_calls.iter().map(|row| row.code.clone());
    codes
        .filter(|code| !left_out(model, &Attempt::new(Party::Unknown, code.clone()), Numbers::Usual))
        .collect()
}

fn covers(row: &ArsRow, digits: &str) -> bool {
    let pattern = row.pattern();
    let long_enough = match row.follow {
        Follow::Exactly(n) => digits.len() == pattern.len() + usize::from(n),
        Follow::Unknown => digits.len() >= pattern.len(),
    };
    long_enough && pattern.chars().zip(digits.chars()).all(|(place, digit)| takes(place, digit))
}

fn digit_for(place: char, fill: u8) -> char {
    match place {
        'N' => char::from(b'2' + fill % 8),
        'X' => char::from(b'0' + fill % 10),
        'Y' => char::from(*pick(fill, b"0123456789*#")),
        exact => exact,
    }
}

fn slipped(dialed: String, slip: Slip) -> String {
    let mut chars: Vec<char> = dialed.chars().collect();
    match slip {
        Slip::None => {}
        Slip::Short(n) => chars.truncate(chars.len().saturating_sub(n)),
        Slip::Long(more) => chars.extend(more.chars()),
        Slip::Other(at, digit) => {
            let at = usize::from(at) % chars.len().max(1);
            if let Some(place) = chars.get_mut(at) {
                *place = digit;
            }
        }
        Slip::Between(at, what) => chars.insert(usize::from(at) % (chars.len() + 1), what),
    }
    chars.into_iter().collect()
}
