//! Digest authentication (RFC 3261 section 22, RFC 7616, RFC 8760): is this request from the device it names?
//!
//! An unknown user costs the same and looks the same as a wrong password (R81): it is checked against a key that
//! nobody has, and offered the algorithms of some device of this exchange.

use super::nonce::{Nonce, Replay};
use crate::base::{Algorithm, Crypto, Instant};
use crate::policy::{Image, Keyring};
use crate::wire::sip::Credentials;
use core::net::IpAddr;

/// The algorithms offered to a user, most preferred first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Offer(u8);

impl Offer {
    /// SHA-256 alone: the default of the policy language.
    pub const SHA256: Self = Self(2);

    /// In order.
    pub fn algorithms(self) -> impl Iterator<Item = Algorithm> {
        (0..4u32).filter_map(move |n| match self.0.checked_shr(n.saturating_mul(2)).unwrap_or(0) & 3 {
            1 => Some(Algorithm::Md5),
            2 => Some(Algorithm::Sha256),
            3 => Some(Algorithm::Sha512_256),
            _ => None,
        })
    }

    /// What the device that this user name or number names is offered, or for an unknown one what some device is.
    #[must_use]
    pub fn for_user(image: &Image<'_>, user: &[u8], seeded_hash: u64) -> Self {
        let known = image.phone_by_dn(user).or_else(|| image.device_by_username(user));
        let somebody = || {
            let count = u64::try_from(image.phones()).unwrap_or(0);
            seeded_hash.checked_rem(count).and_then(|n| u32::try_from(n).ok())
        };
        let device = known.or_else(somebody).and_then(|device| usize::try_from(device).ok());
        device.and_then(|device| image.devices().get(device)).map_or(Self::SHA256, |row| Self(row.digest))
    }
}

/// The result of a check.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// It is this device.
    Device(u32),
    /// The answer was right, its nonce was old or somebody else's: ask again, the phone need not ask its user.
    Stale,
    /// The answer was wrong, or none.
    Wrong {
        /// It was one to a nonce that we have given to this peer: whoever guesses is there.
        ours: bool,
    },
}

/// What of a request counts for its credentials.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Where it comes from: its nonce was given to nobody else.
    pub peer: IpAddr,
    /// The method as it stands in CSeq.
    pub method: &'a [u8],
    /// The body in pieces, covered where the client has chosen `auth-int`.
    pub body: &'a [&'a [u8]],
}

/// Checks credentials. `replay` gives the memory of a device; what it becomes is the second half of the answer. Work: three
/// digests and a mac, and one more digest over the body with `auth-int`.
pub fn check(
    now: Instant,
    image: &Image<'_>,
    keyring: &Keyring<'_>,
    credentials: &Credentials<'_>,
    request: &Request<'_>,
    crypto: &mut impl Crypto,
    replay: impl FnOnce(u32) -> Option<Replay>,
) -> (Outcome, Option<Replay>) {
    let wrong = (Outcome::Wrong { ours: false }, None);
    let algorithm = Algorithm::named(credentials.algorithm).filter(|algorithm| crypto.knows(*algorithm));
    let Some(algorithm) = algorithm else { return wrong };
    // We always offer qop: an answer without it is a downgrade (R79 in spirit, RFC 7616 section 5.5).
    let Some(count) = count(credentials.nc) else { return wrong };
    let qops: [&[u8]; 2] = [b"auth", b"auth-int"];
    if !qops.iter().any(|qop| credentials.qop.eq_ignore_ascii_case(qop)) || credentials.cnonce.is_empty() {
        return wrong;
    }
    let device = image.device_by_username(credentials.username);
    let offered = device.and_then(|device| image.devices().get(usize::try_from(device).ok()?));
    let allowed = offered.is_some_and(|row| Offer(row.digest).algorithms().any(|one| one == algorithm));
    let ha1 = device.filter(|_| allowed).and_then(|device| keyring.ha1(device, algorithm));
    let nobody = [0u8; 32];
    let key = ha1.as_ref().map_or(nobody.get(..algorithm.size()).unwrap_or(&[]), |ha1| ha1.expose());
    let answer = response(crypto, algorithm, key, credentials, request);
    let (expected, len) = answer.hex();
    let right = crypto.equal(expected.get(..len).unwrap_or(&[]), credentials.response);
    let nonce = Nonce::parse(credentials.nonce, request.peer, crypto);
    let (Some(device), true, true) = (device, right, ha1.is_some()) else {
        return (Outcome::Wrong { ours: nonce.is_some() }, None);
    };
    let stale = (Outcome::Stale, None);
    let (Some(nonce), Some(mut memory)) = (nonce.filter(|nonce| nonce.is_fresh(now)), replay(device)) else {
        return stale;
    };
    if !memory.accept(nonce, count) {
        return stale;
    }
    (Outcome::Device(device), Some(memory))
}

/// The response that these credentials should have: H(HA1:nonce:nc:cnonce:qop:H(method:uri)), and with `auth-int` behind the uri also
/// H(body) (RFC 7616 sections 3.4.1 and 3.4.3). Without `qop` it is H(HA1:nonce:H(method:uri)), as of RFC 2069. Work: two digests, or three.
///
/// The `uri` is the one the client states: some send the registrar's whatever they call, and it is covered by the response all the same.
pub fn response(
    crypto: &mut impl Crypto,
    algorithm: Algorithm,
    ha1: &[u8],
    credentials: &Credentials<'_>,
    request: &Request<'_>,
) -> crate::base::crypto::Hashed {
    let ha1 = crate::base::crypto::Hashed::new(algorithm, {
        let mut octets = [0; 32];
        octets.iter_mut().zip(ha1).for_each(|(slot, byte)| *slot = *byte);
        octets
    });
    let (ha1, ha1_len) = ha1.hex();
    let Request { method, body, .. } = *request;
    let (ha2, ha2_len) = if credentials.qop.eq_ignore_ascii_case(b"auth-int") {
        let (hashed, len) = crypto.digest(algorithm, body).hex();
        let hashed = hashed.get(..len).unwrap_or(&[]);
        crypto.digest(algorithm, &[method, b":", credentials.uri, b":", hashed]).hex()
    } else {
        crypto.digest(algorithm, &[method, b":", credentials.uri]).hex()
    };
    let (ha1, ha2) = (ha1.get(..ha1_len).unwrap_or(&[]), ha2.get(..ha2_len).unwrap_or(&[]));
    if credentials.qop.is_empty() {
        return crypto.digest(algorithm, &[ha1, b":", credentials.nonce, b":", ha2]);
    }
    crypto.digest(
        algorithm,
        &[
            ha1,
            b":",
            credentials.nonce,
            b":",
            credentials.nc,
            b":",
            credentials.cnonce,
            b":",
            credentials.qop,
            b":",
            ha2,
        ],
    )
}

/// The nonce count: exactly eight hexadecimal digits.
fn count(text: &[u8]) -> Option<u32> {
    if text.len() != 8 {
        return None;
    }
    u32::from_str_radix(core::str::from_utf8(text).ok()?, 16).ok()
}
