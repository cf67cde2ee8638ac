//! Trunks: what comes in should not go out again, and should come from where the carrier is.

use super::model::{MODES, Model};
use crate::finding::{Level, Report};
use std::collections::BTreeMap;
use strowger::policy::rows::Features;

pub(super) fn lint(model: &Model<'_>, report: &mut Report) {
    for (index, row) in model.policy.trunk.iter().enumerate() {
        let name = row.keys.name.get_ref();
        dials_out(model, index, report);
        for cos in distinct(model.trunks[index].cos) {
            if model.features(cos).contains(Features::FORWARD_EXTERNAL) {
                let place = row.keys.cos.as_ref().map_or(row.place, |cos| row.at(cos.span()));
                let text = format!(
                    "trunk {name:?}: its COS {cos} has forward-external, so a call from outside follows a forwarding to another outside number, and the second half is on this system's bill (R24); give trunks a COS without it"
                );
                report.about("trunk", name).about("cos", cos).push(
                    place,
                    Level::Warning,
                    "trunk-forward-external",
                    text,
                );
            }
        }
        sources(row, report);
    }
    trunk_to_trunk(model, report);
}

/// The numbers of three modes, each once, without 0.
pub(super) fn distinct(numbers: [u8; 3]) -> Vec<u8> {
    let mut numbers = numbers.to_vec();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.retain(|number| *number != 0);
    numbers
}

/// A call from outside whose digits reach ARS is judged by the trunk's COR (R17).
fn dials_out(model: &Model<'_>, index: usize, report: &mut Report) {
    let (row, class) = (&model.policy.trunk[index], &model.trunks[index]);
    let name = row.keys.name.get_ref();
    let open = |mode: usize| {
        let (cos, cor) = (class.cos[mode], class.cor[mode]);
        let found = model
            .routes
            .iter()
            .filter(move |way| way.public && cos != 0 && cor != 0 && way.open >> cor & 1 != 0);
        found.map(move |way| (mode, way))
    };
    let stopped = |mode: usize, way: &super::model::Way<'_>| {
        let both = way.trunk.is_some_and(|out| {
            let pair = [class.cos[mode], model.trunks[out].cos[mode]];
            pair.iter().all(|cos| model.features(*cos).contains(Features::PUBLIC_TO_PUBLIC))
        });
        model.bars(class.interconnect, way) || (row.keys.public.unwrap_or(true) && !both)
    };
    // What nothing else stops is named first.
    let Some((mode, way)) = (0..3).flat_map(open).min_by_key(|(mode, way)| stopped(*mode, way)) else {
        return;
    };
    let (level, else_stops) = if stopped(mode, way) {
        (
            Level::Info,
            "Only the interconnect matrix or the missing feature public-to-public still stops such a call",
        )
    } else {
        (
            Level::Warning,
            "Nothing else stops such a call: whoever dials in can dial out on this system's bill",
        )
    };
    let place = row.keys.cor.as_ref().map_or(row.place, |cor| row.at(cor.span()));
    let text = format!(
        "trunk {name:?}: its COR {} for {} may use route {}, which leads to the public network (R17). {else_stops}; put that COR into the group of every public route",
        class.cor[mode], MODES[mode], way.id
    );
    report.about("trunk", name).about("cor", class.cor[mode]).about("route", way.id).push(
        place,
        level,
        "trunk-dials-out",
        text,
    );
}

fn sources(row: &crate::finding::Row<crate::schema::parties::Trunk>, report: &mut Report) {
    let name = row.keys.name.get_ref();
    let trusted = row.keys.trusted.as_deref().unwrap_or(&[]);
    if trusted.is_empty() {
        let text = format!(
            "trunk {name:?} has no `trusted` addresses: no call is taken as coming from it; list the carrier's addresses, if calls should come in"
        );
        report.about("trunk", name).push(row.place, Level::Info, "trunk-no-source", text);
    }
    let wide = |address: std::net::IpAddr, bits: u8| bits < if address.is_ipv4() { 8 } else { 16 };
    if let Some((address, bits)) =
        trusted.iter().map(|range| range.0.0).find(|(address, bits)| wide(*address, *bits))
    {
        let text = format!(
            "trunk {name:?} trusts {address}/{bits}: whoever sends from there is taken for the carrier, without a password; list the carrier's own addresses only"
        );
        report.about("trunk", name).push(row.place, Level::Warning, "trunk-trusts-many", text);
    }
}

/// Public trunks that may be joined: both COS say so and the matrix does not restrict it (R25, R38, R39).
fn trunk_to_trunk(model: &Model<'_>, report: &mut Report) {
    for mode in 0..3 {
        let mut by_number: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
        for (index, class) in model.trunks.iter().enumerate() {
            let public = model.policy.trunk[index].keys.public.unwrap_or(true);
            if public && model.features(class.cos[mode]).contains(Features::PUBLIC_TO_PUBLIC) {
                by_number.entry(class.interconnect).or_default().push(index);
            }
        }
        for (from, trunks) in &by_number {
            let Some((to, others)) = by_number.iter().find(|(to, _)| !model.restricted(*from, **to)) else {
                continue;
            };
            let same = |class: &super::model::Class, earlier: usize| class.cos[earlier] == class.cos[mode];
            for trunk in trunks {
                // What is so by day already is said once.
                if (0..mode).any(|earlier| {
                    same(&model.trunks[*trunk], earlier) && same(&model.trunks[others[0]], earlier)
                }) {
                    continue;
                }
                let (row, other) = (&model.policy.trunk[*trunk], &model.policy.trunk[others[0]]);
                let (name, other) = (row.keys.name.get_ref(), other.keys.name.get_ref());
                let text = format!(
                    "trunk {name:?} may be joined with trunk {other:?}: both COS have public-to-public, and interconnect {from} to {to} is not restricted, so callers from outside can be put through to outside at this system's cost (R25, R39); add {{ from = {from}, to = {to} }} to `restricted`, or take the feature out of the COS"
                );
                report.about("trunk", name).about("interconnect", from).push(
                    row.place,
                    Level::Warning,
                    "trunk-to-trunk",
                    text,
                );
            }
        }
    }
}
