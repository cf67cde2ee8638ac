//! Policies and attempts made up at random, small and dense: few digits, many wildcards, much overlap.
//!
//! [`models`] yields only policies that the language accepts, [`questions`] asks what is interesting about one of
//! them. As proptest strategies they shrink; [`Seeded`] draws from them the same values for the same seed, and
//! [`smaller`] makes a policy that shows a fault easier to read.

mod rest;

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::model::{
    ArsRow, Choice, CorGroup, Cos, Device, EmergencyRow, Follow, LeadingRow, Mode, Model, Modification,
    PerMode, Profile, Route, RouteList, Trunk, Use, Zone,
};
use crate::oracle::{Attempt, LONGEST, Party, When};

/// An attempt, and the trunks that have no free channel while it is decided.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Question {
    /// What is asked.
    pub attempt: Attempt,
    /// Names of busy trunks.
    pub busy: Vec<String>,
}

/// Draws from strategies; the same seed, the same values.
pub struct Seeded(TestRunner);

impl Seeded {
    /// A source of values.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Self(TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)))
    }

    /// The next value of a strategy.
    ///
    /// # Panics
    /// If the strategy rejects too much; those of this module reject nothing.
    pub fn draw<S: Strategy>(&mut self, strategy: &S) -> S::Value {
        strategy.new_tree(&mut self.0).expect("the strategy yields a value").current()
    }
}

// Policies

/// Policies of 2-8 devices, 1-4 trunks, 1-8 routes and up to 12 rows.
///
/// What the language calls an error does not occur: references are taken modulo what exists, and a row or directory
/// number that would clash with an earlier one is left out. What is only a warning in the profile `mivb` does occur
/// there.
pub fn models() -> impl Strategy<Value = Model> {
    let classes = (vec(any::<bool>(), 1..4), vec(0..16_u8, 1..5), vec((1..5_u8, 1..5_u8), 0..5));
    let places = (vec(option(2, 1, 0..8_u8), 0..3), vec(raw_device(), 2..9), vec(raw_trunk(), 1..5));
    let modifications = vec((0..5_u8, insert()), 1..4);
    let routes = vec(raw_route(), 1..9);
    let lists = vec(vec((any::<u8>(), any::<bool>()), 1..5), 1..4);
    let rows = (
        vec(prop_oneof![2 => raw_row(), 1 => raw_public_row()], 1..10),
        vec(raw_leading(), 0..4),
        vec(any::<u8>(), 120),
    );
    let emergency = (vec(any::<u8>(), 1..4), vec((select(EMERGENCY), any::<bool>(), any::<u8>()), 0..4));
    (any::<bool>(), classes, places, modifications, routes, lists, rows, emergency).prop_map(
        |(strict, classes, places, modifications, routes, lists, rows, emergency)| {
            let mut model =
                Model { profile: if strict { Profile::Strict } else { Profile::Mivb }, ..Model::default() };
            add_classes(&mut model, classes);
            add_routes(&mut model, &places.2, modifications, &routes, &lists, &emergency.0);
            add_emergency(&mut model, &places.0, &emergency.1);
            add_devices(&mut model, places.1);
            add_rows(&mut model, rows.0);
            add_leading(&mut model, rows.1);
            rest::add(&mut model, &mut rest::Dice::new(&rows.2));
            model
        },
    )
}

/// Strings that may become emergency rows; one begins another.
const EMERGENCY: &[&str] = &["911", "9911", "112", "1125", "*99", "765"];

type PerModeRaw = (u8, u8, u8);

fn option<T: Clone + std::fmt::Debug>(
    none: u32,
    some: u32,
    of: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Option<T>> {
    prop_oneof![none => Just(None), some => of.prop_map(Some)]
}

/// Class numbers for three modes: mostly some, sometimes none.
fn per_mode(most: u8) -> impl Strategy<Value = PerModeRaw> {
    let one = || prop_oneof![1 => Just(0), 14 => 1..=most];
    prop_oneof![2 => one().prop_map(|n| (n, n, n)), 3 => (one(), one(), one())]
}

#[derive(Clone, Debug)]
struct RawDevice {
    dn: String,
    cos: PerModeRaw,
    cor: PerModeRaw,
    interconnect: u8,
    zone: Option<u8>,
}

fn raw_device() -> impl Strategy<Value = RawDevice> {
    let first = prop_oneof![4 => select(&['2', '3'][..]), 1 => select(&['7', '5', '*'][..])];
    let dn = (first, vec(select(&['0', '1', '2', '7'][..]), 1..4)).prop_map(|(a, rest)| {
        let rest: String = rest.into_iter().collect();
        format!("{a}{rest}")
    });
    (dn, per_mode(3), per_mode(4), 1..5_u8, option(1, 2, any::<u8>()))
        .prop_map(|(dn, cos, cor, interconnect, zone)| RawDevice { dn, cos, cor, interconnect, zone })
}

#[derive(Clone, Debug)]
struct RawTrunk {
    public: bool,
    cos: PerModeRaw,
    cor: PerModeRaw,
    interconnect: u8,
    zone: Option<u8>,
}

fn raw_trunk() -> impl Strategy<Value = RawTrunk> {
    (prop::bool::weighted(0.7), per_mode(3), per_mode(4), 1..5_u8, option(1, 1, any::<u8>()))
        .prop_map(|(public, cos, cor, interconnect, zone)| RawTrunk { public, cos, cor, interconnect, zone })
}

fn insert() -> impl Strategy<Value = String> {
    prop_oneof![2 => Just(String::new()), 4 => "[0-9]{1,4}", 2 => "[0-9]{34,36}"]
}

#[derive(Clone, Debug)]
struct RawRoute {
    trunk: u8,
    modification: Option<u8>,
    group: Option<u8>,
    emergency: bool,
}

fn raw_route() -> impl Strategy<Value = RawRoute> {
    (any::<u8>(), option(1, 2, any::<u8>()), option(1, 3, any::<u8>()), prop::bool::weighted(0.12)).prop_map(
        |(trunk, modification, group, emergency)| RawRoute { trunk, modification, group, emergency },
    )
}

/// A pattern of its own, or an earlier row's with one place changed and something behind it.
#[derive(Clone, Debug)]
enum RawPattern {
    Fresh(Vec<char>),
    Variant { of: u8, at: u8, with: char, more: Vec<char> },
}

#[derive(Clone, Debug)]
struct RawRow {
    pattern: RawPattern,
    split: u8,
    follow: Follow,
    to: u8,
    list: bool,
}

fn raw_pattern() -> impl Strategy<Value = RawPattern> {
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

fn raw_row() -> impl Strategy<Value = RawRow> {
    let follow = prop_oneof![
        4 => Just(Follow::Exactly(0)),
        3 => (1..4_u8).prop_map(Follow::Exactly),
        4 => Just(Follow::Unknown),
    ];
    (raw_pattern(), any::<u8>(), follow, any::<u8>(), prop::bool::weighted(0.6))
        .prop_map(|(pattern, split, follow, to, list)| RawRow { pattern, split, follow, to, list })
}

/// A row for public numbers behind the access code 8.
fn raw_public_row() -> impl Strategy<Value = RawRow> {
    (select(rest::PUBLIC_ROWS), any::<u8>(), any::<u8>(), prop::bool::weighted(0.6)).prop_map(
        |(pattern, split, to, list)| {
            let digits: Vec<char> = pattern.chars().filter(|c| *c != '+').collect();
            let open = pattern == "8011" || pattern == "8+" || pattern == "8101XXXX";
            let follow = if open { Follow::Unknown } else { Follow::Exactly(0) };
            RawRow { pattern: RawPattern::Fresh(digits), split, follow, to, list }
        },
    )
}

#[derive(Clone, Debug)]
struct RawLeading {
    pattern: RawPattern,
    length: u8,
    group: Option<u8>,
}

fn raw_leading() -> impl Strategy<Value = RawLeading> {
    (raw_pattern(), 1..4_u8, option(1, 4, any::<u8>())).prop_map(|(pattern, length, group)| RawLeading {
        pattern,
        length,
        group,
    })
}

/// Numbers are given out backwards and with gaps: a number taken for a position is then noticed.
fn number(position: usize) -> u16 {
    u16::try_from(90 - 7 * position).expect("few rows")
}

fn small_number(position: usize) -> u8 {
    u8::try_from(number(position)).expect("few rows")
}

fn class(raw: u8, classes: usize) -> u8 {
    match raw {
        0 => 0,
        n => small_number(usize::from(n - 1) % classes),
    }
}

fn pick<T>(raw: u8, of: &[T]) -> &T {
    &of[usize::from(raw) % of.len()]
}

fn cos_of(model: &Model, (day, night1, night2): PerModeRaw) -> PerMode {
    let class = |raw| class(raw, model.cos.len());
    PerMode { day: class(day), night1: class(night1), night2: class(night2) }
}

const fn cor_of((day, night1, night2): PerModeRaw) -> PerMode {
    PerMode { day, night1, night2 }
}

fn zone_of(model: &Model, raw: Option<u8>) -> Option<String> {
    raw.filter(|_| !model.zones.is_empty()).map(|raw| pick(raw, &model.zones).name.clone())
}

fn add_classes(model: &mut Model, (cos, groups, restricted): (Vec<bool>, Vec<u8>, Vec<(u8, u8)>)) {
    for (i, joins) in cos.into_iter().enumerate() {
        let mut features = vec!["hold"];
        features.extend(joins.then_some("public-to-public"));
        model.cos.push(Cos { id: small_number(i), features });
    }
    for (i, members) in groups.into_iter().enumerate() {
        let members = (1..=4).filter(|cor| members & (1 << (cor - 1)) != 0).collect();
        model.cor_groups.push(CorGroup { id: small_number(i), members });
    }
    for pair in restricted {
        if !model.restricted.contains(&pair) {
            model.restricted.push(pair);
        }
    }
}

/// Trunks, what leads to them, and emergency routes, which are the last routes and the last list.
fn add_routes(
    model: &mut Model,
    trunks: &[RawTrunk],
    modifications: Vec<(u8, String)>,
    routes: &[RawRoute],
    lists: &[Vec<(u8, bool)>],
    emergency: &[u8],
) {
    for (i, raw) in trunks.iter().enumerate() {
        model.trunks.push(Trunk {
            name: format!("trunk-{i}"),
            public: raw.public,
            channels: 2,
            cos: cos_of(model, raw.cos),
            cor: cor_of(raw.cor),
            interconnect: raw.interconnect,
            zone: None,
        });
    }
    for (i, (absorb, insert)) in modifications.into_iter().enumerate() {
        model.modifications.push(Modification { id: number(i), absorb, insert });
    }
    for raw in routes {
        model.routes.push(Route {
            id: number(model.routes.len()),
            trunk: pick(raw.trunk, &model.trunks).name.clone(),
            modification: raw.modification.map(|m| pick(m, &model.modifications).id),
            cor_group: raw.group.map(|g| pick(g, &model.cor_groups).id),
            emergency: raw.emergency,
        });
    }
    for raw in lists {
        let mut choices: Vec<Choice> = Vec::new();
        for &(route, warning_tone) in raw {
            let route = pick(route, &model.routes).id;
            if choices.iter().all(|choice| choice.route != route) {
                choices.push(Choice { route, warning_tone });
            }
        }
        model.route_lists.push(RouteList { id: number(model.route_lists.len()), choices });
    }
    let mut choices = Vec::new();
    for &raw in emergency {
        let id = number(model.routes.len());
        let trunk = pick(raw, &model.trunks).name.clone();
        model.routes.push(Route { id, trunk, modification: None, cor_group: None, emergency: true });
        choices.push(Choice { route: id, warning_tone: false });
    }
    model.route_lists.push(RouteList { id: number(model.route_lists.len()), choices });
    for (i, raw) in trunks.iter().enumerate() {
        model.trunks[i].zone = raw.zone.map(|zone| format!("zone-{}", zone % 2));
    }
}

/// One of the emergency routes, or all of them in order.
fn emergency_use(model: &Model, raw: u8) -> Use {
    let list = model.route_lists.last().expect("the emergency list comes last");
    if raw.is_multiple_of(2) { Use::List(list.id) } else { Use::Route(pick(raw / 2, &list.choices).route) }
}

fn add_emergency(model: &mut Model, zones: &[Option<u8>], rows: &[(&'static str, bool, u8)]) {
    for (i, raw) in zones.iter().enumerate() {
        let emergency = raw.map(|raw| emergency_use(model, raw));
        model.zones.push(Zone { name: format!("zone-{i}"), emergency });
    }
    for trunk in &mut model.trunks {
        trunk.zone.take_if(|zone| model.zones.iter().all(|z| z.name != *zone));
    }
    for &(digits, outpulse, raw) in rows {
        if model.emergency.iter().any(|row| row.string() == digits) {
            continue;
        }
        let (leading, digits) = if digits == "9911" && !outpulse { ("9", "911") } else { ("", digits) };
        let outpulse = outpulse.then(|| "911".to_owned());
        let to = emergency_use(model, raw);
        model.emergency.push(EmergencyRow { leading: leading.into(), digits: digits.into(), outpulse, to });
    }
}

fn add_devices(model: &mut Model, devices: Vec<RawDevice>) {
    for (i, raw) in devices.into_iter().enumerate() {
        let begins = |a: &str, b: &str| a.starts_with(b) || b.starts_with(a);
        let clash = model.devices.iter().any(|other| match model.profile {
            Profile::Strict => begins(&other.dn, &raw.dn),
            Profile::Mivb => other.dn == raw.dn,
        });
        if clash || model.emergency.iter().any(|row| begins(&row.string(), &raw.dn)) {
            continue;
        }
        model.devices.push(Device {
            cos: cos_of(model, raw.cos),
            cor: cor_of(raw.cor),
            interconnect: raw.interconnect,
            zone: zone_of(model, raw.zone),
            username: format!("user-{i}"),
            password: format!("kW%vQ_jZpR-hYtLx{}", char::from(b'a' + u8::try_from(i).expect("few devices"))),
            dn: raw.dn,
        });
    }
}

fn pattern(raw: RawPattern, earlier: &[ArsRow]) -> Vec<char> {
    match raw {
        RawPattern::Fresh(pattern) => pattern,
        RawPattern::Variant { with, more, .. } if earlier.is_empty() => [vec![with], more].concat(),
        RawPattern::Variant { of, at, with, more } => {
            let mut pattern: Vec<char> = pick(of, earlier).pattern().chars().collect();
            let at = usize::from(at) % pattern.len();
            pattern[at] = with;
            pattern.extend(more);
            pattern
        }
    }
}

/// Whether a row of this pattern and `follow` more digits can stand beside what the policy has already.
fn fits(model: &Model, pattern: &str, follow: usize, unknown: bool) -> bool {
    let whole: Vec<char> = pattern.chars().chain(std::iter::repeat_n('Y', follow)).collect();
    let begun_by = |dn: &str| {
        (dn.len() <= whole.len() || unknown)
            && dn.chars().zip(&whole).all(|(digit, &place)| takes(place, digit))
    };
    let follows =
        if unknown { Follow::Unknown } else { Follow::Exactly(follow.try_into().expect("few digits")) };
    let same = |row: &ArsRow| row.follow == follows || unknown || row.follow == Follow::Unknown;
    !model.ars.iter().any(|row| row.pattern() == pattern && same(row))
        && model.leading.iter().all(|row| row.leading != pattern)
        && model.emergency.iter().all(|row| !pattern.starts_with(&row.string()))
        && (model.profile == Profile::Mivb || !model.devices.iter().any(|device| begun_by(&device.dn)))
}

fn takes(place: char, digit: char) -> bool {
    match place {
        'N' => matches!(digit, '2'..='9'),
        'X' => digit.is_ascii_digit(),
        'Y' => true,
        exact => exact == digit,
    }
}

fn add_rows(model: &mut Model, rows: Vec<RawRow>) {
    for raw in rows {
        let chars = pattern(raw.pattern, &model.ars);
        let whole: String = chars.iter().collect();
        let (follow, unknown) = match raw.follow {
            Follow::Exactly(n) => (n.into(), false),
            Follow::Unknown => (0, true),
        };
        if !fits(model, &whole, follow, unknown) {
            continue;
        }
        let (emergency, lists) = model.route_lists.split_last().expect("the emergency list comes last");
        let routes = &model.routes[..model.routes.len() - emergency.choices.len()];
        let to =
            if raw.list { Use::List(pick(raw.to, lists).id) } else { Use::Route(pick(raw.to, routes).id) };
        keep_one_ordinary_choice(model, to);
        if !unknown {
            keep_modifications_that_fit(model, to, chars.len() + follow);
        }
        let split = usize::from(raw.split) % chars.len();
        let (leading, digits) = (chars[..split].iter().collect(), chars[split..].iter().collect());
        model.ars.push(ArsRow { leading, digits, follow: raw.follow, to });
    }
}

/// An ordinary row whose choices all carry emergency calls only is an error: then the first does not.
fn keep_one_ordinary_choice(model: &mut Model, to: Use) {
    let used = used_routes(&model.route_lists, to);
    let mut routes: Vec<_> = model.routes.iter_mut().filter(|route| used.contains(&route.id)).collect();
    if routes.iter().all(|route| route.emergency) {
        routes[0].emergency = false;
    }
}

fn used_routes(lists: &[RouteList], to: Use) -> Vec<u16> {
    match to {
        Use::Route(id) => vec![id],
        Use::Plan(_) => Vec::new(),
        Use::List(id) => lists
            .iter()
            .filter(|list| list.id == id)
            .flat_map(|list| &list.choices)
            .map(|c| c.route)
            .collect(),
    }
}

/// A modification that can never fit a number of this length is an error of the policy: such a route goes without.
/// Behind a row of unknown length it stays, and is refused when it does not fit.
fn keep_modifications_that_fit(model: &mut Model, to: Use, length: usize) {
    let used = used_routes(&model.route_lists, to);
    let Model { routes, modifications, .. } = model;
    for route in routes.iter_mut().filter(|route| used.contains(&route.id)) {
        let modification = modifications.iter().find(|m| Some(m.id) == route.modification);
        if modification.is_some_and(|m| {
            let absorb = usize::from(m.absorb);
            absorb > length || length - absorb + m.insert.len() > LONGEST
        }) {
            route.modification = None;
        }
    }
}

fn add_leading(model: &mut Model, rows: Vec<RawLeading>) {
    for raw in rows {
        let leading: String = pattern(raw.pattern, &model.ars).into_iter().take(raw.length.into()).collect();
        if fits(model, &leading, 0, false) {
            let cor_group = raw.group.map_or(0, |group| pick(group, &model.cor_groups).id);
            model.leading.push(LeadingRow { leading, cor_group });
        }
    }
}

/// Every policy that lacks one thing of this one; some of them refer to what they lack.
#[must_use]
pub fn smaller(model: &Model) -> Vec<Model> {
    let mut all = Vec::new();
    macro_rules! without_one {
        ($($table:ident)+) => { $(
            for i in 0..model.$table.len() {
                let mut less = model.clone();
                less.$table.remove(i);
                all.push(less);
            }
        )+ };
    }
    without_one!(emergency leading ars route_lists routes modifications trunks devices zones restricted cor_groups cos
        class_defaults own_classes schedule holidays plans codes code_lengths without_code max_digits);
    for i in 0..model.route_lists.len() {
        for j in 0..model.route_lists[i].choices.len() {
            let mut less = model.clone();
            less.route_lists[i].choices.remove(j);
            all.push(less);
        }
    }
    for i in 0..model.routes.len() {
        let mut less = model.clone();
        less.routes[i].modification = None;
        all.push(less);
    }
    all.retain(|less| less != model);
    all
}

// Attempts

/// What somebody dials, before it is known what can be dialed.
#[derive(Clone, Debug)]
enum Recipe {
    Device(u8),
    Row { row: u8, fill: Vec<u8>, more: u8 },
    Leading { row: u8, more: String },
    Emergency { row: u8, before: usize, more: String },
    Plus(String),
    Garbage(String),
    Digits(String),
    Public { number: u8, fill: Vec<u8>, plus: bool },
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
    let more = || prop_oneof![3 => 0..4_u8, 1 => 4..50_u8];
    prop_oneof![
        2 => any::<u8>().prop_map(Recipe::Device),
        10 => (any::<u8>(), vec(any::<u8>(), 1..8), more()).prop_map(|(row, fill, more)| Recipe::Row { row, fill, more }),
        2 => (any::<u8>(), "[0-9*#]{0,4}").prop_map(|(row, more)| Recipe::Leading { row, more }),
        2 => (any::<u8>(), 0..4_usize, "[0-9*#+a]{0,3}").prop_map(|(row, before, more)| Recipe::Emergency {
            row,
            before: before.saturating_sub(1),
            more,
        }),
        1 => "[1-9][0-9]{0,12}".prop_map(Recipe::Plus),
        1 => "[0-9*#+a-dN .-]{0,6}".prop_map(Recipe::Garbage),
        2 => "[012679*#]{0,5}".prop_map(Recipe::Digits),
        8 => (any::<u8>(), vec(any::<u8>(), 1..8), prop::bool::weighted(0.12))
            .prop_map(|(number, fill, plus)| Recipe::Public { number, fill, plus }),
    ]
}

fn slip() -> impl Strategy<Value = Slip> {
    let dialable = || select(&['0', '1', '2', '5', '6', '7', '9', '*', '#'][..]);
    prop_oneof![
        12 => Just(Slip::None),
        2 => (1..3_usize).prop_map(Slip::Short),
        2 => "[0-9*#]{1,2}".prop_map(Slip::Long),
        2 => (any::<u8>(), dialable()).prop_map(|(at, digit)| Slip::Other(at, digit)),
        1 => (any::<u8>(), select(&['+', '-', 'A', ' ', 'é'][..])).prop_map(|(at, what)| Slip::Between(at, what)),
    ]
}

/// Questions about a policy: numbers that exist, are a digit short or long, or begin like an emergency string,
/// dialed by devices and trunks in all modes while some trunks are busy.
pub fn questions(model: &Model) -> impl Strategy<Value = Question> + use<> {
    let model = Arc::new(model.clone());
    let from = (prop::bool::weighted(0.3), any::<u8>());
    let busy = prop_oneof![2 => Just(0_u8), 1 => any::<u8>()];
    (from, recipe(), slip(), circumstances(), busy).prop_map(
        move |(from, recipe, slip, circumstances, busy)| {
            let from = if from.0 || model.devices.is_empty() {
                Party::Trunk(pick(from.1, &model.trunks).name.clone())
            } else {
                Party::Device(pick(from.1, &model.devices).dn.clone())
            };
            let dialed = slipped(dialed(&model, recipe), slip);
            let busy = model.trunks.iter().enumerate().filter(|(i, _)| busy & (1 << i) != 0);
            Question {
                attempt: Attempt { from, dialed, ..circumstances },
                busy: busy.map(|(_, t)| t.name.clone()).collect(),
            }
        },
    )
}

/// An attempt without caller and number: the time, a code, other calls.
fn circumstances() -> impl Strategy<Value = Attempt> {
    let when = (
        select(&[7_u8, 8, 9, 11, 12, 13, 14, 25][..]),
        select(&[0_u16, 359, 360, 479, 480, 720, 779, 1079, 1080, 1439][..]),
    )
        .prop_map(|(day, minute)| When { day, minute });
    let mode = option(1, 2, select(&Mode::ALL[..]));
    let code = option(5, 4, select(rest::TYPED));
    let rarely = || prop::bool::weighted(0.05);
    let calls = prop_oneof![2 => Just((0_u16, 0_u16)), 1 => (0..4_u16, 0..8_u16)];
    (mode, when, code, rarely(), rarely(), calls).prop_map(
        |(mode, when, code, code_locked, locked_out, calls)| {
            let quiet = Attempt::new(Party::Device(String::new()), String::new());
            Attempt { mode, when, code: code.map(str::to_owned), code_locked, locked_out, calls, ..quiet }
        },
    )
}

fn dialed(model: &Model, recipe: Recipe) -> String {
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
        Recipe::Emergency { row, before, more } if !model.emergency.is_empty() => {
            let digits = pick(row, &model.emergency).string();
            format!("{}{more}", &digits[..digits.len() - before])
        }
        Recipe::Public { number, fill, plus } => {
            let number = pick(number, rest::PUBLIC_NUMBERS);
            let mut fill = fill.iter().cycle();
            let digits: String = number
                .chars()
                .map(|c| if c == '?' { digit_for('X', *fill.next().expect("it goes round")) } else { c })
                .collect();
            match (plus, digits.strip_prefix("011")) {
                (true, Some(abroad)) => format!("+{abroad}"),
                (true, None) => format!("+{digits}"),
                (false, _) => format!("8{digits}"),
            }
        }
        Recipe::Plus(digits) => format!("+{digits}"),
        Recipe::Garbage(text) | Recipe::Digits(text) => text,
        Recipe::Device(_) | Recipe::Row { .. } | Recipe::Leading { .. } | Recipe::Emergency { .. } => {
            "7".to_owned()
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{BREAKAGES, RULES_IN_FORCE, decide};

    #[test]
    fn the_same_seed_draws_the_same() {
        let draw = |seed| {
            let mut seeded = Seeded::new(seed);
            let model = seeded.draw(&models());
            let question = seeded.draw(&questions(&model));
            (model, question)
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn every_rule_and_every_breakage_shows() {
        let mut seeded = Seeded::new(3);
        let mut rules = std::collections::BTreeMap::new();
        let mut hidden = BREAKAGES.to_vec();
        for _ in 0..500 {
            let model = seeded.draw(&models());
            let questions = questions(&model);
            for _ in 0..40 {
                let Question { attempt, busy } = seeded.draw(&questions);
                let answer =
                    |broken| decide(&model, &attempt, &|trunk| !busy.iter().any(|b| b == trunk), broken);
                let right = answer(None);
                hidden.retain(|broken| answer(Some(broken)) == right);
                *rules.entry(right.rule).or_insert(0) += 1;
            }
        }
        println!("{rules:#?}");
        assert_eq!(hidden, [""; 0]);
        assert!(
            RULES_IN_FORCE.iter().all(|rule| rules.contains_key(rule)) && rules.len() == RULES_IN_FORCE.len()
        );
    }
}
