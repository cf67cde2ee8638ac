//! The media relay: rtpengine, by its ng protocol (JSON over UDP; a repeated cookie is answered from memory).
//!
//! It is told addresses and ports, never a phone's own description: it forwards packets that it cannot read.

mod child;
mod description;

use crate::alarms::{Alarms, Kind};
use child::Child;
use ring::rand::SecureRandom as _;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant as Clock};
use strowger::base::Handle;
use strowger::media::relay::{Ask, Role};
use strowger::media::{Places, Side};
use tokio::net::UdpSocket;

/// A question is sent again after this long, so often, and then given up: a second in all.
const REPEAT: Duration = Duration::from_millis(250);
const SENT: u32 = 4;
/// How often a silent relay is asked whether it is there.
const PING: Duration = Duration::from_secs(2);

/// What the relay has said of a leg's media; `None`: it does not take it.
pub(crate) type Answer = (Handle, Option<Places>);

/// The relay, as far as it is known.
pub(crate) struct Relay {
    address: SocketAddr,
    socket: UdpSocket,
    /// Names this process: its calls are not another's.
    name: String,
    cookie: u64,
    waiting: HashMap<u64, Waiting>,
    calls: HashMap<Handle, Call>,
    /// Whether it answered when it was last asked; unknown at first.
    pub(crate) up: Option<bool>,
    /// It came back, and may have forgotten everything.
    back: bool,
    next_ping: Clock,
    child: Option<Child>,
    alarms: Alarms,
}

struct Waiting {
    about: About,
    /// The call, of half a negotiation.
    media: Option<Handle>,
    message: Vec<u8>,
    sent: u32,
    again: Clock,
}

enum About {
    /// A leg waits for it.
    Leg(Handle),
    /// Nobody waits for the answer.
    Nobody,
    Ping,
}

/// What was told of a call, to tell it again if a change of it is refused.
#[derive(Default)]
struct Call {
    offer: Option<(Side, String)>,
    agreed: Option<(Side, String, String)>,
}

impl Relay {
    /// Speaks to the relay at `address`, whether it is there or not. One on this machine is started if it is not, and then
    /// relays at `media`.
    pub(crate) async fn open(address: SocketAddr, media: IpAddr, alarms: &Alarms) -> Result<Self, String> {
        let own = SocketAddr::new(if address.is_ipv4() { [0, 0, 0, 0].into() } else { [0; 16].into() }, 0);
        let failed = |why: std::io::Error| format!("media relay {address}: {why}");
        let socket = UdpSocket::bind(own).await.map_err(failed)?;
        socket.connect(address).await.map_err(failed)?;
        let mut octets = [0; 8];
        ring::rand::SystemRandom::new()
            .fill(&mut octets)
            .map_err(|_| "the system gives no random numbers".to_owned())?;
        let mut relay = Self {
            address,
            socket,
            name: crate::engine::hex(&octets),
            cookie: 0,
            waiting: HashMap::new(),
            calls: HashMap::new(),
            up: None,
            back: false,
            next_ping: Clock::now() + PING,
            child: None,
            alarms: alarms.clone(),
        };
        if !relay.is_there().await {
            if address.ip().is_loopback() {
                relay.child = Child::start(address, media);
            }
            if relay.child.is_none() {
                relay.heard(false);
            }
        }
        relay.next_ping = Clock::now() + REPEAT;
        Ok(relay)
    }

    /// Waits until it has answered, half a second at most.
    async fn is_there(&mut self) -> bool {
        for _ in 0..5 {
            // A refused one makes the next wait short.
            self.send(About::Ping, None, &json!({ "command": "ping" }));
            tokio::time::sleep(Duration::from_millis(20)).await;
            let _ = tokio::time::timeout(Duration::from_millis(80), self.socket.readable()).await;
            self.receive();
            if self.up.is_some() {
                break;
            }
        }
        self.waiting.clear();
        self.up == Some(true)
    }

    /// Resolves when something has come in.
    pub(crate) async fn readable(&self) {
        // An error of a connected socket is its peer's absence: timers see to it.
        let _ = self.socket.readable().await;
    }

    /// When [`tick`](Self::tick) is next wanted.
    pub(crate) fn wake(&self) -> Clock {
        self.waiting.values().map(|waiting| waiting.again).min().unwrap_or(self.next_ping).min(self.next_ping)
    }

    /// Asks for a leg.
    pub(crate) fn ask(&mut self, ask: &Ask) {
        let text = description::of(&ask.places);
        let call = self.calls.entry(ask.media).or_default();
        match (ask.role, &call.offer) {
            (Role::Offer, _) => call.offer = Some((ask.side, text.clone())),
            (Role::Answer, Some((side, offer))) => call.agreed = Some((*side, offer.clone(), text.clone())),
            (Role::Answer, None) => {}
        }
        let mut message = self.half(ask.media, ask.side, ask.role, &text);
        let family = if ask.to.is_ipv4() { "IP4" } else { "IP6" };
        message["address family"] = json!(family);
        self.send(About::Leg(ask.leg), Some(ask.media), &message);
    }

    /// What it was asked last for this call was not agreed on: it forwards as before.
    pub(crate) fn undo(&mut self, media: Handle) {
        let Some((side, offer, answer)) = self.calls.get(&media).and_then(|call| call.agreed.clone()) else {
            return;
        };
        let offered = self.half(media, side, Role::Offer, &offer);
        let answered = self.half(media, side.other(), Role::Answer, &answer);
        self.send(About::Nobody, Some(media), &offered);
        self.send(About::Nobody, Some(media), &answered);
    }

    /// A call is over.
    pub(crate) fn end(&mut self, media: Handle) {
        self.calls.remove(&media);
        // A question that is repeated behind this would bring the call back.
        self.waiting.retain(|_, waiting| waiting.media != Some(media));
        let message = json!({ "command": "delete", "call-id": self.call_id(media), "delete-delay": 0 });
        self.send(About::Nobody, None, &message);
    }

    /// Half of a negotiation.
    fn half(&self, media: Handle, side: Side, role: Role, text: &str) -> Value {
        let tag = |side: Side| if side == Side::A { "a" } else { "b" };
        let mut message = json!({
            "call-id": self.call_id(media),
            "sdp": text,
            "flags": ["trust-address"],
            "replace": ["origin", "session-connection"],
            "ICE": "remove",
        });
        match role {
            Role::Offer => {
                message["command"] = json!("offer");
                message["from-tag"] = json!(tag(side));
            }
            Role::Answer => {
                message["command"] = json!("answer");
                message["from-tag"] = json!(tag(side.other()));
                message["to-tag"] = json!(tag(side));
            }
        }
        message
    }

    fn call_id(&self, media: Handle) -> String {
        format!("strowger-{}-{:016x}", self.name, media.bits())
    }

    fn send(&mut self, about: About, media: Option<Handle>, message: &Value) {
        self.cookie += 1;
        let message = format!("{}_{} {message}", self.name, self.cookie).into_bytes();
        let _ = self.socket.try_send(&message);
        self.waiting
            .insert(self.cookie, Waiting { about, media, message, sent: 1, again: Clock::now() + REPEAT });
    }

    /// Takes what has come in.
    pub(crate) fn receive(&mut self) -> Vec<Answer> {
        let mut answers = Vec::new();
        let mut buffer = [0; 65_535];
        // What fails here is asked again by its timer.
        while let Ok(len) = self.socket.try_recv(&mut buffer) {
            let Some((cookie, reply)) = self.read(&buffer[..len]) else { continue };
            let Some(waiting) = self.waiting.remove(&cookie) else { continue };
            self.heard(true);
            let refused = reply["result"] != "ok" && reply["result"] != "pong";
            if refused {
                let why = reply["error-reason"].as_str().unwrap_or("no reason given");
                tracing::warn!("the media relay {} has refused: {why}", self.address);
            }
            if let About::Leg(leg) = waiting.about {
                let places = reply["sdp"].as_str().filter(|_| !refused).and_then(description::places);
                answers.push((leg, places));
            }
        }
        answers
    }

    fn read(&self, message: &[u8]) -> Option<(u64, Value)> {
        let text = std::str::from_utf8(message).ok()?;
        let (cookie, reply) = text.split_once(' ')?;
        let number = cookie.strip_prefix(&self.name)?.strip_prefix('_')?;
        Some((number.parse().ok()?, serde_json::from_str(reply).ok()?))
    }

    /// Sends again what was not answered; what is given up is an answer too.
    pub(crate) fn tick(&mut self) -> Vec<Answer> {
        let now = Clock::now();
        let mut answers = Vec::new();
        let mut silent = false;
        for waiting in self.waiting.values_mut().filter(|waiting| waiting.again <= now) {
            waiting.again = now + REPEAT;
            waiting.sent += 1;
            if waiting.sent <= SENT {
                let _ = self.socket.try_send(&waiting.message);
                continue;
            }
            silent = true;
            if let About::Leg(leg) = waiting.about {
                answers.push((leg, None));
            }
        }
        self.waiting.retain(|_, waiting| waiting.sent <= SENT);
        if silent {
            self.heard(false);
        }
        if self.next_ping <= now {
            self.next_ping = now + PING;
            if self.child.as_mut().is_some_and(|child| child.restart(&self.alarms)) {
                self.heard(false);
            }
            self.send(About::Ping, None, &json!({ "command": "ping" }));
        }
        answers
    }

    /// Whether it came back since this was asked last: what it knew of calls may be gone.
    pub(crate) fn take_back(&mut self) -> bool {
        std::mem::take(&mut self.back)
    }

    /// It has answered, or not.
    fn heard(&mut self, up: bool) {
        let before = self.up.replace(up);
        // One that has just been started needs a moment.
        if before == Some(up) || before.is_none() && !up && self.child.is_some() {
            return;
        }
        let (address, calls) = (self.address, self.calls.len());
        self.back |= up && before == Some(false);
        if up {
            tracing::info!("the media relay {address} is there");
        } else {
            self.alarms.raise(Kind::Relay, &format!(
                "the media relay {address} does not answer: {calls} calls may have lost their media until it is back, and calls whose media cannot go directly are refused"
            ));
        }
    }
}
