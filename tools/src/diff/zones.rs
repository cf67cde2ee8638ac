//! Where emergency calls of the zones go, and who is told of them.

use super::settings::Lines;
use std::collections::BTreeMap;
use strowger::policy::Image;
use strowger::policy::rows::ZoneRow;

/// Who is told of an emergency call.
pub(super) fn notified(images: [&Image<'_>; 2], lines: &mut Lines) {
    let [old, new] = images.map(|image| {
        let named = image.notified_devices().iter().map(|row| {
            let dn = usize::try_from(row.device)
                .ok()
                .and_then(|device| image.device_texts().get(device))
                .map_or("", |row| image.text(row.dn));
            if row.always == 0 { format!("{dn} while its COS says so") } else { dn.to_owned() }
        });
        named.collect::<Vec<_>>().join(", ")
    });
    lines.text("told of emergency calls", &old, &new);
}

/// Zones by name. A verdict is compared with the zone that the policy gives a device; whoever is heard from another
/// zone's addresses calls for help over that zone's routes.
pub(super) fn zones(images: [&Image<'_>; 2], lines: &mut Lines) {
    let mut rows: BTreeMap<&str, [Option<(u8, ZoneRow)>; 2]> = BTreeMap::new();
    for (side, image) in images.into_iter().enumerate() {
        for (number, row) in (1u8..).zip(image.zones().iter()) {
            rows.entry(image.text(row.name)).or_default()[side] = Some((number, row));
        }
    }
    for (name, rows) in rows {
        let of = |what: &dyn Fn(&Image<'_>, u8, &ZoneRow) -> String| {
            [0, 1].map(|side| {
                rows[side].as_ref().map_or_else(String::new, |(number, row)| what(images[side], *number, row))
            })
        };
        let both: [(&str, [String; 2]); 4] = [
            ("addresses", of(&|image, zone, _| subnets(image, zone))),
            ("emergency route", of(&|image, _, row| route(image, row))),
            ("emergency call-back number", of(&|image, _, row| image.text(row.cesid).to_owned())),
            ("location", of(&|image, _, row| image.text(row.location).to_owned())),
        ];
        for (what, [old, new]) in both {
            lines.text(&format!("{what} of zone {name}"), &old, &new);
        }
    }
}

fn subnets(image: &Image<'_>, zone: u8) -> String {
    let rows = image.subnets().iter().filter(|row| row.zone == zone);
    let mut ranges: Vec<String> = rows.map(|row| range(row.address, row.prefix)).collect();
    ranges.sort_unstable();
    ranges.join(", ")
}

fn route(image: &Image<'_>, row: &ZoneRow) -> String {
    let index = usize::from(row.emergency_index);
    match row.emergency_leads {
        1 => format!("route {}", image.routes().get(index).map_or(0, |row| row.id)),
        2 => format!("route list {}", image.lists().get(index).map_or(0, |row| row.id)),
        _ => "that of the row".into(),
    }
}

/// An address range as the policy writes it.
pub(super) fn range(address: u128, prefix: u8) -> String {
    let address = std::net::Ipv6Addr::from(address);
    match (address.to_ipv4_mapped(), prefix.checked_sub(96)) {
        (Some(v4), Some(prefix)) => format!("{v4}/{prefix}"),
        _ => format!("{address}/{prefix}"),
    }
}
