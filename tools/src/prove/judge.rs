//! A reading of the policy's rows that owes nothing to the engine's decisions: who may be joined with whom, and how.
//!
//! Rows are read one by one, as the policy language states them; only which row a number leads to, and which class it is
//! of, come from the digit trie and the class automaton. Everybody who is responsible for a joining is asked.

use super::abstraction::{Abstraction, Number, Target, fits};
use super::given::Selector;
use super::numbers::{sent, uses, ways};
use super::story::{How, Story};
use strowger::policy::class::{NumberClass, classify};
use strowger::policy::rows::{CosRow, Features, RouteRow};
use strowger::policy::trie::analyse;
use strowger::policy::{Image, Mode, Party};

/// The classes of a party in a mode.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Classes {
    pub(super) cos: u8,
    pub(super) features: u64,
    pub(super) cor: u8,
    pub(super) interconnect: u8,
    pub(super) public: bool,
}

impl Classes {
    pub(super) fn has(&self, feature: Features) -> bool {
        Features::from_bits_truncate(self.features).contains(feature)
    }
}

/// The rows, read plainly.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) image: &'a Image<'a>,
}

impl Reading<'_> {
    pub(super) fn classes(&self, party: Party, mode: Mode) -> Classes {
        let (cos, cor, interconnect, public) = match party {
            Party::Device(device) => {
                let row = self.image.devices().get(device as usize).unwrap_or_default();
                (row.cos, row.cor, row.interconnect, false)
            }
            Party::User { user, at } => {
                let row = self.image.users().get(user.into()).unwrap_or_default().device;
                let row = self.image.devices().get(row as usize).unwrap_or_default();
                let here = self.image.devices().get(at as usize).unwrap_or_default();
                (row.cos, row.cor, here.interconnect, false)
            }
            Party::Trunk(trunk) => {
                let row = self.image.trunks().get(usize::from(trunk)).unwrap_or_default();
                (row.cos, row.cor, row.interconnect, row.flags & 1 == 1)
            }
            Party::Conference | Party::Unknown => return Classes::default(),
        };
        let at = mode.index();
        let class = self.class(cos[at]);
        Classes { cos: class.id, features: class.features, cor: cor[at], interconnect, public }
    }

    fn class(&self, row: u8) -> CosRow {
        if row == 0 {
            return CosRow::default();
        }
        self.image.classes().get(usize::from(row) - 1).unwrap_or_default()
    }

    pub(super) fn lists(&self, group: u8, cor: u8) -> bool {
        if group == 0 {
            return false;
        }
        let row = self.image.cor_groups().get(usize::from(group) - 1).unwrap_or_default();
        let bits = u128::from(row.low) | u128::from(row.high) << 64;
        bits >> cor & 1 == 1
    }

    pub(super) fn restricted(&self, from: u8, to: u8) -> bool {
        if from == 0 || to == 0 {
            return false;
        }
        let row = self.image.interconnect().get(usize::from(from) - 1).unwrap_or_default();
        row.restricted >> (to - 1) & 1 == 1
    }

    /// COR groups of the Leading rows on the way.
    pub(super) fn leadings(&self, digits: &[u8]) -> Vec<u8> {
        let mut groups = Vec::new();
        let _ = analyse(self.image, digits, |row| {
            groups.push(self.image.leadings().get(row as usize).unwrap_or_default().cor_group);
            false
        });
        groups
    }

    fn is_public(&self, route: &RouteRow) -> bool {
        self.image.trunks().get(usize::from(route.trunk)).unwrap_or_default().flags & 1 == 1
    }

    /// The name and the verdict of the class that a route sends these digits in, for one COR.
    fn class_sent(&self, route: &RouteRow, digits: &[u8], cor: u8) -> Option<(String, bool)> {
        if !self.is_public(route) {
            return None;
        }
        let sent = sent(self.image, route, digits)?;
        let found = classify(&self.image.class_states(), &self.image.class_edges(), &sent);
        let mut chain = found.chain;
        while chain != 0 {
            let link = self.image.own_chains().get(usize::from(chain) - 1).unwrap_or_default();
            let own = self.image.own_classes().get(usize::from(link.own)).unwrap_or_default();
            if own.cor_group == 0 || self.lists(own.cor_group, cor) {
                return Some((self.image.text(own.name).to_owned(), own.action == 0));
            }
            chain = link.next;
        }
        let class: NumberClass = found.class;
        let denied = self.image.system().denied_classes >> class.number() & 1 == 1;
        Some((class.name().to_owned(), denied))
    }

    /// For which CORs the class of what a route sends is denied, as a number that tells two such answers apart.
    pub(super) fn class_bits(&self, route: &RouteRow, digits: &[u8]) -> u32 {
        let mut told = 17u32;
        for cor in 1..=96 {
            let denied = self.class_sent(route, digits, cor).is_some_and(|(_, denied)| denied);
            told = told.wrapping_mul(31).wrapping_add(u32::from(denied));
        }
        told
    }

    /// Whether a route sends these digits in the class that a selector names.
    pub(super) fn sends(&self, selector: &Selector, route: &RouteRow, digits: &[u8]) -> bool {
        let Selector::Class(name) = selector else { return false };
        (1..=96).any(|cor| self.class_sent(route, digits, cor).is_some_and(|(sent, _)| sent == *name))
    }

    /// Whether a selector is about this party.
    pub(super) fn selects(&self, selector: &Selector, party: Party, mode: Mode) -> bool {
        let name = crate::explain::words::party_name(self.image, party);
        let classes = self.classes(party, mode);
        match selector {
            Selector::Any => true,
            // Whoever is logged in there.
            Selector::Device(dn) => {
                let phone = party.phone().filter(|row| self.image.user(*row).is_none()).map(Party::Device);
                phone.is_some_and(|phone| crate::explain::words::party_name(self.image, phone) == *dn)
            }
            Selector::User(dn) => {
                let user = self.image.row_of(party).filter(|row| self.image.user(*row).is_some());
                user.is_some() && name == *dn
            }
            Selector::Trunk(trunk) => matches!(party, Party::Trunk(_)) && name == *trunk,
            Selector::Cos(cos) => classes.cos == *cos,
            Selector::Cor(cor) => classes.cor == *cor,
            Selector::Interconnect(number) => classes.interconnect == *number,
            Selector::Class(_) | Selector::Number(_) | Selector::Emergency => false,
        }
    }

    /// Whether a number has a way to this trunk for who has this COR, as far as COR, class and digits go.
    pub(super) fn way(
        &self,
        (target, exempt): (Target, bool),
        digits: &[u8],
        to: u16,
        cors: &[u8],
    ) -> Result<(), &'static str> {
        let Target::Row(row) = target else { return Err("number") };
        let row = self.image.ars().get(row as usize).unwrap_or_default();
        let mut why = "route";
        for (_, route) in ways(self.image, &row) {
            if route.trunk != to || route.flags & 1 == 1 {
                continue;
            }
            let open = route.cor_group != 0 || !self.is_public(&route) || !self.image.strict();
            if !open || !exempt && cors.iter().any(|cor| self.lists(route.cor_group, *cor)) {
                why = "cor";
            } else if cors.iter().any(|cor| self.class_sent(&route, digits, *cor).is_some_and(|(_, no)| no)) {
                why = "class";
            } else {
                return Ok(());
            }
        }
        Err(why)
    }
}

impl Abstraction {
    /// Whether two parties may be joined the way they were: `Err` names what forbids it.
    pub(super) fn may_join(&self, a: Party, b: Party, story: &Story) -> Result<(), &'static str> {
        let reading = Reading { image: &self.image };
        let number = usize::from(story.number);
        let number = self.numbers.get(number);
        let by = reading.classes(story.by, story.mode);
        let (one, other) = (reading.classes(a, story.mode), reading.classes(b, story.mode));
        if b == Party::Conference {
            return match story.how {
                How::Overridden => self.may_move(a, story),
                _ if number.is_some_and(|number| number.overrides) => self.may_override(&by, story),
                _ => self.may_come(&by, story),
            };
        }
        if matches!(story.how, How::Forwarded { .. }) {
            self.may_forward(&reading, story, number, (a, b))?;
        }
        if matches!(story.how, How::Intercepted { .. }) {
            self.may_intercept(&one, number, (a, b))?;
        }
        self.may_take(&reading, story, (a, b))?;
        // Help is exempt from everything (law 4).
        if number.is_some_and(|number| matches!(number.target, Target::Emergency(_))) && story.how.dials() {
            return if matches!(b, Party::Trunk(_)) { Ok(()) } else { Err("emergency") };
        }
        if matches!(story.how, How::Called | How::Blind | How::Attended) {
            self.may_act(&reading, story, number, (a, b))?;
        }
        let overridden = matches!(story.how, How::Blind | How::Attended)
            && by.has(Features::OVERRIDE_INTERCONNECT_ON_TRANSFER);
        let (from, to) = if story.reversed { (&other, &one) } else { (&one, &other) };
        if !overridden && reading.restricted(from.interconnect, to.interconnect) {
            return Err("interconnect");
        }
        let both = one.has(Features::PUBLIC_TO_PUBLIC) && other.has(Features::PUBLIC_TO_PUBLIC);
        if one.public && other.public && !both {
            return Err("public-to-public");
        }
        Ok(())
    }

    /// What the party that acts must be allowed, and who is joined through it.
    fn may_act(
        &self,
        reading: &Reading<'_>,
        story: &Story,
        number: Option<&Number>,
        (a, b): (Party, Party),
    ) -> Result<(), &'static str> {
        let own = reading.classes(story.by, story.mode);
        if number.is_some_and(|number| number.camps) && !own.has(Features::CAMP_ON) {
            return Err("camp-on");
        }
        if number.is_some_and(|number| number.overrides) && !own.has(Features::EXECUTIVE_BUSY_OVERRIDE) {
            return Err("override");
        }
        let code = story.code.and_then(|code| self.codes.get(usize::from(code)));
        // Where the class permits no verified codes it is one of the others.
        let permits =
            own.has(Features::VERIFIED_ACCOUNT_CODE) || own.has(Features::FORCED_VERIFIED_ACCOUNT_CODE);
        let row = code.and_then(|code| code.verified).filter(|_| permits);
        let row = row.and_then(|row| self.image.account_codes().get(row.into()));
        // Into a transfer goes only a verified one (R7).
        let code = code.filter(|_| story.how != How::Blind || row.is_some());
        let by = match row {
            Some(row) => {
                let class = reading.class(row.cos);
                Classes { cos: class.id, features: class.features, cor: row.cor, ..own }
            }
            None => own,
        };
        if own.has(Features::FORCED_VERIFIED_ACCOUNT_CODE) && row.is_none() && story.how != How::Attended {
            return Err("forced-code");
        }
        if by.cos == 0 {
            return Err("cos");
        }
        if story.how != How::Attended && by.cor == 0 {
            return Err("cor");
        }
        let transfers = matches!(story.how, How::Blind | How::Attended);
        if transfers && !by.has(Features::TRANSFER) {
            return Err("transfer");
        }
        let Some(Number { target, meant: digits, exempt, .. }) = number else { return Ok(()) };
        let (target, exempt) = (*target, *exempt);
        let transferee = reading.classes(a, story.mode);
        let also = transfers && matches!(a, Party::Trunk(_)) && self.image.system().open_rules >> 11 & 1 == 0;
        match (target, b) {
            (Target::Device(device), Party::Device(_) | Party::User { .. }) => {
                if !self.leads_to(device, b) {
                    return Err("number");
                }
            }
            (Target::Row(row), Party::Trunk(trunk)) => {
                // Who joins its peers has not dialed now: who has was asked when it did.
                let mut groups = if story.how == How::Attended { vec![] } else { vec![by.cor] };
                groups.extend(also.then_some(transferee.cor));
                if story.how != How::Attended
                    && !exempt
                    && reading
                        .leadings(digits)
                        .iter()
                        .any(|group| groups.iter().any(|cor| reading.lists(*group, *cor)))
                {
                    return Err("cor");
                }
                reading.way((target, exempt), digits, trunk, &groups)?;
                let forced = by.has(Features::FORCED_NON_VERIFIED_ACCOUNT_CODE) && code.is_none();
                let row = self.image.ars().get(row as usize).unwrap_or_default();
                // The first choice says it, of whatever a route plan's cell leads to.
                let exempt = uses(&self.image, &row).iter().any(|ways| {
                    let first = ways.first().map_or(0, |(_, route)| route.flags);
                    first & 2 != 0 && ways.iter().any(|(_, route)| route.trunk == trunk)
                });
                if forced && !exempt && story.how != How::Attended {
                    return Err("forced-code");
                }
            }
            _ => return Err("number"),
        }
        if story.how != How::Attended && !exempt {
            let most = self.image.max_digits().get(usize::from(by.cor)).map_or(0, |row| row.digits);
            if most != 0 && digits.len() > usize::from(most) {
                return Err("max-digits");
            }
        }
        if a.phone().is_some() && a.phone() == b.phone() {
            return Err("self");
        }
        Ok(())
    }

    /// The assertion, if any, that a joining breaks.
    pub(super) fn asserted(&self, a: Party, b: Party, story: &Story) -> Option<&str> {
        // Who takes back a party that had been called reaches it, as who has called it did.
        let back = matches!(story.how, How::Retrieved { called: true });
        // Who is rung again for a party that it had called reaches that one still.
        let (a, b) = if story.reversed { (b, a) } else { (a, b) };
        let reaches = self.reaches(a, b, story);
        if reaches.is_none() && back { self.reaches(b, a, story) } else { reaches }
    }

    fn reaches(&self, a: Party, b: Party, story: &Story) -> Option<&str> {
        let reading = Reading { image: &self.image };
        // Who takes a call is not whom the number leads to.
        let dialed = !matches!(story.how, How::PickedUp { .. } | How::Retrieved { .. });
        let number = self.numbers.get(usize::from(story.number)).filter(|_| dialed);
        let broken = self.asserts.iter().filter(|one| one.never).find(|one| {
            // Whoever calls for help reaches it: only what is said of emergency counts there.
            let help = self.is_help(story.number) && one.to != Selector::Emergency;
            if help || !reading.selects(&one.from, a, story.mode) {
                return false;
            }
            match (&one.to, number, b) {
                (Selector::Emergency, Some(number), _) => matches!(number.target, Target::Emergency(_)),
                (Selector::Number(pattern), Some(number), _) => fits(pattern, &number.meant),
                (Selector::Class(_), Some(number), Party::Trunk(trunk)) => {
                    let Target::Row(row) = number.target else { return false };
                    let row = self.image.ars().get(row as usize).unwrap_or_default();
                    let over = ways(&self.image, &row).into_iter().filter(|(_, route)| route.trunk == trunk);
                    over.into_iter().any(|(_, route)| reading.sends(&one.to, &route, &number.meant))
                }
                // Who calls a hunt group reaches it, whoever of it answers.
                (to @ (Selector::Device(_) | Selector::User(_)), Some(_), _) => {
                    let mut reached = self.group_called(story.number).into_iter().chain([b]);
                    reached.any(|party| reading.selects(to, party, story.mode))
                }
                (to, _, _) => reading.selects(to, b, story.mode),
            }
        });
        broken.map(|one| one.name.as_str())
    }

    /// The assertion, if any, that a refusal breaks.
    pub(super) fn refused(&self, from: Party, number: u16, mode: Mode) -> Option<&str> {
        let reading = Reading { image: &self.image };
        let number = self.numbers.get(usize::from(number))?;
        let broken = self.asserts.iter().filter(|one| !one.never).find(|one| {
            let to = match (&one.to, number.target) {
                (Selector::Emergency, target) => matches!(target, Target::Emergency(_)),
                (Selector::Number(pattern), _) => fits(pattern, &number.meant),
                (to, Target::Device(device)) => reading.selects(to, Party::Device(device), mode),
                _ => false,
            };
            to && reading.selects(&one.from, from, mode)
        });
        broken.map(|one| one.name.as_str())
    }

    /// Trunks that an emergency number can be tried on, one bit each.
    pub(super) fn emergency_ways(&self, from: Party, row: u32) -> u64 {
        let zone = match from {
            Party::Device(device) | Party::User { at: device, .. } => {
                self.image.devices().get(device as usize).map_or(0, |row| row.zone)
            }
            Party::Trunk(trunk) => self.image.trunks().get(usize::from(trunk)).map_or(0, |row| row.zone),
            Party::Conference | Party::Unknown => 0,
        };
        let mut row = self.image.ars().get(row as usize).unwrap_or_default();
        let zone = zone.checked_sub(1).and_then(|zone| self.image.zones().get(usize::from(zone)));
        if let Some(zone) = zone.filter(|zone| zone.emergency_leads > 0) {
            (row.leads, row.index) = (zone.emergency_leads - 1, zone.emergency_index);
        }
        ways(&self.image, &row).iter().fold(0, |trunks, (_, route)| trunks | 1 << (route.trunk % 64))
    }
}
