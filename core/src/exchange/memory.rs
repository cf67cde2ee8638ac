//! The caller's memory, and the one type that has it in the right shape for Rust.

use super::servers::Servers;
use super::{Event, Record};
use crate::base::digits::Packed;
use crate::base::{Handle, Kept, flow};
use crate::brakes::{Brake, Lockout, Rate};
use crate::call::{Call, LegSlot};
use crate::registration::{Binding, Replay, client};
use crate::signalling::sip::{Outgoing, Proven};
use crate::signalling::{Dialog, Transaction};
use crate::station::Settings;
use crate::table::{Due, Entry, Page, Slot};
use core::net::{IpAddr, Ipv4Addr};

/// The longest contact URI taken at registration; a longer one gets 513. Phones seen send 30 to 120.
pub const MAX_CONTACT: usize = 192;

/// Who is logged in at a phone, or where a hot-desk user is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Seat {
    /// Row of the device table plus one: at a phone its user, of a user his phone; 0 none.
    pub(super) other: u32,
    /// That ends when this has come and the phone is idle.
    pub(super) until: Kept,
}

impl Seat {
    /// Nobody, or nowhere.
    pub(super) const EMPTY: Self = Self { other: 0, until: Kept::ZERO };
}

/// What an exchange keeps of a device.
#[derive(Clone, Debug)]
pub struct DeviceSlot {
    pub(super) binding: Binding,
    /// Its contact URI.
    pub(super) contact: heapless::Vec<u8, MAX_CONTACT, u8>,
    /// Where requests to it go.
    pub(super) flow: flow::Packed,
    /// Where its REGISTER came from.
    pub(super) source: IpAddr,
    pub(super) replay: Replay,
    /// Public calls, as `[limits]` counts them.
    pub(super) brake: Brake,
    /// After failed log-ins.
    pub(super) login: Lockout,
    /// After wrong account codes.
    pub(super) codes: Lockout,
    /// What its user has set.
    pub(super) station: Settings,
    /// Of a hunt group that goes round: the place of the member with whom its next call begins.
    pub(super) hunted: u16,
    /// What its user has dialed last.
    pub(super) dialed: Packed,
    /// Hot desk.
    pub(super) seat: Seat,
}

impl DeviceSlot {
    /// A device never heard of.
    pub const EMPTY: Self = Self {
        binding: Binding::Absent,
        contact: heapless::Vec::new(),
        flow: flow::Packed::EMPTY,
        source: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        replay: Replay::EMPTY,
        brake: Brake { rate: Rate::EMPTY, calls: 0 },
        login: Lockout::Open,
        codes: Lockout::Open,
        station: Settings::NONE,
        hunted: 0,
        dialed: Packed::EMPTY,
        seat: Seat::EMPTY,
    };
}

/// What an exchange keeps of a trunk.
#[derive(Clone, Copy, Debug)]
pub struct TrunkSlot {
    /// Where it is reached.
    pub(super) servers: Servers,
    pub(super) in_use: u16,
    pub(super) brake: Brake,
    /// Our registration there.
    pub(super) client: client::State,
    /// The REGISTER that is out.
    pub(super) register: Handle,
    /// The Call-ID of all of them, random; 0: none was sent yet.
    pub(super) call_id: u64,
    /// The CSeq of the next one.
    pub(super) cseq: u32,
    /// How we have proved ourselves there.
    pub(super) proven: Proven,
}

impl TrunkSlot {
    /// A trunk of which it is not known where it is.
    pub const EMPTY: Self = Self {
        servers: Servers::NONE,
        in_use: 0,
        brake: Brake { rate: Rate::EMPTY, calls: 0 },
        client: client::State::Off,
        register: Handle::NONE,
        call_id: 0,
        cseq: 1,
        proven: Proven::NONE,
    };
}

/// Memory as slices. Lengths are free, with these relations:
/// `dialogs` and `legs` are equally long, `index` has a third more places than `transactions`, `heap` and `places` are as
/// long as `transactions` and `legs` together, `lapse_heap` and `lapse_places` as long as `devices`,
/// `renewal_heap` and `renewal_places` as long as `trunks`.
#[derive(Debug)]
pub struct Memory<'m> {
    /// One for each device of the policy.
    pub devices: &'m mut [DeviceSlot],
    /// One for each trunk.
    pub trunks: &'m mut [TrunkSlot],
    /// One for each call.
    pub calls: &'m mut [Slot<Call>],
    /// Two for each call.
    pub legs: &'m mut [Slot<LegSlot>],
    /// As many as legs.
    pub dialogs: &'m mut [Dialog],
    /// Transactions outlive their calls by up to 32 seconds: [`TRANSACTIONS_A_CALL`] for each call that is set up and
    /// cleared within that time.
    pub transactions: &'m mut [Slot<Transaction>],
    /// A third more than transactions.
    pub index: &'m mut [Entry],
    /// Deadlines of transactions and legs.
    pub heap: &'m mut [Due],
    /// Their places in the heap.
    pub places: &'m mut [u32],
    /// Deadlines of bindings.
    pub lapse_heap: &'m mut [Due],
    /// Their places in the heap.
    pub lapse_places: &'m mut [u32],
    /// Deadlines of our registrations at carriers.
    pub renewal_heap: &'m mut [Due],
    /// Their places in the heap.
    pub renewal_places: &'m mut [u32],
    /// Texts: [`PAGES_A_CALL`] for each call.
    pub pages: &'m mut [Page],
    /// Messages not yet polled: at least [`super::MAX_OUTPUTS`].
    pub outgoing: &'m mut [Option<Outgoing>],
    /// Events not yet polled: at least [`super::MAX_OUTPUTS`].
    pub events: &'m mut [Option<Event>],
    /// Records not yet polled: at least [`super::MAX_RECORDS`].
    pub records: &'m mut [Option<Record>],
}

/// Transactions that one call leaves behind: both INVITEs and both BYEs.
pub const TRANSACTIONS_A_CALL: usize = 4;
/// Pages that a call between two usual phones takes while it is set up.
pub const PAGES_A_CALL: usize = 32;

/// Memory for a fixed number of devices, trunks and calls, for a static or the stack's bottom.
///
/// The only const generics of the crate; [`Resources::memory`] erases them.
#[derive(Debug)]
pub struct Resources<const DEVICES: usize, const TRUNKS: usize, const CALLS: usize> {
    devices: [DeviceSlot; DEVICES],
    trunks: [TrunkSlot; TRUNKS],
    calls: [Slot<Call>; CALLS],
    legs: [[Slot<LegSlot>; 2]; CALLS],
    dialogs: [[Dialog; 2]; CALLS],
    transactions: [[Slot<Transaction>; TRANSACTIONS_A_CALL]; CALLS],
    index: [[Entry; 6]; CALLS],
    heap: [[Due; 6]; CALLS],
    places: [[u32; 6]; CALLS],
    lapse_heap: [Due; DEVICES],
    lapse_places: [u32; DEVICES],
    renewal_heap: [Due; TRUNKS],
    renewal_places: [u32; TRUNKS],
    pages: [[Page; PAGES_A_CALL]; CALLS],
    outgoing: [Option<Outgoing>; 32],
    events: [Option<Event>; 32],
    records: [Option<Record>; 8],
}

impl<const DEVICES: usize, const TRUNKS: usize, const CALLS: usize> Resources<DEVICES, TRUNKS, CALLS> {
    /// Memory not yet in use. `const`, so that it is placed in a static instead of moved over the stack.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(CALLS > 0, "an exchange needs room for at least one call") };
        Self {
            devices: [const { DeviceSlot::EMPTY }; DEVICES],
            trunks: [TrunkSlot::EMPTY; TRUNKS],
            calls: [const { Slot::EMPTY }; CALLS],
            legs: [const { [const { Slot::EMPTY }; 2] }; CALLS],
            dialogs: [[Dialog::EMPTY; 2]; CALLS],
            transactions: [const { [const { Slot::EMPTY }; TRANSACTIONS_A_CALL] }; CALLS],
            index: [[Entry::EMPTY; 6]; CALLS],
            heap: [[Due::EMPTY; 6]; CALLS],
            places: [[0; 6]; CALLS],
            lapse_heap: [Due::EMPTY; DEVICES],
            lapse_places: [0; DEVICES],
            renewal_heap: [Due::EMPTY; TRUNKS],
            renewal_places: [0; TRUNKS],
            pages: [[Page::EMPTY; PAGES_A_CALL]; CALLS],
            outgoing: [None; 32],
            events: [None; 32],
            records: [None; 8],
        }
    }

    /// As slices, with the sizes erased.
    pub const fn memory(&mut self) -> Memory<'_> {
        Memory {
            devices: &mut self.devices,
            trunks: &mut self.trunks,
            calls: &mut self.calls,
            legs: self.legs.as_flattened_mut(),
            dialogs: self.dialogs.as_flattened_mut(),
            transactions: self.transactions.as_flattened_mut(),
            index: self.index.as_flattened_mut(),
            heap: self.heap.as_flattened_mut(),
            places: self.places.as_flattened_mut(),
            lapse_heap: &mut self.lapse_heap,
            lapse_places: &mut self.lapse_places,
            renewal_heap: &mut self.renewal_heap,
            renewal_places: &mut self.renewal_places,
            pages: self.pages.as_flattened_mut(),
            outgoing: &mut self.outgoing,
            events: &mut self.events,
            records: &mut self.records,
        }
    }
}

impl<const DEVICES: usize, const TRUNKS: usize, const CALLS: usize> Default
    for Resources<DEVICES, TRUNKS, CALLS>
{
    fn default() -> Self {
        Self::new()
    }
}
