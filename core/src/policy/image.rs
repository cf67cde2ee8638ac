//! The policy image: validated once, then read in place.
//!
//! ```text
//!  0  "STWP"   4 format (6)   6 sections   8 length   12 zero   16 SHA-256 of 0..16 and 48..   48 directory
//!  directory entry: section number, row size (8 bits each), rows (32 bits); behind the directory the sections, in its order
//! ```
//! Little-endian, position-independent, no secrets. The hash is the policy's name everywhere.
//!
//! One section is the **emergency block**: an image of its own that begins with `STWE`, with a checksum of its own, of
//! emergency numbers, their routes and trunks, and where callers are. It is found and used when the rest is damaged.

mod directory;
mod lookups;
mod validate;

use super::row::{Field, Row, Str, Table};
use super::rows::{
    AccountCodeRow, ArsRow, CellRow, ChoiceRow, ClassEdgeRow, ClassStateRow, CorGroupRow, CosRow, DeviceRow,
    DeviceTextRow, DigitModificationRow, EdgeRow, ElementRow, ForwardRow, HolidayRow, HuntMemberRow, HuntRow,
    InboundRow, InterceptRow, InterconnectRow, LeadingRow, MaxDigitsRow, MediaPathRow, NodeRow, NotifyRow,
    OffsetRow, OwnChainRow, OwnClassRow, PickupRow, PlaceRow, PlanRow, RouteListRow, RouteRow,
    SECTION_EMERGENCY, SECTION_TEXTS, ScheduleRow, SetRow, SpeedCallRow, SubnetRow, SystemRow, TrunkRow,
    TrustedRow, UserRow, UsernameRow, UsernameSeedRow, ZoneRow,
};
use crate::base::{Algorithm, Crypto};
use directory::Directory;
pub use lookups::{MAX_PROBE, username_home};

/// The first four octets of an image.
pub const MAGIC: &[u8; 4] = b"STWP";
/// The first four octets of an emergency block.
pub const EMERGENCY_MAGIC: &[u8; 4] = b"STWE";
/// The format this engine reads.
pub const FORMAT: u16 = 11;
/// Where the directory of sections begins.
pub const DIRECTORY: usize = 48;
/// Octets of a directory entry.
pub const DIRECTORY_ENTRY: usize = 6;

/// Why an image was refused. The one in force stays.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BadImage {
    /// It does not begin like an image.
    NotAnImage,
    /// Made for another format.
    Format,
    /// Shorter or longer than it says.
    Length,
    /// Its checksum does not fit: damaged.
    Checksum,
    /// A section lies outside, or has rows of another size; or the emergency block is not usable.
    Section(u16),
    /// A row of this section refers to something that is not there, or holds a value out of range.
    Row(u16, u32),
}

/// A valid image. A small value over the caller's bytes; copying it copies no policy.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    hash: [u8; 32],
    /// Only the emergency block.
    block: bool,
    system: SystemRow,
    pub(crate) cos: Table<'a, CosRow>,
    pub(crate) cor_groups: Table<'a, CorGroupRow>,
    pub(crate) interconnect: Table<'a, InterconnectRow>,
    pub(crate) devices: Table<'a, DeviceRow>,
    pub(crate) device_texts: Table<'a, DeviceTextRow>,
    pub(crate) trunks: Table<'a, TrunkRow>,
    pub(crate) modifications: Table<'a, DigitModificationRow>,
    pub(crate) routes: Table<'a, RouteRow>,
    pub(crate) lists: Table<'a, RouteListRow>,
    pub(crate) choices: Table<'a, ChoiceRow>,
    pub(crate) leadings: Table<'a, LeadingRow>,
    pub(crate) ars: Table<'a, ArsRow>,
    pub(crate) zones: Table<'a, ZoneRow>,
    pub(crate) nodes: Table<'a, NodeRow>,
    pub(crate) edges: Table<'a, EdgeRow>,
    pub(crate) places: Table<'a, PlaceRow>,
    pub(crate) class_states: Table<'a, ClassStateRow>,
    pub(crate) class_edges: Table<'a, ClassEdgeRow>,
    pub(crate) own_classes: Table<'a, OwnClassRow>,
    pub(crate) own_chains: Table<'a, OwnChainRow>,
    pub(crate) schedule: Table<'a, ScheduleRow>,
    pub(crate) holidays: Table<'a, HolidayRow>,
    pub(crate) offsets: Table<'a, OffsetRow>,
    pub(crate) plans: Table<'a, PlanRow>,
    pub(crate) cells: Table<'a, CellRow>,
    pub(crate) max_digits: Table<'a, MaxDigitsRow>,
    pub(crate) codes: Table<'a, AccountCodeRow>,
    pub(crate) inbound: Table<'a, InboundRow>,
    usernames: Table<'a, UsernameRow>,
    username_seed: UsernameSeedRow,
    pub(crate) trusted: Table<'a, TrustedRow>,
    pub(crate) subnets: Table<'a, SubnetRow>,
    pub(crate) notify: Table<'a, NotifyRow>,
    pub(crate) media_paths: Table<'a, MediaPathRow>,
    pub(crate) forwards: Table<'a, ForwardRow>,
    pub(crate) pickups: Table<'a, PickupRow>,
    pub(crate) speed_calls: Table<'a, SpeedCallRow>,
    pub(crate) intercepts: Table<'a, InterceptRow>,
    pub(crate) users: Table<'a, UserRow>,
    pub(crate) hunts: Table<'a, HuntRow>,
    pub(crate) hunt_members: Table<'a, HuntMemberRow>,
    pub(crate) sets: Table<'a, SetRow>,
    pub(crate) elements: Table<'a, ElementRow>,
    texts: &'a str,
}

impl<'a> Image<'a> {
    /// Checks everything once: checksum, sections, every reference. Work: linear in the image.
    ///
    /// # Errors
    /// [`BadImage`] says what is wrong; nothing was taken over.
    pub fn load(bytes: &'a [u8], crypto: &mut impl Crypto) -> Result<Self, BadImage> {
        let (image, block) = Self::read(bytes, MAGIC, crypto)?;
        if !block.is_empty() && Self::read(block, EMERGENCY_MAGIC, crypto).is_err() {
            return Err(BadImage::Section(SECTION_EMERGENCY));
        }
        Ok(image)
    }

    /// Finds the emergency block: alone, or in an image whose other parts may be damaged. Work: linear in the octets, and
    /// a checksum for each of at most [`MAX_BLOCKS`] places that look like its beginning.
    ///
    /// # Errors
    /// [`BadImage`] says what is wrong with what looked most like one.
    pub fn emergency(bytes: &'a [u8], crypto: &mut impl Crypto) -> Result<Self, BadImage> {
        let begins =
            (0..bytes.len()).filter(|at| bytes.get(*at..).is_some_and(|b| b.starts_with(EMERGENCY_MAGIC)));
        let mut found = Err(BadImage::NotAnImage);
        for at in begins.take(MAX_BLOCKS) {
            let rest = bytes.get(at..).unwrap_or(&[]);
            let len =
                rest.get(8..).and_then(|field| field.first_chunk()).map_or(0, |len| u32::from_le_bytes(*len));
            let own = usize::try_from(len).ok().and_then(|len| rest.get(..len)).unwrap_or(rest);
            found = Self::read(own, EMERGENCY_MAGIC, crypto).map(|(image, _)| image);
            if found.is_ok() {
                break;
            }
        }
        found
    }

    /// Whether this is an emergency block: nothing else can be called by it.
    #[must_use]
    pub const fn is_block(&self) -> bool {
        self.block
    }

    /// An image and the octets of the emergency block in it.
    fn read(
        bytes: &'a [u8],
        begins: &[u8; 4],
        crypto: &mut impl Crypto,
    ) -> Result<(Self, &'a [u8]), BadImage> {
        let header = bytes.get(..DIRECTORY).ok_or(BadImage::NotAnImage)?;
        let (magic, mut rest) = header.split_first_chunk::<4>().ok_or(BadImage::NotAnImage)?;
        if magic != begins {
            return Err(BadImage::NotAnImage);
        }
        let format = u16::take(&mut rest);
        let sections = u16::take(&mut rest);
        let length = u32::take(&mut rest);
        if FORMAT != format {
            return Err(BadImage::Format);
        }
        if usize::try_from(length) != Ok(bytes.len()) {
            return Err(BadImage::Length);
        }
        let hash: [u8; 32] =
            header.get(16..).and_then(|h| h.first_chunk()).copied().ok_or(BadImage::NotAnImage)?;
        let covered = (bytes.get(..16).unwrap_or(&[]), bytes.get(DIRECTORY..).unwrap_or(&[]));
        if crypto.digest(Algorithm::Sha256, &[covered.0, covered.1]).as_bytes() != hash {
            return Err(BadImage::Checksum);
        }
        let directory = Directory { bytes, sections: usize::from(sections) };
        let texts = directory.octets(SECTION_TEXTS, 1)?;
        let image = Self {
            hash,
            block: begins == EMERGENCY_MAGIC,
            system: directory.table::<SystemRow>()?.get(0).ok_or(BadImage::Section(SystemRow::SECTION))?,
            cos: directory.table()?,
            cor_groups: directory.table()?,
            interconnect: directory.table()?,
            devices: directory.table()?,
            device_texts: directory.table()?,
            trunks: directory.table()?,
            modifications: directory.table()?,
            routes: directory.table()?,
            lists: directory.table()?,
            choices: directory.table()?,
            leadings: directory.table()?,
            ars: directory.table()?,
            zones: directory.table()?,
            nodes: directory.table()?,
            edges: directory.table()?,
            places: directory.table()?,
            class_states: directory.table()?,
            class_edges: directory.table()?,
            own_classes: directory.table()?,
            own_chains: directory.table()?,
            schedule: directory.table()?,
            holidays: directory.table()?,
            offsets: directory.table()?,
            plans: directory.table()?,
            cells: directory.table()?,
            max_digits: directory.table()?,
            codes: directory.table()?,
            inbound: directory.table()?,
            usernames: directory.table()?,
            username_seed: directory.table::<UsernameSeedRow>()?.get(0).unwrap_or_default(),
            trusted: directory.table()?,
            subnets: directory.table()?,
            notify: directory.table()?,
            media_paths: directory.table()?,
            forwards: directory.table()?,
            pickups: directory.table()?,
            speed_calls: directory.table()?,
            intercepts: directory.table()?,
            users: directory.table()?,
            hunts: directory.table()?,
            hunt_members: directory.table()?,
            sets: directory.table()?,
            elements: directory.table()?,
            texts: core::str::from_utf8(texts).map_err(|_| BadImage::Section(SECTION_TEXTS))?,
        };
        image.validate()?;
        Ok((image, directory.octets(SECTION_EMERGENCY, 1)?))
    }

    /// The SHA-256 that names this policy: the same octets have the same name in phone, gateway and data centre.
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// System settings.
    #[must_use]
    pub const fn system(&self) -> &SystemRow {
        &self.system
    }

    /// Whether unlabelled public routes are denied and other defaults closed.
    #[must_use]
    pub const fn strict(&self) -> bool {
        self.system.profile == 0
    }

    /// A text of the image; empty if absent.
    #[must_use]
    pub fn text(&self, at: Str) -> &'a str {
        let from = usize::try_from(at.at).unwrap_or(usize::MAX);
        self.texts.get(from..from.saturating_add(usize::from(at.len))).unwrap_or("")
    }

    /// The octets of a text of the image; empty if absent.
    #[must_use]
    #[inline]
    pub fn octets(&self, at: Str) -> &'a [u8] {
        let from = usize::try_from(at.at).unwrap_or(usize::MAX);
        self.texts.as_bytes().get(from..from.saturating_add(usize::from(at.len))).unwrap_or(&[])
    }

    /// Devices, by row.
    #[must_use]
    pub const fn devices(&self) -> Table<'a, DeviceRow> {
        self.devices
    }

    /// Names and numbers of devices, by the same row.
    #[must_use]
    pub const fn device_texts(&self) -> Table<'a, DeviceTextRow> {
        self.device_texts
    }

    /// Trunks, by row.
    #[must_use]
    pub const fn trunks(&self) -> Table<'a, TrunkRow> {
        self.trunks
    }

    /// Routes, by row.
    #[must_use]
    pub const fn routes(&self) -> Table<'a, RouteRow> {
        self.routes
    }

    /// ARS rows, by row.
    #[must_use]
    pub const fn ars(&self) -> Table<'a, ArsRow> {
        self.ars
    }

    /// Leading rows, by row.
    #[must_use]
    pub const fn leadings(&self) -> Table<'a, LeadingRow> {
        self.leadings
    }

    /// Zones, by row.
    #[must_use]
    pub const fn zones(&self) -> Table<'a, ZoneRow> {
        self.zones
    }

    /// COR groups, by row.
    #[must_use]
    pub const fn cor_groups(&self) -> Table<'a, CorGroupRow> {
        self.cor_groups
    }

    /// Classes of Service, by row.
    #[must_use]
    pub const fn classes(&self) -> Table<'a, CosRow> {
        self.cos
    }

    /// Route lists, by row.
    #[must_use]
    pub const fn lists(&self) -> Table<'a, RouteListRow> {
        self.lists
    }

    /// Route plans, by row.
    #[must_use]
    pub const fn plans(&self) -> Table<'a, PlanRow> {
        self.plans
    }

    /// Account codes, by row: what they stand for; the codes themselves are in the keyring.
    #[must_use]
    pub const fn account_codes(&self) -> Table<'a, AccountCodeRow> {
        self.codes
    }

    /// The policy's own number classes, by row.
    #[must_use]
    pub const fn own_classes(&self) -> Table<'a, OwnClassRow> {
        self.own_classes
    }
}

/// Places that look like an emergency block and are tried.
pub const MAX_BLOCKS: usize = 16;
