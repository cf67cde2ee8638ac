//! `strowger-gateway run --record`: the real daemon on loopback, real datagrams, and its trace replayed.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant as Clock};
use strowger::base::Instant;
use strowger_testkit::phone::{Behaviour, Phone, PhoneConfig};
use strowger_tools::trace::{Ladder, Outcome, Trace, replay};

const POLICY: &str = include_str!("../src/demo/policy.toml");
const PASSWORDS: [(&str, &str); 2] =
    [("201", "Red-kettle-by-the-window-7"), ("202", "Nine-oaks-and-a-heron-4")];
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(10);

struct Daemon {
    child: Child,
    address: SocketAddr,
}

impl Daemon {
    /// Starts one, and waits until it says where it listens.
    fn start(folder: &Path, more: &[&str]) -> Self {
        let mut child = command(folder, more).stderr(Stdio::piped()).spawn().unwrap();
        let said = child.stderr.take().unwrap();
        let mut lines = BufReader::new(said).lines();
        let line = lines.by_ref().map_while(Result::ok).find(|line| line.contains("SIP on udp "));
        let line = line.expect("it says where it listens");
        let at = line.split("SIP on udp ").nth(1).and_then(|rest| rest.split(',').next()).unwrap();
        // Somebody must hear what it says later.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address: at.parse().unwrap() }
    }

    /// Tells it to stop, and waits until it has.
    fn stop(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        let end = Clock::now() + PATIENCE;
        while Clock::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(status.success(), "{status}");
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it does not stop");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path, more: &[&str]) -> Command {
    std::fs::write(folder.join("policy.toml"), POLICY).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_strowger-gateway"));
    command
        .args(["run", "policy.toml", "--sip-udp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", "data"])
        .args(more)
        .current_dir(folder);
    command
}

/// Two phones on loopback.
struct Desk {
    phones: Vec<(Phone, UdpSocket)>,
    begin: Clock,
}

impl Desk {
    fn new(server: SocketAddr) -> Self {
        let phone = |(dn, password)| {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.set_nonblocking(true).unwrap();
            let mut config = PhoneConfig::new(dn, password, socket.local_addr().unwrap(), server);
            config.behaviour = Behaviour::Answer { after_ms: 30 };
            (Phone::new(config), socket)
        };
        Self { phones: PASSWORDS.into_iter().map(phone).collect(), begin: Clock::now() }
    }

    fn act(&mut self, n: usize, act: impl FnOnce(&mut Phone, Instant)) {
        act(&mut self.phones[n].0, Instant(self.begin.elapsed().as_millis() as u64));
    }

    /// Goes on until something is so, and a moment longer.
    fn until(&mut self, what: &str, is_so: impl Fn(&mut Self) -> bool) {
        let end = Clock::now() + PATIENCE;
        let mut since = None;
        while since.is_none_or(|since: Clock| since.elapsed() < Duration::from_millis(100)) {
            assert!(Clock::now() < end, "not in time: {what}");
            let now = Instant(self.begin.elapsed().as_millis() as u64);
            let mut buffer = [0; 65_535];
            for (phone, socket) in &mut self.phones {
                while let Ok((len, from)) = socket.recv_from(&mut buffer) {
                    phone.receive(now, from, &buffer[..len]);
                }
                phone.tick(now);
                while let Some((to, bytes)) = phone.poll_transmit() {
                    socket.send_to(&bytes, to).unwrap();
                }
                while phone.poll_event().is_some() {}
            }
            if since.is_none() && is_so(self) {
                since = Some(Clock::now());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn play(&mut self) {
        for n in 0..2 {
            self.act(n, |phone, now| phone.register(now, 3600));
        }
        let registered = |desk: &mut Self| {
            desk.phones.iter().all(|(phone, _)| phone.last_response().starts_with(b"SIP/2.0 200"))
        };
        self.until("both register", registered);
        self.act(0, |phone, now| phone.call(now, "202"));
        self.until("they talk", |desk| desk.phones.iter().all(|(phone, _)| phone.calls_up() == 1));
        self.act(0, Phone::hang_up);
        self.until("it is over", |desk| desk.phones.iter().all(|(phone, _)| phone.live_calls() == 0));
        self.act(1, |phone, now| phone.call(now, "90114420794600"));
        self.until("it is refused", |desk| desk.phones[1].0.live_calls() == 0);
        // This one the gateway clears when it stops.
        self.act(0, |phone, now| phone.call(now, "202"));
        self.until("they talk again", |desk| desk.phones.iter().all(|(phone, _)| phone.calls_up() == 1));
    }
}

#[test]
fn what_the_daemon_records_replays() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(folder.path(), &["--record", "trace.jsonl"]);
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
    let output = command(folder.path(), &["--record", "trace.jsonl"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is there already"), "{output:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_redacted_trace_names_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(folder.path(), &["--record", "trace.jsonl", "--record-redacted"]);
    Desk::new(daemon.address).play();
    daemon.stop();
    let trace = Trace::read(&folder.path().join("trace.jsonl")).unwrap();
    assert_eq!(replay(&trace), Outcome::Redacted);
    let text = std::fs::read_to_string(folder.path().join("trace.jsonl")).unwrap();
    for told in ["\"201\"", "\"202\"", " 201", " 202", "sip:", "90114420794600"] {
        assert!(!text.contains(told), "{told}");
    }
    let output = command(folder.path(), &["--record-redacted"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "without a file there is nothing to redact");
}

#[test]
fn a_file_that_cannot_be_made_is_said_at_once() {
    // A device that takes nothing is there already, so a link to it is refused like any file.
    let folder = tempfile::tempdir().unwrap();
    let output = command(folder.path(), &["--record", "/dev/full"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let output = command(folder.path(), &["--record", "no/such/folder/trace"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
