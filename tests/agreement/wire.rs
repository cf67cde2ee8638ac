//! The wire: phones with digest credentials, far ends of trunks, and what they see of a call.
//!
//! A phone asks for a nonce once, at its registration; its INVITEs bring credentials and a higher count each. Whoever
//! is called refuses with 486, so every call is over before the next one begins.

use super::answer::Answer;
use super::attempts::Attempt;
use super::message::{Message, parameter, user};
use std::collections::{HashMap, HashSet};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};
use strowger::base::{Algorithm, Crypto as _, Soft};
use strowger_testkit::model::{Device, Model};
use strowger_testkit::oracle::Party;

/// Trunks that a policy can have.
const TRUNKS: u8 = 4;
/// How long anything on loopback may take.
const PATIENCE: Duration = Duration::from_secs(8);

/// The sockets of one worker: all phones share one, each far end has an address of its own.
pub(crate) struct Wire {
    phones: UdpSocket,
    far_ends: Vec<UdpSocket>,
    daemon: SocketAddr,
    sessions: HashMap<String, Session>,
    answered: HashSet<String>,
    /// Requests so far; numbers that never repeat are made of it.
    count: u64,
    run: u32,
    /// INVITEs that had to be sent twice, because a nonce was not taken.
    pub(crate) challenged: u64,
}

/// What a phone knows of its registrar.
struct Session {
    username: String,
    password: String,
    realm: String,
    nonce: String,
    used: u32,
}

/// A request that waits for its answer.
struct Request {
    method: &'static str,
    uri: String,
    /// From, with its tag.
    from: String,
    to: String,
    call: String,
    number: u32,
    branch: String,
    extra: String,
}

impl Wire {
    /// Opens the sockets of a worker. Trunks are told by their address, so each has one.
    pub(crate) fn new(worker: u8) -> Self {
        let open = |ip: Ipv4Addr| {
            let socket = UdpSocket::bind((ip, 0)).expect("every address 127.x.y.z is of this machine");
            socket.set_nonblocking(true).expect("sockets need not block");
            socket
        };
        let far_ends = (1..=TRUNKS).map(|n| open(Ipv4Addr::new(127, 80, worker, n))).collect();
        Self {
            phones: open(Ipv4Addr::LOCALHOST),
            far_ends,
            daemon: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            sessions: HashMap::new(),
            answered: HashSet::new(),
            count: 0,
            run: std::process::id() << 8 | u32::from(worker),
            challenged: 0,
        }
    }

    /// Addresses of the far ends.
    pub(crate) fn far_ends(&self) -> Vec<SocketAddr> {
        self.far_ends.iter().map(|socket| socket.local_addr().expect("a bound socket has one")).collect()
    }

    /// Registers all phones at a new daemon.
    pub(crate) fn begin(&mut self, daemon: SocketAddr, model: &Model) -> Result<(), String> {
        self.daemon = daemon;
        self.answered.clear();
        while self.next().is_some() {}
        self.sessions =
            model.devices.iter().map(|device| (device.dn.clone(), Session::new(device))).collect();
        for Device { dn, .. } in &model.devices {
            let mut request = self.request("REGISTER", format!("sip:{daemon}"), dn, dn, &self.phones);
            let contact = self.phones.local_addr().map_err(|why| why.to_string())?;
            request.extra = format!("Contact: <sip:{dn}@{contact}>\r\nExpires: 3600\r\n");
            let (status, _) = self.with_credentials(dn, request)?;
            if status != 200 {
                return Err(format!("{dn} could not register: {status}"));
            }
        }
        Ok(())
    }

    /// Makes one attempt, and says what was to be seen of it.
    pub(crate) fn attempt(&mut self, model: &Model, attempt: &Attempt) -> Result<Answer, String> {
        let uri = match attempt.sent.as_str() {
            "" => format!("sip:{}", self.daemon),
            sent => format!("sip:{sent}@{}", self.daemon),
        };
        let (mut request, trunk) = match &attempt.from {
            Party::Device(dn) => (self.request("INVITE", uri, dn, "called", &self.phones), None),
            Party::Trunk(name) => {
                let trunk =
                    model.trunks.iter().position(|trunk| trunk.name == *name).ok_or("no such trunk")?;
                (self.request("INVITE", uri, "6135559999", "called", &self.far_ends[trunk]), Some(trunk))
            }
            Party::User { .. } | Party::Unknown => unreachable!("guests and strangers are left out"),
        };
        let caller = |wire: &Self| match trunk {
            Some(trunk) => wire.far_ends[trunk].local_addr(),
            None => wire.phones.local_addr(),
        };
        let contact = caller(self).map_err(|why| why.to_string())?;
        request.extra = format!("Contact: <sip:caller@{contact}>\r\n");
        let (status, seen) = match (&attempt.from, trunk) {
            (Party::Device(dn), _) => self.with_credentials(dn, request)?,
            (Party::Trunk(_) | Party::User { .. } | Party::Unknown, trunk) => {
                self.exchange(&request, "", trunk)?
            }
        };
        seen.answer(model, status)
    }

    /// Sends with the nonce in use; with the new one, if that is refused.
    fn with_credentials(&mut self, dn: &str, mut request: Request) -> Result<(u16, Seen), String> {
        for _ in 0..2 {
            let line = self.sessions.get_mut(dn).ok_or("no such phone")?.credentials(&request);
            let (status, seen) = self.exchange(&request, &line, None)?;
            if status != 401 {
                return Ok((status, seen));
            }
            let challenge = &seen.challenge;
            let session = self.sessions.get_mut(dn).ok_or("no such phone")?;
            (session.realm, session.nonce) =
                (parameter(challenge, "realm").to_owned(), parameter(challenge, "nonce").to_owned());
            session.used = 0;
            self.challenged += u64::from(request.method == "INVITE");
            request.number += 1;
            self.count += 1;
            request.branch = format!("z9hG4bK-{}-{}", self.run, self.count);
        }
        Err(format!("{dn} was challenged twice"))
    }

    fn request(&self, method: &'static str, uri: String, from: &str, to: &str, by: &UdpSocket) -> Request {
        let unique = format!("{}-{}-{}", self.run, self.daemon.port(), self.count + 1);
        let (host, us) = (self.daemon, by.local_addr().map_or_else(|_| String::new(), |at| at.to_string()));
        Request {
            method,
            uri,
            from: format!("<sip:{from}@{host}>;tag={unique}"),
            to: if method == "REGISTER" { format!("<sip:{to}@{host}>") } else { format!("<sip:{host}>") },
            call: format!("{unique}@{us}"),
            number: 1,
            branch: format!("z9hG4bK-{unique}"),
            extra: String::new(),
        }
    }

    /// Sends a request and plays everybody's part until its final response is there.
    fn exchange(
        &mut self,
        request: &Request,
        credentials: &str,
        trunk: Option<usize>,
    ) -> Result<(u16, Seen), String> {
        self.count += 1;
        self.send(request, request.method, &request.to, credentials, trunk);
        let mut seen = Seen::default();
        let end = Instant::now() + PATIENCE;
        loop {
            let Some((at, datagram)) = self.wait(end) else {
                return Err(format!(
                    "no answer to {} {} within {PATIENCE:?}, seen {seen:?}",
                    request.method, request.uri
                ));
            };
            let Some(message) = Message::read(&datagram) else { continue };
            if message.request().is_some() {
                self.called(at, &message, &mut seen);
                continue;
            }
            if message.header("call-id") != request.call || !message.answers(request.method) {
                continue;
            }
            match message.status().unwrap_or(0) {
                183 if message.header("warning").contains("account-code") && seen.prompt.is_empty() => {
                    // `399 host "rule"`: a code is asked for. We have none to give.
                    seen.prompt = message.header("warning").split('"').nth(1).unwrap_or("").to_owned();
                    self.send(request, "CANCEL", &request.to, "", trunk);
                }
                0..=199 => {}
                status => {
                    if request.method == "INVITE" {
                        self.send(request, "ACK", message.header("to"), "", trunk);
                    }
                    seen.reason = message.header("reason").to_owned();
                    seen.challenge = message.header("www-authenticate").to_owned();
                    return Ok((status, seen));
                }
            }
        }
    }

    /// A request reaches a phone or a far end: whoever is called is busy.
    fn called(&mut self, at: usize, message: &Message, seen: &mut Seen) {
        let Some(("INVITE", uri)) = message.request() else { return };
        if self.answered.insert(message.branch().to_owned()) {
            seen.called.push((at, user(uri)));
        }
        let socket = if at == 0 { &self.phones } else { &self.far_ends[at - 1] };
        let _ = socket.send_to(message.response("486 Busy Here", "busy").as_bytes(), self.daemon);
    }

    fn send(&self, request: &Request, method: &str, to: &str, credentials: &str, trunk: Option<usize>) {
        let socket = trunk.map_or(&self.phones, |trunk| &self.far_ends[trunk]);
        let us = socket.local_addr().map_or_else(|_| String::new(), |at| at.to_string());
        let Request { uri, from, call, number, branch, extra, .. } = request;
        let extra = if method == request.method { extra } else { "" };
        let text = format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {us};branch={branch}\r\nMax-Forwards: 70\r\nFrom: {from}\r\n\
             To: {to}\r\nCall-ID: {call}\r\nCSeq: {number} {method}\r\n{extra}{credentials}Content-Length: 0\r\n\r\n"
        );
        // Lost is lost: then the answer is missed, and that is said.
        let _ = socket.send_to(text.as_bytes(), self.daemon);
    }

    /// The next datagram from the daemon, and whom it reached: 0 the phones, then the far ends.
    fn next(&self) -> Option<(usize, Vec<u8>)> {
        let mut buffer = [0; 4096];
        let sockets = std::iter::once(&self.phones).chain(&self.far_ends);
        sockets.enumerate().find_map(|(at, socket)| {
            loop {
                match socket.recv_from(&mut buffer) {
                    Ok((len, from)) if from == self.daemon => return Some((at, buffer[..len].to_vec())),
                    Ok(_) => {}
                    Err(_) => return None,
                }
            }
        })
    }

    fn wait(&self, end: Instant) -> Option<(usize, Vec<u8>)> {
        // The daemon needs some tens of microseconds and perhaps this processor: it is let go first, then longer.
        for turn in 0_u32.. {
            if let Some(found) = self.next() {
                return Some(found);
            }
            if turn < 200 {
                std::thread::yield_now();
            } else if Instant::now() > end {
                return None;
            } else {
                std::thread::sleep(Duration::from_micros(100));
            }
        }
        None
    }
}

/// What was to be seen of one request.
#[derive(Debug, Default)]
struct Seen {
    /// Who got an INVITE, in order: 0 the phones, then the far ends; and the user of its Request-URI.
    called: Vec<(usize, String)>,
    /// The rule in the `Warning` of a prompt for an account code.
    prompt: String,
    reason: String,
    challenge: String,
}

impl Seen {
    fn answer(self, model: &Model, status: u16) -> Result<Answer, String> {
        let mut answer = Answer::default();
        let rule = parameter(&self.reason, "text");
        if let Some((at, user)) = self.called.first() {
            answer.set("goes", "yes");
            match at.checked_sub(1).and_then(|trunk| model.trunks.get(trunk)) {
                Some(trunk) => {
                    answer.set("to", format!("trunk:{}", trunk.name));
                    answer.set("outpulsed", user);
                }
                // A phone is called at its contact.
                None => answer.set("to", format!("device:{user}")),
            }
            if status != 486 || !rule.is_empty() {
                return Err(format!("who was called is busy, and the caller heard {status} {}", self.reason));
            }
            return Ok(answer);
        }
        answer.set("goes", "no");
        if !self.prompt.is_empty() {
            if status != 487 {
                return Err(format!("the caller of a prompted call gave up, and heard {status}"));
            }
            answer.set("verdict", "account-code");
            answer.set("rule", self.prompt);
            return Ok(answer);
        }
        answer.set("rule", rule);
        answer.set("status", status.to_string());
        answer.set("q850", parameter(&self.reason, "cause"));
        Ok(answer)
    }
}

impl Session {
    fn new(device: &Device) -> Self {
        let (username, password) = (device.username.clone(), device.password.clone());
        Self { username, password, realm: String::new(), nonce: String::new(), used: 0 }
    }

    /// The `Authorization` line (RFC 7616 section 3.4), or nothing before the first challenge.
    fn credentials(&mut self, request: &Request) -> String {
        if self.nonce.is_empty() {
            return String::new();
        }
        self.used += 1;
        let hash = |parts: &[&str]| {
            let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
            let (hex, length) = Soft::new(&[0; 32]).digest(Algorithm::Sha256, &parts).hex();
            String::from_utf8_lossy(&hex[..length]).into_owned()
        };
        let Self { username, password, realm, nonce, used } = self;
        let (count, uri) = (format!("{used:08x}"), &request.uri);
        let ours = hash(&[username, ":", realm, ":", password]);
        let asked = hash(&[request.method, ":", uri]);
        let response = hash(&[&ours, ":", nonce, ":", &count, ":c0ffee:auth:", &asked]);
        format!(
            "Authorization: Digest username=\"{username}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\", algorithm=SHA-256, qop=auth, nc={count}, cnonce=\"c0ffee\"\r\n"
        )
    }
}
