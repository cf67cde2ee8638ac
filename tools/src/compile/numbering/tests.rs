//! libphonenumber itself is the judge where it knows the answer; tables where it does not.

use super::*;
use phonenumber::Type;
use std::collections::BTreeMap;
use strowger::policy::class::NumberClass as Class;
use strowger::policy::row::{Field as _, Table};

/// The automaton as the engine reads it.
struct Compiled {
    states: Vec<u8>,
    edges: Vec<u8>,
    chains: Vec<OwnChainRow>,
}

impl Compiled {
    fn new(country: &str, area: Option<&str>, own: &[Own<'_>]) -> Self {
        let made = build(Some(country), area, own).unwrap_or_else(|why| panic!("{country}: {why:?}"));
        let mut compiled = Self { states: Vec::new(), edges: Vec::new(), chains: made.chains.clone() };
        made.states.iter().for_each(|row| row.write(&mut |part| compiled.states.extend_from_slice(part)));
        made.edges.iter().for_each(|row| row.write(&mut |part| compiled.edges.extend_from_slice(part)));
        compiled
    }

    fn found(&self, digits: &str) -> strowger::policy::class::Found {
        strowger::policy::class::classify(
            &Table::new(&self.states),
            &Table::new(&self.edges),
            digits.as_bytes(),
        )
    }

    fn class(&self, digits: &str) -> Class {
        self.found(digits).class
    }

    /// The own classes that match, in order.
    fn own(&self, digits: &str) -> Vec<u8> {
        let mut link = self.found(digits).chain;
        let mut all = Vec::new();
        while link != 0 {
            let row = self.chains[usize::from(link) - 1];
            all.push(row.own);
            link = row.next;
        }
        all
    }
}

const COUNTRIES: [&str; 8] = ["US", "CA", "GB", "IE", "DE", "FR", "NL", "AU"];

#[test]
fn a_country_takes_at_most_8_kib() {
    for country in COUNTRIES {
        let compiled = Compiled::new(country, None, &[]);
        let octets = compiled.states.len() + compiled.edges.len();
        println!(
            "{country}: {} states, {} edges, {octets} octets",
            compiled.states.len() / 4,
            compiled.edges.len() / 2
        );
        assert!(octets <= 8192, "{country}: {octets}");
    }
}

/// A generator that repeats itself.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// What libphonenumber says of a national number; `None` where it says nothing that can be compared.
fn judged(country: &str, national: &str) -> Option<Class> {
    let meta = DATABASE.by_id(country)?;
    let own = meta.descriptors();
    let whole = |d: Option<&phonenumber::metadata::Descriptor>| {
        d.is_some_and(|d| {
            let found = d.national_number().find(national);
            found.is_some_and(|found| found.start() == 0 && found.end() == national.len())
        })
    };
    let number = phonenumber::parse(None, format!("+{}{national}", meta.country_code())).ok()?;
    // Leading zeros would be lost in the judge's numbers.
    if number.national().value().to_string() != national {
        return None;
    }
    let valid = number.is_valid();
    let id = number.country().id();
    let kind = number.number_type(&DATABASE);
    let at_home = [
        own.toll_free(),
        own.premium_rate(),
        own.shared_cost(),
        own.fixed_line(),
        own.mobile(),
        own.voip(),
        own.personal_number(),
        own.pager(),
        own.uan(),
    ];
    if !valid {
        // Another region's number is international whatever follows: the judge looks closer than the class does.
        let elsewhere = DATABASE.by_code(&meta.country_code()).unwrap_or_default().len() > 1;
        return (!elsewhere).then_some(Class::Unknown);
    }
    // The judge's patterns are not tied to the end: a number that is too long for its kind is nothing to go by.
    let fits = match kind {
        Type::FixedLineOrMobile => whole(own.fixed_line()) && whole(own.mobile()),
        kind => whole(own.get(kind)),
    };
    if id.is_none_or(|id| id.as_ref() == country) && !fits {
        return None;
    }
    Some(match kind {
        // Toll-free and the like belong to every region of the calling code.
        Type::TollFree if whole(own.toll_free()) => Class::TollFree,
        Type::PremiumRate if whole(own.premium_rate()) => Class::Premium,
        _ if id.is_some_and(|id| id.as_ref() != country) && !at_home.into_iter().any(whole) => {
            Class::International
        }
        _ if id.is_some_and(|id| id.as_ref() != country) => return None,
        Type::SharedCost | Type::PersonalNumber | Type::Pager | Type::Uan => Class::SharedCost,
        Type::FixedLineOrMobile => Class::FixedOrMobile,
        Type::FixedLine | Type::Voip => Class::National,
        Type::Mobile => Class::Mobile,
        Type::TollFree => Class::TollFree,
        Type::PremiumRate => Class::Premium,
        _ => return None,
    })
}

/// Examples of every kind, and variations of them.
fn numbers(country: &str) -> Vec<String> {
    let meta = DATABASE.by_id(country).unwrap();
    let all = meta.descriptors();
    let kinds = [
        all.fixed_line(),
        all.mobile(),
        all.toll_free(),
        all.premium_rate(),
        all.shared_cost(),
        all.voip(),
        all.personal_number(),
        all.pager(),
        all.uan(),
    ];
    let mut out: Vec<String> =
        kinds.into_iter().flatten().filter_map(|d| d.example().map(str::to_owned)).collect();
    let mut seeded = Seeded(7);
    let examples = out.clone();
    while out.len() < 900 {
        let mut digits = examples[seeded.below(examples.len() as u64) as usize].clone().into_bytes();
        for _ in 0..=seeded.below(3) {
            let at = seeded.below(digits.len() as u64) as usize;
            digits[at] = b'0' + seeded.below(10) as u8;
        }
        if seeded.below(12) == 0 {
            digits.pop();
        }
        out.push(String::from_utf8(digits).unwrap());
    }
    out
}

#[test]
fn libphonenumber_agrees_in_five_countries() {
    for country in ["US", "CA", "GB", "DE", "AU"] {
        let compiled = Compiled::new(country, None, &[]);
        let plan = plan(country).unwrap();
        let mut seen: BTreeMap<Class, usize> = BTreeMap::new();
        let mut judged_numbers = 0;
        for number in numbers(country) {
            let Some(expected) = judged(country, &number) else { continue };
            // A number of that plan begins with 2 to 9; 10… and 00… dial services.
            if plan.calling_code == "1" && number.starts_with(['0', '1']) {
                continue;
            }
            // 010 selects a carrier in Germany.
            if country == "DE" && number.starts_with("10") {
                continue;
            }
            // Directory assistance is a service of ours: the judge takes it for a number.
            if country != "GB" && number.ends_with("5551212") {
                continue;
            }
            let (code, trunk, abroad) = (&plan.calling_code, &plan.trunk_prefix, &plan.international_prefix);
            for form in
                [format!("+{code}{number}"), format!("{abroad}{code}{number}"), format!("{trunk}{number}")]
            {
                assert_eq!(compiled.class(&form), expected, "{country} {form}");
            }
            if code == "1" {
                assert_eq!(compiled.class(&number), expected, "{country} {number}");
            }
            judged_numbers += 1;
            *seen.entry(expected).or_default() += 1;
        }
        println!("{country}: {judged_numbers} numbers judged, {seen:?}");
        assert!(judged_numbers >= 200 && seen.len() >= 4, "{country}: {judged_numbers} {seen:?}");
    }
}

#[test]
fn every_other_calling_code_is_international_and_no_unknown_one() {
    for country in COUNTRIES {
        let compiled = Compiled::new(country, None, &[]);
        let home = plan(country).unwrap();
        for code in 1..1000u16 {
            let digits = format!("{code}555012345");
            if digits.starts_with(&home.calling_code) {
                continue;
            }
            let known = (1..4)
                .any(|len| digits[..len].parse().is_ok_and(|code: u16| DATABASE.by_code(&code).is_some()));
            let expected = if known { Class::International } else { Class::Unknown };
            assert_eq!(compiled.class(&format!("+{digits}")), expected, "{country} +{digits}");
        }
    }
}

#[test]
fn services_local_numbers_and_forms_of_north_america() {
    let ca = Compiled::new("CA", Some("613"), &[]);
    for (digits, class) in [
        ("5550123", Class::Local),
        ("6135550123", Class::Local),
        ("16135550123", Class::Local),
        ("+16135550123", Class::Local),
        ("0116135550123", Class::International),
        ("4165550123", Class::FixedOrMobile),
        ("12125550123", Class::International),
        ("18765550123", Class::International),
        ("+442079460018", Class::International),
        ("011442079460018", Class::International),
        ("18005550123", Class::TollFree),
        ("19005550123", Class::Premium),
        ("9005550123", Class::Premium),
        ("411", Class::DirectoryAssistance),
        ("14165551212", Class::DirectoryAssistance),
        ("0", Class::Operator),
        ("00", Class::Operator),
        ("06135550123", Class::Operator),
        ("0144123", Class::Operator),
        ("10102880", Class::CarrierAccess),
        ("1010288011442079460018", Class::CarrierAccess),
        ("911", Class::Emergency),
        ("", Class::Unknown),
        ("*67", Class::Unknown),
        ("613555012", Class::Unknown),
        ("61355501234", Class::Unknown),
        ("+", Class::Unknown),
        ("011", Class::Unknown),
        ("1555", Class::Unknown),
        ("++1613", Class::Unknown),
    ] {
        assert_eq!(ca.class(digits), class, "{digits}");
    }
    let us = Compiled::new("US", None, &[]);
    assert_eq!(us.class("5550123"), Class::Unknown, "without an area code nobody knows where it is");
    assert_eq!(us.class("16135550123"), Class::International);
    assert_eq!(us.class("18095550123"), Class::International, "the Dominican Republic");
}

#[test]
fn services_and_local_numbers_elsewhere() {
    for (country, area, rows) in [
        (
            "GB",
            "20",
            vec![
                ("02079460018", Class::Local),
                ("79460018", Class::Local),
                ("01614960018", Class::National),
                ("999", Class::Emergency),
                ("112", Class::Emergency),
                ("118500", Class::DirectoryAssistance),
                ("07400123456", Class::Mobile),
                ("00442079460018", Class::Local),
                ("0012125550123", Class::International),
                ("09012345678", Class::Premium),
                ("00441534456789", Class::International),
            ],
        ),
        (
            "DE",
            "30",
            vec![
                ("030123456", Class::Local),
                ("123456", Class::Local),
                ("015123456789", Class::Mobile),
                ("11833", Class::DirectoryAssistance),
                ("01033089123456", Class::CarrierAccess),
                ("08001234567", Class::TollFree),
                ("112", Class::Emergency),
                ("110", Class::Emergency),
                ("00493012345", Class::Local),
            ],
        ),
        (
            "AU",
            "2",
            vec![
                ("0299991234", Class::Local),
                ("99991234", Class::Local),
                ("0412345678", Class::Mobile),
                ("000", Class::Emergency),
                ("001161299991234", Class::Local),
                ("0011442079460018", Class::International),
                ("1800123456", Class::Unknown),
                ("1234", Class::Operator),
            ],
        ),
    ] {
        let compiled = Compiled::new(country, Some(area), &[]);
        for (digits, class) in rows {
            assert_eq!(compiled.class(digits), class, "{country} {digits}");
        }
    }
}

#[test]
fn own_classes_match_in_every_form_the_longest_prefix_first() {
    let own = |prefixes: &[&'static str], countries: &[&'static str]| Own {
        prefixes: prefixes.to_vec(),
        countries: countries.to_vec(),
    };
    let all = [
        own(&["1900", "011882"], &[]),
        own(&["1900555"], &[]),
        own(&[], &["GB", "US"]),
        own(&["01144"], &[]),
    ];
    let ca = Compiled::new("CA", Some("613"), &all);
    for (digits, expected) in [
        ("19005550123", vec![1, 0]),
        ("9005550123", vec![1, 0]),
        ("+19005550123", vec![1, 0]),
        ("19004440123", vec![0]),
        ("011882123", vec![0]),
        ("+882123", vec![0]),
        ("442079460018", vec![2]),
        ("+442079460018", vec![3, 2]),
        ("12125550123", vec![2]),
        ("16135550123", vec![]),
        ("011441534456789", vec![3]),
        ("1900*", vec![0]),
        ("190", vec![]),
    ] {
        assert_eq!(ca.own(digits), expected, "{digits}");
    }
}

#[test]
fn what_no_plan_can_mean_is_said() {
    assert_eq!(build(Some("ZZ"), None, &[]).unwrap_err(), Trouble::Country);
    assert_eq!(build(Some("CA"), Some("11"), &[]).unwrap_err(), Trouble::AreaCode);
    let own = [Own::default(), Own { prefixes: vec![], countries: vec!["ZZ"] }];
    assert_eq!(build(Some("CA"), None, &own).unwrap_err(), Trouble::OwnCountry(1));
    let made = || join(Some("DE"), Some("30"), &[]);
    assert_eq!(made(), made());
}
