//! The block of an exchange.

use super::{ALIGNMENT, tables};
use crate::guard::stw_exchange;
use crate::types::stw_exchange_config;
use strowger::exchange::{
    DeviceSlot, MAX_OUTPUTS, MAX_RECORDS, Memory, PAGES_A_CALL, TRANSACTIONS_A_CALL, TrunkSlot,
};
use strowger::signalling::Dialog;
use strowger::table::{Due, Entry, Page, Slot};

/// Bytes that an exchange takes whatever its size.
pub const STW_BYTES_FIXED: usize = 28_672;
/// Bytes for each device.
pub const STW_BYTES_DEVICE: usize = 536;
/// Bytes for each trunk.
pub const STW_BYTES_TRUNK: usize = 304;
/// Bytes for each call: two legs, their SIP dialogs, transactions and texts.
pub const STW_BYTES_CALL: usize = 10_840;

/// Transactions and pages beside those for each call, so that even one call finds room for its largest message.
const EXTRA_TRANSACTIONS: usize = 8;
const EXTRA_PAGES: usize = 64;

/// The lengths of all tables.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Lengths {
    devices: usize,
    trunks: usize,
    calls: usize,
    legs: usize,
    transactions: usize,
    index: usize,
    deadlines: usize,
    pages: usize,
    outputs: usize,
    records: usize,
}

impl Lengths {
    /// What a configuration asks for; `None` if a number is out of range.
    pub(crate) fn of(config: &stw_exchange_config) -> Option<Self> {
        let in_range = config.devices <= 1 << 24
            && config.trunks <= 1 << 16
            && (1..=1 << 22).contains(&config.calls)
            && config.reserved_calls < config.calls
            && config.transactions <= 1 << 24
            && config.pages <= 1 << 28;
        if !in_range {
            return None;
        }
        let [devices, trunks, calls, transactions, pages] =
            [config.devices, config.trunks, config.calls, config.transactions, config.pages]
                .map(|count| usize::try_from(count).unwrap_or(usize::MAX));
        Self::new(devices, trunks, calls, transactions, pages)
    }

    const fn new(
        devices: usize,
        trunks: usize,
        calls: usize,
        transactions: usize,
        pages: usize,
    ) -> Option<Self> {
        let transactions = if transactions == 0 {
            calls.saturating_mul(TRANSACTIONS_A_CALL).saturating_add(EXTRA_TRANSACTIONS)
        } else {
            transactions
        };
        let pages =
            if pages == 0 { calls.saturating_mul(PAGES_A_CALL).saturating_add(EXTRA_PAGES) } else { pages };
        let legs = calls.saturating_mul(2);
        Some(Self {
            devices,
            trunks,
            calls,
            legs,
            transactions,
            index: transactions.saturating_add(transactions / 2).saturating_add(2),
            deadlines: transactions.saturating_add(legs),
            pages,
            outputs: MAX_OUTPUTS.saturating_mul(2),
            records: MAX_RECORDS.saturating_mul(2),
        })
    }
}

tables! { stw_exchange, Memory;
    devices: DeviceSlot = DeviceSlot::EMPTY, devices;
    trunks: TrunkSlot = TrunkSlot::EMPTY, trunks;
    calls: Slot<strowger::call::Call> = Slot::EMPTY, calls;
    legs: Slot<strowger::call::LegSlot> = Slot::EMPTY, legs;
    dialogs: Dialog = Dialog::EMPTY, legs;
    transactions: Slot<strowger::signalling::Transaction> = Slot::EMPTY, transactions;
    index: Entry = Entry::EMPTY, index;
    heap: Due = Due::EMPTY, deadlines;
    places: u32 = 0, deadlines;
    lapse_heap: Due = Due::EMPTY, devices;
    lapse_places: u32 = 0, devices;
    renewal_heap: Due = Due::EMPTY, trunks;
    renewal_places: u32 = 0, trunks;
    pages: Page = Page::EMPTY, pages;
    outgoing: Option<strowger::signalling::sip::Outgoing> = None, outputs;
    events: Option<strowger::exchange::Event> = None, outputs;
    records: Option<strowger::exchange::Record> = None, records;
}

/// The bytes of an exchange of this size with defaults, for the checks below.
const fn default_bytes(devices: usize, trunks: usize, calls: usize) -> usize {
    let Some(lengths) = Lengths::new(devices, trunks, calls, 0, 0) else { return 0 };
    match bytes(&lengths) {
        Some(bytes) => bytes,
        None => 0,
    }
}

/// What the published numbers stand for on this target: without devices, trunks and calls, and what one more of each adds (over 64, to see no rounding).
pub(crate) const EXACT: [usize; 4] = {
    let none = default_bytes(0, 0, 0);
    [
        none,
        default_bytes(64, 0, 0).saturating_sub(none).div_ceil(64),
        default_bytes(0, 64, 0).saturating_sub(none).div_ceil(64),
        default_bytes(0, 0, 64).saturating_sub(none).div_ceil(64),
    ]
};

const _: () = {
    let [fixed, device, trunk, call] = [STW_BYTES_FIXED, STW_BYTES_DEVICE, STW_BYTES_TRUNK, STW_BYTES_CALL];
    let [exact_fixed, exact_device, exact_trunk, exact_call] = EXACT;
    // The fixed part also pays for the rounding of seventeen tables.
    assert!(fixed >= exact_fixed.saturating_add(17 * ALIGNMENT), "STW_BYTES_FIXED is too small");
    assert!(device >= exact_device, "STW_BYTES_DEVICE is too small");
    assert!(trunk >= exact_trunk, "STW_BYTES_TRUNK is too small");
    assert!(call >= exact_call, "STW_BYTES_CALL is too small");
    // A quarter of head-room is enough: memory is what firmware has least of.
    assert!(fixed / 5 * 4 <= exact_fixed && device / 5 * 4 <= exact_device && call / 5 * 4 <= exact_call);
};
