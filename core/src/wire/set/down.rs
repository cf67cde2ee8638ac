//! What a set is told: each says what is, never what changes.

use super::octets::{Octets, numbered, put_address, put_text};
use super::{
    CODECS, MAX_COLUMNS, MAX_NAME, MAX_NUMBER, MAX_ROW, MAX_ROWS, MAX_WHERE, SRTP_KEY, Token, up::Key,
};
use crate::base::WallTime;
use crate::wire::Bad;
use crate::wire::write::Sink;
use core::net::SocketAddr;

/// A frame to a set.
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum Down<'a> {
    /// The first of a connection.
    Welcome {
        /// The version that is spoken from now on.
        version: u8,
        /// Something is said as often, in seconds.
        heartbeat_s: u16,
    },
    /// It is registered.
    Registered {
        /// How that came about.
        how: How,
        /// By which it is known again. It is secret.
        token: Token,
        /// For so many seconds after its connection is lost.
        grace_s: u16,
        /// Its number.
        number: &'a str,
        /// Its user's name.
        name: &'a str,
    },
    /// It is not.
    Refused {
        /// Why.
        reason: Reason,
        /// Where it should go, with [`Reason::NotHere`].
        place: &'a str,
    },
    /// All that it shows and sounds: bodies of actuations, one after the other, each behind its kind and length.
    Snapshot {
        /// How many.
        count: u8,
        /// They.
        actuations: &'a [u8],
    },
    /// A row of its display.
    Display {
        /// Which, from 0 on.
        row: u8,
        /// The whole of it.
        text: &'a str,
    },
    /// A lamp.
    Lamp(Key, Lamp),
    /// What is to be heard.
    Tone(Tone),
    /// How it rings.
    Ringer(Ring),
    /// Whether its user talks.
    Audio(Audio),
    /// Receive a stream.
    Open {
        /// Which.
        stream: u8,
        /// Its opening.
        generation: u16,
    },
    /// Receive it no longer.
    Close {
        /// Which.
        stream: u8,
        /// Its opening.
        generation: u16,
    },
    /// Send and hear.
    Send(Send<'a>),
    /// Send and hear nothing.
    Stop {
        /// Which.
        stream: u8,
        /// Its opening.
        generation: u16,
    },
    /// The controller is there.
    Alive,
    /// The connection is over.
    Bye(Bye),
    /// What time it is.
    Clock(WallTime),
}

impl core::fmt::Debug for Down<'_> {
    /// Without tokens and keys.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Registered { how, number, .. } => write!(f, "Registered({how:?}, {number})"),
            Self::Snapshot { count, .. } => write!(f, "Snapshot({count})"),
            Self::Display { row, text } => write!(f, "Display({row}, {text:?})"),
            Self::Send(send) => write!(f, "Send({}, {}, {})", send.stream, send.generation, send.to),
            Self::Lamp(key, lamp) => write!(f, "Lamp({key:?}, {lamp:?})"),
            Self::Tone(tone) => write!(f, "{tone:?}"),
            Self::Ringer(ring) => write!(f, "Ringer({ring:?})"),
            Self::Audio(audio) => write!(f, "Audio({audio:?})"),
            Self::Refused { reason, place } => write!(f, "Refused({reason:?}, {place:?})"),
            Self::Bye(reason) => write!(f, "Bye({reason:?})"),
            Self::Welcome { .. }
            | Self::Open { .. }
            | Self::Close { .. }
            | Self::Stop { .. }
            | Self::Alive
            | Self::Clock(_) => write!(f, "kind {:#x}", self.kind()),
        }
    }
}

/// Where sound goes, and how.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Send<'a> {
    /// Which stream.
    pub stream: u8,
    /// Its opening.
    pub generation: u16,
    /// There.
    pub to: SocketAddr,
    /// The number of the codec.
    pub codec: u8,
    /// The payload type that says so.
    pub payload: u8,
    /// The payload type of events (RFC 4733), if they are taken.
    pub events: Option<u8>,
    /// It sends; it receives.
    pub direction: (bool, bool),
    /// Its key and that of the other side, if the stream is encrypted. They are secret.
    pub keys: Option<(&'a [u8; SRTP_KEY], &'a [u8; SRTP_KEY])>,
}

numbered! {
    /// How a registration came about.
    How {
        /// Its MAC was known.
        Known = 0,
        /// Its number had no MAC (R72).
        Bound = 1,
        /// It replaces another (R73).
        Replaced = 2,
        /// By its token.
        Resumed = 3,
    }
}

numbered! {
    /// Why a set is not registered.
    Reason {
        /// Code or PIN is wrong.
        BadPin = 1,
        /// No set has this number.
        UnknownDn = 2,
        /// The number belongs to another MAC (R73).
        DnInUse = 3,
        /// The MAC belongs to another number (R73).
        MacInUse = 4,
        /// The policy has another type (R74).
        SetTypeMismatch = 5,
        /// Too many wrong attempts (R75).
        LockedOut = 6,
        /// It belongs to another element (R76).
        NotHere = 7,
        /// It may not come this way.
        Transport = 8,
        /// No policy, or no room.
        NotNow = 9,
    }
}

numbered! {
    /// Why a connection is over.
    Bye {
        /// As wished.
        Wished = 0,
        /// No version in common.
        Version = 1,
        /// A frame that cannot be read.
        Unreadable = 2,
        /// A frame that does not follow on the one before.
        Sequence = 3,
        /// Nothing was heard for long.
        Silence = 4,
        /// Another connection or set has its place.
        Replaced = 5,
        /// The controller stops.
        Stopping = 6,
        /// The policy does not have its number any more.
        Unbound = 7,
        /// It takes nothing, or says nothing in time.
        Slow = 8,
    }
}

numbered! {
    /// How a lamp is.
    Lamp {
        /// Dark.
        Off = 0,
        /// Lit.
        On = 1,
        /// Held.
        Wink = 2,
        /// Rings.
        Flash = 3,
        /// Held for a transfer.
        Blink = 4,
    }
}

numbered! {
    /// What is to be heard.
    Tone {
        /// Nothing.
        Silence = 0,
        /// Dial tone.
        Dial = 1,
        /// Second dial tone.
        SecondDial = 2,
        /// It rings there.
        RingBack = 3,
        /// Busy.
        Busy = 4,
        /// Refused.
        Reorder = 5,
        /// An account code is wanted.
        AccountCode = 6,
        /// It is set.
        Confirmation = 7,
        /// A dear route (R63).
        Warning = 8,
        /// Somebody waits.
        CampOn = 9,
        /// Somebody comes in.
        Intrusion = 10,
        /// The other side holds.
        OnHold = 11,
    }
}

numbered! {
    /// How a set rings.
    Ring {
        /// Not.
        Silent = 0,
        /// For a call from inside.
        Inside = 1,
        /// For a call from outside.
        Outside = 2,
    }
}

numbered! {
    /// Whether handset or speaker are in use.
    Audio {
        /// No.
        Off = 0,
        /// Yes.
        Talk = 1,
    }
}

impl<'a> Down<'a> {
    /// The number of its kind.
    #[must_use]
    pub const fn kind(&self) -> u8 {
        match self {
            Self::Welcome { .. } => 0x81,
            Self::Registered { .. } => 0x82,
            Self::Refused { .. } => 0x83,
            Self::Snapshot { .. } => 0x84,
            Self::Display { .. } => 0x85,
            Self::Lamp(..) => 0x86,
            Self::Tone(_) => 0x87,
            Self::Ringer(_) => 0x88,
            Self::Audio(_) => 0x89,
            Self::Open { .. } => 0x8A,
            Self::Close { .. } => 0x8B,
            Self::Send(_) => 0x8C,
            Self::Stop { .. } => 0x8D,
            Self::Alive => 0x8E,
            Self::Bye(_) => 0x8F,
            Self::Clock(_) => 0x90,
        }
    }

    /// Whether it may stand in a snapshot.
    #[must_use]
    pub const fn is_actuation(&self) -> bool {
        match self {
            Self::Display { .. }
            | Self::Lamp(..)
            | Self::Tone(_)
            | Self::Ringer(_)
            | Self::Audio(_)
            | Self::Open { .. }
            | Self::Send(_)
            | Self::Clock(_) => true,
            Self::Welcome { .. }
            | Self::Registered { .. }
            | Self::Refused { .. }
            | Self::Snapshot { .. }
            | Self::Close { .. }
            | Self::Stop { .. }
            | Self::Alive
            | Self::Bye(_) => false,
        }
    }

    /// Reads a body. Work: linear in it.
    ///
    /// # Errors
    /// It is not exactly as the protocol has it.
    pub fn parse(kind: u8, body: &'a [u8]) -> Result<Self, Bad> {
        let mut body = Octets::new(body);
        let down = match kind {
            0x81 => match (body.u8()?, body.u16()?) {
                (_, 0) => return Err(Bad),
                (version, heartbeat_s) => Self::Welcome { version, heartbeat_s },
            },
            0x82 => Self::Registered {
                how: How::of(body.u8()?)?,
                token: body.token()?,
                grace_s: body.u16()?,
                number: body.text(MAX_NUMBER)?,
                name: body.text(MAX_NAME)?,
            },
            0x83 => refused(&mut body)?,
            0x84 => snapshot(&mut body)?,
            0x85 => {
                Self::Display { row: body.within(0..=MAX_ROWS.saturating_sub(1))?, text: row(&mut body)? }
            }
            0x86 => Self::Lamp(Key::of(body.u8()?)?, Lamp::of(body.u8()?)?),
            0x87 => Self::Tone(Tone::of(body.u8()?)?),
            0x88 => Self::Ringer(Ring::of(body.u8()?)?),
            0x89 => Self::Audio(Audio::of(body.u8()?)?),
            0x8A => Self::Open { stream: body.u8()?, generation: body.u16()? },
            0x8B => Self::Close { stream: body.u8()?, generation: body.u16()? },
            0x8C => Self::Send(send(&mut body)?),
            0x8D => Self::Stop { stream: body.u8()?, generation: body.u16()? },
            0x8E => Self::Alive,
            0x8F => Self::Bye(Bye::of(body.u8()?)?),
            0x90 => {
                let unix_s = i64::try_from(body.u64()?).map_err(|_| Bad)?;
                Self::Clock(WallTime { unix_s, offset_min: body.u16()?.cast_signed() })
            }
            _ => return Err(Bad),
        };
        body.end().map(|()| down)
    }

    /// Writes the body.
    pub fn write(&self, out: &mut impl Sink) {
        match self {
            Self::Welcome { version, heartbeat_s } => {
                out.put(&[*version]);
                out.put(&heartbeat_s.to_be_bytes());
            }
            Self::Registered { how, token, grace_s, number, name } => {
                out.put(&[how.number()]);
                out.put(token);
                out.put(&grace_s.to_be_bytes());
                put_text(out, number);
                put_text(out, name);
            }
            Self::Refused { reason, place } => {
                out.put(&[reason.number()]);
                put_text(out, place);
            }
            Self::Snapshot { count, actuations } => {
                out.put(&[*count]);
                out.put(actuations);
            }
            Self::Display { row, text } => {
                out.put(&[*row]);
                put_text(out, text);
            }
            Self::Lamp(key, lamp) => out.put(&[key.number(), lamp.number()]),
            Self::Tone(tone) => out.put(&[tone.number()]),
            Self::Ringer(ring) => out.put(&[ring.number()]),
            Self::Audio(audio) => out.put(&[audio.number()]),
            Self::Open { stream, generation }
            | Self::Close { stream, generation }
            | Self::Stop { stream, generation } => {
                out.put(&[*stream]);
                out.put(&generation.to_be_bytes());
            }
            Self::Send(send) => {
                out.put(&[send.stream]);
                out.put(&send.generation.to_be_bytes());
                put_address(out, Some(send.to));
                let direction = u8::from(send.direction.0) | u8::from(send.direction.1) << 1;
                let keyed = u8::from(send.keys.is_some());
                out.put(&[send.codec, send.payload, send.events.unwrap_or(255), direction, keyed]);
                if let Some((ours, theirs)) = send.keys {
                    out.put(ours);
                    out.put(theirs);
                }
            }
            Self::Alive => {}
            Self::Bye(reason) => out.put(&[reason.number()]),
            Self::Clock(wall) => {
                out.put(&u64::try_from(wall.unix_s).unwrap_or(0).to_be_bytes());
                out.put(&wall.offset_min.to_be_bytes());
            }
        }
    }
}

/// The actuations of a [`Down::Snapshot`] that was read.
pub fn actuations(count: u8, octets: &[u8]) -> impl Iterator<Item = Down<'_>> {
    let mut left = Octets::new(octets);
    (0..count).map_while(move |_| actuation(&mut left).ok())
}

fn actuation<'a>(octets: &mut Octets<'a>) -> Result<Down<'a>, Bad> {
    let (kind, length) = (octets.u8()?, octets.u16()?);
    // Before it is read: a snapshot in a snapshot would be looked at again and again.
    if kind == 0x84 {
        return Err(Bad);
    }
    let down = Down::parse(kind, octets.take(length.into())?)?;
    if down.is_actuation() { Ok(down) } else { Err(Bad) }
}

fn snapshot<'a>(body: &mut Octets<'a>) -> Result<Down<'a>, Bad> {
    let count = body.u8()?;
    let all = *body;
    let mut left = *body;
    for _ in 0..count {
        actuation(&mut left)?;
    }
    left.end()?;
    let actuations = all.rest();
    body.take(actuations.len())?;
    Ok(Down::Snapshot { count, actuations })
}

fn refused<'a>(body: &mut Octets<'a>) -> Result<Down<'a>, Bad> {
    let (reason, place) = (Reason::of(body.u8()?)?, body.text(MAX_WHERE)?);
    if (reason == Reason::NotHere) == place.is_empty() {
        return Err(Bad);
    }
    Ok(Down::Refused { reason, place })
}

fn row<'a>(body: &mut Octets<'a>) -> Result<&'a str, Bad> {
    let text = body.text(MAX_ROW)?;
    if text.chars().count() > usize::from(MAX_COLUMNS) { Err(Bad) } else { Ok(text) }
}

fn send<'a>(body: &mut Octets<'a>) -> Result<Send<'a>, Bad> {
    let (stream, generation) = (body.u8()?, body.u16()?);
    let to = body.address()?.ok_or(Bad)?;
    let (codec, payload) = (body.within(0..=CODECS.saturating_sub(1))?, body.within(0..=127)?);
    let events = match body.u8()? {
        255 => None,
        events @ 0..=127 => Some(events),
        _ => return Err(Bad),
    };
    let direction = body.within(0..=3)?;
    let direction = (direction & 1 != 0, direction & 2 != 0);
    let keys = if body.flag()? { Some((body.key()?, body.key()?)) } else { None };
    Ok(Send { stream, generation, to, codec, payload, events, direction, keys })
}
