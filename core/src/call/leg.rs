//! One party's side of a call.
//!
//! ```text
//!  Idle        --Originate------------> Proceeding      the caller: permitted, the other side is being reached
//!  Proceeding  --PeerAlerting---------> Alerting        the caller hears ringing
//!  Proceeding, Alerting --PeerAnswered> Connected
//!  Idle        --Offer----------------> Calling         the called: set-up sent, nothing heard yet
//!  Calling     --Offer----------------> Calling         for a shorter time
//!  Calling     --Alerting-------------> Ringing
//!  Calling, Ringing --Answer----------> Connected       and the edge is joined
//!  Calling, Ringing --Tick at until---> Clearing        no answer: 480
//!  any live    --Release (its party)--> Gone            and the peer is told
//!  Connected   --Rejoined-------------> Connected       the party was transferred, or the other was
//!  Connected   --Tick at until--------> Clearing        it has lasted as long as it may
//!  any live    --PeerReleased---------> Clearing        release sent, confirmation awaited
//!  Clearing    --Confirmed, Tick------> Gone
//! ```

use super::Cause;
use crate::base::Instant;

/// How long a party may take to confirm a release: 64 T1 of SIP, after which no message can still come (RFC 3261 17).
pub const CLEARING_MS: u64 = 32_000;

/// Where a leg is. Every deadline lives in the state that needs it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum State {
    /// Not yet begun.
    Idle,
    /// Caller: the other side is being reached.
    Proceeding,
    /// Caller: the other side rings.
    Alerting,
    /// Called: offered, nothing heard.
    Calling {
        /// When it counts as unanswered.
        until: Instant,
    },
    /// Called: it rings.
    Ringing {
        /// When it counts as unanswered.
        until: Instant,
    },
    /// Talking.
    Connected {
        /// When it has lasted long enough, if ever.
        until: Option<Instant>,
    },
    /// A release was sent.
    Clearing {
        /// When confirmation is no longer awaited.
        until: Instant,
        /// Why.
        cause: Cause,
    },
    /// Over.
    Gone,
}

/// What happens to a leg.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Event {
    /// Its party has set a call up, and policy permitted it.
    Originate,
    /// The call is to be offered to its party, who may ring for so many seconds.
    Offer {
        /// The ringing timer of the caller's COS, in seconds.
        ringing_s: u16,
    },
    /// Its party rings.
    Alerting,
    /// Its party answered.
    Answer,
    /// Its party hung up, refused or failed.
    Release(Cause),
    /// Its party confirmed our release.
    Confirmed,
    /// The other side rings.
    PeerAlerting,
    /// The other side answered and the two are joined.
    PeerAnswered {
        /// The longest that the call may last, in seconds; 0: without limit.
        longest_s: u32,
    },
    /// The party talks to another from now on.
    Rejoined {
        /// When it has lasted long enough, if ever.
        until: Option<Instant>,
    },
    /// The other side is gone.
    PeerReleased(Cause),
    /// Time has passed.
    Tick,
}

/// What follows from an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// Offer the call to the party.
    SendSetup,
    /// Tell the party that the other side rings.
    SendAlerting,
    /// Release the party.
    SendRelease(Cause),
    /// The party answered: the edge may be joined.
    Answered,
    /// Tell the other leg.
    TellPeer(Event),
    /// Over.
    Ended(Cause),
}

/// Actions of one event, in order.
pub type Actions = heapless::Vec<Action, 3>;

/// The machine.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Leg {
    state: State,
}

impl Leg {
    /// A leg not yet begun.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: State::Idle }
    }

    /// Where it is.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Whether it is a caller's, and nobody has answered yet.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        matches!(self.state, State::Proceeding | State::Alerting)
    }

    /// When [`Event::Tick`] is next wanted; derived from the state. An early tick does nothing.
    #[must_use]
    pub const fn next_deadline(&self) -> Option<Instant> {
        match self.state {
            State::Calling { until } | State::Ringing { until } | State::Clearing { until, .. } => {
                Some(until)
            }
            State::Connected { until } => until,
            State::Idle | State::Proceeding | State::Alerting | State::Gone => None,
        }
    }

    /// Lets the time of its state be up, if that has one: for who explores what may happen.
    pub(crate) const fn hasten(&mut self, now: Instant) {
        match &mut self.state {
            State::Calling { until }
            | State::Ringing { until }
            | State::Clearing { until, .. }
            | State::Connected { until: Some(until) } => *until = now,
            State::Idle
            | State::Proceeding
            | State::Alerting
            | State::Connected { until: None }
            | State::Gone => {}
        }
    }

    /// Applies one event. Constant work.
    pub fn handle(&mut self, now: Instant, event: Event) -> Actions {
        use Action::{Answered, Ended, SendAlerting, SendRelease, SendSetup, TellPeer};
        use State::{Alerting, Calling, Clearing, Connected, Gone, Idle, Proceeding, Ringing};
        let clearing = |cause| Clearing { until: now.plus_ms(CLEARING_MS), cause };
        let (state, actions): (State, &[Action]) = match (self.state, event) {
            (Idle, Event::Originate) => (Proceeding, &[]),
            (Idle, Event::Offer { ringing_s }) => {
                (Calling { until: now.plus_s(u64::from(ringing_s)) }, &[SendSetup])
            }
            (Proceeding, Event::PeerAlerting) => (Alerting, &[SendAlerting]),
            // A second provisional answer may carry other early media: it is told again.
            (Alerting, Event::PeerAlerting) => (Alerting, &[SendAlerting]),
            (Proceeding | Alerting, Event::PeerAnswered { longest_s }) => {
                let limited = longest_s != 0;
                (Connected { until: limited.then(|| now.plus_s(u64::from(longest_s))) }, &[])
            }
            (Connected { .. }, Event::Rejoined { until }) => (Connected { until }, &[]),
            (Connected { until: Some(until) }, Event::Tick) if now >= until => (
                clearing(Cause::TOO_LONG),
                &[SendRelease(Cause::TOO_LONG), TellPeer(Event::PeerReleased(Cause::TOO_LONG))],
            ),
            // Its party rings less long than the caller would wait: it has its calls forwarded then.
            (Calling { until }, Event::Offer { ringing_s }) => {
                (Calling { until: until.min(now.plus_s(u64::from(ringing_s))) }, &[])
            }
            (Calling { until } | Ringing { until }, Event::Alerting) => {
                (Ringing { until }, &[TellPeer(Event::PeerAlerting)])
            }
            (Calling { .. } | Ringing { .. }, Event::Answer) => (Connected { until: None }, &[Answered]),
            (Calling { until } | Ringing { until }, Event::Tick) if now >= until => (
                clearing(Cause::UNAVAILABLE),
                &[SendRelease(Cause::CANCELLED), TellPeer(Event::PeerReleased(Cause::UNAVAILABLE))],
            ),
            (
                Proceeding | Alerting | Calling { .. } | Ringing { .. } | Connected { .. },
                Event::Release(cause),
            ) => {
                return self.become_gone(cause, &[TellPeer(Event::PeerReleased(cause))]);
            }
            (
                Proceeding | Alerting | Calling { .. } | Ringing { .. } | Connected { .. },
                Event::PeerReleased(cause),
            ) => {
                self.state = clearing(cause);
                return list(&[SendRelease(cause)]);
            }
            (Clearing { cause, .. }, Event::Confirmed | Event::Release(_)) => {
                self.state = Gone;
                return list(&[Ended(cause)]);
            }
            (Clearing { until, cause }, Event::Tick) if now >= until => {
                self.state = Gone;
                return list(&[Ended(cause)]);
            }
            // A peer may release before this leg was ever offered; nobody has to be told.
            (Idle, Event::PeerReleased(cause) | Event::Release(cause)) => {
                return self.become_gone(cause, &[]);
            }
            // Early ticks do nothing. Everything below comes too late or twice, and changes nothing.
            (state @ (Calling { .. } | Ringing { .. } | Clearing { .. }), Event::Tick) => (state, &[]),
            (state @ (Proceeding | Alerting | Connected { .. } | Gone | Idle), Event::Tick) => (state, &[]),
            (
                state @ (Proceeding | Alerting | Ringing { .. } | Connected { .. } | Clearing { .. } | Gone),
                Event::Originate | Event::Offer { .. },
            )
            | (state @ Calling { .. }, Event::Originate) => (state, &[]),
            (
                state @ (Idle | Proceeding | Alerting | Connected { .. } | Clearing { .. } | Gone),
                Event::Alerting | Event::Answer,
            ) => (state, &[]),
            (
                state @ (Idle
                | Proceeding
                | Alerting
                | Calling { .. }
                | Ringing { .. }
                | Clearing { .. }
                | Gone),
                Event::Rejoined { .. },
            ) => (state, &[]),
            (
                state @ (Idle | Calling { .. } | Ringing { .. } | Connected { .. } | Clearing { .. } | Gone),
                Event::PeerAlerting | Event::PeerAnswered { .. },
            ) => (state, &[]),
            (
                state @ (Idle
                | Proceeding
                | Alerting
                | Calling { .. }
                | Ringing { .. }
                | Connected { .. }
                | Gone),
                Event::Confirmed,
            ) => (state, &[]),
            (state @ (Clearing { .. } | Gone), Event::PeerReleased(_)) => (state, &[]),
            (state @ Gone, Event::Release(_)) => (state, &[]),
        };
        self.state = state;
        list(actions)
    }

    fn become_gone(&mut self, cause: Cause, first: &[Action]) -> Actions {
        self.state = State::Gone;
        let mut actions = list(first);
        let _ = actions.push(Action::Ended(cause));
        actions
    }
}

impl Default for Leg {
    fn default() -> Self {
        Self::new()
    }
}

fn list(actions: &[Action]) -> Actions {
    Actions::from_slice(actions).unwrap_or_default()
}

#[cfg(test)]
#[path = "leg_tests.rs"]
mod tests;
