//! What `stw_exchange_poll` gives: one struct for each kind of output, and the union of them.

use super::{stw_address, stw_decision, stw_digits, stw_leg, stw_party, stw_smdr};
use crate::media::{stw_output_pinhole, stw_output_relay};
use core::ffi::c_char;

/// Kinds of output; ignore one that you do not know.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum stw_output_kind {
    /// body.send: send bytes of the buffer.
    STW_OUTPUT_SEND = 1,
    /// body.setup: offer a call to a party that is not on the exchange's own SIP.
    STW_OUTPUT_SETUP = 2,
    /// body.leg: the other side of a neutral caller rings.
    STW_OUTPUT_ALERTING = 3,
    /// body.leg: the call of a neutral caller was answered; connect it.
    STW_OUTPUT_CONNECT = 4,
    /// body.leg: release a neutral leg, which is gone now.
    STW_OUTPUT_RELEASE = 5,
    /// body.registration: a device is there.
    STW_OUTPUT_REGISTERED = 6,
    /// body.registration: a device is gone.
    STW_OUTPUT_UNREGISTERED = 7,
    /// body.decision: a decision was taken.
    STW_OUTPUT_DECISION = 8,
    /// body.smdr: a call is over, or was toll-denied.
    STW_OUTPUT_SMDR = 9,
    /// body.alarm: somebody should be told.
    STW_OUTPUT_ALARM = 10,
    /// body.emergency: an emergency call was placed.
    STW_OUTPUT_EMERGENCY = 11,
    /// body.tone: let a neutral party that dials hear this.
    STW_OUTPUT_TONE = 12,
    /// body.relay: ask the media relay.
    STW_OUTPUT_RELAY = 13,
    /// body.pinhole: tell the relay that what it was asked last for this call was not agreed on; it forwards as before.
    STW_OUTPUT_RELAY_UNDO = 14,
    /// body.pinhole: tell the relay that this call is over, or goes on without it.
    STW_OUTPUT_RELAY_END = 15,
    /// body.pinhole: open one.
    STW_OUTPUT_OPEN = 16,
    /// body.pinhole: close all of a call with that number.
    STW_OUTPUT_CLOSE = 17,
    /// body.transfer: a neutral leg talks to another from now on: connect them. Each neutral leg of the two has its output.
    STW_OUTPUT_JOINED = 18,
    /// body.transfer: what becomes of a transfer.
    STW_OUTPUT_REFERRED = 19,
    /// body.setup: the call of a neutral caller goes on to another number; `to` is the device that has forwarded it.
    STW_OUTPUT_FORWARDED = 20,
    /// body.registration: the user of a device has set forwarding, or that it wants no calls, by a feature code.
    STW_OUTPUT_SET = 21,
    /// body.transfer: the party of a neutral leg is on hold from now on (`status` 1), or no more (0).
    STW_OUTPUT_HELD = 22,
    /// body.standing: how the exchange stands at the carrier of a trunk where it registers.
    STW_OUTPUT_STANDING = 23,
    /// body.server: a server of a trunk has failed; requests to the trunk go to another from now on.
    STW_OUTPUT_SERVER = 24,
}

/// How an exchange stands at a carrier where it registers.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum stw_standing {
    /// It is registered, for `expires_s` seconds; it renews that by itself.
    STW_STANDING_REGISTERED = 1,
    /// The carrier refuses with `status`: 401 and 407 mean that the password is wrong. It is asked again later.
    STW_STANDING_REFUSED = 2,
    /// The carrier does not answer. It is asked again later.
    STW_STANDING_UNANSWERED = 3,
    /// It was not renewed in time: calls from there do not come any more.
    STW_STANDING_LAPSED = 4,
    /// Its connection is closed; it is asked again soon.
    STW_STANDING_LOST = 5,
}

/// What a party that dials hears.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum stw_tone {
    /// Nothing.
    STW_TONE_SILENCE = 0,
    /// Dial tone.
    STW_TONE_DIAL = 1,
    /// Second dial tone, behind Leading Digits.
    STW_TONE_SECOND_DIAL = 2,
    /// The prompt for an account code.
    STW_TONE_ACCOUNT_CODE = 3,
    /// The call goes over a dear route, and goes on.
    STW_TONE_WARNING = 4,
    /// Refused.
    STW_TONE_REORDER = 5,
    /// Busy.
    STW_TONE_BUSY = 6,
    /// What was dialed is set.
    STW_TONE_CONFIRMATION = 7,
    /// Somebody waits for the party that talks, or the party itself waits for one that is busy.
    STW_TONE_CAMP_ON = 8,
    /// Somebody comes into the call: Executive Busy Override.
    STW_TONE_INTRUSION = 9,
}

/// Why an alarm was raised.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum stw_alarm_cause {
    /// A limit on public calls: rule says which.
    STW_ALARM_LIMIT = 1,
    /// Locked out after failed log-ins.
    STW_ALARM_LOCKOUT = 2,
    /// Account codes are refused after too many wrong ones.
    STW_ALARM_CODE_LOCKOUT = 3,
    /// A call to a watched number class: number_class says which.
    STW_ALARM_WATCHED = 4,
    /// A public call was cleared for an emergency call.
    STW_ALARM_PREEMPTED = 5,
    /// An emergency call has no call-back number.
    STW_ALARM_NO_CALLBACK = 6,
    /// Too many wrong answers from one address, whomever they were for.
    STW_ALARM_SOURCE = 7,
}

/// STW_OUTPUT_ALARM.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct stw_output_alarm {
    /// When, in seconds since 1970-01-01 UTC by stw_exchange_set_clock.
    pub unix_s: i64,
    /// Minutes east of UTC then in force.
    pub offset_min: i32,
    /// One of stw_alarm_cause.
    pub cause: u32,
    /// One of stw_rule, or 0.
    pub rule: u32,
    /// As in stw_decision, or 0.
    pub number_class: u32,
    /// Whose doing.
    pub party: stw_party,
    /// What was dialed, if that matters.
    pub dialed: stw_digits,
    /// Of STW_ALARM_SOURCE the address, else all 0.
    pub source: stw_address,
}

/// STW_OUTPUT_EMERGENCY: whoever is to know of emergency calls should know now.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct stw_output_emergency {
    /// When, in seconds since 1970-01-01 UTC by stw_exchange_set_clock.
    pub unix_s: i64,
    /// Minutes east of UTC then in force.
    pub offset_min: i32,
    /// Who calls.
    pub from: stw_party,
    /// What was dialed.
    pub dialed: stw_digits,
    /// The number to call back; empty if there is none.
    pub callback: stw_digits,
    /// Where the caller is, as the policy says it, ended by a zero; cut at 127 octets.
    pub location: [c_char; 128],
}

/// STW_OUTPUT_SEND.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct stw_output_send {
    /// Where to.
    pub to: stw_address,
    /// How many bytes of the buffer given to stw_exchange_poll.
    pub length: u64,
}

/// STW_OUTPUT_SETUP.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct stw_output_setup {
    /// Its leg: answer with stw_exchange_alerting, _answer or _release.
    pub leg: stw_leg,
    /// Who is called.
    pub to: stw_party,
    /// What to send there.
    pub digits: stw_digits,
}

/// STW_OUTPUT_ALERTING, _CONNECT, _RELEASE.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct stw_output_leg {
    /// The leg.
    pub leg: stw_leg,
    /// Why, of a release: SIP status.
    pub sip_status: u32,
    /// Why, of a release: Q.850 cause.
    pub q850: u32,
    /// Why, of a release: one of stw_rule if policy forbade it, else 0.
    pub rule: u32,
    /// 0.
    pub reserved: u32,
}

/// STW_OUTPUT_TONE.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct stw_output_tone {
    /// The leg.
    pub leg: stw_leg,
    /// One of stw_tone.
    pub tone: u32,
    /// 0.
    pub reserved: u32,
}

/// STW_OUTPUT_JOINED, _REFERRED.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct stw_output_transfer {
    /// The leg.
    pub leg: stw_leg,
    /// The leg that it is joined with; 0 for _REFERRED.
    pub with: stw_leg,
    /// A SIP status: 180 it rings, 200 it is done and this leg is released, from 300 on it has failed and this leg talks on;
    /// 0 for _JOINED.
    pub status: u32,
    /// 0.
    pub reserved: u32,
}

/// STW_OUTPUT_REGISTERED, _UNREGISTERED.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct stw_output_registration {
    /// Its row.
    pub device: u32,
    /// For so many seconds; 0 if it is gone.
    pub expires_s: u32,
    /// Why it is gone: 0 it said good-bye, 1 it was not heard of in time, 2 its connection is lost.
    pub why: u32,
    /// 0.
    pub reserved: u32,
    /// Where it is reached; all 0 if it is gone.
    pub address: stw_address,
}

/// STW_OUTPUT_SERVER.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct stw_output_server {
    /// Row of the trunk.
    pub trunk: u32,
    /// 0.
    pub reserved: u32,
    /// The server that is used now.
    pub address: stw_address,
}

/// STW_OUTPUT_STANDING.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct stw_output_standing {
    /// Row of the trunk.
    pub trunk: u32,
    /// One of stw_standing.
    pub standing: u32,
    /// For so many seconds; 0 if it is not registered.
    pub expires_s: u32,
    /// With which status it was refused; 0 if it was not.
    pub status: u32,
}

/// What an output carries; kind says which.
#[repr(C)]
#[derive(Clone, Copy)]
pub union stw_output_body {
    /// STW_OUTPUT_SEND.
    pub send: stw_output_send,
    /// STW_OUTPUT_SETUP, _FORWARDED.
    pub setup: stw_output_setup,
    /// STW_OUTPUT_ALERTING, _CONNECT, _RELEASE.
    pub leg: stw_output_leg,
    /// STW_OUTPUT_TONE.
    pub tone: stw_output_tone,
    /// STW_OUTPUT_JOINED, _REFERRED.
    pub transfer: stw_output_transfer,
    /// STW_OUTPUT_REGISTERED, _UNREGISTERED, _SET.
    pub registration: stw_output_registration,
    /// STW_OUTPUT_SERVER.
    pub server: stw_output_server,
    /// STW_OUTPUT_STANDING.
    pub standing: stw_output_standing,
    /// STW_OUTPUT_DECISION.
    pub decision: stw_decision,
    /// STW_OUTPUT_SMDR.
    pub smdr: stw_smdr,
    /// STW_OUTPUT_ALARM.
    pub alarm: stw_output_alarm,
    /// STW_OUTPUT_EMERGENCY.
    pub emergency: stw_output_emergency,
    /// STW_OUTPUT_RELAY.
    pub relay: stw_output_relay,
    /// STW_OUTPUT_RELAY_UNDO, _RELAY_END, _OPEN, _CLOSE.
    pub pinhole: stw_output_pinhole,
    /// The size of every kind, also of later ones.
    pub reserved: [u64; 48],
}

/// What the caller must do, or may note.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct stw_output {
    /// One of stw_output_kind.
    pub kind: u32,
    /// 0.
    pub reserved: u32,
    /// By kind.
    pub body: stw_output_body,
}
