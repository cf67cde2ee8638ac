//! The structs of the ABI: plain, of fixed width, with reserved tails. Nothing in them is a Rust enum.

mod asked;
mod outputs;
mod phone;

pub use asked::*;
pub use outputs::*;
pub use phone::*;

use core::ffi::c_char;

/// The ABI of this header: the upper half changes when old programs break, the lower half when something is added.
pub const STW_ABI_VERSION: u32 = 0x0001_0003;

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
    /// The conference resource that the policy names: it mixes those who are joined with it.
    STW_PARTY_CONFERENCE = 3,
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

/// Transports of SIP, for the field `transport` of an stw_address.
#[allow(dead_code, reason = "for the header; a test compares it with Transport::ALL")]
#[repr(u8)]
#[derive(Clone, Copy, Debug)]
pub enum stw_transport {
    /// Datagrams.
    STW_TRANSPORT_UDP = 0,
    /// A stream in clear.
    STW_TRANSPORT_TCP = 1,
    /// A stream that nobody else reads.
    STW_TRANSPORT_TLS = 2,
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
    /// Of a SIP peer one of stw_transport, else 0.
    pub transport: u8,
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
