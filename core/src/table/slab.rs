//! A table of slots handed out and taken back, each use with a new generation.

use crate::base::Handle;

const END: u32 = u32::MAX;

/// One place of a [`Slab`].
#[derive(Clone, Debug)]
pub struct Slot<T> {
    generation: u32,
    next_free: u32,
    value: Option<T>,
}

impl<T> Slot<T> {
    /// A place never used.
    pub const EMPTY: Self = Self { generation: 0, next_free: END, value: None };
}

/// A slab over the caller's slots. Every operation is constant work.
#[derive(Debug)]
pub struct Slab<'m, T> {
    slots: &'m mut [Slot<T>],
    free_head: u32,
    used: u32,
    instance: u16,
}

impl<'m, T> Slab<'m, T> {
    /// An empty table; `instance` goes into every handle. At most 2^24 slots are used.
    pub fn new(slots: &'m mut [Slot<T>], instance: u16) -> Self {
        let count = slots.len().min(1 << 24);
        for (next, slot) in (1u32..).zip(slots.iter_mut().take(count)) {
            let last = usize::try_from(next).is_ok_and(|n| n >= count);
            *slot = Slot { next_free: if last { END } else { next }, ..Slot::EMPTY };
        }
        Self { slots, free_head: if count == 0 { END } else { 0 }, used: 0, instance }
    }

    /// How many are in use.
    #[must_use]
    pub const fn used(&self) -> u32 {
        self.used
    }

    /// How many there is room for in all.
    #[must_use]
    pub fn capacity(&self) -> u32 {
        u32::try_from(self.slots.len().min(1 << 24)).unwrap_or(u32::MAX)
    }

    /// How many could still be put in.
    #[must_use]
    pub fn free(&self) -> u32 {
        self.capacity().saturating_sub(self.used)
    }

    /// Puts a value into a free slot, or gives it back if there is none.
    ///
    /// # Errors
    /// The value itself, when the table is full.
    pub fn insert(&mut self, value: T) -> Result<Handle, T> {
        let index = self.free_head;
        let slot = usize::try_from(index).ok().and_then(|at| self.slots.get_mut(at));
        let Some(slot) = slot else { return Err(value) };
        self.free_head = slot.next_free;
        slot.generation = slot.generation.wrapping_add(1) & 0xFF_FFFF;
        slot.value = Some(value);
        self.used = self.used.saturating_add(1);
        Ok(Handle::new(index, slot.generation, self.instance))
    }

    /// Takes the value out; later uses of the handle find nothing.
    pub fn remove(&mut self, handle: Handle) -> Option<T> {
        let free_head = self.free_head;
        let slot = self.slot_mut(handle)?;
        let value = slot.value.take()?;
        slot.next_free = free_head;
        self.free_head = handle.index();
        self.used = self.used.saturating_sub(1);
        Some(value)
    }

    /// The value, unless the handle is stale or another engine's.
    #[must_use]
    pub fn get(&self, handle: Handle) -> Option<&T> {
        let slot = self.slots.get(usize::try_from(handle.index()).ok()?)?;
        if slot.generation == handle.generation() && self.instance == handle.instance() {
            slot.value.as_ref()
        } else {
            None
        }
    }

    /// The value, to change.
    pub fn get_mut(&mut self, handle: Handle) -> Option<&mut T> {
        self.slot_mut(handle)?.value.as_mut()
    }

    /// The handle now valid for a slot in use.
    #[must_use]
    pub fn handle_at(&self, index: u32) -> Option<Handle> {
        let slot = self.slots.get(usize::try_from(index).ok()?)?;
        slot.value.as_ref().map(|_| Handle::new(index, slot.generation, self.instance))
    }

    /// Every slot in use, in order of index. Work: the table's size; not for a call's path.
    pub fn iter(&self) -> impl Iterator<Item = (Handle, &T)> {
        let instance = self.instance;
        (0u32..).zip(self.slots.iter()).filter_map(move |(index, slot)| {
            slot.value.as_ref().map(|value| (Handle::new(index, slot.generation, instance), value))
        })
    }

    /// The same, to change.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.slots.iter_mut().filter_map(|slot| slot.value.as_mut())
    }

    /// The same table over other slots, as many as these.
    pub(crate) fn fork<'n>(&self, slots: &'n mut [Slot<T>]) -> Slab<'n, T>
    where
        T: Clone,
    {
        for (to, from) in slots.iter_mut().zip(self.slots.iter()) {
            (to.generation, to.next_free) = (from.generation, from.next_free);
            // Most slots are free, and their values are large.
            if from.value.is_some() || to.value.is_some() {
                to.value.clone_from(&from.value);
            }
        }
        Slab { slots, free_head: self.free_head, used: self.used, instance: self.instance }
    }

    /// The caller's slots, given back.
    pub(crate) const fn into_slots(self) -> &'m mut [Slot<T>] {
        self.slots
    }

    fn slot_mut(&mut self, handle: Handle) -> Option<&mut Slot<T>> {
        let instance = self.instance;
        let slot = self.slots.get_mut(usize::try_from(handle.index()).ok()?)?;
        (slot.generation == handle.generation() && instance == handle.instance()).then_some(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_and_foreign_handles_find_nothing() {
        let mut ours = [const { Slot::EMPTY }; 2];
        let mut theirs = [const { Slot::EMPTY }; 2];
        let mut a = Slab::new(&mut ours, 1);
        let mut b = Slab::new(&mut theirs, 2);
        let first = a.insert("first").unwrap();
        let other = b.insert("other").unwrap();
        assert_eq!(a.get(other), None, "an engine refuses another's handle");
        assert_eq!(a.remove(first), Some("first"));
        let second = a.insert("second").unwrap();
        assert_eq!(second.index(), first.index());
        assert_eq!(a.get(first), None, "the slot was given out again");
        assert_eq!(a.get(Handle::NONE), None);
        a.insert("third").unwrap();
        assert_eq!(a.insert("fourth"), Err("fourth"));
        assert_eq!((a.used(), a.free()), (2, 0));
    }
}
