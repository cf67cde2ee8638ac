//! A new INVITE or neutral set-up: who is it, and is there a place? What comes of it is placed, asked for a code, or refused.

use super::identity::Proof;
use super::placing::{Asked, Unplaced, cause_of, is_emergency};
use super::receive::Load;
use super::session::too_short;
use super::taking::Taking;
use super::transfer::Target;
use super::{Exchange, Signal, Taken};
use crate::base::{Crypto, Digits, Flow, Full, Handle, Instant};
use crate::call::{Cause, Commands, Dialing, leg};
use crate::media::{Body, Described, Refused, Summary, keys};
use crate::policy::Party;
use crate::signalling::dialog::Dialog;
use crate::signalling::provisional::Provisional;
use crate::signalling::sip::Key;
use crate::signalling::{render, session};
use crate::table::Text;
use crate::wire::sdp::Session;
use crate::wire::sip::{Message, Name, Scheme};
use crate::wire::write::Sink;

impl<C: Crypto> Exchange<'_, C> {
    pub(super) fn invite(&mut self, now: Instant, message: &Message<'_>, source: Flow, load: Load, key: Key) {
        let Start { user, scheme } = start(message);
        let mut unescaped = [0; MAX_USER];
        let dialed = crate::wire::sip::unescape(user, &mut unescaped);
        let Some(policy) = &self.policy else { return self.congested(message, source) };
        let (emergency, is_block) = (is_emergency(&policy.image, dialed), policy.image.is_block());
        // Help is found from everywhere, but the last places are for who can be somebody of ours.
        let zone = if emergency { policy.image.zone_by_address(source.ip()) } else { 0 };
        if scheme != Scheme::Sip {
            return self.sip.reply(message, source, 416, |_| {});
        }
        if (load == Load::Reserve || self.transactions_are_scarce() || is_block) && !emergency {
            return self.congested(message, source);
        }
        let from = match self.trunk_caller(message, source) {
            Some(trunk) => Party::Trunk(trunk),
            None if emergency => match self.emergency_caller(now, message, source) {
                Party::Device(device) => self.at(now, device),
                other @ (Party::User { .. } | Party::Trunk(_) | Party::Conference | Party::Unknown) => other,
            },
            None => match self.authenticate(now, message, source) {
                Proof::Device(device) => self.at(now, device),
                Proof::Missing { stale } => {
                    let user = message.from.as_ref().map_or(&[][..], |from| from.uri.user);
                    return self.challenge(now, message, source, user, stale);
                }
            },
        };
        let offer = match description(message) {
            Ok(offer) => offer,
            // Help is called even where what is said of the media cannot be read here: the other side may know better.
            Err(_) if emergency => Described::NONE,
            Err(status) => {
                return self.sip.reply(message, source, status, |out| {
                    out.line(&[b"Accept: application/sdp"]);
                });
            }
        };
        let terms = match session::Terms::of_request(message) {
            Ok(terms) => terms,
            Err(_) if emergency => session::Terms::ASKED,
            Err(_) => return self.sip.reply(message, source, 422, too_short),
        };
        let mut called = [0; MAX_USER];
        let dialed = self.called_at(from, dialed, message, &mut called);
        let known = from != Party::Unknown || zone != 0 || is_block;
        if !self.has_place(now, emergency, known) || self.sip.transactions.free() < 2 {
            return self.congested(message, source);
        }
        let tag_cookie = self.crypto.random_u64();
        if let (Some(device), false) = (from.phone(), emergency)
            && let Some(rule) = self.unfit(device, message.from.as_ref(), source)
        {
            let claimed = message.from.as_ref().map_or(&[][..], |from| from.uri.user);
            self.refused(now, from, claimed, rule);
            return self.refuse(now, message, source, key, tag_cookie, Cause::Denied(rule));
        }
        let locked_out = from.phone().is_some_and(|device| self.is_locked_out(now, device, source));
        let asked = Asked { from, dialed, neutral: false, locked_out, leg: None, given: None, zone };
        let mut commands = Commands::new();
        match self.place(now, &asked, &mut commands) {
            Ok(a) => {
                self.begin_dialog(message, (&offer.summary, terms), source, key, a, tag_cookie);
                self.note_offer(a, offer);
                self.trying(now, a);
                self.placed(now, a, &commands);
            }
            Err(Unplaced::NeedsCode(denial)) => {
                let image = self.policy.as_ref().map(|policy| &policy.image);
                let zone = image.map_or(0, |image| image.zone_by_address(source.ip()));
                let asked = Asked { zone, ..asked };
                let Some(leg) = self.wait_for_code(&asked, denial) else {
                    return self.congested(message, source);
                };
                self.begin_dialog(message, (&offer.summary, terms), source, key, leg, tag_cookie);
                self.note_offer(leg, offer);
                self.ask_for_code(now, leg, denial.rule);
            }
            Err(Unplaced::Takes(taking, number)) => match self.calls.off_hook(from, false, Dialing::NEW) {
                Some(leg) => {
                    self.begin_dialog(message, (&offer.summary, terms), source, key, leg, tag_cookie);
                    self.note_offer(leg, offer);
                    if let Err((cause, denied)) = self.take_call(now, leg, (taking, &number), Some(message))
                        && !self.intercept_leg(now, leg, denied.as_ref())
                    {
                        self.end_dialing(now, leg, cause);
                    }
                }
                None => self.congested(message, source),
            },
            Err(Unplaced::Set) => match self.calls.off_hook(from, false, Dialing::NEW) {
                Some(leg) => {
                    self.begin_dialog(message, (&offer.summary, terms), source, key, leg, tag_cookie);
                    self.confirm_set(now, leg, message);
                }
                None => self.congested(message, source),
            },
            Err(Unplaced::Denied(decision)) => {
                let Some(a) = self.intercept(now, &asked, &decision, &mut commands) else {
                    return self.refuse(now, message, source, key, tag_cookie, cause_of(&decision));
                };
                self.begin_dialog(message, (&offer.summary, terms), source, key, a, tag_cookie);
                self.note_offer(a, offer);
                self.trying(now, a);
                self.placed(now, a, &commands);
            }
            Err(Unplaced::Congested) => self.congested(message, source),
        }
    }

    /// Takes a neutral signal. Work: one decision for a set-up, otherwise constant.
    ///
    /// # Errors
    /// [`Full`] if the outputs of earlier inputs have not been polled: nothing has changed, poll and give it again.
    pub fn signal(&mut self, now: Instant, signal: &Signal<'_>) -> Result<Taken, Full> {
        self.reserve()?;
        let now = self.advance(now);
        let (leg, event) = match *signal {
            Signal::Setup { from, dialed } => {
                return Ok(self.neutral_setup(now, self.who(now, from), dialed));
            }
            Signal::OffHook { from } => return Ok(self.off_hook(now, self.who(now, from))),
            Signal::Digit(leg, digit) => return Ok(self.digit(now, leg, digit)),
            Signal::Alerting(leg) => (leg, leg::Event::Alerting),
            Signal::Answer(leg) => (leg, leg::Event::Answer),
            Signal::Release(leg, cause) => (leg, leg::Event::Release(cause)),
            Signal::OnHook(leg) => return Ok(self.on_hook(now, leg)),
            Signal::Hold(leg) => return Ok(self.neutral_hold(now, leg, true)),
            Signal::Retrieve(leg) => return Ok(self.neutral_hold(now, leg, false)),
            Signal::Transfer(leg, dialed) => {
                return Ok(self.neutral_transfer(now, leg, Target::Dialed(dialed)));
            }
            Signal::Join(leg, other) => return Ok(self.neutral_transfer(now, leg, Target::Peer(other))),
        };
        if self.calls.leg(leg).is_none_or(|slot| !slot.neutral) {
            return Ok(Taken::UnknownLeg);
        }
        if let leg::Event::Release(cause) = event {
            self.failed(now, leg, cause);
        } else {
            self.leg_event(now, leg, event, &super::commands::Heard::NOTHING);
        }
        Ok(Taken::Done)
    }

    fn neutral_transfer(&mut self, now: Instant, leg: Handle, target: Target<'_>) -> Taken {
        if self.calls.leg(leg).is_none_or(|slot| !slot.neutral) {
            return Taken::UnknownLeg;
        }
        self.transfer(now, leg, target, &mut |_| {})
    }

    fn neutral_setup(&mut self, now: Instant, from: Party, dialed: &[u8]) -> Taken {
        let emergency = self.policy.as_ref().is_some_and(|policy| is_emergency(&policy.image, dialed));
        if !self.has_place(now, emergency, true) {
            return Taken::Congested;
        }
        let mut commands = Commands::new();
        let asked = Asked { from, dialed, neutral: true, locked_out: false, leg: None, given: None, zone: 0 };
        match self.place(now, &asked, &mut commands) {
            Ok(leg) => {
                self.placed(now, leg, &commands);
                Taken::SetUp { leg }
            }
            Err(Unplaced::NeedsCode(denial)) => match self.wait_for_code(&asked, denial) {
                Some(leg) => {
                    self.ask_for_code(now, leg, denial.rule);
                    Taken::NeedsCode { leg, denial }
                }
                None => Taken::Congested,
            },
            Err(Unplaced::Takes(taking, number)) => self.neutral_taking(now, from, (taking, &number)),
            Err(Unplaced::Set) => Taken::Done,
            Err(Unplaced::Denied(decision)) => match self.intercept(now, &asked, &decision, &mut commands) {
                Some(leg) => {
                    self.placed(now, leg, &commands);
                    Taken::SetUp { leg }
                }
                None => Taken::Denied(decision),
            },
            Err(Unplaced::Congested) => Taken::Congested,
        }
    }

    /// A neutral party takes a call, with everything dialed at once.
    fn neutral_taking(&mut self, now: Instant, from: Party, asked: (Taking, &Digits)) -> Taken {
        let Some(leg) = self.calls.off_hook(from, true, Dialing::NEW) else { return Taken::Congested };
        match self.take_call(now, leg, asked, None) {
            Ok(()) => Taken::SetUp { leg },
            Err((_, decision)) if self.intercept_leg(now, leg, decision.as_ref()) => Taken::SetUp { leg },
            Err((cause, decision)) => {
                self.leg_event(now, leg, leg::Event::Release(cause), &super::commands::Heard::NOTHING);
                decision.map_or(Taken::NotNow, Taken::Denied)
            }
        }
    }

    /// A final refusal, in a transaction, so that a repeated INVITE is not decided (and recorded) twice. When transactions
    /// are scarce it goes without one: emergency and the calls that are up must find some.
    fn refuse(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        source: Flow,
        key: Key,
        tag_cookie: u64,
        cause: Cause,
    ) {
        let status = cause.status();
        if self.transactions_are_scarce() {
            return self.sip.reply(message, source, status, |out| reason(out, cause));
        }
        let tag = render::token(Handle::NONE, tag_cookie);
        let Some(invite) = self.sip.begin_server(message, source, key, Handle::NONE, &tag) else {
            return self.congested(message, source);
        };
        self.sip.respond(now, &mut self.timers, invite, status, |out| reason(out, cause), &Body::NONE);
    }

    /// What the caller's dialog needs to know of its INVITE.
    fn begin_dialog(
        &mut self,
        message: &Message<'_>,
        (offered, terms): (&Summary, session::Terms),
        source: Flow,
        key: Key,
        leg: Handle,
        cookie: u64,
    ) {
        let next_hop = self.next_hop(source, message, false);
        let Some(dialog) = self.sip.begun_by_them(message, (source, next_hop), key, (leg, cookie)) else {
            return;
        };
        let mut offer = self.sip.pages.writer();
        keys::usable_only(&mut offer, message.sdp(), offered);
        let offer = offer.finish().unwrap_or(Text::EMPTY);
        let provisional = Provisional::of_invite(message, cookie);
        self.sip.open_dialog(Dialog { offer, terms, provisional, ..dialog });
    }

    fn trying(&mut self, now: Instant, leg: Handle) {
        let Some(invite) = self.sip.dialog(leg).map(|dialog| dialog.invite) else { return };
        self.sip.respond(now, &mut self.timers, invite, 100, |_| {}, &Body::NONE);
    }
}

/// The longest user part whose escapes are undone; nothing longer is a number.
const MAX_USER: usize = 3 * Digits::MAX;

struct Start<'a> {
    user: &'a [u8],
    scheme: Scheme,
}

fn start<'a>(message: &Message<'a>) -> Start<'a> {
    match &message.start {
        crate::wire::sip::Start::Request { uri, .. } => Start { user: uri.user, scheme: uri.scheme },
        crate::wire::sip::Start::Response { .. } => Start { user: &[], scheme: Scheme::Other },
    }
}

/// What the description in a message says, if it has one; the status for a body that cannot be handed on.
pub(super) fn description(message: &Message<'_>) -> Result<Described, u16> {
    if message.body.is_empty() {
        return Ok(Described::NONE);
    }
    let encoded = message.headers(Name::ContentEncoding).next().is_some();
    if message.sdp().is_empty() || encoded {
        return Err(415);
    }
    Session::parse(message.body).as_ref().map(Described::of).map_err(|_| 400)
}

/// Why media could not be agreed on (section 20.43).
pub(super) fn warning(out: &mut impl Sink, refused: Refused) {
    let code: &[u8] = if refused == Refused::Codec { b"305" } else { b"399" };
    out.line(&[b"Warning: ", code, b" strowger \"", refused.name().as_bytes(), b"\""]);
}

/// The `Reason` header (RFC 3326): the Q.850 cause and, for a denial, the rule's name.
pub(super) fn reason(out: &mut impl Sink, cause: Cause) {
    out.put(b"Reason: Q.850;cause=");
    out.number(u64::from(cause.q850()));
    match cause {
        Cause::Denied(rule) => out.line(&[b";text=\"", rule.name().as_bytes(), b"\""]),
        Cause::Media(refused) => {
            out.line(&[b";text=\"", refused.name().as_bytes(), b"\""]);
            warning(out, refused);
        }
        Cause::Normal | Cause::Preempted | Cause::Status(_) => out.put(b"\r\n"),
    }
    if cause.status() == 503 {
        out.line(&[b"Retry-After: 10"]);
    }
}
