//! Cryptography and randomness: ring where there is an operating system, the engine's portable provider elsewhere.

#[cfg(feature = "hosted")]
pub(crate) use hosted::Provider;
#[cfg(not(feature = "hosted"))]
pub(crate) use portable::Provider;

#[cfg(feature = "hosted")]
mod hosted {
    use md5::Digest as _;
    use ring::rand::{SecureRandom as _, SystemRandom};
    use ring::{digest, hmac};
    use strowger::base::{Algorithm, Crypto, crypto::Hashed};
    use zeroize::Zeroize;

    /// ring, with a pool of random octets so that a call does not cost a system call for each number it draws.
    pub(crate) struct Provider {
        key: hmac::Key,
        system: SystemRandom,
        pool: [u8; 256],
        left: usize,
        spent: u64,
    }

    impl Provider {
        /// Takes its key from the operating system; the caller's seed is not used.
        pub(crate) fn new(_seed: &[u8; 32]) -> Option<Self> {
            let system = SystemRandom::new();
            let mut secret = [0; 32];
            system.fill(&mut secret).ok()?;
            let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
            secret.zeroize();
            Some(Self { key, system, pool: [0; 256], left: 0, spent: 0 })
        }

        /// For digests of things that are public.
        pub(crate) fn unkeyed() -> Self {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &[]);
            Self { key, system: SystemRandom::new(), pool: [0; 256], left: 0, spent: 0 }
        }

        fn refill(&mut self) {
            self.left = self.pool.len();
            if self.system.fill(&mut self.pool).is_ok() {
                return;
            }
            // The system gave a secret key at the start; what it refuses now is drawn from that.
            for part in self.pool.chunks_mut(32) {
                self.spent = self.spent.wrapping_add(1);
                let mac = keyed(&self.key, 2, &[&self.spent.to_le_bytes()]);
                part.iter_mut().zip(mac).for_each(|(slot, octet)| *slot = octet);
            }
        }
    }

    impl Drop for Provider {
        fn drop(&mut self) {
            self.pool.zeroize();
        }
    }

    fn keyed(key: &hmac::Key, domain: u8, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(key);
        context.update(&[domain]);
        parts.iter().for_each(|part| context.update(part));
        copied(context.sign().as_ref())
    }

    fn copied(octets: &[u8]) -> [u8; 32] {
        let mut out = [0; 32];
        out.iter_mut().zip(octets).for_each(|(slot, octet)| *slot = *octet);
        out
    }

    impl Crypto for Provider {
        fn digest(&mut self, algorithm: Algorithm, parts: &[&[u8]]) -> Hashed {
            let octets = match algorithm {
                // ring has no MD5, and rightly so; old telephones have nothing else.
                Algorithm::Md5 => {
                    let mut hasher = md5::Md5::new();
                    parts.iter().for_each(|part| hasher.update(part));
                    copied(&hasher.finalize())
                }
                Algorithm::Sha256 => {
                    let mut context = digest::Context::new(&digest::SHA256);
                    parts.iter().for_each(|part| context.update(part));
                    copied(context.finish().as_ref())
                }
                Algorithm::Sha512_256 => {
                    let mut context = digest::Context::new(&digest::SHA512_256);
                    parts.iter().for_each(|part| context.update(part));
                    copied(context.finish().as_ref())
                }
            };
            Hashed::new(algorithm, octets)
        }

        fn mac(&mut self, parts: &[&[u8]]) -> [u8; 32] {
            keyed(&self.key, 1, parts)
        }

        fn random(&mut self, out: &mut [u8]) {
            for slot in out {
                if self.left == 0 {
                    self.refill();
                }
                self.left = self.left.saturating_sub(1);
                // Each octet of the pool leaves it once.
                *slot = self.pool.get_mut(self.left).map_or(0, core::mem::take);
            }
        }
    }
}

#[cfg(not(feature = "hosted"))]
mod portable {
    use strowger::base::{
        Algorithm, Crypto,
        crypto::{Hashed, Lean},
    };

    /// The engine's own provider, keyed with the caller's seed.
    pub(crate) struct Provider(Lean);

    impl Provider {
        /// `None` for a seed of zeros: somebody forgot to fill it.
        pub(crate) fn new(seed: &[u8; 32]) -> Option<Self> {
            seed.iter().any(|octet| *octet != 0).then(|| Self(Lean::new(seed)))
        }

        /// For digests of things that are public.
        pub(crate) fn unkeyed() -> Self {
            Self(Lean::new(&[0; 32]))
        }
    }

    impl Crypto for Provider {
        fn digest(&mut self, algorithm: Algorithm, parts: &[&[u8]]) -> Hashed {
            self.0.digest(algorithm, parts)
        }

        fn knows(&self, algorithm: Algorithm) -> bool {
            self.0.knows(algorithm)
        }

        fn mac(&mut self, parts: &[&[u8]]) -> [u8; 32] {
            self.0.mac(parts)
        }

        fn random(&mut self, out: &mut [u8]) {
            self.0.random(out);
        }
    }
}
