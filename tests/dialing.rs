//! Parties that dial digit by digit by neutral signals: tones, timers, early refusal, account codes. Virtual time.

use crate::office;

use strowger::base::{Digit, Handle, Instant};
use strowger::call::Cause;
use strowger::exchange::{Output, Signal, Taken, Ticked};
use strowger::policy::{Party, Rule, Verdict};
use strowger_testkit::sim::{ExchangeBox, build_exchange};

/// The office's classes with short numbers of every kind, and account codes.
const POLICY: &str = r#"
[system]
name = "Dialing"
country = "CA"
area_code = "613"
realm = "elm.example"
profile = "mivb"
default_cesid = "6135550100"
plus_access = "9"
[features]
account_code = "*33"
forward_always = "*72"
forward_cancel = "*73"
do_not_disturb = "*60"
[[cos]]
id = 1
features = ["smdr-external", "verified-account-code", "non-verified-account-code", "forward-internal", "do-not-disturb"]
account_code_length = 4
[cos.timers]
first_digit = 15
inter_digit = 10
dialing_conflict = 3
busy_tone = 30
[[cos]]
id = 2
features = ["forced-verified-account-code", "non-verified-account-code"]
[[cos]]
id = 3
features = ["smdr-external", "forced-non-verified-account-code"]
account_code_length = 4
[[account_code]]
code = "4321"
kind = "verified"
name = "Legal"
cos = 1
cor = 1
[[account_code]]
code = "778899"
kind = "verified"
name = "Long"
cos = 1
cor = 1
[[cor_group]]
id = 1
members = "5"
[[max_digits]]
cor = 7
digits = 4
[[template]]
name = "desk"
digest = ["md5"]
cos = 1
cor = 1
password = "Copper-beech-lane-3"
[[device]]
dn = "201"
template = "desk"
[[device]]
dn = "202"
template = "desk"
cor = 5
[[device]]
dn = "203"
template = "desk"
cos = 2
[[device]]
dn = "204"
template = "desk"
cos = 3
[[device]]
dn = "205"
template = "desk"
cor = 7
[[device]]
dn = "206"
template = "desk"
cos = 0
[[trunk]]
name = "carrier"
host = "10.0.9.1:5060"
cos = 1
cor = 30
inbound = [ { did = "61355501XX", to = "2XX" } ]
[[digit_modification]]
id = 1
absorb = 1
[[route]]
id = 1
trunk = "carrier"
digit_modification = 1
[[route]]
id = 2
trunk = "carrier"
digit_modification = 1
account_code = false
[[route]]
id = 9
trunk = "carrier"
emergency = true
[[route_list]]
id = 1
choices = [ { route = 1, warning_tone = true } ]
[[ars]]
leading = "9"
cor_group = 1
second_dial_tone = true
[[ars]]
leading = "9"
digits = "NXXXXXX"
use = { route = 1 }
[[ars]]
leading = "9"
digits = "NXXXXXX"
follow = 3
use = { list = 1 }
[[ars]]
leading = "9"
digits = "011"
follow = "unknown"
use = { route = 2 }
[[ars]]
digits = "911"
emergency = true
use = { route = 9 }
[smdr]
external = true
"#;

struct Desk {
    exchange: ExchangeBox,
    now: Instant,
    leg: Handle,
}

impl Desk {
    fn new() -> Self {
        let compiled = strowger_tools::compile_str(POLICY, "dialing.toml").unwrap_or_else(|findings| {
            panic!("{}", findings.iter().map(|finding| format!("{finding}\n")).collect::<String>())
        });
        let compiled = Box::leak(Box::new(compiled));
        let sizes = strowger_testkit::sim::Sizes::for_calls(6, 1, 4);
        let exchange =
            build_exchange(&compiled.image, &compiled.keyring, &sizes, office::exchange_address(), 1);
        Self { exchange, now: Instant(1_000), leg: Handle::NONE }
    }

    fn party(&self, dn: &str) -> Party {
        Party::Device(self.exchange.image().unwrap().device_by_dn(dn.as_bytes()).unwrap())
    }

    /// Everything put out since, as words.
    fn heard(&mut self) -> Vec<String> {
        let mut heard = Vec::new();
        while let Ok(Some(output)) = self.exchange.poll(&mut [0; 8192]) {
            heard.push(match output {
                Output::Tone(leg, tone) => {
                    assert_eq!(leg, self.leg);
                    format!("{tone:?}")
                }
                Output::Setup { digits, .. } => format!("setup {}", digits.as_str()),
                Output::Release(_, cause) => format!("release {cause:?}"),
                Output::Decision(decision) => {
                    let (verdict, rule) = match decision.verdict {
                        Verdict::Allow(choice) => ("allow", choice.rule),
                        Verdict::Deny(denial) => ("deny", denial.rule),
                        Verdict::NeedsCode(denial) => ("code", denial.rule),
                    };
                    format!("{verdict} {} {}", rule.name(), decision.dialed.as_str())
                }
                Output::Smdr(record) => format!("smdr {}", char::from(record.completion.letter())),
                Output::Emergency(_) => "emergency".into(),
                Output::Alarm(alarm) => format!("alarm {:?}", alarm.cause),
                other => format!("{other:?}"),
            });
        }
        heard
    }

    fn off_hook(&mut self, party: Party) -> Vec<String> {
        match self.exchange.signal(self.now, &Signal::OffHook { from: party }) {
            Ok(Taken::OffHook { leg }) => self.leg = leg,
            other => panic!("{other:?}"),
        }
        self.heard()
    }

    fn dial(&mut self, digits: &str) -> Vec<String> {
        let mut heard = Vec::new();
        for c in digits.bytes() {
            self.now = self.now.plus_ms(200);
            let digit = Digit::from_ascii(c).unwrap();
            let taken = self.exchange.signal(self.now, &Signal::Digit(self.leg, digit)).unwrap();
            assert_ne!(taken, Taken::UnknownLeg, "{c}");
            heard.extend(self.heard().into_iter().filter(|what| what != "Silence"));
        }
        heard
    }

    fn wait(&mut self, seconds: u64) -> Vec<String> {
        self.now = self.now.plus_s(seconds);
        while self.exchange.tick(self.now).unwrap() == Ticked::More {}
        self.heard()
    }

    fn hang_up(&mut self) -> Vec<String> {
        let taken = self.exchange.signal(self.now, &Signal::Release(self.leg, Cause::Normal)).unwrap();
        assert_eq!(taken, Taken::Done);
        let heard = self.heard();
        assert_eq!(self.exchange.calls_in_use(), 0, "nothing is left");
        assert_eq!(self.exchange.calls().legs().count(), 0);
        assert!(self.exchange.next_deadline().is_none_or(|at| at > self.now));
        heard
    }
}

#[test]
fn an_internal_number_is_placed_on_its_last_digit() {
    let mut desk = Desk::new();
    assert_eq!(desk.off_hook(desk.party("201")), ["Dial"]);
    assert_eq!(desk.dial("20"), [""; 0]);
    assert_eq!(desk.dial("2"), ["allow internal 202", "setup 202"]);
    assert_eq!(desk.hang_up(), ["release Normal"]);
}

#[test]
fn second_dial_tone_follows_leading_digits_and_the_conflict_timer_decides_r58() {
    let mut desk = Desk::new();
    desk.off_hook(desk.party("201"));
    assert_eq!(desk.dial("9"), ["SecondDial"]);
    assert_eq!(desk.dial("5550123"), [""; 0], "it could be the beginning of the longer number");
    assert_eq!(desk.wait(2), [""; 0]);
    assert_eq!(desk.wait(1), ["allow route 95550123", "setup 5550123"]);
    desk.hang_up();
    // The longer number goes over a dear route: the caller hears so, and the call goes on (R63).
    desk.off_hook(desk.party("201"));
    assert_eq!(
        desk.dial("95550123001"),
        ["SecondDial", "allow route 95550123001", "Warning", "setup 5550123001"]
    );
    desk.hang_up();
}

#[test]
fn r57_an_unknown_length_ends_by_hash_or_by_the_inter_digit_timer() {
    let mut desk = Desk::new();
    desk.off_hook(desk.party("201"));
    assert_eq!(desk.dial("901144207946001"), ["SecondDial"]);
    assert_eq!(desk.dial("#"), ["allow route 901144207946001", "setup 01144207946001"]);
    desk.hang_up();
    desk.off_hook(desk.party("201"));
    desk.dial("901144207946001");
    assert_eq!(desk.wait(9), [""; 0]);
    assert_eq!(desk.wait(1), ["allow route 901144207946001", "setup 01144207946001"]);
    desk.hang_up();
}

#[test]
fn who_dials_nothing_or_half_a_number_hears_reorder_and_is_released_when_the_tone_ends() {
    let mut desk = Desk::new();
    desk.off_hook(desk.party("201"));
    assert_eq!(desk.wait(14), [""; 0]);
    assert_eq!(desk.wait(1), ["deny number.incomplete ", "Reorder"]);
    assert_eq!(desk.dial("202"), [""; 0], "nobody listens any more");
    assert_eq!(desk.wait(30), ["release Denied(NumberIncomplete)"]);
    assert_eq!(desk.exchange.calls_in_use(), 0);
    desk.off_hook(desk.party("201"));
    desk.dial("20");
    assert_eq!(desk.wait(10), ["deny number.incomplete 20", "Reorder"]);
    assert_eq!(desk.hang_up(), [""; 0]);
}

#[test]
fn r12_r13_leading_digits_refuse_at_once_and_routes_when_the_number_is_complete() {
    let mut desk = Desk::new();
    desk.off_hook(desk.party("202"));
    // The first digit could still be that of 911.
    assert_eq!(desk.dial("9"), ["SecondDial"]);
    assert_eq!(desk.dial("5"), ["deny cor.leading 95", "smdr T", "Reorder"]);
    desk.hang_up();
    // Help is reached through the same digit (R67).
    desk.off_hook(desk.party("202"));
    assert_eq!(desk.dial("911"), ["SecondDial", "allow emergency 911", "emergency", "setup 911"]);
    desk.hang_up();
    // Vacant at the digit that makes it so (R59).
    desk.off_hook(desk.party("201"));
    assert_eq!(desk.dial("3"), ["deny number.vacant 3", "Reorder"]);
    assert_eq!(desk.hang_up(), [""; 0]);
}

#[test]
fn r20_the_most_digits_of_a_cor_are_counted_as_they_come() {
    let mut desk = Desk::new();
    desk.off_hook(desk.party("205"));
    assert_eq!(desk.dial("9555"), ["SecondDial"]);
    assert_eq!(desk.dial("0"), ["deny max-digits 95550", "Reorder"]);
    desk.hang_up();
    desk.off_hook(desk.party("205"));
    assert_eq!(desk.dial("201"), ["allow internal 201", "setup 201"]);
    desk.hang_up();
}

#[test]
fn law_4_who_may_nothing_else_still_reaches_help_digit_by_digit() {
    let mut desk = Desk::new();
    desk.off_hook(desk.party("206"));
    assert_eq!(desk.dial("911"), ["SecondDial", "allow emergency 911", "emergency", "setup 911"]);
    desk.hang_up();
    desk.off_hook(desk.party("206"));
    assert_eq!(desk.dial("2"), ["deny cos.none 2", "Reorder"]);
    desk.hang_up();
    assert_eq!(desk.off_hook(Party::Unknown), ["Dial"]);
    assert_eq!(desk.dial("911").last().unwrap(), "setup 911");
    desk.hang_up();
    // Also at the prompt for an account code, and with a code half entered for nothing.
    assert_eq!(desk.off_hook(desk.party("203")), ["AccountCode"]);
    assert_eq!(desk.dial("911"), ["allow emergency 911", "emergency", "setup 911"]);
    desk.hang_up();
}

#[test]
fn r44_a_forced_verified_code_is_asked_for_off_hook() {
    let mut desk = Desk::new();
    assert_eq!(desk.off_hook(desk.party("203")), ["AccountCode"]);
    assert_eq!(desk.dial("778899"), [""; 0]);
    assert_eq!(desk.dial("#"), ["Dial"], "COS 2 has no length: # ends the code (R50)");
    assert_eq!(
        desk.dial("95550123001"),
        ["SecondDial", "allow route 95550123001", "Warning", "setup 5550123001"]
    );
    let authority = *desk.exchange.calls().edge(desk.leg).unwrap().authority();
    assert_eq!((authority.cos, authority.code), (1, Some(1)), "R7: the classes of the code");
    desk.hang_up();
    // Nothing lasts beyond on-hook (R7), and a non-verified code is not what is asked for (R48).
    assert_eq!(desk.off_hook(desk.party("203")), ["AccountCode"]);
    assert_eq!(desk.dial("55#"), ["deny account-code.wrong ", "Reorder"]);
    desk.hang_up();
    // No code in time: refused by its rule.
    desk.off_hook(desk.party("203"));
    assert_eq!(desk.wait(15), ["deny account-code.forced-verified ", "Reorder"]);
    desk.hang_up();
}

#[test]
fn r45_r46_a_forced_code_is_asked_for_after_the_number_unless_the_route_exempts() {
    let mut desk = Desk::new();
    desk.off_hook(desk.party("204"));
    desk.dial("95550123");
    assert_eq!(desk.wait(3), ["AccountCode"]);
    assert_eq!(desk.dial("7788"), ["allow route 95550123", "setup 5550123"]);
    let heard = desk.hang_up();
    assert_eq!(heard, ["smdr  ", "release Normal"], "{heard:?}");
    desk.off_hook(desk.party("204"));
    assert_eq!(
        desk.dial("901144207946001#"),
        ["SecondDial", "allow route 901144207946001", "setup 01144207946001"]
    );
    desk.hang_up();
    // Hanging up at the prompt is an attempt without a code, and noted (R80).
    desk.off_hook(desk.party("204"));
    desk.dial("95550123");
    desk.wait(3);
    assert_eq!(desk.hang_up(), ["code account-code.forced 95550123", "smdr T"]);
    // So is waiting too long (R45).
    desk.off_hook(desk.party("204"));
    desk.dial("95550123");
    desk.wait(3);
    assert_eq!(desk.wait(15), ["code account-code.forced 95550123", "smdr T", "Reorder"]);
    desk.hang_up();
}

#[test]
fn r7_r48_codes_behind_the_feature_code_are_checked() {
    let mut desk = Desk::new();
    desk.off_hook(desk.party("202"));
    assert_eq!(desk.dial("*33"), ["AccountCode"]);
    assert_eq!(desk.dial("4321"), ["Dial"]);
    assert_eq!(
        desk.dial("95550123001").last().unwrap(),
        "setup 5550123001",
        "the code's COR may what 5 may not"
    );
    desk.hang_up();
    for _ in 0..3 {
        desk.off_hook(desk.party("203"));
        desk.dial("00#");
        desk.hang_up();
    }
    desk.off_hook(desk.party("203"));
    // mivb has no lock-out unless the policy gives one; tests/restriction.rs has the strict profile's.
    assert_eq!(desk.dial("778899#"), ["Dial"]);
    desk.hang_up();
}

#[test]
fn what_a_feature_code_sets_is_set_digit_by_digit() {
    let mut desk = Desk::new();
    for (digits, heard) in [
        ("*60", &["Set { device: 0 }", "Confirmation"][..]),
        ("*72202", &["Set { device: 0 }", "Confirmation"]),
        ("*73", &["Set { device: 0 }", "Confirmation"]),
        // Its own number (R22).
        ("*72201", &["deny call.self 201", "Reorder"]),
    ] {
        desk.off_hook(desk.party("201"));
        assert_eq!(desk.dial(digits), heard, "{digits}");
        desk.hang_up();
    }
}

#[test]
fn a_trunk_may_dial_its_numbers_digit_by_digit_too() {
    let mut desk = Desk::new();
    desk.off_hook(Party::Trunk(0));
    assert_eq!(desk.dial("61355501"), [""; 0]);
    assert_eq!(desk.dial("02"), ["allow internal 202", "setup 202"]);
    desk.hang_up();
    desk.off_hook(Party::Trunk(0));
    assert_eq!(desk.dial("7"), ["deny number.vacant 7", "Reorder"]);
    desk.hang_up();
}

#[test]
fn a_call_set_up_at_once_is_asked_for_its_code_too() {
    let mut desk = Desk::new();
    let setup = Signal::Setup { from: desk.party("204"), dialed: b"95550123" };
    let Ok(Taken::NeedsCode { leg, denial }) = desk.exchange.signal(desk.now, &setup) else { panic!() };
    assert_eq!(denial.rule, Rule::CodeForced);
    desk.leg = leg;
    assert_eq!(desk.heard(), ["AccountCode"]);
    assert_eq!(desk.dial("1234"), ["allow route 95550123", "setup 5550123"]);
    desk.hang_up();
    // A number with `+` waits for its code as well; what is no number at all does not.
    let setup = Signal::Setup { from: desk.party("203"), dialed: b"+442079460000" };
    let Ok(Taken::NeedsCode { leg, .. }) = desk.exchange.signal(desk.now, &setup) else { panic!() };
    desk.leg = leg;
    assert_eq!(desk.heard(), ["AccountCode"]);
    assert_eq!(desk.dial("4321#"), ["allow route +442079460000", "setup 011442079460000"]);
    desk.hang_up();
    let setup = Signal::Setup { from: desk.party("203"), dialed: b"tel" };
    let Ok(Taken::Denied(decision)) = desk.exchange.signal(desk.now, &setup) else { panic!() };
    assert!(
        matches!(decision.verdict, Verdict::NeedsCode(denial) if denial.rule == Rule::CodeForcedVerified)
    );
}

#[test]
fn the_last_places_are_for_emergency_calls_and_who_only_dials_makes_room() {
    let mut desk = Desk::new();
    // Four calls fit, one is kept: three people dial, the fourth too, but only 911 would be placed.
    let first = desk.party("201");
    for _ in 0..4 {
        desk.off_hook(first);
    }
    assert_eq!(desk.dial("202"), ["Busy"], "congestion, not a denial");
    assert_eq!(desk.exchange.signal(desk.now, &Signal::OffHook { from: first }), Ok(Taken::Congested));
    desk.leg = Handle::NONE;
    // An emergency call needs a place: whoever has been dialing longest gives one.
    let setup = Signal::Setup { from: desk.party("206"), dialed: b"911" };
    let Ok(Taken::SetUp { leg }) = desk.exchange.signal(desk.now, &setup) else { panic!() };
    desk.leg = leg;
    let heard = desk.heard();
    assert!(
        heard.contains(&"release Status(503)".to_owned()) && heard.contains(&"setup 911".to_owned()),
        "{heard:?}"
    );
}

/// What a modification inserts is sent before the trunk's own form is looked for, also where that is one digit.
#[test]
fn r62_one_digit_is_inserted_over_a_trunk_with_a_form_of_its_own() {
    for (form, sent) in [("national", "16135550123"), ("e164", "+16135550123"), ("as-dialed", "6135550123")] {
        let changes = [
            ("insert = \"1613\"", "insert = \"6\""),
            ("digits = \"NXXXXXX\"", "digits = \"XXXXXXXXX\""),
            ("name = \"carrier\"\n", &*format!("name = \"carrier\"\nnumber_format = \"{form}\"\n")),
        ];
        let mut exchange = office::neutral(&changes);
        let setup = Signal::Setup { from: Party::Device(0), dialed: b"9135550123" };
        exchange.signal(Instant(1_000), &setup).expect("room");
        let mut buffer = [0; 4096];
        let outputs = std::iter::from_fn(|| exchange.poll(&mut buffer).expect("room"));
        let digits = outputs.filter_map(|output| match output {
            Output::Setup { to: Party::Trunk(0), digits, .. } => Some(digits.as_str().to_owned()),
            _ => None,
        });
        assert_eq!(digits.collect::<Vec<_>>(), [sent], "{form}");
    }
}
