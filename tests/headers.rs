//! Single header values of the shared corpus: which are read, and that none does harm.

use strowger::wire::sdp::Session;
use strowger::wire::sip::{Address, Malformed, Message, Name, Uri, values};
use strowger_testkit::corpus::{literal, samples};

/// A request with this header, and all that every request has.
fn request(name: &str, value: &str) -> String {
    let own = [("To", "<sip:c@example.net>"), ("Call-ID", "1")].into_iter().filter(|(own, _)| *own != name);
    let lines: String =
        own.chain([(name, value)]).map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!(
        "OPTIONS sip:a@example.net SIP/2.0\r\nVia: SIP/2.0/UDP h.example.net;branch=z9hG4bK1\r\n\
         From: <sip:b@example.net>;tag=9\r\nCSeq: 1 OPTIONS\r\n{lines}\r\n"
    )
}

/// Whether it is read, and every address in it.
fn is_read(name: &str, value: &str) -> bool {
    let text = request(name, value);
    let mut message = Message::new();
    let addresses =
        |message: &Message<'_>, name| message.items(name).all(|item| Address::parse(item).is_ok());
    message.parse(text.as_bytes()).is_ok()
        && [Name::Route, Name::RecordRoute].iter().all(|name| addresses(&message, *name))
}

/// Values that their list calls good and that are not read, each with its reason.
const REFUSED: [(&str, &str, &[&str]); 3] = [
    (
        "Authorization",
        "a challenge is no answer: neither username, uri nor response",
        &[
            r#"Digest realm="studentlev1", nonce="??????????", stale=true, algorithm=MD5"#,
            r#"Digest realm="studentlev1", nonce="??????????", stale=true"#,
            r#"Digest realm="%$s..c,\"", nonce="??????????""#,
            r#"Digest realm="%$s..c,\\\"", nonce="??????????""#,
            r#"Digest  realm= "studentlev1"  , nonce="??????????", stale=true , algorithm= MD5 "#,
            r#"Digest realm="studentlev1" , nonce="??????????", stale= true"#,
            r#"Digest realm="%$s..c,\"",   nonce ="??????????""#,
            r#"Digest realm="%$s..c,\\\"", nonce=  "??????????""#,
        ],
    ),
    (
        "Contact, To",
        "the quote is escaped, and so not closed",
        &[
            r#""j.doe\\\" <sip:j.doe:secret@big.com;transport=tcp>"#,
            r#""jack<4>\\" <sip:jack@2;method=NOTIFY?subject=spamming>"#,
        ],
    ),
    (
        "Contact, To",
        "a backslash in a user part",
        &[r"<sip:j.+d$=o\?;e:secr&=+$,@big.com;to[to?r+s=foo:&.ba=r;qsdr$/def>"],
    ),
];

/// Values that their list calls bad and that are read: a URI of a scheme that nobody knows, and a way to authenticate that is not
/// ours, are no business of the codec's.
const READ: [&str; 3] = ["zer:alice@example.com", "<zer:alice@example.com>", r#"Basic realm="jobs""#];

#[test]
fn values_are_read_as_their_lists_say() {
    let Some(lists) = samples("headers/osip") else { return };
    assert_eq!(lists.len(), 8);
    let (mut good, mut bad) = (0, 0);
    for list in lists {
        let file = list.name.rsplit('/').next().unwrap_or_default();
        let name = match file {
            "auths.txt" => "Authorization",
            "callids.txt" => "Call-ID",
            "contacts.txt" => "Contact",
            "contenttypes.txt" => "Content-Type",
            "recordroutes.txt" => "Record-Route",
            "routes.txt" => "Route",
            "tos.txt" => "To",
            "wwwas.txt" => "WWW-Authenticate",
            other => panic!("a list of what? {other}"),
        };
        let mut is_bad = false;
        for value in String::from_utf8_lossy(&list.text).lines() {
            if let Some(comment) = value.strip_prefix('#') {
                is_bad |= comment.contains("bad");
                continue;
            }
            if value.trim().is_empty() {
                continue;
            }
            let refused =
                REFUSED.iter().any(|(names, _, values)| names.contains(name) && values.contains(&value));
            let expected = if is_bad { READ.contains(&value) } else { !refused };
            assert_eq!(is_read(name, value), expected, "{name}: {value}");
            *if is_bad { &mut bad } else { &mut good } += 1;
        }
    }
    assert_eq!((good, bad), (201, 26));
}

/// Challenges and credentials of other programs that are not read: how each begins, and why.
const UNREAD: [(&str, &[&str]); 7] = [
    (
        "several challenges in a line, where the grammar has one (RFC 3261 7.3.1)",
        &[
            r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256"#,
            r#"Digest realm="linphone.org", algorithm=MD5, nonce="abcdefg", Digest"#,
            r#"Digest algorithm=MD5, realm="atlanta.com", opaque="1bc7f9097684320",nonce="c60f3082ee1212b402a21831ae" , Digest"#,
            r#"Digest algorithm=MD5, realm="atlanta.com", opaque="1bc7f9097684320", qop="auth,auth-int", nonce="c60f3082ee1212b402a21831ae", stale=true, domain="sip:boxesbybob.com",Digest"#,
        ],
    ),
    ("username* in place of username", &["Digest username*=UTF-8"]),
    (
        "no comma",
        &[
            r#"Digest realm="realm", nonce="4ee102da2fb730e04a26e8da913249b264f391c3", opaque="123", stale="true" algorithm"#,
        ],
    ),
    (
        "no uri",
        &[r#"Digest username="Alice", realm="atlanta.com", nonce="c60f3082ee1212b402a21831ae", response"#],
    ),
    ("no nonce", &[r#"Digest realm="MCI WorldCom SIP",qop="auth" , nonce-value"#]),
    (
        "no quotes",
        &[
            "Digest username=user@aim.com",
            "digest realm=Syndeo Corporation",
            "Digest realm=example.com,nonce={nonce}",
        ],
    ),
    ("apostrophes for quotes", &["Digest username='twolmsted'"]),
];

#[test]
fn challenges_and_credentials_of_other_programs() {
    let Some(lists) = samples("digest") else { return };
    let list = lists.iter().find(|list| list.name.ends_with("headers.tsv")).expect("it is listed");
    let unread =
        |value: &str| UNREAD.iter().flat_map(|(_, begins)| *begins).any(|begin| value.starts_with(begin));
    let (mut read, mut refused) = (0, 0);
    for row in String::from_utf8_lossy(&list.text).lines().skip(1) {
        let mut columns = row.split('\t');
        let (name, value) = (columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
        assert_eq!(is_read(name, value), !unread(value), "{name}: {value}");
        *if unread(value) { &mut refused } else { &mut read } += 1;
    }
    assert_eq!((read, refused), (75, 12));
}

#[test]
fn what_stopped_other_parsers_stops_none_of_ours() {
    let Some(crashers) = samples("fuzz-corpora/gortsplib-crashers") else { return };
    assert_eq!(crashers.len(), 87);
    for sample in crashers {
        let bytes = literal(&sample.text);
        let text = String::from_utf8_lossy(&bytes);
        let _ = (Session::parse(&bytes), Address::parse(&bytes), Uri::parse(&bytes), values(&bytes).count());
        for name in ["WWW-Authenticate", "Authorization", "Contact", "Via", "Session-Expires"] {
            let _ = is_read(name, &text);
        }
        let mut message = Message::new();
        let refused: Result<(), Malformed> = message.parse(&bytes);
        assert!(refused.is_err(), "{} is no SIP", sample.name);
    }
}
