//! Gives the inputs of a trace to an exchange again, and compares.

use super::answers::{Replaying, Script};
use super::engine::{Tables, apply, put_in_force};
use super::format::{Line, OutputText};
use super::inputs::Given;
use super::outputs::{Shown, took};
use super::reader::{Trace, answers};
use super::tokens::Secrets;
use std::fmt;
use std::rc::Rc;
use strowger::base::Instant;
use strowger::exchange::{Config, Exchange, MAX_DATAGRAM};

/// What came of a replay.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Everything is as it was recorded.
    Same {
        /// Inputs given.
        inputs: u64,
        /// Outputs compared.
        outputs: u64,
    },
    /// Digits are hashed: it cannot be replayed.
    Redacted,
    /// Something is not.
    Differs(Difference),
}

/// The first difference.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    /// The line of the file.
    pub line: usize,
    /// The number of the input; 0: the exchange could not even be made as it was.
    pub input: u64,
    /// What differs.
    pub what: String,
    /// As it was recorded.
    pub expected: String,
    /// As it is now.
    pub got: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "line {}, input {}: {} differs", self.line, self.input, self.what)?;
        writeln!(f, "  expected: {}", self.expected)?;
        write!(f, "  got:      {}", self.got)
    }
}

/// Replays a trace. Work: that of the exchange that was recorded.
#[must_use]
pub fn replay(trace: &Trace) -> Outcome {
    if trace.header.redacted {
        return Outcome::Redacted;
    }
    match run(trace) {
        Ok((inputs, outputs)) => Outcome::Same { inputs, outputs },
        Err(difference) => Outcome::Differs(difference),
    }
}

fn run(trace: &Trace) -> Result<(u64, u64), Difference> {
    let header = &trace.header;
    let whole = |what: &str, expected: String, got: String| Difference {
        line: 1,
        input: 0,
        what: what.to_owned(),
        expected,
        got,
    };
    // What does not read was refused when the trace was read.
    let policy = trace.policy().unwrap_or_default();
    let script = Rc::new(Script::default());
    script.answers.borrow_mut().extend(answers(&header.answers).unwrap_or_default());
    let mut tables = Tables::new(&header.sizes);
    let config =
        Config { instance: header.instance, address: header.address, reserved_calls: header.reserved_calls };
    let mut exchange = Exchange::new(tables.memory(), &config, Replaying(script.clone()));
    if let Some(policy) = &policy {
        put_in_force(&mut exchange, policy)
            .map_err(|why| whole("the policy", "taken".to_owned(), format!("{why:?}")))?;
    }
    if let Some((expected, got)) = unanswered(&script) {
        return Err(whole("what is asked of cryptography", expected, got));
    }
    let mut replayed = Replayed { exchange, script, secrets: Secrets::none(), buffer: vec![0; MAX_DATAGRAM] };
    let mut outputs = 0;
    for line in &trace.lines {
        outputs += replayed.line(line).map_err(|(what, expected, got)| Difference {
            line: usize::try_from(line.n).unwrap_or(usize::MAX).saturating_add(1),
            input: line.n,
            what,
            expected,
            got,
        })?;
    }
    Ok((trace.lines.len() as u64, outputs))
}

struct Replayed<'m> {
    exchange: Exchange<'m, Replaying>,
    script: Rc<Script>,
    secrets: Secrets,
    buffer: Vec<u8>,
}

/// What differs, as it was recorded, as it is.
type Differs = (String, String, String);

impl Replayed<'_> {
    /// Gives one input, and compares everything that comes of it; how many outputs that was.
    fn line(&mut self, line: &Line) -> Result<u64, Differs> {
        let now = Instant(line.at);
        // What does not read was refused when the trace was read.
        let given = Given::parse(self.exchange.image(), &line.input)
            .map_err(|why| ("the input".to_owned(), "one that can be given".to_owned(), why))?;
        self.script.answers.borrow_mut().extend(answers(&line.answers).unwrap_or_default());
        let became = took(&apply(&mut self.exchange, now, &given.input()));
        let mut count = 0;
        for n in 1.. {
            if line.open && n > line.out.len() {
                break;
            }
            let got = self.output(now);
            let expected = line.out.get(n - 1);
            if got.as_ref() != expected {
                return Err(differing(n, expected, got.as_ref()));
            }
            if got.is_none() {
                break;
            }
            count += 1;
        }
        if became != line.took {
            return Err(("what became of it".to_owned(), line.took.clone(), became));
        }
        match unanswered(&self.script) {
            Some((expected, got)) => Err(("what is asked of cryptography".to_owned(), expected, got)),
            None => Ok(count),
        }
    }

    fn output(&mut self, now: Instant) -> Option<OutputText> {
        let output = loop {
            match self.exchange.poll(&mut self.buffer) {
                Ok(output) => break output?,
                Err(short) => self.buffer.resize(short.needed, 0),
            }
        };
        let shown =
            Shown { secrets: &self.secrets, image: self.exchange.image(), mode: self.exchange.mode(now) };
        Some(shown.output(&output, &self.buffer))
    }
}

/// Whether something else was asked of cryptography than when it was recorded.
fn unanswered(script: &Script) -> Option<(String, String)> {
    if let Some(question) = script.amiss.get() {
        return Some(("another question, or none".to_owned(), question.to_owned()));
    }
    let left = script.answers.borrow().front().map(|answer| answer.text());
    left.map(|answer| (answer, "nothing was asked".to_owned()))
}

/// Names what is different: of objects only the keys whose values are.
fn differing(n: usize, expected: Option<&OutputText>, got: Option<&OutputText>) -> Differs {
    let json = |output: Option<&OutputText>| {
        output.map_or(Ok(serde_json::Value::Null), serde_json::to_value).unwrap_or_default()
    };
    let (expected, got) = (json(expected), json(got));
    let (path, expected, got) = narrowed(format!("output {n}"), expected, got);
    let text = |value: serde_json::Value| match value {
        serde_json::Value::Null => "nothing".to_owned(),
        other => other.to_string(),
    };
    (path, text(expected), text(got))
}

/// Goes down as long as one key alone differs.
fn narrowed(
    path: String,
    expected: serde_json::Value,
    got: serde_json::Value,
) -> (String, serde_json::Value, serde_json::Value) {
    let (Some(one), Some(other)) = (expected.as_object(), got.as_object()) else {
        return (path, expected, got);
    };
    let mut keys: Vec<&String> = one.keys().chain(other.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let differ: Vec<&String> = keys.into_iter().filter(|key| one.get(*key) != other.get(*key)).collect();
    match differ.as_slice() {
        [key] if one.contains_key(*key) && other.contains_key(*key) => {
            narrowed(format!("{path}, {key}"), one[*key].clone(), other[*key].clone())
        }
        _ => (path, expected, got),
    }
}
