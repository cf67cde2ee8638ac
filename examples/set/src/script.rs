//! Commands for a set, line by line: what a user does, and in scripts what is waited for.

use std::io::Write;
use std::str::FromStr;
use std::time::{Duration, Instant};

use crate::frames::Code;
use crate::set::{News, Set};
use crate::terminal::draw;
use crate::words::{Key, Lamp, Reason, Ring, Tone, bye};

/// The commands, for people.
pub const HELP: &str = "\
off, on                   lift the handset, put it back
0-9 * # in a row          press digits, one by one
l1 l2 l3 l4               press a line key
hold transfer cancel redial
wait TEXT SECONDS         until some row of the display contains TEXT
wait-tone NAME SECONDS    silence dial second-dial ring-back busy reorder account-code
                          confirmation warning camp-on intrusion on-hold
wait-ring [KIND] SECONDS  until it rings, or until KIND: silent inside outside
wait-lamp KEY MODE SECONDS
                          off on wink flash blink
wait-sound COUNT SECONDS  until so many packets more were received on the stream that is sent
wait-registered SECONDS
wait-refused REASON SECONDS
register [PIN]            ask for the number again, with another PIN
lose, back                lose the connection; come back with the token
sleep MILLISECONDS
say TEXT                  print TEXT
quit
Lines that begin with '# ' are comments. A wait that is not met ends a script with status 1.";

/// How long coming back, and what a new connection shows first, may take.
const BACK: Duration = Duration::from_secs(10);
/// Between digits that are pressed in a row: no user is faster, and a controller slows down whoever is.
const BETWEEN: Duration = Duration::from_millis(50);

/// One command.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Nothing.
    Nothing,
    /// The handset.
    Hook(bool),
    /// Keys, one by one.
    Keys(Vec<Key>),
    /// Some row contains it.
    Wait(String, Duration),
    /// It sounds.
    WaitTone(Tone, Duration),
    /// It rings so; none: in any way.
    WaitRing(Option<Ring>, Duration),
    /// The lamp of a key does it.
    WaitLamp(Key, Lamp, Duration),
    /// So many packets came.
    WaitSound(u64, Duration),
    /// It has its number.
    WaitRegistered(Duration),
    /// It was refused its number, and why.
    WaitRefused(Reason, Duration),
    /// Ask again, perhaps with another PIN.
    Register(Option<String>),
    /// Lose the connection.
    Lose,
    /// Come back.
    Back,
    /// Do nothing for a while.
    Sleep(Duration),
    /// Print.
    Say(String),
    /// The end.
    Quit,
}

impl FromStr for Command {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let line = line.trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        if word.is_empty() || word == "#" && !rest.is_empty() {
            return Ok(Self::Nothing);
        }
        let command = match word {
            "wait" | "wait-tone" | "wait-ring" | "wait-lamp" | "wait-sound" | "wait-registered"
            | "wait-refused" => {
                return wait(word, rest).map_err(|error| format!("{line}: {error}"));
            }
            "say" => return Ok(Self::Say(rest.into())),
            "sleep" => {
                let milliseconds = rest.parse().map_err(|_| format!("{line}: {rest} is no number"))?;
                return Ok(Self::Sleep(Duration::from_millis(milliseconds)));
            }
            "register" => return Ok(Self::Register((!rest.is_empty()).then(|| rest.into()))),
            "off" => Self::Hook(true),
            "on" => Self::Hook(false),
            "lose" => Self::Lose,
            "back" => Self::Back,
            "quit" => Self::Quit,
            _ => Self::Keys(keys(word)?),
        };
        if rest.is_empty() { Ok(command) } else { Err(format!("{line}: too many words")) }
    }
}

fn keys(word: &str) -> Result<Vec<Key>, String> {
    let digits: Option<Vec<_>> = word.chars().map(Key::digit).collect();
    match digits {
        Some(digits) => Ok(digits),
        None => word.parse().map(|key| vec![key]).map_err(|_| format!("{word}: no such command")),
    }
}

fn wait(word: &str, rest: &str) -> Result<Command, String> {
    let (what, seconds) = rest.rsplit_once(char::is_whitespace).unwrap_or(("", rest));
    let (what, wrong) = (what.trim(), |_| format!("'{seconds}' are no seconds"));
    let time = seconds
        .parse()
        .map_err(|_| wrong(()))
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).map_err(|_| wrong(())))?;
    Ok(match word {
        "wait" if what.is_empty() => return Err("what for?".into()),
        "wait" => Command::Wait(what.into(), time),
        "wait-tone" => Command::WaitTone(what.parse()?, time),
        "wait-ring" if what.is_empty() => Command::WaitRing(None, time),
        "wait-ring" => Command::WaitRing(Some(what.parse()?), time),
        "wait-lamp" => {
            let (key, mode) = what.split_once(char::is_whitespace).ok_or("a key and a mode are wanted")?;
            // The face shows line keys by their numbers alone.
            let line = key.parse().ok().and_then(Key::line);
            let key = line.map_or_else(|| key.parse(), Ok)?;
            Command::WaitLamp(key, mode.trim().parse()?, time)
        }
        "wait-sound" => Command::WaitSound(what.parse().map_err(|_| format!("'{what}' is no number"))?, time),
        "wait-refused" => Command::WaitRefused(what.parse()?, time),
        _ if what.is_empty() => Command::WaitRegistered(time),
        _ => return Err("too many words".into()),
    })
}

/// A set with somebody who does what commands say, and writes what becomes of it.
#[derive(Debug)]
pub struct Runner<W> {
    set: Set,
    out: W,
    drawn: String,
    refused: Option<Reason>,
    /// The controller ended it in a way that is not to be tried again.
    over: bool,
}

impl<W: Write> Runner<W> {
    /// Somebody for a set, who writes there.
    pub fn new(set: Set, out: W) -> Self {
        Self { set, out, drawn: String::new(), refused: None, over: false }
    }

    /// The set.
    pub fn set(&mut self) -> &mut Set {
        &mut self.set
    }

    /// Whether its connection was lost, and coming back is worth trying.
    pub fn lost(&self) -> bool {
        !self.set.connected() && !self.over
    }

    /// Says Bye, if there is a connection.
    pub fn leave(self) {
        self.set.leave();
    }

    /// Does what a command says, and returns whether there is more to do.
    ///
    /// # Errors
    /// A wait that was not met, with the face as it is.
    pub fn run(&mut self, command: Command) -> Result<bool, String> {
        match command {
            Command::Nothing => {}
            Command::Quit => return Ok(false),
            Command::Hook(off) => drop(self.set.hook(off)),
            Command::Keys(keys) => {
                for (at, key) in keys.into_iter().enumerate() {
                    if at > 0 {
                        self.rest(BETWEEN)?;
                    }
                    self.set.press(key);
                }
            }
            Command::Wait(text, time) => {
                self.until(&format!("'{text}' on the display"), time, |set, _| set.face().shows(&text))?;
            }
            Command::WaitTone(tone, time) => {
                self.until(&format!("the tone {tone}"), time, |set, _| set.face().tone() == tone)?;
            }
            Command::WaitRing(None, time) => {
                self.until("a ring", time, |set, _| set.face().ring() != Ring::Silent)?;
            }
            Command::WaitRing(Some(ring), time) => {
                self.until(&format!("the ring {ring}"), time, |set, _| set.face().ring() == ring)?;
            }
            Command::WaitLamp(key, mode, time) => {
                let what = format!("the lamp of {key} to be {mode}");
                self.until(&what, time, |set, _| set.face().lamp(key) == mode)?;
            }
            Command::WaitSound(count, time) => self.wait_sound(count, time)?,
            Command::WaitRegistered(time) => {
                self.until("being registered", time, |set, _| set.registered())?
            }
            Command::WaitRefused(reason, time) => {
                self.until(&format!("being refused for {reason}"), time, |_, refused| {
                    refused == Some(reason)
                })?;
            }
            Command::Register(pin) => {
                self.refused = None;
                let (number, kept) = self.set.wanted();
                let pin = pin.unwrap_or(kept);
                self.set.register(Code::None, &number, &pin).map_err(|error| error.to_string())?;
            }
            Command::Lose => self.set.drop_connection(),
            Command::Back => self.back()?,
            Command::Sleep(time) => self.rest(time)?,
            Command::Say(text) => self.print(&text)?,
        }
        self.pump(Duration::ZERO)?;
        Ok(true)
    }

    /// Takes what comes for so long or until something does, and writes it.
    ///
    /// # Errors
    /// There is nowhere to write to.
    pub fn pump(&mut self, wait: Duration) -> Result<(), String> {
        for news in self.set.poll(wait).map_err(|error| error.to_string())? {
            let line = match news {
                News::Registered { how, number, name } => format!("registered {number} {name} ({how})"),
                News::Refused(reason, place) => {
                    self.refused = Some(reason);
                    format!("refused: {reason} {place}")
                }
                News::Bye(reason) => {
                    self.over = matches!(reason, bye::ANOTHER | bye::GONE | bye::VERSION);
                    format!("bye {reason}: {}", bye::words(reason))
                }
                News::Lost => "lost".into(),
                News::Fault(fault) => format!("lost: the controller said {fault}"),
                News::Changed => continue,
            };
            self.print(line.trim_end())?;
        }
        let drawn = draw(self.set.face());
        if drawn != self.drawn {
            self.print(&drawn)?;
            self.drawn = drawn;
        }
        Ok(())
    }

    /// Waits for what a connection shows first: that it is registered, or that it is not.
    ///
    /// # Errors
    /// Neither came.
    pub fn greet(&mut self) -> Result<(), String> {
        self.until("a snapshot", BACK, |set, refused| {
            !set.connected() || set.ready() && (set.registered() || refused.is_some() || !set.asks())
        })?;
        if self.set.connected() { Ok(()) } else { Err("the controller went away at once".into()) }
    }

    fn back(&mut self) -> Result<(), String> {
        let begun = Instant::now();
        self.refused = None;
        // A controller that has just been started may need a moment to listen.
        while let Err(error) = self.set.reconnect() {
            if begun.elapsed() > BACK {
                return Err(format!("cannot come back: {error}"));
            }
            self.rest(Duration::from_millis(200))?;
        }
        self.over = false;
        self.greet()
    }

    fn wait_sound(&mut self, count: u64, time: Duration) -> Result<(), String> {
        // Counted from here on: sound of before a hold says nothing about sound after it.
        let mut from = None;
        self.until(&format!("{count} packets of sound"), time, |set, _| {
            let sent =
                set.face().open().find(|(_, open)| open.sending.as_ref().is_some_and(|sending| sending.send));
            let Some(at) = sent.map(|(stream, open)| (stream, open.number)) else { return false };
            let now = set.counts_of(at.0, at.1).received;
            let first = match from {
                Some((which, first)) if which == at => first,
                Some(_) => 0,
                None => now,
            };
            from = Some((at, first));
            now - first >= count
        })
    }

    fn rest(&mut self, time: Duration) -> Result<(), String> {
        let until = Instant::now() + time;
        while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            self.pump(left)?;
        }
        Ok(())
    }

    fn until(
        &mut self,
        what: &str,
        time: Duration,
        mut met: impl FnMut(&Set, Option<Reason>) -> bool,
    ) -> Result<(), String> {
        let until = Instant::now() + time;
        loop {
            // Counts of sound change without news.
            self.pump(Duration::from_millis(10))?;
            if met(&self.set, self.refused) {
                return Ok(());
            }
            if Instant::now() >= until {
                let face = draw(self.set.face());
                return Err(format!("waited {} s for {what}, and there is\n{face}", time.as_secs_f64()));
            }
        }
    }

    fn print(&mut self, text: &str) -> Result<(), String> {
        let told = writeln!(self.out, "{text}").and_then(|()| self.out.flush());
        told.map_err(|error| format!("cannot write: {error}"))
    }
}

#[cfg(test)]
#[path = "script_tests.rs"]
mod tests;
