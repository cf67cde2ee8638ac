//! What policy says: the image read in place, decisions as pure functions, and the permit.

pub mod behalf;
pub mod calendar;
pub mod camp;
pub mod class;
pub mod conference;
pub mod decide;
pub mod desk;
pub mod emergency;
pub mod fetch;
mod format;
pub mod hold;
pub mod hunt;
pub mod image;
pub mod inbound;
pub mod intercept;
pub mod keyring;
pub(crate) mod moved;
pub mod overrides;
pub mod permit;
mod routes;
pub mod row;
pub mod rows;
pub mod rule;
mod tables;
pub mod trie;
pub mod verdict;

pub use behalf::{Attended, Behalf, Feature, Reached, Recall, attended, recalled};
pub use calendar::Moment;
pub use camp::{Camp, camped};
pub use conference::{Conference, conferred};
pub use decide::decide;
pub use desk::{Desk, seated};
pub use fetch::{Fetch, fetched};
pub use hold::may_not_hold;
pub use hunt::{Hunt, hunted};
pub use image::{BadImage, Image};
pub use intercept::{Condition, Intercept, intercepted};
pub use keyring::{BadKeyring, Keyring};
pub use overrides::{Override, overridden};
pub use permit::{Permit, Refusal};
pub use rule::Rule;
pub use verdict::{Attempt, Authority, Choice, ClassRef, Code, Denial, Party, RowRef, Trace, Verdict, World};

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

    /// The mode with this number, see [`index`](Self::index).
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Day),
            1 => Some(Self::Night1),
            2 => Some(Self::Night2),
            _ => None,
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
