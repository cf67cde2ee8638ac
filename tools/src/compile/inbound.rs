//! Numbers from outside (DID): each trunk has a walk of its own in the digit trie.

use super::automaton;
use super::tree::{Owner, Terminal, Tree};
use super::trie::Trie;
use crate::finding::Report;
use crate::schema::Policy;
use crate::write::Tables;
use strowger::policy::rows::InboundRow;

/// Each trunk with numbers of its own, and the walk that is its.
pub(crate) fn build(
    policy: &Policy,
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
