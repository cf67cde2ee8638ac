//! Hot desk in the small world: users log in at phones and leave them, by the codes that everybody dials (R18, R41, R82).
//!
//! Who is logged in counts only while he takes part in something, so a few log-ins are enough: [`Bounds`] says how many. PINs
//! are not guessed here: of each user whom a PIN lets in, the world has one of its own.
//!
//! [`Bounds`]: super::abstraction::Bounds

use super::abstraction::Abstraction;
use super::actions::Action;
use super::judge::Reading;
use super::liveness::Violation;
use super::world::World;
use std::collections::{BTreeMap, BTreeSet};
use strowger::base::Soft;
use strowger::policy::rows::{FEATURE_HOT_DESK_LOGIN, FEATURE_HOT_DESK_LOGOUT, Features};
use strowger::policy::{Image, Keyring, Mode, Party};

/// The PIN of every user who has one.
pub(super) const PIN: &[u8] = b"1";

/// What there is of hot desk in a policy.
#[derive(Clone, Debug, Default)]
pub(super) struct Desks {
    /// Users who log in, and with what: the digits behind the code.
    pub(super) users: Vec<(u16, Vec<u8>)>,
    /// Users in all.
    pub(super) of: usize,
    log_in: Option<Vec<u8>>,
    log_out: Option<Vec<u8>>,
    /// The group of each user.
    groups: Vec<u32>,
}

impl Desks {
    /// Users of which every decision reads the same are one group; of a group at most `keep` log in. `named` tells users apart
    /// of whom something is said.
    pub(super) fn new(
        (image, keyring): (&Image<'_>, &Keyring<'_>),
        keep: usize,
        named: impl Fn(Party) -> Vec<bool>,
        single: &BTreeSet<u32>,
    ) -> Self {
        let codes = super::taking::codes(image);
        let code = |feature| codes.iter().find(|(own, _)| *own == feature).map(|(_, code)| code.clone());
        let mut desks = Self {
            of: image.users().len(),
            log_in: code(FEATURE_HOT_DESK_LOGIN),
            log_out: code(FEATURE_HOT_DESK_LOGOUT),
            ..Self::default()
        };
        // Its classes, what is said of it, and its row if it is like nobody else: a number, and how many are like it.
        type Alike = (Vec<u8>, Vec<bool>, Option<u32>);
        let mut groups: BTreeMap<Alike, (u32, usize)> = BTreeMap::new();
        for (user, row) in (0u16..).zip(image.users().iter()) {
            let device = image.devices().get(row.device as usize).unwrap_or_default();
            let texts = image.device_texts().get(row.device as usize).unwrap_or_default();
            let alike = [&device.cos[..], &device.cor, &[texts.intercept]].concat();
            let key = (alike, named(Party::Device(row.device)), single.get(&row.device).copied());
            let next = u32::try_from(groups.len()).unwrap_or(u32::MAX);
            let (group, members) = groups.entry(key).or_insert((next, 0));
            desks.groups.push(*group);
            let pin = match keyring.is_pin(user, PIN, &mut Soft::new(&[0; 32])) {
                Some(true) => PIN,
                None if !image.strict() => &[],
                Some(false) | None => continue,
            };
            *members += 1;
            if *members <= keep && desks.log_in.is_some() {
                let dn = image.device_texts().get(row.device as usize).unwrap_or_default().dn;
                desks.users.push((user, [image.octets(dn), pin].concat()));
            }
        }
        desks
    }

    /// The group of a user.
    pub(super) fn group(&self, user: u16) -> u32 {
        self.groups.get(usize::from(user)).copied().unwrap_or(u32::MAX)
    }

    /// What is dialed for it.
    pub(super) fn dialed(&self, action: Action) -> Vec<u8> {
        let code = |code: &Option<Vec<u8>>| code.clone().unwrap_or_default();
        match action {
            Action::LogIn { user, .. } => {
                let behind = self.users.get(usize::from(user)).map_or(&[][..], |(_, behind)| behind);
                [&code(&self.log_in), behind].concat()
            }
            _ => code(&self.log_out),
        }
    }
}

impl World {
    /// Who is at the phone of a party that takes part.
    pub(super) fn who(&self, all: &Abstraction, party: Party) -> Party {
        let user = party.phone().and_then(|phone| Some((phone, self.exchange.user_at(self.now, phone)?)));
        match user.and_then(|(phone, row)| Some((phone, all.image.user(row)?))) {
            Some((at, user)) => Party::User { user, at },
            None => party,
        }
    }

    /// Log-ins and log-outs at a phone.
    pub(super) fn desking(&self, all: &Abstraction, from: u16, party: Party, out: &mut Vec<Action>) {
        let who = self.who(all, party);
        if self.stories.log_ins < all.bounds.log_ins {
            let others = (0u16..)
                .zip(&all.desks.users)
                .filter(|(_, (user, _))| !matches!(who, Party::User { user: own, .. } if own == *user));
            out.extend(others.map(|(user, _)| Action::LogIn { from, user }));
        }
        if matches!(who, Party::User { .. }) && all.desks.log_out.is_some() {
            out.push(Action::LogOut { from });
        }
    }

    /// Somebody is logged in who may not be there, or takes part as another than who is logged in.
    pub(super) fn seated_wrongly(&self, all: &Abstraction, action: Action) -> Option<Violation> {
        if all.desks.users.is_empty() {
            return None;
        }
        let wrong = self.exchange.calls().legs().find(|(_, slot)| {
            let phone = slot.party.phone().map(Party::Device);
            phone.is_some_and(|phone| self.who(all, phone) != slot.party)
        });
        if let Some((_, slot)) = wrong {
            let text = format!("{} takes part, and is not who is logged in there", all.name(slot.party));
            return Some(Violation::new("hot-desk", text));
        }
        let Action::LogIn { from, user } = action else { return None };
        let (user, _) = all.desks.users.get(usize::from(user))?;
        let phone = all.parties.get(usize::from(from))?.party;
        let seated = matches!(self.who(all, phone), Party::User { user: own, .. } if own == *user);
        (seated && !all.may_sit(*user, phone, self.stories.mode)).then(|| {
            let text = format!("a user is logged in at {}, and one of both may not (R82)", all.name(phone));
            Violation::new("hot-desk", text)
        })
    }
}

impl Abstraction {
    /// Whether the phone takes guests and the user may be one.
    fn may_sit(&self, user: u16, phone: Party, mode: Mode) -> bool {
        let reading = Reading { image: &self.image };
        let guest = Party::User { user, at: phone.phone().unwrap_or(u32::MAX) };
        reading.classes(phone, mode).has(Features::HOT_DESK_ACCEPT)
            && reading.classes(guest, mode).has(Features::HOT_DESK_LOGIN)
    }
}
