//! The tables of SIP: transactions, dialogs, stored texts, and what is to be sent.

use super::dialog::Dialog;
use super::render::{self, Head};
use super::transaction::{Action, Actions, client, invite_client, invite_server, server};
use crate::base::{Handle, Instant, Outbox};
use crate::table::pages::PageWriter;
use crate::table::{Index, Pages, Slab, Text, Timers};
use crate::wire::sip::{Message, Method};
use crate::wire::write::Sink;
use core::hash::Hasher;
use core::net::SocketAddr;
use siphasher::sip::SipHasher13;

/// Which machine a transaction runs.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Machine {
    /// Their INVITE.
    InviteServer(invite_server::State),
    /// Our INVITE.
    InviteClient(invite_client::State),
    /// Their other request.
    Server(server::State),
    /// Our other request.
    Client(client::State),
}

/// One transaction in the table.
#[derive(Clone, Copy, Debug)]
pub struct Transaction {
    /// Its machine.
    pub machine: Machine,
    /// The leg it serves, if any.
    pub leg: Handle,
    /// Its method.
    pub method: Method,
    /// CSeq number.
    pub cseq: u32,
    /// A client's: the random part of its branch. A server's: the second half of its key.
    cookie: u64,
    /// A server's: the first half of its key.
    hash: u64,
    /// Where its messages go.
    peer: SocketAddr,
    /// The message to send again.
    text: Text,
    /// A server's: the echoed head of its responses. An INVITE client's: its ACK of a refusal.
    echo: Text,
    /// The CANCEL of an INVITE client transaction.
    cancel: Handle,
}

/// A message waiting to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing {
    /// Its bytes.
    pub text: Text,
    /// Where to.
    pub to: SocketAddr,
}

/// A request to be made.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Random, for the branch.
    pub cookie: u64,
    /// A stored session description, or none.
    pub body: Text,
}

/// The caller's tables, for [`Sip::new`].
#[derive(Debug)]
pub struct Tables<'m> {
    /// Transactions.
    pub transactions: Slab<'m, Transaction>,
    /// Server transactions by key.
    pub index: Index<'m>,
    /// One for each leg.
    pub dialogs: &'m mut [Dialog],
    /// Texts.
    pub pages: Pages<'m>,
    /// What is to be sent.
    pub outgoing: Outbox<'m, Outgoing>,
}

/// What identifies a server transaction (RFC 3261 section 17.2.3), as 128 seeded bits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Key {
    hash: u64,
    check: u64,
}

/// What a transaction tells the layer above when time passes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TimedOut {
    /// The leg.
    pub leg: Handle,
    /// The request that was not answered, or for a server INVITE the response that was not acknowledged.
    pub machine: Machine,
}

/// The tables.
#[derive(Debug)]
pub struct Sip<'m> {
    pub(crate) transactions: Slab<'m, Transaction>,
    pub(crate) dialogs: &'m mut [Dialog],
    pub(crate) pages: Pages<'m>,
    pub(crate) outgoing: Outbox<'m, Outgoing>,
    index: Index<'m>,
    us: SocketAddr,
    instance: u16,
    hasher: SipHasher13,
}

impl<'m> Sip<'m> {
    /// Over the caller's tables. `us` is the address that peers reach this engine at; `seed` is random.
    pub fn new(tables: Tables<'m>, us: SocketAddr, instance: u16, seed: (u64, u64)) -> Self {
        let Tables { transactions, index, dialogs, pages, outgoing } = tables;
        dialogs.iter_mut().for_each(|dialog| *dialog = Dialog::EMPTY);
        let hasher = SipHasher13::new_with_keys(seed.0, seed.1);
        Self { transactions, dialogs, pages, outgoing, index, us, instance, hasher }
    }

    /// The address that peers reach this engine at.
    #[must_use]
    pub const fn us(&self) -> SocketAddr {
        self.us
    }

    /// A seeded hash; different `domain`s are unrelated.
    #[must_use]
    pub fn hash(&self, domain: u8, parts: &[&[u8]]) -> u64 {
        let mut hasher = self.hasher;
        hasher.write(&[domain]);
        for part in parts {
            hasher.write(part);
            hasher.write(&[0xFF]);
        }
        hasher.finish()
    }

    /// The key of the server transaction that a request belongs to; an ACK's or CANCEL's is that of its INVITE.
    #[must_use]
    pub fn key(&self, message: &Message<'_>, method: &[u8]) -> Key {
        let via = message.via.as_ref();
        let branch = via.and_then(|via| via.branch).unwrap_or(&[]);
        let sent_by = via.map_or(&[][..], |via| via.sent_by);
        let half = |domain| {
            if branch.len() > 7 && branch.starts_with(b"z9hG4bK") {
                return self.hash(domain, &[branch, sent_by, method]);
            }
            // Without the cookie the branch may repeat (section 17.2.3): more fields tell transactions apart.
            let from_tag = message.from.as_ref().and_then(|from| from.tag()).unwrap_or(&[]);
            let cseq = message.cseq.as_ref().map_or(0, |cseq| cseq.number).to_le_bytes();
            let via = via.map_or(&[][..], |via| via.text);
            self.hash(domain, &[via, from_tag, message.call_id, &cseq, method])
        };
        Key { hash: half(1), check: half(2) }
    }

    /// The server transaction with this key.
    #[must_use]
    pub fn find_server(&self, key: Key) -> Option<Handle> {
        let matches = |slot| {
            let transaction =
                self.transactions.handle_at(slot).and_then(|handle| self.transactions.get(handle));
            transaction.is_some_and(|transaction| transaction.cookie == key.check)
        };
        self.index.find(key.hash, matches).and_then(|slot| self.transactions.handle_at(slot))
    }

    /// The client transaction that a response's top Via names, if the branch is one of ours.
    #[must_use]
    pub fn find_client(&self, message: &Message<'_>) -> Option<Handle> {
        let branch = message.via.as_ref()?.branch?.strip_prefix(b"z9hG4bK")?;
        let (handle, cookie) = render::parse_token(branch, self.instance)?;
        let transaction = self.transactions.get(handle)?;
        (transaction.cookie == cookie).then_some(())?;
        let cseq = message.cseq.as_ref()?;
        let wanted = if cseq.method == Method::Cancel { transaction.cancel } else { handle };
        let found = self.transactions.get(wanted)?;
        (found.method == cseq.method && found.cseq == cseq.number).then_some(wanted)
    }

    /// The leg whose dialog a request is in: our tag, their tag and the Call-ID must all fit (RFC 3261 section 12.2.2).
    #[must_use]
    pub fn find_dialog(&self, message: &Message<'_>) -> Option<Handle> {
        let tag = message.to.as_ref()?.tag()?;
        let (leg, cookie) = render::parse_token(tag, self.instance)?;
        let dialog = self.dialog(leg)?;
        let theirs = message.from.as_ref()?.tag().unwrap_or(&[]);
        let fits = dialog.cookie == cookie
            && dialog.remote_tag == self.tag_hash(theirs)
            && usize::from(dialog.call_id_len) == message.call_id.len()
            && self.starts_with(dialog.fixed, message.call_id);
        fits.then_some(leg)
    }

    /// What [`Dialog::remote_tag`] holds for a tag.
    #[must_use]
    pub fn tag_hash(&self, tag: &[u8]) -> u64 {
        self.hash(3, &[tag]) | 1
    }

    fn starts_with(&self, text: Text, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        for chunk in self.pages.chunks(text, 0, bytes.len()) {
            match rest.strip_prefix(chunk) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        rest.is_empty()
    }

    /// A leg's dialog; none for a stale handle.
    #[must_use]
    pub fn dialog(&self, leg: Handle) -> Option<&Dialog> {
        let dialog = self.dialogs.get(usize::try_from(leg.index()).ok()?)?;
        (dialog.leg == leg && leg != Handle::NONE).then_some(dialog)
    }

    /// A leg's dialog, to change.
    pub fn dialog_mut(&mut self, leg: Handle) -> Option<&mut Dialog> {
        let dialog = self.dialogs.get_mut(usize::try_from(leg.index()).ok()?)?;
        (dialog.leg == leg && leg != Handle::NONE).then_some(dialog)
    }

    /// Begins a dialog in the slot of its leg.
    pub fn open_dialog(&mut self, dialog: Dialog) {
        let slot = usize::try_from(dialog.leg.index()).ok().and_then(|at| self.dialogs.get_mut(at));
        if let Some(slot) = slot {
            *slot = dialog;
        }
    }

    /// Answers without keeping state (RFC 3261 section 8.2.7): the same request gets the same tag again.
    pub fn reply(
        &mut self,
        message: &Message<'_>,
        source: SocketAddr,
        status: u16,
        extra: impl FnOnce(&mut PageWriter<'_, '_>),
    ) {
        let branch = message.via.as_ref().map_or(&[][..], |via| via.text);
        let tag = render::token(Handle::NONE, self.hash(4, &[branch, message.call_id]));
        let mut out = self.pages.writer();
        render::status_line(&mut out, status);
        render::echo(&mut out, message, source, &tag);
        extra(&mut out);
        render::body(&mut out, &[]);
        if let Some(text) = out.finish() {
            self.send_once(text, render::response_address(message, source));
        }
    }

    /// Begins a server transaction for an INVITE.
    pub fn begin_invite_server(
        &mut self,
        message: &Message<'_>,
        source: SocketAddr,
        key: Key,
        leg: Handle,
        tag: &[u8],
    ) -> Option<Handle> {
        let mut out = self.pages.writer();
        render::echo(&mut out, message, source, tag);
        let echo = out.finish()?;
        let transaction = Transaction {
            machine: Machine::InviteServer(invite_server::State::Proceeding),
            leg,
            method: Method::Invite,
            cseq: message.cseq.as_ref().map_or(0, |cseq| cseq.number),
            cookie: key.check,
            hash: key.hash,
            peer: render::response_address(message, source),
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
        source: SocketAddr,
        key: Key,
        status: u16,
    ) {
        let mut out = self.pages.writer();
        render::status_line(&mut out, status);
        render::echo(&mut out, message, source, &[]);
        render::body(&mut out, &[]);
        let Some(text) = out.finish() else { return };
        let transaction = Transaction {
            machine: Machine::Server(server::State::Trying),
            leg: Handle::NONE,
            method: message.method().unwrap_or(Method::Other),
            cseq: 0,
            cookie: key.check,
            hash: key.hash,
            peer: render::response_address(message, source),
            text,
            echo: Text::EMPTY,
            cancel: Handle::NONE,
        };
        match self.insert_server(transaction) {
            Some(handle) => self.server_event(now, timers, handle, server::Event::Final),
            // No slot: a repetition will be answered 481, which ends it as well.
            None => self.send_once(text, render::response_address(message, source)),
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

    /// Sends a response in an INVITE server transaction and remembers it.
    pub fn respond(
        &mut self,
        now: Instant,
        timers: &mut Timers<'_>,
        handle: Handle,
        status: u16,
        extra: impl FnOnce(&mut PageWriter<'_, '_>),
        body: &[u8],
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
        let event = match status {
            100..=199 => invite_server::Event::Provisional,
            200..=299 => invite_server::Event::Success,
            _ => invite_server::Event::Failure,
        };
        self.invite_server_event(now, timers, handle, event);
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
            Machine::InviteClient(invite_client::State::new(now))
        } else {
            Machine::Client(client::State::new(now))
        };
        let transaction = Transaction {
            machine,
            leg,
            method,
            cseq: dialog.local_cseq,
            cookie,
            hash: 0,
            peer: dialog.next_hop,
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
            us: self.us,
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

    /// Cancels our INVITE: same branch, its own transaction (RFC 3261 section 9.1).
    pub fn cancel(&mut self, now: Instant, timers: &mut Timers<'_>, leg: Handle) {
        let Some(dialog) = self.dialog(leg).copied() else { return };
        let Some(invite) = self.transactions.get(dialog.invite).copied() else { return };
        let transaction = Transaction {
            machine: Machine::Client(client::State::new(now)),
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
            us: self.us,
            max_forwards: 70,
        };
        let text = self.render(&dialog, &head, |_| {}, Text::EMPTY);
        if let (Some(text), Some(transaction)) = (text, self.transactions.get_mut(handle)) {
            transaction.text = text;
        }
        self.send_again(handle);
        self.watch(timers, handle);
    }

    /// Acknowledges a refusal of our INVITE, hop by hop (RFC 3261 section 17.1.1.3). The ACK is kept where a server
    /// transaction keeps its echo, because the dialog may be gone when the refusal comes again.
    fn acknowledge_refusal(&mut self, invite: Handle, response: &Message<'_>) {
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
                us: self.us,
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

    /// Acknowledges the acceptance of our INVITE, end to end, and keeps the ACK for repetitions.
    pub fn acknowledge(&mut self, leg: Handle, cookie: u64, body: &[u8]) {
        let Some(dialog) = self.dialog(leg).copied() else { return };
        let Some(invite) = self.transactions.get(dialog.invite).copied() else { return };
        let (branch, tag) = (render::token(Handle::NONE, cookie), render::token(leg, dialog.cookie));
        let head = Head {
            method: Method::Ack,
            cseq: invite.cseq,
            branch: &branch,
            tag: &tag,
            to: None,
            us: self.us,
            max_forwards: 70,
        };
        let mut out = self.pages.writer();
        render::request_head(&mut out, &dialog, &head);
        render::body(&mut out, body);
        let Some(text) = out.finish() else { return };
        self.pages.release(dialog.ack);
        if let Some(dialog) = self.dialog_mut(leg) {
            dialog.ack = text;
        }
        self.repeat_acknowledgement(leg);
    }

    /// Sends the kept ACK again.
    pub fn repeat_acknowledgement(&mut self, leg: Handle) {
        let Some(dialog) = self.dialog(leg).copied() else { return };
        if !dialog.ack.is_empty() {
            self.pages.share(dialog.ack);
            self.send_once(dialog.ack, dialog.next_hop);
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
            render::body(&mut out, &[]);
        } else {
            out.put(b"Content-Type: application/sdp\r\nContent-Length: ");
            out.number(u64::try_from(body.len()).unwrap_or(0));
            out.put(b"\r\n\r\n");
            out.put_text(body, 0, body.len());
        }
        out.finish()
    }

    /// Feeds an INVITE server transaction.
    pub fn invite_server_event(
        &mut self,
        now: Instant,
        timers: &mut Timers<'_>,
        handle: Handle,
        event: invite_server::Event,
    ) {
        let Some(transaction) = self.transactions.get_mut(handle) else { return };
        if let Machine::InviteServer(state) = &mut transaction.machine {
            let actions = state.handle(now, event);
            self.perform(timers, handle, &actions);
        }
    }

    /// Feeds another server transaction.
    pub fn server_event(
        &mut self,
        now: Instant,
        timers: &mut Timers<'_>,
        handle: Handle,
        event: server::Event,
    ) {
        let Some(transaction) = self.transactions.get_mut(handle) else { return };
        if let Machine::Server(state) = &mut transaction.machine {
            let actions = state.handle(now, event);
            self.perform(timers, handle, &actions);
        }
    }

    /// Feeds a response to a client transaction. True if it is to be handed up.
    pub fn response(
        &mut self,
        now: Instant,
        timers: &mut Timers<'_>,
        handle: Handle,
        message: &Message<'_>,
    ) -> bool {
        let code = message.code().unwrap_or(0);
        let Some(transaction) = self.transactions.get_mut(handle) else { return false };
        let actions = match &mut transaction.machine {
            Machine::InviteClient(state) => {
                let event = match code {
                    ..=199 => invite_client::Event::Provisional,
                    200..=299 => invite_client::Event::Success,
                    300.. => invite_client::Event::Failure,
                };
                state.handle(now, event)
            }
            Machine::Client(state) => {
                let event = if code < 200 { client::Event::Provisional } else { client::Event::Final };
                state.handle(now, event)
            }
            Machine::InviteServer(_) | Machine::Server(_) => return false,
        };
        if actions.contains(&Action::Acknowledge) {
            self.acknowledge_refusal(handle, message);
        }
        self.perform(timers, handle, &actions);
        actions.contains(&Action::Deliver)
    }

    /// Lets time pass for one transaction.
    pub fn tick(&mut self, now: Instant, timers: &mut Timers<'_>, slot: u32) -> Option<TimedOut> {
        let handle = self.transactions.handle_at(slot)?;
        let transaction = self.transactions.get_mut(handle)?;
        let actions = match &mut transaction.machine {
            Machine::InviteServer(state) => state.handle(now, invite_server::Event::Tick),
            Machine::InviteClient(state) => state.handle(now, invite_client::Event::Tick),
            Machine::Server(state) => state.handle(now, server::Event::Tick),
            Machine::Client(state) => state.handle(now, client::Event::Tick),
        };
        let told = TimedOut { leg: transaction.leg, machine: transaction.machine };
        self.perform(timers, handle, &actions);
        actions.contains(&Action::TimedOut).then_some(told)
    }

    fn perform(&mut self, timers: &mut Timers<'_>, handle: Handle, actions: &Actions) {
        for action in actions {
            match action {
                Action::Send => self.send_again(handle),
                Action::Terminated => self.drop_transaction(timers, handle),
                Action::Acknowledge | Action::Deliver | Action::TimedOut => {}
            }
        }
        self.release_texts(handle);
        self.watch(timers, handle);
    }

    /// Gives back what will not be sent again: transactions linger for up to 32 seconds, their texts need not.
    fn release_texts(&mut self, handle: Handle) {
        let Some(transaction) = self.transactions.get_mut(handle) else { return };
        let (text, echo) = match transaction.machine {
            Machine::InviteServer(
                invite_server::State::Accepted { retry: None, .. } | invite_server::State::Confirmed { .. },
            ) => (true, true),
            // Only the final response is still sent, and it holds what was echoed.
            Machine::InviteServer(
                invite_server::State::Accepted { retry: Some(_), .. } | invite_server::State::Completed { .. },
            ) => (false, true),
            Machine::InviteClient(
                invite_client::State::Proceeding
                | invite_client::State::Completed { .. }
                | invite_client::State::Accepted { .. },
            )
            | Machine::Client(client::State::Completed { .. }) => (true, false),
            Machine::InviteServer(invite_server::State::Proceeding | invite_server::State::Terminated)
            | Machine::InviteClient(invite_client::State::Calling { .. } | invite_client::State::Terminated)
            | Machine::Client(
                client::State::Trying { .. } | client::State::Proceeding { .. } | client::State::Terminated,
            )
            | Machine::Server(_) => (false, false),
        };
        let take = |wanted, text: &mut Text| {
            if wanted { core::mem::replace(text, Text::EMPTY) } else { Text::EMPTY }
        };
        let gone = [take(text, &mut transaction.text), take(echo, &mut transaction.echo)];
        gone.into_iter().for_each(|text| self.pages.release(text));
    }

    /// Ends a transaction without a word.
    pub fn drop_transaction(&mut self, timers: &mut Timers<'_>, handle: Handle) {
        let Some(transaction) = self.transactions.remove(handle) else { return };
        match transaction.machine {
            Machine::InviteServer(_) | Machine::Server(_) => {
                self.index.remove(transaction.hash, handle.index())
            }
            Machine::InviteClient(_) | Machine::Client(_) => {}
        }
        self.pages.release(transaction.text);
        self.pages.release(transaction.echo);
        timers.set(handle.index(), None);
    }

    fn watch(&self, timers: &mut Timers<'_>, handle: Handle) {
        let Some(transaction) = self.transactions.get(handle) else { return };
        timers.set(handle.index(), transaction.machine.next_deadline());
    }

    fn send_again(&mut self, handle: Handle) {
        let Some(transaction) = self.transactions.get(handle).copied() else { return };
        if !transaction.text.is_empty() {
            self.pages.share(transaction.text);
            self.send_once(transaction.text, transaction.peer);
        }
    }

    /// Queues a text; the queue is its (further) user.
    fn send_once(&mut self, text: Text, to: SocketAddr) {
        match self.outgoing.reserve(1) {
            Ok(mut room) => room.push(Outgoing { text, to }),
            Err(_) => self.pages.release(text),
        }
    }

    /// Lets go of everything that a leg's dialog holds.
    pub fn drop_dialog(&mut self, now: Instant, timers: &mut Timers<'_>, leg: Handle) {
        let Some(dialog) = self.dialog(leg).copied() else { return };
        for text in [dialog.fixed, dialog.remote, dialog.offer, dialog.ack] {
            self.pages.release(text);
        }
        match self.transactions.get(dialog.invite).map(|transaction| transaction.machine) {
            // Nobody is left who would hear an ACK: the 2xx need not be sent again.
            Some(Machine::InviteServer(_)) => {
                self.invite_server_event(now, timers, dialog.invite, invite_server::Event::AckSuccess);
            }
            // Never answered finally: nothing that still comes could be used.
            Some(Machine::InviteClient(
                invite_client::State::Calling { .. } | invite_client::State::Proceeding,
            )) => {
                self.drop_transaction(timers, dialog.invite);
            }
            Some(Machine::InviteClient(_) | Machine::Server(_) | Machine::Client(_)) | None => {}
        }
        if let Some(dialog) = self.dialog_mut(leg) {
            *dialog = Dialog::EMPTY;
        }
    }
}

impl Machine {
    /// When it next wants to be ticked.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        match self {
            Self::InviteServer(state) => state.next_deadline(),
            Self::InviteClient(state) => state.next_deadline(),
            Self::Server(state) => state.next_deadline(),
            Self::Client(state) => state.next_deadline(),
        }
    }
}
