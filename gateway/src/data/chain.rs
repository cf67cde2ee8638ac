//! Lines of which none can be taken out without it showing: see [`strowger_tools::audit`].

use super::lines::{Lines, WAITING};
use serde_json::Value;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use strowger_tools::audit::{Head, Link, full_name};

/// A chain that is written.
pub(super) struct Chain {
    name: &'static str,
    directory: PathBuf,
    lines: Lines,
    head: Head,
    head_file: Arc<File>,
    /// The number of the first entry of the file that is written.
    first: u64,
    /// Entries of a file.
    most: u64,
    lost: u64,
}

impl Chain {
    /// Goes on with a chain, or begins one; a file has `most` entries. What is wrong with the old one is said in sentences: what cannot be
    /// read behind its last good line is moved to another file.
    pub(super) fn open(
        directory: &Path,
        name: &'static str,
        most: u64,
    ) -> Result<(Self, Vec<String>), String> {
        let path = directory.join(format!("{name}.jsonl"));
        let head_path = directory.join(format!("{name}.head"));
        let unwritten = |path: &Path| {
            let path = path.display().to_string();
            move |why: io::Error| format!("{path} cannot be written: {why}")
        };
        let (lines, torn) = Lines::open(&path)?;
        let octets = lines.read().map_err(unwritten(&path))?;
        let good = Good::of(&octets);
        let mut said = Vec::new();
        said.extend(lines.cut(good.len, &torn));
        let stood = std::fs::read_to_string(&head_path).ok().and_then(|text| Head::read(&text));
        let last = good.last.unwrap_or(Head::BEGIN);
        // Behind entries that are gone the chain goes on with their number: so it shows for ever.
        let head = stood.filter(|stood| stood.seq >= last.seq).unwrap_or(last);
        match stood {
            Some(stood)
                if stood.seq > last.seq && (last != Head::BEGIN || !goes_on(directory, name, stood)) =>
            {
                said.push(format!(
                    "{name}.jsonl ends at entry {}, and stood at {}: entries are gone",
                    last.seq, stood.seq
                ));
            }
            None if last != Head::BEGIN => {
                said.push(format!("{name}.head is gone: where {name}.jsonl ended is not known"))
            }
            Some(_) | None => {}
        }
        let head_file = File::options().create(true).truncate(false).write(true).open(&head_path);
        let head_file = Arc::new(head_file.map_err(unwritten(&head_path))?);
        let first = good.first.unwrap_or(head.seq + 1);
        // Where a full disk does not take it, verifying says that it is not known: the next entry tries again.
        let _ = head_file.write_all_at(head.text().as_bytes(), 0);
        let directory = directory.to_owned();
        let chain = Self { name, directory, lines, head, head_file, first, most, lost: 0 };
        Ok((chain, said))
    }

    /// Writes an entry. If the disk does not take it, it waits.
    pub(super) fn push(&mut self, entry: &Value) -> io::Result<()> {
        let (waiting, _) = self.lines.behind();
        if self.head.seq + 1 >= self.first + self.most && waiting == 0 {
            let full = self.directory.join(full_name(self.name, self.first));
            match self.lines.go_on(&full) {
                Ok(()) => self.first = self.head.seq + 1,
                // It goes on where it is, and tries again when it is half as long again.
                Err(why) => {
                    tracing::error!(
                        "{} cannot go on in a new file beside {}: {why}",
                        self.name,
                        full.display()
                    );
                    self.most += self.most / 2;
                }
            }
        }
        if waiting >= WAITING {
            // What would be lost gets no place in the chain.
            self.lines.retry().inspect_err(|_| self.lost += 1)?;
        }
        let (line, head) = self.head.seal(entry);
        self.head = head;
        self.lines.push(format!("{line}\n").as_bytes())
    }

    /// Writes what waits.
    pub(super) fn retry(&mut self) -> io::Result<()> {
        self.lines.retry()
    }

    pub(super) const fn file(&self) -> &Arc<File> {
        self.lines.file()
    }

    /// Entries that wait, and those that are lost.
    pub(super) fn behind(&self) -> (usize, u64) {
        (self.lines.behind().0, self.lost)
    }

    /// The last entries, the newest first.
    pub(super) fn last(&self, most: usize) -> Vec<Value> {
        let octets = self.lines.read().unwrap_or_default();
        let lines = octets.split(|octet| *octet == b'\n').rev().filter(|line| !line.is_empty());
        lines.take(most).filter_map(|line| serde_json::from_slice(line).ok()).collect()
    }

    /// Where it stands on the disk once its lines are there: nothing, while some of them wait.
    pub(super) fn stands(&self) -> Option<(Arc<File>, String)> {
        (self.lines.behind().0 == 0).then(|| (Arc::clone(&self.head_file), self.head.text()))
    }
}

/// Whether a chain that stood there goes on in a new file: the one before is full.
fn goes_on(directory: &Path, name: &str, stood: Head) -> bool {
    let begins = format!("{name}-");
    let files = std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let full = files.filter(|path| {
        path.file_name().and_then(|file| file.to_str()).is_some_and(|file| file.starts_with(&begins))
    });
    let last = full.max().and_then(|path| Good::of(&std::fs::read(path).ok()?).last);
    last == Some(stood)
}

/// How far the lines of a file belong to a chain.
struct Good {
    len: usize,
    first: Option<u64>,
    last: Option<Head>,
}

impl Good {
    fn of(octets: &[u8]) -> Self {
        let mut good = Self { len: 0, first: None, last: None };
        for line in octets.split_inclusive(|octet| *octet == b'\n') {
            let text = line.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok());
            let Some(link) = text.and_then(|text| Link::read(text).ok()) else { break };
            good.len += line.len();
            good.first = good.first.or(Some(link.head.seq));
            good.last = Some(link.head);
        }
        good
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use strowger_tools::audit::verify;

    fn told(directory: &Path) -> (u64, Option<String>) {
        let checked = verify(directory).unwrap();
        let chain = checked.first().unwrap();
        (chain.head.seq, chain.broken.as_ref().map(|broken| broken.why.clone()))
    }

    fn write(directory: &Path, entries: std::ops::Range<u64>) -> Vec<String> {
        let (mut chain, said) = Chain::open(directory, "audit", 10).unwrap();
        entries.for_each(|number| chain.push(&json!({ "op": "mode", "new": number })).unwrap());
        let (head, text) = chain.stands().unwrap();
        head.write_all_at(text.as_bytes(), 0).unwrap();
        said
    }

    #[test]
    fn r90_a_chain_goes_on_after_a_start_and_in_the_next_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(write(folder.path(), 0..7).is_empty());
        assert!(write(folder.path(), 7..25).is_empty());
        assert!(write(folder.path(), 25..31).is_empty());
        assert_eq!(told(folder.path()), (31, None));
        let mut files: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        files.sort();
        let full = ["audit-000000000001.jsonl", "audit-000000000011.jsonl", "audit-000000000021.jsonl"];
        assert_eq!(files, [&full[..], &["audit.head", "audit.jsonl"]].concat());
    }

    /// Whoever removes lines while the gateway stands still, and starts it again, is found out afterwards too.
    #[test]
    fn r90_what_is_gone_shows_after_the_next_entries_too() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), 0..6);
        let path = folder.path().join("audit.jsonl");
        let text = std::fs::read_to_string(&path).unwrap();
        let kept: String = text.lines().take(4).map(|line| format!("{line}\n")).collect();
        std::fs::write(&path, kept).unwrap();
        let said = write(folder.path(), 6..9);
        assert_eq!(said, ["audit.jsonl ends at entry 4, and stood at 6: entries are gone"]);
        let (seq, broken) = told(folder.path());
        assert_eq!((seq, broken.as_deref()), (4, Some("entry 7 follows on 4: entries 5 to 6 are not here")));
    }

    /// A damaged file is cut at its last good line, said so, and nothing is thrown away.
    #[test]
    fn a_damaged_file_is_cut_and_what_was_behind_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), 0..6);
        let path = folder.path().join("audit.jsonl");
        let text = std::fs::read_to_string(&path).unwrap();
        let damaged = text.replace("\"new\":3", "\"new\":4");
        std::fs::write(&path, &damaged).unwrap();
        let said = write(folder.path(), 6..7);
        assert!(said[0].contains("is cut at its last good line"), "{said:?}");
        let good: usize = damaged.lines().take(3).map(|line| line.len() + 1).sum();
        assert_eq!(std::fs::read_to_string(folder.path().join("audit.cut-1")).unwrap(), damaged[good..]);
        let (seq, broken) = told(folder.path());
        assert_eq!((seq, broken.as_deref()), (3, Some("entry 7 follows on 3: entries 4 to 6 are not here")));
    }

    /// Killed in the middle of a line, which only a full disk or a power failure does: the entry was not acknowledged, and is not there.
    #[test]
    fn half_a_line_is_cut_and_the_chain_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), 0..6);
        let path = folder.path().join("audit.jsonl");
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("{\"op\":\"mo");
        std::fs::write(&path, text).unwrap();
        assert!(write(folder.path(), 6..8)[0].contains("9 octets"));
        assert_eq!(told(folder.path()), (8, None));
    }
}
