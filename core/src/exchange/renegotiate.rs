//! A re-INVITE: the session of a call is changed, from one side to the other (RFC 3261 section 14).
//!
//! What may be under way is [`media::Change`](crate::media::Change)'s; here its actions become messages. The dialogs of both
//! legs say how far their INVITE is: [`Phase::Reinvited`] where one came, [`Phase::Reinviting`] where it was passed on.

use super::invite::{description, reason, warning};
use super::media::Ready;
use super::{Exchange, session};
use crate::base::{Crypto, Flow, Handle, Instant};
use crate::call::{Cause, Pair, leg};
use crate::media::change::{Action, Event, How};
use crate::media::{Body, Change, Described, Passage, Refused, Side};
use crate::policy::Rule;
use crate::signalling::dialog::Phase;
use crate::signalling::render;
use crate::signalling::session::Terms;
use crate::signalling::sip::{Key, Request};
use crate::table::Text;
use crate::table::pages::PageWriter;
use crate::wire::sip::{Message, Method};
use crate::wire::write::Sink;

/// What came with an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Came<'a> {
    /// A session description, or nothing.
    pub(super) body: &'a [u8],
    /// The transaction of a re-INVITE that came.
    pub(super) invite: Handle,
    /// Why what came cannot be used.
    pub(super) refused: Option<Refused>,
}

impl Came<'_> {
    pub(super) const NOTHING: Came<'static> = Came { body: &[], invite: Handle::NONE, refused: None };
}

/// Why a re-INVITE is not passed on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum No {
    /// With this status.
    Status(u16),
    /// For what it offers.
    Media(Refused),
    /// It may not hold its peer.
    Denied(Rule),
}

impl<C: Crypto> Exchange<'_, C> {
    /// A re-INVITE came on a leg, or an UPDATE with an offer.
    pub(super) fn reinvite(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        source: Flow,
        leg: Handle,
        key: Key,
    ) {
        let judged = self.judge_change(message, leg);
        if judged == Ok(Ready::Held) {
            return self.held = Some(leg);
        }
        let Some(invite) = self.sip.begin_server(message, source, key, leg, &[]) else {
            return self.sip.reply(message, source, 500, |out| out.line(&[b"Retry-After: 5"]));
        };
        match judged {
            Ok(_) => {}
            Err(No::Status(status)) => return self.refuse_change(now, invite, status, None),
            Err(No::Media(refused)) => {
                return self.refuse_change(now, invite, 488, Some(Cause::Media(refused)));
            }
            Err(No::Denied(rule)) => {
                let cause = Cause::Denied(rule);
                return self.refuse_change(now, invite, cause.status(), Some(cause));
            }
        }
        let how = match message.method() {
            Some(Method::Update) => How::Update,
            _ if message.body.is_empty() => How::Late,
            _ => How::Offer,
        };
        let terms = Terms::of_request(message).unwrap_or(Terms::ASKED);
        if self.calls.change(leg).is_some_and(Change::is_settled) {
            self.refresh_target(leg, message);
            if let Some(dialog) = self.sip.dialog_mut(leg) {
                dialog.terms = terms;
            }
        }
        self.change(
            now,
            leg,
            |side| Event::Asked { side, how },
            &Came { body: message.body, invite, refused: None },
        );
    }

    /// Whether a re-INVITE can be passed on. Nothing but what its offer says is noted.
    fn judge_change(&mut self, message: &Message<'_>, leg: Handle) -> Result<Ready, No> {
        let offer = description(message).map_err(No::Status)?;
        if Terms::of_request(message).is_err() {
            return Err(No::Status(422));
        }
        let peer = self.calls.peer(leg);
        let slots = peer.and_then(|peer| Some((self.calls.leg(leg)?, self.calls.leg(peer)?)));
        let connected =
            |slot: &crate::call::LegSlot| matches!(slot.leg.state(), leg::State::Connected { .. });
        match slots.map(|(own, other)| (connected(own) && connected(other), other.neutral)) {
            // Who brings its own signalling negotiates elsewhere: nobody here could be asked.
            Some((true, true)) => return Err(No::Status(488)),
            Some((true, false)) if !self.transactions_are_scarce() => {}
            // Its own INVITE is not answered yet, or there is no room now: a moment later there may be.
            Some(_) | None => return Err(No::Status(500)),
        }
        let settled = |leg| self.sip.dialog(leg).is_some_and(|dialog| dialog.phase == Phase::Confirmed);
        // The change that is under way says what becomes of another.
        if self.calls.change(leg).is_some_and(|change| !change.is_settled()) {
            return Ok(Ready::Now);
        }
        // No INVITE while another is not acknowledged, whichever side's (section 14.1).
        if !(settled(leg) && peer.is_some_and(settled)) {
            return Err(No::Status(491));
        }
        if let Some(rule) = self.held_against(leg, &offer.summary) {
            return Err(No::Denied(rule));
        }
        self.note_offer(leg, offer);
        if let Some(peer) = peer {
            self.note_offer(peer, Described::NONE);
        }
        self.judge_offer(leg).map_err(No::Media)
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
        // What cannot be sent is refused at once, and may be due again later: few events follow.
        while let Some(event) = next.take() {
            let Some(change) = self.calls.change_mut(leg) else { return };
            for action in &change.handle(now, event) {
                let follows = self.change_action(now, *action, event, legs, came);
                next = next.or(follows);
            }
        }
        if self.calls.change(leg).is_some_and(|change| change.next_deadline().is_some()) {
            self.watch_leg(leg);
        }
    }

    fn change_action(
        &mut self,
        now: Instant,
        action: Action,
        event: Event,
        legs: Pair,
        came: &Came<'_>,
    ) -> Option<Event> {
        match action {
            Action::PassOn(to) => {
                let (leg, from) = (legs.of(to), legs.of(to.other()));
                let offer = match event {
                    Event::Asked { .. } => {
                        self.begin_change(now, from, came.invite);
                        let (offer, passage) = (self.calls.offered(from), self.passage(from));
                        self.sip.written(&Body { text: came.body, offer, passage })
                    }
                    Event::Agreed(_) | Event::Offered(_) => {
                        self.keep_drawn(from, came.body);
                        self.drawn(from)
                    }
                    Event::Refused(..) | Event::Confirmed(_) | Event::Renew(_) | Event::Tick => {
                        self.drawn(from)
                    }
                };
                let passed = offer.and_then(|offer| self.reinvite_out(now, leg, offer));
                return passed.is_none().then_some(Event::Refused(to, 500));
            }
            Action::Agree(side) => {
                let leg = legs.of(side);
                self.agree(now, leg, came.body);
                // An answer; an offer waits for its own.
                if self.has_offered(leg) {
                    self.hold_agreed(now, leg);
                    self.media_agreed(leg);
                }
            }
            Action::Confirm(side) => {
                let leg = legs.of(side);
                match event {
                    Event::Confirmed(_) => {
                        let passage = self.passage(legs.of(side.other()));
                        self.confirm(leg, &Body { text: came.body, offer: None, passage });
                        self.media_agreed(leg);
                    }
                    Event::Asked { .. }
                    | Event::Agreed(_)
                    | Event::Offered(_)
                    | Event::Refused(..)
                    | Event::Renew(_)
                    | Event::Tick => self.confirm(leg, &Body::NONE),
                }
            }
            Action::Refuse(side, status) => {
                let leg = legs.of(side);
                let invite = self.sip.dialog(leg).map_or(Handle::NONE, |dialog| dialog.invite);
                self.set_phase(leg, Phase::Confirmed);
                self.refuse_change(now, invite, status, came.refused.map(Cause::Media));
                self.media_kept(leg);
            }
            Action::Cross(_) => self.refuse_change(now, came.invite, 491, None),
            Action::Defer(_) => self.refuse_change(now, came.invite, 500, None),
            Action::Draw(side) => return self.draw(now, side, legs).err(),
            Action::Answer(side) => self.answer_drawn(legs.of(side), legs.of(side.other()), came.body),
            Action::Decline(side) => self.decline_drawn(legs.of(side)),
            Action::Retry(side) => return Some(Event::Renew(self.try_again(now, side))),
            // Who has said nothing for so long may be there all the same: it is told as well.
            Action::Clear => self.clear(now, legs.a, Cause::TIMEOUT),
            Action::GiveUp => self.clear(now, legs.a, Cause::Media(Refused::Lost)),
        }
        None
    }

    /// Their re-INVITE is taken: more of it is to come. An UPDATE is answered by a final response only (RFC 4320).
    fn begin_change(&mut self, now: Instant, leg: Handle, invite: Handle) {
        if let Some(dialog) = self.sip.dialog_mut(leg) {
            dialog.invite = invite;
            dialog.phase = Phase::Reinvited;
        }
        if self.sip.transactions.get(invite).is_some_and(|one| one.method == Method::Invite) {
            self.sip.respond(now, &mut self.timers, invite, 100, |_| {}, &Body::NONE);
        }
    }

    /// Our re-INVITE with this description; `None` if there is no room for it.
    pub(super) fn reinvite_out(&mut self, now: Instant, leg: Handle, body: Text) -> Option<()> {
        let (own, cookie) = (self.own(leg), self.crypto.random_u64());
        let terms = self.sip.dialog(leg).map_or(Terms::ASKED, |dialog| dialog.terms);
        let extra = |out: &mut PageWriter<'_, '_>| {
            own.put(out);
            out.line(&[render::ABLE]);
            session::as_agreed(out, terms);
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
        let passage = other.map_or(Passage::UNCHANGED, |other| self.passage(other));
        let Some(dialog) = self.sip.dialog(leg).copied() else { return };
        let (invite, terms, own) = (dialog.invite, dialog.terms, self.own(leg));
        let acknowledged = self.sip.transactions.get(invite).is_some_and(|one| one.method == Method::Invite);
        let phase = if acknowledged { Phase::Answered { release: false } } else { Phase::Confirmed };
        self.set_phase(leg, phase);
        let extra = |out: &mut PageWriter<'_, '_>| {
            own.put(out);
            out.line(&[render::ABLE]);
            session::accepted(out, terms);
        };
        let offer = other.and_then(|other| self.calls.offered(other));
        let body = Body { text: body, offer, passage };
        self.sip.respond(now, &mut self.timers, invite, 200, extra, &body);
        self.session_up(now, leg, terms);
    }

    /// Our ACK of their 2xx: that INVITE is done.
    pub(super) fn confirm(&mut self, leg: Handle, body: &Body<'_>) {
        let text = if body.text.is_empty() { None } else { self.sip.written(body) };
        self.acknowledge(leg, text.unwrap_or(Text::EMPTY));
        self.set_phase(leg, Phase::Confirmed);
    }

    /// Our ACK of their 2xx, with this description.
    pub(super) fn acknowledge(&mut self, leg: Handle, body: Text) {
        let cookie = self.crypto.random_u64();
        self.sip.acknowledge(leg, cookie, body);
        self.sip.pages.release(body);
    }

    /// Refuses a re-INVITE: the session stays as it is (section 14.2).
    fn refuse_change(&mut self, now: Instant, invite: Handle, status: u16, why: Option<Cause>) {
        let retry_s = self.crypto.random_u64() % 10;
        let extra = |out: &mut PageWriter<'_, '_>| match status {
            403 | 488 => match why {
                Some(Cause::Media(refused)) => warning(out, refused),
                Some(cause) => reason(out, cause),
                None => {}
            },
            422 => session::too_short(out),
            415 => out.line(&[b"Accept: application/sdp"]),
            500 => {
                out.put(b"Retry-After: ");
                out.number(retry_s);
                out.put(b"\r\n");
            }
            _ => {}
        };
        self.sip.respond(now, &mut self.timers, invite, status, extra, &Body::NONE);
    }

    /// Their answer to a re-INVITE of ours. Provisional ones mean nothing to the other side.
    pub(super) fn reinvite_response(
        &mut self,
        now: Instant,
        leg: Handle,
        status: u16,
        message: &Message<'_>,
    ) {
        let body = message.sdp();
        let came = Came { body, ..Came::NOTHING };
        match status {
            ..=199 => {}
            200..=299 if description(message).is_err() || body.is_empty() => {
                // Neither an answer nor an offer: what that session is, nobody could say.
                self.confirm(leg, &Body::NONE);
                self.change(now, leg, |side| Event::Refused(side, 488), &came);
            }
            200..=299 => match self.judge_acceptance(leg, body) {
                Ok(Ready::Held) => self.held = Some(leg),
                Ok(Ready::Now) => {
                    self.refresh_target(leg, message);
                    self.set_phase(leg, Phase::Unacknowledged);
                    let terms = Terms::of_answer(message);
                    if let Some(dialog) = self.sip.dialog_mut(leg) {
                        dialog.terms = terms;
                    }
                    self.session_up(now, leg, terms);
                    self.change(now, leg, Event::Agreed, &came);
                }
                Err(refused) => {
                    self.refresh_target(leg, message);
                    self.refuse_changed(now, leg, &came, refused);
                }
            },
            300.. => {
                self.set_phase(leg, Phase::Confirmed);
                self.change(now, leg, |side| Event::Refused(side, status), &came);
            }
        }
    }

    /// A party has accepted a change with what cannot be used: who asked keeps what it had, and this party is asked anew for
    /// what it had (R91). Where policy was not met, or its offer is the matter, nothing is left to go on with: the call ends.
    fn refuse_changed(&mut self, now: Instant, leg: Handle, came: &Came<'_>, refused: Refused) {
        let offered = self.calls.peer(leg).is_some_and(|peer| self.has_offered(peer));
        let renewing = self.calls.change(leg).is_some_and(Change::is_renewing);
        if offered {
            self.confirm(leg, &Body::NONE);
        } else {
            self.keep_drawn(leg, came.body);
            self.decline_drawn(leg);
        }
        let came = Came { refused: Some(refused), ..*came };
        self.change(now, leg, |side| Event::Refused(side, 488), &came);
        if !offered || !refused.is_mistake() || self.requires_srtp(leg) {
            self.clear(now, leg, Cause::Media(refused));
        } else if !renewing {
            self.renew(now, leg);
        }
    }

    /// Nobody answered a re-INVITE of ours.
    pub(super) fn reinvite_timed_out(&mut self, now: Instant, leg: Handle) {
        self.set_phase(leg, Phase::Confirmed);
        self.change(now, leg, |side| Event::Refused(side, 408), &Came::NOTHING);
    }

    /// A pending re-INVITE of a leg whose call ends (section 15.1.2).
    pub(super) fn end_change(&mut self, now: Instant, leg: Handle, cause: Cause) {
        let Some(dialog) = self.sip.dialog(leg).copied() else { return };
        if dialog.phase == Phase::Reinvited {
            self.sip.respond(
                now,
                &mut self.timers,
                dialog.invite,
                487,
                |out| reason(out, cause),
                &Body::NONE,
            );
        }
    }

    /// Where requests of a dialog go from now on (section 12.2.1.2); its route stays.
    pub(super) fn refresh_target(&mut self, leg: Handle, message: &Message<'_>) {
        let Some(contact) = message.contact.first() else { return };
        let Some(far) = self.sip.dialog(leg).map(|dialog| dialog.far) else { return };
        let next_hop = if far.is_routed() { far.next_hop } else { self.onward(far.next_hop, &contact.uri) };
        self.sip.retarget(leg, contact.uri.text, next_hop);
    }
}
