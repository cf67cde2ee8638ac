//! What a datagram says. How it is read stands in `read.rs`.

use core::fmt;

use heapless::Vec;

use super::address::{Address, Contacts};
use super::digest::{Challenge, Credentials};
use super::header::{Line, Name, values};
use super::small::{CSeq, Method, SessionExpires};
use super::uri::Uri;
use super::via::Via;
use super::{MAX_DIGESTS, MAX_LINES, MAX_MESSAGE};

/// A SIP message. Meant to be kept and used again: [`parse`](Self::parse) clears counts, not memory (under 4 KiB).
///
/// After an error every field still holds what was well formed.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// The datagram, line ends before the start line left out; the offsets of `lines` count from here.
    pub bytes: &'a [u8],
    /// The first line.
    pub start: Start<'a>,
    /// Every header line, in order.
    pub lines: Vec<Line, MAX_LINES>,
    /// The topmost Via value.
    pub via: Option<Via<'a>>,
    /// From
    pub from: Option<Address<'a>>,
    /// To
    pub to: Option<Address<'a>>,
    /// Call-ID; empty if there is none.
    pub call_id: &'a [u8],
    /// CSeq
    pub cseq: Option<CSeq<'a>>,
    /// Contact
    pub contact: Contacts<'a>,
    /// Max-Forwards, 0 to 255.
    pub max_forwards: Option<u8>,
    /// Expires in seconds, beyond `u32::MAX` that. A malformed one counts as absent.
    pub expires: Option<u32>,
    /// Digest credentials for us and for proxies, the first four.
    pub credentials: Vec<Credentials<'a>, MAX_DIGESTS>,
    /// Digest challenges, the first four.
    pub challenges: Vec<Challenge<'a>, MAX_DIGESTS>,
    /// Content-Type without its parameters.
    pub content_type: Option<&'a [u8]>,
    /// Content-Length, at most the length of the datagram.
    pub content_length: Option<u32>,
    /// Value of the first Require line; all of them with [`lists`](Self::lists) and [`items`](Self::items).
    pub require: Option<&'a [u8]>,
    /// Value of the first Proxy-Require line.
    pub proxy_require: Option<&'a [u8]>,
    /// Value of the first Supported line.
    pub supported: Option<&'a [u8]>,
    /// Session-Expires
    pub session_expires: Option<SessionExpires>,
    /// Min-SE in seconds.
    pub min_se: Option<u32>,
    /// Retry-After in seconds.
    pub retry_after: Option<u32>,
    /// Min-Expires in seconds.
    pub min_expires: Option<u32>,
    /// The body: Content-Length bytes, or all behind the headers if there is none.
    pub body: &'a [u8],
    /// Which names had a line, by their bits.
    pub(super) seen: u64,
    pub(super) error: Option<Malformed>,
}

/// The first line of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Start<'a> {
    /// RFC 3261 7.1
    Request {
        /// Method.
        method: Method,
        /// Method as written.
        method_text: &'a [u8],
        /// Request-URI; [`Uri::EMPTY`] if it is malformed.
        uri: Uri<'a>,
        /// Request-URI as written.
        uri_text: &'a [u8],
    },
    /// RFC 3261 7.2
    Response {
        /// Status code, 100 to 699; 0 before anything was read.
        code: u16,
        /// Reason phrase, maybe empty, any bytes but control characters.
        reason: &'a [u8],
    },
}

/// Why a datagram was refused: the status to answer with if [`Message::answerable`], and a sentence for the log.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Malformed {
    /// 400, 414 (Request-URI too long), 505 (another SIP version), 513 (too long, too many lines);
    /// 0 for a keep-alive (RFC 5626 3.5.1), which is no fault.
    pub status: u16,
    /// What was wrong.
    pub reason: &'static str,
}

impl Malformed {
    /// A datagram of nothing but CR, LF and NUL, or of nothing: it only keeps a NAT binding open.
    pub const KEEP_ALIVE: Self = Self { status: 0, reason: "keep-alive" };

    /// Whether this is [`KEEP_ALIVE`](Self::KEEP_ALIVE).
    pub fn is_keep_alive(&self) -> bool {
        self.status == 0
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.reason)
    }
}

impl core::error::Error for Malformed {}

impl<'a> Message<'a> {
    /// A message of nothing.
    pub const fn new() -> Self {
        Self {
            bytes: b"",
            start: Start::Response { code: 0, reason: b"" },
            lines: Vec::new(),
            via: None,
            from: None,
            to: None,
            call_id: b"",
            cseq: None,
            contact: Contacts::new(),
            max_forwards: None,
            expires: None,
            credentials: Vec::new(),
            challenges: Vec::new(),
            content_type: None,
            content_length: None,
            require: None,
            proxy_require: None,
            supported: None,
            session_expires: None,
            min_se: None,
            retry_after: None,
            min_expires: None,
            body: b"",
            seen: 0,
            error: Some(Malformed::KEEP_ALIVE),
        }
    }

    /// Reads a datagram (or one framed message of a stream). One pass, linear; whatever was in `self` is gone.
    ///
    /// Framing is that of RFC 3261 18.3: bytes behind Content-Length are dropped, fewer are refused.
    ///
    /// # Errors
    ///
    /// The first thing that was wrong. The header lines behind it are read all the same, so that it can be answered.
    pub fn parse(&mut self, datagram: &'a [u8]) -> Result<(), Malformed> {
        self.clear();
        let mut bytes = datagram;
        while let [b'\r' | b'\n', rest @ ..] = bytes {
            bytes = rest;
        }
        if bytes.iter().all(|byte| matches!(byte, 0 | b'\r' | b'\n')) {
            self.error = Some(Malformed::KEEP_ALIVE);
        } else if bytes.len() > MAX_MESSAGE {
            self.refuse(513, "message too long");
        } else {
            self.bytes = bytes;
            let behind = self.read_lines(bytes);
            self.frame(behind);
            self.complete();
        }
        match self.error {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Reads the lines of a head alone; `None` if there may be more than fit.
    pub(super) fn read_head(&mut self, head: &'a [u8]) -> Option<()> {
        self.clear();
        self.bytes = head.get(..MAX_MESSAGE.min(head.len()))?;
        self.read_lines(self.bytes)?;
        (self.error.is_none() || !self.lines.is_full()).then_some(())
    }

    /// Whether a final response to this message can be built and may be sent: it is a request other than ACK, and
    /// has a top Via, From, To, Call-ID and CSeq that could be read (RFC 3261 8.2.6).
    pub fn answerable(&self) -> bool {
        let request = match self.start {
            Start::Request { method, .. } => method != Method::Ack,
            Start::Response { .. } => false,
        };
        let not_ack = self.cseq.is_some_and(|cseq| cseq.method != Method::Ack);
        request
            && not_ack
            && self.via.is_some()
            && self.from.is_some()
            && self.to.is_some()
            && !self.call_id.is_empty()
    }

    /// Method of a request; `None` for a response.
    pub fn method(&self) -> Option<Method> {
        match self.start {
            Start::Request { method, .. } => Some(method),
            Start::Response { .. } => None,
        }
    }

    /// Status code of a response; `None` for a request.
    pub fn code(&self) -> Option<u16> {
        match self.start {
            Start::Response { code, .. } => Some(code),
            Start::Request { .. } => None,
        }
    }

    /// The body, if it is a session description; else nothing.
    #[must_use]
    pub fn sdp(&self) -> &'a [u8] {
        let sdp = self.content_type.is_some_and(|kind| kind.eq_ignore_ascii_case(b"application/sdp"));
        if sdp { self.body } else { &[] }
    }

    /// Name of a line as written.
    pub fn name(&self, line: &Line) -> &'a [u8] {
        slice(self.bytes, line.name_at, line.name_length)
    }

    /// Value of a line, trimmed; folds are still in it.
    pub fn value(&self, line: &Line) -> &'a [u8] {
        slice(self.bytes, line.value_at, line.value_length)
    }

    /// Values of all lines of that name, in order; a line may hold a list ([`values`]). Linear in the lines.
    pub fn headers(&self, name: Name) -> impl Iterator<Item = &'a [u8]> {
        let bytes = self.bytes;
        let named = self.lines.iter().filter(move |line| line.name == name);
        named.map(move |line| slice(bytes, line.value_at, line.value_length))
    }

    /// Items of all lines of that name, their comma lists taken apart.
    pub fn items(&self, name: Name) -> impl Iterator<Item = &'a [u8]> {
        self.headers(name).flat_map(values)
    }

    /// Whether a line of that name lists `token`, any case: an option tag in Supported, a method in Allow.
    pub fn lists(&self, name: Name, token: &[u8]) -> bool {
        self.items(name).any(|item| item.eq_ignore_ascii_case(token))
    }
}

impl Default for Message<'_> {
    fn default() -> Self {
        Self::new()
    }
}

#[inline(always)]
fn slice(bytes: &[u8], at: u16, length: u16) -> &[u8] {
    let from = bytes.get(usize::from(at)..).unwrap_or_default();
    from.get(..usize::from(length)).unwrap_or_default()
}
