//! Credentials that we give (RFC 3261 section 22.2, RFC 7616 section 3.4, RFC 8760 section 2.4): which challenge is answered, and how.

use super::digest::{self, Request};
use crate::base::crypto::{Hashed, hex_digit};
use crate::base::{Algorithm, Crypto};
use crate::policy::Keyring;
use crate::policy::keyring::Ha1;
use crate::wire::sip::{Challenge, Credentials};
use crate::wire::write::Sink;

/// Who we are there.
#[derive(Clone, Copy)]
pub struct Account<'a> {
    /// Our user name.
    pub username: &'a [u8],
    /// What we prove it by.
    pub secret: Known<'a>,
}

/// What only we and the server know.
#[derive(Clone, Copy)]
pub enum Known<'a> {
    /// A password.
    Password {
        /// It.
        password: &'a [u8],
        /// For this realm; empty: for any.
        realm: &'a [u8],
    },
    /// What a keyring has of a device: good for one realm.
    Keyring {
        /// The keyring.
        keyring: Keyring<'a>,
        /// The device's row.
        device: u32,
        /// The realm.
        realm: &'a [u8],
    },
}

impl Account<'_> {
    /// H(username:realm:password), if that is known for this realm and algorithm.
    fn ha1(&self, realm: &[u8], algorithm: Algorithm, crypto: &mut impl Crypto) -> Option<Ha1> {
        match self.secret {
            Known::Password { .. } | Known::Keyring { .. } if !self.is_for(realm, algorithm) => None,
            Known::Password { password, .. } => {
                let hashed = crypto.digest(algorithm, &[self.username, b":", realm, b":", password]);
                let mut ha1 = Ha1::new();
                ha1.set(hashed.as_bytes()).then_some(ha1)
            }
            Known::Keyring { keyring, device, .. } => keyring.ha1(device, algorithm),
        }
    }

    /// Whether a server of this realm can be answered by this algorithm: no other realm is ever told anything.
    fn is_for(&self, realm: &[u8], algorithm: Algorithm) -> bool {
        match self.secret {
            Known::Password { realm: own, .. } => own.is_empty() || own == realm,
            Known::Keyring { keyring, device, realm: own } => {
                own == realm && keyring.ha1(device, algorithm).is_some()
            }
        }
    }
}

impl core::fmt::Debug for Account<'_> {
    /// Without the secret.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Account").finish_non_exhaustive()
    }
}

/// A challenge that can be answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Answerable<'a> {
    /// The challenge.
    pub challenge: Challenge<'a>,
    /// Its algorithm.
    pub algorithm: Algorithm,
    /// Our choice of what it protects: `auth`, `auth-int`, or nothing where the server knows none (RFC 2069).
    pub qop: &'static [u8],
}

/// The strongest of these challenges that can be answered, and not weaker than `least`: who has once shown that it knows better is not
/// answered with less. `proxy` says which kind was asked for by the status. One that says what it is in words that cannot be
/// repeated, or wants what is not known here, is none.
#[must_use]
pub fn strongest<'a>(
    challenges: &[Challenge<'a>],
    proxy: bool,
    least: Option<Algorithm>,
    account: &Account<'_>,
    crypto: &impl Crypto,
) -> Option<Answerable<'a>> {
    let able = challenges.iter().filter(|one| one.proxy == proxy).filter_map(|challenge| {
        let algorithm = Algorithm::named(challenge.algorithm)?;
        let plain = [challenge.realm, challenge.nonce, challenge.opaque];
        let clean = plain.into_iter().flatten().all(|c| !c.is_ascii_control());
        let qop = qop(challenge.qop)?;
        let usable = clean
            && crypto.knows(algorithm)
            && least.is_none_or(|least| algorithm >= least)
            && account.is_for(challenge.realm, algorithm);
        usable.then_some(Answerable { challenge: *challenge, algorithm, qop })
    });
    // The first of equals: the server's own order (RFC 8760 section 2.4).
    able.reduce(|best, one| if one.algorithm > best.algorithm { one } else { best })
}

/// `auth` before `auth-int`, for others on the way may rewrite a body; an empty list is from before there was a choice.
fn qop(offered: &[u8]) -> Option<&'static [u8]> {
    let offers =
        |name: &[u8]| offered.split(|c| *c == b',').any(|one| one.trim_ascii().eq_ignore_ascii_case(name));
    if offered.trim_ascii().is_empty() {
        return Some(b"");
    }
    [b"auth".as_slice(), b"auth-int"].into_iter().find(|name| offers(name))
}

/// What makes an answer another each time.
#[derive(Clone, Copy, Debug)]
pub struct Count {
    nc: [u8; 8],
    cnonce: [u8; 16],
}

impl Count {
    /// The `count`-th answer to one nonce; `cnonce` is random.
    #[must_use]
    pub fn new(count: u32, cnonce: u64) -> Self {
        let (mut text, mut left) = ([b'0'; 24], u128::from(count) << 64 | u128::from(cnonce));
        for slot in text.iter_mut().rev() {
            *slot = hex_digit(u8::try_from(left & 15).unwrap_or(0));
            left >>= 4;
        }
        let (nc, cnonce) = text.split_at(8);
        Self {
            nc: nc.first_chunk().copied().unwrap_or_default(),
            cnonce: cnonce.first_chunk().copied().unwrap_or_default(),
        }
    }
}

impl Answerable<'_> {
    /// What the answer has to be; `None` if the account is none of that realm. Work: three digests, and one more over the body with
    /// `auth-int`.
    pub fn response(
        &self,
        account: &Account<'_>,
        (request, uri): (&Request<'_>, &[u8]),
        count: &Count,
        crypto: &mut impl Crypto,
    ) -> Option<Hashed> {
        let Self { challenge, algorithm, qop } = *self;
        let ha1 = account.ha1(challenge.realm, algorithm, crypto)?;
        let credentials = Credentials {
            proxy: challenge.proxy,
            username: account.username,
            realm: challenge.realm,
            nonce: challenge.nonce,
            uri,
            response: &[],
            cnonce: &count.cnonce,
            opaque: challenge.opaque,
            nc: &count.nc,
            algorithm: challenge.algorithm,
            qop,
            userhash: false,
        };
        Some(digest::response(crypto, algorithm, ha1.expose(), &credentials, request))
    }

    /// Writes the header line with it.
    pub fn write(&self, out: &mut impl Sink, username: &[u8], uri: &[u8], count: &Count, response: &Hashed) {
        let Self { challenge, algorithm, qop } = *self;
        let (response, len) = response.hex();
        out.put(if challenge.proxy { b"Proxy-Authorization".as_slice() } else { b"Authorization" });
        out.put(b": Digest username=\"");
        let quoted: [(&[u8], &[u8]); 5] = [
            (username, b"\", realm=\""),
            (challenge.realm, b"\", nonce=\""),
            (challenge.nonce, b"\", uri=\""),
            (uri, b"\", response=\""),
            (response.get(..len).unwrap_or(&[]), b"\""),
        ];
        for (text, behind) in quoted {
            out.put(text);
            out.put(behind);
        }
        if !challenge.algorithm.is_empty() {
            out.put(b", algorithm=");
            out.put(algorithm.name().as_bytes());
        }
        if !challenge.opaque.is_empty() {
            out.put(b", opaque=\"");
            out.put(challenge.opaque);
            out.put(b"\"");
        }
        if !qop.is_empty() {
            out.put(b", qop=");
            out.put(qop);
            out.put(b", nc=");
            out.put(&count.nc);
            out.put(b", cnonce=\"");
            out.put(&count.cnonce);
            out.put(b"\"");
        }
        out.put(b"\r\n");
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
