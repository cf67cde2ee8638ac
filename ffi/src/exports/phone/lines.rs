//! What the user of a telephone does, and what is known of a line.

use crate::convert::phone as convert;
use crate::guard::{self, Place, Telephone, bytes, stw_phone};
use crate::status::{Outcome, stw_status, stw_status_number};
use crate::types::{stw_line, stw_line_info, stw_sound};
use strowger::base::{Digit, Handle, Instant};
use strowger::phone::Taken;
use stw_status_number::{
    STW_CONGESTED, STW_DENIED, STW_EMPTY, STW_ERR_ARGUMENT, STW_ERR_UNKNOWN, STW_NOT_NOW, STW_OK,
};

/// Calls a number: `dialed_len` characters 0-9, *, #. STW_OK: it is on its way, `line` gets its line. STW_DENIED: the telephone's own policy
/// refuses, `rule` says which (stw_rule), and nothing was sent. STW_NOT_NOW: another line is neither on hold nor over. STW_CONGESTED: no line
/// is free. A call for help needs no registration and always finds a line. `rule` may be null. STW_ERR_DRAIN_FIRST: poll first. Cost: one
/// decision, one message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_dial(
    p: *mut stw_phone,
    now_ms: u64,
    dialed: *const u8,
    dialed_len: usize,
    line: *mut stw_line,
    rule: *mut u32,
) -> stw_status {
    let body = |engine: &mut Telephone| {
        // SAFETY: convention 4 of the header.
        let (dialed, line, rule) =
            unsafe { (bytes(dialed, dialed_len)?, Place::new(line)?, Place::optional(rule)?) };
        let done = engine.dial(Instant(now_ms), dialed)?;
        if let Taken::Line(begun) = done {
            line.write(begun.bits());
        }
        taken(done, rule)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}

/// Takes a call that rings here. STW_NOT_NOW: none does on this line. STW_ERR_UNKNOWN: no such line. STW_ERR_DRAIN_FIRST: poll first. Cost:
/// one message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_answer(p: *mut stw_phone, now_ms: u64, line: stw_line) -> stw_status {
    let body = |engine: &mut Telephone| {
        let done = engine.answer(Instant(now_ms), Handle::from_bits(line))?;
        taken(done, None)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}

/// Hangs up, gives up, or refuses what rings. Results as for stw_phone_answer. Cost: one message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_hang_up(p: *mut stw_phone, now_ms: u64, line: stw_line) -> stw_status {
    let body = |engine: &mut Telephone| {
        let done = engine.hang_up(Instant(now_ms), Handle::from_bits(line))?;
        taken(done, None)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}

/// Holds who is there (`hold` not 0), or goes on with them (0). STW_PHONE_CHANGED tells what became of it. Results as for stw_phone_answer.
/// Cost: one message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_hold(
    p: *mut stw_phone,
    now_ms: u64,
    line: stw_line,
    hold: u32,
) -> stw_status {
    let body = |engine: &mut Telephone| {
        let done = engine.hold(Instant(now_ms), Handle::from_bits(line), hold != 0)?;
        taken(done, None)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}

/// Transfers who is there to a number (blind transfer). STW_PHONE_REFERRED tells what becomes of it. STW_DENIED: the telephone's own policy
/// refuses. Results as for stw_phone_dial. Cost: one decision, one message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_transfer(
    p: *mut stw_phone,
    now_ms: u64,
    line: stw_line,
    dialed: *const u8,
    dialed_len: usize,
    rule: *mut u32,
) -> stw_status {
    let body = |engine: &mut Telephone| {
        // SAFETY: convention 4 of the header.
        let (dialed, rule) = unsafe { (bytes(dialed, dialed_len)?, Place::optional(rule)?) };
        let done = engine.transfer(Instant(now_ms), Handle::from_bits(line), dialed)?;
        taken(done, rule)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}

/// Joins who is on one line with who is on the other, which may still ring there (attended transfer). STW_PHONE_REFERRED of the first line
/// tells what becomes of it. Results as for stw_phone_answer. Cost: one message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_join(
    p: *mut stw_phone,
    now_ms: u64,
    line: stw_line,
    other: stw_line,
) -> stw_status {
    let body = |engine: &mut Telephone| {
        let lines = [line, other].map(Handle::from_bits);
        let done = engine.join(Instant(now_ms), lines[0], lines[1])?;
        taken(done, None)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}

/// A digit of the account code that STW_PHONE_CODE asks for, as a character. In a call keys go with the sound (RFC 4733). STW_ERR_ARGUMENT:
/// no key. Results as for stw_phone_answer. Cost: one message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_press(
    p: *mut stw_phone,
    now_ms: u64,
    line: stw_line,
    key: u32,
) -> stw_status {
    let body = |engine: &mut Telephone| {
        let digit = u8::try_from(key).ok().and_then(Digit::from_ascii).ok_or(STW_ERR_ARGUMENT)?;
        let done = engine.press(Instant(now_ms), Handle::from_bits(line), digit)?;
        taken(done, None)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}

/// What is known of a line. STW_ERR_UNKNOWN: no such line, or it is gone. Cost: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_line(
    p: *mut stw_phone,
    line: stw_line,
    out: *mut stw_line_info,
) -> stw_status {
    let body = |engine: &mut Telephone| {
        // SAFETY: convention 4 of the header.
        let out = unsafe { Place::new(out)? };
        let line = Handle::from_bits(line);
        let state = engine.state(line).ok_or(STW_ERR_UNKNOWN)?;
        out.write(convert::line(state, engine.number(line), engine.name(line)));
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}

/// The sound that a line has agreed on, with its keys: wipe your copy. STW_EMPTY: nothing is agreed on. STW_ERR_UNKNOWN: no such line. Cost:
/// constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stw_phone_sound(
    p: *mut stw_phone,
    line: stw_line,
    out: *mut stw_sound,
) -> stw_status {
    let body = |engine: &mut Telephone| {
        // SAFETY: convention 4 of the header.
        let out = unsafe { Place::new(out)? };
        let line = Handle::from_bits(line);
        engine.state(line).ok_or(STW_ERR_UNKNOWN)?;
        let at = engine.sound_address(line);
        let Some((sound, keys)) = engine.sound(line) else { return Ok(STW_EMPTY) };
        out.write(convert::sound(&sound, keys, at));
        Ok(STW_OK)
    };
    // SAFETY: conventions 1 and 2 of the header.
    unsafe { guard::phone(p, body) }
}

fn taken(done: Taken, rule: Option<Place<u32>>) -> Outcome {
    match done {
        Taken::Done | Taken::Line(_) => Ok(STW_OK),
        Taken::Denied(denial) => {
            if let Some(rule) = rule {
                rule.write(u32::from(denial.rule.number()));
            }
            Ok(STW_DENIED)
        }
        Taken::NotNow => Ok(STW_NOT_NOW),
        Taken::Congested => Ok(STW_CONGESTED),
        Taken::UnknownLine => Err(STW_ERR_UNKNOWN),
    }
}
