//! A file that grows by whole lines. What the disk does not take waits in memory, in its order.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Lines that wait for a full disk at most: what a recorder of a telephone exchange buffers by default (domain 7.1). Beyond it the newest are
/// lost, and counted.
pub(super) const WAITING: usize = 20_000;

/// A place in a file.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Place {
    /// Its inode: one that was put in its place is another.
    pub(super) file: u64,
    pub(super) at: u64,
}

/// The file.
pub(super) struct Lines {
    path: PathBuf,
    file: Arc<File>,
    waiting: VecDeque<Vec<u8>>,
    lost: u64,
}

impl Lines {
    /// Opens or begins it. A last line without an end was cut off by a power failure, and is taken out: its octets are given.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<u8>), String> {
        let (file, torn) =
            opened(path).map_err(|why| format!("{} cannot be written: {why}", path.display()))?;
        let lines = Self { path: path.to_owned(), file: Arc::new(file), waiting: VecDeque::new(), lost: 0 };
        Ok((lines, torn))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) const fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Lines that wait, and those that are lost.
    pub(super) fn behind(&self) -> (usize, u64) {
        (self.waiting.len(), self.lost)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.file.metadata().is_ok_and(|metadata| metadata.len() == 0)
    }

    /// Writes a line behind those that wait; it ends with a line end. If the disk does not take it, it waits as well.
    pub(super) fn push(&mut self, line: &[u8]) -> io::Result<()> {
        let written = self.retry().and_then(|()| write_whole(&self.file, line));
        if written.is_err() {
            if self.waiting.len() < WAITING {
                self.waiting.push_back(line.to_vec());
            } else {
                self.lost = self.lost.saturating_add(1);
            }
        }
        written
    }

    /// Writes what waits.
    pub(super) fn retry(&mut self) -> io::Result<()> {
        while let Some(line) = self.waiting.front() {
            write_whole(&self.file, line)?;
            self.waiting.pop_front();
        }
        Ok(())
    }

    /// Everything in it.
    pub(super) fn read(&self) -> io::Result<Vec<u8>> {
        let mut octets = Vec::new();
        File::open(&self.path)?.read_to_end(&mut octets)?;
        Ok(octets)
    }

    /// Leaves only the first octets; what is behind them, and what was torn off, goes to a file beside it (`NAME.cut-1` …), for nothing is
    /// thrown away if the disk has room. A sentence, if there was something.
    pub(super) fn cut(&self, len: usize, torn: &[u8]) -> Option<String> {
        let octets = self.read().unwrap_or_default();
        let behind = [octets.get(len..).unwrap_or(&[]), torn].concat();
        if behind.is_empty() {
            return None;
        }
        let beside = |number: u32| self.path.with_extension(format!("cut-{number}"));
        let aside = (1..).map(beside).find(|path| !path.exists()).unwrap_or_default();
        let kept = match std::fs::write(&aside, &behind) {
            Ok(()) => format!("are in {}", aside.display()),
            Err(why) => format!("could not be kept ({why})"),
        };
        let (shown, behind) = (self.path.display(), behind.len());
        let text = format!("{shown} is cut at its last good line: {behind} octets behind it {kept}");
        match self.file.set_len(len as u64) {
            Ok(()) => Some(text),
            Err(why) => Some(format!(
                "{shown} has {behind} octets behind its last good line, and cannot be cut: {why}"
            )),
        }
    }

    /// Its length, and which file it is.
    pub(super) fn place(&self) -> io::Result<Place> {
        let metadata = self.file.metadata()?;
        Ok(Place { file: metadata.ino(), at: metadata.len() })
    }

    /// Goes on in a new file; this one gets another name, which nothing has yet. If that cannot be, it goes on as it was.
    pub(super) fn go_on(&mut self, full: &Path) -> io::Result<()> {
        let new = self.path.with_extension("new");
        if full.exists() {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists));
        }
        let file = opened(&new)?.0;
        std::fs::rename(&self.path, full)?;
        std::fs::rename(&new, &self.path).or_else(|why| {
            std::fs::rename(full, &self.path)?;
            Err(why)
        })?;
        self.file = Arc::new(file);
        Ok(())
    }
}

fn opened(path: &Path) -> io::Result<(File, Vec<u8>)> {
    let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
    let len = file.metadata()?.len();
    // A line is far shorter than this.
    file.seek(SeekFrom::Start(len.saturating_sub(64 * 1024)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let end = tail.iter().rposition(|octet| *octet == b'\n').map_or(0, |at| at + 1);
    let torn = tail.split_off(end);
    if !torn.is_empty() {
        file.set_len(len - torn.len() as u64)?;
    }
    Ok((file, torn))
}

/// All of it or nothing.
fn write_whole(mut file: &File, octets: &[u8]) -> io::Result<()> {
    let before = file.metadata()?.len();
    file.write_all(octets).inspect_err(|_| {
        // Half a line would spoil the next. Making a file shorter needs no room.
        let _ = file.set_len(before);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_line_is_taken_out_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        std::fs::write(&path, b"one\ntwo\nthr").unwrap();
        let (mut lines, torn) = Lines::open(&path).unwrap();
        assert_eq!(torn, b"thr");
        lines.push(b"three\n").unwrap();
        assert_eq!(lines.read().unwrap(), b"one\ntwo\nthree\n");
        std::fs::write(&path, b"on").unwrap();
        assert_eq!(Lines::open(&path).unwrap().1, b"on");
        assert!(std::fs::read(&path).unwrap().is_empty());
    }

    /// `/dev/full` refuses like a full disk.
    #[test]
    fn what_a_full_disk_does_not_take_waits_in_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let (mut lines, _) = Lines::open(&path).unwrap();
        lines.push(b"1\n").unwrap();
        let disk = std::mem::replace(
            &mut lines.file,
            Arc::new(OpenOptions::new().append(true).open("/dev/full").unwrap()),
        );
        for line in 2..=WAITING + 3 {
            assert!(lines.push(format!("{line}\n").as_bytes()).is_err());
        }
        assert_eq!(lines.behind(), (WAITING, 2));
        lines.file = disk;
        lines.push(b"last\n").unwrap();
        assert_eq!(lines.behind(), (0, 2));
        let text = String::from_utf8(lines.read().unwrap()).unwrap();
        let expected: String = (1..=WAITING + 1).map(|line| format!("{line}\n")).collect();
        assert_eq!(text, expected + "last\n");
    }
}
