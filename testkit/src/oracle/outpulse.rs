//! What is sent: digit modification, then the trunk's number format.

use super::{LONGEST, Oracle, plan};
use crate::model::{NumberFormat, Route, Trunk};

impl Oracle<'_> {
    /// The digits after modification, or the rule that they break.
    pub(super) fn outpulsed(&self, route: &Route, dialed: &[char]) -> Result<String, &'static str> {
        let Some(id) = route.modification else { return Ok(dialed.iter().collect()) };
        let modification =
            self.model.modifications.iter().find(|m| m.id == id).expect("the modification exists");
        let absorb = if self.broken == "outpulse" { 0 } else { usize::from(modification.absorb) };
        let (kept, short) = match dialed.get(absorb..) {
            Some(kept) => (kept, false),
            None => (&[][..], true),
        };
        let mut outpulsed = self.inserted(&modification.insert);
        outpulsed.extend(kept);
        let unusable = short || outpulsed.is_empty() || outpulsed.len() > LONGEST;
        if unusable && self.broken != "digit-modification" {
            return Err("digit-modification");
        }
        Ok(outpulsed)
    }

    /// Markers replaced. What stands in braces is hidden from records, not from the network.
    fn inserted(&self, insert: &str) -> String {
        let mut digits = String::new();
        let mut hidden = false;
        let mut rest = insert;
        while let Some(c) = rest.chars().next() {
            if let Some(marker) = rest.get(..5).filter(|_| c == '<') {
                let index: u8 = marker[2..4].parse().expect("a number of two digits");
                let code = self.model.system_codes.iter().find(|(id, _)| *id == index);
                if self.broken != "outpulse.marker" {
                    digits.push_str(&code.expect("the system account code exists").1);
                }
                rest = &rest[5..];
                continue;
            }
            rest = &rest[1..];
            match c {
                '{' => hidden = true,
                '}' => hidden = false,
                _ if hidden && self.broken == "outpulse.hidden" => {}
                digit => digits.push(digit),
            }
        }
        digits
    }

    /// In the trunk's format. Numbers that the plan does not place stay as they are.
    pub(super) fn sent(&self, trunk: &Trunk, outpulsed: String) -> String {
        if trunk.number_format == NumberFormat::AsDialed || self.broken == "number-format" {
            return outpulsed;
        }
        let number = plan::international(self.model, &outpulsed);
        let Some(number) = number.filter(|_| plan::places(self.model, &outpulsed)) else {
            return outpulsed;
        };
        if (trunk.number_format == NumberFormat::E164) != (self.broken == "number-format.e164") {
            return format!("+{number}");
        }
        let country = self.model.country;
        match number.strip_prefix(country.calling_code()) {
            Some(national) => format!("{}{national}", country.trunk_prefix()),
            None => format!("{}{number}", country.international_prefix()),
        }
    }
}
