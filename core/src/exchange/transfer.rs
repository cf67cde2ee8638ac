//! Transfers: what a party asks for by REFER (RFC 3515, RFC 5589) or by a neutral signal is judged as a whole, and only then
//! does anything change. Who is where meanwhile, [`call::features::transfer`](crate::call::features::transfer) says.

use super::camp::help_behind;
use super::commands::Heard;
use super::placing::{Asked, Unwanted, is_emergency, ringing};
use super::renegotiate::Came;
use super::{Event, Exchange, Taken};
use crate::base::{Crypto, Digits, Handle, Instant};
use crate::call::features::transfer::{Legs, Rejoined};
use crate::call::{Cause, Commands, Terms, leg};
use crate::media::change;
use crate::media::{Body, Described};
use crate::policy::permit::Refusal;
use crate::policy::rows::Features;
use crate::policy::{
    Attempt, Attended, Behalf, Code, Feature, Image, Mode, Party, Permit, Reached, Recall, Rule, Verdict,
};
use crate::signalling::dialog::Phase;
use crate::wire::sip::Message;

/// Whom a party is to be joined with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target<'a> {
    /// Whom this number leads to.
    Dialed(&'a [u8]),
    /// The peer in another call of the party that asks.
    Peer(Handle),
}

impl<C: Crypto> Exchange<'_, C> {
    /// The party of a leg asks that its peer be joined with somebody else. `accepted` comes before anything is done.
    pub(super) fn transfer(
        &mut self,
        now: Instant,
        by: Handle,
        target: Target<'_>,
        accepted: &mut dyn FnMut(&mut Self),
    ) -> Taken {
        match target {
            Target::Dialed(dialed) => self.transfer_blind(now, by, dialed, accepted),
            Target::Peer(other) => self.transfer_attended(now, by, other, accepted),
        }
    }

    /// Somebody is rung for the peer of a leg.
    fn transfer_blind(
        &mut self,
        now: Instant,
        by: Handle,
        dialed: &[u8],
        accepted: &mut dyn FnMut(&mut Self),
    ) -> Taken {
        let (Some(policy), Some(of)) = (self.policy, self.calls.transferee(by)) else { return Taken::NotNow };
        let (Some(one), Some(other)) = (self.calls.leg(by), self.calls.leg(of)) else {
            return Taken::UnknownLeg;
        };
        let (from, party, neutral) = (one.party, other.party, one.neutral);
        let dialed = help_behind(&policy.image, from, dialed);
        let emergency = is_emergency(&policy.image, dialed);
        // Who has moved calls the help of the place where it is (R71).
        let at = self.sip.dialog(by).filter(|_| emergency).map(|dialog| dialog.far.next_hop.ip());
        let zone = at.map_or(0, |at| policy.image.zone_by_address(at));
        if !self.has_place(now, emergency, true) {
            return Taken::Congested;
        }
        let mode = self.mode_at(now);
        let asked = Asked { from, dialed, neutral, locked_out: false, leg: None, given: None, zone };
        let (mut called, mut behind) = (Digits::EMPTY, Digits::EMPTY);
        let wanted = self.wanted(now, &asked, mode, &mut called);
        // Behind the code for camp-on stands a number.
        let camps = matches!(wanted, Err(Unwanted::CampsOn(_)));
        let wanted = match wanted {
            Err(Unwanted::CampsOn(_)) if !self.has(now, &policy.image, from, Features::CAMP_ON) => {
                Err(Unwanted::Unable(Rule::CosFeature))
            }
            Err(Unwanted::CampsOn(number)) => {
                self.wanted(now, &Asked { dialed: number, ..asked }, mode, &mut behind)
            }
            wanted => wanted,
        };
        let wanted = match wanted {
            Ok(wanted) => wanted,
            Err(Unwanted::Parks(number)) if !camps => return self.park(now, by, number, accepted),
            Err(Unwanted::Confers) if !camps => return self.bring_in(now, by, accepted),
            Err(unwanted) => {
                // Nobody is transferred to any other feature code.
                let rule = match unwanted {
                    Unwanted::Refused(rule) | Unwanted::Unable(rule) => rule,
                    Unwanted::Sets(..)
                    | Unwanted::Takes(..)
                    | Unwanted::CampsOn(_)
                    | Unwanted::Overrides(_)
                    | Unwanted::Parks(_)
                    | Unwanted::Confers
                    | Unwanted::LogsIn(..)
                    | Unwanted::LogsOut(_) => Rule::NumberVacant,
                };
                // A code may stand in it (R53).
                let shown = if matches!(from, Party::Trunk(_)) { dialed } else { &[] };
                return self.not_transferred(self.denial(rule, from, mode), now, (from, party), shown);
            }
        };
        let code = if wanted.code == Code::None { self.code_in_force(by, from) } else { wanted.code };
        let minute = self.moment(now).map(|moment| moment.minute);
        let behalf = Some(Behalf { feature: Feature::Transfer, party });
        let exempt = wanted.is_exempt();
        let attempt = Attempt { from, dialed: wanted.number, mode, minute, code, behalf, exempt };
        let world = self.line(&policy.image, from, (neutral, false), (now, zone));
        let permit = match Permit::request(&policy.image, &attempt, world) {
            Ok(permit) => permit,
            Err(refusal) => return self.not_transferred(refusal, now, (from, party), wanted.number),
        };
        let choice = *permit.choice();
        let number = Digits::written(wanted.number).unwrap_or_default();
        let terms = Terms {
            dialed: number,
            ringing_s: ringing(&policy.image, from, mode),
            longest_s: self.longest(&choice),
            account: wanted.typed,
            neutral: (neutral, self.is_neutral(choice.to, neutral)),
            leg: None,
            zone,
            speed: wanted.speed,
        };
        let mut commands = Commands::new();
        accepted(self);
        if choice.rule == Rule::Emergency {
            self.make_way(now, &choice.to);
        }
        let Some(to) = self.calls.ring_for(now, permit, (of, by), &terms, &mut commands) else {
            self.referred(now, by, Cause::CONGESTION.status());
            return Taken::Congested;
        };
        if camps {
            self.calls.camps(to);
        }
        self.decided_for(now, (from, behalf), number, Verdict::Allow(choice));
        if choice.rule == Rule::Emergency {
            self.emergency_notice(now, from, number, zone);
        }
        self.public_call_begins(now, from, &choice, number);
        self.count_channel(choice.to, true);
        self.watch_leg(to);
        self.perform(now, &commands, &Heard::NOTHING);
        if choice.rule == Rule::Emergency {
            // The first way may have failed already: who rings now is one leg of the call.
            let ringing = self.calls.ringing_for(of);
            ringing.into_iter().for_each(|leg| self.tell_of_emergency(now, leg, ringing));
        }
        Taken::Done
    }

    /// The peers of two legs of one party are joined.
    pub(super) fn transfer_attended(
        &mut self,
        now: Instant,
        by: Handle,
        other: Handle,
        accepted: &mut dyn FnMut(&mut Self),
    ) -> Taken {
        // Who is joined with the resource comes into a conference.
        if let Some(coming) = self.calls.coming(by, other) {
            return self.bring(now, &coming, by, accepted);
        }
        let (Some(policy), Some(legs)) = (self.policy, self.calls.peers(by, other)) else {
            return Taken::NotNow;
        };
        let Legs { of, to, .. } = legs;
        // An INVITE of ours, or one that waits for its ACK, would cross what follows.
        if [by, of, to].into_iter().any(|leg| self.is_occupied(leg)) {
            return Taken::NotNow;
        }
        let parties = [by, of, to].map(|leg| self.calls.leg(leg).map_or(Party::Unknown, |slot| slot.party));
        let [from, party, reached] = parties;
        let mut choice = self.calls.choice(other).map(|(dialed, choice)| (*dialed, *choice));
        // Who is there now may have come there by a transfer: that is not whom the call for help has reached.
        if let Some((_, choice)) = &mut choice
            && choice.rule == Rule::Emergency
            && !self.calls.reaches_help(other)
        {
            choice.rule = Rule::Route;
        }
        let target = match &choice {
            Some((dialed, choice)) if !self.calls.was_called(other) => {
                Reached::Called { dialed: dialed.as_bytes(), choice, exempt: self.calls.is_exempt(other) }
            }
            Some(_) | None => Reached::Caller(reached),
        };
        let question = Attended { by: from, of: party, to: target, mode: self.mode_at(now) };
        let dialed = choice.map_or(Digits::EMPTY, |(dialed, _)| dialed);
        let image = &policy.image;
        let permit = match Permit::attended(image, &question) {
            Ok(permit) => permit,
            Err(refusal) => return self.not_transferred(refusal, now, (from, party), dialed.as_bytes()),
        };
        let permitted = *permit.choice();
        // Help is not refused for the media (law 4); who has not answered says when it does what it can.
        if permitted.rule != Rule::Emergency
            && self.calls.is_answered(other)
            && let Err(refused) = self.could_meet(of, to)
        {
            return Taken::Unfit(refused);
        }
        accepted(self);
        let mut commands = Commands::new();
        if self.calls.join_peers(now, permit, &legs, &mut commands) {
            let behalf = Some(Behalf { feature: Feature::Transfer, party });
            self.decided_for(now, (from, behalf), dialed, Verdict::Allow(permitted));
        }
        self.perform(now, &commands, &Heard::NOTHING);
        Taken::Done
    }

    /// Whether an INVITE is under way in the dialog of a leg that talks.
    pub(super) fn is_occupied(&self, leg: Handle) -> bool {
        let talks = |slot: &crate::call::LegSlot| matches!(slot.leg.state(), leg::State::Connected { .. });
        self.calls.leg(leg).is_some_and(talks)
            && self.sip.dialog(leg).is_some_and(|dialog| dialog.phase != Phase::Confirmed)
    }

    /// The verified code with which the party of this leg began its call: it is in force until that is over (R7). Who hangs up and is
    /// called by what it has dialed itself, as a member of a hunt group may be, has none any more.
    fn code_in_force(&self, leg: Handle, party: Party) -> Code {
        let (Some(edge), Some(policy)) = (self.calls.edge(leg), &self.policy) else { return Code::None };
        let authority = edge.authority();
        let row = authority.code.filter(|_| authority.party == party && !self.calls.was_called(leg));
        let verified =
            |row: &u16| policy.image.account_codes().get(usize::from(*row)).is_some_and(|row| row.kind == 0);
        row.filter(verified).map_or(Code::None, Code::Verified)
    }

    fn denial(&self, rule: Rule, from: Party, mode: Mode) -> Refusal {
        let authority = crate::policy::Authority { party: from, cos: 0, cor: 0, mode, code: None };
        Refusal::Denied(crate::policy::Denial::new(rule, authority, crate::policy::RowRef::None))
    }

    /// A refusal, noted down with both parties.
    fn not_transferred(
        &mut self,
        refusal: Refusal,
        now: Instant,
        (from, party): (Party, Party),
        number: &[u8],
    ) -> Taken {
        let verdict = match refusal {
            Refusal::Denied(denial) => Verdict::Deny(denial),
            Refusal::NeedsCode(denial) => Verdict::NeedsCode(denial),
        };
        let behalf = Some(Behalf { feature: Feature::Transfer, party });
        let number = Digits::written(number).unwrap_or_default();
        Taken::Denied(self.note_denied_for(now, (from, behalf), number, verdict))
    }

    /// Nobody has answered the party of a leg, and who transferred it has left: that one is rung.
    pub(super) fn recall(&mut self, now: Instant, of: Handle, party: Party, commands: &mut Commands) {
        if party == Party::Conference {
            self.follows_over(now, of, commands);
        } else if self.rung_again(now, of, party, commands).is_none() {
            let _ = commands.push(crate::call::Command::Dismiss(of, Cause::UNAVAILABLE));
        }
    }

    fn rung_again(&mut self, now: Instant, of: Handle, to: Party, commands: &mut Commands) -> Option<()> {
        // Behind a trunk nobody can be rung again: there is no number that leads to who was there. At a phone it is whoever is
        // there now.
        let to = self.at(now, to.phone()?);
        let image: Image<'_> = self.policy?.image;
        let slot = self.calls.leg(of)?;
        let (party, neutral, mode) = (slot.party, slot.neutral, self.mode_at(now));
        let question = Recall { of: party, to, reversed: self.calls.was_called(of), mode };
        let permit = match Permit::recall(&image, &question) {
            Ok(permit) => permit,
            Err(refusal) => {
                let _ = self.not_transferred(refusal, now, (to, party), &[]);
                return None;
            }
        };
        let terms = Terms::undialed(ringing(&image, to, mode), (neutral, self.is_neutral(to, neutral)));
        let leg = self.calls.ring_for(now, permit, (of, Handle::NONE), &terms, commands)?;
        self.count_channel(to, true);
        self.watch_leg(leg);
        Some(())
    }

    /// Who rang for a party in another call has accepted. It waits while that party is occupied: the answer comes again.
    pub(super) fn accepted_for_another(&mut self, now: Instant, leg: Handle, message: &Message<'_>) {
        let Some(of) = self.calls.peer(leg) else { return };
        let settled = self.calls.change(of).is_some_and(change::Change::is_settled);
        if !settled || self.is_occupied(of) {
            return;
        }
        let body = message.sdp();
        let judged = if self.calls.was_described(leg) {
            Ok(super::media::Ready::Now)
        } else {
            self.note_offer(of, Described::NONE);
            self.judge_acceptance(leg, body)
        };
        match judged {
            Ok(super::media::Ready::Held) => self.held = Some(leg),
            Ok(super::media::Ready::Now) => {
                self.learn_remote(leg, message);
                let heard = Heard { status: 200, sure: true, body };
                self.leg_event(now, leg, leg::Event::Answer, &heard);
            }
            Err(refused) => {
                self.learn_remote(leg, message);
                self.refuse_acceptance(now, leg, refused);
            }
        }
    }

    /// A transfer is done: the two negotiate their media, and nobody else hears of it any more.
    pub(super) fn rejoined(&mut self, now: Instant, rejoined: Rejoined, heard: &Heard<'_>) {
        let (a, b) = (rejoined.connect.a(), rejoined.connect.b());
        let neutral = [a, b].map(|leg| self.calls.leg(leg).is_none_or(|slot| slot.neutral));
        self.watch_leg(a);
        self.watch_leg(b);
        for (leg, other, neutral) in [(a, b, neutral[0]), (b, a, neutral[1])] {
            if neutral {
                self.event(Event::Joined(leg, other));
            }
        }
        let both = neutral == [false, false];
        if rejoined.answered && !neutral[1] {
            let terms = self.sip.dialog(b).map(|dialog| dialog.terms);
            if let Some(terms) = terms {
                self.session_up(now, b, terms);
            }
            if both && self.has_offered(b) {
                self.set_phase(b, Phase::Unacknowledged);
                let came = Came { body: heard.body, ..Came::NOTHING };
                return self.change(now, b, change::Event::Offered, &came);
            }
            self.confirm(b, &Body::NONE);
        }
        if both {
            self.renew(now, a);
        }
    }
}
