//! A question and its answer.

use super::When;
use crate::model::Mode;

/// Who calls or is called.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Party {
    /// The device with this directory number; of a user's number, nobody's phone but the number itself.
    Device(String),
    /// A hot-desk user who is logged in at a phone.
    User {
        /// His directory number.
        dn: String,
        /// The phone's.
        at: String,
    },
    /// The trunk of this name.
    Trunk(String),
    /// Somebody nobody knows: no class, no zone, no Interconnect Number.
    Unknown,
}

/// What is done on somebody's behalf.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Feature {
    /// A call is passed on.
    Transfer,
    /// A call is diverted.
    Forward {
        /// Set by the user or asked for by the phone; otherwise by the administrator.
        user: bool,
    },
}

/// On whose behalf a call is made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Behalf {
    /// What is done.
    pub feature: Feature,
    /// Who is joined with the destination: the transferee, or the caller who is diverted.
    pub party: Party,
}

/// One question.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attempt {
    /// Who calls; on somebody's behalf, who acts: the transferor or the diverter.
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
    /// On whose behalf; none: on the caller's own.
    pub behalf: Option<Behalf>,
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
            behalf: None,
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

/// With whom the other party of an attended transfer is to be joined.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reached {
    /// Who the transferor called.
    Called {
        /// What it dialed.
        dialed: String,
        /// The answer to that call: it was made.
        answer: Answer,
    },
    /// Who called the transferor.
    Caller(Party),
}

/// The question whether a transferor may join the two parties that it talks to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attended {
    /// The transferor.
    pub by: Party,
    /// The transferee.
    pub of: Party,
    /// The party of the second call.
    pub to: Reached,
    /// Service mode.
    pub mode: Mode,
}

/// How somebody takes a call that is not for it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Taking {
    /// A call that rings elsewhere is answered: the group's, or that of a device which is named.
    Pickup,
    /// A parked call is taken back.
    Retrieve,
}

/// The question whether somebody may take a call that waits for somebody else.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fetch {
    /// Who takes the call.
    pub by: Party,
    /// Who waits.
    pub of: Party,
    /// Whether who waits had been called itself by who left it waiting.
    pub called: bool,
    /// How the call is taken.
    pub feature: Taking,
    /// Service mode.
    pub mode: Mode,
}

/// The answer to an [`Attempt`], to an [`Attended`] transfer or to a [`Fetch`].
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
