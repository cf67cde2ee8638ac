//! A telephone: those functions that set one up and end it, and what it knows.

mod lines;
mod network;

#[cfg(test)]
pub use {lines::*, network::*};

use crate::convert::phone as convert;
use crate::exports::{Configuration, configuration};
use crate::guard::{self, Place, Telephone, bytes, stw_phone};
use crate::memory::{self, phone as tables};
use crate::names;
use crate::provider::Provider;
use crate::status::{stw_status, stw_status_number};
use crate::types::{stw_phone_config, stw_phone_statistics};
use strowger::base::{Instant, WallTime};
use strowger::policy::{Image, Keyring};
use stw_status_number::{STW_ERR_ARGUMENT, STW_ERR_MEMORY, STW_ERR_RANDOM, STW_OK};
use zeroize::{Zeroize, Zeroizing};

impl Configuration for stw_phone_config {
    const FIRST: usize = size_of::<Self>();

    fn abi_version(&self) -> u32 {
        self.abi_version
    }
}

impl Zeroize for stw_phone_config {
    /// What is secret of it.
    fn zeroize(&mut self) {
        self.password.zeroize();
        self.random_seed.zeroize();
    }
}

/// Bytes that a telephone of this configuration takes; exact, where STW_PHONE_BYTES has head-room.
///
/// Only the sizes of the configuration are looked at. STW_ERR_ABI, STW_ERR_ARGUMENT (a number out of range), STW_ERR_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_size(config: *const stw_phone_config, size: *mut usize) -> stw_status {
    guard::call(|| {
        // SAFETY: conventions 2 and 4 of the header.
        let (config, size) = unsafe { (Zeroizing::new(configuration(config)?), Place::new(size)?) };
        let lengths = tables::Lengths::of(&config).ok_or(STW_ERR_ARGUMENT)?;
        size.write(tables::bytes(&lengths).ok_or(STW_ERR_MEMORY)?);
        Ok(STW_OK)
    })
}

/// Sets a telephone up in your memory. It does nothing until stw_phone_register, and without a policy it calls nobody.
///
/// `memory` begins at a multiple of 8 and is the library's from now to stw_phone_deinit: never move, copy or touch it. `size` is at
/// least what stw_phone_size or STW_PHONE_BYTES say. `config` is read during the call only: its texts are copied. `out` gets the
/// telephone. Errors: STW_ERR_ARGUMENT (no number, gateway, address or codec; a text without its zero), STW_ERR_ABI, STW_ERR_MEMORY,
/// STW_ERR_RANDOM. Cost: writes the whole memory once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_init(
    memory: *mut u8,
    size: usize,
    config: *const stw_phone_config,
    out: *mut *mut stw_phone,
) -> stw_status {
    guard::call(|| {
        // SAFETY: conventions 2 and 4 of the header.
        let (config, out) = unsafe { (Zeroizing::new(configuration(config)?), Place::new(out)?) };
        let lengths = tables::Lengths::of(&config).ok_or(STW_ERR_ARGUMENT)?;
        if memory.is_null() || !memory.addr().is_multiple_of(memory::ALIGNMENT) {
            return Err(STW_ERR_ARGUMENT);
        }
        if tables::bytes(&lengths).is_none_or(|needed| size < needed) {
            return Err(STW_ERR_MEMORY);
        }
        // Once to see that it can be taken: what is refused writes nothing.
        let mut scratch = Zeroizing::new([0; tables::TEXTS]);
        convert::configuration(&config, scratch.as_mut_slice()).ok_or(STW_ERR_ARGUMENT)?;
        let provider = Provider::new(&config.random_seed).ok_or(STW_ERR_RANDOM)?;
        // SAFETY: aligned and large enough as just checked; the caller gives it to us until stw_phone_deinit.
        let (memory_of, texts) =
            unsafe { tables::cut(memory, size, &lengths) }.ok_or(STW_ERR_MEMORY)?.split();
        let config = convert::configuration(&config, texts).ok_or(STW_ERR_ARGUMENT)?;
        let engine = Telephone::new(memory_of, config, provider);
        // SAFETY: `tables::cut` left the beginning of the block free for it.
        out.write(unsafe { guard::begin(memory, size, engine) });
        Ok(STW_OK)
    })
}

/// Ends a telephone and overwrites all of its memory with zeros, which is yours again. Calls are not cleared, the registration is not
/// taken back: see stw_phone_hang_up, stw_phone_unregister. The only function that works after STW_ERR_POISONED. Errors:
/// STW_ERR_ARGUMENT, also at the second time. Cost: writes the whole memory once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_deinit(p: *mut stw_phone) -> stw_status {
    // SAFETY: conventions 1 and 2 of the header: a telephone of ours, used by nobody else now.
    unsafe { guard::end(p) }
}

/// Puts a compiled policy in force, with this telephone's line of its keyring, or without one (`keyring_len` 0).
///
/// Neither is copied: both must stay where they are, unchanged, until stw_phone_deinit; flash will do. What the policy denies the
/// telephone does not ask its gateway for. Errors: STW_ERR_IMAGE_…, STW_ERR_KEYRING_…, STW_ERR_UNKNOWN (the policy does not have its
/// number), STW_ERR_BUSY (a call is up); the telephone stays as it was. Cost: linear in both.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_load(
    p: *mut stw_phone,
    image: *const u8,
    image_len: usize,
    keyring: *const u8,
    keyring_len: usize,
) -> stw_status {
    let body = |engine: &mut Telephone| {
        // SAFETY: the caller promises bytes that stay until stw_phone_deinit, which is when the engine that reads them ends.
        let (image, keyring) = unsafe { (bytes(image, image_len)?, bytes(keyring, keyring_len)?) };
        let mut provider = Provider::unkeyed();
        let image = Image::load(image, &mut provider)?;
        let keyring = match keyring {
            [] => Keyring::EMPTY,
            keyring => Keyring::load(keyring, &image, &mut provider)?,
        };
        engine.load(image, keyring)?;
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}

/// Puts an emergency block in force, for a telephone that has no policy: help can be called and nobody else.
///
/// `block` is the block alone, or a compiled policy of which the rest may be damaged; it stays where it is. Errors: STW_ERR_IMAGE_…,
/// STW_ERR_BUSY. Cost: linear in `block_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_load_emergency(
    p: *mut stw_phone,
    block: *const u8,
    block_len: usize,
) -> stw_status {
    let body = |engine: &mut Telephone| {
        // SAFETY: as for a policy: bytes that stay until stw_phone_deinit.
        let block = unsafe { bytes(block, block_len)? };
        engine.load(Image::emergency(block, &mut Provider::unkeyed())?, Keyring::EMPTY)?;
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}

/// Overrides the service mode, as an operator has done at the gateway; 0 gives it back to the policy's schedules. `mode` is one of
/// stw_mode; STW_ERR_ARGUMENT: it is none. Cost: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_set_mode(p: *mut stw_phone, mode: u32) -> stw_status {
    let body = |engine: &mut Telephone| {
        engine.set_mode(names::mode_override(mode).ok_or(STW_ERR_ARGUMENT)?);
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}

/// Tells the clock, by which the policy's schedules and route plans go; until then it is day, and route plans are closed. Cost: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_set_clock(
    p: *mut stw_phone,
    now_ms: u64,
    unix_s: i64,
    offset_min: i32,
) -> stw_status {
    let body = |engine: &mut Telephone| {
        let offset_min = i16::try_from(offset_min).ok().filter(|offset| (-1440..=1440).contains(offset));
        let offset_min = offset_min.ok_or(STW_ERR_ARGUMENT)?;
        engine.set_wall(Instant(now_ms), WallTime { unix_s, offset_min });
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}

/// What was counted. Cost: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_count(p: *mut stw_phone, out: *mut stw_phone_statistics) -> stw_status {
    let body = |engine: &mut Telephone| {
        // SAFETY: convention 4 of the header.
        let out = unsafe { Place::new(out)? };
        let counted = engine.statistics();
        let (free, _) = engine.pages();
        out.write(stw_phone_statistics {
            received: counted.received,
            malformed: counted.malformed,
            dropped: counted.dropped,
            strangers: counted.strangers,
            denied: counted.denied,
            pages_free: u64::try_from(free).unwrap_or(u64::MAX),
            reserved: [0; 2],
        });
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}
