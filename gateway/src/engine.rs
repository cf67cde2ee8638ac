//! An exchange on the heap, sized for its policy.

use crate::crypto::Hosted;
use std::net::{SocketAddr, ToSocketAddrs};
use strowger::call::{Call, LegSlot};
use strowger::exchange::{Config, DeviceSlot, Exchange, Memory, PAGES_A_CALL, TrunkSlot};
use strowger::policy::{Image, Keyring};
use strowger::signalling::{Dialog, Transaction};
use strowger::table::{Due, Entry, Page, Slot};

/// The engine type of this process.
pub(crate) type Engine = Exchange<'static, Hosted>;

/// Transactions kept for each possible call: they outlive it by 32 seconds.
const TRANSACTIONS_A_CALL: usize = 32;
/// Fewest and most calls at once.
const CALLS: (usize, usize) = (256, 8192);

/// A policy in memory that lives as long as the process.
pub(crate) struct Policy {
    pub(crate) image: Image<'static>,
    /// Absent with an emergency block, which knows nobody.
    pub(crate) keyring: Option<Keyring<'static>>,
}

/// Takes compiled bytes over for the rest of the process.
pub(crate) fn adopt(image: Vec<u8>, keyring: Vec<u8>) -> Result<Policy, String> {
    let mut crypto = Hosted::new()?;
    let image =
        Image::load(image.leak(), &mut crypto).map_err(|why| format!("the image is not usable: {why:?}"))?;
    let keyring = Keyring::load(keyring.leak(), &image, &mut crypto)
        .map_err(|why| format!("the keyring is not usable: {why:?}"))?;
    Ok(Policy { image, keyring: Some(keyring) })
}

/// Takes the emergency block of an image over for the rest of the process; the rest of the image may be damaged.
pub(crate) fn adopt_block(octets: Vec<u8>) -> Result<Policy, String> {
    let image = Image::emergency(octets.leak(), &mut Hosted::new()?)
        .map_err(|why| format!("no usable emergency block in it: {why:?}"))?;
    Ok(Policy { image, keyring: None })
}

/// An exchange with this policy in force, reached at `address`.
pub(crate) fn build(policy: &Policy, address: SocketAddr) -> Result<Engine, String> {
    let devices = policy.image.devices().len();
    let trunks = policy.image.trunks().len();
    let calls = devices.clamp(CALLS.0, CALLS.1);
    let transactions = calls * TRANSACTIONS_A_CALL;
    let timed = transactions + calls * 2;
    let memory = Memory {
        devices: filled(devices, || DeviceSlot::EMPTY),
        trunks: filled(trunks, || TrunkSlot::EMPTY),
        calls: filled(calls, || Slot::<Call>::EMPTY),
        legs: filled(calls * 2, || Slot::<LegSlot>::EMPTY),
        dialogs: filled(calls * 2, || Dialog::EMPTY),
        transactions: filled(transactions, || Slot::<Transaction>::EMPTY),
        index: filled(transactions * 3 / 2, || Entry::EMPTY),
        heap: filled(timed, || Due::EMPTY),
        places: filled(timed, || 0),
        lapse_heap: filled(devices, || Due::EMPTY),
        lapse_places: filled(devices, || 0),
        pages: filled(calls * PAGES_A_CALL / 2 + 4096, || Page::EMPTY),
        outgoing: filled(256, || None),
        events: filled(256, || None),
        records: filled(64, || None),
    };
    let config = Config { instance: 1, address, reserved_calls: 8 };
    let mut engine = Exchange::new(memory, &config, Hosted::new()?);
    let taken = match policy.keyring {
        Some(keyring) => engine.load(policy.image, keyring),
        None => engine.load_emergency(policy.image),
    };
    taken.map_err(|why| format!("the policy does not fit: {why:?}"))?;
    Ok(engine)
}

/// Finds the address of every trunk, once. A name that cannot be resolved is said, and its calls fail.
pub(crate) fn resolve_trunks(engine: &mut Engine, image: &Image<'_>) {
    for (row, trunk) in (0u16..).zip(image.trunks().iter()) {
        let (name, host) = (image.text(trunk.name), image.text(trunk.host));
        let port = |host: &str| if host.contains(':') { host.to_owned() } else { format!("{host}:5060") };
        let addresses = host.parse::<SocketAddr>().map(|one| vec![one]).or_else(|_| {
            port(host).to_socket_addrs().map(|found| found.filter(SocketAddr::is_ipv4).collect())
        });
        match addresses.as_deref() {
            Ok([address, ..]) => {
                engine.set_trunk_address(row, *address);
            }
            Ok([]) => tracing::warn!("trunk {name}: {host} has no IPv4 address; its calls will fail"),
            Err(why) => {
                tracing::warn!("trunk {name}: {host} cannot be resolved ({why}); its calls will fail")
            }
        }
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn filled<T>(count: usize, make: impl Fn() -> T) -> &'static mut [T] {
    std::iter::repeat_with(make).take(count).collect::<Vec<_>>().leak()
}
