//! Conferences that a phone mixes (R34, R35, R88): who takes a party back from hold while it talks to another asks for all of them
//! to hear each other. What is refused leaves both calls as they were.

use crate::office;

use office::{OUTSIDE, Office, columns, last_denial, neutral, records};
use strowger::base::{Handle, Instant, Soft};
use strowger::call::Cause;
use strowger::exchange::{Output, Signal, Taken};
use strowger::policy::{Behalf, Conference, Feature, Image, Mode, Party, Rule, Verdict, conferred};
use strowger_testkit::phone::{Ask, PhoneEvent};
use strowger_testkit::sim::ExchangeBox;

const FEATURES: &str = "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]";
const STAFF: (&str, &str) = (FEATURES, "features = [\"conference\", \"smdr-external\", \"smdr-internal\"]");

/// 201 talks to `first`, holds it, and talks to `second`.
fn consulting(seed: u64, changes: &[(&str, &str)], first: &str, second: &str) -> Office {
    let mut office = Office::changed(seed, changes);
    office.call("201", first);
    office.until_talks("201");
    office.sim.run_ms(500);
    office.ask("201", Ask::Hold);
    office.sim.run_ms(1_000);
    office.sim.events.clear();
    office.call("201", second);
    office.until_talks("201");
    office.sim.run_ms(500);
    office.sim.ladder.clear();
    office.sim.events.clear();
    office
}

/// It takes the first back.
fn takes_back(office: &mut Office) {
    let id = office.phone("201");
    office.sim.with(id, |phone, now| phone.reinvite_oldest(now, Ask::Resume));
    office.sim.run_ms(2_000);
}

/// How many of its legs hold their peer.
fn holding(office: &mut Office) -> usize {
    let calls = office.sim.exchange(0).calls();
    let own = calls.legs().filter(|(_, slot)| slot.party == Party::Device(0));
    own.filter(|(leg, _)| calls.holds_until(*leg).is_some()).count()
}

fn over(mut office: Office) -> Office {
    for _ in 0..2 {
        office.hang_up("201");
        office.sim.run_ms(2_000);
    }
    office.assert_nothing_left();
    office
}

/// R34, R88: both calls stand, and each record has the other's party and `C`.
#[test]
fn r34_a_phone_mixes_whom_the_matrix_lets_hear_each_other() {
    let mut office = consulting(1, &[STAFF], "202", "95550100");
    takes_back(&mut office);
    assert!(office.trace().contains("exchange -> 202: INVITE 202 +sdp"), "{}", office.trace());
    assert_eq!(holding(&mut office), 0);
    let decision = office.sim.decisions.last().expect("it was asked for");
    let Verdict::Allow(choice) = decision.verdict else { panic!("{decision:?}") };
    assert_eq!((decision.from, choice.to), (Party::Device(0), Party::Device(0)));
    let behalf = Behalf { feature: Feature::Conference, party: Party::Device(1) };
    assert_eq!(decision.behalf, Some(behalf));
    let office = over(office);
    assert_eq!(records(&office), ["201,95550100,A,T001,C,202", "201,202,I,202,C,T001"]);
}

/// R34: in both directions, whoever was there first; 403 with the rule, the new leg stays with who has asked, and nobody else hears
/// of it.
#[test]
fn r34_one_restricted_pair_refuses_it_and_both_calls_go_on() {
    for (seed, first, second) in [(2, "204", "205"), (3, "205", "204")] {
        let mut office = consulting(seed, &[STAFF], first, second);
        let id = office.phone("201");
        takes_back(&mut office);
        let trace = office.trace();
        assert!(trace.contains("exchange -> 201: 403 Forbidden (INVITE)"), "{trace}");
        assert!(!trace.contains("-> 204") && !trace.contains("-> 205"), "{trace}");
        assert!(!office.sim.told(id).iter().any(|event| matches!(event, PhoneEvent::Ended { .. })));
        let first = Party::Device(if first == "204" { 3 } else { 4 });
        let behalf = Behalf { feature: Feature::Conference, party: first };
        assert_eq!(last_denial(&office), Some((Rule::Interconnect, Party::Device(0), Some(behalf))));
        let denial = office.sim.decisions.last().and_then(|decision| decision.denial().copied());
        assert_eq!(denial.and_then(|denial| denial.interconnect), Some((2, 3)));
        assert_eq!(holding(&mut office), 1);
        let office = over(office);
        assert!(records(&office).iter().all(|record| record.ends_with(",,")), "{:?}", records(&office));
    }
}

/// R3: it needs `conference`. To hold the one and take the other back needs nothing.
#[test]
fn r3_without_the_feature_one_can_only_change_over() {
    let mut office = consulting(4, &[], "202", "203");
    takes_back(&mut office);
    assert!(office.trace().contains("exchange -> 201: 403 Forbidden (INVITE)"), "{}", office.trace());
    let behalf = Behalf { feature: Feature::Conference, party: Party::Device(1) };
    assert_eq!(last_denial(&office), Some((Rule::CosFeature, Party::Device(0), Some(behalf))));
    office.ask("201", Ask::Hold);
    office.sim.run_ms(1_000);
    assert_eq!(holding(&mut office), 2);
    takes_back(&mut office);
    assert_eq!(holding(&mut office), 1);
    let office = over(office);
    assert_eq!(records(&office), ["201,203,I,203,,", "201,202,I,202,,"]);
}

/// Two that are taken back at once are no way round it: the second is asked for while the first is under way.
#[test]
fn two_taken_back_at_once_are_a_conference() {
    let mut office = consulting(5, &[], "202", "203");
    office.ask("201", Ask::Hold);
    office.sim.run_ms(1_000);
    assert_eq!(holding(&mut office), 2);
    let id = office.phone("201");
    office.sim.with(id, |phone, now| phone.reinvite_oldest(now, Ask::Resume));
    office.sim.with(id, |phone, now| phone.reinvite(now, Ask::Resume));
    office.sim.run_ms(2_000);
    assert!(office.trace().contains("exchange -> 201: 403 Forbidden (INVITE)"), "{}", office.trace());
    assert_eq!(holding(&mut office), 1);
    over(office);
}

/// R35, R39: strictly, callers from outside are restricted from each other. Where they are not, they are in it as long as the phone
/// is, and nobody talks on when it has left.
#[test]
fn r35_when_the_phone_leaves_nobody_from_outside_talks_on() {
    let mut office = consulting(6, &[STAFF], "95550100", "95550101");
    takes_back(&mut office);
    assert_eq!(last_denial(&office).map(|denial| denial.0), Some(Rule::PublicToPublic));
    over(office);
    let mut office = consulting(7, &[STAFF, OUTSIDE], "95550100", "95550101");
    takes_back(&mut office);
    assert_eq!(holding(&mut office), 0, "{}", office.trace());
    let office = over(office);
    assert_eq!(columns(&office, &[60..61, 66..67, 68..72]), ["A,C,T001", "A,C,T001"]);
}

/// Law 4: who has called for help may bring in whom it talks to.
#[test]
fn a_call_for_help_is_taken_back_by_anybody() {
    for (seed, first, second) in [(8, "911", "202"), (9, "202", "911")] {
        let mut office = consulting(seed, &[], first, second);
        takes_back(&mut office);
        assert_eq!(holding(&mut office), 0, "{}", office.trace());
        over(office);
    }
}

/// Law 4 is about help: whom the emergency centre has transferred a caller to is a party like others.
#[test]
fn who_came_there_by_a_transfer_is_no_help() {
    let did = "interconnect = 4\n[[trunk]]";
    let inbound = did.replace("4\n", "4\ninbound = [ { did = \"6135550205\", to = \"205\" } ]\n");
    let centre = ("features = [\"hold\", \"smdr-external\"]", "features = [\"transfer\", \"smdr-external\"]");
    let mut exchange = neutral(&[(did, &inbound), centre]);
    let [a, centre] = call(&mut exchange, b"911");
    assert_eq!(exchange.signal(NOW, &Signal::Transfer(centre, b"6135550205")), Ok(Taken::Done));
    let third = exchange.calls().legs().map(|(leg, _)| leg).find(|leg| ![a, centre].contains(leg));
    exchange.signal(NOW, &Signal::Answer(third.expect("it rings"))).expect("room");
    while let Ok(Some(_)) = exchange.poll(&mut [0; 2048]) {}
    exchange.signal(NOW, &Signal::Hold(a)).expect("room");
    let [other, _] = call(&mut exchange, b"204");
    for _ in 0..2 {
        let taken = exchange.signal(NOW, &Signal::Retrieve(a));
        let Ok(Taken::Denied(decision)) = taken else { panic!("{taken:?}") };
        assert_eq!(decision.denial().map(|denial| denial.rule), Some(Rule::CosFeature));
    }
    // Nor is it where that one is there already.
    exchange.signal(NOW, &Signal::Hold(other)).expect("room");
    assert_eq!(exchange.signal(NOW, &Signal::Retrieve(a)), Ok(Taken::Done));
    assert!(matches!(exchange.signal(NOW, &Signal::Retrieve(other)), Ok(Taken::Denied(_))));
}

/// Eight parties, the one whose phone mixes among them.
#[test]
fn a_ninth_party_is_refused() {
    let text = include_str!("office/policy.toml").replace(STAFF.0, STAFF.1);
    let compiled = strowger_tools::compile_str(&text, "office.toml").expect("valid");
    let image = Image::load(&compiled.image, &mut Soft::new(&[0; 32])).expect("valid");
    let members = [Party::Device(1); 7];
    let ask = |members| {
        let of = Party::Device(2);
        let question = Conference {
            by: Party::Device(0),
            of,
            to: Party::Device(0),
            new: &[of],
            members,
            mode: Mode::Day,
        };
        match conferred(&image, &question) {
            Verdict::Allow(_) => None,
            Verdict::Deny(denial) | Verdict::NeedsCode(denial) => Some(denial.rule),
        }
    };
    assert_eq!(ask(&members[..6]), None);
    assert_eq!(ask(&members), Some(Rule::ConferenceFull));
}

const NOW: Instant = Instant(1_000);

/// 201 holds 204 and talks to the other, neutrally: both of its legs.
fn two_calls(exchange: &mut ExchangeBox, second: &[u8]) -> [Handle; 2] {
    [&b"204"[..], second].map(|dialed| {
        let known: Vec<Handle> = exchange.calls().legs().map(|(leg, _)| leg).collect();
        for leg in &known {
            let _ = exchange.signal(NOW, &Signal::Hold(*leg)).expect("room");
        }
        call(exchange, dialed)[0]
    })
}

/// 201 calls and is answered: its leg and the other's.
fn call(exchange: &mut ExchangeBox, dialed: &[u8]) -> [Handle; 2] {
    let Ok(Taken::SetUp { leg }) = exchange.signal(NOW, &Signal::Setup { from: Party::Device(0), dialed })
    else {
        panic!("refused")
    };
    let called = exchange.calls().peer(leg).expect("a called leg");
    exchange.signal(NOW, &Signal::Answer(called)).expect("room");
    [leg, called]
}

/// The same by neutral signals: what `Signal::Retrieve` says, who hears of it, and what stays held.
#[test]
fn neutral_parties_confer_by_the_same_rules() {
    let mut exchange = neutral(&[STAFF]);
    let [held, _] = two_calls(&mut exchange, b"205");
    let Ok(Taken::Denied(decision)) = exchange.signal(NOW, &Signal::Retrieve(held)) else { panic!("mixed") };
    assert_eq!(decision.denial().map(|denial| denial.rule), Some(Rule::Interconnect));
    assert!(exchange.calls().holds_until(held).is_some());
    let mut exchange = neutral(&[STAFF]);
    let [held, other] = two_calls(&mut exchange, b"203");
    let peer = exchange.calls().peer(held).expect("it talks");
    while let Ok(Some(_)) = exchange.poll(&mut [0; 2048]) {}
    assert_eq!(exchange.signal(NOW, &Signal::Retrieve(held)), Ok(Taken::Done));
    let mut told = Vec::new();
    while let Ok(Some(output)) = exchange.poll(&mut [0; 2048]) {
        told.push(output);
    }
    assert!(
        told.iter().any(|output| matches!(output, Output::Held { leg, held: false } if *leg == peer)),
        "{told:?}"
    );
    // One of them leaves: the other two talk on, and its record says that there was a conference.
    exchange.signal(NOW, &Signal::Release(peer, Cause::Normal)).expect("room");
    let mut joined = None;
    while let Ok(Some(output)) = exchange.poll(&mut [0; 2048]) {
        if let Output::Smdr(record) = output {
            let line = record.standard();
            joined = Some((line[66], String::from_utf8_lossy(&line[68..72]).trim().to_owned()));
        }
    }
    assert_eq!(joined, Some((b'C', "203".to_owned())));
    assert!(exchange.calls().peer(other).is_some());
}
