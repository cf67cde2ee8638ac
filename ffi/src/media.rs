//! Media in the ABI: what the relay is asked, and pinholes.

use crate::convert::{address, socket_address};
use crate::types::{stw_address, stw_leg};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use strowger::base::Handle;
use strowger::exchange::Pinhole;
use strowger::media::relay::{Ask, Role};
use strowger::media::{Place, Places, Side};

/// Streams of a description that are told of.
pub const STW_STREAMS: usize = 8;

/// Where a stream is awaited; all 0: it is not.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct stw_place {
    /// Its packets.
    pub rtp: stw_address,
    /// The port of its reports, at the same address; the same port if they share it.
    pub rtcp_port: u16,
    /// 0.
    pub reserved: u16,
}

/// STW_OUTPUT_RELAY: ask the media relay, and give its answer to stw_exchange_relayed.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct stw_output_relay {
    /// The call: its caller's leg.
    pub media: stw_leg,
    /// The leg of the party that awaits media there.
    pub leg: stw_leg,
    /// 0 the caller's, 1 the called party's.
    pub side: u32,
    /// 0 it offers, 1 it answers what the other has offered.
    pub answers: u32,
    /// Streams, at most STW_STREAMS.
    pub count: u32,
    /// 0.
    pub reserved: u32,
    /// Where the other party is signalled to: it wants an address of the same family to send to.
    pub to: stw_address,
    /// Where they are awaited.
    pub places: [stw_place; STW_STREAMS],
}

/// STW_OUTPUT_OPEN: let UDP pass between the two ends, both ways. STW_OUTPUT_CLOSE: close all pinholes of this call with
/// this number; the ends are all 0. STW_OUTPUT_RELAY_UNDO, _RELAY_END: only `media` counts.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct stw_output_pinhole {
    /// The call: its caller's leg.
    pub media: stw_leg,
    /// Which agreement it belongs to.
    pub number: u32,
    /// The longest that it may be needed, in seconds; 0: until it is closed.
    pub longest_s: u32,
    /// One end.
    pub a: stw_address,
    /// The other end.
    pub b: stw_address,
}

fn place(from: Place) -> stw_place {
    stw_place { rtp: address(from.rtp), rtcp_port: from.rtcp.port(), reserved: 0 }
}

pub(crate) fn ask(from: &Ask) -> stw_output_relay {
    let mut places = [stw_place::default(); STW_STREAMS];
    for (to, stream) in places.iter_mut().zip(0..) {
        *to = from.places.get(stream).map_or_else(stw_place::default, place);
    }
    stw_output_relay {
        media: from.media.bits(),
        leg: from.leg.bits(),
        side: u32::from(from.side == Side::B),
        answers: u32::from(from.role == Role::Answer),
        count: u32::try_from(from.places.len()).unwrap_or(0),
        reserved: 0,
        to: address(SocketAddr::new(from.to, 0)),
        places,
    }
}

pub(crate) fn of_call(media: Handle) -> stw_output_pinhole {
    stw_output_pinhole { media: media.bits(), ..stw_output_pinhole::default() }
}

pub(crate) fn pinhole(from: &Pinhole) -> stw_output_pinhole {
    stw_output_pinhole {
        media: from.media.bits(),
        number: u32::from(from.number),
        longest_s: from.longest_s,
        a: address(from.a),
        b: address(from.b),
    }
}

/// What the relay gave, all of it at one address. `None`: it is not.
pub(crate) fn places(from: &[stw_place]) -> Option<Places> {
    let mut ports = [[0; 2]; STW_STREAMS];
    let mut relay = None;
    for (to, from) in ports.iter_mut().zip(from) {
        if from.rtp.port == 0 {
            continue;
        }
        let ip = socket_address(&from.rtp)?.ip();
        if *relay.get_or_insert(ip) != ip {
            return None;
        }
        *to = [from.rtp.port, from.rtcp_port];
    }
    let relay = relay.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    Some(Places::at(relay, ports.get(..from.len())?))
}
