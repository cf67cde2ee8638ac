//! REGISTER (RFC 3261 section 10.3). Answered without a transaction: the same request gets the same answer (section 8.2.7).

use super::identity::Proof;
use super::memory::MAX_CONTACT;
use super::{Event, Exchange, Record};
use crate::base::{Crypto, Digits, Flow, Instant, Transport};
use crate::policy::{Authority, Denial, Party, RowRef, Rule, Verdict};
use crate::record::Decision;
use crate::registration::binding::{self, MIN_EXPIRES_S, Order};
use crate::registration::contacts::{self, Wanted};
use crate::signalling::render;
use crate::wire::sip::{Address, Message, Scheme};
use crate::wire::write::Sink;

impl<C: Crypto> Exchange<'_, C> {
    pub(super) fn register(&mut self, now: Instant, message: &Message<'_>, source: Flow) {
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
        // The right password, but too late (R75), for another's number, or from where it may not: only who has it learns that.
        let locked = self.is_locked_out(now, device, source).then_some(Rule::Lockout);
        if let Some(rule) = locked.or_else(|| self.unfit(device, message.to.as_ref(), source)) {
            self.refused(now, Party::Device(device), user, rule);
            return self.sip.reply(message, source, 403, |out| {
                out.line(&[b"Reason: Q.850;cause=21;text=\"", rule.name().as_bytes(), b"\""]);
            });
        }
        let bound = usize::try_from(device).ok().and_then(|device| self.devices.get(device));
        let bound = bound.filter(|slot| slot.binding != binding::Binding::Absent);
        let bound = bound.map_or(&[][..], |slot| &slot.contact);
        let (contact, expires) = match contacts::wanted(&message.contact, message.expires, bound) {
            Wanted::Bound(contact, expires) => (contact, expires),
            Wanted::Nothing => {
                return self.bind(now, message, source, device, binding::Event::Unregister { order }, None);
            }
            Wanted::Known => return self.registered(now, message, source, device),
            Wanted::Wrong => return self.sip.reply(message, source, 400, |_| {}),
        };
        if expires < MIN_EXPIRES_S {
            return self.sip.reply(message, source, 423, |out| {
                out.put(b"Min-Expires: ");
                out.number(u64::from(MIN_EXPIRES_S));
                out.put(b"\r\n");
            });
        }
        let secure = contact.uri.scheme == Scheme::Sips && source.transport == Transport::Tls;
        if contact.uri.scheme != Scheme::Sip && !secure {
            return self.sip.reply(message, source, 416, |_| {});
        }
        if contact.uri.text.len() > MAX_CONTACT {
            return self.sip.reply(message, source, 513, |_| {});
        }
        let event = binding::Event::Register { order, expires_s: expires };
        self.bind(now, message, source, device, event, Some(contact));
    }

    /// The device that has already taken exactly this REGISTER from this address.
    fn repeated(&self, user: &[u8], order: Order, source: Flow) -> Option<u32> {
        let image = &self.policy?.image;
        let device = image.phone_by_dn(user).or_else(|| image.device_by_username(user))?;
        let slot = self.devices.get(usize::try_from(device).ok()?)?;
        (slot.binding.is_repeat(order) && slot.source == source.ip()).then_some(device)
    }

    fn bind(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        source: Flow,
        device: u32,
        event: binding::Event,
        contact: Option<&Address<'_>>,
    ) {
        let flow = contact.map(|contact| self.contacted(source, message, &contact.uri));
        let Some(slot) = usize::try_from(device).ok().and_then(|device| self.devices.get_mut(device)) else {
            return self.congested(message, source);
        };
        let before = slot.flow.flow();
        let moves = contact.is_some_and(|contact| slot.contact != contact.uri.text)
            || flow.is_some_and(|flow| flow != before);
        let repeat = matches!(event, binding::Event::Register { order, .. } if slot.binding.is_repeat(order));
        let outcome = if repeat { binding::Outcome::Nothing } else { slot.binding.handle(now, event) };
        // What is repeated says nothing new: without `auth-int` its Contact could be anybody's (R78).
        let is_new = !repeat && outcome != binding::Outcome::OutOfOrder;
        if let (Some(contact), Some(flow), true) = (contact, flow, is_new) {
            slot.contact.clear();
            let _ = slot.contact.extend_from_slice(contact.uri.text);
            slot.flow = flow.into();
            slot.source = source.ip();
        }
        self.lapses.set(device, slot.binding.next_deadline());
        let flow = slot.flow.flow();
        match outcome {
            binding::Outcome::Registered(expires_s) => self.event(Event::Registered(device, expires_s, flow)),
            binding::Outcome::Refreshed(expires_s) if moves => {
                self.event(Event::Registered(device, expires_s, flow));
            }
            binding::Outcome::Gone(why) => self.event(Event::Unregistered(device, why)),
            binding::Outcome::OutOfOrder => return self.sip.reply(message, source, 500, |_| {}),
            binding::Outcome::Refreshed(_) | binding::Outcome::Nothing => {}
        }
        if flow != before && before.transport.is_reliable() {
            self.moved(device, flow);
        }
        self.registered(now, message, source, device);
    }

    /// 200 with what is bound now.
    fn registered(&mut self, now: Instant, message: &Message<'_>, source: Flow, device: u32) {
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

    /// A refusal that no decision of policy was needed for.
    pub(super) fn refused(&mut self, now: Instant, party: Party, claimed: &[u8], rule: Rule) {
        let at = self.wall_at(now);
        let authority = Authority { party, cos: 0, cor: 0, mode: self.mode_at(now), code: None };
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
