//! Requests and responses, made and remembered.

use super::again::patience;
use super::{Key, Machine, Request, Sip, Transaction};
use crate::base::{Flow, Handle, Instant};
use crate::media::Body;
use crate::signalling::Dialog;
use crate::signalling::render::{self, Head, Marks};
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
            cseq: message.cseq.as_ref().map_or(0, |cseq| cseq.number),
            cookie: key.check,
            hash: key.hash,
            peer: render::response_flow(message, source),
            echo,
            ..Transaction::of(machine, leg, method)
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
        let method = message.method().unwrap_or(Method::Other);
        let transaction = Transaction {
            cookie: key.check,
            hash: key.hash,
            peer: render::response_flow(message, source),
            text,
            ..Transaction::of(Machine::Server(server::State::Trying), Handle::NONE, method)
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
        if let Some(text) = out.finish() {
            self.responds(now, timers, (handle, event), text);
        }
    }

    /// Accepts an INVITE with a stored description, which stays the caller's.
    pub fn accept(
        &mut self,
        now: Instant,
        timers: &mut Timers<'_>,
        handle: Handle,
        extra: impl FnOnce(&mut PageWriter<'_, '_>),
        body: Text,
    ) {
        let Some(transaction) = self.transactions.get(handle).copied() else { return };
        let mut out = self.pages.writer();
        render::status_line(&mut out, 200);
        out.put_text(transaction.echo, 0, transaction.echo.len());
        extra(&mut out);
        stored(&mut out, b"application/sdp", body);
        if let Some(text) = out.finish() {
            self.responds(now, timers, (handle, invite_server::Event::Success), text);
        }
    }

    fn responds(
        &mut self,
        now: Instant,
        timers: &mut Timers<'_>,
        (handle, event): (Handle, invite_server::Event),
        text: Text,
    ) {
        let Some(transaction) = self.transactions.get_mut(handle) else { return self.pages.release(text) };
        let (method, before) = (transaction.method, core::mem::replace(&mut transaction.text, text));
        self.pages.release(before);
        if method == Method::Invite {
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
        let over = dialog.far.next_hop.transport;
        // Who has been heard is where its requests go.
        let others = if dialog.far.tag == 0 { dialog.others } else { 0 };
        let machine = if method == Method::Invite {
            Machine::InviteClient(invite_client::State::within(now, over, patience(others)))
        } else {
            Machine::Client(client::State::new(now, over))
        };
        let transaction = Transaction {
            cseq: dialog.local_cseq,
            cookie,
            peer: dialog.far.next_hop,
            proves: dialog.proves,
            others,
            ..Transaction::of(machine, leg, method)
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
        if let (Some((text, marks)), Some(transaction)) = (text, self.transactions.get_mut(handle)) {
            (transaction.text, transaction.marks) = (text, marks);
        }
        self.send_again(handle);
        self.watch(timers, handle);
        Some(handle)
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
            // Nobody asks for credentials of it (RFC 3261 section 22.1).
            proves: false,
            others: 0,
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
        if let (Some((text, _)), Some(transaction)) = (text, self.transactions.get_mut(handle)) {
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
            let Some((text, _)) = self.render(&dialog, &head, |_| {}, Text::EMPTY) else { return };
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
        // What was good for the INVITE is so for its ACK (RFC 3261 section 22.1).
        let proof = |out: &mut PageWriter<'_, '_>| out.put_text(dialog.proof, 0, dialog.proof.len());
        let Some((text, _)) = self.render(&dialog, &head, proof, body) else { return };
        // The next INVITE has credentials of its own.
        [dialog.ack, dialog.proof].into_iter().for_each(|text| self.pages.release(text));
        if let Some(dialog) = self.dialog_mut(leg) {
            (dialog.ack, dialog.proof) = (text, Text::EMPTY);
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
    ) -> Option<(Text, Marks)> {
        let mut out = self.pages.writer();
        let marks = render::request_head(&mut out, dialog, head);
        extra(&mut out);
        if body.is_empty() {
            render::body(&mut out, &Body::NONE);
        } else {
            // What becomes of a transfer is told in a message of its own kind (RFC 3515 section 2.4.5).
            let kind: &[u8] = if head.method == Method::Notify {
                b"message/sipfrag;version=2.0"
            } else if head.method == Method::Info {
                b"application/dtmf-relay"
            } else {
                b"application/sdp"
            };
            stored(&mut out, kind, body);
        }
        Some((out.finish()?, Marks { body: render::position(body.len()), ..marks }))
    }
}

/// A stored body of that kind, and the lines that say so.
fn stored(out: &mut PageWriter<'_, '_>, kind: &[u8], body: Text) {
    out.line(&[b"Content-Type: ", kind]);
    out.put(b"Content-Length: ");
    out.number(u64::try_from(body.len()).unwrap_or(0));
    out.put(b"\r\n\r\n");
    out.put_text(body, 0, body.len());
}
