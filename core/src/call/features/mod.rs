//! What parties do with calls that they have: one file for each feature.
//!
//! A feature never connects anybody itself: it says who would be joined with whom, a permit is made for exactly these two,
//! and [`join`](super::join) spends it.

pub mod beside;
pub mod camp;
pub mod conference;
pub mod forward;
pub mod hold;
pub mod hunt;
mod leaving;
pub mod overrides;
pub mod park;
pub mod pickup;
pub mod room;
pub mod transfer;
