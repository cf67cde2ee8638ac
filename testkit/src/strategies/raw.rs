//! The raw material of policies: what is drawn at random before it is known what fits together.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{numbers, option};
use crate::model::Follow;

/// Strings that may become emergency rows; one begins another.
pub(super) const EMERGENCY: &[&str] = &["911", "9911", "112", "1125", "*99", "765"];

pub(super) type PerModeRaw = (u8, u8, u8);

/// Class numbers for three modes: mostly some, sometimes none.
pub(super) fn per_mode(most: u8) -> impl Strategy<Value = PerModeRaw> {
    let one = || prop_oneof![1 => Just(0), 40 => 1..=most];
    prop_oneof![2 => one().prop_map(|n| (n, n, n)), 3 => (one(), one(), one())]
}

#[derive(Clone, Debug)]
pub(super) struct RawDevice {
    pub(super) dn: String,
    pub(super) cos: PerModeRaw,
    pub(super) cor: PerModeRaw,
    pub(super) interconnect: u8,
    pub(super) zone: Option<u8>,
}

pub(super) fn raw_device() -> impl Strategy<Value = RawDevice> {
    let first = prop_oneof![4 => select(&['2', '3'][..]), 1 => select(&['7', '5', '*'][..])];
    let dn = (first, vec(select(&['0', '1', '2', '7'][..]), 1..4)).prop_map(|(a, rest)| {
        let rest: String = rest.into_iter().collect();
        format!("{a}{rest}")
    });
    (dn, per_mode(3), per_mode(4), 1..5_u8, option(1, 2, any::<u8>()))
        .prop_map(|(dn, cos, cor, interconnect, zone)| RawDevice { dn, cos, cor, interconnect, zone })
}

#[derive(Clone, Debug)]
pub(super) struct RawTrunk {
    pub(super) public: bool,
    pub(super) cos: PerModeRaw,
    pub(super) cor: PerModeRaw,
    pub(super) interconnect: u8,
    pub(super) zone: Option<u8>,
}

pub(super) fn raw_trunk() -> impl Strategy<Value = RawTrunk> {
    (prop::bool::weighted(0.7), per_mode(3), per_mode(4), 1..5_u8, option(1, 1, any::<u8>()))
        .prop_map(|(public, cos, cor, interconnect, zone)| RawTrunk { public, cos, cor, interconnect, zone })
}

pub(super) fn insert() -> impl Strategy<Value = String> {
    const MARKED: &[&str] =
        &["<A03>", "{<A03>}", "{12}", "9{<A07>}5", "<A07><A03>", "+1613", "{+1}613", "1{61}3"];
    prop_oneof![
        2 => Just(String::new()),
        3 => "[0-9]{1,4}",
        3 => select(MARKED).prop_map(str::to_owned),
        2 => "[0-9]{34,36}",
    ]
}

#[derive(Clone, Debug)]
pub(super) struct RawRoute {
    pub(super) trunk: u8,
    pub(super) modification: Option<u8>,
    pub(super) group: Option<u8>,
    pub(super) emergency: bool,
}

pub(super) fn raw_route() -> impl Strategy<Value = RawRoute> {
    (any::<u8>(), option(1, 2, any::<u8>()), option(1, 3, any::<u8>()), prop::bool::weighted(0.12)).prop_map(
        |(trunk, modification, group, emergency)| RawRoute { trunk, modification, group, emergency },
    )
}

/// A pattern of its own, or an earlier row's with one place changed and something behind it.
#[derive(Clone, Debug)]
pub(super) enum RawPattern {
    Fresh(Vec<char>),
    Variant { of: u8, at: u8, with: char, more: Vec<char> },
}

#[derive(Clone, Debug)]
pub(super) struct RawRow {
    pub(super) pattern: RawPattern,
    pub(super) split: u8,
    pub(super) follow: Follow,
    pub(super) to: u8,
    pub(super) list: bool,
}

pub(super) fn raw_pattern() -> impl Strategy<Value = RawPattern> {
    let place = || {
        let exact = select(&['7', '7', '7', '6', '6', '5', '9', '9', '1', '2', '0', '*', '#'][..]);
        prop_oneof![5 => exact, 1 => Just('N'), 1 => Just('X'), 1 => Just('Y')]
    };
    prop_oneof![
        vec(place(), 1..5).prop_map(RawPattern::Fresh),
        (any::<u8>(), any::<u8>(), place(), vec(place(), 0..2))
            .prop_map(|(of, at, with, more)| { RawPattern::Variant { of, at, with, more } }),
    ]
}

pub(super) fn raw_row() -> impl Strategy<Value = RawRow> {
    let follow = prop_oneof![
        4 => Just(Follow::Exactly(0)),
        3 => (1..4_u8).prop_map(Follow::Exactly),
        4 => Just(Follow::Unknown),
    ];
    (raw_pattern(), any::<u8>(), follow, any::<u8>(), prop::bool::weighted(0.6))
        .prop_map(|(pattern, split, follow, to, list)| RawRow { pattern, split, follow, to, list })
}

/// A row for public numbers behind the access code 8.
pub(super) fn raw_public_row() -> impl Strategy<Value = RawRow> {
    (select(numbers::PUBLIC_ROWS), any::<u8>(), any::<u8>(), prop::bool::weighted(0.6)).prop_map(
        |(pattern, split, to, list)| {
            let digits: Vec<char> = pattern.chars().filter(|c| *c != '+').collect();
            let open = pattern == "8011" || pattern == "8+" || pattern == "8101XXXX";
            let follow = if open { Follow::Unknown } else { Follow::Exactly(0) };
            RawRow { pattern: RawPattern::Fresh(digits), split, follow, to, list }
        },
    )
}

#[derive(Clone, Debug)]
pub(super) struct RawLeading {
    pub(super) pattern: RawPattern,
    pub(super) length: u8,
    pub(super) group: Option<u8>,
}

pub(super) fn raw_leading() -> impl Strategy<Value = RawLeading> {
    (raw_pattern(), 1..4_u8, option(1, 4, any::<u8>())).prop_map(|(pattern, length, group)| RawLeading {
        pattern,
        length,
        group,
    })
}
