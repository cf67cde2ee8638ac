//! Provisional answers that are acknowledged, end to end (RFC 3262): who gets them, in what order, and what loss does.

use crate::office;

use office::{Office, assert_trace};
use strowger_testkit::phone::{Behaviour, PhoneEvent};
use strowger_testkit::sim::{Datagram, Dice};

const KNOWN: &str = "Supported: 100rel\r\n";
const REQUIRED: &str = "Require: 100rel\r\n";
const KEY: &str = "crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";

/// 201 says this in its INVITE; 202 rings for two seconds, and has early media.
fn office_with(seed: u64, policy: &[(&str, &str)], asks: &str) -> Office {
    let mut office = Office::changed(seed, policy);
    let [a, b] = ["201", "202"].map(|dn| office.phone(dn));
    asks.clone_into(&mut office.sim.phone(a).config.asks);
    office.sim.phone(a).config.reliable = !asks.is_empty();
    office.sim.phone(b).config.reliable = true;
    office.sim.phone(b).config.early_media = true;
    office.sim.keep_sent = true;
    office
}

fn office(seed: u64, asks: &str) -> Office {
    office_with(seed, &[], asks)
}

fn end(office: &mut Office) {
    office.hang_up("201");
    office.until_over("202");
    office.assert_nothing_left();
}

fn invites_to_202(office: &Office) -> Vec<String> {
    let sent = office.sim.sent.iter().filter(|datagram| datagram.to == office::phone_address(1));
    let texts = sent.map(|datagram| String::from_utf8_lossy(&datagram.bytes).into_owned());
    texts.filter(|text| text.starts_with("INVITE")).collect()
}

/// Section 3: what 202 says arrives, and is acknowledged hop by hop. The answer was in the 183, so the 2xx needs none.
#[test]
fn an_answer_in_a_provisional_goes_on_reliably() {
    let mut office = office(1, KNOWN);
    office.call("201", "202");
    office.until_talks("202");
    assert_trace(
        &office.trace(),
        "201 -> exchange: INVITE 202 +sdp
         exchange -> 201: 100 Trying (INVITE)
         exchange -> 202: INVITE 202 +sdp
         exchange: internal
         202 -> exchange: 183 Session Progress (INVITE) +sdp
         202: called by 201
         exchange -> 202: PRACK 202
         exchange -> 201: 183 Session Progress (INVITE) +sdp
         202 -> exchange: 200 OK (PRACK)
         201 -> exchange: PRACK
         201: hears ringing
         exchange -> 201: 200 OK (PRACK)
         202 -> exchange: 200 OK (INVITE)
         exchange -> 201: 200 OK (INVITE)
         exchange -> 202: ACK
         201 -> exchange: ACK
         201: talks
         202: talks",
    );
    office.assert_both_agreed();
    end(&mut office);
}

/// Who requires it gets every one of them so, whoever is called; who does not know it gets none, and nobody is asked for any.
#[test]
fn a_caller_gets_what_it_asked_for() {
    for (asks, reliable, early, asked, to_201) in [
        (REQUIRED, true, true, true, true),
        (REQUIRED, false, false, true, true),
        (KNOWN, true, false, true, false),
        (KNOWN, false, true, true, false),
        ("", true, true, false, false),
    ] {
        let mut office = office(2, asks);
        let b = office.phone("202");
        office.sim.phone(b).config.reliable = reliable;
        office.sim.phone(b).config.early_media = early;
        office.call("201", "202");
        office.until_talks("202");
        let invites = invites_to_202(&office);
        assert!(
            invites.iter().all(|invite| invite.contains("100rel") == asked && !invite.contains("Require:"))
        );
        let pracks = office.trace().matches("201 -> exchange: PRACK").count();
        assert_eq!(pracks, usize::from(to_201), "{asks} {reliable} {early}\n{}", office.trace());
        office.assert_both_agreed();
        end(&mut office);
    }
}

/// Section 3: without a PRACK in 64 T1 the call is refused, and whoever was called is told.
#[test]
fn a_caller_that_never_acknowledges_is_refused() {
    let mut office = office(3, REQUIRED);
    let a = office.phone("201");
    office.sim.phone(a).config.reliable = false;
    office.behaves("202", Behaviour::Ring);
    let began = office.sim.now;
    let (status, _) = office.refused("201", "202");
    assert_eq!(status, 504);
    let waited = office.sim.now.since_ms(began);
    assert!((32_000..33_000).contains(&waited), "{waited} ms");
    assert!(office.trace().contains("exchange -> 202: CANCEL"));
    office.assert_nothing_left();
}

/// Section 3: no 2xx before the PRACK of an answer.
#[test]
fn an_answer_waits_for_the_prack() {
    let mut office = office(4, KNOWN);
    office.behaves("202", Behaviour::Answer { after_ms: 100 });
    let lost = std::cell::Cell::new(0);
    office.sim.lose(move |datagram: &Datagram| {
        let prack = datagram.bytes.starts_with(b"PRACK") && datagram.from == office::phone_address(0);
        lost.set(lost.get() + u32::from(prack));
        prack && lost.get() < 3
    });
    office.call("201", "202");
    office.until_talks("202");
    let trace = office.trace();
    let [prack, answer] = ["exchange -> 201: 200 OK (PRACK)", "exchange -> 201: 200 OK (INVITE)"]
        .map(|line| trace.find(line).expect("it was sent"));
    assert!(prack < answer, "{trace}");
    office.assert_both_agreed();
    end(&mut office);
}

/// RFC 3261 section 13.2.1: an answer to a late offer would have to be in the PRACK. Nobody is asked for that.
#[test]
fn a_late_offer_is_made_by_the_2xx() {
    for asks in [KNOWN, REQUIRED] {
        let mut office = office(5, asks);
        let a = office.phone("201");
        office.sim.phone(a).config.late_offer = true;
        office.call("201", "202");
        office.until_talks("202");
        assert!(invites_to_202(&office).iter().all(|invite| !invite.contains("100rel")));
        assert!(!office.trace().contains("PRACK"), "{}", office.trace());
        office.assert_both_agreed();
        end(&mut office);
    }
}

/// A PRACK for what was not sent, and one that offers something.
#[test]
fn a_prack_that_fits_nothing_is_refused() {
    let mut office = office(6, REQUIRED);
    let a = office.phone("201");
    office.sim.phone(a).config.reliable = false;
    office.behaves("202", Behaviour::Ring);
    office.call("201", "202");
    office.sim.run_ms(1_000);
    let ringing = String::from_utf8(office.sim.phone(a).last_response().to_vec()).expect("text");
    let line =
        |name: &str| ringing.lines().find(|line| line.starts_with(name)).expect("it has one").to_owned();
    let number: u32 = line("RSeq: ")[6..].parse().expect("a number");
    let (exchange, phone) = (office::exchange_address(), office::phone_address(0));
    let (from, to, call_id) = (line("From: "), line("To: "), line("Call-ID: "));
    let cseq = line("CSeq: ")[6..].split(' ').next().expect("a number").to_owned();
    let sdp = String::from_utf8(office.sim.phone(a).sdp()).expect("text");
    let rows = [
        (format!("RAck: {} {cseq} INVITE\r\n", number + 1), "", 481),
        (format!("RAck: {number} 99 INVITE\r\n"), "", 481),
        ("RAck: x\r\n".to_owned(), "", 481),
        (String::new(), "", 481),
        (format!("RAck: {number} {cseq} INVITE\r\n"), sdp.as_str(), 488),
        (format!("RAck: {number} {cseq} INVITE\r\n"), "", 481),
    ];
    for (n, (rack, body, status)) in rows.into_iter().enumerate() {
        let prack = format!(
            "PRACK sip:{exchange} SIP/2.0\r\nVia: SIP/2.0/UDP {phone};branch=z9hG4bKp{n}\r\n{from}\r\n{to}\r\n{call_id}\r\nCSeq: {} PRACK\r\nMax-Forwards: 70\r\n{rack}Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
            10 + n,
            body.len()
        );
        office.sim.sent.clear();
        office.sim.inject(phone, exchange, prack.as_bytes());
        office.sim.run_ms(10);
        let answered = office.sim.sent.iter().any(|datagram| {
            datagram.to == phone && datagram.bytes.starts_with(format!("SIP/2.0 {status}").as_bytes())
        });
        assert!(answered, "{n}: {rack}");
    }
    office.hang_up("202");
    office.until_over("201");
    office.assert_nothing_left();
}

/// R96, and what policy requires holds for an answer that comes early: it is the answer.
#[test]
fn r96_an_early_answer_in_clear_ends_the_call() {
    let required = ("dn = \"202\"", "dn = \"202\"\nsrtp = \"required\"");
    for (profile, key, encrypted) in [("RTP/SAVP", Some(KEY), true), ("RTP/AVP", None, false)] {
        let mut office = office_with(7, &[required], KNOWN);
        let [a, b] = ["201", "202"].map(|dn| office.phone(dn));
        office.sim.phone(a).config.profile = "RTP/SAVP".to_owned();
        office.sim.phone(a).config.attributes = vec![KEY.to_owned()];
        office.sim.phone(b).config.profile = profile.to_owned();
        office.sim.phone(b).config.attributes = key.into_iter().map(str::to_owned).collect();
        office.call("201", "202");
        if encrypted {
            office.until_talks("202");
            office.assert_both_agreed();
            end(&mut office);
            continue;
        }
        office.until_over("201");
        assert!(office.trace().contains("exchange -> 202: CANCEL"), "{}", office.trace());
        assert!(!office.trace().contains("exchange -> 201: 183"));
        let ended = office.sim.told(a).pop();
        assert!(matches!(ended, Some(PhoneEvent::Ended { status: 488, .. })), "{ended:?}");
        office.assert_nothing_left();
    }
}

/// Behind one contact two phones ring, and each has its answers acknowledged (section 4 counts within a dialog). The one that
/// talks is not the one whose answer the caller was told: both are asked anew.
#[test]
fn two_phones_behind_one_contact() {
    let mut office = office(9, KNOWN);
    office.behaves("202", Behaviour::Ring);
    office.call("201", "202");
    office.sim.run_ms(200);
    let (exchange, phone) = (office::exchange_address(), office::phone_address(1));
    let invite = invites_to_202(&office).pop().expect("202 was called");
    let line =
        |name: &str| invite.lines().find(|line| line.starts_with(name)).expect("it has one").to_owned();
    let head = format!(
        "{}\r\n{}\r\n{};tag=another\r\n{}\r\n{}\r\nContact: <sip:202b@{phone}>\r\n",
        line("Via: "),
        line("From: "),
        line("To: "),
        line("Call-ID: "),
        line("CSeq: ")
    );
    let pracks = |office: &Office| office.trace().matches("exchange -> 202: PRACK").count();
    assert_eq!(pracks(&office), 1);
    let ringing =
        format!("SIP/2.0 180 Ringing\r\n{head}Require: 100rel\r\nRSeq: 77\r\nContent-Length: 0\r\n\r\n");
    office.sim.inject(phone, exchange, ringing.as_bytes());
    office.sim.inject(phone, exchange, ringing.as_bytes());
    office.sim.run_ms(200);
    assert_eq!(pracks(&office), 2, "{}", office.trace());
    assert!(office.trace().contains("exchange -> 202: PRACK 202b"));
    let sdp = "v=0\r\no=202b 1 1 IN IP4 10.0.1.2\r\ns=-\r\nc=IN IP4 10.0.1.2\r\nt=0 0\r\nm=audio 4444 RTP/AVP 0\r\n";
    let talks = format!(
        "SIP/2.0 200 OK\r\n{head}Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    );
    office.sim.inject(phone, exchange, talks.as_bytes());
    office.sim.run_ms(1_000);
    assert!(office.trace().contains("exchange -> 201: INVITE 201"), "{}", office.trace());
    office.hang_up("201");
    office.hang_up("202");
    office.assert_nothing_left();
}

/// Hanging up at any moment, by either, leaves nothing.
#[test]
fn giving_up_at_any_moment_leaves_nothing() {
    for (n, dn) in (0..110).flat_map(|n| [(n, "201"), (n, "202")]) {
        let mut office = office(8, if n % 2 == 0 { KNOWN } else { REQUIRED });
        office.call("201", "202");
        office.sim.run_ms(if n < 60 { n } else { 40 * n });
        office.hang_up(dn);
        office.sim.run_ms(3_000);
        // Before it has heard of the call, 202 cannot refuse it.
        office.hang_up("202");
        office.assert_nothing_left();
    }
}

/// With every fifth datagram lost a call is up in the end, and both have the other's description; or it is over for both.
#[test]
fn a_storm_leaves_both_agreed() {
    let mut lived = 0;
    for seed in 0..100 {
        let asks = [KNOWN, REQUIRED][usize::from(seed % 2 == 0)];
        let mut office = office(100 + seed, asks);
        let mut dice = Dice::new(seed);
        office.sim.lose(move |_| dice.chance(200));
        office.call("201", "202");
        office.sim.run_ms(70_000);
        office.sim.lose(|_| false);
        office.sim.run_ms(1_000);
        if office.sim.exchange(0).calls_in_use() == 1 {
            office.assert_both_agreed();
            lived += 1;
        }
        office.hang_up("201");
        office.hang_up("202");
        office.assert_nothing_left();
    }
    assert!(lived > 60, "only {lived} lived");
}
