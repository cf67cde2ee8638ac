//! Number classes.

use super::row::Table;
use super::rows::{ClassEdgeRow, ClassStateRow};

/// A class.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum NumberClass {
    /// unknown
    #[default]
    Unknown = 0,
    /// local
    Local,
    /// national
    National,
    /// mobile
    Mobile,
    /// x
    FixedOrMobile,
    /// x
    TollFree,
    /// x
    Premium,
    /// x
    SharedCost,
    /// x
    International,
    /// x
    DirectoryAssistance,
    /// x
    Operator,
    /// x
    CarrierAccess,
    /// x
    Emergency,
}

impl NumberClass {
    /// x
    #[must_use]
    pub const fn name(self) -> &'static str {
        "unknown"
    }
    /// x
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}

/// x
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// x
    pub class: NumberClass,
    /// x
    pub chain: u8,
}

/// x
pub fn classify(_: &Table<'_, ClassStateRow>, _: &Table<'_, ClassEdgeRow>, _: &[u8]) -> Found {
    Found { class: NumberClass::Unknown, chain: 0 }
}
