//! The policy table, and every small offer with every small answer: what is required is never agreed on in clear.

use super::judge::{Pass, Refused, Terms};
use super::srtp::Srtp::{self, BestEffort, Off, Required};
use super::summary::{Protection, Summary};
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

const KEY: &str = "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";

fn description(media: &[(&str, u16, &str, &[&str])]) -> String {
    let mut text = String::from("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n");
    for (kind, port, proto, attributes) in media {
        text += &format!("m={kind} {port} {proto} 0\r\n");
        attributes.iter().for_each(|attribute| text += &format!("a={attribute}\r\n"));
    }
    text
}

fn audio(proto: &str, attributes: &[&str]) -> Summary {
    Summary::read(description(&[("audio", 4000, proto, attributes)]).as_bytes())
}

fn crypto(tag: u32, suite: &str) -> String {
    format!("crypto:{tag} {suite} {KEY}")
}

const fn terms(a: Srtp, b: Srtp) -> Terms {
    Terms { parties: [a, b], keys_in_clear: true }
}

/// The table of both parties' policies, for each form of offer.
#[test]
fn offers_pass_as_the_policy_table_says() {
    let key = crypto(1, "AES_CM_128_HMAC_SHA1_80");
    let (clear, opportunistic) = (audio("RTP/AVP", &[]), audio("RTP/AVP", &[&key]));
    let (sdes, unusable) = (audio("RTP/SAVP", &[&key]), audio("RTP/SAVP", &["crypto:1 ROT_13 inline:x"]));
    let dtls = audio("UDP/TLS/RTP/SAVPF", &["fingerprint:sha-256 AA"]);
    let zrtp = audio("RTP/AVP", &["zrtp-hash:1.10 fe30"]);
    type Row<'a> = (Srtp, Srtp, [(&'a Summary, Result<Pass, Refused>); 6]);
    let rows: [Row<'_>; 3] = [
        (
            Off,
            BestEffort,
            [
                (&clear, Ok(Pass::Clear)),
                (&opportunistic, Ok(Pass::Clear)),
                (&sdes, Err(Refused::Off)),
                (&unusable, Err(Refused::Unusable)),
                (&dtls, Err(Refused::Off)),
                (&zrtp, Ok(Pass::Clear)),
            ],
        ),
        (
            BestEffort,
            BestEffort,
            [
                (&clear, Ok(Pass::WithKeys)),
                (&opportunistic, Ok(Pass::WithKeys)),
                (&sdes, Ok(Pass::WithKeys)),
                (&unusable, Err(Refused::Unusable)),
                (&dtls, Ok(Pass::WithKeys)),
                (&zrtp, Ok(Pass::WithKeys)),
            ],
        ),
        (
            Required,
            BestEffort,
            [
                (&clear, Err(Refused::Clear)),
                (&opportunistic, Ok(Pass::WithKeys)),
                (&sdes, Ok(Pass::WithKeys)),
                (&unusable, Err(Refused::Unusable)),
                (&dtls, Err(Refused::Dtls)),
                (&zrtp, Err(Refused::Dtls)),
            ],
        ),
    ];
    for (a, b, offers) in rows {
        for (n, (offer, wanted)) in offers.into_iter().enumerate() {
            assert_eq!(terms(a, b).offer(offer), wanted, "{a:?} {b:?} {n}");
            assert_eq!(terms(b, a).offer(offer), wanted, "whoever offers: {a:?} {b:?} {n}");
        }
    }
    for offer in [&clear, &opportunistic, &sdes, &unusable, &dtls] {
        assert_eq!(terms(Off, Required).offer(offer), Err(Refused::Mismatch));
    }
    assert_eq!(terms(Off, Off).offer(&clear), Ok(Pass::Clear));
    assert_eq!(terms(Required, Required).offer(&sdes), Ok(Pass::WithKeys));
    let denied = |a, b| Terms { keys_in_clear: false, ..terms(a, b) };
    assert_eq!(denied(BestEffort, BestEffort).offer(&opportunistic), Ok(Pass::WithoutSdes));
    assert_eq!(denied(BestEffort, BestEffort).offer(&sdes), Err(Refused::KeysInClear));
    assert_eq!(denied(BestEffort, Required).offer(&sdes), Err(Refused::KeysInClear));
}

/// Law 5: what cannot be told to be encrypted is not, whatever it is called, and however many streams stand before it.
#[test]
fn required_lets_nothing_through_that_it_cannot_judge() {
    let key = crypto(1, "AES_CM_128_HMAC_SHA1_80");
    let sdes = ("audio", 4000, "RTP/SAVP", &[key.as_str()][..]);
    let judged = |media: &[(&str, u16, &str, &[&str])]| {
        terms(Required, BestEffort).offer(&Summary::read(description(media).as_bytes()))
    };
    assert_eq!(judged(&[sdes; 8]), Ok(Pass::WithKeys));
    for proto in ["rtp/avp", "TCP/RTP/AVP", "udptl", "TCP/MSRP", "RTP/AVPX"] {
        assert_eq!(judged(&[sdes, ("audio", 4002, proto, &[])]), Err(Refused::Clear), "{proto}");
        assert_eq!(judged(&[sdes, ("audio", 0, proto, &[])]), Ok(Pass::WithKeys), "{proto}");
    }
    let mut nine = [sdes; 9];
    assert_eq!(judged(&nine), Err(Refused::Streams));
    nine[8] = ("audio", 4002, "RTP/AVP", &[]);
    assert_eq!(judged(&nine), Err(Refused::Streams));
    let off = terms(Off, BestEffort).offer(&Summary::read(description(&nine).as_bytes()));
    assert_eq!(off, Err(Refused::Streams));
}

/// R96: an answer has exactly one line, with a tag and suite that were offered.
#[test]
fn r96_an_answer_chooses_one_line_that_was_offered() {
    let (one, two) = (crypto(1, "AES_CM_128_HMAC_SHA1_80"), crypto(2, "AES_CM_128_HMAC_SHA1_32"));
    let offer = audio("RTP/SAVP", &[&one, &two]);
    let judged = |answer: &Summary| terms(BestEffort, BestEffort).answer(&offer, Pass::WithKeys, answer);
    assert_eq!(judged(&audio("RTP/SAVP", &[&one])), Ok(()));
    assert_eq!(judged(&audio("RTP/SAVP", &[&two])), Ok(()));
    let (other_tag, other_suite) =
        (crypto(3, "AES_CM_128_HMAC_SHA1_80"), crypto(1, "AES_CM_128_HMAC_SHA1_32"));
    for bad in [
        audio("RTP/SAVP", &[]),
        audio("RTP/SAVP", &[&one, &two]),
        audio("RTP/SAVP", &[&other_tag]),
        audio("RTP/SAVP", &[&other_suite]),
        audio("RTP/SAVP", &["crypto:1 AES_CM_128_HMAC_SHA1_80 inline:short"]),
        audio("RTP/AVP", &[&one]),
        Summary::NONE,
    ] {
        assert_eq!(judged(&bad), Err(Refused::Answer));
    }
    let refused = Summary::read(description(&[("audio", 0, "RTP/SAVP", &[])]).as_bytes());
    assert_eq!(judged(&refused), Ok(()), "no media is no media in clear");
}

/// R91: the answer has the offer's streams, in its order.
#[test]
fn r91_an_answer_has_the_streams_of_its_offer() {
    let both = [("audio", 4000, "RTP/AVP", &[][..]), ("video", 4002, "RTP/AVP", &[][..])];
    let offer = Summary::read(description(&both).as_bytes());
    let judged = |media: &[(&str, u16, &str, &[&str])]| {
        let answer = Summary::read(description(media).as_bytes());
        terms(BestEffort, BestEffort).answer(&offer, Pass::WithKeys, &answer)
    };
    assert_eq!(judged(&both), Ok(()));
    assert_eq!(judged(&[both[0], ("video", 0, "RTP/AVP", &[])]), Ok(()));
    assert_eq!(judged(&both[..1]), Err(Refused::Answer));
    assert_eq!(judged(&[both[1], both[0]]), Err(Refused::Answer));
    assert_eq!(judged(&[both[0], both[1], both[1]]), Err(Refused::Answer));
    assert_eq!(judged(&[both[0], ("video", 4002, "RTP/AVPF", &[])]), Err(Refused::Answer));
}

/// Every description of one stream of a small model: each proto, port, and choice of up to two crypto lines.
fn every() -> Vec<Summary> {
    let lines = [
        crypto(1, "AES_CM_128_HMAC_SHA1_80"),
        crypto(2, "AES_CM_128_HMAC_SHA1_32"),
        "crypto:3 ROT_13 inline:x".to_string(),
        "fingerprint:sha-256 AA".to_string(),
    ];
    let mut all = Vec::new();
    for proto in ["RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVP", "udptl", "rtp/avp"] {
        for port in [0, 4000] {
            for chosen in 0..16 {
                let attributes: Vec<&str> =
                    (0..4).filter(|n| chosen >> n & 1 != 0).map(|n| lines[n].as_str()).collect();
                let media = [("audio", port, proto, attributes.as_slice())];
                all.push(Summary::read(description(&media).as_bytes()));
            }
        }
    }
    all
}

/// Law 5. Whatever is offered, passed on and answered: where one party requires SRTP, media is agreed on only with exactly one
/// usable key that was offered; where one party's media is never encrypted, only without any.
#[test]
fn required_never_ends_in_clear_and_off_never_in_cipher() {
    let (all, mut agreed, mut pairs) = (every(), 0, 0);
    for a in [BestEffort, Off, Required] {
        for b in [BestEffort, Off, Required] {
            for keys_in_clear in [true, false] {
                let terms = Terms { parties: [a, b], keys_in_clear };
                for offer in &all {
                    let Ok(pass) = terms.offer(offer) else { continue };
                    for answer in &all {
                        pairs += 1;
                        if terms.answer(offer, pass, answer).is_err() {
                            continue;
                        }
                        agreed += 1;
                        let (offered, answered) = (&offer.streams()[0], &answer.streams()[0]);
                        if answered.protection == Protection::None {
                            continue;
                        }
                        let chosen: Vec<_> = answered.lines().collect();
                        let encrypted = answered.written == 1
                            && pass == Pass::WithKeys
                            && offered.lines().any(|line| chosen == [line]);
                        assert!(
                            encrypted || a != Required && b != Required,
                            "{a:?} {b:?} {offer:?} {answer:?}"
                        );
                        assert!(!encrypted || a != Off && b != Off, "{a:?} {b:?} {offer:?} {answer:?}");
                        let secure_profile = matches!(offered.protection, Protection::Sdes);
                        assert!(encrypted || !secure_profile, "SAVP without a key: {offer:?} {answer:?}");
                    }
                }
            }
        }
    }
    std::println!("{pairs} offers with an answer, {agreed} of them agreed on");
    assert!(agreed > 500 && pairs > 100_000);
}
