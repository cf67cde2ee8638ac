//! A telephone where things go wrong: help is called whatever there is (law 4), its gateway is gone (R83, R84), strangers call, and messages
//! are not what they should be.

use crate::handset;
use crate::office;

use handset::{act, add, add_silent, address, assert_nothing_left, dial, ringing, talks, until};
use office::{Office, exchange_address, policy_of};
use std::net::SocketAddr;
use strowger::homing::Terms;
use strowger::phone::{Output, Taken, line::State};
use strowger::policy::Rule;
use strowger::registration::client::Standing;
use strowger_testkit::phone::{Behaviour, PhoneEvent};
use strowger_testkit::sim::{build_terminal, terminal_config};

/// Law 4: a call for help needs no registration, no class, no right digest, and no policy but the block of emergency numbers.
#[test]
fn law_4_help_is_called_whatever_there_is() {
    for way in ["no registration", "no class", "wrong password", "block alone", "damaged rest"] {
        let mut office = Office::with(1, &[]);
        let dn = if way == "no class" { "206" } else { "207" };
        let (mut image, keyring) = policy_of(dn, &[]);
        let mut config = terminal_config(dn, address(dn), &[exchange_address()]);
        let terminal = match way {
            "wrong password" => {
                config.password = b"not-the-password";
                build_terminal(config, None, 3)
            }
            "block alone" | "damaged rest" => {
                if way == "damaged rest" {
                    let last = image.len() - 1;
                    image[last] ^= 1;
                }
                build_terminal(config, None, 3)
            }
            _ => build_terminal(config, Some((&image, &keyring)), 3),
        };
        let mut terminal = terminal;
        if way != "no registration" && way != "no class" {
            let mut crypto = strowger::base::Soft::new(&[1; 32]);
            let block = strowger::policy::Image::emergency(Vec::leak(image), &mut crypto)
                .expect("its block is whole");
            terminal.load(block, strowger::policy::Keyring::EMPTY).expect("a block is for everybody");
        }
        let id = office.sim.add_terminal(dn, address(dn), terminal);
        if way == "wrong password" || way == "no class" {
            act(&mut office, id, |phone, now| phone.register(now)).expect("room");
            office.sim.run_ms(3_000);
        }
        let line = dial(&mut office, id, "911");
        until(&mut office, id, |told| *told == Output::Up(line));
        if way != "no registration" && way != "no class" {
            let denied = act(&mut office, id, |phone, now| phone.dial(now, b"201")).expect("room");
            assert!(
                matches!(denied, Taken::Denied(denial) if denial.rule == Rule::PolicyNone),
                "{way}: {denied:?}"
            );
        }
        act(&mut office, id, |phone, now| phone.hang_up(now, line)).expect("room");
        assert_nothing_left(&mut office, id);
    }
}

/// Law 4: every line is in use, and help is called all the same.
#[test]
fn law_4_help_needs_no_free_line() {
    let mut office = Office::registered(1);
    let id = add(&mut office, "207", &[]);
    let mut lines = Vec::new();
    for number in ["201", "202", "204"] {
        lines.push(talks(&mut office, id, number));
        let line = lines[lines.len() - 1];
        act(&mut office, id, |phone, now| phone.hold(now, line, true)).expect("room");
        office.sim.run_ms(500);
    }
    let taken = act(&mut office, id, |phone, now| phone.dial(now, b"205")).expect("room");
    assert_eq!(taken, Taken::Congested);
    let line = dial(&mut office, id, "911");
    until(&mut office, id, |told| *told == Output::Up(line));
    assert_eq!(office.sim.terminal(id).lines().count(), 3);
    for line in lines.into_iter().chain([line]) {
        let _ = act(&mut office, id, |phone, now| phone.hang_up(now, line));
    }
    assert_nothing_left(&mut office, id);
}

/// Nobody but its gateway can call it, answer for it, or make it prove anything (CVE-2021-41158).
#[test]
fn outsiders_get_nothing() {
    let mut office = Office::registered(1);
    let id = add(&mut office, "207", &[]);
    let stranger = SocketAddr::from(([192, 0, 2, 66], 5060));
    let invite = format!(
        "INVITE sip:207@{0} SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.66;branch=z9hG4bKx1\r\nFrom: <sip:boss@{0}>;tag=1\r\n\
         To: <sip:207@{0}>\r\nCall-ID: x1\r\nCSeq: 1 INVITE\r\nContact: <sip:boss@192.0.2.66>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
        address("207")
    );
    office.sim.keep_sent = true;
    office.sim.inject(stranger, address("207"), invite.as_bytes());
    let answer = office.sim.sent.last().map(|sent| String::from_utf8_lossy(&sent.bytes).into_owned());
    assert!(answer.expect("an answer").starts_with("SIP/2.0 403"));
    assert!(office.sim.told_by(id).is_empty());
    // In a call where it was called its BYE is challenged, by its gateway's own address: it answers nothing.
    office.call("201", "207");
    until(&mut office, id, |told| matches!(told, Output::Incoming(_)));
    let line = ringing(&office, id).expect("it rings");
    act(&mut office, id, |phone, now| phone.answer(now, line)).expect("room");
    office.until_talks("201");
    office.sim.run_ms(500);
    office.sim.decide_fates(|datagram| {
        let text = String::from_utf8_lossy(&datagram.bytes);
        if text.starts_with("SIP/2.0 200") && text.contains("CSeq: 1 BYE") {
            let challenge = "WWW-Authenticate: Digest realm=\"elm.example\", nonce=\"n\", algorithm=MD5, qop=\"auth\"\r\nCall-ID:";
            let changed = text.replacen("SIP/2.0 200 OK", "SIP/2.0 401 Unauthorized", 1).replacen("Call-ID:", challenge, 1);
            return strowger_testkit::sim::Fate::Changed(changed.into_bytes());
        }
        strowger_testkit::sim::Fate::Sent
    });
    act(&mut office, id, |phone, now| phone.hang_up(now, line)).expect("room");
    office.sim.run_ms(2_000);
    let byes: Vec<String> = office
        .sim
        .sent
        .iter()
        .filter(|sent| sent.from == address("207") && sent.bytes.starts_with(b"BYE"))
        .map(|sent| String::from_utf8_lossy(&sent.bytes).into_owned())
        .collect();
    assert!(!byes.is_empty() && byes.iter().all(|bye| !bye.contains("Authorization")), "{byes:?}");
    office.sim.deliver_all();
}

/// Another realm is not answered, and a weaker algorithm than before is not either.
#[test]
fn it_is_asked_for_another_realm_in_vain() {
    let mut office = Office::with(1, &[]);
    let id = add_silent(&mut office, "207", &[]);
    office.sim.keep_sent = true;
    office.sim.decide_fates(|datagram| {
        let text = String::from_utf8_lossy(&datagram.bytes);
        if text.starts_with("SIP/2.0 401") {
            return strowger_testkit::sim::Fate::Changed(
                text.replace("elm.example", "oak.example").into_bytes(),
            );
        }
        strowger_testkit::sim::Fate::Sent
    });
    act(&mut office, id, |phone, now| phone.register(now)).expect("room");
    office.sim.run_ms(2_000);
    assert_eq!(office.sim.told_by(id), [Output::Standing(Standing::Refused { status: 401 })]);
    let proved =
        office.sim.sent.iter().any(|sent| String::from_utf8_lossy(&sent.bytes).contains("Authorization"));
    assert!(!proved);
    office.sim.deliver_all();
}

/// R83, R84: its gateway is gone; a call that is up keeps its place, then it belongs to the other one; help finds it at once. When its own
/// gateway has been there for long enough it comes back.
#[test]
fn r83_it_belongs_to_another_gateway_while_its_own_is_gone() {
    let mut office = Office::with(1, &[]);
    let second = SocketAddr::from(([10, 0, 0, 2], 5060));
    let (image, keyring) = office::policy();
    let mut other = strowger_testkit::sim::build_exchange(image, keyring, &office::SIZES, second, 9);
    for (trunk, last) in [(0, 1), (1, 2)] {
        assert!(other.set_trunk_address(trunk, SocketAddr::from(([10, 0, 9, last], 5060))));
    }
    office.sim.add_exchange("second", second, other);
    let (image, keyring) = policy_of("207", &[]);
    let mut config = terminal_config("207", address("207"), &[exchange_address(), second]);
    let terms = Terms { heartbeat_s: 10, missed: 2, return_s: 60, returns: true };
    config.homing = terms;
    let id =
        office.sim.add_terminal("207", address("207"), build_terminal(config, Some((&image, &keyring)), 7));
    act(&mut office, id, |phone, now| phone.register(now)).expect("room");
    until(&mut office, id, |told| matches!(told, Output::Standing(_)));
    assert!(office.sim.exchange(0).is_registered(6) && !office.sim.exchange(1).is_registered(6));
    let line = talks(&mut office, id, "95551234");
    // Its gateway is cut off.
    office.sim.lose(|datagram| {
        let first = exchange_address();
        let trunk = |at: &SocketAddr| at.ip().to_string().starts_with("10.0.9.");
        (datagram.from == first && !trunk(&datagram.to)) || (datagram.to == first && !trunk(&datagram.from))
    });
    office.sim.run_ms(terms.longest_ms() * 2);
    assert_eq!(office.sim.terminal(id).state(line), Some(State::Talking), "who talks goes on");
    assert_eq!(office.sim.terminal(id).server(), 0);
    act(&mut office, id, |phone, now| phone.hang_up(now, line)).expect("room");
    // Help is found at the other one before anything else is.
    let asked = office.sim.now;
    let help = dial(&mut office, id, "911");
    until(&mut office, id, |told| *told == Output::Ringing(help));
    assert!(office.sim.now.since_ms(asked) < 6_000, "{}", office.sim.ladder.render());
    act(&mut office, id, |phone, now| phone.hang_up(now, help)).expect("room");
    assert!(office.sim.run_until(terms.longest_ms(), |sim| sim.terminal(id).server() == 1));
    office.sim.run_ms(1_000);
    assert!(office.sim.exchange(1).is_registered(6), "{}", office.sim.ladder.render());
    let line = talks(&mut office, id, "95551234");
    // It is back, and stays so; but a call keeps its place once more.
    office.sim.deliver_all();
    office.sim.run_ms(90_000);
    assert_eq!(office.sim.terminal(id).server(), 1);
    act(&mut office, id, |phone, now| phone.hang_up(now, line)).expect("room");
    office.sim.run_ms(5_000);
    assert_eq!(office.sim.terminal(id).server(), 0);
    assert!(office.sim.exchange(0).is_registered(6));
}

/// An answer can be longer than its request (compact names are written out): one that would be longer than the telephone's buffers is not sent.
#[test]
fn nothing_longer_than_its_buffers_is_sent() {
    let mut office = Office::registered(1);
    let id = add(&mut office, "207", &[]);
    let vias: String = (0..51).map(|n| format!("v:SIP/2.0/UDP h;branch=z9hG4bK{n:04}\r\n")).collect();
    let options = format!(
        "OPTIONS sip:207@{0} SIP/2.0\r\n{vias}f:<sip:a@b>;tag=1\r\nt:<sip:207@{0}>\r\ni:x\r\nCSeq:1 OPTIONS\r\nl:0\r\n\r\n",
        address("207")
    );
    assert!(
        options.len() < strowger::phone::MAX_DATAGRAM
            && options.len() + 51 * 3 > strowger::phone::MAX_DATAGRAM
    );
    office.sim.keep_sent = true;
    let sent = office.sim.sent.len();
    office.sim.inject(exchange_address(), address("207"), options.as_bytes());
    assert_eq!(office.sim.sent.len(), sent, "{}", office.sim.ladder.render());
    let (free, all) = office.sim.terminal(id).pages();
    assert!(all - free <= 1);
}

/// Law 4 with the least memory that a telephone can have: one call rings, and help is called and heard all the same.
#[test]
fn law_4_help_is_called_while_a_call_rings_whatever_the_memory() {
    let mut office = Office::registered(1);
    let (image, keyring) = policy_of("207", &[]);
    let config = terminal_config("207", address("207"), &[exchange_address()]);
    let terminal = strowger_testkit::sim::build_terminal_of::<2>(config, Some((&image, &keyring)), 7);
    let id = office.sim.add_terminal("207", address("207"), terminal);
    act(&mut office, id, |phone, now| phone.register(now)).expect("room");
    office.sim.run_ms(1_000);
    office.call("201", "207");
    until(&mut office, id, |told| matches!(told, Output::Incoming(_)));
    let line = dial(&mut office, id, "911");
    until(&mut office, id, |told| *told == Output::Up(line));
    act(&mut office, id, |phone, now| phone.hang_up(now, line)).expect("room");
    let ended = office.sim.told(office.phone("201"));
    assert!(matches!(ended.last(), Some(PhoneEvent::Ended { status: 486, .. })), "{ended:?}");
    assert_nothing_left(&mut office, id);
}

/// RFC 3263 section 4.3, law 4: a gateway that says that it is ill is not the last word of a call for help.
#[test]
fn law_4_help_that_one_gateway_refuses_is_looked_for_at_the_other() {
    let mut office = Office::with(1, &[]);
    let ill = SocketAddr::from(([10, 0, 0, 9], 5060));
    let (image, keyring) = policy_of("207", &[]);
    let config = terminal_config("207", address("207"), &[ill, exchange_address()]);
    let id =
        office.sim.add_terminal("207", address("207"), build_terminal(config, Some((&image, &keyring)), 7));
    // The first gateway answers nothing but 503.
    let mut refusing = strowger_testkit::phone::PhoneConfig::new("ill", "", ill, address("207"));
    refusing.trunk = true;
    refusing.behaviour = Behaviour::Reject(503);
    office.sim.add_phone("ill", refusing);
    let line = dial(&mut office, id, "911");
    until(&mut office, id, |told| *told == Output::Up(line));
    assert!(office.sim.ladder.render().contains("503"), "{}", office.sim.ladder.render());
    act(&mut office, id, |phone, now| phone.hang_up(now, line)).expect("room");
    assert_nothing_left(&mut office, id);
}

/// Who takes the registration back before it is granted is not registered by what was under way.
#[test]
fn what_is_taken_back_before_it_is_granted_is_not_granted() {
    let mut office = Office::with(1, &[]);
    let id = add_silent(&mut office, "207", &[]);
    act(&mut office, id, |phone, now| phone.register(now)).expect("room");
    act(&mut office, id, |phone, now| phone.unregister(now)).expect("room");
    office.sim.run_ms(5_000);
    assert!(!office.sim.exchange(0).is_registered(6), "{}", office.sim.ladder.render());
    assert!(office.sim.told_by(id).is_empty());
}

/// An offer whose answer would be too long is refused, and nothing of it is kept; one that holds from the beginning rings first.
#[test]
fn what_is_offered_costs_nothing_if_it_is_refused() {
    let mut office = Office::registered(1);
    let id = add(&mut office, "207", &[]);
    let before = office.sim.terminal(id).pages();
    let streams = "m=a 1 b 0\r\n".repeat(120);
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 9000 RTP/AVP 0\r\na=sendonly\r\n{streams}"
    );
    let invite = |sdp: &str, n: u32| {
        format!(
            "INVITE sip:207@{0} SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKlong{n}\r\nFrom: <sip:201@10.0.0.1>;tag=1\r\n\
             To: <sip:207@{0}>\r\nCall-ID: long{n}\r\nCSeq: 1 INVITE\r\nContact: <sip:10.0.0.1>\r\nMax-Forwards: 70\r\n\
             Content-Type: application/sdp\r\nContent-Length: {1}\r\n\r\n{sdp}",
            address("207"),
            sdp.len()
        )
    };
    assert!(invite(&sdp, 1).len() < strowger::phone::MAX_DATAGRAM);
    for n in 0..3 {
        office.sim.inject(exchange_address(), address("207"), invite(&sdp, n).as_bytes());
        office.sim.run_ms(40_000);
    }
    assert_eq!(office.sim.terminal(id).pages(), before);
    assert!(office.sim.told_by(id).is_empty());
    let short = &sdp[..sdp.len() - streams.len()];
    office.sim.inject(exchange_address(), address("207"), invite(short, 7).as_bytes());
    let told = office.sim.told_by(id);
    let [Output::Incoming(line)] = told[..] else { panic!("{told:?}") };
    act(&mut office, id, |phone, now| phone.answer(now, line)).expect("room");
    let expected = [Output::Sound(line), Output::Up(line), Output::Held(line, true)];
    assert_eq!(office.sim.told_by(id)[1..], expected);
}
