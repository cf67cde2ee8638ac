//! Transfers, by REFER: blind, attended, and while the other still rings (RFC 5589). What is denied or fails leaves the
//! calls as they were (R29).

use crate::office;

use office::{Office, assert_talk, assert_trace, records, referred};
use strowger::policy::{Behalf, Feature, Party, Rule, Verdict};
use strowger_testkit::phone::{Ask, Behaviour, PhoneEvent};
use strowger_testkit::sim::Network;

const STAFF: (&str, &str) = (
    "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
    "features = [\"transfer\", \"smdr-external\", \"smdr-internal\"]",
);

fn office(seed: u64, changes: &[(&str, &str)]) -> Office {
    let changes: Vec<_> = [STAFF].iter().chain(changes).copied().collect();
    Office::changed(seed, &changes)
}

/// `a` calls `b`, and they talk.
fn talking(office: &mut Office, a: &str, b: &str) {
    office.call(a, b);
    office.until_talks(a);
    office.sim.run_ms(500);
    office.sim.ladder.clear();
}

fn transfer(office: &mut Office, dn: &str, number: &str) {
    let id = office.phone(dn);
    office.sim.with(id, |phone, now| phone.transfer(now, number));
}

fn join(office: &mut Office, dn: &str) {
    let id = office.phone(dn);
    office.sim.with(id, |phone, now| phone.join(now));
}

/// Transfers its peer, attended or blind.
fn hand_over(office: &mut Office, attended: bool, by: &str, number: &str) {
    if attended {
        talking(office, by, number);
        join(office, by);
    } else {
        transfer(office, by, number);
    }
}

fn refused(office: &Office, dn: &str) -> Option<u16> {
    let events = office.sim.told(office.phone(dn)).into_iter();
    events
        .filter_map(|event| match event {
            PhoneEvent::Answered { status, .. } if status >= 300 => Some(status),
            _ => None,
        })
        .next_back()
}

fn last_rule(office: &Office) -> &'static str {
    match office.sim.decisions.last().expect("something was decided").verdict {
        Verdict::Allow(choice) => choice.rule.name(),
        Verdict::Deny(denial) | Verdict::NeedsCode(denial) => denial.rule.name(),
    }
}

#[test]
fn a_blind_transfer_rings_for_the_transferee_and_releases_who_asked_when_it_is_answered() {
    let mut office = office(1, &[]);
    talking(&mut office, "201", "202");
    transfer(&mut office, "202", "203");
    office.sim.run_ms(5_000);
    assert_trace(
        &office.trace(),
        "202 -> exchange: REFER
         exchange -> 202: 202 Accepted (REFER)
         exchange -> 202: NOTIFY 202
         exchange -> 203: INVITE 203
         exchange: internal
         202: answered: 202
         202 -> exchange: 200 OK (NOTIFY)
         202: hears of its transfer: 100
         203 -> exchange: 180 Ringing (INVITE)
         203: called by 201
         exchange -> 202: NOTIFY 202
         202 -> exchange: 200 OK (NOTIFY)
         202: hears of its transfer: 180
         203 -> exchange: 200 OK (INVITE) +sdp
         exchange -> 202: NOTIFY 202
         exchange -> 201: INVITE 201 +sdp
         exchange -> 202: BYE
         202 -> exchange: 200 OK (NOTIFY)
         202: hears of its transfer: 200
         201 -> exchange: 200 OK (INVITE) +sdp
         202 -> exchange: 200 OK (BYE)
         202: over: 200
         exchange -> 201: ACK
         exchange -> 203: ACK +sdp
         201: changed
         203: talks",
    );
    assert_talk(&mut office, "201", "203");
    office.hang_up("203");
    office.until_over("201");
    assert_eq!(records(&office), ["201,202,I,202,X,203"]);
    office.assert_nothing_left();
}

#[test]
fn an_attended_transfer_joins_the_two_who_talk_already() {
    let mut office = office(2, &[]);
    talking(&mut office, "201", "202");
    office.ask("202", Ask::Hold);
    office.sim.run_ms(500);
    talking(&mut office, "202", "203");
    join(&mut office, "202");
    office.sim.run_ms(2_000);
    assert_trace(
        &office.trace(),
        "202 -> exchange: REFER
         exchange -> 202: 202 Accepted (REFER)
         exchange -> 202: NOTIFY 202
         exchange -> 202: BYE
         exchange -> 202: BYE
         exchange: internal
         exchange: record: Internal, 1 s
         exchange -> 201: INVITE 201
         202: answered: 202
         202 -> exchange: 200 OK (NOTIFY)
         202: hears of its transfer: 200
         202 -> exchange: 200 OK (BYE)
         202: over: 200
         202 -> exchange: 200 OK (BYE)
         202: over: 200
         201 -> exchange: 200 OK (INVITE) +sdp
         exchange -> 203: INVITE 203 +sdp
         203 -> exchange: 200 OK (INVITE) +sdp
         exchange -> 203: ACK
         exchange -> 201: ACK +sdp
         203: changed
         201: changed",
    );
    assert_talk(&mut office, "201", "203");
    office.hang_up("201");
    office.until_over("203");
    assert_eq!(records(&office), ["202,203,I,203,T,201", "201,202,I,202,T,203"]);
    office.assert_nothing_left();
}

#[test]
fn who_has_called_and_who_was_called_may_be_joined_in_every_order() {
    // Who called whom: the transferor is 202, its peers are 201 and 203.
    for (first, second) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut office = office(3, &[]);
        let pair = |called: bool, other: &'static str| if called { (other, "202") } else { ("202", other) };
        for (called, other) in [(first, "201"), (second, "203")] {
            let (a, b) = pair(called, other);
            office.call(a, b);
            office.until_talks(a);
            office.sim.run_ms(500);
        }
        join(&mut office, "202");
        office.sim.run_ms(2_000);
        assert_talk(&mut office, "201", "203");
        assert_eq!(referred(&office, "202"), [200]);
        office.hang_up("203");
        office.until_over("201");
        office.assert_nothing_left();
    }
}

#[test]
fn a_transfer_to_a_party_that_still_rings_goes_through_when_it_answers() {
    let mut office = office(4, &[]);
    talking(&mut office, "201", "202");
    office.call("202", "203");
    office.sim.run_ms(500);
    join(&mut office, "202");
    office.sim.run_ms(300);
    assert_eq!(office.sim.phone(office.phones[1]).calls_up(), 1, "it talks on until somebody answers");
    office.sim.run_ms(5_000);
    assert_eq!(referred(&office, "202"), [200]);
    assert_talk(&mut office, "201", "203");
    office.hang_up("203");
    office.until_over("201");
    assert_eq!(records(&office), ["201,202,I,202,X,203"]);
    office.assert_nothing_left();
}

/// R29: what fails leaves the calls as they were, and who asked hears why.
#[test]
fn r29_nobody_answers_and_the_two_talk_on() {
    for (behaviour, status) in [
        (Behaviour::Busy, 486),
        (Behaviour::Reject(603), 603),
        (Behaviour::Ring, 480),
        (Behaviour::Silent, 408),
    ] {
        let mut office = office(5, &[]);
        office.behaves("203", behaviour);
        talking(&mut office, "201", "202");
        transfer(&mut office, "202", "203");
        office.sim.run_ms(100_000);
        assert_eq!(referred(&office, "202").last(), Some(&status), "{behaviour:?}");
        assert_talk(&mut office, "201", "202");
        office.hang_up("201");
        office.until_over("202");
        office.assert_nothing_left();
    }
}

/// R29, R3: what policy denies changes nothing, is told at once, and noted down.
#[test]
fn r29_a_denied_transfer_leaves_the_calls_as_they_were() {
    let no_transfer = ("features = [\"transfer\", ", "features = [");
    for (changes, number, rule, status) in [
        (&[no_transfer][..], "203", "cos.feature", 403),
        (&[], "202", "call.self", 403),
        (&[], "201", "call.self", 403),
        (&[], "299", "number.vacant", 404),
        (&[], "9555", "number.incomplete", 484),
    ] {
        let mut office = office(6, changes);
        talking(&mut office, "201", "202");
        transfer(&mut office, "202", number);
        office.sim.run_ms(2_000);
        assert_eq!((refused(&office, "202"), last_rule(&office)), (Some(status), rule), "{number}");
        assert!(referred(&office, "202").is_empty());
        // The record names who asked, and who was to be transferred.
        let decision = office.sim.decisions.last().expect("it was decided");
        let behalf = Behalf { feature: Feature::Transfer, party: Party::Device(0) };
        assert_eq!((decision.from, decision.behalf), (Party::Device(1), Some(behalf)));
        assert_talk(&mut office, "201", "202");
        office.hang_up("201");
        office.until_over("202");
        office.assert_nothing_left();
    }
}

/// R29, R31: the matrix is asked from who is transferred, before anything is split; an administrator can grant an exception.
#[test]
fn r29_r31_interconnect_restriction_is_asked_from_the_transferee() {
    let leave =
        ("features = [\"transfer\", ", "features = [\"transfer\", \"override-interconnect-on-transfer\", ");
    for (changes, joined) in [(&[][..], false), (&[leave][..], true)] {
        for attended in [false, true] {
            let mut office = office(7, changes);
            // 204 may not reach 205; 201 may reach both.
            talking(&mut office, "204", "201");
            hand_over(&mut office, attended, "201", "205");
            office.sim.run_ms(5_000);
            if joined {
                assert_talk(&mut office, "204", "205");
                office.hang_up("204");
                office.until_over("205");
            } else {
                assert_eq!(
                    (refused(&office, "201"), last_rule(&office)),
                    (Some(403), Rule::Interconnect.name())
                );
                assert_eq!(office.sim.phone(office.phones[0]).calls_up(), if attended { 2 } else { 1 });
                for _ in 0..2 {
                    office.hang_up("201");
                    office.sim.run_ms(500);
                }
            }
            office.assert_nothing_left();
        }
    }
}

/// R25, R32: a public trunk is joined with a public trunk only with leave of both; no override waives that.
#[test]
fn r32_public_trunks_are_not_joined_by_a_transfer() {
    let leave =
        ("features = [\"transfer\", ", "features = [\"transfer\", \"override-interconnect-on-transfer\", ");
    let both = (
        "name = \"Public trunks\"\nfeatures = [",
        "name = \"Public trunks\"\nfeatures = [\"public-to-public\", ",
    );
    for (changes, joined) in [(&[leave][..], false), (&[leave, both][..], true)] {
        for attended in [false, true] {
            let mut office = office(8, changes);
            talking(&mut office, "201", "95550123");
            hand_over(&mut office, attended, "201", "95550199");
            office.sim.run_ms(5_000);
            assert_eq!(last_rule(&office), if joined { "route" } else { "public-to-public" });
            let carrier = office.carrier;
            assert_eq!(office.sim.phone(carrier).calls_up(), 1 + usize::from(attended || joined));
            assert_eq!(
                office.sim.phone(office.phones[0]).calls_up(),
                if joined { 0 } else { 1 + usize::from(attended) }
            );
            office.sim.with(carrier, |phone, now| phone.hang_up(now));
            office.sim.run_ms(2_000);
            if joined {
                // R86: one record for each trunk, both with the same identifier.
                let transfer = if attended { "T" } else { "X" };
                let expected =
                    ["95550123", "95550199"].map(|dialed| format!("201,{dialed},A,T001,{transfer},T001"));
                assert_eq!(records(&office), expected);
                let numbers: Vec<_> = office.sim.records.iter().map(|record| record.call).collect();
                assert_eq!(numbers[0], numbers[1]);
            }
            for _ in 0..2 {
                office.hang_up("201");
                office.sim.run_ms(500);
            }
            office.assert_nothing_left();
        }
    }
}

/// R88: of a call over a trunk and one inside, the former goes on and has one record, with the other as third party. The call
/// inside has its own, where those are wanted.
#[test]
fn r88_the_call_over_the_trunk_has_the_record() {
    for (first, second, expected) in [
        ("203", "95550123", ["201,203,I,203,T,T001", "201,95550123,A,T001,T,203"]),
        ("95550123", "203", ["201,203,I,203,T,T001", "201,95550123,A,T001,T,203"]),
    ] {
        let mut office = office(9, &[]);
        talking(&mut office, "201", first);
        talking(&mut office, "201", second);
        join(&mut office, "201");
        office.sim.run_ms(5_000);
        assert_eq!(referred(&office, "201"), [200]);
        office.hang_up("203");
        office.sim.run_ms(2_000);
        assert_eq!(records(&office), expected);
        office.assert_nothing_left();
    }
}

/// Who has asked may hang up at once: the transfer goes on by itself; if it fails, who asked is rung again.
#[test]
fn who_has_left_is_recalled_if_nobody_answers() {
    for (behaviour, recalled) in [(Behaviour::Answer { after_ms: 2_000 }, false), (Behaviour::Busy, true)] {
        let mut office = office(10, &[]);
        office.behaves("203", behaviour);
        talking(&mut office, "201", "202");
        transfer(&mut office, "202", "203");
        office.sim.run_ms(15);
        office.hang_up("202");
        office.sim.run_ms(10_000);
        let with = if recalled { "202" } else { "203" };
        assert_talk(&mut office, "201", with);
        office.hang_up("201");
        office.until_over(with);
        office.assert_nothing_left();
    }
}

#[test]
fn a_recall_that_is_not_answered_ends_the_call() {
    let mut office = office(11, &[]);
    office.behaves("203", Behaviour::Ring);
    talking(&mut office, "201", "202");
    transfer(&mut office, "202", "203");
    office.sim.run_ms(1_000);
    office.hang_up("202");
    office.behaves("202", Behaviour::Ring);
    office.until_over("201");
    office.assert_nothing_left();
}

/// Who is transferred hangs up while the other rings.
#[test]
fn nobody_rings_for_who_has_left() {
    for leaves in [false, true] {
        let mut office = office(12, &[]);
        office.behaves("203", Behaviour::Ring);
        talking(&mut office, "201", "202");
        transfer(&mut office, "202", "203");
        office.sim.run_ms(1_000);
        if leaves {
            office.hang_up("202");
            office.sim.run_ms(500);
        }
        office.hang_up("201");
        office.until_over("203");
        office.assert_nothing_left();
    }
}

/// Law 4: an emergency number is reached by a transfer like from everywhere, and no COS is asked.
#[test]
fn whoever_is_transferred_to_an_emergency_centre_gets_there() {
    let mut office = office(13, &[("features = [\"transfer\", ", "features = [")]);
    talking(&mut office, "201", "202");
    transfer(&mut office, "202", "911");
    office.sim.run_ms(5_000);
    assert_eq!(referred(&office, "202"), [100, 180, 200]);
    let carrier = office.carrier;
    assert_eq!(office.sim.phone(carrier).calls_up(), 1);
    office.hang_up("201");
    office.sim.run_ms(1_000);
    office.assert_nothing_left();
}

/// Law 4: every way is tried.
#[test]
fn r66_an_emergency_centre_is_tried_on_every_way() {
    let mut office = office(14, &[]);
    let carrier = office.carrier;
    office.sim.phone(carrier).config.behaviour = Behaviour::Reject(503);
    talking(&mut office, "201", "202");
    transfer(&mut office, "202", "911");
    office.sim.run_ms(5_000);
    let other = office.other;
    assert_eq!(office.sim.phone(other).calls_up(), 1);
    office.hang_up("201");
    office.sim.run_ms(1_000);
    office.assert_nothing_left();
}

/// Outsiders: who cannot prove who it is, names dialogs that are not its own, or says that somebody else refers.
#[test]
fn nobody_transfers_what_is_not_its_own() {
    let mut office = office(15, &[]);
    talking(&mut office, "201", "202");
    let id = office.phone("202");
    for (target, more, status) in [
        ("<sip:203@h?Replaces=nobody%3Bto-tag%3D1%3Bfrom-tag%3D2>", "", 481),
        ("<sip:203@h?Replaces=broken>", "", 400),
        ("<tel:203>", "", 416),
        ("<sip:203@h;method=BYE>", "", 603),
        ("<sip:203@h>", "Refer-To: <sip:204@h>\r\n", 400),
        ("<sip:203@h>", "Referred-By: <sip:201@h>\r\n", 403),
    ] {
        office.sim.events.clear();
        office.sim.with(id, |phone, now| phone.refer(now, target, more));
        office.sim.run_ms(1_000);
        assert_eq!(refused(&office, "202"), Some(status), "{target} {more}");
    }
    // Another's dialog, known by whatever way, is not its own.
    talking(&mut office, "203", "204");
    let other = office.phone("203");
    office.sim.phone(id).config.password = "wrong".to_owned();
    office.sim.events.clear();
    transfer(&mut office, "202", "203");
    office.sim.run_ms(2_000);
    assert_eq!(refused(&office, "202"), Some(401));
    let _ = other;
    assert_talk(&mut office, "201", "202");
    for dn in ["201", "203"] {
        office.hang_up(dn);
    }
    office.assert_nothing_left();
}

/// A phone that encrypts with this key.
fn encrypts(office: &mut Office, dn: &str, key: char) {
    let id = office.phone(dn);
    let config = &mut office.sim.phone(id).config;
    config.profile = "RTP/SAVP".to_owned();
    config.attributes =
        vec![format!("crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{}", key.to_string().repeat(40))];
}

/// R94: where SRTP is required, nobody tells a new peer a key that the old one knows.
#[test]
fn r94_a_key_is_not_told_to_a_second_peer() {
    let required: Vec<_> = ["201", "202", "203"]
        .map(|dn| (format!("dn = \"{dn}\""), format!("dn = \"{dn}\"\nsrtp = \"required\"")))
        .into();
    let required: Vec<_> = required.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
    for attended in [false, true] {
        for new_key in [true, false] {
            let mut office = office(16, &required);
            for (dn, key) in [("201", 'A'), ("202", 'B'), ("203", 'C')] {
                encrypts(&mut office, dn, key);
            }
            talking(&mut office, "201", "202");
            if attended {
                talking(&mut office, "202", "203");
            }
            if new_key {
                encrypts(&mut office, "201", 'D');
                encrypts(&mut office, "203", 'E');
            }
            if attended {
                join(&mut office, "202");
            } else {
                transfer(&mut office, "202", "203");
            }
            office.sim.run_ms(6_000);
            if new_key {
                assert_talk(&mut office, "201", "203");
                office.hang_up("201");
                office.until_over("203");
            } else {
                let id = office.phone("201");
                let ended = office.sim.told(id).into_iter().find_map(|event| match event {
                    PhoneEvent::Ended { reason, .. } => Some(reason),
                    _ => None,
                });
                assert!(
                    ended.is_some_and(|reason| reason.contains("srtp.old-key")),
                    "{}",
                    office.sim.ladder.render()
                );
            }
            office.assert_nothing_left();
        }
    }
}

/// Where nobody requires SRTP an old key is better than none.
#[test]
fn r94_an_old_key_passes_where_srtp_is_only_preferred() {
    let mut office = office(17, &[]);
    for (dn, key) in [("201", 'A'), ("202", 'B'), ("203", 'C')] {
        encrypts(&mut office, dn, key);
    }
    talking(&mut office, "201", "202");
    transfer(&mut office, "202", "203");
    office.sim.run_ms(6_000);
    assert_talk(&mut office, "201", "203");
    office.hang_up("201");
    office.until_over("203");
    office.assert_nothing_left();
}

/// Datagrams are lost, doubled and late: it ends well or is cleared, and nothing is left.
#[test]
fn transfers_stand_loss() {
    let mut done = 0;
    for seed in 0..60 {
        let mut office = office(100 + seed, &[]);
        talking(&mut office, "201", "202");
        let attended = seed % 2 == 1;
        if attended {
            talking(&mut office, "202", "203");
        }
        office.sim.network = Network::bad(250);
        if attended {
            join(&mut office, "202");
        } else {
            transfer(&mut office, "202", "203");
        }
        office.sim.run_ms(60_000);
        office.sim.network = Network::GOOD;
        office.sim.run_ms(60_000);
        done += usize::from(referred(&office, "202").contains(&200));
        for dn in ["201", "202", "203"] {
            for _ in 0..2 {
                office.hang_up(dn);
                office.sim.run_ms(1_000);
            }
        }
        office.assert_nothing_left();
    }
    assert!(done > 40, "{done} transfers of 60 were done");
}

const ZONES: &str = "[[zone]]\nname = \"home\"\n[[media_path]]\nbetween = [\"default\", \"home\"]\npath = \"anchored\"\n[media]\nrtpengine = \"127.0.0.1:2223\"\n";

/// Domain 10.3: the path is chosen anew for the two who are joined, whichever way the others' media went.
#[test]
fn the_path_is_chosen_anew_and_no_pinhole_or_relay_is_left() {
    // Who is at home, and whether media goes over the relay before and after.
    for (home, before, after) in [("202", true, false), ("203", false, true), ("201", true, true)] {
        for attended in [false, true] {
            let dn = format!("dn = \"{home}\"");
            let zone = format!("{dn}\nzone = \"home\"");
            let mut office = office(18, &[(&dn, &zone), ("", ZONES)]);
            talking(&mut office, "201", "202");
            let relayed = |office: &Office| office.sim.relay.sessions().count();
            assert_eq!(relayed(&office) > 0, before, "{home}");
            hand_over(&mut office, attended, "202", "203");
            office.sim.run_ms(10_000);
            assert_eq!(referred(&office, "202").last(), Some(&200), "{home}");
            assert_eq!(relayed(&office), usize::from(after), "{home} {}", office.sim.ladder.render());
            let pinholes = office.sim.pinholes.iter().count();
            assert_eq!(pinholes, if after { 4 } else { 2 }, "{home}");
            if !after {
                assert_talk(&mut office, "201", "203");
            }
            office.hang_up("201");
            office.until_over("203");
            office.assert_nothing_left();
        }
    }
}

/// The session of who is transferred is changed just when the other answers: the answer waits, and is sent again.
#[test]
fn an_answer_that_crosses_a_change_waits_for_it() {
    for asks in ["201", "202"] {
        for after_ms in (1_900..2_120).step_by(10) {
            let mut office = office(19, &[]);
            talking(&mut office, "201", "202");
            transfer(&mut office, "202", "203");
            office.sim.run_ms(after_ms);
            office.ask(asks, Ask::Same);
            office.sim.run_ms(10_000);
            assert_eq!(referred(&office, "202").last(), Some(&200), "{asks} {after_ms}");
            assert_talk(&mut office, "201", "203");
            office.hang_up("201");
            office.until_over("203");
            office.assert_nothing_left();
        }
    }
}

/// The limit of a call holds for who was joined: `[limits] trunk_call_minutes` here.
#[test]
fn a_limit_goes_on_after_a_transfer() {
    let mut office = office(20, &[("[smdr]", "[limits]\ntrunk_call_minutes = 2\n[smdr]")]);
    talking(&mut office, "201", "95550123");
    office.sim.run_ms(60_000);
    talking(&mut office, "201", "202");
    join(&mut office, "201");
    office.sim.run_ms(30_000);
    let carrier = office.carrier;
    assert_eq!(office.sim.phone(carrier).calls_up(), 1);
    office.sim.run_ms(31_000);
    assert_eq!(office.sim.phone(carrier).calls_up(), 0, "two minutes after the first answer");
    assert_eq!(last_rule(&office), "limit.duration");
    office.assert_nothing_left();
}

/// R66, R71: the ways are those of the place where it was dialed, from the first to the last.
#[test]
fn r71_every_way_of_the_transferors_zone_is_tried() {
    let zone = "[[route_list]]\nid = 8\nchoices = [ { route = 10 }, { route = 9 } ]\n[[zone]]\nname = \"home\"\nemergency = { list = 8 }\n";
    for moved in [false, true] {
        let at_home = if moved { "dn = \"202\"" } else { "dn = \"202\"\nzone = \"home\"" };
        let subnets = if moved { "subnets = [\"10.0.1.2/32\"]\n" } else { "" };
        let notified = "[emergency]\nnotify = [\"203\"]\n";
        let mut office = office(21, &[("dn = \"202\"", at_home), ("", zone), ("", subnets), ("", notified)]);
        let (carrier, other) = (office.carrier, office.other);
        office.sim.phone(other).config.behaviour = Behaviour::Reject(503);
        talking(&mut office, "201", "202");
        transfer(&mut office, "202", "911");
        office.sim.run_ms(5_000);
        let called = |office: &Office, id| {
            let incoming = |event: &PhoneEvent| matches!(event, PhoneEvent::Incoming { .. });
            office.sim.told(id).iter().filter(|event| incoming(event)).count()
        };
        assert_eq!((called(&office, other), called(&office, carrier)), (1, 1), "moved: {moved}");
        assert_eq!(office.sim.phone(carrier).calls_up(), 1);
        // R70: who dialed, and what, is told.
        let told = office.sim.told(office.phone("203")).into_iter().find_map(|event| match event {
            PhoneEvent::Message(text) => Some(text),
            _ => None,
        });
        let told = told.expect("203 is told");
        assert!(told.contains("From: 202") && told.contains("Dialed: 911"), "{told}");
        office.hang_up("201");
        office.sim.run_ms(1_000);
        office.assert_nothing_left();
    }
}

/// Law 5, R29: whose media could not meet is not joined, and they talk on as they did.
#[test]
fn r29_two_whose_media_cannot_meet_are_not_joined() {
    let required = ("dn = \"201\"", "dn = \"201\"\nsrtp = \"required\"");
    let off = ("dn = \"203\"", "dn = \"203\"\nsrtp = \"off\"");
    let away = ("dn = \"203\"", "dn = \"203\"\nzone = \"away\"");
    let apart = (
        "",
        "[[zone]]\nname = \"away\"\n[[media_path]]\nbetween = [\"default\", \"away\"]\npath = \"none\"\n",
    );
    // 202 is near to both.
    let near = ("dn = \"202\"", "dn = \"202\"\nzone = \"near\"");
    let zone = ("", "[[zone]]\nname = \"near\"\n");
    for (changes, why) in
        [(vec![required, off], "srtp.mismatch"), (vec![away, near, zone, apart], "media.no-path")]
    {
        for attended in [false, true] {
            let mut office = office(22, &changes);
            if why == "srtp.mismatch" {
                encrypts(&mut office, "201", 'A');
                encrypts(&mut office, "202", 'B');
            }
            talking(&mut office, "201", "202");
            if attended && why == "srtp.mismatch" {
                let id = office.phone("202");
                let config = &mut office.sim.phone(id).config;
                (config.profile, config.attributes) = ("RTP/AVP".to_owned(), Vec::new());
            }
            hand_over(&mut office, attended, "202", "203");
            office.sim.run_ms(6_000);
            let heard =
                if attended { refused(&office, "202") } else { referred(&office, "202").last().copied() };
            assert_eq!(heard, Some(488), "{why} {attended} {}", office.sim.ladder.render());
            let talk = office.phone("201");
            assert_eq!(office.sim.phone(talk).calls_up(), 1, "{why} {attended}");
            for dn in ["202", "202", "201"] {
                office.hang_up(dn);
                office.sim.run_ms(1_000);
            }
            office.assert_nothing_left();
        }
    }
}
