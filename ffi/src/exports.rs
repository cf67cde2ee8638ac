//! Every function of the ABI; here those that set an exchange up and end it. The comments are the header's.

mod administration;
mod calls;
mod explain;
mod network;
mod phone;
mod stream;
mod transfers;

#[cfg(test)]
pub use {administration::*, calls::*, explain::*, network::*, phone::*, stream::*};

use crate::guard::{self, Engine, Place, bytes, read, stw_exchange};
use crate::memory::{self, exchange as tables};
use crate::provider::Provider;
use crate::status::{stw_status, stw_status_number};
use crate::types::{STW_ABI_VERSION, stw_exchange_config};
use crate::{convert, names, status};
use core::ffi::{CStr, c_char};
use core::mem::MaybeUninit;
use core::net::{Ipv4Addr, SocketAddr};
use strowger::exchange::Config;
use strowger::policy::{Image, Keyring};
use stw_status_number::{STW_ERR_ABI, STW_ERR_ARGUMENT, STW_ERR_MEMORY, STW_ERR_RANDOM, STW_OK};

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
        let lengths = tables::Lengths::of(&config).ok_or(STW_ERR_ARGUMENT)?;
        size.write(tables::bytes(&lengths).ok_or(STW_ERR_MEMORY)?);
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
        let lengths = tables::Lengths::of(&config).ok_or(STW_ERR_ARGUMENT)?;
        if memory.is_null() || !memory.addr().is_multiple_of(memory::ALIGNMENT) {
            return Err(STW_ERR_ARGUMENT);
        }
        if tables::bytes(&lengths).is_none_or(|needed| size < needed) {
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
        let memory_of = unsafe { tables::cut(memory, size, &lengths) }.ok_or(STW_ERR_MEMORY)?;
        let config = Config { instance, address, reserved_calls: config.reserved_calls };
        let engine = Engine::new(memory_of, &config, provider);
        // SAFETY: `tables::cut` left the beginning of the block free for it.
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

/// The configuration as far as its header knew it, zeros for the rest.
///
/// # Safety
/// `config` is null, or as many bytes as its first field says can be read from it.
unsafe fn configuration<C: Configuration>(config: *const C) -> Result<C, stw_status_number> {
    // SAFETY: as our own.
    let size = unsafe { read(config.cast::<u32>())? };
    let size = usize::try_from(size).map_err(|_| STW_ERR_ABI)?;
    if !(C::FIRST..=size_of::<C>()).contains(&size) {
        return Err(STW_ERR_ABI);
    }
    let mut copy = MaybeUninit::<C>::zeroed();
    // SAFETY: `size` bytes are readable by our own contract and fit into the copy by the check above.
    unsafe { core::ptr::copy_nonoverlapping(config.cast::<u8>(), copy.as_mut_ptr().cast::<u8>(), size) };
    // SAFETY: a struct of integers; zeros, partly overwritten, are valid.
    let copy = unsafe { copy.assume_init() };
    let (theirs, ours) = (copy.abi_version(), STW_ABI_VERSION);
    if theirs >> 16 != ours >> 16 || theirs > ours {
        return Err(STW_ERR_ABI);
    }
    Ok(copy)
}

/// A configuration: a struct of integers that begins with its size and the ABI's version.
trait Configuration {
    /// Octets that its first header had. Later fields are added behind them.
    const FIRST: usize;

    fn abi_version(&self) -> u32;
}

impl Configuration for stw_exchange_config {
    const FIRST: usize = 96;

    fn abi_version(&self) -> u32 {
        self.abi_version
    }
}
