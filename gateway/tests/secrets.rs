//! No secret of a policy, and none that phones tell each other, is in anything that the gateway says or writes, however talkative.

mod desk;
mod line;

use desk::{Daemon, Desk, PASSWORDS, POLICY, command};
use std::path::Path;
use std::process::Command;
use strowger::base::{Algorithm, Crypto as _, Soft};

const CODE: &str = "730218465091";
const WRONG_CODE: &str = "918273645501";
const PIN: &str = "48210937";
const WRONG_PASSWORD: &str = "Not-the-lathe-but-the-drill-8";
const KEYS: [&str; 2] =
    ["QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNk", "ZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3"];

/// The demo's policy, with an account code and a hot-desk user.
fn policy() -> String {
    let features = "features = [\"hold\", \"smdr-external\", \"smdr-internal\"";
    assert!(POLICY.contains(features));
    let staff = format!(
        "account_code_length = {}\n{features}, \"verified-account-code\", \"hot-desk-login\", \"hot-desk-accept\"",
        CODE.len()
    );
    format!(
        "{}[features]\naccount_code = \"*33\"\nhot_desk_login = \"*50\"\n\
         [[account_code]]\ncode = \"{CODE}\"\nkind = \"verified\"\nname = \"Legal\"\ncos = 1\ncor = 1\n\
         [[user]]\ndn = \"401\"\nname = \"Visitor\"\npin = \"{PIN}\"\ncos = 1\ncor = 1\n",
        // By default records show who pays by his account code (R53).
        POLICY.replacen(features, &staff, 1).replacen(
            "internal = true",
            "internal = true\nreport_account_codes = false",
            1
        )
    )
}

/// Everything that must be nowhere, each with its name.
fn secrets() -> Vec<(String, String)> {
    let mut secrets: Vec<(String, String)> = [
        ("the account code", CODE),
        ("an account code that is none", WRONG_CODE),
        ("the PIN", PIN),
        ("a wrong password", WRONG_PASSWORD),
        ("a key of SRTP", KEYS[0]),
        ("the other key of SRTP", KEYS[1]),
    ]
    .map(|(name, secret)| (name.to_owned(), secret.to_owned()))
    .into();
    let passwords = POLICY.lines().filter_map(|line| line.strip_prefix("password = \"")?.split_once('"'));
    let passwords: Vec<&str> = passwords.map(|(password, _)| password).collect();
    assert_eq!(passwords.len(), 4);
    for password in passwords {
        secrets.push(("a password".to_owned(), password.to_owned()));
        for dn in ["201", "202", "203", "209"] {
            for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
                let text = format!("{dn}:demo.example:{password}");
                let (hex, len) = Soft::new(&[0; 32]).digest(algorithm, &[text.as_bytes()]).hex();
                secrets.push((format!("HA1 of {dn}"), String::from_utf8_lossy(&hex[..len]).into_owned()));
            }
        }
    }
    secrets
}

/// A secret, or the octets that a hexadecimal one stands for.
fn is_in(text: &[u8], secret: &str) -> bool {
    let octets: Option<Vec<u8>> =
        (secret.len() >= 32 && secret.bytes().all(|c| c.is_ascii_hexdigit())).then(|| {
            let digit = |c: u8| char::from(c).to_digit(16).unwrap_or(0) as u8;
            secret.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
        });
    let found = |part: &[u8]| text.windows(part.len()).any(|window| window == part);
    found(secret.as_bytes()) || octets.is_some_and(|octets| found(&octets))
}

fn assert_none(what: &str, text: &[u8]) {
    for (name, secret) in secrets() {
        assert!(!is_in(text, &secret), "{name} is in {what}");
    }
}

fn assert_none_in(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_none_in(&path);
        } else if path.ends_with("last-good.keys") {
            // The keyring itself, for the next start: nobody else may read it.
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            }
        } else if !path.ends_with("policy.toml") {
            assert_none(&path.display().to_string(), &std::fs::read(&path).unwrap());
        }
    }
}

/// A description with a key, as a phone writes it.
fn sdp(key: &str) -> Vec<u8> {
    format!(
        "v=0\r\no=a 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/SAVP 0\r\n\
         a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{key}\r\na=rtpmap:0 PCMU/8000\r\n"
    )
    .into_bytes()
}

#[test]
fn what_is_secret_is_said_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(folder.path(), &policy(), &["--log", "trace", "--record", "trace.jsonl"]);
    let mut desk = Desk::new(daemon.address);
    for (n, key) in KEYS.into_iter().enumerate() {
        desk.phones[n].0.config.sdp = Some(sdp(key));
    }
    desk.play();
    desk.act(0, strowger_testkit::phone::Phone::hang_up);
    desk.until("it is over", |desk| desk.phones.iter().all(|(phone, _)| phone.live_calls() == 0));
    // Codes and a PIN: right ones, wrong ones, and with rubbish behind them.
    for dialed in [
        format!("*33{CODE}202"),
        format!("*33{WRONG_CODE}202"),
        format!("*33{CODE}"),
        format!("*50401{PIN}"),
        format!("*50401{PIN}9"),
    ] {
        desk.act(0, |phone, now| phone.call(now, &dialed));
        desk.until("it is answered", |desk| {
            desk.phones[0].0.calls_up() == 1 || desk.phones[0].0.live_calls() == 0
        });
        desk.act(0, strowger_testkit::phone::Phone::hang_up);
        desk.until("it is over", |desk| desk.phones.iter().all(|(phone, _)| phone.live_calls() == 0));
    }
    WRONG_PASSWORD.clone_into(&mut desk.phones[1].0.config.password);
    desk.act(1, |phone, now| phone.register(now, 3600));
    desk.until("it is refused", |desk| desk.phones[1].0.last_response().starts_with(b"SIP/2.0 401"));
    let said = daemon.stop();
    for told in
        ["INVITE, number 1 of", "401 to REGISTER", "account-code.wrong", "401 is logged in", "pin.wrong"]
    {
        assert!(said.contains(told), "{told} in {said}");
    }
    assert_none("what the daemon said", said.as_bytes());
    assert_none_in(folder.path());
    let names: Vec<String> = std::fs::read_dir(folder.path().join("data"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(names.len() >= 4 && names.iter().any(|name| name == "denied.jsonl"), "{names:?}");
}

#[test]
fn the_demo_shows_no_password() {
    let demo = Command::new(env!("CARGO_BIN_EXE_strowger-gateway"))
        .args(["demo", "--log", "trace"])
        .output()
        .unwrap();
    assert!(demo.status.success(), "{demo:?}");
    assert!(String::from_utf8_lossy(&demo.stderr).contains("says: REGISTER"), "it was talkative");
    assert_none("what the demo printed", &demo.stdout);
    assert_none("what the demo said", &demo.stderr);
}

/// Whatever is wrong with a policy, what is said of it has none of its secrets.
#[test]
fn findings_show_no_secret() {
    let policy = policy();
    let mut tried = 0;
    for (at, line) in policy.lines().enumerate() {
        let Some((key, value)) = line.split_once(" = ") else { continue };
        let value = value.split('#').next().unwrap_or(value).trim();
        for other in [
            format!("{key} = [{value}]"),
            format!("{key} = {value}x"),
            format!("{key} = {value}\n{key} = {value}"),
            format!("{key}s = {value}"),
            String::new(),
        ] {
            if !["password", "code", "pin", "dn"].contains(&key) {
                continue;
            }
            let lines: Vec<&str> = policy
                .lines()
                .enumerate()
                .map(|(n, line)| if n == at { other.as_str() } else { line })
                .collect();
            let findings = strowger_tools::compile_str(&lines.join("\n"), "policy.toml")
                .map_or_else(|findings| findings, |compiled| compiled.findings);
            let said: String = findings.iter().map(|finding| format!("{finding}\n")).collect();
            assert_none(&format!("the findings of {key} in line {}: {said}", at + 1), said.as_bytes());
            tried += 1;
        }
    }
    assert!(tried >= 35, "{tried}");
    // Started with it, the daemon says the same.
    let folder = tempfile::tempdir().unwrap();
    let broken = policy.replacen(&format!("\"{}\"", PASSWORDS[0].1), &format!("[\"{}\"]", PASSWORDS[0].1), 1);
    let output = command(folder.path(), &broken, &["--log", "trace"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("policy.toml:"), "{output:?}");
    assert_none("what the daemon said", &output.stderr);
}
