//! Whoever manages the process: what it tells us by signals, and what we tell it (systemd's notifications).

use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What the process is told from outside.
pub(super) struct Signals {
    pub(super) term: Signal,
    pub(super) int: Signal,
    pub(super) hangup: Signal,
}

impl Signals {
    pub(super) fn watch() -> Result<Self, String> {
        let watch = |kind| signal(kind).map_err(|why| format!("signals cannot be watched: {why}"));
        let (term, int) = (watch(SignalKind::terminate())?, watch(SignalKind::interrupt())?);
        Ok(Self { term, int, hangup: watch(SignalKind::hangup())? })
    }
}

/// Tells the service manager, if one has started us.
pub(super) fn tell_system(states: &[NotifyState<'_>]) {
    if let Err(why) = sd_notify::notify(states) {
        tracing::debug!("the service manager cannot be told: {why}");
    }
}
