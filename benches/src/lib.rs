//! The pieces of work that are measured, each ready to be done again and again.

pub mod calls;
pub mod guesses;
pub mod long;
pub mod media;
pub mod policies;
pub mod refresh;

use strowger::wire::sdp::Session;
use strowger::wire::sip::Message;

/// An INVITE with a session description and digest: the shared one if it is there, else our own of the same size.
#[must_use]
pub fn invite() -> Vec<u8> {
    shared("bench/msgs/invite.sip").unwrap_or_else(|| include_bytes!("../messages/invite.sip").to_vec())
}

/// A REGISTER with digest.
#[must_use]
pub fn register() -> Vec<u8> {
    shared("bench/msgs/register.sip").unwrap_or_else(|| include_bytes!("../messages/register.sip").to_vec())
}

/// Shared messages may have bare line feeds, as an editor leaves them; on the wire lines end in CRLF.
fn shared(name: &str) -> Option<Vec<u8>> {
    let text = std::fs::read_to_string(strowger_testkit::corpus::shared(name)?).ok()?;
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    if text.contains('\r') {
        return Some(text.into_bytes());
    }
    let body = body.replace('\n', "\r\n");
    let head: Vec<String> = head
        .lines()
        .map(|line| match line.strip_prefix("Content-Length:") {
            Some(_) => format!("Content-Length: {}\r\n", body.len()),
            None => format!("{line}\r\n"),
        })
        .collect();
    Some(format!("{}\r\n{body}", head.concat()).into_bytes())
}

/// Parses a message, every header that the engine uses typed, and its session description.
///
/// # Panics
/// If the message is not valid.
#[inline(never)]
pub fn parse_measured(bytes: &[u8]) -> usize {
    let mut message = Message::new();
    message.parse(bytes).expect("a valid message");
    let media = if message.body.is_empty() {
        0
    } else {
        Session::parse(message.body).expect("a valid description").media.len()
    };
    message.lines.len() + media
}
