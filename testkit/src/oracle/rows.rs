//! Which row: Leading Digits, the ARS row, and whether more digits could make a number.

use super::Oracle;
use super::caller::Caller;
use super::numbers::telephone;
use crate::model::{ArsRow, Follow, LeadingRow};

impl<'a> Oracle<'a> {
    /// Whether a Leading row, as soon as it is complete, blocks this caller.
    pub(super) fn leading_denies(&self, caller: &Caller<'_>, dialed: &[char]) -> bool {
        (1..=dialed.len()).any(|n| {
            let begun = &dialed[..n];
            let mut most: Option<&LeadingRow> = None;
            for row in &self.model.leading {
                if !self.matches(&chars(&row.leading), begun) {
                    continue;
                }
                let better = most.is_none_or(|most| {
                    let specific = more_specific(&chars(&row.leading), &chars(&most.leading));
                    specific != (self.broken == "cor.leading.specificity")
                });
                if better {
                    most = Some(row);
                }
            }
            let cor = if self.broken == "code.leading" { caller.own_cor } else { caller.cor };
            let other = self.counted(caller, "leading");
            let own = self.asks_cor(caller, "leading");
            most.is_some_and(|row| {
                row.cor_group != 0
                    && (own && self.blocks(row.cor_group, cor)
                        || other.is_some_and(|cor| self.blocks(row.cor_group, cor)))
            })
        })
    }

    pub(super) fn ars_row(&self, dialed: &[char]) -> Option<&'a ArsRow> {
        let mut best: Option<(&ArsRow, Vec<char>)> = None;
        for row in &self.model.ars {
            let Some(pattern) = self.stretched(row, dialed.len()) else { continue };
            if !self.matches(&pattern, dialed) {
                continue;
            }
            let better = match &best {
                None => true,
                Some(_) if self.broken == "ars.specificity" => false,
                Some((other, _)) if self.broken == "ars.length" => {
                    row.pattern().len() > other.pattern().len()
                }
                Some((_, other)) => more_specific(&pattern, other),
            };
            if better {
                best = Some((row, pattern));
            }
        }
        best.map(|(row, _)| row)
    }

    /// The row's pattern with `.` for each digit that follows, if the row can have this length.
    fn stretched(&self, row: &ArsRow, length: usize) -> Option<Vec<char>> {
        let mut pattern = chars(&row.pattern());
        let follow = length.checked_sub(pattern.len())?;
        let fits = match row.follow {
            Follow::Exactly(n) => {
                follow == usize::from(n) || self.broken == "ars.follow" && follow + 1 == usize::from(n)
            }
            Follow::Unknown => follow > 0 || self.broken != "ars.unknown",
        };
        pattern.extend(vec!['.'; follow]);
        fits.then_some(pattern)
    }

    /// Whether more digits could make a number of these.
    pub(super) fn begins_something(&self, dialed: &[char]) -> bool {
        let mut all: Vec<Vec<char>> = Vec::new();
        all.extend(self.model.devices.iter().map(|d| chars(&d.dn)));
        let known = self.broken != "user.incomplete";
        all.extend(self.model.users.iter().filter(|_| known).map(|u| chars(&u.dn)));
        all.extend(self.model.emergency.iter().map(|e| chars(&e.string())));
        all.extend(self.model.leading.iter().map(|l| chars(&l.leading)));
        all.extend(self.codes_begun().map(chars));
        for row in &self.model.ars {
            let mut pattern = chars(&row.pattern());
            if let Follow::Exactly(n) = row.follow {
                pattern.extend(vec!['.'; n.into()]);
            }
            all.push(pattern);
        }
        all.iter().any(|whole| whole.len() > dialed.len() && self.matches(&whole[..dialed.len()], dialed))
    }

    fn matches(&self, pattern: &[char], digits: &[char]) -> bool {
        match (pattern, digits) {
            ([], []) => true,
            ([wanted, pattern @ ..], [digit, digits @ ..]) => {
                let fits = match wanted {
                    'N' => ('2'..='9').contains(digit) || self.broken == "wildcard.n" && *digit == '1',
                    'X' => digit.is_ascii_digit() || self.broken == "wildcard.x" && *digit == '*',
                    'Y' => telephone(*digit) && !(self.broken == "wildcard.y" && *digit == '*'),
                    '.' => telephone(*digit),
                    exact => exact == digit,
                };
                fits && self.matches(pattern, digits)
            }
            _ => false,
        }
    }
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

/// Of two patterns of the same length: the leftmost difference decides, an exact digit beats N beats X beats Y beats
/// a digit that only follows.
fn more_specific(one: &[char], other: &[char]) -> bool {
    let rank = |c: char| match c {
        'N' => 1,
        'X' => 2,
        'Y' => 3,
        '.' => 4,
        _ => 0,
    };
    one.iter().zip(other).map(|(&a, &b)| (rank(a), rank(b))).find(|(a, b)| a != b).is_some_and(|(a, b)| a < b)
}
