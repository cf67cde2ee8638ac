//! Tables to octets: the layout that `strowger::policy::image` describes.

use std::collections::HashMap;
use strowger::base::{Algorithm, Crypto, Soft};
use strowger::policy::image::{DIRECTORY, DIRECTORY_ENTRY, EMERGENCY_MAGIC, FORMAT, MAGIC, username_home};
use strowger::policy::row::{Field, Row, Str};
use strowger::policy::rows::{
    AccountCodeRow, ArsRow, CellRow, ChoiceRow, ClassEdgeRow, ClassStateRow, CorGroupRow, CosRow, DeviceRow,
    DeviceTextRow, DigitModificationRow, EdgeRow, ElementRow, ForwardRow, HolidayRow, HuntMemberRow, HuntRow,
    InboundRow, InterceptRow, InterconnectRow, LeadingRow, MaxDigitsRow, MediaPathRow, NodeRow, NotifyRow,
    OffsetRow, OwnChainRow, OwnClassRow, PickupRow, PlaceRow, PlanRow, RouteListRow, RouteRow,
    SECTION_EMERGENCY, SECTION_TEXTS, ScheduleRow, SetRow, SpeedCallRow, SubnetRow, SystemRow, TrunkRow,
    TrustedRow, UserRow, UsernameRow, UsernameSeedRow, ZoneRow,
};

/// Recomputes an image's checksum, in place, after its bytes were altered. The length field is left as it is.
pub fn seal(image: &mut [u8]) {
    if image.len() >= DIRECTORY {
        let hash = soft().digest(Algorithm::Sha256, &[&image[..16], &image[DIRECTORY..]]);
        image[16..DIRECTORY].copy_from_slice(hash.as_bytes());
    }
}

/// A provider for digests alone: nothing here is random, so its seed does not matter.
pub(crate) fn soft() -> Soft {
    Soft::new(&[0; 32])
}

/// Everything that goes into an image.
#[derive(Default)]
pub(crate) struct Tables {
    pub(crate) system: SystemRow,
    pub(crate) cos: Vec<CosRow>,
    pub(crate) cor_groups: Vec<CorGroupRow>,
    pub(crate) interconnect: Vec<InterconnectRow>,
    pub(crate) devices: Vec<DeviceRow>,
    pub(crate) device_texts: Vec<DeviceTextRow>,
    pub(crate) trunks: Vec<TrunkRow>,
    /// Not for the image: for the keyring.
    pub(crate) trunk_passwords: Vec<(u16, String)>,
    pub(crate) modifications: Vec<DigitModificationRow>,
    pub(crate) routes: Vec<RouteRow>,
    pub(crate) lists: Vec<RouteListRow>,
    pub(crate) choices: Vec<ChoiceRow>,
    pub(crate) leadings: Vec<LeadingRow>,
    pub(crate) ars: Vec<ArsRow>,
    pub(crate) zones: Vec<ZoneRow>,
    pub(crate) nodes: Vec<NodeRow>,
    pub(crate) edges: Vec<EdgeRow>,
    pub(crate) places: Vec<PlaceRow>,
    pub(crate) class_states: Vec<ClassStateRow>,
    pub(crate) class_edges: Vec<ClassEdgeRow>,
    pub(crate) own_classes: Vec<OwnClassRow>,
    pub(crate) own_chains: Vec<OwnChainRow>,
    pub(crate) schedule: Vec<ScheduleRow>,
    pub(crate) holidays: Vec<HolidayRow>,
    pub(crate) offsets: Vec<OffsetRow>,
    pub(crate) plans: Vec<PlanRow>,
    pub(crate) cells: Vec<CellRow>,
    pub(crate) max_digits: Vec<MaxDigitsRow>,
    pub(crate) codes: Vec<AccountCodeRow>,
    pub(crate) inbound: Vec<InboundRow>,
    pub(crate) trusted: Vec<TrustedRow>,
    pub(crate) subnets: Vec<SubnetRow>,
    pub(crate) notify: Vec<NotifyRow>,
    pub(crate) media_paths: Vec<MediaPathRow>,
    pub(crate) forwards: Vec<ForwardRow>,
    pub(crate) sets: Vec<SetRow>,
    pub(crate) elements: Vec<ElementRow>,
    pub(crate) pickups: Vec<PickupRow>,
    pub(crate) speed_calls: Vec<SpeedCallRow>,
    pub(crate) intercepts: Vec<InterceptRow>,
    pub(crate) users: Vec<UserRow>,
    pub(crate) hunts: Vec<HuntRow>,
    pub(crate) hunt_members: Vec<HuntMemberRow>,
    /// Where the numbers of speed calls stand.
    pub(crate) speed_places: Vec<crate::finding::Place>,
    /// Emergency numbers and their ARS rows; in the image they are in the trie.
    pub(crate) emergency: Vec<(String, u32)>,
    /// Where the keys stand that forward calls: the device's row, the key, its number.
    pub(crate) forward_keys: Vec<(u32, &'static str, String, crate::finding::Place)>,
    /// The emergency block: an image of its own.
    pub(crate) block: Vec<u8>,
    pub(crate) texts: Texts,
}

/// The text section; equal texts stand in it once.
#[derive(Default)]
pub(crate) struct Texts {
    all: String,
    known: HashMap<Box<str>, u32>,
}

impl Texts {
    /// Where a text stands. One longer than 65,535 octets is cut at a character.
    pub(crate) fn add(&mut self, text: &str) -> Str {
        let mut len = text.len().min(usize::from(u16::MAX));
        while !text.is_char_boundary(len) {
            len -= 1;
        }
        let text = &text[..len];
        if text.is_empty() {
            return Str::default();
        }
        let at = self.known.get(text).copied().unwrap_or_else(|| {
            let at = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
            self.all.push_str(text);
            self.known.insert(text.into(), at);
            at
        });
        Str { at, len: u16::try_from(len).unwrap_or(u16::MAX) }
    }

    /// A text that may be absent.
    pub(crate) fn option(&mut self, text: Option<&str>) -> Str {
        self.add(text.unwrap_or(""))
    }

    /// The text that stands there.
    pub(crate) fn get(&self, at: Str) -> &str {
        self.all.get(at.at as usize..at.at as usize + usize::from(at.len)).unwrap_or("")
    }
}

impl Tables {
    /// The image; `None` if it would be longer than 4 GiB, or usernames collide beyond reason.
    pub(crate) fn image(&self) -> Option<Vec<u8>> {
        self.octets(MAGIC)
    }

    /// The same as an emergency block.
    pub(crate) fn emergency_block(&self) -> Option<Vec<u8>> {
        self.octets(EMERGENCY_MAGIC)
    }

    fn octets(&self, magic: &[u8; 4]) -> Option<Vec<u8>> {
        let (usernames, seed) = self.usernames()?;
        let mut sections = Sections::default();
        sections.table(&[self.system]);
        sections.table(&self.cos);
        sections.table(&self.cor_groups);
        sections.table(&self.interconnect);
        sections.table(&self.devices);
        sections.table(&self.device_texts);
        sections.table(&self.trunks);
        sections.table(&self.modifications);
        sections.table(&self.routes);
        sections.table(&self.lists);
        sections.table(&self.choices);
        sections.table(&self.leadings);
        sections.table(&self.ars);
        sections.table(&self.zones);
        sections.table(&self.nodes);
        sections.table(&self.edges);
        sections.table(&self.places);
        sections.table(&self.class_states);
        sections.table(&self.class_edges);
        sections.table(&self.own_classes);
        sections.table(&self.own_chains);
        sections.table(&self.schedule);
        sections.table(&self.holidays);
        sections.table(&self.offsets);
        sections.table(&self.plans);
        sections.table(&self.cells);
        sections.table(&self.max_digits);
        sections.table(&self.codes);
        sections.table(&self.inbound);
        sections.table(&self.trusted);
        sections.table(&self.subnets);
        sections.table(&self.notify);
        sections.table(&self.media_paths);
        sections.table(&self.forwards);
        sections.table(&self.pickups);
        sections.table(&self.speed_calls);
        sections.table(&self.intercepts);
        sections.table(&self.users);
        sections.table(&self.hunts);
        sections.table(&self.hunt_members);
        sections.table(&self.sets);
        sections.table(&self.elements);
        sections.table(&usernames);
        if !usernames.is_empty() {
            sections.table(&[seed]);
        }
        sections.add(SECTION_EMERGENCY, 1, self.block.len(), |octets| octets.extend_from_slice(&self.block));
        sections.add(SECTION_TEXTS, 1, self.texts.all.len(), |octets| {
            octets.extend_from_slice(self.texts.all.as_bytes())
        });
        sections.image(magic)
    }

    /// How many devices have a phone: the first rows of the table. The others are hot-desk users and hunt groups.
    pub(crate) fn phones(&self) -> usize {
        self.devices.len() - self.users.len() - self.hunts.len()
    }

    /// The hash table of usernames: bigger until no search looks at more than nine places. `None` after very many tries,
    /// which only names made to collide can cause.
    fn usernames(&self) -> Option<(Vec<UsernameRow>, UsernameSeedRow)> {
        let count = self.phones();
        let names: Vec<&str> =
            self.device_texts.iter().take(count).map(|row| self.texts.get(row.username)).collect();
        let sizes = [15, 20, 30, 40, 60, 80, 160].map(|tenths| (count * tenths).div_ceil(10));
        let mut tries = sizes.into_iter().flat_map(|places| (0..8).map(move |seed| (places, seed)));
        tries.find_map(|(places, seed)| {
            let (rows, longest_probe) = place_usernames(&names, places, seed)?;
            Some((rows, UsernameSeedRow { seed, longest_probe }))
        })
    }
}

/// The longest run of places after the first that a search may look at.
const PROBES: u32 = 8;

/// Linear probing where whoever is farther from home takes the place. `None` if a run grows too long.
fn place_usernames(names: &[&str], places: usize, seed: u64) -> Option<(Vec<UsernameRow>, u32)> {
    let mut rows = vec![(0u32, 0u32); places];
    let mut longest = 0;
    for (device, name) in (1u32..).zip(names) {
        let mut at = username_home(seed, name.as_bytes(), places)?;
        let mut entry = (device, 0);
        loop {
            let here = &mut rows[at];
            longest = longest.max(entry.1);
            if here.0 == 0 {
                *here = entry;
                break;
            }
            if here.1 < entry.1 {
                std::mem::swap(here, &mut entry);
            }
            entry.1 += 1;
            if entry.1 > PROBES {
                return None;
            }
            at = if at + 1 == places { 0 } else { at + 1 };
        }
    }
    Some((rows.into_iter().map(|(device, _)| UsernameRow { device }).collect(), longest))
}

#[derive(Default)]
struct Sections {
    directory: Vec<(u8, u8, u32)>,
    octets: Vec<u8>,
    overflow: bool,
}

impl Sections {
    fn table<R: Row>(&mut self, rows: &[R]) {
        self.add(R::SECTION, R::SIZE, rows.len(), |octets| {
            octets.reserve(rows.len() * R::SIZE);
            rows.iter().for_each(|row| row.write(&mut |part| octets.extend_from_slice(part)));
        });
    }

    fn add(&mut self, section: u16, size: usize, rows: usize, write: impl FnOnce(&mut Vec<u8>)) {
        if rows == 0 {
            return;
        }
        write(&mut self.octets);
        match (u8::try_from(section), u8::try_from(size), u32::try_from(rows)) {
            (Ok(section), Ok(size), Ok(rows)) => self.directory.push((section, size, rows)),
            _ => self.overflow = true,
        }
    }

    fn image(self, magic: &[u8; 4]) -> Option<Vec<u8>> {
        let first = DIRECTORY + self.directory.len() * DIRECTORY_ENTRY;
        let length = u32::try_from(first + self.octets.len()).ok().filter(|_| !self.overflow)?;
        let mut image = Vec::with_capacity(length as usize);
        image.extend_from_slice(magic);
        let mut put = |part: &[u8]| image.extend_from_slice(part);
        FORMAT.write(&mut put);
        u16::try_from(self.directory.len()).ok()?.write(&mut put);
        length.write(&mut put);
        [0u8; 36].write(&mut put);
        for (section, size, rows) in self.directory {
            section.write(&mut put);
            size.write(&mut put);
            rows.write(&mut put);
        }
        image.extend_from_slice(&self.octets);
        seal(&mut image);
        Some(image)
    }
}
