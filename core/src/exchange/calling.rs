//! Our INVITE to a party: where it goes, who it says is calling, and what it offers.

use super::forward::Why;
use super::room::resource;
use super::{Exchange, session};
use crate::base::{Crypto, Digits, Handle, Instant};
use crate::call::Calls;
use crate::media::Passage;
use crate::policy::rows::DeviceTextRow;
use crate::policy::{Image, Party};
use crate::signalling::dialog::{Dialog, Far, Phase};
use crate::signalling::render;
use crate::signalling::session::{By, INTERVAL_S, Terms};
use crate::signalling::sip::Request;
use crate::table::Text;
use crate::wire::sip::Method;
use crate::wire::write::Sink;
use core::net::SocketAddr;

impl<C: Crypto> Exchange<'_, C> {
    /// Our INVITE to a device or trunk; `None` if it cannot be reached.
    pub(super) fn invite_out(&mut self, now: Instant, leg: Handle, to: Party, digits: &Digits) -> Option<()> {
        let image = &self.policy.as_ref()?.image;
        let next_hop = self.reach(to)?;
        let edge = self.calls.edge(leg)?;
        let a = edge.a();
        let caller = self.calls.leg(a)?.party;
        let max_forwards = self.sip.dialog(a).map_or(70, |dialog| dialog.max_forwards);
        let us = self.sip.us();
        let call_id = (self.crypto.random_u64(), self.crypto.random_u64());
        let (cookie, branch) = (self.crypto.random_u64(), self.crypto.random_u64());
        let mut fixed = self.sip.pages.writer();
        fixed.hex(&call_id.0.to_be_bytes());
        fixed.hex(&call_id.1.to_be_bytes());
        let call_id_len = fixed.len();
        caller_address(&mut fixed, image, caller, to, us);
        let fixed = fixed.finish()?;
        let focus = if to == Party::Conference { self.focus(leg) } else { None };
        let next_hop = focus.map_or(next_hop, |far| far.next_hop);
        let mut remote = self.sip.pages.writer();
        remote.put(b"<sip:");
        let host = match to {
            Party::Device(device) | Party::User { at: device, .. } => {
                remote.put(dn(image, device).as_bytes());
                us
            }
            Party::Conference => {
                remote.put(resource(image)?.user);
                next_hop.peer
            }
            Party::Trunk(_) | Party::Unknown => {
                render::user(&mut remote, digits.as_bytes());
                next_hop.peer
            }
        };
        remote.put(b"@");
        remote.socket_address(host);
        remote.put(b">");
        let address_len = remote.len();
        // Octets of `Route` lines behind the target.
        let routes = match (to, focus) {
            (Party::Device(device) | Party::User { at: device, .. }, _) => {
                remote.put(&self.devices.get(usize::try_from(device).ok()?)?.contact);
                0
            }
            (Party::Conference, Some(far)) => {
                remote.put_text(far.text, far.address_len.into(), far.text.len());
                let target = usize::from(far.address_len).saturating_add(far.target_len.into());
                far.text.len().saturating_sub(target)
            }
            (Party::Conference, None) => {
                remote.put(resource(image)?.text);
                0
            }
            (Party::Trunk(_) | Party::Unknown, _) => {
                remote.put(b"sip:");
                render::user(&mut remote, digits.as_bytes());
                remote.put(b"@");
                remote.socket_address(next_hop.peer);
                remote.put(next_hop.transport.parameter().as_bytes());
                0
            }
        };
        let target_len = remote.len().saturating_sub(address_len).saturating_sub(routes);
        let remote = remote.finish()?;
        let length = |len: usize| u16::try_from(len).unwrap_or(u16::MAX);
        self.sip.open_dialog(Dialog {
            leg,
            phase: Phase::Calling { release: false },
            cookie,
            fixed,
            call_id_len: length(call_id_len),
            far: Far {
                tag: 0,
                text: remote,
                address_len: length(address_len),
                target_len: length(target_len),
                next_hop,
            },
            max_forwards,
            proves: self.credentials(to).is_some(),
            others: self.other_servers(to),
            terms: Terms { by: By::Them, interval_s: INTERVAL_S },
            ..Dialog::EMPTY
        });
        self.send_invite(now, leg, a, branch)
    }

    /// Our INVITE, with what the caller has offered; without a session timer if one was refused already.
    pub(super) fn send_invite(
        &mut self,
        now: Instant,
        leg: Handle,
        caller: Handle,
        cookie: u64,
    ) -> Option<()> {
        let (us, own) = (self.sip.us(), self.plain(leg));
        let offered = self.sip.dialog(caller).filter(|_| !self.calls.rings_for_another(leg));
        let offer = offered.map_or(Text::EMPTY, |dialog| dialog.offer);
        let timed = self.sip.dialog(leg)?.terms.by == By::Them;
        let reliable = !offer.is_empty() && self.takes_reliable(caller) && !self.calls.rings_with_others(leg);
        let forwarded = self.calls.forwarded_by(leg);
        let forwarded =
            forwarded.and_then(|by| forwarding(&self.policy.as_ref()?.image, &self.calls, leg, by));
        let extra = |out: &mut crate::table::pages::PageWriter<'_, '_>| {
            own.put(out);
            out.line(&[render::ABLE, if reliable { b", 100rel" } else { b"" }]);
            if let Some(forwarded) = &forwarded {
                forwarded.put(out, us);
            }
            if timed {
                session::asked(out);
            }
        };
        // A copy only where something has to be changed.
        let passage = self.passage(caller);
        let changed = passage != Passage::UNCHANGED && !offer.is_empty();
        let changed = if changed { Some(self.filtered(offer, passage)?) } else { None };
        let request = Request { method: Method::Invite, cookie, body: changed.unwrap_or(offer) };
        let invite = self.sip.request(now, &mut self.timers, leg, request, extra);
        self.sip.pages.release(changed.unwrap_or(Text::EMPTY));
        self.sip.dialog_mut(leg)?.invite = invite?;
        Some(())
    }
}

/// What is told to the party of this leg about who has forwarded the call, which that device has for this reason.
fn forwarding<'a>(
    image: &Image<'a>,
    calls: &Calls<'_>,
    leg: Handle,
    (by, why): (u32, u8),
) -> Option<Forwarding<'a>> {
    let row = image.device_texts().get(usize::try_from(by).ok()?)?;
    let (_, choice) = calls.choice(leg)?;
    let by = shown(image, &row, choice.to);
    Some(Forwarding { by, to: choice.outpulsed, why, counter: calls.passed(leg).hops() })
}

/// Who has forwarded a call, as an INVITE tells it. Outside it is told by its public number (RFC 7044 section 10.1.2).
struct Forwarding<'a> {
    /// The number of who has, and of the party that is called now.
    by: &'a str,
    to: Digits,
    /// See [`Why::told`].
    why: u8,
    counter: u8,
}

impl Forwarding<'_> {
    /// `Diversion` (RFC 5806 section 4) for those who know that, `History-Info` (RFC 7044 section 5) for the others.
    fn put(&self, out: &mut impl Sink, us: SocketAddr) {
        let (reason, cause) = Why::told(self.why);
        out.put(b"Diversion: <sip:");
        out.put(self.by.as_bytes());
        out.put(b"@");
        out.socket_address(us);
        out.put(b">;reason=");
        out.put(reason.as_bytes());
        out.put(b";counter=");
        out.number(u64::from(self.counter));
        out.put(b"\r\nHistory-Info: <sip:");
        out.put(self.by.as_bytes());
        out.put(b"@");
        out.socket_address(us);
        out.put(b"?Reason=SIP%3Bcause%3D");
        out.number(u64::from(cause));
        out.put(b">;index=1,<sip:");
        render::user(out, self.to.as_bytes());
        out.put(b"@");
        out.socket_address(us);
        out.put(b">;index=1.1;mp=1\r\n");
    }
}

pub(super) fn dn<'a>(image: &Image<'a>, device: u32) -> &'a str {
    let row = usize::try_from(device).ok().and_then(|device| image.device_texts().get(device));
    row.map_or("", |row| image.text(row.dn))
}

/// The number of a device as the other party sees it: outside, the public one.
fn shown<'a>(image: &Image<'a>, row: &DeviceTextRow, to: Party) -> &'a str {
    let Party::Trunk(trunk) = to else { return image.text(row.dn) };
    let trunk = image.trunks().get(usize::from(trunk)).unwrap_or_default();
    let public = [row.public_number, trunk.caller_id].map(|at| image.text(at));
    public.into_iter().find(|number| !number.is_empty()).unwrap_or(image.text(row.dn))
}

/// `"Name" <sip:number@us>`: the directory number inside, the public number or the trunk's on a public call.
fn caller_address(out: &mut impl Sink, image: &Image<'_>, caller: Party, to: Party, us: SocketAddr) {
    let (name, number) = match caller {
        Party::Device(_) | Party::User { .. } => {
            let row = image.row_of(caller).and_then(|row| usize::try_from(row).ok());
            let row = row.and_then(|row| image.device_texts().get(row)).unwrap_or_default();
            (image.text(row.name), shown(image, &row, to))
        }
        Party::Trunk(trunk) => {
            let row = image.trunks().get(usize::from(trunk)).unwrap_or_default();
            // An address without a user part is none that everybody can read.
            let number = Some(image.text(row.caller_id)).filter(|number| !number.is_empty());
            (image.text(row.name), number.unwrap_or("anonymous"))
        }
        Party::Conference | Party::Unknown => ("", "anonymous"),
    };
    if !name.is_empty() && name.bytes().all(|c| !matches!(c, b'"' | b'\\' | 0..=31 | 127)) {
        out.put(b"\"");
        out.put(name.as_bytes());
        out.put(b"\" ");
    }
    out.put(b"<sip:");
    out.put(number.as_bytes());
    out.put(b"@");
    out.socket_address(us);
    out.put(b">");
}
