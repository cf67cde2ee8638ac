//! Which of two servers somebody belongs to: when to leave the primary, and when to come back (R83, R84).
//!
//! ```text
//!  Home --Missed `missed` times in a row, idle-------------------> Away    [Go(Secondary)]
//!  Home --Heard--------------------------------------------------> Home    nothing was missed
//!  Away --Heard(Primary) for `return_s` without a miss, idle-----> Home    [Go(Primary)], if that is wanted
//!  Away --the secondary Missed `missed` times, idle--------------> Home    [Go(Primary)]: it may be back
//!  any  --Tick at `beat`-----------------------------------------> same    [Ask]: who we are at, and the primary while away
//!  any  --Busy---------------------------------------------------> same    a call keeps us where we are
//! ```
//! While one of the two is there, and its answers arrive, nobody idle is without a server for longer than [`Terms::longest_ms`].

use crate::base::Instant;

/// How long an answer to a heartbeat is waited for, in milliseconds.
pub const ANSWER_MS: u64 = 4_000;

/// One of the two.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Place {
    /// Where we belong.
    #[default]
    Primary,
    /// Where we go if that is gone.
    Secondary,
}

/// How patient we are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Terms {
    /// Between two heartbeats, in seconds; at least 5.
    pub heartbeat_s: u32,
    /// So many without an answer mean that it is gone; at least 1.
    pub missed: u8,
    /// How long the primary must have answered before we come back, in seconds (R84).
    pub return_s: u32,
    /// Whether we come back by ourselves.
    pub returns: bool,
}

impl Terms {
    /// The defaults of the field: 30 s, 3, 300 s, yes.
    pub const USUAL: Self = Self { heartbeat_s: 30, missed: 3, return_s: 300, returns: true };

    /// How long somebody idle can be without a server at most, in milliseconds, while one of the two is there: it is asked, and not
    /// heard, `missed` times behind a heartbeat that it has answered; then the other is, whose first answer ends it.
    #[must_use]
    pub fn longest_ms(&self) -> u64 {
        let beats = u64::from(self.missed.max(1)).saturating_add(1);
        beats.saturating_mul(self.beat_ms()).saturating_add(ANSWER_MS)
    }

    fn beat_ms(&self) -> u64 {
        u64::from(self.heartbeat_s.max(5)).saturating_mul(1000)
    }
}

/// Where we are.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum State {
    /// At the primary.
    Home {
        /// Heartbeats without an answer, in a row.
        missed: u8,
        /// When the next one is due.
        beat: Instant,
    },
    /// At the secondary.
    Away {
        /// Heartbeats of the secondary without an answer, in a row.
        missed: u8,
        /// The primary has answered each heartbeat since then.
        good: Option<Instant>,
        /// When the next ones are due.
        beat: Instant,
    },
}

/// What happens.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Event {
    /// It has answered: a heartbeat, or anything else.
    Heard(Place),
    /// It has not.
    Missed(Place),
    /// The last call is over.
    Idle,
    /// Time has passed.
    Tick,
}

/// What follows.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Action {
    /// Ask it whether it is there.
    Ask(Place),
    /// Register there from now on.
    Go(Place),
}

/// Actions of one event.
pub type Actions = heapless::Vec<Action, 2>;

impl State {
    /// At the primary, from now on.
    #[must_use]
    pub fn new(now: Instant, terms: &Terms) -> Self {
        Self::Home { missed: 0, beat: now.plus_ms(terms.beat_ms()) }
    }

    /// Where that is.
    #[must_use]
    pub const fn place(&self) -> Place {
        match self {
            Self::Home { .. } => Place::Primary,
            Self::Away { .. } => Place::Secondary,
        }
    }

    /// When [`Event::Tick`] is next wanted. An early tick does nothing.
    #[must_use]
    pub const fn next_deadline(&self) -> Option<Instant> {
        match self {
            Self::Home { beat, .. } | Self::Away { beat, .. } => Some(*beat),
        }
    }

    /// Applies one event; `idle` says that no call keeps us where we are. Constant work.
    pub fn handle(&mut self, now: Instant, event: Event, idle: bool, terms: &Terms) -> Actions {
        let next_beat = now.plus_ms(terms.beat_ms());
        let gone = |missed: u8| missed >= terms.missed.max(1) && idle;
        let stable = |good: Option<Instant>| {
            let long = |good| now.since_ms(good) >= u64::from(terms.return_s).saturating_mul(1000);
            terms.returns && idle && good.is_some_and(long)
        };
        let away = Self::Away { missed: 0, good: None, beat: next_beat };
        let home = Self::Home { missed: 0, beat: next_beat };
        let (next, list): (Self, &[Action]) = match (*self, event) {
            (Self::Home { beat, .. }, Event::Heard(Place::Primary)) => (Self::Home { missed: 0, beat }, &[]),
            (Self::Home { missed, .. }, Event::Missed(Place::Primary)) if gone(missed.saturating_add(1)) => {
                (away, &[Action::Go(Place::Secondary)])
            }
            (Self::Home { missed, beat }, Event::Missed(Place::Primary)) => {
                (Self::Home { missed: missed.saturating_add(1), beat }, &[])
            }
            (Self::Home { missed, .. }, Event::Idle) if gone(missed) => {
                (away, &[Action::Go(Place::Secondary)])
            }
            (Self::Home { missed, beat }, Event::Tick) if now >= beat => {
                (Self::Home { missed, beat: next_beat }, &[Action::Ask(Place::Primary)])
            }
            (Self::Away { good, beat, .. }, Event::Heard(Place::Secondary)) => {
                (Self::Away { missed: 0, good, beat }, &[])
            }
            (Self::Away { missed, .. }, Event::Missed(Place::Secondary))
                if gone(missed.saturating_add(1)) =>
            {
                (home, &[Action::Go(Place::Primary)])
            }
            (Self::Away { missed, good, beat }, Event::Missed(Place::Secondary)) => {
                (Self::Away { missed: missed.saturating_add(1), good, beat }, &[])
            }
            (Self::Away { good, .. }, Event::Heard(Place::Primary)) if stable(good) => {
                (home, &[Action::Go(Place::Primary)])
            }
            (Self::Away { missed, good, beat }, Event::Heard(Place::Primary)) => {
                (Self::Away { missed, good: good.or(Some(now)), beat }, &[])
            }
            (Self::Away { missed, beat, .. }, Event::Missed(Place::Primary)) => {
                (Self::Away { missed, good: None, beat }, &[])
            }
            (Self::Away { missed, good, .. }, Event::Idle) if gone(missed) || stable(good) => {
                (home, &[Action::Go(Place::Primary)])
            }
            (Self::Away { missed, good, beat }, Event::Tick) if now >= beat => (
                Self::Away { missed, good, beat: next_beat },
                &[Action::Ask(Place::Secondary), Action::Ask(Place::Primary)],
            ),
            // The secondary is not asked while we are at home; early ticks; a call that ends where all is well.
            (
                same @ Self::Home { .. },
                Event::Heard(Place::Secondary) | Event::Missed(Place::Secondary) | Event::Idle | Event::Tick,
            )
            | (same @ Self::Away { .. }, Event::Idle | Event::Tick) => (same, &[]),
        };
        *self = next;
        Actions::from_slice(list).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
