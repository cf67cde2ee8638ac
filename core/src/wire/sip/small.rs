//! Methods and the short typed headers: CSeq, RAck, Session-Expires, Replaces.

use super::Bad;
use super::address::Params;
use crate::wire::scan::{Cursor, TOKEN, WORD, decimal, run, trim};

macro_rules! methods {
    ($($(#[doc = $doc:literal])* $method:ident = $text:literal,)*) => {
        /// A request method; case matters (RFC 3261 7.1).
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Method {
            $($(#[doc = $doc])* $method,)*
            /// Any other; its text stands beside it, in the start line and CSeq.
            Other,
        }

        impl Method {
            /// The method as it is sent; empty for [`Other`](Self::Other).
            pub const fn as_bytes(self) -> &'static [u8] {
                match self {
                    $(Self::$method => $text,)*
                    Self::Other => b"",
                }
            }

            /// The method of that text.
            #[inline]
            pub fn from_bytes(text: &[u8]) -> Self {
                $(const $method: &[u8] = $text;)*
                match text {
                    $($method => Self::$method,)*
                    _ => Self::Other,
                }
            }
        }
    };
}

#[allow(non_upper_case_globals)]
mod methods {
    methods! {
        /// RFC 3261 17.1.1.3
        Ack = b"ACK",
        /// RFC 3261 15
        Bye = b"BYE",
        /// RFC 3261 9
        Cancel = b"CANCEL",
        /// RFC 6086
        Info = b"INFO",
        /// RFC 3261 13
        Invite = b"INVITE",
        /// RFC 3428
        Message = b"MESSAGE",
        /// RFC 6665
        Notify = b"NOTIFY",
        /// RFC 3261 11
        Options = b"OPTIONS",
        /// RFC 3262
        Prack = b"PRACK",
        /// RFC 3903
        Publish = b"PUBLISH",
        /// RFC 3515
        Refer = b"REFER",
        /// RFC 3261 10
        Register = b"REGISTER",
        /// RFC 6665
        Subscribe = b"SUBSCRIBE",
        /// RFC 3311
        Update = b"UPDATE",
    }
}

pub use methods::Method;

/// CSeq (RFC 3261 20.16).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CSeq<'a> {
    /// Sequence number, below 2^31 (RFC 3261 8.1.1.5).
    pub number: u32,
    /// Method.
    pub method: Method,
    /// Method as written.
    pub method_text: &'a [u8],
}

impl<'a> CSeq<'a> {
    /// Reads a header value.
    ///
    /// # Errors
    ///
    /// [`Bad`] outside the grammar and for a number of 2^31 or more.
    #[inline]
    pub fn parse(value: &'a [u8]) -> Result<Self, Bad> {
        let mut cursor = Cursor::new(value);
        let number = sequence(&mut cursor)?;
        let method_text = cursor.token()?;
        cursor.finish()?;
        Ok(Self { number, method: Method::from_bytes(method_text), method_text })
    }
}

/// RAck (RFC 3262 7.2): which provisional response is acknowledged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RAck<'a> {
    /// RSeq of the response, below 2^31 here.
    pub response: u32,
    /// CSeq of the response.
    pub cseq: CSeq<'a>,
}

impl<'a> RAck<'a> {
    /// Reads a header value.
    ///
    /// # Errors
    ///
    /// [`Bad`] outside the grammar and for numbers of 2^31 or more.
    pub fn parse(value: &'a [u8]) -> Result<Self, Bad> {
        let mut cursor = Cursor::new(value);
        let response = sequence(&mut cursor)?;
        Ok(Self { response, cseq: CSeq::parse(cursor.rest)? })
    }
}

/// Session-Expires (RFC 4028 4).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SessionExpires {
    /// Interval in seconds; beyond `u32::MAX` that.
    pub seconds: u32,
    /// Who is to refresh, if said.
    pub refresher: Option<Refresher>,
}

/// Who refreshes a session (RFC 4028 4).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Refresher {
    /// `uac`
    Uac,
    /// `uas`
    Uas,
}

impl SessionExpires {
    /// Reads a header value.
    ///
    /// # Errors
    ///
    /// [`Bad`] if it does not begin with a number of seconds, or names another refresher than `uac` and `uas`.
    pub fn parse(value: &[u8]) -> Result<Self, Bad> {
        let (digits, params) = split_params(value);
        let refresher = match Params::new(params).get(b"refresher") {
            None => None,
            Some(Some(role)) if role.eq_ignore_ascii_case(b"uac") => Some(Refresher::Uac),
            Some(Some(role)) if role.eq_ignore_ascii_case(b"uas") => Some(Refresher::Uas),
            Some(_) => return Err(Bad),
        };
        Ok(Self { seconds: decimal(digits)?, refresher })
    }
}

/// Replaces (RFC 3891 6.1), as a header or, unescaped, from the headers of a Refer-To.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Replaces<'a> {
    /// Call-ID of the dialog.
    pub call_id: &'a [u8],
    /// Tag of the side that receives this.
    pub to_tag: &'a [u8],
    /// Tag of the other side.
    pub from_tag: &'a [u8],
    /// Only if it is not yet answered.
    pub early_only: bool,
}

impl<'a> Replaces<'a> {
    /// Reads a header value.
    ///
    /// # Errors
    ///
    /// [`Bad`] without Call-ID or either tag, and for a tag given twice.
    pub fn parse(value: &'a [u8]) -> Result<Self, Bad> {
        let (call_id, params) = split_params(value);
        check_call_id(call_id)?;
        let (mut to_tag, mut from_tag, mut early_only) = (None, None, false);
        for (name, value) in Params::new(params) {
            if name.eq_ignore_ascii_case(b"early-only") {
                early_only = true;
                continue;
            }
            let slot = match name {
                _ if name.eq_ignore_ascii_case(b"to-tag") => &mut to_tag,
                _ if name.eq_ignore_ascii_case(b"from-tag") => &mut from_tag,
                _ => continue,
            };
            if slot.is_some() {
                return Err(Bad);
            }
            *slot = value;
        }
        Ok(Self { call_id, to_tag: to_tag.ok_or(Bad)?, from_tag: from_tag.ok_or(Bad)?, early_only })
    }
}

/// What stands before the first `;`, and what stands behind it.
#[inline]
pub(super) fn split_params(value: &[u8]) -> (&[u8], &[u8]) {
    let end = value.iter().position(|byte| *byte == b';').unwrap_or(value.len());
    (trim(value.get(..end).unwrap_or_default()), trim(value.get(end.saturating_add(1)..).unwrap_or_default()))
}

/// `word ["@" word]` (RFC 3261 20.8), where a second `@` is let pass.
#[inline]
pub(super) fn check_call_id(value: &[u8]) -> Result<(), Bad> {
    if !value.is_empty() && run(value, WORD) == value.len() { Ok(()) } else { Err(Bad) }
}

/// `type/subtype` without its parameters (RFC 3261 20.15).
#[inline]
pub(super) fn media_type(value: &[u8]) -> Result<&[u8], Bad> {
    let mut cursor = Cursor::new(value);
    cursor.token()?;
    cursor.space();
    cursor.expect(b'/')?;
    cursor.space();
    cursor.token()?;
    let end = cursor.rest;
    cursor.space();
    match cursor.peek() {
        None | Some(b';') => Ok(Cursor::new(end).since(value)),
        Some(_) => Err(Bad),
    }
}

/// Seconds in front of an optional comment and parameters (RFC 3261 20.33).
pub(super) fn leading_seconds(value: &[u8]) -> Result<u32, Bad> {
    let mut cursor = Cursor::new(value);
    let seconds = decimal(cursor.span(TOKEN))?;
    cursor.space();
    match cursor.peek() {
        None | Some(b';' | b'(') => Ok(seconds),
        Some(_) => Err(Bad),
    }
}

/// A number below 2^31 and the white space behind it.
#[inline(always)]
fn sequence(cursor: &mut Cursor<'_>) -> Result<u32, Bad> {
    let number = decimal(cursor.span(TOKEN))?;
    let before = cursor.rest.len();
    cursor.space();
    if number > MAX_SEQUENCE || cursor.rest.len() == before { Err(Bad) } else { Ok(number) }
}

const MAX_SEQUENCE: u32 = 0x7fff_ffff;
