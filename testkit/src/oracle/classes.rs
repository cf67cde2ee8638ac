//! Number classes: the policy's own, then the plan's.

use super::plan;
use crate::model::{Action, Model, OwnClass, Profile};

/// The class that counts for a COR, and what it means.
pub(super) fn judged(model: &Model, outpulsed: &str, cor: u8, broken: &str) -> (String, Action) {
    if broken != "class.own" {
        let mut matching: Vec<(usize, usize)> = Vec::new();
        for (i, class) in model.own_classes.iter().enumerate() {
            matching.extend(longest(model, class, outpulsed, broken).map(|length| (length, i)));
        }
        matching
            .sort_by_key(|(length, i)| (if broken == "class.longest" { *length } else { 100 - *length }, *i));
        for (_, i) in matching {
            let class = &model.own_classes[i];
            let meant = class.cor_group.is_none_or(|group| {
                model.cor_groups.iter().any(|g| g.id == group && g.members.contains(&cor))
            });
            if meant || broken == "class.cor" {
                return (class.name.clone(), class.action);
            }
        }
    }
    let name = plan::class(model, before_hash(outpulsed, broken));
    let mut action = Action::Allow;
    let dear = ["international", "premium", "directory-assistance", "carrier-access", "operator", "unknown"];
    if model.profile == Profile::Strict && dear.contains(&name) && broken != "class.strict" {
        action = Action::Deny;
    }
    for (default, meaning) in &model.class_defaults {
        if *default == name && broken != "class.defaults" {
            action = *meaning;
        }
    }
    if name == "emergency" {
        action = Action::Allow;
    }
    (name.to_owned(), action)
}

/// What a network dials: `#` ends it.
fn before_hash<'a>(outpulsed: &'a str, broken: &str) -> &'a str {
    if broken == "class.hash" { outpulsed } else { outpulsed.split('#').next().unwrap_or("") }
}

/// Digits of the longest prefix of the class that the number has, both in E.164.
fn longest(model: &Model, class: &OwnClass, outpulsed: &str, broken: &str) -> Option<usize> {
    let number = plan::international(model, before_hash(outpulsed, broken));
    let mut lengths = Vec::new();
    for prefix in &class.prefixes {
        match (&number, normalised(model, prefix)) {
            (Some(number), Some(whole)) if broken != "class.normalised" => {
                lengths.extend(number.starts_with(&whole).then_some(whole.len()));
            }
            // A service code is dialed in one way only.
            _ => lengths.extend(outpulsed.starts_with(prefix).then_some(prefix.len())),
        }
    }
    for country in &class.countries {
        let calling_code = number.as_ref().and_then(|number| plan::in_country(number, country));
        lengths.extend(calling_code.filter(|_| broken != "class.countries"));
    }
    lengths.into_iter().max()
}

/// A prefix as it is dialed nationally, in E.164.
fn normalised(model: &Model, prefix: &str) -> Option<String> {
    let country = model.country;
    if let Some(abroad) = prefix.strip_prefix(country.international_prefix()) {
        return Some(abroad.to_owned());
    }
    if prefix.starts_with('0') {
        return None;
    }
    Some(if prefix.starts_with('1') { prefix.to_owned() } else { format!("1{prefix}") })
}
