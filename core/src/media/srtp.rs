//! SRTP keys in descriptions (SDES, RFC 4568): which `a=crypto` lines are usable, told line by line (R95).

use crate::wire::sdp::Crypto;

/// What policy says of a party's media.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Srtp {
    /// Encrypted if both parties can (RFC 8643), else in clear.
    #[default]
    BestEffort,
    /// Never encrypted.
    Off,
    /// Encrypted or not at all.
    Required,
}

impl Srtp {
    /// By its number in the image.
    #[must_use]
    pub const fn from_number(number: u8) -> Self {
        match number & 3 {
            1 => Self::Off,
            0 => Self::BestEffort,
            _ => Self::Required,
        }
    }

    /// Its number in the image.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::BestEffort => 0,
            Self::Off => 1,
            Self::Required => 2,
        }
    }
}

/// The crypto suites and the octets of their key and salt together (RFC 4568 6.2, RFC 6188 4, RFC 7714 14).
const SUITES: [(&[u8], usize); 9] = [
    (b"AES_CM_128_HMAC_SHA1_80", 30),
    (b"AES_CM_128_HMAC_SHA1_32", 30),
    (b"F8_128_HMAC_SHA1_80", 30),
    (b"AES_192_CM_HMAC_SHA1_80", 38),
    (b"AES_192_CM_HMAC_SHA1_32", 38),
    (b"AES_256_CM_HMAC_SHA1_80", 46),
    (b"AES_256_CM_HMAC_SHA1_32", 46),
    (b"AEAD_AES_128_GCM", 28),
    (b"AEAD_AES_256_GCM", 44),
];

/// The octets of key and salt of a suite that is known.
pub(super) fn key_octets(suite: &[u8]) -> Option<usize> {
    SUITES.iter().find(|(name, _)| *name == suite).map(|(_, octets)| *octets)
}

/// A usable line, without its key.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Line {
    /// Its tag.
    pub tag: u32,
    /// The place of its suite among those known.
    pub suite: u8,
}

impl Line {
    /// Reads the value of an `a=crypto` attribute; `None` if nobody could use it: unknown suite, key of another length,
    /// lifetime or MKI out of range, a session parameter that is unknown or switches protection off.
    /// Work: linear in the value.
    #[must_use]
    pub fn usable(value: &[u8]) -> Option<Self> {
        let crypto = Crypto::parse(value).ok()?;
        let suite = SUITES.iter().position(|(name, _)| *name == crypto.suite)?;
        let (_, octets) = SUITES.get(suite)?;
        let mut first: Option<Option<Mki<'_>>> = None;
        let mut keys: usize = 0;
        for key in crypto.keys.split(|c| *c == b';') {
            let mki = usable_key(key, *octets)?;
            keys = keys.saturating_add(1);
            // Of several keys each has an MKI, all of one length (section 6.1).
            match (first, mki) {
                (None, _) => first = Some(mki),
                (Some(Some(first)), Some(mki)) if first.len == mki.len && first.value != mki.value => {}
                (Some(_), _) => return None,
            }
        }
        if keys > 1 && first == Some(None) {
            return None;
        }
        let parameters = crypto.session.split(|c| *c == b' ').filter(|parameter| !parameter.is_empty());
        parameters.into_iter().all(usable_parameter).then_some(())?;
        Some(Self { tag: crypto.tag, suite: u8::try_from(suite).ok()? })
    }
}

/// A master key identifier.
#[derive(Clone, Copy, Eq, PartialEq)]
struct Mki<'a> {
    value: &'a [u8],
    len: u64,
}

/// `inline:key[|lifetime][|MKI:length]` (section 6.1): its MKI, if it has one; `None` outside of this.
fn usable_key(text: &[u8], octets: usize) -> Option<Option<Mki<'_>>> {
    let mut parts = text.strip_prefix(b"inline:")?.split(|c| *c == b'|');
    let key = parts.next()?;
    let kept = key.iter().position(|c| !is_base64(*c)).unwrap_or(key.len());
    let (key, padding) = key.split_at_checked(kept)?;
    // Four characters for three octets; padding is taken with or without.
    let wanted = octets.saturating_mul(4).div_ceil(3);
    if key.len() != wanted || !matches!(padding, b"" | b"=" | b"==") {
        return None;
    }
    let (second, third) = (parts.next(), parts.next());
    if parts.next().is_some() {
        return None;
    }
    let (lifetime, mki) = match (second, third) {
        (Some(second), None) if second.contains(&b':') => (None, Some(second)),
        other => other,
    };
    if let Some(lifetime) = lifetime {
        usable_lifetime(lifetime).then_some(())?;
    }
    let Some(mki) = mki else { return Some(None) };
    let colon = mki.iter().position(|c| *c == b':')?;
    let (value, len) = mki.split_at_checked(colon)?;
    let len = number(len.get(1..)?).filter(|len| (1..=128).contains(len))?;
    number(value)?;
    Some(Some(Mki { value, len }))
}

/// Characters of base64, one bit each, 64 in a word.
const BASE64: [u64; 4] = [0x03ff_8800_0000_0000, 0x07ff_fffe_07ff_fffe, 0, 0];

/// Whether a character is one of base64 (RFC 4648 section 4). Keys are the longest part of most descriptions.
#[inline(always)]
fn is_base64(c: u8) -> bool {
    BASE64.get(usize::from(c >> 6)).is_some_and(|set| set.wrapping_shr(u32::from(c)) & 1 != 0)
}

/// Packets, as a number or a power of two: at least one, at most 2^48 (section 6.1).
fn usable_lifetime(text: &[u8]) -> bool {
    match text.strip_prefix(b"2^") {
        Some(power) => number(power).is_some_and(|power| (1..=48).contains(&power)),
        None => number(text).is_some_and(|packets| (1..=1 << 48).contains(&packets)),
    }
}

/// Session parameters (section 6.3). One that takes protection away is none that policy would call SRTP.
fn usable_parameter(text: &[u8]) -> bool {
    let split = text.iter().position(|c| *c == b'=').unwrap_or(text.len());
    let Some((name, value)) = text.split_at_checked(split) else { return false };
    let value = value.get(1..).unwrap_or(&[]);
    match name {
        b"KDR" => number(value).is_some_and(|rate| rate <= 24),
        b"WSH" => number(value).is_some_and(|size| size >= 64),
        b"FEC_ORDER" => matches!(value, b"FEC_SRTP" | b"SRTP_FEC"),
        b"FEC_KEY" => !value.is_empty(),
        _ => name.starts_with(b"-"),
    }
}

/// A decimal number of at most fifteen digits.
fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 15 || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(
        text.iter()
            .fold(0, |value: u64, c| value.wrapping_mul(10).wrapping_add(u64::from(c.wrapping_sub(b'0')))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";

    #[test]
    fn r95_only_lines_that_somebody_can_use_count() {
        let usable = |rest: &str| Line::usable(rest.as_bytes()).is_some();
        for good in [
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}"),
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|2^20|1:4"),
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|2^48"),
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|1:4"),
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|2^20|1:4;{KEY}|2^20|2:4"),
            std::format!("999999999 AES_CM_128_HMAC_SHA1_32 {KEY} KDR=24 WSH=64 -ours=1"),
            std::format!("1 F8_128_HMAC_SHA1_80 {KEY} FEC_ORDER=FEC_SRTP"),
            std::format!("1 AES_256_CM_HMAC_SHA1_80 inline:{}", "A".repeat(62)),
            std::format!("1 AES_256_CM_HMAC_SHA1_80 inline:{}==", "A".repeat(62)),
            std::format!("1 AEAD_AES_128_GCM inline:{}==", "A".repeat(38)),
            std::format!("1 AEAD_AES_256_GCM inline:{}=", "A".repeat(59)),
        ] {
            assert!(usable(&good), "{good}");
        }
        for bad in [
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}A"),
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {}", &KEY[..46]),
            std::format!("1 AES_256_CM_HMAC_SHA1_80 {KEY}"),
            std::format!("1 ROT_13 {KEY}"),
            std::format!("1 aes_cm_128_hmac_sha1_80 {KEY}"),
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|2^49"),
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|0"),
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|2^20|1:0"),
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|2^20|1:129"),
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|2^20|x:4"),
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|2^20|1"),
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {KEY};{KEY}"),
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|1:4;{KEY}|1:4"),
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|1:4;{KEY}|2:2"),
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {KEY} KDR=25"),
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {KEY} WSH=63"),
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {KEY} UNENCRYPTED_SRTP"),
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {KEY} UNAUTHENTICATED_SRTP"),
            std::format!("1 AES_CM_128_HMAC_SHA1_80 {KEY} NEW_THING"),
            std::format!("01 AES_CM_128_HMAC_SHA1_80 {KEY}"),
            std::format!("1234567890 AES_CM_128_HMAC_SHA1_80 {KEY}"),
            std::string::String::from("1 AES_CM_128_HMAC_SHA1_80"),
        ] {
            assert!(!usable(&bad), "{bad}");
        }
    }
}
