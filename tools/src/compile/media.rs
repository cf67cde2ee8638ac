//! Which way media takes between zones, and what is settled for all of it.

use super::classes::Classes;
use crate::finding::Report;
use crate::schema::Policy;
use crate::schema::media::{Allowed, Video, Way};
use crate::write::Tables;
use std::collections::BTreeMap;
use strowger::policy::rows::MediaPathRow;
use strowger::wire::sip::{Scheme, Uri};

pub(crate) fn build(policy: &Policy, classes: &Classes, tables: &mut Tables, report: &mut Report) {
    let media = policy.media.as_ref().map(|row| &row.keys);
    let relay = media.and_then(|media| media.rtpengine.as_ref()).map(|socket| socket.0.0.to_string());
    tables.system.relay = tables.texts.option(relay.as_deref());
    tables.system.sdes_denied = u8::from(media.is_some_and(|m| m.sdes_over_clear == Some(Allowed::Deny)));
    tables.system.video_refused = u8::from(media.is_some_and(|m| m.video == Some(Video::Refuse)));
    if let Some((section, uri)) =
        policy.media.as_ref().and_then(|row| Some((row, row.keys.conference.as_ref()?)))
    {
        if let Err(why) = resource(uri.get_ref()) {
            let text = format!(
                "conference: {:?} {why}; write the address of the conference resource as \"sip:mixer@192.0.2.7:5060\"",
                uri.get_ref()
            );
            report.error(section.at(uri.span()), "bad-value", text);
        }
        tables.system.conference = tables.texts.option(Some(uri.get_ref()));
    }
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

/// Why this is no address of a conference resource: it is called by UDP, and nobody looks its name up.
fn resource(text: &str) -> Result<(), &'static str> {
    let uri = Uri::parse(text.as_bytes()).map_err(|_| "is no URI")?;
    if uri.scheme != Scheme::Sip {
        return Err("is no sip: URI");
    }
    if uri.user.is_empty() || uri.has_password {
        return Err("must have a user, and no password");
    }
    if uri.socket_address().is_none() {
        return Err("must have an IP address, and no name, and a port that is not 0");
    }
    if !uri.params.is_empty() || !uri.headers.is_empty() {
        return Err("must not have parameters or headers");
    }
    Ok(())
}
