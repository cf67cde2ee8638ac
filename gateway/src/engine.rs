//! An exchange on the heap, sized for its policy.

use crate::crypto::Hosted;
use std::net::{SocketAddr, ToSocketAddrs};
use strowger::base::Instant;
use strowger::exchange::{Config, PAGES_A_CALL};
use strowger::policy::Image;
use strowger_tools::trace::{self, Input, Sizes, Tables, Writer};

/// The engine type of this process.
pub(crate) type Engine = trace::Engine<'static, Hosted>;
/// A policy in memory that lives as long as the process.
pub(crate) type Policy = trace::Policy<'static>;

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
    let config = Config { instance: 1, address, reserved_calls: 8 };
    Engine::new(tables, &config, Some(policy), Hosted::new()?, record)
        .map_err(|why| format!("the policy does not fit: {why:?}"))
}

/// Finds the address of every trunk, once. A name that cannot be resolved is said, and its calls fail.
pub(crate) fn resolve_trunks(engine: &mut Engine, now: Instant, image: &Image<'_>) {
    for (row, trunk) in (0u16..).zip(image.trunks().iter()) {
        let (name, host) = (image.text(trunk.name), image.text(trunk.host));
        let port = |host: &str| if host.contains(':') { host.to_owned() } else { format!("{host}:5060") };
        let addresses = host.parse::<SocketAddr>().map(|one| vec![one]).or_else(|_| {
            port(host).to_socket_addrs().map(|found| found.filter(SocketAddr::is_ipv4).collect())
        });
        match addresses.as_deref() {
            Ok([address, ..]) => {
                // Nothing that could be full.
                let _ = engine.input(now, &Input::SetTrunkAddress { trunk: row, address: *address });
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
