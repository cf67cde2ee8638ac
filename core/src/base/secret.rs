//! The one type for secrets: written in place, never printed, wiped when dropped.

use core::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// Up to `N` secret bytes. No `Clone`, no `PartialEq`; compared in constant time.
pub struct Secret<const N: usize> {
    len: usize,
    bytes: [u8; N],
}

impl<const N: usize> Secret<N> {
    /// An empty secret.
    #[must_use]
    pub const fn new() -> Self {
        Self { len: 0, bytes: [0; N] }
    }

    /// Overwrites it. False, and nothing changed, if `value` is longer than `N`.
    #[must_use]
    pub fn set(&mut self, value: &[u8]) -> bool {
        if value.len() > N {
            return false;
        }
        self.bytes.zeroize();
        self.bytes.iter_mut().zip(value).for_each(|(slot, byte)| *slot = *byte);
        self.len = value.len();
        true
    }

    /// The bytes, for a computation that leaves no copy.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    /// Whether `other` is the same, in time that depends on the lengths only.
    #[must_use]
    pub fn is(&self, other: &[u8]) -> bool {
        self.expose().ct_eq(other).into()
    }
}

impl<const N: usize> Default for Secret<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
