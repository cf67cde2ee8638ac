//! Toll-fraud brakes: what limits count, and lock-outs. Small machines, one for each device and trunk.

mod lockout;
mod rate;
mod sources;

pub use lockout::{Lockout, Terms};
pub use rate::Rate;
pub use sources::Sources;

/// What is counted of one authority's public calls.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Brake {
    /// Calls begun lately.
    pub rate: Rate,
    /// Calls now.
    pub calls: u16,
}
