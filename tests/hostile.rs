//! An exchange among enemies: random, broken and huge datagrams, orders nobody meant, tables run full. It never stops, it
//! forgets nothing, and who is registered can still call.
//!
//! `STROWGER_DATAGRAMS` sets the number of mutated datagrams, `STROWGER_SEED` where they begin.

use crate::damage;
use crate::office;

use damage::{mutated, pick, recorded, setting};
use office::{Office, SIZES, exchange_address, phone_address};
use std::net::SocketAddr;
use strowger::exchange::{MAX_DATAGRAM, Received};
use strowger_testkit::corpus;
use strowger_testkit::phone::{Ask, Behaviour};
use strowger_testkit::sim::{Dice, Network, Sizes};

/// Files of the shared corpus that are or contain SIP.
fn from_corpus() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for folder in ["sip-messages", "sip-torture", "attacks", "headers", "digest", "sdp"] {
        let Some(folder) = corpus::shared(&format!("corpus/{folder}")) else { continue };
        let mut todo = vec![folder];
        while let Some(folder) = todo.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    todo.push(path);
                } else if let Ok(bytes) = std::fs::read(&path) {
                    found.push(bytes);
                }
            }
        }
    }
    found.sort();
    found
}

fn somebody(dice: &mut Dice) -> SocketAddr {
    match dice.below(4) {
        0 => phone_address(dice.below(7) as usize),
        1 => SocketAddr::from(([10, 0, 9, 1], 5060)),
        _ => SocketAddr::from(([10, 6, 6, dice.below(256) as u8], 1_024 + dice.below(60_000) as u16)),
    }
}

/// The exchange is well: 201 calls 202, both talk, both hang up, and nothing is left.
fn assert_well(office: &mut Office) {
    office.sim.network = Network::GOOD;
    office.sim.ladder.clear();
    office.sim.run_ms(60_000);
    office.call("201", "202");
    office.until_talks("202");
    office.hang_up("201");
    office.until_over("202");
    office.assert_nothing_left();
}

#[test]
fn mutated_datagrams() {
    let mut dice = Dice::new(setting("STROWGER_SEED", 1));
    let recorded = recorded();
    assert!(recorded.len() > 30, "the recording has all kinds: {}", recorded.len());
    let corpus: Vec<_> = from_corpus().into_iter().filter(|bytes| bytes.len() < 3_000).take(1_500).collect();
    // What is going on now: dialogs that are up, nonces in use.
    let mut live = recorded.clone();
    // Enough for what is broken not to keep out what is whole.
    let mut office = Office::registered_sized(2, &Sizes { transactions: 120, ..SIZES });
    office.sim.keep_sent = true;
    let count = setting("STROWGER_DATAGRAMS", 50_000);
    let before = office.sim.exchange(0).statistics().received;
    let mut by_phones = 0;
    let numbers = ["201", "202", "204", "299", "95551234", "911"];
    for n in 0..count {
        let seeds = match dice.below(10) {
            0 if !corpus.is_empty() => &corpus,
            0..=3 => &recorded,
            _ => &live,
        };
        let bytes = match dice.below(20) {
            0 => (0..dice.below(600)).map(|_| dice.roll() as u8).collect(),
            1 => pick(&mut dice, seeds).to_vec(),
            _ => mutated(&mut dice, seeds),
        };
        let from = somebody(&mut dice);
        office.sim.inject(from, exchange_address(), &bytes);
        if dice.chance(500) {
            let received = office.sim.exchange(0).statistics().received;
            office.sim.run_ms(dice.below(20));
            by_phones += office.sim.exchange(0).statistics().received - received;
        }
        if n % 100 == 0 {
            let id = office.phones[dice.below(6) as usize];
            let number = numbers[dice.below(6) as usize];
            let calls = dice.chance(600);
            office
                .sim
                .with(id, |phone, now| if calls { phone.call(now, number) } else { phone.hang_up(now) });
            let heard = office.sim.sent.drain(..).filter(|datagram| datagram.to == exchange_address());
            live.extend(heard.map(|datagram| datagram.bytes));
            live.drain(..live.len().saturating_sub(80));
            office.sim.ladder.clear();
            office.sim.events.clear();
        }
    }
    let received = office.sim.exchange(0).statistics().received;
    for _ in 0..10 {
        for id in office.phones.clone() {
            office.sim.with(id, |phone, now| phone.hang_up(now));
        }
        office.sim.run_ms(1_000);
    }
    by_phones += office.sim.exchange(0).statistics().received - received;
    let counted = office.sim.exchange(0).statistics();
    println!("{counted:?}");
    assert_eq!(counted.received, before + count + by_phones, "every datagram is counted");
    assert!(counted.malformed + counted.dropped + counted.congested <= counted.received);
    assert!(counted.malformed > count / 10, "the mutations were not all harmless");
    assert!(counted.permitted > 0 && counted.challenged > count / 100, "nor all broken");
    assert_well(&mut office);
}

#[test]
fn huge_datagrams() {
    let seeds = recorded();
    let mut office = Office::registered(3);
    office.sim.keep_sent = true;
    let mut answered = 0;
    for seed in &seeds {
        for size in [MAX_DATAGRAM - 1, MAX_DATAGRAM, MAX_DATAGRAM + 1, 30_000, 65_507, 65_535, 70_000] {
            let room = size.saturating_sub(seed.len());
            // In the body, in one header, in very many headers.
            let mut body = seed.clone();
            body.resize(size, b'a');
            let header = |line: &str| {
                let text = String::from_utf8_lossy(seed).into_owned();
                let (start, rest) = text.split_once("\r\n").unwrap_or((&text, ""));
                format!("{start}\r\n{line}{rest}").into_bytes()
            };
            let one = header(&format!("Subject: {}\r\n", "a".repeat(room)));
            let many = header(&"X: a\r\n".repeat(room / 6));
            let user =
                String::from_utf8_lossy(seed).replacen("sip:", &format!("sip:{}", "9".repeat(room)), 1);
            for bytes in [body, one, many, user.into_bytes()] {
                let sent = office.sim.sent.len();
                office.sim.inject(phone_address(0), exchange_address(), &bytes);
                answered += office.sim.sent.len() - sent;
                office.sim.run_ms(5);
            }
        }
        office.sim.ladder.clear();
    }
    println!("{} huge datagrams, {answered} answers", seeds.len() * 28);
    assert!(
        office.sim.sent.iter().all(|datagram| datagram.bytes.len() <= MAX_DATAGRAM + 1_024),
        "nothing grows"
    );
    assert_well(&mut office);
}

/// What a user may do to his phone, in any order and on any network.
fn anything(seed: u64) {
    let mut dice = Dice::new(seed);
    let mut office = Office::registered(seed);
    office.sim.network = Network::bad(dice.below(200));
    let numbers = ["201", "202", "203", "204", "205", "206", "207", "299", "20", "95551234", "911", "9911"];
    let everybody: Vec<_> = office.phones.iter().copied().chain([office.carrier, office.other]).collect();
    for _ in 0..80 {
        let id = everybody[dice.below(everybody.len() as u64) as usize];
        let number = numbers[dice.below(12) as usize];
        let (what, status) = (dice.below(15), 300 + dice.below(400) as u16);
        let behaviour = match dice.below(5) {
            0 => Behaviour::Answer { after_ms: dice.below(4_000) },
            1 => Behaviour::Ring,
            2 => Behaviour::Busy,
            3 => Behaviour::Reject(status),
            _ => Behaviour::Silent,
        };
        let late = dice.chance(200);
        office.sim.with(id, |phone, now| match what {
            0..=4 => {
                phone.config.late_offer = late;
                phone.call(now, number);
            }
            5 => phone.answer(now),
            6 | 7 => phone.hang_up(now),
            8 => phone.cancel(now),
            9 => phone.reinvite(now, Ask::Same),
            10 => phone.register(now, 600),
            11 => phone.register(now, 0),
            12 => phone.options(now),
            13 => phone.config.behaviour = behaviour,
            _ => phone.config.withhold_ack = late,
        });
        office.sim.run_ms(dice.below(1_500));
    }
    for _ in 0..4 {
        for id in &everybody {
            for _ in 0..20 {
                office.sim.with(*id, |phone, now| {
                    phone.config.behaviour = Behaviour::Busy;
                    phone.hang_up(now);
                });
            }
        }
        office.sim.run_ms(40_000);
    }
    let live: usize = everybody.iter().map(|id| office.sim.phone(*id).live_calls()).sum();
    assert_eq!(live, 0, "seed {seed}: calls that no phone can end\n{}", office.sim.ladder.render());
    office.assert_nothing_left();
}

#[test]
fn users_do_anything_in_any_order() {
    let first = setting("STROWGER_SEED", 1);
    let failed: Vec<u64> =
        (first..first + 150).filter(|seed| std::panic::catch_unwind(|| anything(*seed)).is_err()).collect();
    assert!(failed.is_empty(), "seeds {failed:?}");
}

#[test]
fn a_flood_of_emergency_calls_leaves_nothing_behind() {
    // Few pages: the texts run out before the calls do.
    for pages in [60, 80, 100, 140, 200] {
        let mut office = Office::registered_sized(4, &Sizes { pages, ..Sizes::for_calls(7, 2, 12) });
        for id in [office.carrier, office.other] {
            office.sim.phone(id).config.behaviour = Behaviour::Ring;
        }
        for _ in 0..6 {
            for dn in ["201", "202", "203", "204", "205", "206"] {
                office.call(dn, "911");
                office.sim.run_ms(7);
            }
        }
        office.sim.run_ms(400_000);
        for _ in 0..6 {
            for dn in ["201", "202", "203", "204", "205", "206"] {
                office.hang_up(dn);
            }
        }
        office.assert_nothing_left();
    }
}

#[test]
fn calls_that_fail_together_leave_nothing_behind() {
    // Forty calls ring out in the same moment, with hardly more pages than it takes to set them up.
    for pages in (300..=900).step_by(50) {
        let sizes = Sizes { pages, reserved_calls: 0, ..Sizes::for_calls(7, 2, 40) };
        let mut office = Office::registered_sized(5, &sizes);
        for dn in ["202", "204", "205"] {
            office.behaves(dn, Behaviour::Ring);
        }
        for _ in 0..13 {
            for (a, b) in [("201", "202"), ("203", "204"), ("201", "205")] {
                office.call(a, b);
            }
        }
        office.sim.run_ms(1_000);
        let ringing = (office.sim.exchange(0).calls_in_use(), office.sim.exchange(0).pages());
        office.sim.run_ms(200_000);
        println!("{ringing:?}: {:?}", office.sim.exchange(0).statistics());
        office.assert_nothing_left();
    }
}

#[test]
fn calls_ring_out_when_hardly_any_page_is_left() {
    let mut least = usize::MAX;
    for pages in (600..=1_400).step_by(20) {
        let sizes = Sizes { pages, reserved_calls: 0, transactions: 400, ..Sizes::for_calls(7, 2, 100) };
        let mut office = Office::registered_sized(7, &sizes);
        for dn in ["202", "204", "205"] {
            office.behaves(dn, Behaviour::Ring);
        }
        for _ in 0..40 {
            office.call("201", "202");
        }
        office.sim.run_ms(30_000);
        // Further calls, whose early media fills what is left.
        office.sim.keep_sent = true;
        for _ in 0..40 {
            office.call("203", "204");
        }
        office.sim.run_ms(1_000);
        let ringing: Vec<_> = office
            .sim
            .sent
            .iter()
            .filter(|one| one.bytes.starts_with(b"SIP/2.0 180") && one.to == exchange_address())
            .cloned()
            .collect();
        for one in ringing {
            let body = format!(
                "{}a=x:{}\r\n",
                String::from_utf8_lossy(&office.sim.phone(office.phones[3]).sdp()),
                "y".repeat(1_300)
            );
            let early =
                String::from_utf8_lossy(&one.bytes).replace("180 Ringing", "183 Session Progress").replace(
                    "Content-Length: 0\r\n\r\n",
                    &format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
                );
            office.sim.inject(one.from, one.to, early.as_bytes());
        }
        least = least.min(office.sim.exchange(0).pages().0);
        office.sim.run_ms(200_000);
        office.assert_nothing_left();
    }
    println!("{least} pages were left before the calls rang out");
}

#[test]
#[ignore = "one call's pages do not even take a REGISTER: see receive.rs, `step`"]
fn the_smallest_exchange_takes_a_usual_call() {
    // `Resources<7, 2, 1>` has the pages of one call.
    let sizes = Sizes {
        pages: strowger::exchange::PAGES_A_CALL,
        transactions: 4,
        reserved_calls: 0,
        ..Sizes::for_calls(7, 2, 1)
    };
    let mut office = Office::sized(6, &sizes);
    for dn in ["201", "202"] {
        let id = office.phone(dn);
        office.sim.with(id, |phone, now| phone.register(now, 600));
        office.sim.run_ms(2_000);
        assert_ne!(office.sim.phone(id).registered_s(), 0, "{:?}", office.sim.exchange(0).statistics());
    }
    office.call("201", "202");
    office.until_talks("202");
}

#[test]
fn nothing_is_taken_before_it_is_drained() {
    use strowger::base::{Full, Instant};
    let (image, keyring) = office::policy();
    let mut exchange = strowger_testkit::sim::build_exchange(image, keyring, &SIZES, exchange_address(), 1);
    let register = recorded().into_iter().find(|bytes| bytes.starts_with(b"INVITE")).expect("one of them");
    let from = phone_address(0);
    let mut taken = 0;
    while exchange.receive(Instant(1), from, &register).is_ok() {
        taken += 1;
        assert!(taken < 1_000);
    }
    let before = (exchange.statistics(), exchange.pages());
    assert_eq!(exchange.receive(Instant(1), from, &register), Err(Full));
    assert_eq!(exchange.tick(Instant(1)), Err(Full));
    assert_eq!((exchange.statistics(), exchange.pages()), before, "and nothing has changed");
    let mut buffer = [0; 9_000];
    assert!(exchange.poll(&mut [0; 10]).is_err(), "too small a buffer loses nothing");
    let mut polled = 0;
    while exchange.poll(&mut buffer).expect("large enough").is_some() {
        polled += 1;
    }
    assert!(polled >= taken);
    assert_eq!(exchange.receive(Instant(1), from, &register), Ok(Received::Done));
}

#[test]
fn strangers_who_flood_with_emergency_calls_do_not_stop_what_is_up() {
    let mut office = Office::registered(8);
    office.call("201", "202");
    office.until_talks("202");
    let us = exchange_address();
    for n in 0..2_000 {
        let from = SocketAddr::from(([10, 6, 6, 6], 1_024 + n));
        let invite = format!(
            "INVITE sip:911@{us} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{n}\r\nMax-Forwards: 70\r\nFrom: <sip:x@{us}>;tag={n}\r\nTo: <sip:911@{us}>\r\nCall-ID: {n}\r\nCSeq: 1 INVITE\r\nContact: <sip:x@{from}>\r\nContent-Length: 0\r\n\r\n"
        );
        office.sim.inject(from, us, invite.as_bytes());
        if n % 4 == 0 {
            office.sim.run_ms(10);
        }
    }
    office.hang_up("201");
    let begun = office.sim.now;
    office.until_over("202");
    assert!(office.sim.now.since_ms(begun) < 1_000, "{:?}", office.sim.exchange(0).statistics());
    office.sim.ladder.clear();
    office.assert_nothing_left();
}
