//! Digest credentials and challenges (RFC 3261 20.7, 20.27, 20.28, 20.44; RFC 7616; RFC 8760).

use super::Bad;
use crate::wire::scan::{Cursor, TOKEN, folds_to, same};

/// What Authorization or Proxy-Authorization carries. Absent parameters are empty; texts are unquoted and still
/// have their backslash escapes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Credentials<'a> {
    /// It stood in Proxy-Authorization.
    pub proxy: bool,
    /// `username`
    pub username: &'a [u8],
    /// `realm`
    pub realm: &'a [u8],
    /// `nonce`
    pub nonce: &'a [u8],
    /// `uri`; may differ from the Request-URI, which the verifier has to judge.
    pub uri: &'a [u8],
    /// `response`
    pub response: &'a [u8],
    /// `cnonce`
    pub cnonce: &'a [u8],
    /// `opaque`
    pub opaque: &'a [u8],
    /// `nc`: empty or eight hexadecimal digits.
    pub nc: &'a [u8],
    /// `algorithm`; empty means MD5.
    pub algorithm: &'a [u8],
    /// `qop`: `auth`, `auth-int`, or empty as in RFC 2069.
    pub qop: &'a [u8],
    /// `userhash=true` (RFC 7616 3.4.4): `username` is a hash.
    pub userhash: bool,
}

/// What WWW-Authenticate or Proxy-Authenticate carries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Challenge<'a> {
    /// It stood in Proxy-Authenticate.
    pub proxy: bool,
    /// `realm`
    pub realm: &'a [u8],
    /// `nonce`
    pub nonce: &'a [u8],
    /// `opaque`, empty if absent.
    pub opaque: &'a [u8],
    /// `algorithm`; empty means MD5.
    pub algorithm: &'a [u8],
    /// `qop`: the list as written, empty if absent.
    pub qop: &'a [u8],
    /// `stale=true`: the credentials were right, only the nonce is old.
    pub stale: bool,
}

impl<'a> Credentials<'a> {
    /// Reads one header value. `Ok(None)` for a scheme other than Digest. `proxy` is only passed through.
    /// One pass.
    ///
    /// # Errors
    ///
    /// [`Bad`] outside the grammar, for a known parameter given twice, for `nc` of other than eight hexadecimal
    /// digits, and if one of username, realm, nonce, uri, response is missing (RFC 3261 25.1, RFC 7616 3.4).
    pub fn parse(value: &'a [u8], proxy: bool) -> Result<Option<Self>, Bad> {
        let mut fields = Fields::new();
        if !fields.read(value)? {
            return Ok(None);
        }
        let nc = fields.get(NC);
        if fields.has(NC) && (nc.len() != 8 || !nc.iter().all(u8::is_ascii_hexdigit))
            || !fields.has_all(NEEDED)
        {
            return Err(Bad);
        }
        Ok(Some(Self {
            proxy,
            username: fields.get(USERNAME),
            realm: fields.get(REALM),
            nonce: fields.get(NONCE),
            uri: fields.get(URI),
            response: fields.get(RESPONSE),
            cnonce: fields.get(CNONCE),
            opaque: fields.get(OPAQUE),
            nc,
            algorithm: fields.get(ALGORITHM),
            qop: fields.get(QOP),
            userhash: fields.get(USERHASH).eq_ignore_ascii_case(b"true"),
        }))
    }
}

impl<'a> Challenge<'a> {
    /// Reads one header value. `Ok(None)` for a scheme other than Digest. `proxy` is only passed through.
    /// One pass.
    ///
    /// # Errors
    ///
    /// [`Bad`] outside the grammar, for a known parameter given twice, and without realm or nonce.
    pub fn parse(value: &'a [u8], proxy: bool) -> Result<Option<Self>, Bad> {
        let mut fields = Fields::new();
        if !fields.read(value)? {
            return Ok(None);
        }
        if !fields.has_all(1 << REALM | 1 << NONCE) {
            return Err(Bad);
        }
        Ok(Some(Self {
            proxy,
            realm: fields.get(REALM),
            nonce: fields.get(NONCE),
            opaque: fields.get(OPAQUE),
            algorithm: fields.get(ALGORITHM),
            qop: fields.get(QOP),
            stale: fields.get(STALE).eq_ignore_ascii_case(b"true"),
        }))
    }
}

/// The known parameters by number; one bit each says which were there.
struct Fields<'a> {
    values: [&'a [u8]; KNOWN],
    seen: u16,
}

impl<'a> Fields<'a> {
    fn new() -> Self {
        Self { values: [b""; KNOWN], seen: 0 }
    }

    #[inline(always)]
    fn get(&self, field: u32) -> &'a [u8] {
        self.values.get(field as usize).copied().unwrap_or_default()
    }

    fn has(&self, field: u32) -> bool {
        self.seen >> field & 1 != 0
    }

    fn has_all(&self, mask: u16) -> bool {
        self.seen & mask == mask
    }

    /// False for another scheme.
    #[inline]
    fn read(&mut self, value: &'a [u8]) -> Result<bool, Bad> {
        let mut cursor = Cursor::new(value);
        cursor.space();
        if !same(cursor.token()?, b"digest") {
            return Ok(false);
        }
        let behind = cursor.rest.len();
        cursor.space();
        if cursor.rest.len() == behind {
            return Err(Bad);
        }
        loop {
            let field = match known(cursor.rest) {
                Some((field, rest)) => {
                    cursor.rest = rest;
                    Some(field)
                }
                None => {
                    let name = cursor.token()?;
                    cursor.space();
                    cursor.expect(b'=')?;
                    field(name)
                }
            };
            cursor.space();
            let value = if cursor.peek() == Some(b'"') {
                cursor.quoted()?
            } else {
                let value = cursor.span(TOKEN);
                if value.is_empty() {
                    return Err(Bad);
                }
                value
            };
            if let Some(field) = field {
                let bit = 1u16 << field;
                if self.seen & bit != 0 {
                    return Err(Bad);
                }
                self.seen |= bit;
                if let Some(slot) = self.values.get_mut(field as usize) {
                    *slot = value;
                }
            }
            cursor.space();
            if cursor.done() {
                return Ok(true);
            }
            cursor.expect(b',')?;
            cursor.space();
        }
    }
}

/// The short way: a known name with its `=` right behind it.
#[inline(always)]
fn known(text: &[u8]) -> Option<(u32, &[u8])> {
    match text.first()? | 0x20 {
        b'u' => named(text, b"uri", URI).or_else(|| named(text, b"username", USERNAME)),
        b'r' => named(text, b"realm", REALM).or_else(|| named(text, b"response", RESPONSE)),
        b'n' => named(text, b"nonce", NONCE).or_else(|| named(text, b"nc", NC)),
        b'a' => named(text, b"algorithm", ALGORITHM),
        b'c' => named(text, b"cnonce", CNONCE),
        b'q' => named(text, b"qop", QOP),
        _ => None,
    }
}

#[inline(always)]
fn named<'a, const N: usize>(text: &'a [u8], lower: &[u8; N], field: u32) -> Option<(u32, &'a [u8])> {
    let (name, rest) = text.split_first_chunk::<N>()?;
    if folds_to(name, lower) { Some((field, rest.strip_prefix(b"=")?)) } else { None }
}

/// Any known name.
#[inline(never)]
fn field(name: &[u8]) -> Option<u32> {
    let field = match name.len() {
        2 if same(name, b"nc") => NC,
        3 if same(name, b"uri") => URI,
        3 if same(name, b"qop") => QOP,
        5 if same(name, b"realm") => REALM,
        5 if same(name, b"nonce") => NONCE,
        5 if same(name, b"stale") => STALE,
        6 if same(name, b"cnonce") => CNONCE,
        6 if same(name, b"opaque") => OPAQUE,
        8 if same(name, b"username") => USERNAME,
        8 if same(name, b"response") => RESPONSE,
        8 if same(name, b"userhash") => USERHASH,
        9 if same(name, b"algorithm") => ALGORITHM,
        _ => return None,
    };
    Some(field)
}

const NEEDED: u16 = 1 << USERNAME | 1 << REALM | 1 << NONCE | 1 << URI | 1 << RESPONSE;
const KNOWN: usize = 12;
const USERNAME: u32 = 0;
const REALM: u32 = 1;
const NONCE: u32 = 2;
const URI: u32 = 3;
const RESPONSE: u32 = 4;
const CNONCE: u32 = 5;
const OPAQUE: u32 = 6;
const NC: u32 = 7;
const ALGORITHM: u32 = 8;
const QOP: u32 = 9;
const USERHASH: u32 = 10;
const STALE: u32 = 11;
