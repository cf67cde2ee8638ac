//! The policy image: validated once, then read in place.
//!
//! ```text
//!  0  "STWP"   4 format (2)   6 sections   8 length   12 zero   16 SHA-256 of 0..16 and 48..   48 directory
//!  directory entry: section number, row size (16 bits each), offset, rows (32 bits each)
//! ```
//! Little-endian, position-independent, no secrets. The hash is the policy's name everywhere.

use super::calendar::WEEK;
use super::row::{Row, Run, Str, Table};
use super::rows::{
    AccountCodeRow, ArsRow, CellRow, ChoiceRow, ClassEdgeRow, ClassStateRow, CorGroupRow, CosRow, DeviceRow,
    DeviceTextRow, DigitModificationRow, END_ARS, END_DEVICE, END_EMERGENCY, END_FEATURE, END_HELD,
    END_INBOUND, END_SHIFT, EdgeRow, FEATURE_ACCOUNT_CODE, HolidayRow, InboundRow, InterconnectRow, KEYS,
    LOOK, LeadingRow, MaxDigitsRow, NodeRow, ONE_EDGE, ONE_WAY, OffsetRow, OwnChainRow, OwnClassRow,
    PlaceRow, PlanRow, RouteListRow, RouteRow, SECTION_TEXTS, SECTIONS, STAYS, SYMBOL_SHIFT, ScheduleRow,
    SystemRow, TrunkRow, TrustedRow, USE_LIST, USE_PLAN, USE_ROUTE, UsernameRow, UsernameSeedRow, ZoneRow,
};
use super::trie::INDEX;
use crate::base::{Algorithm, Crypto, Digits};

/// The first four octets of an image.
pub const MAGIC: &[u8; 4] = b"STWP";
/// The format this engine reads.
pub const FORMAT: u16 = 2;
/// Where the directory of sections begins.
pub const DIRECTORY: usize = 48;
/// Octets of a directory entry.
pub const DIRECTORY_ENTRY: usize = 12;

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
    /// A section lies outside, overlaps the header, or has rows of another size.
    Section(u16),
    /// A row of this section refers to something that is not there, or holds a value out of range.
    Row(u16, u32),
}

/// A valid image. A small value over the caller's bytes; copying it copies no policy.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    hash: [u8; 32],
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
    texts: &'a str,
}

impl<'a> Image<'a> {
    /// Checks everything once: checksum, sections, every reference. Work: linear in the image.
    ///
    /// # Errors
    /// [`BadImage`] says what is wrong; nothing was taken over.
    pub fn load(bytes: &'a [u8], crypto: &mut impl Crypto) -> Result<Self, BadImage> {
        let header = bytes.get(..DIRECTORY).ok_or(BadImage::NotAnImage)?;
        let (magic, mut rest) = header.split_first_chunk::<4>().ok_or(BadImage::NotAnImage)?;
        if magic != MAGIC {
            return Err(BadImage::NotAnImage);
        }
        let format = super::row::Field::take(&mut rest);
        let sections: u16 = super::row::Field::take(&mut rest);
        let length: u32 = super::row::Field::take(&mut rest);
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
            texts: core::str::from_utf8(texts).map_err(|_| BadImage::Section(SECTION_TEXTS))?,
        };
        image.validate()?;
        Ok(image)
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
        match super::trie::analyse(self, dn, |_| false).end {
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
    pub fn trunk_by_source(&self, address: core::net::IpAddr) -> Option<u16> {
        let bits = match address {
            core::net::IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
            core::net::IpAddr::V6(v6) => v6.to_bits(),
        };
        self.trusted
            .iter()
            .find(|row| {
                let host_bits = 128u32.saturating_sub(u32::from(row.prefix));
                (bits ^ row.address).checked_shr(host_bits).unwrap_or(0) == 0
            })
            .map(|row| row.trunk)
    }

    fn validate(&self) -> Result<(), BadImage> {
        check(self.cos, |r| (1..=110).contains(&r.id) && self.has(r.name))?;
        check(self.cor_groups, |r| (1..=96).contains(&r.id) && self.has(r.name))?;
        if self.interconnect.len() > 64 {
            return Err(BadImage::Section(InterconnectRow::SECTION));
        }
        if self.device_texts.len() != self.devices.len() {
            return Err(BadImage::Section(DeviceTextRow::SECTION));
        }
        let zone = |zone: u8| usize::from(zone) <= self.zones.len();
        let classes = |cos: [u8; 3], cor: [u8; 3], interconnect: u8| {
            cos.iter().all(|cos| usize::from(*cos) <= self.cos.len())
                && cor.iter().all(|cor| *cor <= 96)
                && (1..=64).contains(&interconnect)
        };
        check(self.devices, |r| classes(r.cos, r.cor, r.interconnect) && zone(r.zone))?;
        check(self.device_texts, |r| {
            let texts = [r.dn, r.name, r.username, r.public_number, r.cesid, r.location, r.account_code];
            texts.iter().all(|text| self.has(*text)) && Digits::dialed(self.text(r.dn).as_bytes()).is_ok()
        })?;
        check(self.trunks, |r| {
            classes(r.cos, r.cor, r.interconnect)
                && zone(r.zone)
                && [r.name, r.host, r.caller_id].iter().all(|text| self.has(*text))
                && usize::try_from(r.inbound).is_ok_and(|root| root <= self.nodes.len())
        })?;
        check(self.modifications, |r| self.has(r.insert) && r.insert.len <= 36)?;
        check(self.routes, |r| {
            usize::from(r.trunk) < self.trunks.len()
                && usize::from(r.modification) <= self.modifications.len()
                && usize::from(r.cor_group) <= self.cor_groups.len()
        })?;
        check(self.lists, |r| (1..=20).contains(&r.choices.count) && within(r.choices, self.choices.len()))?;
        check(self.choices, |r| usize::from(r.route) < self.routes.len())?;
        check(self.leadings, |r| usize::from(r.cor_group) <= self.cor_groups.len())?;
        let leads = |leads: u8, index: u16| match leads {
            USE_ROUTE => usize::from(index) < self.routes.len(),
            USE_LIST => usize::from(index) < self.lists.len(),
            _ => false,
        };
        check(self.ars, |r| {
            let plan = r.leads == USE_PLAN && r.flags & 1 == 0 && usize::from(r.index) < self.plans.len();
            (plan || leads(r.leads, r.index)) && self.has(r.outpulse)
        })?;
        self.validate_time(&leads)?;
        self.validate_classes()?;
        let outpulses = |end: u32| {
            let row = usize::try_from(end & INDEX).ok().and_then(|row| self.ars.get(row)).unwrap_or_default();
            let digits = Digits::dialed(self.text(row.outpulse).as_bytes());
            digits.is_ok_and(|digits| !digits.is_empty())
        };
        check(self.zones, |r| {
            [r.name, r.cesid, r.location].iter().all(|text| self.has(*text))
                && r.emergency_leads.checked_sub(1).is_none_or(|to| leads(to, r.emergency_index))
        })?;
        check(self.edges, |r| usize::try_from(r.node).is_ok_and(|node| node < self.nodes.len()))?;
        self.validate_nodes(&outpulses)?;
        check(self.usernames, |r| {
            usize::try_from(r.device).is_ok_and(|device| device <= self.devices.len())
        })?;
        if self.username_seed.longest_probe > MAX_PROBE {
            return Err(BadImage::Row(UsernameSeedRow::SECTION, 0));
        }
        check(self.trusted, |r| usize::from(r.trunk) < self.trunks.len() && r.prefix <= 128)?;
        let system = [
            self.system.name,
            self.system.realm,
            self.system.timezone,
            self.system.default_cesid,
            self.system.default_location,
            self.system.country,
            self.system.area_code,
            self.system.plus_access,
            self.system.calling_code,
            self.system.trunk_prefix,
            self.system.international_prefix,
        ];
        // A quote or backslash in the realm would be hashed differently by different phones.
        let realm_is_plain =
            !self.text(self.system.realm).bytes().any(|c| matches!(c, b'"' | b'\\' | 0..=31 | 127));
        if system.iter().all(|text| self.has(*text)) && realm_is_plain && self.system.system_id <= 999 {
            Ok(())
        } else {
            Err(BadImage::Row(SystemRow::SECTION, 0))
        }
    }

    /// The digit trie: every edge leads to a node, every end to a row.
    fn validate_nodes(&self, outpulses: &impl Fn(u32) -> bool) -> Result<(), BadImage> {
        check(self.places, |r| {
            let row = usize::try_from(r.end & INDEX).unwrap_or(usize::MAX);
            let end = match r.end >> END_SHIFT {
                END_DEVICE => row < self.devices.len(),
                END_ARS => row < self.ars.len(),
                END_INBOUND => row < self.inbound.len(),
                END_EMERGENCY => row < self.ars.len() && outpulses(r.end),
                END_FEATURE => r.end & INDEX == FEATURE_ACCOUNT_CODE,
                END_HELD => row == 0,
                kind => kind == 0 && row == 0,
            };
            end && usize::try_from(r.leading).is_ok_and(|leading| leading <= self.leadings.len())
        })?;
        let mut index = 0;
        check(self.nodes, |r| {
            let place = self.places.get(index).unwrap_or_default();
            index = index.saturating_add(1);
            let edges = u16::try_from((r.keys & KEYS).count_ones()).unwrap_or(u16::MAX);
            let leads_on = if r.keys & ONE_EDGE == 0 {
                r.more == 0 && within(Run { first: r.edges, count: edges }, self.edges.len())
            } else {
                usize::try_from(r.edges).is_ok_and(|node| node < self.nodes.len())
            };
            let look = matches!(place.end >> END_SHIFT, END_EMERGENCY | END_FEATURE)
                || place.leading != 0
                || r.keys & STAYS != 0;
            // Where keys are taken without looking, there must be nothing to see.
            let blind = r.more == 0 || place == PlaceRow::default() && r.keys & STAYS == 0;
            leads_on && blind && look == (r.keys & LOOK != 0)
        })
    }

    /// What depends on time: in order, and leading to something.
    fn validate_time(&self, leads: &impl Fn(u8, u16) -> bool) -> Result<(), BadImage> {
        let mut minute = 0;
        check(self.schedule, |r| {
            let good = minute <= r.from && r.from < r.to && r.to <= WEEK && r.mode <= 2;
            minute = r.to;
            good
        })?;
        let mut day = 0;
        check(self.holidays, |r| {
            let good = day <= r.day && r.mode <= 2;
            day = r.day.saturating_add(1);
            good
        })?;
        let mut since = 0;
        check(self.offsets, |r| {
            let good = since <= r.since && r.east_min <= 2880;
            since = r.since.saturating_add(1);
            good
        })?;
        check(self.plans, |r| within(r.cells, self.cells.len()))?;
        check(self.cells, |r| r.from < r.to && r.to <= WEEK && leads(r.leads, r.index))?;
        for (index, plan) in (0u32..).zip(self.plans.iter()) {
            let cells = self.cells.iter().skip(usize::try_from(plan.cells.first).unwrap_or(usize::MAX));
            let mut minute = 0;
            for cell in cells.take(usize::from(plan.cells.count)) {
                if cell.from < minute {
                    return Err(BadImage::Row(PlanRow::SECTION, index));
                }
                minute = cell.to;
            }
        }
        Ok(())
    }

    /// Number classes, account codes, inbound numbers.
    fn validate_classes(&self) -> Result<(), BadImage> {
        let states = self.class_states.len();
        check(self.class_states, |r| {
            let leads = r.class & ONE_WAY == 0 || usize::from(r.base) < states;
            leads && usize::from(r.own) <= self.own_chains.len() && r.class & !ONE_WAY <= 12
        })?;
        check(self.class_edges, |r| {
            // The filler has a symbol that nobody dials.
            r.edge >> SYMBOL_SHIFT > 12 || usize::from(r.edge & 0xFFF) < states
        })?;
        check(self.own_classes, |r| {
            self.has(r.name) && r.action <= 2 && usize::from(r.cor_group) <= self.cor_groups.len()
        })?;
        let mut link = 0u8;
        check(self.own_chains, |r| {
            link = link.saturating_add(1);
            let onwards = r.next == 0 || r.next > link;
            onwards
                && usize::from(r.next) <= self.own_chains.len()
                && usize::from(r.own) < self.own_classes.len()
        })?;
        check(self.codes, |r| {
            r.kind <= 1 && usize::from(r.cos) <= self.cos.len() && r.cor <= 96 && self.has(r.name)
        })?;
        check(self.inbound, |r| self.has(r.did) && self.has(r.to))
    }

    fn has(&self, at: Str) -> bool {
        let from = usize::try_from(at.at).unwrap_or(usize::MAX);
        self.texts.get(from..from.saturating_add(usize::from(at.len))).is_some()
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

fn within(run: Run, len: usize) -> bool {
    let first = usize::try_from(run.first).unwrap_or(usize::MAX);
    first.checked_add(usize::from(run.count)).is_some_and(|end| end <= len)
}

fn check<R: Row>(table: Table<'_, R>, mut good: impl FnMut(R) -> bool) -> Result<(), BadImage> {
    for (index, row) in (0u32..).zip(table.iter()) {
        if !good(row) {
            return Err(BadImage::Row(R::SECTION, index));
        }
    }
    Ok(())
}

struct Directory<'a> {
    bytes: &'a [u8],
    sections: usize,
}

impl<'a> Directory<'a> {
    fn table<R: Row>(&self) -> Result<Table<'a, R>, BadImage> {
        Ok(Table::new(self.octets(R::SECTION, R::SIZE)?))
    }

    /// The octets of a section; an absent one is empty.
    fn octets(&self, section: u16, row_size: usize) -> Result<&'a [u8], BadImage> {
        let bad = BadImage::Section(section);
        if self.sections > SECTIONS {
            return Err(bad);
        }
        let end = self.sections.saturating_mul(DIRECTORY_ENTRY).saturating_add(DIRECTORY);
        let entries = self.bytes.get(DIRECTORY..end).ok_or(bad)?;
        for mut entry in entries.chunks_exact(DIRECTORY_ENTRY) {
            let number: u16 = super::row::Field::take(&mut entry);
            let size: u16 = super::row::Field::take(&mut entry);
            let offset: u32 = super::row::Field::take(&mut entry);
            let rows: u32 = super::row::Field::take(&mut entry);
            if number != section {
                continue;
            }
            let from = usize::try_from(offset).map_err(|_| bad)?;
            let len = usize::try_from(rows).ok().and_then(|rows| rows.checked_mul(row_size)).ok_or(bad)?;
            if usize::from(size) != row_size || from < end {
                return Err(bad);
            }
            return self.bytes.get(from..from.saturating_add(len)).ok_or(bad);
        }
        Ok(&[])
    }
}
