//! RFC 3263 by its own examples, and RFC 2782 by counting.

use super::{Pointer, Question, Service, choose, order, question, service};
use crate::base::{Flow, Transport};
use Transport::{Tcp, Tls, Udp};
use std::collections::BTreeMap;
use std::format;
use std::vec::Vec;

fn at(address: &str, transport: Transport) -> Question<'_> {
    Question::None(Flow::new(address.parse().expect("an address"), transport))
}

#[test]
fn rfc3263_4_1_and_4_2_what_is_asked_first() {
    let rows = [
        ("192.0.2.1", None, at("192.0.2.1:5060", Udp)),
        ("192.0.2.1", Some(Tls), at("192.0.2.1:5061", Tls)),
        ("192.0.2.1:5080", Some(Tcp), at("192.0.2.1:5080", Tcp)),
        ("2001:db8::1", None, at("[2001:db8::1]:5060", Udp)),
        ("[2001:db8::1]", Some(Tls), at("[2001:db8::1]:5061", Tls)),
        ("[2001:db8::1]:5080", None, at("[2001:db8::1]:5080", Udp)),
        (
            "sip.example.com:5080",
            None,
            Question::Addresses { name: "sip.example.com", port: 5080, transport: Udp },
        ),
        (
            "sip.example.com:5060",
            Some(Tls),
            Question::Addresses { name: "sip.example.com", port: 5060, transport: Tls },
        ),
        ("example.com", Some(Udp), Question::Services { name: "example.com", transport: Udp }),
        ("example.com", Some(Tls), Question::Services { name: "example.com", transport: Tls }),
        ("example.com", None, Question::Pointers { name: "example.com" }),
    ];
    for (host, transport, expected) in rows {
        assert_eq!(question(host, transport), Some(expected), "{host} {transport:?}");
    }
    for bad in ["", ":5060", "example.com:", "example.com:0", "example.com:65536", "a:b:5", "[2001:db8::1"] {
        assert_eq!(question(bad, None), None, "{bad}");
    }
    assert_eq!([Udp, Tcp, Tls].map(service), ["_sip._udp.", "_sip._tcp.", "_sips._tcp."]);
}

/// The example of section 4.1.
#[test]
fn rfc3263_4_1_the_transport_is_what_the_domain_likes_best_of_ours() {
    let pointer = |order, preference, service: &'static str, replacement| Pointer {
        order,
        preference,
        flags: b"s",
        service: service.as_bytes(),
        replacement,
    };
    let records = [
        pointer(100, 50, "SIP+D2U", "_sip._udp.example.com."),
        pointer(50, 50, "SIPS+D2T", "_sips._tcp.example.com."),
        pointer(90, 50, "SIP+D2T", "_sip._tcp.example.com."),
    ];
    assert_eq!(choose(&records, |_| true), Some((Tls, "_sips._tcp.example.com.")));
    assert_eq!(choose(&records, |one| one != Tls), Some((Tcp, "_sip._tcp.example.com.")));
    assert_eq!(choose(&records, |one| one == Udp), Some((Udp, "_sip._udp.example.com.")));
    assert_eq!(choose(&records, |_| false), None);
    let preferred = [pointer(5, 20, "sip+d2u", "a."), pointer(5, 10, "SIP+d2t", "b.")];
    assert_eq!(choose(&preferred, |_| true), Some((Tcp, "b.")), "case does not count");
    let others = [
        pointer(1, 1, "SIPS+D2U", "never."),
        pointer(1, 1, "SIP+D2S", "sctp."),
        pointer(1, 1, "E2U+sip", "enum."),
        Pointer { flags: b"u", ..pointer(1, 1, "SIP+D2U", "uri.") },
        Pointer { flags: b"", ..pointer(1, 1, "SIP+D2U", "more.") },
    ];
    assert_eq!(choose(&others, |_| true), None);
}

fn records(rows: &[(u16, u16, char)]) -> Vec<Service<char>> {
    rows.iter()
        .map(|(priority, weight, host)| Service {
            priority: *priority,
            weight: *weight,
            port: 5060,
            host: *host,
        })
        .collect()
}

fn ordered(rows: &[(u16, u16, char)], dice: impl FnMut(u32) -> u32) -> std::string::String {
    let mut records = records(rows);
    order(&mut records, dice);
    records.into_iter().map(|one| one.host).collect()
}

#[test]
fn rfc2782_lower_priorities_come_first_and_weights_are_shares() {
    let rows = [(20, 5, 'z'), (10, 1, 'a'), (10, 3, 'b'), (10, 0, 'c'), (5, 0, 'f')];
    for roll in 0..200u32 {
        let text = ordered(&rows, |total| roll.wrapping_mul(2_654_435_761) % (total + 1));
        assert!(text.starts_with('f') && text.ends_with('z') && text.len() == 5, "{text}");
    }
    // Every throw of the dice: how often each is the first of four.
    let four = [(1, 10, 'a'), (1, 30, 'b'), (1, 60, 'c'), (1, 0, 'd')];
    let mut first: BTreeMap<char, u32> = BTreeMap::new();
    for roll in 0..=100 {
        let mut thrown = false;
        let text = ordered(&four, |total| {
            let roll = if thrown { 0 } else { roll.min(total) };
            thrown = true;
            roll
        });
        *first.entry(text.chars().next().expect("four")).or_default() += 1;
    }
    assert_eq!(first.into_iter().collect::<Vec<_>>(), [('a', 10), ('b', 30), ('c', 60), ('d', 1)]);
    assert_eq!(ordered(&[], |_| 0), "");
    assert_eq!(ordered(&[(1, 0, 'a'), (1, 0, 'b')], |_| 7), "ab", "dice that show too much harm nobody");
    let large = [(1, u16::MAX, 'a'), (1, u16::MAX, 'b')];
    assert_eq!(ordered(&large, |total| total), "ba");
    let _ = format!("{:?}", records(&large));
}
