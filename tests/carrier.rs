//! A trunk whose carrier asks who we are, and where we register: RFC 3261 sections 10.2 and 22, RFC 7616, RFC 8760.

use crate::office;

use office::{Office, exchange_address};
use strowger::base::{Algorithm, Flow, Transport};
use strowger::exchange::{Output, Ticked};
use strowger::registration::client::Standing;
use strowger::wire::sip::Method;
use strowger_testkit::phone::{Ask, Asked, Asks, Behaviour, PhoneEvent};

const PASSWORD: &str = "Carrier-secret-2026";
const TRUSTED: (&str, &str) =
    ("host = \"10.0.9.1:5060\"", "host = \"10.0.9.1:5060\"\ntrusted = [\"10.0.9.1/32\"]");
const KNOWN: (&str, &str) = (
    "name = \"carrier\"\nkind = \"sip\"",
    "name = \"carrier\"\nkind = \"sip\"\nusername = \"elm\"\npassword = \"Carrier-secret-2026\"",
);
const REGISTERS: (&str, &str) = (
    "name = \"carrier\"\nkind = \"sip\"",
    "name = \"carrier\"\nkind = \"sip\"\nusername = \"elm\"\npassword = \"Carrier-secret-2026\"\nregister = true",
);

const INBOUND: (&str, &str) = (
    "interconnect = 4\n[[trunk]]\nname = \"other\"",
    "interconnect = 4\ninbound = [ { did = \"61355501XX\", to = \"2XX\" } ]\n[[trunk]]\nname = \"other\"",
);

/// The office with a carrier that asks; its own change of the policy. Everything that is sent is kept.
fn asked_by(asks: Asks, change: (&str, &str)) -> Office {
    let mut office = Office::with(7, &[TRUSTED, INBOUND, change]);
    let carrier = office.carrier;
    office.sim.phone(carrier).config.challenges = Some(asks);
    office.register();
    office.sim.keep_sent = true;
    office
}

fn seen(office: &mut Office) -> Asked {
    let carrier = office.carrier;
    office.sim.phone(carrier).asked().clone()
}

fn standings(office: &Office) -> Vec<Standing> {
    let told = office.sim.outputs.iter().filter_map(|(_, output)| match output {
        Output::Standing { trunk: 0, standing } => Some(*standing),
        _ => None,
    });
    told.collect()
}

/// What the exchange sent to the carrier that begins so.
fn sent(office: &Office, begins: &str) -> Vec<String> {
    let sent = office.sim.sent.iter().filter(|datagram| datagram.from == exchange_address());
    let texts = sent.map(|datagram| String::from_utf8_lossy(&datagram.bytes).into_owned());
    texts.filter(|text| text.starts_with(begins)).collect()
}

fn header<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("")
}

/// Challenges of every kind: the call goes through, with every request of it proved.
#[test]
fn rfc3261_22_a_call_goes_out_with_the_credentials_that_the_carrier_asks_for() {
    let plain = || Asks::new("elm", PASSWORD);
    let rows: [(Asks, Algorithm, &str); 7] = [
        (plain(), Algorithm::Sha256, "auth"),
        (Asks { proxy: true, trying: true, ..plain() }, Algorithm::Sha256, "auth"),
        (Asks { offers: vec![("MD5", "auth")], ..plain() }, Algorithm::Md5, "auth"),
        (Asks { offers: vec![("", "")], proxy: true, ..plain() }, Algorithm::Md5, ""),
        (Asks { offers: vec![("SHA-512-256", "auth-int")], ..plain() }, Algorithm::Sha512_256, "auth-int"),
        (
            Asks { offers: vec![("MD5", "auth,auth-int"), ("SHA-256", "auth")], ..plain() },
            Algorithm::Sha256,
            "auth",
        ),
        (
            Asks { offers: vec![("SHA-256", "auth-int,auth")], trying: true, ..plain() },
            Algorithm::Sha256,
            "auth",
        ),
    ];
    for (asks, algorithm, qop) in rows {
        let shown = format!("{asks:?}");
        let mut office = asked_by(asks, KNOWN);
        office.talks_and_ends("201", "95550100");
        let asked = seen(&mut office);
        let right = |method| (method, algorithm, qop.to_owned());
        assert_eq!(asked.right, [right(Method::Invite), right(Method::Bye)], "{shown}");
        assert_eq!((asked.wrong, asked.challenges), (0, 2), "{shown}");
        let invites = sent(&office, "INVITE");
        assert_eq!(invites.len(), 2, "{shown}");
        for name in ["Call-ID: ", "From: ", "To: "] {
            assert_eq!(
                header(&invites[0], name),
                header(&invites[1], name),
                "{name} stays (RFC 3261 8.1.3.5)"
            );
        }
        let count = |text: &str| header(text, "CSeq: ").split(' ').next().unwrap_or("").parse::<u32>();
        assert_eq!(count(&invites[0]).map(|n| n + 1), count(&invites[1]));
        assert_ne!(header(&invites[0], "Via: "), header(&invites[1], "Via: "), "another branch");
        let body = |text: &str| text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
        assert_eq!(body(&invites[0]), body(&invites[1]));
        // Of the refusal's ACK and that of the 2xx the second has what the INVITE had (section 22.1).
        let acks = sent(&office, "ACK");
        let proof =
            |text: &str| text.lines().find(|line| line.contains("uthorization: ")).unwrap_or("").to_owned();
        assert_eq!(
            acks.iter().map(|ack| proof(ack)).collect::<Vec<_>>(),
            [String::new(), proof(&invites[1])]
        );
        let all: String = sent(&office, "").concat();
        assert!(!all.contains(PASSWORD), "the password is never sent");
    }
}

/// A nonce that was too old is no wrong password: one more try, and no third.
#[test]
fn security_3_a_carrier_that_asks_again_and_again_gets_two_answers() {
    for (stale, most) in [(0, 2), (1, 3), (2, 3), (50, 3)] {
        let mut office = asked_by(Asks { stale, ..Asks::new("elm", PASSWORD) }, KNOWN);
        office.call("201", "95550100");
        office.sim.run_ms(10_000);
        let calls = seen(&mut office).right.len();
        let invites = sent(&office, "INVITE").len();
        assert_eq!((calls, invites), (usize::from(stale < 2), most), "{stale}");
        office.hang_up("201");
        office.assert_nothing_left();
    }
    // A wrong password is wrong at once (section 22.3).
    let mut office = asked_by(Asks::new("elm", "another"), KNOWN);
    assert_eq!(office.refused("201", "95550100").0, 480);
    assert_eq!((sent(&office, "INVITE").len(), seen(&mut office).wrong), (2, 1));
    office.assert_nothing_left();
}

/// Who has no credentials for it, or is asked by somebody else, proves nothing.
#[test]
fn only_the_trunk_that_has_credentials_gives_them() {
    let mut office = asked_by(Asks::new("elm", PASSWORD), ("", ""));
    assert_eq!(office.refused("201", "95550100").0, 480);
    assert_eq!(sent(&office, "INVITE").len(), 1);
    office.assert_nothing_left();
    let mut office = asked_by(Asks::new("elm", PASSWORD), KNOWN);
    let id = office.phone("202");
    office.sim.phone(id).config.challenges = Some(Asks::new("elm", PASSWORD));
    office.call("201", "202");
    office.sim.run_ms(5_000);
    assert_eq!(sent(&office, "INVITE").len(), 1, "a phone is not told who we are at the carrier");
    assert!(sent(&office, "").iter().all(|text| !text.contains("elm")));
    office.assert_nothing_left();
}

/// RFC 8760 section 5.1: who has known better is not answered with less.
#[test]
fn rfc8760_a_carrier_that_has_known_sha256_gets_no_md5() {
    let mut office = asked_by(Asks::new("elm", PASSWORD), KNOWN);
    office.talks_and_ends("201", "95550100");
    let carrier = office.carrier;
    let weaker = Asks { offers: vec![("MD5", "auth")], ..Asks::new("elm", PASSWORD) };
    office.sim.phone(carrier).config.challenges = Some(weaker);
    let before = sent(&office, "INVITE").len();
    assert_eq!(office.refused("201", "95550100").0, 480);
    assert_eq!(sent(&office, "INVITE").len(), before + 1);
    office.assert_nothing_left();
}

/// In a call that the carrier has made, its challenge is not answered: anybody could call us to have one.
#[test]
fn in_a_dialog_where_we_were_called_nothing_is_proved() {
    let mut office = asked_by(Asks::new("elm", PASSWORD), KNOWN);
    let carrier = office.carrier;
    office.sim.with(carrier, |phone, now| phone.call_from(now, "6135550101", "6135550199"));
    let talks = |event: &PhoneEvent| matches!(event, PhoneEvent::Connected { .. });
    assert!(office.sim.run_until_event(10_000, carrier, talks), "{}", office.sim.ladder.render());
    office.hang_up("201");
    office.sim.run_ms(5_000);
    assert_eq!(sent(&office, "BYE").len(), 1);
    assert!(sent(&office, "").iter().all(|text| !text.contains("uthorization")));
    assert_eq!(seen(&mut office).challenges, 1);
    office.assert_nothing_left();
}

/// A call that is given up while the carrier asks is not made.
#[test]
fn a_call_that_was_given_up_is_not_proved() {
    let mut office = asked_by(Asks { trying: true, ..Asks::new("elm", PASSWORD) }, KNOWN);
    let carrier = office.carrier;
    office.sim.phone(carrier).config.behaviour = Behaviour::Silent;
    office.call("201", "95550100");
    office.sim.run_ms(200);
    office.hang_up("201");
    office.sim.run_ms(100);
    office.sim.phone(carrier).config.behaviour = Behaviour::Answer { after_ms: 100 };
    office.sim.run_ms(5_000);
    assert!(sent(&office, "INVITE").iter().all(|text| !text.contains("uthorization")));
    assert_eq!(seen(&mut office).challenges, 1);
    office.assert_nothing_left();
}

/// Requests within the call are proved as well, each with the next CSeq of the dialog.
#[test]
fn what_is_asked_of_a_re_invite_is_answered_too() {
    let mut office = asked_by(Asks { proxy: true, ..Asks::new("elm", PASSWORD) }, KNOWN);
    office.call("201", "95550100");
    office.until_talks("201");
    office.sim.run_ms(1_000);
    office.ask("201", Ask::Hold);
    office.sim.run_ms(3_000);
    office.ask("201", Ask::Resume);
    office.sim.run_ms(3_000);
    office.hang_up("201");
    office.assert_nothing_left();
    let methods: Vec<_> = seen(&mut office).right.into_iter().map(|(method, ..)| method).collect();
    assert_eq!(methods, [Method::Invite, Method::Invite, Method::Invite, Method::Bye]);
    let counts = sent(&office, "").into_iter().filter(|text| !text.starts_with("SIP/2.0"));
    let counts = counts.filter(|text| text.contains("uthorization") && !text.starts_with("ACK"));
    let counts: Vec<u32> = counts
        .map(|text| header(&text, "CSeq: ").split(' ').next().unwrap_or("").parse().unwrap_or(0))
        .collect();
    assert!(counts.is_sorted_by(|a, b| a < b), "{counts:?}");
}

/// Registered at the start, renewed in time, and told of.
#[test]
fn rfc3261_10_2_a_trunk_registers_at_its_carrier_and_stays_so() {
    let mut office = asked_by(Asks { most_s: 600, ..Asks::new("elm", PASSWORD) }, REGISTERS);
    office.sim.run_ms(1_000);
    let asked = seen(&mut office);
    assert_eq!(asked.bound, Some(("sip:elm@10.0.0.1:5060".to_owned(), 600)));
    let register = &asked.registers[0];
    assert!(register.starts_with("REGISTER sip:10.0.9.1:5060 SIP/2.0\r\n"), "{register}");
    assert!(header(register, "From: ").starts_with("<sip:elm@10.0.9.1>;tag="), "{register}");
    assert_eq!(header(register, "To: "), "<sip:elm@10.0.9.1>");
    office.sim.run_ms(3_600_000);
    let asked = seen(&mut office);
    assert!((6..=8).contains(&asked.registers.len()), "{} in an hour", asked.registers.len());
    assert_eq!(asked.wrong, 0);
    let call_ids: std::collections::HashSet<_> =
        asked.registers.iter().map(|text| header(text, "Call-ID: ")).collect();
    assert_eq!(call_ids.len(), 1, "one Call-ID (section 10.2)");
    let counts: Vec<u32> = asked
        .registers
        .iter()
        .map(|text| header(text, "CSeq: ").split(' ').next().unwrap_or("").parse().unwrap_or(0))
        .collect();
    assert!(counts.is_sorted_by(|a, b| a < b), "{counts:?}");
    // The first REGISTER went out before anything was kept.
    let told: Vec<_> =
        standings(&office).into_iter().filter(|one| !matches!(one, Standing::Registered { .. })).collect();
    assert_eq!(told, [], "nothing but that it is registered");
}

#[test]
fn a_carrier_that_refuses_is_asked_again_later_and_that_is_told() {
    let mut office = Office::with(7, &[TRUSTED, REGISTERS]);
    let carrier = office.carrier;
    office.sim.phone(carrier).config.challenges = Some(Asks::new("elm", "another"));
    office.sim.run_ms(100);
    assert_eq!(standings(&office), [Standing::Refused { status: 401 }]);
    assert_eq!(seen(&mut office).wrong, 1, "one answer, which is wrong");
    office.sim.run_ms(14_000);
    assert_eq!(standings(&office).len(), 1, "not at once");
    office.sim.phone(carrier).config.challenges =
        Some(Asks { least_s: 7200, most_s: 7200, ..Asks::new("elm", PASSWORD) });
    office.sim.run_ms(17_000);
    let granted = Standing::Registered { expires_s: 7200 };
    assert_eq!(standings(&office), [Standing::Refused { status: 401 }, granted], "423 was heard");
    office.sim.phone(carrier).config.behaviour = Behaviour::Silent;
    office.sim.run_ms(7_200_000);
    let told = standings(&office);
    assert!(told.contains(&Standing::Unanswered) && told.contains(&Standing::Lapsed), "{told:?}");
    let asked = told.iter().filter(|one| **one == Standing::Unanswered).count();
    assert!((4..12).contains(&asked), "{asked} times: it waits longer each time");
    // Calls go out all the same, if they can.
    office.sim.phone(carrier).config.behaviour = Behaviour::Answer { after_ms: 100 };
    office.register();
    office.sim.run_ms(1_900_000);
    assert_eq!(standings(&office).last(), Some(&granted), "and it finds back by itself");
}

/// The carrier calls the contact that we gave it; who is meant stands in To.
#[test]
fn a_call_to_our_contact_goes_to_whom_to_says() {
    let mut office = Office::with(7, &[TRUSTED, REGISTERS, INBOUND]);
    let carrier = office.carrier;
    office.sim.phone(carrier).config.challenges = Some(Asks::new("elm", PASSWORD));
    office.register();
    let invite = |user: &str, to: &str, n: u32| {
        format!(
            "INVITE sip:{user}@10.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.9.1:5060;branch=z9hG4bKc{n}\r\n\
             From: <sip:6135550199@10.0.9.1>;tag=c{n}\r\nTo: <sip:{to}@10.0.0.1>\r\nCall-ID: c{n}\r\nCSeq: 1 INVITE\r\n\
             Contact: <sip:10.0.9.1:5060>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
    };
    let mut status = |user: &str, to: &str, n: u32| {
        let now = office.sim.now;
        let exchange = office.sim.exchange(0);
        let peer: std::net::SocketAddr = "10.0.9.1:5060".parse().expect("an address");
        exchange.receive(now, peer, invite(user, to, n).as_bytes()).expect("there is room");
        let mut buffer = [0; 8_192];
        let (mut rings, mut status) = (String::new(), 0);
        while let Some(output) = exchange.poll(&mut buffer).expect("it fits") {
            let Output::Send { len, .. } = output else { continue };
            let text = String::from_utf8_lossy(&buffer[..len]).into_owned();
            match text.strip_prefix("INVITE sip:") {
                Some(rest) => rings = rest[..3].to_owned(),
                None => status = text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0),
            }
        }
        (status, rings)
    };
    assert_eq!(status("elm", "6135550103", 1), (100, "203".to_owned()));
    assert_eq!(
        status("6135550104", "6135550199", 2),
        (100, "204".to_owned()),
        "a number of ours stands for itself"
    );
    assert_eq!(status("elm", "911", 3).0, 404, "no emergency call is made by To");
    assert_eq!(status("elm", "elm", 4).0, 404);
    assert_eq!(status("oak", "6135550103", 5).0, 404, "we are not oak");
}

/// RFC 3261 section 21.4.13: what is no session description is refused with what would be one.
#[test]
fn rfc3261_21_4_13_a_body_that_cannot_be_read_is_refused_with_what_can() {
    let mut office = Office::with(7, &[TRUSTED, INBOUND]);
    office.register();
    let bodies = [
        ("Content-Type: text/plain\r\n", "hello"),
        ("Content-Type: multipart/mixed;boundary=x\r\n", "--x--"),
        ("", "v=0\r\n"),
        ("Content-Type: application/sdp\r\nContent-Encoding: gzip\r\n", "v=0\r\n"),
    ];
    for (n, (lines, body)) in bodies.into_iter().enumerate() {
        let text = format!(
            "INVITE sip:6135550103@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.9.1:5060;branch=z9hG4bKb{n}\r\n\
             From: <sip:x@10.0.9.1>;tag=b{n}\r\nTo: <sip:6135550103@10.0.0.1>\r\nCall-ID: b{n}\r\nCSeq: 1 INVITE\r\n\
             Contact: <sip:10.0.9.1:5060>\r\n{lines}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let (now, peer) =
            (office.sim.now, "10.0.9.1:5060".parse::<std::net::SocketAddr>().expect("an address"));
        let exchange = office.sim.exchange(0);
        exchange.receive(now, peer, text.as_bytes()).expect("there is room");
        let mut buffer = [0; 8_192];
        let Ok(Some(Output::Send { len, .. })) = exchange.poll(&mut buffer) else {
            panic!("no answer to {text}")
        };
        let answer = String::from_utf8_lossy(&buffer[..len]).into_owned();
        assert!(answer.starts_with("SIP/2.0 415 "), "{answer}");
        assert_eq!(header(&answer, "Accept: "), "application/sdp");
        assert_eq!(exchange.poll(&mut buffer), Ok(None));
    }
}

/// Over a stream: a lost connection is made again soon, for calls from the carrier would come over it.
#[test]
fn a_trunk_whose_connection_is_lost_registers_again() {
    let over = (
        "host = \"10.0.9.1:5060\"\ntrusted = [\"10.0.9.1/32\"]\ntransport = \"udp\"",
        "host = \"10.0.9.1:5060\"\ntrusted = [\"10.0.9.1/32\"]\ntransport = \"tcp\"",
    );
    let mut office = Office::with(7, &[TRUSTED, over, REGISTERS]);
    let carrier = office.carrier;
    office.sim.phone(carrier).config.challenges = Some(Asks::new("elm", PASSWORD));
    office.sim.phone(carrier).config.transport = Transport::Tcp;
    office.sim.exchange(0).listen(Transport::Tcp, exchange_address());
    office.sim.run_ms(1_000);
    assert_eq!(standings(&office), [Standing::Registered { expires_s: 3600 }]);
    let contact = seen(&mut office).bound.expect("bound").0;
    assert_eq!(contact, "sip:elm@10.0.0.1:5060;transport=tcp");
    let (now, flow) =
        (office.sim.now, Flow::new("10.0.9.1:5060".parse().expect("an address"), Transport::Tcp));
    assert_eq!(office.sim.exchange(0).lost(now, flow), Ok(Ticked::Done));
    office.sim.run_ms(31_000);
    let told = standings(&office);
    assert_eq!(told[1..], [Standing::Lost, Standing::Registered { expires_s: 3600 }]);
}

/// Random octets where a challenge may be: nothing breaks, nothing is left.
#[test]
fn odd_challenges_leave_nothing_behind() {
    let odd: [(&'static str, &'static str); 6] = [
        ("MD5-sess", "auth"),
        ("SHA-1", ""),
        ("SHA-256", "token"),
        ("SHA-256", ","),
        ("AKAv1-MD5", "auth"),
        ("md5", "AUTH"),
    ];
    for offer in odd {
        let mut office = asked_by(Asks { offers: vec![offer], ..Asks::new("elm", PASSWORD) }, REGISTERS);
        office.call("201", "95550100");
        office.sim.run_ms(5_000);
        let right = !seen(&mut office).right.is_empty();
        assert_eq!(right, offer.0 == "md5", "{offer:?}");
        office.hang_up("201");
        office.assert_nothing_left();
    }
}
