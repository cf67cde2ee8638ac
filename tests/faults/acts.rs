//! What people do in an office, one thing after the other.

use crate::office::Office;
use strowger::base::Instant;
use strowger_testkit::phone::{self, Ask, Behaviour, Phone, PhoneConfig};
use strowger_testkit::sim::PhoneId;

/// One thing that is done.
#[derive(Clone, Copy)]
pub(crate) enum Do {
    /// A phone, or the `carrier`, calls.
    Call(&'static str, &'static str),
    HangUp(&'static str),
    Answer(&'static str),
    /// Asks for a change of its call.
    Change(&'static str, Ask),
    /// The other side is to go there: a transfer, or a park by its code.
    Transfer(&'static str, &'static str),
    /// The other sides of its two calls are to be joined.
    Join(&'static str),
    Register(&'static str, u32),
    /// With this Contact.
    RegisterAs(&'static str, &'static str, Option<u32>),
    Options(&'static str),
    Press(&'static str, char),
    Is(&'static str, Behaviour),
    With(&'static str, fn(&mut PhoneConfig)),
    RelayDies,
    RelayRestarts,
    Wait(u64),
}

/// Time between acts that do not say otherwise.
const PAUSE_MS: u64 = 3_000;

/// Does all of it.
pub(crate) fn act(office: &mut Office, acts: &[Do]) {
    for (at, act) in acts.iter().enumerate() {
        let asked = match *act {
            Do::Call(who, number) => by(office, who, |phone, now| match who {
                "carrier" => phone.call_from(now, number, "6135559999"),
                _ => phone.call(now, number),
            }),
            Do::HangUp(who) => by(office, who, Phone::hang_up),
            Do::Answer(who) => by(office, who, Phone::answer),
            Do::Change(who, ask) => by(office, who, |phone, now| phone.reinvite(now, ask)),
            Do::Transfer(who, to) => by(office, who, |phone, now| phone.transfer(now, to)),
            Do::Join(who) => by(office, who, Phone::join),
            Do::Register(who, expires_s) => by(office, who, |phone, now| phone.register(now, expires_s)),
            Do::RegisterAs(who, contact, expires_s) => {
                let contact = Some(contact.to_owned());
                let register = phone::Register { expires_s, contact, ..phone::Register::default() };
                by(office, who, |phone, now| phone.register_as(now, &register))
            }
            Do::Options(who) => by(office, who, Phone::options),
            Do::Press(who, key) => by(office, who, |phone, now| phone.press(now, key)),
            Do::Is(who, behaviour) => configure(office, who, |phone| phone.behaviour = behaviour),
            Do::With(who, change) => configure(office, who, change),
            Do::RelayDies => {
                office.sim.relay.alive = false;
                false
            }
            Do::RelayRestarts => {
                office.lose_relay();
                true
            }
            Do::Wait(ms) => {
                office.sim.run_ms(ms);
                false
            }
        };
        if asked && !matches!(acts.get(at + 1), Some(Do::Wait(_))) {
            office.sim.run_ms(PAUSE_MS);
        }
    }
}

fn named(office: &Office, who: &str) -> PhoneId {
    if who == "carrier" { office.carrier } else { office.phone(who) }
}

fn by(office: &mut Office, who: &str, act: impl FnOnce(&mut Phone, Instant)) -> bool {
    let id = named(office, who);
    office.sim.with(id, act);
    true
}

fn configure(office: &mut Office, who: &str, change: impl FnOnce(&mut PhoneConfig)) -> bool {
    let id = named(office, who);
    change(&mut office.sim.phone(id).config);
    false
}
