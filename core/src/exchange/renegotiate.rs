//! A re-INVITE: the session of a call is changed, from one side to the other (RFC 3261 section 14).
//!
//! What may be under way is [`media::Change`](crate::media::Change)'s; here its actions become messages. The dialogs of both
//! legs say how far their INVITE is: [`Phase::Reinvited`] where one came, [`Phase::Reinviting`] where it was passed on.

use super::Exchange;
use super::commands::{Heard, contact};
use super::invite::{described, description, reason, warning};
use crate::base::{Crypto, Handle, Instant};
use crate::call::{Cause, leg};
use crate::media::change::{Action, Event};
use crate::media::{Pass, Refused, Side, Summary, keys};
use crate::signalling::dialog::Phase;
use crate::signalling::render;
use crate::signalling::sip::{Key, Request};
use crate::table::pages::PageWriter;
use crate::wire::sip::{Message, Method};
use crate::wire::write::Sink;
use core::net::SocketAddr;

/// What came with an event.
#[derive(Clone, Copy)]
pub(super) struct Came<'a> {
    /// A session description, or nothing.
    pub(super) body: &'a [u8],
    /// The transaction of a re-INVITE that came.
    pub(super) invite: Handle,
}

impl<C: Crypto> Exchange<'_, C> {
    /// A re-INVITE came on a leg.
    pub(super) fn reinvite(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        source: SocketAddr,
        leg: Handle,
        key: Key,
    ) {
        let scarce = self.transactions_are_scarce();
        let Some(invite) = self.sip.begin_invite_server(message, source, key, leg, &[]) else {
            return self.later(message, source);
        };
        let offer = match description(message) {
            Ok(offer) => offer,
            Err(status) => return self.refuse_change(now, invite, status),
        };
        let peer = self.calls.peer(leg);
        let slots = peer.and_then(|peer| Some((self.calls.leg(leg)?, self.calls.leg(peer)?)));
        let connected =
            |slot: &crate::call::LegSlot| matches!(slot.leg.state(), leg::State::Connected { .. });
        match slots.map(|(own, other)| (connected(own) && connected(other), other.neutral)) {
            // Who brings its own signalling negotiates elsewhere: nobody here could be asked.
            Some((true, true)) => return self.refuse_change(now, invite, 488),
            Some((true, false)) if !scarce => {}
            // Its own INVITE is not answered yet, or there is no room now: a moment later there may be.
            Some(_) | None => return self.refuse_change(now, invite, 500),
        }
        let settled = |leg| self.sip.dialog(leg).is_some_and(|dialog| dialog.phase == Phase::Confirmed);
        let under_way = self.calls.change(leg).is_some_and(|change| !change.is_settled());
        // No INVITE while another is not acknowledged, whichever side's (section 14.1).
        if !(under_way || settled(leg) && peer.is_some_and(settled)) {
            return self.refuse_change(now, invite, 491);
        }
        if !under_way {
            self.refresh_target(leg, message);
        }
        let late = message.body.is_empty();
        if !under_way {
            self.note_offer(leg, offer);
            if let Some(peer) = peer {
                self.note_offer(peer, Summary::NONE);
            }
            if let Err(refused) = self.judge_offer(leg) {
                return self.refuse_media(now, invite, refused);
            }
        }
        self.change(now, leg, |side| Event::Asked { side, late }, &Came { body: message.body, invite });
    }

    /// An event of the change of a leg's call, and what follows.
    pub(super) fn change(
        &mut self,
        now: Instant,
        leg: Handle,
        event: impl FnOnce(Side) -> Event,
        came: &Came<'_>,
    ) {
        let Some((side, legs)) = self.calls.sides(leg) else { return };
        let mut next = Some(event(side));
        // An INVITE that cannot be sent is refused at once: at most one event follows.
        while let Some(event) = next.take() {
            let Some(change) = self.calls.change_mut(leg) else { return };
            for action in &change.handle(event) {
                match *action {
                    Action::PassOn(to) => {
                        self.begin_change(now, leg, came.invite);
                        let pass = self.calls.leg(leg).map_or(Pass::WithKeys, |slot| slot.pass);
                        if self.pass_on(now, legs.of(to), came.body, pass).is_none() {
                            next = Some(Event::Refused(to, 500));
                        }
                    }
                    Action::Agree(side) => self.agree(now, legs.of(side), came.body),
                    Action::Confirm(side) => {
                        let answers = matches!(event, Event::Confirmed(_));
                        self.confirm(legs.of(side), if answers { came.body } else { &[] });
                    }
                    Action::Refuse(side, status) => {
                        let leg = legs.of(side);
                        let invite = self.sip.dialog(leg).map_or(Handle::NONE, |dialog| dialog.invite);
                        self.set_phase(leg, Phase::Confirmed);
                        self.refuse_change(now, invite, status);
                    }
                    Action::Cross(_) => self.refuse_change(now, came.invite, 491),
                    Action::Defer(_) => self.refuse_change(now, came.invite, 500),
                    Action::Clear => {
                        let gone = leg::Event::Release(Cause::TIMEOUT);
                        self.leg_event(now, leg, gone, &Heard::NOTHING);
                    }
                }
            }
        }
    }

    /// Their re-INVITE is taken: more of it is to come.
    fn begin_change(&mut self, now: Instant, leg: Handle, invite: Handle) {
        if let Some(dialog) = self.sip.dialog_mut(leg) {
            dialog.invite = invite;
            dialog.phase = Phase::Reinvited;
        }
        self.sip.respond(now, &mut self.timers, invite, 100, |_| {}, &[]);
    }

    /// Our re-INVITE to the other side; `None` if there is no room for it.
    fn pass_on(&mut self, now: Instant, leg: Handle, offer: &[u8], pass: Pass) -> Option<()> {
        let summary =
            &self.calls.sides(leg).and_then(|(side, legs)| self.calls.leg(legs.of(side.other())))?.offered;
        let mut usable = self.sip.pages.writer();
        keys::usable_only(&mut usable, offer, summary);
        let usable = usable.finish()?;
        let body = self.filtered(usable, pass);
        self.sip.pages.release(usable);
        let body = body?;
        let (us, cookie) = (self.sip.us(), self.crypto.random_u64());
        let extra = |out: &mut PageWriter<'_, '_>| {
            contact(out, us);
            out.line(&[render::ALLOW]);
        };
        let request = Request { method: Method::Invite, cookie, body };
        let invite = self.sip.request(now, &mut self.timers, leg, request, extra);
        self.sip.pages.release(body);
        let dialog = self.sip.dialog_mut(leg)?;
        dialog.invite = invite?;
        dialog.phase = Phase::Reinviting;
        Some(())
    }

    fn agree(&mut self, now: Instant, leg: Handle, body: &[u8]) {
        let other = self.calls.peer(leg);
        let pass = other.and_then(|other| self.calls.leg(other)).map_or(Pass::WithKeys, |slot| slot.pass);
        let Some(dialog) = self.sip.dialog_mut(leg) else { return };
        dialog.phase = Phase::Answered { release: false };
        let (invite, us) = (dialog.invite, self.sip.us());
        let extra = |out: &mut PageWriter<'_, '_>| {
            contact(out, us);
            out.line(&[render::ALLOW]);
        };
        self.sip.respond_with(now, &mut self.timers, invite, 200, extra, (body, pass));
    }

    /// Our ACK of their 2xx: that INVITE is done.
    pub(super) fn confirm(&mut self, leg: Handle, body: &[u8]) {
        let cookie = self.crypto.random_u64();
        self.sip.acknowledge(leg, cookie, body);
        self.set_phase(leg, Phase::Confirmed);
    }

    /// Refuses a re-INVITE: the session stays as it is (section 14.2).
    fn refuse_change(&mut self, now: Instant, invite: Handle, status: u16) {
        let retry_s = self.crypto.random_u64() % 10;
        let extra = |out: &mut PageWriter<'_, '_>| match status {
            415 => out.line(&[b"Accept: application/sdp"]),
            500 => {
                out.put(b"Retry-After: ");
                out.number(retry_s);
                out.put(b"\r\n");
            }
            _ => {}
        };
        self.sip.respond(now, &mut self.timers, invite, status, extra, &[]);
    }

    /// Refuses a re-INVITE for what it offers.
    fn refuse_media(&mut self, now: Instant, invite: Handle, refused: Refused) {
        self.sip.respond(now, &mut self.timers, invite, 488, |out| warning(out, refused), &[]);
    }

    fn later(&mut self, message: &Message<'_>, source: SocketAddr) {
        self.sip.reply(message, source, 500, |out| out.line(&[b"Retry-After: 5"]));
    }

    /// Their answer to a re-INVITE of ours. Provisional ones mean nothing to the other side.
    pub(super) fn reinvite_response(
        &mut self,
        now: Instant,
        leg: Handle,
        status: u16,
        message: &Message<'_>,
    ) {
        let body = described(message);
        let came = Came { body, invite: Handle::NONE };
        match status {
            ..=199 => {}
            200..=299 if description(message).is_err() || body.is_empty() => {
                // Neither an answer nor an offer: what that session is, nobody could say.
                self.confirm(leg, &[]);
                self.change(now, leg, |side| Event::Refused(side, 488), &came);
            }
            200..=299 => {
                self.refresh_target(leg, message);
                if let Err(refused) = self.judge_acceptance(leg, body) {
                    // What it has now is not what policy wants, and what it had is gone: the call is.
                    self.confirm(leg, &[]);
                    self.change(now, leg, |side| Event::Refused(side, 488), &came);
                    return self.clear_for_media(now, leg, refused);
                }
                self.set_phase(leg, Phase::Unacknowledged);
                self.change(now, leg, Event::Agreed, &came);
            }
            300.. => {
                self.set_phase(leg, Phase::Confirmed);
                self.change(now, leg, |side| Event::Refused(side, status), &came);
            }
        }
    }

    /// Nobody answered a re-INVITE of ours.
    pub(super) fn reinvite_timed_out(&mut self, now: Instant, leg: Handle) {
        self.set_phase(leg, Phase::Confirmed);
        let came = Came { body: &[], invite: Handle::NONE };
        self.change(now, leg, |side| Event::Refused(side, 408), &came);
    }

    /// A pending re-INVITE of a leg whose call ends (section 15.1.2).
    pub(super) fn end_change(&mut self, now: Instant, leg: Handle, cause: Cause) {
        let Some(dialog) = self.sip.dialog(leg).copied() else { return };
        if dialog.phase == Phase::Reinvited {
            self.sip.respond(now, &mut self.timers, dialog.invite, 487, |out| reason(out, cause), &[]);
        }
    }

    /// Where requests of a dialog go from now on (section 12.2.1.2); its route stays.
    fn refresh_target(&mut self, leg: Handle, message: &Message<'_>) {
        let Some(contact) = message.contact.first() else { return };
        let Some(dialog) = self.sip.dialog(leg).copied() else { return };
        let routes = usize::from(dialog.address_len).saturating_add(usize::from(dialog.target_len));
        let mut remote = self.sip.pages.writer();
        remote.put_text(dialog.remote, 0, usize::from(dialog.address_len));
        remote.put(contact.uri.text);
        remote.put_text(dialog.remote, routes, dialog.remote.len());
        let Some(text) = remote.finish() else { return };
        self.sip.pages.release(dialog.remote);
        let hop = contact.uri.socket_address().filter(|_| routes == dialog.remote.len());
        if let Some(dialog) = self.sip.dialog_mut(leg) {
            dialog.remote = text;
            dialog.target_len = u16::try_from(contact.uri.text.len()).unwrap_or(u16::MAX);
            dialog.next_hop = hop.unwrap_or(dialog.next_hop);
        }
    }
}
