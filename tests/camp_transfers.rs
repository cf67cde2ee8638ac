//! Transfers by the code for camp-on: who is transferred to a busy phone waits for it, and who has transferred it is rung if nothing
//! comes of that (R3, R29, R36, R64).

use crate::office;

use office::{Office, assert_talk, last_denial, records, referred};
use strowger::policy::{Behalf, Feature, Party, Rule};
use strowger_testkit::phone::Behaviour;

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
    assert_eq!(referred(&office, "201"), [100, 200]);
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
    assert_eq!(referred(&office, "201").last(), Some(&200));
    office.hang_up("203");
    office.assert_nothing_left();
}
