//! The one way in: every exported function runs its body through [`value`], [`call`], [`exchange`] or [`phone`], and every pointer
//! from C is judged here before it is used. `tests/guarded.rs` checks the first, review the second.

use crate::provider::Provider;
use crate::status::{Outcome, stw_status, stw_status_number};
use core::mem::MaybeUninit;
use strowger::exchange::Exchange;
use strowger::phone::Phone;
use stw_status_number::{STW_ERR_ARGUMENT, STW_ERR_POISONED};

pub(crate) type Engine = Exchange<'static, Provider>;
pub(crate) type Telephone = Phone<'static, Provider>;

/// An exchange. It lives at the beginning of the memory given to stw_exchange_init and must not be moved or copied.
pub struct stw_exchange {
    head: Head<Engine>,
}

/// A telephone. It lives at the beginning of the memory given to stw_phone_init and must not be moved or copied.
pub struct stw_phone {
    head: Head<Telephone>,
}

/// What a caller's block begins with.
pub(crate) struct Head<E> {
    /// [`Door::MAGIC`] mixed with the address, so that what was moved or freed, or is of another kind, is not taken for one.
    magic: u64,
    /// Bytes of the whole block.
    size: usize,
    /// A defect was caught while the engine was at work; what it holds is suspect.
    poisoned: bool,
    engine: E,
}

/// What C has pointers to.
pub(crate) trait Door: Sized {
    /// Who stands behind it.
    type Engine;
    /// Another for each kind.
    const MAGIC: u64;

    fn of(head: Head<Self::Engine>) -> Self;

    fn head(&mut self) -> &mut Head<Self::Engine>;

    /// # Safety
    /// A `u64` can be read wherever that field of `x` would be.
    unsafe fn magic(x: *const Self) -> u64;

    /// What that would be for one of these.
    fn wanted(x: *const Self) -> u64 {
        Self::MAGIC ^ u64::try_from(x.addr()).unwrap_or(0)
    }
}

macro_rules! doors {
    ($( $door:ty: $engine:ty = $magic:literal; )+) => { $(
        impl Door for $door {
            type Engine = $engine;
            const MAGIC: u64 = $magic;

            fn of(head: Head<$engine>) -> Self {
                Self { head }
            }

            fn head(&mut self) -> &mut Head<$engine> {
                &mut self.head
            }

            unsafe fn magic(x: *const Self) -> u64 {
                // SAFETY: as our own.
                unsafe { (&raw const (*x).head.magic).read() }
            }
        }
    )+ };
}

doors! {
    stw_exchange: Engine = 0x5354_524f_5747_4552;
    stw_phone: Telephone = 0x5354_5050_484f_4e45;
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
    unsafe { through(x, body) }
}

/// Runs a body on a telephone.
///
/// # Safety
/// `p` is null, or a pointer that `stw_phone_init` gave, to memory that is still there and that no other thread uses.
pub(crate) unsafe fn phone(p: *mut stw_phone, body: impl FnOnce(&mut Telephone) -> Outcome) -> stw_status {
    // SAFETY: as our own.
    unsafe { through(p, body) }
}

/// # Safety
/// As for [`exchange`] or [`phone`].
unsafe fn through<D: Door>(x: *mut D, body: impl FnOnce(&mut D::Engine) -> Outcome) -> stw_status {
    // SAFETY: as our own.
    let Some(this) = (unsafe { known(x) }).map(Door::head) else { return number(Err(STW_ERR_ARGUMENT)) };
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

/// Puts a new engine at the beginning of its block.
///
/// # Safety
/// `memory` is aligned for it and has `size` bytes, at least those of its door.
pub(crate) unsafe fn begin<D: Door>(memory: *mut u8, size: usize, engine: D::Engine) -> *mut D {
    let x = memory.cast::<D>();
    // SAFETY: as our own.
    unsafe { x.write(D::of(Head { magic: D::wanted(x), size, poisoned: false, engine })) };
    x
}

/// Drops the engine and overwrites the whole block with zeros, poisoned or not.
///
/// # Safety
/// As for [`exchange`].
pub(crate) unsafe fn end<D: Door>(x: *mut D) -> stw_status {
    // SAFETY: as our own.
    let Some(size) = (unsafe { known(x) }).map(|this| this.head().size) else {
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
unsafe fn known<'a, D: Door>(x: *mut D) -> Option<&'a mut D> {
    if x.is_null() || !x.is_aligned() {
        return None;
    }
    // SAFETY: not null, aligned, and by our own contract readable. Only the one field is read before it is believed.
    let found = unsafe { D::magic(x) };
    if found != D::wanted(x) {
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

/// An array for results that came with its length; what is in it is not looked at.
///
/// # Safety
/// `first` is null or misaligned, or `len` elements can be written there that nobody else uses meanwhile.
pub(crate) unsafe fn slots<'a, T>(
    first: *mut T,
    len: usize,
) -> Result<&'a mut [MaybeUninit<T>], stw_status_number> {
    if len == 0 {
        return Ok(&mut []);
    }
    let size = len.checked_mul(size_of::<T>()).and_then(|size| isize::try_from(size).ok());
    if first.is_null() || !first.is_aligned() || size.is_none() {
        return Err(STW_ERR_ARGUMENT);
    }
    // SAFETY: not null, aligned, as long as the caller says, and no longer than an object can be.
    Ok(unsafe { core::slice::from_raw_parts_mut(first.cast(), len) })
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
