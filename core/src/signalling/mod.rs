//! SIP transactions and dialogs: between messages on the wire and neutral signals.

pub mod dialog;
pub mod preserved;
pub mod provisional;
pub mod render;
pub mod servers;
pub mod session;
pub mod sip;
pub mod transaction;

pub use dialog::Dialog;
pub use sip::{Sip, Transaction};
