//! Station files: many devices as CSV, whose header names device keys.
//!
//! A row becomes the table that the same keys would make in TOML and is typed like one, so every check and every place
//! is that of `[[device]]`. `cos` and `cor` hold one class for all modes, or `cos_day`, `cos_night1`, `cos_night2` do.

use crate::finding::{Place, Report, Row};
use crate::read::Reader;
use crate::schema::parties::Device;
use crate::schema::{Policy, Section};
use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// Findings about station files as such.
const CODE: &str = "station-file";

/// How the text of a cell becomes a value.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Number,
    /// A number or a name.
    Class,
    /// Texts with spaces between.
    List,
    /// A number or a name for one mode.
    Mode(&'static str),
}

const MODES: [&str; 3] = ["day", "night1", "night2"];

struct Column<'h> {
    key: &'h str,
    form: Form,
}

/// Reads the files of the rows from `first` on and appends their devices; `folder` is where their paths begin.
pub(crate) fn read(policy: &mut Policy, first: usize, folder: Option<&Path>, report: &mut Report) {
    let mut devices = Vec::new();
    for row in policy.station_file.get(first..).unwrap_or(&[]) {
        let place = row.at(row.keys.path.span());
        let path = row.keys.path.get_ref();
        let optional = row.keys.optional.unwrap_or(false);
        let template = row.keys.template.as_ref().map(|name| name.get_ref().as_str());
        let Some(folder) = folder else {
            if !optional {
                report.error(place, CODE, format!("{path:?} cannot be read: this policy is not a file"));
                report.incomplete(true);
            }
            continue;
        };
        let full = folder.join(path);
        match std::fs::read_to_string(&full) {
            Ok(text) => stations(&text, &full.display().to_string(), template, &mut devices, report),
            Err(why) if optional && why.kind() == std::io::ErrorKind::NotFound => {}
            Err(why) => {
                report.error(place, CODE, format!("{} cannot be read: {why}", full.display()));
                report.incomplete(true);
            }
        }
    }
    policy.device.append(&mut devices);
}

fn stations(
    text: &str,
    name: &str,
    template: Option<&str>,
    devices: &mut Vec<Row<Device>>,
    report: &mut Report,
) {
    // A byte order mark is no part of the first column's name.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let file = report.add_file(name, text);
    let at = |at: usize| Place { file, at: u32::try_from(at).unwrap_or(u32::MAX) };
    if u32::try_from(text.len()).is_err() {
        report.error(at(0), CODE, "the file is longer than 4 GiB");
        return;
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut columns: Option<Vec<Column<'_>>> = None;
    let mut cells = Vec::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(why) => {
                let place = why.position().map_or(0, |position| position.byte());
                report.error(
                    at(usize::try_from(place).unwrap_or(0)),
                    CODE,
                    format!("not readable as CSV: {why}"),
                );
                report.incomplete(true);
                return;
            }
        }
        let start = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
        places(text, start, record.len(), &mut cells);
        let begin = cells.first().map_or(start, |cell| cell.start);
        let Some(columns) = &columns else {
            columns = header(&record, &cells, at, report);
            if columns.is_none() {
                report.incomplete(true);
                return;
            }
            continue;
        };
        if record.len() != columns.len() {
            let text = format!("{} fields, but the header names {}", record.len(), columns.len());
            report.error(at(begin), CODE, text);
            report.incomplete(false);
            continue;
        }
        let table = table(columns, &record, &cells, template);
        let span = begin..cells.last().map_or(begin, |cell| cell.end);
        let row = Spanned::new(span, DeValue::Table(table));
        devices.extend(Reader { file, report }.row::<Device>(row));
    }
    if columns.is_none() {
        report.error(at(0), CODE, "the file is empty: its first line names device keys, `dn` among them");
        report.incomplete(true);
    }
}

/// What each column means; `None` after an error.
fn header<'h>(
    record: &csv::StringRecord,
    cells: &[Range<usize>],
    at: impl Fn(usize) -> Place,
    report: &mut Report,
) -> Option<Vec<Column<'h>>> {
    let mut columns: Vec<Column<'h>> = Vec::with_capacity(record.len());
    let mut names: Vec<&str> = Vec::with_capacity(record.len());
    let mut good = true;
    for (name, cell) in record.iter().zip(cells) {
        let name = name.trim();
        let column = column(name).ok_or_else(|| {
            if name.contains([';', '\t']) {
                return format!("{name:?} is no column: fields are separated by commas");
            }
            format!("unknown column {name:?}, expected one of {}, cos_day and so on", Device::KEYS.join(", "))
        });
        let column = column.and_then(|column| {
            // `cos` and `cos_day` say the same thing twice as well.
            let mode_of = |name: &str, key: &str| {
                matches!(key, "cos" | "cor")
                    && name.strip_prefix(key).is_some_and(|rest| rest.starts_with('_'))
            };
            let same = |other: &&&str| **other == name || mode_of(name, other) || mode_of(other, name);
            match names.iter().find(same) {
                Some(other) if *other == name => Err(format!("the column {name:?} is there already")),
                Some(other) => {
                    Err(format!("{name:?} and {other:?}: either one column for all modes, or one for each"))
                }
                None => Ok(column),
            }
        });
        names.push(name);
        match column {
            Ok(column) => columns.push(column),
            Err(text) => {
                good = false;
                report.error(at(cell.start), CODE, text);
            }
        }
    }
    if good && !names.contains(&"dn") {
        good = false;
        report.error(at(0), CODE, "no column is named \"dn\"");
    }
    for class in ["cos", "cor"] {
        let modes =
            names.iter().any(|name| name.strip_prefix(class).is_some_and(|rest| rest.starts_with("_night")));
        if good && modes && !names.contains(&format!("{class}_day").as_str()) {
            good = false;
            report.error(
                at(0),
                CODE,
                format!("no column is named \"{class}_day\", which a mode without its own class takes"),
            );
        }
    }
    good.then_some(columns)
}

fn column<'h>(name: &str) -> Option<Column<'h>> {
    for class in ["cos", "cor"] {
        if let Some(mode) = name.strip_prefix(class).and_then(|rest| rest.strip_prefix('_')) {
            let mode = MODES.into_iter().find(|known| *known == mode)?;
            return Some(Column { key: class, form: Form::Mode(mode) });
        }
    }
    let key = Device::KEYS.iter().find(|key| **key == name)?;
    let form = match *key {
        "cos" | "cor" => Form::Class,
        "digest" | "transport" => Form::List,
        "interconnect" | "max_contacts" | "intercept" | "default_account_code" => Form::Number,
        _ => Form::Text,
    };
    Some(Column { key, form })
}

/// Where each field of a record stands, its quotes included.
fn places(text: &str, start: usize, fields: usize, cells: &mut Vec<Range<usize>>) {
    cells.clear();
    let octets = text.as_bytes();
    let mut at = start;
    // Empty lines in front of a record belong to nobody.
    while matches!(octets.get(at), Some(b'\r' | b'\n')) {
        at += 1;
    }
    while cells.len() < fields {
        let begin = at;
        if octets.get(at) == Some(&b'"') {
            at += 1;
            while let Some(octet) = octets.get(at) {
                at += 1;
                if *octet == b'"' {
                    if octets.get(at) != Some(&b'"') {
                        break;
                    }
                    at += 1;
                }
            }
        }
        while octets.get(at).is_some_and(|octet| !matches!(octet, b',' | b'\r' | b'\n')) {
            at += 1;
        }
        cells.push(begin..at);
        at += 1;
    }
}

/// A record as the table that TOML would have made.
fn table<'t>(
    columns: &[Column<'_>],
    record: &'t csv::StringRecord,
    cells: &[Range<usize>],
    template: Option<&'t str>,
) -> DeTable<'t> {
    let mut table = DeTable::new();
    let mut named = false;
    for ((column, text), span) in columns.iter().zip(record).zip(cells) {
        if text.is_empty() {
            continue;
        }
        named |= column.key == "template";
        let key = || Spanned::new(span.clone(), Cow::Owned(column.key.to_owned()));
        let value = Spanned::new(span.clone(), value(column.form, text, span));
        if let Form::Mode(mode) = column.form {
            let modes = table
                .entry(key())
                .or_insert_with(|| Spanned::new(span.clone(), DeValue::Table(DeTable::new())));
            if let DeValue::Table(modes) = modes.get_mut() {
                modes.insert(Spanned::new(span.clone(), Cow::Borrowed(mode)), value);
            }
        } else {
            table.insert(key(), value);
        }
    }
    if let Some(template) = template.filter(|_| !named) {
        let span = cells.first().map_or(0..0, Clone::clone);
        let value = Spanned::new(span.clone(), DeValue::String(Cow::Borrowed(template)));
        table.insert(Spanned::new(span, Cow::Borrowed("template")), value);
    }
    table
}

fn value<'t>(form: Form, text: &'t str, span: &Range<usize>) -> DeValue<'t> {
    let text = match form {
        Form::Text => return DeValue::String(Cow::Borrowed(text)),
        Form::Number | Form::Class | Form::Mode(_) | Form::List => text.trim(),
    };
    let plain = || DeValue::String(Cow::Borrowed(text));
    match form {
        Form::List => {
            let mut list = DeArray::new();
            for one in text.split_whitespace() {
                list.push(Spanned::new(span.clone(), DeValue::String(Cow::Borrowed(one))));
            }
            DeValue::Array(list)
        }
        // What is no number is left to the type of the key, which says what it expected.
        _ if !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit()) => {
            let digits = text.trim_start_matches('0');
            DeValue::parse(if digits.is_empty() { "0" } else { digits })
                .map_or_else(|_| plain(), Spanned::into_inner)
        }
        _ => plain(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value for each key, so that a key which comes to the language gets its form here as well.
    fn example(key: &str) -> &'static str {
        match key {
            "dn" => "201",
            "kind" => "sip",
            "ha1_md5" => "00112233445566778899aabbccddeeff",
            "ha1_sha256" => "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
            "cos" | "cor" | "interconnect" | "max_contacts" | "intercept" | "default_account_code" => "1",
            "digest" => "sha-256 md5",
            "transport" => "udp tls",
            "public_number" | "cesid" => "6135550100",
            "srtp" => "off",
            "role" => "phone",
            "always_to" | "busy_to" | "no_answer_to" | "out_of_service_to" | "pin" => "47119",
            "mac" => "08:00:0f:12:34:56",
            _ => "text",
        }
    }

    #[test]
    fn every_device_key_can_be_a_column() {
        let row: Vec<&str> = Device::KEYS.iter().map(|key| example(key)).collect();
        let text = format!("{}\n{}\n", Device::KEYS.join(","), row.join(","));
        let (mut devices, mut report) = (Vec::new(), Report::default());
        stations(&text, "stations.csv", None, &mut devices, &mut report);
        let findings = report.finish();
        assert!(findings.iter().all(|finding| finding.level < crate::Level::Error), "{findings:?}");
        assert_eq!(devices.len(), 1);
    }
}
