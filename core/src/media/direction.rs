//! Who may send: what the direction of an offer leaves to its answer (R92, RFC 3264 section 6.1).

use super::summary::Stream;
use crate::wire::sdp::Direction;

/// What answers may not say, two bits a stream: bit 0 that they send, bit 1 that they receive.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Limits(u16);

impl Limits {
    /// An answer may say what it likes.
    pub const NONE: Self = Self(0);

    /// Of the answer to these streams.
    pub(super) fn of(offered: &[Stream]) -> Self {
        let limits = |bits: u16, stream: &Stream| {
            bits.wrapping_shl(2) | (!answering(stream.direction) & (SENDS | RECEIVES))
        };
        Self(offered.iter().rev().fold(0, limits))
    }

    /// What becomes of what an answer says of a stream.
    #[must_use]
    pub fn narrowed(self, stream: usize, said: Direction) -> Direction {
        let at = u32::try_from(stream.saturating_mul(2)).unwrap_or(u32::MAX);
        let denied = self.0.checked_shr(at).unwrap_or(0);
        match (ways(said) & !denied & SENDS != 0, ways(said) & !denied & RECEIVES != 0) {
            (true, true) => Direction::SendRecv,
            (true, false) => Direction::SendOnly,
            (false, true) => Direction::RecvOnly,
            (false, false) => Direction::Inactive,
        }
    }
}

/// What a line says, without its end; `None`: it is about something else, or not whole.
pub(super) fn said(line: &[u8]) -> Option<Direction> {
    ALL.into_iter().find(|direction| line.strip_prefix(BEGIN) == Some(direction.as_bytes()))
}

/// Whether more of a line could make it one that says a direction.
pub(super) fn may_say(begun: &[u8]) -> bool {
    BEGIN.starts_with(begun)
        || begun
            .strip_prefix(BEGIN)
            .is_some_and(|name| ALL.iter().any(|one| one.as_bytes().starts_with(name)))
}

/// How such a line begins.
pub(super) const BEGIN: &[u8] = b"a=";
const ALL: [Direction; 4] =
    [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive];

const SENDS: u16 = 1;
const RECEIVES: u16 = 2;

const fn ways(direction: Direction) -> u16 {
    match direction {
        Direction::SendRecv => SENDS | RECEIVES,
        Direction::SendOnly => SENDS,
        Direction::RecvOnly => RECEIVES,
        Direction::Inactive => 0,
    }
}

/// The most that an answer may say: who receives is sent to.
const fn answering(offer: Direction) -> u16 {
    match offer {
        Direction::SendRecv => SENDS | RECEIVES,
        Direction::SendOnly => RECEIVES,
        Direction::RecvOnly => SENDS,
        Direction::Inactive => 0,
    }
}
