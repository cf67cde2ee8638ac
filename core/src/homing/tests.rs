//! When somebody leaves, and when they come back: traces, every state, and many networks.

use super::{ANSWER_MS, Action, Event, Place, State, Terms};
use crate::base::Instant;
use std::collections::{HashSet, VecDeque};
use std::vec::Vec;

use Place::{Primary, Secondary};

fn at(seconds: u64) -> Instant {
    Instant(seconds * 1000)
}

/// Events at their seconds, and what follows from each.
fn trace(state: &mut State, terms: &Terms, rows: &[(u64, Event, bool, &[Action])]) {
    for (seconds, event, idle, expected) in rows {
        let actions = state.handle(at(*seconds), *event, *idle, terms);
        assert_eq!(actions.as_slice(), *expected, "{event:?} at {seconds} s: {state:?}");
    }
}

/// R83: three heartbeats without an answer; who is idle goes to the secondary.
#[test]
fn r83_who_is_idle_leaves_when_the_primary_is_gone() {
    let terms = Terms::USUAL;
    let mut state = State::new(at(0), &terms);
    trace(
        &mut state,
        &terms,
        &[
            (30, Event::Tick, true, &[Action::Ask(Primary)]),
            (34, Event::Missed(Primary), true, &[]),
            (60, Event::Tick, true, &[Action::Ask(Primary)]),
            (61, Event::Heard(Primary), true, &[]),
            (90, Event::Tick, true, &[Action::Ask(Primary)]),
            (94, Event::Missed(Primary), true, &[]),
            (124, Event::Missed(Primary), true, &[]),
            (154, Event::Missed(Primary), true, &[Action::Go(Secondary)]),
        ],
    );
    assert_eq!(state.place(), Secondary);
}

/// R83: a call keeps its place, and its media; when it is over they go.
#[test]
fn r83_a_call_keeps_its_place() {
    let terms = Terms::USUAL;
    let mut state = State::new(at(0), &terms);
    trace(
        &mut state,
        &terms,
        &[
            (34, Event::Missed(Primary), false, &[]),
            (64, Event::Missed(Primary), false, &[]),
            (94, Event::Missed(Primary), false, &[]),
            (124, Event::Missed(Primary), false, &[]),
            (130, Event::Idle, true, &[Action::Go(Secondary)]),
        ],
    );
}

/// R84: back when the primary has answered for 300 s without a miss, and nobody talks; not at all if that is not wanted.
#[test]
fn r84_back_when_it_is_stable_and_idle() {
    let terms = Terms::USUAL;
    let away = State::Away { missed: 0, good: None, beat: at(30) };
    let mut state = away;
    trace(
        &mut state,
        &terms,
        &[
            (30, Event::Tick, true, &[Action::Ask(Secondary), Action::Ask(Primary)]),
            (31, Event::Heard(Primary), true, &[]),
            (301, Event::Heard(Primary), true, &[]),
            (320, Event::Missed(Primary), true, &[]),
            (330, Event::Heard(Primary), true, &[]),
            (629, Event::Heard(Primary), true, &[]),
            (631, Event::Heard(Primary), false, &[]),
            (640, Event::Idle, true, &[Action::Go(Primary)]),
        ],
    );
    let stays = Terms { returns: false, ..terms };
    let mut state = away;
    trace(
        &mut state,
        &stays,
        &[(31, Event::Heard(Primary), true, &[]), (900, Event::Heard(Primary), true, &[])],
    );
}

/// Every state, with time in steps of a heartbeat: an idle party never stays where `missed` answers were missing, never goes back
/// before the primary was stable unless the secondary is gone, and a busy one never goes anywhere.
#[test]
fn every_state_keeps_the_rules() {
    let terms = Terms { heartbeat_s: 5, missed: 2, return_s: 15, returns: true };
    let now = at(1000);
    let start = State::Home { missed: 0, beat: now.plus_s(5) };
    let (mut seen, mut todo) = (HashSet::from([start]), VecDeque::from([start]));
    let events = [
        Event::Heard(Primary),
        Event::Heard(Secondary),
        Event::Missed(Primary),
        Event::Missed(Secondary),
        Event::Idle,
        Event::Tick,
    ];
    while let Some(state) = todo.pop_front() {
        for (event, idle, later) in events
            .into_iter()
            .flat_map(|event| [(event, true), (event, false)])
            .flat_map(|(event, idle)| [(event, idle, 0), (event, idle, 5)])
        {
            if event == Event::Idle && !idle {
                continue;
            }
            let mut next = state;
            let then = now.plus_s(later);
            let actions = next.handle(then, event, idle, &terms);
            let goes = actions.iter().any(|action| matches!(action, Action::Go(_)));
            assert!(idle || !goes, "a call keeps its place: {state:?} {event:?}");
            assert_eq!(goes, state.place() != next.place(), "{state:?} {event:?}");
            match (state, next) {
                (State::Away { missed, good, .. }, State::Home { .. }) => {
                    let stable = good.is_some_and(|good| then.since_ms(good) >= 15_000);
                    let gone = missed >= 2 || missed == 1 && event == Event::Missed(Secondary);
                    assert!(stable || gone, "{state:?} {event:?}");
                }
                (_, State::Home { missed, .. } | State::Away { missed, .. }) => {
                    let asked = matches!(event, Event::Missed(_) | Event::Idle);
                    let here = match event {
                        Event::Missed(place) => place == state.place(),
                        Event::Heard(_) | Event::Idle | Event::Tick => true,
                    };
                    assert!(!(idle && asked && here && missed >= 2), "{state:?} {event:?} -> {next:?}");
                }
            }
            assert!(next.next_deadline().is_some(), "somebody is always asked again");
            // Only how far things are away matters, and not how much longer than needed.
            let ahead = |beat: Instant| now.plus_ms(beat.since_ms(then));
            let next = match next {
                State::Home { missed, beat } => State::Home { missed: missed.min(3), beat: ahead(beat) },
                State::Away { missed, good, beat } => State::Away {
                    missed: missed.min(3),
                    good: good.map(|good| Instant(now.0 - then.since_ms(good).min(20_000))),
                    beat: ahead(beat),
                },
            };
            if seen.insert(next) {
                todo.push_back(next);
            }
        }
    }
    std::println!("{} states", seen.len());
    assert!(seen.len() > 40, "{}", seen.len());
}

/// A small generator of chance (SplitMix64), not for secrets.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }
}

/// 10,000 networks whose links fail and come back for a day, answers lost here and there: whenever one of the two servers has been
/// there without a break for as long as is stated, so is who is idle, at one that answers; and nobody goes to and fro faster than the
/// heartbeats let them.
#[test]
fn nobody_is_homeless_for_longer_than_is_stated() {
    let seeds = 10_000;
    let mut moves = 0;
    for seed in 0..seeds {
        let mut dice = Dice(seed);
        let terms = Terms {
            heartbeat_s: 5 + u32::try_from(dice.below(40)).expect("small"),
            missed: 1 + u8::try_from(dice.below(4)).expect("small"),
            return_s: 30 + u32::try_from(dice.below(400)).expect("small"),
            returns: dice.below(8) > 0,
        };
        // One of the two is there at any time: the other fails as chance has it. Then they change places.
        let (mut alive, mut until) = ([true, true], 0);
        let mut state = State::new(Instant(0), &terms);
        let mut waits: Vec<(u64, Place, bool)> = Vec::new();
        let (mut well, mut last_move) = (0u64, 0u64);
        let end = 4 * 3_600_000;
        let mut now = 0;
        while now < end {
            let beat = state.next_deadline().expect("always").0;
            let answer = waits.iter().map(|(at, ..)| *at).min().unwrap_or(u64::MAX);
            now = beat.min(answer).min(until.max(now + 1));
            if now >= until {
                until = now + 10_000 + dice.below(1_500_000);
                let survivor = usize::try_from(dice.below(2)).expect("two");
                let other = 1 - survivor;
                (alive[survivor], alive[other]) = (true, dice.below(2) == 0);
                well = now;
            }
            let mut events: Vec<Event> = Vec::new();
            if now >= beat {
                events.push(Event::Tick);
            }
            waits.retain(|(at, place, heard)| {
                let due = *at <= now;
                if due {
                    events.push(if *heard { Event::Heard(*place) } else { Event::Missed(*place) });
                }
                !due
            });
            for event in events {
                for action in &state.handle(Instant(now), event, true, &terms) {
                    let (Action::Ask(place) | Action::Go(place)) = *action;
                    if matches!(action, Action::Go(_)) {
                        moves += 1;
                        // What was asked before is of no consequence.
                        waits.clear();
                        assert!(last_move == 0 || now - last_move >= ANSWER_MS, "seed {seed}: to and fro");
                        last_move = now;
                    }
                    let there = alive[usize::from(place == Secondary)];
                    let after = if there { 20 + dice.below(1_000) } else { ANSWER_MS };
                    waits.push((now + after, place, there));
                }
            }
            // The survivor has been there without a break: so long that whoever was elsewhere has found out.
            let here = alive[usize::from(state.place() == Secondary)];
            let longest = terms.longest_ms() + u64::from(terms.heartbeat_s.max(5)) * 1000;
            assert!(here || now - well < longest, "seed {seed}: at {now}, {state:?}, well since {well}");
        }
    }
    std::println!("{seeds} networks, {moves} moves");
    assert!(moves > seeds, "links fail in them");
}
