//! What neutral parties do with a call that is up: hold, transfer and conference.

use crate::convert;
use crate::guard::{self, Engine, Place, bytes, stw_exchange};
use crate::status::{Outcome, stw_status, stw_status_number};
use crate::types::{stw_decision, stw_leg};
use strowger::base::{Handle, Instant};
use strowger::exchange::{Signal, Taken};
use stw_status_number::{STW_CONGESTED, STW_DENIED, STW_ERR_UNKNOWN, STW_NOT_NOW, STW_OK};

/// The party of a neutral leg transfers its peer to what it dials (blind transfer). STW_OK: permitted; what becomes of it
/// comes as STW_OUTPUT_REFERRED, and until it is answered nothing has changed: a party that hangs up leaves the transfer to itself.
/// STW_DENIED: refused, `out` says why, and the call is as it was. STW_NOT_NOW: the two do not talk, something else is under way, or
/// the media of two SIP parties could not meet.
/// STW_CONGESTED: no room. `dialed` and errors as for stw_exchange_setup. Cost: one decision.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_transfer(
    x: *mut stw_exchange,
    now_ms: u64,
    leg: stw_leg,
    dialed: *const u8,
    dialed_len: usize,
    out: *mut stw_decision,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header.
        let (dialed, out) = unsafe { (bytes(dialed, dialed_len)?, Place::new(out)?) };
        let signal = Signal::Transfer(Handle::from_bits(leg), dialed);
        signalled(engine, now_ms, &signal, out)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// The party of a neutral leg joins its peer with the peer of another leg of its own (attended transfer); that one may still
/// ring. Results as for stw_exchange_transfer. Cost: constant, and one step for each digit of what was dialed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_join(
    x: *mut stw_exchange,
    now_ms: u64,
    leg: stw_leg,
    other: stw_leg,
    out: *mut stw_decision,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header.
        let out = unsafe { Place::new(out)? };
        let signal = Signal::Join(Handle::from_bits(leg), Handle::from_bits(other));
        signalled(engine, now_ms, &signal, out)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// The party of a neutral leg goes on hook. If its phone holds one other peer, that one is transferred to the peer of this leg, which may
/// still ring; STW_DENIED: it may not, `out` says why, and all of them are released. Otherwise as stw_exchange_release. Results as for
/// stw_exchange_transfer. Cost: linear in the legs, and one step for each digit of what was dialed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_on_hook(
    x: *mut stw_exchange,
    now_ms: u64,
    leg: stw_leg,
    out: *mut stw_decision,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header.
        let out = unsafe { Place::new(out)? };
        signalled(engine, now_ms, &Signal::OnHook(Handle::from_bits(leg)), out)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// The party of a neutral leg holds its peer. STW_OK: who holds for longer than `hold_recall` of its class is released, and rung;
/// a neutral peer is told by STW_OUTPUT_HELD. STW_DENIED: its class lets it not, `out` says why. STW_NOT_NOW: the two do not talk.
/// Errors as for stw_exchange_setup. Cost: linear in the legs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_hold(
    x: *mut stw_exchange,
    now_ms: u64,
    leg: stw_leg,
    out: *mut stw_decision,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header.
        let out = unsafe { Place::new(out)? };
        signalled(engine, now_ms, &Signal::Hold(Handle::from_bits(leg)), out)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// The party of a neutral leg goes on with its peer, which it has held. Results as for stw_exchange_hold. STW_DENIED: its phone talks to
/// others meanwhile, and this would be a conference that policy forbids, as `out` says; the peer stays held. Cost: linear in the legs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_retrieve(
    x: *mut stw_exchange,
    now_ms: u64,
    leg: stw_leg,
    out: *mut stw_decision,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header.
        let out = unsafe { Place::new(out)? };
        signalled(engine, now_ms, &Signal::Retrieve(Handle::from_bits(leg)), out)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// The conference that the call of a leg belongs to, as a number: the legs of the resource (STW_PARTY_CONFERENCE) for which it is the
/// same are to be mixed. Who mixes by other means than our SIP asks it with STW_OUTPUT_SETUP. STW_ERR_UNKNOWN: there is no such leg, or
/// it is in no conference. Cost: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_conference(
    x: *mut stw_exchange,
    leg: stw_leg,
    number: *mut u64,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header.
        let number = unsafe { Place::new(number)? };
        let room = engine.calls().room(Handle::from_bits(leg)).ok_or(STW_ERR_UNKNOWN)?;
        number.write(room.bits());
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

fn signalled(engine: &mut Engine, now_ms: u64, signal: &Signal<'_>, out: Place<stw_decision>) -> Outcome {
    match engine.signal(Instant(now_ms), signal)? {
        Taken::Done | Taken::SetUp { .. } | Taken::OffHook { .. } | Taken::NeedsCode { .. } => Ok(STW_OK),
        Taken::Denied(decision) => {
            out.write(convert::refused(engine.image(), &decision));
            Ok(STW_DENIED)
        }
        Taken::NotNow | Taken::Unfit(_) => Ok(STW_NOT_NOW),
        Taken::Congested => Ok(STW_CONGESTED),
        Taken::UnknownLeg => Err(STW_ERR_UNKNOWN),
    }
}
