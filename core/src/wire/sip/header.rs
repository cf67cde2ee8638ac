//! Names of header fields, lines of a message, and lists of values (RFC 3261 7.3, 20).

use crate::wire::scan::{folds_to, trim};

macro_rules! names {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal,)*) => {
        /// A header field by name, long or compact form in any case. Those a call-control engine does not look at
        /// are [`Other`](Self::Other); their names stay readable in the message.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Name {
            $($(#[doc = $doc])* $name,)*
            /// Any other header.
            Other,
        }

        impl Name {
            /// The long form as the RFCs spell it; empty for [`Other`](Self::Other).
            pub const fn as_bytes(self) -> &'static [u8] {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other => b"",
                }
            }
        }

        #[cfg(test)]
        pub(super) const ALL: &[Name] = &[$(Name::$name,)*];
    };
}

names! {
    /// RFC 3261 20.42
    Via = b"Via",
    /// RFC 3261 20.20
    From = b"From",
    /// RFC 3261 20.39
    To = b"To",
    /// RFC 3261 20.8
    CallId = b"Call-ID",
    /// RFC 3261 20.16
    CSeq = b"CSeq",
    /// RFC 3261 20.10
    Contact = b"Contact",
    /// RFC 3261 20.22
    MaxForwards = b"Max-Forwards",
    /// RFC 3261 20.19
    Expires = b"Expires",
    /// RFC 3261 20.7
    Authorization = b"Authorization",
    /// RFC 3261 20.28
    ProxyAuthorization = b"Proxy-Authorization",
    /// RFC 3261 20.44
    WwwAuthenticate = b"WWW-Authenticate",
    /// RFC 3261 20.27
    ProxyAuthenticate = b"Proxy-Authenticate",
    /// RFC 3261 20.15
    ContentType = b"Content-Type",
    /// RFC 3261 20.14
    ContentLength = b"Content-Length",
    /// RFC 3261 20.30
    RecordRoute = b"Record-Route",
    /// RFC 3261 20.34
    Route = b"Route",
    /// RFC 3261 20.32
    Require = b"Require",
    /// RFC 3261 20.29
    ProxyRequire = b"Proxy-Require",
    /// RFC 3261 20.37
    Supported = b"Supported",
    /// RFC 3261 20.40
    Unsupported = b"Unsupported",
    /// RFC 3261 20.5
    Allow = b"Allow",
    /// RFC 3261 20.41
    UserAgent = b"User-Agent",
    /// RFC 3261 20.35
    Server = b"Server",
    /// RFC 3326
    Reason = b"Reason",
    /// RFC 3261 20.33
    RetryAfter = b"Retry-After",
    /// RFC 3261 20.23
    MinExpires = b"Min-Expires",
    /// RFC 4028 4
    SessionExpires = b"Session-Expires",
    /// RFC 4028 5
    MinSe = b"Min-SE",
    /// RFC 3262 7.2
    RAck = b"RAck",
    /// RFC 3262 7.1
    RSeq = b"RSeq",
    /// RFC 3515
    ReferTo = b"Refer-To",
    /// RFC 3892
    ReferredBy = b"Referred-By",
    /// RFC 3891
    Replaces = b"Replaces",
    /// RFC 6665 8.2.1
    Event = b"Event",
    /// RFC 6665 8.2.3
    SubscriptionState = b"Subscription-State",
    /// RFC 3261 20.17
    Date = b"Date",
    /// RFC 3261 20.43
    Warning = b"Warning",
    /// RFC 3325 9.1
    PAssertedIdentity = b"P-Asserted-Identity",
    /// RFC 3323 4.2
    Privacy = b"Privacy",
    /// RFC 5806
    Diversion = b"Diversion",
    /// RFC 7044
    HistoryInfo = b"History-Info",
    /// RFC 3327
    Path = b"Path",
    /// RFC 3261 20.12
    ContentEncoding = b"Content-Encoding",
}

impl Name {
    /// One bit of a set of names.
    pub(super) const fn bit(self) -> u64 {
        1 << self as u32
    }
}

/// The headers that are no list and decide something: a second line must say the same as the first. (RFC 3261 7.3.1; of Refer-To,
/// Replaces and Event also RFC 3515 2.4.2, RFC 3891 3, RFC 6665 8.2.1.)
pub(super) const ONCE: u64 = Name::From.bit()
    | Name::To.bit()
    | Name::CallId.bit()
    | Name::CSeq.bit()
    | Name::MaxForwards.bit()
    | Name::ContentLength.bit()
    | Name::ContentType.bit()
    | Name::Expires.bit()
    | Name::MinExpires.bit()
    | Name::RetryAfter.bit()
    | Name::SessionExpires.bit()
    | Name::MinSe.bit()
    | Name::RAck.bit()
    | Name::RSeq.bit()
    | Name::ReferTo.bit()
    | Name::ReferredBy.bit()
    | Name::Replaces.bit()
    | Name::Event.bit()
    | Name::SubscriptionState.bit();

/// One header line of a message: which name, and where name and value stand in it. The slices come from
/// [`Message::value`](super::Message::value) and [`Message::name`](super::Message::name).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Line {
    /// The name, if known.
    pub name: Name,
    /// Offset of the name.
    pub name_at: u16,
    /// Length of the name.
    pub name_length: u16,
    /// Offset of the value, white space before it skipped.
    pub value_at: u16,
    /// Length of the value, white space behind it left out; 0 for an empty value.
    pub value_length: u16,
}

/// The values of a comma list (RFC 3261 7.3.1), trimmed, empty ones left out; commas in quotes and in angle
/// brackets do not count.
///
/// What a quote or bracket never closed begins is one value up to the end: its own parser refuses it. Not for
/// digests or dates, whose commas mean something else.
pub fn values(line_value: &[u8]) -> Values<'_> {
    Values { rest: line_value }
}

/// Iterator of [`values`]; linear in the text.
#[derive(Clone, Debug)]
pub struct Values<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while !self.rest.is_empty() {
            let end = comma(self.rest);
            let value = trim(self.rest.get(..end).unwrap_or_default());
            self.rest = self.rest.get(end.saturating_add(1)..).unwrap_or_default();
            if !value.is_empty() {
                return Some(value);
            }
        }
        None
    }
}

fn comma(text: &[u8]) -> usize {
    let (mut quoted, mut bracketed, mut escaped) = (false, false, false);
    let separates = |byte: &u8| {
        if escaped {
            escaped = false;
        } else {
            match byte {
                b'\\' if quoted => escaped = true,
                b'"' if !bracketed => quoted = !quoted,
                b'<' if !quoted => bracketed = true,
                b'>' if !quoted => bracketed = false,
                b',' => return !quoted && !bracketed,
                _ => {}
            }
        }
        false
    };
    text.iter().position(separates).unwrap_or(text.len())
}

/// Name and length with its colon, if the line begins with a known name and a colon right behind it.
#[inline]
pub(super) fn known(line: &[u8]) -> Option<(Name, usize)> {
    let ([first, second], _) = line.split_first_chunk::<2>()?;
    match [first | 0x20, second | 0x20] {
        [b'v', b'i'] => full(line, b"via:", Name::Via),
        [b'f', b'r'] => full(line, b"from:", Name::From),
        [b't', b'o'] => full(line, b"to:", Name::To),
        [b'c', b'a'] => full(line, b"call-id:", Name::CallId),
        [b'c', b's'] => full(line, b"cseq:", Name::CSeq),
        [b'c', b'o'] => match line.get(8).map(|letter| letter | 0x20) {
            Some(b'l') => full(line, b"content-length:", Name::ContentLength),
            Some(b't') => full(line, b"content-type:", Name::ContentType),
            Some(b'e') => full(line, b"content-encoding:", Name::ContentEncoding),
            _ => None,
        }
        .or_else(|| full(line, b"contact:", Name::Contact)),
        [b'm', b'a'] => full(line, b"max-forwards:", Name::MaxForwards),
        [b'm', b'i'] => {
            full(line, b"min-se:", Name::MinSe).or_else(|| full(line, b"min-expires:", Name::MinExpires))
        }
        [b'a', b'l'] => full(line, b"allow:", Name::Allow),
        [b'a', b'u'] => full(line, b"authorization:", Name::Authorization),
        [b's', b'u'] => full(line, b"supported:", Name::Supported)
            .or_else(|| full(line, b"subscription-state:", Name::SubscriptionState)),
        [b's', b'e'] => full(line, b"session-expires:", Name::SessionExpires)
            .or_else(|| full(line, b"server:", Name::Server)),
        [b'u', b's'] => full(line, b"user-agent:", Name::UserAgent),
        [b'u', b'n'] => full(line, b"unsupported:", Name::Unsupported),
        [b'e', b'x'] => full(line, b"expires:", Name::Expires),
        [b'e', b'v'] => full(line, b"event:", Name::Event),
        [b'p', b'r'] => full(line, b"proxy-authorization:", Name::ProxyAuthorization)
            .or_else(|| full(line, b"proxy-authenticate:", Name::ProxyAuthenticate))
            .or_else(|| full(line, b"proxy-require:", Name::ProxyRequire))
            .or_else(|| full(line, b"privacy:", Name::Privacy)),
        [b'p', b'-'] => full(line, b"p-asserted-identity:", Name::PAssertedIdentity),
        [b'p', b'a'] => full(line, b"path:", Name::Path),
        [b'r', b'o'] => full(line, b"route:", Name::Route),
        [b'r', b'e'] => full(line, b"record-route:", Name::RecordRoute)
            .or_else(|| full(line, b"require:", Name::Require))
            .or_else(|| full(line, b"reason:", Name::Reason))
            .or_else(|| full(line, b"retry-after:", Name::RetryAfter))
            .or_else(|| full(line, b"refer-to:", Name::ReferTo))
            .or_else(|| full(line, b"referred-by:", Name::ReferredBy))
            .or_else(|| full(line, b"replaces:", Name::Replaces)),
        [b'r', b'a'] => full(line, b"rack:", Name::RAck),
        [b'r', b's'] => full(line, b"rseq:", Name::RSeq),
        [b'd', b'a'] => full(line, b"date:", Name::Date),
        [b'd', b'i'] => full(line, b"diversion:", Name::Diversion),
        [b'h', b'i'] => full(line, b"history-info:", Name::HistoryInfo),
        [b'w', b'w'] => full(line, b"www-authenticate:", Name::WwwAuthenticate),
        [b'w', b'a'] => full(line, b"warning:", Name::Warning),
        [letter, b':'] if *second == b':' => compact(letter).map(|name| (name, 2)),
        _ => None,
    }
}

/// Compact forms: RFC 3261 7.3.3, RFC 3515, 3892, 4028, 6665. Those whose header is not of our interest
/// (a, d, j, n, s, u, y) stay [`Name::Other`].
fn compact(letter: u8) -> Option<Name> {
    Some(match letter {
        b'v' => Name::Via,
        b'f' => Name::From,
        b't' => Name::To,
        b'i' => Name::CallId,
        b'm' => Name::Contact,
        b'l' => Name::ContentLength,
        b'c' => Name::ContentType,
        b'e' => Name::ContentEncoding,
        b'k' => Name::Supported,
        b'x' => Name::SessionExpires,
        b'r' => Name::ReferTo,
        b'b' => Name::ReferredBy,
        b'o' => Name::Event,
        _ => return None,
    })
}

#[inline(always)]
fn full<const N: usize>(line: &[u8], lower: &[u8; N], name: Name) -> Option<(Name, usize)> {
    folds_to(line.first_chunk::<N>()?, lower).then_some((name, N))
}
