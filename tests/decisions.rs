//! The engine against the naive oracle: the same policy, the same attempt, the same answer.
//!
//! `STROWGER_PAIRS` sets the number of random pairs, `STROWGER_SEED` where they begin.

use crate::engine;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use engine::{Circumstances, Compiled, in_two, mode_of, number_from, party};
use strowger::policy::inbound::Inbound;
use strowger::policy::{self, Image, Keyring, RowRef, Rule};
use strowger_testkit::model::{
    AccountCode, Action as ModelAction, ArsRow, Choice, CorGroup, Cos, Device, EmergencyRow, Follow,
    LeadingRow, Mode, Model, Modification, NumberFormat, OwnClass, PerMode, Profile, Route, RouteList, Trunk,
    Use, User, Zone,
};
use strowger_testkit::oracle::{
    self, Answer, Attempt, BREAKAGES, Party, RULES_IN_FORCE, RULES_ON_BEHALF, Verdict,
};
use strowger_testkit::strategies::{Question, Seeded, models, questions, smaller};

const PAIRS: usize = 100_000;
const QUESTIONS_EACH: usize = 40;

/// The engine's answer, in the oracle's words.
fn engine(image: &Image<'_>, keyring: &Keyring<'_>, question: &Question) -> Answer {
    let called = question.attempt.dialed.as_bytes();
    let as_called = engine::verdict(image, keyring, question, called);
    let emergency = matches!(as_called, policy::Verdict::Allow(choice) if choice.rule == Rule::Emergency);
    let verdict = match party(image, &question.attempt.from) {
        policy::Party::Trunk(trunk) if question.attempt.did && !emergency => {
            match policy::inbound::inbound(image, trunk, called) {
                Inbound::To(digits, _) => {
                    engine::verdict(image, keyring, question, digits.as_str().as_bytes())
                }
                Inbound::AsCalled => as_called,
                Inbound::Vacant => return oracle_denial("number.vacant"),
            }
        }
        _ => as_called,
    };
    engine::in_words(image, verdict)
}

const fn oracle_denial(rule: &'static str) -> Answer {
    Answer {
        verdict: Verdict::Deny,
        rule,
        to: None,
        outpulsed: None,
        route: None,
        warning: false,
        class: None,
        watched: false,
    }
}

fn answer(model: &Model, question: &Question, broken: Option<&str>) -> Answer {
    let free = |trunk: &str| !question.busy.iter().any(|busy| busy == trunk);
    oracle::decide(model, &question.attempt, &free, broken)
}

/// The routes that the engine tries for an emergency call, one after the other.
fn emergency_routes(image: &Image<'_>, question: &Question) -> Vec<u16> {
    let from = party(image, &question.attempt.from);
    let mode = mode_of(image, &question.attempt);
    let attempt = policy::Attempt { mode, ..policy::Attempt::new(from, question.attempt.dialed.as_bytes()) };
    let world = || Circumstances { question, image };
    let first = policy::decide(image, &attempt, world(), &mut ());
    let policy::Verdict::Allow(policy::Choice { row: RowRef::Ars(row), .. }) = first else {
        return Vec::new();
    };
    let mut tried = policy::emergency::Tried::NONE;
    let next = || match policy::decide::next_emergency(image, from, mode, row, tried, world()) {
        policy::Verdict::Allow(choice) => {
            let route = choice.route?;
            tried = tried.and(image, (from, mode), row, route, 0);
            Some(route)
        }
        _ => None,
    };
    let rows = std::iter::from_fn(next).take(100);
    rows.map(|row| image.routes().get(row.into()).expect("the route exists").id).collect()
}

/// Both answers, if they differ; none if there is nothing to compare.
fn difference(model: &Model, question: &Question) -> Option<(Answer, Answer)> {
    let compiled = Compiled::new(model).ok()?;
    let image = compiled.image();
    let keyring = compiled.keyring(&image);
    let both = || (engine(&image, &keyring, question), answer(model, question, None));
    // While a policy shrinks, the caller may be gone.
    catch_unwind(AssertUnwindSafe(both)).ok().filter(|(engine, oracle)| engine != oracle)
}

/// Shrinks what the two disagree about, and fails with it.
fn disagree(model: &Model, question: &Question) -> ! {
    // What it shrinks to may be another fault.
    println!("{}\n{question:#?}\n{:#?}\nshrinks to", model.to_toml(), difference(model, question));
    let (mut model, mut question) = (model.clone(), question.clone());
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    loop {
        if let Some(less) = smaller(&model).into_iter().find(|less| difference(less, &question).is_some()) {
            model = less;
        } else if let Some(less) =
            shorter(&question).into_iter().find(|less| difference(&model, less).is_some())
        {
            question = less;
        } else {
            break;
        }
    }
    std::panic::set_hook(quiet);
    let (engine, oracle) = difference(&model, &question).expect("shrinking keeps the difference");
    panic!("{}\n{question:#?}\nengine: {engine:#?}\noracle: {oracle:#?}", model.to_toml());
}

fn shorter(question: &Question) -> Vec<Question> {
    let mut all = Vec::new();
    for i in 0..question.busy.len() {
        let mut less = question.clone();
        less.busy.remove(i);
        all.push(less);
    }
    for (i, _) in question.attempt.dialed.char_indices() {
        let mut less = question.clone();
        less.attempt.dialed.remove(i);
        all.push(less);
    }
    all
}

/// Calls `each` with random pairs until it returns false or `pairs` have been seen.
fn random_pairs(
    share: u64,
    pairs: usize,
    mut each: impl FnMut(&Model, &Image<'_>, &Keyring<'_>, &Question) -> bool,
) {
    let mut seeded = Seeded::new(number_from("STROWGER_SEED", 1891) as u64 + 1_000_000 * share);
    let models = models();
    for _ in 0..pairs.div_ceil(QUESTIONS_EACH) {
        let model = seeded.draw(&models);
        let compiled = Compiled::new(&model)
            .unwrap_or_else(|findings| panic!("{}\nis a valid policy, but:\n{findings}", model.to_toml()));
        let image = compiled.image();
        let keyring = compiled.keyring(&image);
        let questions = questions(&model);
        for _ in 0..QUESTIONS_EACH {
            if !each(&model, &image, &keyring, &seeded.draw(&questions)) {
                return;
            }
        }
    }
}

#[test]
fn engine_and_oracle_agree_on_random_policies() {
    let pairs = number_from("STROWGER_PAIRS", PAIRS);
    let shares = in_two(|share| agree(share, pairs / 2));
    let mut seen: BTreeMap<(Verdict, &str), usize> = BTreeMap::new();
    shares
        .iter()
        .flat_map(|share| &share.0)
        .for_each(|(answer, count)| *seen.entry(*answer).or_default() += count);
    let sum = |of: fn([usize; 3]) -> usize| shares.iter().map(|share| of(share.1)).sum::<usize>();
    let (codes, exempted, restricted) = (sum(|[codes, ..]| codes), sum(|[_, n, _]| n), sum(|[.., n]| n));
    println!("{pairs} pairs");
    println!("{codes} codes of speed calls: {exempted} decided by an exemption, {restricted} by its lack");
    assert!(pairs < PAIRS || exempted.min(restricted) >= 100, "exemptions decided too seldom");
    for ((verdict, rule), count) in &seen {
        println!("{:<10} {rule:<22} {count:>9}", format!("{verdict:?}"));
    }
    for rule in RULES_IN_FORCE.iter().filter(|rule| !RULES_ON_BEHALF.contains(rule)) {
        let count: usize = seen.iter().filter(|((_, seen), _)| seen == rule).map(|(_, count)| count).sum();
        assert!(pairs < PAIRS || count >= 100, "{rule} was the answer only {count} times");
    }
}

/// A share of the pairs: how often each answer was given, and of speed calls all, those that an exemption decided, and those that
/// its lack did.
fn agree(share: u64, pairs: usize) -> (BTreeMap<(Verdict, &'static str), usize>, [usize; 3]) {
    let mut seen: BTreeMap<(Verdict, &str), usize> = BTreeMap::new();
    let (mut codes, mut exempted, mut restricted) = (0_usize, 0_usize, 0_usize);
    random_pairs(share, pairs, |model, image, keyring, question| {
        let expected = answer(model, question, None);
        if engine(image, keyring, question) != expected {
            disagree(model, question);
        }
        if expected.verdict == Verdict::Emergency && !question.attempt.did {
            let mut tried = emergency_routes(image, question);
            let mut all = oracle::emergency_routes(model, &question.attempt);
            tried.sort_unstable();
            all.sort_unstable();
            assert_eq!(tried, all, "{}\n{question:#?}", model.to_toml());
        }
        *seen.entry((expected.verdict, expected.rule)).or_default() += 1;
        if model.speed_calls.iter().any(|row| row.code == question.attempt.dialed) {
            codes += 1;
            exempted += usize::from(answer(model, question, Some("speed.exempt")) != expected);
            restricted += usize::from(answer(model, question, Some("speed.restricted")) != expected);
        }
        true
    });
    (seen, [codes, exempted, restricted])
}

/// R52: the station's COR is denied a class, the code's COR is not; chance seldom makes such a pair.
fn a_code_against_a_class() -> (Model, Question) {
    let mut model = office();
    model.cos[0].features.push("verified-account-code");
    model.area_code = Some("613");
    model.codes = vec![AccountCode { code: "43219".into(), verified: Some((4, 4)) }];
    model.own_classes = vec![OwnClass {
        name: "dear".into(),
        prefixes: vec!["1900"],
        countries: Vec::new(),
        action: ModelAction::Deny,
        cor_group: Some(5),
    }];
    model.class_defaults.push(("premium", ModelAction::Allow));
    model.restricted.clear();
    model.ars.push(ars("9", "1NXXNXXXXXX", Follow::Exactly(0), Use::Route(30)));
    let attempt = Attempt {
        code: Some("43219".into()),
        ..Attempt::new(Party::Device("22".into()), "919005550123".into())
    };
    (model, Question { attempt, busy: Vec::new() })
}

#[test]
fn every_broken_oracle_is_caught() {
    let mut left: Vec<&str> = BREAKAGES.to_vec();
    let mut pairs = 0;
    let (model, question) = a_code_against_a_class();
    assert_eq!(difference(&model, &question), None);
    let right = answer(&model, &question, None);
    assert_eq!((right.rule, right.class.as_deref()), ("class.denied", Some("dear")));
    left.retain(|broken| answer(&model, &question, Some(broken)) == right);
    random_pairs(0, PAIRS, |model, image, keyring, question| {
        pairs += 1;
        let engine = engine(image, keyring, question);
        if engine != answer(model, question, None) {
            // Nothing that is wrong without being broken may stand for a catch.
            return true;
        }
        left.retain(|broken| {
            let caught = answer(model, question, Some(broken)) != engine;
            if caught {
                println!("{broken:<28} caught by pair {pairs}");
            }
            !caught
        });
        !left.is_empty()
    });
    assert!(left.is_empty(), "{left:?}: not caught by {pairs} pairs");
}

// Two small policies, and everything that can be dialed there.

fn device(dn: &str, cos: PerMode, cor: PerMode, interconnect: u8, zone: Option<&str>) -> Device {
    Device {
        dn: dn.into(),
        cos,
        cor,
        interconnect,
        zone: zone.map(Into::into),
        username: format!("user-{dn}"),
        password: format!("kW%vQ_jZpR-hYtLx{}", char::from(b'a' + dn.bytes().fold(0, u8::wrapping_add) % 26)),
    }
}

fn trunk(name: &str, public: bool, cos: u8, cor: u8, interconnect: u8) -> Trunk {
    let (cos, cor) = (PerMode::all(cos), PerMode::all(cor));
    Trunk {
        name: name.into(),
        public,
        channels: 1,
        cos,
        cor,
        interconnect,
        zone: None,
        number_format: NumberFormat::AsDialed,
        inbound: Vec::new(),
    }
}

fn route(id: u16, trunk: &str, modification: Option<u16>, cor_group: Option<u8>) -> Route {
    Route { id, trunk: trunk.into(), modification, cor_group, emergency: false }
}

fn list(id: u16, routes: &[u16]) -> RouteList {
    let choices = routes.iter().enumerate().map(|(i, &route)| Choice { route, warning_tone: i > 0 });
    RouteList { id, choices: choices.collect() }
}

fn ars(leading: &str, digits: &str, follow: Follow, to: Use) -> ArsRow {
    ArsRow { leading: leading.into(), digits: digits.into(), follow, to }
}

fn emergency(leading: &str, digits: &str, to: Use) -> EmergencyRow {
    EmergencyRow { leading: leading.into(), digits: digits.into(), outpulse: None, to }
}

const fn by_mode(day: u8, night1: u8, night2: u8) -> PerMode {
    PerMode { day, night1, night2 }
}

/// An office: access code 9 with a COR group, toll calls over a list, an emergency number with and without 9.
fn office() -> Model {
    Model {
        profile: Profile::Strict,
        cos: vec![
            Cos { id: 4, features: vec!["hold"] },
            Cos { id: 2, features: vec!["hold", "public-to-public"] },
        ],
        cor_groups: vec![
            CorGroup { id: 7, members: vec![3] },
            CorGroup { id: 5, members: vec![2, 3] },
            CorGroup { id: 3, members: vec![] },
        ],
        restricted: vec![(1, 2), (2, 4), (3, 3)],
        zones: vec![Zone { name: "hut".into(), emergency: Some(Use::Route(12)) }],
        devices: vec![
            device("21", PerMode::all(4), PerMode::all(1), 1, None),
            device("22", by_mode(4, 0, 2), by_mode(2, 2, 0), 2, Some("hut")),
            device("271", by_mode(4, 4, 0), by_mode(1, 3, 1), 1, Some("hut")),
        ],
        users: vec![User { dn: "37".into(), cos: by_mode(2, 4, 0), cor: by_mode(3, 1, 1) }],
        trunks: vec![
            trunk("carrier", true, 2, 1, 3),
            trunk("second", true, 4, 4, 4),
            trunk("tie", false, 4, 2, 1),
        ],
        modifications: vec![
            Modification { id: 8, absorb: 1, insert: String::new() },
            Modification { id: 6, absorb: 2, insert: "10".into() },
        ],
        routes: vec![
            route(30, "carrier", Some(8), Some(3)),
            route(20, "second", Some(6), Some(5)),
            route(10, "tie", None, None),
            route(40, "second", Some(8), None),
            Route { emergency: true, ..route(11, "second", None, None) },
            Route { emergency: true, ..route(12, "carrier", None, None) },
        ],
        route_lists: vec![list(2, &[20, 30, 10]), list(1, &[11, 12]), list(3, &[11, 40, 20])],
        ars: vec![
            ars("9", "7", Follow::Exactly(2), Use::List(2)),
            ars("9", "7N1", Follow::Exactly(0), Use::List(3)),
            ars("9", "2", Follow::Unknown, Use::Route(20)),
            ars("9", "2XX", Follow::Exactly(1), Use::Route(30)),
            ars("", "71NN", Follow::Exactly(0), Use::Route(10)),
        ],
        leading: vec![LeadingRow { leading: "9".into(), cor_group: 7 }],
        emergency: vec![emergency("", "911", Use::List(1)), emergency("9", "911", Use::Route(11))],
        class_defaults: vec![("unknown", ModelAction::Allow)],
        ..Model::default()
    }
}

/// A web of wildcards, with `*`, under the open profile.
fn web() -> Model {
    Model {
        profile: Profile::Mivb,
        cos: vec![Cos { id: 1, features: vec!["public-to-public"] }, Cos { id: 3, features: vec![] }],
        cor_groups: vec![CorGroup { id: 2, members: vec![1] }, CorGroup { id: 1, members: vec![2] }],
        restricted: vec![(2, 2)],
        zones: vec![],
        devices: vec![
            device("2", PerMode::all(1), PerMode::all(1), 1, None),
            device("7*1", by_mode(3, 1, 0), by_mode(2, 0, 2), 2, None),
        ],
        trunks: vec![trunk("west", true, 1, 1, 1), trunk("east", true, 1, 2, 2)],
        modifications: vec![Modification { id: 1, absorb: 3, insert: "*".into() }],
        routes: vec![
            route(7, "west", None, None),
            route(6, "west", Some(1), Some(2)),
            route(5, "east", None, Some(1)),
            route(4, "east", Some(1), None),
            Route { emergency: true, ..route(9, "west", None, None) },
        ],
        route_lists: vec![list(1, &[6, 5]), list(2, &[5, 4, 7]), list(3, &[9, 5])],
        ars: vec![
            ars("", "7127", Follow::Exactly(0), Use::Route(7)),
            ars("7", "12N", Follow::Exactly(0), Use::Route(6)),
            ars("71", "XX", Follow::Exactly(0), Use::List(1)),
            ars("7", "YYY", Follow::Exactly(0), Use::List(2)),
            ars("", "N", Follow::Exactly(3), Use::Route(5)),
            ars("", "X2", Follow::Unknown, Use::Route(4)),
            ars("*", "N", Follow::Unknown, Use::List(1)),
            ars("", "1*", Follow::Exactly(1), Use::List(3)),
        ],
        leading: vec![
            LeadingRow { leading: "71".into(), cor_group: 0 },
            LeadingRow { leading: "7N".into(), cor_group: 2 },
            LeadingRow { leading: "NX".into(), cor_group: 1 },
        ],
        emergency: vec![emergency("", "112", Use::Route(9))],
        ..Model::default()
    }
}

/// All strings over `alphabet` of up to `longest` characters.
fn strings(alphabet: &str, longest: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..longest {
        last = last.iter().flat_map(|begun| alphabet.chars().map(move |c| format!("{begun}{c}"))).collect();
        all.extend_from_slice(&last);
    }
    all
}

fn agree_on_everything(model: &Model, alphabet: &str) {
    let compiled = Compiled::new(model).unwrap_or_else(|findings| panic!("{findings}"));
    let image = compiled.image();
    let keyring = compiled.keyring(&image);
    let devices = model.devices.iter().map(|device| Party::Device(device.dn.clone()));
    let trunks = model.trunks.iter().map(|trunk| Party::Trunk(trunk.name.clone()));
    let phones = model.devices.iter().skip(1).map(|device| device.dn.clone());
    let users = model.users.iter().zip(phones).map(|(user, at)| Party::User { dn: user.dn.clone(), at });
    let parties: Vec<Party> = devices.chain(users).chain(trunks).collect();
    let mut busy = vec![Vec::new()];
    busy.extend(model.trunks.iter().map(|trunk| vec![trunk.name.clone()]));
    let mut asked = 0_usize;
    for dialed in strings(alphabet, 5) {
        for from in &parties {
            for mode in Mode::ALL {
                for busy in &busy {
                    let attempt = Attempt { mode: Some(mode), ..Attempt::new(from.clone(), dialed.clone()) };
                    let question = Question { attempt, busy: busy.clone() };
                    if engine(&image, &keyring, &question) != answer(model, &question, None) {
                        disagree(model, &question);
                    }
                    asked += 1;
                }
            }
        }
    }
    println!("{asked} attempts, all that can be dialed with {alphabet} up to five digits");
}

#[test]
fn engine_and_oracle_agree_on_everything_in_an_office() {
    agree_on_everything(&office(), "12379");
}

#[test]
fn engine_and_oracle_agree_on_everything_in_a_web_of_wildcards() {
    agree_on_everything(&web(), "127*");
}
