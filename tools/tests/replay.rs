//! `strowger replay` as an administrator meets it, with a trace that was made up of neutral signals.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use strowger::base::{Instant, Soft, WallTime};
use strowger::call::Cause;
use strowger::exchange::{Config, Output as Told, Signal, Taken};
use strowger::policy::Party;
use strowger_tools::trace::{Engine, Input, Policy, Secrets, Sizes, Tables, Took, Writer};

const POLICY: &str = r#"
system = { realm = "shop.example", country = "CA", timezone = "America/Toronto", default_cesid = "6135550100" }
smdr = { internal = true }
cos = [{ id = 1, name = "Staff", features = ["smdr-external", "smdr-internal"] }]
template = [{ name = "desk", digest = ["sha-256", "md5"], cos = "Staff", cor = 1 }]
device = [
  { dn = "201", name = "Counter", template = "desk", password = "Kettle-by-the-window-7" },
  { dn = "202", name = "Stockroom", template = "desk", password = "Nine-oaks-and-a-heron-4" },
]
trunk = [{ name = "carrier", host = "192.0.2.1:5060", cos = 0, cor = 0 }]
route = [{ id = 9, trunk = "carrier", emergency = true }]
ars = [{ digits = "911", emergency = true, use = { route = 9 } }]
"#;

const TEXT: &str = "              201                  gateway                  202
       2.000   |----- setup 202 ----->|                      |
       2.000   |                      | [201 -> 202: allow, rule internal, to 202]
       2.000   |                      |----- setup 202 ----->|
       3.000   |                      |<----- alerting ------|
       3.000   |<----- alerting ------|                      |
       5.000   |                      |<------ answer -------|
       5.000   |<----- connect -------|                      |
      65.000   |                      |<- release: normal ---|
      65.000   |                      | [record: 201 to 202, I, 60 s]
      65.000   |<- release: normal ---|                      |
      66.000   |----- setup 203 ----->|                      |
      66.000   |                      | [201 -> 203: deny, rule number.vacant]
";

const MERMAID: &str = "sequenceDiagram
    participant p0 as 201
    participant p1 as gateway
    participant p2 as 202
    p0->>p1: setup 202
    Note over p1: 201 -#62; 202#58; allow, rule internal, to 202
    p1->>p2: setup 202
    p2->>p1: alerting
    p1->>p0: alerting
    p2->>p1: answer
    p1->>p0: connect
    p2->>p1: release#58; normal
    Note over p1: record#58; 201 to 202, I, 60 s
    p1->>p0: release#58; normal
    p0->>p1: setup 203
    Note over p1: 201 -#62; 203#58; deny, rule number.vacant
";

/// A call and a denial, by signals alone.
fn record(path: &Path) {
    let compiled = strowger_tools::compile_str(POLICY, "shop.toml").unwrap_or_else(|why| panic!("{why:?}"));
    // Who makes a trace up needs no keyring.
    let policy = Policy::load(&compiled.image, None, &mut Soft::new(&[0; 32])).unwrap();
    let mut tables = Tables::new(&Sizes::for_calls(2, 1, 4));
    let config = Config { instance: 1, address: ([192, 0, 2, 9], 5060).into(), reserved_calls: 0 };
    let writer = Writer::create(path, Secrets::none()).unwrap();
    let mut engine =
        Engine::new(&mut tables, &config, Some(&policy), Soft::new(&[1; 32]), Some(writer)).unwrap();
    let mut give = |at: u64, input: Input<'_>| {
        let took = engine.input(Instant(at), &input).unwrap();
        let mut called = None;
        while let Some(output) = engine.poll(&mut [0; 8192]).unwrap() {
            if let Told::Setup { leg, .. } = output {
                called = Some(leg);
            }
        }
        (took, called)
    };
    give(1_000, Input::SetWall(WallTime { unix_s: 1_795_327_200, offset_min: -300 }));
    let from = Party::Device(0);
    let (took, called) = give(2_000, Input::Signal(Signal::Setup { from, dialed: b"202" }));
    assert!(matches!(took, Took::Signal(Taken::SetUp { .. })), "{took:?}");
    let called = called.unwrap();
    give(3_000, Input::Signal(Signal::Alerting(called)));
    give(5_000, Input::Signal(Signal::Answer(called)));
    give(65_000, Input::Signal(Signal::Release(called, Cause::Normal)));
    let (took, _) = give(66_000, Input::Signal(Signal::Setup { from, dialed: b"203" }));
    assert!(matches!(took, Took::Signal(Taken::Denied(_))), "{took:?}");
    engine.finish().unwrap();
}

fn strowger(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_strowger")).args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn desk() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.trace");
    record(&path);
    (folder, path)
}

#[test]
fn a_trace_is_the_same_again_and_is_drawn() {
    let (folder, _) = desk();
    let (status, out, err) = strowger(folder.path(), &["replay", "call.trace"]);
    assert_eq!((status, err.as_str()), (0, "call.trace: the same again: 6 inputs, 7 outputs\n"), "{out}");
    assert_eq!(out, TEXT, "\n{out}");
    let (status, out, _) = strowger(folder.path(), &["replay", "call.trace", "--mermaid"]);
    assert_eq!(status, 0);
    assert_eq!(out, MERMAID, "\n{out}");
    let (status, out, _) = strowger(folder.path(), &["replay", "call.trace", "--svg"]);
    assert_eq!(status, 0);
    assert!(out.starts_with("<svg ") && out.ends_with("</svg>\n"), "{out}");
    assert!(out.contains(">201 -&gt; 203: deny, rule number.vacant</text>"), "{out}");
    assert_eq!(strowger(folder.path(), &["replay", "call.trace", "--svg", "--mermaid"]).0, 2);
}

#[test]
fn what_differs_is_said_and_what_does_not_load_too() {
    let (folder, path) = desk();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"rule\":\"number.vacant\"", "\"rule\":\"cor.none\"")).unwrap();
    let (status, out, err) = strowger(folder.path(), &["replay", "call.trace"]);
    assert_eq!(status, 1);
    assert!(out.contains("rule cor.none"), "it is drawn as it was recorded: {out}");
    let told = "call.trace: line 7, input 6: output 1, decision, rule differs\n  expected: \"cor.none\"\n  got:      \"number.vacant\"\n";
    assert_eq!(err, told);

    std::fs::write(&path, text.replacen("\"at\":5000", "\"at\":", 1)).unwrap();
    let (status, out, err) = strowger(folder.path(), &["replay", "call.trace"]);
    assert_eq!((status, out.as_str()), (2, ""));
    assert!(err.starts_with("call.trace: line 5: "), "{err}");
    let (status, _, err) = strowger(folder.path(), &["replay", "no.trace"]);
    assert_eq!(status, 2);
    assert!(err.starts_with("no.trace: cannot be read: "), "{err}");
    std::fs::write(&path, POLICY).unwrap();
    let (status, _, err) = strowger(folder.path(), &["replay", "call.trace"]);
    assert_eq!((status, err.as_str()), (2, "call.trace: line 1: not a trace\n"));
}

#[test]
fn a_trace_is_not_written_over() {
    let (_folder, path) = desk();
    let why = Writer::create(&path, Secrets::none()).unwrap_err();
    assert_eq!(why.kind(), std::io::ErrorKind::AlreadyExists);
}
