//! Administration over loopback HTTP: `status` and `mode` talk to the running gateway.
//!
//! Whoever can read `http-token` in the data directory may use it; the token is made anew at each start.

use crate::engine::hex;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{get, put};
use axum::{Json, Router};
use ring::rand::SecureRandom as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use strowger::base::{Crypto as _, Soft};
use strowger::policy::Mode;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

/// What administration asks of the daemon.
pub(crate) struct Request {
    pub(crate) asked: Asked,
    pub(crate) answer: oneshot::Sender<Value>,
}

/// A question.
pub(crate) enum Asked {
    /// How it is.
    Status,
    /// To set a service mode, or `None` for the schedule's; then its status.
    Mode(Option<Mode>),
    /// The calls that are up or being set up.
    Calls,
}

/// How the gateway is.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Status {
    /// The policy's hash, in hexadecimal.
    pub(crate) policy: String,
    /// The service mode in force.
    pub(crate) mode: String,
    /// Who set it: `operator` or `schedule`.
    pub(crate) mode_by: String,
    pub(crate) registered: u32,
    pub(crate) calls: u32,
    pub(crate) permitted: u64,
    pub(crate) denied: u64,
    /// The media relay: `up`, `down`, or `none` if the policy names none.
    pub(crate) relay: String,
}

#[derive(Deserialize, Serialize)]
struct SetMode {
    mode: String,
}

struct Shared {
    token: String,
    requests: mpsc::Sender<Request>,
}

/// Listens; requests come out of the receiver. An address that is not loopback is refused: nothing here is encrypted.
pub(crate) async fn listen(address: SocketAddr, data: &Path) -> Result<mpsc::Receiver<Request>, String> {
    if !address.ip().is_loopback() {
        return Err(format!(
            "--http {address}: administration is not encrypted and stays on this machine; give a loopback address"
        ));
    }
    let listener = TcpListener::bind(address)
        .await
        .map_err(|why| format!("--http {address} cannot be listened on: {why}"))?;
    let token = new_token(data)?;
    let (requests, received) = mpsc::channel(16);
    let routes = Router::new()
        .route("/status", get(status))
        .route("/calls", get(calls))
        .route("/mode", put(mode))
        .with_state(Arc::new(Shared { token, requests }));
    tokio::spawn(async move {
        if let Err(why) = axum::serve(listener, routes).await {
            tracing::error!("administration over HTTP has ended: {why}");
        }
    });
    Ok(received)
}

fn token_path(data: &Path) -> PathBuf {
    data.join("http-token")
}

/// A random token in a file that only its owner reads.
fn new_token(data: &Path) -> Result<String, String> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut octets = [0; 16];
    ring::rand::SystemRandom::new()
        .fill(&mut octets)
        .map_err(|_| "the system gives no random numbers".to_owned())?;
    let token = hex(&octets);
    let path = token_path(data);
    // An old one may be readable by others: the new file is another one.
    let _ = std::fs::remove_file(&path);
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| file.write_all(token.as_bytes()));
    written.map_err(|why| format!("{} cannot be written: {why}", path.display()))?;
    Ok(token)
}

type Answered = Result<Json<Value>, (StatusCode, String)>;

async fn status(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Answered {
    ask(&shared, &headers, Asked::Status).await
}

async fn calls(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Answered {
    ask(&shared, &headers, Asked::Calls).await
}

async fn mode(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(wanted): Json<SetMode>,
) -> Answered {
    let mode = named(&wanted.mode)
        .ok_or_else(|| (StatusCode::BAD_REQUEST, "mode is day, night1, night2 or schedule".to_owned()))?;
    ask(&shared, &headers, Asked::Mode(mode)).await
}

fn named(name: &str) -> Option<Option<Mode>> {
    if name == "schedule" {
        return Some(None);
    }
    [Mode::Day, Mode::Night1, Mode::Night2].into_iter().find(|mode| mode.name() == name).map(Some)
}

async fn ask(shared: &Shared, headers: &HeaderMap, asked: Asked) -> Answered {
    let given = headers.get(header::AUTHORIZATION).map_or(&[][..], |value| value.as_bytes());
    let expected = format!("Bearer {}", shared.token);
    if !Soft::new(&[0; 32]).equal(given, expected.as_bytes()) {
        return Err((StatusCode::UNAUTHORIZED, "the token of http-token is needed".to_owned()));
    }
    let gone = |_| (StatusCode::SERVICE_UNAVAILABLE, "the gateway is stopping".to_owned());
    let (answer, answered) = oneshot::channel();
    shared.requests.send(Request { asked, answer }).await.map_err(|_| gone(()))?;
    answered.await.map(Json).map_err(|_| gone(()))
}

/// What is asked of the running gateway from outside.
#[derive(Clone, Copy)]
pub(crate) enum Question<'a> {
    Status,
    Calls,
    Mode(&'a str),
}

/// The client's side: asks the running gateway.
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
        .timeout_global(Some(std::time::Duration::from_secs(5)))
        .build()
        .into();
    let get =
        |what: &str| agent.get(format!("http://{address}/{what}")).header("Authorization", &bearer).call();
    let answered = match question {
        Question::Status => get("status"),
        Question::Calls => get("calls"),
        Question::Mode(mode) => agent
            .put(format!("http://{address}/mode"))
            .header("Authorization", &bearer)
            .send_json(SetMode { mode: mode.to_owned() }),
    };
    let mut response = answered.map_err(|why| format!("no gateway answers at {address}: {why}"))?;
    if !response.status().is_success() {
        let text = response.body_mut().read_to_string().unwrap_or_default();
        return Err(format!("the gateway at {address} says {}: {text}", response.status()));
    }
    response.body_mut().read_json().map_err(|why| format!("what answers at {address} is no gateway: {why}"))
}
