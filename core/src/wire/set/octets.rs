//! Octets of a body, read and written.

use super::{SRTP_KEY, TOKEN, Token};
use crate::wire::Bad;
use crate::wire::write::Sink;
use core::net::{IpAddr, SocketAddr};

/// Text that is shown nowhere: a PIN, a code.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Concealed<'a>(&'a str);

impl<'a> Concealed<'a> {
    /// Of this text.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// The text, for who checks it.
    #[must_use]
    pub const fn expose(self) -> &'a str {
        self.0
    }
}

impl core::fmt::Debug for Concealed<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("…")
    }
}

/// A body being read from its front.
#[derive(Clone, Copy)]
pub(super) struct Octets<'a>(&'a [u8]);

impl<'a> Octets<'a> {
    pub(super) const fn new(body: &'a [u8]) -> Self {
        Self(body)
    }

    /// Everything is read.
    pub(super) const fn end(self) -> Result<(), Bad> {
        if self.0.is_empty() { Ok(()) } else { Err(Bad) }
    }

    /// What is not read yet.
    pub(super) const fn rest(self) -> &'a [u8] {
        self.0
    }

    pub(super) fn take(&mut self, octets: usize) -> Result<&'a [u8], Bad> {
        let (taken, rest) = self.0.split_at_checked(octets).ok_or(Bad)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], Bad> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Bad)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Bad> {
        self.array().map(|[octet]| *octet)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Bad> {
        self.array().map(|octets| u16::from_be_bytes(*octets))
    }

    pub(super) fn u64(&mut self) -> Result<u64, Bad> {
        self.array().map(|octets| u64::from_be_bytes(*octets))
    }

    /// A number from a range.
    pub(super) fn within(&mut self, range: core::ops::RangeInclusive<u8>) -> Result<u8, Bad> {
        self.u8().and_then(|octet| if range.contains(&octet) { Ok(octet) } else { Err(Bad) })
    }

    pub(super) fn flag(&mut self) -> Result<bool, Bad> {
        self.within(0..=1).map(|octet| octet == 1)
    }

    /// Its length, then UTF-8 without control characters, at most so many octets.
    pub(super) fn text(&mut self, most: usize) -> Result<&'a str, Bad> {
        let len = usize::from(self.u8()?);
        let text = core::str::from_utf8(self.take(len)?).map_err(|_| Bad)?;
        if len > most || text.chars().any(char::is_control) { Err(Bad) } else { Ok(text) }
    }

    pub(super) fn token(&mut self) -> Result<Token, Bad> {
        self.array::<TOKEN>().copied()
    }

    pub(super) fn key(&mut self) -> Result<&'a [u8; SRTP_KEY], Bad> {
        self.array()
    }

    pub(super) fn address(&mut self) -> Result<Option<SocketAddr>, Bad> {
        let ip: IpAddr = match self.u8()? {
            0 => return Ok(None),
            4 => (*self.array::<4>()?).into(),
            6 => (*self.array::<16>()?).into(),
            _ => return Err(Bad),
        };
        match self.u16()? {
            0 => Err(Bad),
            port => Ok(Some(SocketAddr::new(ip, port))),
        }
    }
}

/// Its length, then the text. What is longer than its field may be is the caller's mistake; what is longer than 255 octets is cut off.
pub(super) fn put_text(out: &mut impl Sink, text: &str) {
    let octets = text.as_bytes();
    let octets = octets.get(..octets.len().min(255)).unwrap_or(octets);
    out.put(&[u8::try_from(octets.len()).unwrap_or(u8::MAX)]);
    out.put(octets);
}

pub(super) fn put_address(out: &mut impl Sink, address: Option<SocketAddr>) {
    let Some(address) = address else { return out.put(&[0]) };
    match address.ip() {
        IpAddr::V4(ip) => {
            out.put(&[4]);
            out.put(&ip.octets());
        }
        IpAddr::V6(ip) => {
            out.put(&[6]);
            out.put(&ip.octets());
        }
    }
    out.put(&address.port().to_be_bytes());
}

/// An enumeration whose numbers are those of the protocol.
macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($(#[$one_doc:meta])* $one:ident = $number:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum $name {
            $($(#[$one_doc])* $one,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$one),+];

            /// Its number in the protocol.
            #[must_use]
            pub const fn number(self) -> u8 {
                match self {
                    $(Self::$one => $number,)+
                }
            }

            /// The one of this number.
            ///
            /// # Errors
            /// There is none.
            pub const fn of(number: u8) -> Result<Self, $crate::wire::Bad> {
                match number {
                    $($number => Ok(Self::$one),)+
                    _ => Err($crate::wire::Bad),
                }
            }
        }
    };
}
pub(super) use numbered;
