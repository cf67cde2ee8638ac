//! A face as text, for people and for logs.

use std::fmt::Write;

use crate::face::Face;
use crate::words::{Key, Lamp, Ring, Tone};

/// The display in its frame, and under it lamps, tone, ringer, sound and streams. Line lamps are always there, others while
/// they are lit.
#[must_use]
pub fn draw(face: &Face) -> String {
    let width = face.columns();
    let mut text = format!("+{}+\n", "-".repeat(width));
    for row in face.rows() {
        let _ = writeln!(text, "|{row:width$}|");
    }
    let _ = writeln!(text, "+{}+", "-".repeat(width));
    let mut words: Vec<String> = (1..=face.lines())
        .filter_map(Key::line)
        .map(|key| format!("[{}:{}]", key.number(), face.lamp(key)))
        .collect();
    let others = face.lamps().filter(|(key, _)| key.as_line().is_none());
    words.extend(others.map(|(key, lamp): (Key, Lamp)| format!("[{key}:{lamp}]")));
    if face.tone() != Tone::Silence {
        words.push(format!("tone {}", face.tone()));
    }
    if face.ring() != Ring::Silent {
        words.push(format!("ring {}", face.ring()));
    }
    if face.audio() {
        words.push("audio".into());
    }
    for (stream, open) in face.open() {
        let way = match open.sending.as_ref().map(|sending| (sending.send, sending.receive, sending)) {
            Some((true, true, sending)) => format!("<>{} {}", sending.to, sending.codec),
            Some((true, false, sending)) => format!(">{} {}", sending.to, sending.codec),
            Some((false, true, sending)) => format!("<{} {}", sending.to, sending.codec),
            _ => "open".into(),
        };
        words.push(format!("stream {stream}.{} {way}", open.number));
    }
    text.push_str(&words.join(" "));
    text
}

#[cfg(test)]
mod tests {
    use super::draw;
    use crate::face::Face;
    use crate::frames::{Actuation, Sending};
    use crate::words::{Codec, Key, Lamp, Ring, Tone};

    #[test]
    fn a_face_is_drawn_in_a_frame() {
        let mut face = Face::new(2, 16, 2);
        assert_eq!(
            draw(&face),
            "+----------------+\n|                |\n|                |\n+----------------+\n[1:off] [2:off]"
        );
        let sending = Sending {
            to: "192.0.2.1:40000".parse().expect("an address"),
            codec: Codec::Pcmu,
            payload: 0,
            events: None,
            send: true,
            receive: true,
            keys: None,
        };
        for actuation in [
            Actuation::Display { row: 0, text: "Zoë 2002".into() },
            Actuation::Lamp { key: Key::line(2).expect("a key"), mode: Lamp::Flash },
            Actuation::Lamp { key: Key::HOLD, mode: Lamp::On },
            Actuation::Tone(Tone::RingBack),
            Actuation::Ringer(Ring::Outside),
            Actuation::Audio(true),
            Actuation::Open { stream: 0, generation: 3 },
            Actuation::Open { stream: 1, generation: 1 },
            Actuation::Send { stream: 0, generation: 3, sending },
        ] {
            face.apply(&actuation).expect("an actuation");
        }
        let drawn = draw(&face);
        let lines: Vec<_> = drawn.lines().collect();
        assert_eq!(lines[1], "|Zoë 2002        |");
        assert_eq!(
            lines[4],
            "[1:off] [2:flash] [hold:on] tone ring-back ring outside audio \
             stream 0.3 <>192.0.2.1:40000 PCMU stream 1.1 open"
        );
    }
}
