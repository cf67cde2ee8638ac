//! Digits of a set, one by one: the [`dialing`](crate::call::dialing) machine, with the exchange asked what each has made of them.

use super::{Appearance, Set};
use crate::base::{Crypto, Digit, Digits, Instant};
use crate::call::Cause;
use crate::call::dialing::{Action, Event, Found, State, Timing, Tone as Heard};
use crate::exchange::Dialed;
use crate::phone::Taken;
use crate::policy::Rule;
use crate::wire::set::Tone;

/// Whether the exchange is asked.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Ask {
    #[default]
    No,
    /// It is to be asked.
    Due,
    /// Its answer is awaited: digits wait.
    Out,
}

/// What is being dialed, on the appearance that is [`Appearance::Dialing`].
#[derive(Clone, Debug)]
pub(super) struct Dial {
    pub(super) state: State,
    pub(super) number: Digits,
    /// Digits that came while the exchange was asked.
    ahead: Digits,
    pub(super) ask: Ask,
    timing: Timing,
    /// So many digits are shown, the others are a PIN or a code.
    pub(super) shown: u8,
    pub(super) tone: Tone,
}

impl Dial {
    pub(super) const NONE: Self = Self {
        state: State::Idle,
        number: Digits::EMPTY,
        ahead: Digits::EMPTY,
        ask: Ask::No,
        timing: Timing::FIELD,
        shown: u8::MAX,
        tone: Tone::Silence,
    };

    /// What its user is refused with, if it is: the cause, until the tone ends.
    pub(super) const fn refused(&self) -> Option<Cause> {
        match self.state {
            State::Refused { cause, .. } => Some(cause),
            State::Idle
            | State::Tone { .. }
            | State::Begun { .. }
            | State::Doubtful { .. }
            | State::Open { .. }
            | State::Code { .. }
            | State::Over => None,
        }
    }
}

impl<C: Crypto> Set<'_, C> {
    /// What the exchange has said of the digits that it was asked about.
    pub fn found(&mut self, now: Instant, dialed: &Dialed) {
        if self.dial.ask != Ask::Out {
            return;
        }
        self.dial.ask = Ask::No;
        (self.dial.timing, self.dial.shown) = (dialed.timing, dialed.shown);
        if self.dial.number.is_empty() {
            // Only now is it known how long the first digit is awaited.
            if let State::Tone { until } = &mut self.dial.state {
                *until = now.plus_s(dialed.timing.first_s.into());
            }
        } else {
            self.dial_event(now, Event::Digit(dialed.found));
            if dialed.second && matches!(self.dial.state, State::Begun { .. }) {
                self.dial.tone = Tone::SecondDial;
            }
        }
        self.next_ahead(now);
    }

    /// Takes an appearance for dialing.
    pub(super) fn seize(&mut self, now: Instant, place: usize) {
        let Some(one) = self.appearances.get_mut(place) else { return };
        *one = Appearance::Dialing;
        self.active = Some(place);
        self.dial = Dial::NONE;
        self.dial_event(now, Event::OffHook { code_first: false });
        self.dial.ask = Ask::Due;
    }

    /// A digit is pressed where its user dials.
    pub(super) fn dial_digit(&mut self, now: Instant, digit: Digit) {
        if self.dial.ask != Ask::No {
            // More than that nobody dials ahead.
            let _ = self.dial.ahead.push(digit.ascii());
            return;
        }
        match self.dial.state {
            State::Open { .. } if digit == Digit::HASH => self.dial_event(now, Event::End),
            State::Tone { .. } | State::Begun { .. } | State::Doubtful { .. } | State::Open { .. } => {
                match self.dial.number.push(digit.ascii()) {
                    Ok(()) => self.dial.ask = Ask::Due,
                    // Nothing so long is a number.
                    Err(_) => self.dial_event(now, Event::Digit(Found::Whole)),
                }
            }
            State::Idle | State::Code { .. } | State::Refused { .. } | State::Over => {}
        }
    }

    /// The last number again.
    pub(super) fn dial_last(&mut self, now: Instant) {
        if self.dial.number.is_empty() && !self.last.is_empty() && self.dial.refused().is_none() {
            self.dial.number = self.last;
            (self.dial.ask, self.dial.shown) = (Ask::No, u8::MAX);
            self.dial_event(now, Event::Digit(Found::Whole));
        }
    }

    /// The call that was made on this appearance has failed: its user hears why until he hangs up, or the tone ends.
    pub(super) fn failed(&mut self, now: Instant, place: usize, cause: Cause) {
        let timing = self.dial.timing;
        self.seize(now, place);
        (self.dial.ask, self.dial.timing) = (Ask::No, timing);
        self.dial_event(now, Event::Refused(cause));
    }

    /// What was being dialed is not dialed.
    pub(super) fn abandon_dialing(&mut self, now: Instant) {
        let _ = self.dial.state.handle(now, Event::OnHook, &self.dial.timing);
        self.dial = Dial { timing: self.dial.timing, ..Dial::NONE };
        let dialing = self.appearances.iter().position(|one| *one == Appearance::Dialing);
        if let Some(place) = dialing {
            self.free(place);
        }
    }

    pub(super) fn dial_due(&mut self, now: Instant) {
        self.dial_event(now, Event::Tick);
    }

    fn next_ahead(&mut self, now: Instant) {
        while self.dial.ask == Ask::No {
            let mut ahead = self.dial.ahead.as_bytes().iter();
            let Some(digit) = ahead.next().copied().and_then(Digit::from_ascii) else { return };
            self.dial.ahead = Digits::written(ahead.as_slice()).unwrap_or_default();
            self.dial_digit(now, digit);
        }
    }

    fn dial_event(&mut self, now: Instant, event: Event) {
        let action = self.dial.state.handle(now, event, &self.dial.timing);
        match action {
            None | Some(Action::Check) => {}
            Some(Action::Hear(tone)) => self.dial.tone = heard(tone),
            Some(Action::Place) => self.place(now),
            Some(Action::Refuse(cause)) => self.dial.tone = refused(cause),
            Some(Action::Release(_)) => self.abandon_dialing(now),
        }
    }

    fn place(&mut self, now: Instant) {
        let number = self.dial.number;
        let place = self.appearances.iter().position(|one| *one == Appearance::Dialing);
        let Some(place) = place else { return };
        if number.is_empty() {
            return self.dial_event(now, Event::Refused(Cause::Denied(Rule::NumberIncomplete)));
        }
        // What is not shown is not kept either.
        if usize::from(self.dial.shown) >= number.len() {
            self.last = number;
        }
        let shown = self.dial.shown;
        match self.phone.dial(now, number.as_bytes()) {
            Ok(Taken::Line(line)) => {
                self.abandon_dialing(now);
                if let Some(own) = self.shown.get_mut(place) {
                    *own = shown;
                }
                if let Some(one) = self.appearances.get_mut(place) {
                    *one = Appearance::Call(line);
                }
                self.active = Some(place);
            }
            Ok(Taken::Denied(denial)) => {
                self.say_rule(now, denial.rule);
                self.dial_event(now, Event::Refused(Cause::Denied(denial.rule)));
            }
            Ok(Taken::Done | Taken::NotNow | Taken::Congested | Taken::UnknownLine) | Err(_) => {
                self.dial_event(now, Event::Refused(Cause::CONGESTION));
            }
        }
    }
}

/// The tone of the protocol.
const fn heard(tone: Heard) -> Tone {
    match tone {
        Heard::Silence => Tone::Silence,
        Heard::Dial => Tone::Dial,
        Heard::SecondDial => Tone::SecondDial,
        Heard::AccountCode => Tone::AccountCode,
        Heard::Warning => Tone::Warning,
        Heard::Confirmation => Tone::Confirmation,
        Heard::Reorder => Tone::Reorder,
        Heard::Busy => Tone::Busy,
        Heard::CampOn => Tone::CampOn,
        Heard::Intrusion => Tone::Intrusion,
    }
}

/// What a caller hears who is refused (domain 1.2).
const fn refused(cause: Cause) -> Tone {
    match cause {
        Cause::Normal => Tone::Confirmation,
        Cause::Status(480 | 486 | 600 | 603) | Cause::Denied(Rule::TrunkBusy) => Tone::Busy,
        Cause::Status(_) | Cause::Denied(_) | Cause::Preempted | Cause::Media(_) => Tone::Reorder,
    }
}
