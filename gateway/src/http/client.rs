//! The client's side: asks the running gateway.

use super::{SetMode, SetUnlocked, USER, token_path};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// What is asked of the running gateway from outside.
#[derive(Clone, Copy)]
pub(crate) enum Question<'a> {
    Status,
    Calls,
    Mode(&'a str),
    Unlock(&'a str),
    Reload,
}

/// Asks it.
pub(crate) fn tell(address: SocketAddr, data: &Path, question: Question<'_>) -> Result<Value, String> {
    let path = token_path(data);
    let token = std::fs::read_to_string(&path).map_err(|why| {
        format!(
            "{} cannot be read: {why}; is the gateway running, and is --data its directory?",
            path.display()
        )
    })?;
    let bearer = format!("Bearer {token}");
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        // It is on this machine: no proxy has to know its token.
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(5)))
        .build()
        .into();
    let get =
        |what: &str| agent.get(format!("http://{address}/v1/{what}")).header("Authorization", &bearer).call();
    let answered = match question {
        Question::Status => get("status"),
        Question::Calls => get("calls"),
        Question::Mode(mode) => agent
            .put(format!("http://{address}/v1/mode"))
            .header("Authorization", &bearer)
            .header(USER, user())
            .send_json(SetMode { mode: mode.to_owned() }),
        Question::Unlock(who) => agent
            .put(format!("http://{address}/v1/unlock"))
            .header("Authorization", &bearer)
            .header(USER, user())
            .send_json(SetUnlocked { who: who.to_owned() }),
        // A large policy takes a while to read.
        Question::Reload => agent
            .post(format!("http://{address}/v1/reload"))
            .config()
            .timeout_global(Some(Duration::from_secs(120)))
            .build()
            .header("Authorization", &bearer)
            .header(USER, user())
            .send_empty(),
    };
    let mut response = answered.map_err(|why| format!("no gateway answers at {address}: {why}"))?;
    if !response.status().is_success() {
        let text = response.body_mut().read_to_string().unwrap_or_default();
        return Err(match serde_json::from_str::<Value>(&text) {
            Ok(refused) => reasons(&refused),
            Err(_) => format!("the gateway at {address} says {}: {text}", response.status()),
        });
    }
    response.body_mut().read_json().map_err(|why| format!("what answers at {address} is no gateway: {why}"))
}

/// Why it was not done, and what is wrong with the file.
fn reasons(refused: &Value) -> String {
    let error = refused.get("error").and_then(Value::as_str).unwrap_or("refused");
    let findings =
        refused.get("findings").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let lines: Vec<&str> = findings.collect();
    if lines.is_empty() {
        error.to_owned()
    } else {
        format!("{error}; the policy in force stays\n{}", lines.join("\n"))
    }
}

/// Who asks, for the audit trail: the user of this machine, also behind sudo.
fn user() -> String {
    let name = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    name.filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic())).unwrap_or_default()
}
