//! Whatever a party sends within its call, in whatever order: nothing is left of it, and nobody else's call is touched.

use crate::office;

use office::Office;
use strowger_testkit::phone::{Behaviour, PhoneEvent};
use strowger_testkit::sim::{Dice, Sizes};

const SEQUENCES: u64 = 6_000;

/// The lines of the last response that a phone heard of its call, by which requests within it are made.
struct Within {
    from: String,
    to: String,
    call_id: String,
    cseq: u32,
    rseq: u32,
}

fn within(response: &[u8]) -> Option<Within> {
    let text = std::str::from_utf8(response).ok()?;
    let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    let cseq = line("CSeq: ")?;
    let to = line("To: ").filter(|to| to.contains("tag="))?;
    Some(Within {
        from: line("From: ")?,
        to,
        call_id: line("Call-ID: ")?,
        cseq: cseq.split(' ').next()?.parse().ok()?,
        rseq: line("RSeq: ").and_then(|number| number.parse().ok()).unwrap_or(1),
    })
}

fn request(within: &Within, dice: &mut Dice, n: u64, sdp: &str) -> String {
    let (exchange, phone) = (office::exchange_address(), office::phone_address(0));
    let methods =
        ["INVITE", "UPDATE", "PRACK", "INFO", "ACK", "OPTIONS", "CANCEL", "UPDATE", "PRACK", "BYE", "FLY"];
    let method = methods[usize::try_from(dice.below(11)).expect("small")];
    let broken = sdp.replace("m=audio", "\r\nm=audio");
    let keys = sdp.replace("RTP/AVP", "RTP/SAVP");
    let held = sdp.replace("sendrecv", "sendonly");
    let bodies = ["", sdp, &held, &broken, &keys, "v=0\r\n"];
    let body = bodies[usize::try_from(dice.below(6)).expect("small")];
    // An ACK or CANCEL is for the INVITE, as a rule.
    let ahead = if matches!(method, "ACK" | "CANCEL") && dice.chance(800) { 0 } else { dice.below(4) };
    let cseq = u64::from(within.cseq) + ahead;
    let rack = match dice.below(4) {
        0 => String::new(),
        1 => format!("RAck: {} {cseq} INVITE\r\n", within.rseq + 1),
        _ => format!("RAck: {} {} INVITE\r\n", within.rseq, within.cseq),
    };
    let kind = ["application/sdp", "application/dtmf-relay"][usize::from(dice.chance(100))];
    let Within { from, to, call_id, .. } = within;
    format!(
        "{method} sip:{exchange} SIP/2.0\r\nVia: SIP/2.0/UDP {phone};branch=z9hG4bKd{n}\r\nFrom: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\nMax-Forwards: 70\r\nContact: <sip:201@{phone}>\r\n{rack}Supported: timer, 100rel\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn whatever_is_sent_within_a_call_leaves_nothing() {
    let mut office = Office::registered(50);
    let mut dice = Dice::new(50);
    let (a, b) = (office.phone("201"), office.phone("202"));
    let sdp = String::from_utf8(office.sim.phone(a).sdp()).expect("text");
    let (mut sent, mut n) = (0, 0);
    // Another call is up all the time.
    office.behaves("204", Behaviour::Answer { after_ms: 100 });
    office.call("203", "204");
    office.until_talks("204");
    for sequence in 0..SEQUENCES {
        let asks = ["", "Supported: 100rel\r\n", "Require: 100rel\r\n"];
        asks[usize::try_from(dice.below(3)).expect("small")].clone_into(&mut office.sim.phone(a).config.asks);
        for id in [a, b] {
            let config = &mut office.sim.phone(id).config;
            config.reliable = dice.chance(500);
            config.early_media = dice.chance(500);
            config.late_offer = dice.chance(200);
            config.refuse_changes = dice.chance(200).then_some(488);
        }
        office.behaves("202", Behaviour::Answer { after_ms: dice.below(1_500) });
        office.call("201", "202");
        office.sim.run_ms(50);
        for _ in 0..1 + dice.below(8) {
            office.sim.run_ms(dice.below(700));
            let Some(within) = within(office.sim.phone(a).last_response()) else { continue };
            n += 1;
            let text = request(&within, &mut dice, n, &sdp);
            office.sim.inject(office::phone_address(0), office::exchange_address(), text.as_bytes());
            sent += 1;
        }
        office.sim.run_ms(500);
        office.behaves("202", Behaviour::Busy);
        (0..3).for_each(|_| ["201", "202"].iter().for_each(|dn| office.hang_up(dn)));
        // Until every transaction is over: 32 s for the longest chain, twice.
        office.sim.run_ms(70_000);
        assert_eq!(office.sim.exchange(0).calls_in_use(), 1, "{sequence}\n{}", office.sim.ladder.render());
        // The other call is asked by OPTIONS now and then, on both sides.
        let transactions = office.sim.exchange(0).transactions_in_use();
        assert!(transactions <= 2, "{sequence}\n{}", office.sim.ladder.render());
        let c = office.phone("203");
        assert_eq!(office.sim.phone(c).calls_up(), 1, "{sequence}: the other call is gone");
        office.sim.ladder.clear();
        office.sim.events.clear();
        if sequence % 20 == 0 {
            office.register();
        }
    }
    office.hang_up("203");
    office.until_over("204");
    office.assert_nothing_left();
    println!("{SEQUENCES} calls, {sent} requests within them");
    assert!(sent > SEQUENCES);
}

/// However many calls were before: who is told 503 has no call, and who has one can end it, on both sides.
#[test]
fn what_ends_the_calls_that_are_up_is_not_given_to_new_ones() {
    for transactions in 22..=32 {
        let mut office =
            Office::registered_sized(51, &Sizes { transactions, reserved_calls: 0, ..office::SIZES });
        for dn in ["202", "204", "206"] {
            office.behaves(dn, Behaviour::Answer { after_ms: 100 });
        }
        for (dn, number) in [("203", "204"), ("205", "206")] {
            office.call(dn, number);
            office.until_talks(number);
        }
        // No transaction is over before half a minute is.
        let mut ended = 0;
        loop {
            office.call("201", "202");
            office.sim.run_ms(300);
            let id = office.phone("201");
            let told = office.sim.told(id);
            if told.iter().any(|event| matches!(event, PhoneEvent::Ended { status: 503, .. })) {
                break;
            }
            assert_eq!(office.sim.phone(id).calls_up(), 1, "{}", office.sim.ladder.render());
            office.hang_up("201");
            office.sim.run_ms(300);
            ended += 1;
        }
        assert!(ended >= 2, "only {ended} calls with {transactions} transactions");
        office.hang_up("203");
        office.hang_up("206");
        office.sim.run_ms(300);
        for dn in ["202", "203", "204", "205", "206"] {
            let id = office.phone(dn);
            assert_eq!(
                office.sim.phone(id).calls_up(),
                0,
                "{transactions}: {dn}\n{}",
                office.sim.ladder.render()
            );
        }
        office.assert_nothing_left();
    }
}
