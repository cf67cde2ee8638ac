//! Numbers from outside (DID): each trunk has a walk of its own in the digit trie.

use super::automaton;
use super::tree::{Owner, Terminal, Tree};
use super::trie::Trie;
use crate::finding::{Level, Place, Report};
use crate::schema::Policy;
use crate::write::Tables;
use std::collections::BTreeMap;
use strowger::policy::rows::InboundRow;

/// Each trunk with numbers of its own, and the walk that is its.
pub(crate) fn build(
    policy: &Policy,
    emergency: &BTreeMap<String, (String, Place)>,
    trie: &mut Trie,
    tables: &mut Tables,
    report: &mut Report,
) -> Vec<(usize, usize)> {
    let mut walks = Vec::new();
    for (trunk, row) in policy.trunk.iter().enumerate() {
        let Some(inbound) = &row.keys.inbound else { continue };
        let mut tree = Tree::new();
        for entry in inbound {
            let place = row.at(entry.span());
            let (did, to) = (&entry.get_ref().did.0.0, &entry.get_ref().to.0.0);
            let wild = |text: &str| text.bytes().filter(|c| *c == b'X').count();
            if to.contains(['N', 'Y']) || wild(to) > wild(did) {
                let text = "inbound: `to` has digits and X only, and no more X than `did`: each takes the digit of its X there";
                report.error(place, "bad-value", text);
                continue;
            }
            reaches_help(did, to, emergency, place, report);
            let number = u32::try_from(tables.inbound.len()).unwrap_or(u32::MAX);
            let owner =
                Owner { terminal: Terminal::Inbound(number), place, label: format!("did {did}").into() };
            if let Some(first) = tree.add_pattern(did, Some(0), owner) {
                let text = format!("the trunk has the number {did} already: {}", report.at(first.place));
                report.error(place, "duplicate", text);
            }
            tables.inbound.push(InboundRow { did: tables.texts.add(did), to: tables.texts.add(to) });
        }
        match automaton::build(&tree).ok().and_then(|(states, edges)| trie.add(states, edges)) {
            Some(walk) => walks.push((trunk, walk)),
            None => report.error(
                row.place,
                "patterns-too-entangled",
                "inbound: the patterns overlap in too many ways",
            ),
        }
    }
    walks
}

/// Emergency numbers are matched before everything else, so a caller from outside who dials such a row calls for help.
fn reaches_help(
    did: &str,
    to: &str,
    emergency: &BTreeMap<String, (String, Place)>,
    place: Place,
    report: &mut Report,
) {
    for (what, pattern) in [("did", did), ("to", to)] {
        let Some(number) = emergency.keys().find(|number| may_begin(pattern, number)) else { continue };
        let text = format!(
            "inbound: `{what}` {pattern} can begin with the emergency number {number}: such a call from outside becomes an emergency call"
        );
        report.push(place, Level::Warning, "emergency-prefix", text);
    }
}

fn may_begin(pattern: &str, number: &str) -> bool {
    let fits = |(key, digit): (u8, u8)| match key {
        b'N' => (b'2'..=b'9').contains(&digit),
        b'X' => digit.is_ascii_digit(),
        b'Y' => true,
        key => key == digit,
    };
    pattern.len() >= number.len() && pattern.bytes().zip(number.bytes()).all(fits)
}
