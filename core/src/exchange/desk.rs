//! Hot desk, carried out: who is logged in at which phone, and the phone that rings for who is called there. Whether it may,
//! policy says ([`desk`](crate::policy::desk)).
//!
//! ```text
//!  nobody --log-in, PIN right, both idle--> seated --log-in of another--------> seated
//!  seated --log-out, or its time is over---> leaving --his calls there are over-> nobody
//!  seated --log-in at another phone, both idle----------------------------> nobody (R82)
//! ```
//! It changes only while phone and user have no call, so whoever takes part in a call is the same to its end. The states are
//! those of the phone's slot: leaving is being seated until a moment that has come.

use super::commands::Queue;
use super::forward::{RECORDS_A_HOP, Unrung};
use super::memory::{DeviceSlot, Seat};
use super::placing::{Asked, Unplaced};
use super::{Event, Exchange};
use crate::base::{Crypto, Digits, Handle, Instant};
use crate::brakes::Lockout;
use crate::call::features::forward::Forwardable;
use crate::call::{Calls, Cause};
use crate::policy::desk::{Desk, may_be_no_guest, number_and_pin, takes_no_guests};
use crate::policy::{Behalf, Denial, Feature, Image, Party, Permit, Refusal, Rule, Verdict};
use crate::record::alarm;
use crate::station::When;

/// Who is at a phone. Linear in the legs if that is about to change, else constant work.
#[inline(always)]
pub(super) fn who_is_at(
    (image, devices, calls): (&Image<'_>, &[DeviceSlot], &Calls<'_>),
    now: Instant,
    phone: u32,
) -> Party {
    let slot = usize::try_from(phone).ok().and_then(|phone| devices.get(phone));
    match slot.map_or(Seat::EMPTY, |slot| slot.seat) {
        Seat { other: 0, .. } => Party::Device(phone),
        seat => seated_at(image, calls, now, (phone, seat)),
    }
}

// Few phones have a guest.
#[inline(never)]
fn seated_at(image: &Image<'_>, calls: &Calls<'_>, now: Instant, (phone, seat): (u32, Seat)) -> Party {
    let Some(user) = seat.other.checked_sub(1).and_then(|row| image.user(row)) else {
        return Party::Device(phone);
    };
    // Who is leaving is there as long as he takes part in something himself: another's call does not bring him back.
    let guest = Party::User { user, at: phone };
    if now < seat.until.instant() || calls.takes_part(guest) { guest } else { Party::Device(phone) }
}

impl<C: Crypto> Exchange<'_, C> {
    /// Who is at a phone: its hot-desk user, if one is logged in.
    pub(super) fn at(&self, now: Instant, phone: u32) -> Party {
        match &self.policy {
            Some(policy) => who_is_at((&policy.image, self.devices, &self.calls), now, phone),
            None => Party::Device(phone),
        }
    }

    /// The row of the device table of the hot-desk user who is logged in at a phone.
    #[must_use]
    pub fn user_at(&self, now: Instant, phone: u32) -> Option<u32> {
        self.seated(self.clock.at(now), phone)
    }

    /// The phone where a user, by row of the device table, is logged in.
    #[must_use]
    pub fn phone_of(&self, now: Instant, user: u32) -> Option<u32> {
        self.seat_of(self.clock.at(now), user)
    }

    fn seated(&self, now: Instant, phone: u32) -> Option<u32> {
        let party = self.at(now, phone);
        let user = matches!(party, Party::User { .. });
        self.policy.as_ref().filter(|_| user).and_then(|policy| policy.image.row_of(party))
    }

    fn seat_of(&self, now: Instant, user: u32) -> Option<u32> {
        let slot = self.devices.get(usize::try_from(user).ok()?)?;
        let phone = slot.seat.other.checked_sub(1)?;
        (self.seated(now, phone) == Some(user)).then_some(phone)
    }

    /// A user wants to be at a phone from now on: number and PIN have been dialed there. Work: one mac.
    pub(super) fn log_in(&mut self, now: Instant, asked: &Asked<'_>, phone: u32, dialed: &[u8]) -> Unplaced {
        let Some(image) = self.policy.map(|policy| policy.image) else {
            return self.not_seated(now, asked.from, (None, Rule::PolicyNone));
        };
        let split = number_and_pin(&image, dialed);
        let user = split.map(|(user, _)| user);
        let pin = split.map_or(&[][..], |(_, pin)| pin.strip_suffix(b"#").unwrap_or(pin));
        match self.may_log_in(now, &image, (asked, phone), (user, pin)) {
            Ok(user) => {
                self.seat(now, &image, user, phone);
                self.event(Event::Set(phone));
                Unplaced::Set
            }
            Err(Err(rule)) => self.not_seated(now, asked.from, (user, rule)),
            Err(Ok(denial)) => self.denied_seat(now, asked.from, user, denial),
        }
    }

    /// In the order of who is asked: the phone, whether it takes guests; the PIN; the user, whether he may; both, whether they
    /// are idle. Nobody learns more of a user than that his PIN is wrong.
    fn may_log_in(
        &mut self,
        now: Instant,
        image: &Image<'_>,
        (asked, phone): (&Asked<'_>, u32),
        (user, pin): (Option<u16>, &[u8]),
    ) -> Result<u16, Result<Denial, Rule>> {
        let mode = self.mode_at(now);
        if asked.locked_out {
            return Err(Err(Rule::Lockout));
        }
        if let Some(denial) = takes_no_guests(image, phone, mode) {
            return Err(Ok(denial));
        }
        if !self.is_own_pin(now, image, phone, (user, pin))? {
            return Err(Err(Rule::PinWrong));
        }
        let Some(user) = user else { return Err(Err(Rule::PinWrong)) };
        if let Some(denial) = may_be_no_guest(image, user, phone, mode) {
            return Err(Ok(denial));
        }
        let before = image.user_row(user).and_then(|row| self.seat_of(now, row));
        let elsewhere =
            before.is_some_and(|before| before != phone && self.calls.engaged(before, Handle::NONE));
        if elsewhere || self.calls.engaged(phone, asked.leg.unwrap_or(Handle::NONE)) {
            return Err(Err(Rule::DeskBusy));
        }
        Ok(user)
    }

    /// Checks a PIN, and counts wrong ones: for the user, wherever he is guessed, and for the phone, whomever it guesses (R75).
    fn is_own_pin(
        &mut self,
        now: Instant,
        image: &Image<'_>,
        phone: u32,
        (user, pin): (Option<u16>, &[u8]),
    ) -> Result<bool, Result<Denial, Rule>> {
        let row = user.and_then(|user| image.user_row(user));
        let locked = |slot: Option<&Lockout>| slot.is_some_and(|slot| slot.is_locked(now));
        let place = |row: u32| usize::try_from(row).unwrap_or(usize::MAX);
        let of_user = row.and_then(|row| self.devices.get(place(row))).map(|slot| &slot.login);
        let of_phone = self.devices.get(place(phone)).map(|slot| &slot.codes);
        if locked(of_user) || locked(of_phone) {
            return Err(Err(Rule::PinLocked));
        }
        let Some(policy) = self.policy else { return Err(Err(Rule::PolicyNone)) };
        // Of nobody's PIN as much is calculated as of a user's.
        let checked = policy.keyring.is_pin(user.unwrap_or(0), pin, &mut self.crypto);
        let right = match checked.filter(|_| user.is_some()) {
            Some(right) => right,
            // Who has no PIN is let in by nothing but his number, if the field's habit is wanted.
            None => user.is_some() && checked.is_none() && pin.is_empty() && !image.strict(),
        };
        let terms = super::brakes::terms(image);
        let own = row.and_then(|row| self.devices.get_mut(place(row)));
        if right {
            // What was guessed at the phone still counts: who knows one PIN is not let off for others, or for account codes.
            own.into_iter().for_each(|slot| slot.login.succeed(now));
            return Ok(true);
        }
        if own.is_some_and(|slot| slot.login.fail(now, terms)) {
            let user = row.map_or(Party::Unknown, Party::Device);
            self.alarm(now, alarm::Cause::Lockout, user, Digits::EMPTY);
        }
        if self.devices.get_mut(place(phone)).is_some_and(|slot| slot.codes.fail(now, terms)) {
            self.alarm(now, alarm::Cause::CodeLockout, Party::Device(phone), Digits::EMPTY);
        }
        Ok(false)
    }

    /// Whoever is logged in at a phone leaves it: now, or when his calls there have ended.
    pub(super) fn log_out(&mut self, now: Instant, from: Party, dialed: &[u8]) -> Unplaced {
        let guest = matches!(from, Party::User { .. }) && dialed.is_empty();
        let slot = from.phone().and_then(|phone| self.devices.get_mut(usize::try_from(phone).ok()?));
        let (Some(slot), Some(phone), true) = (slot, from.phone(), guest) else {
            return self.not_seated(now, from, (None, Rule::NumberVacant));
        };
        slot.seat.until = now.into();
        self.event(Event::Set(phone));
        Unplaced::Set
    }

    /// A user is at a phone from now on, and nowhere else; whoever was there is not any more.
    pub(super) fn seat(&mut self, now: Instant, image: &Image<'_>, user: u16, phone: u32) {
        let Some(row) = image.user_row(user) else { return };
        let minutes = image.users().get(usize::from(user)).map_or(0, |row| row.logout_min);
        let until = match minutes {
            0 => Instant(u64::MAX),
            minutes => now.plus_s(u64::from(minutes).saturating_mul(60)),
        }
        .into();
        for own in [row, phone] {
            let slot = usize::try_from(own).ok().and_then(|own| self.devices.get(own));
            let other = slot.and_then(|slot| slot.seat.other.checked_sub(1));
            for left in [Some(own), other].into_iter().flatten() {
                self.sit(left, Seat::EMPTY);
            }
        }
        self.sit(phone, Seat { other: row.saturating_add(1), until });
        self.sit(row, Seat { other: phone.saturating_add(1), until });
    }

    fn sit(&mut self, row: u32, seat: Seat) {
        if let Some(slot) = usize::try_from(row).ok().and_then(|row| self.devices.get_mut(row)) {
            slot.seat = seat;
        }
    }

    fn not_seated(&mut self, now: Instant, from: Party, (user, rule): (Option<u16>, Rule)) -> Unplaced {
        let denial = self.refusal(now, from, rule);
        self.denied_seat(now, from, user, denial)
    }

    /// A refusal, noted down with the user's number and never with what was dialed behind it.
    fn denied_seat(&mut self, now: Instant, from: Party, user: Option<u16>, denial: Denial) -> Unplaced {
        let image = self.policy.as_ref().map(|policy| policy.image);
        let row = user.zip(image).and_then(|(user, image)| image.user_row(user));
        let number = row.map_or(Digits::EMPTY, |row| self.number_of(row));
        let behalf = Some(Behalf { feature: Feature::Desk, party: from });
        Unplaced::Denied(self.note_denied_for(now, (from, behalf), number, Verdict::Deny(denial)))
    }

    /// A user is called: the phone rings where he is logged in. Who is nowhere is out of service.
    pub(super) fn ring_user(
        &mut self,
        now: Instant,
        leg: Handle,
        (call, user): (&Forwardable, u16),
        queue: &mut Queue,
    ) -> Unrung {
        // As for a hop of forwarding.
        if self.records.free() < RECORDS_A_HOP {
            return Unrung::Refuses(Cause::CONGESTION);
        }
        let neutral = self.calls.leg(call.a).is_some_and(|slot| slot.neutral);
        let there = self.seat_of(now, call.by).filter(|phone| neutral || self.is_registered(*phone));
        let (Some(phone), Some(policy)) = (there, self.policy) else {
            let forwarded = self.forward_or_intercept(now, leg, When::OutOfService, queue);
            return if forwarded { Unrung::Forwarded } else { Unrung::Refuses(Cause::UNAVAILABLE) };
        };
        let mode = self.mode_at(now);
        let desk = Desk { user, at: phone, of: call.from, authority: call.authority, mode };
        let who = (Party::Device(call.by), Some(Behalf { feature: Feature::Desk, party: call.from }));
        let permit = match Permit::desk(&policy.image, &desk) {
            Ok(permit) => permit,
            Err(Refusal::Denied(denial) | Refusal::NeedsCode(denial)) => {
                self.note_denied_for(now, who, self.number_of(call.by), Verdict::Deny(denial));
                return Unrung::Refuses(Cause::Denied(denial.rule));
            }
        };
        let choice = *permit.choice();
        let ringing_s = super::placing::ringing(&policy.image, call.from, mode);
        match self.divert(now, (leg, false), permit, ringing_s, queue) {
            Some(to) => {
                self.calls.rings_at(to);
                self.decided_for(now, who, choice.outpulsed, Verdict::Allow(choice));
                Unrung::Forwarded
            }
            None => Unrung::Refuses(Cause::CONGESTION),
        }
    }
}
