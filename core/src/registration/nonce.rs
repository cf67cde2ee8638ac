//! Nonces without memory: time, number and peer under a mac; and the little memory that refuses a replay (R77, R78).
//!
//! A nonce is `issued ms (12 hex) number (16 hex) mac (32 hex)`. Numbers never repeat within one start, and the mac's key
//! is new with every start, so no two nonces are alike and none survives a restart. The mac also covers the IP address that the nonce
//! was given to: from elsewhere it is nobody's, so that who overhears an answer cannot use it first.

use crate::base::crypto::hex_digit;
use crate::base::{Crypto, Instant};
use core::net::IpAddr;

/// How long a nonce is good, in milliseconds. A right answer to an older one gets `stale=true`.
pub const LIFETIME_MS: u64 = 300_000;
/// Characters of a nonce.
pub const LENGTH: usize = 60;

const ISSUED: usize = 12;
const NUMBER: usize = 16;

/// A nonce of ours.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Nonce {
    /// When it was given out; 48 bits count.
    pub issued: Instant,
    /// Its number in this start, from 1.
    pub number: u64,
}

impl Nonce {
    /// The text for a challenge to this peer.
    pub fn text(self, peer: IpAddr, crypto: &mut impl Crypto) -> [u8; LENGTH] {
        let mut text = [0; LENGTH];
        let mac = self.mac(peer, crypto);
        let (head, tail) = text.split_at_mut(ISSUED.saturating_add(NUMBER));
        let (issued, number) = head.split_at_mut(ISSUED);
        put_hex(issued, u128::from(self.issued.0));
        put_hex(number, u128::from(self.number));
        put_hex(tail, mac);
        text
    }

    /// The nonce that a text is, if it is one of ours of this start, given to this peer.
    pub fn parse(text: &[u8], peer: IpAddr, crypto: &mut impl Crypto) -> Option<Self> {
        let (issued, rest) = text.split_at_checked(ISSUED)?;
        let (number, mac) = rest.split_at_checked(NUMBER)?;
        if mac.len() != 32 {
            return None;
        }
        let nonce = Self { issued: Instant(hex(issued)?), number: hex(number)? };
        let mut expected = [0; 32];
        put_hex(&mut expected, nonce.mac(peer, crypto));
        crypto.equal(&expected, mac).then_some(nonce)
    }

    /// Whether it is still good.
    #[must_use]
    pub const fn is_fresh(self, now: Instant) -> bool {
        now.since_ms(self.issued) < LIFETIME_MS
    }

    fn mac(self, peer: IpAddr, crypto: &mut impl Crypto) -> u128 {
        let (v4, v6);
        let peer: &[u8] = match peer {
            IpAddr::V4(ip) => {
                v4 = ip.octets();
                &v4
            }
            IpAddr::V6(ip) => {
                v6 = ip.octets();
                &v6
            }
        };
        let mac = crypto.mac(&[b"nonce", &self.issued.0.to_be_bytes(), &self.number.to_be_bytes(), peer]);
        mac.first_chunk().map_or(0, |half| u128::from_be_bytes(*half))
    }
}

/// The nonces that one device used last, with the highest count of each.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Replay {
    used: [Used; 4],
    /// Nonces up to this number that are not in `used` have been forgotten, and are refused.
    floor: u64,
}

#[repr(Rust, packed(4))]
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
struct Used {
    number: u64,
    count: u32,
}

impl Replay {
    /// Nothing used yet.
    pub const EMPTY: Self = Self { used: [Used { number: 0, count: 0 }; 4], floor: 0 };

    /// Takes note of one use; false if it is a replay, or so old that it could be one. Constant work.
    #[must_use]
    pub fn accept(&mut self, nonce: Nonce, count: u32) -> bool {
        if let Some(used) = self.used.iter_mut().find(|used| used.number == nonce.number) {
            let higher = count > used.count;
            if higher {
                used.count = count;
            }
            return higher;
        }
        if nonce.number <= self.floor || count == 0 {
            return false;
        }
        let Some(oldest) = self.used.iter_mut().min_by_key(|used| used.number) else { return false };
        if nonce.number < oldest.number {
            // Older than all that are remembered: as if it had pushed itself out.
            self.floor = self.floor.max(nonce.number);
            return true;
        }
        self.floor = self.floor.max(oldest.number);
        *oldest = Used { number: nonce.number, count };
        true
    }
}

fn put_hex(out: &mut [u8], mut value: u128) {
    for slot in out.iter_mut().rev() {
        *slot = hex_digit(u8::try_from(value & 15).unwrap_or(0));
        value >>= 4;
    }
}

fn hex(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0u64, |value, c| {
        let nibble = match c {
            b'0'..=b'9' => c.wrapping_sub(b'0'),
            b'a'..=b'f' => c.wrapping_sub(b'a').wrapping_add(10),
            _ => return None,
        };
        Some(value << 4 | u64::from(nibble))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Soft;

    #[test]
    fn a_nonce_comes_back_and_an_altered_one_does_not() {
        let mut soft = Soft::new(&[3; 32]);
        let nonce = Nonce { issued: Instant(1_234_567), number: 42 };
        let [peer, other] = ["192.0.2.7", "2001:db8::7"].map(|ip| ip.parse::<IpAddr>().unwrap());
        let text = nonce.text(peer, &mut soft);
        assert_eq!(Nonce::parse(&text, peer, &mut soft), Some(nonce));
        assert_eq!(Nonce::parse(&text, other, &mut soft), None, "it was given to somebody else");
        for at in 0..LENGTH {
            let mut altered = text;
            altered[at] = if altered[at] == b'0' { b'1' } else { b'0' };
            assert_eq!(Nonce::parse(&altered, peer, &mut soft), None, "character {at}");
        }
        assert_eq!(
            Nonce::parse(&text, peer, &mut Soft::new(&[4; 32])),
            None,
            "another start has another key"
        );
        assert_eq!(Nonce::parse(&text[..59], peer, &mut soft), None);
    }

    #[test]
    fn r78_a_count_is_used_once_and_only_upwards() {
        let mut replay = Replay::default();
        let nonce = |number| Nonce { issued: Instant(0), number };
        assert!(replay.accept(nonce(1), 1));
        assert!(!replay.accept(nonce(1), 1), "same count again");
        assert!(
            replay.accept(nonce(1), 3) && !replay.accept(nonce(1), 2),
            "a gap is allowed, going back is not"
        );
        assert!(!replay.accept(nonce(2), 0), "counts begin at 1");
        for number in 2..=6 {
            assert!(replay.accept(nonce(number), 1));
        }
        assert!(!replay.accept(nonce(1), 4), "forgotten nonces are refused, not trusted");
    }

    #[test]
    fn no_nonce_with_its_count_is_ever_accepted_twice() {
        let mut replay = Replay::default();
        let mut seen = std::collections::HashSet::new();
        let mut x = 1u64;
        for _ in 0..100_000 {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (number, count) = (x >> 33 & 15, (x >> 40 & 7) as u32);
            if replay.accept(Nonce { issued: Instant(0), number }, count) {
                assert!(seen.insert((number, count)));
            }
        }
    }
}
