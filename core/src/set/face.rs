//! What a set shows and sounds: one value, made of the state of its calls. What differs from what the set was told is told; after a
//! connection was lost, all of it.

use crate::media::Sound;
use crate::wire::set::{Audio, Key, Lamp, MAX_LINES, MAX_ROW, MAX_ROWS, Ring, Tone};
use core::fmt::Write as _;

/// Streams of a set: one for each line of its user agent.
pub const STREAMS: usize = 4;
/// Lamps: the line keys, Hold and Transfer.
const LAMPS: usize = MAX_LINES as usize + 2;

/// A row of a display.
pub(super) type Row = heapless::String<MAX_ROW>;

/// Everything.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Face {
    pub(super) rows: [Row; MAX_ROWS as usize],
    pub(super) lamps: [Lamp; LAMPS],
    pub(super) tone: Tone,
    pub(super) ring: Ring,
    pub(super) audio: Audio,
    pub(super) streams: [Shown; STREAMS],
}

/// A stream, as the set has it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Shown {
    /// Its generations that are open: the current one, and one that is being opened; 0: none.
    pub(super) open: [u16; 2],
    pub(super) sending: Option<Sending>,
}

/// What is sent and heard on a stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sending {
    pub(super) generation: u16,
    pub(super) sound: Sound,
    /// Another for each agreement: keys are compared by it.
    pub(super) agreement: u32,
}

/// One thing that differs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Change {
    Row(u8),
    Lamp(u8),
    Tone,
    Ring,
    Audio,
    Stop(u8, u16),
    Close(u8, u16),
    Open(u8, u16),
    Send(u8),
}

impl Face {
    /// Dark and silent: what a set has that was told nothing.
    pub(super) const BLANK: Self = Self {
        rows: [const { Row::new() }; MAX_ROWS as usize],
        lamps: [Lamp::Off; LAMPS],
        tone: Tone::Silence,
        ring: Ring::Silent,
        audio: Audio::Off,
        streams: [Shown { open: [0; 2], sending: None }; STREAMS],
    };

    /// The key whose lamp has this place.
    pub(super) const fn lamp_key(place: u8) -> Key {
        if place < MAX_LINES {
            Key::Line(place.saturating_add(1))
        } else if place == MAX_LINES {
            Key::Hold
        } else {
            Key::Transfer
        }
    }

    /// Writes a row: so many characters of it at most.
    pub(super) fn row(&mut self, row: usize, columns: u8, text: core::fmt::Arguments<'_>) {
        let Some(place) = self.rows.get_mut(row) else { return };
        place.clear();
        let mut out = Columns { row: place, left: columns };
        // What does not fit is not shown.
        let _ = out.write_fmt(text);
    }

    /// The next thing in which this differs from what was told, which is told by that. What is closed comes before what is opened.
    pub(super) fn change(&self, told: &mut Self) -> Option<Change> {
        for (row, (is, was)) in (0..).zip(self.rows.iter().zip(&mut told.rows)) {
            if is != was {
                was.clone_from(is);
                return Some(Change::Row(row));
            }
        }
        for (lamp, (is, was)) in (0..).zip(self.lamps.iter().zip(&mut told.lamps)) {
            if is != was {
                *was = *is;
                return Some(Change::Lamp(lamp));
            }
        }
        if self.tone != told.tone {
            told.tone = self.tone;
            return Some(Change::Tone);
        }
        if self.ring != told.ring {
            told.ring = self.ring;
            return Some(Change::Ring);
        }
        if self.audio != told.audio {
            told.audio = self.audio;
            return Some(Change::Audio);
        }
        (0..)
            .zip(self.streams.iter().zip(&mut told.streams))
            .find_map(|(stream, (is, was))| is.change(was, stream))
    }
}

impl Shown {
    fn change(&self, told: &mut Self, stream: u8) -> Option<Change> {
        let gone = told.sending.filter(|was| self.sending.is_none_or(|is| is.generation != was.generation));
        if let Some(was) = gone {
            told.sending = None;
            return Some(Change::Stop(stream, was.generation));
        }
        if let Some(was) = told.open.iter_mut().find(|was| **was != 0 && !self.open.contains(was)) {
            return Some(Change::Close(stream, core::mem::take(was)));
        }
        let missing = self.open.into_iter().find(|is| *is != 0 && !told.open.contains(is));
        // Never more than two: those that are not wanted any more are closed.
        if let (Some(is), Some(place)) = (missing, told.open.iter_mut().find(|was| **was == 0)) {
            *place = is;
            return Some(Change::Open(stream, is));
        }
        if self.sending != told.sending {
            told.sending = self.sending;
            return Some(Change::Send(stream));
        }
        None
    }
}

/// A row being written; control characters become blanks.
struct Columns<'r> {
    row: &'r mut Row,
    left: u8,
}

impl core::fmt::Write for Columns<'_> {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        for c in text.chars() {
            self.left = self.left.checked_sub(1).ok_or(core::fmt::Error)?;
            self.row.push(if c.is_control() { ' ' } else { c }).map_err(|_| core::fmt::Error)?;
        }
        Ok(())
    }
}

/// A stream of a set.
///
/// ```text
///  Closed  --Opened (asked)--> Open
///  Open    --its call is over--> Open, and the next generation asked for
///  Open    --Opened (asked), no call--> Open at the new one, the old one closed
///  Open    --Opened (asked), in a call--> Open at the old one, the new one closed
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Stream {
    /// The generation that is current; 0: none is.
    pub(super) current: u16,
    /// The one that is being opened; 0: none is.
    pub(super) asked: u16,
    /// The last that was asked for.
    last: u16,
}

impl Stream {
    /// Asks for the next generation, if none is asked for.
    pub(super) fn renew(&mut self) {
        if self.asked == 0 {
            self.last = self.last.wrapping_add(1).max(1);
            self.asked = self.last;
        }
    }

    /// The set has opened a generation, or could not; whether its address is where sound is awaited from now on.
    pub(super) fn opened(&mut self, generation: u16, there: bool, in_call: bool) -> bool {
        if generation == self.current && generation != 0 {
            // Told again, after a connection was lost.
            return there;
        }
        if generation == 0 || generation != self.asked {
            return false;
        }
        self.asked = 0;
        let taken = there && !(in_call && self.current != 0);
        if taken {
            self.current = generation;
        }
        taken
    }
}
