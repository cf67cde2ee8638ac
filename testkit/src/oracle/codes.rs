//! Account codes: which kind one is, and when one is asked for.

use super::behalf::diverts;
use super::caller::Caller;
use super::{Answer, Attempt, Oracle, Verdict};

impl Oracle<'_> {
    /// Puts an account code in force; an answer if the call ends here.
    pub(super) fn code(&self, caller: &mut Caller<'_>, attempt: &Attempt) -> Option<Answer> {
        let forced_verified = self.has(caller.cos, "forced-verified-account-code");
        // Forced implies permitted.
        let verified = self.has(caller.cos, "verified-account-code")
            || forced_verified && self.broken != "code.forced-permits";
        let other = self.has(caller.cos, "non-verified-account-code")
            || self.has(caller.cos, "forced-non-verified-account-code")
                && self.broken != "code.forced-permits";
        let mut satisfied = false;
        // Only phones give codes: nobody at a trunk's far end can be asked for one.
        let gives = caller.inside.is_some_and(|inside| !self.breaks_for_users(inside, "user.code"));
        if let Some(typed) = attempt.code.as_ref().filter(|_| gives) {
            if attempt.code_locked && self.broken != "code.locked" {
                return Some(Answer::deny("account-code.locked"));
            }
            let fits = self.fits(caller.cos, typed);
            let row = self.model.codes.iter().find(|row| row.code == *typed);
            match row.and_then(|row| row.verified).filter(|_| verified && fits) {
                Some((cos, cor)) => {
                    if self.broken != "code.cos" {
                        caller.cos = cos;
                    }
                    if self.broken != "code.cor" {
                        caller.cor = cor;
                    }
                    satisfied = true;
                }
                None if other && fits => {}
                None if self.broken == "code.wrong" => {}
                None => return Some(Answer::deny("account-code.wrong")),
            }
            caller.code = true;
        }
        let asked = forced_verified && !satisfied && self.broken != "code.forced-verified";
        asked.then(|| self.asks(caller, Answer::deny("account-code.forced-verified")))
    }

    /// A code is asked for, of a phone; a trunk is denied, and so is a diversion: nobody is there to dial one.
    pub(super) fn asks(&self, caller: &Caller<'_>, denial: Answer) -> Answer {
        let somebody = caller.inside.is_some() || self.broken == "code.trunk";
        let verdict = if somebody && (!diverts(caller) || self.broken == "forward.code") {
            Verdict::AccountCode
        } else {
            Verdict::Deny
        };
        Answer { verdict, ..denial }
    }

    /// Digits of the COS's length, or two to twelve.
    fn fits(&self, cos: u8, typed: &str) -> bool {
        let length = self.model.code_lengths.iter().find(|(of, _)| *of == cos).map(|(_, n)| usize::from(*n));
        let digits = typed.chars().all(|c| c.is_ascii_digit()) || self.broken == "code.digits";
        let long_enough = match length {
            Some(n) => typed.len() == n,
            None => (2..=12).contains(&typed.len()),
        };
        digits && (long_enough || self.broken == "code.length")
    }
}
