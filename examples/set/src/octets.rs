//! Octets to values and back: numbers, texts and addresses, and what is wrong with them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::words::bye;

/// Why the other side cannot be followed any longer. There is no way to skip a frame, so each of them ends the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No version in common.
    Version,
    /// A frame that cannot be read, and what about it.
    Unreadable(&'static str),
    /// A sequence or an acknowledgement that cannot be, and which.
    Sequence(&'static str),
}

impl Fault {
    /// The reason that Bye gives.
    #[must_use]
    pub fn reason(self) -> u8 {
        match self {
            Self::Version => bye::VERSION,
            Self::Unreadable(_) => bye::UNREADABLE,
            Self::Sequence(_) => bye::SEQUENCE,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version => f.write_str("no version in common"),
            Self::Unreadable(what) | Self::Sequence(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Fault {}

/// A secret text: a PIN or a code. It prints as nothing, because it is never to be in a log (section "Who it is").
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// What it hides.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// How long a text may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) least: usize,
    pub(crate) octets: usize,
    pub(crate) letters: usize,
}

impl Size {
    /// From so many octets to so many.
    pub(crate) const fn octets(least: usize, most: usize) -> Self {
        Self { least, octets: most, letters: most }
    }
}

/// Takes a body apart.
#[derive(Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    pub(crate) fn take(&mut self, many: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) =
            self.0.split_at_checked(many).ok_or(Fault::Unreadable("a body that is too short"))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Fault> {
        self.array().map(|[octet]| octet)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Fault> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Fault> {
        self.array().map(u64::from_be_bytes)
    }

    /// A number that stands for something, or the fault that it stands for nothing.
    pub(crate) fn one<T>(
        &mut self,
        from: impl FnOnce(u8) -> Option<T>,
        otherwise: &'static str,
    ) -> Result<T, Fault> {
        from(self.u8()?).ok_or(Fault::Unreadable(otherwise))
    }

    pub(crate) fn text(&mut self, size: Size) -> Result<String, Fault> {
        let many = usize::from(self.u8()?);
        let text = std::str::from_utf8(self.take(many)?)
            .map_err(|_| Fault::Unreadable("a text that is no UTF-8"))?;
        if text.chars().any(char::is_control) {
            return Err(Fault::Unreadable("a control character in a text"));
        }
        if many < size.least || many > size.octets || text.chars().count() > size.letters {
            return Err(Fault::Unreadable("a text that is too short or too long"));
        }
        Ok(text.into())
    }

    pub(crate) fn address(&mut self) -> Result<Option<SocketAddr>, Fault> {
        let ip: IpAddr = match self.u8()? {
            0 => return Ok(None),
            4 => Ipv4Addr::from(self.array::<4>()?).into(),
            6 => Ipv6Addr::from(self.array::<16>()?).into(),
            _ => return Err(Fault::Unreadable("an address that is neither IPv4 nor IPv6")),
        };
        match self.u16()? {
            0 => Err(Fault::Unreadable("an address without a port")),
            port => Ok(Some(SocketAddr::new(ip, port))),
        }
    }

    /// Nothing may stand behind what was read.
    pub(crate) fn end(self) -> Result<(), Fault> {
        if self.0.is_empty() { Ok(()) } else { Err(Fault::Unreadable("a body that is too long")) }
    }
}

/// Writes a text with its length in front. One that is too long for its octet loses its end: sizes are checked before.
pub(crate) fn put_text(body: &mut Vec<u8>, text: &str) {
    let mut end = text.len().min(255);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(..end).unwrap_or_default();
    body.push(u8::try_from(text.len()).unwrap_or_default());
    body.extend_from_slice(text.as_bytes());
}

pub(crate) fn put_address(body: &mut Vec<u8>, address: Option<SocketAddr>) {
    match address {
        None => body.push(0),
        Some(SocketAddr::V4(address)) => {
            body.push(4);
            body.extend_from_slice(&address.ip().octets());
            body.extend_from_slice(&address.port().to_be_bytes());
        }
        Some(SocketAddr::V6(address)) => {
            body.push(6);
            body.extend_from_slice(&address.ip().octets());
            body.extend_from_slice(&address.port().to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Reader, Secret, Size, put_address, put_text};

    #[test]
    fn texts_and_addresses_lead_back() {
        let mut body = Vec::new();
        put_text(&mut body, "Zoë 42");
        for address in ["192.0.2.7:40000", "[2001:db8::1]:9"] {
            put_address(&mut body, address.parse().ok());
        }
        put_address(&mut body, None);
        let mut reader = Reader::new(&body);
        assert_eq!(reader.text(Size::octets(1, 7)).as_deref(), Ok("Zoë 42"));
        assert_eq!(reader.address(), Ok("192.0.2.7:40000".parse().ok()));
        assert_eq!(reader.address(), Ok("[2001:db8::1]:9".parse().ok()));
        assert_eq!(reader.address(), Ok(None));
        assert_eq!(reader.end(), Ok(()));
    }

    #[test]
    fn what_is_no_text_and_no_address_is_refused() {
        let text = |octets: &[u8], size| Reader::new(octets).text(size);
        assert!(text(&[2, b'a'], Size::octets(0, 9)).is_err(), "shorter than it says");
        assert!(text(&[1, 0xff], Size::octets(0, 9)).is_err(), "no UTF-8");
        assert!(text(&[1, 0x0a], Size::octets(0, 9)).is_err(), "a control character");
        assert!(text(&[2, 0xc2, 0x85], Size::octets(0, 9)).is_err(), "a control character of two octets");
        assert!(text(&[0], Size::octets(1, 9)).is_err() && text(&[0], Size::octets(0, 9)).is_ok());
        assert!(text(&[2, 0xc3, 0xab], Size::octets(0, 1)).is_err(), "its limits are octets");
        assert_eq!(
            Reader::new(&[5]).address(),
            Err(Fault::Unreadable("an address that is neither IPv4 nor IPv6"))
        );
        assert!(Reader::new(&[4, 1, 2, 3, 4, 5]).address().is_err());
        assert_eq!(
            Reader::new(&[4, 1, 2, 3, 4, 0, 0]).address(),
            Err(Fault::Unreadable("an address without a port"))
        );
        assert!(Reader::new(&[1]).end().is_err());
    }

    #[test]
    fn a_secret_prints_as_nothing() {
        assert_eq!(format!("{:?}", Secret::from("4711")), "***");
    }
}
