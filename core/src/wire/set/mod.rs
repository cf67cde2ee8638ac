//! Frames of the set protocol (docs/set-protocol.md): physical events of a set up, what it is to show and sound down.
//!
//! A frame has a head of twelve octets and a body. [`Link`] is one side of a connection: it writes heads, and finds those that do not follow
//! on the one before. What cannot be read is never skipped: the connection is over.

mod down;
mod link;
mod octets;
#[cfg(test)]
mod tests;
mod up;

pub use down::{Audio, Bye, Down, How, Lamp, Reason, Ring, Send, Tone, actuations};
pub use link::{Link, Wrong};
pub use octets::Concealed;
pub use up::{CodeKind, Hello, Key, Register, Up};

/// The version that is spoken here.
pub const VERSION: u8 = 1;
/// Octets of a head.
pub const HEAD: usize = 12;
/// The longest body.
pub const MAX_BODY: usize = 1_200;
/// The longest frame.
pub const MAX_FRAME: usize = HEAD + MAX_BODY;
/// Octets of a token.
pub const TOKEN: usize = 16;
/// Octets of a master key with its salt (RFC 4568 section 6.2).
pub const SRTP_KEY: usize = 30;
/// The longest set type, in octets.
pub const MAX_TYPE: usize = 16;
/// The longest directory number.
pub const MAX_NUMBER: usize = 16;
/// The longest registration or replacement code.
pub const MAX_CODE: usize = 10;
/// The longest PIN.
pub const MAX_PIN: usize = 8;
/// The longest name, in octets.
pub const MAX_NAME: usize = 40;
/// The longest address of another element.
pub const MAX_WHERE: usize = 64;
/// The longest row of a display, in octets, and in characters.
pub const MAX_ROW: usize = 160;
/// The most characters in a row.
pub const MAX_COLUMNS: u8 = 40;
/// The fewest.
pub const MIN_COLUMNS: u8 = 16;
/// The most rows of a display.
pub const MAX_ROWS: u8 = 4;
/// The most line keys.
pub const MAX_LINES: u8 = 4;
/// Codecs that have numbers, from 0 on: PCMU, PCMA, G.722, G.729, Opus.
pub const CODECS: u8 = 5;

/// A MAC address.
pub type Mac = [u8; 6];
/// By which a set that lost its connection is known again. It is secret.
pub type Token = [u8; TOKEN];
