//! What policy says: the image read in place, decisions as pure functions, and the permit.

pub mod decide;
pub mod image;
pub mod keyring;
pub mod permit;
pub mod row;
pub mod rows;
pub mod rule;
pub mod trie;

pub use decide::{Attempt, Choice, Denial, Party, Verdict, decide};
pub use image::{BadImage, Image};
pub use keyring::{BadKeyring, Keyring};
pub use permit::{Permit, Refusal};
pub use rule::Rule;

/// Service mode: which of a device's three class numbers is in force (R1).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Mode {
    /// Day.
    #[default]
    Day,
    /// Night 1.
    Night1,
    /// Night 2.
    Night2,
}

impl Mode {
    /// 0, 1, 2: the place of this mode in three-fold fields.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Day => 0,
            Self::Night1 => 1,
            Self::Night2 => 2,
        }
    }

    /// The name in policy and explanations.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Night1 => "night1",
            Self::Night2 => "night2",
        }
    }
}
