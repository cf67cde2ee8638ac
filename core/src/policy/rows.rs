//! The rows of the image. Indices are row numbers; "plus one, 0 is none" where a reference may be absent.

mod classes;
mod digits;
mod parties;
mod routing;
mod settings;

pub use classes::*;
pub use digits::*;
pub use parties::*;
pub use routing::*;
pub use settings::*;

/// The section of texts.
pub const SECTION_TEXTS: u16 = 20;
/// The section that is the emergency block: an image of its own, see [`super::image`].
pub const SECTION_EMERGENCY: u16 = 36;
/// One more than the highest section number.
pub const SECTIONS: usize = 47;
