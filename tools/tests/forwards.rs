//! Forwarding in the policy: what `check` says of it, what `explain` answers where a user sets it, what `diff` shows.

mod common;

use common::{OFFICE, compiled, crypto, findings};
use strowger::policy::Image;
use strowger_tools::diff::diff;
use strowger_tools::explain::{Explanation, Question, explain};

const CODES: &str = "[features]\nforward_always = \"*72\"\nforward_busy = \"*74\"\nforward_no_answer = \"*75\"\nforward_out_of_service = \"*76\"\nforward_cancel = \"*73\"\ndo_not_disturb = \"*60\"\n";

/// The office, whose staff has these features; 201 has another line.
fn office(features: &str, line: &str) -> String {
    let features = format!("name = \"Staff\"\nfeatures = [{features}]");
    let text = OFFICE
        .replace("name = \"Staff\"", &features)
        .replace("dn = \"201\"\n", &format!("dn = \"201\"\n{line}\n"));
    format!("{text}{CODES}")
}

fn dials(text: &str, from: &str, dialed: &str) -> Explanation {
    let office = compiled(text);
    let image = Image::load(&office.image, &mut crypto()).unwrap();
    explain(&image, None, &Question::of_device(&image, from, dialed).unwrap())
}

fn told(text: &str) -> Vec<(&'static str, String)> {
    findings(text).iter().map(|finding| (finding.code, finding.text.clone())).collect()
}

#[test]
fn a_number_that_no_call_can_go_to_is_found() {
    for (features, line, code) in [
        ("\"forward-external\"", "always_to = \"202\"", None),
        ("\"hold\"", "always_to = \"202\"", None),
        ("\"forward-external\"", "busy_to = \"95550123\"", None),
        ("\"hold\"", "busy_to = \"95550123\"", Some("forward-denied")),
        ("\"hold\"", "no_answer_to = \"299\"", Some("forward-denied")),
        ("\"hold\"", "out_of_service_to = \"911\"", Some("forward-denied")),
        ("\"hold\"", "always_to = \"201\"", Some("forward-to-itself")),
    ] {
        let codes: Vec<_> = told(&office(features, line)).into_iter().map(|(code, _)| code).collect();
        let own = |found: &&&str| found.starts_with("forward-");
        assert_eq!(codes.iter().find(own).copied(), code, "{features} {line}: {codes:?}");
    }
    let text = told(&office("\"hold\"", "busy_to = \"95550123\""));
    let (_, text) = text.iter().find(|(code, _)| *code == "forward-denied").unwrap();
    assert!(
        text.contains("device 201") && text.contains("`busy_to`") && text.contains("cos.feature"),
        "{text}"
    );
}

#[test]
fn r22_explain_answers_for_a_code_what_setting_it_would() {
    let open = office("\"forward-internal\", \"forward-external\"", "");
    for (dialed, rule) in [
        ("*72202", "internal"),
        ("*7495550123", "route"),
        ("*75201", "call.self"),
        ("*76911", "forward.emergency"),
        ("*72", "number.incomplete"),
        ("*72299", "number.vacant"),
    ] {
        assert_eq!(dials(&open, "201", dialed).rule, rule, "{dialed}");
    }
    let closed = office("\"hold\"", "");
    assert_eq!(dials(&closed, "201", "*72202").rule, "cos.feature");
}

#[test]
fn diff_shows_where_calls_go_and_which_codes_there_are() {
    let before = office("\"hold\"", "");
    let after = office("\"hold\"", "no_answer_to = \"202\"").replace("\"*74\"", "\"*84\"");
    let [old, new] = [before, after].map(|text| compiled(&text).image.leak());
    let images = [old, new].map(|octets| Image::load(octets, &mut crypto()).unwrap());
    let text = diff(&images[0], &images[1]).unwrap().to_text();
    assert!(text.contains("where calls go on no answer of device 201: 202, before: none"), "{text}");
    assert!(text.contains("the feature code that forwards on busy: *84, before: *74"), "{text}");
}
