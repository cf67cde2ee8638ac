//! `strowger-gateway run --record`: the real daemon on loopback, real datagrams, and its trace replayed.

mod desk;
mod line;

use desk::{Daemon, Desk, PASSWORDS, POLICY, command};
use line::Line;
use strowger::base::Transport;
use strowger_tools::trace::{Ladder, Outcome, Trace, replay};

#[test]
fn what_the_daemon_records_replays() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(folder.path(), POLICY, &["--record", "trace.jsonl"]);
    Desk::new(daemon.address).play();
    daemon.stop();
    let path = folder.path().join("trace.jsonl");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let trace = Trace::read(&path).unwrap();
    let outcome = replay(&trace);
    assert!(
        matches!(outcome, Outcome::Same { inputs, outputs } if inputs > 20 && outputs > 20),
        "{outcome:?}"
    );
    let text = std::fs::read_to_string(&path).unwrap();
    for (_, password) in PASSWORDS {
        assert!(!text.contains(password));
    }
    let drawn = Ladder::of(&trace).to_text();
    for told in ["rule cor.route", "rule internal", "calls are cleared", "201 is registered"] {
        assert!(drawn.contains(told), "{told} in\n{drawn}");
    }

    // Nothing is overwritten.
    let output = command(folder.path(), POLICY, &["--record", "trace.jsonl"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is there already"), "{output:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

/// Connections, what comes over them, and their loss.
#[test]
fn what_comes_over_connections_replays() {
    let folder = tempfile::tempdir().unwrap();
    let daemon =
        Daemon::start(folder.path(), POLICY, &["--record", "trace.jsonl", "--sip-tcp", "127.0.0.1:0"]);
    let line = |_| {
        let (line, own) = Line::tcp(daemon.tcp());
        (line, own, Transport::Tcp)
    };
    let mut desk = Desk::over(daemon.address, [0, 1].map(line));
    desk.play();
    drop(desk);
    daemon.until_said("202 is gone: its connection is closed");
    daemon.stop();
    let trace = Trace::read(&folder.path().join("trace.jsonl")).unwrap();
    let outcome = replay(&trace);
    assert!(
        matches!(outcome, Outcome::Same { inputs, outputs } if inputs > 20 && outputs > 20),
        "{outcome:?}"
    );
    let drawn = Ladder::of(&trace).to_text();
    for told in ["rule cor.route", "201 is gone with its connection", "the connection with 127.0.0.1:"] {
        assert!(drawn.contains(told), "{told} in\n{drawn}");
    }
}

#[test]
fn a_redacted_trace_names_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(folder.path(), POLICY, &["--record", "trace.jsonl", "--record-redacted"]);
    Desk::new(daemon.address).play();
    daemon.stop();
    let trace = Trace::read(&folder.path().join("trace.jsonl")).unwrap();
    assert_eq!(replay(&trace), Outcome::Redacted);
    let text = std::fs::read_to_string(folder.path().join("trace.jsonl")).unwrap();
    for told in ["\"201\"", "\"202\"", " 201", " 202", "sip:", "90114420794600"] {
        assert!(!text.contains(told), "{told}");
    }
    let output = command(folder.path(), POLICY, &["--record-redacted"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "without a file there is nothing to redact");
}

#[test]
fn a_file_that_cannot_be_made_is_said_at_once() {
    // A device that takes nothing is there already, so a link to it is refused like any file.
    let folder = tempfile::tempdir().unwrap();
    let output = command(folder.path(), POLICY, &["--record", "/dev/full"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let output = command(folder.path(), POLICY, &["--record", "no/such/folder/trace"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
