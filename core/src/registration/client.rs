//! Our own registration with a registrar, as a trunk's at its carrier (RFC 3261 section 10.2): when to ask, and what came of it.
//!
//! ```text
//!  Off               --Begin----------------------> Waiting    due at once
//!  Waiting           --Tick at again--------------> Asking     Ask
//!  Asking            --Granted--------------------> Bound      Told: Registered, unless it was
//!  Asking            --TooBrief (longer)----------> Asking     Ask, for so long
//!  Asking            --Refused, Unanswered--------> Waiting    Told; the wait doubles each time
//!  Asking            --Granted, for no time-------> Waiting    the same
//!  Bound             --Tick at renew--------------> Asking     Ask
//!  Asking, Waiting   --Tick at until--------------> same       Told: Lapsed
//!  Bound             --Lost-----------------------> Waiting    Told: Lost; due soon
//!  Asking, Waiting   --Lost-----------------------> same       Told: Lost, if it was bound
//!  any               --Begin----------------------> Waiting    due at once: it is somewhere else
//!  any               --End------------------------> Off
//! ```

use crate::base::Instant;

/// What is asked for first, in seconds.
pub const WANTED_S: u32 = 3600;
/// The longest that a registrar can make us ask for, in seconds (RFC 3261 section 10.3: an expiry is at most that of a day here).
pub const LONGEST_S: u32 = 86_400;
/// The first wait after a failure, in seconds; each further one is twice as long (RFC 5626 section 4.5).
pub const FIRST_WAIT_S: u64 = 30;
/// The longest wait, in seconds.
pub const LONGEST_WAIT_S: u64 = 1800;
/// A registrar's Retry-After is honoured up to this, in seconds.
pub const LONGEST_RETRY_S: u32 = 3600;

/// How we stand there.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Standing {
    /// We are registered, for so many seconds.
    Registered {
        /// Seconds granted.
        expires_s: u32,
    },
    /// The registrar refuses, with this status (200: it grants no time); 401 and 407 mean that our credentials are wrong or none that it may have. It is asked
    /// again later.
    Refused {
        /// The status.
        status: u16,
    },
    /// It does not answer. It is asked again later.
    Unanswered,
    /// We are not registered any more: it was not renewed in time.
    Lapsed,
    /// The connection that it went over is closed. It is asked again soon.
    Lost,
}

/// Where it is.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum State {
    /// We do not register.
    #[default]
    Off,
    /// A REGISTER is out.
    Asking {
        /// Seconds asked for.
        wanted_s: u32,
        /// We are registered until then.
        until: Option<Instant>,
        /// Failures since it last went well.
        failures: u8,
    },
    /// We are registered.
    Bound {
        /// Seconds asked for.
        wanted_s: u32,
        /// When to ask again.
        renew: Instant,
        /// Until when.
        until: Instant,
    },
    /// It failed, or has not begun.
    Waiting {
        /// Seconds asked for.
        wanted_s: u32,
        /// We are still registered until then.
        until: Option<Instant>,
        /// Failures since it last went well.
        failures: u8,
        /// When to ask again.
        again: Instant,
    },
}

/// What happens. `dice` is random: many who register at one place must not do so at the same moment.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Event {
    /// It is known where the registrar is.
    Begin,
    /// 2xx.
    Granted {
        /// Seconds granted.
        expires_s: u32,
        /// Random.
        dice: u8,
    },
    /// 423: the registrar wants at least so many seconds.
    TooBrief {
        /// Its Min-Expires.
        least_s: u32,
        /// Random.
        dice: u8,
    },
    /// Any other final answer.
    Refused {
        /// Its status.
        status: u16,
        /// Its Retry-After in seconds, or 0.
        retry_after_s: u32,
        /// Random.
        dice: u8,
    },
    /// No answer came, or it could not be sent.
    Unanswered {
        /// Random.
        dice: u8,
    },
    /// The connection that went there is closed.
    Lost {
        /// Random.
        dice: u8,
    },
    /// Time has passed.
    Tick,
    /// The policy does not want it any more.
    End,
}

/// What follows.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Outcome {
    /// Send a REGISTER for so many seconds.
    Ask(u32),
    /// Tell how we stand.
    Told(Standing),
    /// Nothing.
    Nothing,
}

impl State {
    /// When [`Event::Tick`] is next wanted. An early tick does nothing.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        match *self {
            Self::Off => None,
            Self::Asking { until, .. } => until,
            Self::Bound { renew, .. } => Some(renew),
            Self::Waiting { again, until, .. } => Some(until.map_or(again, |until| until.min(again))),
        }
    }

    /// Applies one event. Constant work.
    pub fn handle(&mut self, now: Instant, event: Event) -> Outcome {
        let (next, outcome) = match (*self, event) {
            (_, Event::Begin) => {
                let begun = Self::Waiting { wanted_s: WANTED_S, until: None, failures: 0, again: now };
                (begun, Outcome::Nothing)
            }
            (_, Event::End) => (Self::Off, Outcome::Nothing),
            // Registered for no time is not registered.
            (Self::Asking { wanted_s, until, failures }, Event::Granted { expires_s: 0, dice }) => {
                let told = Outcome::Told(Standing::Refused { status: 200 });
                (waiting(now, wanted_s, until, failures, (0, dice)), told)
            }
            (Self::Asking { wanted_s, until, .. }, Event::Granted { expires_s, dice }) => {
                let lasts_ms = u64::from(expires_s).saturating_mul(1000);
                // Between four fifths and nine tenths of the time: there is some left to try again.
                let renew_ms = lasts_ms.saturating_mul(8).saturating_add(spread(lasts_ms, dice)) / 10;
                let bound =
                    Self::Bound { wanted_s, renew: now.plus_ms(renew_ms), until: now.plus_ms(lasts_ms) };
                let told = Outcome::Told(Standing::Registered { expires_s });
                (bound, if until.is_some() { Outcome::Nothing } else { told })
            }
            (Self::Asking { wanted_s, until, failures }, Event::TooBrief { least_s, .. })
                if least_s > wanted_s && least_s <= LONGEST_S =>
            {
                (Self::Asking { wanted_s: least_s, until, failures }, Outcome::Ask(least_s))
            }
            (Self::Asking { wanted_s, until, failures }, Event::TooBrief { dice, .. }) => {
                let told = Outcome::Told(Standing::Refused { status: 423 });
                (waiting(now, wanted_s, until, failures, (0, dice)), told)
            }
            (Self::Asking { wanted_s, until, failures }, Event::Refused { status, retry_after_s, dice }) => {
                let told = Outcome::Told(Standing::Refused { status });
                (waiting(now, wanted_s, until, failures, (retry_after_s, dice)), told)
            }
            (Self::Asking { wanted_s, until, failures }, Event::Unanswered { dice }) => {
                let told = Outcome::Told(Standing::Unanswered);
                (waiting(now, wanted_s, until, failures, (0, dice)), told)
            }
            (Self::Bound { wanted_s, .. }, Event::Lost { dice }) => {
                (waiting(now, wanted_s, None, 0, (0, dice)), Outcome::Told(Standing::Lost))
            }
            // Its transaction ends by the same, and says so.
            (Self::Asking { wanted_s, until: Some(_), failures }, Event::Lost { .. }) => {
                (Self::Asking { wanted_s, until: None, failures }, Outcome::Told(Standing::Lost))
            }
            (Self::Waiting { wanted_s, until: Some(_), failures, again }, Event::Lost { .. }) => {
                (Self::Waiting { wanted_s, until: None, failures, again }, Outcome::Told(Standing::Lost))
            }
            (Self::Bound { wanted_s, renew, until }, Event::Tick) if now >= renew => {
                (Self::Asking { wanted_s, until: Some(until), failures: 0 }, Outcome::Ask(wanted_s))
            }
            (Self::Asking { wanted_s, until: Some(until), failures }, Event::Tick) if now >= until => {
                (Self::Asking { wanted_s, until: None, failures }, Outcome::Told(Standing::Lapsed))
            }
            (Self::Waiting { wanted_s, until: Some(until), failures, again }, Event::Tick)
                if now >= until =>
            {
                (Self::Waiting { wanted_s, until: None, failures, again }, Outcome::Told(Standing::Lapsed))
            }
            (Self::Waiting { wanted_s, until, failures, again }, Event::Tick) if now >= again => {
                (Self::Asking { wanted_s, until, failures }, Outcome::Ask(wanted_s))
            }
            (Self::Asking { until: None, .. } | Self::Waiting { until: None, .. }, Event::Lost { .. })
            | (
                Self::Off,
                Event::Granted { .. }
                | Event::TooBrief { .. }
                | Event::Refused { .. }
                | Event::Unanswered { .. }
                | Event::Lost { .. }
                | Event::Tick,
            )
            | (
                Self::Bound { .. } | Self::Waiting { .. },
                Event::Granted { .. }
                | Event::TooBrief { .. }
                | Event::Refused { .. }
                | Event::Unanswered { .. },
            )
            | (Self::Asking { .. } | Self::Bound { .. } | Self::Waiting { .. }, Event::Tick) => {
                (*self, Outcome::Nothing)
            }
        };
        *self = next;
        outcome
    }
}

/// After a failure: half of the wait is certain, half by chance (RFC 5626 section 4.5).
fn waiting(
    now: Instant,
    wanted_s: u32,
    until: Option<Instant>,
    failures: u8,
    (retry_after_s, dice): (u32, u8),
) -> State {
    let longest_ms = FIRST_WAIT_S
        .saturating_mul(1u64.checked_shl(failures.into()).unwrap_or(u64::MAX))
        .min(LONGEST_WAIT_S)
        .saturating_mul(1000);
    let wait_ms = (longest_ms / 2).saturating_add(spread(longest_ms / 2, dice));
    let asked_ms = u64::from(retry_after_s.min(LONGEST_RETRY_S)).saturating_mul(1000);
    let again = now.plus_ms(wait_ms.max(asked_ms));
    State::Waiting { wanted_s, until, failures: failures.saturating_add(1), again }
}

/// A part of `whole`, as the dice say.
fn spread(whole: u64, dice: u8) -> u64 {
    whole.saturating_mul(dice.into()) / 255
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
