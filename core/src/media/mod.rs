//! What two parties of a call agree on for their media (RFC 3264). The descriptions themselves go from one to the other;
//! this knows what was offered, by whom, and what became of it.

pub mod change;

#[cfg(test)]
mod change_tests;

pub use change::{Change, Side};
