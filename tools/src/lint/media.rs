//! Media that would not be what it seems, or would not come about at all.

use super::model::{Model, own};
use crate::finding::{Level, Report};
use crate::schema::media::{Allowed, Way};
use crate::schema::parties::{Srtp, Transport};
use std::net::{IpAddr, SocketAddr};
use strowger::media::path::is_private;

pub(super) fn lint(model: &Model<'_>, report: &mut Report) {
    keys_in_clear(model, report);
    no_mixer(model, report);
    if model.policy.media.as_ref().is_none_or(|row| row.keys.rtpengine.is_none()) {
        no_relay(model, report);
    }
}

/// A code by which calls are come into, and nothing to mix them.
fn no_mixer(model: &Model<'_>, report: &mut Report) {
    let mixes = model.policy.media.as_ref().is_some_and(|row| row.keys.conference.is_some());
    let Some(row) = model.policy.features.as_ref().filter(|_| !mixes) else { return };
    if let Some(code) = &row.keys.busy_override {
        let text = "`busy_override` is set, and there is no conference resource that could mix three: who dials it is refused; write [media] conference";
        report.push(row.at(code.span()), Level::Warning, "no-mixer", text);
    }
}

/// Calls whose media would have to go over a relay, and there is none.
fn no_relay(model: &Model<'_>, report: &mut Report) {
    for row in model.policy.media_path.iter().filter(|row| row.keys.path == Way::Anchored) {
        let [one, other] = row.keys.between.each_ref().map(|zone| zone.get_ref());
        let text = format!(
            "media between zones {one:?} and {other:?} is to be anchored, and there is no relay: calls between them are refused; write [media] rtpengine"
        );
        report.about("zone", one).push(row.place, Level::Warning, "no-relay", text);
    }
    for row in &model.policy.trunk {
        let host = row.keys.host.0.0.as_str();
        let address = host.parse::<SocketAddr>().map(|host| host.ip()).or_else(|_| host.parse::<IpAddr>());
        let zone = row.keys.zone.as_ref().map_or("default", |zone| zone.get_ref());
        let routed = |zones: [&str; 2]| zones.contains(&zone);
        let listed = model
            .policy
            .media_path
            .iter()
            .any(|path| routed(path.keys.between.each_ref().map(|zone| zone.get_ref().as_str())));
        if address.is_ok_and(|address| !is_private(address)) && !listed {
            let name = row.keys.name.get_ref();
            let text = format!(
                "trunk {name:?} is reached by a public address: media of phones with private ones cannot come back from there, and there is no relay, so their calls (emergency calls apart) are refused; write [media] rtpengine, or a [[media_path]] \"direct\" if something between translates addresses"
            );
            report.about("trunk", name).push(row.place, Level::Warning, "no-relay", text);
        }
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
