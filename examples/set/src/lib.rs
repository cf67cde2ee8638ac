//! A simulated set: a telephone without a mind, for tests and demonstrations of a controller.
//!
//! It is written from `docs/set-protocol.md` alone and shares no code with the controller, so that where the two understand
//! that document differently, they do not understand each other and somebody notices. Comments name its sections. Where it
//! leaves a choice, this set is strict with what it is sent and does the plainest thing itself.
//!
//! [`Set`] is one set; whoever has one calls [`Set::poll`] again and again, which is also what its heart beats by. Its sound
//! has a thread of its own. [`frames`] writes and reads the frames of both directions, for who plays the controller.

pub mod actuations;
pub mod face;
pub mod frames;
pub mod link;
mod octets;
pub mod options;
pub mod rtp;
pub mod script;
mod set;
pub mod sound;
pub mod talk;
pub mod terminal;
pub mod words;

pub use face::Face;
pub use options::{Options, Tls};
pub use set::{News, Set};
pub use sound::Counts;
pub use words::Key;

/// A number by chance: good enough for what must differ, like sources of RTP, and for no secret.
fn chance() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}
