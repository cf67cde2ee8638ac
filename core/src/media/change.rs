//! A change of the session of an established call: hold, resume, another codec, another address (RFC 3261 section 14).
//!
//! One party asks, the other is asked, and the answer goes back: one change at a time in a call, whichever side begins it.
//!
//! ```text
//!  Settled   --Asked(side)----------------> Passed      [PassOn]: the other side is asked
//!  Passed    --Agreed---------------------> Agreed      [Agree]; [Confirm] too, unless the answer is still to come
//!  Passed    --Agreed, by UPDATE----------> Settled     [Confirm, Agree]: nobody acknowledges that (RFC 3311)
//!  Passed    --Refused--------------------> Settled     [Refuse]: both keep what they had
//!  Passed    --Refused, dialog gone-------> Settled     [Refuse, Clear] (RFC 5057)
//!  Agreed    --Confirmed(side)------------> Settled     [Confirm] if the answer was still to come
//!  Passed    --Asked(same side)-----------> same        [Defer]: 500, its own change is not answered (section 14.2)
//!  any other --Asked----------------------> same        [Cross]: 491, it may try again (section 14.1)
//! ```
//! A late offer (an INVITE without a description) is offered by the 2xx and answered by the ACK (RFC 3264 section 5), so
//! the ACK to the side that was asked waits for the ACK of the side that asked.
//!
//! The engine renews a session by itself when the two are to meet otherwise than they do: over a relay that has forgotten
//! them, or each with another party (RFC 3725 section 4.1, flow I).
//!
//! ```text
//!  any       --Renew(at)------------------> same        due at that time
//!  Settled   --Offered(side)--------------> Offered     [PassOn]: it was called for the other, and its answer is an offer
//!  Settled   --Tick, due------------------> Drawn       [Draw]: one side is asked for an offer
//!  Drawn     --Agreed---------------------> Offered     [PassOn]: the other side is asked
//!  Drawn     --Refused--------------------> Settled     both keep what they had (R98); [Retry] where both asked at once (R97);
//!                                                       where they had nothing yet, the other side is drawn, once
//!  Offered   --Agreed---------------------> Settled     [Confirm, Answer]
//!  Offered   --Refused, both asked--------> Waiting     [Retry]
//!  Waiting   --Tick, due------------------> Offered     [PassOn]: it is asked again
//!  Offered   --Refused--------------------> Settled     [Decline]: the offer must be answered; the other side is drawn, once
//! ```
//! A side that is gone ends the call in every state.

use crate::base::Instant;

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

/// How a side asks for a change.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum How {
    /// By an INVITE with an offer.
    Offer,
    /// By an INVITE without: the other side is to make the offer.
    Late,
    /// By an UPDATE with an offer (RFC 3311).
    Update,
}

/// Where a change is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum State {
    Settled,
    Passed { from: Side, how: How },
    Agreed { from: Side, late: bool },
    Drawn { from: Side },
    Offered { from: Side },
    Waiting { from: Side },
}

/// What happens.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Event {
    /// A side asks for a change.
    Asked {
        /// Who.
        side: Side,
        /// How.
        how: How,
    },
    /// A side that was asked agreed.
    Agreed(Side),
    /// A side that was asked refused, with this status; 408 if it said nothing.
    Refused(Side, u16),
    /// A side that asked has acknowledged what was agreed.
    Confirmed(Side),
    /// A side has offered as it answered a call that was made for the other (blind transfer).
    Offered(Side),
    /// The session is to be renewed at this time, or tried again.
    Renew(Instant),
    /// Time has passed.
    Tick,
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
    /// Refuse a side because another change is under way: 491.
    Cross(Side),
    /// Refuse a side because its own change is under way: 500 with `Retry-After`.
    Defer(Side),
    /// Ask a side for an offer.
    Draw(Side),
    /// Acknowledge a drawn offer with the other side's answer.
    Answer(Side),
    /// Acknowledge a drawn offer, and refuse every stream of it.
    Decline(Side),
    /// This side was asking as well: [`Event::Renew`] says when to try again.
    Retry(Side),
    /// A side is gone: clear the call.
    Clear,
    /// They have no session any more, and cannot agree on one: clear the call.
    GiveUp,
}

/// Actions of one event, in order.
pub type Actions = heapless::Vec<Action, 2>;

/// How often a renewal is tried while both sides ask.
const TRIES: u8 = 4;

/// The machine; one for each call.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Change {
    state: State,
    /// When the session is to be renewed.
    due: Option<Instant>,
    /// Renewals tried since the last that came to an end.
    tries: u8,
    /// The side that is drawn, because the other had to be declined.
    turned: Option<Side>,
    /// Their descriptions are for others: what they had is nothing to keep.
    apart: bool,
}

impl Change {
    /// Nothing is under way.
    pub const NONE: Self = Self { state: State::Settled, due: None, tries: 0, turned: None, apart: false };
    /// The two were joined by a transfer, and know nothing of each other yet.
    pub const APART: Self = Self { apart: true, ..Self::NONE };

    /// Whether nothing is under way.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(self.state, State::Settled)
    }

    /// Whether the engine itself has asked for what is under way.
    #[must_use]
    pub const fn is_renewing(&self) -> bool {
        matches!(self.state, State::Drawn { .. } | State::Offered { .. } | State::Waiting { .. })
    }

    /// When [`Event::Tick`] is next wanted. An early tick does nothing.
    #[must_use]
    pub const fn next_deadline(&self) -> Option<Instant> {
        match self.state {
            State::Settled | State::Waiting { .. } => self.due,
            State::Passed { .. } | State::Agreed { .. } | State::Drawn { .. } | State::Offered { .. } => None,
        }
    }

    /// Applies one event. Constant work.
    pub fn handle(&mut self, now: Instant, event: Event) -> Actions {
        use State::{Agreed, Drawn, Offered, Passed, Settled, Waiting};
        let due = self.due.is_some_and(|due| due <= now);
        match (self.state, event) {
            (Settled, Event::Asked { side, how }) => {
                self.become_state(Passed { from: side, how }, &[Action::PassOn(side.other())])
            }
            (Passed { from, .. }, Event::Asked { side, .. }) if side == from => list(&[Action::Defer(side)]),
            (
                Passed { .. } | Agreed { .. } | Drawn { .. } | Offered { .. } | Waiting { .. },
                Event::Asked { side, .. },
            ) => list(&[Action::Cross(side)]),
            (Passed { from, how }, Event::Agreed(by)) if by != from => match how {
                How::Offer => self
                    .become_state(Agreed { from, late: false }, &[Action::Confirm(by), Action::Agree(from)]),
                How::Late => self.become_state(Agreed { from, late: true }, &[Action::Agree(from)]),
                How::Update => self.become_state(Settled, &[Action::Confirm(by), Action::Agree(from)]),
            },
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
            (_, Event::Renew(at)) => {
                self.due = Some(at);
                list(&[])
            }
            (Settled, Event::Offered(from)) => {
                self.become_state(Offered { from }, &[Action::PassOn(from.other())])
            }
            (Settled, Event::Tick) if due => {
                self.due = None;
                self.tries = self.tries.saturating_add(1);
                let from = self.turned.unwrap_or(Side::A);
                self.become_state(Drawn { from }, &[Action::Draw(from)])
            }
            (Drawn { from }, Event::Agreed(by)) if by == from => {
                self.become_state(Offered { from }, &[Action::PassOn(from.other())])
            }
            (Drawn { from }, Event::Refused(by, status)) if by == from => match outcome(status) {
                Outcome::Gone => self.renewed(&[Action::Clear]),
                Outcome::Stays(status) if self.may_try_again(status) => {
                    self.become_state(Settled, &[Action::Retry(from)])
                }
                // Who was declined has no session to keep.
                Outcome::Stays(_) if self.turned.is_some() => self.renewed(&[Action::GiveUp]),
                Outcome::Stays(_) if self.apart => self.turn(now, from, &[]),
                Outcome::Stays(_) => self.renewed(&[]),
            },
            (Offered { from }, Event::Agreed(by)) if by != from => {
                self.renewed(&[Action::Confirm(by), Action::Answer(from)])
            }
            (Offered { from }, Event::Refused(by, status)) if by != from => match outcome(status) {
                Outcome::Gone => self.renewed(&[Action::Decline(from), Action::Clear]),
                Outcome::Stays(status) if self.may_try_again(status) => {
                    self.become_state(Waiting { from }, &[Action::Retry(by)])
                }
                Outcome::Stays(_) if self.turned.is_some() => {
                    self.renewed(&[Action::Decline(from), Action::GiveUp])
                }
                Outcome::Stays(_) => self.turn(now, from, &[Action::Decline(from)]),
            },
            (Waiting { from }, Event::Tick) if due => {
                self.due = None;
                self.tries = self.tries.saturating_add(1);
                self.become_state(Offered { from }, &[Action::PassOn(from.other())])
            }
            // Too early, too late, twice, or from the wrong side.
            (
                Settled | Passed { .. } | Agreed { .. } | Drawn { .. } | Offered { .. } | Waiting { .. },
                Event::Agreed(_) | Event::Refused(..) | Event::Confirmed(_) | Event::Tick,
            )
            | (
                Passed { .. } | Agreed { .. } | Drawn { .. } | Offered { .. } | Waiting { .. },
                Event::Offered(_),
            ) => list(&[]),
        }
    }

    /// Both sides asked at once (R97), or one has no time now.
    const fn may_try_again(&self, status: u16) -> bool {
        matches!(status, 491 | 500 | 503) && self.tries < TRIES
    }

    /// The other side is drawn instead.
    fn turn(&mut self, now: Instant, from: Side, actions: &[Action]) -> Actions {
        (self.due, self.tries, self.turned) = (Some(now), 0, Some(from.other()));
        self.become_state(State::Settled, actions)
    }

    /// A renewal has come to its end. One that was asked for meanwhile is still due.
    fn renewed(&mut self, actions: &[Action]) -> Actions {
        (self.tries, self.turned, self.apart) = (0, None, false);
        self.become_state(State::Settled, actions)
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
