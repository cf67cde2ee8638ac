//! Our answers to challenges (RFC 3261 section 22): which request goes out again, and with what.

use super::{Refused, Sip};
use crate::base::{Algorithm, Crypto};
use crate::registration::answer::{self, Account, Answerable, Count};
use crate::registration::digest;
use crate::table::Text;
use crate::wire::sip::Message;
use core::net::{IpAddr, Ipv4Addr};

/// A request goes out so often with credentials: once, and once more if only its nonce was old.
const MOST_TRIES: u8 = 2;
/// The longest Request-URI that is proved.
pub const MAX_URI: usize = 512;
/// Pages that a body can have.
const MAX_PIECES: usize = 40;

/// What is kept of how we have proved ourselves to a server.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Proven {
    /// Seeded hash of the nonce that was answered last, and how often it was.
    nonce: (u64, u32),
    /// The strongest algorithm that was accepted: no weaker one is used any more.
    pub algorithm: Option<Algorithm>,
}

impl Proven {
    /// Nothing was proved yet.
    pub const NONE: Self = Self { nonce: (0, 0), algorithm: None };

    /// How often a nonce will have been answered.
    fn count(&mut self, nonce: u64) -> Option<u32> {
        let count = if self.nonce.0 == nonce { self.nonce.1.checked_add(1)? } else { 1 };
        self.nonce = (nonce, count);
        Some(count)
    }
}

impl Sip<'_> {
    /// The header line by which a refused request may go out again; `None` if its challenge is not answered: not for us, weaker than
    /// before, or answered already. `proxy` says which kind was asked for by the status. Work: three digests.
    pub fn prove(
        &mut self,
        refused: &Refused,
        (message, proxy): (&Message<'_>, bool),
        account: &Account<'_>,
        proven: &mut Proven,
        crypto: &mut impl Crypto,
    ) -> Option<(Text, Algorithm)> {
        let transaction = refused.transaction();
        let chosen = answer::strongest(&message.challenges, proxy, proven.algorithm, account, crypto)?;
        // What was wrong once is wrong again (section 22.3): only an old nonce is worth another try.
        if transaction.tries >= MOST_TRIES || transaction.tries > 0 && !chosen.challenge.stale {
            return None;
        }
        let mut buffer = [0; MAX_URI];
        let uri = self.request_uri(refused, &mut buffer)?;
        let count = proven.count(self.hash(7, &[chosen.challenge.nonce]))?;
        let counted = Count::new(count, crypto.random_u64());
        let response = {
            let mut body = heapless::Vec::<&[u8], MAX_PIECES>::new();
            for piece in self.body(refused) {
                body.push(piece).ok()?;
            }
            let method = transaction.method.as_bytes();
            let request = digest::Request { peer: IpAddr::V4(Ipv4Addr::UNSPECIFIED), method, body: &body };
            chosen.response(account, (&request, uri), &counted, crypto)?
        };
        let mut out = self.pages.writer();
        chosen.write(&mut out, account.username, uri, &counted, &response);
        Some((out.finish()?, chosen.algorithm))
    }

    /// The same for a request that has not gone out yet, by a challenge that was answered before: whoever gets it can ask for nothing
    /// else (RFC 7616 section 3.6).
    pub fn prove_unasked(
        &mut self,
        (method, uri): (&[u8], &[u8]),
        known: &Answerable<'_>,
        account: &Account<'_>,
        proven: &mut Proven,
        crypto: &mut impl Crypto,
    ) -> Option<Text> {
        let request = digest::Request { peer: IpAddr::V4(Ipv4Addr::UNSPECIFIED), method, body: &[] };
        let count = proven.count(self.hash(7, &[known.challenge.nonce]))?;
        let counted = Count::new(count, crypto.random_u64());
        let response = known.response(account, (&request, uri), &counted, crypto)?;
        let mut out = self.pages.writer();
        known.write(&mut out, account.username, uri, &counted, &response);
        out.finish()
    }
}
