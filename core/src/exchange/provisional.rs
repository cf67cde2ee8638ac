//! Provisional answers: to callers, and those of whom they call; with PRACK where both know it (RFC 3262). When one is sent and
//! acknowledged is [`Provisional`](crate::signalling::provisional::Provisional)'s.

use super::Exchange;
use super::commands::Heard;
use super::media::Ready;
use crate::base::{Crypto, Flow, Handle, Instant};
use crate::call::{Cause, leg};
use crate::media::Body;
use crate::signalling::dialog::Phase;
use crate::signalling::provisional::{Able, How, number};
use crate::signalling::sip::{Key, Request};
use crate::signalling::transaction::invite_server;
use crate::table::Text;
use crate::table::pages::PageWriter;
use crate::wire::sip::{Message, Method, Name, RAck};
use crate::wire::write::Sink;

impl<C: Crypto> Exchange<'_, C> {
    /// Whether a caller acknowledges provisional answers. For help nothing waits: another way may be tried.
    pub(super) fn takes_reliable(&self, caller: Handle) -> bool {
        let able = self.sip.dialog(caller).map_or(Able::No, |dialog| dialog.provisional.able);
        able != Able::No && !self.calls.is_emergency(caller)
    }

    /// Whether the caller of this leg has yet to acknowledge what it was told of the media.
    pub(super) fn must_wait(&self, leg: Handle) -> bool {
        let caller = self.calls.peer(leg).and_then(|caller| self.sip.dialog(caller));
        caller.is_some_and(|dialog| dialog.provisional.holds_answer())
    }

    /// Tells a caller how its call goes on; `sure`: what is told came for certain.
    pub(super) fn provisional(
        &mut self,
        now: Instant,
        leg: Handle,
        (status, sure): (u16, bool),
        extra: impl FnOnce(&mut PageWriter<'_, '_>),
        body: &Body<'_>,
    ) {
        let own = self.plain(leg);
        let Some(dialog) = self.sip.dialog_mut(leg) else { return };
        let (invite, described) = (dialog.invite, !body.text.is_empty());
        // The first of these would have to be an offer, which is not there yet (RFC 3261 section 13.2.1).
        if dialog.provisional.able == Able::Required && dialog.offer.is_empty() && !described {
            return;
        }
        match dialog.provisional.send(status, described, sure) {
            How::Later => {}
            How::Plain => {
                let extra = |out: &mut PageWriter<'_, '_>| {
                    own.put(out);
                    extra(out);
                };
                self.sip.respond(now, &mut self.timers, invite, status, extra, body);
            }
            How::Reliable(number) => {
                let extra = |out: &mut PageWriter<'_, '_>| {
                    own.put(out);
                    out.put(b"Require: 100rel\r\nRSeq: ");
                    out.number(u64::from(number));
                    out.put(b"\r\n");
                    extra(out);
                };
                let reliably = (invite, invite_server::Event::Reliable);
                self.sip.respond_as(now, &mut self.timers, reliably, status, extra, body);
            }
        }
    }

    /// PRACK: what a caller was told has arrived. An offer in it is not taken: until the call is answered, nothing changes.
    pub(super) fn prack(&mut self, now: Instant, message: &Message<'_>, source: Flow, leg: Handle, key: Key) {
        let rack = message.headers(Name::RAck).next().and_then(|value| RAck::parse(value).ok());
        let invite = self.sip.dialog(leg).map_or(Handle::NONE, |dialog| dialog.invite);
        let cseq = self.sip.transactions.get(invite).map_or(0, |invite| invite.cseq);
        let Some(dialog) = self.sip.dialog_mut(leg) else { return };
        let next = rack.and_then(|rack| dialog.provisional.acknowledged(&rack, cseq));
        let Some(next) = next else {
            return self.sip.answer(now, &mut self.timers, message, source, key, 481);
        };
        let phase = dialog.phase;
        let status = if message.sdp().is_empty() { 200 } else { 488 };
        self.sip.answer(now, &mut self.timers, message, source, key, status);
        self.sip.invite_server_event(now, &mut self.timers, invite, invite_server::Event::Prack);
        if next != 0 && phase == Phase::Invited {
            self.provisional(now, leg, (next, true), |_| {}, &Body::NONE);
        }
    }

    /// The party that is called has said how the call goes on.
    pub(super) fn progress(&mut self, now: Instant, leg: Handle, status: u16, message: &Message<'_>) {
        let number = number(message);
        let tag = self.sip.tag_hash(message.to.as_ref().and_then(|to| to.tag()).unwrap_or(&[]));
        if let (Some(number), Some(dialog)) = (number, self.sip.dialog(leg)) {
            // Until it is clear that it can be taken, it has not come.
            let mut seen = dialog.provisional;
            if !seen.heard(number, tag) {
                return;
            }
        }
        // Early media is like the answer to come (RFC 3261 section 13.2.1); what policy does not want is not told.
        let peer = self.calls.peer(leg);
        let body = message.sdp();
        let early = !body.is_empty()
            && !self.calls.rings_for_another(leg)
            && !self.calls.rings_with_others(leg)
            && peer.is_some_and(|peer| self.has_offered(peer));
        let (body, refused) = match early.then(|| self.judge_answer(leg, body)) {
            Some(Ok(Ready::Now)) => (body, None),
            Some(Ok(Ready::Held)) => return self.held = Some(leg),
            Some(Err(refused)) => (&[][..], Some(refused)),
            None => (&[][..], None),
        };
        if let Some(number) = number {
            if let Some(dialog) = self.sip.dialog_mut(leg) {
                dialog.provisional.heard(number, tag);
                if !body.is_empty() {
                    dialog.provisional.agree();
                }
            }
            self.acknowledge_provisional(now, leg, number, message);
            // This was the answer: there will be no other.
            if let Some(refused) = refused {
                return self.clear(now, leg, Cause::Media(refused));
            }
        }
        let heard = Heard { status, sure: number.is_some(), body };
        self.leg_event(now, leg, leg::Event::Alerting, &heard);
    }

    /// Our PRACK. It goes to who has answered, while the INVITE is still with whom it was sent to.
    fn acknowledge_provisional(&mut self, now: Instant, leg: Handle, number: u32, message: &Message<'_>) {
        let (Some(far), Some(dialog)) = (self.far_end(leg, message), self.sip.dialog_mut(leg)) else {
            return;
        };
        let before = core::mem::replace(&mut dialog.far, far);
        let invite = dialog.invite;
        let cseq = self.sip.transactions.get(invite).map_or(0, |invite| invite.cseq);
        let cookie = self.crypto.random_u64();
        let extra = |out: &mut PageWriter<'_, '_>| {
            out.put(b"RAck: ");
            out.number(u64::from(number));
            out.put(b" ");
            out.number(u64::from(cseq));
            out.put(b" INVITE\r\n");
        };
        let request = Request { method: Method::Prack, cookie, body: Text::EMPTY };
        let _ = self.sip.request(now, &mut self.timers, leg, request, extra);
        if let Some(dialog) = self.sip.dialog_mut(leg) {
            dialog.far = before;
        }
        self.sip.pages.release(far.text);
    }
}
