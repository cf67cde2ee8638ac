//! The finite abstraction of a policy: which parties, numbers, codes and modes are tried.
//!
//! Devices of which every decision reads the same are one group, and so are trunks; of a group at most
//! [`Bounds::keep`] members are kept, and they come into play in order, for nothing tells one idle member from another.
//! Numbers that mean the same to everybody kept are one number.

use super::given::{Assertion, Given, Selector};
use super::judge::Reading;
use super::numbers::{Sample, samples, ways};
use super::story::NO_NUMBER;
use std::collections::{BTreeMap, BTreeSet};
use strowger::base::Digit;
use strowger::policy::inbound::{Inbound, inbound};
use strowger::policy::rows::Features;
use strowger::policy::trie::{End, analyse};
use strowger::policy::{Image, Keyring, Mode, Party};

/// How much is explored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bounds {
    /// Stations that take part at once.
    pub stations: usize,
    /// Lines of trunks that take part at once.
    pub lines: usize,
    /// Calls at once, a transfer's own included.
    pub calls: usize,
    /// Members kept of each group.
    pub keep: usize,
    /// Changes of the service mode.
    pub modes: u8,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { stations: 3, lines: 2, calls: 3, keep: 3, modes: 1 }
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
}

/// What a number means.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Target {
    Device(u32),
    Row(u32),
    Emergency(u32),
    Vacant,
}

/// A party that takes part.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) party: Party,
    pub(super) group: usize,
    /// What it dials, by place in [`Abstraction::numbers`].
    pub(super) numbers: Vec<u16>,
}

/// What is explored of a policy.
pub(super) struct Abstraction {
    pub(super) image: Image<'static>,
    pub(super) keyring: Keyring<'static>,
    pub(super) bounds: Bounds,
    pub(super) parties: Vec<Kept>,
    pub(super) numbers: Vec<Number>,
    /// Account codes that are entered: digits, and what they are to the judge: row plus one of a verified one.
    pub(super) codes: Vec<Code>,
    pub(super) modes: Vec<Mode>,
    pub(super) asserts: Vec<Assertion>,
    /// Devices and trunks in all.
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
        let merged_from = (image.devices().len(), image.trunks().len());
        let mut all = Self {
            image,
            keyring,
            bounds,
            parties: Vec::new(),
            numbers: Vec::new(),
            codes: Vec::new(),
            modes: modes(&image),
            asserts: given.asserts.clone(),
            merged_from,
            groups: (vec![u32::MAX; merged_from.0], vec![u32::MAX; merged_from.1]),
        };
        all.keep_parties();
        all.keep_numbers();
        all.keep_codes(given);
        all
    }

    /// The place of a kept party.
    pub(super) fn place(&self, party: Party) -> Option<usize> {
        self.parties.iter().position(|kept| kept.party == party)
    }

    /// The number of a party's group.
    pub(super) fn alike(&self, party: Party) -> u32 {
        let group = match party {
            Party::Device(device) => self.groups.0.get(device as usize),
            Party::Trunk(trunk) => self.groups.1.get(usize::from(trunk)),
            Party::Unknown => None,
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
        let mut single = BTreeSet::new();
        for row in image.forward_rows().iter() {
            single.insert(row.device);
            let set = [row.always, row.busy, row.no_answer, row.out_of_service];
            single.extend(set.into_iter().filter_map(|to| image.device_by_dn(image.octets(to))));
        }
        let devices = 0..image.devices().len() as u32;
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
                    alike.extend([row.interconnect, row.zone, row.srtp]);
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
                Party::Unknown => {}
            }
            let told = self.asserts.iter().flat_map(|one| [&one.from, &one.to]);
            let told = told.map(|selector| self.names(selector, party)).collect();
            let next = groups.len();
            let (group, members) = groups.entry((alike, told)).or_insert((next, 0));
            *members += 1;
            match party {
                Party::Device(device) => self.groups.0[device as usize] = *group as u32,
                Party::Trunk(trunk) => self.groups.1[usize::from(trunk)] = *group as u32,
                Party::Unknown => {}
            }
            if *members <= self.bounds.keep {
                self.parties.push(Kept { party, group: *group, numbers: Vec::new() });
            }
        }
        self.parties.sort_by_key(|kept| match kept.party {
            Party::Device(device) => (0, device),
            Party::Trunk(trunk) => (1, u32::from(trunk)),
            Party::Unknown => (2, 0),
        });
    }

    /// Whether a selector names this party itself, whatever its classes.
    fn names(&self, selector: &Selector, party: Party) -> bool {
        match selector {
            Selector::Device(_) | Selector::Trunk(_) => {
                Reading { image: &self.image }.selects(selector, party, Mode::Day)
            }
            _ => false,
        }
    }

    fn keep_numbers(&mut self) {
        let image = self.image;
        let mut seen = BTreeSet::new();
        let samples = samples(&image);
        for kept in &self.parties {
            if let Party::Device(device) = kept.party {
                let row = image.device_texts().get(device as usize).unwrap_or_default();
                self.numbers.push(self.number(image.octets(row.dn).to_vec(), None));
            }
        }
        for Sample { row, emergency, digits } in samples {
            let target = if emergency { Target::Emergency(row) } else { Target::Row(row) };
            if seen.insert(self.behaviour(target, &digits)) {
                self.numbers.push(Number { meant: digits.clone(), dialed: digits, target });
            }
        }
        let vacant = (0..100_000u32).map(|n| n.to_string().into_bytes());
        let vacant =
            vacant.into_iter().find(|digits| analyse(&image, digits, |_| false).end() == End::Vacant);
        if let Some(dialed) = vacant {
            self.numbers.push(Number { meant: dialed.clone(), dialed, target: Target::Vacant });
        }
        let own: Vec<u16> = (0..self.numbers.len() as u16).collect();
        let mut parties = std::mem::take(&mut self.parties);
        for kept in &mut parties {
            kept.numbers = match kept.party {
                Party::Trunk(trunk) => self.called_by(trunk, &parties_of(&own, &self.numbers)),
                Party::Device(_) | Party::Unknown => own.clone(),
            };
        }
        self.parties = parties;
        // Where calls are forwarded to: nobody dials it for that.
        for row in image.forward_rows().iter() {
            for to in [row.always, row.busy, row.no_answer, row.out_of_service] {
                let digits = image.octets(to);
                if !digits.is_empty() && self.meant(digits) == NO_NUMBER {
                    self.numbers.push(self.number(digits.to_vec(), None));
                }
            }
        }
    }

    /// The number that means this.
    pub(super) fn meant(&self, digits: &[u8]) -> u16 {
        let found = self.numbers.iter().position(|number| number.meant == digits);
        found.and_then(|at| u16::try_from(at).ok()).unwrap_or(NO_NUMBER)
    }

    /// What a trunk calls: a number for each meaning of its inbound rows, and emergency numbers.
    fn called_by(&mut self, trunk: u16, own: &[(u16, Vec<u8>)]) -> Vec<u16> {
        let image = self.image;
        let mut numbers = Vec::new();
        let mut seen = BTreeSet::new();
        let mut tried: Vec<Vec<u8>> = Vec::new();
        for row in image.inbound_rows().iter() {
            let (did, to) = (image.octets(row.did), image.octets(row.to));
            for wanted in own.iter().map(|(_, digits)| digits.as_slice()).chain([&[][..]]) {
                tried.extend(called(did, to, wanted));
            }
        }
        tried.extend(own.iter().map(|(_, digits)| digits.clone()));
        for dialed in tried {
            let emergency = matches!(analyse(&image, &dialed, |_| false).end(), End::Emergency(_));
            let number = if emergency {
                self.number(dialed, None)
            } else {
                match inbound(&image, trunk, &dialed) {
                    Inbound::To(meant, _) => self.number(meant.as_bytes().to_vec(), Some(dialed)),
                    Inbound::AsCalled => self.number(dialed, None),
                    Inbound::Vacant => continue,
                }
            };
            // A device that is not kept is like one that is.
            if matches!(number.target, Target::Device(device) if self.place(Party::Device(device)).is_none()
                && !self.parties.is_empty())
            {
                continue;
            }
            if seen.insert(self.behaviour(number.target, &number.meant)) {
                numbers.push(self.numbers.len() as u16);
                self.numbers.push(number);
            }
        }
        numbers
    }

    fn number(&self, meant: Vec<u8>, dialed: Option<Vec<u8>>) -> Number {
        let target = match analyse(&self.image, &meant, |_| false).end() {
            End::Device(device) => Target::Device(device),
            End::Ars(row) => Target::Row(row),
            End::Emergency(row) => Target::Emergency(row),
            End::Feature(..) | End::Inbound(_) | End::Incomplete | End::Vacant | End::Invalid => {
                Target::Vacant
            }
        };
        Number { dialed: dialed.unwrap_or_else(|| meant.clone()), meant, target }
    }

    /// What a number means to everybody: two of the same behaviour are one number.
    fn behaviour(&self, target: Target, digits: &[u8]) -> Vec<u32> {
        let image = &self.image;
        let row = match target {
            Target::Device(device) => return vec![0, device],
            Target::Vacant => return vec![1],
            // One way to an emergency centre is explored for each way that there is.
            Target::Emergency(row) | Target::Row(row) => image.ars().get(row as usize).unwrap_or_default(),
        };
        let emergency = matches!(target, Target::Emergency(_));
        let mut told = vec![2, u32::from(emergency)];
        let reading = Reading { image };
        for (_, route) in ways(image, &row) {
            told.extend([route.trunk, route.cor_group.into(), route.flags.into()].map(u32::from));
            if !emergency {
                told.push(reading.class_bits(&route, digits));
                told.extend(self.asserts.iter().map(|one| u32::from(reading.sends(&one.to, &route, digits))));
            }
        }
        if !emergency {
            told.extend(reading.leadings(digits).iter().map(|group| 100 + u32::from(*group)));
            told.extend((0..96usize).filter_map(|cor| {
                let most = image.max_digits().get(cor).map_or(0, |row| row.digits);
                (most != 0 && digits.len() > usize::from(most)).then_some(1000 + cor as u32)
            }));
            told.extend(self.asserts.iter().map(|one| match &one.to {
                Selector::Number(pattern) => u32::from(fits(pattern, digits)),
                _ => 0,
            }));
        }
        told
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
        // Of the length that is asked for, if there is one, and no code's.
        let length = image.classes().iter().map(|class| class.code_length).find(|length| *length > 0);
        let length = usize::from(length.unwrap_or(4));
        let other = (0..10_000u32).map(|n| format!("{n:0length$}").into_bytes());
        let wrong = other.into_iter().find(|d| given.codes.iter().all(|(code, _)| code.as_bytes() != d));
        if let Some(digits) = wrong {
            self.codes.push(Code { digits, verified: None, name: "another code".into() });
        }
    }
}

fn parties_of(own: &[u16], numbers: &[Number]) -> Vec<(u16, Vec<u8>)> {
    own.iter().map(|at| (*at, numbers[usize::from(*at)].meant.clone())).collect()
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

/// A called number that an inbound row turns into what is wanted, or into anything if nothing is.
fn called(did: &[u8], to: &[u8], wanted: &[u8]) -> Option<Vec<u8>> {
    if !wanted.is_empty()
        && (wanted.len() != to.len()
            || to.iter().zip(wanted).any(|(pattern, digit)| *pattern != b'X' && pattern != digit))
    {
        return None;
    }
    let wild = to.iter().zip(wanted).rev().filter(|(pattern, _)| **pattern == b'X').map(|(_, digit)| *digit);
    let mut wild = wild.collect::<Vec<u8>>().into_iter();
    let mut number: Vec<u8> = did
        .iter()
        .rev()
        .map(|c| match c {
            b'X' => wild.next().unwrap_or(b'0'),
            b'N' => b'2',
            other => *other,
        })
        .collect();
    number.reverse();
    number.iter().all(|c| Digit::from_ascii(*c).is_some()).then_some(number)
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
