//! What an emergency call carries: the number to call back, and where the caller is; and which ways it goes.

use super::Mode;
use super::decide::{Caller, at, caller, class_of};
use super::image::Image;
use super::routes::Choices;
use super::rows::{ArsRow, Features, NotifyRow};
use super::verdict::Party;
use crate::base::Digits;

/// The call-back number: the device's own, else the default (R68 for SIP phones). Empty if the policy has none.
#[must_use]
pub fn callback(image: &Image<'_>, party: Party) -> Digits {
    // A phone is called back where it is, whoever is logged in there (R69).
    let own = party.phone().and_then(|device| text(image, device)).map(|row| row.cesid);
    let own = own.filter(|own| own.len > 0).unwrap_or(image.system().default_cesid);
    Digits::dialed(image.octets(own)).unwrap_or_default()
}

/// Where the party is: its own location, else its zone's, else the default. `zone` is that of the address it was heard
/// from (row plus one, 0: not told): who is in another zone than the policy's has moved, and is not where the policy says (R71).
#[must_use]
pub fn location<'a>(image: &Image<'a>, party: Party, zone: u8) -> &'a str {
    let (own, home) = match party {
        Party::Device(device) | Party::User { at: device, .. } => {
            let row = usize::try_from(device).ok().and_then(|device| image.devices.get(device));
            (text(image, device).map(|row| row.location), row.map_or(0, |row| row.zone))
        }
        Party::Trunk(trunk) => (None, image.trunks.get(usize::from(trunk)).map_or(0, |row| row.zone)),
        Party::Conference | Party::Unknown => (None, 0),
    };
    let moved = zone != 0 && zone != home;
    let zone = if moved { zone } else { home };
    let zone =
        zone.checked_sub(1).and_then(|zone| image.zones.get(usize::from(zone))).map(|row| row.location);
    let own = own.filter(|_| !moved);
    let known = [own, zone].into_iter().flatten().find(|text| text.len > 0);
    image.text(known.unwrap_or(image.system().default_location))
}

/// The devices that are told of emergency calls (`[emergency] notify`, and COS feature `emergency-notify` in this mode).
/// Work: the rows of that table, which the image bounds.
pub fn notified<'a>(image: &'a Image<'_>, mode: Mode) -> impl Iterator<Item = u32> + use<'a> {
    let wanted = move |row: &NotifyRow| {
        let class = class_of(image, Party::Device(row.device), mode).map_or(0, |class| class.features);
        row.always != 0 || Features::from_bits_truncate(class).contains(Features::EMERGENCY_NOTIFY)
    };
    image.notify.iter().filter(wanted).map(|row| row.device)
}

fn text(image: &Image<'_>, device: u32) -> Option<super::rows::DeviceTextRow> {
    image.device_texts.get(usize::try_from(device).ok()?)
}

/// Which choices of an emergency call's routes were tried, by their place among them.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Tried(u32);

impl Tried {
    /// None was.
    pub const NONE: Self = Self(0);

    pub(super) const fn has(self, nth: u32) -> bool {
        self.0.wrapping_shr(nth) & 1 != 0
    }

    /// One more was: the first that leads over this route. `zone` is that of the address the call came from, row plus one;
    /// 0: not told by it. Work: linear in the choices.
    #[must_use]
    pub fn and(self, image: &Image<'_>, (from, mode): (Party, Mode), row: u32, route: u16, zone: u8) -> Self {
        let ars = at(image.ars, row).unwrap_or_default();
        let mut choices = help(image, &caller(image, from, mode), &ars, zone).iter(image).zip(0..);
        let found = choices.find(|((choice, _), nth)| choice.route == route && !self.has(*nth));
        found.map_or(self, |(_, nth)| Self(self.0 | 1u32.wrapping_shl(nth)))
    }
}

/// The ways of an emergency row: those of the caller's zone, if it has some.
pub(super) fn help(image: &Image<'_>, from: &Caller, ars: &ArsRow, zone: u8) -> Choices {
    // Who has moved calls the help of the place where it is (R71).
    let zone = if zone == 0 { from.zone } else { zone };
    let zone = zone.checked_sub(1).and_then(|zone| image.zones.get(usize::from(zone)));
    let own =
        zone.and_then(|zone| zone.emergency_leads.checked_sub(1).map(|leads| (leads, zone.emergency_index)));
    let (leads, index) = own.unwrap_or((ars.leads, ars.index));
    Choices::new(image, leads, index)
}
