//! Devices that can be misused while nobody is at them, or that only seem to be protected.

use super::model::{MODES, Model, own};
use crate::finding::{Level, Report};
use crate::schema::parties::Role;
use std::collections::BTreeMap;
use strowger::policy::rows::Features;

pub(super) fn lint(model: &Model<'_>, report: &mut Report) {
    let by_class = model.by_class();
    let mut ways = BTreeMap::new();
    for class in by_class.keys() {
        ways.insert(*class, model.way_out(class).map(|(way, mode)| (way.id, mode)));
    }
    for phone in &model.phones {
        let Some((route, mode)) = ways.get(&phone.class).copied().flatten() else { continue };
        let (place, dn) = (phone.row.place, phone.dn());
        if matches!(own!(phone, role), Some(Role::Voicemail | Role::Recorder)) {
            let text = format!(
                "device {dn} is a machine that answers, and may call outside over route {route} (COR {} for {}): whoever finds its dial-through or operator key calls at this system's cost (R19); give it a COR that every public route blocks",
                phone.class.cor[mode], MODES[mode]
            );
            report.about("device", dn).about("cor", phone.class.cor[mode]).push(
                place,
                Level::Warning,
                "service-port-dials-out",
                text,
            );
        }
        let accepts =
            phone.class.cos.iter().any(|cos| model.features(*cos).contains(Features::HOT_DESK_ACCEPT));
        if accepts {
            let text = "these devices accept hot desk users, and their own COR may call outside while nobody is logged in (R18); give them a COR for internal calls, since each user brings his own".to_owned();
            report.about("device", dn).about("cor", phone.class.cor[mode]).group_as(
                Level::Info,
                place,
                "hot-desk-open",
                text,
            );
        }
    }
    for row in model.policy.speed_call.iter().filter(|row| row.keys.cor_exempt == Some(true)) {
        let code = &row.keys.code.get_ref().0.0;
        let text = format!(
            "speed call {code} is exempt from COR: every class reaches its number, also by forwarding to it (R27); take `cor_exempt` out unless the number is free of charge"
        );
        report.about("speed_call", code).push(
            row.at(row.keys.code.span()),
            Level::Warning,
            "speed-call-exempt",
            text,
        );
    }
}
