//! Good and bad descriptions, and one with every byte disturbed.

use core::net::Ipv4Addr;
use std::format;
use std::string::String;
use std::vec::Vec;

use super::*;
use crate::wire::sip::Host;

const OFFER: &str = "v=0\r\n\
    o=desk 99999999999999999999 2 IN IP4 192.0.2.7\r\n\
    s=-\r\n\
    i=about\r\n\
    c=IN IP4 192.0.2.8\r\n\
    b=AS:84\r\n\
    t=0 0\r\n\
    a=recvonly\r\n\
    a=tool:x\r\n\
    m=audio 16384/2 RTP/SAVP 9 0 101\r\n\
    c=IN IP6 2001:db8::7\r\n\
    a=rtpmap:9 G722/8000\r\n\
    a=rtpmap:0 PCMU/8000/2\r\n\
    a=rtpmap:101 telephone-event/8000\r\n\
    a=fmtp:101 0-15\r\n\
    a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20 UNENCRYPTED_SRTCP\r\n\
    a=crypto:2 X inline:a\r\n\
    a=sendonly\r\n\
    m=image 0 udptl t38\r\n\
    m=video 4000 UDP/TLS/RTP/SAVPF 96\r\n\
    a=setup:actpass\r\n";

/// A description of one stream, with `line` in place of the one of its type or behind all others.
fn with(line: &str) -> String {
    let mut text = String::new();
    let mut placed = line.is_empty();
    for own in
        ["v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0", "m=audio 4000 RTP/AVP 0"]
    {
        let replaced = !placed && own.starts_with(&line[..line.len().min(2)]);
        placed |= replaced;
        text.push_str(if replaced { line } else { own });
        text.push('\n');
    }
    if !placed {
        text.push_str(line);
    }
    text
}

#[test]
fn an_offer_is_typed() {
    let session = Session::parse(OFFER.as_bytes()).unwrap();
    assert_eq!((session.origin.user, session.origin.version), (&b"desk"[..], &b"2"[..]));
    assert_eq!(session.origin.id, b"99999999999999999999");
    assert_eq!(session.origin.address.host, Host::V4(Ipv4Addr::new(192, 0, 2, 7)));
    assert!(session.timed && session.name == b"-" && session.direction == Some(Direction::RecvOnly));
    assert_eq!(session.attributes().collect::<Vec<_>>(), [(&b"recvonly"[..], &b""[..]), (b"tool", b"x")]);
    let [audio, image, video] = session.media[..] else { panic!("three streams") };
    assert_eq!((audio.kind, audio.port, audio.ports, audio.proto), (Kind::Audio, 16384, 2, Proto::RtpSavp));
    assert_eq!(audio.payloads().collect::<Vec<_>>(), [Ok(9), Ok(0), Ok(101)]);
    assert!(session.connection(&audio).unwrap().ip6 && !session.connection(&video).unwrap().ip6);
    assert_eq!(session.direction(&audio), Direction::SendOnly);
    assert_eq!(session.direction(&video), Direction::RecvOnly);
    let maps: Vec<_> =
        audio.attributes().named("rtpmap").map(|value| RtpMap::parse(value).unwrap()).collect();
    assert_eq!((maps.len(), maps[1].payload, maps[1].encoding, maps[1].clock), (3, 0, &b"PCMU"[..], 8000));
    assert_eq!((maps[0].channels(), maps[1].channels()), (1, 2));
    let fmtp = Fmtp::parse(audio.attributes().named("fmtp").next().unwrap()).unwrap();
    assert_eq!((fmtp.payload(), fmtp.parameters), (Ok(101), &b"0-15"[..]));
    let crypto = Crypto::parse(audio.attributes().named("crypto").next().unwrap()).unwrap();
    assert_eq!(
        (crypto.tag, crypto.suite, crypto.session),
        (1, &b"AES_CM_128_HMAC_SHA1_80"[..], &b"UNENCRYPTED_SRTCP"[..])
    );
    assert_eq!(crypto.keys, b"inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20");
    assert!(!format!("{crypto:?}").contains("d0Rm"));
    assert_eq!((image.kind, image.port, image.proto), (Kind::Image, 0, Proto::Udptl));
    assert_eq!(image.attributes().count(), 0);
    assert_eq!(video.attributes().collect::<Vec<_>>(), [(&b"setup"[..], &b"actpass"[..])]);
}

#[test]
fn good_and_bad_lines() {
    for line in [
        "",
        "b=X:1",
        "a=x",
        "m=audio 0 RTP/AVP",
        "m=audio 65535 RTP/AVP 0",
        "m=x-y 1 TCP/TLS/x 1 2 3",
        "c=IN IP4 224.0.0.1/127/3",
        "c=IN IP6 ::1",
        "c=IN IP4 host.example",
        "c=ATM NSAP 47.1",
        "s=",
        "a=\tx",
        "k=prompt",
        "a=fmtp",
        "o=a 1 1 IN IP4 0.0.0.0",
    ] {
        assert!(Session::parse(with(line).as_bytes()).is_ok(), "{line}");
    }
    for line in [
        "v=1",
        "v=",
        "v=0 ",
        "m=audio 65536 RTP/AVP 0",
        "m=audio -1 RTP/AVP 0",
        "m=audio 4000/0 RTP/AVP 0",
        "m=audio 4000 RTP/AVP",
        "m=audio  4000 RTP/AVP 0",
        "m=audio 4000",
        "m=",
        "m=audio x RTP/AVP 0",
        "c=IN IP4 ::1",
        "c=IN IP6 192.0.2.1",
        "c=IN IP4",
        "c=IN IP4 1.2.3.4 x",
        "c=IN IP4 1.2.3.4/x",
        "c=IN IP4 1.2.3.400",
        "c=",
        "o=- 1 1 IN IP4",
        "o=- x 1 IN IP4 1.2.3.4",
        "o=- 1  1 IN IP4 1.2.3.4",
        "o=1 1 IN IP4 1.2.3.4",
        "s=a\0b",
        "s=a\x01",
        "s=a\rb",
        "s",
        "y=1",
        "=x",
        " s=x",
        "s =x",
        "s=-\ns=-",
        "o=- 1 1 IN IP4 1.1.1.1\no=- 1 1 IN IP4 1.1.1.1",
        "m=audio 1 RTP/AVP 0\nt=0 0",
        "m=audio 1 RTP/AVP 0\ns=x",
        "s=-\n\n",
        "c=IN IP4 1.1.1.1\nc=IN IP4 2.2.2.2",
        "c=IN IP4 a<b",
    ] {
        assert_eq!(Session::parse(with(line).as_bytes()), Err(Bad), "{line:?}");
    }
    for text in [
        "",
        "v=0",
        "v=0\r\n",
        "v=0\ns=-\n",
        "v=0\no=- 1 1 IN IP4 1.1.1.1\n",
        "\nv=0\no=- 1 1 IN IP4 1.1.1.1\ns=-\n",
        "v=0\nm=audio 0 RTP/AVP 0\n",
    ] {
        assert!(Session::parse(text.as_bytes()).is_err(), "{text:?}");
    }
    for end in ["", "\n", "\r\n\r\n", "\n\n\n", "\r\n"] {
        let text = format!("v=0\no=- 1 1 IN IP4 1.1.1.1\r\ns=-{end}");
        assert!(Session::parse(text.as_bytes()).is_ok(), "{end:?}");
    }
    let text = format!("{}{}", with(""), "m=audio 0 RTP/AVP 0\na=x\n".repeat(MAX_MEDIA + 2));
    let session = Session::parse(text.as_bytes()).unwrap();
    assert_eq!((session.media.len(), session.extra_media), (MAX_MEDIA, 3));
}

#[test]
fn good_and_bad_attributes() {
    for text in ["0 x/1", "127 opus/48000/2", "0 a.b-c/8000 "] {
        assert!(RtpMap::parse(text.as_bytes()).is_ok(), "{text}");
    }
    for text in [
        "",
        "0",
        "128 x/1",
        "x x/1",
        "0 x",
        "0 x/",
        "0 /1",
        "0 x/y",
        "-1 x/1",
        "0 x y/1",
        "256 x/1",
        "99999999999 x/1",
    ] {
        assert_eq!(RtpMap::parse(text.as_bytes()), Err(Bad), "{text}");
    }
    for text in ["1 S inline:k", "0 S inline:k;inline:l|2^20|1:4", "999999999 S inline:k KDR=0  FEC"] {
        assert!(Crypto::parse(text.as_bytes()).is_ok(), "{text}");
    }
    for text in [
        "",
        "1",
        "1 S",
        "1 S inline:",
        "1 S :k",
        "1 S inline",
        "01 S inline:k",
        "1000000000 S inline:k",
        "x S inline:k",
        "1  inline:k",
        "-1 S inline:k",
    ] {
        assert_eq!(Crypto::parse(text.as_bytes()), Err(Bad), "{text}");
    }
    for text in ["", "101", "101 ", " x"] {
        assert_eq!(Fmtp::parse(text.as_bytes()), Err(Bad), "{text}");
    }
}

fn exercise(bytes: &[u8]) {
    let Ok(session) = Session::parse(bytes) else { return };
    assert!(!bytes.contains(&0));
    for media in &session.media {
        let _ = (media.payloads().count(), session.connection(media), session.direction(media));
        for (_, value) in media.attributes() {
            let _ =
                (RtpMap::parse(value), Fmtp::parse(value), Crypto::parse(value), Connection::parse(value));
        }
    }
}

#[test]
fn disturbed_descriptions_do_no_harm() {
    for at in 0..=OFFER.len() {
        exercise(&OFFER.as_bytes()[..at]);
        let mut bytes = OFFER.as_bytes().to_vec();
        bytes.insert(at, 0);
        for byte in 0..=255 {
            bytes[at] = byte;
            exercise(&bytes);
        }
    }
}
