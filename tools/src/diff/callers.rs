//! Who calls: devices and trunks with the same rows in both policies are one group, and groups that bring the same to a
//! decision are asked for once.

use super::desk;
use super::sets::Numbered;
use crate::explain::words::party_name;
use std::collections::{BTreeMap, HashMap};
use strowger::policy::decide::class_of;
use strowger::policy::rows::{DeviceRow, Features};
use strowger::policy::{Code, Image, Mode, Party};

/// The service modes.
pub(super) const MODES: [Mode; 3] = [Mode::Day, Mode::Night1, Mode::Night2];

/// What a party is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) enum Sort {
    Device,
    Trunk,
    /// Somebody whom neither policy knows.
    Stranger,
}

/// A party in both policies, or in one.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) sort: Sort,
    pub(super) name: String,
    pub(super) parties: [Option<Party>; 2],
}

/// What a party brings to a decision: its COS rows, CORs, Interconnect Number and zone, and whether it is public.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Brings {
    cos: [u8; 3],
    cor: [u8; 3],
    interconnect: u8,
    zone: u8,
    public: bool,
}

/// Callers with the same rows, by place in the list of callers.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) sort: Sort,
    brings: [Option<Brings>; 2],
    pub(super) callers: Vec<u32>,
}

/// The account code that comes with a call, as people know it.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) enum Spoken {
    None,
    /// One of these verified ones, by name; their classes are the same.
    Verified(Vec<String>),
    /// Any that is not a verified one.
    Other,
}

/// Verified codes of the same classes: their names, and a row of each policy.
struct Codes {
    names: Vec<String>,
    rows: [Option<u16>; 2],
}

/// One who is asked about: what decides, and a few who are like it.
#[derive(Debug)]
pub(super) struct Asker {
    pub(super) codes: [Code; 2],
    pub(super) mode: Mode,
    /// At most two callers, so that one of them can call the other.
    pub(super) callers: Vec<u32>,
}

/// A group in one mode with one code: which asker answers for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) group: u32,
    pub(super) mode: Mode,
    pub(super) spoken: u16,
    pub(super) asker: u32,
}

/// All callers, sorted by what they are and by name.
pub(super) struct Callers {
    pub(super) all: Vec<Caller>,
    pub(super) groups: Vec<Group>,
    pub(super) spoken: Vec<Spoken>,
    pub(super) askers: Vec<Asker>,
    pub(super) cases: Vec<Case>,
}

impl Callers {
    pub(super) fn of(images: [&Image<'_>; 2]) -> Self {
        let all = callers(images);
        let groups = groups(images, &all);
        let codes = codes(images);
        let mut spoken = vec![Spoken::None, Spoken::Other];
        spoken.extend(codes.iter().map(|codes| Spoken::Verified(codes.names.clone())));
        let mut this = Self { all, groups, spoken, askers: Vec::new(), cases: Vec::new() };
        this.ask(images, &codes);
        this
    }

    fn ask(&mut self, images: [&Image<'_>; 2], codes: &[Codes]) {
        let mut known = Numbered::new();
        for (group, row) in (0u32..).zip(&self.groups) {
            for mode in MODES {
                let permits = [0, 1].map(|side| self.permits(images[side], row, side, mode));
                for spoken in 0..self.spoken.len() {
                    let Some(resolved) = resolve(spoken, permits, codes) else { continue };
                    let brings = [0, 1].map(|side| {
                        let brings = row.brings[side]?;
                        let (cos, cor) = (brings.cos[mode.index()], brings.cor[mode.index()]);
                        Some((cos, cor, brings.interconnect, brings.zone, brings.public))
                    });
                    // The mode itself counts only where the COS of a public trunk is compared with another's.
                    let public = row.brings.iter().flatten().any(|brings| brings.public);
                    let key = (row.sort, brings, resolved, public.then_some(mode));
                    let (asker, new) = known.number(key);
                    if new {
                        self.askers.push(Asker { codes: resolved, mode, callers: Vec::new() });
                    }
                    let asker_row = &mut self.askers[asker as usize];
                    // Whoever stands for the asker must bring the same in the mode that is asked for.
                    if asker_row.mode == mode {
                        let room = 2 - asker_row.callers.len();
                        let more = row.callers.iter().filter(|caller| !asker_row.callers.contains(caller));
                        let more: Vec<u32> = more.take(room).copied().collect();
                        asker_row.callers.extend(more);
                    }
                    let spoken = u16::try_from(spoken).unwrap_or(u16::MAX);
                    self.cases.push(Case { group, mode, spoken, asker });
                }
            }
        }
    }

    /// Which account codes a group's COS permits: verified ones, others (R48).
    fn permits(&self, image: &Image<'_>, group: &Group, side: usize, mode: Mode) -> [bool; 2] {
        let caller = &self.all[group.callers[0] as usize];
        let (Sort::Device, Some(party)) = (group.sort, caller.parties[side]) else { return [false; 2] };
        let class = class_of(image, party, mode).unwrap_or_default();
        let features = Features::from_bits_truncate(class.features);
        let verified = Features::VERIFIED_ACCOUNT_CODE | Features::FORCED_VERIFIED_ACCOUNT_CODE;
        let other = Features::NON_VERIFIED_ACCOUNT_CODE | Features::FORCED_NON_VERIFIED_ACCOUNT_CODE;
        [features.intersects(verified), features.intersects(other)]
    }
}

/// What a spoken code is worth in both policies; `None` if asking would tell nothing that is not asked already.
///
/// Where a COS permits no such code, nobody dials it: there the call without a code is what can be had.
fn resolve(spoken: usize, permits: [[bool; 2]; 2], codes: &[Codes]) -> Option<[Code; 2]> {
    let other_code = |other: bool| if other { Code::NonVerified(None) } else { Code::None };
    match spoken.checked_sub(2) {
        None if spoken == 0 => Some([Code::None; 2]),
        None => {
            let other = permits.map(|[_, other]| other);
            (other != [false; 2]).then(|| other.map(other_code))
        }
        Some(place) => {
            let row = codes.get(place)?;
            let resolved = [0, 1].map(|side| match (permits[side], row.rows[side]) {
                ([true, _], Some(code)) => Code::Verified(code),
                ([_, other], _) => other_code(other),
            });
            resolved.iter().any(|code| matches!(code, Code::Verified(_))).then_some(resolved)
        }
    }
}

fn callers(images: [&Image<'_>; 2]) -> Vec<Caller> {
    // The key sorts numbers by length first: 99 before 201.
    let mut all: BTreeMap<(Sort, usize, String), [Option<Party>; 2]> = BTreeMap::new();
    for (side, image) in images.into_iter().enumerate() {
        let devices = (0..image.phones()).filter_map(|row| u32::try_from(row).ok()).map(Party::Device);
        let trunks = (0..image.trunks().len()).filter_map(|row| u16::try_from(row).ok()).map(Party::Trunk);
        for party in devices.chain(trunks).chain(desk::guests(image, images)) {
            let name = party_name(image, party);
            let key = match party {
                Party::Device(_) => (Sort::Device, name.len(), name),
                Party::User { at, .. } => {
                    let name = format!("{name} at {}", party_name(image, Party::Device(at)));
                    (Sort::Device, name.len(), name)
                }
                Party::Trunk(_) | Party::Conference | Party::Unknown => (Sort::Trunk, 0, name),
            };
            all.entry(key).or_default()[side] = Some(party);
        }
    }
    all.insert((Sort::Stranger, 0, "an unknown caller".into()), [Some(Party::Unknown); 2]);
    all.into_iter().map(|((sort, _, name), parties)| Caller { sort, name, parties }).collect()
}

fn groups(images: [&Image<'_>; 2], all: &[Caller]) -> Vec<Group> {
    let mut known: HashMap<(Sort, [Option<Brings>; 2]), usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for (place, caller) in (0u32..).zip(all) {
        let brings = [0, 1].map(|side| caller.parties[side].map(|party| brings(images[side], party)));
        let group = *known.entry((caller.sort, brings)).or_insert_with(|| {
            groups.push(Group { sort: caller.sort, brings, callers: Vec::new() });
            groups.len() - 1
        });
        groups[group].callers.push(place);
    }
    groups
}

fn brings(image: &Image<'_>, party: Party) -> Brings {
    match party {
        Party::Device(_) | Party::User { .. } => {
            let of = |row: Option<u32>| image.devices().get(row.unwrap_or(u32::MAX) as usize);
            let (own, here) = (of(image.row_of(party)), of(party.phone()));
            let (interconnect, zone) = here.map_or((0, 0), |here| (here.interconnect, here.zone));
            let row = DeviceRow { interconnect, zone, ..own.unwrap_or_default() };
            Brings {
                cos: row.cos,
                cor: row.cor,
                interconnect: row.interconnect,
                zone: row.zone,
                public: false,
            }
        }
        Party::Trunk(trunk) => {
            let row = image.trunks().get(usize::from(trunk)).unwrap_or_default();
            let public = row.flags & 1 != 0;
            Brings { cos: row.cos, cor: row.cor, interconnect: row.interconnect, zone: row.zone, public }
        }
        Party::Conference | Party::Unknown => {
            Brings { cos: [0; 3], cor: [0; 3], interconnect: 0, zone: 0, public: false }
        }
    }
}

/// Verified codes by name, those of the same classes together. Codes of one name are told apart by their order.
fn codes(images: [&Image<'_>; 2]) -> Vec<Codes> {
    let mut named: BTreeMap<(String, usize), [Option<u16>; 2]> = BTreeMap::new();
    for (side, image) in images.into_iter().enumerate() {
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (row, code) in (0u16..).zip(image.account_codes().iter()).filter(|(_, code)| code.kind == 0) {
            let name = image.text(code.name).to_owned();
            let count = seen.entry(name.clone()).or_default();
            named.entry((name, *count)).or_default()[side] = Some(row);
            *count += 1;
        }
    }
    let classes = |side: usize, row: Option<u16>| {
        let row = images[side].account_codes().get(usize::from(row?))?;
        Some((row.cos, row.cor))
    };
    type Classes = [Option<(u8, u8)>; 2];
    let mut all: Vec<(Classes, Codes)> = Vec::new();
    for ((name, nth), rows) in named {
        let name = match (name.as_str(), nth) {
            ("", nth) => format!("no. {} without a name", nth + 1),
            (_, 0) => name,
            (_, nth) => format!("{name} no. {}", nth + 1),
        };
        let key = [0, 1].map(|side| classes(side, rows[side]));
        match all.iter_mut().find(|(known, _)| *known == key) {
            Some((_, codes)) => codes.names.push(name),
            None => all.push((key, Codes { names: vec![name], rows })),
        }
    }
    all.into_iter().map(|(_, codes)| codes).collect()
}
