//! `name-addr` and `addr-spec` with header parameters: From, To, Contact, Route and their like (RFC 3261 20.10).

use heapless::Vec;

use super::uri::{self, Uri};
use super::{Bad, MAX_CONTACTS};
use crate::wire::scan::{Cursor, SPACE, TOKEN, VALUE, decimal, is, same, trim};

/// One address of a header: display name, URI, parameters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Address<'a> {
    /// Display name: without quotes but with its backslash escapes if it was quoted; empty if there is none.
    pub display: &'a [u8],
    /// The URI.
    pub uri: Uri<'a>,
    /// Header parameters, from behind the first `;`; empty if there are none.
    pub params: &'a [u8],
    /// The whole value.
    pub text: &'a [u8],
    tag: Option<&'a [u8]>,
}

impl<'a> Address<'a> {
    /// Reads one address that fills `text`, white space and folds around it allowed. One pass.
    ///
    /// Bytes above 0x7F are taken in an unquoted display name, as telephones send them.
    ///
    /// # Errors
    ///
    /// [`Bad`] outside the grammar, for a list of addresses, and for two `tag` parameters.
    pub fn parse(text: &'a [u8]) -> Result<Self, Bad> {
        let mut cursor = Cursor::new(text);
        let address = read(&mut cursor)?;
        cursor.finish()?;
        Ok(address)
    }

    /// The `tag` parameter (RFC 3261 19.3): at least one character if it is there.
    pub fn tag(&self) -> Option<&'a [u8]> {
        self.tag
    }

    /// Value of the header parameter `name` (any case), as [`Params::get`].
    pub fn param(&self, name: &[u8]) -> Option<Option<&'a [u8]>> {
        Params::new(self.params).get(name)
    }

    /// The `expires` parameter in seconds, larger ones as `u32::MAX`. A malformed one counts as 3600
    /// (RFC 3261 10.2.1.1); `None` if it is absent.
    pub fn expires(&self) -> Option<u32> {
        self.param(b"expires").map(|value| value.and_then(|text| decimal(text).ok()).unwrap_or(3600))
    }

    /// The `q` parameter in thousandths, 0 to 1000 (RFC 3261 25.1 `qvalue`); 1000 if it is absent or malformed.
    pub fn q(&self) -> u16 {
        self.param(b"q").flatten().and_then(thousandths).unwrap_or(1000)
    }
}

/// The Contact values of a message (RFC 3261 20.10).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Contacts<'a> {
    /// The value was `*`: remove all bindings (RFC 3261 10.2.2). The list is then empty.
    pub star: bool,
    /// The first eight addresses, in order.
    pub list: Vec<Address<'a>, MAX_CONTACTS>,
    /// How many more there were; they are well formed but not kept.
    pub more: u16,
}

impl<'a> Contacts<'a> {
    /// No Contact.
    pub const fn new() -> Self {
        Self { star: false, list: Vec::new(), more: 0 }
    }

    /// Whether the message had no Contact.
    pub fn is_empty(&self) -> bool {
        !self.star && self.list.is_empty()
    }

    /// The first address.
    pub fn first(&self) -> Option<&Address<'a>> {
        self.list.first()
    }

    pub(super) fn clear(&mut self) {
        self.star = false;
        self.list.clear();
        self.more = 0;
    }

    /// Adds the addresses of one header value; what came before the bad one stays.
    #[inline]
    pub(super) fn add(&mut self, value: &'a [u8]) -> Result<(), Bad> {
        if value == b"*" {
            if !self.is_empty() {
                return Err(Bad);
            }
            self.star = true;
            return Ok(());
        }
        if self.star {
            return Err(Bad);
        }
        let mut cursor = Cursor::new(value);
        loop {
            let address = read(&mut cursor)?;
            if self.list.push(address).is_err() {
                self.more = self.more.saturating_add(1);
            }
            if cursor.done() {
                return Ok(());
            }
            cursor.expect(b',')?;
        }
    }
}

impl Default for Contacts<'_> {
    fn default() -> Self {
        Self::new()
    }
}

/// Iterates over header parameters, `name[=value]` between semicolons; a quoted value comes without its quotes.
/// Ends at the first thing that is no parameter.
#[derive(Clone, Copy, Debug)]
pub struct Params<'a> {
    rest: &'a [u8],
}

impl<'a> Params<'a> {
    /// Over `text`, which begins with a name (as [`Address::params`] does), not with a semicolon.
    pub fn new(text: &'a [u8]) -> Self {
        Self { rest: text }
    }

    /// The first parameter of this name (any case): `None` if absent, `Some(None)` if without value.
    pub fn get(mut self, name: &[u8]) -> Option<Option<&'a [u8]>> {
        self.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl<'a> Iterator for Params<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        let mut cursor = Cursor::new(self.rest);
        let param = param(&mut cursor).ok();
        self.rest = b"";
        cursor.space();
        if param.is_some() && cursor.eat(b';') {
            self.rest = cursor.rest;
        }
        param
    }
}

/// Reads one address; the cursor then stands at the end or at something that is no part of it, as a comma.
#[inline]
pub(super) fn read<'a>(cursor: &mut Cursor<'a>) -> Result<Address<'a>, Bad> {
    cursor.space();
    let start = cursor.rest;
    let mut display: &[u8] = b"";
    if cursor.peek() == Some(b'"') {
        display = cursor.quoted()?;
        cursor.space();
        if cursor.peek() != Some(b'<') {
            return Err(Bad);
        }
    }
    let uri = if cursor.eat(b'<') {
        let uri = uri::read(cursor, false)?;
        cursor.expect(b'>')?;
        uri
    } else {
        let mut ahead = *cursor;
        while ahead.peek().is_some_and(|byte| byte >= 0x80 || is(byte, TOKEN | SPACE)) {
            ahead.rest = ahead.rest.get(1..).unwrap_or_default();
        }
        if ahead.peek() == Some(b'<') {
            display = trim(ahead.since(start));
            ahead.eat(b'<');
            *cursor = ahead;
            let uri = uri::read(cursor, false)?;
            cursor.expect(b'>')?;
            uri
        } else {
            uri::read(cursor, true)?
        }
    };
    let mut address = Address { display, uri, params: b"", text: b"", tag: None };
    let mut end = cursor.rest;
    cursor.space();
    if cursor.eat(b';') {
        let params = cursor.rest;
        loop {
            let (name, value) = param(cursor)?;
            if same(name, b"tag") {
                match value {
                    Some(tag) if address.tag.is_none() && !tag.is_empty() => address.tag = Some(tag),
                    Some(_) | None => return Err(Bad),
                }
            }
            end = cursor.rest;
            cursor.space();
            if !cursor.eat(b';') {
                break;
            }
        }
        let behind = Cursor::new(end);
        address.params = trim(behind.since(params));
    }
    address.text = Cursor::new(end).since(start);
    Ok(address)
}

/// Reads `name [= value]`, white space around either allowed, and stands behind it.
#[inline]
pub(super) fn param<'a>(cursor: &mut Cursor<'a>) -> Result<(&'a [u8], Option<&'a [u8]>), Bad> {
    cursor.space();
    let name = cursor.token()?;
    let behind_name = cursor.rest;
    cursor.space();
    if !cursor.eat(b'=') {
        cursor.rest = behind_name;
        return Ok((name, None));
    }
    cursor.space();
    if cursor.peek() == Some(b'"') {
        return Ok((name, Some(cursor.quoted()?)));
    }
    let value = cursor.span(VALUE);
    if value.is_empty() { Err(Bad) } else { Ok((name, Some(value))) }
}

fn thousandths(text: &[u8]) -> Option<u16> {
    let (whole, fraction) = match text {
        [whole] | [whole, b'.'] => (*whole, &b""[..]),
        [whole, b'.', fraction @ ..] if fraction.len() <= 3 => (*whole, fraction),
        _ => return None,
    };
    let mut value = 0u16;
    for at in 0..3 {
        let digit = fraction.get(at).copied().unwrap_or(b'0').wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.saturating_mul(10).saturating_add(u16::from(digit));
    }
    match whole {
        b'0' => Some(value),
        b'1' if value == 0 => Some(1000),
        _ => None,
    }
}
