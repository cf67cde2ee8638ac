//! Which codecs a stream lists, as far as it takes to tell that an answer has none of its offer's (R93): a set of small hashes.
//!
//! A codec is an encoding name, in any case, with a clock rate: what `a=rtpmap` says of a payload type, and what RFC 3551
//! says of a static one. Channels and `a=fmtp` are not looked at: who can use which, only the phones can tell.

use crate::wire::sdp::{Media, Proto};

/// The codecs of a stream, one bit of 64 each. Two that differ may have the same bit; the same never has two. What goes
/// along with a codec (tones, comfort noise, redundancy, repair) has none. Two halves, so that a stream has no gaps.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Codecs([u32; 2]);

impl Codecs {
    /// Nobody here can tell: no RTP, or a format without a name.
    pub const ANY: Self = Self([u32::MAX; 2]);

    /// Whether these may answer those (RFC 3264 section 6.1). An offer without any, of tones alone, is not judged.
    #[must_use]
    pub fn answer(self, offer: Self) -> bool {
        let [Self([a, b]), Self([c, d])] = [self, offer];
        offer == Self::ANY || c | d == 0 || (a & c) | (b & d) != 0
    }
}

/// Reads the codecs of a stream: its payload types first, then their names as its attributes are gone through.
#[derive(Debug)]
pub(super) struct Reader {
    bits: u64,
    /// Payload types that the stream lists: those below 64, and the others.
    listed: [u64; 2],
    /// Payload types that have a name.
    named: [u64; 2],
}

impl Reader {
    /// Work: linear in the formats.
    pub(super) fn of(media: &Media<'_>) -> Self {
        let mut reader = Self { bits: 0, listed: [0; 2], named: [STATIC_TYPES, 0] };
        match (media.port, media.proto) {
            // The formats of what is refused are ignored (RFC 3264 section 6).
            (0, _) | (_, Proto::Udptl | Proto::Other) => reader.bits = u64::MAX,
            (_, Proto::RtpAvp | Proto::RtpAvpf | Proto::RtpSavp | Proto::RtpSavpf)
            | (_, Proto::UdpTlsRtpSavp | Proto::UdpTlsRtpSavpf) => reader.formats(media.formats),
        }
        reader
    }

    fn formats(&mut self, mut formats: &[u8]) {
        while !formats.is_empty() {
            let Some((payload, rest)) = payload(formats) else {
                self.bits = u64::MAX;
                return;
            };
            formats = rest;
            if let Some(listed) = self.listed.get_mut(usize::from(payload >> 6)) {
                *listed |= bit(payload);
            }
            self.bits |= STATIC.get(usize::from(payload)).copied().unwrap_or(0);
        }
    }

    /// The value of an `a=rtpmap` of the stream; one that cannot be read names nothing. Work: linear in it.
    pub(super) fn rtpmap(&mut self, value: &[u8]) {
        let Some((payload, text)) = payload(value) else { return };
        // What everybody knows already.
        if let (Some(known), Some(begin)) = (BEGINS.get(usize::from(payload)), text.first_chunk::<8>())
            && word(*begin) == *known
        {
            return;
        }
        let half = usize::from(payload >> 6);
        let (Some(listed), Some(named)) = (self.listed.get(half), self.named.get_mut(half)) else { return };
        if listed & bit(payload) == 0 {
            return;
        }
        match encoding(text) {
            Encoding::Codec(codec) => self.bits |= codec,
            Encoding::Companion => {}
            Encoding::Unknown => return,
        }
        *named |= bit(payload);
    }

    pub(super) fn finish(self) -> Codecs {
        let ([low, high], [named_low, named_high]) = (self.listed, self.named);
        if (low & !named_low) | (high & !named_high) != 0 {
            return Codecs::ANY;
        }
        let [a, b, c, d, e, f, g, h] = self.bits.to_le_bytes();
        Codecs([u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])])
    }
}

/// The payload type at the beginning of a text, and what follows behind blanks.
#[inline(always)]
fn payload(text: &[u8]) -> Option<(u8, &[u8])> {
    let (number, rest) = match text {
        [a, b' ', rest @ ..] => (digit(*a)?, rest),
        [a, b, b' ', rest @ ..] => (two_digits(*a, *b)?, rest),
        [a, b, c, b' ', rest @ ..] => (three_digits(*a, *b, *c)?, rest),
        [a] => (digit(*a)?, &[][..]),
        [a, b] => (two_digits(*a, *b)?, &[][..]),
        [a, b, c] => (three_digits(*a, *b, *c)?, &[][..]),
        _ => return None,
    };
    let rest = if let [b' ', ..] = rest { rest.trim_ascii_start() } else { rest };
    Some((number, rest))
}

#[inline(always)]
fn digit(c: u8) -> Option<u8> {
    c.is_ascii_digit().then_some(c & 15)
}

#[inline(always)]
fn two_digits(a: u8, b: u8) -> Option<u8> {
    Some(digit(a)?.wrapping_mul(10).wrapping_add(digit(b)?))
}

/// Up to 127.
#[inline(always)]
fn three_digits(a: u8, b: u8, c: u8) -> Option<u8> {
    let number = two_digits(a, b).filter(|tens| *tens < 13)?.wrapping_mul(10).wrapping_add(digit(c)?);
    (number < 128).then_some(number)
}

/// The bit of a number in its 64.
#[inline(always)]
const fn bit(number: u8) -> u64 {
    1u64.wrapping_shl((number & 63) as u32)
}

/// What `a=rtpmap` says of a payload type.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Encoding {
    /// A codec, with its bit.
    Codec(u64),
    /// What goes along with a codec.
    Companion,
    /// Nothing that RFC 8866 section 6.6 knows.
    Unknown,
}

/// Of `name/clock`, maybe with `/channels`, in any case. Of a long name only the beginning counts.
#[inline(always)]
const fn encoding(text: &[u8]) -> Encoding {
    let text = match text {
        [.., b' ' | b'\t'] => text.trim_ascii_end(),
        _ => text,
    };
    let text = match text {
        [text @ .., b'/', b'0'..=b'9'] | text => text,
    };
    let [.., b'0'..=b'9'] = text else { return Encoding::Unknown };
    let (first, last) = match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(first), Some(last)) => (word(*first), word(*last)),
        _ => (short(text), 0),
    };
    // A clock rate has at most seven digits.
    if !has_slash(if text.len() < 8 { first } else { last }) {
        return Encoding::Unknown;
    }
    // Most begin with another letter.
    if INITIALS & 1u32.wrapping_shl(first as u32) != 0 && is_companion(first, text) {
        return Encoding::Companion;
    }
    Encoding::Codec(bit(((first.wrapping_mul(SPREAD) ^ last).wrapping_mul(SPREAD) >> 58) as u8))
}

/// Eight octets, capital letters as small ones.
#[inline(always)]
const fn word(octets: [u8; 8]) -> u64 {
    u64::from_le_bytes(octets) | u64::from_le_bytes([0x20; 8])
}

/// The same of fewer.
#[cold]
const fn short(text: &[u8]) -> u64 {
    let (mut word, mut rest) = (0u64, text);
    while let [head @ .., last] = rest {
        word = word.wrapping_shl(8) | (*last | 0x20) as u64;
        rest = head;
    }
    word
}

/// Whether one of a word's octets is `/`.
#[inline(always)]
const fn has_slash(word: u64) -> bool {
    let other = word ^ u64::from_le_bytes([b'/'; 8]);
    other.wrapping_sub(u64::from_le_bytes([1; 8])) & !other & u64::from_le_bytes([0x80; 8]) != 0
}

/// Letters that a companion's name may begin with, each as the bit of its five lowest ones.
const INITIALS: u32 =
    1 << (b'c' & 31) | 1 << (b'f' & 31) | 1 << (b'r' & 31) | 1 << (b't' & 31) | 1 << (b'u' & 31);

/// Whether a name that begins so is one of RFC 4733, RFC 3389, RFC 2198, RFC 4588, RFC 5109 or RFC 8627.
#[inline(always)]
const fn is_companion(first: u64, text: &[u8]) -> bool {
    if first == u64::from_le_bytes(*b"telephon") {
        return second(text) == u64::from_le_bytes(*b"e-event/");
    }
    match first.to_le_bytes() {
        [b'c', b'n', b'/', ..]
        | [b'r', b'e', b'd', b'/', ..]
        | [b'r', b't', b'x', b'/', ..]
        | [b't', b'o', b'n', b'e', b'/', ..]
        | [b'u', b'l', b'p', b'f', b'e', b'c', b'/', ..] => true,
        [b'f', b'l', b'e', b'x', b'f', b'e', b'c', b'-'] => {
            matches!(second(text).to_le_bytes(), [b'0', b'3', b'/', ..])
        }
        [_, _, _, _, _, _, _, _] => false,
    }
}

/// The eight octets behind the first eight.
const fn second(text: &[u8]) -> u64 {
    match text.split_first_chunk::<8>() {
        Some((_, rest)) => match rest.first_chunk::<8>() {
            Some(octets) => word(*octets),
            None => short(rest),
        },
        None => 0,
    }
}

/// Spreads words over the bits: chosen so that no two codecs in common use meet, which a test keeps.
const SPREAD: u64 = 0x1180_febb_8ca9_bff9;

/// Static payload types with their codecs (RFC 3551 section 6).
const ASSIGNED: [(u8, &str); 24] = [
    (0, "PCMU/8000"),
    (3, "GSM/8000"),
    (4, "G723/8000"),
    (5, "DVI4/8000"),
    (6, "DVI4/16000"),
    (7, "LPC/8000"),
    (8, "PCMA/8000"),
    (9, "G722/8000"),
    (10, "L16/44100/2"),
    (11, "L16/44100/1"),
    (12, "QCELP/8000"),
    (13, "CN/8000"),
    (14, "MPA/90000"),
    (15, "G728/8000"),
    (16, "DVI4/11025"),
    (17, "DVI4/22050"),
    (18, "G729/8000"),
    (25, "CelB/90000"),
    (26, "JPEG/90000"),
    (28, "nv/90000"),
    (31, "H261/90000"),
    (32, "MPV/90000"),
    (33, "MP2T/90000"),
    (34, "H263/90000"),
];

/// The bits of static payload types.
static STATIC: [u64; 35] = assigned().bits;
/// How their encodings begin.
static BEGINS: [u64; 35] = assigned().begins;
/// Static payload types, each by its bit.
const STATIC_TYPES: u64 = assigned().types;

struct Assigned {
    bits: [u64; 35],
    begins: [u64; 35],
    types: u64,
}

#[expect(clippy::indexing_slicing, reason = "runs at compile time only")]
const fn assigned() -> Assigned {
    let mut table = Assigned { bits: [0; 35], begins: [0; 35], types: 0 };
    let mut rest: &[(u8, &str)] = &ASSIGNED;
    while let [(payload, text), tail @ ..] = rest {
        let at = *payload as usize;
        if let (Encoding::Codec(codec), Some(begin)) =
            (encoding(text.as_bytes()), text.as_bytes().first_chunk())
        {
            (table.bits[at], table.begins[at]) = (codec, word(*begin));
        }
        table.types |= bit(*payload);
        rest = tail;
    }
    table
}
