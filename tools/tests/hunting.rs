//! Hunt groups in the policy: what is compiled, what is wrong, and what `explain`, `diff` and `prove` say of them.

mod common;

use common::{OFFICE, compiled, crypto, remarks};
use strowger::policy::rows::{CIRCULAR, LINEAR};
use strowger::policy::{Feature, Image, Party};
use strowger_tools::Level;
use strowger_tools::diff::diff;
use strowger_tools::explain::{Question, acting, explain};
use strowger_tools::prove::{Options, prove_text};

fn with(kind: &str, members: &str, more: &str) -> String {
    format!("{OFFICE}[[hunt_group]]\ndn = \"600\"\nkind = \"{kind}\"\nmembers = [{members}]\n{more}\n")
}

#[test]
fn groups_are_the_last_rows_of_the_device_table_with_their_members_in_order() {
    for (kind, number) in [("linear", LINEAR), ("circular", CIRCULAR)] {
        let octets = compiled(&with(kind, "\"202\", \"201\"", "busy_to = \"201\"\ncos = 1\ncor = 2"));
        let image = Image::load(&octets.image, &mut crypto()).unwrap();
        let phones = image.phones();
        assert_eq!(image.devices().len(), phones + 1);
        let device = image.device_by_dn(b"600").unwrap();
        assert_eq!((device as usize, image.phone_by_dn(b"600")), (phones, None));
        let group = image.hunt_group(device).unwrap();
        assert_eq!((group.kind, group.member_s), (number, 15));
        let members: Vec<_> = (0..3).map(|place| image.hunt_member(&group, place)).collect();
        assert_eq!(members, [image.device_by_dn(b"202"), image.device_by_dn(b"201"), None]);
        assert!((0..phones as u32).all(|device| image.hunt_group(device).is_none()));
        assert!(image.hunt_group(device + 1).is_none());
        // Nobody logs in as it.
        assert_eq!(image.device_by_username(b"600"), None);
        assert_eq!(image.device_by_username(b""), None);
        assert_eq!(image.text(image.forwards_of(device).unwrap().busy), "201");
    }
}

#[test]
fn what_is_wrong_with_a_group_is_said_where_it_stands() {
    let other = "[[hunt_group]]\ndn = \"601\"\nkind = \"linear\"\nmembers = [\"201\"]\n";
    let many = (0..65).map(|n| format!("\"{}\"", 300 + n)).collect::<Vec<_>>().join(", ");
    for (members, more, said) in [
        ("\"299\"", "", "error[dangling]: hunt group 600: no device has the number 299"),
        ("\"201\", \"201\"", "", "error[duplicate]: hunt group 600: 201 is named twice"),
        (
            "\"601\"",
            other,
            "error[bad-value]: hunt group 600: 601 is a hunt group, and a member is a device; calls that no member takes can go there by `no_answer_to` or `busy_to`",
        ),
        (many.as_str(), "", "error[too-many]: hunt group 600: 65 members; it can have 64"),
        ("", "", "warning[hunt-group-empty]: hunt group 600: it has no members, so nobody ever rings for it"),
        (
            "\"201\"",
            "busy_to = \"202\"\ncor = 1",
            "error[missing-key]: hunt group 600: missing key `cos`: where `busy_to` sends its calls is decided by the group's own classes",
        ),
        (
            "\"201\"",
            "no_answer_to = \"600\"\ncos = 1\ncor = 1",
            "error[forward-to-itself]: hunt group 600: `no_answer_to` is its own number; name another, or leave it out",
        ),
        (
            "\"201\"",
            "no_answer_to = \"299\"\ncos = 1\ncor = 1",
            "warning[forward-denied]: hunt group 600: no call can go to 299, where `no_answer_to` sends them",
        ),
    ] {
        let all = remarks(&with("linear", members, more), Level::Warning);
        assert!(all.lines().any(|line| line.contains(said)), "{said}\n{all}");
    }
    for kind in ["ring-all", "linear", "circular"] {
        let all = remarks(&with(kind, "\"201\"", ""), Level::Info);
        assert!(!all.contains("not-in-force"), "{kind}: {all}");
    }
}

#[test]
fn no_pickup_group_and_no_notice_names_a_group() {
    for more in ["[[pickup_group]]\nid = 1\nmembers = [\"600\"]\n", "[emergency]\nnotify = [\"600\"]\n"] {
        let all = remarks(&with("linear", "\"201\"", more), Level::Error);
        assert!(all.contains("no device has") && all.contains("600"), "{all}");
    }
}

#[test]
fn explain_says_whether_a_member_may_ring_for_a_caller() {
    let text = with("linear", "\"202\"", "").replace("cor = 2\n", "cor = 2\ninterconnect = 2\n");
    for (matrix, rule) in
        [("", "internal"), ("[interconnect]\nrestricted = [ { from = 1, to = 2 } ]\n", "interconnect")]
    {
        let octets = compiled(&format!("{text}{matrix}"));
        let image = Image::load(&octets.image, &mut crypto()).unwrap();
        let group = Party::Device(image.device_by_dn(b"600").unwrap());
        let question = |dialed| Question::of_device(&image, "201", dialed).unwrap();
        // The group itself is a number like others, whoever its members are.
        let whole = explain(&image, None, &question("600"));
        assert_eq!(whole.rule, "internal");
        let said = "Allowed: it rings Hunt group 600, which asks for each of its members.";
        assert!(whole.to_text().contains(said), "{}", whole.to_text());
        let asked = Question { acting: Some((Feature::Hunt, group)), ..question("202") };
        let answer = explain(&image, None, &asked);
        assert_eq!((answer.rule, answer.interconnect), (rule, Some([1, 2])));
        let text = answer.to_text();
        assert!(text.contains("hunt group 600"), "{text}");
    }
}

#[test]
fn diff_tells_who_joins_a_group_and_where_its_calls_go() {
    let old = compiled(&with("linear", "\"201\"", ""));
    let new = compiled(&with("circular", "\"202\", \"201\"", "busy_to = \"201\"\ncos = 1\ncor = 1"));
    let image = |octets| Image::load(octets, &mut crypto()).unwrap();
    let said = diff(&image(&old.image), &image(&new.image)).unwrap().to_text();
    for line in [
        "members of hunt group 600",
        "order of hunt group 600",
        "COS (day/night1/night2) of hunt group 600",
        "where calls go on busy of hunt group 600",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert!(diff(&image(&new.image), &image(&new.image)).unwrap().is_empty());
}

#[test]
fn prove_follows_calls_to_groups() {
    let promise = "[[assert]]\nnever = { from = \"any\", to = \"device:600\" }";
    let options = Options { states: 20_000, ..Options::default() };
    let proof = prove_text(&with("linear", "\"201\"", promise), &options, &mut |_| {}).unwrap();
    let found = proof.violation.as_ref().unwrap_or_else(|| panic!("{}", proof.to_text()));
    assert_eq!(found.invariant, "assert", "{}", proof.to_text());
    assert!(found.trace.iter().any(|(_, what)| what.contains("dials 600")), "{}", proof.to_text());
}

/// What `--via` says of groups, and that nobody asks for a group as if it had a phone.
#[test]
fn the_command_line_names_groups_members_and_what_they_may_not_be_asked() {
    let octets = compiled(&with("linear", "\"202\"", "busy_to = \"201\"\ncos = 1\ncor = 1"));
    let image = Image::load(&octets.image, &mut crypto()).unwrap();
    let group = Party::Device(image.device_by_dn(b"600").unwrap());
    let ask = |via, dialed| acting(&image, Some(via), None, dialed, None);
    assert_eq!(ask("hunt:600", Some("202")), Ok((Some((Feature::Hunt, group)), false)));
    let overflow = Feature::Forward { user: false };
    assert_eq!(ask("forward:600", Some("201")), Ok((Some((overflow, group)), false)));
    for (via, dialed, said) in [
        ("hunt:600", Some("201"), "201 is no member of the hunt group 600"),
        ("hunt:600", Some("299"), "299 is no member of the hunt group 600"),
        ("hunt:600", None, "which member? --dial DN"),
        ("hunt:201", Some("202"), "there is no hunt group 201"),
        ("pickup:600", None, "600 is a hunt group, and has no phone"),
    ] {
        assert_eq!(ask(via, dialed), Err(said.to_owned()), "{via}");
    }
    assert!(Question::of_device(&image, "600", "201").is_none());
}
