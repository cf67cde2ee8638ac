//! Calls that are taken by who is off hook: a call that rings elsewhere (pickup), or one that is parked.
//!
//! Whom the party may be joined with, policy says at that moment ([`fetch`](crate::policy::fetch), R36); what becomes of the
//! legs, [`pickup`](crate::call::features::pickup) and [`park`](crate::call::features::park). A neutral party hears the other
//! at once. A phone on our own SIP has its INVITE answered with media on hold, and is asked for what it has by a re-INVITE:
//! its acceptance of that is the answer to the call.

use super::commands::Heard;
use super::{Event, Exchange, session};
use crate::base::{Crypto, Digits, Handle, Instant};
use crate::call::features::park::Waits;
use crate::call::features::pickup::{Rings, TAKING_S};
use crate::call::{Cause, Command, Commands, Terms, leg};
use crate::media::standby::{self, Key};
use crate::media::{Body, Described, Passage};
use crate::policy::fetch::{Fetch, unable};
use crate::policy::permit::Refusal;
use crate::policy::{Behalf, Denial, Feature, Image, Party, Permit, Rule, Verdict};
use crate::record::Decision;
use crate::signalling::dialog::Phase;
use crate::signalling::render;

use crate::table::Text;
use crate::table::pages::PageWriter;
use crate::wire::sip::Message;
use crate::wire::write::{Buffer, Sink};

/// Which call is taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Taking {
    /// One that rings in a pickup group of the device.
    Group,
    /// The one that rings at the device whose number follows.
    Directed,
    /// The one that is parked at the number that follows, or at the own one.
    Parked,
}

/// A call that can be taken.
#[derive(Clone, Copy, Debug)]
enum Takeable {
    Ringing(Rings),
    Parked(Waits),
}

/// Why no call is taken.
pub(super) type Untaken = (Cause, Option<Decision>);

/// There is no such call.
const NOTHING: Untaken = (Cause::UNAVAILABLE, None);

impl<C: Crypto> Exchange<'_, C> {
    /// The party of a leg, who is off hook, takes a call. An error, and nothing changed but what is noted down, if there is none
    /// or it may not. Work: linear in the legs.
    pub(super) fn take_call(
        &mut self,
        now: Instant,
        by: Handle,
        (taking, number): (Taking, &Digits),
        invite: Option<&Message<'_>>,
    ) -> Result<(), Untaken> {
        let (Some(policy), Some(slot)) = (self.policy, self.calls.leg(by)) else { return Err(NOTHING) };
        let Some(device) = slot.party.phone() else { return Err(NOTHING) };
        let (party, neutral, mode) = (slot.party, slot.neutral, self.mode_at(now));
        let image = &policy.image;
        let feature = match taking {
            Taking::Group | Taking::Directed => Feature::Pickup,
            Taking::Parked => Feature::Retrieve,
        };
        // Who may not is told so whatever rings.
        if let Some(denial) = unable(image, party, feature, mode) {
            return Err(self.not_taken(now, party, (feature, Party::Unknown), *number, denial));
        }
        let found = match self.takeable(image, device, taking, number) {
            Ok(Some(found)) => found,
            Ok(None) => return Err(NOTHING),
            Err(rule) => {
                let denial = self.refusal(now, party, rule);
                return Err(self.not_taken(now, party, (feature, Party::Unknown), *number, denial));
            }
        };
        let (waiting, of, called) = match found {
            Takeable::Ringing(rings) => (rings.a, rings.of, false),
            Takeable::Parked(waits) => (waits.leg, waits.of, waits.called),
        };
        // Who brings its own media has none that a phone of ours could be told of.
        let unlike = self.calls.leg(waiting).is_none_or(|slot| neutral && !slot.neutral);
        let undescribed = invite.is_some_and(|invite| invite.sdp().is_empty());
        if unlike || undescribed {
            return Err((Cause::Status(488), None));
        }
        self.could_meet(waiting, by).map_err(|refused| (Cause::Media(refused), None))?;
        let fetch = Fetch { by: party, of, called, feature, mode };
        let permit = match Permit::fetch(image, &fetch) {
            Ok(permit) => permit,
            Err(Refusal::Denied(denial) | Refusal::NeedsCode(denial)) => {
                return Err(self.not_taken(now, party, (feature, of), *number, denial));
            }
        };
        let choice = *permit.choice();
        let mut commands = Commands::new();
        let taken = match found {
            Takeable::Ringing(rings) => self.calls.pick_up(now, permit, &rings, by, &mut commands),
            Takeable::Parked(waits) => {
                let plain = Terms::undialed(TAKING_S, (neutral, neutral));
                let terms = Terms { dialed: *number, leg: Some(by), ..plain };
                self.calls.take_back(now, permit, (waits.leg, by), &terms, &mut commands)
            }
        };
        if !taken {
            return Err((Cause::CONGESTION, None));
        }
        let behalf = Some(Behalf { feature, party: of });
        self.decided_for(now, (party, behalf), *number, Verdict::Allow(choice));
        if let Some(invite) = invite {
            self.put_on_hold(now, by, invite);
        }
        self.heard_another(waiting);
        self.watch_leg(by);
        self.watch_leg(waiting);
        self.perform(now, &commands, &Heard::NOTHING);
        Ok(())
    }

    /// The call that is meant. The rule for what is no directory number.
    fn takeable(
        &self,
        image: &Image<'_>,
        own: u32,
        taking: Taking,
        number: &Digits,
    ) -> Result<Option<Takeable>, Rule> {
        let named = || match number.is_empty() {
            true => Err(Rule::NumberIncomplete),
            false => image.device_by_dn(number.as_bytes()).ok_or(Rule::NumberVacant),
        };
        let another = |party: Party| party.phone() != Some(own);
        Ok(match taking {
            Taking::Group if !number.is_empty() => return Err(Rule::NumberVacant),
            Taking::Group => {
                let shares = |party: Party| party.phone().is_some_and(|at| image.share_pickup_group(own, at));
                self.calls.ringing_at(|party, _| another(party) && shares(party)).map(Takeable::Ringing)
            }
            Taking::Directed => {
                let named = named()?;
                // By its own number, that of who is logged in there, or that of the hunt group for which it rings.
                let meant = |party, group| image.is_own(party, named) || group == Some(named);
                let rings = |party, group| another(party) && meant(party, group);
                self.calls.ringing_at(rings).map(Takeable::Ringing)
            }
            Taking::Parked => {
                let at = if number.is_empty() { own } else { named()? };
                self.calls.parked_at(at).map(Takeable::Parked)
            }
        })
    }

    fn not_taken(
        &mut self,
        now: Instant,
        by: Party,
        (feature, party): (Feature, Party),
        number: Digits,
        denial: Denial,
    ) -> Untaken {
        let behalf = Some(Behalf { feature, party });
        let decision = self.note_denied_for(now, (by, behalf), number, Verdict::Deny(denial));
        (Cause::Denied(denial.rule), Some(decision))
    }

    /// What a caller was told of the media is of another than who will answer: both are asked anew.
    fn heard_another(&mut self, caller: Handle) {
        let dialog = self.sip.dialog_mut(caller).filter(|dialog| dialog.phase == Phase::Invited);
        if let Some(dialog) = dialog.filter(|dialog| dialog.provisional.has_agreed()) {
            dialog.provisional.agree_before();
        }
    }

    /// Answers the INVITE of who takes a call, before it is known what media the other has: on hold.
    fn put_on_hold(&mut self, now: Instant, by: Handle, invite: &Message<'_>) {
        self.note_offer(by, Described::NONE);
        self.keep_nothing(by);
        let Some(dialog) = self.sip.dialog(by).copied() else { return };
        let key = Key(core::array::from_fn(|_| self.crypto.random_u64()));
        let us = self.sip.us();
        let mut room = [0; standby::MAX];
        let mut out = Buffer::new(&mut room);
        standby::on_hold(&mut out, invite.sdp(), us.ip().is_ipv4(), &key);
        let len = out.finish().unwrap_or(0);
        self.set_phase(by, Phase::Answered { release: false });
        let own = self.plain(by);
        let body = Body { text: room.get(..len).unwrap_or(&[]), offer: None, passage: Passage::UNCHANGED };
        let extra = |out: &mut PageWriter<'_, '_>| {
            own.put(out);
            out.line(&[render::ABLE]);
            session::accepted(out, dialog.terms);
        };
        self.sip.respond(now, &mut self.timers, dialog.invite, 200, extra, &body);
        self.session_up(now, by, dialog.terms);
    }

    /// Asks who takes a call for its media: with what the other has offered, or for an offer. What follows is none of this
    /// leg's events: if it cannot be asked the call is over.
    pub(super) fn ask_taker(&mut self, now: Instant, leg: Handle, caller: Handle) {
        // Its ACK comes first (RFC 3261 section 14.1).
        if self.sip.dialog(leg).is_none_or(|dialog| dialog.phase != Phase::Confirmed) {
            return;
        }
        let mut body = Text::EMPTY;
        if !self.calls.rings_for_another(leg) {
            match self.judge_offer(caller) {
                Ok(super::media::Ready::Now) => {}
                Ok(super::media::Ready::Held) => return,
                Err(refused) => return self.clear(now, leg, Cause::Media(refused)),
            }
            let (offer, passage) =
                (self.sip.dialog(caller).map_or(Text::EMPTY, |dialog| dialog.offer), self.passage(caller));
            if !offer.is_empty() {
                match self.filtered(offer, passage) {
                    Some(filtered) => body = filtered,
                    None => return self.clear(now, leg, Cause::CONGESTION),
                }
            }
        }
        if self.reinvite_out(now, leg, body).is_none() {
            self.clear(now, leg, Cause::CONGESTION);
        }
    }

    /// Who takes a call has acknowledged that it is on hold: it can be asked now.
    pub(super) fn taker_confirmed(&mut self, now: Instant, leg: Handle) {
        if self.is_asked(leg) {
            let mut commands = Commands::new();
            let _ = commands.push(Command::Setup(leg));
            self.perform(now, &commands, &Heard::NOTHING);
        }
    }

    /// Whether the party of a leg takes a call, and has not said yet what media it has.
    pub(super) fn is_asked(&self, leg: Handle) -> bool {
        let calling = |slot: &crate::call::LegSlot| matches!(slot.leg.state(), leg::State::Calling { .. });
        self.calls.takes(leg) && self.calls.leg(leg).is_some_and(calling)
    }

    /// What who takes a call has said of its media; nothing at all: 408.
    pub(super) fn taker_response(
        &mut self,
        now: Instant,
        leg: Handle,
        status: u16,
        message: Option<&Message<'_>>,
    ) {
        match (status, message) {
            (..=199, _) => {}
            (200..=299, Some(message)) if self.calls.rings_for_another(leg) => {
                self.accepted_for_another(now, leg, message);
            }
            (200..=299, Some(message)) => {
                let body = message.sdp();
                let judged = self.judge_acceptance(leg, body);
                if judged == Ok(super::media::Ready::Held) {
                    return self.held = Some(leg);
                }
                self.learn_remote(leg, message);
                match judged {
                    Ok(_) => {
                        self.leg_event(now, leg, leg::Event::Answer, &Heard { status, sure: true, body });
                    }
                    Err(refused) => self.refuse_acceptance(now, leg, refused),
                }
            }
            (_, _) => {
                self.set_phase(leg, Phase::Confirmed);
                self.clear(now, leg, Cause::Status(status));
            }
        }
    }

    /// A neutral party that takes a call is told whom it talks to.
    pub(super) fn taker_joined(&mut self, leg: Handle, other: Handle) {
        if self.calls.takes(leg) {
            self.event(Event::Joined(leg, other));
        }
    }
}
