//! Descriptions on their way through: keys that must not go on are left out, and where media goes over the relay its
//! places take the place of the party's own. Nothing else is touched.

use super::judge::Pass;
use super::keys::usable_only;
use super::place::Places;
use super::summary::Summary;
use crate::wire::sdp::MAX_MEDIA;
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
    pub const UNCHANGED: Self = Self { pass: Pass::WithKeys, to: None, refused: 0 };
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
}

impl Filter {
    /// At the beginning of a description.
    #[must_use]
    pub const fn new(passage: Passage) -> Self {
        Self { passage, streams: 0, begun: heapless::Vec::new(), line: Known::NotYet }
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
        self.keep(out);
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
        } else if !names.any(|name| name.starts_with(&self.begun)) && !self.may_be_relocated() {
            self.keep(out);
            self.line = Known::Kept;
        }
    }

    /// Whether more of the line could make it one that says where media goes.
    fn may_be_relocated(&self) -> bool {
        let begun = self.begun.as_slice();
        let moved = [b"c=".as_slice(), REPORTS].iter().any(|name| name.starts_with(begun))
            || HELD.iter().any(|held| held.starts_with(begun) && *held != begun);
        b"m=".starts_with(begun) || self.passage.to.is_some() && moved
    }

    /// A line that says where media goes, as it is to be. `None`: it is none, or it is not known yet.
    fn relocated(&mut self, out: &mut impl Sink) -> Option<Known> {
        let begun = self.begun.as_slice();
        if begun == b"m=" {
            self.keep(out);
            self.streams = self.streams.saturating_add(1);
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
    fn port(&self, out: &mut impl Sink) -> Known {
        let Some(stream) = self.streams.checked_sub(1) else { return Known::Kept };
        let place = self.passage.to.and_then(|to| to.get(stream));
        let bit = u32::try_from(stream.min(MAX_MEDIA)).unwrap_or(u32::MAX);
        let port = match place {
            _ if self.passage.refused.checked_shr(bit).is_some_and(|bits| bits & 1 != 0) => 0,
            Some(place) => place.rtp.port(),
            None => return Known::Kept,
        };
        out.number(u64::from(port));
        Known::Port
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::write::Buffer;
    use std::string::String;

    const KEY: &str = "AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";

    fn passed(text: &str, passage: Passage, piece: usize) -> String {
        let mut octets = [0; 2048];
        let mut out = Buffer::new(&mut octets);
        let mut filter = Filter::new(passage);
        text.as_bytes().chunks(piece).for_each(|piece| filter.put(&mut out, piece));
        filter.finish(&mut out);
        let len = out.finish().unwrap();
        String::from_utf8(octets[..len].to_vec()).unwrap()
    }

    #[test]
    fn keys_are_left_out_wherever_the_pieces_end() {
        let text = std::format!(
            "v=0\r\na=fingerprint:sha-256 AA\r\na=setup:active\r\nm=audio 1 RTP/AVP 0\r\na=crypto:1 {KEY}\r\na=crypt:x\r\na=sendrecv\r\na=zrtp-hash:1 x"
        );
        let kept = |names: &[&str]| {
            text.split_inclusive('\n')
                .filter(|line| names.iter().all(|name| !line.starts_with(name)))
                .collect::<String>()
        };
        let less = |pass| Passage { pass, ..Passage::UNCHANGED };
        for piece in 1..text.len() {
            assert_eq!(passed(&text, less(Pass::WithKeys), piece), text);
            assert_eq!(passed(&text, less(Pass::WithoutSdes), piece), kept(&["a=crypto:"]));
            let all = ["a=crypto:", "a=fingerprint", "a=setup", "a=zrtp-hash"];
            assert_eq!(passed(&text, less(Pass::Clear), piece), kept(&all));
        }
    }

    fn relay() -> Places {
        Places::at("192.0.2.7".parse().unwrap(), &[[30_000, 30_001], [0, 0], [30_004, 30_004]])
    }

    #[test]
    fn media_goes_to_the_relay_wherever_the_pieces_end() {
        let text = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\na=ice-lite\r\n\
            m=audio 4000 RTP/SAVP 0 8\r\na=rtcp:4001 IN IP4 10.0.0.1\r\na=crypto:1 x\r\na=candidate:1 1 UDP 1 10.0.0.1 4000 typ host\r\n\
            m=video 0 RTP/AVP 31\r\na=rtcp:9\r\n\
            m=video 4002/2 RTP/AVP 31\r\nc=IN IP4 10.0.0.3/127\r\na=rtcp-mux\r\na=sendonly";
        let wanted = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n\
            m=audio 30000 RTP/SAVP 0 8\r\na=rtcp:30001\r\na=crypto:1 x\r\n\
            m=video 0 RTP/AVP 31\r\na=rtcp:9\r\n\
            m=video 30004 RTP/AVP 31\r\nc=IN IP4 192.0.2.7\r\na=rtcp-mux\r\na=sendonly";
        for piece in 1..text.len() {
            let passage = Passage { to: Some(relay()), ..Passage::UNCHANGED };
            assert_eq!(passed(text, passage, piece), wanted, "pieces of {piece}");
        }
    }

    #[test]
    fn refused_streams_have_port_0_and_everything_else_stays() {
        let text = "v=0\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\nm=video 4002/2 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\nm=x 5 y z\r\nm=video 4004 RTP/AVP 31\r\n";
        for (refused, places) in [(0b1010, &["4002/2", "4004"][..]), (0b100, &["5"]), (0b1, &["4000"])] {
            let port = |text: String, place: &&str| text.replace(&std::format!(" {place} "), " 0 ");
            let wanted = places.iter().fold(text.into(), port);
            for to in [None, Some(six([0, 0]))] {
                for piece in 1..text.len() {
                    let passage = Passage { refused, to, ..Passage::UNCHANGED };
                    let passed = passed(text, passage, piece);
                    assert_eq!(passed, wanted, "pieces of {piece}");
                }
            }
        }
    }

    /// What is not looked at does not go on: a ninth stream and further ones are refused (RFC 3264 section 6).
    #[test]
    fn streams_beyond_the_eighth_are_refused_by_the_last_bit() {
        let text: String = (0..11).map(|n| std::format!("m=audio {} RTP/AVP 0\r\n", 4000 + n)).collect();
        let kept: String = (0..8).map(|n| std::format!("m=audio {} RTP/AVP 0\r\n", 4000 + n)).collect();
        let passage = Passage { refused: 1 << MAX_MEDIA, ..Passage::UNCHANGED };
        assert_eq!(passed(&text, passage, 7), kept + &"m=audio 0 RTP/AVP 0\r\n".repeat(3));
    }

    fn six(ports: [u16; 2]) -> Places {
        Places::at("2001:db8::1".parse().unwrap(), &[ports])
    }

    #[test]
    fn r100_a_held_stream_stays_held() {
        for held in ["IP4 0.0.0.0", "IP6 ::"] {
            let text = std::format!("v=0\r\ns=-\r\nc=IN {held}\r\nm=audio 4000 RTP/AVP 0\r\n");
            let passage = Passage { pass: Pass::Clear, to: Some(six([0, 0])), refused: 0 };
            assert_eq!(passed(&text, passage, 3), text);
        }
        let text = "v=0\nc=IN IP6 ::7\nm=audio 4000 RTP/AVP 0\n";
        let passage = Passage { pass: Pass::Clear, to: Some(six([4, 5])), refused: 0 };
        assert_eq!(passed(text, passage, 1), "v=0\nc=IN IP6 2001:db8::1\r\nm=audio 4 RTP/AVP 0\n");
    }
}
