//! Transfers that a phone asks for, by REFER (RFC 3515, RFC 5589).

use super::call::Call;
use super::client::Purpose;
use super::{Phone, PhoneEvent};
use std::fmt::Write;
use std::net::SocketAddr;
use strowger::base::Instant;
use strowger::wire::sip::{Message, Method, Name};

impl Phone {
    /// Asks that the other side of the oldest call that is up be joined with a number.
    pub fn transfer(&mut self, now: Instant, number: &str) {
        let target = format!("<sip:{number}@{}>", self.config.server);
        self.refer(now, &target, "");
    }

    /// Asks that the other sides of its two calls be joined: of the oldest that is up, and of the youngest.
    pub fn join(&mut self, now: Instant) {
        let Some(call) = self.calls.iter().rfind(|call| call.is_live()) else { return };
        // Theirs is the side that would receive the INVITE (RFC 3891 section 3).
        let replaces = format!("{};to-tag={};from-tag={}", call.call_id, call.remote_tag, call.tag);
        let escaped = replaces.bytes().fold(String::new(), |mut text, c| {
            let _ = if c.is_ascii_alphanumeric() {
                write!(text, "{}", char::from(c))
            } else {
                write!(text, "%{c:02X}")
            };
            text
        });
        // By the address that it was given in that call (RFC 5589 section 7.1).
        let target = format!("<{}?Replaces={escaped}>", call.target);
        self.refer(now, &target, "");
    }

    /// A REFER with this Refer-To, and further header lines.
    pub fn refer(&mut self, now: Instant, target: &str, more: &str) {
        let us = self.contact();
        let Some(call) = self.calls.iter_mut().find(|call| call.is_up()) else { return };
        let peer = call.peer;
        let mut request = call.request(Method::Refer, &us);
        request.extra = format!("Contact: <{us}>\r\nRefer-To: {target}\r\n{more}");
        self.begin(now, request, Purpose::Refer, peer);
    }

    /// What became of it.
    pub(super) fn notified(&mut self, now: Instant, from: SocketAddr, message: &Message<'_>) {
        if !self.calls.iter().any(|call: &Call| call.owns(message)) {
            return self.answer_once(now, from, message, 481);
        }
        let refer = message.headers(Name::Event).next().is_some_and(|event| event.starts_with(b"refer"));
        let status = std::str::from_utf8(message.body)
            .ok()
            .and_then(|body| body.strip_prefix("SIP/2.0 ")?.split(' ').next()?.parse().ok());
        match (refer, status) {
            (true, Some(status)) => {
                if self.is_new(message) {
                    self.tell(PhoneEvent::Referred { status });
                }
                self.answer_once(now, from, message, 200);
            }
            _ => self.answer_once(now, from, message, 489),
        }
    }
}
