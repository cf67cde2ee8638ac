//! Numbering plans, looked up number by number in libphonenumber's patterns.

use crate::model::Model;
use phonenumber::Metadata;
use phonenumber::metadata::{DATABASE, Descriptor};
use regex::Regex;
use std::cell::RefCell;
use std::collections::HashMap;

/// What is outpulsed, in E.164 without `+`: the calling code and the national number. None for what is no such number,
/// a service code among them.
pub(super) fn international(model: &Model, outpulsed: &str) -> Option<String> {
    let country = model.country;
    if let Some(rest) =
        outpulsed.strip_prefix('+').or_else(|| outpulsed.strip_prefix(country.international_prefix()))
    {
        return Some(rest.to_owned());
    }
    if !outpulsed.starts_with(|c: char| ('1'..='9').contains(&c)) {
        return None;
    }
    let digits = outpulsed.chars().all(|c| c.is_ascii_digit());
    match (outpulsed.strip_prefix('1'), model.area_code) {
        (Some(_), _) => Some(outpulsed.to_owned()),
        (None, Some(area)) if outpulsed.len() == 7 && digits => Some(format!("1{area}{outpulsed}")),
        (None, _) => Some(format!("1{outpulsed}")),
    }
}

/// Whether the plan knows what number this is: of a service code it does not, nor whose seven digits these are where
/// no area code is told.
pub(super) fn places(model: &Model, outpulsed: &str) -> bool {
    if outpulsed.len() == 7 && !outpulsed.starts_with(['0', '1', '+']) && model.area_code.is_none() {
        return false;
    }
    let other = ["directory-assistance", "operator", "carrier-access", "emergency", "unknown"];
    !other.contains(&class(model, outpulsed))
}

/// How many digits the country's calling code has, if a number in E.164 without `+` is the country's.
pub(super) fn in_country(number: &str, country: &str) -> Option<usize> {
    let code = DATABASE.by_id(country).expect("the metadata has the country").country_code();
    let national = number.strip_prefix(&code.to_string())?;
    let regions = DATABASE.region(&code).expect("the calling code is assigned");
    // Whatever follows a whole number, the network does not look at it.
    let whole = |region: &Metadata| {
        (1..=national.len()).any(|n| kinds(region).any(|kind| matches(kind, &national[..n])))
    };
    let whose = regions.iter().find(|region| {
        let region = DATABASE.by_id(**region).expect("the metadata has its own regions");
        match region.leading_digits() {
            Some(begin) => {
                Regex::new(&format!("^(?:{})", begin.as_str())).expect("a pattern").is_match(national)
            }
            None => regions.len() == 1 || whole(region),
        }
    });
    whose.filter(|region| **region == country).map(|_| code.to_string().len())
}

/// The built-in class.
pub(super) fn class(model: &Model, outpulsed: &str) -> &'static str {
    if let Some(service) = service(outpulsed) {
        return service;
    }
    if let Some(rest) = outpulsed.strip_prefix('+').or_else(|| outpulsed.strip_prefix("011")) {
        return whole(model, rest);
    }
    if let Some(rest) = outpulsed.strip_prefix('1') {
        return home(model, rest);
    }
    if let (7, Some(area)) = (outpulsed.len(), model.area_code) {
        return match home(model, &format!("{area}{outpulsed}")) {
            "local" => "local",
            _ => "unknown",
        };
    }
    home(model, outpulsed)
}

fn service(digits: &str) -> Option<&'static str> {
    let all_digits = digits.chars().all(|c| c.is_ascii_digit());
    let nxx = |text: &str| text.starts_with(|c: char| ('2'..='9').contains(&c));
    Some(match digits {
        "911" => "emergency",
        "411" | "1411" | "5551212" => "directory-assistance",
        "0" | "00" => "operator",
        _ if !all_digits => return None,
        _ if digits.len() == 11 && digits.starts_with('0') && nxx(&digits[1..]) => "operator",
        _ if digits.starts_with("01") && digits.len() >= 3 && !digits.starts_with("011") => "operator",
        _ if digits.starts_with("101") && digits.len() >= 7 => "carrier-access",
        _ => return None,
    })
}

/// A number with its calling code.
fn whole(model: &Model, digits: &str) -> &'static str {
    if let Some(national) = digits.strip_prefix('1') {
        return home(model, national);
    }
    if !digits.chars().all(|c| c.is_ascii_digit()) {
        return "unknown";
    }
    // No calling code begins with 0.
    let assigned = !digits.starts_with('0')
        && (1..=3).any(|n| {
            digits
                .get(..n)
                .and_then(|code| code.parse().ok())
                .is_some_and(|code: u16| DATABASE.region(&code).is_some())
        });
    if assigned { "international" } else { "unknown" }
}

/// A national number of the plan that Canada shares.
fn home(model: &Model, national: &str) -> &'static str {
    if national.len() < 3 || !national.chars().all(|c| c.is_ascii_digit()) {
        return "unknown";
    }
    let begins_like_one = national.starts_with(|c: char| ('2'..='9').contains(&c));
    if national.len() == 10 && national.ends_with("5551212") && begins_like_one {
        return "directory-assistance";
    }
    let here = DATABASE.by_id(model.country.code()).expect("the country has numbers");
    let own = here.descriptors();
    let is = |descriptor: Option<&Descriptor>| descriptor.is_some_and(|d| matches(d, national));
    let (fixed, mobile) = (is(own.fixed_line()), is(own.mobile()));
    if is(own.toll_free()) {
        "toll-free"
    } else if is(own.premium_rate()) {
        "premium"
    } else if is(own.shared_cost()) || is(own.personal_number()) || is(own.pager()) || is(own.uan()) {
        "shared-cost"
    } else if fixed || mobile || is(own.voip()) {
        let local = model.area_code.is_some_and(|area| national.starts_with(area)) && (fixed || !mobile);
        match (fixed, mobile) {
            _ if local => "local",
            (true, true) => "fixed-or-mobile",
            (false, true) => "mobile",
            _ => "national",
        }
    } else {
        elsewhere(model, national)
    }
}

/// A number that is none of the country's: another region's as soon as the country's go on no more, whatever follows.
fn elsewhere(model: &Model, national: &str) -> &'static str {
    let regions = DATABASE.by_code(&1).expect("the plan has regions");
    let (here, others): (Vec<_>, Vec<_>) =
        regions.into_iter().partition(|region| region.id() == model.country.code());
    for n in 3..=national.len() {
        let begun = &national[..n];
        if here.iter().any(|region| begins_with(region, begun)) {
            continue;
        }
        let theirs = others.iter().any(|region| begins_with(region, begun));
        return if theirs { "international" } else { "unknown" };
    }
    let theirs = others.iter().any(|region| kinds(region).any(|kind| matches(kind, national)));
    if theirs { "international" } else { "unknown" }
}

/// Whether a region has numbers that begin like this.
fn begins_with(region: &Metadata, begun: &str) -> bool {
    thread_local! {
        static KNOWN: RefCell<HashMap<(String, String), bool>> = RefCell::default();
    }
    let look = || {
        let tries = |missing: usize| -> Vec<String> {
            let ends = ["0000000", "2222222", "5550123", "3451234", "9999999", "1021234"];
            let whole = |end: &str| end.chars().cycle().take(missing).collect::<String>();
            let exchanges = (0..1000).filter(|_| missing == 7).map(|n| format!("{n:03}1234"));
            let further =
                (0..100).filter(|_| missing > 1 && missing < 7).map(|n| whole(&format!("{n:02}1234567")));
            ends.iter().map(|end| whole(end)).chain(exchanges).chain(further).collect()
        };
        [7, 10].into_iter().filter(|length| *length >= begun.len()).any(|length| {
            tries(length - begun.len()).iter().any(|end| {
                let number = format!("{begun}{end}");
                kinds(region).any(|kind| matches(kind, &number))
            })
        })
    };
    let key = (region.id().to_owned(), begun.to_owned());
    if let Some(known) = KNOWN.with_borrow(|known| known.get(&key).copied()) {
        return known;
    }
    let found = look();
    KNOWN.with_borrow_mut(|known| known.insert(key, found));
    found
}

fn kinds(region: &Metadata) -> impl Iterator<Item = &Descriptor> {
    let own = region.descriptors();
    let all = [
        own.fixed_line(),
        own.mobile(),
        own.toll_free(),
        own.premium_rate(),
        own.shared_cost(),
        own.voip(),
        own.personal_number(),
        own.pager(),
        own.uan(),
    ];
    all.into_iter().flatten()
}

/// Whether a pattern matches the whole number.
fn matches(descriptor: &Descriptor, number: &str) -> bool {
    thread_local! {
        /// The library's patterns are static: where one stands names it.
        static KNOWN: RefCell<HashMap<usize, Regex>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        let regex = known.entry(std::ptr::from_ref(descriptor).addr()).or_insert_with(|| {
            let source: String = descriptor.national_number().as_str().split_whitespace().collect();
            Regex::new(&format!("^(?:{source})$")).expect("a pattern of the library")
        });
        regex.is_match(number)
    })
}
