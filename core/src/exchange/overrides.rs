//! Executive Busy Override, carried out: by the code for it a number is called, and if its party talks to somebody, the caller comes into that
//! call. What becomes of the calls, [`overrides`](crate::call::features::overrides); who may, [`overridden`](crate::policy::overridden).

use super::Exchange;
use super::commands::{Queue, enqueue};
use super::forward::Why;
use super::placing::{Asked, Unplaced, is_emergency};
use super::room::resource;
use crate::base::{Crypto, Digits, Handle, Instant};
use crate::call::dialing::Tone;
use crate::call::{Cause, Command, Commands, Pair, Terms};
use crate::policy::rows::Features;
use crate::policy::{Attempt, Behalf, Code, Feature, Image, Override, Party, Permit, Refusal, Rule, Verdict};
use crate::station::When;

/// Calls that it takes beside the one that is come into: the caller's, and one more for each who moves.
const CALLS: u32 = 3;

impl<C: Crypto> Exchange<'_, C> {
    /// A call to what was dialed behind the code: like any other, unless the number is that of somebody whose call can be come into. The
    /// caller's class must have `executive-busy-override` (R3), and the policy a resource that mixes. Whoever calls for help gets help.
    // Few calls are placed so.
    #[inline(never)]
    pub(super) fn place_overriding(
        &mut self,
        now: Instant,
        asked: &Asked<'_>,
        number: &[u8],
        commands: &mut Commands,
    ) -> Result<Handle, Unplaced> {
        let Some(image) = self.policy.map(|policy| policy.image) else { return Err(Unplaced::Congested) };
        let (asked, from) = (Asked { dialed: number, ..*asked }, asked.from);
        let plain = is_emergency(&image, number) || asked.locked_out;
        let unmixed = (!plain && resource(&image).is_none()).then_some(Rule::NumberVacant);
        let uncalled = self.uncalled(now, &image, &asked, Features::EXECUTIVE_BUSY_OVERRIDE);
        if let Some(rule) = uncalled.or(unmixed) {
            return Err(self.refused_by(now, from, number, rule));
        }
        let Some(busy) = self.busy(now, &image, &asked) else { return self.place(now, &asked, commands) };
        let members = self.both(busy);
        let cos = self.cos_of(busy.b);
        let question = Override { by: from, of: from, members: &members, cos, mode: self.mode_at(now) };
        let permit = match Permit::override_busy(&image, &question) {
            Ok(permit) => permit,
            Err(Refusal::Denied(denial) | Refusal::NeedsCode(denial)) => {
                return Err(self.denied(now, from, number, Verdict::Deny(denial)));
            }
        };
        // All that it takes is there, or nothing is begun: nobody is left without a place on the way.
        if self.calls.free() < CALLS.saturating_add(self.kept()) {
            return Err(Unplaced::Congested);
        }
        let dialed = Digits::written(number).unwrap_or_default();
        let account = asked.given.map(|(_, typed)| typed);
        let plain = self.room_terms(&image, (from, asked.neutral), now);
        let account = account.unwrap_or(plain.account);
        let terms = Terms { dialed, account, leg: asked.leg, zone: asked.zone, ..plain };
        let Some(a) = self.commit(now, permit, &terms, commands) else { return Err(Unplaced::Congested) };
        if self.has(now, &image, from, Features::REDIAL) {
            self.keep_dialed(from, number);
        }
        self.calls.enter(a, None);
        self.calls.overrides(a, self.calls.leg(busy.b).and_then(|slot| slot.party.phone()));
        self.overriding = self.calls.overrides_begun();
        Ok(a)
    }

    /// The call of whom this number leads to, if the caller may call it and that call can be come into.
    fn busy(&self, now: Instant, image: &Image<'_>, asked: &Asked<'_>) -> Option<Pair> {
        let (minute, code) =
            (self.moment(now).map(|moment| moment.minute), asked.given.map_or(Code::None, |(code, _)| code));
        let (from, dialed, mode) = (asked.from, asked.dialed, self.mode_at(now));
        let attempt = Attempt { from, dialed, mode, minute, code, behalf: None, exempt: false };
        let world = self.line(image, from, (asked.neutral, asked.locked_out), (now, asked.zone));
        // Not spent: nobody is connected by it, it says whom the number leads to.
        let permit = Permit::request(image, &attempt, world).ok()?;
        let to = permit.choice().to;
        // Who wants no calls, or has them go elsewhere, is not come into either.
        let row = image.row_of(to)?;
        if self.wants_no_calls(now, row, from) || self.forwards_to(row, Why::Set(When::Always)).is_some() {
            return None;
        }
        self.calls.overridable(to.phone()?)
    }

    /// The COS that was in force for who has placed the call of this leg.
    fn cos_of(&self, leg: Handle) -> u8 {
        self.calls.edge(leg).map_or(0, |edge| edge.authority().cos)
    }

    /// Calls that are kept free: for emergency calls, and for those who are about to move.
    pub(super) fn kept(&self) -> u32 {
        let moving = if self.overriding == 0 { 0 } else { self.calls.overrides_begun() };
        self.reserved_calls.saturating_add(moving.saturating_mul(CALLS.saturating_sub(1)))
    }

    fn both(&self, busy: Pair) -> [Party; 2] {
        [busy.a, busy.b].map(|leg| self.calls.leg(leg).map_or(Party::Unknown, |slot| slot.party))
    }

    /// The resource has answered who is to come into a call: now it does, or it is released.
    // Few calls are.
    #[inline(never)]
    pub(super) fn comes_over(&mut self, now: Instant, own: Handle, queue: &mut Queue) {
        if let Some(device) = self.calls.overridden_by(own)
            && let Err(cause) = self.moves_over(now, own, device, queue)
        {
            self.calls.overrides(own, None);
            for leg in [Some(own), self.calls.peer(own)].into_iter().flatten() {
                let _ = queue.push_back(Command::Dismiss(leg, cause));
            }
        }
        self.overriding = self.calls.overrides_begun();
    }

    /// The first of the two is rung for. Both hear a warning.
    fn moves_over(&mut self, now: Instant, own: Handle, device: u32, queue: &mut Queue) -> Result<(), Cause> {
        let busy = self.calls.overridable(device);
        let busy = busy.filter(|busy| ![busy.a, busy.b].into_iter().any(|leg| self.is_occupied(leg)));
        let (Some(busy), Some(room)) = (busy, self.calls.room(own)) else { return Err(Cause::BUSY) };
        let by = self.calls.leg(own).map_or(Party::Unknown, |slot| slot.party);
        let members = self.both(busy);
        let mut commands = Commands::new();
        // Whom it talks to beside, or has brought meanwhile, is none of those who were asked for.
        if !self.calls.heard_beside(own).is_empty() || self.calls.in_room(room).count() != 1 {
            return Err(Cause::BUSY);
        }
        let cos = self.cos_of(busy.b);
        let to = self.rings_over(now, (by, room), (busy.a, &members, cos), &mut commands)?;
        self.calls.rings_over(busy.a, to);
        for leg in [busy.a, busy.b] {
            if self.calls.leg(leg).is_some_and(|slot| slot.neutral) {
                self.tone(leg, Tone::Intrusion);
            }
        }
        self.watch_leg(busy.a);
        enqueue(queue, &commands);
        Ok(())
    }

    /// Whose peer has moved into the room follows it.
    pub(super) fn follows_over(&mut self, now: Instant, of: Handle, commands: &mut Commands) {
        let by = self.calls.choice(of).map_or(Party::Unknown, |(_, choice)| choice.authority.party);
        let party = self.calls.leg(of).map_or(Party::Unknown, |slot| slot.party);
        let room = self.calls.room(of).unwrap_or(Handle::NONE);
        // Whom the others have brought there meanwhile was asked for with it.
        if let Err(cause) = self.rings_over(now, (by, room), (of, &[party], 0), commands) {
            let _ = commands.push(Command::Dismiss(of, cause));
        }
    }

    /// The resource is rung for a party, on the authority of who comes into its call: judged as things are now (R36).
    fn rings_over(
        &mut self,
        now: Instant,
        (by, room): (Party, Handle),
        (of, members, cos): (Handle, &[Party], u8),
        commands: &mut Commands,
    ) -> Result<Handle, Cause> {
        let image = self.policy.map(|policy| policy.image).ok_or(Cause::CONGESTION)?;
        let (party, neutral) =
            self.calls.leg(of).map(|slot| (slot.party, slot.neutral)).ok_or(Cause::Normal)?;
        let question = Override { by, of: party, members, cos, mode: self.mode_at(now) };
        let who = (by, Some(Behalf { feature: Feature::Conference, party }));
        let permit = match Permit::override_busy(&image, &question) {
            Ok(permit) => permit,
            Err(Refusal::Denied(denial) | Refusal::NeedsCode(denial)) => {
                self.note_denied_for(now, who, Digits::EMPTY, Verdict::Deny(denial));
                return Err(Cause::Denied(denial.rule));
            }
        };
        let choice = *permit.choice();
        let terms = self.room_terms(&image, (by, neutral), now);
        let to = self.calls.ring_for(now, permit, (of, Handle::NONE), &terms, commands);
        let to = to.ok_or(Cause::CONGESTION)?;
        self.calls.enter(to, Some(room));
        self.decided_for(now, who, Digits::EMPTY, Verdict::Allow(choice));
        self.watch_leg(to);
        Ok(to)
    }
}
