//! Hunt groups in the small world: numbers without phones, whose calls ring at their members (R36).

use super::abstraction::{Abstraction, Target};
use super::world::World;
use std::collections::BTreeSet;
use strowger::base::Handle;
use strowger::policy::{Choice, Image, Party};

/// The rows of the device table that are hunt groups.
pub(super) fn groups(image: &Image<'_>) -> std::ops::Range<u32> {
    (image.devices().len() - image.hunt_rows().len()) as u32..image.devices().len() as u32
}

/// The members of a device's row, if it is a hunt group.
fn members(image: &Image<'_>, group: u32) -> impl Iterator<Item = u32> {
    let row = image.hunt_group(group);
    row.into_iter()
        .flat_map(move |row| (0..row.members.count).filter_map(move |at| image.hunt_member(&row, at)))
}

/// Everybody who rings for a group. Each has a place of its own there, so nobody is like it.
pub(super) fn all_members(image: &Image<'_>) -> BTreeSet<u32> {
    groups(image).flat_map(|group| members(image, group)).collect()
}

impl Abstraction {
    /// Whether a call to the number of one device may reach a party: that very one, a member of that hunt group, or the phone of
    /// that user.
    pub(super) fn leads_to(&self, device: u32, reached: Party) -> bool {
        self.image.is_own(reached, device)
            || members(&self.image, device).any(|member| reached.phone() == Some(member))
    }

    /// The hunt group that a number means.
    pub(super) fn group_called(&self, number: u16) -> Option<Party> {
        match self.numbers.get(usize::from(number))?.target {
            Target::Device(device) => self.image.hunt_group(device).map(|_| Party::Device(device)),
            Target::Row(_) | Target::Emergency(_) | Target::Conference | Target::Vacant => None,
        }
    }
}

impl World {
    /// Whether the call of a leg may go on to this party: it is a member of the hunt group that the call is with.
    pub(super) fn may_hunt(&self, all: &Abstraction, leg: Handle, party: Party) -> bool {
        let number = |choice: &Choice| choice.to.phone();
        let call = self.exchange.calls().forwardable(leg, number).filter(|call| call.hunt.is_some());
        call.is_some_and(|call| all.leads_to(call.by, party))
    }
}
