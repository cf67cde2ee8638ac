//! Pinholes for media: written to the log, or kept in two sets of an nftables table, which a firewall's own rules look at.

use crate::alarms::{Alarms, Kind};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::sync::mpsc;
use std::thread::JoinHandle;
use strowger::base::Handle;
use strowger::exchange::Pinhole;

/// What becomes of pinholes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Wanted {
    /// They are written to the log.
    Log,
    /// They are elements of the sets `pinholes4` and `pinholes6` of this table of family inet.
    Nft(String),
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = |name: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
            name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(fits) && name.len() <= 63
        };
        match text.split_once(':') {
            None if text == "log" => Ok(Self::Log),
            Some(("nft", table)) if name(table) => Ok(Self::Nft(table.to_owned())),
            _ => {
                Err("\"log\", or \"nft:\" and the name of a table: a letter, then letters, digits, _ - ."
                    .into())
            }
        }
    }
}

/// One way through.
type Way = (SocketAddr, SocketAddr);

/// Pinholes that are open.
pub(crate) struct Pinholes {
    nft: Option<Nft>,
    open: HashMap<(Handle, u16), Vec<Way>>,
    /// How many want it.
    users: HashMap<Way, u32>,
}

impl Pinholes {
    pub(crate) fn new(wanted: &Wanted, alarms: &Alarms) -> Result<Self, String> {
        let nft = match wanted {
            Wanted::Log => None,
            Wanted::Nft(table) => Some(Nft::new(table, alarms.clone())?),
        };
        Ok(Self { nft, open: HashMap::new(), users: HashMap::new() })
    }

    pub(crate) fn open(&mut self, pinhole: &Pinhole) {
        let Pinhole { a, b, longest_s, .. } = *pinhole;
        // Between an IPv4 address and an IPv6 one nothing passes.
        if a.is_ipv4() != b.is_ipv4() {
            return;
        }
        for way in [(a, b), (b, a)] {
            self.open.entry((pinhole.media, pinhole.number)).or_default().push(way);
            let users = self.users.entry(way).or_default();
            *users += 1;
            if let (1, Some(nft)) = (*users, &mut self.nft) {
                nft.add(way, longest_s);
            }
        }
        if self.nft.is_none() {
            tracing::info!("pinhole {:016x}.{} open: {a} {b}", pinhole.media.bits(), pinhole.number);
        }
    }

    pub(crate) fn close(&mut self, media: Handle, number: u16) {
        for way in self.open.remove(&(media, number)).unwrap_or_default() {
            let users = self.users.entry(way).or_default();
            *users = users.saturating_sub(1);
            if *users == 0 {
                self.users.remove(&way);
                if let Some(nft) = &mut self.nft {
                    nft.delete(way);
                }
            }
        }
        if self.nft.is_none() {
            tracing::info!("pinhole {:016x}.{number} closed", media.bits());
        }
    }

    /// Hands what has gathered to nftables.
    pub(crate) fn flush(&mut self) {
        if let Some(nft) = &mut self.nft {
            nft.flush();
        }
    }
}

/// Commands for nftables; a thread of its own runs them, all that have gathered at once.
struct Nft {
    table: String,
    gathered: String,
    commands: Option<mpsc::Sender<String>>,
    worker: Option<JoinHandle<()>>,
}

impl Nft {
    /// Makes the sets if they are not there, and empties them: nobody's pinholes outlive a process.
    fn new(table: &str, alarms: Alarms) -> Result<Self, String> {
        let mut begin = format!("add table inet {table}\n");
        for (set, kind) in [("pinholes4", "ipv4_addr"), ("pinholes6", "ipv6_addr")] {
            let _ = write!(
                begin,
                "add set inet {table} {set} {{ type {kind} . inet_service . {kind} . inet_service; flags timeout; }}\nflush set inet {table} {set}\n"
            );
        }
        run(&begin).map_err(|why| format!("--pinholes nft:{table}: {why}"))?;
        let (commands, received) = mpsc::channel::<String>();
        let worker = std::thread::Builder::new().name("pinholes".into()).spawn(move || {
            while let Ok(mut all) = received.recv() {
                all.extend(received.try_iter());
                if let Err(why) = run(&all) {
                    alarms.raise(Kind::Relay, &format!("pinholes cannot be set: {why}"));
                }
            }
        });
        let worker = worker.map_err(|why| format!("no thread for pinholes: {why}"))?;
        Ok(Self {
            table: table.into(),
            gathered: String::new(),
            commands: Some(commands),
            worker: Some(worker),
        })
    }

    fn add(&mut self, way: Way, longest_s: u32) {
        let life = if longest_s == 0 { String::new() } else { format!(" timeout {longest_s}s") };
        self.element("add", way, &life);
    }

    fn delete(&mut self, way: Way) {
        // What its timeout has taken out already is put in once more, so that one missing does not undo a whole batch.
        self.element("add", way, "");
        self.element("delete", way, "");
    }

    fn element(&mut self, verb: &str, (from, to): Way, life: &str) {
        let set = if from.is_ipv4() { "pinholes4" } else { "pinholes6" };
        let (table, gathered) = (&self.table, &mut self.gathered);
        let _ = writeln!(
            gathered,
            "{verb} element inet {table} {set} {{ {} . {} . {} . {}{life} }}",
            from.ip(),
            from.port(),
            to.ip(),
            to.port()
        );
    }

    fn flush(&mut self) {
        if let (false, Some(commands)) = (self.gathered.is_empty(), &self.commands) {
            // The worker ends only with this.
            let _ = commands.send(std::mem::take(&mut self.gathered));
        }
    }
}

impl Drop for Nft {
    fn drop(&mut self) {
        let table = &self.table;
        self.gathered = format!("flush set inet {table} pinholes4\nflush set inet {table} pinholes6\n");
        self.flush();
        drop(self.commands.take());
        if let Some(worker) = self.worker.take() {
            let _ = worker.join();
        }
    }
}

/// Runs commands, all or none of them.
fn run(commands: &str) -> Result<(), String> {
    let failed = |why: std::io::Error| format!("nft cannot be run: {why}");
    let mut nft = Command::new("nft")
        .args(["-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = nft.stdin.take() {
        stdin.write_all(commands.as_bytes()).map_err(failed)?;
    }
    let output = nft.wait_with_output().map_err(failed)?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(text.lines().next().unwrap_or("nft has failed").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_of_them_is_read() {
        assert_eq!("log".parse(), Ok(Wanted::Log));
        assert_eq!("nft:strowger".parse(), Ok(Wanted::Nft("strowger".into())));
        for bad in ["", "nft", "nft:", "nft:a b", "nft:1", "nft:a;flush ruleset", "file:x"] {
            assert!(bad.parse::<Wanted>().is_err(), "{bad}");
        }
    }
}
