//! The brakes at work: what a decision is told of the running system, and what is counted when it was permitted.

use super::desk::who_is_at;
use super::memory::{DeviceSlot, TrunkSlot};
use super::{Exchange, Record};
use crate::base::{Crypto, Digits, Instant};
use crate::brakes::{Brake, Lockout, Terms};
use crate::call::Calls;
use crate::policy::{Choice, Image, Party, Rule, World};
use crate::record::{Alarm, EmergencyNotice, alarm};
use core::net::IpAddr;

/// The running system, as a decision asks for it.
pub(super) struct Line<'a> {
    pub(super) trunks: &'a [TrunkSlot],
    pub(super) image: &'a Image<'a>,
    pub(super) devices: &'a [DeviceSlot],
    pub(super) calls: &'a Calls<'a>,
    /// Driven by neutral signals: trunks need no address of ours.
    pub(super) neutral: bool,
    /// Something is set, or only begun: whether a trunk is busy just now, or who is where, does not matter.
    pub(super) at_rest: bool,
    pub(super) locked_out: bool,
    /// What is counted of the caller.
    pub(super) brake: Option<&'a Brake>,
    pub(super) now: Instant,
    /// The zone of the caller's address, row plus one; 0: not told by it.
    pub(super) zone: u8,
}

impl World for Line<'_> {
    /// By its channels, and on our own signalling by having an address.
    fn channel_free(&self, trunk: u16) -> bool {
        let row = self.image.trunks().get(usize::from(trunk));
        let slot = self.trunks.get(usize::from(trunk));
        self.at_rest
            || matches!((row, slot), (Some(row), Some(slot))
                if slot.in_use < row.channels && (self.neutral || slot.servers.is_known()))
    }

    fn locked_out(&self) -> bool {
        self.locked_out
    }

    fn exceeded(&self) -> Option<Rule> {
        if self.at_rest {
            return None;
        }
        let system = self.image.system();
        // Somebody whom nothing counts has no public calls to make.
        let Some(brake) = self.brake else { return Some(Rule::LimitCalls) };
        let (at_once, per_minute) = (system.calls_at_once, system.calls_per_minute);
        if at_once != 0 && brake.calls >= at_once {
            Some(Rule::LimitCalls)
        } else if per_minute != 0 && brake.rate.begun(self.now) >= u32::from(per_minute) {
            Some(Rule::LimitRate)
        } else {
            None
        }
    }

    fn at(&self, phone: u32) -> Party {
        if self.at_rest {
            return Party::Device(phone);
        }
        who_is_at((self.image, self.devices, self.calls), self.now, phone)
    }

    fn zone(&self) -> u8 {
        self.zone
    }
}

impl<C: Crypto> Exchange<'_, C> {
    /// The running system as it is for a party that asks: whether it is driven by neutral signals and locked out; now, and from which zone.
    pub(super) fn line<'a>(
        &'a self,
        image: &'a Image<'a>,
        from: Party,
        (neutral, locked_out): (bool, bool),
        (now, zone): (Instant, u8),
    ) -> Line<'a> {
        let (devices, trunks) = (&*self.devices, &*self.trunks);
        let brake = brake(image, devices, trunks, from);
        let (calls, at_rest) = (&self.calls, false);
        Line { image, devices, trunks, calls, neutral, at_rest, locked_out, brake, now, zone }
    }

    /// The same for what is set, or only begun.
    pub(super) fn at_rest<'a>(
        &'a self,
        image: &'a Image<'a>,
        from: Party,
        locked_out: bool,
        now: Instant,
    ) -> Line<'a> {
        Line { at_rest: true, ..self.line(image, from, (false, locked_out), (now, 0)) }
    }
}

/// What is counted of a party.
pub(super) fn brake<'a>(
    image: &Image<'_>,
    devices: &'a [DeviceSlot],
    trunks: &'a [TrunkSlot],
    party: Party,
) -> Option<&'a Brake> {
    match party {
        Party::Device(_) | Party::User { .. } => {
            let row = usize::try_from(image.row_of(party)?).ok()?;
            devices.get(row).map(|slot| &slot.brake)
        }
        Party::Trunk(trunk) => trunks.get(usize::from(trunk)).map(|slot| &slot.brake),
        Party::Conference | Party::Unknown => None,
    }
}

fn brake_mut<'a>(
    image: &Image<'_>,
    devices: &'a mut [DeviceSlot],
    trunks: &'a mut [TrunkSlot],
    party: Party,
) -> Option<&'a mut Brake> {
    match party {
        Party::Device(_) | Party::User { .. } => {
            let row = usize::try_from(image.row_of(party)?).ok()?;
            devices.get_mut(row).map(|slot| &mut slot.brake)
        }
        Party::Trunk(trunk) => trunks.get_mut(usize::from(trunk)).map(|slot| &mut slot.brake),
        Party::Conference | Party::Unknown => None,
    }
}

fn is_public(image: &Image<'_>, rule: Rule, to: Party) -> bool {
    let (Rule::Route, Party::Trunk(trunk)) = (rule, to) else { return false };
    image.trunks().get(usize::from(trunk)).is_some_and(|row| row.flags & 1 != 0)
}

/// The terms of lock-outs.
pub(super) fn terms(image: &Image<'_>) -> Terms {
    let system = image.system();
    Terms {
        failures: system.login_failures,
        window_s: system.login_window_s,
        lockout_s: system.login_lockout_s,
    }
}

/// Who is locked out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Locked {
    /// A device, by its row: after failed log-ins, or wrong account codes.
    Device(u32),
    /// An address that log-ins have failed from.
    Source(IpAddr),
}

impl<C: Crypto> Exchange<'_, C> {
    /// An operator lifts a lock-out, and what has failed until now does not count (R49, R75). False: there is none. Constant work.
    pub fn unlock(&mut self, now: Instant, who: Locked) -> bool {
        let now = self.clock.advance(now);
        match who {
            Locked::Device(device) => {
                let slot = usize::try_from(device).ok().and_then(|device| self.devices.get_mut(device));
                slot.is_some_and(|slot| {
                    let locked = slot.login.is_locked(now) || slot.codes.is_locked(now);
                    (slot.login, slot.codes) = (Lockout::Open, Lockout::Open);
                    locked
                })
            }
            Locked::Source(ip) => self.sources.forget(now, ip),
        }
    }

    fn brake_mut(&mut self, party: Party) -> Option<&mut Brake> {
        brake_mut(&self.policy.as_ref()?.image, self.devices, self.trunks, party)
    }

    /// Whether a way leads over a public route, and so counts.
    pub(super) fn is_public(&self, rule: Rule, to: Party) -> bool {
        self.policy.as_ref().is_some_and(|policy| is_public(&policy.image, rule, to))
    }

    /// A call was permitted: a public one counts from now on.
    pub(super) fn public_call_begins(&mut self, now: Instant, from: Party, choice: &Choice, dialed: Digits) {
        if let Some(class) = choice.class.filter(|_| choice.watched) {
            self.alarm(now, alarm::Cause::Watched(class), from, dialed);
        }
        if self.is_public(choice.rule, choice.to)
            && let Some(brake) = self.brake_mut(from)
        {
            brake.rate.begin(now);
            brake.calls = brake.calls.saturating_add(1);
        }
    }

    /// A call has ended.
    pub(super) fn public_call_ends(&mut self, rule: Rule, from: Party, to: Party) {
        if self.is_public(rule, to)
            && let Some(brake) = self.brake_mut(from)
        {
            brake.calls = brake.calls.saturating_sub(1);
        }
    }

    /// The policy is another one: what counts now is counted anew, so that every call that ends was counted.
    pub(super) fn count_public_calls(&mut self) {
        let Self { policy: Some(policy), calls, devices, trunks, .. } = self else { return };
        devices.iter_mut().for_each(|slot| slot.brake.calls = 0);
        trunks.iter_mut().for_each(|slot| slot.brake.calls = 0);
        for (rule, payer, to) in calls.payers() {
            if is_public(&policy.image, rule, to)
                && let Some(brake) = brake_mut(&policy.image, devices, trunks, payer)
            {
                brake.calls = brake.calls.saturating_add(1);
            }
        }
    }

    /// The longest that a permitted call may last, in seconds; 0: without limit. The class's limit and, on public calls,
    /// that of `[limits]`; never on emergency calls (R66).
    pub(super) fn longest(&self, choice: &Choice) -> u32 {
        let (Some(policy), false) = (&self.policy, choice.rule == Rule::Emergency) else { return 0 };
        let classes = policy.image.classes();
        let class = classes.iter().find(|row| row.id == choice.authority.cos).unwrap_or_default();
        let public = self.is_public(choice.rule, choice.to);
        let minutes = [
            u16::from(class.call_duration_min),
            if public { policy.image.system().trunk_call_min } else { 0 },
        ];
        let shortest = minutes.into_iter().filter(|minutes| *minutes != 0).min().unwrap_or(0);
        u32::from(shortest).saturating_mul(60)
    }

    pub(super) fn alarm(&mut self, now: Instant, cause: alarm::Cause, party: Party, dialed: Digits) {
        let at = self.wall_at(now);
        self.record(Record::Alarm(Alarm { at, cause, party, dialed }));
    }

    /// An emergency call goes out: whoever is to know knows it now (R70).
    pub(super) fn emergency_notice(&mut self, now: Instant, from: Party, dialed: Digits, zone: u8) {
        let Some(image) = self.policy.map(|policy| policy.image) else { return };
        let callback = crate::policy::emergency::callback(&image, from);
        let at = self.wall_at(now);
        self.record(Record::Emergency(EmergencyNotice { at, from, zone, dialed, callback }));
        if callback.is_empty() {
            self.alarm(now, alarm::Cause::NoCallback, from, dialed);
        }
    }
}
