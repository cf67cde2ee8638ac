//! Numbers from outside (DID): each trunk has a walk of its own in the digit trie.

use super::automaton;
use super::tree::{Owner, Terminal, Tree};
use crate::finding::Report;
use crate::schema::Policy;
use crate::write::Tables;
use strowger::policy::rows::{InboundRow, ONE_EDGE};

pub(crate) fn build(policy: &Policy, tables: &mut Tables, report: &mut Report) {
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
        let Ok((mut nodes, mut edges)) = automaton::build(&tree) else {
            report.error(
                row.place,
                "patterns-too-entangled",
                "inbound: the patterns overlap in too many ways",
            );
            continue;
        };
        let (root, first) = (tables.nodes.len(), tables.edges.len());
        let (Ok(root), Ok(first)) = (u32::try_from(root), u32::try_from(first)) else { continue };
        for node in &mut nodes {
            node.edges += if node.keys & ONE_EDGE == 0 { first } else { root };
        }
        edges.iter_mut().for_each(|edge| edge.node += root);
        tables.nodes.append(&mut nodes);
        tables.edges.append(&mut edges);
        tables.trunks[trunk].inbound = root + 1;
    }
}
