//! A datagram comes in: parse, find its transaction or dialog, hand it on, or say why not.

use super::{Exchange, MAX_DATAGRAM, Received};
use crate::base::{Crypto, Flow, Full, Instant};
use crate::signalling::render;
use crate::signalling::sip::{Belongs, Key};
use crate::table::Pages;
use crate::wire::sip::{Message, Method, Name, Scheme, Start};
use crate::wire::write::Sink;

const TOO_LONG: &str = "longer than this exchange takes";

/// Whether a message of a stream, of which there is the beginning, is or says to be longer than is taken.
fn is_too_long(message: &Message<'_>, octets: usize) -> bool {
    let length =
        message.headers(Name::ContentLength).next().filter(|text| text.iter().all(u8::is_ascii_digit));
    let length = length.and_then(|text| core::str::from_utf8(text).ok());
    // A number that is no `usize` is longer than anything.
    let length =
        length.map_or(0, |text| if text.is_empty() { 0 } else { text.parse().unwrap_or(usize::MAX) });
    octets >= MAX_DATAGRAM || octets.saturating_add(length) > MAX_DATAGRAM
}

/// How much room is left for texts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Load {
    /// Enough.
    Normal,
    /// The reserve: for calls that are up, and emergency.
    Reserve,
}

impl<C: Crypto> Exchange<'_, C> {
    /// Takes one datagram, or one message of a stream ([`Stream`](crate::wire::sip::Stream)); an address alone means UDP. Work: linear
    /// in its length, and one decision if it begins a call.
    ///
    /// # Errors
    /// [`Full`] if the outputs of earlier inputs have not been polled: nothing has changed, poll and give it again.
    pub fn receive(
        &mut self,
        now: Instant,
        source: impl Into<Flow>,
        datagram: &[u8],
    ) -> Result<Received, Full> {
        self.receive_over(now, source.into(), datagram)
    }

    fn receive_over(&mut self, now: Instant, source: Flow, datagram: &[u8]) -> Result<Received, Full> {
        self.reserve()?;
        self.held = None;
        let now = self.advance(now);
        self.statistics.received = self.statistics.received.wrapping_add(1);
        // One step stores about four times what came in (echo, a response, a request made from it, offer and addresses)
        // in at most eight texts, each of which leaves part of a page empty.
        let step = Pages::needed(datagram.len().min(MAX_DATAGRAM)).saturating_mul(4).saturating_add(8);
        let free = self.sip.pages.free();
        if free < step {
            self.statistics.dropped = self.statistics.dropped.wrapping_add(1);
            return Ok(Received::Done);
        }
        let load = if free < step.saturating_add(self.reserved_pages) { Load::Reserve } else { Load::Normal };
        let mut message = Message::new();
        if let Err(malformed) = message.parse(datagram) {
            if source.transport.is_reliable() && is_too_long(&message, datagram.len()) {
                self.malformed(&message, source, 513, TOO_LONG);
            } else if !malformed.is_keep_alive() {
                self.malformed(&message, source, malformed.status, malformed.reason);
            }
            return Ok(Received::Done);
        }
        if datagram.len() > MAX_DATAGRAM {
            self.malformed(&message, source, 513, TOO_LONG);
            return Ok(Received::Done);
        }
        // RFC 3261 18.3: without it nobody knows where the next message begins.
        if source.transport.is_reliable() && message.content_length.is_none() {
            self.malformed(&message, source, 400, "Content-Length missing on a stream");
            return Ok(Received::Done);
        }
        match message.method() {
            Some(method) => self.request(now, &message, method, source, load),
            None => self.response(now, &message),
        }
        Ok(self.held.take().map_or(Received::Done, Received::Held))
    }

    fn malformed(&mut self, message: &Message<'_>, source: Flow, status: u16, reason: &str) {
        self.statistics.malformed = self.statistics.malformed.wrapping_add(1);
        if message.answerable() && status >= 400 {
            self.sip.reply(message, source, status, |out| {
                out.line(&[b"Warning: 399 strowger \"", reason.as_bytes(), b"\""]);
            });
        }
    }

    fn request(&mut self, now: Instant, message: &Message<'_>, method: Method, source: Flow, load: Load) {
        match self.sip.sort(now, &mut self.timers, message, method) {
            Belongs::Taken => {}
            Belongs::Acknowledges => self.dialog_ack(now, message),
            Belongs::Cancels(found) => self.cancelled(now, message, source, found),
            Belongs::Within(key) => self.dialog_request(now, message, method, source, key),
            Belongs::Begins(key) => self.new_request(now, message, method, source, load, key),
        }
    }

    fn new_request(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        method: Method,
        source: Flow,
        load: Load,
        key: Key,
    ) {
        // Everything else ends here: nobody would forward it (RFC 3261 16.3 step 3).
        if message.max_forwards == Some(0) && method == Method::Invite {
            return self.sip.reply(message, source, 483, |_| {});
        }
        let known = |tag: &[u8]| {
            let reliable = method == Method::Invite && tag.eq_ignore_ascii_case(b"100rel");
            reliable || tag.eq_ignore_ascii_case(b"timer")
        };
        let required = [Name::Require, Name::ProxyRequire];
        if required.into_iter().any(|name| message.items(name).any(|tag| !known(tag))) {
            return self.sip.reply(message, source, 420, |out| {
                for name in required {
                    for tag in message.items(name).filter(|tag| !known(tag)) {
                        out.line(&[b"Unsupported: ", tag]);
                    }
                }
            });
        }
        match method {
            Method::Invite => self.invite(now, message, source, load, key),
            // RFC 3261 8.2.2.1. INVITE has more to say of it.
            Method::Register | Method::Options if !is_sip(message) => {
                self.sip.reply(message, source, 416, |_| {});
            }
            Method::Register if load == Load::Normal => self.register(now, message, source),
            Method::Register => self.congested(message, source),
            Method::Options => self.sip.reply(message, source, 200, |out| {
                out.line(&[render::ABLE]);
                out.line(&[b"Accept: application/sdp"]);
            }),
            Method::Bye => self.sip.reply(message, source, 481, |_| {}),
            Method::Other => self.sip.reply(message, source, 501, |out| out.line(&[render::ABLE])),
            Method::Ack
            | Method::Cancel
            | Method::Info
            | Method::Message
            | Method::Notify
            | Method::Prack
            | Method::Publish
            | Method::Refer
            | Method::Subscribe
            | Method::Update => self.sip.reply(message, source, 405, |out| out.line(&[render::ABLE])),
        }
    }

    /// Whether only those transactions are left that emergency and the calls that are up must find: to end a call takes two, and one more call
    /// four.
    pub(super) fn transactions_are_scarce(&self) -> bool {
        let to_end = self.calls.used().saturating_mul(2);
        self.sip.transactions.free() < self.reserved_transactions.saturating_add(4).saturating_add(to_end)
    }

    /// 503 with Retry-After: normal work is refused, what is up goes on.
    pub(super) fn congested(&mut self, message: &Message<'_>, source: Flow) {
        self.statistics.congested = self.statistics.congested.wrapping_add(1);
        self.sip.reply(message, source, 503, |out| out.line(&[b"Retry-After: 10"]));
    }
}

/// Whether a request is to a `sip` or `sips` URI.
fn is_sip(message: &Message<'_>) -> bool {
    match message.start {
        Start::Request { uri, .. } => matches!(uri.scheme, Scheme::Sip | Scheme::Sips),
        Start::Response { .. } => false,
    }
}
