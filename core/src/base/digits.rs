//! Dialed and outpulsed digits: a small inline string that can hold nothing else.

use core::fmt;

/// One of the twelve keys of a telephone.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Digit(u8);

impl Digit {
    /// The key for an ASCII character `0`-`9`, `*` or `#`.
    #[must_use]
    pub const fn from_ascii(c: u8) -> Option<Self> {
        match c {
            b'0'..=b'9' => Some(Self(c.wrapping_sub(b'0'))),
            b'*' => Some(Self(10)),
            b'#' => Some(Self(11)),
            _ => None,
        }
    }

    /// `#`.
    pub const HASH: Self = Self(11);

    /// The ASCII character.
    #[must_use]
    pub const fn ascii(self) -> u8 {
        match self.0 {
            10 => b'*',
            11 => b'#',
            digit => b'0'.wrapping_add(digit),
        }
    }

    /// 0-9 for the digits, 10 for `*`, 11 for `#`: the bit of this key in the digit trie.
    #[must_use]
    pub const fn index(self) -> u8 {
        self.0
    }
}

/// Up to [`Digits::MAX`] keys, and in an outpulsed number, or one dialed by SIP, a leading `+`.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Digits {
    len: u8,
    ascii: [u8; Self::MAX],
}

/// Why a text is not a dialed number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BadDigits {
    /// A character other than `0`-`9`, `*`, `#`.
    Character,
    /// More than [`Digits::MAX`] characters.
    TooLong,
}

impl Digits {
    /// The longest number: 25 Leading Digits and 22 more cover every plan; longer ones are vacant.
    pub const MAX: usize = 47;

    /// No digits.
    pub const EMPTY: Self = Self { len: 0, ascii: [0; Self::MAX] };

    /// What a user may dial: `0`-`9`, `*`, `#`; visual separators are refused, not stripped (policy language, `+`).
    ///
    /// # Errors
    /// [`BadDigits`] names what was wrong; nothing is cut.
    pub fn dialed(text: &[u8]) -> Result<Self, BadDigits> {
        // Read from the left: what comes first is what is wrong.
        let kept = text.get(..Self::MAX).unwrap_or(text);
        if !kept.iter().all(|c| Digit::from_ascii(*c).is_some()) {
            return Err(BadDigits::Character);
        }
        match text.get(Self::MAX) {
            Some(c) if Digit::from_ascii(*c).is_none() => Err(BadDigits::Character),
            Some(_) => Err(BadDigits::TooLong),
            None => Ok(Self::EMPTY.followed_by(kept)),
        }
    }

    /// The same, or such a number behind `+`.
    ///
    /// # Errors
    /// As [`Self::dialed`].
    pub fn written(text: &[u8]) -> Result<Self, BadDigits> {
        let Some(rest) = text.strip_prefix(b"+") else { return Self::dialed(text) };
        let rest = Self::dialed(rest)?;
        let whole = Self::joined(b"+", rest.as_bytes());
        if rest.len() < Self::MAX { Ok(whole) } else { Err(BadDigits::TooLong) }
    }

    /// A number that is known to have telephone digits only, at most [`Self::MAX`]; a longer one would be none.
    pub(crate) fn known(digits: &[u8]) -> Self {
        Self::EMPTY.followed_by(digits)
    }

    /// Two parts that are known to be digits, perhaps with a leading `+`, and to fit; what does not fit would be left out.
    #[inline]
    pub(crate) fn joined(first: &[u8], second: &[u8]) -> Self {
        let mut number = Self::EMPTY;
        let (front, back) = number.ascii.split_at_mut_checked(first.len()).unwrap_or_default();
        front.iter_mut().zip(first).for_each(|(place, c)| *place = *c);
        back.iter_mut().zip(second).for_each(|(place, c)| *place = *c);
        let len = first.len().saturating_add(second.len()).min(Self::MAX);
        number.len = u8::try_from(len).unwrap_or(0);
        number
    }

    /// These digits and then `more`, which are digits already and fit.
    fn followed_by(mut self, more: &[u8]) -> Self {
        let from = self.len();
        let to = from.saturating_add(more.len());
        if let (Some(place), Ok(len)) = (self.ascii.get_mut(from..to), u8::try_from(to)) {
            place.iter_mut().zip(more).for_each(|(slot, c)| *slot = *c);
            self.len = len;
        }
        self
    }

    /// Appends one ASCII character of `0`-`9`, `*`, `#`, or a `+` in front.
    pub(crate) fn push(&mut self, c: u8) -> Result<(), ()> {
        let allowed = Digit::from_ascii(c).is_some() || (c == b'+' && self.len == 0);
        let slot = self.ascii.get_mut(usize::from(self.len));
        let (true, Some(slot)) = (allowed, slot) else { return Err(()) };
        *slot = c;
        self.len = self.len.saturating_add(1);
        Ok(())
    }

    /// The characters, ASCII.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.ascii.get(..usize::from(self.len)).unwrap_or(&[])
    }

    /// The characters as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or("")
    }

    /// How many characters.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len as usize
    }

    /// True if there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The first `n` of them, or all.
    #[must_use]
    pub fn truncated(mut self, n: usize) -> Self {
        if n < self.len() {
            self.ascii.iter_mut().skip(n).for_each(|c| *c = 0);
            self.len = u8::try_from(n).unwrap_or(self.len);
        }
        self
    }
}

impl Default for Digits {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_telephone_keys_are_dialed() {
        assert_eq!(Digits::dialed(b"*33#0123456789").unwrap().as_str(), "*33#0123456789");
        for bad in [&b"+1613"[..], b"555-1234", b"20a", b"2 1", "٣".as_bytes(), b"20%31"] {
            assert_eq!(Digits::dialed(bad), Err(BadDigits::Character));
        }
        assert_eq!(Digits::dialed(&[b'1'; 48]), Err(BadDigits::TooLong));
        assert_eq!(Digits::dialed(&[b'1'; 47]).unwrap().len(), 47);
    }

    #[test]
    fn a_plus_may_stand_in_front_of_what_is_written() {
        assert_eq!(Digits::written(b"+16135550123").unwrap().as_str(), "+16135550123");
        assert_eq!(Digits::written(b"911").unwrap().as_str(), "911");
        for bad in [&b"++1"[..], b"1+", b"+1 613"] {
            assert_eq!(Digits::written(bad), Err(BadDigits::Character));
        }
        assert_eq!(Digits::written(&[&b"+"[..], &[b'1'; 47]].concat()), Err(BadDigits::TooLong));
        assert_eq!(Digits::written(&[&b"+"[..], &[b'1'; 46]].concat()).unwrap().len(), 47);
    }

    #[test]
    fn equal_digits_are_equal_however_they_came_to_be() {
        assert_eq!(Digits::dialed(b"911555").unwrap().truncated(3), Digits::dialed(b"911").unwrap());
    }
}
