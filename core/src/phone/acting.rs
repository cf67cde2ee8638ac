//! What follows from an event of a line: messages, sound, and what the user is told.

use super::line::{Action, Event, State};
use super::outputs::Output;
use super::registrar::contact;
use super::{MAX_DATAGRAM, Phone, STEP};
use crate::base::{Crypto, Flow, Handle, Instant};
use crate::media::sound::{self, Taken};
use crate::media::{Ability, Body, Keys, Refused};
use crate::policy::Rule;
use crate::signalling::Transaction;
use crate::signalling::sip::Request;
use crate::table::pages::PageWriter;
use crate::table::{Pages, Text};
use crate::wire::sdp::{Direction, Session};
use crate::wire::sip::{Message, Method, Name};
use crate::wire::write::Sink;

/// Octets of our offer, at most: every codec, both ends of IPv6, a key.
const OFFER: usize = 700;
/// Octets of the head of a request of ours, at most as a rule.
const REQUEST: usize = 900;
/// Octets of what stands in the head of our 200 beside what it echoes.
const HEAD: usize = 300;

impl<C: Crypto> Phone<'_, C> {
    /// Something happens to a line; false if its user cannot do that now. `message` is what was heard.
    pub(super) fn line_event(
        &mut self,
        now: Instant,
        line: Handle,
        event: Event,
        message: Option<&Message<'_>>,
    ) -> bool {
        let Some(slot) = self.lines.get_mut(line) else { return false };
        let Some(actions) = slot.state.handle(now, event) else { return false };
        for action in &actions {
            self.perform(now, line, *action, message);
        }
        self.watch_line(line);
        true
    }

    fn perform(&mut self, now: Instant, line: Handle, action: Action, message: Option<&Message<'_>>) {
        match action {
            Action::Accept => self.accept(now, line),
            Action::Refuse(status) => self.refuse(now, line, status),
            Action::Acknowledge => {
                let cookie = self.crypto.random_u64();
                self.sip.acknowledge(line, cookie, Text::EMPTY);
            }
            Action::Cancel => {
                self.sip.make_room(&mut self.timers, STEP);
                self.sip.cancel(now, &mut self.timers, line, |_| {});
            }
            Action::Bye => {
                // Without room they find out by themselves: nobody waits for an answer.
                if self.within(now, line, Method::Bye, Text::EMPTY, |_| {}).is_none() {
                    self.line_event(now, line, Event::Left, None);
                }
            }
            Action::Change => self.reinvite(now, line),
            Action::Refer => self.send_refer(now, line),
            Action::Prove => self.prove_anew(now),
            Action::TellRinging => self.tell(Output::Ringing(line)),
            Action::TellUp => {
                self.session_up(now, line);
                self.tell(Output::Up(line));
                if self.lines.get(line).is_some_and(|slot| slot.held) {
                    self.tell(Output::Held(line, true));
                }
            }
            Action::TellChanged(status) => {
                if let Some(slot) = self.lines.get_mut(line).filter(|_| status >= 300) {
                    // It is as it was.
                    slot.holds = !slot.holds;
                    slot.offered = false;
                }
                self.tell(Output::Changed(line, status));
            }
            Action::TellReferred(status) => self.tell(Output::Referred(line, status)),
            Action::TellOver(status) => {
                let rule = message.and_then(rule_of);
                self.tell(Output::Over { line, status, rule });
            }
            Action::Free => self.drop_line(now, line),
        }
    }

    /// Everything that a line holds goes back.
    pub(super) fn drop_line(&mut self, now: Instant, line: Handle) {
        self.sip.drop_dialog(now, &mut self.timers, line);
        if let Some(slot) = self.lines.get_mut(line) {
            // Where they are: what is moved out leaves them behind.
            let Keys { ours, theirs } = &mut slot.keys;
            let _ = [ours, theirs, &mut slot.fresh].map(|key| key.set(&[]));
        }
        if let Some(slot) = self.lines.remove(line) {
            self.sip.pages.release(slot.target);
        }
        self.timers.set(self.first_line_timer.saturating_add(line.index()), None);
        self.may_be_idle(now);
    }

    /// A request in the dialog of a line.
    pub(super) fn within(
        &mut self,
        now: Instant,
        line: Handle,
        method: Method,
        body: Text,
        extra: impl FnOnce(&mut PageWriter<'_, '_>),
    ) -> Option<Handle> {
        self.sip.make_room(&mut self.timers, STEP);
        if !self.has_pages(body) {
            return None;
        }
        let cookie = self.crypto.random_u64();
        let (number, us) = (self.config.number, self.us_in(line));
        let named = matches!(method, Method::Invite | Method::Refer | Method::Options);
        let extra = |out: &mut PageWriter<'_, '_>| {
            if named {
                contact(out, number, us);
            }
            extra(out);
        };
        self.sip.request(now, &mut self.timers, line, Request { method, cookie, body }, extra)
    }

    /// Whether a request with this body finds its pages: one that is not written is not sent, and nobody would know.
    pub(super) fn has_pages(&self, body: Text) -> bool {
        self.sip.pages.free() >= Pages::needed(body.len().saturating_add(REQUEST))
    }

    /// Where we are, in the dialog of a line.
    pub(super) fn us_in(&self, line: Handle) -> Flow {
        let over =
            self.sip.dialog(line).map_or_else(Default::default, |dialog| dialog.far.next_hop.transport);
        Flow::new(self.sip.us_over(over), over)
    }

    fn accept(&mut self, now: Instant, line: Handle) {
        let Some(dialog) = self.sip.dialog_mut(line) else { return };
        let (invite, offer) = (dialog.invite, core::mem::replace(&mut dialog.offer, Text::EMPTY));
        let (number, us) = (self.config.number, self.us_in(line));
        // They have made no offer: we do, and their ACK has the answer.
        let body = if offer.is_empty() { self.offer(line).unwrap_or(Text::EMPTY) } else { offer };
        if !offer.is_empty() {
            self.agreed(line);
        }
        self.sip.accept(now, &mut self.timers, invite, |out| contact(out, number, us), body);
        self.sip.pages.release(body);
    }

    /// Whether our 200 would find its pages: an answer that is not sent would leave both sides waiting.
    pub(super) fn has_room_to_accept(&mut self, line: Handle) -> bool {
        let Some(dialog) = self.sip.dialog(line) else { return false };
        let echoed = self.sip.transactions.get(dialog.invite).map_or(0, Transaction::echoed);
        let late = if dialog.offer.is_empty() { OFFER } else { 0 };
        let octets = echoed.saturating_add(dialog.offer.len()).saturating_add(late).saturating_add(HEAD);
        let pages = Pages::needed(octets).saturating_add(Pages::needed(late)).saturating_add(1);
        self.sip.make_room(&mut self.timers, pages);
        self.sip.pages.free() >= pages
    }

    fn refuse(&mut self, now: Instant, line: Handle, status: u16) {
        let Some(dialog) = self.sip.dialog_mut(line) else { return };
        let (invite, offer) = (dialog.invite, core::mem::replace(&mut dialog.offer, Text::EMPTY));
        self.sip.pages.release(offer);
        self.sip.make_room(&mut self.timers, STEP);
        self.sip.respond(now, &mut self.timers, invite, status, |_| {}, &Body::NONE);
    }

    fn reinvite(&mut self, now: Instant, line: Handle) {
        self.sip.make_room(&mut self.timers, STEP);
        let offer = self.offer(line);
        let invite = offer.and_then(|offer| self.within(now, line, Method::Invite, offer, |_| {}));
        self.sip.pages.release(offer.unwrap_or(Text::EMPTY));
        match (invite, self.sip.dialog_mut(line)) {
            (Some(invite), Some(dialog)) => dialog.invite = invite,
            (Some(_) | None, _) => {
                self.line_event(now, line, Event::Unchanged(500), None);
            }
        }
    }

    fn send_refer(&mut self, now: Instant, line: Handle) {
        let Some((target, called)) = self.lines.get(line).map(|slot| (slot.target, slot.called)) else {
            return;
        };
        // In a dialog where we were called no challenge is answered: what is proved there is so by what is known.
        let proof = if called { self.refer_proof(line) } else { Text::EMPTY };
        let refer = self.within(now, line, Method::Refer, Text::EMPTY, |out| {
            out.put(b"Refer-To: ");
            out.put_text(target, 0, target.len());
            out.put(b"\r\n");
            out.put_text(proof, 0, proof.len());
        });
        self.sip.pages.release(proof);
        if let Some(slot) = self.lines.get_mut(line) {
            slot.refer = refer.unwrap_or(Handle::NONE);
        }
        if refer.is_none() {
            self.line_event(now, line, Event::Referred(500), None);
        }
    }

    fn refer_proof(&mut self, line: Handle) -> Text {
        let Some(far) = self.sip.dialog(line).map(|dialog| dialog.far) else { return Text::EMPTY };
        let mut buffer = [0; crate::signalling::sip::MAX_URI];
        let mut len: usize = 0;
        for piece in self.sip.pages.chunks(far.text, far.address_len.into(), far.target_end()) {
            let end = len.saturating_add(piece.len());
            let Some(room) = buffer.get_mut(len..end) else { return Text::EMPTY };
            room.iter_mut().zip(piece).for_each(|(slot, octet)| *slot = *octet);
            len = end;
        }
        let uri = buffer.get(..len).unwrap_or(&[]);
        self.proof_unasked(Method::Refer.as_bytes(), uri).unwrap_or(Text::EMPTY)
    }

    /// What we can do with sound on this line.
    fn ability(&self, line: Handle) -> Ability {
        let emergency = self.lines.get(line).is_some_and(|slot| slot.emergency);
        if emergency { self.config.ability.for_emergency() } else { self.config.ability.clone() }
    }

    /// Our offer, as a stored text: with a fresh key each time (R94).
    pub(super) fn offer(&mut self, line: Handle) -> Option<Text> {
        let (ability, at) = (self.ability(line), self.sound_address(line));
        let own = self.own_sound(line, &ability, at, Direction::SendRecv)?;
        let slot = self.lines.get(line)?;
        let mut out = self.sip.pages.writer();
        sound::offer(&mut out, &own, &slot.fresh);
        let text = out.finish()?;
        self.lines.get_mut(line)?.offered = true;
        Some(text)
    }

    /// What we say of ourselves next, at most what `theirs` leaves us; with a fresh key.
    fn own_sound<'a>(
        &mut self,
        line: Handle,
        ability: &'a Ability,
        at: core::net::SocketAddr,
        theirs: Direction,
    ) -> Option<sound::Own<'a>> {
        let cookie = self.sip.dialog(line)?.cookie;
        let mut key = zeroize::Zeroizing::new([0; sound::KEY]);
        self.crypto.random(key.as_mut_slice());
        let slot = self.lines.get_mut(line)?;
        let _ = slot.fresh.set(key.as_slice());
        slot.version = slot.version.saturating_add(1);
        let wanted = if slot.holds { Direction::SendOnly } else { Direction::SendRecv };
        let direction = sound::narrowed(wanted, theirs);
        Some(sound::Own { ability, at, session: (cookie >> 2, slot.version), direction })
    }

    /// Takes their offer, and stores our answer. Nothing of it is in force until it is [`taken`](Self::taken) and [`agreed`](Self::agreed).
    pub(super) fn answer_to(&mut self, line: Handle, offer: &[u8]) -> Result<(Text, Taken, Keys), Refused> {
        let (ability, at) = (self.ability(line), self.sound_address(line));
        let session = Session::parse(offer).map_err(|_| Refused::Answer)?;
        let mut keys = Keys::default();
        let taken = sound::take(&session, &ability, &mut keys)?;
        let own = self.own_sound(line, &ability, at, taken.sound.direction).ok_or(Refused::Answer)?;
        let Some(slot) = self.lines.get(line) else { return Err(Refused::Answer) };
        let mut out = self.sip.pages.writer();
        sound::answer(&mut out, &own, &session, &taken, &slot.fresh);
        let text = out.finish().ok_or(Refused::Answer)?;
        if text.len() >= MAX_DATAGRAM {
            self.sip.pages.release(text);
            return Err(Refused::Answer);
        }
        Ok((text, taken, keys))
    }

    /// What they have offered is what they say from now on.
    pub(super) fn taken(&mut self, line: Handle, taken: &Taken, keys: &Keys) {
        if let Some(slot) = self.lines.get_mut(line) {
            let _ = slot.keys.theirs.set(keys.theirs.expose());
            slot.offered = false;
        }
        self.note(line, taken);
    }

    /// Takes their answer to our offer.
    pub(super) fn answered_by(&mut self, line: Handle, answer: &[u8]) -> Result<(), Refused> {
        let ability = self.ability(line);
        let session = Session::parse(answer).map_err(|_| Refused::Answer)?;
        let mut keys = Keys::default();
        let taken = sound::take(&session, &ability, &mut keys)?;
        if !taken.answers_ours() {
            return Err(Refused::Answer);
        }
        self.taken(line, &taken, &keys);
        self.agreed(line);
        Ok(())
    }

    /// What is agreed on, as far as they have said.
    fn note(&mut self, line: Handle, taken: &Taken) {
        let Some(slot) = self.lines.get_mut(line) else { return };
        let wanted = if slot.holds { Direction::SendOnly } else { Direction::SendRecv };
        // Whoever does not hear us holds us, if we do not hold.
        let held = !slot.holds && matches!(taken.sound.direction, Direction::RecvOnly | Direction::Inactive);
        let told = slot.held != held;
        slot.held = held;
        slot.sound =
            Some(sound::Sound { direction: sound::narrowed(wanted, taken.sound.direction), ..taken.sound });
        // Before it is up its user hears of it then.
        if told && slot.state.is_up() {
            self.tell_of(line, Output::Held(line, held));
        }
    }

    /// Both sides know: our fresh key is in force.
    pub(super) fn agreed(&mut self, line: Handle) {
        let Some(slot) = self.lines.get_mut(line) else { return };
        let _ = slot.keys.ours.set(slot.fresh.expose());
        self.tell_of(line, Output::Sound(line));
    }

    /// Tells of a line, unless its user has nothing to do with it any more.
    fn tell_of(&mut self, line: Handle, output: Output) {
        if self.lines.get(line).is_some_and(|slot| !slot.state.is_over()) {
            self.tell(output);
        }
    }

    /// A line cannot go on: its sound cannot be agreed on.
    pub(super) fn unfit(&mut self, now: Instant, line: Handle) {
        let state = self.lines.get(line).map(|slot| slot.state);
        let hangs_up = state
            .is_some_and(|state| state.is_up() || matches!(state, State::Calling { .. } | State::Alerted));
        if hangs_up {
            self.line_event(now, line, Event::HangUp, None);
        }
    }
}

/// The rule of the gateway's policy that a refusal names (`Reason`, RFC 3326).
fn rule_of(message: &Message<'_>) -> Option<Rule> {
    let reason = message.headers(Name::Reason).next()?;
    let at = reason.windows(6).position(|window| window.eq_ignore_ascii_case(b"text=\""))?;
    let text = reason.get(at.saturating_add(6)..)?;
    let text = text.split(|c| *c == b'"').next()?;
    Rule::ALL.iter().copied().find(|rule| rule.name().as_bytes() == text)
}
