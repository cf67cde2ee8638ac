//! One set: from its Hello to the end of its last call.
//!
//! ```text
//!  Hello --> known by its token: its connection goes to the task that it has
//!        --> not registered: shown so; Register is judged, and help can be called
//!             --> registered: a mind of its own, until its connection and its calls are gone
//! ```

use super::frames::Wire;
use super::{Admitted, Ask, BEGINNING, Came, GRACE_S, HEARTBEAT_S, Host, Own, STRANGE, Said, Stranger, Tell};
use crate::crypto::Hosted;
use crate::engine::Policy;
use crate::streams::Ends;
use std::time::{Instant as Clock, SystemTime, UNIX_EPOCH};
use strowger::base::{Flow, Instant, WallTime};
use strowger::media::Srtp;
use strowger::phone::{MAX_DATAGRAM, Memory, NotTaken, Resources};
use strowger::policy::{Image, Keyring};
use strowger::set::{Config, Output, STREAMS, Set};
use strowger::wire::set::{Bye, Down, Link, MAX_FRAME, Reason, Up, VERSION};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// Serves a set that has connected.
pub(super) async fn run(mut wire: Wire, flow: Flow, host: Host, stranger: Stranger) {
    let mut link = Link::new();
    let own = match timeout(BEGINNING, hello(&mut wire, &mut link)).await {
        Ok(Ok(own)) => own,
        Ok(Err(why)) => return farewell(wire, link, why).await,
        Err(_) => return farewell(wire, link, Bye::Slow).await,
    };
    let (answer, came) = oneshot::channel();
    if host.ask.send(Ask::Came { own: own.clone(), flow, answer }).await.is_err() {
        return;
    }
    let welcome = Down::Welcome { version: VERSION, heartbeat_s: HEARTBEAT_S };
    if !wire.say(&mut link, &welcome).await {
        return;
    }
    match came.await {
        Ok(Came::Known(task)) => {
            let _ = task.send(Tell::Back(Box::new(wire), link)).await;
        }
        Ok(Came::New(ends)) => serve(Task { wire: Some(wire), flow, host, own, ends }, link, stranger).await,
        Err(_) => {}
    }
}

/// What a set says first.
async fn hello(wire: &mut Wire, link: &mut Link) -> Result<Own, Bye> {
    let frame = wire.next().await.map_err(|_| Bye::Wished)?;
    let (kind, body) = link.take(&frame).map_err(|_| Bye::Sequence)?;
    match Up::parse(kind, body) {
        Ok(Up::Hello(hello)) if (hello.versions.0..=hello.versions.1).contains(&VERSION) => {
            Ok(Own::of(&hello))
        }
        Ok(Up::Hello(_)) => Err(Bye::Version),
        Ok(_) | Err(_) => Err(Bye::Unreadable),
    }
}

async fn farewell(mut wire: Wire, mut link: Link, why: Bye) {
    wire.say(&mut link, &Down::Bye(why)).await;
    wire.close().await;
}

/// A task, without the mind of its set.
struct Task {
    wire: Option<Wire>,
    flow: Flow,
    host: Host,
    own: Own,
    ends: Ends,
}

/// Not registered, then registered, on the same memory.
async fn serve(mut task: Task, link: Link, stranger: Stranger) {
    let mut resources = Box::new(Resources::<STREAMS>::new());
    let Some((mut admitted, link)) = task.nobody(resources.memory(), link).await else { return };
    drop(stranger);
    let token = admitted.token;
    task.somebody(resources.memory(), link, &mut admitted).await;
    let _ = task.host.ask.send(Ask::Over { number: admitted.number, token }).await;
}

/// What has happened.
enum Event {
    Frame(std::io::Result<Vec<u8>>),
    Message(Option<Vec<u8>>),
    Told(Option<Tell>),
    Policy,
    Time,
}

impl Task {
    fn now(&self) -> Instant {
        Instant(u64::try_from(self.host.begin.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn config<'m>(&self, number: &'m str, name: &'m str, srtp: Srtp) -> Config<'m> {
        Config {
            // A set has one phone, and shares no handles with anybody.
            instance: 1,
            number: number.as_bytes(),
            name,
            flow: self.flow,
            exchange: Flow::new(self.host.exchange, self.flow.transport),
            ability: self.own.ability(srtp),
            display: self.own.display,
            lines: self.own.lines,
            heartbeat_s: HEARTBEAT_S,
            grace_s: GRACE_S,
        }
    }

    /// Serves a set that is not registered, until it is.
    async fn nobody(&mut self, memory: Memory<'_>, link: Link) -> Option<(Admitted, Link)> {
        let crypto = Hosted::new().ok()?;
        let mut set = Set::new(self.now(), memory, self.config("", "", Srtp::BestEffort), link, crypto);
        set.set_wall(self.now(), wall());
        self.load_block(&mut set);
        let begun = Clock::now();
        loop {
            self.pump(&mut set, None).await?;
            let (now, event) = self.event(&set, None).await;
            match event {
                Event::Frame(Ok(frame)) => {
                    let Ok(Some(register)) = set.frame(now, &frame) else { continue };
                    // A call for help goes before everything.
                    if set.is_busy() {
                        let refused = Down::Refused { reason: Reason::NotNow, place: "" };
                        self.tell(&mut set, &refused).await?;
                        continue;
                    }
                    let said = Said::of(&register);
                    match self.claim(said).await? {
                        Ok(admitted) => {
                            let registered = Down::Registered {
                                how: admitted.how,
                                token: admitted.token,
                                grace_s: GRACE_S,
                                number: &admitted.number,
                                name: &shortened(&admitted.name),
                            };
                            self.tell(&mut set, &registered).await?;
                            return Some((admitted, set.into_link()));
                        }
                        Err((reason, place)) => {
                            let place = if reason == Reason::NotHere { place.as_str() } else { "" };
                            self.tell(&mut set, &Down::Refused { reason, place }).await?;
                        }
                    }
                }
                Event::Frame(Err(_)) => self.hung_up(&mut set, now),
                Event::Message(Some(message)) => {
                    let _ = set.receive(now, &message);
                }
                Event::Message(None) => return None,
                Event::Told(_) => {}
                Event::Policy => self.load_block(&mut set),
                Event::Time => {
                    let _ = set.tick(now);
                    if begun.elapsed() > STRANGE && !set.is_busy() {
                        set.end(now, Bye::Slow);
                    }
                }
            }
        }
    }

    /// Serves a set that is registered, until nothing is left of it.
    async fn somebody(&mut self, memory: Memory<'_>, link: Link, admitted: &mut Admitted) -> Option<()> {
        let crypto = Hosted::new().ok()?;
        let name = shortened(&admitted.name);
        let config = self.config(&admitted.number, &name, admitted.srtp);
        let mut set = Set::new(self.now(), memory, config, link, crypto);
        set.set_wall(self.now(), wall());
        let mut follows = self.load(&mut set, true);
        loop {
            self.pump(&mut set, Some(&admitted.number)).await?;
            if !follows && !set.is_busy() && self.load(&mut set, false) {
                follows = true;
                continue;
            }
            let (now, event) = self.event(&set, Some(&mut admitted.told)).await;
            match event {
                Event::Frame(Ok(frame)) => {
                    let _ = set.frame(now, &frame);
                }
                Event::Frame(Err(_)) => self.hung_up(&mut set, now),
                Event::Message(Some(message)) => {
                    let _ = set.receive(now, &message);
                }
                // Another has its address.
                Event::Message(None) => return None,
                Event::Told(Some(Tell::Back(wire, link))) => {
                    if !set.resume(now, link) {
                        // What is left of it ends in a moment: the set comes back, and registers.
                        farewell(*wire, link, Bye::Slow).await;
                        continue;
                    }
                    if let Some(before) = self.wire.replace(*wire) {
                        before.close().await;
                    }
                    set.set_wall(now, wall());
                    let registered = Down::Registered {
                        how: strowger::wire::set::How::Resumed,
                        token: admitted.token,
                        grace_s: GRACE_S,
                        number: &admitted.number,
                        name: &name,
                    };
                    self.tell(&mut set, &registered).await?;
                }
                Event::Told(Some(Tell::End(why))) => set.end(now, why),
                Event::Told(None) => set.end(now, Bye::Stopping),
                Event::Policy => {
                    self.host.policy.borrow_and_update();
                    follows = false;
                }
                Event::Time => {
                    let _ = set.tick(now);
                }
            }
        }
    }

    /// Puts the emergency block in force at a set that nobody knows; one that calls for help keeps what it has.
    fn load_block(&mut self, set: &mut Set<'_, Hosted>) {
        let policy: Policy = *self.host.policy.borrow_and_update();
        if let Some(block) = block(&policy) {
            let _ = set.load(self.now(), block, Keyring::EMPTY);
        }
    }

    /// Puts the policy in force at the set's phone; false: a call is up, and it waits.
    fn load(&mut self, set: &mut Set<'_, Hosted>, first: bool) -> bool {
        let policy: Policy = *self.host.policy.borrow_and_update();
        let keyring = policy.keyring.unwrap_or(Keyring::EMPTY);
        match set.load(self.now(), policy.image, keyring) {
            Ok(()) => true,
            Err(NotTaken::Busy) => false,
            // Its number is gone. At the very beginning that is a change in this moment.
            Err(NotTaken::Stranger) => {
                tracing::info!("a set's number is not in the policy{}", if first { "" } else { " any more" });
                set.end(self.now(), Bye::Unbound);
                true
            }
        }
    }

    /// Waits for what happens next.
    async fn event(
        &mut self,
        set: &Set<'_, Hosted>,
        told: Option<&mut mpsc::Receiver<Tell>>,
    ) -> (Instant, Event) {
        let due = set.next_deadline().map(|due| self.host.begin + std::time::Duration::from_millis(due.0));
        let due = due.unwrap_or_else(|| Clock::now() + std::time::Duration::from_secs(3600));
        let frame = async {
            match &mut self.wire {
                Some(wire) => wire.next().await,
                None => std::future::pending().await,
            }
        };
        let told = async {
            match told {
                Some(told) => told.recv().await,
                None => std::future::pending().await,
            }
        };
        let event = tokio::select! {
            frame = frame => Event::Frame(frame),
            message = self.ends.message() => Event::Message(message),
            told = told => Event::Told(told),
            Ok(()) = self.host.policy.changed() => Event::Policy,
            () = tokio::time::sleep_until(due.into()) => Event::Time,
        };
        (self.now(), event)
    }

    /// Performs what the set puts out. `None`: nothing is left of it.
    async fn pump(&mut self, set: &mut Set<'_, Hosted>, number: Option<&str>) -> Option<()> {
        let mut buffer = [0; MAX_DATAGRAM];
        loop {
            let now = self.now();
            let Some(output) = set.poll(now, &mut buffer) else { return Some(()) };
            match output {
                Output::Frame { len } => self.put(set, &buffer[..len]).await,
                Output::Message { len } => {
                    if !self.ends.say(&buffer[..len]).await {
                        return None;
                    }
                }
                Output::Dialed(digits) => {
                    let (answer, dialed) = oneshot::channel();
                    let number = number.map(str::to_owned);
                    self.host.ask.send(Ask::Dialed { number, digits, answer }).await.ok()?;
                    let dialed = dialed.await.ok()?;
                    set.found(self.now(), &dialed);
                }
                Output::Closed { why, len } => {
                    tracing::debug!("the set at {} is sent away: {why:?}", self.flow);
                    self.put(set, &buffer[..len]).await;
                    if let Some(wire) = self.wire.take() {
                        wire.close().await;
                    }
                }
                Output::Over => return None,
            }
        }
    }

    async fn tell(&mut self, set: &mut Set<'_, Hosted>, down: &Down<'_>) -> Option<()> {
        let mut frame = [0; MAX_FRAME];
        let len = set.tell(self.now(), down, &mut frame)?;
        self.put(set, &frame[..len]).await;
        Some(())
    }

    async fn put(&mut self, set: &mut Set<'_, Hosted>, frame: &[u8]) {
        let Some(wire) = &mut self.wire else { return };
        if !wire.put(frame).await {
            self.hung_up(set, self.now());
        }
    }

    /// The connection is gone.
    fn hung_up(&mut self, set: &mut Set<'_, Hosted>, now: Instant) {
        self.wire = None;
        set.lost(now);
    }

    /// Asks who it is. `None`: the daemon is gone.
    async fn claim(&self, said: Said) -> Option<Result<Admitted, (Reason, String)>> {
        let (answer, judged) = oneshot::channel();
        let ask = Ask::Claim { own: self.own.clone(), said, flow: self.flow, answer };
        self.host.ask.send(ask).await.ok()?;
        judged.await.ok()
    }
}

/// The emergency block of a policy: what a set that nobody knows may call by.
fn block(policy: &Policy) -> Option<Image<'static>> {
    if policy.image.is_block() {
        return Some(policy.image);
    }
    Image::emergency(policy.octets().0, &mut Hosted::new().ok()?).ok()
}

/// A name as the protocol takes it.
fn shortened(name: &str) -> String {
    let mut short = String::new();
    for c in name.chars().filter(|c| !c.is_control()) {
        if short.len() + c.len_utf8() > strowger::wire::set::MAX_NAME {
            break;
        }
        short.push(c);
    }
    short
}

fn wall() -> WallTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    WallTime { unix_s: i64::try_from(since.as_secs()).unwrap_or(0), offset_min: 0 }
}
