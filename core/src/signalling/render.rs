//! What messages are made of: status phrases, the echoed head of a response, the head of a request.

use super::dialog::Dialog;
use crate::base::crypto::hex_digit;
use crate::base::{Flow, Handle, WallTime};
use crate::media::Body;
use crate::table::pages::PageWriter;
use crate::wire::sip::{Message, Method, Name, values};
use crate::wire::write::Sink;
use core::net::SocketAddr;

/// What this engine takes: methods, and extensions by their option tags.
pub const ABLE: &[u8] =
    b"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, UPDATE, PRACK, REFER\r\nSupported: timer";

/// The phrase of a status (RFC 3261 section 21).
#[must_use]
pub const fn phrase(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        181 => "Call Is Being Forwarded",
        182 => "Queued",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        423 => "Interval Too Brief",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        484 => "Address Incomplete",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        600 => "Busy Everywhere",
        603 => "Decline",
        _ => "Refused",
    }
}

/// A tag or the tail of a branch: slot and generation of a handle, then 64 random bits; 28 hexadecimal digits.
#[must_use]
pub fn token(handle: Handle, cookie: u64) -> [u8; 28] {
    let value = u128::from(handle.bits() & 0xFFFF_FFFF_FFFF) << 64 | u128::from(cookie);
    let mut text = [0; 28];
    for (slot, shift) in text.iter_mut().rev().zip((0u32..).step_by(4)) {
        let nibble = value.checked_shr(shift).unwrap_or(0) & 15;
        *slot = hex_digit(u8::try_from(nibble).unwrap_or(0));
    }
    text
}

/// The handle (of this instance) and cookie of a [`token`].
#[must_use]
pub fn parse_token(text: &[u8], instance: u16) -> Option<(Handle, u64)> {
    if text.len() != 28 {
        return None;
    }
    let value = text.iter().try_fold(0u128, |value, c| {
        let nibble = match c {
            b'0'..=b'9' => c.wrapping_sub(b'0'),
            b'a'..=b'f' => c.wrapping_sub(b'a').wrapping_add(10),
            _ => return None,
        };
        Some(value << 4 | u128::from(nibble))
    })?;
    let cookie = u64::try_from(value & u128::from(u64::MAX)).ok()?;
    let handle = u64::try_from(value >> 64).ok()? | u64::from(instance) << 48;
    Some((Handle::from_bits(handle), cookie))
}

/// Status line.
pub fn status_line(out: &mut impl Sink, status: u16) {
    out.put(b"SIP/2.0 ");
    out.number(u64::from(status));
    out.line(&[b" ", phrase(status).as_bytes()]);
}

/// The part of a response that echoes its request (RFC 3261 section 8.2.6.2): Via, Record-Route, From, To with `tag`,
/// Call-ID, CSeq. The top Via says where the request really came from (RFC 3581 section 4).
pub fn echo(out: &mut impl Sink, message: &Message<'_>, source: Flow, tag: &[u8]) {
    if let Some(via) = &message.via {
        let differs = via.host.ip() != Some(source.ip());
        match (via.rport, find_bare_rport(via.text)) {
            (true, Some((before, after))) => {
                out.put(b"Via: ");
                out.put(before);
                out.put(b";rport=");
                out.number(u64::from(source.peer.port()));
                out.put(after);
            }
            (true, None) | (false, _) => {
                out.put(b"Via: ");
                out.put(via.text);
            }
        }
        if via.received.is_none() && (via.rport || differs) {
            out.put(b";received=");
            out.ip(source.ip());
        }
        out.put(b"\r\n");
    }
    let top = message.via.as_ref().map_or(&[][..], |via| via.text);
    for (n, line) in message.headers(Name::Via).enumerate() {
        // Usually the top one is all there is.
        if n > 0 || line.len() > top.len() {
            values(line).skip(usize::from(n == 0)).for_each(|via| out.line(&[b"Via: ", via]));
        }
    }
    if message.method() == Some(Method::Invite) {
        for route in message.headers(Name::RecordRoute) {
            out.line(&[b"Record-Route: ", route]);
        }
    }
    if let (Some(from), Some(to), Some(cseq)) = (&message.from, &message.to, &message.cseq) {
        out.line(&[b"From: ", from.text]);
        match to.tag() {
            Some(_) => out.line(&[b"To: ", to.text]),
            None => out.line(&[b"To: ", to.text, b";tag=", tag]),
        }
        out.line(&[b"Call-ID: ", message.call_id]);
        out.put(b"CSeq: ");
        out.number(u64::from(cseq.number));
        out.line(&[b" ", cseq.method_text]);
    }
}

/// A Via text around its valueless `rport` parameter.
fn find_bare_rport(via: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at: usize = 0;
    loop {
        let rest = via.get(at..)?;
        let semicolon = rest.iter().position(|c| *c == b';')?;
        let start = at.saturating_add(semicolon);
        let name = via.get(start.saturating_add(1)..)?;
        let trimmed = name.trim_ascii_start();
        let skipped = name.len().saturating_sub(trimmed.len());
        let (head, tail) = trimmed.split_at_checked(5).unwrap_or((&[], trimmed));
        let ends = matches!(tail.trim_ascii_start().first(), None | Some(b';'));
        if head.eq_ignore_ascii_case(b"rport") && ends {
            let end = start.saturating_add(6).saturating_add(skipped);
            return Some((via.get(..start)?, via.get(end..)?));
        }
        at = start.saturating_add(1);
    }
}

/// Where responses to a request go: over a stream back on it (RFC 3261 section 18.2.2, RFC 3581 section 4).
#[must_use]
pub fn response_flow(message: &Message<'_>, source: Flow) -> Flow {
    match &message.via {
        Some(via) if !via.rport && !source.transport.is_reliable() => {
            SocketAddr::new(source.ip(), via.port.unwrap_or(5060)).into()
        }
        Some(_) | None => source,
    }
}

/// What a request within a dialog, or the INVITE that begins one, has in its head.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Method.
    pub method: Method,
    /// CSeq number.
    pub cseq: u32,
    /// The tail of the branch.
    pub branch: &'a [u8],
    /// Our tag.
    pub tag: &'a [u8],
    /// Their address with tag, where it is not yet the dialog's.
    pub to: Option<&'a [u8]>,
    /// Where we are, and over which transport it goes.
    pub us: Flow,
    /// Max-Forwards.
    pub max_forwards: u8,
}

/// A Via of ours, up to its parameters.
pub fn via(out: &mut impl Sink, us: Flow) {
    out.put(b"Via: SIP/2.0/");
    out.put(us.transport.name().as_bytes());
    out.put(b" ");
    out.socket_address(us.peer);
}

/// Where in a request of ours stands what is another when it goes out again, with credentials.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Marks {
    /// Where the Request-URI ends; it begins behind the method and a space.
    pub uri_end: u16,
    /// Where the [`token`] of its branch begins.
    pub branch: u16,
    /// Where the line of its CSeq begins.
    pub cseq: u16,
    /// Octets of the credentials behind that line.
    pub proof: u16,
    /// Octets of its body.
    pub body: u16,
}

impl Marks {
    /// Of no request.
    pub const NONE: Self = Self { uri_end: 0, branch: 0, cseq: 0, proof: 0, body: 0 };
}

/// A position in a message: none is longer than [`MAX_MESSAGE`](super::sip::MAX_MESSAGE).
pub fn position(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

/// Request line and the header lines that every request of a dialog has.
pub fn request_head(out: &mut PageWriter<'_, '_>, dialog: &Dialog, head: &Head<'_>) -> Marks {
    let method = head.method.as_bytes();
    let address_end = usize::from(dialog.far.address_len);
    let target_end = address_end.saturating_add(usize::from(dialog.far.target_len));
    let call_id_end = usize::from(dialog.call_id_len);
    out.put(method);
    out.put(b" ");
    out.put_text(dialog.far.text, address_end, target_end);
    let uri_end = position(out.len());
    out.put(b" SIP/2.0\r\n");
    via(out, head.us);
    out.put(b";rport;branch=z9hG4bK");
    let branch = position(out.len());
    out.line(&[head.branch]);
    out.put(b"Max-Forwards: ");
    out.number(u64::from(head.max_forwards));
    out.put(b"\r\n");
    out.put_text(dialog.far.text, target_end, dialog.far.text.len());
    out.put(b"From: ");
    out.put_text(dialog.fixed, call_id_end, dialog.fixed.len());
    out.line(&[b";tag=", head.tag]);
    out.put(b"To: ");
    match head.to {
        Some(to) => out.put(to),
        None => out.put_text(dialog.far.text, 0, address_end),
    }
    out.put(b"\r\nCall-ID: ");
    out.put_text(dialog.fixed, 0, call_id_end);
    out.put(b"\r\n");
    let cseq = position(out.len());
    cseq_line(out, head.cseq, method);
    Marks { uri_end, branch, cseq, proof: 0, body: 0 }
}

/// `CSeq` of a request.
pub fn cseq_line(out: &mut impl Sink, number: u32, method: &[u8]) {
    out.put(b"CSeq: ");
    out.number(u64::from(number));
    out.line(&[b" ", method]);
}

/// A user part: what has no place in a URI as it is is escaped (RFC 3261 section 25.1).
pub fn user(out: &mut impl Sink, user: &[u8]) {
    for c in user {
        if c.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(c) {
            out.put(core::slice::from_ref(c));
        } else {
            out.put(b"%");
            out.hex(core::slice::from_ref(c));
        }
    }
}

/// The last lines of the head, and the body.
pub fn body(out: &mut impl Sink, body: &Body<'_>) {
    if body.text.is_empty() {
        return out.put(b"Content-Length: 0\r\n\r\n");
    }
    out.line(&[b"Content-Type: application/sdp"]);
    let mut length = Length(0);
    body.write(&mut length);
    out.put(b"Content-Length: ");
    out.number(length.0);
    out.put(b"\r\n\r\n");
    body.write(out);
}

/// Counts.
struct Length(u64);

impl Sink for Length {
    fn put(&mut self, bytes: &[u8]) {
        self.0 = self.0.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    }
}

/// A `Date` header (RFC 3261 section 20.17), for phones that set their clock by it.
pub fn date(out: &mut impl Sink, now: WallTime) {
    const DAYS: [&[u8; 3]; 7] = [b"Thu", b"Fri", b"Sat", b"Sun", b"Mon", b"Tue", b"Wed"];
    const MONTHS: [&[u8; 3]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    let utc = WallTime { offset_min: 0, ..now };
    let civil = utc.civil();
    let weekday = usize::try_from(utc.unix_s.div_euclid(86_400).rem_euclid(7)).unwrap_or(0);
    let month = MONTHS.get(usize::from(civil.month).saturating_sub(1)).copied().unwrap_or(b"Jan");
    let year = u16::try_from(civil.year).ok().filter(|year| *year < 10_000).unwrap_or(1970);
    let [century, year] = [year / 100, year % 100].map(|pair| u8::try_from(pair).unwrap_or(0));
    let mut line = *b"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n";
    let (day, month) = (DAYS.get(weekday).copied().unwrap_or(b"Thu"), month);
    for (from, text) in [(6, day), (14, month)] {
        line.iter_mut().skip(from).zip(text).for_each(|(place, letter)| *place = *letter);
    }
    let pairs = [
        (11, civil.day),
        (18, century),
        (20, year),
        (23, civil.hour),
        (26, civil.minute),
        (29, civil.second),
    ];
    for (from, number) in pairs {
        let digits = [b'0'.saturating_add(number / 10 % 10), b'0'.saturating_add(number % 10)];
        line.iter_mut().skip(from).zip(digits).for_each(|(place, digit)| *place = digit);
    }
    out.put(&line);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::write::Buffer;

    #[test]
    fn tokens_come_back_and_carry_the_instance() {
        let handle = Handle::new(0x123456, 0xABCDEF, 7);
        let text = token(handle, 0x0123_4567_89AB_CDEF);
        assert_eq!(&text, b"abcdef1234560123456789abcdef");
        assert_eq!(parse_token(&text, 7), Some((handle, 0x0123_4567_89AB_CDEF)));
        assert_ne!(parse_token(&text, 8).unwrap().0, handle);
        assert_eq!(parse_token(b"abcdef1234560123456789abcdeg", 7), None);
    }

    #[test]
    fn rfc3581_the_top_via_tells_the_source() {
        let message = |via: &str| {
            std::format!(
                "OPTIONS sip:a@b SIP/2.0\r\nVia: {via}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n"
            )
        };
        let rows = [
            (
                "SIP/2.0/UDP h;rport;branch=z9hG4bKx",
                "SIP/2.0/UDP h;rport=7;branch=z9hG4bKx;received=10.0.0.9",
                7,
            ),
            (
                "SIP/2.0/UDP h;branch=z9hG4bKx;rport",
                "SIP/2.0/UDP h;branch=z9hG4bKx;rport=7;received=10.0.0.9",
                7,
            ),
            ("SIP/2.0/UDP 10.0.0.9:99;branch=z9hG4bKx", "SIP/2.0/UDP 10.0.0.9:99;branch=z9hG4bKx", 99),
            ("SIP/2.0/UDP h:99;branch=z9hG4bKx", "SIP/2.0/UDP h:99;branch=z9hG4bKx;received=10.0.0.9", 99),
        ];
        let source = Flow::from("10.0.0.9:7".parse::<SocketAddr>().unwrap());
        for (via, expected, port) in rows {
            let text = message(via);
            let mut parsed = Message::new();
            parsed.parse(text.as_bytes()).unwrap();
            let mut buf = [0; 400];
            let mut out = Buffer::new(&mut buf);
            echo(&mut out, &parsed, source, b"t");
            let len = out.finish().unwrap();
            let first = core::str::from_utf8(&buf[..len]).unwrap().lines().next().unwrap();
            assert_eq!(first, std::format!("Via: {expected}"));
            assert_eq!(response_flow(&parsed, source).peer.port(), port);
        }
    }

    #[test]
    fn dates_are_in_gmt() {
        let mut buf = [0; 60];
        let mut out = Buffer::new(&mut buf);
        date(&mut out, WallTime { unix_s: 1_795_327_200, offset_min: -300 });
        let len = out.finish().unwrap();
        assert_eq!(&buf[..len], b"Date: Sun, 22 Nov 2026 06:00:00 GMT\r\n");
    }
}
