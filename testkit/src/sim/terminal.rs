//! Telephones of the engine's own in a [`Sim`]: [`strowger::phone::Phone`], as firmware has it.

use super::{Datagram, Sim};
use std::net::SocketAddr;
use strowger::base::{Flow, Instant, Soft, Ticked};
use strowger::homing::Terms;
use strowger::media::{Ability, Codec, Srtp};
use strowger::phone::{Config, Output, Phone, Resources};
use strowger::policy::{Image, Keyring};

/// A telephone over memory of its own.
pub type Terminal = Phone<'static, Soft>;

/// Names a telephone of a [`Sim`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TerminalId(usize);

/// One of them, where it is reached.
pub(super) struct Placed {
    name: String,
    pub(super) address: SocketAddr,
    terminal: Terminal,
}

/// The lines of a telephone of this kit: two to talk on, and one more.
pub const LINES: usize = 3;

/// How a telephone with a number is usually set up: G.711 and G.722, encrypted if the other can.
#[must_use]
pub fn terminal_config(number: &'static str, address: SocketAddr, servers: &[SocketAddr]) -> Config<'static> {
    Config {
        instance: 1,
        address,
        number: number.as_bytes(),
        username: b"",
        password: b"",
        realm: b"",
        domain: b"",
        servers: servers.iter().map(|server| Flow::from(*server)).collect(),
        homing: Terms::USUAL,
        ability: Ability {
            codecs: [Codec::G722, Codec::Pcma, Codec::Pcmu].into_iter().collect(),
            srtp: Srtp::BestEffort,
        },
        sound_port: 16_000,
    }
}

/// A telephone, with a policy and its line of the keyring if it has one.
///
/// # Panics
/// If the policy is not valid, or not for this telephone.
#[must_use]
pub fn build_terminal(config: Config<'static>, policy: Option<(&[u8], &[u8])>, seed: u64) -> Terminal {
    build_terminal_of::<LINES>(config, policy, seed)
}

/// The same with so many lines.
///
/// # Panics
/// If the policy is not valid, or not for this telephone.
#[must_use]
pub fn build_terminal_of<const LINES: usize>(
    config: Config<'static>,
    policy: Option<(&[u8], &[u8])>,
    seed: u64,
) -> Terminal {
    let mut key = [0x5A; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let number = config.number;
    key[8..8 + number.len().min(24)].copy_from_slice(&number[..number.len().min(24)]);
    let mut crypto = Soft::new(&key);
    let memory = Box::leak(Box::new(Resources::<LINES>::new())).memory();
    let policy = policy.map(|policy| policy_of(policy, &mut crypto));
    let mut terminal = Phone::new(memory, config, crypto);
    if let Some((image, keyring)) = policy {
        terminal.load(image, keyring).expect("a telephone of this policy");
    }
    terminal
}

/// A policy of its own, which is never given back.
pub(super) fn policy_of(
    (image, keyring): (&[u8], &[u8]),
    crypto: &mut Soft,
) -> (Image<'static>, Keyring<'static>) {
    let image = Image::load(Vec::leak(image.to_vec()), crypto).expect("the image is valid");
    let keyring = Keyring::load(Vec::leak(keyring.to_vec()), &image, crypto);
    (image, keyring.expect("the keyring fits the image"))
}

impl Sim {
    /// Adds a telephone that is reached at `address`.
    pub fn add_terminal(&mut self, name: &str, address: SocketAddr, terminal: Terminal) -> TerminalId {
        self.ladder.participant(name);
        self.terminals.push(Placed { name: name.to_owned(), address, terminal });
        TerminalId(self.terminals.len() - 1)
    }

    /// A telephone, to look at.
    #[must_use]
    pub fn terminal(&self, id: TerminalId) -> &Terminal {
        &self.terminals[id.0].terminal
    }

    /// Has a telephone do something now, and sends what comes of it.
    pub fn with_terminal<T>(&mut self, id: TerminalId, act: impl FnOnce(&mut Terminal, Instant) -> T) -> T {
        let now = self.now;
        let done = act(&mut self.terminals[id.0].terminal, now);
        self.drain_terminal(id.0);
        done
    }

    /// What one telephone told, in order, and when.
    #[must_use]
    pub fn told_by(&self, id: TerminalId) -> Vec<Output> {
        let name = &self.terminals[id.0].name;
        self.heard.iter().filter(|(_, who, _)| who == name).map(|(_, _, output)| *output).collect()
    }

    /// Runs until a telephone has told something that fits, from now on; false if it has not within so many milliseconds.
    pub fn run_until_told(&mut self, limit_ms: u64, id: TerminalId, fits: impl Fn(&Output) -> bool) -> bool {
        let (name, seen) = (self.terminals[id.0].name.clone(), self.heard.len());
        self.run_until(limit_ms, |sim| {
            sim.heard[seen..].iter().any(|(_, who, output)| *who == name && fits(output))
        })
    }

    pub(super) fn terminal_deadlines(&self) -> impl Iterator<Item = Instant> {
        self.terminals.iter().filter_map(|placed| placed.terminal.next_deadline())
    }

    pub(super) fn terminal_at(&self, address: SocketAddr) -> Option<usize> {
        self.terminals.iter().position(|placed| placed.address == address)
    }

    pub(super) fn terminal_name(&self, address: SocketAddr) -> Option<String> {
        self.terminal_at(address).map(|at| self.terminals[at].name.clone())
    }

    pub(super) fn terminal_receives(&mut self, at: usize, datagram: &Datagram) {
        let taken = self.terminals[at].terminal.receive(self.now, datagram.from, &datagram.bytes);
        taken.expect("a telephone that has been drained takes every datagram");
        self.drain_terminal(at);
    }

    pub(super) fn tick_terminals(&mut self) {
        for at in 0..self.terminals.len() {
            for round in 0.. {
                let now = self.now;
                let due = self.terminals[at].terminal.next_deadline().is_some_and(|due| due <= now);
                if !due {
                    break;
                }
                assert!(round < 1_000, "time cannot be caught up with");
                let ticked = self.terminals[at].terminal.tick(now);
                let ticked = ticked.expect("a telephone that has been drained takes every tick");
                self.drain_terminal(at);
                let next = self.terminals[at].terminal.next_deadline();
                let late = ticked == Ticked::Done && next.is_some_and(|next| next <= now);
                assert!(!late, "a tick at {now:?} left the deadline {next:?}");
            }
        }
    }

    fn drain_terminal(&mut self, at: usize) {
        let mut buffer = vec![0; strowger::phone::MAX_DATAGRAM];
        let (now, from) = (self.now, self.terminals[at].address);
        while let Some(output) =
            self.terminals[at].terminal.poll(&mut buffer).expect("the buffer is large enough")
        {
            if let Output::Send { to, len } = output {
                self.send(Datagram { from, to: to.peer, bytes: buffer[..len].to_vec() });
                continue;
            }
            let name = self.terminals[at].name.clone();
            self.ladder.note(now, &name, &words(&output, &buffer));
            self.heard.push((now, name, output));
        }
    }
}

/// What a telephone tells, in words for a ladder.
fn words(output: &Output, buffer: &[u8]) -> String {
    match output {
        Output::Send { .. } => String::new(),
        Output::Standing(standing) => format!("{standing:?}"),
        Output::Server(server) => format!("belongs to server {server}"),
        Output::Incoming(_) => "rings".to_owned(),
        Output::Ringing(_) => "hears ringing".to_owned(),
        Output::Notice(_, notice) => format!("is told: {notice:?}"),
        Output::Up(_) => "talks".to_owned(),
        Output::Sound(_) => "has its sound".to_owned(),
        Output::Held(_, true) => "is held".to_owned(),
        Output::Held(_, false) => "is held no more".to_owned(),
        Output::Changed(_, status) => format!("changed: {status}"),
        Output::Referred(_, status) => format!("hears of its transfer: {status}"),
        Output::Text { len } => {
            let text = String::from_utf8_lossy(&buffer[..*len]);
            format!("reads: {}", text.lines().next().unwrap_or(""))
        }
        Output::Over { status, rule, .. } => match rule {
            Some(rule) => format!("over: {status}, {}", rule.name()),
            None => format!("over: {status}"),
        },
    }
}
