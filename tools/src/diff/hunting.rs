//! What differs in hunt groups: who rings for them, in what order, and where calls go that nobody takes.

use super::settings::{FORWARDS, Lines, forwards};
use crate::explain::words::party_name;
use std::collections::{BTreeMap, BTreeSet};
use strowger::policy::decide::class_of;
use strowger::policy::rows::{CIRCULAR, HuntRow};
use strowger::policy::{Image, Mode, Party};

pub(super) fn hunting(images: [&Image<'_>; 2], lines: &mut Lines) {
    let sides = images.map(|image| {
        let told = image
            .hunt_rows()
            .iter()
            .map(|row| (party_name(image, Party::Device(row.device)), told(image, &row)));
        told.collect::<BTreeMap<_, _>>()
    });
    for group in sides.iter().flat_map(BTreeMap::keys).collect::<BTreeSet<_>>() {
        let [old, new] = sides.each_ref().map(|side| side.get(group).cloned().unwrap_or_default());
        for (at, what) in (0..).zip(WHAT) {
            lines.text(&format!("{what} of hunt group {group}"), &old[at], &new[at]);
        }
    }
}

const WHAT: [&str; 9] = [
    "members",
    "order",
    "seconds that a member rings",
    "COS (day/night1/night2)",
    "COR (day/night1/night2)",
    FORWARDS[0],
    FORWARDS[1],
    FORWARDS[2],
    FORWARDS[3],
];

/// What there is to tell of a group, as [`WHAT`] names it.
fn told(image: &Image<'_>, row: &HuntRow) -> [String; 9] {
    let members = (0..row.members.count).filter_map(|place| image.hunt_member(row, place));
    let members: Vec<String> = members.map(|member| party_name(image, Party::Device(member))).collect();
    let order = if row.kind == CIRCULAR { "circular" } else { "linear" };
    let device = image.devices().get(row.device as usize).unwrap_or_default();
    let cos = [Mode::Day, Mode::Night1, Mode::Night2]
        .map(|mode| class_of(image, Party::Device(row.device), mode).map_or(0, |class| class.id));
    let modes = |numbers: [u8; 3]| numbers.map(|number| number.to_string()).join("/");
    let [always, busy, no_answer, out_of_service] = forwards(image, Party::Device(row.device));
    [
        members.join(", "),
        order.to_owned(),
        row.member_s.to_string(),
        modes(cos),
        modes(device.cor),
        always,
        busy,
        no_answer,
        out_of_service,
    ]
}
