//! Changes of a session by re-INVITE, end to end: hold and resume, late offers, glare, refusals, parties that vanish.

use crate::office;

use office::{Office, assert_trace};
use strowger_testkit::phone::{Ask, Behaviour, PhoneEvent};
use strowger_testkit::sim::Dice;

fn talking(seed: u64) -> Office {
    let mut office = Office::registered(seed);
    office.call("201", "202");
    office.until_talks("202");
    office.sim.run_ms(1_000);
    office.sim.ladder.clear();
    office.sim.events.clear();
    office
}

/// The last description that a phone was told of, and its direction.
fn heard(office: &Office, dn: &str) -> (String, String) {
    let told = office.sim.told(office.phone(dn));
    let last = told.into_iter().rev().find_map(|event| match event {
        PhoneEvent::Connected { remote_sdp } | PhoneEvent::Changed { remote_sdp } => Some(remote_sdp),
        _ => None,
    });
    let sdp = String::from_utf8(last.expect("it was told one")).expect("text");
    let direction = sdp.lines().last().expect("lines").trim_start_matches("a=").to_owned();
    (sdp, direction)
}

fn end(office: &mut Office) {
    office.hang_up("202");
    office.until_over("201");
    assert_eq!(office.sim.records.len(), 1);
    office.assert_nothing_left();
}

#[test]
fn hold_goes_to_the_other_side_and_its_answer_back() {
    let mut office = talking(1);
    office.ask("201", Ask::Hold);
    office.sim.run_ms(1_000);
    assert_trace(
        &office.trace(),
        "201 -> exchange: INVITE +sdp
         exchange -> 201: 100 Trying (INVITE)
         exchange -> 202: INVITE 202 +sdp
         202 -> exchange: 200 OK (INVITE) +sdp
         exchange -> 202: ACK
         exchange -> 201: 200 OK (INVITE) +sdp
         202: changed
         201 -> exchange: ACK
         201: changed",
    );
    assert_eq!(heard(&office, "202").1, "sendonly");
    assert_eq!(heard(&office, "201").1, "recvonly", "RFC 3264 section 6.1");
    assert!(heard(&office, "202").0.contains("o=201 1 2 "), "the version is the next (section 8)");
    office.ask("201", Ask::Resume);
    office.sim.run_ms(1_000);
    assert_eq!((heard(&office, "202").1, heard(&office, "201").1), ("sendrecv".into(), "sendrecv".into()));
    end(&mut office);
}

/// R100: hold by A, then by B; A resumes: it stays one-way until B resumes.
#[test]
fn r100_each_side_ends_its_own_hold() {
    let mut office = talking(2);
    for (dn, what) in [("201", Ask::Hold), ("202", Ask::Hold), ("201", Ask::Resume)] {
        office.ask(dn, what);
        office.sim.run_ms(1_000);
    }
    assert_eq!(heard(&office, "201").1, "sendonly", "202 still holds");
    office.ask("202", Ask::Resume);
    office.sim.run_ms(1_000);
    assert_eq!(heard(&office, "201").1, "sendrecv");
    end(&mut office);
}

/// RFC 3264 section 5, RFC 3725: an INVITE without a description is answered by an offer, and the ACK has the answer.
#[test]
fn a_late_offer_is_answered_by_the_ack() {
    let mut office = talking(3);
    office.ask("202", Ask::Offer);
    office.sim.run_ms(1_000);
    assert_trace(
        &office.trace(),
        "202 -> exchange: INVITE
         exchange -> 202: 100 Trying (INVITE)
         exchange -> 201: INVITE 201
         201 -> exchange: 200 OK (INVITE) +sdp
         exchange -> 202: 200 OK (INVITE) +sdp
         202 -> exchange: ACK +sdp
         202: changed
         exchange -> 201: ACK +sdp
         201: changed",
    );
    let (a, b) = (office.phone("201"), office.phone("202"));
    assert_eq!(heard(&office, "202").0.into_bytes(), office.sim.phone(a).sdp());
    assert_eq!(heard(&office, "201").0.into_bytes(), office.sim.phone(b).sdp());
    end(&mut office);
}

/// R91: an answer with other streams than were offered is not used. Who asked hears 488, and both are asked anew, so that
/// they have each other's description again: the call goes on.
#[test]
fn r91_an_answer_that_fits_no_offer_ends_the_change_and_not_the_call() {
    for mended in [true, false] {
        let mut office = talking(33);
        let [a, b] = ["201", "202"].map(|dn| office.phone(dn));
        let mut two = office.sim.phone(b).sdp();
        two.extend_from_slice(b"m=video 4010 RTP/AVP 31\r\n");
        office.sim.phone(b).config.sdp = Some(two);
        office.ask("201", Ask::Hold);
        while !office.trace().contains("exchange -> 201: 488 ") {
            office.sim.run_ms(1);
        }
        if mended {
            office.sim.phone(b).config.sdp = None;
        }
        office.sim.run_ms(2_000);
        if mended {
            office.assert_both_agreed();
            end(&mut office);
        } else {
            let over = office.sim.told(a).into_iter().any(|event| matches!(event, PhoneEvent::Ended { .. }));
            assert!(over, "neither has a description of the other's that fits\n{}", office.trace());
            office.assert_nothing_left();
        }
    }
}

/// RFC 3311 section 5: the answer to the offer of an UPDATE is in its 200, and nobody acknowledges that.
#[test]
fn an_update_with_an_offer_changes_the_session() {
    let mut office = talking(30);
    let id = office.phone("201");
    office.sim.phone(id).config.updates = true;
    office.ask("201", Ask::Hold);
    office.sim.run_ms(1_000);
    assert_trace(
        &office.trace(),
        "201 -> exchange: UPDATE +sdp
         exchange -> 202: INVITE 202 +sdp
         202 -> exchange: 200 OK (INVITE) +sdp
         exchange -> 202: ACK
         exchange -> 201: 200 OK (UPDATE) +sdp
         202: changed
         201: changed",
    );
    assert_eq!((heard(&office, "202").1, heard(&office, "201").1), ("sendonly".into(), "recvonly".into()));
    office.ask("201", Ask::Resume);
    office.sim.run_ms(1_000);
    assert_eq!((heard(&office, "202").1, heard(&office, "201").1), ("sendrecv".into(), "sendrecv".into()));
    end(&mut office);
}

/// RFC 3311 section 5.2: refused as a re-INVITE is, by the other side, or because both asked.
#[test]
fn an_update_that_is_refused_leaves_the_session() {
    for (refusal, told) in [(Some(488), 488), (Some(302), 488), (None, 491)] {
        let mut office = talking(31);
        let [a, b] = ["201", "202"].map(|dn| office.phone(dn));
        office.sim.phone(a).config.updates = true;
        office.sim.phone(b).config.refuse_changes = refusal;
        office.ask("201", Ask::Hold);
        if refusal.is_none() {
            office.ask("202", Ask::Hold);
        }
        office.sim.run_ms(1_000);
        assert!(office.trace().contains(&format!("exchange -> 201: {told} ")), "{}", office.trace());
        office.sim.run_ms(60_000);
        assert_eq!(office.sim.exchange(0).calls_in_use(), 1);
        end(&mut office);
    }
}

/// Whoever hangs up while an UPDATE waits: it is answered by 487, and nothing is left.
#[test]
fn an_update_that_is_not_answered_ends_with_the_call() {
    let mut office = talking(32);
    let id = office.phone("201");
    office.sim.phone(id).config.updates = true;
    office.behaves("202", Behaviour::Silent);
    office.ask("201", Ask::Hold);
    office.sim.run_ms(500);
    office.hang_up("201");
    office.sim.run_ms(1_000);
    assert!(office.trace().contains("exchange -> 201: 487 "), "{}", office.trace());
    office.assert_nothing_left();
}

/// R97: changes that cross are both refused by 491, and the call stays as it was.
#[test]
fn r97_changes_that_cross_are_refused() {
    let mut office = talking(4);
    office.ask("201", Ask::Hold);
    office.ask("202", Ask::Hold);
    office.sim.run_ms(1_000);
    for dn in ["201", "202"] {
        let refused = |event: &PhoneEvent| matches!(event, PhoneEvent::Answered { status: 491, .. });
        assert!(
            office.sim.told(office.phone(dn)).iter().any(refused),
            "{dn}\n{}",
            office.sim.ladder.render()
        );
    }
    office.ask("201", Ask::Resume);
    office.sim.run_ms(1_000);
    assert_eq!(heard(&office, "202").1, "sendrecv");
    end(&mut office);
}

/// RFC 3261 section 14.1: what is refused leaves the session as it was.
#[test]
fn a_refused_change_leaves_the_session() {
    for (refusal, told) in [(488, 488), (500, 500), (302, 488), (401, 488)] {
        let mut office = talking(5);
        let id = office.phone("202");
        office.sim.phone(id).config.refuse_changes = Some(refusal);
        office.ask("201", Ask::Hold);
        office.sim.run_ms(1_000);
        let id = office.phone("201");
        let answered = office.sim.told(id).into_iter().find_map(|event| match event {
            PhoneEvent::Answered { status, .. } => Some(status),
            _ => None,
        });
        assert_eq!(answered, Some(told), "{}", office.sim.ladder.render());
        office.sim.run_ms(60_000);
        assert_eq!(office.sim.exchange(0).calls_in_use(), 1);
        end(&mut office);
    }
}

/// RFC 5057 section 5.1: who answers 481, or nothing for 32 seconds, is gone.
#[test]
fn a_change_to_somebody_who_is_gone_ends_the_call() {
    for (vanishes, within_ms) in [(false, 1_000), (true, 33_000)] {
        let mut office = talking(6);
        let id = office.phone("202");
        if vanishes {
            office.behaves("202", Behaviour::Silent);
        } else {
            office.sim.phone(id).config.refuse_changes = Some(481);
        }
        office.ask("201", Ask::Hold);
        office.sim.run_ms(within_ms);
        let over = office.sim.told(office.phone("201"));
        assert!(
            over.iter().any(|event| matches!(event, PhoneEvent::Ended { .. })),
            "{}",
            office.sim.ladder.render()
        );
        assert_eq!(office.sim.records.len(), 1);
        office.behaves("202", Behaviour::Answer { after_ms: 2_000 });
        office.hang_up("202");
        office.assert_nothing_left();
    }
}

#[test]
fn hanging_up_while_a_change_is_under_way_leaves_nothing() {
    for who in ["201", "202"] {
        for after_ms in 0..8 {
            let mut office = talking(7);
            office.ask("201", Ask::Hold);
            office.sim.run_ms(after_ms);
            office.hang_up(who);
            office.sim.run_ms(2_000);
            for dn in ["201", "202"] {
                let told = office.sim.told(office.phone(dn));
                let ended = told.iter().filter(|event| matches!(event, PhoneEvent::Ended { .. })).count();
                assert_eq!(ended, 1, "{dn}, {who} after {after_ms} ms\n{}", office.sim.ladder.render());
            }
            assert_eq!(office.sim.records.len(), 1);
            office.assert_nothing_left();
        }
    }
}

#[test]
fn a_change_before_the_answer_is_put_off_and_rubbish_is_refused() {
    let mut office = Office::registered(8);
    office.behaves("202", Behaviour::Ring);
    office.call("201", "202");
    office.sim.run_ms(1_000);
    let (exchange, phone) = (office::exchange_address(), office::phone_address(0));
    let id = office.phone("201");
    let dialog = String::from_utf8(office.sim.phone(id).last_response().to_vec()).expect("text");
    let line =
        |name: &str| dialog.lines().find(|line| line.starts_with(name)).expect("it has one").to_owned();
    let reinvite = |cseq: u32, kind: &str, body: &str| {
        format!(
            "INVITE sip:{exchange} SIP/2.0\r\nVia: SIP/2.0/UDP {phone};branch=z9hG4bKx{cseq}\r\n{}\r\n{}\r\n{}\r\nCSeq: {cseq} INVITE\r\nMax-Forwards: 70\r\nContact: <sip:201@{phone}>\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            line("From: "),
            line("To: "),
            line("Call-ID: "),
            body.len()
        )
    };
    office.sim.ladder.clear();
    office.sim.inject(phone, exchange, reinvite(50, "application/sdp", "").as_bytes());
    office.sim.run_ms(100);
    assert!(office.trace().contains("exchange -> 201: 500 "), "{}", office.trace());
    let id = office.phone("202");
    office.sim.with(id, |phone, now| phone.answer(now));
    office.until_talks("202");
    for (cseq, kind, body, status) in
        [(51, "application/sdp", "v=1\r\n", "400"), (52, "text/plain", "hold, please", "415")]
    {
        office.sim.ladder.clear();
        office.sim.inject(phone, exchange, reinvite(cseq, kind, body).as_bytes());
        office.sim.run_ms(100);
        assert!(office.trace().contains(&format!("exchange -> 201: {status} ")), "{}", office.trace());
        assert!(!office.trace().contains("exchange -> 202: INVITE"));
    }
    end(&mut office);
}

/// With every fifth datagram lost, both sides hold what the other said last, or the call is over.
#[test]
fn changes_in_a_storm_agree_in_the_end() {
    let mut lived = 0;
    for seed in 0..60 {
        let mut office = talking(100 + seed);
        let mut dice = Dice::new(seed);
        office.sim.lose(move |_| dice.chance(200));
        let mut choose = Dice::new(1_000 + seed);
        for _ in 0..6 {
            let dn = if choose.chance(500) { "201" } else { "202" };
            let what = [Ask::Hold, Ask::Resume, Ask::Same, Ask::Offer]
                [usize::try_from(choose.below(4)).expect("four")];
            office.ask(dn, what);
            let pause = choose.below(9_000);
            office.sim.run_ms(pause);
        }
        office.sim.lose(|_| false);
        office.sim.run_ms(40_000);
        if office.sim.exchange(0).calls_in_use() == 1 {
            // Nobody's question was left open: the next ones are answered, and both talk again.
            for dn in ["201", "202"] {
                office.ask(dn, Ask::Resume);
                office.sim.run_ms(5_000);
            }
            let (at_201, at_202) = (heard(&office, "201"), heard(&office, "202"));
            assert!(at_201.0.contains("o=202 ") && at_202.0.contains("o=201 "));
            let both = (at_201.1.as_str(), at_202.1.as_str());
            assert_eq!(both, ("sendrecv", "sendrecv"), "seed {seed}\n{}", office.sim.ladder.render());
            lived += 1;
        }
        office.hang_up("201");
        office.hang_up("202");
        office.assert_nothing_left();
    }
    assert!(lived > 30, "too many calls were lost: only {lived} lived");
}
