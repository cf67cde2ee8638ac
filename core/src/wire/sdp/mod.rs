//! The SDP codec (RFC 8866): a session description becomes a [`Session`] of typed slices.
//!
//! One pass finds the sections and types what every negotiation asks for. Attributes stay where they are and are
//! read when media asks: [`Media::attributes`], [`RtpMap::parse`], [`Crypto::parse`].
//!
//! Liberal, as real devices are: lines may end in LF alone, the last line in nothing, blank lines may follow, `t=`
//! may be missing, optional lines may come in any order. Strict: `v=0` first, `o=` and `s=` once and before the
//! first `m=`, no control characters but tab, no line type RFC 8866 does not have (its section 5 demands that),
//! numbers within bounds, addresses of the family they claim.

mod attribute;
mod session;

#[cfg(test)]
mod tests;

pub use super::scan::Bad;
pub use attribute::{Attributes, Crypto, Fmtp, RtpMap, rtcp_port};
pub use session::{Connection, Direction, Kind, Media, Origin, Proto, Session};

/// Media sections kept of a description; further ones are counted in [`Session::extra_media`].
pub const MAX_MEDIA: usize = 8;
