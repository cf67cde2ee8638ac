//! Account codes: taken apart from the number, checked against the keyring (R43-R50).
//!
//! A code is never stored here, never logged, and compared as a keyed hash.

use crate::base::Crypto;
pub use crate::base::Typed;
use crate::policy::rows::{CosRow, Features};
use crate::policy::{Code, Image, Keyring};

/// The shortest code (R43).
pub const SHORTEST: usize = 2;
/// The longest code (R43).
pub const LONGEST: usize = Typed::MAX;

/// How a code ends.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Length {
    /// After so many digits (COS `account_code_length`).
    Exactly(u8),
    /// At `#`, after 2 to 12 digits.
    ToHash,
}

impl Length {
    /// As a COS has it.
    #[must_use]
    pub const fn of(class: &CosRow) -> Self {
        match class.code_length {
            0 => Self::ToHash,
            length => Self::Exactly(length),
        }
    }

    /// Whether digits are a code of this length.
    #[must_use]
    pub fn fits(self, code: &[u8]) -> bool {
        code.iter().all(u8::is_ascii_digit)
            && match self {
                Self::Exactly(length) => code.len() == usize::from(length),
                Self::ToHash => (SHORTEST..=LONGEST).contains(&code.len()),
            }
    }
}

/// Code and number, of the digits behind the feature code; `None` while the code is not complete.
#[must_use]
pub fn split(digits: &[u8], length: Length) -> Option<(&[u8], &[u8])> {
    match length {
        Length::Exactly(length) => digits.split_at_checked(usize::from(length)),
        Length::ToHash => {
            let hash = digits.iter().position(|c| *c == b'#')?;
            let (code, rest) = digits.split_at_checked(hash)?;
            Some((code, rest.get(1..)?))
        }
    }
}

/// What a dialed code is worth under a COS (R48). Work: one mac and a search that is logarithmic in the codes; none if
/// the COS permits no codes.
pub fn check(
    image: &Image<'_>,
    keyring: &Keyring<'_>,
    class: &CosRow,
    typed: &[u8],
    crypto: &mut impl Crypto,
) -> Code {
    let features = Features::from_bits_truncate(class.features);
    let forced = Features::FORCED_VERIFIED_ACCOUNT_CODE;
    let verified = features.intersects(Features::VERIFIED_ACCOUNT_CODE | forced);
    let forced = Features::FORCED_NON_VERIFIED_ACCOUNT_CODE;
    let other = features.intersects(Features::NON_VERIFIED_ACCOUNT_CODE | forced);
    if !(verified || other) || !Length::of(class).fits(typed) {
        return Code::Wrong;
    }
    let row = keyring.account_code(typed, crypto);
    let kind = row.and_then(|row| image.account_codes().get(usize::from(row))).map(|row| row.kind);
    match (row, kind) {
        (Some(row), Some(0)) if verified => Code::Verified(row),
        (Some(row), Some(1)) if other => Code::NonVerified(Some(row)),
        _ if other => Code::NonVerified(None),
        _ => Code::Wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r50_a_fixed_length_ends_itself_any_other_ends_with_hash() {
        let split = |digits: &'static str, length| split(digits.as_bytes(), length);
        assert_eq!(split("43214390111", Length::Exactly(6)), Some((&b"432143"[..], &b"90111"[..])));
        assert_eq!(split("43214", Length::Exactly(6)), None);
        assert_eq!(split("4321#9011", Length::ToHash), Some((&b"4321"[..], &b"9011"[..])));
        assert_eq!(split("43219011", Length::ToHash), None);
        assert!(Length::ToHash.fits(b"12") && !Length::ToHash.fits(b"1") && !Length::ToHash.fits(b"12*"));
        assert!(!Length::ToHash.fits(b"1234567890123") && Length::Exactly(4).fits(b"1234"));
    }
}
