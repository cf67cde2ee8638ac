//! Requests that come to us: calls, and what belongs to one.

use super::line::{Event, RINGING_S, State};
use super::memory::{Line, MAX_NAME};
use super::outputs::{self, Output};
use super::registrar::contact;
use super::{ABLE, Phone, STEP};
use crate::base::{Crypto, Flow, Handle, Instant};
use crate::media::Body;
use crate::signalling::dialog::Dialog;
use crate::signalling::sip::{Key, Machine};
use crate::signalling::transaction::invite_server;
use crate::table::Text;
use crate::wire::sip::{Message, Method, Name, unescape};
use crate::wire::write::Sink;

/// Pages of a call that rings, and of our 200 to it.
const RINGING: usize = 18;

impl<C: Crypto> Phone<'_, C> {
    /// A call. Nobody but our gateway can call: what does not go through it, its policy has not seen.
    pub(super) fn invited(&mut self, now: Instant, message: &Message<'_>, source: Flow, key: Key) {
        if !self.is_ours(source) {
            self.statistics.strangers = self.statistics.strangers.wrapping_add(1);
            return self.sip.reply(message, source, 403, |_| {});
        }
        if !message.body.is_empty() && message.sdp().is_empty() {
            return self.sip.reply(message, source, 415, |out| out.line(&[b"Accept: application/sdp"]));
        }
        // One line stays free, for help; and what rings must find room to be answered.
        self.sip.make_room(&mut self.timers, RINGING);
        if self.lines.free() < 2 || self.sip.pages.free() < RINGING {
            return self.sip.reply(message, source, 486, |_| {});
        }
        let ringing = State::Ringing { until: now.plus_s(RINGING_S) };
        let mut line = Line::new(ringing, true);
        if let Some(from) = &message.from {
            let mut buffer = [0; 96];
            keep(&mut line.number, unescape(from.uri.user, &mut buffer));
            keep(&mut line.name, from.display);
        }
        let Ok(line) = self.lines.insert(line) else { return };
        let cookie = self.crypto.random_u64();
        let begun = self.sip.begun_by_them(message, (source, source), key, (line, cookie));
        let Some(dialog) = begun else {
            self.drop_line(now, line);
            return self.sip.reply(message, source, 500, |out| out.line(&[b"Retry-After: 5"]));
        };
        self.sip.open_dialog(dialog);
        if !message.sdp().is_empty() {
            match self.answer_to(line, message.sdp()) {
                Ok((answer, taken, keys)) => {
                    self.taken(line, &taken, &keys);
                    if let Some(dialog) = self.sip.dialog_mut(line) {
                        dialog.offer = answer;
                    }
                }
                Err(_) => {
                    let invite = dialog.invite;
                    self.sip.respond(now, &mut self.timers, invite, 488, |_| {}, &Body::NONE);
                    return self.drop_line(now, line);
                }
            }
        }
        let (number, us) = (self.config.number, self.us_in(line));
        let own = |out: &mut crate::table::pages::PageWriter<'_, '_>| contact(out, number, us);
        self.sip.respond(now, &mut self.timers, dialog.invite, 180, own, &Body::NONE);
        self.tell(Output::Incoming(line));
        self.watch_line(line);
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
        let (line, dialog) = match self.sip.within(message) {
            Ok(found) => found,
            Err(status) => return self.sip.reply(message, source, status, |_| {}),
        };
        match method {
            Method::Bye => {
                self.sip.answer(now, &mut self.timers, message, source, key, 200);
                self.line_event(now, line, Event::Gone, Some(message));
            }
            Method::Invite => self.reinvited(now, message, source, (line, &dialog), key),
            Method::Options => self.sip.reply(message, source, 200, |out| out.line(&[ABLE])),
            Method::Notify => self.notified(now, message, source, line, key),
            Method::Other => self.sip.reply(message, source, 501, |out| out.line(&[ABLE])),
            // What a peer wants us to do elsewhere is the gateway's to carry out, and its policy's to permit.
            Method::Ack
            | Method::Cancel
            | Method::Info
            | Method::Message
            | Method::Prack
            | Method::Publish
            | Method::Refer
            | Method::Register
            | Method::Subscribe
            | Method::Update => self.sip.reply(message, source, 405, |out| out.line(&[ABLE])),
        }
    }

    /// A change of the session that they want (RFC 3261 section 14.2).
    fn reinvited(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        source: Flow,
        (line, dialog): (Handle, &Dialog),
        key: Key,
    ) {
        let state = self.lines.get(line).map(|slot| slot.state);
        let status = match state {
            Some(State::Talking | State::Proving { .. } | State::Referring { .. })
                if !self.is_unconfirmed(line) =>
            {
                None
            }
            // Both want to (section 14.1).
            Some(State::Changing) => Some(491),
            Some(_) | None => Some(500),
        };
        if let Some(status) = status {
            return self.sip.reply(message, source, status, |out| {
                if status == 500 {
                    out.line(&[b"Retry-After: 2"]);
                }
            });
        }
        // An answer that is not sent would leave both sides waiting.
        self.sip.make_room(&mut self.timers, STEP);
        if self.sip.pages.free() < STEP {
            return self.sip.reply(message, source, 500, |out| out.line(&[b"Retry-After: 5"]));
        }
        let late = message.body.is_empty();
        let answer = if late { None } else { Some(self.answer_to(line, message.sdp())) };
        let (body, heard) = match answer {
            None => (self.offer(line), None),
            Some(Ok((text, taken, keys))) => (Some(text), Some((taken, keys))),
            Some(Err(_)) => return self.sip.reply(message, source, 488, |_| {}),
        };
        let invite = body.and_then(|_| self.sip.begin_server(message, source, key, line, &[]));
        let (Some(body), Some(invite)) = (body, invite) else {
            self.sip.pages.release(body.unwrap_or(Text::EMPTY));
            if let Some(slot) = self.lines.get_mut(line) {
                slot.offered = false;
            }
            return self.sip.reply(message, source, 500, |out| out.line(&[b"Retry-After: 5"]));
        };
        if let Some((taken, keys)) = &heard {
            self.taken(line, taken, keys);
        }
        if let Some(contact) = message.contact.first() {
            self.sip.retarget(line, contact.uri.text, dialog.far.next_hop);
        }
        if let Some(dialog) = self.sip.dialog_mut(line) {
            dialog.invite = invite;
        }
        let (number, us) = (self.config.number, self.us_in(line));
        self.sip.accept(now, &mut self.timers, invite, |out| contact(out, number, us), body);
        self.sip.pages.release(body);
        if !late {
            self.agreed(line);
        }
        self.session_up(now, line);
    }

    /// Whether a 2xx of ours waits for its ACK.
    pub(super) fn is_unconfirmed(&self, line: Handle) -> bool {
        let invite = self.sip.dialog(line).and_then(|dialog| self.sip.transactions.get(dialog.invite));
        invite.is_some_and(|invite| {
            matches!(
                invite.machine,
                Machine::InviteServer(invite_server::State::Accepted { retry: Some(_), .. })
            )
        })
    }

    /// The ACK of a 2xx; it may have the answer to our offer.
    pub(super) fn acknowledged(&mut self, now: Instant, message: &Message<'_>) {
        let Some(line) = self.sip.find_dialog(message) else { return };
        let Some(invite) = self.sip.dialog(line).map(|dialog| dialog.invite) else { return };
        let cseq = message.cseq.as_ref().map(|cseq| cseq.number);
        let server = self.sip.transactions.get(invite).filter(|one| Some(one.cseq) == cseq);
        if !server.is_some_and(|one| matches!(one.machine, Machine::InviteServer(_)))
            || !self.is_unconfirmed(line)
        {
            return;
        }
        self.sip.invite_server_event(now, &mut self.timers, invite, invite_server::Event::AckSuccess);
        self.line_event(now, line, Event::Acknowledged, Some(message));
        let late = self.lines.get(line).is_some_and(|slot| slot.offered && slot.state != State::Changing);
        if late && self.answered_by(line, message.sdp()).is_err() {
            self.unfit(now, line);
        }
    }

    /// CANCEL (RFC 3261 section 9.2).
    pub(super) fn cancelled(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        source: Flow,
        found: Option<Handle>,
    ) {
        let invite = found.and_then(|handle| self.sip.transactions.get(handle)).copied();
        let Some(invite) = invite else { return self.sip.reply(message, source, 481, |_| {}) };
        self.sip.reply(message, source, 200, |_| {});
        let rings = self.lines.get(invite.leg).is_some_and(|line| line.rings_here());
        if rings {
            self.line_event(now, invite.leg, Event::Withdrawn, Some(message));
        }
    }

    /// What becomes of a transfer that we have asked for (RFC 3515 section 2.4.5).
    fn notified(&mut self, now: Instant, message: &Message<'_>, source: Flow, line: Handle, key: Key) {
        let about = message.headers(Name::Event).next().unwrap_or(&[]);
        let refer = about.split(|c| *c == b';').next().unwrap_or(&[]).trim_ascii();
        let status = message.body.strip_prefix(b"SIP/2.0 ").and_then(|rest| rest.get(..3));
        let status = status.and_then(|text| core::str::from_utf8(text).ok()?.parse::<u16>().ok());
        let Some(status) = status.filter(|_| refer.eq_ignore_ascii_case(b"refer")) else {
            return self.sip.answer(now, &mut self.timers, message, source, key, 489);
        };
        self.sip.answer(now, &mut self.timers, message, source, key, 200);
        self.line_event(now, line, Event::Referred(status), Some(message));
    }

    /// A text for the user, from our gateway (RFC 3428): that somebody has called for help, say.
    pub(super) fn text(&mut self, now: Instant, message: &Message<'_>, source: Flow, key: Key) {
        if !self.is_ours(source) {
            self.statistics.strangers = self.statistics.strangers.wrapping_add(1);
            return self.sip.reply(message, source, 403, |_| {});
        }
        if !message.content_type.is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/plain")) {
            return self.sip.reply(message, source, 415, |out| out.line(&[b"Accept: text/plain"]));
        }
        let Some(text) = self.sip.pages.store(message.body) else {
            return self.sip.reply(message, source, 500, |out| out.line(&[b"Retry-After: 5"]));
        };
        self.sip.answer(now, &mut self.timers, message, source, key, 200);
        if text == Text::EMPTY {
            return;
        }
        self.event(outputs::Event::Text(text));
    }
}

impl Line {
    /// Whether it rings here.
    pub(super) const fn rings_here(&self) -> bool {
        matches!(self.state, State::Ringing { .. })
    }
}

/// As much of it as is kept, and nothing that a display could take for a command.
fn keep(kept: &mut heapless::Vec<u8, MAX_NAME, u8>, text: &[u8]) {
    for c in text.iter().filter(|c| !c.is_ascii_control()) {
        if kept.push(*c).is_err() {
            return;
        }
    }
}
