//! The small shared types: time, digits, handles, secrets, outbox, crypto services.

pub mod crypto;
pub mod digits;
pub mod flow;
pub mod handle;
pub mod outbox;
pub mod secret;
pub mod time;
pub mod typed;
pub mod write;

pub use crypto::{Algorithm, Crypto, Hashed, Lean, Soft};
pub use digits::{Digit, Digits};
pub use flow::{Flow, Transport};
pub use handle::Handle;
pub use outbox::{Full, Outbox, Room, Ticked};
pub use secret::Secret;
pub(crate) use time::Clock;
pub use time::{Instant, Kept, WallTime};
pub use typed::Typed;
