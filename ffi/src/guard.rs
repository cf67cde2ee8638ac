//! The one way in: every exported function runs its body through [`value`], [`call`] or [`exchange`], and every pointer
//! from C is judged here before it is used. `tests/guarded.rs` checks the first, review the second.

use crate::provider::Provider;
use crate::status::{Outcome, stw_status, stw_status_number};
use strowger::exchange::Exchange;
use stw_status_number::{STW_ERR_ARGUMENT, STW_ERR_POISONED};

pub(crate) type Engine = Exchange<'static, Provider>;

/// An exchange. It lives at the beginning of the memory given to stw_exchange_init and must not be moved or copied.
pub struct stw_exchange {
    /// [`MAGIC`] mixed with the address, so that a moved or freed exchange is not taken for one.
    magic: u64,
    /// Bytes of the whole block.
    size: usize,
    /// A defect was caught while the engine was at work; what it holds is suspect.
    poisoned: bool,
    engine: Engine,
}

const MAGIC: u64 = 0x5354_524f_5747_4552;

fn magic(x: *const stw_exchange) -> u64 {
    MAGIC ^ u64::try_from(x.addr()).unwrap_or(0)
}

/// Runs a body that uses no exchange, for a plain value; `otherwise` if a defect is caught.
pub(crate) fn value<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    caught(body).unwrap_or(otherwise)
}

/// Runs a body that uses no exchange.
pub(crate) fn call(body: impl FnOnce() -> Outcome) -> stw_status {
    number(caught(body).unwrap_or(Err(STW_ERR_POISONED)))
}

/// Runs a body on an exchange.
///
/// # Safety
/// `x` is null, or a pointer that `stw_exchange_init` gave, to memory that is still there and that no other thread uses.
pub(crate) unsafe fn exchange(x: *mut stw_exchange, body: impl FnOnce(&mut Engine) -> Outcome) -> stw_status {
    // SAFETY: as our own.
    let Some(this) = (unsafe { known(x) }) else { return number(Err(STW_ERR_ARGUMENT)) };
    if this.poisoned {
        return number(Err(STW_ERR_POISONED));
    }
    match caught(|| body(&mut this.engine)) {
        Some(outcome) => number(outcome),
        None => {
            this.poisoned = true;
            number(Err(STW_ERR_POISONED))
        }
    }
}

/// Puts a new exchange at the beginning of its block.
///
/// # Safety
/// `memory` is aligned for it and has `size` bytes, at least those of `stw_exchange`.
pub(crate) unsafe fn begin(memory: *mut u8, size: usize, engine: Engine) -> *mut stw_exchange {
    let x = memory.cast::<stw_exchange>();
    // SAFETY: as our own.
    unsafe { x.write(stw_exchange { magic: magic(x), size, poisoned: false, engine }) };
    x
}

/// Drops the engine and overwrites the whole block with zeros, poisoned or not.
///
/// # Safety
/// As for [`exchange`].
pub(crate) unsafe fn end(x: *mut stw_exchange) -> stw_status {
    // SAFETY: as our own.
    let Some(size) = (unsafe { known(x) }).map(|this| this.size) else {
        return number(Err(STW_ERR_ARGUMENT));
    };
    call(|| {
        // SAFETY: `begin` wrote it there, and the magic that is wiped below says that nobody has dropped it yet.
        unsafe { x.drop_in_place() };
        // SAFETY: the pointer that init gave out covers the whole block of `size` bytes; nothing refers into it any more.
        let block = unsafe { core::slice::from_raw_parts_mut(x.cast::<u8>(), size) };
        zeroize::Zeroize::zeroize(block);
        Ok(stw_status_number::STW_OK)
    })
}

/// # Safety
/// As for [`exchange`]; the reference is the only one while it is used.
unsafe fn known<'a>(x: *mut stw_exchange) -> Option<&'a mut stw_exchange> {
    if x.is_null() || !x.is_aligned() {
        return None;
    }
    // SAFETY: not null, aligned, and by our own contract readable. Only the one field is read before it is believed.
    let found = unsafe { (&raw const (*x).magic).read() };
    if found != magic(x) {
        return None;
    }
    // SAFETY: the magic says that `begin` wrote it at this place and `end` has not wiped it.
    Some(unsafe { &mut *x })
}

/// Bytes that came with their length.
///
/// # Safety
/// `first` is null, or `len` bytes can be read from it that do not change as long as the result is used.
pub(crate) unsafe fn bytes<'a>(first: *const u8, len: usize) -> Result<&'a [u8], stw_status_number> {
    // SAFETY: the same.
    unsafe { elements(first, len) }
}

/// Elements that came with their number.
///
/// # Safety
/// `first` is null or misaligned, or `len` elements can be read from it that do not change as long as the result is used,
/// and every bit pattern is one.
pub(crate) unsafe fn elements<'a, T>(first: *const T, len: usize) -> Result<&'a [T], stw_status_number> {
    if len == 0 {
        return Ok(&[]);
    }
    let size = len.checked_mul(size_of::<T>()).and_then(|size| isize::try_from(size).ok());
    if first.is_null() || !first.is_aligned() || size.is_none() {
        return Err(STW_ERR_ARGUMENT);
    }
    // SAFETY: not null, aligned, as long as the caller says, and no longer than an object can be.
    Ok(unsafe { core::slice::from_raw_parts(first, len) })
}

/// A buffer that came with its length.
///
/// # Safety
/// `first` is null, or `len` bytes can be written there that nobody else uses meanwhile.
pub(crate) unsafe fn buffer<'a>(first: *mut u8, len: usize) -> Result<&'a mut [u8], stw_status_number> {
    if len == 0 {
        return Ok(&mut []);
    }
    if first.is_null() || isize::try_from(len).is_err() {
        return Err(STW_ERR_ARGUMENT);
    }
    // SAFETY: not null, as long as the caller says, and no longer than an object can be.
    Ok(unsafe { core::slice::from_raw_parts_mut(first, len) })
}

/// A struct of integers, copied.
///
/// # Safety
/// `from` is null, or a T can be read from it; T has no forbidden values.
pub(crate) unsafe fn read<T: Copy>(from: *const T) -> Result<T, stw_status_number> {
    if from.is_null() || !from.is_aligned() {
        return Err(STW_ERR_ARGUMENT);
    }
    // SAFETY: not null, aligned, and by our own contract readable.
    Ok(unsafe { from.read() })
}

/// A place for a result, checked before the work is done.
pub(crate) struct Place<T>(*mut T);

impl<T> Place<T> {
    /// # Safety
    /// `to` is null, or a T can be written there until the call returns.
    pub(crate) unsafe fn new(to: *mut T) -> Result<Self, stw_status_number> {
        if to.is_null() || !to.is_aligned() { Err(STW_ERR_ARGUMENT) } else { Ok(Self(to)) }
    }

    /// For a result that the caller may not want: null is no place.
    ///
    /// # Safety
    /// As for [`Place::new`].
    pub(crate) unsafe fn optional(to: *mut T) -> Result<Option<Self>, stw_status_number> {
        // SAFETY: as our own.
        if to.is_null() { Ok(None) } else { unsafe { Self::new(to) }.map(Some) }
    }

    pub(crate) fn write(self, value: T) {
        // SAFETY: who made this place promised that a T can be written there.
        unsafe { self.0.write(value) };
    }
}

const fn number(outcome: Outcome) -> stw_status {
    match outcome {
        Ok(status) | Err(status) => status as stw_status,
    }
}

#[cfg(any(test, feature = "hosted"))]
fn caught<T>(body: impl FnOnce() -> T) -> Option<T> {
    // What a body leaves half done is either poisoned or dropped by whoever called us.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)).ok()
}

#[cfg(not(any(test, feature = "hosted")))]
fn caught<T>(body: impl FnOnce() -> T) -> Option<T> {
    Some(body())
}
