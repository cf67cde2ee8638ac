//! The structs of the ABI: plain, of fixed width, with reserved tails. Nothing in them is a Rust enum.

use crate::media::{stw_output_pinhole, stw_output_relay};
use core::ffi::c_char;

/// The ABI of this header: the upper half changes when old programs break, the lower half when something is added.
pub const STW_ABI_VERSION: u32 = 0x0001_0001;

/// The longest number, without the zero behind it.
pub const STW_DIGITS_MAX: usize = 47;

/// A leg of a call: one party's side. 0 is never one.
pub type stw_leg = u64;

/// Kinds of party.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum stw_party_kind {
    /// Somebody nobody knows: may reach emergency and nothing else.
    STW_PARTY_UNKNOWN = 0,
    /// A device, by its row in the policy.
    STW_PARTY_DEVICE = 1,
    /// A trunk, by its row in the policy.
    STW_PARTY_TRUNK = 2,
}

/// Who takes part in a call.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct stw_party {
    /// One of stw_party_kind.
    pub kind: u32,
    /// Row of the device or trunk; 0 for somebody unknown.
    pub row: u32,
    /// Of a device, the hot-desk user who is logged in there: the number of its [[user]] in the policy, counted from 1; 0
    /// nobody.
    pub user: u32,
}

/// A number as text.
#[repr(C)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct stw_digits {
    /// 0-9, * and #, what is outpulsed may begin with +; a zero ends it.
    pub text: [c_char; 48],
}

/// Address families.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum stw_family {
    /// IPv4.
    STW_FAMILY_IPV4 = 4,
    /// IPv6.
    STW_FAMILY_IPV6 = 6,
}

/// An IP address and port.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct stw_address {
    /// In network order; of IPv4 the first four count.
    pub octets: [u8; 16],
    /// IPv6 scope id, else 0.
    pub scope: u32,
    /// In host order.
    pub port: u16,
    /// One of stw_family.
    pub family: u8,
    /// 0.
    pub reserved: u8,
}

/// How an exchange is set up. Begin with STW_EXCHANGE_CONFIG_INIT; what is 0 has its default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct stw_exchange_config {
    /// sizeof(stw_exchange_config).
    pub struct_size: u32,
    /// STW_ABI_VERSION.
    pub abi_version: u32,
    /// Goes into every handle: another for each exchange of a process, 1 to 65535.
    pub instance: u32,
    /// Devices that a policy may have, at most 16777216.
    pub devices: u32,
    /// Trunks that a policy may have, at most 65536.
    pub trunks: u32,
    /// Calls at once, 1 to 4194304.
    pub calls: u32,
    /// Calls of these kept free for emergency; fewer than calls.
    pub reserved_calls: u32,
    /// SIP transactions, which outlive their calls by up to 32 s; 0: 4 for each call and 8. More for many short calls.
    pub transactions: u32,
    /// Pages of 256 bytes for SIP texts; 0: 24 for each call and 64.
    pub pages: u32,
    /// 0.
    pub reserved: u32,
    /// Where SIP peers reach this exchange; port 5060 of 127.0.0.1 while family is 0.
    pub address: stw_address,
    /// Without an operating system: 32 octets from a true random source, secret, another at each start. Hosted builds
    /// ask the system and ignore it. The exchange keeps what it derives from them; wipe yours.
    pub random_seed: [u8; 32],
}

/// Verdicts.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum stw_verdict {
    /// Allowed.
    STW_VERDICT_ALLOW = 1,
    /// Denied.
    STW_VERDICT_DENY = 2,
    /// Not without an account code.
    STW_VERDICT_ACCOUNT_CODE = 3,
}

/// In stw_decision.flags: the caller is to hear the warning tone of the route.
pub const STW_DECISION_WARNING_TONE: u32 = 1;
/// In stw_decision.flags: the number class is watched.
pub const STW_DECISION_WATCHED: u32 = 2;

/// In stw_decision.number_class: added to the row of a class of the policy's own.
pub const STW_CLASS_OWN: u32 = 0x100;

/// A decision, and everything it rests on.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct stw_decision {
    /// One of stw_verdict.
    pub verdict: u32,
    /// One of stw_rule.
    pub rule: u32,
    /// The caller's leg where stw_exchange_setup set one up, or asks for an account code on it, else 0.
    pub leg: stw_leg,
    /// When, in seconds since 1970-01-01 UTC by stw_exchange_set_clock; 0 from stw_exchange_setup.
    pub unix_s: i64,
    /// Minutes east of UTC then in force.
    pub offset_min: i32,
    /// One of stw_mode.
    pub mode: u32,
    /// Who acts.
    pub from: stw_party,
    /// Who is called, if allowed.
    pub to: stw_party,
    /// COS number in force, 0 none.
    pub cos: u32,
    /// COR number in force, 0 none.
    pub cor: u32,
    /// Ordinal of the [[ars]] row that decided or led on, from 1; 0 none.
    pub row: u32,
    /// Line of that row in the policy file, 0 none.
    pub line: u32,
    /// Number of the route that is used or was denied, 0 none.
    pub route: u32,
    /// Number of the COR group that blocked, 0 none.
    pub cor_group: u32,
    /// From Interconnect Number, where two were compared, else 0.
    pub interconnect_from: u32,
    /// To Interconnect Number, where two were compared, else 0.
    pub interconnect_to: u32,
    /// The SIP status that a denied caller gets, 0 if allowed.
    pub sip_status: u32,
    /// The Q.850 cause that a denied caller gets, 0 if allowed.
    pub q850: u32,
    /// STW_DECISION_… bits.
    pub flags: u32,
    /// The number class of what is sent over a public route: 0 none, 1 unknown, 2 local, 3 national, 4 mobile,
    /// 5 fixed-or-mobile, 6 toll-free, 7 premium, 8 shared-cost, 9 international, 10 directory-assistance, 11 operator,
    /// 12 carrier-access, 13 emergency; STW_CLASS_OWN and more: the policy's own.
    pub number_class: u32,
    /// What was dialed; empty if it was no number. Never with an account code in it.
    pub dialed: stw_digits,
    /// What is sent to the party called, if allowed.
    pub outpulsed: stw_digits,
    /// 0.
    pub reserved: [u64; 3],
}

/// In stw_smdr.time_to_answer_s: nobody answered.
pub const STW_UNANSWERED: u32 = 0xFFFF_FFFF;

/// The record of a finished or toll-denied call.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct stw_smdr {
    /// When it began, in seconds since 1970-01-01 UTC by stw_exchange_set_clock.
    pub unix_s: i64,
    /// Minutes east of UTC then in force.
    pub offset_min: i32,
    /// Seconds of talking.
    pub duration_s: u32,
    /// Seconds to answer, or STW_UNANSWERED.
    pub time_to_answer_s: u32,
    /// 'A' answered, 'B' busy, 'E' error, 'T' toll denied, 'I' internal, ' ' unanswered.
    pub completion: u32,
    /// The system id of the policy.
    pub system_id: u32,
    /// Route number, 0 none.
    pub route: u32,
    /// COS number, 0 none.
    pub cos: u32,
    /// COR number, 0 none.
    pub cor: u32,
    /// One of stw_mode.
    pub mode: u32,
    /// One of stw_rule.
    pub rule: u32,
    /// Q.850 cause.
    pub q850: u32,
    /// The number of the call, 0-9999 and round again: two records with the same one are about one call (R86).
    pub call: u32,
    /// Who called: a directory number, Tnnn or Xnnn for a public or private trunk, or nothing.
    pub calling: stw_digits,
    /// Who was called, likewise.
    pub called: stw_digits,
    /// What was dialed.
    pub dialed: stw_digits,
    /// The standard record of 90 columns, ended by a zero, without a line end.
    pub line: [c_char; 96],
    /// 0.
    pub reserved: [u64; 4],
}

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
    /// 1 if it lapsed instead of saying good-bye.
    pub lapsed: u32,
    /// 0.
    pub reserved: u32,
    /// Where it is reached; all 0 if it is gone.
    pub address: stw_address,
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

/// What was counted since stw_exchange_init.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct stw_statistics {
    /// Datagrams taken.
    pub received: u64,
    /// Datagrams that were not SIP, or broken.
    pub malformed: u64,
    /// Datagrams dropped for want of room.
    pub dropped: u64,
    /// Requests refused with 503 for want of room.
    pub congested: u64,
    /// Challenges given.
    pub challenged: u64,
    /// Answers to challenges that were wrong.
    pub unauthorised: u64,
    /// Calls permitted.
    pub permitted: u64,
    /// Calls denied.
    pub denied: u64,
    /// Calls up or being set up now.
    pub calls: u64,
    /// SIP transactions in use now.
    pub transactions: u64,
    /// Pages of SIP text free now.
    pub pages_free: u64,
    /// 0.
    pub reserved: [u64; 5],
}

const _: () = assert!(size_of::<stw_output_body>() == 48 * 8, "an output body has outgrown its place");
const _: () = assert!(size_of::<stw_output>() == 392 && size_of::<stw_decision>() == 224);
const _: () = assert!(size_of::<stw_smdr>() == 328 && size_of::<stw_statistics>() == 128);
const _: () = assert!(size_of::<stw_exchange_config>() == 96 && size_of::<stw_address>() == 24);
const _: () = assert!(STW_DIGITS_MAX == strowger::base::Digits::MAX);
