//! RTP as far as a telephone needs it: headers (RFC 3550 section 5.1), G.711, and events (RFC 4733).

use crate::words::Codec;

/// Samples of a packet of 20 ms at 8 kHz.
pub const SAMPLES: u16 = 160;

/// Octets of a header without contributing sources and extension.
pub const HEADER: usize = 12;

/// The header of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The first packet of a spurt of talk (RFC 3551 section 4.1), or of an event (RFC 4733 section 2.2.2).
    pub marker: bool,
    /// What is in it.
    pub payload: u8,
    /// One more for each packet.
    pub sequence: u16,
    /// When its first sample was taken.
    pub timestamp: u32,
    /// Who sends.
    pub source: u32,
}

impl Header {
    /// A packet with this header.
    #[must_use]
    pub fn packet(self, payload: &[u8]) -> Vec<u8> {
        let mut packet = Vec::with_capacity(HEADER + payload.len());
        packet.extend_from_slice(&[0x80, u8::from(self.marker) << 7 | self.payload & 0x7f]);
        packet.extend_from_slice(&self.sequence.to_be_bytes());
        packet.extend_from_slice(&self.timestamp.to_be_bytes());
        packet.extend_from_slice(&self.source.to_be_bytes());
        packet.extend_from_slice(payload);
        packet
    }

    /// Header and payload of a packet, or nothing: checks of RFC 3550 appendix A.1 that need no memory of others.
    #[must_use]
    pub fn read(packet: &[u8]) -> Option<(Self, &[u8])> {
        let (header, mut rest) = packet.split_first_chunk::<HEADER>()?;
        let [first, second, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3] = *header;
        if first >> 6 != 2 {
            return None;
        }
        rest = rest.get(usize::from(first & 0x0f) * 4..)?;
        if first & 0x10 != 0 {
            // An extension says its length in words of 32 bits (section 5.3.1).
            let (&[_, _, l0, l1], behind) = rest.split_first_chunk::<4>()?;
            rest = behind.get(usize::from(u16::from_be_bytes([l0, l1])) * 4..)?;
        }
        if first & 0x20 != 0 {
            let padding = usize::from(*rest.last()?);
            rest = rest.get(..rest.len().checked_sub(padding).filter(|_| padding != 0)?)?;
        }
        let header = Self {
            marker: second & 0x80 != 0,
            payload: second & 0x7f,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            source: u32::from_be_bytes([c0, c1, c2, c3]),
        };
        Some((header, rest))
    }
}

/// An event of a digit (RFC 4733 section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its code (section 3.2).
    pub code: u8,
    /// Whether the key is up again.
    pub end: bool,
    /// Power below 1 mW, in dB.
    pub volume: u8,
    /// In samples, up to now.
    pub duration: u16,
}

impl Event {
    /// Its payload.
    #[must_use]
    pub fn payload(self) -> [u8; 4] {
        let [high, low] = self.duration.to_be_bytes();
        [self.code, u8::from(self.end) << 7 | self.volume & 0x3f, high, low]
    }

    /// The first event of a payload; more of them, packed as section 2.5.1.5 has it, are not looked at.
    #[must_use]
    pub fn read(payload: &[u8]) -> Option<Self> {
        let (&[code, flags, high, low], _) = payload.split_first_chunk::<4>()?;
        let duration = u16::from_be_bytes([high, low]);
        Some(Self { code, end: flags & 0x80 != 0, volume: flags & 0x3f, duration })
    }

    /// The code of a digit.
    #[must_use]
    pub fn code_of(digit: char) -> Option<u8> {
        match digit {
            '*' => Some(10),
            '#' => Some(11),
            _ => digit.to_digit(10).and_then(|digit| u8::try_from(digit).ok()),
        }
    }

    /// The digit of a code.
    #[must_use]
    pub fn digit_of(code: u8) -> Option<char> {
        match code {
            10 => Some('*'),
            11 => Some('#'),
            _ => char::from_digit(code.into(), 10),
        }
    }
}

/// 20 ms of 400 Hz, or of silence: all alike, because a packet holds eight periods.
#[must_use]
pub fn sound(codec: Codec, hum: bool) -> Vec<u8> {
    let sample = |at: u16| {
        let phase = f64::from(at % 20) / 20.0 * std::f64::consts::TAU;
        // A quarter of full scale, so nearly -12 dB: loud enough to be told from silence in any recording.
        #[allow(clippy::cast_possible_truncation)]
        let loud = (phase.sin() * 8_000.0) as i16;
        if hum { loud } else { 0 }
    };
    (0..SAMPLES).map(|at| if codec == Codec::Pcma { a_law(sample(at)) } else { mu_law(sample(at)) }).collect()
}

/// G.711 table 2: sign, segment and step of the sample's magnitude and a bias of 132, all turned over.
fn mu_law(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = sample.unsigned_abs().min(32_635) + 132;
    // The bias makes bit 7 or a higher one the highest.
    let segment = 8 - magnitude.leading_zeros().min(8);
    let step = magnitude >> (segment + 3) & 0x0f;
    !(sign | octet(segment) << 4 | octet(step.into()))
}

/// G.711 table 1: the first two segments have the same step, and every other bit is turned over.
fn a_law(sample: i16) -> u8 {
    let sign = if sample < 0 { 0 } else { 0x80 };
    // Of a negative sample the ones' complement, which has no magnitude that does not fit.
    let magnitude = (if sample < 0 { !sample } else { sample }).unsigned_abs() >> 3;
    let segment = 11 - magnitude.leading_zeros().min(11);
    let step = magnitude >> segment.max(1) & 0x0f;
    (sign | octet(segment) << 4 | octet(step.into())) ^ 0x55
}

fn octet(small: u32) -> u8 {
    u8::try_from(small).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Event, HEADER, Header, SAMPLES, a_law, mu_law, sound};
    use crate::words::Codec;

    fn header() -> Header {
        Header { marker: true, payload: 101, sequence: 0x0102, timestamp: 0x0304_0506, source: 0x0708_090a }
    }

    #[test]
    fn a_header_is_that_of_rfc_3550() {
        let packet = header().packet(&[0xaa, 0xbb]);
        assert_eq!(packet, [0x80, 0xe5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0xaa, 0xbb]);
        assert_eq!(Header::read(&packet), Some((header(), &[0xaa, 0xbb][..])));
        let quiet = Header { marker: false, payload: 8, ..header() };
        assert_eq!(quiet.packet(&[])[1], 8);
    }

    #[test]
    fn sources_extension_and_padding_are_taken_off() {
        let mut packet = header().packet(&[]);
        packet[0] = 0x80 | 0x20 | 0x10 | 1;
        packet.extend([1, 1, 1, 1]);
        packet.extend([0xbe, 0xde, 0, 1, 2, 2, 2, 2]);
        packet.extend([0xaa, 0, 0, 3]);
        assert_eq!(Header::read(&packet), Some((header(), &[0xaa][..])));
    }

    #[test]
    fn what_is_no_rtp_is_refused() {
        let packet = header().packet(&[0, 0, 0]);
        assert_eq!(Header::read(&packet[..HEADER - 1]), None);
        for first in [0x00, 0x40, 0xc0, 0x81, 0x90, 0xa0] {
            let mut packet = packet.clone();
            packet[0] = first;
            assert_eq!(Header::read(&packet), None, "{first:#x}");
        }
    }

    #[test]
    fn an_event_is_that_of_rfc_4733() {
        let event = Event { code: 11, end: true, volume: 10, duration: 0x0320 };
        assert_eq!(event.payload(), [11, 0x8a, 3, 0x20]);
        assert_eq!(Event::read(&event.payload()), Some(event));
        assert_eq!(Event::read(&[1, 2, 3]), None);
        for (code, digit) in (0..12).zip("0123456789*#".chars()) {
            assert_eq!((Event::code_of(digit), Event::digit_of(code)), (Some(code), Some(digit)));
        }
        assert_eq!((Event::code_of('A'), Event::digit_of(12)), (None, None));
    }

    #[test]
    fn g_711_has_its_known_values() {
        let known = [
            (0, 0xff, 0xd5),
            (-1, 0x7f, 0x55),
            (32_767, 0x80, 0xaa),
            (-32_768, 0x00, 0x2a),
            (1_000, 0xce, 0xfa),
        ];
        for (sample, mu, a) in known {
            assert_eq!((mu_law(sample), a_law(sample)), (mu, a), "{sample}");
        }
        assert_eq!(sound(Codec::Pcmu, false), [0xff; SAMPLES as usize]);
        assert_eq!(sound(Codec::Pcma, false), [0xd5; SAMPLES as usize]);
        assert!(sound(Codec::Pcma, true).iter().any(|octet| *octet != 0xd5));
    }
}
