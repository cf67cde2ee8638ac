//! A request of ours goes out again, the same but for its branch: with credentials and the next CSeq (RFC 3261 section 22.2), or to another
//! server (RFC 3263 section 4.3).

use super::{Machine, Sip, Transaction};
use crate::base::{Algorithm, Flow, Handle, Instant};
use crate::signalling::render::{self, Marks, position};
use crate::signalling::transaction::{T1_64, client, invite_client};
use crate::table::{Text, Timers};
use crate::wire::sip::Method;
use crate::wire::write::Sink;

/// Octets of a branch behind its cookie.
const TOKEN: usize = 28;

/// A request that was refused, or not answered.
#[derive(Clone, Copy, Debug)]
pub struct Refused {
    transaction: Transaction,
}

/// How a request goes out again.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    /// With these header lines, which have credentials by this algorithm; with the next CSeq. The text is given up to it.
    Proved(Text, Algorithm),
    /// To another server, over the same transport, as it was (RFC 3263 section 4.3).
    Elsewhere(Flow),
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
        if !transaction.is_kept() || transaction.text.is_empty() {
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

    /// Whether nobody has answered a request for as long as is waited where it may go to another server.
    pub(crate) fn gives_up(&self, now: Instant, handle: Handle) -> bool {
        let Some(transaction) = self.transactions.get(handle).filter(|one| one.others > 0) else {
            return false;
        };
        match transaction.machine {
            Machine::InviteClient(invite_client::State::Calling { until, .. })
            | Machine::Client(client::State::Trying { until, .. }) => now >= until,
            Machine::InviteClient(_) | Machine::Client(_) | Machine::InviteServer(_) | Machine::Server(_) => {
                false
            }
        }
    }

    /// Sends it again, in a new client transaction; none without room. What it was kept by is given back.
    pub(crate) fn again(
        &mut self,
        now: Instant,
        timers: &mut Timers<'_>,
        refused: &Refused,
        cookie: u64,
        way: Way,
    ) -> Option<Handle> {
        let former = refused.transaction;
        let Transaction { method, marks, text, leg, .. } = former;
        let last = self.dialog(leg).map_or(former.cseq, |dialog| dialog.local_cseq);
        let (next, proof) = match way {
            Way::Proved(proof, algorithm) => (
                Transaction {
                    cseq: last.saturating_add(1),
                    marks: Marks { proof: position(proof.len()), ..marks },
                    tries: former.tries.saturating_add(1),
                    proof: Some(algorithm),
                    ..former
                },
                proof,
            ),
            Way::Elsewhere(peer) => {
                (Transaction { peer, others: former.others.saturating_sub(1), ..former }, Text::EMPTY)
            }
        };
        let (over, patience) = (next.peer.transport, patience(next.others));
        let machine = if method == Method::Invite {
            Machine::InviteClient(invite_client::State::within(now, over, patience))
        } else {
            Machine::Client(client::State::within(now, over, patience))
        };
        let fresh = Transaction {
            cookie,
            text: Text::EMPTY,
            echo: Text::EMPTY,
            cancel: Handle::NONE,
            machine,
            ..next
        };
        let handle = self.transactions.insert(fresh).ok();
        let token = handle.map(|handle| render::token(handle, cookie));
        let mut out = self.pages.writer();
        let (branch, line) = (usize::from(marks.branch), usize::from(marks.cseq));
        out.put_text(text, 0, branch);
        out.put(token.as_ref().map_or(&[], |token| token.as_slice()));
        out.put_text(text, branch.saturating_add(TOKEN), line);
        render::cseq_line(&mut out, next.cseq, method.as_bytes());
        out.put_text(proof, 0, proof.len());
        let former_proof = if proof.is_empty() { 0 } else { usize::from(marks.proof) };
        let behind = line.saturating_add(cseq_line_len(former.cseq, method)).saturating_add(former_proof);
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
            dialog.local_cseq = dialog.local_cseq.max(next.cseq);
            if method == Method::Invite {
                dialog.invite = handle;
                dialog.others = next.others;
                if let Way::Elsewhere(peer) = way {
                    dialog.far.next_hop = peer;
                }
                if !proof.is_empty() {
                    unused = core::mem::replace(&mut dialog.proof, proof);
                }
            }
        }
        self.pages.release(unused);
        self.send_again(handle);
        self.watch(timers, handle);
        Some(handle)
    }
}

/// How long an answer is waited for: with other servers to go to only as long as a request is sent four times (RFC 3263 section 4.3 would
/// wait for timer B and F, 32 s, at each of them).
pub(super) const fn patience(others: u8) -> u64 {
    if others > 0 { 4_000 } else { T1_64 }
}

/// Octets of a CSeq line.
fn cseq_line_len(number: u32, method: Method) -> usize {
    let digits = number.checked_ilog10().unwrap_or(0).saturating_add(1);
    let around = b"CSeq:  \r\n".len().saturating_add(method.as_bytes().len());
    usize::try_from(digits).unwrap_or(0).saturating_add(around)
}
