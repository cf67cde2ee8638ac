//! R93: which answers have a codec of their offer, and which have none.

use super::codecs::Codecs;
use super::judge::{Pass, Refused, Terms};
use super::srtp::Srtp;
use super::summary::Summary;
use std::format;
use std::string::String;
use std::vec::Vec;

/// A description of one stream: `kind proto formats`, then what its `a=rtpmap` say.
fn description(media: &str, maps: &[&str]) -> String {
    let (kind, rest) = media.split_once(' ').unwrap();
    let maps: String = maps.iter().map(|map| format!("a=rtpmap:{map}\r\n")).collect();
    format!(
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm={kind} 4000 {rest}\r\n{maps}"
    )
}

type Said<'a> = (&'a str, &'a [&'a str]);

fn judged(offer: Said<'_>, answer: Said<'_>) -> Result<(), Refused> {
    let [offer, answer] =
        [offer, answer].map(|(media, maps)| Summary::read(description(media, maps).as_bytes()));
    assert!(offer != Summary::NONE && answer != Summary::NONE);
    Terms { parties: [Srtp::BestEffort; 2], keys_in_clear: true }.answer(&offer, Pass::WithKeys, &answer)
}

/// What a stream says of its codecs.
fn codecs(media: &str, maps: &[&str]) -> Codecs {
    Summary::read(description(media, maps).as_bytes()).streams()[0].codecs
}

const EVENTS: &str = "101 telephone-event/8000";

#[test]
fn r93_an_answer_with_a_codec_of_the_offer_passes() {
    let rows: [(Said<'_>, Said<'_>); 22] = [
        // Static types, named or not.
        (("audio RTP/AVP 0 8 101", &[EVENTS]), ("audio RTP/AVP 8 101", &[EVENTS])),
        (("audio RTP/AVP 0 8", &["0 PCMU/8000", "8 PCMA/8000"]), ("audio RTP/AVP 8", &[])),
        (("audio RTP/AVP 0", &["0 pcmu/8000/1"]), ("audio RTP/AVP 0", &[])),
        (("audio RTP/AVP 0", &[]), ("audio RTP/AVP 100", &["100 PCMU/8000"])),
        // A clock that many get wrong, and names of annexes: the number says what is meant.
        (("audio RTP/AVP 9", &["9 G722/16000"]), ("audio RTP/AVP 9", &["9 G722/8000"])),
        (("audio RTP/AVP 18", &["18 G729a/8000"]), ("audio RTP/AVP 18", &["18 G729/8000"])),
        (("audio RTP/AVP 4", &["4 G7231/8000"]), ("audio RTP/AVP 96", &["96 G7231/8000"])),
        // Dynamic types: the number does not matter, nor does the case.
        (("audio RTP/AVP 96 0", &["96 iLBC/8000"]), ("audio RTP/AVP 97", &["97 ILBC/8000"])),
        (("audio RTP/AVP 111", &["111 opus/48000/2"]), ("audio RTP/AVP 96", &["96 OPUS/48000"])),
        (("audio RTP/AVP 9 96", &["96 G726-32/8000"]), ("audio RTP/AVP 2", &["2 g726-32/8000"])),
        (("video RTP/AVP 99", &["99 H264/90000"]), ("video RTP/AVP 109 34", &["109 h264/90000"])),
        (("text RTP/AVP 98 99", &["98 t140/1000", "99 red/1000"]), ("text RTP/AVP 98", &["98 T140/1000"])),
        // More than was offered may be listed (section 6.1).
        (("audio RTP/AVP 0", &[]), ("audio RTP/AVP 18 0", &[])),
        // Blanks where there need not be any.
        (("audio RTP/AVP 96  0", &["96  speex/16000  "]), ("audio RTP/AVP 96", &["96 SPEEX/16000"])),
        // What nobody can name.
        (("audio RTP/AVP 96", &[]), ("audio RTP/AVP 0", &[])),
        (("audio RTP/AVP 0", &[]), ("audio RTP/AVP 96", &[])),
        (("audio RTP/AVP 0", &[]), ("audio RTP/AVP 96", &["96 iLBC"])),
        (("audio RTP/AVP 0", &[]), ("audio RTP/AVP 2", &[])),
        (("audio RTP/AVP 2", &[]), ("audio RTP/AVP 101", &[EVENTS])),
        (("audio RTP/AVP PCMU", &[]), ("audio RTP/AVP 8", &[])),
        (("audio RTP/AVP 128", &[]), ("audio RTP/AVP 8", &[])),
        // Tones alone were offered.
        (("audio RTP/AVP 101", &[EVENTS]), ("audio RTP/AVP 96", &["96 telephone-event/8000"])),
    ];
    for (offer, answer) in rows {
        assert_eq!(judged(offer, answer), Ok(()), "{offer:?} {answer:?}");
    }
}

#[test]
fn r93_an_answer_without_a_codec_of_the_offer_is_refused() {
    let rows: [(Said<'_>, Said<'_>); 11] = [
        (("audio RTP/AVP 0 101", &[EVENTS]), ("audio RTP/AVP 8 101", &[EVENTS])),
        (("audio RTP/AVP 0 8", &[]), ("audio RTP/AVP 18", &["18 G729/8000"])),
        (("audio RTP/SAVPF 9", &[]), ("audio RTP/SAVPF 96", &["96 opus/48000/2"])),
        // Another clock is another codec.
        (("audio RTP/AVP 96", &["96 speex/8000"]), ("audio RTP/AVP 96", &["96 speex/16000"])),
        // The same number is not the same codec.
        (("audio RTP/AVP 96", &["96 iLBC/8000"]), ("audio RTP/AVP 96", &["96 speex/8000"])),
        // Tones, comfort noise, redundancy and repair carry no talk.
        (("audio RTP/AVP 0 101", &[EVENTS]), ("audio RTP/AVP 101", &["101 Telephone-Event/8000"])),
        (("audio RTP/AVP 0 13", &[]), ("audio RTP/AVP 8 13", &["13 CN/8000"])),
        (("audio RTP/AVP 0 96", &["96 red/8000"]), ("audio RTP/AVP 96", &["96 RED/8000"])),
        (("video RTP/AVP 34 97", &["97 rtx/90000"]), ("video RTP/AVP 31 97", &["97 rtx/90000"])),
        // A name of what is not listed.
        (("audio RTP/AVP 0", &["0 PCMU/8000", "8 PCMA/8000"]), ("audio RTP/AVP 8", &["0 PCMU/8000"])),
        // Only the answer is of tones.
        (("audio RTP/AVP 0", &[]), ("audio RTP/AVP 101", &[EVENTS])),
    ];
    for (offer, answer) in rows {
        assert_eq!(judged(offer, answer), Err(Refused::Codec), "{offer:?} {answer:?}");
    }
}

/// One stream that cannot be used is one too many: it would have had to be refused by port 0. Others are no RTP.
#[test]
fn r93_each_answered_stream_has_a_codec_of_its_own_offer() {
    let head =
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
    let judged = |offer: &str, answer: &str| {
        let [offer, answer] =
            [offer, answer].map(|media| Summary::read(format!("{head}{media}\r\n").as_bytes()));
        let terms = Terms { parties: [Srtp::BestEffort; 2], keys_in_clear: true };
        terms.answer(&offer, Pass::WithKeys, &answer)
    };
    assert_eq!(judged("m=video 4002 RTP/AVP 31", "m=video 4002 RTP/AVP 34"), Err(Refused::Codec));
    assert_eq!(judged("m=video 4002 RTP/AVP 31", "m=video 0 RTP/AVP 34"), Ok(()));
    assert_eq!(judged("m=image 4002 udptl t38", "m=image 4002 udptl t38"), Ok(()));
    assert_eq!(judged("m=image 4002 udptl t38", "m=image 4002 udptl t39"), Ok(()));
    assert_eq!(judged("m=message 4002 TCP/MSRP *", "m=message 4002 TCP/MSRP *"), Ok(()));
    assert_eq!(judged("m=audio 4002 rtp/avp 0", "m=audio 4002 rtp/avp 8"), Ok(()));
    // What is wrong with keys is said first.
    assert_eq!(judged("m=video 4002 RTP/SAVP 31", "m=video 4002 RTP/AVP 34"), Err(Refused::Answer));
}

/// Codecs in common use are all told apart; a chance collision would let an answer pass, never refuse one.
#[test]
fn codecs_in_common_use_have_bits_of_their_own() {
    let audio = "PCMU/8000 PCMA/8000 G722/8000 G729/8000 GSM/8000 G723/8000 G728/8000 iLBC/8000 opus/48000 speex/8000 \
        speex/16000 speex/32000 G7221/16000 G7221/32000 AMR/8000 AMR-WB/16000 G726-16/8000 G726-24/8000 G726-32/8000 \
        G726-40/8000 L16/8000 L16/16000 L16/44100 DVI4/8000 LPC/8000 EVS/16000 SILK/8000 SILK/16000 BV16/8000 G7291/16000";
    let video = "H261/90000 H263/90000 H263-1998/90000 H263-2000/90000 H264/90000 H265/90000 VP8/90000 VP9/90000 \
        AV1/90000 JPEG/90000 MPV/90000 theora/90000";
    for (kind, names) in [("audio", audio), ("video", video)] {
        let all: Vec<Codecs> = names
            .split_ascii_whitespace()
            .map(|name| codecs(&format!("{kind} RTP/AVP 96"), &[&format!("96 {name}")]))
            .collect();
        for (n, one) in all.iter().enumerate() {
            assert!(one.answer(*one) && *one != Codecs::ANY);
            assert!(all.iter().skip(n + 1).all(|other| !one.answer(*other)), "{n}: {names}");
        }
    }
}

/// Static types are what RFC 3551 section 6 says, by number as by name.
#[test]
fn static_types_are_those_of_rfc_3551() {
    let named = "0 PCMU/8000,3 GSM/8000,4 G723/8000,5 DVI4/8000,6 DVI4/16000,7 LPC/8000,8 PCMA/8000,9 G722/8000,\
        10 L16/44100/2,11 L16/44100,12 QCELP/8000,14 MPA/90000,15 G728/8000,16 DVI4/11025,17 DVI4/22050,18 G729/8000,\
        25 CelB/90000,26 JPEG/90000,28 nv/90000,31 H261/90000,32 MPV/90000,33 MP2T/90000,34 H263/90000";
    let mut assigned = Vec::new();
    for row in named.split(',') {
        let (number, name) = row.split_once(' ').unwrap();
        let dynamic = codecs("audio RTP/AVP 96", &[&format!("96 {name}")]);
        assert_eq!(codecs(&format!("audio RTP/AVP {number}"), &[]), dynamic, "{row}");
        assigned.push(number.parse::<u8>().unwrap());
    }
    let only_noise = codecs("audio RTP/AVP 13", &[]);
    assert_eq!(only_noise, codecs("audio RTP/AVP 101", &[EVENTS]));
    for number in (0..=127).filter(|number| *number != 13 && !assigned.contains(number)) {
        assert_eq!(codecs(&format!("audio RTP/AVP {number}"), &[]), Codecs::ANY, "{number}");
    }
}

/// What goes along with a codec is known by its whole name.
#[test]
fn companions_are_known_by_their_whole_names() {
    let none = codecs("audio RTP/AVP 13", &[]);
    for name in ["telephone-event/16000", "tone/8000", "CN/16000", "red/8000/2", "RTX/90000", "ulpfec/90000"]
        .into_iter()
        .chain(["flexfec-03/90000"])
    {
        assert_eq!(codecs("audio RTP/AVP 96", &[&format!("96 {name}")]), none, "{name}");
    }
    for name in
        ["telephone/8000", "telephone-events/8000", "tones/8000", "CNG/8000", "redd/8000", "rtx2/90000"]
            .into_iter()
            .chain(["ulpfec1/90000", "flexfec/90000", "c/8000", "r/8000", "x/16"])
    {
        let one = codecs("audio RTP/AVP 96", &[&format!("96 {name}")]);
        assert!(one != none && one != Codecs::ANY, "{name}");
    }
    for name in ["", "x", "opus", "opus/", "/", "opus/48k", "8000", "opus 48000"] {
        let unknown = codecs("audio RTP/AVP 0 96", &[&format!("96 {name}")]);
        assert_eq!(unknown, Codecs::ANY, "{name}");
    }
}
