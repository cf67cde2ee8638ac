//! What the engine puts out, performed.

use super::Daemon;
use crate::alarms::Kind;
use crate::{messages, words};
use std::time::Instant as Clock;
use strowger::base::Flow;
use strowger::exchange::Output;
use strowger::policy::Party;
use strowger::record::alarm::Cause;
use strowger::registration::Gone;
use strowger::registration::client::Standing;

impl Daemon {
    /// Performs what has come of the last input. Messages leave last: what they acknowledge is written down by then.
    pub(super) fn drain(&mut self) {
        let mut used = 0;
        loop {
            match self.engine.poll(&mut self.outgoing[used..]) {
                Ok(Some(Output::Send { to, len })) => {
                    self.due.push((to, used, used + len));
                    used += len;
                }
                Ok(Some(output)) => self.perform(&output),
                Ok(None) => break,
                Err(short) => self.outgoing.resize(used + short.needed, 0),
            }
        }
        self.note_calls();
        let (due, outgoing) = (std::mem::take(&mut self.due), std::mem::take(&mut self.outgoing));
        for (to, from, end) in &due {
            messages::sent(*to, &outgoing[*from..*end]);
            self.send(*to, &outgoing[*from..*end]);
        }
        (self.due, self.outgoing) = (due, outgoing);
        self.due.clear();
    }

    /// Sends a message.
    pub(super) fn send(&mut self, to: Flow, message: &[u8]) {
        if to.transport.is_reliable() {
            return self.streams.send(to, message);
        }
        // A datagram that cannot be sent now is a datagram lost: its sender's timers see to it.
        if self.socket.try_send_to(message, to.peer).is_err() {
            self.unsent += 1;
        }
    }

    fn perform(&mut self, output: &Output) {
        if let (Some(observed), Output::Decision(_) | Output::Smdr(_)) = (&mut self.observed, output) {
            observed.push(*output);
        }
        match output {
            Output::Decision(decision) => {
                let sentence = words::decision(&self.image, decision);
                match decision.denial() {
                    Some(denial) => {
                        tracing::warn!(rule = denial.rule.name(), "{sentence}");
                        *self.denied_by_rule.entry(denial.rule.name()).or_default() += 1;
                        self.data.denied(&self.image, decision, denial);
                    }
                    None => tracing::debug!("{sentence}"),
                }
            }
            Output::Smdr(record) => {
                self.records += 1;
                self.ended.push(*record);
            }
            Output::Alarm(alarm) => {
                let kind = match alarm.cause {
                    Cause::Limit(_) => Kind::Limit,
                    Cause::Lockout | Cause::Source(_) | Cause::CodeLockout => Kind::LockOut,
                    Cause::Watched(_) => Kind::Watched,
                    Cause::Preempted => Kind::Preempted,
                    Cause::NoCallback => Kind::NoCallback,
                };
                self.alarms.raise(kind, &words::alarm(&self.image, alarm));
            }
            Output::Emergency(notice) => {
                self.alarms.raise(Kind::Emergency, &words::emergency(&self.image, notice))
            }
            Output::Registered { device, expires_s, flow } => {
                self.streams.proved(*flow);
                self.shed.registered(Clock::now(), *device, flow.ip());
                self.keep_registration(*device, *expires_s);
                let dn = words::party(&self.image, Party::Device(*device));
                tracing::info!("{dn} is registered at {flow} for {expires_s} s");
            }
            Output::Unregistered { device, why } => {
                self.shed.gone(*device);
                self.keep_registration(*device, 0);
                let dn = words::party(&self.image, Party::Device(*device));
                let how = match why {
                    Gone::Unregistered => "has unregistered",
                    Gone::Lapsed => "was not heard of in time",
                    Gone::Lost => "is gone: its connection is closed",
                };
                tracing::info!("{dn} {how}");
            }
            Output::Server { trunk, to } => {
                let of = words::party(&self.image, Party::Trunk(*trunk));
                let text = format!("{of} does not answer where it was; its requests go to {to} from now on");
                self.alarms.raise(Kind::Trunk, &text);
            }
            Output::Standing { trunk, standing } => {
                let sentence = words::standing(&self.image, *trunk, *standing);
                self.standings.insert(*trunk, *standing);
                match standing {
                    Standing::Registered { .. } => tracing::info!("{sentence}"),
                    Standing::Refused { .. } | Standing::Unanswered | Standing::Lapsed | Standing::Lost => {
                        self.alarms.raise(Kind::Trunk, &sentence);
                    }
                }
            }
            Output::Set { device } => {
                if let Some(settings) = self.engine.settings(*device) {
                    let guest = self.engine.user_at(self.now(), *device);
                    tracing::info!("{}", words::settings(&self.image, *device, settings, guest));
                }
                self.keep_settings(*device);
            }
            Output::Relay(ask) => self.media.ask(ask),
            Output::RelayUndo(media) => self.media.undo(*media),
            Output::RelayEnd(media) => self.media.end(*media),
            Output::Open(pinhole) => self.open(pinhole),
            Output::Close { media, number } => self.media.close(*media, *number),
            // Messages are sent when everything else is done, and this process has no neutral legs.
            Output::Send { .. }
            | Output::Setup { .. }
            | Output::Alerting(_)
            | Output::Connect(_)
            | Output::Joined { .. }
            | Output::Referred { .. }
            | Output::Forwarded { .. }
            | Output::Held { .. }
            | Output::Release(..)
            | Output::Tone(..) => {}
        }
    }
}
