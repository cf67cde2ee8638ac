//! Records on disk, each flushed as it happens: `smdr.txt`, `smdr.csv`, `denied.jsonl`.

use crate::words;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use strowger::policy::{Denial, Image};
use strowger::record::smdr::CSV_HEADER;
use strowger::record::{Decision, Smdr};
use strowger::wire::write::Buffer;

/// The files of one data directory.
pub(crate) struct Files {
    directory: PathBuf,
    smdr: File,
    csv: File,
    denied: File,
    failing: bool,
    layout: Layout,
}

/// The form of call records (`[smdr] layout`); the CSV is always written.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Layout {
    Standard,
    Extended,
    Csv,
}

impl Files {
    /// Opens or begins them. Old records stay.
    pub(crate) fn open(directory: &Path, image: &Image<'_>) -> Result<Self, String> {
        let layout = match image.system().smdr >> 3 & 3 {
            0 => Layout::Standard,
            1 => Layout::Csv,
            _ => Layout::Extended,
        };
        std::fs::create_dir_all(directory)
            .map_err(|why| format!("the data directory {} cannot be made: {why}", directory.display()))?;
        let open = |name: &str| {
            let path = directory.join(name);
            let opened = OpenOptions::new().create(true).append(true).open(&path);
            opened.map_err(|why| format!("{} cannot be written: {why}", path.display()))
        };
        let mut csv = open("smdr.csv")?;
        if csv.metadata().is_ok_and(|metadata| metadata.len() == 0) {
            write!(csv, "{CSV_HEADER}\r\n").map_err(|why| format!("smdr.csv cannot be written: {why}"))?;
        }
        let (smdr, denied) = (open("smdr.txt")?, open("denied.jsonl")?);
        Ok(Self { directory: directory.to_owned(), smdr, csv, denied, failing: false, layout })
    }

    /// One finished call.
    pub(crate) fn smdr(&mut self, record: &Smdr) {
        let mut line = match self.layout {
            Layout::Standard => record.standard().to_vec(),
            Layout::Extended => record.extended().to_vec(),
            Layout::Csv => Vec::new(),
        };
        if !line.is_empty() {
            line.push(b'\n');
            let written = self.smdr.write_all(&line);
            self.tell("smdr.txt", written);
        }
        let mut buffer = [0; 512];
        let mut out = Buffer::new(&mut buffer);
        record.csv(&mut out);
        // A CSV line is at most 200 bytes: its fields are bounded.
        let len = out.finish().unwrap_or(0);
        let written = self.csv.write_all(&buffer[..len]);
        self.tell("smdr.csv", written);
    }

    /// One denied attempt.
    pub(crate) fn denied(&mut self, image: &Image<'_>, decision: &Decision, denial: &Denial) {
        let line = format!("{}\n", words::denied_record(image, decision, denial));
        let written = self.denied.write_all(line.as_bytes());
        self.tell("denied.jsonl", written);
    }

    /// Says once that records are being lost, and once that they are kept again; calls go on.
    fn tell(&mut self, name: &str, written: std::io::Result<()>) {
        match written {
            Err(why) if !self.failing => {
                self.failing = true;
                tracing::error!(
                    "{} cannot be written, records are lost: {why}",
                    self.directory.join(name).display()
                );
            }
            Ok(()) if self.failing => {
                self.failing = false;
                tracing::warn!("records are written again in {}", self.directory.display());
            }
            Ok(()) | Err(_) => {}
        }
    }
}
