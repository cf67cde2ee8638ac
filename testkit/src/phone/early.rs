//! Provisional answers that are acknowledged (RFC 3262): as who calls, and as who is called.

use super::call::Repeat;
use super::client::Purpose;
use super::text;
use super::{Phone, T1, T1_64};
use std::net::SocketAddr;
use strowger::base::Instant;
use strowger::wire::sip::{Message, Method, Name, RAck};

impl Phone {
    /// Acknowledges a provisional answer that asks for it, once.
    pub(super) fn acknowledge_early(&mut self, now: Instant, purpose: &Purpose, message: &Message<'_>) {
        let Purpose::Invite(name) = purpose else { return };
        let number = message.headers(Name::RSeq).next().map(text::lossy).and_then(|text| text.parse().ok());
        let Some(number) = number.filter(|_| message.lists(Name::Require, b"100rel")) else { return };
        let (us, takes_part) = (self.contact(), self.config.reliable);
        let Some(call) = self.find(name) else { return };
        assert!(call.rseq == 0 || number <= call.rseq + 1, "in order (section 3)");
        if !takes_part || call.rseq != 0 && number != call.rseq + 1 {
            return;
        }
        call.rseq = number;
        let sdp = text::description(message);
        if !sdp.is_empty() {
            call.remote_sdp = sdp;
        }
        let mut prack = call.request(Method::Prack, &us);
        prack.extra = format!("RAck: {number} {} INVITE\r\n", call.invite_cseq);
        let peer = call.peer;
        self.begin(now, prack, Purpose::Prack, peer);
    }

    /// The header lines of a provisional answer that is to be acknowledged; then it is sent until it is.
    pub(super) fn numbered(&mut self, now: Instant, at: usize) -> String {
        let takes_part = self.config.reliable;
        let call = &mut self.calls[at];
        let mut invite = Message::new();
        let known = invite.parse(&call.invite).is_ok()
            && [Name::Supported, Name::Require].into_iter().any(|name| invite.lists(name, b"100rel"));
        if !(takes_part && known) {
            return String::new();
        }
        call.rseq += 1 + 1_000 * u32::from(call.rseq == 0);
        call.waits = true;
        call.repeat = Some(Repeat { at: now.plus_ms(T1), interval: T1, until: now.plus_ms(T1_64) });
        format!("Require: 100rel\r\nRSeq: {}\r\n", call.rseq)
    }

    /// PRACK.
    pub(super) fn pracked(&mut self, now: Instant, from: SocketAddr, message: &Message<'_>) {
        let rack = message.headers(Name::RAck).next().and_then(|value| RAck::parse(value).ok());
        let waits = self.calls.iter_mut().find(|call| call.owns(message) && call.is_offered());
        let status = match (waits, rack) {
            (Some(call), Some(rack))
                if rack.response == call.rseq && rack.cseq.number == call.remote_cseq =>
            {
                if std::mem::take(&mut call.waits) {
                    call.repeat = None;
                }
                200
            }
            _ => 481,
        };
        self.answer_once(now, from, message, status);
    }
}
