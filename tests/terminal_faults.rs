//! Telephones of the engine's own and their users at random, on networks that lose, double and reorder: whatever happens, every call is over
//! once, nothing is told of it after that, everything that was taken comes back, and who talks encrypted has the other's key.

use crate::office;

use office::{Office, exchange_address, policy_of};
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use strowger::base::{Digit, Handle};
use strowger::phone::{Output, line::State};
use strowger_testkit::sim::{Dice, Network, TerminalId, build_terminal, terminal_config};

const TRANSFER: (&str, &str) = (
    "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
    "features = [\"hold\", \"transfer\", \"smdr-external\", \"smdr-internal\"]",
);
const NUMBERS: [&str; 3] = ["203", "205", "207"];
/// What is dialed: each other, phones of the kit, outside, nobody, help.
const DIALED: [&str; 8] = ["203", "205", "207", "201", "204", "95551234", "8", "911"];

fn address(n: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 3, u8::try_from(n + 1).expect("few")], 5060))
}

/// A user does something.
fn act(office: &mut Office, id: TerminalId, dice: &mut Dice) {
    let lines: Vec<(Handle, State)> = office.sim.terminal(id).lines().collect();
    let pick = |dice: &mut Dice| {
        let nth = usize::try_from(dice.below(lines.len().max(1) as u64)).expect("small");
        lines.get(nth).map_or(Handle::NONE, |(line, _)| *line)
    };
    let number = DIALED[usize::try_from(dice.below(DIALED.len() as u64)).expect("small")];
    let (line, other) = (pick(dice), pick(dice));
    let ringing = lines.iter().find(|(_, state)| matches!(state, State::Ringing { .. }));
    let choice = dice.below(12);
    let taken = office.sim.with_terminal(id, |phone, now| match choice {
        0..=2 => phone.dial(now, number.as_bytes()),
        3..=5 if ringing.is_some() => phone.answer(now, ringing.map_or(line, |(line, _)| *line)),
        3 => phone.answer(now, line),
        4 | 5 => phone.hold(now, line, true),
        6 => phone.hold(now, line, false),
        7 => phone.transfer(now, line, number.as_bytes()),
        8 => phone.join(now, line, other),
        9 => phone.press(now, line, Digit::HASH),
        _ => phone.hang_up(now, line),
    });
    taken.expect("a telephone that was drained takes everything");
}

/// Of each line what was told, in order: it is over once, and nothing follows.
fn assert_told_in_order(office: &Office, id: TerminalId) {
    let mut over: HashSet<Handle> = HashSet::new();
    let mut up: HashMap<Handle, u32> = HashMap::new();
    for told in office.sim.told_by(id) {
        let line = match told {
            Output::Over { line, .. } => {
                assert!(over.insert(line), "{line:?} is over twice");
                continue;
            }
            Output::Up(line) => {
                *up.entry(line).or_default() += 1;
                line
            }
            Output::Incoming(line)
            | Output::Ringing(line)
            | Output::Notice(line, _)
            | Output::Sound(line)
            | Output::Held(line, _)
            | Output::Changed(line, _)
            | Output::Referred(line, _) => line,
            Output::Send { .. } | Output::Standing(_) | Output::Server(_) | Output::Text { .. } => continue,
        };
        assert!(!over.contains(&line), "{told:?} after {line:?} was over\n{}", office.sim.ladder.render());
    }
    assert!(up.values().all(|times| *times == 1), "{up:?}");
}

/// Of two telephones that talk with each other, each has the other's key.
fn assert_keys(office: &Office, ids: &[TerminalId]) -> u32 {
    let mut pairs = 0;
    let sounds = |id: TerminalId| {
        let terminal = office.sim.terminal(id);
        let settled = terminal.lines().filter(|(_, state)| *state == State::Talking);
        let found: Vec<_> = settled
            .filter_map(|(line, _)| {
                let (sound, keys) = terminal.sound(line)?;
                Some((terminal.sound_address(line), sound, keys))
            })
            .collect();
        found
    };
    for (n, one) in ids.iter().enumerate() {
        for other in &ids[n + 1..] {
            for (at, sound, keys) in sounds(*one) {
                for (their_at, theirs, their_keys) in sounds(*other) {
                    if sound.to == their_at && theirs.to == at {
                        assert_eq!(sound.protected, theirs.protected);
                        assert!(
                            !sound.protected
                                || keys.ours.is(their_keys.theirs.expose())
                                    && keys.theirs.is(their_keys.ours.expose())
                        );
                        pairs += 1;
                    }
                }
            }
        }
    }
    pairs
}

#[test]
fn every_call_is_over_once_whatever_users_and_networks_do() {
    let seeds = std::env::var("STROWGER_TERMINALS").ok().and_then(|text| text.parse().ok()).unwrap_or(150);
    let (mut calls, mut pairs) = (0, 0);
    for seed in 0..seeds {
        let mut dice = Dice::new(seed);
        let mut office = Office::changed(seed, &[TRANSFER]);
        let ids: Vec<TerminalId> = NUMBERS
            .iter()
            .enumerate()
            .map(|(n, dn)| {
                let (image, keyring) = policy_of(dn, &[TRANSFER]);
                let config = terminal_config(dn, address(n), &[exchange_address()]);
                office.sim.add_terminal(
                    dn,
                    address(n),
                    build_terminal(config, Some((&image, &keyring)), seed),
                )
            })
            .collect();
        for id in &ids {
            office.sim.with_terminal(*id, |phone, now| phone.register(now)).expect("room");
        }
        office.sim.run_ms(1_000);
        // A third of them on a good network.
        if seed % 3 > 0 {
            office.sim.network = Network {
                loss: dice.below(150),
                duplicate: dice.below(100),
                reorder: dice.below(200),
                ..Network::GOOD
            };
        }
        for _ in 0..60 {
            let id = ids[usize::try_from(dice.below(3)).expect("three")];
            act(&mut office, id, &mut dice);
            office.sim.run_ms(20 + dice.below(3_000));
            if seed % 3 == 0 && dice.below(4) == 0 {
                office.sim.run_ms(2_000);
                pairs += assert_keys(&office, &ids);
            }
        }
        // Everybody hangs up, and the network mends.
        office.sim.network = Network::GOOD;
        office.sim.run_ms(400_000);
        for id in &ids {
            for (line, _) in office.sim.terminal(*id).lines().collect::<Vec<_>>() {
                let _ = office.sim.with_terminal(*id, |phone, now| phone.hang_up(now, line));
            }
        }
        // Whom they have transferred to each other as well.
        let kit = office.phones.iter().copied().chain([office.carrier, office.other]).collect::<Vec<_>>();
        for id in kit {
            while office.sim.phone(id).live_calls() > 0 {
                office.sim.with(id, |phone, now| phone.hang_up(now));
                office.sim.run_ms(1_000);
            }
        }
        office.sim.run_ms(200_000);
        for id in &ids {
            assert_told_in_order(&office, *id);
            let told = office.sim.told_by(*id);
            calls += told.iter().filter(|told| matches!(told, Output::Over { .. })).count();
            // A heartbeat may be under way.
            office.sim.run_until(1_000, |sim| {
                let (free, all) = sim.terminal(*id).pages();
                all - free <= 1
            });
            let terminal = office.sim.terminal(*id);
            let (free, all) = terminal.pages();
            let left: Vec<_> = terminal.lines().collect();
            assert!(left.is_empty(), "seed {seed}: {left:?}\n{}", office.sim.ladder.render());
            assert!(all - free <= 1, "seed {seed}: {free} of {all} pages are free");
        }
        // Who was told of the end by nobody is asked whether it is still there, at most every half an hour.
        for _ in 0..60 {
            if office.sim.exchange(0).calls_in_use() > 0 {
                office.sim.run_ms(60_000);
            }
        }
        assert_eq!(office.sim.exchange(0).calls_in_use(), 0, "seed {seed}\n{}", office.sim.ladder.render());
    }
    println!("{seeds} networks, {calls} calls, {pairs} encrypted pairs looked at");
    assert!(calls > seeds as usize * 5 && pairs > 0, "{calls} calls, {pairs} pairs");
}
