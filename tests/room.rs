//! Conferences that the resource of the policy mixes (RFC 4579; R3, R34, R35, R39, R88): a phone dials `conference`, and transfers
//! others there. Who may not hear everybody stays where he is.

mod office;

use office::{Office, columns, last_denial, neutral, records};
use std::net::SocketAddr;
use strowger::base::{Handle, Instant};
use strowger::call::Cause;
use strowger::exchange::{CONFERENCE, Output, Signal, Taken};
use strowger::policy::{Behalf, Conference, Feature, Mode, Party, Rule, Verdict, conferred};
use strowger_testkit::phone::{Ask, Behaviour, PhoneConfig, PhoneEvent};
use strowger_testkit::sim::{ExchangeBox, PhoneId};

const FEATURES: &str = "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]";
const STAFF: (&str, &str) =
    (FEATURES, "features = [\"hold\", \"conference\", \"smdr-external\", \"smdr-internal\"]");
/// Callers from outside may be joined with each other, as far as the matrix goes.
const OUTSIDE: (&str, &str) = ("profile = \"strict\"", "profile = \"mivb\"");
const RESOURCE: (&str, &str) = ("", "[media]\nconference = \"sip:mixer@10.0.8.1:5066\"\n");

/// What is told of a transfer that succeeds.
const IN: [u16; 3] = [100, 180, 200];

/// An office with a conference resource, which answers at once and gives each conference an address of its own.
fn mixing(seed: u64, changes: &[(&str, &str)]) -> (Office, PhoneId) {
    let changes: Vec<_> = changes.iter().chain(&[RESOURCE]).copied().collect();
    let mut office = Office::changed(seed, &changes);
    let address = SocketAddr::from(([10, 0, 8, 1], 5066));
    let mut config = PhoneConfig::new("room-77", "", address, office::exchange_address());
    config.trunk = true;
    config.seed = seed;
    config.behaviour = Behaviour::Answer { after_ms: 100 };
    let mixer = office.sim.add_phone("mixer", config);
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
    let (mut office, mixer) = opened(1, &[STAFF], &["202", "95550100"]);
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
    let (mut office, mixer) = mixing(13, &[STAFF]);
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
        let (mut office, mixer) = opened(seed, &[STAFF], &[first, second]);
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
    let (mut office, _) = mixing(4, &[]);
    assert_eq!(office.refused("201", "conference").0, 403);
    assert_eq!(last_denial(&office).map(|denial| denial.0), Some(Rule::CosFeature));
    let mut office = Office::changed(5, &[STAFF]);
    assert_eq!(office.refused("201", "conference").0, 404);
    assert_eq!(last_denial(&office).map(|denial| denial.0), Some(Rule::NumberVacant));
    office.assert_nothing_left();
}

/// R35: two from outside are together as long as somebody else is; strictly they may not be at all (R39).
#[test]
fn r35_callers_from_outside_are_not_left_with_each_other() {
    let (mut office, _) = opened(6, &[STAFF], &["95550100", "95550101"]);
    assert_eq!(brings(&mut office), IN);
    assert!(brings(&mut office).is_empty());
    assert!(office.trace().contains("exchange -> 201: 403 Forbidden (REFER)"), "{}", office.trace());
    assert_eq!(last_denial(&office).map(|denial| denial.0), Some(Rule::PublicToPublic));
    over(office);
    let (mut office, mixer) = opened(7, &[STAFF, OUTSIDE], &["95550100", "95550101"]);
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
    let (mut office, mixer) = opened(8, &[STAFF, outside], &["95550100", "95550101"]);
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
    let (mut office, mixer) = mixing(9, &[STAFF]);
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
    let (mut office, mixer) = opened(10, &[STAFF], &["202"]);
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
    let (mut office, mixer) = opened(11, &[STAFF], &["202"]);
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
    let (mut office, mixer) = opened(12, &[STAFF], &[]);
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

const NOW: Instant = Instant(1_000);

/// An exchange whose parties and resource have signalling of their own.
fn signalled(changes: &[(&str, &str)]) -> ExchangeBox {
    let changes: Vec<_> = [STAFF, RESOURCE].iter().chain(changes).copied().collect();
    neutral(&changes)
}

/// A device calls, and is answered: its leg and the other's.
fn calls(exchange: &mut ExchangeBox, device: u32, dialed: &[u8]) -> [Handle; 2] {
    let setup = Signal::Setup { from: Party::Device(device), dialed };
    let taken = exchange.signal(NOW, &setup).expect("room");
    let Taken::SetUp { leg } = taken else { panic!("{taken:?}") };
    let called = exchange.calls().peer(leg).expect("a called leg");
    assert_eq!(exchange.signal(NOW, &Signal::Answer(called)), Ok(Taken::Done));
    while let Ok(Some(_)) = exchange.poll(&mut [0; 2048]) {}
    [leg, called]
}

/// The peer of one leg is brought to that of the other: what is said, and the leg of the resource that is rung.
fn joins(exchange: &mut ExchangeBox, leg: Handle, other: Handle) -> Result<Handle, Rule> {
    match exchange.signal(NOW, &Signal::Join(leg, other)).expect("room") {
        Taken::Done => {}
        Taken::Denied(decision) => return Err(decision.denial().expect("refused").rule),
        taken => panic!("{taken:?}"),
    }
    let mut rings = None;
    while let Ok(Some(output)) = exchange.poll(&mut [0; 2048]) {
        if let Output::Setup { leg, to: Party::Conference, .. } = output {
            rings = Some(leg);
        }
    }
    Ok(rings.expect("the resource rings"))
}

fn answers(exchange: &mut ExchangeBox, leg: Handle) {
    assert_eq!(exchange.signal(NOW, &Signal::Answer(leg)), Ok(Taken::Done));
    while let Ok(Some(_)) = exchange.poll(&mut [0; 2048]) {}
}

fn holds(exchange: &mut ExchangeBox, leg: Handle) {
    assert_eq!(exchange.signal(NOW, &Signal::Hold(leg)), Ok(Taken::Done));
}

/// 201 calls these, holds them, and opens a conference: its legs with them, and there.
fn opens<const N: usize>(exchange: &mut ExchangeBox, others: [&[u8; 3]; N]) -> ([Handle; N], Handle) {
    let held = others.map(|dialed| {
        let [leg, _] = calls(exchange, 0, dialed);
        holds(exchange, leg);
        leg
    });
    let [own, _] = calls(exchange, 0, CONFERENCE);
    (held, own)
}

/// The peer of one leg is brought to that of the other, and the resource answers: on this leg.
fn comes_in(exchange: &mut ExchangeBox, leg: Handle, other: Handle) -> Handle {
    let rings = joins(exchange, leg, other).expect("permitted");
    answers(exchange, rings);
    rings
}

/// The same by neutral signals, in whichever order the two legs are named; who mixes learns which legs belong together.
#[test]
fn neutral_parties_come_in_by_the_same_rules() {
    let mut exchange = signalled(&[]);
    let ([first, second], own) = opens(&mut exchange, [b"204", b"205"]);
    let peer = |leg| exchange.calls().peer(leg).expect("it talks");
    let [guest, other, mixer] = [first, second, own].map(peer);
    let rings = joins(&mut exchange, own, first).expect("permitted");
    // It counts for who comes next before it is answered.
    assert_eq!(joins(&mut exchange, second, own), Err(Rule::Interconnect));
    answers(&mut exchange, rings);
    assert_eq!(exchange.calls().peer(guest), Some(rings));
    assert_eq!(exchange.calls().room(rings), exchange.calls().room(mixer));
    assert!(exchange.calls().room(mixer).is_some() && exchange.calls().room(other).is_none());
    assert_eq!(joins(&mut exchange, second, own), Err(Rule::Interconnect));
    assert_eq!(exchange.calls().peer(second), Some(other));
    // R30: on hook the party that it holds comes too, or all are cleared.
    assert!(matches!(exchange.signal(NOW, &Signal::OnHook(own)), Ok(Taken::Denied(_))));
    assert_eq!(exchange.calls_in_use(), 0);
}

/// R34: who comes in brings those whom its phone mixes with it, and hears those whom another's phone mixes there.
#[test]
fn r34_whoever_is_heard_through_a_phone_is_asked_for_too() {
    // 202 mixes 205 with whoever it talks to: the one comes to the other, or the other way round.
    for first in 0..2 {
        let mut exchange = signalled(&[]);
        calls(&mut exchange, 1, b"205");
        let (others, own) = opens(&mut exchange, [b"202", b"204"]);
        comes_in(&mut exchange, others[first], own);
        assert_eq!(joins(&mut exchange, others[1 - first], own), Err(Rule::Interconnect));
    }
    // And whom 201 itself mixes with the conference.
    let mut exchange = signalled(&[]);
    let [first, _] = calls(&mut exchange, 0, b"204");
    holds(&mut exchange, first);
    let [_, _] = calls(&mut exchange, 0, b"205");
    let [own, _] = calls(&mut exchange, 0, CONFERENCE);
    assert_eq!(joins(&mut exchange, first, own), Err(Rule::Interconnect));
}

/// Whom a phone talks to while it holds the conference is not in it, until it takes that back.
#[test]
fn r34_who_talks_beside_a_held_conference_is_not_in_it() {
    let mut exchange = signalled(&[]);
    let ([first], own) = opens(&mut exchange, [b"204"]);
    holds(&mut exchange, own);
    calls(&mut exchange, 0, b"205");
    comes_in(&mut exchange, first, own);
    let taken = exchange.signal(NOW, &Signal::Retrieve(own)).expect("room");
    let Taken::Denied(decision) = taken else { panic!("{taken:?}") };
    assert_eq!(decision.denial().map(|denial| denial.rule), Some(Rule::Interconnect));
}

/// R34: a member that takes somebody back from hold, or the conference itself, mixes that one with all of them.
#[test]
fn r34_to_take_back_beside_a_conference_asks_for_everybody() {
    let mut exchange = signalled(&[]);
    let ([first, second], own) = opens(&mut exchange, [b"204", b"205"]);
    comes_in(&mut exchange, first, own);
    let retrieves = |exchange: &mut ExchangeBox, leg| {
        let taken = exchange.signal(NOW, &Signal::Retrieve(leg)).expect("room");
        let Taken::Denied(decision) = taken else { return None };
        decision.denial().map(|denial| denial.rule)
    };
    assert_eq!(retrieves(&mut exchange, second), Some(Rule::Interconnect));
    holds(&mut exchange, own);
    assert_eq!(retrieves(&mut exchange, second), None);
    assert_eq!(retrieves(&mut exchange, own), Some(Rule::Interconnect));
}

/// Eight parties, no more; the resource is none of them.
#[test]
fn a_ninth_party_is_refused() {
    let exchange = signalled(&[]);
    let image = exchange.image().expect("loaded");
    let (by, new) = (Party::Device(0), [Party::Device(1), Party::Device(2)]);
    let ask = |new, members| {
        let to = Party::Conference;
        match conferred(image, &Conference { by, of: Party::Device(1), to, new, members, mode: Mode::Day }) {
            Verdict::Allow(choice) => Ok(choice.to),
            Verdict::Deny(denial) | Verdict::NeedsCode(denial) => Err(denial.rule),
        }
    };
    let members = [Party::Device(5); 7];
    assert_eq!(ask(&new[..1], &members[..6]), Ok(Party::Conference));
    assert_eq!(ask(&new[..1], &members), Err(Rule::ConferenceFull));
    assert_eq!(ask(&new, &members[..5]), Ok(Party::Conference));
    assert_eq!(ask(&new, &members[..6]), Err(Rule::ConferenceFull));
}

/// Who is left alone is released, and nothing is left of it.
#[test]
fn the_last_member_does_not_stay() {
    let mut exchange = signalled(&[]);
    let [first, guest] = calls(&mut exchange, 0, b"202");
    let [own, mixer] = calls(&mut exchange, 0, CONFERENCE);
    let rings = comes_in(&mut exchange, first, own);
    assert_eq!(exchange.signal(NOW, &Signal::Release(guest, Cause::Normal)), Ok(Taken::Done));
    assert!([own, mixer, rings].iter().all(|leg| exchange.calls().leg(*leg).is_none()));
    assert_eq!(exchange.calls_in_use(), 0);
}
