//! Each lint with a policy that triggers it and the repaired one that does not; what `[check] accept` silences.

mod common;

use common::{findings, list};
use strowger_tools::{Finding, Level};

/// An office that no lint has anything to say about.
const CLEAN: &str = r##"[system]
country = "CA"
realm = "lint.example"
default_cesid = "6135550100"
default_location = "1 Elm Street"
[limits]
trunk_call_minutes = 120
[[holiday]]
date = "2999-12-25"
mode = "night2"
[[cos]]
id = 1
name = "Staff"
features = ["transfer", "forward-internal", "verified-account-code"]
[[cos]]
id = 2
features = ["hold"]
[[cos]]
id = 3
features = ["forced-non-verified-account-code"]
[[cos]]
id = 50
features = ["smdr-external"]
[[cor_group]]
id = 1
members = "30-31"
[[cor_group]]
id = 2
members = "2,9,30-31"
[interconnect]
restricted = [ { from = 4, to = 4 } ]
[[template]]
name = "desk"
digest = ["sha-256", "md5"]
[[device]]
dn = "201"
template = "desk"
password = "mast-and-anchor-7"
cos = { day = 1, night1 = 2 }
cor = { day = 1, night1 = 2 }
[[device]]
dn = "202"
template = "desk"
password = "kettle-on-the-hob"
cos = 3
cor = 2
[[device]]
dn = "301"
kind = "set"
set_type = "console-8"
pin = "471193"
cos = 2
cor = 2
[[device]]
dn = "209"
template = "desk"
password = "answers-all-night"
role = "voicemail"
cos = 2
cor = 31
[[user]]
dn = "401"
pin = "864205"
cos = 1
cor = 1
[[account_code]]
code = "432143"
kind = "verified"
name = "Legal"
cos = 1
cor = 1
[emergency]
notify = ["201"]
[[trunk]]
name = "carrier"
host = "192.0.2.1"
trusted = ["192.0.2.1/32"]
cos = 50
cor = 30
interconnect = 4
[[digit_modification]]
id = 1
absorb = 1
[[route]]
id = 1
trunk = "carrier"
digit_modification = 1
cor_group = 1
[[route]]
id = 2
trunk = "carrier"
digit_modification = 1
cor_group = 2
[[route]]
id = 9
trunk = "carrier"
emergency = true
[[route_list]]
id = 1
choices = [ { route = 2 } ]
[[ars]]
leading = "9"
[[ars]]
leading = "9"
digits = "NXXNXXXXXX"
use = { route = 1 }
[[ars]]
leading = "9"
digits = "1NXXNXXXXXX"
use = { list = 1 }
[[ars]]
digits = "911"
emergency = true
use = { route = 9 }
[[ars]]
digits = "9911"
outpulse = "911"
emergency = true
use = { route = 9 }
"##;

/// Findings that say something about the policy, not about the version.
fn lints(text: &str) -> Vec<Finding> {
    let all = findings(text).into_iter();
    all.filter(|finding| !matches!(finding.code, "not-in-force" | "emergency-wins")).collect()
}

fn edited(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(CLEAN.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replacen(old, new, 1)
    })
}

/// Applies the edits: exactly this finding appears; without them nothing is found, which is the repaired policy.
fn triggers(cases: &[(&str, &[(&str, &str)])]) {
    for (expected, edits) in cases {
        let all = lints(&edited(edits));
        let (head, words) = expected.split_once(": ").unwrap();
        let found = all.iter().any(|finding| {
            format!("{}[{}]", finding.level, finding.code) == head && finding.text.contains(words)
        });
        assert!(found, "{edits:?}\nexpected: {expected}\nfound:\n{}", list(&all));
        // Nothing else is disturbed by the edit.
        let code = head.split_once('[').unwrap().1.trim_end_matches(']');
        let others: Vec<_> =
            all.iter().filter(|finding| finding.code != code && finding.level > Level::Info).collect();
        assert!(others.is_empty(), "{edits:?}\nalso found: {others:?}");
    }
}

const NO_P2P: &str = "id = 50\nfeatures = [\"smdr-external\"]";
const P2P: &str = "id = 50\nfeatures = [\"public-to-public\"]";
const TRUNK: &str = "[[trunk]]\nname = \"second\"\nhost = \"192.0.2.2\"\ntrusted = [\"192.0.2.2/32\"]\ncos = 50\ncor = 30\ninterconnect = 4\n[[trunk]]";

#[test]
fn the_repaired_policy_has_no_findings() {
    assert!(lints(CLEAN).is_empty(), "{}", list(&lints(CLEAN)));
}

/// R11, R17, R24, R25, R38, R39.
#[test]
fn trunks() {
    let open = ("members = \"30-31\"", "members = \"31\"");
    triggers(&[("info[trunk-dials-out]: trunk \"carrier\": its COR 30 for day may use route 1", &[open])]);
    // With everything open both lints speak: one about the digits, one about being joined.
    let all = lints(&edited(&[open, ("{ from = 4, to = 4 }", ""), (NO_P2P, P2P)]));
    let codes: Vec<_> = all.iter().map(|finding| (finding.level, finding.code)).collect();
    for expected in [
        (Level::Warning, "trunk-dials-out"),
        (Level::Warning, "trunk-to-trunk"),
        (Level::Info, "public-to-public"),
    ] {
        assert!(codes.contains(&expected), "{}", list(&all));
    }
    triggers(&[
        (
            "warning[trunk-to-trunk]: trunk \"carrier\" may be joined with trunk \"carrier\"",
            &[("{ from = 4, to = 4 }", ""), (NO_P2P, P2P)],
        ),
        (
            "warning[trunk-to-trunk]: trunk \"second\" may be joined",
            &[("{ from = 4, to = 4 }", ""), (NO_P2P, P2P), ("[[trunk]]", TRUNK)],
        ),
        ("info[public-to-public]: COS 50", &[(NO_P2P, P2P)]),
        (
            "warning[trunk-forward-external]: COS 50 has forward-external",
            &[(NO_P2P, "id = 50\nfeatures = [\"forward-external\"]")],
        ),
        ("info[trunk-no-source]: has no `trusted`", &[("trusted = [\"192.0.2.1/32\"]\n", "")]),
        ("warning[trunk-trusts-many]: trusts 0.0.0.0/0", &[("192.0.2.1/32", "0.0.0.0/0")]),
        ("warning[trunk-trusts-many]: trusts ::/0", &[("\"192.0.2.1/32\"", "\"192.0.2.1/32\", \"::/0\"")]),
        (
            "info[no-class]: trunk \"carrier\" has no `cor`",
            &[("cor = 30\ninterconnect = 4\n", "interconnect = 4\n")],
        ),
    ]);
    assert!(lints(&edited(&[(NO_P2P, P2P)])).iter().all(|finding| finding.code != "trunk-to-trunk"));
}

/// R1, R5, R6, R11, R18, R19, R23, R27.
#[test]
fn classes_and_devices() {
    triggers(&[
        (
            "warning[night-looser]: need no code where day has forced",
            &[("cos = 3\ncor = 2", "cos = { day = 3, night1 = 2 }\ncor = 2")],
        ),
        ("warning[service-port-dials-out]: device 209", &[("cos = 2\ncor = 31", "cos = 2\ncor = 1")]),
        (
            "info[hot-desk-open]: these devices accept",
            &[("features = [\"transfer\"", "features = [\"hot-desk-accept\", \"transfer\"")],
        ),
        (
            "info[intrusion-unshielded]: COS 1 has silent-monitor",
            &[("features = [\"transfer\"", "features = [\"silent-monitor\", \"transfer\"")],
        ),
        (
            "warning[speed-call-exempt]: speed call *01",
            &[(
                "[emergency]",
                "[[speed_call]]\ncode = \"*01\"\nnumber = \"201\"\ncor_exempt = true\n[emergency]",
            )],
        ),
        (
            "warning[sdes-over-clear]: these devices require SRTP",
            &[("dn = \"201\"", "dn = \"201\"\nsrtp = \"required\"")],
        ),
        (
            "warning[sdes-over-clear]: these trunks require SRTP",
            &[("cos = 50", "srtp = \"required\"\ncos = 50")],
        ),
        ("warning[digest-sha-256-only]: only sha-256", &[("digest = [\"sha-256\", \"md5\"]", "")]),
        (
            "warning[no-mixer]: `busy_override` is set",
            &[("[emergency]", "[features]\nbusy_override = \"*62\"\n[emergency]")],
        ),
        (
            "warning[no-relay]: media between zones \"default\" and \"home\" is to be anchored",
            &[(
                "[emergency]",
                "[[zone]]\nname = \"home\"\n[[media_path]]\nbetween = [\"default\", \"home\"]\npath = \"anchored\"\n[emergency]",
            )],
        ),
        (
            "warning[no-relay]: trunk \"carrier\" is reached by a public address",
            &[
                ("host = \"192.0.2.1", "host = \"9.9.9.9"),
                ("trusted = [\"192.0.2.1/32\"]", "trusted = [\"9.9.9.9/32\"]"),
            ],
        ),
    ]);
    triggers(&[
        (
            "warning[night-looser]: trunk \"carrier\": calls from it may do more in night 1",
            &[
                ("cos = 50\ncor = 30", "cos = 50\ncor = { day = 30, night1 = 9 }"),
                ("{ from = 4, to = 4 }", ""),
            ],
        ),
        (
            "warning[unlabelled-route]: route 1 has no COR group: the strict profile lets nobody",
            &[("cor_group = 1\n", ""), ("[[cor_group]]\nid = 1\nmembers = \"30-31\"\n", "")],
        ),
    ]);
    // A night class that may use a route more is found whatever else the edit makes public.
    for (class, expected) in [
        (
            "cos = { day = 2, night2 = 1 }\ncor = { day = 2, night2 = 1 }",
            "use route 2, and have transfer, forward-internal, verified-account-code",
        ),
        ("cos = { day = 2, night1 = 0 }\ncor = { day = 2, night1 = 1 }", ""),
    ] {
        let all = lints(&edited(&[("cos = { day = 1, night1 = 2 }\ncor = { day = 1, night1 = 2 }", class)]));
        let found = all.iter().find(|finding| finding.code == "night-looser");
        assert_eq!(found.is_some(), !expected.is_empty(), "{}", list(&all));
        assert!(found.is_none_or(|found| found.text.contains(expected)), "{}", list(&all));
    }
    let shielded = edited(&[
        ("features = [\"transfer\"", "features = [\"silent-monitor\", \"transfer\""),
        ("\"hold\"", "\"call-privacy\""),
    ]);
    assert!(lints(&shielded).is_empty());
    let tls = edited(&[("dn = \"201\"", "dn = \"201\"\nsrtp = \"required\"\ntransport = [\"tls\"]")]);
    assert!(lints(&tls).is_empty(), "{}", list(&lints(&tls)));
}

/// R44, R46, R51, R52, R72.
#[test]
fn codes_and_secrets() {
    triggers(&[
        ("error[weak-secret]: user 401: the PIN is weak: it has fewer than 5 digits", &[("864205", "8642")]),
        ("error[weak-secret]: user 401: the PIN is weak: it has fewer than 5 digits", &[("864205", "")]),
        ("error[weak-secret]: device 301: the PIN is weak: it is a run", &[("471193", "23456")]),
        (
            "error[weak-secret]: account code 1: the verified code is weak: it is one digit repeated",
            &[("432143", "777777")],
        ),
        (
            "warning[weak-secret]: trunk \"carrier\": the password is weak",
            &[("cos = 50", "username = \"elm\"\npassword = \"short\"\ncos = 50")],
        ),
        (
            "warning[trunk-credentials]: trunk \"carrier\" has a `username` and no `password`",
            &[("cos = 50", "username = \"elm\"\ncos = 50")],
        ),
        ("warning[no-pin]: these users have no `pin`", &[("pin = \"864205\"\n", "")]),
        ("warning[no-pin]: these sets have no `pin`", &[("pin = \"471193\"\n", "")]),
        (
            "warning[shared-secret]: template \"desk\" gives all its devices the same `pin`",
            &[("name = \"desk\"", "name = \"desk\"\npin = \"471194\"")],
        ),
        (
            "warning[code-emergency]: account code 2 begins with the emergency number 911",
            &[(
                "[emergency]",
                "[[account_code]]\ncode = \"9115550123\"\nkind = \"verified\"\ncos = 1\ncor = 1\n[emergency]",
            )],
        ),
        (
            "warning[code-prefix]: account code 2 begins with account code 1",
            &[(
                "[emergency]",
                "[[account_code]]\ncode = \"43214399\"\nkind = \"verified\"\ncos = 1\ncor = 1\n[emergency]",
            )],
        ),
        (
            "warning[forced-code-and-forward]: COS 3",
            &[(
                "\"forced-non-verified-account-code\"",
                "\"forced-non-verified-account-code\", \"forward-external\"",
            )],
        ),
        (
            "warning[forced-code-exempt-route]: route 1",
            &[("cor_group = 1\n", "cor_group = 1\naccount_code = false\n")],
        ),
        (
            "warning[forced-code-missing]: COS 3",
            &[
                ("\"forced-non-verified-account-code\"", "\"forced-verified-account-code\""),
                ("kind = \"verified\"\nname = \"Legal\"\ncos = 1\ncor = 1\n", "kind = \"non-verified\"\n"),
            ],
        ),
    ]);
    // Route 2 is not open to anybody whose COS forces a code (COR 2), so it may go without.
    assert!(lints(&edited(&[("cor_group = 2\n", "cor_group = 2\naccount_code = false\n")])).is_empty());
    // In mivb a weak PIN is a warning.
    let mivb = edited(&[("country", "profile = \"mivb\"\ncountry"), ("864205", "11111")]);
    let all = lints(&mivb);
    assert!(
        all.iter().any(|finding| (finding.level, finding.code) == (Level::Warning, "weak-secret")),
        "{}",
        list(&all)
    );
    // No finding repeats a secret.
    for finding in findings(&edited(&[("432143", "12345"), ("864205", "98765"), ("471193", "55555")])) {
        for secret in ["12345", "98765", "55555"] {
            assert!(
                !finding.text.contains(secret) && !finding.about.iter().any(|about| about.contains(secret)),
                "{finding}"
            );
        }
    }
}

/// R66, R67, R68, R70.
#[test]
fn emergency() {
    triggers(&[
        (
            "warning[emergency-no-callback]: there is no `default_cesid`",
            &[("default_cesid = \"6135550100\"\n", "")],
        ),
        (
            "info[emergency-no-location]: there is no `default_location`",
            &[("default_location = \"1 Elm Street\"\n", "")],
        ),
        (
            "warning[emergency-no-location]: 47 CFR 9.16",
            &[("default_location = \"1 Elm Street\"\n", ""), ("\"CA\"", "\"US\"")],
        ),
        ("info[emergency-not-notified]: nobody is told", &[("notify = [\"201\"]", "")]),
        ("warning[emergency-not-notified]: 47 CFR 9.16", &[("notify = [\"201\"]", ""), ("\"CA\"", "\"US\"")]),
        ("warning[emergency-number]: 112 is an emergency number in DE", &[("\"CA\"", "\"DE\"")]),
        (
            "warning[emergency-direct-dial]: 9911 with the access code has none",
            &[(
                "digits = \"9911\"\noutpulse = \"911\"\nemergency = true\nuse = { route = 9 }\n",
                "digits = \"98\"\nuse = { route = 1 }\n",
            )],
        ),
    ]);
    let no_rows = |country: &str| {
        let text = CLEAN
            .split("[[ars]]\ndigits = \"911\"")
            .next()
            .unwrap()
            .replace("\"CA\"", &format!("\"{country}\""));
        lints(&text).into_iter().find(|finding| finding.code == "no-emergency").map(|finding| finding.level)
    };
    for (country, level) in [
        ("US", Level::Error),
        ("CA", Level::Warning),
        ("GB", Level::Warning),
        ("AU", Level::Warning),
        ("SE", Level::Info),
    ] {
        assert_eq!(no_rows(country), Some(level), "{country}");
    }
    // Kari's Law: 911 itself must do; that 9911 does is not enough.
    let prefixed = edited(&[
        ("digits = \"911\"\nemergency = true\nuse = { route = 9 }\n[[ars]]\n", ""),
        ("\"CA\"", "\"US\""),
    ]);
    let all = lints(&prefixed);
    let direct = |f: &Finding| (f.level, f.code) == (Level::Error, "emergency-direct-dial");
    assert!(all.iter().any(direct), "{}", list(&all));
    // Where no call can go out, none is missed.
    assert!(lints("[system]\ncountry = \"US\"\n").is_empty());
}

/// Rows that any digits may follow take part as well, in either order; one inside the other is none.
#[test]
fn open_rows_overlap_too() {
    let row = |digits: &str, follow: &str, route: u8| {
        format!(
            "[[ars]]\nleading = \"8\"\ndigits = \"{digits}\"\nfollow = {follow}\nuse = {{ route = {route} }}\n"
        )
    };
    let overlaps = |a: &str, b: &str| {
        let all = lints(&edited(&[("[emergency]", &format!("{a}{b}[emergency]"))]));
        all.iter().filter(|finding| finding.code == "overlapping-patterns").count()
    };
    let open = "\"unknown\"";
    for (a, b, expected) in [
        (row("X11", open, 2), row("01XX", "2", 1), 1),
        (row("01", open, 2), row("01XX", "3", 1), 0),
        (row("01", open, 2), row("0X", "3", 1), 1),
        (row("01", open, 2), row("0", open, 1), 0),
        (row("0X1", open, 2), row("01", open, 1), 1),
        (row("01", "3", 2), row("0X", "4", 1), 0),
        (row("0N", "3", 2), row("00", "3", 1), 0),
        (row("X1", "1", 2), row("1Y", "1", 1), 1),
    ] {
        assert_eq!((overlaps(&a, &b), overlaps(&b, &a)), (expected, expected), "{a}{b}");
    }
}

/// R12: what Leading Digits refuse reaches no route behind them.
#[test]
fn leading_digits_that_block_a_cor_count() {
    let open = ("members = \"30-31\"", "members = \"31\"");
    let leading = ("[[ars]]\nleading = \"9\"\n[[ars]]", "[[ars]]\nleading = \"9\"\ncor_group = 2\n[[ars]]");
    let dials_out = |edits: &[(&str, &str)]| {
        lints(&edited(edits)).iter().any(|finding| finding.code == "trunk-dials-out")
    };
    assert!(dials_out(&[open]) && !dials_out(&[open, leading]));
    // Only if every way to the route is behind them.
    let around = ("[emergency]", "[[ars]]\ndigits = \"7\"\nuse = { route = 1 }\n[emergency]");
    assert!(dials_out(&[open, leading, around]));
}

/// R56, R62, the toll fraud brakes, and what is left over.
#[test]
fn rows_and_settings() {
    let row = |digits: &str| {
        format!("[[ars]]\nleading = \"9\"\ndigits = \"{digits}\"\nuse = {{ route = 2 }}\n[emergency]")
    };
    let rows: String =
        (0..=9).map(|n| format!("[[ars]]\ndigits = \"6{n}\"\nuse = {{ route = 1 }}\n")).collect();
    let full = format!("{rows}[[ars]]\ndigits = \"6X\"\nuse = {{ route = 2 }}\n[emergency]");
    triggers(&[("warning[unreachable-row]: no number reaches 6X", &[("[emergency]", &full)])]);
    triggers(&[
        ("info[overlapping-patterns]: 9NXXNXXXXXX and 9613XXXXXXX", &[("[emergency]", &row("613XXXXXXX"))]),
        (
            "info[unused]: route 7 is used nowhere",
            &[("[[route_list]]", "[[route]]\nid = 7\ntrunk = \"carrier\"\ncor_group = 2\n[[route_list]]")],
        ),
        ("info[unused]: COS 60", &[("[[cor_group]]", "[[cos]]\nid = 60\n[[cor_group]]")]),
        (
            "info[unused]: COR group 60",
            &[("[interconnect]", "[[cor_group]]\nid = 60\nmembers = \"\"\n[interconnect]")],
        ),
        (
            "info[unused]: route list 7",
            &[("[[route_list]]", "[[route_list]]\nid = 7\nchoices = [ { route = 2 } ]\n[[route_list]]")],
        ),
        (
            "info[unused]: digit modification 7",
            &[("[[digit_modification]]", "[[digit_modification]]\nid = 7\n[[digit_modification]]")],
        ),
        ("info[unused]: zone attic", &[("[[template]]", "[[zone]]\nname = \"attic\"\n[[template]]")]),
        ("info[unused]: template attic", &[("[[template]]", "[[template]]\nname = \"attic\"\n[[template]]")]),
        (
            "warning[limits-loose]: `trunk_call_minutes` = 900",
            &[("trunk_call_minutes = 120", "trunk_call_minutes = 900")],
        ),
        (
            "warning[limits-absent]: there is no [limits]",
            &[("[limits]\ntrunk_call_minutes = 120\n", ""), ("country", "profile = \"mivb\"\ncountry")],
        ),
        (
            "warning[class-open]: class_defaults opens premium",
            &[("[emergency]", "[class_defaults]\npremium = \"allow\"\n[emergency]")],
        ),
        (
            "warning[number-class-opens]: number class \"fun\" allows 19",
            &[(
                "[emergency]",
                "[[number_class]]\nname = \"fun\"\nprefixes = [\"19\"]\naction = \"allow\"\n[emergency]",
            )],
        ),
        (
            "info[auto-registration]: a registration code is set",
            &[("[emergency]", "[registration]\naccess_code = \"*57\"\n[emergency]")],
        ),
        ("info[holiday-past]: these holidays are over", &[("2999-12-25", "2001-12-25")]),
    ]);
    // By the day rule a Monday-to-Friday night has Monday 00:00 and not Saturday 03:00.
    let plan = |weekend: &str| {
        let cell = |days: &str, from: &str, to: &str| {
            format!("{{ days = \"{days}\", from = \"{from}\", to = \"{to}\", use = {{ route = 2 }} }}, ")
        };
        let cells = cell("mon-fri", "08:00", "18:00")
            + &cell("mon-fri", "18:00", "08:00")
            + &cell("sat,sun", weekend, "24:00");
        let text = format!(
            "[[route_plan]]\nid = 1\nzones = [ {cells} ]\n[[ars]]\ndigits = \"7\"\nuse = {{ plan = 1 }}\n[emergency]"
        );
        lints(&edited(&[("[emergency]", &text)]))
    };
    assert!(plan("00:00").is_empty(), "{}", list(&plan("00:00")));
    let gap = plan("03:00");
    assert!(
        gap[0].code == "plan-gap" && gap[0].text.contains("no cell for Saturday 00:00"),
        "{}",
        list(&gap)
    );
    let limited = edited(&[(
        "[emergency]",
        "[[number_class]]\nname = \"fun\"\nprefixes = [\"19\"]\naction = \"allow\"\ncor_group = 2\n[emergency]",
    )]);
    assert!(lints(&limited).is_empty());
    // One row inside the other, or to the same route, is no overlap.
    assert!(lints(&edited(&[("[emergency]", &row("613NXXXXXX"))])).is_empty());
    let same = row("613XXXXXXX").replace("route = 2", "route = 1");
    assert!(lints(&edited(&[("[emergency]", &same)])).is_empty());
}

fn accepting(lint: &str, at: &str, rest: &str, edits: &[(&str, &str)]) -> Vec<Finding> {
    lints(&format!("{}[check]\naccept = [ {{ lint = \"{lint}\", at = \"{at}\"{rest} }} ]\n", edited(edits)))
}

const WHY: &str = ", reason = \"lab\"";

#[test]
fn accept_silences_by_code_and_place() {
    let route = [("cor_group = 1\n", "cor_group = 1\naccount_code = false\n")];
    for at in ["any", "cos:3", "route:1"] {
        let all = accepting("forced-code-exempt-route", at, WHY, &route);
        assert!(all.is_empty(), "{at}\n{}", list(&all));
    }
    let all = accepting("forced-code-exempt-route", "route:2", WHY, &route);
    let codes: Vec<_> = all.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["forced-code-exempt-route", "accept-unused"], "{}", list(&all));
    assert_eq!((all[1].level, all[1].line), (Level::Info, CLEAN.lines().count() + 3));
    // Whoever has a class: by the class.
    let night = [("cor = { day = 1, night1 = 2 }", "cor = { day = 2, night1 = 1 }")];
    for at in ["device:201", "cor:1"] {
        assert!(accepting("night-looser", at, WHY, &night).is_empty(), "{at}");
    }
    assert_eq!(accepting("night-looser", "cor:2", WHY, &night).len(), 2);
    // A class by its name.
    let monitor = [("features = [\"transfer\"", "features = [\"silent-monitor\", \"transfer\"")];
    assert!(accepting("intrusion-unshielded", "cos:Staff", WHY, &monitor).is_empty());
}

#[test]
fn accept_takes_one_device_out_of_a_group() {
    let all_sets = [
        ("dn = \"201\"", "dn = \"201\"\nsrtp = \"required\""),
        ("dn = \"202\"", "dn = \"202\"\nsrtp = \"required\""),
        ("dn = \"209\"", "dn = \"209\"\nsrtp = \"required\""),
    ];
    let count = |all: &[Finding]| {
        all.iter()
            .find(|f| f.code == "sdes-over-clear")
            .map(|f| (f.text.ends_with("(3 places)"), f.text.ends_with("(2 places)"), f.about.clone()))
    };
    assert_eq!(count(&lints(&edited(&all_sets))), Some((true, false, vec!["device:201".into()])));
    let rest = accepting("sdes-over-clear", "device:201", WHY, &all_sets);
    assert_eq!(count(&rest), Some((false, true, vec!["device:202".into()])));
    assert!(accepting("sdes-over-clear", "any", WHY, &all_sets).is_empty());
}

#[test]
fn accept_silences_no_error_and_says_what_it_cannot_read() {
    let all = accepting("weak-secret", "user:401", WHY, &[("864205", "8642")]);
    assert!(all.iter().any(|f| (f.level, f.code) == (Level::Error, "weak-secret")), "{}", list(&all));
    let refused = |lint: &str, at: &str, rest: &str, expected: &str| {
        let all = accepting(lint, at, rest, &[]);
        assert!(list(&all).contains(expected), "{expected}\n{}", list(&all));
        assert!(all.iter().all(|f| f.code != "accept-unused"));
    };
    refused(
        "sdes-over-claer",
        "any",
        WHY,
        "error[unknown-lint]: there is no finding with the code \"sdes-over-claer\"; the nearest is \"sdes-over-clear\"",
    );
    refused("sdes-over-clear", "any", "", "error[missing-key]: sdes-over-clear is accepted without `reason`");
    refused("sdes-over-clear", "any", ", reason = \" \"", "error[missing-key]");
    refused(
        "sdes-over-clear",
        "everywhere",
        WHY,
        "error[bad-value]: \"everywhere\" names no place, expected \"any\" or one of ",
    );
    refused("sdes-over-clear", "device:", WHY, "error[bad-value]");
}

#[test]
fn what_is_not_in_force_can_be_accepted_as_well() {
    let text = format!(
        "{CLEAN}[check]\naccept = [ {{ lint = \"not-in-force\", at = \"any\", reason = \"known\" }} ]\n"
    );
    assert!(
        findings(&text).iter().all(|finding| finding.code == "emergency-wins"),
        "{}",
        list(&findings(&text))
    );
}
