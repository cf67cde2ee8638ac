//! SIP messages as a packet capture shows them: lines, cut by hand. Nothing of the engine's parser is used here.

use std::fmt::Write;

/// A datagram's head.
#[derive(Debug)]
pub(crate) struct Message {
    /// The start line.
    pub(crate) start: String,
    headers: Vec<(String, String)>,
}

impl Message {
    pub(crate) fn read(datagram: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(datagram).ok()?;
        let mut lines = text.split("\r\n\r\n").next()?.split("\r\n");
        let start = lines.next()?.to_owned();
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers =
            headers.map(|(name, value)| (name.trim().to_lowercase(), value.trim().to_owned())).collect();
        Some(Self { start, headers })
    }

    /// The first header of this name, in lower case; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(one, _)| one == name).map_or("", |(_, value)| value)
    }

    /// The status of a response.
    pub(crate) fn status(&self) -> Option<u16> {
        self.start.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
    }

    /// Method and Request-URI of a request.
    pub(crate) fn request(&self) -> Option<(&str, &str)> {
        let mut words = self.start.strip_suffix(" SIP/2.0")?.split(' ');
        Some((words.next()?, words.next()?))
    }

    /// The branch of the topmost Via.
    pub(crate) fn branch(&self) -> &str {
        parameter(self.header("via"), "branch")
    }

    /// Whether it answers a request of this method.
    pub(crate) fn answers(&self, method: &str) -> bool {
        self.header("cseq").split(' ').nth(1) == Some(method)
    }

    /// A response to this request.
    pub(crate) fn response(&self, status: &str, tag: &str) -> String {
        let mut out = format!("SIP/2.0 {status}\r\n");
        for (_, via) in self.headers.iter().filter(|(name, _)| name == "via") {
            let _ = write!(out, "Via: {via}\r\n");
        }
        let (from, to, call) = (self.header("from"), self.header("to"), self.header("call-id"));
        let _ = write!(out, "From: {from}\r\nTo: {to};tag={tag}\r\nCall-ID: {call}\r\n");
        let _ = write!(out, "CSeq: {}\r\nContent-Length: 0\r\n\r\n", self.header("cseq"));
        out
    }
}

/// The value of `;name=value` or `,name="value"`; empty if it is not there.
pub(crate) fn parameter<'t>(text: &'t str, name: &str) -> &'t str {
    let begins =
        |at: usize| text[..at].ends_with([';', ',', ' ']) && text[at + name.len()..].starts_with('=');
    let found = text.match_indices(name).find(|(at, _)| begins(*at));
    let Some(value) = found.map(|(at, _)| &text[at + name.len() + 1..]) else { return "" };
    match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or(""),
        None => value.split([';', ',', ' ']).next().unwrap_or(""),
    }
}

/// The user of `sip:user@host`; `#` cannot stand in one unescaped (RFC 3261 section 25.1).
pub(crate) fn user(uri: &str) -> String {
    let user = uri.strip_prefix("sip:").and_then(|rest| rest.split_once('@'));
    user.map_or("", |(user, _)| user).replace("%23", "#")
}
