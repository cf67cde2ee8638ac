//! Administration over loopback HTTP: `status`, `mode` and `reload` talk to the running gateway, monitoring asks it.
//!
//! Whoever can read `http-token` in the data directory may use it; the token is made anew at each start. Whether the gateway is alive and ready
//! is anybody's to ask.

mod client;

use crate::engine::hex;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
pub(crate) use client::{Question, tell};
use ring::rand::SecureRandom as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use strowger::base::{Crypto as _, Soft};
use strowger::policy::Mode;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

/// Who does not answer within this is not alive.
const ALIVE: Duration = Duration::from_secs(2);
/// Who asks tells his name in this header; whoever has the token is believed.
const USER: &str = "x-strowger-user";
/// Denied attempts and alarms that are told unless asked otherwise, and at most.
const TOLD: (usize, usize) = (100, 10_000);

/// What administration asks of the daemon.
pub(crate) struct Request {
    pub(crate) asked: Asked,
    pub(crate) answer: oneshot::Sender<Value>,
}

/// A question.
pub(crate) enum Asked {
    /// Whether it is alive: any answer says so.
    Alive,
    /// Whether it can do everything it is there for, and if not, why.
    Ready,
    /// How it is.
    Status,
    /// To set a service mode, or `None` for the schedule's; then its status.
    Mode { mode: Option<Mode>, who: String },
    /// To lift the lock-out of a number or an address.
    Unlock { locked: String, who: String },
    /// To read the policy again, and put it in force.
    Reload { who: String },
    /// The calls that are up or being set up.
    Calls,
    /// Where devices are registered.
    Registrations,
    /// The last denied attempts.
    Denied(usize),
    /// The last alarms.
    Alarms(usize),
    /// What is counted, as Prometheus reads it: a text.
    Metrics,
    /// Somebody had a wrong token.
    Stranger,
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

#[derive(Deserialize, Serialize)]
struct SetUnlocked {
    who: String,
}

#[derive(Deserialize)]
struct Most {
    limit: Option<usize>,
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
    // Without a place for it nobody can know the token, and administration is not there; calls are.
    let token = match new_token(data) {
        Ok(token) => token,
        Err(why) => {
            tracing::error!("administration is not there: {why}");
            return Ok(mpsc::channel(1).1);
        }
    };
    let (requests, received) = mpsc::channel(16);
    let asks = |asked: fn() -> Asked| {
        get(async move |State(shared): State<Arc<Shared>>, headers: HeaderMap| {
            ask(&shared, &headers, asked()).await
        })
    };
    let lists = |asked: fn(usize) -> Asked| {
        get(async move |State(shared): State<Arc<Shared>>, Query(most): Query<Most>, headers: HeaderMap| {
            ask(&shared, &headers, asked(most.limit.unwrap_or(TOLD.0).min(TOLD.1))).await
        })
    };
    let routes = Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/v1/status", asks(|| Asked::Status))
        .route("/v1/calls", asks(|| Asked::Calls))
        .route("/v1/registrations", asks(|| Asked::Registrations))
        .route("/v1/denied", lists(Asked::Denied))
        .route("/v1/alarms", lists(Asked::Alarms))
        .route("/v1/mode", put(mode))
        .route("/v1/unlock", put(unlock))
        .route("/v1/reload", post(reload))
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

/// The process runs and serves: who restarts it otherwise asks this.
async fn healthz(State(shared): State<Arc<Shared>>) -> Response {
    let answered = tokio::time::timeout(ALIVE, told(&shared, Asked::Alive)).await;
    let alive = matches!(answered, Ok(Ok(_)));
    let status = if alive { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "alive": alive }))).into_response()
}

/// Calls can be made, and those for help too.
async fn readyz(State(shared): State<Arc<Shared>>) -> Response {
    let answered = tokio::time::timeout(ALIVE, told(&shared, Asked::Ready)).await;
    let why = match answered {
        Ok(Ok(Json(why))) => why,
        Ok(Err(_)) | Err(_) => json!(["the gateway does not answer"]),
    };
    let ready = why.as_array().is_some_and(Vec::is_empty);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": ready, "why": why }))).into_response()
}

async fn metrics(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    match ask(&shared, &headers, Asked::Metrics).await {
        Ok(Json(text)) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text.as_str().unwrap_or("").to_owned()).into_response()
        }
        Err(refused) => refused.into_response(),
    }
}

async fn mode(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(wanted): Json<SetMode>,
) -> Answered {
    let mode = named(&wanted.mode)
        .ok_or_else(|| (StatusCode::BAD_REQUEST, "mode is day, night1, night2 or schedule".to_owned()))?;
    let who = who(&headers);
    ask(&shared, &headers, Asked::Mode { mode, who }).await
}

async fn unlock(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(wanted): Json<SetUnlocked>,
) -> Response {
    let who = who(&headers);
    done(ask(&shared, &headers, Asked::Unlock { locked: wanted.who, who }).await)
}

async fn reload(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let who = who(&headers);
    done(ask(&shared, &headers, Asked::Reload { who }).await)
}

/// What cannot be done is 422, and why.
fn done(answered: Answered) -> Response {
    match answered {
        Ok(Json(done)) if done.get("error").is_some() => {
            (StatusCode::UNPROCESSABLE_ENTITY, Json(done)).into_response()
        }
        answered => answered.into_response(),
    }
}

fn named(name: &str) -> Option<Option<Mode>> {
    if name == "schedule" {
        return Some(None);
    }
    [Mode::Day, Mode::Night1, Mode::Night2].into_iter().find(|mode| mode.name() == name).map(Some)
}

/// Who asks, by what he says: a few visible characters.
fn who(headers: &HeaderMap) -> String {
    let said = headers.get(USER).and_then(|name| name.to_str().ok()).unwrap_or("");
    let name: String = said.chars().filter(char::is_ascii_graphic).take(64).collect();
    if name.is_empty() { "operator".to_owned() } else { name }
}

async fn ask(shared: &Shared, headers: &HeaderMap, asked: Asked) -> Answered {
    let given = headers.get(header::AUTHORIZATION).map_or(&[][..], |value| value.as_bytes());
    let expected = format!("Bearer {}", shared.token);
    if !Soft::new(&[0; 32]).equal(given, expected.as_bytes()) {
        let _ = told(shared, Asked::Stranger).await;
        return Err((StatusCode::UNAUTHORIZED, "the token of http-token is needed".to_owned()));
    }
    told(shared, asked).await
}

async fn told(shared: &Shared, asked: Asked) -> Answered {
    let gone = |_| (StatusCode::SERVICE_UNAVAILABLE, "the gateway is stopping".to_owned());
    let (answer, answered) = oneshot::channel();
    shared.requests.send(Request { asked, answer }).await.map_err(|_| gone(()))?;
    answered.await.map(Json).map_err(|_| gone(()))
}
