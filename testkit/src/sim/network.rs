//! A network that delays, loses, doubles and reorders, by a seed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use strowger::base::Instant;

/// What a network does to datagrams. Probabilities are in thousandths.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Network {
    /// Every datagram takes at least this long.
    pub latency_ms: u64,
    /// And up to this much longer.
    pub jitter_ms: u64,
    /// Lost.
    pub loss: u64,
    /// Delivered twice.
    pub duplicate: u64,
    /// Held back by up to 200 ms, so that later ones overtake it.
    pub reorder: u64,
}

impl Network {
    /// 10 ms and nothing goes wrong.
    pub const GOOD: Self = Self { latency_ms: 10, jitter_ms: 0, loss: 0, duplicate: 0, reorder: 0 };

    /// So many thousandths of each kind of trouble.
    #[must_use]
    pub const fn bad(thousandths: u64) -> Self {
        let (loss, duplicate, reorder) = (thousandths, thousandths, thousandths);
        Self { latency_ms: 10, jitter_ms: 30, loss, duplicate, reorder }
    }
}

/// A datagram under way.
#[derive(Clone, Debug)]
pub struct Datagram {
    /// From.
    pub from: SocketAddr,
    /// To.
    pub to: SocketAddr,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Small deterministic randomness (SplitMix64), not for secrets.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// From a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`, 0 if that is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        self.roll().checked_rem(n).unwrap_or(0)
    }

    /// True in so many of a thousand cases.
    pub fn chance(&mut self, thousandths: u64) -> bool {
        self.below(1000) < thousandths
    }
}

/// What is under way.
#[derive(Debug)]
pub(super) struct Wire {
    under_way: BTreeMap<(Instant, u64), Datagram>,
    sent: u64,
    dice: Dice,
}

impl Wire {
    pub(super) const fn new(seed: u64) -> Self {
        Self { under_way: BTreeMap::new(), sent: 0, dice: Dice::new(seed) }
    }

    /// Takes a datagram; false if it is lost.
    pub(super) fn send(&mut self, now: Instant, network: &Network, datagram: Datagram) -> bool {
        if self.dice.chance(network.loss) {
            return false;
        }
        let copies = 1 + u64::from(self.dice.chance(network.duplicate));
        for _ in 0..copies {
            let held_back = if self.dice.chance(network.reorder) { self.dice.below(200) } else { 0 };
            let delay = network.latency_ms + self.dice.below(network.jitter_ms + 1) + held_back;
            self.sent += 1;
            self.under_way.insert((now.plus_ms(delay), self.sent), datagram.clone());
        }
        true
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.under_way.keys().next().map(|(at, _)| *at)
    }

    pub(super) fn arrived(&mut self, now: Instant) -> Option<Datagram> {
        let entry = self.under_way.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(entry.remove())
    }
}
