//! A decision as it was taken: the value behind the log line, the denied record and the explanation.

use crate::base::{Digits, WallTime};
use crate::policy::{Behalf, Denial, Party, Verdict};

/// One attempt and its verdict.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Decision {
    /// When.
    pub at: WallTime,
    /// Who acted.
    pub from: Party,
    /// What was dialed, as far as it was digits.
    pub dialed: Digits,
    /// The verdict.
    pub verdict: Verdict,
    /// For whom it was asked, if not for who acted: who was to be transferred.
    pub behalf: Option<Behalf>,
}

impl Decision {
    /// The denial, if it is one.
    #[must_use]
    pub const fn denial(&self) -> Option<&Denial> {
        match &self.verdict {
            Verdict::Deny(denial) | Verdict::NeedsCode(denial) => Some(denial),
            Verdict::Allow(_) => None,
        }
    }
}
