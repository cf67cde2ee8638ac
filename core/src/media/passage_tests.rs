//! Descriptions pass in pieces of every size, and nothing changes but what has to.

use super::direction::Limits;
use super::judge::Pass;
use super::passage::{Filter, Passage};
use super::place::Places;
use super::summary::Summary;
use crate::base::write::Buffer;
use crate::wire::sdp::{Direction, MAX_MEDIA};
use std::string::String;

const KEY: &str = "AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";

fn passed(text: &str, passage: Passage, piece: usize) -> String {
    let mut octets = [0; 2048];
    let mut out = Buffer::new(&mut octets);
    let mut filter = Filter::new(passage);
    text.as_bytes().chunks(piece).for_each(|piece| filter.put(&mut out, piece));
    filter.finish(&mut out);
    let len = out.finish().unwrap();
    String::from_utf8(octets[..len].to_vec()).unwrap()
}

#[test]
fn keys_are_left_out_wherever_the_pieces_end() {
    let text = std::format!(
        "v=0\r\na=fingerprint:sha-256 AA\r\na=setup:active\r\nm=audio 1 RTP/AVP 0\r\na=crypto:1 {KEY}\r\na=crypt:x\r\na=sendrecv\r\na=zrtp-hash:1 x"
    );
    let kept = |names: &[&str]| {
        text.split_inclusive('\n')
            .filter(|line| names.iter().all(|name| !line.starts_with(name)))
            .collect::<String>()
    };
    let less = |pass| Passage { pass, ..Passage::UNCHANGED };
    for piece in 1..text.len() {
        assert_eq!(passed(&text, less(Pass::WithKeys), piece), text);
        assert_eq!(passed(&text, less(Pass::WithoutSdes), piece), kept(&["a=crypto:"]));
        let all = ["a=crypto:", "a=fingerprint", "a=setup", "a=zrtp-hash"];
        assert_eq!(passed(&text, less(Pass::Clear), piece), kept(&all));
    }
}

fn relay() -> Places {
    Places::at("192.0.2.7".parse().unwrap(), &[[30_000, 30_001], [0, 0], [30_004, 30_004]])
}

#[test]
fn media_goes_to_the_relay_wherever_the_pieces_end() {
    let text = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\na=ice-lite\r\n\
        m=audio 4000 RTP/SAVP 0 8\r\na=rtcp:4001 IN IP4 10.0.0.1\r\na=crypto:1 x\r\na=candidate:1 1 UDP 1 10.0.0.1 4000 typ host\r\n\
        m=video 0 RTP/AVP 31\r\na=rtcp:9\r\n\
        m=video 4002/2 RTP/AVP 31\r\nc=IN IP4 10.0.0.3/127\r\na=rtcp-mux\r\na=sendonly";
    let wanted = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n\
        m=audio 30000 RTP/SAVP 0 8\r\na=rtcp:30001\r\na=crypto:1 x\r\n\
        m=video 0 RTP/AVP 31\r\na=rtcp:9\r\n\
        m=video 30004 RTP/AVP 31\r\nc=IN IP4 192.0.2.7\r\na=rtcp-mux\r\na=sendonly";
    for piece in 1..text.len() {
        let passage = Passage { to: Some(relay()), ..Passage::UNCHANGED };
        assert_eq!(passed(text, passage, piece), wanted, "pieces of {piece}");
    }
}

#[test]
fn refused_streams_have_port_0_and_everything_else_stays() {
    let text = "v=0\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\nm=video 4002/2 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\nm=x 5 y z\r\nm=video 4004 RTP/AVP 31\r\n";
    for (refused, places) in [(0b1010, &["4002/2", "4004"][..]), (0b100, &["5"]), (0b1, &["4000"])] {
        let port = |text: String, place: &&str| text.replace(&std::format!(" {place} "), " 0 ");
        let wanted = places.iter().fold(text.into(), port);
        for to in [None, Some(six([0, 0]))] {
            for piece in 1..text.len() {
                let passage = Passage { refused, to, ..Passage::UNCHANGED };
                let passed = passed(text, passage, piece);
                assert_eq!(passed, wanted, "pieces of {piece}");
            }
        }
    }
}

/// What is not looked at does not go on: a ninth stream and further ones are refused (RFC 3264 section 6).
#[test]
fn streams_beyond_the_eighth_are_refused_by_the_last_bit() {
    let text: String = (0..11).map(|n| std::format!("m=audio {} RTP/AVP 0\r\n", 4000 + n)).collect();
    let kept: String = (0..8).map(|n| std::format!("m=audio {} RTP/AVP 0\r\n", 4000 + n)).collect();
    let passage = Passage { refused: 1 << MAX_MEDIA, ..Passage::UNCHANGED };
    assert_eq!(passed(&text, passage, 7), kept + &"m=audio 0 RTP/AVP 0\r\n".repeat(3));
}

fn six(ports: [u16; 2]) -> Places {
    Places::at("2001:db8::1".parse().unwrap(), &[ports])
}

#[test]
fn r100_a_held_stream_stays_held() {
    for held in ["IP4 0.0.0.0", "IP6 ::"] {
        let text = std::format!("v=0\r\ns=-\r\nc=IN {held}\r\nm=audio 4000 RTP/AVP 0\r\n");
        let passage = Passage { pass: Pass::Clear, to: Some(six([0, 0])), refused: 0, limits: Limits::NONE };
        assert_eq!(passed(&text, passage, 3), text);
    }
    let text = "v=0\nc=IN IP6 ::7\nm=audio 4000 RTP/AVP 0\n";
    let passage = Passage { pass: Pass::Clear, to: Some(six([4, 5])), refused: 0, limits: Limits::NONE };
    assert_eq!(passed(text, passage, 1), "v=0\nc=IN IP6 2001:db8::1\r\nm=audio 4 RTP/AVP 0\n");
}

const DIRECTIONS: [&str; 4] = ["sendrecv", "sendonly", "recvonly", "inactive"];

/// What the answer to streams with these lines may not say.
fn limits(streams: &[&str]) -> Limits {
    let streams: String =
        streams.iter().map(|line| std::format!("m=audio 4000 RTP/AVP 0\r\n{line}")).collect();
    let offer = std::format!("v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\n{streams}");
    let offer = Summary::read(offer.as_bytes());
    assert_ne!(offer, Summary::NONE);
    offer.limits()
}

fn answered(text: &str, limits: Limits) -> String {
    let passage = Passage { limits, ..Passage::UNCHANGED };
    let whole = passed(text, passage, text.len());
    for piece in 1..text.len() {
        assert_eq!(passed(text, passage, piece), whole, "pieces of {piece}");
    }
    whole
}

/// What is offered, and what becomes of `sendrecv`, `sendonly`, `recvonly` and `inactive` in the answer.
const TABLE: [(&str, [&str; 4]); 4] = [
    ("sendrecv", DIRECTIONS),
    ("sendonly", ["recvonly", "inactive", "recvonly", "inactive"]),
    ("recvonly", ["sendonly", "sendonly", "inactive", "inactive"]),
    ("inactive", ["inactive"; 4]),
];

#[test]
fn r92_an_answer_says_no_more_than_its_offer_leaves_it() {
    for (offered, wanted) in TABLE {
        let limits = limits(&[&std::format!("a={offered}\r\n")]);
        for (said, wanted) in DIRECTIONS.into_iter().zip(wanted) {
            // By the stream, at its end, in the middle, and without an end.
            for (head, tail) in [("", ""), ("a=ptime:20\r\n", ""), ("", "a=ptime:20\r\n")] {
                let text = |direction| {
                    std::format!("v=0\r\na=x\r\nm=audio 4000 RTP/AVP 0\r\n{head}a={direction}\r\n{tail}")
                };
                assert_eq!(answered(&text(said), limits), text(wanted), "{offered}");
                let unended = text(said).trim_ascii_end().replace('\r', "");
                assert_eq!(answered(&unended, limits), text(wanted).trim_ascii_end().replace('\r', ""));
            }
            // For all streams: what is lacking is said by the stream.
            let own = if said == wanted { String::new() } else { std::format!("a={wanted}\r\n") };
            let text =
                |own: &str| std::format!("v=0\r\na={said}\r\nm=audio 4000 RTP/AVP 0\r\na=ptime:20\r\n{own}");
            assert_eq!(answered(&text(""), limits), text(&own), "{offered} {said}");
        }
    }
}

/// Nothing said is `sendrecv`: the line that is lacking comes at the end of its stream.
#[test]
fn r92_a_direction_that_is_lacking_is_added() {
    let limits = limits(&["a=sendonly\r\n", "", "a=inactive\r\n"]);
    let text = |own: [&str; 2], end: &str| {
        let [one, three] = own;
        std::format!(
            "v=0\r\nm=audio 1 RTP/AVP 0\r\na=x\r\n{one}m=audio 2 RTP/AVP 0\r\nm=audio 3 RTP/AVP 0{end}{three}"
        )
    };
    let lines = ["a=recvonly\r\n", "a=inactive\r\n"];
    assert_eq!(answered(&text([""; 2], "\r\n"), limits), text(lines, "\r\n"));
    assert_eq!(answered(&text([""; 2], ""), limits), text(lines, "\r\n"), "the last line has no end");
    assert_eq!(answered(&text([""; 2], "\r\na=send"), limits), text(lines, "\r\na=send\r\n"));
    assert_eq!(answered(&text([""; 2], "\r\na=sendonly "), limits), text(lines, "\r\na=sendonly \r\n"));
    // Nothing may follow blank lines.
    let blank = text([lines[0], ""], "\r\n") + lines[1] + "\r\n\n";
    assert_eq!(answered(&text([""; 2], "\r\n\r\n\n"), limits), blank);
    // The last line is left out.
    let passage = Passage { pass: Pass::Clear, limits, ..Passage::UNCHANGED };
    assert_eq!(passed(&text([""; 2], "\r\na=crypto:x"), passage, 3), text(lines, "\r\n"));
}

/// What is right goes on octet for octet: every direction in every form where nothing limits it, and what is refused anyway.
#[test]
fn r92_right_answers_and_refused_streams_are_not_touched() {
    let limited = limits(&["a=sendonly\r\n", "a=inactive\r\n"]);
    let text = "v=0\na=inactive\nm=audio 4000 RTP/AVP 0\na=recvonly\nm=audio 4002 RTP/AVP 0\na=ptime:20";
    assert_eq!(answered(text, limited), text);
    for port in ["0", "00", "0/2"] {
        for line in ["a=sendrecv\r\n", ""] {
            let text = std::format!("v=0\r\nm=audio {port} RTP/AVP 0\r\n{line}m=audio 0 RTP/AVP 0\r\n{line}");
            assert_eq!(answered(&text, limited), text);
        }
    }
    let text = "v=0\r\nm=audio 4000 RTP/AVP 0\r\nm=audio 0100 RTP/AVP 0\r\na=inactive\r\n";
    let passage = Passage { refused: 1, limits: limited, ..Passage::UNCHANGED };
    assert_eq!(passed(text, passage, 1), text.replacen("4000", "0", 1));
}

/// The offer's streams go before its session; hold by an address, groups and refused streams limit nothing.
#[test]
fn r92_what_limits_an_answer() {
    let limits = |session: &str, streams: &str| {
        let text = std::format!("v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\n{session}\r\n{streams}\r\n");
        Summary::read(text.as_bytes()).limits()
    };
    let said = |limits: Limits| limits.narrowed(0, Direction::SendRecv);
    let stream = "m=audio 4000 RTP/AVP 0";
    let own = std::format!("{stream}\r\na=recvonly");
    assert_eq!(said(limits("c=IN IP4 10.0.0.1\r\na=sendonly", stream)), Direction::RecvOnly);
    assert_eq!(said(limits("c=IN IP4 10.0.0.1\r\na=sendonly", &own)), Direction::SendOnly);
    assert_eq!(limits("c=IN IP4 0.0.0.0", stream), Limits::NONE);
    assert_eq!(said(limits("c=IN IP4 0.0.0.0\r\na=inactive", stream)), Direction::Inactive);
    for group in ["IP4 224.2.1.1/127", "IP6 ff15::101/3"] {
        assert_eq!(limits(&std::format!("c=IN {group}\r\na=recvonly"), stream), Limits::NONE);
    }
    assert_eq!(limits("c=IN IP4 10.0.0.1\r\na=sendonly", "m=audio 0 RTP/AVP 0"), Limits::NONE);
    let eight = ["m=audio 4000 RTP/AVP 0"; 9].join("\r\n");
    let eight = limits("c=IN IP4 10.0.0.1\r\na=inactive", &eight);
    assert_eq!(eight.narrowed(7, Direction::SendRecv), Direction::Inactive);
    assert_eq!(eight.narrowed(8, Direction::SendRecv), Direction::SendRecv, "that one is refused");
}

/// Over the relay and with keys left out, all at once.
#[test]
fn r92_directions_are_narrowed_on_the_way_over_the_relay() {
    let text = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\n\
        m=audio 4000 RTP/AVP 0\r\na=crypto:1 x\r\na=sendrecv\r\na=rtcp:4001\r\nm=video 0 RTP/AVP 31\r\nm=audio 4 RTP/AVP 0\r\n";
    let wanted = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 192.0.2.7\r\n\
        m=audio 30000 RTP/AVP 0\r\na=recvonly\r\na=rtcp:30001\r\nm=video 0 RTP/AVP 31\r\nm=audio 30004 RTP/AVP 0\r\na=sendonly\r\n";
    let limits = limits(&["a=sendonly\r\n", "a=inactive\r\n", "a=recvonly\r\n"]);
    for piece in 1..text.len() {
        let passage = Passage { pass: Pass::Clear, to: Some(relay()), refused: 0, limits };
        assert_eq!(passed(text, passage, piece), wanted, "pieces of {piece}");
    }
}
