//! What cryptography told an exchange: written down by [`Recording`], told again by [`Replaying`].
//!
//! An exchange takes no path by a secret itself, only by what a provider says of it: whether two texts are equal, whose
//! account code a digest is. These answers are no secrets; with them, and with what was drawn at random, the same inputs
//! lead to the same outputs, without the keyring.

use super::format;
use crate::keyring::{Parts, parts, sign};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use strowger::base::crypto::Hashed;
use strowger::base::{Algorithm, Crypto, Typed};
use strowger::policy::keyring::{CODE_KEY, CODE_MAC, CODE_ROW, ROW, ROWS, TRUNK_ROW};

/// One answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// These octets were drawn at random.
    Random(Vec<u8>),
    /// A mac began with these octets; nothing uses the others.
    Mac([u8; 16]),
    /// Two texts were equal, or not.
    Equal(bool),
    /// A digest was that of the account code in this row, or of none.
    Code(Option<u16>),
}

/// The answers given since they were last taken.
pub(super) type Log = Rc<RefCell<Vec<Answer>>>;

/// A provider whose answers are written down, if somebody wants them.
#[derive(Debug)]
pub struct Recording<C> {
    inner: C,
    /// Gone when nobody wants answers any more.
    log: Option<Weak<RefCell<Vec<Answer>>>>,
    codes: Vec<([u8; CODE_MAC], u16)>,
}

impl<C> Recording<C> {
    /// Nothing is written down.
    pub(super) const fn off(inner: C) -> Self {
        Self { inner, log: None, codes: Vec::new() }
    }

    /// Writes answers to the log. The keyring tells whose account code a digest is.
    pub(super) fn on(inner: C, log: &Log, keyring: &[u8]) -> Self {
        let codes =
            hashed(keyring).0.iter().map(|row| (*row.first_chunk().unwrap_or(&[0; CODE_MAC]), row_of(row)));
        Self { inner, log: Some(Rc::downgrade(log)), codes: codes.collect() }
    }

    fn note(&self, answer: impl FnOnce() -> Answer) {
        if let Some(log) = self.log.as_ref().and_then(Weak::upgrade) {
            log.borrow_mut().push(answer());
        }
    }
}

/// Whether a digest is that of an account code: a key and a code of fixed lengths. No other has two parts.
fn is_code(parts: &[&[u8]]) -> bool {
    matches!(parts, [key, code] if key.len() == CODE_KEY && code.len() == Typed::MAX)
}

impl<C: Crypto> Crypto for Recording<C> {
    fn digest(&mut self, algorithm: Algorithm, parts: &[&[u8]]) -> Hashed {
        let hashed = self.inner.digest(algorithm, parts);
        if self.log.is_some() && is_code(parts) {
            let found = self.codes.iter().find(|(mac, _)| hashed.as_bytes().starts_with(mac));
            self.note(|| Answer::Code(found.map(|(_, row)| *row)));
        }
        hashed
    }

    fn knows(&self, algorithm: Algorithm) -> bool {
        self.inner.knows(algorithm)
    }

    fn mac(&mut self, parts: &[&[u8]]) -> [u8; 32] {
        let mac = self.inner.mac(parts);
        self.note(|| Answer::Mac(*mac.first_chunk().unwrap_or(&[0; 16])));
        mac
    }

    fn random(&mut self, out: &mut [u8]) {
        self.inner.random(out);
        self.note(|| Answer::Random(out.to_vec()));
    }

    fn equal(&self, a: &[u8], b: &[u8]) -> bool {
        let equal = self.inner.equal(a, b);
        self.note(|| Answer::Equal(equal));
        equal
    }
}

/// What is left of a trace's answers, and the first question that was another one than when it was recorded.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) answers: RefCell<VecDeque<Answer>>,
    pub(super) amiss: Cell<Option<&'static str>>,
}

/// A provider that gives a trace's answers in order.
pub(super) struct Replaying(pub(super) Rc<Script>);

impl Replaying {
    /// The next answer, if it is one to this question.
    fn next<T>(&self, question: &'static str, fits: impl FnOnce(&Answer) -> Option<T>) -> Option<T> {
        let answer = self.0.answers.borrow_mut().pop_front();
        let fitting = answer.as_ref().and_then(fits);
        if fitting.is_none() && self.0.amiss.get().is_none() {
            self.0.amiss.set(Some(question));
        }
        fitting
    }
}

impl Crypto for Replaying {
    /// Only those of account codes lead anywhere; what becomes of others is told by [`Crypto::equal`].
    fn digest(&mut self, algorithm: Algorithm, parts: &[&[u8]]) -> Hashed {
        let mut octets = [0; 32];
        if is_code(parts) {
            let fits = |answer: &Answer| if let Answer::Code(row) = answer { Some(*row) } else { None };
            if let Some(row) = self.next("whose account code a digest is", fits).flatten() {
                octets[..CODE_MAC].copy_from_slice(&blank_mac(row));
            }
        }
        Hashed::new(algorithm, octets)
    }

    fn mac(&mut self, _parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = [0; 32];
        let fits = |answer: &Answer| if let Answer::Mac(half) = answer { Some(*half) } else { None };
        if let Some(half) = self.next("a mac", fits) {
            mac[..16].copy_from_slice(&half);
        }
        mac
    }

    fn random(&mut self, out: &mut [u8]) {
        let len = out.len();
        let fits = |answer: &Answer| match answer {
            Answer::Random(octets) if octets.len() == len => Some(octets.clone()),
            _ => None,
        };
        match self.next("random octets", fits) {
            Some(octets) => out.copy_from_slice(&octets),
            None => out.fill(0),
        }
    }

    fn equal(&self, _a: &[u8], _b: &[u8]) -> bool {
        let fits = |answer: &Answer| if let Answer::Equal(equal) = answer { Some(*equal) } else { None };
        self.next("whether two texts are equal", fits).unwrap_or(false)
    }
}

/// The account codes of a keyring, row by row, and the PINs of its users.
fn hashed(keyring: &[u8]) -> (&[[u8; CODE_ROW]], &[[u8; CODE_ROW]]) {
    let Some(Parts { codes, key_at, .. }) = parts(keyring) else { return (&[], &[]) };
    let all: &[[u8; CODE_ROW]] = keyring.get(key_at + CODE_KEY..).unwrap_or(&[]).as_chunks().0;
    all.split_at_checked(codes).unwrap_or((all, &[]))
}

/// The row that a code or a PIN belongs to.
fn row_of(row: &[u8; CODE_ROW]) -> u16 {
    u16::from_le_bytes([row[CODE_MAC], row[CODE_MAC + 1]])
}

/// What stands for an account code's mac in a blank keyring: nothing but its row. 0 is nobody's.
fn blank_mac(row: u16) -> [u8; CODE_MAC] {
    let mut mac = [0; CODE_MAC];
    mac[..4].copy_from_slice(&(u32::from(row) + 1).to_be_bytes());
    mac
}

/// A keyring with who has credentials in it, and none of them: an exchange takes the same paths with it, told
/// [`Answer`]s.
pub(super) fn blank(keyring: &[u8]) -> Vec<u8> {
    let (codes, pins) = hashed(keyring);
    let mut rows: Vec<u16> = codes.iter().map(row_of).collect();
    rows.sort_unstable();
    let Some(Parts { trunks_at, webhook_at, key_at, .. }) = parts(keyring) else { return keyring.to_vec() };
    let mut octets = Vec::with_capacity(keyring.len());
    octets.extend_from_slice(keyring.get(..ROWS).unwrap_or(&[]));
    for row in keyring.get(ROWS..trunks_at).unwrap_or(&[]).chunks_exact(ROW) {
        octets.extend_from_slice(&row[..8]);
        octets.extend_from_slice(&[0; ROW - 8]);
    }
    // How long a password is is nobody's to read either.
    for row in keyring.get(trunks_at..webhook_at).unwrap_or(&[]).chunks_exact(TRUNK_ROW) {
        octets.extend_from_slice(&row[..2]);
        octets.extend_from_slice(&[0; TRUNK_ROW - 2]);
    }
    octets.extend(std::iter::repeat_n(b'-', key_at - webhook_at));
    if !rows.is_empty() || !pins.is_empty() {
        octets.extend_from_slice(&[0; CODE_KEY]);
    }
    for row in rows {
        octets.extend_from_slice(&blank_mac(row));
        octets.extend_from_slice(&row.to_le_bytes());
    }
    for pin in pins {
        octets.extend_from_slice(&[0; CODE_MAC]);
        octets.extend_from_slice(&pin[CODE_MAC..]);
    }
    sign(&mut octets);
    octets
}

impl Answer {
    /// As a trace has it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Random(octets) => format!("random {}", format::hex(octets)),
            Self::Mac(half) => format!("mac {}", format::hex(half)),
            Self::Equal(true) => "equal".to_owned(),
            Self::Equal(false) => "unequal".to_owned(),
            Self::Code(Some(row)) => format!("code {row}"),
            Self::Code(None) => "no code".to_owned(),
        }
    }

    /// From a trace.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text.split_once(' ') {
            None if text == "equal" => Self::Equal(true),
            None if text == "unequal" => Self::Equal(false),
            Some(("random", octets)) => Self::Random(format::unhex(octets)?),
            Some(("mac", half)) => Self::Mac(format::unhex(half)?.try_into().ok()?),
            Some(("no", "code")) => Self::Code(None),
            Some(("code", row)) => Self::Code(Some(row.parse().ok()?)),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_reads_as_it_was_written() {
        let answers = [
            Answer::Random(vec![0, 255, 7]),
            Answer::Mac([9; 16]),
            Answer::Equal(true),
            Answer::Equal(false),
            Answer::Code(Some(12)),
            Answer::Code(None),
        ];
        for answer in answers {
            assert_eq!(Answer::parse(&answer.text()), Some(answer));
        }
        for bad in ["", "random", "random 0", "random xy", "mac 00", "code", "code x", "no", "no codes"] {
            assert_eq!(Answer::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn another_question_than_the_recorded_one_is_noticed() {
        let script = Rc::new(Script::default());
        script.answers.borrow_mut().extend([Answer::Equal(true), Answer::Mac([1; 16])]);
        let mut replaying = Replaying(script.clone());
        assert!(replaying.equal(b"a", b"b"));
        assert_eq!(script.amiss.get(), None);
        replaying.random(&mut [0; 8]);
        assert_eq!(script.amiss.get(), Some("random octets"));
    }
}
