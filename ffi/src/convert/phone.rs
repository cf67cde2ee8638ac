//! A telephone's values as the structs of the ABI, and its configuration from C.

use super::{address, flow, flow_address, socket_address, standing_of, text};
use crate::types::{
    STW_NO_EVENTS, stw_address, stw_direction, stw_line_info, stw_line_state, stw_phone_config,
    stw_phone_output, stw_phone_output_kind, stw_sound, stw_srtp,
};
use core::ffi::c_char;
use core::net::SocketAddr;
use strowger::base::Handle;
use strowger::homing::Terms;
use strowger::media::{Ability, Codec, Keys, Sound, Srtp};
use strowger::phone::{Config, Notice, Output, line::State};
use strowger::wire::sdp::Direction;

/// A configuration from C, its texts copied to `texts`; `None` if a number in it is out of range, or an address is none.
pub(crate) fn configuration<'a>(config: &stw_phone_config, texts: &'a mut [u8]) -> Option<Config<'a>> {
    let mut ability = Ability { codecs: codecs(&config.codecs)?, srtp: Srtp::BestEffort };
    ability.srtp = match config.srtp {
        number if number == stw_srtp::STW_SRTP_BEST_EFFORT as u32 => Srtp::BestEffort,
        number if number == stw_srtp::STW_SRTP_OFF as u32 => Srtp::Off,
        number if number == stw_srtp::STW_SRTP_REQUIRED as u32 => Srtp::Required,
        _ => return None,
    };
    let count = usize::try_from(config.server_count).ok().filter(|count| (1..=2).contains(count))?;
    let mut servers = strowger::phone::Servers::new();
    for server in config.servers.iter().take(count) {
        servers.push(flow(server)?).ok()?;
    }
    let or = |number: u32, otherwise: u32| if number == 0 { otherwise } else { number };
    let usual = Terms::USUAL;
    let homing = Terms {
        heartbeat_s: or(config.heartbeat_s, usual.heartbeat_s),
        missed: u8::try_from(or(config.missed, u32::from(usual.missed))).ok()?,
        return_s: or(config.return_s, usual.return_s),
        returns: config.return_s != u32::MAX,
    };
    let (number, texts) = kept(&config.number.text, texts)?;
    let (username, texts) = kept(&config.username, texts)?;
    let (password, texts) = kept(&config.password, texts)?;
    let (realm, texts) = kept(&config.realm, texts)?;
    let (domain, _) = kept(&config.domain, texts)?;
    Some(Config {
        instance: u16::try_from(config.instance).ok().filter(|instance| *instance > 0)?,
        address: socket_address(&config.address)?,
        number: Some(number).filter(|number| !number.is_empty())?,
        username,
        password,
        realm,
        domain,
        servers,
        homing,
        ability,
        sound_port: sound_port(or(config.sound_port, 16_384), config.lines)?,
    })
}

fn codecs(numbers: &[u8; 8]) -> Option<strowger::media::sound::Codecs> {
    let mut codecs = strowger::media::sound::Codecs::new();
    for number in numbers.iter().take_while(|number| **number != 0) {
        let codec = Codec::ALL.get(usize::from(number.saturating_sub(1)))?;
        codecs.push(*codec).ok()?;
    }
    Some(codecs).filter(|codecs| !codecs.is_empty())
}

/// The port of the first line, if the last one's is a port too.
fn sound_port(first: u32, lines: u32) -> Option<u16> {
    let last = first.checked_add(lines.saturating_sub(1).saturating_mul(2))?;
    u16::try_from(last).ok()?;
    u16::try_from(first).ok()
}

/// A text of a configuration, up to its zero, kept where the telephone keeps it; and the room that is left.
fn kept<'a>(from: &[c_char], room: &'a mut [u8]) -> Option<(&'a [u8], &'a mut [u8])> {
    let (own, rest) = room.split_at_mut_checked(from.len())?;
    let mut len: usize = 0;
    for (slot, c) in own.iter_mut().zip(from.iter().take_while(|c| **c != 0)) {
        *slot = c.to_ne_bytes()[0];
        len = len.saturating_add(1);
    }
    // One that has no zero has no end.
    (len < from.len()).then_some(())?;
    let own: &'a [u8] = own;
    Some((own.get(..len)?, rest))
}

pub(crate) fn output(output: &Output) -> stw_phone_output {
    use stw_phone_output_kind::{
        STW_PHONE_ALERTED, STW_PHONE_CHANGED, STW_PHONE_CODE, STW_PHONE_DEAR, STW_PHONE_HELD,
        STW_PHONE_INCOMING, STW_PHONE_OVER, STW_PHONE_REFERRED, STW_PHONE_SEND, STW_PHONE_SERVER,
        STW_PHONE_SOUND, STW_PHONE_STANDING, STW_PHONE_TEXT, STW_PHONE_UP,
    };
    let of = |kind: stw_phone_output_kind, line: Handle, value: u32| stw_phone_output {
        kind: kind as u32,
        standing: 0,
        line: line.bits(),
        value,
        rule: 0,
        length: 0,
        to: stw_address::default(),
    };
    let length = |len: usize| u64::try_from(len).unwrap_or(u64::MAX);
    match *output {
        Output::Send { to, len } => stw_phone_output {
            length: length(len),
            to: flow_address(to),
            ..of(STW_PHONE_SEND, Handle::NONE, 0)
        },
        Output::Standing(standing) => {
            let (number, expires_s, status) = standing_of(standing);
            let value = if expires_s > 0 { expires_s } else { status };
            stw_phone_output { standing: number, ..of(STW_PHONE_STANDING, Handle::NONE, value) }
        }
        Output::Server(server) => {
            of(STW_PHONE_SERVER, Handle::NONE, u32::try_from(server).unwrap_or(u32::MAX))
        }
        Output::Incoming(line) => of(STW_PHONE_INCOMING, line, 0),
        Output::Ringing(line) => of(STW_PHONE_ALERTED, line, 0),
        Output::Notice(line, Notice::Code) => of(STW_PHONE_CODE, line, 0),
        Output::Notice(line, Notice::Dear) => of(STW_PHONE_DEAR, line, 0),
        Output::Up(line) => of(STW_PHONE_UP, line, 0),
        Output::Sound(line) => of(STW_PHONE_SOUND, line, 0),
        Output::Held(line, held) => of(STW_PHONE_HELD, line, u32::from(held)),
        Output::Changed(line, status) => of(STW_PHONE_CHANGED, line, u32::from(status)),
        Output::Referred(line, status) => of(STW_PHONE_REFERRED, line, u32::from(status)),
        Output::Text { len } => {
            stw_phone_output { length: length(len), ..of(STW_PHONE_TEXT, Handle::NONE, 0) }
        }
        Output::Over { line, status, rule } => stw_phone_output {
            rule: rule.map_or(0, |rule| u32::from(rule.number())),
            ..of(STW_PHONE_OVER, line, u32::from(status))
        },
    }
}

pub(crate) fn line(state: State, number: &[u8], name: &[u8]) -> stw_line_info {
    let state = match state {
        State::Calling { .. } => stw_line_state::STW_LINE_CALLING,
        State::Alerted => stw_line_state::STW_LINE_ALERTED,
        State::Ringing { .. } => stw_line_state::STW_LINE_RINGING,
        State::Answered
        | State::Talking
        | State::Changing
        | State::Proving { .. }
        | State::Referring { .. } => stw_line_state::STW_LINE_UP,
        State::Abandoned | State::Cancelling { .. } | State::Parting | State::Leaving | State::Over => {
            stw_line_state::STW_LINE_OVER
        }
    };
    stw_line_info { state: state as u32, reserved: 0, number: text(number), name: text(name) }
}

pub(crate) fn sound(sound: &Sound, keys: &Keys, at: SocketAddr) -> stw_sound {
    let direction = match sound.direction {
        Direction::SendRecv => stw_direction::STW_DIRECTION_BOTH,
        Direction::SendOnly => stw_direction::STW_DIRECTION_SEND,
        Direction::RecvOnly => stw_direction::STW_DIRECTION_RECEIVE,
        Direction::Inactive => stw_direction::STW_DIRECTION_NONE,
    };
    let codec = Codec::ALL.iter().position(|codec| *codec == sound.codec).unwrap_or(0);
    let mut out = stw_sound {
        to: address(sound.to),
        at: address(at),
        codec: u32::try_from(codec).unwrap_or(0).saturating_add(1),
        payload: u32::from(sound.payload),
        events: sound.events.map_or(STW_NO_EVENTS, u32::from),
        direction: direction as u32,
        encrypted: u32::from(sound.protected),
        reserved: 0,
        our_key: [0; 30],
        their_key: [0; 30],
        padding: [0; 4],
    };
    if sound.protected {
        out.our_key.iter_mut().zip(keys.ours.expose()).for_each(|(slot, octet)| *slot = *octet);
        out.their_key.iter_mut().zip(keys.theirs.expose()).for_each(|(slot, octet)| *slot = *octet);
    }
    out
}
