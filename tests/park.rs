//! Park: who is transferred to the park code waits until somebody who may takes it back (R36), or who parked it is rung again.

use crate::office;

use office::{Office, assert_talk, assert_trace, last_denial, records};
use strowger::policy::{Behalf, Feature, Party, Rule};
use strowger_testkit::phone::{Ask, Behaviour, PhoneEvent};
use strowger_testkit::sim::Network;

const STAFF: (&str, &str) = (
    "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
    "features = [\"park\", \"pickup\", \"smdr-external\", \"smdr-internal\"]",
);
const CODES: (&str, &str) = (
    "",
    "[features]\npark = \"*70\"\npark_retrieve = \"*71\"\npickup = \"*8\"\n[[pickup_group]]\nid = 1\nmembers = [\"202\", \"203\"]\n",
);

fn office(seed: u64, changes: &[(&str, &str)]) -> Office {
    let changes: Vec<_> = [STAFF, CODES].iter().chain(changes).copied().collect();
    Office::changed(seed, &changes)
}

/// `a` calls `b`, they talk, and `by`, one of them, parks the other.
fn parked(office: &mut Office, (a, b): (&str, &str), by: &str, code: &str) {
    office.call(a, b);
    office.until_talks(a);
    office.sim.run_ms(500);
    office.sim.ladder.clear();
    office.sim.events.clear();
    park(office, by, code);
}

fn park(office: &mut Office, by: &str, code: &str) {
    let id = office.phone(by);
    office.sim.with(id, |phone, now| phone.transfer(now, code));
    office.sim.run_ms(500);
}

fn up(office: &mut Office, dn: &str) -> usize {
    let id = office.phone(dn);
    office.sim.phone(id).calls_up()
}

fn statuses(office: &Office, dn: &str) -> Vec<u16> {
    let told = office.sim.told(office.phone(dn)).into_iter();
    let status = |event| match event {
        PhoneEvent::Answered { status, .. } | PhoneEvent::Referred { status } => Some(status),
        _ => None,
    };
    told.filter_map(status).collect()
}

#[test]
fn a_parked_party_is_taken_back_from_another_phone() {
    let mut office = office(1, &[]);
    parked(&mut office, ("201", "202"), "202", "*70");
    assert_eq!((up(&mut office, "201"), up(&mut office, "202")), (1, 0));
    office.call("203", "*71202");
    office.sim.run_ms(1_000);
    assert_trace(
        &office.trace(),
        "202 -> exchange: REFER
         exchange -> 202: 202 Accepted (REFER)
         exchange -> 202: NOTIFY 202
         exchange -> 202: NOTIFY 202
         exchange -> 202: BYE
         202: answered: 202
         202 -> exchange: 200 OK (NOTIFY)
         202: hears of its transfer: 100
         202 -> exchange: 200 OK (NOTIFY)
         202: hears of its transfer: 200
         202 -> exchange: 200 OK (BYE)
         202: over: 200
         203 -> exchange: INVITE *71202 +sdp
         exchange -> 203: 200 OK (INVITE) +sdp
         exchange: internal
         203 -> exchange: ACK
         203: talks
         exchange -> 203: INVITE 203
         203 -> exchange: 200 OK (INVITE) +sdp
         exchange -> 201: INVITE 201 +sdp
         201 -> exchange: 200 OK (INVITE) +sdp
         exchange -> 201: ACK
         exchange -> 203: ACK +sdp
         201: changed
         203: changed",
    );
    assert_talk(&mut office, "201", "203");
    office.hang_up("203");
    office.until_over("201");
    assert_eq!(records(&office), ["201,202,I,202,X,203"]);
    office.assert_nothing_left();
}

/// At the own number nothing is dialed behind either code; at another's its number is.
#[test]
fn a_party_waits_at_the_number_that_was_named() {
    for (code, by, back) in [("*70", "202", "*71"), ("*70205", "203", "*71205"), ("*70205", "205", "*71")] {
        let mut office = office(2, &[]);
        parked(&mut office, ("201", "202"), "202", code);
        assert_eq!(office.refused("204", "*71").0, 480);
        office.call(by, back);
        office.sim.run_ms(1_000);
        assert_talk(&mut office, "201", by);
        office.hang_up("201");
        office.until_over(by);
        office.assert_nothing_left();
    }
}

#[test]
fn who_was_called_and_put_on_hold_is_parked_too() {
    let mut office = office(3, &[]);
    office.call("202", "201");
    office.until_talks("202");
    office.sim.run_ms(500);
    office.ask("202", Ask::Hold);
    office.sim.run_ms(500);
    park(&mut office, "202", "*70");
    office.call("203", "*71202");
    office.sim.run_ms(1_000);
    assert_talk(&mut office, "203", "201");
    office.hang_up("201");
    office.until_over("203");
    assert_eq!(records(&office), ["202,201,I,201,X,203"]);
    office.assert_nothing_left();
}

#[test]
fn of_two_who_wait_at_a_number_who_came_first_is_taken_first() {
    let mut office = office(4, &[]);
    parked(&mut office, ("201", "202"), "202", "*70");
    parked(&mut office, ("204", "202"), "202", "*70");
    for (by, first) in [("203", "201"), ("205", "204")] {
        if by == "205" {
            // 204 may not reach 205 (R36).
            assert_eq!(office.refused(by, "*71202").0, 403);
            continue;
        }
        office.call(by, "*71202");
        office.sim.run_ms(1_000);
        assert_talk(&mut office, first, by);
    }
    for dn in ["201", "204"] {
        office.hang_up(dn);
        office.sim.run_ms(500);
    }
    office.assert_nothing_left();
}

/// R36: who may not be joined with who waits does not get it; it waits on, and who may takes it.
#[test]
fn r36_a_denied_retrieval_leaves_the_call_parked() {
    let mut office = office(5, &[]);
    parked(&mut office, ("204", "202"), "202", "*70");
    assert_eq!(office.refused("205", "*71202").0, 403);
    let behalf = Some(Behalf { feature: Feature::Retrieve, party: Party::Device(3) });
    assert_eq!(last_denial(&office), Some((Rule::Interconnect, Party::Device(4), behalf)));
    assert_eq!(office.refused("206", "*71202").0, 403);
    assert_eq!(last_denial(&office).map(|(rule, _, _)| rule), Some(Rule::CosNone));
    assert_eq!(office.refused("203", "*71299").0, 404);
    assert_eq!(up(&mut office, "204"), 1);
    office.call("203", "*71202");
    office.sim.run_ms(1_000);
    assert_talk(&mut office, "204", "203");
    office.hang_up("204");
    office.until_over("203");
    office.assert_nothing_left();
}

/// R36, two readings: who waits had been called, so whoever takes it reaches it; the open one asks from who waits only.
#[test]
fn r36_who_had_been_called_is_reached_by_who_takes_it_back() {
    let open = ("profile = \"strict\"\n", "profile = \"strict\"\n[system.rules]\nr36 = \"open\"\n");
    let ordered = ("default_cesid = \"6135550100\"\ndefault_location = \"1 Elm Street\"\n", "");
    let whole =
        ("[system]\n", "[system]\ndefault_cesid = \"6135550100\"\ndefault_location = \"1 Elm Street\"\n");
    for (changes, joined) in [(&[][..], false), (&[ordered, whole, open][..], true)] {
        let mut office = office(6, changes);
        // 201 calls 205, whom 204 may not call.
        parked(&mut office, ("201", "205"), "201", "*70");
        office.call("204", "*71201");
        office.sim.run_ms(1_000);
        assert_eq!(up(&mut office, "204"), usize::from(joined));
        if joined {
            assert_talk(&mut office, "204", "205");
        } else {
            assert_eq!(last_denial(&office).map(|(rule, _, _)| rule), Some(Rule::Interconnect));
        }
        office.hang_up("205");
        office.sim.run_ms(1_000);
        office.assert_nothing_left();
    }
}

/// R29, R80: who may not park keeps its call, is told why, and the record names both.
#[test]
fn who_may_not_park_keeps_its_call() {
    let no_park = ("features = [\"park\", ", "features = [");
    for (changes, code, rule, status) in [
        (&[no_park][..], "*70", Rule::CosFeature, 403),
        (&[], "*70299", Rule::NumberVacant, 404),
        (&[], "*7091", Rule::NumberVacant, 404),
        // Nothing that could be meant for the own number.
        (&[], "*70x", Rule::NumberInvalid, 404),
    ] {
        let mut office = office(7, changes);
        parked(&mut office, ("201", "202"), "202", code);
        assert_eq!(statuses(&office, "202"), [status]);
        let behalf = Some(Behalf { feature: Feature::Park, party: Party::Device(0) });
        assert_eq!(last_denial(&office), Some((rule, Party::Device(1), behalf)));
        assert_talk(&mut office, "201", "202");
        // Who calls the code has nobody to park.
        assert_eq!(office.refused("203", "*70").0, 404);
        office.hang_up("201");
        office.until_over("202");
        office.assert_nothing_left();
    }
}

/// The timer `hold_recall` of who parked: it is rung again, and what it does then decides.
#[test]
fn who_parked_is_rung_again_in_time() {
    for (behaviour, talks) in
        [(Behaviour::Answer { after_ms: 1_000 }, true), (Behaviour::Busy, false), (Behaviour::Ring, false)]
    {
        let mut office = office(8, &[]);
        parked(&mut office, ("201", "202"), "202", "*70");
        office.behaves("202", behaviour);
        office.sim.run_ms(29_000);
        assert_eq!((up(&mut office, "201"), up(&mut office, "202")), (1, 0));
        office.sim.run_ms(4_000);
        if talks {
            assert_talk(&mut office, "201", "202");
            office.hang_up("201");
        } else {
            office.sim.run_ms(61_000);
            assert_eq!(up(&mut office, "201"), 0, "nobody is left alone");
        }
        office.assert_nothing_left();
        assert_eq!(records(&office), ["201,202,I,202,,"]);
    }
}

/// While who parked is rung, another may take the call there.
#[test]
fn a_recall_is_picked_up() {
    let mut office = office(9, &[]);
    parked(&mut office, ("201", "202"), "202", "*70");
    office.behaves("202", Behaviour::Ring);
    office.sim.run_ms(31_000);
    office.call("203", "*8");
    office.sim.run_ms(1_000);
    assert_talk(&mut office, "201", "203");
    office.hang_up("201");
    office.until_over("203");
    assert_eq!(records(&office), ["201,202,I,202,X,203"]);
    office.assert_nothing_left();
}

#[test]
fn who_hangs_up_while_it_waits_is_gone() {
    let mut office = office(10, &[]);
    parked(&mut office, ("201", "202"), "202", "*70");
    office.hang_up("201");
    office.until_over("201");
    assert_eq!(office.refused("203", "*71202").0, 480);
    office.assert_nothing_left();
    assert_eq!(records(&office), ["201,202,I,202,,"]);
}

/// Who waits is not lost where its taker goes away at any moment: who parked it is rung.
#[test]
fn a_taker_that_hangs_up_leaves_the_party_to_who_parked_it() {
    for late_ms in [5, 15, 25, 35, 45] {
        let mut office = office(11, &[]);
        parked(&mut office, ("201", "202"), "202", "*70");
        office.call("203", "*71202");
        office.sim.run_ms(late_ms);
        office.hang_up("203");
        office.sim.run_ms(6_000);
        if up(&mut office, "201") == 1 {
            assert_talk(&mut office, "201", "202");
            office.hang_up("201");
            office.sim.run_ms(1_000);
        }
        for dn in ["201", "202", "203"] {
            assert_eq!(up(&mut office, dn), 0, "after {late_ms} ms");
        }
        office.assert_nothing_left();
    }
}

/// R88: the record of a call over a trunk goes on, with who took it back; who dialed it pays.
#[test]
fn r88_a_call_over_a_trunk_that_was_parked_has_one_record() {
    let mut office = office(12, &[]);
    parked(&mut office, ("201", "95550123"), "201", "*70");
    office.call("202", "*71201");
    office.sim.run_ms(2_000);
    assert_eq!((up(&mut office, "201"), up(&mut office, "202")), (0, 1));
    office.hang_up("202");
    office.sim.run_ms(1_000);
    assert_eq!(records(&office), ["201,95550123,A,T001,X,202"]);
    office.assert_nothing_left();
}

/// Law 4: a call for help is not left to wait.
#[test]
fn a_call_for_help_is_not_parked() {
    let mut office = office(13, &[]);
    parked(&mut office, ("201", "911"), "201", "*70");
    assert_eq!(statuses(&office, "201"), [491]);
    assert_eq!(up(&mut office, "201"), 1);
    office.hang_up("201");
    office.sim.run_ms(1_000);
    office.assert_nothing_left();
}

/// A quarter of all datagrams is lost, doubled or late.
#[test]
fn parking_over_a_bad_network_comes_to_an_end() {
    let mut done = 0;
    for seed in 0..60 {
        let mut office = office(1_000 + seed, &[]);
        parked(&mut office, ("201", "202"), "202", "*70");
        office.sim.network = Network::bad(250);
        office.call("203", "*71202");
        office.sim.run_ms(60_000);
        office.sim.network = Network::GOOD;
        office.sim.run_ms(60_000);
        done += usize::from(up(&mut office, "201") == 1 && up(&mut office, "203") == 1);
        for dn in ["201", "202", "203"] {
            office.hang_up(dn);
            office.sim.run_ms(1_000);
        }
        office.assert_nothing_left();
    }
    assert!(done > 40, "{done} of 60 were taken back");
}
