//! The Via header (RFC 3261 20.42, rport: RFC 3581).

use super::Bad;
use super::address::param;
use super::uri::{self, Host};
use crate::wire::scan::{Cursor, same};

/// One Via value: where a response goes and which transaction it belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Via<'a> {
    /// Transport the sender used.
    pub transport: Transport,
    /// `host[:port]` as written.
    pub sent_by: &'a [u8],
    /// Host of `sent_by`.
    pub host: Host<'a>,
    /// Port of `sent_by`, 0 to 65535, if written.
    pub port: Option<u16>,
    /// `branch`; transactions of RFC 3261 begin with `z9hG4bK` (8.1.1.7).
    pub branch: Option<&'a [u8]>,
    /// `rport` without value: the sender asks for the response at the port it sent from (RFC 3581 4).
    pub rport: bool,
    /// `rport` with a value, as in a response.
    pub rport_value: Option<u16>,
    /// `received`, brackets of an IPv6 address allowed and absent alike (RFC 5118 4.5).
    pub received: Option<&'a [u8]>,
    /// `maddr`.
    pub maddr: Option<&'a [u8]>,
    /// `ttl`, 0 to 255.
    pub ttl: Option<u8>,
    /// The whole value.
    pub text: &'a [u8],
}

/// Transport of a [`Via`]; any case.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Transport {
    /// `UDP`
    Udp,
    /// `TCP`
    Tcp,
    /// `TLS`
    Tls,
    /// `WS` (RFC 7118)
    Ws,
    /// `WSS` (RFC 7118)
    Wss,
    /// Any other token, as `SCTP`.
    Other,
}

impl<'a> Via<'a> {
    /// Reads the first value of `text`, which may be a list (RFC 3261 7.3.1); the others are not looked at.
    /// One pass.
    ///
    /// # Errors
    ///
    /// [`Bad`] outside the grammar, and for `branch`, `received`, `rport`, `maddr` or `ttl` given twice.
    pub fn parse(text: &'a [u8]) -> Result<Self, Bad> {
        let mut cursor = Cursor::new(text);
        let via = read(&mut cursor)?;
        match cursor.peek() {
            None | Some(b',') => Ok(via),
            Some(_) => Err(Bad),
        }
    }
}

#[inline]
fn read<'a>(cursor: &mut Cursor<'a>) -> Result<Via<'a>, Bad> {
    cursor.space();
    let start = cursor.rest;
    if let Some((b"SIP/2.0/", rest)) = start.split_first_chunk::<8>() {
        cursor.rest = rest;
    } else {
        protocol(cursor)?;
    }
    let transport = match cursor.token()? {
        udp if same(udp, b"udp") => Transport::Udp,
        tcp if same(tcp, b"tcp") => Transport::Tcp,
        tls if same(tls, b"tls") => Transport::Tls,
        ws if same(ws, b"ws") => Transport::Ws,
        wss if same(wss, b"wss") => Transport::Wss,
        _ => Transport::Other,
    };
    let behind = cursor.rest.len();
    cursor.space();
    if cursor.rest.len() == behind {
        return Err(Bad);
    }
    let from = cursor.rest;
    let host = uri::host(cursor)?;
    let mut end = cursor.rest;
    cursor.space();
    let mut port = None;
    if cursor.eat(b':') {
        cursor.space();
        port = Some(cursor.port()?);
        end = cursor.rest;
        cursor.space();
    }
    let mut via = Via {
        transport,
        sent_by: Cursor::new(end).since(from),
        host,
        port,
        branch: None,
        rport: false,
        rport_value: None,
        received: None,
        maddr: None,
        ttl: None,
        text: b"",
    };
    while cursor.eat(b';') {
        let (name, value) = param(cursor)?;
        end = cursor.rest;
        cursor.space();
        let slot = match name {
            branch if same(branch, b"branch") => &mut via.branch,
            received if same(received, b"received") => &mut via.received,
            maddr if same(maddr, b"maddr") => &mut via.maddr,
            other => {
                rare(&mut via, other, value)?;
                continue;
            }
        };
        if slot.is_some() || value.is_none_or(<[u8]>::is_empty) {
            return Err(Bad);
        }
        *slot = value;
    }
    via.text = Cursor::new(end).since(start);
    Ok(via)
}

fn rare<'a>(via: &mut Via<'a>, name: &[u8], value: Option<&'a [u8]>) -> Result<(), Bad> {
    if same(name, b"rport") {
        if via.rport || via.rport_value.is_some() {
            return Err(Bad);
        }
        match value {
            Some(digits) => via.rport_value = Some(number(digits)?),
            None => via.rport = true,
        }
    } else if same(name, b"ttl") {
        if via.ttl.is_some() {
            return Err(Bad);
        }
        via.ttl = Some(u8::try_from(number(value.ok_or(Bad)?)?).map_err(|_| Bad)?);
    }
    Ok(())
}

fn number(digits: &[u8]) -> Result<u16, Bad> {
    let mut cursor = Cursor::new(digits);
    let value = cursor.port()?;
    cursor.finish()?;
    Ok(value)
}

/// `protocol-name SLASH protocol-version SLASH` (RFC 3261 25.1), white space around the slashes. Another protocol
/// than SIP/2.0 is let pass: where the 505 goes stands behind it.
#[inline(never)]
fn protocol(cursor: &mut Cursor<'_>) -> Result<(), Bad> {
    cursor.token()?;
    slash(cursor)?;
    cursor.token()?;
    slash(cursor)
}

fn slash(cursor: &mut Cursor<'_>) -> Result<(), Bad> {
    cursor.space();
    cursor.expect(b'/')?;
    cursor.space();
    Ok(())
}
