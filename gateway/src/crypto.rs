//! The hosted crypto provider: ring, and RustCrypto's MD5, which ring does not have.

use md5::{Digest as _, Md5};
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac};
use strowger::base::crypto::Hashed;
use strowger::base::{Algorithm, Crypto};

/// ring behind the engine's trait. Random octets are drawn from the system in blocks.
pub(crate) struct Hosted {
    key: hmac::Key,
    random: SystemRandom,
    pool: [u8; 512],
    left: usize,
}

impl Hosted {
    /// A provider with a new random key.
    pub(crate) fn new() -> Result<Self, String> {
        let random = SystemRandom::new();
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &random)
            .map_err(|_| "the system gives no random numbers".to_owned())?;
        Ok(Self { key, random, pool: [0; 512], left: 0 })
    }
}

impl Crypto for Hosted {
    fn digest(&mut self, algorithm: Algorithm, parts: &[&[u8]]) -> Hashed {
        let mut octets = [0; 32];
        match algorithm {
            Algorithm::Md5 => {
                let mut hasher = Md5::new();
                parts.iter().for_each(|part| hasher.update(part));
                octets[..16].copy_from_slice(&hasher.finalize());
            }
            Algorithm::Sha256 => {
                let mut context = digest::Context::new(&digest::SHA256);
                parts.iter().for_each(|part| context.update(part));
                octets.copy_from_slice(context.finish().as_ref());
            }
            Algorithm::Sha512_256 => {
                let mut context = digest::Context::new(&digest::SHA512_256);
                parts.iter().for_each(|part| context.update(part));
                octets.copy_from_slice(context.finish().as_ref());
            }
        }
        Hashed::new(algorithm, octets)
    }

    fn mac(&mut self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        parts.iter().for_each(|part| context.update(part));
        let mut octets = [0; 32];
        octets.copy_from_slice(context.sign().as_ref());
        octets
    }

    fn random(&mut self, out: &mut [u8]) {
        for slot in out {
            if self.left == 0 {
                // Predictable tags and nonces would be worse than no gateway.
                self.random.fill(&mut self.pool).expect("the system's random source failed");
                self.left = self.pool.len();
            }
            self.left -= 1;
            *slot = std::mem::take(&mut self.pool[self.left]);
        }
    }
}
