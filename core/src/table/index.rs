//! A hash index over the caller's slice: open addressing, deletion by shifting back, no tombstones.
//!
//! The hash comes from the caller and must be seeded when keys come from a network.

/// One place: part of the hash, and the value plus one (0 is empty).
#[derive(Clone, Copy, Debug, Default)]
pub struct Entry {
    hash: u32,
    value: u32,
}

impl Entry {
    /// An empty place.
    pub const EMPTY: Self = Self { hash: 0, value: 0 };
}

/// Maps hashes to small numbers (slot indices). Expected constant work while at most three quarters full.
#[derive(Debug)]
pub struct Index<'m> {
    entries: &'m mut [Entry],
    used: usize,
}

impl<'m> Index<'m> {
    /// An empty index. Give it a third more places than entries will be in use.
    pub fn new(entries: &'m mut [Entry]) -> Self {
        entries.iter_mut().for_each(|entry| *entry = Entry::default());
        Self { entries, used: 0 }
    }

    /// The first value stored under this hash that `matches` accepts.
    pub fn find(&self, hash: u64, mut matches: impl FnMut(u32) -> bool) -> Option<u32> {
        let short = fold(hash);
        let mut at = self.home(short);
        for _ in 0..self.entries.len() {
            let entry = self.entries.get(at)?;
            let value = entry.value.checked_sub(1)?;
            if entry.hash == short && matches(value) {
                return Some(value);
            }
            at = self.after(at);
        }
        None
    }

    /// Stores `value` under `hash`; false if the index is full.
    #[must_use]
    pub fn insert(&mut self, hash: u64, value: u32) -> bool {
        // One place stays empty, so that every search ends.
        if self.used.saturating_add(1) >= self.entries.len() {
            return false;
        }
        let short = fold(hash);
        let mut at = self.home(short);
        while self.entries.get(at).is_some_and(|entry| entry.value != 0) {
            at = self.after(at);
        }
        if let Some(entry) = self.entries.get_mut(at) {
            *entry = Entry { hash: short, value: value.saturating_add(1) };
            self.used = self.used.saturating_add(1);
        }
        true
    }

    /// Takes `value` under `hash` out, if it is there.
    pub fn remove(&mut self, hash: u64, value: u32) {
        let short = fold(hash);
        let wanted = value.saturating_add(1);
        let mut at = self.home(short);
        loop {
            let Some(entry) = self.entries.get(at) else { return };
            if entry.value == 0 {
                return;
            }
            if entry.value == wanted && entry.hash == short {
                break;
            }
            at = self.after(at);
        }
        self.used = self.used.saturating_sub(1);
        self.close_gap(at);
    }

    /// The same index over other entries, as many as these.
    pub(crate) fn fork<'n>(&self, entries: &'n mut [Entry]) -> Index<'n> {
        entries.iter_mut().zip(self.entries.iter()).for_each(|(to, from)| *to = *from);
        Index { entries, used: self.used }
    }

    /// The caller's entries, given back.
    pub(crate) const fn into_entries(self) -> &'m mut [Entry] {
        self.entries
    }

    /// Moves later entries of the same run back, so that none is cut off from its home by the gap.
    fn close_gap(&mut self, mut gap: usize) {
        let mut at = gap;
        loop {
            at = self.after(at);
            let Some(entry) = self.entries.get(at).copied() else { break };
            if entry.value == 0 {
                break;
            }
            let home = self.home(entry.hash);
            if self.distance(home, gap) < self.distance(home, at) {
                if let Some(slot) = self.entries.get_mut(gap) {
                    *slot = entry;
                }
                gap = at;
            }
        }
        if let Some(slot) = self.entries.get_mut(gap) {
            *slot = Entry::default();
        }
    }

    fn home(&self, short: u32) -> usize {
        let len = u64::try_from(self.entries.len()).unwrap_or(0);
        usize::try_from(u64::from(short).wrapping_mul(len) >> 32).unwrap_or(0)
    }

    fn after(&self, at: usize) -> usize {
        let next = at.saturating_add(1);
        if next >= self.entries.len() { 0 } else { next }
    }

    /// Steps from `from` to `to` going forward.
    fn distance(&self, from: usize, to: usize) -> usize {
        if to >= from {
            to.saturating_sub(from)
        } else {
            to.saturating_add(self.entries.len()).saturating_sub(from)
        }
    }
}

const fn fold(hash: u64) -> u32 {
    (hash ^ hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_a_plain_list_under_random_use() {
        let mut entries = [Entry::default(); 64];
        let mut index = Index::new(&mut entries);
        let mut model: std::vec::Vec<(u64, u32)> = std::vec::Vec::new();
        let mut x = 0x9E37_79B9_7F4A_7C15u64;
        for step in 0..20_000u32 {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            // Few distinct hashes, so that runs collide and wrap.
            let hash = (x % 12).wrapping_mul(0x1357_9BDF_0246_8ACE);
            if x & 0x100 != 0 && model.len() < 48 {
                assert!(index.insert(hash, step));
                model.push((hash, step));
            } else if !model.is_empty() {
                let (hash, value) = model.swap_remove((x >> 20) as usize % model.len());
                index.remove(hash, value);
                assert_eq!(index.find(hash, |v| v == value), None);
            }
            for &(hash, value) in &model {
                assert_eq!(index.find(hash, |v| v == value), Some(value));
            }
        }
    }

    #[test]
    fn refuses_when_full_and_always_ends() {
        let mut entries = [Entry::default(); 4];
        let mut index = Index::new(&mut entries);
        assert!(index.insert(1, 1) && index.insert(1, 2) && index.insert(1, 3));
        assert!(!index.insert(1, 4));
        assert_eq!(index.find(1, |v| v == 9), None);
    }
}
