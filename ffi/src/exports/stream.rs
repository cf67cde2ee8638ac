//! Messages in a stream.

use crate::guard::{self, Place, bytes};
use crate::status::{stw_status, stw_status_number};
use crate::types::{stw_piece, stw_piece_kind};
use strowger::wire::sip::{PieceKind, first_piece};
use stw_status_number::{STW_EMPTY, STW_ERR_ARGUMENT, STW_OK};

/// What has come over TCP or TLS and was not taken yet: where the first message in it ends (RFC 3261 section 18.3).
///
/// Keep what comes in a buffer of `longest` bytes, the longest message that is taken, and two more for an empty line before it, and ask after
/// each reading. STW_OK: `out` has the first
/// piece; drop `skip` bytes, take `length`, and ask again. STW_EMPTY: it is not all there, read more. What a piece is says its kind
/// (stw_piece_kind): a message goes to stw_exchange_receive or stw_phone_receive, with the stream's address as source. Belongs to no engine,
/// keeps nothing. Errors: STW_ERR_ARGUMENT, also for a `longest` under 4. Cost: linear in `len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_stream_piece(
    came: *const u8,
    len: usize,
    longest: usize,
    out: *mut stw_piece,
) -> stw_status {
    guard::call(|| {
        // SAFETY: convention 4 of the header.
        let (came, out) = unsafe { (bytes(came, len)?, Place::new(out)?) };
        if longest < 4 {
            return Err(STW_ERR_ARGUMENT);
        }
        let Some((skip, kind, length)) = first_piece(came, longest) else { return Ok(STW_EMPTY) };
        let kind = match kind {
            PieceKind::Message => stw_piece_kind::STW_PIECE_MESSAGE,
            PieceKind::Ping => stw_piece_kind::STW_PIECE_PING,
            PieceKind::Last => stw_piece_kind::STW_PIECE_LAST,
        };
        let wide = |octets| u64::try_from(octets).unwrap_or(u64::MAX);
        out.write(stw_piece { kind: kind as u32, reserved: 0, skip: wide(skip), length: wide(length) });
        Ok(STW_OK)
    })
}
