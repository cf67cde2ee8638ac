//! `strowger prove`: policies that hold are explored until nothing new is found; the known holes of policies, planted one by
//! one, are each found by a shortest way; merging devices that are alike changes no answer.

use strowger_testkit::model::Model;
use strowger_testkit::strategies::{Seeded, models_with_features};
use strowger_tools::prove::{Bounds, Options, Proof, prove_text};
use strowger_tools::trace::{Outcome, Trace, replay};

fn number_from(variable: &str, default: usize) -> usize {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is a number, not {text}")),
        Err(_) => default,
    }
}

/// A shop: three phones, two carriers of which one takes calls, help over both.
const SHOP: &str = include_str!("prove/shop.toml");

fn bounds(calls: usize) -> Options {
    Options { states: 400_000, bounds: Bounds { calls, ..Bounds::default() }, ..Options::default() }
}

fn proof(text: &str, options: &Options) -> Proof {
    prove_text(text, options, &mut |_| {}).unwrap_or_else(|why| panic!("{why}"))
}

/// A policy that holds: every state with so many calls is visited, and nothing is found.
fn proved(text: &str, calls: usize) -> Proof {
    let proof = proof(text, &Options { states: 20_000_000, ..bounds(calls) });
    eprintln!("{}", proof.to_text());
    assert!(proof.violation.is_none() && proof.closed, "{}", proof.to_text());
    proof
}

/// The shop with some of its text replaced, and more behind it.
fn planted(replaced: &[(&str, &str)], more: &str) -> String {
    let mut text = SHOP.to_owned();
    for (old, new) in replaced {
        assert!(text.contains(old), "the shop has no {old:?}");
        text = text.replace(old, new);
    }
    text + more
}

fn never(from: &str, to: &str) -> String {
    format!("[[assert]]\nnever = {{ from = \"{from}\", to = \"{to}\" }}\n")
}

#[test]
fn a_policy_without_holes_is_explored_until_nothing_new_is_found() {
    // Three calls are the work of minutes: `STROWGER_PROVE_CALLS=3` in the long checks.
    let calls = number_from("STROWGER_PROVE_CALLS", 2);
    let proof = proved(&planted(&[], &never("trunk:carrier", "trunk:carrier")), calls);
    assert_eq!((proof.bounds[0], proof.bounds[1]), (3, 2));
    // Nobody is asked for a code here; everything else that can happen to a leg has happened.
    assert!(proof.never_hit.iter().all(|pair| pair.starts_with("dialing")), "{:?}", proof.never_hit);
}

#[test]
fn each_known_hole_is_found() {
    let public = ("# public", "\"public-to-public\", ");
    let open_trunk = ("members = \"2,30\"", "members = \"2\"");
    let reached_out = ("to = \"2XX\" } ]", "to = \"2XX\" }, { did = \"6135550900\", to = \"92000000\" } ]");
    let rows: [(&str, String); 10] = [
        // Domain 8.5, by number.
        (
            "2: trunk to trunk, and the staff drops out",
            planted(&[public, open_trunk], &never("trunk:carrier", "trunk:carrier")),
        ),
        ("5: who may not dial out is put through by somebody else", planted(&[], &never("device:203", "trunk:carrier"))),
        (
            "6: a number of the carrier that leads to the carrier",
            planted(&[public, open_trunk, reached_out], &never("any", "number:92000000")),
        ),
        (
            "7: a speed call that is exempt from restriction",
            planted(
                &[],
                &format!(
                    "[[speed_call]]\ncode = \"*01\"\nnumber = \"92000000\"\ncor_exempt = true\n{}",
                    never("device:203", "trunk:carrier")
                ),
            )
            .replace("[\"transfer\", ", "["),
        ),
        (
            "10: the second choice of a list is open",
            planted(
                &[("use = { route = 1 }", "use = { list = 1 }")],
                &format!("{}{}", LIST, never("device:203", "number:9NXXXXXX")),
            ),
        ),
        (
            "11: the night is looser than the day",
            planted(&[("cor = 2", "cor = { day = 2, night1 = 1, night2 = 2 }")], &never("device:203", "number:9NXXXXXX"))
                .replace("[\"transfer\", ", "["),
        ),
        (
            "16: digits are modified into another class",
            planted(
                &[("insert = \"1613\"", "insert = \"01144\"")],
                &format!("[class_defaults]\ninternational = \"allow\"\nunknown = \"allow\"\n{}", never("any", "class:international")),
            ),
        ),
        (
            "20: premium numbers",
            planted(
                &[],
                &format!(
                    "[class_defaults]\npremium = \"allow\"\n[[ars]]\nleading = \"9\"\ndigits = \"1900XXXXXXX\"\nuse = {{ route = 1 }}\n{}",
                    never("any", "class:premium")
                ),
            )
            .replace("insert = \"1613\"", "insert = \"\""),
        ),
        (
            "an interconnect restriction that is overridden on transfer",
            planted(
                &[("# override", "\"override-interconnect-on-transfer\", ")],
                &never("interconnect:2", "interconnect:3"),
            )
            .replace("# restricted", "restricted = [ { from = 2, to = 3 } ]"),
        ),
        (
            "a phone that must always be reached, and is not",
            planted(&[], "[[assert]]\nalways = { from = \"device:202\", to = \"device:203\" }\n")
                .replace("# restricted", "restricted = [ { from = 2, to = 3 } ]"),
        ),
    ];
    for (hole, text) in rows {
        let proof = proof(&text, &bounds(3));
        let found = proof.violation.as_ref().unwrap_or_else(|| panic!("{hole}: {}", proof.to_text()));
        assert_eq!(found.invariant, "assert", "{hole}: {}", proof.to_text());
        assert!(found.on_the_clock && found.trace.len() <= 6, "{hole}: {}", proof.to_text());
        assert!(found.ladder.lines().count() > found.trace.len(), "{hole}: {}", found.ladder);
        // What is shown is what the engine does when it is given the same again.
        let octets = found.recorded.as_ref().unwrap_or_else(|| panic!("{hole}: no trace"));
        let text = std::str::from_utf8(octets).expect("it is text");
        let trace = Trace::parse(text).unwrap_or_else(|why| panic!("{hole}: {why}"));
        assert!(matches!(replay(&trace), Outcome::Same { .. }), "{hole}");
    }
}

const LIST: &str = "
[[route]]
id = 2
trunk = \"other\"
digit_modification = 1
cor_group = 3
[[cor_group]]
id = 3
members = \"\"
[[route_list]]
id = 1
choices = [ { route = 1 }, { route = 2 } ]
";

/// Where calls go on by the administrator's forwarding, who pays and who calls must both be allowed to (R24-R26).
#[test]
fn forwarding_holds_and_what_it_opens_is_found() {
    let held = include_str!("../ci/mutants/forwards.toml");
    let whole = proof(held, &Options { states: 20_000_000, ..bounds(1) });
    assert!(whole.violation.is_none() && whole.closed, "{}", whole.to_text());
    let wider = proof(held, &bounds(2));
    assert!(wider.violation.is_none(), "{}", wider.to_text());
    for (hole, from, to) in [
        ("1: an external forward, and the number is called", "trunk:carrier", "trunk:carrier"),
        ("a phone that is put through by a forward", "device:202", "trunk:carrier"),
    ] {
        let open = held.replace(
            "\"forward-external\", \"smdr-external\"]",
            "\"forward-external\", \"public-to-public\", \"smdr-external\"]",
        );
        let open = open + "[system.rules]\nr26 = \"open\"\n";
        let proof = proof(&(open + &never(from, to)), &bounds(2));
        let found = proof.violation.as_ref().unwrap_or_else(|| panic!("{hole}: {}", proof.to_text()));
        assert_eq!(found.invariant, "assert", "{hole}: {}", proof.to_text());
        assert!(found.on_the_clock, "{hole}: {}", proof.to_text());
    }
}

/// R36, R26: whom a hunt group rings is asked for each member; where its calls go that no member takes, on its own classes.
#[test]
fn hunt_groups_hold_and_what_they_open_is_found() {
    let held = include_str!("../ci/mutants/hunting.toml");
    proved(held, 1);
    let wider = proof(held, &bounds(2));
    assert!(wider.violation.is_none(), "{}", wider.to_text());
    let open = held.replace(
        "\"forward-external\", \"smdr-external\"",
        "\"forward-external\", \"public-to-public\", \"smdr-external\"",
    );
    let open = open
        .replace("features = [\"smdr-external\"]", "features = [\"public-to-public\", \"forward-external\"]")
        + "[system.rules]\nr26 = \"open\"\n";
    for (hole, text, from, to, dials) in [
        (
            "a group that sends outside who comes from there",
            &open,
            "trunk:carrier",
            "trunk:carrier",
            "6135550600",
        ),
        ("a group that sends outside who may not dial there", &open, "device:204", "trunk:carrier", "600"),
        ("a member that is reached by its group", &held.to_owned(), "device:201", "device:203", "600"),
        ("a group by its own number", &held.to_owned(), "device:204", "device:610", "610"),
    ] {
        let proof = proof(&(text.clone() + &never(from, to)), &bounds(2));
        let found = proof.violation.as_ref().unwrap_or_else(|| panic!("{hole}: {}", proof.to_text()));
        assert!(found.invariant == "assert" && found.on_the_clock, "{hole}: {}", proof.to_text());
        let dialed = found.trace.iter().any(|(_, what)| what.contains(&format!("dials {dials}")));
        assert!(dialed || from == "device:201", "{hole}: {}", proof.to_text());
    }
    // A promise that the group's number is kept for everybody is broken where all of its members are out of reach.
    let barred = held.replace("{ from = 5, to = 2 } ]", "{ from = 4, to = 2 } ]");
    let promise = "[[assert]]\nalways = { from = \"any\", to = \"device:610\" }\n";
    assert!(proof(&(held.to_owned() + promise), &bounds(1)).violation.is_none());
    let proof = proof(&(barred + promise), &bounds(1));
    let found = proof.violation.as_ref().unwrap_or_else(|| panic!("{}", proof.to_text()));
    assert_eq!(found.invariant, "assert", "{}", proof.to_text());
}

/// R36: of a group whose members ring at once, whoever answers is joined with whom it may be joined with, and nobody rings on
/// without end.
#[test]
fn a_group_that_rings_all_members_holds_and_what_it_opens_is_found() {
    let held = include_str!("../ci/mutants/ringing.toml");
    proved(held, 1);
    for (from, to) in [("device:204", "device:203"), ("trunk:carrier", "device:202")] {
        let proof = proof(&(held.to_owned() + &never(from, to)), &bounds(2));
        assert!(proof.violation.is_none(), "{from} {to}: {}", proof.to_text());
    }
    // Whoever answers, the group was reached by its number.
    for (from, to, dials) in
        [("device:204", "device:600", "600"), ("trunk:carrier", "device:203", "6135550600")]
    {
        let proof = proof(&(held.to_owned() + &never(from, to)), &bounds(1));
        let found = proof.violation.as_ref().unwrap_or_else(|| panic!("{from} {to}: {}", proof.to_text()));
        assert!(found.invariant == "assert" && found.on_the_clock, "{}", proof.to_text());
        let dialed = found.trace.iter().any(|(_, what)| what.contains(&format!("dials {dials}")));
        assert!(dialed, "{}", proof.to_text());
    }
}

/// R3, R36, R64: who waits for a busy device is joined only with whom it may be joined with, and nobody waits without end.
#[test]
fn camp_on_holds() {
    let held = include_str!("../ci/mutants/camping.toml");
    // Three calls are the work of a minute: `STROWGER_PROVE_CALLS=3` in the long checks.
    let calls = number_from("STROWGER_PROVE_CALLS", 2);
    proved(held, calls);
    // Who waits is reached by nobody else, and reaches only whom it has called.
    for (from, to) in
        [("device:203", "device:204"), ("device:204", "device:203"), ("device:202", "trunk:carrier")]
    {
        let proof = proof(&(held.to_owned() + &never(from, to)), &bounds(2));
        assert!(proof.violation.is_none(), "{from} {to}: {}", proof.to_text());
    }
}

/// R34, R39: who comes into a conference may hear, and be heard by, each who is in it; and whom it brings together is found.
#[test]
fn conferences_hold_and_what_they_open_is_found() {
    let held = include_str!("../ci/mutants/conferring.toml");
    // Three calls are the work of a minute: `STROWGER_PROVE_CALLS=3` in the long checks.
    let calls = number_from("STROWGER_PROVE_CALLS", 2);
    proved(held, calls);
    // Whom a trunk's far end has transferred a caller for help to is nobody who is exempt.
    let outside =
        ("id = 50\nfeatures = [\"smdr-external\"]", "id = 50\nfeatures = [\"transfer\", \"smdr-external\"]");
    assert!(held.contains(outside.0));
    let transferred = proof(&held.replace(outside.0, outside.1), &Options { states: 150_000, ..bounds(3) });
    assert!(transferred.violation.is_none() && transferred.depth >= 7, "{}", transferred.to_text());
    // 202 may not dial out, and 201 lets it hear the carrier: no rule forbids it. 203 nobody can bring together with 204.
    let apart = proof(&(held.to_owned() + &never("device:203", "device:204")), &bounds(2));
    assert!(apart.violation.is_none(), "{}", apart.to_text());
    let proof = proof(&(held.to_owned() + &never("device:202", "trunk:carrier")), &bounds(2));
    let found = proof.violation.as_ref().unwrap_or_else(|| panic!("{}", proof.to_text()));
    assert!(found.invariant == "assert" && found.on_the_clock, "{}", proof.to_text());
    let last = found.trace.last().map_or("", |(_, what)| what.as_str());
    assert!(last.ends_with("into a conference"), "{}", proof.to_text());
    let recorded = found.recorded.as_ref().expect("by the clock");
    let trace = Trace::parse(std::str::from_utf8(recorded).expect("text")).expect("it is one");
    assert!(matches!(replay(&trace), Outcome::Same { .. }));
}

/// R34, R35: the same where the resource mixes them; one call more is tried than elsewhere. What they would open, `ci/mutants` shows.
#[test]
fn conferences_of_the_resource_hold() {
    let held = include_str!("../ci/mutants/mixing.toml");
    // With three, and so four, calls it is the work of minutes: `STROWGER_PROVE_CALLS=3` in the long checks.
    let proof = proved(held, number_from("STROWGER_PROVE_CALLS", 2));
    assert_eq!(proof.bounds[2], number_from("STROWGER_PROVE_CALLS", 2) + 1);
    let apart = self::proof(&(held.to_owned() + &never("device:203", "device:204")), &bounds(2));
    assert!(apart.violation.is_none() && apart.closed, "{}", apart.to_text());
}

/// R3, R5, R6, R36: whoever comes into a call may, and whom it talks to then is neither shielded nor kept apart from it; nobody is left alone.
#[test]
fn busy_override_holds() {
    let held = include_str!("../ci/mutants/overriding.toml");
    // Without help, and three phones: the four calls that it takes are explored to the end in a moment. With it `STROWGER_PROVE_CALLS=3`, minutes.
    let (whole, _) = held.split_once("[[route]]").expect("the emergency row comes last");
    let proof = proved(whole, 3);
    assert!(proof.states > 10_000, "{}", proof.to_text());
    // Who may not be joined with another is brought to it by nobody; whom it may be joined with, it is.
    let apart = self::proof(&(whole.to_owned() + &never("device:205", "device:201")), &bounds(3));
    assert!(apart.violation.is_none() && apart.closed, "{}", apart.to_text());
    let found = self::proof(&(whole.to_owned() + &never("trunk:carrier", "device:201")), &bounds(3));
    assert!(found.violation.is_some_and(|found| found.invariant == "assert" && found.on_the_clock));
    // Who may do more than that comes into calls as before.
    let more = (
        "features = [\"executive-busy-override\",",
        "features = [\"executive-busy-override\", \"transfer\", \"conference\", \"hold\",",
    );
    assert!(whole.contains(more.0));
    let more = self::proof(&whole.replace(more.0, more.1), &Options { states: 60_000, ..bounds(3) });
    assert!(more.violation.is_none() && more.depth >= 6, "{}", more.to_text());
}

/// R3, R36, R48, R59: who is refused is put through only to whom its own treatment names and the matrix lets it reach; and what a
/// treatment opens is found.
#[test]
fn intercept_holds_and_what_it_opens_is_found() {
    let held = include_str!("../ci/mutants/intercepting.toml");
    proved(held, 1);
    let wider = proof(held, &bounds(2));
    assert!(wider.violation.is_none(), "{}", wider.to_text());
    let open = held.replace("{ from = 3, to = 4 }, ", "").replace("\"transfer\", ", "");
    for (hole, text, assertion, dials) in [
        ("nothing keeps 203 from 204", open, String::new(), "203 dials"),
        (
            "202 may not dial out, and reaches 204",
            held.to_owned(),
            never("device:202", "device:204"),
            "202 dials",
        ),
        (
            "what is promised is put through elsewhere",
            held.to_owned(),
            "[[assert]]\nalways = { from = \"device:202\", to = \"number:9NXXXXXX\" }\n".to_owned(),
            "202 dials",
        ),
    ] {
        let proof = proof(&(text + &assertion), &bounds(1));
        let found = proof.violation.as_ref().unwrap_or_else(|| panic!("{hole}: {}", proof.to_text()));
        assert!(found.invariant == "assert" && found.on_the_clock, "{hole}: {}", proof.to_text());
        let dialed = found.trace.iter().any(|(_, what)| what.contains(dials));
        assert!(dialed, "{hole}: {}", proof.to_text());
        let recorded = found.recorded.as_ref().expect("by the clock");
        let trace = Trace::parse(std::str::from_utf8(recorded).expect("text")).expect("it is one");
        assert!(matches!(replay(&trace), Outcome::Same { .. }), "{hole}");
    }
}

/// R18, R41, R82, R4: who logs in has his own classes and the phone's place, and only where both may; and what log-ins open is
/// found (hole 17).
#[test]
fn hot_desk_holds_and_what_it_opens_is_found() {
    let held = include_str!("../ci/mutants/desking.toml");
    let whole = proved(held, 1);
    assert_eq!((whole.users, whole.log_ins), ([2, 2], 2));
    let wider = proof(held, &bounds(2));
    assert!(wider.violation.is_none(), "{}", wider.to_text());
    // Nobody transfers here: whoever reaches the carrier from the lobby has dialed it there.
    let alone = held.replace("\"transfer\", ", "");
    let lobby = never("interconnect:3", "trunk:carrier");
    for (hole, text, assertion) in [
        ("a lobby phone, and a user with a PIN", alone.clone(), lobby.clone()),
        (
            "a lobby phone, and a user without one",
            alone.replace("pin = \"864205\"\n", "").replace("\"strict\"", "\"mivb\""),
            lobby.clone(),
        ),
        (
            "a user who may log in after all",
            held.replace("cos = 1\ncor = 1\n[features]", "cos = 3\ncor = 1\n[features]"),
            String::new(),
        ),
        ("the user, by his number", alone.clone(), never("user:401", "trunk:carrier")),
    ] {
        let proof = proof(&(text + &assertion), &bounds(1));
        let found = proof.violation.as_ref().unwrap_or_else(|| panic!("{hole}: {}", proof.to_text()));
        assert!(found.invariant == "assert" && found.on_the_clock, "{hole}: {}", proof.to_text());
        assert!(
            found.trace.iter().any(|(_, what)| what.starts_with("203 logs in as 40")),
            "{}",
            proof.to_text()
        );
        // It can be replayed, and no PIN is in it.
        let recorded = found.recorded.as_ref().expect("by the clock");
        let trace = Trace::parse(std::str::from_utf8(recorded).expect("text")).expect("it is one");
        assert!(matches!(replay(&trace), Outcome::Same { .. }), "{hole}");
    }
    // Where nobody is let in, nobody is.
    let strict = alone.replace("pin = \"864205\"\n", "") + &lobby;
    let proof = proof(&strict, &bounds(1));
    assert!(proof.violation.is_none() && proof.users == [2, 1], "{}", proof.to_text());
}

/// R36: who takes a call is asked whom it may be joined with, at that moment.
#[test]
fn pickup_and_park_hold_and_what_they_open_is_found() {
    let held = include_str!("../ci/mutants/taking.toml");
    proved(held, 1);
    // Two calls are the work of minutes: to the end in the long checks, as far as the budget goes here.
    if number_from("STROWGER_PROVE_CALLS", 2) > 2 {
        proved(held, 2);
    } else {
        let wider = proof(held, &bounds(2));
        assert!(wider.violation.is_none(), "{}", wider.to_text());
    }
    // Who may not dial out, and whom nobody outside may call, reach it by another's call: no rule forbids it.
    let did = ("did = \"61355501XX\", to = \"2XX\"", "did = \"6135550101\", to = \"201\"");
    for (hole, from, to, codes) in [
        ("a call that somebody else has dialed is taken back", "device:205", "trunk:carrier", "park"),
        (
            "a call from outside is taken by who has no number there",
            "trunk:carrier",
            "device:205",
            "directed",
        ),
    ] {
        let barred = "password = \"Sl0w-copper-Train-8\"\ncos = 1\ncor = ";
        let text = held.replace(&format!("{barred}1"), &format!("{barred}2")).replace(did.0, did.1);
        assert_ne!(text, held);
        let proof = proof(&(text + &never(from, to)), &bounds(3));
        let found = proof.violation.as_ref().unwrap_or_else(|| panic!("{hole}: {}", proof.to_text()));
        assert!(found.invariant == "assert" && found.on_the_clock, "{hole}: {}", proof.to_text());
        let code = if codes == "park" { "dials *71201" } else { "dials *9201" };
        let last = found.trace.last().map_or("", |(_, what)| what.as_str());
        assert!(last.contains(code), "{hole}: {}", proof.to_text());
    }
}

/// R46: whether a code is asked for is said by the first choice of the hour, not by another hour's.
#[test]
fn a_route_plan_asks_for_a_code_by_the_hour() {
    let plan = |first: &str, then: &str| {
        let forced =
            ("features = [\"transfer\",", "features = [\"forced-non-verified-account-code\", \"transfer\",");
        let row = ("digits = \"NXXXXXX\"\nuse = { route = 1 }", "digits = \"NXXXXXX\"\nuse = { plan = 1 }");
        let more = format!(
            "[[route]]\nid = 2\ntrunk = \"carrier\"\ncor_group = 1\ndigit_modification = 1\naccount_code = false\n[[route_plan]]\nid = 1\nzones = [\n  {{ days = \"mon\", from = \"00:00\", to = \"08:00\", use = {{ route = {first} }} }},\n  {{ days = \"mon\", from = \"08:00\", to = \"22:00\", use = {{ route = {then} }} }},\n]\n"
        );
        planted(&[forced, row], &more)
    };
    // In the world of a proof it is Monday noon: the second hour is in force.
    for (first, then, asks) in [("1", "2", false), ("2", "1", true)] {
        let proof = proof(&plan(first, then), &Options { states: 60_000, ..bounds(1) });
        assert!(proof.violation.is_none() && proof.closed, "{}", proof.to_text());
        let codes = proof.never_hit.iter().any(|pair| pair == "dialing x code");
        assert_eq!(codes, !asks, "{:?}", proof.never_hit);
    }
}

#[test]
fn the_budget_is_kept_and_said_to_be_spent() {
    let proof = proof(SHOP, &Options { states: 500, ..Options::default() });
    assert_eq!((proof.result, proof.closed), ("budget-spent", false));
    assert!(proof.states >= 500 && proof.violation.is_none());
    let told: serde_json::Value = serde_json::from_str(&proof.to_json()).expect("it is JSON");
    assert_eq!(told["result"], "budget-spent");
    assert_eq!(told["violation"], serde_json::Value::Null);
}

#[test]
fn an_assertion_that_cannot_be_proved_is_an_error() {
    let text = planted(&[], &never("device:201", "somewhere"));
    let why = prove_text(&text, &Options::default(), &mut |_| {}).expect_err("it is no selector");
    assert!(why.contains("somewhere"), "{why}");
}

/// Every second policy has a hunt group: of some of its devices, with a number that nothing else has.
fn with_group(model: &Model, which: usize) -> String {
    let text = model.to_toml();
    let members: Vec<String> =
        model.devices.iter().take(2).map(|device| format!("{:?}", device.dn)).collect();
    if which.is_multiple_of(2) || members.is_empty() {
        return text;
    }
    let (kind, members) = (["linear", "ring-all", "circular"][which / 2 % 3], members.join(", "));
    let group =
        |dn: &str| format!("{text}[[hunt_group]]\ndn = \"{dn}\"\nkind = \"{kind}\"\nmembers = [{members}]\n");
    let mut texts = ["*5550", "*7770", "88888", "33333", "*0000"].into_iter().map(group);
    texts.find(|text| strowger_tools::compile_str(text, "policy.toml").is_ok()).expect("a number is left")
}

/// Where there are hot-desk users they log in, at every phone; and every other policy lets phones mix conferences.
fn with_log_ins(model: &Model, text: &str, which: usize) -> String {
    let mut features = vec!["hold"];
    features.extend(which.is_multiple_of(2).then_some("conference"));
    if !model.users.is_empty() {
        features.extend(["hot-desk-login", "hot-desk-accept"]);
    }
    let listed = format!("{features:?}");
    let text = text.replace("features = [\"hold\"", &format!("features = {}", listed.trim_end_matches(']')));
    if model.users.is_empty() {
        return text;
    }
    let codes = ["*555", "*777", "8888", "3333", "*000"].map(|code| {
        format!("{text}[features]\nhot_desk_login = \"{code}1\"\nhot_desk_logout = \"{code}2\"\n")
    });
    let fits = |text: &String| strowger_tools::compile_str(text, "policy.toml").is_ok();
    codes.into_iter().find(fits).expect("two codes are left")
}

/// How many states are visited of each of two worlds that are compared.
const STATES: u64 = 30_000;

/// With three of those that are alike, or with all of them, the same is found, by as short a way, as far as both were tried: in how many
/// steps something is found, and how many were tried whole; the last is not, where the budget was spent in it.
fn agree(text: &str, calls: usize) -> (Option<usize>, usize) {
    let answers = [2, usize::MAX].map(|keep| {
        let bounds = Bounds { stations: 2, lines: 2, calls, keep, modes: 0, log_ins: 1 };
        proof(text, &Options { states: STATES, bounds, ..Options::default() })
    });
    let texts = || format!("{text}\n{}\n{}", answers[0].to_text(), answers[1].to_text());
    let tried = |proof: &Proof| match (&proof.violation, proof.closed) {
        (Some(_), _) => proof.depth,
        (None, true) => usize::MAX,
        (None, false) => proof.depth - 1,
    };
    let [merged, whole] =
        answers.each_ref().map(|proof| (proof.violation.as_ref(), tried(proof), proof.states));
    match (merged, whole) {
        ((None, ..), (None, ..)) => {}
        ((Some(one), depth, states), (Some(other), also, more)) => {
            assert_eq!(depth, also, "{}", texts());
            // Of several as short the same is shown, where all of them were found.
            if states.max(more) < STATES {
                let ways = [one, other].map(|broken| (&broken.invariant, broken.trace.len()));
                assert_eq!(ways[0], ways[1], "{}", texts());
            }
        }
        ((Some(_), depth, _), (None, tried, _)) | ((None, tried, _), (Some(_), depth, _)) => {
            assert!(tried < depth, "{}", texts());
        }
    }
    if let Some(broken) = merged.0 {
        eprintln!("{}: {}\n{}\n{text}", broken.invariant, broken.text, broken.ladder);
    }
    (merged.0.map(|_| merged.1), merged.1.min(whole.1))
}

/// Of devices that are alike three stand for all: so it is with all of them, to the end with one call at once, and as far as the budget
/// goes with two.
#[test]
fn merged_and_unmerged_agree() {
    let count = number_from("STROWGER_MERGED", 6);
    let mut seeded = Seeded::new(8);
    let (mut found, mut log_ins, mut steps, mut closed) = (0, 0, [usize::MAX, 0], 0);
    for at in 0..count {
        let model = seeded.draw(&models_with_features());
        let text = with_log_ins(&model, &with_group(&model, at), at);
        log_ins += usize::from(text.contains("hot_desk_login"));
        let (one, tried) = agree(&text, 1);
        closed += usize::from(one.is_some() || tried == usize::MAX);
        let (two, tried) = agree(&text, 2);
        found += usize::from(one.or(two).is_some());
        steps = [steps[0].min(tried), steps[1].max(tried)];
    }
    eprintln!(
        "{count} policies, {found} with a counterexample, {log_ins} with users who log in; with one call {closed} were tried whole, with two {steps:?} steps at least and at most"
    );
    assert_eq!(found, 0, "the engine lets something happen that a policy forbids");
    // Two are a call that is answered, or refused.
    assert!(steps[0] >= 2 && steps[1] >= 5, "only {steps:?} steps were tried");
    assert!(closed * 10 >= count * 9, "only {closed} of {count} were tried whole with one call");
}
