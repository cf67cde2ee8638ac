//! Which way media takes between zones, and what is settled for all of it.

use super::classes::Classes;
use crate::finding::Report;
use crate::schema::Policy;
use crate::schema::media::{Allowed, Video, Way};
use crate::write::Tables;
use std::collections::BTreeMap;
use strowger::policy::rows::MediaPathRow;

pub(crate) fn build(policy: &Policy, classes: &Classes, tables: &mut Tables, report: &mut Report) {
    let media = policy.media.as_ref().map(|row| &row.keys);
    let relay = media.and_then(|media| media.rtpengine.as_ref()).map(|socket| socket.0.0.to_string());
    tables.system.relay = tables.texts.option(relay.as_deref());
    tables.system.sdes_denied = u8::from(media.is_some_and(|m| m.sdes_over_clear == Some(Allowed::Deny)));
    tables.system.video_refused = u8::from(media.is_some_and(|m| m.video == Some(Video::Refuse)));
    let mut seen = BTreeMap::new();
    for row in &policy.media_path {
        let zones = row.keys.between.each_ref();
        let [one, other] = zones.map(|zone| classes.zone(Some(zone.get_ref()), row.at(zone.span()), report));
        let (a, b) = (one.min(other), one.max(other));
        let path = match row.keys.path {
            Way::Direct => 1,
            Way::Anchored => 2,
            Way::None => 3,
        };
        if let Some((_, first)) = seen.insert((a, b), (path, row.place)) {
            let [one, other] = zones.map(|zone| zone.get_ref());
            let first = report.at(first);
            let text = format!("the way of media between {one:?} and {other:?} is said already: {first}");
            report.error(row.place, "duplicate", text);
        }
    }
    tables.media_paths = seen.into_iter().map(|((a, b), (path, _))| MediaPathRow { a, b, path }).collect();
}
