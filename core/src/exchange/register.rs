//! REGISTER (RFC 3261 section 10.3). Answered without a transaction: the same request gets the same answer (section 8.2.7).

use super::identity::Proof;
use super::memory::MAX_CONTACT;
use super::{Event, Exchange, Record};
use crate::base::{Crypto, Digits, Instant};
use crate::policy::{Authority, Denial, Party, RowRef, Rule, Verdict};
use crate::record::Decision;
use crate::registration::binding::{self, MAX_EXPIRES_S, MIN_EXPIRES_S, Order};
use crate::signalling::render;
use crate::wire::sip::{Address, Message, Scheme};
use crate::wire::write::Sink;
use core::net::SocketAddr;

impl<C: Crypto> Exchange<'_, C> {
    pub(super) fn register(&mut self, now: Instant, message: &Message<'_>, source: SocketAddr) {
        if self.policy.is_none_or(|policy| policy.image.is_block()) {
            return self.congested(message, source);
        }
        let user = message.to.as_ref().map_or(&[][..], |to| to.uri.user);
        let order = Order {
            call_id: self.sip.hash(6, &[message.call_id]),
            cseq: message.cseq.as_ref().map_or(0, |cseq| cseq.number),
        };
        let device = match self.authenticate(now, message, source) {
            Proof::Device(device) => device,
            // Our answer got lost and the phone repeats itself: its count is used up, but the answer is the same.
            Proof::Missing { stale: true } if let Some(device) = self.repeated(user, order, source) => device,
            Proof::Missing { stale } => return self.challenge(now, message, source, user, stale),
        };
        if self.is_locked_out(now, device, source) {
            // The right password, but too late (R75): only who has it learns that.
            self.refused(now, Party::Device(device), user, Rule::Lockout);
            return self.sip.reply(message, source, 403, |out| {
                out.line(&[b"Reason: Q.850;cause=21;text=\"", Rule::Lockout.name().as_bytes(), b"\""]);
            });
        }
        if !self.owns(device, message.to.as_ref()) {
            self.identity_mismatch(now, Party::Device(device), user);
            return self.sip.reply(message, source, 403, |out| {
                out.line(&[
                    b"Reason: Q.850;cause=21;text=\"",
                    Rule::IdentityMismatch.name().as_bytes(),
                    b"\"",
                ]);
            });
        }
        if message.contact.star {
            return if message.expires == Some(0) && message.contact.list.is_empty() {
                self.bind(now, message, source, device, binding::Event::Unregister { order }, None)
            } else {
                self.sip.reply(message, source, 400, |_| {})
            };
        }
        // Without a contact it only asks what is bound.
        let Some(contact) = message.contact.first() else {
            return self.registered(now, message, source, device);
        };
        let expires = contact.expires().or(message.expires).unwrap_or(MAX_EXPIRES_S);
        if expires == 0 {
            return self.bind(now, message, source, device, binding::Event::Unregister { order }, None);
        }
        if expires < MIN_EXPIRES_S {
            return self.sip.reply(message, source, 423, |out| {
                out.put(b"Min-Expires: ");
                out.number(u64::from(MIN_EXPIRES_S));
                out.put(b"\r\n");
            });
        }
        if contact.uri.scheme != Scheme::Sip {
            return self.sip.reply(message, source, 416, |_| {});
        }
        if contact.uri.text.len() > MAX_CONTACT {
            return self.sip.reply(message, source, 513, |_| {});
        }
        let event = binding::Event::Register { order, expires_s: expires };
        self.bind(now, message, source, device, event, Some(contact));
    }

    /// The device that has already taken exactly this REGISTER from this address.
    fn repeated(&self, user: &[u8], order: Order, source: SocketAddr) -> Option<u32> {
        let image = &self.policy?.image;
        let device = image.phone_by_dn(user).or_else(|| image.device_by_username(user))?;
        let slot = self.devices.get(usize::try_from(device).ok()?)?;
        (slot.binding.is_repeat(order) && slot.source == source.ip()).then_some(device)
    }

    fn bind(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        source: SocketAddr,
        device: u32,
        event: binding::Event,
        contact: Option<&Address<'_>>,
    ) {
        let Some(slot) = usize::try_from(device).ok().and_then(|device| self.devices.get_mut(device)) else {
            return self.congested(message, source);
        };
        let repeat = matches!(event, binding::Event::Register { order, .. } if slot.binding.is_repeat(order));
        let outcome = if repeat { binding::Outcome::Nothing } else { slot.binding.handle(now, event) };
        if let (Some(contact), false) = (contact, outcome == binding::Outcome::OutOfOrder) {
            slot.contact.clear();
            let _ = slot.contact.extend_from_slice(contact.uri.text);
            slot.address = reachable(message, contact, source);
            slot.source = source.ip();
        }
        self.lapses.set(device, slot.binding.next_deadline());
        let address = slot.address;
        match outcome {
            binding::Outcome::Registered(expires_s) => {
                self.event(Event::Registered(device, expires_s, address))
            }
            binding::Outcome::Unregistered => self.event(Event::Unregistered(device, false)),
            binding::Outcome::OutOfOrder => return self.sip.reply(message, source, 500, |_| {}),
            binding::Outcome::Refreshed(_) | binding::Outcome::Expired | binding::Outcome::Nothing => {}
        }
        self.registered(now, message, source, device);
    }

    /// 200 with what is bound now.
    fn registered(&mut self, now: Instant, message: &Message<'_>, source: SocketAddr, device: u32) {
        let wall = self.wall_at(now);
        let Some(slot) = usize::try_from(device).ok().and_then(|device| self.devices.get(device)) else {
            return;
        };
        let remaining = slot.binding.remaining_s(now);
        let contact = &slot.contact;
        self.sip.reply(message, source, 200, |out| {
            if remaining > 0 {
                out.line(&[b"Contact: <", contact, b">;expires=", decimal(&mut [0; 20], remaining)]);
            }
            render::date(out, wall);
        });
    }

    /// A user who is who he is, but says he is somebody else.
    pub(super) fn identity_mismatch(&mut self, now: Instant, party: Party, claimed: &[u8]) {
        self.refused(now, party, claimed, Rule::IdentityMismatch);
    }

    /// A refusal that no decision of policy was needed for.
    fn refused(&mut self, now: Instant, party: Party, claimed: &[u8], rule: Rule) {
        let at = self.wall_at(now);
        let authority = Authority { party, cos: 0, cor: 0, mode: self.mode(now), code: None };
        let denial = Denial::new(rule, authority, RowRef::None);
        self.statistics.denied = self.statistics.denied.wrapping_add(1);
        let dialed = Digits::dialed(claimed).unwrap_or_default();
        self.record(Record::Decision(Decision {
            at,
            from: party,
            dialed,
            verdict: Verdict::Deny(denial),
            behalf: None,
        }));
    }
}

/// Where requests to a contact go: its address, unless it is a name, or the phone is behind a translator: then where it
/// was heard from.
fn reachable(message: &Message<'_>, contact: &Address<'_>, source: SocketAddr) -> SocketAddr {
    let translated =
        message.via.as_ref().is_some_and(|via| via.host.ip().is_some_and(|ip| ip != source.ip()));
    match contact.uri.socket_address() {
        Some(address) if !translated => address,
        Some(_) | None => source,
    }
}

fn decimal(buffer: &mut [u8; 20], n: u64) -> &[u8] {
    let mut left = n;
    let mut from = buffer.len();
    for slot in buffer.iter_mut().rev() {
        *slot = b'0'.saturating_add(u8::try_from(left % 10).unwrap_or(0));
        left /= 10;
        from = from.saturating_sub(1);
        if left == 0 {
            break;
        }
    }
    buffer.get(from..).unwrap_or(&[])
}
