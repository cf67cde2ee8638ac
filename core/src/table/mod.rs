//! Fixed tables over the caller's slices: slab, seeded index, timer index, byte pages.

pub mod index;
pub mod pages;
pub mod slab;
pub mod timers;

pub use index::{Entry, Index};
pub use pages::{Page, Pages, Text};
pub use slab::{Slab, Slot};
pub use timers::{Due, Timers};
