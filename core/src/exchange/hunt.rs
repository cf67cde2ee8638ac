//! Hunt groups, carried out: which member rings next, and where a call goes that none of them takes. Whom the caller may be
//! joined with, policy says for each member ([`hunt`](crate::policy::hunt)); what becomes of the call,
//! [`hunt`](crate::call::features::hunt).
//!
//! A member is passed over if it is busy, wants no calls, is not there, has all its calls go elsewhere, or may not be reached by
//! this caller. What a member has set for when it is busy or does not answer is its own: a call of the group is not forwarded by
//! it.

use super::Exchange;
use super::commands::Queue;
use super::forward::{RECORDS_A_HOP, Unrung, Why};
use crate::base::{Crypto, Digits, Handle, Instant};
use crate::call::features::forward::Forwardable;
use crate::call::features::hunt::Hunt;
use crate::call::{Cause, Command};
use crate::policy::rows::{CIRCULAR, HuntRow, RING_ALL};
use crate::policy::{self, Behalf, Denial, Feature, Image, Party, Permit, Refusal, Verdict};
use crate::station::When;

/// What the member that was to ring last has done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Miss {
    /// None has been asked yet.
    None,
    /// It was busy, or wants no calls.
    Busy,
    /// It has rung.
    Rang,
    /// It was not there, or could not take this call.
    Absent,
}

/// How a member can be had.
enum Member<'e> {
    /// It may ring.
    Free(Permit<'e>),
    /// It is passed over.
    Missed(Miss),
    /// It may not.
    Denied(Denial),
}

impl Hunt {
    /// Notes what has become of a member.
    const fn missed(&mut self, miss: Miss) {
        match miss {
            Miss::None => {}
            Miss::Busy => self.busy = true,
            Miss::Rang => self.rang = true,
            Miss::Absent => self.absent = true,
        }
    }
}

impl<C: Crypto> Exchange<'_, C> {
    /// Whether this row of the device table is a hunt group.
    pub(super) fn is_group(&self, device: u32) -> bool {
        self.policy.as_ref().is_some_and(|policy| policy.image.hunt_group(device).is_some())
    }

    /// Who calls by neutral signals: whoever is at that phone. A hunt group has none and a hot-desk user neither, so they are
    /// nobody.
    pub(super) fn who(&self, now: Instant, from: Party) -> Party {
        let without = |device| self.policy.as_ref().is_some_and(|policy| !policy.image.is_phone(device));
        match from {
            Party::Device(device) | Party::User { at: device, .. } => {
                if without(device) {
                    Party::Unknown
                } else {
                    self.at(now, device)
                }
            }
            Party::Trunk(_) | Party::Conference | Party::Unknown => from,
        }
    }

    /// A member of a group has failed, or refused: whether another rings instead.
    pub(super) fn hunt_failed(
        &mut self,
        now: Instant,
        leg: Handle,
        (member, cause): (u32, Cause),
        queue: &mut Queue,
    ) -> bool {
        let neutral = self.calls.leg(leg).is_some_and(|slot| slot.neutral);
        let miss = match cause {
            Cause::Status(486 | 600 | 603) | Cause::Normal => Miss::Busy,
            Cause::Status(480) if neutral || self.is_registered(member) => Miss::Rang,
            Cause::Status(_) | Cause::Media(_) => Miss::Absent,
            Cause::Denied(_) | Cause::Preempted => return false,
        };
        matches!(self.hunt(now, leg, miss, queue), Unrung::Forwarded)
    }

    /// The next member rings, or the call goes where the group has such calls go. Work: linear in the members, and for each
    /// that is looked at in the legs.
    // Few calls are for a group.
    #[inline(never)]
    pub(super) fn hunt(&mut self, now: Instant, leg: Handle, miss: Miss, queue: &mut Queue) -> Unrung {
        let (Some(policy), Some(call)) = (self.policy, self.forwardable(leg)) else {
            return Unrung::Refuses(Cause::UNAVAILABLE);
        };
        let Some(group) = policy.image.hunt_group(call.by) else {
            return Unrung::Refuses(Cause::UNAVAILABLE);
        };
        let mut hunt = call.hunt.unwrap_or_else(|| self.begun(call.by, &group));
        hunt.missed(miss);
        if hunt.all && self.others_ring(now, leg, hunt, queue) {
            return Unrung::Forwarded;
        }
        // As for a hop of forwarding.
        if self.records.free() < RECORDS_A_HOP {
            return Unrung::Refuses(Cause::CONGESTION);
        }
        let mut denied = None;
        match self.next_member(now, &policy.image, (&call, &group), &mut hunt, &mut denied) {
            Some(permit) => match self.ring_member(now, leg, (&call, &group), (permit, hunt), queue) {
                Some(()) => Unrung::Forwarded,
                None => Unrung::Refuses(Cause::CONGESTION),
            },
            None => self.overflow(now, leg, (&call, hunt), denied, queue),
        }
    }

    /// The next member that may ring, and can; what became of those before it is noted.
    pub(super) fn next_member<'e>(
        &mut self,
        now: Instant,
        image: &'e Image<'_>,
        (call, group): (&Forwardable, &HuntRow),
        hunt: &mut Hunt,
        denied: &mut Option<Denial>,
    ) -> Option<Permit<'e>> {
        while hunt.tried < group.members.count {
            let place = hunt.next(group.members.count);
            let Some(member) = image.hunt_member(group, place) else { continue };
            match self.member(now, image, call, member) {
                Member::Missed(miss) => hunt.missed(miss),
                Member::Denied(denial) => *denied = denied.or(Some(denial)),
                Member::Free(permit) => {
                    self.went_round(group, place);
                    return Some(permit);
                }
            }
        }
        None
    }

    /// A call to a group that begins.
    fn begun(&self, group: u32, row: &HuntRow) -> Hunt {
        let slot = usize::try_from(group).ok().and_then(|group| self.devices.get(group));
        let first = slot.map_or(0, |slot| slot.hunted);
        // The group may have become smaller since.
        let first = if row.kind == CIRCULAR && first < row.members.count { first } else { 0 };
        Hunt { group, first, all: row.kind == RING_ALL, ..Hunt::default() }
    }

    /// The next call of a group that goes round begins after the member at this place.
    fn went_round(&mut self, row: &HuntRow, place: u16) {
        let slot = usize::try_from(row.device).ok().and_then(|group| self.devices.get_mut(group));
        if let Some(slot) = slot.filter(|_| row.kind == CIRCULAR) {
            let next = place.saturating_add(1);
            slot.hunted = if next < row.members.count { next } else { 0 };
        }
    }

    /// Whether a member may ring, and can.
    fn member<'e>(&self, now: Instant, image: &'e Image<'_>, call: &Forwardable, member: u32) -> Member<'e> {
        let mode = self.mode_at(now);
        let at = self.at(now, member);
        let hunt =
            policy::Hunt { group: call.by, member: at, of: call.from, authority: call.authority, mode };
        let permit = match Permit::hunt(image, &hunt) {
            Ok(permit) => permit,
            Err(Refusal::Denied(denial) | Refusal::NeedsCode(denial)) => return Member::Denied(denial),
        };
        let neutral = self.calls.leg(call.a).is_some_and(|slot| slot.neutral);
        if self.forwards_to(member, Why::Set(When::Always)).is_some()
            || !neutral && !self.is_registered(member)
        {
            Member::Missed(Miss::Absent)
        } else if self.calls.engaged(member, Handle::NONE) || self.wants_no_calls(now, member, call.from) {
            Member::Missed(Miss::Busy)
        } else {
            Member::Free(permit)
        }
    }

    /// A member rings instead of who did.
    fn ring_member(
        &mut self,
        now: Instant,
        leg: Handle,
        (call, group): (&Forwardable, &HuntRow),
        (permit, hunt): (Permit<'_>, Hunt),
        queue: &mut Queue,
    ) -> Option<()> {
        let choice = *permit.choice();
        let rings = self.has_rung(now, leg);
        let to = self.divert(now, (leg, rings), permit, group.member_s, queue)?;
        self.calls.hunts(to, hunt);
        self.decided_for(now, self.for_caller(call), self.number_of(call.by), Verdict::Allow(choice));
        if let Some(call) = self.calls.leg(to).map(|slot| slot.call).filter(|_| hunt.all) {
            let _ = queue.push_back(Command::RingMore(call));
        }
        Some(())
    }

    /// No member takes the call: it goes where the group has such calls go, if anywhere.
    fn overflow(
        &mut self,
        now: Instant,
        leg: Handle,
        (call, hunt): (&Forwardable, Hunt),
        denied: Option<Denial>,
        queue: &mut Queue,
    ) -> Unrung {
        let (when, cause) = match (hunt, denied) {
            (Hunt { rang: true, .. }, _) => (When::NoAnswer, Cause::UNAVAILABLE),
            (Hunt { busy: true, .. }, _) => (When::Busy, Cause::BUSY),
            (Hunt { absent: true, .. }, _) | (_, None) => (When::OutOfService, Cause::UNAVAILABLE),
            // Nobody there may be joined with this caller: that is no matter of who is busy (R14).
            (Hunt { rang: false, busy: false, absent: false, .. }, Some(denial)) => {
                let rule = denial.rule;
                let (who, number) = (self.for_caller(call), self.number_of(call.by));
                self.note_denied_for(now, who, number, Verdict::Deny(denial));
                return Unrung::Refuses(Cause::Denied(rule));
            }
        };
        match self.forward_or_intercept(now, leg, when, queue) {
            true => Unrung::Forwarded,
            false => Unrung::Refuses(cause),
        }
    }

    /// The group acts, for who has called it.
    pub(super) const fn for_caller(&self, call: &Forwardable) -> (Party, Option<Behalf>) {
        (Party::Device(call.by), Some(Behalf { feature: Feature::Hunt, party: call.from }))
    }

    /// A device's directory number.
    pub(super) fn number_of(&self, device: u32) -> Digits {
        let policy = self.policy.as_ref();
        policy.map_or(Digits::EMPTY, |policy| Digits::known(policy.image.number(device)))
    }
}
