//! A SIP dialog (RFC 3261 section 12): the texts and numbers that requests within it are built from.

use super::provisional::Provisional;
use super::session::{Session, Terms};
use crate::base::{Flow, Handle, Transport};
use crate::table::Text;
use core::net::{Ipv4Addr, SocketAddr};

/// How far the dialog of a leg has come.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Phase {
    /// The leg has no dialog.
    #[default]
    None,
    /// Their INVITE is not finally answered.
    Invited,
    /// Their INVITE is accepted, the ACK has not come.
    Answered {
        /// The call was released meanwhile; BYE follows the ACK (RFC 3261 section 15).
        release: bool,
    },
    /// Our INVITE is sent, nothing was heard.
    Calling {
        /// The call was released meanwhile; CANCEL follows the first provisional answer (section 9.1).
        release: bool,
    },
    /// Our INVITE was answered provisionally.
    Early,
    /// Our CANCEL is sent; the final answer is awaited.
    Cancelling,
    /// Both sides know each other, but our ACK waits for the caller's, whose body it carries.
    Unacknowledged,
    /// Talking.
    Confirmed,
    /// Talking; their re-INVITE is not finally answered.
    Reinvited,
    /// Talking; our re-INVITE is sent.
    Reinviting,
    /// Our BYE is sent, or theirs was answered.
    Released,
}

/// The far end of a dialog.
#[derive(Clone, Copy, Debug)]
pub struct Far {
    /// Seeded hash of their tag; 0 while unknown.
    pub tag: u64,
    /// Their address with tag, then their target URI, then `Route` lines.
    pub text: Text,
    /// Octets of their address in `text`.
    pub address_len: u16,
    /// Octets of the target in `text`.
    pub target_len: u16,
    /// Where requests go.
    pub next_hop: Flow,
}

impl Far {
    /// Nobody.
    pub const EMPTY: Self = Self {
        tag: 0,
        text: Text::EMPTY,
        address_len: 0,
        target_len: 0,
        next_hop: Flow::new(SocketAddr::new(core::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0), Transport::Udp),
    };
}

/// One leg's dialog; same slot as the leg.
#[derive(Clone, Copy, Debug)]
pub struct Dialog {
    /// The leg; a slot is given out again, so a dialog is only found by the handle it was opened with.
    pub leg: Handle,
    /// How far it has come.
    pub phase: Phase,
    /// The random part of our tag.
    pub cookie: u64,
    /// Call-ID, then our address without tag.
    pub fixed: Text,
    /// Octets of the Call-ID in `fixed`.
    pub call_id_len: u16,
    /// Their end.
    pub far: Far,
    /// Our last CSeq.
    pub local_cseq: u32,
    /// Their last CSeq.
    pub remote_cseq: u32,
    /// The INVITE transaction.
    pub invite: Handle,
    /// The session description this side offered in its INVITE, until the other side has it.
    pub offer: Text,
    /// Our ACK of their 2xx, to send again when that comes again.
    pub ack: Text,
    /// The CSeq that it acknowledges.
    pub acknowledged: u32,
    /// What is agreed on, or will be by our answer, of finding out whether they are there.
    pub terms: Terms,
    /// Whether they are.
    pub session: Session,
    /// Provisional answers of its INVITE that are acknowledged.
    pub provisional: Provisional,
    /// Max-Forwards left for the other side's INVITE.
    pub max_forwards: u8,
    /// We have called, and have credentials for who may ask for some. In a dialog where we were called none are given.
    pub proves: bool,
    /// Until they are heard: so many other servers our INVITE may go to.
    pub others: u8,
    /// The credentials that our INVITE went out with, as header lines: its ACK has the same.
    pub proof: Text,
}

impl Dialog {
    /// No dialog.
    pub const EMPTY: Self = Self {
        leg: Handle::NONE,
        phase: Phase::None,
        cookie: 0,
        fixed: Text::EMPTY,
        call_id_len: 0,
        far: Far::EMPTY,
        local_cseq: 0,
        remote_cseq: 0,
        invite: Handle::NONE,
        offer: Text::EMPTY,
        ack: Text::EMPTY,
        acknowledged: 0,
        terms: Terms::ASKED,
        session: Session::Off,
        provisional: Provisional::NONE,
        max_forwards: 70,
        proves: false,
        others: 0,
        proof: Text::EMPTY,
    };
}
