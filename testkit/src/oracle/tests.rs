use super::*;
use crate::model::{
    ArsRow, Choice, CorGroup, Cos, Device, EmergencyRow, Follow, LeadingRow, Mode, Model, NumberFormat,
    PerMode, Route, RouteList, Trunk, Use,
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
