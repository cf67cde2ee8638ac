//! Reading policy files: TOML to typed rows, with a place for everything, as many errors in one run as there are.

use crate::finding::{Place, Report, Row};
use crate::schema::{Policy, SECTIONS, Section};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error, ValueDeserializer};

/// A value of the file, not yet typed.
pub(crate) type Value<'t> = Spanned<DeValue<'t>>;

/// Reads one text; what it includes is not followed.
pub(crate) fn read_str(text: &str, name: &str, report: &mut Report) -> Policy {
    let mut policy = Policy::default();
    for (pattern, place) in read_one(text, name, &mut policy, report) {
        report.error(place, "include", format!("{pattern:?} cannot be included: this policy is not a file"));
    }
    crate::stations::read(&mut policy, 0, None, report);
    policy
}

/// Reads a file and all that it includes.
pub(crate) fn read_file(path: &Path, report: &mut Report) -> std::io::Result<Policy> {
    let mut policy = Policy::default();
    let text = std::fs::read_to_string(path)?;
    let mut seen = BTreeSet::from([path.canonicalize()?]);
    include(&text, path, &mut policy, report, &mut seen);
    Ok(policy)
}

fn include(text: &str, path: &Path, policy: &mut Policy, report: &mut Report, seen: &mut BTreeSet<PathBuf>) {
    let known = policy.station_file.len();
    let includes = read_one(text, &path.display().to_string(), policy, report);
    crate::stations::read(policy, known, Some(path.parent().unwrap_or_else(|| Path::new(""))), report);
    for (pattern, place) in includes {
        let files = match files(path.parent().unwrap_or_else(|| Path::new("")), &pattern) {
            Ok(files) => files,
            Err(why) => {
                report.error(place, "include", why);
                report.incomplete(true);
                continue;
            }
        };
        for file in files {
            let read = file.canonicalize().and_then(|real| Ok((real, std::fs::read_to_string(&file)?)));
            match read {
                Ok((real, _)) if !seen.insert(real.clone()) => {
                    report.error(place, "include", format!("{} is included a second time", file.display()));
                }
                Ok((_, text)) => include(&text, &file, policy, report, seen),
                Err(why) => {
                    report.error(place, "include", format!("{} cannot be read: {why}", file.display()));
                    report.incomplete(true);
                }
            }
        }
    }
}

/// The files that a pattern names, relative to a folder. A pattern may match nothing; a plain name may not.
fn files(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let full = if folder.as_os_str().is_empty() || Path::new(pattern).is_absolute() {
        pattern.to_owned()
    } else {
        format!("{}/{pattern}", glob::Pattern::escape(&folder.to_string_lossy()))
    };
    let paths =
        glob::glob(&full).map_err(|why| format!("{pattern:?} is not a file name or pattern: {why}"))?;
    let files =
        paths.collect::<Result<Vec<_>, _>>().map_err(|why| format!("{pattern:?} cannot be read: {why}"))?;
    if files.is_empty() && !pattern.contains(['*', '?', '[']) {
        return Err(format!("{pattern:?} is not there"));
    }
    Ok(files)
}

/// Reads one file into the policy; what it includes, with the places.
fn read_one(text: &str, name: &str, policy: &mut Policy, report: &mut Report) -> Vec<(String, Place)> {
    let file = report.add_file(name, text);
    if u32::try_from(text.len()).is_err() {
        report.error(Place { file, at: 0 }, "syntax", "the file is longer than 4 GiB");
        return Vec::new();
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { file, report };
    if !errors.is_empty() {
        // What was recovered may lack keys; only the syntax is reported.
        for error in &errors {
            let key =
                error.span().filter(|_| error.message() == "duplicate key").and_then(|span| text.get(span));
            let place = reader.place(error.span().map_or(0, |span| span.start));
            let shown =
                key.map_or_else(|| error.message().to_owned(), |key| format!("`{key}` is set a second time"));
            reader.report.error(place, "syntax", shown.replace('\n', "; "));
        }
        reader.report.incomplete(true);
        return Vec::new();
    }
    let mut includes = Vec::new();
    for (key, value) in table.into_inner() {
        let place = reader.place(key.span().start);
        match key.get_ref().as_ref() {
            "include" => {
                let at = value.span().start;
                match Vec::<Spanned<String>>::deserialize(ValueDeserializer::from(value)) {
                    Ok(list) => includes.extend(list.into_iter().map(|item| {
                        let place = reader.place(item.span().start);
                        (item.into_inner(), place)
                    })),
                    Err(error) => {
                        reader.refuse(&error, at, "wrong-type", "include");
                        reader.report.incomplete(false);
                    }
                }
            }
            name => {
                if !policy.read(name, value, &mut reader) {
                    let text = format!("unknown table `{name}`, expected one of {}", SECTIONS.join(", "));
                    reader.report.error(place, "unknown-key", text);
                }
            }
        }
    }
    includes
}

/// Types values and reports what does not fit.
pub(crate) struct Reader<'r> {
    pub(crate) file: u16,
    pub(crate) report: &'r mut Report,
}

impl Reader<'_> {
    fn place(&self, at: usize) -> Place {
        Place { file: self.file, at: u32::try_from(at).unwrap_or(u32::MAX) }
    }

    /// A table that exists once.
    pub(crate) fn one<T: Section + for<'de> Deserialize<'de>>(
        &mut self,
        value: Value<'_>,
        slot: &mut Option<Row<T>>,
    ) {
        let place = self.place(value.span().start);
        if !matches!(value.get_ref(), DeValue::Table(_)) {
            self.report.error(place, "wrong-type", format!("expected a table: [{}]", T::NAME));
            return;
        }
        if let Some(first) = slot {
            let text = format!("a second [{}]; the first is at {}", T::NAME, self.report.at(first.place));
            self.report.error(place, "duplicate", text);
            return;
        }
        *slot = self.row(value);
    }

    /// An array of tables.
    pub(crate) fn many<T: Section + for<'de> Deserialize<'de>>(
        &mut self,
        value: Value<'_>,
        rows: &mut Vec<Row<T>>,
    ) {
        let place = self.place(value.span().start);
        let DeValue::Array(array) = value.into_inner() else {
            self.report.error(place, "wrong-type", format!("expected an array of tables: [[{}]]", T::NAME));
            return;
        };
        rows.reserve(array.len());
        for value in array {
            if matches!(value.get_ref(), DeValue::Table(_)) {
                rows.extend(self.row(value));
            } else {
                let place = self.place(value.span().start);
                self.report.error(place, "wrong-type", format!("expected a table: [[{}]]", T::NAME));
            }
        }
    }

    /// One table, typed; `None` after an error.
    pub(crate) fn row<T: Section + for<'de> Deserialize<'de>>(&mut self, value: Value<'_>) -> Option<Row<T>> {
        let at = value.span().start;
        let place = self.place(at);
        if let DeValue::Table(table) = value.get_ref() {
            self.waiting(T::NAME, T::LATER, table, place);
        }
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(keys) => Some(Row { place, keys }),
            Err(error) => {
                self.refuse(&error, at, "wrong-type", T::NAME);
                self.report.incomplete(false);
                None
            }
        }
    }

    /// Notes keys that have no effect yet.
    fn waiting(&mut self, section: &str, later: &[&str], table: &DeTable<'_>, place: Place) {
        if later == ["*"] {
            self.report.group(place, NOT_IN_FORCE, later_text(section));
            return;
        }
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if later.contains(&name) {
                let place = self.place(key.span().start);
                self.report.group(place, NOT_IN_FORCE, later_text(&format!("{section}.{name}")));
            }
            if let ("cos", "timers", DeValue::Table(timers)) = (section, name, value.get_ref()) {
                self.waiting("cos.timers", crate::schema::system::Timers::LATER, timers, place);
            }
        }
    }

    fn refuse(&mut self, error: &Error, at: usize, code: &'static str, section: &str) {
        let message = error.message();
        let code = match message {
            m if m.starts_with("unknown field") => "unknown-key",
            m if m.starts_with("missing field") => "missing-key",
            m if m.starts_with("invalid type") => "wrong-type",
            m if m.starts_with("invalid value") || m.starts_with("unknown variant") => "bad-value",
            _ => code,
        };
        let message = message
            .replace(" field `", " key `")
            .replace("unknown variant", "unknown value")
            .replace('\n', "; ");
        let text = format!("{section}: {message}");
        let place = self.place(error.span().map_or(at, |span| span.start));
        self.report.error(place, code, text);
    }
}

/// The code of findings about keys that wait for a later version.
pub(crate) const NOT_IN_FORCE: &str = "not-in-force";

/// What it means that a key or section has no effect yet.
fn later_text(what: &str) -> String {
    let consequence = match what {
        "features.service_mode" => "the number is kept free: who dials it gets vacant number",
        _ => "it has no effect",
    };
    format!("`{what}` is checked but not in force in this version: {consequence}")
}
