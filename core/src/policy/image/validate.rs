//! Every reference and range of an image, looked at once: what follows may rely on them.

use super::{BadImage, Image, MAX_PROBE};
use crate::base::Digits;
use crate::policy::calendar::WEEK;
use crate::policy::class::NumberClass;
use crate::policy::row::{Row, Run, Str, Table};
use crate::policy::rows::{
    ANY_TRANSPORT, CIRCULAR, CLASS, DeviceTextRow, END_ARS, END_DEVICE, END_EMERGENCY, END_FEATURE, END_HELD,
    END_INBOUND, END_SHIFT, FEATURE_SPEED_CALL, FEATURES, InterconnectRow, KEYS, LINEAR, LOOK, MAX_ELEMENTS,
    MAX_MEMBERS, MAX_NOTIFIED, MAX_SETS, NotifyRow, ONE_EDGE, ONE_WAY, PlaceRow, PlanRow, REGISTERS,
    RING_ALL, RUN, RUN_SHIFT, STAYS, SYMBOL_SHIFT, SetRow, SystemRow, USE_LIST, USE_PLAN, USE_ROUTE, UserRow,
    UsernameSeedRow,
};
use crate::policy::trie::{End, INDEX, analyse};

impl Image<'_> {
    /// Checks every row.
    pub(super) fn validate(&self) -> Result<(), BadImage> {
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
        let mut rows = 0..self.devices.len();
        check(self.devices, |r| {
            // A hunt group has no Interconnect Number, and a user none: members have, and phones.
            let phone = rows.next().is_some_and(|row| row < self.phones());
            let interconnect = if !phone && r.interconnect == 0 { 1 } else { r.interconnect };
            classes(r.cos, r.cor, interconnect) && zone(r.zone) && r.srtp <= 2 && r.transports < 8
        })?;
        check(self.device_texts, |r| {
            let texts = [r.dn, r.name, r.username, r.public_number, r.cesid, r.location, r.account_code];
            texts.iter().all(|text| self.has(*text))
                && Digits::dialed(self.text(r.dn).as_bytes()).is_ok()
                && usize::from(r.intercept) <= self.intercepts.len()
        })?;
        let mut last = 0;
        check(self.intercepts, |r| {
            let before = core::mem::replace(&mut last, r.id);
            let is_device = |to: u32| usize::try_from(to).is_ok_and(|to| to <= self.devices.len());
            before < r.id && r.id <= 64 && r.to.iter().all(|to| is_device(*to))
        })?;
        check(self.trunks, |r| {
            classes(r.cos, r.cor, r.interconnect)
                && zone(r.zone)
                && r.srtp <= 2
                && r.transport <= ANY_TRANSPORT
                && (r.flags & REGISTERS == 0 || r.username.len > 0 || self.is_block())
                && [r.name, r.host, r.caller_id, r.username].iter().all(|text| self.has(*text))
                && usize::try_from(r.inbound).is_ok_and(|root| root <= self.nodes.len())
        })?;
        // Digits, with a `+` in front at most: a decision joins them to what was dialed without looking.
        let digits = |text: &[u8]| Digits::dialed(text.strip_prefix(b"+").unwrap_or(text)).is_ok();
        check(self.modifications, |r| {
            self.has(r.insert) && usize::from(r.insert.len) <= Digits::MAX && digits(self.octets(r.insert))
        })?;
        check(self.routes, |r| {
            // A route has with it what a decision needs of its trunk and digit modification.
            let trunk = self.trunks.get(usize::from(r.trunk)).unwrap_or_default();
            let modification = usize::from(r.modification).checked_sub(1);
            let modification = modification.and_then(|row| self.modifications.get(row)).unwrap_or_default();
            let same = (r.trunk_flags, r.interconnect, r.absorb, r.insert)
                == (trunk.flags, trunk.interconnect, modification.absorb, modification.insert);
            same && usize::from(r.trunk) < self.trunks.len()
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
        // None leads to another, nor to help: that is dialed by its own digits.
        check(self.speed_calls, |r| {
            let ends = |end| matches!(end, End::Device(_) | End::Ars(_) | End::Vacant | End::Incomplete);
            self.has(r.number)
                && r.flags <= 1
                && Digits::dialed(self.octets(r.number)).is_ok()
                && ends(analyse(self, self.octets(r.number), |_| false).end())
        })?;
        check(self.usernames, |r| {
            usize::try_from(r.device).is_ok_and(|device| device <= self.devices.len())
        })?;
        if self.username_seed.longest_probe > MAX_PROBE {
            return Err(BadImage::Row(UsernameSeedRow::SECTION, 0));
        }
        check(self.trusted, |r| usize::from(r.trunk) < self.trunks.len() && r.prefix <= 128)?;
        check(self.subnets, |r| r.zone != 0 && zone(r.zone) && r.prefix <= 128)?;
        let mut last = None;
        check(self.media_paths, |r| {
            let before = last.replace((r.a, r.b));
            let in_order = before.is_none_or(|before| before < (r.a, r.b)) && r.a <= r.b;
            in_order && zone(r.a) && zone(r.b) && (1..=3).contains(&r.path)
        })?;
        let mut last = None;
        check(self.forwards, |r| {
            let before = last.replace(r.device);
            let targets = [r.always, r.busy, r.no_answer, r.out_of_service];
            before.is_none_or(|before| before < r.device)
                && usize::try_from(r.device).is_ok_and(|device| device < self.devices.len())
                && targets.iter().all(|to| self.has(*to) && Digits::dialed(self.octets(*to)).is_ok())
        })?;
        let mut last = None;
        check(self.pickups, |r| {
            let before = last.replace((r.device, r.group));
            before.is_none_or(|before| before < (r.device, r.group))
                && usize::try_from(r.device).is_ok_and(|device| device < self.devices.len())
        })?;
        self.validate_hunts()?;
        let mut last = None;
        check(self.sets, |r| {
            let before = last.replace(r.device);
            before.is_none_or(|before| before < r.device)
                && usize::try_from(r.device).is_ok_and(|device| device < self.phones())
                && !self.octets(r.set_type).is_empty()
                && r.homes.iter().all(|home| usize::from(*home) <= self.elements.len())
        })?;
        check(self.elements, |r| {
            let texts = [r.name, r.address];
            texts.iter().all(|text| !self.octets(*text).is_empty())
                && usize::from(r.transport) < crate::base::Transport::ALL.len()
        })?;
        if self.sets.len() > MAX_SETS || self.elements.len() > MAX_ELEMENTS {
            return Err(BadImage::Section(SetRow::SECTION));
        }
        check(self.notify, |r| r.always <= 1)?;
        if self.notify.len() > MAX_NOTIFIED {
            return Err(BadImage::Section(NotifyRow::SECTION));
        }
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
            self.system.relay,
            self.system.conference,
        ];
        // A quote or backslash in the realm would be hashed differently by different phones.
        let realm_is_plain =
            !self.text(self.system.realm).bytes().any(|c| matches!(c, b'"' | b'\\' | 0..=31 | 127));
        // Whoever dials an emergency number means it, whatever row brought it there: its class is never denied.
        let emergency = 1 << NumberClass::Emergency.number();
        let acted_on = self.system.denied_classes | self.system.watched_classes;
        let plain = realm_is_plain
            && acted_on & emergency == 0
            && self.system.sdes_denied <= 1
            && self.system.video_refused <= 1;
        if system.iter().all(|text| self.has(*text)) && plain && self.system.system_id <= 999 {
            Ok(())
        } else {
            Err(BadImage::Row(SystemRow::SECTION, 0))
        }
    }

    /// Behind the phones stand users, then hunt groups, none without a row, and no member is one.
    fn validate_hunts(&self) -> Result<(), BadImage> {
        let is_phone = |device: u32| self.is_phone(device);
        let mut own = self.phones()..;
        check(self.users, |r| {
            let own = own.next().unwrap_or(usize::MAX);
            usize::try_from(r.device) == Ok(own)
                && self.devices.get(own).is_some_and(|user| user.interconnect == 0)
        })?;
        if u16::try_from(self.users.len()).is_err() {
            return Err(BadImage::Section(UserRow::SECTION));
        }
        check(self.hunts, |r| {
            let own = own.next().unwrap_or(usize::MAX);
            usize::try_from(r.device) == Ok(own)
                && self.devices.get(own).is_some_and(|group| group.interconnect == 0)
                && matches!(r.kind, LINEAR | CIRCULAR | RING_ALL)
                && r.member_s != 0
                && r.members.count <= MAX_MEMBERS
                && within(r.members, self.hunt_members.len())
        })?;
        check(self.hunt_members, |r| is_phone(r.device))?;
        check(self.notify, |r| is_phone(r.device))
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
                END_FEATURE => {
                    let speed = (r.end & INDEX).checked_sub(FEATURE_SPEED_CALL);
                    let speed = speed.and_then(|speed| usize::try_from(speed).ok());
                    r.end & INDEX < FEATURES || speed.is_some_and(|speed| speed < self.speed_calls.len())
                }
                END_HELD => row == 0,
                kind => kind == 0 && row == 0,
            };
            end && usize::try_from(r.leading).is_ok_and(|leading| leading <= self.leadings.len())
        })?;
        let mut index = 0;
        check(self.nodes, |r| {
            let place = self.places.get(index).unwrap_or_default();
            index = index.saturating_add(1);
            let leads_on = if r.keys & ONE_EDGE == 0 {
                // As far as its highest key.
                let count = u16::try_from(u16::BITS.saturating_sub((r.keys & KEYS).leading_zeros()));
                let run = Run { first: r.edges, count: count.unwrap_or(u16::MAX) };
                r.more == 0 && within(run, self.edges.len())
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
            let run = r.class >> RUN_SHIFT & RUN;
            let leads = if r.class & ONE_WAY == 0 {
                run == 0
            } else {
                // What is passed at once must be what single steps would come to.
                let passed = |n: u8| {
                    let at = usize::from(r.base).saturating_add(usize::from(n));
                    let next = self.class_states.get(at).unwrap_or_default();
                    next.class & ONE_WAY != 0 && usize::from(next.base) == at.saturating_add(1)
                };
                usize::from(r.base).saturating_add(usize::from(run)) < states && (0..run).all(passed)
            };
            leads && usize::from(r.own) <= self.own_chains.len() && r.class & CLASS <= 12
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
