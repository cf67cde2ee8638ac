//! Requests that belong to a call that is there: ACK, CANCEL, BYE, and what is not taken within one.

use super::Exchange;
use super::commands::Heard;
use super::media::Ready;
use super::renegotiate::Came;
use crate::base::{Crypto, Flow, Handle, Instant};
use crate::call::{Cause, leg};
use crate::media::change::Event;
use crate::media::{Body, Refused};
use crate::signalling::dialog::Phase;
use crate::signalling::render;
use crate::signalling::sip::{Key, Machine};
use crate::signalling::transaction::invite_server;
use crate::wire::sip::{Message, Method, dtmf};
use crate::wire::write::Sink;

impl<C: Crypto> Exchange<'_, C> {
    /// The ACK of a 2xx: its caller is confirmed, and the called side may be waiting for what it carries.
    pub(super) fn dialog_ack(&mut self, now: Instant, message: &Message<'_>) {
        let Some(leg) = self.sip.find_dialog(message) else { return };
        let Some(dialog) = self.sip.dialog(leg).copied() else { return };
        let cseq = message.cseq.as_ref().map_or(0, |cseq| cseq.number);
        let invite_cseq = self.sip.transactions.get(dialog.invite).map(|invite| invite.cseq);
        if invite_cseq.is_some_and(|invite| invite != cseq) {
            return;
        }
        let answered = match dialog.phase {
            Phase::Answered { .. } if self.waiting(leg).is_some() => self.judge_answer(leg, message.body),
            Phase::Answered { .. }
            | Phase::None
            | Phase::Invited
            | Phase::Calling { .. }
            | Phase::Early
            | Phase::Cancelling
            | Phase::Unacknowledged
            | Phase::Confirmed
            | Phase::Reinvited
            | Phase::Reinviting
            | Phase::Released => Ok(Ready::Now),
        };
        if answered == Ok(Ready::Held) {
            self.held = Some(leg);
            return;
        }
        self.sip.invite_server_event(now, &mut self.timers, dialog.invite, invite_server::Event::AckSuccess);
        let Phase::Answered { release } = dialog.phase else { return };
        self.confirmed(now, leg, release, (message.body, answered));
    }

    /// Who waits for what the ACK of a leg carries.
    fn waiting(&self, leg: Handle) -> Option<Handle> {
        let peer = self.calls.peer(leg)?;
        let phase = self.sip.dialog(peer)?.phase;
        (phase == Phase::Unacknowledged).then_some(peer)
    }

    /// A caller knows that it was answered (or never will): go on with what waited for that.
    fn confirmed(
        &mut self,
        now: Instant,
        leg: Handle,
        release: bool,
        (body, answered): (&[u8], Result<Ready, Refused>),
    ) {
        let phase = if release { Phase::Released } else { Phase::Confirmed };
        if let Some(dialog) = self.sip.dialog_mut(leg) {
            dialog.phase = phase;
        }
        if release {
            self.bye(now, leg, Cause::Normal);
        }
        if let Some(peer) = self.waiting(leg) {
            match answered {
                // A change confirms it by its own rules.
                Ok(_) if self.calls.change(leg).is_some_and(|change| !change.is_settled()) => {}
                Ok(_) => {
                    self.confirm(peer, &Body { text: body, offer: None, passage: self.passage(leg) });
                    self.media_agreed(leg);
                }
                Err(refused) => return self.refuse_acceptance(now, peer, refused),
            }
        }
        self.change(now, leg, Event::Confirmed, &Came { body, ..Came::NOTHING });
        if !release {
            self.taker_confirmed(now, leg);
        }
    }

    /// A 2xx of ours was never acknowledged: the call is cleared (RFC 3261 section 13.3.1.4).
    pub(super) fn unacknowledged(&mut self, now: Instant, leg: Handle) {
        let Some(Phase::Answered { release }) = self.sip.dialog(leg).map(|dialog| dialog.phase) else {
            return;
        };
        let answered = if self.waiting(leg).is_some() { self.judge_answer(leg, &[]) } else { Ok(Ready::Now) };
        self.confirmed(now, leg, true, (&[], answered));
        if !release {
            self.clear(now, leg, Cause::TIMEOUT);
        }
    }

    /// CANCEL: 200 if there is something to cancel, and 487 to the INVITE if it is not answered yet (RFC 3261 section 9.2).
    pub(super) fn cancelled(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        source: Flow,
        found: Option<Handle>,
    ) {
        let invite = found.and_then(|handle| self.sip.transactions.get(handle)).copied();
        let Some(invite) = invite else {
            return self.sip.reply(message, source, 481, |_| {});
        };
        self.sip.reply(message, source, 200, |_| {});
        use invite_server::State::{Proceeding, Unacknowledged};
        if let Machine::InviteServer(Proceeding | Unacknowledged { .. }) = invite.machine {
            let phase = self.sip.dialog(invite.leg).map(|dialog| (dialog.phase, dialog.invite));
            if phase == found.map(|found| (Phase::Invited, found)) {
                self.caller_cancelled(now, invite.leg);
            }
        }
    }

    fn caller_cancelled(&mut self, now: Instant, leg: Handle) {
        let Some(dialog) = self.sip.dialog_mut(leg) else { return };
        dialog.phase = Phase::Released;
        let invite = dialog.invite;
        self.sip.respond(now, &mut self.timers, invite, 487, |_| {}, &Body::NONE);
        self.leg_event(now, leg, leg::Event::Release(Cause::CANCELLED), &Heard::NOTHING);
    }

    /// A request with a To tag, other than ACK and CANCEL.
    pub(super) fn dialog_request(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        method: Method,
        source: Flow,
        key: Key,
    ) {
        let leg = match self.sip.within(message) {
            Ok((leg, _)) => leg,
            Err(status) => return self.sip.reply(message, source, status, |_| {}),
        };
        match method {
            Method::Bye => self.bye_received(now, message, source, leg, key),
            Method::Invite => self.reinvite(now, message, source, leg, key),
            Method::Options => self.sip.reply(message, source, 200, |out| out.line(&[render::ABLE])),
            Method::Other => self.sip.reply(message, source, 501, |out| out.line(&[render::ABLE])),
            Method::Info => self.info(now, message, source, leg, key),
            Method::Prack => self.prack(now, message, source, leg, key),
            Method::Update if message.body.is_empty() => self.refreshed(now, message, source, leg),
            Method::Update => self.reinvite(now, message, source, leg, key),
            Method::Refer => self.refer(now, message, source, leg, key),
            Method::Ack
            | Method::Cancel
            | Method::Message
            | Method::Notify
            | Method::Publish
            | Method::Register
            | Method::Subscribe => self.sip.reply(message, source, 405, |out| out.line(&[render::ABLE])),
        }
    }

    fn bye_received(&mut self, now: Instant, message: &Message<'_>, source: Flow, leg: Handle, key: Key) {
        self.sip.answer(now, &mut self.timers, message, source, key, 200);
        let phase = self.sip.dialog(leg).map_or(Phase::None, |dialog| dialog.phase);
        // A caller may also end an early dialog by BYE (section 15): its INVITE then ends with 487.
        if phase == Phase::Invited {
            return self.caller_cancelled(now, leg);
        }
        self.end_change(now, leg, Cause::Normal);
        if let Some(dialog) = self.sip.dialog_mut(leg) {
            dialog.phase = Phase::Released;
        }
        self.leg_event(now, leg, leg::Event::Release(Cause::Normal), &Heard::NOTHING);
    }

    /// A digit of an account code that was asked for. In a call that is placed INFO is not taken: the digits would be lost.
    fn info(&mut self, now: Instant, message: &Message<'_>, source: Flow, leg: Handle, key: Key) {
        if self.calls.dialing(leg).is_none() {
            return self.sip.reply(message, source, 405, |out| out.line(&[render::ABLE]));
        }
        match dtmf::signal(message.content_type.unwrap_or(&[]), message.body) {
            Ok(digit) => {
                self.sip.answer(now, &mut self.timers, message, source, key, 200);
                if let Some(digit) = digit {
                    let _ = self.digit(now, leg, digit);
                }
            }
            Err(dtmf::NotDtmf) => self.sip.reply(message, source, 415, |out| {
                out.line(&[b"Accept: application/dtmf-relay, application/dtmf"]);
            }),
        }
    }
}
