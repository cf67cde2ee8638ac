//! The engine's own telephone at the engine's own exchange: it registers, calls and is called, holds, transfers, and asks its own policy first.

use crate::handset;
use crate::office;

use handset::{TRANSFER, act, add, address, assert_nothing_left, dial, over, ringing, talks, until};
use office::{Office, exchange_address, policy_of, records};
use strowger::base::Digit;
use strowger::media::{Codec, Srtp};
use strowger::phone::{Notice, Output, Taken, line::State};
use strowger::policy::{Party, Rule};
use strowger::registration::client::Standing;
use strowger::wire::sdp::Direction;
use strowger_testkit::phone::{Behaviour, PhoneEvent};
use strowger_testkit::sim::{build_terminal, terminal_config};

#[test]
fn it_registers_by_its_line_of_the_keyring_and_stays_registered() {
    let mut office = Office::with(1, &[]);
    let id = add(&mut office, "203", &[]);
    let device = 2;
    assert!(office.sim.exchange(0).is_registered(device));
    office.sim.run_ms(3 * 3_600_000);
    assert!(office.sim.exchange(0).is_registered(device), "it renews before its hour is over");
    let lapsed = office.sim.told_by(id);
    assert!(lapsed.is_empty(), "nothing is worth telling of a renewal: {lapsed:?}");
    act(&mut office, id, |phone, now| phone.unregister(now)).expect("room");
    office.sim.run_ms(1_000);
    assert!(!office.sim.exchange(0).is_registered(device));
    assert_eq!(office.sim.told_by(id), [Output::Standing(Standing::Lapsed)]);
    assert_nothing_left(&mut office, id);
}

#[test]
fn it_calls_and_hangs_up() {
    let mut office = Office::registered(1);
    let id = add(&mut office, "207", &[]);
    let line = talks(&mut office, id, "201");
    let told = office.sim.told_by(id);
    assert_eq!(told, [Output::Ringing(line), Output::Up(line), Output::Sound(line)]);
    let (sound, _) = office.sim.terminal(id).sound(line).expect("they hear each other");
    // The phone of the kit has G.711 and no keys.
    assert_eq!((sound.codec, sound.direction, sound.protected), (Codec::Pcmu, Direction::SendRecv, false));
    let theirs = office.phone("201");
    assert_eq!(sound.to, office.sim.phone(theirs).config.media);
    let heard = office.heard_sdp(theirs);
    let at = office.sim.terminal(id).sound_address(line);
    let expected = format!("m=audio {} RTP/AVP", at.port());
    assert!(String::from_utf8_lossy(&heard).contains(&expected), "{}", String::from_utf8_lossy(&heard));
    act(&mut office, id, |phone, now| phone.hang_up(now, line)).expect("room");
    office.until_over("201");
    assert_eq!(over(&office, id), [(200, None)]);
    assert_eq!(records(&office).len(), 1);
    assert_nothing_left(&mut office, id);
}

#[test]
fn it_is_called_and_answers() {
    let mut office = Office::registered(1);
    let id = add(&mut office, "207", &[]);
    office.call("201", "207");
    until(&mut office, id, |told| matches!(told, Output::Incoming(_)));
    let line = ringing(&office, id).expect("it rings");
    assert_eq!(office.sim.terminal(id).number(line), b"201");
    assert_eq!(office.sim.terminal(id).name(line), b"Reception");
    assert_eq!(act(&mut office, id, |phone, now| phone.answer(now, line)), Ok(Taken::Done));
    office.until_talks("201");
    office.sim.run_ms(500);
    assert_eq!(office.sim.terminal(id).state(line), Some(State::Talking));
    let theirs = office.phone("201");
    let (sound, _) = office.sim.terminal(id).sound(line).expect("they hear each other");
    assert_eq!(sound.to, office.sim.phone(theirs).config.media);
    assert_eq!(act(&mut office, id, |phone, now| phone.answer(now, line)), Ok(Taken::NotNow), "once");
    office.hang_up("201");
    until(&mut office, id, |told| matches!(told, Output::Over { status: 200, .. }));
    assert_nothing_left(&mut office, id);
}

#[test]
fn it_refuses_rings_out_and_is_given_up() {
    let mut office = Office::changed(1, &[("ringing = 60", "ringing = 240")]);
    let id = add(&mut office, "207", &[]);
    office.call("201", "207");
    until(&mut office, id, |told| matches!(told, Output::Incoming(_)));
    let line = ringing(&office, id).expect("it rings");
    act(&mut office, id, |phone, now| phone.hang_up(now, line)).expect("room");
    office.until_over("201");
    let ended = office.sim.told(office.phone("201"));
    assert!(matches!(ended.last(), Some(PhoneEvent::Ended { status: 486, .. })), "{ended:?}");
    // The caller gives up.
    office.call("201", "207");
    until(&mut office, id, |told| matches!(told, Output::Incoming(_)));
    office.hang_up("201");
    until(&mut office, id, |told| matches!(told, Output::Over { status: 487, .. }));
    // Nobody answers, and nobody gives up.
    office.call("201", "207");
    until(&mut office, id, |told| matches!(told, Output::Incoming(_)));
    office.sim.run_ms(181_000);
    assert_eq!(over(&office, id), [(486, None), (487, None), (480, None)]);
    assert_nothing_left(&mut office, id);
}

/// What our own copy of the policy denies is never sent (R85, law 3); the same rule and the same row as the gateway would have told.
#[test]
fn its_own_policy_refuses_before_anything_is_sent() {
    let mut office = Office::registered(1);
    let id = add(&mut office, "203", &[]);
    for (number, rule) in [("95551234", Rule::CorRoute), ("203", Rule::CallSelf), ("7", Rule::NumberVacant)] {
        let sent = office.sim.datagrams;
        let taken = act(&mut office, id, |phone, now| phone.dial(now, number.as_bytes())).expect("room");
        let Taken::Denied(denial) = taken else { panic!("{number}: {taken:?}") };
        assert_eq!((denial.rule, denial.authority.party), (rule, Party::Device(2)), "{number}");
        assert_eq!(office.sim.datagrams, sent, "{number}");
    }
    assert_eq!(office.sim.terminal(id).statistics().denied, 3);
    assert!(office.sim.decisions.is_empty(), "the gateway was not asked");
    // Interconnect: 204 may not call 205.
    let id = add(&mut office, "204", &[]);
    let taken = act(&mut office, id, |phone, now| phone.dial(now, b"205")).expect("room");
    assert!(matches!(taken, Taken::Denied(denial) if denial.rule == Rule::Interconnect), "{taken:?}");
}

/// What only the gateway knows it refuses, and the user is told the rule.
#[test]
fn the_gateways_refusal_names_its_rule() {
    let mut office = Office::changed(1, &[("channels = 2", "channels = 1")]);
    let id = add(&mut office, "207", &[("channels = 2", "channels = 1")]);
    office.talks_and_ends("201", "95551234");
    office.call("201", "95551234");
    office.until_talks("201");
    let _ = dial(&mut office, id, "95551234");
    until(&mut office, id, |told| matches!(told, Output::Over { .. }));
    assert_eq!(over(&office, id), [(503, Some(Rule::TrunkBusy))]);
}

/// An account code is asked for by the gateway, and given key by key (R45).
#[test]
fn r45_an_account_code_is_asked_for() {
    let forced = [(
        "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
        "features = [\"hold\", \"smdr-external\", \"forced-non-verified-account-code\"]\naccount_code_length = 4",
    )];
    let mut office = Office::changed(1, &forced);
    let id = add(&mut office, "207", &forced);
    let line = dial(&mut office, id, "95551234");
    until(&mut office, id, |told| *told == Output::Notice(line, Notice::Code));
    for key in *b"2026" {
        let digit = Digit::from_ascii(key).expect("a digit");
        assert_eq!(act(&mut office, id, |phone, now| phone.press(now, line, digit)), Ok(Taken::Done));
        office.sim.run_ms(200);
    }
    until(&mut office, id, |told| *told == Output::Up(line));
    let digit = Digit::from_ascii(b'1').expect("a digit");
    assert_eq!(act(&mut office, id, |phone, now| phone.press(now, line, digit)), Ok(Taken::NotNow));
    act(&mut office, id, |phone, now| phone.hang_up(now, line)).expect("room");
    office.sim.run_ms(1_000);
    let codes: Vec<String> = office
        .sim
        .records
        .iter()
        .map(|record| String::from_utf8_lossy(&record.extended()).into_owned())
        .collect();
    assert!(codes.iter().any(|record| record.contains("2026")), "{codes:?}");
    assert_nothing_left(&mut office, id);
}

#[test]
fn it_holds_and_is_held() {
    let mut office = Office::registered(1);
    let id = add(&mut office, "207", &[]);
    let line = talks(&mut office, id, "201");
    let direction = |office: &Office| office.sim.terminal(id).sound(line).map(|(sound, _)| sound.direction);
    act(&mut office, id, |phone, now| phone.hold(now, line, true)).expect("room");
    until(&mut office, id, |told| *told == Output::Changed(line, 200));
    assert_eq!(direction(&office), Some(Direction::SendOnly));
    assert_eq!(act(&mut office, id, |phone, now| phone.hold(now, line, true)), Ok(Taken::NotNow), "it does");
    act(&mut office, id, |phone, now| phone.hold(now, line, false)).expect("room");
    until(&mut office, id, |told| *told == Output::Changed(line, 200));
    assert_eq!(direction(&office), Some(Direction::SendRecv));
    // Now they do.
    office.ask("201", strowger_testkit::phone::Ask::Hold);
    until(&mut office, id, |told| *told == Output::Held(line, true));
    office.sim.run_ms(500);
    assert_eq!(direction(&office), Some(Direction::RecvOnly));
    office.ask("201", strowger_testkit::phone::Ask::Resume);
    until(&mut office, id, |told| *told == Output::Held(line, false));
    act(&mut office, id, |phone, now| phone.hang_up(now, line)).expect("room");
    assert_nothing_left(&mut office, id);
}

/// A class without `hold` (R3): the gateway refuses, and the call is as it was.
#[test]
fn r29_a_refused_hold_leaves_the_call_as_it_was() {
    let bare =
        [("features = [\"hold\", \"smdr-external\", \"smdr-internal\"]", "features = [\"smdr-internal\"]")];
    let mut office = Office::changed(1, &bare);
    let id = add(&mut office, "207", &bare);
    let line = talks(&mut office, id, "201");
    act(&mut office, id, |phone, now| phone.hold(now, line, true)).expect("room");
    until(&mut office, id, |told| matches!(told, Output::Changed(_, 300..)));
    let (sound, _) = office.sim.terminal(id).sound(line).expect("they hear each other");
    assert_eq!(sound.direction, Direction::SendRecv);
    act(&mut office, id, |phone, now| phone.hang_up(now, line)).expect("room");
    assert_nothing_left(&mut office, id);
}

/// Blind and attended, by who has called and by who was called: in a dialog where it was called it answers no challenge, but proves itself by
/// what its registrar has asked.
#[test]
fn rfc5589_it_transfers_whoever_has_called() {
    for (called, attended) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut office = Office::changed(1, &[TRANSFER]);
        let id = add(&mut office, "207", &[TRANSFER]);
        let line = if called {
            office.call("201", "207");
            until(&mut office, id, |told| matches!(told, Output::Incoming(_)));
            let line = ringing(&office, id).expect("it rings");
            act(&mut office, id, |phone, now| phone.answer(now, line)).expect("room");
            office.until_talks("201");
            office.sim.run_ms(500);
            line
        } else {
            talks(&mut office, id, "201")
        };
        if called {
            // Its nonce is old by now: it has to prove itself anew.
            office.sim.run_ms(400_000);
        }
        if attended {
            act(&mut office, id, |phone, now| phone.hold(now, line, true)).expect("room");
            office.sim.run_ms(500);
            let other = talks(&mut office, id, "202");
            let joined = act(&mut office, id, |phone, now| phone.join(now, line, other));
            assert_eq!(joined, Ok(Taken::Done), "{}", office.sim.ladder.render());
        } else {
            let taken = act(&mut office, id, |phone, now| phone.transfer(now, line, b"202"));
            assert_eq!(taken, Ok(Taken::Done));
        }
        until(&mut office, id, |told| *told == Output::Referred(line, 200));
        office.sim.run_ms(2_000);
        assert_eq!(office.sim.terminal(id).lines().count(), 0, "{}", office.sim.ladder.render());
        office::assert_talk(&mut office, "201", "202");
        office.hang_up("201");
        assert_nothing_left(&mut office, id);
    }
}

/// R29: a transfer that policy denies, here or at the gateway, leaves the call as it was.
#[test]
fn r29_a_denied_transfer_leaves_the_call_as_it_was() {
    let mut office = Office::changed(1, &[TRANSFER]);
    let id = add(&mut office, "203", &[TRANSFER]);
    let line = talks(&mut office, id, "201");
    let sent = office.sim.datagrams;
    let taken = act(&mut office, id, |phone, now| phone.transfer(now, line, b"95551234")).expect("room");
    assert!(matches!(taken, Taken::Denied(denial) if denial.rule == Rule::CorRoute), "{taken:?}");
    assert_eq!(office.sim.datagrams, sent);
    // 204 may not be joined with 205: the gateway knows who is there.
    act(&mut office, id, |phone, now| phone.hang_up(now, line)).expect("room");
    office.sim.run_ms(1_000);
    let line = talks(&mut office, id, "204");
    assert_eq!(act(&mut office, id, |phone, now| phone.transfer(now, line, b"205")), Ok(Taken::Done));
    until(&mut office, id, |told| matches!(told, Output::Referred(_, 300..)));
    assert_eq!(office.sim.terminal(id).state(line), Some(State::Talking));
    act(&mut office, id, |phone, now| phone.hang_up(now, line)).expect("room");
    assert_nothing_left(&mut office, id);
}

/// Two of them: encrypted, each by the other's key, and by fresh keys after a hold (R94); required means required (law 5).
#[test]
fn law_5_two_telephones_talk_encrypted() {
    let mut office = Office::with(1, &[]);
    let ids = ["203", "207"].map(|dn| {
        let (image, keyring) = policy_of(dn, &[]);
        let mut config = terminal_config(dn, address(dn), &[exchange_address()]);
        config.ability.srtp = Srtp::Required;
        let id =
            office.sim.add_terminal(dn, address(dn), build_terminal(config, Some((&image, &keyring)), 7));
        office.sim.with_terminal(id, |phone, now| phone.register(now)).expect("room");
        until(&mut office, id, |told| matches!(told, Output::Standing(_)));
        id
    });
    let [a, b] = ids;
    let line = dial(&mut office, a, "207");
    until(&mut office, b, |told| matches!(told, Output::Incoming(_)));
    let other = ringing(&office, b).expect("it rings");
    act(&mut office, b, |phone, now| phone.answer(now, other)).expect("room");
    until(&mut office, a, |told| *told == Output::Up(line));
    office.sim.run_ms(1_000);
    let keys = |office: &Office| {
        let (one, own) = office.sim.terminal(a).sound(line).expect("they hear each other");
        let (two, theirs) = office.sim.terminal(b).sound(other).expect("they hear each other");
        assert!(one.protected && two.protected && one.codec == Codec::G722);
        assert!(own.ours.is(theirs.theirs.expose()) && own.theirs.is(theirs.ours.expose()));
        own.ours.expose().to_vec()
    };
    let before = keys(&office);
    act(&mut office, a, |phone, now| phone.hold(now, line, true)).expect("room");
    until(&mut office, a, |told| *told == Output::Changed(line, 200));
    office.sim.run_ms(500);
    let after = keys(&office);
    assert_ne!(before, after, "R94");
    act(&mut office, b, |phone, now| phone.hang_up(now, other)).expect("room");
    office.sim.run_ms(1_000);
    // Who cannot encrypt is not talked to in clear.
    office.behaves("201", Behaviour::Answer { after_ms: 500 });
    let plain = office.phone("201");
    office.sim.with(plain, |phone, now| phone.register(now, 3600));
    office.sim.run_ms(1_000);
    let line = dial(&mut office, a, "201");
    until(&mut office, a, |told| matches!(told, Output::Over { .. }));
    assert!(office.sim.terminal(a).sound(line).is_none());
    assert_nothing_left(&mut office, a);
}

/// Somebody has called for help, and who is to know is told (R70).
#[test]
fn r70_it_reads_that_somebody_calls_for_help() {
    let notify = [("", "[emergency]\nnotify = [\"207\"]\n")];
    let mut office = Office::changed(1, &notify);
    let id = add(&mut office, "207", &notify);
    office.call("201", "911");
    until(&mut office, id, |told| matches!(told, Output::Text { .. }));
    assert!(office.sim.ladder.render().contains("reads: EMERGENCY CALL"), "{}", office.sim.ladder.render());
    office.until_talks("201");
    office.hang_up("201");
    assert_nothing_left(&mut office, id);
}
