//! What the compiler has to say, and where.

use crate::lint::accept::Accepted;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Probably not meant.
    Warning,
    /// No image can be made.
    Error,
}

/// One remark on a policy, at its place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// The file, as it was named.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub col: usize,
    /// Its weight.
    pub level: Level,
    /// A stable name for tools (`unknown-key`, `weak-secret` …), one of [`CODES`](crate::CODES).
    pub code: &'static str,
    /// What it is about (`device:201`, `route:5` …), as `[check] accept` names it; of many places that of the first.
    pub about: Vec<String>,
    /// One or two sentences. Never contains a secret.
    pub text: String,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, col, level, code, text, .. } = self;
        write!(f, "{file}:{line}:{col}: {level}[{code}]: {text}")
    }
}

impl Finding {
    /// A finding about a file as a whole.
    pub(crate) fn of_file(file: impl Into<String>, code: &'static str, text: impl Into<String>) -> Self {
        let about = Vec::new();
        Self { file: file.into(), line: 1, col: 1, level: Level::Error, code, about, text: text.into() }
    }
}

/// A place in one of the files.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Place {
    pub(crate) file: u16,
    pub(crate) at: u32,
}

/// A file that was read.
struct Source {
    name: String,
    text: String,
    lines: Vec<u32>,
}

/// The code of references to what is not there.
pub(crate) const DANGLING: &str = "dangling";

/// Findings of one code beyond this number are counted, not listed.
const LISTED: usize = 100;

/// A finding that waits for the end.
struct Noted {
    place: Place,
    level: Level,
    code: &'static str,
    about: Vec<String>,
    text: String,
}

/// Equal findings: the first place, and how many there are.
struct Group {
    place: Place,
    count: usize,
    level: Level,
    about: Vec<String>,
}

/// Collects findings while files are read and compiled.
#[derive(Default)]
pub(crate) struct Report {
    files: Vec<Source>,
    findings: Vec<Noted>,
    counts: BTreeMap<&'static str, usize>,
    grouped: BTreeMap<(&'static str, String), Group>,
    /// What the next finding is about.
    about: Vec<String>,
    accepted: Accepted,
    failed: bool,
    /// Rows were refused: what refers to them cannot be judged.
    rows_missing: bool,
    /// A file was not understood at all.
    files_missing: bool,
}

impl Report {
    /// Adds a file whose places will be named; its number.
    pub(crate) fn add_file(&mut self, name: &str, text: &str) -> u16 {
        let starts = text.bytes().zip(1u32..).filter(|(byte, _)| *byte == b'\n').map(|(_, next)| next);
        let lines = std::iter::once(0).chain(starts).collect();
        self.files.push(Source { name: name.into(), text: text.into(), lines });
        u16::try_from(self.files.len() - 1).unwrap_or(u16::MAX)
    }

    /// File name, line and column of a place.
    pub(crate) fn locate(&self, place: Place) -> (&str, usize, usize) {
        let Some(source) = self.files.get(usize::from(place.file)) else { return ("", 1, 1) };
        let line = source.lines.partition_point(|start| *start <= place.at).max(1);
        let start = source.lines.get(line - 1).copied().unwrap_or(0) as usize;
        let before = source.text.get(start..place.at as usize).unwrap_or("");
        (&source.name, line, before.chars().count() + 1)
    }

    /// The line of a place.
    pub(crate) fn line(&self, place: Place) -> u32 {
        let Some(source) = self.files.get(usize::from(place.file)) else { return 1 };
        u32::try_from(source.lines.partition_point(|start| *start <= place.at)).unwrap_or(u32::MAX)
    }

    /// `file:line:col`, to name a second place inside a text.
    pub(crate) fn at(&self, place: Place) -> String {
        let (file, line, col) = self.locate(place);
        format!("{file}:{line}:{col}")
    }

    /// Takes what the policy accepts: such findings are not kept, those of whole files that were noted before included.
    pub(crate) fn accept(&mut self, accepted: Accepted) {
        self.accepted = accepted;
        let accepted = &mut self.accepted;
        self.grouped.retain(|(code, _), group| {
            let silenced = group.level != Level::Error && accepted.silences(code, &group.about);
            !silenced
        });
    }

    /// Says what the next finding is about, as `accept` names it.
    pub(crate) fn about(&mut self, kind: &str, name: impl fmt::Display) -> &mut Self {
        self.about.push(format!("{kind}:{name}"));
        self
    }

    /// What the finding at hand is about; `None` if it is accepted.
    fn subject(&mut self, level: Level, code: &'static str) -> Option<Vec<String>> {
        debug_assert!(crate::codes::known(code), "{code} is missing in codes.rs");
        let about = std::mem::take(&mut self.about);
        let silenced = level != Level::Error && self.accepted.silences(code, &about);
        (!silenced).then_some(about)
    }

    /// Adds a finding.
    pub(crate) fn push(&mut self, place: Place, level: Level, code: &'static str, text: impl Into<String>) {
        let Some(about) = self.subject(level, code) else { return };
        self.failed |= level == Level::Error;
        let count = self.counts.entry(code).or_default();
        *count += 1;
        if *count <= LISTED {
            self.findings.push(Noted { place, level, code, about, text: text.into() });
        }
    }

    /// Adds an error. That something is missing is not said once rows were refused: it may have been among them.
    pub(crate) fn error(&mut self, place: Place, code: &'static str, text: impl Into<String>) {
        if code == DANGLING && self.rows_missing {
            self.about.clear();
            return;
        }
        self.push(place, Level::Error, code, text);
    }

    /// Adds to a group that becomes one info at its first place, with a count.
    pub(crate) fn group(&mut self, place: Place, code: &'static str, text: String) {
        self.group_as(Level::Info, place, code, text);
    }

    /// Adds to a group that becomes one finding at its first place, with a count.
    pub(crate) fn group_as(&mut self, level: Level, place: Place, code: &'static str, text: String) {
        let Some(about) = self.subject(level, code) else { return };
        self.failed |= level == Level::Error;
        let group =
            self.grouped.entry((code, text)).or_insert(Group { place, count: 0, level, about: Vec::new() });
        if group.count == 0 || place < group.place {
            (group.place, group.about) = (place, about);
        }
        group.count += 1;
    }

    /// Notes that rows, or whole files, were refused.
    pub(crate) const fn incomplete(&mut self, whole_file: bool) {
        self.rows_missing = true;
        self.files_missing |= whole_file;
    }

    /// Whether files are missing, so that nothing can be said about the rest.
    pub(crate) const fn unreadable(&self) -> bool {
        self.files_missing
    }

    /// Whether an error was found.
    pub(crate) const fn failed(&self) -> bool {
        self.failed
    }

    /// All findings, in order of place.
    pub(crate) fn finish(mut self) -> Vec<Finding> {
        if !self.failed {
            for place in self.accepted.unused() {
                let text = "this entry matches no finding: what it accepted is mended, or it names another place; take it out";
                self.push(place, Level::Info, "accept-unused", text);
            }
        }
        let mut grouped: Vec<_> = std::mem::take(&mut self.grouped).into_iter().collect();
        grouped.sort_by_key(|(_, group)| group.place);
        for ((code, text), Group { place, count, level, about }) in grouped {
            let listed = self.counts.entry(code).or_default();
            *listed += 1;
            if *listed <= LISTED {
                let text = if count > 1 { format!("{text} ({count} places)") } else { text };
                self.findings.push(Noted { place, level, code, about, text });
            }
        }
        for (code, count) in std::mem::take(&mut self.counts) {
            if let Some(more) = count.checked_sub(LISTED).filter(|more| *more > 0)
                && let Some(last) = self.findings.iter_mut().rev().find(|noted| noted.code == code)
            {
                last.text.push_str(&format!(" (and {more} more findings of this kind)"));
            }
        }
        self.findings.sort_by(|a, b| (a.place, b.level, a.code).cmp(&(b.place, a.level, b.code)));
        let listed = std::mem::take(&mut self.findings);
        let finding = |Noted { place, level, code, about, text }: Noted| {
            let (file, line, col) = self.locate(place);
            Finding { file: file.into(), line, col, level, code, about, text }
        };
        listed.into_iter().map(finding).collect()
    }
}

/// One table of the policy with its place.
#[derive(Clone, Debug)]
pub(crate) struct Row<T> {
    pub(crate) place: Place,
    pub(crate) keys: T,
}

impl<T> Row<T> {
    /// The place of a part of this row.
    pub(crate) fn at(&self, span: Range<usize>) -> Place {
        Place { file: self.place.file, at: u32::try_from(span.start).unwrap_or(u32::MAX) }
    }
}
