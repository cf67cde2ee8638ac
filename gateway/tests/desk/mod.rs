//! The daemon itself on loopback, and two phones with real sockets.

#![allow(dead_code, reason = "each test program uses a part of it")]

use crate::line::Line;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant as Clock};
use strowger::base::{Instant, Transport};
use strowger_testkit::phone::{Behaviour, Phone, PhoneConfig};

pub(crate) const POLICY: &str = include_str!("../../src/demo/policy.toml");
pub(crate) const PASSWORDS: [(&str, &str); 2] =
    [("201", "Red-kettle-by-the-window-7"), ("202", "Nine-oaks-and-a-heron-4")];
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A daemon that runs until it is told to stop.
pub(crate) struct Daemon {
    child: Child,
    pub(crate) address: SocketAddr,
    streams: [Option<SocketAddr>; 2],
    said: Arc<Mutex<String>>,
}

impl Daemon {
    /// Starts one, and waits until it says where it listens.
    pub(crate) fn start(folder: &Path, policy: &str, more: &[&str]) -> Self {
        let mut child = command(folder, policy, more).stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let kept = said.clone();
        let mut next = move || {
            let line = lines.next()?;
            *kept.lock().unwrap() += &format!("{line}\n");
            Some(line)
        };
        let line = std::iter::from_fn(&mut next).find(|line| line.contains("SIP on udp "));
        let line = line.expect("it says where it listens");
        let address = listens(&line, "udp").expect("it always takes datagrams");
        let streams = ["tcp", "tls"].map(|transport| listens(&line, transport));
        // Somebody must hear what it says later.
        std::thread::spawn(move || while next().is_some() {});
        Self { child, address, streams, said }
    }

    /// Where it takes connections in clear.
    pub(crate) fn tcp(&self) -> SocketAddr {
        self.streams[0].expect("--sip-tcp")
    }

    /// Where it takes connections over TLS.
    pub(crate) fn tls(&self) -> SocketAddr {
        self.streams[1].expect("--sip-tls")
    }

    /// Waits until it has said something.
    pub(crate) fn until_said(&self, what: &str) {
        let end = Clock::now() + PATIENCE;
        while !self.said.lock().unwrap().contains(what) {
            assert!(Clock::now() < end, "it does not say {what}: {}", self.said.lock().unwrap());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Tells it to stop, and waits until it has: all that it said.
    pub(crate) fn stop(mut self) -> String {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        let end = Clock::now() + PATIENCE;
        while Clock::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(status.success(), "{status}");
                return self.said.lock().unwrap().clone();
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

/// Where it says it listens over a transport.
fn listens(line: &str, transport: &str) -> Option<SocketAddr> {
    let behind = line.split(&format!("{transport} ")).nth(1)?;
    behind.split(',').next()?.parse().ok()
}

/// `strowger-gateway run` with this policy, its files in this folder.
pub(crate) fn command(folder: &Path, policy: &str, more: &[&str]) -> Command {
    std::fs::write(folder.join("policy.toml"), policy).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_strowger-gateway"));
    command
        .args(["run", "policy.toml", "--http", "127.0.0.1:0", "--data", "data", "--no-canary"])
        .args(if more.contains(&"--sip-udp") { &[][..] } else { &["--sip-udp", "127.0.0.1:0"] })
        .args(more)
        .current_dir(folder);
    command
}

/// Two phones on loopback.
pub(crate) struct Desk {
    pub(crate) phones: Vec<(Phone, Line)>,
    server: SocketAddr,
    begin: Clock,
}

impl Desk {
    pub(crate) fn new(server: SocketAddr) -> Self {
        let line = |_| {
            let (line, own) = Line::datagrams();
            (line, own, Transport::Udp)
        };
        Self::over(server, [0, 1].map(line))
    }

    /// Two phones, each at its end of a line.
    pub(crate) fn over(server: SocketAddr, lines: [(Line, SocketAddr, Transport); 2]) -> Self {
        let phones = PASSWORDS.into_iter().zip(lines).map(|((dn, password), (line, own, transport))| {
            let mut config = PhoneConfig::new(dn, password, own, server);
            config.transport = transport;
            config.behaviour = Behaviour::Answer { after_ms: 30 };
            (Phone::new(config), line)
        });
        Self { phones: phones.collect(), server, begin: Clock::now() }
    }

    pub(crate) fn act(&mut self, n: usize, act: impl FnOnce(&mut Phone, Instant)) {
        act(&mut self.phones[n].0, Instant(self.begin.elapsed().as_millis() as u64));
    }

    /// Goes on until something is so, and a moment longer.
    pub(crate) fn until(&mut self, what: &str, is_so: impl Fn(&mut Self) -> bool) {
        let end = Clock::now() + PATIENCE;
        let mut since = None;
        while since.is_none_or(|since: Clock| since.elapsed() < Duration::from_millis(100)) {
            assert!(Clock::now() < end, "not in time: {what}");
            let now = Instant(self.begin.elapsed().as_millis() as u64);
            for (phone, line) in &mut self.phones {
                while let Some((octets, from)) = line.take() {
                    phone.receive(now, from.unwrap_or(self.server), &octets);
                }
                phone.tick(now);
                while let Some((to, bytes)) = phone.poll_transmit() {
                    line.put(to, &bytes);
                }
                while phone.poll_event().is_some() {}
            }
            if since.is_none() && is_so(self) {
                since = Some(Clock::now());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Both register.
    pub(crate) fn register(&mut self) {
        for n in 0..2 {
            self.act(n, |phone, now| phone.register(now, 3600));
        }
        let registered = |desk: &mut Self| {
            desk.phones.iter().all(|(phone, _)| phone.last_response().starts_with(b"SIP/2.0 200"))
        };
        self.until("both register", registered);
    }

    /// Both register; calls between them, one abroad that is refused, and one that is up at the end.
    pub(crate) fn play(&mut self) {
        self.register();
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
