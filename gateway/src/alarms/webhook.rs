//! Alarms to a URL: each is posted as one JSON object, by a thread of its own.

use super::Alarm;
use serde_json::{Value, json};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// Alarms that wait at most while the URL is slow; beyond it they stand in the log alone.
const WAITING: usize = 256;
/// How long one may take, and the pauses between its attempts.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSES_S: [u64; 3] = [0, 2, 10];

/// The URL.
pub(super) struct Webhook {
    tell: SyncSender<Value>,
    name: String,
}

impl Webhook {
    /// Posts to this URL from now on; `name` is the system's, and is in every alarm. The URL is never in the log: it may hold a secret.
    pub(super) fn to(url: &str, name: &str) -> Self {
        let (tell, told) = sync_channel(WAITING);
        let url = url.to_owned();
        let thread = std::thread::Builder::new().name("webhook".to_owned()).spawn(move || post(&url, &told));
        if let Err(why) = thread {
            tracing::error!("alarms are not posted: no thread: {why}");
        }
        Self { tell, name: name.to_owned() }
    }

    pub(super) fn tell(&self, alarm: &Alarm) {
        let posted = json!({
            "time": alarm.time,
            "kind": alarm.kind.name(),
            "text": alarm.text,
            "gateway": self.name,
        });
        if self.tell.try_send(posted).is_err() {
            tracing::warn!("an alarm is not posted: too many wait for the webhook");
        }
    }
}

fn post(url: &str, told: &Receiver<Value>) {
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).build().into();
    while let Ok(alarm) = told.recv() {
        let attempt = |pause: &u64| {
            std::thread::sleep(Duration::from_secs(*pause));
            agent.post(url).header("Content-Type", "application/json").send(alarm.to_string())
        };
        let mut last = None;
        for pause in &PAUSES_S {
            match attempt(pause) {
                Ok(_) => {
                    last = None;
                    break;
                }
                Err(why) => last = Some(why),
            }
        }
        if let Some(why) = last {
            tracing::warn!("an alarm could not be posted to the webhook: {why}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    /// The first attempt is answered with an error, and is made again.
    #[test]
    fn an_alarm_is_posted_until_it_is_taken() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/alarms?key=secret", listener.local_addr().unwrap());
        let webhook = Webhook::to(&url, "branch 7");
        webhook.tell(&Alarm {
            time: "2026-11-30T12:00:00Z".to_owned(),
            kind: Kind::Flood,
            text: "too much".to_owned(),
        });
        let serve = |status: &str| {
            let (mut peer, _) = listener.accept().unwrap();
            let mut heard = String::new();
            while !heard.contains("\r\n\r\n") || !heard.ends_with('}') {
                let mut buffer = [0; 1024];
                let len = peer.read(&mut buffer).unwrap();
                heard.push_str(std::str::from_utf8(&buffer[..len]).unwrap());
            }
            write!(peer, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
            heard
        };
        serve("503 Not Now");
        let heard = serve("200 OK");
        assert!(heard.starts_with("POST /alarms?key=secret HTTP/1.1\r\n"), "{heard}");
        let body: Value = serde_json::from_str(heard.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        let expected = json!({ "time": "2026-11-30T12:00:00Z", "kind": "flood", "text": "too much", "gateway": "branch 7" });
        assert_eq!(body, expected);
    }
}
