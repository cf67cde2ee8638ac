//! What a call asks of the relay (media that is anchored goes over one): where a party awaits its media goes in, where the
//! other party is to send instead comes back. The relay is told nothing else: no keys, no codecs. What it forwards it
//! cannot read where the parties encrypt.

use super::change::Side;
use super::place::Places;
use crate::base::Handle;
use core::net::IpAddr;

/// How far the relay is with what a party's description says.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Relayed {
    /// It was not asked.
    #[default]
    No,
    /// It was asked.
    Asked(Role),
    /// The other party sends here.
    At(Places),
    /// It could not.
    Failed,
}

/// Which half of a negotiation.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Role {
    /// An offer.
    Offer,
    /// The answer to one.
    Answer,
}

/// A question to the relay.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ask {
    /// The call's media: the caller's leg.
    pub media: Handle,
    /// The leg of the party whose description it is.
    pub leg: Handle,
    /// Which party that is.
    pub side: Side,
    /// Whether it offers or answers.
    pub role: Role,
    /// Where it awaits its media.
    pub places: Places,
    /// The address that the other party is signalled to: it wants one of the same family to send to.
    pub to: IpAddr,
}
