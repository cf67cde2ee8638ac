//! Hunt groups of kind `ring-all`: every member that this caller may reach (R36) rings at once; who answers first has the call, and
//! the others are let go.

use crate::office;

use office::{Office, assert_talk, assert_trace, last_denial, records};
use proptest::prelude::*;
use std::collections::BTreeSet;
use strowger::policy::{Behalf, Feature, Party, Rule};
use strowger_testkit::phone::{Behaviour, PhoneEvent};
use strowger_testkit::sim::Network;

/// The group's row: it comes after the seven phones.
const GROUP: Party = Party::Device(7);

fn group(members: &str, more: &str) -> String {
    format!("[[hunt_group]]\ndn = \"600\"\nkind = \"ring-all\"\nmembers = [{members}]\n{more}\n")
}

fn office(seed: u64, groups: &str) -> Office {
    Office::changed(seed, &[("", groups)])
}

/// Who was sent an INVITE.
fn rung(office: &mut Office) -> BTreeSet<String> {
    let lines = office.trace();
    let invited = lines.lines().filter_map(|line| line.trim().strip_prefix("exchange -> "));
    invited.filter_map(|line| line.split_once(": INVITE ")).map(|(dn, _)| dn.to_owned()).collect()
}

#[test]
fn all_members_ring_at_once_and_the_first_to_answer_has_the_call() {
    let mut office = office(1, &group("\"202\", \"203\"", ""));
    office.behaves("202", Behaviour::Ring);
    office.call("201", "600");
    office.until_talks("201");
    office.sim.run_ms(500);
    assert_trace(
        &office.trace(),
        "201 -> exchange: INVITE 600 +sdp
         exchange -> 201: 100 Trying (INVITE)
         exchange -> 202: INVITE 202 +sdp
         exchange -> 203: INVITE 203 +sdp
         exchange: internal
         exchange: internal
         exchange: internal
         202 -> exchange: 180 Ringing (INVITE)
         202: called by 201
         203 -> exchange: 180 Ringing (INVITE)
         203: called by 201
         exchange -> 201: 180 Ringing (INVITE)
         exchange -> 201: 180 Ringing (INVITE)
         201: hears ringing
         201: hears ringing
         203 -> exchange: 200 OK (INVITE) +sdp
         exchange -> 201: 200 OK (INVITE) +sdp
         exchange -> 203: ACK
         exchange -> 202: CANCEL
         201 -> exchange: ACK
         201: talks
         203: talks
         202 -> exchange: 200 OK (CANCEL)
         202 -> exchange: 487 Request Terminated (INVITE)
         202: over: 487
         exchange -> 202: ACK",
    );
    assert_talk(&mut office, "201", "203");
    office.hang_up("201");
    office.until_over("203");
    assert_eq!(records(&office), ["201,600,I,203,,"]);
    office.assert_nothing_left();
}

/// Whoever it is that answers, in whatever order they were asked.
#[test]
fn any_member_can_have_the_call() {
    for member in ["202", "203", "205", "206"] {
        let mut office = office(2, &group("\"202\", \"203\", \"205\", \"206\"", ""));
        for dn in ["202", "203", "205", "206"] {
            office.behaves(
                dn,
                if dn == member { Behaviour::Answer { after_ms: 700 } } else { Behaviour::Ring },
            );
        }
        office.call("201", "600");
        office.until_talks("201");
        assert_talk(&mut office, "201", member);
        assert_eq!(rung(&mut office).len(), 4, "{}", office.trace());
        office.ends(member);
        assert_eq!(records(&office), [format!("201,600,I,{member},,")]);
        office.assert_nothing_left();
    }
}

/// Two answer in the same moment: one of them talks, the other is thanked and cleared (RFC 3261 section 15).
#[test]
fn when_two_answer_at_once_one_has_the_call_and_the_other_is_cleared() {
    let mut crossed = 0;
    for seed in 0..20 {
        let mut office = office(seed, &group("\"202\", \"203\"", ""));
        office.call("201", "600");
        office.until_talks("201");
        office.sim.run_ms(3_000);
        let took = if talks(&mut office, "202") { "202" } else { "203" };
        assert_talk(&mut office, "201", took);
        let other = if took == "202" { "203" } else { "202" };
        assert!(!talks(&mut office, other), "{}", office.trace());
        crossed += office.trace().matches(&format!("exchange -> {other}: BYE")).count();
        office.ends("201");
        assert_eq!(records(&office), [format!("201,600,I,{took},,")], "{}", office.trace());
        office.assert_nothing_left();
    }
    assert!(crossed > 0, "no answer has crossed a CANCEL");
}

/// Whether a phone is in a call still.
fn talks(office: &mut Office, dn: &str) -> bool {
    let id = office.phone(dn);
    let told = office.sim.told(id);
    let connected = told.iter().rposition(|event| matches!(event, PhoneEvent::Connected { .. }));
    let ended = told.iter().rposition(|event| matches!(event, PhoneEvent::Ended { .. }));
    connected.is_some() && ended < connected
}

#[test]
fn a_member_that_refuses_leaves_the_others_ringing() {
    for behaviour in [Behaviour::Busy, Behaviour::Reject(480), Behaviour::Reject(603), Behaviour::Move("206")]
    {
        for first in ["202", "203"] {
            let mut office = office(3, &group("\"202\", \"203\"", "busy_to = \"206\"\ncos = 1\ncor = 1"));
            office.behaves(first, behaviour);
            let other = if first == "202" { "203" } else { "202" };
            office.call("201", "600");
            office.until_talks("201");
            assert_talk(&mut office, "201", other);
            assert!(!rung(&mut office).contains("206"), "{}", office.trace());
            office.ends("201");
            office.assert_nothing_left();
        }
    }
}

#[test]
fn members_that_cannot_ring_are_passed_over() {
    // 207 is not registered, 202 talks, and nobody is called by itself.
    let mut office = office(4, &group("\"207\", \"202\", \"201\", \"203\", \"205\"", ""));
    office.call("202", "206");
    office.until_talks("202");
    office.sim.ladder.clear();
    office.behaves("203", Behaviour::Ring);
    office.call("201", "600");
    office.until_talks("201");
    assert_eq!(rung(&mut office), ["203", "205"].map(str::to_owned).into());
    office.ends("201");
    office.ends("202");
    office.assert_nothing_left();
}

/// R36: 204 has Interconnect Number 2, which may not reach 3, that of 205; asked member by member.
#[test]
fn r36_who_may_not_be_reached_by_this_caller_does_not_ring() {
    let mut all = office(5, &group("\"205\", \"203\"", ""));
    for (caller, expected) in [("201", vec!["203", "205"]), ("204", vec!["203"])] {
        all.sim.ladder.clear();
        all.call(caller, "600");
        all.until_talks(caller);
        let expected: BTreeSet<_> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(rung(&mut all), expected);
        all.ends(caller);
    }
    all.assert_nothing_left();
    let mut none = office(6, &group("\"205\"", "busy_to = \"203\"\ncos = 1\ncor = 1"));
    assert_eq!(none.refused("204", "600").0, 403);
    let behalf = Some(Behalf { feature: Feature::Hunt, party: Party::Device(3) });
    assert_eq!(last_denial(&none), Some((Rule::Interconnect, GROUP, behalf)));
    assert!(rung(&mut none).is_empty());
    none.assert_nothing_left();
}

#[test]
fn who_gives_up_has_every_member_let_go() {
    let mut office = office(7, &group("\"202\", \"203\", \"205\"", ""));
    for dn in ["202", "203", "205"] {
        office.behaves(dn, Behaviour::Ring);
    }
    office.call("201", "600");
    office.sim.run_ms(2_000);
    office.hang_up("201");
    office.sim.run_ms(2_000);
    let cancelled = office.trace().matches(": CANCEL").count();
    // That of the caller, and one for each member.
    assert_eq!(cancelled, 4, "{}", office.trace());
    assert_eq!(records(&office).len(), 1);
    office.assert_nothing_left();
}

/// Each rings as long as the group says; then the call goes where the group has such calls go.
#[test]
fn what_no_member_answers_goes_where_the_group_says() {
    let keys = "member_timeout_s = 3\nbusy_to = \"206\"\nno_answer_to = \"204\"\nout_of_service_to = \"205\"\ncos = 1\ncor = 1";
    let busy = (Behaviour::Busy, Behaviour::Busy, "206");
    let one_rang = (Behaviour::Ring, Behaviour::Busy, "204");
    let other_rang = (Behaviour::Busy, Behaviour::Ring, "204");
    let both_rang = (Behaviour::Ring, Behaviour::Ring, "204");
    let absent = (Behaviour::Reject(500), Behaviour::Reject(500), "205");
    for (first, second, takes) in [busy, one_rang, other_rang, both_rang, absent] {
        let mut office = office(8, &group("\"202\", \"203\"", keys));
        office.behaves("202", first);
        office.behaves("203", second);
        office.call("201", "600");
        office.until_talks(takes);
        assert_talk(&mut office, "201", takes);
        office.ends("201");
        assert_eq!(records(&office), [format!("201,{takes},I,{takes},,600")]);
        office.assert_nothing_left();
    }
}

/// Who takes the call of another takes it from all members (R36: asked for who takes it).
#[test]
fn a_call_that_rings_at_a_group_is_taken_by_group_pickup() {
    for rings in ["202", "205"] {
        let pickup =
            "[[pickup_group]]\nid = 1\nmembers = [\"RINGS\", \"203\"]\n[features]\npickup = \"*8\"\n";
        let more = pickup.replace("RINGS", rings);
        let feature =
            ("features = [\"hold\", \"smdr-external\"", "features = [\"pickup\", \"smdr-external\"");
        let mut office =
            Office::changed(9, &[("", &group("\"202\", \"205\", \"206\"", "")), ("", &more), feature]);
        for dn in ["202", "205", "206"] {
            office.behaves(dn, Behaviour::Ring);
        }
        office.call("201", "600");
        office.sim.run_ms(1_000);
        office.call("203", "*8");
        office.until_talks("203");
        office.sim.run_ms(2_000);
        assert_talk(&mut office, "201", "203");
        assert_eq!(office.trace().matches(": CANCEL").count(), 3, "{}", office.trace());
        office.ends("201");
        assert_eq!(records(&office).len(), 1);
        office.assert_nothing_left();
    }
}

/// Directed pickup by the number of the group, or of a member; and of nobody's where nobody rings.
#[test]
fn a_call_that_rings_at_a_group_is_taken_by_its_number() {
    for kind in ["ring-all", "linear"] {
        for (number, taken) in [("600", true), ("205", true), ("202", kind == "ring-all"), ("206", false)] {
            let codes = "[features]\ndirected_pickup = \"*9\"\n";
            let feature =
                ("features = [\"hold\", \"smdr-external\"", "features = [\"pickup\", \"smdr-external\"");
            let groups = group("\"205\", \"202\"", "").replace("ring-all", kind);
            let mut office = Office::changed(9, &[("", &groups), ("", codes), feature]);
            for dn in ["202", "205"] {
                office.behaves(dn, Behaviour::Ring);
            }
            office.call("201", "600");
            office.sim.run_ms(1_000);
            office.call("203", &format!("*9{number}"));
            if taken {
                office.until_talks("203");
                office.sim.run_ms(2_000);
                assert_talk(&mut office, "201", "203");
            } else {
                office.until_over("203");
            }
            office.ends("201");
            office.assert_nothing_left();
        }
    }
}

/// Messages are lost, doubled and late: every call comes to an end, and nothing is left.
#[test]
fn groups_over_a_bad_network_come_to_an_end() {
    let mut done = 0;
    for seed in 0..60 {
        let mut office = office(seed, &group("\"202\", \"203\", \"205\"", "member_timeout_s = 25"));
        office.behaves("203", Behaviour::Answer { after_ms: 1_900 });
        office.behaves("205", Behaviour::Ring);
        office.sim.network = Network::bad(250);
        office.call("201", "600");
        office.sim.run_ms(60_000);
        office.sim.network = Network::GOOD;
        office.sim.run_ms(60_000);
        let id = office.phone("201");
        done += usize::from(office.sim.phone(id).calls_up() == 1);
        office.hang_up("201");
        office.sim.run_ms(60_000);
        office.assert_nothing_left();
    }
    assert!(done > 40, "{done} calls of 60 were answered");
}

/// A model that knows nothing of the engine.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Does {
    Answer(u64),
    Ring,
    Busy,
    Fail,
}

/// Who may have the call in the end: nobody, or one of those who answer first.
fn expected(caller: &str, members: &[&str], does: &dyn Fn(&str) -> Does) -> BTreeSet<String> {
    let ring = |dn: &&&str| **dn != caller && !(caller == "204" && **dn == "205");
    let ringing: Vec<_> = members.iter().filter(ring).map(|dn| (*dn, does(dn))).collect();
    let soonest =
        ringing.iter().filter_map(|(_, does)| if let Does::Answer(ms) = does { Some(*ms) } else { None });
    if let Some(soonest) = soonest.min() {
        let first = ringing.iter().filter(|(_, does)| *does == Does::Answer(soonest));
        return first.map(|(dn, _)| (*dn).to_owned()).collect();
    }
    let has = |wanted: Does| ringing.iter().any(|(_, does)| *does == wanted);
    let to = match (has(Does::Ring), has(Does::Busy), has(Does::Fail)) {
        (true, ..) => "201",
        (false, true, _) => "202",
        (false, false, true) => "201",
        (false, false, false) => return BTreeSet::new(),
    };
    let takes = to != caller && matches!(does(to), Does::Answer(_));
    if takes { [to.to_owned()].into() } else { BTreeSet::new() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn any_group_rings_as_a_naive_model_says(
        members in proptest::sample::subsequence(vec!["201", "202", "203", "205", "206"], 1..=5).prop_shuffle(),
        does in proptest::collection::vec(prop_oneof![
            (1u64..=3).prop_map(|n| Does::Answer(n * 1_000)), Just(Does::Ring), Just(Does::Busy), Just(Does::Fail)], 6),
        caller in proptest::sample::select(vec!["201", "203", "204"]),
        seed in 0u64..1_000,
    ) {
        let list = members.iter().map(|dn| format!("\"{dn}\"")).collect::<Vec<_>>().join(", ");
        let more = "member_timeout_s = 4\nno_answer_to = \"201\"\nbusy_to = \"202\"\ncos = 1\ncor = 1";
        let mut office = office(seed, &group(&list, more));
        let of = |dn: &str| does[dn.as_bytes()[2] as usize - usize::from(b'1')];
        for dn in ["201", "202", "203", "204", "205", "206"] {
            office.behaves(dn, match of(dn) {
                Does::Answer(after_ms) => Behaviour::Answer { after_ms },
                Does::Ring => Behaviour::Ring,
                Does::Busy => Behaviour::Busy,
                Does::Fail => Behaviour::Reject(500),
            });
        }
        office.call(caller, "600");
        let may = expected(caller, &members, &of);
        if may.is_empty() {
            office.until_over(caller);
        } else {
            office.until_talks(caller);
            office.sim.run_ms(1_000);
            let record_of = |office: &Office| records(office).last().cloned();
            office.ends(caller);
            let record = record_of(&office).expect("a record");
            let took = record.split(',').nth(3).expect("a called party").to_owned();
            prop_assert!(may.contains(&took), "{took}, not one of {may:?}\n{}", office.trace());
        }
        office.assert_nothing_left();
    }
}
