//! Looked up in an image: who has this number, name or address, and what there is between two.

use super::Image;
use crate::policy::row::{Row, Table};
use crate::policy::rows::{FEATURE_SPEED_CALL, ForwardRow, HuntRow, PickupRow, SetRow, SpeedCallRow};
use crate::policy::trie::{End, analyse};
use crate::policy::{Condition, Party};
use core::cmp::Ordering;
use core::net::IpAddr;

impl<'a> Image<'a> {
    /// The device with this directory number. Work: one node for each digit.
    #[must_use]
    pub fn device_by_dn(&self, dn: &[u8]) -> Option<u32> {
        match analyse(self, dn, |_| false).end() {
            End::Device(device) => Some(device),
            End::Ars(_)
            | End::Emergency(_)
            | End::Feature(..)
            | End::Inbound(_)
            | End::Incomplete
            | End::Vacant
            | End::Invalid => None,
        }
    }

    /// The directory number of a row of the device table; empty if there is no such row.
    #[must_use]
    pub fn number(&self, device: u32) -> &'a [u8] {
        let row = usize::try_from(device).ok().and_then(|device| self.device_texts.get(device));
        row.map_or(&[], |row| self.octets(row.dn))
    }

    /// The phone with this directory number, unless that is a hunt group or a hot-desk user: nobody has that phone.
    #[must_use]
    pub fn phone_by_dn(&self, dn: &[u8]) -> Option<u32> {
        self.device_by_dn(dn).filter(|device| self.is_phone(*device))
    }

    /// How many devices have a phone: the first rows of the table. Behind them stand hot-desk users, then hunt groups.
    #[must_use]
    pub const fn phones(&self) -> usize {
        self.devices.len().saturating_sub(self.hunts.len()).saturating_sub(self.users.len())
    }

    /// Whether this row of the device table has a phone.
    #[must_use]
    pub fn is_phone(&self, device: u32) -> bool {
        usize::try_from(device).is_ok_and(|device| device < self.phones())
    }

    /// The hot-desk user that this row of the device table is, if it is one: nobody registers as it. Constant work.
    #[must_use]
    pub fn user(&self, device: u32) -> Option<u16> {
        let user = usize::try_from(device).ok()?.checked_sub(self.phones())?;
        u16::try_from(user).ok().filter(|_| user < self.users.len())
    }

    /// The row of the device table that a hot-desk user has.
    #[must_use]
    pub fn user_row(&self, user: u16) -> Option<u32> {
        self.users.get(usize::from(user)).map(|row| row.device)
    }

    /// The row of the device table whose classes, name and number are those of a party: the user's, while one is logged in.
    #[must_use]
    pub fn row_of(&self, party: Party) -> Option<u32> {
        match party {
            Party::Device(device) => Some(device),
            Party::User { user, .. } => self.user_row(user),
            Party::Trunk(_) | Party::Conference | Party::Unknown => None,
        }
    }

    /// Whether two parties are at one phone: nobody is joined with himself. Two calls over one trunk lead to two parties.
    #[must_use]
    pub fn are_one(&self, one: Party, other: Party) -> bool {
        let own = |party, other: Party| matches!(other, Party::Device(device) if self.is_own(party, device));
        one.phone().is_some() && one.phone() == other.phone() || own(one, other) || own(other, one)
    }

    /// Whether a row of the device table is this party's own: its phone's, or that of who is logged in there.
    #[must_use]
    pub fn is_own(&self, party: Party, device: u32) -> bool {
        match party {
            Party::Device(own) => own == device,
            Party::User { user, at } => at == device || self.user_row(user) == Some(device),
            Party::Trunk(_) | Party::Conference | Party::Unknown => false,
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
    pub fn trunk_by_source(&self, address: IpAddr) -> Option<u16> {
        self.trusted.iter().find(|row| holds(row.address, row.prefix, address)).map(|row| row.trunk)
    }

    /// The zone that an address is in, row plus one; 0: none says so. Work: the rows of all zones' subnets.
    #[must_use]
    pub fn zone_by_address(&self, address: IpAddr) -> u8 {
        self.subnets.iter().find(|row| holds(row.address, row.prefix, address)).map_or(0, |row| row.zone)
    }

    /// Which way media takes between two zones, each row plus one: 0 not listed, 1 direct, 2 over the relay, 3 not at all.
    /// Work: the logarithm of the rows.
    #[must_use]
    pub fn media_path(&self, one: u8, other: u8) -> u8 {
        let wanted = (one.min(other), one.max(other));
        let (mut from, mut to) = (0, self.media_paths.len());
        while from < to {
            let middle = from.midpoint(to);
            let Some(row) = self.media_paths.get(middle) else { return 0 };
            match (row.a, row.b).cmp(&wanted) {
                Ordering::Less => from = middle.saturating_add(1),
                Ordering::Equal => return row.path,
                Ordering::Greater => to = middle,
            }
        }
        0
    }

    /// Where the administrator has calls to a device go instead. Work: the logarithm of the devices that have such a row.
    #[must_use]
    pub fn forwards_of(&self, device: u32) -> Option<ForwardRow> {
        of_device(self.forwards, device, |row| row.device).map(|(_, row)| row)
    }

    /// The set that a device is, if it is one: its number and its row. Work: the logarithm of the sets.
    #[must_use]
    pub fn set_of(&self, device: u32) -> Option<(u16, SetRow)> {
        let (set, row) = of_device(self.sets, device, |row| row.device)?;
        Some((u16::try_from(set).ok()?, row))
    }

    /// The pickup groups of a device, in order. Work: the logarithm of the rows, and its groups.
    pub fn pickup_groups(&self, device: u32) -> impl Iterator<Item = u16> + use<'a> {
        let (mut from, mut to) = (0, self.pickups.len());
        while from < to {
            let middle = from.midpoint(to);
            if self.pickups.get(middle).is_some_and(|row| row.device < device) {
                from = middle.saturating_add(1);
            } else {
                to = middle;
            }
        }
        let rows = self.pickups;
        let own = (from..rows.len()).map_while(move |at| rows.get(at).filter(|row| row.device == device));
        own.map(|PickupRow { group, .. }| group)
    }

    /// Whether two devices have a pickup group in common. Work: as for [`pickup_groups`](Self::pickup_groups), twice.
    #[must_use]
    pub fn share_pickup_group(&self, one: u32, other: u32) -> bool {
        let (mut one, mut other) = (self.pickup_groups(one), self.pickup_groups(other));
        let mut pair = (one.next(), other.next());
        while let (Some(first), Some(second)) = pair {
            match first.cmp(&second) {
                Ordering::Less => pair.0 = one.next(),
                Ordering::Equal => return true,
                Ordering::Greater => pair.1 = other.next(),
            }
        }
        false
    }

    /// The speed call whose code this feature number stands for.
    #[must_use]
    pub fn speed_call(&self, feature: u32) -> Option<SpeedCallRow> {
        let row = feature.checked_sub(FEATURE_SPEED_CALL)?;
        self.speed_calls.get(usize::try_from(row).ok()?)
    }

    /// The number behind what a device has dialed, if that is the code of a speed call and nothing else; and whether no COR is
    /// asked for (R27). Work: one node for each digit.
    #[must_use]
    pub fn speed_number(&self, dialed: &[u8]) -> Option<(&'a [u8], bool)> {
        match analyse(self, dialed, |_| false).end() {
            End::Feature(feature, taken) if usize::from(taken) == dialed.len() => {
                self.speed_call(feature).map(|row| (self.octets(row.number), row.flags & 1 != 0))
            }
            End::Feature(..)
            | End::Device(_)
            | End::Ars(_)
            | End::Emergency(_)
            | End::Inbound(_)
            | End::Incomplete
            | End::Vacant
            | End::Invalid => None,
        }
    }

    /// Whether this device is a member of that hunt group. Work: linear in the members.
    #[must_use]
    pub fn hunts_for(&self, device: u32, group: u32) -> bool {
        let members =
            |row: HuntRow| (0..row.members.count).any(|place| self.hunt_member(&row, place) == Some(device));
        self.hunt_group(group).is_some_and(members)
    }

    /// Whether calls to anybody go elsewhere: by the administrator's word, or because a hunt group or a hot-desk user has no
    /// phone.
    #[must_use]
    pub const fn forwards_any(&self) -> bool {
        !self.forwards.is_empty()
            || !self.hunts.is_empty()
            || !self.users.is_empty()
            || !self.intercepts.is_empty()
    }

    /// The row of the device table where a party goes that meets this condition; `None`: it hears the tone. Constant work.
    #[must_use]
    pub fn intercepts_to(&self, of: Party, condition: Condition) -> Option<u32> {
        let row = self.device_texts.get(usize::try_from(self.row_of(of)?).ok()?)?;
        let treatments = self.intercepts.get(usize::from(row.intercept.checked_sub(1)?))?;
        treatments.to.get(condition.index())?.checked_sub(1)
    }

    /// The hunt group that this row of the device table is, if it is one: nobody registers as it or calls from it. Constant
    /// work.
    #[must_use]
    pub fn hunt_group(&self, device: u32) -> Option<HuntRow> {
        let first = self.devices.len().saturating_sub(self.hunts.len());
        self.hunts.get(usize::try_from(device).ok()?.checked_sub(first)?)
    }

    /// The member at this place of a hunt group.
    #[must_use]
    pub fn hunt_member(&self, group: &HuntRow, place: u16) -> Option<u32> {
        let first = usize::try_from(group.members.first).ok()?;
        let member = self.hunt_members.get(first.checked_add(usize::from(place))?)?;
        (place < group.members.count).then_some(member.device)
    }
}

/// The row of a device in a table that is in order of device, with its number. Work: the logarithm of the rows.
fn of_device<R: Row>(table: Table<'_, R>, wanted: u32, device: impl Fn(&R) -> u32) -> Option<(usize, R)> {
    let (mut from, mut to) = (0, table.len());
    while from < to {
        let middle = from.midpoint(to);
        let row = table.get(middle)?;
        match device(&row).cmp(&wanted) {
            Ordering::Less => from = middle.saturating_add(1),
            Ordering::Equal => return Some((middle, row)),
            Ordering::Greater => to = middle,
        }
    }
    None
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

/// Whether a range, IPv6 or IPv4 mapped into it, holds an address.
fn holds(range: u128, prefix: u8, address: IpAddr) -> bool {
    let bits = match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    };
    let host_bits = 128u32.saturating_sub(u32::from(prefix));
    (bits ^ range).checked_shr(host_bits).unwrap_or(0) == 0
}
