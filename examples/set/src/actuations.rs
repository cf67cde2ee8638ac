//! Frames from the controller (section "From the controller"), each of which says what is.

use std::fmt;
use std::net::SocketAddr;

use crate::frames::{BODY, Token, flag, stream};
use crate::octets::{Fault, Reader, Size, put_address, put_text};
use crate::words::{Codec, How, Key, Lamp, Reason, Ring, Tone, bye};

/// Keys of SRTP, each a master key and its salt. This set announces none; they are read only to say what is wrong. They
/// print as nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// Called "ours" by the document.
    pub ours: [u8; 30],
    /// And "theirs".
    pub theirs: [u8; 30],
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// How a stream is sent and heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Where to.
    pub to: SocketAddr,
    /// How it is coded.
    pub codec: Codec,
    /// Its number in RTP.
    pub payload: u8,
    /// That of events (RFC 4733).
    pub events: Option<u8>,
    /// Whether to send.
    pub send: bool,
    /// Whether to hear.
    pub receive: bool,
    /// Keys of SRTP.
    pub keys: Option<Box<Keys>>,
}

/// What time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Since 1970 in UTC.
    pub seconds: u64,
    /// Minutes east of UTC.
    pub east: i16,
}

/// What may stand in a snapshot, and what else is said about streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actuation {
    /// A whole row, from 0.
    Display {
        /// Which.
        row: u8,
        /// What is on it.
        text: String,
    },
    /// The lamp of a key.
    Lamp {
        /// Which.
        key: Key,
        /// What it does.
        mode: Lamp,
    },
    /// What is heard.
    Tone(Tone),
    /// How it rings.
    Ringer(Ring),
    /// Whether handset or speaker are connected.
    Audio(bool),
    /// Receive, and say where.
    Open {
        /// Which stream.
        stream: u8,
        /// Which time.
        generation: u16,
    },
    /// Receive no longer.
    Close {
        /// Which stream.
        stream: u8,
        /// Which time.
        generation: u16,
    },
    /// Send and hear.
    Send {
        /// Which stream.
        stream: u8,
        /// Which time.
        generation: u16,
        /// How.
        sending: Sending,
    },
    /// Send and hear nothing.
    Stop {
        /// Which stream.
        stream: u8,
        /// Which time.
        generation: u16,
    },
    /// The time.
    Clock(Clock),
}

/// A frame from the controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Down {
    /// The answer to Hello.
    Welcome {
        /// The newest version that both have.
        version: u8,
        /// Seconds between signs of life.
        heartbeat: u16,
    },
    /// The set has its number.
    Registered {
        /// How it came to it.
        how: How,
        /// What to say in the next Hello.
        token: Token,
        /// How long that is good for, in seconds.
        grace: u16,
        /// The number.
        number: String,
        /// Whose it is.
        name: String,
    },
    /// It does not get its number.
    Refused {
        /// Why.
        reason: Reason,
        /// Where it belongs instead, for [`Reason::NotHere`].
        place: String,
    },
    /// All that is; what it does not name is not.
    Snapshot(Vec<Actuation>),
    /// One thing that is.
    Actuation(Actuation),
    /// Nothing else was sent for a while.
    Alive,
    /// The last frame.
    Bye(u8),
}

impl Actuation {
    /// Its kind on the wire.
    #[must_use]
    pub fn kind(&self) -> u8 {
        match self {
            Self::Display { .. } => 0x85,
            Self::Lamp { .. } => 0x86,
            Self::Tone(_) => 0x87,
            Self::Ringer(_) => 0x88,
            Self::Audio(_) => 0x89,
            Self::Open { .. } => 0x8a,
            Self::Close { .. } => 0x8b,
            Self::Send { .. } => 0x8c,
            Self::Stop { .. } => 0x8d,
            Self::Clock(_) => 0x90,
        }
    }

    /// Its body.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        match self {
            Self::Display { row, text } => {
                body.push(*row);
                put_text(&mut body, text);
            }
            Self::Lamp { key, mode } => body.extend_from_slice(&[key.number(), mode.number()]),
            Self::Tone(tone) => body.push(tone.number()),
            Self::Ringer(ring) => body.push(ring.number()),
            Self::Audio(path) => body.push(u8::from(*path)),
            Self::Open { stream, generation }
            | Self::Close { stream, generation }
            | Self::Stop { stream, generation } => {
                body.push(*stream);
                body.extend_from_slice(&generation.to_be_bytes());
            }
            Self::Send { stream, generation, sending } => {
                body.push(*stream);
                body.extend_from_slice(&generation.to_be_bytes());
                put_address(&mut body, Some(sending.to));
                body.extend_from_slice(&[
                    sending.codec.number(),
                    sending.payload,
                    sending.events.unwrap_or(255),
                ]);
                body.push(u8::from(sending.send) | u8::from(sending.receive) << 1);
                body.push(u8::from(sending.keys.is_some()));
                if let Some(keys) = &sending.keys {
                    body.extend_from_slice(&keys.ours);
                    body.extend_from_slice(&keys.theirs);
                }
            }
            Self::Clock(clock) => {
                body.extend_from_slice(&clock.seconds.to_be_bytes());
                body.extend_from_slice(&clock.east.to_be_bytes());
            }
        }
        body
    }

    fn read(kind: u8, body: &[u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(body);
        let actuation = match kind {
            0x85 => Self::Display {
                row: reader.one(|row| (row < 4).then_some(row), "no such row")?,
                text: reader.text(Size { least: 0, octets: 160, letters: 40 })?,
            },
            0x86 => Self::Lamp {
                key: reader.one(lamp_key, "no key with a lamp")?,
                mode: reader.one(Lamp::from_number, "no such lamp mode")?,
            },
            0x87 => Self::Tone(reader.one(Tone::from_number, "no such tone")?),
            0x88 => Self::Ringer(reader.one(Ring::from_number, "no such ring")?),
            0x89 => Self::Audio(reader.one(flag, "no such path of sound")?),
            0x8a => {
                let (stream, generation) = stream(&mut reader)?;
                Self::Open { stream, generation }
            }
            0x8b => {
                let (stream, generation) = stream(&mut reader)?;
                Self::Close { stream, generation }
            }
            0x8c => {
                let (stream, generation) = stream(&mut reader)?;
                Self::Send { stream, generation, sending: sending(&mut reader)? }
            }
            0x8d => {
                let (stream, generation) = stream(&mut reader)?;
                Self::Stop { stream, generation }
            }
            0x90 => Self::Clock(Clock { seconds: reader.u64()?, east: reader.u16()?.cast_signed() }),
            _ => return Err(Fault::Unreadable("a frame of an unknown kind")),
        };
        reader.end()?;
        Ok(actuation)
    }
}

impl Down {
    /// Its kind on the wire.
    #[must_use]
    pub fn kind(&self) -> u8 {
        match self {
            Self::Welcome { .. } => 0x81,
            Self::Registered { .. } => 0x82,
            Self::Refused { .. } => 0x83,
            Self::Snapshot(_) => 0x84,
            Self::Actuation(actuation) => actuation.kind(),
            Self::Alive => 0x8e,
            Self::Bye(_) => 0x8f,
        }
    }

    /// Its body.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        match self {
            Self::Welcome { version, heartbeat } => {
                body.push(*version);
                body.extend_from_slice(&heartbeat.to_be_bytes());
            }
            Self::Registered { how, token, grace, number, name } => {
                body.push(how.number());
                body.extend_from_slice(&token.0);
                body.extend_from_slice(&grace.to_be_bytes());
                put_text(&mut body, number);
                put_text(&mut body, name);
            }
            Self::Refused { reason, place } => {
                body.push(reason.number());
                put_text(&mut body, place);
            }
            Self::Snapshot(actuations) => {
                body.push(u8::try_from(actuations.len()).unwrap_or(u8::MAX));
                for actuation in actuations {
                    let inner = actuation.body();
                    body.push(actuation.kind());
                    body.extend_from_slice(&u16::try_from(inner.len()).unwrap_or(u16::MAX).to_be_bytes());
                    body.extend_from_slice(&inner);
                }
            }
            Self::Actuation(actuation) => return actuation.body(),
            Self::Alive => {}
            Self::Bye(reason) => body.push(*reason),
        }
        body
    }

    /// Reads one.
    ///
    /// # Errors
    /// The kind is not one of a controller's, or the body is not exactly that of the kind.
    pub fn read(kind: u8, body: &[u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(body);
        let down = match kind {
            ..=0x7f => return Err(Fault::Unreadable("a frame of the wrong direction")),
            0x81 => welcome(&mut reader)?,
            0x82 => registered(&mut reader)?,
            0x83 => refused(&mut reader)?,
            0x84 => Self::Snapshot(snapshot(&mut reader)?),
            0x8e => Self::Alive,
            0x8f => Self::Bye(reader.one(|reason| bye::known(reason).then_some(reason), "no such reason")?),
            _ => return Actuation::read(kind, body).map(Self::Actuation),
        };
        reader.end()?;
        Ok(down)
    }
}

fn sending(reader: &mut Reader<'_>) -> Result<Sending, Fault> {
    let to = reader.address()?.ok_or(Fault::Unreadable("Send to no address"))?;
    let codec = reader.one(Codec::from_number, "no such codec")?;
    let type_of = |octet: u8| (octet < 128).then_some(octet);
    let payload = reader.one(type_of, "no such payload type")?;
    let events = |octet: u8| if octet == 255 { Some(None) } else { type_of(octet).map(Some) };
    let events = reader.one(events, "no such payload type of events")?;
    let direction = reader.one(|octet| (octet < 4).then_some(octet), "no such direction")?;
    let keys = match reader.one(flag, "neither keys nor none")? {
        true => Some(Box::new(Keys { ours: reader.array()?, theirs: reader.array()? })),
        false => None,
    };
    Ok(Sending { to, codec, payload, events, send: direction & 1 != 0, receive: direction & 2 != 0, keys })
}

/// Line keys, Hold and Transfer have lamps.
fn lamp_key(number: u8) -> Option<Key> {
    Key::from_number(number)
        .filter(|key| key.as_line().is_some() || matches!(*key, Key::HOLD | Key::TRANSFER))
}

fn welcome(reader: &mut Reader<'_>) -> Result<Down, Fault> {
    let version = reader.u8()?;
    match reader.u16()? {
        0 => Err(Fault::Unreadable("a heartbeat of no time")),
        heartbeat => Ok(Down::Welcome { version, heartbeat }),
    }
}

fn registered(reader: &mut Reader<'_>) -> Result<Down, Fault> {
    let how = reader.one(How::from_number, "no such way to be registered")?;
    let token = Token(reader.array()?);
    if token.is_none() {
        return Err(Fault::Unreadable("a token of zeros"));
    }
    let grace = reader.u16()?;
    let number = reader.text(Size::octets(0, 16))?;
    Ok(Down::Registered { how, token, grace, number, name: reader.text(Size::octets(0, 40))? })
}

fn refused(reader: &mut Reader<'_>) -> Result<Down, Fault> {
    let reason = reader.one(Reason::from_number, "no such reason")?;
    let place = reader.text(Size::octets(0, 64))?;
    if reason != Reason::NotHere && !place.is_empty() {
        return Err(Fault::Unreadable("where to, without NotHere"));
    }
    Ok(Down::Refused { reason, place })
}

fn snapshot(reader: &mut Reader<'_>) -> Result<Vec<Actuation>, Fault> {
    let many = reader.u8()?;
    let mut actuations = Vec::with_capacity(usize::from(many));
    for _ in 0..many {
        let kind = reader.u8()?;
        let length = usize::from(reader.u16()?);
        if length > BODY {
            return Err(Fault::Unreadable("an actuation that is too long"));
        }
        match Actuation::read(kind, reader.take(length)?)? {
            Actuation::Close { .. } | Actuation::Stop { .. } => {
                return Err(Fault::Unreadable("Close or Stop in a snapshot"));
            }
            actuation => actuations.push(actuation),
        }
    }
    Ok(actuations)
}

#[cfg(test)]
#[path = "actuations_tests.rs"]
mod tests;
