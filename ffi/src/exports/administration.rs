//! What is told to an exchange, and asked of it, besides calls.

use crate::guard::{self, Engine, Place, bytes, read, stw_exchange};
use crate::status::{stw_status, stw_status_number};
use crate::types::{stw_address, stw_statistics};
use crate::{convert, names};
use core::net::SocketAddr;
use strowger::base::{Flow, Instant, WallTime};
use strowger::exchange::MAX_SERVERS;
use stw_status_number::{STW_EMPTY, STW_ERR_ARGUMENT, STW_ERR_UNKNOWN, STW_MORE, STW_OK};

/// Copies the SHA-256 of the policy in force, its name everywhere, to the 32 octets at `hash`. STW_EMPTY: none is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_policy_hash(x: *mut stw_exchange, hash: *mut u8) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: the caller has 32 octets there (convention 4 of the header).
        let hash = unsafe { Place::new(hash.cast::<[u8; 32]>())? };
        let Some(image) = engine.image() else { return Ok(STW_EMPTY) };
        hash.write(*image.hash());
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// Overrides the service mode, one of stw_mode; STW_MODE_SCHEDULE gives it back to the policy's holidays and schedules,
/// which need stw_exchange_set_clock. Calls in progress keep the classes they were set up with.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_set_mode(x: *mut stw_exchange, mode: u32) -> stw_status {
    let body = |engine: &mut Engine| {
        engine.set_mode(names::mode_override(mode).ok_or(STW_ERR_ARGUMENT)?);
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// Sets the clock that labels records and picks service mode and route plan zones: at `now_ms` it is `unix_s` seconds since 1970-01-01 UTC, and local time is
/// `offset_min` (-1440 to 1440) minutes east of UTC. A jump changes the next
/// decision and label, never timers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_set_clock(
    x: *mut stw_exchange,
    now_ms: u64,
    unix_s: i64,
    offset_min: i32,
) -> stw_status {
    let body = |engine: &mut Engine| {
        let offset = i16::try_from(offset_min).ok().filter(|offset| (-1440..=1440).contains(offset));
        let offset_min = offset.ok_or(STW_ERR_ARGUMENT)?;
        engine.set_wall(Instant(now_ms), WallTime { unix_s, offset_min });
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// Tells where the far end of a trunk is reached by SIP, by the trunk's row; do so again when its name resolves anew.
/// STW_ERR_UNKNOWN: no such trunk.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_set_trunk_address(
    x: *mut stw_exchange,
    trunk: u32,
    address: *const stw_address,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header; every bit pattern is an stw_address.
        let address = convert::socket_address(&unsafe { read(address)? }).ok_or(STW_ERR_ARGUMENT)?;
        let trunk = u16::try_from(trunk).map_err(|_| STW_ERR_UNKNOWN)?;
        if engine.set_trunk_address(trunk, address) { Ok(STW_OK) } else { Err(STW_ERR_UNKNOWN) }
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// The most servers of a trunk.
pub const STW_MAX_TRUNK_SERVERS: usize = 4;
const _: () = assert!(STW_MAX_TRUNK_SERVERS == MAX_SERVERS);

/// The same for a trunk with several servers, in the order in which they are tried; at most STW_MAX_TRUNK_SERVERS are kept. `transport` of
/// an address counts where policy names none. A list that is the same as before changes nothing. 0: it cannot be reached.
/// STW_ERR_UNKNOWN: no such trunk.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_set_trunk_servers(
    x: *mut stw_exchange,
    trunk: u32,
    servers: *const stw_address,
    count: u32,
) -> stw_status {
    let body = |engine: &mut Engine| {
        let trunk = u16::try_from(trunk).map_err(|_| STW_ERR_UNKNOWN)?;
        let mut list = [Flow::from(SocketAddr::from(([0, 0, 0, 0], 0))); STW_MAX_TRUNK_SERVERS];
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(list.len());
        for (at, place) in list.iter_mut().enumerate().take(count) {
            // SAFETY: convention 4 of the header; every bit pattern is an stw_address.
            let address = unsafe { read(servers.wrapping_add(at))? };
            *place = convert::flow(&address).ok_or(STW_ERR_ARGUMENT)?;
        }
        let list = list.get(..count).unwrap_or(&[]);
        if engine.set_trunk_servers(trunk, list) { Ok(STW_OK) } else { Err(STW_ERR_UNKNOWN) }
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// The row of the device with this directory number. STW_ERR_UNKNOWN: there is none, or no policy. Cost: one step for
/// each digit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_device(
    x: *mut stw_exchange,
    dn: *const u8,
    dn_len: usize,
    row: *mut u32,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header.
        let (dn, row) = unsafe { (bytes(dn, dn_len)?, Place::new(row)?) };
        row.write(engine.image().and_then(|image| image.device_by_dn(dn)).ok_or(STW_ERR_UNKNOWN)?);
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// The row of the trunk with this name. STW_ERR_UNKNOWN: there is none, or no policy. Cost: linear in the trunks; for
/// start-up, not for calls.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_trunk(
    x: *mut stw_exchange,
    name: *const u8,
    name_len: usize,
    row: *mut u32,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header.
        let (name, row) = unsafe { (bytes(name, name_len)?, Place::new(row)?) };
        let image = engine.image().ok_or(STW_ERR_UNKNOWN)?;
        let found = (0..).zip(image.trunks().iter()).find(|(_, row)| image.text(row.name).as_bytes() == name);
        row.write(found.ok_or(STW_ERR_UNKNOWN)?.0);
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// Clears calls before a shutdown, at most 16: STW_MORE while there may be more; poll and call again.
/// STW_ERR_DRAIN_FIRST: poll first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_clear(x: *mut stw_exchange, now_ms: u64) -> stw_status {
    let body = |engine: &mut Engine| {
        if engine.clear_calls(Instant(now_ms))? { Ok(STW_MORE) } else { Ok(STW_OK) }
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// Writes what was counted to `out`. Cost: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_statistics(
    x: *mut stw_exchange,
    out: *mut stw_statistics,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header.
        let out = unsafe { Place::new(out)? };
        let counted = engine.statistics();
        let (pages_free, _) = engine.pages();
        out.write(stw_statistics {
            received: counted.received,
            malformed: counted.malformed,
            dropped: counted.dropped,
            congested: counted.congested,
            challenged: counted.challenged,
            unauthorised: counted.unauthorised,
            permitted: counted.permitted,
            denied: counted.denied,
            calls: u64::from(engine.calls_in_use()),
            transactions: u64::from(engine.transactions_in_use()),
            pages_free: u64::try_from(pages_free).unwrap_or(u64::MAX),
            reserved: [0; 5],
        });
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}
