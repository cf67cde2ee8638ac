//! The policy compiler: an administrator's TOML becomes an image that the engine reads in place, and a keyring.
//!
//! - [`compile_str`], [`compile_file`]: TOML to image and keyring, with findings that name file, line and column.
//! - [`load`]: a policy as TOML or as image, whichever the file is, for programs that run one.
//! - [`explain`]: who may call whom, and why not, in words and as JSON.
//! - [`diff`]: what changes between two policies, exactly.
//! - [`prove`]: whether any sequence of events brings about what a policy forbids.
//! - [`audit`]: whether what a gateway has written down is whole.
//! - [`trace`]: what an exchange was given and what it did, written down, replayed and drawn.
//!
//! The same input gives the same bytes: an image's hash names a policy wherever it was compiled.

pub mod audit;
mod codes;
mod compile;
pub mod diff;
pub mod explain;
mod finding;
mod keyring;
mod lint;
mod load;
pub mod prove;
mod read;
mod schema;
mod stations;
pub mod trace;
mod write;

pub use codes::CODES;
pub use compile::{Compiled, compile_file, compile_str};
pub use finding::{Finding, Level};
pub use keyring::keyring_for;
pub use load::{Loaded, load, load_image, load_policy};
pub use write::seal;
