//! A telephone's registration, datagrams and time in; outputs out.

use crate::convert::{self, phone};
use crate::guard::{self, Place, Telephone, buffer, bytes, read, stw_phone};
use crate::status::{stw_status, stw_status_number};
use crate::types::{stw_address, stw_phone_output};
use strowger::base::{Instant, Ticked};
use stw_status_number::{STW_EMPTY, STW_ERR_ARGUMENT, STW_ERR_BUFFER, STW_MORE, STW_OK};

/// Registers at the gateway, and stays so, at the other one while the first is gone. STW_PHONE_STANDING tells how that goes.
/// STW_ERR_DRAIN_FIRST: poll first. Cost: one message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_register(p: *mut stw_phone, now_ms: u64) -> stw_status {
    let body = |engine: &mut Telephone| {
        engine.register(Instant(now_ms))?;
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}

/// Takes the registration back. Calls go on. STW_ERR_DRAIN_FIRST: poll first. Cost: one message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_unregister(p: *mut stw_phone, now_ms: u64) -> stw_status {
    let body = |engine: &mut Telephone| {
        engine.unregister(Instant(now_ms))?;
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}

/// Takes one SIP datagram, or one whole message of a stream, read during the call only; at most 2,048 bytes of one are taken. `source` says
/// over which transport. What is wrong with it is answered or counted, and no error. STW_ERR_DRAIN_FIRST: poll, then give it again. Cost:
/// linear in its length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_receive(
    p: *mut stw_phone,
    now_ms: u64,
    source: *const stw_address,
    datagram: *const u8,
    datagram_len: usize,
) -> stw_status {
    let body = |engine: &mut Telephone| {
        // SAFETY: convention 4 of the header; every bit pattern is an stw_address.
        let (source, datagram) = unsafe { (read(source)?, bytes(datagram, datagram_len)?) };
        let source = convert::flow(&source).ok_or(STW_ERR_ARGUMENT)?;
        engine.receive(Instant(now_ms), source, datagram)?;
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}

/// Tells the address at which the telephone is reached over a transport. STW_ERR_ARGUMENT: no such transport or family. Cost: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_listen(p: *mut stw_phone, address: *const stw_address) -> stw_status {
    let body = |engine: &mut Telephone| {
        // SAFETY: convention 4 of the header; every bit pattern is an stw_address.
        let us = convert::flow(&unsafe { read(address)? }).ok_or(STW_ERR_ARGUMENT)?;
        engine.listen(us.transport, us.peer);
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}

/// A connection to the gateway is closed, or could not be made. STW_ERR_DRAIN_FIRST: poll first. Cost: linear in the transactions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_lost(
    p: *mut stw_phone,
    now_ms: u64,
    peer: *const stw_address,
) -> stw_status {
    let body = |engine: &mut Telephone| {
        // SAFETY: convention 4 of the header; every bit pattern is an stw_address.
        let peer = convert::flow(&unsafe { read(peer)? }).ok_or(STW_ERR_ARGUMENT)?;
        engine.lost(Instant(now_ms), peer)?;
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}

/// Time has come to `now_ms`: serves deadlines that are due, at most 4. STW_MORE: more are due; poll and call again.
/// STW_ERR_DRAIN_FIRST: poll first. An early tick does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_tick(p: *mut stw_phone, now_ms: u64) -> stw_status {
    let body = |engine: &mut Telephone| match engine.tick(Instant(now_ms))? {
        Ticked::Done => Ok(STW_OK),
        Ticked::More => Ok(STW_MORE),
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}

/// When stw_phone_tick is next wanted; UINT64_MAX: not before something happens (and for what is no telephone). Ask after the outputs are
/// polled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_deadline(p: *mut stw_phone) -> u64 {
    let mut deadline = u64::MAX;
    let body = |engine: &mut Telephone| {
        deadline = engine.next_deadline().map_or(u64::MAX, |at| at.0);
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    let _ = unsafe { guard::phone(p, body) };
    deadline
}

/// Takes the oldest output; call until STW_EMPTY after every input.
///
/// Of STW_PHONE_SEND and STW_PHONE_TEXT the bytes are copied to the `size` bytes at `buf`. STW_ERR_BUFFER: they do not fit, `*needed` says
/// how many there are, and the output stays. `buf` may be null if `size` is 0, `needed` may be null. 2,048 bytes suffice. Cost: constant,
/// and the bytes copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_poll(
    p: *mut stw_phone,
    out: *mut stw_phone_output,
    buf: *mut u8,
    size: usize,
    needed: *mut usize,
) -> stw_status {
    let body = |engine: &mut Telephone| {
        // SAFETY: convention 4 of the header.
        let (out, buf, needed) = unsafe { (Place::new(out)?, buffer(buf, size)?, Place::optional(needed)?) };
        match engine.poll(buf) {
            Ok(Some(output)) => {
                out.write(phone::output(&output));
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
    unsafe { guard::phone(p, body) }
}
