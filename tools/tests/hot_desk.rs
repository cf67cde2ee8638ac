//! Hot-desk users in the policy: what is compiled, what is wrong, and what `explain` and `diff` say of them.

mod common;

use common::{OFFICE, compiled, crypto, remarks};
use strowger::base::Soft;
use strowger::policy::{Feature, Image, Keyring, Party};
use strowger_tools::diff::diff;
use strowger_tools::explain::{Question, acting, explain};
use strowger_tools::{Level, keyring_for};

const DESKS: &str = r#"[[cos]]
id = 7
name = "Desks"
features = ["hot-desk-accept"]
[[cos]]
id = 8
name = "Guests"
features = ["hot-desk-login", "transfer"]
[[device]]
dn = "203"
password = "rope-over-the-rail-3"
digest = ["sha-256"]
cos = 7
cor = 2
interconnect = 3
[features]
hot_desk_login = "*50"
hot_desk_logout = "*51"
[[hunt_group]]
dn = "600"
kind = "linear"
members = ["201"]
[[user]]
dn = "401"
name = "Pilot"
pin = "864205"
cos = 8
cor = { day = 1, night1 = 2, night2 = 2 }
no_answer_to = "202"
logout_after_min = 600
[[user]]
dn = "402"
cos = 8
cor = 2
"#;

fn with(more: &str) -> String {
    format!("{OFFICE}{DESKS}{more}")
}

/// Behind the phones, in the order of the file, and hunt groups behind them.
#[test]
fn users_stand_between_phones_and_hunt_groups() {
    let office = compiled(&with(""));
    let image = Image::load(&office.image, &mut crypto()).unwrap();
    let row = |dn: &[u8]| image.device_by_dn(dn).unwrap();
    assert_eq!((image.phones(), row(b"401"), row(b"402"), row(b"600")), (3, 3, 4, 5));
    assert_eq!((image.user(row(b"401")), image.user(row(b"402"))), (Some(0), Some(1)));
    assert_eq!((image.user(row(b"203")), image.user(row(b"600"))), (None, None));
    assert!(image.hunt_group(row(b"600")).is_some() && image.hunt_group(row(b"402")).is_none());
    assert_eq!((image.phone_by_dn(b"401"), image.device_by_username(b"401")), (None, None));
    assert_eq!(image.users().iter().map(|row| row.logout_min).collect::<Vec<_>>(), [600, 0]);
    assert_eq!(image.text(image.forwards_of(3).unwrap().no_answer), "202");
}

/// The PIN is in the keyring, bound to its user, and not in the image, nor in a phone's own line.
#[test]
fn pins_are_kept_apart_and_belong_to_their_users() {
    let office = compiled(&with("[[user]]\ndn = \"403\"\npin = \"864205\"\ncos = 8\ncor = 2\n"));
    let image = Image::load(&office.image, &mut crypto()).unwrap();
    let keyring = Keyring::load(&office.keyring, &image, &mut crypto()).unwrap();
    let is = |user, pin: &[u8]| keyring.is_pin(user, pin, &mut Soft::new(&[1; 32]));
    assert_eq!(
        [is(0, b"864205"), is(0, b"864206"), is(0, b""), is(0, b"8642051")],
        [Some(true), Some(false), Some(false), Some(false)]
    );
    assert_eq!((is(1, b""), is(2, b"864205"), is(3, b"")), (None, Some(true), None));
    for octets in [&office.image, &office.keyring] {
        assert!(!octets.windows(6).any(|part| part == b"864205"));
    }
    let own = keyring_for(&office, "203").unwrap();
    assert_eq!(Keyring::load(&own, &image, &mut crypto()).unwrap().is_pin(0, b"864205", &mut crypto()), None);
    // The same PIN of two users leaves two marks.
    let tail: Vec<_> = office.keyring.chunks(1).rev().take(36).flatten().collect();
    assert_ne!(tail[2..18], tail[20..36]);
}

#[test]
fn what_is_wrong_with_a_user_is_said_where_it_stands() {
    for (more, said) in [
        ("[[user]]\ndn = \"403\"\ncor = 1\n", "error[missing-key]: user 403: missing key `cos`"),
        ("[[user]]\ndn = \"403\"\ncos = 8\n", "error[missing-key]: user 403: missing key `cor`"),
        (
            "[[user]]\ndn = \"201\"\ncos = 8\ncor = 1\n",
            "error[duplicate]: the number 201 already belongs to device 201",
        ),
        (
            "[[user]]\ndn = \"403\"\ncos = 8\ncor = 1\ndefault_account_code = 9\n",
            "error[dangling]: user 403: there is no system account code 9",
        ),
        (
            "[[user]]\ndn = \"403\"\ncos = 8\ncor = 1\nbusy_to = \"403\"\n",
            "error[forward-to-itself]: user 403: `busy_to` is its own number",
        ),
        (
            "[[user]]\ndn = \"403\"\ncos = 8\ncor = 1\nbusy_to = \"95550123\"\n",
            "warning[forward-denied]: user 403: no call can go to 95550123, where `busy_to` sends them",
        ),
        (
            "[[hunt_group]]\ndn = \"601\"\nkind = \"linear\"\nmembers = [\"401\"]\n",
            "error[bad-value]: hunt group 601: 401 is a hot-desk user, and a member is a device",
        ),
        ("[emergency]\nnotify = [\"401\"]\n", "error[dangling]: emergency: `notify` names 401"),
        (
            "[[pickup_group]]\nid = 1\nmembers = [\"401\"]\n",
            "error[dangling]: pickup group 1: no device has the number 401",
        ),
    ] {
        let all = remarks(&with(more), Level::Warning);
        assert!(all.contains(said), "{said}\n{all}");
    }
}

/// R18, R41: the user's classes, the phone's Interconnect Number.
#[test]
fn explain_answers_for_a_user_at_a_phone() {
    let office = compiled(&with("[interconnect]\nrestricted = [ { from = 3, to = 1 } ]\n"));
    let image = Image::load(&office.image, &mut crypto()).unwrap();
    let ask = |dialed| explain(&image, None, &Question::of_user(&image, "401", "203", dialed).unwrap());
    let answer = ask("916135550123");
    assert_eq!((answer.verdict, answer.cos, answer.cor, answer.route), ("allow", 8, 1, Some(2)));
    assert_eq!((answer.from.as_str(), answer.authority.as_str()), ("401", "user:401"));
    let text = answer.to_text();
    assert!(
        text.starts_with("User 401 (Pilot), logged in at device 203, dials 916135550123 in mode day."),
        "{text}"
    );
    let alone = explain(&image, None, &Question::of_device(&image, "203", "916135550123").unwrap());
    assert_eq!((alone.rule, alone.cor), ("cor.route", 2));
    let inside = ask("202");
    assert_eq!((inside.rule, inside.interconnect), ("interconnect", Some([3, 1])));
    assert_eq!((ask("401").rule, ask("203").rule, ask("402").rule), ("call.self", "call.self", "internal"));
    assert!(
        ask("402").to_text().contains("it rings User 402, which asks for the phone where he is logged in")
    );
    assert!(Question::of_user(&image, "201", "203", "202").is_none());
    assert!(Question::of_user(&image, "401", "402", "202").is_none());
}

/// Who calls a user, and who transfers as one.
#[test]
fn the_command_line_asks_for_the_phone_of_a_user() {
    let office = compiled(&with("[interconnect]\nrestricted = [ { from = 1, to = 3 } ]\n"));
    let image = Image::load(&office.image, &mut crypto()).unwrap();
    let ask = |via, by, dialed, at| acting(&image, via, by, dialed, at);
    let (acts, _) = ask(Some("user:401"), None, Some("203"), None).unwrap();
    assert_eq!(acts, Some((Feature::Desk, Party::Device(3))));
    let question = Question { acting: acts, ..Question::of_device(&image, "201", "203").unwrap() };
    assert_eq!(explain(&image, None, &question).rule, "interconnect");
    let (acts, _) = ask(None, Some("401"), Some("202"), Some("203")).unwrap();
    assert_eq!(acts, Some((Feature::Transfer, Party::User { user: 0, at: 2 })));
    let question = Question { acting: acts, ..Question::of_device(&image, "201", "202").unwrap() };
    let answer = explain(&image, None, &question);
    assert_eq!((answer.rule, answer.authority.as_str()), ("internal", "user:401"));
    for (via, by, dialed, at, said) in [
        (Some("user:201"), None, Some("203"), None, "there is no user 201"),
        (Some("user:401"), None, None, None, "what is dialed? --dial DIGITS"),
        (Some("user:401"), None, Some("299"), None, "there is no device 299"),
        (None, Some("401"), Some("202"), None, "401 is a hot-desk user: at which phone? --at-device DN"),
        (None, Some("401"), Some("202"), Some("402"), "there is no device 402"),
    ] {
        let told = ask(via, by, dialed, at).unwrap_err();
        assert!(told == said || dialed.is_none(), "{told}");
    }
}

#[test]
fn diff_tells_what_a_user_may_and_where_his_calls_go() {
    let old = compiled(&with(""));
    let new = with("")
        .replace("cor = { day = 1, night1 = 2, night2 = 2 }", "cor = 2")
        .replace("logout_after_min = 600", "logout_after_min = 60")
        .replace("hot_desk_logout = \"*51\"\n", "");
    let new = compiled(&new);
    let image = |octets| Image::load(octets, &mut crypto()).unwrap();
    let said = diff(&image(&old.image), &image(&new.image)).unwrap().to_text();
    for line in [
        "401 at 203",
        "COR (day/night1/night2) of user 401",
        "minutes until log-out of user 401",
        "the feature code for hot-desk log-out",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert!(diff(&image(&new.image), &image(&new.image)).unwrap().is_empty());
}
