//! What was dialed, before rows are looked at: calls from outside, `+`, what cannot be dialed, the most digits.

use super::caller::Caller;
use super::{Attempt, LONGEST, Oracle};
use crate::model::{Inbound, Profile};

impl Oracle<'_> {
    /// What is dialed here: for a call by its inbound rows, what they lead to; none if it is vacant.
    pub(super) fn called(&self, caller: &Caller<'_>, attempt: &Attempt) -> Option<String> {
        let trunk = caller.trunk.filter(|_| attempt.did && self.broken != "inbound");
        let Some(trunk) = trunk else { return Some(attempt.dialed.clone()) };
        if trunk.inbound.is_empty() {
            // The text is silent: the field dials on, strict denies.
            let open = self.model.profile == Profile::Mivb || self.broken == "inbound.strict";
            return open.then(|| attempt.dialed.clone());
        }
        let national = self.national(&attempt.dialed);
        let mut best: Option<&Inbound> = None;
        for row in &trunk.inbound {
            let wider =
                |best: &Inbound| (self.broken == "inbound.specificity") != more_exact(&row.did, &best.did);
            if takes(&row.did, &national) && best.is_none_or(wider) {
                best = Some(row);
            }
        }
        match best {
            Some(row) => Some(self.filled(row, &national)),
            None => (self.broken == "inbound.vacant").then(|| attempt.dialed.clone()),
        }
    }

    /// A called number without calling code and trunk prefix.
    fn national(&self, called: &str) -> String {
        let country = self.model.country;
        let rest = match called.strip_prefix('+') {
            Some(whole) => whole.strip_prefix(country.calling_code()),
            None => called.strip_prefix(country.trunk_prefix()),
        };
        match rest {
            Some(rest) if self.broken != "inbound.national" => rest.to_owned(),
            _ => called.to_owned(),
        }
    }

    /// Each X of `to` takes the digit of its X in `did`, from the right.
    fn filled(&self, row: &Inbound, national: &str) -> String {
        let mut digits: Vec<char> = row
            .did
            .chars()
            .zip(national.chars())
            .filter(|(place, _)| *place == 'X')
            .map(|(_, d)| d)
            .collect();
        if self.broken == "inbound.right" {
            digits.reverse();
        }
        let mut to: Vec<char> = row.to.chars().collect();
        for place in to.iter_mut().rev().filter(|place| **place == 'X') {
            *place = digits.pop().expect("`to` has no more X than `did`");
        }
        to.into_iter().collect()
    }

    /// `+N…` as it is dialed from here.
    pub(super) fn rewritten(&self, dialed: &str) -> Option<String> {
        let number = dialed.strip_prefix('+')?;
        let access = self.model.plus_access.filter(|_| self.broken != "plus")?;
        if number.is_empty() || !number.chars().all(|c| c.is_ascii_digit()) {
            return None;
        }
        let country = self.model.country;
        let national = number.strip_prefix(country.calling_code()).filter(|_| self.broken != "plus.home");
        let whole = match national {
            None => format!("{access}{}{number}", country.international_prefix()),
            Some(national) => {
                let good = national.len() == 10 && !national.starts_with(['0', '1']);
                if !good && self.broken != "plus.ten-digits" {
                    return None;
                }
                format!("{access}{}{national}", country.trunk_prefix())
            }
        };
        (whole.len() <= LONGEST).then_some(whole)
    }

    pub(super) fn too_many_digits(&self, caller: &Caller<'_>, number: &str) -> bool {
        let cor = if self.broken == "max-digits.code" { caller.own_cor } else { caller.cor };
        self.asks_cor(caller, "max-digits")
            && self.exceeds(cor, self.digits_counted(caller, number, "max-digits"))
    }

    pub(super) fn exceeds(&self, cor: u8, number: &str) -> bool {
        let counted = number.len() + usize::from(self.broken == "max-digits.count");
        self.model.max_digits.iter().any(|(of, most)| *of == cor && counted > usize::from(*most))
    }

    /// The rule that refuses what is no string of telephone digits.
    pub(super) fn cannot_be_dialed(&self, number: &str) -> Option<&'static str> {
        if let Some(rest) = number.strip_prefix('+')
            && !rest.is_empty()
            && rest.chars().all(|c| c.is_ascii_digit())
        {
            return Some("number.vacant");
        }
        // From left to right: what comes first, a character that cannot be dialed or a digit too many?
        let digits = number.chars().take_while(|c| telephone(*c)).count();
        if digits > LONGEST {
            return Some("number.vacant");
        }
        if digits < number.chars().count() {
            return Some(if self.broken == "number.invalid" { "number.vacant" } else { "number.invalid" });
        }
        None
    }
}

pub(super) const fn telephone(c: char) -> bool {
    matches!(c, '0'..='9' | '*' | '#')
}

fn takes(did: &str, number: &str) -> bool {
    did.len() == number.len()
        && did
            .chars()
            .zip(number.chars())
            .all(|(place, digit)| place == digit || place == 'X' && digit.is_ascii_digit())
}

/// An exact digit beats an X, the leftmost difference decides.
fn more_exact(one: &str, other: &str) -> bool {
    let difference = one.chars().zip(other.chars()).find(|(a, b)| a != b);
    difference.is_some_and(|(_, b)| b == 'X')
}
