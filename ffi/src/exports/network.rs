//! Datagrams, the media relay and time in; outputs out.

use crate::convert;
use crate::guard::{self, Engine, Place, buffer, bytes, elements, read, stw_exchange};
use crate::media::{self, stw_place};
use crate::status::{stw_status, stw_status_number};
use crate::types::{stw_address, stw_leg, stw_output};
use strowger::base::{Handle, Instant};
use strowger::exchange::{Received, Ticked};
use stw_status_number::{STW_EMPTY, STW_ERR_ARGUMENT, STW_ERR_BUFFER, STW_HELD, STW_MORE, STW_OK};

/// Takes one SIP datagram, or one whole message of a stream, read during the call only. `source` says over which transport. What is wrong with it is answered or counted, and no error.
/// STW_HELD: give it again after stw_exchange_relayed. STW_ERR_DRAIN_FIRST: poll, then give it again. Cost: linear in its length, and one decision if it begins a call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_receive(
    x: *mut stw_exchange,
    now_ms: u64,
    source: *const stw_address,
    datagram: *const u8,
    datagram_len: usize,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header; every bit pattern is an stw_address.
        let (source, datagram) = unsafe { (read(source)?, bytes(datagram, datagram_len)?) };
        let source = convert::flow(&source).ok_or(STW_ERR_ARGUMENT)?;
        match engine.receive(Instant(now_ms), source, datagram)? {
            Received::Done => Ok(STW_OK),
            Received::Held(_) => Ok(STW_HELD),
        }
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// Tells the address that SIP peers reach this exchange at over a transport of streams; until then none is used but where a peer
/// does. STW_ERR_ARGUMENT: no such transport or family. Cost: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_listen(
    x: *mut stw_exchange,
    address: *const stw_address,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header; every bit pattern is an stw_address.
        let us = convert::flow(&unsafe { read(address)? }).ok_or(STW_ERR_ARGUMENT)?;
        engine.listen(us.transport, us.peer);
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// A connection is closed, or could not be made: who was registered over it is gone (STW_OUTPUT_UNREGISTERED), and unanswered
/// requests over it have timed out. No call ends by it. STW_MORE: poll, and call again. STW_ERR_DRAIN_FIRST: poll first. Cost: linear in
/// devices, transactions and legs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_lost(
    x: *mut stw_exchange,
    now_ms: u64,
    peer: *const stw_address,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header; every bit pattern is an stw_address.
        let peer = convert::flow(&unsafe { read(peer)? }).ok_or(STW_ERR_ARGUMENT)?;
        match engine.lost(Instant(now_ms), peer)? {
            Ticked::Done => Ok(STW_OK),
            Ticked::More => Ok(STW_MORE),
        }
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// The relay has answered STW_OUTPUT_RELAY: the other party of this leg's call is to send to these places, one for each
/// stream that was asked for, all at one address. `count` 0: it could not take the media. Then give the datagrams again for
/// which stw_exchange_receive said STW_HELD. What nobody waits for (the call is over) changes nothing. STW_ERR_ARGUMENT:
/// more than STW_STREAMS places, or at several addresses. STW_ERR_DRAIN_FIRST: poll first. Cost: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_relayed(
    x: *mut stw_exchange,
    now_ms: u64,
    leg: stw_leg,
    relay: *const stw_place,
    count: usize,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header; every bit pattern is an stw_place.
        let relay = unsafe { elements(relay, count)? };
        let given = match relay {
            [] => None,
            relay => Some(media::places(relay).ok_or(STW_ERR_ARGUMENT)?),
        };
        engine.relayed(Instant(now_ms), Handle::from_bits(leg), given.as_ref())?;
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// The media relay has forgotten everything, or another has taken its place: the media of every call over it is negotiated
/// anew. A call over it that is not answered yet fails when it is. The messages follow from stw_exchange_tick.
/// STW_ERR_DRAIN_FIRST: poll first. Cost: linear in the legs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_relay_lost(x: *mut stw_exchange, now_ms: u64) -> stw_status {
    let body = |engine: &mut Engine| {
        engine.relay_lost(Instant(now_ms))?;
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// Time has come to `now_ms`: serves deadlines that are due, at most 16. STW_MORE: more are due; poll and call again.
/// STW_ERR_DRAIN_FIRST: poll first. An early tick does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_tick(x: *mut stw_exchange, now_ms: u64) -> stw_status {
    let body = |engine: &mut Engine| match engine.tick(Instant(now_ms))? {
        Ticked::Done => Ok(STW_OK),
        Ticked::More => Ok(STW_MORE),
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// When stw_exchange_tick is next wanted; UINT64_MAX: not before something happens (and for what is no exchange). Ask
/// after the outputs are polled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_deadline(x: *mut stw_exchange) -> u64 {
    let mut deadline = u64::MAX;
    let body = |engine: &mut Engine| {
        deadline = engine.next_deadline().map_or(u64::MAX, |at| at.0);
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    let _ = unsafe { guard::exchange(x, body) };
    deadline
}

/// Takes the oldest output; call until STW_EMPTY after every input.
///
/// Of STW_OUTPUT_SEND the bytes are copied to the `size` bytes at `buf`. STW_ERR_BUFFER: they do not fit, `*needed` says
/// how many there are, and the output stays. `buf` may be null if `size` is 0, `needed` may be null. 8,192 bytes suffice
/// for every message of SIP that this library writes. Cost: constant, and the bytes copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_poll(
    x: *mut stw_exchange,
    out: *mut stw_output,
    buf: *mut u8,
    size: usize,
    needed: *mut usize,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header.
        let (out, buf, needed) = unsafe { (Place::new(out)?, buffer(buf, size)?, Place::optional(needed)?) };
        match engine.poll(buf) {
            Ok(Some(output)) => {
                out.write(convert::output(engine.image(), &output));
                Ok(STW_OK)
            }
            Ok(None) => Ok(STW_EMPTY),
            Err(short) => {
                if let Some(needed) = needed {
                    needed.write(short.needed);
                }
                Err(STW_ERR_BUFFER)
            }
        }
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}
