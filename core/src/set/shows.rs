//! What there is to be shown and sounded, and the frames that say so.

use super::dialing::Ask;
use super::face::{Change, Face, Sending, Shown};
use super::heard::place;
use super::{Appearance, Output, STREAMS, Set};
use crate::base::{Crypto, Handle, Instant};
use crate::call::Cause;
use crate::media::Codec;
use crate::phone::{self, MAX_DATAGRAM, line::State};
use crate::policy::Rule;
use crate::wire::sdp::Direction;
use crate::wire::set::{Audio, Down, Lamp, MAX_BODY, MAX_FRAME, MAX_LINES, Ring, Send, Tone};
use crate::wire::write::{Buffer, Sink};
use zeroize::Zeroizing;

impl<C: Crypto> Set<'_, C> {
    /// Takes the next output. Octets are put into the buffer.
    pub fn poll(&mut self, now: Instant, out: &mut [u8; MAX_DATAGRAM]) -> Option<Output> {
        loop {
            while let Ok(Some(output)) = self.phone.poll(out) {
                if let phone::Output::Send { len, .. } = output {
                    return Some(Output::Message { len });
                }
                let len = if let phone::Output::Text { len } = output { len } else { 0 };
                self.heard(now, output, out.get(..len).unwrap_or(&[]));
            }
            if !self.does_next(now) {
                break;
            }
        }
        self.forget_over();
        if self.dial.ask == Ask::Due {
            self.dial.ask = Ask::Out;
            return Some(Output::Dialed(self.dial.number));
        }
        let frame = out.first_chunk_mut::<MAX_FRAME>()?;
        if let Some(output) = self.connection_output(now, frame) {
            return Some(output);
        }
        if self.connection.is_up() {
            let len = if core::mem::take(&mut self.connection.anew) {
                self.snapshot(now, frame)
            } else {
                let face = self.face();
                face.change(&mut self.told).and_then(|change| self.tell_change(now, &face, change, frame))
            };
            return len.map(|len| Output::Frame { len });
        }
        if self.is_done() && !core::mem::replace(&mut self.over, true) {
            return Some(Output::Over);
        }
        None
    }

    /// Everything, as one frame.
    fn snapshot(&mut self, now: Instant, frame: &mut [u8; MAX_FRAME]) -> Option<usize> {
        let face = self.face();
        self.told = Face::BLANK;
        let mut octets = Zeroizing::new([0; MAX_BODY]);
        let mut out = Buffer::new(octets.as_mut_slice());
        let mut count = 0u8;
        let put = |out: &mut Buffer<'_>, kind: u8, body: &[u8]| {
            out.put(&[kind]);
            out.put(&u16::try_from(body.len()).unwrap_or(u16::MAX).to_be_bytes());
            out.put(body);
        };
        while let Some(change) = face.change(&mut self.told) {
            let (kind, body, len) = self.change(&face, change);
            put(&mut out, kind, body.get(..len).unwrap_or(&[]));
            count = count.saturating_add(1);
        }
        if let Some(wall) = self.wall {
            let mut body = [0; 16];
            let clock = Down::Clock(wall);
            let mut written = Buffer::new(&mut body);
            clock.write(&mut written);
            let len = written.finish().unwrap_or(0);
            put(&mut out, clock.kind(), body.get(..len).unwrap_or(&[]));
            count = count.saturating_add(1);
        }
        let len = out.finish().ok()?;
        let actuations = octets.get(..len).unwrap_or(&[]);
        self.tell(now, &Down::Snapshot { count, actuations }, frame)
    }

    fn tell_change(
        &mut self,
        now: Instant,
        face: &Face,
        change: Change,
        frame: &mut [u8; MAX_FRAME],
    ) -> Option<usize> {
        let (kind, body, len) = self.change(face, change);
        self.tell_octets(now, kind, body.get(..len).unwrap_or(&[]), frame)
    }

    /// Kind and body of the actuation that tells a change.
    fn change(&self, face: &Face, change: Change) -> (u8, Zeroizing<[u8; CHANGE]>, usize) {
        let mut body = Zeroizing::new([0; CHANGE]);
        let mut out = Buffer::new(body.as_mut_slice());
        let at = |place: u8| usize::from(place);
        let down = match change {
            Change::Row(row) => {
                let text = face.rows.get(at(row)).map_or("", |text| text.as_str());
                Some(Down::Display { row, text })
            }
            Change::Lamp(lamp) => {
                face.lamps.get(at(lamp)).map(|mode| Down::Lamp(Face::lamp_key(lamp), *mode))
            }
            Change::Tone => Some(Down::Tone(face.tone)),
            Change::Ring => Some(Down::Ringer(face.ring)),
            Change::Audio => Some(Down::Audio(face.audio)),
            Change::Stop(stream, generation) => Some(Down::Stop { stream, generation }),
            Change::Close(stream, generation) => Some(Down::Close { stream, generation }),
            Change::Open(stream, generation) => Some(Down::Open { stream, generation }),
            Change::Send(stream) => self.send(face, stream),
        };
        let kind = down.map_or(Down::Alive.kind(), |down| {
            down.write(&mut out);
            down.kind()
        });
        let len = out.finish().unwrap_or(0);
        (kind, body, len)
    }

    fn send<'s>(&'s self, face: &Face, stream: u8) -> Option<Down<'s>> {
        let sending = face.streams.get(usize::from(stream))?.sending?;
        let sound = sending.sound;
        let line =
            self.phone.lines().map(|(line, _)| line).find(|line| place(*line) == Some(stream.into()))?;
        let (_, keys) = self.phone.sound(line)?;
        let keys = keys.ours.expose().first_chunk().zip(keys.theirs.expose().first_chunk());
        Some(Down::Send(Send {
            stream,
            generation: sending.generation,
            to: sound.to,
            codec: Codec::ALL
                .iter()
                .position(|codec| *codec == sound.codec)
                .and_then(|n| u8::try_from(n).ok())?,
            payload: sound.payload,
            events: sound.events,
            direction: (
                matches!(sound.direction, Direction::SendRecv | Direction::SendOnly),
                matches!(sound.direction, Direction::SendRecv | Direction::RecvOnly),
            ),
            keys: keys.filter(|_| sound.protected),
        }))
    }

    /// What it shows and sounds now.
    pub(super) fn face(&self) -> Face {
        let mut face = Face::BLANK;
        for (place, lamp) in face.lamps.iter_mut().take(self.config.lines.min(MAX_LINES).into()).enumerate() {
            *lamp = self.line_lamp(place);
        }
        let [.., transfer] = &mut face.lamps;
        *transfer = if self.transferring.is_some() { Lamp::On } else { Lamp::Off };
        face.tone = self.tone();
        let ringing = self.ringing();
        face.ring = match ringing.and_then(|place| self.call_on(place)) {
            // Whoever talks hears a tone instead.
            Some(line) if self.active.is_none() => {
                if self.phone.is_inside(line) {
                    Ring::Inside
                } else {
                    Ring::Outside
                }
            }
            Some(_) | None => Ring::Silent,
        };
        face.audio = if self.active.is_some() { Audio::Talk } else { Audio::Off };
        for (index, (shown, stream)) in face.streams.iter_mut().zip(&self.streams).enumerate() {
            *shown = Shown { open: [stream.current, stream.asked], sending: self.sending(index) };
        }
        self.show_rows(&mut face);
        face
    }

    fn line_lamp(&self, place: usize) -> Lamp {
        match self.appearances.get(place) {
            _ if self.transferring == Some(place) => Lamp::Blink,
            Some(Appearance::Dialing) => Lamp::On,
            Some(Appearance::Call(line)) => match self.phone.state(*line) {
                Some(State::Ringing { .. }) => Lamp::Flash,
                Some(_) if self.active == Some(place) => Lamp::On,
                Some(_) => Lamp::Wink,
                None => Lamp::Off,
            },
            Some(Appearance::Idle) | None => Lamp::Off,
        }
    }

    fn tone(&self) -> Tone {
        // It is heard in the handset, or not at all.
        let Some(active) = self.active else { return Tone::Silence };
        if let Some((tone, _)) = self.moment {
            return tone;
        }
        let Some(line) = self.call_on(active) else { return self.dial.tone };
        match self.phone.state(line) {
            Some(State::Calling { .. } | State::Alerted) if self.phone.is_asked(line) => Tone::AccountCode,
            // What the other side lets be heard before it answers is better than a tone.
            Some(State::Alerted) if self.phone.sound(line).is_none() => Tone::RingBack,
            Some(_) if self.phone.is_held(line) => Tone::OnHold,
            Some(_) if self.ringing().is_some() => Tone::CampOn,
            Some(_) | None => Tone::Silence,
        }
    }

    /// What is sent and heard on a stream: what was agreed on by its line, if its user has anything to do with it.
    fn sending(&self, stream: usize) -> Option<Sending> {
        let generation = self.streams.get(stream)?.current;
        let mine = |line: &Handle| place(*line) == Some(stream);
        let line = self.phone.lines().map(|(line, _)| line).find(mine)?;
        let rings = matches!(self.phone.state(line)?, State::Ringing { .. });
        if rings || generation == 0 || self.appearance_of(line).is_none() {
            return None;
        }
        let (sound, _) = self.phone.sound(line)?;
        // Only who is talked to hears what is said, and is heard: a set has one microphone.
        let talks = self.active.is_some() && self.active == self.appearance_of(line);
        if !talks || matches!(sound.direction, Direction::SendOnly | Direction::Inactive) {
            return None;
        }
        let agreement = self.agreements.get(stream).copied().unwrap_or(0);
        Some(Sending { generation, sound, agreement })
    }

    fn show_rows(&self, face: &mut Face) {
        let (rows, columns) = self.config.display;
        let rows = usize::from(rows);
        let number = core::str::from_utf8(self.config.number).unwrap_or("");
        let shown = self
            .active
            .or_else(|| self.ringing())
            .or_else(|| self.appearances.iter().position(|one| matches!(one, Appearance::Call(_))));
        // One row shows what goes on; of two the first says whose set it is; a third has what was said last.
        let status = if rows > 1 { 1 } else { 0 };
        if rows > 1 || shown.is_none() {
            match (number, self.config.name) {
                ("", _) => face.row(0, columns, format_args!("Not registered")),
                (number, "") => face.row(0, columns, format_args!("{number}")),
                (number, name) => face.row(0, columns, format_args!("{number} {name}")),
            }
        }
        if let Some(place) = shown {
            self.show_line(face, status, place);
        }
        if let Some((text, _)) = &self.text {
            let last = if rows > 2 { 2 } else { status };
            face.row(last, columns, format_args!("{text}"));
        }
    }

    fn show_line(&self, face: &mut Face, row: usize, place: usize) {
        let columns = self.config.display.1;
        let Some(line) = self.call_on(place) else {
            let digits = self.dial.number.as_bytes();
            let seen = digits.get(..digits.len().min(self.dial.shown.into())).unwrap_or(&[]);
            let seen = core::str::from_utf8(seen).unwrap_or("");
            let hidden = digits.len().saturating_sub(seen.len());
            return match self.dial.refused() {
                Some(cause) => face.row(row, columns, format_args!("{}", says(cause))),
                None if digits.is_empty() => face.row(row, columns, format_args!("Dial")),
                None => face.row(row, columns, format_args!("{seen}{:*<hidden$}", "")),
            };
        };
        let text = |octets| core::str::from_utf8(octets).unwrap_or("?");
        let (number, name) = (text(self.phone.number(line)), text(self.phone.name(line)));
        let shown = self.shown.get(place).map_or(usize::MAX, |shown| usize::from(*shown));
        let (number, hidden) = number.split_at_checked(shown).unwrap_or((number, ""));
        let hidden = hidden.len();
        let gap = if name.is_empty() { "" } else { " " };
        let before = match self.phone.state(line) {
            Some(State::Calling { .. }) if self.phone.is_asked(line) => "Code for ",
            Some(State::Alerted) if self.phone.is_asked(line) => "Code for ",
            Some(State::Calling { .. }) => "Calling ",
            Some(State::Alerted) => "Rings: ",
            Some(State::Ringing { .. }) => "From ",
            Some(_) if self.active != Some(place) && self.phone.holds(line) => "Held: ",
            Some(_) if self.phone.is_held(line) => "Held by ",
            Some(_) | None => "",
        };
        face.row(row, columns, format_args!("{before}{number}{:*<hidden$}{gap}{name}", ""));
    }
}

/// Octets of the body of an actuation, at most: the longest row, or an address of IPv6 and two keys.
const CHANGE: usize = 192;
const _: () = assert!(STREAMS == 4, "a snapshot of all streams fits in a frame");

/// Why a call was not made, in a word.
const fn says(cause: Cause) -> &'static str {
    match cause {
        Cause::Normal => "Done",
        Cause::Status(486 | 600 | 603) => "Busy",
        Cause::Status(480) => "No answer",
        Cause::Status(404 | 484) => "No such number",
        Cause::Denied(Rule::TrunkBusy) => "Lines busy",
        Cause::Denied(_) => "Not allowed",
        Cause::Status(_) | Cause::Preempted | Cause::Media(_) => "Not possible",
    }
}
