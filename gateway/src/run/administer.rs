//! What administration asks of the daemon.

use super::Daemon;
use crate::data::{Act, Entry};
use crate::engine;
use crate::http::{Asked, Request, Status};
use crate::words;
use serde_json::{Value, json};
use std::time::{Duration, Instant as Clock};
use strowger::exchange::Locked;
use strowger::media::Side;
use strowger::policy::{Mode, Party};
use strowger_tools::trace::{Input, Took};

impl Daemon {
    /// Does what administration asks, and tells it how the gateway is then.
    pub(super) fn administer(&mut self, request: Request) {
        let answer = match request.asked {
            // What becomes of it is told when the file is read.
            Asked::Reload { who } => return self.reload_for(who, request.answer),
            Asked::Status => self.status(),
            Asked::Alive => Value::Null,
            Asked::Ready => self.unready().into(),
            Asked::Mode { mode, who } => {
                self.set_mode(mode, who);
                self.status()
            }
            Asked::Unlock { locked, who } => self.unlock(&locked, who),
            Asked::Calls => self.calls(),
            Asked::Registrations => self.registrations(),
            Asked::Denied(most) => self.data.last_denied(most).into(),
            Asked::Alarms(most) => json!(self.alarms.kept().iter().take(most).collect::<Vec<_>>()),
            Asked::Metrics => self.metrics().into(),
            Asked::Stranger => {
                self.refuse_stranger();
                Value::Null
            }
        };
        // Who asked may have gone away.
        let _ = request.answer.send(answer);
    }

    /// An operator sets the service mode, or gives it back to the schedule.
    fn set_mode(&mut self, mode: Option<Mode>, who: String) {
        let old = self.data.kept().mode.clone().unwrap_or_else(|| "schedule".to_owned());
        let new = mode.map_or("schedule", |mode| mode.name());
        self.give(self.now(), &Input::SetMode(mode));
        self.overridden = mode.is_some();
        self.data.note(&Entry::Mode(mode.map(|mode| mode.name().to_owned())));
        tracing::warn!(
            who,
            "the operator has set the service mode: {}",
            if mode.is_some() { new } else { "by schedule" }
        );
        let what = "service mode".to_owned();
        self.data.audit(&Act {
            who,
            application: "http",
            op: "mode",
            what,
            old: old.into(),
            new: new.into(),
        });
    }

    /// An operator lifts the lock-out of a number or an address.
    fn unlock(&mut self, locked: &str, who: String) -> Value {
        let device = || self.image.device_by_dn(locked.as_bytes()).map(Locked::Device);
        let found = locked.parse().ok().map(Locked::Source).or_else(device);
        let Some(found) = found else {
            return json!({ "error": format!("{locked} is neither a number of the policy nor an address") });
        };
        let unlocked = self.engine.input(self.now(), &Input::Unlock(found)) == Ok(Took::Unlocked(true));
        if unlocked {
            tracing::warn!(who, "the lock-out of {locked} is lifted");
            let (application, op, what) = ("http", "unlock", locked.to_owned());
            self.data.audit(&Act { who, application, op, what, old: true.into(), new: false.into() });
        }
        json!({ "who": locked, "unlocked": unlocked })
    }

    /// Somebody had a wrong token; noted once a second at most, for there is no end to guessing.
    fn refuse_stranger(&mut self) {
        let now = Clock::now();
        if self.stranger.is_none_or(|last| now.duration_since(last) >= Duration::from_secs(1)) {
            self.stranger = Some(now);
            tracing::warn!("administration was refused: a wrong token");
            let (who, what) = ("unknown".to_owned(), "a wrong token".to_owned());
            let (application, op) = ("http", "log-in refused");
            self.data.audit(&Act { who, application, op, what, old: Value::Null, new: Value::Null });
        }
    }

    /// Why not everything can be done that the gateway is there for.
    fn unready(&self) -> Vec<String> {
        let mut why = Vec::new();
        if self.image.is_block() {
            why.push("no policy is in force: emergency calls only".to_owned());
        }
        if self.media.relay.as_ref().is_some_and(|relay| relay.up != Some(true)) {
            why.push("the media relay does not answer".to_owned());
        }
        let down = self.canaries.iter().filter(|(_, canary)| canary.is_down());
        why.extend(down.map(|(trunk, _)| {
            format!(
                "{}, by which help is called, does not answer",
                words::party(&self.image, Party::Trunk(*trunk))
            )
        }));
        if self.data.behind().0 > 0 {
            why.push("records wait: the disk does not take them".to_owned());
        }
        why
    }

    /// Phones that are registered.
    pub(super) fn registered(&self) -> u32 {
        let devices = u32::try_from(self.image.phones()).unwrap_or(u32::MAX);
        let registered = (0..devices).filter(|device| self.engine.is_registered(*device)).count();
        u32::try_from(registered).unwrap_or(u32::MAX)
    }

    /// Where they are, and who is logged in there.
    fn registrations(&self) -> Value {
        let devices = 0..u32::try_from(self.image.phones()).unwrap_or(u32::MAX);
        let one = |device| {
            let registration = self.engine.registration(device)?;
            let name = |row| words::party(&self.image, Party::Device(row));
            let guest = self.engine.user_at(self.now(), device).map(name);
            Some(json!({
                "dn": name(device),
                "at": registration.flow.to_string(),
                "contact": String::from_utf8_lossy(registration.contact),
                "user": guest,
            }))
        };
        devices.filter_map(one).collect()
    }

    fn status(&self) -> Value {
        let counted = self.engine.statistics();
        let relay = match self.media.relay.as_ref().map(|relay| relay.up) {
            None => "none",
            Some(Some(true)) => "up",
            Some(Some(false) | None) => "down",
        };
        json!(Status {
            policy: engine::hex(self.image.hash()),
            mode: self.engine.mode(self.now()).name().to_owned(),
            mode_by: if self.overridden { "operator" } else { "schedule" }.to_owned(),
            registered: self.registered(),
            calls: self.engine.calls_in_use(),
            permitted: counted.permitted,
            denied: counted.denied,
            relay: relay.to_owned(),
        })
    }

    /// Every call: who, how far, and which way its media takes.
    fn calls(&self) -> Value {
        let calls = self.engine.calls();
        let one = |(leg, _)| {
            let (side, legs) = calls.sides(leg)?;
            if side != Side::A {
                return None;
            }
            let name = |side| Some(words::party(&self.image, calls.leg(legs.of(side))?.party));
            let (dialed, choice) = calls.choice(leg)?;
            let media = calls.media(leg)?;
            let answered = calls.is_answered(leg);
            let path = if answered { media.agreed } else { media.offered };
            Some(json!({
                "from": name(Side::A)?,
                "to": name(Side::B)?,
                "dialed": dialed.as_str(),
                "rule": choice.rule.name(),
                "state": if answered { "talking" } else { "calling" },
                "media": path.name(),
                "why": path.why().map(|why| why.name()),
            }))
        };
        calls.legs().filter_map(one).collect()
    }
}
