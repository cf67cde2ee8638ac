//! Traces: what an exchange was given, and what it did, as a file that gives the same again (law 8).
//!
//! - [`Engine`] is an exchange that can be recorded; it takes every [`Input`] by one function.
//! - [`Writer`] writes a trace; [`Secrets`] says what becomes of keys, passwords and codes on the way.
//! - [`Trace`] is a trace that was read, [`replay()`] gives its inputs to an exchange again and compares.
//! - [`Ladder`] draws one: as text, as Mermaid, as SVG.
//!
//! `docs/trace.md` describes the format.

mod answers;
mod engine;
pub mod format;
mod inputs;
mod ladder;
mod outputs;
mod places;
mod reader;
mod replay;
mod restored;
mod tokens;
mod words;
mod writer;

pub use answers::{Answer, Recording};
pub use engine::{Engine, Input, Policy, Reserve, Sizes, Tables, Took};
pub use ladder::Ladder;
pub use reader::{BadTrace, Trace};
pub use replay::{Difference, Outcome, replay};
pub use tokens::Secrets;
pub use writer::Writer;
