//! What stands in a trace, as it stands there: one JSON object a line, see `docs/trace.md`.
//!
//! Parties are named as people name them, handles are 16 hexadecimal digits, addresses `ip:port`.

use super::engine::Sizes;
use super::restored::RestoredText;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};
use strowger::base::{Flow, Handle, Transport};

/// The version this program reads and writes.
pub const VERSION: u32 = 1;

/// The first line.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`VERSION`].
    pub strowger_trace: u32,
    /// The version of the engine that was recorded.
    pub engine: String,
    /// Digits are hashed: it can be printed, not replayed.
    pub redacted: bool,
    /// `Config::instance`.
    pub instance: u16,
    /// `Config::address`.
    pub address: SocketAddr,
    /// `Config::reserved_calls`.
    pub reserved_calls: u32,
    /// Sizes of the tables.
    pub sizes: Sizes,
    /// What is in force; absent: nothing.
    pub policy: Option<PolicyText>,
    /// What cryptography told while the exchange was made.
    pub answers: Vec<String>,
}

/// The policy in force.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyText {
    /// The image's hash.
    pub hash: String,
    /// Only the emergency block of the image is in force.
    pub block: bool,
    /// The image, base64; absent in a redacted trace.
    pub image: Option<String>,
    /// The keyring without its secrets, base64; absent: nobody has credentials.
    pub keyring: Option<String>,
}

/// Every other line: an input, and what came of it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its number, from 1.
    pub n: u64,
    /// Milliseconds of the exchange's clock.
    pub at: u64,
    /// The input.
    #[serde(rename = "in")]
    pub input: InputText,
    /// What became of it.
    pub took: String,
    /// What cryptography told meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<String>,
    /// What came out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub out: Vec<OutputText>,
    /// Not everything that came out was taken before the next input.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
}

/// An input.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs)]
pub enum InputText {
    Receive {
        from: SocketAddr,
        #[serde(default, skip_serializing_if = "Over::is_udp")]
        over: Over,
        datagram: Datagram,
    },
    Lost {
        to: SocketAddr,
        over: Over,
    },
    Listen {
        over: Over,
        address: SocketAddr,
    },
    Signal(SignalText),
    Tick,
    Wall {
        unix_s: i64,
        offset_min: i16,
    },
    Mode(Option<String>),
    TrunkServers {
        trunk: String,
        servers: Vec<ServerText>,
    },
    Relayed {
        leg: String,
        places: Option<PlacesText>,
    },
    RelayLost,
    ClearCalls,
    Restore(RestoredText),
    Unlock(LockedText),
    Login {
        device: Option<String>,
        from: SocketAddr,
        over: Over,
        right: bool,
    },
}

/// Whose lock-out is lifted.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum LockedText {
    Device(String),
    Source(IpAddr),
}

/// A transport; a message without one has come or gone over UDP.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Over {
    #[default]
    Udp,
    Tcp,
    Tls,
}

/// Where a server is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ServerText {
    pub(super) address: SocketAddr,
    #[serde(default, skip_serializing_if = "Over::is_udp")]
    pub(super) over: Over,
}

impl From<Flow> for ServerText {
    fn from(flow: Flow) -> Self {
        Self { address: flow.peer, over: flow.transport.into() }
    }
}

impl From<ServerText> for Flow {
    fn from(text: ServerText) -> Self {
        Self::new(text.address, text.over.into())
    }
}

impl Over {
    pub(super) fn is_udp(&self) -> bool {
        *self == Self::Udp
    }
}

impl From<Transport> for Over {
    fn from(transport: Transport) -> Self {
        match transport {
            Transport::Udp => Self::Udp,
            Transport::Tcp => Self::Tcp,
            Transport::Tls => Self::Tls,
        }
    }
}

impl From<Over> for Transport {
    fn from(over: Over) -> Self {
        match over {
            Over::Udp => Self::Udp,
            Over::Tcp => Self::Tcp,
            Over::Tls => Self::Tls,
        }
    }
}

/// A datagram.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Datagram {
    /// One that is text.
    Text(String),
    /// Any other.
    Base64(String),
    /// What is told of it in a redacted trace.
    Redacted {
        /// In a few words, digits hashed.
        sip: String,
        /// Who says to send it, hashed if it is digits.
        from: String,
        /// Its Call-ID, hashed.
        call: String,
    },
}

/// A neutral signal.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs)]
pub enum SignalText {
    Setup { from: String, dialed: String },
    OffHook { from: String },
    Digit { leg: String, digit: String },
    Alerting { leg: String },
    Answer { leg: String },
    Release { leg: String, cause: String },
    Transfer { leg: String, dialed: String },
    Hold { leg: String },
    Retrieve { leg: String },
    OnHook { leg: String },
    Join { leg: String, with: String },
}

/// An output.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs)]
pub enum OutputText {
    Send {
        to: SocketAddr,
        #[serde(default, skip_serializing_if = "Over::is_udp")]
        over: Over,
        datagram: Datagram,
    },
    Setup {
        leg: String,
        to: String,
        digits: String,
    },
    Alerting {
        leg: String,
    },
    Connect {
        leg: String,
    },
    Joined {
        leg: String,
        with: String,
    },
    Referred {
        leg: String,
        status: u16,
    },
    Release {
        leg: String,
        cause: String,
    },
    Tone {
        leg: String,
        tone: String,
    },
    Held {
        leg: String,
        held: bool,
    },
    Forwarded {
        leg: String,
        by: String,
    },
    Set {
        device: String,
    },
    Registered {
        device: String,
        expires_s: u32,
        address: SocketAddr,
        #[serde(default, skip_serializing_if = "Over::is_udp")]
        over: Over,
    },
    Unregistered {
        device: String,
        why: String,
    },
    Server {
        trunk: String,
        #[serde(flatten)]
        to: ServerText,
    },
    Standing {
        trunk: String,
        standing: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_s: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
    },
    Relay {
        media: String,
        leg: String,
        side: String,
        role: String,
        places: PlacesText,
        to: IpAddr,
    },
    RelayUndo {
        media: String,
    },
    RelayEnd {
        media: String,
    },
    Open {
        media: String,
        number: u16,
        a: SocketAddr,
        b: SocketAddr,
        longest_s: u32,
    },
    Close {
        media: String,
        number: u16,
    },
    Decision(DecisionText),
    Smdr(SmdrText),
    Alarm {
        at: WallText,
        cause: String,
        party: String,
        dialed: String,
    },
    Emergency {
        at: WallText,
        from: String,
        zone: u8,
        dialed: String,
        callback: String,
    },
}

/// Seconds since 1970 and minutes east of UTC.
pub type WallText = (i64, i16);

/// Where streams are awaited.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PlacesText {
    /// RTP and RTCP of each stream; `null`: it has no place.
    pub streams: Vec<Option<(SocketAddr, SocketAddr)>>,
    /// One of them is where nobody here knows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
}

/// A decision: everything in it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct DecisionText {
    pub at: WallText,
    pub from: String,
    pub dialed: String,
    pub verdict: String,
    pub rule: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outpulsed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cor_group: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interconnect: Option<(u8, u8)>,
    pub authority: String,
    pub cos: u8,
    pub cor: u8,
    pub mode: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub watched: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub warning: bool,
    /// Which feature, and for whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behalf: Option<(String, String)>,
}

/// A call record: everything in it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct SmdrText {
    pub start: WallText,
    pub duration_s: u32,
    pub calling: String,
    pub time_to_answer_s: Option<u32>,
    pub dialed: String,
    pub completion: String,
    pub called: String,
    pub system_id: u16,
    pub route: u16,
    pub cos: u8,
    pub cor: u8,
    pub mode: String,
    pub rule: String,
    pub cause: u8,
    pub call: u16,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub account: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub third: String,
    pub forwarded: bool,
    /// See [`Smdr::speed`](strowger::record::Smdr::speed).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub speed: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub joined: String,
}

impl Datagram {
    /// Text if it is text, else base64.
    pub(super) fn of(octets: &[u8]) -> Self {
        match std::str::from_utf8(octets) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64(base64(octets)),
        }
    }

    /// The octets, if they are there.
    pub(super) fn octets(&self) -> Option<Vec<u8>> {
        match self {
            Self::Text(text) => Some(text.clone().into_bytes()),
            Self::Base64(text) => unbase64(text),
            Self::Redacted { .. } => None,
        }
    }
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The octets of hexadecimal digits.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if text.is_empty() || !rest.is_empty() {
        return None;
    }
    let octet = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.iter().map(octet).collect()
}

pub(super) fn base64(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

pub(super) fn unbase64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

pub(super) fn handle(handle: Handle) -> String {
    format!("{:016x}", handle.bits())
}

pub(super) fn unhandle(text: &str) -> Option<Handle> {
    u64::from_str_radix(text, 16).ok().filter(|_| text.len() == 16).map(Handle::from_bits)
}
