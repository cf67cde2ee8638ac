//! The data directory: what is written down. `smdr.txt` and `smdr.csv` have finished calls, `denied.jsonl` denied attempts and `audit.jsonl`
//! what was done to the gateway, the last two as [chains](strowger_tools::audit). `journal` has what outlives the process.
//!
//! A record is written before the message that ends its call is sent, so a process that is killed loses none, unless the disk is full; it is on
//! the disk at most 50 milliseconds later ([`sync`]), which is what a power failure can lose. What a full disk does not take waits in memory and
//! is tried again every second.

mod chain;
mod journal;
mod lines;
mod sync;
mod talk;

use crate::alarms::{Alarms, Kind};
use crate::words;
use chain::Chain;
pub(crate) use journal::{Entry, Kept, Registered, Seated, Set};
use journal::{Journal, Written};
use lines::Lines;
use serde_json::{Value, json};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use strowger::policy::{Denial, Image};
use strowger::record::smdr::CSV_HEADER;
use strowger::record::{Decision, Smdr};
use strowger::wire::write::Buffer;
use sync::Syncer;
pub(crate) use talk::{Dialog, Draft, Talk};

/// Entries of the audit trail in a file (R90), and denied attempts.
const AUDITED: u64 = 5_000;
const DENIED: u64 = 20_000;

/// One data directory.
pub(crate) struct Data {
    directory: PathBuf,
    smdr: Lines,
    csv: Lines,
    denied: Chain,
    audit: Chain,
    layout: Layout,
    failing: bool,
    alarms: Alarms,
    syncer: Syncer,
    journal: Journal,
    /// Held as long as the directory is ours; when it was touched last is when we were last there.
    lock: File,
    /// When the process before this one was there last.
    before: Option<SystemTime>,
}

/// The form of call records (`[smdr] layout`); the CSV is always written.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Layout {
    Standard,
    Extended,
    Csv,
}

/// What was done to the gateway (R90).
#[derive(Clone, Debug)]
pub(crate) struct Act {
    /// Who: a user of this machine, or a directory number.
    pub(crate) who: String,
    /// By what: `strowger-gateway`, `http`, `signal`, `telephone`.
    pub(crate) application: &'static str,
    /// What was done: `start`, `stop`, `mode`, `log-in` …
    pub(crate) op: &'static str,
    /// To what it was done.
    pub(crate) what: String,
    pub(crate) old: Value,
    pub(crate) new: Value,
}

impl Layout {
    fn of(image: &Image<'_>) -> Self {
        match image.system().smdr >> 3 & 3 {
            0 => Self::Standard,
            1 => Self::Csv,
            _ => Self::Extended,
        }
    }
}

impl Data {
    /// Opens or begins it. Old records stay.
    pub(crate) fn open(directory: &Path, image: &Image<'_>, alarms: &Alarms) -> Result<Self, String> {
        let shown = directory.display();
        std::fs::create_dir_all(directory)
            .map_err(|why| format!("the data directory {shown} cannot be made: {why}"))?;
        let path = directory.join("lock");
        let unwritten = |why| format!("{} cannot be written: {why}", path.display());
        let before = std::fs::metadata(&path).and_then(|metadata| metadata.modified()).ok();
        let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(unwritten)?;
        lock.try_lock().map_err(|_| {
            format!("the data directory {shown} is in use by another gateway: give each its own --data")
        })?;
        let (mut journal, records, damaged) = Journal::open(&directory.join("journal"))?;
        let open = |name: &str| {
            let (lines, torn) = Lines::open(&directory.join(name))?;
            if !torn.is_empty() {
                tracing::warn!("{name}: half a line at its end was taken out: {}", torn.escape_ascii());
            }
            Ok::<_, String>(lines)
        };
        let (mut smdr, mut csv) = (open("smdr.txt")?, open("smdr.csv")?);
        // What a full disk does not take now waits like everything else: the gateway starts all the same.
        if csv.is_empty() {
            let _ = csv.push(format!("{CSV_HEADER}\r\n").as_bytes());
        }
        let redone = redo(&mut smdr, &records) + redo(&mut csv, &records);
        // From here on the records of the journal are where they belong.
        let written = [&smdr, &csv].into_iter().all(|lines| lines.behind().0 == 0);
        let synced = [&smdr, &csv].into_iter().try_for_each(|lines| lines.file().sync_all());
        if written && let Err(why) = synced.and_then(|()| journal.compact()) {
            tracing::warn!("the journal could not be written anew, and grows: {why}");
        }
        let (denied, mut wrong) = Chain::open(directory, "denied", DENIED)?;
        wrong.extend(damaged);
        let (audit, also) = Chain::open(directory, "audit", AUDITED)?;
        wrong.extend(also);
        let syncer = Syncer::start(alarms.clone())?;
        let alarms = alarms.clone();
        let directory = directory.to_owned();
        let mut data = Self {
            directory,
            smdr,
            csv,
            denied,
            audit,
            layout: Layout::of(image),
            failing: false,
            alarms,
            syncer,
            journal,
            lock,
            before,
        };
        if redone > 0 {
            tracing::warn!("{redone} lines of records that were not yet in their files were put there");
        }
        for sentence in wrong {
            data.alarms.raise(Kind::Records, &sentence);
            data.audit(&Act {
                who: "strowger-gateway".to_owned(),
                application: "start",
                op: "damage",
                what: sentence,
                old: Value::Null,
                new: Value::Null,
            });
        }
        Ok(data)
    }

    /// Calls are over: that, and their records, are noted in the journal as a whole, then the records are written to their files.
    pub(crate) fn over(&mut self, calls: Vec<String>, records: &[Smdr]) {
        let (mut lines, mut rows) = (Vec::new(), Vec::new());
        for record in records {
            match self.layout {
                Layout::Standard => lines.extend_from_slice(&record.standard()),
                Layout::Extended => lines.extend_from_slice(&record.extended()),
                Layout::Csv => {}
            }
            if self.layout != Layout::Csv {
                lines.push(b'\n');
            }
            let mut buffer = [0; 512];
            let mut out = Buffer::new(&mut buffer);
            record.csv(&mut out);
            // A CSV line is at most 200 bytes: its fields are bounded.
            let len = out.finish().unwrap_or(0);
            rows.extend_from_slice(&buffer[..len]);
        }
        let written: Option<Vec<Written>> =
            [("smdr.txt", &self.smdr, &lines), ("smdr.csv", &self.csv, &rows)]
                .into_iter()
                .filter(|(_, _, text)| !text.is_empty())
                .map(|(file, lines, text)| {
                    // Where a line that waits will stand is not known.
                    let place = lines.place().ok().filter(|_| lines.behind().0 == 0)?;
                    Some(Written {
                        file: file.to_owned(),
                        place,
                        text: String::from_utf8_lossy(text).into_owned(),
                    })
                })
                .collect();
        match written {
            Some(written) if calls.is_empty() => self.note(&Entry::Record(written)),
            written => self.note(&Entry::Over(calls, written.unwrap_or_default())),
        }
        if !lines.is_empty() {
            let written = self.smdr.push(&lines);
            self.wrote("smdr.txt", written);
            self.syncer.mark(self.smdr.file(), None);
        }
        if !rows.is_empty() {
            let written = self.csv.push(&rows);
            self.wrote("smdr.csv", written);
            self.syncer.mark(self.csv.file(), None);
        }
    }

    /// Something that is to outlive the process.
    pub(crate) fn note(&mut self, entry: &Entry) {
        let written = self.journal.note(entry);
        self.wrote("journal", written);
        self.syncer.mark(self.journal.file(), None);
    }

    /// What there is of that.
    pub(crate) const fn kept(&self) -> &Kept {
        self.journal.kept()
    }

    /// How long nobody was there before this process, in seconds; `None`: it is not known.
    pub(crate) fn away_s(&self) -> Option<u64> {
        let away = SystemTime::now().duration_since(self.before?);
        // A clock that was set back says nothing.
        away.ok().map(|away| away.as_secs())
    }

    /// One denied attempt.
    pub(crate) fn denied(&mut self, image: &Image<'_>, decision: &Decision, denial: &Denial) {
        let written = self.denied.push(&words::denied_record(image, decision, denial));
        self.wrote("denied.jsonl", written);
        self.syncer.mark(self.denied.file(), self.denied.stands());
    }

    /// One act.
    pub(crate) fn audit(&mut self, act: &Act) {
        let entry = json!({
            "time": jiff::Timestamp::now().to_string(),
            "who": act.who,
            "application": act.application,
            "op": act.op,
            "what": act.what,
            "old": act.old,
            "new": act.new,
        });
        let written = self.audit.push(&entry);
        self.wrote("audit.jsonl", written);
        self.syncer.mark(self.audit.file(), self.audit.stands());
    }

    /// The last denied attempts, the newest first.
    pub(crate) fn last_denied(&self, most: usize) -> Vec<Value> {
        self.denied.last(most)
    }

    /// Another policy is in force.
    pub(crate) fn follow(&mut self, image: &Image<'_>) {
        self.layout = Layout::of(image);
    }

    /// Once a second: says that we are there, tries to write what waits, and keeps the journal short.
    pub(crate) fn tick(&mut self) {
        let _ = self.lock.set_modified(SystemTime::now());
        if self.journal.is_long() && self.smdr.behind().0 == 0 && self.csv.behind().0 == 0 {
            let synced = [self.smdr.file(), self.csv.file()].into_iter().try_for_each(|file| file.sync_all());
            let written = synced.and_then(|()| self.journal.compact());
            if written.is_err() {
                self.journal.put_off();
            }
            self.wrote("journal", written);
        }
        self.retry();
    }

    /// Tries to write what waits.
    fn retry(&mut self) {
        let (waiting, _) = self.behind();
        if waiting == 0 {
            return;
        }
        let tried = [
            ("journal", self.journal.retry()),
            ("smdr.txt", self.smdr.retry()),
            ("smdr.csv", self.csv.retry()),
            ("denied.jsonl", self.denied.retry()),
            ("audit.jsonl", self.audit.retry()),
        ];
        for (name, written) in tried {
            self.wrote(name, written);
        }
        for file in [self.journal.file(), self.smdr.file(), self.csv.file()] {
            self.syncer.mark(file, None);
        }
        self.syncer.mark(self.denied.file(), self.denied.stands());
        self.syncer.mark(self.audit.file(), self.audit.stands());
    }

    /// The gateway stops: what waits is tried once more, and what is lost with the process is said.
    pub(crate) fn finish(&mut self) {
        self.retry();
        let (waiting, lost) = self.behind();
        if waiting > 0 || lost > 0 {
            let text = format!(
                "{waiting} lines of records that the disk has not taken end with the process, {lost} were lost before"
            );
            self.alarms.raise(Kind::Records, &text);
        }
    }

    /// Where it raises alarms.
    pub(crate) const fn alarms(&self) -> &Alarms {
        &self.alarms
    }

    /// Lines that wait for the disk, and those that are lost.
    pub(crate) fn behind(&self) -> (usize, u64) {
        let all = [
            self.journal.behind(),
            self.smdr.behind(),
            self.csv.behind(),
            self.denied.behind(),
            self.audit.behind(),
        ];
        all.into_iter().fold((0, 0), |(waiting, lost), (more, gone)| (waiting + more, lost + gone))
    }

    /// Says once that records wait, and once that they are all written; calls go on.
    fn wrote(&mut self, name: &str, written: std::io::Result<()>) {
        match written {
            Err(why) if !self.failing => {
                self.failing = true;
                let path = self.directory.join(name);
                let text = format!("{} cannot be written, records wait in memory: {why}", path.display());
                self.alarms.raise(Kind::Records, &text);
            }
            Ok(()) if self.failing && self.behind().0 == 0 => {
                self.failing = false;
                let lost = self.behind().1;
                tracing::warn!("records are written again in {}; {lost} were lost", self.directory.display());
            }
            Ok(()) | Err(_) => {}
        }
    }
}

/// Puts the last record where it belongs, if it has not come there: the process was killed between the journal and its files. How many lines that
/// were.
fn redo(lines: &mut Lines, records: &[Written]) -> usize {
    let name = lines.path().file_name().unwrap_or_default().to_owned();
    // A file that was put in its place is another, and has begun after this record. Of several lines some may be there.
    let missing = |record: &Written| {
        let place = lines.place().ok().filter(|place| place.file == record.place.file)?;
        let rest = usize::try_from(place.at.checked_sub(record.place.at)?).ok()?;
        record.text.get(rest..).filter(|rest| !rest.is_empty()).map(str::to_owned)
    };
    let named = records.iter().filter(|record| name == record.file.as_str());
    let Some(rest) = named.into_iter().find_map(missing) else { return 0 };
    let _ = lines.push(rest.as_bytes());
    rest.lines().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process can be killed, and a disk cut off, between any two octets of two lines: what is missing is put there, and nothing twice.
    #[test]
    fn of_two_lines_what_is_missing_is_put_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("smdr.csv");
        let (before, text) = ("before\n", "first\nsecond\n");
        for cut in 0..=text.len() {
            std::fs::write(&path, before).unwrap();
            let place = Lines::open(&path).unwrap().0.place().unwrap();
            std::fs::write(&path, format!("{before}{}", &text[..cut])).unwrap();
            let (mut lines, _) = Lines::open(&path).unwrap();
            let record = Written { file: "smdr.csv".to_owned(), place, text: text.to_owned() };
            let there = text[..cut].matches('\n').count();
            assert_eq!(redo(&mut lines, &[record]), 2 - there, "cut at {cut}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{before}{text}"), "cut at {cut}");
        }
    }
}
