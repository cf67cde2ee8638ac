//! What is asked of no call: a decision's way, a stream's pieces.

/// A choice of a route list that was passed over.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct stw_skipped {
    /// The number of the route.
    pub route: u32,
    /// Why: one of stw_rule.
    pub rule: u32,
}

/// What a piece of a stream is.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum stw_piece_kind {
    /// A message, all of it.
    STW_PIECE_MESSAGE = 1,
    /// A keep-alive (RFC 5626 section 4.4.1): answer CR LF.
    STW_PIECE_PING = 2,
    /// Nobody can tell where this ends, or it is too long: have it answered as a message is, then close the connection. Nothing behind it counts.
    STW_PIECE_LAST = 3,
}

/// The first piece of what has come over a stream.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct stw_piece {
    /// One of stw_piece_kind.
    pub kind: u32,
    /// 0.
    pub reserved: u32,
    /// So many bytes before it are nothing.
    pub skip: u64,
    /// Its bytes.
    pub length: u64,
}
