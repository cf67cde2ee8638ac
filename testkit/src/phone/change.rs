//! Changes of a session that is up: hold, resume, a late offer, both as who asks and as who is asked (RFC 3261 section 14).

use super::call::{Call, Repeat};
use super::client::Purpose;
use super::text;
use super::{Phone, PhoneEvent, T1, T1_64};
use std::net::SocketAddr;
use strowger::base::Instant;
use strowger::wire::sdp::{Direction, Session};
use strowger::wire::sip::{Message, Method};

/// What a phone asks for in a re-INVITE.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ask {
    /// Nothing new: the same description again, as a refresh.
    Same,
    /// To hold the other side: `sendonly`.
    Hold,
    /// To talk again.
    Resume,
    /// That the other side makes an offer.
    Offer,
}

/// A change in a call.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Ours is not answered yet.
    pub(super) asking: Option<bool>,
    /// The other side is held by us.
    holding: bool,
    /// The same before what is asked for now.
    held: bool,
    /// How often our description has changed.
    version: u32,
    /// Our description in force, once it is another than at first; and what is offered.
    in_force: Option<Vec<u8>>,
    offered: Vec<u8>,
    /// Theirs has our answer, and the ACK has not come; `true`: it will have their answer.
    pub(super) answered: Option<bool>,
}

impl Phone {
    pub(super) fn send_reinvite(&mut self, now: Instant, at: usize, ask: Ask) {
        let us = self.contact();
        let call = &mut self.calls[at];
        if call.changes.asking.is_some() {
            return;
        }
        let holding = match ask {
            Ask::Hold => true,
            Ask::Resume => false,
            Ask::Same | Ask::Offer => call.changes.holding,
        };
        call.changes.version += u32::from(holding != call.changes.holding);
        call.changes.held = std::mem::replace(&mut call.changes.holding, holding);
        call.changes.asking = Some(ask == Ask::Offer);
        let (name, peer) = (call.name(), call.peer);
        let body = own(&self.config, &call.changes, Direction::SendRecv);
        let by_update = self.config.updates && ask != Ask::Offer;
        let mut request = call.request(if by_update { Method::Update } else { Method::Invite }, &us);
        request.extra.push_str(&self.config.asks);
        if !by_update {
            call.invite_cseq = request.cseq;
        }
        call.changes.offered.clone_from(&body);
        if ask != Ask::Offer {
            request.body = body;
        }
        self.begin(now, request, Purpose::Reinvite(name), peer);
    }

    /// A 2xx to a re-INVITE or UPDATE of ours.
    pub(super) fn changed(&mut self, name: &str, message: &Message<'_>) {
        let (us, contact) = (self.config.via(), self.contact());
        let branch = format!("z9hG4bK{}", self.token());
        let config = self.config.clone();
        let Some(call) = self.find(name) else { return };
        let remote_sdp = text::description(message);
        if message.cseq.as_ref().is_some_and(|cseq| cseq.method == Method::Update) {
            call.changes.asking = None;
            call.changes.in_force = Some(call.changes.offered.clone());
            call.remote_sdp.clone_from(&remote_sdp);
            return self.tell(PhoneEvent::Changed { remote_sdp });
        }
        let mut ack = call.request(Method::Ack, &contact);
        if call.changes.asking.take() == Some(true) {
            ack.body = own(&config, &call.changes, offered(&remote_sdp));
            call.changes.offered.clone_from(&ack.body);
        }
        call.changes.in_force = Some(call.changes.offered.clone());
        call.ack = ack.render(&us, &branch, "");
        call.remote_sdp.clone_from(&remote_sdp);
        let (ack, peer) = (call.ack.clone(), call.peer);
        self.out.push_back((peer, ack));
        self.tell(PhoneEvent::Changed { remote_sdp });
    }

    /// A re-INVITE of ours was refused.
    pub(super) fn unchanged(&mut self, name: &str) {
        if let Some(call) = self.find(name) {
            call.changes.asking = None;
            call.changes.holding = call.changes.held;
        }
    }

    /// The descriptions that the youngest call goes by: our own, and theirs.
    #[must_use]
    pub fn agreed(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let call = self.calls.iter().rfind(|call| call.is_up())?;
        let own = call.changes.in_force.clone().unwrap_or_else(|| self.sdp());
        Some((own, call.remote_sdp.clone()))
    }

    /// A re-INVITE of theirs.
    pub(super) fn asked_to_change(&mut self, now: Instant, from: SocketAddr, message: &Message<'_>) {
        let contact = format!("Contact: <{}>\r\n{}", self.contact(), self.config.accepts);
        let (config, refuse) = (self.config.clone(), self.config.refuse_changes);
        let call = self.calls.iter_mut().find(|call| call.owns(message) && call.is_live());
        let Some(call) = call else {
            return self.out.push_back((from, text::response(message, 481, "", "", &[])));
        };
        let status = match (call.changes.asking, call.changes.answered, refuse) {
            _ if !call.is_up() => 500,
            (Some(_), _, _) => 491,
            (None, Some(_), _) => 500,
            (None, None, Some(status)) => status,
            (None, None, None) => 200,
        };
        if status != 200 {
            return self.out.push_back((from, text::response(message, status, "", "", &[])));
        }
        let remote = text::description(message);
        let body = own(
            &config,
            &call.changes,
            if remote.is_empty() { Direction::SendRecv } else { offered(&remote) },
        );
        call.changes.answered = Some(remote.is_empty());
        call.changes.in_force = Some(body.clone());
        if !remote.is_empty() {
            call.remote_sdp = remote;
        }
        call.remote_cseq = message.cseq.map_or(0, |cseq| cseq.number);
        call.invite_branch = message.via.as_ref().and_then(|via| via.branch).unwrap_or(&[]).to_vec();
        call.response = text::response(message, 200, "", &contact, &body);
        call.repeat = Some(Repeat { at: now.plus_ms(T1), interval: T1, until: now.plus_ms(T1_64) });
        self.out.push_back((from, call.response.clone()));
    }

    /// The ACK of our answer to a re-INVITE of theirs; nothing if it is another.
    pub(super) fn change_acknowledged(call: &mut Call, message: &Message<'_>) -> Option<PhoneEvent> {
        let late = call.changes.answered.take()?;
        if late {
            call.remote_sdp = text::description(message);
        }
        Some(PhoneEvent::Changed { remote_sdp: call.remote_sdp.clone() })
    }
}

/// The direction of the first stream of a description.
fn offered(sdp: &[u8]) -> Direction {
    Session::parse(sdp)
        .ok()
        .and_then(|session| session.media.first().map(|media| session.direction(media)))
        .unwrap_or(Direction::SendRecv)
}

/// Our description when the other side wants this direction (RFC 3264 sections 6.1 and 8.4).
fn own(config: &super::PhoneConfig, changes: &Changes, theirs: Direction) -> Vec<u8> {
    let (sends, receives) = match theirs {
        Direction::SendRecv => (true, true),
        Direction::SendOnly => (false, true),
        Direction::RecvOnly => (true, false),
        Direction::Inactive => (false, false),
    };
    let direction = match (sends, receives && !changes.holding) {
        (true, true) => "sendrecv",
        (true, false) => "sendonly",
        (false, true) => "recvonly",
        (false, false) => "inactive",
    };
    text::sdp(config, changes.version, direction)
}
