//! What a telephone itself says of its sound, and what it is told: one stream, offered, answered, and read (RFC 3264, RFC 3551,
//! RFC 4568). Between two others, [`passage`](super::passage) lets descriptions through; here one of the two is us.
//!
//! ```text
//!  we offer    every codec that we have     --answer--> the first of theirs that we have
//!  they offer  --we answer with the first of theirs that we have; every other stream is refused (port 0)
//! ```

use super::judge::Refused;
use super::srtp::{Line, Srtp};
use crate::base::Secret;
use crate::wire::sdp::{Crypto, Direction, Kind, Media, Proto, RtpMap, Session};
use crate::wire::write::Sink;
use base64ct::{Base64Unpadded, Encoding};
use core::net::SocketAddr;

/// The suite that keys are for (RFC 4568 section 6.2.1: everybody has it).
pub const SUITE: &[u8] = b"AES_CM_128_HMAC_SHA1_80";
/// Octets of a master key with its salt (section 6.2).
pub const KEY: usize = 30;
/// Characters of that in base64.
const KEY_TEXT: usize = 40;
/// The payload type of our telephone events (RFC 4733).
pub const EVENTS: u8 = 101;

/// A codec that a telephone may have.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Codec {
    /// G.711 µ-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
    /// G.722; its clock is written as 8000 (RFC 3551 section 4.5.2).
    G722,
    /// G.729.
    G729,
    /// Opus (RFC 7587).
    Opus,
}

impl Codec {
    /// All of them; the place of each is its number.
    pub const ALL: [Self; 5] = [Self::Pcmu, Self::Pcma, Self::G722, Self::G729, Self::Opus];

    /// The payload type that we offer it by.
    #[must_use]
    pub const fn payload(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
            Self::G722 => 9,
            Self::G729 => 18,
            Self::Opus => 111,
        }
    }

    /// The value of its `a=rtpmap`, behind the payload type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU/8000",
            Self::Pcma => "PCMA/8000",
            Self::G722 => "G722/8000",
            Self::G729 => "G729/8000",
            Self::Opus => "opus/48000/2",
        }
    }

    /// Whether a payload type means this codec: by what names it, else by RFC 3551.
    fn is(self, payload: u8, map: Option<&RtpMap<'_>>) -> bool {
        let mut name = self.name().as_bytes().split(|c| *c == b'/');
        match map {
            Some(map) => {
                let clock = if matches!(self, Self::Opus) { 48_000 } else { 8_000 };
                name.next().is_some_and(|name| name.eq_ignore_ascii_case(map.encoding)) && map.clock == clock
            }
            None => payload < 96 && payload == self.payload(),
        }
    }
}

/// Codecs, the one that is liked best first.
pub type Codecs = heapless::Vec<Codec, 5>;

/// What a telephone can do.
#[derive(Clone, Debug)]
pub struct Ability {
    /// Its codecs.
    pub codecs: Codecs,
    /// Whether its media is encrypted.
    pub srtp: Srtp,
}

impl Ability {
    /// The same for a call for help, which is never refused for what protects it (law 4).
    #[must_use]
    pub fn for_emergency(&self) -> Self {
        let srtp = if self.srtp == Srtp::Required { Srtp::BestEffort } else { self.srtp };
        Self { codecs: self.codecs.clone(), srtp }
    }
}

/// Sound that is agreed on: where it goes, and how. The keys stand beside, in [`Keys`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sound {
    /// Where ours is sent.
    pub to: SocketAddr,
    /// What it is coded by.
    pub codec: Codec,
    /// The payload type that says so.
    pub payload: u8,
    /// The payload type of keys that are pressed (RFC 4733), if they are taken.
    pub events: Option<u8>,
    /// Who sends, as seen from here.
    pub direction: Direction,
    /// It is encrypted by [`Keys`].
    pub protected: bool,
}

/// Master keys with their salts, for [`SUITE`]. Wiped when dropped.
#[derive(Debug, Default)]
pub struct Keys {
    /// What we send is encrypted by this one.
    pub ours: Secret<KEY>,
    /// And what we get by this one.
    pub theirs: Secret<KEY>,
}

/// What we say of ourselves.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    /// What we can do.
    pub ability: &'a Ability,
    /// Where we await sound.
    pub at: SocketAddr,
    /// The session's number, and how often its description was another.
    pub session: (u64, u32),
    /// Who sends, as seen from here.
    pub direction: Direction,
}

/// Writes our offer.
pub fn offer(out: &mut impl Sink, own: &Own<'_>, key: &Secret<KEY>) {
    head(out, own);
    let protocol: &[u8] = if own.ability.srtp == Srtp::Required { b"RTP/SAVP" } else { b"RTP/AVP" };
    stream(out, own.at.port(), protocol);
    for codec in &own.ability.codecs {
        format(out, codec.payload());
    }
    format(out, EVENTS);
    out.put(b"\r\n");
    for codec in &own.ability.codecs {
        map(out, codec.payload(), codec.name());
    }
    events(out, EVENTS);
    if own.ability.srtp != Srtp::Off {
        crypto(out, 1, key);
    }
    out.line(&[b"a=", own.direction.as_bytes()]);
}

/// Writes our answer to an offer, as it was [taken](take).
pub fn answer(out: &mut impl Sink, own: &Own<'_>, offered: &Session<'_>, taken: &Taken, key: &Secret<KEY>) {
    head(out, own);
    for (nth, media) in offered.media.iter().enumerate() {
        if nth != taken.stream {
            out.put(b"m=");
            out.put(media.kind_text);
            out.put(b" 0 ");
            out.put(media.proto_text);
            let formats = if media.formats.is_empty() { b"0" } else { media.formats };
            out.line(&[b" ", formats]);
            continue;
        }
        let Sound { codec, payload, events: keys, .. } = taken.sound;
        stream(out, own.at.port(), media.proto_text);
        format(out, payload);
        keys.into_iter().for_each(|keys| format(out, keys));
        out.put(b"\r\n");
        map(out, payload, codec.name());
        keys.into_iter().for_each(|keys| events(out, keys));
        if let Some(tag) = taken.crypto {
            crypto(out, tag, key);
        }
        out.line(&[b"a=", own.direction.as_bytes()]);
    }
    // Beyond those that are kept nothing is known but that they are there (RFC 3264 section 6).
    for _ in 0..offered.extra_media {
        out.line(&[b"m=audio 0 RTP/AVP 0"]);
    }
}

/// What is taken of a description.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Taken {
    /// What comes of it.
    pub sound: Sound,
    /// Which of its streams that is.
    stream: usize,
    /// The tag of the crypto line that is used.
    crypto: Option<u32>,
}

impl Taken {
    /// Whether it can be the answer to our [`offer`].
    #[must_use]
    pub const fn answers_ours(&self) -> bool {
        self.stream == 0 && matches!(self.crypto, None | Some(1))
    }
}

/// Reads what the other says, as an offer or as the answer to ours; their key goes to `keys`. Work: linear in it.
///
/// # Errors
/// Why there will be no sound.
pub fn take(session: &Session<'_>, ability: &Ability, keys: &mut Keys) -> Result<Taken, Refused> {
    let mut why = Refused::Answer;
    for (stream, media) in session.media.iter().enumerate() {
        if media.kind != Kind::Audio || media.port == 0 {
            continue;
        }
        match take_stream(session, media, ability, keys) {
            Ok((sound, crypto)) => return Ok(Taken { sound, stream, crypto }),
            Err(refused) => why = refused,
        }
    }
    Err(why)
}

fn take_stream(
    session: &Session<'_>,
    media: &Media<'_>,
    ability: &Ability,
    keys: &mut Keys,
) -> Result<(Sound, Option<u32>), Refused> {
    let sdes = match media.proto {
        Proto::RtpAvp => false,
        Proto::RtpSavp => true,
        Proto::RtpAvpf
        | Proto::RtpSavpf
        | Proto::UdpTlsRtpSavp
        | Proto::UdpTlsRtpSavpf
        | Proto::Udptl
        | Proto::Other => return Err(Refused::Answer),
    };
    let ip = session.connection(media).and_then(|connection| connection.host.ip()).ok_or(Refused::Address)?;
    let (codec, payload, events) = codec(media, ability).ok_or(Refused::Codec)?;
    let line = if ability.srtp == Srtp::Off { None } else { key(media, keys) };
    if line.is_none() && (sdes || ability.srtp == Srtp::Required) {
        return Err(if sdes { Refused::Unusable } else { Refused::Clear });
    }
    let said = session.direction(media);
    // Hold of RFC 2543: nothing is awaited there (R100).
    let said = if ip.is_unspecified() { holding(said) } else { said };
    let to = SocketAddr::new(ip, media.port);
    let sound = Sound { to, codec, payload, events, direction: mirrored(said), protected: line.is_some() };
    Ok((sound, line))
}

/// The first codec of theirs that we have, by their payload type, and theirs of telephone events.
fn codec(media: &Media<'_>, ability: &Ability) -> Option<(Codec, u8, Option<u8>)> {
    let mut found = None;
    let mut events = None;
    for text in media.formats.split(|c| *c == b' ') {
        let Some(payload) = core::str::from_utf8(text).ok().and_then(|text| text.parse::<u8>().ok()) else {
            continue;
        };
        let named = media.attributes().named("rtpmap").filter_map(|value| RtpMap::parse(value).ok());
        let map = named.into_iter().find(|map| map.payload == payload);
        if let Some(map) = &map
            && map.encoding.eq_ignore_ascii_case(b"telephone-event")
            && map.clock == 8_000
        {
            events = events.or(Some(payload));
        }
        if found.is_none() {
            let ours = ability.codecs.iter().find(|codec| codec.is(payload, map.as_ref()));
            found = ours.map(|codec| (*codec, payload));
        }
    }
    let (codec, payload) = found?;
    Some((codec, payload, events))
}

/// The first crypto line that we can use, and its key.
fn key(media: &Media<'_>, keys: &mut Keys) -> Option<u32> {
    media.attributes().named("crypto").find_map(|value| {
        Line::usable(value)?;
        let crypto = Crypto::parse(value).ok().filter(|crypto| crypto.suite == SUITE)?;
        let text = crypto.keys.strip_prefix(b"inline:")?;
        // A lifetime may follow; packets with an MKI would be others than ours (RFC 4568 section 6.1).
        if text.contains(&b':') || !crypto.session.is_empty() {
            return None;
        }
        let mut octets = zeroize::Zeroizing::new([0; KEY]);
        let read = Base64Unpadded::decode(text.get(..KEY_TEXT)?, octets.as_mut_slice()).ok()?;
        (read.len() == KEY && keys.theirs.set(read)).then_some(crypto.tag)
    })
}

fn head(out: &mut impl Sink, own: &Own<'_>) {
    let (number, version) = own.session;
    let family: &[u8] = if own.at.is_ipv4() { b" IN IP4 " } else { b" IN IP6 " };
    out.put(b"v=0\r\no=- ");
    out.number(number);
    out.put(b" ");
    out.number(u64::from(version));
    out.put(family);
    out.ip(own.at.ip());
    out.put(b"\r\ns=-\r\nc=");
    out.put(family.trim_ascii_start());
    out.ip(own.at.ip());
    out.put(b"\r\nt=0 0\r\n");
}

fn stream(out: &mut impl Sink, port: u16, protocol: &[u8]) {
    out.put(b"m=audio ");
    out.number(u64::from(port));
    out.put(b" ");
    out.put(protocol);
}

fn format(out: &mut impl Sink, payload: u8) {
    out.put(b" ");
    out.number(u64::from(payload));
}

fn map(out: &mut impl Sink, payload: u8, name: &str) {
    out.put(b"a=rtpmap:");
    out.number(u64::from(payload));
    out.line(&[b" ", name.as_bytes()]);
}

fn events(out: &mut impl Sink, payload: u8) {
    map(out, payload, "telephone-event/8000");
    out.put(b"a=fmtp:");
    out.number(u64::from(payload));
    out.line(&[b" 0-16"]);
}

fn crypto(out: &mut impl Sink, tag: u32, key: &Secret<KEY>) {
    let mut text = zeroize::Zeroizing::new([0; KEY_TEXT]);
    let text = Base64Unpadded::encode(key.expose(), text.as_mut_slice()).unwrap_or("");
    out.put(b"a=crypto:");
    out.number(u64::from(tag));
    out.line(&[b" ", SUITE, b" inline:", text.as_bytes()]);
}

/// Who holds does not hear.
const fn holding(direction: Direction) -> Direction {
    match direction {
        Direction::SendRecv | Direction::SendOnly => Direction::SendOnly,
        Direction::RecvOnly | Direction::Inactive => Direction::Inactive,
    }
}

/// The same as the other side sees it.
#[must_use]
pub const fn mirrored(direction: Direction) -> Direction {
    match direction {
        Direction::SendRecv => Direction::SendRecv,
        Direction::SendOnly => Direction::RecvOnly,
        Direction::RecvOnly => Direction::SendOnly,
        Direction::Inactive => Direction::Inactive,
    }
}

/// What both want at most.
#[must_use]
pub const fn narrowed(own: Direction, theirs: Direction) -> Direction {
    let (sends, receives) = (sends(own) && sends(theirs), receives(own) && receives(theirs));
    match (sends, receives) {
        (true, true) => Direction::SendRecv,
        (true, false) => Direction::SendOnly,
        (false, true) => Direction::RecvOnly,
        (false, false) => Direction::Inactive,
    }
}

const fn sends(direction: Direction) -> bool {
    matches!(direction, Direction::SendRecv | Direction::SendOnly)
}

const fn receives(direction: Direction) -> bool {
    matches!(direction, Direction::SendRecv | Direction::RecvOnly)
}

#[cfg(test)]
#[path = "sound_tests.rs"]
mod tests;
