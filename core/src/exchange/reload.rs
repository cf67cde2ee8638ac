//! Another policy is put in force between two events: calls go on, and devices stay registered.
//!
//! What is known of devices and trunks is known by their rows, and those change: everything is carried over by directory number and by the
//! trunk's name. Classes that a call was permitted with stay its own; whatever is asked of it from then on the new policy judges (law 2). It is
//! all or nothing: whoever is in a call must be there in the new policy too.

use super::memory::{DeviceSlot, Seat, TrunkSlot};
use super::{Exchange, Policy};
use crate::base::Crypto;
use crate::call::moved::Unmoved;
use crate::policy::moved::Moved;
use crate::policy::{Image, Keyring, Party};
use crate::registration::binding::Binding;
use crate::table::{Due, Timers};

/// Memory for the devices and trunks of another policy, as of [`Memory`](super::Memory).
#[derive(Debug)]
pub struct Room<'m> {
    /// One for each device.
    pub devices: &'m mut [DeviceSlot],
    /// One for each trunk.
    pub trunks: &'m mut [TrunkSlot],
    /// As long as `devices`.
    pub lapse_heap: &'m mut [Due],
    /// As long as `devices`.
    pub lapse_places: &'m mut [u32],
    /// As long as `trunks`.
    pub renewal_heap: &'m mut [Due],
    /// As long as `trunks`.
    pub renewal_places: &'m mut [u32],
}

/// Why another policy was not put in force; nothing has changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotReloaded {
    /// More devices than the room has places for.
    TooManyDevices,
    /// More trunks than the room has places for.
    TooManyTrunks,
    /// No policy is in force yet, or this is an emergency block: that is loaded.
    NoPolicy,
    /// Outputs of earlier inputs are to be polled first.
    Unpolled,
    /// This party, of the policy in force, is in a call, and the other policy does not have it.
    InCall(Party),
    /// A call for help is being set up: it is better not disturbed.
    Help,
}

impl<'m, C: Crypto> Exchange<'m, C> {
    /// Puts another policy in force. The memory that the devices and trunks had is given back, for the next time.
    ///
    /// A device of the same directory number and kind keeps its registration, unless it may not use that transport any more, what its user
    /// has set, who is logged in, and what is counted of it. A trunk of the same name that is reached and known as before keeps where it is
    /// and how we stand there; of any other [`set_trunk_servers`](Self::set_trunk_servers) tells it anew. A call keeps the classes that it was
    /// permitted with; an account code in it is not known any more, and is asked for again where one is needed. Work: linear in devices,
    /// trunks, routes and calls, each with a lookup.
    ///
    /// # Errors
    /// [`NotReloaded`], and the room.
    pub fn reload(
        &mut self,
        image: Image<'m>,
        keyring: Keyring<'m>,
        room: Room<'m>,
    ) -> Result<Room<'m>, (NotReloaded, Room<'m>)> {
        let old = match self.may_reload(&image, &room) {
            Ok(old) => old,
            Err(why) => return Err((why, room)),
        };
        let new = Policy { image, keyring };
        let moved = Moved::new(&old.image, &new.image);
        let Room { devices, trunks, lapse_heap, lapse_places, renewal_heap, renewal_places } = room;
        self.carry_devices(&moved, &new, devices);
        self.carry_trunks(&moved, (&old, &new), trunks);
        self.calls.moved(&moved);
        self.policy = Some(new);
        let devices = core::mem::replace(&mut self.devices, devices);
        let trunks = core::mem::replace(&mut self.trunks, trunks);
        let lapses = core::mem::replace(&mut self.lapses, Timers::new(lapse_heap, lapse_places));
        let renewals = core::mem::replace(&mut self.renewals, Timers::new(renewal_heap, renewal_places));
        for (row, slot) in (0u32..).zip(self.devices.iter()) {
            self.lapses.set(row, slot.binding.next_deadline());
        }
        for (row, slot) in (0u32..).zip(self.trunks.iter()) {
            self.renewals.set(row, slot.client.next_deadline());
        }
        let (lapse_heap, lapse_places) = lapses.into_slices();
        let (renewal_heap, renewal_places) = renewals.into_slices();
        Ok(Room { devices, trunks, lapse_heap, lapse_places, renewal_heap, renewal_places })
    }

    /// The policy in force, if another may take its place.
    fn may_reload(&self, image: &Image<'m>, room: &Room<'_>) -> Result<Policy<'m>, NotReloaded> {
        let old = self.policy.filter(|_| !image.is_block()).ok_or(NotReloaded::NoPolicy)?;
        let (devices, trunks) = (image.devices().len(), image.trunks().len());
        if [room.devices.len(), room.lapse_heap.len(), room.lapse_places.len()]
            .iter()
            .any(|len| *len < devices)
        {
            return Err(NotReloaded::TooManyDevices);
        }
        if [room.trunks.len(), room.renewal_heap.len(), room.renewal_places.len()]
            .iter()
            .any(|len| *len < trunks)
        {
            return Err(NotReloaded::TooManyTrunks);
        }
        // What was told names its rows.
        if self.events.front().is_some()
            || self.records.front().is_some()
            || self.sip.outgoing.front().is_some()
        {
            return Err(NotReloaded::Unpolled);
        }
        match self.calls.fit(&Moved::new(&old.image, image)) {
            Ok(()) => Ok(old),
            Err(Unmoved::Help) => Err(NotReloaded::Help),
            Err(Unmoved::Party(leg)) => {
                Err(NotReloaded::InCall(self.calls.leg(leg).map_or(Party::Unknown, |slot| slot.party)))
            }
        }
    }

    fn carry_devices(&self, moved: &Moved<'_>, new: &Policy<'_>, to: &mut [DeviceSlot]) {
        let back = moved.back();
        for (row, place) in (0u32..).zip(to.iter_mut()) {
            let before = back.device(row).and_then(|row| self.devices.get(usize::try_from(row).ok()?));
            let Some(before) = before else {
                *place = DeviceSlot::EMPTY;
                continue;
            };
            place.clone_from(before);
            let other = place.seat.other.checked_sub(1).and_then(|other| moved.device(other));
            place.seat =
                other.map_or(Seat::EMPTY, |other| Seat { other: other.saturating_add(1), ..place.seat });
            let may = usize::try_from(row).ok().and_then(|row| new.image.devices().get(row));
            if !may.is_some_and(|may| may.may_use(place.flow.flow().transport)) {
                place.binding = Binding::Absent;
            }
        }
    }

    fn carry_trunks(&self, moved: &Moved<'_>, (old, new): (&Policy<'_>, &Policy<'_>), to: &mut [TrunkSlot]) {
        let back = moved.back();
        for (row, place) in (0u16..).zip(to.iter_mut()) {
            let before = back.trunk(row).and_then(|was| Some((was, *self.trunks.get(usize::from(was))?)));
            *place = match before {
                Some((was, slot)) if is_reached_alike((old, was), (new, row)) => slot,
                // Its calls go on and are counted.
                Some((_, slot)) => TrunkSlot { in_use: slot.in_use, brake: slot.brake, ..TrunkSlot::EMPTY },
                None => TrunkSlot::EMPTY,
            };
        }
    }
}

/// Whether a trunk is where it was, by the same transport, and knows us by the same name and password.
fn is_reached_alike((old, was): (&Policy<'_>, u16), (new, is): (&Policy<'_>, u16)) -> bool {
    let told = |policy: &Policy<'_>, trunk: u16| {
        let row = policy.image.trunks().get(usize::from(trunk)).unwrap_or_default();
        (row.transport, row.flags & crate::policy::rows::REGISTERS)
    };
    fn texts<'a>(policy: &Policy<'a>, trunk: u16) -> [&'a str; 2] {
        let row = policy.image.trunks().get(usize::from(trunk)).unwrap_or_default();
        [policy.image.text(row.host), policy.image.text(row.username)]
    }
    told(old, was) == told(new, is)
        && texts(old, was) == texts(new, is)
        && old.keyring.trunk_password(was) == new.keyring.trunk_password(is)
}
