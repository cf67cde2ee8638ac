//! The structs of a telephone.

use super::{stw_address, stw_digits};
use core::ffi::c_char;

/// A line of a telephone: one call. 0 is never one.
pub type stw_line = u64;

/// Codecs of a telephone.
#[allow(dead_code, reason = "for the header; a test compares it with Codec::ALL")]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum stw_codec {
    /// None: ends a list.
    STW_CODEC_NONE = 0,
    /// G.711 u-law.
    STW_CODEC_PCMU = 1,
    /// G.711 A-law.
    STW_CODEC_PCMA = 2,
    /// G.722.
    STW_CODEC_G722 = 3,
    /// G.729.
    STW_CODEC_G729 = 4,
    /// Opus.
    STW_CODEC_OPUS = 5,
}

/// Whether a telephone encrypts its sound.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum stw_srtp {
    /// If both can, else in clear.
    STW_SRTP_BEST_EFFORT = 0,
    /// Never.
    STW_SRTP_OFF = 1,
    /// Always; a call for help is made in clear all the same.
    STW_SRTP_REQUIRED = 2,
}

/// How a telephone is set up. Begin with STW_PHONE_CONFIG_INIT; what is 0 has its default. Texts end with a zero.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct stw_phone_config {
    /// sizeof(stw_phone_config).
    pub struct_size: u32,
    /// STW_ABI_VERSION.
    pub abi_version: u32,
    /// Goes into every handle: another for each engine of a process, 1 to 65535.
    pub instance: u32,
    /// Calls at once, 2 to 64: those to talk on, and one more, which a call for help always finds.
    pub lines: u32,
    /// SIP transactions, which outlive their calls by up to 32 s; 0: 4 for each line.
    pub transactions: u32,
    /// Pages of 256 bytes for SIP texts, 20 or more; 0: 10 for each line.
    pub pages: u32,
    /// The first line awaits its sound at this port, each further one two higher; 0: 16384.
    pub sound_port: u32,
    /// One of stw_srtp.
    pub srtp: u32,
    /// Codecs (stw_codec), the one that it likes best first; at least one.
    pub codecs: [u8; 8],
    /// Between two heartbeats to its gateway, in seconds; 0: 30.
    pub heartbeat_s: u32,
    /// So many heartbeats without an answer mean that the gateway is gone; 0: 3.
    pub missed: u32,
    /// How long the first gateway must have answered before the telephone comes back to it, in seconds; 0: 300; UINT32_MAX: it does not
    /// come back by itself.
    pub return_s: u32,
    /// Gateways in servers: 1 or 2.
    pub server_count: u32,
    /// Its gateway, and the one that stands in for it.
    pub servers: [stw_address; 2],
    /// The address that it is reached at.
    pub address: stw_address,
    /// Its directory number.
    pub number: stw_digits,
    /// The user name of its digest; empty: its number.
    pub username: [c_char; 64],
    /// Its password; empty: its line of the keyring says who it is. Secret: wipe yours.
    pub password: [c_char; 64],
    /// The realm that the password is for: no other server is answered; empty: whatever the gateway says.
    pub realm: [c_char; 64],
    /// The host in its addresses; empty: the gateway's address.
    pub domain: [c_char; 64],
    /// As in stw_exchange_config.
    pub random_seed: [u8; 32],
    /// 0.
    pub reserved: [u64; 4],
}

/// Where a line is.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum stw_line_state {
    /// We call.
    STW_LINE_CALLING = 1,
    /// It rings there, or something is to be heard.
    STW_LINE_ALERTED = 2,
    /// It rings here.
    STW_LINE_RINGING = 3,
    /// It is up.
    STW_LINE_UP = 4,
    /// It is over, but for what goes on without its user.
    STW_LINE_OVER = 5,
}

/// A line, as stw_phone_line tells it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct stw_line_info {
    /// One of stw_line_state.
    pub state: u32,
    /// 0.
    pub reserved: u32,
    /// The number of who is there, as it was dialed or as they say, ended by a zero. Anybody can say anything.
    pub number: [c_char; 40],
    /// The name that they say, ended by a zero; empty: none.
    pub name: [c_char; 40],
}

/// Who sends sound, as seen from the telephone.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum stw_direction {
    /// Both.
    STW_DIRECTION_BOTH = 0,
    /// The telephone does.
    STW_DIRECTION_SEND = 1,
    /// The other does.
    STW_DIRECTION_RECEIVE = 2,
    /// Nobody.
    STW_DIRECTION_NONE = 3,
}

/// In stw_sound.events: keys that are pressed are not taken.
pub const STW_NO_EVENTS: u32 = 0xFFFF_FFFF;

/// The sound that a line has agreed on. Secret: it has keys.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct stw_sound {
    /// Where ours is sent.
    pub to: stw_address,
    /// Where theirs comes to.
    pub at: stw_address,
    /// One of stw_codec.
    pub codec: u32,
    /// The RTP payload type that says so.
    pub payload: u32,
    /// The payload type of keys that are pressed (RFC 4733), or STW_NO_EVENTS.
    pub events: u32,
    /// One of stw_direction.
    pub direction: u32,
    /// 1: it is encrypted by the keys, AES_CM_128_HMAC_SHA1_80 (RFC 3711, RFC 4568); 0: it is not, and they are 0.
    pub encrypted: u32,
    /// 0.
    pub reserved: u32,
    /// Master key and salt for what we send.
    pub our_key: [u8; 30],
    /// And for what we get.
    pub their_key: [u8; 30],
    /// 0.
    pub padding: [u8; 4],
}

/// Kinds of output of a telephone; ignore one that you do not know.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum stw_phone_output_kind {
    /// Send `length` bytes of the buffer to `to`.
    STW_PHONE_SEND = 1,
    /// How it stands at its gateway: `standing`, `value` has seconds or a status as in stw_output_standing.
    STW_PHONE_STANDING = 2,
    /// It belongs to the gateway `value` of its configuration from now on.
    STW_PHONE_SERVER = 3,
    /// Somebody calls: it rings here, on `line`.
    STW_PHONE_INCOMING = 4,
    /// It rings there, or something is to be heard.
    STW_PHONE_ALERTED = 5,
    /// An account code is wanted: stw_phone_press its digits.
    STW_PHONE_CODE = 6,
    /// The call goes over a dear route.
    STW_PHONE_DEAR = 7,
    /// The call is up.
    STW_PHONE_UP = 8,
    /// The sound of the line is another: stw_phone_sound.
    STW_PHONE_SOUND = 9,
    /// They hold us (`value` 1), or go on (0).
    STW_PHONE_HELD = 10,
    /// What became of stw_phone_hold: a SIP status in `value`, 200 if it is so.
    STW_PHONE_CHANGED = 11,
    /// What becomes of a transfer: a SIP status in `value`, 200 if it is done, from 300 on it has failed and the call is as it was.
    STW_PHONE_REFERRED = 12,
    /// A text for the user: `length` bytes of the buffer.
    STW_PHONE_TEXT = 13,
    /// The call is over: `value` is 200 if it was up, else why not; `rule` is the gateway's, one of stw_rule, or 0.
    STW_PHONE_OVER = 14,
}

/// What a telephone puts out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct stw_phone_output {
    /// One of stw_phone_output_kind.
    pub kind: u32,
    /// Of STW_PHONE_STANDING one of stw_standing, else 0.
    pub standing: u32,
    /// The line, or 0.
    pub line: stw_line,
    /// By kind.
    pub value: u32,
    /// By kind.
    pub rule: u32,
    /// Bytes of the buffer given to stw_phone_poll, or 0.
    pub length: u64,
    /// Of STW_PHONE_SEND where to; else all 0.
    pub to: stw_address,
}

/// What was counted since stw_phone_init.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct stw_phone_statistics {
    /// Datagrams taken.
    pub received: u64,
    /// Datagrams that were not SIP, or broken.
    pub malformed: u64,
    /// Datagrams dropped for want of room.
    pub dropped: u64,
    /// Requests and responses refused because they did not come from a gateway of ours.
    pub strangers: u64,
    /// Calls that the telephone's own policy refused.
    pub denied: u64,
    /// Pages of SIP text free now.
    pub pages_free: u64,
    /// 0.
    pub reserved: [u64; 2],
}

const _: () = assert!(size_of::<stw_phone_config>() == 56 + 3 * 24 + 48 + 4 * 64 + 32 + 32);
const _: () = assert!(size_of::<stw_phone_output>() == 56 && size_of::<stw_sound>() == 136);
