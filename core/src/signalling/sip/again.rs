//! A request of ours goes out again, with credentials (RFC 3261 section 22.2): another branch, the next CSeq, the same otherwise.

use super::{Machine, Sip, Transaction};
use crate::base::{Algorithm, Handle, Instant};
use crate::signalling::render::{self, Marks, position};
use crate::signalling::transaction::{client, invite_client};
use crate::table::{Text, Timers};
use crate::wire::sip::Method;
use crate::wire::write::Sink;

/// Octets of a branch behind its cookie.
const TOKEN: usize = 28;

/// A request that was refused for want of credentials.
#[derive(Clone, Copy, Debug)]
pub struct Refused {
    transaction: Transaction,
}

impl Refused {
    /// How it went out.
    #[must_use]
    pub const fn transaction(&self) -> &Transaction {
        &self.transaction
    }
}

impl Sip<'_> {
    /// Keeps the text of a request for the moment; none if it may not go out again. [`again`](Self::again) or
    /// [`let_go`](Self::let_go) must follow.
    pub(crate) fn refused(&mut self, handle: Handle) -> Option<Refused> {
        let transaction = self.transactions.get(handle).copied()?;
        if !transaction.proves || transaction.text.is_empty() {
            return None;
        }
        self.pages.share(transaction.text);
        Some(Refused { transaction })
    }

    /// It does not go out again.
    pub(crate) fn let_go(&mut self, refused: &Refused) {
        self.pages.release(refused.transaction.text);
    }

    /// Its Request-URI, if that is no longer than `buffer`.
    pub(crate) fn request_uri<'b>(&self, refused: &Refused, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        let Transaction { method, marks, text, .. } = refused.transaction;
        let from = method.as_bytes().len().saturating_add(1);
        let mut len: usize = 0;
        for chunk in self.pages.chunks(text, from, marks.uri_end.into()) {
            let end = len.checked_add(chunk.len())?;
            buffer.get_mut(len..end)?.iter_mut().zip(chunk).for_each(|(slot, byte)| *slot = *byte);
            len = end;
        }
        buffer.get(..len)
    }

    /// Its body, page by page.
    pub(crate) fn body(&self, refused: &Refused) -> impl Iterator<Item = &[u8]> {
        let Transaction { marks, text, .. } = refused.transaction;
        self.pages.chunks(text, text.len().saturating_sub(marks.body.into()), text.len())
    }

    /// Sends it again with these header lines, in a new client transaction; none without room. The lines are given up to this.
    pub(crate) fn again(
        &mut self,
        now: Instant,
        timers: &mut Timers<'_>,
        refused: &Refused,
        cookie: u64,
        (proof, algorithm): (Text, Algorithm),
    ) -> Option<Handle> {
        let former = refused.transaction;
        let Transaction { method, marks, text, peer, leg, .. } = former;
        let machine = if method == Method::Invite {
            Machine::InviteClient(invite_client::State::new(now, peer.transport))
        } else {
            Machine::Client(client::State::new(now, peer.transport))
        };
        let last = self.dialog(leg).map_or(former.cseq, |dialog| dialog.local_cseq);
        let cseq = last.saturating_add(1);
        let inserted = self.transactions.insert(Transaction {
            cseq,
            cookie,
            peer,
            marks: Marks { proof: position(proof.len()), ..marks },
            proves: true,
            tries: former.tries.saturating_add(1),
            proof: Some(algorithm),
            ..Transaction::of(machine, leg, method)
        });
        let handle = inserted.ok();
        let token = handle.map(|handle| render::token(handle, cookie));
        let mut out = self.pages.writer();
        let (branch, line) = (usize::from(marks.branch), usize::from(marks.cseq));
        out.put_text(text, 0, branch);
        out.put(token.as_ref().map_or(&[], |token| token.as_slice()));
        out.put_text(text, branch.saturating_add(TOKEN), line);
        render::cseq_line(&mut out, cseq, method.as_bytes());
        out.put_text(proof, 0, proof.len());
        let behind =
            line.saturating_add(cseq_line_len(former.cseq, method)).saturating_add(marks.proof.into());
        out.put_text(text, behind, text.len());
        let made = out.finish();
        self.pages.release(text);
        let (Some(handle), Some(made)) = (handle, made) else {
            self.pages.release(made.unwrap_or(Text::EMPTY));
            self.pages.release(proof);
            if let Some(handle) = handle {
                self.transactions.remove(handle);
            }
            return None;
        };
        if let Some(transaction) = self.transactions.get_mut(handle) {
            transaction.text = made;
        }
        let mut unused = proof;
        if let Some(dialog) = self.dialog_mut(leg) {
            dialog.local_cseq = cseq;
            if method == Method::Invite {
                dialog.invite = handle;
                unused = core::mem::replace(&mut dialog.proof, proof);
            }
        }
        self.pages.release(unused);
        self.send_again(handle);
        self.watch(timers, handle);
        Some(handle)
    }
}

/// Octets of a CSeq line.
fn cseq_line_len(number: u32, method: Method) -> usize {
    let digits = number.checked_ilog10().unwrap_or(0).saturating_add(1);
    let around = b"CSeq:  \r\n".len().saturating_add(method.as_bytes().len());
    usize::try_from(digits).unwrap_or(0).saturating_add(around)
}
