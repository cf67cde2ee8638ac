//! What a set shows, sounds and receives: the sum of what it was told last. It knows no calls.

use std::collections::{BTreeMap, BTreeSet};

use crate::frames::{Actuation, Clock, Fault, Sending};
use crate::words::{Codec, Key, Lamp, Ring, Tone};

/// What this set can send and hear, the one liked best first.
pub const CODECS: [Codec; 2] = [Codec::Pcmu, Codec::Pcma];

/// A stream at one of the times it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Its number.
    pub number: u16,
    /// How it is sent and heard; none: neither.
    pub sending: Option<Sending>,
}

/// A stream. One of its generations is current, and until Close there is one more (section "Media in two half-steps").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The newest generation there was, open or not: what is older is late.
    pub current: u16,
    /// Those that are open, the older one first.
    pub open: Vec<Generation>,
}

/// What a set shows. Two faces are equal when no user can tell them apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Face {
    rows: Vec<String>,
    columns: usize,
    lines: u8,
    lamps: BTreeMap<Key, Lamp>,
    tone: Tone,
    ring: Ring,
    audio: bool,
    clock: Option<Clock>,
    streams: BTreeMap<u8, Stream>,
}

/// What came of an actuation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is so now, or was already.
    Done,
    /// This stream is open under this generation now, or was already: say where.
    Open(u8, u16),
    /// It was about a generation that is not there: late, not wrong.
    Late,
}

impl Face {
    /// Blank, with so many rows, columns and line keys.
    #[must_use]
    pub fn new(rows: u8, columns: u8, lines: u8) -> Self {
        Self {
            rows: vec![String::new(); rows.into()],
            columns: columns.into(),
            lines,
            lamps: BTreeMap::new(),
            tone: Tone::Silence,
            ring: Ring::Silent,
            audio: false,
            clock: None,
            streams: BTreeMap::new(),
        }
    }

    /// The rows of the display, each no longer than the display is wide.
    #[must_use]
    pub fn rows(&self) -> &[String] {
        &self.rows
    }

    /// How wide the display is.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// How many line keys there are.
    #[must_use]
    pub fn lines(&self) -> u8 {
        self.lines
    }

    /// What the lamp of a key does.
    #[must_use]
    pub fn lamp(&self, key: Key) -> Lamp {
        self.lamps.get(&key).copied().unwrap_or(Lamp::Off)
    }

    /// The lamps that are not dark.
    pub fn lamps(&self) -> impl Iterator<Item = (Key, Lamp)> + '_ {
        self.lamps.iter().map(|(key, lamp)| (*key, *lamp))
    }

    /// The tone that is heard.
    #[must_use]
    pub fn tone(&self) -> Tone {
        self.tone
    }

    /// How it rings.
    #[must_use]
    pub fn ring(&self) -> Ring {
        self.ring
    }

    /// Whether handset or speaker are connected.
    #[must_use]
    pub fn audio(&self) -> bool {
        self.audio
    }

    /// The time it was told.
    #[must_use]
    pub fn clock(&self) -> Option<Clock> {
        self.clock
    }

    /// One stream, if it was ever opened.
    #[must_use]
    pub fn stream(&self, stream: u8) -> Option<&Stream> {
        self.streams.get(&stream)
    }

    /// What is open, as stream and generation.
    pub fn open(&self) -> impl Iterator<Item = (u8, &Generation)> {
        self.streams.iter().flat_map(|(number, stream)| stream.open.iter().map(move |open| (*number, open)))
    }

    /// Whether some row contains a text.
    #[must_use]
    pub fn shows(&self, text: &str) -> bool {
        self.rows.iter().any(|row| row.contains(text))
    }

    /// Makes one thing so.
    ///
    /// # Errors
    /// It names what this set has not: nothing has changed.
    pub fn apply(&mut self, actuation: &Actuation) -> Result<Effect, Fault> {
        match actuation {
            Actuation::Display { row, text } => {
                let row = self
                    .rows
                    .get_mut(usize::from(*row))
                    .ok_or(Fault::Unreadable("a row that is not there"))?;
                if text.chars().count() > self.columns {
                    return Err(Fault::Unreadable("a row that is longer than the display is wide"));
                }
                row.clone_from(text);
            }
            Actuation::Lamp { key, .. } if key.as_line().is_some_and(|line| line > self.lines) => {
                return Err(Fault::Unreadable("the lamp of a line key that is not there"));
            }
            Actuation::Lamp { key, mode: Lamp::Off } => {
                self.lamps.remove(key);
            }
            Actuation::Lamp { key, mode } => {
                self.lamps.insert(*key, *mode);
            }
            Actuation::Tone(tone) => self.tone = *tone,
            Actuation::Ringer(ring) => self.ring = *ring,
            Actuation::Audio(path) => self.audio = *path,
            Actuation::Clock(clock) => self.clock = Some(*clock),
            Actuation::Open { stream, generation } => return Ok(self.open_stream(*stream, *generation)),
            Actuation::Close { stream, generation } => {
                let Some(stream) = self.streams.get_mut(stream) else { return Ok(Effect::Late) };
                let before = stream.open.len();
                stream.open.retain(|open| open.number != *generation);
                return Ok(if stream.open.len() < before { Effect::Done } else { Effect::Late });
            }
            Actuation::Send { stream, generation, sending } => {
                able(sending)?;
                return Ok(self.set_sending(*stream, *generation, Some(sending)));
            }
            Actuation::Stop { stream, generation } => {
                return Ok(self.set_sending(*stream, *generation, None));
            }
        }
        Ok(Effect::Done)
    }

    /// The face that a snapshot describes, and the streams it opens: what the snapshot does not name is blank, off, silent and
    /// closed. This one stays as it is, so that a snapshot is shown whole or not at all.
    ///
    /// # Errors
    /// It names what this set has not, something more than once, or Send of what is not open.
    pub fn snapshot(&self, actuations: &[Actuation]) -> Result<(Self, Vec<(u8, u16)>), Fault> {
        let mut named = BTreeSet::new();
        if !actuations.iter().all(|actuation| named.insert(name(actuation))) {
            return Err(Fault::Unreadable("a snapshot that says something twice"));
        }
        let rows = u8::try_from(self.rows.len()).unwrap_or(u8::MAX);
        let mut next = Self::new(rows, u8::try_from(self.columns).unwrap_or(u8::MAX), self.lines);
        // No order is said: what is opened is opened first, the older generation before the newer.
        let mut opened = Vec::new();
        for actuation in actuations {
            if let Actuation::Open { stream, generation } = actuation {
                opened.push((*stream, *generation));
            }
        }
        opened.sort_unstable();
        for at in 1..opened.len() {
            let ((one, its), (other, others)) = (opened[at - 1], opened[at]);
            if one == other && newer(its, others) {
                opened.swap(at - 1, at);
            }
        }
        if opened.windows(3).any(|three| three[0].0 == three[2].0) {
            return Err(Fault::Unreadable("a snapshot with three generations of a stream"));
        }
        for (stream, generation) in &opened {
            next.open_stream(*stream, *generation);
        }
        for actuation in actuations {
            if next.apply(actuation)? == Effect::Late {
                return Err(Fault::Unreadable("Send in a snapshot of what is not open"));
            }
        }
        Ok((next, opened))
    }

    /// The user hangs up while nobody is there to be told: nothing is sent or heard any more, and nothing is open less.
    pub fn stop_all(&mut self) {
        self.audio = false;
        for generation in self.streams.values_mut().flat_map(|stream| stream.open.iter_mut()) {
            generation.sending = None;
        }
    }

    /// Everything blank, off, silent and closed.
    pub fn clear(&mut self) {
        if let Ok((blank, _)) = self.snapshot(&[]) {
            *self = blank;
        }
    }

    fn open_stream(&mut self, number: u8, generation: u16) -> Effect {
        let known = self.streams.get(&number);
        if known.is_some_and(|stream| stream.open.iter().any(|open| open.number == generation)) {
            return Effect::Open(number, generation);
        }
        if known.is_some_and(|stream| !newer(generation, stream.current)) {
            return Effect::Late;
        }
        let stream =
            self.streams.entry(number).or_insert_with(|| Stream { current: generation, open: Vec::new() });
        stream.current = generation;
        stream.open.push(Generation { number: generation, sending: None });
        if stream.open.len() > 2 {
            // There is one generation beside the current one, and no more.
            stream.open.remove(0);
        }
        Effect::Open(number, generation)
    }

    fn set_sending(&mut self, stream: u8, generation: u16, sending: Option<&Sending>) -> Effect {
        let open = self.streams.get_mut(&stream).map(|stream| &mut stream.open);
        match open.and_then(|open| open.iter_mut().find(|open| open.number == generation)) {
            Some(open) => {
                open.sending = sending.cloned();
                Effect::Done
            }
            None => Effect::Late,
        }
    }
}

/// Whether one generation comes after another. It goes up by one, and after 65,535 comes 1: a circle of 65,535 numbers, of which
/// half are ahead, as in RFC 1982 section 3.2.
#[must_use]
pub fn newer(one: u16, other: u16) -> bool {
    let ahead = if one >= other { one - other } else { u16::MAX - (other - one) };
    ahead != 0 && ahead <= u16::MAX / 2
}

/// What an actuation is about: a snapshot speaks of each thing once.
fn name(actuation: &Actuation) -> (u8, u8, u16) {
    let (which, generation) = match actuation {
        Actuation::Display { row, .. } => (*row, 0),
        Actuation::Lamp { key, .. } => (key.number(), 0),
        Actuation::Open { stream, generation } => (*stream, *generation),
        Actuation::Send { stream, .. } | Actuation::Close { stream, .. } | Actuation::Stop { stream, .. } => {
            (*stream, 0)
        }
        Actuation::Tone(_) | Actuation::Ringer(_) | Actuation::Audio(_) | Actuation::Clock(_) => (0, 0),
    };
    (actuation.kind(), which, generation)
}

/// Only what Hello announced may be asked for.
fn able(sending: &Sending) -> Result<(), Fault> {
    if !CODECS.contains(&sending.codec) {
        return Err(Fault::Unreadable("a codec that was not announced"));
    }
    if sending.keys.is_some() {
        return Err(Fault::Unreadable("SRTP that was not announced"));
    }
    Ok(())
}

#[cfg(test)]
#[path = "face_tests.rs"]
mod tests;
