//! Classes, trunks, routes, emergency numbers and devices, put together so that the language accepts them.

use super::raw::{PerModeRaw, RawDevice, RawRoute, RawTrunk};
use super::{class, number, pick, small_number};
use crate::model::{
    Choice, CorGroup, Cos, Device, EmergencyRow, Model, Modification, NumberFormat, PerMode, Profile, Route,
    RouteList, Trunk, Use, Zone,
};

pub(super) fn cos_of(model: &Model, (day, night1, night2): PerModeRaw) -> PerMode {
    let class = |raw| class(raw, model.cos.len());
    PerMode { day: class(day), night1: class(night1), night2: class(night2) }
}

pub(super) const fn cor_of((day, night1, night2): PerModeRaw) -> PerMode {
    PerMode { day, night1, night2 }
}

pub(super) fn zone_of(model: &Model, raw: Option<u8>) -> Option<String> {
    raw.filter(|_| !model.zones.is_empty()).map(|raw| pick(raw, &model.zones).name.clone())
}

pub(super) fn add_classes(model: &mut Model, (cos, groups, restricted): (Vec<bool>, Vec<u8>, Vec<(u8, u8)>)) {
    for (i, joins) in cos.into_iter().enumerate() {
        let mut features = vec!["hold"];
        features.extend(joins.then_some("public-to-public"));
        model.cos.push(Cos { id: small_number(i), features });
    }
    for (i, members) in groups.into_iter().enumerate() {
        let members = (1..=4).filter(|cor| members & (1 << (cor - 1)) != 0).collect();
        model.cor_groups.push(CorGroup { id: small_number(i), members });
    }
    for pair in restricted {
        if !model.restricted.contains(&pair) {
            model.restricted.push(pair);
        }
    }
}

/// Trunks, what leads to them, and emergency routes, which are the last routes and the last list.
pub(super) fn add_routes(
    model: &mut Model,
    trunks: &[RawTrunk],
    modifications: Vec<(u8, String)>,
    routes: &[RawRoute],
    lists: &[Vec<(u8, bool)>],
    emergency: &[u8],
) {
    for (i, raw) in trunks.iter().enumerate() {
        model.trunks.push(Trunk {
            name: format!("trunk-{i}"),
            public: raw.public,
            channels: 2,
            cos: cos_of(model, raw.cos),
            cor: cor_of(raw.cor),
            interconnect: raw.interconnect,
            zone: None,
            number_format: NumberFormat::default(),
            inbound: Vec::new(),
        });
    }
    model.system_codes = vec![(3, "990001".into()), (7, "4711".into())];
    for (i, (absorb, insert)) in modifications.into_iter().enumerate() {
        model.modifications.push(Modification { id: number(i), absorb, insert });
    }
    for raw in routes {
        model.routes.push(Route {
            id: number(model.routes.len()),
            trunk: pick(raw.trunk, &model.trunks).name.clone(),
            modification: raw.modification.map(|m| pick(m, &model.modifications).id),
            cor_group: raw.group.map(|g| pick(g, &model.cor_groups).id),
            emergency: raw.emergency,
        });
    }
    for raw in lists {
        let mut choices: Vec<Choice> = Vec::new();
        for &(route, warning_tone) in raw {
            let route = pick(route, &model.routes).id;
            if choices.iter().all(|choice| choice.route != route) {
                choices.push(Choice { route, warning_tone });
            }
        }
        model.route_lists.push(RouteList { id: number(model.route_lists.len()), choices });
    }
    let mut choices = Vec::new();
    for &raw in emergency {
        let id = number(model.routes.len());
        let trunk = pick(raw, &model.trunks).name.clone();
        model.routes.push(Route { id, trunk, modification: None, cor_group: None, emergency: true });
        choices.push(Choice { route: id, warning_tone: false });
    }
    model.route_lists.push(RouteList { id: number(model.route_lists.len()), choices });
    for (i, raw) in trunks.iter().enumerate() {
        model.trunks[i].zone = raw.zone.map(|zone| format!("zone-{}", zone % 2));
    }
}

/// One of the emergency routes, or all of them in order.
pub(super) fn emergency_use(model: &Model, raw: u8) -> Use {
    let list = model.route_lists.last().expect("the emergency list comes last");
    if raw.is_multiple_of(2) { Use::List(list.id) } else { Use::Route(pick(raw / 2, &list.choices).route) }
}

pub(super) fn add_emergency(model: &mut Model, zones: &[Option<u8>], rows: &[(&'static str, bool, u8)]) {
    for (i, raw) in zones.iter().enumerate() {
        let emergency = raw.map(|raw| emergency_use(model, raw));
        model.zones.push(Zone { name: format!("zone-{i}"), emergency });
    }
    for trunk in &mut model.trunks {
        trunk.zone.take_if(|zone| model.zones.iter().all(|z| z.name != *zone));
    }
    for &(digits, outpulse, raw) in rows {
        if model.emergency.iter().any(|row| row.string() == digits) {
            continue;
        }
        let (leading, digits) = if digits == "9911" && !outpulse { ("9", "911") } else { ("", digits) };
        let outpulse = outpulse.then(|| "911".to_owned());
        let to = emergency_use(model, raw);
        model.emergency.push(EmergencyRow { leading: leading.into(), digits: digits.into(), outpulse, to });
    }
}

pub(super) fn add_devices(model: &mut Model, devices: Vec<RawDevice>) {
    for (i, raw) in devices.into_iter().enumerate() {
        let begins = |a: &str, b: &str| a.starts_with(b) || b.starts_with(a);
        let clash = model.devices.iter().any(|other| match model.profile {
            Profile::Strict => begins(&other.dn, &raw.dn),
            Profile::Mivb => other.dn == raw.dn,
        });
        if clash || model.emergency.iter().any(|row| begins(&row.string(), &raw.dn)) {
            continue;
        }
        model.devices.push(Device {
            cos: cos_of(model, raw.cos),
            cor: cor_of(raw.cor),
            interconnect: raw.interconnect,
            zone: zone_of(model, raw.zone),
            username: format!("user-{i}"),
            password: format!("kW%vQ_jZpR-hYtLx{}", char::from(b'a' + u8::try_from(i).expect("few devices"))),
            dn: raw.dn,
        });
    }
}
