//! Test equipment, for our own tests and for those of users.
//!
//! [`model`] is a policy as plain data, [`oracle`] decides on it as naively as possible and shares no code with the
//! engine, [`strategies`] makes policies and attempts up, [`corpus`] finds shared test data. `tests/own_property.rs` is an
//! example of a property test of one's own policy.

pub mod corpus;
pub mod ladder;
pub mod loopback;
pub mod model;
pub mod oracle;
pub mod phone;
pub mod sim;
pub mod strategies;
