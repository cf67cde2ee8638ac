mod users;

use super::*;
use crate::model::{
    ArsRow, Choice, CorGroup, Cos, Device, EmergencyRow, Follow, LeadingRow, Mode, Model, NumberFormat,
    PerMode, Route, RouteList, SpeedCall, Trunk, Use,
};

fn device(dn: &str, interconnect: u8) -> Device {
    Device {
        dn: dn.into(),
        cos: PerMode { day: 1, night1: 0, night2: 1 },
        cor: PerMode { day: 2, night1: 2, night2: 0 },
        interconnect,
        zone: None,
        username: dn.into(),
        password: "not of interest here".into(),
    }
}

fn ars(leading: &str, digits: &str, follow: Follow, to: Use) -> ArsRow {
    ArsRow { leading: leading.into(), digits: digits.into(), follow, to }
}

fn model() -> Model {
    let route =
        |id, cor_group, emergency| Route { id, trunk: "t".into(), modification: None, cor_group, emergency };
    Model {
        cos: vec![Cos { id: 1, features: vec![] }],
        cor_groups: vec![CorGroup { id: 1, members: vec![2] }],
        restricted: vec![(1, 2)],
        devices: vec![device("201", 1), device("202", 2)],
        trunks: vec![Trunk {
            name: "t".into(),
            public: false,
            channels: 1,
            cos: PerMode::all(1),
            cor: PerMode::all(1),
            interconnect: 3,
            zone: None,
            number_format: NumberFormat::AsDialed,
            inbound: Vec::new(),
        }],
        routes: vec![route(1, None, false), route(2, Some(1), false), route(3, None, true)],
        route_lists: vec![RouteList {
            id: 1,
            choices: [2, 1].map(|route| Choice { route, warning_tone: route == 1 }).into(),
        }],
        ars: vec![
            ars("77", "XX", Follow::Exactly(0), Use::Route(2)),
            ars("77", "65", Follow::Exactly(0), Use::List(1)),
            ars("", "776N", Follow::Exactly(0), Use::Route(3)),
            ars("", "5", Follow::Unknown, Use::Route(1)),
        ],
        leading: vec![LeadingRow { leading: "9".into(), cor_group: 1 }],
        emergency: vec![EmergencyRow {
            leading: "9".into(),
            digits: "911".into(),
            outpulse: None,
            to: Use::Route(3),
        }],
        ..Model::default()
    }
}

fn rule(from: &str, dialed: &str, mode: Mode) -> &'static str {
    let attempt = Attempt { mode: Some(mode), ..Attempt::new(Party::Device(from.into()), dialed.into()) };
    decide(&model(), &attempt, &|_| true, None).rule
}

#[test]
fn the_rules_in_short() {
    let day = |dialed| rule("201", dialed, Mode::Day);
    assert_eq!(day("201"), "call.self");
    assert_eq!(day("202"), "interconnect");
    assert_eq!(rule("202", "201", Mode::Day), "internal");
    assert_eq!(day("7761"), "cor.route");
    assert_eq!(day("7765"), "route");
    assert_eq!(day("7766"), "route.emergency-only");
    assert_eq!(day("776"), "number.incomplete");
    assert_eq!(day("77*1"), "number.vacant");
    assert_eq!(day("5"), "route");
    assert_eq!(day("512#"), "route");
    assert_eq!(day(""), "number.incomplete");
    assert_eq!(day("2a"), "number.invalid");
    assert_eq!(day("+1613"), "number.vacant");
    assert_eq!(day("91"), "cor.leading");
    assert_eq!(day("991"), "number.incomplete");
    assert_eq!(day("99112"), "emergency");
    assert_eq!(rule("201", "202", Mode::Night1), "cos.none");
    assert_eq!(rule("201", "202", Mode::Night2), "cor.none");
    assert_eq!(rule("201", "9911", Mode::Night1), "emergency");
}

/// The model with these features in its only class, and these rules open.
fn granting(features: &[&'static str], open_rules: &[u8]) -> Model {
    Model {
        cos: vec![Cos { id: 1, features: features.to_vec() }],
        max_digits: vec![(1, 3)],
        open_rules: open_rules.to_vec(),
        ..model()
    }
}

fn device_of(dn: &str) -> Party {
    Party::Device(dn.into())
}

fn trunk() -> Party {
    Party::Trunk("t".into())
}

fn on_behalf(model: &Model, by: Party, feature: Feature, party: Party, dialed: &str) -> &'static str {
    let behalf = Some(Behalf { feature, party });
    decide(model, &Attempt { behalf, ..Attempt::new(by, dialed.into()) }, &|_| true, None).rule
}

#[test]
fn blind_transfers_in_short() {
    let transfer = |features: &[_], open: &[u8], by: Party, of: Party, dialed: &str| {
        on_behalf(&granting(features, open), by, Feature::Transfer, of, dialed)
    };
    assert_eq!(transfer(&[], &[], device_of("202"), trunk(), "201"), "cos.feature");
    assert_eq!(transfer(&[], &[], device_of("202"), trunk(), "9911"), "emergency");
    assert_eq!(transfer(&["transfer"], &[], device_of("202"), trunk(), "201"), "internal");
    assert_eq!(transfer(&["transfer"], &[], device_of("202"), trunk(), "202"), "call.self");
    assert_eq!(transfer(&["transfer"], &[], device_of("202"), device_of("201"), "201"), "call.self");
    // The trunk's COR may dial three digits, a device's as many as it likes.
    assert_eq!(transfer(&["transfer"], &[], device_of("202"), trunk(), "7765"), "max-digits");
    assert_eq!(transfer(&["transfer"], &[33], device_of("202"), trunk(), "7765"), "route");
    assert_eq!(transfer(&["transfer"], &[], device_of("202"), device_of("201"), "7765"), "route");
    // From is who is transferred.
    assert_eq!(transfer(&["transfer"], &[], trunk(), device_of("201"), "202"), "interconnect");
    let both = ["transfer", "override-interconnect-on-transfer"];
    assert_eq!(transfer(&both, &[], trunk(), device_of("201"), "202"), "internal");
}

#[test]
fn diversions_in_short() {
    let diverts = |features: &[_], open: &[u8], user: bool, of: Party, dialed: &str| {
        on_behalf(&granting(features, open), device_of("202"), Feature::Forward { user }, of, dialed)
    };
    let all = ["forward-internal", "forward-external", "override-interconnect-on-transfer"];
    assert_eq!(diverts(&all, &[], true, trunk(), "9911"), "forward.emergency");
    assert_eq!(diverts(&all, &[], true, trunk(), "201"), "internal");
    assert_eq!(diverts(&all, &[], true, trunk(), "202"), "call.self");
    assert_eq!(diverts(&[], &[], true, trunk(), "202"), "cos.feature");
    assert_eq!(diverts(&[], &[], false, trunk(), "201"), "internal");
    assert_eq!(diverts(&all, &[], true, trunk(), "7765"), "max-digits");
    assert_eq!(diverts(&all, &[26], true, trunk(), "7765"), "route");
    assert_eq!(diverts(&[], &[26], false, trunk(), "7765"), "cos.feature");
    assert_eq!(diverts(&all, &[], true, device_of("201"), "7765"), "route");
    assert_eq!(diverts(&all, &[], true, device_of("201"), "91"), "cor.leading");
    // Somebody nobody knows has neither COR nor COS.
    assert_eq!(diverts(&all, &[], true, Party::Unknown, "5"), "cor.none");
    assert_eq!(diverts(&all, &[26], true, Party::Unknown, "5"), "cos.feature");
    assert_eq!(diverts(&all, &[24, 26], true, Party::Unknown, "5"), "route");
    let from_201 =
        |to| on_behalf(&granting(&all, &[]), trunk(), Feature::Forward { user: true }, device_of("201"), to);
    // No feature of transfers lifts it.
    assert_eq!(from_201("202"), "interconnect");
    let forced = ["forward-external", "forced-non-verified-account-code"];
    assert_eq!(diverts(&forced, &[26], true, trunk(), "5"), "account-code.forced");
    let attempt = Attempt {
        behalf: Some(Behalf { feature: Feature::Forward { user: true }, party: device_of("201") }),
        ..Attempt::new(device_of("202"), "5".into())
    };
    assert_eq!(decide(&granting(&forced, &[]), &attempt, &|_| true, None).verdict, Verdict::Deny);
}

#[test]
fn attended_transfers_in_short() {
    let joins = |features: &[_], open: &[u8], of: Party, to: Reached| {
        let asked = Attended { by: device_of("202"), of, to, mode: Mode::Day };
        attended(&granting(features, open), &asked, None)
    };
    let called = |dialed: &str| {
        let attempt = Attempt::new(device_of("202"), dialed.into());
        Reached::Called { dialed: dialed.into(), answer: decide(&model(), &attempt, &|_| true, None) }
    };
    let caller = |party: Party| Reached::Caller(party);
    assert_eq!(joins(&[], &[], trunk(), called("201")).rule, "cos.feature");
    assert_eq!(joins(&[], &[], trunk(), called("9911")).verdict, Verdict::Emergency);
    assert_eq!(
        joins(&["transfer"], &[], trunk(), called("201")),
        joins(&["transfer"], &[33], trunk(), called("201"))
    );
    assert_eq!(joins(&["transfer"], &[], trunk(), called("201")).rule, "internal");
    assert_eq!(joins(&["transfer"], &[], device_of("201"), called("201")).rule, "call.self");
    assert_eq!(joins(&["transfer"], &[], device_of("201"), called("7765")).rule, "route");
    assert_eq!(joins(&["transfer"], &[], device_of("201"), caller(trunk())).rule, "route");
    assert_eq!(joins(&["transfer"], &[], trunk(), caller(device_of("201"))).rule, "internal");
    assert_eq!(joins(&["transfer"], &[], device_of("201"), caller(Party::Unknown)).rule, "internal");
    assert_eq!(joins(&["transfer"], &[], device_of("201"), caller(device_of("202"))).rule, "interconnect");
    // Over one trunk come calls of many.
    assert_eq!(joins(&["transfer"], &[], trunk(), caller(trunk())).rule, "route");
    let both = ["transfer", "override-interconnect-on-transfer"];
    assert_eq!(joins(&both, &[], device_of("201"), caller(device_of("202"))).rule, "internal");
    // An outside party's COR counts on the route.
    let mut model = granting(&["transfer"], &[]);
    model.trunks.push(Trunk { name: "u".into(), cor: PerMode::all(2), ..model.trunks[0].clone() });
    let to = Reached::Called {
        dialed: "7761".into(),
        answer: Answer { to: Some(trunk()), route: Some(2), ..Answer::new(Verdict::Allow, "route") },
    };
    let mut asked = Attended { by: device_of("202"), of: Party::Trunk("u".into()), to, mode: Mode::Day };
    assert_eq!(attended(&model, &asked, None).rule, "cor.route");
    model.open_rules.push(33);
    assert_eq!(attended(&model, &asked, None).rule, "route");
    asked.of = device_of("201");
    assert_eq!(attended(&model, &asked, None).rule, "route");
    asked.mode = Mode::Night1;
    assert_eq!(attended(&model, &asked, None).rule, "cos.none");
}

/// The answer by day, for a call that waits and whose waiting party had called.
fn takes(model: &Model, by: Party, feature: Taking, of: Party) -> Answer {
    fetched(model, &Fetch { by, of, called: false, feature, mode: Mode::Day }, None)
}

#[test]
fn who_takes_a_call_needs_its_classes_and_the_feature() {
    let pickup = |features: &[_]| {
        takes(&granting(features, &[]), device_of("201"), Taking::Pickup, device_of("202")).rule
    };
    let retrieve = |features: &[_]| {
        takes(&granting(features, &[]), device_of("201"), Taking::Retrieve, device_of("202")).rule
    };
    assert_eq!((pickup(&[]), retrieve(&[])), ("cos.feature", "cos.feature"));
    assert_eq!((pickup(&["pickup"]), retrieve(&["pickup"])), ("internal", "cos.feature"));
    assert_eq!((pickup(&["park"]), retrieve(&["park"])), ("cos.feature", "internal"));
    // R44: nobody who is off hook does anything before that code; the feature is looked at first.
    assert_eq!(pickup(&["pickup", "forced-verified-account-code"]), "account-code.forced-verified");
    assert_eq!(pickup(&["park", "forced-verified-account-code"]), "cos.feature");
    let mut asked = Fetch {
        by: device_of("201"),
        of: device_of("202"),
        called: false,
        feature: Taking::Pickup,
        mode: Mode::Night1,
    };
    let model = granting(&["pickup"], &[]);
    assert_eq!(fetched(&model, &asked, None).rule, "cos.none");
    asked.mode = Mode::Night2;
    assert_eq!(fetched(&model, &asked, None).rule, "cor.none");
    assert_eq!(takes(&model, Party::Unknown, Taking::Pickup, device_of("202")).rule, "cos.none");
    // Who waits needs none.
    assert_eq!(takes(&model, device_of("201"), Taking::Pickup, Party::Unknown).rule, "internal");
}

#[test]
fn from_is_who_waits_and_to_who_answers_r36() {
    let model = granting(&["pickup", "park", "override-interconnect-on-transfer"], &[]);
    for feature in [Taking::Pickup, Taking::Retrieve] {
        // Restricted from 201 to 202; R31: no feature of transfers lifts it.
        assert_eq!(takes(&model, device_of("202"), feature, device_of("201")).rule, "interconnect");
        let answer = takes(&model, device_of("201"), feature, device_of("202"));
        let expected = Answer { to: Some(device_of("201")), ..Answer::new(Verdict::Allow, "internal") };
        assert_eq!(answer, expected);
        let answer = takes(&model, trunk(), feature, device_of("202"));
        assert_eq!(answer, Answer { to: Some(trunk()), ..Answer::new(Verdict::Allow, "route") });
        assert_eq!(takes(&model, device_of("202"), feature, device_of("202")).rule, "call.self");
        // Over one trunk come calls of many.
        assert_eq!(takes(&model, trunk(), feature, trunk()).rule, "route");
    }
}

#[test]
fn who_was_called_may_be_restricted_the_other_way_too_r36() {
    let rule = |open: &[u8], by: &str, of: &str, called| {
        let (by, of) = (device_of(by), device_of(of));
        let asked = Fetch { by, of, called, feature: Taking::Retrieve, mode: Mode::Day };
        fetched(&granting(&["park"], open), &asked, None).rule
    };
    assert_eq!(rule(&[], "201", "202", false), "internal");
    assert_eq!(rule(&[], "201", "202", true), "interconnect");
    assert_eq!(rule(&[36], "201", "202", true), "internal");
    // Read openly, from who waits to who answers counts all the same.
    assert_eq!(rule(&[36], "202", "201", true), "interconnect");
    assert_eq!(rule(&[33], "201", "202", true), "interconnect");
}

#[test]
fn two_public_trunks_are_not_joined_by_taking_a_call() {
    let rule = |public: bool, of: u8| {
        let mut model = granting(&["pickup", "public-to-public"], &[]);
        model.cos.push(Cos { id: 2, features: vec!["pickup"] });
        model.trunks[0].public = public;
        let cos = PerMode::all(of);
        model.trunks.push(Trunk { name: "u".into(), public: true, cos, ..model.trunks[0].clone() });
        let there = takes(&model, trunk(), Taking::Pickup, Party::Trunk("u".into())).rule;
        assert_eq!(takes(&model, Party::Trunk("u".into()), Taking::Pickup, trunk()).rule, there);
        there
    };
    assert_eq!(rule(true, 1), "route");
    assert_eq!(rule(true, 2), "public-to-public");
    assert_eq!(rule(false, 2), "route");
}

/// The model with a code for a number of this kind; COR 2 is kept from route 2, and from what begins with 9 or `*`.
fn with_code(code: &str, number: &str, cor_exempt: bool) -> Model {
    let mut model = granting(&["transfer", "forward-internal", "forward-external"], &[]);
    model.speed_calls.push(SpeedCall { code: code.into(), number: number.into(), cor_exempt });
    model.leading.push(LeadingRow { leading: "*".into(), cor_group: 1 });
    model.ars.push(ars("9", "4", Follow::Exactly(0), Use::Route(1)));
    model
}

fn dials(model: &Model, from: Party, dialed: &str) -> &'static str {
    decide(model, &Attempt::new(from, dialed.into()), &|_| true, None).rule
}

#[test]
fn a_code_is_decided_as_the_number_behind_it_r27() {
    let behind = |number: &str| dials(&with_code("*01", number, false), device_of("201"), "*01");
    assert_eq!(behind("201"), "call.self");
    assert_eq!(behind("202"), "interconnect");
    assert_eq!(behind("5"), "route");
    assert_eq!(behind("7761"), "cor.route");
    assert_eq!(behind("94"), "cor.leading");
    assert_eq!(behind("7"), "number.incomplete");
    assert_eq!(behind("88"), "number.vacant");
    let mut model = with_code("*01", "5", false);
    // Exact digits are the code, whatever row they match.
    model.ars.push(ars("", "YXX", Follow::Exactly(0), Use::Route(2)));
    assert_eq!(dials(&model, device_of("201"), "*01"), "route");
    model.leading.pop();
    assert_eq!(dials(&model, device_of("201"), "*0"), "number.incomplete");
    // Neither a trunk's number nor part of a longer one.
    let nobodys = (dials(&model, trunk(), "*01"), dials(&model, device_of("201"), "*015"));
    assert_eq!(nobodys, ("number.vacant", "number.vacant"));
    // The digits that count are those of the number.
    model.max_digits.push((2, 2));
    assert_eq!(dials(&model, device_of("201"), "*01"), "route");
    model.speed_calls[0].number = "512".into();
    assert_eq!(dials(&model, device_of("201"), "*01"), "max-digits");
}

#[test]
fn an_exempt_code_asks_for_no_cor_and_lifts_nothing_else_r27() {
    let behind = |number: &str| dials(&with_code("*01", number, true), device_of("201"), "*01");
    assert_eq!(behind("7761"), "route");
    assert_eq!(behind("94"), "route");
    assert_eq!(behind("202"), "interconnect");
    assert_eq!(behind("7766"), "route.emergency-only");
    let mut model = with_code("*01", "7761", true);
    model.max_digits.push((2, 2));
    assert_eq!(dials(&model, device_of("201"), "*01"), "route");
    let at_night = |mode| {
        let attempt = Attempt { mode: Some(mode), ..Attempt::new(device_of("201"), "*01".into()) };
        decide(&model, &attempt, &|_| true, None).rule
    };
    assert_eq!([Mode::Night1, Mode::Night2].map(at_night), ["cos.none", "cor.none"]);
    let denies = |model: &Model, rule| assert_eq!(dials(model, device_of("201"), "*01"), rule);
    model.cos[0].features.push("forced-non-verified-account-code");
    denies(&model, "account-code.forced");
    model.trunks[0].public = true;
    denies(&model, "class.denied");
    model.routes[1].cor_group = None;
    denies(&model, "cor.unlabelled");
}

#[test]
fn a_code_stands_for_its_number_on_somebodys_behalf_too_r27() {
    let acts = |model: &Model, feature, of: Party| on_behalf(model, device_of("202"), feature, of, "*01");
    for user in [None, Some(true), Some(false)] {
        let feature = user.map_or(Feature::Transfer, |user| Feature::Forward { user });
        let restricted = |number: &str, of: Party| acts(&with_code("*01", number, false), feature, of);
        let exempt = |number: &str, of: Party| acts(&with_code("*01", number, true), feature, of);
        assert_eq!(restricted("201", trunk()), "internal");
        assert_eq!(restricted("7761", device_of("201")), "cor.route");
        assert_eq!(exempt("7761", device_of("201")), "route");
        // R22: who sets it.
        assert_eq!(exempt("94", device_of("202")), "route");
        assert_eq!(restricted("94", device_of("202")), "cor.leading");
        // The trunk's COR may dial three digits (R26, R33).
        assert_eq!(restricted("5123", trunk()), "max-digits");
        assert_eq!(exempt("5123", trunk()), "route");
        assert_eq!(
            on_behalf(&with_code("*01", "5", true), trunk(), feature, trunk(), "*01"),
            "number.vacant"
        );
        let mut model = with_code("*01", "5", true);
        model.trunks[0].cor.day = 0;
        assert_eq!(acts(&model, feature, trunk()), "cor.none");
        model.trunks[0].cor.day = 1;
        model.cos[0].features.pop();
        assert_eq!(acts(&model, feature, trunk()) == "cos.feature", user.is_some());
    }
}

#[test]
fn an_exempt_code_asks_no_transferee_for_its_cor_r27() {
    let joins = |cor_exempt, cor| {
        let mut model = with_code("*01", "7761", cor_exempt);
        model.trunks.push(Trunk { name: "u".into(), cor: PerMode::all(cor), ..model.trunks[0].clone() });
        let answer = Answer { to: Some(trunk()), route: Some(2), ..Answer::new(Verdict::Allow, "route") };
        let (of, to) = (Party::Trunk("u".into()), Reached::Called { dialed: "*01".into(), answer });
        attended(&model, &Attended { by: device_of("201"), of, to, mode: Mode::Day }, None).rule
    };
    assert_eq!([joins(false, 2), joins(true, 2), joins(true, 0)], ["cor.route", "route", "cor.none"]);
}
