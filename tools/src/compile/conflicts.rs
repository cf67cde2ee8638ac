//! Numbers in each other's way: cut short, hidden behind an emergency number, or reachable only half the ways.

use super::numbers::{Numbers, Way};
use super::tree::Owner;
use crate::finding::{Level, Place, Report};

impl Numbers<'_> {
    /// Numbers that would be cut short by others.
    pub(super) fn conflicts(&self, strict: bool, report: &mut Report) {
        for (digits, place, is_code) in &self.owned {
            if let Some((first, (_, at))) = self.emergency_in(digits) {
                let text = format!("{digits} begins with the emergency number {first} ({})", report.at(*at));
                report.error(*place, "emergency-prefix", text);
                continue;
            }
            let Some(other) = self.cut_short(digits) else { continue };
            let level = if strict || *is_code { Level::Error } else { Level::Warning };
            let text = format!("{digits} is the beginning of {} ({})", other.label, report.at(other.place));
            if !is_code {
                report.about("device", digits);
            }
            report.push(*place, level, "number-conflict", text);
        }
        for (Way { pattern, open, .. }, place) in &self.patterns {
            let exact =
                pattern.bytes().take_while(|c| strowger::base::Digit::from_ascii(*c).is_some()).count();
            if let Some((first, (_, at))) = self.emergency_in(&pattern[..exact]) {
                let text =
                    format!("ars: {pattern} begins with the emergency number {first} ({})", report.at(*at));
                report.error(*place, "emergency-prefix", text);
                continue;
            }
            for number in self.emergency.keys() {
                if covers(pattern, *open, number) {
                    let text = format!("this pattern covers the emergency number {number}, which wins");
                    report.about("ars", pattern).group(*place, "emergency-wins", text);
                }
            }
        }
        for (number, (_, place)) in &self.emergency {
            if let Some((first, (_, at))) = self.emergency_in(&number[..number.len() - 1]) {
                let text = format!(
                    "{number} can never be dialed: the emergency number {first} ({}) is complete before",
                    report.at(*at)
                );
                report.about("ars", number).push(*place, Level::Warning, "emergency-prefix", text);
            }
        }
    }

    fn emergency_in(&self, digits: &str) -> Option<(&String, &(String, Place))> {
        (1..=digits.len()).find_map(|len| self.emergency.get_key_value(&digits[..len]))
    }

    /// Whose number or pattern goes on where this number ends. A wildcard row of the same length is none: exact digits win.
    fn cut_short(&self, digits: &str) -> Option<&Owner> {
        let states = self.tree.walk(digits);
        // The exact way comes first: it is the number's own node.
        let same = states.first().and_then(|own| self.tree.owner(self.tree.nodes[*own as usize].pattern));
        same.or_else(|| states.iter().find_map(|state| self.tree.somebody_below(*state)))
    }

    /// Whoever dials an emergency number with or without the access code means it (47 CFR 9.16).
    pub(super) fn emergency_both_ways(&self, report: &mut Report) {
        for (number, (outpulse, place)) in &self.emergency {
            let access =
                self.access.keys().find(|access| number.strip_prefix(access.as_str()) == Some(outpulse));
            if let Some(access) = access {
                if !self.emergency.contains_key(outpulse) {
                    let text = format!(
                        "{number} has a row, but {outpulse} without the access code {access} has none"
                    );
                    // Kari's Law, 47 CFR 9.16: the number itself must do.
                    let level = if self.in_united_states() { Level::Error } else { Level::Warning };
                    report.about("ars", number).push(*place, level, "emergency-direct-dial", text);
                }
                continue;
            }
            let behind = |access: &&String| {
                let bare = number.strip_prefix(access.as_str());
                bare.is_some_and(|bare| self.emergency.contains_key(bare))
            };
            if let Some(access) = self.access.keys().find(behind) {
                let text =
                    format!("{number} sends {outpulse}, the access code {access} included: set `outpulse`");
                report.about("ars", number).push(*place, Level::Warning, "emergency-outpulse", text);
                continue;
            }
            for access in self.access.keys() {
                if !self.emergency.contains_key(&format!("{access}{number}")) {
                    let text =
                        format!("{number} has a row, but {access}{number} with the access code has none");
                    report.about("ars", number).push(*place, Level::Warning, "emergency-direct-dial", text);
                }
            }
        }
    }
}

/// Whether a number that the pattern matches begins with these digits.
fn covers(pattern: &str, open: bool, digits: &str) -> bool {
    (pattern.len() >= digits.len() || open)
        && pattern.bytes().zip(digits.bytes()).all(|(wild, digit)| match wild {
            b'N' => (b'2'..=b'9').contains(&digit),
            b'X' => digit.is_ascii_digit(),
            b'Y' => true,
            exact => exact == digit,
        })
}
