//! Calls that are taken, pickup and park: the codes that are dialed for it, and the judge's reading of R36.

use super::abstraction::Abstraction;
use super::judge::Reading;
use super::story::{How, Story};
use std::collections::VecDeque;
use strowger::call::{Calls, Transfer, leg};
use strowger::policy::rows::{
    FEATURE_DIRECTED_PICKUP, FEATURE_PARK, FEATURE_PARK_RETRIEVE, FEATURE_PICKUP, Features,
};
use strowger::policy::trie::{End, analyse};
use strowger::policy::{Image, Party, may_not_hold};

/// Beginnings of numbers that are looked at for codes: codes are short, and no shorter one is missed.
const BEGINNINGS: usize = 50_000;

/// A code with what is dialed behind it.
#[derive(Clone, Debug)]
pub(super) struct Take {
    pub(super) dialed: Vec<u8>,
    pub(super) what: Taking,
}

/// What it does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Taking {
    /// A call that rings in the own group is taken.
    Group,
    /// The call that rings at this device is taken.
    Directed(u32),
    /// The call that this device has parked is taken back.
    Parked(u32),
    /// The peer is parked at the own number.
    Park,
}

impl Abstraction {
    /// The codes of the policy; directed ones once for each device that is kept.
    pub(super) fn keep_takes(&mut self) {
        let image = self.image;
        let devices = self.parties.iter().filter_map(|kept| match kept.party {
            Party::Device(device) => {
                let row = image.device_texts().get(device as usize).unwrap_or_default();
                Some((device, image.octets(row.dn)))
            }
            Party::User { .. } | Party::Trunk(_) | Party::Conference | Party::Unknown => None,
        });
        let devices: Vec<(u32, &[u8])> = devices.collect();
        for (feature, code) in codes(&image) {
            let mut keep = |behind: &[u8], what| {
                self.takes.push(Take { dialed: [&code, behind].concat(), what });
            };
            match feature {
                FEATURE_PICKUP => keep(&[], Taking::Group),
                FEATURE_DIRECTED_PICKUP => devices.iter().for_each(|(d, dn)| keep(dn, Taking::Directed(*d))),
                FEATURE_PARK_RETRIEVE => devices.iter().for_each(|(d, dn)| keep(dn, Taking::Parked(*d))),
                FEATURE_PARK => keep(&[], Taking::Park),
                _ => {}
            }
        }
    }

    /// Whether calls that ring can be taken by others.
    pub(super) fn picks(&self) -> bool {
        self.takes.iter().any(|take| matches!(take.what, Taking::Group | Taking::Directed(_)))
    }

    /// Whether somebody can be parked.
    pub(super) fn parks(&self) -> bool {
        self.takes.iter().any(|take| take.what == Taking::Park)
    }

    /// Whether somebody may hold a call.
    pub(super) fn holds(&self) -> bool {
        let may = |party, mode| may_not_hold(&self.image, party, mode).is_none();
        let phones = self.parties.iter().map(|kept| kept.party).filter(|party| party.phone().is_some());
        phones.into_iter().any(|party| self.modes.iter().any(|mode| may(party, *mode)))
    }

    /// Whether a device whose call was taken was none whose calls this code takes.
    pub(super) fn is_astray(&self, what: Taking, rung: Party, by: Party) -> bool {
        let groups = |party| match party {
            Party::Device(device) | Party::User { at: device, .. } => {
                self.image.pickup_rows().iter().filter(|row| row.device == device).collect()
            }
            Party::Trunk(_) | Party::Conference | Party::Unknown => Vec::new(),
        };
        match what {
            Taking::Group => {
                groups(rung).iter().all(|one| groups(by).iter().all(|row| row.group != one.group))
            }
            Taking::Directed(device) => rung.phone() != Some(device),
            Taking::Parked(_) | Taking::Park => false,
        }
    }

    /// What who takes a call must be allowed, and whom it may be joined with (R36).
    pub(super) fn may_take(
        &self,
        reading: &Reading<'_>,
        story: &Story,
        (a, b): (Party, Party),
    ) -> Result<(), &'static str> {
        let (feature, called) = match story.how {
            How::PickedUp { astray: true } => return Err("group"),
            How::PickedUp { astray: false } => (Features::PICKUP, false),
            How::Retrieved { called } => (Features::PARK, called),
            How::Called
            | How::Blind
            | How::Attended
            | How::Recall
            | How::Forwarded { .. }
            | How::Intercepted { .. }
            | How::Conferred
            | How::Overridden => return Ok(()),
        };
        let (by, waits) = (reading.classes(story.by, story.mode), reading.classes(a, story.mode));
        if story.by != b {
            return Err("number");
        }
        if by.cos == 0 || by.cor == 0 {
            return Err("cos");
        }
        if !by.has(feature) {
            return Err("feature");
        }
        if by.has(Features::FORCED_VERIFIED_ACCOUNT_CODE) {
            return Err("forced-code");
        }
        if a == b {
            return Err("self");
        }
        let open = self.image.system().open_rules >> (36 - 22) & 1 == 1;
        if called && !open && reading.restricted(by.interconnect, waits.interconnect) {
            return Err("interconnect");
        }
        Ok(())
    }
}

/// Whether a call is there that this could be meant for, whoever dials it.
pub(super) fn is_there(calls: &Calls<'_>, what: Taking) -> bool {
    calls.legs().any(|(leg, slot)| match what {
        Taking::Group => rings(slot.leg.state()),
        Taking::Directed(device) => rings(slot.leg.state()) && slot.party.phone() == Some(device),
        Taking::Parked(device) => {
            matches!(calls.transfer(leg), Some(Transfer::Parked { at, .. }) if at == device)
        }
        Taking::Park => false,
    })
}

pub(super) const fn rings(state: leg::State) -> bool {
    matches!(state, leg::State::Ringing { .. })
}

/// The feature codes of an image, the shortest first.
pub(super) fn codes(image: &Image<'_>) -> Vec<(u32, Vec<u8>)> {
    let mut found = Vec::new();
    let mut todo = VecDeque::from([Vec::new()]);
    let mut looked_at = 0;
    while let Some(digits) = todo.pop_front() {
        looked_at += 1;
        match analyse(image, &digits, |_| false).end() {
            End::Feature(feature, _) => found.push((feature, digits)),
            End::Incomplete if looked_at < BEGINNINGS => {
                let longer = |key: &u8| {
                    let mut longer = digits.clone();
                    longer.push(*key);
                    longer
                };
                todo.extend(b"0123456789*#".iter().map(longer));
            }
            End::Incomplete
            | End::Ars(_)
            | End::Device(_)
            | End::Emergency(_)
            | End::Inbound(_)
            | End::Vacant
            | End::Invalid => {}
        }
    }
    found
}
