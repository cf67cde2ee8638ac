//! Forwarding: by the administrator, by feature codes and by 302; what is not permitted, goes round or goes on too long leaves the
//! caller with what it would have had (R22-R28, R51).

use crate::office;

use office::{Office, assert_talk, assert_trace, dials};
use strowger::policy::{Behalf, Feature, Party, Rule, Verdict};
use strowger::record::Smdr;
use strowger_testkit::phone::Behaviour;

const STAFF: (&str, &str) = (
    "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
    "features = [\"forward-internal\", \"forward-external\", \"do-not-disturb\", \"transfer\", \"smdr-external\", \"smdr-internal\"]",
);
const CODES: (&str, &str) = (
    "",
    "[features]\nforward_always = \"*72\"\nforward_busy = \"*74\"\nforward_no_answer = \"*75\"\nforward_out_of_service = \"*76\"\nforward_cancel = \"*73\"\ndo_not_disturb = \"*60\"\n",
);

fn office(seed: u64, changes: &[(&str, &str)]) -> Office {
    let changes: Vec<_> = [STAFF, CODES].iter().chain(changes).copied().collect();
    Office::changed(seed, &changes)
}

/// A key more for the device with this password.
fn key(password: &str, key: &str) -> (String, String) {
    let old = format!("password = \"{password}\"\n");
    (old.clone(), format!("{old}{key}\n"))
}

fn with_keys(seed: u64, keys: &[(&str, &str)], more: &[(&str, &str)]) -> Office {
    let keys: Vec<(String, String)> = keys
        .iter()
        .map(|(dn, line)| {
            let (_, password) = office::PHONES.iter().find(|(known, _)| known == dn).expect("a phone");
            key(password, line)
        })
        .collect();
    let changes: Vec<(&str, &str)> =
        keys.iter().map(|(old, new)| (old.as_str(), new.as_str())).chain(more.iter().copied()).collect();
    office(seed, &changes)
}

fn records(office: &Office) -> Vec<String> {
    office.sim.records.iter().map(short).collect()
}

/// Calling, digits, completion and `F`, called, transfer, third party.
fn short(record: &Smdr) -> String {
    let line = String::from_utf8_lossy(&record.standard()).into_owned();
    let parts = [&line[24..28], &line[34..60], &line[60..62], &line[62..66], &line[66..67], &line[68..72]];
    parts.map(str::trim).join(",")
}

fn last_denial(office: &Office) -> Option<(Rule, Option<Behalf>)> {
    office.sim.decisions.iter().rev().find_map(|decision| match decision.verdict {
        Verdict::Deny(denial) => Some((denial.rule, decision.behalf)),
        Verdict::Allow(_) | Verdict::NeedsCode(_) => None,
    })
}

#[test]
fn a_call_to_a_device_that_is_always_forwarded_rings_elsewhere() {
    let mut office = with_keys(1, &[("202", "always_to = \"203\"")], &[]);
    office.call("201", "202");
    office.until_talks("201");
    office.sim.run_ms(500);
    assert_trace(
        &office.trace(),
        "201 -> exchange: INVITE 202 +sdp
         exchange -> 201: 100 Trying (INVITE)
         exchange -> 201: 181 Call Is Being Forwarded (INVITE)
         exchange -> 203: INVITE 203 +sdp
         exchange: internal
         exchange: internal
         203 -> exchange: 180 Ringing (INVITE)
         203: called by 201
         exchange -> 201: 180 Ringing (INVITE)
         201: hears ringing
         203 -> exchange: 200 OK (INVITE) +sdp
         exchange -> 201: 200 OK (INVITE) +sdp
         exchange -> 203: ACK
         201 -> exchange: ACK
         201: talks
         203: talks",
    );
    assert_talk(&mut office, "201", "203");
    office.hang_up("201");
    office.until_over("203");
    assert_eq!(records(&office), ["201,203,IF,203,,202"]);
    office.assert_nothing_left();
}

#[test]
fn a_busy_device_and_one_that_does_not_answer_are_forwarded_as_its_user_has_set() {
    let mut office = office(2, &[]);
    assert_eq!(dials(&mut office, "202", "*74203"), 200);
    assert_eq!(dials(&mut office, "202", "*75204"), 200);
    office.behaves("202", Behaviour::Busy);
    office.call("201", "202");
    office.until_talks("203");
    office.hang_up("201");
    office.until_over("203");
    office.behaves("202", Behaviour::Ring);
    office.sim.events.clear();
    office.sim.ladder.clear();
    office.call("201", "202");
    office.until_talks("204");
    office.sim.run_ms(1_000);
    // 15 seconds is the timer's default; who rang is told that it need not any more.
    let trace = office.trace();
    assert!(trace.contains("exchange -> 202: CANCEL") && trace.contains("202 -> exchange: 487"), "{trace}");
    assert_talk(&mut office, "201", "204");
    office.hang_up("204");
    office.until_over("201");
    assert_eq!(records(&office), ["201,203,IF,203,,202", "201,204,IF,204,,202"]);
    assert_eq!(dials(&mut office, "202", "*73"), 200);
    office.behaves("202", Behaviour::Busy);
    assert_eq!(office.refused("201", "202").0, 486);
    office.assert_nothing_left();
}

#[test]
fn a_device_that_is_not_there_is_forwarded_and_without_a_number_for_that_like_one_that_does_not_answer() {
    for (seed, line) in [(3, "out_of_service_to = \"203\""), (4, "no_answer_to = \"203\"")] {
        let mut office = with_keys(seed, &[("207", line)], &[]);
        office.call("201", "207");
        office.until_talks("203");
        office.hang_up("201");
        office.until_over("203");
        assert_eq!(records(&office), ["201,203,IF,203,,207"]);
        office.assert_nothing_left();
    }
}

#[test]
fn a_phone_forwards_by_302_and_needs_the_class_for_it() {
    let mut office = office(5, &[]);
    office.behaves("202", Behaviour::Move("203"));
    office.call("201", "202");
    office.until_talks("201");
    assert_talk(&mut office, "201", "203");
    office.hang_up("201");
    office.until_over("203");
    assert_eq!(records(&office), ["201,203,IF,203,,202"]);
    office.assert_nothing_left();
    let mut office = Office::changed(6, &[]);
    office.behaves("202", Behaviour::Move("203"));
    assert_eq!(office.refused("201", "202").0, 480);
    let behalf = Behalf { feature: Feature::Forward { user: true }, party: Party::Device(0) };
    assert_eq!(last_denial(&office), Some((Rule::CosFeature, Some(behalf))));
    office.assert_nothing_left();
}

#[test]
fn a_302_of_a_trunk_moves_nothing() {
    let mut office = office(7, &[]);
    let carrier = office.carrier;
    office.sim.phone(carrier).config.behaviour = Behaviour::Move("203");
    assert_eq!(office.refused("201", "95551234").0, 480);
    assert_eq!(office.sim.told(office.phone("203")), []);
    office.assert_nothing_left();
}

#[test]
fn r22_what_may_not_be_forwarded_to_cannot_be_set() {
    let mut office = office(8, &[]);
    // 203 has COR 2, which the trunks are barred for.
    for (code, status, rule) in [
        ("*7295551234", 403, Rule::CorRoute),
        ("*72911", 403, Rule::ForwardEmergency),
        ("*72203", 403, Rule::CallSelf),
        ("*72", 484, Rule::NumberIncomplete),
        ("*72888", 404, Rule::NumberVacant),
        ("*731", 404, Rule::NumberVacant),
    ] {
        assert_eq!(dials(&mut office, "203", code), status, "{code}");
        assert_eq!(last_denial(&office).map(|(rule, _)| rule), Some(rule), "{code}");
    }
    let settings = office.sim.exchange(0).settings(2).copied();
    assert_eq!(settings, Some(strowger::station::Settings::NONE));
    // Whom it may be joined with later, does not matter yet: the matrix asks who calls.
    assert_eq!(dials(&mut office, "204", "*72205"), 200);
    assert_eq!(dials(&mut office, "201", "*7295551234"), 200);
    office.assert_nothing_left();
}

#[test]
fn r22_r51_without_the_class_or_with_forced_codes_nothing_is_set() {
    let changes = [("features = [\"forward-internal\", \"forward-external\", ", "features = [")];
    let mut plain = office(9, &changes);
    assert_eq!(dials(&mut plain, "201", "*72202"), 403);
    assert_eq!(last_denial(&plain).map(|(rule, _)| rule), Some(Rule::CosFeature));
    let forced = [("\"do-not-disturb\", ", "\"forced-non-verified-account-code\", ")];
    let mut office = office(10, &forced);
    assert_eq!(dials(&mut office, "201", "*7295551234"), 403);
    assert_eq!(last_denial(&office).map(|(rule, _)| rule), Some(Rule::CodeForced));
    assert_eq!(dials(&mut office, "201", "*60"), 403);
    assert_eq!(last_denial(&office).map(|(rule, _)| rule), Some(Rule::CosFeature));
}

#[test]
fn r24_r26_a_caller_that_may_not_go_outside_is_not_forwarded_there_either() {
    let mut office = with_keys(11, &[("202", "always_to = \"95551234\"")], &[]);
    // 203 has COR 2: the trunks are barred for it, and not for 202.
    assert_eq!(office.refused("203", "202").0, 480);
    assert_eq!(last_denial(&office).map(|(rule, _)| rule), Some(Rule::CorRoute));
    office.call("201", "202");
    office.until_talks("201");
    office.hang_up("201");
    office.until_over("201");
    office.assert_nothing_left();
    // Who is called pays: its classes are in the record, and its number beside the letter.
    assert_eq!(records(&office).last().map(String::as_str), Some("201,95551234,AF,T001,,202"));
}

#[test]
fn r25_a_trunk_call_is_forwarded_to_a_trunk_only_if_both_have_the_feature() {
    let cases = [
        ("\"smdr-external\"", Some(Rule::CosFeature)),
        ("\"forward-external\", \"smdr-external\"", Some(Rule::PublicToPublic)),
        ("\"public-to-public\", \"forward-external\", \"smdr-external\"", None),
    ];
    for (seed, (features, rule)) in (12..).zip(cases) {
        let features = format!("features = [{features}]");
        let changes = [("features = [\"hold\", \"smdr-external\"]", features.as_str())];
        let trusted = (
            "host = \"10.0.9.2:5060\"",
            "host = \"10.0.9.2:5060\"\ntrusted = [\"10.0.9.2/32\"]\ninbound = [ { did = \"6135550100\", to = \"202\" } ]",
        );
        let changes: Vec<_> = changes.into_iter().chain([trusted]).collect();
        let mut office = with_keys(seed, &[("202", "always_to = \"95551234\"")], &changes);
        let other = office.other;
        office.sim.with(other, |phone, now| phone.call(now, "6135550100"));
        office.sim.run_ms(10_000);
        let carrier = office.sim.told(office.carrier);
        assert_eq!(!carrier.is_empty(), rule.is_none(), "{}", office.sim.ladder.render());
        if rule.is_none() {
            office.sim.with(other, |phone, now| phone.hang_up(now));
            office.sim.run_ms(1_000);
            // A record for each trunk (R86).
            assert_eq!(records(&office), ["T002,95551234,AF,T001,,202", "T002,95551234,AF,T001,,202"]);
        } else {
            assert_eq!(last_denial(&office).map(|(rule, _)| rule), rule);
        }
        office.assert_nothing_left();
    }
}

#[test]
fn r23_a_forward_that_was_set_by_day_is_judged_again_at_night() {
    let mut office = with_keys(
        24,
        &[],
        &[("cor = 1\npublic_number", "cor = { day = 1, night1 = 2, night2 = 2 }\npublic_number")],
    );
    assert_eq!(dials(&mut office, "201", "*7295551234"), 200);
    office.sim.exchange(0).set_mode(Some(strowger::policy::Mode::Night1));
    assert_eq!(office.refused("202", "201").0, 480);
    assert_eq!(last_denial(&office).map(|(rule, _)| rule), Some(Rule::CorRoute));
    office.sim.exchange(0).set_mode(None);
    office.call("202", "201");
    office.until_talks("202");
}

#[test]
fn r28_a_repeat_stops_and_is_like_no_answer() {
    let keys =
        [("202", "always_to = \"203\""), ("203", "always_to = \"204\""), ("204", "always_to = \"202\"")];
    let mut office = with_keys(25, &keys, &[("interconnect = 2", "interconnect = 1")]);
    assert_eq!(office.refused("201", "202").0, 480);
    assert_eq!(office.sim.told(office.phone("203")), []);
    office.assert_nothing_left();
}

#[test]
fn r38_the_matrix_is_asked_for_the_caller_not_for_who_forwards() {
    // 204 may not reach 205; 202 may.
    let mut office = with_keys(26, &[("202", "always_to = \"205\"")], &[]);
    assert_eq!(office.refused("204", "202").0, 480);
    assert_eq!(last_denial(&office).map(|(rule, _)| rule), Some(Rule::Interconnect));
    office.call("201", "202");
    office.until_talks("205");
    office.hang_up("201");
    office.assert_nothing_left();
}

#[test]
fn a_user_who_wants_no_calls_is_not_rung_and_who_may_disturb_it_gets_through() {
    let mut office = office(17, &[]);
    assert_eq!(dials(&mut office, "202", "*60"), 200);
    office.sim.events.clear();
    assert_eq!(office.refused("201", "202").0, 486);
    assert_eq!(office.sim.told(office.phone("202")), []);
    assert_eq!(dials(&mut office, "202", "*74203"), 200);
    office.call("201", "202");
    office.until_talks("203");
    office.hang_up("201");
    office.until_over("203");
    assert_eq!(dials(&mut office, "202", "*60"), 200);
    office.call("201", "202");
    office.until_talks("202");
    office.hang_up("201");
    office.assert_nothing_left();
    let mut office =
        with_keys(18, &[], &[("\"do-not-disturb\", ", "\"do-not-disturb\", \"do-not-disturb-override\", ")]);
    assert_eq!(dials(&mut office, "202", "*60"), 200);
    office.call("201", "202");
    office.until_talks("202");
    office.hang_up("201");
    office.assert_nothing_left();
}

#[test]
fn who_is_transferred_to_a_forwarded_device_reaches_whom_that_names() {
    let mut office = with_keys(19, &[("203", "always_to = \"204\"")], &[]);
    office.call("201", "202");
    office.until_talks("202");
    office.sim.run_ms(500);
    let id = office.phone("202");
    office.sim.with(id, |phone, now| phone.transfer(now, "203"));
    office.sim.run_ms(6_000);
    assert_talk(&mut office, "201", "204");
    office.hang_up("204");
    office.until_over("201");
    office.assert_nothing_left();
}

#[test]
fn early_media_of_who_rang_first_does_not_stay() {
    for reliable in [false, true] {
        let mut office = with_keys(20, &[("202", "no_answer_to = \"203\"")], &[]);
        for dn in ["201", "202", "203"] {
            let id = office.phone(dn);
            office.sim.phone(id).config.reliable = reliable;
        }
        let id = office.phone("202");
        office.sim.phone(id).config.early_media = true;
        office.behaves("202", Behaviour::Ring);
        office.call("201", "202");
        office.until_talks("203");
        office.sim.run_ms(5_000);
        assert_talk(&mut office, "201", "203");
        office.hang_up("203");
        office.until_over("201");
        office.assert_nothing_left();
    }
}

#[test]
fn who_is_rung_is_told_who_has_forwarded_the_call() {
    let mut office = with_keys(21, &[("202", "always_to = \"95551234\"")], &[]);
    office.call("201", "202");
    office.until_talks("201");
    let carrier = office.carrier;
    let invite = office.sim.phone(carrier).last_invite().expect("it was called");
    let text = String::from_utf8_lossy(invite).into_owned();
    for line in [
        "Diversion: <sip:6135550100@10.0.0.1:5060>;reason=unconditional;counter=1\r\n",
        "History-Info: <sip:6135550100@10.0.0.1:5060?Reason=SIP%3Bcause%3D302>;index=1,<sip:16135551234@10.0.0.1:5060>;index=1.1;mp=1\r\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    office.hang_up("201");
    office.assert_nothing_left();
}
