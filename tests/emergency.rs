//! The emergency block: found in a damaged image, given alone to an exchange without a policy, and nothing else in it
//! (laws 3 and 4). Every octet of an image is damaged in turn.

use crate::office;

use std::net::SocketAddr;
use strowger::base::{Instant, Soft, WallTime};
use strowger::exchange::{NotTaken, Output, Signal, Taken};
use strowger::policy::{BadImage, Image, Keyring, Party, Rule};
use strowger_testkit::phone::{Behaviour, PhoneConfig, PhoneEvent};
use strowger_testkit::sim::{Sim, Sizes, build_empty};

fn soft() -> Soft {
    Soft::new(&[7; 32])
}

/// The office, with somebody whose place is known.
fn image() -> &'static [u8] {
    let text = include_str!("office/policy.toml").replace(
        "public_number = \"6135550120\"",
        "public_number = \"6135550120\"\ncesid = \"6135550121\"\nlocation = \"Reception desk\"\nzone = \"annex\"",
    ) + "\n[[zone]]\nname = \"annex\"\nlocation = \"Annex\"\nsubnets = [\"10.0.1.128/25\"]\nemergency = { route = 10 }\n";
    let compiled = strowger_tools::compile_str(&text, "office.toml").unwrap_or_else(|findings| {
        panic!("{}", findings.iter().map(|finding| format!("{finding}\n")).collect::<String>())
    });
    Vec::leak(compiled.image)
}

/// Where the block stands in an image.
fn block(image: &[u8]) -> std::ops::Range<usize> {
    let at = image.windows(4).position(|four| four == b"STWE").expect("an image has a block");
    let length = u32::from_le_bytes(image[at + 8..at + 12].try_into().expect("four octets"));
    at..at + length as usize
}

#[test]
fn the_block_has_emergency_calls_and_where_callers_are_and_nothing_else() {
    let bytes = image();
    let whole = Image::load(bytes, &mut soft()).expect("a good image");
    let block = Image::emergency(bytes, &mut soft()).expect("it has a block");
    assert!(block.is_block() && !whole.is_block());
    assert_eq!(block.devices().len(), 1, "only who is somewhere else than everybody");
    assert_eq!(block.trunks().len(), 2);
    assert_eq!(block.ars().len(), 2);
    for number in ["911", "9911", "9115550123"] {
        let attempt = |party| strowger::policy::Attempt::new(party, number.as_bytes());
        let decided = strowger::policy::decide(&block, &attempt(Party::Unknown), |_| true, &mut ());
        let strowger::policy::Verdict::Allow(choice) = decided else { panic!("{number}: {decided:?}") };
        assert_eq!(
            (choice.rule, choice.outpulsed.as_str(), choice.to),
            (Rule::Emergency, "911", Party::Trunk(0))
        );
        let device = block.device_by_dn(b"201").expect("the receptionist");
        let decided = strowger::policy::decide(&block, &attempt(Party::Device(device)), |_| true, &mut ());
        let strowger::policy::Verdict::Allow(choice) = decided else { panic!("{number}: {decided:?}") };
        let trunk = block
            .trunks()
            .get(match choice.to {
                Party::Trunk(row) => row.into(),
                _ => 9,
            })
            .unwrap();
        assert_eq!(block.text(trunk.name), "other", "the zone's own way");
        assert_eq!(
            strowger::policy::emergency::callback(&block, Party::Device(device)).as_str(),
            "6135550121"
        );
        assert_eq!(strowger::policy::emergency::location(&block, Party::Device(device), 0), "Reception desk");
        assert_eq!(strowger::policy::emergency::location(&block, Party::Unknown, 1), "Annex");
    }
    for number in ["201", "95550123", "202", "1"] {
        let attempt = strowger::policy::Attempt::new(Party::Unknown, number.as_bytes());
        let decided = strowger::policy::decide(&block, &attempt, |_| true, &mut ());
        assert!(matches!(decided, strowger::policy::Verdict::Deny(_)), "{number}");
    }
    assert!(Image::load(&bytes[self::block(bytes)], &mut soft()).is_err(), "a block is no policy");
}

#[test]
fn whatever_is_damaged_the_image_is_refused_and_the_block_is_found_unless_it_is_hit_itself() {
    let good = image();
    let place = block(good);
    for at in 0..good.len() {
        let mut bad = good.to_vec();
        bad[at] ^= 1 << (at % 8);
        assert!(Image::load(&bad, &mut soft()).is_err(), "octet {at}");
        let found = Image::emergency(&bad, &mut soft());
        assert_eq!(found.is_ok(), !place.contains(&at), "octet {at}: {:?}", found.err());
    }
    // Cut off behind the block, in front of it, or everything else zero.
    assert!(Image::emergency(&good[..place.end], &mut soft()).is_ok());
    assert!(Image::emergency(&good[place.start..], &mut soft()).is_ok());
    assert!(Image::emergency(&good[..place.end - 1], &mut soft()).is_err());
    let mut zeros = vec![0; good.len()];
    zeros[place.clone()].copy_from_slice(&good[place]);
    assert!(Image::emergency(&zeros, &mut soft()).is_ok());
    assert_eq!(Image::emergency(&[], &mut soft()).err(), Some(BadImage::NotAnImage));
    // What only looks like blocks costs a bounded number of looks.
    assert!(Image::emergency(&b"STWE".repeat(1000), &mut soft()).is_err());
}

/// Law 4: who answers help's number has the call, and can call back, whatever comes of its media (R93).
#[test]
fn help_is_not_cleared_for_its_codecs() {
    let mut office = office::Office::registered(1);
    let answer =
        "v=0\r\no=- 1 1 IN IP4 10.0.9.1\r\ns=-\r\nc=IN IP4 10.0.9.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 9\r\n";
    for id in [office.carrier, office.other] {
        office.sim.phone(id).config.sdp = Some(answer.into());
    }
    let (_, reason) = office.refused("201", "95551234");
    assert_eq!(reason, "Q.850;cause=88;text=\"media.no-codec\"");
    office.call("201", "911");
    office.until_talks("201");
    office.hang_up("201");
    office.until_over("201");
    office.assert_nothing_left();
}

#[test]
fn without_a_policy_help_is_found_by_the_block_and_nothing_else_by_anybody() {
    let server = office::exchange_address();
    let mut exchange = build_empty(&Sizes::for_calls(7, 2, 4), server, soft());
    let bytes = image();
    let block = Image::emergency(bytes, &mut soft()).unwrap();
    exchange.load_emergency(block).expect("nothing is in force yet");
    assert_eq!(exchange.load_emergency(block), Err(NotTaken::Busy));
    exchange.set_wall(Instant(0), WallTime { unix_s: 1_795_410_000, offset_min: 0 });
    let carriers: [SocketAddr; 2] = [([10, 0, 9, 1], 5060).into(), ([10, 0, 9, 2], 5060).into()];
    for (trunk, address) in (0u16..).zip(carriers) {
        assert!(exchange.set_trunk_address(trunk, address));
    }
    let mut sim = Sim::new(1);
    sim.add_exchange("exchange", server, exchange);
    let phone = sim.add_phone("201", PhoneConfig::new("201", "whatever", office::phone_address(0), server));
    for (name, address) in ["carrier", "other"].into_iter().zip(carriers) {
        let mut config = PhoneConfig::new(name, "", address, server);
        config.trunk = true;
        config.behaviour = Behaviour::Answer { after_ms: 500 };
        sim.add_phone(name, config);
    }
    sim.with(phone, |phone, now| phone.register(now, 600));
    assert!(sim.run_until_event(5_000, phone, |event| *event == PhoneEvent::RegisterFailed(503)));
    sim.with(phone, |phone, now| phone.call(now, "202"));
    assert!(
        sim.run_until_event(5_000, phone, |event| matches!(event, PhoneEvent::Ended { status: 503, .. }))
    );
    sim.with(phone, |phone, now| phone.call(now, "911"));
    assert!(sim.run_until_event(5_000, phone, |event| matches!(event, PhoneEvent::Connected { .. })));
    let notice = sim.outputs.iter().find_map(|(_, output)| match output {
        Output::Emergency(notice) => Some(*notice),
        _ => None,
    });
    assert_eq!(notice.expect("told").callback.as_str(), "6135550121", "the number that it says it is");
    // By neutral signals the refusal has its rule.
    let now = sim.now;
    let setup = Signal::Setup { from: Party::Unknown, dialed: b"202" };
    let Ok(Taken::Denied(decision)) = sim.exchange(0).signal(now, &setup) else { panic!("placed") };
    assert_eq!(decision.denial().map(|denial| denial.rule), Some(Rule::PolicyNone));
    // A policy takes the block's place as soon as no call is up.
    let compiled = office::policy();
    let whole = Image::load(&compiled.0, &mut soft()).unwrap();
    let keyring = Keyring::load(&compiled.1, &whole, &mut soft()).unwrap();
    assert_eq!(sim.exchange(0).load(whole, keyring), Err(NotTaken::Busy));
    sim.with(phone, |phone, now| phone.hang_up(now));
    sim.run_ms(40_000);
    assert_eq!(sim.exchange(0).load(whole, keyring), Ok(()));
    assert_eq!(sim.exchange(0).load(whole, keyring), Err(NotTaken::Busy));
}

/// The call itself takes the last free channel of the way that fails: that must not put the other way behind it.
#[test]
fn r66_every_way_is_tried_once_whatever_the_call_itself_takes() {
    let mut office = office::Office::registered(9);
    office.call("202", "95551234");
    office.until_talks("202");
    let carrier = office.carrier;
    office.sim.phone(carrier).config.behaviour = Behaviour::Busy;
    office.call("201", "911");
    office.until_talks("201");
    let other = office.other;
    assert_eq!(office.sim.phone(other).calls_up(), 1, "{}", office.sim.ladder.render());
    office.hang_up("201");
    office.hang_up("202");
    office.assert_nothing_left();
}
