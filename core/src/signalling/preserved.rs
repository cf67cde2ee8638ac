//! A call whose exchange is gone: its parties talk on by themselves, and one day they hang up.
//!
//! What is known of it was written down while it was up. All that can be done with it is to end it: who hangs up is answered, and the other
//! is told. Its host writes its record then.
//!
//! ```text
//!  Up       --Bye(one)----------------> Clearing   the other is told, and it is over
//!  Up       --HangUp, Tick at until---> Clearing   both are told, and it is over
//!  Clearing --Bye(one)----------------> Clearing   who says so himself needs not be told
//!  Clearing --Answered(one)-----------> Clearing   he has been told
//!  Clearing --Tick--------------------> Clearing   who has not answered is told again (RFC 3261 section 17.1.2)
//!  Clearing --Tick at until-----------> Gone       nothing of it can still come
//! ```

use super::render;
use super::transaction::{Action as Sending, T1_64, client};
use crate::base::{Flow, Instant, Transport};
use crate::wire::sip::{Address, Message, Method};
use crate::wire::write::Sink;

/// The longest Call-ID.
pub const MAX_CALL_ID: usize = 256;
/// The longest address with its tag, and the longest target.
pub const MAX_ADDRESS: usize = 256;
/// All lines of a route set together.
pub const MAX_ROUTES: usize = 768;

/// One of the two dialogs, as RFC 3261 section 12 has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct End {
    /// Its Call-ID.
    pub call_id: heapless::Vec<u8, MAX_CALL_ID>,
    /// Our address, with our tag.
    pub ours: heapless::Vec<u8, MAX_ADDRESS>,
    /// Their address, with theirs.
    pub theirs: heapless::Vec<u8, MAX_ADDRESS>,
    /// Their target.
    pub target: heapless::Vec<u8, MAX_ADDRESS>,
    /// The route set as whole `Route` lines.
    pub routes: heapless::Vec<u8, MAX_ROUTES>,
    /// Where requests go.
    pub to: Flow,
    /// The CSeq of our BYE: higher than any that we have sent.
    pub cseq: u32,
}

/// One of its two parties.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Side {
    /// Who has called.
    Caller,
    /// Who was called.
    Called,
}

impl Side {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Caller, Self::Called];

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Caller => Self::Called,
            Self::Called => Self::Caller,
        }
    }

    const fn of<T>(self, [caller, called]: &[T; 2]) -> &T {
        match self {
            Self::Caller => caller,
            Self::Called => called,
        }
    }

    const fn of_mut<T>(self, [caller, called]: &mut [T; 2]) -> &mut T {
        match self {
            Self::Caller => caller,
            Self::Called => called,
        }
    }
}

/// Where it is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum State {
    /// They talk, as far as anybody knows.
    Up {
        /// When it has lasted long enough.
        until: Instant,
    },
    /// It is over.
    Clearing {
        /// Our BYE to each; of who needs none it is over.
        byes: [client::State; 2],
        /// Until then what they repeat is answered.
        until: Instant,
    },
    /// Nothing is left of it.
    Gone,
}

/// What happens.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Event {
    /// A party hangs up.
    Bye(Side),
    /// A party has answered our BYE, finally.
    Answered(Side),
    /// We hang up.
    HangUp,
    /// Time has passed.
    Tick,
}

/// What follows.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Action {
    /// Send our BYE, by [`Preserved::bye`].
    Bye(Side),
    /// It is over, and gets its record.
    Over,
}

/// Actions of one event, in order.
pub type Actions = heapless::Vec<Action, 3>;

impl State {
    /// When [`Event::Tick`] is next wanted. An early tick does nothing.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        match self {
            Self::Up { until } => Some(*until),
            Self::Clearing { byes, until } => {
                let [one, other] = byes.each_ref().map(client::State::next_deadline);
                [one, other].into_iter().flatten().min().map_or(Some(*until), |at| Some(at.min(*until)))
            }
            Self::Gone => None,
        }
    }

    /// Applies one event; `over` says how messages go to each. Constant work.
    pub fn handle(&mut self, now: Instant, event: Event, over: [Transport; 2]) -> Actions {
        let until = now.plus_ms(T1_64);
        let sent = |side: Side| client::State::new(now, *side.of(&over));
        let both = || Self::Clearing { byes: Side::BOTH.map(sent), until };
        let (next, list): (Self, &[Action]) = match (*self, event) {
            (Self::Up { .. }, Event::Bye(by)) => {
                let mut byes = [client::State::Terminated; 2];
                *by.other().of_mut(&mut byes) = sent(by.other());
                (Self::Clearing { byes, until }, &[Action::Over, Action::Bye(by.other())])
            }
            (Self::Up { .. }, Event::HangUp) => {
                (both(), &[Action::Over, Action::Bye(Side::Caller), Action::Bye(Side::Called)])
            }
            (Self::Up { until }, Event::Tick) if now >= until => {
                (both(), &[Action::Over, Action::Bye(Side::Caller), Action::Bye(Side::Called)])
            }
            (Self::Clearing { mut byes, until }, Event::Bye(by) | Event::Answered(by)) => {
                *by.of_mut(&mut byes) = client::State::Terminated;
                (Self::Clearing { byes, until }, &[])
            }
            (Self::Clearing { until, .. }, Event::Tick) if now >= until => (Self::Gone, &[]),
            (Self::Clearing { mut byes, until }, Event::Tick) => {
                let again = Side::BOTH.map(|side| {
                    let actions = side.of_mut(&mut byes).handle(now, *side.of(&over), client::Event::Tick);
                    actions.contains(&Sending::Send)
                });
                let list: &[Action] = match again {
                    [true, true] => &[Action::Bye(Side::Caller), Action::Bye(Side::Called)],
                    [true, false] => &[Action::Bye(Side::Caller)],
                    [false, true] => &[Action::Bye(Side::Called)],
                    [false, false] => &[],
                };
                (Self::Clearing { byes, until }, list)
            }
            (Self::Up { .. }, Event::Answered(_) | Event::Tick)
            | (Self::Clearing { .. }, Event::HangUp)
            | (Self::Gone, Event::Bye(_) | Event::Answered(_) | Event::HangUp | Event::Tick) => (*self, &[]),
        };
        *self = next;
        Actions::from_slice(list).unwrap_or_default()
    }
}

/// The call.
#[derive(Clone, Debug)]
pub struct Preserved {
    state: State,
    ends: [End; 2],
    /// Random, for the branches of our BYEs.
    cookie: u64,
}

impl Preserved {
    /// As it was written down: the caller's end first. It is ended at `until`; `cookie` is random.
    #[must_use]
    pub const fn new(ends: [End; 2], until: Instant, cookie: u64) -> Self {
        Self { state: State::Up { until }, ends, cookie }
    }

    /// Where it is.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// One of its dialogs.
    #[must_use]
    pub const fn end(&self, side: Side) -> &End {
        side.of(&self.ends)
    }

    /// A party is reached elsewhere by now: it has come over a new connection.
    pub const fn moves(&mut self, side: Side, to: Flow) {
        side.of_mut(&mut self.ends).to = to;
    }

    /// Takes a message, if it belongs here: the status by which a request is to be answered, none for an ACK or an answer, and what
    /// follows. Nothing but BYE ends anything, and what would change a session is refused: nobody knows it any more.
    pub fn take(&mut self, now: Instant, message: &Message<'_>) -> Option<(Option<u16>, Actions)> {
        let side = Side::BOTH.into_iter().find(|side| self.end(*side).has(message))?;
        let (status, event) = match message.method() {
            None => (None, message.code().filter(|code| *code >= 200).map(|_| Event::Answered(side))),
            Some(Method::Bye) => (Some(200), Some(Event::Bye(side))),
            Some(Method::Ack) => (None, None),
            Some(Method::Options) => (Some(200), None),
            Some(Method::Invite | Method::Update) => (Some(488), None),
            Some(_) => (Some(501), None),
        };
        Some((status, event.map_or_else(Actions::new, |event| self.handle(now, event))))
    }

    /// Applies another event.
    pub fn handle(&mut self, now: Instant, event: Event) -> Actions {
        let over = self.ends.each_ref().map(|end| end.to.transport);
        self.state.handle(now, event, over)
    }

    /// Our BYE to a party; `us` is where it reaches us over its transport.
    pub fn bye(&self, side: Side, us: Flow, out: &mut impl Sink) {
        let end = self.end(side);
        out.line(&[b"BYE ", &end.target, b" SIP/2.0"]);
        render::via(out, us);
        out.put(b";rport;branch=z9hG4bK");
        out.hex(&self.cookie.to_be_bytes());
        out.line(&[match side {
            Side::Caller => b"a",
            Side::Called => b"b",
        }]);
        out.line(&[b"Max-Forwards: 70"]);
        out.put(&end.routes);
        out.line(&[b"From: ", &end.ours]);
        out.line(&[b"To: ", &end.theirs]);
        out.line(&[b"Call-ID: ", &end.call_id]);
        render::cseq_line(out, end.cseq, Method::Bye.as_bytes());
        out.put(b"Content-Length: 0\r\n\r\n");
    }
}

/// The answer to a request.
pub fn answer(message: &Message<'_>, source: Flow, status: u16, out: &mut impl Sink) {
    render::status_line(out, status);
    // Whatever has come here has a To tag.
    render::echo(out, message, source, b"");
    if status == 200 {
        out.line(&[render::ABLE]);
    }
    out.put(b"Content-Length: 0\r\n\r\n");
}

impl End {
    /// Whether a message is of this dialog (RFC 3261 section 12.2.2), or the answer to our BYE in it (section 17.1.3).
    fn has(&self, message: &Message<'_>) -> bool {
        // What tells it from most others first: there can be thousands.
        if message.call_id != self.call_id {
            return false;
        }
        let (Some(from), Some(to)) = (&message.from, &message.to) else { return false };
        let tags = |ours: Option<&[u8]>, theirs: Option<&[u8]>| {
            let of = |text| Address::parse(text).ok().and_then(|address| address.tag());
            ours.is_some() && ours == of(&self.ours) && theirs == of(&self.theirs)
        };
        match message.method() {
            Some(_) => tags(to.tag(), from.tag()),
            None => {
                let bye = |cseq: &crate::wire::sip::CSeq<'_>| {
                    cseq.method_text == Method::Bye.as_bytes() && cseq.number == self.cseq
                };
                message.cseq.as_ref().is_some_and(bye) && tags(from.tag(), to.tag())
            }
        }
    }
}

#[cfg(test)]
#[path = "preserved_tests.rs"]
mod tests;
