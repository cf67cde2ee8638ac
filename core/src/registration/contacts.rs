//! What the contacts of a REGISTER come to (RFC 3261 section 10.3), where each device has one place: a pure function.

use super::binding::MAX_EXPIRES_S;
use crate::wire::sip::{Address, Contacts, Uri};

/// It.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wanted<'a, 'm> {
    /// Nothing changes: it asks what is bound, or takes away what is not.
    Known,
    /// Nothing is to be bound any more.
    Nothing,
    /// This is to be bound, for so many seconds.
    Bound(&'a Address<'m>, u32),
    /// `*` with another contact, or without `Expires: 0` (step 6); or more contacts than are read.
    Wrong,
}

/// Of contacts that are to stay the one with the highest `q`, of equals the first (RFC 3261 section 20.10); the answer says which.
/// Where none is to stay, the device is gone if what was bound is among those that go, and stays if it is not: so a phone with a new
/// address may take its old one away before or after. `expires` is the header's, for contacts that do not say it themselves. Work: linear in the contacts.
#[must_use]
pub fn wanted<'a, 'm>(contacts: &'a Contacts<'m>, expires: Option<u32>, bound: &[u8]) -> Wanted<'a, 'm> {
    if contacts.star {
        return if expires == Some(0) && contacts.list.is_empty() && contacts.more == 0 {
            Wanted::Nothing
        } else {
            Wanted::Wrong
        };
    }
    if contacts.more > 0 {
        return Wanted::Wrong;
    }
    let mut best: Option<(&Address<'m>, u32)> = None;
    let mut gone = false;
    for contact in &contacts.list {
        let seconds = contact.expires().or(expires).unwrap_or(MAX_EXPIRES_S);
        if seconds == 0 {
            gone |= Uri::parse(bound).is_ok_and(|bound| bound.leads_where(&contact.uri));
        } else if best.is_none_or(|(best, _)| contact.q() > best.q()) {
            best = Some((contact, seconds));
        }
    }
    match best {
        Some((contact, seconds)) => Wanted::Bound(contact, seconds),
        None if gone => Wanted::Nothing,
        None => Wanted::Known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sip::Message;
    use std::format;
    use std::string::String;

    const BOUND: &[u8] = b"sip:201@10.0.1.1:5060";

    fn of(lines: &str) -> String {
        let text = format!(
            "REGISTER sip:elm.example SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.1.1;branch=z9hG4bKa\r\nFrom: <sip:201@a>;tag=1\r\nTo: <sip:201@a>\r\nCall-ID: a\r\nCSeq: 1 REGISTER\r\n{lines}\r\n"
        );
        let mut message = Message::new();
        message.parse(text.as_bytes()).expect(lines);
        match wanted(&message.contact, message.expires, BOUND) {
            Wanted::Bound(contact, seconds) => {
                format!("{} {seconds}", String::from_utf8_lossy(contact.uri.text))
            }
            other => format!("{other:?}"),
        }
    }

    /// RFC 3261 section 10.3 steps 6 and 7, 20.10 for `q`.
    #[test]
    fn of_several_contacts_the_preferred_one_is_bound() {
        let rows = [
            ("", "Known"),
            ("Contact: <sip:201@10.0.1.1:5060>\r\n", "sip:201@10.0.1.1:5060 3600"),
            ("Contact: <sip:a@10.0.1.1>;expires=70\r\nExpires: 90\r\n", "sip:a@10.0.1.1 70"),
            ("Contact: <sip:a@10.0.1.1>\r\nExpires: 90\r\n", "sip:a@10.0.1.1 90"),
            ("Contact: <sip:a@10.0.1.1>;q=0.5, <sip:b@10.0.1.1>;q=0.7\r\n", "sip:b@10.0.1.1 3600"),
            ("Contact: <sip:a@10.0.1.1>;q=0.5\r\nContact: <sip:b@10.0.1.1>\r\n", "sip:b@10.0.1.1 3600"),
            ("Contact: <sip:a@10.0.1.1>, <sip:b@10.0.1.1>\r\n", "sip:a@10.0.1.1 3600"),
            // A new address, and the old one taken away, in either order and by itself.
            ("Contact: <sip:201@10.0.1.1:5060>;expires=0, <sip:b@10.0.1.1>\r\n", "sip:b@10.0.1.1 3600"),
            (
                "Contact: <sip:b@10.0.1.1>;expires=60, <sip:201@10.0.1.1:5060>;expires=0\r\n",
                "sip:b@10.0.1.1 60",
            ),
            ("Contact: <sip:b@10.0.1.1>;expires=0\r\n", "Known"),
            ("Contact: <sip:b@10.0.1.1>\r\nExpires: 0\r\n", "Known"),
            ("Contact: <sip:201@10.0.1.1:5060>;expires=0\r\n", "Nothing"),
            ("Contact: <sip:b@10.0.1.1>, <sip:201@10.0.1.1:5060>\r\nExpires: 0\r\n", "Nothing"),
            ("Contact: *\r\nExpires: 0\r\n", "Nothing"),
            ("Contact: *\r\nExpires: 60\r\n", "Wrong"),
            ("Contact: *\r\n", "Wrong"),
            (
                "Contact: <sip:a@h>, <sip:b@h>, <sip:c@h>, <sip:d@h>, <sip:e@h>, <sip:f@h>, <sip:g@h>, <sip:h@h>, <sip:i@h>\r\n",
                "Wrong",
            ),
        ];
        for (lines, expected) in rows {
            assert_eq!(of(lines), expected, "{lines}");
        }
    }
}
