//! Reads a trace. What does not load is named by its line.

use super::answers::Answer;
use super::engine::Policy;
use super::format::{Header, Line, PolicyText, VERSION, hex, unbase64};
use super::inputs::Given;
use crate::write::soft;
use std::fmt;
use std::path::Path;
use strowger::policy::Image;

/// A trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Its first line.
    pub header: Header,
    /// The others.
    pub lines: Vec<Line>,
    image: Vec<u8>,
    keyring: Option<Vec<u8>>,
}

/// Why a file is no trace.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BadTrace {
    /// In which line; 0: the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub text: String,
}

impl fmt::Display for BadTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.text),
            line => write!(f, "line {line}: {}", self.text),
        }
    }
}

impl Trace {
    /// Reads a file.
    ///
    /// # Errors
    /// [`BadTrace`].
    pub fn read(path: &Path) -> Result<Self, BadTrace> {
        let text = std::fs::read_to_string(path)
            .map_err(|why| BadTrace { line: 0, text: format!("cannot be read: {why}") })?;
        Self::parse(&text)
    }

    /// Reads a text.
    ///
    /// # Errors
    /// [`BadTrace`].
    pub fn parse(text: &str) -> Result<Self, BadTrace> {
        let bad = |line: usize, text: String| BadTrace { line, text };
        let mut rows = (1..).zip(text.lines());
        let (_, first) = rows.next().ok_or_else(|| bad(1, "there is nothing in it".to_owned()))?;
        let header = header(first).map_err(|text| bad(1, text))?;
        let mut image = Vec::new();
        let mut keyring = None;
        if let Some(policy) = &header.policy {
            (image, keyring) = octets(policy).map_err(|text| bad(1, text))?;
        }
        let mut trace = Self { header, lines: Vec::new(), image, keyring };
        let policy = trace.policy().map_err(|text| bad(1, text))?;
        let mut lines: Vec<Line> = Vec::new();
        for (number, row) in rows {
            let line = line(row).map_err(|text| bad(number, text))?;
            if line.n != lines.len() as u64 + 1 {
                return Err(bad(number, format!("input {} where {} is due", line.n, lines.len() + 1)));
            }
            if !trace.header.redacted {
                let image = policy.as_ref().map(|policy| &policy.image);
                Given::parse(image, &line.input).map_err(|text| bad(number, text))?;
            }
            lines.push(line);
        }
        trace.lines = lines;
        Ok(trace)
    }

    /// The policy that was in force.
    pub(super) fn policy(&self) -> Result<Option<Policy<'_>>, String> {
        let Some(text) = self.header.policy.as_ref().filter(|text| text.image.is_some()) else {
            return Ok(None);
        };
        let policy = match text.block {
            true => Policy::block(&self.image, &mut soft())?,
            false => Policy::load(&self.image, self.keyring.as_deref(), &mut soft())?,
        };
        match hex(policy.image.hash()) == text.hash {
            true => Ok(Some(policy)),
            false => Err("the policy's hash is not that of its image".to_owned()),
        }
    }

    /// The image, for names.
    pub(super) fn image(&self) -> Option<Image<'_>> {
        self.policy().ok().flatten().map(|policy| policy.image)
    }
}

fn header(text: &str) -> Result<Header, String> {
    // The version first: another one may have other fields.
    let any: serde_json::Value = serde_json::from_str(text).map_err(|_| "not a trace".to_owned())?;
    let version = any.get("strowger_trace").and_then(serde_json::Value::as_u64);
    match version {
        None => return Err("not a trace".to_owned()),
        Some(version) if version != u64::from(VERSION) => {
            return Err(format!("a trace of version {version}; this program reads version {VERSION}"));
        }
        Some(_) => {}
    }
    let header: Header = serde_json::from_value(any).map_err(|why| why.to_string())?;
    let whole = header.policy.as_ref().is_none_or(|policy| policy.image.is_some());
    if !header.redacted && !whole {
        return Err("the image is not in it".to_owned());
    }
    let sizes = &header.sizes;
    let bounds = [
        (sizes.devices, 1 << 17),
        (sizes.trunks, 1 << 16),
        (sizes.calls, 1 << 15),
        (sizes.transactions, 1 << 19),
        (sizes.index, 1 << 20),
        (sizes.pages, 1 << 20),
        (sizes.outgoing, 1 << 12),
        (sizes.events, 1 << 12),
        (sizes.records, 1 << 12),
    ];
    if bounds.iter().any(|(size, bound)| size > bound) {
        return Err("tables larger than any exchange's".to_owned());
    }
    answers(&header.answers)?;
    Ok(header)
}

fn line(text: &str) -> Result<Line, String> {
    let line: Line = serde_json::from_str(text).map_err(|why| why.to_string())?;
    answers(&line.answers)?;
    Ok(line)
}

fn octets(policy: &PolicyText) -> Result<(Vec<u8>, Option<Vec<u8>>), String> {
    let read = |text: &Option<String>, what: &str| {
        let octets =
            text.as_deref().map(|text| unbase64(text).ok_or_else(|| format!("{what} is not base64")));
        octets.transpose()
    };
    Ok((read(&policy.image, "the image")?.unwrap_or_default(), read(&policy.keyring, "the keyring")?))
}

/// What cryptography told.
pub(super) fn answers(texts: &[String]) -> Result<Vec<Answer>, String> {
    texts.iter().map(|text| Answer::parse(text).ok_or_else(|| format!("{text}: no such answer"))).collect()
}
