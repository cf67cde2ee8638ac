//! Descriptions of sessions: which are read, and what becomes of an offer and its answer on their way from phone to phone.

use crate::office;

use office::Office;
use std::collections::BTreeSet;
use strowger::media::srtp::Line;
use strowger::media::summary::MAX_LINES;
use strowger::wire::sdp::Session;
use strowger_testkit::corpus::{Sample, samples};
use strowger_testkit::phone::{Ask, PhoneEvent};

/// Shared descriptions that are refused, and why: none of them is called valid by its source (docs/deviations.md).
const UNREAD: [(&str, &[&str]); 8] = [
    ("ends in CR alone", &["sdp/osip/sdp10"]),
    ("a port of 492170", &["sdp/osip/sdp4", "sdp/osip/sdp5", "sdp/osip/sdp7"]),
    ("comments before v=", &["sdp/webrtc-sdp/03.sdp", "sdp/webrtc-sdp/08.sdp", "sdp/webrtc-sdp/11.sdp"]),
    ("no s=", &["sdp-embedded/gosip/sdp_test_L00075.sdp"]),
    (
        "indented lines",
        &[
            "sdp-embedded/sip.js/digest-server_L00058.sdp",
            "sdp-embedded/sipsorcery/SDPUnitTests_L00088.sdp",
            "sdp-embedded/sipsorcery/SDPUnitTests_L00110.sdp",
        ],
    ),
    ("a line mid:1", &["sdp-embedded/sipsorcery/SDPUnitTests_L00147.sdp"]),
    ("no address in c=", &["sdp-embedded/sipsorcery/SIPUserAgentAttendedTransferUnitTest_L00116.sdp"]),
    (
        "blank lines inside",
        &[
            "sdp-embedded/sdp/unmarshal_test_L00039.sdp",
            "sdp-embedded/webrtc-sdp/lib_tests_L00433.sdp",
            "sdp-embedded/webrtc-sdp/lib_tests_L00446.sdp",
            "sdp-embedded/webrtc-sdp/lib_tests_L00459.sdp",
            "sdp-embedded/webrtc-sdp/lib_tests_L00474.sdp",
            "sdp-embedded/webrtc-sdp/lib_tests_L00488.sdp",
            "sdp-embedded/webrtc-sdp/lib_tests_L00502.sdp",
            "sdp-embedded/webrtc-sdp/lib_tests_L00515.sdp",
            "sdp-embedded/webrtc-sdp/lib_tests_L00529.sdp",
            "sdp-embedded/webrtc-sdp/lib_tests_L00563.sdp",
            "sdp-embedded/webrtc-sdp/parse_sdp_tests_L00059.sdp",
            "sdp-embedded/webrtc-sdp/parse_sdp_tests_L00078.sdp",
            "sdp-embedded/webrtc-sdp/parse_sdp_tests_L00253.sdp",
            "sdp-embedded/webrtc-sdp/parse_sdp_tests_L00447.sdp",
            "sdp-embedded/webrtc-sdp/parse_sdp_tests_L00573.sdp",
            "sdp-embedded/webrtc-sdp/parse_sdp_tests_L00632.sdp",
            "sdp-embedded/webrtc-sdp/parse_sdp_tests_L00693.sdp",
            "sdp-embedded/webrtc-sdp/parse_sdp_tests_L00789.sdp",
        ],
    ),
];

/// Shared offers whose call does not come about. The answers of the first four have fewer, other or reordered streams, which
/// their source is lenient about and R91 is not; the others are IPv6 from a phone reached by IPv4, and there is no relay.
const REFUSED: [(&str, &str); 8] = [
    ("offer-answer/pjmedia/12", "media.answer"),
    ("offer-answer/pjmedia/13", "media.answer"),
    ("offer-answer/pjmedia/14", "media.answer"),
    ("offer-answer/pjmedia/15", "media.answer"),
    // The same in a change: asked anew, these phones still have other streams than each other.
    ("offer-answer/pjmedia/14", "media.lost"),
    ("offer-answer/pjmedia/15", "media.lost"),
    ("offer-answer/rtpengine/t_180_offer.relayed.txt", "media.no-relay"),
    ("offer-answer/rtpengine/t_183_answer.relayed.txt", "media.no-relay"),
];

#[test]
fn the_worlds_descriptions_are_read() {
    let (Some(plain), Some(embedded)) = (samples("sdp"), samples("sdp-embedded")) else { return };
    assert_eq!((plain.len(), embedded.len()), (79, 109));
    let mut unread = BTreeSet::new();
    for sample in plain.iter().chain(&embedded) {
        let Ok(session) = Session::parse(&sample.text) else {
            assert!(!sample.said.contains("must parse") && sample.said != "valid", "{}", sample.name);
            unread.insert(sample.name.as_str());
            continue;
        };
        // What is read is what stands there, stream by stream.
        let text = String::from_utf8_lossy(&sample.text);
        let streams: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("m=")).collect();
        assert_eq!(session.media.len() + usize::from(session.extra_media), streams.len(), "{}", sample.name);
        for (media, line) in session.media.iter().zip(streams) {
            let mut words = line.split_ascii_whitespace();
            assert_eq!(words.next().map(str::as_bytes), Some(media.kind_text), "{}", sample.name);
            let port =
                words.next().and_then(|port| port.split('/').next()).and_then(|port| port.parse().ok());
            assert_eq!(port, Some(media.port), "{}", sample.name);
            assert_eq!(words.next().map(str::as_bytes), Some(media.proto_text), "{}", sample.name);
            assert!(words.map(str::as_bytes).eq(media.formats()), "{}", sample.name);
        }
    }
    assert_eq!(unread, UNREAD.iter().flat_map(|(_, names)| *names).copied().collect());
}

/// What one party offers and the other answers.
struct Step {
    by: usize,
    offer: Vec<u8>,
    answer: Vec<u8>,
}

const PARTIES: [&str; 2] = ["201", "202"];

/// A description less the crypto lines that nobody could use (R95).
fn usable(text: &[u8], most: usize) -> Vec<u8> {
    let mut tags = Vec::new();
    let keep = |line: &&[u8]| {
        if line.starts_with(b"m=") {
            tags.clear();
        }
        let Some(value) = line.strip_prefix(b"a=crypto:") else { return true };
        let line = Line::usable(value.trim_ascii_end()).filter(|line| !tags.contains(&line.tag));
        let Some(line) = line.filter(|_| tags.len() < most) else { return false };
        tags.push(line.tag);
        true
    };
    text.split_inclusive(|c| *c == b'\n').filter(keep).collect::<Vec<_>>().concat()
}

/// What a phone was told last: the other's description, or why there is no call.
fn told(office: &Office, party: usize) -> Result<Vec<u8>, String> {
    let events = office.sim.told(office.phone(PARTIES[party]));
    let last = events.into_iter().rev().find_map(|event| match event {
        PhoneEvent::Connected { remote_sdp } | PhoneEvent::Changed { remote_sdp } => Some(Ok(remote_sdp)),
        PhoneEvent::Ended { status, reason } => Some(Err(format!("{status} {reason}"))),
        PhoneEvent::Answered { status, .. } if status >= 300 => Some(Err(status.to_string())),
        _ => None,
    });
    last.unwrap_or_else(|| Err("nothing".to_owned()))
}

/// Has one party offer and the other answer: a call, or a change of it; `late`: who answers begins. What both hear then.
fn exchange(office: &mut Office, step: &Step, late: bool) -> Result<[Vec<u8>; 2], String> {
    let ids = PARTIES.map(|dn| office.phone(dn));
    office.sim.events.clear();
    office.sim.phone(ids[step.by]).config.sdp = Some(step.offer.clone());
    office.sim.phone(ids[1 - step.by]).config.sdp = Some(step.answer.clone());
    let begins = if late { 1 - step.by } else { step.by };
    if office.sim.exchange(0).calls_in_use() == 0 {
        office.sim.phone(ids[begins]).config.late_offer = late;
        office.call(PARTIES[begins], PARTIES[1 - begins]);
        office.sim.run_ms(3_000);
        office.sim.phone(ids[begins]).config.late_offer = false;
    } else {
        let ask = if late { Ask::Offer } else { Ask::Same };
        office.sim.with(ids[begins], |phone, now| phone.reinvite(now, ask));
        office.sim.run_ms(1_000);
    }
    Ok([told(office, step.by)?, told(office, 1 - step.by)?])
}

/// The steps in one call. What each phone hears is, octet for octet, what the other has said, less keys that nobody can use.
fn talk(name: &str, steps: &[Step], late: bool) -> Result<(), String> {
    let mut office = Office::registered(1);
    let mut outcome = Ok(());
    for step in steps {
        match exchange(&mut office, step, late) {
            Ok([answer, offer]) => {
                let wanted = usable(&step.offer, MAX_LINES);
                assert_eq!(
                    String::from_utf8_lossy(&offer),
                    String::from_utf8_lossy(&wanted),
                    "{name}, late: {late}"
                );
                let (answer, wanted) =
                    (String::from_utf8_lossy(&answer), String::from_utf8_lossy(&step.answer));
                assert_eq!(answer, wanted, "{name}, late: {late}");
            }
            Err(why) => {
                outcome = Err(why);
                break;
            }
        }
    }
    PARTIES.into_iter().for_each(|dn| office.hang_up(dn));
    office.assert_nothing_left();
    outcome
}

/// Values in place of the names that stand for them.
fn filled(text: &[u8]) -> Vec<u8> {
    let mut text = String::from_utf8(text.to_vec()).expect("text");
    for (name, len) in [("128S", 38), ("256S", 59), ("128", 40), ("192", 51), ("256", 62)] {
        text = text.replace(&format!("inline:CRYPTO{name}"), &format!("inline:{}", "k".repeat(len)));
    }
    text.replace("PORT", "30000").into_bytes()
}

/// What an offer says itself, as its answer: with one key, and receiving where it sends (R92).
fn reply(offer: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(usable(offer, 1)).expect("text");
    let turned = |line: &str| match line.trim_end() {
        "a=sendonly" => line.replace("send", "recv"),
        "a=recvonly" => line.replace("recv", "send"),
        _ => line.to_owned(),
    };
    text.split_inclusive('\n').map(turned).collect::<String>().into_bytes()
}

/// The calls of the shared offers and answers: those that belong together one after the other, and each of the others answered
/// by what it says itself, from both sides.
fn calls(samples: &[Sample]) -> Vec<(String, Vec<Step>)> {
    let mut calls: Vec<(String, Vec<Step>)> = Vec::new();
    let text =
        |name: &str| samples.iter().find(|sample| sample.name == name).map(|sample| sample.text.clone());
    for sample in samples {
        let (start, by, answer) = match sample.name.strip_suffix("_local_offer.1.sdp") {
            Some(start) => (start, 0, "_local_offer.2.sdp"),
            None => match sample.name.strip_suffix("_remote_offer.1.sdp") {
                Some(start) => (start, 1, "_remote_offer.3.sdp"),
                None if sample.name.contains("/pjmedia/") => continue,
                None => {
                    let offer = filled(&sample.text);
                    let answer = reply(&offer);
                    let step = |by| Step { by, offer: offer.clone(), answer: answer.clone() };
                    calls.push((sample.name.clone(), vec![step(0), step(1)]));
                    continue;
                }
            },
        };
        let answer = text(&format!("{start}{answer}")).expect("every offer has an answer");
        let step = Step { by, offer: sample.text.clone(), answer };
        let (case, _) = start.rsplit_once('_').expect("case and step");
        match calls.last_mut().filter(|(name, _)| name == case) {
            Some((_, steps)) => steps.push(step),
            None => calls.push((case.to_owned(), vec![step])),
        }
    }
    calls
}

#[test]
fn the_worlds_offers_and_answers_go_through() {
    let Some(samples) = samples("offer-answer") else { return };
    assert_eq!(samples.len(), 412);
    for sample in &samples {
        assert!(Session::parse(&filled(&sample.text)).is_ok(), "{}", sample.name);
    }
    let calls = calls(&samples);
    let mut refused = BTreeSet::new();
    for (name, steps) in &calls {
        for late in [false, true] {
            if let Err(why) = talk(name, steps, late) {
                let why = why.split('"').nth(1).expect("a reason").to_owned();
                refused.insert((name.clone(), why));
            }
        }
    }
    println!("{} descriptions in {} calls, each with early and late offers", samples.len(), calls.len());
    assert_eq!(refused, REFUSED.map(|(name, why)| (name.to_owned(), why.to_owned())).into());
}

const HEAD: &str = "v=0\r\no=- 1 1 IN IP4 10.0.1.1\r\ns=-\r\nc=IN IP4 10.0.1.1\r\nt=0 0\r\n";
const KEY: &str = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n";
const NO_CIPHER: &str = "a=crypto:2 NULL_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n";

/// 201 offers, 202 answers: what 202 and 201 hear, in a call and in a change of it, early and late.
fn each_way(office: impl Fn() -> Office, offer: &str, answer: &str, heard: [&str; 2]) {
    for late in [false, true] {
        let mut office = office();
        let step = Step { by: 0, offer: offer.into(), answer: answer.into() };
        for round in 0..2 {
            let [back, there] = exchange(&mut office, &step, late).expect("a call");
            let heard_now = [there, back].map(|sdp| String::from_utf8(sdp).expect("text"));
            assert_eq!(heard_now, heard, "late: {late}, round {round}\n{}", office.sim.ladder.render());
        }
        PARTIES.into_iter().for_each(|dn| office.hang_up(dn));
        office.assert_nothing_left();
    }
}

/// R95: what nobody could use is left out line by line, of early and late offers.
#[test]
fn r95_unusable_lines_are_left_out_of_every_offer() {
    let [offer, answer] =
        ["RTP/SAVP 0", "RTP/SAVP 0"].map(|media| format!("{HEAD}m=audio 4000 {media}\r\n{KEY}"));
    let with_more = format!("{offer}{NO_CIPHER}");
    each_way(|| Office::registered(1), &with_more, &answer, [&offer, &answer]);
}

/// R95: a stream without a usable key is refused alone; who requires SRTP refuses the call, and so does one that has no other.
#[test]
fn r95_a_stream_without_a_usable_key_is_refused_alone() {
    let audio = format!("{HEAD}m=audio 4000 RTP/SAVP 0\r\n{KEY}");
    let offer = format!("{audio}m=video 4002 RTP/SAVP 31\r\n{NO_CIPHER}a=rtpmap:31 H261/90000\r\n");
    let passed = format!("{audio}m=video 0 RTP/SAVP 31\r\na=rtpmap:31 H261/90000\r\n");
    let answer = format!("{audio}m=video 0 RTP/SAVP 31\r\n");
    each_way(|| Office::registered(1), &offer, &answer, [&passed, &answer]);
    let required = || Office::changed(1, &[("dn = \"202\"", "dn = \"202\"\nsrtp = \"required\"")]);
    let alone = format!("{HEAD}m=video 4002 RTP/SAVP 31\r\n{NO_CIPHER}");
    for (mut office, offer) in [(required(), &offer), (Office::registered(1), &alone)] {
        let step = Step { by: 0, offer: offer.clone().into(), answer: answer.clone().into() };
        let refused = exchange(&mut office, &step, false).expect_err("no call");
        assert_eq!(refused, "488 Q.850;cause=88;text=\"srtp.no-usable-key\"");
    }
}

/// RFC 3264 section 6: of more than eight streams the further ones are refused, and stay so in the answer.
#[test]
fn a_ninth_stream_is_refused() {
    let stream = |port: u16| format!("m=audio {port} RTP/AVP 0\r\n");
    let eight: String = (0..8).map(|n| stream(4000 + 2 * n)).collect();
    let passed = format!("{HEAD}{eight}{}{}", stream(0), stream(0));
    let offer = format!("{HEAD}{eight}{}{}", stream(5000), stream(5002));
    each_way(|| Office::registered(1), &offer, &offer, [&passed, &passed]);
}

/// `[media] video = "refuse"`: port 0 both ways, everything else as it was.
#[test]
fn video_is_refused_where_policy_says_so() {
    let video = |port: u16| {
        format!("{HEAD}m=audio 4000 RTP/AVP 0\r\nm=video {port} RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n")
    };
    let office = || Office::changed(1, &[("", "[media]\nvideo = \"refuse\"\n")]);
    each_way(office, &video(4002), &video(0), [&video(0), &video(0)]);
    each_way(|| Office::registered(1), &video(4002), &video(4004), [&video(4002), &video(4004)]);
}

/// R92: an answer that says more than its offer leaves it is corrected for who offers; a right one is not touched.
#[test]
fn r92_directions_of_answers_are_narrowed() {
    let audio = |direction: &str| format!("{HEAD}m=audio 4000 RTP/AVP 0\r\na=ptime:20\r\n{direction}");
    for (offer, answer, heard) in [
        ("a=sendonly\r\n", "a=sendrecv\r\n", "a=recvonly\r\n"),
        ("a=sendonly\r\n", "", "a=recvonly\r\n"),
        ("a=sendonly\r\n", "a=sendonly\r\n", "a=inactive\r\n"),
        ("a=sendonly\r\n", "a=inactive\r\n", "a=inactive\r\n"),
        ("a=recvonly\r\n", "a=sendrecv\r\n", "a=sendonly\r\n"),
        ("a=inactive\r\n", "", "a=inactive\r\n"),
        ("", "a=sendonly\r\n", "a=sendonly\r\n"),
    ] {
        let (offer, answer, heard) = (audio(offer), audio(answer), audio(heard));
        each_way(|| Office::registered(1), &offer, &answer, [&offer, &heard]);
    }
    // For the whole session, and held by an address (R100): that limits nothing.
    let all = format!("{HEAD}a=sendonly\r\nm=audio 4000 RTP/AVP 0\r\n");
    let heard = format!("{all}a=inactive\r\n");
    each_way(|| Office::registered(1), &all, &all, [&all, &heard]);
    let (held, answer) = (audio("").replace("10.0.1.1", "0.0.0.0"), audio("a=sendrecv\r\n"));
    each_way(|| Office::registered(1), &held, &answer, [&held, &answer]);
}

/// R93: an answer without a codec of its offer ends what a bad answer ends, early, late and in a change, by another name.
#[test]
fn r93_an_answer_without_a_common_codec_is_refused() {
    let audio = |formats: &str| format!("{HEAD}m=audio 4000 RTP/AVP {formats}\r\n");
    let tones = "a=rtpmap:101 telephone-event/8000\r\n";
    let offer = audio("0 101") + tones;
    let [good, other_codec, tones_only, other_proto] =
        [audio("0 8"), audio("8 101") + tones, audio("101") + tones, audio("0").replace("AVP", "AVPF")];
    let outcome = |answer: &str, late: bool, change: bool, code: &str, why: &str| {
        let mut office = Office::registered(1);
        office.sim.keep_sent = true;
        let step = |answer: &str| Step { by: 0, offer: offer.clone().into(), answer: answer.into() };
        if change {
            exchange(&mut office, &step(&good), late).expect("a call");
        }
        office.sim.ladder.clear();
        let outcome = exchange(&mut office, &step(answer), late);
        let warning = format!("\r\nWarning: {code} strowger \"{why}\"\r\n");
        let warns = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(&warning);
        assert!(office.sim.sent.iter().any(|datagram| warns(&datagram.bytes)), "{}", office.trace());
        // Who asked for a change hears so; then both are asked anew, and what comes of that is between them.
        if change && !late {
            assert!(office.trace().contains("exchange -> 201: 488 Not Acceptable Here (INVITE)"));
            PARTIES.into_iter().for_each(|dn| office.hang_up(dn));
            office.assert_nothing_left();
            return (String::new(), String::new());
        }
        let refused = outcome.expect_err("no call");
        office.assert_nothing_left();
        (refused.replace(why, "why"), office.trace())
    };
    for (late, change) in [(false, false), (false, true), (true, false), (true, true)] {
        let wanted = outcome(&other_proto, late, change, "399", "media.answer");
        assert!(late || change || wanted.0 == "488 Q.850;cause=88;text=\"why\"", "{wanted:?}");
        for answer in [&other_codec, &tones_only] {
            assert_eq!(outcome(answer, late, change, "305", "media.no-codec"), wanted, "{late} {change}");
        }
    }
}
