//! One set: its connection, its face, and its sound, held together.

use std::io;
use std::time::{Duration, Instant};

use crate::face::{Effect, Face};
use crate::frames::{Actuation, Code, Down, Fault, Secret, Token, Up, VERSION};
use crate::link::{End, Link};
use crate::options::Options;
use crate::sound::{Counts, Sound};
use crate::words::{How, Key, Reason, bye};

/// Frames that one poll takes at most: who polls is to have its turn under a flood as well.
const FRAMES: usize = 256;

/// What a poll has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// It has its number.
    Registered {
        /// How it came to it.
        how: How,
        /// The number.
        number: String,
        /// Whose it is.
        name: String,
    },
    /// It does not get its number, and where it belongs instead, if that is known.
    Refused(Reason, String),
    /// The face is another one.
    Changed,
    /// The controller ended the connection, and why.
    Bye(u8),
    /// The connection is gone, or silent. Sound and ringing go on; [`Set::reconnect`] comes back with the token.
    Lost,
    /// The controller said what cannot be followed, and was told so: gone as well.
    Fault(Fault),
}

/// A set.
#[derive(Debug)]
pub struct Set {
    options: Options,
    link: Option<Link>,
    face: Face,
    sound: Sound,
    token: Token,
    grace: Duration,
    /// Whether the handset is lifted, and whether the controller was told last that it is.
    off: bool,
    told_off: bool,
    /// Its number is asked for without being asked to: not again once a PIN was wrong, for wrong ones are counted.
    ask: bool,
    now: Stage,
    /// What came when nobody polled.
    news: Vec<News>,
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, Default)]
struct Stage {
    welcome: bool,
    asked: bool,
    registered: bool,
    /// A snapshot came, and from there on keys are told.
    shown: bool,
    /// Registered, and its snapshot has not come yet.
    hook_due: bool,
}

impl Set {
    /// Connects and says Hello; what comes of it, polls tell.
    ///
    /// # Errors
    /// The options are those of no set, or there is nobody, or not who was expected.
    pub fn connect(options: Options) -> io::Result<Self> {
        options.check()?;
        let link = Link::open(&options.controller, options.tls.as_ref())?;
        let ip = options.sound.map_or_else(|| link.local_ip(), Ok)?;
        let mut set = Self {
            face: Face::new(options.rows, options.columns, options.lines),
            sound: Sound::new(ip)?,
            ask: !options.number.is_empty(),
            options,
            link: None,
            token: Token::default(),
            grace: Duration::ZERO,
            off: false,
            told_off: false,
            now: Stage::default(),
            news: Vec::new(),
        };
        set.begin(link)?;
        Ok(set)
    }

    /// Comes back with the token that it has kept.
    ///
    /// # Errors
    /// There is nobody, or not who was expected: as before, and to be tried again.
    pub fn reconnect(&mut self) -> io::Result<()> {
        self.drop_connection();
        let link = Link::open(&self.options.controller, self.options.tls.as_ref())?;
        self.begin(link)
    }

    /// Loses its connection without a word. Sound and ringing go on, the token is kept.
    pub fn drop_connection(&mut self) {
        self.link = None;
        self.now = Stage::default();
    }

    /// Goes as wished.
    pub fn leave(mut self) {
        if let Some(link) = self.link.take() {
            link.bye(bye::WISHED);
        }
    }

    /// Takes what comes for so long, or until there is something to tell. Signs of life are given here and nowhere else.
    ///
    /// # Errors
    /// None today: a connection that is lost is news.
    pub fn poll(&mut self, wait: Duration) -> io::Result<Vec<News>> {
        let until = Instant::now() + wait;
        let before = self.face.clone();
        for _ in 0..FRAMES {
            let quiet = self.news.is_empty() && self.face == before;
            let until = if quiet { until } else { Instant::now() };
            let Some(link) = &mut self.link else {
                std::thread::sleep(until.saturating_duration_since(Instant::now()));
                break;
            };
            match link.hear(until) {
                Ok(None) => break,
                Ok(Some(down)) => {
                    if let Err(fault) = self.take(down) {
                        self.end(&End::Fault(fault));
                    }
                }
                Err(end) => self.end(&end),
            }
        }
        if self.face != before {
            self.news.push(News::Changed);
        }
        Ok(std::mem::take(&mut self.news))
    }

    /// Asks for a number, as its user would after being refused. A set that has one already goes, and asks in a new connection.
    ///
    /// # Errors
    /// `InvalidInput`: no controller could read that. Others: as [`Self::reconnect`].
    pub fn register(&mut self, code: Code, number: &str, pin: &str) -> io::Result<()> {
        let options = Options { code, number: number.into(), pin: Secret::from(pin), ..self.options.clone() };
        options.check()?;
        self.options = options;
        self.ask = !number.is_empty();
        if self.now.registered {
            if let Some(link) = self.link.take() {
                link.bye(bye::WISHED);
            }
            self.token = Token::default();
            return self.reconnect();
        }
        if self.now.shown && self.ask {
            self.ask_for_number();
        }
        Ok(())
    }

    /// Lifts the handset, or puts it back. Returns whether the controller was told. When it was not, putting it back ends what
    /// is sent and heard all the same, and the next connection is told where the handset is.
    pub fn hook(&mut self, off: bool) -> bool {
        self.off = off;
        if self.now.shown {
            self.told_off = off;
            return self.say(&Up::Hook { off });
        }
        if !off {
            self.face.stop_all();
            self.sound.follow(&self.face);
            self.news.push(News::Changed);
        }
        false
    }

    /// Taps a key. Returns whether the controller was told.
    pub fn press(&mut self, key: Key) -> bool {
        self.key(key, true) && self.key(key, false)
    }

    /// Presses a key, or lets it go. Returns whether the controller was told: in a connection that is lost it is not, nor later
    /// (section "A connection that is lost"). A digit goes over the streams either way.
    pub fn key(&mut self, key: Key, pressed: bool) -> bool {
        if let Some(digit) = key.as_digit() {
            self.sound.digit(digit, pressed);
        }
        self.now.shown && self.say(&Up::Key { key, pressed })
    }

    /// What it shows.
    #[must_use]
    pub fn face(&self) -> &Face {
        &self.face
    }

    /// Whether there is a connection.
    #[must_use]
    pub fn connected(&self) -> bool {
        self.link.is_some()
    }

    /// Whether it is registered on this connection.
    #[must_use]
    pub fn registered(&self) -> bool {
        self.now.registered
    }

    /// Whether it asks for its number by itself.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.ask
    }

    /// The number it asks for, and the PIN it has kept.
    pub(crate) fn wanted(&self) -> (String, String) {
        (self.options.number.clone(), self.options.pin.reveal().into())
    }

    /// Whether a snapshot came on this connection, registered or not, so that keys are told.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.now.shown && !self.now.hook_due
    }

    /// How long the token is good for after a connection was lost.
    #[must_use]
    pub fn grace(&self) -> Duration {
        self.grace
    }

    /// Packets received on a stream under its current generation.
    #[must_use]
    pub fn received(&self, stream: u8) -> u64 {
        self.counts(stream).received
    }

    /// Packets sent on a stream under its current generation.
    #[must_use]
    pub fn sent(&self, stream: u8) -> u64 {
        self.counts(stream).sent
    }

    /// All counts of a stream under its current generation.
    #[must_use]
    pub fn counts(&self, stream: u8) -> Counts {
        self.face.stream(stream).map_or_else(Counts::default, |of| self.sound.counts(stream, of.current))
    }

    /// All counts of a stream under one generation, also when it is closed.
    #[must_use]
    pub fn counts_of(&self, stream: u8, generation: u16) -> Counts {
        self.sound.counts(stream, generation)
    }

    /// Its sound.
    #[must_use]
    pub fn sound(&self) -> &Sound {
        &self.sound
    }

    fn begin(&mut self, mut link: Link) -> io::Result<()> {
        link.say(&self.options.hello(self.token))?;
        self.link = Some(link);
        self.now = Stage::default();
        Ok(())
    }

    fn say(&mut self, up: &Up) -> bool {
        let Some(link) = &mut self.link else { return false };
        match link.say(up) {
            Ok(()) => true,
            Err(error) => {
                self.end(&End::Lost(error));
                false
            }
        }
    }

    /// Ends the connection from this side.
    fn end(&mut self, end: &End) {
        let Some(link) = self.link.take() else { return };
        self.drop_connection();
        if let Some(reason) = end.reason() {
            link.bye(reason);
        }
        self.news.push(match end {
            End::Fault(fault) => News::Fault(*fault),
            End::Lost(_) | End::Silence => News::Lost,
        });
    }

    fn take(&mut self, down: Down) -> Result<(), Fault> {
        match down {
            Down::Bye(reason) => self.bye(reason),
            Down::Welcome { .. } if self.now.welcome => {
                return Err(Fault::Unreadable("Welcome for the second time"));
            }
            Down::Welcome { version, .. } if version != VERSION => return Err(Fault::Version),
            Down::Welcome { heartbeat, .. } => {
                self.now.welcome = true;
                if let Some(link) = &mut self.link {
                    link.beat(Duration::from_secs(heartbeat.into()));
                }
            }
            _ if !self.now.welcome => return Err(Fault::Unreadable("something else before Welcome")),
            Down::Registered { how, token, grace, number, name } => {
                self.token = token;
                self.grace = Duration::from_secs(grace.into());
                // It is bound now, and what it keeps is the PIN alone.
                self.options.code = Code::None;
                self.now.registered = true;
                self.now.hook_due = true;
                self.news.push(News::Registered { how, number, name });
            }
            Down::Refused { reason, place } => {
                self.ask &= reason != Reason::BadPin;
                self.news.push(News::Refused(reason, place));
            }
            Down::Snapshot(actuations) => self.snapshot(&actuations)?,
            Down::Actuation(actuation) => {
                let effect = self.face.apply(&actuation)?;
                let opened = if let Effect::Open(stream, generation) = effect {
                    vec![(stream, generation)]
                } else {
                    vec![]
                };
                self.listen(&opened);
            }
            Down::Alive => {}
        }
        Ok(())
    }

    fn snapshot(&mut self, actuations: &[Actuation]) -> Result<(), Fault> {
        let (face, opened) = self.face.snapshot(actuations)?;
        if !self.now.registered && !self.now.shown {
            // The controller does not know it, or not any more: this is no old call that goes on.
            self.sound.close();
            self.token = Token::default();
            self.told_off = false;
        }
        self.face = face;
        self.now.shown = true;
        self.listen(&opened);
        if std::mem::take(&mut self.now.hook_due) && self.off != self.told_off {
            // Keys of meanwhile are not told. Where the handset is, is not what happened but what is, and the controller would
            // wait for ever for whoever has hung up.
            self.told_off = self.off;
            self.say(&Up::Hook { off: self.off });
        }
        if !self.now.registered && !self.now.asked && self.ask {
            self.ask_for_number();
        }
        Ok(())
    }

    fn ask_for_number(&mut self) {
        self.now.asked = true;
        let register = self.options.register();
        self.say(&register);
    }

    /// Has the sound do as the face says, and tells where it listens.
    fn listen(&mut self, opened: &[(u8, u16)]) {
        self.sound.follow(&self.face);
        for &(stream, generation) in opened {
            let address = self.sound.open(stream, generation);
            self.say(&Up::Opened { stream, generation, address });
        }
        if !opened.is_empty() {
            self.sound.follow(&self.face);
        }
    }

    fn bye(&mut self, reason: u8) {
        self.drop_connection();
        if matches!(reason, bye::ANOTHER | bye::GONE) {
            // Not a connection that is lost: its number is not its own any more, and with it no call.
            self.token = Token::default();
            self.ask = false;
            self.face.clear();
            self.sound.follow(&self.face);
        }
        self.news.push(News::Bye(reason));
    }
}
