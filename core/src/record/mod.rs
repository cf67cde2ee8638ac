//! What is written down: SMDR of calls, and decisions with their reasons.

pub mod alarm;
pub mod decision;
pub mod smdr;

pub use alarm::{Alarm, EmergencyNotice};
pub use decision::Decision;
pub use smdr::Smdr;
