//! Requests of ours outside of any dialog: what somebody is told, and a REGISTER at a carrier.

use super::again::patience;
use super::{Machine, Sip, Transaction};
use crate::base::{Flow, Handle, Instant};
use crate::signalling::render::{self, Marks, position};
use crate::signalling::transaction::client;
use crate::table::{Text, Timers};
use crate::wire::sip::Method;
use crate::wire::write::Sink;

/// Whom a message outside of any dialog goes to.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// Where it goes.
    pub to: Flow,
    /// The URI it is for.
    pub target: &'a [u8],
    /// The number it is for.
    pub number: &'a [u8],
}

/// Where we register, and as whom (RFC 3261 section 10.2).
#[derive(Clone, Copy, Debug)]
pub struct Enrolment<'a> {
    /// Where the registrar is reached.
    pub to: Flow,
    /// Its host, and its port if it has one of its own.
    pub host: &'a [u8],
    /// The user that we are there.
    pub user: &'a [u8],
    /// The same for all requests to it, random.
    pub call_id: u64,
    /// Higher than that of the last request.
    pub cseq: u32,
    /// For how long, in seconds.
    pub expires_s: u32,
    /// What we take, as header lines without the last end.
    pub able: &'a [u8],
    /// We have a password for who asks.
    pub proves: bool,
    /// Servers that can be tried if this one does not answer.
    pub others: u8,
}

/// Whom we ask whether it is there (RFC 3261 section 11).
#[derive(Clone, Copy, Debug)]
pub struct Probe<'a> {
    /// Where it goes.
    pub to: Flow,
    /// The user that we are there.
    pub user: &'a [u8],
    /// How long its answer is waited for, in milliseconds.
    pub patience_ms: u64,
}

impl Sip<'_> {
    /// Sends OPTIONS outside of any dialog, in a new client transaction; `cookies` are random.
    pub fn probe(
        &mut self,
        now: Instant,
        timers: &mut Timers<'_>,
        probe: &Probe<'_>,
        cookies: [u64; 3],
    ) -> Option<Handle> {
        let ([cookie, tag, call_id], Probe { to, user, patience_ms }) = (cookies, *probe);
        let machine = Machine::Client(client::State::within(now, to.transport, patience_ms));
        let transaction = Transaction {
            cseq: 1,
            cookie,
            peer: to,
            ..Transaction::of(machine, Handle::NONE, Method::Options)
        };
        let handle = self.transactions.insert(transaction).ok()?;
        let us = self.ours(to);
        let mut out = self.pages.writer();
        out.put(b"OPTIONS sip:");
        out.socket_address(to.peer);
        out.line(&[to.transport.parameter().as_bytes(), b" SIP/2.0"]);
        render::via(&mut out, us);
        out.line(&[b";rport;branch=z9hG4bK", &render::token(handle, cookie)]);
        out.line(&[b"Max-Forwards: 70"]);
        out.put(b"From: <sip:");
        render::user(&mut out, user);
        out.put(b"@");
        out.socket_address(us.peer);
        out.line(&[b">;tag=", &render::token(Handle::NONE, tag)]);
        out.put(b"To: <sip:");
        out.socket_address(to.peer);
        out.line(&[b">"]);
        out.line(&[b"Call-ID: ", &render::token(Handle::NONE, call_id)]);
        render::cseq_line(&mut out, 1, Method::Options.as_bytes());
        render::body(&mut out, &crate::media::Body::NONE);
        if let (Some(text), Some(transaction)) = (out.finish(), self.transactions.get_mut(handle)) {
            transaction.text = text;
        }
        self.send_again(handle);
        self.watch(timers, handle);
        Some(handle)
    }

    /// Sends a stored text in a MESSAGE (RFC 3428), outside of any dialog; `cookies` are random. The text stays the caller's.
    /// What comes back is of no consequence.
    pub fn tell(
        &mut self,
        now: Instant,
        timers: &mut Timers<'_>,
        told: &Told<'_>,
        cookies: [u64; 3],
        body: Text,
    ) {
        let [cookie, call_id, tag] = cookies;
        let machine = Machine::Client(client::State::new(now, told.to.transport));
        let transaction = Transaction {
            cseq: 1,
            cookie,
            peer: told.to,
            ..Transaction::of(machine, Handle::NONE, Method::Message)
        };
        let Ok(handle) = self.transactions.insert(transaction) else { return };
        let (us, via) = (self.us, self.ours(told.to));
        let mut out = self.pages.writer();
        out.line(&[b"MESSAGE ", told.target, b" SIP/2.0"]);
        render::via(&mut out, via);
        out.line(&[b";rport;branch=z9hG4bK", &render::token(handle, cookie)]);
        out.line(&[b"Max-Forwards: 70"]);
        out.put(b"From: \"Emergency\" <sip:emergency@");
        out.socket_address(us);
        out.line(&[b">;tag=", &render::token(Handle::NONE, tag)]);
        out.put(b"To: <sip:");
        out.put(told.number);
        out.put(b"@");
        out.socket_address(us);
        out.line(&[b">"]);
        out.line(&[b"Call-ID: ", &render::token(Handle::NONE, call_id)]);
        out.line(&[b"CSeq: 1 MESSAGE"]);
        out.line(&[b"Priority: emergency"]);
        out.line(&[b"Content-Type: text/plain;charset=utf-8"]);
        out.put(b"Content-Length: ");
        out.number(u64::try_from(body.len()).unwrap_or(0));
        out.put(b"\r\n\r\n");
        out.put_text(body, 0, body.len());
        if let (Some(text), Some(transaction)) = (out.finish(), self.transactions.get_mut(handle)) {
            transaction.text = text;
        }
        self.send_again(handle);
        self.watch(timers, handle);
    }

    /// Sends a REGISTER, in a new client transaction; `cookies` are random.
    pub fn enrol(
        &mut self,
        now: Instant,
        timers: &mut Timers<'_>,
        enrolment: &Enrolment<'_>,
        cookies: [u64; 2],
    ) -> Option<Handle> {
        let ([cookie, tag], to) = (cookies, enrolment.to);
        let patience = patience(enrolment.others);
        let machine = Machine::Client(client::State::within(now, to.transport, patience));
        let transaction = Transaction {
            cseq: enrolment.cseq,
            cookie,
            peer: to,
            proves: enrolment.proves,
            others: enrolment.others,
            ..Transaction::of(machine, Handle::NONE, Method::Register)
        };
        let handle = self.transactions.insert(transaction).ok()?;
        let (us, name) = (self.ours(to), without_port(enrolment.host));
        let mut out = self.pages.writer();
        out.put(b"REGISTER sip:");
        out.put(enrolment.host);
        let uri_end = position(out.len());
        out.put(b" SIP/2.0\r\n");
        render::via(&mut out, us);
        out.put(b";rport;branch=z9hG4bK");
        let branch = position(out.len());
        out.line(&[&render::token(handle, cookie)]);
        out.line(&[b"Max-Forwards: 70"]);
        for header in [b"From: <sip:".as_slice(), b"To: <sip:"] {
            out.put(header);
            render::user(&mut out, enrolment.user);
            out.put(b"@");
            out.put(name);
            out.put(b">");
            if header.starts_with(b"From") {
                out.put(b";tag=");
                out.put(&render::token(Handle::NONE, tag));
            }
            out.put(b"\r\n");
        }
        out.line(&[b"Call-ID: ", &render::token(Handle::NONE, enrolment.call_id)]);
        let cseq = position(out.len());
        render::cseq_line(&mut out, enrolment.cseq, Method::Register.as_bytes());
        out.put(b"Contact: <sip:");
        render::user(&mut out, enrolment.user);
        out.put(b"@");
        out.socket_address(us.peer);
        out.line(&[us.transport.parameter().as_bytes(), b">"]);
        out.put(b"Expires: ");
        out.number(u64::from(enrolment.expires_s));
        out.put(b"\r\n");
        out.line(&[enrolment.able]);
        render::body(&mut out, &crate::media::Body::NONE);
        let text = out.finish();
        if let (Some(text), Some(transaction)) = (text, self.transactions.get_mut(handle)) {
            transaction.text = text;
            transaction.marks = Marks { uri_end, branch, cseq, proof: 0, body: 0 };
        }
        self.send_again(handle);
        self.watch(timers, handle);
        Some(handle)
    }
}

/// A host without its port; one of IPv6 stands in brackets.
fn without_port(host: &[u8]) -> &[u8] {
    let digits = host.iter().rev().take_while(|c| c.is_ascii_digit()).count();
    let rest = host.get(..host.len().saturating_sub(digits)).unwrap_or(host);
    match rest.strip_suffix(b":") {
        Some(name) if !name.contains(&b':') || name.ends_with(b"]") => name,
        Some(_) | None => host,
    }
}

#[cfg(test)]
mod tests {
    use super::without_port;

    #[test]
    fn a_host_loses_its_port_only() {
        let rows = [
            ("sip.example.com", "sip.example.com"),
            ("sip.example.com:5080", "sip.example.com"),
            ("192.0.2.7:5060", "192.0.2.7"),
            ("192.0.2.7", "192.0.2.7"),
            ("[2001:db8::7]:5060", "[2001:db8::7]"),
            ("[2001:db8::7]", "[2001:db8::7]"),
        ];
        for (host, name) in rows {
            assert_eq!(without_port(host.as_bytes()), name.as_bytes());
        }
    }
}
