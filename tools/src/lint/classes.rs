//! Classes: looser by night than by day, routes that nobody labelled, features that open more than they seem to.

use super::model::{Class, MODES, Model};
use crate::finding::{Level, Report};
use strowger::policy::rows::Features;

pub(super) fn lint(model: &Model<'_>, report: &mut Report) {
    unlabelled(model, report);
    features(model, report);
    nights(model, report);
}

/// A public route without COR group: open to all in mivb, closed to all in strict (R11).
fn unlabelled(model: &Model<'_>, report: &mut Report) {
    for way in model.routes.iter().filter(|way| way.public && !way.emergency && !way.labelled) {
        let text = if model.strict {
            format!(
                "route {} has no COR group: the strict profile lets nobody use it (R11); give it a `cor_group`, one with members = \"\" to open it to all",
                way.id
            )
        } else {
            format!(
                "route {} has no COR group: every class may use it, trunks included, and each call costs (R11); give it a `cor_group`, one with members = \"\" if that is meant",
                way.id
            )
        };
        report.about("route", way.id).push(way.row.place, Level::Warning, "unlabelled-route", text);
    }
}

fn features(model: &Model<'_>, report: &mut Report) {
    let given = |features: Features| model.cos.values().any(|(all, _)| all.intersects(features));
    for (id, (features, row)) in &model.cos {
        let place = |feature: &str| {
            let named = row.keys.features.iter().flatten().find(|name| name.get_ref() == feature);
            named.map_or(row.place, |name| row.at(name.span()))
        };
        if features.contains(Features::PUBLIC_TO_PUBLIC) {
            let text = format!(
                "COS {id} has public-to-public: with it on both trunks, callers from outside may be joined with outside, by transfer, forwarding or conference, at this system's cost (R25, R32); take it out unless that is meant"
            );
            report.about("cos", id).push(place("public-to-public"), Level::Info, "public-to-public", text);
        }
        let intrusions = [
            ("executive-busy-override", Features::EXECUTIVE_BUSY_OVERRIDE, Features::BUSY_OVERRIDE_SECURITY),
            ("silent-monitor", Features::SILENT_MONITOR, Features::CALL_PRIVACY),
        ];
        for (name, feature, shield) in intrusions {
            if features.contains(feature) && !given(shield | Features::CALL_PRIVACY) {
                let text = format!(
                    "COS {id} has {name}, and no COS has busy-override-security or call-privacy: every call can be entered (R5, R6); shield the classes whose calls are confidential"
                );
                report.about("cos", id).push(place(name), Level::Info, "intrusion-unshielded", text);
            }
        }
    }
}

/// What a class gains by a feature. Shields, records and what others may do to it are no gain.
const GAINS: Features = Features::TRANSFER
    .union(Features::CONFERENCE)
    .union(Features::FORWARD_INTERNAL)
    .union(Features::FORWARD_EXTERNAL)
    .union(Features::PICKUP)
    .union(Features::HOT_DESK_LOGIN)
    .union(Features::HOT_DESK_ACCEPT)
    .union(Features::VERIFIED_ACCOUNT_CODE)
    .union(Features::EXECUTIVE_BUSY_OVERRIDE)
    .union(Features::DO_NOT_DISTURB_OVERRIDE)
    .union(Features::PUBLIC_TO_PUBLIC)
    .union(Features::OVERRIDE_INTERCONNECT_ON_TRANSFER)
    .union(Features::SILENT_MONITOR)
    .union(Features::THIRD_PARTY_FORWARD);

/// What a class must do first: without it by night, the night is looser.
const DUTIES: Features =
    Features::FORCED_VERIFIED_ACCOUNT_CODE.union(Features::FORCED_NON_VERIFIED_ACCOUNT_CODE);

/// Classes that may do more by night than by day: the field's classic hole, when nobody is there to notice (R1, R23).
fn nights(model: &Model<'_>, report: &mut Report) {
    for (class, phones) in model.by_class() {
        let Some((text, mode)) = looser(model, &class) else { continue };
        let (cos, cor) = (class.cos[mode], class.cor[mode]);
        for phone in phones {
            let text = format!("these devices {text}");
            report.about("device", phone.dn()).about("cos", cos).about("cor", cor).group_as(
                Level::Warning,
                phone.row.place,
                "night-looser",
                text,
            );
        }
    }
    for (class, row) in model.trunks.iter().zip(&model.policy.trunk) {
        if let Some((text, mode)) = looser(model, class) {
            let (cos, cor) = (class.cos[mode], class.cor[mode]);
            let name = row.keys.name.get_ref();
            let text = format!("trunk {name:?}: calls from it {text}");
            report.about("trunk", name).about("cos", cos).about("cor", cor).push(
                row.place,
                Level::Warning,
                "night-looser",
                text,
            );
        }
    }
    for row in &model.policy.user {
        let class = model.class(row.keys.cos.as_ref(), row.keys.cor.as_ref(), None);
        if let Some((text, mode)) = looser(model, &class) {
            let (cos, cor) = (class.cos[mode], class.cor[mode]);
            report.about("user", &row.keys.dn.get_ref().0.0).about("cos", cos).about("cor", cor).group_as(
                Level::Warning,
                row.place,
                "night-looser",
                format!("these users {text}"),
            );
        }
    }
}

/// What a class may do by night only, and the mode.
fn looser(model: &Model<'_>, class: &Class) -> Option<(String, usize)> {
    (1..3).find_map(|mode| {
        let (day, night) = (class.cos[0], class.cos[mode]);
        if (day, class.cor[0]) == (night, class.cor[mode]) {
            return None;
        }
        let route = model.routes.iter().find(|way| way.public && model.may(class, mode, way) && !model.may(class, 0, way));
        let gained = (model.features(night) & GAINS) - model.features(day);
        let spared = if night == 0 { Features::empty() } else { (model.features(day) & DUTIES) - model.features(night) };
        let mut more = Vec::new();
        more.extend(route.map(|way| format!("use route {}", way.id)));
        let names = |features: Features| {
            features.iter_names().map(|(name, _)| name.to_lowercase().replace('_', "-")).collect::<Vec<_>>().join(", ")
        };
        if !gained.is_empty() {
            more.push(format!("have {}", names(gained)));
        }
        if !spared.is_empty() {
            more.push(format!("need no code where day has {}", names(spared)));
        }
        if more.is_empty() {
            return None;
        }
        let text = format!(
            "may do more in {} (COS {night}, COR {}) than by day (COS {day}, COR {}): they {}. Fraud comes when nobody is there; give the night classes nothing that the day has not",
            MODES[mode], class.cor[mode], class.cor[0], more.join(", and ")
        );
        Some((text, mode))
    })
}
