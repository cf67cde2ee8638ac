//! `sip:`, `sips:`, `tel:` and `urn:` URIs (RFC 3261 19.1 and 25.1, RFC 3966, RFC 8141), read without copying.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::Bad;
use crate::base::Transport;
use crate::wire::scan::{Cursor, HOST, PARAM, TOKEN, URI, USER, folds_to};

/// A URI and its pieces. Nothing is unescaped: `%41` and `A` differ here.
///
/// More liberal than RFC 3261 in two places real devices need: `#` in the user part, `_` in host names.
/// Stricter in one: a host whose last label is all digits must be an IPv4 address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Uri<'a> {
    /// Which kind of URI; the other fields depend on it.
    pub scheme: Scheme,
    /// `sip`, `sips`: the user without its password, empty if there is none. Others: what stands between the
    /// scheme and the first `;` (a telephone number, `service:sos`).
    pub user: &'a [u8],
    /// A `:` stood in the user part: somebody put a password there (RFC 3261 19.1.1 advises against it).
    pub has_password: bool,
    /// Host; [`Host::None`] for schemes other than `sip` and `sips`.
    pub host: Host<'a>,
    /// Port, 0 to 65535, if it is written there.
    pub port: Option<u16>,
    /// Text after the first `;` behind the host (for other schemes: behind the scheme), without `?` and what follows.
    pub params: &'a [u8],
    /// Text after the `?`.
    pub headers: &'a [u8],
    /// The whole URI.
    pub text: &'a [u8],
}

/// Scheme of a [`Uri`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Scheme {
    /// `sip`
    Sip,
    /// `sips`: TLS on every hop (RFC 5630).
    Sips,
    /// `tel` (RFC 3966)
    Tel,
    /// `urn` (RFC 8141), as in `urn:service:sos` (RFC 5031).
    Urn,
    /// Any other, well formed; whether it is served (else 416) is not the codec's business.
    Other,
}

/// Host of a URI, Via or SDP connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Host<'a> {
    /// An IPv4 literal.
    V4(Ipv4Addr),
    /// An IPv6 literal.
    V6(Ipv6Addr),
    /// A name; letters of either case.
    Name(&'a [u8]),
    /// No host at all.
    None,
}

impl Host<'_> {
    /// The address, if the host is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::V4(ip) => Some(IpAddr::V4(*ip)),
            Self::V6(ip) => Some(IpAddr::V6(*ip)),
            Self::Name(_) | Self::None => None,
        }
    }
}

impl<'a> Uri<'a> {
    /// No URI: what a message holds until one was read.
    pub const EMPTY: Uri<'static> = Uri {
        scheme: Scheme::Other,
        user: b"",
        has_password: false,
        host: Host::None,
        port: None,
        params: b"",
        headers: b"",
        text: b"",
    };

    /// Reads one URI that fills `text`. One pass, two over the host; nothing is looked up.
    ///
    /// # Errors
    ///
    /// [`Bad`] for anything outside the grammar, white space, control characters and half escapes included.
    pub fn parse(text: &'a [u8]) -> Result<Self, Bad> {
        let mut cursor = Cursor::new(text);
        let uri = read(&mut cursor, false)?;
        cursor.finish()?;
        Ok(uri)
    }

    /// Value of the URI parameter `name` (any case): `None` if it is absent, `Some(None)` if it has no value.
    /// The first one counts. Linear in the parameters.
    pub fn param(&self, name: &[u8]) -> Option<Option<&'a [u8]>> {
        for param in self.params.split(|byte| *byte == b';') {
            let mut pieces = param.splitn(2, |byte| *byte == b'=');
            if pieces.next()?.eq_ignore_ascii_case(name) {
                return Some(pieces.next());
            }
        }
        None
    }

    /// The transport it asks for, if that is one of ours (RFC 3261 19.1.1).
    pub fn transport(&self) -> Option<Transport> {
        if self.scheme == Scheme::Sips {
            return Some(Transport::Tls);
        }
        let asked = self.param(b"transport")??;
        Transport::ALL.into_iter().find(|one| asked.eq_ignore_ascii_case(one.name().as_bytes()))
    }

    /// Whether both lead to the same place: scheme, user, host and port are the same, a host's name in any case (RFC 3261 19.1.4), and
    /// the transport that is asked for. Stricter than there: what is escaped in one and not in the other differs.
    pub fn leads_where(&self, other: &Uri<'_>) -> bool {
        let host = match (self.host, other.host) {
            (Host::Name(one), Host::Name(other)) => one.eq_ignore_ascii_case(other),
            (one, other) => one == other,
        };
        let to = |uri: &Uri<'_>| (uri.scheme, uri.port, uri.transport());
        host && self.user == other.user && to(self) == to(other)
    }

    /// Where to send, if the host is an IP literal and the port is not 0. Without a port: 5060, and 5061 for `sips`
    /// or `transport=tls` (RFC 3263 4.2).
    pub fn socket_address(&self) -> Option<SocketAddr> {
        let ip = self.host.ip()?;
        let port = match self.port {
            Some(0) => return None,
            Some(port) => port,
            None if self.transport() == Some(Transport::Tls) => 5061,
            None => 5060,
        };
        Some(SocketAddr::new(ip, port))
    }
}

/// Reads a URI from the cursor up to the first character that cannot belong to it. `bare` is for a URI without
/// angle brackets: parameters are then not its own, and `;`, `?` and `,` may not stand in it (RFC 3261 20.10).
#[inline(always)]
pub(super) fn read<'a>(cursor: &mut Cursor<'a>, bare: bool) -> Result<Uri<'a>, Bad> {
    let start = cursor.rest;
    match start {
        [a, b, c, d, rest @ ..] if folds_to(&[*a, *b, *c, *d], b"sip:") => {
            cursor.rest = rest;
            sip(cursor, start, Scheme::Sip, bare)
        }
        [a, b, c, d, e, rest @ ..] if folds_to(&[*a, *b, *c, *d, *e], b"sips:") => {
            cursor.rest = rest;
            sip(cursor, start, Scheme::Sips, bare)
        }
        _ => other(cursor, bare),
    }
}

#[inline]
fn sip<'a>(cursor: &mut Cursor<'a>, start: &'a [u8], scheme: Scheme, bare: bool) -> Result<Uri<'a>, Bad> {
    let mut uri = Uri { scheme, ..Uri::EMPTY };
    let behind_scheme = cursor.rest;
    let user = cursor.escaped_span(USER);
    if cursor.eat(b'@') {
        let user = user?;
        let at = user.iter().position(|byte| *byte == b':');
        uri.has_password = at.is_some();
        uri.user = user.get(..at.unwrap_or(user.len())).unwrap_or_default();
        if uri.user.is_empty() || bare && user.iter().any(|byte| matches!(byte, b';' | b'?' | b',')) {
            return Err(Bad);
        }
    } else {
        cursor.rest = behind_scheme;
    }
    uri.host = host(cursor)?;
    if cursor.eat(b':') {
        uri.port = Some(cursor.port()?);
    }
    if !bare {
        params(cursor, &mut uri)?;
    }
    uri.text = cursor.since(start);
    Ok(uri)
}

#[inline(always)]
fn params<'a>(cursor: &mut Cursor<'a>, uri: &mut Uri<'a>) -> Result<(), Bad> {
    if cursor.eat(b';') {
        uri.params = cursor.escaped_span(PARAM)?;
        if uri.params.is_empty() {
            return Err(Bad);
        }
    }
    if cursor.eat(b'?') {
        let start = cursor.rest;
        while !cursor.escaped_span(PARAM)?.is_empty() || cursor.eat(b'?') {}
        uri.headers = cursor.since(start);
        if uri.headers.is_empty() {
            return Err(Bad);
        }
    }
    Ok(())
}

#[inline(never)]
fn other<'a>(cursor: &mut Cursor<'a>, bare: bool) -> Result<Uri<'a>, Bad> {
    let start = cursor.rest;
    let name = cursor.span(TOKEN);
    cursor.expect(b':')?;
    let plain = name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    if !plain || !name.first().is_some_and(u8::is_ascii_alphabetic) {
        return Err(Bad);
    }
    let scheme = match name {
        _ if name.eq_ignore_ascii_case(b"tel") => Scheme::Tel,
        _ if name.eq_ignore_ascii_case(b"urn") => Scheme::Urn,
        _ => Scheme::Other,
    };
    let behind_scheme = cursor.rest;
    let all = cursor.escaped_span(URI)?;
    let mut uri = Uri { scheme, ..Uri::EMPTY };
    let end = all.iter().position(|byte| *byte == b';').unwrap_or(all.len());
    uri.user = all.get(..end).unwrap_or_default();
    if bare {
        // The rest belongs to the header.
        cursor.rest = behind_scheme.get(end..).unwrap_or_default();
        if uri.user.iter().any(|byte| matches!(byte, b'?' | b',')) {
            return Err(Bad);
        }
    } else {
        uri.params = all.get(end.saturating_add(1)..).unwrap_or_default();
    }
    if uri.user.is_empty() || scheme == Scheme::Tel && !uri.user.iter().all(|byte| phone_digit(*byte)) {
        return Err(Bad);
    }
    uri.text = cursor.since(start);
    Ok(uri)
}

/// RFC 3966 3: digits, visual separators, and for local numbers hexadecimal digits, `*` and `#`.
fn phone_digit(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b'+' | b'-' | b'.' | b'(' | b')' | b'*' | b'#')
}

/// Reads `host` (RFC 3261 25.1): an IPv4 literal, an IPv6 literal in brackets without zone, or a name.
#[inline]
pub(in crate::wire) fn host<'a>(cursor: &mut Cursor<'a>) -> Result<Host<'a>, Bad> {
    if cursor.eat(b'[') {
        let start = cursor.rest;
        while cursor.peek().is_some_and(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')) {
            cursor.rest = cursor.rest.get(1..).unwrap_or_default();
        }
        let text = cursor.since(start);
        cursor.expect(b']')?;
        return ipv6(text).map(Host::V6);
    }
    named(cursor.span(HOST))
}

/// An IPv4 literal or a name.
#[inline]
pub(in crate::wire) fn named(text: &[u8]) -> Result<Host<'_>, Bad> {
    if text.first().is_some_and(u8::is_ascii_digit)
        && let Some(ip) = ipv4(text)
    {
        return Ok(Host::V4(ip));
    }
    let mut label = text;
    while let [rest @ .., last] = label {
        if *last == b'.' {
            break;
        }
        label = rest;
    }
    let label = text.get(label.len()..).unwrap_or_default();
    let fully_qualified = label.is_empty() && text.len() > 1;
    let begins = text.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    if !begins || !fully_qualified && label.iter().all(u8::is_ascii_digit) {
        return Err(Bad);
    }
    Ok(Host::Name(text))
}

/// Four decimal octets without leading zeros.
#[inline]
fn ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    let (a, rest) = octet(text)?;
    let (b, rest) = octet(rest.strip_prefix(b".")?)?;
    let (c, rest) = octet(rest.strip_prefix(b".")?)?;
    let (d, rest) = octet(rest.strip_prefix(b".")?)?;
    rest.is_empty().then(|| Ipv4Addr::new(a, b, c, d))
}

/// A decimal octet of at most three digits, and what follows.
fn octet(text: &[u8]) -> Option<(u8, &[u8])> {
    let digit = |byte: &u8| Some(u16::from(byte.wrapping_sub(b'0'))).filter(|digit| *digit <= 9);
    let (first, mut rest) = text.split_first()?;
    let mut value = digit(first)?;
    for _ in 0..2 {
        let Some((next, tail)) = rest.split_first() else { break };
        let Some(next) = digit(next) else { break };
        if value == 0 {
            return None;
        }
        // Three digits are 999 at most.
        value = value.wrapping_mul(10).wrapping_add(next);
        rest = tail;
    }
    Some((u8::try_from(value).ok()?, rest))
}

/// An IPv6 literal without brackets and zone (RFC 4291 section 2.2). Not the standard library's parser, because that
/// one keeps panics that no optimiser can remove.
#[inline(never)]
pub(in crate::wire) fn ipv6(text: &[u8]) -> Result<Ipv6Addr, Bad> {
    let mut groups: heapless::Vec<u16, 8> = heapless::Vec::new();
    let (mut rest, mut gap) = match text.strip_prefix(b"::") {
        Some(after) => (after, Some(0)),
        None => (text, None),
    };
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b':').unwrap_or(rest.len());
        let (piece, after) = rest.split_at_checked(end).ok_or(Bad)?;
        match ipv4(piece) {
            Some(last) if after.is_empty() => {
                let [a, b, c, d] = last.octets();
                groups.push(u16::from_be_bytes([a, b])).map_err(|_| Bad)?;
                groups.push(u16::from_be_bytes([c, d])).map_err(|_| Bad)?;
            }
            Some(_) | None => groups.push(hex_group(piece)?).map_err(|_| Bad)?,
        }
        rest = match after {
            [] => after,
            [b':', b':', after @ ..] if gap.is_none() => {
                gap = Some(groups.len());
                after
            }
            [b':', after @ ..] if !after.is_empty() => after,
            [..] => return Err(Bad),
        };
    }
    // `::` stands for at least one group.
    if groups.len() > 7 && gap.is_some() || groups.len() != 8 && gap.is_none() {
        return Err(Bad);
    }
    let (head, tail) = groups.split_at_checked(gap.unwrap_or(groups.len())).ok_or(Bad)?;
    let mut all = [0u16; 8];
    all.iter_mut().zip(head).for_each(|(slot, group)| *slot = *group);
    all.iter_mut().rev().zip(tail.iter().rev()).for_each(|(slot, group)| *slot = *group);
    Ok(Ipv6Addr::from(all))
}

/// One to four hexadecimal digits.
fn hex_group(text: &[u8]) -> Result<u16, Bad> {
    if !(1..=4).contains(&text.len()) {
        return Err(Bad);
    }
    text.iter().try_fold(0u16, |group, byte| {
        let digit = char::from(*byte).to_digit(16).and_then(|digit| u16::try_from(digit).ok()).ok_or(Bad)?;
        Ok(group << 4 | digit)
    })
}
/// A user part with its escapes undone in `buf` (RFC 3261 section 19.1.2); as it came if it has none, or if it does not fit.
#[must_use]
pub fn unescape<'a>(user: &'a [u8], buf: &'a mut [u8]) -> &'a [u8] {
    if !user.contains(&b'%') || user.len() > buf.len() {
        return user;
    }
    let hex = |c: u8| (c as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (mut len, mut rest) = (0usize, user);
    while let [c, after @ ..] = rest {
        let (octet, beyond) = match (c, after) {
            (b'%', [high, low, beyond @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, beyond),
                _ => return user,
            },
            (b'%', _) => return user,
            (c, after) => (*c, after),
        };
        let Some(place) = buf.get_mut(len) else { return user };
        *place = octet;
        len = len.saturating_add(1);
        rest = beyond;
    }
    buf.get(..len).unwrap_or(user)
}
