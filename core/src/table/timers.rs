//! The timer index: the earliest of many deadlines. A cache of deadlines that the machines' states hold.

use crate::base::Instant;

const ABSENT: u32 = u32::MAX;

/// One heap place.
#[derive(Clone, Copy, Debug, Default)]
pub struct Due {
    at: Instant,
    id: u32,
}

impl Due {
    /// An unused place.
    pub const EMPTY: Self = Self { at: Instant(0), id: 0 };
}

/// An indexed binary heap over the caller's slices: every operation is logarithmic in the deadlines set.
#[derive(Debug)]
pub struct Timers<'m> {
    heap: &'m mut [Due],
    place: &'m mut [u32],
    len: usize,
}

impl<'m> Timers<'m> {
    /// No deadlines. Both slices are as long as there are ids.
    pub fn new(heap: &'m mut [Due], place: &'m mut [u32]) -> Self {
        place.iter_mut().for_each(|place| *place = ABSENT);
        Self { heap, place, len: 0 }
    }

    /// Sets, moves or clears the deadline of `id`.
    pub fn set(&mut self, id: u32, deadline: Option<Instant>) {
        let place = self.place_of(id);
        match (place, deadline) {
            (None, None) => {}
            (None, Some(at)) => {
                let end = self.len;
                if end < self.heap.len() && usize::try_from(id).is_ok_and(|id| id < self.place.len()) {
                    self.len = end.saturating_add(1);
                    self.put(end, Due { at, id });
                    self.up(end);
                }
            }
            (Some(place), Some(at)) if self.heap.get(place).is_some_and(|due| due.at == at) => {}
            (Some(place), Some(at)) => {
                self.put(place, Due { at, id });
                self.up(place);
                if let Some(place) = self.place_of(id) {
                    self.down(place);
                }
            }
            (Some(place), None) => self.remove(place),
        }
    }

    /// The earliest deadline.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        if self.len == 0 { None } else { self.heap.first().map(|due| due.at) }
    }

    /// Takes out one id whose deadline has come.
    pub fn pop(&mut self, now: Instant) -> Option<u32> {
        let first = *self.heap.first()?;
        if self.len == 0 || first.at > now {
            return None;
        }
        self.remove(0);
        Some(first.id)
    }

    /// The deadline of `id`, for walks that compare this cache with the states it is derived from.
    #[must_use]
    pub fn get(&self, id: u32) -> Option<Instant> {
        self.heap.get(self.place_of(id)?).map(|due| due.at)
    }

    /// The same deadlines over other slices, as long as these.
    pub(crate) fn fork<'n>(&self, heap: &'n mut [Due], place: &'n mut [u32]) -> Timers<'n> {
        let set = self.heap.iter().take(self.len);
        heap.iter_mut().zip(set).for_each(|(to, from)| *to = *from);
        place.iter_mut().zip(self.place.iter()).for_each(|(to, from)| *to = *from);
        Timers { heap, place, len: self.len }
    }

    /// The caller's slices, given back.
    pub(crate) const fn into_slices(self) -> (&'m mut [Due], &'m mut [u32]) {
        (self.heap, self.place)
    }

    fn place_of(&self, id: u32) -> Option<usize> {
        let place = *self.place.get(usize::try_from(id).ok()?)?;
        if place == ABSENT { None } else { usize::try_from(place).ok() }
    }

    fn put(&mut self, at: usize, due: Due) {
        if let Some(slot) = self.heap.get_mut(at) {
            *slot = due;
        }
        let place = usize::try_from(due.id).ok().and_then(|id| self.place.get_mut(id));
        if let Some(place) = place {
            *place = u32::try_from(at).unwrap_or(ABSENT);
        }
    }

    fn remove(&mut self, at: usize) {
        let Some(gone) = self.heap.get(at).copied() else { return };
        let last = self.len.saturating_sub(1);
        let moved = self.heap.get(last).copied();
        self.len = last;
        if let Some(place) = usize::try_from(gone.id).ok().and_then(|id| self.place.get_mut(id)) {
            *place = ABSENT;
        }
        if let (true, Some(moved)) = (at != last, moved) {
            self.put(at, moved);
            self.up(at);
            if let Some(place) = self.place_of(moved.id) {
                self.down(place);
            }
        }
    }

    fn up(&mut self, mut at: usize) {
        while at > 0 {
            let parent = at.saturating_sub(1) / 2;
            let (Some(child), Some(above)) = (self.heap.get(at).copied(), self.heap.get(parent).copied())
            else {
                return;
            };
            if above.at <= child.at {
                return;
            }
            self.put(parent, child);
            self.put(at, above);
            at = parent;
        }
    }

    fn down(&mut self, mut at: usize) {
        loop {
            let left = at.saturating_mul(2).saturating_add(1);
            let right = left.saturating_add(1);
            let key = |place: usize| {
                if place < self.len { self.heap.get(place).map(|due| due.at) } else { None }
            };
            let Some(left_at) = key(left) else { return };
            let child = match key(right) {
                Some(right_at) if right_at < left_at => right,
                Some(_) | None => left,
            };
            let (Some(above), Some(below)) = (self.heap.get(at).copied(), self.heap.get(child).copied())
            else {
                return;
            };
            if above.at <= below.at {
                return;
            }
            self.put(at, below);
            self.put(child, above);
            at = child;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_a_sorted_list_under_random_use() {
        let mut heap = [Due::default(); 32];
        let mut place = [0; 32];
        let mut timers = Timers::new(&mut heap, &mut place);
        let mut model = [None; 32];
        let mut x = 88_172_645_463_325_252u64;
        for _ in 0..20_000 {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            let id = (x % 32) as u32;
            let deadline = (x & 0x1000 != 0).then_some(Instant(x >> 40));
            timers.set(id, deadline);
            model[id as usize] = deadline;
            assert_eq!(timers.next(), model.iter().flatten().min().copied());
            assert_eq!(timers.get(id), deadline);
            if x & 0x7000 == 0 {
                let now = Instant(x >> 41);
                while let Some(id) = timers.pop(now) {
                    assert!(model[id as usize].take().unwrap() <= now);
                }
                assert!(model.iter().flatten().all(|at| *at > now));
            }
        }
    }
}
