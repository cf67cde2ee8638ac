//! Neutral signals: calls of parties that are not on the exchange's own SIP.

use crate::convert;
use crate::guard::{self, Engine, Place, bytes, stw_exchange};
use crate::status::{Outcome, stw_status, stw_status_number};
use crate::types::{stw_decision, stw_leg, stw_party_kind};
use strowger::base::{Digit, Digits, Handle, Instant};
use strowger::exchange::{Signal, Taken};
use strowger::policy::Party;
use stw_status_number::{
    STW_CONGESTED, STW_DENIED, STW_ERR_ARGUMENT, STW_ERR_UNKNOWN, STW_NEEDS_CODE, STW_OK,
};

/// A party (one of stw_party_kind, and its row) dials, all digits at once, and is not on the exchange's own SIP.
///
/// `dialed` is ASCII and read during the call only. `out` gets the decision for STW_OK, STW_DENIED and STW_NEEDS_CODE, and
/// is left alone otherwise. STW_OK: allowed and being set up, `out->leg` is the caller's leg; what to do comes by stw_exchange_poll.
/// (A way that fails at once has released that leg already: the outputs say so.) STW_DENIED: refused or busy, no leg.
/// STW_NEEDS_CODE: not without an account code; it is asked for on `out->leg`, see stw_exchange_digit.
/// STW_CONGESTED: no room. STW_ERR_UNKNOWN: no such row. STW_ERR_DRAIN_FIRST: poll, then again. Cost: one
/// decision, whatever the size of the policy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_setup(
    x: *mut stw_exchange,
    now_ms: u64,
    party_kind: u32,
    party_row: u32,
    dialed: *const u8,
    dialed_len: usize,
    out: *mut stw_decision,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header.
        let (dialed, out) = unsafe { (bytes(dialed, dialed_len)?, Place::new(out)?) };
        let from = party(engine, party_kind, party_row)?;
        let taken = engine.signal(Instant(now_ms), &Signal::Setup { from, dialed })?;
        let digits = Digits::written(dialed).unwrap_or_default();
        match taken {
            Taken::SetUp { leg } => {
                let choice = engine.calls().choice(leg);
                out.write(match choice {
                    Some((dialed, choice)) => {
                        convert::allowed(engine.image(), from, dialed, choice, leg.bits())
                    }
                    None => convert::allowed_somehow(from, &Digits::EMPTY, leg.bits()),
                });
                Ok(STW_OK)
            }
            Taken::Denied(decision) => {
                out.write(convert::refused(engine.image(), &decision));
                Ok(STW_DENIED)
            }
            Taken::NeedsCode { leg, denial } => {
                out.write(convert::needs_code(engine.image(), from, &digits, &denial, leg.bits()));
                Ok(STW_NEEDS_CODE)
            }
            Taken::Congested => Ok(STW_CONGESTED),
            Taken::Done | Taken::OffHook { .. } | Taken::NotNow | Taken::Unfit(_) | Taken::UnknownLeg => {
                Err(STW_ERR_ARGUMENT)
            }
        }
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// A party (as for stw_exchange_setup) goes off hook and will dial digit by digit. `leg` gets its leg; what it hears
/// comes as STW_OUTPUT_TONE, what is decided as STW_OUTPUT_DECISION, and a release, also of one that waited too long, as
/// STW_OUTPUT_RELEASE. STW_CONGESTED: no room, or no policy. Errors as for stw_exchange_setup. Cost: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_off_hook(
    x: *mut stw_exchange,
    now_ms: u64,
    party_kind: u32,
    party_row: u32,
    leg: *mut stw_leg,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header.
        let out = unsafe { Place::new(leg)? };
        let from = party(engine, party_kind, party_row)?;
        match engine.signal(Instant(now_ms), &Signal::OffHook { from })? {
            Taken::OffHook { leg } => {
                out.write(leg.bits());
                Ok(STW_OK)
            }
            Taken::Congested => Ok(STW_CONGESTED),
            Taken::Done
            | Taken::SetUp { .. }
            | Taken::NeedsCode { .. }
            | Taken::Denied(_)
            | Taken::NotNow
            | Taken::Unfit(_)
            | Taken::UnknownLeg => Err(STW_ERR_ARGUMENT),
        }
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// The party of a leg that is off hook, or is asked for an account code, presses a key: `digit` is its ASCII character, 0 to
/// 9, * or #. STW_OK: taken; whether it completes the number, the outputs say. STW_DENIED: it completes a number
/// that is refused; the party hears so, and is released by stw_exchange_release when it hangs up. STW_CONGESTED: there is no
/// room for the call. STW_ERR_ARGUMENT: no such key. Other errors as for stw_exchange_alerting. Cost: at most two decisions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_digit(
    x: *mut stw_exchange,
    now_ms: u64,
    leg: stw_leg,
    digit: u32,
) -> stw_status {
    let body = |engine: &mut Engine| {
        let digit = u8::try_from(digit).ok().and_then(Digit::from_ascii).ok_or(STW_ERR_ARGUMENT)?;
        let signal = Signal::Digit(Handle::from_bits(leg), digit);
        match engine.signal(Instant(now_ms), &signal)? {
            Taken::Done | Taken::SetUp { .. } | Taken::OffHook { .. } | Taken::NeedsCode { .. } => Ok(STW_OK),
            Taken::Denied(_) => Ok(STW_DENIED),
            Taken::Congested => Ok(STW_CONGESTED),
            Taken::NotNow | Taken::Unfit(_) | Taken::UnknownLeg => Err(STW_ERR_UNKNOWN),
        }
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// The party of a neutral leg rings. STW_ERR_UNKNOWN: no such leg, or it is on SIP. STW_ERR_DRAIN_FIRST. Cost: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_alerting(
    x: *mut stw_exchange,
    now_ms: u64,
    leg: stw_leg,
) -> stw_status {
    let body = |engine: &mut Engine| signal(engine, now_ms, &Signal::Alerting(Handle::from_bits(leg)));
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// The party of a neutral leg answered. Errors and cost as for stw_exchange_alerting.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_answer(x: *mut stw_exchange, now_ms: u64, leg: stw_leg) -> stw_status {
    let body = |engine: &mut Engine| signal(engine, now_ms, &Signal::Answer(Handle::from_bits(leg)));
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// The party of a neutral leg hung up (`sip_status` 0) or refused or failed (300 to 699: 486 busy, 503 no channel). The
/// leg is gone; an emergency call is tried on its next route. Errors and cost as for stw_exchange_alerting.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_release(
    x: *mut stw_exchange,
    now_ms: u64,
    leg: stw_leg,
    sip_status: u32,
) -> stw_status {
    let body = |engine: &mut Engine| {
        let cause = convert::cause(sip_status).ok_or(STW_ERR_ARGUMENT)?;
        signal(engine, now_ms, &Signal::Release(Handle::from_bits(leg), cause))
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// The party of numbers from C.
pub(super) fn party(engine: &Engine, kind: u32, row: u32) -> Result<Party, stw_status_number> {
    let exists = |rows: usize| usize::try_from(row).is_ok_and(|row| row < rows);
    // Without a policy there are no rows to compare with, and the engine refuses the call.
    let image = engine.image();
    if kind == stw_party_kind::STW_PARTY_UNKNOWN as u32 {
        Ok(Party::Unknown)
    } else if kind == stw_party_kind::STW_PARTY_DEVICE as u32 {
        let known = image.is_none_or(|image| exists(image.phones()));
        known.then_some(Party::Device(row)).ok_or(STW_ERR_UNKNOWN)
    } else if kind == stw_party_kind::STW_PARTY_TRUNK as u32 {
        let known = image.is_none_or(|image| exists(image.trunks().len()));
        let row = u16::try_from(row).ok().filter(|_| known);
        row.map(Party::Trunk).ok_or(STW_ERR_UNKNOWN)
    } else {
        Err(STW_ERR_ARGUMENT)
    }
}

fn signal(engine: &mut Engine, now_ms: u64, signal: &Signal<'_>) -> Outcome {
    match engine.signal(Instant(now_ms), signal)? {
        Taken::UnknownLeg => Err(STW_ERR_UNKNOWN),
        Taken::Done
        | Taken::SetUp { .. }
        | Taken::OffHook { .. }
        | Taken::NeedsCode { .. }
        | Taken::Denied(_)
        | Taken::NotNow
        | Taken::Unfit(_)
        | Taken::Congested => Ok(STW_OK),
    }
}
