//! Descriptions on their way through: keys that must not go on are left out, and where media goes over the relay its
//! places take the place of the party's own; an answer says no more than its offer leaves it (R92). Nothing else is touched.

use super::direction::{self, Limits};
use super::judge::Pass;
use super::keys::usable_only;
use super::place::Places;
use super::summary::Summary;
use crate::wire::sdp::{Direction, MAX_MEDIA};
use crate::wire::write::Sink;

/// How a description goes on.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Passage {
    /// Which keys go with it.
    pub pass: Pass,
    /// Where its media is to be sent instead; absent: where it says.
    pub to: Option<Places>,
    /// Streams that are refused (port 0, RFC 3264 section 6): bit n stream n, the highest used bit all further ones.
    pub refused: u16,
    /// What its streams may not say, if it is an answer.
    pub limits: Limits,
}

/// A description as a message carries it; empty: it carries none.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    /// What a party wrote.
    pub text: &'a [u8],
    /// What it offers there, if it is an offer: crypto lines that this does not count are left out (R95).
    pub offer: Option<&'a Summary>,
    /// How it goes on.
    pub passage: Passage,
}

impl Body<'_> {
    /// No description.
    pub const NONE: Body<'static> = Body { text: &[], offer: None, passage: Passage::UNCHANGED };

    /// Writes it.
    pub fn write(&self, out: &mut impl Sink) {
        let mut filter = Filter::new(self.passage);
        match self.offer {
            Some(offer) => usable_only(&mut Through { filter: &mut filter, out }, self.text, offer),
            None => filter.put(out, self.text),
        }
        filter.finish(out);
    }
}

impl Passage {
    /// Nothing is changed.
    pub const UNCHANGED: Self = Self { pass: Pass::WithKeys, to: None, refused: 0, limits: Limits::NONE };
}

/// The longest beginning of a line by which it is known.
const LONGEST: usize = 20;

/// Lines with keys: SDES, then others (RFC 4568, RFC 4567, RFC 5763, RFC 6189).
const SDES: [&[u8]; 1] = [b"a=crypto:"];
const ALL: [&[u8]; 6] =
    [b"a=crypto:", b"a=key-mgmt:", b"a=fingerprint:", b"a=setup:", b"a=tls-id:", b"a=zrtp-hash:"];
/// Lines that name other ways to the party (RFC 8839): over the relay there is one.
const WAYS: [&[u8]; 4] = [b"a=candidate:", b"a=remote-candidates:", b"a=end-of-candidates", b"a=ice-"];
/// The port of reports (RFC 3605).
const REPORTS: &[u8] = b"a=rtcp:";
/// Hold of RFC 2543: nothing is awaited, so nothing is relayed (R100).
const HELD: [&[u8]; 4] = [b"c=IN IP4 0.0.0.0\r", b"c=IN IP4 0.0.0.0\n", b"c=IN IP6 ::\r", b"c=IN IP6 ::\n"];

/// Lets a description through in pieces.
#[derive(Debug)]
pub struct Filter {
    passage: Passage,
    /// Streams begun.
    streams: usize,
    /// The beginning of a line that may still be one that is treated apart.
    begun: heapless::Vec<u8, LONGEST>,
    line: Known,
    /// What is said for all streams.
    session: Option<Direction>,
    own: Own,
}

/// What is known of the direction of the stream that has begun.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Own {
    Unsaid,
    Said,
    /// It is refused: nobody sends.
    Refused,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Known {
    NotYet,
    Kept,
    LeftOut,
    /// `m=`, before the port.
    Kind,
    /// The port of `m=`, which another stands for.
    Port,
    /// The port of `m=`, zero so far.
    Zero,
}

impl Filter {
    /// At the beginning of a description.
    #[must_use]
    pub const fn new(passage: Passage) -> Self {
        Self {
            passage,
            streams: 0,
            begun: heapless::Vec::new(),
            line: Known::NotYet,
            session: None,
            own: Own::Unsaid,
        }
    }

    /// The next piece.
    pub fn put(&mut self, out: &mut impl Sink, piece: &[u8]) {
        if self.passage == Passage::UNCHANGED {
            return out.put(piece);
        }
        for c in piece {
            match self.line {
                Known::NotYet => {
                    // It is decided before it is full.
                    let _ = self.begun.push(*c);
                    self.decide(out);
                }
                Known::Kept => out.put(core::slice::from_ref(c)),
                Known::Kind => {
                    out.put(core::slice::from_ref(c));
                    if *c == b' ' {
                        self.line = self.port(out);
                    }
                }
                Known::Port if *c == b' ' => {
                    out.put(b" ");
                    self.line = Known::Kept;
                }
                Known::Zero => {
                    out.put(core::slice::from_ref(c));
                    if matches!(c, b' ' | b'/') {
                        self.own = Own::Refused;
                    }
                    if *c != b'0' {
                        self.line = Known::Kept;
                    }
                }
                Known::Port | Known::LeftOut => {}
            }
            if *c == b'\n' {
                self.keep(out);
                self.line = Known::NotYet;
            }
        }
    }

    /// Writes what is still held: the last line may be without an end.
    pub fn finish(mut self, out: &mut impl Sink) {
        let unended = match self.line {
            Known::NotYet => !self.begun.is_empty(),
            Known::Kept | Known::Kind | Known::Port | Known::Zero => true,
            // What stands for it has an end.
            Known::LeftOut => false,
        };
        if let Some(said) = direction::said(&self.begun) {
            self.direct(out, said);
        }
        self.keep(out);
        if unended && self.lacking().is_some() {
            out.put(b"\r\n");
        }
        self.end_stream(out);
    }

    fn keep(&mut self, out: &mut impl Sink) {
        out.put(&self.begun);
        self.begun.clear();
    }

    fn decide(&mut self, out: &mut impl Sink) {
        let keys: &[&[u8]] = match self.passage.pass {
            Pass::WithKeys => &[],
            Pass::WithoutSdes => &SDES,
            Pass::Clear => &ALL,
        };
        let ways: &[&[u8]] = if self.passage.to.is_some() { &WAYS } else { &[] };
        let mut names = keys.iter().chain(ways);
        if names.clone().any(|name| self.begun.starts_with(name)) {
            self.begun.clear();
            self.line = Known::LeftOut;
        } else if let Some(line) = self.relocated(out) {
            self.line = line;
        } else if let Some(line) = self.directed(out) {
            self.line = line;
        } else if !names.any(|name| name.starts_with(&self.begun)) && !self.may_be_changed() {
            self.keep(out);
            self.line = Known::Kept;
        }
    }

    /// Whether more of the line could make it one that says where media goes, or who sends.
    fn may_be_changed(&self) -> bool {
        let begun = self.begun.as_slice();
        let moved = [b"c=".as_slice(), REPORTS].iter().any(|name| name.starts_with(begun))
            || HELD.iter().any(|held| held.starts_with(begun) && *held != begun);
        let directed = self.passage.limits != Limits::NONE && direction::may_say(begun);
        b"m=".starts_with(begun) || self.passage.to.is_some() && moved || directed
    }

    /// A line that says where media goes, as it is to be. `None`: it is none, or it is not known yet.
    fn relocated(&mut self, out: &mut impl Sink) -> Option<Known> {
        let begun = self.begun.as_slice();
        if begun == b"m=" {
            self.end_stream(out);
            self.keep(out);
            self.streams = self.streams.saturating_add(1);
            self.own = Own::Unsaid;
            return Some(Known::Kind);
        }
        let to = self.passage.to?;
        if begun.starts_with(b"c=") && !HELD.iter().any(|held| held.starts_with(begun)) {
            let address = to.addresses().next()?;
            out.put(if address.is_ipv4() { b"c=IN IP4 " } else { b"c=IN IP6 " });
            out.ip(address);
        } else if begun == REPORTS {
            let place = to.get(self.streams.checked_sub(1)?)?;
            out.put(REPORTS);
            out.number(u64::from(place.rtcp.port()));
        } else {
            return None;
        }
        out.put(b"\r\n");
        self.begun.clear();
        Some(Known::LeftOut)
    }

    /// The port of the stream that has begun, if another stands for it.
    fn port(&mut self, out: &mut impl Sink) -> Known {
        let Some(stream) = self.streams.checked_sub(1) else { return Known::Kept };
        let place = self.passage.to.and_then(|to| to.get(stream));
        let bit = u32::try_from(stream.min(MAX_MEDIA)).unwrap_or(u32::MAX);
        let port = match place {
            _ if self.passage.refused.checked_shr(bit).is_some_and(|bits| bits & 1 != 0) => {
                self.own = Own::Refused;
                0
            }
            Some(place) => place.rtp.port(),
            None => return Known::Zero,
        };
        out.number(u64::from(port));
        Known::Port
    }

    /// A line that says who sends, as it may go on. `None`: it is none, or not known to be one yet.
    fn directed(&mut self, out: &mut impl Sink) -> Option<Known> {
        let [line @ .., b'\r' | b'\n'] = self.begun.as_slice() else { return None };
        if line.is_empty() {
            // Nothing but more of the same may follow.
            self.end_stream(out);
        } else {
            let said = direction::said(line)?;
            self.direct(out, said);
        }
        self.keep(out);
        Some(Known::Kept)
    }

    /// Writes what the beginning says of who sends, as far as the offer allows it; its end is kept.
    fn direct(&mut self, out: &mut impl Sink, said: Direction) {
        let Some(stream) = self.streams.checked_sub(1) else {
            self.session.get_or_insert(said);
            return;
        };
        if self.own == Own::Refused {
            return;
        }
        self.own = Own::Said;
        let narrowed = self.passage.limits.narrowed(stream, said);
        if narrowed != said {
            let line = direction::BEGIN.len().saturating_add(said.as_bytes().len());
            let end = self.begun.get(line).copied();
            write_direction(out, narrowed);
            self.begun.clear();
            let _ = end.map(|end| self.begun.push(end));
        }
    }

    /// What the stream that has begun would have to say, and does not.
    fn lacking(&self) -> Option<Direction> {
        let stream = self.streams.checked_sub(1).filter(|_| self.own == Own::Unsaid)?;
        let said = self.session.unwrap_or(Direction::SendRecv);
        Some(self.passage.limits.narrowed(stream, said)).filter(|narrowed| *narrowed != said)
    }

    /// Nothing more comes of the stream that has begun.
    fn end_stream(&mut self, out: &mut impl Sink) {
        if let Some(direction) = self.lacking() {
            write_direction(out, direction);
            out.put(b"\r\n");
        }
        self.own = Own::Said;
    }
}

fn write_direction(out: &mut impl Sink, direction: Direction) {
    out.put(direction::BEGIN);
    out.put(direction.as_bytes());
}

/// A filter as a sink.
struct Through<'f, O> {
    filter: &'f mut Filter,
    out: &'f mut O,
}

impl<O: Sink> Sink for Through<'_, O> {
    fn put(&mut self, bytes: &[u8]) {
        self.filter.put(self.out, bytes);
    }
}
