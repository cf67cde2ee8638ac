//! What both codecs are built from: one class table, a finder of line ends, and a cursor that only moves forward.

use core::fmt;

/// A text that does not follow its grammar. It carries nothing: whoever asked knows which text it was.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Bad;

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text does not follow its grammar")
    }
}

impl core::error::Error for Bad {}

/// `token` (RFC 3261 25.1).
pub(super) const TOKEN: u8 = 1;
/// Blank, tab, and CR and LF, which inside a header value only ever stand for a fold.
pub(super) const SPACE: u8 = 2;
/// Letters, digits, `-`, `.`, and `_`, which is not in the grammar but in names of real machines.
pub(super) const HOST: u8 = 4;
/// `userinfo` with its `:`; also `#`, which real telephones send unescaped. Not `%`: that is checked apart.
pub(super) const USER: u8 = 8;
/// `uri-parameters` and `headers` of a SIP URI with their separators; not `%`.
pub(super) const PARAM: u8 = 16;
/// `word`, and the one `@` of a Call-ID.
pub(super) const WORD: u8 = 32;
/// Whatever may stand in a URI of any scheme (RFC 3986 2); not `%`.
pub(super) const URI: u8 = 64;
/// Unquoted value of a header parameter: token, host name, IPv6 with or without brackets; and `/=@&$#?^`, which the
/// grammar wants quoted and devices send bare.
pub(super) const VALUE: u8 = 128;

static CLASS: [u8; 256] = classes();

/// Whether `byte` is in one of `classes`.
#[inline(always)]
pub(super) fn is(byte: u8, classes: u8) -> bool {
    class_of(byte) & classes != 0
}

#[inline(always)]
fn class_of(byte: u8) -> u8 {
    CLASS.get(usize::from(byte)).copied().unwrap_or(0)
}

/// How many bytes at the beginning are in `class`.
#[inline(always)]
pub(super) fn run(bytes: &[u8], class: u8) -> usize {
    bytes.iter().position(|byte| !is(*byte, class)).unwrap_or(bytes.len())
}

macro_rules! control {
    ($(#[doc = $doc:literal])* $name:ident, $word:ty) => {
        $(#[doc = $doc])*
        #[inline]
        pub(super) fn $name(bytes: &[u8], from: usize) -> usize {
            const SIZE: usize = size_of::<$word>();
            const BLANKS: $word = <$word>::from_ne_bytes([0x20; SIZE]);
            const HIGH: $word = <$word>::from_ne_bytes([0x80; SIZE]);
            let mut rest = bytes.get(from..).unwrap_or_default();
            while let Some((chunk, tail)) = rest.split_first_chunk::<SIZE>() {
                let word = <$word>::from_le_bytes(*chunk);
                // A borrow only ever runs upwards, so the lowest flag is exact.
                let hit = word.wrapping_sub(BLANKS) & !word & HIGH;
                if hit != 0 {
                    return offset(bytes, rest).wrapping_add((hit.trailing_zeros() >> 3) as usize);
                }
                rest = tail;
            }
            let short = rest.iter().position(|&byte| byte < 0x20).unwrap_or(rest.len());
            offset(bytes, rest).wrapping_add(short)
        }
    };
}

control! {
    /// Offset of the first byte below 0x20 (every control character but DEL), or the length if there is none; `from` is where to
    /// begin. Sixteen bytes at a time: for the lines of SIP.
    control, u128
}
control! {
    /// [`control`] eight bytes at a time: for the short lines of SDP.
    control_in_short_lines, u64
}

/// Offset of the first `"` or `\`, or the length.
#[inline]
pub(super) fn quote_or_escape(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some((chunk, tail)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*chunk);
        let quote = word ^ ONES.wrapping_mul(0x22);
        let escape = word ^ ONES.wrapping_mul(0x5c);
        let hit = ((quote.wrapping_sub(ONES) & !quote) | (escape.wrapping_sub(ONES) & !escape)) & HIGH;
        if hit != 0 {
            return offset(bytes, rest).wrapping_add((hit.trailing_zeros() >> 3) as usize);
        }
        rest = tail;
    }
    let short = rest.iter().position(|&byte| byte == b'"' || byte == b'\\').unwrap_or(rest.len());
    offset(bytes, rest).wrapping_add(short)
}

/// How far `rest`, a tail of `all`, lies behind its beginning.
#[inline(always)]
pub(super) fn offset(all: &[u8], rest: &[u8]) -> usize {
    all.len().saturating_sub(rest.len())
}

/// Without white space (and folds) at either end.
#[inline]
pub(super) fn trim(text: &[u8]) -> &[u8] {
    let mut cursor = Cursor::new(text);
    cursor.space();
    trim_end(cursor.rest)
}

/// Without white space (and folds) at its end.
#[inline(always)]
pub(super) fn trim_end(mut text: &[u8]) -> &[u8] {
    while let [rest @ .., last] = text {
        if *last > b' ' || !is(*last, SPACE) {
            break;
        }
        text = rest;
    }
    text
}

/// Whether `text` is `lower` but for the case of letters; `lower` has no upper-case letters.
#[inline(always)]
pub(super) fn folds_to<const N: usize>(text: &[u8; N], lower: &[u8; N]) -> bool {
    let mut differs = 0;
    for (byte, want) in text.iter().zip(lower) {
        // Of letters alone: `:` is 0x1A with this bit, and `-` CR.
        let case = if want.is_ascii_lowercase() { 0x20 } else { 0 };
        differs |= (byte | case) ^ want;
    }
    differs == 0
}

/// [`folds_to`] for a text of any length.
#[inline(always)]
pub(super) fn same<const N: usize>(text: &[u8], lower: &[u8; N]) -> bool {
    <&[u8; N]>::try_from(text).is_ok_and(|text| folds_to(text, lower))
}

/// Decimal digits only, at least one; too large a value becomes `u32::MAX`.
#[inline]
pub(super) fn decimal(text: &[u8]) -> Result<u32, Bad> {
    let mut value = 0u32;
    if text.is_empty() {
        return Err(Bad);
    }
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return Err(Bad);
        }
        value = value.saturating_mul(10).saturating_add(u32::from(digit));
    }
    Ok(value)
}

/// A text being read from its front.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    /// What has not been read yet.
    pub(super) rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    #[inline(always)]
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    #[inline(always)]
    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    #[inline(always)]
    pub(super) fn done(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes `byte` if it is next.
    #[inline(always)]
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        match self.rest {
            [first, rest @ ..] if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    #[inline(always)]
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), Bad> {
        if self.eat(byte) { Ok(()) } else { Err(Bad) }
    }

    #[inline(always)]
    pub(super) fn finish(&self) -> Result<(), Bad> {
        if self.rest.is_empty() { Ok(()) } else { Err(Bad) }
    }

    /// Takes the longest run of `class`; it may be empty.
    #[inline(always)]
    pub(super) fn span(&mut self, class: u8) -> &'a [u8] {
        let (run, rest) = self.rest.split_at_checked(run(self.rest, class)).unwrap_or((self.rest, b""));
        self.rest = rest;
        run
    }

    /// Takes the longest run of `classes` and of `%` with two hexadecimal digits (RFC 3261 25.1 `escaped`).
    #[inline(always)]
    pub(super) fn escaped_span(&mut self, classes: u8) -> Result<&'a [u8], Bad> {
        let start = self.rest;
        loop {
            self.span(classes);
            match self.rest {
                [b'%', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                    self.rest = rest;
                }
                [b'%', ..] => return Err(Bad),
                _ => return Ok(self.since(start)),
            }
        }
    }

    /// A token of at least one character.
    #[inline(always)]
    pub(super) fn token(&mut self) -> Result<&'a [u8], Bad> {
        let token = self.span(TOKEN);
        if token.is_empty() { Err(Bad) } else { Ok(token) }
    }

    /// Skips white space and folds.
    #[inline(always)]
    pub(super) fn space(&mut self) {
        while let [first, rest @ ..] = self.rest {
            if *first > b' ' || !is(*first, SPACE) {
                break;
            }
            self.rest = rest;
        }
    }

    /// What was read since `start`, an earlier `rest` of this cursor.
    #[inline(always)]
    pub(super) fn since(&self, start: &'a [u8]) -> &'a [u8] {
        start.get(..offset(start, self.rest)).unwrap_or_default()
    }

    /// A quoted string whose opening `"` is next: what stands between the quotes, escapes as they are.
    #[inline]
    pub(super) fn quoted(&mut self) -> Result<&'a [u8], Bad> {
        self.expect(b'"')?;
        let start = self.rest;
        loop {
            let at = quote_or_escape(self.rest);
            let (_, found) = self.rest.split_at_checked(at).ok_or(Bad)?;
            match found {
                [b'"', rest @ ..] => {
                    let text = start.get(..offset(start, found)).ok_or(Bad)?;
                    self.rest = rest;
                    return Ok(text);
                }
                // RFC 3261 25.1 quoted-pair: anything but CR and LF.
                [b'\\', next, rest @ ..] if !matches!(next, b'\r' | b'\n') => self.rest = rest,
                _ => return Err(Bad),
            }
        }
    }

    /// Digits up to `u16::MAX`.
    #[inline(always)]
    pub(super) fn port(&mut self) -> Result<u16, Bad> {
        let mut value = 0u32;
        let start = self.rest;
        while let [first, rest @ ..] = self.rest {
            let digit = first.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            value = value.saturating_mul(10).saturating_add(u32::from(digit));
            self.rest = rest;
        }
        if offset(start, self.rest) == 0 {
            return Err(Bad);
        }
        u16::try_from(value).map_err(|_| Bad)
    }
}

#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time only")]
const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0u8;
    loop {
        let mut class = 0;
        let alphanumeric = byte.is_ascii_alphanumeric();
        if alphanumeric || among(byte, b"-.!%*_+`'~") {
            class |= TOKEN;
        }
        if among(byte, b" \t\r\n") {
            class |= SPACE;
        }
        if alphanumeric || among(byte, b"-._") {
            class |= HOST;
        }
        if alphanumeric || among(byte, b"-_.!~*'()&=+$,;?/:#") {
            class |= USER;
        }
        if alphanumeric || among(byte, b"-_.!~*'()[]/:&+$;=") {
            class |= PARAM;
        }
        if alphanumeric || among(byte, b"-.!%*_+`'~()<>:\\\"/[]?{}@") {
            class |= WORD;
        }
        if alphanumeric || among(byte, b"-_.!~*'();/?:@&=+$,[]#") {
            class |= URI;
        }
        if alphanumeric || among(byte, b"-.!%*_+`'~:[]/=@&$#?^") {
            class |= VALUE;
        }
        table[byte as usize] = class;
        if byte == 255 {
            return table;
        }
        byte += 1;
    }
}

#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time only")]
const fn among(byte: u8, set: &[u8]) -> bool {
    let mut at = 0;
    while at < set.len() {
        if set[at] == byte {
            return true;
        }
        at += 1;
    }
    false
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;
