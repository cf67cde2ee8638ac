//! Which way media takes, end to end: directly, over the relay, or not at all; and the pinholes that follow it.

use crate::office;

use office::Office;
use std::net::SocketAddr;
use strowger::media::{Described, Path, Why};
use strowger_testkit::phone::{Ask, Behaviour, PhoneEvent};
use strowger_testkit::sim::Dice;

const RELAY: &str = "[media]\nrtpengine = \"127.0.0.1:2223\"\n";

/// 202 is at home; what is said of media between there and the rest.
fn office_of(seed: u64, path: &str, media: &str) -> Office {
    let zones = format!(
        "[[zone]]\nname = \"home\"\n[[media_path]]\nbetween = [\"default\", \"home\"]\npath = \"{path}\"\n{media}"
    );
    Office::changed(seed, &[("dn = \"202\"", "dn = \"202\"\nzone = \"home\""), ("", &zones)])
}

fn anchored(seed: u64) -> Office {
    office_of(seed, "anchored", RELAY)
}

fn talking(seed: u64) -> Office {
    let mut office = anchored(seed);
    office.call("201", "202");
    office.until_talks("202");
    office.sim.run_ms(1_000);
    office
}

fn ask(office: &mut Office, dn: &str, ask: Ask) {
    office.ask(dn, ask);
    office.sim.run_ms(1_000);
}

/// Where a phone was last told to send its media.
fn sends_to(office: &Office, dn: &str) -> Option<SocketAddr> {
    let last = office.sim.told(office.phone(dn)).into_iter().rev().find_map(|event| match event {
        PhoneEvent::Connected { remote_sdp } | PhoneEvent::Changed { remote_sdp } => Some(remote_sdp),
        _ => None,
    });
    Described::read(&last.expect("it was told")).places.get(0).map(|place| place.rtp)
}

fn media_of(office: &mut Office, dn: &str) -> SocketAddr {
    let id = office.phone(dn);
    office.sim.phone(id).config.media
}

/// Both phones send to the relay, which sends to them, and the pinholes are those of these four ways.
fn assert_anchored(office: &mut Office) {
    let relay = office.sim.relay.address;
    let [own_a, own_b] = ["201", "202"].map(|dn| media_of(office, dn));
    let [to_b, to_a] = ["201", "202"].map(|dn| sends_to(office, dn).expect("a place"));
    assert_eq!((to_a.ip(), to_b.ip()), (relay, relay), "{}", office.sim.ladder.render());
    let session = office.sim.relay.sessions().next().expect("the relay forwards").clone();
    let place = |at: usize| session.sides[at].and_then(|places| places.get(0)).map(|place| place.rtp);
    let given = |at: usize| session.given[at].and_then(|places| places.get(0)).map(|place| place.rtp);
    assert_eq!((place(0), place(1)), (Some(own_a), Some(own_b)));
    assert_eq!((given(0), given(1)), (Some(to_a), Some(to_b)));
    let next = |at: SocketAddr| SocketAddr::new(at.ip(), at.port() + 1);
    let ways = [(own_a, to_b), (next(own_a), next(to_b)), (own_b, to_a), (next(own_b), next(to_a))];
    let open: Vec<_> = office.sim.pinholes.iter().map(|pinhole| (pinhole.a, pinhole.b)).collect();
    assert_eq!(open, ways);
}

fn path(office: &mut Office) -> Path {
    let exchange = office.sim.exchange(0);
    let (leg, _) = exchange.calls().legs().next().expect("a call");
    exchange.calls().media(leg).expect("a call").agreed
}

fn end(office: &mut Office) {
    office.hang_up("201");
    office.until_over("202");
    office.assert_nothing_left();
}

#[test]
fn r93_a_call_between_zones_goes_over_the_relay() {
    // The parties see the messages of a direct call, and no others; only what the engine notes beside them may come later.
    let [direct, mut office] = [("direct", ""), ("anchored", RELAY)].map(|(path, media)| {
        let mut office = office_of(1, path, media);
        office.sim.relay.delay_ms = 0;
        office.call("201", "202");
        office.until_talks("202");
        office.sim.run_ms(1_000);
        office
    });
    let messages = |office: &Office| {
        office.trace().lines().filter(|line| line.contains("->")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(messages(&office), messages(&direct));
    assert_eq!(messages(&office).lines().count(), 9, "{}", office.trace());
    assert_anchored(&mut office);
    assert_eq!(path(&mut office), Path::Anchored(Why::Zones));
    end(&mut office);
    assert_eq!(office.sim.pinholes.opened, 4);
}

/// Without a path between them there is no relay, and pinholes are from phone to phone.
#[test]
fn r93_everything_else_goes_directly() {
    let mut office = anchored(2);
    office.call("201", "203");
    office.until_talks("203");
    office.sim.run_ms(1_000);
    let (a, b) = (media_of(&mut office, "201"), media_of(&mut office, "203"));
    assert_eq!((sends_to(&office, "203"), sends_to(&office, "201")), (Some(a), Some(b)));
    let open: Vec<_> = office.sim.pinholes.iter().map(|pinhole| (pinhole.a, pinhole.b)).collect();
    let next = |at: SocketAddr| SocketAddr::new(at.ip(), at.port() + 1);
    assert_eq!(open, [(a, b), (next(a), next(b))]);
    assert_eq!((path(&mut office), office.sim.relay.asked.len()), (Path::Direct, 0));
    office.hang_up("203");
    office.until_over("201");
    office.assert_nothing_left();
}

/// The other reasons of the table: another family of addresses, and a private address before a public carrier.
#[test]
fn r93_addresses_that_cannot_meet_go_over_the_relay() {
    let mut office = Office::changed(13, &[("", RELAY)]);
    let id = office.phone("201");
    office.sim.phone(id).config.media = "[fd00::1]:4000".parse().expect("an address");
    office.call("201", "203");
    office.until_talks("203");
    office.sim.run_ms(1_000);
    assert_eq!(path(&mut office), Path::Anchored(Why::AddressFamily));
    assert_eq!(sends_to(&office, "203").map(|to| to.ip()), Some(office.sim.relay.address));
    let asked = office.sim.relay.asked.first().expect("it was asked");
    assert!(asked.places.addresses().all(|own| own.is_ipv6()) && asked.to.is_ipv4());
    office.hang_up("203");
    office.until_over("201");
    office.assert_nothing_left();

    let mut office = Office::changed(14, &[("", RELAY)]);
    let (id, public) = (office.carrier, "9.9.9.9:5060".parse().expect("an address"));
    office.sim.phone(id).config.address = public;
    assert!(office.sim.exchange(0).set_trunk_address(0, public));
    office.call("201", "95551234");
    office.until_talks("201");
    assert_eq!(path(&mut office), Path::Anchored(Why::PrivateAddress));
    office.hang_up("201");
    office.assert_nothing_left();
}

#[test]
fn r93_what_cannot_meet_is_refused_and_says_why() {
    let refusals = [("none", RELAY, "media.no-path"), ("anchored", "", "media.no-relay")];
    for (path, media, why) in refusals {
        let mut office = office_of(3, path, media);
        let refused = office.refused("201", "202");
        assert_eq!(refused, (488, format!("Q.850;cause=88;text=\"{why}\"")));
        assert_eq!(office.sim.relay.asked.len(), 0);
        office.assert_nothing_left();
    }
}

/// Law 4: help is called whatever is said of media.
#[test]
fn emergency_calls_are_never_asked_which_way() {
    let mut office = office_of(4, "none", "");
    let id = office.carrier;
    office.sim.phone(id).config.behaviour = Behaviour::Answer { after_ms: 100 };
    office.call("202", "911");
    office.until_talks("202");
    assert_eq!(path(&mut office), Path::Direct);
    office.hang_up("202");
    office.assert_nothing_left();
}

#[test]
fn a_dead_relay_is_said_and_the_next_call_finds_it_again() {
    let mut office = anchored(5);
    office.sim.relay.alive = false;
    assert_eq!(office.refused("201", "202"), (488, "Q.850;cause=88;text=\"media.relay\"".into()));
    office.assert_nothing_left();
    office.sim.relay.alive = true;
    office.sim.events.clear();
    office.call("201", "202");
    office.until_talks("202");
    // It dies between the offer and the answer: the called party is thanked and cleared.
    end(&mut office);
    office.behaves("202", Behaviour::Answer { after_ms: 2_000 });
    office.sim.events.clear();
    office.call("201", "202");
    office.sim.run_ms(1_000);
    office.sim.relay.alive = false;
    office.until_over("201");
    let told = office.sim.told(office.phone("201"));
    assert!(
        told.contains(&PhoneEvent::Ended {
            status: 488,
            reason: "Q.850;cause=88;text=\"media.relay\"".into()
        })
    );
    office.assert_nothing_left();
}

#[test]
fn late_offers_and_early_media_go_over_the_relay() {
    for (late, early) in [(true, false), (false, true), (true, true)] {
        let mut office = anchored(6);
        let (a, b) = (office.phone("201"), office.phone("202"));
        office.sim.phone(a).config.late_offer = late;
        office.sim.phone(b).config.early_media = early;
        office.sim.keep_sent = true;
        office.call("201", "202");
        office.until_talks("202");
        office.sim.run_ms(1_000);
        assert_anchored(&mut office);
        let relay = office.sim.relay.address;
        let early_body = office.sim.sent.iter().find_map(|datagram| {
            let text = String::from_utf8_lossy(&datagram.bytes);
            let to_caller = datagram.to == office::phone_address(0) && text.starts_with("SIP/2.0 183");
            to_caller.then(|| Described::read(text.split("\r\n\r\n").nth(1).unwrap_or("").as_bytes()).places)
        });
        if early && !late {
            let place = early_body.expect("183 went through").get(0).expect("with a description");
            assert_eq!(place.rtp.ip(), relay);
        }
        end(&mut office);
    }
}

#[test]
fn hold_and_another_address_go_over_the_relay() {
    let mut office = talking(7);
    ask(&mut office, "202", Ask::Hold);
    assert_anchored(&mut office);
    ask(&mut office, "202", Ask::Resume);
    assert_anchored(&mut office);
    // The phone moves, and says so.
    let id = office.phone("201");
    office.sim.phone(id).config.media = SocketAddr::from(([10, 0, 1, 77], 7_000));
    ask(&mut office, "201", Ask::Same);
    assert_anchored(&mut office);
    ask(&mut office, "201", Ask::Offer);
    assert_anchored(&mut office);
    end(&mut office);
}

/// RFC 3261 section 14.1: what is refused leaves the session as it was, at the relay too.
#[test]
fn a_refused_change_is_undone_at_the_relay() {
    let mut office = talking(8);
    let open: Vec<_> = office.sim.pinholes.iter().copied().collect();
    let (a, b) = (office.phone("201"), office.phone("202"));
    let before = office.sim.phone(a).config.media;
    office.sim.phone(b).config.refuse_changes = Some(488);
    office.sim.phone(a).config.media = SocketAddr::from(([10, 0, 1, 77], 7_000));
    ask(&mut office, "201", Ask::Same);
    let session = office.sim.relay.sessions().next().expect("a call").clone();
    let place = session.sides[0].and_then(|places| places.get(0)).map(|place| place.rtp);
    assert_eq!(place, Some(before));
    assert_eq!(office.sim.pinholes.iter().copied().collect::<Vec<_>>(), open);
    // Now it may: the relay is asked anew.
    office.sim.phone(b).config.refuse_changes = None;
    ask(&mut office, "201", Ask::Same);
    assert_anchored(&mut office);
    end(&mut office);
}

/// The relay dies while a change waits for it: the change is refused, the session stays.
#[test]
fn a_change_that_the_relay_does_not_take_is_refused() {
    let mut office = talking(9);
    let open = office.sim.pinholes.iter().count();
    let id = office.phone("201");
    office.sim.phone(id).config.media = SocketAddr::from(([10, 0, 1, 77], 7_000));
    office.sim.relay.alive = false;
    ask(&mut office, "201", Ask::Same);
    office.sim.run_ms(2_000);
    let refused = |event: &PhoneEvent| matches!(event, PhoneEvent::Answered { status: 488, .. });
    assert!(office.sim.told(office.phone("201")).iter().any(refused), "{}", office.sim.ladder.render());
    assert_eq!((office.sim.exchange(0).calls_in_use(), office.sim.pinholes.iter().count()), (1, open));
    end(&mut office);
}

/// Whoever gives up while the relay is asked leaves nothing, at any moment of it.
#[test]
fn hanging_up_while_the_relay_is_asked_leaves_nothing() {
    for late in [false, true] {
        for after_ms in (0..2_400).step_by(7) {
            let mut office = anchored(10);
            office.sim.relay.delay_ms = 100;
            let id = office.phone("201");
            office.sim.phone(id).config.late_offer = late;
            office.behaves("202", Behaviour::Answer { after_ms: 500 });
            office.call("201", "202");
            office.sim.run_ms(after_ms);
            office.hang_up(if after_ms % 2 == 0 { "201" } else { "202" });
            office.sim.run_ms(1_000);
            office.hang_up("201");
            office.hang_up("202");
            office.assert_nothing_left();
        }
    }
}

/// A gateway that keeps no datagrams is served by their senders' repetitions.
#[test]
fn what_is_not_kept_comes_again() {
    let mut office = anchored(11);
    office.sim.relay.keeps = false;
    office.call("201", "202");
    office.until_talks("202");
    office.sim.run_ms(2_000);
    assert_anchored(&mut office);
    for (dn, what) in [("202", Ask::Hold), ("201", Ask::Offer), ("202", Ask::Resume)] {
        ask(&mut office, dn, what);
        office.sim.run_ms(4_000);
        assert_anchored(&mut office);
    }
    end(&mut office);
}

/// Ten thousand calls with every kind of trouble: no pinhole and nothing at the relay is left of any of them.
#[test]
fn no_pinhole_is_left_of_ten_thousand_calls() {
    let total = 10_000;
    let mut opened = 0;
    let mut office = anchored(12);
    office.sim.ladder.clear();
    let mut dice = Dice::new(12);
    let mut calls = 0;
    while calls < total {
        let bad = dice.below(150);
        office.sim.network = strowger_testkit::sim::Network::bad(bad);
        office.sim.relay.alive = !dice.chance(50);
        office.sim.relay.delay_ms = dice.below(300);
        office.sim.relay.keeps = dice.chance(800);
        for dn in ["201", "202", "203"] {
            let id = office.phone(dn);
            let config = &mut office.sim.phone(id).config;
            config.late_offer = dice.chance(200);
            config.early_media = dice.chance(300);
            config.withhold_ack = dice.chance(20);
            config.refuse_changes = dice.chance(200).then_some(488);
            config.updates = dice.chance(300);
            config.reliable = dice.chance(500);
            let asks = ["", "Supported: 100rel\r\n", "Require: 100rel\r\n"];
            // A caller that requires them and does not acknowledge them is refused.
            asks[usize::try_from(dice.below(3)).expect("three")].clone_into(&mut config.asks);
            let family = if dice.chance(100) { "[fd00::9]:0" } else { "10.0.1.9:0" };
            config.media = family.parse().expect("an address");
            config.media.set_port(10_000 + u16::try_from(dice.below(20_000)).expect("small") * 2);
            config.behaviour = match dice.below(12) {
                0 => Behaviour::Ring,
                1 => Behaviour::Busy,
                2 => Behaviour::Silent,
                _ => Behaviour::Answer { after_ms: dice.below(600) },
            };
        }
        let pairs = [("201", "202"), ("202", "201"), ("203", "202"), ("201", "203")];
        let (from, to) = pairs[usize::try_from(dice.below(4)).expect("four")];
        office.call(from, to);
        calls += 1;
        for _ in 0..1 + dice.below(5) {
            let pause = dice.below(1_500);
            office.sim.run_ms(pause);
            let who = if dice.chance(500) { from } else { to };
            match dice.below(8) {
                0 => office.hang_up(who),
                1 => office.behaves(who, Behaviour::Silent),
                2..=5 => {
                    let what = [Ask::Hold, Ask::Resume, Ask::Same, Ask::Offer];
                    let what = what[usize::try_from(dice.below(4)).expect("four")];
                    office.ask(who, what);
                }
                6 => office.lose_relay(),
                _ => {}
            }
        }
        opened = office.sim.pinholes.opened;
        if calls % 4 == 0 {
            office.sim.network = strowger_testkit::sim::Network::GOOD;
            for dn in ["201", "202", "203"] {
                office.behaves(dn, Behaviour::Busy);
                // Each hangs up whatever it is in.
                (0..8).for_each(|_| office.hang_up(dn));
            }
            office.sim.run_ms(2_000);
        }
        if calls % 100 == 0 {
            office.assert_nothing_left();
            office.sim.ladder.clear();
            office.sim.events.clear();
            office.sim.records.clear();
            office.sim.decisions.clear();
            office.register();
        }
    }
    assert!(opened > 2 * total, "only {opened} pinholes were opened");
    println!("{total} calls, {opened} pinholes opened, none left");
}
