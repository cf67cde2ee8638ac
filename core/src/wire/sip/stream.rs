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
            match self.state {
                State::Between => match rest {
                    [b'\r', b'\n', b'\r', b'\n', ..] => {
                        self.taken = self.taken.saturating_add(4);
                        return Some(Piece::Ping);
                    }
                    // What follows tells which of the two it is.
                    [] | [b'\r'] | [b'\r', b'\n'] | [b'\r', b'\n', b'\r'] => return None,
                    [b'\r', b'\n', ..] => self.taken = self.taken.saturating_add(2),
                    [b'\r' | b'\n', ..] => return self.last(1),
                    _ => self.state = State::Head { seen: 0 },
                },
                State::Head { seen } => match head(rest, seen) {
                    Some(head) => {
                        let Some(body) = rest.get(..head).and_then(body_length) else {
                            return self.last(head);
                        };
                        let all = usize::try_from(body).ok().and_then(|body| body.checked_add(head));
                        match all.filter(|all| *all <= self.buffer.len()) {
                            Some(all) => self.state = State::Body { all },
                            None => return self.last(head),
                        }
                    }
                    None if rest.len() == self.buffer.len() => return self.last(rest.len()),
                    None => {
                        self.state = State::Head { seen: rest.len() };
                        return None;
                    }
                },
                State::Body { all } if rest.len() < all => return None,
                State::Body { all } => {
                    let from = self.taken;
                    self.taken = from.saturating_add(all);
                    self.state = State::Between;
                    return self.buffer.get(from..self.taken).map(Piece::Message);
                }
                State::Over => return None,
            }
        }
    }

    fn last(&mut self, octets: usize) -> Option<Piece<'_>> {
        self.state = State::Over;
        let end = self.taken.saturating_add(octets);
        self.buffer.get(self.taken..end).map(Piece::Last)
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
