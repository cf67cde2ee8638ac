//! The caller's memory, and the one type that has it in the right shape for Rust.

use super::line::State;
use super::outputs::Event;
use crate::base::{Handle, Secret};
use crate::media::sound::KEY;
use crate::media::{Keys, Sound};
use crate::signalling::sip::Outgoing;
use crate::signalling::{Dialog, Transaction};
use crate::table::{Due, Entry, Page, Slot, Text};
use core::net::SocketAddr;

/// Octets kept of the number and of the name of who is there; what is longer is cut off.
pub const MAX_NAME: usize = 32;

/// What a telephone keeps of a call.
#[derive(Debug)]
pub struct Line {
    pub(super) state: State,
    /// They have called.
    pub(super) called: bool,
    /// It is for help.
    pub(super) emergency: bool,
    /// An account code is asked for.
    pub(super) asked: bool,
    /// We hold them, or have asked to.
    pub(super) holds: bool,
    /// They hold us.
    pub(super) held: bool,
    /// Our offer is out, and its answer has not come.
    pub(super) offered: bool,
    /// How often our description was another.
    pub(super) version: u32,
    /// Their number, as it was dialed or as they say.
    pub(super) number: heapless::Vec<u8, MAX_NAME, u8>,
    /// Their name, if they say one.
    pub(super) name: heapless::Vec<u8, MAX_NAME, u8>,
    pub(super) sound: Option<Sound>,
    pub(super) keys: Keys,
    /// Our key that was offered and not agreed on yet.
    pub(super) fresh: Secret<KEY>,
    /// Whom our REFER names.
    pub(super) target: Text,
    /// Our REFER.
    pub(super) refer: Handle,
}

impl Line {
    pub(super) fn new(state: State, called: bool) -> Self {
        Self {
            state,
            called,
            emergency: false,
            asked: false,
            holds: false,
            held: false,
            offered: false,
            version: 0,
            number: heapless::Vec::new(),
            name: heapless::Vec::new(),
            sound: None,
            keys: Keys::default(),
            fresh: Secret::new(),
            target: Text::EMPTY,
            refer: Handle::NONE,
        }
    }
}

/// Memory as slices. `dialogs` are as many as `lines`; `index` has a third more places than `transactions`; `heap` and `places` are as
/// long as `transactions` and `lines` together, and one more for the registration.
#[derive(Debug)]
pub struct Memory<'m> {
    /// One for each call at a time; one more lets a call ring while others talk.
    pub lines: &'m mut [Slot<Line>],
    /// As many as lines.
    pub dialogs: &'m mut [Dialog],
    /// [`TRANSACTIONS_A_LINE`] for each line.
    pub transactions: &'m mut [Slot<Transaction>],
    /// A third more than transactions.
    pub index: &'m mut [Entry],
    /// Deadlines of transactions, of lines, and of the registration.
    pub heap: &'m mut [Due],
    /// Their places in the heap.
    pub places: &'m mut [u32],
    /// Texts: [`PAGES_A_LINE`] for each line, and 20 at least.
    pub pages: &'m mut [Page],
    /// Messages not yet polled: at least [`super::MAX_OUTPUTS`].
    pub outgoing: &'m mut [Option<Outgoing>],
    /// Events not yet polled: at least [`super::MAX_OUTPUTS`].
    pub events: &'m mut [Option<Event>],
    /// Where each line awaits its sound, if that was told: as many as lines.
    pub sounds: &'m mut [Option<SocketAddr>],
}

/// Transactions that each line leaves behind within 32 seconds.
pub const TRANSACTIONS_A_LINE: usize = 4;
/// Pages for each line: one call takes up to fourteen while it is set up, and four while it is up.
pub const PAGES_A_LINE: usize = 10;

/// Memory for a telephone with so many lines.
#[derive(Debug)]
pub struct Resources<const LINES: usize> {
    lines: [Slot<Line>; LINES],
    dialogs: [Dialog; LINES],
    transactions: [[Slot<Transaction>; TRANSACTIONS_A_LINE]; LINES],
    index: [[Entry; 6]; LINES],
    heap: [[Due; 6]; LINES],
    places: [[u32; 6]; LINES],
    pages: [[Page; PAGES_A_LINE]; LINES],
    outgoing: [Option<Outgoing>; super::MAX_OUTPUTS],
    events: [Option<Event>; super::MAX_OUTPUTS],
    sounds: [Option<SocketAddr>; LINES],
}

impl<const LINES: usize> Resources<LINES> {
    /// Memory not yet in use. `const`, so that it is placed in a static instead of moved over the stack.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(LINES > 1, "a telephone needs room for a call and for one that it refuses") };
        Self {
            lines: [const { Slot::EMPTY }; LINES],
            dialogs: [Dialog::EMPTY; LINES],
            transactions: [const { [const { Slot::EMPTY }; TRANSACTIONS_A_LINE] }; LINES],
            index: [[Entry::EMPTY; 6]; LINES],
            heap: [[Due::EMPTY; 6]; LINES],
            places: [[0; 6]; LINES],
            pages: [[Page::EMPTY; PAGES_A_LINE]; LINES],
            outgoing: [None; super::MAX_OUTPUTS],
            events: [None; super::MAX_OUTPUTS],
            sounds: [None; LINES],
        }
    }

    /// As slices, with the size erased.
    pub const fn memory(&mut self) -> Memory<'_> {
        Memory {
            lines: &mut self.lines,
            dialogs: &mut self.dialogs,
            transactions: self.transactions.as_flattened_mut(),
            index: self.index.as_flattened_mut(),
            heap: self.heap.as_flattened_mut(),
            places: self.places.as_flattened_mut(),
            pages: self.pages.as_flattened_mut(),
            outgoing: &mut self.outgoing,
            events: &mut self.events,
            sounds: &mut self.sounds,
        }
    }
}

impl<const LINES: usize> Default for Resources<LINES> {
    fn default() -> Self {
        Self::new()
    }
}
