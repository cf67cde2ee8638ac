//! Lines with keys: those that nobody could use, and keys that were told to somebody else before.

use super::srtp::Line;
use super::summary::{MAX_LINES, Summary};
use crate::wire::write::Sink;

/// By what the keys of a description are known again (R94): marks of the first four, which tell nothing of them.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Marks([u32; MAX_LINES]);

impl Marks {
    /// There are no keys.
    pub const NONE: Self = Self([0; MAX_LINES]);

    /// Notes the key of a crypto line (the value of `a=crypto`): by its first 96 bits, as no two keys have them in common.
    pub fn note(&mut self, value: &[u8]) {
        let at = value.iter().position(|c| *c == b':').map_or(value.len(), |at| at.saturating_add(1));
        let key = value.get(at..).unwrap_or(&[]);
        let free = self.0.iter_mut().find(|mark| **mark == 0);
        if let (Some(free), Some(key)) = (free, key.first_chunk::<16>()) {
            let [first, last] =
                [0u128, 64].map(|by| u128::from_le_bytes(*key).wrapping_shr(by as u32) as u64);
            let mixed = (first ^ last.rotate_left(29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            // 0 is no mark.
            *free = (mixed >> 32) as u32 | 1;
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::NONE
    }

    /// Whether one of the keys is among the others.
    #[must_use]
    pub fn shares(&self, other: &Self) -> bool {
        self.0.iter().any(|mark| *mark != 0 && other.0.contains(mark))
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::write::Buffer;
    use std::string::String;

    #[test]
    fn r94_a_key_is_known_again_whatever_stands_behind_it() {
        let marks = |lines: &[&str]| {
            let mut marks = Marks::NONE;
            lines.iter().for_each(|line| marks.note(line.as_bytes()));
            marks
        };
        let old = marks(&[
            "1 AES_CM_128_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAAAAAAA|2^20",
            "2 AES_CM_128_HMAC_SHA1_32 inline:BBBBBBBBBBBBBBBBBBBB",
        ]);
        for (lines, shares) in [
            (&["7 AES_CM_128_HMAC_SHA1_32 inline:AAAAAAAAAAAAAAAAAAAA"][..], true),
            (
                &[
                    "1 AES_CM_128_HMAC_SHA1_80 inline:CCCCCCCCCCCCCCCCCCCC",
                    "2 X inline:BBBBBBBBBBBBBBBBBBBB|1:4",
                ],
                true,
            ),
            (&["1 AES_CM_128_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAABAAAA"], false),
            (&["1 AES_CM_128_HMAC_SHA1_80 nothing"], false),
            (&[], false),
        ] {
            assert_eq!(marks(lines).shares(&old), shares, "{lines:?}");
        }
        assert!(!Marks::NONE.shares(&Marks::NONE) && Marks::NONE.is_empty() && !old.is_empty());
    }

    const KEY: &str = "AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";

    #[test]
    fn r95_unusable_lines_go_one_by_one() {
        let text = std::format!(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nm=audio 1 RTP/SAVP 0\r\na=crypto:1 ROT_13 inline:x\r\na=crypto:2 {KEY}\r\na=crypto:2 {KEY}\r\nm=video 2 RTP/SAVP 9\r\na=crypto:2 {KEY}\r\n"
        );
        let mut octets = [0; 2048];
        let mut out = Buffer::new(&mut octets);
        usable_only(&mut out, text.as_bytes(), &Summary::read(text.as_bytes()));
        let wanted = std::format!(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nm=audio 1 RTP/SAVP 0\r\na=crypto:2 {KEY}\r\nm=video 2 RTP/SAVP 9\r\na=crypto:2 {KEY}\r\n"
        );
        let len = out.finish().unwrap();
        assert_eq!(String::from_utf8(octets[..len].to_vec()).unwrap(), wanted);
    }
}
