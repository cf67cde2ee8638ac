//! What the call machine commands, done: on our own signalling as messages, elsewhere as neutral outputs.

use super::invite::reason;
use super::media::Ready;
use super::path::SETTLING_MS;
use super::preserve::Noted;
use super::{Event, Exchange, session};
use crate::base::{Crypto, Handle, Instant};
use crate::call::dialing::Tone;
use crate::call::{Cause, Command, Commands, earlier, leg};
use crate::media::{Body, Passage};
use crate::policy::{Party, Verdict};
use crate::signalling::dialog::Phase;
use crate::signalling::render;
use crate::signalling::sip::Request;
use crate::table::Text;
use crate::wire::sip::Method;
use crate::wire::write::Sink;

/// What was heard from the party whose event is being handled; its session description goes to the other side as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard<'a> {
    /// The provisional status, 0 if none.
    pub(super) status: u16,
    /// That answer was one to be acknowledged.
    pub(super) sure: bool,
    /// A session description.
    pub(super) body: &'a [u8],
}

impl Heard<'_> {
    pub(super) const NOTHING: Heard<'static> = Heard { status: 0, sure: false, body: &[] };
}

/// Commands of one step, with those that follow from them.
pub(super) type Queue = heapless::Deque<Command, 32>;

pub(super) fn enqueue(queue: &mut Queue, commands: &Commands) {
    // By reference: dropping heapless's own iterator can panic.
    for command in commands {
        let queued = queue.push_back(*command);
        debug_assert!(queued.is_ok(), "one step caused more commands than a queue holds");
    }
}

impl<C: Crypto> Exchange<'_, C> {
    /// Applies an event to a leg and does what follows.
    pub(super) fn leg_event(&mut self, now: Instant, leg: Handle, event: leg::Event, heard: &Heard<'_>) {
        let mut commands = Commands::new();
        self.apply(now, leg, event, &mut commands);
        self.perform(now, &commands, heard);
    }

    /// Clears a leg's call: both sides are told. What rings for a party in another call leaves that as it is.
    pub(super) fn clear(&mut self, now: Instant, leg: Handle, cause: Cause) {
        let peer = self.calls.peer(leg).filter(|_| !self.calls.rings_for_another(leg));
        for leg in [Some(leg), peer].into_iter().flatten() {
            self.leg_event(now, leg, leg::Event::PeerReleased(cause), &Heard::NOTHING);
        }
    }

    pub(super) fn apply(&mut self, now: Instant, leg: Handle, event: leg::Event, commands: &mut Commands) {
        let peer = self.calls.peer(leg);
        self.calls.event(now, leg, event, commands);
        self.watch_leg(leg);
        if let Some(peer) = peer {
            self.watch_leg(peer);
        }
    }

    pub(super) fn watch_leg(&mut self, leg: Handle) {
        // The slot of a leg that is gone may be another's by now.
        let Some(slot) = self.calls.leg(leg) else { return };
        let id = self.first_leg_timer.saturating_add(leg.index());
        let mut deadline = self.calls.slot_deadline(leg, slot);
        if !slot.neutral {
            let session = self.sip.dialog(leg).and_then(|dialog| dialog.session.next_deadline());
            deadline = earlier(deadline, session);
        }
        self.timers.set(id, deadline);
    }

    /// Does commands in order, and then what follows from them.
    pub(super) fn perform(&mut self, now: Instant, commands: &Commands, heard: &Heard<'_>) {
        let mut queue = Queue::new();
        for command in commands {
            self.perform_one(now, command, &mut queue, heard);
        }
        self.perform_all(now, &mut queue, heard);
    }

    /// The same of those that wait.
    pub(super) fn perform_all(&mut self, now: Instant, queue: &mut Queue, heard: &Heard<'_>) {
        while let Some(command) = queue.pop_front() {
            self.perform_one(now, &command, queue, heard);
        }
    }

    /// Does one command; what follows from it waits behind what waits already. Each can cause at most one further event on its own
    /// leg, and a call is forwarded a bounded number of times, so the work is bounded.
    fn perform_one(&mut self, now: Instant, command: &Command, queue: &mut Queue, heard: &Heard<'_>) {
        let follows = match *command {
            Command::Setup(leg) => self.set_up(now, leg, queue),
            Command::Alerting(leg) => self.alert(now, leg, heard),
            Command::Connect(ref connect) => {
                let follows = self.connect(now, connect.a(), connect.b(), heard);
                self.note(Noted::Talks { leg: connect.a() });
                if self.overriding != 0 {
                    self.comes_over(now, connect.a(), queue);
                }
                follows
            }
            Command::Release(leg, cause) => self.release(now, leg, cause),
            Command::Ended(leg) => {
                let left = self.ended(now, leg);
                if let Some(device) = left.filter(|_| self.camping) {
                    self.ring_camped(now, device, queue);
                }
                None
            }
            Command::Rejoined(ref rejoined) => {
                self.rejoined(now, *rejoined, heard);
                self.note(Noted::Talks { leg: rejoined.connect.a() });
                None
            }
            Command::Referred(leg, status) => {
                self.referred(now, leg, status);
                None
            }
            Command::Recall(of, party) => {
                let mut more = Commands::new();
                self.recall(now, of, party, &mut more);
                enqueue(queue, &more);
                None
            }
            Command::RingMore(call) => {
                self.ring_more(now, call, queue);
                None
            }
            Command::Others(call, cause) => {
                self.let_others_go(call, cause, queue);
                None
            }
            Command::Dismiss(leg, cause) => Some((leg, leg::Event::PeerReleased(cause))),
            Command::Left(room) => {
                self.left_room(now, room, queue);
                None
            }
            Command::Parted(known, media) => {
                self.media_over(known, media);
                None
            }
            Command::Finished(ref finished) => {
                self.media_over(finished.known, finished.media);
                self.record_finished(finished);
                self.note(Noted::Over { call: finished.known });
                None
            }
            Command::Unplaced(party, number, denial) => {
                self.note_denied(now, party, number, Verdict::NeedsCode(denial));
                None
            }
        };
        let Some((leg, event)) = follows else { return };
        if let leg::Event::Release(cause) = event
            && self.another_way(now, leg, cause, queue)
        {
            return;
        }
        let mut more = Commands::new();
        self.apply(now, leg, event, &mut more);
        enqueue(queue, &more);
    }

    /// Offers the call to the party of a called leg.
    pub(super) fn offer(&mut self, now: Instant, leg: Handle) -> Option<(Handle, leg::Event)> {
        let slot = self.calls.leg(leg)?;
        let (party, neutral) = (slot.party, slot.neutral);
        let (_, choice) = self.calls.choice(leg)?;
        let digits = choice.outpulsed;
        let taker = self.calls.takes(leg);
        if neutral {
            if taker {
                return Some((leg, leg::Event::Answer));
            }
            self.event(Event::Setup(leg, party, digits));
            return None;
        }
        let caller = self.calls.edge(leg)?.a();
        if taker {
            self.ask_taker(now, leg, caller);
            return None;
        }
        // Who rings for a party in another call is to make the offer.
        if !self.calls.rings_for_another(leg) {
            match self.judge_offer(caller) {
                Ok(Ready::Now) => {}
                Ok(Ready::Held) => return None,
                Err(refused) => return Some((leg, leg::Event::Release(Cause::Media(refused)))),
            }
        }
        if self.invite_out(now, leg, party, &digits).is_none() {
            let cause = match party {
                Party::Trunk(_) | Party::Conference => Cause::CONGESTION,
                Party::Device(_) | Party::User { .. } | Party::Unknown => Cause::UNAVAILABLE,
            };
            return Some((leg, leg::Event::Release(cause)));
        }
        None
    }

    fn alert(&mut self, now: Instant, leg: Handle, heard: &Heard<'_>) -> Option<(Handle, leg::Event)> {
        if self.calls.leg(leg)?.neutral {
            self.event(Event::Alerting(leg));
            return None;
        }
        let status = if heard.status == 183 { 183 } else { 180 };
        let other = self.calls.peer(leg);
        if !heard.body.is_empty() {
            self.media_agreed(leg);
        }
        let passage = other.map_or(Passage::UNCHANGED, |other| self.passage(other));
        let body = Body { text: heard.body, offer: None, passage };
        self.provisional(now, leg, (status, heard.sure), |_| {}, &body);
        None
    }

    /// The call goes over a dear route: a neutral caller hears the warning tone, one on our own signalling is told (R63).
    pub(super) fn warn(&mut self, now: Instant, leg: Handle) {
        if self.calls.leg(leg).is_some_and(|slot| slot.neutral) {
            return self.tone(leg, Tone::Warning);
        }
        self.warned(now, leg, "expensive-route");
    }

    /// Asks a caller on our own signalling for an account code: its digits come by INFO.
    pub(super) fn prompt(&mut self, now: Instant, leg: Handle) {
        let asked = self.calls.dialing(leg).and_then(|dialing| dialing.asked);
        self.warned(now, leg, asked.map_or("account-code", |denial| denial.rule.name()));
    }

    /// 183 with a warning of what is the matter (RFC 3261 section 20.43).
    fn warned(&mut self, now: Instant, leg: Handle, what: &str) {
        let us = self.sip.us();
        let extra = |out: &mut crate::table::pages::PageWriter<'_, '_>| {
            out.put(b"Warning: 399 ");
            out.socket_address(us);
            out.line(&[b" \"", what.as_bytes(), b"\""]);
            out.line(&[render::ABLE]);
        };
        self.provisional(now, leg, (183, true), extra, &Body::NONE);
    }

    /// Two legs are joined: the caller hears 200 with the other's description, so that media goes directly between them.
    fn connect(
        &mut self,
        now: Instant,
        a: Handle,
        b: Handle,
        heard: &Heard<'_>,
    ) -> Option<(Handle, leg::Event)> {
        let neutral = (self.calls.leg(a)?.neutral, self.calls.leg(b)?.neutral);
        let mut offered = true;
        if neutral.0 {
            self.event(Event::Connect(a));
        } else {
            let dialog = self.sip.dialog_mut(a)?;
            offered = !dialog.offer.is_empty();
            let offer = core::mem::replace(&mut dialog.offer, Text::EMPTY);
            // What it was told of the media before is not of who has answered: both are asked anew.
            let another = dialog.provisional.has_agreed();
            dialog.phase = Phase::Answered { release: false };
            let (invite, terms) = (dialog.invite, dialog.terms);
            self.sip.pages.release(offer);
            let own = self.own(a);
            let extra = |out: &mut crate::table::pages::PageWriter<'_, '_>| {
                own.put(out);
                out.line(&[render::ABLE]);
                session::accepted(out, terms);
            };
            let passage = self.passage(b);
            let body = Body { text: heard.body, offer: self.calls.offered(b), passage };
            self.sip.respond(now, &mut self.timers, invite, 200, extra, &body);
            if offered {
                self.media_agreed(a);
            }
            self.session_up(now, a, terms);
            if another {
                self.renew(now.plus_ms(SETTLING_MS), a);
            }
        }
        if neutral.1 {
            self.taker_joined(b, a);
        } else {
            if offered {
                let cookie = self.crypto.random_u64();
                self.sip.acknowledge(b, cookie, Text::EMPTY);
            }
            // An offer in the 2xx is answered by the caller's ACK: ours waits for it.
            let dialog = self.sip.dialog_mut(b)?;
            dialog.phase = if offered { Phase::Confirmed } else { Phase::Unacknowledged };
            let terms = dialog.terms;
            self.session_up(now, b, terms);
        }
        None
    }

    /// Releases a leg in the way its dialog has come to. What follows says when that is confirmed at once.
    pub(super) fn release(
        &mut self,
        now: Instant,
        leg: Handle,
        cause: Cause,
    ) -> Option<(Handle, leg::Event)> {
        let confirmed = Some((leg, leg::Event::Confirmed));
        if self.calls.leg(leg)?.neutral {
            self.event(Event::Release(leg, cause));
            return confirmed;
        }
        // Our INVITE still waits for the relay: nobody has heard of the call there.
        let Some(dialog) = self.sip.dialog(leg).copied() else { return confirmed };
        let next = match dialog.phase {
            Phase::Invited => {
                let status = cause.status();
                self.sip.respond(
                    now,
                    &mut self.timers,
                    dialog.invite,
                    status,
                    |out| reason(out, cause),
                    &Body::NONE,
                );
                self.sip.dialog_mut(leg)?.phase = Phase::Released;
                return confirmed;
            }
            Phase::None => return confirmed,
            Phase::Answered { .. } => Phase::Answered { release: true },
            Phase::Calling { .. } => Phase::Calling { release: true },
            Phase::Early => {
                self.cancel(now, leg);
                Phase::Cancelling
            }
            Phase::Unacknowledged => {
                let cookie = self.crypto.random_u64();
                self.sip.acknowledge(leg, cookie, Text::EMPTY);
                self.bye(now, leg, cause);
                Phase::Released
            }
            Phase::Confirmed | Phase::Reinviting => {
                self.bye(now, leg, cause);
                Phase::Released
            }
            Phase::Reinvited => {
                self.end_change(now, leg, cause);
                self.bye(now, leg, cause);
                Phase::Released
            }
            same @ (Phase::Cancelling | Phase::Released) => same,
        };
        self.sip.dialog_mut(leg)?.phase = next;
        None
    }

    /// Cancels our INVITE, and says why if another has answered: no call was missed then.
    pub(super) fn cancel(&mut self, now: Instant, leg: Handle) {
        let state = self.calls.leg(leg).map(|slot| slot.leg.state());
        let elsewhere = matches!(state, Some(leg::State::Clearing { cause: Cause::ELSEWHERE, .. }));
        self.sip.cancel(now, &mut self.timers, leg, |out| {
            if elsewhere {
                out.line(&[b"Reason: SIP;cause=200;text=\"Call completed elsewhere\""]);
            }
        });
    }

    pub(super) fn bye(&mut self, now: Instant, leg: Handle, cause: Cause) {
        let cookie = self.crypto.random_u64();
        let extra = |out: &mut crate::table::pages::PageWriter<'_, '_>| {
            reason(out, cause);
            out.line(&[b"Supported: timer"]);
        };
        let request = Request { method: Method::Bye, cookie, body: Text::EMPTY };
        let _ = self.sip.request(now, &mut self.timers, leg, request, extra);
    }

    /// A leg is gone: everything that it held goes back. The phone that it led to, if to one.
    pub(super) fn ended(&mut self, now: Instant, leg: Handle) -> Option<u32> {
        let party = self.calls.leg(leg)?.party;
        self.count_channel(party, false);
        self.sip.drop_dialog(now, &mut self.timers, leg);
        self.calls.free_leg(leg);
        self.timers.set(self.first_leg_timer.saturating_add(leg.index()), None);
        party.phone()
    }

    pub(super) fn count_channel(&mut self, party: Party, up: bool) {
        if let Party::Trunk(trunk) = party
            && let Some(slot) = self.trunks.get_mut(usize::from(trunk))
        {
            slot.in_use = if up { slot.in_use.saturating_add(1) } else { slot.in_use.saturating_sub(1) };
        }
    }
}
