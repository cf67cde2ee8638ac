//! Questions without a call.

use super::calls::party;
use crate::convert;
use crate::guard::{self, Engine, Place, Telephone, bytes, slots, stw_exchange, stw_phone};
use crate::status::{stw_status, stw_status_number};
use crate::types::{stw_decision, stw_skipped};
use core::mem::MaybeUninit;
use strowger::base::{Digits, Instant};
use strowger::policy::{Rule, Trace, Verdict};
use stw_status_number::{STW_DENIED, STW_NEEDS_CODE, STW_NOT_NOW, STW_OK};

/// The choices that a decision passed over: the first of them in C's array, and how many there were.
struct Skipped<'a> {
    into: &'a mut [MaybeUninit<stw_skipped>],
    count: usize,
}

impl Trace for Skipped<'_> {
    fn skipped(&mut self, route: u16, rule: Rule) {
        if let Some(place) = self.into.get_mut(self.count) {
            place.write(stw_skipped { route: u32::from(route), rule: u32::from(rule.number()) });
        }
        self.count = self.count.saturating_add(1);
    }
}

/// What would be decided now of a call of this party (as for stw_exchange_setup): nothing begins, is counted, recorded or put out by it.
///
/// The classes are those of who is at the phone, the mode is that in force, channels and limits are as they are, as for a call by neutral
/// signals; no account code is given, a lock-out after failed log-ins is not asked for, nor whether there is a place for a call. `out` gets the decision, without a leg, for STW_OK (allowed), STW_DENIED and STW_NEEDS_CODE. The choices of a route list that
/// were passed over, and why, go to `skipped`, `room` of them at most; `count` says how many there were. Both may be null, `skipped` with
/// `room` 0. STW_NOT_NOW: it is a feature code (or `conference`), and what that does is more than a call. STW_ERR_UNKNOWN: no such row. Cost: one decision.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_exchange_explain(
    x: *mut stw_exchange,
    now_ms: u64,
    party_kind: u32,
    party_row: u32,
    dialed: *const u8,
    dialed_len: usize,
    out: *mut stw_decision,
    skipped: *mut stw_skipped,
    room: usize,
    count: *mut usize,
) -> stw_status {
    let body = |engine: &mut Engine| {
        // SAFETY: convention 4 of the header.
        let (dialed, out) = unsafe { (bytes(dialed, dialed_len)?, Place::new(out)?) };
        // SAFETY: the same.
        let (into, count) = unsafe { (slots(skipped, room)?, Place::optional(count)?) };
        let from = party(engine, party_kind, party_row)?;
        let mut trace = Skipped { into, count: 0 };
        let explained = engine.explain(Instant(now_ms), from, dialed, &mut trace);
        let image = engine.image();
        let told = trace.count.min(room);
        for place in trace.into.iter_mut().take(told) {
            // SAFETY: the trace has written the first `count` of them.
            let skipped = unsafe { place.assume_init_mut() };
            let row = usize::try_from(skipped.route).ok().and_then(|row| image?.routes().get(row));
            skipped.route = row.map_or(0, |row| u32::from(row.id));
        }
        let Some((number, verdict)) = explained else { return Ok(STW_NOT_NOW) };
        let (status, number) = match &verdict {
            Verdict::Allow(_) => (STW_OK, number),
            Verdict::Deny(_) => (STW_DENIED, number),
            // A code is asked for before anything else becomes of what was dialed.
            Verdict::NeedsCode(_) => (STW_NEEDS_CODE, Digits::written(dialed).unwrap_or_default()),
        };
        out.write(convert::explained(image, from, &number, &verdict));
        if let Some(place) = count {
            place.write(trace.count);
        }
        Ok(status)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::exchange(x, body) }
}

/// What the telephone's own policy says of a number now: nothing begins by it. STW_OK: the gateway may be asked. STW_DENIED: `rule` says which
/// rule refuses it (stw_rule). `rule` may be null. What only the gateway knows is not judged: what stands behind a feature code, what a guest
/// may, whether a channel is free. Cost: one decision.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_explain(
    p: *mut stw_phone,
    now_ms: u64,
    dialed: *const u8,
    dialed_len: usize,
    rule: *mut u32,
) -> stw_status {
    let body = |engine: &mut Telephone| {
        // SAFETY: convention 4 of the header.
        let (dialed, rule) = unsafe { (bytes(dialed, dialed_len)?, Place::optional(rule)?) };
        match engine.explain(Instant(now_ms), dialed) {
            Ok(_) => Ok(STW_OK),
            Err(denial) => {
                if let Some(rule) = rule {
                    rule.write(u32::from(denial.rule.number()));
                }
                Ok(STW_DENIED)
            }
        }
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}
