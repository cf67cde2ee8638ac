//! A relay of our own, where none is found.

use crate::alarms::{Alarms, Kind};
use std::net::{IpAddr, SocketAddr};
use std::process::{self, Command, Stdio};

/// Ports of media.
const PORTS: (u16, u16) = (30_000, 39_999);

/// The process. It ends with its owner.
pub(super) struct Child {
    control: SocketAddr,
    media: IpAddr,
    process: process::Child,
}

impl Child {
    /// Starts rtpengine in user space; `None`, and a warning, if it cannot be.
    pub(super) fn start(control: SocketAddr, media: IpAddr) -> Option<Self> {
        match spawn(control, media) {
            Ok(process) => {
                tracing::info!(
                    "no media relay answers at {control}: rtpengine is started (process {})",
                    process.id()
                );
                Some(Self { control, media, process })
            }
            Err(why) => {
                tracing::warn!(
                    "no media relay answers at {control}, and rtpengine cannot be started here ({why}): calls whose media cannot go directly are refused"
                );
                None
            }
        }
    }

    /// Starts it again if it has ended; true if it had.
    pub(super) fn restart(&mut self, alarms: &Alarms) -> bool {
        let Ok(Some(status)) = self.process.try_wait() else { return false };
        alarms.raise(Kind::Relay, &format!("rtpengine has ended ({status}); it is started again"));
        match spawn(self.control, self.media) {
            Ok(process) => self.process = process,
            Err(why) => alarms.raise(Kind::Relay, &format!("rtpengine cannot be started: {why}")),
        }
        true
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(control: SocketAddr, media: IpAddr) -> std::io::Result<process::Child> {
    Command::new("rtpengine")
        .args(["--foreground", "--log-stderr", "--log-level=3", "--table=-1"])
        .arg(format!("--interface={media}"))
        .arg(format!("--listen-ng={control}"))
        .arg(format!("--port-min={}", PORTS.0))
        .arg(format!("--port-max={}", PORTS.1))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
}
