//! Chains of what is written down (R90): the audit trail and denied attempts.
//!
//! Each line is one JSON object. Its last three keys are `seq`, counted from 1; `prev`, the hash of the line before; and `hash`, the SHA-256 of
//! everything on the line in front of the comma before `"hash"`. So no line can be changed, left out, put in or moved without it showing; that the
//! *last* ones are gone shows by the head, a file beside it that says where the chain stands. Long chains go on in further files; the full ones
//! keep the number of their first entry in their names (`audit-000000000001.jsonl`).
//!
//! A chain has no secret: who can write to the directory can make a whole new one. What a head was, kept elsewhere, tells that too.

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

/// The chains of a data directory, by the names of their files.
pub const CHAINS: [&str; 2] = ["audit", "denied"];
/// Octets of a head file, its line end included.
pub const HEAD_LEN: usize = 20 + 1 + 64 + 1;

/// Where a chain stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Head {
    /// The number of its last entry; 0: it has none.
    pub seq: u64,
    /// The hash of that.
    pub hash: [u8; 32],
}

impl Head {
    /// A chain without entries.
    pub const BEGIN: Self = Self { seq: 0, hash: [0; 32] };

    /// The next line, without line end, and where the chain stands with it. An entry is an object; its keys `seq`, `prev` and `hash` are the
    /// chain's own.
    #[must_use]
    pub fn seal(&self, entry: &Value) -> (String, Self) {
        let mut line = entry.to_string();
        line.pop();
        let seq = self.seq.saturating_add(1);
        let comma = if line.len() > 1 { "," } else { "" };
        line += &format!("{comma}\"seq\":{seq},\"prev\":\"{}\"", hex(&self.hash));
        let hash = Sha256::digest(line.as_bytes()).into();
        line += &format!(",\"hash\":\"{}\"}}", hex(&hash));
        (line, Self { seq, hash })
    }

    /// As its file has it, [`HEAD_LEN`] octets: it is written over in place.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{:020} {}\n", self.seq, hex(&self.hash))
    }

    /// From its file.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (seq, hash) = text.trim_end().split_once(' ')?;
        Some(Self { seq: seq.parse().ok()?, hash: unhex(hash)? })
    }
}

impl fmt::Display for Head {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.seq, hex(&self.hash))
    }
}

/// A line of a chain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Link {
    /// The hash of the line before.
    pub prev: [u8; 32],
    /// Where the chain stands with this line.
    pub head: Head,
}

impl Link {
    /// Reads a line, without line end.
    ///
    /// # Errors
    /// A sentence about the line: it is no line of a chain, or was changed.
    pub fn read(line: &str) -> Result<Self, &'static str> {
        const MARK: &str = ",\"hash\":\"";
        const NONE: &str = "is no line of a chain";
        let at = line.len().checked_sub(MARK.len() + 64 + 2).ok_or(NONE)?;
        let (covered, rest) = line.split_at_checked(at).ok_or(NONE)?;
        let hash = rest.strip_prefix(MARK).and_then(|rest| rest.strip_suffix("\"}")).and_then(unhex);
        let hash = hash.ok_or(NONE)?;
        if <[u8; 32]>::from(Sha256::digest(covered.as_bytes())) != hash {
            return Err("was changed");
        }
        let entry: Value = serde_json::from_str(line).map_err(|_| NONE)?;
        let seq = entry.get("seq").and_then(Value::as_u64).ok_or(NONE)?;
        let prev = entry.get("prev").and_then(Value::as_str).and_then(unhex).ok_or(NONE)?;
        Ok(Self { prev, head: Head { seq, hash } })
    }
}

/// What was found of a chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checked {
    /// Its name.
    pub name: &'static str,
    /// Where it stands, as far as it is whole.
    pub head: Head,
    /// Where it breaks.
    pub broken: Option<Broken>,
}

/// Where a chain breaks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Broken {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; absent: the file as a whole.
    pub line: Option<usize>,
    /// What is wrong.
    pub why: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(out, "{}:{line}: {}", self.file.display(), self.why),
            None => write!(out, "{}: {}", self.file.display(), self.why),
        }
    }
}

/// Follows the chains of a data directory from their beginnings.
///
/// # Errors
/// A sentence, if there are none, or a file cannot be read.
pub fn verify(data: &Path) -> Result<Vec<Checked>, String> {
    let chains: Vec<Checked> = CHAINS
        .into_iter()
        .map(|name| follow(data, name))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect();
    if chains.is_empty() {
        return Err(format!(
            "{} has neither audit.jsonl nor denied.jsonl: give the data directory of a gateway",
            data.display()
        ));
    }
    Ok(chains)
}

/// One chain; `None` if the directory has nothing of it.
fn follow(data: &Path, name: &'static str) -> Result<Option<Checked>, String> {
    let head_file = data.join(format!("{name}.head"));
    let files = files(data, name)?;
    if files.is_empty() && !head_file.exists() {
        return Ok(None);
    }
    let mut head = Head::BEGIN;
    let broken = |head, file: &Path, line, why: String| {
        Ok(Some(Checked { name, head, broken: Some(Broken { file: file.to_owned(), line, why }) }))
    };
    let said = std::fs::read_to_string(&head_file).ok().and_then(|text| Head::read(&text));
    // What was written after the head was, before the process was killed, is whole all the same.
    let mut met = said.is_some_and(|said| said == Head::BEGIN);
    for file in &files {
        let open = File::open(file).map_err(|why| format!("{} cannot be read: {why}", file.display()))?;
        for (line, text) in (1..).zip(BufReader::new(open).split(b'\n')) {
            let text = text.map_err(|why| format!("{} cannot be read: {why}", file.display()))?;
            let link =
                match std::str::from_utf8(&text).map_err(|_| "is no line of a chain").and_then(Link::read) {
                    Ok(link) => link,
                    Err(why) => return broken(head, file, Some(line), format!("this line {why}")),
                };
            if link.head.seq != head.seq + 1 || link.prev != head.hash {
                return broken(head, file, Some(line), unfollowed(head, &link));
            }
            head = link.head;
            met |= said == Some(head);
        }
    }
    match said {
        Some(_) if met => Ok(Some(Checked { name, head, broken: None })),
        Some(said) if said.seq > head.seq => broken(
            head,
            &head_file,
            None,
            format!("the chain stood at entry {}: {} not here", said.seq, entries(head.seq + 1, said.seq)),
        ),
        Some(_) => broken(head, &head_file, None, "this is the head of another chain".to_owned()),
        None => broken(
            head,
            &head_file,
            None,
            "where the chain stood cannot be read: whether its last entries are here is not known".to_owned(),
        ),
    }
}

/// What is wrong with a line that does not follow.
fn unfollowed(before: Head, link: &Link) -> String {
    let (expected, seq) = (before.seq + 1, link.head.seq);
    if seq > expected {
        format!("entry {seq} follows on {}: {} not here", before.seq, entries(expected, seq - 1))
    } else if seq < expected {
        format!("entry {seq} follows on {}: it was moved, or stands here twice", before.seq)
    } else {
        format!("entry {seq} does not belong to the one before it")
    }
}

/// `entry 7 is`, `entries 7 to 9 are`.
fn entries(from: u64, to: u64) -> String {
    if from == to { format!("entry {from} is") } else { format!("entries {from} to {to} are") }
}

/// The files of a chain, the oldest first.
fn files(data: &Path, name: &str) -> Result<Vec<PathBuf>, String> {
    let unread = |why| format!("{} cannot be read: {why}", data.display());
    let mut full = Vec::new();
    for entry in std::fs::read_dir(data).map_err(unread)? {
        let file = entry.map_err(unread)?.file_name();
        if file.to_str().is_some_and(|file| is_full(file, name)) {
            full.push(data.join(file));
        }
    }
    full.sort();
    full.extend(Some(data.join(format!("{name}.jsonl"))).filter(|file| file.exists()));
    Ok(full)
}

/// The name of a file that is full.
#[must_use]
pub fn full_name(name: &str, first: u64) -> String {
    format!("{name}-{first:012}.jsonl")
}

fn is_full(file: &str, name: &str) -> bool {
    let number = file.strip_prefix(name).and_then(|rest| rest.strip_prefix('-')?.strip_suffix(".jsonl"));
    number.is_some_and(|number| number.len() == 12 && number.bytes().all(|c| c.is_ascii_digit()))
}

fn hex(hash: &[u8; 32]) -> String {
    hash.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut hash = [0; 32];
    for (octet, at) in hash.iter_mut().zip((0..64).step_by(2)) {
        *octet = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(hash)
}
