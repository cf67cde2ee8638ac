//! One call of a telephone: a line in use (RFC 3261 sections 13 to 15, RFC 3515).
//!
//! ```text
//!  we call     Calling --Alerting--> Alerted --Accepted--> Talking          [Acknowledge]
//!              Calling, Alerted --Refused, Silent--> Over
//!              Calling --HangUp--> Abandoned --Heard--> Cancelling          [Cancel]
//!              Calling (heard), Alerted --HangUp--> Cancelling              [Cancel]
//!              Abandoned, Cancelling --Accepted--> Leaving                  [Acknowledge, Bye]
//!              Abandoned, Cancelling --Refused, Silent--> Over               Cancelling --Tick at until--> Over
//!  we are      Ringing --Answer--> Answered --Acknowledged--> Talking       [Accept]
//!  called      Ringing --HangUp, Tick at until--> Over                      [Refuse]
//!              Ringing --Withdrawn--> Over                                  CANCEL, or BYE
//!              Answered --HangUp--> Parting --Acknowledged--> Leaving       [Bye]
//!  we talk     Talking --Change--> Changing --Changed, Unchanged--> Talking
//!              Talking --Refer--> Referring --Referred (200)--> Leaving     [Bye]
//!              Referring --Referred (more), Tick at until--> Talking
//!              Referring --Unproved--> Proving --Proved--> Referring        [Refer]
//!              any of these --HangUp--> Leaving                             [Bye]
//!              any of these --Gone, Silent--> Over or Leaving
//!  it is over  Leaving --Left, Silent--> Over
//! ```

use crate::base::Instant;

/// How long it rings here, in seconds: whoever waits longer has gone.
pub const RINGING_S: u64 = 180;
/// How long the end of a call that we have cancelled is waited for, in seconds (RFC 3261 section 9.1).
pub const CANCELLING_S: u64 = 32;
/// How long the outcome of a transfer is waited for, in seconds.
pub const REFERRING_S: u64 = 300;
/// How long a registration is waited for that a transfer needs, in seconds.
pub const PROVING_S: u64 = 10;

/// Where it is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum State {
    /// Our INVITE is out.
    Calling {
        /// They have heard of it: it can be cancelled (RFC 3261 section 9.1).
        heard: bool,
    },
    /// It rings there, or something is to be heard.
    Alerted,
    /// We have hung up before anything was heard: CANCEL waits for that.
    Abandoned,
    /// Our CANCEL is out, and the INVITE's final answer is awaited (section 9.1).
    Cancelling {
        /// For so long.
        until: Instant,
    },
    /// It rings here.
    Ringing {
        /// For so long.
        until: Instant,
    },
    /// We have answered, and are not sure that they know.
    Answered,
    /// The same, and we have hung up: BYE waits for their ACK (section 15).
    Parting,
    /// We talk.
    Talking,
    /// Our re-INVITE is out.
    Changing,
    /// Our REFER waits until we have proved who we are.
    Proving {
        /// For so long.
        until: Instant,
    },
    /// Our REFER is out, or what becomes of it is not known yet.
    Referring {
        /// Until then it is waited for.
        until: Instant,
        /// It went out again already.
        again: bool,
    },
    /// Our BYE is out.
    Leaving,
    /// Nothing is left of it.
    Over,
}

/// What happens.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Event {
    /// The user answers.
    Answer,
    /// The user hangs up, or refuses; or policy or media does.
    HangUp,
    /// The user holds or goes on.
    Change,
    /// The user transfers.
    Refer,
    /// A provisional answer to our INVITE.
    Heard,
    /// One that says that it rings, or that something is to be heard.
    Alerting,
    /// 2xx to our INVITE.
    Accepted,
    /// Another final answer to it.
    Refused(u16),
    /// ACK of our 2xx.
    Acknowledged,
    /// CANCEL, or BYE before an answer.
    Withdrawn,
    /// BYE.
    Gone,
    /// 2xx to our re-INVITE.
    Changed,
    /// Another final answer to it, or none.
    Unchanged(u16),
    /// NOTIFY, or the answer to our REFER: what becomes of the transfer.
    Referred(u16),
    /// Our REFER was refused for want of proof.
    Unproved,
    /// We are registered, and have proved who we are.
    Proved,
    /// Our BYE was answered.
    Left,
    /// Nobody answers or acknowledges any more.
    Silent,
    /// Time has passed.
    Tick,
}

/// What follows, in this order.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Action {
    /// Accept their INVITE: 200.
    Accept,
    /// Refuse it with this status.
    Refuse(u16),
    /// Acknowledge their 2xx.
    Acknowledge,
    /// Send CANCEL.
    Cancel,
    /// Send BYE.
    Bye,
    /// Send a re-INVITE.
    Change,
    /// Send REFER.
    Refer,
    /// Prove who we are: register.
    Prove,
    /// Tell the user that it rings there.
    TellRinging,
    /// Tell that the call is up.
    TellUp,
    /// Tell what became of holding: 200, or why not.
    TellChanged(u16),
    /// Tell what becomes of a transfer.
    TellReferred(u16),
    /// Tell that the call is over: 200 if it was up, else why.
    TellOver(u16),
    /// The line is free.
    Free,
}

/// Actions of one event.
pub type Actions = heapless::Vec<Action, 3>;

impl State {
    /// When [`Event::Tick`] is next wanted. An early tick does nothing.
    #[must_use]
    pub const fn next_deadline(&self) -> Option<Instant> {
        match self {
            Self::Cancelling { until }
            | Self::Ringing { until }
            | Self::Proving { until }
            | Self::Referring { until, .. } => Some(*until),
            Self::Calling { .. }
            | Self::Alerted
            | Self::Abandoned
            | Self::Answered
            | Self::Parting
            | Self::Talking
            | Self::Changing
            | Self::Leaving
            | Self::Over => None,
        }
    }

    /// Whether the two hear each other, as far as nobody holds.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        matches!(
            self,
            Self::Answered | Self::Talking | Self::Changing | Self::Proving { .. } | Self::Referring { .. }
        )
    }

    /// Whether the user has nothing to do with it any more.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Abandoned | Self::Cancelling { .. } | Self::Parting | Self::Leaving | Self::Over)
    }

    /// Applies one event; `None`, and nothing changed, if the user cannot do that now. Constant work.
    pub fn handle(&mut self, now: Instant, event: Event) -> Option<Actions> {
        use Action::{
            Accept, Acknowledge, Bye, Cancel, Change, Free, Prove, Refer, Refuse, TellChanged, TellOver,
            TellReferred, TellRinging, TellUp,
        };
        let cancelling = Self::Cancelling { until: now.plus_s(CANCELLING_S) };
        let referring = |again| Self::Referring { until: now.plus_s(REFERRING_S), again };
        let (next, list): (Self, &[Action]) = match (*self, event) {
            (Self::Calling { .. }, Event::Heard) => (Self::Calling { heard: true }, &[]),
            (Self::Calling { .. }, Event::Alerting) => (Self::Alerted, &[TellRinging]),
            (Self::Alerted, Event::Heard | Event::Alerting) => (Self::Alerted, &[]),
            (Self::Calling { .. } | Self::Alerted, Event::Accepted) => {
                (Self::Talking, &[Acknowledge, TellUp])
            }
            (Self::Calling { .. } | Self::Alerted, Event::Refused(status)) => {
                (Self::Over, &[TellOver(status), Free])
            }
            (Self::Calling { .. } | Self::Alerted, Event::Silent) => (Self::Over, &[TellOver(408), Free]),
            (Self::Calling { heard: false }, Event::HangUp) => (Self::Abandoned, &[TellOver(487)]),
            (Self::Calling { heard: true } | Self::Alerted, Event::HangUp) => {
                (cancelling, &[Cancel, TellOver(487)])
            }
            // They end a call that they have not answered.
            (Self::Calling { .. } | Self::Alerted, Event::Gone) => (cancelling, &[TellOver(487)]),
            (Self::Abandoned, Event::Heard | Event::Alerting) => (cancelling, &[Cancel]),
            (Self::Abandoned | Self::Cancelling { .. }, Event::Accepted) => {
                (Self::Leaving, &[Acknowledge, Bye])
            }
            (Self::Abandoned | Self::Cancelling { .. }, Event::Refused(_) | Event::Silent) => {
                (Self::Over, &[Free])
            }
            (Self::Cancelling { until }, Event::Tick) if now >= until => (Self::Over, &[Free]),
            (Self::Ringing { .. }, Event::Answer) => (Self::Answered, &[Accept, TellUp]),
            (Self::Ringing { .. }, Event::HangUp) => (Self::Over, &[Refuse(486), TellOver(486), Free]),
            (Self::Ringing { until }, Event::Tick) if now >= until => {
                (Self::Over, &[Refuse(480), TellOver(480), Free])
            }
            (Self::Ringing { .. }, Event::Withdrawn | Event::Gone) => {
                (Self::Over, &[Refuse(487), TellOver(487), Free])
            }
            (Self::Answered, Event::Acknowledged) => (Self::Talking, &[]),
            (Self::Answered, Event::HangUp) => (Self::Parting, &[TellOver(200)]),
            (Self::Answered, Event::Silent) => (Self::Leaving, &[Bye, TellOver(408)]),
            (Self::Parting, Event::Acknowledged | Event::Silent) => (Self::Leaving, &[Bye]),
            (Self::Talking, Event::Change) => (Self::Changing, &[Change]),
            (Self::Changing, Event::Changed) => (Self::Talking, &[Acknowledge, TellChanged(200)]),
            (Self::Changing, Event::Unchanged(status)) => (Self::Talking, &[TellChanged(status)]),
            (Self::Talking, Event::Refer) => (referring(false), &[Refer]),
            (Self::Referring { until, again }, Event::Referred(status @ ..=199)) => {
                (Self::Referring { until, again }, &[TellReferred(status)])
            }
            // Who has transferred is not needed any more (RFC 5589 section 6.1).
            (Self::Referring { .. }, Event::Referred(status @ 200..=299)) => {
                (Self::Leaving, &[TellReferred(status), Bye, TellOver(200)])
            }
            (Self::Referring { .. }, Event::Referred(status)) => (Self::Talking, &[TellReferred(status)]),
            (Self::Referring { again: false, .. }, Event::Unproved) => {
                (Self::Proving { until: now.plus_s(PROVING_S) }, &[Prove])
            }
            (Self::Referring { again: true, .. }, Event::Unproved) => (Self::Talking, &[TellReferred(401)]),
            (Self::Referring { until, .. }, Event::Tick) if now >= until => {
                (Self::Talking, &[TellReferred(408)])
            }
            (Self::Proving { .. }, Event::Proved) => (referring(true), &[Refer]),
            (Self::Proving { until }, Event::Tick) if now >= until => (Self::Talking, &[TellReferred(401)]),
            (
                Self::Talking | Self::Changing | Self::Proving { .. } | Self::Referring { .. },
                Event::HangUp,
            ) => (Self::Leaving, &[Bye, TellOver(200)]),
            (
                Self::Talking | Self::Changing | Self::Proving { .. } | Self::Referring { .. },
                Event::Silent,
            ) => (Self::Leaving, &[Bye, TellOver(408)]),
            (
                Self::Answered
                | Self::Talking
                | Self::Changing
                | Self::Proving { .. }
                | Self::Referring { .. },
                Event::Gone,
            ) => (Self::Over, &[TellOver(200), Free]),
            (Self::Parting, Event::Gone) | (Self::Leaving, Event::Gone | Event::Left | Event::Silent) => {
                (Self::Over, &[Free])
            }
            // The 2xx of a call or a change that has ended meanwhile.
            (Self::Leaving, Event::Accepted | Event::Changed) => (Self::Leaving, &[Acknowledge]),
            // A user cannot do that now.
            (
                Self::Calling { .. }
                | Self::Alerted
                | Self::Abandoned
                | Self::Cancelling { .. }
                | Self::Answered
                | Self::Parting
                | Self::Talking
                | Self::Changing
                | Self::Proving { .. }
                | Self::Referring { .. }
                | Self::Leaving
                | Self::Over,
                Event::Answer,
            )
            | (
                Self::Calling { .. }
                | Self::Alerted
                | Self::Abandoned
                | Self::Cancelling { .. }
                | Self::Ringing { .. }
                | Self::Answered
                | Self::Parting
                | Self::Changing
                | Self::Proving { .. }
                | Self::Referring { .. }
                | Self::Leaving
                | Self::Over,
                Event::Change | Event::Refer,
            )
            | (
                Self::Abandoned | Self::Cancelling { .. } | Self::Parting | Self::Leaving | Self::Over,
                Event::HangUp,
            ) => return None,
            // What comes late, twice, or early.
            (Self::Calling { .. } | Self::Alerted, Event::Acknowledged | Event::Withdrawn)
            | (Self::Abandoned, Event::Acknowledged | Event::Withdrawn | Event::Gone)
            | (
                Self::Cancelling { .. },
                Event::Heard | Event::Alerting | Event::Acknowledged | Event::Withdrawn | Event::Gone,
            )
            | (
                Self::Ringing { .. },
                Event::Heard
                | Event::Alerting
                | Event::Accepted
                | Event::Refused(_)
                | Event::Acknowledged
                | Event::Silent
                | Event::Tick,
            )
            | (
                Self::Answered,
                Event::Heard | Event::Alerting | Event::Accepted | Event::Refused(_) | Event::Withdrawn,
            )
            | (
                Self::Parting,
                Event::Heard | Event::Alerting | Event::Accepted | Event::Refused(_) | Event::Withdrawn,
            )
            | (
                Self::Talking | Self::Changing | Self::Proving { .. } | Self::Referring { .. },
                Event::Heard
                | Event::Alerting
                | Event::Accepted
                | Event::Refused(_)
                | Event::Acknowledged
                | Event::Withdrawn,
            )
            | (
                Self::Leaving,
                Event::Heard | Event::Alerting | Event::Refused(_) | Event::Acknowledged | Event::Withdrawn,
            )
            | (
                Self::Calling { .. }
                | Self::Alerted
                | Self::Abandoned
                | Self::Cancelling { .. }
                | Self::Ringing { .. }
                | Self::Answered
                | Self::Parting
                | Self::Talking
                | Self::Proving { .. }
                | Self::Referring { .. },
                Event::Changed | Event::Unchanged(_),
            )
            | (Self::Leaving, Event::Unchanged(_))
            | (
                Self::Calling { .. }
                | Self::Alerted
                | Self::Abandoned
                | Self::Cancelling { .. }
                | Self::Ringing { .. }
                | Self::Answered
                | Self::Parting
                | Self::Talking
                | Self::Changing
                | Self::Proving { .. }
                | Self::Leaving,
                Event::Referred(_) | Event::Unproved,
            )
            | (
                Self::Calling { .. }
                | Self::Alerted
                | Self::Abandoned
                | Self::Cancelling { .. }
                | Self::Ringing { .. }
                | Self::Answered
                | Self::Parting
                | Self::Talking
                | Self::Changing
                | Self::Referring { .. }
                | Self::Leaving,
                Event::Proved,
            )
            | (
                Self::Calling { .. }
                | Self::Alerted
                | Self::Abandoned
                | Self::Cancelling { .. }
                | Self::Ringing { .. }
                | Self::Answered
                | Self::Parting
                | Self::Talking
                | Self::Changing
                | Self::Proving { .. }
                | Self::Referring { .. },
                Event::Left,
            )
            | (
                Self::Calling { .. }
                | Self::Alerted
                | Self::Abandoned
                | Self::Cancelling { .. }
                | Self::Answered
                | Self::Parting
                | Self::Talking
                | Self::Changing
                | Self::Proving { .. }
                | Self::Referring { .. }
                | Self::Leaving,
                Event::Tick,
            )
            | (
                Self::Over,
                Event::Heard
                | Event::Alerting
                | Event::Accepted
                | Event::Refused(_)
                | Event::Acknowledged
                | Event::Withdrawn
                | Event::Gone
                | Event::Changed
                | Event::Unchanged(_)
                | Event::Referred(_)
                | Event::Unproved
                | Event::Proved
                | Event::Left
                | Event::Silent
                | Event::Tick,
            ) => (*self, &[]),
        };
        *self = next;
        Actions::from_slice(list).ok()
    }
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
