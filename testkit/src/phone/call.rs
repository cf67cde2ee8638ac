//! Calls of a phone: what both sides have in common, and those it makes.

use super::change::Changes;
use super::client::{Client, Purpose};
use super::text::{self, Request};
use super::{Phone, PhoneEvent, T1_64, T2};
use std::net::SocketAddr;
use strowger::base::Instant;
use strowger::wire::sip::{Message, Method};

/// One call.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) call_id: String,
    /// Our tag.
    pub(super) tag: String,
    pub(super) remote_tag: String,
    /// Our address and theirs, without tags.
    pub(super) local: String,
    pub(super) remote: String,
    pub(super) target: String,
    pub(super) peer: SocketAddr,
    pub(super) local_cseq: u32,
    pub(super) invite_cseq: u32,
    pub(super) remote_cseq: u32,
    pub(super) state: State,
    pub(super) remote_sdp: Vec<u8>,
    /// Theirs: the branch of their INVITE, our last answer to it, and when that is sent again.
    pub(super) invite_branch: Vec<u8>,
    pub(super) invite: Vec<u8>,
    pub(super) response: Vec<u8>,
    pub(super) repeat: Option<Repeat>,
    /// Ours: the ACK of a 2xx.
    pub(super) ack: Vec<u8>,
    pub(super) changes: Changes,
    /// The number of the last provisional answer that is acknowledged, ours or theirs; whether ours waits for that.
    pub(super) rseq: u32,
    pub(super) waits: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Repeat {
    pub(super) at: Instant,
    pub(super) interval: u64,
    pub(super) until: Instant,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum State {
    /// Ours: sent.
    Calling,
    /// Ours: given up; CANCEL waits for a provisional answer.
    GivenUp,
    /// Ours: CANCEL sent.
    Cancelling,
    /// Theirs: not answered yet; answered by itself then.
    Offered {
        answer_at: Option<Instant>,
    },
    /// Theirs: 2xx sent.
    Answered {
        hang_up: bool,
    },
    Up,
    /// BYE sent.
    Leaving,
    Over {
        until: Instant,
    },
}

impl Call {
    pub(super) const fn is_live(&self) -> bool {
        !matches!(self.state, State::Over { .. } | State::Leaving | State::GivenUp | State::Cancelling)
    }

    pub(super) const fn is_offered(&self) -> bool {
        matches!(self.state, State::Offered { .. })
    }

    pub(super) const fn is_calling(&self) -> bool {
        matches!(self.state, State::Calling)
    }

    pub(super) const fn is_up(&self) -> bool {
        matches!(self.state, State::Up)
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let repeat = self.repeat.map(|repeat| repeat.at.min(repeat.until));
        match self.state {
            State::Offered { answer_at: Some(at) } if !self.waits => {
                Some(repeat.map_or(at, |repeat| repeat.min(at)))
            }
            _ => repeat,
        }
    }

    pub(super) fn name(&self) -> String {
        format!("{} {}", self.call_id, self.tag)
    }

    /// A request within the dialog.
    pub(super) fn request(&mut self, method: Method, us: &str) -> Request {
        let cseq = if method == Method::Ack {
            self.invite_cseq
        } else {
            self.local_cseq += 1;
            self.local_cseq
        };
        let extra = if matches!(method, Method::Invite | Method::Update) {
            format!("Contact: <{us}>\r\n")
        } else {
            String::new()
        };
        Request {
            method,
            uri: self.target.clone(),
            from: format!("{};tag={}", self.local, self.tag),
            to: format!("{};tag={}", self.remote, self.remote_tag),
            call_id: self.call_id.clone(),
            cseq,
            extra,
            body: Vec::new(),
        }
    }

    /// Whether a request of theirs belongs to this call.
    pub(super) fn owns(&self, message: &Message<'_>) -> bool {
        let ours = text::is_same_tag(message.to.as_ref().and_then(|to| to.tag()), &self.tag);
        let theirs = text::is_same_tag(message.from.as_ref().and_then(|from| from.tag()), &self.remote_tag);
        ours && theirs && message.call_id == self.call_id.as_bytes()
    }
}

impl Phone {
    pub(super) fn contact(&self) -> String {
        format!("sip:{}@{}{}", self.config.dn, self.config.address, self.config.transport.parameter())
    }

    pub(super) fn begin_call(&mut self, now: Instant, number: &str, from: &str) {
        let server = self.config.server;
        let (call_id, tag) = (self.token(), self.token());
        let uri = format!("sip:{number}@{server}");
        let (local, remote) = (format!("<sip:{from}@{server}>"), format!("<{uri}>"));
        let body = if self.config.late_offer { Vec::new() } else { self.sdp() };
        let request = Request {
            method: Method::Invite,
            uri: uri.clone(),
            from: format!("{local};tag={tag}"),
            to: remote.clone(),
            call_id: call_id.clone(),
            cseq: 1,
            extra: format!("Contact: <{}>\r\n{}", self.contact(), self.config.asks),
            body,
        };
        let call = Call {
            call_id,
            tag,
            remote_tag: String::new(),
            local,
            remote,
            target: uri,
            peer: server,
            local_cseq: 1,
            invite_cseq: 1,
            remote_cseq: 0,
            state: State::Calling,
            remote_sdp: Vec::new(),
            invite_branch: Vec::new(),
            invite: Vec::new(),
            response: Vec::new(),
            repeat: None,
            ack: Vec::new(),
            changes: Changes::default(),
            rseq: 0,
            waits: false,
        };
        let purpose = Purpose::Invite(call.name());
        self.calls.push(call);
        self.begin(now, request, purpose, server);
    }

    pub(super) fn renumber(&mut self, name: &str, cseq: u32) {
        if let Some(call) = self.find(name) {
            (call.local_cseq, call.invite_cseq) = (cseq, cseq);
        }
    }

    pub(super) fn find(&mut self, name: &str) -> Option<&mut Call> {
        self.calls.iter_mut().find(|call| call.name() == name)
    }

    /// What a provisional answer tells of the far end: requests can be sent to it (RFC 3261 section 12.1.2).
    pub(super) fn learn_early(&mut self, purpose: &Purpose, message: &Message<'_>) {
        let Purpose::Invite(name) = purpose else { return };
        let tag = message.to.as_ref().and_then(|to| to.tag()).map(text::lossy);
        let target = message.contact.first().map(|contact| text::lossy(contact.uri.text));
        let warning = text::warning(message);
        let Some(call) = self.find(name) else { return };
        call.remote_tag = tag.unwrap_or_else(|| call.remote_tag.clone());
        call.target = target.unwrap_or_else(|| call.target.clone());
        if !warning.is_empty() {
            self.tell(PhoneEvent::Warned(warning));
        }
    }

    /// OPTIONS, or UPDATE without a description: of a call that there is, or outside of calls.
    pub(super) fn asked_whether_there(&mut self, from: SocketAddr, message: &Message<'_>) {
        let within = message.to.as_ref().is_some_and(|to| to.tag().is_some());
        let known = !within || self.calls.iter().any(|call| call.owns(message) && call.is_live());
        let (status, extra) = if known { (200, self.config.accepts.as_str()) } else { (481, "") };
        self.out.push_back((from, text::response(message, status, "", extra, &[])));
    }

    /// Sends a key by INFO, as `application/dtmf-relay`.
    pub(super) fn send_key(&mut self, now: Instant, at: usize, key: char) {
        let us = self.contact();
        let call = &mut self.calls[at];
        let peer = call.peer;
        let mut request = call.request(Method::Info, &us);
        request.extra = "Content-Type: application/dtmf-relay\r\n".to_owned();
        request.body = format!("Signal={key}\r\nDuration=160\r\n").into_bytes();
        self.begin(now, request, Purpose::Info, peer);
    }

    /// A provisional answer.
    pub(super) fn progressed(&mut self, now: Instant, purpose: &Purpose, status: u16) {
        let Purpose::Invite(name) = purpose else { return };
        let state = self.find(name).map(|call| call.state);
        match state {
            Some(State::GivenUp) => self.send_cancel(now, name),
            Some(State::Calling) if status == 180 || status == 183 => self.tell(PhoneEvent::Ringing),
            _ => {}
        }
    }

    fn send_cancel(&mut self, now: Instant, name: &str) {
        let purpose = Purpose::Invite(name.to_owned());
        let Some(at) = self.clients.iter().rposition(|client| client.purpose == purpose) else { return };
        let Client { request, branch, peer, .. } = &self.clients[at];
        let cancel =
            Request { method: Method::Cancel, extra: String::new(), body: Vec::new(), ..request.clone() };
        let (branch, peer) = (branch.clone(), *peer);
        if let Some(call) = self.find(name) {
            call.state = State::Cancelling;
        }
        self.begin_with(now, cancel, Purpose::Cancel, peer, branch, 0);
    }

    /// A 2xx to an INVITE of ours.
    pub(super) fn connected(&mut self, now: Instant, name: &str, message: &Message<'_>) {
        let (us, own, withhold) = (self.config.via(), self.sdp(), self.config.withhold_ack);
        let (late, branch) = (self.config.late_offer, format!("z9hG4bK{}", self.token()));
        let contact = self.contact();
        let Some(call) = self.find(name) else { return };
        let before = call.state;
        if let Some(to) = &message.to {
            call.remote_tag = to.tag().map(text::lossy).unwrap_or_default();
        }
        if let Some(remote) = message.contact.first() {
            call.target = text::lossy(remote.uri.text);
        }
        let mut ack = call.request(Method::Ack, &contact);
        if late {
            ack.body = own;
        }
        call.ack = ack.render(&us, &branch, "");
        let remote_sdp = text::description(message);
        if !remote_sdp.is_empty() {
            call.remote_sdp = remote_sdp;
        }
        call.state = State::Up;
        let (ack, peer, remote_sdp) = (call.ack.clone(), call.peer, call.remote_sdp.clone());
        if !withhold {
            self.out.push_back((peer, ack));
        }
        match before {
            State::GivenUp | State::Cancelling => self.send_bye(now, name),
            _ => self.tell(PhoneEvent::Connected { remote_sdp }),
        }
    }

    /// A 2xx that came again: our ACK got lost.
    pub(super) fn repeated_success(&mut self, message: &Message<'_>, status: u16) {
        let ours = message.from.as_ref().and_then(|from| from.tag());
        let Some(cseq) = message.cseq.filter(|cseq| cseq.method == Method::Invite) else { return };
        let call = self.calls.iter().find(|call| {
            call.call_id.as_bytes() == message.call_id
                && text::is_same_tag(ours, &call.tag)
                && call.invite_cseq == cseq.number
        });
        if let (Some(call), 200..=299, false) = (call, status, self.config.withhold_ack)
            && !call.ack.is_empty()
        {
            self.out.push_back((call.peer, call.ack.clone()));
        }
    }

    pub(super) fn send_bye(&mut self, now: Instant, name: &str) {
        let us = self.contact();
        let Some(call) = self.find(name) else { return };
        call.state = State::Leaving;
        let (request, peer) = (call.request(Method::Bye, &us), call.peer);
        self.begin(now, request, Purpose::Bye(name.to_owned()), peer);
    }

    pub(super) fn leave(&mut self, now: Instant, at: usize) {
        let call = &mut self.calls[at];
        let name = call.name();
        match call.state {
            State::Calling => {
                call.state = State::GivenUp;
                let purpose = Purpose::Invite(name.clone());
                let invite = self.clients.iter().rfind(|client| client.purpose == purpose);
                if invite.is_some_and(Client::is_proceeding) {
                    self.send_cancel(now, &name);
                }
            }
            State::Offered { .. } => self.refuse(now, at, 603),
            State::Answered { .. } => call.state = State::Answered { hang_up: true },
            State::Up => self.send_bye(now, &name),
            State::GivenUp | State::Cancelling | State::Leaving | State::Over { .. } => {}
        }
    }

    /// The end, told once.
    pub(super) fn over(&mut self, now: Instant, name: &str, status: u16, reason: &str) {
        let Some(call) = self.find(name) else { return };
        if !matches!(call.state, State::Over { .. }) {
            call.state = State::Over { until: now.plus_ms(T1_64) };
            self.tell(PhoneEvent::Ended { status, reason: reason.to_owned() });
        }
    }

    pub(super) fn forget_calls(&mut self, now: Instant) {
        self.calls.retain(|call| !matches!(call.state, State::Over { until } if now >= until));
    }

    pub(super) fn tick_calls(&mut self, now: Instant) {
        for at in 0..self.calls.len() {
            let call = &mut self.calls[at];
            if let State::Offered { answer_at: Some(answer_at) } = call.state
                && !call.waits
                && now >= answer_at
            {
                self.accept(now, at);
                continue;
            }
            let Some(repeat) = call.repeat else { continue };
            if now >= repeat.until {
                call.repeat = None;
                // Nobody acknowledged the answer: hang up (RFC 3261 section 13.3.1.4).
                if matches!(call.state, State::Answered { .. }) {
                    let name = call.name();
                    self.send_bye(now, &name);
                }
            } else if now >= repeat.at {
                let interval = (repeat.interval * 2).min(T2);
                call.repeat = Some(Repeat { at: now.plus_ms(interval), interval, ..repeat });
                self.out.push_back((call.peer, call.response.clone()));
            }
        }
    }
}
