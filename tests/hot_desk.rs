//! Hot desk: a user logs in at another's phone and has his own classes there (R18), while place and Interconnect Number are the
//! phone's (R41, R69). Refused are phones that take no guests, phones and users in a call (R82), and wrong PINs (R75).

use crate::office;

use office::{Office, assert_talk, columns, dials, last_denial, records};
use strowger::base::{Digit, Instant};
use strowger::exchange::{Locked, Output, Signal, Taken};
use strowger::policy::{Feature, Mode, Party, Rule};
use strowger_testkit::phone::Behaviour;
use strowger_testkit::sim::ExchangeBox;

/// 203 and 204 take guests; 401 may log in, and call outside by day; 402 may not log in.
const DESKS: [(&str, &str); 3] = [
    (
        "dn = \"203\"\nkind = \"sip\"\ntemplate = \"desk\"\npassword = \"W1nter-apple-Boat-7\"\ncos = 1",
        "dn = \"203\"\nkind = \"sip\"\ntemplate = \"desk\"\npassword = \"W1nter-apple-Boat-7\"\ncesid = \"6135550203\"\nlocation = \"Lobby\"\ncos = 2",
    ),
    (
        "password = \"Gr4pe-window-Sand-2\"\ncos = 1\ncor = 1",
        "password = \"Gr4pe-window-Sand-2\"\ncos = 2\ncor = 2",
    ),
    (
        "",
        r#"
[[cos]]
id = 2
name = "Desks"
features = ["hot-desk-accept", "smdr-external", "smdr-internal"]
[[cos]]
id = 3
name = "Guests"
features = ["hot-desk-login", "transfer", "redial", "do-not-disturb", "forward-internal", "smdr-external", "smdr-internal"]
[cos.timers]
ringing = 60
no_answer = 5
[features]
hot_desk_login = "*50"
hot_desk_logout = "*51"
redial = "*66"
do_not_disturb = "*60"
forward_always = "*72"
[[system_account_code]]
id = 3
code = "990001"
[[user]]
dn = "401"
name = "Visitor"
pin = "864205"
cos = 3
cor = { day = 1, night1 = 2, night2 = 1 }
public_number = "6135550141"
default_account_code = 3
no_answer_to = "202"
[[user]]
dn = "402"
pin = "917364"
cos = 1
cor = 1
"#,
    ),
];

fn office(seed: u64, changes: &[(&str, &str)]) -> Office {
    let changes: Vec<_> = DESKS.iter().chain(changes).copied().collect();
    Office::changed(seed, &changes)
}

#[track_caller]
fn logs_in(office: &mut Office, dn: &str) {
    assert_eq!(dials(office, dn, "*50401864205"), 200, "{}", office.sim.ladder.render());
}

fn user_at(office: &mut Office, phone: u32) -> Option<u32> {
    let now = office.sim.now;
    office.sim.exchange(0).user_at(now, phone)
}

const AT_203: Party = Party::User { user: 0, at: 2 };

/// R18: the user's COR while he is logged in, the phone's before and after.
#[test]
fn r18_the_users_classes_are_in_force_while_he_is_logged_in() {
    let mut office = office(1, &[]);
    assert_eq!(office.refused("203", "95550123").1, "Q.850;cause=21;text=\"cor.route\"");
    logs_in(&mut office, "203");
    assert_eq!(user_at(&mut office, 2), Some(7));
    office.talks_and_ends("203", "95550123");
    // The user's number calls, his default code is recorded, and his classes are told.
    assert_eq!(
        columns(&office, &[24..28, 34..60, 62..66, 73..85]).last().unwrap(),
        "401,95550123,T001,990001"
    );
    let noted = office.sim.decisions.last().expect("noted");
    assert_eq!(noted.from, AT_203);
    assert_eq!(dials(&mut office, "203", "*51"), 200);
    assert_eq!(user_at(&mut office, 2), None);
    assert_eq!(office.refused("203", "95550123").1, "Q.850;cause=21;text=\"cor.route\"");
}

/// R1, R18: it is the user's class of the mode that is in force now.
#[test]
fn r18_his_class_is_that_of_the_mode() {
    let mut office = office(2, &[]);
    logs_in(&mut office, "203");
    office.sim.exchange(0).set_mode(Some(Mode::Night1));
    assert_eq!(office.refused("203", "95550123").1, "Q.850;cause=21;text=\"cor.route\"");
    let (rule, party, _) = last_denial(&office).expect("it is noted down");
    assert_eq!((rule, party), (Rule::CorRoute, AT_203));
}

/// R41: the Interconnect Number is that of the phone, whoever is logged in there.
#[test]
fn r41_the_interconnect_number_belongs_to_the_phone() {
    let mut office = office(3, &[]);
    logs_in(&mut office, "204");
    assert_eq!(office.refused("204", "205").1, "Q.850;cause=63;text=\"interconnect\"");
    logs_in(&mut office, "203");
    office.talks_and_ends("203", "205");
}

/// R41, R36: who is called where he is logged in is reached only by whom that phone may be joined with.
#[test]
fn r41_a_call_to_the_user_is_judged_by_his_phone() {
    let restricted = ("restricted = [ { from = 2, to = 3 } ]", "restricted = [ { from = 3, to = 2 } ]");
    let mut office = office(4, &[restricted]);
    logs_in(&mut office, "204");
    assert_eq!(office.refused("205", "401").1, "Q.850;cause=63;text=\"interconnect\"");
    let (rule, by, behalf) = last_denial(&office).expect("it is noted down");
    assert_eq!(
        (rule, by, behalf.map(|b| b.feature)),
        (Rule::Interconnect, Party::Device(7), Some(Feature::Desk))
    );
    assert_eq!(behalf.map(|behalf| behalf.party), Some(Party::Device(4)));
    office.talks_and_ends("201", "401");
}

/// R69: help comes to where the phone is; the record names the user.
#[test]
fn r69_help_is_told_of_the_phone_and_the_record_of_the_user() {
    let mut office = office(5, &[]);
    logs_in(&mut office, "203");
    office.talks_and_ends("203", "911");
    let notice = office.sim.outputs.iter().find_map(|(_, output)| match output {
        Output::Emergency(notice) => Some(*notice),
        _ => None,
    });
    let notice = notice.expect("whoever is to know was told");
    assert_eq!(notice.callback.as_str(), "6135550203");
    assert_eq!(notice.from, AT_203);
    assert!(records(&office).last().unwrap().starts_with("401,911,"), "{:?}", records(&office));
}

/// A call to the user's number rings where he is; at the phone he is the one who talks.
#[test]
fn who_calls_the_user_reaches_him_where_he_is() {
    let mut office = office(6, &[]);
    // Nowhere: out of service is like no answer, and there the administrator has named 202.
    office.talks_and_ends("201", "401");
    assert!(records(&office).last().unwrap().contains("202"), "{:?}", records(&office));
    logs_in(&mut office, "203");
    office.call("201", "401");
    office.until_talks("201");
    assert_talk(&mut office, "201", "203");
    office.hang_up("201");
    office.until_over("201");
    office.assert_nothing_left();
    assert_eq!(records(&office).last().unwrap(), "201,401,I,401,,");
    // The phone's own number leads there still: who calls back help must reach it.
    office.talks_and_ends("201", "203");
    assert_eq!(records(&office).last().unwrap(), "201,203,I,401,,");
    // And nobody calls himself, by either number.
    for number in ["401", "203"] {
        assert_eq!(office.refused("203", number).1, "Q.850;cause=21;text=\"call.self\"");
    }
}

/// What the user has set, and the administrator for him, goes with his number; what is set for the phone's stays there.
#[test]
fn settings_belong_to_the_number_that_is_called() {
    let mut office = office(7, &[]);
    logs_in(&mut office, "203");
    // He does not answer: his calls go to 202, after the time of his class.
    office.behaves("203", Behaviour::Ring);
    office.call("201", "401");
    office.until_talks("201");
    assert_talk(&mut office, "201", "202");
    office.hang_up("201");
    office.until_over("201");
    office.behaves("203", Behaviour::Answer { after_ms: 100 });
    assert_eq!(dials(&mut office, "203", "*72205"), 200);
    office.call("201", "401");
    office.until_talks("201");
    assert_talk(&mut office, "201", "205");
    office.hang_up("201");
    office.until_over("201");
    office.call("201", "203");
    office.until_talks("201");
    assert_talk(&mut office, "201", "203");
    office.hang_up("201");
    office.until_over("201");
    assert_eq!(dials(&mut office, "203", "*60"), 200);
    office.talks_and_ends("201", "203");
}

/// He transfers with his own COS: the phone's has no such feature.
#[test]
fn r3_he_transfers_by_his_own_class_and_only_while_he_is_there() {
    let mut office = office(8, &[]);
    let transfers = |office: &mut Office| {
        office.call("201", "203");
        office.until_talks("201");
        office.sim.run_ms(500);
        let id = office.phone("203");
        office.sim.with(id, |phone, now| phone.transfer(now, "202"));
        office.sim.run_ms(5_000);
        let id = office.phone("202");
        let reached = office.sim.phone(id).calls_up() == 1;
        office.hang_up("201");
        office.until_over("201");
        office.hang_up("203");
        office.sim.run_ms(5_000);
        office.assert_nothing_left();
        reached
    };
    assert!(!transfers(&mut office));
    assert_eq!(last_denial(&office).map(|(rule, ..)| rule), Some(Rule::CosFeature));
    logs_in(&mut office, "203");
    assert!(transfers(&mut office), "{}", office.sim.ladder.render());
}

/// R82, R4: the phone must take guests, and the user may log in; neither says more of the other than that.
#[test]
fn r4_r82_phones_that_take_no_guests_and_users_who_may_not_are_refused() {
    let mut office = office(9, &[]);
    for (dn, digits, rule, status) in [
        ("202", "*50401864205", Rule::CosFeature, 403),
        ("203", "*50402917364", Rule::CosFeature, 403),
        ("203", "*50401864206", Rule::PinWrong, 403),
        ("203", "*50499864205", Rule::PinWrong, 403),
        ("204", "*51", Rule::NumberVacant, 404),
    ] {
        assert_eq!(dials(&mut office, dn, digits), status, "{digits}");
        let (found, _, behalf) = last_denial(&office).expect("it is noted down");
        assert_eq!((found, behalf.map(|b| b.feature)), (rule, Some(Feature::Desk)), "{digits}");
        // The PIN is nobody's to read (R53).
        let noted = office.sim.decisions.last().expect("noted").dialed;
        assert!(noted.is_empty() || matches!(noted.as_str(), "401" | "402"), "{}", noted.as_str());
    }
    assert_eq!(user_at(&mut office, 2), None);
}

/// R82: neither the phone nor the user elsewhere may be in a call; idle, he is logged out there.
#[test]
fn r82_he_moves_when_both_are_idle() {
    let mut office = office(10, &[]);
    logs_in(&mut office, "203");
    office.call("203", "202");
    office.until_talks("203");
    assert_eq!(dials(&mut office, "204", "*50401864205"), 403);
    assert_eq!(last_denial(&office).map(|(rule, ..)| rule), Some(Rule::DeskBusy));
    office.hang_up("203");
    office.until_over("203");
    office.sim.run_ms(40_000);
    logs_in(&mut office, "204");
    assert_eq!((user_at(&mut office, 2), user_at(&mut office, 3)), (None, Some(7)));
    // Another who logs in takes the place.
    let mut office = self::office(11, &[("pin = \"917364\"\ncos = 1", "pin = \"917364\"\ncos = 3")]);
    logs_in(&mut office, "203");
    assert_eq!(dials(&mut office, "203", "*50402917364"), 200);
    assert_eq!(user_at(&mut office, 2), Some(8));
    let now = office.sim.now;
    assert_eq!(office.sim.exchange(0).phone_of(now, 7), None);
}

/// R75: three wrong PINs lock the user and the phone for log-ins, the right one is refused as well; calls go on.
#[test]
fn r75_wrong_pins_lock_the_user_and_the_phone() {
    let mut office = office(12, &[]);
    for _ in 0..3 {
        assert_eq!(dials(&mut office, "203", "*50401111111"), 403);
    }
    for (dn, digits) in [("203", "*50401864205"), ("204", "*50401864205"), ("203", "*50402917364")] {
        assert_eq!(dials(&mut office, dn, digits), 403);
        assert_eq!(last_denial(&office).map(|(rule, ..)| rule), Some(Rule::PinLocked), "{dn} {digits}");
    }
    office.talks_and_ends("203", "202");
    office.sim.run_ms(900_000);
    office.register();
    logs_in(&mut office, "203");
}

/// R49, R75: an operator lifts a lock-out, of the user and of the phone each by itself; what nobody is locked out of cannot be lifted.
#[test]
fn r75_an_operator_lifts_a_lock_out() {
    let mut office = office(18, &[]);
    for _ in 0..3 {
        assert_eq!(dials(&mut office, "203", "*50401111111"), 403);
    }
    let now = office.sim.now;
    let lift = |office: &mut Office, device| office.sim.exchange(0).unlock(now, Locked::Device(device));
    assert!(lift(&mut office, 2) && !lift(&mut office, 2), "203 was locked, and is not any more");
    assert_eq!(dials(&mut office, "203", "*50401864205"), 403);
    assert_eq!(last_denial(&office).map(|(rule, ..)| rule), Some(Rule::PinLocked), "401 is locked still");
    assert!(lift(&mut office, 7));
    logs_in(&mut office, "203");
    for device in [0, 8, 9, u32::MAX] {
        assert!(!lift(&mut office, device), "{device}");
    }
}

/// R49, R75: who knows one PIN is not let off for what was guessed before at that phone.
#[test]
fn r75_a_right_pin_does_not_forgive_guesses_at_the_phone() {
    let mut office = office(17, &[]);
    for digits in ["*50991111", "*50992222"] {
        assert_eq!(dials(&mut office, "203", digits), 403);
    }
    logs_in(&mut office, "203");
    assert_eq!(dials(&mut office, "203", "*50993333"), 403);
    assert_eq!(dials(&mut office, "203", "*50401864205"), 403);
    assert_eq!(last_denial(&office).map(|(rule, ..)| rule), Some(Rule::PinLocked));
    // The user is locked nowhere: nobody has guessed his.
    logs_in(&mut office, "204");
}

/// `logout_after_min`: when the time is over and the phone idle, not in the middle of a call.
#[test]
fn his_time_ends_when_the_phone_is_idle() {
    let mut office =
        office(13, &[("no_answer_to = \"202\"", "no_answer_to = \"202\"\nlogout_after_min = 10")]);
    logs_in(&mut office, "203");
    office.sim.run_ms(595_000);
    office.call("203", "202");
    office.until_talks("203");
    office.sim.run_ms(20_000);
    assert_eq!(user_at(&mut office, 2), Some(7));
    office.hang_up("203");
    office.until_over("203");
    office.sim.run_ms(40_000);
    assert_eq!(user_at(&mut office, 2), None);
    assert_eq!(office.refused("203", "95550123").0, 403);
}

/// Who has left does not come back with a call of the phone's own: not for its next call, and not while that is up.
#[test]
fn who_is_logged_out_stays_so_while_the_phone_is_in_a_call() {
    let mut exchange = office::neutral(&DESKS);
    let setup = |exchange: &mut ExchangeBox, dialed: &[u8]| {
        let taken = exchange.signal(NOW, &Signal::Setup { from: Party::Device(2), dialed }).expect("room");
        while exchange.poll(&mut [0; 4096]).expect("room").is_some() {}
        taken
    };
    assert_eq!(setup(&mut exchange, b"*50401864205"), Taken::Done);
    assert_eq!(exchange.user_at(NOW, 2), Some(7));
    // In a call of his own he leaves when that has ended.
    let Taken::SetUp { leg } = setup(&mut exchange, b"202") else { panic!("he calls") };
    assert_eq!(setup(&mut exchange, b"*51"), Taken::Done);
    assert_eq!(exchange.user_at(NOW, 2), Some(7));
    // R82: the phone is in a call: nobody logs in.
    assert!(matches!(setup(&mut exchange, b"*50401864205"), Taken::Denied(_)));
    exchange.signal(NOW, &Signal::Release(leg, strowger::call::Cause::Normal)).expect("room");
    while exchange.poll(&mut [0; 4096]).expect("room").is_some() {}
    assert_eq!(exchange.user_at(NOW, 2), None);
    let Taken::SetUp { .. } = setup(&mut exchange, b"202") else { panic!("the phone calls") };
    assert_eq!(exchange.user_at(NOW, 2), None);
    assert!(matches!(setup(&mut exchange, b"95550123"), Taken::Denied(_)));
}

/// Who has no PIN is let in by his number where the field's habits hold, and not where silence means no.
#[test]
fn a_blank_pin_opens_nothing_in_the_strict_profile() {
    let blank = ("pin = \"864205\"\n", "");
    let mut strict = office(14, &[blank]);
    assert_eq!(dials(&mut strict, "203", "*50401"), 403);
    assert_eq!(last_denial(&strict).map(|(rule, ..)| rule), Some(Rule::PinWrong));
    let mut field = office(15, &[blank, ("profile = \"strict\"", "profile = \"mivb\"")]);
    assert_eq!(dials(&mut field, "203", "*504011"), 403);
    assert_eq!(dials(&mut field, "203", "*50401"), 200);
}

/// R54: what was dialed last is the user's, not the phone's.
#[test]
fn r54_redial_is_of_who_is_logged_in() {
    let mut office = office(16, &[]);
    logs_in(&mut office, "203");
    office.talks_and_ends("203", "202");
    assert_eq!(dials(&mut office, "203", "*51"), 200);
    logs_in(&mut office, "204");
    office.talks_and_ends("204", "*66");
    assert_eq!(records(&office).last().unwrap(), "401,202,I,202,,");
}

const NOW: Instant = Instant(1_000);

fn press(exchange: &mut ExchangeBox, phone: u32, digits: &str) -> (Option<Taken>, Vec<Output>) {
    let from = Party::Device(phone);
    let Ok(Taken::OffHook { leg }) = exchange.signal(NOW, &Signal::OffHook { from }) else {
        panic!("off hook")
    };
    let (mut last, mut heard) = (None, Vec::new());
    for digit in digits.bytes().filter_map(Digit::from_ascii) {
        last = exchange.signal(NOW, &Signal::Digit(leg, digit)).ok();
        while let Some(output) = exchange.poll(&mut [0; 4096]).expect("room") {
            heard.push(output);
        }
    }
    exchange.signal(NOW, &Signal::Release(leg, strowger::call::Cause::Normal)).expect("room");
    while exchange.poll(&mut [0; 4096]).expect("room").is_some() {}
    (last, heard)
}

/// Key by key: the PIN ends with `#`, and who is driven by neutral signals is rung where he is.
#[test]
fn key_by_key_the_pin_ends_with_hash() {
    let mut exchange = office::neutral(&DESKS);
    assert_eq!(press(&mut exchange, 2, "*50401864205").0, Some(Taken::Done));
    assert_eq!(exchange.user_at(NOW, 2), None, "the PIN may go on");
    let _ = press(&mut exchange, 2, "*50401864205#");
    assert_eq!(exchange.user_at(NOW, 2), Some(7));
    let (_, heard) = press(&mut exchange, 0, "401");
    let rung = heard.iter().find_map(|output| match output {
        Output::Setup { to, digits, .. } => Some((*to, digits.as_str().to_owned())),
        _ => None,
    });
    assert_eq!(rung, Some((AT_203, "401".to_owned())));
    let (last, _) = press(&mut exchange, 2, "95550123");
    assert!(matches!(last, Some(Taken::SetUp { .. })), "{last:?}");
    let _ = press(&mut exchange, 2, "*51");
    let (last, _) = press(&mut exchange, 2, "95550123");
    assert!(matches!(last, Some(Taken::Denied(_))), "{last:?}");
}

/// Who says by signals that he is a user, or a user's number, is taken for whoever is at that phone.
#[test]
fn nobody_is_a_user_by_saying_so() {
    let mut exchange = office::neutral(&DESKS);
    for from in [AT_203, Party::Device(7)] {
        let setup = Signal::Setup { from, dialed: b"95550123" };
        let taken = exchange.signal(NOW, &setup).expect("room");
        let Taken::Denied(decision) = taken else { panic!("{taken:?}") };
        assert_ne!(decision.from, AT_203);
        while exchange.poll(&mut [0; 4096]).expect("room").is_some() {}
    }
}

/// Directed pickup: the call that rings where the user is, is taken by his number and by the phone's; where he is not, by neither.
#[test]
fn a_call_that_rings_where_a_user_is_is_taken_by_his_number() {
    let pickup = [
        ("hot_desk_logout = \"*51\"", "hot_desk_logout = \"*51\"\ndirected_pickup = \"*9\""),
        ("name = \"Staff\"\nfeatures = [", "name = \"Staff\"\nfeatures = [\"pickup\", "),
    ];
    for (number, taken) in [("401", true), ("203", true), ("204", false), ("402", false)] {
        let mut office = office(11, &pickup);
        logs_in(&mut office, "203");
        office.behaves("203", Behaviour::Ring);
        office.call("201", "401");
        office.sim.run_ms(1_000);
        office.call("202", &format!("*9{number}"));
        if taken {
            office.until_talks("202");
            office.sim.run_ms(2_000);
            assert_talk(&mut office, "201", "202");
        } else {
            office.until_over("202");
        }
        office.hang_up("201");
        office.until_over("201");
        office.assert_nothing_left();
    }
}
