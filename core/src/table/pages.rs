//! Texts that outlive an event, in chains of 256-byte pages with a count of users.

use crate::base::write::Sink;

const END: u32 = u32::MAX;
const ROOM: usize = 248;

/// 256 bytes of the caller's memory.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    next: u32,
    users: u32,
    bytes: [u8; ROOM],
}

impl Page {
    /// A page never used.
    pub const EMPTY: Self = Self { next: END, users: 0, bytes: [0; ROOM] };
}

/// A stored text: where it begins and how long it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Text {
    head: u32,
    len: u32,
}

impl Text {
    /// No text.
    pub const EMPTY: Self = Self { head: END, len: 0 };

    /// Octets.
    #[must_use]
    pub fn len(self) -> usize {
        usize::try_from(self.len).unwrap_or(usize::MAX)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// The pool. Work of each operation: the pages of the text it touches.
#[derive(Debug)]
pub struct Pages<'m> {
    pages: &'m mut [Page],
    free_head: u32,
    free: usize,
}

impl<'m> Pages<'m> {
    /// A pool with every page free.
    pub fn new(pages: &'m mut [Page]) -> Self {
        let count = pages.len();
        for (next, page) in (1u32..).zip(pages.iter_mut()) {
            page.next = if usize::try_from(next).is_ok_and(|n| n >= count) { END } else { next };
        }
        Self { pages, free_head: if count == 0 { END } else { 0 }, free: count }
    }

    /// Pages not in use.
    #[must_use]
    pub const fn free(&self) -> usize {
        self.free
    }

    /// Pages in all.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.pages.len()
    }

    /// Pages that a text of `len` octets takes.
    #[must_use]
    pub const fn needed(len: usize) -> usize {
        len.div_ceil(ROOM)
    }

    /// Begins a text; what is put goes straight into pages.
    pub fn writer(&mut self) -> PageWriter<'_, 'm> {
        PageWriter { pages: self, head: END, tail: END, len: 0, full: false }
    }

    /// Stores one text with one user; `None` if the pool cannot hold it.
    pub fn store(&mut self, bytes: &[u8]) -> Option<Text> {
        let mut writer = self.writer();
        writer.put(bytes);
        writer.finish()
    }

    /// One more user of a text.
    pub fn share(&mut self, text: Text) {
        if let Some(page) = self.page_mut(text.head) {
            page.users = page.users.saturating_add(1);
        }
    }

    /// One user less; the last one's leaving frees the pages.
    pub fn release(&mut self, text: Text) {
        let Some(page) = self.page_mut(text.head) else { return };
        page.users = page.users.saturating_sub(1);
        if page.users == 0 {
            self.free_chain(text.head);
        }
    }

    /// Copies a text out; `out` is at least as long as it. Returns the octets copied.
    pub fn copy(&self, text: Text, out: &mut [u8]) -> usize {
        let mut copied: usize = 0;
        for chunk in self.chunks(text, 0, text.len()) {
            let end = copied.saturating_add(chunk.len());
            // Not copy_from_slice: the optimiser does not see here that both are equally long, and keeps its panic.
            if let Some(target) = out.get_mut(copied..end) {
                target.iter_mut().zip(chunk).for_each(|(slot, byte)| *slot = *byte);
                copied = end;
            }
        }
        copied
    }

    /// Whether the text is exactly `bytes`.
    #[must_use]
    pub fn equals(&self, text: Text, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        for chunk in self.chunks(text, 0, text.len()) {
            match rest.strip_prefix(chunk) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        rest.is_empty() && text.len() == bytes.len()
    }

    /// The octets `from..to` of a text, page by page.
    pub fn chunks(&self, text: Text, from: usize, to: usize) -> impl Iterator<Item = &[u8]> {
        let mut at = text.head;
        let mut start: usize = 0;
        let to = to.min(text.len());
        core::iter::from_fn(move || {
            loop {
                if start >= to {
                    return None;
                }
                let page = self.pages.get(usize::try_from(at).ok()?)?;
                let end = start.saturating_add(ROOM);
                let piece =
                    page.bytes.get(from.saturating_sub(start).min(ROOM)..to.saturating_sub(start).min(ROOM));
                (at, start) = (page.next, end);
                match piece {
                    Some(piece) if !piece.is_empty() => return Some(piece),
                    Some(_) | None => {}
                }
            }
        })
    }

    /// The same texts over other pages, as many as these.
    pub(crate) fn fork<'n>(&self, pages: &'n mut [Page]) -> Pages<'n> {
        pages.iter_mut().zip(self.pages.iter()).for_each(|(to, from)| *to = *from);
        Pages { pages, free_head: self.free_head, free: self.free }
    }

    /// The caller's pages, given back.
    pub(crate) const fn into_pages(self) -> &'m mut [Page] {
        self.pages
    }

    fn page_mut(&mut self, at: u32) -> Option<&mut Page> {
        self.pages.get_mut(usize::try_from(at).ok()?)
    }

    fn take_page(&mut self) -> Option<u32> {
        let at = self.free_head;
        let page = self.page_mut(at)?;
        let next = page.next;
        *page = Page { next: END, users: 0, bytes: page.bytes };
        self.free_head = next;
        self.free = self.free.saturating_sub(1);
        Some(at)
    }

    fn free_chain(&mut self, head: u32) {
        let mut at = head;
        let free_head = self.free_head;
        let mut freed: usize = 0;
        while let Some(page) = self.page_mut(at) {
            freed = freed.saturating_add(1);
            // Descriptions have keys in them (RFC 4568): nothing of a text outlives its last user.
            page.bytes = [0; ROOM];
            if page.next == END {
                page.next = free_head;
                self.free_head = head;
                break;
            }
            at = page.next;
        }
        self.free = self.free.saturating_add(freed);
    }
}

/// A text being written. Dropped without [`finish`](Self::finish) it leaves nothing behind.
#[derive(Debug)]
pub struct PageWriter<'p, 'm> {
    pages: &'p mut Pages<'m>,
    head: u32,
    tail: u32,
    len: u32,
    full: bool,
}

impl PageWriter<'_, '_> {
    /// Octets so far.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::try_from(self.len).unwrap_or(usize::MAX)
    }

    /// Whether nothing was put yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Copies the octets `from..to` of another stored text.
    pub fn put_text(&mut self, text: Text, from: usize, to: usize) {
        let mut at = text.head;
        let mut start: usize = 0;
        let to = to.min(text.len());
        while start < to {
            let Some(page) = self.pages.page_mut(at).map(|page| *page) else { return };
            let piece =
                page.bytes.get(from.saturating_sub(start).min(ROOM)..to.saturating_sub(start).min(ROOM));
            self.put(piece.unwrap_or(&[]));
            at = page.next;
            start = start.saturating_add(ROOM);
        }
    }

    /// Hands the octets of another stored text over, piece by piece.
    pub fn put_text_by(&mut self, text: Text, mut put: impl FnMut(&mut Self, &[u8])) {
        let (mut at, mut left) = (text.head, text.len());
        while left > 0 {
            let Some(page) = self.pages.page_mut(at).map(|page| *page) else { return };
            let piece = page.bytes.get(..left.min(ROOM)).unwrap_or(&[]);
            put(self, piece);
            at = page.next;
            left = left.saturating_sub(ROOM);
        }
    }

    /// The text with one user, or `None` if the pool ran out (and then nothing is kept).
    #[must_use]
    pub fn finish(mut self) -> Option<Text> {
        if self.full {
            return None;
        }
        let text = Text { head: self.head, len: self.len };
        if let Some(page) = self.pages.page_mut(self.head) {
            page.users = 1;
        }
        self.head = END;
        Some(text)
    }
}

impl Sink for PageWriter<'_, '_> {
    fn put(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.full {
            let used = self.len() % ROOM;
            if used == 0 {
                let Some(fresh) = self.pages.take_page() else {
                    self.full = true;
                    return;
                };
                match self.pages.page_mut(self.tail) {
                    Some(tail) => tail.next = fresh,
                    None => self.head = fresh,
                }
                self.tail = fresh;
            }
            let room = ROOM.saturating_sub(used).min(bytes.len());
            let (now, later) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
            let end = used.saturating_add(room);
            if let Some(target) =
                self.pages.page_mut(self.tail).and_then(|page| page.bytes.get_mut(used..end))
            {
                target.copy_from_slice(now);
            }
            self.len = self.len.saturating_add(u32::try_from(room).unwrap_or(0));
            bytes = later;
        }
    }
}

impl Drop for PageWriter<'_, '_> {
    fn drop(&mut self) {
        if self.head != END {
            self.pages.free_chain(self.head);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_and_pages_return_to_the_pool() {
        let mut memory = [Page::EMPTY; 8];
        let mut pages = Pages::new(&mut memory);
        let bytes: std::vec::Vec<u8> = (0..600u32).map(|n| n as u8).collect();
        let text = pages.store(&bytes).unwrap();
        assert_eq!(pages.free(), 5);
        let mut out = [0; 600];
        assert_eq!(pages.copy(text, &mut out), 600);
        assert_eq!(&out[..], &bytes[..]);
        assert!(pages.equals(text, &bytes) && !pages.equals(text, &bytes[..599]));
        let part: std::vec::Vec<u8> = pages.chunks(text, 240, 500).flatten().copied().collect();
        assert_eq!(part, &bytes[240..500]);
        let mut writer = pages.writer();
        writer.put(b"head ");
        writer.put_text(text, 247, 300);
        let copy = writer.finish().unwrap();
        let part: std::vec::Vec<u8> = pages.chunks(copy, 5, 99).flatten().copied().collect();
        assert_eq!(part, &bytes[247..300]);
        pages.share(text);
        pages.release(text);
        assert_eq!(pages.free(), 4);
        pages.release(text);
        pages.release(copy);
        assert_eq!(pages.free(), 8);
    }

    #[test]
    fn nothing_of_a_text_outlives_its_last_user() {
        let mut memory = [Page::EMPTY; 4];
        let mut pages = Pages::new(&mut memory);
        let text = pages.store(&[b'k'; 600]).unwrap();
        pages.share(text);
        pages.release(text);
        assert_eq!(pages.chunks(text, 0, 600).flatten().filter(|c| **c == b'k').count(), 600);
        pages.release(text);
        let mut writer = pages.writer();
        writer.put(b"key");
        drop(writer);
        assert_eq!(pages.store(&[b'k'; 2000]), None, "what did not fit is wiped as well");
        assert!(memory.iter().all(|page| page.bytes == [0; ROOM]));
    }

    #[test]
    fn a_text_that_does_not_fit_leaves_nothing_behind() {
        let mut memory = [Page::EMPTY; 2];
        let mut pages = Pages::new(&mut memory);
        assert_eq!(pages.store(&[1; 600]), None);
        assert_eq!(pages.free(), 2);
        let mut writer = pages.writer();
        writer.put(b"begun and dropped");
        drop(writer);
        assert_eq!(pages.free(), 2);
        assert_eq!(pages.store(&[]), Some(Text::EMPTY));
    }
}
