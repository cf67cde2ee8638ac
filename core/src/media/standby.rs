//! Answers of the engine's own, for a party that has nobody to talk to yet (RFC 3264 section 6).
//!
//! They hold no media: nothing is sent or awaited on them, so a key in one protects nothing and is told to nobody else.

use super::srtp::{Line, key_octets};
use crate::base::write::Sink;
use crate::wire::sdp::{Crypto, Kind, MAX_MEDIA, Media, Proto, RtpMap, Session};

/// The longest that these answers are.
pub const MAX: usize = 256 + MAX_MEDIA * 64 + LONGEST * 2;
/// The longest text taken over from the offer.
const LONGEST: usize = 96;

/// Random, for a key that nothing is encrypted with.
#[derive(Clone, Copy)]
pub struct Key(pub [u64; 8]);

/// None of the media that is offered is taken.
pub fn none(out: &mut impl Sink, offer: &[u8], ipv4: bool) {
    let Some(session) = begin(out, offer, ipv4) else { return };
    session.media.iter().for_each(|media| refuse(out, media));
}

/// The first audio stream that can be is taken, and on hold; no other.
pub fn on_hold(out: &mut impl Sink, offer: &[u8], ipv4: bool, key: &Key) {
    let Some(session) = begin(out, offer, ipv4) else { return };
    let mut held = false;
    for media in &session.media {
        match Held::of(media).filter(|_| !held) {
            Some(stream) => {
                held = true;
                stream.put(out, media, key);
            }
            None => refuse(out, media),
        }
    }
}

fn begin<'a>(out: &mut impl Sink, offer: &'a [u8], ipv4: bool) -> Option<Session<'a>> {
    let address: &[u8] = if ipv4 { b"IN IP4 0.0.0.0" } else { b"IN IP6 ::" };
    out.line(&[b"v=0\r\no=- 0 0 ", address]);
    out.line(&[b"s=-\r\nc=", address]);
    out.line(&[b"t=0 0"]);
    Session::parse(offer).ok()
}

fn refuse(out: &mut impl Sink, media: &Media<'_>) {
    let short = |text: &[u8]| text.len() <= 20;
    if short(media.kind_text) && short(media.proto_text) {
        let format = media.formats().next().filter(|format| short(format)).unwrap_or(b"0");
        out.line(&[b"m=", media.kind_text, b" 0 ", media.proto_text, b" ", format]);
    }
}

/// How a stream is held: its first format, and a key where one is offered.
struct Held<'a> {
    format: &'a [u8],
    map: Option<&'a [u8]>,
    crypto: Option<Crypto<'a>>,
}

impl<'a> Held<'a> {
    fn of(media: &Media<'a>) -> Option<Self> {
        let secure = match media.proto {
            Proto::RtpAvp | Proto::RtpAvpf => false,
            Proto::RtpSavp | Proto::RtpSavpf => true,
            Proto::UdpTlsRtpSavp | Proto::UdpTlsRtpSavpf | Proto::Udptl | Proto::Other => return None,
        };
        if media.kind != Kind::Audio || media.port == 0 {
            return None;
        }
        let format = media.formats().next().filter(|format| format.len() <= 3)?;
        let payload = media.payloads().next()?.ok()?;
        let own = |value: &&[u8]| RtpMap::parse(value).is_ok_and(|map| map.payload == payload);
        let map = media.attributes().named("rtpmap").find(own);
        let usable = |value: &&[u8]| Line::usable(value).is_some();
        let crypto =
            media.attributes().named("crypto").find(usable).and_then(|value| Crypto::parse(value).ok());
        let short = map.is_none_or(|map| map.len() <= LONGEST);
        (short && (crypto.is_some() || !secure)).then_some(Self { format, map, crypto })
    }

    fn put(&self, out: &mut impl Sink, media: &Media<'_>, key: &Key) {
        // Port 9 is nobody's (RFC 863).
        out.line(&[b"m=audio 9 ", media.proto_text, b" ", self.format]);
        if let Some(map) = self.map {
            out.line(&[b"a=rtpmap:", map]);
        }
        if let Some(crypto) = &self.crypto {
            out.put(b"a=crypto:");
            out.number(u64::from(crypto.tag));
            out.put(b" ");
            out.put(crypto.suite);
            out.put(b" inline:");
            let mut octets = [0; 64];
            for (place, word) in octets.chunks_exact_mut(8).zip(key.0) {
                place.copy_from_slice(&word.to_le_bytes());
            }
            put_base64(out, octets.get(..key_octets(crypto.suite).unwrap_or(0)).unwrap_or(&[]));
            out.put(b"\r\n");
        }
        out.line(&[b"a=inactive"]);
    }
}

/// RFC 4648 section 4.
fn put_base64(out: &mut impl Sink, octets: &[u8]) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for three in octets.chunks(3) {
        let mut word = 0u32;
        for at in 0..3 {
            word = word.wrapping_shl(8) | three.get(at).copied().map_or(0, u32::from);
        }
        for at in 0..4usize {
            // Three octets are four characters, two are three, one is two.
            let shift = u32::try_from(at).map_or(0, |at| 18u32.saturating_sub(at.saturating_mul(6)));
            let six = usize::try_from(word.wrapping_shr(shift) & 63).unwrap_or(0);
            let c = if at > three.len() { &b'=' } else { ALPHABET.get(six).unwrap_or(&b'=') };
            out.put(core::slice::from_ref(c));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::write::Buffer;
    use crate::media::Summary;
    use std::string::String;

    const KEY: Key = Key([0x0123_4567_89AB_CDEF; 8]);
    const LINE: &str = "AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";
    const HEAD: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";
    const OWN: &str = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n";

    fn held(streams: &str) -> String {
        let mut room = [0; MAX];
        let mut out = Buffer::new(&mut room);
        on_hold(&mut out, std::format!("{HEAD}{streams}").as_bytes(), true, &KEY);
        let len = out.finish().unwrap();
        let text = String::from_utf8(room[..len].to_vec()).unwrap();
        text.strip_prefix(OWN).unwrap().into()
    }

    #[test]
    fn rfc_3264_6_one_audio_stream_is_held_and_the_others_refused() {
        let offer = "m=video 4 RTP/AVP 96\r\nm=audio 6 RTP/AVP 111 0\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:111 opus/48000/2\r\nm=audio 8 RTP/AVP 0\r\n";
        let wanted = "m=video 0 RTP/AVP 96\r\nm=audio 9 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\na=inactive\r\nm=audio 0 RTP/AVP 0\r\n";
        assert_eq!(held(offer), wanted);
    }

    #[test]
    fn rfc_4568_5_1_2_the_offered_tag_and_suite_are_answered_with_a_key_of_its_length() {
        for suite in
            ["AES_CM_128_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_80", "AEAD_AES_128_GCM", "AEAD_AES_256_GCM"]
        {
            let octets = key_octets(suite.as_bytes()).unwrap();
            let key =
                std::format!("{}{}", "A".repeat((octets * 4).div_ceil(3)), "=".repeat(2 - (octets + 2) % 3));
            let answer = held(&std::format!(
                "m=audio 6 RTP/SAVP 0\r\na=crypto:1 ROT_13 inline:x\r\na=crypto:7 {suite} inline:{key}\r\n"
            ));
            let line = answer.lines().find_map(|line| line.strip_prefix("a=crypto:")).unwrap();
            let known = Line::usable(line.as_bytes()).unwrap();
            assert!(known.tag == 7 && line.contains(suite) && !line.contains(&key), "{line}");
            assert!(Summary::read(std::format!("{HEAD}{answer}").as_bytes()).is_clean());
        }
        assert_eq!(held("m=audio 6 RTP/SAVP 0\r\n"), "m=audio 0 RTP/SAVP 0\r\n");
        assert!(held(&std::format!("m=audio 6 RTP/AVP 0\r\na=crypto:1 {LINE}\r\n")).contains("a=crypto:1 "));
    }

    #[test]
    fn rfc_4648_10_its_examples() {
        for (octets, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            let mut room = [0; 16];
            let mut out = Buffer::new(&mut room);
            put_base64(&mut out, octets.as_bytes());
            let len = out.finish().unwrap();
            assert_eq!(room.get(..len).unwrap(), text.as_bytes());
        }
    }

    #[test]
    fn the_longest_fits() {
        let line = std::format!("m=video 1 {} {}\r\n", "P".repeat(20), "f".repeat(20)).repeat(MAX_MEDIA - 1);
        let map = std::format!("a=rtpmap:0 {}/8000\r\n", "x".repeat(LONGEST - 7));
        let crypto = std::format!("a=crypto:999999999 {LINE}\r\n");
        assert!(
            held(&std::format!("{line}m=audio 6 RTP/AVP 0\r\n{map}{crypto}")).ends_with("a=inactive\r\n")
        );
    }
}
