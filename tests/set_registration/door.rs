//! An exchange that sets come to, and what a controller does with its answers.

use crate::office::{exchange_address, neutral_of};
use std::net::SocketAddr;
use strowger::base::{Flow, Instant, Soft, Transport};
use strowger::registration::set::{Admitted, Bound, Claim, Refusal};
use strowger::wire::set::{CodeKind, Concealed, How, Mac, Reason, Register};
use strowger_testkit::sim::ExchangeBox;
