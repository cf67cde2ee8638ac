//! What one party may do on behalf of another: transfers and diversions, as `explain` and the engine judge them.

mod common;

use common::{OFFICE, compiled, crypto};
use strowger::policy::{Attended, Feature, Image, Mode, Party, Reached, Rule, Verdict, attended};
use strowger_tools::Compiled;
use strowger_tools::explain::{Explanation, Question, explain};

/// Both devices may transfer and divert anywhere; the trunk's COS is its own, 50.
fn office(staff: &str, trunk: &str, more: &str) -> Compiled {
    let features = format!("name = \"Staff\"\nfeatures = [{staff}]");
    let text = OFFICE
        .replace("name = \"Staff\"", &features)
        .replace("cos = 1\ncor = 9", "cos = 50\ncor = 9")
        .replace(
            "[[cor_group]]\nid = 1",
            &format!("[[cos]]\nid = 50\nfeatures = [{trunk}]\n[[cor_group]]\nid = 1"),
        )
        .replace("cor = 2\n", "cor = 2\ninterconnect = 2\n");
    compiled(&format!("{text}{more}"))
}

const FREE: &str = "\"transfer\", \"forward-internal\", \"forward-external\"";

/// What becomes of it when `by` does this for `of`.
fn asked(office: &Compiled, feature: Feature, by: &str, of: &str, dialed: &str) -> Explanation {
    let image = Image::load(&office.image, &mut crypto()).unwrap();
    let party = |name: &str| {
        Question::of_device(&image, name, "").or_else(|| Question::of_trunk(&image, name, "")).unwrap().from
    };
    let question = Question { acting: Some((feature, party(by))), ..Question::new(party(of), dialed) };
    explain(&image, None, &question)
}

fn rule(office: &Compiled, feature: Feature, by: &str, of: &str, dialed: &str) -> &'static str {
    asked(office, feature, by, of, dialed).rule
}

const USER: Feature = Feature::Forward { user: true };
const ADMIN: Feature = Feature::Forward { user: false };

#[test]
fn r3_transfers_and_diversions_need_the_feature_and_the_advice_names_it() {
    let open = office(FREE, FREE, "");
    assert_eq!(rule(&open, Feature::Transfer, "201", "harbour", "202"), "internal");
    let closed = office("\"hold\"", FREE, "");
    for (feature, dialed, rule, name) in [
        (Feature::Transfer, "202", "cos.feature", Some("transfer")),
        (Feature::Transfer, "911", "emergency", None),
        (USER, "202", "cos.feature", Some("forward-internal")),
        (USER, "95550123", "cos.feature", Some("forward-external")),
        (ADMIN, "202", "internal", None),
        (ADMIN, "95550123", "cos.feature", Some("forward-external")),
        (ADMIN, "911", "forward.emergency", Some("dial the emergency number themselves")),
    ] {
        let answer = asked(&closed, feature, "201", "harbour", dialed);
        assert_eq!((answer.rule, answer.authority.as_str()), (rule, "device:201"), "{feature:?} {dialed}");
        assert_eq!(answer.advice.is_some(), name.is_some(), "{feature:?} {dialed}");
        assert!(answer.advice.is_none_or(|text| text.contains(name.unwrap_or("?"))), "{feature:?} {dialed}");
    }
}

#[test]
fn r29_r31_on_a_transfer_the_matrix_asks_who_is_transferred() {
    let apart = "[interconnect]\nrestricted = [ { from = 4, to = 2 } ]\n";
    let strict = office(FREE, FREE, apart);
    let answer = asked(&strict, Feature::Transfer, "201", "harbour", "202");
    assert_eq!((answer.rule, answer.interconnect), ("interconnect", Some([4, 2])));
    let leave = office(&format!("{FREE}, \"override-interconnect-on-transfer\""), FREE, apart);
    assert_eq!(rule(&leave, Feature::Transfer, "201", "harbour", "202"), "internal");
    assert_eq!(rule(&leave, USER, "201", "harbour", "202"), "interconnect", "R31: for transfers only");
    // The direction counts (R38), and who transfers is not joined with anybody.
    assert_eq!(rule(&strict, Feature::Transfer, "201", "202", "95550123"), "route");
    let from_201 = office(FREE, FREE, "[interconnect]\nrestricted = [ { from = 1, to = 2 } ]\n");
    assert_eq!(rule(&from_201, Feature::Transfer, "201", "harbour", "202"), "internal");
}

#[test]
fn r25_r32_public_trunks_are_joined_with_leave_of_both_and_no_override_waives_it() {
    let leave = format!("{FREE}, \"override-interconnect-on-transfer\"");
    let closed = office(&leave, FREE, "");
    assert_eq!(rule(&closed, Feature::Transfer, "201", "harbour", "95550123"), "public-to-public");
    assert_eq!(rule(&closed, USER, "201", "harbour", "95550123"), "public-to-public");
    let open = office(&leave, &format!("{FREE}, \"public-to-public\""), "");
    assert_eq!(rule(&open, Feature::Transfer, "201", "harbour", "95550123"), "route");
    assert_eq!(rule(&open, USER, "201", "harbour", "95550123"), "route");
}

#[test]
fn r24_a_call_is_diverted_outside_with_the_callers_leave_too() {
    let open = format!("{FREE}, \"public-to-public\"");
    let lobby = office(&open, "\"public-to-public\"", "");
    let answer = asked(&lobby, USER, "201", "harbour", "95550123");
    assert_eq!((answer.rule, answer.authority.as_str(), answer.cos), ("cos.feature", "trunk:harbour", 50));
    let lax = office(&open, "\"public-to-public\"", "[system.rules]\nr24 = \"open\"\n");
    assert_eq!(rule(&lax, USER, "201", "harbour", "95550123"), "route");
}

#[test]
fn r26_r33_neither_gets_through_the_other_where_it_may_not_go_alone() {
    let open = format!("{FREE}, \"public-to-public\"");
    let strict = office(&open, &open, "");
    // Route 2 is closed to COR 2, which is that of 202.
    for (by, of, rules) in [
        ("201", "202", ["route", "cor.route"]),
        ("202", "201", ["cor.route", "cor.route"]),
        ("201", "harbour", ["route", "route"]),
    ] {
        let found = [Feature::Transfer, USER].map(|feature| rule(&strict, feature, by, of, "916135550123"));
        assert_eq!(found, rules, "{by} for {of}");
    }
    // R33: a trunk that is transferred is asked for its own COR as well.
    let group = "members = \"2,5-7\"";
    let text = |rules: &str| {
        let base = OFFICE
            .replace(group, "members = \"2,9\"")
            .replace("name = \"Staff\"", &format!("name = \"Staff\"\nfeatures = [{open}]"));
        compiled(&format!("{base}{rules}"))
    };
    assert_eq!(rule(&text(""), Feature::Transfer, "201", "harbour", "916135550123"), "cor.route");
    let lax = text("[system.rules]\nr33 = \"open\"\nr26 = \"open\"\n");
    assert_eq!(rule(&lax, Feature::Transfer, "201", "harbour", "916135550123"), "route");
    assert_eq!(rule(&lax, USER, "201", "202", "916135550123"), "route");
}

#[test]
fn r47_r51_where_a_code_is_forced_nobody_enters_one_for_a_diverted_call() {
    let forced = office(
        &format!("{FREE}, \"public-to-public\", \"forced-non-verified-account-code\""),
        &format!("{FREE}, \"public-to-public\""),
        "",
    );
    let verdict = |feature| {
        let answer = asked(&forced, feature, "201", "202", "95550123");
        (answer.verdict, answer.rule)
    };
    assert_eq!(verdict(Feature::Transfer), ("account-code", "account-code.forced"));
    assert_eq!(verdict(USER), ("deny", "account-code.forced"));
}

#[test]
fn r29_to_r33_the_peers_of_two_calls_are_judged_like_a_blind_transfer() {
    let apart = "[interconnect]\nrestricted = [ { from = 4, to = 2 } ]\n";
    let office = office(FREE, FREE, apart);
    let image = Image::load(&office.image, &mut crypto()).unwrap();
    let verdict =
        |by, of, to| match attended(&image, &Attended { by, of, to: Reached::Caller(to), mode: Mode::Day }) {
            Verdict::Allow(choice) => choice.rule,
            Verdict::Deny(denial) | Verdict::NeedsCode(denial) => denial.rule,
        };
    let (bar, galley, trunk) = (Party::Device(0), Party::Device(1), Party::Trunk(0));
    assert_eq!(verdict(bar, trunk, galley), Rule::Interconnect);
    assert_eq!(verdict(bar, galley, trunk), Rule::Route);
    assert_eq!(verdict(bar, galley, galley), Rule::CallSelf);
    assert_eq!(verdict(Party::Unknown, galley, trunk), Rule::CosNone);
}

/// R36: who takes a call is asked for from who waits, and back where that one had been called.
#[test]
fn r36_explain_answers_for_who_takes_a_call() {
    let takes = "\"pickup\", \"park\"";
    let restricted = "[interconnect]\nrestricted = [ { from = 4, to = 2 } ]\n";
    let text = |more: &str| office(takes, "", more);
    let free = text("");
    for feature in [Feature::Pickup, Feature::Retrieve] {
        let answer = asked(&free, feature, "202", "201", "");
        assert_eq!((answer.rule, answer.authority.as_str()), ("internal", "device:202"));
        // Nobody takes its own call, and a COS without the feature takes none.
        assert_eq!(rule(&free, feature, "201", "201", ""), "call.self");
        let denied = asked(&office("", "", ""), feature, "202", "201", "");
        let lacking = if feature == Feature::Pickup { "pickup" } else { "park" };
        assert!(denied.rule == "cos.feature" && denied.advice.is_some_and(|advice| advice.contains(lacking)));
        // The trunk has Interconnect Number 4, 202 has 2.
        let apart = text(restricted);
        assert_eq!(rule(&apart, feature, "202", "harbour", ""), "interconnect");
        assert_eq!(rule(&apart, feature, "201", "harbour", ""), "internal");
    }
    let back = text("[interconnect]\nrestricted = [ { from = 2, to = 4 } ]\n");
    let image = Image::load(&back.image, &mut crypto()).unwrap();
    for (called, rule) in [(false, "internal"), (true, "interconnect")] {
        let by = Question::of_device(&image, "202", "").unwrap().from;
        let question = Question {
            acting: Some((Feature::Retrieve, by)),
            called,
            ..Question::of_trunk(&image, "harbour", "").unwrap()
        };
        assert_eq!(explain(&image, None, &question).rule, rule);
    }
}

/// R27: a code is asked for as the number behind it, COR left out where its row says so.
#[test]
fn r27_explain_answers_for_speed_calls() {
    let codes = "[[speed_call]]\ncode = \"*01\"\nnumber = \"916135550123\"\n[[speed_call]]\ncode = \"*02\"\nnumber = \"916135550123\"\ncor_exempt = true\n";
    let office = office(FREE, FREE, codes);
    let image = Image::load(&office.image, &mut crypto()).unwrap();
    let rule = |dialed| explain(&image, None, &Question::of_device(&image, "202", dialed).unwrap()).rule;
    assert_eq!(
        ["916135550123", "*01", "*02", "*021"].map(rule),
        ["cor.route", "cor.route", "route", "number.vacant"]
    );
}
