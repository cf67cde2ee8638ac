//! Hold (R3, R100): by a phone's own offer and by neutral signals. A class that lets nobody hold refuses it and changes nothing; who
//! holds for too long is rung, as who has parked.

use crate::office;

use office::{Office, assert_talk, last_denial, neutral, records};
use strowger::base::{Handle, Instant};
use strowger::call::Cause;
use strowger::exchange::{Output, Signal, Taken};
use strowger::policy::{Behalf, Feature, Party, Rule};
use strowger_testkit::phone::{Ask, Behaviour, PhoneEvent};
use strowger_testkit::sim::ExchangeBox;

/// Nobody may hold, or begin what a hold begins.
const NONE: (&str, &str) = ("features = [\"hold\", \"smdr-external\"", "features = [\"smdr-external\"");

fn holds(office: &mut Office, dn: &str) -> bool {
    let phone = Party::Device(match dn {
        "201" => 0,
        "202" => 1,
        other => panic!("{other}"),
    });
    let exchange = office.sim.exchange(0);
    let leg = exchange.calls().legs().find(|(_, slot)| slot.party == phone).expect("it has a call").0;
    exchange.calls().holds_until(leg).is_some()
}

fn talking(seed: u64, changes: &[(&str, &str)]) -> Office {
    let mut office = Office::changed(seed, changes);
    office.call("201", "202");
    office.until_talks("201");
    office.sim.run_ms(500);
    office.sim.ladder.clear();
    office.sim.events.clear();
    office
}

/// R3: the re-INVITE gets 403 with the rule, nothing reaches the other, and the denied record names both.
#[test]
fn r3_who_may_not_hold_is_refused_and_the_call_goes_on() {
    let mut office = talking(1, &[NONE]);
    let id = office.phone("201");
    office.ask("201", Ask::Hold);
    office.sim.run_ms(1_000);
    assert!(office.trace().contains("exchange -> 201: 403 Forbidden (INVITE)"), "{}", office.trace());
    assert!(!office.trace().contains("-> 202"), "{}", office.trace());
    assert!(!holds(&mut office, "201"));
    assert!(!office.sim.told(id).iter().any(|event| matches!(event, PhoneEvent::Ended { .. })));
    let behalf = Behalf { feature: Feature::Hold, party: Party::Device(1) };
    assert_eq!(last_denial(&office), Some((Rule::CosFeature, Party::Device(0), Some(behalf))));
    assert_talk(&mut office, "201", "202");
    office.hang_up("201");
    office.assert_nothing_left();
}

/// What a transfer begins with is a hold: who may transfer, or park, may hold.
#[test]
fn who_may_transfer_may_hold() {
    for (seed, feature) in (2..).zip(["hold", "transfer", "park", "conference"]) {
        let features = format!("features = [\"{feature}\", \"smdr-external\"");
        let mut office = talking(seed, &[("features = [\"hold\", \"smdr-external\"", &features)]);
        office.ask("201", Ask::Hold);
        office.sim.run_ms(1_000);
        assert!(holds(&mut office, "201") && !holds(&mut office, "202"), "{feature}");
        office.ask("201", Ask::Resume);
        office.sim.run_ms(1_000);
        assert!(!holds(&mut office, "201"), "{feature}");
        office.hang_up("201");
        office.assert_nothing_left();
    }
}

/// Law 4: whoever has called for help may do with that call what the phone can; and is not rung for it.
#[test]
fn a_call_for_help_can_be_held_by_anybody() {
    let mut office = Office::changed(7, &[NONE]);
    office.call("201", "911");
    office.until_talks("201");
    office.ask("201", Ask::Hold);
    office.sim.run_ms(700_000);
    assert!(holds(&mut office, "201"));
    office.hang_up("201");
    office.assert_nothing_left();
}

/// `hold_recall`: the phone of who holds for too long is rung, and has its peer again when it answers; one record.
#[test]
fn who_holds_for_too_long_is_rung() {
    let mut office = talking(8, &[("ringing = 60\n", "ringing = 60\nhold_recall = 10\n")]);
    office.ask("201", Ask::Hold);
    office.sim.run_ms(9_000);
    assert!(!office.trace().contains("BYE"), "{}", office.trace());
    office.sim.run_ms(5_000);
    let trace = office.trace();
    assert!(
        trace.contains("exchange -> 201: BYE") && trace.contains("exchange -> 201: INVITE 201"),
        "{trace}"
    );
    office.sim.run_ms(5_000);
    assert_talk(&mut office, "201", "202");
    office.hang_up("202");
    office.assert_nothing_left();
    assert_eq!(records(&office), ["201,202,I,202,,"]);
}

/// Who has held for too long does not hear its BYE, and refuses the recall meanwhile: the call is over all the same.
#[test]
fn a_holder_that_does_not_hear_its_bye_leaves_nothing_behind() {
    let mut office = talking(21, &[("ringing = 60\n", "ringing = 60\nhold_recall = 10\n")]);
    office.behaves("201", Behaviour::Busy);
    office.ask("201", Ask::Hold);
    office.sim.run_ms(1_000);
    let holder = office::phone_address(0);
    office.sim.lose(move |datagram| datagram.to == holder && datagram.bytes.starts_with(b"BYE"));
    office.sim.run_ms(12_000);
    office.sim.deliver_all();
    let told = office.sim.told(office.phone("202"));
    assert!(matches!(told.last(), Some(PhoneEvent::Ended { status: 200, .. })), "{}", office.trace());
    office.assert_nothing_left();
}

/// Who does not answer the recall has left the one who waits.
#[test]
fn who_waits_is_released_if_the_recall_is_refused() {
    let mut office = talking(9, &[("ringing = 60\n", "ringing = 60\nhold_recall = 10\n")]);
    office.behaves("201", Behaviour::Busy);
    office.ask("201", Ask::Hold);
    office.until_over("202");
    office.assert_nothing_left();
}

const NOW: Instant = Instant(1_000);

/// What the exchange puts out.
fn outputs(exchange: &mut ExchangeBox) -> Vec<Output> {
    let mut outputs = Vec::new();
    while let Ok(Some(output)) = exchange.poll(&mut [0; 2048]) {
        if !matches!(output, Output::Decision(_)) {
            outputs.push(output);
        }
    }
    outputs
}

/// Two neutral parties that talk: their legs.
fn two_talk(exchange: &mut ExchangeBox) -> (Handle, Handle) {
    let setup = Signal::Setup { from: Party::Device(0), dialed: b"202" };
    let Ok(Taken::SetUp { leg: a }) = exchange.signal(NOW, &setup) else { panic!("refused") };
    let b = exchange.calls().legs().map(|(leg, _)| leg).find(|leg| *leg != a).expect("a called leg");
    exchange.signal(NOW, &Signal::Answer(b)).expect("room");
    outputs(exchange);
    (a, b)
}

/// R100: each holds for itself; who is held hears so, and no more than once.
#[test]
fn r100_each_of_two_holds_for_itself() {
    let mut exchange = neutral(&[]);
    let (a, b) = two_talk(&mut exchange);
    let mut signal = |signal: Signal<'_>| {
        let taken = exchange.signal(NOW, &signal).expect("room");
        (taken, outputs(&mut exchange))
    };
    let held = |leg, held| format!("{:?}", Output::Held { leg, held });
    let heard = |(taken, outputs): (Taken, Vec<Output>)| {
        assert_eq!(taken, Taken::Done);
        outputs.iter().map(|output| format!("{output:?}")).collect::<Vec<_>>()
    };
    assert_eq!(heard(signal(Signal::Hold(a))), [held(b, true)]);
    assert_eq!(heard(signal(Signal::Hold(b))), [held(a, true)]);
    assert_eq!(heard(signal(Signal::Retrieve(a))), [held(b, false)]);
    assert_eq!(heard(signal(Signal::Retrieve(b))), [held(a, false)]);
    assert_eq!(signal(Signal::Hold(Handle::NONE)).0, Taken::UnknownLeg);
    assert_eq!(exchange.calls().deadline(a), None);
}

#[test]
fn neutral_parties_hold_by_their_class_and_are_rung() {
    let mut exchange = neutral(&[NONE]);
    let (a, _) = two_talk(&mut exchange);
    let Ok(Taken::Denied(decision)) = exchange.signal(NOW, &Signal::Hold(a)) else { panic!("it holds") };
    assert_eq!(decision.denial().map(|denial| denial.rule), Some(Rule::CosFeature));
    let mut exchange = neutral(&[]);
    let (a, b) = two_talk(&mut exchange);
    // A call that still rings is held by nobody.
    let setup = Signal::Setup { from: Party::Device(2), dialed: b"205" };
    let Ok(Taken::SetUp { leg: ringing }) = exchange.signal(NOW, &setup) else { panic!("refused") };
    assert_eq!(exchange.signal(NOW, &Signal::Hold(ringing)), Ok(Taken::NotNow));
    exchange.signal(NOW, &Signal::Release(ringing, Cause::Normal)).expect("room");
    exchange.signal(NOW, &Signal::Hold(a)).expect("room");
    outputs(&mut exchange);
    let until = exchange.calls().deadline(a).expect("it is rung some time");
    assert_eq!(until, NOW.plus_s(30));
    let _ = exchange.tick(until).expect("room");
    assert!(matches!(outputs(&mut exchange).as_slice(), [Output::Release(leg, Cause::Normal)] if *leg == a));
    let recall = exchange.next_deadline().expect("then it is rung");
    let _ = exchange.tick(recall).expect("room");
    let rung = outputs(&mut exchange).into_iter().find_map(|output| match output {
        Output::Setup { leg, to: Party::Device(0), .. } => Some(leg),
        _ => None,
    });
    let rung = rung.expect("the recall");
    exchange.signal(recall, &Signal::Answer(rung)).expect("room");
    let joined = outputs(&mut exchange);
    assert!(
        joined
            .iter()
            .any(|output| matches!(output, Output::Joined { leg, with } if *leg == b && *with == rung)),
        "{joined:?}"
    );
}

/// Who is held transfers who holds it: the timers that are served are those of the calls, whatever becomes of the hold.
#[test]
fn a_transfer_by_who_is_held_loses_no_timer() {
    let features = ("features = [\"hold\", \"smdr-external\"", "features = [\"transfer\", \"smdr-external\"");
    let mut exchange = neutral(&[features]);
    let (a, b) = two_talk(&mut exchange);
    exchange.signal(NOW, &Signal::Hold(a)).expect("room");
    assert_eq!(exchange.signal(NOW, &Signal::Transfer(b, b"203")), Ok(Taken::Done));
    let first = |exchange: &ExchangeBox| {
        let calls = exchange.calls();
        calls.legs().filter_map(|(leg, _)| calls.deadline(leg)).min()
    };
    assert_eq!(exchange.next_deadline(), first(&exchange));
    assert_eq!(exchange.next_deadline(), Some(NOW.plus_s(30)));
    let _ = exchange.tick(NOW.plus_s(30)).expect("room");
    assert_eq!(exchange.next_deadline(), first(&exchange));
    assert_eq!(exchange.next_deadline(), Some(NOW.plus_s(60)));
}

/// Who talks to another meanwhile is not rung: the one that is held waits on.
#[test]
fn who_consults_another_is_not_rung_meanwhile() {
    let mut exchange = neutral(&[]);
    let (a, _) = two_talk(&mut exchange);
    exchange.signal(NOW, &Signal::Hold(a)).expect("room");
    let setup = Signal::Setup { from: Party::Device(0), dialed: b"203" };
    let Ok(Taken::SetUp { leg: other }) = exchange.signal(NOW, &setup) else { panic!("refused") };
    outputs(&mut exchange);
    let until = exchange.calls().deadline(a).expect("a time");
    let _ = exchange.tick(until).expect("room");
    assert!(
        !outputs(&mut exchange).iter().any(|output| matches!(output, Output::Release(leg, _) if *leg == a))
    );
    assert_eq!(exchange.calls().deadline(a), Some(until.plus_s(30)));
    exchange.signal(until, &Signal::Release(other, Cause::Normal)).expect("room");
    let _ = exchange.tick(until.plus_s(30)).expect("room");
    assert!(
        outputs(&mut exchange).iter().any(|output| matches!(output, Output::Release(leg, _) if *leg == a))
    );
}
