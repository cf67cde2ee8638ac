//! Sets at random: their users press whatever keys there are, SIP phones on a bad network call them and are called, connections are lost and
//! taken up again, the exchange's clock jumps. Whatever happens, what a set shows agrees with itself, with its calls and with what a snapshot
//! would say; and when everybody has hung up, everything is dark and nothing is left.
//!
//! `STROWGER_SETS` says how many walks, `STROWGER_SET_SEED` with which the first begins. Of a walk that goes wrong the fewest steps that still
//! do are looked for.

mod office;
mod sets_random {
    pub(crate) mod laws;
    pub(crate) mod steps;
    pub(crate) mod users;
    pub(crate) mod world;
}

use sets_random::steps::{Step, drawn};
use sets_random::world::World;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Steps of a walk.
const STEPS: usize = 80;
/// Lines of the ladder that are printed of a walk that went wrong.
const LAST: usize = 150;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Walks, and hangs up: the world, or what went wrong and the last of the ladder.
fn walk(seed: u64, steps: &[Step]) -> Result<World, (String, String)> {
    let mut world = World::new(seed);
    let walked = catch_unwind(AssertUnwindSafe(|| {
        for step in steps {
            world.takes(step);
        }
        world.end();
    }));
    walked.map_err(|why| {
        let text = why.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let why = text.or_else(|| why.downcast_ref::<String>().cloned()).unwrap_or_default();
        let ladder = world.office.sim.ladder.render();
        let lines: Vec<&str> = ladder.lines().collect();
        let last = &lines[lines.len().saturating_sub(LAST)..];
        (why, format!("{}\n{}", lines[0], last.join("\n")))
    })?;
    Ok(world)
}

/// The kind of what went wrong: its first words, behind the number of the set.
fn kind(why: &str) -> &str {
    let line = why.lines().next().unwrap_or("");
    line.get(..line.len().min(60)).unwrap_or(line)
}

/// The fewest steps, taken away one by one, that go wrong in the same way.
fn fewest(seed: u64, mut steps: Vec<Step>, found: &str) -> Vec<Step> {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    loop {
        let len = steps.len();
        for at in (0..len).rev() {
            let mut fewer = steps.clone();
            fewer.remove(at);
            if walk(seed, &fewer).is_err_and(|(why, _)| kind(&why) == kind(found)) {
                steps = fewer;
            }
        }
        if steps.len() == len {
            break;
        }
    }
    std::panic::set_hook(before);
    steps
}

#[test]
fn whatever_users_do_a_set_shows_what_is_and_nothing_is_left() {
    let (seeds, first) = (setting("STROWGER_SETS", 24), setting("STROWGER_SET_SEED", 0));
    let (mut calls, mut held, mut back) = (0, 0, 0);
    for seed in first..first + seeds {
        let steps = drawn(seed, STEPS);
        match walk(seed, &steps) {
            Ok(world) => {
                calls += world.office.sim.records.len();
                held += world.held;
                back += world.back;
            }
            Err((why, _)) => {
                let steps = fewest(seed, steps, &why);
                let (why, ladder) = walk(seed, &steps).err().unwrap_or((why, String::new()));
                let steps: Vec<String> = steps.iter().map(|step| format!("  {step:?}")).collect();
                panic!("seed {seed}: {why}\n{}\n{ladder}", steps.join("\n"));
            }
        }
    }
    println!(
        "{seeds} walks, {calls} calls, {held} times somebody was held, {back} connections taken up again"
    );
    let enough = |count: usize, each: u64| count as u64 >= seeds * each;
    assert!(enough(calls, 4) && enough(held, 1) && enough(back, 1), "the walks lead nowhere");
}
