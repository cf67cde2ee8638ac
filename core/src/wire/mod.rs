//! Bytes to small valid structs and back: no state, no time, no policy.
//!
//! The contract of every parser here: it never panics, does bounded work (linear in the input), keeps slices of
//! its input instead of copies, and says with one status and one static sentence what was wrong. The contract of
//! every writer: it says [`Short`](write::Short) instead of truncating.

mod scan;

pub mod sdp;
pub mod set;
pub mod sip;
pub use crate::base::write;

pub use scan::Bad;
