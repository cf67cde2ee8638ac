//! Policies and attempts made up at random, small and dense: few digits, many wildcards, much overlap.
//!
//! [`models`] yields only policies that the language accepts, [`questions`] asks what is interesting about one of
//! them. [`models_with_features`] grants features for transfers, diversions and calls taken from others too, which
//! [`on_behalf`], [`consultations`] and [`fetches`] ask about. As proptest strategies they shrink; [`Seeded`] draws from
//! them the same values for the same seed, and [`smaller`] makes a policy that shows a fault easier to read.

mod attempts;
mod behalf;
mod build;
mod dice;
mod inbound;
mod numbers;
mod raw;
mod rows;
mod smaller;
mod speed;
#[cfg(test)]
mod tests;
mod times;
mod users;

pub use attempts::{Question, questions};
pub use behalf::{Consultation, consultations, fetches, models_with_features, on_behalf};
pub use smaller::smaller;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::model::{Model, Profile};
use build::{add_classes, add_devices, add_emergency, add_routes};
use dice::Dice;
use raw::{EMERGENCY, insert, raw_device, raw_leading, raw_public_row, raw_route, raw_row, raw_trunk};
use rows::{add_leading, add_rows};

/// Draws from strategies; the same seed, the same values.
pub struct Seeded(TestRunner);

impl Seeded {
    /// A source of values.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Self(TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)))
    }

    /// The next value of a strategy.
    ///
    /// # Panics
    /// If the strategy rejects too much; those of this module reject nothing.
    pub fn draw<S: Strategy>(&mut self, strategy: &S) -> S::Value {
        strategy.new_tree(&mut self.0).expect("the strategy yields a value").current()
    }
}

/// Policies of 2-8 devices, up to two hot-desk users, 1-4 trunks, 1-8 routes and up to 12 rows.
///
/// What the language calls an error does not occur: references are taken modulo what exists, and a row or directory
/// number that would clash with an earlier one is left out. What is only a warning in the profile `mivb` does occur
/// there.
pub fn models() -> impl Strategy<Value = Model> {
    let classes = (vec(any::<bool>(), 1..4), vec(0..16_u8, 1..5), vec((1..5_u8, 1..5_u8), 0..5));
    let places = (vec(option(2, 1, 0..8_u8), 0..3), vec(raw_device(), 2..9), vec(raw_trunk(), 1..5));
    let modifications = vec((0..5_u8, insert()), 1..4);
    let routes = vec(raw_route(), 1..9);
    let lists = vec(vec((any::<u8>(), any::<bool>()), 1..5), 1..4);
    let rows = (
        vec(prop_oneof![2 => raw_row(), 1 => raw_public_row()], 1..10),
        vec(raw_leading(), 0..4),
        vec(any::<u8>(), 400),
        vec(any::<u8>(), 40),
    );
    let emergency = (vec(any::<u8>(), 1..4), vec((select(EMERGENCY), any::<bool>(), any::<u8>()), 0..4));
    let users = vec(any::<u8>(), 40);
    (any::<bool>(), classes, places, modifications, routes, lists, rows, emergency, users).prop_map(
        |(strict, classes, places, modifications, routes, lists, rows, emergency, users)| {
            let mut model =
                Model { profile: if strict { Profile::Strict } else { Profile::Mivb }, ..Model::default() };
            add_classes(&mut model, classes);
            add_routes(&mut model, &places.2, modifications, &routes, &lists, &emergency.0);
            add_emergency(&mut model, &places.0, &emergency.1);
            add_devices(&mut model, places.1);
            add_rows(&mut model, rows.0);
            add_leading(&mut model, rows.1);
            let mut dice = Dice::new(&rows.2);
            numbers::add(&mut model, &mut dice);
            times::add(&mut model, &mut dice);
            inbound::add(&mut model, &mut dice);
            speed::add(&mut model, &mut Dice::new(&rows.3));
            users::add(&mut model, &mut Dice::new(&users));
            model
        },
    )
}

fn option<T: Clone + std::fmt::Debug>(
    none: u32,
    some: u32,
    of: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Option<T>> {
    prop_oneof![none => Just(None), some => of.prop_map(Some)]
}

/// Numbers are given out backwards and with gaps: a number taken for a position is then noticed.
fn number(position: usize) -> u16 {
    u16::try_from(90 - 7 * position).expect("few rows")
}

fn small_number(position: usize) -> u8 {
    u8::try_from(number(position)).expect("few rows")
}

fn class(raw: u8, classes: usize) -> u8 {
    match raw {
        0 => 0,
        n => small_number(usize::from(n - 1) % classes),
    }
}

fn pick<T>(raw: u8, of: &[T]) -> &T {
    &of[usize::from(raw) % of.len()]
}
