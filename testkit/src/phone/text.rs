//! How messages are put together.

use super::PhoneConfig;
use std::fmt::Write;
use std::net::IpAddr;
use strowger::wire::sip::{Message, Method, Name};

/// A request before it has a branch and credentials.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) uri: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) call_id: String,
    pub(super) cseq: u32,
    /// Further header lines, each with its end.
    pub(super) extra: String,
    pub(super) body: Vec<u8>,
}

impl Request {
    pub(super) fn render(&self, us: &str, branch: &str, credentials: &str) -> Vec<u8> {
        let method = lossy(self.method.as_bytes());
        let mut head = format!(
            "{method} {} SIP/2.0\r\nVia: SIP/2.0/{us};rport;branch={branch}\r\nMax-Forwards: 70\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {} {method}\r\n",
            self.uri, self.from, self.to, self.call_id, self.cseq
        );
        head.push_str(&self.extra);
        head.push_str(credentials);
        finish(head, &self.body)
    }
}

/// A response to `message`; `tag` goes to a To that has none.
pub(super) fn response(message: &Message<'_>, status: u16, tag: &str, extra: &str, body: &[u8]) -> Vec<u8> {
    let mut head = format!("SIP/2.0 {status} {}\r\n", strowger::signalling::render::phrase(status));
    for via in message.headers(Name::Via) {
        let _ = write!(head, "Via: {}\r\n", lossy(via));
    }
    for route in message.headers(Name::RecordRoute) {
        let _ = write!(head, "Record-Route: {}\r\n", lossy(route));
    }
    if let (Some(from), Some(to), Some(cseq)) = (&message.from, &message.to, &message.cseq) {
        let tag = if to.tag().is_some() || tag.is_empty() { String::new() } else { format!(";tag={tag}") };
        let _ = write!(
            head,
            "From: {}\r\nTo: {}{tag}\r\nCall-ID: {}\r\nCSeq: {} {}\r\n",
            lossy(from.text),
            lossy(to.text),
            lossy(message.call_id),
            cseq.number,
            lossy(cseq.method_text)
        );
    }
    head.push_str(extra);
    finish(head, body)
}

fn finish(mut head: String, body: &[u8]) -> Vec<u8> {
    if !body.is_empty() && !head.contains("Content-Type: ") {
        head.push_str("Content-Type: application/sdp\r\n");
    }
    let _ = write!(head, "Content-Length: {}\r\n\r\n", body.len());
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// The description of a phone: one audio stream, to its own media address. `version`: how often it has changed.
pub(super) fn sdp(config: &PhoneConfig, version: u32, direction: &str) -> Vec<u8> {
    if let Some(sdp) = &config.sdp {
        return sdp.clone();
    }
    let kind = match config.media.ip() {
        IpAddr::V4(_) => "IP4",
        IpAddr::V6(_) => "IP6",
    };
    let (ip, port) = (config.media.ip(), config.media.port());
    let attributes: String = config.attributes.iter().map(|attribute| format!("a={attribute}\r\n")).collect();
    format!(
        "v=0\r\no={} 1 {} IN {kind} {ip}\r\ns=-\r\nc=IN {kind} {ip}\r\nt=0 0\r\nm=audio {port} {} 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n{attributes}a={direction}\r\n",
        config.dn,
        version + 1,
        config.profile
    )
    .into_bytes()
}

/// `Reason`, or nothing.
pub(super) fn reason(message: &Message<'_>) -> String {
    message.headers(Name::Reason).next().map(lossy).unwrap_or_default()
}

/// The text of `Warning`, without code and agent; or nothing.
pub(super) fn warning(message: &Message<'_>) -> String {
    let warning = message.headers(Name::Warning).next().map(lossy).unwrap_or_default();
    warning.split('"').nth(1).unwrap_or_default().to_owned()
}

/// The body, if it is a session description.
pub(super) fn description(message: &Message<'_>) -> Vec<u8> {
    let sdp = message.content_type.is_some_and(|kind| kind.eq_ignore_ascii_case(b"application/sdp"));
    if sdp { message.body.to_vec() } else { Vec::new() }
}

pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(super) fn is_same_tag(tag: Option<&[u8]>, ours: &str) -> bool {
    tag.is_some_and(|tag| tag == ours.as_bytes())
}
