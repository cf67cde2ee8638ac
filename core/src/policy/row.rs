//! Fixed-width little-endian rows: how the image's tables are read in place, and how the compiler writes them.

/// A value of fixed width in the image.
pub trait Field: Sized {
    /// Octets it takes.
    const SIZE: usize;
    /// Reads it from the front of `bytes`, which advances; missing octets read as zero.
    fn take(bytes: &mut &[u8]) -> Self;
    /// Hands its octets to `put`.
    fn write(&self, put: &mut dyn FnMut(&[u8]));
}

macro_rules! integers {
    ($($t:ty)+) => { $(
        impl Field for $t {
            const SIZE: usize = size_of::<$t>();
            #[inline(always)]
            fn take(bytes: &mut &[u8]) -> Self {
                match bytes.split_first_chunk::<{ size_of::<$t>() }>() {
                    Some((value, rest)) => { *bytes = rest; <$t>::from_le_bytes(*value) }
                    None => 0,
                }
            }
            fn write(&self, put: &mut dyn FnMut(&[u8])) { put(&self.to_le_bytes()); }
        }
    )+ };
}
integers!(u8 u16 u32 u64 u128);

impl<T: Field + Copy + Default, const N: usize> Field for [T; N] {
    const SIZE: usize = T::SIZE.saturating_mul(N);
    #[inline]
    fn take(bytes: &mut &[u8]) -> Self {
        let mut all = [T::default(); N];
        for one in &mut all {
            *one = T::take(bytes);
        }
        all
    }
    fn write(&self, put: &mut dyn FnMut(&[u8])) {
        self.iter().for_each(|one| one.write(put));
    }
}

/// Where a text stands in the image's text section.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Str {
    /// First octet, from the section's beginning.
    pub at: u32,
    /// Octets; 0 is absent.
    pub len: u16,
}

impl Field for Str {
    const SIZE: usize = 6;
    #[inline]
    fn take(bytes: &mut &[u8]) -> Self {
        Self { at: u32::take(bytes), len: u16::take(bytes) }
    }
    fn write(&self, put: &mut dyn FnMut(&[u8])) {
        self.at.write(put);
        self.len.write(put);
    }
}

/// A run of rows of another table.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Run {
    /// First row.
    pub first: u32,
    /// How many.
    pub count: u16,
}

impl Field for Run {
    const SIZE: usize = 6;
    #[inline]
    fn take(bytes: &mut &[u8]) -> Self {
        Self { first: u32::take(bytes), count: u16::take(bytes) }
    }
    fn write(&self, put: &mut dyn FnMut(&[u8])) {
        self.first.write(put);
        self.count.write(put);
    }
}

/// A row of a table.
pub trait Row: Field {
    /// The section's number in the image.
    const SECTION: u16;
    /// As many octets as the row has: a table is a slice of these, so that one look at the length is all a read costs.
    type Octets: 'static;
    /// Divides a section into rows; a last partial one does not count.
    fn divide(section: &[u8]) -> &[Self::Octets];
    /// Reads a row.
    fn read(octets: &Self::Octets) -> Self;
}

macro_rules! row {
    ($(#[doc = $doc:literal])+ $name:ident, section $section:literal {
        $( $(#[doc = $fdoc:literal])+ $field:ident: $ty:ty, )+
    }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
        pub struct $name { $( $(#[doc = $fdoc])+ pub $field: $ty, )+ }

        impl $crate::policy::row::Field for $name {
            const SIZE: usize = 0usize $( .saturating_add(<$ty as $crate::policy::row::Field>::SIZE) )+;
            #[inline(always)]
            fn take(bytes: &mut &[u8]) -> Self {
                Self { $( $field: <$ty as $crate::policy::row::Field>::take(bytes), )+ }
            }
            fn write(&self, put: &mut dyn FnMut(&[u8])) {
                $( $crate::policy::row::Field::write(&self.$field, put); )+
            }
        }

        // An image may have every section there is.
        const _: () = assert!($section < $crate::policy::rows::SECTIONS, "SECTIONS has not grown with its rows");

        impl $crate::policy::row::Row for $name {
            const SECTION: u16 = $section;
            type Octets = [u8; <$name as $crate::policy::row::Field>::SIZE];
            fn divide(section: &[u8]) -> &[Self::Octets] {
                section.as_chunks().0
            }
            #[inline(always)]
            fn read(octets: &Self::Octets) -> Self {
                <Self as $crate::policy::row::Field>::take(&mut octets.as_slice())
            }
        }
    };
}
pub(crate) use row;

/// A table read in place.
#[derive(Debug)]
pub struct Table<'a, R: Row> {
    rows: &'a [R::Octets],
}

impl<R: Row> Clone for Table<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: Row> Copy for Table<'_, R> {}

impl<'a, R: Row> Table<'a, R> {
    /// A table over its octets; a last partial row does not count.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rows: R::divide(bytes) }
    }

    /// Rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// True if there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// One row, by index. Constant work.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, index: usize) -> Option<R> {
        self.rows.get(index).map(R::read)
    }

    /// One row not yet read: for who wants some of it now, and some behind other work. Constant work.
    #[inline(always)]
    pub(super) fn octets(&self, index: usize) -> Option<&'a R::Octets> {
        self.rows.get(index)
    }

    /// All rows in order. Not for a call's path.
    pub fn iter(&self) -> impl Iterator<Item = R> + use<'a, R> {
        self.rows.iter().map(R::read)
    }
}
