//! Pickup: who is off hook takes a call that rings elsewhere, if the two may be joined (R36). What is denied leaves the call
//! ringing where it rang.

use crate::office;

use office::{Office, assert_talk, assert_trace, last_denial, records};
use strowger::policy::{Behalf, Feature, Party, Rule};
use strowger_testkit::phone::{Behaviour, PhoneEvent};
use strowger_testkit::sim::Network;

const STAFF: (&str, &str) = (
    "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
    "features = [\"pickup\", \"transfer\", \"forward-internal\", \"do-not-disturb\", \"smdr-external\", \"smdr-internal\"]",
);
const CODES: (&str, &str) = (
    "",
    "[features]\npickup = \"*8\"\ndirected_pickup = \"*9\"\nforward_always = \"*72\"\n[[pickup_group]]\nid = 1\nmembers = [\"202\", \"203\", \"205\", \"206\"]\n[[pickup_group]]\nid = 2\nmembers = [\"203\", \"204\"]\n",
);

fn office(seed: u64, changes: &[(&str, &str)]) -> Office {
    let changes: Vec<_> = [STAFF, CODES].iter().chain(changes).copied().collect();
    let mut office = Office::changed(seed, &changes);
    for dn in ["202", "204"] {
        office.behaves(dn, Behaviour::Ring);
    }
    office
}

/// `a` calls `b`, which rings.
fn ringing(office: &mut Office, a: &str, b: &str) {
    office.call(a, b);
    office.sim.run_ms(500);
    office.sim.ladder.clear();
    office.sim.events.clear();
}

/// Dials and is refused: the status.
fn refused(office: &mut Office, dn: &str, number: &str) -> u16 {
    office.refused(dn, number).0
}

#[test]
fn a_call_that_rings_in_the_group_is_taken() {
    let mut office = office(1, &[]);
    ringing(&mut office, "201", "202");
    office.call("203", "*8");
    office.until_talks("201");
    office.sim.run_ms(500);
    assert_trace(
        &office.trace(),
        "203 -> exchange: INVITE *8 +sdp
         exchange -> 203: 200 OK (INVITE) +sdp
         exchange -> 202: CANCEL
         exchange: internal
         203 -> exchange: ACK
         203: talks
         202 -> exchange: 200 OK (CANCEL)
         202 -> exchange: 487 Request Terminated (INVITE)
         202: over: 487
         exchange -> 203: INVITE 203 +sdp
         exchange -> 202: ACK
         203 -> exchange: 200 OK (INVITE) +sdp
         exchange -> 201: 200 OK (INVITE) +sdp
         exchange -> 203: ACK
         201 -> exchange: ACK
         201: talks
         203: changed",
    );
    assert_talk(&mut office, "201", "203");
    office.hang_up("201");
    office.until_over("203");
    assert_eq!(records(&office), ["201,202,I,203,,"]);
    office.assert_nothing_left();
}

/// RFC 3326 section 3.1: no call was missed where another has answered.
#[test]
fn the_phone_that_rings_no_more_is_told_that_another_has_answered() {
    let mut office = office(2, &[]);
    ringing(&mut office, "201", "202");
    let seen = std::rc::Rc::new(std::cell::RefCell::new(String::new()));
    let cancel = std::rc::Rc::clone(&seen);
    office.sim.lose(move |datagram| {
        if datagram.bytes.starts_with(b"CANCEL") {
            cancel.borrow_mut().push_str(&String::from_utf8_lossy(&datagram.bytes));
        }
        false
    });
    office.call("203", "*8");
    office.until_talks("201");
    let reason = "\r\nReason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n";
    assert!(seen.borrow().contains(reason), "{}", seen.borrow());
    office.hang_up("203");
    office.until_over("201");
    office.assert_nothing_left();
}

#[test]
fn a_named_device_may_be_in_no_group() {
    let mut office = office(3, &[]);
    ringing(&mut office, "203", "204");
    office.call("201", "*9204");
    office.until_talks("203");
    office.sim.run_ms(500);
    assert_talk(&mut office, "203", "201");
    office.hang_up("201");
    office.until_over("203");
    assert_eq!(records(&office), ["203,204,I,201,,"]);
    office.assert_nothing_left();
}

#[test]
fn of_two_calls_in_a_group_the_older_is_taken() {
    let mut office = office(4, &[]);
    office.behaves("205", Behaviour::Ring);
    ringing(&mut office, "201", "205");
    ringing(&mut office, "204", "202");
    office.call("203", "*8");
    office.until_talks("201");
    office.sim.run_ms(500);
    assert_talk(&mut office, "201", "203");
    for dn in ["201", "204"] {
        office.hang_up(dn);
        office.until_over(dn);
    }
    office.assert_nothing_left();
}

/// R36, R80: the matrix is asked from the caller to who would answer; the call rings on, and who may answers it.
#[test]
fn r36_a_denied_pickup_leaves_the_call_ringing() {
    let no_pickup = ("features = [\"pickup\", ", "features = [");
    let forced = ("features = [\"pickup\", ", "features = [\"pickup\", \"forced-verified-account-code\", ");
    // 204 may not reach 205; 206 has no COS.
    for (changes, caller, by, dialed, rule, of) in [
        (&[][..], "204", "205", "*8", Rule::Interconnect, Party::Device(3)),
        (&[], "204", "205", "*9202", Rule::Interconnect, Party::Device(3)),
        (&[], "201", "206", "*8", Rule::CosNone, Party::Unknown),
        (&[no_pickup], "201", "203", "*8", Rule::CosFeature, Party::Unknown),
        (&[forced], "911", "203", "*8", Rule::CodeForcedVerified, Party::Unknown),
        (&[], "201", "203", "*9299", Rule::NumberVacant, Party::Unknown),
    ] {
        let mut office = office(5, changes);
        if caller != "911" {
            ringing(&mut office, caller, "202");
        }
        let status = refused(&mut office, by, dialed);
        assert_eq!(status, if rule == Rule::NumberVacant { 404 } else { 403 }, "{by} {dialed}");
        let by_party = Party::Device(by.bytes().last().map_or(0, |last| u32::from(last - b'1')));
        let behalf = Some(Behalf { feature: Feature::Pickup, party: of });
        assert_eq!(last_denial(&office), Some((rule, by_party, behalf)));
        if caller != "911" {
            let id = office.phone("202");
            office.sim.with(id, |phone, now| phone.answer(now));
            office.until_talks(caller);
            assert_talk(&mut office, caller, "202");
            office.hang_up(caller);
        }
        office.assert_nothing_left();
    }
}

#[test]
fn where_nothing_rings_there_is_nothing_to_take() {
    let mut office = office(6, &[]);
    for (by, dialed) in [("203", "*8"), ("203", "*9202"), ("201", "*8")] {
        assert_eq!(refused(&mut office, by, dialed), 480, "{dialed}");
    }
    ringing(&mut office, "203", "202");
    // 201 is in no group, and nobody takes what rings at its own device.
    for (by, dialed) in [("201", "*8"), ("202", "*8"), ("202", "*9202")] {
        assert_eq!(refused(&mut office, by, dialed), 480, "{by} {dialed}");
    }
    assert_eq!(refused(&mut office, "201", "*9"), 484);
    assert_eq!(refused(&mut office, "203", "*80"), 404);
    office.hang_up("203");
    office.assert_nothing_left();
}

/// Domain 7.2: an incoming call that was picked up has `T`, and a duration.
#[test]
fn a_call_from_outside_is_taken_and_recorded() {
    let trusted = (
        "host = \"10.0.9.1:5060\"\n",
        "host = \"10.0.9.1:5060\"\ntrusted = [\"10.0.9.1/32\"]\ninbound = [ { did = \"6135550102\", to = \"202\" } ]\n",
    );
    let mut office = office(7, &[trusted]);
    let carrier = office.carrier;
    office.sim.with(carrier, |phone, now| phone.call(now, "6135550102"));
    office.sim.run_ms(500);
    office.call("203", "*8");
    office.until_talks("203");
    office.sim.run_ms(3_000);
    office.hang_up("203");
    office.sim.run_ms(1_000);
    assert_eq!(records(&office), ["T001,202,T,203,,"]);
    assert_eq!(office.sim.records.first().map(|record| record.duration_s), Some(3));
    office.assert_nothing_left();
}

/// Who takes a call is there, whatever its own calls are to do.
#[test]
fn who_takes_a_call_does_not_forward_it() {
    let mut office = office(8, &[]);
    office.call("203", "*72204");
    office.until_over("203");
    ringing(&mut office, "201", "202");
    office.call("203", "*8");
    office.until_talks("201");
    office.sim.run_ms(500);
    assert_talk(&mut office, "201", "203");
    office.hang_up("201");
    office.until_over("203");
    office.assert_nothing_left();
}

/// A party that is transferred is reached by who takes the call that rings for it.
#[test]
fn who_is_transferred_is_joined_with_who_takes_the_call() {
    let mut office = office(9, &[]);
    office.call("201", "204");
    office.sim.run_ms(500);
    let id = office.phone("204");
    office.sim.with(id, |phone, now| phone.answer(now));
    office.until_talks("201");
    office.sim.run_ms(500);
    office.sim.with(id, |phone, now| phone.transfer(now, "202"));
    office.sim.run_ms(500);
    office.call("203", "*8");
    office.sim.run_ms(2_000);
    assert_talk(&mut office, "201", "203");
    office.hang_up("203");
    office.until_over("201");
    assert_eq!(records(&office), ["201,204,I,204,X,203"]);
    office.assert_nothing_left();
}

/// R29: whom nobody takes in the end is with who transfers it, as before.
#[test]
fn who_is_transferred_stays_where_it_was_if_the_taker_cannot() {
    let mut office = office(10, &[]);
    office.call("201", "204");
    office.sim.run_ms(500);
    let id = office.phone("204");
    office.sim.with(id, |phone, now| phone.answer(now));
    office.until_talks("201");
    office.sim.run_ms(500);
    office.sim.with(id, |phone, now| phone.transfer(now, "202"));
    office.sim.run_ms(500);
    let taker = office.phone("203");
    office.sim.phone(taker).config.refuse_changes = Some(488);
    office.call("203", "*8");
    office.sim.run_ms(2_000);
    assert_talk(&mut office, "201", "204");
    assert_eq!(office.sim.phone(taker).calls_up(), 0);
    office.hang_up("204");
    office.until_over("201");
    office.assert_nothing_left();
}

/// Where who takes a call cannot talk after all, its caller hears so.
#[test]
fn a_caller_hears_that_the_taker_cannot_talk() {
    let mut office = office(11, &[]);
    ringing(&mut office, "201", "202");
    let taker = office.phone("203");
    office.sim.phone(taker).config.refuse_changes = Some(488);
    office.call("203", "*8");
    office.until_over("201");
    let ended = office.sim.told(office.phone("201")).pop();
    assert!(matches!(ended, Some(PhoneEvent::Ended { status: 488, .. })), "{ended:?}");
    assert_eq!(office.sim.phone(taker).calls_up(), 0);
    office.assert_nothing_left();
}

#[test]
fn who_hangs_up_before_the_other_is_reached_leaves_nothing() {
    for late_ms in [5, 15, 25, 35, 45, 55] {
        for by in ["201", "203"] {
            let mut office = office(12, &[]);
            ringing(&mut office, "201", "202");
            office.call("203", "*8");
            office.sim.run_ms(late_ms);
            office.hang_up(by);
            office.sim.run_ms(2_000);
            for dn in ["201", "203"] {
                let id = office.phone(dn);
                assert_eq!(office.sim.phone(id).calls_up(), 0, "{by} after {late_ms} ms");
            }
            office.assert_nothing_left();
        }
    }
}

/// A quarter of all datagrams is lost, doubled or late.
#[test]
fn pickups_over_a_bad_network_come_to_an_end() {
    let mut done = 0;
    for seed in 0..60 {
        let mut office = office(1_000 + seed, &[]);
        ringing(&mut office, "201", "202");
        office.sim.network = Network::bad(250);
        office.call("203", "*8");
        office.sim.run_ms(60_000);
        office.sim.network = Network::GOOD;
        office.sim.run_ms(60_000);
        let [a, b] = ["201", "203"].map(|dn| office.phone(dn));
        done += usize::from(office.sim.phone(a).calls_up() == 1 && office.sim.phone(b).calls_up() == 1);
        for dn in ["201", "203"] {
            office.hang_up(dn);
            office.sim.run_ms(1_000);
        }
        office.assert_nothing_left();
    }
    assert!(done > 40, "{done} pickups of 60 were done");
}

/// Law 5, R94: a required SRTP holds, with keys that nobody else was told.
#[test]
fn srtp_that_is_required_is_agreed_on_by_who_takes_the_call() {
    let required = ("cos = 1\ncor = 2\n", "cos = 1\ncor = 2\nsrtp = \"required\"\n");
    for (caller_profile, talks) in [("RTP/SAVP", true), ("RTP/AVP", false)] {
        let mut office = office(13, &[required]);
        let key = |n: char| format!("crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{}", n.to_string().repeat(40));
        for (dn, profile, n) in [("201", caller_profile, 'a'), ("203", "RTP/SAVP", 'c')] {
            let id = office.phone(dn);
            let config = &mut office.sim.phone(id).config;
            profile.clone_into(&mut config.profile);
            if profile == "RTP/SAVP" {
                config.attributes.push(key(n));
            }
        }
        ringing(&mut office, "201", "202");
        office.call("203", "*8");
        office.sim.run_ms(2_000);
        if talks {
            assert_talk(&mut office, "201", "203");
            let [own, theirs] = ["201", "203"].map(|dn| {
                let id = office.phone(dn);
                String::from_utf8_lossy(&office.sim.phone(id).agreed().expect("it talks").1).into_owned()
            });
            assert!(own.contains(&key('c')) && theirs.contains(&key('a')), "{own} {theirs}");
        } else {
            // It may be asked, and must not talk in clear.
            let id = office.phone("203");
            assert_eq!(office.sim.phone(id).calls_up(), 0, "{}", office.sim.ladder.render());
        }
        for dn in ["201", "202"] {
            office.hang_up(dn);
            office.sim.run_ms(1_000);
        }
        office.assert_nothing_left();
    }
}
