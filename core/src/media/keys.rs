//! Descriptions on their way through: lines with keys that must not go on are left out. Nothing else is touched.

use super::judge::Pass;
use super::srtp::Line;
use super::summary::{MAX_LINES, Summary};
use crate::wire::write::Sink;

/// Writes a description without the crypto lines that nobody could use (R95): what its [`Summary`] counts is what is left.
pub fn usable_only(out: &mut impl Sink, description: &[u8], summary: &Summary) {
    if summary.is_clean() {
        return out.put(description);
    }
    let mut tags: heapless::Vec<u32, MAX_LINES> = heapless::Vec::new();
    let mut rest = description;
    while !rest.is_empty() {
        let end = rest.iter().position(|c| *c == b'\n').map_or(rest.len(), |at| at.saturating_add(1));
        let Some((line, after)) = rest.split_at_checked(end) else { return };
        rest = after;
        if line.starts_with(b"m=") {
            tags.clear();
        }
        if let Some(value) = line.strip_prefix(b"a=crypto:") {
            let usable = Line::usable(value.trim_ascii_end()).filter(|line| !tags.contains(&line.tag));
            if usable.is_none_or(|line| tags.push(line.tag).is_err()) {
                continue;
            }
        }
        out.put(line);
    }
}

/// The longest beginning of a line by which it is known.
const LONGEST: usize = 14;

/// Lines with keys: SDES, then others (RFC 4568, RFC 4567, RFC 5763, RFC 6189).
const SDES: [&[u8]; 1] = [b"a=crypto:"];
const ALL: [&[u8]; 6] =
    [b"a=crypto:", b"a=key-mgmt:", b"a=fingerprint:", b"a=setup:", b"a=tls-id:", b"a=zrtp-hash:"];

/// Lets a description through in pieces, less the lines that [`Pass`] leaves out.
#[derive(Debug)]
pub struct Filter {
    pass: Pass,
    /// The beginning of a line that may still be one that is left out.
    begun: heapless::Vec<u8, LONGEST>,
    line: Known,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Known {
    NotYet,
    Kept,
    LeftOut,
}

impl Filter {
    /// At the beginning of a description.
    #[must_use]
    pub const fn new(pass: Pass) -> Self {
        Self { pass, begun: heapless::Vec::new(), line: Known::NotYet }
    }

    /// The whole description at once.
    pub fn write(out: &mut impl Sink, description: &[u8], pass: Pass) {
        let mut filter = Self::new(pass);
        filter.put(out, description);
        filter.finish(out);
    }

    /// The next piece.
    pub fn put(&mut self, out: &mut impl Sink, piece: &[u8]) {
        if self.pass == Pass::WithKeys {
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
                Known::LeftOut => {}
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
        let names: &[&[u8]] = match self.pass {
            Pass::WithKeys => &[],
            Pass::WithoutSdes => &SDES,
            Pass::Clear => &ALL,
        };
        if names.iter().any(|name| self.begun.starts_with(name)) {
            self.begun.clear();
            self.line = Known::LeftOut;
        } else if !names.iter().any(|name| name.starts_with(&self.begun)) {
            self.keep(out);
            self.line = Known::Kept;
        }
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

    fn filtered(text: &str, pass: Pass, piece: usize) -> String {
        let mut out = Out::default();
        let mut filter = Filter::new(pass);
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
        for piece in 1..text.len() {
            assert_eq!(filtered(&text, Pass::WithKeys, piece), text);
            assert_eq!(filtered(&text, Pass::WithoutSdes, piece), kept(&["a=crypto:"]));
            let all = ["a=crypto:", "a=fingerprint", "a=setup", "a=zrtp-hash"];
            assert_eq!(filtered(&text, Pass::Clear, piece), kept(&all));
        }
    }

    #[test]
    fn r95_unusable_lines_go_one_by_one() {
        let text = std::format!(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nm=audio 1 RTP/SAVP 0\r\na=crypto:1 ROT_13 inline:x\r\na=crypto:2 {KEY}\r\na=crypto:2 {KEY}\r\nm=video 2 RTP/SAVP 9\r\na=crypto:2 {KEY}\r\n"
        );
        let mut out = Out::default();
        usable_only(&mut out, text.as_bytes(), &Summary::read(text.as_bytes()));
        let wanted = std::format!(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nm=audio 1 RTP/SAVP 0\r\na=crypto:2 {KEY}\r\nm=video 2 RTP/SAVP 9\r\na=crypto:2 {KEY}\r\n"
        );
        assert_eq!(String::from_utf8(out.0).unwrap(), wanted);
    }
}
