//! What a message means, as text: two that mean the same have the same.

use crate::naive::faults;
use std::collections::BTreeSet;
use strowger::wire::sip::{Malformed, Message, Name, Start};
use strowger::wire::write::Buffer;

/// Headers that stand once (RFC 3261 section 20, table 2, and the documents of the others): only the first line counts.
const NO_LIST: [Name; 18] = [
    Name::From,
    Name::To,
    Name::CallId,
    Name::CSeq,
    Name::MaxForwards,
    Name::Expires,
    Name::ContentType,
    Name::RetryAfter,
    Name::MinExpires,
    Name::SessionExpires,
    Name::MinSe,
    Name::RAck,
    Name::RSeq,
    Name::ReferTo,
    Name::ReferredBy,
    Name::Replaces,
    Name::Event,
    Name::SubscriptionState,
];

/// Everything that a message says, folded lines made one. A header that is no list is there once, and the length of the body is left
/// out: the body is there.
pub(crate) fn meaning(message: &Message<'_>) -> String {
    let own = |text: &[u8]| {
        let unfolded: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
        unfolded.escape_ascii().to_string()
    };
    let optional = |text: Option<&[u8]>| text.map(own);
    let mut said = Vec::new();
    said.push(format!("{:?} {:?}", message.method(), message.code()));
    said.push(match message.start {
        Start::Request { method_text, uri_text, .. } => format!("{} {}", own(method_text), own(uri_text)),
        Start::Response { reason, .. } => own(reason),
    });
    said.push(format!(
        "via {:?}",
        message.via.map(|via| (own(via.text), own(via.sent_by), optional(via.branch), via.rport))
    ));
    for address in [message.from, message.to] {
        let parts = address.map(|address| {
            (own(address.display), own(address.uri.text), own(address.params), optional(address.tag()))
        });
        said.push(format!("address {parts:?}"));
    }
    said.push(format!(
        "call {} {:?}",
        own(message.call_id),
        message.cseq.map(|cseq| (cseq.number, own(cseq.method_text)))
    ));
    for contact in &message.contact.list {
        said.push(format!("contact {} {:?} {}", own(contact.uri.text), contact.expires(), contact.q()));
    }
    said.push(format!("{} more, all: {}", message.contact.more, message.contact.star));
    // Their texts are printed as numbers: 13 and 10 make a fold.
    said.push(format!("{:?} {:?}", message.credentials, message.challenges).replace("13, 10, ", ""));
    let numbers =
        (message.max_forwards, message.expires, message.session_expires, message.min_se, message.retry_after);
    said.push(format!("{numbers:?} {:?} {:?}", message.min_expires, optional(message.content_type)));
    said.push(format!("{:?}", [message.require, message.proxy_require, message.supported].map(optional)));
    let mut seen = Vec::new();
    for line in &message.lines {
        let name = match line.name.as_bytes() {
            b"" => message.name(line),
            known => known,
        };
        if line.name == Name::ContentLength || NO_LIST.contains(&line.name) && seen.contains(&line.name) {
            continue;
        }
        seen.push(line.name);
        said.push(format!("{}: {}", own(name), own(message.value(line))));
    }
    said.push(format!("body {}", message.body.escape_ascii()));
    said.join("\n")
}

/// The message written out, if it may be.
pub(crate) fn emitted(message: &Message<'_>) -> Result<Vec<u8>, Malformed> {
    let mut counter = Buffer::new(&mut []);
    message.emit(&mut counter)?;
    let mut bytes = vec![0; counter.needed()];
    let mut out = Buffer::new(&mut bytes);
    message.emit(&mut out)?;
    assert_eq!(out.finish(), Ok(bytes.len()));
    Ok(bytes)
}

/// A message that was read, written out and read again means the same, has nothing left that may be written in two ways, and is
/// written again octet for octet.
pub(crate) fn assert_kept(name: &str, message: &Message<'_>) {
    let bytes = emitted(message).expect("what was read may be written");
    assert_eq!(faults(&bytes), BTreeSet::new(), "{name}");
    let mut again = Message::new();
    let result = again.parse(&bytes);
    assert_eq!(result, Ok(()), "{name}");
    assert_eq!(meaning(message), meaning(&again), "{name}");
    assert_eq!(emitted(&again).expect("read twice"), bytes, "{name}");
}
