//! Pickup groups: whose ringing calls a device may take.

use super::{Index, help::waits};
use crate::finding::{DANGLING, Report};
use crate::schema::Policy;
use crate::write::Tables;
use std::collections::{BTreeMap, BTreeSet};
use strowger::policy::rows::PickupRow;

/// The devices that have a phone, by number.
pub(super) fn phones(tables: &Tables) -> BTreeMap<String, u32> {
    let phones = tables.device_texts.iter().take(tables.phones());
    phones.map(|row| tables.texts.get(row.dn).to_owned()).zip(0..).collect()
}

pub(crate) fn build(policy: &Policy, tables: &mut Tables, report: &mut Report) {
    let devices = phones(tables);
    let mut groups: Index<u16> = Index::new("pickup group");
    let mut rows = BTreeSet::new();
    for (index, row) in policy.pickup_group.iter().enumerate() {
        let group: u16 = row.keys.id.get_ref().get();
        groups.add(group, &group.to_string(), index, row.at(row.keys.id.span()), report);
        let mut members = BTreeSet::new();
        for member in &row.keys.members {
            let (dn, place) = (&member.get_ref().0.0, row.at(member.span()));
            if !members.insert(dn) {
                report.error(place, "duplicate", format!("pickup group {group}: {dn} is named twice"));
            }
            match devices.get(dn) {
                Some(device) => {
                    rows.insert((*device, group));
                }
                // A set is a device that waits for a later version.
                None if waits(policy, dn) => {}
                None => {
                    let text = format!("pickup group {group}: no device has the number {dn}");
                    report.error(place, DANGLING, text);
                }
            }
        }
    }
    tables.pickups = rows.into_iter().map(|(device, group)| PickupRow { device, group }).collect();
}
