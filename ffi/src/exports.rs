//! Every function of the ABI. The comments are the header's.

use crate::guard::{self, Engine, Place, buffer, bytes, elements, read, stw_exchange};
use crate::media::{self, stw_place};
use crate::provider::Provider;
use crate::status::{Outcome, stw_status, stw_status_number};
use crate::types::{
    STW_ABI_VERSION, stw_address, stw_decision, stw_exchange_config, stw_leg, stw_output, stw_party_kind,
    stw_statistics,
};
use crate::{convert, memory, names, status};
use core::ffi::{CStr, c_char};
use core::mem::MaybeUninit;
use core::net::{Ipv4Addr, SocketAddr};
use strowger::base::{Digit, Digits, Handle, Instant, WallTime};
use strowger::exchange::{Config, Received, Signal, Taken, Ticked};
use strowger::policy::{Image, Keyring, Party};
use stw_status_number::{
    STW_CONGESTED, STW_DENIED, STW_EMPTY, STW_ERR_ABI, STW_ERR_ARGUMENT, STW_ERR_BUFFER, STW_ERR_MEMORY,
    STW_ERR_RANDOM, STW_ERR_UNKNOWN, STW_HELD, STW_MORE, STW_NEEDS_CODE, STW_OK,
};

/// The ABI of the library, to compare with STW_ABI_VERSION of the header; stw_exchange_init does so itself.
#[unsafe(no_mangle)]
pub extern "C" fn stw_abi_version() -> u32 {
    guard::value(0, || STW_ABI_VERSION)
}

/// The name of a status, as static text; "?" if this library has no such status. Never null.
#[unsafe(no_mangle)]
pub extern "C" fn stw_status_name(status: stw_status) -> *const c_char {
    guard::value(c"?".as_ptr(), || status::name(status))
}

/// The dotted name of a rule ("cor.route"), as static text; "unknown" if this library has no such rule. Never null.
/// Cost: one look at each rule.
#[unsafe(no_mangle)]
pub extern "C" fn stw_rule_name(rule: u16) -> *const c_char {
    guard::value(const { CStr::as_ptr(c"unknown") }, || names::rule_name(rule))
}

/// Bytes that an exchange of this configuration takes; exact, where STW_EXCHANGE_BYTES has head-room.
///
/// Only the sizes of the configuration are looked at. STW_ERR_ABI, STW_ERR_ARGUMENT (a number out of range),
/// STW_ERR_MEMORY (more than a pointer can reach).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_size(
    config: *const stw_exchange_config,
    size: *mut usize,
) -> stw_status {
    guard::call(|| {
        // SAFETY: conventions 2 and 4 of the header: what pointers lead to is there and is the library's during the call.
        let (config, size) = unsafe { (configuration(config)?, Place::new(size)?) };
        let lengths = memory::Lengths::of(&config).ok_or(STW_ERR_ARGUMENT)?;
        size.write(memory::bytes(&lengths).ok_or(STW_ERR_MEMORY)?);
        Ok(STW_OK)
    })
}

/// Sets an exchange up in your memory. Until a policy is loaded every call is denied.
///
/// `memory` begins at a multiple of 8 and is the library's from now to stw_exchange_deinit: never move, copy or touch
/// it. `size` is at least what stw_exchange_size or STW_EXCHANGE_BYTES say. `config` is read during the call only.
/// `out` gets the exchange. Errors: STW_ERR_ARGUMENT, STW_ERR_ABI, STW_ERR_MEMORY, STW_ERR_RANDOM. Cost: writes the
/// whole memory once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_init(
    memory: *mut u8,
    size: usize,
    config: *const stw_exchange_config,
    out: *mut *mut stw_exchange,
) -> stw_status {
    guard::call(|| {
        // SAFETY: conventions 2 and 4 of the header.
        let (config, out) = unsafe { (configuration(config)?, Place::new(out)?) };
        let lengths = memory::Lengths::of(&config).ok_or(STW_ERR_ARGUMENT)?;
        if memory.is_null() || !memory.addr().is_multiple_of(memory::ALIGNMENT) {
            return Err(STW_ERR_ARGUMENT);
        }
        if memory::bytes(&lengths).is_none_or(|needed| size < needed) {
            return Err(STW_ERR_MEMORY);
        }
        let instance = u16::try_from(config.instance).map_err(|_| STW_ERR_ARGUMENT)?;
        let address = match config.address.family {
            0 => SocketAddr::from((Ipv4Addr::LOCALHOST, 5060)),
            _ => convert::socket_address(&config.address).ok_or(STW_ERR_ARGUMENT)?,
        };
        if instance == 0 {
            return Err(STW_ERR_ARGUMENT);
        }
        let provider = Provider::new(&config.random_seed).ok_or(STW_ERR_RANDOM)?;
        // SAFETY: aligned and large enough as just checked; the caller gives it to us until stw_exchange_deinit.
        let tables = unsafe { memory::cut(memory, size, &lengths) }.ok_or(STW_ERR_MEMORY)?;
        let config = Config { instance, address, reserved_calls: config.reserved_calls };
        let engine = Engine::new(tables, &config, provider);
        // SAFETY: `memory::cut` left the beginning of the block free for it.
        out.write(unsafe { guard::begin(memory, size, engine) });
        Ok(STW_OK)
    })
}

/// Ends an exchange and overwrites all of its memory with zeros, which is yours again. Calls in progress are not
/// cleared: see stw_exchange_clear. The only function that works after STW_ERR_POISONED. Errors: STW_ERR_ARGUMENT,
/// also at the second time. Cost: writes the whole memory once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_deinit(x: *mut stw_exchange) -> stw_status {
    // SAFETY: conventions 1 and 2 of the header: an exchange of ours, used by nobody else now.
    unsafe { guard::end(x) }
}

/// Puts a compiled policy and its keyring in force, all or nothing.
///
/// Neither is copied: `image` and `keyring` must stay where they are, unchanged, until stw_exchange_deinit; flash will
/// do. The keyring holds secrets; keep it where nobody else reads. Errors: STW_ERR_IMAGE_…, STW_ERR_KEYRING_…,
/// STW_ERR_TOO_MANY, STW_ERR_BUSY; the exchange stays as it was. Cost: linear in both (one checksum, one look at each
/// row).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_load(
    x: *mut stw_exchange,
    image: *const u8,
    image_len: usize,
    keyring: *const u8,
    keyring_len: usize,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: the caller promises bytes that stay until stw_exchange_deinit, which is when the engine that reads
        // them ends.
        let (image, keyring) = unsafe { (bytes(image, image_len)?, bytes(keyring, keyring_len)?) };
        let mut provider = Provider::unkeyed();
        let image = Image::load(image, &mut provider)?;
        let keyring = Keyring::load(keyring, &image, &mut provider)?;
        engine.load(image, keyring)?;
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// Puts an emergency block in force, for an exchange that has no policy: emergency calls can be made and nothing else.
///
/// `block` is the block alone, or a compiled policy in which it stands and of which the rest may be damaged; it stays where
/// it is, like a policy. A policy that is loaded later takes its place when no call is up. Errors: STW_ERR_IMAGE_…,
/// STW_ERR_TOO_MANY, STW_ERR_BUSY. Cost: linear in `block_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_load_emergency(
    x: *mut stw_exchange,
    block: *const u8,
    block_len: usize,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: as for a policy: bytes that stay until stw_exchange_deinit.
        let block = unsafe { bytes(block, block_len)? };
        engine.load_emergency(Image::emergency(block, &mut Provider::unkeyed())?)?;
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

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

/// A party (one of stw_party_kind, and its row) dials, all digits at once, and is not on the exchange's own SIP.
///
/// `dialed` is ASCII and read during the call only. `out` gets the decision for STW_OK, STW_DENIED and STW_NEEDS_CODE, and
/// is left alone otherwise. STW_OK: allowed and being set up, `out->leg` is the caller's leg; what to do comes by stw_exchange_poll.
/// (A way that fails at once has released that leg already: the outputs say so.) STW_DENIED: refused or busy, no leg.
/// STW_NEEDS_CODE: not without an account code; it is asked for on `out->leg`, see stw_exchange_digit.
/// STW_CONGESTED: no room. STW_ERR_UNKNOWN: no such row. STW_ERR_DRAIN_FIRST: poll, then again. Cost: one
/// decision, whatever the size of the policy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_setup(
    x: *mut stw_exchange,
    now_ms: u64,
    party_kind: u32,
    party_row: u32,
    dialed: *const u8,
    dialed_len: usize,
    out: *mut stw_decision,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header.
        let (dialed, out) = unsafe { (bytes(dialed, dialed_len)?, Place::new(out)?) };
        let from = party(engine, party_kind, party_row)?;
        let taken = engine.signal(Instant(now_ms), &Signal::Setup { from, dialed })?;
        let digits = Digits::written(dialed).unwrap_or_default();
        match taken {
            Taken::SetUp { leg } => {
                let choice = engine.calls().choice(leg);
                out.write(match choice {
                    Some((dialed, choice)) => {
                        convert::allowed(engine.image(), from, dialed, choice, leg.bits())
                    }
                    None => convert::allowed_somehow(from, &Digits::EMPTY, leg.bits()),
                });
                Ok(STW_OK)
            }
            Taken::Denied(decision) => {
                out.write(convert::refused(engine.image(), &decision));
                Ok(STW_DENIED)
            }
            Taken::NeedsCode { leg, denial } => {
                out.write(convert::needs_code(engine.image(), from, &digits, &denial, leg.bits()));
                Ok(STW_NEEDS_CODE)
            }
            Taken::Congested => Ok(STW_CONGESTED),
            Taken::Done | Taken::OffHook { .. } | Taken::UnknownLeg => Err(STW_ERR_ARGUMENT),
        }
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// A party (as for stw_exchange_setup) goes off hook and will dial digit by digit. `leg` gets its leg; what it hears
/// comes as STW_OUTPUT_TONE, what is decided as STW_OUTPUT_DECISION, and a release, also of one that waited too long, as
/// STW_OUTPUT_RELEASE. STW_CONGESTED: no room, or no policy. Errors as for stw_exchange_setup. Cost: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_off_hook(
    x: *mut stw_exchange,
    now_ms: u64,
    party_kind: u32,
    party_row: u32,
    leg: *mut stw_leg,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header.
        let out = unsafe { Place::new(leg)? };
        let from = party(engine, party_kind, party_row)?;
        match engine.signal(Instant(now_ms), &Signal::OffHook { from })? {
            Taken::OffHook { leg } => {
                out.write(leg.bits());
                Ok(STW_OK)
            }
            Taken::Congested => Ok(STW_CONGESTED),
            Taken::Done
            | Taken::SetUp { .. }
            | Taken::NeedsCode { .. }
            | Taken::Denied(_)
            | Taken::UnknownLeg => Err(STW_ERR_ARGUMENT),
        }
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// The party of a leg that is off hook, or is asked for an account code, presses a key: `digit` is its ASCII character, 0 to
/// 9, * or #. STW_OK: taken; whether it completes the number, the outputs say. STW_DENIED: it completes a number
/// that is refused; the party hears so, and is released by stw_exchange_release when it hangs up. STW_CONGESTED: there is no
/// room for the call. STW_ERR_ARGUMENT: no such key. Other errors as for stw_exchange_alerting. Cost: at most two decisions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_digit(
    x: *mut stw_exchange,
    now_ms: u64,
    leg: stw_leg,
    digit: u32,
) -> stw_status {
    let body = |engine: &mut Engine| {
        let digit = u8::try_from(digit).ok().and_then(Digit::from_ascii).ok_or(STW_ERR_ARGUMENT)?;
        let signal = Signal::Digit(Handle::from_bits(leg), digit);
        match engine.signal(Instant(now_ms), &signal)? {
            Taken::Done | Taken::SetUp { .. } | Taken::OffHook { .. } | Taken::NeedsCode { .. } => Ok(STW_OK),
            Taken::Denied(_) => Ok(STW_DENIED),
            Taken::Congested => Ok(STW_CONGESTED),
            Taken::UnknownLeg => Err(STW_ERR_UNKNOWN),
        }
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// The party of a neutral leg rings. STW_ERR_UNKNOWN: no such leg, or it is on SIP. STW_ERR_DRAIN_FIRST. Cost: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_alerting(
    x: *mut stw_exchange,
    now_ms: u64,
    leg: stw_leg,
) -> stw_status {
    let body = |engine: &mut Engine| signal(engine, now_ms, &Signal::Alerting(Handle::from_bits(leg)));
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// The party of a neutral leg answered. Errors and cost as for stw_exchange_alerting.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_answer(x: *mut stw_exchange, now_ms: u64, leg: stw_leg) -> stw_status {
    let body = |engine: &mut Engine| signal(engine, now_ms, &Signal::Answer(Handle::from_bits(leg)));
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// The party of a neutral leg hung up (`sip_status` 0) or refused or failed (300 to 699: 486 busy, 503 no channel). The
/// leg is gone; an emergency call is tried on its next route. Errors and cost as for stw_exchange_alerting.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_release(
    x: *mut stw_exchange,
    now_ms: u64,
    leg: stw_leg,
    sip_status: u32,
) -> stw_status {
    let body = |engine: &mut Engine| {
        let cause = convert::cause(sip_status).ok_or(STW_ERR_ARGUMENT)?;
        signal(engine, now_ms, &Signal::Release(Handle::from_bits(leg), cause))
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// Takes one SIP datagram, read during the call only. What is wrong with it is answered or counted, and no error.
/// STW_HELD: give it again after stw_exchange_relayed. STW_ERR_DRAIN_FIRST: poll, then give it again. Cost: linear in its length, and one decision if it begins a call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_receive(
    x: *mut stw_exchange,
    now_ms: u64,
    source: *const stw_address,
    datagram: *const u8,
    datagram_len: usize,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header; every bit pattern is an stw_address.
        let (source, datagram) = unsafe { (read(source)?, bytes(datagram, datagram_len)?) };
        let source = convert::socket_address(&source).ok_or(STW_ERR_ARGUMENT)?;
        match engine.receive(Instant(now_ms), source, datagram)? {
            Received::Done => Ok(STW_OK),
            Received::Held(_) => Ok(STW_HELD),
        }
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// The relay has answered STW_OUTPUT_RELAY: the other party of this leg's call is to send to these places, one for each
/// stream that was asked for, all at one address. `count` 0: it could not take the media. Then give the datagrams again for
/// which stw_exchange_receive said STW_HELD. What nobody waits for (the call is over) changes nothing. STW_ERR_ARGUMENT:
/// more than STW_STREAMS places, or at several addresses. STW_ERR_DRAIN_FIRST: poll first. Cost: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_relayed(
    x: *mut stw_exchange,
    now_ms: u64,
    leg: stw_leg,
    relay: *const stw_place,
    count: usize,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header; every bit pattern is an stw_place.
        let relay = unsafe { elements(relay, count)? };
        let given = match relay {
            [] => None,
            relay => Some(media::places(relay).ok_or(STW_ERR_ARGUMENT)?),
        };
        engine.relayed(Instant(now_ms), Handle::from_bits(leg), given.as_ref())?;
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// Time has come to `now_ms`: serves deadlines that are due, at most 16. STW_MORE: more are due; poll and call again.
/// STW_ERR_DRAIN_FIRST: poll first. An early tick does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_tick(x: *mut stw_exchange, now_ms: u64) -> stw_status {
    let body = |engine: &mut Engine| match engine.tick(Instant(now_ms))? {
        Ticked::Done => Ok(STW_OK),
        Ticked::More => Ok(STW_MORE),
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// When stw_exchange_tick is next wanted; UINT64_MAX: not before something happens (and for what is no exchange). Ask
/// after the outputs are polled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_deadline(x: *mut stw_exchange) -> u64 {
    let mut deadline = u64::MAX;
    let body = |engine: &mut Engine| {
        deadline = engine.next_deadline().map_or(u64::MAX, |at| at.0);
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    let _ = unsafe { guard::exchange(x, body) };
    deadline
}

/// Takes the oldest output; call until STW_EMPTY after every input.
///
/// Of STW_OUTPUT_SEND the bytes are copied to the `size` bytes at `buf`. STW_ERR_BUFFER: they do not fit, `*needed` says
/// how many there are, and the output stays. `buf` may be null if `size` is 0, `needed` may be null. 8,192 bytes suffice
/// for every message of SIP that this library writes. Cost: constant, and the bytes copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_poll(
    x: *mut stw_exchange,
    out: *mut stw_output,
    buf: *mut u8,
    size: usize,
    needed: *mut usize,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header.
        let (out, buf, needed) = unsafe { (Place::new(out)?, buffer(buf, size)?, Place::optional(needed)?) };
        match engine.poll(buf) {
            Ok(Some(output)) => {
                out.write(convert::output(engine.image(), &output));
                Ok(STW_OK)
            }
            Ok(None) => Ok(STW_EMPTY),
            Err(short) => {
                if let Some(needed) = needed {
                    needed.write(short.needed);
                }
                Err(STW_ERR_BUFFER)
            }
        }
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

/// The configuration as far as its header knew it, zeros for the rest.
///
/// # Safety
/// `config` is null, or as many bytes as its first field says can be read from it.
unsafe fn configuration(
    config: *const stw_exchange_config,
) -> Result<stw_exchange_config, stw_status_number> {
    /// What the first header had. Later fields are added behind it.
    const FIRST: usize = 96;
    // SAFETY: as our own.
    let size = unsafe { read(config.cast::<u32>())? };
    let size = usize::try_from(size).map_err(|_| STW_ERR_ABI)?;
    if !(FIRST..=size_of::<stw_exchange_config>()).contains(&size) {
        return Err(STW_ERR_ABI);
    }
    let mut copy = MaybeUninit::<stw_exchange_config>::zeroed();
    // SAFETY: `size` bytes are readable by our own contract and fit into the copy by the check above.
    unsafe { core::ptr::copy_nonoverlapping(config.cast::<u8>(), copy.as_mut_ptr().cast::<u8>(), size) };
    // SAFETY: a struct of integers; zeros, partly overwritten, are valid.
    let copy = unsafe { copy.assume_init() };
    let (theirs, ours) = (copy.abi_version, STW_ABI_VERSION);
    if theirs >> 16 != ours >> 16 || theirs > ours {
        return Err(STW_ERR_ABI);
    }
    Ok(copy)
}

/// The party of numbers from C.
fn party(engine: &Engine, kind: u32, row: u32) -> Result<Party, stw_status_number> {
    let exists = |rows: usize| usize::try_from(row).is_ok_and(|row| row < rows);
    // Without a policy there are no rows to compare with, and the engine refuses the call.
    let image = engine.image();
    if kind == stw_party_kind::STW_PARTY_UNKNOWN as u32 {
        Ok(Party::Unknown)
    } else if kind == stw_party_kind::STW_PARTY_DEVICE as u32 {
        let known = image.is_none_or(|image| exists(image.devices().len()));
        known.then_some(Party::Device(row)).ok_or(STW_ERR_UNKNOWN)
    } else if kind == stw_party_kind::STW_PARTY_TRUNK as u32 {
        let known = image.is_none_or(|image| exists(image.trunks().len()));
        let row = u16::try_from(row).ok().filter(|_| known);
        row.map(Party::Trunk).ok_or(STW_ERR_UNKNOWN)
    } else {
        Err(STW_ERR_ARGUMENT)
    }
}

fn signal(engine: &mut Engine, now_ms: u64, signal: &Signal<'_>) -> Outcome {
    match engine.signal(Instant(now_ms), signal)? {
        Taken::UnknownLeg => Err(STW_ERR_UNKNOWN),
        Taken::Done
        | Taken::SetUp { .. }
        | Taken::OffHook { .. }
        | Taken::NeedsCode { .. }
        | Taken::Denied(_)
        | Taken::Congested => Ok(STW_OK),
    }
}
