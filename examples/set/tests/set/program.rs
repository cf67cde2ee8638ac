//! The program: scripts, its exit status, and TLS.

use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use strowger_set::frames::{Actuation, Down, Up};
use strowger_set::words::{How, Key, Lamp, Tone};
use strowger_set::{Options, Set, Tls};

use super::controller::{Controller, House, TOKEN, until};

fn command(controller: &str, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_strowger-set"));
    command.args([
        "--controller",
        controller,
        "--mac",
        "00:1a:2b:3c:4d:5e",
        "--type",
        "desk",
        "--number",
        "2001",
    ]);
    command.args(more).env("SET_PIN", "4711");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The program, led by a script.
fn program(controller: &str, script: &str) -> JoinHandle<Output> {
    let mut command = command(controller, &["--script", "-"]);
    let script = script.to_owned();
    std::thread::spawn(move || {
        let mut child = command.spawn().expect("the program");
        // It may have ended before it read all.
        let _ = child.stdin.take().expect("its input").write_all(script.as_bytes());
        child.wait_with_output().expect("its end")
    })
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

fn greet<S: Read + Write>(controller: &mut Controller<S>) {
    controller.hello();
    controller.welcome(20);
    controller.say(&Down::Snapshot(Vec::new()));
    assert_eq!(
        controller.hear(),
        Options { number: "2001".into(), pin: "4711".into(), ..Options::default() }.register()
    );
    controller.registers(How::Known, TOKEN);
    controller.say(&Down::Snapshot(vec![Actuation::Display { row: 0, text: "2001 Zoë".into() }]));
}

#[test]
fn a_script_leads_a_set_through_a_call() {
    let house = House::new();
    let script =
        "# a call\nwait Zoë 5\noff\nwait-tone dial 5\n12\nwait-lamp 1 on 5\nlose\nback\nsay done\non\n";
    let program = program(&house.address(), script);
    let mut controller = house.accept();
    greet(&mut controller);
    assert_eq!(controller.hear(), Up::Hook { off: true });
    controller.act(Actuation::Tone(Tone::Dial));
    for digit in ['1', '2'] {
        let key = Key::digit(digit).expect("a digit");
        assert_eq!(controller.hear(), Up::Key { key, pressed: true });
        assert_eq!(controller.hear(), Up::Key { key, pressed: false });
    }
    controller.act(Actuation::Lamp { key: Key::line(1).expect("a key"), mode: Lamp::On });
    controller.closed();
    let mut controller = house.accept();
    assert_eq!(controller.hello().token, TOKEN);
    controller.welcome(20);
    controller.registers(How::Resumed, TOKEN);
    controller.say(&Down::Snapshot(Vec::new()));
    assert_eq!(controller.hear(), Up::Hook { off: false });
    assert_eq!(controller.hear(), Up::Bye(0));
    let output = program.join().expect("an end");
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{out}{}", text(&output.stderr));
    assert!(
        out.contains("registered 2001 Zoë (known)") && out.contains("(resumed)") && out.contains("done"),
        "{out}"
    );
    assert!(out.contains("|2001 Zoë                |") && out.contains("[1:on] [2:off] tone dial"), "{out}");
    assert!(!out.contains("4711"));
}

#[test]
fn a_set_that_a_user_has_comes_back_by_itself() {
    let house = House::new();
    let mut child = command(&house.address(), &[]).spawn().expect("the program");
    greet(&mut house.accept());
    let mut controller = house.accept();
    assert_eq!(controller.hello().token, TOKEN);
    controller.welcome(20);
    controller.registers(How::Resumed, TOKEN);
    controller.say(&Down::Snapshot(vec![Actuation::Tone(Tone::Dial)]));
    let mut input = child.stdin.take().expect("its input");
    input.write_all(b"dance\nlose\n").expect("written");
    controller.closed();
    input.write_all(b"back\n").expect("written");
    let mut controller = house.accept();
    assert_eq!(controller.hello().token, TOKEN);
    controller.welcome(20);
    controller.registers(How::Resumed, TOKEN);
    controller.say(&Down::Snapshot(Vec::new()));
    input.write_all(b"hold\nquit\n").expect("written");
    assert_eq!(controller.hear(), Up::Key { key: Key::HOLD, pressed: true });
    assert_eq!(controller.hear(), Up::Key { key: Key::HOLD, pressed: false });
    assert_eq!(controller.hear(), Up::Bye(0));
    let output = child.wait_with_output().expect("its end");
    let error = text(&output.stderr);
    assert!(output.status.success() && error.contains("dance: no such command"), "{error}");
    assert!(text(&output.stdout).contains("lost\n"), "{}", text(&output.stdout));
}

#[test]
fn a_wait_that_is_not_met_ends_with_1_and_shows_the_face() {
    let house = House::new();
    let program = program(&house.address(), "wait-ring 0.2\nsay not reached\n");
    let mut controller = house.accept();
    greet(&mut controller);
    let output = program.join().expect("an end");
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(
        error.contains("a ring") && error.contains("|2001 Zoë") && !text(&output.stdout).contains("reached"),
        "{error}"
    );
}

#[test]
fn a_controller_that_goes_before_it_shows_anything_is_not_waited_for() {
    let house = House::new();
    let program = program(&house.address(), "off\n");
    house.accept().hello();
    let output = program.join().expect("an end");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("went away"), "{}", text(&output.stderr));
}

#[test]
fn what_is_not_understood_ends_with_2() {
    let house = House::new();
    let program = program(&house.address(), "dance\n");
    let mut controller = house.accept();
    greet(&mut controller);
    let output = program.join().expect("an end");
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    let run = |argument| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_strowger-set")).arg(argument).output().expect("the program");
        (output.status.code(), text(&output.stdout))
    };
    assert_eq!(run("--loud").0, Some(2));
    let (status, help) = run("--help");
    assert!(status == Some(0) && help.contains("--tls-ca FILE") && help.contains("wait-lamp"), "{help}");
}

#[test]
fn a_set_comes_by_tls_and_only_to_whom_it_expects() {
    let house = House::new();
    let made = rcgen::generate_simple_self_signed(["gateway.example".to_owned()]).expect("a certificate");
    let file = std::env::temp_dir().join(format!("strowger-set-{}.pem", std::process::id()));
    std::fs::write(&file, made.cert.pem()).expect("a file");
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key))
        .expect("a configuration");
    let mut options = house.options();
    options.tls = Some(Tls { ca: file.clone(), name: "gateway.example".into() });
    let other =
        Options { tls: Some(Tls { ca: file.clone(), name: "other.example".into() }), ..options.clone() };
    let player = std::thread::spawn(move || {
        let config = Arc::new(config);
        let accept = || {
            let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
            Controller::new(StreamOwned::new(connection, house.stream()))
        };
        let mut controller = accept();
        greet(&mut controller);
        assert_eq!(controller.hear(), Up::Bye(0));
        // The other one does not get as far as Hello.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(accept().hello())))
            .expect_err("no Hello");
    });
    let mut set = Set::connect(options).expect("a connection");
    until(&mut set, |set, _| set.registered() && set.face().shows("Zoë"));
    set.leave();
    let error = Set::connect(other).expect_err("another name").to_string();
    assert!(error.contains("certificate"), "{error}");
    player.join().expect("a controller");
    std::fs::remove_file(file).expect("the file is there");
}
