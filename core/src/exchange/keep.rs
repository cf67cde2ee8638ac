//! What outlives the process: where devices are registered, what their users have set, and who is logged in where.
//!
//! Whoever has a disk writes it down when it is told of it, and gives it back after the policy is loaded. Everything is judged anew by the
//! policy that is in force then, and again at its next use: what that does not allow is not taken.

use super::memory::MAX_CONTACT;
use super::{Event, Exchange};
use crate::base::{Crypto, Flow, Instant, Transport};
use crate::policy::desk::{may_be_no_guest, takes_no_guests};
use crate::registration::binding::{self, MAX_EXPIRES_S, Order};
use crate::station::Settings;
use crate::wire::sip::{Scheme, Uri};
use core::net::IpAddr;

/// Where a device is registered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Registration<'a> {
    /// Its contact URI.
    pub contact: &'a [u8],
    /// Where requests to it go.
    pub flow: Flow,
    /// Where its REGISTER came from.
    pub source: IpAddr,
}

/// Who is logged in at a phone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Guest {
    /// The user's row of the device table.
    pub user: u32,
    /// For how long still, in seconds; `None`: until somebody logs him out.
    pub left_s: Option<u64>,
}

/// What is given back.
#[derive(Clone, Copy, Debug)]
pub enum Restored<'a> {
    /// A device is registered. Only over UDP: a connection is gone with the process that had it, and its phone registers again by itself.
    Registered {
        /// Its row of the device table.
        device: u32,
        /// Where.
        registration: Registration<'a>,
        /// For how long still, in seconds; 3,600 at most.
        expires_s: u32,
    },
    /// Something is set at a device.
    Set {
        /// Its row of the device table.
        device: u32,
        /// What.
        settings: Settings,
    },
    /// Somebody is logged in at a phone.
    Seated {
        /// The phone's row of the device table.
        phone: u32,
        /// Who.
        guest: Guest,
    },
}

impl<C: Crypto> Exchange<'_, C> {
    /// Where a device is registered, if it is. Constant work.
    #[must_use]
    pub fn registration(&self, device: u32) -> Option<Registration<'_>> {
        let slot = self.devices.get(usize::try_from(device).ok()?)?;
        let bound = slot.binding != binding::Binding::Absent;
        bound.then(|| Registration { contact: &slot.contact, flow: slot.flow.flow(), source: slot.source })
    }

    /// Who is logged in at a phone, and for how long. Work: linear in the calls.
    #[must_use]
    pub fn guest(&self, now: Instant, phone: u32) -> Option<Guest> {
        let user = self.user_at(now, phone)?;
        let until = self.devices.get(usize::try_from(phone).ok()?)?.seat.until.instant();
        let left_s = until.since_ms(self.clock.at(now)).div_ceil(1000);
        // A log-in ends after a week at most, by policy (R41).
        Some(Guest { user, left_s: Some(left_s).filter(|left_s| *left_s < 1 << 32) })
    }

    /// Gives back what was there before a restart. False: it is not taken, because policy does not allow it any more or it is there already.
    /// Constant work.
    pub fn restore(&mut self, now: Instant, restored: &Restored<'_>) -> bool {
        let now = self.clock.advance(now);
        let taken = match restored {
            Restored::Registered { device, registration, expires_s } => {
                self.restore_registration(now, *device, registration, *expires_s)
            }
            Restored::Set { device, settings } => self.restore_settings(*device, settings),
            Restored::Seated { phone, guest } => self.restore_guest(now, *phone, guest),
        };
        taken.is_some()
    }

    fn restore_registration(
        &mut self,
        now: Instant,
        device: u32,
        kept: &Registration<'_>,
        expires_s: u32,
    ) -> Option<()> {
        let policy = self.policy.as_ref().filter(|policy| !policy.image.is_block())?;
        let place = usize::try_from(device).ok().filter(|place| *place < policy.image.phones())?;
        let may = policy.image.devices().get(place)?.may_use(kept.flow.transport);
        let reachable = Uri::parse(kept.contact).is_ok_and(|uri| uri.scheme == Scheme::Sip);
        let fits = reachable && kept.contact.len() <= MAX_CONTACT && kept.flow.transport == Transport::Udp;
        if !may || !fits || expires_s == 0 {
            return None;
        }
        let slot = self.devices.get_mut(place)?;
        if slot.binding != binding::Binding::Absent {
            return None;
        }
        // Of which REGISTER it was nothing is known: the phone's next one is a newer one, whatever its Call-ID.
        let order = Order { call_id: 0, cseq: 0 };
        let expires_s = expires_s.min(MAX_EXPIRES_S);
        slot.binding.handle(now, binding::Event::Register { order, expires_s });
        slot.contact.clear();
        let _ = slot.contact.extend_from_slice(kept.contact);
        (slot.flow, slot.source) = (kept.flow.into(), kept.source);
        self.lapses.set(device, slot.binding.next_deadline());
        self.event(Event::Registered(device, expires_s, kept.flow));
        Some(())
    }

    fn restore_settings(&mut self, device: u32, settings: &Settings) -> Option<()> {
        let place = usize::try_from(device).ok()?;
        self.policy.as_ref()?.image.devices().get(place)?;
        self.devices.get_mut(place)?.station = *settings;
        Some(())
    }

    fn restore_guest(&mut self, now: Instant, phone: u32, guest: &Guest) -> Option<()> {
        let image = self.policy.as_ref()?.image;
        let (user, mode) = (image.user(guest.user)?, self.mode_at(now));
        image.devices().get(usize::try_from(phone).ok()?)?;
        let refused =
            takes_no_guests(&image, phone, mode).or_else(|| may_be_no_guest(&image, user, phone, mode));
        if refused.is_some() || guest.left_s == Some(0) {
            return None;
        }
        self.seat(now, &image, user, phone);
        for row in [phone, guest.user] {
            let slot = usize::try_from(row).ok().and_then(|row| self.devices.get_mut(row));
            if let (Some(slot), Some(left_s)) = (slot, guest.left_s) {
                // Not longer than a log-in of today lasts.
                slot.seat.until = slot.seat.until.instant().min(now.plus_s(left_s)).into();
            }
        }
        Some(())
    }
}
