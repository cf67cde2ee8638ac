//! Rows of one policy in another: what a running system knows by its row it knows by its name when the policy changes.

use super::image::Image;
use super::verdict::{Authority, Choice, ClassRef, Denial, Party, RowRef};

/// From the rows of one image to those of another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moved<'a> {
    old: &'a Image<'a>,
    new: &'a Image<'a>,
}

impl<'a> Moved<'a> {
    pub(crate) const fn new(old: &'a Image<'a>, new: &'a Image<'a>) -> Self {
        Self { old, new }
    }

    /// The same seen from the other image.
    pub(crate) const fn back(self) -> Self {
        Self { old: self.new, new: self.old }
    }

    /// The device with this directory number, if it is still of the same kind: a phone, a hot-desk user or a hunt group.
    pub(crate) fn device(&self, row: u32) -> Option<u32> {
        let texts = self.old.device_texts().get(usize::try_from(row).ok()?)?;
        let new = self.new.device_by_dn(self.old.text(texts.dn).as_bytes())?;
        (kind(self.old, row) == kind(self.new, new)).then_some(new)
    }

    /// The hot-desk user with this directory number.
    pub(crate) fn user(&self, user: u16) -> Option<u16> {
        self.new.user(self.device(self.old.user_row(user)?)?)
    }

    /// The trunk of this name. Work: linear in the trunks.
    pub(crate) fn trunk(&self, row: u16) -> Option<u16> {
        let name = self.old.text(self.old.trunks().get(usize::from(row))?.name);
        let at = self.new.trunks().iter().position(|row| self.new.text(row.name) == name)?;
        u16::try_from(at).ok()
    }

    /// The route of this number. Work: linear in the routes.
    fn route(&self, row: u16) -> Option<u16> {
        let id = self.old.routes().get(usize::from(row))?.id;
        u16::try_from(self.new.routes().iter().position(|row| row.id == id)?).ok()
    }

    /// The zone of this name, row plus one; 0: none.
    pub(crate) fn zone(&self, zone: u8) -> u8 {
        let row = usize::from(zone).checked_sub(1).and_then(|row| self.old.zones().get(row));
        let name = row.map(|row| self.old.text(row.name));
        let at =
            name.and_then(|name| self.new.zones().iter().position(|row| self.new.text(row.name) == name));
        at.and_then(|at| u8::try_from(at).ok()).map_or(0, |at| at.saturating_add(1))
    }

    /// Whether a hunt group has the same members in the same order. Work: linear in them.
    pub(crate) fn keeps_members(&self, group: u32) -> bool {
        let groups =
            self.old.hunt_group(group).zip(self.device(group).and_then(|group| self.new.hunt_group(group)));
        groups.is_some_and(|(old, new)| {
            let same = |place| {
                let member = self.old.hunt_member(&old, place).and_then(|member| self.device(member));
                member.is_some() && member == self.new.hunt_member(&new, place)
            };
            old.members.count == new.members.count && old.kind == new.kind && (0..old.members.count).all(same)
        })
    }

    /// The same party; `None`: the other policy does not have it.
    pub(crate) fn party(&self, party: Party) -> Option<Party> {
        match party {
            Party::Device(row) => self.device(row).map(Party::Device),
            Party::User { user, at } => Some(Party::User { user: self.user(user)?, at: self.device(at)? }),
            Party::Trunk(row) => self.trunk(row).map(Party::Trunk),
            Party::Conference | Party::Unknown => Some(party),
        }
    }

    /// The same party, or nobody known.
    pub(crate) fn known(&self, party: Party) -> Party {
        self.party(party).unwrap_or(Party::Unknown)
    }

    /// Classes keep their numbers: they are those that the call was permitted with. A code is known by its row alone, and is asked for again
    /// where one is needed.
    pub(crate) fn authority(&self, authority: Authority) -> Authority {
        Authority { party: self.known(authority.party), code: None, ..authority }
    }

    /// The way of a call that is there. Which row had led to it is not known any more.
    pub(crate) fn choice(&self, choice: &Choice) -> Choice {
        Choice {
            to: self.known(choice.to),
            authority: self.authority(choice.authority),
            row: RowRef::None,
            route: choice.route.and_then(|route| self.route(route)),
            class: choice.class.filter(|class| matches!(class, ClassRef::Plan(_))),
            ..*choice
        }
    }

    /// A denial that is still to be noted down: its rule and whose classes.
    pub(crate) fn denial(&self, denial: &Denial) -> Denial {
        Denial::new(denial.rule, self.authority(denial.authority), RowRef::None)
    }
}

/// What has a row of the device table.
#[derive(Eq, PartialEq)]
enum Kind {
    Phone,
    User,
    Group,
}

fn kind(image: &Image<'_>, row: u32) -> Kind {
    if usize::try_from(row).is_ok_and(|row| row < image.phones()) {
        Kind::Phone
    } else if image.user(row).is_some() {
        Kind::User
    } else {
        Kind::Group
    }
}
