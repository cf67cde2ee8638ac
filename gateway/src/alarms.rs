//! Alarms: what somebody should look at soon. Each stands in the log, is kept for who asks, is counted, and goes to syslog and to a URL where
//! policy says so (`[alarm]`).

mod syslog;
mod webhook;

use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use syslog::Syslog;
use webhook::Webhook;

/// So many are kept for who asks.
const KEPT: usize = 1_000;

/// What kind of thing has happened: one word, an interface as the names of metrics are.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// Somebody has called for help.
    Emergency,
    /// The trunk by which help is called does not answer.
    EmergencyRoute,
    /// The policy did not load.
    Policy,
    /// A limit of public calls.
    Limit,
    /// Log-ins or account codes are refused after too many wrong ones.
    LockOut,
    /// A call to a watched number class.
    Watched,
    /// A call was cleared to make way for one for help.
    Preempted,
    /// A call for help without a number to call back.
    NoCallback,
    /// A trunk: its carrier, its servers, its name.
    Trunk,
    /// More datagrams than are heard.
    Flood,
    /// The media relay.
    Relay,
    /// Records, or what is kept.
    Records,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 12] = [
        Self::Emergency,
        Self::EmergencyRoute,
        Self::Policy,
        Self::Limit,
        Self::LockOut,
        Self::Watched,
        Self::Preempted,
        Self::NoCallback,
        Self::Trunk,
        Self::Flood,
        Self::Relay,
        Self::Records,
    ];

    /// As it is written.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::EmergencyRoute => "emergency-route",
            Self::Policy => "policy",
            Self::Limit => "limit",
            Self::LockOut => "lock-out",
            Self::Watched => "watched",
            Self::Preempted => "preempted",
            Self::NoCallback => "no-callback",
            Self::Trunk => "trunk",
            Self::Flood => "flood",
            Self::Relay => "relay",
            Self::Records => "records",
        }
    }

    /// Whether somebody may be hurt, or everything stands still.
    const fn is_critical(self) -> bool {
        matches!(
            self,
            Self::Emergency | Self::EmergencyRoute | Self::Policy | Self::NoCallback | Self::Records
        )
    }
}

/// One alarm.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Alarm {
    /// When, UTC.
    pub(crate) time: String,
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

/// All of them; a copy raises the same.
#[derive(Clone, Default)]
pub(crate) struct Alarms(Arc<Mutex<All>>);

#[derive(Default)]
struct All {
    kept: VecDeque<Alarm>,
    counts: BTreeMap<Kind, u64>,
    syslog: Option<Syslog>,
    webhook: Option<Webhook>,
}

impl Alarms {
    /// Where they go, by policy; `name` is the system's.
    pub(crate) fn go_to(&self, (syslog, webhook): (bool, &str), name: &str) {
        let mut all = self.all();
        all.syslog = syslog.then(|| Syslog::at("/dev/log"));
        all.webhook = (!webhook.is_empty()).then(|| Webhook::to(webhook, name));
    }

    /// Raises one.
    pub(crate) fn raise(&self, kind: Kind, text: &str) {
        if kind.is_critical() {
            tracing::error!(kind = kind.name(), "alarm: {text}");
        } else {
            tracing::warn!(kind = kind.name(), "alarm: {text}");
        }
        let alarm = Alarm { time: jiff::Timestamp::now().to_string(), kind, text: text.to_owned() };
        let mut all = self.all();
        if let Some(syslog) = &mut all.syslog {
            syslog.tell(&alarm);
        }
        if let Some(webhook) = &all.webhook {
            webhook.tell(&alarm);
        }
        *all.counts.entry(kind).or_default() += 1;
        if all.kept.len() >= KEPT {
            all.kept.pop_back();
        }
        all.kept.push_front(alarm);
    }

    /// The last ones, the newest first.
    pub(crate) fn kept(&self) -> Vec<Alarm> {
        self.all().kept.iter().cloned().collect()
    }

    /// How many there were of a kind.
    pub(crate) fn count(&self, kind: Kind) -> u64 {
        self.all().counts.get(&kind).copied().unwrap_or(0)
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_thousand_are_kept_and_all_are_counted() {
        let alarms = Alarms::default();
        for number in 0..KEPT + 5 {
            alarms.raise(Kind::Watched, &number.to_string());
        }
        let same = alarms.clone();
        same.raise(Kind::Flood, "last");
        drop(same);
        let kept = alarms.kept();
        let texts = [0, KEPT - 1].map(|at| kept[at].text.as_str());
        assert_eq!((kept.len(), texts), (KEPT, ["last", "6"]));
        let counts = [Kind::Watched, Kind::Flood, Kind::Relay].map(|kind| alarms.count(kind));
        assert_eq!(counts, [KEPT as u64 + 5, 1, 0]);
    }

    #[test]
    fn a_kind_has_one_name_everywhere() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
