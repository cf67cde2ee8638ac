//! A question and its answer.

use super::When;
use crate::model::Mode;

/// Who calls or is called.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Party {
    /// The device with this directory number.
    Device(String),
    /// The trunk of this name.
    Trunk(String),
    /// Somebody nobody knows: no class, no zone, no Interconnect Number.
    Unknown,
}

/// One question.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attempt {
    /// Who calls.
    pub from: Party,
    /// What was dialed, or what a trunk calls.
    pub dialed: String,
    /// Whether the trunk's inbound rows say what becomes of that; without it a trunk dials like a device.
    pub did: bool,
    /// Service mode, if the operator has set one.
    pub mode: Option<Mode>,
    /// Local time.
    pub when: When,
    /// The account code, as typed.
    pub code: Option<String>,
    /// Too many wrong codes: none is taken.
    pub code_locked: bool,
    /// Too many failed log-ins.
    pub locked_out: bool,
    /// Public calls that the caller has now, and has begun in the last minute.
    pub calls: (u16, u16),
}

impl Attempt {
    /// A quiet question: by day, on a Monday noon, without code and other calls.
    #[must_use]
    pub const fn new(from: Party, dialed: String) -> Self {
        Self {
            from,
            dialed,
            did: false,
            mode: Some(Mode::Day),
            when: When { day: 7, minute: 720 },
            code: None,
            code_locked: false,
            locked_out: false,
            calls: (0, 0),
        }
    }
}

/// Kind of an answer.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Verdict {
    /// The call may be made.
    Allow,
    /// It may not, or cannot.
    Deny,
    /// It is an emergency call.
    Emergency,
    /// Not without an account code.
    AccountCode,
}

/// The answer to an [`Attempt`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// Its kind.
    pub verdict: Verdict,
    /// The rule that it rests on.
    pub rule: &'static str,
    /// Who is reached.
    pub to: Option<Party>,
    /// What is sent there.
    pub outpulsed: Option<String>,
    /// The route that is used, or the one that was denied.
    pub route: Option<u16>,
    /// Whether the caller hears the warning tone.
    pub warning: bool,
    /// The number class of a public route that is used, or that was denied for it.
    pub class: Option<String>,
    /// Whether that class is watched.
    pub watched: bool,
}

impl Answer {
    pub(super) const fn new(verdict: Verdict, rule: &'static str) -> Self {
        Self {
            verdict,
            rule,
            to: None,
            outpulsed: None,
            route: None,
            warning: false,
            class: None,
            watched: false,
        }
    }

    pub(super) const fn deny(rule: &'static str) -> Self {
        Self::new(Verdict::Deny, rule)
    }
}
