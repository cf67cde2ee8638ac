//! Handles instead of pointers: index, generation and instance, so that a stale or foreign one is an error value.

/// Names one slot of one table of one engine: 24 bits index, 24 generation, 16 instance.
///
/// The all-zero value names nothing: instance 0 is never given out.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Handle(u64);

const MASK24: u64 = 0xFF_FFFF;

impl Handle {
    /// Names nothing.
    pub const NONE: Self = Self(0);

    /// Puts one together; `index` and `generation` keep their low 24 bits.
    #[must_use]
    pub const fn new(index: u32, generation: u32, instance: u16) -> Self {
        Self((instance as u64) << 48 | (generation as u64 & MASK24) << 24 | (index as u64 & MASK24))
    }

    /// From the number that crossed an interface.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The number to carry across an interface.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The slot.
    #[must_use]
    pub const fn index(self) -> u32 {
        (self.0 & MASK24) as u32
    }

    /// How often the slot had been given out before.
    #[must_use]
    pub const fn generation(self) -> u32 {
        (self.0 >> 24 & MASK24) as u32
    }

    /// The engine.
    #[must_use]
    pub const fn instance(self) -> u16 {
        (self.0 >> 48) as u16
    }
}

impl Default for Handle {
    fn default() -> Self {
        Self::NONE
    }
}
