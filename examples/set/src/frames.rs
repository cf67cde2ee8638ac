//! Frames (section "Frames"): their header, and those that a set sends. Those of the controller are in [`crate::actuations`].
//!
//! Both directions are written and read here: a set writes and reads one each, and who tests sets needs the others.

use std::fmt;
use std::net::SocketAddr;

pub use crate::actuations::{Actuation, Clock, Down, Keys, Sending};
pub use crate::octets::{Fault, Secret};
use crate::octets::{Reader, Size, put_address, put_text};
use crate::words::{Codec, Key, bye};

/// Octets of a header.
pub const HEADER: usize = 12;

/// Most octets of a body.
pub const BODY: usize = 1_200;

/// Streams of a set, numbered from 0.
pub const STREAMS: u8 = 4;

/// The version that is spoken here.
pub const VERSION: u8 = 1;

/// What stands in front of each body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Octets behind the header.
    pub length: usize,
    /// Which frame it is.
    pub kind: u8,
    /// Which one of this direction it is, from 1.
    pub sequence: u32,
    /// The last one that was taken from the other side, 0 before the first.
    pub acknowledged: u32,
}

impl Header {
    /// Reads one. What it says about its neighbours is for who knows them.
    ///
    /// # Errors
    /// Its length is more than [`BODY`], or octet 3 is not 0.
    pub fn read(octets: [u8; HEADER]) -> Result<Self, Fault> {
        let [l0, l1, kind, zero, s0, s1, s2, s3, a0, a1, a2, a3] = octets;
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        if length > BODY {
            return Err(Fault::Unreadable("a frame that is too long"));
        }
        if zero != 0 {
            return Err(Fault::Unreadable("octet 3 is not 0"));
        }
        let sequence = u32::from_be_bytes([s0, s1, s2, s3]);
        Ok(Self { length, kind, sequence, acknowledged: u32::from_be_bytes([a0, a1, a2, a3]) })
    }

    /// A whole frame of a body that is at most [`BODY`] octets.
    #[must_use]
    pub fn frame(kind: u8, sequence: u32, acknowledged: u32, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
        let mut frame = Vec::with_capacity(HEADER + body.len());
        frame.extend_from_slice(&length.to_be_bytes());
        frame.extend_from_slice(&[kind, 0]);
        frame.extend_from_slice(&sequence.to_be_bytes());
        frame.extend_from_slice(&acknowledged.to_be_bytes());
        frame.extend_from_slice(body);
        frame
    }
}

/// The random word that makes a set known again after its connection was lost. It is as good as a PIN, so it prints as
/// nothing.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Token(pub [u8; 16]);

impl Token {
    /// Zeros: there is none.
    #[must_use]
    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_none() { "none" } else { "***" })
    }
}

/// The code that a set may need to be bound to its number (section "Who it is").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Code {
    /// None: the MAC is that of the number.
    #[default]
    None,
    /// That of registration: the number has no MAC yet.
    Registration(Secret),
    /// That of replacement: the number has another MAC.
    Replacement(Secret),
}

/// What a set says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// The oldest version it speaks.
    pub oldest: u8,
    /// The newest.
    pub newest: u8,
    /// Which set it is.
    pub mac: [u8; 6],
    /// What it is, as the policy calls it.
    pub set_type: String,
    /// From [`Down::Registered`] of the connection before.
    pub token: Token,
    /// Rows of its display, 1 to 4.
    pub rows: u8,
    /// Characters of each, 16 to 40.
    pub columns: u8,
    /// Line keys, 1 to 4.
    pub lines: u8,
    /// Whether it can do `AES_CM_128_HMAC_SHA1_80`.
    pub srtp: bool,
    /// From the one liked best.
    pub codecs: Vec<Codec>,
}

/// A frame from the set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Up {
    /// The first one.
    Hello(Hello),
    /// Who wants to use the set.
    Register {
        /// Which code, if any.
        code: Code,
        /// The number that is wanted.
        number: String,
        /// Its PIN.
        pin: Secret,
    },
    /// The handset: lifted, or on its hook.
    Hook {
        /// Whether it is lifted.
        off: bool,
    },
    /// A key.
    Key {
        /// Which.
        key: Key,
        /// Whether it is down.
        pressed: bool,
    },
    /// Where a stream is received.
    Opened {
        /// Which stream.
        stream: u8,
        /// Which time it was opened.
        generation: u16,
        /// None: it cannot be received.
        address: Option<SocketAddr>,
    },
    /// Nothing else was sent for a while.
    Alive,
    /// The last frame.
    Bye(u8),
}

impl Up {
    /// Its kind on the wire.
    #[must_use]
    pub fn kind(&self) -> u8 {
        match self {
            Self::Hello(_) => 0x01,
            Self::Register { .. } => 0x02,
            Self::Hook { .. } => 0x03,
            Self::Key { .. } => 0x04,
            Self::Opened { .. } => 0x05,
            Self::Alive => 0x06,
            Self::Bye(_) => 0x07,
        }
    }

    /// Its body.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        match self {
            Self::Hello(hello) => {
                body.extend_from_slice(&[hello.oldest, hello.newest]);
                body.extend_from_slice(&hello.mac);
                put_text(&mut body, &hello.set_type);
                body.extend_from_slice(&hello.token.0);
                body.extend_from_slice(&[hello.rows, hello.columns, hello.lines, u8::from(hello.srtp)]);
                body.push(u8::try_from(hello.codecs.len()).unwrap_or(u8::MAX));
                body.extend(hello.codecs.iter().map(|codec| codec.number()));
            }
            Self::Register { code, number, pin } => {
                let (which, code) = match code {
                    Code::None => (0, ""),
                    Code::Registration(code) => (1, code.reveal()),
                    Code::Replacement(code) => (2, code.reveal()),
                };
                body.push(which);
                put_text(&mut body, code);
                put_text(&mut body, number);
                put_text(&mut body, pin.reveal());
            }
            Self::Hook { off } => body.push(u8::from(*off)),
            Self::Key { key, pressed } => body.extend_from_slice(&[key.number(), u8::from(*pressed)]),
            Self::Opened { stream, generation, address } => {
                body.push(*stream);
                body.extend_from_slice(&generation.to_be_bytes());
                put_address(&mut body, *address);
            }
            Self::Alive => {}
            Self::Bye(reason) => body.push(*reason),
        }
        body
    }

    /// Reads one.
    ///
    /// # Errors
    /// The kind is not one of a set's, or the body is not exactly that of the kind.
    pub fn read(kind: u8, body: &[u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(body);
        let up = match kind {
            0x01 => Self::Hello(hello(&mut reader)?),
            0x02 => register(&mut reader)?,
            0x03 => Self::Hook { off: reader.one(flag, "a hook that is neither on nor off")? },
            0x04 => Self::Key {
                key: reader.one(Key::from_number, "no such key")?,
                pressed: reader.one(flag, "a key that is neither up nor down")?,
            },
            0x05 => {
                let (stream, generation) = stream(&mut reader)?;
                Self::Opened { stream, generation, address: reader.address()? }
            }
            0x06 => Self::Alive,
            0x07 => {
                let reason =
                    |reason: u8| (bye::known(reason) && !bye::of_controller(reason)).then_some(reason);
                Self::Bye(reader.one(reason, "no reason of a set's")?)
            }
            0x80.. => return Err(Fault::Unreadable("a frame of the wrong direction")),
            _ => return Err(Fault::Unreadable("a frame of an unknown kind")),
        };
        reader.end()?;
        Ok(up)
    }
}

/// 0 or 1.
pub(crate) fn flag(octet: u8) -> Option<bool> {
    match octet {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

/// A stream and its generation (section "Media in two half-steps").
pub(crate) fn stream(reader: &mut Reader<'_>) -> Result<(u8, u16), Fault> {
    let stream = reader.one(|stream| (stream < STREAMS).then_some(stream), "no such stream")?;
    match reader.u16()? {
        0 => Err(Fault::Unreadable("generation 0")),
        generation => Ok((stream, generation)),
    }
}

fn hello(reader: &mut Reader<'_>) -> Result<Hello, Fault> {
    let within = |from: u8, to: u8| move |octet: u8| (from..=to).contains(&octet).then_some(octet);
    let oldest = reader.one(within(1, u8::MAX), "version 0")?;
    Ok(Hello {
        oldest,
        newest: reader.one(within(oldest, u8::MAX), "a newest version that is older than the oldest")?,
        mac: reader.array()?,
        set_type: reader.text(Size::octets(1, 16))?,
        token: Token(reader.array()?),
        rows: reader.one(within(1, 4), "display rows out of bounds")?,
        columns: reader.one(within(16, 40), "display columns out of bounds")?,
        lines: reader.one(within(1, 4), "line keys out of bounds")?,
        srtp: reader.one(flag, "no such SRTP")?,
        codecs: {
            let many = reader.one(within(1, 5), "too few or too many codecs")?;
            let mut codecs = Vec::new();
            for _ in 0..many {
                let codec = reader.one(Codec::from_number, "no such codec")?;
                if codecs.contains(&codec) {
                    return Err(Fault::Unreadable("the same codec twice"));
                }
                codecs.push(codec);
            }
            codecs
        },
    })
}

fn register(reader: &mut Reader<'_>) -> Result<Up, Fault> {
    let which = reader.u8()?;
    let code = reader.text(Size::octets(0, 10))?;
    let code = match which {
        0 if code.is_empty() => Code::None,
        0..=2 if code.is_empty() || which == 0 => {
            return Err(Fault::Unreadable("no code, or one where there is none"));
        }
        1 => Code::Registration(code.into()),
        2 => Code::Replacement(code.into()),
        _ => return Err(Fault::Unreadable("no such code")),
    };
    let number = reader.text(Size::octets(1, 16))?;
    Ok(Up::Register { code, number, pin: reader.text(Size::octets(0, 8))?.into() })
}

#[cfg(test)]
#[path = "frames_tests.rs"]
mod tests;
