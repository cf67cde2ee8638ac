//! Whether the party of a dialog is still there (RFC 4028), one machine for each dialog.
//!
//! ```text
//!  Off     --Up(they refresh)-------> Theirs     silence until shortly before the interval ends means that they are gone
//!  Off     --Up(we ask)-------------> Ours       at half the interval
//!  any but Off --Up-----------------> as agreed  every refresh says anew who refreshes, and how often
//!  Theirs  --Tick at until----------> Off        [Gone]
//!  Ours    --Tick at `at`-----------> Asking     [Ask]: UPDATE, or OPTIONS where the party has not agreed on a timer
//!  Asking  --Answered---------------> Ours
//!  Asking  --Lost (408, 481)--------> Off        [Gone] (RFC 4028 section 10)
//! ```
//! A party that knows session timers refreshes itself, unless it wants us to and takes UPDATE. One that does not know them is
//! asked by OPTIONS: whoever is there answers, with whatever status.

use crate::base::Instant;
use crate::wire::sip::{Message, Name, Refresher};

/// The interval that we ask for, in seconds.
pub const INTERVAL_S: u32 = 1_800;
/// The shortest interval that is agreed on, in seconds (section 5).
pub const SHORTEST_S: u32 = 90;
/// The longest, in seconds: nobody needs a day to notice.
const LONGEST_S: u32 = 86_400;
/// Silence counts as loss this long before the interval ends, at most (section 10).
const MARGIN_S: u32 = 32;

/// Who finds out whether the party is there.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum By {
    /// It refreshes the session.
    Them,
    /// We refresh by UPDATE.
    Update,
    /// We ask by OPTIONS.
    #[default]
    Options,
}

/// What two sides agree on for their dialog.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Terms {
    /// Who.
    pub by: By,
    /// The interval in seconds.
    pub interval_s: u32,
}

impl Terms {
    /// The party is asked by OPTIONS.
    pub const ASKED: Self = Self { by: By::Options, interval_s: INTERVAL_S };

    /// Of a party's request (section 9, table 2).
    ///
    /// # Errors
    /// The interval is too short: 422 with `Min-SE`.
    pub fn of_request(message: &Message<'_>) -> Result<Self, TooShort> {
        let lists = |first: Option<&[u8]>, name| first.is_some() && message.lists(name, b"timer");
        if !lists(message.supported, Name::Supported) && !lists(message.require, Name::Require) {
            return Ok(Self::ASKED);
        }
        let asked = message.session_expires;
        if asked.is_some_and(|asked| asked.seconds < SHORTEST_S) {
            return Err(TooShort);
        }
        let longest = message.min_se.unwrap_or(SHORTEST_S).max(LONGEST_S);
        let interval_s = match asked {
            Some(asked) => asked.seconds.min(longest),
            None => INTERVAL_S.max(message.min_se.unwrap_or(0)),
        };
        let ours = asked.is_some_and(|asked| asked.refresher == Some(Refresher::Uas));
        Ok(match (ours, message.lists(Name::Allow, b"UPDATE")) {
            (false, _) => Self { by: By::Them, interval_s },
            (true, true) => Self { by: By::Update, interval_s },
            // It could be refreshed by a description only, and that is the other side's: no timer is agreed on.
            (true, false) => Self::ASKED,
        })
    }

    /// Of the 2xx to a request of ours (section 7.2).
    #[must_use]
    pub fn of_answer(message: &Message<'_>) -> Self {
        let Some(said) = message.session_expires else { return Self::ASKED };
        let interval_s = said.seconds.clamp(SHORTEST_S, LONGEST_S);
        match (said.refresher, message.lists(Name::Allow, b"UPDATE")) {
            (Some(Refresher::Uas), _) => Self { by: By::Them, interval_s },
            (Some(Refresher::Uac) | None, true) => Self { by: By::Update, interval_s },
            (Some(Refresher::Uac) | None, false) => Self { by: By::Options, interval_s },
        }
    }
}

/// An interval under [`SHORTEST_S`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TooShort;

/// The machine.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Session {
    /// The call is not up, or not watched.
    #[default]
    Off,
    /// They refresh.
    Theirs {
        /// When silence means that they are gone.
        until: Instant,
    },
    /// We ask.
    Ours {
        /// What was agreed on.
        terms: Terms,
        /// When.
        at: Instant,
    },
    /// We have asked.
    Asking {
        /// What was agreed on.
        terms: Terms,
    },
}

/// What happens.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Event {
    /// The dialog is up, or was refreshed, on these terms.
    Up(Terms),
    /// They have answered what we asked.
    Answered,
    /// They have not, or do not know the dialog.
    Lost,
    /// Time has passed.
    Tick,
}

/// What follows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// Ask whether they are there.
    Ask(Terms),
    /// They are gone.
    Gone,
}

impl Session {
    /// When [`Event::Tick`] is next wanted. An early tick does nothing.
    #[must_use]
    pub const fn next_deadline(&self) -> Option<Instant> {
        match self {
            Self::Theirs { until } => Some(*until),
            Self::Ours { at, .. } => Some(*at),
            Self::Off | Self::Asking { .. } => None,
        }
    }

    /// Applies one event. Constant work.
    pub fn handle(&mut self, now: Instant, event: Event) -> Option<Action> {
        let (next, action) = match (*self, event) {
            (_, Event::Up(terms)) => (Self::up(now, terms), None),
            (Self::Theirs { until }, Event::Tick) if until <= now => (Self::Off, Some(Action::Gone)),
            (Self::Ours { terms, at }, Event::Tick) if at <= now => {
                (Self::Asking { terms }, Some(Action::Ask(terms)))
            }
            (Self::Asking { terms }, Event::Answered) => (Self::up(now, terms), None),
            (Self::Asking { .. }, Event::Lost) => (Self::Off, Some(Action::Gone)),
            // Early ticks, and answers to what nobody waits for any more: a refresh of theirs came meanwhile.
            (
                same @ (Self::Theirs { .. } | Self::Ours { .. }),
                Event::Tick | Event::Answered | Event::Lost,
            )
            | (same @ Self::Asking { .. }, Event::Tick)
            | (same @ Self::Off, Event::Tick | Event::Answered | Event::Lost) => (same, None),
        };
        *self = next;
        action
    }

    fn up(now: Instant, terms: Terms) -> Self {
        let Terms { by, interval_s } = terms;
        let after = |seconds: u32| now.plus_ms(u64::from(seconds).saturating_mul(1000));
        match by {
            By::Them => {
                let margin = MARGIN_S.min(interval_s / 3);
                Self::Theirs { until: after(interval_s.saturating_sub(margin)) }
            }
            By::Update | By::Options => Self::Ours { terms, at: after(interval_s / 2) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashSet, VecDeque};
    use std::vec::Vec;

    const TERMS: [Terms; 4] = [
        Terms { by: By::Them, interval_s: 90 },
        Terms { by: By::Them, interval_s: 1_800 },
        Terms { by: By::Update, interval_s: 240 },
        Terms::ASKED,
    ];

    fn after(seconds: u64) -> Instant {
        Instant(seconds * 1000)
    }

    #[test]
    fn the_margin_is_a_third_and_at_most_32_s() {
        for (terms, due) in TERMS.into_iter().zip([60, 1_768, 120, 900]) {
            let mut session = Session::Off;
            assert_eq!(session.handle(after(0), Event::Up(terms)), None);
            assert_eq!(session.next_deadline(), Some(after(due)));
            assert_eq!(session.handle(after(due - 1), Event::Tick), None);
            let action = session.handle(after(due), Event::Tick);
            let wanted = if terms.by == By::Them { Action::Gone } else { Action::Ask(terms) };
            assert_eq!(action, Some(wanted));
        }
    }

    /// Every state that events lead to, time left as it is to a deadline: nobody who is watched is forgotten, nobody is
    /// cleared who was not silent, and who is gone is told of once.
    #[test]
    fn every_state_is_watched_or_over() {
        let mut seen = HashSet::from([Session::Off]);
        let mut todo = VecDeque::from([Session::Off]);
        let now = after(0);
        while let Some(state) = todo.pop_front() {
            let ups = TERMS.map(Event::Up);
            let events: Vec<_> = ups.into_iter().chain([Event::Answered, Event::Lost]).collect();
            let due = state.next_deadline().map(|due| (due, Event::Tick));
            for (at, event) in
                events.into_iter().map(|event| (now, event)).chain([(now, Event::Tick)]).chain(due)
            {
                let mut next = state;
                let action = next.handle(at, event);
                let asking = matches!(next, Session::Asking { .. });
                let over = next == Session::Off;
                assert!(over || asking || next.next_deadline().is_some_and(|due| due > at));
                assert_eq!(
                    action == Some(Action::Gone),
                    over && state != Session::Off,
                    "{state:?} {event:?}"
                );
                assert_eq!(
                    matches!(action, Some(Action::Ask(_))),
                    asking && !matches!(state, Session::Asking { .. })
                );
                // Time goes on from where it was: what matters is how far a deadline is away.
                let next = match next {
                    Session::Theirs { until } => Session::Theirs { until: Instant(until.since_ms(at)) },
                    Session::Ours { terms, at: due } => {
                        Session::Ours { terms, at: Instant(due.since_ms(at)) }
                    }
                    other => other,
                };
                if seen.insert(next) {
                    todo.push_back(next);
                }
            }
        }
        std::println!("{} states", seen.len());
        assert_eq!(seen.len(), 7, "off, two that they refresh, two of ours, and each of those asking");
    }
}
