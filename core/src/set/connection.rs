//! The connection of a set: heartbeats both ways, its loss, and what becomes of the calls then.
//!
//! ```text
//!  Up    --a frame---------------------------------> Up, and silence is counted from now
//!  Up    --nothing said for a heartbeat------------> Up, and Alive is said
//!  Up    --nothing heard for three-----------------> Lost, Bye 4
//!  Up    --a frame that is wrong-------------------> Lost, Bye 2 or 3
//!  Up    --Bye 0----------------------------------> Ending
//!  Up    --another Bye, or its end-----------------> Lost
//!  Lost  --its token on another connection---------> Up, and everything is told
//!  Lost  --no call, or the grace is over-----------> Ending: calls are cleared, the registration is taken back
//!  Ending --nothing is left, or five seconds-------> Over
//! ```

use super::face::Face;
use super::{Next, Output, Set};
use crate::base::{Crypto, Full, Instant};
use crate::call::earlier;
use crate::wire::set::{Bye, Down, Link, MAX_FRAME, Register, Up, Wrong};
use crate::wire::write::Sink as _;

/// Heartbeats without a word that mean that it is gone.
const MISSED: u64 = 3;
/// How long the end may take: the exchange is in the same process.
const ENDING_S: u64 = 5;

/// Where it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Up {
        /// Alive is said then.
        say: Instant,
        /// It is gone then.
        hear: Instant,
    },
    Lost {
        /// What is left is cleared then.
        until: Instant,
    },
    Ending {
        /// Whatever is left.
        until: Instant,
    },
    /// What is left by now is the exchange's to find out.
    Gone,
}

/// The connection, or where it was.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    link: Link,
    state: State,
    heartbeat_ms: u64,
    /// Alive is to be said.
    alive: bool,
    /// A snapshot is to be told.
    pub(super) anew: bool,
    /// The connection is to be closed.
    closes: Option<Bye>,
}

impl Connection {
    pub(super) fn new(now: Instant, link: Link, heartbeat_s: u16) -> Self {
        let heartbeat_ms = u64::from(heartbeat_s.max(1)).saturating_mul(1_000);
        let state = State::Up {
            say: now.plus_ms(heartbeat_ms),
            hear: now.plus_ms(heartbeat_ms.saturating_mul(MISSED)),
        };
        Self { link, state, heartbeat_ms, alive: false, anew: true, closes: None }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        match self.state {
            State::Up { say, hear } => earlier(Some(say), Some(hear)),
            State::Lost { until } | State::Ending { until } => Some(until),
            State::Gone => None,
        }
    }

    pub(super) const fn is_up(&self) -> bool {
        matches!(self.state, State::Up { .. })
    }

    /// The time until the next Alive: a heartbeat, less up to a fifth by chance, so that a thousand sets do not speak at once.
    const fn pause(&self, dice: u8) -> u64 {
        let fifth = self.heartbeat_ms / 5;
        self.heartbeat_ms.saturating_sub(fifth.saturating_mul(dice as u64) / 256)
    }
}

impl<'m, C: Crypto> Set<'m, C> {
    /// Takes one frame, all of it. A Register is the host's to judge.
    ///
    /// # Errors
    /// [`Full`] if the outputs of earlier inputs have not been polled: nothing has changed, poll and give it again.
    pub fn frame<'f>(&mut self, now: Instant, frame: &'f [u8]) -> Result<Option<Register<'f>>, Full> {
        self.phone.reserve()?;
        if !self.connection.is_up() {
            return Ok(None);
        }
        let taken = self.connection.link.take(frame);
        let up = taken.and_then(|(kind, body)| Up::parse(kind, body).map_err(|_| Wrong::Unreadable));
        let up = match up {
            Ok(up) => up,
            Err(why) => {
                self.close(now, if why == Wrong::Sequence { Bye::Sequence } else { Bye::Unreadable });
                return Ok(None);
            }
        };
        let gone = self.connection.heartbeat_ms.saturating_mul(MISSED);
        if let State::Up { hear, .. } = &mut self.connection.state {
            *hear = now.plus_ms(gone);
        }
        match up {
            // Once is enough; whoever says it again has lost his senses.
            Up::Hello(_) => self.close(now, Bye::Unreadable),
            Up::Register(register) if self.config.number.is_empty() => return Ok(Some(register)),
            // For another number it begins a new connection.
            Up::Register(_) => self.close(now, Bye::Unreadable),
            Up::Hook { off } => self.hook(now, off),
            Up::Key { key, pressed: true } => self.key(now, key),
            Up::Key { pressed: false, .. } | Up::Alive => {}
            Up::Opened { stream, generation, at } => self.opened(stream, generation, at),
            // Whoever takes his leave wants nothing kept.
            Up::Bye(0) => self.end(now, Bye::Wished),
            Up::Bye(_) => self.close(now, Bye::Wished),
        }
        Ok(None)
    }

    /// The host says something on the connection: the octets of a frame. `None`: there is no connection.
    pub fn tell(&mut self, now: Instant, down: &Down<'_>, out: &mut [u8; MAX_FRAME]) -> Option<usize> {
        if !self.connection.is_up() {
            return None;
        }
        self.spoken(now);
        self.connection.link.write(out, down.kind(), |out| down.write(out))
    }

    /// The same of a body that is written already.
    pub(super) fn tell_octets(
        &mut self,
        now: Instant,
        kind: u8,
        body: &[u8],
        out: &mut [u8; MAX_FRAME],
    ) -> Option<usize> {
        self.spoken(now);
        self.connection.link.write(out, kind, |out| out.put(body))
    }

    /// Something is said: Alive is due a heartbeat from now.
    fn spoken(&mut self, now: Instant) {
        let dice = self.phone.dice();
        let pause = self.connection.pause(dice);
        if let State::Up { say, .. } = &mut self.connection.state {
            *say = now.plus_ms(pause);
        }
        self.connection.alive = false;
    }

    /// The same set is there on another connection, whose Hello was read: it is told everything. False, and nothing has changed: its calls
    /// and its registration are being taken back already, so it is to register anew.
    #[must_use]
    pub fn resume(&mut self, now: Instant, link: Link) -> bool {
        if matches!(self.connection.state, State::Ending { .. } | State::Gone) {
            return false;
        }
        self.connection = Connection::new(now, link, self.config.heartbeat_s);
        self.told = Face::BLANK;
        // Whatever its streams are, it says so again.
        true
    }

    /// The connection is not there any more.
    pub fn lost(&mut self, now: Instant) {
        if self.connection.is_up() {
            self.gone(now);
        }
    }

    /// Closes the connection for this reason; what it needs nobody else for ends now.
    pub fn close(&mut self, now: Instant, why: Bye) {
        if self.connection.is_up() {
            self.connection.closes = Some(why);
            self.gone(now);
        }
    }

    /// Ends it, with its calls: its number is another's, or its host stops.
    pub fn end(&mut self, now: Instant, why: Bye) {
        self.close(now, why);
        self.ends(now);
    }

    /// The connection as it is handed on, by an unregistered set to the one that it has become.
    #[must_use]
    pub fn into_link(self) -> Link {
        self.connection.link
    }

    fn gone(&mut self, now: Instant) {
        // What was being dialed is not a call.
        self.abandon_dialing(now);
        let until = if self.is_busy() { now.plus_s(self.config.grace_s.into()) } else { now };
        self.connection.state = State::Lost { until };
        self.connection_due(now);
    }

    fn ends(&mut self, now: Instant) {
        if matches!(self.connection.state, State::Ending { .. } | State::Gone) {
            return;
        }
        self.connection.state = State::Ending { until: now.plus_s(ENDING_S) };
        for place in 0..self.appearances.len() {
            if let Some(line) = self.call_on(place) {
                self.then(Next::HangUp(line));
            }
        }
        self.then(Next::Unregister);
    }

    pub(super) fn connection_due(&mut self, now: Instant) {
        match self.connection.state {
            State::Up { hear, .. } if now >= hear => self.close(now, Bye::Silence),
            State::Up { say, .. } if now >= say => self.connection.alive = true,
            State::Lost { until } if now >= until || !self.is_busy() => self.ends(now),
            State::Ending { until } if now >= until => self.connection.state = State::Gone,
            State::Up { .. } | State::Lost { .. } | State::Ending { .. } | State::Gone => {}
        }
    }

    /// What the connection itself has to say.
    pub(super) fn connection_output(&mut self, now: Instant, out: &mut [u8; MAX_FRAME]) -> Option<Output> {
        if let Some(why) = self.connection.closes.take() {
            let len = self.connection.link.write(out, Down::Bye(why).kind(), |out| Down::Bye(why).write(out));
            // The frame stands in the buffer; the host sends it, then closes.
            return Some(Output::Closed { why, len: len.unwrap_or(0) });
        }
        if core::mem::take(&mut self.connection.alive) {
            return self.tell(now, &Down::Alive, out).map(|len| Output::Frame { len });
        }
        None
    }

    /// Whether the last of it is gone.
    pub(super) fn is_done(&self) -> bool {
        match self.connection.state {
            State::Ending { .. } => self.next.is_empty() && self.phone.lines().next().is_none(),
            State::Gone => true,
            State::Up { .. } | State::Lost { .. } => false,
        }
    }
}
