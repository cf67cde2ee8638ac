//! A datagram comes in: parse, find its transaction or dialog, hand it on, or say why not.

use super::{ABLE, MAX_DATAGRAM, Phone};
use crate::base::{Crypto, Flow, Full, Instant};
use crate::signalling::sip::{Belongs, Key};
use crate::table::Pages;
use crate::wire::sip::{Message, Method, Name};
use crate::wire::write::Sink;

impl<C: Crypto> Phone<'_, C> {
    /// Takes one datagram, or one message of a stream ([`Stream`](crate::wire::sip::Stream)). Work: linear in its length.
    ///
    /// # Errors
    /// [`Full`] if the outputs of earlier inputs have not been polled: nothing has changed, poll and give it again.
    pub fn receive(&mut self, now: Instant, source: impl Into<Flow>, datagram: &[u8]) -> Result<(), Full> {
        self.reserve()?;
        let (now, source) = (self.advance(now), source.into());
        self.statistics.received = self.statistics.received.wrapping_add(1);
        // One step stores an echo, an answer, and at most two requests.
        let step = Pages::needed(datagram.len().min(MAX_DATAGRAM)).saturating_add(4);
        self.sip.make_room(&mut self.timers, step);
        if self.sip.pages.free() < step {
            self.statistics.dropped = self.statistics.dropped.wrapping_add(1);
            return Ok(());
        }
        let mut message = Message::new();
        let parsed = message.parse(datagram);
        if datagram.len() > MAX_DATAGRAM {
            self.malformed(&message, source, 513);
        } else if let Err(malformed) = parsed {
            if !malformed.is_keep_alive() {
                self.malformed(&message, source, malformed.status);
            }
        } else {
            match message.method() {
                Some(method) => self.request(now, &message, method, source),
                None if self.is_ours(source) => self.response(now, &message),
                // Nobody else was asked anything.
                None => self.statistics.strangers = self.statistics.strangers.wrapping_add(1),
            }
        }
        Ok(())
    }

    fn malformed(&mut self, message: &Message<'_>, source: Flow, status: u16) {
        self.statistics.malformed = self.statistics.malformed.wrapping_add(1);
        if message.answerable() && status >= 400 {
            self.sip.reply(message, source, status, |_| {});
        }
    }

    fn request(&mut self, now: Instant, message: &Message<'_>, method: Method, source: Flow) {
        match self.sip.sort(now, &mut self.timers, message, method) {
            Belongs::Taken => {}
            Belongs::Acknowledges => self.acknowledged(now, message),
            Belongs::Cancels(found) => self.cancelled(now, message, source, found),
            Belongs::Within(key) => self.dialog_request(now, message, method, source, key),
            Belongs::Begins(key) => self.new_request(now, message, method, source, key),
        }
    }

    fn new_request(&mut self, now: Instant, message: &Message<'_>, method: Method, source: Flow, key: Key) {
        let required = [Name::Require, Name::ProxyRequire];
        if required.into_iter().any(|name| message.items(name).next().is_some()) {
            return self.sip.reply(message, source, 420, |out| {
                for tag in required.into_iter().flat_map(|name| message.items(name)) {
                    out.line(&[b"Unsupported: ", tag]);
                }
            });
        }
        match method {
            Method::Invite => self.invited(now, message, source, key),
            Method::Message => self.text(now, message, source, key),
            Method::Options => self.sip.reply(message, source, 200, |out| {
                out.line(&[ABLE]);
                out.line(&[b"Accept: application/sdp"]);
            }),
            Method::Bye | Method::Notify => self.sip.reply(message, source, 481, |_| {}),
            Method::Other => self.sip.reply(message, source, 501, |out| out.line(&[ABLE])),
            Method::Ack
            | Method::Cancel
            | Method::Info
            | Method::Prack
            | Method::Publish
            | Method::Refer
            | Method::Register
            | Method::Subscribe
            | Method::Update => self.sip.reply(message, source, 405, |out| out.line(&[ABLE])),
        }
    }
}
