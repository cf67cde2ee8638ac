//! Alarms to the system's log: datagrams in the form of RFC 3164 section 4.1, as the local socket takes them.

use super::Alarm;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

/// Facility `daemon` (RFC 3164 section 4.1.1).
const DAEMON: u8 = 3 << 3;

/// The local log.
pub(super) struct Syslog {
    path: PathBuf,
    socket: Option<UnixDatagram>,
    /// That nobody listens is said once.
    deaf: bool,
}

impl Syslog {
    pub(super) fn at(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned(), socket: None, deaf: false }
    }

    /// Tells it; whoever does not listen now may do so at the next alarm.
    pub(super) fn tell(&mut self, alarm: &Alarm) {
        // Severity 2 critical, 4 warning.
        let severity = if alarm.kind.is_critical() { 2 } else { 4 };
        let text = format!(
            "<{}>strowger-gateway[{}]: {}: {}",
            DAEMON | severity,
            std::process::id(),
            alarm.kind.name(),
            alarm.text
        );
        let send = |socket: &UnixDatagram| socket.send(text.as_bytes());
        if self.socket.as_ref().is_some_and(|socket| send(socket).is_ok()) {
            return;
        }
        // It was started anew meanwhile, or never was there.
        self.socket = self.connect().ok();
        let told = self.socket.as_ref().is_some_and(|socket| send(socket).is_ok());
        if !told && !self.deaf {
            tracing::warn!("nobody listens at {}: alarms do not reach syslog", self.path.display());
        }
        self.deaf = !told;
    }

    fn connect(&self) -> std::io::Result<UnixDatagram> {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        socket.connect(&self.path)?;
        Ok(socket)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    #[test]
    fn rfc3164_a_datagram_has_facility_severity_tag_and_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut syslog = Syslog::at(&path);
        let alarm = |kind| Alarm { time: String::new(), kind, text: "201 -> 9900: no".to_owned() };
        // Nobody listens yet: nothing is lost but this one.
        syslog.tell(&alarm(Kind::Limit));
        let log = UnixDatagram::bind(&path).unwrap();
        log.set_read_timeout(Some(std::time::Duration::from_secs(5))).unwrap();
        let mut heard = |kind| {
            syslog.tell(&alarm(kind));
            let mut buffer = [0; 200];
            let len = log.recv(&mut buffer).unwrap();
            String::from_utf8(buffer[..len].to_vec()).unwrap()
        };
        let pid = std::process::id();
        assert_eq!(heard(Kind::Limit), format!("<28>strowger-gateway[{pid}]: limit: 201 -> 9900: no"));
        assert_eq!(
            heard(Kind::Emergency),
            format!("<26>strowger-gateway[{pid}]: emergency: 201 -> 9900: no")
        );
    }
}
