//! Calls from end to end: real datagrams through a whole exchange in virtual time. Each test reads as a ladder.

use crate::office;

use office::{Office, SIZES, assert_trace, exchange_address, phone_address};
use std::cell::Cell;
use std::rc::Rc;
use strowger::base::Instant;
use strowger::policy::{Party, Rule, Verdict};
use strowger::record::smdr::{Completion, Station};
use strowger_testkit::ladder::summary;
use strowger_testkit::phone::{Behaviour, PhoneEvent};
use strowger_testkit::sim::{Network, Sizes};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_call_inside_is_set_up_answered_and_cleared_by_the_caller() {
    let mut office = Office::registered(20);
    office.call("201", "202");
    office.until_talks("202");
    office.sim.run_ms(63_000);
    office.hang_up("201");
    office.sim.run_ms(1_000);
    assert_trace(
        &office.trace(),
        "201 -> exchange: INVITE 202 +sdp
         exchange -> 201: 100 Trying (INVITE)
         exchange -> 202: INVITE 202 +sdp
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
         202: talks
         201 -> exchange: BYE
         exchange -> 201: 200 OK (BYE)
         exchange -> 202: BYE
         exchange: record: Internal, 64 s
         201: over: 200
         202 -> exchange: 200 OK (BYE)
         202: over: 200",
    );
    let (a, b) = (office.phone("201"), office.phone("202"));
    assert_eq!(
        text(&office.heard_sdp(a)),
        text(&office.sim.phone(b).sdp()),
        "media goes directly between them"
    );
    assert_eq!(text(&office.heard_sdp(b)), text(&office.sim.phone(a).sdp()));
    let record = office.sim.records[0];
    assert_eq!((record.completion, record.cause, record.rule), (Completion::Internal, 16, "internal"));
    assert_eq!(record.time_to_answer_s, Some(3), "seconds, begun ones count");
    office.assert_nothing_left();
}

#[test]
fn the_called_party_may_hang_up_as_well() {
    let mut office = Office::registered(21);
    office.call("201", "202");
    office.until_talks("202");
    office.sim.ladder.clear();
    office.hang_up("202");
    office.sim.run_ms(1_000);
    assert_trace(
        &office.trace(),
        "202 -> exchange: BYE
         exchange -> 202: 200 OK (BYE)
         exchange -> 201: BYE
         exchange: record: Internal, 1 s
         202: over: 200
         201 -> exchange: 200 OK (BYE)
         201: over: 200",
    );
    office.assert_nothing_left();
}

#[test]
fn what_the_called_side_says_reaches_the_caller() {
    let rows = [
        (Behaviour::Busy, 486, 17, Completion::Busy),
        (Behaviour::Reject(603), 603, 21, Completion::None),
        (Behaviour::Reject(600), 600, 17, Completion::Busy),
        (Behaviour::Reject(302), 480, 31, Completion::None),
    ];
    for (behaviour, status, q850, completion) in rows {
        let mut office = Office::registered(22);
        office.behaves("202", behaviour);
        let (heard, reason) = office.refused("201", "202");
        assert_eq!((heard, reason), (status, format!("Q.850;cause={q850}")), "{behaviour:?}");
        assert_eq!(
            office.sim.records.iter().map(|record| record.completion).collect::<Vec<_>>(),
            [completion]
        );
        office.assert_nothing_left();
    }
}

#[test]
fn what_policy_refuses_is_refused_with_its_reason() {
    let rows = [
        ("201", "299", 404, "number.vacant", None),
        ("201", "20", 484, "number.incomplete", None),
        ("201", "2011", 404, "number.vacant", None),
        ("201", "abc", 404, "number.invalid", None),
        ("201", "201", 403, "call.self", None),
        ("203", "95551234", 403, "cor.route", Some(Completion::TollDenied)),
        ("204", "205", 403, "interconnect", None),
        ("206", "201", 403, "cos.none", None),
    ];
    for (from, dialed, status, rule, record) in rows {
        let mut office = Office::registered(23);
        let (heard, reason) = office.refused(from, dialed);
        assert_eq!(heard, status, "{from} dials {dialed}");
        assert!(reason.ends_with(&format!(";text=\"{rule}\"")), "{from} dials {dialed}: {reason}");
        let denials: Vec<_> =
            office.sim.decisions.iter().filter_map(|one| one.denial()).map(|one| one.rule.name()).collect();
        assert_eq!(denials, [rule]);
        assert_eq!(
            office.sim.records.iter().map(|record| record.completion).collect::<Vec<_>>(),
            Vec::from_iter(record)
        );
        office.assert_nothing_left();
    }
}

#[test]
fn a_party_that_is_not_registered_is_not_available() {
    let mut office = Office::registered(24);
    let (status, reason) = office.refused("201", "207");
    assert_eq!((status, reason.as_str()), (480, "Q.850;cause=18"));
    office.assert_nothing_left();
}

#[test]
fn nobody_answers() {
    let mut office = Office::registered(25);
    office.behaves("202", Behaviour::Ring);
    let (status, reason) = office.refused("201", "202");
    assert_eq!((status, reason.as_str()), (480, "Q.850;cause=18"));
    assert!(office.sim.now >= Instant(61_000), "the ringing timer of the class is 60 seconds");
    office.sim.run_ms(1_000);
    assert_trace(
        &office.trace(),
        "201 -> exchange: INVITE 202 +sdp
         exchange -> 201: 100 Trying (INVITE)
         exchange -> 202: INVITE 202 +sdp
         exchange: internal
         202 -> exchange: 180 Ringing (INVITE)
         202: called by 201
         exchange -> 201: 180 Ringing (INVITE)
         201: hears ringing
         exchange -> 202: CANCEL
         exchange -> 201: 480 Temporarily Unavailable (INVITE)
         exchange: record: None, 0 s
         202 -> exchange: 200 OK (CANCEL)
         202 -> exchange: 487 Request Terminated (INVITE)
         202: over: 487
         201 -> exchange: ACK
         201: over: 480
         exchange -> 202: ACK",
    );
    office.assert_nothing_left();
}

#[test]
fn the_caller_gives_up() {
    let mut office = Office::registered(26);
    office.behaves("202", Behaviour::Ring);
    office.call("201", "202");
    office.sim.run_ms(5_000);
    office.sim.ladder.clear();
    office.hang_up("201");
    office.sim.run_ms(1_000);
    assert_trace(
        &office.trace(),
        "201 -> exchange: CANCEL
         exchange -> 201: 200 OK (CANCEL)
         exchange -> 201: 487 Request Terminated (INVITE)
         exchange -> 202: CANCEL
         exchange: record: None, 0 s
         201 -> exchange: ACK
         201: over: 487
         202 -> exchange: 200 OK (CANCEL)
         202 -> exchange: 487 Request Terminated (INVITE)
         202: over: 487
         exchange -> 202: ACK",
    );
    office.assert_nothing_left();
}

#[test]
fn cancel_and_answer_cross() {
    // The 200 of the called phone is under way while the caller's CANCEL is: at every distance, everybody hangs up.
    for after in 0..60 {
        let mut office = Office::registered(27);
        office.behaves("202", Behaviour::Answer { after_ms: 1_000 });
        office.call("201", "202");
        office.sim.run_ms(990 + after);
        office.hang_up("201");
        office.until_over("201");
        office.sim.run_ms(40_000);
        let id = office.phone("202");
        assert_eq!(office.sim.phone(id).live_calls(), 0, "{}", office.sim.ladder.render());
        assert_eq!(office.sim.records.len(), 1, "{}", office.sim.ladder.render());
        office.assert_nothing_left();
    }
}

#[test]
fn a_phone_that_says_nothing() {
    let mut office = Office::registered(28);
    office.behaves("202", Behaviour::Silent);
    let begun = office.sim.now;
    let (status, reason) = office.refused("201", "202");
    assert_eq!((status, reason.as_str()), (408, "Q.850;cause=102"));
    assert!((32_000..33_000).contains(&office.sim.now.since_ms(begun)), "timer B");
    let invites = office.trace().matches("exchange -> 202: INVITE").count();
    assert_eq!(invites, 7, "at 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 seconds");
    office.assert_nothing_left();
}

#[test]
fn an_offer_may_come_late() {
    let mut office = Office::registered(29);
    let (a, b) = (office.phone("201"), office.phone("202"));
    office.sim.phone(a).config.late_offer = true;
    office.call("201", "202");
    office.until_talks("202");
    assert_trace(
        &office.trace(),
        "201 -> exchange: INVITE 202
         exchange -> 201: 100 Trying (INVITE)
         exchange -> 202: INVITE 202
         exchange: internal
         202 -> exchange: 180 Ringing (INVITE)
         202: called by 201
         exchange -> 201: 180 Ringing (INVITE)
         201: hears ringing
         202 -> exchange: 200 OK (INVITE) +sdp
         exchange -> 201: 200 OK (INVITE) +sdp
         201 -> exchange: ACK +sdp
         201: talks
         exchange -> 202: ACK +sdp
         202: talks",
    );
    assert_eq!(text(&office.heard_sdp(a)), text(&office.sim.phone(b).sdp()));
    assert_eq!(text(&office.heard_sdp(b)), text(&office.sim.phone(a).sdp()));
    office.hang_up("202");
    office.until_over("202");
    office.assert_nothing_left();
}

#[test]
fn both_hang_up_at_once() {
    for between in 0..40 {
        let mut office = Office::registered(30);
        office.call("201", "202");
        office.until_talks("202");
        office.hang_up("201");
        office.sim.run_ms(between);
        office.hang_up("202");
        office.sim.run_ms(5_000);
        for dn in ["201", "202"] {
            let id = office.phone(dn);
            let ended =
                office.sim.told(id).into_iter().filter(|event| matches!(event, PhoneEvent::Ended { .. }));
            assert_eq!(ended.count(), 1, "{dn}\n{}", office.sim.ladder.render());
        }
        assert_eq!(office.sim.records.len(), 1);
        office.assert_nothing_left();
    }
}

#[test]
fn a_call_whose_answer_is_never_acknowledged_is_cleared() {
    let mut office = Office::registered(32);
    let id = office.phone("201");
    office.sim.phone(id).config.withhold_ack = true;
    office.call("201", "202");
    office.until_talks("202");
    let answered = office.sim.now;
    office.until_over("202");
    assert!((31_000..34_000).contains(&office.sim.now.since_ms(answered)), "64 T1");
    office.sim.run_ms(1_000);
    let answers = office.trace().matches("exchange -> 201: 200 OK (INVITE)").count();
    assert_eq!(answers, 11, "at 0, 0.5, 1.5, 3.5 and every four seconds");
    let id = office.phone("201");
    assert_eq!(office.sim.phone(id).live_calls(), 0);
    office.assert_nothing_left();
}

#[test]
fn a_lost_acknowledgement_is_given_again() {
    // Once the caller's, once the exchange's: the 200 comes again, and so does its ACK.
    for loses_of in [phone_address(0), exchange_address()] {
        let mut office = Office::registered(36);
        let lost = Cell::new(false);
        office
            .sim
            .lose(move |one| one.from == loses_of && summary(&one.bytes) == "ACK" && !lost.replace(true));
        office.call("201", "202");
        office.until_talks("202");
        office.sim.run_ms(10_000);
        let lines = office.trace();
        assert_eq!(lines.matches(" -x ").count(), 1);
        for from in ["201 -> exchange", "exchange -> 202"] {
            let acknowledged = lines.matches(&format!("{from}: ACK")).count();
            assert_eq!(acknowledged, 1, "{from} got through once\n{lines}");
        }
        office.hang_up("202");
        office.until_over("202");
        office.assert_nothing_left();
    }
}

#[test]
fn nobody_calls_in_somebody_elses_name() {
    let mut office = Office::registered(33);
    let id = office.phone("203");
    office.sim.with(id, |phone, now| phone.call_from(now, "202", "201"));
    office.sim.run_ms(1_000);
    assert!(
        matches!(&office.sim.told(id)[..], [PhoneEvent::Ended { status: 403, reason }] if reason.contains("identity.mismatch"))
    );
    assert_eq!(office.sim.decisions[0].from, Party::Device(2), "the record names who it was");
    office.assert_nothing_left();
}

#[test]
fn a_call_without_credentials_is_asked_for_them() {
    let mut office = Office::registered(34);
    let id = office.phone("207");
    office.sim.with(id, |phone, now| phone.call(now, "202"));
    office.until_talks("202");
    assert!(office.trace().starts_with(
        "207 -> exchange: INVITE 202 +sdp\nexchange -> 207: 401 Unauthorized (INVITE)\n207 -> exchange: ACK\n207 -> exchange: INVITE 202 +sdp"
    ));
    office.hang_up("207");
    office.until_over("202");
    office.assert_nothing_left();
}

#[test]
fn an_invite_that_comes_twice_is_decided_once() {
    let mut office = Office::registered(35);
    office.sim.network = Network { duplicate: 1000, ..Network::GOOD };
    office.call("201", "202");
    office.until_talks("202");
    office.call("203", "95551234");
    office.until_over("203");
    office.hang_up("201");
    office.until_over("202");
    assert_eq!(office.sim.decisions.len(), 2);
    assert_eq!(office.sim.records.len(), 2);
    assert_eq!(office.sim.told(office.phone("202")).len(), 3, "called, talked, over");
    office.sim.network = Network::GOOD;
    office.assert_nothing_left();
}

// Calls outside

#[test]
fn a_call_outside_goes_to_the_carrier_with_its_digits_changed() {
    let mut office = Office::registered(40);
    office.sim.keep_sent = true;
    office.call("201", "95551234");
    office.until_talks("201");
    let invite = office.sim.sent.iter().find(|datagram| summary(&datagram.bytes) == "INVITE 16135551234");
    let invite = text(&invite.expect("access code off, 1613 on").bytes);
    assert!(invite.starts_with("INVITE sip:16135551234@10.0.9.1:5060 SIP/2.0\r\n"), "{invite}");
    assert!(invite.contains("From: \"Reception\" <sip:6135550120@10.0.0.1:5060>"), "{invite}");
    assert!(!invite.contains("Authorization"), "credentials stay in the house");
    let (a, carrier) = (office.phone("201"), office.carrier);
    assert_eq!(text(&office.heard_sdp(a)), text(&office.sim.phone(carrier).sdp()));
    office.sim.with(carrier, |carrier, now| carrier.hang_up(now));
    office.until_over("201");
    let record = office.sim.records[0];
    assert_eq!(
        (record.completion, record.called, record.route),
        (Completion::Answered, Station::PublicTrunk(1), 1)
    );
    assert_eq!(record.dialed.as_str(), "95551234");
    office.assert_nothing_left();
}

#[test]
fn a_trunk_with_all_channels_in_use_is_busy() {
    let mut office = Office::registered(41);
    for dn in ["201", "202"] {
        office.call(dn, "95551234");
        office.until_talks(dn);
    }
    let (status, reason) = office.refused("204", "95551234");
    assert_eq!((status, reason.as_str()), (503, "Q.850;cause=34;text=\"trunk.busy\""));
    office.hang_up("202");
    office.sim.run_ms(1_000);
    office.call("204", "95551234");
    office.until_talks("204");
    office.hang_up("201");
    office.hang_up("204");
    office.assert_nothing_left();
}

#[test]
fn a_carrier_that_refuses_or_does_not_answer() {
    for (behaviour, status) in
        [(Behaviour::Reject(404), 404), (Behaviour::Reject(503), 503), (Behaviour::Silent, 408)]
    {
        let mut office = Office::registered(42);
        let id = office.carrier;
        office.sim.phone(id).config.behaviour = behaviour;
        assert_eq!(office.refused("201", "95551234").0, status);
        office.assert_nothing_left();
    }
}

// Emergency

fn emergency_answered(office: &mut Office, dn: &str, by: &str) {
    let carrier = if by == "carrier" { office.carrier } else { office.other };
    let id = office.phone(dn);
    office.sim.with(id, |phone, now| phone.call(now, "9911"));
    let talks = |event: &PhoneEvent| matches!(event, PhoneEvent::Connected { .. });
    assert!(office.sim.run_until_event(90_000, carrier, talks), "{}", office.sim.ladder.render());
    let last = office.sim.decisions.last().expect("a decision");
    assert!(
        matches!(last.verdict, Verdict::Allow(choice) if choice.rule == Rule::Emergency && choice.outpulsed.as_str() == "911")
    );
    office.sim.with(id, |phone, now| phone.hang_up(now));
    office.until_over(dn);
    office.assert_nothing_left();
}

#[test]
fn r66_emergency_needs_no_class_no_registration_and_no_password() {
    let mut office = Office::registered(50);
    emergency_answered(&mut office, "206", "carrier");
    emergency_answered(&mut office, "207", "carrier");
    let id = office.phone("201");
    office.sim.phone(id).config.password = "wrong".to_owned();
    emergency_answered(&mut office, "201", "carrier");
    let callers: Vec<Party> = office.sim.decisions.iter().map(|decision| decision.from).collect();
    assert_eq!(
        callers,
        [Party::Device(5), Party::Unknown, Party::Device(0)],
        "known by address where registered"
    );
    assert_eq!(office.sim.records.len(), 3, "an emergency call is always recorded");
}

#[test]
fn r66_the_second_route_is_tried_when_the_first_carrier_fails() {
    for behaviour in [Behaviour::Reject(503), Behaviour::Busy, Behaviour::Silent] {
        let mut office = Office::registered(51);
        let id = office.carrier;
        office.sim.phone(id).config.behaviour = behaviour;
        emergency_answered(&mut office, "201", "other");
        assert_eq!(office.sim.decisions.len(), 2, "each way is a decision");
        assert_eq!(office.sim.records.len(), 1, "and the call one record");
    }
}

#[test]
fn r66_when_every_way_fails_the_caller_is_told() {
    let mut office = Office::registered(52);
    for id in [office.carrier, office.other] {
        office.sim.phone(id).config.behaviour = Behaviour::Reject(503);
    }
    assert_eq!(office.refused("201", "911").0, 503);
    office.assert_nothing_left();
}

#[test]
fn a_full_exchange_refuses_calls_and_takes_emergency() {
    let mut office = Office::registered_sized(53, &Sizes::for_calls(7, 2, 3));
    for (a, b) in [("201", "202"), ("203", "204")] {
        office.call(a, b);
        office.until_talks(b);
    }
    office.sim.keep_sent = true;
    let (status, _) = office.refused("205", "201");
    assert_eq!(status, 503, "the third place is kept");
    let refusal = office.sim.sent.iter().rfind(|datagram| summary(&datagram.bytes).starts_with("503"));
    assert!(text(&refusal.expect("it was sent").bytes).contains("Retry-After: 10\r\n"));
    assert_eq!(office.sim.exchange(0).statistics().congested, 1);
    office.call("205", "911");
    office.until_talks("205");
    for dn in ["201", "203", "205"] {
        office.hang_up(dn);
    }
    office.assert_nothing_left();
}

#[test]
fn the_second_emergency_route_is_tried_in_a_full_exchange_too() {
    let mut office = Office::registered_sized(54, &Sizes::for_calls(7, 2, 2));
    office.call("203", "204");
    office.until_talks("204");
    let id = office.carrier;
    office.sim.phone(id).config.behaviour = Behaviour::Reject(503);
    office.call("201", "911");
    office.until_talks("201");
    office.hang_up("201");
    office.hang_up("203");
    office.assert_nothing_left();
}

#[test]
fn refused_calls_in_quick_succession_do_not_keep_emergency_out() {
    let mut office = Office::registered_sized(55, &Sizes { transactions: 24, ..SIZES });
    for _ in 0..40 {
        office.call("201", "299");
        office.sim.run_ms(100);
    }
    office.call("203", "911");
    let begun = office.sim.now;
    office.until_talks("203");
    assert!(office.sim.now.since_ms(begun) < 2_500, "at once, not when something happens to be free");
    office.hang_up("203");
    office.assert_nothing_left();
}

// Trouble

/// One long story with losses, doubles and overtaking: every call ends for everybody, and nothing is left.
fn storm(seed: u64, thousandths: u64) -> Result<(), String> {
    let mut office = Office::registered(seed);
    office.sim.network = Network::bad(thousandths);
    let behaviours = [
        Behaviour::Answer { after_ms: 500 },
        Behaviour::Busy,
        Behaviour::Ring,
        Behaviour::Reject(603),
        Behaviour::Answer { after_ms: 3_000 },
    ];
    let pick = |n: u64| usize::try_from((seed / 7 + n) % 5).expect("below five");
    for (n, dn) in (0u64..).zip(["202", "204", "205"]) {
        office.behaves(dn, behaviours[pick(n)]);
    }
    let dialed = ["202", "204", "95551234", "911", "299"];
    for (n, dn) in (0u64..).zip(["201", "203", "201"]) {
        office.call(dn, dialed[pick(n + 2)]);
        office.sim.run_ms(200 + seed * 37 % 2_000);
        if (seed + n).is_multiple_of(3) {
            office.hang_up(dn);
        }
    }
    office.sim.run_ms(seed * 131 % 9_000);
    let everybody: Vec<_> = office.phones.iter().copied().chain([office.carrier, office.other]).collect();
    for _ in 0..3 {
        for id in &everybody {
            office.sim.with(*id, |phone, now| phone.hang_up(now));
        }
        office.sim.run_ms(40_000);
    }
    for id in &everybody {
        let live = office.sim.phone(*id).live_calls();
        if live != 0 {
            return Err(format!("{live} calls of a phone live on\n{}", office.sim.ladder.render()));
        }
    }
    office.assert_nothing_left();
    // Each permitted call has one record; only an emergency call may have been permitted several ways.
    let count = |rules: &[Rule]| {
        let fits =
            |verdict: &Verdict| matches!(verdict, Verdict::Allow(choice) if rules.contains(&choice.rule));
        let permitted = office.sim.decisions.iter().filter(|decision| fits(&decision.verdict)).count();
        let fits = |rule: &str| rules.iter().any(|one| one.name() == rule);
        (permitted, office.sim.records.iter().filter(|record| fits(record.rule)).count())
    };
    let (permitted, recorded) = count(&[Rule::Internal, Rule::Route]);
    let (ways, emergencies) = count(&[Rule::Emergency]);
    if permitted != recorded || emergencies > ways || (ways > 0 && emergencies == 0) {
        return Err(format!(
            "{permitted} permitted, {recorded} recorded, {ways} emergency ways, {emergencies} recorded\n{}",
            office.sim.ladder.render()
        ));
    }
    Ok(())
}

#[test]
fn two_hundred_storms() {
    let failed: Vec<u64> = (0..200u64)
        .filter(|seed| {
            let thousandths = 50 + seed % 4 * 50;
            let outcome = std::panic::catch_unwind(|| storm(*seed, thousandths));
            match outcome {
                Ok(Ok(())) => false,
                Ok(Err(why)) => {
                    eprintln!("seed {seed}: {why}");
                    true
                }
                Err(_) => true,
            }
        })
        .collect();
    assert!(failed.is_empty(), "seeds {failed:?}");
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let run = || {
        let mut office = Office::registered(77);
        office.sim.keep_sent = true;
        office.sim.network = Network::bad(150);
        office.call("201", "202");
        office.sim.run_ms(20_000);
        office.hang_up("201");
        office.sim.run_ms(60_000);
        office.sim.sent.iter().map(|datagram| datagram.bytes.clone()).collect::<Vec<_>>()
    };
    let first = run();
    assert!(first.len() > 10 && first == run());
}

#[test]
fn a_request_repeated_within_a_call_gets_the_same_answer() {
    let mut office = Office::registered(60);
    let seen = Rc::new(Cell::new(false));
    office.call("201", "202");
    office.until_talks("202");
    office.sim.keep_sent = true;
    office.hang_up("201");
    office.until_over("201");
    let bye =
        office.sim.sent.iter().find(|datagram| summary(&datagram.bytes) == "BYE").expect("hung up").clone();
    let before = office.sim.sent.len();
    office.sim.inject(bye.from, bye.to, &bye.bytes);
    seen.set(summary(&office.sim.sent[before].bytes) == "200 OK (BYE)");
    assert!(seen.get(), "the call is gone, its BYE is still answered");
    office.assert_nothing_left();
}

#[test]
fn an_options_repeated_within_a_call_gets_the_same_answer() {
    let mut office = Office::registered(61);
    office.sim.keep_sent = true;
    office.call("201", "202");
    office.until_talks("202");
    let ack = office.sim.sent.iter().find(|one| summary(&one.bytes) == "ACK" && one.from == phone_address(0));
    let ack = text(&ack.expect("the caller acknowledged").bytes);
    let options =
        ack.replace("ACK", "OPTIONS").replace("CSeq: 1", "CSeq: 2").replace("z9hG4bK", "z9hG4bKopt");
    for time in ["first", "second"] {
        let before = office.sim.sent.len();
        office.sim.inject(phone_address(0), exchange_address(), options.as_bytes());
        assert_eq!(summary(&office.sim.sent[before].bytes), "200 OK (OPTIONS)", "{time} time");
    }
    office.hang_up("201");
    office.until_over("201");
    office.assert_nothing_left();
}
