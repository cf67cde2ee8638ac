//! The engine's own telephone at the engine's own exchange: it registers, calls and is called, holds, transfers, asks its own policy first,
//! calls for help whatever happens, and belongs to another gateway when its own is gone.

mod office;

use office::{Office, exchange_address, policy_of, records};
use std::net::SocketAddr;
use strowger::base::{Digit, Handle};
use strowger::homing::Terms;
use strowger::media::{Codec, Srtp};
use strowger::phone::{Notice, Output, Taken, line::State};
use strowger::policy::{Party, Rule};
use strowger::registration::client::Standing;
use strowger::wire::sdp::Direction;
use strowger_testkit::phone::{Behaviour, PhoneEvent};
use strowger_testkit::sim::{TerminalId, build_terminal, terminal_config};

/// Staff may transfer.
const TRANSFER: (&str, &str) = (
    "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
    "features = [\"hold\", \"transfer\", \"smdr-external\", \"smdr-internal\"]",
);

fn address(dn: &str) -> SocketAddr {
    let last = u8::try_from(dn.parse::<u32>().expect("a number") - 100).expect("small");
    SocketAddr::from(([10, 0, 3, last], 5060))
}

/// The telephone of that number, with its line of the keyring, is there and registers.
fn add(office: &mut Office, dn: &'static str, changes: &[(&str, &str)]) -> TerminalId {
    let id = add_silent(office, dn, changes);
    office.sim.with_terminal(id, |phone, now| phone.register(now)).expect("room");
    assert!(office.sim.run_until_told(5_000, id, |told| matches!(told, Output::Standing(_))));
    assert!(matches!(office.sim.told_by(id).last(), Some(Output::Standing(Standing::Registered { .. }))));
    office.sim.ladder.clear();
    office.sim.heard.clear();
    id
}

fn add_silent(office: &mut Office, dn: &'static str, changes: &[(&str, &str)]) -> TerminalId {
    let (image, keyring) = policy_of(dn, changes);
    let config = terminal_config(dn, address(dn), &[exchange_address()]);
    office.sim.add_terminal(dn, address(dn), build_terminal(config, Some((&image, &keyring)), 7))
}

fn dial(office: &mut Office, id: TerminalId, number: &str) -> Handle {
    match office.sim.with_terminal(id, |phone, now| phone.dial(now, number.as_bytes())).expect("room") {
        Taken::Line(line) => line,
        other => panic!("{number}: {other:?}\n{}", office.sim.ladder.render()),
    }
}

fn act<T>(
    office: &mut Office,
    id: TerminalId,
    act: impl FnOnce(&mut strowger_testkit::sim::Terminal, strowger::base::Instant) -> T,
) -> T {
    office.sim.with_terminal(id, act)
}

#[track_caller]
fn until(office: &mut Office, id: TerminalId, fits: impl Fn(&Output) -> bool) {
    let told = office.sim.run_until_told(20_000, id, fits);
    assert!(told, "{:?}\n{}", office.sim.told_by(id), office.sim.ladder.render());
}

/// Dials, and talks.
fn talks(office: &mut Office, id: TerminalId, number: &str) -> Handle {
    let line = dial(office, id, number);
    until(office, id, |told| *told == Output::Up(line));
    office.sim.run_ms(500);
    line
}

/// The line on which it rings.
fn ringing(office: &Office, id: TerminalId) -> Option<Handle> {
    let mut lines = office.sim.terminal(id).lines();
    lines.find(|(_, state)| matches!(state, State::Ringing { .. })).map(|(line, _)| line)
}

/// No line is in use, every page is back but those of the last challenge, and the exchange has nothing left of calls.
fn assert_nothing_left(office: &mut Office, id: TerminalId) {
    office.assert_nothing_left();
    let terminal = office.sim.terminal(id);
    assert_eq!(terminal.lines().count(), 0, "{}", office.sim.ladder.render());
    let (free, all) = terminal.pages();
    assert!(all - free <= 1, "{free} of {all} pages");
}

fn over(office: &Office, id: TerminalId) -> Vec<(u16, Option<Rule>)> {
    let told = office.sim.told_by(id).into_iter();
    told.filter_map(|told| match told {
        Output::Over { status, rule, .. } => Some((status, rule)),
        _ => None,
    })
    .collect()
}

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

/// Law 4: a call for help needs no registration, no class, no right digest, and no policy but the block of emergency numbers.
#[test]
fn law_4_help_is_called_whatever_there_is() {
    for way in ["no registration", "no class", "wrong password", "block alone", "damaged rest"] {
        let mut office = Office::with(1, &[]);
        let dn = if way == "no class" { "206" } else { "207" };
        let (mut image, keyring) = policy_of(dn, &[]);
        let mut config = terminal_config(dn, address(dn), &[exchange_address()]);
        let terminal = match way {
            "wrong password" => {
                config.password = b"not-the-password";
                build_terminal(config, None, 3)
            }
            "block alone" | "damaged rest" => {
                if way == "damaged rest" {
                    let last = image.len() - 1;
                    image[last] ^= 1;
                }
                build_terminal(config, None, 3)
            }
            _ => build_terminal(config, Some((&image, &keyring)), 3),
        };
        let mut terminal = terminal;
        if way != "no registration" && way != "no class" {
            let mut crypto = strowger::base::Soft::new(&[1; 32]);
            let block = strowger::policy::Image::emergency(Vec::leak(image), &mut crypto)
                .expect("its block is whole");
            terminal.load(block, strowger::policy::Keyring::EMPTY).expect("a block is for everybody");
        }
        let id = office.sim.add_terminal(dn, address(dn), terminal);
        if way == "wrong password" || way == "no class" {
            act(&mut office, id, |phone, now| phone.register(now)).expect("room");
            office.sim.run_ms(3_000);
        }
        let line = dial(&mut office, id, "911");
        until(&mut office, id, |told| *told == Output::Up(line));
        if way != "no registration" && way != "no class" {
            let denied = act(&mut office, id, |phone, now| phone.dial(now, b"201")).expect("room");
            assert!(
                matches!(denied, Taken::Denied(denial) if denial.rule == Rule::PolicyNone),
                "{way}: {denied:?}"
            );
        }
        act(&mut office, id, |phone, now| phone.hang_up(now, line)).expect("room");
        assert_nothing_left(&mut office, id);
    }
}

/// Law 4: every line is in use, and help is called all the same.
#[test]
fn law_4_help_needs_no_free_line() {
    let mut office = Office::registered(1);
    let id = add(&mut office, "207", &[]);
    let mut lines = Vec::new();
    for number in ["201", "202", "204"] {
        lines.push(talks(&mut office, id, number));
        let line = lines[lines.len() - 1];
        act(&mut office, id, |phone, now| phone.hold(now, line, true)).expect("room");
        office.sim.run_ms(500);
    }
    let taken = act(&mut office, id, |phone, now| phone.dial(now, b"205")).expect("room");
    assert_eq!(taken, Taken::Congested);
    let line = dial(&mut office, id, "911");
    until(&mut office, id, |told| *told == Output::Up(line));
    assert_eq!(office.sim.terminal(id).lines().count(), 3);
    for line in lines.into_iter().chain([line]) {
        let _ = act(&mut office, id, |phone, now| phone.hang_up(now, line));
    }
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

/// Nobody but its gateway can call it, answer for it, or make it prove anything (CVE-2021-41158).
#[test]
fn outsiders_get_nothing() {
    let mut office = Office::registered(1);
    let id = add(&mut office, "207", &[]);
    let stranger = SocketAddr::from(([192, 0, 2, 66], 5060));
    let invite = format!(
        "INVITE sip:207@{0} SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.66;branch=z9hG4bKx1\r\nFrom: <sip:boss@{0}>;tag=1\r\n\
         To: <sip:207@{0}>\r\nCall-ID: x1\r\nCSeq: 1 INVITE\r\nContact: <sip:boss@192.0.2.66>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
        address("207")
    );
    office.sim.keep_sent = true;
    office.sim.inject(stranger, address("207"), invite.as_bytes());
    let answer = office.sim.sent.last().map(|sent| String::from_utf8_lossy(&sent.bytes).into_owned());
    assert!(answer.expect("an answer").starts_with("SIP/2.0 403"));
    assert!(office.sim.told_by(id).is_empty());
    // In a call where it was called its BYE is challenged, by its gateway's own address: it answers nothing.
    office.call("201", "207");
    until(&mut office, id, |told| matches!(told, Output::Incoming(_)));
    let line = ringing(&office, id).expect("it rings");
    act(&mut office, id, |phone, now| phone.answer(now, line)).expect("room");
    office.until_talks("201");
    office.sim.run_ms(500);
    office.sim.decide_fates(|datagram| {
        let text = String::from_utf8_lossy(&datagram.bytes);
        if text.starts_with("SIP/2.0 200") && text.contains("CSeq: 1 BYE") {
            let challenge = "WWW-Authenticate: Digest realm=\"elm.example\", nonce=\"n\", algorithm=MD5, qop=\"auth\"\r\nCall-ID:";
            let changed = text.replacen("SIP/2.0 200 OK", "SIP/2.0 401 Unauthorized", 1).replacen("Call-ID:", challenge, 1);
            return strowger_testkit::sim::Fate::Changed(changed.into_bytes());
        }
        strowger_testkit::sim::Fate::Sent
    });
    act(&mut office, id, |phone, now| phone.hang_up(now, line)).expect("room");
    office.sim.run_ms(2_000);
    let byes: Vec<String> = office
        .sim
        .sent
        .iter()
        .filter(|sent| sent.from == address("207") && sent.bytes.starts_with(b"BYE"))
        .map(|sent| String::from_utf8_lossy(&sent.bytes).into_owned())
        .collect();
    assert!(!byes.is_empty() && byes.iter().all(|bye| !bye.contains("Authorization")), "{byes:?}");
    office.sim.deliver_all();
}

/// Another realm is not answered, and a weaker algorithm than before is not either.
#[test]
fn it_is_asked_for_another_realm_in_vain() {
    let mut office = Office::with(1, &[]);
    let id = add_silent(&mut office, "207", &[]);
    office.sim.keep_sent = true;
    office.sim.decide_fates(|datagram| {
        let text = String::from_utf8_lossy(&datagram.bytes);
        if text.starts_with("SIP/2.0 401") {
            return strowger_testkit::sim::Fate::Changed(
                text.replace("elm.example", "oak.example").into_bytes(),
            );
        }
        strowger_testkit::sim::Fate::Sent
    });
    act(&mut office, id, |phone, now| phone.register(now)).expect("room");
    office.sim.run_ms(2_000);
    assert_eq!(office.sim.told_by(id), [Output::Standing(Standing::Refused { status: 401 })]);
    let proved =
        office.sim.sent.iter().any(|sent| String::from_utf8_lossy(&sent.bytes).contains("Authorization"));
    assert!(!proved);
    office.sim.deliver_all();
}

/// R83, R84: its gateway is gone; a call that is up keeps its place, then it belongs to the other one; help finds it at once. When its own
/// gateway has been there for long enough it comes back.
#[test]
fn r83_it_belongs_to_another_gateway_while_its_own_is_gone() {
    let mut office = Office::with(1, &[]);
    let second = SocketAddr::from(([10, 0, 0, 2], 5060));
    let (image, keyring) = office::policy();
    let mut other = strowger_testkit::sim::build_exchange(image, keyring, &office::SIZES, second, 9);
    for (trunk, last) in [(0, 1), (1, 2)] {
        assert!(other.set_trunk_address(trunk, SocketAddr::from(([10, 0, 9, last], 5060))));
    }
    office.sim.add_exchange("second", second, other);
    let (image, keyring) = policy_of("207", &[]);
    let mut config = terminal_config("207", address("207"), &[exchange_address(), second]);
    let terms = Terms { heartbeat_s: 10, missed: 2, return_s: 60, returns: true };
    config.homing = terms;
    let id =
        office.sim.add_terminal("207", address("207"), build_terminal(config, Some((&image, &keyring)), 7));
    act(&mut office, id, |phone, now| phone.register(now)).expect("room");
    until(&mut office, id, |told| matches!(told, Output::Standing(_)));
    assert!(office.sim.exchange(0).is_registered(6) && !office.sim.exchange(1).is_registered(6));
    let line = talks(&mut office, id, "95551234");
    // Its gateway is cut off.
    office.sim.lose(|datagram| {
        let first = exchange_address();
        let trunk = |at: &SocketAddr| at.ip().to_string().starts_with("10.0.9.");
        (datagram.from == first && !trunk(&datagram.to)) || (datagram.to == first && !trunk(&datagram.from))
    });
    office.sim.run_ms(terms.longest_ms() * 2);
    assert_eq!(office.sim.terminal(id).state(line), Some(State::Talking), "who talks goes on");
    assert_eq!(office.sim.terminal(id).server(), 0);
    act(&mut office, id, |phone, now| phone.hang_up(now, line)).expect("room");
    // Help is found at the other one before anything else is.
    let asked = office.sim.now;
    let help = dial(&mut office, id, "911");
    until(&mut office, id, |told| *told == Output::Ringing(help));
    assert!(office.sim.now.since_ms(asked) < 6_000, "{}", office.sim.ladder.render());
    act(&mut office, id, |phone, now| phone.hang_up(now, help)).expect("room");
    assert!(office.sim.run_until(terms.longest_ms(), |sim| sim.terminal(id).server() == 1));
    office.sim.run_ms(1_000);
    assert!(office.sim.exchange(1).is_registered(6), "{}", office.sim.ladder.render());
    let line = talks(&mut office, id, "95551234");
    // It is back, and stays so; but a call keeps its place once more.
    office.sim.deliver_all();
    office.sim.run_ms(90_000);
    assert_eq!(office.sim.terminal(id).server(), 1);
    act(&mut office, id, |phone, now| phone.hang_up(now, line)).expect("room");
    office.sim.run_ms(5_000);
    assert_eq!(office.sim.terminal(id).server(), 0);
    assert!(office.sim.exchange(0).is_registered(6));
}

/// An answer can be longer than its request (compact names are written out): one that would be longer than the telephone's buffers is not sent.
#[test]
fn nothing_longer_than_its_buffers_is_sent() {
    let mut office = Office::registered(1);
    let id = add(&mut office, "207", &[]);
    let vias: String = (0..51).map(|n| format!("v:SIP/2.0/UDP h;branch=z9hG4bK{n:04}\r\n")).collect();
    let options = format!(
        "OPTIONS sip:207@{0} SIP/2.0\r\n{vias}f:<sip:a@b>;tag=1\r\nt:<sip:207@{0}>\r\ni:x\r\nCSeq:1 OPTIONS\r\nl:0\r\n\r\n",
        address("207")
    );
    assert!(
        options.len() < strowger::phone::MAX_DATAGRAM
            && options.len() + 51 * 3 > strowger::phone::MAX_DATAGRAM
    );
    office.sim.keep_sent = true;
    let sent = office.sim.sent.len();
    office.sim.inject(exchange_address(), address("207"), options.as_bytes());
    assert_eq!(office.sim.sent.len(), sent, "{}", office.sim.ladder.render());
    let (free, all) = office.sim.terminal(id).pages();
    assert!(all - free <= 1);
}

/// Law 4 with the least memory that a telephone can have: one call rings, and help is called and heard all the same.
#[test]
fn law_4_help_is_called_while_a_call_rings_whatever_the_memory() {
    let mut office = Office::registered(1);
    let (image, keyring) = policy_of("207", &[]);
    let config = terminal_config("207", address("207"), &[exchange_address()]);
    let terminal = strowger_testkit::sim::build_terminal_of::<2>(config, Some((&image, &keyring)), 7);
    let id = office.sim.add_terminal("207", address("207"), terminal);
    act(&mut office, id, |phone, now| phone.register(now)).expect("room");
    office.sim.run_ms(1_000);
    office.call("201", "207");
    until(&mut office, id, |told| matches!(told, Output::Incoming(_)));
    let line = dial(&mut office, id, "911");
    until(&mut office, id, |told| *told == Output::Up(line));
    act(&mut office, id, |phone, now| phone.hang_up(now, line)).expect("room");
    let ended = office.sim.told(office.phone("201"));
    assert!(matches!(ended.last(), Some(PhoneEvent::Ended { status: 486, .. })), "{ended:?}");
    assert_nothing_left(&mut office, id);
}

/// RFC 3263 section 4.3, law 4: a gateway that says that it is ill is not the last word of a call for help.
#[test]
fn law_4_help_that_one_gateway_refuses_is_looked_for_at_the_other() {
    let mut office = Office::with(1, &[]);
    let ill = SocketAddr::from(([10, 0, 0, 9], 5060));
    let (image, keyring) = policy_of("207", &[]);
    let config = terminal_config("207", address("207"), &[ill, exchange_address()]);
    let id =
        office.sim.add_terminal("207", address("207"), build_terminal(config, Some((&image, &keyring)), 7));
    // The first gateway answers nothing but 503.
    let mut refusing = strowger_testkit::phone::PhoneConfig::new("ill", "", ill, address("207"));
    refusing.trunk = true;
    refusing.behaviour = Behaviour::Reject(503);
    office.sim.add_phone("ill", refusing);
    let line = dial(&mut office, id, "911");
    until(&mut office, id, |told| *told == Output::Up(line));
    assert!(office.sim.ladder.render().contains("503"), "{}", office.sim.ladder.render());
    act(&mut office, id, |phone, now| phone.hang_up(now, line)).expect("room");
    assert_nothing_left(&mut office, id);
}

/// Who takes the registration back before it is granted is not registered by what was under way.
#[test]
fn what_is_taken_back_before_it_is_granted_is_not_granted() {
    let mut office = Office::with(1, &[]);
    let id = add_silent(&mut office, "207", &[]);
    act(&mut office, id, |phone, now| phone.register(now)).expect("room");
    act(&mut office, id, |phone, now| phone.unregister(now)).expect("room");
    office.sim.run_ms(5_000);
    assert!(!office.sim.exchange(0).is_registered(6), "{}", office.sim.ladder.render());
    assert!(office.sim.told_by(id).is_empty());
}

/// An offer whose answer would be too long is refused, and nothing of it is kept; one that holds from the beginning rings first.
#[test]
fn what_is_offered_costs_nothing_if_it_is_refused() {
    let mut office = Office::registered(1);
    let id = add(&mut office, "207", &[]);
    let before = office.sim.terminal(id).pages();
    let streams = "m=a 1 b 0\r\n".repeat(120);
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 9000 RTP/AVP 0\r\na=sendonly\r\n{streams}"
    );
    let invite = |sdp: &str, n: u32| {
        format!(
            "INVITE sip:207@{0} SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKlong{n}\r\nFrom: <sip:201@10.0.0.1>;tag=1\r\n\
             To: <sip:207@{0}>\r\nCall-ID: long{n}\r\nCSeq: 1 INVITE\r\nContact: <sip:10.0.0.1>\r\nMax-Forwards: 70\r\n\
             Content-Type: application/sdp\r\nContent-Length: {1}\r\n\r\n{sdp}",
            address("207"),
            sdp.len()
        )
    };
    assert!(invite(&sdp, 1).len() < strowger::phone::MAX_DATAGRAM);
    for n in 0..3 {
        office.sim.inject(exchange_address(), address("207"), invite(&sdp, n).as_bytes());
        office.sim.run_ms(40_000);
    }
    assert_eq!(office.sim.terminal(id).pages(), before);
    assert!(office.sim.told_by(id).is_empty());
    let short = &sdp[..sdp.len() - streams.len()];
    office.sim.inject(exchange_address(), address("207"), invite(short, 7).as_bytes());
    let told = office.sim.told_by(id);
    let [Output::Incoming(line)] = told[..] else { panic!("{told:?}") };
    act(&mut office, id, |phone, now| phone.answer(now, line)).expect("room");
    let expected = [Output::Sound(line), Output::Up(line), Output::Held(line, true)];
    assert_eq!(office.sim.told_by(id)[1..], expected);
}
