//! Numbers of the ABI that stand for something in the engine, and the rules' names as C text.

use core::ffi::{CStr, c_char};
use strowger::policy::{Mode, Rule};

/// The rules that a decision can rest on; numbers are never reused, so an unknown one comes from a newer library.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "for the header; a test compares it with Rule::ALL")]
pub enum stw_rule {
    /// An internal call, and nothing restricts it.
    STW_RULE_INTERNAL = 1,
    /// A call over a route that the caller may use.
    STW_RULE_ROUTE = 2,
    /// An emergency call: no restriction applies.
    STW_RULE_EMERGENCY = 3,
    /// The caller has no Class of Service in this mode.
    STW_RULE_COS_NONE = 10,
    /// The caller has no Class of Restriction in this mode.
    STW_RULE_COR_NONE = 11,
    /// The COS does not have the feature that is asked for.
    STW_RULE_COS_FEATURE = 12,
    /// The COR group of these Leading Digits blocks the caller's COR.
    STW_RULE_COR_LEADING = 20,
    /// The COR group of the route blocks the caller's COR.
    STW_RULE_COR_ROUTE = 21,
    /// The public route has no COR group, and the profile is strict.
    STW_RULE_COR_UNLABELLED = 22,
    /// The number class of what would be sent is denied.
    STW_RULE_CLASS_DENIED = 23,
    /// Interconnect Restriction forbids joining these two.
    STW_RULE_INTERCONNECT = 30,
    /// Two public trunks, and not both classes allow that.
    STW_RULE_PUBLIC_TO_PUBLIC = 31,
    /// A device cannot call itself.
    STW_RULE_CALL_SELF = 40,
    /// No directory number and no ARS row matches.
    STW_RULE_NUMBER_VACANT = 50,
    /// These digits are only the beginning of a number.
    STW_RULE_NUMBER_INCOMPLETE = 51,
    /// Something other than 0-9, * and # was dialed.
    STW_RULE_NUMBER_INVALID = 52,
    /// The route's digit modification does not fit these digits.
    STW_RULE_DIGIT_MODIFICATION = 53,
    /// The route carries emergency calls only.
    STW_RULE_ROUTE_EMERGENCY_ONLY = 54,
    /// The caller's COR may not dial so many digits.
    STW_RULE_MAX_DIGITS = 55,
    /// The route plan allows no calls at this time.
    STW_RULE_ROUTE_PLAN_CLOSED = 56,
    /// Every route that the caller may use is busy.
    STW_RULE_TRUNK_BUSY = 60,
    /// The emergency number has no route.
    STW_RULE_EMERGENCY_NO_ROUTE = 61,
    /// The authenticated user does not own the identity it claims.
    STW_RULE_IDENTITY_MISMATCH = 70,
    /// The device may not register or call over this transport.
    STW_RULE_IDENTITY_TRANSPORT = 71,
    /// No policy is loaded: every call is denied.
    STW_RULE_POLICY_NONE = 80,
    /// As many public calls begun in this minute as the limits allow.
    STW_RULE_LIMIT_RATE = 90,
    /// As many public calls as the limits allow.
    STW_RULE_LIMIT_CALLS = 91,
    /// Locked out after failed log-ins.
    STW_RULE_LOCKOUT = 92,
    /// The call has lasted as long as the limits allow.
    STW_RULE_LIMIT_DURATION = 93,
    /// The COS asks for a verified account code first.
    STW_RULE_ACCOUNT_CODE_FORCED_VERIFIED = 100,
    /// The COS asks for an account code on this route.
    STW_RULE_ACCOUNT_CODE_FORCED = 101,
    /// The account code is none that the caller may use.
    STW_RULE_ACCOUNT_CODE_WRONG = 102,
    /// Account codes are refused for a while.
    STW_RULE_ACCOUNT_CODE_LOCKED = 103,
    /// No hot-desk user has this number and this PIN.
    STW_RULE_PIN_WRONG = 104,
    /// Log-ins are refused for a while.
    STW_RULE_PIN_LOCKED = 105,
    /// The phone, or the user elsewhere, is in a call.
    STW_RULE_HOT_DESK_BUSY = 106,
    /// No call can be diverted to an emergency number.
    STW_RULE_FORWARD_EMERGENCY = 110,
    /// A conference has eight parties at most.
    STW_RULE_CONFERENCE_FULL = 111,
    /// A party of the call has the feature `busy-override-security` (R5).
    STW_RULE_BUSY_OVERRIDE_SECURITY = 112,
    /// A party of the call has the feature `call-privacy` (R6).
    STW_RULE_CALL_PRIVACY = 113,
}

/// Service modes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum stw_mode {
    /// Day.
    STW_MODE_DAY = 0,
    /// Night 1.
    STW_MODE_NIGHT1 = 1,
    /// Night 2.
    STW_MODE_NIGHT2 = 2,
    /// For stw_exchange_set_mode only: by the policy's holidays and schedules.
    STW_MODE_SCHEDULE = 9,
}

const MODES: [(Mode, stw_mode); 3] = [
    (Mode::Day, stw_mode::STW_MODE_DAY),
    (Mode::Night1, stw_mode::STW_MODE_NIGHT1),
    (Mode::Night2, stw_mode::STW_MODE_NIGHT2),
];

/// The mode of a number from C.
pub(crate) fn mode(number: u32) -> Option<Mode> {
    MODES.into_iter().find(|(_, mode)| *mode as u32 == number).map(|(mode, _)| mode)
}

/// The override that a number from C stands for: a mode, or none.
pub(crate) fn mode_override(number: u32) -> Option<Option<Mode>> {
    if number == stw_mode::STW_MODE_SCHEDULE as u32 { Some(None) } else { mode(number).map(Some) }
}

/// The number of a mode.
pub(crate) fn mode_number(mode: Mode) -> u32 {
    MODES.into_iter().find(|(one, _)| *one == mode).map_or(0, |(_, mode)| mode as u32)
}

/// The number of the mode of this name.
pub(crate) fn mode_named(name: &str) -> u32 {
    MODES.into_iter().find(|(mode, _)| mode.name() == name).map_or(0, |(_, mode)| mode as u32)
}

/// The number of the rule of this name, 0 if there is none.
pub(crate) fn rule_named(name: &str) -> u32 {
    Rule::ALL.iter().find(|rule| rule.name() == name).map_or(0, |rule| u32::from(rule.number()))
}

/// The longest name and its end.
const WIDTH: usize = 32;

/// The names with the zero at the end that C needs, beside `Rule::ALL`.
static NAMES: [[u8; WIDTH]; Rule::ALL.len()] = names();

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "done by the compiler, which checks"
)]
const fn names() -> [[u8; WIDTH]; Rule::ALL.len()] {
    let mut names = [[0; WIDTH]; Rule::ALL.len()];
    let mut rule = 0;
    while rule < names.len() {
        let name = Rule::ALL[rule].name().as_bytes();
        let mut at = 0;
        while at < name.len() {
            names[rule][at] = name[at];
            at += 1;
        }
        assert!(at < WIDTH, "a rule's name is longer than its place");
        rule += 1;
    }
    names
}

/// The dotted name of a rule as C text.
pub(crate) fn rule_name(number: u16) -> *const c_char {
    let known = Rule::ALL.iter().zip(&NAMES).find(|(rule, _)| rule.number() == number);
    let name = known.and_then(|(_, name)| CStr::from_bytes_until_nul(name).ok());
    name.unwrap_or(c"unknown").as_ptr()
}
