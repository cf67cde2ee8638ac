//! Lines with keys that nobody could use.

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::write::Buffer;
    use std::string::String;

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
