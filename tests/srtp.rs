//! Encryption of media as policy wants it, end to end: each pair of policies with phones that offer and answer in each form.

use crate::office;

use office::{Office, assert_trace};
use strowger::media::srtp::Line;
use strowger_testkit::corpus;
use strowger_testkit::phone::{Ask, PhoneEvent};

const KEYS: [&str; 2] =
    ["inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj", "inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj"];

/// What a phone can do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    Clear,
    /// Plain RTP with a key (RFC 8643).
    Opportunistic,
    Sdes,
    /// SRTP with a key of another tag than is usual: no answer to an offer of `Sdes`.
    OtherTag,
    /// SRTP, but the only line has half a key.
    Broken,
    Dtls,
}

fn set(office: &mut Office, dn: &str, form: Form) {
    let id = office.phone(dn);
    let config = &mut office.sim.phone(id).config;
    let key = KEYS[usize::from(dn == "202")];
    let (profile, attribute) = match form {
        Form::Clear => ("RTP/AVP", None),
        Form::Opportunistic => ("RTP/AVP", Some(format!("crypto:1 AES_CM_128_HMAC_SHA1_80 {key}"))),
        Form::Sdes => ("RTP/SAVP", Some(format!("crypto:1 AES_CM_128_HMAC_SHA1_80 {key}"))),
        Form::OtherTag => ("RTP/SAVP", Some(format!("crypto:7 AES_CM_128_HMAC_SHA1_80 {key}"))),
        Form::Broken => ("RTP/SAVP", Some(format!("crypto:1 AES_CM_128_HMAC_SHA1_80 {}", &key[..27]))),
        Form::Dtls => ("UDP/TLS/RTP/SAVP", Some("fingerprint:sha-256 4A:AD:B9:B1".to_owned())),
    };
    config.profile = profile.to_owned();
    config.attributes = attribute.into_iter().collect();
}

fn office(policies: (&str, &str)) -> Office {
    let [a, b] = [("201", policies.0), ("202", policies.1)]
        .map(|(dn, policy)| (format!("dn = \"{dn}\""), format!("dn = \"{dn}\"\nsrtp = \"{policy}\"")));
    Office::changed(1, &[(&a.0, &a.1), (&b.0, &b.1)])
}

/// What the two phones heard of each other, or why there was no call.
fn call(office: &mut Office, late: bool) -> Result<(String, String), String> {
    let (a, b) = (office.phone("201"), office.phone("202"));
    office.sim.phone(a).config.late_offer = late;
    office.sim.events.clear();
    office.call("201", "202");
    let done = |event: &PhoneEvent| matches!(event, PhoneEvent::Ended { .. } | PhoneEvent::Connected { .. });
    assert!(office.sim.run_until_event(60_000, a, done));
    office.sim.run_ms(1_000);
    let ended = office.sim.told(a).into_iter().find_map(|event| match event {
        PhoneEvent::Ended { status, reason } => Some(format!("{status} {reason}")),
        _ => None,
    });
    match ended {
        Some(why) => Err(why),
        None => {
            let text = |sdp| String::from_utf8(sdp).expect("text");
            Ok((text(office.heard_sdp(a)), text(office.heard_sdp(b))))
        }
    }
}

fn refused(why: &str) -> String {
    format!("488 Q.850;cause=88;text=\"{why}\"")
}

/// The policy table with every form of offer and the answers that phones give to it.
#[test]
fn calls_are_encrypted_as_the_policy_table_says() {
    use Form::{Broken, Clear, Dtls, Opportunistic, OtherTag, Sdes};
    type Row = (&'static str, &'static str, Form, Form, Result<bool, &'static str>);
    let rows: [Row; 22] = [
        // Encrypted or not, as the two can.
        ("best-effort", "best-effort", Clear, Clear, Ok(false)),
        ("best-effort", "best-effort", Opportunistic, Clear, Ok(false)),
        ("best-effort", "best-effort", Opportunistic, Opportunistic, Ok(true)),
        ("best-effort", "best-effort", Sdes, Sdes, Ok(true)),
        ("best-effort", "best-effort", Dtls, Dtls, Ok(false)),
        ("best-effort", "best-effort", Broken, Sdes, Err("srtp.no-usable-key")),
        ("best-effort", "best-effort", Sdes, OtherTag, Err("media.answer")),
        ("best-effort", "best-effort", Sdes, Clear, Err("media.answer")),
        ("best-effort", "best-effort", Clear, Opportunistic, Err("media.answer")),
        // Never.
        ("off", "best-effort", Clear, Clear, Ok(false)),
        ("best-effort", "off", Opportunistic, Clear, Ok(false)),
        ("best-effort", "off", Opportunistic, Opportunistic, Err("media.answer")),
        ("best-effort", "off", Sdes, Sdes, Err("srtp.off")),
        // Always.
        ("required", "required", Sdes, Sdes, Ok(true)),
        ("required", "best-effort", Opportunistic, Opportunistic, Ok(true)),
        ("best-effort", "required", Clear, Clear, Err("srtp.required")),
        ("best-effort", "required", Opportunistic, Clear, Err("srtp.required")),
        ("required", "best-effort", Sdes, Clear, Err("media.answer")),
        ("required", "best-effort", Sdes, Broken, Err("media.answer")),
        ("required", "best-effort", Dtls, Dtls, Err("srtp.sdes-required")),
        ("required", "off", Sdes, Sdes, Err("srtp.mismatch")),
        ("off", "required", Clear, Clear, Err("srtp.mismatch")),
    ];
    for (a, b, offer, answer, wanted) in rows {
        let mut office = office((a, b));
        set(&mut office, "201", offer);
        set(&mut office, "202", answer);
        let found = call(&mut office, false);
        let what = format!("{a} {b} {offer:?} {answer:?}\n{}", office.sim.ladder.render());
        match wanted {
            Ok(encrypted) => {
                let (at_201, at_202) = found.unwrap_or_else(|why| panic!("{why}: {what}"));
                assert_eq!(at_201.contains(KEYS[1]) && at_202.contains(KEYS[0]), encrypted, "{what}");
                let offered = at_202.contains("a=crypto");
                assert!(offered || !encrypted && (offer != Opportunistic || b == "off"), "{what}");
            }
            Err(why) => assert_eq!(found, Err(refused(why)), "{what}"),
        }
        office.hang_up("201");
        office.hang_up("202");
        office.assert_nothing_left();
    }
}

/// The same where the called side makes the offer, and the caller's ACK has the answer.
#[test]
fn late_offers_are_judged_as_early_ones() {
    use Form::{Clear, Opportunistic, Sdes};
    for (a, b, answer, offer, wanted) in [
        ("required", "required", Sdes, Sdes, Ok(())),
        ("required", "best-effort", Clear, Clear, Err("srtp.required")),
        ("best-effort", "off", Clear, Opportunistic, Ok(())),
        ("off", "required", Clear, Sdes, Err("srtp.mismatch")),
    ] {
        let mut office = office((a, b));
        set(&mut office, "201", answer);
        set(&mut office, "202", offer);
        let found = call(&mut office, true);
        let what = office.sim.ladder.render();
        match wanted {
            Ok(()) => {
                let (at_201, _) = found.unwrap_or_else(|why| panic!("{why}: {what}"));
                assert_eq!(at_201.contains("a=crypto"), b != "off", "{what}");
            }
            Err(why) => assert_eq!(found, Err(refused(why)), "{what}"),
        }
        office.hang_up("201");
        office.hang_up("202");
        office.assert_nothing_left();
    }
    // A bad answer in the ACK: nobody talks in clear.
    let mut office = office(("required", "required"));
    set(&mut office, "201", Clear);
    set(&mut office, "202", Sdes);
    let _ = call(&mut office, true);
    for dn in ["201", "202"] {
        let told = office.sim.told(office.phone(dn));
        assert!(told.iter().any(|event| matches!(event, PhoneEvent::Ended { .. })), "{dn}");
    }
    office.assert_nothing_left();
}

/// Law 5: a call that must be encrypted cannot be talked into clear by a re-INVITE.
#[test]
fn a_change_to_clear_is_refused_where_srtp_is_required() {
    let mut office = office(("required", "best-effort"));
    set(&mut office, "201", Form::Sdes);
    set(&mut office, "202", Form::Sdes);
    call(&mut office, false).expect("it is encrypted");
    office.sim.ladder.clear();
    set(&mut office, "202", Form::Clear);
    let id = office.phone("202");
    office.sim.with(id, |phone, now| phone.reinvite(now, Ask::Same));
    office.sim.run_ms(1_000);
    assert_trace(
        &office.trace(),
        "202 -> exchange: INVITE +sdp
         exchange -> 202: 488 Not Acceptable Here (INVITE)
         202 -> exchange: ACK
         202: answered: 488",
    );
    assert_eq!(office.sim.exchange(0).calls_in_use(), 1, "the session stays as it was");
    // An answer in clear is worse: that side has changed already, so the call is cleared.
    let id = office.phone("201");
    office.sim.with(id, |phone, now| phone.reinvite(now, Ask::Hold));
    office.sim.run_ms(1_000);
    for dn in ["201", "202"] {
        let told = office.sim.told(office.phone(dn));
        assert!(told.iter().any(|event| matches!(event, PhoneEvent::Ended { .. })), "{dn}");
    }
    office.assert_nothing_left();
}

/// `[media] sdes_over_clear = "deny"`: keys do not go over UDP; without them, best effort is plain RTP.
#[test]
fn keys_may_be_kept_from_signalling_in_clear() {
    let mut office = Office::changed(1, &[("", "\n[media]\nsdes_over_clear = \"deny\"\n")]);
    set(&mut office, "201", Form::Opportunistic);
    let (_, at_202) = call(&mut office, false).expect("it is plain");
    assert!(!at_202.contains("a=crypto") && at_202.contains("a=sendrecv"), "{at_202}");
    office.hang_up("201");
    office.until_over("202");
    set(&mut office, "201", Form::Sdes);
    assert_eq!(call(&mut office, false), Err(refused("srtp.keys-in-clear")));
    office.assert_nothing_left();
}

/// Law 4: an emergency call prefers SRTP and is never refused for its media, whatever is offered or answered, nor for what
/// cannot be read.
#[test]
fn emergency_is_not_refused_for_its_media() {
    const UNREADABLE: &[u8] = b"v=0\r\no=- 1 1 IN IP4 10.0.1.1\r\n\r\ns=-\r\n";
    let forms = [Form::Clear, Form::Opportunistic, Form::Sdes, Form::OtherTag, Form::Broken, Form::Dtls];
    for (form, answers, own) in forms
        .into_iter()
        .flat_map(|form| [(form, None, None), (form, Some(UNREADABLE), None)])
        .chain([(Form::Clear, None, Some(UNREADABLE))])
    {
        for late in [false, true] {
            let mut office = office(("required", "best-effort"));
            set(&mut office, "201", form);
            let (a, carrier) = (office.phone("201"), office.carrier);
            office.sim.phone(a).config.late_offer = late;
            office.sim.phone(a).config.sdp = own.map(<[u8]>::to_vec);
            office.sim.phone(carrier).config.sdp = answers.map(<[u8]>::to_vec);
            office.call("201", "911");
            office.until_talks("201");
            office.sim.run_ms(1_000);
            assert_eq!(office.sim.exchange(0).calls_in_use(), 1, "{form:?}\n{}", office.sim.ladder.render());
            office.hang_up("201");
            office.until_over("201");
            office.assert_nothing_left();
        }
    }
}

/// Law 4: nor for a body of another kind, as of a phone that sends its location along (RFC 6442). The other side offers.
#[test]
fn emergency_is_not_refused_for_the_kind_of_its_body() {
    let mut office = Office::registered(1);
    let (exchange, phone) = (office::exchange_address(), office::phone_address(0));
    for kind in ["multipart/mixed;boundary=x", "application/pidf+xml"] {
        let invite = format!(
            "INVITE sip:911@{exchange} SIP/2.0\r\nVia: SIP/2.0/UDP {phone};branch=z9hG4bK{}\r\nFrom: <sip:201@{exchange}>;tag=1\r\nTo: <sip:911@{exchange}>\r\nCall-ID: body-{}\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:201@{phone}>\r\nContent-Type: {kind}\r\nContent-Length: 5\r\n\r\n--x--",
            kind.len(),
            kind.len()
        );
        office.sim.ladder.clear();
        office.sim.inject(phone, exchange, invite.as_bytes());
        office.sim.run_ms(5_000);
        let trace = office.trace();
        assert!(trace.contains("exchange -> carrier: INVITE 911\n"), "without a description\n{trace}");
        assert!(trace.contains("exchange -> 201: 200 OK (INVITE) +sdp"), "{trace}");
        office.assert_nothing_left();
    }
}

/// What nobody can read could be anything: where SRTP is required, it is no offer and no answer.
#[test]
fn r96_what_cannot_be_read_is_refused() {
    let clear: &[u8] = b"v=0\r\no=202 1 1 IN IP4 10.0.1.2\r\ns=-\r\n\r\nc=IN IP4 10.0.1.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
    for late in [false, true] {
        let mut office = office(("required", "required"));
        set(&mut office, "201", Form::Sdes);
        let id = office.phone("202");
        office.sim.phone(id).config.sdp = Some(clear.to_vec());
        assert_eq!(call(&mut office, late), Err("488 Q.850;cause=88;text=\"media.answer\"".into()));
        let record = office.sim.records.last().expect("it has a record");
        assert_eq!((record.rule, record.cause), ("media.answer", 88));
        office.assert_nothing_left();
    }
}

/// R95: lines that nobody can use are left out one by one; the rest goes on.
#[test]
fn r95_unusable_lines_do_not_reach_the_other_phone() {
    let mut office = office(("best-effort", "best-effort"));
    set(&mut office, "201", Form::Sdes);
    set(&mut office, "202", Form::Sdes);
    let id = office.phone("201");
    let good = office.sim.phone(id).config.attributes[0].clone();
    office.sim.phone(id).config.attributes = vec![
        "crypto:5 ROT_13 inline:x".into(),
        good.clone(),
        "crypto:6 F8_128_HMAC_SHA1_80 inline:short".into(),
    ];
    let (_, at_202) = call(&mut office, false).expect("one line is left");
    assert!(at_202.contains(&good) && at_202.matches("a=crypto").count() == 1, "{at_202}");
    office.hang_up("201");
    office.assert_nothing_left();
}

/// Crypto lines of the world: what is well-formed is usable, unless it switches protection off or is of another shape than
/// anybody can negotiate; what is not is never.
#[test]
fn the_worlds_crypto_lines_are_judged_as_their_source_says() {
    let Some(path) = corpus::shared("corpus/sdes/crypto-lines.tsv") else { return };
    let table = std::fs::read_to_string(path).expect("it can be read");
    let (mut good, mut bad) = (0, 0);
    for row in table.lines().skip(1) {
        let mut fields = row.split('\t');
        let (value, verdict) = (fields.next().unwrap_or(""), fields.next().unwrap_or(""));
        let usable = Line::usable(value.as_bytes()).is_some();
        let off = ["UNENCRYPTED_SRTP", "UNENCRYPTED_SRTCP", "UNAUTHENTICATED_SRTP"];
        if verdict != "well-formed" || off.iter().any(|parameter| value.contains(parameter)) {
            assert!(!usable, "{verdict}: {value}");
            bad += 1;
        } else {
            assert!(usable, "{verdict}: {value}");
            good += 1;
        }
    }
    println!("{good} usable crypto lines, {bad} others");
    assert!(good > 15 && bad >= 9);
}
