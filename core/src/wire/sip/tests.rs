//! Rows of good and bad texts per header, framing, what could be smuggled, and messages with every byte disturbed.

use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use super::header::{ALL, known};
use super::*;

const INVITE: &str = "INVITE sip:4711;phone-context=plant@pbx.example.net:5070;transport=udp SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.7:5062;rport;branch=z9hG4bKa1b2c3, SIP/2.0/TCP [2001:db8::5]:5060;branch=z9hG4bKx\r\n\
    Max-Forwards: 69\r\n\
    f: \"Desk \\\"A\\\" 3\" <sip:201@example.net;x=y>;tag=t-201\r\n\
    To: Hall <sip:4711@example.net>\r\n\
    i: 9c0e@192.0.2.7\r\n\
    CSeq: 31 INVITE\r\n\
    m: <sip:201@192.0.2.7:5062>;expires=90;q=0.5,\r\n\t sip:201@backup.example.net;q=1\r\n\
    Proxy-Authorization: Digest username=\"201\",realm=\"ex\\\"ample\", nonce=\"n0,n1\" ,uri=\"sip:4711@pbx\",\r\n \
      response=\"0123456789abcdef0123456789abcdef\", algorithm=MD5, cnonce=\"c\", opaque=\"\", qop=auth, nc=0000001f\r\n\
    k: timer, 100rel\r\n\
    Supported: replaces\r\n\
    Require: timer\r\n\
    x: 1800;refresher=uas\r\n\
    Min-SE: 120\r\n\
    Record-Route: <sip:p1.example.net;lr>,<sip:p2.example.net;lr>\r\n\
    X-Own:\r\n\
    c: application/sdp ; charset=utf-8\r\n\
    l: 4\r\n\
    \r\n\
    v=0\n";
const RESPONSE: &str = "SIP/2.0 407 Proxy Authentication Required\r\n\
    Via: SIP/2.0/TLS edge.example.org;branch=z9hG4bK77;received=198.51.100.4;rport=40112\r\n\
    From: <tel:+4930123456;phone-context=x>;tag=1\r\n\
    To: <urn:service:sos>;tag=2\r\n\
    Call-ID: a-b-c\r\n\
    CSeq: 2147483647 INVITE\r\n\
    Retry-After: 99999999999 (busy);duration=5\r\n\
    Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\", stale=TRUE, qop=\"auth,auth-int\", algorithm=SHA-256\r\n\
    WWW-Authenticate: Other a=b\r\n\
    Content-Length: 0\r\n\
    \r\n";
const REGISTER: &str = "REGISTER sip:example.net SIP/2.0\r\n\
    Via: SIP/2.0/UDP [2001:db8::9]:5060;branch=z9hG4bKr\r\n\
    From: sip:300@example.net;tag=r\r\n\
    To: sip:300@example.net\r\n\
    Call-ID: reg\r\n\
    CSeq: 7 REGISTER\r\n\
    Contact: *\r\n\
    Expires: 0\r\n\
    Authorization: Digest username=\"300\", realm=\"r\", nonce=\"n\", uri=\"sip:example.net\", response=\"00\"\r\n\
    \r\n";

/// Parses into a fresh message.
fn read(text: &[u8]) -> (Message<'_>, Result<(), Malformed>) {
    let mut message = Message::new();
    let result = message.parse(text);
    (message, result)
}

/// A request with `lines` in place of, or added to, the five headers every message has.
fn request(lines: &str) -> String {
    let mut text = String::from("OPTIONS sip:a@example.net SIP/2.0\r\n");
    for (name, line) in [
        ("Via", "Via: SIP/2.0/UDP h.example.net;branch=z9hG4bK1\r\n"),
        ("From", "From: <sip:b@example.net>;tag=9\r\n"),
        ("To", "To: <sip:a@example.net>\r\n"),
        ("Call-ID", "Call-ID: c1\r\n"),
        ("CSeq", "CSeq: 5 OPTIONS\r\n"),
    ] {
        if !lines.starts_with(name) {
            text.push_str(line);
        }
    }
    text.push_str(lines);
    text.push_str("\r\n\r\n");
    text
}

/// Status of the request with these lines, 200 if it is well formed.
fn status(lines: &str) -> u16 {
    read(request(lines).as_bytes()).1.map_or_else(|malformed| malformed.status, |()| 200)
}

#[test]
fn an_invite_is_typed() {
    let (message, result) = read(INVITE.as_bytes());
    assert_eq!(result, Ok(()));
    let Start::Request { method, uri, uri_text, .. } = message.start else { panic!("a request") };
    assert_eq!((method, uri_text), (Method::Invite, &INVITE.as_bytes()[7..70]));
    assert_eq!(
        (uri.user, uri.host, uri.port),
        (&b"4711;phone-context=plant"[..], Host::Name(b"pbx.example.net"), Some(5070))
    );
    assert_eq!(uri.param(b"Transport"), Some(Some(&b"udp"[..])));
    let via = message.via.unwrap();
    assert_eq!(
        (via.sent_by, via.branch, via.rport),
        (&b"192.0.2.7:5062"[..], Some(&b"z9hG4bKa1b2c3"[..]), true)
    );
    assert_eq!(via.text, b"SIP/2.0/UDP 192.0.2.7:5062;rport;branch=z9hG4bKa1b2c3");
    assert_eq!(message.items(Name::Via).count(), 2);
    assert!(message.items(Name::Via).all(|value| Via::parse(value).is_ok()));
    assert_eq!(message.max_forwards, Some(69));
    let from = message.from.unwrap();
    assert_eq!((from.display, from.tag()), (&b"Desk \\\"A\\\" 3"[..], Some(&b"t-201"[..])));
    assert_eq!((from.uri.params, from.params), (&b"x=y"[..], &b"tag=t-201"[..]));
    let to = message.to.unwrap();
    assert_eq!((to.display, to.tag(), to.uri.user), (&b"Hall"[..], None, &b"4711"[..]));
    assert_eq!(message.call_id, b"9c0e@192.0.2.7");
    assert_eq!(message.cseq.map(|cseq| (cseq.number, cseq.method)), Some((31, Method::Invite)));
    assert_eq!(message.contact.list.len(), 2);
    let [first, second] = [message.contact.list[0], message.contact.list[1]];
    assert_eq!((first.expires(), first.q(), first.uri.port), (Some(90), 500, Some(5062)));
    assert_eq!(
        (second.expires(), second.q(), second.uri.host),
        (None, 1000, Host::Name(b"backup.example.net"))
    );
    assert_eq!(second.text, b"sip:201@backup.example.net;q=1");
    let credentials = message.credentials[0];
    assert!(credentials.proxy && credentials.nonce == b"n0,n1" && credentials.realm == b"ex\\\"ample");
    assert_eq!(
        (credentials.nc, credentials.qop, credentials.opaque),
        (&b"0000001f"[..], &b"auth"[..], &b""[..])
    );
    assert!(message.lists(Name::Supported, b"100REL") && message.lists(Name::Supported, b"replaces"));
    assert!(!message.lists(Name::Supported, b"100") && message.require == Some(b"timer"));
    assert_eq!(
        message.session_expires,
        Some(SessionExpires { seconds: 1800, refresher: Some(Refresher::Uas) })
    );
    assert_eq!((message.min_se, message.content_length), (Some(120), Some(4)));
    assert_eq!((message.content_type, message.body), (Some(&b"application/sdp"[..]), &b"v=0\n"[..]));
    let own = message.lines.iter().find(|line| line.name == Name::Other).unwrap();
    assert_eq!((message.name(own), message.value(own)), (&b"X-Own"[..], &b""[..]));
    let routes: Vec<_> =
        message.items(Name::RecordRoute).map(|route| Address::parse(route).unwrap()).collect();
    assert!(routes.len() == 2 && routes.iter().all(|route| route.uri.param(b"lr") == Some(None)));
    assert!(message.answerable());
}

#[test]
fn a_response_is_typed() {
    let (message, result) = read(RESPONSE.as_bytes());
    assert_eq!(result, Ok(()));
    assert_eq!(message.start, Start::Response { code: 407, reason: b"Proxy Authentication Required" });
    let via = message.via.unwrap();
    assert_eq!((via.received, via.rport, via.rport_value), (Some(&b"198.51.100.4"[..]), false, Some(40112)));
    assert_eq!(via.transport, Transport::Tls);
    let (from, to) = (message.from.unwrap(), message.to.unwrap());
    assert_eq!(
        (from.uri.scheme, from.uri.user, from.uri.params),
        (Scheme::Tel, &b"+4930123456"[..], &b"phone-context=x"[..])
    );
    assert_eq!(
        (to.uri.scheme, to.uri.user, to.uri.text),
        (Scheme::Urn, &b"service:sos"[..], &b"urn:service:sos"[..])
    );
    assert_eq!(message.retry_after, Some(u32::MAX));
    assert_eq!(message.challenges.len(), 1);
    let challenge = message.challenges[0];
    assert!(challenge.proxy && challenge.stale && challenge.qop == b"auth,auth-int");
    assert!(!message.answerable());
}

#[test]
fn a_message_is_used_again() {
    let mut message = Message::new();
    for text in [INVITE, RESPONSE, REGISTER, INVITE] {
        assert_eq!(message.parse(text.as_bytes()), Ok(()));
        let (fresh, _) = read(text.as_bytes());
        assert_eq!(format!("{message:?}"), format!("{fresh:?}"), "nothing of the one before may be left");
    }
}

#[test]
fn every_name_is_known_in_any_case() {
    for name in ALL {
        let long = String::from_utf8(name.as_bytes().to_vec()).unwrap();
        for text in [long.clone(), long.to_ascii_lowercase(), long.to_ascii_uppercase()] {
            assert_eq!(known(format!("{text}: x").as_bytes()), Some((*name, long.len() + 1)));
            assert_eq!(known(format!("{text}x: x").as_bytes()), None);
            assert_eq!(known(format!("{} x", &text[..text.len() - 1]).as_bytes()), None);
        }
    }
    for (letter, name) in "vftimlcekxrbo".bytes().zip([
        Name::Via,
        Name::From,
        Name::To,
        Name::CallId,
        Name::Contact,
        Name::ContentLength,
        Name::ContentType,
        Name::ContentEncoding,
        Name::Supported,
        Name::SessionExpires,
        Name::ReferTo,
        Name::ReferredBy,
        Name::Event,
    ]) {
        assert_eq!(known(&[letter, b':']), Some((name, 2)));
        assert_eq!(known(&[letter.to_ascii_uppercase(), b':', b'x']), Some((name, 2)));
    }
    for text in ["a:", "d:", "j:", "n:", "s:", "u:", "y:", "", ":", "v", "\x16:", "v\x1a x"] {
        assert_eq!(known(text.as_bytes()), None, "{text:?}");
    }
}

/// RFC 3261 25.1: what stands outside the grammar is no URI, wherever it stands, and looks like none.
#[test]
fn no_control_character_is_part_of_a_uri() {
    for known in ["sip:201@elm.example:5060;lr", "SIPS:elm.example", "tel:+1613", "x-y:a"] {
        assert!(Uri::parse(known.as_bytes()).is_ok(), "{known}");
        for (at, byte) in (0..known.len()).flat_map(|at| (0..=b' ').chain([0x7F]).map(move |byte| (at, byte)))
        {
            let mut text = known.as_bytes().to_vec();
            text[at] = byte;
            assert!(Uri::parse(&text).is_err(), "{:?}", String::from_utf8_lossy(&text));
        }
    }
}

/// RFC 3261 19.1.4, as far as it matters for where a request goes.
#[test]
fn uris_that_lead_to_the_same_place() {
    let rows = [
        ("sip:201@Elm.example", "SIP:201@elm.EXAMPLE;x=1?Subject=a", true),
        ("sip:201@10.0.0.1;transport=tcp", "sip:201@10.0.0.1;TRANSPORT=TCP", true),
        ("sip:201@10.0.0.1", "sip:201@10.0.0.1:5060", false),
        ("sip:201@10.0.0.1", "sip:201@10.0.0.1;transport=tcp", false),
        ("sip:201@10.0.0.1", "sip:202@10.0.0.1", false),
        ("sip:a@10.0.0.1", "sip:A@10.0.0.1", false),
        ("sip:201@10.0.0.1", "sips:201@10.0.0.1", false),
    ];
    for (one, other, same) in rows {
        let [a, b] = [one, other].map(|text| Uri::parse(text.as_bytes()).expect(text));
        assert_eq!((a.leads_where(&b), b.leads_where(&a)), (same, same), "{one} {other}");
    }
}

#[test]
fn uris() {
    type Row = (&'static str, &'static str, Host<'static>, Option<u16>, &'static str, &'static str);
    let good: [Row; 12] = [
        ("sip:a@b", "a", Host::Name(b"b"), None, "", ""),
        ("SIP:b", "", Host::Name(b"b"), None, "", ""),
        ("sips:a:pw@b.example.:65535", "a", Host::Name(b"b.example."), Some(65535), "", ""),
        ("sip:a;b=c?d/e@192.0.2.1", "a;b=c?d/e", Host::V4(Ipv4Addr::new(192, 0, 2, 1)), None, "", ""),
        ("sip:%61%00@h;lr;ttl=1?s=%20&t=", "%61%00", Host::Name(b"h"), None, "lr;ttl=1", "s=%20&t="),
        ("sip:[::1]:5062;x=[::2]", "", Host::V6(Ipv6Addr::LOCALHOST), Some(5062), "x=[::2]", ""),
        ("sip:*97#@h", "*97#", Host::Name(b"h"), None, "", ""),
        ("sip:a@my_host-1?q", "a", Host::Name(b"my_host-1"), None, "", "q"),
        ("tel:+1-201-555-0123;ext=1", "+1-201-555-0123", Host::None, None, "ext=1", ""),
        ("urn:service:sos.police", "service:sos.police", Host::None, None, "", ""),
        ("x-own+1.a:any/thing?x", "any/thing?x", Host::None, None, "", ""),
        ("sip:3f2a@0a1b2c", "3f2a", Host::Name(b"0a1b2c"), None, "", ""),
    ];
    for (text, user, host, port, params, headers) in good {
        let uri = Uri::parse(text.as_bytes()).unwrap_or_else(|_| panic!("{text}"));
        assert_eq!(uri.text, text.as_bytes());
        assert_eq!((uri.user, uri.host, uri.port), (user.as_bytes(), host, port), "{text}");
        assert_eq!((uri.params, uri.headers), (params.as_bytes(), headers.as_bytes()), "{text}");
        assert_eq!(uri.has_password, text.contains(":pw@"));
    }
    for text in [
        "",
        "sip",
        "sip:",
        "sip:@b",
        "sip::pw@b",
        "sip:a@",
        "sip:a@b@c",
        "sip:a@b:",
        "sip:a@b:65536",
        "sip:a@b:-1",
        "sip:a@b:99999999999999999999",
        "sip:a b@c",
        "sip:a@b c",
        "sip:a@b;",
        "sip:a@b?",
        "sip:a%@b",
        "sip:a%4@b",
        "sip:a%4g@b",
        "sip:a@b;x=%",
        "sip:a@256.1.1.1",
        "sip:a@1.2.3",
        "sip:a@1.2.3.04",
        "sip:a@1.2.3.4.5",
        "sip:a@2001:db8::1",
        "sip:a@[::1",
        "sip:a@[::1]x",
        "sip:a@[fe80::1%25eth0]",
        "sip:a@[1.2.3.4]",
        "sip:a@[]",
        "sip:a@.b",
        "sip:a@-b",
        "sip:a<b@c",
        "sip:a\"@c",
        "sip:a\u{e9}@c",
        "sip:a@b\r\n",
        "sip:a\0@b",
        "<sip:a@b>",
        "tel:",
        "tel:1x",
        "1tel:5",
        ":a",
        "sip:a@b;x@c",
        "urn:",
        "sip:a@b#c",
    ] {
        assert_eq!(Uri::parse(text.as_bytes()), Err(Bad), "{text}");
    }
    for (text, address) in [
        ("sip:a@192.0.2.1", Some("192.0.2.1:5060")),
        ("sips:192.0.2.1", Some("192.0.2.1:5061")),
        ("sip:192.0.2.1;Transport=TLS", Some("192.0.2.1:5061")),
        ("sip:[::1]:7", Some("[::1]:7")),
        ("sip:192.0.2.1:0", None),
        ("sip:h", None),
        ("tel:5", None),
    ] {
        let expected = address.map(|address| address.parse::<SocketAddr>().unwrap());
        assert_eq!(Uri::parse(text.as_bytes()).unwrap().socket_address(), expected, "{text}");
    }
    let uri = Uri::parse(b"sip:h;user=phone;lr;maddr=1.2.3.4;lr=off").unwrap();
    assert_eq!(
        (uri.param(b"USER"), uri.param(b"lr"), uri.param(b"l")),
        (Some(Some(&b"phone"[..])), Some(None), None)
    );
}

#[test]
fn addresses() {
    for (text, display, uri, params, tag) in [
        ("<sip:a@b>", "", "sip:a@b", "", None),
        ("sip:a@b;tag=x;q=1", "", "sip:a@b", "tag=x;q=1", Some("x")),
        ("A B <sip:a@b;t=u> ; TAG = x", "A B", "sip:a@b;t=u", "TAG = x", Some("x")),
        ("\"\"<sip:b>", "", "sip:b", "", None),
        ("\"a,<b>;\\\\\" \r\n <sip:b>;p=\"q;tag=1\"", "a,<b>;\\\\", "sip:b", "p=\"q;tag=1\"", None),
        ("J\u{fc}rgen <sip:b>", "J\u{fc}rgen", "sip:b", "", None),
        ("tel:+49;tag=1", "", "tel:+49", "tag=1", Some("1")),
        ("<tel:+49;ext=5>;tag=1", "", "tel:+49;ext=5", "tag=1", Some("1")),
        (
            "<sip:b?Route=%3Csip:c%3E>;+sip.instance=\"<urn:uuid:0>\"",
            "",
            "sip:b?Route=%3Csip:c%3E",
            "+sip.instance=\"<urn:uuid:0>\"",
            None,
        ),
    ] {
        let address = Address::parse(text.as_bytes()).unwrap_or_else(|_| panic!("{text}"));
        assert_eq!((address.display, address.uri.text), (display.as_bytes(), uri.as_bytes()), "{text}");
        assert_eq!((address.params, address.tag()), (params.as_bytes(), tag.map(str::as_bytes)), "{text}");
        assert_eq!(address.text, text.as_bytes());
    }
    for text in [
        "",
        "<>",
        "<sip:b",
        "sip:b>",
        "<sip:b>x",
        "<sip:b>;",
        "<sip:b>;;a",
        "<sip:b>;=x",
        "<sip:b>;a=",
        "\"a<sip:b>",
        "\"a\" sip:b",
        "A, B <sip:b>",
        "sip:b?x=y",
        "sip:a,c@b",
        "sip:a;c@b",
        "<sip:b>,<sip:c>",
        "<sip:b>;tag",
        "<sip:b>;tag=1;Tag=1",
        "<sip:b>;tag=",
        "<sip:b>;a=\"x",
        "< sip:b>",
        "<sip:b >",
        "*",
        "<<sip:b>>",
        "a\"b\" <sip:b>",
        "<sip:b>;tag=\"\"",
        "\"a\\\r\n\" <sip:b>",
        "<sip:a@b>;x=<y>",
    ] {
        assert_eq!(Address::parse(text.as_bytes()), Err(Bad), "{text}");
    }
    for (q, thousandths) in [
        ("0", 0),
        ("1.", 1000),
        ("0.1", 100),
        ("0.123", 123),
        ("1.000", 1000),
        ("1.1", 1000),
        ("x", 1000),
        ("0.1234", 1000),
    ] {
        assert_eq!(Address::parse(format!("<sip:b>;q={q}").as_bytes()).unwrap().q(), thousandths, "{q}");
    }
    for (text, expires) in [
        ("", None),
        (";expires=5", Some(5)),
        (";expires=4294967296", Some(u32::MAX)),
        (";expires=x", Some(3600)),
        (";expires", Some(3600)),
    ] {
        assert_eq!(Address::parse(format!("<sip:b>{text}").as_bytes()).unwrap().expires(), expires);
    }
}

#[test]
fn contacts() {
    assert_eq!(status("Contact: <sip:a@b>\r\nContact: sip:c@d, \"x, y\" <sip:e@f>;expires=1"), 200);
    for lines in [
        "Contact: *, <sip:a@b>",
        "Contact: *\r\nContact: <sip:a@b>",
        "Contact: <sip:a@b>\r\nContact: *",
        "Contact:",
        "Contact: *\r\nContact: *",
        "Contact: <sip:a@b>,",
        "Contact: ,<sip:a@b>",
        "Contact: sip:a@b?x=y",
        "Contact: <sip:a@b> <sip:c@d>",
    ] {
        assert_eq!(status(lines), 400, "{lines}");
    }
    let text = request(
        "Contact: <sip:1@b>,<sip:2@b>,<sip:3@b>,<sip:4@b>\r\nm: <sip:5@b>,<sip:6@b>,<sip:7@b>,<sip:8@b>,<sip:9@b>,<sip:10@b>",
    );
    let (message, result) = read(text.as_bytes());
    assert_eq!((result, message.contact.list.len(), message.contact.more), (Ok(()), 8, 2));
    assert!(read(REGISTER.as_bytes()).0.contact.star);
}

#[test]
fn vias() {
    for (text, transport, sent_by, port, branch) in [
        ("SIP/2.0/UDP a", Transport::Udp, "a", None, None),
        ("sip / 2.0 / tcp \r\n a : 5 ; Branch = z , x", Transport::Tcp, "a : 5", Some(5), Some("z")),
        ("SIP/2.0/WSS [::1]:9;maddr=1.2.3.4;ttl=255;rport;x", Transport::Wss, "[::1]:9", Some(9), None),
        ("SIP/2.0/SCTP a.b;received=2001:db8::9:255;branch=1", Transport::Other, "a.b", None, Some("1")),
        ("SIP/7.0/UDP a", Transport::Udp, "a", None, None),
        ("SIP/2.0/WS a;comp=sigcomp;rport=5", Transport::Ws, "a", None, None),
    ] {
        let via = Via::parse(text.as_bytes()).unwrap_or_else(|_| panic!("{text}"));
        assert_eq!((via.transport, via.sent_by), (transport, sent_by.as_bytes()), "{text}");
        assert_eq!((via.port, via.branch), (port, branch.map(str::as_bytes)), "{text}");
    }
    for text in [
        "",
        "UDP a",
        "SIP/2.0/UDP",
        "SIP/2.0/UDPa",
        "SIP/2.0/UDP ",
        "SIP/2.0/UDP a:",
        "SIP/2.0/UDP a:65536",
        "SIP/2.0/UDP a b",
        "SIP/2.0/UDP a;branch",
        "SIP/2.0/UDP a;branch=1;branch=2",
        "SIP/2.0/UDP a;rport;rport=5",
        "SIP/2.0/UDP a;rport=x",
        "SIP/2.0/UDP a;ttl=256",
        "SIP/2.0/UDP a;ttl",
        "SIP/2.0/UDP a;received=1;received=2",
        "SIP/2.0/UDP a;",
        "SIP/2.0/UDP 1.2.3.4.5",
        "SIP/2.0/UDP a;branch=\"\"",
        "SIP/2.0/UDP ::1",
    ] {
        assert_eq!(Via::parse(text.as_bytes()), Err(Bad), "{text}");
    }
}

#[test]
fn digests() {
    let good = "Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"sip:x\",response=\"00\"";
    let credentials = Credentials::parse(good.as_bytes(), false).unwrap().unwrap();
    assert_eq!((credentials.username, credentials.uri, credentials.nc), (&b"u"[..], &b"sip:x"[..], &b""[..]));
    assert_eq!(Credentials::parse(b"Basic dTpw", false), Ok(None));
    for more in
        [", nc=00000001", ",x=y,x=\"z\"", "\r\n , QOP = auth", ",userhash=true", ",username*=UTF-8''x"]
    {
        assert!(Credentials::parse(format!("{good}{more}").as_bytes(), true).is_ok(), "{more}");
    }
    for more in [
        ",",
        ",,x=y",
        ", nc=0000001",
        ",nc=0000000g",
        ",realm=\"r\"",
        ",Realm=x",
        ",x",
        ",x=",
        ",x=\"",
        " x=y",
        ",x=\"a\\",
        ",x=y z",
        ",x=y;z",
        ", Digest a=b",
    ] {
        assert_eq!(Credentials::parse(format!("{good}{more}").as_bytes(), false), Err(Bad), "{more}");
    }
    for field in ["username", "realm", "nonce", "uri", "response"] {
        assert_eq!(Credentials::parse(good.replace(field, "other").as_bytes(), false), Err(Bad), "{field}");
    }
    assert_eq!(Credentials::parse(b"Digest", false), Err(Bad));
    assert_eq!(Challenge::parse(b"Digest nonce=\"n\"", false), Err(Bad));
    assert_eq!(Challenge::parse(b"NTLM x", false), Ok(None));
    let five = format!("Authorization: {good}\r\n").repeat(5);
    let text = request(five.trim_end());
    assert_eq!(read(text.as_bytes()).0.credentials.len(), 4);
    assert_eq!(status("Authorization: Digest x"), 400);
    assert_eq!(status("Authorization: Other x"), 200);
}

#[test]
fn small_headers() {
    for (lines, expected) in [
        ("CSeq: 2147483647 OPTIONS", 200),
        ("CSeq: 2147483648 OPTIONS", 400),
        ("CSeq: 5 options", 400),
        ("CSeq: 5", 400),
        ("CSeq: OPTIONS", 400),
        ("CSeq: -5 OPTIONS", 400),
        ("CSeq: 5OPTIONS", 400),
        ("CSeq: 5 OPTIONS x", 400),
        ("CSeq: 99999999999999999999999 OPTIONS", 400),
        ("CSeq: 5\r\n  OPTIONS", 200),
        ("CSeq: 5 INVITE", 400),
        ("CSeq: 0005 OPTIONS", 200),
        ("Max-Forwards: 0", 200),
        ("Max-Forwards: 255", 200),
        ("Max-Forwards: 256", 400),
        ("Max-Forwards:", 400),
        ("Max-Forwards: 1 1", 400),
        ("Call-ID: a b", 400),
        ("Call-ID:", 400),
        ("Call-ID: a,b", 400),
        ("Call-ID: {a}<b>[c]@d", 200),
        ("Call-ID: \u{e9}", 400),
        ("Content-Type: application", 400),
        ("Content-Type: a/b;c=d", 200),
        ("Content-Type: multipart / mixed", 200),
        ("Content-Type: a/b c", 400),
        ("Session-Expires: x", 400),
        ("Session-Expires: 90;refresher=me", 400),
        ("Session-Expires: 90;x=y", 200),
        ("Min-SE: 90;x", 200),
        ("Min-SE: a", 400),
        ("Expires: soon", 200),
        ("Expires: 4294967297", 200),
        ("Retry-After: later", 200),
        ("Contact: *", 200),
        ("From: <sip:a@b>", 200),
        ("From: <sip:a@b", 400),
        ("To: a", 400),
        ("Via: x", 400),
        ("To: <sip:a@b>,<sip:c@d>", 400),
    ] {
        assert_eq!(status(lines), expected, "{lines}");
    }
    let text = request("Expires: 4294967297\r\nMin-Expires: 60\r\nRetry-After: 5;x=y");
    let (message, _) = read(text.as_bytes());
    assert_eq!(
        (message.expires, message.min_expires, message.retry_after),
        (Some(u32::MAX), Some(60), Some(5))
    );
    assert_eq!(RAck::parse(b"7 \t8  INVITE").map(|rack| (rack.response, rack.cseq.number)), Ok((7, 8)));
    assert_eq!(RAck::parse(b"7 INVITE"), Err(Bad));
    let replaces = Replaces::parse(b"a@b;to-tag=1;from-tag=2;early-only").unwrap();
    assert_eq!(
        (replaces.call_id, replaces.to_tag, replaces.from_tag, replaces.early_only),
        (&b"a@b"[..], &b"1"[..], &b"2"[..], true)
    );
    for text in
        ["a;to-tag=1", "a;to-tag=1;from-tag=2;to-tag=3", ";to-tag=1;from-tag=2", "a;to-tag;from-tag=2"]
    {
        assert_eq!(Replaces::parse(text.as_bytes()), Err(Bad), "{text}");
    }
    for method in [
        "ACK",
        "BYE",
        "CANCEL",
        "INFO",
        "INVITE",
        "MESSAGE",
        "NOTIFY",
        "OPTIONS",
        "PRACK",
        "PUBLISH",
        "REFER",
        "REGISTER",
        "SUBSCRIBE",
        "UPDATE",
    ] {
        assert_eq!(Method::from_bytes(method.as_bytes()).as_bytes(), method.as_bytes());
    }
    assert_eq!((Method::from_bytes(b"invite"), Method::from_bytes(b"")), (Method::Other, Method::Other));
}

#[test]
fn lists_are_taken_apart() {
    let split = |text: &'static str| {
        values(text.as_bytes()).map(|v| String::from_utf8(v.to_vec()).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(split("a, b ,\r\n c,,"), ["a", "b", "c"]);
    assert_eq!(split("\"a,\\\",\" <x,y>, <\"z,>,\"w\""), ["\"a,\\\",\" <x,y>", "<\"z,>", "\"w\""]);
    assert_eq!(split("\"never, closed"), ["\"never, closed"]);
    assert!(split(" ,\t,").is_empty());
}

#[test]
fn start_lines() {
    let rest = &REGISTER[REGISTER.find("\r\n").unwrap()..];
    for (line, expected) in [
        ("REGISTER sip:example.net SIP/2.0", 200),
        ("REGISTER sip:example.net sip/2.0", 200),
        ("REGISTER x-y:z SIP/2.0", 200),
        ("REGISTER sip:example.net SIP/7.0", 505),
        ("REGISTER sip:example.net SIP/2.10", 505),
        ("REGISTER sip:example.net SIP/2.00", 505),
        ("REGISTER sip:example.net SIP/02.0", 505),
        ("REGISTER sip:example.net?Route=%3Csip:x%3E SIP/2.0", 400),
        ("REGISTER sip:example.net SIP/2", 400),
        ("REGISTER sip:example.net HTTP/1.1", 400),
        ("REGISTER  sip:example.net SIP/2.0", 400),
        ("REGISTER sip:example.net  SIP/2.0", 400),
        ("REGISTER sip:example.net SIP/2.0 ", 400),
        (" REGISTER sip:example.net SIP/2.0", 400),
        ("REGISTER sip:a; lr SIP/2.0", 400),
        ("REGISTER <sip:example.net> SIP/2.0", 400),
        ("REGISTER SIP/2.0", 400),
        ("REGISTER\tsip:example.net SIP/2.0", 400),
        ("REGISTER", 400),
        ("register sip:example.net SIP/2.0", 400),
        ("SIP/2.0 200 OK", 200),
        ("SIP/2.0 200 ", 200),
        ("SIP/2.0 200", 200),
        ("SIP/2.0 200 \u{fc}ber", 200),
        ("SIP/2.0 2000 OK", 400),
        ("SIP/2.0 20 OK", 400),
        ("SIP/2.0 099 OK", 400),
        ("SIP/2.0 700 OK", 400),
        ("SIP/2.0 -20 OK", 400),
        ("SIP/3.0 200 OK", 505),
        ("SIP/2.0  200 OK", 400),
        ("SIP/2.0", 400),
    ] {
        let text = format!("{line}{rest}");
        let (message, result) = read(text.as_bytes());
        assert_eq!(result.map_or_else(|malformed| malformed.status, |()| 200), expected, "{line}");
        assert_eq!(message.call_id, b"reg", "headers are read behind a bad start line too");
        assert!(expected == 200 || !line.starts_with("REGISTER s") || message.answerable(), "{line}");
    }
    for (length, expected) in [(MAX_URI, 200), (MAX_URI + 1, 414)] {
        let text = format!("REGISTER sip:{} SIP/2.0{rest}", "h".repeat(length - 4));
        assert_eq!(read(text.as_bytes()).1.map_or_else(|malformed| malformed.status, |()| 200), expected);
    }
    let ack = request("Q: y").replace("OPTIONS", "ACK").replace("ACK sip:a@", "ACK sip:%@");
    assert!(!read(ack.as_bytes()).0.answerable(), "nobody answers an ACK");
}

#[test]
fn framing() {
    let with = |length: &str, body: &str| {
        format!("{}{length}\r\n{body}", request("Q: y").trim_end_matches("\r\n").to_string() + "\r\n")
    };
    for (length, body, expected) in [
        ("Content-Length: 3\r\n", "abc", Ok(&b"abc"[..])),
        ("Content-Length: 2\r\n", "abc", Ok(b"ab")),
        ("l: 0\r\n", "abc", Ok(b"")),
        ("", "abc\0\r", Ok(b"abc\0\r")),
        ("", "", Ok(b"")),
        ("Content-Length: 4\r\n", "abc", Err(400)),
        ("Content-Length: -1\r\n", "abc", Err(400)),
        ("Content-Length: 99999999999\r\n", "abc", Err(400)),
        ("Content-Length: +3\r\n", "abc", Err(400)),
        ("Content-Length: 0x3\r\n", "abc", Err(400)),
        ("Content-Length: 3, 3\r\n", "abc", Err(400)),
        ("Content-Length: 3\r\nl: 3\r\n", "abc", Ok(b"abc")),
        ("Content-Length: 3\r\nl: 2\r\n", "abc", Err(400)),
        ("Content-Length:\r\n", "abc", Err(400)),
        ("Content-Length: 3 \r\n \r\n", "abc", Ok(b"abc")),
    ] {
        let text = with(length, body);
        let (message, result) = read(text.as_bytes());
        assert_eq!(
            result.map(|()| message.body).map_err(|malformed| malformed.status),
            expected,
            "{length:?}"
        );
        assert!(message.answerable());
    }
    for text in ["", "\r\n", "\r\n\r\n", "\0", "\0\0\0\0", "\r\n\0"] {
        assert_eq!(read(text.as_bytes()).1, Err(Malformed::KEEP_ALIVE));
    }
    assert_eq!(read(format!("\r\n\r\n{INVITE}").as_bytes()).1, Ok(()));
    let long = format!("{}{}", request("Q: y"), "b".repeat(MAX_MESSAGE));
    assert_eq!(read(long.as_bytes()).1.map_err(|malformed| malformed.status), Err(513));
    assert_eq!(read(&long.as_bytes()[..MAX_MESSAGE]).1, Ok(()));
    for (count, expected) in [(MAX_LINES - 5, 200), (MAX_LINES - 4, 513)] {
        assert_eq!(status("Q: y\r\n".repeat(count).trim_end()), expected);
    }
}

#[test]
fn what_could_be_smuggled_is_refused() {
    for lines in [
        "Q: y\nRoute: <sip:evil>",
        "Q: y\rRoute: <sip:evil>",
        "Q: y\0",
        "X: \x0b",
        "X: \x1b[0m",
        "X : y",
        "X\t: y",
        "X y: z",
        ": y",
        "X",
        "Content-Length : 0",
        "To: <sip:x@y>\r\nt: <sip:z@y>",
        "From: <sip:x@y>\r\nFrom: <sip:x@y>;tag=1",
        "Call-ID: 1\r\nCall-ID: 2",
        "CSeq: 1 OPTIONS\r\nCSeq: 2 OPTIONS",
        "Max-Forwards: 1\r\nMax-Forwards: 2",
        "Max-Forwards: 1\r\nMax-Forwards: 01",
        "Expires: 3600\r\nExpires: 0",
        "Expires: never\r\nExpires: 0",
        "c: application/sdp\r\nContent-Type: multipart/mixed",
        "Refer-To: <sip:201@y>\r\nr: <sip:9001@y>",
        "Replaces: 1;to-tag=a;from-tag=b\r\nReplaces: 2;to-tag=a;from-tag=b",
        "Event: refer\r\no: dialog",
        "x: 1800\r\nSession-Expires: 90",
        "Content-Length: 0\r\nContent-Length: 00\r\nl: 1",
        "Q: y\r\r\nZ: w",
        "\u{e9}: x",
        "X\r\n : y",
    ] {
        assert_eq!(status(lines), 400, "{lines:?}");
    }
    for lines in [
        "To: <sip:x@y>\r\nt: <sip:x@y>",
        "Max-Forwards: 1\r\nMax-Forwards: 1",
        "Refer-To: <sip:201@y>\r\nr: <sip:201@y>",
        "User-Agent: a\r\nUser-Agent: b",
        "Q: y\r\n z\r\n\tw",
        "Q:\r\n y",
        "Q:y",
    ] {
        assert_eq!(read(request(lines).as_bytes()).1, Ok(()), "{lines:?}");
    }
    // A line with a control character is not kept, and a bad top Via is not replaced by the next one.
    let text = request("Q: y\nRoute: <sip:evil>");
    let (message, _) = read(text.as_bytes());
    assert!(
        message.answerable() && message.lines.len() == 5 && message.headers(Name::Route).next().is_none()
    );
    let text = request("Via: SIP/2.0/UDP\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1");
    let (message, result) = read(text.as_bytes());
    assert!(result.is_err() && message.via.is_none() && !message.answerable());
    // White space before the colon: refused, but the header is understood for the answer.
    let text = request("To : <sip:x@y>");
    let text = text.replacen("To: <sip:a@example.net>\r\n", "", 1);
    let (message, result) = read(text.as_bytes());
    assert!(result.is_err() && message.answerable());
    for header in ["Via", "From", "To", "Call-ID", "CSeq"] {
        let text: String = request("Q: y")
            .split_inclusive("\r\n")
            .filter(|line| !line.starts_with(&format!("{header}:")))
            .collect();
        let (message, result) = read(text.as_bytes());
        assert_eq!(
            (result.map_err(|malformed| malformed.status), message.answerable()),
            (Err(400), false),
            "{header}"
        );
    }
}

/// Walks everything a message offers; a panic anywhere fails the test.
fn exercise(bytes: &[u8]) {
    let mut own = Message::new();
    let result = own.parse(bytes);
    let _ = own.answerable();
    for line in &own.lines {
        let (name, value) = (own.name(line), own.value(line));
        assert!(name.len() + value.len() <= bytes.len());
        for value in values(value) {
            let _ = (
                Address::parse(value),
                Via::parse(value),
                Uri::parse(value),
                Replaces::parse(value),
                RAck::parse(value),
            );
        }
    }
    for contact in &own.contact.list {
        let _ = (contact.q(), contact.expires(), contact.tag(), contact.uri.socket_address());
    }
    if result.is_ok() {
        assert!(own.via.is_some() && own.from.is_some() && own.to.is_some() && own.cseq.is_some());
        let end = own.bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = &own.bytes[..end];
        assert!(head.iter().all(|byte| *byte >= 0x20 || matches!(byte, b'\r' | b'\n' | b'\t')));
    }
}

#[test]
fn disturbed_messages_do_no_harm() {
    for base in [INVITE, RESPONSE, REGISTER] {
        for at in 0..=base.len() {
            exercise(&base.as_bytes()[..at]);
            let mut bytes = base.as_bytes().to_vec();
            bytes.insert(at, 0);
            for byte in 0..=255 {
                bytes[at] = byte;
                exercise(&bytes);
            }
        }
    }
}

#[test]
fn random_damage_does_no_harm() {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for round in 0..20_000 {
        let mut bytes = [INVITE, RESPONSE, REGISTER][round % 3].as_bytes().to_vec();
        for _ in 0..=random(8) {
            let at = random(bytes.len());
            match random(4) {
                0 => bytes[at] = random(256) as u8,
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, b"\r\n \t:;,<>\"\\%@=\0"[random(15)]),
                _ => {
                    let length = random(40).min(bytes.len() - at);
                    let piece = bytes[at..at + length].to_vec();
                    let to = random(bytes.len());
                    bytes.splice(to..to, piece);
                }
            }
        }
        exercise(&bytes);
    }
}

#[test]
fn ipv6_literals_are_those_of_the_standard_library() {
    let accepted = |text: &[u8]| ipv6(text).ok();
    let expected = |text: &[u8]| core::str::from_utf8(text).ok()?.parse::<Ipv6Addr>().ok();
    let pieces =
        ["", ":", "::", "0", "1f", "abcd", "12345", "1.2.3.4", "01.2.3.4", "g", "1:2:3:4:5:6", "::1:"];
    for a in pieces {
        for b in pieces {
            for c in pieces {
                for d in pieces {
                    let text = [a, b, c, d].concat();
                    assert_eq!(accepted(text.as_bytes()), expected(text.as_bytes()), "{text}");
                }
            }
        }
    }
    for groups in 0..10 {
        for gap in 0..10 {
            for v4 in ["", "1.2.3.4", ":1.2.3.4"] {
                let mut text: String =
                    (0..groups).map(|n| if n == gap { "::9".into() } else { format!(":{n}") }).collect();
                text.push_str(v4);
                for text in [text.as_str(), text.trim_start_matches(':')] {
                    assert_eq!(accepted(text.as_bytes()), expected(text.as_bytes()), "{text}");
                }
            }
        }
    }
}
