//! Datagrams as phones really send them, and what becomes of them on their way.

#![allow(dead_code, reason = "each test program uses a part of it")]

use crate::office::{Office, exchange_address};
use strowger_testkit::phone::{Ask, Behaviour, Register};
use strowger_testkit::sim::Dice;

/// A budget or a seed from the environment.
pub(crate) fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Datagrams to an exchange as they were really sent, of every kind that phones send.
pub(crate) fn recorded() -> Vec<Vec<u8>> {
    let mut office = Office::registered(1);
    office.sim.keep_sent = true;
    let (id, late) = (office.phone("201"), office.phone("204"));
    office.sim.phone(late).config.late_offer = true;
    for (from, to) in [
        ("201", "202"),
        ("204", "205"),
        ("203", "95551234"),
        ("203", "299"),
        ("205", "911"),
        ("202", "95551234"),
    ] {
        office.call(from, to);
        office.sim.run_ms(3_000);
        office.sim.with(id, |phone, now| phone.reinvite(now, Ask::Same));
        office.sim.run_ms(500);
        office.hang_up(from);
        office.sim.run_ms(500);
    }
    office.behaves("202", Behaviour::Ring);
    office.call("201", "202");
    office.sim.run_ms(500);
    office.hang_up("201");
    office.sim.with(id, |phone, now| phone.options(now));
    office.sim.with(id, |phone, now| {
        phone.register_as(
            now,
            &Register { contact: Some("*".to_owned()), expires_s: Some(0), ..Register::default() },
        )
    });
    office.sim.run_ms(1_000);
    let to_exchange = office.sim.sent.iter().filter(|datagram| datagram.to == exchange_address());
    to_exchange.map(|datagram| datagram.bytes.clone()).collect()
}

pub(crate) fn pick<'a>(dice: &mut Dice, from: &'a [Vec<u8>]) -> &'a [u8] {
    let at = dice.below(from.len() as u64) as usize;
    from.get(at).map_or(&[], Vec::as_slice)
}

/// One to three changes, small and large.
pub(crate) fn mutated(dice: &mut Dice, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = pick(dice, seeds).to_vec();
    for _ in 0..=dice.below(3) {
        if bytes.is_empty() {
            break;
        }
        let at = dice.below(bytes.len() as u64) as usize;
        let end = (at + dice.below(40) as usize + 1).min(bytes.len());
        match dice.below(12) {
            0 => bytes[at] = dice.roll() as u8,
            1 => bytes[at] ^= 1 << dice.below(8),
            2 => drop(bytes.drain(at..end)),
            3 => bytes.truncate(at),
            4 => {
                let piece = bytes[at..end].to_vec();
                for _ in 0..=dice.below(20) {
                    bytes.splice(at..at, piece.iter().copied());
                }
            }
            5 => {
                let other = pick(dice, seeds);
                let from = dice.below(other.len() as u64 + 1) as usize;
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            6 => {
                let interesting: [&[u8]; 12] = [
                    b"\r\n",
                    b"\r\n\r\n",
                    b"\0",
                    b"4294967296",
                    b"-1",
                    b";tag=",
                    b"<sip:",
                    b"\"",
                    b"%00",
                    b",",
                    b"9911",
                    b"\xff\xfe",
                ];
                let piece = interesting[dice.below(12) as usize];
                bytes.splice(at..at, piece.iter().copied());
            }
            7 | 8 => {
                // Two header lines change places, or one is given twice.
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let mut lines: Vec<&str> = text.split("\r\n").collect();
                let (a, b) =
                    (dice.below(lines.len() as u64) as usize, dice.below(lines.len() as u64) as usize);
                if dice.chance(500) {
                    lines.swap(a, b)
                } else {
                    lines.insert(a, lines[b])
                }
                bytes = lines.join("\r\n").into_bytes();
            }
            9 | 10 => {
                // Another number: lengths, ports, counts, expiry.
                if let Some(from) = bytes[at..].iter().position(u8::is_ascii_digit) {
                    bytes[at + from] = b'0' + dice.below(10) as u8;
                }
            }
            _ => {
                // A new transaction with the same contents.
                let text = String::from_utf8_lossy(&bytes).into_owned();
                bytes = text.replace("z9hG4bK", &format!("z9hG4bK{:x}", dice.below(1 << 20))).into_bytes();
            }
        }
    }
    bytes
}
