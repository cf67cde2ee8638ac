//! What administration asks of the daemon.

use super::Daemon;
use crate::engine;
use crate::http::{Asked, Request, Status};
use crate::words;
use serde_json::{Value, json};
use strowger::media::Side;
use strowger_tools::trace::Input;

impl Daemon {
    /// Does what administration asks, and tells it how the gateway is then.
    pub(super) fn administer(&mut self, request: Request) {
        let answer = match request.asked {
            Asked::Status => self.status(),
            Asked::Mode(mode) => {
                self.give(self.now(), &Input::SetMode(mode));
                self.overridden = mode.is_some();
                let name = mode.map_or("by schedule", |mode| mode.name());
                tracing::warn!("the operator has set the service mode: {name}");
                self.status()
            }
            Asked::Calls => self.calls(),
        };
        // Who asked may have gone away.
        let _ = request.answer.send(answer);
    }

    fn status(&self) -> Value {
        let counted = self.engine.statistics();
        let devices = u32::try_from(self.image.phones()).unwrap_or(u32::MAX);
        let registered = (0..devices).filter(|device| self.engine.is_registered(*device)).count();
        let relay = match self.media.relay.as_ref().map(|relay| relay.up) {
            None => "none",
            Some(Some(true)) => "up",
            Some(Some(false) | None) => "down",
        };
        json!(Status {
            policy: engine::hex(self.image.hash()),
            mode: self.engine.mode(self.now()).name().to_owned(),
            mode_by: if self.overridden { "operator" } else { "schedule" }.to_owned(),
            registered: u32::try_from(registered).unwrap_or(u32::MAX),
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
