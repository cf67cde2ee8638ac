//! What an exchange was given back after a restart, to and from a trace.

use super::format::Over;
use super::outputs::Shown;
use super::tokens::Kind;
use super::words;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};
use strowger::base::{Digits, Flow};
use strowger::exchange::{Guest, Registration, Restored};
use strowger::policy::{Image, Party};
use strowger::station::{Settings, When};

/// What was there before a restart.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs)]
pub enum RestoredText {
    Registered {
        device: String,
        contact: String,
        to: SocketAddr,
        #[serde(default, skip_serializing_if = "Over::is_udp")]
        over: Over,
        source: IpAddr,
        expires_s: u32,
    },
    Set {
        device: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        always: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        busy: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        no_answer: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        out_of_service: Option<String>,
        do_not_disturb: bool,
    },
    Seated {
        phone: String,
        user: String,
        left_s: Option<u64>,
    },
}

/// As a trace has it.
pub(super) fn text(shown: &Shown<'_>, restored: &Restored<'_>) -> RestoredText {
    let party = |row: u32| shown.party(Party::Device(row));
    match restored {
        Restored::Registered { device, registration, expires_s } => {
            // A contact has the number in it.
            let hidden = shown.secrets.kind == Kind::Redacted;
            let contact = if hidden {
                "~".to_owned()
            } else {
                String::from_utf8_lossy(registration.contact).into_owned()
            };
            RestoredText::Registered {
                device: party(*device),
                contact,
                to: registration.flow.peer,
                over: registration.flow.transport.into(),
                source: registration.source,
                expires_s: *expires_s,
            }
        }
        Restored::Set { device, settings } => {
            let number = |when| {
                settings.forward(when).map(|to| shown.dialed(Party::Device(*device), to.as_str().as_bytes()))
            };
            let [always, busy, no_answer, out_of_service] = When::ALL.map(number);
            let do_not_disturb = settings.do_not_disturb();
            RestoredText::Set {
                device: party(*device),
                always,
                busy,
                no_answer,
                out_of_service,
                do_not_disturb,
            }
        }
        Restored::Seated { phone, guest } => {
            RestoredText::Seated { phone: party(*phone), user: party(guest.user), left_s: guest.left_s }
        }
    }
}

/// Read from a trace; it owns what it refers to.
#[derive(Clone, Debug)]
pub(super) enum Given {
    Registered { device: u32, contact: Vec<u8>, flow: Flow, source: IpAddr, expires_s: u32 },
    Set(u32, Settings),
    Seated(u32, Guest),
}

impl Given {
    /// What a trace says, or what is wrong with it.
    pub(super) fn parse(image: Option<&Image<'_>>, text: &RestoredText) -> Result<Self, String> {
        let row = |text: &str| match words::unparty(image, text) {
            Some(Party::Device(row)) => Ok(row),
            Some(Party::User { .. } | Party::Trunk(_) | Party::Conference | Party::Unknown) | None => {
                Err(format!("there is no device {text}"))
            }
        };
        Ok(match text {
            RestoredText::Registered { device, contact, to, over, source, expires_s } => Self::Registered {
                device: row(device)?,
                contact: contact.clone().into_bytes(),
                flow: Flow::new(*to, Over::into(*over)),
                source: *source,
                expires_s: *expires_s,
            },
            RestoredText::Set { device, always, busy, no_answer, out_of_service, do_not_disturb } => {
                let mut settings = Settings::NONE;
                for (when, to) in When::ALL.into_iter().zip([always, busy, no_answer, out_of_service]) {
                    if let Some(to) = to {
                        let to =
                            Digits::dialed(to.as_bytes()).map_err(|_| format!("{to} cannot be dialed"))?;
                        settings.set_forward(when, to);
                    }
                }
                if *do_not_disturb {
                    settings.toggle_do_not_disturb();
                }
                Self::Set(row(device)?, settings)
            }
            RestoredText::Seated { phone, user, left_s } => {
                Self::Seated(row(phone)?, Guest { user: row(user)?, left_s: *left_s })
            }
        })
    }

    pub(super) fn restored(&self) -> Restored<'_> {
        match self {
            Self::Registered { device, contact, flow, source, expires_s } => Restored::Registered {
                device: *device,
                registration: Registration { contact, flow: *flow, source: *source },
                expires_s: *expires_s,
            },
            Self::Set(device, settings) => Restored::Set { device: *device, settings: *settings },
            Self::Seated(phone, guest) => Restored::Seated { phone: *phone, guest: *guest },
        }
    }
}
