//! Denied number classes, as far as they can be kept closed before numbers are classified.
//!
//! A class that denies prefixes takes its numbers out of the rows that would send them: their digits lead nowhere, for
//! everybody. That is more than was asked where a class has a `cor_group` or a longer prefix is allowed; never less.

use super::routing::choices;
use super::tree::Tree;
use crate::finding::{Level, Report};
use crate::read::NOT_IN_FORCE;
use crate::schema::Policy;
use crate::schema::numbering::Action;
use crate::write::Tables;
use std::collections::{BTreeMap, BTreeSet};

/// An ARS row that leads somewhere.
pub(crate) struct Way {
    /// Its digits, `Y` for each digit that follows.
    pub(crate) pattern: String,
    /// Any number of digits may follow.
    pub(crate) open: bool,
    /// The image's kind and row of the route or list, if it leads to one.
    pub(crate) leads: Option<(u8, u16)>,
}

/// Takes denied numbers out of the ways.
pub(crate) fn close<'w>(
    policy: &Policy,
    ways: impl Iterator<Item = &'w Way>,
    tables: &Tables,
    tree: &mut Tree,
    report: &mut Report,
) {
    for row in policy.number_class.iter().filter(|row| matches!(row.keys.action, Action::Deny)) {
        if row.keys.countries.iter().flatten().next().is_some() {
            let text = format!(
                "number class {:?}: `countries` are not in force in this version: these calls are NOT denied",
                row.keys.name.get_ref()
            );
            report.push(row.place, Level::Warning, NOT_IN_FORCE, text);
        }
    }
    if let Some(row) = policy.class_defaults.as_ref().filter(|row| row.keys.denies()) {
        let text = "class_defaults: classes are not in force in this version: these calls are NOT denied; use COR groups";
        report.push(row.place, Level::Warning, NOT_IN_FORCE, text);
    }
    let prefixes = prefixes(policy);
    if prefixes.is_empty() {
        return;
    }
    let mut changes: BTreeMap<(u8, u16), BTreeSet<(usize, &str)>> = BTreeMap::new();
    let mut held = BTreeSet::new();
    for way in ways {
        let Some(leads) = way.leads else { continue };
        let changes = changes.entry(leads).or_insert_with(|| modifications(tables, leads));
        for (absorb, insert) in changes.iter() {
            for prefix in &prefixes {
                held.extend(narrowed(way, *absorb, insert, prefix).map(|pattern| {
                    let whole = pattern == way.pattern;
                    (pattern, way.open, whole)
                }));
            }
        }
    }
    held.iter().for_each(|(pattern, open, whole)| tree.hold_pattern(pattern, *open, *whole));
}

/// A prefix as it may be sent; `total`: only in numbers of this length.
struct Prefix {
    digits: String,
    total: Option<usize>,
}

fn prefixes(policy: &Policy) -> Vec<Prefix> {
    let country =
        policy.system.as_ref().and_then(|row| row.keys.country.as_ref()).map(|country| country.0.0.as_str());
    let north_america = matches!(country, Some("CA" | "US"));
    let denied = policy.number_class.iter().filter(|row| matches!(row.keys.action, Action::Deny));
    let mut all = Vec::new();
    for digits in
        denied.flat_map(|row| row.keys.prefixes.iter().flatten()).map(|prefix| prefix.get_ref().0.0.as_str())
    {
        all.push(Prefix { digits: digits.into(), total: None });
        if let Some(national) = digits.strip_prefix('1').filter(|_| north_america) {
            all.push(Prefix { digits: format!("+{digits}"), total: None });
            all.push(Prefix { digits: national.into(), total: Some(10) });
        } else if let Some(abroad) = digits.strip_prefix(if north_america { "011" } else { "00" }) {
            all.push(Prefix { digits: format!("+{abroad}"), total: None });
        }
    }
    all
}

/// What the public routes behind a row do to the digits.
fn modifications(tables: &Tables, (kind, index): (u8, u16)) -> BTreeSet<(usize, &str)> {
    let routes = choices(tables, kind, index).into_iter().filter_map(|route| tables.routes.get(route));
    let public = routes.filter(|route| {
        tables.trunks.get(usize::from(route.trunk)).is_some_and(|trunk| trunk.flags & 1 != 0)
    });
    public
        .map(|route| {
            let row =
                route.modification.checked_sub(1).and_then(|m| tables.modifications.get(usize::from(m)));
            row.map_or((0, ""), |row| (usize::from(row.absorb), tables.texts.get(row.insert)))
        })
        .collect()
}

/// The part of a way's numbers that would be sent beginning with the prefix, as a pattern.
fn narrowed(way: &Way, absorb: usize, insert: &str, prefix: &Prefix) -> Option<String> {
    let sent = insert.len() + way.pattern.len().saturating_sub(absorb);
    if prefix.total.is_some_and(|total| sent > total || sent < total && !way.open) {
        return None;
    }
    let (inserted, rest) = prefix.digits.split_at(insert.len().min(prefix.digits.len()));
    if !insert.starts_with(inserted) {
        return None;
    }
    let mut pattern = way.pattern.clone().into_bytes();
    for (at, digit) in (absorb..).zip(rest.bytes()) {
        // An open way may have more digits than its pattern; those between its end and `absorb` may be any.
        while way.open && pattern.len() <= at {
            pattern.push(b'Y');
        }
        let wild = pattern.get_mut(at)?;
        let matches = match *wild {
            b'N' => (b'2'..=b'9').contains(&digit),
            b'X' => digit.is_ascii_digit(),
            b'Y' => true,
            exact => exact == digit,
        };
        if !matches {
            return None;
        }
        *wild = digit;
    }
    String::from_utf8(pattern).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn narrow(pattern: &str, open: bool, absorb: usize, insert: &str, prefix: &str) -> Option<String> {
        let way = Way { pattern: pattern.into(), open, leads: None };
        narrowed(&way, absorb, insert, &Prefix { digits: prefix.into(), total: None })
    }

    #[test]
    fn a_way_is_narrowed_to_what_it_would_send() {
        assert_eq!(narrow("91NXXNXXXXXX", false, 1, "", "1900").as_deref(), Some("91900NXXXXXX"));
        assert_eq!(narrow("91NXXNXXXXXX", false, 1, "", "1100"), None);
        assert_eq!(narrow("9NXXNXXXXXX", false, 1, "+1", "+1900").as_deref(), Some("9900NXXXXXX"));
        assert_eq!(narrow("9011", true, 1, "", "011882").as_deref(), Some("9011882"));
        assert_eq!(narrow("9", true, 3, "", "44").as_deref(), Some("9YY44"));
        assert_eq!(narrow("9NXX", false, 1, "19005", "1900").as_deref(), Some("9NXX"));
        assert_eq!(narrow("9NXX", false, 1, "", "22345"), None);
    }
}
