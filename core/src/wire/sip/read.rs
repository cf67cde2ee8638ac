//! Reading a datagram, once, from front to back: lines, start line, typed headers, framing.

use super::address::Address;
use super::digest::{Challenge, Credentials};
use super::header::{Line, Name, ONCE, known};
use super::message::{Malformed, Message, Start};
use super::small::{self, CSeq, Method, SessionExpires};
use super::uri::{self, Uri};
use super::via::Via;
use super::{Bad, MAX_URI};
use crate::wire::scan::{Cursor, TOKEN, control, decimal, offset, trim_end};

impl<'a> Message<'a> {
    pub(super) fn clear(&mut self) {
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
        self.seen = 0;
        self.error = None;
    }

    /// The first complaint is the one that counts.
    #[cold]
    pub(super) fn refuse(&mut self, status: u16, reason: &'static str) {
        self.error.get_or_insert(Malformed { status, reason });
    }

    /// Reads start line and headers; what stands behind the empty line, if there is one.
    pub(super) fn read_lines(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
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
        // RFC 3261 19.1.1, table 1: who ignores them and who heeds them would see two requests (RFC 4475 3.1.2.11).
        if !uri.headers.is_empty() {
            self.refuse(400, "headers in the Request-URI");
        }
        cursor.expect(b' ')?;
        match cursor.rest {
            [b'S' | b's', b'I' | b'i', b'P' | b'p', b'/', rest @ ..] => cursor.rest = rest,
            _ => return Err(Bad),
        }
        self.version(&mut cursor)?;
        cursor.finish()
    }

    /// `2.0`; another pair of numbers is well formed but not served, and so is `2.00`.
    fn version(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Bad> {
        let start = cursor.rest;
        cursor.port()?;
        cursor.expect(b'.')?;
        cursor.port()?;
        if cursor.since(start) != b"2.0" {
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
        let value = trim_end(cursor.rest);
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
        // A header that stands once may be there again if it says the same: what one program takes from the first line another
        // takes from the last.
        let bit = name.bit();
        if self.seen & ONCE & bit != 0 {
            return self.again(name, value);
        }
        let first = self.seen & bit == 0;
        self.seen |= bit;
        self.typed(name, value, first);
    }

    #[cold]
    fn again(&mut self, name: Name, value: &[u8]) {
        if self.headers(name).next() == Some(value) {
            return;
        }
        let known = TWICE.iter().find(|(known, _)| *known == name);
        self.refuse(
            400,
            known.map_or("two different values of a header that stands once", |(_, reason)| reason),
        );
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
    fn typed(&mut self, name: Name, value: &'a [u8], first: bool) {
        match name {
            Name::Via => {
                // The second must not take the place of a bad first.
                if first {
                    match Via::parse(value) {
                        Ok(via) => self.via = Some(via),
                        Err(Bad) => self.refuse(400, "malformed Via"),
                    }
                }
            }
            Name::From => match Address::parse(value) {
                Ok(from) => self.from = Some(from),
                Err(Bad) => self.refuse(400, "malformed From"),
            },
            Name::To => match Address::parse(value) {
                Ok(to) => self.to = Some(to),
                Err(Bad) => self.refuse(400, "malformed To"),
            },
            Name::CallId => match small::check_call_id(value) {
                Ok(()) => self.call_id = value,
                Err(Bad) => self.refuse(400, "malformed Call-ID"),
            },
            Name::CSeq => match CSeq::parse(value) {
                Ok(cseq) => self.cseq = Some(cseq),
                Err(Bad) => self.refuse(400, "malformed CSeq"),
            },
            Name::Contact => {
                if self.contact.add(value).is_err() {
                    self.refuse(400, "malformed Contact");
                }
            }
            Name::MaxForwards => match decimal(value).ok().and_then(|number| u8::try_from(number).ok()) {
                Some(hops) => self.max_forwards = Some(hops),
                None => self.refuse(400, "malformed Max-Forwards"),
            },
            Name::ContentLength => match decimal(value) {
                Ok(length) => self.content_length = Some(length),
                Err(Bad) => self.refuse(400, "malformed Content-Length"),
            },
            Name::Authorization => self.credentials(value, false),
            Name::ProxyAuthorization => self.credentials(value, true),
            Name::WwwAuthenticate => self.challenge(value, false),
            Name::ProxyAuthenticate => self.challenge(value, true),
            Name::ContentType => match small::media_type(value) {
                Ok(media_type) => self.content_type = Some(media_type),
                Err(Bad) => self.refuse(400, "malformed Content-Type"),
            },
            Name::Require => self.require = self.require.or(Some(value)),
            Name::ProxyRequire => self.proxy_require = self.proxy_require.or(Some(value)),
            Name::Supported => self.supported = self.supported.or(Some(value)),
            Name::Expires => self.expires = decimal(value).ok(),
            Name::SessionExpires => match SessionExpires::parse(value) {
                Ok(timer) => self.session_expires = Some(timer),
                Err(Bad) => self.refuse(400, "malformed Session-Expires"),
            },
            Name::MinSe => match decimal(small::split_params(value).0) {
                Ok(seconds) => self.min_se = Some(seconds),
                Err(Bad) => self.refuse(400, "malformed Min-SE"),
            },
            Name::RetryAfter => self.retry_after = small::leading_seconds(value).ok(),
            Name::MinExpires => self.min_expires = decimal(value).ok(),
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
    pub(super) fn frame(&mut self, behind: Option<&'a [u8]>) {
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
    pub(super) fn complete(&mut self) {
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

/// Whether white space between name and colon is refused. The grammar has it (HCOLON) and RFC 3261 7.3.1 advises
/// against sending it; programs that take such a line for another header than we do are why it is refused.
const TIGHT_COLON: bool = true;

/// What is said of the headers that every message has, if they are there twice and differ.
const TWICE: [(Name, &str); 6] = [
    (Name::From, "two different From"),
    (Name::To, "two different To"),
    (Name::CallId, "two different Call-ID"),
    (Name::CSeq, "two different CSeq"),
    (Name::MaxForwards, "two different Max-Forwards"),
    (Name::ContentLength, "two different Content-Length"),
];
