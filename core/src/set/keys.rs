//! What the user of a set does: hook and keys, and what each means where it is pressed.
//!
//! ```text
//!               nothing active    dials            calls or is refused   talks               rings on another line
//!  off hook     answers or seizes  -               -                     -                   answers
//!  on hook      -                 gives up         gives up              clears, or joins    -
//!  digit        seizes, dials     dials            gives a code          the set's own       -
//!  line, idle   seizes            moves there      - (refused: moves)    holds, seizes
//!  line, rings  answers           gives up, answers  -                   holds, answers
//!  line, held   retrieves         gives up, retrieves -                  holds, retrieves
//!  Hold         -                 -                -                     holds
//!  Transfer     -                 -                joins (when it rings) joins, or holds and seizes
//!  Cancel       refuses, clears held  gives up      gives up              clears
//!  Redial       seizes, dials     dials            -                     -
//! ```

use super::{Appearance, Next, PLACES, Set};
use crate::base::{Crypto, Digit, Instant};
use crate::phone::Taken;
use crate::phone::line::State;
use crate::wire::set::Key;

impl<C: Crypto> Set<'_, C> {
    /// The handset is lifted, or put back.
    pub(super) fn hook(&mut self, now: Instant, off: bool) {
        if self.off == off {
            return;
        }
        self.off = off;
        self.text = None;
        match (off, self.active) {
            (true, None) => match self.ringing() {
                Some(place) => self.then(Next::Answer(place)),
                None => self.seize_free(now),
            },
            (true, Some(_)) | (false, None) => {}
            (false, Some(place)) => {
                if !self.joins(now) {
                    self.clear(now, place);
                }
            }
        }
    }

    /// A key is pressed.
    pub(super) fn key(&mut self, now: Instant, key: Key) {
        self.text = None;
        match key {
            Key::Digit(digit) => self.digit(now, digit),
            Key::Line(line) => self.select(now, usize::from(line).saturating_sub(1)),
            Key::Hold => {
                if let Some(place) = self.active.filter(|place| self.talks_on(*place)) {
                    let _ = self.set_aside(now, place);
                }
            }
            Key::Transfer => self.transfer(now),
            Key::Cancel => match (self.active, self.ringing()) {
                (Some(place), _) => self.clear(now, place),
                (None, Some(place)) => self.clear(now, place),
                // Whoever cannot be talked to again must not be held for ever.
                (None, None) => {
                    if let Some(place) = (0..PLACES).find(|place| self.call_on(*place).is_some()) {
                        self.clear(now, place);
                    }
                }
            },
            Key::Redial => {
                if self.active.is_none() {
                    self.seize_free(now);
                }
                if self.is_dialing() {
                    self.dial_last(now);
                }
            }
        }
    }

    fn digit(&mut self, now: Instant, digit: Digit) {
        if self.active.is_none() {
            self.seize_free(now);
        }
        if self.is_dialing() {
            self.dial_digit(now, digit);
        } else if let Some(line) = self.active.and_then(|place| self.call_on(place)) {
            // A digit of the account code that is asked for; in a call the set sends its digits itself.
            let _ = self.phone.press(now, line, digit);
        }
    }

    /// A line key.
    fn select(&mut self, now: Instant, place: usize) {
        if place >= usize::from(self.config.lines) || self.active == Some(place) {
            return;
        }
        let Some(target) = self.appearances.get(place).copied() else { return };
        if let Some(active) = self.active {
            match self.appearances.get(active).copied() {
                Some(Appearance::Dialing) => self.abandon_dialing(now),
                // Whoever is called cannot be held.
                Some(Appearance::Call(_)) if !self.set_aside(now, active) => {
                    return self.say(now, format_args!("Hang up or wait first"));
                }
                Some(Appearance::Call(_) | Appearance::Idle) | None => {}
            }
        }
        match target {
            Appearance::Idle | Appearance::Dialing => self.seize(now, place),
            Appearance::Call(line) => match self.phone.state(line) {
                Some(State::Ringing { .. }) => self.then(Next::Answer(place)),
                Some(_) => self.then(Next::Retrieve(place)),
                None => {}
            },
        }
    }

    fn transfer(&mut self, now: Instant) {
        if self.transferring.is_some() {
            let _ = self.joins(now);
            return;
        }
        let Some(place) = self.active.filter(|place| self.talks_on(*place)) else { return };
        let Some(free) = self.place_to_dial() else {
            return self.say(now, format_args!("No line is free"));
        };
        if self.set_aside(now, place) {
            self.transferring = Some(place);
            self.seize(now, free);
        }
    }

    /// Joins who is to be transferred with who is called or talked to; false if there is nobody to be joined.
    fn joins(&mut self, now: Instant) -> bool {
        let (Some(first), Some(active)) = (self.transferring, self.active) else { return false };
        let (Some(held), Some(other)) = (self.call_on(first), self.call_on(active)) else { return false };
        if !matches!(self.phone.state(other), Some(State::Talking | State::Alerted)) {
            return false;
        }
        let taken = self.phone.join(now, held, other);
        if taken != Ok(Taken::Done) {
            return false;
        }
        // Both end when it is done. Until then nobody is talked to.
        (self.transferring, self.active, self.joining) = (None, None, Some((first, active)));
        true
    }

    /// Something is to be done when the phone has told everything.
    pub(super) fn then(&mut self, next: Next) {
        // There is room: see NEXT.
        let _ = self.next.push_back(next);
    }

    /// Does the next thing that waits; false if nothing does.
    pub(super) fn does_next(&mut self, now: Instant) -> bool {
        let Some(next) = self.next.pop_front() else { return false };
        match next {
            Next::HangUp(line) => {
                let _ = self.phone.hang_up(now, line);
            }
            Next::Unregister => {
                let _ = self.phone.unregister(now);
            }
            Next::Answer(place) => {
                let taken = self.call_on(place).map(|line| self.phone.answer(now, line));
                if taken == Some(Ok(Taken::Done)) {
                    self.active = Some(place);
                }
            }
            // Whoever was talked to is held by now.
            Next::Retrieve(place) => {
                let Some(line) = self.call_on(place) else { return true };
                // Whose hold was refused is talked to already.
                let talks = !self.phone.holds(line) && self.talks_on(place);
                if talks || self.phone.hold(now, line, false) == Ok(Taken::Done) {
                    self.active = Some(place);
                    self.transferring = self.transferring.filter(|first| *first != place);
                }
            }
        }
        true
    }

    /// Clears what is on an appearance.
    pub(super) fn clear(&mut self, now: Instant, place: usize) {
        let active = self.active == Some(place);
        match self.appearances.get(place) {
            Some(Appearance::Dialing) => self.abandon_dialing(now),
            Some(Appearance::Call(line)) => {
                let _ = self.phone.hang_up(now, *line);
            }
            Some(Appearance::Idle) | None => {}
        }
        if active {
            // Whoever was to be transferred there stays on hold.
            (self.active, self.transferring) = (None, None);
        }
    }

    /// Holds who is talked to; false if that cannot be.
    fn set_aside(&mut self, now: Instant, place: usize) -> bool {
        // Where there is no key nobody comes back to.
        if place >= usize::from(self.config.lines) {
            self.say(now, format_args!("No line is free"));
            return false;
        }
        let held =
            self.call_on(place).is_some_and(|line| self.phone.hold(now, line, true) == Ok(Taken::Done));
        if held {
            self.active = None;
        }
        held
    }

    /// An appearance has nothing on it any more.
    pub(super) fn free(&mut self, place: usize) {
        if let (Some(one), Some(shown)) = (self.appearances.get_mut(place), self.shown.get_mut(place)) {
            (*one, *shown) = (Appearance::Idle, u8::MAX);
        }
        for role in [&mut self.active, &mut self.transferring] {
            if *role == Some(place) {
                *role = None;
            }
        }
        self.joining = self.joining.filter(|(first, other)| *first != place && *other != place);
    }

    fn seize_free(&mut self, now: Instant) {
        match self.place_to_dial() {
            Some(place) => self.seize(now, place),
            None => self.say(now, format_args!("No line is free")),
        }
    }

    /// The first line key with nothing on it.
    pub(super) fn free_place(&self) -> Option<usize> {
        let own = self.appearances.iter().take(self.config.lines.into());
        own.enumerate().find(|(_, one)| **one == Appearance::Idle).map(|(place, _)| place)
    }

    /// The same, or the place without a key.
    fn place_to_dial(&self) -> Option<usize> {
        let hidden = PLACES.saturating_sub(1);
        let idle = self.appearances.get(hidden) == Some(&Appearance::Idle);
        self.free_place().or(if idle { Some(hidden) } else { None })
    }

    /// Calls that are over without a word about it, as when the phone has made room for a call for help.
    pub(super) fn forget_over(&mut self) {
        for place in 0..PLACES {
            let state = self.call_on(place).map(|line| self.phone.state(line));
            if state.is_some_and(|state| state.is_none_or(|state| state.is_over())) {
                self.free(place);
            }
        }
    }

    /// The first line key that rings.
    pub(super) fn ringing(&self) -> Option<usize> {
        let rings = |place: &usize| {
            let state = self.call_on(*place).and_then(|line| self.phone.state(line));
            matches!(state, Some(State::Ringing { .. }))
        };
        (0..self.appearances.len()).find(rings)
    }

    fn is_dialing(&self) -> bool {
        self.active.is_some_and(|place| self.appearances.get(place) == Some(&Appearance::Dialing))
    }

    fn talks_on(&self, place: usize) -> bool {
        self.call_on(place).is_some_and(|line| self.phone.state(line) == Some(State::Talking))
    }
}
