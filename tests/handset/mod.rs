//! A telephone of the engine's own at the office: how it is added, what its user does, and what it has told.

#![allow(dead_code, reason = "each test program uses a part of it")]

use crate::office::{Office, exchange_address, policy_of};
use std::net::SocketAddr;
use strowger::base::{Handle, Instant};
use strowger::phone::{Output, Taken, line::State};
use strowger::policy::Rule;
use strowger::registration::client::Standing;
use strowger_testkit::sim::{Terminal, TerminalId, build_terminal, terminal_config};

/// Staff may transfer.
pub(crate) const TRANSFER: (&str, &str) = (
    "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
    "features = [\"hold\", \"transfer\", \"smdr-external\", \"smdr-internal\"]",
);

pub(crate) fn address(dn: &str) -> SocketAddr {
    let last = u8::try_from(dn.parse::<u32>().expect("a number") - 100).expect("small");
    SocketAddr::from(([10, 0, 3, last], 5060))
}

/// The telephone of that number, with its line of the keyring, is there and registers.
pub(crate) fn add(office: &mut Office, dn: &'static str, changes: &[(&str, &str)]) -> TerminalId {
    let id = add_silent(office, dn, changes);
    office.sim.with_terminal(id, |phone, now| phone.register(now)).expect("room");
    assert!(office.sim.run_until_told(5_000, id, |told| matches!(told, Output::Standing(_))));
    assert!(matches!(office.sim.told_by(id).last(), Some(Output::Standing(Standing::Registered { .. }))));
    office.sim.ladder.clear();
    office.sim.heard.clear();
    id
}

pub(crate) fn add_silent(office: &mut Office, dn: &'static str, changes: &[(&str, &str)]) -> TerminalId {
    let (image, keyring) = policy_of(dn, changes);
    let config = terminal_config(dn, address(dn), &[exchange_address()]);
    office.sim.add_terminal(dn, address(dn), build_terminal(config, Some((&image, &keyring)), 7))
}

pub(crate) fn dial(office: &mut Office, id: TerminalId, number: &str) -> Handle {
    match office.sim.with_terminal(id, |phone, now| phone.dial(now, number.as_bytes())).expect("room") {
        Taken::Line(line) => line,
        other => panic!("{number}: {other:?}\n{}", office.sim.ladder.render()),
    }
}

pub(crate) fn act<T>(
    office: &mut Office,
    id: TerminalId,
    act: impl FnOnce(&mut Terminal, Instant) -> T,
) -> T {
    office.sim.with_terminal(id, act)
}

#[track_caller]
pub(crate) fn until(office: &mut Office, id: TerminalId, fits: impl Fn(&Output) -> bool) {
    let told = office.sim.run_until_told(20_000, id, fits);
    assert!(told, "{:?}\n{}", office.sim.told_by(id), office.sim.ladder.render());
}

/// Dials, and talks.
pub(crate) fn talks(office: &mut Office, id: TerminalId, number: &str) -> Handle {
    let line = dial(office, id, number);
    until(office, id, |told| *told == Output::Up(line));
    office.sim.run_ms(500);
    line
}

/// The line on which it rings.
pub(crate) fn ringing(office: &Office, id: TerminalId) -> Option<Handle> {
    let mut lines = office.sim.terminal(id).lines();
    lines.find(|(_, state)| matches!(state, State::Ringing { .. })).map(|(line, _)| line)
}

/// No line is in use, every page is back but those of the last challenge, and the exchange has nothing left of calls.
pub(crate) fn assert_nothing_left(office: &mut Office, id: TerminalId) {
    office.assert_nothing_left();
    let terminal = office.sim.terminal(id);
    assert_eq!(terminal.lines().count(), 0, "{}", office.sim.ladder.render());
    let (free, all) = terminal.pages();
    assert!(all - free <= 1, "{free} of {all} pages");
}

pub(crate) fn over(office: &Office, id: TerminalId) -> Vec<(u16, Option<Rule>)> {
    let told = office.sim.told_by(id).into_iter();
    told.filter_map(|told| match told {
        Output::Over { status, rule, .. } => Some((status, rule)),
        _ => None,
    })
    .collect()
}
