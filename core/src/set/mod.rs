//! The front door for a set: its keys and hook in, what it shows and sounds out (docs/set-protocol.md).
//!
//! A set has no mind, so it is given one here: a [`Phone`] of its own, whose user this is. What that phone sends to its gateway goes to the
//! exchange beside it, and so every call of a set is a call like any other, permitted, joined and recorded at the same gate.
//!
//! ```text
//!  set --frames--> Set --actions--> Phone --SIP--> Exchange
//!  set <--actuations-- Face <--what it tells-- Phone <--SIP-- Exchange
//! ```
//! - input: [`Set::frame`] (one frame), [`Set::receive`] (a message from the exchange), [`Set::found`] (what digits have become), [`Set::tick`];
//! - output: [`Set::poll`] until it says `None`, after every input;
//! - time: [`Set::next_deadline`] says when [`Set::tick`] is next wanted.
//!
//! The host reads Hello and Register, asks [`Exchange::judge_set`](crate::exchange::Exchange::judge_set), and makes a `Set` for who is admitted. One that is not has no number, and can
//! call for help only (law 4).

mod connection;
mod dialing;
mod face;
mod heard;
mod keys;
mod shows;
#[cfg(test)]
mod tests;

pub use face::STREAMS;

use crate::base::{Crypto, Digits, Flow, Full, Handle, Instant, WallTime};
use crate::call::earlier;
use crate::homing;
use crate::media::Ability;
use crate::phone::{self, Phone, Servers};
use crate::policy::{Image, Keyring, Rule};
use crate::wire::set::{Bye, Link, MAX_LINES, Tone};
use connection::Connection;
use dialing::Dial;
use face::{Face, Row, Stream};

/// How a set is set up.
#[derive(Clone, Debug)]
pub struct Config<'m> {
    /// Goes into every handle; not 0. Another for each set in a process.
    pub instance: u16,
    /// Its number; empty: it is not registered.
    pub number: &'m [u8],
    /// Its user's name.
    pub name: &'m str,
    /// The way to it: where its connection comes from, and how. By this the exchange knows it.
    pub flow: Flow,
    /// What the exchange is known by to it.
    pub exchange: Flow,
    /// What it can do with sound.
    pub ability: Ability,
    /// Rows and columns of its display.
    pub display: (u8, u8),
    /// Its line keys, 1-4.
    pub lines: u8,
    /// Something is said as often, in seconds.
    pub heartbeat_s: u16,
    /// What is kept of a call when the connection is lost, for so many seconds.
    pub grace_s: u16,
}

/// What the host must do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Output {
    /// Send the first `len` octets of the buffer to the set: a frame.
    Frame {
        /// How many.
        len: usize,
    },
    /// Give the first `len` octets of the buffer to the exchange, as a message that came by [`Config::flow`].
    Message {
        /// How many.
        len: usize,
    },
    /// Ask the exchange what these digits have become ([`Exchange::dialed`](crate::exchange::Exchange::dialed)), and tell it by [`Set::found`].
    Dialed(Digits),
    /// Send the first `len` octets of the buffer to the set, a frame that says why, then close the connection.
    Closed {
        /// Why.
        why: Bye,
        /// How many.
        len: usize,
    },
    /// Nothing is left of it: the connection is gone, and so are its calls.
    Over,
}

/// Actions that wait for each other at most: every call is cleared, and the registration taken back, beside one of the user's.
const NEXT: usize = 2 * STREAMS + 2;
/// Line keys, and one place without a key: whatever is on the keys, help can be called (law 4).
const PLACES: usize = MAX_LINES as usize + 1;
/// What a set without a number is called in calls for help.
const NOBODY: &[u8] = b"anonymous";

/// An action of the phone that waits until it has told what came of the one before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Next {
    HangUp(Handle),
    Answer(usize),
    Retrieve(usize),
    Unregister,
}

/// A line key and what is on it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Appearance {
    #[default]
    Idle,
    /// Its user dials there: [`Set::dial`].
    Dialing,
    /// A call.
    Call(Handle),
}

/// A set.
#[derive(Debug)]
pub struct Set<'m, C> {
    config: Config<'m>,
    phone: Phone<'m, C>,
    appearances: [Appearance; PLACES],
    /// The handset is lifted.
    off: bool,
    /// The line key whose party is talked to, or where its user dials.
    active: Option<usize>,
    /// The line key whose party is to be transferred.
    transferring: Option<usize>,
    /// Those who are being joined.
    joining: Option<(usize, usize)>,
    dial: Dial,
    /// What was dialed last.
    last: Digits,
    /// A tone for a moment.
    moment: Option<(Tone, Instant)>,
    /// A text for a moment.
    text: Option<(Row, Instant)>,
    streams: [Stream; STREAMS],
    /// Agreements on sound, counted by line.
    agreements: [u32; STREAMS],
    /// Lines whose sound was agreed on at all.
    heard: [bool; STREAMS],
    /// What the phone is to do when it has told everything: it takes one action after the other.
    next: heapless::Deque<Next, NEXT>,
    /// Of what was dialed on an appearance: so many digits are shown.
    shown: [u8; PLACES],
    told: Face,
    connection: Connection,
    wall: Option<WallTime>,
    /// [`Output::Over`] was told.
    over: bool,
}

impl<'m, C: Crypto> Set<'m, C> {
    /// A set whose Hello was read on this connection, with nothing on its display. It registers with its exchange at once.
    pub fn new(now: Instant, memory: phone::Memory<'m>, config: Config<'m>, link: Link, crypto: C) -> Self {
        let mut servers = Servers::new();
        let _ = servers.push(config.exchange);
        // The exchange is in the same process: it is not asked whether it is there.
        let patient = homing::Terms { heartbeat_s: 3_600, missed: u8::MAX, return_s: 0, returns: false };
        let number = if config.number.is_empty() { NOBODY } else { config.number };
        let phone = phone::Config {
            instance: config.instance,
            address: config.flow.peer,
            number,
            username: number,
            password: &[],
            realm: &[],
            domain: &[],
            servers,
            homing: patient,
            ability: config.ability.clone(),
            sound_port: 0,
        };
        let mut phone = Phone::new(memory, phone, crypto);
        phone.listen(config.flow.transport, config.flow.peer);
        phone.defer();
        let connection = Connection::new(now, link, config.heartbeat_s);
        let mut streams = [Stream::default(); STREAMS];
        streams.iter_mut().for_each(Stream::renew);
        Self {
            phone,
            appearances: [Appearance::Idle; PLACES],
            off: false,
            active: None,
            transferring: None,
            joining: None,
            dial: Dial::NONE,
            last: Digits::EMPTY,
            moment: None,
            text: None,
            streams,
            agreements: [0; STREAMS],
            heard: [false; STREAMS],
            next: heapless::Deque::new(),
            shown: [u8::MAX; PLACES],
            told: Face::BLANK,
            connection,
            wall: None,
            over: false,
            config,
        }
    }

    /// Puts a policy in force, with the keyring that knows the set's phone; an emergency block for a set that has no number. Then it registers.
    ///
    /// # Errors
    /// [`phone::NotTaken`]; the one in force stays.
    pub fn load(
        &mut self,
        now: Instant,
        image: Image<'m>,
        keyring: Keyring<'m>,
    ) -> Result<(), phone::NotTaken> {
        self.phone.load(image, keyring)?;
        if !self.config.number.is_empty() {
            // Without room it is asked again, when the first answer has not come.
            let _ = self.phone.register(now);
        }
        Ok(())
    }

    /// Tells the clock: by it go what its own policy says, and what the set shows.
    pub fn set_wall(&mut self, now: Instant, wall: WallTime) {
        self.phone.set_wall(now, wall);
        self.wall = Some(wall);
    }

    /// Takes a message from the exchange.
    ///
    /// # Errors
    /// [`Full`] if the outputs of earlier inputs have not been polled: nothing has changed, poll and give it again.
    pub fn receive(&mut self, now: Instant, message: &[u8]) -> Result<(), Full> {
        self.phone.receive(now, self.config.exchange, message)
    }

    /// Whether a call is up or being set up.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.phone.lines().any(|(_, state)| !state.is_over())
    }

    /// Its phone, to look at.
    #[must_use]
    pub const fn phone(&self) -> &Phone<'m, C> {
        &self.phone
    }

    /// When [`tick`](Self::tick) is next wanted. An early tick does nothing.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let moments =
            [self.moment.as_ref().map(|(_, until)| *until), self.text.as_ref().map(|(_, until)| *until)];
        let own = moments.into_iter().fold(self.dial.state.next_deadline(), earlier);
        earlier(earlier(own, self.connection.next_deadline()), self.phone.next_deadline())
    }

    /// Serves what has come due.
    ///
    /// # Errors
    /// [`Full`] if the outputs of earlier inputs have not been polled: nothing has changed, poll and call again.
    pub fn tick(&mut self, now: Instant) -> Result<(), Full> {
        // What is left over keeps its deadline.
        let _ = self.phone.tick(now)?;
        if self.moment.as_ref().is_some_and(|(_, until)| now >= *until) {
            self.moment = None;
        }
        if self.text.as_ref().is_some_and(|(_, until)| now >= *until) {
            self.text = None;
        }
        // With room only: a number that is placed is a message.
        if self.phone.reserve().is_ok() {
            self.dial_due(now);
        }
        self.connection_due(now);
        Ok(())
    }

    /// The appearance of a call.
    fn appearance_of(&self, line: Handle) -> Option<usize> {
        self.appearances.iter().position(|one| *one == Appearance::Call(line))
    }

    /// The call on an appearance.
    fn call_on(&self, place: usize) -> Option<Handle> {
        match self.appearances.get(place) {
            Some(Appearance::Call(line)) => Some(*line),
            Some(Appearance::Idle | Appearance::Dialing) | None => None,
        }
    }

    /// Something that is shown in the last row for a while.
    fn say(&mut self, now: Instant, text: core::fmt::Arguments<'_>) {
        let mut face = Face::BLANK;
        face.row(0, self.config.display.1, text);
        let [row, ..] = face.rows;
        self.text = Some((row, now.plus_s(10)));
    }

    fn say_rule(&mut self, now: Instant, rule: Rule) {
        self.say(now, format_args!("Denied: {}", rule.name()));
    }
}
