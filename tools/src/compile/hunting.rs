//! Hunt groups: numbers without a phone, whose calls go to their members. They are the last rows of the device table.

use super::classes::Classes;
use super::pickup::phones;
use super::{forwards, help::waits};
use crate::finding::{DANGLING, Level, Report, Row};
use crate::schema::Policy;
use crate::schema::waiting::{HuntGroup, Hunting};
use crate::write::Tables;
use std::collections::{BTreeMap, BTreeSet};
use strowger::policy::row::Run;
use strowger::policy::rows::{
    CIRCULAR, DeviceRow, DeviceTextRow, HuntMemberRow, HuntRow, LINEAR, MAX_MEMBERS, RING_ALL,
};

/// How long a member rings where the group does not say, in seconds.
const MEMBER_S: u16 = 15;

/// The number of a group's kind.
fn kind(row: &Row<HuntGroup>) -> u8 {
    match row.keys.kind.get_ref() {
        Hunting::Linear => LINEAR,
        Hunting::Circular => CIRCULAR,
        Hunting::RingAll => RING_ALL,
    }
}

pub(crate) fn build(policy: &Policy, classes: &Classes, tables: &mut Tables, report: &mut Report) {
    let devices = phones(tables);
    for row in &policy.hunt_group {
        let members = members(policy, row, &devices, report);
        group(row, (kind(row), members), classes, tables, report);
    }
}

/// The members in their order, as far as they have a phone.
fn members(
    policy: &Policy,
    row: &Row<HuntGroup>,
    devices: &BTreeMap<String, u32>,
    report: &mut Report,
) -> Vec<HuntMemberRow> {
    let (dn, named) = (&row.keys.dn.get_ref().0.0, &row.keys.members);
    let place = row.at(named.span());
    if named.get_ref().is_empty() {
        let text = format!("hunt group {dn}: it has no members, so nobody ever rings for it");
        report.about("hunt_group", dn).push(place, Level::Warning, "hunt-group-empty", text);
    }
    if named.get_ref().len() > usize::from(MAX_MEMBERS) {
        let text = format!("hunt group {dn}: {} members; it can have {MAX_MEMBERS}", named.get_ref().len());
        report.error(place, "too-many", text);
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let mut rows = Vec::new();
    for member in named.get_ref() {
        let (number, place) = (&member.get_ref().0.0, row.at(member.span()));
        if !seen.insert(number) {
            report.error(place, "duplicate", format!("hunt group {dn}: {number} is named twice"));
        }
        match devices.get(number) {
            Some(device) => rows.push(HuntMemberRow { device: *device }),
            None if waits(policy, number) => {}
            None if policy.user.iter().any(|other| other.keys.dn.get_ref().0.0 == *number) => {
                let text = format!(
                    "hunt group {dn}: {number} is a hot-desk user, and a member is a device; calls that no member takes can go there by `no_answer_to` or `busy_to`"
                );
                report.error(place, "bad-value", text);
            }
            None if policy.hunt_group.iter().any(|other| other.keys.dn.get_ref().0.0 == *number) => {
                let text = format!(
                    "hunt group {dn}: {number} is a hunt group, and a member is a device; calls that no member takes can go there by `no_answer_to` or `busy_to`"
                );
                report.error(place, "bad-value", text);
            }
            None => {
                report.error(place, DANGLING, format!("hunt group {dn}: no device has the number {number}"));
            }
        }
    }
    rows
}

fn group(
    row: &Row<HuntGroup>,
    (kind, members): (u8, Vec<HuntMemberRow>),
    classes: &Classes,
    tables: &mut Tables,
    report: &mut Report,
) {
    let keys = &row.keys;
    let dn = &keys.dn.get_ref().0.0;
    let forwards = [
        ("always_to", &keys.always_to),
        ("busy_to", &keys.busy_to),
        ("no_answer_to", &keys.no_answer_to),
        ("out_of_service_to", &keys.out_of_service_to),
    ];
    let forwards = forwards
        .map(|(name, key)| (name, key.as_ref().map(|to| (to.get_ref().0.0.as_str(), row.at(to.span())))));
    for (key, given) in [("cos", keys.cos.is_some()), ("cor", keys.cor.is_some())] {
        if let Some((name, _)) = forwards.iter().find(|(_, to)| to.is_some()).filter(|_| !given) {
            let text = format!(
                "hunt group {dn}: missing key `{key}`: where `{name}` sends its calls is decided by the group's own classes"
            );
            report.error(row.place, "missing-key", text);
        }
    }
    let device = tables.devices.len();
    tables.devices.push(DeviceRow {
        cos: keys.cos.as_ref().map_or([0; 3], |cos| classes.cos(cos.get_ref(), row.at(cos.span()), report)),
        cor: keys.cor.as_ref().map_or([0; 3], |cor| classes.cor(cor.get_ref(), row.at(cor.span()), report)),
        ..DeviceRow::default()
    });
    tables.device_texts.push(DeviceTextRow {
        dn: tables.texts.add(dn),
        name: tables.texts.option(keys.name.as_deref()),
        line: report.line(row.place),
        ..DeviceTextRow::default()
    });
    forwards::build(device, ("hunt group", dn), forwards, tables, report);
    let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
    tables.hunts.push(HuntRow {
        device: count(device),
        kind,
        member_s: keys.member_timeout_s.as_ref().map_or(MEMBER_S, |seconds| seconds.get()),
        members: Run {
            first: count(tables.hunt_members.len()),
            count: u16::try_from(members.len()).unwrap_or(u16::MAX),
        },
    });
    tables.hunt_members.extend(members);
}
