//! Hot-desk users: what differs in them, and as whom they call.

use super::settings::{FORWARDS, INTERCEPTS, Lines, forwards, intercepts};
use crate::explain::words::party_name;
use std::collections::{BTreeMap, BTreeSet};
use strowger::policy::decide::class_of;
use strowger::policy::rows::{Features, UserRow};
use strowger::policy::{Image, Mode, Party};

/// Each user at each phone that stands for others: of those that accept users and bring the same, in either policy, one.
pub(super) fn guests(image: &Image<'_>, images: [&Image<'_>; 2]) -> Vec<Party> {
    if image.users().is_empty() {
        return Vec::new();
    }
    let numbers: BTreeSet<String> = images.into_iter().flat_map(standing).collect();
    let phones = numbers.iter().filter_map(|number| image.phone_by_dn(number.as_bytes()));
    let phones: Vec<u32> = phones.filter(|phone| accepts(image, *phone)).collect();
    let users = (0..image.users().len()).filter_map(|user| u16::try_from(user).ok());
    users.flat_map(|user| phones.iter().map(move |at| Party::User { user, at: *at })).collect()
}

/// The numbers of phones that accept users: one for each Interconnect Number and zone.
fn standing(image: &Image<'_>) -> Vec<String> {
    let phones = (0u32..).zip(image.devices().iter()).take(image.phones());
    let mut kinds = BTreeMap::new();
    for (phone, row) in phones.filter(|(phone, _)| accepts(image, *phone)) {
        kinds.entry((row.interconnect, row.zone)).or_insert(phone);
    }
    kinds.into_values().map(|phone| party_name(image, Party::Device(phone))).collect()
}

fn accepts(image: &Image<'_>, phone: u32) -> bool {
    [Mode::Day, Mode::Night1, Mode::Night2].into_iter().any(|mode| {
        let class = class_of(image, Party::Device(phone), mode).unwrap_or_default();
        Features::from_bits_truncate(class.features).contains(Features::HOT_DESK_ACCEPT)
    })
}

pub(super) fn users(images: [&Image<'_>; 2], lines: &mut Lines) {
    let sides = images.map(|image| {
        let users = image.users();
        let told = users.iter().map(|row| (party_name(image, Party::Device(row.device)), told(image, &row)));
        told.collect::<BTreeMap<_, _>>()
    });
    for user in sides.iter().flat_map(BTreeMap::keys).collect::<BTreeSet<_>>() {
        let [old, new] = sides.each_ref().map(|side| side.get(user).cloned().unwrap_or_default());
        for (at, what) in (0..).zip(WHAT) {
            lines.text(&format!("{what} of user {user}"), &old[at], &new[at]);
        }
    }
}

const WHAT: [&str; 11] = [
    "name",
    "COS (day/night1/night2)",
    "COR (day/night1/night2)",
    "public number",
    "default account code",
    "minutes until log-out",
    FORWARDS[0],
    FORWARDS[1],
    FORWARDS[2],
    FORWARDS[3],
    INTERCEPTS,
];

/// What there is to tell of a user, as [`WHAT`] names it.
fn told(image: &Image<'_>, row: &UserRow) -> [String; 11] {
    let device = image.devices().get(row.device as usize).unwrap_or_default();
    let texts = image.device_texts().get(row.device as usize).unwrap_or_default();
    let cos = [Mode::Day, Mode::Night1, Mode::Night2]
        .map(|mode| class_of(image, Party::Device(row.device), mode).map_or(0, |class| class.id));
    let modes = |numbers: [u8; 3]| numbers.map(|number| number.to_string()).join("/");
    let minutes = if row.logout_min == 0 { "never".to_owned() } else { row.logout_min.to_string() };
    let [always, busy, no_answer, out_of_service] = forwards(image, Party::Device(row.device));
    [
        image.text(texts.name).to_owned(),
        modes(cos),
        modes(device.cor),
        image.text(texts.public_number).to_owned(),
        if texts.account_code.len > 0 { "set".to_owned() } else { "none".to_owned() },
        minutes,
        always,
        busy,
        no_answer,
        out_of_service,
        intercepts(image, Party::Device(row.device)),
    ]
}
