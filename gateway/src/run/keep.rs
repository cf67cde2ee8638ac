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
        let away_s = self.data.away_s().unwrap_or(u64::MAX);
        for (dn, one) in &kept.registered {
            let registration = Registration {
                contact: one.contact.as_bytes(),
                flow: Flow::new(one.to, Transport::Udp),
                source: one.source,
            };
            // It was registered when we were there last, and for so long at most from then on.
            let left_s = u64::from(one.for_s.min(MAX_EXPIRES_S)).saturating_sub(away_s);
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
            let set = row(&image, dn).map(|device| Restored::Set { device, settings: settings(set) });
            counts[1] += usize::from(set.is_some_and(|set| self.gave_back(&set)));
        }
        let unix_s = jiff::Timestamp::now().as_second();
        for (dn, seated) in &kept.seated {
            let left_s = seated.until.map(|until| u64::try_from(until - unix_s).unwrap_or(0));
            let rows = row(&image, dn).zip(row(&image, &seated.user));
            let guest = rows.map(|(phone, user)| Restored::Seated { phone, guest: Guest { user, left_s } });
            if guest.is_some_and(|guest| self.gave_back(&guest)) {
                counts[2] += 1;
            } else if !image.is_block() {
                self.leaves(dn, &seated.user);
            }
        }
        self.forget_strangers();
        let [phones, set, seated] = counts;
        let calls = self.preserve_calls(&kept);
        if (phones, set, seated, calls, mode) != (0, 0, 0, 0, None) {
            let mode = mode.map_or_else(String::new, |mode| format!(", mode {}", mode.name()));
            tracing::info!(
                "as before the restart: {phones} phones registered, {set} with settings, {seated} users logged in{mode}, {calls} calls up"
            );
        }
    }

    /// What is kept of numbers that the policy does not have is not their next owners'.
    pub(super) fn forget_strangers(&mut self) {
        let image = self.image;
        // An emergency block knows nobody, and somebody will be back.
        if image.is_block() {
            return;
        }
        let strange = |dn: &String| image.device_by_dn(dn.as_bytes()).is_none();
        let kept = self.data.kept().clone();
        for dn in kept.set.keys().filter(|dn| strange(dn)) {
            self.data.note(&Entry::Set(dn.clone(), Set::default()));
        }
        // A number that is no set's any more is bound to nobody.
        let set = |dn: &String| {
            image.phone_by_dn(dn.as_bytes()).is_some_and(|device| image.set_of(device).is_some())
        };
        for (dn, mac) in kept.bound.iter().filter(|(dn, _)| !set(dn)) {
            self.data.note(&Entry::Unbound(dn.clone()));
            self.act("set-unbound", dn, mac.clone().into(), Value::Null);
        }
        for (dn, seated) in kept.seated.iter().filter(|(dn, seated)| strange(dn) || strange(&seated.user)) {
            self.leaves(dn, &seated.user);
        }
    }

    /// A user is not logged in there any more, and nobody has asked for that by telephone.
    fn leaves(&mut self, phone: &str, user: &str) {
        self.data.note(&Entry::Left(phone.to_owned()));
        self.act("log-out", phone, user.into(), Value::Null);
    }

    fn gave_back(&mut self, restored: &Restored<'_>) -> bool {
        let took = self.engine.input(self.now(), &Input::Restore(*restored));
        self.drain();
        took == Ok(Took::Restored(true))
    }

    /// A device is registered somewhere, or nowhere any more.
    pub(super) fn keep_registration(&mut self, device: u32, for_s: u32) {
        let dn = words::party(&self.image, Party::Device(device));
        let kept = self.engine.registration(device).filter(|one| one.flow.transport == Transport::Udp);
        let kept = kept.and_then(|one| {
            let contact = std::str::from_utf8(one.contact).ok()?.to_owned();
            Some(Registered { contact, to: one.flow.peer, source: one.source, for_s })
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
        // Who logs in here leaves the phone where he was.
        let before = |(at, seated): (&String, &Seated)| {
            (Some(&seated.user) == user.as_ref() && *at != dn).then(|| at.clone())
        };
        let elsewhere = self.data.kept().seated.iter().find_map(before);
        if let (Some(at), Some(user)) = (elsewhere, &user) {
            self.leaves(&at, user);
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
