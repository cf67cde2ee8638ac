//! An account code on its way to a record.

/// A code as it was dialed: for call records only, shown nowhere else (R53).
#[derive(Clone, Copy, Default, Eq, Hash, PartialEq)]
pub struct Typed {
    digits: [u8; Self::MAX],
    len: u8,
}

impl Typed {
    /// The longest code (R43).
    pub const MAX: usize = 12;

    /// None.
    pub const NONE: Self = Self { digits: [0; Self::MAX], len: 0 };

    /// The first twelve digits of these.
    #[must_use]
    pub fn new(digits: &[u8]) -> Self {
        let mut typed = Self::NONE;
        digits.iter().for_each(|digit| typed.push(*digit));
        typed
    }

    /// One more digit; a thirteenth is dropped.
    pub fn push(&mut self, digit: u8) {
        if let Some(place) = self.digits.get_mut(usize::from(self.len)) {
            *place = digit;
            self.len = self.len.saturating_add(1);
        }
    }

    /// The digits. Who asks must be writing a call record, or checking the code.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.digits.get(..usize::from(self.len)).unwrap_or(&[])
    }
}

impl core::fmt::Debug for Typed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(if self.len == 0 { "none" } else { "…" })
    }
}
