//! Session and media sections.

use heapless::Vec;

use super::{Attributes, Bad, MAX_MEDIA};
use crate::wire::scan::{Cursor, TOKEN, control_in_short_lines, decimal, offset};
use crate::wire::sip::{self, Host};

/// A session description.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Session<'a> {
    /// `o=`
    pub origin: Origin<'a>,
    /// `s=`: the session's name, maybe empty or `-`.
    pub name: &'a [u8],
    /// `c=` of the session; a media section may have its own.
    pub connection: Option<Connection<'a>>,
    /// There was a `t=` line, as RFC 8866 5.9 demands and some devices forget.
    pub timed: bool,
    /// Direction of the session, which a media section may override (RFC 8866 6.7).
    pub direction: Option<Direction>,
    /// The first eight media sections, in order.
    pub media: Vec<Media<'a>, MAX_MEDIA>,
    /// How many more `m=` lines there were. An answer has to refuse each of them in its place (RFC 3264 6).
    pub extra_media: u16,
    section: &'a [u8],
}

/// `o=` (RFC 8866 5.2). Id and version are digits only, kept as text because they may be longer than 64 bits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Origin<'a> {
    /// User name, or `-`.
    pub user: &'a [u8],
    /// Session id.
    pub id: &'a [u8],
    /// Version of the description.
    pub version: &'a [u8],
    /// Address of whoever made the session.
    pub address: Connection<'a>,
}

/// `c=` (RFC 8866 5.7), and the end of `o=`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Connection<'a> {
    /// Address or name; [`Host::None`] for a network or address type other than IN IP4 and IN IP6.
    pub host: Host<'a>,
    /// It was IP6; tells which address to look up for a name.
    pub ip6: bool,
    /// What follows the first `/` of a multicast address, or empty.
    pub suffix: &'a [u8],
    /// The whole value.
    pub text: &'a [u8],
}

/// A media section: `m=` and the lines behind it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Media<'a> {
    /// What kind of media.
    pub kind: Kind,
    /// Kind as written.
    pub kind_text: &'a [u8],
    /// Port, 0 to 65535; 0 refuses the stream in an answer (RFC 3264 6).
    pub port: u16,
    /// Number of ports, 1 if not written.
    pub ports: u16,
    /// Transport protocol.
    pub proto: Proto,
    /// Transport protocol as written.
    pub proto_text: &'a [u8],
    /// Formats with blanks between them; empty only with port 0.
    pub formats: &'a [u8],
    /// `c=` of this section.
    pub connection: Option<Connection<'a>>,
    /// Direction of this section, the first if several stand there.
    pub direction: Option<Direction>,
    section: &'a [u8],
}

/// Kind of a [`Media`] section (RFC 8866 5.14).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kind {
    /// `audio`
    Audio,
    /// `video`
    Video,
    /// `application`
    Application,
    /// `image`, as for fax (RFC 3362).
    Image,
    /// `text`
    Text,
    /// `message`
    Message,
    /// Any other.
    Other,
}

/// Transport of a [`Media`] section.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Proto {
    /// `RTP/AVP` (RFC 3551)
    RtpAvp,
    /// `RTP/AVPF` (RFC 4585)
    RtpAvpf,
    /// `RTP/SAVP` (RFC 3711)
    RtpSavp,
    /// `RTP/SAVPF` (RFC 5124)
    RtpSavpf,
    /// `UDP/TLS/RTP/SAVP` (RFC 5764)
    UdpTlsRtpSavp,
    /// `UDP/TLS/RTP/SAVPF` (RFC 5764)
    UdpTlsRtpSavpf,
    /// `udptl` (T.38), any case.
    Udptl,
    /// Any other.
    Other,
}

/// Who sends (RFC 8866 6.7).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Direction {
    /// `sendrecv`, also what is meant if nothing is said.
    SendRecv,
    /// `sendonly`
    SendOnly,
    /// `recvonly`
    RecvOnly,
    /// `inactive`
    Inactive,
}

impl Direction {
    /// The attribute's name.
    pub const fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::SendRecv => b"sendrecv",
            Self::SendOnly => b"sendonly",
            Self::RecvOnly => b"recvonly",
            Self::Inactive => b"inactive",
        }
    }
}

impl<'a> Session<'a> {
    /// Reads a session description. One pass; attributes but direction are only stepped over.
    ///
    /// # Errors
    ///
    /// [`Bad`] as the module's introduction says.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Bad> {
        let mut session = Self {
            origin: Origin { user: b"", id: b"", version: b"", address: Connection::NONE },
            name: b"",
            connection: None,
            timed: false,
            direction: None,
            media: Vec::new(),
            extra_media: 0,
            section: b"",
        };
        session.read(bytes)?;
        Ok(session)
    }

    /// `(name, value)` of the session's own attributes, in order.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes::new(self.section)
    }

    /// Connection of a media section: its own, else the session's.
    pub fn connection(&self, media: &Media<'a>) -> Option<Connection<'a>> {
        media.connection.or(self.connection)
    }

    /// Direction of a media section: its own, else the session's, else send and receive.
    pub fn direction(&self, media: &Media<'a>) -> Direction {
        media.direction.or(self.direction).unwrap_or(Direction::SendRecv)
    }

    fn read(&mut self, bytes: &'a [u8]) -> Result<(), Bad> {
        let (first, mut rest) = line(bytes)?;
        if first != b"v=0" {
            return Err(Bad);
        }
        let (mut origin, mut name) = (false, false);
        let mut section = rest;
        let mut media: Option<Media<'a>> = None;
        while !rest.is_empty() {
            let (text, behind) = line(rest)?;
            let (letter, value) = match text {
                [letter, b'=', value @ ..] => (*letter, value),
                // Only more of the same may follow a blank line.
                [] if behind.iter().all(|byte| matches!(byte, b'\r' | b'\n')) => break,
                _ => return Err(Bad),
            };
            match (letter, &mut media) {
                (b'a', None) => note_direction(value, &mut self.direction),
                (b'a', Some(media)) => note_direction(value, &mut media.direction),
                (b'm', _) => {
                    if !origin || !name {
                        return Err(Bad);
                    }
                    self.close(&mut media, section, rest);
                    media = Some(Media::parse(value)?);
                    section = behind;
                }
                (b'c', Some(media)) => {
                    // Several are legal for layered multicast; the first one counts.
                    let connection = Connection::parse(value)?;
                    media.connection.get_or_insert(connection);
                }
                (b'c', None) if self.connection.is_none() => {
                    self.connection = Some(Connection::parse(value)?)
                }
                (b'o', None) if !origin => {
                    self.origin = Origin::parse(value)?;
                    origin = true;
                }
                (b's', None) if !name => {
                    self.name = value;
                    name = true;
                }
                (b't', None) => self.timed = true,
                (b'u' | b'e' | b'p' | b'r' | b'z', None) | (b'i' | b'b' | b'k', _) => {}
                _ => return Err(Bad),
            }
            rest = behind;
        }
        if !origin || !name {
            return Err(Bad);
        }
        self.close(&mut media, section, b"");
        Ok(())
    }

    /// Ends the section that began at `section` where `rest` begins, and keeps its media.
    fn close(&mut self, media: &mut Option<Media<'a>>, section: &'a [u8], rest: &[u8]) {
        let section = section.get(..offset(section, rest)).unwrap_or_default();
        match media.take() {
            None => self.section = section,
            Some(mut media) => {
                media.section = section;
                if self.media.push(media).is_err() {
                    self.extra_media = self.extra_media.saturating_add(1);
                }
            }
        }
    }
}

impl<'a> Origin<'a> {
    fn parse(value: &'a [u8]) -> Result<Self, Bad> {
        let (user, rest) = word(value).ok_or(Bad)?;
        let (id, rest) = word(rest).ok_or(Bad)?;
        let (version, rest) = word(rest).ok_or(Bad)?;
        decimal(id)?;
        decimal(version)?;
        Ok(Self { user, id, version, address: Connection::parse(rest)? })
    }
}

impl<'a> Connection<'a> {
    const NONE: Connection<'static> = Connection { host: Host::None, ip6: false, suffix: b"", text: b"" };

    /// Reads `IN IP4 192.0.2.1` and its like.
    ///
    /// # Errors
    ///
    /// [`Bad`] outside the grammar, and for an address of another family than named.
    pub fn parse(value: &'a [u8]) -> Result<Self, Bad> {
        let text = value.trim_ascii_end();
        let (net, rest) = word(text).ok_or(Bad)?;
        let (family, address) = word(rest).ok_or(Bad)?;
        if address.is_empty() || address.contains(&b' ') {
            return Err(Bad);
        }
        let end = address.iter().position(|byte| *byte == b'/').unwrap_or(address.len());
        let name = address.get(..end).unwrap_or_default();
        let suffix = address.get(end.saturating_add(1)..).unwrap_or_default();
        if !suffix.iter().all(|byte| byte.is_ascii_digit() || *byte == b'/') {
            return Err(Bad);
        }
        let ip6 = match (net, family) {
            (b"IN", b"IP4") => false,
            (b"IN", b"IP6") => true,
            _ => return Ok(Self { host: Host::None, ip6: false, suffix, text }),
        };
        let host = if name.contains(&b':') { Host::V6(sip::ipv6(name)?) } else { sip::named(name)? };
        match host {
            Host::V4(_) if ip6 => Err(Bad),
            Host::V6(_) if !ip6 => Err(Bad),
            Host::Name(name) if !name.iter().all(host_character) => Err(Bad),
            Host::V4(_) | Host::V6(_) | Host::Name(_) | Host::None => Ok(Self { host, ip6, suffix, text }),
        }
    }
}

impl<'a> Media<'a> {
    /// `(name, value)` of this section's attributes, in order; a value is empty if there is none. Linear in the
    /// section, once per walk.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes::new(self.section)
    }

    /// The formats one by one.
    pub fn formats(&self) -> impl Iterator<Item = &'a [u8]> {
        self.formats.split(|byte| *byte == b' ').filter(|format| !format.is_empty())
    }

    /// The formats as RTP payload types, 0 to 127; [`Bad`] in place of one that is none.
    pub fn payloads(&self) -> impl Iterator<Item = Result<u8, Bad>> {
        self.formats().map(super::attribute::payload)
    }

    /// Value of an `m=` line (RFC 8866 5.14).
    fn parse(value: &'a [u8]) -> Result<Self, Bad> {
        let mut cursor = Cursor::new(value);
        let kind_text = cursor.token()?;
        let kind = match kind_text {
            b"audio" => Kind::Audio,
            b"video" => Kind::Video,
            b"application" => Kind::Application,
            b"image" => Kind::Image,
            b"text" => Kind::Text,
            b"message" => Kind::Message,
            _ => Kind::Other,
        };
        cursor.expect(b' ')?;
        let port = cursor.port()?;
        let ports = if cursor.eat(b'/') { cursor.port()? } else { 1 };
        cursor.expect(b' ')?;
        let start = cursor.rest;
        while !cursor.span(TOKEN).is_empty() || cursor.eat(b'/') {}
        let proto_text = cursor.since(start);
        let proto = match proto_text {
            b"RTP/AVP" => Proto::RtpAvp,
            b"RTP/AVPF" => Proto::RtpAvpf,
            b"RTP/SAVP" => Proto::RtpSavp,
            b"RTP/SAVPF" => Proto::RtpSavpf,
            b"UDP/TLS/RTP/SAVP" => Proto::UdpTlsRtpSavp,
            b"UDP/TLS/RTP/SAVPF" => Proto::UdpTlsRtpSavpf,
            b"udptl" | b"UDPTL" => Proto::Udptl,
            b"" => return Err(Bad),
            _ => Proto::Other,
        };
        if !cursor.done() {
            cursor.expect(b' ')?;
        }
        let formats = cursor.rest.trim_ascii();
        if ports == 0 || formats.is_empty() && port != 0 {
            return Err(Bad);
        }
        Ok(Self {
            kind,
            kind_text,
            port,
            ports,
            proto,
            proto_text,
            formats,
            connection: None,
            direction: None,
            section: b"",
        })
    }
}

/// All direction attributes are eight letters long.
#[inline(always)]
fn note_direction(value: &[u8], direction: &mut Option<Direction>) {
    let found = match value {
        b"sendrecv" => Direction::SendRecv,
        b"sendonly" => Direction::SendOnly,
        b"recvonly" => Direction::RecvOnly,
        b"inactive" => Direction::Inactive,
        _ => return,
    };
    direction.get_or_insert(found);
}

/// One line without its end, and what stands behind it.
#[inline]
pub(super) fn line(bytes: &[u8]) -> Result<(&[u8], &[u8]), Bad> {
    let mut from = 0;
    loop {
        let at = control_in_short_lines(bytes, from);
        let (line, found) = bytes.split_at_checked(at).ok_or(Bad)?;
        match found {
            [] => return Ok((line, found)),
            [b'\r', b'\n', rest @ ..] | [b'\n', rest @ ..] => return Ok((line, rest)),
            [b'\t', ..] => from = at.wrapping_add(1),
            _ => return Err(Bad),
        }
    }
}

/// What stands before the next blank, at least one byte, and what stands behind it.
#[inline]
pub(super) fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|byte| *byte == b' ')?;
    let (word, rest) = text.split_at_checked(at)?;
    if word.is_empty() { None } else { Some((word, rest.get(1..)?)) }
}

fn host_character(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}
