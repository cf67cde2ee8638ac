//! What a set says: physical events, and who it is.

use super::octets::{Concealed, Octets, numbered, put_address, put_text};
use super::{
    CODECS, MAX_CODE, MAX_COLUMNS, MAX_LINES, MAX_NUMBER, MAX_PIN, MAX_ROWS, MAX_TYPE, MIN_COLUMNS, Mac,
    Token,
};
use crate::base::Digit;
use crate::wire::Bad;
use crate::wire::write::Sink;
use core::net::SocketAddr;

/// A frame from a set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Up<'a> {
    /// The first of a connection: what it is.
    Hello(Hello<'a>),
    /// Whose it wants to be.
    Register(Register<'a>),
    /// The handset was lifted, or put back.
    Hook {
        /// Lifted.
        off: bool,
    },
    /// A key.
    Key {
        /// Which.
        key: Key,
        /// It was pressed, not released.
        pressed: bool,
    },
    /// Where a stream is received.
    Opened {
        /// Which.
        stream: u8,
        /// Of which opening.
        generation: u16,
        /// There; none: it cannot be received.
        at: Option<SocketAddr>,
    },
    /// It is there.
    Alive,
    /// It goes.
    Bye(u8),
}

/// What a set is.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Hello<'a> {
    /// The oldest version that it speaks, and the newest.
    pub versions: (u8, u8),
    /// Its MAC address: its identity.
    pub mac: Mac,
    /// Its type, as the policy writes it.
    pub set_type: &'a str,
    /// By which it is known again; zeros: not.
    pub token: Token,
    /// Rows of its display, 1-4.
    pub rows: u8,
    /// Characters of a row, 16-40.
    pub columns: u8,
    /// Line keys, 1-4.
    pub lines: u8,
    /// It can encrypt its sound.
    pub srtp: bool,
    /// Numbers of its codecs, the one liked best first; each once.
    pub codecs: &'a [u8],
}

impl core::fmt::Debug for Hello<'_> {
    /// Without the token.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Hello")
            .field("versions", &self.versions)
            .field("mac", &self.mac)
            .field("set_type", &self.set_type)
            .finish_non_exhaustive()
    }
}

numbered! {
    /// Which code a user has typed on a set that is to be registered.
    CodeKind {
        /// None: its MAC is known.
        None = 0,
        /// That of registration.
        Registration = 1,
        /// That of replacement.
        Replacement = 2,
    }
}

/// Whose a set wants to be (R72-R76).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Register<'a> {
    /// Which code.
    pub kind: CodeKind,
    /// The code; empty if there is none.
    pub code: Concealed<'a>,
    /// The directory number.
    pub number: &'a str,
    /// The PIN.
    pub pin: Concealed<'a>,
}

/// A key of a set.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Key {
    /// One of the twelve.
    Digit(Digit),
    /// A line key, from 1 on.
    Line(u8),
    /// Hold.
    Hold,
    /// Transfer.
    Transfer,
    /// Gives up, refuses, clears.
    Cancel,
    /// The last number again.
    Redial,
}

impl Key {
    /// Its number in the protocol.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Digit(digit) => digit.ascii(),
            Self::Line(line) => line,
            Self::Hold => 0x10,
            Self::Transfer => 0x11,
            Self::Cancel => 0x12,
            Self::Redial => 0x13,
        }
    }

    /// The key of this number.
    ///
    /// # Errors
    /// There is none.
    pub fn of(number: u8) -> Result<Self, Bad> {
        match number {
            1..=MAX_LINES => Ok(Self::Line(number)),
            0x10 => Ok(Self::Hold),
            0x11 => Ok(Self::Transfer),
            0x12 => Ok(Self::Cancel),
            0x13 => Ok(Self::Redial),
            _ => Digit::from_ascii(number).map(Self::Digit).ok_or(Bad),
        }
    }
}

impl<'a> Up<'a> {
    /// The number of its kind.
    #[must_use]
    pub const fn kind(&self) -> u8 {
        match self {
            Self::Hello(_) => 0x01,
            Self::Register(_) => 0x02,
            Self::Hook { .. } => 0x03,
            Self::Key { .. } => 0x04,
            Self::Opened { .. } => 0x05,
            Self::Alive => 0x06,
            Self::Bye(_) => 0x07,
        }
    }

    /// Reads a body. Work: linear in it.
    ///
    /// # Errors
    /// It is not exactly as the protocol has it.
    pub fn parse(kind: u8, body: &'a [u8]) -> Result<Self, Bad> {
        let mut body = Octets::new(body);
        let up = match kind {
            0x01 => Self::Hello(hello(&mut body)?),
            0x02 => Self::Register(register(&mut body)?),
            0x03 => Self::Hook { off: body.flag()? },
            0x04 => Self::Key { key: Key::of(body.u8()?)?, pressed: body.flag()? },
            0x05 => Self::Opened { stream: body.u8()?, generation: body.u16()?, at: body.address()? },
            0x06 => Self::Alive,
            0x07 => Self::Bye(body.u8()?),
            _ => return Err(Bad),
        };
        body.end().map(|()| up)
    }

    /// Writes the body.
    pub fn write(&self, out: &mut impl Sink) {
        match self {
            Self::Hello(hello) => {
                out.put(&[hello.versions.0, hello.versions.1]);
                out.put(&hello.mac);
                put_text(out, hello.set_type);
                out.put(&hello.token);
                out.put(&[hello.rows, hello.columns, hello.lines, u8::from(hello.srtp)]);
                out.put(&[u8::try_from(hello.codecs.len()).unwrap_or(u8::MAX)]);
                out.put(hello.codecs);
            }
            Self::Register(register) => {
                out.put(&[register.kind.number()]);
                for text in [register.code.expose(), register.number, register.pin.expose()] {
                    put_text(out, text);
                }
            }
            Self::Hook { off } => out.put(&[u8::from(*off)]),
            Self::Key { key, pressed } => out.put(&[key.number(), u8::from(*pressed)]),
            Self::Opened { stream, generation, at } => {
                out.put(&[*stream]);
                out.put(&generation.to_be_bytes());
                put_address(out, *at);
            }
            Self::Alive => {}
            Self::Bye(reason) => out.put(&[*reason]),
        }
    }
}

fn hello<'a>(body: &mut Octets<'a>) -> Result<Hello<'a>, Bad> {
    let versions = (body.u8()?, body.u8()?);
    let mac = *body.array()?;
    let set_type = body.text(MAX_TYPE)?;
    let token = body.token()?;
    let (rows, columns) = (body.within(1..=MAX_ROWS)?, body.within(MIN_COLUMNS..=MAX_COLUMNS)?);
    let (lines, srtp) = (body.within(1..=MAX_LINES)?, body.flag()?);
    let count = body.within(1..=CODECS)?;
    let codecs = body.take(count.into())?;
    let mut seen = 0u8;
    for codec in codecs {
        let bit = 1u8.checked_shl((*codec).into()).filter(|_| *codec < CODECS).ok_or(Bad)?;
        if seen & bit != 0 {
            return Err(Bad);
        }
        seen |= bit;
    }
    if versions.0 == 0 || versions.0 > versions.1 || set_type.is_empty() {
        return Err(Bad);
    }
    Ok(Hello { versions, mac, set_type, token, rows, columns, lines, srtp, codecs })
}

fn register<'a>(body: &mut Octets<'a>) -> Result<Register<'a>, Bad> {
    let kind = CodeKind::of(body.u8()?)?;
    let code = Concealed::new(body.text(MAX_CODE)?);
    let number = body.text(MAX_NUMBER)?;
    let pin = Concealed::new(body.text(MAX_PIN)?);
    if number.is_empty() || (kind == CodeKind::None) != code.expose().is_empty() {
        return Err(Bad);
    }
    Ok(Register { kind, code, number, pin })
}
