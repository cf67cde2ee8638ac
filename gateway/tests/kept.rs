//! What outlives the daemon: it is killed, started again at the same place, and two phones go on as if nothing had been.

mod desk;
mod line;

use desk::{Daemon, Desk, POLICY};
use std::path::Path;
use strowger_tools::audit::verify;

/// The demo's policy, and phones that want no calls.
fn policy() -> String {
    let features = "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]";
    assert!(POLICY.contains(features));
    let may = POLICY.replace(
        features,
        "features = [\"hold\", \"do-not-disturb\", \"forward-internal\", \"smdr-external\", \"smdr-internal\"]",
    );
    format!("{may}\n[features]\ndo_not_disturb = \"*60\"\nforward_always = \"*72\"\n")
}

/// A daemon with two phones, of which 202 wants no calls.
fn quiet(folder: &Path) -> (Daemon, Desk) {
    let daemon = Daemon::start(folder, &policy(), &[]);
    let mut desk = Desk::new(daemon.address);
    desk.register();
    sets(&mut desk, 1, "*60");
    daemon.until_said("set at 202: do not disturb");
    (daemon, desk)
}

fn sets(desk: &mut Desk, n: usize, code: &str) {
    desk.act(n, |phone, now| phone.call(now, code));
    desk.until("it is set", |desk| desk.phones[n].0.live_calls() == 0);
}

/// What a call gets at last.
fn dialed(desk: &mut Desk, n: usize, number: &str) -> String {
    desk.act(n, |phone, now| phone.call(now, number));
    desk.until("it is answered or refused", |desk| {
        let phone = &desk.phones[n].0;
        phone.calls_up() == 1 || phone.live_calls() == 0
    });
    String::from_utf8_lossy(desk.phones[n].0.last_response()).lines().next().unwrap_or("").to_owned()
}

fn acts(folder: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("data/audit.jsonl")).unwrap();
    let act = |line: &str| {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        let told = |key: &str| entry[key].as_str().unwrap_or("").to_owned();
        format!("{} {}", told("op"), if told("op") == "set" { told("who") } else { String::new() })
    };
    text.lines().map(act).collect()
}

#[test]
fn phones_stay_registered_and_settings_set_over_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let (daemon, mut desk) = quiet(folder.path());
    let address = daemon.address.to_string();
    assert!(dialed(&mut desk, 0, "202").contains("486"), "nobody is wanted there");
    // Dropped, it is killed.
    drop(daemon);

    let daemon = Daemon::start(folder.path(), &policy(), &["--sip-udp", &address]);
    daemon.until_said("as before the restart: 2 phones registered, 1 with settings, 0 users logged in");
    assert!(dialed(&mut desk, 0, "202").contains("486"), "and still not");
    sets(&mut desk, 1, "*60");
    daemon.until_said("set at 202: nothing");
    assert!(dialed(&mut desk, 0, "202").contains("200"), "nobody has registered again, and they talk");
    desk.act(0, strowger_testkit::phone::Phone::hang_up);
    desk.until("it is over", |desk| desk.phones.iter().all(|(phone, _)| phone.live_calls() == 0));
    daemon.stop();

    let chains = verify(&folder.path().join("data")).unwrap();
    assert!(chains.iter().all(|chain| chain.broken.is_none()), "{chains:?}");
    assert_eq!(acts(folder.path()), ["start ", "set 202", "start ", "set 202", "stop "]);
}

/// A number that the policy does not have any more leaves nothing to who has it next.
#[test]
fn what_was_set_at_a_number_that_is_gone_is_not_its_next_owners() {
    let folder = tempfile::tempdir().unwrap();
    let (daemon, _desk) = quiet(folder.path());
    let address = daemon.address.to_string();
    daemon.stop();
    let device = policy();
    let from = device.find("[[device]]\ndn = \"202\"").unwrap();
    let to = from + 1 + device[from + 1..].find("[[").unwrap();
    let without = format!("{}{}", &device[..from], &device[to..]);
    Daemon::start(folder.path(), &without, &["--sip-udp", &address]).stop();
    let daemon = Daemon::start(folder.path(), &policy(), &["--sip-udp", &address]);
    daemon.until_said("1 phones registered, 0 with settings");
    daemon.stop();
}
