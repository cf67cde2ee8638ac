//! Messages in a stream of octets: TCP and TLS (RFC 3261 18.3, keep-alives RFC 5626 4.4.1).
//!
//! ```text
//!  Between --CRLF CRLF: Ping--> Between
//!  Between --CRLF--> Between
//!  Between --anything else--> Head
//!  Head    --CRLF CRLF, one length--> Body
//!  Head    --CRLF CRLF, no length or several: Last--> Over
//!  Body    --all of it: Message--> Between
//!  any     --no room for what is missing: Last--> Over
//! ```
//! Where a message ends is read by the same reader that reads the message, so both see the same lines. What one program would end
//! here and another there is never gone past: the connection is over.

use super::message::Message;
use super::{Bad, Name};
use crate::wire::scan::decimal;

/// What has come, over the caller's buffer, which is as long as the longest message that is taken. No octet is looked at twice but
/// those of a head: once for its end and once for its length.
#[derive(Debug)]
pub struct Stream<'m> {
    buffer: &'m mut [u8],
    /// Octets before this are taken.
    taken: usize,
    /// Octets from here on have not come.
    filled: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Between,
    /// No end of the head in the first `seen` octets behind `taken`.
    Head {
        seen: usize,
    },
    /// The message is `all` octets long.
    Body {
        all: usize,
    },
    Over,
}

/// What is next in a stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Piece<'a> {
    /// A message, all of it.
    Message(&'a [u8]),
    /// A keep-alive: answer CRLF.
    Ping,
    /// A message of which nobody can tell where it ends, or too long: have it answered as a message, then close. Nothing comes
    /// behind it.
    Last(&'a [u8]),
}

impl<'m> Stream<'m> {
    /// A stream of which nothing has come.
    pub const fn new(buffer: &'m mut [u8]) -> Self {
        Self { buffer, taken: 0, filled: 0, state: State::Between }
    }

    /// Room for what comes; empty only while there are pieces to take, and at the end.
    pub fn room(&mut self) -> &mut [u8] {
        if self.state == State::Over {
            return &mut [];
        }
        if self.taken > 0 {
            self.buffer.copy_within(self.taken..self.filled, 0);
            self.filled = self.filled.saturating_sub(self.taken);
            self.taken = 0;
        }
        self.buffer.get_mut(self.filled..).unwrap_or_default()
    }

    /// So many octets have come into the [`room`](Self::room); more than it has are not believed.
    pub fn came(&mut self, octets: usize) {
        self.filled = self.filled.saturating_add(octets).min(self.buffer.len());
    }

    /// Whether a message has begun to come, and not all of it is there.
    #[must_use]
    pub fn is_amid(&self) -> bool {
        self.filled > self.taken && self.state != State::Over
    }

    /// The next piece that is all there; `None`: more must come first.
    pub fn take(&mut self) -> Option<Piece<'_>> {
        loop {
            let rest = self.buffer.get(self.taken..self.filled).unwrap_or_default();
            let from = self.taken;
            let (kind, octets) = match self.state.step(rest, self.buffer.len()) {
                Step::Await(state) => {
                    self.state = state;
                    return None;
                }
                Step::Skip(octets) => {
                    self.taken = from.saturating_add(octets);
                    continue;
                }
                Step::Piece(kind, octets) => (kind, octets),
            };
            let end = from.saturating_add(octets);
            if kind != PieceKind::Last {
                self.taken = end;
            }
            self.state = if kind == PieceKind::Last { State::Over } else { State::Between };
            return self.buffer.get(from..end).map(|octets| match kind {
                PieceKind::Message => Piece::Message(octets),
                PieceKind::Ping => Piece::Ping,
                PieceKind::Last => Piece::Last(octets),
            });
        }
    }
}

/// What kind of [`Piece`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PieceKind {
    /// [`Piece::Message`].
    Message,
    /// [`Piece::Ping`].
    Ping,
    /// [`Piece::Last`].
    Last,
}

/// What octets of a stream begin with: so many to skip, then a piece of such a kind and length. `None`: not all of it is there.
///
/// For who keeps what has come by other means than a [`Stream`]. `longest` is the longest message that is taken, 4 or more; behind two
/// octets more (an empty line before it) there is always a piece. Cost: linear in the octets, each time.
#[must_use]
pub fn first_piece(octets: &[u8], longest: usize) -> Option<(usize, PieceKind, usize)> {
    let mut skipped = 0usize;
    loop {
        let rest = octets.get(skipped..)?;
        match State::Between.step(rest.get(..longest).unwrap_or(rest), longest) {
            Step::Await(_) => return None,
            Step::Skip(some) => skipped = skipped.saturating_add(some),
            Step::Piece(kind, length) => return Some((skipped, kind, length)),
        }
    }
}

/// What is next.
enum Step {
    /// Nothing before more has come.
    Await(State),
    /// So many octets are nothing.
    Skip(usize),
    /// So many octets are a piece.
    Piece(PieceKind, usize),
}

impl State {
    /// What octets are, the first of which are not taken, where the longest message is so long.
    fn step(self, rest: &[u8], longest: usize) -> Step {
        match self {
            Self::Between => match rest {
                [b'\r', b'\n', b'\r', b'\n', ..] => Step::Piece(PieceKind::Ping, 4),
                // What follows tells which of the two it is.
                [] | [b'\r'] | [b'\r', b'\n'] | [b'\r', b'\n', b'\r'] => Step::Await(self),
                [b'\r', b'\n', ..] => Step::Skip(2),
                [b'\r' | b'\n', ..] => Step::Piece(PieceKind::Last, 1),
                _ => Self::Head { seen: 0 }.step(rest, longest),
            },
            Self::Head { seen } => match head(rest, seen) {
                Some(head) => {
                    let body = rest.get(..head).and_then(body_length);
                    let all = body.and_then(|body| usize::try_from(body).ok()?.checked_add(head));
                    match all.filter(|all| *all <= longest) {
                        Some(all) => Self::Body { all }.step(rest, longest),
                        None => Step::Piece(PieceKind::Last, head),
                    }
                }
                None if rest.len() >= longest => Step::Piece(PieceKind::Last, rest.len()),
                None => Step::Await(Self::Head { seen: rest.len() }),
            },
            Self::Body { all } if rest.len() < all => Step::Await(self),
            Self::Body { all } => Step::Piece(PieceKind::Message, all),
            Self::Over => Step::Await(self),
        }
    }
}

/// Octets up to behind the first empty line; the first `seen` have none.
fn head(octets: &[u8], seen: usize) -> Option<usize> {
    let mut from = seen.saturating_sub(3);
    loop {
        let at = octets.get(from..)?.iter().position(|octet| *octet == b'\n')?;
        from = from.saturating_add(at).saturating_add(1);
        if octets.get(..from)?.ends_with(b"\r\n\r\n") {
            return Some(from);
        }
    }
}

/// Octets of body behind a head, if everybody reads the same number there.
fn body_length(head: &[u8]) -> Option<u32> {
    let mut before = 0;
    for octet in head {
        if (*octet == b'\n') != (before == b'\r') {
            return None;
        }
        before = *octet;
    }
    let mut message = Message::new();
    message.read_head(head)?;
    let mut lengths = message.lines.iter().filter(|line| line.name == Name::ContentLength);
    let first = lengths.next()?;
    let value = message.value(first);
    let same = lengths.all(|line| message.value(line) == value);
    let tight = message.lines.iter().filter(|line| line.name == Name::ContentLength).all(|line| {
        let behind = usize::from(line.name_at).saturating_add(usize::from(line.name_length));
        head.get(behind) == Some(&b':')
    });
    let number: Result<u32, Bad> = decimal(value);
    number.ok().filter(|_| same && tight)
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
