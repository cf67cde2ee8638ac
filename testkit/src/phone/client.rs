//! Requests of the phone and what is sent again until it is answered; and answers that are given again.

use super::text::{self, Request};
use super::{Phone, PhoneEvent, T1, T1_64, T2};
use std::net::SocketAddr;
use strowger::base::Instant;
use strowger::wire::sip::{Message, Method};

/// An unusual REGISTER.
#[derive(Clone, Debug, Default)]
pub struct Register {
    /// `Expires`; left out with `None`.
    pub expires_s: Option<u32>,
    /// Who is registered, if not the phone itself.
    pub to: Option<String>,
    /// The value of `Contact`, if not the phone's own address; an empty one leaves the header out.
    pub contact: Option<String>,
    /// Further header lines, each with its end.
    pub more: String,
}

/// What a request is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Purpose {
    Register {
        expires_s: u32,
    },
    Options,
    /// Of the call with this Call-ID and tag of ours.
    Invite(String),
    Reinvite(String),
    Bye(String),
    Cancel,
    /// A key, in the dialog of a call.
    Info,
    Prack,
    /// A transfer that is asked for.
    Refer,
}

/// A client transaction.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) request: Request,
    pub(super) purpose: Purpose,
    pub(super) branch: String,
    pub(super) peer: SocketAddr,
    bytes: Vec<u8>,
    phase: Phase,
    interval: u64,
    until: Instant,
    /// How often it was sent with other credentials.
    tries: u8,
}

#[derive(Debug)]
enum Phase {
    Trying {
        again: Instant,
    },
    /// An INVITE was heard of.
    Proceeding,
    /// Finally answered: an INVITE's ACK is given again when a refusal comes again.
    Completed {
        ack: Option<Vec<u8>>,
    },
}

/// A final answer to a request other than INVITE.
#[derive(Debug)]
pub(super) struct Answered {
    branch: Vec<u8>,
    method: Method,
    bytes: Vec<u8>,
    until: Instant,
}

impl Client {
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Trying { again } => Some(again.min(self.until)),
            Phase::Proceeding | Phase::Completed { .. } => None,
        }
    }

    /// Whether something was heard and nothing final.
    pub(super) const fn is_proceeding(&self) -> bool {
        matches!(self.phase, Phase::Proceeding)
    }
}

impl Phone {
    pub(super) fn send_register(&mut self, now: Instant, register: &Register) {
        self.registration.cseq += 1;
        self.registration.refresh_at = None;
        let expires_s = register.expires_s.unwrap_or(3600);
        if expires_s > 0 {
            self.registration.asked_s = expires_s;
        }
        let (dn, server) = (&self.config.dn, self.config.server);
        let to = register.to.as_ref().unwrap_or(dn);
        let contact = match register.contact.as_deref() {
            None => format!("Contact: <{}>\r\n", self.contact()),
            Some("") => String::new(),
            Some(other) => format!("Contact: {other}\r\n"),
        };
        let expires = register.expires_s.map(|s| format!("Expires: {s}\r\n")).unwrap_or_default();
        let request = Request {
            method: Method::Register,
            uri: format!("sip:{server}"),
            from: format!("<sip:{dn}@{server}>;tag={}", self.registration.tag),
            to: format!("<sip:{to}@{server}>"),
            call_id: self.registration.call_id.clone(),
            cseq: self.registration.cseq,
            extra: contact + &expires + &register.more,
            body: Vec::new(),
        };
        self.begin(now, request, Purpose::Register { expires_s }, server);
    }

    pub(super) fn send_options(&mut self, now: Instant) {
        let (dn, server) = (self.config.dn.clone(), self.config.server);
        let (tag, call_id) = (self.token(), self.token());
        let request = Request {
            method: Method::Options,
            uri: format!("sip:{server}"),
            from: format!("<sip:{dn}@{server}>;tag={tag}"),
            to: format!("<sip:{server}>"),
            call_id,
            cseq: 1,
            extra: "Accept: application/sdp\r\n".to_owned(),
            body: Vec::new(),
        };
        self.begin(now, request, Purpose::Options, server);
    }

    /// Sends a request in a new transaction, with credentials if a nonce is at hand.
    pub(super) fn begin(&mut self, now: Instant, request: Request, purpose: Purpose, peer: SocketAddr) {
        let branch = format!("z9hG4bK{}", self.token());
        self.begin_with(now, request, purpose, peer, branch, 0);
    }

    pub(super) fn begin_with(
        &mut self,
        now: Instant,
        request: Request,
        purpose: Purpose,
        peer: SocketAddr,
        branch: String,
        tries: u8,
    ) {
        let credentials = match purpose {
            Purpose::Register { .. } | Purpose::Invite(_) | Purpose::Refer => {
                self.credentials(request.method.as_bytes(), &request.uri, &request.body)
            }
            Purpose::Options
            | Purpose::Reinvite(_)
            | Purpose::Bye(_)
            | Purpose::Cancel
            | Purpose::Info
            | Purpose::Prack => String::new(),
        };
        let bytes = request.render(&self.config.via(), &branch, &credentials);
        self.out.push_back((peer, bytes.clone()));
        let phase = Phase::Trying { again: now.plus_ms(T1) };
        let until = now.plus_ms(T1_64);
        self.clients.push(Client {
            request,
            purpose,
            branch,
            peer,
            bytes,
            phase,
            interval: T1,
            until,
            tries,
        });
    }

    pub(super) fn tick_clients(&mut self, now: Instant) {
        let mut timed_out = Vec::new();
        for client in &mut self.clients {
            let Phase::Trying { again } = &mut client.phase else { continue };
            if now >= client.until {
                timed_out.push(client.purpose.clone());
                client.phase = Phase::Completed { ack: None };
            } else if now >= *again {
                let cap = if client.request.method == Method::Invite { T1_64 } else { T2 };
                client.interval = (client.interval * 2).min(cap);
                *again = now.plus_ms(client.interval);
                if !self.config.transport.is_reliable() {
                    self.out.push_back((client.peer, client.bytes.clone()));
                }
            }
        }
        for purpose in timed_out {
            self.finished(now, purpose, 408, "");
        }
    }

    /// Throws away what can no longer be asked for.
    pub(super) fn forget(&mut self, now: Instant) {
        let completed = |client: &Client| matches!(client.phase, Phase::Completed { .. });
        self.clients.retain(|client| !completed(client) || now < client.until);
        self.answered.retain(|answered| now < answered.until);
        self.forget_calls(now);
    }

    pub(super) fn response(&mut self, now: Instant, message: &Message<'_>) {
        let branch = message.via.as_ref().and_then(|via| via.branch).unwrap_or(&[]);
        let (Some(status), Some(cseq)) = (message.code(), &message.cseq) else { return };
        let found = self.clients.iter().position(|client| {
            client.branch.as_bytes() == branch
                && client.request.method == cseq.method
                && client.request.cseq == cseq.number
        });
        let Some(at) = found else { return self.repeated_success(message, status) };
        let client = &mut self.clients[at];
        let invite = client.request.method == Method::Invite;
        if let Phase::Completed { ack } = &client.phase {
            match ack {
                Some(ack) if status >= 300 => self.out.push_back((client.peer, ack.clone())),
                _ => self.repeated_success(message, status),
            }
            return;
        }
        if status < 200 {
            match (&mut client.phase, invite) {
                (phase, true) => *phase = Phase::Proceeding,
                (Phase::Trying { .. }, false) => client.interval = T2,
                (Phase::Proceeding | Phase::Completed { .. }, false) => {}
            }
            let purpose = client.purpose.clone();
            self.learn_early(&purpose, message);
            self.acknowledge_early(now, &purpose, message);
            return self.progressed(now, &purpose, status);
        }
        client.until = now.plus_ms(T1_64);
        let ack = (invite && status >= 300).then(|| refusal_ack(client, &self.config.via(), message));
        client.phase = Phase::Completed { ack: ack.clone() };
        let (purpose, peer, tries) = (client.purpose.clone(), client.peer, client.tries);
        if let Some(ack) = ack {
            self.out.push_back((peer, ack));
        }
        let stale = message.challenges.iter().any(|challenge| challenge.stale);
        let may_retry = tries == 0 || (stale && tries < 3);
        if status == 401 && may_retry && self.take_challenge(message) {
            return self.retry(now, at, tries + 1);
        }
        match (&purpose, status) {
            (Purpose::Invite(call), 200..=299) => {
                let call = call.clone();
                self.connected(now, &call, message);
            }
            (Purpose::Reinvite(call), 200..=299) => {
                let call = call.clone();
                self.changed(&call, message);
            }
            _ => self.finished_with(now, purpose, status, message),
        }
    }

    fn retry(&mut self, now: Instant, at: usize, tries: u8) {
        let Client { request, purpose, peer, .. } = &self.clients[at];
        let (mut request, purpose, peer) = (request.clone(), purpose.clone(), *peer);
        request.cseq += 1;
        match &purpose {
            Purpose::Register { .. } => self.registration.cseq = request.cseq,
            Purpose::Invite(call) => self.renumber(call, request.cseq),
            Purpose::Options
            | Purpose::Reinvite(_)
            | Purpose::Bye(_)
            | Purpose::Cancel
            | Purpose::Info
            | Purpose::Prack => {}
            Purpose::Refer => {
                // The dialog counts on from here.
                let call = self.calls.iter_mut().find(|call| call.call_id == request.call_id);
                call.into_iter().for_each(|call| call.local_cseq = call.local_cseq.max(request.cseq));
            }
        }
        let branch = format!("z9hG4bK{}", self.token());
        self.begin_with(now, request, purpose, peer, branch, tries);
    }

    fn finished_with(&mut self, now: Instant, purpose: Purpose, status: u16, message: &Message<'_>) {
        if let (Purpose::Register { expires_s: 1.. }, 200..=299) = (&purpose, status) {
            let granted = message.contact.first().and_then(|contact| contact.expires());
            self.registration.granted_s = granted.or(message.expires).unwrap_or(0);
            let half = u64::from(self.registration.granted_s) * 500;
            self.registration.refresh_at = self.config.refresh.then(|| now.plus_ms(half));
        }
        self.finished(now, purpose, status, &text::reason(message));
    }

    /// A request is over, but an INVITE that was accepted.
    fn finished(&mut self, now: Instant, purpose: Purpose, status: u16, reason: &str) {
        match purpose {
            Purpose::Register { expires_s: 0 } if status < 300 => {
                self.registration.granted_s = 0;
                self.tell(PhoneEvent::Unregistered);
            }
            Purpose::Register { .. } if status < 300 => self.tell(PhoneEvent::Registered),
            Purpose::Register { .. } => self.tell(PhoneEvent::RegisterFailed(status)),
            Purpose::Options => self.tell(PhoneEvent::Answered { method: Method::Options, status }),
            Purpose::Reinvite(call) => {
                self.unchanged(&call);
                self.tell(PhoneEvent::Answered { method: Method::Invite, status });
            }
            Purpose::Invite(call) => self.over(now, &call, status, reason),
            Purpose::Bye(call) => self.over(now, &call, 200, ""),
            Purpose::Info => self.tell(PhoneEvent::Answered { method: Method::Info, status }),
            Purpose::Refer => self.tell(PhoneEvent::Answered { method: Method::Refer, status }),
            Purpose::Cancel | Purpose::Prack => {}
        }
    }

    /// Whether a request other than INVITE has not been answered before.
    pub(super) fn is_new(&self, message: &Message<'_>) -> bool {
        let branch = message.via.as_ref().and_then(|via| via.branch).unwrap_or(&[]);
        self.answered.iter().all(|one| one.branch != branch || Some(one.method) != message.method())
    }

    /// Answers a request other than INVITE, and the same way when it comes again.
    pub(super) fn answer_once(&mut self, now: Instant, from: SocketAddr, message: &Message<'_>, status: u16) {
        let branch = message.via.as_ref().and_then(|via| via.branch).unwrap_or(&[]).to_vec();
        let method = message.method().unwrap_or(Method::Other);
        let given = self.answered.iter().find(|one| one.branch == branch && one.method == method);
        let bytes = match given {
            Some(given) => given.bytes.clone(),
            None => {
                let tag = self.token();
                let bytes = text::response(message, status, &tag, "", &[]);
                self.answered.push(Answered {
                    branch,
                    method,
                    bytes: bytes.clone(),
                    until: now.plus_ms(T1_64),
                });
                bytes
            }
        };
        self.out.push_back((from, bytes));
    }
}

/// The ACK of a refusal: same branch, To from the response (RFC 3261 section 17.1.1.3).
fn refusal_ack(client: &Client, us: &str, message: &Message<'_>) -> Vec<u8> {
    let to = message.to.as_ref().map(|to| text::lossy(to.text)).unwrap_or_default();
    let ack =
        Request { method: Method::Ack, to, extra: String::new(), body: Vec::new(), ..client.request.clone() };
    ack.render(us, &client.branch, "")
}
