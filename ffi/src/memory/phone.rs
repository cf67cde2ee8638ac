//! The block of a telephone: its tables, and the texts of its configuration.

use super::{ALIGNMENT, tables};
use crate::guard::stw_phone;
use crate::types::stw_phone_config;
use core::net::SocketAddr;
use strowger::phone::{Event, Line, MAX_OUTPUTS, Memory, PAGES_A_LINE, TRANSACTIONS_A_LINE};
use strowger::signalling::Dialog;
use strowger::table::{Due, Entry, Page, Slot};

/// Bytes that a telephone takes whatever its size.
pub const STW_BYTES_PHONE: usize = 4_096;
/// Bytes for each line: its SIP dialog, transactions and texts.
pub const STW_BYTES_LINE: usize = 3_840;

/// Octets of the texts of a configuration.
pub(crate) const TEXTS: usize = 304;

/// The lengths of all tables.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Lengths {
    lines: usize,
    transactions: usize,
    index: usize,
    deadlines: usize,
    pages: usize,
    outputs: usize,
    texts: usize,
}

impl Lengths {
    /// What a configuration asks for; `None` if a number is out of range.
    pub(crate) fn of(config: &stw_phone_config) -> Option<Self> {
        let in_range = (2..=64).contains(&config.lines)
            && config.transactions <= 1 << 12
            && (config.pages == 0 || (20..=1 << 12).contains(&config.pages));
        if !in_range {
            return None;
        }
        let [lines, transactions, pages] = [config.lines, config.transactions, config.pages]
            .map(|count| usize::try_from(count).unwrap_or(usize::MAX));
        Some(Self::new(lines, transactions, pages))
    }

    const fn new(lines: usize, transactions: usize, pages: usize) -> Self {
        let transactions =
            if transactions == 0 { lines.saturating_mul(TRANSACTIONS_A_LINE) } else { transactions };
        let pages = if pages == 0 { lines.saturating_mul(PAGES_A_LINE) } else { pages };
        Self {
            lines,
            transactions,
            index: transactions.saturating_add(transactions / 2).saturating_add(2),
            deadlines: transactions.saturating_add(lines).saturating_add(1),
            pages,
            outputs: MAX_OUTPUTS,
            texts: TEXTS,
        }
    }
}

/// What stands in the block.
pub(crate) struct Tables<'m> {
    lines: &'m mut [Slot<Line>],
    dialogs: &'m mut [Dialog],
    transactions: &'m mut [Slot<strowger::signalling::Transaction>],
    index: &'m mut [Entry],
    heap: &'m mut [Due],
    places: &'m mut [u32],
    pages: &'m mut [Page],
    outgoing: &'m mut [Option<strowger::signalling::sip::Outgoing>],
    events: &'m mut [Option<Event>],
    sounds: &'m mut [Option<SocketAddr>],
    texts: &'m mut [u8],
}

impl<'m> Tables<'m> {
    /// The engine's memory, and room for the texts of its configuration.
    pub(crate) fn split(self) -> (Memory<'m>, &'m mut [u8]) {
        let Self {
            lines,
            dialogs,
            transactions,
            index,
            heap,
            places,
            pages,
            outgoing,
            events,
            sounds,
            texts,
        } = self;
        (Memory { lines, dialogs, transactions, index, heap, places, pages, outgoing, events, sounds }, texts)
    }
}

tables! { stw_phone, Tables;
    lines: Slot<Line> = Slot::EMPTY, lines;
    dialogs: Dialog = Dialog::EMPTY, lines;
    transactions: Slot<strowger::signalling::Transaction> = Slot::EMPTY, transactions;
    index: Entry = Entry::EMPTY, index;
    heap: Due = Due::EMPTY, deadlines;
    places: u32 = 0, deadlines;
    pages: Page = Page::EMPTY, pages;
    outgoing: Option<strowger::signalling::sip::Outgoing> = None, outputs;
    events: Option<Event> = None, outputs;
    sounds: Option<SocketAddr> = None, lines;
    texts: u8 = 0, texts;
}

/// The bytes of a telephone of this size with defaults, for the checks below.
const fn default_bytes(lines: usize) -> usize {
    match bytes(&Lengths::new(lines, 0, 0)) {
        Some(bytes) => bytes,
        None => 0,
    }
}

/// What the published numbers stand for on this target: without lines, and what one more adds (over 64, to see no rounding).
pub(crate) const EXACT: [usize; 2] = {
    let none = default_bytes(0);
    [none, default_bytes(64).saturating_sub(none).div_ceil(64)]
};

const _: () = {
    let [fixed, line] = EXACT;
    // The fixed part also pays for the rounding of ten tables.
    assert!(STW_BYTES_PHONE >= fixed.saturating_add(10 * ALIGNMENT), "STW_BYTES_PHONE is too small");
    assert!(STW_BYTES_LINE >= line, "STW_BYTES_LINE is too small");
    // A quarter of head-room is enough, on a machine of 64 bits.
    let wide = size_of::<usize>() == 8;
    assert!(!wide || STW_BYTES_PHONE / 5 * 4 <= fixed && STW_BYTES_LINE / 5 * 4 <= line);
};
