//! The SIP codec (RFC 3261 7, 18.3, 20, 25): a datagram becomes a [`Message`] of typed slices.
//!
//! [`Message::emit`] writes what was read in one form, in which nothing of that is left.
//!
//! One pass finds the lines and types the headers an engine needs; everything else stays a slice, to be read on
//! demand with [`values`], [`Address::parse`], [`Uri::parse`] and their like. Nothing is copied or unescaped.
//!
//! Read strictly, because what two programs read differently is where calls are smuggled through:
//!
//! - lines end in CRLF; a CR or LF alone, or another control character but tab in a header line, is refused,
//! - white space between a header's name and its colon is refused, though RFC 3261 7.3.1 lets it pass,
//! - a header that decides something and is no list (From, To, Call-ID, CSeq, Max-Forwards, Content-Length, Content-Type, Expires,
//!   Refer-To, Replaces and the like) may be repeated only with the same value,
//! - the version is `2.0`, not `2.00`; a Request-URI has no headers,
//! - known parameters that decide something (tag, branch, received, digest fields) stand at most once,
//! - numbers are bounded where the RFC bounds them, and nothing wraps.
//!
//! Read liberally, because real devices send it and nothing is decided by it: folded header lines (RFC 3261 7.3.1),
//! `#` in a user part, `_` in a host name, bytes above 0x7F in an unquoted display name, any of `/=@&$#?^` in an
//! unquoted parameter value, a status line without reason and without its space.

mod address;
mod digest;
pub mod dtmf;
mod emit;
mod header;
mod message;
mod read;
mod small;
mod stream;
mod uri;
mod via;

#[cfg(test)]
mod tests;

pub use super::scan::Bad;
pub use address::{Address, Contacts, Params};
pub use digest::{Challenge, Credentials};
pub use header::{Line, Name, Values, values};
pub use message::{Malformed, Message, Start};
pub use small::{CSeq, Method, RAck, Refresher, Replaces, SessionExpires};
pub use stream::{Piece, PieceKind, Stream, first_piece};
pub use uri::{Host, Scheme, Uri, unescape};
pub(super) use uri::{ipv6, named};
pub use via::{Transport, Via};

/// Header lines kept of a message; one with more is refused with 513.
pub const MAX_LINES: usize = 64;
/// Contacts kept of a message; further ones are counted in [`Contacts::more`].
pub const MAX_CONTACTS: usize = 8;
/// Digest credentials, and challenges, kept of a message; further ones are checked and dropped.
pub const MAX_DIGESTS: usize = 4;
/// Longest Request-URI; a longer one is refused with 414. No telephone sends a tenth of it.
pub const MAX_URI: usize = 1024;
/// Longest message, so that offsets fit 16 bits; a longer one is refused with 513. UDP cannot carry it.
pub const MAX_MESSAGE: usize = 65535;
