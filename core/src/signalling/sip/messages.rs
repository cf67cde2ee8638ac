//! Requests and responses, made and remembered.

use super::{Key, Machine, Request, Sip, Told, Transaction};
use crate::base::{Flow, Handle, Instant};
use crate::media::Body;
use crate::signalling::Dialog;
use crate::signalling::render::{self, Head};
use crate::signalling::transaction::{client, invite_client, invite_server, server};
use crate::table::pages::PageWriter;
use crate::table::{Text, Timers};
use crate::wire::sip::{Message, Method};
use crate::wire::write::Sink;

impl Sip<'_> {
    /// Answers without keeping state (RFC 3261 section 8.2.7): the same request gets the same tag again.
    pub fn reply(
        &mut self,
        message: &Message<'_>,
        source: Flow,
        status: u16,
        extra: impl FnOnce(&mut PageWriter<'_, '_>),
    ) {
        let branch = message.via.as_ref().map_or(&[][..], |via| via.text);
        let tag = render::token(Handle::NONE, self.hash(4, &[branch, message.call_id]));
        let mut out = self.pages.writer();
        render::status_line(&mut out, status);
        render::echo(&mut out, message, source, &tag);
        extra(&mut out);
        render::body(&mut out, &Body::NONE);
        if let Some(text) = out.finish() {
            self.send_once(text, render::response_flow(message, source));
        }
    }

    /// Stores a description as it goes on; the text is the caller's.
    pub fn written(&mut self, body: &Body<'_>) -> Option<Text> {
        let mut out = self.pages.writer();
        body.write(&mut out);
        out.finish()
    }

    /// Begins a server transaction for a request that is answered later: an INVITE, or an UPDATE.
    pub fn begin_server(
        &mut self,
        message: &Message<'_>,
        source: Flow,
        key: Key,
        leg: Handle,
        tag: &[u8],
    ) -> Option<Handle> {
        let mut out = self.pages.writer();
        render::echo(&mut out, message, source, tag);
        let echo = out.finish()?;
        let method = message.method().unwrap_or(Method::Other);
        let machine = if method == Method::Invite {
            Machine::InviteServer(invite_server::State::Proceeding)
        } else {
            Machine::Server(server::State::Trying)
        };
        let transaction = Transaction {
            machine,
            leg,
            method,
            cseq: message.cseq.as_ref().map_or(0, |cseq| cseq.number),
            cookie: key.check,
            hash: key.hash,
            peer: render::response_flow(message, source),
            text: Text::EMPTY,
            echo,
            cancel: Handle::NONE,
        };
        self.insert_server(transaction)
    }

    /// Answers a request other than INVITE, and again whenever it comes again.
    pub fn answer(
        &mut self,
        now: Instant,
        timers: &mut Timers<'_>,
        message: &Message<'_>,
        source: Flow,
        key: Key,
        status: u16,
    ) {
        let mut out = self.pages.writer();
        render::status_line(&mut out, status);
        render::echo(&mut out, message, source, &[]);
        render::body(&mut out, &Body::NONE);
        let Some(text) = out.finish() else { return };
        let transaction = Transaction {
            machine: Machine::Server(server::State::Trying),
            leg: Handle::NONE,
            method: message.method().unwrap_or(Method::Other),
            cseq: 0,
            cookie: key.check,
            hash: key.hash,
            peer: render::response_flow(message, source),
            text,
            echo: Text::EMPTY,
            cancel: Handle::NONE,
        };
        match self.insert_server(transaction) {
            Some(handle) => self.server_event(now, timers, handle, server::Event::Final),
            // No slot: a repetition will be answered 481, which ends it as well.
            None => self.send_once(text, render::response_flow(message, source)),
        }
    }

    fn insert_server(&mut self, transaction: Transaction) -> Option<Handle> {
        let hash = transaction.hash;
        let Ok(handle) = self.transactions.insert(transaction) else {
            self.pages.release(transaction.echo);
            return None;
        };
        if !self.index.insert(hash, handle.index()) {
            self.transactions.remove(handle);
            self.pages.release(transaction.echo);
            return None;
        }
        Some(handle)
    }

    /// Sends a response in a server transaction and remembers it.
    pub fn respond(
        &mut self,
        now: Instant,
        timers: &mut Timers<'_>,
        handle: Handle,
        status: u16,
        extra: impl FnOnce(&mut PageWriter<'_, '_>),
        body: &Body<'_>,
    ) {
        let event = match status {
            100..=199 => invite_server::Event::Provisional,
            200..=299 => invite_server::Event::Success,
            _ => invite_server::Event::Failure,
        };
        self.respond_as(now, timers, (handle, event), status, extra, body);
    }

    /// The same, as this event of the machine: a provisional response can be one that is acknowledged.
    pub fn respond_as(
        &mut self,
        now: Instant,
        timers: &mut Timers<'_>,
        (handle, event): (Handle, invite_server::Event),
        status: u16,
        extra: impl FnOnce(&mut PageWriter<'_, '_>),
        body: &Body<'_>,
    ) {
        let Some(transaction) = self.transactions.get(handle).copied() else { return };
        let mut out = self.pages.writer();
        render::status_line(&mut out, status);
        out.put_text(transaction.echo, 0, transaction.echo.len());
        extra(&mut out);
        render::body(&mut out, body);
        let Some(text) = out.finish() else { return };
        self.pages.release(transaction.text);
        if let Some(transaction) = self.transactions.get_mut(handle) {
            transaction.text = text;
        }
        if transaction.method == Method::Invite {
            self.invite_server_event(now, timers, handle, event);
        } else {
            self.server_event(now, timers, handle, server::Event::Final);
        }
    }

    /// Sends a request in the dialog of a leg, in a new client transaction.
    pub fn request(
        &mut self,
        now: Instant,
        timers: &mut Timers<'_>,
        leg: Handle,
        request: Request,
        extra: impl FnOnce(&mut PageWriter<'_, '_>),
    ) -> Option<Handle> {
        let Request { method, cookie, body } = request;
        let dialog = self.dialog_mut(leg)?;
        dialog.local_cseq = dialog.local_cseq.saturating_add(1);
        let dialog = *dialog;
        let machine = if method == Method::Invite {
            Machine::InviteClient(invite_client::State::new(now, dialog.far.next_hop.transport))
        } else {
            Machine::Client(client::State::new(now, dialog.far.next_hop.transport))
        };
        let transaction = Transaction {
            machine,
            leg,
            method,
            cseq: dialog.local_cseq,
            cookie,
            hash: 0,
            peer: dialog.far.next_hop,
            text: Text::EMPTY,
            echo: Text::EMPTY,
            cancel: Handle::NONE,
        };
        let handle = self.transactions.insert(transaction).ok()?;
        let (branch, tag) = (render::token(handle, cookie), render::token(leg, dialog.cookie));
        let head = Head {
            method,
            cseq: dialog.local_cseq,
            branch: &branch,
            tag: &tag,
            to: None,
            us: self.ours(dialog.far.next_hop),
            max_forwards: dialog.max_forwards,
        };
        let text = self.render(&dialog, &head, extra, body);
        if let (Some(text), Some(transaction)) = (text, self.transactions.get_mut(handle)) {
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
        let transaction = Transaction {
            machine: Machine::Client(client::State::new(now, told.to.transport)),
            leg: Handle::NONE,
            method: Method::Message,
            cseq: 1,
            cookie,
            hash: 0,
            peer: told.to,
            text: Text::EMPTY,
            echo: Text::EMPTY,
            cancel: Handle::NONE,
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

    /// Cancels our INVITE: same branch, its own transaction (RFC 3261 section 9.1).
    pub fn cancel(
        &mut self,
        now: Instant,
        timers: &mut Timers<'_>,
        leg: Handle,
        extra: impl FnOnce(&mut PageWriter<'_, '_>),
    ) {
        let Some(dialog) = self.dialog(leg).copied() else { return };
        let Some(invite) = self.transactions.get(dialog.invite).copied() else { return };
        let transaction = Transaction {
            machine: Machine::Client(client::State::new(now, invite.peer.transport)),
            method: Method::Cancel,
            text: Text::EMPTY,
            echo: Text::EMPTY,
            cancel: Handle::NONE,
            ..invite
        };
        let Ok(handle) = self.transactions.insert(transaction) else { return };
        if let Some(invite) = self.transactions.get_mut(dialog.invite) {
            invite.cancel = handle;
        }
        let (branch, tag) = (render::token(dialog.invite, invite.cookie), render::token(leg, dialog.cookie));
        let head = Head {
            method: Method::Cancel,
            cseq: invite.cseq,
            branch: &branch,
            tag: &tag,
            to: None,
            us: self.ours(invite.peer),
            max_forwards: 70,
        };
        let text = self.render(&dialog, &head, extra, Text::EMPTY);
        if let (Some(text), Some(transaction)) = (text, self.transactions.get_mut(handle)) {
            transaction.text = text;
        }
        self.send_again(handle);
        self.watch(timers, handle);
    }

    /// Acknowledges a refusal of our INVITE, hop by hop (RFC 3261 section 17.1.1.3). The ACK is kept where a server
    /// transaction keeps its echo, because the dialog may be gone when the refusal comes again.
    pub(super) fn acknowledge_refusal(&mut self, invite: Handle, response: &Message<'_>) {
        let Some(transaction) = self.transactions.get(invite).copied() else { return };
        if transaction.echo.is_empty() {
            let Some(dialog) = self.dialog(transaction.leg).copied() else { return };
            let (branch, tag) =
                (render::token(invite, transaction.cookie), render::token(transaction.leg, dialog.cookie));
            let head = Head {
                method: Method::Ack,
                cseq: transaction.cseq,
                branch: &branch,
                tag: &tag,
                to: response.to.as_ref().map(|to| to.text),
                us: self.ours(transaction.peer),
                max_forwards: 70,
            };
            if dialog.invite != invite {
                return;
            }
            let Some(text) = self.render(&dialog, &head, |_| {}, Text::EMPTY) else { return };
            if let Some(transaction) = self.transactions.get_mut(invite) {
                transaction.echo = text;
            }
        }
        if let Some(transaction) = self.transactions.get(invite).copied() {
            self.pages.share(transaction.echo);
            self.send_once(transaction.echo, transaction.peer);
        }
    }

    /// Acknowledges the acceptance of our INVITE, end to end, with a stored description or none, and keeps the ACK for
    /// repetitions. The description stays the caller's.
    pub fn acknowledge(&mut self, leg: Handle, cookie: u64, body: Text) {
        let Some(dialog) = self.dialog(leg).copied() else { return };
        let Some(invite) = self.transactions.get(dialog.invite).copied() else { return };
        let (branch, tag) = (render::token(Handle::NONE, cookie), render::token(leg, dialog.cookie));
        let head = Head {
            method: Method::Ack,
            cseq: invite.cseq,
            branch: &branch,
            tag: &tag,
            to: None,
            us: self.ours(dialog.far.next_hop),
            max_forwards: 70,
        };
        let Some(text) = self.render(&dialog, &head, |_| {}, body) else { return };
        self.pages.release(dialog.ack);
        if let Some(dialog) = self.dialog_mut(leg) {
            dialog.ack = text;
            dialog.acknowledged = invite.cseq;
        }
        self.repeat_acknowledgement(leg);
    }

    /// Sends the kept ACK again.
    pub fn repeat_acknowledgement(&mut self, leg: Handle) {
        let Some(dialog) = self.dialog(leg).copied() else { return };
        if !dialog.ack.is_empty() {
            self.pages.share(dialog.ack);
            self.send_once(dialog.ack, dialog.far.next_hop);
        }
    }

    fn render(
        &mut self,
        dialog: &Dialog,
        head: &Head<'_>,
        extra: impl FnOnce(&mut PageWriter<'_, '_>),
        body: Text,
    ) -> Option<Text> {
        let mut out = self.pages.writer();
        render::request_head(&mut out, dialog, head);
        extra(&mut out);
        if body.is_empty() {
            render::body(&mut out, &Body::NONE);
        } else {
            // What becomes of a transfer is told in a message of its own kind (RFC 3515 section 2.4.5).
            let kind: &[u8] = if head.method == Method::Notify {
                b"message/sipfrag;version=2.0"
            } else {
                b"application/sdp"
            };
            out.line(&[b"Content-Type: ", kind]);
            out.put(b"Content-Length: ");
            out.number(u64::try_from(body.len()).unwrap_or(0));
            out.put(b"\r\n\r\n");
            out.put_text(body, 0, body.len());
        }
        out.finish()
    }
}
