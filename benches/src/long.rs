//! Messages that are long in one way each, to show that reading them takes time in proportion.

use strowger::wire::sdp::Session;
use strowger::wire::sip::{Address, Message, values};

/// In how many bytes each kind is measured: the longer ten times the shorter.
pub const SIZES: [usize; 2] = [6_400, 64_000];

/// What is long, and what it is made of: what stands before it, what is repeated, and what stands behind it.
pub const KINDS: [(&str, [&str; 3]); 16] = [
    ("value", ["X-Long: ", "a", "\r\n"]),
    ("blanks", ["X-Long: ", " ", "a\r\n"]),
    ("tabs", ["X-Long: ", "\t", "a\r\n"]),
    ("folds", ["X-Long: a", "\r\n b", "\r\n"]),
    ("controls", ["X-Long: ", "\x01", "\r\n"]),
    ("line-feeds", ["X-Long: a", "\n", "\r\n"]),
    ("list", ["Allow: INVITE", ",INVITE", "\r\n"]),
    ("contacts", ["Contact: <sip:a@b.example>", ",<sip:a@b.example>", "\r\n"]),
    ("parameters", ["Contact: <sip:a@b.example>", ";p=1", "\r\n"]),
    ("uri-parameters", ["Contact: <sip:a@b.example", ";p=1", ">\r\n"]),
    ("escapes", ["Contact: <sip:", "%41", "@b.example>\r\n"]),
    ("quotes", ["Contact: \"", "\\\"", "\" <sip:a@b.example>\r\n"]),
    ("labels", ["Contact: <sip:a@b", ".b", ">\r\n"]),
    (
        "digest",
        [
            "Authorization: Digest username=\"a\", realm=\"b\", nonce=\"c\", uri=\"d\", response=\"e\"",
            ", p=1",
            "\r\n",
        ],
    ),
    (
        "attributes",
        [
            "Content-Type: application/sdp\r\n\r\nv=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n",
            "a=rtpmap:0 PCMU/8000\r\n",
            "",
        ],
    ),
    (
        "streams",
        [
            "Content-Type: application/sdp\r\n\r\nv=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n",
            "m=audio 4000 RTP/AVP 0\r\n",
            "",
        ],
    ),
];

/// A message of that kind and about so many bytes; `None` for a kind that there is not.
#[must_use]
pub fn message(kind: &str, size: usize) -> Option<Vec<u8>> {
    let (_, [before, piece, behind]) = KINDS.iter().find(|(known, _)| *known == kind)?;
    let head = "OPTIONS sip:a@b.example SIP/2.0\r\nVia: SIP/2.0/UDP c.example;branch=z9hG4bK1\r\nFrom: <sip:a@b.example>;tag=1\r\n\
        To: <sip:a@b.example>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n";
    let end = if behind.is_empty() { "" } else { "\r\n" };
    let pieces = size.saturating_sub(head.len() + before.len()) / piece.len();
    Some(format!("{head}{before}{}{behind}{end}", piece.repeat(pieces)).into_bytes())
}

/// Reads a message, the values of each line one by one, and its description, whether they are well formed or not.
#[inline(never)]
pub fn read_measured(bytes: &[u8]) -> usize {
    let mut message = Message::new();
    let _ = message.parse(bytes);
    let lines = message.lines.iter().map(|line| {
        let items =
            values(message.value(line)).map(|item| usize::from(Address::parse(item).is_ok()).wrapping_add(1));
        items.sum::<usize>()
    });
    let lines: usize = lines.sum();
    lines.wrapping_add(Session::parse(message.body).map_or(0, |session| session.media.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_is_ten_times_the_shorter() {
        for (kind, _) in KINDS {
            let [short, long] = SIZES.map(|size| message(kind, size).map_or(0, |bytes| bytes.len()));
            assert!(long > short * 9 && long <= short * 11, "{kind}: {short}, {long}");
        }
        assert!(message("none", 1).is_none());
    }
}
