//! Conferences that the resource of the policy mixes, carried out (RFC 4579): a phone dials [`CONFERENCE`], which opens one; then it
//! transfers others there, by REFER to that address or by joining two of its calls. What becomes of the calls,
//! [`room`](crate::call::features::room); who may hear whom, [`conferred`](crate::policy::conferred).

use super::commands::{Heard, Queue};
use super::placing::{Asked, Unplaced, ringing};
use super::{Exchange, Taken};
use crate::base::{Crypto, Digits, Handle, Instant};
use crate::call::features::conference::Members;
use crate::call::features::room::Coming;
use crate::call::{Cause, Command, Commands, Pair, Terms};
use crate::policy::conference::remain;
use crate::policy::{Behalf, Conference, Feature, Image, Party, Permit, Refusal, Rule, Verdict};
use crate::signalling::dialog::Far;
use crate::wire::sip::Uri;

/// What is dialed for a conference, and its user part: no number can be that.
pub const CONFERENCE: &[u8] = b"conference";

impl<C: Crypto> Exchange<'_, C> {
    /// A party opens a conference: it is alone there with the resource.
    // Few calls are placed so.
    #[inline(never)]
    pub(super) fn open_conference(
        &mut self,
        now: Instant,
        asked: &Asked<'_>,
        commands: &mut Commands,
    ) -> Result<Handle, Unplaced> {
        let Some(image) = self.policy.map(|policy| policy.image) else { return Err(Unplaced::Congested) };
        let (by, mode) = (asked.from, self.mode_at(now));
        let rule = match (asked.locked_out, resource(&image).is_some()) {
            (true, _) => Some(Rule::Lockout),
            (false, false) => Some(Rule::NumberVacant),
            (false, true) => None,
        };
        if let Some(rule) = rule {
            return Err(self.refused_by(now, by, &[], rule));
        }
        let question = Conference { by, of: by, to: Party::Conference, new: &[], members: &[], mode };
        let permit = match Permit::conference(&image, &question) {
            Ok(permit) => permit,
            Err(Refusal::Denied(denial) | Refusal::NeedsCode(denial)) => {
                return Err(self.denied(now, by, &[], Verdict::Deny(denial)));
            }
        };
        let terms =
            Terms { leg: asked.leg, zone: asked.zone, ..self.room_terms(&image, (by, asked.neutral), now) };
        let Some(a) = self.commit(now, permit, &terms, commands) else { return Err(Unplaced::Congested) };
        self.calls.enter(a, None);
        Ok(a)
    }

    /// The party of a leg brings its peer into the conference in which it is itself, by its one other leg there.
    pub(super) fn bring_in(
        &mut self,
        now: Instant,
        by: Handle,
        accepted: &mut dyn FnMut(&mut Self),
    ) -> Taken {
        let coming = self.calls.own_room(by).and_then(|into| self.calls.coming(by, into));
        coming.map_or(Taken::NotNow, |coming| self.bring(now, &coming, by, accepted))
    }

    /// Who comes is rung for the resource, once all who are there may hear it (R34). The party that brings it is told of that on the leg
    /// `told`.
    pub(super) fn bring(
        &mut self,
        now: Instant,
        coming: &Coming,
        told: Handle,
        accepted: &mut dyn FnMut(&mut Self),
    ) -> Taken {
        let Coming { by, of, into } = *coming;
        let Some((image, room)) = self.policy.map(|policy| policy.image).zip(self.calls.room(into)) else {
            return Taken::NotNow;
        };
        if [by, of].into_iter().any(|leg| self.is_occupied(leg)) {
            return Taken::NotNow;
        }
        if !self.has_place(now, false, true) {
            return Taken::Congested;
        }
        let [from, party] = [by, of].map(|leg| self.calls.leg(leg).map_or(Party::Unknown, |slot| slot.party));
        let neutral = self.calls.leg(of).is_some_and(|slot| slot.neutral);
        let mode = self.mode_at(now);
        let new = self.calls.heard_on(by);
        let members = self.calls.heard_with(into, by);
        let question =
            Conference { by: from, of: party, to: Party::Conference, new: &new, members: &members, mode };
        let behalf = Some(Behalf { feature: Feature::Conference, party });
        let permit = match Permit::conference(&image, &question) {
            Ok(permit) => permit,
            Err(Refusal::Denied(denial) | Refusal::NeedsCode(denial)) => {
                let verdict = Verdict::Deny(denial);
                return Taken::Denied(self.note_denied_for(now, (from, behalf), Digits::EMPTY, verdict));
            }
        };
        let choice = *permit.choice();
        accepted(self);
        let mut commands = Commands::new();
        let terms = self.room_terms(&image, (from, neutral), now);
        let Some(to) = self.calls.ring_for(now, permit, (of, told), &terms, &mut commands) else {
            self.referred(now, told, Cause::CONGESTION.status());
            return Taken::Congested;
        };
        self.calls.enter(to, Some(room));
        self.decided_for(now, (from, behalf), Digits::EMPTY, Verdict::Allow(choice));
        self.watch_leg(to);
        self.perform(now, &commands, &Heard::NOTHING);
        Taken::Done
    }

    /// Somebody has left a conference: who is left alone there is released, and so are public trunks that nobody else is with, unless
    /// all of them may hear each other (R35).
    pub(super) fn left_room(&mut self, now: Instant, room: Handle, queue: &mut Queue) {
        let Some(image) = self.policy.map(|policy| policy.image) else { return };
        let mut members = Members::new();
        for Pair { a: leg, .. } in self.calls.in_room(room) {
            // More cannot be in it.
            let _ = members.push(self.calls.leg(leg).map_or(Party::Unknown, |slot| slot.party));
        }
        let cause = match remain(&image, &members, self.mode_at(now)) {
            Err(denial) if members.len() > 1 => {
                self.note_denied(now, denial.authority.party, Digits::EMPTY, Verdict::Deny(denial));
                Cause::Denied(denial.rule)
            }
            Ok(()) if members.len() > 1 => return,
            Ok(()) | Err(_) => Cause::Normal,
        };
        while let Some(Pair { a: member, b: mixer }) = self.calls.close_room(room) {
            // For whom the resource only rings, that is as it was.
            let joined = self.calls.peer(member) == Some(mixer);
            for leg in joined.then_some(member).into_iter().chain([mixer]) {
                let queued = queue.push_back(Command::Dismiss(leg, cause));
                debug_assert!(queued.is_ok(), "a conference has more parties than it may");
            }
        }
    }

    /// Where one more member of the room of this leg is to be joined with the resource: the address that this gave for it when it was
    /// first called (RFC 4579 section 3.2). `None` for the first.
    pub(super) fn focus(&self, leg: Handle) -> Option<Far> {
        let mut members = self.calls.in_room(self.calls.room(leg)?);
        members.find_map(|legs| self.sip.dialog(legs.b).filter(|_| legs.b != leg)).map(|dialog| dialog.far)
    }

    /// Terms of a call to the resource.
    pub(super) fn room_terms(&self, image: &Image<'_>, (by, neutral): (Party, bool), now: Instant) -> Terms {
        Terms::undialed(ringing(image, by, self.mode_at(now)), (neutral, neutral))
    }
}

/// Where the conference resource is, if the policy names one.
pub(super) fn resource<'a>(image: &Image<'a>) -> Option<Uri<'a>> {
    Uri::parse(image.text(image.system().conference).as_bytes()).ok()
}
