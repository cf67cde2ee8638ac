//! An exchange on the heap, sized for its policy.

use crate::crypto::Hosted;
use std::net::SocketAddr;
use strowger::exchange::{Config, PAGES_A_CALL};
use strowger_tools::trace::{self, Sizes, Tables, Writer};

/// The engine type of this process.
pub(crate) type Engine = trace::Engine<'static, Hosted>;
/// A policy in memory that lives as long as the process.
pub(crate) type Policy = trace::Policy<'static>;

/// What is in every handle of it.
pub(crate) const INSTANCE: u16 = 1;
/// Transactions kept for each possible call: they outlive it by 32 seconds.
const TRANSACTIONS_A_CALL: usize = 32;
/// Fewest and most calls at once.
const CALLS: (usize, usize) = (256, 8192);

/// Takes compiled bytes over for the rest of the process.
pub(crate) fn adopt(image: Vec<u8>, keyring: Vec<u8>) -> Result<Policy, String> {
    Policy::load(image.leak(), Some(keyring.leak()), &mut Hosted::new()?)
}

/// Takes the emergency block of an image over for the rest of the process; the rest of the image may be damaged.
pub(crate) fn adopt_block(octets: Vec<u8>) -> Result<Policy, String> {
    Policy::block(octets.leak(), &mut Hosted::new()?)
}

/// An exchange with this policy in force, reached at `address`, recorded if there is a writer.
pub(crate) fn build(policy: &Policy, address: SocketAddr, record: Option<Writer>) -> Result<Engine, String> {
    let devices = policy.image.devices().len();
    let trunks = policy.image.trunks().len();
    let calls = devices.clamp(CALLS.0, CALLS.1);
    let transactions = calls * TRANSACTIONS_A_CALL;
    let sizes = Sizes {
        devices,
        trunks,
        calls,
        transactions,
        index: transactions * 3 / 2,
        pages: calls * PAGES_A_CALL / 2 + 4096,
        outgoing: 256,
        events: 256,
        records: 64,
    };
    let tables = Box::leak(Box::new(Tables::new(&sizes)));
    let config = Config { instance: INSTANCE, address, reserved_calls: 8 };
    Engine::new(tables, &config, Some(policy), Hosted::new()?, record)
        .map_err(|why| format!("the policy does not fit: {why:?}"))
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
