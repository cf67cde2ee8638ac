//! What emergency calls need beside their routes: the zones of addresses, and who is told.

use crate::finding::Report;
use crate::schema::Policy;
use crate::write::Tables;
use std::net::IpAddr;
use strowger::policy::rows::{Features, MAX_NOTIFIED, NotifyRow, SubnetRow};

pub(crate) fn build(policy: &Policy, tables: &mut Tables, report: &mut Report) {
    subnets(policy, tables, report);
    notified(policy, tables, report);
}

/// A range as the image has it: IPv6, or IPv4 mapped into it, and the bits that count.
pub(crate) fn range((address, prefix): (IpAddr, u8)) -> (u128, u8) {
    match address {
        IpAddr::V4(v4) => (v4.to_ipv6_mapped().to_bits(), prefix + 96),
        IpAddr::V6(v6) => (v6.to_bits(), prefix),
    }
}

fn subnets(policy: &Policy, tables: &mut Tables, report: &mut Report) {
    for (zone, row) in (1u8..).zip(&policy.zone) {
        for subnet in row.keys.subnets.iter().flatten() {
            let (address, prefix) = range(subnet.0.0);
            let taken =
                tables.subnets.iter().find(|other| (other.address, other.prefix) == (address, prefix));
            if let Some(taken) = taken.filter(|taken| taken.zone != zone) {
                let first = &policy.zone[usize::from(taken.zone) - 1];
                let text = format!(
                    "zone {:?}: the same subnet is that of zone {:?}: {}",
                    row.keys.name.get_ref(),
                    first.keys.name.get_ref(),
                    report.at(first.place)
                );
                report.error(row.place, "duplicate", text);
            }
            tables.subnets.push(SubnetRow { zone, address, prefix });
        }
    }
    // Of two ranges that hold an address, the narrower one knows better.
    tables.subnets.sort_by_key(|row| std::cmp::Reverse(row.prefix));
}

/// `[emergency] notify`, then devices whose COS has `emergency-notify` in some mode.
fn notified(policy: &Policy, tables: &mut Tables, report: &mut Report) {
    let number = |row: &strowger::policy::rows::DeviceTextRow| tables.texts.get(row.dn).to_owned();
    let mut rows: Vec<NotifyRow> = Vec::new();
    for dn in policy.emergency.iter().flat_map(|row| row.keys.notify.iter().flatten()) {
        let place = policy.emergency.as_ref().map_or_else(Default::default, |row| row.at(dn.span()));
        let dn = &dn.get_ref().0.0;
        let mut phones = tables.device_texts.iter().take(tables.phones());
        let Some(device) = phones.position(|row| number(row) == *dn) else {
            // A set is a number that waits for a later version; nobody is a mistake.
            if !waits(policy, dn) {
                let text = format!("emergency: `notify` names {dn}, and no device has that number");
                report.error(place, crate::finding::DANGLING, text);
            }
            continue;
        };
        let device = u32::try_from(device).unwrap_or(u32::MAX);
        if rows.iter().any(|row| row.device == device) {
            report.error(place, "duplicate", format!("emergency: `notify` names {dn} twice"));
        }
        rows.push(NotifyRow { device, always: 1 });
    }
    let by_class = |cos: u8| {
        let class = cos.checked_sub(1).and_then(|row| tables.cos.get(usize::from(row)));
        class.is_some_and(|class| {
            Features::from_bits_truncate(class.features).contains(Features::EMERGENCY_NOTIFY)
        })
    };
    for (device, row) in (0u32..).zip(tables.devices.iter().take(tables.phones())) {
        if row.cos.iter().any(|cos| by_class(*cos)) && rows.iter().all(|row| row.device != device) {
            rows.push(NotifyRow { device, always: 0 });
        }
    }
    if rows.len() > MAX_NOTIFIED {
        let place = policy.emergency.as_ref().map_or_else(Default::default, |row| row.place);
        let text = format!(
            "{} devices would be told of each emergency call, by `notify` or COS feature emergency-notify; {MAX_NOTIFIED} can be",
            rows.len()
        );
        report.error(place, "too-many", text);
        rows.truncate(MAX_NOTIFIED);
    }
    tables.notify = rows;
}

/// Whether a number belongs to something that is not in force yet.
pub(crate) fn waits(policy: &Policy, dn: &str) -> bool {
    policy.device.iter().any(|row| row.keys.dn.get_ref().0.0 == dn)
}
