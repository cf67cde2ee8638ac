//! Speed calls: a code stands for a number, and restrictions apply to it as if it had been dialed, unless its row exempts it
//! from COR (R27); nobody's account code is dialed with it (R54).

use crate::office;

use office::{Office, columns};
use strowger::policy::{Rule, Verdict};
use strowger_testkit::phone::Behaviour;

const SPEED: (&str, &str) = (
    "",
    "[features]\naccount_code = \"*33\"\nforward_always = \"*72\"\n[[speed_call]]\ncode = \"*01\"\nnumber = \"95550123\"\n[[speed_call]]\ncode = \"*02\"\nnumber = \"95550123\"\ncor_exempt = true\n[[speed_call]]\ncode = \"*03\"\nnumber = \"202\"\n",
);
const STAFF: (&str, &str) = (
    "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
    "features = [\"transfer\", \"forward-internal\", \"forward-external\", \"non-verified-account-code\", \"smdr-external\", \"smdr-internal\"]\naccount_code_length = 4",
);

fn office(seed: u64, changes: &[(&str, &str)]) -> Office {
    let changes: Vec<_> = [STAFF, SPEED].iter().chain(changes).copied().collect();
    Office::changed(seed, &changes)
}

/// Calling, digits, completion and how, called, account code.
fn records(office: &Office) -> Vec<String> {
    columns(office, &[24..28, 34..60, 60..62, 62..66, 73..85])
}

fn last_rule(office: &Office) -> Rule {
    match office.sim.decisions.last().expect("something was decided").verdict {
        Verdict::Allow(choice) => choice.rule,
        Verdict::Deny(denial) | Verdict::NeedsCode(denial) => denial.rule,
    }
}

#[test]
fn the_number_behind_a_code_is_called_and_recorded() {
    for (code, record) in [
        ("*01", "201,95550123,AS,T001,"),
        ("*03", "201,202,IS,202,"),
        ("*334321*01", "201,95550123,AS,T001,4321"),
        ("95550123", "201,95550123,A,T001,"),
    ] {
        let mut office = office(1, &[]);
        office.talks_and_ends("201", code);
        assert_eq!(records(&office), [record], "{code}");
    }
}

/// R27: 203 may not use the trunk; an exempt code lifts its COR and nothing else.
#[test]
fn r27_restrictions_apply_unless_the_row_is_exempt_from_cor() {
    let mut plain = office(2, &[]);
    assert_eq!(plain.refused("203", "*01"), (403, "Q.850;cause=21;text=\"cor.route\"".into()));
    plain.talks_and_ends("203", "*02");
    assert_eq!(records(&plain).last().map(String::as_str), Some("203,95550123,AS,T001,"));
    // 206 has no COS, and who may not be joined with the trunk may not by a code.
    assert_eq!(plain.refused("206", "*02").1, "Q.850;cause=21;text=\"cos.none\"");
    let restricted = ("restricted = [", "restricted = [ { from = 1, to = 4 },");
    let mut apart = office(3, &[restricted]);
    assert_eq!(apart.refused("203", "*02").0, 403);
    assert_eq!(last_rule(&apart), Rule::Interconnect);
    let premium = ("", "[[number_class]]\nname = \"shut\"\nprefixes = [\"6135550123\"]\naction = \"deny\"\n");
    let mut shut = office(4, &[premium]);
    assert_eq!((shut.refused("203", "*02").0, last_rule(&shut)), (403, Rule::ClassDenied));
}

#[test]
fn what_is_more_or_less_than_a_code_is_no_number() {
    let mut office = office(5, &[]);
    assert_eq!(office.refused("201", "*012").0, 404);
    assert_eq!(office.refused("201", "*0").0, 484);
    assert_eq!(office.refused("202", "*03").0, 403, "its own number");
    assert_eq!(last_rule(&office), Rule::CallSelf);
}

/// R22, R27: a number that calls are to go to may be a code; it is judged like the number, when it is set and each time.
#[test]
fn r27_calls_are_forwarded_to_the_number_behind_a_code() {
    for (by, code, rung) in [("201", "*01", true), ("203", "*01", false), ("203", "*02", true)] {
        let mut office = office(6, &[]);
        office.call(by, &format!("*72{code}"));
        office.until_over(by);
        let device = if by == "201" { 0 } else { 2 };
        let set = office.sim.exchange(0).settings(device).is_some_and(|set| set.any());
        assert_eq!(set, rung, "{by} {code}");
        if set {
            office.call("204", by);
            office.until_talks("204");
            office.sim.run_ms(500);
            let carrier = office.carrier;
            assert_eq!(office.sim.phone(carrier).calls_up(), 1, "{by} {code}");
            office.hang_up("204");
            office.until_over("204");
            assert_eq!(records(&office), ["204,95550123,AF,T001,"]);
        }
        office.assert_nothing_left();
    }
}

/// R33: the COR of who is transferred counts as for the number, unless the code is exempt.
#[test]
fn a_party_is_transferred_to_the_number_behind_a_code() {
    let mut office = office(7, &[]);
    office.behaves("202", Behaviour::Answer { after_ms: 100 });
    office.call("201", "202");
    office.until_talks("201");
    office.sim.run_ms(500);
    let id = office.phone("202");
    office.sim.with(id, |phone, now| phone.transfer(now, "*01"));
    office.sim.run_ms(5_000);
    let carrier = office.carrier;
    assert_eq!(office.sim.phone(carrier).calls_up(), 1);
    office.hang_up("201");
    office.until_over("201");
    assert!(
        records(&office).iter().any(|record| record == "202,95550123,AS,T001,"),
        "{:?}",
        records(&office)
    );
    office.assert_nothing_left();
}
