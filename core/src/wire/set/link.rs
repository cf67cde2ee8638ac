//! One side of a connection: heads that follow on each other.

use super::{HEAD, MAX_BODY, MAX_FRAME};
use crate::wire::write::{Buffer, Sink};

/// Why a frame is not taken: the connection is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wrong {
    /// It cannot be read.
    Unreadable,
    /// It does not follow on the one before, or acknowledges what was not sent.
    Sequence,
}

/// Numbers of one side.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Link {
    /// The last frame written.
    sent: u32,
    /// The last frame taken.
    taken: u32,
    /// The last that the other side has taken.
    acknowledged: u32,
}

impl Link {
    /// Nothing was said.
    #[must_use]
    pub const fn new() -> Self {
        Self { sent: 0, taken: 0, acknowledged: 0 }
    }

    /// Frames that the other side has not acknowledged.
    #[must_use]
    pub const fn unacknowledged(&self) -> u32 {
        self.sent.saturating_sub(self.acknowledged)
    }

    /// How many octets the frame has that stands at the front of these; `None`: not all of its head is there.
    ///
    /// # Errors
    /// [`Wrong`]: it is too long, or its octet 3 is not 0.
    pub fn length(octets: &[u8]) -> Result<Option<usize>, Wrong> {
        let Some((head, _)) = octets.split_first_chunk::<HEAD>() else { return Ok(None) };
        let [a, b, _, zero, ..] = *head;
        let length = usize::from(u16::from_be_bytes([a, b]));
        if zero != 0 || length > MAX_BODY {
            Err(Wrong::Unreadable)
        } else {
            Ok(Some(HEAD.saturating_add(length)))
        }
    }

    /// Takes a frame: its kind and body.
    ///
    /// # Errors
    /// [`Wrong`]; nothing has changed.
    pub fn take<'a>(&mut self, frame: &'a [u8]) -> Result<(u8, &'a [u8]), Wrong> {
        let (head, body) = frame.split_first_chunk::<HEAD>().ok_or(Wrong::Unreadable)?;
        let [a, b, kind, zero, s0, s1, s2, s3, k0, k1, k2, k3] = *head;
        if usize::from(u16::from_be_bytes([a, b])) != body.len() || zero != 0 || body.len() > MAX_BODY {
            return Err(Wrong::Unreadable);
        }
        let sequence = u32::from_be_bytes([s0, s1, s2, s3]);
        let acknowledged = u32::from_be_bytes([k0, k1, k2, k3]);
        let follows = self.taken.checked_add(1) == Some(sequence);
        if !follows || acknowledged > self.sent || acknowledged < self.acknowledged {
            return Err(Wrong::Sequence);
        }
        (self.taken, self.acknowledged) = (sequence, acknowledged);
        Ok((kind, body))
    }

    /// Writes a frame to the front of a buffer; how long it is. `None`, and nothing has changed, if its body is too long.
    pub fn write(
        &mut self,
        out: &mut [u8; MAX_FRAME],
        kind: u8,
        body: impl FnOnce(&mut Buffer<'_>),
    ) -> Option<usize> {
        let (head, room) = out.split_first_chunk_mut::<HEAD>()?;
        let mut written = Buffer::new(room);
        body(&mut written);
        let length = written.finish().ok()?;
        let sequence = self.sent.checked_add(1)?;
        let mut front = Buffer::new(head);
        front.put(&u16::try_from(length).ok()?.to_be_bytes());
        front.put(&[kind, 0]);
        front.put(&sequence.to_be_bytes());
        front.put(&self.taken.to_be_bytes());
        self.sent = sequence;
        Some(HEAD.saturating_add(length))
    }
}
