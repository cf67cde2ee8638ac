//! The services a provider gives: digests, a keyed mac, randomness, constant-time comparison.
//!
//! Nothing here is cryptography of our own. [`Soft`] puts RustCrypto's portable code behind the trait, for
//! tools and tests, [`Lean`] for microcontrollers; a hosted build brings its own.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256, Sha512_256};
use subtle::ConstantTimeEq;

/// A digest algorithm of SIP authentication (RFC 8760), from the weakest on.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Algorithm {
    /// `MD5`: 16 octets; offered only where policy lists it.
    Md5,
    /// `SHA-256`: 32 octets.
    Sha256,
    /// `SHA-512-256`: 32 octets of a SHA-512 with another beginning (FIPS 180-4 section 5.3.6).
    Sha512_256,
}

impl Algorithm {
    /// The name on the wire (RFC 8760 section 2.1).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
            Self::Sha512_256 => "SHA-512-256",
        }
    }

    /// The algorithm of this name in any case; without a name MD5 (RFC 7616 section 3.3). `None` for one that is not known here.
    #[must_use]
    pub fn named(name: &[u8]) -> Option<Self> {
        let all = [Self::Sha256, Self::Sha512_256, Self::Md5];
        if name.is_empty() {
            Some(Self::Md5)
        } else {
            all.into_iter().find(|one| name.eq_ignore_ascii_case(one.name().as_bytes()))
        }
    }

    /// Octets of its result.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha256 | Self::Sha512_256 => 32,
        }
    }
}

/// A digest: as many octets as its algorithm has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Hashed {
    algorithm: Algorithm,
    octets: [u8; 32],
}

impl Hashed {
    /// From the first octets of `octets`.
    #[must_use]
    pub const fn new(algorithm: Algorithm, octets: [u8; 32]) -> Self {
        Self { algorithm, octets }
    }

    /// The octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.octets.get(..self.algorithm.size()).unwrap_or(&[])
    }

    /// The octets in lower-case hexadecimal, as SIP carries them; the first `2 * size` are meaningful.
    #[must_use]
    pub fn hex(&self) -> ([u8; 64], usize) {
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.as_bytes()) {
            for (slot, nibble) in pair.iter_mut().zip([byte >> 4, byte & 15]) {
                *slot = hex_digit(nibble);
            }
        }
        (text, self.algorithm.size().saturating_mul(2))
    }
}

/// The lower-case hexadecimal digit of a number below 16.
#[must_use]
pub const fn hex_digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0'.wrapping_add(nibble) } else { b'a'.wrapping_add(nibble).wrapping_sub(10) }
}

/// What the engine asks of cryptography. One instance belongs to one engine.
pub trait Crypto {
    /// The digest of the concatenated parts.
    fn digest(&mut self, algorithm: Algorithm, parts: &[&[u8]]) -> Hashed;

    /// Whether it has this algorithm. What it has not is never offered, and [`digest`](Self::digest) is not asked for it.
    fn knows(&self, _algorithm: Algorithm) -> bool {
        true
    }

    /// HMAC-SHA-256 of the concatenated parts under this provider's own key, chosen at random when it was made.
    fn mac(&mut self, parts: &[&[u8]]) -> [u8; 32];

    /// Fills `out` with unpredictable octets.
    fn random(&mut self, out: &mut [u8]);

    /// Whether both are equal, in time that depends on the lengths only.
    fn equal(&self, a: &[u8], b: &[u8]) -> bool {
        a.ct_eq(b).into()
    }

    /// Eight random octets as a number.
    fn random_u64(&mut self) -> u64 {
        let mut octets = [0; 8];
        self.random(&mut octets);
        u64::from_le_bytes(octets)
    }
}

/// RustCrypto's portable implementations of every algorithm, over [`Lean`].
#[derive(Clone, Debug)]
pub struct Soft(Lean);

impl Soft {
    /// A provider keyed with 32 octets from the caller's true random source.
    #[must_use]
    pub fn new(seed: &[u8; 32]) -> Self {
        Self(Lean::new(seed))
    }
}

impl Crypto for Soft {
    fn digest(&mut self, algorithm: Algorithm, parts: &[&[u8]]) -> Hashed {
        match algorithm {
            Algorithm::Md5 | Algorithm::Sha256 => self.0.digest(algorithm, parts),
            Algorithm::Sha512_256 => {
                let mut hasher = Sha512_256::new();
                parts.iter().for_each(|part| hasher.update(part));
                Hashed { algorithm, octets: hasher.finalize().into() }
            }
        }
    }

    fn mac(&mut self, parts: &[&[u8]]) -> [u8; 32] {
        self.0.mac(parts)
    }

    fn random(&mut self, out: &mut [u8]) {
        self.0.random(out);
    }
}

/// [`Soft`] for microcontrollers: without SHA-512-256, which is 28 kB of flash, and is then not offered. Random octets are
/// HMAC-SHA-256 of a counter under the caller's seed, so the seed must be secret and never used twice.
#[derive(Clone)]
pub struct Lean {
    keyed: Hmac<Sha256>,
    counter: u64,
    pool: [u8; 32],
    left: usize,
}

impl Lean {
    /// A provider keyed with 32 octets from the caller's true random source.
    #[must_use]
    pub fn new(seed: &[u8; 32]) -> Self {
        Self { keyed: keyed(seed), counter: 0, pool: [0; 32], left: 0 }
    }

    fn keyed_digest(&self, domain: u8, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.keyed.clone();
        mac.update(&[domain]);
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().into()
    }
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // HMAC takes keys of any length; the fallback is never used.
    Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()))
}

impl core::fmt::Debug for Lean {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Lean")
    }
}

impl Crypto for Lean {
    fn digest(&mut self, algorithm: Algorithm, parts: &[&[u8]]) -> Hashed {
        let mut octets = [0; 32];
        match algorithm {
            Algorithm::Md5 => {
                let mut hasher = md5::Md5::new();
                parts.iter().for_each(|part| hasher.update(part));
                octets.iter_mut().zip(hasher.finalize()).for_each(|(slot, byte)| *slot = byte);
            }
            Algorithm::Sha256 => {
                let mut hasher = Sha256::new();
                parts.iter().for_each(|part| hasher.update(part));
                octets = hasher.finalize().into();
            }
            // Nobody asks: `knows` says no.
            Algorithm::Sha512_256 => debug_assert!(self.knows(algorithm)),
        }
        Hashed { algorithm, octets }
    }

    fn knows(&self, algorithm: Algorithm) -> bool {
        algorithm != Algorithm::Sha512_256
    }

    fn mac(&mut self, parts: &[&[u8]]) -> [u8; 32] {
        self.keyed_digest(1, parts)
    }

    fn random(&mut self, out: &mut [u8]) {
        let mut rest = out;
        while !rest.is_empty() {
            if self.left == 0 {
                self.counter = self.counter.wrapping_add(1);
                self.pool = self.keyed_digest(2, &[&self.counter.to_le_bytes()]);
                self.left = self.pool.len();
            }
            let count = self.left.min(rest.len());
            let from = self.left.saturating_sub(count);
            let Some((now, later)) = rest.split_at_mut_checked(count) else { return };
            now.iter_mut().zip(self.pool.get(from..).unwrap_or(&[])).for_each(|(slot, octet)| *slot = *octet);
            (self.left, rest) = (from, later);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(hashed: Hashed) -> std::string::String {
        let (text, len) = hashed.hex();
        std::string::String::from_utf8(text[..len].to_vec()).unwrap()
    }

    #[test]
    fn digests_are_those_of_the_standards() {
        let mut soft = Soft::new(&[7; 32]);
        // RFC 1321 A.5 and FIPS 180-4 example "abc".
        assert_eq!(hex(soft.digest(Algorithm::Md5, &[b"a", b"bc"])), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(
            hex(soft.digest(Algorithm::Sha256, &[b"abc"])),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            hex(soft.digest(Algorithm::Sha512_256, &[b"ab", b"c"])),
            "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"
        );
    }

    #[test]
    fn the_lean_one_is_the_same_but_for_what_it_does_not_know() {
        let (mut lean, mut soft) = (Lean::new(&[7; 32]), Soft::new(&[7; 32]));
        for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
            assert!(lean.knows(algorithm) && soft.knows(algorithm));
            assert_eq!(lean.digest(algorithm, &[b"abc"]), soft.digest(algorithm, &[b"abc"]));
        }
        assert!(!lean.knows(Algorithm::Sha512_256) && soft.knows(Algorithm::Sha512_256));
        assert_eq!((lean.mac(&[b"a"]), lean.random_u64()), (soft.mac(&[b"a"]), soft.random_u64()));
    }

    #[test]
    fn macs_are_those_of_rfc_4231() {
        // RFC 4231 section 4.2 has a key of 20 octets; zeros behind it do not change the mac.
        let mut key = [0; 32];
        key[..20].copy_from_slice(&[0x0b; 20]);
        let mut mac = keyed(&key);
        [b"Hi ".as_slice(), b"There"].iter().for_each(|part| mac.update(part));
        assert_eq!(mac.finalize().into_bytes()[..4], [0xb0, 0x34, 0x4c, 0x61]);
    }

    #[test]
    fn randomness_repeats_for_a_seed_and_only_for_it() {
        let draw = |seed| Soft::new(&[seed; 32]).random_u64();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
