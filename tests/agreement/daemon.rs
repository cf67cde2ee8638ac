//! The daemon, as an operator has it: started on a compiled policy, told its mode, read in its records.

use super::answer::Answer;
use super::policy::Policy;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Starts with other ports, if another program was quicker.
const TRIES: usize = 5;

/// A running daemon; ended when dropped.
pub(crate) struct Daemon {
    child: Child,
    gateway: PathBuf,
    directory: PathBuf,
    http: SocketAddr,
    pub(crate) sip: SocketAddr,
    mode: &'static str,
}

impl Daemon {
    /// Writes the policy to `directory` and starts the daemon on it.
    pub(crate) fn start(gateway: &Path, directory: &Path, policy: &Policy) -> Result<Self, String> {
        let written = std::fs::create_dir_all(directory)
            .and_then(|()| std::fs::write(directory.join("policy.stw"), &policy.image))
            .and_then(|()| std::fs::write(directory.join("policy.keys"), &policy.keyring));
        written.map_err(|why| format!("{}: {why}", directory.display()))?;
        let mut told = String::new();
        for _ in 0..TRIES {
            match Self::try_start(gateway, directory) {
                Ok(daemon) => return Ok(daemon),
                Err(log) => told = log,
            }
        }
        Err(format!("the daemon does not start: {told}"))
    }

    fn try_start(gateway: &Path, directory: &Path) -> Result<Self, String> {
        let (sip, http) = free().map_err(|why| why.to_string())?;
        let log = directory.join("log");
        let file = File::create(&log).map_err(|why| format!("{}: {why}", log.display()))?;
        let mut command = Command::new(gateway);
        command.arg("run").arg(directory.join("policy.stw")).arg("--data").arg(directory.join("data"));
        // Nobody registers here, and everybody calls as fast as he can.
        command.args(["--strangers", "0"]);
        command.args(["--sip-udp", &sip.to_string(), "--http", &http.to_string()]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn();
        let child = child.map_err(|why| format!("{}: {why}", gateway.display()))?;
        let (gateway, directory) = (gateway.to_owned(), directory.to_owned());
        let mut daemon = Self { child, gateway, directory, http, sip, mode: "schedule" };
        let end = Instant::now() + PATIENCE;
        loop {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            if said.contains(" in force, SIP on udp ") {
                return Ok(daemon);
            }
            let ended = daemon.child.try_wait().map_err(|why| why.to_string())?;
            if ended.is_some() || Instant::now() > end {
                return Err(said);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Sets the service mode as an operator does, unless it is that already.
    pub(crate) fn set_mode(&mut self, mode: &'static str) -> Result<(), String> {
        if self.mode == mode {
            return Ok(());
        }
        let mut command = Command::new(&self.gateway);
        command
            .args(["mode", mode, "--http", &self.http.to_string()])
            .arg("--data")
            .arg(self.directory.join("data"));
        let output = command.stdin(Stdio::null()).output().map_err(|why| why.to_string())?;
        let by = if mode == "schedule" { "schedule" } else { "operator" };
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        if !output.status.success() || said["mode_by"] != by || (by == "operator" && said["mode"] != mode) {
            return Err(format!("mode {mode}: {output:?}"));
        }
        self.mode = mode;
        Ok(())
    }

    /// Stops it as an operator does, and reads its records of denied attempts, in order.
    pub(crate) fn records(mut self) -> Result<Vec<Answer>, String> {
        let mut stop = Command::new("sh");
        stop.args(["-c", &format!("kill -TERM {}", self.child.id())]);
        let stopped = stop.stdin(Stdio::null()).status().map_err(|why| why.to_string())?;
        let end = Instant::now() + PATIENCE;
        while stopped.success() && self.child.try_wait().map_err(|why| why.to_string())?.is_none() {
            if Instant::now() > end {
                return Err("the daemon does not stop".to_owned());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let path = self.directory.join("data/denied.jsonl");
        let text = std::fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))?;
        text.lines().map(record).collect()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A SIP and an HTTP address that were free just now.
fn free() -> std::io::Result<(SocketAddr, SocketAddr)> {
    let (sip, http) =
        (UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?, TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?);
    Ok((sip.local_addr()?, http.local_addr()?))
}

/// One line of `denied.jsonl`.
fn record(line: &str) -> Result<Answer, String> {
    let object: serde_json::Value = serde_json::from_str(line).map_err(|why| format!("{line}: {why}"))?;
    let mut answer = Answer::default();
    answer.set("goes", "no");
    for (name, key) in [
        ("verdict", "verdict"),
        ("rule", "rule"),
        ("text", "text"),
        ("from", "from"),
        ("number", "dialed"),
        ("row", "row"),
        ("route", "route"),
        ("cor_group", "cor_group"),
        ("class", "class"),
        ("interconnect", "interconnect"),
        ("cos", "cos"),
        ("cor", "cor"),
        ("mode", "mode"),
    ] {
        answer.set(name, plain(object.get(key).ok_or_else(|| format!("{line}: no {key}"))?));
    }
    answer.set("text", answer.get("text").to_lowercase());
    let from = answer.get("from");
    let from =
        from.strip_prefix("trunk ").map_or_else(|| format!("device:{from}"), |name| format!("trunk:{name}"));
    answer.set("from", from);
    Ok(answer)
}

/// A JSON value as the other ends write theirs: `-` is null, lists are separated by commas.
pub(crate) fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "-".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}
