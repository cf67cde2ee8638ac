//! Who is there: bindings of SIP devices, and the digest by which they prove who they are.

pub mod binding;
pub mod digest;
pub mod nonce;

pub use binding::{Binding, Gone};
pub use digest::{Offer, Outcome};
pub use nonce::{Nonce, Replay};
