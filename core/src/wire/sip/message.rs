//! A datagram, read once from front to back.

use core::fmt;

use heapless::Vec;

use super::address::{Address, Contacts};
use super::digest::{Challenge, Credentials};
use super::header::{Line, Name, known, values};
use super::small::{self, CSeq, Method, SessionExpires};
use super::uri::{self, Uri};
use super::via::Via;
use super::{Bad, MAX_DIGESTS, MAX_LINES, MAX_MESSAGE, MAX_URI};
use crate::wire::scan::{Cursor, TOKEN, control, decimal, offset, trim};

/// A SIP message. Meant to be kept and used again: [`parse`](Self::parse) clears counts, not memory (3 KiB).
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
    error: Option<Malformed>,
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
            error: None,
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
            return Err(Malformed::KEEP_ALIVE);
        }
        if bytes.len() > MAX_MESSAGE {
            return Err(Malformed { status: 513, reason: "message too long" });
        }
        self.bytes = bytes;
        let behind = self.read_lines(bytes);
        self.frame(behind);
        self.complete();
        match self.error {
            Some(error) => Err(error),
            None => Ok(()),
        }
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

    fn clear(&mut self) {
        self.bytes = b"";
        self.start = Start::Response { code: 0, reason: b"" };
        self.lines.clear();
        self.via = None;
        self.from = None;
        self.to = None;
        self.call_id = b"";
        self.cseq = None;
        self.contact.clear();
        self.max_forwards = None;
        self.expires = None;
        self.credentials.clear();
        self.challenges.clear();
        self.content_type = None;
        self.content_length = None;
        self.require = None;
        self.proxy_require = None;
        self.supported = None;
        self.session_expires = None;
        self.min_se = None;
        self.retry_after = None;
        self.min_expires = None;
        self.body = b"";
        self.error = None;
    }

    /// The first complaint is the one that counts.
    #[cold]
    fn refuse(&mut self, status: u16, reason: &'static str) {
        self.error.get_or_insert(Malformed { status, reason });
    }

    /// Reads start line and headers; what stands behind the empty line, if there is one.
    fn read_lines(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let (line, mut rest) = self.next_line(bytes, false)?;
        if let Some(line) = line {
            self.start_line(line);
        }
        loop {
            if let [b'\r', b'\n', body @ ..] = rest {
                return Some(body);
            }
            let (line, behind) = self.next_line(rest, true)?;
            if let Some(line) = line {
                self.header(line, offset(bytes, rest));
            }
            rest = behind;
        }
    }

    /// One line and its folds, without the CRLF; `None` in its place if a character in it is refused.
    #[inline(always)]
    fn next_line(&mut self, bytes: &'a [u8], folds: bool) -> Option<(Option<&'a [u8]>, &'a [u8])> {
        let (mut from, mut clean) = (0usize, true);
        loop {
            let at = control(bytes, from);
            let (line, found) = bytes.split_at_checked(at)?;
            match found {
                // A fold goes on with a blank or tab, but not behind the start line: there it is no line at all.
                [b'\r', b'\n', b' ' | b'\t', ..] if folds => from = at.wrapping_add(2),
                [b'\r', b'\n', rest @ ..] => return Some((clean.then_some(line), rest)),
                [b'\t', ..] => from = at.wrapping_add(1),
                [] => {
                    self.refuse(400, "header lines without end");
                    return None;
                }
                _ => {
                    self.refuse(400, "control character in a header line");
                    clean = false;
                    from = at.wrapping_add(1);
                }
            }
        }
    }

    fn start_line(&mut self, line: &'a [u8]) {
        let read = match line {
            [b'S' | b's', b'I' | b'i', b'P' | b'p', b'/', rest @ ..] => self.status_line(rest),
            _ => self.request_line(line),
        };
        if let Err(Bad) = read {
            self.refuse(400, "malformed start line");
        }
    }

    /// Behind `SIP/`.
    fn status_line(&mut self, line: &'a [u8]) -> Result<(), Bad> {
        let mut cursor = Cursor::new(line);
        self.version(&mut cursor)?;
        cursor.expect(b' ')?;
        let (digits, reason) = cursor.rest.split_at_checked(3).ok_or(Bad)?;
        let code = u16::try_from(decimal(digits)?).map_err(|_| Bad)?;
        if !(100..=699).contains(&code) {
            return Err(Bad);
        }
        let reason = match reason {
            [] => reason,
            [b' ', reason @ ..] => reason,
            _ => return Err(Bad),
        };
        self.start = Start::Response { code, reason };
        Ok(())
    }

    fn request_line(&mut self, line: &'a [u8]) -> Result<(), Bad> {
        let mut cursor = Cursor::new(line);
        let method_text = cursor.token()?;
        let method = Method::from_bytes(method_text);
        cursor.expect(b' ')?;
        let uri_start = cursor.rest;
        let read = uri::read(&mut cursor, false);
        if !matches!(cursor.peek(), Some(b' ')) || read.is_err() {
            // Kept for the answer: everything up to the version.
            let end = line.iter().rposition(|byte| *byte == b' ').unwrap_or_default();
            let uri_text = uri_start.get(..end.saturating_sub(offset(line, uri_start))).unwrap_or_default();
            self.start = Start::Request { method, method_text, uri: Uri::EMPTY, uri_text };
            if uri_text.len() > MAX_URI {
                self.refuse(414, "Request-URI too long");
            }
            return Err(Bad);
        }
        let uri = read?;
        self.start = Start::Request { method, method_text, uri, uri_text: uri.text };
        if uri.text.len() > MAX_URI {
            self.refuse(414, "Request-URI too long");
        }
        cursor.expect(b' ')?;
        match cursor.rest {
            [b'S' | b's', b'I' | b'i', b'P' | b'p', b'/', rest @ ..] => cursor.rest = rest,
            _ => return Err(Bad),
        }
        self.version(&mut cursor)?;
        cursor.finish()
    }

    /// `2.0`; another pair of numbers is well formed but not served.
    fn version(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Bad> {
        let major = cursor.port()?;
        cursor.expect(b'.')?;
        let minor = cursor.port()?;
        if (major, minor) != (2, 0) {
            self.refuse(505, "SIP version other than 2.0");
        }
        Ok(())
    }

    /// Records one line, `at` bytes into the message, and types its value.
    #[inline(always)]
    fn header(&mut self, line: &'a [u8], at: usize) {
        let (name, name_length, length) = match known(line) {
            Some((name, length)) => (name, length.wrapping_sub(1), length),
            None => match self.unknown(line) {
                Some(found) => found,
                None => return,
            },
        };
        let mut cursor = Cursor::new(line.get(length..).unwrap_or_default());
        cursor.space();
        let value_at = at.wrapping_add(offset(line, cursor.rest));
        let value = trim(cursor.rest);
        // MAX_MESSAGE keeps all of these within 16 bits.
        let record = Line {
            name,
            name_at: at as u16,
            name_length: name_length as u16,
            value_at: value_at as u16,
            value_length: value.len() as u16,
        };
        if self.lines.push(record).is_err() {
            self.refuse(513, "too many header lines");
        }
        self.typed(name, value);
    }

    /// Name, its length, and the length with the colon, of a line whose name is not known or not right before its
    /// colon. The latter is refused, but understood, for the answer.
    #[inline(never)]
    fn unknown(&mut self, line: &'a [u8]) -> Option<(Name, usize, usize)> {
        let mut cursor = Cursor::new(line);
        let text = cursor.span(TOKEN);
        cursor.space();
        if text.is_empty() || !cursor.eat(b':') {
            self.refuse(400, "header line without a name");
            return None;
        }
        let mut name = Name::Other;
        let length = offset(line, cursor.rest);
        if length != text.len().wrapping_add(1) {
            if TIGHT_COLON {
                self.refuse(400, "white space before the colon");
            }
            let mut tight = [b':'; 24];
            if let Some(place) = tight.get_mut(..text.len()) {
                place.copy_from_slice(text);
                name = known(&tight).map_or(Name::Other, |(name, _)| name);
            }
        }
        Some((name, text.len(), length))
    }

    #[inline(always)]
    fn typed(&mut self, name: Name, value: &'a [u8]) {
        match name {
            Name::Via => {
                if self.via.is_none() && !self.has_before(Name::Via) {
                    match Via::parse(value) {
                        Ok(via) => self.via = Some(via),
                        Err(Bad) => self.refuse(400, "malformed Via"),
                    }
                }
            }
            Name::From => match self.from {
                None => match Address::parse(value) {
                    Ok(from) => self.from = Some(from),
                    Err(Bad) => self.refuse(400, "malformed From"),
                },
                Some(first) if first.text == value => {}
                Some(_) => self.refuse(400, "two different From"),
            },
            Name::To => match self.to {
                None => match Address::parse(value) {
                    Ok(to) => self.to = Some(to),
                    Err(Bad) => self.refuse(400, "malformed To"),
                },
                Some(first) if first.text == value => {}
                Some(_) => self.refuse(400, "two different To"),
            },
            Name::CallId => {
                if self.call_id.is_empty() {
                    match small::check_call_id(value) {
                        Ok(()) => self.call_id = value,
                        Err(Bad) => self.refuse(400, "malformed Call-ID"),
                    }
                } else if self.call_id != value {
                    self.refuse(400, "two different Call-ID");
                }
            }
            Name::CSeq => match (CSeq::parse(value), self.cseq) {
                (Err(Bad), _) => self.refuse(400, "malformed CSeq"),
                (Ok(cseq), None) => self.cseq = Some(cseq),
                (Ok(cseq), Some(first)) if first == cseq => {}
                (Ok(_), Some(_)) => self.refuse(400, "two different CSeq"),
            },
            Name::Contact => {
                if self.contact.add(value).is_err() {
                    self.refuse(400, "malformed Contact");
                }
            }
            Name::MaxForwards => {
                match (decimal(value).ok().and_then(|number| u8::try_from(number).ok()), self.max_forwards) {
                    (None, _) => self.refuse(400, "malformed Max-Forwards"),
                    (Some(hops), None) => self.max_forwards = Some(hops),
                    (Some(hops), Some(first)) if first == hops => {}
                    (Some(_), Some(_)) => self.refuse(400, "two different Max-Forwards"),
                }
            }
            Name::ContentLength => match (decimal(value), self.content_length) {
                (Err(Bad), _) => self.refuse(400, "malformed Content-Length"),
                (Ok(length), None) => self.content_length = Some(length),
                (Ok(length), Some(first)) if first == length => {}
                (Ok(_), Some(_)) => self.refuse(400, "two different Content-Length"),
            },
            Name::Authorization => self.credentials(value, false),
            Name::ProxyAuthorization => self.credentials(value, true),
            Name::WwwAuthenticate => self.challenge(value, false),
            Name::ProxyAuthenticate => self.challenge(value, true),
            Name::ContentType => match small::media_type(value) {
                Ok(media_type) => self.content_type = self.content_type.or(Some(media_type)),
                Err(Bad) => self.refuse(400, "malformed Content-Type"),
            },
            Name::Require => self.require = self.require.or(Some(value)),
            Name::ProxyRequire => self.proxy_require = self.proxy_require.or(Some(value)),
            Name::Supported => self.supported = self.supported.or(Some(value)),
            Name::Expires => self.expires = self.expires.or(decimal(value).ok()),
            Name::SessionExpires => match SessionExpires::parse(value) {
                Ok(timer) => self.session_expires = self.session_expires.or(Some(timer)),
                Err(Bad) => self.refuse(400, "malformed Session-Expires"),
            },
            Name::MinSe => match decimal(small::split_params(value).0) {
                Ok(seconds) => self.min_se = self.min_se.or(Some(seconds)),
                Err(Bad) => self.refuse(400, "malformed Min-SE"),
            },
            Name::RetryAfter => self.retry_after = self.retry_after.or(small::leading_seconds(value).ok()),
            Name::MinExpires => self.min_expires = self.min_expires.or(decimal(value).ok()),
            // Read on demand, if at all.
            Name::RecordRoute
            | Name::Route
            | Name::Unsupported
            | Name::Allow
            | Name::UserAgent
            | Name::Server
            | Name::Reason
            | Name::RAck
            | Name::RSeq
            | Name::ReferTo
            | Name::ReferredBy
            | Name::Replaces
            | Name::Event
            | Name::SubscriptionState
            | Name::Date
            | Name::Warning
            | Name::PAssertedIdentity
            | Name::Privacy
            | Name::Diversion
            | Name::HistoryInfo
            | Name::Path
            | Name::ContentEncoding
            | Name::Other => {}
        }
    }

    /// Whether a line of that name stands before the last one. A second Via must not take the place of a bad first.
    fn has_before(&self, name: Name) -> bool {
        self.lines.iter().rev().skip(1).any(|line| line.name == name)
    }

    fn credentials(&mut self, value: &'a [u8], proxy: bool) {
        match Credentials::parse(value, proxy) {
            // A fifth is dropped: it can then not prove anything.
            Ok(Some(credentials)) => drop(self.credentials.push(credentials)),
            Ok(None) => {}
            Err(Bad) => self.refuse(400, "malformed credentials"),
        }
    }

    fn challenge(&mut self, value: &'a [u8], proxy: bool) {
        match Challenge::parse(value, proxy) {
            Ok(Some(challenge)) => drop(self.challenges.push(challenge)),
            Ok(None) => {}
            Err(Bad) => self.refuse(400, "malformed challenge"),
        }
    }

    /// RFC 3261 18.3, over an unreliable transport.
    fn frame(&mut self, behind: Option<&'a [u8]>) {
        let Some(behind) = behind else { return };
        self.body = behind;
        if let Some(length) = self.content_length {
            match behind.get(..length as usize) {
                Some(body) => self.body = body,
                None => {
                    self.content_length = None;
                    self.refuse(400, "Content-Length beyond the datagram");
                }
            }
        }
    }

    /// RFC 3261 8.1.1: what every message has, and CSeq of the same method as the request.
    fn complete(&mut self) {
        if self.error.is_none() {
            let missing = match () {
                () if self.via.is_none() => "Via missing",
                () if self.from.is_none() => "From missing",
                () if self.to.is_none() => "To missing",
                () if self.call_id.is_empty() => "Call-ID missing",
                () if self.cseq.is_none() => "CSeq missing",
                () => "",
            };
            if !missing.is_empty() {
                self.refuse(400, missing);
            }
        }
        if let (Start::Request { method_text, .. }, Some(cseq)) = (self.start, self.cseq)
            && cseq.method_text != method_text
        {
            self.refuse(400, "CSeq of another method");
        }
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

/// Whether white space between name and colon is refused. The grammar has it (HCOLON) and RFC 3261 7.3.1 advises
/// against sending it; programs that take such a line for another header than we do are why it is refused.
const TIGHT_COLON: bool = true;
