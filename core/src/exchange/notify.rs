//! Who is told of an emergency call (R70): registered phones of `[emergency] notify` get a MESSAGE (RFC 3428) at once,
//! with who calls, what was dialed, where, and the number to call back. Records and alarms tell everybody else.

use super::Exchange;
use super::calling::dn;
use crate::base::{Crypto, Handle, Instant};
use crate::policy::{Image, Party, emergency};
use crate::signalling::sip::Told;
use crate::wire::write::Sink;

impl<C: Crypto> Exchange<'_, C> {
    /// Tells whoever is to know, but neither the caller nor the called. The call itself has gone out before.
    pub(super) fn tell_of_emergency(&mut self, now: Instant, a: Handle, b: Option<Handle>) {
        let Some(image) = self.policy.map(|policy| policy.image) else { return };
        let party = |leg: Handle| self.calls.leg(leg).map(|slot| slot.party);
        let Some((dialed, choice)) = self.calls.choice(a) else { return };
        // Who has dialed, also for a party that it transfers: that one knows where help is needed.
        let (dialed, from, to) = (*dialed, choice.authority.party, b.and_then(party));
        let zone = self.calls.zone(a);
        let at = self.wall_at(now);
        let mut body = self.sip.pages.writer();
        write(&mut body, &image, from, dialed.as_bytes(), zone);
        crate::signalling::render::date(&mut body, at);
        let Some(body) = body.finish() else { return };
        let mode = self.mode_at(now);
        for device in emergency::notified(&image, mode) {
            let told = from.phone() != Some(device)
                && to.and_then(Party::phone) != Some(device)
                && self.is_registered(device);
            let slot = usize::try_from(device).ok().and_then(|device| self.devices.get(device));
            let Some(slot) = slot.filter(|_| told) else { continue };
            let told =
                Told { to: slot.flow.flow(), target: &slot.contact, number: dn(&image, device).as_bytes() };
            let cookies = [self.crypto.random_u64(), self.crypto.random_u64(), self.crypto.random_u64()];
            self.sip.tell(now, &mut self.timers, &told, cookies, body);
        }
        self.sip.pages.release(body);
    }
}

/// `EMERGENCY CALL`, then a line each: caller, dialed, location, call back.
fn write(out: &mut impl Sink, image: &Image<'_>, from: Party, dialed: &[u8], zone: u8) {
    let (number, name) = match from {
        Party::Device(_) | Party::User { .. } => {
            let own = image.row_of(from).unwrap_or(u32::MAX);
            let row = usize::try_from(own).ok().and_then(|own| image.device_texts().get(own));
            (dn(image, own), row.map_or("", |row| image.text(row.name)))
        }
        Party::Trunk(trunk) => {
            let row = image.trunks().get(usize::from(trunk)).unwrap_or_default();
            (image.text(row.name), "")
        }
        Party::Conference | Party::Unknown => ("unknown", ""),
    };
    let callback = emergency::callback(image, from);
    out.line(&[b"EMERGENCY CALL"]);
    out.line(&[b"From: ", number.as_bytes(), b" ", name.as_bytes()]);
    out.line(&[b"Dialed: ", dialed]);
    out.line(&[b"Location: ", emergency::location(image, from, zone).as_bytes()]);
    out.line(&[b"Call back: ", callback.as_bytes()]);
}
