//! Devices that can be misused while nobody is at them, or that only seem to be protected.

use super::model::{MODES, Model, own};
use crate::finding::{Level, Report};
use crate::schema::parties::{Role, Srtp, Transport};
use crate::schema::waiting::Allowed;
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
    keys_in_clear(model, report);
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

/// SDES puts the keys of the media into the signalling: in clear there, they protect nothing.
fn keys_in_clear(model: &Model<'_>, report: &mut Report) {
    let denied =
        model.policy.media.as_ref().is_some_and(|row| row.keys.sdes_over_clear == Some(Allowed::Deny));
    let text = |what: &str| {
        if denied {
            format!(
                "{what} require SRTP and may signal in clear, where [media] denies keys: such calls are refused; allow transport \"tls\" only"
            )
        } else {
            format!(
                "{what} require SRTP, but may signal in clear: the keys go over the network for everybody to read; allow transport \"tls\" only"
            )
        }
    };
    for phone in &model.phones {
        let clear =
            own!(phone, transport).is_none_or(|list| list.get_ref().iter().any(|one| *one != Transport::Tls));
        if clear && own!(phone, srtp).is_some_and(|srtp| *srtp == Srtp::Required) {
            report.about("device", phone.dn()).group_as(
                Level::Warning,
                phone.row.place,
                "sdes-over-clear",
                text("these devices"),
            );
        }
    }
    for row in &model.policy.trunk {
        let clear =
            row.keys.transport.as_ref().is_none_or(|transport| *transport.get_ref() != Transport::Tls);
        if clear && row.keys.srtp.is_some_and(|srtp| srtp == Srtp::Required) {
            report.about("trunk", row.keys.name.get_ref()).group_as(
                Level::Warning,
                row.place,
                "sdes-over-clear",
                text("these trunks"),
            );
        }
    }
}
