//! What one stream sends, packet by packet: sound, and in its place events while digit keys are down. It knows no sockets and
//! no clock; who calls it every 20 ms has a stream.

use std::collections::VecDeque;

use crate::frames::Sending;
use crate::rtp::{Event, Header, SAMPLES, sound};

/// The shortest event, in samples: 100 ms, however briefly a key was down, since some receivers miss what is shorter than 40.
const SHORTEST: u16 = 800;
/// How often the last packet of an event goes (RFC 4733 section 2.5.1.4).
const ENDS: u8 = 3;
/// What nobody takes is not kept for ever.
const KEYS: usize = 64;

/// One sender of RTP.
#[derive(Debug)]
pub struct Talk {
    source: u32,
    sequence: u16,
    timestamp: u32,
    /// The next packet of sound is the first after a pause.
    fresh: bool,
    /// Keys that were pressed; the first is being sent.
    keys: VecDeque<Press>,
}

#[derive(Debug)]
struct Press {
    code: u8,
    down: bool,
    /// Where the event or the present segment of it began; none: it has not.
    began: Option<u32>,
    duration: u16,
    /// There was a segment before this one.
    long: bool,
    ends: u8,
}

impl Default for Talk {
    /// Source, sequence and timestamp begin by chance (RFC 3550 section 5.1).
    fn default() -> Self {
        let [a, b, c, d, e, f, g, h] = crate::chance().to_be_bytes();
        Self {
            source: u32::from_be_bytes([a, b, c, d]),
            sequence: u16::from_be_bytes([e, f]),
            timestamp: u32::from_be_bytes([g, h, b, d]),
            fresh: true,
            keys: VecDeque::new(),
        }
    }
}

impl Talk {
    /// A digit key goes down.
    pub fn press(&mut self, code: u8) {
        if self.keys.len() < KEYS {
            self.keys.push_back(Press { code, down: true, began: None, duration: 0, long: false, ends: 0 });
        }
    }

    /// And up again.
    pub fn release(&mut self, code: u8) {
        for press in self.keys.iter_mut().filter(|press| press.code == code) {
            press.down = false;
        }
    }

    /// Nothing is sent for a while, and no event goes on after it.
    pub fn pause(&mut self) {
        self.fresh = true;
        self.keys.clear();
    }

    /// The packet of the next 20 ms.
    #[must_use]
    pub fn packet(&mut self, sending: &Sending, hum: bool) -> Vec<u8> {
        let packet = match (self.keys.front_mut(), sending.events) {
            (Some(press), Some(payload)) => {
                let first = press.began.is_none();
                let (began, event) = press.step(self.timestamp);
                if press.ends == ENDS {
                    self.keys.pop_front();
                }
                self.header(first, payload, began).packet(&event.payload())
            }
            _ => {
                self.keys.clear();
                let marker = std::mem::take(&mut self.fresh);
                self.header(marker, sending.payload, self.timestamp).packet(&sound(sending.codec, hum))
            }
        };
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(SAMPLES.into());
        packet
    }

    fn header(&self, marker: bool, payload: u8, timestamp: u32) -> Header {
        Header { marker, payload, sequence: self.sequence, timestamp, source: self.source }
    }
}

impl Press {
    /// One packet more: where its event began, and the event up to now.
    fn step(&mut self, now: u32) -> (u32, Event) {
        let mut began = *self.began.get_or_insert(now);
        if self.ends == 0 {
            self.duration = self.duration.checked_add(SAMPLES).unwrap_or_else(|| {
                // Too long for its field: the next segment begins where this one ended (RFC 4733 section 2.5.1.3).
                began = began.wrapping_add(self.duration.into());
                self.long = true;
                SAMPLES
            });
            self.began = Some(began);
        }
        if self.ends > 0 || !self.down && (self.long || self.duration >= SHORTEST) {
            self.ends += 1;
        }
        (began, Event { code: self.code, end: self.ends > 0, volume: 10, duration: self.duration })
    }
}

#[cfg(test)]
mod tests {
    use super::Talk;
    use crate::frames::Sending;
    use crate::rtp::{Event, Header};
    use crate::words::Codec;

    fn sending(events: Option<u8>) -> Sending {
        let to = "127.0.0.1:40000".parse().expect("an address");
        Sending { to, codec: Codec::Pcmu, payload: 0, events, send: true, receive: true, keys: None }
    }

    /// The next packets, as headers and, where they are events, those.
    fn packets(talk: &mut Talk, many: usize) -> Vec<(Header, Option<Event>)> {
        let sending = sending(Some(101));
        let packets = (0..many).map(|_| {
            let packet = talk.packet(&sending, true);
            let (header, payload) = Header::read(&packet).expect("RTP");
            assert_eq!(payload.len(), if header.payload == 101 { 4 } else { 160 });
            (header, (header.payload == 101).then(|| Event::read(payload).expect("an event")))
        });
        packets.collect()
    }

    #[test]
    fn sound_counts_packets_and_samples() {
        let mut talk = Talk::default();
        let first = packets(&mut talk, 3);
        assert_eq!(first.iter().map(|(header, _)| header.marker).collect::<Vec<_>>(), [true, false, false]);
        for pair in first.windows(2) {
            assert_eq!(pair[1].0.sequence, pair[0].0.sequence.wrapping_add(1));
            assert_eq!(pair[1].0.timestamp, pair[0].0.timestamp.wrapping_add(160));
            assert_eq!(pair[1].0.source, pair[0].0.source);
        }
        talk.pause();
        assert!(packets(&mut talk, 1)[0].0.marker, "a new spurt of talk");
        assert_ne!(first[0].0.source, packets(&mut Talk::default(), 1)[0].0.source);
    }

    #[test]
    fn a_digit_is_an_event_with_one_timestamp_and_three_ends() {
        let mut talk = Talk::default();
        let before = packets(&mut talk, 1)[0].0;
        talk.press(5);
        let down = packets(&mut talk, 6);
        talk.release(5);
        let up = packets(&mut talk, 4);
        let all: Vec<_> = down.iter().chain(&up[..3]).collect();
        for (at, (header, event)) in all.iter().enumerate() {
            let event = event.expect("an event");
            assert_eq!((header.marker, event.code, event.end), (at == 0, 5, at >= 6));
            assert_eq!(header.timestamp, before.timestamp.wrapping_add(160));
            assert_eq!(header.sequence, before.sequence.wrapping_add(1 + u16::try_from(at).expect("few")));
            assert_eq!(event.duration, 160 * u16::try_from(at.min(6) + 1).expect("short"));
        }
        assert_eq!(up[3].1, None, "sound again");
        assert_eq!(up[3].0.timestamp, before.timestamp.wrapping_add(160 * 10));
    }

    #[test]
    fn digits_that_were_tapped_follow_one_another() {
        let mut talk = Talk::default();
        for code in [1, 11, 1] {
            talk.press(code);
            talk.release(code);
        }
        let events: Vec<_> =
            packets(&mut talk, 21).into_iter().map(|(_, event)| event.expect("an event")).collect();
        let ends: Vec<_> =
            events.chunks(7).map(|one| (one[0].code, one[3].end, one[4].end, one[6].duration)).collect();
        assert_eq!(ends, [(1, false, true, 800), (11, false, true, 800), (1, false, true, 800)]);
        assert_eq!(packets(&mut talk, 1)[0].1, None);
    }

    #[test]
    fn a_key_that_stays_down_is_told_in_segments() {
        let mut talk = Talk::default();
        talk.press(9);
        let events = packets(&mut talk, 411);
        let (first, last) = (events[0], events[409]);
        assert_eq!(events[408].1.map(|event| event.duration), Some(65_440));
        assert_eq!(last.0.timestamp, first.0.timestamp.wrapping_add(65_440));
        assert_eq!(last.1, Some(Event { code: 9, end: false, volume: 10, duration: 160 }));
        assert!(!last.0.marker);
        talk.release(9);
        let ends = packets(&mut talk, 4);
        assert_eq!(ends[2].1.map(|event| (event.end, event.duration)), Some((true, 480)));
        assert_eq!(ends[3].1, None);
    }

    #[test]
    fn without_a_payload_type_there_are_no_events() {
        let mut talk = Talk::default();
        talk.press(1);
        assert_eq!(talk.packet(&sending(None), false).len(), 172);
        assert_eq!(packets(&mut talk, 1)[0].1, None, "and none later");
    }
}
