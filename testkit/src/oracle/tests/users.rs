//! Hot-desk users: their classes, the place of the phone, two numbers of their own.

use super::*;
use crate::model::{User, Zone};

/// User 41 has a Class of Service in night 1 only. Device 202 is in a zone with its own emergency route.
fn with_a_user(features: &[&'static str]) -> Model {
    let mut model = granting(features, &[]);
    let (cos, cor) = (PerMode { night1: 1, ..PerMode::default() }, PerMode::all(1));
    model.users.push(User { dn: "41".into(), cos, cor });
    model.devices[1].zone = Some("hut".into());
    model.zones.push(Zone { name: "hut".into(), emergency: Some(Use::Route(2)) });
    model
}

fn user_at(at: &str) -> Party {
    Party::User { dn: "41".into(), at: at.into() }
}

fn dials(from: Party, dialed: &str, mode: Mode) -> Answer {
    let attempt = Attempt { mode: Some(mode), ..Attempt::new(from, dialed.into()) };
    decide(&with_a_user(&[]), &attempt, &|_| true, None)
}

#[test]
fn a_user_brings_classes_and_the_phone_the_place() {
    let rule = |at: &str, dialed: &str, mode| dials(user_at(at), dialed, mode).rule;
    assert_eq!(rule("201", "5", Mode::Day), "cos.none");
    assert_eq!(rule("201", "5", Mode::Night1), "route");
    // COR 1 is kept from nothing.
    assert_eq!(rule("201", "776", Mode::Night1), "number.incomplete");
    assert_eq!(rule("201", "202", Mode::Night1), "interconnect");
    assert_eq!(rule("202", "201", Mode::Night1), "internal");
    let help = |at: &str| dials(user_at(at), "9911", Mode::Day).route;
    assert_eq!((help("201"), help("202")), (Some(3), Some(2)));
}

#[test]
fn a_users_number_is_reached_by_anybody_but_himself() {
    let answer = dials(device_of("201"), "41", Mode::Day);
    assert_eq!(
        (answer.rule, answer.to, answer.outpulsed.as_deref()),
        ("internal", Some(device_of("41")), Some("41"))
    );
    assert_eq!(dials(device_of("201"), "4", Mode::Day).rule, "number.incomplete");
    assert_eq!(dials(trunk(), "41", Mode::Day).rule, "internal");
    let own = |dialed: &str| dials(user_at("202"), dialed, Mode::Night1).rule;
    assert_eq!((own("41"), own("202")), ("call.self", "call.self"));
}

#[test]
fn on_somebodys_behalf_a_user_is_a_device_with_classes_of_his_own() {
    let mut model = with_a_user(&["transfer", "forward-internal", "pickup"]);
    model.users[0].cos.day = 1;
    let transfer = |of, to: &str| on_behalf(&model, device_of("202"), Feature::Transfer, of, to);
    assert_eq!((transfer(user_at("201"), "41"), transfer(user_at("201"), "201")), ("call.self", "call.self"));
    assert_eq!(transfer(trunk(), "41"), "internal");
    let forward = |model: &Model, by, to: &str| {
        on_behalf(model, by, Feature::Forward { user: true }, device_of("201"), to)
    };
    // What is set for his number diverts with his classes, and joins from the caller's place.
    assert_eq!(forward(&model, device_of("41"), "202"), "interconnect");
    assert_eq!(forward(&model, user_at("202"), "41"), "call.self");
    assert_eq!(takes(&model, user_at("201"), Taking::Pickup, device_of("202")).to, Some(user_at("201")));
    assert_eq!(takes(&model, user_at("201"), Taking::Pickup, device_of("201")).rule, "call.self");
    let joins = |to| {
        let asked =
            Attended { by: device_of("202"), of: user_at("201"), to: Reached::Caller(to), mode: Mode::Day };
        attended(&model, &asked, None).rule
    };
    assert_eq!(
        (joins(device_of("201")), joins(user_at("202")), joins(trunk())),
        ("call.self", "call.self", "route")
    );
    model.users[0].cos.day = 0;
    assert_eq!(forward(&model, device_of("41"), "202"), "cos.none");
}

#[test]
fn a_users_phone_rings_where_the_matrix_lets_it() {
    let rule = |caller: Party, at: &str| seated(&with_a_user(&[]), &caller, "41", at, Mode::Day, None).rule;
    assert_eq!(rule(device_of("201"), "202"), "interconnect");
    assert_eq!(rule(device_of("202"), "202"), "call.self");
    assert_eq!(rule(user_at("202"), "202"), "call.self");
    assert_eq!(rule(Party::Unknown, "202"), "internal");
    let answer = seated(&with_a_user(&[]), &device_of("202"), "41", "201", Mode::Day, None);
    assert_eq!((answer.to, answer.outpulsed.as_deref()), (Some(user_at("201")), Some("41")));
}
