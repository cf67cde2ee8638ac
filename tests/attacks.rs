//! What strangers learn, and what they can do to third parties: attacks of RFC 3261 section 26 and of the field, each with its measure.

use crate::office;

use office::{Office, exchange_address};
use std::net::SocketAddr;
use strowger::exchange::Output;
use strowger_testkit::phone::{PhoneConfig, PhoneEvent};

/// All phones are offered the same: else a number that is none is offered what some other phone is.
const ONE_KIND: (&str, &str) = ("digest = [\"sha-256\", \"md5\"]", "digest = [\"sha-256\"]");

/// Somebody who is nobody's phone.
fn stranger(n: u8) -> SocketAddr {
    SocketAddr::from(([203, 0, 113, n], 5060))
}

/// Gives a datagram from there, and lets 40 seconds pass: everything that goes out, and where to.
fn given(office: &mut Office, from: SocketAddr, datagram: &[u8]) -> Vec<(SocketAddr, Vec<u8>)> {
    let (mut sent, mut buffer) = (Vec::new(), vec![0; 16_384]);
    let begin = office.sim.now;
    for step in 0..400u64 {
        let now = begin.plus_ms(step * 100);
        let exchange = office.sim.exchange(0);
        if step == 0 {
            exchange.receive(now, from, datagram).expect("there is room");
        }
        loop {
            while let Ok(Some(output)) = exchange.poll(&mut buffer) {
                if let Output::Send { to, len } = output {
                    sent.push((to.peer, buffer[..len].to_vec()));
                }
            }
            if exchange.tick(now).expect("drained") == strowger::exchange::Ticked::Done {
                break;
            }
        }
    }
    office.sim.now = begin.plus_s(41);
    sent
}

/// A request as short as it can be.
fn request(method: &str, user: &str, more: &str, n: usize) -> String {
    format!(
        "{method} sip:{user}@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK{n};rport\r\nFrom: <sip:x@b>;tag=1\r\nTo: <sip:{user}@b>\r\n\
         Call-ID: {n}\r\nCSeq: 1 {method}\r\n{more}\r\n"
    )
}

/// Whoever writes another's address into datagrams has that other hit by at most three times what he sends (security.md 2), and by
/// one answer only. Calls for help are the exception: they are answered as calls are.
#[test]
fn what_a_stranger_is_answered_is_at_most_three_times_what_came() {
    let mut office = Office::registered(3);
    let methods = [
        "INVITE",
        "REGISTER",
        "OPTIONS",
        "MESSAGE",
        "SUBSCRIBE",
        "NOTIFY",
        "PUBLISH",
        "REFER",
        "INFO",
        "UPDATE",
        "PRACK",
        "BYE",
        "CANCEL",
        "ACK",
        "ODD",
    ];
    let more = [
        "Contact: <sip:x@h>\r\n",
        "Contact: *\r\nExpires: 0\r\n",
        "Require: a,b,c\r\n",
        "Max-Forwards: 0\r\n",
        "Content-Type: text/plain\r\n\r\nxxxx",
        "Authorization: Digest username=\"201\",realm=\"branch.test\",nonce=\"x\",uri=\"sip:b\",response=\"0\"\r\n",
        "Session-Expires: 5\r\nContact: <sip:x@h>\r\n",
        "Content-Length: 99\r\n",
        "",
    ];
    let (mut worst, mut n) = ((0.0, String::new()), 0);
    for method in methods {
        for user in ["201", "299", "95550100", "*", ""] {
            for more in more {
                n += 1;
                let datagram = request(method, user, more, n);
                let sent = given(&mut office, stranger(9), datagram.as_bytes());
                let to: Vec<_> = sent.iter().filter(|(to, _)| to.ip() == stranger(9).ip()).collect();
                assert!(to.len() <= 1, "{} answers to {datagram}", to.len());
                assert_eq!(to.len(), sent.len(), "somebody else was told of {datagram}");
                let bytes: usize = to.iter().map(|(_, bytes)| bytes.len()).sum();
                #[allow(clippy::cast_precision_loss)]
                let ratio = bytes as f64 / datagram.len() as f64;
                if ratio > worst.0 {
                    worst = (ratio, datagram);
                }
            }
        }
    }
    println!("{n} requests, at most {:.2} times what came, for\n{}", worst.0, worst.1);
    assert!(worst.0 <= 3.0, "{:.2} times for {}", worst.0, worst.1);
}

/// What a challenge says, without what is new each time.
fn told(office: &mut Office, method: &str, user: &str, from: u8) -> String {
    let contact = "Contact: <sip:x@203.0.113.9>\r\n";
    let text = request(method, user, contact, 7).replace("From: <sip:x@b>", &format!("From: <sip:{user}@b>"));
    let sent = given(office, stranger(from), text.as_bytes());
    assert_eq!(sent.len(), 1, "{method} {user}");
    let answer = String::from_utf8_lossy(&sent[0].1).into_owned();
    let lines = answer.lines().map(|line| {
        let line = line.split("nonce=\"").next().unwrap_or("").to_owned();
        let line = line.split(";tag=").next().unwrap_or("").to_owned();
        line.replace(&format!("sip:{user}@"), "sip:USER@")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// R81: by status, header lines or body nobody tells which numbers are phones, whether they are registered, or which is a group.
#[test]
fn r81_a_number_that_is_none_is_answered_like_one_that_is() {
    let mut office = Office::with(3, &[ONE_KIND]);
    office.register();
    for method in ["REGISTER", "INVITE"] {
        // Registered, not registered, never there; the last octet of their address says nothing either.
        let answers: Vec<String> = ["203", "207", "209", "291", "abc"]
            .iter()
            .map(|user| told(&mut office, method, user, 9))
            .collect();
        assert!(answers[0].starts_with("SIP/2.0 401 "), "{}", answers[0]);
        for answer in &answers {
            assert_eq!(answer, &answers[0], "{method}");
        }
    }
    for method in ["OPTIONS", "SUBSCRIBE", "MESSAGE", "BYE"] {
        let answers: Vec<String> =
            ["203", "209"].iter().map(|user| told(&mut office, method, user, 9)).collect();
        assert_eq!(answers[0], answers[1], "{method}");
    }
}

/// A wrong password, a name that is nobody's, an algorithm that is not offered: the same 401 as at first, word for word.
#[test]
fn r81_what_was_wrong_is_not_said() {
    let mut office = Office::with(3, &[ONE_KIND]);
    let mut heard = Vec::new();
    for (n, (dn, password)) in
        [("203", "not-the-password"), ("299", "not-the-password"), ("203", "")].into_iter().enumerate()
    {
        let own = stranger(20 + u8::try_from(n).expect("few"));
        let id = office
            .sim
            .add_phone(&format!("guesser{n}"), PhoneConfig::new(dn, password, own, exchange_address()));
        office.sim.with(id, |phone, now| phone.register(now, 600));
        let failed = |event: &PhoneEvent| matches!(event, PhoneEvent::RegisterFailed(_));
        assert!(office.sim.run_until_event(5_000, id, failed));
        assert_eq!(office.sim.told(id), [PhoneEvent::RegisterFailed(401)]);
        let answer = String::from_utf8_lossy(office.sim.phone(id).last_response()).into_owned();
        let kept = answer
            .lines()
            .filter(|line| !["Via", "From", "To", "Call-ID"].iter().any(|name| line.starts_with(name)));
        let kept: Vec<String> =
            kept.map(|line| line.split("nonce=\"").next().unwrap_or("").to_owned()).collect();
        heard.push(kept);
    }
    assert_eq!(heard[0], heard[1]);
    assert_eq!(heard[0], heard[2]);
}

/// REFER, NOTIFY, and INVITE with Replaces from outside of any dialog: refused, and no call is touched.
#[test]
fn outsiders_move_no_call() {
    let mut office = Office::registered(3);
    office.call("201", "202");
    office.until_talks("201");
    let before = office.sim.exchange(0).calls_in_use();
    let invite = office.phone("202");
    let seen = String::from_utf8_lossy(office.sim.phone(invite).last_invite().expect("a call")).into_owned();
    let field = |name: &str| seen.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("").to_owned();
    let (call_id, from) = (field("Call-ID: "), field("From: "));
    let tag = from.rsplit_once(";tag=").map_or("", |(_, tag)| tag);
    let attacks = [
        ("REFER", "202", format!("Refer-To: <sip:95550100@b>\r\nCall-ID: {call_id}\r\n")),
        ("REFER", "202", "Refer-To: <sip:201@b?Replaces=x%3Bto-tag%3Dy%3Bfrom-tag%3Dz>\r\n".to_owned()),
        ("INVITE", "202", format!("Replaces: {call_id};to-tag={tag};from-tag=x\r\nContact: <sip:x@h>\r\n")),
        ("INVITE", "202", format!("Replaces: {call_id};to-tag={tag};from-tag=x\r\nRequire: replaces\r\n")),
        ("NOTIFY", "202", "Event: refer\r\nSubscription-State: terminated\r\n".to_owned()),
        ("UPDATE", "202", "Contact: <sip:x@203.0.113.9>\r\n".to_owned()),
    ];
    for (n, (method, user, more)) in attacks.into_iter().enumerate() {
        let text = request(method, user, &more, 900 + n);
        let now = office.sim.now;
        let exchange = office.sim.exchange(0);
        exchange.receive(now, stranger(7), text.as_bytes()).expect("there is room");
        let mut buffer = [0; 8_192];
        while let Ok(Some(output)) = exchange.poll(&mut buffer) {
            let Output::Send { to, len } = output else { continue };
            assert_eq!(to.peer.ip(), stranger(7).ip(), "{method} was told to somebody");
            let text = String::from_utf8_lossy(&buffer[..len]).into_owned();
            let status: u16 = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
            assert!(status >= 400, "{method}: {text}");
        }
    }
    office.sim.run_ms(2_000);
    assert_eq!(office.sim.exchange(0).calls_in_use(), before);
    office.assert_both_agreed();
    office.hang_up("201");
    office.assert_nothing_left();
}
