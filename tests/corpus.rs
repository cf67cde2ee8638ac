//! Every SIP message of the shared corpus, with the verdict that its manifest states: what is valid is read, and written again to what
//! means the same; what is not is refused, with the right status and nothing else.
//!
//! What is wrong with a message is found a second time by a naive reader (`corpus/naive.rs`). What only the grammar of a value tells is
//! listed here, each with its reason.

#[path = "corpus/meaning.rs"]
mod meaning;
#[path = "corpus/mending.rs"]
mod mending;
#[path = "corpus/messages.rs"]
mod messages;
#[path = "corpus/naive.rs"]
mod naive;
mod office;

use meaning::{assert_kept, emitted};
use mending::mended;
use messages::messages;
use naive::faults;
use office::{Office, exchange_address, phone_address};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use strowger::wire::sip::{Malformed, Message, Method};
use strowger_testkit::corpus::Sample;
use strowger_testkit::sim::Datagram;

/// Messages whose values do not follow their grammar, or in which it leaves open what is meant: by the engine's reason, and why.
const GRAMMAR: [(&str, &str, &[&str]); 24] = [
    ("Request-URI too long", "2,973 octets", &["fuzz-corpora/osip/sip67"]),
    ("message too long", "75,896 octets", &["fuzz-corpora/osip/sip87"]),
    (
        "malformed CSeq",
        "not a number below 2^31, or nothing behind it",
        &[
            "sip-messages/ersip/ersip_trans_test_L00192.sip",
            "sip-messages/kamailio/invite4-cseq.sip",
            "sip-torture/rfc4475/scalar02.dat",
            "sip-torture/rfc4475/scalarlg.dat",
            "sip-torture/variants/badcseq.dat",
        ],
    ),
    ("malformed Contact", "a blank in the URI", &["sip-messages/sipsorcery/SIPResponseUnitTest_L00382.sip"]),
    ("malformed From", "two semicolons; the RFC's own slip", &["call-flows/rfc3428/s10_004_msg.sip"]),
    (
        "malformed From",
        "two display names",
        &["fuzz-corpora/osip/sip-malformed9", "fuzz-corpora/osip/torture_msgs2#1"],
    ),
    ("malformed From", "an empty tag", &["fuzz-corpora/osip/sip2"]),
    ("malformed From", "a comma in a display name without quotes", &["sip-torture/rfc4475/baddn.dat"]),
    ("malformed From", "a backslash before the quote", &["traces/suricata-compact/001.sip"]),
    (
        "malformed From",
        "an IPv4 address with leading zeros, which some read as octal",
        &["sip-messages/sipsorcery/SIPTransactionUnitTest_L00037.sip"],
    ),
    (
        "malformed To",
        "no scheme",
        &[
            "sip-messages/ersip/ersip_hdr_cseq_test_L00071.sip",
            "sip-messages/ersip/ersip_hdr_cseq_test_L00085.sip",
            "sip-messages/kamailio/register04.sip",
        ],
    ),
    ("malformed To", "letters beyond ASCII in a URI", &["sip-messages/ersip/ersip_trans_test_L00167.sip"]),
    ("malformed To", "an empty tag", &["sip-messages/kamailio/pingtel.sip"]),
    (
        "malformed To",
        "a host of digits that is no address",
        &["sip-messages/sipsorcery/SIPRequestUnitTest_L00552.sip"],
    ),
    ("malformed To", "a quote that is not closed", &["fuzz-corpora/osip/torture_msgs2#61"]),
    ("malformed To", "a blank in the URI", &["sip-messages/sipsorcery/TortureTests_L00258.sip"]),
    ("malformed To", "two tags", &["traces/sngrep-ipv6frag/024.sip", "traces/sngrep-ipv6frag/025.sip"]),
    (
        "malformed Via",
        "no branch, an empty one, or an empty parameter",
        &[
            "fuzz-corpora/osip/torture_msgs2#57",
            "sip-messages/ersip/ersip_conn_test_L00364.sip",
            "sip-messages/kamailio/invite6-badbranch-via.sip",
            "sip-messages/sipsorcery/SIPRequestUnitTest_L01178.sip",
        ],
    ),
    ("malformed Via", "letters in the port", &["sip-messages/sipsorcery/SIPRequestUnitTest_L00222.sip"]),
    ("malformed challenge", "no comma", &["sip-messages/ersip/ersip_hdr_auth_test_L00054.sip"]),
    (
        "malformed credentials",
        "no comma; the RFC's own slip",
        &["call-flows/rfc3665/s2.1_003_F3-REGISTER-Bob-SIP-Server.sip"],
    ),
    (
        "malformed credentials",
        "a quote that is not closed, or is an apostrophe",
        &["sip-messages/kamailio/short_nonce.sip", "sip-messages/sipsorcery/SIPRequestUnitTest_L00072.sip"],
    ),
    (
        "malformed start line",
        "an IPv6 address without brackets",
        &["sip-messages/sipsorcery/TortureTests_L00120.sip", "sip-torture/rfc5118/ipv6-bad.dat"],
    ),
    (
        "malformed start line",
        "angle brackets around the URI",
        &["fuzz-corpora/osip/sip-malformed12", "sip-torture/rfc4475/ltgtruri.dat"],
    ),
];

/// Valid by the manifest, and refused by the reading that this codec states (docs/sip-reading.md): white space before a colon.
const TIGHT: [&str; 2] = ["sip-torture/rfc4475/longreq.dat", "sip-torture/rfc4475/wsinv.dat"];

fn read(text: &[u8]) -> (Message<'_>, Result<(), Malformed>) {
    let mut message = Message::new();
    let result = message.parse(text);
    (message, result)
}

#[test]
fn what_is_valid_is_read_and_what_is_not_is_refused() {
    let Some(all) = messages() else { return };
    assert_eq!(all.len(), 849);
    let mut by_grammar = BTreeSet::new();
    for Sample { name, text, .. } in &all {
        for text in [text, &mended(text)] {
            let found = faults(text);
            let (message, result) = read(text);
            match result {
                Ok(()) => {
                    assert_eq!(found, BTreeSet::new(), "{name} was read");
                    assert_kept(name, &message);
                }
                Err(why) => {
                    assert_eq!(emitted(&message), Err(why), "{name}: refused, and may be passed on");
                    if found.is_empty() {
                        by_grammar.insert((why.reason, name.as_str()));
                    }
                }
            }
        }
    }
    let listed: BTreeSet<_> =
        GRAMMAR.iter().flat_map(|(reason, _, names)| names.iter().map(|name| (*reason, *name))).collect();
    let differ: Vec<_> = by_grammar.symmetric_difference(&listed).collect();
    assert!(differ.is_empty(), "refused and not listed, or listed and not refused: {differ:?}");
}

/// What the manifest says of a message: whether it must be read, or refused with one of these; `None` if both may be.
fn verdict(said: &str) -> Option<Result<(), BTreeSet<u16>>> {
    let status = |word: &str| word.parse().ok().filter(|status| (400..700).contains(status));
    let statuses = || said.split(|c: char| !c.is_ascii_digit()).filter_map(status).collect();
    match said.split([':', ' ']).next() {
        Some("valid") => Some(Ok(())),
        Some("invalid") => Some(Err(statuses())),
        _ if said.contains("must be refused") => Some(Err(statuses())),
        _ => None,
    }
}

#[test]
fn every_verdict_of_the_manifest_is_kept() {
    let Some(all) = messages() else { return };
    let (mut valid, mut invalid, mut unmended) = (0, 0, 0);
    for Sample { name, said, text } in &all {
        // What a page of a document left out, or how it was copied, is mended as the manifest says.
        let text = if name.starts_with("call-flows") { &mended(text) } else { text };
        let (_, result) = read(text);
        let elided =
            !faults(text).is_empty() || GRAMMAR.iter().any(|(.., names)| names.contains(&name.as_str()));
        match (verdict(said), result) {
            (Some(Ok(())), Err(why)) if TIGHT.contains(&name.as_str()) => {
                assert_eq!(why.reason, "white space before the colon")
            }
            (Some(Ok(())), result) if !elided => {
                assert_eq!(result, Ok(()), "{name}: {said}");
                valid += 1;
            }
            (Some(Ok(())), _) => {
                assert!(name.starts_with("call-flows"), "{name}: {said}");
                unmended += 1;
            }
            (Some(Err(statuses)), Err(why)) => {
                assert!(statuses.is_empty() || statuses.contains(&why.status), "{name}: {why}, but {said}");
                invalid += 1;
            }
            (Some(Err(_)), Ok(())) => panic!("{name} was read: {said}"),
            (None, _) => {}
        }
    }
    assert_eq!((valid, invalid, unmended), (134, 28, 12));
}

/// What an exchange sends at once when it gets a message from there: statuses; nothing goes anywhere else.
fn answers(office: &mut Office, from: SocketAddr, text: &[u8]) -> Vec<u16> {
    office.sim.sent.clear();
    office.sim.inject(from, exchange_address(), text);
    let status = |datagram: &Datagram| {
        assert_eq!(datagram.to.ip(), from.ip(), "an answer goes where the message came from");
        let (message, result) = read(&datagram.bytes);
        assert_eq!(
            (result, faults(&datagram.bytes)),
            (Ok(()), BTreeSet::new()),
            "what is sent is well formed"
        );
        message.code().expect("an answer")
    };
    office.sim.sent.iter().map(status).collect()
}

const NOTHING: [u16; 0] = [];

/// What a stranger hears who sends a message of RFC 4475 that is well formed, and means something that is not served.
const SERVED: [(&str, &[u16]); 10] = [
    ("bcast.dat", &[]),
    ("bext01.dat", &[420]),
    ("cparam01.dat", &[401]),
    ("dblreq.dat", &[401]),
    ("escnull.dat", &[401]),
    ("inv2543.dat", &[401]),
    ("novelsc.dat", &[416]),
    ("regescrt.dat", &[401]),
    ("unkscm.dat", &[416]),
    ("zeromf.dat", &[200]),
];

#[test]
fn what_is_refused_gets_the_right_status_and_nothing_else() {
    let Some(all) = messages() else { return };
    for registered in [false, true] {
        let mut office = Office::registered(1);
        office.sim.keep_sent = true;
        let mut strangers =
            (1..=u16::MAX).map(|n| SocketAddr::from(([10, 7, (n >> 8) as u8, n as u8], 5060)));
        for Sample { name, text, .. } in &all {
            for text in [text, &mended(text)] {
                let stranger = strangers.next().expect("there are enough");
                let from = if registered { phone_address(0) } else { stranger };
                let (message, result) = read(text);
                let heard = answers(&mut office, from, text);
                match result {
                    Err(why) if message.answerable() => assert_eq!(heard, [why.status], "{name}: {why}"),
                    Err(why) => assert_eq!(heard, NOTHING, "{name}: {why}"),
                    Ok(()) if message.code().is_some() => {
                        assert_eq!(heard, NOTHING, "{name}: an answer to nothing")
                    }
                    // Nobody here has sent it, and nobody's password is in it.
                    Ok(()) => match message.method() {
                        Some(Method::Ack) => assert_eq!(heard, NOTHING, "{name}"),
                        Some(Method::Options) => {
                            assert!(matches!(heard[..], [200 | 416 | 420 | 481]), "{name}: {heard:?}")
                        }
                        _ => assert!(matches!(heard[..], [400..=699]), "{name}: {heard:?}"),
                    },
                }
                if let Some((_, served)) = SERVED.iter().find(|(file, _)| name.ends_with(file)) {
                    assert_eq!(heard, *served, "{name}");
                }
            }
        }
        office.call("201", "202");
        office.until_talks("202");
        office.hang_up("201");
        office.until_over("202");
        office.assert_nothing_left();
    }
}

/// RFC 3261 8.2.2.3: every option tag that is not supported is named, and no other.
#[test]
fn what_is_required_and_not_supported_is_named() {
    let mut office = Office::new(1);
    office.sim.keep_sent = true;
    for (lines, unsupported) in [
        ("Require: foo\r\n", &["foo"][..]),
        (
            "Require: timer, foo ,\r\n 100rel\r\nProxy-Require: Bar\r\nREQUIRE: path\r\n",
            &["foo", "100rel", "path", "Bar"],
        ),
        ("Require: timer\r\nSupported: foo\r\n", &[]),
    ] {
        let text = format!(
            "OPTIONS sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.6.6.6;branch=z9hG4bK1\r\nFrom: <sip:a@b.example>;tag=1\r\n\
             To: <sip:10.0.0.1>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n{lines}\r\n"
        );
        let heard = answers(&mut office, SocketAddr::from(([10, 6, 6, 6], 5060)), text.as_bytes());
        assert_eq!(heard, [if unsupported.is_empty() { 200 } else { 420 }], "{lines}");
        let answer = String::from_utf8_lossy(&office.sim.sent[0].bytes).into_owned();
        let named: Vec<&str> = answer.lines().filter_map(|line| line.strip_prefix("Unsupported: ")).collect();
        assert_eq!(named, unsupported, "{lines}");
    }
}
