//! Attributes, read on demand (RFC 8866 6; crypto: RFC 4568).

use super::Bad;
use super::session::{line, word};
use crate::wire::scan::{Cursor, TOKEN, decimal};

/// Iterates over the `a=` lines of a section as `(name, value)`; the value is empty if there is no colon.
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Attributes<'a> {
    /// Over the lines of `section`.
    pub(super) fn new(section: &'a [u8]) -> Self {
        Self { rest: section }
    }

    /// The values of the attributes of that name (names are case-sensitive, RFC 8866 6).
    pub fn named(self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        self.filter(move |(found, _)| *found == name.as_bytes()).map(|(_, value)| value)
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let (text, behind) = line(self.rest).ok()?;
            self.rest = behind;
            if let [b'a', b'=', attribute @ ..] = text {
                let end = attribute.iter().position(|byte| *byte == b':').unwrap_or(attribute.len());
                let (name, value) = attribute.split_at_checked(end)?;
                return Some((name, value.get(1..).unwrap_or_default()));
            }
        }
        None
    }
}

/// `a=rtpmap` (RFC 8866 6.6).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RtpMap<'a> {
    /// Payload type, 0 to 127.
    pub payload: u8,
    /// Encoding name, compared without regard to case.
    pub encoding: &'a [u8],
    /// Clock rate in Hz; beyond `u32::MAX` that.
    pub clock: u32,
    /// Encoding parameters: the number of channels for audio; empty if there are none.
    pub parameters: &'a [u8],
}

impl<'a> RtpMap<'a> {
    /// Reads the attribute's value.
    ///
    /// # Errors
    ///
    /// [`Bad`] outside the grammar or for a payload type above 127.
    pub fn parse(value: &'a [u8]) -> Result<Self, Bad> {
        let (number, rest) = word(value).ok_or(Bad)?;
        let mut pieces = rest.trim_ascii().splitn(3, |byte| *byte == b'/');
        let encoding = pieces.next().unwrap_or_default();
        let clock = decimal(pieces.next().unwrap_or_default())?;
        if encoding.is_empty() || encoding.contains(&b' ') {
            return Err(Bad);
        }
        Ok(Self { payload: payload(number)?, encoding, clock, parameters: pieces.next().unwrap_or_default() })
    }

    /// Number of audio channels: the encoding parameter, 1 if there is none or it is no number up to 255.
    pub fn channels(&self) -> u8 {
        decimal(self.parameters).ok().and_then(|count| u8::try_from(count).ok()).unwrap_or(1)
    }
}

/// `a=fmtp` (RFC 8866 6.15).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fmtp<'a> {
    /// Format: a payload type for RTP.
    pub format: &'a [u8],
    /// Parameters, as the format defines them.
    pub parameters: &'a [u8],
}

impl<'a> Fmtp<'a> {
    /// Reads the attribute's value.
    ///
    /// # Errors
    ///
    /// [`Bad`] without a format or without anything behind it.
    pub fn parse(value: &'a [u8]) -> Result<Self, Bad> {
        let (format, rest) = word(value).ok_or(Bad)?;
        let parameters = rest.trim_ascii();
        if parameters.is_empty() { Err(Bad) } else { Ok(Self { format, parameters }) }
    }

    /// The format as a payload type, 0 to 127.
    pub fn payload(&self) -> Result<u8, Bad> {
        payload(self.format)
    }
}

/// `a=crypto` (RFC 4568 4). The key is in it: such a value is a secret.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Crypto<'a> {
    /// Tag, 0 to 999,999,999, without leading zeros.
    pub tag: u32,
    /// Crypto suite, compared exactly.
    pub suite: &'a [u8],
    /// Key parameters: `inline:` keys, several with semicolons between them.
    pub keys: &'a [u8],
    /// Session parameters with blanks between them, or empty.
    pub session: &'a [u8],
}

impl<'a> Crypto<'a> {
    /// Reads the attribute's value.
    ///
    /// # Errors
    ///
    /// [`Bad`] outside the grammar. Neither suite nor keys are judged.
    pub fn parse(value: &'a [u8]) -> Result<Self, Bad> {
        let (digits, rest) = word(value).ok_or(Bad)?;
        if digits.len() > 9 || digits.len() > 1 && digits.first() == Some(&b'0') {
            return Err(Bad);
        }
        let mut cursor = Cursor::new(rest.trim_ascii());
        let suite = cursor.token()?;
        cursor.expect(b' ')?;
        cursor.space();
        let end = cursor.rest.iter().position(|byte| *byte == b' ').unwrap_or(cursor.rest.len());
        let (keys, session) = cursor.rest.split_at_checked(end).ok_or(Bad)?;
        let mut method = Cursor::new(keys);
        if method.span(TOKEN).is_empty() || !method.eat(b':') || method.done() {
            return Err(Bad);
        }
        Ok(Self { tag: decimal(digits)?, suite, keys, session: session.trim_ascii() })
    }
}

impl core::fmt::Debug for Crypto<'_> {
    /// Without the key.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Crypto").field("tag", &self.tag).finish_non_exhaustive()
    }
}

/// The port of `a=rtcp` (RFC 3605); its address, if it has one, is not looked at.
#[must_use]
pub fn rtcp_port(value: &[u8]) -> Option<u16> {
    let digits = value.split(|c| *c == b' ').next()?;
    decimal(digits).ok().and_then(|port| u16::try_from(port).ok())
}

/// An RTP payload type, 0 to 127, decimal.
pub(super) fn payload(text: &[u8]) -> Result<u8, Bad> {
    match u8::try_from(decimal(text)?) {
        Ok(number) if number < 128 => Ok(number),
        Ok(_) | Err(_) => Err(Bad),
    }
}
