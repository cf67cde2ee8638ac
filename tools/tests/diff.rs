//! What `strowger diff` says of each kind of change, word for word, and its exit statuses.

mod common;

use common::{OFFICE, compiled, crypto};
use std::process::{Command, Output};
use strowger::policy::Image;
use strowger_tools::diff::{Difference, diff};

/// Two versions of the office: what both have besides, what is changed (nothing for what: it is added), what is said.
struct Case {
    besides: &'static str,
    changes: &'static [(&'static str, &'static str)],
    said: &'static str,
}

fn compare(old: &str, new: &str) -> Difference {
    let (old, new) = (compiled(old), compiled(new));
    let image = |octets| Image::load(octets, &mut crypto()).unwrap();
    diff(&image(&old.image), &image(&new.image)).unwrap()
}

impl Case {
    fn policies(&self) -> (String, String) {
        let old = format!("{OFFICE}{}", self.besides);
        let mut new = old.clone();
        for (what, by) in self.changes {
            assert!(new.contains(what), "{what}");
            new = if what.is_empty() { new + by } else { new.replace(what, by) };
        }
        (old, new)
    }

    #[track_caller]
    fn holds(&self) {
        let (old, new) = self.policies();
        let said = compare(&old, &new).to_text();
        assert_eq!(said, self.said.trim(), "\n{said}\n");
        assert_eq!(compare(&new, &new), Difference::default());
    }
}

#[test]
fn a_cor_group_that_opens_a_route() {
    Case {
        besides: "",
        changes: &[(r#"members = "2,5-7""#, r#"members = "5-7""#)],
        said: r#"
Newly allowed:
  device 202 newly reaches fixed-or-mobile, local, national, shared-cost and toll-free by row 3 (91NXXNXXXXXX), in every mode; before: cor.route
Denied as before, for another reason:
  device 202 still does not reach directory-assistance, international, premium and unknown by row 3 (91NXXNXXXXXX), in every mode: class.denied, before: cor.route
"#,
    }
    .holds();
}

#[test]
fn a_number_class_that_is_allowed() {
    Case {
        besides: "",
        changes: &[(r#"[[cos]]
id = 1"#, r#"[class_defaults]
international = "allow"
[[cos]]
id = 1"#)],
        said: r#"
Newly allowed:
  device 201 newly reaches international by row 3 (91NXXNXXXXXX), in every mode; before: class.denied
Denied as before, for another reason:
  trunk harbour still does not reach international by row 3 (91NXXNXXXXXX), in every mode: public-to-public, before: class.denied
"#,
    }
    .holds();
}

#[test]
fn a_class_whose_boundary_is_new() {
    Case {
        besides: "",
        changes: &[("", r#"[[number_class]]
name = "dear"
prefixes = ["1416555"]
action = "deny"
"#)],
        said: r#"
No longer allowed:
  2 devices (201-202) no longer reach local by row 2 (9NXXXXXX), in every mode: class.denied
  device 201 no longer reaches fixed-or-mobile by row 3 (91NXXNXXXXXX), in every mode: class.denied
Denied as before, for another reason:
  trunk harbour still does not reach dear by rows 2 (9NXXXXXX) and 3 (91NXXNXXXXXX), in every mode: class.denied, before: public-to-public
"#,
    }
    .holds();
}

#[test]
fn a_device_that_has_no_class_at_night() {
    Case {
        besides: "",
        changes: &[(r#"password = "kettle-on-the-hob"
digest = ["md5"]
cos = 1"#, r#"password = "kettle-on-the-hob"
digest = ["md5"]
cos = { day = 1, night1 = 0, night2 = 1 }"#)],
        said: r#"
No longer allowed:
  device 202 no longer reaches device 201, night1: cos.none
  device 202 no longer reaches local and shared-cost by row 2 (9NXXXXXX), night1: cos.none
Denied as before, for another reason:
  device 202 still does not reach directory-assistance by row 2 (9NXXXXXX), night1: cos.none, before: class.denied
  device 202 still does not reach row 3 (91NXXNXXXXXX), night1: cos.none, before: cor.route
"#,
    }
    .holds();
}

#[test]
fn a_device_comes_and_one_goes() {
    Case {
        besides: "",
        changes: &[(r#"dn = "202""#, r#"dn = "203""#)],
        said: r#"
Newly allowed:
  device 203 is new: reaches device 201, in every mode
  device 201 and trunk harbour newly reach device 203, in every mode; before: number.vacant
  device 203 is new: reaches local and shared-cost by row 2 (9NXXXXXX), in every mode
  device 203 is new: reaches emergency numbers 911 (row 4) and 9911 (row 5), in every mode
No longer allowed:
  device 201 and trunk harbour no longer reach device 202, in every mode: number.vacant
  device 202 is gone: no longer reaches device 201, in every mode
  device 202 is gone: no longer reaches local and shared-cost by row 2 (9NXXXXXX), in every mode
  device 202 is gone: no longer reaches emergency numbers 911 (row 4) and 9911 (row 5), in every mode
"#,
    }
    .holds();
}

#[test]
fn a_row_comes() {
    Case {
        besides: "",
        changes: &[("", r#"[[ars]]
leading = "9"
digits = "1613NXXXXXX"
use = { route = 1 }
"#)],
        said: r#"
Newly allowed:
  device 202 newly reaches local by row 6 (91613NXXXXXX), before row 3 (91NXXNXXXXXX), in every mode; before: cor.route
Denied as before, for another reason:
  device 202 still does not reach directory-assistance by row 6 (91613NXXXXXX), before row 3 (91NXXNXXXXXX), in every mode: class.denied, before: cor.route
"#,
    }
    .holds();
}

#[test]
fn a_row_goes() {
    Case {
        besides: "",
        changes: &[(r#"[[ars]]
leading = "9"
digits = "NXXXXXX"
use = { route = 1 }
"#, "")],
        said: r#"
No longer allowed:
  2 devices (201-202) no longer reach local and shared-cost by row 2 (9NXXXXXX) of the old policy, in every mode: number.vacant
Denied as before, for another reason:
  2 devices (201-202) and trunk harbour still do not reach directory-assistance by row 2 (9NXXXXXX) of the old policy, in every mode: number.vacant, before: class.denied
  trunk harbour still does not reach row 2 (9NXXXXXX) of the old policy, in every mode: number.vacant, before: public-to-public
"#,
    }
    .holds();
}

#[test]
fn leading_digits_are_closed() {
    Case {
        besides: "",
        changes: &[(r#"[[ars]]
leading = "9"
[[ars]]"#, r#"[[ars]]
leading = "9"
cor_group = 2
[[ars]]"#)],
        said: r#"
No longer allowed:
  device 202 no longer reaches local and shared-cost by row 2 (9NXXXXXX), in every mode: cor.leading
Denied as before, for another reason:
  device 202 still does not reach directory-assistance by row 2 (9NXXXXXX), in every mode: cor.leading, before: class.denied
  device 202 still does not reach row 3 (91NXXNXXXXXX), in every mode: cor.leading, before: cor.route
"#,
    }
    .holds();
}

/// Most numbers of the row do not change: the one that stands for them must not stand for the others.
#[test]
fn leading_digits_close_a_part_of_a_row() {
    let case = Case {
        besides: "[[ars]]\nleading = \"95\"\ncor_group = 1\n",
        changes: &[("leading = \"95\"\ncor_group = 1", "leading = \"95\"\ncor_group = 2")],
        said: r#"
No longer allowed:
  device 202 no longer reaches local by row 2 (9NXXXXXX), in every mode: cor.leading
Denied as before, for another reason:
  device 202 still does not reach directory-assistance by row 2 (9NXXXXXX), in every mode: cor.leading, before: class.denied
"#,
    };
    case.holds();
    let (old, new) = case.policies();
    assert!(compare(&old, &new).no_longer_allowed[0].to[0].example.starts_with("95"));
}

#[test]
fn a_route_plan_that_opens_longer() {
    Case {
        besides: r#"[[route_plan]]
id = 1
zones = [ { days = "mon-fri", from = "08:00", to = "17:00", use = { route = 2 } } ]
[[ars]]
leading = "8"
digits = "NXX"
use = { plan = 1 }
"#,
        changes: &[("17:00", "18:00")],
        said: r#"
Newly allowed:
  device 201 newly reaches emergency numbers by row 6 (8NXX), in every mode, mon-fri 17:00-18:00; before: route-plan.closed
Denied as before, for another reason:
  device 202 still does not reach row 6 (8NXX), in every mode, mon-fri 17:00-18:00: cor.route, before: route-plan.closed
  device 201 and trunk harbour still do not reach directory-assistance, international and unknown by row 6 (8NXX), in every mode, mon-fri 17:00-18:00: class.denied, before: route-plan.closed
  trunk harbour still does not reach row 6 (8NXX), in every mode, mon-fri 17:00-18:00: public-to-public, before: route-plan.closed
"#,
    }
    .holds();
}

#[test]
fn an_emergency_number_goes() {
    Case {
        besides: "",
        changes: &[(r#"[[ars]]
digits = "9911"
outpulse = "911"
emergency = true
use = { route = 9 }
"#, "")],
        said: r#"
No longer allowed:
  2 devices (201-202), trunk harbour and an unknown caller no longer reach emergency number 9911 (row 5) of the old policy, in every mode: number.vacant
  2 devices (201-202) no longer as an emergency call, but as any other, reach local by row 2 (9NXXXXXX), before emergency number 9911 (row 5), in every mode
  an unknown caller no longer reaches row 2 (9NXXXXXX), before emergency number 9911 (row 5), in every mode: cos.none
  trunk harbour no longer reaches row 2 (9NXXXXXX), before emergency number 9911 (row 5), in every mode: public-to-public
"#,
    }
    .holds();
}

#[test]
fn emergency_calls_go_over_another_trunk() {
    Case {
        besides: r#"[[trunk]]
name = "island"
host = "192.0.2.9"
cos = 0
cor = 0
"#,
        changes: &[(r#"id = 9
trunk = "harbour""#, r#"id = 9
trunk = "island""#)],
        said: r#"
Same verdict, other way:
  2 devices (201-202), trunks harbour and island and an unknown caller reach emergency numbers 911 (row 4) and 9911 (row 5), in every mode: over trunk island, before: trunk harbour
"#,
    }
    .holds();
}

#[test]
fn calls_are_sent_otherwise() {
    Case {
        besides: r#"[[digit_modification]]
id = 2
absorb = 2
insert = "101"
"#,
        changes: &[(r#"id = 2
trunk = "harbour"
digit_modification = 1"#, r#"id = 2
trunk = "harbour"
digit_modification = 2"#)],
        said: r#"
No longer allowed:
  device 201 no longer reaches fixed-or-mobile, local, national, shared-cost and toll-free by row 3 (91NXXNXXXXXX), in every mode: class.denied
Denied as before, for another reason:
  trunk harbour still does not reach carrier-access by row 3 (91NXXNXXXXXX), in every mode: class.denied, before: public-to-public
"#,
    }
    .holds();
}

#[test]
fn the_cos_forces_a_code() {
    Case {
        besides: "",
        changes: &[(r#"name = "Staff""#, r#"name = "Staff"
features = ["forced-non-verified-account-code"]"#)],
        said: r#"
Account codes:
  2 devices (201-202) only with an account code now reach local and shared-cost by row 2 (9NXXXXXX), in every mode
  device 201 only with an account code now reaches fixed-or-mobile, local, national, shared-cost and toll-free by row 3 (91NXXNXXXXXX), in every mode
Other differences:
  features of COS 1: forced-non-verified-account-code, before: none
"#,
    }
    .holds();
}

#[test]
fn a_code_opens_more() {
    Case {
        besides: r#"[[cos]]
id = 2
features = ["verified-account-code"]
[[account_code]]
kind = "verified"
name = "Legal"
code = "43219"
cos = 2
cor = 2
[[device]]
dn = "204"
password = "lamp-over-a-quiet-sea"
cos = 2
cor = 2
"#,
        changes: &[(r#"cor = 2
[[device]]
dn = "204""#, r#"cor = 1
[[device]]
dn = "204""#)],
        said: r#"
Newly allowed:
  device 204 newly reaches fixed-or-mobile, local, national, shared-cost and toll-free by row 3 (91NXXNXXXXXX), in every mode, with code Legal; before: cor.route
Denied as before, for another reason:
  device 204 still does not reach directory-assistance, international, premium and unknown by row 3 (91NXXNXXXXXX), in every mode, with code Legal: class.denied, before: cor.route
Other differences:
  account code Legal: verified, COS 2, COR 1, before: verified, COS 2, COR 2
"#,
    }
    .holds();
}

#[test]
fn a_most_of_digits() {
    Case {
        besides: "",
        changes: &[(
            "",
            r#"[[max_digits]]
cor = 2
digits = 8
"#,
        )],
        said: r#"
Denied as before, for another reason:
  device 202 still does not reach row 3 (91NXXNXXXXXX), in every mode: max-digits, before: cor.route
Other differences:
  most digits that COR 2 may dial: 8, before: none
"#,
    }
    .holds();
}

#[test]
fn interconnect_keeps_two_apart() {
    Case {
        besides: "",
        changes: &[
            (
                r#"username = "galley""#,
                r#"username = "galley"
interconnect = 2"#,
            ),
            (
                "",
                r#"[interconnect]
restricted = [ { from = 1, to = 2 } ]
"#,
            ),
        ],
        said: r#"
No longer allowed:
  device 201 no longer reaches device 202, in every mode: interconnect
"#,
    }
    .holds();
}

#[test]
fn a_trunk_may_reach_a_trunk() {
    Case {
        besides: "",
        changes: &[(r#"name = "Staff""#, r#"name = "Staff"
features = ["public-to-public"]"#)],
        said: r#"
Newly allowed:
  trunk harbour newly reaches local and shared-cost by row 2 (9NXXXXXX), in every mode; before: public-to-public
  trunk harbour newly reaches fixed-or-mobile, local, national, shared-cost and toll-free by row 3 (91NXXNXXXXXX), in every mode; before: public-to-public
Other differences:
  features of COS 1: public-to-public, before: none
"#,
    }
    .holds();
}

#[test]
fn a_plus_is_dialed() {
    Case {
        besides: "",
        changes: &[(r#"area_code = "613""#, r#"area_code = "613"
plus_access = "9""#)],
        said: r#"
Newly allowed:
  device 201 newly reaches fixed-or-mobile, local, national, shared-cost and toll-free by row 3 (91NXXNXXXXXX) dialed with +, which is new, in every mode; before: number.vacant
Denied as before, for another reason:
  device 202 still does not reach row 3 (91NXXNXXXXXX) dialed with +, which is new, in every mode: cor.route, before: number.vacant
  device 201 and trunk harbour still do not reach directory-assistance, international, premium and unknown by row 3 (91NXXNXXXXXX) dialed with +, which is new, in every mode: class.denied, before: number.vacant
  trunk harbour still does not reach row 3 (91NXXNXXXXXX) dialed with +, which is new, in every mode: public-to-public, before: number.vacant
"#,
    }
    .holds();
}

#[test]
fn limits_calendar_and_the_rest() {
    Case {
        besides: "",
        changes: &[
            (
                "",
                r#"[limits]
public_calls_at_once = 4
[[schedule]]
mode = "night1"
days = "mon-fri"
from = "18:00"
to = "08:00"
[[holiday]]
date = "2026-12-25"
mode = "night2"
"#,
            ),
            (
                r#"default_cesid = "6135550100""#,
                r#"default_cesid = "6135550111"
timezone = "America/Toronto""#,
            ),
            (
                r#"username = "galley""#,
                r#"username = "galley"
location = "Galley"
cesid = "6135550122""#,
            ),
            (
                r#"host = "192.0.2.1:5060""#,
                r#"host = "192.0.2.1:5060"
channels = 9
trusted = ["192.0.2.0/30"]
inbound = [ { did = "61355501XX", to = "2XX" } ]"#,
            ),
        ],
        said: r#"
Other differences:
  limit of public calls at once: 4, before: 2
  service mode mon-fri 00:00-08:00 and 18:00-24:00: night1, before: day
  service mode of the holiday 2026-12-25: night2, before: by schedule
  time zone: America/Toronto, before: UTC
  emergency call-back number of device 201 and an unknown caller: 6135550111, before: 6135550100
  emergency call-back number of device 202: 6135550122, before: 6135550100
  emergency location of device 202: Galley, before: none
  channels of trunk harbour: 9, before: 8
  addresses of trunk harbour: 192.0.2.0/30, before: none
  numbers called over trunk harbour: as listed, before: nowhere
  numbers called over trunk harbour, such as 6135550100: 61355501XX to 2XX, before: none
"#,
    }
    .holds();
}

#[test]
fn media_is_encrypted_otherwise() {
    Case {
        besides: "",
        changes: &[
            (
                "",
                "[media]\nsdes_over_clear = \"deny\"\nrtpengine = \"127.0.0.1:2223\"\nvideo = \"refuse\"\n[[zone]]\nname = \"home\"\n[[media_path]]\nbetween = [\"home\", \"default\"]\npath = \"anchored\"\n",
            ),
            (r#"username = "galley""#, "username = \"galley\"\nsrtp = \"required\""),
            (r#"host = "192.0.2.1:5060""#, "host = \"192.0.2.1:5060\"\nsrtp = \"off\""),
        ],
        said: r#"
Other differences:
  SRTP keys over clear signalling: denied, before: allowed
  video: refused, before: passed
  media relay: 127.0.0.1:2223, before: none
  media between zones default and home: anchored, before: not listed
  encryption of media of device 202: required, before: best-effort
  emergency route of zone home: that of the row, before: none
  encryption of media of trunk harbour: off, before: best-effort
"#,
    }
    .holds();
}

#[test]
fn every_device_is_named_when_all_are_asked_for() {
    let devices: String = (210..230)
        .zip('a'..)
        .map(|(dn, c)| {
            format!("[[device]]\ndn = \"{dn}\"\npassword = \"oar-{c}-and-{c}-rudder\"\ncos = 1\ncor = 1\n")
        })
        .collect();
    let old = format!("{OFFICE}{devices}");
    let difference = compare(&old, &old.replace("members = \"2,5-7\"", "members = \"1,2,5-7\""));
    assert!(difference.changes_verdicts() && !difference.is_empty());
    let (short, long) = (difference.to_text(), difference.to_full_text());
    assert!(
        short.contains("\n  21 devices (201, 210-229) no longer reach fixed-or-mobile, local,"),
        "{short}"
    );
    assert!(long.contains("\n  21 devices (201, 210, 211, 212, 213,"), "{long}");
    let json: serde_json::Value = serde_json::from_str(&difference.to_json()).unwrap();
    let lost = &json["no_longer_allowed"][0];
    assert_eq!(lost["devices"].as_array().unwrap().len(), 21);
    assert_eq!(lost["to"][0]["new"]["number"], "91NXXNXXXXXX");
    assert_eq!((&lost["before"]["verdict"], &lost["after"]["rule"]), (&"allow".into(), &"cor.route".into()));
    assert_eq!(lost["modes"], serde_json::json!(["day", "night1", "night2"]));
}

#[test]
fn the_exit_status_says_whether_anything_differs() {
    let desk = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(desk.path().join(name), text).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_strowger"));
        let Output { status, stdout, stderr } =
            command.args(arguments).current_dir(desk.path()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    };
    write("old.toml", OFFICE);
    write("new.toml", &OFFICE.replace("members = \"2,5-7\"", "members = \"5-7\""));
    write("bad.toml", &OFFICE.replace("cor = 2\n", "cor = 97\n"));
    write("way.toml", &OFFICE.replace("id = 1\nabsorb = 1", "id = 1\nabsorb = 1\ninsert = \"1613\""));
    assert_eq!(run(&["compile", "old.toml", "-o", "old.stw"]).0, 0);
    let nothing = (0, String::new(), String::new());
    assert_eq!(run(&["diff", "old.toml", "old.toml"]), nothing);
    // The same policy as an image; its keyring is not looked at.
    write("old.keys", "not a keyring");
    assert_eq!(run(&["diff", "old.stw", "old.toml"]), nothing);
    assert_eq!(run(&["diff", "old.toml", "old.toml", "--all"]), nothing);
    let (status, out, err) = run(&["diff", "old.stw", "new.toml"]);
    assert_eq!((status, err.as_str()), (1, ""));
    assert!(out.starts_with("Newly allowed:\n  device 202 newly reaches"), "{out}");
    let (status, out, _) = run(&["diff", "old.toml", "new.toml", "--json"]);
    assert!(
        status == 1
            && out.starts_with("{\"newly_allowed\":[{\"devices\":[\"202\"]")
            && out.lines().count() == 1
    );
    let (status, out, _) = run(&["diff", "old.toml", "old.stw", "--json"]);
    let empty = "{\"newly_allowed\":[],\"no_longer_allowed\":[],\"account_codes\":[],\"other_way\":[],\"other_reason\":[],\"settings\":[]}\n";
    assert_eq!((status, out.as_str()), (0, empty));
    for wrong in ["bad.toml", "nowhere.toml"] {
        let (status, out, err) = run(&["diff", "old.toml", wrong]);
        assert!(status == 2 && out.is_empty() && err.contains("error["), "{err}");
    }
    assert_eq!(run(&["diff", "old.toml"]).0, 2);
}
