//! An example of one's own property test: put your policy here, and say what must never happen. Copy it, and change it.
//!
//! The first asks a policy for everything that somebody may dial; the second holds for every policy, made up at random,
//! and every attempt on it. What breaks a property is made smaller before it is shown.

use proptest::prelude::*;
use std::sync::LazyLock;
use strowger::base::Soft;
use strowger::policy::class::NumberClass;
use strowger::policy::{Attempt, ClassRef, Image, Mode, Party, Rule, Verdict, decide};
use strowger_testkit::model::Model;
use strowger_testkit::oracle;
use strowger_testkit::strategies::{Question, models, questions};

/// A lobby with a telephone that may call locally, and nothing dear.
const POLICY: &str = r#"
[system]
country = "CA"
area_code = "613"
realm = "lobby.example"
default_cesid = "6135550100"
[[cos]]
id = 1
[[cor_group]]
id = 1
name = "Local only"
members = "2"
[[cor_group]]
id = 2
name = "Open"
members = ""
[class_defaults]
international = "allow"
[[trunk]]
name = "carrier"
host = "192.0.2.1:5060"
cos = 1
cor = 1
[[digit_modification]]
id = 1
absorb = 1
[[route]]
id = 1
trunk = "carrier"
digit_modification = 1
cor_group = 2
[[route]]
id = 2
trunk = "carrier"
digit_modification = 1
cor_group = 1
[[route]]
id = 9
trunk = "carrier"
emergency = true
[[ars]]
leading = "9"
digits = "NXXXXXX"
use = { route = 1 }
[[ars]]
leading = "9"
digits = "1NXXNXXXXXX"
use = { route = 2 }
[[ars]]
leading = "9"
digits = "011"
follow = "unknown"
use = { route = 2 }
[[ars]]
digits = "911"
emergency = true
use = { route = 9 }
[[device]]
dn = "2000"
name = "Lobby"
password = "Quiet-ferry-Plum-6"
digest = ["sha-256"]
cos = 1
cor = 2
"#;

/// The policy's image, compiled once.
fn image() -> Image<'static> {
    static COMPILED: LazyLock<Vec<u8>> =
        LazyLock::new(|| match strowger_tools::compile_str(POLICY, "lobby.toml") {
            Ok(compiled) => compiled.image,
            Err(findings) => {
                panic!("{}", findings.iter().map(|finding| format!("{finding}\n")).collect::<String>())
            }
        });
    Image::load(&COMPILED, &mut Soft::new(&[0; 32])).expect("an image just made is valid")
}

/// What somebody may dial: numbers outside, anything short, international numbers as mobile phones write them.
fn dialed() -> impl Strategy<Value = String> {
    prop_oneof!["9[0-9]{1,11}", "91[0-9]{10}", "9011[0-9]{5,12}", "[0-9*#]{1,6}", "\\+[1-9][0-9]{3,14}"]
}

fn mode() -> impl Strategy<Value = Mode> {
    prop_oneof![Just(Mode::Day), Just(Mode::Night1), Just(Mode::Night2)]
}

/// A policy made up at random, and an attempt on it.
fn policy_and_attempt() -> impl Strategy<Value = (Model, Question)> {
    models().prop_flat_map(|model| (questions(&model), Just(model)).prop_map(|(asked, model)| (model, asked)))
}

proptest! {
    #[test]
    fn the_lobby_reaches_local_and_emergency_numbers_only(dialed in dialed(), mode in mode()) {
        let attempt = Attempt { mode, ..Attempt::new(Party::Device(0), dialed.as_bytes()) };
        if let Verdict::Allow(choice) = decide(&image(), &attempt, |_| true, &mut ()) {
            let local = choice.class == Some(ClassRef::Plan(NumberClass::Local));
            prop_assert!(local || choice.rule == Rule::Emergency, "{:?}", choice);
        }
    }

    #[test]
    fn whoever_has_no_class_of_service_reaches_nobody_but_help((model, question) in policy_and_attempt()) {
        let attempt = &question.attempt;
        let mode = attempt.mode.unwrap_or(strowger_testkit::model::Mode::Day);
        let asked = oracle::Attempt { mode: Some(mode), code: None, ..attempt.clone() };
        if let oracle::Party::Device(dn) = &asked.from
            && model.devices.iter().any(|device| device.dn == *dn && device.cos.of(mode) == 0)
        {
            let decided = oracle::decide(&model, &asked, &|_| true, None);
            prop_assert!(decided.verdict != oracle::Verdict::Allow || decided.rule == "emergency", "{:?}", decided);
        }
    }
}

#[test]
fn the_lobby_does_reach_both() {
    for (dialed, expected) in [("95550123", "route"), ("911", "emergency"), ("916135550123", "cor.route")] {
        let rule =
            match decide(&image(), &Attempt::new(Party::Device(0), dialed.as_bytes()), |_| true, &mut ()) {
                Verdict::Allow(choice) => choice.rule,
                Verdict::Deny(denial) | Verdict::NeedsCode(denial) => denial.rule,
            };
        assert_eq!(rule.name(), expected, "{dialed}");
    }
}
