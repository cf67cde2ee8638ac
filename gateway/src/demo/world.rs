//! The gateway and its phones on loopback, and what is seen of them.

use super::scenes::{Act, Expect, Scene, SetScene};
use super::set;
use crate::alarms::Alarms;
use crate::data::Data;
use crate::engine::Policy;
use crate::run::Daemon;
use crate::{socket, words};
use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::time::{Duration, Instant as Clock};
use strowger::base::Instant;
use strowger::exchange::Output;
use strowger::record::Smdr;
use strowger_testkit::ladder::Ladder;
use strowger_testkit::phone::{Behaviour, Phone, PhoneConfig, PhoneEvent};

/// How long an act may take to have its outcome.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often sockets are looked at.
const STEP: Duration = Duration::from_millis(1);
/// Where the phones' passwords come from: the embedded policy's own devices.
const PHONES: [(&str, &str); 4] = [
    ("201", "Red-kettle-by-the-window-7"),
    ("202", "Nine-oaks-and-a-heron-4"),
    ("203", "Lathe-oil-on-the-floor-5"),
    ("209", "Between-two-floors-again-2"),
];
const CARRIER: &str = "carrier";
const GATEWAY: &str = "gateway";

struct Actor {
    name: &'static str,
    phone: Phone,
    socket: UdpSocket,
    seen: Seen,
}

/// What a phone told in a scene.
#[derive(Default)]
struct Seen {
    registered: bool,
    peer_sdp: Option<Vec<u8>>,
    ended: Option<u16>,
    hung_up: bool,
}

pub(super) struct World {
    daemon: Daemon,
    address: SocketAddr,
    actors: Vec<Actor>,
    ladder: Ladder,
    begin: Clock,
    decisions: Vec<(String, &'static str)>,
    records: Vec<Smdr>,
    data: PathBuf,
    /// Where sets connect.
    sets: Option<SocketAddr>,
}

impl World {
    pub(super) fn new(policy: &Policy) -> Result<Self, String> {
        let loopback: SocketAddr = ([127, 0, 0, 1], 0).into();
        let data = std::env::temp_dir().join(format!("strowger-demo-{}", std::process::id()));
        let socket = socket::bind(loopback)?;
        let address = socket.local_addr().map_err(|why| why.to_string())?;
        let mut daemon =
            Daemon::new(policy, socket, Data::open(&data, &policy.image, &Alarms::default())?, None)?;
        daemon.observe();
        daemon.set_clock();
        let mut actors = Vec::new();
        let names = PHONES.into_iter().chain([(CARRIER, "")]);
        for (name, password) in names {
            let socket = UdpSocket::bind(loopback).map_err(|why| format!("no loopback socket: {why}"))?;
            socket.set_nonblocking(true).map_err(|why| why.to_string())?;
            let own = socket.local_addr().map_err(|why| why.to_string())?;
            let phone = if name == CARRIER {
                daemon.set_trunk_servers(0, &[own.into()]);
                Phone::carrier(name, own, address)
            } else {
                let mut config = PhoneConfig::new(name, password, own, address);
                config.behaviour = Behaviour::Answer { after_ms: 60 };
                Phone::new(config)
            };
            actors.push(Actor { name, phone, socket, seen: Seen::default() });
        }
        Ok(Self {
            daemon,
            address,
            actors,
            ladder: Ladder::new(),
            begin: Clock::now(),
            decisions: Vec::new(),
            records: Vec::new(),
            data,
            sets: None,
        })
    }

    /// Plays a scene and prints what was seen. True if it went as expected.
    pub(super) async fn play(&mut self, scene: &Scene) -> bool {
        self.ladder = Ladder::new();
        let (mut failed, mut acted) = (Vec::new(), Vec::new());
        self.decisions.clear();
        self.records.clear();
        for (act, expected) in scene.acts {
            self.actors.iter_mut().for_each(|actor| actor.seen.ended = None);
            acted.push(self.act(*act));
            let end = Clock::now() + PATIENCE;
            while Clock::now() < end && !expected.iter().all(|one| self.holds(*one)) {
                self.step().await;
            }
            failed.extend(expected.iter().filter(|one| !self.holds(**one)).copied());
        }
        // What is still on its way (an ACK, the 200 of a BYE) belongs to this ladder.
        let end = Clock::now() + Duration::from_millis(150);
        while Clock::now() < end {
            self.step().await;
        }
        self.print(scene, &acted, &failed);
        failed.is_empty()
    }

    /// Sets may connect from now on.
    pub(super) async fn listen_for_sets(&mut self) -> Result<(), String> {
        self.sets = Some(self.daemon.listen_for_sets_in_clear(([127, 0, 0, 1], 0).into()).await?);
        Ok(())
    }

    /// Plays a scene with a set, and prints what it showed. True if it went as expected.
    pub(super) async fn play_set(&mut self, scene: &SetScene) -> bool {
        self.ladder = Ladder::new();
        self.decisions.clear();
        self.records.clear();
        let Some(controller) = self.sets else { return false };
        let playing = set::play(controller, scene.script);
        let end = Clock::now() + 4 * PATIENCE;
        let mut dials = scene.dials;
        while !playing.is_finished() && Clock::now() < end {
            if let Some((who, number)) = dials.filter(|(_, number)| self.daemon.is_registered(number)) {
                self.act(Act::Dial(who, number));
                dials = None;
            }
            self.step().await;
        }
        // Records are written by now, or soon.
        let end = Clock::now() + Duration::from_millis(200);
        while Clock::now() < end {
            self.step().await;
        }
        let shown = playing.join().unwrap_or_else(|_| Err("the set has fallen over".to_owned()));
        println!("== {}\n", scene.title);
        let (text, done) = match &shown {
            Ok(text) => (text, true),
            Err(text) => (text, false),
        };
        text.lines().for_each(|line| println!("   {line}"));
        println!();
        self.decisions.iter().for_each(|(sentence, _)| println!("   decision  {sentence}"));
        for record in &self.records {
            println!("   SMDR      |{}|", String::from_utf8_lossy(&record.standard()));
        }
        let failed: Vec<_> = scene.expected.iter().filter(|one| !self.holds(**one)).collect();
        match (done, failed.as_slice()) {
            (true, []) => println!("   outcome   as expected\n"),
            (_, failed) => println!("   outcome   NOT as expected: {failed:?}\n"),
        }
        done && failed.is_empty()
    }

    pub(super) fn close(&self) {
        // A directory in the system's place for temporary files; leaving it behind would harm nobody.
        let _ = std::fs::remove_dir_all(&self.data);
    }

    fn print(&self, scene: &Scene, acted: &[&'static str], failed: &[Expect]) {
        println!("== {}\n", scene.title);
        for line in self.ladder.render().lines() {
            println!("   {line}");
        }
        println!();
        self.decisions.iter().for_each(|(sentence, _)| println!("   decision  {sentence}"));
        for record in &self.records {
            let line = record.standard();
            println!("   SMDR      |{}|", String::from_utf8_lossy(&line));
        }
        if self.decisions.is_empty() && self.records.is_empty() {
            println!("   {} without a decision of policy", acted.join(", "));
        }
        match failed {
            [] => println!("   outcome   as expected\n"),
            failed => println!("   outcome   NOT as expected: {failed:?}\n"),
        }
    }

    fn act(&mut self, act: Act) -> &'static str {
        let now = self.now();
        match act {
            Act::RegisterAll => {
                let phones = self.actors.iter_mut().filter(|actor| actor.name != CARRIER);
                phones.for_each(|actor| actor.phone.register(now, 3600));
                "registered"
            }
            Act::Dial(who, number) => {
                self.actor(who).seen.peer_sdp = None;
                self.actor(who).phone.call(now, number);
                "dialed"
            }
            Act::HangUp(who) => {
                self.actor(who).phone.hang_up(now);
                "hung up"
            }
        }
    }

    fn holds(&self, expected: Expect) -> bool {
        let seen = |name: &str| self.actors.iter().find(|actor| actor.name == name);
        match expected {
            Expect::AllRegistered => {
                self.actors.iter().filter(|actor| actor.name != CARRIER).all(|actor| actor.seen.registered)
            }
            Expect::Talking(a, b) => matches!((seen(a), seen(b)), (Some(a), Some(b))
                if a.phone.calls_up() > 0 && b.phone.calls_up() > 0
                && a.seen.peer_sdp.as_deref() == Some(&b.phone.sdp())
                && b.seen.peer_sdp.as_deref() == Some(&a.phone.sdp())),
            Expect::Refused(who, status) => seen(who).is_some_and(|actor| actor.seen.ended == Some(status)),
            Expect::Over(who) => {
                seen(who).is_some_and(|actor| actor.seen.hung_up || actor.phone.live_calls() == 0)
            }
            Expect::Rule(rule) => self.decisions.iter().any(|(_, decided)| *decided == rule),
            Expect::Record(letter, called) => self.records.iter().any(|record| {
                let line = String::from_utf8_lossy(&record.standard()).into_owned();
                line[60..61].starts_with(letter) && line[62..66].trim() == called
            }),
        }
    }

    /// One look at every socket and every deadline.
    async fn step(&mut self) {
        self.daemon.take_datagrams(64);
        self.daemon.take_inside();
        self.daemon.tick();
        let image = *self.daemon.image();
        for output in self.daemon.observed() {
            match output {
                Output::Decision(decision) => {
                    let rule = match &decision.verdict {
                        strowger::policy::Verdict::Allow(choice) => choice.rule,
                        strowger::policy::Verdict::Deny(denial)
                        | strowger::policy::Verdict::NeedsCode(denial) => denial.rule,
                    };
                    self.decisions.push((words::decision(&image, &decision), rule.name()));
                }
                Output::Smdr(record) => self.records.push(record),
                _ => {}
            }
        }
        let now = self.now();
        let mut buffer = [0; 65_535];
        for actor in &mut self.actors {
            while let Ok((len, from)) = actor.socket.recv_from(&mut buffer) {
                self.ladder.datagram(now, GATEWAY, actor.name, &buffer[..len]);
                actor.phone.receive(now, from, &buffer[..len]);
            }
            actor.phone.tick(now);
            while let Some((to, bytes)) = actor.phone.poll_transmit() {
                debug_assert_eq!(to, self.address);
                self.ladder.datagram(now, actor.name, GATEWAY, &bytes);
                // A datagram that is lost is sent again by the phone's own timers.
                let _ = actor.socket.send_to(&bytes, to);
            }
            while let Some(event) = actor.phone.poll_event() {
                actor.seen.note(event);
            }
        }
        tokio::time::sleep(STEP).await;
    }

    fn actor(&mut self, name: &str) -> &mut Actor {
        let at = self
            .actors
            .iter()
            .position(|actor| actor.name == name)
            .expect("scenes name actors of this world");
        &mut self.actors[at]
    }

    fn now(&self) -> Instant {
        Instant(u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

impl Seen {
    fn note(&mut self, event: PhoneEvent) {
        match event {
            PhoneEvent::Registered => self.registered = true,
            PhoneEvent::Connected { remote_sdp, .. } => {
                self.peer_sdp = Some(remote_sdp);
                self.hung_up = false;
            }
            PhoneEvent::Ended { status, .. } => {
                self.ended = Some(status);
                self.hung_up = true;
            }
            _ => {}
        }
    }
}
