//! What proving takes from the policy's text beside the image: its assertions, and the account codes as they are dialed.
//!
//! A compiled image has neither: then only what every policy must keep is proved, and only wrong codes are tried.

use crate::finding::Report;
use crate::read::{read_file, read_str};
use crate::schema::Policy;
use crate::schema::account::CodeKind;
use crate::schema::waiting::End;
use std::collections::BTreeMap;
use std::path::Path;

/// What the text says and the image does not.
#[derive(Clone, Default)]
pub(crate) struct Given {
    /// The policy's own assertions.
    pub(crate) asserts: Vec<Assertion>,
    /// The account codes, by row; whether each is a verified one.
    pub(crate) codes: Vec<(String, bool)>,
}

/// `[[assert]]`
#[derive(Clone, Debug)]
pub(crate) struct Assertion {
    /// Its name, or what it says.
    pub(crate) name: String,
    /// `never` instead of `always`.
    pub(crate) never: bool,
    /// Who.
    pub(crate) from: Selector,
    /// Whom.
    pub(crate) to: Selector,
}

/// Who or what an assertion is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Selector {
    Any,
    Device(String),
    User(String),
    Trunk(String),
    Cos(u8),
    Cor(u8),
    Interconnect(u8),
    Class(String),
    Number(String),
    Emergency,
}

impl Given {
    /// Of a policy file.
    pub(crate) fn of_file(path: &Path) -> Result<Self, String> {
        let mut report = Report::default();
        let policy = read_file(path, &mut report).map_err(|why| format!("{}: {why}", path.display()))?;
        Self::of(&policy)
    }

    /// Of a policy's text.
    pub(crate) fn of_text(text: &str) -> Result<Self, String> {
        Self::of(&read_str(text, "policy.toml", &mut Report::default()))
    }

    fn of(policy: &Policy) -> Result<Self, String> {
        let codes = policy.account_code.iter().map(|row| {
            let keys = &row.keys;
            (keys.code.get_ref().0.0.clone(), keys.kind == CodeKind::Verified)
        });
        let mut asserts = Vec::new();
        for row in &policy.assert {
            let keys = &row.keys;
            for (never, ends) in [(true, &keys.never), (false, &keys.always)] {
                let Some(ends) = ends else { continue };
                let (from, to) = (selector(ends, End::From, never)?, selector(ends, End::To, never)?);
                let word = if never { "never" } else { "always" };
                let name = keys.name.clone().unwrap_or_else(|| {
                    let end = |end| ends.get(&end).map_or("", String::as_str);
                    format!("{word} from {} to {}", end(End::From), end(End::To))
                });
                asserts.push(Assertion { name, never, from, to });
            }
        }
        Ok(Self { asserts, codes: codes.collect() })
    }
}

fn selector(ends: &BTreeMap<End, String>, end: End, never: bool) -> Result<Selector, String> {
    let (word, is_to) = match end {
        End::From => ("from", false),
        End::To => ("to", true),
    };
    let text = ends.get(&end).ok_or_else(|| format!("[[assert]]: `{word}` is missing"))?;
    let bad = || format!("[[assert]]: {word} = {text:?} is no selector that can be proved");
    let number = |text: &str| text.parse::<u8>().map_err(|_| bad());
    match text.split_once(':') {
        None if text == "any" => Ok(Selector::Any),
        None if text == "emergency" && is_to => Ok(Selector::Emergency),
        Some(("device", dn)) => Ok(Selector::Device(dn.into())),
        Some(("user", dn)) => Ok(Selector::User(dn.into())),
        Some(("trunk", name)) => Ok(Selector::Trunk(name.into())),
        Some(("cos", id)) => number(id).map(Selector::Cos),
        Some(("cor", id)) => number(id).map(Selector::Cor),
        Some(("interconnect", id)) => number(id).map(Selector::Interconnect),
        Some(("class", name)) if is_to && never => Ok(Selector::Class(name.into())),
        Some(("number", pattern)) if is_to => Ok(Selector::Number(pattern.into())),
        _ => Err(bad()),
    }
}
