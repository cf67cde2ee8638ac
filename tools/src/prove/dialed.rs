//! The numbers of an abstraction: what its parties dial and call, and where calls go that are forwarded.

use super::abstraction::{Abstraction, Number, Target, fits};
use super::given::Selector;
use super::hunting::groups;
use super::judge::Reading;
use super::numbers::{Sample, samples, ways};
use super::story::NO_NUMBER;
use super::taking::codes;
use std::collections::BTreeSet;
use strowger::base::Digit;
use strowger::exchange::CONFERENCE;
use strowger::policy::inbound::{Inbound, inbound};
use strowger::policy::rows::{CosRow, FEATURE_CAMP_ON, FEATURE_SPEED_CALL, Features};
use strowger::policy::trie::{End, analyse};
use strowger::policy::{Image, Party};

impl Abstraction {
    pub(super) fn keep_numbers(&mut self) {
        let image = self.image;
        let mut seen = BTreeSet::new();
        let samples = samples(&image);
        let kept = self.parties.iter().filter_map(|kept| match kept.party {
            Party::Device(device) => Some(device),
            Party::User { .. } | Party::Trunk(_) | Party::Conference | Party::Unknown => None,
        });
        let users = self.desks.users.iter().filter_map(|(user, _)| image.user_row(*user));
        for device in kept.chain(groups(&image)).chain(users).collect::<Vec<_>>() {
            let row = image.device_texts().get(device as usize).unwrap_or_default();
            self.numbers.push(self.number(image.octets(row.dn).to_vec(), None));
        }
        let codes = codes(&self.image);
        self.keep_camps(&codes);
        self.keep_overrides(&codes);
        for Sample { row, emergency, digits } in samples {
            let target = if emergency { Target::Emergency(row) } else { Target::Row(row) };
            if seen.insert(self.behaviour(target, &digits)) {
                self.numbers.push(Number {
                    meant: digits.clone(),
                    dialed: digits,
                    target,
                    exempt: false,
                    camps: false,
                    overrides: false,
                });
            }
        }
        let vacant = (0..100_000u32).map(|n| n.to_string().into_bytes());
        let vacant =
            vacant.into_iter().find(|digits| analyse(&image, digits, |_| false).end() == End::Vacant);
        if let Some(dialed) = vacant {
            self.numbers.push(Number {
                meant: dialed.clone(),
                dialed,
                target: Target::Vacant,
                exempt: false,
                camps: false,
                overrides: false,
            });
        }
        // Of those that everybody may dial alike, one.
        for code in speed_codes(&image) {
            let number = self.number(code, None);
            let mut told = self.behaviour(number.target, &number.meant);
            told.extend([u32::MAX, u32::from(number.exempt)]);
            if seen.insert(told) {
                self.numbers.push(number);
            }
        }
        let own: Vec<u16> = (0..self.numbers.len() as u16).collect();
        let mut parties = std::mem::take(&mut self.parties);
        for kept in &mut parties {
            kept.numbers = match kept.party {
                Party::Trunk(trunk) => self.called_by(trunk, &parties_of(&own, &self.numbers)),
                Party::Device(_) | Party::User { .. } | Party::Conference | Party::Unknown => own.clone(),
            };
        }
        self.parties = parties;
        self.keep_conference();
        // Where calls are forwarded to: nobody dials it for that.
        for row in image.forward_rows().iter() {
            for to in [row.always, row.busy, row.no_answer, row.out_of_service] {
                let digits = image.octets(to);
                let meant = image.speed_number(digits).map_or(digits, |(number, _)| number);
                if !digits.is_empty() && self.meant(meant) == NO_NUMBER {
                    self.numbers.push(self.number(digits.to_vec(), None));
                }
            }
        }
    }

    /// What opens a conference, and brings others into it, if the policy names a resource.
    fn keep_conference(&mut self) {
        if self.image.system().conference.len == 0 {
            return;
        }
        let at = self.numbers.len() as u16;
        self.numbers.push(Number {
            dialed: CONFERENCE.to_vec(),
            meant: Vec::new(),
            target: Target::Conference,
            exempt: false,
            camps: false,
            overrides: false,
        });
        for kept in self.parties.iter_mut().filter(|kept| kept.party.phone().is_some()) {
            kept.numbers.push(at);
        }
    }

    /// The numbers so far, behind the code for camp-on, if anybody may use that.
    fn keep_camps(&mut self, codes: &[(u32, Vec<u8>)]) {
        let may = |class: CosRow| Features::from_bits_truncate(class.features).contains(Features::CAMP_ON);
        if !self.image.classes().iter().any(may) {
            return;
        }
        for (_, code) in codes.iter().filter(|(feature, _)| *feature == FEATURE_CAMP_ON) {
            let behind = |number: &Number| Number {
                dialed: [code.as_slice(), &number.meant].concat(),
                camps: true,
                ..number.clone()
            };
            let camps: Vec<Number> = self.numbers.iter().map(behind).collect();
            self.numbers.extend(camps);
        }
    }

    /// The number that means this.
    pub(super) fn meant(&self, digits: &[u8]) -> u16 {
        // What is exempt counts first: no COR may have been asked for.
        let own = |number: &&Number| number.meant == digits && number.target != Target::Conference;
        let found = self
            .numbers
            .iter()
            .filter(own)
            .max_by_key(|number| (number.exempt, !number.camps, !number.overrides));
        let found = found.and_then(|found| self.numbers.iter().position(|one| std::ptr::eq(one, found)));
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
                && image.is_phone(device)
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

    /// A number as it is dialed; `dialed` if that is something else. Of a speed call's code it is the number behind it.
    fn number(&self, meant: Vec<u8>, dialed: Option<Vec<u8>>) -> Number {
        let row = match analyse(&self.image, &meant, |_| false).end() {
            End::Feature(feature, _) if dialed.is_none() => self.image.speed_call(feature),
            _ => None,
        };
        let exempt = row.is_some_and(|row| row.flags == 1);
        let (meant, dialed) = match row {
            Some(row) => (self.image.octets(row.number).to_vec(), Some(meant)),
            None => (meant, dialed),
        };
        let target = match analyse(&self.image, &meant, |_| false).end() {
            End::Device(device) => Target::Device(device),
            End::Ars(row) => Target::Row(row),
            End::Emergency(row) => Target::Emergency(row),
            End::Feature(..) | End::Inbound(_) | End::Incomplete | End::Vacant | End::Invalid => {
                Target::Vacant
            }
        };
        Number {
            dialed: dialed.unwrap_or_else(|| meant.clone()),
            meant,
            target,
            exempt,
            camps: false,
            overrides: false,
        }
    }

    /// What a number means to everybody: two of the same behaviour are one number.
    fn behaviour(&self, target: Target, digits: &[u8]) -> Vec<u32> {
        let image = &self.image;
        let row = match target {
            Target::Device(device) => return vec![0, device],
            Target::Vacant => return vec![1],
            Target::Conference => return vec![3],
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
}

/// The codes of speed calls.
fn speed_codes(image: &Image<'_>) -> Vec<Vec<u8>> {
    let codes = codes(image).into_iter().filter(|(feature, _)| *feature >= FEATURE_SPEED_CALL);
    codes.map(|(_, code)| code).collect()
}

fn parties_of(own: &[u16], numbers: &[Number]) -> Vec<(u16, Vec<u8>)> {
    own.iter().map(|at| (*at, numbers[usize::from(*at)].meant.clone())).collect()
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
