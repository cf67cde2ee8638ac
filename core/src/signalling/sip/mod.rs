//! The tables of SIP: transactions, dialogs, stored texts, and what is to be sent.

mod again;
mod apart;
mod begun;
mod drive;
mod messages;
mod prove;
mod sort;

pub use again::{Refused, Way};
pub use apart::{Enrolment, Probe, Told};
pub use prove::{MAX_URI, Proven};
pub use sort::Belongs;

use super::dialog::{Dialog, Far};
use super::render;
use super::transaction::{client, invite_client, invite_server, server};
use crate::base::{Algorithm, Flow, Handle, Instant, Outbox, Transport};
use crate::table::{Index, Pages, Slab, Text};
use crate::wire::sip::{Message, Method, Replaces};
use core::hash::Hasher;
use core::net::SocketAddr;
use siphasher::sip::SipHasher13;

/// The longest message sent or taken. An answer can be longer than its request (compact names are written out); one that
/// would be longer than this is not sent.
pub const MAX_MESSAGE: usize = 8_192;

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
    peer: Flow,
    /// The message to send again.
    text: Text,
    /// A server's: the echoed head of its responses. An INVITE client's: its ACK of a refusal.
    echo: Text,
    /// The CANCEL of an INVITE client transaction.
    cancel: Handle,
    /// A client's: what of its message is another when it goes out again with credentials.
    marks: render::Marks,
    /// Whether it may: credentials are there for who may ask for some.
    pub proves: bool,
    /// So many other servers it may go to, if this one fails.
    pub others: u8,
    /// How often it has.
    pub tries: u8,
    /// The algorithm of the credentials that it has.
    pub proof: Option<Algorithm>,
}

/// A message waiting to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing {
    /// Its bytes.
    pub text: Text,
    /// Where to.
    pub to: Flow,
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
    /// Messages not sent because they were too long.
    pub(crate) oversized: u64,
    index: Index<'m>,
    us: SocketAddr,
    /// The same over TCP and TLS, if this engine has them.
    streams: [Option<SocketAddr>; 2],
    instance: u16,
    /// Nothing longer is sent.
    pub(crate) longest: u16,
    hasher: SipHasher13,
}

impl<'m> Sip<'m> {
    /// Over the caller's tables. `us` is the address that peers reach this engine at; `seed` is random.
    pub fn new(tables: Tables<'m>, us: SocketAddr, instance: u16, seed: (u64, u64)) -> Self {
        let Tables { transactions, index, dialogs, pages, outgoing } = tables;
        dialogs.iter_mut().for_each(|dialog| *dialog = Dialog::EMPTY);
        let hasher = SipHasher13::new_with_keys(seed.0, seed.1);
        Self {
            transactions,
            dialogs,
            pages,
            outgoing,
            oversized: 0,
            index,
            us,
            streams: [None; 2],
            instance,
            longest: MAX_MESSAGE as u16,
            hasher,
        }
    }

    /// The same over other tables: as long as these, but for the queue, which need only hold what is queued.
    pub(crate) fn fork<'n>(&self, tables: Tables<'n>) -> Sip<'n> {
        tables.dialogs.iter_mut().zip(self.dialogs.iter()).for_each(|(to, from)| *to = *from);
        Sip {
            transactions: tables.transactions,
            dialogs: tables.dialogs,
            pages: tables.pages,
            outgoing: tables.outgoing,
            oversized: self.oversized,
            index: tables.index,
            us: self.us,
            streams: self.streams,
            instance: self.instance,
            longest: self.longest,
            hasher: self.hasher,
        }
    }

    /// The index of transactions.
    pub(crate) const fn index(&self) -> &Index<'m> {
        &self.index
    }

    /// The tables, given back.
    pub(crate) fn into_tables(self) -> Tables<'m> {
        let Self { transactions, dialogs, pages, outgoing, index, .. } = self;
        Tables { transactions, index, dialogs, pages, outgoing }
    }

    /// The address that peers reach this engine at.
    #[must_use]
    pub const fn us(&self) -> SocketAddr {
        self.us
    }

    /// The same over a transport; where this engine does not have it, that of UDP.
    #[must_use]
    pub fn us_over(&self, transport: Transport) -> SocketAddr {
        self.stream(transport).unwrap_or(self.us)
    }

    /// Whether this engine can send over a transport.
    #[must_use]
    pub fn speaks(&self, transport: Transport) -> bool {
        !transport.is_reliable() || self.stream(transport).is_some()
    }

    /// Our end of what goes to a peer.
    pub(super) fn ours(&self, to: Flow) -> Flow {
        Flow::new(self.us_over(to.transport), to.transport)
    }

    /// Tells where peers reach this engine over a transport.
    pub fn listen(&mut self, transport: Transport, us: SocketAddr) {
        match transport {
            Transport::Udp => self.us = us,
            Transport::Tcp => self.streams[0] = Some(us),
            Transport::Tls => self.streams[1] = Some(us),
        }
    }

    fn stream(&self, transport: Transport) -> Option<SocketAddr> {
        let [tcp, tls] = self.streams;
        match transport {
            Transport::Udp => None,
            Transport::Tcp => tcp,
            Transport::Tls => tls,
        }
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
            && dialog.far.tag == self.tag_hash(theirs)
            && usize::from(dialog.call_id_len) == message.call_id.len()
            && self.starts_with(dialog.fixed, message.call_id);
        fits.then_some(leg)
    }

    /// The leg of the dialog that a party means by Replaces (RFC 3891 section 3): our tag is the one to receive it.
    #[must_use]
    pub fn find_replaced(&self, replaces: &Replaces<'_>) -> Option<Handle> {
        let (leg, cookie) = render::parse_token(replaces.to_tag, self.instance)?;
        let dialog = self.dialog(leg)?;
        let fits = dialog.cookie == cookie
            && dialog.far.tag == self.tag_hash(replaces.from_tag)
            && usize::from(dialog.call_id_len) == replaces.call_id.len()
            && self.starts_with(dialog.fixed, replaces.call_id);
        fits.then_some(leg)
    }

    /// What [`Far::tag`](super::dialog::Far) holds for a tag.
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
}

impl Transaction {
    /// Where its messages go.
    #[must_use]
    pub const fn peer(&self) -> Flow {
        self.peer
    }

    /// Octets that every answer to it begins with, behind the status line.
    #[must_use]
    pub fn echoed(&self) -> usize {
        self.echo.len()
    }

    /// Its message stays until it is answered finally: it may go out again.
    const fn is_kept(&self) -> bool {
        self.proves || self.others > 0
    }

    /// One without texts, to and from nobody.
    const fn of(machine: Machine, leg: Handle, method: Method) -> Self {
        Self {
            machine,
            leg,
            method,
            cseq: 0,
            cookie: 0,
            hash: 0,
            peer: Far::EMPTY.next_hop,
            text: Text::EMPTY,
            echo: Text::EMPTY,
            cancel: Handle::NONE,
            marks: render::Marks::NONE,
            proves: false,
            others: 0,
            tries: 0,
            proof: None,
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
