//! Conferences that the resource of the policy mixes (RFC 4579; R3, R34, R35, R39, R88): a phone dials `conference`, and transfers
//! others there. Who may not hear everybody stays where he is.

use crate::office;

use office::{CONFERS, OUTSIDE, Office, RESOURCE, columns, last_denial, records};
use strowger::base::Handle;
use strowger::policy::{Behalf, Feature, Party, Rule, Verdict};
use strowger_testkit::phone::{Ask, Behaviour, PhoneEvent};
use strowger_testkit::sim::PhoneId;

/// What is told of a transfer that succeeds.
const IN: [u16; 3] = [100, 180, 200];

/// An office whose staff may confer, and the resource.
fn mixing(seed: u64, changes: &[(&str, &str)]) -> (Office, PhoneId) {
    let changes: Vec<_> = CONFERS.iter().chain(changes).copied().collect();
    let mut office = Office::changed(seed, &changes);
    let mixer = office.add_mixer(seed);
    (office, mixer)
}

/// 201 talks to each of these, holds them, and opens a conference.
fn opened(seed: u64, changes: &[(&str, &str)], others: &[&str]) -> (Office, PhoneId) {
    let (mut office, mixer) = mixing(seed, changes);
    for other in others.iter().chain(&["conference"]) {
        office.sim.events.clear();
        office.call("201", other);
        office.until_talks("201");
        office.sim.run_ms(500);
        if *other != "conference" {
            office.ask("201", Ask::Hold);
            office.sim.run_ms(1_000);
        }
    }
    office.sim.ladder.clear();
    office.sim.events.clear();
    (office, mixer)
}

/// The oldest of its other calls is brought into the conference: what it is told of that.
fn brings(office: &mut Office) -> Vec<u16> {
    let id = office.phone("201");
    office.sim.events.clear();
    office.sim.with(id, |phone, now| phone.transfer(now, "conference"));
    office.sim.run_ms(3_000);
    told(office, id)
}

fn told(office: &Office, id: PhoneId) -> Vec<u16> {
    let status = |event: PhoneEvent| match event {
        PhoneEvent::Referred { status } => Some(status),
        _ => None,
    };
    office.sim.told(id).into_iter().filter_map(status).collect()
}

/// Who is in the one conference that there is.
fn members(office: &mut Office) -> Vec<Party> {
    let calls = office.sim.exchange(0).calls();
    let rooms: Vec<Handle> = calls.legs().filter_map(|(leg, _)| calls.room(leg)).collect();
    let Some(room) = rooms.first() else { return Vec::new() };
    assert!(rooms.iter().all(|one| one == room));
    calls.in_room(*room).map(|legs| calls.leg(legs.a).expect("a member").party).collect()
}

fn over(mut office: Office) -> Office {
    while office.sim.exchange(0).calls_in_use() > 0 {
        office.hang_up("201");
        office.sim.run_ms(2_000);
    }
    office.assert_nothing_left();
    office
}

/// RFC 4579 sections 3.2 and 4: the phone is told that it talks to a focus, and by which address; the second member is joined at the address that
/// the resource has given for the conference. R88: each record names another member.
#[test]
fn r88_three_are_mixed_and_each_record_shows_it() {
    let (mut office, mixer) = opened(1, &[], &["202", "95550100"]);
    assert_eq!(members(&mut office), [Party::Device(0)]);
    let own = office.phone("201");
    let answer = String::from_utf8_lossy(office.sim.phone(own).last_response()).into_owned();
    assert!(answer.contains("Contact: <sip:conference@10.0.0.1:5060>;isfocus\r\n"), "{answer}");
    assert_eq!(brings(&mut office), IN);
    let invite = String::from_utf8_lossy(office.sim.phone(mixer).last_invite().expect("one")).into_owned();
    assert!(invite.starts_with("INVITE sip:room-77@10.0.8.1:5066 SIP/2.0\r\n"), "{invite}");
    assert!(invite.contains("To: <sip:mixer@10.0.8.1:5066>\r\n"), "{invite}");
    assert_eq!(brings(&mut office), IN);
    assert_eq!(members(&mut office).len(), 3, "{}", office.trace());
    assert_eq!(office.sim.phone(mixer).calls_up(), 3);
    let id = office.phone("202");
    let (own, theirs) = office.sim.phone(id).agreed().expect("it talks");
    assert!(!own.is_empty() && own != theirs);
    let Some(Verdict::Allow(choice)) = office.sim.decisions.last().map(|decision| decision.verdict) else {
        panic!("it was asked for")
    };
    assert_eq!((choice.to, choice.authority.party), (Party::Conference, Party::Device(0)));
    // Who leaves ends its own call; the others talk on, until one is alone.
    office.hang_up("201");
    office.sim.run_ms(3_000);
    assert_eq!(members(&mut office).len(), 2);
    assert_eq!(office.sim.phone(mixer).calls_up(), 2);
    office.hang_up("202");
    office.sim.run_ms(3_000);
    assert_eq!(office.sim.phone(mixer).calls_up(), 0, "{}", office.trace());
    office.assert_nothing_left();
    assert_eq!(records(&office), ["201,,I,,C,202", "201,202,I,202,C,T001", "201,95550100,A,T001,C,202"]);
}

/// The way to the conference that the resource has recorded (RFC 3261 section 12.1.2) is that of the next member too.
#[test]
fn the_next_member_goes_the_same_way() {
    let (mut office, mixer) = mixing(13, &[]);
    let route = "<sip:10.0.8.1:5066;lr>";
    office.sim.phone(mixer).config.accepts = format!("Record-Route: {route}\r\n");
    for other in ["202", "conference"] {
        office.sim.events.clear();
        office.call("201", other);
        office.until_talks("201");
        office.ask("201", Ask::Hold);
        office.sim.run_ms(1_000);
    }
    assert_eq!(brings(&mut office), IN, "{}", office.trace());
    let invite = String::from_utf8_lossy(office.sim.phone(mixer).last_invite().expect("one")).into_owned();
    assert!(invite.starts_with("INVITE sip:room-77@10.0.8.1:5066 SIP/2.0\r\n"), "{invite}");
    assert!(invite.contains(&format!("\r\nRoute: {route}\r\n")), "{invite}");
    over(office);
}

/// R34: in both directions, whoever was there first; the calls stay as they were, and nobody else hears of it.
#[test]
fn r34_one_restricted_pair_keeps_it_out() {
    for (seed, first, second) in [(2, "204", "205"), (3, "205", "204")] {
        let (mut office, mixer) = opened(seed, &[], &[first, second]);
        assert_eq!(brings(&mut office), IN, "{}", office.trace());
        office.sim.ladder.clear();
        assert!(brings(&mut office).is_empty());
        let trace = office.trace();
        assert!(trace.contains("exchange -> 201: 403 Forbidden (REFER)"), "{trace}");
        assert!(
            !trace.contains("mixer") && !trace.contains("-> 204") && !trace.contains("-> 205"),
            "{trace}"
        );
        let kept = Party::Device(if second == "204" { 3 } else { 4 });
        let behalf = Behalf { feature: Feature::Conference, party: kept };
        assert_eq!(last_denial(&office), Some((Rule::Interconnect, Party::Device(0), Some(behalf))));
        assert_eq!(members(&mut office).len(), 2);
        assert_eq!(office.sim.phone(mixer).calls_up(), 2);
        over(office);
    }
}

/// R3: it needs `conference`; without a resource in the policy there is none.
#[test]
fn r3_a_conference_needs_the_feature_and_a_resource() {
    let mut office = Office::changed(4, &[RESOURCE]);
    assert_eq!(office.refused("201", "conference").0, 403);
    assert_eq!(last_denial(&office).map(|denial| denial.0), Some(Rule::CosFeature));
    let mut office = Office::changed(5, &CONFERS[..1]);
    assert_eq!(office.refused("201", "conference").0, 404);
    assert_eq!(last_denial(&office).map(|denial| denial.0), Some(Rule::NumberVacant));
    office.assert_nothing_left();
}

/// R35: two from outside are together as long as somebody else is; strictly they may not be at all (R39).
#[test]
fn r35_callers_from_outside_are_not_left_with_each_other() {
    let (mut office, _) = opened(6, &[], &["95550100", "95550101"]);
    assert_eq!(brings(&mut office), IN);
    assert!(brings(&mut office).is_empty());
    assert!(office.trace().contains("exchange -> 201: 403 Forbidden (REFER)"), "{}", office.trace());
    assert_eq!(last_denial(&office).map(|denial| denial.0), Some(Rule::PublicToPublic));
    over(office);
    let (mut office, mixer) = opened(7, &[OUTSIDE], &["95550100", "95550101"]);
    for _ in 0..2 {
        assert_eq!(brings(&mut office), IN);
    }
    assert_eq!(office.sim.phone(mixer).calls_up(), 3, "{}", office.trace());
    office.hang_up("201");
    office.sim.run_ms(5_000);
    assert_eq!(office.sim.phone(mixer).calls_up(), 0, "{}", office.trace());
    assert_eq!(last_denial(&office).map(|denial| denial.0), Some(Rule::PublicToPublic));
    office.assert_nothing_left();
    assert_eq!(columns(&office, &[60..61, 66..67, 68..72]), ["I,C,T001", "A,C,T001", "A,C,T001"]);
}

/// R35: unless both have `public-to-public`: they talk on.
#[test]
fn r35_unless_they_may_talk_to_each_other() {
    let both = "features = [\"public-to-public\", \"hold\", \"smdr-external\"]";
    let outside = ("features = [\"hold\", \"smdr-external\"]", both);
    let (mut office, mixer) = opened(8, &[outside], &["95550100", "95550101"]);
    for _ in 0..2 {
        assert_eq!(brings(&mut office), IN, "{}", office.trace());
    }
    office.hang_up("201");
    office.sim.run_ms(5_000);
    assert_eq!(office.sim.phone(mixer).calls_up(), 2, "{}", office.trace());
    let carrier = office.carrier;
    office.sim.with(carrier, |phone, now| phone.hang_up(now));
    office.assert_nothing_left();
}

/// RFC 4579: a REFER to the focus, with who is to come by Replaces; it is told there.
#[test]
fn a_call_is_joined_with_the_conference_by_replaces() {
    let (mut office, mixer) = mixing(9, &[]);
    for other in ["conference", "202"] {
        office.sim.events.clear();
        office.call("201", other);
        office.until_talks("201");
        office.sim.run_ms(500);
        if other == "conference" {
            office.ask("201", Ask::Hold);
            office.sim.run_ms(1_000);
        }
    }
    office.sim.events.clear();
    let id = office.phone("201");
    office.sim.with(id, |phone, now| phone.join(now));
    office.sim.run_ms(3_000);
    assert_eq!(told(&office, id), IN, "{}", office.trace());
    assert_eq!(members(&mut office), [Party::Device(0), Party::Device(1)]);
    assert_eq!(office.sim.phone(mixer).calls_up(), 2);
    over(office);
}

/// The resource does not answer for one more: who was to come talks on with who has asked; and with nobody, that one is rung.
#[test]
fn where_the_resource_refuses_nothing_has_changed() {
    let (mut office, mixer) = opened(10, &[], &["202"]);
    office.sim.phone(mixer).config.behaviour = Behaviour::Busy;
    assert_eq!(brings(&mut office), [100, 486]);
    assert_eq!(members(&mut office), [Party::Device(0)]);
    office.sim.ladder.clear();
    let id = office.phone("201");
    office.sim.with(id, |phone, now| phone.reinvite_oldest(now, Ask::Resume));
    office.sim.run_ms(2_000);
    // Nobody else is in the conference, which it has not left.
    assert!(office.trace().contains("exchange -> 201: 200 OK (INVITE)"), "{}", office.trace());
    over(office);
}

/// Who leaves while one is about to come: that one comes back to it.
#[test]
fn who_is_about_to_come_into_an_empty_conference_comes_back() {
    let (mut office, mixer) = opened(11, &[], &["202"]);
    office.sim.phone(mixer).config.behaviour = Behaviour::Ring;
    assert_eq!(brings(&mut office), [100, 180]);
    assert_eq!(members(&mut office).len(), 2);
    assert_eq!(office.sim.phone(mixer).live_calls(), 2);
    // It hangs up on the one leg, and talks on the other.
    office.hang_up("201");
    office.sim.run_ms(3_000);
    assert_eq!(office.sim.phone(mixer).live_calls(), 0, "{}", office.trace());
    let [own, other] = ["201", "202"].map(|dn| office.phone(dn));
    assert_eq!(told(&office, own), [100, 180, 487], "{}", office.trace());
    for id in [own, other] {
        assert_eq!(office.sim.phone(id).calls_up(), 1, "{}", office.trace());
    }
    over(office);
}

/// The resource itself goes nowhere, and brings nobody.
#[test]
fn the_resource_is_not_transferred() {
    let (mut office, mixer) = opened(12, &[], &[]);
    let id = office.phone("201");
    office.sim.with(id, |phone, now| phone.transfer(now, "203"));
    office.sim.run_ms(2_000);
    assert!(office.trace().contains("exchange -> 201: 491 Request Pending (REFER)"), "{}", office.trace());
    office.sim.with(mixer, |phone, now| phone.transfer(now, "203"));
    office.sim.run_ms(2_000);
    assert!(!office.trace().contains("-> 203"), "{}", office.trace());
    assert_eq!(members(&mut office), [Party::Device(0)]);
    // Nor does anything that comes from there begin a call.
    office.sim.with(mixer, |phone, now| phone.call(now, "203"));
    office.sim.run_ms(2_000);
    assert!(!office.trace().contains("-> 203"), "{}", office.trace());
    over(office);
}
