//! The policy image: validated once, then read in place.
//!
//! ```text
//!  0  "STWP"   4 format (5)   6 sections   8 length   12 zero   16 SHA-256 of 0..16 and 48..   48 directory
//!  directory entry: section number, row size (8 bits each), rows (32 bits); behind the directory the sections, in its order
//! ```
//! Little-endian, position-independent, no secrets. The hash is the policy's name everywhere.
//!
//! One section is the **emergency block**: an image of its own that begins with `STWE`, with a checksum of its own, of
//! emergency numbers, their routes and trunks, and where callers are. It is found and used when the rest is damaged.

mod directory;
mod validate;

use super::row::{Field, Row, Str, Table};
use super::rows::{
    AccountCodeRow, ArsRow, CellRow, ChoiceRow, ClassEdgeRow, ClassStateRow, CorGroupRow, CosRow, DeviceRow,
    DeviceTextRow, DigitModificationRow, EdgeRow, HolidayRow, InboundRow, InterconnectRow, LeadingRow,
    MaxDigitsRow, MediaPathRow, NodeRow, NotifyRow, OffsetRow, OwnChainRow, OwnClassRow, PlaceRow, PlanRow,
    RouteListRow, RouteRow, SECTION_EMERGENCY, SECTION_TEXTS, ScheduleRow, SubnetRow, SystemRow, TrunkRow,
    TrustedRow, UsernameRow, UsernameSeedRow, ZoneRow,
};
use crate::base::{Algorithm, Crypto};
use core::cmp::Ordering;
use core::net::IpAddr;
use directory::Directory;

/// The first four octets of an image.
pub const MAGIC: &[u8; 4] = b"STWP";
/// The first four octets of an emergency block.
pub const EMERGENCY_MAGIC: &[u8; 4] = b"STWE";
/// The format this engine reads.
pub const FORMAT: u16 = 5;
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

    /// The device with this directory number. Work: one node for each digit.
    #[must_use]
    pub fn device_by_dn(&self, dn: &[u8]) -> Option<u32> {
        match super::trie::analyse(self, dn, |_| false).end() {
            super::trie::End::Device(device) => Some(device),
            super::trie::End::Ars(_)
            | super::trie::End::Emergency(_)
            | super::trie::End::Feature(..)
            | super::trie::End::Inbound(_)
            | super::trie::End::Incomplete
            | super::trie::End::Vacant
            | super::trie::End::Invalid => None,
        }
    }

    /// The device with this digest username. Work: a bounded number of probes, stated in the image.
    #[must_use]
    pub fn device_by_username(&self, username: &[u8]) -> Option<u32> {
        let places = self.usernames.len();
        let mut at = username_home(self.username_seed.seed, username, places)?;
        for _ in 0..=self.username_seed.longest_probe {
            let device = self.usernames.get(at)?.device.checked_sub(1)?;
            let row = self.device_texts.get(usize::try_from(device).ok()?)?;
            if self.text(row.username).as_bytes() == username {
                return Some(device);
            }
            at = at.saturating_add(1);
            if at >= places {
                at = 0;
            }
        }
        None
    }

    /// The trunk that requests from this address belong to. Work: the rows of all trusted ranges.
    #[must_use]
    pub fn trunk_by_source(&self, address: IpAddr) -> Option<u16> {
        self.trusted.iter().find(|row| holds(row.address, row.prefix, address)).map(|row| row.trunk)
    }

    /// The zone that an address is in, row plus one; 0: none says so. Work: the rows of all zones' subnets.
    #[must_use]
    pub fn zone_by_address(&self, address: IpAddr) -> u8 {
        self.subnets.iter().find(|row| holds(row.address, row.prefix, address)).map_or(0, |row| row.zone)
    }

    /// Which way media takes between two zones, each row plus one: 0 not listed, 1 direct, 2 over the relay, 3 not at all.
    /// Work: the logarithm of the rows.
    #[must_use]
    pub fn media_path(&self, one: u8, other: u8) -> u8 {
        let wanted = (one.min(other), one.max(other));
        let (mut from, mut to) = (0, self.media_paths.len());
        while from < to {
            let middle = from.midpoint(to);
            let Some(row) = self.media_paths.get(middle) else { return 0 };
            match (row.a, row.b).cmp(&wanted) {
                Ordering::Less => from = middle.saturating_add(1),
                Ordering::Equal => return row.path,
                Ordering::Greater => to = middle,
            }
        }
        0
    }
}

/// The longest run of places a username may be away from its home; the compiler keeps it at 8.
pub const MAX_PROBE: u32 = 64;

/// Where a username's search begins; shared with the compiler that fills the table.
#[must_use]
pub fn username_home(seed: u64, username: &[u8], places: usize) -> Option<usize> {
    let mut hash = seed ^ 0xCBF2_9CE4_8422_2325;
    for &byte in username {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
    }
    hash ^= hash >> 29;
    // The remainder is taken in 64 bits, so that it is the same place on every machine.
    usize::try_from(hash.checked_rem(u64::try_from(places).ok()?)?).ok()
}

/// Places that look like an emergency block and are tried.
pub const MAX_BLOCKS: usize = 16;

/// Whether a range, IPv6 or IPv4 mapped into it, holds an address.
fn holds(range: u128, prefix: u8, address: IpAddr) -> bool {
    let bits = match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    };
    let host_bits = 128u32.saturating_sub(u32::from(prefix));
    (bits ^ range).checked_shr(host_bits).unwrap_or(0) == 0
}
