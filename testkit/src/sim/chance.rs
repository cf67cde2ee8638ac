//! The provider of simulated exchanges: [`Soft`], whose random source may be stuck.

use std::cell::Cell;
use strowger::base::{Algorithm, Crypto, Hashed, Soft};

std::thread_local! {
    static STUCK: Cell<Option<(u64, u64)>> = const { Cell::new(None) };
}

/// From here on, in this thread, so many draws are good ones, and so many behind them are all zeros.
pub fn stick(good: u64, stuck: u64) {
    STUCK.set(Some((good, stuck)));
}

/// [`Soft`], as long as nothing is stuck.
#[derive(Clone, Debug)]
pub struct Chance(Soft);

impl From<Soft> for Chance {
    fn from(soft: Soft) -> Self {
        Self(soft)
    }
}

impl Crypto for Chance {
    fn digest(&mut self, algorithm: Algorithm, parts: &[&[u8]]) -> Hashed {
        self.0.digest(algorithm, parts)
    }

    fn mac(&mut self, parts: &[&[u8]]) -> [u8; 32] {
        self.0.mac(parts)
    }

    fn random(&mut self, out: &mut [u8]) {
        self.0.random(out);
        match STUCK.get() {
            None => {}
            Some((0, 0)) => STUCK.set(None),
            Some((0, stuck)) => {
                STUCK.set(Some((0, stuck - 1)));
                out.fill(0);
            }
            Some((good, stuck)) => STUCK.set(Some((good - 1, stuck))),
        }
    }
}
