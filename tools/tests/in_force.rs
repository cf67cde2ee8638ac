//! What this version acts on, asked of compiled images; and what it does not act on stays closed.

mod common;

use common::{OFFICE, compiled, crypto, dial, dial_in, findings, list, remarks};
use strowger::base::{Algorithm, Crypto, Transport};
use strowger::policy::rows::REGISTERS;
use strowger::policy::{Image, Keyring, Mode};
use strowger::registration::Offer;
use strowger_tools::explain::{Question, explain};
use strowger_tools::{Level, compile_str, keyring_for};

fn rule(text: &str, from: &str, dialed: &str) -> &'static str {
    dial(&compiled(text), from, dialed).0
}

#[test]
fn a_clean_policy_has_no_findings() {
    // Only remarks: what help is not told, a trunk that one rule alone keeps in, local numbers that may begin with 911.
    let codes: Vec<_> = findings(OFFICE).iter().map(|finding| (finding.level, finding.code)).collect();
    let expected = [
        "emergency-no-location",
        "trunk-no-source",
        "trunk-dials-out",
        "emergency-wins",
        "emergency-not-notified",
    ]
    .map(|code| (Level::Info, code));
    assert_eq!(codes, expected);
}

#[test]
fn calls_go_where_the_tables_say() {
    let office = compiled(OFFICE);
    assert_eq!(dial(&office, "201", "202"), ("internal", None, "202".into()));
    assert_eq!(dial(&office, "201", "201").0, "call.self");
    assert_eq!(dial(&office, "201", "95550123"), ("route", Some(1), "5550123".into()));
    assert_eq!(dial(&office, "201", "916135550123"), ("route", Some(2), "16135550123".into()));
    assert_eq!(dial(&office, "202", "916135550123"), ("cor.route", Some(2), String::new()));
    for number in ["911", "9911", "9115", "99110"] {
        assert_eq!(dial(&office, "202", number), ("emergency", Some(9), "911".into()));
    }
    assert_eq!(dial(&office, "201", "9555").0, "number.incomplete");
    assert_eq!(dial(&office, "201", "7").0, "number.vacant");
    assert_eq!(dial(&office, "201", "20a").0, "number.invalid");
}

#[test]
fn classes_follow_the_mode_and_a_missing_mode_is_day() {
    let text = OFFICE.replace("cor = 2\n", "cor = { day = 1, night2 = 2 }\n");
    let office = compiled(&text);
    for (mode, expected) in [(Mode::Day, "route"), (Mode::Night1, "route"), (Mode::Night2, "cor.route")] {
        assert_eq!(dial_in(&office, "202", "916135550123", mode).0, expected);
    }
    let none = OFFICE.replace("cos = 1\ncor = 2\n", "cos = { day = \"Staff\", night1 = 0 }\ncor = 2\n");
    let office = compiled(&none);
    assert_eq!(dial_in(&office, "202", "201", Mode::Day).0, "internal");
    assert_eq!(dial_in(&office, "202", "201", Mode::Night1).0, "cos.none");
    assert_eq!(dial_in(&office, "202", "911", Mode::Night1).0, "emergency");
}

#[test]
fn a_device_key_wins_over_its_template_and_that_over_the_default() {
    let text = format!(
        "{}{}",
        OFFICE.replace("username = \"galley\"", "template = \"desk\"").replace("cor = 2\n", ""),
        "[[template]]\nname = \"desk\"\ncor = 2\ndigest = [\"sha-256\"]\ninterconnect = 3\nzone = \"cellar\"\n[[zone]]\nname = \"cellar\"\n"
    );
    let office = compiled(&text);
    assert_eq!(dial(&office, "202", "916135550123").0, "cor.route");
    let image = Image::load(&office.image, &mut crypto()).unwrap();
    let row = image.devices().get(1).unwrap();
    assert_eq!((row.interconnect, row.zone, row.digest), (3, 1, 1));
    assert_eq!(image.devices().get(0).unwrap().interconnect, 1);
    assert_eq!(image.devices().get(0).unwrap().digest, 2 | 1 << 2);
}

#[test]
fn r38_r39_interconnect_is_directional_and_a_pair_that_is_not_listed_is_open() {
    let text = format!(
        "{OFFICE}interconnect = 3\n[interconnect]\nrestricted = [ {{ from = 1, to = 3 }}, {{ from = 1, to = 4 }} ]\n"
    );
    let office = compiled(&text);
    assert_eq!(dial(&office, "201", "202").0, "interconnect");
    assert_eq!(dial(&office, "202", "201").0, "internal");
    assert_eq!(dial(&office, "201", "95550123"), ("interconnect", Some(1), String::new()));
    assert_eq!(dial(&office, "202", "95550123").0, "route");
}

#[test]
fn r12_leading_digits_refuse_before_the_number_but_not_before_emergency() {
    let text = OFFICE.replace(
        "[[ars]]\nleading = \"9\"\n[[ars]]",
        "[[ars]]\nleading = \"9\"\ncor_group = \"No long distance\"\n[[ars]]",
    );
    let office = compiled(&text);
    assert_eq!(dial(&office, "202", "95550123").0, "cor.leading");
    assert_eq!(dial(&office, "202", "9911").0, "emergency");
    assert_eq!(dial(&office, "201", "95550123").0, "route");
}

#[test]
fn r14_a_list_skips_what_the_caller_may_not_use() {
    let text = OFFICE.replace(
        "digits = \"1NXXNXXXXXX\"\nuse = { route = 2 }",
        "digits = \"1NXXNXXXXXX\"\nuse = { list = 5 }",
    ) + "[[route_list]]\nid = 5\nchoices = [ { route = 2 }, { route = 1, warning_tone = true } ]\n";
    let office = compiled(&text);
    assert_eq!(dial(&office, "201", "916135550123").1, Some(2));
    assert_eq!(dial(&office, "202", "916135550123").1, Some(1));
}

#[test]
fn r11_an_unlabelled_public_route_is_closed_in_strict_and_open_in_mivb() {
    let text = OFFICE.replace("digit_modification = 1\ncor_group = 1\n", "digit_modification = 1\n");
    assert_eq!(rule(&text, "201", "95550123"), "cor.unlabelled");
    let open = text.replace("[[cos]]", "profile = \"mivb\"\n[[cos]]");
    assert_eq!(rule(&open, "201", "95550123"), "route");
    let private = text.replace("interconnect = 4", "public = false");
    assert_eq!(rule(&private, "201", "95550123"), "route");
}

#[test]
fn digits_are_absorbed_and_inserted() {
    let modified = |insert: &str| {
        // Open, so that digits which are no number of the plan go out too.
        let text = OFFICE.replace("realm =", "profile = \"mivb\"\nrealm =");
        let text = text.replace("absorb = 1\n", &format!("absorb = 2\ninsert = \"{insert}\"\n"));
        dial(
            &compiled(&format!("{text}[[system_account_code]]\nid = 7\ncode = \"990001\"\n")),
            "201",
            "95550123",
        )
        .2
    };
    assert_eq!(modified(""), "550123");
    assert_eq!(modified("+1613"), "+1613550123");
    assert_eq!(modified("*{<A07>}#"), "*990001#550123");
}

#[test]
fn r56_of_wildcards_the_more_specific_wins() {
    let text = format!(
        "{OFFICE}{}",
        "[[ars]]\nleading = \"8\"\ndigits = \"YY\"\nuse = { route = 2 }\n[[ars]]\nleading = \"8\"\ndigits = \"XX\"\nuse = { route = 1 }\n\
         [[ars]]\nleading = \"8\"\ndigits = \"N5\"\nuse = { route = 2 }\n[[ars]]\nleading = \"8\"\ndigits = \"25\"\nuse = { route = 1 }\n\
         [[ars]]\ndigits = \"8\"\nfollow = 2\nuse = { route = 2 }\n\
         [[ars]]\ndigits = \"7\"\nfollow = \"unknown\"\nuse = { route = 1 }\n[[ars]]\ndigits = \"71\"\nfollow = 2\nuse = { route = 2 }\n"
    );
    let office = compiled(&text);
    for (dialed, route) in [("825", 1), ("835", 2), ("815", 1), ("8*5", 2), ("8##", 2), ("820", 1)] {
        assert_eq!(dial(&office, "201", dialed).1, Some(route), "{dialed}");
    }
    for (dialed, route) in
        [("7", 1), ("71", 1), ("719", 1), ("7199", 2), ("71999", 1), ("72", 1), ("7*#5", 1)]
    {
        assert_eq!(dial(&office, "201", dialed).1, Some(route), "{dialed}");
    }
}

#[test]
fn a_zone_has_its_own_emergency_routes() {
    let text = format!(
        "{OFFICE}zone = \"cellar\"\n{}",
        "[[zone]]\nname = \"cellar\"\nemergency = { route = 10 }\n[[route]]\nid = 10\ntrunk = \"harbour\"\nemergency = true\n"
    );
    let office = compiled(&text);
    assert_eq!(dial(&office, "202", "911").1, Some(10));
    assert_eq!(dial(&office, "201", "911").1, Some(9));
}

#[test]
fn the_keyring_has_ha1_for_what_is_offered_and_nothing_else() {
    let office = compiled(OFFICE);
    let image = Image::load(&office.image, &mut crypto()).unwrap();
    let keyring = Keyring::load(&office.keyring, &image, &mut crypto()).unwrap();
    let ha1 = |algorithm, text: &str| crypto().digest(algorithm, &[text.as_bytes()]).as_bytes().to_vec();
    let kept = |device, algorithm| keyring.ha1(device, algorithm).map(|ha1| ha1.expose().to_vec());
    for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
        assert_eq!(kept(0, algorithm), Some(ha1(algorithm, "201:quay.example:mast-and-anchor-7")));
    }
    assert_eq!(kept(1, Algorithm::Md5), Some(ha1(Algorithm::Md5, "galley:quay.example:kettle-on-the-hob")));
    assert_eq!(kept(1, Algorithm::Sha256), None);
    assert_eq!(image.device_by_username(b"galley"), Some(1));
    assert_eq!(image.device_by_username(b"202"), None);

    let own = keyring_for(&office, "202").unwrap();
    let keyring = Keyring::load(&own, &image, &mut crypto()).unwrap();
    assert!(keyring.ha1(1, Algorithm::Md5).is_some() && keyring.ha1(0, Algorithm::Md5).is_none());
    assert_eq!(keyring_for(&office, "203"), None);
    for secret in ["mast-and-anchor-7", "kettle-on-the-hob"] {
        assert!(!office.image.windows(secret.len()).any(|part| part == secret.as_bytes()));
    }
}

#[test]
fn every_algorithm_has_its_ha1() {
    let office = compiled(
        &OFFICE
            .replace("digest = [\"sha-256\", \"md5\"]", "digest = [\"sha-512-256\", \"sha-256\", \"md5\"]"),
    );
    let image = Image::load(&office.image, &mut crypto()).unwrap();
    let keyring = Keyring::load(&office.keyring, &image, &mut crypto()).unwrap();
    let order: Vec<Algorithm> = Offer::for_user(&image, b"201", 0).algorithms().collect();
    assert_eq!(order, [Algorithm::Sha512_256, Algorithm::Sha256, Algorithm::Md5]);
    for algorithm in order {
        let ha1 = crypto().digest(algorithm, &[b"201:quay.example:mast-and-anchor-7"]);
        assert_eq!(
            keyring.ha1(0, algorithm).map(|kept| kept.expose().to_vec()),
            Some(ha1.as_bytes().to_vec())
        );
    }
    assert!(keyring.ha1(1, Algorithm::Sha512_256).is_none(), "what is not offered is not kept");
}

#[test]
fn ha1_can_be_given_instead_of_a_password() {
    let text =
        OFFICE.replace("password = \"kettle-on-the-hob\"", "ha1_md5 = \"0123456789abcdef0123456789ABCDEF\"");
    let office = compiled(&text);
    let image = Image::load(&office.image, &mut crypto()).unwrap();
    let keyring = Keyring::load(&office.keyring, &image, &mut crypto()).unwrap();
    assert_eq!(keyring.ha1(1, Algorithm::Md5).unwrap().expose()[..3], [0x01, 0x23, 0x45]);
}

#[test]
fn the_same_text_gives_the_same_bytes() {
    assert_eq!(compiled(OFFICE), compiled(OFFICE));
    let other = compiled(&OFFICE.replace("cor = 9", "cor = 8"));
    assert_ne!(other.image[16..48], compiled(OFFICE).image[16..48]);
}

/// What a carrier knows us by: the user name in the image, the password in the keyring of the controller and of nobody else.
#[test]
fn a_trunk_has_credentials_and_registers_where_that_is_said() {
    let host = "host = \"192.0.2.1:5060\"\n";
    let with = |keys: &str| OFFICE.replace(host, &format!("{host}{keys}"));
    let text = with("username = \"elm\"\npassword = \"Carrier-secret-2026\"\nregister = true\n");
    let compiled = compile_str(&text, "office.toml").expect("it compiles");
    let image = Image::load(&compiled.image, &mut crypto()).expect("an image");
    let row = image.trunks().get(0).unwrap();
    assert_eq!((image.text(row.username), row.flags & REGISTERS), ("elm", REGISTERS));
    let keyring = Keyring::load(&compiled.keyring, &image, &mut crypto()).expect("a keyring");
    assert_eq!(keyring.trunk_password(0), Some(&b"Carrier-secret-2026"[..]));
    assert_eq!(keyring.trunk_password(1), None);
    let secret = |octets: &[u8]| octets.windows(19).any(|window| window == b"Carrier-secret-2026");
    assert!(secret(&compiled.keyring) && !secret(&compiled.image));
    assert!(!secret(&keyring_for(&compiled, "201").expect("a device")), "a phone has its own line only");
    let long = "x".repeat(65);
    for (keys, expected) in [
        ("register = true\n", "`register = true` needs the `username`"),
        ("username = \"\"\npassword = \"x\"\n", "the `username` is empty"),
        (&format!("username = \"elm\"\npassword = \"{long}\"\n"), "a password has at most 64 octets, not 65"),
        ("username = \"elm\"\npassword = \"\"\n", "expected a text without control characters"),
    ] {
        let found = findings(&with(keys));
        assert!(found.iter().any(|one| one.level == Level::Error && one.text.contains(expected)), "{keys}");
        assert!(!found.iter().any(|one| one.text.contains("Carrier-secret")), "no secret in a finding");
    }
    for (keys, expected) in [
        ("password = \"Carrier-secret-2026\"\n", "has a `password` and no `username`"),
        ("username = \"elm\"\n", "has a `username` and no `password`"),
    ] {
        let found = findings(&with(keys));
        let warned =
            |one: &strowger_tools::Finding| one.code == "trunk-credentials" && one.text.contains(expected);
        assert!(found.iter().any(warned), "{keys}");
        assert!(found.iter().all(|one| one.level != Level::Error), "{keys}");
    }
    let registers = with("username = \"elm\"\nregister = true\n");
    assert!(
        findings(&registers).iter().all(|one| one.level != Level::Error),
        "some carriers know us by address"
    );
    let other = compile_str(&with("username = \"oak\"\npassword = \"Carrier-secret-2026\"\n"), "office.toml");
    let other = other.expect("it compiles");
    let other = Image::load(&other.image, &mut crypto()).expect("an image");
    let shown = strowger_tools::diff::diff(&image, &other).expect("small").to_text();
    assert!(shown.contains("username of trunk harbour: oak, before: elm"), "{shown}");
    assert!(shown.contains("registration at the carrier of trunk harbour: no, before: yes"), "{shown}");
}

/// Each of these is not in force; calls that depend on it are refused rather than let through.
#[test]
fn what_is_not_in_force_stays_closed() {
    let wide = "[[ars]]\ndigits = \"YYY\"\nuse = { route = 1 }\n";
    for held in [
        "[[speed_call]]\ncode = \"301\"\nnumber = \"95550123\"\n",
        "[features]\nservice_mode = \"301\"\n",
        "[registration]\naccess_code = \"301\"\n",
    ] {
        let text = format!("{OFFICE}{wide}{held}");
        assert_eq!(rule(&text, "201", "301"), "number.vacant", "{held}");
        assert_eq!(rule(&text, "201", "302"), "class.denied", "{held}");
    }
}

const SETS: &str = "[[device]]\ndn = \"301\"\nkind = \"set\"\nset_type = \"console-8\"\npin = \"471193\"\nmac = \"08:00:0f:12:34:56\"\ncos = 1\ncor = 1\n\
    [[device]]\ndn = \"302\"\nkind = \"set\"\nset_type = \"console-8\"\ncos = 1\ncor = 1\nprimary = \"elm\"\ntransport = [\"tcp\"]\n\
    [registration]\naccess_code = \"*57\"\n[[element]]\nname = \"elm\"\naddress = \"192.0.2.20:5060\"\n";

/// Sets are devices like others, with what registers them beside (R72-R74); their PINs and codes are in the keyring only, and they have no password that anybody could know.
#[test]
fn sets_are_in_force() {
    let text = format!("{OFFICE}{SETS}");
    let office = compiled(&text);
    let image = Image::load(&office.image, &mut crypto()).unwrap();
    assert_eq!(rule(&text, "201", "301"), "internal");
    let rows: Vec<_> = image.sets().iter().collect();
    let shown =
        |at: usize| (image.number(rows[at].device).to_vec(), image.text(rows[at].set_type), rows[at].mac);
    assert_eq!(shown(0), (b"301".to_vec(), "console-8", [8, 0, 0x0f, 0x12, 0x34, 0x56]));
    assert_eq!((shown(1).2, rows[0].homes, rows[1].homes), ([0; 6], [0, 0], [1, 0]));
    assert_eq!(image.text(image.elements().get(0).unwrap().address), "192.0.2.20:5060");
    let may = |at: usize| {
        let row = image.devices().get(usize::try_from(rows[at].device).unwrap()).unwrap();
        Transport::ALL.map(|transport| row.may_use(transport))
    };
    assert_eq!((may(0), may(1)), ([false, false, true], [false, true, false]), "TLS, unless it says so");
    let keyring = Keyring::load(&office.keyring, &image, &mut crypto()).unwrap();
    let is = |whose: u16, text: &str| keyring.is_pin(whose, text.as_bytes(), &mut crypto());
    let (first, second) = (strowger::policy::keyring::OF_SETS, strowger::policy::keyring::OF_SETS + 1);
    assert_eq!(
        [is(first, "471193"), is(first, "471194"), is(second, ""), is(second, "1")],
        [Some(true), Some(false), Some(true), Some(false)]
    );
    assert_eq!(is(strowger::policy::keyring::REGISTRATION, "*57"), Some(true));
    assert_eq!(is(strowger::policy::keyring::REPLACEMENT, "*57"), None);
    for secret in [&b"471193"[..], b"*57"] {
        let hidden = |octets: &[u8]| !octets.windows(secret.len()).any(|window| window == secret);
        assert!(hidden(&office.keyring) && hidden(&office.image));
    }
    // The secret of a set's user agent is another in another policy, and the same in the same.
    let ha1 = |office: &strowger_tools::Compiled| {
        let image = Image::load(&office.image, &mut crypto()).unwrap();
        let keyring = Keyring::load(&office.keyring, &image, &mut crypto()).unwrap();
        let set = image.sets().get(0).unwrap().device;
        keyring.ha1(set, Algorithm::Sha256).unwrap().expose().to_vec()
    };
    assert_eq!(ha1(&office), ha1(&compiled(&text)));
    assert_ne!(ha1(&office), ha1(&compiled(&text.replace("471193", "471195"))));
}

#[test]
fn what_a_set_lacks_or_must_not_have_is_said() {
    let with = |old: &str, new: &str| format!("{OFFICE}{SETS}").replace(old, new);
    let secret = "Sets-have-no-such-thing-1";
    for (text, code, expected) in [
        (with("set_type = \"console-8\"\npin", "pin"), "missing-key", "device 301: missing key `set_type`"),
        (
            with("set_type = \"console-8\"\npin", "set_type = \"a-type-that-is-too-long\"\npin"),
            "bad-value",
            "1 to 16 octets",
        ),
        (
            with("pin = \"471193\"", &format!("password = \"{secret}\"")),
            "misplaced-key",
            "`password` is for SIP phones",
        ),
        (
            with("transport = [\"tcp\"]", "mac = \"08:00:0F:12:34:56\""),
            "duplicate",
            "another set has the MAC 08:00:0f:12:34:56",
        ),
        (with("primary = \"elm\"", "primary = \"oak\""), "dangling", "there is no element named \"oak\""),
        (with("mac = \"08:00:0f:12:34:56\"", "mac = \"00:00:00:00:00:00\""), "bad-value", "a MAC address"),
        (
            with("kind = \"set\"\nset_type = \"console-8\"\npin", "password = \"Nobody-knows-this-1\"\npin"),
            "misplaced-key",
            "`pin` is for devices of kind \"set\"",
        ),
        (
            with(
                "[[element]]\n",
                "[[element]]\nname = \"elm\"\naddress = \"192.0.2.21:5060\"\n[[element]]\n",
            ),
            "duplicate",
            "elm",
        ),
    ] {
        let found = findings(&text);
        let said = |one: &strowger_tools::Finding| {
            one.code == code && one.level == Level::Error && one.text.contains(expected)
        };
        assert!(found.iter().any(said), "{code} {expected}: {found:#?}");
        assert!(found.iter().all(|one| !one.text.contains(secret) && !one.text.contains("471193")));
    }
    let other = compiled(&with("08:00:0f:12:34:56", "08:00:0f:12:34:57"));
    let [old, new] = [&compiled(&with("", "")), &other].map(|office| office.image.clone());
    let [old, new] = [&old, &new].map(|image| Image::load(image, &mut crypto()).unwrap());
    let shown = strowger_tools::diff::diff(&old, &new).expect("small").to_text();
    assert!(
        shown.contains(
            "set of device 301: console-8, 08:00:0f:12:34:57, before: console-8, 08:00:0f:12:34:56"
        ),
        "{shown}"
    );
}

/// `transport` of a device is what it may use, all by default; of a trunk how it is reached, by default as DNS says.
#[test]
fn transports_are_those_that_are_listed() {
    let secure = OFFICE.replace("host = \"192.0.2.1:5060\"", "host = \"192.0.2.1\"\ntransport = \"tls\"");
    for (text, trunk) in [(OFFICE, None), (&secure, Some(Transport::Tls))] {
        let office = compiled(text);
        let image = Image::load(&office.image, &mut crypto()).unwrap();
        assert_eq!(image.trunks().get(0).unwrap().transport(), trunk);
    }
    for (listed, may) in [
        ("", [true, true, true]),
        ("transport = [\"tls\"]\n", [false, false, true]),
        ("transport = [\"tcp\", \"udp\"]\n", [true, true, false]),
    ] {
        let office = compiled(&format!("{OFFICE}{listed}"));
        let image = Image::load(&office.image, &mut crypto()).unwrap();
        let row = image.devices().get(1).unwrap();
        assert_eq!(Transport::ALL.map(|transport| row.may_use(transport)), may, "{listed}");
        let other = image.devices().get(0).unwrap();
        assert!(Transport::ALL.iter().all(|transport| other.may_use(*transport)));
    }
    let nothing = compile_str(&format!("{OFFICE}transport = []\n"), "policy.toml");
    let Err(findings) = nothing else { panic!("it may come no way at all") };
    assert!(
        findings.iter().any(|finding| finding.to_string().contains("transport lists nothing")),
        "{findings:?}"
    );
}

#[test]
fn forced_codes_ask_and_most_digits_refuse() {
    let forced = |feature: &str| {
        OFFICE.replace("name = \"Staff\"", &format!("name = \"Staff\"\nfeatures = [\"{feature}\"]"))
    };
    let text = forced("forced-verified-account-code");
    assert_eq!(rule(&text, "201", "202"), "account-code.forced-verified", "internal calls too (R44)");
    assert_eq!(rule(&text, "201", "911"), "emergency");
    let text = forced("forced-non-verified-account-code");
    assert_eq!(rule(&text, "201", "202"), "internal");
    assert_eq!(rule(&text, "201", "95550123"), "account-code.forced", "after the number (R45)");
    let exempt =
        text.replace("id = 1\ntrunk = \"harbour\"", "id = 1\naccount_code = false\ntrunk = \"harbour\"");
    assert_eq!(rule(&exempt, "201", "95550123"), "route", "R46");
    assert_eq!(rule(&exempt, "201", "916135550123"), "account-code.forced");

    let limited = format!("{OFFICE}[[max_digits]]\ncor = 2\ndigits = 7\n");
    assert_eq!(rule(&limited, "202", "95550123"), "max-digits", "R20");
    assert_eq!(rule(&limited, "202", "201"), "internal");
    assert_eq!(rule(&limited, "201", "95550123"), "route");
}

#[test]
fn a_code_given_apart_is_the_only_one_in_front() {
    let codes = "[features]\naccount_code = \"*33\"\n[[account_code]]\ncode = \"43219\"\nkind = \"verified\"\ncos = 1\ncor = 1\n";
    let permitted = "name = \"Staff\"\nfeatures = [\"verified-account-code\"]";
    let office = compiled(&(OFFICE.replace("name = \"Staff\"", permitted) + codes));
    let image = Image::load(&office.image, &mut crypto()).unwrap();
    let keyring = Keyring::load(&office.keyring, &image, &mut crypto()).unwrap();
    let ask = |code: Option<&str>, dialed: &str| {
        let question = Question { code, ..Question::of_device(&image, "201", dialed).unwrap() };
        explain(&image, Some(&keyring), &question)
    };
    for number in ["95550123", "202", "0", "*33", "*3343219#95550123"] {
        let whole = format!("*3343219#{number}");
        let (apart, whole) = (ask(Some("43219"), number), ask(None, &whole));
        assert_eq!((apart.rule, apart.cos, apart.cor), (whole.rule, whole.cos, whole.cor), "{number}");
    }
    assert_eq!(ask(Some("43219"), "*33").rule, "number.vacant", "a feature code is no number");
}

#[test]
fn r21_classes_decide_on_what_is_outpulsed() {
    let abroad = "[[ars]]\nleading = \"9\"\ndigits = \"011\"\nfollow = \"unknown\"\nuse = { route = 1 }\n";
    let text = format!("{OFFICE}{abroad}");
    assert_eq!(rule(&text, "201", "9011442079460018"), "class.denied", "strict denies international");
    let open = format!("{text}[class_defaults]\ninternational = \"allow\"\n");
    assert_eq!(rule(&open, "201", "9011442079460018"), "route");
    // R21, hole 16: a modification that turns a local number into a premium one is caught.
    let smuggled = OFFICE.replace("absorb = 1", "absorb = 2\ninsert = \"1900\"");
    assert_eq!(rule(&smuggled, "201", "95550123"), "class.denied");
    let dear = format!(
        "{OFFICE}[[number_class]]\nname = \"dear\"\nprefixes = [\"1416\"]\naction = \"deny\"\ncor_group = 2\n"
    );
    assert_eq!(rule(&dear, "201", "914165550123"), "route", "COR 1 is not of the group");
    let dear = dear
        .replace("members = \"2,5-7\"", "members = \"1,5-7\"")
        .replace("cor_group = 2\n[[route]]", "cor_group = 1\n[[route]]");
    assert_eq!(rule(&dear, "201", "914165550123"), "class.denied");
    assert_eq!(rule(&dear, "201", "916135550123"), "route");
}

#[test]
fn trusted_ranges_name_their_trunk_the_narrowest_first() {
    let trusted = OFFICE.replace("cor = 9", "cor = 9\ntrusted = [\"192.0.2.0/24\", \"2001:db8::/32\"]");
    let office = compiled(&trusted);
    let image = Image::load(&office.image, &mut crypto()).unwrap();
    let of = |address: &str| image.trunk_by_source(address.parse().unwrap());
    assert_eq!((of("192.0.2.7"), of("192.0.3.7")), (Some(0), None));
    assert_eq!((of("2001:db8::1"), of("2001:db9::1")), (Some(0), None));
}

#[test]
fn what_a_code_that_waits_means_is_said_and_is_so() {
    let text = format!("{OFFICE}[features]\nservice_mode = \"*39\"\n");
    let told = remarks(&text, Level::Info);
    let line = "`features.service_mode` is checked but not in force in this version: the number is kept free: who dials it gets vacant number";
    assert!(told.contains(line), "{told}");
    assert_eq!(dial(&compiled(&text), "201", "*391").0, "number.vacant");
}

#[test]
fn a_key_that_waits_is_reported_once_with_a_count() {
    let text = OFFICE.replace("dn = \"20", "max_contacts = 2\ndn = \"20");
    let waiting = remarks(&text, Level::Info)
        .lines()
        .filter(|line| line.contains("not-in-force"))
        .collect::<Vec<_>>()
        .join("\n");
    let expected = "office.toml:60:1: info[not-in-force]: `device.max_contacts` is checked but not in force in this version: \
         it has no effect (2 places)";
    assert_eq!(waiting, expected);
}

/// The shared example of the language, when it is there.
#[test]
fn the_sample_has_no_error() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/policy-sample.toml");
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let compiled = compile_str(&text, "policy-sample.toml")
                .unwrap_or_else(|findings| panic!("{}", list(&findings)));
            assert_eq!(dial(&compiled, "201", "95550123").1, Some(1));
            assert_eq!(dial(&compiled, "201", "90114412345").0, "cor.route");
            assert_eq!(dial(&compiled, "203", "911").0, "emergency");
        }
        Err(why) if std::env::var("CI").is_ok_and(|ci| ci == "true") => panic!("{}: {why}", path.display()),
        Err(why) => println!("not checked: {}: {why}", path.display()),
    }
}

/// `[alarm]` is in the keyring, whole or not at all: a phone's keyring has none of it, and it is in front of codes and PINs without disturbing them.
#[test]
fn where_alarms_go_is_in_the_keyring() {
    let codes = "[[account_code]]\ncode = \"83562947\"\nkind = \"verified\"\ncos = 1\ncor = 1\n";
    let url = "https://alarms.example/hook?key=s3cret";
    for (alarm, told) in [
        ("", (false, "")),
        ("[alarm]\nsyslog = true\n", (true, "")),
        ("[alarm]\nwebhook = \"https://alarms.example/hook?key=s3cret\"\n", (false, url)),
        ("[alarm]\nsyslog = true\nwebhook = \"https://alarms.example/hook?key=s3cret\"\n", (true, url)),
    ] {
        let compiled = compiled(&format!("{OFFICE}\n{codes}{alarm}"));
        let mut crypto = crypto();
        let image = Image::load(&compiled.image, &mut crypto).unwrap();
        let keyring = Keyring::load(&compiled.keyring, &image, &mut crypto).unwrap();
        assert_eq!(keyring.alarms(), told);
        assert!(
            keyring.account_code(b"83562947", &mut crypto).is_some()
                && keyring.account_code(b"83562948", &mut crypto).is_none()
        );
        assert!(!compiled.image.windows(6).any(|octets| octets == b"s3cret"), "a phone has the image too");
        let own = keyring_for(&compiled, "201").unwrap();
        assert_eq!(Keyring::load(&own, &image, &mut crypto).unwrap().alarms(), (false, ""));
        // Cut anywhere it is refused.
        for len in 0..compiled.keyring.len() {
            assert!(Keyring::load(&compiled.keyring[..len], &image, &mut crypto).is_err(), "{len} octets");
        }
    }
    for wrong in
        ["ftp://alarms.example", "https://", "http:///path", "alarms.example", "https://alarms.example/a b"]
    {
        let text = format!("{OFFICE}\n[alarm]\nwebhook = \"{wrong}\"\n");
        let findings = compile_str(&text, "policy.toml").unwrap_err();
        assert!(
            findings.iter().any(|finding| finding.text.contains("an http or https URL")),
            "{wrong}: {findings:?}"
        );
    }
}
