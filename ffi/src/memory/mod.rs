//! The caller's block cut into the engine's tables, so that what `_size` says and what `_init` takes cannot differ.

pub(crate) mod exchange;
pub(crate) mod phone;

/// The block and every table in it begin at a multiple of this.
pub(crate) const ALIGNMENT: usize = 8;

/// Bytes of a table, up to where the next may begin.
pub(crate) const fn table_bytes<T>(count: usize) -> Option<usize> {
    const { assert!(align_of::<T>() <= ALIGNMENT, "a table wants a stricter alignment than the block has") };
    match count.checked_mul(size_of::<T>()) {
        Some(bytes) => bytes.checked_next_multiple_of(ALIGNMENT),
        None => None,
    }
}

/// What is left of the block.
pub(crate) struct Block {
    pub(crate) next: *mut u8,
    pub(crate) left: usize,
}

impl Block {
    /// The next table, every place of it written before it is a slice. `None` if the block is too short.
    pub(crate) fn table<T: 'static>(
        &mut self,
        count: usize,
        empty: impl Fn() -> T,
    ) -> Option<&'static mut [T]> {
        let bytes = table_bytes::<T>(count)?;
        let left = self.left.checked_sub(bytes)?;
        let first = self.next.cast::<T>();
        for at in 0..count {
            // SAFETY: `count` places of T fit into `bytes`, which are left of the caller's block; `next` is a multiple
            // of ALIGNMENT, which T's alignment divides (checked at compile time).
            unsafe { first.add(at).write(empty()) };
        }
        // SAFETY: at most one past the end of the block, because `bytes` were left.
        self.next = unsafe { self.next.add(bytes) };
        self.left = left;
        // SAFETY: `count` places were just written, and no other table gets them: `next` has moved on. They stay the
        // library's until deinit (convention 2 of the header), which drops the engine first.
        Some(unsafe { core::slice::from_raw_parts_mut(first, count) })
    }
}

/// One list of tables says how long each is, what it costs and how it begins.
macro_rules! tables {
    ($door:ty, $memory:ident; $( $field:ident: $ty:ty = $empty:expr, $count:ident; )+) => {
        /// Bytes of the whole block; `None` if no machine has so many.
        pub(crate) const fn bytes(lengths: &Lengths) -> Option<usize> {
            let Some(total) = $crate::memory::table_bytes::<$door>(1) else { return None };
            $(
                let Some(table) = $crate::memory::table_bytes::<$ty>(lengths.$count) else { return None };
                let Some(total) = total.checked_add(table) else { return None };
            )+
            Some(total)
        }

        /// The tables behind what stands at the beginning of the block. `None` if the block is too short.
        ///
        /// # Safety
        /// `memory` is aligned to [`ALIGNMENT`] and has `size` bytes, which nobody else uses until the tables are given
        /// up.
        pub(crate) unsafe fn cut(memory: *mut u8, size: usize, lengths: &Lengths) -> Option<$memory<'static>> {
            let header = $crate::memory::table_bytes::<$door>(1)?;
            let left = size.checked_sub(header)?;
            // SAFETY: the block has more than `header` bytes.
            let next = unsafe { memory.add(header) };
            let mut block = $crate::memory::Block { next, left };
            $( let $field = block.table::<$ty>(lengths.$count, || $empty)?; )+
            Some($memory { $($field),+ })
        }
    };
}

use tables;
