//! Intercept: who is refused, or reaches nobody, is put through to the number that its own treatment names (R3, R48, R59); the
//! refusal is noted down all the same, and the gate is asked for that number too.

use crate::office;

use office::{Office, assert_talk, assert_trace, last_denial, neutral, records};
use strowger::base::{Digit, Instant};
use strowger::exchange::{Output, Signal, Taken, Ticked};
use strowger::policy::{Condition, Party, Rule};
use strowger_testkit::phone::{Behaviour, PhoneEvent};
use strowger_testkit::sim::ExchangeBox;

/// Whoever is refused reaches 202, for whatever reason.
const ALL: &str = "[[intercept]]\nid = 1\nvacant = { dn = \"202\" }\ncos_violation = { dn = \"202\" }\ncor_denied = { dn = \"202\" }\ninterconnect_denied = { dn = \"202\" }\naccount_code_violation = { dn = \"202\" }\nout_of_service = { dn = \"202\" }\n";

fn office(seed: u64, changes: &[(&str, &str)]) -> Office {
    let changes: Vec<_> = [("", ALL)].iter().chain(changes).copied().collect();
    Office::changed(seed, &changes)
}

/// This caller dials that and talks to 202; by which rule it was refused.
#[track_caller]
fn reaches_202(office: &mut Office, caller: &str, dialed: &str) -> Rule {
    office.call(caller, dialed);
    office.until_talks(caller);
    assert_talk(office, caller, "202");
    office.sim.run_ms(1_000);
    office.hang_up(caller);
    office.until_over(caller);
    office.assert_nothing_left();
    office.sim.events.clear();
    last_denial(office).expect("the refusal is noted down").0
}

#[test]
fn r59_who_dials_no_number_is_put_through() {
    let mut office = office(1, &[]);
    office.call("201", "777");
    office.until_talks("201");
    assert_trace(
        &office.trace(),
        "201 -> exchange: INVITE 777 +sdp
         exchange -> 201: 100 Trying (INVITE)
         exchange -> 202: INVITE 202 +sdp
         exchange: denied: number.vacant
         exchange: internal
         202 -> exchange: 180 Ringing (INVITE)
         202: called by 201
         exchange -> 201: 180 Ringing (INVITE)
         201: hears ringing
         202 -> exchange: 200 OK (INVITE) +sdp
         exchange -> 201: 200 OK (INVITE) +sdp
         exchange -> 202: ACK
         201 -> exchange: ACK
         201: talks
         202: talks",
    );
    assert_talk(&mut office, "201", "202");
    office.hang_up("202");
    office.until_over("201");
    office.assert_nothing_left();
    // The record is of the call that there was; the attempt is in the log of decisions.
    assert_eq!(records(&office), ["201,202,I,202,,"]);
}

/// Each refusal of domain 5.2 has its treatment.
#[test]
fn every_kind_of_refusal_has_its_treatment() {
    let codes = "[features]\naccount_code = \"*55\"\npickup = \"*8\"\nforward_always = \"*72\"\n";
    let mut office = office(2, &[("", codes)]);
    for (caller, dialed, rule) in [
        ("203", "95550123", Rule::CorRoute),
        ("204", "205", Rule::Interconnect),
        ("201", "29", Rule::NumberVacant),
        ("201", "9555", Rule::NumberIncomplete),
        // R3: what the COS does not have.
        ("201", "*8", Rule::CosFeature),
        ("201", "*72205", Rule::CosFeature),
        // R48: a code that is none.
        ("201", "*551234#95550123", Rule::CodeWrong),
    ] {
        assert_eq!(reaches_202(&mut office, caller, dialed), rule, "{dialed}");
    }
}

#[test]
fn only_the_conditions_that_are_named_have_a_number() {
    let vacant = "[[intercept]]\nid = 1\nvacant = { dn = \"202\" }\ncor_denied = \"reorder\"\n";
    let mut office = Office::changed(3, &[("", vacant)]);
    assert_eq!(office.refused("203", "95550123"), (403, "Q.850;cause=21;text=\"cor.route\"".into()));
    assert_eq!(office.refused("204", "205").0, 403);
    assert_eq!(reaches_202(&mut office, "203", "777"), Rule::NumberVacant);
}

/// It is the originator's treatment, not that of whom it wanted; and who names none has the first.
#[test]
fn it_is_the_originators_treatment_that_counts() {
    let two = "[[intercept]]\nid = 2\nvacant = { dn = \"203\" }\ninterconnect_denied = { dn = \"203\" }\n";
    let mut office =
        office(4, &[("", two), ("cor = 1\ninterconnect = 2", "cor = 1\ninterconnect = 2\nintercept = 2")]);
    office.call("204", "777");
    office.until_talks("204");
    assert_talk(&mut office, "204", "203");
    office.hang_up("204");
    office.until_over("204");
    office.assert_nothing_left();
    assert_eq!(reaches_202(&mut office, "201", "777"), Rule::NumberVacant);
}

/// No treatment leads past the gate: neither past the matrix, nor for who has no classes, nor to itself.
#[test]
fn nobody_is_put_through_to_whom_it_may_not_reach() {
    let to_205 = "[[intercept]]\nid = 1\nvacant = { dn = \"205\" }\ncos_violation = { dn = \"205\" }\n";
    let mut office = Office::changed(5, &[("", to_205)]);
    assert_eq!(office.refused("204", "777").0, 404);
    assert_eq!(office.refused("205", "777").0, 404);
    assert_eq!(office.refused("206", "201").0, 403);
    let (rule, party, _) = last_denial(&office).expect("noted down");
    assert_eq!((rule, party), (Rule::CosNone, Party::Device(5)));
    assert!(!office.trace().contains("exchange -> 205: INVITE"), "{}", office.trace());
    // Help has no treatment: it is never refused.
    office.talks_and_ends("206", "911");
}

/// Who is not there: the caller's treatment, unless the one who was called has its calls go somewhere.
#[test]
fn who_calls_a_phone_that_is_not_there_is_put_through() {
    let mut office = office(6, &[]);
    office.call("201", "207");
    office.until_talks("201");
    assert_talk(&mut office, "201", "202");
    assert!(office.trace().contains("exchange -> 201: 181"), "{}", office.trace());
    office.hang_up("201");
    office.until_over("201");
    office.assert_nothing_left();
    assert_eq!(records(&office).len(), 1);
    // Nobody answers, or is busy: that is no matter of service.
    office.behaves("203", Behaviour::Reject(480));
    assert_eq!(office.refused("201", "203").0, 480);
    office.behaves("203", Behaviour::Busy);
    assert_eq!(office.refused("201", "203").0, 486);
}

/// What the called device has set for this comes first; and a call does not go round (R28).
#[test]
fn r28_a_call_that_is_put_through_does_not_go_round() {
    let mut set = office(
        8,
        &[(
            "password = \"Cl3ar-ocean-Rope-3\"",
            "password = \"Cl3ar-ocean-Rope-3\"\nout_of_service_to = \"203\"",
        )],
    );
    set.call("201", "207");
    set.until_talks("201");
    assert_talk(&mut set, "201", "203");
    // To whom it is put through is not there either.
    let absent = "[[intercept]]\nid = 1\nvacant = { dn = \"207\" }\nout_of_service = { dn = \"207\" }\n";
    let mut office = Office::changed(9, &[("", absent)]);
    assert_eq!(office.refused("201", "207").0, 480);
    assert_eq!(office.refused("201", "777").0, 480);
    office.assert_nothing_left();
}

/// A hunt group and a hot-desk user are numbers as well.
#[test]
fn a_treatment_can_name_a_hunt_group() {
    let group = "[[hunt_group]]\ndn = \"600\"\nkind = \"linear\"\nmembers = [\"205\", \"202\"]\n[[intercept]]\nid = 1\nvacant = { dn = \"600\" }\n";
    let mut office = Office::changed(10, &[("", group)]);
    office.call("204", "777");
    office.until_talks("204");
    // 205 may not be reached from 204 (R36).
    assert_talk(&mut office, "204", "202");
    office.hang_up("204");
    office.until_over("204");
    office.assert_nothing_left();
}

/// A trunk has no treatment: its far end gets the cause. Who is locked out is put through to nobody.
#[test]
fn neither_a_trunk_nor_who_is_locked_out_is_put_through() {
    let trusted = (
        "host = \"10.0.9.1:5060\"\n",
        "host = \"10.0.9.1:5060\"\ntrusted = [\"10.0.9.1/32\"]\ninbound = [ { did = \"6135550102\", to = \"202\" } ]\n",
    );
    let mut office = office(11, &[trusted]);
    let carrier = office.carrier;
    office.sim.with(carrier, |carrier, now| carrier.call(now, "777"));
    let ended = |event: &PhoneEvent| matches!(event, PhoneEvent::Ended { .. });
    assert!(office.sim.run_until_event(5_000, carrier, ended));
    assert_eq!(
        last_denial(&office).map(|(rule, party, _)| (rule, party)),
        Some((Rule::NumberVacant, Party::Trunk(0)))
    );
    let id = office.phone("207");
    let right = std::mem::replace(&mut office.sim.phone(id).config.password, "guess".to_owned());
    for _ in 0..3 {
        office.sim.with(id, |phone, now| phone.register(now, 600));
        office.sim.run_ms(1_000);
    }
    office.sim.phone(id).config.password = right;
    assert_eq!(office.refused("207", "777").1, "Q.850;cause=21;text=\"lockout\"");
    assert!(!office.trace().contains("exchange -> 202: INVITE"), "{}", office.trace());
}

const FORCED: [(&str, &str); 3] = [
    ("", ALL),
    (
        "name = \"Staff\"\nfeatures = [",
        "name = \"Staff\"\nfeatures = [\"verified-account-code\", \"forced-verified-account-code\", ",
    ),
    ("", "[[account_code]]\ncode = \"864205\"\nkind = \"verified\"\ncos = 1\ncor = 1\n"),
];

fn keys(exchange: &mut ExchangeBox, now: Instant, leg: strowger::base::Handle, digits: &str) -> Taken {
    let mut taken = Taken::Done;
    for c in digits.bytes() {
        let digit = Digit::from_ascii(c).expect("a digit");
        taken = exchange.signal(now, &Signal::Digit(leg, digit)).expect("room");
        while let Ok(Some(_)) = exchange.poll(&mut [0; 2048]) {}
    }
    taken
}

/// R48, key by key: after a wrong code, and after none in time, who owes one is put through without; it has dialed nothing.
#[test]
fn r48_who_enters_a_wrong_code_is_put_through() {
    let mut exchange = neutral(&FORCED);
    let now = Instant(1_000);
    let off_hook = Signal::OffHook { from: Party::Device(0) };
    let Ok(Taken::OffHook { leg }) = exchange.signal(now, &off_hook) else { panic!("no leg") };
    assert_eq!(keys(&mut exchange, now, leg, "999999#"), Taken::SetUp { leg });
    let called = exchange.calls().legs().map(|(_, slot)| slot.party).collect::<Vec<_>>();
    assert_eq!(called, [Party::Device(0), Party::Device(1)]);
    exchange.signal(now, &Signal::Release(leg, strowger::call::Cause::Normal)).expect("room");
    assert_eq!(exchange.calls_in_use(), 0);

    let mut exchange = neutral(&FORCED);
    let Ok(Taken::OffHook { leg }) = exchange.signal(now, &off_hook) else { panic!("no leg") };
    while let Ok(Some(_)) = exchange.poll(&mut [0; 2048]) {}
    let late = exchange.next_deadline().expect("a code is awaited");
    assert_eq!(exchange.tick(late), Ok(Ticked::Done));
    let mut rang = false;
    while let Ok(Some(output)) = exchange.poll(&mut [0; 2048]) {
        rang |= matches!(output, Output::Setup { to: Party::Device(1), .. });
    }
    assert!(rang && exchange.calls().dialing(leg).is_none());
}

/// R45, over SIP: no code comes by INFO in time, and the call that waited for it is put through.
#[test]
fn r45_who_enters_no_code_is_put_through() {
    let forced = (
        "name = \"Staff\"\nfeatures = [",
        "name = \"Staff\"\nfeatures = [\"forced-non-verified-account-code\", ",
    );
    let mut office = office(12, &[forced]);
    office.call("201", "95550123");
    office.until_talks("201");
    assert_talk(&mut office, "201", "202");
    office.hang_up("202");
    office.assert_nothing_left();
    // It is noted down as what it is: a code was asked for.
    let rules: Vec<_> = office.sim.decisions.iter().filter_map(|one| Some(one.denial()?.rule)).collect();
    assert_eq!(rules, [Rule::CodeForced]);
}

/// What a rule's refusal is, is one condition or none; what no class decides has none.
#[test]
fn every_rule_has_its_condition() {
    let counted = |wanted| Rule::ALL.iter().filter(|rule| Condition::of(**rule) == wanted).count();
    let told = Condition::ALL.map(|condition| counted(Some(condition)));
    assert_eq!(told, [3, 2, 6, 2, 4, 0]);
    assert_eq!(Condition::of(Rule::Lockout), None);
}
