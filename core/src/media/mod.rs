//! What two parties of a call agree on for their media (RFC 3264). The descriptions themselves go from one to the other, less
//! keys that must not; this knows what was offered, by whom, whether policy lets it be agreed on, and what became of it.
//! What a telephone offers and answers itself is [`sound`].

pub mod change;
pub mod codecs;
pub mod direction;
pub mod judge;
pub mod keys;
pub mod passage;
pub mod path;
pub mod place;
pub mod relay;
pub mod sound;
pub mod srtp;
pub mod standby;
pub mod summary;

#[cfg(test)]
mod change_tests;
#[cfg(test)]
mod change_walk;
#[cfg(test)]
mod codecs_tests;
#[cfg(test)]
mod judge_tests;
#[cfg(test)]
mod passage_tests;
#[cfg(test)]
mod required_walk;

pub use change::{Change, Side};
pub use codecs::Codecs;
pub use direction::Limits;
pub use judge::{Pass, Refused, Terms};
pub use keys::Marks;
pub use passage::{Body, Passage};
pub use path::{Path, Why};
pub use place::{Place, Places};
pub use relay::Relayed;
pub use sound::{Ability, Codec, Keys, Sound};
pub use srtp::Srtp;
pub use summary::{Described, Summary};
