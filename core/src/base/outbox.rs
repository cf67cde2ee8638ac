//! A bounded queue of outputs over the caller's memory: room is reserved first, then filled.

/// No room: nothing has changed; drain the outputs and call again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Full;

/// Whether time has been caught up with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "more deadlines may be due"]
pub enum Ticked {
    /// Every deadline up to now is served.
    Done,
    /// More are due: poll the outputs and call again.
    More,
}

/// A first-in first-out queue over a slice.
#[derive(Debug)]
pub struct Outbox<'m, T> {
    slots: &'m mut [Option<T>],
    head: usize,
    len: usize,
}

impl<'m, T: Copy> Outbox<'m, T> {
    /// An empty queue; its capacity is the slice's length.
    #[must_use]
    pub fn new(slots: &'m mut [Option<T>]) -> Self {
        slots.iter_mut().for_each(|slot| *slot = None);
        Self { slots, head: 0, len: 0 }
    }

    /// Free places.
    #[must_use]
    pub fn free(&self) -> usize {
        self.slots.len().saturating_sub(self.len)
    }

    /// All `n` places or none.
    ///
    /// # Errors
    /// [`Full`] if fewer than `n` are free; nothing changed.
    pub fn reserve(&mut self, n: usize) -> Result<Room<'_, 'm, T>, Full> {
        if self.free() < n { Err(Full) } else { Ok(Room { outbox: self, left: n }) }
    }

    /// The oldest output, which stays.
    #[must_use]
    pub fn peek(&self) -> Option<T> {
        if self.len == 0 { None } else { self.slots.get(self.head).copied().flatten() }
    }

    /// The oldest output, where it is.
    #[must_use]
    pub fn front(&self) -> Option<&T> {
        if self.len == 0 { None } else { self.slots.get(self.head)?.as_ref() }
    }

    /// Takes the oldest output.
    pub fn pop(&mut self) -> Option<T> {
        if self.len == 0 {
            return None;
        }
        let item = self.slots.get_mut(self.head).and_then(Option::take);
        self.head = self.next(self.head, 1);
        self.len = self.len.saturating_sub(1);
        item
    }

    /// What is queued, over other slots: enough of them for that.
    pub(crate) fn fork<'n>(&self, slots: &'n mut [Option<T>]) -> Outbox<'n, T> {
        let queued = (0..self.len).map(|nth| self.slots.get(self.next(self.head, nth)).copied().flatten());
        // What was left in a slot is nobody's: the queue ends before it.
        slots.iter_mut().zip(queued).for_each(|(to, from)| *to = from);
        Outbox { len: self.len.min(slots.len()), slots, head: 0 }
    }

    /// The caller's slots, given back.
    pub(crate) const fn into_slots(self) -> &'m mut [Option<T>] {
        self.slots
    }

    fn next(&self, from: usize, by: usize) -> usize {
        // Both are within the slots, so it goes round once at most: small processors have no division.
        let raw = from.saturating_add(by);
        raw.checked_sub(self.slots.len()).unwrap_or(raw)
    }

    fn push(&mut self, item: T) {
        let at = self.next(self.head, self.len);
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = Some(item);
            self.len = self.len.saturating_add(1);
        }
    }
}

/// Reserved places. What is not used goes back.
#[derive(Debug)]
pub struct Room<'o, 'm, T> {
    outbox: &'o mut Outbox<'m, T>,
    left: usize,
}

impl<T: Copy> Room<'_, '_, T> {
    /// Queues one output. Beyond the reserved number it is a defect of the machine: debug builds stop.
    pub fn push(&mut self, item: T) {
        debug_assert!(self.left > 0, "a machine wrote more than its MAX_OUTPUTS");
        self.left = self.left.saturating_sub(1);
        self.outbox.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_or_nothing_and_in_order() {
        let mut slots = [None; 3];
        let mut outbox = Outbox::new(&mut slots);
        let mut room = outbox.reserve(2).unwrap();
        room.push(1);
        room.push(2);
        assert!(outbox.reserve(2).is_err(), "only one place is left");
        assert_eq!(outbox.pop(), Some(1));
        outbox.reserve(2).unwrap().push(3);
        outbox.reserve(1).unwrap().push(4);
        assert_eq!(
            [outbox.pop(), outbox.pop(), outbox.pop(), outbox.pop()],
            [Some(2), Some(3), Some(4), None]
        );
    }
}
