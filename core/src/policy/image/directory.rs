//! The directory of sections.

use super::{BadImage, DIRECTORY, DIRECTORY_ENTRY};
use crate::policy::row::{Field, Row, Table};
use crate::policy::rows::SECTIONS;

pub(super) struct Directory<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) sections: usize,
}

impl<'a> Directory<'a> {
    pub(super) fn table<R: Row>(&self) -> Result<Table<'a, R>, BadImage> {
        Ok(Table::new(self.octets(R::SECTION, R::SIZE)?))
    }

    /// The octets of a section; an absent one is empty.
    pub(super) fn octets(&self, section: u16, row_size: usize) -> Result<&'a [u8], BadImage> {
        let bad = BadImage::Section(section);
        if self.sections > SECTIONS {
            return Err(bad);
        }
        let end = self.sections.saturating_mul(DIRECTORY_ENTRY).saturating_add(DIRECTORY);
        let entries = self.bytes.get(DIRECTORY..end).ok_or(bad)?;
        let mut from = end;
        for mut entry in entries.chunks_exact(DIRECTORY_ENTRY) {
            let number: u8 = Field::take(&mut entry);
            let size: u8 = Field::take(&mut entry);
            let rows: u32 = Field::take(&mut entry);
            let rows = usize::try_from(rows).map_err(|_| bad)?;
            let len = rows.checked_mul(usize::from(size)).ok_or(bad)?;
            if u16::from(number) != section {
                from = from.checked_add(len).ok_or(bad)?;
                continue;
            }
            if usize::from(size) != row_size {
                return Err(bad);
            }
            return self.bytes.get(from..from.saturating_add(len)).ok_or(bad);
        }
        Ok(&[])
    }
}
