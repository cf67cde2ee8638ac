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

/// Whether these are known to be decimal digits: at a glance, for 8-16 of them; for others it says nothing.
#[inline(always)]
#[must_use]
pub(crate) const fn known_decimal(ascii: &[u8]) -> bool {
    // No octet of a decimal digit borrows or carries, so the lowest other one shows in its upper bit.
    const fn glance(eight: [u8; 8]) -> u64 {
        let eight = u64::from_le_bytes(eight);
        eight.wrapping_add(0x4646_4646_4646_4646) | eight.wrapping_sub(0x3030_3030_3030_3030)
    }
    // Two glances, which overlap.
    match (ascii.first_chunk(), ascii.last_chunk()) {
        (Some(first), Some(last)) if ascii.len() <= 16 => {
            (glance(*first) | glance(*last)) & 0x8080_8080_8080_8080 == 0
        }
        _ => false,
    }
}

/// Whether these are decimal digits, if any.
#[inline(never)]
#[must_use]
pub(crate) fn all_decimal(ascii: &[u8]) -> bool {
    known_decimal(ascii) || ascii.iter().all(u8::is_ascii_digit)
}

/// Up to [`Digits::MAX`] keys, and in an outpulsed number, or one dialed by SIP, a leading `+`.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Digits {
    len: u8,
    ascii: [u8; Self::MAX],
}

/// The same number in half the room, for what is kept long: four bits a key.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Packed([u8; Self::SIZE]);

impl Packed {
    const SIZE: usize = Digits::MAX.div_ceil(2);
    /// No digits: `F` ends a number.
    pub const EMPTY: Self = Self([0xFF; Self::SIZE]);

    /// True if there are no digits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        matches!(self.0, [0xFF, ..])
    }

    /// The number.
    #[must_use]
    pub fn digits(&self) -> Digits {
        let keys = self.0.iter().flat_map(|pair| [pair >> 4, pair & 15]);
        let mut number = Digits::EMPTY;
        for key in keys.take_while(|key| *key < 13) {
            let _ = number.push(if key == 12 { b'+' } else { Digit(key).ascii() });
        }
        number
    }
}

impl From<Digits> for Packed {
    fn from(number: Digits) -> Self {
        let mut packed = Self::EMPTY;
        let mut keys = number.as_bytes().iter().map(|c| Digit::from_ascii(*c).map_or(12, Digit::index));
        for pair in &mut packed.0 {
            let (Some(first), second) = (keys.next(), keys.next()) else { break };
            *pair = first << 4 | second.unwrap_or(15);
        }
        packed
    }
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
        Self::check(text)?;
        Ok(Self::known(text))
    }

    /// Whether a text is one: [`Self::dialed`] without its copy.
    pub(crate) fn check(text: &[u8]) -> Result<(), BadDigits> {
        // Read from the left: what comes first is what is wrong.
        let seen = text.get(..=Self::MAX).unwrap_or(text);
        if !seen.iter().all(|c| Digit::from_ascii(*c).is_some()) {
            return Err(BadDigits::Character);
        }
        if text.len() > Self::MAX { Err(BadDigits::TooLong) } else { Ok(()) }
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
    #[inline(always)]
    pub(crate) fn known(digits: &[u8]) -> Self {
        Self::short(digits).unwrap_or_else(|| Self::EMPTY.followed_by(digits))
    }

    /// The same for a number of 4-16 digits, as most are: two moves that overlap make it.
    #[inline(always)]
    pub(crate) fn short(digits: &[u8]) -> Option<Self> {
        // Not more than sixteen where it is used.
        let len = (digits.len() & 31) as u8;
        let bits = |octets: u8| u32::from(octets).wrapping_mul(8);
        let (low, high) = match digits.len() {
            4..8 => {
                let first = u64::from(u32::from_le_bytes(*digits.first_chunk()?));
                let last = u64::from(u32::from_le_bytes(*digits.last_chunk()?));
                (first | last.wrapping_shl(bits(len.wrapping_sub(4))), 0)
            }
            8 => (u64::from_le_bytes(*digits.first_chunk()?), 0),
            9..=16 => {
                let last = u64::from_le_bytes(*digits.last_chunk()?);
                let beyond = last.wrapping_shr(bits(16u8.wrapping_sub(len)));
                (u64::from_le_bytes(*digits.first_chunk()?), beyond)
            }
            _ => return None,
        };
        let mut ascii = [0; Self::MAX];
        *ascii.first_chunk_mut()? = low.to_le_bytes();
        *ascii.get_mut(8..)?.first_chunk_mut()? = high.to_le_bytes();
        Some(Self { len, ascii })
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
    use std::vec::Vec;

    #[test]
    fn a_packed_number_is_the_same_number() {
        let longest = &b"+0123456789*#0123456789*#0123456789*#0123456789*#"[..Digits::MAX];
        for text in [&b""[..], b"1", b"12", b"*33#", b"+16135550100", longest] {
            let number = Digits::written(text).unwrap();
            let packed = Packed::from(number);
            assert_eq!(packed.digits(), number);
            assert_eq!(packed.is_empty(), number.is_empty());
        }
    }

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
    fn numbers_of_every_length_are_kept_whole() {
        let digits: Vec<u8> = (0..Digits::MAX).map(|n| b"0123456789*#"[n % 12]).collect();
        for len in 0..=Digits::MAX {
            let mut one_by_one = Digits::EMPTY;
            digits[..len].iter().for_each(|c| one_by_one.push(*c).unwrap());
            assert_eq!(Digits::known(&digits[..len]), one_by_one);
            assert_eq!(Digits::short(&digits[..len]).is_some(), (4..=16).contains(&len));
        }
    }

    #[test]
    fn a_glance_tells_decimal_digits_from_everything_else() {
        for len in 0..20 {
            let decimal: Vec<u8> = (0..len).map(|n| b'0' + n % 10).collect();
            assert_eq!(known_decimal(&decimal), (8..=16).contains(&len));
            assert!(all_decimal(&decimal));
            for at in 0..decimal.len() {
                for c in 0..=255u8 {
                    let mut other = decimal.clone();
                    other[at] = c;
                    assert_eq!(all_decimal(&other), c.is_ascii_digit(), "{other:?}");
                    assert!(!known_decimal(&other) || c.is_ascii_digit(), "{other:?}");
                }
            }
        }
    }

    #[test]
    fn equal_digits_are_equal_however_they_came_to_be() {
        assert_eq!(Digits::dialed(b"911555").unwrap().truncated(3), Digits::dialed(b"911").unwrap());
    }
}
