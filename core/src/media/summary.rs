//! What a description says of its streams, as far as policy and the other description ask: small, and without keys.

use super::codecs::{Codecs, Reader};
use super::direction::Limits;
use super::keys::Marks;
use super::place::Places;
use super::srtp::Line;
use crate::wire::sdp::{Connection, Direction, Kind, MAX_MEDIA, Media, Proto, Session, rtcp_port};
use crate::wire::sip::Host;

/// Crypto lines kept of a stream; further usable ones are left out of what is passed on.
pub const MAX_LINES: usize = 4;

/// How a stream's packets would be protected.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Protection {
    /// Refused (port 0): nothing is sent.
    #[default]
    None,
    /// No RTP that this engine knows: whether anything protects it, nobody here can tell.
    Foreign,
    /// Plain RTP, and nothing else is on offer.
    Clear,
    /// Plain RTP, or SRTP with one of these lines (RFC 8643).
    Opportunistic,
    /// SRTP with one of these lines (RFC 4568).
    Sdes,
    /// SRTP, but no line can be used (R95).
    Unusable,
    /// Keys come by DTLS in the media path (RFC 5764); nobody between sees them.
    Dtls,
}

/// A stream.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Stream {
    kind: u8,
    proto: u8,
    /// How it would be protected.
    pub protection: Protection,
    /// `a=crypto` lines, usable or not; 255 and more are 255.
    pub written: u8,
    /// Keys are offered by another way: DTLS or ZRTP.
    pub other_keys: bool,
    /// Who sends, as far as an answer goes by it.
    pub direction: Direction,
    /// What its packets may carry.
    pub codecs: Codecs,
    tags: [u32; MAX_LINES],
    /// Places of suites; the first [`NO_LINE`] ends them.
    suites: [u8; MAX_LINES],
}

/// No line stands here.
const NO_LINE: u8 = u8::MAX;

/// What is read of a description.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Described {
    /// Its streams.
    pub summary: Summary,
    /// Where they are awaited.
    pub places: Places,
    /// Its keys, as they are known again.
    pub marks: Marks,
}

/// The streams of a description.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Summary {
    streams: heapless::Vec<Stream, MAX_MEDIA>,
    /// Streams beyond those kept.
    pub extra: u16,
}

impl Stream {
    /// The usable lines.
    pub fn lines(&self) -> impl Iterator<Item = Line> {
        let lines = self.tags.into_iter().zip(self.suites);
        lines.take_while(|(_, suite)| *suite != NO_LINE).map(|(tag, suite)| Line { tag, suite })
    }

    /// Whether media could come of it.
    #[must_use]
    pub const fn is_usable(&self) -> bool {
        !matches!(self.protection, Protection::None | Protection::Unusable)
    }

    /// Whether it could be the answer to that offer, protection aside (R91).
    #[must_use]
    pub const fn fits(&self, offer: &Self) -> bool {
        self.kind == offer.kind && self.proto == offer.proto
    }
}

impl Summary {
    /// No streams: there is no description.
    pub const NONE: Self = Self { streams: heapless::Vec::new(), extra: 0 };
    /// Every stream is refused, as [`refused`](Self::refused) has them.
    pub const ALL: u16 = (1 << (MAX_MEDIA + 1)) - 1;

    /// Of a text; [`Summary::NONE`] if it is none. Work: linear in it.
    #[must_use]
    pub fn read(text: &[u8]) -> Self {
        Described::read(text).summary
    }

    /// Whether who has written it wants to hear nothing: it holds the other (RFC 3264 section 8.4, R100). What it refuses does not
    /// count.
    #[must_use]
    pub fn holds(&self) -> bool {
        let mut open = self.streams.iter().filter(|stream| stream.is_usable()).peekable();
        open.peek().is_some()
            && open.all(|stream| matches!(stream.direction, Direction::SendOnly | Direction::Inactive))
    }

    /// Takes its video for refused.
    pub fn refuse_video(&mut self) {
        let video = |stream: &&mut Stream| stream.kind == kind(Kind::Video);
        self.streams.iter_mut().filter(video).for_each(|stream| stream.protection = Protection::None);
    }

    /// Takes streams without a usable key for refused (R95).
    pub fn refuse_unusable(&mut self) {
        let unusable = |stream: &&mut Stream| stream.protection == Protection::Unusable;
        self.streams.iter_mut().filter(unusable).for_each(|stream| stream.protection = Protection::None);
    }

    /// Streams that are refused, as a [`Passage`](super::Passage) has them.
    #[must_use]
    pub fn refused(&self) -> u16 {
        let bits = self.streams.iter().rev().fold(0u16, |bits, stream| {
            bits.wrapping_shl(1) | u16::from(stream.protection == Protection::None)
        });
        let further = if self.extra == 0 { 0 } else { 1 << MAX_MEDIA };
        bits | further
    }

    /// What the answer to these streams may not say (R92).
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits::of(&self.streams)
    }

    /// Whether every `a=crypto` line is usable and counted: then nothing has to be left out.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.extra == 0
            && self.streams.iter().all(|stream| usize::from(stream.written) == stream.lines().count())
    }

    /// The streams, in order.
    #[must_use]
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }
}

impl Described {
    /// There is no description.
    pub const NONE: Self = Self { summary: Summary::NONE, places: Places::NONE, marks: Marks::NONE };

    /// Of a text; [`Described::NONE`] if it is none. Work: linear in it.
    #[must_use]
    pub fn read(text: &[u8]) -> Self {
        // By reference: a session is too large to be moved for nothing.
        Session::parse(text).as_ref().map_or(Self::NONE, Self::of)
    }

    /// Reads it. Work: linear in the description.
    #[must_use]
    pub fn of(session: &Session<'_>) -> Self {
        let session_keys = session.attributes().any(|(name, _)| is_other_key(name));
        let summary = Summary { streams: heapless::Vec::new(), extra: session.extra_media };
        let mut described = Self { summary, places: Places::NONE, marks: Marks::NONE };
        for media in &session.media {
            let (connection, direction) = (session.connection(media), session.direction(media));
            let (mut stream, ports) = read(media, session_keys, &mut described.marks);
            // All of a group say the same (RFC 3264 section 6.2), and what is refused says nothing.
            if media.port != 0 && !connection.is_some_and(is_group) {
                stream.direction = direction;
            }
            let _ = described.summary.streams.push(stream);
            described.places.push(connection.map(|connection| connection.host), ports);
        }
        described
    }
}

/// A stream, and the ports of its packets and reports if it is awaited by UDP.
fn read(media: &Media<'_>, session_keys: bool, marks: &mut Marks) -> (Stream, Option<[u16; 2]>) {
    let mut stream = Stream {
        kind: kind(media.kind),
        proto: proto(media.proto),
        protection: Protection::None,
        written: 0,
        other_keys: session_keys,
        direction: Direction::SendRecv,
        codecs: Codecs::ANY,
        tags: [0; MAX_LINES],
        suites: [NO_LINE; MAX_LINES],
    };
    let mut kept = 0;
    let mut codecs = Reader::of(media);
    let (mut rtcp, mut mux) = (media.port.wrapping_add(1), false);
    for (name, value) in media.attributes() {
        stream.other_keys |= is_other_key(name);
        match name {
            b"rtpmap" => codecs.rtpmap(value),
            b"rtcp" => rtcp = rtcp_port(value).unwrap_or(rtcp),
            b"rtcp-mux" => mux = true,
            b"crypto" => {
                marks.note(value);
                stream.written = stream.written.saturating_add(1);
                let line = Line::usable(value).filter(|line| stream.lines().all(|one| one.tag != line.tag));
                let place = (stream.tags.get_mut(kept), stream.suites.get_mut(kept));
                if let (Some(line), (Some(tag), Some(suite))) = (line, place) {
                    (*tag, *suite) = (line.tag, line.suite);
                    kept = kept.saturating_add(1);
                }
            }
            _ => {}
        }
    }
    stream.codecs = codecs.finish();
    stream.protection = match (media.port, media.proto) {
        (0, _) => Protection::None,
        (_, Proto::Udptl | Proto::Other) => Protection::Foreign,
        (_, Proto::UdpTlsRtpSavp | Proto::UdpTlsRtpSavpf) => Protection::Dtls,
        (_, Proto::RtpSavp | Proto::RtpSavpf) if kept > 0 => Protection::Sdes,
        (_, Proto::RtpSavp | Proto::RtpSavpf) if stream.other_keys => Protection::Dtls,
        (_, Proto::RtpSavp | Proto::RtpSavpf) => Protection::Unusable,
        (_, Proto::RtpAvp | Proto::RtpAvpf) if kept > 0 => Protection::Opportunistic,
        (_, Proto::RtpAvp | Proto::RtpAvpf) => Protection::Clear,
    };
    let by_udp = media.port != 0 && media.proto != Proto::Other;
    (stream, by_udp.then_some([media.port, if mux { media.port } else { rtcp }]))
}

/// Whether many listen at an address.
fn is_group(connection: Connection<'_>) -> bool {
    match connection.host {
        Host::V4(address) => address.is_multicast(),
        Host::V6(address) => address.is_multicast(),
        Host::Name(_) | Host::None => false,
    }
}

/// Attributes by which keys are agreed on in the media path (RFC 5763, RFC 6189).
fn is_other_key(name: &[u8]) -> bool {
    matches!(name, b"fingerprint" | b"zrtp-hash")
}

const fn kind(kind: Kind) -> u8 {
    match kind {
        Kind::Audio => 0,
        Kind::Video => 1,
        Kind::Application => 2,
        Kind::Image => 3,
        Kind::Text => 4,
        Kind::Message => 5,
        Kind::Other => 6,
    }
}

const fn proto(proto: Proto) -> u8 {
    match proto {
        Proto::RtpAvp => 0,
        Proto::RtpAvpf => 1,
        Proto::RtpSavp => 2,
        Proto::RtpSavpf => 3,
        Proto::UdpTlsRtpSavp => 4,
        Proto::UdpTlsRtpSavpf => 5,
        Proto::Udptl => 6,
        Proto::Other => 7,
    }
}
