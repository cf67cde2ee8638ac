//! Another policy, while calls are up: read beside the calls, put in force between two of them, or not at all. What does not load, or does not fit
//! the calls that are up, changes nothing, and the next attempt is like the first.

use super::Daemon;
use crate::alarms::Kind;
use crate::data::{Act, Entry};
use crate::engine::{self, Policy};
use crate::relay::Relay;
use crate::sources::{self, Read};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Instant as Clock;
use strowger::exchange::{NotReloaded, Room};
use strowger::policy::{Image, Party};
use strowger_tools::trace::{Input, Reserve};
use tokio::sync::{mpsc, oneshot};

/// Where the policy comes from, and what became of attempts to load it.
pub(super) struct Reloads {
    file: PathBuf,
    keys: Option<PathBuf>,
    data: PathBuf,
    tell: mpsc::Sender<Loaded>,
    loaded: mpsc::Receiver<Loaded>,
    /// Policies that were in force in this process. Their octets stay, so that coming back to one costs nothing more.
    known: Vec<Policy>,
    /// Memory that the policy in force does not have.
    spare: Option<Room<'static>>,
    /// What a signal has asked for, and the calls that are up do not allow yet.
    waits: Option<Read>,
    /// Files that were begun to be read, and the last of which something has become: what was read before that is old.
    begun: u64,
    done: u64,
}

/// A file was read.
pub(super) struct Loaded {
    read: Result<Read, String>,
    findings: Vec<String>,
    number: u64,
    who: Who,
}

/// Who wants it.
enum Who {
    /// A signal: nobody waits for an answer, so what does not fit now is tried again.
    Signal,
    /// Somebody who waits for what becomes of it.
    User(String, oneshot::Sender<Value>),
}

impl Reloads {
    pub(super) fn new(policy: &Policy, file: PathBuf, keys: Option<PathBuf>, data: PathBuf) -> Self {
        let (tell, loaded) = mpsc::channel(4);
        Self {
            file,
            keys,
            data,
            tell,
            loaded,
            known: vec![*policy],
            spare: None,
            waits: None,
            begun: 0,
            done: 0,
        }
    }

    /// The next file that was read.
    pub(super) async fn next(&mut self) -> Option<Loaded> {
        self.loaded.recv().await
    }

    /// Reads the file, on a thread of its own: a large policy takes a while.
    fn read(&mut self, who: Who) {
        self.begun += 1;
        let number = self.begun;
        let (file, keys, tell) = (self.file.clone(), self.keys.clone(), self.tell.clone());
        tokio::task::spawn_blocking(move || {
            let (read, findings) = sources::findings(&file, keys.as_deref());
            // Nobody listens when the gateway is stopping.
            let _ = tell.blocking_send(Loaded { read, findings, number, who });
        });
    }

    /// Memory for so many devices and trunks, and some more for the next time.
    fn room(&mut self, image: &Image<'_>) -> Room<'static> {
        let (devices, trunks) = (image.devices().len(), image.trunks().len());
        match self.spare.take() {
            Some(room) if room.devices.len() >= devices && room.trunks.len() >= trunks => room,
            Some(_) | None => {
                Box::leak(Box::new(Reserve::new(devices + devices / 4 + 16, trunks + 4))).room()
            }
        }
    }
}

impl Daemon {
    /// By SIGHUP.
    pub(super) fn reload_by_signal(&mut self) {
        tracing::info!("SIGHUP: the policy is read again");
        self.reloads.read(Who::Signal);
    }

    /// Somebody asks for it, and waits.
    pub(super) fn reload_for(&mut self, who: String, answer: oneshot::Sender<Value>) {
        self.reloads.read(Who::User(who, answer));
    }

    /// A file was read: it is put in force, or not.
    pub(super) async fn loaded(&mut self, Loaded { read, findings, number, who }: Loaded) {
        let user = match &who {
            Who::Signal => "signal".to_owned(),
            Who::User(name, _) => name.clone(),
        };
        let old = number < self.reloads.done;
        self.reloads.done = self.reloads.done.max(number);
        let done = match read {
            _ if old => Err("the file was read again meanwhile: what was read last counts".to_owned()),
            Ok(read) => match self.put_in_force(&read, &user).await {
                Err(Refused::Later(why)) if matches!(who, Who::Signal) => {
                    let text =
                        format!("the new policy is not yet in force: {why}; it is tried again every second");
                    self.alarms.raise(Kind::Policy, &text);
                    self.reloads.waits = Some(read);
                    return;
                }
                done => done.map_err(|(Refused::Later(why) | Refused::Never(why))| why),
            },
            Err(why) => Err(why),
        };
        if let Err(why) = &done {
            findings.iter().for_each(|finding| tracing::warn!("{finding}"));
            if matches!(who, Who::Signal) && !old {
                // The file that waits is not the file any more.
                self.reloads.waits = None;
            }
            self.stays(&user, why);
        }
        if let Who::User(_, answer) = who {
            let _ = answer.send(done.unwrap_or_else(|why| json!({ "error": why, "findings": findings })));
        }
    }

    /// Tries again what a signal has asked for.
    pub(super) async fn retry_reload(&mut self) {
        let Some(read) = self.reloads.waits.take() else { return };
        match self.put_in_force(&read, "signal").await {
            Ok(_) => {}
            Err(Refused::Later(_)) => self.reloads.waits = Some(read),
            Err(Refused::Never(why)) => self.stays("signal", &why),
        }
    }

    fn stays(&mut self, who: &str, why: &str) {
        self.alarms.raise(Kind::Policy, &format!("the policy stays as it is: {why}"));
        self.audit_reload(who, Value::Null, json!({ "refused": why }));
    }

    async fn put_in_force(&mut self, (image, keyring): &Read, who: &str) -> Result<Value, Refused> {
        let policy = self.known(image, keyring).map_err(Refused::Never)?;
        let (old, new) = (engine::hex(self.image.hash()), engine::hex(policy.image.hash()));
        // Nothing is begun for a policy that does not fit.
        self.engine.fits(&policy.image).map_err(|why| self.refused(why))?;
        let relay = self.other_relay(&policy.image).await.map_err(Refused::Never)?;
        let room = self.reloads.room(&policy.image);
        self.reloads.spare = match self.engine.reload(&policy, room) {
            Ok(room) => Some(room),
            Err((why, room)) => {
                self.reloads.spare = Some(room);
                return Err(self.refused(why));
            }
        };
        if let Err(why) = self.engine.finish() {
            tracing::error!("the trace has no end: {why}");
        }
        let before = std::mem::replace(&mut self.image, policy.image);
        self.reloads.waits = None;
        if let Some(relay) = relay {
            self.media.relay = relay;
            self.give(self.now(), &Input::RelayLost);
        }
        self.drain();
        self.follow(&before, &policy);
        if let Err(why) = sources::keep(&self.reloads.data, image, keyring) {
            let text = format!("the policy cannot be kept as the last good one: {why}");
            self.alarms.raise(Kind::Policy, &text);
        }
        let (devices, trunks) = (policy.image.phones(), policy.image.trunks().len());
        tracing::warn!(
            who,
            "policy {} ({devices} devices, {trunks} trunks) is in force",
            new.get(..16).unwrap_or("")
        );
        self.audit_reload(who, old.clone().into(), new.clone().into());
        Ok(json!({ "policy": new, "before": old, "changed": new != old }))
    }

    /// The relay of another policy, if it is another one; it may be none.
    async fn other_relay(&self, new: &Image<'_>) -> Result<Option<Option<Relay>>, String> {
        let named = |image: &Image<'_>| image.text(image.system().relay).parse::<SocketAddr>().ok();
        let address = named(new);
        if named(&self.image) == address {
            return Ok(None);
        }
        let Some(address) = address else { return Ok(Some(None)) };
        let media = self.socket.local_addr().map_err(|why| why.to_string())?.ip();
        Relay::open(address, media, &self.alarms).await.map(|relay| Some(Some(relay)))
    }

    /// The policy of these octets.
    fn known(&mut self, image: &[u8], keyring: &[u8]) -> Result<Policy, String> {
        if let Some(policy) = self.reloads.known.iter().find(|known| known.octets() == (image, keyring)) {
            return Ok(*policy);
        }
        let policy = engine::adopt(image.to_vec(), keyring.to_vec())?;
        self.reloads.known.push(policy);
        Ok(policy)
    }

    fn refused(&self, why: NotReloaded) -> Refused {
        match why {
            NotReloaded::InCall(party) => {
                let who = crate::words::party(&self.image, party);
                Refused::Later(format!(
                    "{who} is in a call, and is not in the new policy: end that call first"
                ))
            }
            NotReloaded::Help => Refused::Later("a call for help is being set up".to_owned()),
            NotReloaded::Unpolled => Refused::Later("something is still under way".to_owned()),
            NotReloaded::TooManyDevices | NotReloaded::TooManyTrunks => {
                Refused::Never("it has too many devices or trunks".to_owned())
            }
            NotReloaded::NoPolicy => Refused::Never("it is an emergency block".to_owned()),
        }
    }

    /// Everything that goes by the policy beside the engine.
    fn follow(&mut self, before: &Image<'static>, policy: &Policy) {
        let image = self.image;
        let system = image.system();
        self.sets.follow(policy);
        self.zone = jiff::tz::TimeZone::get(image.text(system.timezone)).unwrap_or(jiff::tz::TimeZone::UTC);
        self.set_clock();
        self.data.follow(&image);
        let alarms = policy.keyring.map_or((false, ""), |keyring| keyring.alarms());
        self.alarms.go_to(alarms, image.text(system.name));
        self.standings = renamed(std::mem::take(&mut self.standings), before, &image);
        self.canaries = renamed(std::mem::take(&mut self.canaries), before, &image);
        // Who is elsewhere now is looked for; of the others it is known where they are.
        let place = |image: &Image<'_>, trunk: u16| {
            let row = image.trunks().get(usize::from(trunk)).unwrap_or_default();
            (image.text(row.name).to_owned(), image.text(row.host).to_owned(), row.transport)
        };
        let mut servers = renamed(std::mem::take(&mut self.servers), before, &image);
        servers.retain(|trunk, _| {
            let now = place(&image, *trunk);
            (0u16..).zip(before.trunks().iter()).any(|(was, _)| place(before, was) == now)
        });
        self.servers = servers;
        self.standings.retain(|trunk, _| {
            let row = image.trunks().get(usize::from(*trunk)).unwrap_or_default();
            row.flags & strowger::policy::rows::REGISTERS != 0
        });
        self.lookups = super::Lookups::new();
        let has = |transport| self.listeners.iter().any(|us| us.transport == transport);
        let (tcp, tls) = (has(strowger::base::Transport::Tcp), has(strowger::base::Transport::Tls));
        self.find_trunks(tcp, tls);
        if self.watches {
            self.watch_emergency();
        }
        // Phones are known by their rows there too.
        self.shed.forget_phones();
        let devices = u32::try_from(image.phones()).unwrap_or(u32::MAX);
        for device in 0..devices {
            if let Some(registration) = self.engine.registration(device) {
                let ip = registration.flow.ip();
                self.shed.registered(Clock::now(), device, ip);
                let kept =
                    self.data.kept().registered.get(&crate::words::party(&image, Party::Device(device)));
                let for_s = kept.map_or(0, |kept| kept.for_s);
                self.keep_registration(device, for_s);
            }
        }
        let gone: Vec<String> = self
            .data
            .kept()
            .registered
            .keys()
            .filter(|dn| {
                image.device_by_dn(dn.as_bytes()).is_none_or(|device| !self.engine.is_registered(device))
            })
            .cloned()
            .collect();
        gone.into_iter().for_each(|dn| self.data.note(&Entry::Gone(dn)));
        self.forget_strangers();
    }

    fn audit_reload(&mut self, who: &str, old: Value, new: Value) {
        let application = if who == "signal" { "signal" } else { "http" };
        let what = self.reloads.file.display().to_string();
        self.data.audit(&Act { who: who.to_owned(), application, op: "reload", what, old, new });
    }
}

/// Why a policy is not in force.
enum Refused {
    /// It does not fit what is going on just now.
    Later(String),
    /// It does not fit at all.
    Never(String),
}

/// What is known of trunks, by their rows in the new policy.
fn renamed<T>(known: BTreeMap<u16, T>, before: &Image<'_>, now: &Image<'_>) -> BTreeMap<u16, T> {
    let named = |image: &Image<'_>, trunk: u16| {
        image.text(image.trunks().get(usize::from(trunk)).unwrap_or_default().name).to_owned()
    };
    let row = |name: &str| (0u16..).zip(now.trunks().iter()).find(|(_, row)| now.text(row.name) == name);
    known.into_iter().filter_map(|(trunk, one)| Some((row(&named(before, trunk))?.0, one))).collect()
}
