//! Descriptions on their way through: keys that must not go on are left out, and where media goes over the relay its
//! places take the place of the party's own. Nothing else is touched.

use super::judge::Pass;
use super::place::Places;
use crate::wire::write::Sink;

/// How a description goes on.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Passage {
    /// Which keys go with it.
    pub pass: Pass,
    /// Where its media is to be sent instead; absent: where it says.
    pub to: Option<Places>,
    /// Its video is refused: port 0 (RFC 3264 section 6).
    pub without_video: bool,
}

/// A description as a message carries it; empty: it carries none.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    /// What a party wrote.
    pub text: &'a [u8],
    /// How it goes on.
    pub passage: Passage,
}

impl Body<'_> {
    /// No description.
    pub const NONE: Body<'static> = Body { text: &[], passage: Passage::UNCHANGED };

    /// Writes it.
    pub fn write(&self, out: &mut impl Sink) {
        Filter::write(out, self.text, self.passage);
    }
}

impl Passage {
    /// Nothing is changed.
    pub const UNCHANGED: Self = Self { pass: Pass::WithKeys, to: None, without_video: false };
}

/// The longest beginning of a line by which it is known.
const LONGEST: usize = 20;

/// Lines with keys: SDES, then others (RFC 4568, RFC 4567, RFC 5763, RFC 6189).
const SDES: [&[u8]; 1] = [b"a=crypto:"];
const ALL: [&[u8]; 6] =
    [b"a=crypto:", b"a=key-mgmt:", b"a=fingerprint:", b"a=setup:", b"a=tls-id:", b"a=zrtp-hash:"];
/// Lines that name other ways to the party (RFC 8839): over the relay there is one.
const WAYS: [&[u8]; 4] = [b"a=candidate:", b"a=remote-candidates:", b"a=end-of-candidates", b"a=ice-"];
/// Video.
const VIDEO: &[u8] = b"m=video ";
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

    /// The whole description at once.
    pub fn write(out: &mut impl Sink, description: &[u8], passage: Passage) {
        let mut filter = Self::new(passage);
        filter.put(out, description);
        filter.finish(out);
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
        VIDEO.starts_with(begun) || self.passage.to.is_some() && moved
    }

    /// A line that says where media goes, as it is to be. `None`: it is none, or it is not known yet.
    fn relocated(&mut self, out: &mut impl Sink) -> Option<Known> {
        let begun = self.begun.as_slice();
        if begun.starts_with(b"m=") && (begun == VIDEO || !VIDEO.starts_with(begun)) {
            let refused = begun == VIDEO && self.passage.without_video;
            let whole = begun.ends_with(b" ");
            self.keep(out);
            self.streams = self.streams.saturating_add(1);
            if refused {
                out.put(b"0");
                return Some(Known::Port);
            }
            return Some(if whole { self.port(out) } else { Known::Kind });
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
        let place = self.passage.to.zip(self.streams.checked_sub(1)).and_then(|(to, stream)| to.get(stream));
        let Some(place) = place else { return Known::Kept };
        out.number(u64::from(place.rtp.port()));
        Known::Port
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;
    use std::vec::Vec;

    /// A sink for tests.
    #[derive(Debug, Default)]
    struct Out(Vec<u8>);

    impl Sink for Out {
        fn put(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }
    }

    const KEY: &str = "AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";

    fn passed(text: &str, passage: Passage, piece: usize) -> String {
        let mut out = Out::default();
        let mut filter = Filter::new(passage);
        text.as_bytes().chunks(piece).for_each(|piece| filter.put(&mut out, piece));
        filter.finish(&mut out);
        String::from_utf8(out.0).unwrap()
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
    fn refused_video_has_port_0_and_everything_else_stays() {
        let text = "v=0\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\nm=video 4002/2 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\nm=videos 5 x y\r\nm=video 4004 RTP/AVP 31\r\n";
        let wanted = text.replace("4002/2", "0").replace("4004", "0");
        for piece in 1..text.len() {
            let passage = Passage { without_video: true, ..Passage::UNCHANGED };
            assert_eq!(passed(text, passage, piece), wanted, "pieces of {piece}");
        }
    }

    fn six(ports: [u16; 2]) -> Places {
        Places::at("2001:db8::1".parse().unwrap(), &[ports])
    }

    #[test]
    fn r100_a_held_stream_stays_held() {
        for held in ["IP4 0.0.0.0", "IP6 ::"] {
            let text = std::format!("v=0\r\ns=-\r\nc=IN {held}\r\nm=audio 4000 RTP/AVP 0\r\n");
            let passage = Passage { pass: Pass::Clear, to: Some(six([0, 0])), without_video: false };
            assert_eq!(passed(&text, passage, 3), text);
        }
        let text = "v=0\nc=IN IP6 ::7\nm=audio 4000 RTP/AVP 0\n";
        let passage = Passage { pass: Pass::Clear, to: Some(six([4, 5])), without_video: false };
        assert_eq!(passed(text, passage, 1), "v=0\nc=IN IP6 2001:db8::1\r\nm=audio 4 RTP/AVP 0\n");
    }
}
