//! Calls that are to outlive their exchange: what is written down of them is what their records will be, and the BYE that is made of it is one
//! that their phones take.

use crate::office;

use office::Office;
use strowger::base::Flow;
use strowger::exchange::{MAX_NOTED, Noted, Preserve};
use strowger::record::Smdr;
use strowger::signalling::preserved::{Action, Event, Preserved, Side};
use strowger::wire::write::Buffer;
use strowger_testkit::phone::Behaviour;

/// An office whose calls are noted; its staff may transfer, to the outside from the outside too.
fn office(seed: u64) -> Office {
    let mut office = Office::changed(
        seed,
        &[
            (
                "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
                "features = [\"transfer\", \"override-interconnect-on-transfer\", \"smdr-external\", \"smdr-internal\"]",
            ),
            (
                "name = \"Public trunks\"\nfeatures = [",
                "name = \"Public trunks\"\nfeatures = [\"public-to-public\", ",
            ),
        ],
    );
    office.sim.exchange(0).note_calls(vec![None; MAX_NOTED].leak());
    office
}

/// What was noted: what is to be written down of calls that talk, in order, and what is known to be over.
fn noted(office: &mut Office) -> (Vec<Preserve>, Vec<strowger::base::Handle>) {
    let now = office.sim.now;
    let exchange = office.sim.exchange(0);
    let (mut talks, mut over) = (Vec::new(), Vec::new());
    while let Some(noted) = exchange.noted() {
        match noted {
            Noted::Talks { leg } => talks.extend(exchange.preserve(now, leg)),
            Noted::Over { call } => over.push(call),
        }
    }
    (talks, over)
}

fn talking(office: &mut Office, a: &str, b: &str) {
    office.call(a, b);
    office.until_talks(a);
    office.sim.run_ms(500);
}

/// The records of a call, but for what is known at its end alone.
fn early(records: &[Smdr]) -> Vec<Smdr> {
    records.iter().map(|record| Smdr { duration_s: 0, call: 0, ..*record }).collect()
}

/// The call ends by itself: its records are those that were written down for it, and it is over once.
fn ends_as_drafted(office: &mut Office, drafted: &Preserve, by: &str) {
    let before = office.sim.records.len();
    office.hang_up(by);
    office.sim.run_ms(2_000);
    assert_eq!(
        early(&office.sim.records[before..]),
        early(&drafted.records),
        "{}",
        office.sim.ladder.render()
    );
    assert_eq!(noted(office), (Vec::new(), vec![drafted.call]));
}

#[test]
fn what_is_written_down_of_a_call_is_its_record() {
    for (number, records) in [("202", 1), ("95550123", 1), ("911", 1)] {
        let mut office = office(70);
        talking(&mut office, "201", number);
        let (talks, over) = noted(&mut office);
        assert_eq!((talks.len(), talks[0].records.len(), over.len()), (1, records, 0), "{number}");
        assert_eq!(talks[0].emergency, number == "911");
        let other = (number == "202").then_some(1);
        assert_eq!(talks[0].phones, [Some(0), other], "{number}");
        ends_as_drafted(&mut office, &talks[0], "201");
        office.assert_nothing_left();
    }
}

/// R86, R88: what a transfer changes in the records is written down when it is done.
#[test]
fn a_transfer_writes_the_call_down_anew() {
    for (first, second, by_trunk) in [("202", "203", false), ("95550123", "95550199", true)] {
        let mut office = office(71);
        talking(&mut office, "201", first);
        let (before, _) = noted(&mut office);
        assert!(matches!(&before[..], [talk] if talk.records[0].joined == b' '), "{before:?}");
        let id = office.phone("201");
        office.sim.with(id, |phone, now| phone.transfer(now, second));
        office.sim.run_ms(5_000);
        let (talks, over) = noted(&mut office);
        let last = talks.last().expect("they talk");
        assert_eq!(talks.len(), 1, "{first}: {talks:?}");
        assert!(over.is_empty(), "{first}: {over:?}");
        // By the dialog that both have it is known to be what has become of the first.
        let was = &before[0].ends[1].call_id;
        assert!(last.ends.iter().any(|end| end.call_id == *was), "{first}");
        assert!(last.records.iter().all(|record| record.joined == b'X'), "{:?}", last.records);
        if by_trunk {
            assert_eq!(last.records.len(), 2);
            let (carrier, before) = (office.carrier, office.sim.records.len());
            office.sim.with(carrier, |phone, now| phone.hang_up(now));
            office.sim.run_ms(2_000);
            assert_eq!(early(&office.sim.records[before..]), early(&last.records));
        } else {
            let last = last.clone();
            ends_as_drafted(&mut office, &last, first);
        }
        for _ in 0..2 {
            office.hang_up("201");
            office.sim.run_ms(500);
        }
        office.assert_nothing_left();
    }
}

/// What rings is not written down, nor who talks to nobody; what nobody wants to know is not noted.
#[test]
fn only_who_talks_is_written_down() {
    let mut office = office(72);
    office.behaves("202", Behaviour::Ring);
    office.call("201", "202");
    office.sim.run_ms(5_000);
    office.hang_up("201");
    office.sim.run_ms(1_000);
    let (talks, _) = noted(&mut office);
    assert!(talks.is_empty(), "{talks:?}");
    let mut unasked = Office::registered(72);
    talking(&mut unasked, "201", "202");
    assert_eq!(noted(&mut unasked), (Vec::new(), Vec::new()));
}

/// RFC 3261 section 12.2.2: phones take the BYE of who knows what was written down, with a CSeq beyond all that they have seen.
#[test]
fn their_phones_take_the_bye_that_is_made_of_it() {
    for by in [Side::Caller, Side::Called] {
        let mut office = office(73);
        talking(&mut office, "201", "202");
        let (mut talks, _) = noted(&mut office);
        let talk = talks.pop().expect("they talk");
        let mut call = Preserved::new(talk.ends, strowger::base::Instant(u64::MAX), 7);
        let actions = call.handle(office.sim.now, Event::Bye(by));
        assert_eq!(actions.as_slice(), [Action::Over, Action::Bye(by.other())]);
        let mut octets = [0; 2_048];
        let mut out = Buffer::new(&mut octets);
        let us = Flow::from(office::exchange_address());
        call.bye(by.other(), us, &mut out);
        let len = out.finish().expect("it is short");
        let told = ["202", "201"][usize::from(by == Side::Called)];
        let at = call.end(by.other()).to.peer;
        office.sim.inject(office::exchange_address(), at, &octets[..len]);
        office.sim.run_ms(1_000);
        let id = office.phone(told);
        assert_eq!(office.sim.phone(id).calls_up(), 0, "{}", office.sim.ladder.render());
    }
}
