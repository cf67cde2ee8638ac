//! What a telephone offers, answers and reads.

use super::{Ability, Codec, Keys, Own, Refused, Srtp, Taken, answer, narrowed, offer, take};
use crate::base::Secret;
use crate::wire::sdp::{Direction, Session};
use crate::wire::write::Buffer;
use std::string::String;

fn ability(srtp: Srtp, codecs: &[Codec]) -> Ability {
    Ability { codecs: heapless::Vec::from_slice(codecs).expect("at most all"), srtp }
}

fn key(seed: u8) -> Secret<30> {
    let mut key = Secret::new();
    assert!(key.set(&[seed; 30]));
    key
}

fn own(ability: &Ability) -> Own<'_> {
    let at = "192.0.2.7:4000".parse().expect("an address");
    Own { ability, at, session: (7, 1), direction: Direction::SendRecv }
}

fn text(write: impl FnOnce(&mut Buffer<'_>)) -> String {
    let mut buffer = [0; 1500];
    let mut out = Buffer::new(&mut buffer);
    write(&mut out);
    let len = out.finish().expect("it fits");
    String::from_utf8(buffer[..len].to_vec()).expect("text")
}

fn taken(text: &str, ability: &Ability, keys: &mut Keys) -> Result<Taken, Refused> {
    take(&Session::parse(text.as_bytes()).expect("well formed"), ability, keys)
}

/// Each side's offer is taken by each other side, whatever they want of SRTP, or refused where they cannot meet; both end with the same
/// keys, crosswise.
#[test]
fn rfc3264_two_telephones_agree_or_know_why_not() {
    use Srtp::{BestEffort, Off, Required};
    let both = [Codec::Opus, Codec::Pcma];
    for (one, other, expected) in [
        (Off, Off, Ok(false)),
        (Off, BestEffort, Ok(false)),
        (Off, Required, Err(Refused::Clear)),
        (BestEffort, Off, Ok(false)),
        (BestEffort, BestEffort, Ok(true)),
        (BestEffort, Required, Ok(true)),
        (Required, Off, Err(Refused::Unusable)),
        (Required, BestEffort, Ok(true)),
        (Required, Required, Ok(true)),
    ] {
        let (caller, called) = (ability(one, &both), ability(other, &both));
        let offered = text(|out| offer(out, &own(&caller), &key(1)));
        let mut keys = Keys::default();
        let met = taken(&offered, &called, &mut keys);
        assert_eq!(met.map(|met| met.sound.protected), expected, "{one:?} calls {other:?}");
        let Ok(met) = met else { continue };
        assert_eq!((met.sound.codec, met.sound.payload, met.sound.events), (Codec::Opus, 111, Some(101)));
        let session = Session::parse(offered.as_bytes()).expect("well formed");
        let answered = text(|out| answer(out, &own(&called), &session, &met, &key(2)));
        let mut heard = Keys::default();
        let agreed = taken(&answered, &caller, &mut heard).expect("an answer to our offer");
        assert!(agreed.answers_ours());
        assert_eq!(agreed.sound.protected, met.sound.protected);
        if met.sound.protected {
            assert!(keys.theirs.is(&[1; 30]) && heard.theirs.is(&[2; 30]));
        }
    }
}

/// Streams that are not ours are refused in their places, and a codec of theirs is used by their number (RFC 3264 section 6).
#[test]
fn rfc3264_6_other_streams_are_refused_in_their_places() {
    let theirs = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
        m=video 5000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n\
        m=audio 6000 RTP/AVP 98 8 97\r\na=rtpmap:98 opus/48000/2\r\na=rtpmap:97 telephone-event/8000\r\na=sendonly\r\n";
    let phone = ability(Srtp::BestEffort, &[Codec::Pcma, Codec::Opus]);
    let mut keys = Keys::default();
    let met = taken(theirs, &phone, &mut keys).expect("it can be answered");
    assert_eq!(met.sound.to, "192.0.2.9:6000".parse().expect("an address"));
    assert_eq!((met.sound.codec, met.sound.payload, met.sound.events), (Codec::Opus, 98, Some(97)));
    assert_eq!(met.sound.direction, Direction::RecvOnly, "they hold us");
    let session = Session::parse(theirs.as_bytes()).expect("well formed");
    let answered = text(|out| answer(out, &own(&phone), &session, &met, &key(3)));
    let lines: std::vec::Vec<&str> = answered.lines().filter(|line| line.starts_with("m=")).collect();
    assert_eq!(lines, ["m=video 0 RTP/AVP 96", "m=audio 4000 RTP/AVP 98 97"]);
}

/// What cannot be used is refused, each with its reason.
#[test]
fn what_cannot_be_used_is_refused() {
    let audio = |connection: &str, stream: &str| {
        std::format!("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN {connection}\r\nt=0 0\r\nm={stream}\r\n")
    };
    let phone = ability(Srtp::BestEffort, &[Codec::Pcmu]);
    let here = "IP4 192.0.2.9";
    for (text, why) in [
        (audio(here, "audio 6000 RTP/AVP 8 18"), Refused::Codec),
        (audio(here, "audio 6000 RTP/SAVP 0"), Refused::Unusable),
        (audio(here, "audio 0 RTP/AVP 0"), Refused::Answer),
        (audio(here, "video 6000 RTP/AVP 0"), Refused::Answer),
        (audio(here, "audio 6000 UDP/TLS/RTP/SAVP 0"), Refused::Answer),
        (audio("IP4 phone.example", "audio 6000 RTP/AVP 0"), Refused::Address),
    ] {
        assert_eq!(taken(&text, &phone, &mut Keys::default()), Err(why), "{text}");
    }
    // A key with an MKI would make other packets than ours.
    let with_mki = audio(here, "audio 6000 RTP/AVP 0")
        + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA|2^20|1:4\r\n";
    let met = taken(&with_mki, &phone, &mut Keys::default()).expect("in clear");
    assert!(!met.sound.protected);
    let required = ability(Srtp::Required, &[Codec::Pcmu]);
    assert_eq!(taken(&with_mki, &required, &mut Keys::default()), Err(Refused::Clear));
    let help = required.for_emergency();
    assert!(taken(&with_mki, &help, &mut Keys::default()).is_ok(), "law 4");
}

/// R100: hold as RFC 2543 had it.
#[test]
fn r100_who_awaits_sound_nowhere_holds() {
    let held =
        "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n";
    let met = taken(held, &ability(Srtp::Off, &[Codec::Pcmu]), &mut Keys::default()).expect("a hold");
    assert_eq!(met.sound.direction, Direction::RecvOnly);
    assert_eq!(narrowed(Direction::SendOnly, Direction::RecvOnly), Direction::Inactive);
}
