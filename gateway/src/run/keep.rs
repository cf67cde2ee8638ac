//! The daemon and what outlives it: noted when the engine tells of it, given back at the next start. What is done by telephone stands in the
//! audit trail.

use super::Daemon;
use crate::data::{Act, Entry, Registered, Seated, Set};
use crate::words;
use serde_json::{Value, json};
use strowger::base::{Digits, Flow, Transport};
use strowger::exchange::{Guest, Registration, Restored};
use strowger::policy::{Mode, Party};
use strowger::registration::binding::MAX_EXPIRES_S;
use strowger::station::{Settings, When};
use strowger_tools::trace::{Input, Took};

impl Daemon {
    /// Gives the engine back what was there when the process before this one ended.
    pub(super) fn restore(&mut self) {
        // Who may be logged in where depends on the service mode, and that on the clock.
        self.set_clock();
        let kept = self.data.kept().clone();
        let mode = kept.mode.as_deref().and_then(|name| {
            [Mode::Day, Mode::Night1, Mode::Night2].into_iter().find(|mode| mode.name() == name)
        });
        if let Some(mode) = mode {
            self.give(self.now(), &Input::SetMode(Some(mode)));
            self.overridden = true;
        }
        let row = |image: &strowger::policy::Image<'_>, dn: &str| image.device_by_dn(dn.as_bytes());
        let image = self.image;
        let mut counts = [0; 3];
        // A phone is not registered for longer than that after it was heard last.
        let left_s = self.data.away_s().map_or(0, |away_s| u64::from(MAX_EXPIRES_S).saturating_sub(away_s));
        for (dn, one) in &kept.registered {
            let registration = Registration {
                contact: one.contact.as_bytes(),
                flow: Flow::new(one.to, Transport::Udp),
                source: one.source,
            };
            let expires_s = u32::try_from(left_s).unwrap_or(0);
            let restored =
                row(&image, dn).map(|device| Restored::Registered { device, registration, expires_s });
            if restored.is_some_and(|restored| self.gave_back(&restored)) {
                counts[0] += 1;
            } else {
                self.data.note(&Entry::Gone(dn.clone()));
            }
        }
        for (dn, set) in &kept.set {
            let Some(device) = row(&image, dn) else { continue };
            counts[1] += usize::from(self.gave_back(&Restored::Set { device, settings: settings(set) }));
        }
        let unix_s = jiff::Timestamp::now().as_second();
        for (dn, seated) in &kept.seated {
            let (Some(phone), Some(user)) = (row(&image, dn), row(&image, &seated.user)) else { continue };
            let left_s = seated.until.map(|until| u64::try_from(until - unix_s).unwrap_or(0));
            let guest = Guest { user, left_s };
            if self.gave_back(&Restored::Seated { phone, guest }) {
                counts[2] += 1;
            } else {
                self.data.note(&Entry::Left(dn.clone()));
            }
        }
        let [phones, set, seated] = counts;
        if (phones, set, seated, mode) != (0, 0, 0, None) {
            let mode = mode.map_or_else(String::new, |mode| format!(", mode {}", mode.name()));
            tracing::info!(
                "as before the restart: {phones} phones registered, {set} with settings, {seated} users logged in{mode}"
            );
        }
    }

    fn gave_back(&mut self, restored: &Restored<'_>) -> bool {
        let took = self.engine.input(self.now(), &Input::Restore(*restored));
        self.drain();
        took == Ok(Took::Restored(true))
    }

    /// A device is registered somewhere, or nowhere any more.
    pub(super) fn keep_registration(&mut self, device: u32) {
        let dn = words::party(&self.image, Party::Device(device));
        let kept = self.engine.registration(device).filter(|one| one.flow.transport == Transport::Udp);
        let kept = kept.and_then(|one| {
            let contact = std::str::from_utf8(one.contact).ok()?.to_owned();
            Some(Registered { contact, to: one.flow.peer, source: one.source })
        });
        self.data.note(&match kept {
            Some(registered) => Entry::Registered(dn, registered),
            None => Entry::Gone(dn),
        });
    }

    /// Something was set at a device, or somebody has logged in there or out.
    pub(super) fn keep_settings(&mut self, device: u32) {
        let now = self.now();
        let dn = words::party(&self.image, Party::Device(device));
        let set = self.engine.settings(device).map(text).unwrap_or_default();
        let before = self.data.kept().set.get(&dn).cloned().unwrap_or_default();
        let guest = self.engine.guest(now, device);
        let user = guest.map(|guest| words::party(&self.image, Party::Device(guest.user)));
        let user_before = self.data.kept().seated.get(&dn).map(|seated| seated.user.clone());
        let who = user.clone().or_else(|| user_before.clone()).unwrap_or_else(|| dn.clone());
        let by_phone =
            |op, old, new| Act { who: who.clone(), application: "telephone", op, what: dn.clone(), old, new };
        if set != before {
            let shown = |set: &Set| json!({ "forwards": set.forwards, "do_not_disturb": set.do_not_disturb });
            self.data.audit(&by_phone("set", shown(&before), shown(&set)));
            self.data.note(&Entry::Set(dn.clone(), set));
        }
        if user != user_before {
            let op = if user.is_some() { "log-in" } else { "log-out" };
            let value = |user: &Option<String>| user.clone().map_or(Value::Null, Value::from);
            self.data.audit(&by_phone(op, value(&user_before), value(&user)));
        }
        let unix_s = jiff::Timestamp::now().as_second();
        self.data.note(&match (guest, user) {
            (Some(guest), Some(user)) => {
                let until = guest.left_s.and_then(|left_s| unix_s.checked_add_unsigned(left_s));
                Entry::Seated(dn, Seated { user, until })
            }
            (None, _) | (_, None) => Entry::Left(dn),
        });
    }

    /// An act of who runs the gateway.
    pub(super) fn act(&mut self, op: &'static str, what: &str, old: Value, new: Value) {
        let who = "strowger-gateway".to_owned();
        self.data.audit(&Act { who, application: "process", op, what: what.to_owned(), old, new });
    }
}

fn settings(set: &Set) -> Settings {
    let mut settings = Settings::NONE;
    for (when, to) in When::ALL.into_iter().zip(&set.forwards) {
        if let Some(to) = to.as_ref().and_then(|to| Digits::dialed(to.as_bytes()).ok()) {
            settings.set_forward(when, to);
        }
    }
    if set.do_not_disturb {
        settings.toggle_do_not_disturb();
    }
    settings
}

fn text(settings: &Settings) -> Set {
    let forwards = When::ALL.map(|when| settings.forward(when).map(|to| to.as_str().to_owned()));
    Set { forwards, do_not_disturb: settings.do_not_disturb() }
}
