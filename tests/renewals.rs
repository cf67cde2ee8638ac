//! The engine renews a session by itself: one party is asked for an offer, the other answers it (RFC 3725 section 4.1).

use crate::office;

use office::{Office, assert_trace};
use std::net::SocketAddr;
use strowger::media::{Described, Path, Why};
use strowger_testkit::phone::{Ask, Behaviour, PhoneEvent};
use strowger_testkit::sim::Network;

const ANCHORED: &str = "[[zone]]\nname = \"home\"\n[[media_path]]\nbetween = [\"default\", \"home\"]\npath = \"anchored\"\n[media]\nrtpengine = \"127.0.0.1:2223\"\n";

/// 202 is at home, and its media goes over the relay.
fn talking(seed: u64) -> Office {
    let mut office =
        Office::changed(seed, &[("dn = \"202\"", "dn = \"202\"\nzone = \"home\""), ("", ANCHORED)]);
    office.call("201", "202");
    office.until_talks("202");
    office.sim.run_ms(1_000);
    office.sim.ladder.clear();
    office
}

/// Where a phone sends, by the description that it goes by.
fn sends_to(office: &mut Office, dn: &str) -> SocketAddr {
    let id = office.phone(dn);
    let (_, theirs) = office.sim.phone(id).agreed().expect("it is in a call");
    Described::read(&theirs).places.get(0).expect("a stream that is awaited").rtp
}

/// Both send to the relay, to the places that it gave since it came back.
fn assert_anchored(office: &mut Office) {
    let session = office.sim.relay.sessions().next().expect("the relay forwards").clone();
    let given = session.given.map(|places| places.and_then(|places| places.get(0)).map(|place| place.rtp));
    assert_eq!(["202", "201"].map(|dn| Some(sends_to(office, dn))), given, "{}", office.sim.ladder.render());
    let open: Vec<_> = office.sim.pinholes.iter().flat_map(|pinhole| [pinhole.a, pinhole.b]).collect();
    assert_eq!(open.len(), 8);
    assert!(given.into_iter().flatten().all(|place| open.contains(&place)), "{open:?}");
}

fn is_up(office: &mut Office) -> bool {
    office.sim.exchange(0).calls_in_use() == 1
}

fn end(office: &mut Office) {
    office.hang_up("202");
    office.until_over("201");
    office.assert_nothing_left();
}

fn path(office: &mut Office) -> Path {
    let exchange = office.sim.exchange(0);
    let (leg, _) = exchange.calls().legs().next().expect("a call");
    exchange.calls().media(leg).expect("a call").agreed
}

/// R98, and domain 10.3: a relay that has forgotten the call is told of it anew, and the parties of its new ports.
#[test]
fn a_relay_that_has_forgotten_is_told_again() {
    let mut office = talking(1);
    office.lose_relay();
    office.sim.relay.delay_ms = 0;
    office.sim.run_ms(1_000);
    assert_trace(
        &office.trace(),
        "exchange -> 201: INVITE 201
         201 -> exchange: 200 OK (INVITE) +sdp
         exchange -> 202: INVITE 202 +sdp
         202 -> exchange: 200 OK (INVITE) +sdp
         exchange -> 202: ACK
         exchange -> 201: ACK +sdp
         202: changed
         201: changed",
    );
    assert_anchored(&mut office);
    end(&mut office);
}

/// Whatever the network loses on the way.
#[test]
fn a_renewal_stands_loss() {
    for seed in 0..30 {
        let mut office = talking(100 + seed);
        office.sim.network = Network::bad(300);
        office.lose_relay();
        office.sim.run_ms(40_000);
        office.sim.network = Network::GOOD;
        office.sim.run_ms(1_000);
        // Nothing came through for 32 seconds: then the call is cleared (RFC 5057).
        if is_up(&mut office) {
            assert_anchored(&mut office);
            end(&mut office);
        } else {
            office.assert_nothing_left();
        }
    }
}

/// Who holds goes on holding.
#[test]
fn r100_a_held_call_stays_held() {
    for holds in ["201", "202"] {
        let mut office = talking(2);
        office.ask(holds, Ask::Hold);
        office.sim.run_ms(1_000);
        office.lose_relay();
        office.sim.run_ms(1_000);
        assert_anchored(&mut office);
        let held = if holds == "201" { "202" } else { "201" };
        let id = office.phone(held);
        let (_, theirs) = office.sim.phone(id).agreed().expect("it is in a call");
        assert!(String::from_utf8_lossy(&theirs).contains("a=sendonly"), "it is not to send");
        end(&mut office);
    }
}

/// R97: a party that asks at the same time is refused by 491, refuses by 491, and both try again.
#[test]
fn r97_both_ask_at_once() {
    for asks in ["201", "202"] {
        let mut office = talking(3);
        office.lose_relay();
        office.ask(asks, Ask::Hold);
        office.sim.run_ms(1_000);
        assert!(office.trace().contains("491"), "{}", office.trace());
        office.sim.run_ms(10_000);
        assert_anchored(&mut office);
        office.ask(asks, Ask::Hold);
        office.sim.run_ms(1_000);
        assert_anchored(&mut office);
        end(&mut office);
    }
}

/// R98: who will not be asked keeps what it has; who will not have the other's offer is asked for its own.
#[test]
fn r98_a_renewal_that_is_refused() {
    let mut office = talking(4);
    let [a, b] = ["201", "202"].map(|dn| office.phone(dn));
    let before = ["201", "202"].map(|dn| sends_to(&mut office, dn));
    office.sim.phone(a).config.refuse_changes = Some(488);
    office.lose_relay();
    office.sim.run_ms(60_000);
    assert_eq!(["201", "202"].map(|dn| sends_to(&mut office, dn)), before);
    assert!(is_up(&mut office));
    // Nothing is asked again until something happens.
    assert_eq!(office.trace().matches("INVITE 201").count(), 1, "{}", office.trace());
    end(&mut office);

    let mut office = talking(5);
    office.sim.phone(b).config.refuse_changes = Some(488);
    office.lose_relay();
    office.sim.run_ms(2_000);
    // Its offer is answered all the same (RFC 3264 section 5): every stream of it is refused. Neither will have the other's.
    assert_trace(
        &office.trace(),
        "exchange -> 201: INVITE 201
         201 -> exchange: 200 OK (INVITE) +sdp
         exchange -> 202: INVITE 202 +sdp
         202 -> exchange: 488 Not Acceptable Here (INVITE)
         exchange -> 202: ACK
         exchange -> 201: ACK +sdp
         exchange -> 202: INVITE 202
         201: changed
         202 -> exchange: 488 Not Acceptable Here (INVITE)
         exchange -> 202: ACK
         exchange -> 201: BYE
         exchange -> 202: BYE
         201 -> exchange: 200 OK (BYE)
         201: over: 200
         202 -> exchange: 200 OK (BYE)
         202: over: 200
         exchange: record: Internal, 2 s",
    );
    office.assert_nothing_left();
}

/// RFC 5057: who is gone is found to be.
#[test]
fn a_party_that_is_gone_ends_the_call() {
    for (dn, other) in [("201", "202"), ("202", "201")] {
        let mut office = talking(6);
        office.behaves(dn, Behaviour::Silent);
        office.lose_relay();
        office.sim.run_ms(70_000);
        let told = office.sim.told(office.phone(other));
        assert!(told.iter().any(|event| matches!(event, PhoneEvent::Ended { .. })), "{}", office.trace());
        office.behaves(dn, Behaviour::Answer { after_ms: 2_000 });
        office.assert_nothing_left();
    }
}

/// Hanging up at any moment of it leaves nothing.
#[test]
fn hanging_up_meanwhile_leaves_nothing() {
    for (n, dn) in (0..60).flat_map(|n| [(n, "201"), (n, "202")]) {
        let mut office = talking(7);
        office.lose_relay();
        office.sim.run_ms(n);
        office.hang_up(dn);
        office.assert_nothing_left();
    }
}

/// Domain 10.3, re-evaluated at the answer: a private address that answers a public carrier cannot stay direct.
#[test]
fn r93_an_answer_that_cannot_go_directly_is_followed_by_the_relay() {
    let mut office = Office::changed(8, &[("", "[media]\nrtpengine = \"127.0.0.1:2223\"\n")]);
    let [a, b] = ["201", "202"].map(|dn| office.phone(dn));
    office.sim.phone(a).config.media = "[fd00::1]:4000".parse().expect("an address");
    office.sim.phone(a).config.late_offer = true;
    let _ = b;
    // 202 offers IPv4, which 201 is signalled by; that it wants IPv6 is known by its answer.
    office.call("201", "202");
    office.until_talks("202");
    office.sim.run_ms(100);
    assert_eq!(path(&mut office), Path::Direct);
    office.sim.run_ms(3_000);
    assert_eq!(path(&mut office), Path::Anchored(Why::AddressFamily), "{}", office.trace());
    assert_anchored(&mut office);
    end(&mut office);
}
