//! Hunt groups: a call goes from member to member until one answers; a member is reached with the caller's Interconnect Number
//! (R36), and calls that nobody takes go on by the group's own classes.

use crate::office;

use office::{Office, assert_talk, assert_trace, last_denial, records};
use proptest::prelude::*;
use strowger::exchange::{Signal, Taken};
use strowger::policy::{Behalf, Feature, Party, Rule};
use strowger_testkit::phone::{Behaviour, PhoneConfig};

/// The group's row: it comes after the seven phones.
const GROUP: Party = Party::Device(7);

fn group(kind: &str, members: &str, more: &str) -> String {
    format!("[[hunt_group]]\ndn = \"600\"\nkind = \"{kind}\"\nmembers = [{members}]\n{more}\n")
}

fn office(seed: u64, groups: &str) -> Office {
    Office::changed(seed, &[("", groups)])
}

/// This caller is taken to that member, and both hang up.
#[track_caller]
fn reaches(office: &mut Office, caller: &str, member: &str) {
    office.call(caller, "600");
    office.until_talks(caller);
    assert_talk(office, caller, member);
    office.ends(caller);
}

#[test]
fn a_call_goes_from_member_to_member_until_one_answers() {
    let mut office = office(1, &group("linear", "\"202\", \"203\"", "member_timeout_s = 5"));
    office.behaves("202", Behaviour::Ring);
    office.call("201", "600");
    office.until_talks("201");
    office.sim.run_ms(500);
    assert_trace(
        &office.trace(),
        "201 -> exchange: INVITE 600 +sdp
         exchange -> 201: 100 Trying (INVITE)
         exchange -> 202: INVITE 202 +sdp
         exchange: internal
         exchange: internal
         202 -> exchange: 180 Ringing (INVITE)
         202: called by 201
         exchange -> 201: 180 Ringing (INVITE)
         201: hears ringing
         exchange -> 203: INVITE 203 +sdp
         exchange -> 202: CANCEL
         exchange: internal
         203 -> exchange: 180 Ringing (INVITE)
         203: called by 201
         202 -> exchange: 200 OK (CANCEL)
         202 -> exchange: 487 Request Terminated (INVITE)
         202: over: 487
         exchange -> 201: 180 Ringing (INVITE)
         exchange -> 202: ACK
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
    assert_eq!(records(&office), ["201,600,I,203,,"]);
    office.assert_nothing_left();
}

#[test]
fn each_call_begins_with_the_first_or_goes_round() {
    for (kind, expected) in [("linear", ["202", "202", "202"]), ("circular", ["202", "203", "202"])] {
        let mut office = office(2, &group(kind, "\"202\", \"203\"", ""));
        for member in expected {
            reaches(&mut office, "201", member);
        }
        office.assert_nothing_left();
    }
}

/// Who is busy, wants no calls, is not there, names another number, or has its calls go elsewhere, is passed over.
#[test]
fn members_that_cannot_take_the_call_are_passed_over() {
    let codes = "[features]\nforward_always = \"*72\"\ndo_not_disturb = \"*60\"\n";
    let features = (
        "features = [\"hold\", \"smdr-external\"",
        "features = [\"forward-internal\", \"do-not-disturb\", \"smdr-external\"",
    );
    let groups = group("linear", "\"207\", \"202\", \"203\"", "");
    for behaviour in [
        Behaviour::Busy,
        Behaviour::Reject(480),
        Behaviour::Reject(500),
        Behaviour::Reject(488),
        Behaviour::Move("205"),
    ] {
        let mut office = Office::changed(3, &[("", &groups), ("", codes), features]);
        office.behaves("202", behaviour);
        reaches(&mut office, "201", "203");
        office.assert_nothing_left();
    }
    for code in ["*60", "*72205"] {
        let mut office = Office::changed(4, &[("", &groups), ("", codes), features]);
        office.call("202", code);
        office.until_over("202");
        office.sim.ladder.clear();
        reaches(&mut office, "201", "203");
        assert!(!office.trace().contains("-> 202"), "{}", office.trace());
        office.assert_nothing_left();
    }
    // One that has a call is busy, whatever its phone would say; and nobody is called by itself.
    let mut office = Office::changed(5, &[("", &groups)]);
    office.call("202", "205");
    office.until_talks("202");
    office.sim.ladder.clear();
    reaches(&mut office, "201", "203");
    office.ends("202");
    reaches(&mut office, "202", "203");
    office.assert_nothing_left();
}

#[test]
fn r36_a_member_is_reached_with_the_callers_interconnect_or_passed_over() {
    let groups = group("linear", "\"205\", \"203\"", "");
    let mut open = office(6, &groups);
    reaches(&mut open, "201", "205");
    open.assert_nothing_left();
    // 204 has Interconnect Number 2, which may not reach 3.
    let mut office = office(7, &groups);
    reaches(&mut office, "204", "203");
    assert!(!office.trace().contains("-> 205"), "{}", office.trace());
    office.assert_nothing_left();
}

/// Where no member may be reached that is the reason, not that somebody is busy (R14), and nobody else is tried.
#[test]
fn r36_who_may_reach_no_member_is_refused_and_the_group_is_named() {
    let groups = group("linear", "\"205\"", "busy_to = \"203\"\nno_answer_to = \"203\"\ncos = 1\ncor = 1");
    let mut office = office(8, &groups);
    let (status, reason) = office.refused("204", "600");
    assert_eq!(status, 403, "{reason}");
    assert!(reason.contains("63"), "{reason}");
    let behalf = Some(Behalf { feature: Feature::Hunt, party: Party::Device(3) });
    assert_eq!(last_denial(&office), Some((Rule::Interconnect, GROUP, behalf)));
    assert!(!office.trace().contains("-> 203") && !office.trace().contains("-> 205"));
    office.assert_nothing_left();
}

#[test]
fn what_no_member_takes_goes_on_by_the_groups_own_classes() {
    let to = |keys: &str, cor: u8| {
        group("linear", "\"202\"", &format!("member_timeout_s = 3\n{keys}\ncos = 1\ncor = {cor}"))
    };
    let keys = "busy_to = \"203\"\nno_answer_to = \"204\"\nout_of_service_to = \"205\"";
    for (behaviour, takes) in
        [(Behaviour::Busy, "203"), (Behaviour::Ring, "204"), (Behaviour::Reject(500), "205")]
    {
        let mut office = office(9, &to(keys, 1));
        office.behaves("202", behaviour);
        office.call("201", "600");
        office.until_talks(takes);
        assert_talk(&mut office, "201", takes);
        office.ends("201");
        assert_eq!(records(&office), [format!("201,{takes},I,{takes},,600")]);
        office.assert_nothing_left();
    }
    let mut always = office(10, &to("always_to = \"203\"", 1));
    reaches(&mut always, "201", "203");
    assert!(!always.trace().contains("-> 202"), "{}", always.trace());
    always.assert_nothing_left();
    // Outside: the group's COS has no forward-external, so the call ends as busy.
    let mut outside = office(11, &to("busy_to = \"95550123\"", 1));
    outside.behaves("202", Behaviour::Busy);
    assert_eq!(outside.refused("201", "600").0, 486);
    assert_eq!(last_denial(&outside).map(|(rule, by, _)| (rule, by)), Some((Rule::CosFeature, GROUP)));
    outside.assert_nothing_left();
    // With it, by the group's COR and the caller's (R26): 2 is blocked on the trunks.
    let wide =
        ("features = [\"hold\", \"smdr-external\"", "features = [\"forward-external\", \"smdr-external\"");
    for (cor, status) in [(1, None), (2, Some(486))] {
        let mut office = Office::changed(12, &[("", &to("busy_to = \"95550123\"", cor)), wide]);
        office.behaves("202", Behaviour::Busy);
        match status {
            Some(status) => assert_eq!(office.refused("201", "600").0, status),
            None => {
                office.call("201", "600");
                office.until_talks("201");
                office.ends("201");
            }
        }
        office.assert_nothing_left();
    }
}

/// Two groups that send their calls to each other: each member rings once (R28).
#[test]
fn r28_groups_that_overflow_into_each_other_end() {
    let second = group("linear", "\"203\"", "no_answer_to = \"600\"\nbusy_to = \"600\"\ncos = 1\ncor = 1")
        .replace("\"600\"\nkind", "\"601\"\nkind");
    let first = group("linear", "\"202\"", "no_answer_to = \"601\"\nbusy_to = \"601\"\ncos = 1\ncor = 1");
    let mut office = office(13, &format!("{first}{second}"));
    office.behaves("202", Behaviour::Busy);
    office.behaves("203", Behaviour::Busy);
    assert_eq!(office.refused("201", "600").0, 486);
    let invites = |dn: &str| office.trace().matches(&format!("exchange -> {dn}: INVITE")).count();
    assert_eq!((invites("202"), invites("203")), (1, 1), "{}", office.trace());
    office.assert_nothing_left();
}

#[test]
fn nobody_calls_or_registers_as_a_group() {
    let mut office = office(14, &group("linear", "\"202\"", "cos = 1\ncor = 1"));
    let mut config = PhoneConfig::new("600", "", office::phone_address(20), office::exchange_address());
    config.seed = 14;
    let id = office.sim.add_phone("600", config);
    office.sim.with(id, |phone, now| phone.register(now, 3600));
    office.sim.run_ms(5_000);
    assert!(office.trace().contains("600 -> exchange: REGISTER"), "{}", office.trace());
    assert!(!office.trace().contains("exchange -> 600: 200"), "{}", office.trace());
    assert!(!office.sim.exchange(0).is_registered(7));
    let now = office.sim.now;
    let exchange = office.sim.exchange(0);
    for signal in [Signal::Setup { from: GROUP, dialed: b"202" }, Signal::OffHook { from: GROUP }] {
        match exchange.signal(now, &signal).expect("there is room") {
            Taken::Denied(decision) => assert_eq!(decision.from, Party::Unknown),
            Taken::OffHook { leg } => {
                let party = exchange.calls().leg(leg).map(|slot| slot.party);
                assert_eq!(party, Some(Party::Unknown));
                let _ = exchange.signal(now, &Signal::Release(leg, strowger::call::Cause::Normal));
            }
            other => panic!("{other:?}"),
        }
    }
    office.assert_nothing_left();
}

/// What becomes of a member that is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Does {
    Answer,
    Ring,
    Busy,
    Fail,
}

/// A model that knows nothing of the engine: who talks to the caller in the end.
fn expected(caller: &str, members: &[&str], does: &dyn Fn(&str) -> Does) -> Option<String> {
    let (mut rang, mut busy, mut absent) = (false, false, false);
    for member in members {
        if *member == caller || caller == "204" && *member == "205" {
            continue;
        }
        match if *member == "207" { Does::Fail } else { does(member) } {
            Does::Answer => return Some((*member).to_owned()),
            Does::Ring => rang = true,
            Does::Busy => busy = true,
            Does::Fail => absent = true,
        }
    }
    // Overflow: 201 on no answer, 202 on busy, and no answer's where nobody is there.
    let to = match (rang, busy, absent) {
        (true, ..) => "201",
        (false, true, _) => "202",
        (false, false, true) => "201",
        (false, false, false) => return None,
    };
    (to != caller && does(to) == Does::Answer).then(|| to.to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn any_group_hunts_as_a_naive_model_says(
        members in proptest::sample::subsequence(vec!["201", "202", "203", "205", "207"], 1..=5).prop_shuffle(),
        does in proptest::collection::vec(prop_oneof![
            Just(Does::Answer), Just(Does::Ring), Just(Does::Busy), Just(Does::Fail)], 5),
        caller in proptest::sample::select(vec!["201", "203", "204"]),
        seed in 0u64..1_000,
    ) {
        let list = members.iter().map(|dn| format!("\"{dn}\"")).collect::<Vec<_>>().join(", ");
        let more = "member_timeout_s = 4\nno_answer_to = \"201\"\nbusy_to = \"202\"\ncos = 1\ncor = 1";
        let mut office = office(seed, &group("linear", &list, more));
        let of = |dn: &str| does[dn.as_bytes()[2] as usize - usize::from(b'1')];
        for dn in ["201", "202", "203", "204", "205"] {
            office.behaves(dn, match of(dn) {
                Does::Answer => Behaviour::Answer { after_ms: 1_000 },
                Does::Ring => Behaviour::Ring,
                Does::Busy => Behaviour::Busy,
                Does::Fail => Behaviour::Reject(500),
            });
        }
        office.call(caller, "600");
        match expected(caller, &members, &of) {
            Some(member) => {
                office.until_talks(caller);
                assert_talk(&mut office, caller, &member);
                office.ends(caller);
            }
            None => office.until_over(caller),
        }
        office.assert_nothing_left();
    }
}
