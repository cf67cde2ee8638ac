//! Transfers by the code for camp-on: who is transferred to a busy phone waits for it, and who has transferred it is rung if nothing
//! comes of that (R3, R29, R36, R64).

mod office;

use office::{Office, assert_talk, last_denial, neutral, records};
use strowger::base::{Handle, Instant};
use strowger::call::{Cause, Transfer};
use strowger::exchange::{Output, Signal, Taken};
use strowger::policy::{Behalf, Feature, Party, Rule};
use strowger_testkit::phone::{Behaviour, PhoneEvent};
use strowger_testkit::sim::ExchangeBox;

const CODE: (&str, &str) = ("", "[features]\ncamp_on = \"*61\"\npark = \"*62\"\n");
const CLASS: (&str, &str) = (
    "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
    "features = [\"transfer\", \"camp-on\", \"smdr-external\", \"smdr-internal\"]",
);
const TWENTY: (&str, &str) = ("ringing = 60\n", "ringing = 60\ncamp_on_recall = 20\n");

fn transfer(office: &mut Office, dn: &str, number: &str) {
    let id = office.phone(dn);
    office.sim.with(id, |phone, now| phone.transfer(now, number));
}

fn told(office: &Office, dn: &str) -> Vec<u16> {
    let events = office.sim.told(office.phone(dn)).into_iter();
    events
        .filter_map(|event| match event {
            PhoneEvent::Referred { status } => Some(status),
            _ => None,
        })
        .collect()
}

/// 202 and 207 talk, and want no second call. 203 talks to 201, which transfers it to 202 by the code, and is done.
fn waiting(seed: u64, changes: &[(&str, &str)]) -> Office {
    let changes: Vec<_> = [CODE, CLASS].iter().chain(changes).copied().collect();
    let mut office = Office::changed(seed, &changes);
    office.call("207", "202");
    office.until_talks("207");
    office.behaves("202", Behaviour::Busy);
    office.call("203", "201");
    office.until_talks("203");
    office.sim.run_ms(500);
    office.sim.ladder.clear();
    transfer(&mut office, "201", "*61202");
    office.sim.run_ms(1_000);
    office.behaves("202", Behaviour::Answer { after_ms: 1_000 });
    office
}

#[test]
fn who_is_transferred_to_a_busy_phone_waits_for_it() {
    let mut office = waiting(1, &[]);
    // For 201 it is done.
    assert_eq!(told(&office, "201"), [100, 200]);
    assert!(office.trace().contains("exchange -> 201: BYE"), "{}", office.trace());
    office.sim.run_ms(10_000);
    office.sim.ladder.clear();
    office.hang_up("207");
    office.sim.run_ms(3_000);
    assert!(office.trace().contains("exchange -> 202: INVITE"), "{}", office.trace());
    assert_talk(&mut office, "203", "202");
    office.hang_up("203");
    office.assert_nothing_left();
    assert_eq!(records(&office), ["207,202,I,202,,", "203,201,I,201,X,202"]);
}

/// `camp_on_recall` of who transfers. It is joined again with who has waited.
#[test]
fn who_has_waited_long_enough_has_its_transferor_rung() {
    let mut office = waiting(2, &[TWENTY]);
    office.sim.run_ms(15_000);
    office.sim.ladder.clear();
    assert!(!office.trace().contains("exchange -> 201: INVITE"));
    office.sim.run_ms(8_000);
    assert!(office.trace().contains("exchange -> 201: INVITE"), "{}", office.trace());
    assert_talk(&mut office, "203", "201");
    office.hang_up("203");
    office.hang_up("207");
    office.assert_nothing_left();
}

/// Neither who does not answer nor who refuses keeps it.
#[test]
fn who_rings_and_does_not_answer_has_its_transferor_rung() {
    for (seed, behaviour) in [(3, Behaviour::Ring), (4, Behaviour::Reject(603))] {
        let mut office = waiting(seed, &[TWENTY]);
        office.behaves("202", behaviour);
        office.hang_up("207");
        office.sim.run_ms(70_000);
        assert_talk(&mut office, "203", "201");
        office.hang_up("203");
        office.assert_nothing_left();
    }
}

/// Nobody rings for who is gone.
#[test]
fn who_waits_may_hang_up() {
    let mut office = waiting(5, &[]);
    office.hang_up("203");
    office.sim.run_ms(1_000);
    office.sim.ladder.clear();
    office.hang_up("207");
    office.sim.run_ms(5_000);
    office.assert_nothing_left();
    assert!(!office.trace().contains("INVITE"), "{}", office.trace());
}

/// R3, R29: without the class, or with no number behind the code, they talk on. Help is reached behind any code.
#[test]
fn r3_a_denial_leaves_the_call_as_it_was() {
    let without = ("\"transfer\", \"camp-on\"", "\"transfer\"");
    for (changes, number, rule) in [
        (&[CODE, CLASS, without][..], "*61202", Rule::CosFeature),
        (&[CODE, CLASS], "*61*61202", Rule::NumberVacant),
        (&[CODE, CLASS], "*61*62", Rule::NumberVacant),
        (&[CODE, CLASS], "*61777", Rule::NumberVacant),
    ] {
        let mut office = Office::changed(6, changes);
        office.call("203", "201");
        office.until_talks("203");
        office.sim.run_ms(500);
        transfer(&mut office, "201", number);
        office.sim.run_ms(1_000);
        let behalf = Some(Behalf { feature: Feature::Transfer, party: Party::Device(2) });
        assert_eq!(last_denial(&office), Some((rule, Party::Device(0), behalf)), "{number}");
        assert_talk(&mut office, "203", "201");
        office.hang_up("203");
        office.assert_nothing_left();
    }
}

/// Law 4: without the class.
#[test]
fn help_is_reached_behind_the_code() {
    let transfers = (
        "[\"hold\", \"smdr-external\", \"smdr-internal\"]",
        "[\"transfer\", \"smdr-external\", \"smdr-internal\"]",
    );
    let mut office = Office::changed(7, &[CODE, transfers]);
    office.call("203", "201");
    office.until_talks("203");
    office.sim.run_ms(500);
    transfer(&mut office, "201", "*61911");
    office.sim.run_ms(3_000);
    assert!(office.trace().contains("exchange -> carrier: INVITE"), "{}", office.trace());
    assert_eq!(told(&office, "201").last(), Some(&200));
    office.hang_up("203");
    office.assert_nothing_left();
}

struct Lines {
    exchange: ExchangeBox,
    now: Instant,
}

impl Lines {
    fn outputs(&mut self) -> Vec<Output> {
        let mut outputs = Vec::new();
        while let Ok(Some(output)) = self.exchange.poll(&mut [0; 2048]) {
            outputs.push(output);
        }
        outputs
    }

    fn signal(&mut self, signal: Signal<'_>) -> Vec<Output> {
        self.exchange.signal(self.now, &signal).expect("room");
        self.outputs()
    }

    fn talk(&mut self, from: u32, dialed: &[u8]) -> (Handle, Handle) {
        let setup = Signal::Setup { from: Party::Device(from), dialed };
        let Ok(Taken::SetUp { leg: a }) = self.exchange.signal(self.now, &setup) else { panic!("refused") };
        let (b, _) = rung(&self.outputs()).expect("somebody rings");
        self.signal(Signal::Answer(b));
        (a, b)
    }
}

fn rung(outputs: &[Output]) -> Option<(Handle, Party)> {
    outputs.iter().find_map(|output| match output {
        Output::Setup { leg, to, .. } => Some((*leg, *to)),
        _ => None,
    })
}

/// By neutral signals; who is busy once more is waited for again, and no longer than from the beginning.
#[test]
fn who_is_busy_once_more_is_waited_for_again() {
    let mut lines = Lines { exchange: neutral(&[CODE, CLASS]), now: Instant(1_000) };
    let (_, busy) = lines.talk(6, b"202");
    let (first, by) = lines.talk(2, b"201");
    // 201 transfers 203 to 202, which is busy.
    let heard = lines.signal(Signal::Transfer(by, b"*61202"));
    let (tried, _) = rung(&heard).expect("202 is tried");
    let heard = lines.signal(Signal::Release(tried, Cause::BUSY));
    assert!(heard.contains(&Output::Referred { leg: by, status: 200 }), "{heard:?}");
    assert!(heard.contains(&Output::Release(by, Cause::Normal)), "{heard:?}");
    let waits = |lines: &Lines| match lines.exchange.calls().transfer(first) {
        Some(Transfer::Camped { on: 1, by: Some(Party::Device(0)), until }) => Some(until),
        _ => None,
    };
    let until = waits(&lines).expect("203 waits");
    assert_eq!(until, Instant(1_000).plus_s(60));
    // It rings, and has gone off hook for another call meanwhile.
    lines.now = lines.now.plus_s(10);
    let (again, to) = rung(&lines.signal(Signal::Release(busy, Cause::Normal))).expect("202 rings");
    assert_eq!(to, Party::Device(1));
    let (_, other) = lines.talk(1, b"205");
    lines.signal(Signal::Release(again, Cause::BUSY));
    assert_eq!(waits(&lines), Some(until), "it waits on");
    let (again, _) = rung(&lines.signal(Signal::Release(other, Cause::Normal))).expect("202 rings once more");
    let heard = lines.signal(Signal::Answer(again));
    assert!(heard.contains(&Output::Joined { leg: first, with: again }), "{heard:?}");
    lines.signal(Signal::Release(first, Cause::Normal));
    assert_eq!(lines.exchange.calls_in_use(), 0);
}
