//! Phones register, or fail to (RFC 3261 section 10, RFC 8760).

use crate::office;

use office::{Office, assert_trace, exchange_address, phone_address};
use std::cell::Cell;
use strowger::base::Instant;
use strowger::exchange::Output;
use strowger::policy::Rule;
use strowger::registration::Gone;
use strowger_testkit::ladder::summary;
use strowger_testkit::phone::{PhoneEvent, Register};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Sends one datagram from a place where nobody lives, and tells what came back.
fn ask(office: &mut Office, bytes: &str) -> Vec<String> {
    let stranger = "10.6.6.6:5060".parse().expect("an address");
    office.sim.keep_sent = true;
    let before = office.sim.sent.len();
    office.sim.inject(stranger, exchange_address(), bytes.as_bytes());
    let answers = office.sim.sent[before..].iter().filter(|datagram| datagram.to == stranger);
    answers.map(|datagram| text(&datagram.bytes)).collect()
}

/// A request with everything it needs, from user to user.
fn raw(method: &str, from: &str, to: &str, extra: &str) -> String {
    let us = exchange_address();
    format!(
        "{method} sip:{to}@{us} SIP/2.0\r\nVia: SIP/2.0/UDP 10.6.6.6:5060;branch=z9hG4bKraw1;rport\r\nMax-Forwards: 70\r\n\
         From: <sip:{from}@{us}>;tag=raw\r\nTo: <sip:{to}@{us}>\r\nCall-ID: raw-1\r\nCSeq: 1 {method}\r\n\
         Contact: <sip:{from}@10.6.6.6:5060>\r\n{extra}Content-Length: 0\r\n\r\n"
    )
}

fn masked(text: &str, key: &str) -> String {
    text.split("\r\n")
        .map(|line| match line.find(key) {
            Some(at) => {
                let rest = &line[at + key.len()..];
                let end = rest.find('"').unwrap_or(rest.len());
                format!("{}{key}…{}\n", &line[..at], &rest[end..])
            }
            None => format!("{line}\n"),
        })
        .collect()
}

#[test]
fn a_phone_registers_with_sha256() {
    let mut office = Office::new(1);
    let id = office.phone("201");
    office.sim.with(id, |phone, now| phone.register(now, 600));
    office.sim.run_ms(1_000);
    assert_trace(
        &office.trace(),
        "201 -> exchange: REGISTER 201
         exchange -> 201: 401 Unauthorized (REGISTER)
         201 -> exchange: REGISTER 201
         exchange -> 201: 200 OK (REGISTER)
         201: registered",
    );
    let answer = text(office.sim.phone(id).last_response());
    assert!(answer.contains("Contact: <sip:201@10.0.1.1:5060>;expires=600\r\n"), "{answer}");
    assert!(answer.contains("\r\nDate: "), "phones set their clock by it");
    let expected = Output::Registered { device: 0, expires_s: 600, flow: phone_address(0).into() };
    assert_eq!(office.sim.outputs.iter().map(|(_, output)| *output).collect::<Vec<_>>(), [expected]);
    assert!(office.sim.exchange(0).is_registered(0));
}

#[test]
fn a_phone_that_knows_only_md5_registers_with_it() {
    let mut office = Office::new(2);
    let id = office.phone("202");
    office.sim.keep_sent = true;
    office.sim.with(id, |phone, now| phone.register(now, 600));
    office.sim.run_ms(1_000);
    assert_eq!(office.sim.told(id), [PhoneEvent::Registered]);
    let challenge = office.sim.sent.iter().find(|datagram| summary(&datagram.bytes).starts_with("401"));
    let challenge = text(&challenge.expect("there was one").bytes);
    assert!(challenge.contains("algorithm=MD5") && !challenge.contains("SHA-256"), "{challenge}");
}

#[test]
fn a_wrong_password_is_asked_again_and_not_registered() {
    let mut office = Office::new(3);
    let id = office.phone("201");
    office.sim.phone(id).config.password = "wrong".to_owned();
    office.sim.with(id, |phone, now| phone.register(now, 600));
    office.sim.run_ms(1_000);
    assert_eq!(office.sim.told(id), [PhoneEvent::RegisterFailed(401)]);
    assert!(!office.sim.exchange(0).is_registered(0));
    assert_eq!(office.sim.exchange(0).statistics().unauthorised, 1);
}

#[test]
fn r81_an_unknown_user_looks_like_a_known_one() {
    let mut office = Office::new(4);
    let credentials = |user: &str| {
        format!(
            "Authorization: Digest username=\"{user}\", realm=\"elm.example\", nonce=\"00\", uri=\"sip:x\", response=\"00\", qop=auth, nc=00000001, cnonce=\"1\"\r\n"
        )
    };
    for with_credentials in [false, true] {
        let mut answer = |user: &str| {
            let extra = if with_credentials { credentials(user) } else { String::new() };
            let answers = ask(&mut office, &raw("REGISTER", user, user, &extra));
            assert_eq!(answers.len(), 1);
            masked(&answers[0], "nonce=\"").replace(user, "USER")
        };
        let known: Vec<String> = office::PHONES.iter().map(|(dn, _)| answer(dn)).collect();
        for unknown in ["298", "299", "admin", "1000"] {
            let first = answer(unknown);
            assert!(known.contains(&first), "nobody else is answered like this:\n{first}");
            assert_eq!(first, answer(unknown), "and always the same way");
        }
    }
    let counted = office.sim.exchange(0).statistics();
    assert_eq!(counted.challenged, 2 * (7 + 8));
    assert_eq!(counted.unauthorised, 7 + 8);
}

#[test]
fn an_old_nonce_is_refreshed_without_asking_the_user() {
    let mut office = Office::registered(5);
    let id = office.phone("201");
    office.sim.run_ms(301_000);
    office.sim.keep_sent = true;
    office.sim.with(id, |phone, now| phone.register(now, 600));
    office.sim.run_ms(1_000);
    assert_eq!(office.sim.told(id), [PhoneEvent::Registered]);
    let challenge = office.sim.sent.iter().find(|datagram| summary(&datagram.bytes).starts_with("401"));
    assert!(text(&challenge.expect("there was one").bytes).contains("stale=true"));
    assert_eq!(office.sim.exchange(0).statistics().unauthorised, 0, "nobody guessed a password");
}

#[test]
fn r78_a_recorded_register_cannot_be_played_again() {
    let mut office = Office::new(6);
    let id = office.phone("201");
    office.sim.keep_sent = true;
    office.sim.with(id, |phone, now| phone.register(now, 600));
    office.sim.run_ms(1_000);
    let recorded = office.sim.sent.iter().rfind(|datagram| text(&datagram.bytes).contains("Authorization"));
    let recorded = text(&recorded.expect("it registered").bytes);
    let replayed = recorded
        .replace("z9hG4bK", "z9hG4bKagain")
        .replace("CSeq: 2", "CSeq: 3")
        .replace("sip:201@10.0.1.1", "sip:201@10.6.6.6");
    let answers = ask(&mut office, &replayed);
    assert!(answers.len() == 1 && answers[0].starts_with("SIP/2.0 401") && answers[0].contains("stale=true"));
    // The same REGISTER, bit for bit, from the same phone is a retransmission: same answer.
    let address = phone_address(0);
    let before = office.sim.sent.len();
    office.sim.inject(address, exchange_address(), recorded.as_bytes());
    assert!(summary(&office.sim.sent[before].bytes).starts_with("200"));
    // From elsewhere it is not.
    assert!(ask(&mut office, &recorded)[0].starts_with("SIP/2.0 401"));
    // From there with another Contact it is answered, and moves nobody.
    let moved = recorded.replace("Contact: <sip:201@10.0.1.1", "Contact: <sip:201@10.6.6.6");
    assert_ne!(moved, recorded);
    let before = office.sim.sent.len();
    office.sim.inject(address, exchange_address(), moved.as_bytes());
    let answer = text(&office.sim.sent[before].bytes);
    assert!(answer.starts_with("SIP/2.0 200") && answer.contains("Contact: <sip:201@10.0.1.1"), "{answer}");
    assert!(!answer.contains("Contact: <sip:201@10.6.6.6"), "{answer}");
    let calls_201 = Output::Registered { device: 0, expires_s: 600, flow: address.into() };
    assert_eq!(office.sim.outputs.iter().map(|(_, output)| *output).collect::<Vec<_>>(), [calls_201]);
}

#[test]
fn a_lost_answer_to_register_is_given_again() {
    let mut office = Office::new(7);
    let id = office.phone("201");
    let left = Cell::new(1u8);
    office.sim.lose(move |datagram| {
        summary(&datagram.bytes).starts_with("200") && left.replace(left.get().saturating_sub(1)) > 0
    });
    office.sim.with(id, |phone, now| phone.register(now, 600));
    office.sim.run_ms(2_000);
    assert_trace(
        &office.trace(),
        "201 -> exchange: REGISTER 201
         exchange -> 201: 401 Unauthorized (REGISTER)
         201 -> exchange: REGISTER 201
         exchange -x 201: 200 OK (REGISTER)
         201 -> exchange: REGISTER 201
         exchange -> 201: 200 OK (REGISTER)
         201: registered",
    );
}

#[test]
fn nobody_registers_for_somebody_else() {
    let mut office = Office::new(8);
    let id = office.phone("201");
    let register = Register { expires_s: Some(600), to: Some("202".to_owned()), ..Register::default() };
    office.sim.with(id, |phone, now| phone.register_as(now, &register));
    office.sim.run_ms(1_000);
    assert_eq!(office.sim.told(id), [PhoneEvent::RegisterFailed(403)]);
    assert!(text(office.sim.phone(id).last_response()).contains("text=\"identity.mismatch\""));
    assert_eq!(office.sim.decisions.len(), 1);
    assert_eq!(office.sim.decisions[0].denial().map(|denial| denial.rule), Some(Rule::IdentityMismatch));
    assert!(!office.sim.exchange(0).is_registered(0) && !office.sim.exchange(0).is_registered(1));
}

#[test]
fn registrations_are_taken_back_in_three_ways() {
    let mut office = Office::registered(9);
    let (a, b, c) = (office.phone("201"), office.phone("202"), office.phone("203"));
    office.sim.with(a, |phone, now| phone.register(now, 0));
    let star = Register { expires_s: Some(0), contact: Some("*".to_owned()), ..Register::default() };
    office.sim.with(b, |phone, now| phone.register_as(now, &star));
    office.sim.run_ms(1_000);
    assert_eq!(
        (office.sim.told(a), office.sim.told(b)),
        (vec![PhoneEvent::Unregistered], vec![PhoneEvent::Unregistered])
    );
    office.sim.with(c, |phone, now| phone.register(now, 60));
    office.sim.run_ms(58_000);
    assert!(office.sim.exchange(0).is_registered(2));
    office.sim.run_ms(3_000);
    assert!((0..3).all(|device| !office.sim.exchange(0).is_registered(device)));
    let gone = |(_, output): &(Instant, Output)| match output {
        Output::Unregistered { device, why } => Some((*device, *why)),
        _ => None,
    };
    let gone: Vec<_> = office.sim.outputs.iter().filter_map(gone).collect();
    assert_eq!(gone, [(0, Gone::Unregistered), (1, Gone::Unregistered), (2, Gone::Lapsed)]);
}

#[test]
fn too_short_a_registration_is_refused_and_told_what_is_long_enough() {
    let mut office = Office::new(10);
    let id = office.phone("201");
    office.sim.with(id, |phone, now| phone.register(now, 59));
    office.sim.run_ms(1_000);
    assert_eq!(office.sim.told(id), [PhoneEvent::RegisterFailed(423)]);
    assert!(text(office.sim.phone(id).last_response()).contains("Min-Expires: 60\r\n"));
    office.sim.with(id, |phone, now| phone.register(now, 1_000_000));
    office.sim.run_ms(1_000);
    assert_eq!(office.sim.phone(id).registered_s(), 3600, "and the longest is an hour");
}

#[test]
fn a_register_without_contact_only_asks() {
    let mut office = Office::registered(11);
    let id = office.phone("201");
    let fetch = Register { contact: Some(String::new()), ..Register::default() };
    office.sim.run_ms(600_000);
    office.sim.with(id, |phone, now| phone.register_as(now, &fetch));
    office.sim.run_ms(1_000);
    let answer = text(office.sim.phone(id).last_response());
    assert!(answer.contains("Contact: <sip:201@10.0.1.1:5060>;expires=3000"), "{answer}");
    let star = Register { expires_s: Some(600), contact: Some("*".to_owned()), ..Register::default() };
    office.sim.with(id, |phone, now| phone.register_as(now, &star));
    office.sim.run_ms(1_000);
    assert_eq!(office.sim.told(id).last(), Some(&PhoneEvent::RegisterFailed(400)), "a star with a time");
    assert!(office.sim.exchange(0).is_registered(0));
}

/// Contacts in one REGISTER, and the ones in its answer.
fn registers(office: &mut Office, contact: &str, more: &str) -> Vec<String> {
    let id = office.phone("201");
    let register =
        Register { contact: Some(contact.to_owned()), more: more.to_owned(), ..Register::default() };
    office.sim.with(id, |phone, now| phone.register_as(now, &register));
    office.sim.run_ms(1_000);
    let answer = text(office.sim.phone(id).last_response());
    assert!(answer.starts_with("SIP/2.0 200 "), "{answer}");
    assert!(!answer.contains("Require:") && !answer.contains("Path:"), "{answer}");
    answer.lines().filter_map(|line| line.strip_prefix("Contact: ")).map(str::to_owned).collect()
}

/// RFC 3261 sections 10.3 and 20.10: a device has one place, the preferred one of those that it names. What it takes away is gone
/// only if it is there that it was bound.
#[test]
fn of_several_contacts_the_preferred_one_is_called() {
    let mut office = Office::new(13);
    let own = phone_address(0);
    let other = format!("<sip:old@{own}>");
    assert_eq!(
        registers(&mut office, &format!("<sip:a@{own}>;q=0.3, <sip:b@{own}>;q=0.8"), ""),
        [format!("<sip:b@{own}>;expires=3600")]
    );
    // Somewhere else is taken away, and a new place comes as the old one goes.
    assert_eq!(
        registers(&mut office, &format!("{other};expires=0"), ""),
        [format!("<sip:b@{own}>;expires=3600")]
    );
    assert_eq!(
        registers(&mut office, &format!("<sip:b@{own}>;expires=0, <sip:c@{own}>;expires=600"), ""),
        [format!("<sip:c@{own}>;expires=600")]
    );
    let caller = office.phone("202");
    office.sim.with(caller, |phone, now| phone.register(now, 3600));
    office.sim.run_ms(1_000);
    office.sim.keep_sent = true;
    office.call("202", "201");
    office.until_talks("202");
    assert!(office.sim.sent.iter().any(|datagram| {
        datagram.to == own && text(&datagram.bytes).starts_with(&format!("INVITE sip:c@{own} "))
    }));
    office.hang_up("202");
    office.assert_nothing_left();
    assert!(registers(&mut office, &format!("<sip:c@{own}>;expires=0"), "").is_empty());
    assert!(!office.sim.exchange(0).is_registered(0));
}

/// RFC 3327 and RFC 5626: who can do more than is done here is served all the same, and not told that it is.
#[test]
fn path_and_outbound_are_tolerated() {
    let mut office = Office::new(14);
    let own = phone_address(0);
    let contact = format!(
        "<sip:201@{own};ob>;reg-id=1;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\""
    );
    let more = "Supported: path, outbound, gruu\r\nPath: <sip:edge.example;lr;ob>\r\nAllow-Events: refer\r\n";
    assert_eq!(registers(&mut office, &contact, more), [format!("<sip:201@{own};ob>;expires=3600")]);
    assert!(office.sim.exchange(0).is_registered(0));
}
