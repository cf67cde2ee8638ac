//! A trunk with several servers: RFC 3263 section 4.3.

use crate::office;

use office::{Office, exchange_address};
use std::net::SocketAddr;
use strowger::base::{Flow, Transport};
use strowger::exchange::{MAX_SERVERS, Output};
use strowger::registration::client::Standing;
use strowger_testkit::phone::{Asks, Behaviour, PhoneConfig};
use strowger_testkit::sim::PhoneId;

const PASSWORD: &str = "Carrier-secret-2026";
const KNOWN: (&str, &str) = (
    "name = \"carrier\"\nkind = \"sip\"",
    "name = \"carrier\"\nkind = \"sip\"\nusername = \"elm\"\npassword = \"Carrier-secret-2026\"\nregister = true",
);

fn server(n: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 9, 10 + n], 5060))
}

/// An office whose carrier has so many servers; all of them answer.
fn office(count: u8, changes: &[(&str, &str)]) -> (Office, Vec<PhoneId>) {
    let mut office = Office::with(11, changes);
    let servers: Vec<_> = (0..count)
        .map(|n| {
            let mut config = PhoneConfig::new("server", "", server(n), exchange_address());
            (config.trunk, config.behaviour) = (true, Behaviour::Answer { after_ms: 500 });
            if !changes.is_empty() {
                config.challenges = Some(Asks::new("elm", PASSWORD));
            }
            office.sim.add_phone(&format!("server{n}"), config)
        })
        .collect();
    let flows: Vec<Flow> = (0..count).map(|n| server(n).into()).collect();
    assert!(office.sim.exchange(0).set_trunk_servers(0, &flows));
    office.register();
    (office, servers)
}

fn behaves(office: &mut Office, id: PhoneId, behaviour: Behaviour) {
    office.sim.phone(id).config.behaviour = behaviour;
}

fn moves(office: &Office) -> Vec<Flow> {
    let moves = office.sim.outputs.iter().filter_map(|(_, output)| match output {
        Output::Server { trunk: 0, to } => Some(*to),
        _ => None,
    });
    moves.collect()
}

/// Calls, talks, hangs up; how long it took until it was answered.
fn call(office: &mut Office) -> u64 {
    let begun = office.sim.now;
    office.sim.events.clear();
    office.call("201", "95550100");
    office.until_talks("201");
    let took = office.sim.now.since_ms(begun);
    office.sim.run_ms(500);
    office.hang_up("201");
    office.until_over("201");
    office.assert_nothing_left();
    took
}

#[test]
fn rfc3263_4_3_who_does_not_answer_is_followed_by_the_next() {
    let (mut office, servers) = office(3, &[]);
    assert!(call(&mut office) < 1_000);
    assert_eq!(moves(&office), []);
    behaves(&mut office, servers[0], Behaviour::Silent);
    behaves(&mut office, servers[1], Behaviour::Silent);
    let took = call(&mut office);
    assert!((8_500..9_500).contains(&took), "four seconds each: {took}");
    assert_eq!(moves(&office), [server(1).into(), server(2).into()]);
    assert!(call(&mut office) < 1_000, "the next call knows");
    // After five minutes the first is tried again.
    behaves(&mut office, servers[0], Behaviour::Answer { after_ms: 500 });
    office.sim.run_ms(300_000);
    office.sim.phone(servers[0]).restart();
    assert!(call(&mut office) < 1_000);
    assert!(office.sim.phone(servers[0]).last_invite().is_some() && moves(&office).len() == 2);
}

#[test]
fn a_server_that_is_overloaded_is_left_at_once() {
    let (mut office, servers) = office(2, &[]);
    behaves(&mut office, servers[0], Behaviour::Reject(503));
    assert!(call(&mut office) < 1_000, "503 is no reason to wait");
    assert_eq!(moves(&office), [server(1).into()]);
    // Any other refusal is the answer of the carrier.
    let (mut office, servers) = self::office(2, &[]);
    behaves(&mut office, servers[0], Behaviour::Reject(603));
    assert_eq!(office.refused("201", "95550100").0, 603);
    assert_eq!(moves(&office), []);
    office.assert_nothing_left();
}

#[test]
fn when_no_server_answers_the_call_ends_and_nothing_is_left() {
    let (mut office, servers) = office(2, &[]);
    for id in servers {
        behaves(&mut office, id, Behaviour::Silent);
    }
    let begun = office.sim.now;
    assert_eq!(office.refused("201", "95550100").0, 408);
    let took = office.sim.now.since_ms(begun);
    assert!((36_000..37_000).contains(&took), "4 s, and 32 s at the last (RFC 3261 timer B): {took}");
    office.assert_nothing_left();
}

/// The caller hangs up while nobody answers: the next server never hears of it.
#[test]
fn a_call_that_was_given_up_goes_to_no_other_server() {
    let (mut office, servers) = office(2, &[]);
    behaves(&mut office, servers[0], Behaviour::Silent);
    office.call("201", "95550100");
    office.sim.run_ms(2_000);
    office.hang_up("201");
    office.sim.run_ms(10_000);
    assert_eq!(office.sim.phone(servers[1]).last_invite(), None);
    office.assert_nothing_left();
}

/// CANCEL, ACK and BYE go where the INVITE went, whatever the next call does.
#[test]
fn what_belongs_to_a_call_goes_to_its_server() {
    let (mut office, servers) = office(2, &[]);
    behaves(&mut office, servers[0], Behaviour::Silent);
    behaves(&mut office, servers[1], Behaviour::Ring);
    office.call("201", "95550100");
    office.sim.run_ms(6_000);
    office.hang_up("201");
    office.sim.run_ms(1_000);
    assert_eq!(office.sim.phone(servers[1]).live_calls(), 0, "{}", office.sim.ladder.render());
    office.assert_nothing_left();
}

/// A call to a server that has just failed is proved at the next, and REGISTER goes there as well.
#[test]
fn a_trunk_that_registers_does_so_where_it_goes() {
    let (mut office, servers) = office(2, &[KNOWN]);
    office.sim.run_ms(1_000);
    assert!(office.sim.phone(servers[0]).asked().bound.is_some());
    behaves(&mut office, servers[0], Behaviour::Silent);
    assert!(call(&mut office) < 6_000);
    let asked = office.sim.phone(servers[1]).asked().clone();
    assert_eq!((asked.wrong, asked.right.is_empty()), (0, false));
    office.sim.run_ms(3_600_000);
    let asked = office.sim.phone(servers[1]).asked().clone();
    assert!(asked.bound.is_some(), "renewed at the one that answers");
    let bad = |output: &Output| {
        matches!(output, Output::Standing { standing: Standing::Lapsed | Standing::Unanswered, .. })
    };
    assert!(!office.sim.outputs.iter().any(|(_, output)| bad(output)), "without having been away");
}

#[test]
fn servers_are_told_anew() {
    let (mut office, _) = office(2, &[]);
    let exchange = office.sim.exchange(0);
    let many: Vec<Flow> = (0..9).map(|n| server(n).into()).collect();
    assert!(exchange.set_trunk_servers(0, &many) && many.len() > MAX_SERVERS);
    assert!(!exchange.set_trunk_servers(7, &many), "no such trunk");
    assert!(exchange.set_trunk_servers(0, &[]), "nowhere");
    office.sim.events.clear();
    assert_eq!(office.refused("201", "95550100").0, 503);
    let over = Flow::new(server(0), Transport::Tcp);
    assert!(office.sim.exchange(0).set_trunk_servers(0, &[over]));
}
