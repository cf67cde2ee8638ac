//! A change of the session of an established call: hold, resume, another codec, another address (RFC 3261 section 14).
//!
//! One party asks, the other is asked, and the answer goes back: one change at a time in a call, whichever side begins it.
//!
//! ```text
//!  Settled   --Asked(side)----------------> Passed      [PassOn]: the other side is asked
//!  Passed    --Agreed---------------------> Agreed      [Agree]; [Confirm] too, unless the answer is still to come
//!  Passed    --Refused--------------------> Settled     [Refuse]: both keep what they had
//!  Passed    --Refused, dialog gone-------> Settled     [Refuse, Clear] (RFC 5057)
//!  Agreed    --Confirmed(side)------------> Settled     [Confirm] if the answer was still to come
//!  Passed    --Asked(same side)-----------> same        [Defer]: 500, its own change is not answered (section 14.2)
//!  Passed, Agreed --Asked-----------------> same        [Cross]: 491, it may try again (section 14.1)
//! ```
//! A late offer (an INVITE without a description) is offered by the 2xx and answered by the ACK (RFC 3264 section 5), so
//! the ACK to the side that was asked waits for the ACK of the side that asked.

/// One of the two parties of a call.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Side {
    /// Who called.
    A,
    /// Who was called.
    B,
}

impl Side {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// Where a change is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum State {
    Settled,
    Passed { from: Side, late: bool },
    Agreed { from: Side, late: bool },
}

/// What happens.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Event {
    /// A side asks for a change; `late`: without an offer.
    Asked {
        /// Who.
        side: Side,
        /// The other side is to make the offer.
        late: bool,
    },
    /// A side that was asked agreed.
    Agreed(Side),
    /// A side that was asked refused, with this status; 408 if it said nothing.
    Refused(Side, u16),
    /// A side that asked has acknowledged what was agreed.
    Confirmed(Side),
}

/// What follows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// Ask the other side.
    PassOn(Side),
    /// Tell the side that asked what was agreed.
    Agree(Side),
    /// Acknowledge to the side that was asked, with what the acknowledgement at hand carries.
    Confirm(Side),
    /// Refuse the side that asked: the session stays as it was (RFC 3261 section 14.1).
    Refuse(Side, u16),
    /// Refuse a side because the other's change is under way: 491.
    Cross(Side),
    /// Refuse a side because its own change is under way: 500 with `Retry-After`.
    Defer(Side),
    /// The side that was asked is gone: clear the call.
    Clear,
}

/// Actions of one event, in order.
pub type Actions = heapless::Vec<Action, 2>;

/// The machine; one for each call.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Change {
    state: State,
}

impl Change {
    /// Nothing is under way.
    pub const NONE: Self = Self { state: State::Settled };

    /// Whether nothing is under way.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(self.state, State::Settled)
    }

    /// Applies one event. Constant work.
    pub fn handle(&mut self, event: Event) -> Actions {
        use State::{Agreed, Passed, Settled};
        match (self.state, event) {
            (Settled, Event::Asked { side, late }) => {
                self.become_state(Passed { from: side, late }, &[Action::PassOn(side.other())])
            }
            (Passed { from, .. }, Event::Asked { side, .. }) if side == from => list(&[Action::Defer(side)]),
            (Passed { .. } | Agreed { .. }, Event::Asked { side, .. }) => list(&[Action::Cross(side)]),
            (Passed { from, late: false }, Event::Agreed(by)) if by != from => {
                self.become_state(Agreed { from, late: false }, &[Action::Confirm(by), Action::Agree(from)])
            }
            (Passed { from, late: true }, Event::Agreed(by)) if by != from => {
                self.become_state(Agreed { from, late: true }, &[Action::Agree(from)])
            }
            (Passed { from, .. }, Event::Refused(by, status)) if by != from => match outcome(status) {
                Outcome::Stays(status) => self.become_state(Settled, &[Action::Refuse(from, status)]),
                Outcome::Gone => self.become_state(Settled, &[Action::Refuse(from, status), Action::Clear]),
            },
            (Agreed { from, late: false }, Event::Confirmed(by)) if by == from => {
                self.become_state(Settled, &[])
            }
            (Agreed { from, late: true }, Event::Confirmed(by)) if by == from => {
                self.become_state(Settled, &[Action::Confirm(from.other())])
            }
            // Too late, twice, or from the wrong side.
            (
                Settled | Passed { .. } | Agreed { .. },
                Event::Agreed(_) | Event::Refused(..) | Event::Confirmed(_),
            ) => list(&[]),
        }
    }

    fn become_state(&mut self, state: State, actions: &[Action]) -> Actions {
        self.state = state;
        list(actions)
    }
}

/// What a refusal means.
enum Outcome {
    /// The session stays; the side that asked is told this status.
    Stays(u16),
    /// The side that was asked is gone (RFC 5057 section 5.1).
    Gone,
}

const fn outcome(status: u16) -> Outcome {
    match status {
        408 | 481 => Outcome::Gone,
        // What only the next hop can use, or would lead away from the call.
        300..=399 | 401 | 407 => Outcome::Stays(488),
        _ => Outcome::Stays(status),
    }
}

fn list(actions: &[Action]) -> Actions {
    Actions::from_slice(actions).unwrap_or_default()
}
