//! The journal: what outlives the process. Where phones are registered, what their users have set, who is logged in where, the service mode of
//! an operator, calls that are up, and records on their way into their files.
//!
//! Each line is the CRC-32C of the rest, in hexadecimal, a space, and one JSON object. It only grows, and is written anew when it has become
//! much longer than what it says. What is damaged is cut at the last good line, and said.

use super::lines::{Lines, Place};
use super::talk::Talk;
use crc::{CRC_32_ISCSI, Crc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

/// It is written anew beyond so many octets, if a quarter would do.
const LONG: u64 = 8 << 20;
const SUM: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// Where a phone is registered, over UDP.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Registered {
    pub(crate) contact: String,
    pub(crate) to: SocketAddr,
    pub(crate) source: IpAddr,
    /// For so many seconds at a time.
    pub(crate) for_s: u32,
}

/// What is set at a device.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Set {
    /// Where calls go: always, when busy, on no answer, when out of service.
    pub(crate) forwards: [Option<String>; 4],
    pub(crate) do_not_disturb: bool,
}

/// Who is logged in at a phone.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Seated {
    pub(crate) user: String,
    /// Until when, in seconds since 1970; absent: until he is logged out.
    pub(crate) until: Option<i64>,
}

/// A record, and where it belongs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Written {
    pub(super) file: String,
    pub(super) place: Place,
    pub(super) text: String,
}

/// A line. Devices are named by their directory numbers: rows change with the policy.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Entry {
    Registered(String, Registered),
    Gone(String),
    Set(String, Set),
    Seated(String, Seated),
    Left(String),
    /// A number, and the MAC address of the set that has it.
    Bound(String, String),
    Unbound(String),
    Mode(Option<String>),
    /// A call is up; what it is known by.
    Talks(String, Box<Talk>),
    /// Calls are over, and their records are on their way into their files.
    #[expect(private_interfaces, reason = "records are this room's own")]
    Over(Vec<String>, Vec<Written>),
    #[expect(private_interfaces, reason = "records are this room's own")]
    Record(Vec<Written>),
}

/// What all lines together say.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Kept {
    /// By directory number.
    pub(crate) registered: BTreeMap<String, Registered>,
    pub(crate) set: BTreeMap<String, Set>,
    /// By the phone's.
    pub(crate) seated: BTreeMap<String, Seated>,
    /// MAC addresses of sets that the policy does not name, by number.
    pub(crate) bound: BTreeMap<String, String>,
    /// The service mode of an operator.
    pub(crate) mode: Option<String>,
    /// Calls that are up.
    pub(crate) talks: BTreeMap<String, Talk>,
    /// Which of them has a dialog, by our tag.
    dialogs: BTreeMap<String, String>,
}

impl Kept {
    /// Takes an entry in; false if it says nothing new.
    fn apply(&mut self, entry: &Entry) -> bool {
        match entry {
            Entry::Registered(dn, new) => {
                self.registered.insert(dn.clone(), new.clone()).as_ref() != Some(new)
            }
            Entry::Gone(dn) => self.registered.remove(dn).is_some(),
            Entry::Set(dn, new) if *new == Set::default() => self.set.remove(dn).is_some(),
            Entry::Set(dn, new) => self.set.insert(dn.clone(), new.clone()).as_ref() != Some(new),
            Entry::Seated(phone, new) => {
                // A user is at one phone.
                self.seated.retain(|at, seated| at == phone || seated.user != new.user);
                self.seated.insert(phone.clone(), new.clone()).as_ref() != Some(new)
            }
            Entry::Left(phone) => self.seated.remove(phone).is_some(),
            Entry::Bound(dn, mac) => self.bound.insert(dn.clone(), mac.clone()).as_ref() != Some(mac),
            Entry::Unbound(dn) => self.bound.remove(dn).is_some(),
            Entry::Mode(mode) => std::mem::replace(&mut self.mode, mode.clone()) != *mode,
            Entry::Talks(call, new) => self.talks(call, new),
            Entry::Over(calls, _) => {
                calls.iter().for_each(|call| self.forget(call));
                true
            }
            Entry::Record(_) => true,
        }
    }

    /// A call that has a dialog of another is what has become of that one, by a transfer.
    fn talks(&mut self, call: &str, new: &Talk) -> bool {
        for end in &new.ends {
            let before = self.dialogs.insert(end.tag().to_owned(), call.to_owned());
            if let Some(before) = before.filter(|before| before != call) {
                self.forget(&before);
                self.dialogs.insert(end.tag().to_owned(), call.to_owned());
            }
        }
        self.talks.insert(call.to_owned(), new.clone()).as_ref() != Some(new)
    }

    fn forget(&mut self, call: &str) {
        for end in self.talks.remove(call).iter().flat_map(|talk| &talk.ends) {
            if self.dialogs.get(end.tag()).is_some_and(|owner| owner == call) {
                self.dialogs.remove(end.tag());
            }
        }
    }

    fn entries(&self) -> impl Iterator<Item = Entry> {
        let registered = self.registered.iter().map(|(dn, one)| Entry::Registered(dn.clone(), one.clone()));
        let set = self.set.iter().map(|(dn, one)| Entry::Set(dn.clone(), one.clone()));
        let seated = self.seated.iter().map(|(dn, one)| Entry::Seated(dn.clone(), one.clone()));
        let bound = self.bound.iter().map(|(dn, mac)| Entry::Bound(dn.clone(), mac.clone()));
        let mode = self.mode.iter().map(|mode| Entry::Mode(Some(mode.clone())));
        let talks = self.talks.iter().map(|(call, one)| Entry::Talks(call.clone(), Box::new(one.clone())));
        registered.chain(set).chain(seated).chain(bound).chain(mode).chain(talks)
    }
}

/// The file.
pub(super) struct Journal {
    lines: Lines,
    kept: Kept,
    /// Beyond this it is written anew.
    long: u64,
}

impl Journal {
    /// Reads it, or begins one; also the records that may not have come to their files, and what is wrong with it.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<Written>, Option<String>), String> {
        let (lines, torn) = Lines::open(path)?;
        let octets = lines.read().map_err(|why| format!("{} cannot be read: {why}", path.display()))?;
        let (mut kept, mut records, mut good) = (Kept::default(), Vec::new(), 0);
        for line in octets.split_inclusive(|octet| *octet == b'\n') {
            let Some(entry) = read(line) else { break };
            good += line.len();
            kept.apply(&entry);
            // Those before them are in their files: records are noted when the ones before are written.
            match entry {
                Entry::Record(written) => records = written,
                Entry::Over(_, written) if !written.is_empty() => records = written,
                _ => {}
            }
        }
        // Half a line at its end is what a power failure leaves: nobody was told that it is kept.
        let damaged = lines.cut(good, if good == octets.len() { &[] } else { &torn });
        Ok((Self { lines, kept, long: LONG }, records, damaged))
    }

    pub(super) const fn kept(&self) -> &Kept {
        &self.kept
    }

    pub(super) const fn file(&self) -> &Arc<File> {
        self.lines.file()
    }

    pub(super) fn behind(&self) -> (usize, u64) {
        self.lines.behind()
    }

    /// Notes something, if it is new.
    pub(super) fn note(&mut self, entry: &Entry) -> io::Result<()> {
        if self.kept.apply(entry) { self.lines.push(line(entry).as_bytes()) } else { Ok(()) }
    }

    /// Writes what waits.
    pub(super) fn retry(&mut self) -> io::Result<()> {
        self.lines.retry()
    }

    /// Whether it has become long.
    pub(super) fn is_long(&self) -> bool {
        self.behind().0 == 0 && self.lines.place().is_ok_and(|place| place.at > self.long)
    }

    /// It could not be written anew: that is tried again when it is as long once more.
    pub(super) fn put_off(&mut self) {
        self.long += LONG;
    }

    /// Writes it anew, without what is not so any more. The records must be in their files, and these on the disk.
    pub(super) fn compact(&mut self) -> io::Result<()> {
        let path = self.lines.path().to_owned();
        let new = path.with_extension("new");
        let text: String = self.kept.entries().map(|entry| line(&entry)).collect();
        let mut file = File::create(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, &path)?;
        if let Some(directory) = path.parent() {
            File::open(directory)?.sync_all()?;
        }
        self.lines = Lines::open(&path).map_err(io::Error::other)?.0;
        self.long = LONG.max(4 * text.len() as u64);
        Ok(())
    }
}

fn line(entry: &Entry) -> String {
    // A map with texts as keys always becomes JSON.
    let text = serde_json::to_string(entry).unwrap_or_default();
    format!("{:08x} {text}\n", SUM.checksum(text.as_bytes()))
}

fn read(line: &[u8]) -> Option<Entry> {
    let text = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let (sum, text) = text.split_at_checked(8)?;
    let text = text.strip_prefix(' ')?;
    let right = u32::from_str_radix(sum, 16) == Ok(SUM.checksum(text.as_bytes()));
    serde_json::from_str(text).ok().filter(|_| right)
}

#[cfg(test)]
mod tests {
    use super::super::talk::tests::talk;
    use super::*;

    fn registered(host: u8) -> Registered {
        let to = SocketAddr::from(([192, 0, 2, host], 5060));
        Registered { contact: format!("sip:201@{to}"), to, source: to.ip(), for_s: 3_600 }
    }

    fn entries() -> Vec<Entry> {
        let seated = |user: &str| Seated { user: user.to_owned(), until: Some(1_800_000_000) };
        let forwards = [None, Some("202".to_owned()), None, None];
        vec![
            Entry::Registered("201".to_owned(), registered(1)),
            Entry::Registered("202".to_owned(), registered(2)),
            Entry::Set("201".to_owned(), Set { forwards, do_not_disturb: true }),
            Entry::Seated("201".to_owned(), seated("300")),
            Entry::Mode(Some("night1".to_owned())),
            Entry::Gone("202".to_owned()),
            Entry::Talks("one".to_owned(), Box::new(talk(100, [1, 2]))),
            Entry::Talks("other".to_owned(), Box::new(talk(200, [3, 4]))),
            Entry::Talks("other".to_owned(), Box::new(talk(250, [3, 4]))),
            // Two are transferred: both calls are one from now on.
            Entry::Talks("more".to_owned(), Box::new(talk(260, [5, 6]))),
            Entry::Talks("joined".to_owned(), Box::new(talk(300, [3, 6]))),
            Entry::Over(vec!["one".to_owned(), "nobody's".to_owned()], Vec::new()),
            Entry::Registered("201".to_owned(), registered(3)),
            Entry::Seated("203".to_owned(), seated("300")),
            Entry::Set("202".to_owned(), Set::default()),
        ]
    }

    fn expected() -> Kept {
        let mut kept = Kept::default();
        kept.registered.insert("201".to_owned(), registered(3));
        let forwards = [None, Some("202".to_owned()), None, None];
        kept.set.insert("201".to_owned(), Set { forwards, do_not_disturb: true });
        kept.seated.insert("203".to_owned(), Seated { user: "300".to_owned(), until: Some(1_800_000_000) });
        kept.mode = Some("night1".to_owned());
        kept.talks.insert("joined".to_owned(), talk(300, [3, 6]));
        kept.dialogs = [3, 6].map(|number| (format!("ours{number}"), "joined".to_owned())).into();
        kept
    }

    #[test]
    fn what_was_noted_is_there_after_a_start_and_after_it_was_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut journal, ..) = Journal::open(&path).unwrap();
        entries().iter().for_each(|entry| journal.note(entry).unwrap());
        assert_eq!(*journal.kept(), expected());
        let (mut journal, records, damaged) = Journal::open(&path).unwrap();
        assert_eq!((journal.kept(), records, damaged), (&expected(), Vec::new(), None));
        let before = journal.lines.place().unwrap().at;
        journal.compact().unwrap();
        assert!(journal.lines.place().unwrap().at < before);
        // What says nothing new is not written.
        journal.note(&Entry::Mode(Some("night1".to_owned()))).unwrap();
        journal.note(&Entry::Mode(None)).unwrap();
        let kept = Kept { mode: None, ..expected() };
        assert_eq!(*Journal::open(&path).unwrap().0.kept(), kept);
    }

    /// Wherever a power failure cuts it off, and whatever octet is damaged: what stands in front is there, and nothing else.
    #[test]
    fn a_damaged_journal_is_cut_at_the_last_good_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let lines: Vec<String> = entries().iter().map(line).collect();
        let text = lines.concat();
        let after = |count: usize| {
            let mut kept = Kept::default();
            entries().iter().take(count).for_each(|entry| {
                kept.apply(entry);
            });
            kept
        };
        let whole_before = |at: usize| text.as_bytes()[..at].iter().filter(|octet| **octet == b'\n').count();
        for at in 0..text.len() {
            std::fs::write(&path, &text.as_bytes()[..at]).unwrap();
            let (journal, _, damaged) = Journal::open(&path).unwrap();
            assert_eq!((journal.kept(), damaged), (&after(whole_before(at)), None), "cut at {at}");
            let mut octets = text.clone().into_bytes();
            octets[at] ^= 1;
            std::fs::write(&path, &octets).unwrap();
            let (mut journal, _, damaged) = Journal::open(&path).unwrap();
            assert_eq!(*journal.kept(), after(whole_before(at)), "damaged at {at}");
            assert!(damaged.is_some() || whole_before(at) + 1 == lines.len(), "damaged at {at}");
            // It is written on behind the good part.
            journal.note(&Entry::Mode(Some("night2".to_owned()))).unwrap();
            assert_eq!(Journal::open(&path).unwrap().0.kept().mode.as_deref(), Some("night2"));
            for number in 1.. {
                if std::fs::remove_file(path.with_extension(format!("cut-{number}"))).is_err() {
                    break;
                }
            }
        }
    }
}
