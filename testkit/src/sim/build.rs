//! An exchange on the heap, of any size.

use super::chance::Chance;
use std::net::SocketAddr;
use strowger::base::Soft;
use strowger::exchange::{
    Config, DeviceSlot, Exchange, MAX_OUTPUTS, Memory, PAGES_A_CALL, TRANSACTIONS_A_CALL, TrunkSlot,
};
use strowger::policy::{Image, Keyring};
use strowger::signalling::Dialog;
use strowger::table::{Due, Entry, Page, Slot};

/// An exchange over memory that lives as long as the program.
pub type ExchangeBox = Exchange<'static, Chance>;

/// How large an exchange is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sizes {
    /// Devices.
    pub devices: usize,
    /// Trunks.
    pub trunks: usize,
    /// Calls at once.
    pub calls: usize,
    /// Transactions.
    pub transactions: usize,
    /// Pages of text.
    pub pages: usize,
    /// Calls kept free for emergency.
    pub reserved_calls: u32,
}

impl Sizes {
    /// By the formula of [`Memory`], and room to read the longest datagram.
    #[must_use]
    pub const fn for_calls(devices: usize, trunks: usize, calls: usize) -> Self {
        let (transactions, pages) = (calls * TRANSACTIONS_A_CALL + 8, calls * PAGES_A_CALL + 256);
        Self { devices, trunks, calls, transactions, pages, reserved_calls: 1 }
    }
}

/// An exchange of that size with that policy in force, over memory that is never given back.
///
/// # Panics
/// If image and keyring are not what an exchange takes.
#[must_use]
pub fn build_exchange(
    image: &[u8],
    keyring: &[u8],
    sizes: &Sizes,
    address: SocketAddr,
    seed: u64,
) -> ExchangeBox {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut crypto = Soft::new(&key);
    let image = Image::load(leak(image.to_vec()), &mut crypto).expect("the image is valid");
    let keyring =
        Keyring::load(leak(keyring.to_vec()), &image, &mut crypto).expect("the keyring fits the image");
    let mut exchange = build_empty(sizes, address, crypto);
    exchange.load(image, keyring).expect("the tables are large enough for this policy");
    exchange
}

/// An exchange without a policy.
#[must_use]
pub fn build_empty(sizes: &Sizes, address: SocketAddr, crypto: Soft) -> ExchangeBox {
    let Sizes { devices, trunks, calls, transactions, pages, reserved_calls } = *sizes;
    let watched = transactions + 2 * calls;
    let memory = Memory {
        devices: leak(vec![DeviceSlot::EMPTY; devices]),
        trunks: leak(vec![TrunkSlot::EMPTY; trunks]),
        calls: leak((0..calls).map(|_| Slot::EMPTY).collect()),
        legs: leak((0..2 * calls).map(|_| Slot::EMPTY).collect()),
        dialogs: leak(vec![Dialog::EMPTY; 2 * calls]),
        transactions: leak((0..transactions).map(|_| Slot::EMPTY).collect()),
        index: leak(vec![Entry::EMPTY; transactions + transactions / 2 + 2]),
        heap: leak(vec![Due::EMPTY; watched]),
        places: leak(vec![0; watched]),
        lapse_heap: leak(vec![Due::EMPTY; devices]),
        lapse_places: leak(vec![0; devices]),
        renewal_heap: leak(vec![Due::EMPTY; trunks]),
        renewal_places: leak(vec![0; trunks]),
        pages: leak(vec![Page::EMPTY; pages]),
        outgoing: leak(vec![None; 2 * MAX_OUTPUTS]),
        events: leak(vec![None; 2 * MAX_OUTPUTS]),
        records: leak(vec![None; MAX_OUTPUTS]),
    };
    Exchange::new(memory, &Config { instance: 1, address, reserved_calls }, crypto.into())
}

fn leak<T>(items: Vec<T>) -> &'static mut [T] {
    Box::leak(items.into_boxed_slice())
}
