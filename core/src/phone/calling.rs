//! What the user does: every action of a telephone's user, from dialing to hanging up.

use super::line::{Event, State};
use super::memory::{Line, MAX_NAME};
use super::registrar::{MAX_HOST, contact};
use super::{Phone, STEP, Taken};
use crate::base::{Crypto, Digit, Full, Handle, Instant};
use crate::policy::decide::{class_of, decide};
use crate::policy::rows::Features;
use crate::policy::trie::{End, analyse};
use crate::policy::{Attempt, Authority, Code, Denial, Image, Mode, Party, RowRef, Rule, Verdict};
use crate::signalling::dialog::{Dialog, Far, Phase};
use crate::signalling::render;
use crate::signalling::sip::Request;
use crate::table::Text;
use crate::wire::sip::{Address, Method};
use crate::wire::write::Sink;

/// Pages that a call for help takes until it is up, with what it hears meanwhile.
const HELP: usize = 18;
/// The longest address of who is there that can be named in a transfer.
const MAX_ADDRESS: usize = 256;

impl<C: Crypto> Phone<'_, C> {
    /// Calls a number. Our own policy is asked first: what it denies is not sent. A call for help needs no policy but the block of emergency
    /// numbers, no registration, and no free line. Whoever talks on another line must be on hold. Work: one decision.
    ///
    /// # Errors
    /// [`Full`] if the outputs of earlier inputs have not been polled: nothing has changed, poll and call again.
    pub fn dial(&mut self, now: Instant, dialed: &[u8]) -> Result<Taken, Full> {
        self.reserve()?;
        let now = self.advance(now);
        let emergency = match self.judged(now, dialed) {
            Ok(emergency) => emergency,
            Err(denial) => {
                self.statistics.denied = self.statistics.denied.wrapping_add(1);
                return Ok(Taken::Denied(denial));
            }
        };
        let talks =
            self.lines.iter().any(|(_, line)| !line.state.is_over() && !line.holds && !line.rings_here());
        if talks && !emergency {
            return Ok(Taken::NotNow);
        }
        if emergency {
            self.make_room(now);
        }
        let mut line = Line::new(State::Calling { heard: false }, false);
        line.emergency = emergency;
        line.number.extend_from_slice(dialed.get(..dialed.len().min(MAX_NAME)).unwrap_or(&[])).unwrap_or(());
        let Ok(line) = self.lines.insert(line) else { return Ok(Taken::Congested) };
        if self.invite(now, line, dialed).is_none() {
            self.drop_line(now, line);
            return Ok(Taken::Congested);
        }
        Ok(Taken::Line(line))
    }

    /// Takes a call that rings here.
    ///
    /// # Errors
    /// [`Full`] as for [`dial`](Self::dial).
    pub fn answer(&mut self, now: Instant, line: Handle) -> Result<Taken, Full> {
        if self.lines.get(line).is_some_and(Line::rings_here) && !self.has_room_to_accept(line) {
            return Ok(Taken::Congested);
        }
        self.act(now, line, Event::Answer)
    }

    /// Hangs up, gives up, or refuses.
    ///
    /// # Errors
    /// [`Full`] as for [`dial`](Self::dial).
    pub fn hang_up(&mut self, now: Instant, line: Handle) -> Result<Taken, Full> {
        self.act(now, line, Event::HangUp)
    }

    /// Holds who is there, or goes on with them.
    ///
    /// # Errors
    /// [`Full`] as for [`dial`](Self::dial).
    pub fn hold(&mut self, now: Instant, line: Handle, holds: bool) -> Result<Taken, Full> {
        self.reserve()?;
        let own = self.advance(now);
        let Some(slot) = self.lines.get_mut(line) else { return Ok(Taken::UnknownLine) };
        if slot.state != State::Talking || slot.holds == holds || self.is_unconfirmed(line) {
            return Ok(Taken::NotNow);
        }
        if let Some(slot) = self.lines.get_mut(line) {
            slot.holds = holds;
        }
        Ok(self.user_event(own, line, Event::Change))
    }

    /// Transfers who is there to a number (blind transfer). The gateway carries it out, if its policy permits that; ours is asked whether
    /// we may call there.
    ///
    /// # Errors
    /// [`Full`] as for [`dial`](Self::dial).
    pub fn transfer(&mut self, now: Instant, line: Handle, dialed: &[u8]) -> Result<Taken, Full> {
        self.reserve()?;
        let own = self.advance(now);
        if let Err(denial) = self.judged(own, dialed) {
            self.statistics.denied = self.statistics.denied.wrapping_add(1);
            return Ok(Taken::Denied(denial));
        }
        let mut buffer = [0; MAX_HOST];
        let host = self.host(&mut buffer);
        let mut out = self.sip.pages.writer();
        out.put(b"<sip:");
        render::user(&mut out, dialed);
        out.put(b"@");
        out.put(host);
        out.put(b">");
        let Some(target) = out.finish() else { return Ok(Taken::Congested) };
        Ok(self.refer_to(own, line, target))
    }

    /// Joins who is on one line with who is on the other (attended transfer, RFC 5589 section 7).
    ///
    /// # Errors
    /// [`Full`] as for [`dial`](Self::dial).
    pub fn join(&mut self, now: Instant, line: Handle, other: Handle) -> Result<Taken, Full> {
        self.reserve()?;
        let own = self.advance(now);
        let both = [line, other].map(|line| self.lines.get(line).map(|slot| slot.state));
        let ready = |state| matches!(state, State::Talking | State::Alerted);
        match both {
            [None, _] | [_, None] => return Ok(Taken::UnknownLine),
            [_, Some(state)] if line == other || !ready(state) => return Ok(Taken::NotNow),
            [Some(_), Some(_)] => {}
        }
        let Some(dialog) = self.sip.dialog(other).copied() else { return Ok(Taken::NotNow) };
        let ours = render::token(other, dialog.cookie);
        let mut buffer = [0; MAX_ADDRESS];
        let address = usize::from(dialog.far.address_len);
        if address > buffer.len() {
            return Ok(Taken::NotNow);
        }
        let len = self.sip.pages.copy(dialog.far.text, &mut buffer);
        let theirs =
            Address::parse(buffer.get(..len.min(address)).unwrap_or(&[])).ok().and_then(|far| far.tag());
        let Some(theirs) = theirs else { return Ok(Taken::NotNow) };
        let mut out = self.sip.pages.writer();
        out.put(b"<");
        out.put_text(dialog.far.text, address, dialog.far.target_end());
        out.put(b"?Replaces=");
        let mut left = usize::from(dialog.call_id_len);
        out.put_text_by(dialog.fixed, |out, piece| {
            let piece = piece.get(..left.min(piece.len())).unwrap_or(&[]);
            left = left.saturating_sub(piece.len());
            escape(out, piece);
        });
        // The tag of the side that gets the INVITE that this stands for is theirs (RFC 3891 section 3).
        for (name, tag) in [(b";to-tag=".as_slice(), theirs), (b";from-tag=", ours.as_slice())] {
            escape(&mut out, name);
            escape(&mut out, tag);
        }
        out.put(b">");
        let Some(target) = out.finish() else { return Ok(Taken::Congested) };
        Ok(self.refer_to(own, line, target))
    }

    /// Presses a key: a digit of the account code that the gateway has asked for. In a call keys go with the sound (RFC 4733).
    ///
    /// # Errors
    /// [`Full`] as for [`dial`](Self::dial).
    pub fn press(&mut self, now: Instant, line: Handle, digit: Digit) -> Result<Taken, Full> {
        self.reserve()?;
        let now = self.advance(now);
        let Some(slot) = self.lines.get(line) else { return Ok(Taken::UnknownLine) };
        if !slot.asked || slot.state.is_up() || slot.state.is_over() {
            return Ok(Taken::NotNow);
        }
        let mut out = self.sip.pages.writer();
        out.put(b"Signal=");
        out.put(&[digit.ascii()]);
        out.put(b"\r\nDuration=160\r\n");
        let Some(body) = out.finish() else { return Ok(Taken::Congested) };
        let sent = self.within(now, line, Method::Info, body, |_| {});
        self.sip.pages.release(body);
        Ok(if sent.is_some() { Taken::Done } else { Taken::Congested })
    }

    fn act(&mut self, now: Instant, line: Handle, event: Event) -> Result<Taken, Full> {
        self.reserve()?;
        let now = self.advance(now);
        Ok(self.user_event(now, line, event))
    }

    fn user_event(&mut self, now: Instant, line: Handle, event: Event) -> Taken {
        if self.lines.get(line).is_none() {
            return Taken::UnknownLine;
        }
        if self.line_event(now, line, event, None) { Taken::Done } else { Taken::NotNow }
    }

    fn refer_to(&mut self, now: Instant, line: Handle, target: Text) -> Taken {
        let ready = self.lines.get(line).map(|slot| slot.state == State::Talking);
        let Some(slot) = self.lines.get_mut(line).filter(|_| ready == Some(true)) else {
            self.sip.pages.release(target);
            return if ready.is_none() { Taken::UnknownLine } else { Taken::NotNow };
        };
        let before = core::mem::replace(&mut slot.target, target);
        self.sip.pages.release(before);
        self.user_event(now, line, Event::Refer)
    }

    /// What its own policy says of a call now, and nothing begins: whether it is for help, or why not. It knows no more than that policy:
    /// what is behind a feature code, what a guest may, and whether a channel is free, the gateway says.
    ///
    /// # Errors
    /// The denial. Cost: one decision.
    pub fn explain(&self, now: Instant, dialed: &[u8]) -> Result<bool, Denial> {
        self.judged(self.clock.at(now), dialed)
    }

    /// The same by the telephone's own clock.
    fn judged(&self, now: Instant, dialed: &[u8]) -> Result<bool, Denial> {
        let (mode, minute) = self.moment(now);
        let from = self.own_party();
        let none = |rule| {
            let authority = Authority { party: from, cos: 0, cor: 0, mode, code: None };
            Denial::new(rule, authority, RowRef::None)
        };
        let Some(own) = &self.policy else { return Err(none(Rule::PolicyNone)) };
        if analyse(&own.image, dialed, |_| false).emergency().is_some() {
            return Ok(true);
        }
        if own.image.is_block() {
            return Err(none(Rule::PolicyNone));
        }
        if self.defers {
            return Ok(false);
        }
        judge(&own.image, from, dialed, (mode, minute)).map(|()| false)
    }

    /// Somebody calls for help: there must be a line and pages for that. What is over anyway makes way, then what rings here, then the
    /// youngest call.
    fn make_room(&mut self, now: Instant) {
        for _ in 0..self.lines.capacity() {
            self.sip.make_room(&mut self.timers, HELP);
            if self.lines.free() > 0 && self.sip.pages.free() >= HELP {
                return;
            }
            let over = self.lines.iter().find(|(_, line)| line.state.is_over());
            let rings = self.lines.iter().find(|(_, line)| line.rings_here());
            let last = self.lines.iter().filter(|(_, line)| !line.emergency).last();
            let Some((line, state)) = over.or(rings).or(last).map(|(line, slot)| (line, slot.state)) else {
                return;
            };
            if !state.is_over() {
                self.line_event(now, line, Event::HangUp, None);
            }
            self.drop_line(now, line);
        }
    }

    /// Our INVITE. `None` without room, or without a gateway.
    fn invite(&mut self, now: Instant, line: Handle, dialed: &[u8]) -> Option<()> {
        let home = self.home()?;
        self.sip.make_room(&mut self.timers, STEP);
        let us = crate::base::Flow::new(self.sip.us_over(home.transport), home.transport);
        let mut buffer = [0; MAX_HOST];
        let host = self.host(&mut buffer);
        let number = self.config.number;
        let call_id = [self.crypto.random_u64(), self.crypto.random_u64()];
        let (cookie, branch) = (self.crypto.random_u64(), self.crypto.random_u64());
        let mut fixed = self.sip.pages.writer();
        call_id.iter().for_each(|half| fixed.hex(&half.to_be_bytes()));
        let call_id_len = fixed.len();
        address(&mut fixed, (number, host), true);
        let fixed = fixed.finish()?;
        let mut remote = self.sip.pages.writer();
        address(&mut remote, (dialed, host), true);
        let address_len = remote.len();
        address(&mut remote, (dialed, host), false);
        let target_len = remote.len().saturating_sub(address_len);
        let Some(remote) = remote.finish() else {
            self.sip.pages.release(fixed);
            return None;
        };
        let emergency = self.lines.get(line).is_some_and(|slot| slot.emergency);
        let length = |len: usize| u16::try_from(len).unwrap_or(u16::MAX);
        self.sip.open_dialog(Dialog {
            leg: line,
            phase: Phase::Calling { release: false },
            cookie,
            fixed,
            call_id_len: length(call_id_len),
            far: Far {
                tag: 0,
                text: remote,
                address_len: length(address_len),
                target_len: length(target_len),
                next_hop: home,
            },
            proves: self.account().is_some(),
            // Help is looked for at the other gateway as well.
            others: u8::from(emergency && self.config.servers.len() > 1),
            ..Dialog::EMPTY
        });
        let offer = self.offer(line)?;
        if !self.has_pages(offer) {
            self.sip.pages.release(offer);
            return None;
        }
        let request = Request { method: Method::Invite, cookie: branch, body: offer };
        let invite = self.sip.request(now, &mut self.timers, line, request, |out| contact(out, number, us));
        self.sip.pages.release(offer);
        self.sip.dialog_mut(line)?.invite = invite?;
        Some(())
    }
}

/// `<sip:user@host>`, or without the brackets.
fn address(out: &mut impl Sink, (user, host): (&[u8], &[u8]), brackets: bool) {
    out.put(if brackets { b"<sip:".as_slice() } else { b"sip:" });
    render::user(out, user);
    out.put(b"@");
    out.put(host);
    out.put(if brackets { b">".as_slice() } else { b"" });
}

/// What our own policy says. What is behind a code is the gateway's to judge, but for a speed call; and so is what a phone may whose user may
/// be another (R18), or who has an account code to give (R44, R45).
fn judge(
    image: &Image<'_>,
    from: Party,
    dialed: &[u8],
    (mode, minute): (Mode, Option<u16>),
) -> Result<(), Denial> {
    let speed = image.speed_number(dialed);
    if speed.is_none() && matches!(analyse(image, dialed, |_| false).end(), End::Feature(..)) {
        return Ok(());
    }
    let (number, exempt) = speed.unwrap_or((dialed, false));
    let attempt = Attempt { from, dialed: number, mode, minute, code: Code::None, behalf: None, exempt };
    match decide(image, &attempt, |_| true, &mut ()) {
        Verdict::Allow(_) | Verdict::NeedsCode(_) => Ok(()),
        // Who may be at it, the gateway knows.
        Verdict::Deny(_) if takes_guests(image, from, mode) => Ok(()),
        Verdict::Deny(denial) => Err(denial),
    }
}

fn takes_guests(image: &Image<'_>, from: Party, mode: Mode) -> bool {
    let features = class_of(image, from, mode).map_or(0, |class| class.features);
    Features::from_bits_truncate(features).contains(Features::HOT_DESK_ACCEPT)
}

/// What stands in a header of a URI (RFC 3261 section 25.1, `hvalue`).
fn escape(out: &mut impl Sink, text: &[u8]) {
    for c in text {
        if c.is_ascii_alphanumeric() || b"-_.!~*'()".contains(c) {
            out.put(core::slice::from_ref(c));
        } else {
            out.put(b"%");
            out.hex(core::slice::from_ref(c));
        }
    }
}
