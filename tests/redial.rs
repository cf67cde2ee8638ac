//! Redial: the code stands for what was dialed last at the device, and is decided on as if that were dialed by hand; account
//! codes are neither kept nor dialed with it (R54).

use crate::office;

use office::{Office, columns, last_denial, records};
use strowger::base::{Digit, Instant};
use strowger::exchange::{Output, Signal, Taken};
use strowger::policy::{Mode, Party, Rule, Verdict};
use strowger_testkit::phone::Behaviour;

const STAFF: (&str, &str) = (
    "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
    "features = [\"redial\", \"non-verified-account-code\", \"smdr-external\", \"smdr-internal\"]\naccount_code_length = 4",
);
const CODES: (&str, &str) = (
    "",
    "[features]\naccount_code = \"*33\"\nredial = \"*66\"\n[[speed_call]]\ncode = \"*02\"\nnumber = \"95550123\"\ncor_exempt = true\n",
);

fn office(seed: u64, changes: &[(&str, &str)]) -> Office {
    let changes: Vec<_> = [STAFF, CODES].iter().chain(changes).copied().collect();
    Office::changed(seed, &changes)
}

/// Of each record: calling, digits, called, account code.
fn told(office: &Office) -> Vec<String> {
    columns(office, &[24..28, 34..60, 62..66, 73..85])
}

#[test]
fn the_last_number_is_dialed_again_from_each_device_its_own() {
    let mut office = office(1, &[]);
    office.talks_and_ends("201", "202");
    office.talks_and_ends("201", "95550123");
    office.talks_and_ends("204", "202");
    office.talks_and_ends("201", "*66");
    office.talks_and_ends("201", "*66");
    office.talks_and_ends("204", "*66");
    let told = told(&office);
    assert_eq!(told[3..], ["201,95550123,T001,", "201,95550123,T001,", "204,202,202,"], "{told:?}");
}

/// R54: the code that was entered for the call before is not kept, and no other is dialed for it.
#[test]
fn r54_an_account_code_is_neither_kept_nor_dialed_again() {
    let mut office = office(2, &[]);
    office.talks_and_ends("201", "*33432195550123");
    office.talks_and_ends("201", "*66");
    assert_eq!(told(&office), ["201,95550123,T001,4321", "201,95550123,T001,"]);
}

/// R54, R45: who must enter a code for each call outside must do so again, and the call then goes to the number of before.
#[test]
fn r54_a_code_that_is_forced_is_asked_for_again() {
    let forced = ("\"non-verified-account-code\", ", "\"forced-non-verified-account-code\", ");
    let mut exchange = neutral(&[forced]);
    let from = Party::Device(0);
    let asked = |exchange: &mut Box| match exchange.signal(NOW, &Signal::Setup { from, dialed: b"95550123" })
    {
        Ok(Taken::NeedsCode { leg, .. }) => leg,
        other => panic!("{other:?}"),
    };
    let leg = asked(&mut exchange);
    assert_eq!(keys(&mut exchange, leg, "1234"), "setup 16135550123");
    exchange.signal(NOW, &Signal::Release(leg, strowger::call::Cause::Normal)).expect("room");
    while exchange.poll(&mut [0; 4096]).expect("room").is_some() {}
    let Ok(Taken::NeedsCode { leg, .. }) = exchange.signal(NOW, &Signal::Setup { from, dialed: b"*66" })
    else {
        panic!("a code is asked for again");
    };
    assert_eq!(keys(&mut exchange, leg, "9876"), "setup 16135550123");
}

/// R1, R10, R20: what holds is what holds now: the COR of the night, and its classes.
#[test]
fn what_may_be_dialed_is_decided_anew() {
    let night = (
        "cos = 1\ncor = 1\npublic_number",
        "cos = 1\ncor = { day = 1, night1 = 2, night2 = 1 }\npublic_number",
    );
    let mut office = office(3, &[night]);
    office.talks_and_ends("201", "95550123");
    office.sim.exchange(0).set_mode(Some(Mode::Night1));
    assert_eq!(office.refused("201", "*66").1, "Q.850;cause=21;text=\"cor.route\"");
    let (rule, party, behalf) = last_denial(&office).expect("it is noted down");
    assert_eq!((rule, party, behalf), (Rule::CorRoute, Party::Device(0), None));
    let noted = office.sim.decisions.last().expect("noted");
    assert_eq!(noted.dialed.as_str(), "95550123");
    // What was refused is kept as well.
    office.sim.exchange(0).set_mode(None);
    office.talks_and_ends("201", "*66");
}

/// R3: without the feature the code is refused, and nothing is kept.
#[test]
fn r3_who_lacks_the_feature_is_refused_by_class() {
    let mut plain = office(4, &[("features = [\"redial\", ", "features = [")]);
    plain.talks_and_ends("201", "202");
    assert_eq!(plain.refused("201", "*66"), (403, "Q.850;cause=21;text=\"cos.feature\"".into()));
    let noted = plain.sim.decisions.last().expect("noted");
    let Verdict::Deny(denial) = noted.verdict else { panic!("{noted:?}") };
    // R9: both class numbers are told.
    assert_eq!((denial.authority.cos, denial.authority.cor), (1, 1));
    assert!(noted.dialed.is_empty());
}

#[test]
fn where_nothing_was_dialed_the_code_leads_nowhere() {
    let mut office = office(5, &[]);
    assert_eq!(office.refused("201", "*66").0, 404);
    // Being called is not dialing, neither is a code that sets or takes something, and help is not called again by accident.
    office.talks_and_ends("202", "201");
    office.call("201", "911");
    office.until_talks("201");
    office.hang_up("201");
    office.until_over("201");
    assert_eq!(office.refused("201", "*66").0, 404);
    assert_eq!(office.refused("201", "*661").0, 404);
}

/// R27: the code of a speed call is kept as a code: what its row exempts, it exempts again.
#[test]
fn r27_a_speed_call_is_one_again() {
    let mut office = office(6, &[]);
    assert_eq!(office.refused("203", "95550123").0, 403);
    assert_eq!(office.refused("203", "*66").0, 403);
    office.talks_and_ends("203", "*02");
    office.talks_and_ends("203", "*66");
    let told = told(&office);
    assert_eq!(told[told.len() - 2..], ["203,95550123,T001,", "203,95550123,T001,"], "{told:?}");
}

/// A party that is transferred to the code goes to what who transfers it has dialed last.
#[test]
fn a_party_is_transferred_to_the_number_that_was_dialed_last() {
    let mut office = office(8, &[("[\"redial\", ", "[\"transfer\", \"redial\", ")]);
    office.talks_and_ends("202", "204");
    office.call("201", "202");
    office.until_talks("201");
    office.sim.run_ms(500);
    let id = office.phone("202");
    office.sim.with(id, |phone, now| phone.transfer(now, "*66"));
    office.sim.run_ms(5_000);
    let id = office.phone("204");
    assert_eq!(office.sim.phone(id).calls_up(), 1);
    office.hang_up("201");
    office.until_over("201");
    office.assert_nothing_left();
}

/// What was busy is what one dials again.
#[test]
fn a_number_that_was_busy_is_called_again() {
    let mut office = office(7, &[]);
    office.behaves("202", Behaviour::Reject(486));
    assert_eq!(office.refused("201", "202").0, 486);
    office.behaves("202", Behaviour::Answer { after_ms: 100 });
    office.talks_and_ends("201", "*66");
    assert!(records(&office).last().is_some_and(|record| record.contains("202")), "{:?}", records(&office));
}

const NOW: Instant = Instant(1_000);
type Box = strowger_testkit::sim::ExchangeBox;

fn neutral(changes: &[(&str, &str)]) -> Box {
    office::neutral(&[&[STAFF, CODES], changes].concat())
}

/// Presses keys; who is to ring then.
fn keys(exchange: &mut Box, leg: strowger::base::Handle, digits: &str) -> String {
    let mut rung = String::new();
    for digit in digits.bytes().filter_map(Digit::from_ascii) {
        exchange.signal(NOW, &Signal::Digit(leg, digit)).expect("room");
        while let Some(output) = exchange.poll(&mut [0; 4096]).expect("room") {
            if let Output::Setup { digits, .. } = output {
                rung = format!("setup {}", digits.as_str());
            }
        }
    }
    rung
}

/// Digit by digit the code is whole with its last key.
#[test]
fn a_party_that_dials_key_by_key_has_its_last_number_called() {
    let mut exchange = neutral(&[]);
    for number in ["95550123", "*66"] {
        let Ok(Taken::OffHook { leg }) = exchange.signal(NOW, &Signal::OffHook { from: Party::Device(0) })
        else {
            panic!("off hook")
        };
        assert_eq!(keys(&mut exchange, leg, number), "setup 16135550123", "{number}");
        exchange.signal(NOW, &Signal::Release(leg, strowger::call::Cause::Normal)).expect("room");
        while exchange.poll(&mut [0; 4096]).expect("room").is_some() {}
    }
}
