//! The finite abstraction of a policy: which parties, numbers, codes and modes are tried.
//!
//! Devices of which every decision reads the same are one group, and so are trunks; of a group at most
//! [`Bounds::keep`] members are kept, and they come into play in order, for nothing tells one idle member from another.
//! Numbers that mean the same to everybody kept are one number.

use super::desk::Desks;
use super::given::{Assertion, Given, Selector};
use super::hunting;
use super::judge::Reading;
use super::taking::Take;
use std::collections::{BTreeMap, BTreeSet};
use strowger::policy::rows::Features;
use strowger::policy::{Image, Keyring, Mode, Party};

/// How much is explored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bounds {
    /// Stations that take part at once.
    pub stations: usize,
    /// Lines of trunks that take part at once.
    pub lines: usize,
    /// Calls at once, a transfer's own included; one more if the policy names a conference resource.
    pub calls: usize,
    /// Members kept of each group.
    pub keep: usize,
    /// Changes of the service mode.
    pub modes: u8,
    /// Log-ins of hot-desk users.
    pub log_ins: u8,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { stations: 3, lines: 2, calls: 3, keep: 3, modes: 1, log_ins: 2 }
    }
}

/// A number as it can be dialed.
#[derive(Clone, Debug)]
pub(super) struct Number {
    /// As it is dialed.
    pub(super) dialed: Vec<u8>,
    /// As the exchange reads it: behind a trunk's inbound rows.
    pub(super) meant: Vec<u8>,
    pub(super) target: Target,
    /// It is the number of a speed call that no COR is asked for (R27).
    pub(super) exempt: bool,
    /// It is dialed behind the code for camp-on.
    pub(super) camps: bool,
    /// It is dialed behind the code for busy override.
    pub(super) overrides: bool,
}

/// What a number means.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Target {
    Device(u32),
    Row(u32),
    Emergency(u32),
    /// The conference resource.
    Conference,
    Vacant,
}

/// A party that takes part.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) party: Party,
    /// What it dials, by place in [`Abstraction::numbers`].
    pub(super) numbers: Vec<u16>,
}

/// What is explored of a policy.
pub(super) struct Abstraction {
    pub(super) image: Image<'static>,
    pub(super) keyring: Keyring<'static>,
    /// What both were read from.
    pub(super) octets: (&'static [u8], Option<&'static [u8]>),
    pub(super) bounds: Bounds,
    pub(super) parties: Vec<Kept>,
    pub(super) numbers: Vec<Number>,
    /// Account codes that are entered: digits, and what they are to the judge: row plus one of a verified one.
    pub(super) codes: Vec<Code>,
    /// Codes by which calls are taken and parked.
    pub(super) takes: Vec<Take>,
    /// Users who log in.
    pub(super) desks: Desks,
    pub(super) modes: Vec<Mode>,
    pub(super) asserts: Vec<Assertion>,
    /// Phones and trunks in all.
    pub(super) merged_from: (usize, usize),
    /// The group of each device and of each trunk.
    groups: (Vec<u32>, Vec<u32>),
}

/// An account code that is entered.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) digits: Vec<u8>,
    /// A verified one: its row.
    pub(super) verified: Option<u16>,
    pub(super) name: String,
}

impl Abstraction {
    pub(super) fn new(
        image: Image<'static>,
        keyring: Keyring<'static>,
        given: &Given,
        bounds: Bounds,
    ) -> Self {
        let merged_from = (image.phones(), image.trunks().len());
        // To bring one more to two who are in a conference of the resource takes four calls.
        let more = usize::from(image.system().conference.len > 0);
        let bounds = Bounds { calls: bounds.calls + more, ..bounds };
        let mut all = Self {
            image,
            keyring,
            octets: (&[], None),
            bounds,
            parties: Vec::new(),
            numbers: Vec::new(),
            codes: Vec::new(),
            takes: Vec::new(),
            desks: Desks::default(),
            modes: modes(&image),
            asserts: given.asserts.clone(),
            merged_from,
            groups: (vec![u32::MAX; image.devices().len()], vec![u32::MAX; merged_from.1]),
        };
        all.keep_parties();
        all.keep_numbers();
        all.keep_codes(given);
        all.keep_takes();
        all
    }

    /// Whether there is more than actions can name: what cannot be named would be left out, and nobody told.
    pub(super) fn is_beyond_numbering(&self) -> bool {
        let users = self.desks.users.len();
        let most = [self.parties.len(), self.numbers.len(), self.codes.len(), self.takes.len(), users];
        most.into_iter().any(|count| count >= usize::from(super::story::NO_NUMBER))
    }

    /// The place of a kept party, whoever is logged in there.
    pub(super) fn place(&self, party: Party) -> Option<usize> {
        let party = party.phone().map_or(party, Party::Device);
        self.parties.iter().position(|kept| kept.party == party)
    }

    /// The number of a party's group.
    pub(super) fn alike(&self, party: Party) -> u32 {
        let group = match party {
            Party::Device(device) => self.groups.0.get(device as usize),
            Party::User { user, at } => {
                let at = self.groups.0.get(at as usize).copied().unwrap_or(u32::MAX);
                return (self.desks.group(user) + 1) << 20 | at;
            }
            Party::Trunk(trunk) => self.groups.1.get(usize::from(trunk)),
            Party::Conference | Party::Unknown => None,
        };
        group.copied().unwrap_or(u32::MAX)
    }

    /// What a number means, whoever of a group it leads to.
    pub(super) fn sense(&self, number: u16) -> u32 {
        match self.numbers.get(usize::from(number)).map(|number| number.target) {
            Some(Target::Device(device)) => 1 << 16 | self.alike(Party::Device(device)),
            Some(_) | None => number.into(),
        }
    }

    /// Whether a number calls for help.
    pub(super) fn is_help(&self, number: u16) -> bool {
        let number = self.numbers.get(usize::from(number));
        number.is_some_and(|number| matches!(number.target, Target::Emergency(_)))
    }

    /// Groups of parties that are alike, and at most so many of each.
    fn keep_parties(&mut self) {
        let image = self.image;
        let mut groups: BTreeMap<(Vec<u8>, Vec<bool>), (usize, usize)> = BTreeMap::new();
        let reached: BTreeSet<u32> =
            image.inbound_rows().iter().filter_map(|row| image.device_by_dn(image.octets(row.to))).collect();
        // Whom a device has its calls go to is nobody else, and neither is the device.
        let mut single = hunting::all_members(&image);
        for row in image.forward_rows().iter() {
            single.insert(row.device);
            let set = [row.always, row.busy, row.no_answer, row.out_of_service];
            single.extend(set.into_iter().filter_map(|to| image.device_by_dn(image.octets(to))));
        }
        for row in image.intercept_rows().iter() {
            single.extend(row.to.into_iter().filter_map(|to| to.checked_sub(1)));
        }
        let devices = 0..image.phones() as u32;
        // Those whom a trunk's numbers lead to stand for their groups first.
        let (first, rest): (Vec<u32>, Vec<u32>) = devices.partition(|device| reached.contains(device));
        let devices = first.into_iter().chain(rest).map(Party::Device);
        let trunks = (0..image.trunks().len() as u16).map(Party::Trunk);
        for party in devices.chain(trunks) {
            let mut alike = Vec::new();
            match party {
                Party::Device(device) => {
                    let row = image.devices().get(device as usize).unwrap_or_default();
                    alike.extend(row.cos);
                    alike.extend(row.cor);
                    let texts = image.device_texts().get(device as usize).unwrap_or_default();
                    alike.extend([row.interconnect, row.zone, row.srtp, texts.intercept]);
                    alike.extend(image.pickup_groups(device).flat_map(u16::to_le_bytes));
                    if single.contains(&device) {
                        alike.extend(device.to_le_bytes());
                    }
                }
                Party::Trunk(trunk) => {
                    let row = image.trunks().get(usize::from(trunk)).unwrap_or_default();
                    alike.extend(row.cos);
                    alike.extend(row.cor);
                    alike.extend([row.interconnect, row.zone, row.srtp, row.flags & 1]);
                    alike.extend(row.inbound.to_le_bytes());
                    // What is dialed leads over one trunk or the other: each is a group of its own.
                    alike.extend(trunk.to_le_bytes());
                }
                Party::User { .. } | Party::Conference | Party::Unknown => {}
            }
            let told = self.asserts.iter().flat_map(|one| [&one.from, &one.to]);
            let told = told.map(|selector| self.names(selector, party)).collect();
            let next = groups.len();
            let (group, members) = groups.entry((alike, told)).or_insert((next, 0));
            *members += 1;
            match party {
                Party::Device(device) => self.groups.0[device as usize] = *group as u32,
                Party::Trunk(trunk) => self.groups.1[usize::from(trunk)] = *group as u32,
                Party::User { .. } | Party::Conference | Party::Unknown => {}
            }
            if *members <= self.bounds.keep {
                self.parties.push(Kept { party, numbers: Vec::new() });
            }
        }
        // A hunt group takes no part, but its number is a number of its own; and so it is with a kind of users.
        for (next, device) in (groups.len() as u32..).zip(hunting::groups(&image)) {
            self.groups.0[device as usize] = next;
        }
        let named = |party| {
            let told = self.asserts.iter().flat_map(|one| [&one.from, &one.to]);
            told.map(|selector| self.names(selector, party)).collect()
        };
        self.desks = Desks::new((&image, &self.keyring), self.bounds.keep, named, &single);
        let next = (groups.len() + hunting::groups(&image).len()) as u32;
        for (user, row) in (0u16..).zip(image.users().iter()) {
            self.groups.0[row.device as usize] = next + self.desks.group(user);
        }
        self.parties.sort_by_key(|kept| match kept.party {
            Party::Device(device) | Party::User { at: device, .. } => (0, device),
            Party::Trunk(trunk) => (1, u32::from(trunk)),
            Party::Conference | Party::Unknown => (2, 0),
        });
    }

    /// Whether a selector names this party itself, whatever its classes.
    fn names(&self, selector: &Selector, party: Party) -> bool {
        match selector {
            Selector::Device(_) | Selector::User(_) | Selector::Trunk(_) => {
                Reading { image: &self.image }.selects(selector, party, Mode::Day)
            }
            _ => false,
        }
    }

    /// A right code of each kind and class, and a wrong one, if anybody is asked for codes or may enter some.
    fn keep_codes(&mut self, given: &Given) {
        let image = self.image;
        let wanted = Features::FORCED_VERIFIED_ACCOUNT_CODE
            | Features::FORCED_NON_VERIFIED_ACCOUNT_CODE
            | Features::VERIFIED_ACCOUNT_CODE
            | Features::NON_VERIFIED_ACCOUNT_CODE;
        let codes = image
            .classes()
            .iter()
            .any(|class| Features::from_bits_truncate(class.features).intersects(wanted));
        if !codes {
            return;
        }
        let mut seen = BTreeSet::new();
        for (row, (digits, verified)) in (0u16..).zip(&given.codes) {
            let class = image.account_codes().get(row.into()).unwrap_or_default();
            if seen.insert((*verified, class.cos, class.cor)) {
                let word = if *verified { "verified" } else { "non-verified" };
                self.codes.push(Code {
                    digits: digits.clone().into_bytes(),
                    verified: verified.then_some(row),
                    name: format!("a {word} code"),
                });
            }
        }
        // Of each length that is asked for, and no code's.
        let lengths: BTreeSet<usize> = image.classes().iter().map(|class| class.code_length.into()).collect();
        for length in lengths {
            let length = if length == 0 { 4 } else { length };
            let other = (0..10_000u32).map(|n| format!("{n:0length$}").into_bytes());
            let wrong = other
                .into_iter()
                .find(|d| d.len() == length && given.codes.iter().all(|(code, _)| code.as_bytes() != d));
            if let Some(digits) = wrong {
                self.codes.push(Code { digits, verified: None, name: "another code".into() });
            }
        }
    }
}

/// Modes in which somebody's classes differ from those by day.
fn modes(image: &Image<'_>) -> Vec<Mode> {
    let mut modes = vec![Mode::Day];
    for (at, mode) in [(1, Mode::Night1), (2, Mode::Night2)] {
        let differs = |cos: &[u8; 3], cor: &[u8; 3]| cos[at] != cos[0] || cor[at] != cor[0];
        if image.devices().iter().any(|row| differs(&row.cos, &row.cor))
            || image.trunks().iter().any(|row| differs(&row.cos, &row.cor))
        {
            modes.push(mode);
        }
    }
    modes
}

/// Whether digits fit a pattern of digits, X and N.
pub(super) fn fits(pattern: &str, digits: &[u8]) -> bool {
    pattern.len() == digits.len()
        && pattern.bytes().zip(digits).all(|(c, digit)| match c {
            b'X' => digit.is_ascii_digit(),
            b'N' => (b'2'..=b'9').contains(digit),
            other => other == *digit,
        })
}
