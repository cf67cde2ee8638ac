//! Every kind of error: its place, its code and its words.

mod common;

use common::{OFFICE, compiled, remarks};
use strowger_tools::{Level, compile_file};

/// The line after [`OFFICE`], where appended text begins.
fn after() -> usize {
    OFFICE.lines().count() + 1
}

/// Appends each text to the office and compares place (lines counted from the text's first), code and words.
fn appended(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let all = remarks(&format!("{OFFICE}{text}"), Level::Warning);
        let (place, words) = expected.split_once(' ').unwrap();
        let (line, col) = place.split_once(':').unwrap();
        let line = after() - 1 + line.parse::<usize>().unwrap();
        let expected = format!("office.toml:{line}:{col}: {words}");
        assert!(
            all.lines().any(|finding| finding == expected),
            "{text}\nexpected: {expected}\nfound:\n{all}"
        );
    }
}

/// Changes the office and expects a finding that ends like this.
fn changed(cases: &[(&str, &str, &str)]) {
    for (old, new, expected) in cases {
        assert!(OFFICE.contains(old), "{old}");
        let all = remarks(&OFFICE.replace(old, new), Level::Warning);
        assert!(
            all.lines().any(|finding| finding.ends_with(expected)),
            "{new}\nexpected: {expected}\nfound:\n{all}"
        );
    }
}

const DEVICE: &str = "[[device]]\ndn = \"203\"\npassword = \"paint-the-hull-red\"\ndigest = [\"md5\"]\n";

#[test]
fn syntax() {
    appended(&[
        ("x = ", "1:5 error[syntax]: string values must be quoted, expected literal string"),
        ("[[zone]]\nname = \"a\"\nname = \"b\"\n", "3:1 error[syntax]: `name` is set a second time"),
        ("[system]\n", "1:2 error[syntax]: `system` is set a second time"),
    ]);
}

#[test]
fn keys_and_types() {
    appended(&[
        (
            "[[zone]]\nname = \"a\"\ncolour = 1\n",
            "3:1 error[unknown-key]: zone: unknown key `colour`, expected one of `name`, `cesid`, `location`, `subnets`, `emergency`",
        ),
        ("[[cos]]\nname = \"b\"\n", "1:1 error[missing-key]: cos: missing key `id`"),
        (
            "[[cos]]\nid = \"2\"\n",
            "2:6 error[wrong-type]: cos: invalid type: string \"2\", expected a whole number from 1 to 110",
        ),
        (
            "[[cos]]\nid = 111\n",
            "2:6 error[bad-value]: cos: invalid value: integer `111`, expected a whole number from 1 to 110",
        ),
        (
            "[[cos]]\nid = 2\n[cos.timers]\nringing = 59\n",
            "4:11 error[bad-value]: cos: invalid value: integer `59`, expected a whole number from 60 to 300",
        ),
        (
            "[[cos]]\nid = 2\nfeatures = [\"hold\", \"fly\"]\n",
            "3:21 error[bad-value]: unknown feature \"fly\", expected one of hold, transfer, conference, pickup, park, forward-internal, forward-external, camp-on, do-not-disturb, redial, hot-desk-login, hot-desk-accept, smdr-external, smdr-internal, non-verified-account-code, verified-account-code, forced-verified-account-code, forced-non-verified-account-code, executive-busy-override, busy-override-security, camp-on-tone-security, call-privacy, do-not-disturb-override, public-to-public, override-interconnect-on-transfer, silent-monitor, silent-monitor-accept, third-party-forward, third-party-forward-accept, auto-answer, record-call, emergency-notify",
        ),
        (
            "[smdr]\nlayout = \"wide\"\n",
            "2:10 error[bad-value]: smdr: unknown value `wide`, expected one of `standard`, `extended`, `csv`",
        ),
        (
            "[media]\nconference = \"mixer\"\n",
            "2:14 error[bad-value]: conference: \"mixer\" is no URI; write the address of the conference resource as \"sip:mixer@192.0.2.7:5060\"",
        ),
        (
            "[media]\nconference = \"sips:mixer@192.0.2.7\"\n",
            "2:14 error[bad-value]: conference: \"sips:mixer@192.0.2.7\" is no sip: URI; write the address of the conference resource as \"sip:mixer@192.0.2.7:5060\"",
        ),
        (
            "[media]\nconference = \"sip:192.0.2.7\"\n",
            "2:14 error[bad-value]: conference: \"sip:192.0.2.7\" must have a user, and no password; write the address of the conference resource as \"sip:mixer@192.0.2.7:5060\"",
        ),
        (
            "[media]\nconference = \"sip:mixer@mixer.example\"\n",
            "2:14 error[bad-value]: conference: \"sip:mixer@mixer.example\" must have an IP address, and no name, and a port that is not 0; write the address of the conference resource as \"sip:mixer@192.0.2.7:5060\"",
        ),
        (
            "[media]\nconference = \"sip:mixer@192.0.2.7;transport=tcp\"\n",
            "2:14 error[bad-value]: conference: \"sip:mixer@192.0.2.7;transport=tcp\" must not have parameters or headers; write the address of the conference resource as \"sip:mixer@192.0.2.7:5060\"",
        ),
        (
            "[smdr]\nsystem_id = \"1\"\n",
            "2:13 error[bad-value]: smdr: invalid value: string \"1\", expected three digits, such as \"001\"",
        ),
        (
            "[[zone]]\nname = \"a\"\nsubnets = [\"10.0.0.0/33\"]\n",
            "3:12 error[bad-value]: zone: invalid value: string \"10.0.0.0/33\", expected an address range, such as \"10.1.0.0/16\"",
        ),
        (
            "[[cor_group]]\nid = 3\nmembers = \"10-1\"\n",
            "3:11 error[bad-value]: cor_group: invalid value: string \"10-1\", expected COR numbers from 1 to 96 and ascending ranges of them, such as \"1-10,16-64\"",
        ),
        (
            "[[schedule]]\nmode = \"day\"\ndays = \"monday\"\nfrom = \"08:00\"\nto = \"9:00\"\n",
            "3:8 error[bad-value]: schedule: invalid value: string \"monday\", expected days, such as \"mon-fri\" or \"sat,sun\"",
        ),
        (
            "[[intercept]]\nid = 1\nvacant = \"song\"\n",
            "3:10 error[bad-value]: intercept: invalid value: string \"song\", expected \"reorder\", or a number: { dn = \"201\" }",
        ),
        (
            "[[ars]]\nleading = \"9\"\ndigits = \"12A\"\nuse = { route = 1 }\n",
            "3:10 error[bad-value]: ars: invalid value: string \"12A\", expected digits 0-9 * # and wildcards N (2-9), X (0-9), Y (0-9 * #), at most 25",
        ),
        (
            "[[ars]]\ndigits = \"7\"\nfollow = 26\nuse = { route = 1 }\n",
            "3:10 error[bad-value]: ars: invalid value: integer `26`, expected a whole number from 0 to 25, or \"unknown\"",
        ),
    ]);
    changed(&[
        (
            "[[cos]]",
            "timezone = \"Mars/Olympus\"\n[[cos]]",
            "error[bad-value]: system: invalid value: string \"Mars/Olympus\", expected a time zone of the IANA database, such as \"America/Toronto\"",
        ),
        ("quay.example", "qu\\\"ay", "expected a text without quotes, backslashes and control characters"),
        (
            "192.0.2.1:5060",
            "sip:carrier",
            "expected a host name or address with an optional port, such as \"192.0.2.1:5060\"",
        ),
        (
            "cos = 1\ncor = 2",
            "cos = { day = 1, night = 2 }\ncor = 2",
            "office.toml:71:18: error[unknown-key]: device: unknown key `night`, expected one of `day`, `night1`, `night2`",
        ),
        (
            "cos = 1\ncor = 2",
            "cos = { night1 = 1 }\ncor = 2",
            "error[missing-key]: device: missing key `day`",
        ),
    ]);
    let unknown = remarks(&format!("{OFFICE}[bells]\nring = 1\n"), Level::Error);
    assert!(
        unknown.contains("error[unknown-key]: unknown table `bells`, expected one of include, system, "),
        "{unknown}"
    );
}

#[test]
fn secrets_are_not_repeated_in_errors() {
    for secret in [
        "password = 12345678",
        "password = \"\\u0007bell\"",
        "pin = \"47119a\"",
        "pin = 471193",
        "ha1_md5 = \"00ff\"",
    ] {
        let all =
            remarks(&format!("{OFFICE}[[device]]\ndn = \"203\"\ncos = 1\ncor = 1\n{secret}\n"), Level::Error);
        assert!(all.contains("invalid value, expected "), "{all}");
        for part in ["1234", "bell", "4711", "00ff"] {
            assert!(!all.contains(part), "{all}");
        }
    }
}

#[test]
fn references() {
    appended(&[
        (
            &format!("{DEVICE}cos = \"Crew\"\ncor = 1\n"),
            "5:7 error[dangling]: there is no COS named \"Crew\"",
        ),
        (&format!("{DEVICE}cos = 7\ncor = 1\n"), "5:7 error[dangling]: there is no COS 7"),
        (
            &format!("{DEVICE}cos = 1\ncor = \"Open\"\n"),
            "6:7 error[dangling]: a COR is a number from 0 to 96: only COR groups, which list CORs, have names",
        ),
        (
            &format!("{DEVICE}cos = 1\ncor = 1\nzone = \"moon\"\n"),
            "7:8 error[dangling]: there is no zone named \"moon\"",
        ),
        (
            &format!("{DEVICE}cos = 1\ncor = 1\ntemplate = \"moon\"\n"),
            "7:12 error[dangling]: there is no template named \"moon\"",
        ),
        ("[[route]]\nid = 3\ntrunk = \"canal\"\n", "3:9 error[dangling]: there is no trunk named \"canal\""),
        (
            "[[route]]\nid = 3\ntrunk = \"harbour\"\ncor_group = 5\n",
            "4:13 error[dangling]: there is no COR group 5",
        ),
        (
            "[[route]]\nid = 3\ntrunk = \"harbour\"\ncor_group = \"Shut\"\n",
            "4:13 error[dangling]: there is no COR group named \"Shut\"",
        ),
        (
            "[[route]]\nid = 3\ntrunk = \"harbour\"\ndigit_modification = 5\n",
            "4:22 error[dangling]: there is no digit modification 5",
        ),
        (
            "[[route_list]]\nid = 3\nchoices = [ { route = 5 } ]\n",
            "3:13 error[dangling]: there is no route 5",
        ),
        ("[[ars]]\ndigits = \"77\"\nuse = { route = 5 }\n", "3:7 error[dangling]: there is no route 5"),
        ("[[ars]]\ndigits = \"77\"\nuse = { list = 5 }\n", "3:7 error[dangling]: there is no route list 5"),
        ("[[ars]]\ndigits = \"77\"\nuse = { plan = 5 }\n", "3:7 error[dangling]: there is no route plan 5"),
        (
            "[[zone]]\nname = \"a\"\nemergency = { list = 5 }\n",
            "3:13 error[dangling]: there is no route list 5",
        ),
        (
            "[[digit_modification]]\nid = 5\ninsert = \"<A09>\"\n",
            "3:10 error[bad-value]: insert: there is no system account code 9",
        ),
    ]);
}

#[test]
fn duplicates_name_both_places() {
    appended(&[
        ("[[cos]]\nid = 1\n", "2:6 error[duplicate]: COS 1 already exists: office.toml:7:6"),
        (
            "[[cos]]\nid = 2\nname = \"Staff\"\n",
            "3:8 error[duplicate]: COS \"Staff\" already exists: office.toml:8:8",
        ),
        (
            "[[cor_group]]\nid = 2\nmembers = \"\"\n",
            "2:6 error[duplicate]: COR group 2 already exists: office.toml:14:6",
        ),
        (
            "[[route]]\nid = 9\ntrunk = \"harbour\"\n",
            "2:6 error[duplicate]: route 9 already exists: office.toml:37:6",
        ),
        (
            "[[trunk]]\nname = \"harbour\"\nhost = \"b\"\ncos = 1\ncor = 1\n",
            "2:8 error[duplicate]: trunk \"harbour\" already exists: office.toml:18:8",
        ),
        (
            &format!("{}cos = 1\ncor = 1\n", DEVICE.replace("203", "201")),
            "2:6 error[duplicate]: the number 201 already belongs to device 201: office.toml:60:6",
        ),
        (
            &format!("{DEVICE}cos = 1\ncor = 1\nusername = \"galley\"\n"),
            "7:12 error[duplicate]: username \"galley\" already exists: office.toml:68:12",
        ),
        (
            "[[hunt_group]]\ndn = \"202\"\nkind = \"linear\"\nmembers = []\n",
            "2:6 error[duplicate]: the number 202 already belongs to device 202: office.toml:67:6",
        ),
        (
            "[[ars]]\ndigits = \"9NXXXXXX\"\nuse = { route = 1 }\n",
            "2:10 error[duplicate]: the same digits and length already have a row: office.toml:44:10",
        ),
        (
            "[[ars]]\nleading = \"9\"\n",
            "2:11 error[duplicate]: the Leading Digits 9 already have a row: office.toml:41:11",
        ),
        (
            "[[route_list]]\nid = 3\nchoices = [ { route = 1 }, { route = 1 } ]\n",
            "3:28 error[duplicate]: route 1 is in this list already",
        ),
    ]);
}

#[test]
fn devices_and_their_secrets() {
    appended(&[
        (
            "[[device]]\ndn = \"203\"\ncos = 1\ncor = 1\ndigest = [\"md5\", \"sha-256\"]\n",
            "1:1 error[missing-secret]: device 203: missing `password`, or `ha1_md5` and `ha1_sha256`",
        ),
        (
            "[[device]]\ndn = \"203\"\ncos = 1\ncor = 1\ndigest = [\"md5\", \"sha-256\"]\nha1_md5 = \"00000000000000000000000000000000\"\n",
            "1:1 error[missing-secret]: device 203: it offers digest sha-256: missing `password` or `ha1_sha256`",
        ),
        (
            &format!("{DEVICE}cos = 1\ncor = 1\nha1_md5 = \"00000000000000000000000000000000\"\n"),
            "3:12 error[duplicate]: device 203: either a password or HA1, not both; the other is at office.toml:79:11",
        ),
        (
            &format!("{DEVICE}cor = 1\n"),
            "1:1 error[missing-key]: device 203: missing key `cos`, in it or in its template",
        ),
        (
            &format!("{DEVICE}cos = 1\n"),
            "1:1 error[missing-key]: device 203: missing key `cor`, in it or in its template",
        ),
        (
            "[[device]]\ndn = \"203\"\ncos = 1\ncor = 1\npassword = \"paint-the-hull-red\"\ndigest = []\n",
            "6:10 error[bad-value]: device: digest lists nothing, expected \"sha-256\", \"sha-512-256\" or \"md5\"",
        ),
        (
            "[[device]]\ndn = \"203\"\ncos = 1\ncor = 1\ndigest = [\"sha-512-256\", \"md5\"]\nha1_md5 = \"00000000000000000000000000000000\"\n",
            "1:1 error[missing-secret]: device 203: it offers digest sha-512-256: missing `password`, for HA1 cannot be given",
        ),
        (
            "[[device]]\ndn = \"203\"\ncos = 1\ncor = 1\npassword = \"paint-the-hull-red\"\ndigest = [\"sha-512-256\", \"sha-512-256\"]\n",
            "6:10 error[duplicate]: device: digest lists SHA-512-256 twice",
        ),
        (
            "[[device]]\ndn = \"203\"\ncos = 1\ncor = 1\npassword = \"paint-the-hull-red\"\n",
            "1:1 warning[digest-sha-256-only]: without `digest`, only sha-256 is offered, and many phones know only md5",
        ),
    ]);
    let weak = |password: &str| OFFICE.replace("kettle-on-the-hob", password);
    for (password, why) in [
        ("short-pass", "it has fewer than 12 characters"),
        ("number-202-here", "it contains the directory number"),
        ("the-GALLEY-door", "it contains the username"),
    ] {
        let expected =
            format!("office.toml:69:12: error[weak-secret]: device 202: the password is weak: {why}");
        assert_eq!(remarks(&weak(password), Level::Warning), expected);
        let mivb = weak(password).replace("[[cos]]", "profile = \"mivb\"\n[[cos]]");
        assert!(remarks(&mivb, Level::Warning).contains("office.toml:70:12: warning[weak-secret]"));
    }
    changed(&[(
        "realm = \"quay.example\"\n",
        "",
        "error[missing-key]: system: missing key `realm`: SIP devices need it to prove who they are",
    )]);
}

#[test]
fn rows() {
    appended(&[
        (
            "[[ars]]\nuse = { route = 1 }\n",
            "1:1 error[missing-key]: ars: missing key `digits`, or `leading` for a Leading row",
        ),
        (
            "[[ars]]\nleading = \"8\"\nuse = { route = 1 }\n",
            "3:7 error[misplaced-key]: ars: `use` has no place in a Leading row, which is one without `digits`",
        ),
        (
            "[[ars]]\ndigits = \"8\"\nuse = { route = 1 }\ncor_group = 1\n",
            "4:13 error[misplaced-key]: ars: `cor_group` belongs to a Leading row, which is one without `digits`",
        ),
        (
            "[[ars]]\ndigits = \"8\"\nuse = { route = 1 }\noutpulse = \"1\"\n",
            "4:12 error[misplaced-key]: ars: `outpulse` is for emergency rows; elsewhere the route's digit modification decides",
        ),
        (
            "[[ars]]\ndigits = \"8\"\n",
            "1:1 error[missing-key]: ars: missing key `use`: a route, a list or a plan",
        ),
        (
            "[[ars]]\ndigits = \"8\"\nuse = { route = 1, list = 1 }\n",
            "3:7 error[bad-value]: expected exactly one of `route`, `list` and `plan`",
        ),
        (
            "[[ars]]\nleading = \"8888888888888888888888888\"\ndigits = \"1\"\nfollow = 25\nuse = { route = 1 }\n",
            "3:10 error[bad-value]: ars: 51 digits in all, more than the 47 that can be dialed",
        ),
        (
            "[[route_list]]\nid = 3\nchoices = []\n",
            "3:11 error[bad-value]: a route list has 1 to 20 choices, not 0",
        ),
        (
            "[[digit_modification]]\nid = 5\ninsert = \"1+\"\n",
            "3:10 error[bad-value]: insert: `+` can stand in front only",
        ),
        (
            "[[digit_modification]]\nid = 5\nabsorb = 3\n[[route]]\nid = 3\ntrunk = \"harbour\"\ncor_group = 1\ndigit_modification = 5\n[[ars]]\ndigits = \"88\"\nuse = { route = 3 }\n",
            "11:7 error[digit-modification]: ars: digit modification 5 of route 3 absorbs 3 digits of 2",
        ),
    ]);
}

#[test]
fn emergency() {
    appended(&[
        (
            "[[ars]]\ndigits = \"11N\"\nemergency = true\nuse = { route = 9 }\n",
            "2:10 error[emergency]: ars: an emergency number is exact digits, without wildcards",
        ),
        (
            "[[ars]]\ndigits = \"112\"\nfollow = 1\nemergency = true\nuse = { route = 9 }\n",
            "3:10 error[emergency]: ars: an emergency number is complete on its last digit: nothing can follow",
        ),
        (
            "[[ars]]\ndigits = \"112\"\nemergency = true\nuse = { route = 1 }\n",
            "4:7 error[emergency]: an emergency call would use route 1, which is not marked `emergency = true`",
        ),
        (
            "[[ars]]\ndigits = \"77\"\nuse = { route = 9 }\n",
            "3:7 error[emergency]: ars: every choice is a route for emergency calls only; mark the row `emergency = true` or name another route",
        ),
        (
            "[[zone]]\nname = \"a\"\nemergency = { route = 1 }\n",
            "3:13 error[emergency]: an emergency call would use route 1, which is not marked `emergency = true`",
        ),
        (
            "[[ars]]\ndigits = \"9112\"\nuse = { route = 1 }\n",
            "2:10 error[emergency-prefix]: ars: 9112 begins with the emergency number 911 (office.toml:51:10)",
        ),
        (
            &format!("{}cos = 1\ncor = 1\n", DEVICE.replace("203", "9110")),
            "2:6 error[emergency-prefix]: 9110 begins with the emergency number 911 (office.toml:51:10)",
        ),
        (
            "[[ars]]\ndigits = \"9119\"\nemergency = true\nuse = { route = 9 }\n",
            "2:10 warning[emergency-prefix]: 9119 can never be dialed: the emergency number 911 (office.toml:51:10) is complete before",
        ),
        (
            "[[ars]]\ndigits = \"112\"\nemergency = true\nuse = { route = 9 }\n",
            "2:10 warning[emergency-direct-dial]: 112 has a row, but 9112 with the access code has none",
        ),
        (
            "[[ars]]\nleading = \"4\"\ndigits = \"911\"\nuse = { route = 1 }\n",
            "4:7 error[emergency]: ars: over route 1 this row sends 911, an emergency number (office.toml:51:10): mark it `emergency = true`, or dial it without this row",
        ),
        (
            "[[ars]]\nleading = \"9\"\ndigits = \"112\"\nemergency = true\nuse = { route = 9 }\n",
            "3:10 warning[emergency-direct-dial]: 9112 has a row, but 112 without the access code 9 has none",
        ),
    ]);
}

#[test]
fn speed_calls_that_stand_for_no_number() {
    let row = |number: &str| format!("[[speed_call]]\ncode = \"*01\"\nnumber = \"{number}\"\n");
    let codes = "[features]\npark = \"*70\"\n";
    appended(&[
        (
            &row("911"),
            "3:10 error[speed-call-target]: speed call *01: 911 calls for help (911): that is dialed by its own digits",
        ),
        (
            &row("9119"),
            "3:10 error[speed-call-target]: speed call *01: 9119 calls for help (911): that is dialed by its own digits",
        ),
        (
            &format!("{}{codes}", row("*70")),
            "3:10 error[speed-call-target]: speed call *01: *70 begins with the code *70: name the number that is meant",
        ),
        (
            &row("*01"),
            "3:10 error[speed-call-target]: speed call *01: *01 begins with the code *01: name the number that is meant",
        ),
        (
            &row("777"),
            "3:10 warning[speed-call-vacant]: speed call: 777 is no directory number, and no ARS row fits it: who dials the code gets vacant number",
        ),
    ]);
}

#[test]
fn inbound_rows_that_would_call_for_help() {
    for (row, words) in [
        ("{ did = \"6135550101\", to = \"911\" }", "`to` 911 can begin with the emergency number 911"),
        ("{ did = \"61355501XX\", to = \"9XX\" }", "`to` 9XX can begin with the emergency number 911"),
        (
            "{ did = \"9115550101\", to = \"201\" }",
            "`did` 9115550101 can begin with the emergency number 911",
        ),
    ] {
        let text = OFFICE.replace("interconnect = 4", &format!("interconnect = 4\ninbound = [ {row} ]"));
        let found = remarks(&text, Level::Warning);
        assert!(found.contains("warning[emergency-prefix]: inbound: ") && found.contains(words), "{found}");
    }
    let usual = OFFICE.replace(
        "interconnect = 4",
        "interconnect = 4\ninbound = [ { did = \"61355501XX\", to = \"2XX\" } ]",
    );
    assert_eq!(remarks(&usual, Level::Warning), "");
}

#[test]
fn an_emergency_row_that_would_send_the_access_code() {
    let expected = "office.toml:55:10: warning[emergency-outpulse]: 9911 sends 9911, the access code 9 included: set `outpulse`";
    assert_eq!(remarks(&OFFICE.replace("outpulse = \"911\"\n", ""), Level::Warning), expected);
}

#[test]
fn numbers_that_others_cut_short() {
    let with = |dn: &str| format!("{OFFICE}{}cos = 1\ncor = 1\n", DEVICE.replace("203", dn));
    let place = format!("office.toml:{}:6", after() + 1);
    for (dn, other) in [
        ("20", "device 201 (office.toml:60:6)"),
        ("9", "ars 911 (office.toml:51:10)"),
        ("9555", "ars 9NXXXXXX (office.toml:44:10)"),
    ] {
        let expected = format!("{place}: error[number-conflict]: {dn} is the beginning of {other}");
        assert_eq!(remarks(&with(dn), Level::Warning), expected);
        let mivb = with(dn).replace("[[cos]]", "profile = \"mivb\"\n[[cos]]");
        assert!(remarks(&mivb, Level::Warning).contains(": warning[number-conflict]: "));
        compiled(&mivb);
    }
    // A wildcard row of the same length is no conflict: the exact number wins.
    compiled(&format!("{OFFICE}[[ars]]\ndigits = \"2XX\"\nuse = {{ route = 1 }}\n"));
    // A feature code in the way is an error in either profile.
    let code =
        format!("{OFFICE}[features]\npark = \"20\"\n").replace("[[cos]]", "profile = \"mivb\"\n[[cos]]");
    assert!(
        remarks(&code, Level::Error)
            .ends_with("error[number-conflict]: 20 is the beginning of device 201 (office.toml:61:6)")
    );
}

#[test]
fn one_run_reports_everything_it_can() {
    let text = OFFICE.replace("trunk = \"harbour\"", "trunk = \"canal\"").replace("cor = 2\n", "cor = 97\n");
    // The device was refused; what the routes refer to is then not judged, what stands alone is.
    assert_eq!(remarks(&text, Level::Error).lines().count(), 1);
    let text =
        OFFICE.replace("trunk = \"harbour\"", "trunk = \"canal\"").replace("kettle-on-the-hob", "kettle");
    assert_eq!(remarks(&text, Level::Error).lines().count(), 4);
    let many: String = (0..300).map(|n| format!("[[route]]\nid = {}\ntrunk = \"canal\"\n", n + 10)).collect();
    let all = remarks(&format!("{OFFICE}{many}"), Level::Error);
    assert_eq!(all.lines().count(), 100);
    assert!(all.ends_with("(and 200 more findings of this kind)"));
}

#[test]
fn included_files_are_merged_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join("sites")).unwrap();
    write("main.toml", &format!("include = [\"sites/*.toml\"]\n{OFFICE}"));
    write("sites/a.toml", &format!("{DEVICE}cos = \"Staff\"\ncor = 1\n"));
    let main = folder.path().join("main.toml");
    let compiled = compile_file(&main).unwrap();
    assert_eq!(common::dial(&compiled, "203", "201").0, "internal");

    write("sites/b.toml", &format!("\n{DEVICE}cos = 1\ncor = 1\n"));
    let all = common::list(&compile_file(&main).unwrap_err());
    let (first, second) = (folder.path().join("sites/a.toml"), folder.path().join("sites/b.toml"));
    let expected = format!(
        "{}:3:6: error[duplicate]: the number 203 already belongs to device 203: {}:2:6",
        second.display(),
        first.display()
    );
    assert!(all.contains(&expected), "{all}");

    write("main.toml", &format!("include = [\"gone.toml\"]\n{OFFICE}"));
    let all = common::list(&compile_file(&main).unwrap_err());
    assert_eq!(all, format!("{}:1:12: error[include]: \"gone.toml\" is not there", main.display()));
    write("main.toml", &format!("include = [\"main.toml\"]\n{OFFICE}"));
    assert!(common::list(&compile_file(&main).unwrap_err()).contains("is included a second time"));
    assert!(
        remarks(&format!("include = [\"a.toml\"]\n{OFFICE}"), Level::Error)
            .contains("this policy is not a file")
    );
}
