//! Calls that a phone is called for: it rings, answers or refuses, and is hung up.

use super::call::{Call, Repeat, State};
use super::change::Changes;
use super::text;
use super::{Behaviour, Phone, PhoneEvent, T1, T1_64};
use std::net::SocketAddr;
use strowger::base::Instant;
use strowger::wire::sip::Message;

impl Phone {
    /// The INVITE of the last call that it is still in, as it came.
    #[must_use]
    pub fn last_invite(&self) -> Option<&[u8]> {
        self.calls.last().map(|call| call.invite.as_slice())
    }

    /// An INVITE came.
    pub(super) fn invited(&mut self, now: Instant, from: SocketAddr, message: &Message<'_>) {
        let branch = message.via.as_ref().and_then(|via| via.branch).unwrap_or(&[]);
        if let Some(call) = self.calls.iter().find(|call| call.invite_branch == branch && !branch.is_empty())
        {
            let done = matches!(call.state, State::Up | State::Leaving) && call.repeat.is_none();
            if !done && !call.response.is_empty() {
                self.out.push_back((call.peer, call.response.clone()));
            }
            return;
        }
        if message.to.as_ref().is_some_and(|to| to.tag().is_some()) {
            return self.asked_to_change(now, from, message);
        }
        let address = |address: Option<&strowger::wire::sip::Address<'_>>| {
            address.map(|address| format!("<{}>", text::lossy(address.uri.text))).unwrap_or_default()
        };
        let remote_tag =
            message.from.as_ref().and_then(|from| from.tag()).map(text::lossy).unwrap_or_default();
        let call_id = text::lossy(message.call_id);
        let cseq = message.cseq.map_or(0, |cseq| cseq.number);
        let is_old = |call: &Call| {
            call.call_id == call_id && call.remote_tag == remote_tag && cseq <= call.remote_cseq
        };
        if self.calls.iter().any(is_old) {
            // The call's first INVITE comes once more, behind a change of the session (RFC 3261 section 8.2.2.2).
            return;
        }
        let target = message.contact.first().or(message.from.as_ref());
        let call = Call {
            call_id,
            tag: self.token(),
            remote_tag,
            local: address(message.to.as_ref()),
            remote: address(message.from.as_ref()),
            target: target.map(|target| text::lossy(target.uri.text)).unwrap_or_default(),
            peer: from,
            local_cseq: 0,
            invite_cseq: 0,
            remote_cseq: cseq,
            state: State::Offered { answer_at: None },
            remote_sdp: text::description(message),
            invite_branch: branch.to_vec(),
            invite: message.bytes.to_vec(),
            response: Vec::new(),
            repeat: None,
            ack: Vec::new(),
            changes: Changes::default(),
            rseq: 0,
            waits: false,
        };
        self.calls.push(call);
        let at = self.calls.len() - 1;
        let caller = message.from.as_ref().map(|from| text::lossy(from.uri.user)).unwrap_or_default();
        self.tell(PhoneEvent::Incoming { from: caller });
        match self.config.behaviour {
            Behaviour::Answer { after_ms } => {
                self.ring(now, at);
                self.calls[at].state = State::Offered { answer_at: Some(now.plus_ms(after_ms)) };
            }
            Behaviour::Ring => self.ring(now, at),
            Behaviour::Busy => self.refuse(now, at, 486),
            Behaviour::Reject(status) => self.refuse(now, at, status),
            Behaviour::Move(number) => {
                let contact = format!("Contact: <sip:{number}@{}>\r\n", self.config.server);
                self.refuse_with(now, at, 302, &contact);
            }
            Behaviour::Silent => {}
        }
    }

    pub(super) fn ring(&mut self, now: Instant, at: usize) {
        let (status, body) = if self.config.early_media { (183, self.sdp()) } else { (180, Vec::new()) };
        let extra = self.numbered(now, at);
        self.respond_with(at, status, &extra, &body);
    }

    /// Answers the INVITE of a call and keeps the answer.
    pub(super) fn respond(&mut self, at: usize, status: u16, body: &[u8]) {
        self.respond_with(at, status, "", body);
    }

    fn respond_with(&mut self, at: usize, status: u16, more: &str, body: &[u8]) {
        let contact = format!("Contact: <{}>\r\n{more}", self.contact());
        let call = &mut self.calls[at];
        let mut message = Message::new();
        if message.parse(&call.invite).is_ok() {
            let accepts = if status >= 200 { self.config.accepts.as_str() } else { "" };
            let extra = if status < 300 { format!("{contact}{accepts}") } else { more.to_owned() };
            call.response = text::response(&message, status, &call.tag, &extra, body);
            self.out.push_back((call.peer, call.response.clone()));
        }
    }

    pub(super) fn accept(&mut self, now: Instant, at: usize) {
        // What was acknowledged already is not said again.
        let own = if self.calls[at].rseq > 0 && self.config.early_media { Vec::new() } else { self.sdp() };
        self.respond(at, 200, &own);
        let call = &mut self.calls[at];
        call.state = State::Answered { hang_up: false };
        call.repeat = Some(Repeat { at: now.plus_ms(T1), interval: T1, until: now.plus_ms(T1_64) });
    }

    pub(super) fn refuse(&mut self, now: Instant, at: usize, status: u16) {
        self.refuse_with(now, at, status, "");
    }

    fn refuse_with(&mut self, now: Instant, at: usize, status: u16, more: &str) {
        self.respond_with(at, status, more, &[]);
        let call = &mut self.calls[at];
        call.repeat = Some(Repeat { at: now.plus_ms(T1), interval: T1, until: now.plus_ms(T1_64) });
        let name = call.name();
        self.over(now, &name, status, "");
    }

    /// An ACK came.
    pub(super) fn acknowledged(&mut self, now: Instant, message: &Message<'_>) {
        let Some(call) = self.calls.iter_mut().find(|call| call.owns(message)) else { return };
        if message.cseq.map(|cseq| cseq.number) != Some(call.remote_cseq) {
            return;
        }
        call.repeat = None;
        if let Some(changed) = Self::change_acknowledged(call, message) {
            return self.tell(changed);
        }
        if let State::Answered { hang_up } = call.state {
            call.state = State::Up;
            if call.remote_sdp.is_empty() {
                call.remote_sdp = text::description(message);
            }
            let (name, remote_sdp) = (call.name(), call.remote_sdp.clone());
            if hang_up {
                self.send_bye(now, &name);
            } else {
                self.tell(PhoneEvent::Connected { remote_sdp });
            }
        }
    }

    pub(super) fn cancelled(&mut self, now: Instant, from: SocketAddr, message: &Message<'_>) {
        let branch = message.via.as_ref().and_then(|via| via.branch).unwrap_or(&[]);
        let Some(at) = self.calls.iter().position(|call| call.invite_branch == branch) else {
            return self.answer_once(now, from, message, 481);
        };
        self.answer_once(now, from, message, 200);
        if self.calls[at].is_offered() {
            self.respond(at, 487, &[]);
            let call = &mut self.calls[at];
            call.repeat = Some(Repeat { at: now.plus_ms(T1), interval: T1, until: now.plus_ms(T1_64) });
            let name = call.name();
            self.over(now, &name, 487, &text::reason(message));
        }
    }

    pub(super) fn hung_up(&mut self, now: Instant, from: SocketAddr, message: &Message<'_>) {
        let Some(call) = self.calls.iter_mut().find(|call| call.owns(message)) else {
            return self.answer_once(now, from, message, 481);
        };
        call.repeat = None;
        let name = call.name();
        self.answer_once(now, from, message, 200);
        self.over(now, &name, 200, &text::reason(message));
    }
}
