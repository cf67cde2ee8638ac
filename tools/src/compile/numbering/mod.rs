//! Number classes: one automaton over what is outpulsed, in every form that the country dials.
//!
//! Entries lead into one space of numbers with calling code (what stands behind `+`): `+` and the international prefix
//! at its beginning, the trunk prefix behind the country's calling code, a local number behind its area code. In that
//! space several graphs are walked at once (calling codes, the country's patterns, the policy's own prefixes), and the
//! walks of all become one deterministic automaton.

mod join;
mod pack;
mod patterns;
mod plan;

pub(crate) use plan::{Plan, plan};

use join::{Join, Mark};
use phonenumber::metadata::DATABASE;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use strowger::policy::rows::{ClassEdgeRow, ClassStateRow, OwnChainRow};

/// The matches of a class of the policy's own.
#[derive(Debug, Default)]
pub(crate) struct Own<'p> {
    /// As dialed nationally.
    pub(crate) prefixes: Vec<&'p str>,
    /// Of ISO 3166.
    pub(crate) countries: Vec<&'p str>,
}

/// The tables of the image.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Numbering {
    pub(crate) states: Vec<ClassStateRow>,
    pub(crate) edges: Vec<ClassEdgeRow>,
    pub(crate) chains: Vec<OwnChainRow>,
}

/// Why there is no automaton.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Trouble {
    /// No numbering plan of the system's country is known.
    Country,
    /// The area code is none of the country.
    AreaCode,
    /// An own class names a country that nobody knows: its index.
    OwnCountry(usize),
    /// More states, edges or combinations of own classes than the tables can number.
    TooLarge,
}

/// The automaton of a country, without one of own prefixes only, as they are written. Whoever compiles one policy after another mostly
/// asks for the same again: some are remembered.
pub(crate) fn build(
    country: Option<&str>,
    area_code: Option<&str>,
    own: &[Own<'_>],
) -> Result<Arc<Numbering>, Trouble> {
    let key = format!("{:?}", (country, area_code, own));
    let lock = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = lock().get(&key) {
        return Ok(Arc::clone(known));
    }
    let made = Arc::new(join(country, area_code, own)?);
    let mut known = lock();
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert(key, Arc::clone(&made));
    Ok(made)
}

/// By what they are made of.
static KNOWN: LazyLock<Mutex<HashMap<String, Arc<Numbering>>>> = LazyLock::new(Mutex::default);
/// A plan takes some hundred kilobytes at most.
const REMEMBERED: usize = 64;

fn join(country: Option<&str>, area_code: Option<&str>, own: &[Own<'_>]) -> Result<Numbering, Trouble> {
    let mut join = Join::new();
    let mut home = None;
    let plan = country.map(|country| plan(country).ok_or(Trouble::Country)).transpose()?;
    if let (Some(country), Some(plan)) = (country, &plan) {
        join.calling_codes(&plan.calling_code);
        let meta = DATABASE.by_id(country).ok_or(Trouble::Country)?;
        let national = patterns::national(meta).ok_or(Trouble::TooLarge)?;
        if let Some(area) = area_code {
            let leads = area
                .bytes()
                .try_fold(0, |at: usize, c| national.next[at][usize::from(c.wrapping_sub(b'0')).min(9)]);
            if leads.is_none() || area.bytes().any(|c| !c.is_ascii_digit()) {
                return Err(Trouble::AreaCode);
            }
            join.prefix(&format!("{}{area}", plan.calling_code), Mark::Area);
        }
        join.national(&plan.calling_code, &national);
        join.other_regions(meta, &national).ok_or(Trouble::TooLarge)?;
        home = Some((meta, national));
    }
    let home = home.as_ref().map(|(meta, national)| (*meta, national.as_ref()));
    for (index, own) in own.iter().enumerate() {
        let row = u8::try_from(index).map_err(|_| Trouble::TooLarge)?;
        for country in &own.countries {
            join.own_country(country, home, row).ok_or(Trouble::OwnCountry(index))?;
        }
        for prefix in &own.prefixes {
            own_prefix(&mut join, plan.as_ref(), prefix, row);
        }
    }
    if let Some(plan) = &plan {
        for service in plan.services.unwrap_or_default().iter().filter(|service| service.number) {
            join.number(service.digits, service.class);
        }
        join.entry("+", "");
        join.entry(&plan.international_prefix, "");
        if !plan.trunk_prefix.is_empty() {
            join.entry(&plan.trunk_prefix, &plan.calling_code);
        }
        // In the North American plan, and where there is no trunk prefix, a national number is dialed as it is.
        if plan.calling_code == "1" || plan.trunk_prefix.is_empty() {
            join.direct(&plan.calling_code);
        }
        if let Some(area) = area_code {
            join.understood(&format!("{}{area}", plan.calling_code), &plan.trunk_prefix);
        }
        for service in plan.services.unwrap_or_default().iter().filter(|service| !service.number) {
            join.service(service.digits, service.open, service.class);
        }
    }
    let (dfa, chains) = join.determinised().ok_or(Trouble::TooLarge)?;
    let (states, edges) = pack::tables(&pack::minimised(&dfa)).ok_or(Trouble::TooLarge)?;
    Ok(Numbering { states, edges, chains })
}

/// A prefix as dialed nationally, in the space of whole numbers and as it is written.
fn own_prefix(join: &mut Join, plan: Option<&Plan>, prefix: &str, row: u8) {
    join.written(prefix, row);
    let Some(plan) = plan else { return };
    let (abroad, trunk) = (plan.international_prefix.as_str(), plan.trunk_prefix.as_str());
    let direct = plan.calling_code == "1" || trunk.is_empty();
    let whole = if let Some(rest) = prefix.strip_prefix(abroad) {
        rest.to_owned()
    } else if let Some(rest) = prefix.strip_prefix(trunk).filter(|_| !trunk.is_empty()) {
        format!("{}{rest}", plan.calling_code)
    } else if direct && prefix.len() >= 3 {
        format!("{}{prefix}", plan.calling_code)
    } else {
        return;
    };
    // Without the trunk prefix too, and whatever follows: a carrier may ignore what is too long.
    if let Some(rest) = prefix.strip_prefix(trunk).filter(|rest| plan.calling_code == "1" && rest.len() >= 3)
    {
        join.written(rest, row);
    }
    if !whole.is_empty() && whole.bytes().all(|c| c.is_ascii_digit()) {
        join.prefix(&whole, Mark::Own(row, prefix.len()));
    }
}

#[cfg(test)]
mod tests;
