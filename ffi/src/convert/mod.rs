//! The engine's values as the structs of the ABI, and addresses, parties and causes back again.

mod decisions;
pub(crate) mod phone;

pub(crate) use decisions::{allowed, allowed_somehow, explained, needs_code, refused};
use decisions::{decision, number_class};

use crate::media::{self, stw_output_pinhole};
use crate::names;
use crate::types::{
    STW_UNANSWERED, stw_address, stw_alarm_cause, stw_digits, stw_family, stw_output, stw_output_alarm,
    stw_output_body, stw_output_emergency, stw_output_kind, stw_output_leg, stw_output_registration,
    stw_output_send, stw_output_server, stw_output_setup, stw_output_standing, stw_output_tone,
    stw_output_transfer, stw_party, stw_party_kind, stw_smdr, stw_standing, stw_tone,
};
use core::ffi::c_char;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use strowger::base::{Digits, Flow, Handle, Transport};
use strowger::call::Cause;
use strowger::call::dialing::Tone;
use strowger::exchange::Output;
use strowger::policy::{Image, Party, emergency};
use strowger::record::{Alarm, Smdr, alarm, smdr::Station};
use strowger::registration::Gone;
use strowger::registration::client::Standing;

/// Text in an array, ended by a zero: the last place is never written.
fn text<const N: usize>(bytes: &[u8]) -> [c_char; N] {
    let mut out = [0; N];
    let room = N.saturating_sub(1);
    out.iter_mut().take(room).zip(bytes).for_each(|(slot, byte)| *slot = c_char::from_ne_bytes([*byte]));
    out
}

pub(crate) fn digits(digits: &Digits) -> stw_digits {
    stw_digits { text: text(digits.as_bytes()) }
}

pub(crate) fn party(party: Party) -> stw_party {
    match party {
        Party::Unknown => stw_party { kind: stw_party_kind::STW_PARTY_UNKNOWN as u32, row: 0, user: 0 },
        Party::Conference => stw_party { kind: stw_party_kind::STW_PARTY_CONFERENCE as u32, row: 0, user: 0 },
        Party::Device(row) => stw_party { kind: stw_party_kind::STW_PARTY_DEVICE as u32, row, user: 0 },
        Party::User { user, at } => stw_party {
            kind: stw_party_kind::STW_PARTY_DEVICE as u32,
            row: at,
            user: u32::from(user).saturating_add(1),
        },
        Party::Trunk(row) => {
            stw_party { kind: stw_party_kind::STW_PARTY_TRUNK as u32, row: u32::from(row), user: 0 }
        }
    }
}

/// The address of a struct from C; `None` if its family is not one.
pub(crate) fn socket_address(address: &stw_address) -> Option<SocketAddr> {
    let [a, b, c, d, ..] = address.octets;
    if address.family == stw_family::STW_FAMILY_IPV4 as u8 {
        Some(SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), address.port)))
    } else if address.family == stw_family::STW_FAMILY_IPV6 as u8 {
        let ip = Ipv6Addr::from(address.octets);
        Some(SocketAddr::V6(SocketAddrV6::new(ip, address.port, 0, address.scope)))
    } else {
        None
    }
}

/// The flow of a struct from C; `None` if its family or transport is not one.
pub(crate) fn flow(address: &stw_address) -> Option<Flow> {
    let transport = Transport::ALL.get(usize::from(address.transport))?;
    Some(Flow::new(socket_address(address)?, *transport))
}

fn flow_address(from: Flow) -> stw_address {
    stw_address { transport: from.transport.number(), ..address(from.peer) }
}

pub(crate) fn address(from: SocketAddr) -> stw_address {
    let mut out = stw_address { port: from.port(), ..stw_address::default() };
    match from.ip() {
        IpAddr::V4(ip) => {
            out.family = stw_family::STW_FAMILY_IPV4 as u8;
            out.octets.iter_mut().zip(ip.octets()).for_each(|(slot, octet)| *slot = octet);
        }
        IpAddr::V6(ip) => {
            out.family = stw_family::STW_FAMILY_IPV6 as u8;
            out.octets = ip.octets();
        }
    }
    if let SocketAddr::V6(v6) = from {
        out.scope = v6.scope_id();
    }
    out
}

/// Why a neutral party releases: 0 it hung up, else a final SIP status.
pub(crate) fn cause(number: u32) -> Option<Cause> {
    match u16::try_from(number).ok()? {
        0 => Some(Cause::Normal),
        status @ 300..=699 => Some(Cause::Status(status)),
        _ => None,
    }
}

fn station(station: &Station) -> stw_digits {
    let trunk = |letter: u8, number: u16| {
        let digit = |n: u16| b'0'.saturating_add(u8::try_from(n % 10).unwrap_or(0));
        stw_digits { text: text(&[letter, digit(number / 100), digit(number / 10), digit(number)]) }
    };
    match station {
        Station::Dn(dn) => digits(dn),
        Station::PublicTrunk(number) => trunk(b'T', *number),
        Station::PrivateTrunk(number) => trunk(b'X', *number),
        Station::Unknown => digits(&Digits::EMPTY),
    }
}

fn smdr(record: &Smdr) -> stw_smdr {
    stw_smdr {
        unix_s: record.start.unix_s,
        offset_min: i32::from(record.start.offset_min),
        duration_s: record.duration_s,
        time_to_answer_s: record.time_to_answer_s.unwrap_or(STW_UNANSWERED),
        completion: u32::from(record.completion.letter()),
        system_id: u32::from(record.system_id),
        route: u32::from(record.route),
        cos: u32::from(record.classes.0),
        cor: u32::from(record.classes.1),
        mode: names::mode_named(record.classes.2),
        rule: names::rule_named(record.rule),
        q850: u32::from(record.cause),
        call: u32::from(record.call),
        calling: station(&record.calling),
        called: station(&record.called),
        dialed: digits(&record.dialed),
        line: text(&record.standard()),
        reserved: [0; 4],
    }
}

fn leg(leg: Handle, cause: Option<Cause>) -> stw_output_leg {
    let rule = match cause {
        Some(Cause::Denied(rule)) => u32::from(rule.number()),
        Some(Cause::Normal | Cause::Preempted | Cause::Status(_) | Cause::Media(_)) | None => 0,
    };
    stw_output_leg {
        leg: leg.bits(),
        sip_status: cause.map_or(0, |cause| u32::from(cause.status())),
        q850: cause.map_or(0, |cause| u32::from(cause.q850())),
        rule,
        reserved: 0,
    }
}

fn standing(trunk: u16, standing: Standing) -> stw_output_standing {
    let (standing, expires_s, status) = standing_of(standing);
    stw_output_standing { trunk: u32::from(trunk), standing, expires_s, status }
}

/// One of stw_standing, for how many seconds, and with which status it was refused.
fn standing_of(standing: Standing) -> (u32, u32, u32) {
    use stw_standing::{
        STW_STANDING_LAPSED, STW_STANDING_LOST, STW_STANDING_REFUSED, STW_STANDING_REGISTERED,
        STW_STANDING_UNANSWERED,
    };
    let (standing, expires_s, status) = match standing {
        Standing::Registered { expires_s } => (STW_STANDING_REGISTERED, expires_s, 0),
        Standing::Refused { status } => (STW_STANDING_REFUSED, 0, u32::from(status)),
        Standing::Unanswered => (STW_STANDING_UNANSWERED, 0, 0),
        Standing::Lapsed => (STW_STANDING_LAPSED, 0, 0),
        Standing::Lost => (STW_STANDING_LOST, 0, 0),
    };
    (standing as u32, expires_s, status)
}

const fn registration(
    device: u32,
    expires_s: u32,
    why: u32,
    address: stw_address,
) -> stw_output_registration {
    stw_output_registration { device, expires_s, why, reserved: 0, address }
}

const fn tone_number(tone: Tone) -> stw_tone {
    match tone {
        Tone::Silence => stw_tone::STW_TONE_SILENCE,
        Tone::Dial => stw_tone::STW_TONE_DIAL,
        Tone::SecondDial => stw_tone::STW_TONE_SECOND_DIAL,
        Tone::AccountCode => stw_tone::STW_TONE_ACCOUNT_CODE,
        Tone::Warning => stw_tone::STW_TONE_WARNING,
        Tone::Reorder => stw_tone::STW_TONE_REORDER,
        Tone::Busy => stw_tone::STW_TONE_BUSY,
        Tone::Confirmation => stw_tone::STW_TONE_CONFIRMATION,
        Tone::CampOn => stw_tone::STW_TONE_CAMP_ON,
        Tone::Intrusion => stw_tone::STW_TONE_INTRUSION,
    }
}

fn alarm(raised: &Alarm) -> stw_output_alarm {
    use stw_alarm_cause as to;
    let source = match raised.cause {
        alarm::Cause::Source(ip) => address(SocketAddr::new(ip, 0)),
        alarm::Cause::Limit(_)
        | alarm::Cause::Lockout
        | alarm::Cause::CodeLockout
        | alarm::Cause::Watched(_)
        | alarm::Cause::Preempted
        | alarm::Cause::NoCallback => stw_address::default(),
    };
    let (cause, rule, class) = match raised.cause {
        alarm::Cause::Limit(rule) => (to::STW_ALARM_LIMIT, u32::from(rule.number()), None),
        alarm::Cause::Lockout => (to::STW_ALARM_LOCKOUT, 0, None),
        alarm::Cause::Source(_) => (to::STW_ALARM_SOURCE, 0, None),
        alarm::Cause::CodeLockout => (to::STW_ALARM_CODE_LOCKOUT, 0, None),
        alarm::Cause::Watched(class) => (to::STW_ALARM_WATCHED, 0, Some(class)),
        alarm::Cause::Preempted => (to::STW_ALARM_PREEMPTED, 0, None),
        alarm::Cause::NoCallback => (to::STW_ALARM_NO_CALLBACK, 0, None),
    };
    stw_output_alarm {
        unix_s: raised.at.unix_s,
        offset_min: i32::from(raised.at.offset_min),
        cause: cause as u32,
        rule,
        number_class: number_class(class),
        party: party(raised.party),
        dialed: digits(&raised.dialed),
        source,
    }
}

fn transfer(leg: Handle, with: Handle, status: u32) -> stw_output_transfer {
    stw_output_transfer { leg: leg.bits(), with: with.bits(), status, reserved: 0 }
}

/// Writes an output over `out`, every byte of it.
pub(crate) fn output(image: Option<&Image<'_>>, from: &Output) -> stw_output {
    use stw_output_kind as kind;
    let mut body = stw_output_body { reserved: [0; 48] };
    let kind = match from {
        Output::Send { to, len } => {
            body.send = stw_output_send { to: flow_address(*to), length: u64::try_from(*len).unwrap_or(0) };
            kind::STW_OUTPUT_SEND
        }
        Output::Setup { leg, to, digits: number } => {
            body.setup = stw_output_setup { leg: leg.bits(), to: party(*to), digits: digits(number) };
            kind::STW_OUTPUT_SETUP
        }
        Output::Alerting(handle) => {
            body.leg = leg(*handle, None);
            kind::STW_OUTPUT_ALERTING
        }
        Output::Connect(handle) => {
            body.leg = leg(*handle, None);
            kind::STW_OUTPUT_CONNECT
        }
        Output::Release(handle, cause) => {
            body.leg = leg(*handle, Some(*cause));
            kind::STW_OUTPUT_RELEASE
        }
        Output::Joined { leg, with } => {
            body.transfer = transfer(*leg, *with, 0);
            kind::STW_OUTPUT_JOINED
        }
        Output::Referred { leg, status } => {
            body.transfer = transfer(*leg, Handle::NONE, u32::from(*status));
            kind::STW_OUTPUT_REFERRED
        }
        Output::Held { leg, held } => {
            body.transfer = transfer(*leg, Handle::NONE, u32::from(*held));
            kind::STW_OUTPUT_HELD
        }
        Output::Forwarded { leg, by } => {
            body.setup = stw_output_setup { leg: leg.bits(), to: party(*by), digits: digits(&Digits::EMPTY) };
            kind::STW_OUTPUT_FORWARDED
        }
        Output::Set { device } => {
            body.registration = registration(*device, 0, 0, stw_address::default());
            kind::STW_OUTPUT_SET
        }
        Output::Tone(handle, tone) => {
            body.tone = stw_output_tone { leg: handle.bits(), tone: tone_number(*tone) as u32, reserved: 0 };
            kind::STW_OUTPUT_TONE
        }
        Output::Registered { device, expires_s, flow } => {
            body.registration = registration(*device, *expires_s, 0, flow_address(*flow));
            kind::STW_OUTPUT_REGISTERED
        }
        Output::Unregistered { device, why } => {
            let why = match why {
                Gone::Unregistered => 0,
                Gone::Lapsed => 1,
                Gone::Lost => 2,
            };
            body.registration = registration(*device, 0, why, stw_address::default());
            kind::STW_OUTPUT_UNREGISTERED
        }
        Output::Server { trunk, to } => {
            let (trunk, address) = (u32::from(*trunk), flow_address(*to));
            body.server = stw_output_server { trunk, reserved: 0, address };
            kind::STW_OUTPUT_SERVER
        }
        Output::Standing { trunk, standing } => {
            body.standing = self::standing(*trunk, *standing);
            kind::STW_OUTPUT_STANDING
        }
        Output::Relay(ask) => {
            body.relay = media::ask(ask);
            kind::STW_OUTPUT_RELAY
        }
        Output::RelayUndo(call) => {
            body.pinhole = media::of_call(*call);
            kind::STW_OUTPUT_RELAY_UNDO
        }
        Output::RelayEnd(call) => {
            body.pinhole = media::of_call(*call);
            kind::STW_OUTPUT_RELAY_END
        }
        Output::Open(pinhole) => {
            body.pinhole = media::pinhole(pinhole);
            kind::STW_OUTPUT_OPEN
        }
        Output::Close { media: call, number } => {
            body.pinhole = stw_output_pinhole { number: u32::from(*number), ..media::of_call(*call) };
            kind::STW_OUTPUT_CLOSE
        }
        Output::Decision(taken) => {
            body.decision = decision(image, taken);
            kind::STW_OUTPUT_DECISION
        }
        Output::Smdr(record) => {
            body.smdr = smdr(record);
            kind::STW_OUTPUT_SMDR
        }
        Output::Alarm(raised) => {
            body.alarm = alarm(raised);
            kind::STW_OUTPUT_ALARM
        }
        Output::Emergency(notice) => {
            let location = image.map_or("", |image| emergency::location(image, notice.from, notice.zone));
            body.emergency = stw_output_emergency {
                unix_s: notice.at.unix_s,
                offset_min: i32::from(notice.at.offset_min),
                from: party(notice.from),
                dialed: digits(&notice.dialed),
                callback: digits(&notice.callback),
                location: text(location.as_bytes()),
            };
            kind::STW_OUTPUT_EMERGENCY
        }
    };
    stw_output { kind: kind as u32, reserved: 0, body }
}
