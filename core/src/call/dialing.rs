//! A party that has gone off hook and dials, digit by digit; or one that is asked for an account code.
//!
//! ```text
//!  Idle    --OffHook------------------------> Tone      dial tone; Code, if the COS asks for one first (R44)
//!  Tone    --Digit(More)--------------------> Begun     Inter-Digit timer
//!  Begun   --Digit(Doubtful)----------------> Doubtful  a number, perhaps the beginning of a longer one (R58)
//!          --Digit(Open)--------------------> Open      a number of unknown length (R57)
//!  any of these --Digit(Whole)--------------> the same, and the number is placed
//!          --Digit(CodeFollows)-------------> Code
//!  Doubtful, Open --Tick at until, End------> the same, and the number is placed
//!  Tone, Begun --Tick at until--------------> the same, and the number is placed as it is: it is refused
//!  any of these --Asked---------------------> Code      the route asks for a code (R45)
//!  Code    --CodeDigit, whole or Tick-------> Code, and the code is checked
//!          --Accepted-----------------------> Tone, or the number is placed if there is one already
//!          --Tick at until, nothing entered-> Refused
//!  any     --Refused------------------------> Refused   reorder or busy tone
//!  Refused --Tick at until------------------> Over      released
//!  any     --OnHook, Placed-----------------> Over
//! ```
//! What is dialed stands beside the state: the machine never looks at a digit, it is told what the digits have become.

use super::Cause;
use crate::base::{Digits, Instant, Typed};
use crate::policy::rows::CosRow;
use crate::policy::{Code, Denial, Rule};

/// Where the dialing is. Every deadline lives in the state that needs it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum State {
    /// Not yet begun.
    Idle,
    /// Dial tone: the first digit is awaited.
    Tone {
        /// First Digit timer.
        until: Instant,
    },
    /// Digits have come that are not a number yet.
    Begun {
        /// Inter-Digit timer.
        until: Instant,
    },
    /// A number that could be the beginning of a longer one.
    Doubtful {
        /// Dialing Conflict timer.
        until: Instant,
    },
    /// A number that any further digits would belong to.
    Open {
        /// Inter-Digit timer.
        until: Instant,
    },
    /// An account code is awaited or being entered.
    Code {
        /// First Digit timer; Inter-Digit timer once a digit has come.
        until: Instant,
        /// A digit has come.
        begun: bool,
        /// What it is called if no code comes.
        lacking: Rule,
    },
    /// Reorder or busy tone.
    Refused {
        /// When the tone ends.
        until: Instant,
        /// Why.
        cause: Cause,
    },
    /// The call is placed, or the party has hung up.
    Over,
}

/// What the digits have become with the latest.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Found {
    /// The beginning of a number.
    More,
    /// A number, and the beginning of a longer one.
    Doubtful,
    /// A number, whatever follows.
    Open,
    /// A number that nothing can follow; or no number, and nothing that follows can mend that.
    Whole,
    /// The feature code that an account code follows.
    CodeFollows,
}

/// What happens to the dialing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Event {
    /// The party went off hook.
    OffHook {
        /// Its COS wants a verified code before anything else.
        code_first: bool,
    },
    /// A digit of the number came.
    Digit(Found),
    /// `#` ended a number of unknown length.
    End,
    /// A digit of the code came.
    CodeDigit {
        /// The code is complete.
        whole: bool,
    },
    /// The code is good.
    Accepted {
        /// The number is there already.
        dialed: bool,
    },
    /// The number cannot be placed without a code, by this rule.
    Asked(Rule),
    /// The number is placed: a call it is.
    Placed,
    /// Number or code were refused.
    Refused(Cause),
    /// The party hung up.
    OnHook,
    /// Time has passed.
    Tick,
}

/// What follows from an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// The party hears something else.
    Hear(Tone),
    /// Place the number as it is now.
    Place,
    /// Check the code as it is now.
    Check,
    /// Refuse the party.
    Refuse(Cause),
    /// Release the party: it has heard the tone long enough.
    Release(Cause),
}

/// What a party hears.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Tone {
    /// Nothing.
    Silence,
    /// Dial tone.
    Dial,
    /// Second dial tone, behind Leading Digits.
    SecondDial,
    /// The prompt for an account code.
    AccountCode,
    /// The way is a dear one; the call goes on (R63).
    Warning,
    /// What was dialed is set.
    Confirmation,
    /// Refused.
    Reorder,
    /// Busy.
    Busy,
    /// Somebody waits for the party that talks; or the party itself waits for one that is busy.
    CampOn,
    /// Somebody comes into the call (Executive Busy Override): whoever talks hears that it is not alone any more.
    Intrusion,
}

/// The timers of a COS, in seconds (domain 1.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Timing {
    /// First Digit.
    pub first_s: u8,
    /// Inter-Digit.
    pub inter_s: u8,
    /// Dialing Conflict.
    pub conflict_s: u8,
    /// Busy Tone, and Reorder.
    pub tone_s: u8,
}

impl Timing {
    /// The field's own, for who has no COS.
    pub const FIELD: Self = Self { first_s: 15, inter_s: 10, conflict_s: 3, tone_s: 30 };

    /// As a COS has them.
    #[must_use]
    pub const fn of(class: &CosRow) -> Self {
        Self {
            first_s: class.first_digit_s,
            inter_s: class.inter_digit_s,
            conflict_s: class.dialing_conflict_s,
            tone_s: class.busy_tone_s,
        }
    }
}

impl State {
    /// When [`Event::Tick`] is next wanted; an early one does nothing.
    #[must_use]
    pub const fn next_deadline(&self) -> Option<Instant> {
        match self {
            Self::Tone { until }
            | Self::Begun { until }
            | Self::Doubtful { until }
            | Self::Open { until }
            | Self::Code { until, .. }
            | Self::Refused { until, .. } => Some(*until),
            Self::Idle | Self::Over => None,
        }
    }

    /// Lets the time of this state be up, if it has one: for who explores what may happen.
    pub(crate) const fn hasten(&mut self, now: Instant) {
        match self {
            Self::Tone { until }
            | Self::Begun { until }
            | Self::Doubtful { until }
            | Self::Open { until }
            | Self::Code { until, .. }
            | Self::Refused { until, .. } => *until = now,
            Self::Idle | Self::Over => {}
        }
    }

    /// Applies one event. Constant work.
    pub fn handle(&mut self, now: Instant, event: Event, timing: &Timing) -> Option<Action> {
        use Action::{Check, Hear, Place, Refuse, Release};
        use State::{Begun, Code, Doubtful, Idle, Open, Over, Refused, Tone as DialTone};
        let after = |seconds: u8| now.plus_s(u64::from(seconds));
        let tone = || DialTone { until: after(timing.first_s) };
        let code = |lacking| Code { until: after(timing.first_s), begun: false, lacking };
        let (state, action) = match (*self, event) {
            (Idle, Event::OffHook { code_first: false }) => (tone(), Some(Hear(Tone::Dial))),
            (Idle, Event::OffHook { code_first: true }) => {
                (code(Rule::CodeForcedVerified), Some(Hear(Tone::AccountCode)))
            }
            (DialTone { .. } | Begun { .. } | Doubtful { .. } | Open { .. }, Event::Digit(found)) => {
                match found {
                    Found::More => (Begun { until: after(timing.inter_s) }, Some(Hear(Tone::Silence))),
                    Found::Doubtful => {
                        (Doubtful { until: after(timing.conflict_s) }, Some(Hear(Tone::Silence)))
                    }
                    Found::Open => (Open { until: after(timing.inter_s) }, Some(Hear(Tone::Silence))),
                    Found::Whole => (*self, Some(Place)),
                    Found::CodeFollows => (code(Rule::NumberIncomplete), Some(Hear(Tone::AccountCode))),
                }
            }
            (state @ (Open { .. } | Doubtful { .. }), Event::End) => (state, Some(Place)),
            (
                state @ (DialTone { until } | Begun { until } | Doubtful { until } | Open { until }),
                Event::Tick,
            ) if now >= until => (state, Some(Place)),
            // A call that comes with all its digits is asked before anything else has happened.
            (Idle | DialTone { .. } | Begun { .. } | Doubtful { .. } | Open { .. }, Event::Asked(rule)) => {
                (code(rule), Some(Hear(Tone::AccountCode)))
            }
            (Code { lacking, .. }, Event::CodeDigit { whole: false }) => {
                (Code { until: after(timing.inter_s), begun: true, lacking }, Some(Hear(Tone::Silence)))
            }
            (state @ Code { .. }, Event::CodeDigit { whole: true }) => (state, Some(Check)),
            (state @ Code { until, begun: true, .. }, Event::Tick) if now >= until => (state, Some(Check)),
            (Code { until, begun: false, lacking }, Event::Tick) if now >= until => {
                let cause = Cause::Denied(lacking);
                (Refused { until: after(timing.tone_s), cause }, Some(Refuse(cause)))
            }
            (Code { .. }, Event::Accepted { dialed: false }) => (tone(), Some(Hear(Tone::Dial))),
            (Code { .. }, Event::Accepted { dialed: true }) => {
                (Begun { until: after(timing.inter_s) }, Some(Place))
            }
            (
                DialTone { .. } | Begun { .. } | Doubtful { .. } | Open { .. } | Code { .. },
                Event::Refused(cause),
            ) => (Refused { until: after(timing.tone_s), cause }, Some(Refuse(cause))),
            (Refused { until, cause }, Event::Tick) if now >= until => (Over, Some(Release(cause))),
            (
                Idle
                | DialTone { .. }
                | Begun { .. }
                | Doubtful { .. }
                | Open { .. }
                | Code { .. }
                | Refused { .. }
                | Over,
                Event::OnHook | Event::Placed,
            ) => (Over, None),
            // Early ticks, and what comes too late or out of place, change nothing.
            (
                state @ (DialTone { .. }
                | Begun { .. }
                | Doubtful { .. }
                | Open { .. }
                | Code { .. }
                | Refused { .. }),
                Event::OffHook { .. } | Event::Tick,
            ) => (state, None),
            (
                state @ (DialTone { .. } | Begun { .. } | Doubtful { .. } | Open { .. }),
                Event::CodeDigit { .. } | Event::Accepted { .. },
            ) => (state, None),
            (state @ (DialTone { .. } | Begun { .. }), Event::End) => (state, None),
            (state @ Code { .. }, Event::Digit(_) | Event::End | Event::Asked(_)) => (state, None),
            (
                state @ Idle,
                Event::Digit(_)
                | Event::End
                | Event::CodeDigit { .. }
                | Event::Accepted { .. }
                | Event::Refused(_)
                | Event::Tick,
            ) => (state, None),
            (
                state @ Refused { .. },
                Event::Digit(_)
                | Event::End
                | Event::CodeDigit { .. }
                | Event::Accepted { .. }
                | Event::Asked(_)
                | Event::Refused(_),
            ) => (state, None),
            (
                state @ Over,
                Event::OffHook { .. }
                | Event::Digit(_)
                | Event::End
                | Event::CodeDigit { .. }
                | Event::Accepted { .. }
                | Event::Asked(_)
                | Event::Refused(_)
                | Event::Tick,
            ) => (state, None),
        };
        *self = state;
        action
    }
}

/// A dialing party's slot: the state, and beside it what was dialed.
#[derive(Clone, Debug)]
pub struct Dialing {
    /// Where it is.
    pub state: State,
    /// The number so far, without codes.
    pub number: Digits,
    /// The digits of the code being entered; the code that was good.
    pub typed: Typed,
    /// What the code is worth.
    pub code: Code,
    /// Why a code was asked for: what is noted down if none comes.
    pub asked: Option<Denial>,
    /// The zone of the caller's address, row plus one; 0: not told by it.
    pub zone: u8,
}

impl Dialing {
    /// Off hook, nothing dialed.
    pub const NEW: Self = Self {
        state: State::Idle,
        number: Digits::EMPTY,
        typed: Typed::NONE,
        code: Code::None,
        asked: None,
        zone: 0,
    };
}

#[cfg(test)]
#[path = "dialing_tests.rs"]
mod tests;
