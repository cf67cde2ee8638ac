//! What the phone of a set tells, as its set's user gets it; and where the set awaits sound.

use super::{Appearance, Next, Set};
use crate::base::{Crypto, Handle, Instant};
use crate::call::Cause;
use crate::phone::{Notice, Output};
use crate::policy::Rule;
use crate::wire::set::Tone;
use core::net::SocketAddr;

/// How long a tone is heard that says something has happened, in milliseconds.
const MOMENT_MS: u64 = 1_500;

impl<C: Crypto> Set<'_, C> {
    /// The phone tells something. A call that finds no line key is refused when it has told everything.
    pub(super) fn heard(&mut self, now: Instant, output: Output, text: &[u8]) {
        match output {
            Output::Incoming(line) => self.incoming(line),
            Output::Ringing(_) | Output::Held(..) | Output::Server(_) | Output::Standing(_) => {}
            Output::Notice(_, Notice::Code) => self.moment = None,
            Output::Notice(_, Notice::Dear) => self.moment(now, Tone::Warning),
            Output::Up(_) => {}
            Output::Sound(line) => {
                if let Some(count) = place(line).and_then(|place| self.agreements.get_mut(place)) {
                    *count = count.wrapping_add(1);
                }
                if let Some(heard) = place(line).and_then(|place| self.heard.get_mut(place)) {
                    *heard = true;
                }
            }
            Output::Changed(line, status) => {
                if status >= 300 {
                    self.say(now, format_args!("Not held: {status}"));
                    self.not_changed(line);
                }
            }
            Output::Referred(_, status) => match status {
                100..=199 => {}
                200..=299 => {
                    self.joining = None;
                    self.moment(now, Tone::Confirmation);
                }
                _ => {
                    self.say(now, format_args!("Not transferred: {status}"));
                    self.not_joined();
                }
            },
            Output::Text { .. } => {
                self.say(now, format_args!("{}", core::str::from_utf8(text).unwrap_or("?")));
            }
            Output::Over { line, status, rule } => self.over_with(now, line, status, rule),
            Output::Send { .. } => {}
        }
    }

    /// The set receives a stream at this address, or cannot.
    pub(super) fn opened(&mut self, stream: u8, generation: u16, at: Option<SocketAddr>) {
        let index = usize::from(stream);
        let in_call = self.phone.lines().any(|(line, state)| place(line) == Some(index) && !state.is_over());
        let Some(one) = self.streams.get_mut(index) else { return };
        if one.opened(generation, at.is_some(), in_call)
            && let Some(at) = at
        {
            self.phone.await_sound(stream.into(), at);
        }
    }

    /// It was not held, or is held still: its user talks to whom he talks.
    fn not_changed(&mut self, line: Handle) {
        let Some(place) = self.appearance_of(line) else { return };
        match (self.phone.holds(line), self.active) {
            (true, Some(active)) if active == place => self.active = None,
            (false, None) => self.active = Some(place),
            (true | false, _) => {}
        }
    }

    /// Two who were to be joined are not: the one is held, and with the other it goes on as it was, unless the handset is down.
    fn not_joined(&mut self) {
        let Some((first, other)) = self.joining.take() else { return };
        match self.call_on(other) {
            Some(_) if self.off && self.active.is_none() => {
                (self.active, self.transferring) = (Some(other), self.call_on(first).map(|_| first));
            }
            Some(line) if !self.off => self.then(Next::HangUp(line)),
            Some(_) | None => {}
        }
    }

    fn incoming(&mut self, line: Handle) {
        let place = self.free_place().filter(|_| self.connection.is_up());
        match place.and_then(|place| self.appearances.get_mut(place)) {
            Some(one) => *one = Appearance::Call(line),
            None => self.then(Next::HangUp(line)),
        }
    }

    fn over_with(&mut self, now: Instant, line: Handle, status: u16, rule: Option<Rule>) {
        let index = place(line);
        if let Some(stream) = index.and_then(|index| self.streams.get_mut(index)) {
            stream.renew();
        }
        let spoken = index.and_then(|index| self.heard.get_mut(index)).is_some_and(core::mem::take);
        let Some(place) = self.appearance_of(line) else { return };
        let active = self.active == Some(place);
        self.free(place);
        if let Some(rule) = rule {
            self.say_rule(now, rule);
        }
        if !active {
            return;
        }
        match (status, rule) {
            // A code was dialed, and what it is for is done: nobody was spoken to.
            (200, _) if !spoken => self.failed(now, place, Cause::Normal),
            (200, _) => {}
            (_, Some(rule)) => self.failed(now, place, Cause::Denied(rule)),
            (status, None) => self.failed(now, place, Cause::Status(status)),
        }
    }

    fn moment(&mut self, now: Instant, tone: Tone) {
        self.moment = Some((tone, now.plus_ms(MOMENT_MS)));
    }
}

/// The place of a line among those of the phone; its stream has the same.
pub(super) fn place(line: Handle) -> Option<usize> {
    usize::try_from(line.index()).ok()
}
