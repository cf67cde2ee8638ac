//! Another policy is put in force between two events: calls go on, and devices stay registered.
//!
//! What is known of devices and trunks is known by their rows, and those change: everything is carried over by directory number and by the
//! trunk's name. Classes that a call was permitted with stay its own; whatever is asked of it from then on the new policy judges (law 2). It is
//! all or nothing: whoever is in a call must be there in the new policy too.

use super::memory::{DeviceSlot, Seat, TrunkSlot};
use super::servers::Servers;
use super::{Exchange, Policy};
use crate::base::{Algorithm, Crypto, Instant};
use crate::call::moved::Unmoved;
use crate::policy::desk::{may_be_no_guest, takes_no_guests};
use crate::policy::keyring::Ha1;
use crate::policy::moved::Moved;
use crate::policy::rows::REGISTERS;
use crate::policy::{Image, Keyring, Mode, Party};
use crate::registration::binding::Binding;
use crate::registration::client;
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
    /// A device of the same directory number and kind keeps its registration, unless it may not use that transport any more or has another
    /// password, what its user has set, and what is counted of it; who is logged in there stays, unless he may not be there any more: that ends
    /// with his calls. A trunk of the same name keeps where it is if its host is the same, and how we stand there if we are the same to it; of
    /// any other [`set_trunk_servers`](Self::set_trunk_servers) tells it anew. A call keeps the classes that it was
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
        let old = match self.fits(&image).and_then(|()| room.holds(&image)) {
            Ok(()) => self.policy,
            Err(why) => return Err((why, room)),
        };
        let Some(old) = old else { return Err((NotReloaded::NoPolicy, room)) };
        let new = Policy { image, keyring };
        let moved = Moved::new(&old.image, &new.image);
        let Room { devices, trunks, lapse_heap, lapse_places, renewal_heap, renewal_places } = room;
        let now = self.clock.now();
        self.carry_devices(now, &moved, (&old, &new), devices);
        self.carry_trunks(&moved, (&old, &new), trunks);
        let trunk_rows = new.image.trunks().len();
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
        self.count_public_calls();
        for row in 0..u16::try_from(trunk_rows).unwrap_or(u16::MAX) {
            let slot = self.trunks.get(usize::from(row));
            let begins =
                slot.is_some_and(|slot| slot.servers.is_known() && slot.client == client::State::Off);
            if begins && self.registers(row) {
                self.enrolment_event(now, row, client::Event::Begin);
            }
        }
        let (lapse_heap, lapse_places) = lapses.into_slices();
        let (renewal_heap, renewal_places) = renewals.into_slices();
        Ok(Room { devices, trunks, lapse_heap, lapse_places, renewal_heap, renewal_places })
    }

    /// Whether another policy may take the place of the one in force just now, memory apart. Work: linear in the calls, each with a lookup.
    ///
    /// # Errors
    /// [`NotReloaded`].
    pub fn fits(&self, image: &Image<'_>) -> Result<(), NotReloaded> {
        let old = self.policy.as_ref().filter(|_| !image.is_block()).ok_or(NotReloaded::NoPolicy)?;
        // What was told names its rows.
        if self.events.front().is_some()
            || self.records.front().is_some()
            || self.sip.outgoing.front().is_some()
        {
            return Err(NotReloaded::Unpolled);
        }
        self.calls.fit(&Moved::new(&old.image, image)).map_err(|why| match why {
            Unmoved::Help => NotReloaded::Help,
            Unmoved::Party(party) => NotReloaded::InCall(party),
        })
    }

    fn carry_devices(
        &self,
        now: Instant,
        moved: &Moved<'_>,
        (old, new): (&Policy<'_>, &Policy<'_>),
        to: &mut [DeviceSlot],
    ) {
        let (back, mode) = (moved.back(), self.mode_at(now));
        for (row, place) in (0u32..).zip(to.iter_mut()) {
            let was = back.device(row);
            let before = was.and_then(|was| self.devices.get(usize::try_from(was).ok()?));
            let (Some(was), Some(before)) = (was, before) else {
                *place = DeviceSlot::EMPTY;
                continue;
            };
            place.clone_from(before);
            let other = place.seat.other.checked_sub(1).and_then(|other| moved.device(other));
            place.seat =
                other.map_or(Seat::EMPTY, |other| Seat { other: other.saturating_add(1), ..place.seat });
            if other.is_some_and(|other| !may_sit(&new.image, (row, other), mode)) {
                // That ends when his calls there have.
                place.seat.until = now.into();
            }
            let may = usize::try_from(row).ok().and_then(|row| new.image.devices().get(row));
            let may = may.is_some_and(|may| may.may_use(place.flow.flow().transport));
            if !may || !is_proven_alike((old, was), (new, row)) {
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
                // Its calls go on and are counted; where it is stays known, if it is there still.
                Some((was, slot)) => {
                    let stays = place_of(old, was) == place_of(new, row);
                    let servers = if stays { slot.servers } else { Servers::NONE };
                    TrunkSlot { servers, in_use: slot.in_use, brake: slot.brake, ..TrunkSlot::EMPTY }
                }
                None => TrunkSlot::EMPTY,
            };
        }
    }
}

impl Room<'_> {
    fn holds(&self, image: &Image<'_>) -> Result<(), NotReloaded> {
        let (devices, trunks) = (image.devices().len(), image.trunks().len());
        let shorter = |lens: [usize; 3], wanted: usize| lens.iter().any(|len| *len < wanted);
        if shorter([self.devices.len(), self.lapse_heap.len(), self.lapse_places.len()], devices) {
            return Err(NotReloaded::TooManyDevices);
        }
        if shorter([self.trunks.len(), self.renewal_heap.len(), self.renewal_places.len()], trunks) {
            return Err(NotReloaded::TooManyTrunks);
        }
        Ok(())
    }
}

/// Whether one of these two may be the other's guest: which of them is the user, their rows tell.
fn may_sit(image: &Image<'_>, (one, other): (u32, u32), mode: Mode) -> bool {
    let seat = image.user(one).map(|user| (user, other)).or_else(|| Some((image.user(other)?, one)));
    seat.is_some_and(|(user, phone)| {
        takes_no_guests(image, phone, mode).is_none() && may_be_no_guest(image, user, phone, mode).is_none()
    })
}

/// Whether a device has the same credentials.
fn is_proven_alike((old, was): (&Policy<'_>, u32), (new, is): (&Policy<'_>, u32)) -> bool {
    [Algorithm::Md5, Algorithm::Sha256, Algorithm::Sha512_256].into_iter().all(|algorithm| {
        let [before, now] = [old.keyring.ha1(was, algorithm), new.keyring.ha1(is, algorithm)];
        before.as_ref().map(Ha1::expose) == now.as_ref().map(Ha1::expose)
    })
}

/// Where a trunk is.
fn place_of<'a>(policy: &Policy<'a>, trunk: u16) -> (&'a str, u8) {
    let row = policy.image.trunks().get(usize::from(trunk)).unwrap_or_default();
    (policy.image.text(row.host), row.transport)
}

/// Whether a trunk is where it was, and knows us by the same name and password.
fn is_reached_alike((old, was): (&Policy<'_>, u16), (new, is): (&Policy<'_>, u16)) -> bool {
    let row =
        |policy: &Policy<'_>, trunk: u16| policy.image.trunks().get(usize::from(trunk)).unwrap_or_default();
    let (before, now) = (row(old, was), row(new, is));
    before.flags & REGISTERS == now.flags & REGISTERS
        && old.image.text(before.username) == new.image.text(now.username)
        && place_of(old, was) == place_of(new, is)
        && old.keyring.trunk_password(was) == new.keyring.trunk_password(is)
}
