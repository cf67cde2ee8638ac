//! Proves that no sequence of user actions and network events brings about what a policy forbids, or shows one that does.
//!
//! The real call machine and the real decisions run; only the world around them is small: see [`Bounds`]. What was found is
//! judged by another reading of the policy's rows than the engine's.
//!
//! ```
//! let policy = r#"
//!     [system]
//!     realm = "shop.example"
//!     [[cos]]
//!     id = 1
//!     [[device]]
//!     dn = "31"
//!     password = "quiet-lamp-over-sea"
//!     digest = ["sha-256"]
//!     cos = 1
//!     cor = 1
//! "#;
//! let proof = strowger_tools::prove::prove_text(policy, &Default::default(), &mut |_| {}).unwrap();
//! assert!(proof.closed && proof.violation.is_none());
//! ```

mod abstraction;
mod action;
mod actions;
mod conference;
mod desk;
mod dialed;
mod forward;
mod given;
mod hunting;
mod judge;
mod ladder;
mod liveness;
mod numbers;
mod origin;
mod overriding;
mod recorded;
mod report;
mod room;
mod search;
mod story;
mod taking;
mod world;

pub use abstraction::Bounds;
pub use ladder::{Line, draw};
pub use liveness::Violation;
pub use report::{Broken, Proof};

use abstraction::Abstraction;
use given::Given;
use std::path::Path;
use strowger::base::Soft;
use strowger::policy::{Image, Keyring};

/// How to prove.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// States after which the search is given up.
    pub states: u64,
    /// Threads.
    pub threads: usize,
    /// How much is explored.
    pub bounds: Bounds,
}

impl Default for Options {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(16);
        Self { states: 5_000_000, threads, bounds: Bounds::default() }
    }
}

/// How far a search is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Distinct states so far.
    pub states: u64,
    /// Events since the beginning.
    pub depth: usize,
    /// States to go on from.
    pub waiting: usize,
}

/// Proves the policy in a file: TOML, or an image with its keyring beside it.
///
/// # Errors
/// What is wrong with the file, or with an assertion in it.
pub fn prove_file(
    path: &Path,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Proof, String> {
    let loaded = crate::load(path, None).map_err(|findings| lines(&findings))?;
    let given = match crate::load::is_image(path) {
        true => Given::default(),
        false => Given::of_file(path)?,
    };
    prove(loaded.image, loaded.keyring, &given, options, progress)
}

/// Proves a policy's text.
///
/// # Errors
/// What is wrong with it.
pub fn prove_text(
    text: &str,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Proof, String> {
    let compiled = crate::compile_str(text, "policy.toml").map_err(|findings| lines(&findings))?;
    prove(compiled.image, Some(compiled.keyring), &Given::of_text(text)?, options, progress)
}

fn prove(
    image: Vec<u8>,
    keyring: Option<Vec<u8>>,
    given: &Given,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Proof, String> {
    let begun = std::time::Instant::now();
    // Worlds are made over what lives as long as the program.
    let mut soft = Soft::new(&[0; 32]);
    let keyring = keyring.map(|keyring| crate::keyring::with_pins(&keyring, desk::PIN));
    let octets: (&'static [u8], Option<&'static [u8]>) =
        (image.leak(), keyring.map(|keyring| &*keyring.leak()));
    let image = Image::load(octets.0, &mut soft).map_err(|why| format!("{why:?}"))?;
    let keyring = match octets.1 {
        Some(keyring) => Keyring::load(keyring, &image, &mut soft).map_err(|why| format!("{why:?}"))?,
        None => Keyring::EMPTY,
    };
    let mut all = Abstraction::new(image, keyring, given, options.bounds);
    all.octets = octets;
    if all.is_beyond_numbering() {
        return Err("the policy has more kinds of devices and numbers than are explored (65,534): leave out some that do not matter here, and prove those apart".into());
    }
    let searched = search::search(&all, options.states, options.threads, &mut |states, depth, waiting| {
        progress(Progress { states, depth, waiting });
    });
    Ok(Proof::new(&all, searched, begun.elapsed().as_secs_f64()))
}

fn lines(findings: &[crate::Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
