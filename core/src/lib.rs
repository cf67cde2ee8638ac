//! Strowger: an embedded call-control engine.
//!
//! Pure state machines without heap, threads, clock, sockets or `unsafe`. Time, randomness, bytes and memory
//! come in; decisions, records and bytes come out. There are three front doors: [`exchange`] for a gateway or PBX,
//! [`phone`] for a telephone, and [`set`] for a telephone without a mind, whose user agent is beside the exchange.
//!
//! The way of a call, once through and hardly back:
//!
//! ```text
//! datagram -> wire -> signalling -> exchange -> registration: who is this?
//!    -> policy: Permit or Denial -> call::join -> record -> outputs -> signalling -> datagram
//! ```
#![no_std]
#![allow(clippy::result_large_err, reason = "without a heap there is no box to put a refusal in")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]
#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, clippy::wildcard_enum_match_arm, clippy::unreachable)
)]

#[cfg(test)]
extern crate std;

pub mod account;
pub mod base;
pub mod brakes;
pub mod call;
pub mod exchange;
pub mod homing;
pub mod media;
pub mod phone;
pub mod policy;
pub mod record;
pub mod registration;
pub mod set;
pub mod signalling;
pub mod station;
pub mod table;
pub mod wire;
