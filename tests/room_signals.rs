//! The same conferences as in `room.rs` by neutral signals (R30, R34): who may not hear everybody stays where he is, and those whom phones
//! mix are asked for besides.

use crate::office;

use office::{CONFERS, neutral};
use strowger::base::{Handle, Instant};
use strowger::call::Cause;
use strowger::exchange::{CONFERENCE, Output, Signal, Taken};
use strowger::policy::{Conference, Mode, Party, Rule, Verdict, conferred};
use strowger_testkit::sim::ExchangeBox;

const NOW: Instant = Instant(1_000);

/// An exchange whose parties and resource have signalling of their own.
fn signalled() -> ExchangeBox {
    neutral(&CONFERS)
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
    let mut exchange = signalled();
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
        let mut exchange = signalled();
        calls(&mut exchange, 1, b"205");
        let (others, own) = opens(&mut exchange, [b"202", b"204"]);
        comes_in(&mut exchange, others[first], own);
        assert_eq!(joins(&mut exchange, others[1 - first], own), Err(Rule::Interconnect));
    }
    // And whom 201 itself mixes with the conference.
    let mut exchange = signalled();
    let [first, _] = calls(&mut exchange, 0, b"204");
    holds(&mut exchange, first);
    let [_, _] = calls(&mut exchange, 0, b"205");
    let [own, _] = calls(&mut exchange, 0, CONFERENCE);
    assert_eq!(joins(&mut exchange, first, own), Err(Rule::Interconnect));
}

/// Whom a phone talks to while it holds the conference is not in it, until it takes that back.
#[test]
fn r34_who_talks_beside_a_held_conference_is_not_in_it() {
    let mut exchange = signalled();
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
    let mut exchange = signalled();
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
    let exchange = signalled();
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
    let mut exchange = signalled();
    let [first, guest] = calls(&mut exchange, 0, b"202");
    let [own, mixer] = calls(&mut exchange, 0, CONFERENCE);
    let rings = comes_in(&mut exchange, first, own);
    assert_eq!(exchange.signal(NOW, &Signal::Release(guest, Cause::Normal)), Ok(Taken::Done));
    assert!([own, mixer, rings].iter().all(|leg| exchange.calls().leg(*leg).is_none()));
    assert_eq!(exchange.calls_in_use(), 0);
}
