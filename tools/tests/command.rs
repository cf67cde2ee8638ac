//! The command line as an administrator meets it.

mod common;

use common::OFFICE;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        std::fs::write(desk.path("office.toml"), OFFICE).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_strowger"))
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    fn change(&self, old: &str, new: &str) {
        std::fs::write(self.path("office.toml"), OFFICE.replace(old, new)).unwrap();
    }

    fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.0.path())
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

#[test]
fn check_answers_with_its_exit_status() {
    let desk = Desk::new();
    let (status, out, err) = desk.run(&["check", "office.toml"]);
    assert_eq!((status, out.lines().count(), err.as_str()), (0, 5, ""));
    assert!(out.lines().all(|line| line.contains(" info[")), "{out}");
    desk.change("digest = [\"md5\"]", "");
    let (status, out, _) = desk.run(&["check", "office.toml"]);
    assert_eq!(status, 1);
    assert!(
        out.lines().any(|line| line.starts_with("office.toml:66:1: warning[digest-sha-256-only]: ")),
        "{out}"
    );
    desk.change("trunk = \"harbour\"", "trunk = \"canal\"");
    let (status, out, _) = desk.run(&["check", "office.toml"]);
    assert_eq!((status, out.lines().filter(|line| line.contains("error[dangling]")).count()), (2, 3));
    let (status, out, _) = desk.run(&["check", "nowhere.toml"]);
    assert!(status == 2 && out.starts_with("nowhere.toml:1:1: error[unreadable]: "), "{out}");
}

#[test]
fn compile_writes_both_files_or_none() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["compile", "office.toml", "-o", "office.stw"]).0, 0);
    assert_eq!(desk.files(), ["office.keys", "office.stw", "office.toml"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |name: &str| std::fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("office.keys"), mode("office.stw") & 0o600), (0o600, 0o600));
    }
    let loaded = |keys: Option<&Path>| strowger_tools::load(&desk.path("office.stw"), keys).unwrap();
    let whole = loaded(None);
    assert_eq!(whole.keyring, strowger_tools::load(&desk.path("office.toml"), None).unwrap().keyring);

    assert_eq!(
        desk.run(&["compile", "office.toml", "-o", "office.stw", "--keys", "phone.keys", "--for", "202"]).0,
        0
    );
    assert_eq!(loaded(Some(&desk.path("phone.keys"))).keyring.unwrap().len(), 84 + 88);

    let before = desk.files();
    desk.change("cor = 2\n", "cor = 97\n");
    let (status, out, err) = desk.run(&["compile", "office.toml", "-o", "other.stw"]);
    assert!(status == 2 && out.is_empty() && err.contains("error[bad-value]"), "{err}");
    desk.change("", "");
    let (status, _, err) = desk.run(&["compile", "office.toml", "-o", "other.stw", "--for", "299"]);
    assert_eq!((status, err.lines().last()), (2, Some("there is no device 299")));
    assert_eq!(desk.run(&["compile", "office.toml", "-o", "gone/other.stw"]).0, 2);
    assert_eq!(desk.run(&["compile", "office.toml", "-o", "same.keys"]).0, 2);
    assert_eq!(desk.files(), before);
}

#[test]
fn explain_prints_one_json_object_with_its_keys_in_order() {
    let desk = Desk::new();
    let ask = |more: &[&str]| desk.run(&[&["explain", "office.toml", "--json"], more].concat());
    let (status, out, err) = ask(&["--from", "202", "--dial", "916135550123"]);
    assert_eq!((status, err.as_str()), (0, ""));
    let expected = concat!(
        r#"{"verdict":"deny","rule":"cor.route","text":"The COR group of the route blocks the caller's COR","from":"202","#,
        r#""dialed":"916135550123","outpulsed":null,"route":2,"trunk":"harbour","class":null,"row":"ars 3 (line 46)","#,
        r#""interconnect":null,"authority":"device:202","cos":1,"cor":2,"mode":"day","skipped":[],"#,
        r#""advice":"COR group 2 (No long distance) of route 2 in line 31 lists COR 2: take 2 out of its members, or give device 202 in line 66 a COR for day that is not among them.","intercept":null}"#,
        "\n"
    );
    assert_eq!(out, expected);
    let (_, out, _) = ask(&["--from", "201", "--dial", "95550123", "--mode", "night2"]);
    assert_eq!(
        out.trim_end(),
        r#"{"verdict":"allow","rule":"route","text":"A call over a route that the caller may use","from":"201","dialed":"95550123","outpulsed":"5550123","route":1,"trunk":"harbour","class":"local","row":"ars 2 (line 42)","interconnect":[1,4],"authority":"device:201","cos":1,"cor":1,"mode":"night2","skipped":[],"advice":null,"intercept":null}"#
    );
    let (_, out, _) = ask(&["--from", "201", "--dial", "9911"]);
    assert!(
        out.contains(r#""verdict":"emergency","rule":"emergency""#)
            && out.contains(r#""outpulsed":"911","route":9"#),
        "{out}"
    );
    let (_, out, _) = ask(&["--trunk", "harbour", "--dial", "95550123"]);
    assert!(
        out.contains(r#""rule":"public-to-public""#) && out.contains(r#""authority":"trunk:harbour""#),
        "{out}"
    );
}

#[test]
fn explain_speaks_plainly() {
    let desk = Desk::new();
    let list = "use = { list = 5 }\n[[route_list]]\nid = 5\nchoices = [ { route = 2 }, { route = 1 } ]\n[[ars]]\ndigits = \"77\"\nuse = { route = 2 }";
    desk.change("use = { route = 2 }", list);
    let (_, out, _) = desk.run(&["explain", "office.toml", "--from", "202", "--dial", "916135550123"]);
    let expected = "Device 202 dials 916135550123 in mode day.\n\
        In force: Class of Service 1, Class of Restriction 2.\n\
        The digits match ars 3 (line 46), which leads to route list 5.\n\
        What is sent is of number class local.\n\
        Route 2 was passed over: the COR group of the route blocks the caller's COR [cor.route].\n\
        Allowed over route 1, trunk harbour, which is sent 16135550123. A call over a route that the caller may use [route].\n";
    assert_eq!(out, expected);
    let (_, out, _) = desk.run(&["explain", "office.toml", "--from", "202", "--dial", "201"]);
    assert!(
        out.ends_with(
            "Allowed: it rings Device 201 (Bar). An internal call, and nothing restricts it [internal].\n"
        ),
        "{out}"
    );
}

#[test]
fn a_compiled_image_answers_like_its_source() {
    let desk = Desk::new();
    desk.run(&["compile", "office.toml", "-o", "office.stw"]);
    for number in ["916135550123", "201", "911", "5"] {
        let ask = |policy: &str| desk.run(&["explain", policy, "--from", "202", "--dial", number, "--json"]);
        assert_eq!(ask("office.stw"), ask("office.toml"));
    }
    let mut image = std::fs::read(desk.path("office.stw")).unwrap();
    *image.last_mut().unwrap() ^= 1;
    std::fs::write(desk.path("office.stw"), image).unwrap();
    let (status, out, err) = desk.run(&["explain", "office.stw", "--from", "202", "--dial", "201"]);
    assert_eq!(
        (status, out.as_str(), err.as_str()),
        (2, "", "office.stw:1:1: error[bad-image]: not a usable image: Checksum\n")
    );
}

#[test]
fn what_it_cannot_answer_it_says() {
    let desk = Desk::new();
    for (option, value, said) in [
        (
            "--via",
            "x",
            "--via x: expected forward:DN, such as forward:202, hunt:DN, user:DN, pickup:DN, retrieve:DN or retrieve-called:DN\n",
        ),
        ("--via", "pickup:202", "--via: nothing is dialed there: leave --dial out\n"),
        ("--via", "forward:299", "there is no device 299\n"),
        ("--via", "hunt:202", "there is no hunt group 202\n"),
        ("--transfer-by", "299", "there is no device 299\n"),
    ] {
        let (status, out, err) =
            desk.run(&["explain", "office.toml", "--from", "201", "--dial", "202", option, value]);
        assert_eq!((status, out.as_str(), err.as_str()), (2, "", said));
    }
    let (status, _, err) =
        desk.run(&["explain", "office.toml", "--from", "201", "--dial", "202", "--at", "noon"]);
    assert_eq!((status, err.as_str()), (2, "--at noon: expected a local time such as 2026-11-22T10:00\n"));
    let user = ["explain", "office.toml", "--user", "401", "--dial", "202"];
    assert!(desk.run(&user).2.contains("--at-device <DN>"), "{}", desk.run(&user).2);
    let (status, _, err) = desk.run(&[&user[..], &["--at-device", "201"]].concat());
    assert_eq!((status, err.as_str()), (2, "there is no user 401, or no device 201\n"));
    let (status, _, err) = desk.run(&["explain", "office.toml", "--from", "299", "--dial", "202"]);
    assert_eq!((status, err.as_str()), (2, "there is no device 299\n"));
    assert_eq!(desk.run(&["explain", "office.toml", "--dial", "202"]).0, 2);
    let (status, _, err) = desk.run(&["explain", "office.toml", "--from", "201", "--via", "forward:202"]);
    assert_eq!((status, err.as_str()), (2, "what is dialed? --dial DIGITS\n"));
    assert_eq!(desk.run(&["fly"]).0, 2);
}

/// Two phones that may call each other.
const TWO: &str = r#"
[system]
realm = "two.example"
[[cos]]
id = 1
[[device]]
dn = "31"
password = "quiet-lamp-over-sea"
digest = ["sha-256"]
cos = 1
cor = 1
[[device]]
dn = "32"
password = "green-boat-under-hill"
digest = ["sha-256"]
cos = 1
cor = 1
"#;

#[test]
fn prove_answers_with_its_exit_status() {
    let desk = Desk::new();
    std::fs::write(desk.path("two.toml"), TWO).unwrap();
    let (status, out, _) = desk.run(&["prove", "two.toml"]);
    assert!(status == 0 && out.contains("closure reached"), "{out}");
    let (status, out, _) = desk.run(&["prove", "two.toml", "--states", "5"]);
    assert!(status == 3 && out.contains("closure not reached"), "{out}");
    let apart = "[[assert]]\nname = \"apart\"\nnever = { from = \"device:31\", to = \"device:32\" }\n";
    std::fs::write(desk.path("apart.toml"), format!("{TWO}{apart}")).unwrap();
    let (status, out, err) = desk.run(&["prove", "apart.toml", "--json"]);
    assert_eq!((status, err.as_str()), (1, ""));
    let told: serde_json::Value = serde_json::from_str(&out).expect("it is one JSON object");
    assert_eq!(told["result"], "counterexample");
    assert_eq!(told["violation"]["invariant"], "assert");
    assert_eq!(told["violation"]["trace"].as_array().map(Vec::len), Some(2), "{out}");
    // An image has no assertions.
    assert_eq!(desk.run(&["compile", "apart.toml", "-o", "apart.stw"]).0, 0);
    assert_eq!(desk.run(&["prove", "apart.stw"]).0, 0);
    std::fs::write(desk.path("bad.toml"), format!("{TWO}{}", apart.replace("device:32", "nobody"))).unwrap();
    for file in ["nowhere.toml", "bad.toml"] {
        let (status, out, err) = desk.run(&["prove", file]);
        assert!(status == 2 && out.is_empty() && !err.is_empty(), "{file}: {out}{err}");
    }
}
