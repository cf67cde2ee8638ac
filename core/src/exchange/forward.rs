//! Forwarding, carried out: where calls to a device go instead, and for what reason. Whom the caller may be joined with then,
//! policy says on every hop ([`behalf`](crate::policy::behalf)); what becomes of the call, [`forward`](crate::call::features::forward).
//!
//! What the user has set comes before what the administrator has. A device that is not there and has no number for that case
//! is like one that nobody answers.

use super::commands::Queue;
use super::hunt::Miss;
use super::placing::ringing;
use super::{Event, Exchange};
use crate::base::{Crypto, Digits, Handle, Instant};
use crate::call::features::forward::Forwardable;
use crate::call::{Cause, Command, Commands, leg};
use crate::media::Body;
use crate::policy::decide::class_of;
use crate::policy::permit::Refusal;
use crate::policy::rows::Features;
use crate::policy::{Attempt, Behalf, Code, Feature, Party, Permit, Verdict};
use crate::signalling::dialog::Phase;
use crate::station::When;
use crate::wire::sip::Message;

/// Records that must find room before a call goes on: the decision, an alarm, and those of a call that ends with it.
pub(super) const RECORDS_A_HOP: usize = 5;

/// Why a called party is not reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Why {
    /// Its calls go elsewhere then.
    Set(When),
    /// Its phone has named another number (RFC 3261 section 8.1.3.4).
    Moved(Digits),
}

impl Why {
    /// Its number in [`Passed`](crate::call::Passed).
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Set(When::Always) => 0,
            Self::Set(When::Busy) => 1,
            Self::Set(When::NoAnswer) => 2,
            Self::Set(When::OutOfService) => 3,
            Self::Moved(_) => 4,
        }
    }

    /// The reason that `Diversion` (RFC 5806) and the cause that `History-Info` (RFC 7044 section 5) have for this number.
    pub(super) const fn told(number: u8) -> (&'static str, u16) {
        match number {
            0 => ("unconditional", 302),
            1 => ("user-busy", 486),
            2 => ("no-answer", 408),
            3 => ("unavailable", 503),
            _ => ("deflection", 480),
        }
    }
}

/// What becomes of a called party that was to ring.
pub(super) enum Unrung {
    /// It rings.
    Rings,
    /// Its calls go elsewhere.
    Forwarded,
    /// It does not ring, and this is why.
    Refuses(Cause),
}

impl<C: Crypto> Exchange<'_, C> {
    /// Whether anything is to be looked at before a device rings.
    #[inline(always)]
    pub(super) fn has_settings(&self, party: Party) -> bool {
        let Some(device) = party.phone() else { return false };
        let slot = usize::try_from(device).ok().and_then(|device| self.devices.get(device));
        slot.is_some_and(|slot| slot.station.any())
            || self.policy.as_ref().is_some_and(|policy| policy.image.forwards_any())
    }

    /// A device is to ring: what its user or the administrator has said about that.
    // Few have said anything.
    #[inline(never)]
    pub(super) fn unrung(&mut self, now: Instant, leg: Handle, queue: &mut Queue) -> Unrung {
        let Some(call) = self.forwardable(leg) else { return Unrung::Rings };
        // What a member has set was looked at when it was chosen, and what a user has when he was called.
        let guest = self.user_called(&call);
        let sits = self.calls.leg(leg).is_some_and(|slot| matches!(slot.party, Party::User { .. }));
        if call.hunt.is_some() || guest.is_some() && sits {
            self.ring_for_no_answer(now, leg, &call);
            return Unrung::Rings;
        }
        if self.forward(now, leg, Why::Set(When::Always), queue) {
            return Unrung::Forwarded;
        }
        if self.forwards_to(call.by, Why::Set(When::Always)).is_some() {
            // Where its calls are to go they may not, or would go round: that is like no answer (R28).
            return Unrung::Refuses(Cause::UNAVAILABLE);
        }
        if self.is_group(call.by) {
            return self.hunt(now, leg, Miss::None, queue);
        }
        if self.wants_no_calls(now, call.by, call.from) {
            let forwarded = self.forward(now, leg, Why::Set(When::Busy), queue);
            return if forwarded { Unrung::Forwarded } else { Unrung::Refuses(Cause::BUSY) };
        }
        if let Some(user) = guest {
            return self.ring_user(now, leg, (&call, user), queue);
        }
        self.ring_for_no_answer(now, leg, &call);
        Unrung::Rings
    }

    /// A called party rings as long as its class says, if its calls go elsewhere then.
    fn ring_for_no_answer(&mut self, now: Instant, leg: Handle, call: &Forwardable) {
        if call.hunt.is_none() && self.forwards_to(call.by, Why::Set(When::NoAnswer)).is_some() {
            let class = self
                .policy
                .and_then(|policy| class_of(&policy.image, Party::Device(call.by), self.mode_at(now)));
            let ringing_s = class.map_or(0, |class| u16::from(class.no_answer_s));
            let mut more = Commands::new();
            self.calls.event(now, leg, leg::Event::Offer { ringing_s }, &mut more);
            self.watch_leg(leg);
        }
    }

    /// The call of a called leg that can be forwarded, and whose number it was for: that of a phone, or of who is logged in there.
    pub(super) fn forwardable(&self, leg: Handle) -> Option<Forwardable> {
        let image = &self.policy.as_ref()?.image;
        self.calls.forwardable(leg, |choice| match choice.to {
            Party::Device(device) => Some(device),
            Party::User { user, at } => {
                let row = image.user_row(user)?;
                let number = image.device_texts().get(usize::try_from(row).ok()?)?.dn;
                Some(if image.octets(number) == choice.outpulsed.as_bytes() { row } else { at })
            }
            Party::Trunk(_) | Party::Conference | Party::Unknown => None,
        })
    }

    /// The hot-desk user that a call is for, if it is for one.
    fn user_called(&self, call: &Forwardable) -> Option<u16> {
        self.policy.as_ref().and_then(|policy| policy.image.user(call.by))
    }

    /// A called party has failed, or refused: whether another rings instead.
    pub(super) fn forward_failed(
        &mut self,
        now: Instant,
        leg: Handle,
        cause: Cause,
        queue: &mut Queue,
    ) -> bool {
        let Some(party) = self.calls.leg(leg).map(|slot| slot.party) else { return false };
        let Some(device) = party.phone() else { return false };
        if !self.has_settings(party) {
            return is_busy(cause) && self.camp(now, leg, queue);
        }
        if self.calls.is_hunting(leg) {
            return self.hunt_failed(now, leg, (device, cause), queue);
        }
        let neutral = self.calls.leg(leg).is_some_and(|slot| slot.neutral);
        let when = match cause {
            cause if is_busy(cause) => When::Busy,
            Cause::Status(480) if neutral || self.is_registered(device) => When::NoAnswer,
            Cause::Status(408 | 480 | 500..=599) => When::OutOfService,
            Cause::Status(_) | Cause::Normal | Cause::Denied(_) | Cause::Preempted | Cause::Media(_) => {
                return false;
            }
        };
        self.forward_or_intercept(now, leg, when, queue) || when == When::Busy && self.camp(now, leg, queue)
    }

    /// The call goes where those calls go; where nobody is, and they go nowhere, the caller is put through to another.
    pub(super) fn forward_or_intercept(
        &mut self,
        now: Instant,
        leg: Handle,
        when: When,
        queue: &mut Queue,
    ) -> bool {
        self.forward(now, leg, Why::Set(when), queue)
            || when == When::OutOfService && self.out_of_service(now, leg, queue)
    }

    /// A phone has answered with 3xx: whether whom it names rings instead. Only a device's own phone is heard, for only
    /// it was asked.
    pub(super) fn forward_moved(&mut self, now: Instant, leg: Handle, message: &Message<'_>) -> bool {
        // Who is rung as a member of a group does not send the group's calls elsewhere.
        let Some(contact) = message.contact.first().filter(|_| !self.calls.is_hunting(leg)) else {
            return false;
        };
        let mut unescaped = [0; 3 * Digits::MAX];
        let user = crate::wire::sip::unescape(contact.uri.user, &mut unescaped);
        let Ok(number) = Digits::written(user) else { return false };
        let mut queue = Queue::new();
        let moved = !number.is_empty() && self.forward(now, leg, Why::Moved(number), &mut queue);
        self.perform_all(now, &mut queue, &super::commands::Heard::NOTHING);
        moved
    }

    /// Time has come for a leg: whether it has rung long enough, and another rings instead.
    pub(super) fn forward_unanswered(&mut self, now: Instant, leg: Handle) -> bool {
        let Some(slot) = self.calls.leg(leg) else { return false };
        let (leg::State::Calling { until } | leg::State::Ringing { until }) = slot.leg.state() else {
            return false;
        };
        if now < until || !self.has_settings(slot.party) {
            return false;
        }
        self.turn_to(leg);
        let mut queue = Queue::new();
        let forwarded = match self.calls.is_hunting(leg) {
            true => matches!(self.hunt(now, leg, Miss::Rang, &mut queue), Unrung::Forwarded),
            false => self.forward(now, leg, Why::Set(When::NoAnswer), &mut queue),
        };
        self.perform_all(now, &mut queue, &super::commands::Heard::NOTHING);
        forwarded
    }

    /// Where calls to a device go then, and whether its user has said so; otherwise it was the administrator.
    pub(super) fn forwards_to(&self, device: u32, why: Why) -> Option<(Digits, bool)> {
        let when = match why {
            Why::Set(when) => when,
            Why::Moved(number) => return Some((number, true)),
        };
        let slot = self.devices.get(usize::try_from(device).ok()?)?;
        if let Some(number) = slot.station.forward(when) {
            return Some((number, true));
        }
        let image = self.policy.as_ref()?.image;
        let row = image.forwards_of(device).unwrap_or_default();
        let number = match when {
            When::Always => row.always,
            When::Busy => row.busy,
            When::NoAnswer => row.no_answer,
            When::OutOfService => row.out_of_service,
        };
        let number = image.octets(number);
        match (when, number.is_empty()) {
            (_, false) => Some((Digits::known(number), false)),
            (When::OutOfService, true) => self.forwards_to(device, Why::Set(When::NoAnswer)),
            (When::Always | When::Busy | When::NoAnswer, true) => None,
        }
    }

    /// Whether a device wants no calls, and this caller has no leave to disturb it.
    pub(super) fn wants_no_calls(&self, now: Instant, device: u32, caller: Party) -> bool {
        let slot = usize::try_from(device).ok().and_then(|device| self.devices.get(device));
        let mode = self.mode_at(now);
        let overrides = self.policy.as_ref().and_then(|policy| class_of(&policy.image, caller, mode));
        let features = overrides.map_or(0, |class| class.features);
        slot.is_some_and(|slot| slot.station.do_not_disturb())
            && !Features::from_bits_truncate(features).contains(Features::DO_NOT_DISTURB_OVERRIDE)
    }

    /// One hop: the gate is asked, and whom it names rings instead of the party of this leg. False, and nothing changed but
    /// what is noted down, if there is nowhere to go or it is not permitted.
    pub(super) fn forward(&mut self, now: Instant, leg: Handle, why: Why, queue: &mut Queue) -> bool {
        self.hop(now, leg, why, queue).is_some()
    }

    fn hop(&mut self, now: Instant, leg: Handle, why: Why, queue: &mut Queue) -> Option<()> {
        // Each hop has its decision, and what comes of it its records: where they would not fit, the call goes no further.
        if self.records.free() < RECORDS_A_HOP {
            return None;
        }
        let image = self.policy?.image;
        let call = self.forwardable(leg)?;
        let (number, user) = self.forwards_to(call.by, why)?;
        let (by, mode) = (Party::Device(call.by), self.mode_at(now));
        let minute = self.moment(now).map(|moment| moment.minute);
        let behalf = Some(Behalf { feature: Feature::Forward { user }, party: call.from });
        // It may be the code of a speed call (R27).
        let (number, exempt) = image
            .speed_number(number.as_bytes())
            .map_or((number, false), |(number, exempt)| (Digits::known(number), exempt));
        let dialed = number.as_bytes();
        let attempt = Attempt { from: by, dialed, mode, minute, code: Code::None, behalf, exempt };
        let caller = self.calls.leg(call.a)?.neutral;
        let image = &image;
        let world = self.line(image, by, (caller, false), (now, 0));
        let permit = match Permit::request(image, &attempt, world) {
            Ok(permit) => permit,
            Err(Refusal::Denied(denial) | Refusal::NeedsCode(denial)) => {
                self.note_denied_for(now, (by, behalf), number, Verdict::Deny(denial));
                return None;
            }
        };
        let choice = *permit.choice();
        let passed = call.hop(&choice, why.number())?;
        // As long as the caller lets it ring, whoever it is.
        let ringing_s = ringing(image, call.from, mode);
        let longest_s = self.longest(&choice);
        let rings = matches!(why, Why::Set(When::NoAnswer)) && self.has_rung(now, leg);
        let to = self.divert(now, (leg, rings), permit, ringing_s, queue)?;
        self.calls.forwarded(to, number, longest_s, passed);
        self.decided_for(now, (by, behalf), number, Verdict::Allow(choice));
        self.public_call_begins(now, by, &choice, number);
        self.tell_forwarded(now, call.a, by);
        Some(())
    }

    /// Whether a called leg has rung as long as it may.
    pub(super) fn has_rung(&self, now: Instant, leg: Handle) -> bool {
        let state = self.calls.leg(leg).map(|slot| slot.leg.state());
        matches!(state, Some(leg::State::Calling { until } | leg::State::Ringing { until }) if now >= until)
    }

    /// Whom a permit names rings instead of the party of this leg; that may ring still. `None`, and nothing changed, if there
    /// is no leg for it.
    pub(super) fn divert(
        &mut self,
        now: Instant,
        (leg, rings): (Handle, bool),
        permit: Permit<'_>,
        ringing_s: u16,
        queue: &mut Queue,
    ) -> Option<Handle> {
        // Who has rung keeps its leg until that is confirmed: what is kept free for emergency calls is not touched for it.
        if rings && self.calls.free_legs() <= self.reserved_calls.saturating_mul(2) {
            return None;
        }
        let party = permit.choice().to;
        let caller = self.calls.edge(leg).map_or(Handle::NONE, crate::call::Edge::a);
        let neutral = self.is_neutral(party, self.calls.leg(caller)?.neutral);
        let agreed = self.sip.dialog(leg).is_some_and(|dialog| dialog.provisional.has_agreed());
        let place = self.calls.detach(leg);
        // Its slot goes back first: in a full exchange there is no other.
        let left = if rings { None } else { self.ended(now, leg) };
        let mut commands = Commands::new();
        let to = self.calls.reroute(now, place, permit, ringing_s, neutral, &mut commands)?;
        self.count_channel(party, true);
        self.watch_leg(to);
        let dialog = self.sip.dialog_mut(caller).filter(|dialog| dialog.phase == Phase::Invited);
        if let Some(dialog) = dialog.filter(|_| agreed) {
            // What it was told of the media is of another than who will answer.
            dialog.provisional.agree_before();
        }
        if rings {
            let _ = queue.push_back(Command::Dismiss(leg, Cause::CANCELLED));
        }
        super::commands::enqueue(queue, &commands);
        if let Some(device) = left.filter(|_| self.camping) {
            self.ring_camped(now, device, queue);
        }
        Some(to)
    }

    /// Tells the caller that its call goes on to another; who waits to be transferred hears nothing of it.
    pub(super) fn tell_forwarded(&mut self, now: Instant, a: Handle, by: Party) {
        if self.calls.leg(a).is_some_and(|slot| slot.neutral) {
            return self.event(Event::Forwarded(a, by));
        }
        if self.sip.dialog(a).is_some_and(|dialog| dialog.phase == Phase::Invited) {
            self.provisional(now, a, (181, true), |_| {}, &Body::NONE);
        }
    }
}

/// Whether a called party has failed because it is busy, or wants no call now.
const fn is_busy(cause: Cause) -> bool {
    matches!(cause, Cause::Status(486 | 600 | 603))
}
