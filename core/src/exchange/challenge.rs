//! Digest challenges: one `WWW-Authenticate` for each algorithm, most preferred first (RFC 8760 section 2.3).

use super::Exchange;
use crate::base::{Crypto, Flow, Instant};
use crate::registration::{Nonce, Offer};
use crate::wire::sip::Message;
use crate::wire::write::Sink;

/// The answer to a short request is at most so many times as long: whoever writes another's address into requests must not have him hit by
/// more. It is offered the first algorithms then, and one always.
const MOST: usize = 3;
/// No request of a phone is as short: one with an address in Via, Contact and Max-Forwards is offered all algorithms.
const SHORT: usize = 200;
/// Octets behind the challenges.
const END: usize = b"Content-Length: 0\r\n\r\n".len();

impl<C: Crypto> Exchange<'_, C> {
    /// 401. `user` decides which algorithms are offered; nothing in the answer tells whether there is such a user (R81).
    pub(super) fn challenge(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        source: Flow,
        user: &[u8],
        stale: bool,
    ) {
        let Some(policy) = self.policy else { return };
        self.statistics.challenged = self.statistics.challenged.wrapping_add(1);
        self.nonce_number = self.nonce_number.wrapping_add(1);
        let nonce = Nonce { issued: now, number: self.nonce_number }.text(source.ip(), &mut self.crypto);
        let offer = Offer::for_user(&policy.image, user, self.sip.hash(5, &[user]));
        let realm = policy.image.text(policy.image.system().realm).as_bytes();
        let crypto = &self.crypto;
        let len = message.bytes.len();
        let most = if len < SHORT { len.saturating_mul(MOST) } else { usize::MAX };
        self.sip.reply(message, source, 401, |out| {
            let mut before = 0;
            for algorithm in offer.algorithms().filter(|algorithm| crypto.knows(*algorithm)) {
                // Each is about as long as the one before it.
                let with_one_more = out.len().saturating_mul(2).saturating_sub(before).saturating_add(END);
                if before > 0 && with_one_more > most {
                    break;
                }
                before = out.len();
                out.put(b"WWW-Authenticate: Digest realm=\"");
                out.put(realm);
                out.put(b"\", nonce=\"");
                out.put(&nonce);
                out.put(b"\", algorithm=");
                out.put(algorithm.name().as_bytes());
                out.put(b", qop=\"auth,auth-int\"");
                out.put(if stale { b", stale=true\r\n" } else { b"\r\n" });
            }
        });
    }
}
