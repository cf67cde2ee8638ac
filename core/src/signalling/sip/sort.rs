//! Where a request belongs: to a transaction that is there, to a dialog, or to neither (RFC 3261 sections 8.2, 9.2, 12.2.2, 17.2.3).

use super::{Key, Sip};
use crate::base::{Handle, Instant};
use crate::signalling::Dialog;
use crate::signalling::transaction::{invite_server, server};
use crate::table::Timers;
use crate::wire::sip::{Message, Method};

/// What is to be done with a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Belongs {
    /// Nothing: a transaction has taken it.
    Taken,
    /// It is the ACK of a 2xx, perhaps.
    Acknowledges,
    /// It is a CANCEL, of this INVITE.
    Cancels(Option<Handle>),
    /// It has a To tag: to a dialog, perhaps.
    Within(Key),
    /// It begins something.
    Begins(Key),
}

impl Sip<'_> {
    /// Finds that out; a transaction that knows the request takes it. Constant work.
    #[inline]
    pub fn sort(
        &mut self,
        now: Instant,
        timers: &mut Timers<'_>,
        message: &Message<'_>,
        method: Method,
    ) -> Belongs {
        let key_method = if matches!(method, Method::Ack | Method::Cancel) {
            Method::Invite.as_bytes()
        } else {
            message.cseq.as_ref().map_or(&[][..], |cseq| cseq.method_text)
        };
        let key = self.key(message, key_method);
        match (method, self.find_server(key)) {
            (Method::Ack, Some(invite)) => {
                self.invite_server_event(now, timers, invite, invite_server::Event::Ack);
                Belongs::Taken
            }
            (Method::Ack, None) => Belongs::Acknowledges,
            (Method::Cancel, found) => Belongs::Cancels(found),
            (Method::Invite, Some(invite)) => {
                self.invite_server_event(now, timers, invite, invite_server::Event::Request);
                Belongs::Taken
            }
            (_, Some(other)) => {
                self.server_event(now, timers, other, server::Event::Request);
                Belongs::Taken
            }
            (_, None) if message.to.as_ref().is_some_and(|to| to.tag().is_some()) => Belongs::Within(key),
            (_, None) => Belongs::Begins(key),
        }
    }

    /// The dialog of a request with a To tag, which has its number from now on.
    ///
    /// # Errors
    /// The status of the refusal: 481 for no dialog, 500 for a request that is older than the last. One with the same number is a
    /// repetition: what has no transaction of its own is answered again.
    #[inline]
    pub fn within(&mut self, message: &Message<'_>) -> Result<(Handle, Dialog), u16> {
        let leg = self.find_dialog(message).ok_or(481u16)?;
        let cseq = message.cseq.as_ref().map_or(0, |cseq| cseq.number);
        let dialog = self.dialog_mut(leg).ok_or(481u16)?;
        if dialog.remote_cseq != 0 && cseq < dialog.remote_cseq {
            return Err(500);
        }
        let before = *dialog;
        dialog.remote_cseq = cseq;
        Ok((leg, before))
    }
}
