//! Streams beside datagrams: who is reached over which, what a lost connection means, and who may use what. RFC 3261 sections 17 and
//! 18, RFC 5626.

use crate::office;

use office::{Office, assert_talk, exchange_address, phone_address};
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use strowger::base::{Flow, Instant, Transport};
use strowger::exchange::{Output, Received, Ticked};
use strowger::policy::{Party, Rule};
use strowger::registration::Gone;
use strowger_testkit::phone::{Ask, Behaviour, Phone, PhoneConfig, PhoneEvent, Register};
use strowger_testkit::sim::{Datagram, Fate, Sizes, build_exchange};

/// Where the exchange is reached over each transport.
fn us(over: Transport) -> SocketAddr {
    let port = if over == Transport::Tls { 5061 } else { 5060 };
    SocketAddr::new(exchange_address().ip(), port)
}

/// The office, where these phones come over streams; nobody is registered. Everything that is sent is kept.
fn office(over: &[(&str, Transport)], changes: &[(&str, &str)]) -> (Office, Rc<RefCell<Vec<Datagram>>>) {
    let mut office = Office::with(1, changes);
    for transport in [Transport::Tcp, Transport::Tls] {
        office.sim.exchange(0).listen(transport, us(transport));
    }
    for (dn, transport) in over {
        let id = office.phone(dn);
        office.sim.phone(id).config.transport = *transport;
    }
    let kept = Rc::new(RefCell::new(Vec::new()));
    let keeper = kept.clone();
    office.sim.decide_fates(move |datagram| {
        keeper.borrow_mut().push(datagram.clone());
        Fate::Sent
    });
    (office, kept)
}

/// What went to an address, as text.
fn sent(kept: &Rc<RefCell<Vec<Datagram>>>, to: SocketAddr, begins: &str) -> Vec<String> {
    let kept = kept.borrow();
    let texts = kept.iter().filter(|datagram| datagram.to == to);
    let texts = texts.map(|datagram| String::from_utf8_lossy(&datagram.bytes).into_owned());
    texts.filter(|text| text.starts_with(begins)).collect()
}

/// Tells the exchange that a connection is lost: who is gone by it.
fn lose(office: &mut Office, flow: Flow) -> Vec<(u32, Gone)> {
    let now = office.sim.now;
    let exchange = office.sim.exchange(0);
    assert_eq!(exchange.lost(now, flow), Ok(Ticked::Done));
    let (mut gone, mut buffer) = (Vec::new(), [0; 2_048]);
    while let Some(output) = exchange.poll(&mut buffer).expect("nothing is sent") {
        match output {
            Output::Unregistered { device, why } => gone.push((device, why)),
            other => panic!("{other:?}"),
        }
    }
    gone
}

#[test]
fn rfc3261_18_phones_call_each_other_over_every_pair_of_transports() {
    for (a, b) in Transport::ALL.into_iter().flat_map(|a| Transport::ALL.map(|b| (a, b))) {
        let (mut office, kept) = office(&[("201", a), ("202", b)], &[]);
        office.register();
        let registered = office.sim.exchange(0).is_registered(0);
        assert!(registered, "over {}", a.name());
        office.call("201", "202");
        office.until_talks("201");
        office.assert_both_agreed();
        office.sim.run_ms(1_000);
        office.hang_up("202");
        office.until_over("201");
        let invites = sent(&kept, phone_address(1), "INVITE");
        assert_eq!(invites.len(), 1, "{} to {}: sent again", a.name(), b.name());
        let via = format!("Via: SIP/2.0/{} {};", b.name(), us(b));
        assert!(invites[0].contains(&via), "{}", invites[0]);
        let contact = format!("Contact: <sip:{}{}>", us(b), b.parameter());
        assert!(invites[0].contains(&contact), "{}", invites[0]);
        let answers = sent(&kept, phone_address(0), "SIP/2.0 200");
        let contact = format!("Contact: <sip:{}{}>", us(a), a.parameter());
        assert!(answers.iter().any(|answer| answer.contains(&contact)), "{answers:?}");
        let byes = sent(&kept, phone_address(0), "BYE");
        assert!(byes[0].contains(&format!("Via: SIP/2.0/{} {};", a.name(), us(a))), "{}", byes[0]);
        office.assert_nothing_left();
    }
}

/// A phone that is reached by `sips` alone is given such an address of ours (RFC 3261 section 8.1.1.8, RFC 5630 section 3.1.3).
#[test]
fn rfc3261_8_1_1_8_whoever_is_reached_by_sips_reaches_us_by_it() {
    for (scheme, ours) in [
        ("sips", "<sips:10.0.0.1:5061>"),
        ("SIPS", "<sips:10.0.0.1:5061>"),
        ("sip", "<sip:10.0.0.1:5061;transport=tls>"),
    ] {
        let (mut office, kept) = office(&[("203", Transport::Tls)], &[]);
        office.register();
        let (id, own) = (office.phone("203"), phone_address(2));
        let contact = Some(format!("<{scheme}:203@{own};transport=tls>"));
        office
            .sim
            .with(id, |phone, now| phone.register_as(now, &Register { contact, ..Register::default() }));
        office.sim.run_ms(1_000);
        office.call("201", "203");
        office.until_talks("201");
        let invites = sent(&kept, own, "INVITE");
        assert!(invites[0].starts_with(&format!("INVITE {scheme}:203@{own}")), "{}", invites[0]);
        assert!(invites[0].contains(&format!("Contact: {ours}\r\n")), "{}", invites[0]);
        office.hang_up("201");
        office.assert_nothing_left();
    }
}

/// What it was given names its call when it transfers, as RFC 5589 section 7.1 has it.
#[test]
fn rfc5589_7_1_a_phone_transfers_by_the_sips_address_that_it_was_given() {
    let staff = (
        "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
        "features = [\"hold\", \"transfer\", \"smdr-external\", \"smdr-internal\"]",
    );
    let (mut office, kept) = office(&[("203", Transport::Tls)], &[staff]);
    office.register();
    let (id, own) = (office.phone("203"), phone_address(2));
    let contact = Some(format!("<sips:203@{own}>"));
    office.sim.with(id, |phone, now| phone.register_as(now, &Register { contact, ..Register::default() }));
    office.sim.run_ms(1_000);
    for (from, to) in [("201", "203"), ("202", "203")] {
        office.call(from, to);
        office.until_talks(from);
        office.sim.run_ms(500);
        office.ask("203", Ask::Hold);
        office.sim.run_ms(1_000);
    }
    office.sim.with(id, Phone::join);
    office.sim.run_ms(3_000);
    let kept = kept.borrow();
    let refers = kept.iter().filter(|datagram| datagram.from == own && datagram.bytes.starts_with(b"REFER"));
    let refers: Vec<_> = refers.map(|datagram| String::from_utf8_lossy(&datagram.bytes)).collect();
    assert!(refers[0].contains("Refer-To: <sips:10.0.0.1:5061?Replaces="), "{}", refers[0]);
    assert_talk(&mut office, "201", "202");
}

/// CANCEL and the ACK of a refusal go the way of their INVITE (RFC 3261 sections 9.1 and 17.1.1.3).
#[test]
fn rfc3261_9_1_a_call_over_a_stream_is_cancelled_and_refused_over_it() {
    let (mut office, kept) = office(&[("202", Transport::Tcp), ("203", Transport::Tls)], &[]);
    office.register();
    office.behaves("202", Behaviour::Ring);
    office.call("201", "202");
    office.sim.run_ms(1_000);
    office.hang_up("201");
    office.until_over("201");
    let cancels = sent(&kept, phone_address(1), "CANCEL");
    assert!(cancels[0].contains(&format!("Via: SIP/2.0/TCP {};", us(Transport::Tcp))), "{}", cancels[0]);
    office.behaves("203", Behaviour::Reject(603));
    assert_eq!(office.refused("201", "203").0, 603);
    let acks = sent(&kept, phone_address(2), "ACK");
    assert!(acks[0].contains(&format!("Via: SIP/2.0/TLS {};", us(Transport::Tls))), "{}", acks[0]);
    office.assert_nothing_left();
}

#[test]
fn a_lost_connection_unregisters_who_was_there_and_nobody_else() {
    let (mut office, _) = office(&[("201", Transport::Tcp), ("203", Transport::Tls)], &[]);
    office.register();
    let other = Flow::new(phone_address(0), Transport::Tls);
    assert_eq!(lose(&mut office, other), [], "nobody came over that one");
    assert_eq!(
        lose(&mut office, phone_address(1).into()),
        [(1, Gone::Lost)],
        "whoever says so of a datagram"
    );
    office.sim.outputs.clear();
    assert_eq!(lose(&mut office, Flow::new(phone_address(0), Transport::Tcp)), [(0, Gone::Lost)]);
    assert!(!office.sim.exchange(0).is_registered(0) && office.sim.exchange(0).is_registered(2));
    office.call("204", "201");
    office.until_over("204");
    let id = office.phone("201");
    office.sim.with(id, |phone, now| phone.register(now, 600));
    office.sim.run_ms(1_000);
    assert!(office.sim.exchange(0).is_registered(0));
    office.talks_and_ends("204", "201");
}

/// More devices over one connection than one step unregisters, as behind a proxy of their own.
#[test]
fn a_connection_of_many_is_lost_step_by_step() {
    let mut policy = include_str!("office/policy.toml").to_owned();
    let many: Vec<String> = (300..340).map(|dn| dn.to_string()).collect();
    for dn in &many {
        policy += &format!(
            "[[device]]\ndn = \"{dn}\"\nkind = \"sip\"\ntemplate = \"desk\"\npassword = \"P1um-orchard-Gate-8\"\ncos = 1\ncor = 1\n"
        );
    }
    let compiled =
        strowger_tools::compile_str(&policy, "policy.toml").unwrap_or_else(|_| panic!("it is a policy"));
    let (image, keyring) = (compiled.image.leak(), compiled.keyring.leak());
    let mut exchange = build_exchange(image, keyring, &Sizes::for_calls(60, 2, 8), exchange_address(), 1);
    let flow = Flow::new(phone_address(0), Transport::Tcp);
    let (now, mut buffer, mut registered) = (Instant(1_000), [0; 2_048], 0);
    for dn in &many {
        let mut config = PhoneConfig::new(dn, "P1um-orchard-Gate-8", flow.peer, exchange_address());
        config.transport = Transport::Tcp;
        let mut phone = Phone::new(config);
        phone.register(now, 600);
        while let Some((_, octets)) = phone.poll_transmit() {
            assert_eq!(exchange.receive(now, flow, &octets), Ok(Received::Done));
            while let Some(output) = exchange.poll(&mut buffer).expect("it is long enough") {
                match output {
                    Output::Send { len, .. } => phone.receive(now, exchange_address(), &buffer[..len]),
                    other => registered += usize::from(matches!(other, Output::Registered { .. })),
                }
            }
        }
    }
    assert_eq!(registered, many.len());
    let mut steps = Vec::new();
    loop {
        let lost = exchange.lost(now, flow).expect("the outputs were polled");
        let mut gone = 0;
        while let Some(output) = exchange.poll(&mut buffer).expect("nothing is sent") {
            gone += usize::from(matches!(output, Output::Unregistered { why: Gone::Lost, .. }));
        }
        steps.push(gone);
        if lost == Ticked::Done {
            break;
        }
    }
    assert_eq!(steps, [16, 16, 8]);
}

/// A call is up while its connection is lost. The phone comes back from another port, and is hung up over that.
#[test]
fn rfc5626_a_call_goes_on_over_the_connection_that_its_phone_comes_back_with() {
    let (mut office, kept) = office(&[("202", Transport::Tcp)], &[]);
    office.register();
    office.call("201", "202");
    office.until_talks("201");
    office.sim.run_ms(1_000);
    assert_eq!(lose(&mut office, Flow::new(phone_address(1), Transport::Tcp)), [(1, Gone::Lost)]);
    assert_eq!(office.sim.exchange(0).calls_in_use(), 1, "no call ends by it");
    let id = office.phone("202");
    let back = SocketAddr::new(phone_address(1).ip(), 40_000);
    office.sim.phone(id).config.address = back;
    office.sim.with(id, |phone, now| phone.register(now, 600));
    office.sim.run_ms(1_000);
    office.hang_up("201");
    office.until_over("201");
    office.sim.run_ms(1_000);
    let byes = sent(&kept, back, "BYE");
    assert_eq!(byes.len(), 1, "{}", office.sim.ladder.render());
    office.assert_nothing_left();
}

/// A phone that moves from one connection to another says so at once, without being gone in between.
#[test]
fn a_phone_that_moves_is_told_of_and_reached_where_it_is() {
    let (mut office, _) = office(&[("202", Transport::Tcp)], &[]);
    office.register();
    let id = office.phone("202");
    let moved = SocketAddr::new(phone_address(1).ip(), 40_000);
    office.sim.phone(id).config.address = moved;
    office.sim.with(id, |phone, now| phone.register(now, 600));
    office.sim.run_ms(1_000);
    let expected = Output::Registered { device: 1, expires_s: 600, flow: Flow::new(moved, Transport::Tcp) };
    assert!(office.sim.outputs.iter().any(|(_, output)| *output == expected));
    // The old connection goes when the new one is there.
    assert_eq!(lose(&mut office, Flow::new(phone_address(1), Transport::Tcp)), []);
    office.talks_and_ends("201", "202");
}

/// RFC 3261 17.1.4 and 8.1.3.1: who cannot be sent to has not answered; nobody waits 32 seconds to learn that.
#[test]
fn rfc3261_17_1_4_a_call_over_a_connection_that_is_lost_fails_at_once() {
    let (mut office, _) = office(&[("202", Transport::Tls)], &[]);
    office.register();
    let deaf = phone_address(1);
    office.sim.decide_fates(move |datagram| if datagram.to == deaf { Fate::Lost } else { Fate::Sent });
    office.call("201", "202");
    office.sim.run_ms(500);
    let before = office.sim.now;
    lose(&mut office, Flow::new(deaf, Transport::Tls));
    office.until_over("201");
    assert!(office.sim.now.since_ms(before) < 1_000, "{}", office.sim.ladder.render());
    office.assert_nothing_left();
}

/// `transport` of a device: what it may register and call over. An emergency call may come any way (law 4).
#[test]
fn a_device_uses_the_transports_that_it_may_use() {
    let device = "dn = \"203\"\n";
    let only = ("dn = \"203\"\n", "dn = \"203\"\ntransport = [\"tls\"]\n");
    assert!(include_str!("office/policy.toml").contains(device));
    for (over, may) in Transport::ALL.map(|over| (over, over == Transport::Tls)) {
        let (mut office, kept) = office(&[("203", over)], &[only]);
        let id = office.phone("203");
        office.sim.with(id, |phone, now| phone.register(now, 600));
        office.sim.run_ms(1_000);
        assert_eq!(office.sim.exchange(0).is_registered(2), may, "{}", over.name());
        if may {
            continue;
        }
        let refused = sent(&kept, phone_address(2), "SIP/2.0 403");
        assert!(refused[0].contains("identity.transport"), "{}", refused[0]);
        assert_eq!(office.sim.decisions[0].denial().map(|denial| denial.rule), Some(Rule::Transport));
        let (status, reason) = office.refused("203", "204");
        assert_eq!((status, reason.contains("identity.transport")), (403, true), "{reason}");
        office.call("203", "911");
        office.until_talks("203");
        office.hang_up("203");
        office.until_over("203");
        office.assert_nothing_left();
    }
}

/// A trunk over TLS is not whoever can write its address into a datagram.
#[test]
fn a_trunk_over_a_stream_is_not_believed_in_datagrams() {
    let stream = (
        "host = \"10.0.9.1:5060\"\ntransport = \"udp\"",
        "host = \"10.0.9.1:5060\"\ntransport = \"tls\"\ntrusted = [\"10.0.9.1/32\"]",
    );
    let (mut office, kept) = office(&[], &[stream]);
    office.register();
    let carrier = SocketAddr::from(([10, 0, 9, 1], 5060));
    let id = office.carrier;
    office.sim.with(id, |phone, now| phone.call(now, "201"));
    office.sim.run_ms(1_000);
    assert!(!sent(&kept, carrier, "SIP/2.0 401").is_empty(), "it is a stranger like any other");
    assert!(sent(&kept, phone_address(0), "INVITE").is_empty());
    office.assert_nothing_left();
    assert!(office.sim.decisions.is_empty());
    office.sim.phone(id).config.transport = Transport::Tls;
    office.sim.with(id, |phone, now| phone.call(now, "201"));
    office.sim.run_ms(1_000);
    assert_eq!(office.sim.decisions[0].from, Party::Trunk(0), "{}", office.sim.ladder.render());
    // The way out is the same.
    office.call("201", "95550123");
    office.sim.run_ms(500);
    let invites = sent(&kept, carrier, "INVITE");
    assert!(invites[0].contains("Via: SIP/2.0/TLS ") && invites[0].contains(";transport=tls SIP/2.0\r\n"));
    office.until_talks("201");
    office.hang_up("201");
    office.until_over("201");
    office.assert_nothing_left();
}

/// `[media] sdes_over_clear = "deny"`: keys go where nobody else reads them, on both sides.
#[test]
fn keys_go_over_tls_and_over_nothing_else() {
    let deny = ("", "\n[media]\nsdes_over_clear = \"deny\"\n");
    for (a, b) in Transport::ALL.into_iter().flat_map(|a| Transport::ALL.map(|b| (a, b))) {
        let (mut office, _) = office(&[("201", a), ("202", b)], &[deny]);
        for dn in ["201", "202"] {
            let id = office.phone(dn);
            let config = &mut office.sim.phone(id).config;
            "RTP/SAVP".clone_into(&mut config.profile);
            config.attributes = vec![
                "crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz".to_owned(),
            ];
        }
        office.register();
        office.call("201", "202");
        office.sim.run_ms(5_000);
        let told = office.sim.told(office.phone("201"));
        let talks = told.iter().any(|event| matches!(event, PhoneEvent::Connected { .. }));
        assert_eq!(talks, a == Transport::Tls && b == Transport::Tls, "{} {}: {told:?}", a.name(), b.name());
    }
}

/// Who registers and calls in clear is not made safe by a Contact that speaks of TLS: keys do not go there, and requests go back where
/// it was heard. A Contact over TCP is believed.
#[test]
fn a_contact_over_tls_does_not_make_datagrams_safe() {
    let deny = ("", "\n[media]\nsdes_over_clear = \"deny\"\n");
    let (mut office, kept) = office(&[("202", Transport::Tls)], &[deny]);
    office.register();
    let id = office.phone("201");
    let contact = Some("<sip:201@10.0.1.1:5061;transport=tls>".to_owned());
    let register = Register { expires_s: Some(600), contact, ..Register::default() };
    office.sim.with(id, |phone, now| phone.register_as(now, &register));
    office.sim.run_ms(1_000);
    office.call("202", "201");
    office.sim.run_ms(5_000);
    let invites = sent(&kept, phone_address(0), "INVITE");
    assert!(invites[0].contains("Via: SIP/2.0/UDP "), "{}", invites[0]);
    assert!(sent(&kept, SocketAddr::new(phone_address(0).ip(), 5061), "INVITE").is_empty());
    drop(kept);
}

#[test]
fn rfc3261_18_3_a_message_of_a_stream_says_how_long_it_is() {
    let (mut office, kept) = office(&[("201", Transport::Tcp)], &[]);
    let options = b"OPTIONS sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.1.1:5060;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n";
    let now = office.sim.now;
    for (flow, status) in [
        (phone_address(0).into(), "SIP/2.0 200"),
        (Flow::new(phone_address(0), Transport::Tcp), "SIP/2.0 400"),
    ] {
        assert_eq!(office.sim.exchange(0).receive(now, flow, options), Ok(Received::Done));
        let mut buffer = [0; 2_048];
        let Ok(Some(Output::Send { to, len })) = office.sim.exchange(0).poll(&mut buffer) else {
            panic!("no answer")
        };
        assert_eq!(to, flow, "back where it came from");
        assert!(buffer[..len].starts_with(status.as_bytes()), "{}", String::from_utf8_lossy(&buffer[..len]));
    }
    drop(kept);
}
