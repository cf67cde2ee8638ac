//! What differs in codes that are dialed: of features, and of speed calls.

use super::dialing::{Dialing, KEYS_ASCII};
use super::sets::{Sets, below};
use super::settings::Lines;
use std::collections::{BTreeMap, BTreeSet};
use strowger::policy::Image;
use strowger::policy::rows::{END_FEATURE, END_SHIFT, FEATURES};
use strowger::policy::trie::INDEX;

pub(super) fn codes(old: &Dialing<'_>, new: &Dialing<'_>, lines: &mut Lines) {
    let features = [feature_codes(old), feature_codes(new)];
    for (feature, what) in (0u32..).zip(FEATURE_NAMES) {
        let of = |codes: &[(u32, String)]| {
            let own = codes.iter().filter(|(own, _)| *own == feature).map(|(_, code)| code.as_str());
            own.collect::<Vec<_>>().join(", ")
        };
        lines.text(&format!("the feature code {what}"), &of(&features[0]), &of(&features[1]));
    }
    speed_calls([(old.image, &features[0]), (new.image, &features[1])], lines);
}

/// What features' codes are for, by their numbers in the image.
const FEATURE_NAMES: [&str; FEATURES as usize] = [
    "in front of an account code",
    "that forwards always",
    "that forwards on busy",
    "that forwards on no answer",
    "that forwards when out of service",
    "that cancels forwarding",
    "for do not disturb",
    "for group pickup",
    "for directed pickup",
    "for park",
    "for park retrieval",
    "for redial",
    "for hot-desk log-in",
    "for hot-desk log-out",
    "for camp-on",
    "for busy override",
];

/// Speed calls by their codes: the number, and whether a COR is asked for.
fn speed_calls(sides: [(&Image<'_>, &Vec<(u32, String)>); 2], lines: &mut Lines) {
    let [old, new] = sides.map(|(image, codes)| {
        let told = codes.iter().filter_map(|(feature, code)| {
            let row = image.speed_call(*feature)?;
            let exempt = if row.flags & 1 == 0 { "" } else { ", whatever the caller's COR" };
            Some((code.clone(), format!("{}{exempt}", image.text(row.number))))
        });
        told.collect::<BTreeMap<_, _>>()
    });
    for code in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let of = |side: &BTreeMap<String, String>| side.get(code).cloned().unwrap_or_default();
        lines.text(&format!("speed call {code}"), &of(&old), &of(&new));
    }
}

/// Every feature code: its feature and digits.
fn feature_codes(plan: &Dialing<'_>) -> Vec<(u32, String)> {
    let nodes = plan.image.nodes().len();
    let is_code = |node: u32| {
        plan.image.places().get(node as usize).is_some_and(|place| place.end >> END_SHIFT == END_FEATURE)
    };
    let mut sets = Sets::new();
    let some = sets.of(vec![0]);
    let own = |node: u32| if is_code(node) { some } else { 0 };
    let found = below(nodes, |node, to| plan.edges(node, to), own, &mut sets, usize::MAX).unwrap_or_default();
    let mut codes = Vec::new();
    let mut todo = vec![(0u32, String::new())];
    while let Some((node, digits)) = todo.pop() {
        let (more, _) = plan.takes(node);
        // Feature codes are exact digits, and short: nothing before one is taken without looking.
        if more > 0
            || digits.len() > usize::from(u8::MAX)
            || found.get(node as usize).is_none_or(|set| *set == 0)
        {
            continue;
        }
        if is_code(node) {
            let place = plan.image.places().get(node as usize).unwrap_or_default();
            codes.push((place.end & INDEX, digits));
            continue;
        }
        for key in (0..12u8).rev() {
            if let Some(next) = plan.follow(node, key).filter(|next| *next != node) {
                todo.push((next, format!("{digits}{}", char::from(KEYS_ASCII[usize::from(key)]))));
            }
        }
    }
    codes
}
