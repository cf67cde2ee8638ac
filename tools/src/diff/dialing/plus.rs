//! Numbers that are dialed with `+`: how they are read, and whether they need a walk of their own.

use super::{At, Dialing, KEYS_ASCII, NOWHERE, Plus};
use strowger::policy::rows::TOWARDS_EMERGENCY;

impl<'i> Dialing<'i> {
    /// Behind a `+`, before the first digit: as if access code and international prefix had been dialed.
    pub(in crate::diff) fn start_plus(&mut self) -> At {
        let system = *self.image.system();
        let (access, code) = (self.image.octets(system.plus_access), self.image.octets(system.calling_code));
        if access.is_empty() || code.is_empty() {
            return Self::nowhere();
        }
        let abroad = self.image.octets(system.international_prefix);
        At { plus: Plus::Home(0), ..self.begun(&[access, abroad]) }
    }

    /// How numbers with `+` are dialed here: access code, calling code, trunk prefix, international prefix.
    fn reads_plus(&self) -> [&'i str; 4] {
        let system = self.image.system();
        let texts =
            [system.plus_access, system.calling_code, system.trunk_prefix, system.international_prefix];
        texts.map(|text| self.image.text(text))
    }

    /// Whether a number with `+` is the same as another without it, the same in both policies.
    ///
    /// It is where both read it alike, but for emergency numbers: with `+` a number is never one.
    pub(in crate::diff) fn plus_is_plain(&mut self, other: &mut Dialing<'_>) -> bool {
        self.reads_plus() == other.reads_plus()
            && !self.plus_meets_emergency()
            && !other.plus_meets_emergency()
    }

    fn plus_meets_emergency(&mut self) -> bool {
        let [access, code, trunk, abroad] = self.reads_plus();
        let firsts: &[&str] = if code == "1" { &["2", "3", "4", "5", "6", "7", "8", "9"] } else { &[""] };
        let home = firsts.iter().map(|first| format!("{access}{trunk}{first}"));
        let begins: Vec<String> = home.chain([format!("{access}{abroad}")]).collect();
        begins.iter().any(|digits| {
            let mut at = self.start();
            for key in digits.bytes().filter_map(|c| KEYS_ASCII.iter().position(|key| *key == c)) {
                at = self.walk(&at, u8::try_from(key).unwrap_or(0));
            }
            at.node != NOWHERE && (self.emergency(&at) || self.node(at.node).keys & TOWARDS_EMERGENCY != 0)
        })
    }

    pub(super) fn begun(&mut self, parts: &[&[u8]]) -> At {
        let mut at = At { plus: Plus::Settled, ..self.start() };
        for c in parts.concat() {
            at = match KEYS_ASCII.iter().position(|key| *key == c) {
                Some(key) => self.walk(&at, u8::try_from(key).unwrap_or(0)),
                None => Self::nowhere(),
            };
        }
        at
    }
}
