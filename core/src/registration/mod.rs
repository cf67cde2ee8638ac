//! Who is there: bindings of SIP devices, and the digest by which they prove who they are; and where we are: our own registration with
//! a carrier, and the credentials that we give.

pub mod answer;
pub mod binding;
pub mod client;
pub mod contacts;
pub mod digest;
pub mod nonce;
pub mod set;

pub use binding::{Binding, Gone};
pub use digest::{Offer, Outcome};
pub use nonce::{Nonce, Replay};
