//! The daemon: one socket, one engine, one task.

mod administer;
mod farewell;
mod hear;
mod keep;
mod manager;
mod media;
mod metrics;
mod perform;
mod preserved;
mod record;
mod reload;
mod sets;
mod trunks;
mod watch;

use crate::alarms::{Alarms, Kind};
use crate::canary::Canary;
use crate::data::Data;
use crate::engine::{self, Engine};
use crate::http::{self, Request};
use crate::pinholes::{self, Pinholes};
use crate::relay::Relay;
use crate::sets::Sets;
use crate::shed::Shed;
use crate::streams::{Streams, Tls, TlsFiles};
use crate::{shed, socket, sources};
use manager::{Signals, tell_system};
use media::Media;
use preserved::Live;
use reload::Reloads;
use ring::rand::SecureRandom as _;
use sd_notify::NotifyState;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant as Clock, SystemTime, UNIX_EPOCH};
use strowger::base::{Flow, Instant, Transport, WallTime};
use strowger::exchange::{MAX_NOTED, Output, Ticked};
use strowger::policy::Image;
use strowger::record::Smdr;
use strowger::registration::client::Standing;
use strowger_tools::trace::{Input, Took, Writer};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use trunks::Lookups;

/// What `run` was told.
pub(crate) struct Settings {
    pub(crate) policy: PathBuf,
    pub(crate) sip_udp: SocketAddr,
    pub(crate) sip_tcp: Option<SocketAddr>,
    pub(crate) sip_tls: Option<SocketAddr>,
    /// Where sets connect over TLS, and in clear.
    pub(crate) set: Option<SocketAddr>,
    pub(crate) set_tcp: Option<SocketAddr>,
    /// Our own name among the elements of the policy.
    pub(crate) element: Option<String>,
    pub(crate) tls: TlsFiles,
    /// Datagrams in a second from an address where nobody is registered; 0: all.
    pub(crate) strangers: u32,
    pub(crate) data: PathBuf,
    pub(crate) keys: Option<PathBuf>,
    pub(crate) emergency: Option<PathBuf>,
    /// Where administration listens; absent: at [`HTTP`], if that is free.
    pub(crate) http: Option<SocketAddr>,
    /// What becomes of pinholes; absent: nothing.
    pub(crate) pinholes: Option<pinholes::Wanted>,
    /// Where a trace is written, and whether digits are hashed in it.
    pub(crate) record: Option<(PathBuf, bool)>,
    /// Whether the trunks by which help is called are asked whether they are there.
    pub(crate) canary: bool,
}

/// Where administration listens unless told otherwise.
pub(crate) const HTTP: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8060);

/// Datagrams taken before timers and signals are looked at again.
const BATCH: usize = 64;
/// How long clearing up may take at the end.
const FAREWELL: Duration = Duration::from_secs(2);
/// How often the wall clock is read for records.
const CLOCK: Duration = Duration::from_secs(1);

/// Runs until SIGTERM or SIGINT.
pub(crate) fn run(settings: &Settings) -> Result<bool, String> {
    let listeners = [
        ("--sip-udp", Some(settings.sip_udp)),
        ("--sip-tcp", settings.sip_tcp),
        ("--sip-tls", settings.sip_tls),
        ("--set", settings.set),
        ("--set-tcp", settings.set_tcp),
    ];
    for (option, address) in listeners {
        if let Some(address) = address.filter(|address| address.ip().is_unspecified()) {
            return Err(format!(
                "{option} {address}: phones must be told one address to answer to; give the one they reach this machine at"
            ));
        }
    }
    let tls = Tls::load(&settings.tls)?;
    let sources::Found { policy, alarm } = sources::find(
        &settings.policy,
        settings.keys.as_deref(),
        &settings.data,
        settings.emergency.as_deref(),
    )?;
    let alarms = Alarms::default();
    let name = policy.image.text(policy.image.system().name);
    alarms.go_to(policy.keyring.map_or((false, ""), |keyring| keyring.alarms()), name);
    if let Some(alarm) = alarm {
        alarms.raise(Kind::Policy, &alarm);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| format!("no runtime: {why}"))?;
    runtime.block_on(async {
        // First of all: who is told to stop while it starts, stops.
        let signals = Signals::watch()?;
        let socket = socket::bind(settings.sip_udp)?;
        let address = socket.local_addr().map_err(|why| why.to_string())?;
        let data = Data::open(&settings.data, &policy.image, &alarms)?;
        let requests =
            match (settings.http, http::listen(settings.http.unwrap_or(HTTP), &settings.data).await) {
                (_, Ok(requests)) => Some(requests),
                (Some(_), Err(why)) => return Err(why),
                (None, Err(why)) => {
                    tracing::warn!(
                        "{why}: `status` and `mode` cannot reach this gateway; give it another --http"
                    );
                    None
                }
            };
        let mut media = Media::default();
        media.pinholes =
            settings.pinholes.as_ref().map(|wanted| Pinholes::new(wanted, &alarms)).transpose()?;
        if let Ok(relay) = policy.image.text(policy.image.system().relay).parse::<SocketAddr>() {
            media.relay = Some(Relay::open(relay, address.ip(), &alarms).await?);
        }
        // Last: whoever could not start leaves no file behind that the next start would have to refuse.
        let record = settings.record.as_ref().map(|(path, redacted)| record::create(path, *redacted));
        let mut daemon = Daemon::new(&policy, socket, data, record.transpose()?)?;
        (daemon.requests, daemon.media) = (requests, media);
        daemon.reloads =
            Reloads::new(&policy, settings.policy.clone(), settings.keys.clone(), settings.data.clone());
        daemon.streams = Streams::new(address.ip(), tls);
        daemon.shed = Shed::new(Clock::now(), settings.strangers);
        let mut heard_on = format!("udp {address}");
        let streams = [(settings.sip_tcp, Transport::Tcp), (settings.sip_tls, Transport::Tls)];
        for (wanted, transport) in streams {
            let Some(wanted) = wanted else { continue };
            let us = Flow::new(daemon.streams.listen(wanted, transport).await?, transport);
            daemon.give(daemon.now(), &Input::Listen(us));
            daemon.listeners.push(us);
            heard_on.push_str(&format!(", {us}"));
        }
        daemon.listen_for_sets(settings, &mut heard_on).await?;
        daemon.find_trunks(settings.sip_tcp.is_some(), settings.sip_tls.is_some());
        daemon.restore();
        if settings.canary {
            daemon.watches = true;
            daemon.watch_emergency();
        }
        let hash = engine::hex(policy.image.hash().get(..8).unwrap_or(&[]));
        tracing::info!(
            "policy {} ({} devices, {} trunks) in force, SIP on {heard_on}, records in {}",
            &hash,
            policy.image.phones(),
            policy.image.trunks().len(),
            settings.data.display()
        );
        if let Some((path, _)) = &settings.record {
            tracing::info!("everything is recorded in {}", path.display());
        }
        daemon.act("start", &settings.policy.display().to_string(), Value::Null, hash.into());
        daemon.serve(signals).await
    })
}

/// The next request, or never.
async fn asked(requests: &mut Option<mpsc::Receiver<Request>>) -> Option<Request> {
    match requests {
        Some(received) => match received.recv().await {
            Some(request) => Some(request),
            // Nobody can ask any more.
            None => {
                *requests = None;
                None
            }
        },
        None => std::future::pending().await,
    }
}

/// The engine and what it is connected to.
pub(crate) struct Daemon {
    engine: Engine,
    image: Image<'static>,
    socket: UdpSocket,
    data: Data,
    alarms: Alarms,
    zone: jiff::tz::TimeZone,
    begin: Clock,
    outgoing: Vec<u8>,
    /// Messages in it that are to be sent: where to, and where they stand.
    due: Vec<(Flow, usize, usize)>,
    unsent: u64,
    /// Records of calls that are over, until they are written down.
    ended: Vec<Smdr>,
    /// Calls of the process before this one.
    preserved: Vec<Live>,
    /// How many of them are over.
    preserved_ended: u64,
    /// Records written, and attempts denied by each rule.
    records: u64,
    denied_by_rule: BTreeMap<&'static str, u64>,
    /// Decisions and records, for who watches from inside; `None`: nobody does.
    observed: Option<Vec<Output>>,
    /// The policy's file.
    reloads: Reloads,
    /// What administration asks.
    requests: Option<mpsc::Receiver<Request>>,
    /// The operator has set the service mode.
    overridden: bool,
    media: Media,
    streams: Streams,
    sets: Sets,
    /// Trunks that are looked for by name.
    lookups: Lookups,
    /// Who is heard in a flood.
    shed: Shed,
    /// We are reached by IPv6.
    v6: bool,
    /// Where we listen for connections.
    listeners: Vec<Flow>,
    /// Where trunks are, and how we stand at their carriers.
    servers: BTreeMap<u16, Vec<Flow>>,
    standings: BTreeMap<u16, Standing>,
    /// Of the trunks by which help is called, if these are watched.
    watches: bool,
    canaries: BTreeMap<u16, Canary>,
    /// What their questions are known by.
    tag: String,
    /// When a wrong token was noted last.
    stranger: Option<Clock>,
}

impl Daemon {
    /// Puts a policy to work on a socket.
    pub(crate) fn new(
        policy: &engine::Policy,
        socket: UdpSocket,
        data: Data,
        record: Option<Writer>,
    ) -> Result<Self, String> {
        let address = socket.local_addr().map_err(|why| why.to_string())?;
        let mut engine = engine::build(policy, address, record)?;
        let name = policy.image.text(policy.image.system().timezone);
        let zone = jiff::tz::TimeZone::get(name).unwrap_or(jiff::tz::TimeZone::UTC);
        engine.note_calls(vec![None; MAX_NOTED].leak());
        let (begin, outgoing) = (Clock::now(), vec![0; 16 * 1024]);
        let mut tag = [0; 8];
        ring::rand::SystemRandom::new()
            .fill(&mut tag)
            .map_err(|_| "the system gives no random numbers".to_owned())?;
        Ok(Self {
            engine,
            image: policy.image,
            socket,
            alarms: data.alarms().clone(),
            data,
            zone,
            begin,
            outgoing,
            due: Vec::new(),
            unsent: 0,
            ended: Vec::new(),
            preserved: Vec::new(),
            preserved_ended: 0,
            records: 0,
            denied_by_rule: BTreeMap::new(),
            observed: None,
            reloads: Reloads::new(policy, PathBuf::new(), None, PathBuf::new()),
            requests: None,
            overridden: false,
            media: Media::default(),
            streams: Streams::new(address.ip(), None),
            sets: Sets::new(policy, begin, address),
            lookups: Lookups::new(),
            shed: Shed::new(begin, shed::OF_STRANGER),
            v6: address.is_ipv6(),
            listeners: Vec::new(),
            servers: BTreeMap::new(),
            standings: BTreeMap::new(),
            watches: false,
            canaries: BTreeMap::new(),
            tag: engine::hex(&tag),
            stranger: None,
        })
    }

    /// Serves until the process is told to stop, then clears up.
    async fn serve(&mut self, mut signals: Signals) -> Result<bool, String> {
        // Before the first datagram: without a clock it would be day, and every route plan closed.
        self.set_clock();
        let mut clock = tokio::time::interval(CLOCK);
        tell_system(&[NotifyState::Ready]);
        loop {
            let wake = self.wake();
            tokio::select! {
                ready = self.socket.readable() => match ready {
                    Ok(()) => self.take_datagrams(BATCH),
                    Err(why) => return Err(format!("the SIP socket failed: {why}")),
                },
                () = tokio::time::sleep_until(wake.into()) => {}
                () = self.media.readable() => {}
                heard = self.streams.heard() => self.take_messages(heard, BATCH),
                ask = self.sets.asked() => self.answer_set(ask),
                _ = clock.tick() => {
                    self.set_clock();
                    self.streams.sweep();
                    self.tell_of_flood();
                    self.sweep_talks();
                    self.data.tick();
                    self.retry_reload().await;
                    tell_system(&[NotifyState::Watchdog]);
                }
                Some(request) = asked(&mut self.requests) => self.administer(request),
                Some(found) = self.lookups.next() => self.found(found),
                Some(loaded) = self.reloads.next() => self.loaded(loaded).await,
                _ = signals.hangup.recv() => self.reload_by_signal(),
                _ = signals.term.recv() => break,
                _ = signals.int.recv() => break,
            }
            self.tick();
            self.tick_preserved();
            self.hear_relay();
            self.ask_canaries();
            if let Some(pinholes) = &mut self.media.pinholes {
                pinholes.flush();
            }
            self.keep_record();
        }
        tell_system(&[NotifyState::Stopping]);
        self.farewell().await;
        self.act("stop", "", Value::Null, Value::Null);
        self.data.finish();
        Ok(true)
    }

    /// Serves every deadline that has come.
    pub(crate) fn tick(&mut self) {
        loop {
            let ticked = self.engine.input(self.now(), &Input::Tick);
            self.drain();
            if ticked == Ok(Took::Ticked(Ticked::Done)) {
                return;
            }
        }
    }

    /// When the engine next wants to be ticked; far away if it has nothing to wait for.
    pub(crate) fn wake(&self) -> Clock {
        let engine = wake_at(self.begin, Clock::now(), self.engine.next_deadline());
        let relay = self.media.relay.as_ref().map(Relay::wake);
        [relay, self.canary_due(), self.preserved_due()].into_iter().flatten().fold(engine, Clock::min)
    }

    /// Keeps decisions and records for [`observed`](Self::observed) from now on.
    pub(crate) fn observe(&mut self) {
        self.observed = Some(Vec::new());
    }

    /// What was decided and recorded since the last call.
    pub(crate) fn observed(&mut self) -> Vec<Output> {
        self.observed.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The policy in force.
    pub(crate) const fn image(&self) -> &Image<'static> {
        &self.image
    }

    fn now(&self) -> Instant {
        Instant(u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// Labels of records: policy-local time.
    pub(crate) fn set_clock(&mut self) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let unix_s = i64::try_from(since.as_secs()).unwrap_or(0);
        let at = jiff::Timestamp::from_second(unix_s).unwrap_or_default();
        let offset_min = i16::try_from(self.zone.to_offset(at).seconds() / 60).unwrap_or(0);
        self.give(self.now(), &Input::SetWall(WallTime { unix_s, offset_min }));
    }

    /// Gives an input of which only its outputs matter. They are drained after every input, so there is always room.
    fn give(&mut self, now: Instant, input: &Input<'_>) {
        let _ = self.engine.input(now, input);
    }

    /// Hands to the trace what has happened. Calls go on without one.
    fn keep_record(&mut self) {
        if let Err(why) = self.engine.flush() {
            tracing::error!("the trace cannot be written, nothing is recorded any more: {why}");
        }
    }
}

/// When to wake for an engine that began then. Without a deadline an hour from now: an hour from its beginning would be past from its second
/// hour on, and an idle gateway would never sleep again.
fn wake_at(begin: Clock, now: Clock, deadline: Option<Instant>) -> Clock {
    deadline.map_or(now + Duration::from_secs(3600), |at| begin + Duration::from_millis(at.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_gateway_sleeps_in_its_second_hour_too() {
        let begin = Clock::now();
        for hours in [0, 1, 2, 5_000] {
            let now = begin + Duration::from_secs(hours * 3600 + 1);
            assert!(wake_at(begin, now, None) > now, "after {hours} hours");
            let due = Instant(1_500);
            assert_eq!(
                wake_at(begin, now, Some(due)),
                begin + Duration::from_millis(1_500),
                "what is due is due"
            );
        }
    }
}
