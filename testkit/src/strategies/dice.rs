//! Octets drawn at random, used up one by one: what is made of them shrinks to nothing.

/// Digit by digit from a list of octets; zeros when they are used up.
pub(super) struct Dice<'d>(std::slice::Iter<'d, u8>);

impl Dice<'_> {
    pub(super) fn new(octets: &[u8]) -> Dice<'_> {
        Dice(octets.iter())
    }

    pub(super) fn throw(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }

    /// True in so many of a hundred cases; never when nothing is left.
    pub(super) fn percent(&mut self, of: u32) -> bool {
        u32::from(self.throw()) * 100 / 256 >= 100 - of
    }
}
