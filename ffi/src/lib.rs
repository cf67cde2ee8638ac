//! The engine behind a C ABI: the caller's memory in, status numbers out. `include/strowger.h` is made from this package.
//!
//! This is the only package with `unsafe` code, and it is all about pointers that come from C: [`guard`] judges and
//! reads them, [`memory`] cuts the caller's block into tables. No policy lives here.
#![cfg_attr(not(any(test, feature = "hosted")), no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]
#![allow(non_camel_case_types, reason = "the names are C's")]

#[cfg(test)]
mod asked_tests;
mod convert;
mod exports;
mod guard;
mod media;
mod memory;
mod names;
#[cfg(test)]
mod phone_tests;
mod provider;
mod status;
#[cfg(test)]
mod tests;
mod types;

/// What stands in for unwinding where there is no operating system.
///
/// The symbol is defined nowhere in this library: a firmware links only if no panic is reachable, so an image that
/// links needs no panic policy. A build that cannot prove it (`opt-level = 0`, say) must define the symbol itself.
#[cfg(all(feature = "panic-handler", not(any(test, feature = "hosted"))))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // cbindgen:ignore
    unsafe extern "C" {
        safe fn strowger_panic_path_is_reachable() -> !;
    }
    strowger_panic_path_is_reachable()
}
