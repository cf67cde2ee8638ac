//! Restriction at work in a whole exchange: service modes by the clock, account codes, limits, lock-outs, calls from a
//! trunk, emergency calls that make way. Virtual time, real datagrams.

use crate::office;

use office::Office;
use std::net::SocketAddr;
use strowger::base::WallTime;
use strowger::exchange::Output;
use strowger::policy::{Mode, Party, Rule, Verdict};
use strowger::record::alarm::Cause;
use strowger_testkit::phone::{Behaviour, PhoneEvent};

/// Tells the exchange the time: 2026-11-23 is a Monday, 05:00 UTC is midnight in Toronto.
fn set_clock(office: &mut Office, day: u32, hour: u32) {
    let now = office.sim.now;
    let unix_s = 1_795_410_000 + i64::from(day) * 86_400 + i64::from(hour) * 3_600;
    office.sim.exchange(0).set_wall(now, WallTime { unix_s, offset_min: -300 });
}

fn alarms(office: &Office) -> Vec<(Cause, Party)> {
    let alarms = office.sim.outputs.iter().filter_map(|(_, output)| match output {
        Output::Alarm(alarm) => Some((alarm.cause, alarm.party)),
        _ => None,
    });
    alarms.collect()
}

fn last_rule(office: &Office) -> &'static str {
    match office.sim.decisions.last().expect("something was decided").verdict {
        Verdict::Allow(choice) => choice.rule.name(),
        Verdict::Deny(denial) | Verdict::NeedsCode(denial) => denial.rule.name(),
    }
}

const NIGHT: (&str, &str) = (
    "[smdr]",
    "[[schedule]]\nmode = \"night1\"\ndays = \"mon-fri\"\nfrom = \"18:00\"\nto = \"08:00\"\n\
     [[holiday]]\ndate = \"2026-12-25\"\nmode = \"night2\"\n[smdr]",
);
const ZONE: (&str, &str) = ("profile = \"strict\"", "profile = \"strict\"\ntimezone = \"America/Toronto\"");

#[test]
fn r1_the_clock_sets_the_mode_and_an_operator_overrides_it() {
    let mut office = Office::changed(1, &[NIGHT, ZONE]);
    let mode = |office: &mut Office| {
        let now = office.sim.now;
        office.sim.exchange(0).mode(now)
    };
    assert_eq!(mode(&mut office), Mode::Day, "until the clock is told it is day");
    for (day, hour, expected) in [
        (0, 7, Mode::Night1), // Monday morning belongs to the night of Monday's row
        (0, 8, Mode::Day),
        (0, 17, Mode::Day),
        (0, 18, Mode::Night1),
        (5, 7, Mode::Day),      // a Saturday is not listed
        (32, 12, Mode::Night2), // 2026-12-25
    ] {
        set_clock(&mut office, day, hour);
        assert_eq!(mode(&mut office), expected, "day {day} at {hour}");
    }
    office.sim.exchange(0).set_mode(Some(Mode::Day));
    assert_eq!(mode(&mut office), Mode::Day);
    office.sim.exchange(0).set_mode(None);
    assert_eq!(mode(&mut office), Mode::Night2);
    // Daylight saving: 08:00 in Toronto is 12:00 UTC in July, 13:00 in January.
    let now = office.sim.now;
    for (unix_s, expected) in [(1_783_339_199, Mode::Night1), (1_783_339_200, Mode::Day)] {
        office.sim.exchange(0).set_wall(now, WallTime { unix_s, offset_min: 0 });
        assert_eq!(mode(&mut office), expected, "{unix_s}");
    }
}

#[test]
fn r1_a_call_keeps_the_classes_it_was_set_up_with() {
    let classes = (
        "username = \"reception\"\npassword = \"Tr33-house-Lamp-9\"\ncos = 1\ncor = 1",
        "username = \"reception\"\npassword = \"Tr33-house-Lamp-9\"\ncos = 1\ncor = { day = 1, night1 = 2 }",
    );
    let mut office = Office::changed(2, &[NIGHT, ZONE, classes]);
    set_clock(&mut office, 0, 17);
    office.call("201", "95550123");
    office.until_talks("201");
    set_clock(&mut office, 0, 18);
    office.sim.run_ms(10_000);
    assert_eq!(office.sim.exchange(0).calls_in_use(), 1, "the call goes on");
    office.hang_up("201");
    office.until_over("201");
    assert_eq!(office.refused("201", "95550123"), (403, "Q.850;cause=21;text=\"cor.route\"".into()));
    office.assert_nothing_left();
}

/// COS 1 permits both kinds of codes, 203 has a COR that no route lets out.
const CODES: (&str, &str) = (
    "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
    "features = [\"hold\", \"smdr-external\", \"smdr-internal\", \"verified-account-code\", \"non-verified-account-code\"]\naccount_code_length = 5",
);
const CODE_ROWS: (&str, &str) = (
    "[smdr]",
    "[features]\naccount_code = \"*33\"\n[[account_code]]\ncode = \"43219\"\nkind = \"verified\"\nname = \"Legal\"\ncos = 1\ncor = 1\n\
     [[account_code]]\ncode = \"77881\"\nkind = \"non-verified\"\nname = \"Client\"\n[smdr]",
);

#[test]
fn r7_r53_a_verified_code_dialed_in_front_lifts_the_cor_for_this_call_only() {
    let mut office = Office::changed(3, &[CODES, CODE_ROWS]);
    assert_eq!(office.refused("203", "95550123").1, "Q.850;cause=21;text=\"cor.route\"");
    office.call("203", "*334321995550123");
    office.until_talks("203");
    let Verdict::Allow(choice) = office.sim.decisions.last().unwrap().verdict else { panic!("refused") };
    assert_eq!((choice.authority.cor, choice.authority.code), (1, Some(0)), "authority follows the call");
    assert_eq!(
        office.sim.decisions.last().unwrap().dialed.as_str(),
        "95550123",
        "R53: no code in the decision"
    );
    office.hang_up("203");
    office.until_over("203");
    office.sim.run_ms(1_000);
    let record = office.sim.records.last().expect("an external call has a record");
    assert_eq!(&record.standard()[73..78], b"43219", "R53: the code is in SMDR");
    assert_eq!(record.dialed.as_str(), "95550123");
    assert_eq!(
        office.refused("203", "95550123").1,
        "Q.850;cause=21;text=\"cor.route\"",
        "until on-hook (R7)"
    );
    office.assert_nothing_left();
}

#[test]
fn r48_r49_wrong_codes_are_refused_and_lock_out() {
    let mut office =
        Office::changed(4, &[CODES, CODE_ROWS, ("\"non-verified-account-code\"", "\"public-to-public\"")]);
    for _ in 0..3 {
        assert_eq!(office.refused("203", "*330000095550123").1, "Q.850;cause=21;text=\"account-code.wrong\"");
    }
    let device = Party::Device(2);
    assert_eq!(alarms(&office), [(Cause::CodeLockout, device)]);
    assert_eq!(office.refused("203", "*334321995550123").1, "Q.850;cause=21;text=\"account-code.locked\"");
    office.call("203", "201");
    office.until_talks("203");
    office.hang_up("203");
    office.until_over("203");
    office.call("203", "911");
    office.until_talks("203");
    office.hang_up("203");
    office.until_over("203");
    office.sim.run_ms(900_000);
    office.call("203", "*334321995550123");
    office.until_talks("203");
    office.hang_up("203");
    office.assert_nothing_left();
}

#[test]
fn r45_r55_a_forced_code_is_asked_for_and_a_default_one_recorded() {
    let forced = ("\"non-verified-account-code\"", "\"forced-non-verified-account-code\"");
    let default = ("dn = \"202\"", "dn = \"202\"\ndefault_account_code = 3");
    let system = (
        "[[trunk]]\nname = \"carrier\"",
        "[[system_account_code]]\nid = 3\ncode = \"990001\"\n[[trunk]]\nname = \"carrier\"",
    );
    let mut office = Office::changed(5, &[CODES, CODE_ROWS, forced, default, system]);
    // Nobody answers the prompt: after the First Digit timer it is a refusal.
    assert_eq!(office.refused("202", "95550123").1, "Q.850;cause=21;text=\"account-code.forced\"");
    let asked = office.sim.decisions.last().unwrap().verdict;
    assert!(matches!(asked, Verdict::NeedsCode(denial) if denial.rule == Rule::CodeForced));
    office.call("202", "*337788195550123");
    office.until_talks("202");
    office.hang_up("202");
    office.until_over("202");
    office.sim.run_ms(1_000);
    assert_eq!(&office.sim.records.last().unwrap().standard()[73..78], b"77881", "a dialed code wins");
    let mut office = Office::changed(6, &[default, system]);
    office.call("202", "95550123");
    office.until_talks("202");
    office.hang_up("202");
    office.until_over("202");
    office.sim.run_ms(1_000);
    assert_eq!(&office.sim.records.last().unwrap().standard()[73..79], b"990001");
}

/// Calls, waits for the prompt, presses keys.
fn answer_prompt(office: &mut Office, dn: &str, number: &str, rule: &str, keys: &str) {
    let id = office.phone(dn);
    office.sim.events.clear();
    office.call(dn, number);
    let prompted = |event: &PhoneEvent| matches!(event, PhoneEvent::Warned(text) if text == rule);
    assert!(office.sim.run_until_event(5_000, id, prompted), "{}", office.sim.ladder.render());
    for key in keys.chars() {
        office.sim.run_ms(300);
        office.sim.with(id, |phone, now| phone.press(now, key));
    }
}

#[test]
fn r44_r45_a_sip_phone_enters_the_code_that_it_is_asked_for_by_info() {
    let forced = ("\"non-verified-account-code\"", "\"forced-non-verified-account-code\"");
    let mut office = Office::changed(21, &[CODES, CODE_ROWS, forced]);
    answer_prompt(&mut office, "202", "95550123", "account-code.forced", "77881");
    office.until_talks("202");
    office.hang_up("202");
    office.until_over("202");
    office.sim.run_ms(1_000);
    assert_eq!(&office.sim.records.last().unwrap().standard()[73..78], b"77881");
    // Internal calls need none, nor does an emergency call.
    for number in ["201", "911"] {
        office.call("202", number);
        office.until_talks("202");
        office.hang_up("202");
        office.until_over("202");
    }
    // Help can be dialed where a code is asked for (law 4).
    answer_prompt(&mut office, "202", "95550123", "account-code.forced", "911");
    office.until_talks("202");
    assert_eq!(last_rule(&office), "emergency");
    office.hang_up("202");
    office.until_over("202");
    // Who gives up is noted as denied for want of a code (R80).
    answer_prompt(&mut office, "202", "95550123", "account-code.forced", "77");
    office.hang_up("202");
    office.until_over("202");
    assert_eq!(last_rule(&office), "account-code.forced");
    office.assert_nothing_left();
    // A verified code first, for every call: a wrong one is the end of the attempt (R48).
    let verified = ("\"verified-account-code\"", "\"forced-verified-account-code\"");
    let mut office = Office::changed(22, &[CODES, CODE_ROWS, verified]);
    answer_prompt(&mut office, "203", "95550123", "account-code.forced-verified", "43219");
    office.until_talks("203");
    office.hang_up("203");
    office.until_over("203");
    answer_prompt(&mut office, "203", "201", "account-code.forced-verified", "77881");
    office.until_over("203");
    assert_eq!(last_rule(&office), "account-code.wrong");
    // Three wrong ones lock out (R49); which way they were entered does not matter.
    assert_eq!(
        office.refused("203", "*3300000201").1,
        "Q.850;cause=21;text=\"account-code.forced-verified\""
    );
    answer_prompt(&mut office, "203", "201", "account-code.forced-verified", "00000");
    office.until_over("203");
    assert!(alarms(&office).contains(&(Cause::CodeLockout, Party::Device(2))));
    answer_prompt(&mut office, "203", "201", "account-code.forced-verified", "43219");
    office.until_over("203");
    assert_eq!(last_rule(&office), "account-code.locked");
    office.assert_nothing_left();
}

#[test]
fn keys_outside_of_a_prompt_and_other_bodies_are_refused() {
    let forced = ("\"non-verified-account-code\"", "\"forced-non-verified-account-code\"");
    let mut office = Office::changed(23, &[CODES, CODE_ROWS, forced]);
    let id = office.phone("202");
    office.call("202", "201");
    office.until_talks("202");
    office.sim.with(id, |phone, now| phone.press(now, '5'));
    let answered = |event: &PhoneEvent| matches!(event, PhoneEvent::Answered { status: 405, .. });
    assert!(office.sim.run_until_event(5_000, id, answered));
    office.hang_up("202");
    office.until_over("202");
    answer_prompt(&mut office, "202", "95550123", "account-code.forced", "x");
    let answered = |event: &PhoneEvent| matches!(event, PhoneEvent::Answered { status: 415, .. });
    assert!(office.sim.run_until_event(5_000, id, answered));
    office.hang_up("202");
    office.assert_nothing_left();
}

#[test]
fn r63_a_dear_route_is_told_and_the_call_goes_on() {
    let list = (
        "[[ars]]\nleading = \"9\"\ndigits = \"NXXXXXX\"\nuse = { route = 1 }",
        "[[route_list]]\nid = 1\nchoices = [ { route = 1, warning_tone = true } ]\n[[ars]]\nleading = \"9\"\ndigits = \"NXXXXXX\"\nuse = { list = 1 }",
    );
    let mut office = Office::changed(24, &[list]);
    office.call("201", "95550123");
    office.until_talks("201");
    let told = office.sim.told(office.phone("201"));
    assert!(told.contains(&PhoneEvent::Warned("expensive-route".into())), "{told:?}");
    office.hang_up("201");
    office.assert_nothing_left();
}

/// A zone with a way of its own out, told by the address.
const ANNEX: (&str, &str) = (
    "[smdr]",
    "[emergency]\nnotify = [\"202\"]\n[[zone]]\nname = \"annex\"\nlocation = \"Annex, Floor 1\"\nsubnets = [\"10.0.1.4/32\", \"10.0.1.128/25\"]\nemergency = { route = 10 }\n[smdr]",
);

#[test]
fn r71_the_address_tells_the_zone_and_the_zone_the_way() {
    let mut office = Office::changed(25, &[ANNEX]);
    let notice = |office: &Office| {
        let notice = office.sim.outputs.iter().rev().find_map(|(_, output)| match output {
            Output::Emergency(notice) => Some(*notice),
            _ => None,
        });
        notice.expect("somebody was told")
    };
    for (dn, trunk, place) in [("204", 1, "Annex, Floor 1"), ("201", 0, "1 Elm Street")] {
        office.call(dn, "911");
        office.until_talks(dn);
        let Verdict::Allow(choice) = office.sim.decisions.last().unwrap().verdict else { panic!() };
        assert_eq!(choice.to, Party::Trunk(trunk), "{dn}");
        let notice = notice(&office);
        let image = *office.sim.exchange(0).image().unwrap();
        assert_eq!(strowger::policy::emergency::location(&image, notice.from, notice.zone), place, "{dn}");
        office.hang_up(dn);
        office.until_over(dn);
    }
    office.assert_nothing_left();
}

#[test]
fn r70_whoever_is_to_know_of_an_emergency_call_gets_a_message_at_once() {
    let mut office = Office::changed(26, &[ANNEX]);
    let carrier = office.carrier;
    office.sim.phone(carrier).config.behaviour = Behaviour::Ring;
    let told = office.phone("202");
    office.call("201", "911");
    let message = |event: &PhoneEvent| matches!(event, PhoneEvent::Message(_));
    assert!(office.sim.run_until_event(2_000, told, message), "before anybody answers");
    let Some(PhoneEvent::Message(text)) = office.sim.told(told).pop() else { panic!() };
    let lines: Vec<&str> = text.lines().take(5).collect();
    assert_eq!(
        lines,
        [
            "EMERGENCY CALL",
            "From: 201 Reception",
            "Dialed: 911",
            "Location: 1 Elm Street",
            "Call back: 6135550100"
        ]
    );
    office.hang_up("201");
    office.until_over("201");
    // Who calls is not told of it; nor is who is not there.
    office.sim.events.clear();
    office.call("202", "911");
    office.sim.run_ms(3_000);
    assert!(!office.sim.told(told).iter().any(message));
    office.hang_up("202");
    office.assert_nothing_left();
}

#[test]
fn limits_on_public_calls_refuse_alarm_and_never_touch_an_emergency_call() {
    // Strict: two at once, six a minute.
    let mut office = Office::changed(
        7,
        &[("[smdr]", "[limits]\npublic_calls_per_minute = 3\n[smdr]"), ("channels = 2", "channels = 9")],
    );
    let carrier = office.carrier;
    office.sim.phone(carrier).config.behaviour = Behaviour::Busy;
    for _ in 0..3 {
        assert_eq!(office.refused("201", "95550123").0, 486);
    }
    assert_eq!(office.refused("201", "95550123").1, "Q.850;cause=21;text=\"limit.rate\"");
    assert_eq!(alarms(&office), [(Cause::Limit(Rule::LimitRate), Party::Device(0))]);
    assert_eq!(office.refused("202", "95550123").0, 486, "each authority has its own");
    office.call("201", "203");
    office.until_talks("201");
    office.hang_up("201");
    office.until_over("201");
    office.sim.phone(carrier).config.behaviour = Behaviour::Answer { after_ms: 1_000 };
    office.call("201", "911");
    office.until_talks("201");
    office.hang_up("201");
    office.until_over("201");
    office.sim.run_ms(66_000);
    office.call("201", "95550123");
    office.until_talks("201");
    office.hang_up("201");
    office.assert_nothing_left();
}

#[test]
fn a_public_call_ends_when_it_has_lasted_as_long_as_it_may() {
    let mut office = Office::changed(8, &[("[smdr]", "[limits]\ntrunk_call_minutes = 1\n[smdr]")]);
    office.call("201", "95550123");
    office.until_talks("201");
    office.sim.run_ms(59_000);
    assert_eq!(office.sim.exchange(0).calls_in_use(), 1);
    office.until_over("201");
    office.sim.run_ms(2_000);
    assert_eq!(last_rule(&office), "limit.duration");
    assert!(alarms(&office).contains(&(Cause::Limit(Rule::LimitDuration), Party::Device(0))));
    let record = office.sim.records.last().unwrap();
    assert!(matches!(record.duration_s, 60..=61) && record.rule == "route", "{record:?}");
    // Inside, and to emergency, nothing is limited (R66).
    for number in ["203", "911"] {
        office.call("201", number);
        office.until_talks("201");
        office.sim.run_ms(90_000);
        assert_eq!(office.sim.exchange(0).calls_in_use(), 1, "{number}");
        office.hang_up("201");
        office.until_over("201");
    }
    office.assert_nothing_left();
}

/// R75: guessing over many users from one address shuts the address out: also the right answer is one more wrong one there. The phone
/// that is registered there goes on, others elsewhere notice nothing, and help can be called.
#[test]
fn r75_an_address_that_guesses_over_users_is_shut_out() {
    let mut office = Office::changed(9, &[]);
    let guesser = office.phone("207");
    // Behind the same address another phone is registered.
    let ip = office.sim.phone(guesser).config.address.ip();
    let neighbour = office.phone("206");
    office.sim.phone(neighbour).config.address = SocketAddr::new(ip, 5_070);
    office.sim.with(neighbour, |phone, now| phone.register(now, 600));
    office.sim.run_ms(1_000);
    office.sim.phone(guesser).config.password = "wrong-guess-number-1".into();
    for n in 0..12 {
        let user = ["207", "203", "204", "205", "nobody", "somebody"][n % 6];
        user.clone_into(&mut office.sim.phone(guesser).config.username);
        office.sim.with(guesser, |phone, now| phone.register(now, 600));
        office.sim.run_ms(1_000);
    }
    assert_eq!(alarms(&office), [(Cause::Source(ip), Party::Unknown)], "no user has been wrong three times");
    "207".clone_into(&mut office.sim.phone(guesser).config.username);
    office.sim.phone(guesser).config.password = "Cl3ar-ocean-Rope-3".into();
    office.sim.with(guesser, |phone, now| phone.register(now, 600));
    office.sim.run_ms(1_000);
    assert_eq!(
        office.sim.told(guesser).last(),
        Some(&PhoneEvent::RegisterFailed(401)),
        "right, and it does not learn so"
    );
    office.sim.with(neighbour, |phone, now| phone.register(now, 600));
    office.sim.run_ms(1_000);
    assert_eq!(office.sim.told(neighbour).last(), Some(&PhoneEvent::Registered));
    office.call("207", "911");
    office.until_talks("207");
    office.hang_up("207");
    office.until_over("207");
    office.call("201", "206");
    office.until_talks("201");
    office.hang_up("201");
    office.until_over("201");
    office.sim.run_ms(900_000);
    office.sim.with(guesser, |phone, now| phone.register(now, 600));
    office.sim.run_ms(1_000);
    assert_eq!(office.sim.told(guesser).last(), Some(&PhoneEvent::Registered));
    office.assert_nothing_left();
}

#[test]
fn r75_wrong_passwords_lock_out_but_not_the_phone_that_is_there() {
    let mut office = Office::changed(9, &[]);
    let id = office.phone("207");
    office.sim.phone(id).config.password = "wrong-guess-number-1".into();
    for _ in 0..3 {
        office.sim.with(id, |phone, now| phone.register(now, 600));
        office.sim.run_ms(1_000);
    }
    assert_eq!(alarms(&office), [(Cause::Lockout, Party::Device(6))]);
    office.sim.phone(id).config.password = "Cl3ar-ocean-Rope-3".into();
    office.sim.with(id, |phone, now| phone.register(now, 600));
    office.sim.run_ms(1_000);
    assert_eq!(office.sim.told(id).last(), Some(&PhoneEvent::RegisterFailed(403)), "the right one, too late");
    assert_eq!(office.refused("207", "201").1, "Q.850;cause=21;text=\"lockout\"");
    office.call("207", "911");
    office.until_talks("207");
    office.hang_up("207");
    office.until_over("207");
    office.sim.run_ms(900_000);
    office.sim.with(id, |phone, now| phone.register(now, 600));
    office.sim.run_ms(1_000);
    assert_eq!(office.sim.told(id).last(), Some(&PhoneEvent::Registered));
    // Somebody else's guesses do not silence a phone where it is registered.
    let guesser = office.phone("206");
    office.sim.phone(guesser).config.username = "203".into();
    office.sim.phone(guesser).config.password = "guess-after-guess".into();
    for _ in 0..4 {
        office.sim.with(guesser, |phone, now| phone.register(now, 600));
        office.sim.run_ms(1_000);
    }
    assert!(alarms(&office).contains(&(Cause::Lockout, Party::Device(2))));
    office.call("203", "201");
    office.until_talks("203");
    office.hang_up("203");
    office.assert_nothing_left();
}

const INBOUND: (&str, &str) = (
    "host = \"10.0.9.1:5060\"",
    "host = \"10.0.9.1:5060\"\ntrusted = [\"10.0.9.1/32\"]\ninbound = [ { did = \"61355501XX\", to = \"2XX\" }, { did = \"6135550100\", to = \"201\" } ]",
);

#[test]
fn r17_a_trunk_reaches_what_its_numbers_name_and_nothing_else() {
    let mut office = Office::changed(10, &[INBOUND]);
    let carrier = office.carrier;
    let call = |office: &mut Office, number: &str| {
        office.sim.events.clear();
        office.sim.with(carrier, |phone, now| phone.call(now, number));
        let done =
            |event: &PhoneEvent| matches!(event, PhoneEvent::Ended { .. } | PhoneEvent::Connected { .. });
        assert!(office.sim.run_until_event(90_000, carrier, done), "{}", office.sim.ladder.render());
        office.sim.told(carrier).pop()
    };
    for number in ["6135550103", "16135550103", "+16135550103"] {
        assert!(matches!(call(&mut office, number), Some(PhoneEvent::Connected { .. })), "{number}");
        let decision = office.sim.decisions.last().unwrap();
        assert_eq!((decision.from, decision.dialed.as_str()), (Party::Trunk(0), "203"));
        office.sim.with(carrier, |phone, now| phone.hang_up(now));
        office.sim.run_ms(2_000);
    }
    for (number, rule) in [
        ("6135550199", "number.vacant"),
        ("6135559999", "number.vacant"),
        ("201", "number.vacant"),
        ("95550123", "number.vacant"),
    ] {
        assert!(matches!(call(&mut office, number), Some(PhoneEvent::Ended { .. })), "{number}");
        assert_eq!(last_rule(&office), rule, "{number}");
    }
    office.assert_nothing_left();
}

#[test]
fn r66_r68_r70_an_emergency_call_makes_way_for_itself_and_is_told_at_once() {
    let mut office = Office::changed(
        11,
        &[
            ("channels = 2", "channels = 1"),
            (
                "cos = 1\ncor = 1\npublic_number = \"6135550120\"",
                "cos = 1\ncor = 1\npublic_number = \"6135550120\"\ncesid = \"6135550121\"\nlocation = \"Reception desk\"",
            ),
        ],
    );
    let other = office.other;
    office.sim.phone(other).config.behaviour = Behaviour::Answer { after_ms: 1_000 };
    office.call("202", "95550123");
    office.until_talks("202");
    // The carrier is full; the other trunk is free, so nobody is cleared.
    office.call("201", "911");
    office.until_talks("201");
    assert!(alarms(&office).is_empty());
    // Now both are full: the public call on the first way makes way.
    office.call("204", "911");
    office.until_over("202");
    assert_eq!(alarms(&office), [(Cause::Preempted, Party::Device(1))]);
    office.until_talks("204");
    let notices: Vec<_> = office
        .sim
        .outputs
        .iter()
        .filter_map(|(_, output)| match output {
            Output::Emergency(notice) => {
                Some((notice.from, notice.callback.as_str().to_owned(), notice.dialed.as_str().to_owned()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        notices,
        [
            (Party::Device(0), "6135550121".into(), "911".into()),
            (Party::Device(3), "6135550100".into(), "911".into())
        ]
    );
    let image = *office.sim.exchange(0).image().unwrap();
    assert_eq!(strowger::policy::emergency::location(&image, Party::Device(0), 0), "Reception desk");
    assert_eq!(strowger::policy::emergency::location(&image, Party::Device(3), 0), "1 Elm Street");
    office.hang_up("201");
    office.hang_up("204");
    office.assert_nothing_left();
}
