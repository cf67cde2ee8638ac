//! Session timers (RFC 4028): who is found to be gone is cleared. What is agreed on and when is
//! [`Session`](crate::signalling::session::Session)'s.

use super::Exchange;
use crate::base::{Crypto, Flow, Handle, Instant};
use crate::call::Cause;
use crate::signalling::render;
use crate::signalling::session::{Action, By, Event, INTERVAL_S, SHORTEST_S, Terms};
use crate::signalling::sip::Request;
use crate::table::Text;
use crate::table::pages::PageWriter;
use crate::wire::sip::{Message, Method};
use crate::wire::write::Sink;

impl<C: Crypto> Exchange<'_, C> {
    /// A leg's call is up, or its session was refreshed. An emergency call is never ended for silence.
    pub(super) fn session_up(&mut self, now: Instant, leg: Handle, terms: Terms) {
        if !self.calls.is_emergency(leg) {
            self.session_event(now, leg, Event::Up(terms));
        }
    }

    /// A leg's session may be due.
    pub(super) fn session_due(&mut self, now: Instant, leg: Handle) {
        self.session_event(now, leg, Event::Tick);
    }

    /// The party has answered what we asked it by OPTIONS or UPDATE.
    pub(super) fn session_answered(
        &mut self,
        now: Instant,
        leg: Handle,
        method: Method,
        message: &Message<'_>,
    ) {
        match (message.code().unwrap_or(0), method) {
            (..=199, _) => {}
            (200..=299, Method::Update) => self.session_up(now, leg, Terms::of_answer(message)),
            // Who answers is there (RFC 5057 section 5), but for one who does not know the call.
            (408 | 481, _) => self.session_event(now, leg, Event::Lost),
            (200.., _) => self.session_event(now, leg, Event::Answered),
        }
    }

    /// The party has not answered.
    pub(super) fn session_lost(&mut self, now: Instant, leg: Handle) {
        self.session_event(now, leg, Event::Lost);
    }

    fn session_event(&mut self, now: Instant, leg: Handle, event: Event) {
        let Some(dialog) = self.sip.dialog_mut(leg) else { return };
        match dialog.session.handle(now, event) {
            None => {}
            Some(Action::Ask(terms)) => self.ask_whether_there(now, leg, terms),
            Some(Action::Gone) => self.clear(now, leg, Cause::TIMEOUT),
        }
        self.watch_leg(leg);
    }

    fn ask_whether_there(&mut self, now: Instant, leg: Handle, terms: Terms) {
        let (own, cookie) = (self.own(leg), self.crypto.random_u64());
        let method = if terms.by == By::Update { Method::Update } else { Method::Options };
        let extra = |out: &mut PageWriter<'_, '_>| {
            own.put(out);
            out.line(&[render::ABLE]);
            if terms.by == By::Update {
                interval(out, terms.interval_s, b"uac");
            }
        };
        let request = Request { method, cookie, body: Text::EMPTY };
        // Without room it is asked half an interval later.
        if self.sip.request(now, &mut self.timers, leg, request, extra).is_none() {
            self.session_event(now, leg, Event::Answered);
        }
    }

    /// An UPDATE without a description: a refresh (RFC 3311, RFC 4028 section 9).
    pub(super) fn refreshed(&mut self, now: Instant, message: &Message<'_>, source: Flow, leg: Handle) {
        let Ok(terms) = Terms::of_request(message) else {
            return self.sip.reply(message, source, 422, too_short);
        };
        self.refresh_target(leg, message);
        self.session_up(now, leg, terms);
        let own = self.own(leg);
        self.sip.reply(message, source, 200, |out| {
            own.put(out);
            out.line(&[render::ABLE]);
            accepted(out, terms);
        });
    }
}

/// What goes with 422 (RFC 4028 section 6).
pub(super) fn too_short(out: &mut PageWriter<'_, '_>) {
    out.put(b"Min-SE: ");
    out.number(u64::from(SHORTEST_S));
    out.put(b"\r\n");
}

/// In a 2xx: who refreshes, and how often (section 9, table 2).
pub(super) fn accepted(out: &mut impl Sink, terms: Terms) {
    let refresher: &[u8] = match terms.by {
        By::Them => b"uac",
        By::Update => b"uas",
        By::Options => return,
    };
    interval(out, terms.interval_s, refresher);
    out.put(b"Require: timer\r\n");
}

/// In a request that begins a call: the party is to refresh, if it knows how.
pub(super) fn asked(out: &mut impl Sink) {
    interval(out, INTERVAL_S, b"uas");
}

/// In a request within a call: as it is (section 7.4).
pub(super) fn as_agreed(out: &mut impl Sink, terms: Terms) {
    match terms.by {
        By::Them => interval(out, terms.interval_s, b"uas"),
        By::Update => interval(out, terms.interval_s, b"uac"),
        By::Options => {}
    }
}

fn interval(out: &mut impl Sink, seconds: u32, refresher: &[u8]) {
    out.put(b"Session-Expires: ");
    out.number(u64::from(seconds));
    out.line(&[b";refresher=", refresher]);
}
