//! What changes between two policies: who newly reaches what, who no longer does, exactly.
//!
//! Every verdict is the engine's own. Numbers are not sampled: both number plans and both class automata are walked
//! together, so that every kind of number there is for the two has a number that stands for it
//! (`docs/decisions/0012-how-diff-is-exact.md`).
//!
//! ```
//! use strowger::base::Soft;
//! use strowger::policy::Image;
//! use strowger_tools::{compile_str, diff::diff};
//!
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
//!     [[device]]
//!     dn = "32"
//!     password = "loud-bell-under-hill"
//!     digest = ["sha-256"]
//!     cos = 1
//!     cor = 1
//! "#;
//! let changed = policy.replace("dn = \"32\"", "dn = \"32\"\ninterconnect = 2")
//!     + "[interconnect]\nrestricted = [{ from = 1, to = 2 }]\n";
//! let (old, new) = (compile_str(policy, "a.toml").unwrap(), compile_str(&changed, "b.toml").unwrap());
//! let load = |image| Image::load(image, &mut Soft::new(&[0; 32])).unwrap();
//! let difference = diff(&load(&old.image), &load(&new.image)).unwrap();
//! assert_eq!(
//!     difference.to_text(),
//!     "No longer allowed:\n  device 31 no longer reaches device 32, in every mode: interconnect"
//! );
//! ```

mod callers;
mod codes;
mod desk;
mod dialing;
mod group;
mod hours;
mod hunting;
mod outcomes;
mod pairs;
mod patterns;
mod sending;
mod sets;
mod settings;
mod text;
mod told;
mod zones;

pub(crate) use sending::class_step;

pub use told::{Change, Number, Said, Target};

use callers::Callers;
use dialing::Dialing;
use serde::Serialize;
use strowger::policy::Image;

/// What differs. Empty lists: nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Difference {
    /// Calls that are allowed now and were not: the ones to look at first.
    pub newly_allowed: Vec<Change>,
    /// Calls that were allowed and are not now.
    pub no_longer_allowed: Vec<Change>,
    /// Calls that were denied, or allowed, and now need an account code, or the other way round.
    pub account_codes: Vec<Change>,
    /// Calls with the same verdict that go another way.
    pub other_way: Vec<Change>,
    /// Calls that are denied as before, for another reason.
    pub other_reason: Vec<Change>,
    /// Whatever else an engine acts on and no verdict shows: limits, schedules, locations and so on.
    pub settings: Vec<String>,
}

/// The policies are too large, or too entangled, for an exact answer; there is no other.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TooLarge(&'static str);

impl TooLarge {
    const fn new(why: &'static str) -> Self {
        Self(why)
    }
}

impl std::fmt::Display for TooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "these policies cannot be compared exactly: {}", self.0)
    }
}

impl std::error::Error for TooLarge {}

/// How much is looked at before giving up. A hundred thousand rows and 65,000 devices need a tenth of it.
struct Most {
    /// Pairs of states of both number plans.
    states: usize,
    /// Members of all sets of what lies below a node.
    members: usize,
    /// Kinds of callers times kinds of numbers.
    decisions: usize,
}

const MOST: Most = Most { states: 16 << 20, members: 64 << 20, decisions: 32 << 20 };

/// Compares two policies.
///
/// Work: the pairs of states of the two number plans, and a decision for each kind of caller and each kind of number.
///
/// # Errors
/// [`TooLarge`] if that is more than a bounded amount; then nothing is known.
pub fn diff(old: &Image<'_>, new: &Image<'_>) -> Result<Difference, TooLarge> {
    within(old, new, &MOST)
}

fn within(old: &Image<'_>, new: &Image<'_>, most: &Most) -> Result<Difference, TooLarge> {
    if old.hash() == new.hash() {
        return Ok(Difference::default());
    }
    let images = [old, new];
    let callers = Callers::of(images);
    let (mut before, mut after) = (Dialing::new(old, most)?, Dialing::new(new, most)?);
    let numbers = pairs::numbers(&mut before, &mut after, most)?;
    let records = group::records(images, &callers, &numbers, most)?;
    let settings = settings::settings(&mut before, &mut after, &callers, most)?;
    let mut difference = told::told([&before, &after], &callers, &numbers, records, most);
    difference.settings = settings;
    Ok(difference)
}

impl Difference {
    /// Whether nothing differs that an engine acts on.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether some verdict differs.
    #[must_use]
    pub fn changes_verdicts(&self) -> bool {
        !(self.newly_allowed.is_empty() && self.no_longer_allowed.is_empty() && self.account_codes.is_empty())
    }

    /// Sentences for an administrator, devices counted where they are many. Nothing if nothing differs.
    #[must_use]
    pub fn to_text(&self) -> String {
        text::text(self, false)
    }

    /// The same with every device and every row named.
    #[must_use]
    pub fn to_full_text(&self) -> String {
        text::text(self, true)
    }

    /// The JSON object, in one line: every device, row and mode by name.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings, numbers and lists of them always have a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strowger::base::Soft;

    #[test]
    fn what_is_too_large_is_said() {
        let policy = |cor: u8| {
            format!(
                "[system]\nrealm = \"a.example\"\n[[cos]]\nid = 1\n[[device]]\ndn = \"31\"\npassword = \"quiet-lamp-over-sea\"\n\
                 cos = 1\ncor = {cor}\n"
            )
        };
        let made = [1, 2].map(|cor| crate::compile_str(&policy(cor), "a.toml").unwrap().image);
        let [old, new] = made.each_ref().map(|image| Image::load(image, &mut Soft::new(&[0; 32])).unwrap());
        assert_eq!(diff(&old, &new), Ok(Difference::default()));
        let small = Most { states: 1, ..MOST };
        let why = within(&old, &new, &small).unwrap_err().to_string();
        assert_eq!(
            why,
            "these policies cannot be compared exactly: the two number plans together have too many kinds of numbers"
        );
        let small = Most { decisions: 1, ..MOST };
        assert!(within(&old, &new, &small).is_err());
        assert_eq!(within(&old, &old, &small), Ok(Difference::default()));
    }
}
