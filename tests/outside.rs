//! Over trunks and between them in a whole exchange: overflow of route lists, interconnect, the features that the COS
//! must have, and the records of it all. Virtual time, real datagrams.

use crate::office;

use office::Office;
use strowger::policy::{Party, Verdict};
use strowger::record::smdr::Station;
use strowger_testkit::phone::{Behaviour, PhoneEvent};

/// Local calls go over the carrier, and then over the other trunk, whose route blocks COR 3.
const LIST: (&str, &str) = (
    "digits = \"NXXXXXX\"\nuse = { route = 1 }",
    "digits = \"NXXXXXX\"\nuse = { list = 2 }\n[[cor_group]]\nid = 2\nmembers = \"3\"\n[[route]]\nid = 2\ntrunk = \"other\"\n\
     digit_modification = 1\ncor_group = 2\n[[route_list]]\nid = 2\nchoices = [ { route = 1 }, { route = 2 } ]",
);
const ONE_CHANNEL: (&str, &str) = ("channels = 2", "channels = 1");
/// 205 has COR 3, and may be called by 204.
const COR_3: (&str, &str) = (
    "password = \"Sl0w-copper-Train-8\"\ncos = 1\ncor = 1\ninterconnect = 3",
    "password = \"Sl0w-copper-Train-8\"\ncos = 1\ncor = 3",
);
const NO_PAIRS: (&str, &str) = ("restricted = [ { from = 2, to = 3 } ]", "restricted = []");

fn trunks_used(office: &Office) -> Vec<Station> {
    office.sim.records.iter().map(|record| record.called).collect()
}

#[test]
fn r15_r64_a_later_choice_stays_closed_to_whom_it_is_denied_however_busy_the_first_is() {
    let mut office = Office::changed(1, &[LIST, ONE_CHANNEL, COR_3, NO_PAIRS]);
    office.call("201", "95550123");
    office.until_talks("201");
    // 205 may use the first choice, but the second neither before nor after the first is busy: busy, not denied (R14).
    assert_eq!(office.refused("205", "95550124"), (503, "Q.850;cause=34;text=\"trunk.busy\"".into()));
    // 202 may overflow to the second.
    office.call("202", "95550125");
    office.until_talks("202");
    // Then everything is busy, and nobody finds a way past the classes.
    for dn in ["204", "205"] {
        assert_eq!(office.refused(dn, "95550126").1, "Q.850;cause=34;text=\"trunk.busy\"", "{dn}");
    }
    assert_eq!(
        office.refused("203", "95550126").1,
        "Q.850;cause=34;text=\"trunk.busy\"",
        "203 is denied the first only"
    );
    for dn in ["201", "202"] {
        office.hang_up(dn);
        office.until_over(dn);
    }
    office.call("205", "95550127");
    office.until_talks("205");
    office.hang_up("205");
    office.assert_nothing_left();
    let expected = [Station::PublicTrunk(1), Station::PublicTrunk(2), Station::PublicTrunk(1)];
    assert_eq!(trunks_used(&office), expected);
}

#[test]
fn r40_cor_is_looked_at_before_interconnect_and_neither_makes_up_for_the_other() {
    let barred = (
        "restricted = [ { from = 2, to = 3 } ]",
        "restricted = [ { from = 2, to = 4 }, { from = 5, to = 4 } ]",
    );
    let both = (
        "password = \"W1nter-apple-Boat-7\"\ncos = 1\ncor = 2",
        "password = \"W1nter-apple-Boat-7\"\ncos = 1\ncor = 2\ninterconnect = 5",
    );
    let mut office = Office::changed(2, &[barred, both]);
    assert_eq!(
        office.refused("203", "95550123").1,
        "Q.850;cause=21;text=\"cor.route\"",
        "both deny: COR is said"
    );
    assert_eq!(
        office.refused("204", "95550123").1,
        "Q.850;cause=63;text=\"interconnect\"",
        "the COR permits"
    );
    office.call("201", "95550123");
    office.until_talks("201");
    office.hang_up("201");
    office.assert_nothing_left();
}

#[test]
fn r41_the_hour_changes_classes_but_no_interconnect_number() {
    let by_night = (
        "password = \"Gr4pe-window-Sand-2\"\ncos = 1\ncor = 1",
        "password = \"Gr4pe-window-Sand-2\"\ncos = 1\ncor = { day = 1, night1 = 2 }",
    );
    let mut office = Office::changed(3, &[by_night]);
    for (mode, outside) in
        [(strowger::policy::Mode::Day, None), (strowger::policy::Mode::Night1, Some("cor.route"))]
    {
        office.sim.exchange(0).set_mode(Some(mode));
        assert_eq!(office.refused("204", "205").1, "Q.850;cause=63;text=\"interconnect\"", "{mode:?}");
        match outside {
            Some(rule) => assert!(office.refused("204", "95550123").1.contains(rule)),
            None => {
                office.call("204", "95550123");
                office.until_talks("204");
                office.hang_up("204");
                office.until_over("204");
            }
        }
    }
    office.assert_nothing_left();
}

/// The carrier's calls to 7... go on to the other trunk; both may be joined, and each has its own COS.
const TANDEM: (&str, &str) = (
    "name = \"carrier\"\nkind = \"sip\"\nhost = \"10.0.9.1:5060\"\ntransport = \"udp\"\npublic = true\nchannels = 2\ncaller_id = \"6135550100\"\ncos = 50\ncor = 30\ninterconnect = 4",
    "name = \"carrier\"\nkind = \"sip\"\nhost = \"10.0.9.1:5060\"\ntransport = \"udp\"\npublic = true\nchannels = 2\ncaller_id = \"6135550100\"\ncos = 51\ncor = 30\ninterconnect = 5\n\
     trusted = [\"10.0.9.1/32\"]\ninbound = [ { did = \"613555XXXX\", to = \"7XXXX\" } ]",
);
const TANDEM_COS: (&str, &str) = (
    "[[cor_group]]",
    "[[cos]]\nid = 51\nname = \"Tandem\"\nfeatures = [\"hold\", \"smdr-external\", \"public-to-public\"]\n[[cor_group]]",
);
const TANDEM_ROW: (&str, &str) = (
    "[[route_list]]",
    "[[route]]\nid = 3\ntrunk = \"other\"\ncor_group = 1\n[[digit_modification]]\nid = 3\nabsorb = 1\ninsert = \"613555\"\n\
     [[ars]]\ndigits = \"7XXXX\"\nuse = { route = 3 }\n[[route_list]]",
);
const WITH_DIGITS: (&str, &str) = (
    "id = 3\ntrunk = \"other\"\ncor_group = 1",
    "id = 3\ntrunk = \"other\"\ndigit_modification = 3\ncor_group = 1",
);
/// The other trunk may be joined with public trunks too.
const OTHER_MAY: (&str, &str) = (
    "host = \"10.0.9.2:5060\"\ntransport = \"udp\"\npublic = true\nchannels = 2\ncaller_id = \"6135550100\"\ncos = 50",
    "host = \"10.0.9.2:5060\"\ntransport = \"udp\"\npublic = true\nchannels = 2\ncaller_id = \"6135550100\"\ncos = 51",
);

/// The carrier calls; the answer or the refusal.
fn from_carrier(office: &mut Office, number: &str) -> Option<PhoneEvent> {
    let carrier = office.carrier;
    office.sim.with(carrier, |phone, now| phone.call(now, number));
    let done = |event: &PhoneEvent| matches!(event, PhoneEvent::Ended { .. } | PhoneEvent::Connected { .. });
    assert!(office.sim.run_until_event(90_000, carrier, done), "{}", office.sim.ladder.render());
    office.sim.told(carrier).pop()
}

#[test]
fn r3_what_the_cos_does_not_have_is_refused() {
    // Joining public trunks needs the feature in both COS (R25), dialing a verified code needs it in the caller's.
    let mut office = Office::changed(4, &[TANDEM_COS, TANDEM, TANDEM_ROW, WITH_DIGITS]);
    assert!(
        matches!(from_carrier(&mut office, "6135550123"), Some(PhoneEvent::Ended { reason, .. }) if reason.contains("public-to-public"))
    );
    let codes = (
        "[smdr]",
        "[features]\naccount_code = \"*33\"\n[[account_code]]\ncode = \"43219\"\nkind = \"verified\"\nname = \"Legal\"\ncos = 1\ncor = 1\n[smdr]",
    );
    let features = |more: &str| {
        format!("features = [\"hold\", \"smdr-external\", \"smdr-internal\"{more}]\naccount_code_length = 5")
    };
    let staff = "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]";
    let (without, with) = (features(""), features(", \"verified-account-code\""));
    let mut office = Office::changed(5, &[codes, (staff, &without)]);
    assert_eq!(office.refused("203", "*334321995550123").1, "Q.850;cause=21;text=\"account-code.wrong\"");
    let mut office = Office::changed(5, &[codes, (staff, &with)]);
    office.call("203", "*334321995550123");
    office.until_talks("203");
    office.hang_up("203");
    office.assert_nothing_left();
}

#[test]
fn r42_r86_a_tandem_call_is_from_the_trunk_it_came_on_and_has_a_record_for_each() {
    let restricted =
        |pair: &str| ("restricted = [ { from = 2, to = 3 } ]".to_owned(), format!("restricted = [ {pair} ]"));
    let (old, opposite) = restricted("{ from = 4, to = 5 }");
    let mut office =
        Office::changed(6, &[TANDEM_COS, TANDEM, TANDEM_ROW, WITH_DIGITS, OTHER_MAY, (&old, &opposite)]);
    let other = office.other;
    office.sim.phone(other).config.behaviour = Behaviour::Answer { after_ms: 3_000 };
    assert!(matches!(from_carrier(&mut office, "6135550123"), Some(PhoneEvent::Connected { .. })));
    assert_eq!(office.sim.decisions.last().unwrap().from, Party::Trunk(0));
    office.sim.run_ms(60_500);
    let carrier = office.carrier;
    office.sim.with(carrier, |phone, now| phone.hang_up(now));
    office.assert_nothing_left();
    let [incoming, outgoing] = office.sim.records[..] else { panic!("{:?}", office.sim.records) };
    for record in [incoming, outgoing] {
        assert_eq!((record.calling, record.called), (Station::PublicTrunk(1), Station::PublicTrunk(2)));
        assert_eq!((record.duration_s, record.dialed.as_str()), (61, "70123"));
    }
    assert_eq!((incoming.route, outgoing.route), (0, 3));
    assert_eq!(incoming.call, outgoing.call, "they share the call identifier");
    assert_eq!(incoming.standard()[73..81], outgoing.standard()[73..81]);

    let (old, along) = restricted("{ from = 5, to = 4 }");
    let mut office =
        Office::changed(7, &[TANDEM_COS, TANDEM, TANDEM_ROW, WITH_DIGITS, OTHER_MAY, (&old, &along)]);
    assert!(
        matches!(from_carrier(&mut office, "6135550123"), Some(PhoneEvent::Ended { reason, .. }) if reason.contains("interconnect"))
    );
}

#[test]
fn r86_each_call_has_one_record_and_a_call_outside_an_external_one() {
    let mut office = Office::registered(8);
    office.call("201", "202");
    office.until_talks("201");
    office.hang_up("201");
    office.until_over("201");
    office.call("201", "95550123");
    office.until_talks("201");
    office.hang_up("201");
    office.assert_nothing_left();
    let letters: Vec<u8> = office.sim.records.iter().map(|record| record.completion.letter()).collect();
    assert_eq!(letters, b"IA", "the COS wants both kinds: one record each");
    let calls: Vec<u16> = office.sim.records.iter().map(|record| record.call).collect();
    assert_ne!(calls[0], calls[1]);
}

#[test]
fn r59_r80_r89_every_denial_is_noted_but_a_number_that_is_none_has_no_record() {
    let mut office = Office::registered(9);
    for (number, rule, records) in
        [("7", "number.vacant", 0), ("95550123", "cor.route", 1), ("9555", "number.incomplete", 1)]
    {
        assert!(office.refused("203", number).1.contains(rule), "{number}");
        let denial = office.sim.decisions.last().expect("every denial is noted");
        let Verdict::Deny(reason) = denial.verdict else { panic!("{denial:?}") };
        assert_eq!(
            (reason.rule.name(), denial.from, denial.dialed.as_str()),
            (rule, Party::Device(2), number)
        );
        assert_eq!((reason.authority.cos, reason.authority.cor), (1, 2));
        assert_eq!(office.sim.records.len(), records, "{number}");
    }
    assert_eq!(office.sim.records[0].completion.letter(), b'T');
}

/// R37: over SIP no trunk is without supervision: both are asked whether they are there (RFC 4028), so two that have vanished
/// without a word do not keep a call, and no timer of its own is needed for that.
#[test]
fn r37_two_trunks_that_have_both_vanished_are_released() {
    let changes = [TANDEM_COS, TANDEM, TANDEM_ROW, WITH_DIGITS, OTHER_MAY];
    let mut office = Office::changed(7, &changes);
    assert!(matches!(from_carrier(&mut office, "6135550123"), Some(PhoneEvent::Connected { .. })));
    let trunks = [office.carrier, office.other];
    for trunk in trunks {
        office.sim.phone(trunk).config.behaviour = Behaviour::Silent;
    }
    let began = office.sim.now;
    while office.sim.exchange(0).calls_in_use() > 0 && office.sim.now < began.plus_ms(7_200_000) {
        office.sim.run_ms(1_000);
    }
    let seconds = office.sim.now.since_ms(began) / 1_000;
    assert!((900..=1_000).contains(&seconds), "{seconds} s");
    assert_eq!(office.sim.records.len(), 2, "one for each trunk (R86)");
    for trunk in trunks {
        office.sim.phone(trunk).config.behaviour = Behaviour::Answer { after_ms: 100 };
        office.sim.with(trunk, |phone, now| phone.hang_up(now));
    }
    office.assert_nothing_left();
}
