//! Which challenge is answered, and that what we answer is what we would take ourselves.

use super::{Account, Count, Known, strongest};
use crate::base::{Algorithm, Crypto, Soft};
use crate::registration::digest::{Request, response};
use crate::wire::sip::{Challenge, Credentials};
use crate::wire::write::Buffer;
use std::vec::Vec;

fn challenges<'a>(lines: &[&'a str]) -> Vec<Challenge<'a>> {
    let read =
        |line: &&'a str| Challenge::parse(line.as_bytes(), false).expect("well formed").expect("a digest");
    lines.iter().map(read).collect()
}

/// Whose password is good for every realm.
const ANYBODY: Account<'_> =
    Account { username: b"elm", secret: Known::Password { password: b"", realm: b"" } };

const MD5: &str = "Digest realm=\"r\", nonce=\"m\", algorithm=MD5, qop=\"auth\"";
const OLD: &str = "Digest realm=\"r\", nonce=\"o\"";
const SHA: &str = "Digest realm=\"r\", nonce=\"s\", algorithm=SHA-256, qop=\"auth-int, auth\"";
const LONG: &str = "Digest realm=\"r\", nonce=\"l\", algorithm=SHA-512-256, qop=\"auth-int\"";

/// The strongest, whatever the order, and never less than was used before.
#[test]
fn rfc8760_2_4_the_strongest_challenge_is_answered() {
    use Algorithm::{Md5, Sha256, Sha512_256};
    // Challenges, the least that is answered, and which is: its nonce and what it protects.
    type Row<'a> = (&'a [&'a str], Option<Algorithm>, Option<(&'a str, &'a str)>);
    let rows: [Row<'_>; 12] = [
        (&[MD5], None, Some(("m", "auth"))),
        (&[OLD], None, Some(("o", ""))),
        (&[MD5, SHA], None, Some(("s", "auth"))),
        (&[SHA, MD5], None, Some(("s", "auth"))),
        (&[SHA, LONG, MD5], None, Some(("l", "auth-int"))),
        (&[MD5, OLD], None, Some(("m", "auth"))),
        (&[MD5], Some(Sha256), None),
        (&[OLD], Some(Md5), Some(("o", ""))),
        (&[SHA, MD5], Some(Sha512_256), None),
        (&["Digest realm=\"r\", nonce=\"n\", algorithm=SHA-1, qop=\"auth\""], None, None),
        (
            &["Digest realm=\"r\", nonce=\"n\", algorithm=MD5-sess, qop=\"auth\"", MD5],
            None,
            Some(("m", "auth")),
        ),
        (&["Digest realm=\"r\", nonce=\"n\", qop=\"token\""], None, None),
    ];
    for (lines, least, expected) in rows {
        let challenges = challenges(lines);
        let chosen = strongest(&challenges, false, least, &ANYBODY, &Soft::new(&[0; 32]));
        let chosen = chosen.map(|one| (one.challenge.nonce, one.qop));
        assert_eq!(
            chosen,
            expected.map(|(nonce, qop)| (nonce.as_bytes(), qop.as_bytes())),
            "{lines:?} {least:?}"
        );
        assert_eq!(
            strongest(&challenges, true, least, &ANYBODY, &Soft::new(&[0; 32])),
            None,
            "401 is not 407"
        );
    }
    let lean = crate::base::Lean::new(&[0; 32]);
    let both = challenges(&[LONG, SHA]);
    let chosen = strongest(&both, false, None, &ANYBODY, &lean).map(|one| one.algorithm);
    assert_eq!(chosen, Some(Sha256), "of what is known here");
    // A fold in a value would be one in our request.
    let folded = challenges(&["Digest realm=\"a\r\n b\", nonce=\"n\""]);
    assert_eq!(strongest(&folded, false, None, &ANYBODY, &lean), None);
}

/// What is written reads back as credentials that the server's side finds right, for every algorithm and protection.
#[test]
fn what_we_answer_is_what_a_server_expects() {
    let account = Account {
        username: b"elm",
        secret: Known::Password { password: b"Carrier-secret-2026", realm: b"" },
    };
    for line in [MD5, OLD, SHA, LONG] {
        let mut crypto = Soft::new(&[1; 32]);
        let challenges = challenges(&[line]);
        let chosen = strongest(&challenges, false, None, &account, &crypto).expect("it can be answered");
        let peer = core::net::IpAddr::from([192, 0, 2, 1]);
        let request = Request { peer, method: b"INVITE", body: &[b"v=0\r\n", b"s=-\r\n"] };
        let (uri, count) = (b"sip:5550100@192.0.2.1", Count::new(0x1F, 0xABCD_EF01_2345_6789));
        let ours = chosen.response(&account, (&request, uri), &count, &mut crypto).expect("its realm");
        let mut buffer = [0; 600];
        let mut out = Buffer::new(&mut buffer);
        chosen.write(&mut out, account.username, uri, &count, &ours);
        let len = out.finish().expect("it fits");
        let text = core::str::from_utf8(&buffer[..len]).expect("text");
        let value = text.strip_prefix("Authorization: ").and_then(|text| text.strip_suffix("\r\n"));
        let read = Credentials::parse(value.expect("one line").as_bytes(), false);
        let read = read.expect("well formed").expect("a digest");
        assert_eq!((read.username, read.uri, read.realm), (&b"elm"[..], &uri[..], &b"r"[..]), "{line}");
        let named = line.contains("algorithm");
        assert_eq!(!read.algorithm.is_empty(), named, "an algorithm is named where it was");
        if !read.qop.is_empty() {
            assert_eq!((read.nc, read.cnonce), (&b"0000001f"[..], &b"abcdef0123456789"[..]));
        }
        let ha1 = crypto.digest(chosen.algorithm, &[b"elm:r:Carrier-secret-2026"]);
        let whole = Request { body: &[b"v=0\r\ns=-\r\n"], ..request };
        let (expected, len) = response(&mut crypto, chosen.algorithm, ha1.as_bytes(), &read, &whole).hex();
        assert_eq!(read.response, &expected[..len], "{line}");
    }
}

/// RFC 2617 section 3.5 without its `qop`, as RFC 2069 counts it.
#[test]
fn rfc2069_a_server_without_qop_is_answered_as_it_expects() {
    let challenges =
        challenges(&["Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\""]);
    let mut crypto = Soft::new(&[0; 32]);
    let account =
        Account { username: b"Mufasa", secret: Known::Password { password: b"Circle Of Life", realm: b"" } };
    let chosen = strongest(&challenges, false, None, &account, &crypto).expect("it can be answered");
    let request = Request { peer: core::net::IpAddr::from([192, 0, 2, 1]), method: b"GET", body: &[] };
    let ours = chosen.response(&account, (&request, b"/dir/index.html"), &Count::new(1, 0), &mut crypto);
    let ours = ours.expect("a password is for every realm");
    let (hex, len) = ours.hex();
    assert_eq!(&hex[..len], b"670fd8c2df070c60b045671b8b24ff02");
}
