//! Every order of events while a party transfers another, blind, attended, and while the third still rings.

use crate::desk;

use desk::{Does, walk};
use strowger::policy::Party;

#[test]
fn whatever_happens_while_a_party_transfers_everybody_is_where_they_may_be() {
    let text = include_str!("office/policy.toml")
        .replace("features = [\"hold\", \"smdr-external\", \"smdr-internal\"]", "features = [\"transfer\"]");
    let (worlds, pairs) = walk(&text, false, Does::Transfer);
    println!("transfer: {worlds} states to closure, {} pairs joined", pairs.len());
    assert!(pairs.contains(&[Party::Device(0), Party::Device(2)]));
    // The same where 201 may not reach 203, nor 203 reach 201: the two are never joined.
    let apart = text
        .replace("restricted = [", "restricted = [ { from = 7, to = 8 }, { from = 8, to = 7 },")
        .replace("cos = 1\ncor = 1\npublic_number", "cos = 1\ncor = 1\ninterconnect = 7\npublic_number")
        .replace("cos = 1\ncor = 2\n", "cos = 1\ncor = 2\ninterconnect = 8\n");
    let (worlds, pairs) = walk(&apart, true, Does::Transfer);
    println!("transfer that is forbidden: {worlds} states to closure, {} pairs joined", pairs.len());
    assert!(!pairs.contains(&[Party::Device(0), Party::Device(2)]));
}
