/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Strowger: embedded call control. A call goes where policy says it may, and nowhere else.
 *
 * Conventions, once for all functions:
 *
 *  1. Threads: an engine (an exchange or a telephone) belongs to one thread at a time, different engines have nothing in
 *     common, and no function is for interrupt handlers.
 *  2. Memory: it is yours before stw_exchange_init or stw_phone_init and after _deinit, and the library's between; nothing
 *     is ever allocated.
 *  3. Inputs: give one thing (a datagram, a signal, a tick), then call _poll until STW_EMPTY, then wait for _deadline or
 *     the next thing.
 *  4. Pointers lead to what their type says, aligned for it, and where a length follows, to so many elements; null is
 *     an error unless the length is 0 or the function says otherwise.
 *  5. Bytes that you hand in are looked at during the call only, except a policy and its keyring, which stay in place;
 *     bytes handed out are copied to your buffer.
 *  6. Status: 0 is done, positive is information, negative is refused and then nothing has changed, so that
 *     `if (status < 0)` finds every error.
 *  7. Results come last among the parameters and are written only where the function says so, which is on success.
 *  8. Time is milliseconds of a clock of yours that never goes backwards, from any beginning; where it is
 *     set back no time has passed, and time goes on from there.
 *  9. Handles are numbers with the engine's instance and a generation in them: a stale or foreign one is STW_ERR_UNKNOWN.
 * 10. Versions: within one upper half of STW_ABI_VERSION functions, kinds and numbers are only added, so ignore those
 *     that you do not know.
 *
 * Made by cbindgen from ffi/src; do not edit.
 */

#ifndef STROWGER_H
#define STROWGER_H

#include <stddef.h>
#include <stdint.h>

/* Bytes for an exchange with the default numbers of transactions and pages; stw_exchange_size has the exact number. */
#define STW_EXCHANGE_BYTES(devices, trunks, calls) \
    (STW_BYTES_FIXED + (size_t)(devices) * STW_BYTES_DEVICE + (size_t)(trunks) * STW_BYTES_TRUNK \
     + (size_t)(calls) * STW_BYTES_CALL)

/* The same for a static array: static uint64_t memory[STW_EXCHANGE_WORDS(60, 2, 20)]; */
#define STW_EXCHANGE_WORDS(devices, trunks, calls) (STW_EXCHANGE_BYTES(devices, trunks, calls) / 8)

/* What an stw_exchange_config begins with: one device, one trunk and one call, everything else by default. */
#define STW_EXCHANGE_CONFIG_INIT \
    {(uint32_t)sizeof(stw_exchange_config), STW_ABI_VERSION, 1, 1, 1, 1, 0, 0, 0, 0, {{0}, 0, 0, 0, 0}, {0}}

/* Bytes for a telephone with the default numbers of transactions and pages; stw_phone_size has the exact number. */
#define STW_PHONE_BYTES(lines) (STW_BYTES_PHONE + (size_t)(lines) * STW_BYTES_LINE)

/* The same for a static array: static uint64_t memory[STW_PHONE_WORDS(3)]; */
#define STW_PHONE_WORDS(lines) (STW_PHONE_BYTES(lines) / 8)

/* What an stw_phone_config begins with: three lines, G.711, encrypted if the other can, one gateway that is still to be told. */
#define STW_PHONE_CONFIG_INIT \
    {(uint32_t)sizeof(stw_phone_config), STW_ABI_VERSION, 1, 3, 0, 0, 16384, STW_SRTP_BEST_EFFORT, \
     {STW_CODEC_PCMU, STW_CODEC_PCMA, 0, 0, 0, 0, 0, 0}, 0, 0, 0, 1, {{{0}, 0, 0, 0, 0}, {{0}, 0, 0, 0, 0}}, \
     {{0}, 0, 0, 0, 0}, {{0}}, {0}, {0}, {0}, {0}, {0}, {0}}

// The most servers of a trunk.
#define STW_MAX_TRUNK_SERVERS 4

// Streams of a description that are told of.
#define STW_STREAMS 8

// Bytes that an exchange takes whatever its size.
#define STW_BYTES_FIXED 28672

// Bytes for each device.
#define STW_BYTES_DEVICE 536

// Bytes for each trunk.
#define STW_BYTES_TRUNK 304

// Bytes for each call: two legs, their SIP dialogs, transactions and texts.
#define STW_BYTES_CALL 10840

// Bytes that a telephone takes whatever its size.
#define STW_BYTES_PHONE 4096

// Bytes for each line: its SIP dialog, transactions and texts.
#define STW_BYTES_LINE 3840

// The ABI of this header: the upper half changes when old programs break, the lower half when something is added.
#define STW_ABI_VERSION 65539

// The longest number, without the zero behind it.
#define STW_DIGITS_MAX 47

// In stw_decision.flags: the caller is to hear the warning tone of the route.
#define STW_DECISION_WARNING_TONE 1

// In stw_decision.flags: the number class is watched.
#define STW_DECISION_WATCHED 2

// In stw_decision.number_class: added to the row of a class of the policy's own.
#define STW_CLASS_OWN 256

// In stw_smdr.time_to_answer_s: nobody answered.
#define STW_UNANSWERED 4294967295

// In stw_sound.events: keys that are pressed are not taken.
#define STW_NO_EVENTS 4294967295

// The numbers of `stw_status`.
typedef enum stw_status_number {
    // Done.
    STW_OK = 0,
    // There is no output.
    STW_EMPTY = 1,
    // Done in part: poll the outputs and call again.
    STW_MORE = 2,
    // Policy refused the call, or every way is busy; the decision says why.
    STW_DENIED = 3,
    // There is no room for one more call, or no policy is loaded.
    STW_CONGESTED = 4,
    // Not without an account code, which is asked for on the leg: give its digits by stw_exchange_digit.
    STW_NEEDS_CODE = 5,
    // The datagram waits for the media relay, and nothing has changed: keep it, and give it again after the next
    // stw_exchange_relayed; or drop it, its sender sends it again.
    STW_HELD = 6,
    // Not at this moment: the parties do not talk, or something else is under way. Nothing has changed.
    STW_NOT_NOW = 7,
    // A null or misaligned pointer, a length or number out of range, or not an exchange (never set up, deinitialised, moved).
    STW_ERR_ARGUMENT = -1,
    // The memory is smaller than stw_exchange_size says.
    STW_ERR_MEMORY = -2,
    // Outputs must be polled first; then give the same input again.
    STW_ERR_DRAIN_FIRST = -3,
    // No such leg, device or trunk.
    STW_ERR_UNKNOWN = -4,
    // The buffer is too small; the output stays for the next poll.
    STW_ERR_BUFFER = -5,
    // Header and library do not fit: abi_version or struct_size.
    STW_ERR_ABI = -6,
    // A defect was caught in an earlier call (hosted builds): only stw_exchange_deinit works now.
    STW_ERR_POISONED = -7,
    // A policy is in force already.
    STW_ERR_BUSY = -8,
    // The policy has more devices or trunks than the exchange was set up for.
    STW_ERR_TOO_MANY = -9,
    // Not a policy image, or of another format.
    STW_ERR_IMAGE_FORMAT = -10,
    // The policy image is damaged: length or checksum.
    STW_ERR_IMAGE_DAMAGED = -11,
    // The policy image contradicts itself.
    STW_ERR_IMAGE_CONTENT = -12,
    // Not a keyring, or of another format.
    STW_ERR_KEYRING_FORMAT = -13,
    // The keyring is damaged: length or checksum.
    STW_ERR_KEYRING_DAMAGED = -14,
    // The keyring was made with another policy image.
    STW_ERR_KEYRING_OTHER = -15,
    // The keyring contradicts itself.
    STW_ERR_KEYRING_CONTENT = -16,
    // There is no randomness: the operating system refuses it, or random_seed is all zero.
    STW_ERR_RANDOM = -17,
} stw_status_number;

// The rules that a decision can rest on; numbers are never reused, so an unknown one comes from a newer library.
typedef enum stw_rule {
    // An internal call, and nothing restricts it.
    STW_RULE_INTERNAL = 1,
    // A call over a route that the caller may use.
    STW_RULE_ROUTE = 2,
    // An emergency call: no restriction applies.
    STW_RULE_EMERGENCY = 3,
    // The caller has no Class of Service in this mode.
    STW_RULE_COS_NONE = 10,
    // The caller has no Class of Restriction in this mode.
    STW_RULE_COR_NONE = 11,
    // The COS does not have the feature that is asked for.
    STW_RULE_COS_FEATURE = 12,
    // The COR group of these Leading Digits blocks the caller's COR.
    STW_RULE_COR_LEADING = 20,
    // The COR group of the route blocks the caller's COR.
    STW_RULE_COR_ROUTE = 21,
    // The public route has no COR group, and the profile is strict.
    STW_RULE_COR_UNLABELLED = 22,
    // The number class of what would be sent is denied.
    STW_RULE_CLASS_DENIED = 23,
    // Interconnect Restriction forbids joining these two.
    STW_RULE_INTERCONNECT = 30,
    // Two public trunks, and not both classes allow that.
    STW_RULE_PUBLIC_TO_PUBLIC = 31,
    // A device cannot call itself.
    STW_RULE_CALL_SELF = 40,
    // No directory number and no ARS row matches.
    STW_RULE_NUMBER_VACANT = 50,
    // These digits are only the beginning of a number.
    STW_RULE_NUMBER_INCOMPLETE = 51,
    // Something other than 0-9, * and # was dialed.
    STW_RULE_NUMBER_INVALID = 52,
    // The route's digit modification does not fit these digits.
    STW_RULE_DIGIT_MODIFICATION = 53,
    // The route carries emergency calls only.
    STW_RULE_ROUTE_EMERGENCY_ONLY = 54,
    // The caller's COR may not dial so many digits.
    STW_RULE_MAX_DIGITS = 55,
    // The route plan allows no calls at this time.
    STW_RULE_ROUTE_PLAN_CLOSED = 56,
    // Every route that the caller may use is busy.
    STW_RULE_TRUNK_BUSY = 60,
    // The emergency number has no route.
    STW_RULE_EMERGENCY_NO_ROUTE = 61,
    // The authenticated user does not own the identity it claims.
    STW_RULE_IDENTITY_MISMATCH = 70,
    // The device may not register or call over this transport.
    STW_RULE_IDENTITY_TRANSPORT = 71,
    // No policy is loaded: every call is denied.
    STW_RULE_POLICY_NONE = 80,
    // As many public calls begun in this minute as the limits allow.
    STW_RULE_LIMIT_RATE = 90,
    // As many public calls as the limits allow.
    STW_RULE_LIMIT_CALLS = 91,
    // Locked out after failed log-ins.
    STW_RULE_LOCKOUT = 92,
    // The call has lasted as long as the limits allow.
    STW_RULE_LIMIT_DURATION = 93,
    // The COS asks for a verified account code first.
    STW_RULE_ACCOUNT_CODE_FORCED_VERIFIED = 100,
    // The COS asks for an account code on this route.
    STW_RULE_ACCOUNT_CODE_FORCED = 101,
    // The account code is none that the caller may use.
    STW_RULE_ACCOUNT_CODE_WRONG = 102,
    // Account codes are refused for a while.
    STW_RULE_ACCOUNT_CODE_LOCKED = 103,
    // No hot-desk user has this number and this PIN.
    STW_RULE_PIN_WRONG = 104,
    // Log-ins are refused for a while.
    STW_RULE_PIN_LOCKED = 105,
    // The phone, or the user elsewhere, is in a call.
    STW_RULE_HOT_DESK_BUSY = 106,
    // No call can be diverted to an emergency number.
    STW_RULE_FORWARD_EMERGENCY = 110,
    // A conference has eight parties at most.
    STW_RULE_CONFERENCE_FULL = 111,
    // A party of the call has the feature `busy-override-security` (R5).
    STW_RULE_BUSY_OVERRIDE_SECURITY = 112,
    // A party of the call has the feature `call-privacy` (R6).
    STW_RULE_CALL_PRIVACY = 113,
} stw_rule;

// Service modes.
typedef enum stw_mode {
    // Day.
    STW_MODE_DAY = 0,
    // Night 1.
    STW_MODE_NIGHT1 = 1,
    // Night 2.
    STW_MODE_NIGHT2 = 2,
    // For stw_exchange_set_mode only: by the policy's holidays and schedules.
    STW_MODE_SCHEDULE = 9,
} stw_mode;

// How an exchange stands at a carrier where it registers.
typedef enum stw_standing {
    // It is registered, for `expires_s` seconds; it renews that by itself.
    STW_STANDING_REGISTERED = 1,
    // The carrier refuses with `status`: 401 and 407 mean that the password is wrong. It is asked again later.
    STW_STANDING_REFUSED = 2,
    // The carrier does not answer. It is asked again later.
    STW_STANDING_UNANSWERED = 3,
    // It was not renewed in time: calls from there do not come any more.
    STW_STANDING_LAPSED = 4,
    // Its connection is closed; it is asked again soon.
    STW_STANDING_LOST = 5,
} stw_standing;

// Kinds of party.
typedef enum stw_party_kind {
    // Somebody nobody knows: may reach emergency and nothing else.
    STW_PARTY_UNKNOWN = 0,
    // A device, by its row in the policy.
    STW_PARTY_DEVICE = 1,
    // A trunk, by its row in the policy.
    STW_PARTY_TRUNK = 2,
    // The conference resource that the policy names: it mixes those who are joined with it.
    STW_PARTY_CONFERENCE = 3,
} stw_party_kind;

// Address families.
typedef enum stw_family {
    // IPv4.
    STW_FAMILY_IPV4 = 4,
    // IPv6.
    STW_FAMILY_IPV6 = 6,
} stw_family;

// Transports of SIP, for the field `transport` of an stw_address.
enum stw_transport
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Datagrams.
    STW_TRANSPORT_UDP = 0,
    // A stream in clear.
    STW_TRANSPORT_TCP = 1,
    // A stream that nobody else reads.
    STW_TRANSPORT_TLS = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum stw_transport stw_transport;
#else
typedef uint8_t stw_transport;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Verdicts.
typedef enum stw_verdict {
    // Allowed.
    STW_VERDICT_ALLOW = 1,
    // Denied.
    STW_VERDICT_DENY = 2,
    // Not without an account code.
    STW_VERDICT_ACCOUNT_CODE = 3,
} stw_verdict;

// Kinds of output; ignore one that you do not know.
typedef enum stw_output_kind {
    // body.send: send bytes of the buffer.
    STW_OUTPUT_SEND = 1,
    // body.setup: offer a call to a party that is not on the exchange's own SIP.
    STW_OUTPUT_SETUP = 2,
    // body.leg: the other side of a neutral caller rings.
    STW_OUTPUT_ALERTING = 3,
    // body.leg: the call of a neutral caller was answered; connect it.
    STW_OUTPUT_CONNECT = 4,
    // body.leg: release a neutral leg, which is gone now.
    STW_OUTPUT_RELEASE = 5,
    // body.registration: a device is there.
    STW_OUTPUT_REGISTERED = 6,
    // body.registration: a device is gone.
    STW_OUTPUT_UNREGISTERED = 7,
    // body.decision: a decision was taken.
    STW_OUTPUT_DECISION = 8,
    // body.smdr: a call is over, or was toll-denied.
    STW_OUTPUT_SMDR = 9,
    // body.alarm: somebody should be told.
    STW_OUTPUT_ALARM = 10,
    // body.emergency: an emergency call was placed.
    STW_OUTPUT_EMERGENCY = 11,
    // body.tone: let a neutral party that dials hear this.
    STW_OUTPUT_TONE = 12,
    // body.relay: ask the media relay.
    STW_OUTPUT_RELAY = 13,
    // body.pinhole: tell the relay that what it was asked last for this call was not agreed on; it forwards as before.
    STW_OUTPUT_RELAY_UNDO = 14,
    // body.pinhole: tell the relay that this call is over, or goes on without it.
    STW_OUTPUT_RELAY_END = 15,
    // body.pinhole: open one.
    STW_OUTPUT_OPEN = 16,
    // body.pinhole: close all of a call with that number.
    STW_OUTPUT_CLOSE = 17,
    // body.transfer: a neutral leg talks to another from now on: connect them. Each neutral leg of the two has its output.
    STW_OUTPUT_JOINED = 18,
    // body.transfer: what becomes of a transfer.
    STW_OUTPUT_REFERRED = 19,
    // body.setup: the call of a neutral caller goes on to another number; `to` is the device that has forwarded it.
    STW_OUTPUT_FORWARDED = 20,
    // body.registration: the user of a device has set forwarding, or that it wants no calls, by a feature code.
    STW_OUTPUT_SET = 21,
    // body.transfer: the party of a neutral leg is on hold from now on (`status` 1), or no more (0).
    STW_OUTPUT_HELD = 22,
    // body.standing: how the exchange stands at the carrier of a trunk where it registers.
    STW_OUTPUT_STANDING = 23,
    // body.server: a server of a trunk has failed; requests to the trunk go to another from now on.
    STW_OUTPUT_SERVER = 24,
} stw_output_kind;

// What a party that dials hears.
typedef enum stw_tone {
    // Nothing.
    STW_TONE_SILENCE = 0,
    // Dial tone.
    STW_TONE_DIAL = 1,
    // Second dial tone, behind Leading Digits.
    STW_TONE_SECOND_DIAL = 2,
    // The prompt for an account code.
    STW_TONE_ACCOUNT_CODE = 3,
    // The call goes over a dear route, and goes on.
    STW_TONE_WARNING = 4,
    // Refused.
    STW_TONE_REORDER = 5,
    // Busy.
    STW_TONE_BUSY = 6,
    // What was dialed is set.
    STW_TONE_CONFIRMATION = 7,
    // Somebody waits for the party that talks, or the party itself waits for one that is busy.
    STW_TONE_CAMP_ON = 8,
    // Somebody comes into the call: Executive Busy Override.
    STW_TONE_INTRUSION = 9,
} stw_tone;

// Why an alarm was raised.
typedef enum stw_alarm_cause {
    // A limit on public calls: rule says which.
    STW_ALARM_LIMIT = 1,
    // Locked out after failed log-ins.
    STW_ALARM_LOCKOUT = 2,
    // Account codes are refused after too many wrong ones.
    STW_ALARM_CODE_LOCKOUT = 3,
    // A call to a watched number class: number_class says which.
    STW_ALARM_WATCHED = 4,
    // A public call was cleared for an emergency call.
    STW_ALARM_PREEMPTED = 5,
    // An emergency call has no call-back number.
    STW_ALARM_NO_CALLBACK = 6,
    // Too many wrong answers from one address, whomever they were for.
    STW_ALARM_SOURCE = 7,
} stw_alarm_cause;

// Codecs of a telephone.
typedef enum stw_codec {
    // None: ends a list.
    STW_CODEC_NONE = 0,
    // G.711 u-law.
    STW_CODEC_PCMU = 1,
    // G.711 A-law.
    STW_CODEC_PCMA = 2,
    // G.722.
    STW_CODEC_G722 = 3,
    // G.729.
    STW_CODEC_G729 = 4,
    // Opus.
    STW_CODEC_OPUS = 5,
} stw_codec;

// Whether a telephone encrypts its sound.
typedef enum stw_srtp {
    // If both can, else in clear.
    STW_SRTP_BEST_EFFORT = 0,
    // Never.
    STW_SRTP_OFF = 1,
    // Always; a call for help is made in clear all the same.
    STW_SRTP_REQUIRED = 2,
} stw_srtp;

// What a piece of a stream is.
typedef enum stw_piece_kind {
    // A message, all of it.
    STW_PIECE_MESSAGE = 1,
    // A keep-alive (RFC 5626 section 4.4.1): answer CR LF.
    STW_PIECE_PING = 2,
    // Nobody can tell where this ends, or it is too long: have it answered as a message is, then close the connection. Nothing behind it counts.
    STW_PIECE_LAST = 3,
} stw_piece_kind;

// Where a line is.
typedef enum stw_line_state {
    // We call.
    STW_LINE_CALLING = 1,
    // It rings there, or something is to be heard.
    STW_LINE_ALERTED = 2,
    // It rings here.
    STW_LINE_RINGING = 3,
    // It is up.
    STW_LINE_UP = 4,
    // It is over, but for what goes on without its user.
    STW_LINE_OVER = 5,
} stw_line_state;

// Who sends sound, as seen from the telephone.
typedef enum stw_direction {
    // Both.
    STW_DIRECTION_BOTH = 0,
    // The telephone does.
    STW_DIRECTION_SEND = 1,
    // The other does.
    STW_DIRECTION_RECEIVE = 2,
    // Nobody.
    STW_DIRECTION_NONE = 3,
} stw_direction;

// Kinds of output of a telephone; ignore one that you do not know.
typedef enum stw_phone_output_kind {
    // Send `length` bytes of the buffer to `to`.
    STW_PHONE_SEND = 1,
    // How it stands at its gateway: `standing`, `value` has seconds or a status as in stw_output_standing.
    STW_PHONE_STANDING = 2,
    // It belongs to the gateway `value` of its configuration from now on.
    STW_PHONE_SERVER = 3,
    // Somebody calls: it rings here, on `line`.
    STW_PHONE_INCOMING = 4,
    // It rings there, or something is to be heard.
    STW_PHONE_ALERTED = 5,
    // An account code is wanted: stw_phone_press its digits.
    STW_PHONE_CODE = 6,
    // The call goes over a dear route.
    STW_PHONE_DEAR = 7,
    // The call is up.
    STW_PHONE_UP = 8,
    // The sound of the line is another: stw_phone_sound.
    STW_PHONE_SOUND = 9,
    // They hold us (`value` 1), or go on (0).
    STW_PHONE_HELD = 10,
    // What became of stw_phone_hold: a SIP status in `value`, 200 if it is so.
    STW_PHONE_CHANGED = 11,
    // What becomes of a transfer: a SIP status in `value`, 200 if it is done, from 300 on it has failed and the call is as it was.
    STW_PHONE_REFERRED = 12,
    // A text for the user: `length` bytes of the buffer.
    STW_PHONE_TEXT = 13,
    // The call is over: `value` is 200 if it was up, else why not; `rule` is the gateway's, one of stw_rule, or 0.
    STW_PHONE_OVER = 14,
} stw_phone_output_kind;

// An exchange. It lives at the beginning of the memory given to stw_exchange_init and must not be moved or copied.
typedef struct stw_exchange stw_exchange;

// A telephone. It lives at the beginning of the memory given to stw_phone_init and must not be moved or copied.
typedef struct stw_phone stw_phone;

// What every function that can be refused returns: one of `stw_status_number`.
typedef int32_t stw_status;

// An IP address and port.
typedef struct stw_address {
    // In network order; of IPv4 the first four count.
    uint8_t octets[16];
    // IPv6 scope id, else 0.
    uint32_t scope;
    // In host order.
    uint16_t port;
    // One of stw_family.
    uint8_t family;
    // Of a SIP peer one of stw_transport, else 0.
    uint8_t transport;
} stw_address;

// How an exchange is set up. Begin with STW_EXCHANGE_CONFIG_INIT; what is 0 has its default.
typedef struct stw_exchange_config {
    // sizeof(stw_exchange_config).
    uint32_t struct_size;
    // STW_ABI_VERSION.
    uint32_t abi_version;
    // Goes into every handle: another for each exchange of a process, 1 to 65535.
    uint32_t instance;
    // Devices that a policy may have, at most 16777216.
    uint32_t devices;
    // Trunks that a policy may have, at most 65536.
    uint32_t trunks;
    // Calls at once, 1 to 4194304.
    uint32_t calls;
    // Calls of these kept free for emergency; fewer than calls.
    uint32_t reserved_calls;
    // SIP transactions, which outlive their calls by up to 32 s; 0: 4 for each call and 8. More for many short calls.
    uint32_t transactions;
    // Pages of 256 bytes for SIP texts; 0: 24 for each call and 64.
    uint32_t pages;
    // 0.
    uint32_t reserved;
    // Where SIP peers reach this exchange; port 5060 of 127.0.0.1 while family is 0.
    struct stw_address address;
    // Without an operating system: 32 octets from a true random source, secret, another at each start. Hosted builds
    // ask the system and ignore it. The exchange keeps what it derives from them; wipe yours.
    uint8_t random_seed[32];
} stw_exchange_config;

// What was counted since stw_exchange_init.
typedef struct stw_statistics {
    // Datagrams taken.
    uint64_t received;
    // Datagrams that were not SIP, or broken.
    uint64_t malformed;
    // Datagrams dropped for want of room.
    uint64_t dropped;
    // Requests refused with 503 for want of room.
    uint64_t congested;
    // Challenges given.
    uint64_t challenged;
    // Answers to challenges that were wrong.
    uint64_t unauthorised;
    // Calls permitted.
    uint64_t permitted;
    // Calls denied.
    uint64_t denied;
    // Calls up or being set up now.
    uint64_t calls;
    // SIP transactions in use now.
    uint64_t transactions;
    // Pages of SIP text free now.
    uint64_t pages_free;
    // 0.
    uint64_t reserved[5];
} stw_statistics;

// A leg of a call: one party's side. 0 is never one.
typedef uint64_t stw_leg;

// Who takes part in a call.
typedef struct stw_party {
    // One of stw_party_kind.
    uint32_t kind;
    // Row of the device or trunk; 0 for somebody unknown.
    uint32_t row;
    // Of a device, the hot-desk user who is logged in there: the number of its [[user]] in the policy, counted from 1; 0
    // nobody.
    uint32_t user;
} stw_party;

// A number as text.
typedef struct stw_digits {
    // 0-9, * and #, what is outpulsed may begin with +; a zero ends it.
    char text[48];
} stw_digits;

// A decision, and everything it rests on.
typedef struct stw_decision {
    // One of stw_verdict.
    uint32_t verdict;
    // One of stw_rule.
    uint32_t rule;
    // The caller's leg where stw_exchange_setup set one up, or asks for an account code on it, else 0.
    stw_leg leg;
    // When, in seconds since 1970-01-01 UTC by stw_exchange_set_clock; 0 from stw_exchange_setup.
    int64_t unix_s;
    // Minutes east of UTC then in force.
    int32_t offset_min;
    // One of stw_mode.
    uint32_t mode;
    // Who acts.
    struct stw_party from;
    // Who is called, if allowed.
    struct stw_party to;
    // COS number in force, 0 none.
    uint32_t cos;
    // COR number in force, 0 none.
    uint32_t cor;
    // Ordinal of the [[ars]] row that decided or led on, from 1; 0 none.
    uint32_t row;
    // Line of that row in the policy file, 0 none.
    uint32_t line;
    // Number of the route that is used or was denied, 0 none.
    uint32_t route;
    // Number of the COR group that blocked, 0 none.
    uint32_t cor_group;
    // From Interconnect Number, where two were compared, else 0.
    uint32_t interconnect_from;
    // To Interconnect Number, where two were compared, else 0.
    uint32_t interconnect_to;
    // The SIP status that a denied caller gets, 0 if allowed.
    uint32_t sip_status;
    // The Q.850 cause that a denied caller gets, 0 if allowed.
    uint32_t q850;
    // STW_DECISION_… bits.
    uint32_t flags;
    // The number class of what is sent over a public route: 0 none, 1 unknown, 2 local, 3 national, 4 mobile,
    // 5 fixed-or-mobile, 6 toll-free, 7 premium, 8 shared-cost, 9 international, 10 directory-assistance, 11 operator,
    // 12 carrier-access, 13 emergency; STW_CLASS_OWN and more: the policy's own.
    uint32_t number_class;
    // What was dialed; empty if it was no number. Never with an account code in it.
    struct stw_digits dialed;
    // What is sent to the party called, if allowed.
    struct stw_digits outpulsed;
    // 0.
    uint64_t reserved[3];
} stw_decision;

// A choice of a route list that was passed over.
typedef struct stw_skipped {
    // The number of the route.
    uint32_t route;
    // Why: one of stw_rule.
    uint32_t rule;
} stw_skipped;

// Where a stream is awaited; all 0: it is not.
typedef struct stw_place {
    // Its packets.
    struct stw_address rtp;
    // The port of its reports, at the same address; the same port if they share it.
    uint16_t rtcp_port;
    // 0.
    uint16_t reserved;
} stw_place;

// STW_OUTPUT_SEND.
typedef struct stw_output_send {
    // Where to.
    struct stw_address to;
    // How many bytes of the buffer given to stw_exchange_poll.
    uint64_t length;
} stw_output_send;

// STW_OUTPUT_SETUP.
typedef struct stw_output_setup {
    // Its leg: answer with stw_exchange_alerting, _answer or _release.
    stw_leg leg;
    // Who is called.
    struct stw_party to;
    // What to send there.
    struct stw_digits digits;
} stw_output_setup;

// STW_OUTPUT_ALERTING, _CONNECT, _RELEASE.
typedef struct stw_output_leg {
    // The leg.
    stw_leg leg;
    // Why, of a release: SIP status.
    uint32_t sip_status;
    // Why, of a release: Q.850 cause.
    uint32_t q850;
    // Why, of a release: one of stw_rule if policy forbade it, else 0.
    uint32_t rule;
    // 0.
    uint32_t reserved;
} stw_output_leg;

// STW_OUTPUT_TONE.
typedef struct stw_output_tone {
    // The leg.
    stw_leg leg;
    // One of stw_tone.
    uint32_t tone;
    // 0.
    uint32_t reserved;
} stw_output_tone;

// STW_OUTPUT_JOINED, _REFERRED.
typedef struct stw_output_transfer {
    // The leg.
    stw_leg leg;
    // The leg that it is joined with; 0 for _REFERRED.
    stw_leg with;
    // A SIP status: 180 it rings, 200 it is done and this leg is released, from 300 on it has failed and this leg talks on;
    // 0 for _JOINED.
    uint32_t status;
    // 0.
    uint32_t reserved;
} stw_output_transfer;

// STW_OUTPUT_REGISTERED, _UNREGISTERED.
typedef struct stw_output_registration {
    // Its row.
    uint32_t device;
    // For so many seconds; 0 if it is gone.
    uint32_t expires_s;
    // Why it is gone: 0 it said good-bye, 1 it was not heard of in time, 2 its connection is lost.
    uint32_t why;
    // 0.
    uint32_t reserved;
    // Where it is reached; all 0 if it is gone.
    struct stw_address address;
} stw_output_registration;

// STW_OUTPUT_SERVER.
typedef struct stw_output_server {
    // Row of the trunk.
    uint32_t trunk;
    // 0.
    uint32_t reserved;
    // The server that is used now.
    struct stw_address address;
} stw_output_server;

// STW_OUTPUT_STANDING.
typedef struct stw_output_standing {
    // Row of the trunk.
    uint32_t trunk;
    // One of stw_standing.
    uint32_t standing;
    // For so many seconds; 0 if it is not registered.
    uint32_t expires_s;
    // With which status it was refused; 0 if it was not.
    uint32_t status;
} stw_output_standing;

// The record of a finished or toll-denied call.
typedef struct stw_smdr {
    // When it began, in seconds since 1970-01-01 UTC by stw_exchange_set_clock.
    int64_t unix_s;
    // Minutes east of UTC then in force.
    int32_t offset_min;
    // Seconds of talking.
    uint32_t duration_s;
    // Seconds to answer, or STW_UNANSWERED.
    uint32_t time_to_answer_s;
    // 'A' answered, 'B' busy, 'E' error, 'T' toll denied, 'I' internal, ' ' unanswered.
    uint32_t completion;
    // The system id of the policy.
    uint32_t system_id;
    // Route number, 0 none.
    uint32_t route;
    // COS number, 0 none.
    uint32_t cos;
    // COR number, 0 none.
    uint32_t cor;
    // One of stw_mode.
    uint32_t mode;
    // One of stw_rule.
    uint32_t rule;
    // Q.850 cause.
    uint32_t q850;
    // The number of the call, 0-9999 and round again: two records with the same one are about one call (R86).
    uint32_t call;
    // Who called: a directory number, Tnnn or Xnnn for a public or private trunk, or nothing.
    struct stw_digits calling;
    // Who was called, likewise.
    struct stw_digits called;
    // What was dialed.
    struct stw_digits dialed;
    // The standard record of 90 columns, ended by a zero, without a line end.
    char line[96];
    // 0.
    uint64_t reserved[4];
} stw_smdr;

// STW_OUTPUT_ALARM.
typedef struct stw_output_alarm {
    // When, in seconds since 1970-01-01 UTC by stw_exchange_set_clock.
    int64_t unix_s;
    // Minutes east of UTC then in force.
    int32_t offset_min;
    // One of stw_alarm_cause.
    uint32_t cause;
    // One of stw_rule, or 0.
    uint32_t rule;
    // As in stw_decision, or 0.
    uint32_t number_class;
    // Whose doing.
    struct stw_party party;
    // What was dialed, if that matters.
    struct stw_digits dialed;
    // Of STW_ALARM_SOURCE the address, else all 0.
    struct stw_address source;
} stw_output_alarm;

// STW_OUTPUT_EMERGENCY: whoever is to know of emergency calls should know now.
typedef struct stw_output_emergency {
    // When, in seconds since 1970-01-01 UTC by stw_exchange_set_clock.
    int64_t unix_s;
    // Minutes east of UTC then in force.
    int32_t offset_min;
    // Who calls.
    struct stw_party from;
    // What was dialed.
    struct stw_digits dialed;
    // The number to call back; empty if there is none.
    struct stw_digits callback;
    // Where the caller is, as the policy says it, ended by a zero; cut at 127 octets.
    char location[128];
} stw_output_emergency;

// STW_OUTPUT_RELAY: ask the media relay, and give its answer to stw_exchange_relayed.
typedef struct stw_output_relay {
    // The call: its caller's leg.
    stw_leg media;
    // The leg of the party that awaits media there.
    stw_leg leg;
    // 0 the caller's, 1 the called party's.
    uint32_t side;
    // 0 it offers, 1 it answers what the other has offered.
    uint32_t answers;
    // Streams, at most STW_STREAMS.
    uint32_t count;
    // 0.
    uint32_t reserved;
    // Where the other party is signalled to: it wants an address of the same family to send to.
    struct stw_address to;
    // Where they are awaited.
    struct stw_place places[STW_STREAMS];
} stw_output_relay;

// STW_OUTPUT_OPEN: let UDP pass between the two ends, both ways. STW_OUTPUT_CLOSE: close all pinholes of this call with
// this number; the ends are all 0. STW_OUTPUT_RELAY_UNDO, _RELAY_END: only `media` counts.
typedef struct stw_output_pinhole {
    // The call: its caller's leg.
    stw_leg media;
    // Which agreement it belongs to.
    uint32_t number;
    // The longest that it may be needed, in seconds; 0: until it is closed.
    uint32_t longest_s;
    // One end.
    struct stw_address a;
    // The other end.
    struct stw_address b;
} stw_output_pinhole;

// What an output carries; kind says which.
typedef union stw_output_body {
    // STW_OUTPUT_SEND.
    struct stw_output_send send;
    // STW_OUTPUT_SETUP, _FORWARDED.
    struct stw_output_setup setup;
    // STW_OUTPUT_ALERTING, _CONNECT, _RELEASE.
    struct stw_output_leg leg;
    // STW_OUTPUT_TONE.
    struct stw_output_tone tone;
    // STW_OUTPUT_JOINED, _REFERRED.
    struct stw_output_transfer transfer;
    // STW_OUTPUT_REGISTERED, _UNREGISTERED, _SET.
    struct stw_output_registration registration;
    // STW_OUTPUT_SERVER.
    struct stw_output_server server;
    // STW_OUTPUT_STANDING.
    struct stw_output_standing standing;
    // STW_OUTPUT_DECISION.
    struct stw_decision decision;
    // STW_OUTPUT_SMDR.
    struct stw_smdr smdr;
    // STW_OUTPUT_ALARM.
    struct stw_output_alarm alarm;
    // STW_OUTPUT_EMERGENCY.
    struct stw_output_emergency emergency;
    // STW_OUTPUT_RELAY.
    struct stw_output_relay relay;
    // STW_OUTPUT_RELAY_UNDO, _RELAY_END, _OPEN, _CLOSE.
    struct stw_output_pinhole pinhole;
    // The size of every kind, also of later ones.
    uint64_t reserved[48];
} stw_output_body;

// What the caller must do, or may note.
typedef struct stw_output {
    // One of stw_output_kind.
    uint32_t kind;
    // 0.
    uint32_t reserved;
    // By kind.
    union stw_output_body body;
} stw_output;

// How a telephone is set up. Begin with STW_PHONE_CONFIG_INIT; what is 0 has its default. Texts end with a zero.
typedef struct stw_phone_config {
    // sizeof(stw_phone_config).
    uint32_t struct_size;
    // STW_ABI_VERSION.
    uint32_t abi_version;
    // Goes into every handle: another for each engine of a process, 1 to 65535.
    uint32_t instance;
    // Calls at once, 2 to 64: those to talk on, and one more, which a call for help always finds.
    uint32_t lines;
    // SIP transactions, which outlive their calls by up to 32 s; 0: 4 for each line.
    uint32_t transactions;
    // Pages of 256 bytes for SIP texts, 20 or more; 0: 10 for each line.
    uint32_t pages;
    // The first line awaits its sound at this port, each further one two higher; 0: 16384.
    uint32_t sound_port;
    // One of stw_srtp.
    uint32_t srtp;
    // Codecs (stw_codec), the one that it likes best first; at least one.
    uint8_t codecs[8];
    // Between two heartbeats to its gateway, in seconds; 0: 30.
    uint32_t heartbeat_s;
    // So many heartbeats without an answer mean that the gateway is gone; 0: 3.
    uint32_t missed;
    // How long the first gateway must have answered before the telephone comes back to it, in seconds; 0: 300; UINT32_MAX: it does not
    // come back by itself.
    uint32_t return_s;
    // Gateways in servers: 1 or 2.
    uint32_t server_count;
    // Its gateway, and the one that stands in for it.
    struct stw_address servers[2];
    // The address that it is reached at.
    struct stw_address address;
    // Its directory number.
    struct stw_digits number;
    // The user name of its digest; empty: its number.
    char username[64];
    // Its password; empty: its line of the keyring says who it is. Secret: wipe yours.
    char password[64];
    // The realm that the password is for: no other server is answered; empty: whatever the gateway says.
    char realm[64];
    // The host in its addresses; empty: the gateway's address.
    char domain[64];
    // As in stw_exchange_config.
    uint8_t random_seed[32];
    // 0.
    uint64_t reserved[4];
} stw_phone_config;

// What was counted since stw_phone_init.
typedef struct stw_phone_statistics {
    // Datagrams taken.
    uint64_t received;
    // Datagrams that were not SIP, or broken.
    uint64_t malformed;
    // Datagrams dropped for want of room.
    uint64_t dropped;
    // Requests and responses refused because they did not come from a gateway of ours.
    uint64_t strangers;
    // Calls that the telephone's own policy refused.
    uint64_t denied;
    // Pages of SIP text free now.
    uint64_t pages_free;
    // 0.
    uint64_t reserved[2];
} stw_phone_statistics;

// A line of a telephone: one call. 0 is never one.
typedef uint64_t stw_line;

// A line, as stw_phone_line tells it.
typedef struct stw_line_info {
    // One of stw_line_state.
    uint32_t state;
    // 0.
    uint32_t reserved;
    // The number of who is there, as it was dialed or as they say, ended by a zero. Anybody can say anything.
    char number[40];
    // The name that they say, ended by a zero; empty: none.
    char name[40];
} stw_line_info;

// The sound that a line has agreed on. Secret: it has keys.
typedef struct stw_sound {
    // Where ours is sent.
    struct stw_address to;
    // Where theirs comes to.
    struct stw_address at;
    // One of stw_codec.
    uint32_t codec;
    // The RTP payload type that says so.
    uint32_t payload;
    // The payload type of keys that are pressed (RFC 4733), or STW_NO_EVENTS.
    uint32_t events;
    // One of stw_direction.
    uint32_t direction;
    // 1: it is encrypted by the keys, AES_CM_128_HMAC_SHA1_80 (RFC 3711, RFC 4568); 0: it is not, and they are 0.
    uint32_t encrypted;
    // 0.
    uint32_t reserved;
    // Master key and salt for what we send.
    uint8_t our_key[30];
    // And for what we get.
    uint8_t their_key[30];
    // 0.
    uint8_t padding[4];
} stw_sound;

// What a telephone puts out.
typedef struct stw_phone_output {
    // One of stw_phone_output_kind.
    uint32_t kind;
    // Of STW_PHONE_STANDING one of stw_standing, else 0.
    uint32_t standing;
    // The line, or 0.
    stw_line line;
    // By kind.
    uint32_t value;
    // By kind.
    uint32_t rule;
    // Bytes of the buffer given to stw_phone_poll, or 0.
    uint64_t length;
    // Of STW_PHONE_SEND where to; else all 0.
    struct stw_address to;
} stw_phone_output;

// The first piece of what has come over a stream.
typedef struct stw_piece {
    // One of stw_piece_kind.
    uint32_t kind;
    // 0.
    uint32_t reserved;
    // So many bytes before it are nothing.
    uint64_t skip;
    // Its bytes.
    uint64_t length;
} stw_piece;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The ABI of the library, to compare with STW_ABI_VERSION of the header; stw_exchange_init does so itself.
uint32_t stw_abi_version(void);

// The name of a status, as static text; "?" if this library has no such status. Never null.
const char *stw_status_name(stw_status status);

// The dotted name of a rule ("cor.route"), as static text; "unknown" if this library has no such rule. Never null.
// Cost: one look at each rule.
const char *stw_rule_name(uint16_t rule);

// Bytes that an exchange of this configuration takes; exact, where STW_EXCHANGE_BYTES has head-room.
//
// Only the sizes of the configuration are looked at. STW_ERR_ABI, STW_ERR_ARGUMENT (a number out of range),
// STW_ERR_MEMORY (more than a pointer can reach).
stw_status stw_exchange_size(const struct stw_exchange_config *config, size_t *size);

// Sets an exchange up in your memory. Until a policy is loaded every call is denied.
//
// `memory` begins at a multiple of 8 and is the library's from now to stw_exchange_deinit: never move, copy or touch
// it. `size` is at least what stw_exchange_size or STW_EXCHANGE_BYTES say. `config` is read during the call only.
// `out` gets the exchange. Errors: STW_ERR_ARGUMENT, STW_ERR_ABI, STW_ERR_MEMORY, STW_ERR_RANDOM. Cost: writes the
// whole memory once.
stw_status stw_exchange_init(uint8_t *memory,
                             size_t size,
                             const struct stw_exchange_config *config,
                             struct stw_exchange **out);

// Ends an exchange and overwrites all of its memory with zeros, which is yours again. Calls in progress are not
// cleared: see stw_exchange_clear. The only function that works after STW_ERR_POISONED. Errors: STW_ERR_ARGUMENT,
// also at the second time. Cost: writes the whole memory once.
stw_status stw_exchange_deinit(struct stw_exchange *x);

// Puts a compiled policy and its keyring in force, all or nothing.
//
// Neither is copied: `image` and `keyring` must stay where they are, unchanged, until stw_exchange_deinit; flash will
// do. The keyring holds secrets; keep it where nobody else reads. Errors: STW_ERR_IMAGE_…, STW_ERR_KEYRING_…,
// STW_ERR_TOO_MANY, STW_ERR_BUSY; the exchange stays as it was. Cost: linear in both (one checksum, one look at each
// row).
stw_status stw_exchange_load(struct stw_exchange *x,
                             const uint8_t *image,
                             size_t image_len,
                             const uint8_t *keyring,
                             size_t keyring_len);

// Puts an emergency block in force, for an exchange that has no policy: emergency calls can be made and nothing else.
//
// `block` is the block alone, or a compiled policy in which it stands and of which the rest may be damaged; it stays where
// it is, like a policy. A policy that is loaded later takes its place when no call is up. Errors: STW_ERR_IMAGE_…,
// STW_ERR_TOO_MANY, STW_ERR_BUSY. Cost: linear in `block_len`.
stw_status stw_exchange_load_emergency(struct stw_exchange *x,
                                       const uint8_t *block,
                                       size_t block_len);

// Copies the SHA-256 of the policy in force, its name everywhere, to the 32 octets at `hash`. STW_EMPTY: none is.
stw_status stw_exchange_policy_hash(struct stw_exchange *x,
                                    uint8_t *hash);

// Overrides the service mode, one of stw_mode; STW_MODE_SCHEDULE gives it back to the policy's holidays and schedules,
// which need stw_exchange_set_clock. Calls in progress keep the classes they were set up with.
stw_status stw_exchange_set_mode(struct stw_exchange *x,
                                 uint32_t mode);

// Sets the clock that labels records and picks service mode and route plan zones: at `now_ms` it is `unix_s` seconds since 1970-01-01 UTC, and local time is
// `offset_min` (-1440 to 1440) minutes east of UTC. A jump changes the next
// decision and label, never timers.
stw_status stw_exchange_set_clock(struct stw_exchange *x,
                                  uint64_t now_ms,
                                  int64_t unix_s,
                                  int32_t offset_min);

// Tells where the far end of a trunk is reached by SIP, by the trunk's row; do so again when its name resolves anew.
// STW_ERR_UNKNOWN: no such trunk.
stw_status stw_exchange_set_trunk_address(struct stw_exchange *x,
                                          uint32_t trunk,
                                          const struct stw_address *address);

// The same for a trunk with several servers, in the order in which they are tried; at most STW_MAX_TRUNK_SERVERS are kept. `transport` of
// an address counts where policy names none. A list that is the same as before changes nothing. 0: it cannot be reached.
// STW_ERR_UNKNOWN: no such trunk.
stw_status stw_exchange_set_trunk_servers(struct stw_exchange *x,
                                          uint32_t trunk,
                                          const struct stw_address *servers,
                                          uint32_t count);

// The row of the device with this directory number. STW_ERR_UNKNOWN: there is none, or no policy. Cost: one step for
// each digit.
stw_status stw_exchange_device(struct stw_exchange *x,
                               const uint8_t *dn,
                               size_t dn_len,
                               uint32_t *row);

// The row of the trunk with this name. STW_ERR_UNKNOWN: there is none, or no policy. Cost: linear in the trunks; for
// start-up, not for calls.
stw_status stw_exchange_trunk(struct stw_exchange *x,
                              const uint8_t *name,
                              size_t name_len,
                              uint32_t *row);

// Clears calls before a shutdown, at most 16: STW_MORE while there may be more; poll and call again.
// STW_ERR_DRAIN_FIRST: poll first.
stw_status stw_exchange_clear(struct stw_exchange *x, uint64_t now_ms);

// Writes what was counted to `out`. Cost: constant.
stw_status stw_exchange_statistics(struct stw_exchange *x, struct stw_statistics *out);

// A party (one of stw_party_kind, and its row) dials, all digits at once, and is not on the exchange's own SIP.
//
// `dialed` is ASCII and read during the call only. `out` gets the decision for STW_OK, STW_DENIED and STW_NEEDS_CODE, and
// is left alone otherwise. STW_OK: allowed and being set up, `out->leg` is the caller's leg; what to do comes by stw_exchange_poll.
// (A way that fails at once has released that leg already: the outputs say so.) STW_DENIED: refused or busy, no leg.
// STW_NEEDS_CODE: not without an account code; it is asked for on `out->leg`, see stw_exchange_digit.
// STW_CONGESTED: no room. STW_ERR_UNKNOWN: no such row. STW_ERR_DRAIN_FIRST: poll, then again. Cost: one
// decision, whatever the size of the policy.
stw_status stw_exchange_setup(struct stw_exchange *x,
                              uint64_t now_ms,
                              uint32_t party_kind,
                              uint32_t party_row,
                              const uint8_t *dialed,
                              size_t dialed_len,
                              struct stw_decision *out);

// A party (as for stw_exchange_setup) goes off hook and will dial digit by digit. `leg` gets its leg; what it hears
// comes as STW_OUTPUT_TONE, what is decided as STW_OUTPUT_DECISION, and a release, also of one that waited too long, as
// STW_OUTPUT_RELEASE. STW_CONGESTED: no room, or no policy. Errors as for stw_exchange_setup. Cost: constant.
stw_status stw_exchange_off_hook(struct stw_exchange *x,
                                 uint64_t now_ms,
                                 uint32_t party_kind,
                                 uint32_t party_row,
                                 stw_leg *leg);

// The party of a leg that is off hook, or is asked for an account code, presses a key: `digit` is its ASCII character, 0 to
// 9, * or #. STW_OK: taken; whether it completes the number, the outputs say. STW_DENIED: it completes a number
// that is refused; the party hears so, and is released by stw_exchange_release when it hangs up. STW_CONGESTED: there is no
// room for the call. STW_ERR_ARGUMENT: no such key. Other errors as for stw_exchange_alerting. Cost: at most two decisions.
stw_status stw_exchange_digit(struct stw_exchange *x,
                              uint64_t now_ms,
                              stw_leg leg,
                              uint32_t digit);

// The party of a neutral leg rings. STW_ERR_UNKNOWN: no such leg, or it is on SIP. STW_ERR_DRAIN_FIRST. Cost: constant.
stw_status stw_exchange_alerting(struct stw_exchange *x,
                                 uint64_t now_ms,
                                 stw_leg leg);

// The party of a neutral leg answered. Errors and cost as for stw_exchange_alerting.
stw_status stw_exchange_answer(struct stw_exchange *x, uint64_t now_ms, stw_leg leg);

// The party of a neutral leg hung up (`sip_status` 0) or refused or failed (300 to 699: 486 busy, 503 no channel). The
// leg is gone; an emergency call is tried on its next route. Errors and cost as for stw_exchange_alerting.
stw_status stw_exchange_release(struct stw_exchange *x,
                                uint64_t now_ms,
                                stw_leg leg,
                                uint32_t sip_status);

// What would be decided now of a call of this party (as for stw_exchange_setup): nothing begins, is counted, recorded or put out by it.
//
// The classes are those of who is at the phone, the mode is that in force, channels and limits are as they are, as for a call by neutral
// signals; no account code is given, a lock-out after failed log-ins is not asked for, nor whether there is a place for a call. `out` gets the decision, without a leg, for STW_OK (allowed), STW_DENIED and STW_NEEDS_CODE. The choices of a route list that
// were passed over, and why, go to `skipped`, `room` of them at most; `count` says how many there were. Both may be null, `skipped` with
// `room` 0. STW_NOT_NOW: it is a feature code (or `conference`), and what that does is more than a call. STW_ERR_UNKNOWN: no such row. Cost: one decision.
stw_status stw_exchange_explain(struct stw_exchange *x,
                                uint64_t now_ms,
                                uint32_t party_kind,
                                uint32_t party_row,
                                const uint8_t *dialed,
                                size_t dialed_len,
                                struct stw_decision *out,
                                struct stw_skipped *skipped,
                                size_t room,
                                size_t *count);

// What the telephone's own policy says of a number now: nothing begins by it. STW_OK: the gateway may be asked. STW_DENIED: `rule` says which
// rule refuses it (stw_rule). `rule` may be null. What only the gateway knows is not judged: what stands behind a feature code, what a guest
// may, whether a channel is free. Cost: one decision.
stw_status stw_phone_explain(struct stw_phone *p,
                             uint64_t now_ms,
                             const uint8_t *dialed,
                             size_t dialed_len,
                             uint32_t *rule);

// Takes one SIP datagram, or one whole message of a stream, read during the call only. `source` says over which transport. What is wrong with it is answered or counted, and no error.
// STW_HELD: give it again after stw_exchange_relayed. STW_ERR_DRAIN_FIRST: poll, then give it again. Cost: linear in its length, and one decision if it begins a call.
stw_status stw_exchange_receive(struct stw_exchange *x,
                                uint64_t now_ms,
                                const struct stw_address *source,
                                const uint8_t *datagram,
                                size_t datagram_len);

// Tells the address that SIP peers reach this exchange at over a transport of streams; until then none is used but where a peer
// does. STW_ERR_ARGUMENT: no such transport or family. Cost: constant.
stw_status stw_exchange_listen(struct stw_exchange *x,
                               const struct stw_address *address);

// A connection is closed, or could not be made: who was registered over it is gone (STW_OUTPUT_UNREGISTERED), and unanswered
// requests over it have timed out. No call ends by it. STW_MORE: poll, and call again. STW_ERR_DRAIN_FIRST: poll first. Cost: linear in
// devices, transactions and legs.
stw_status stw_exchange_lost(struct stw_exchange *x,
                             uint64_t now_ms,
                             const struct stw_address *peer);

// The relay has answered STW_OUTPUT_RELAY: the other party of this leg's call is to send to these places, one for each
// stream that was asked for, all at one address. `count` 0: it could not take the media. Then give the datagrams again for
// which stw_exchange_receive said STW_HELD. What nobody waits for (the call is over) changes nothing. STW_ERR_ARGUMENT:
// more than STW_STREAMS places, or at several addresses. STW_ERR_DRAIN_FIRST: poll first. Cost: constant.
stw_status stw_exchange_relayed(struct stw_exchange *x,
                                uint64_t now_ms,
                                stw_leg leg,
                                const struct stw_place *relay,
                                size_t count);

// The media relay has forgotten everything, or another has taken its place: the media of every call over it is negotiated
// anew. A call over it that is not answered yet fails when it is. The messages follow from stw_exchange_tick.
// STW_ERR_DRAIN_FIRST: poll first. Cost: linear in the legs.
stw_status stw_exchange_relay_lost(struct stw_exchange *x,
                                   uint64_t now_ms);

// Time has come to `now_ms`: serves deadlines that are due, at most 16. STW_MORE: more are due; poll and call again.
// STW_ERR_DRAIN_FIRST: poll first. An early tick does nothing.
stw_status stw_exchange_tick(struct stw_exchange *x,
                             uint64_t now_ms);

// When stw_exchange_tick is next wanted; UINT64_MAX: not before something happens (and for what is no exchange). Ask
// after the outputs are polled.
uint64_t stw_exchange_deadline(struct stw_exchange *x);

// Takes the oldest output; call until STW_EMPTY after every input.
//
// Of STW_OUTPUT_SEND the bytes are copied to the `size` bytes at `buf`. STW_ERR_BUFFER: they do not fit, `*needed` says
// how many there are, and the output stays. `buf` may be null if `size` is 0, `needed` may be null. 8,192 bytes suffice
// for every message of SIP that this library writes. Cost: constant, and the bytes copied.
stw_status stw_exchange_poll(struct stw_exchange *x,
                             struct stw_output *out,
                             uint8_t *buf,
                             size_t size,
                             size_t *needed);

// Bytes that a telephone of this configuration takes; exact, where STW_PHONE_BYTES has head-room.
//
// Only the sizes of the configuration are looked at. STW_ERR_ABI, STW_ERR_ARGUMENT (a number out of range), STW_ERR_MEMORY.
stw_status stw_phone_size(const struct stw_phone_config *config,
                          size_t *size);

// Sets a telephone up in your memory. It does nothing until stw_phone_register, and without a policy it calls nobody.
//
// `memory` begins at a multiple of 8 and is the library's from now to stw_phone_deinit: never move, copy or touch it. `size` is at
// least what stw_phone_size or STW_PHONE_BYTES say. `config` is read during the call only: its texts are copied. `out` gets the
// telephone. Errors: STW_ERR_ARGUMENT (no number, gateway, address or codec; a text without its zero), STW_ERR_ABI, STW_ERR_MEMORY,
// STW_ERR_RANDOM. Cost: writes the whole memory once.
stw_status stw_phone_init(uint8_t *memory,
                          size_t size,
                          const struct stw_phone_config *config,
                          struct stw_phone **out);

// Ends a telephone and overwrites all of its memory with zeros, which is yours again. Calls are not cleared, the registration is not
// taken back: see stw_phone_hang_up, stw_phone_unregister. The only function that works after STW_ERR_POISONED. Errors:
// STW_ERR_ARGUMENT, also at the second time. Cost: writes the whole memory once.
stw_status stw_phone_deinit(struct stw_phone *p);

// Puts a compiled policy in force, with this telephone's line of its keyring, or without one (`keyring_len` 0).
//
// Neither is copied: both must stay where they are, unchanged, until stw_phone_deinit; flash will do. What the policy denies the
// telephone does not ask its gateway for. Errors: STW_ERR_IMAGE_…, STW_ERR_KEYRING_…, STW_ERR_UNKNOWN (the policy does not have its
// number), STW_ERR_BUSY (a call is up); the telephone stays as it was. Cost: linear in both.
stw_status stw_phone_load(struct stw_phone *p,
                          const uint8_t *image,
                          size_t image_len,
                          const uint8_t *keyring,
                          size_t keyring_len);

// Puts an emergency block in force, for a telephone that has no policy: help can be called and nobody else.
//
// `block` is the block alone, or a compiled policy of which the rest may be damaged; it stays where it is. Errors: STW_ERR_IMAGE_…,
// STW_ERR_BUSY. Cost: linear in `block_len`.
stw_status stw_phone_load_emergency(struct stw_phone *p,
                                    const uint8_t *block,
                                    size_t block_len);

// Overrides the service mode, as an operator has done at the gateway; 0 gives it back to the policy's schedules. `mode` is one of
// stw_mode; STW_ERR_ARGUMENT: it is none. Cost: constant.
stw_status stw_phone_set_mode(struct stw_phone *p,
                              uint32_t mode);

// Tells the clock, by which the policy's schedules and route plans go; until then it is day, and route plans are closed. Cost: constant.
stw_status stw_phone_set_clock(struct stw_phone *p,
                               uint64_t now_ms,
                               int64_t unix_s,
                               int32_t offset_min);

// What was counted. Cost: constant.
stw_status stw_phone_count(struct stw_phone *p, struct stw_phone_statistics *out);

// Calls a number: `dialed_len` characters 0-9, *, #. STW_OK: it is on its way, `line` gets its line. STW_DENIED: the telephone's own policy
// refuses, `rule` says which (stw_rule), and nothing was sent. STW_NOT_NOW: another line is neither on hold nor over. STW_CONGESTED: no line
// is free. A call for help needs no registration and always finds a line. `rule` may be null. STW_ERR_DRAIN_FIRST: poll first. Cost: one
// decision, one message.
stw_status stw_phone_dial(struct stw_phone *p,
                          uint64_t now_ms,
                          const uint8_t *dialed,
                          size_t dialed_len,
                          stw_line *line,
                          uint32_t *rule);

// Takes a call that rings here. STW_NOT_NOW: none does on this line. STW_ERR_UNKNOWN: no such line. STW_ERR_DRAIN_FIRST: poll first. Cost:
// one message.
stw_status stw_phone_answer(struct stw_phone *p,
                            uint64_t now_ms,
                            stw_line line);

// Hangs up, gives up, or refuses what rings. Results as for stw_phone_answer. Cost: one message.
stw_status stw_phone_hang_up(struct stw_phone *p, uint64_t now_ms, stw_line line);

// Holds who is there (`hold` not 0), or goes on with them (0). STW_PHONE_CHANGED tells what became of it. Results as for stw_phone_answer.
// Cost: one message.
stw_status stw_phone_hold(struct stw_phone *p,
                          uint64_t now_ms,
                          stw_line line,
                          uint32_t hold);

// Transfers who is there to a number (blind transfer). STW_PHONE_REFERRED tells what becomes of it. STW_DENIED: the telephone's own policy
// refuses. Results as for stw_phone_dial. Cost: one decision, one message.
stw_status stw_phone_transfer(struct stw_phone *p,
                              uint64_t now_ms,
                              stw_line line,
                              const uint8_t *dialed,
                              size_t dialed_len,
                              uint32_t *rule);

// Joins who is on one line with who is on the other, which may still ring there (attended transfer). STW_PHONE_REFERRED of the first line
// tells what becomes of it. Results as for stw_phone_answer. Cost: one message.
stw_status stw_phone_join(struct stw_phone *p,
                          uint64_t now_ms,
                          stw_line line,
                          stw_line other);

// A digit of the account code that STW_PHONE_CODE asks for, as a character. In a call keys go with the sound (RFC 4733). STW_ERR_ARGUMENT:
// no key. Results as for stw_phone_answer. Cost: one message.
stw_status stw_phone_press(struct stw_phone *p,
                           uint64_t now_ms,
                           stw_line line,
                           uint32_t key);

// What is known of a line. STW_ERR_UNKNOWN: no such line, or it is gone. Cost: constant.
stw_status stw_phone_line(struct stw_phone *p, stw_line line, struct stw_line_info *out);

// The sound that a line has agreed on, with its keys: wipe your copy. STW_EMPTY: nothing is agreed on. STW_ERR_UNKNOWN: no such line. Cost:
// constant.
stw_status stw_phone_sound(struct stw_phone *p,
                           stw_line line,
                           struct stw_sound *out);

// Registers at the gateway, and stays so, at the other one while the first is gone. STW_PHONE_STANDING tells how that goes.
// STW_ERR_DRAIN_FIRST: poll first. Cost: one message.
stw_status stw_phone_register(struct stw_phone *p,
                              uint64_t now_ms);

// Takes the registration back. Calls go on. STW_ERR_DRAIN_FIRST: poll first. Cost: one message.
stw_status stw_phone_unregister(struct stw_phone *p, uint64_t now_ms);

// Takes one SIP datagram, or one whole message of a stream, read during the call only; at most 2,048 bytes of one are taken. `source` says
// over which transport. What is wrong with it is answered or counted, and no error. STW_ERR_DRAIN_FIRST: poll, then give it again. Cost:
// linear in its length.
stw_status stw_phone_receive(struct stw_phone *p,
                             uint64_t now_ms,
                             const struct stw_address *source,
                             const uint8_t *datagram,
                             size_t datagram_len);

// Tells the address at which the telephone is reached over a transport. STW_ERR_ARGUMENT: no such transport or family. Cost: constant.
stw_status stw_phone_listen(struct stw_phone *p,
                            const struct stw_address *address);

// A connection to the gateway is closed, or could not be made. STW_ERR_DRAIN_FIRST: poll first. Cost: linear in the transactions.
stw_status stw_phone_lost(struct stw_phone *p,
                          uint64_t now_ms,
                          const struct stw_address *peer);

// Time has come to `now_ms`: serves deadlines that are due, at most 4. STW_MORE: more are due; poll and call again.
// STW_ERR_DRAIN_FIRST: poll first. An early tick does nothing.
stw_status stw_phone_tick(struct stw_phone *p,
                          uint64_t now_ms);

// When stw_phone_tick is next wanted; UINT64_MAX: not before something happens (and for what is no telephone). Ask after the outputs are
// polled.
uint64_t stw_phone_deadline(struct stw_phone *p);

// Takes the oldest output; call until STW_EMPTY after every input.
//
// Of STW_PHONE_SEND and STW_PHONE_TEXT the bytes are copied to the `size` bytes at `buf`. STW_ERR_BUFFER: they do not fit, `*needed` says
// how many there are, and the output stays. `buf` may be null if `size` is 0, `needed` may be null. 2,048 bytes suffice. Cost: constant,
// and the bytes copied.
stw_status stw_phone_poll(struct stw_phone *p,
                          struct stw_phone_output *out,
                          uint8_t *buf,
                          size_t size,
                          size_t *needed);

// What has come over TCP or TLS and was not taken yet: where the first message in it ends (RFC 3261 section 18.3).
//
// Keep what comes in a buffer of `longest` bytes, the longest message that is taken, and two more for an empty line before it, and ask after
// each reading. STW_OK: `out` has the first
// piece; drop `skip` bytes, take `length`, and ask again. STW_EMPTY: it is not all there, read more. What a piece is says its kind
// (stw_piece_kind): a message goes to stw_exchange_receive or stw_phone_receive, with the stream's address as source. Belongs to no engine,
// keeps nothing. Errors: STW_ERR_ARGUMENT, also for a `longest` under 4. Cost: linear in `len`.
stw_status stw_stream_piece(const uint8_t *came,
                            size_t len,
                            size_t longest,
                            struct stw_piece *out);

// The party of a neutral leg transfers its peer to what it dials (blind transfer). STW_OK: permitted; what becomes of it
// comes as STW_OUTPUT_REFERRED, and until it is answered nothing has changed: a party that hangs up leaves the transfer to itself.
// STW_DENIED: refused, `out` says why, and the call is as it was. STW_NOT_NOW: the two do not talk, something else is under way, or
// the media of two SIP parties could not meet.
// STW_CONGESTED: no room. `dialed` and errors as for stw_exchange_setup. Cost: one decision.
stw_status stw_exchange_transfer(struct stw_exchange *x,
                                 uint64_t now_ms,
                                 stw_leg leg,
                                 const uint8_t *dialed,
                                 size_t dialed_len,
                                 struct stw_decision *out);

// The party of a neutral leg joins its peer with the peer of another leg of its own (attended transfer); that one may still
// ring. Results as for stw_exchange_transfer. Cost: constant, and one step for each digit of what was dialed.
stw_status stw_exchange_join(struct stw_exchange *x,
                             uint64_t now_ms,
                             stw_leg leg,
                             stw_leg other,
                             struct stw_decision *out);

// The party of a neutral leg goes on hook. If its phone holds one other peer, that one is transferred to the peer of this leg, which may
// still ring; STW_DENIED: it may not, `out` says why, and all of them are released. Otherwise as stw_exchange_release. Results as for
// stw_exchange_transfer. Cost: linear in the legs, and one step for each digit of what was dialed.
stw_status stw_exchange_on_hook(struct stw_exchange *x,
                                uint64_t now_ms,
                                stw_leg leg,
                                struct stw_decision *out);

// The party of a neutral leg holds its peer. STW_OK: who holds for longer than `hold_recall` of its class is released, and rung;
// a neutral peer is told by STW_OUTPUT_HELD. STW_DENIED: its class lets it not, `out` says why. STW_NOT_NOW: the two do not talk.
// Errors as for stw_exchange_setup. Cost: linear in the legs.
stw_status stw_exchange_hold(struct stw_exchange *x,
                             uint64_t now_ms,
                             stw_leg leg,
                             struct stw_decision *out);

// The party of a neutral leg goes on with its peer, which it has held. Results as for stw_exchange_hold. STW_DENIED: its phone talks to
// others meanwhile, and this would be a conference that policy forbids, as `out` says; the peer stays held. Cost: linear in the legs.
stw_status stw_exchange_retrieve(struct stw_exchange *x,
                                 uint64_t now_ms,
                                 stw_leg leg,
                                 struct stw_decision *out);

// The conference that the call of a leg belongs to, as a number: the legs of the resource (STW_PARTY_CONFERENCE) for which it is the
// same are to be mixed. Who mixes by other means than our SIP asks it with STW_OUTPUT_SETUP. STW_ERR_UNKNOWN: there is no such leg, or
// it is in no conference. Cost: constant.
stw_status stw_exchange_conference(struct stw_exchange *x,
                                   stw_leg leg,
                                   uint64_t *number);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* STROWGER_H */
