//! What sets ask of the daemon: who they are, and what their digits have become.

use super::{Daemon, Settings};
use crate::crypto::Hosted;
use crate::data::{Act, Entry};
use crate::sets::{Admitted, Ask, Came, Live, Own, Said, Tell};
use ring::rand::SecureRandom as _;
use serde_json::Value;
use std::net::SocketAddr;
use strowger::base::Flow;
use strowger::media::Srtp;
use strowger::registration::set::{Bound, Claim, Refusal};
use strowger::wire::set::{Bye, Concealed, How, Mac, Reason, Register, Token};
use strowger_tools::trace::Input;
use tokio::sync::mpsc;

/// What waits for one set.
const TOLD: usize = 8;

impl Daemon {
    /// Listens where sets connect.
    pub(super) async fn listen_for_sets(
        &mut self,
        settings: &Settings,
        heard_on: &mut String,
    ) -> Result<(), String> {
        if let Some(name) = &settings.element {
            let known = self.image.elements().iter().any(|row| self.image.text(row.name) == name);
            if !known && !self.image.is_block() {
                return Err(format!("--element {name}: the policy has no [[element]] with this name"));
            }
        }
        self.sets.element.clone_from(&settings.element);
        if let Some(address) = settings.set_tcp {
            let bound = self.sets.listen(address, None).await?;
            heard_on.push_str(&format!(", sets on tcp {bound}"));
        }
        if let Some(address) = settings.set {
            let acceptor = self.streams.acceptor();
            let Some(acceptor) = acceptor else {
                return Err(
                    "--set: sets come over TLS: give --tls-cert and --tls-key, or --set-tcp".to_owned()
                );
            };
            let bound = self.sets.listen(address, Some(acceptor)).await?;
            heard_on.push_str(&format!(", sets on tls {bound}"));
        }
        Ok(())
    }

    /// Listens where sets connect in clear.
    pub(crate) async fn listen_for_sets_in_clear(
        &mut self,
        address: SocketAddr,
    ) -> Result<SocketAddr, String> {
        self.sets.listen(address, None).await
    }

    /// Takes what sets have asked and said, if anything.
    pub(crate) fn take_inside(&mut self) {
        while let Some(ask) = self.sets.try_asked() {
            self.answer_set(ask);
        }
        while let Some(heard) = self.streams.try_heard() {
            self.take_messages(heard, 1);
        }
    }

    /// Whether the device with this number is there.
    pub(crate) fn is_registered(&self, number: &str) -> bool {
        let device = self.image.phone_by_dn(number.as_bytes());
        device.is_some_and(|device| self.engine.is_registered(device))
    }

    /// Answers a set.
    pub(super) fn answer_set(&mut self, ask: Ask) {
        match ask {
            Ask::Came { own, flow, answer } => {
                let known = self.sets.live.values().find(|live| {
                    live.mac == own.mac && own.token != [0; 16] && same(&live.token, &own.token)
                });
                let came = match known {
                    Some(live) => Came::Known(live.tell.clone()),
                    None => Came::New(self.streams.inside(flow)),
                };
                let _ = answer.send(came);
            }
            Ask::Claim { own, said, flow, answer } => {
                let judged = self.claimed(&own, &said, flow);
                if let Err(Ok(admitted)) = answer.send(judged) {
                    // It has gone while it was judged.
                    self.sets.live.remove(&admitted.number);
                }
            }
            Ask::Dialed { number, digits, answer } => {
                let device = number.and_then(|number| self.image.phone_by_dn(number.as_bytes()));
                let _ = answer.send(self.engine.dialed(self.now(), device, &digits));
            }
            Ask::Over { number, token } => {
                if self.sets.live.get(&number).is_some_and(|live| same(&live.token, &token)) {
                    self.sets.live.remove(&number);
                }
            }
        }
    }

    fn claimed(&mut self, own: &Own, said: &Said, flow: Flow) -> Result<Admitted, (Reason, String)> {
        let register = Register {
            kind: said.kind,
            code: Concealed::new(&said.code),
            number: &said.number,
            pin: Concealed::new(&said.pin),
        };
        let claim = Claim { mac: own.mac, set_type: &own.set_type, register, transport: flow.transport };
        let bound: Vec<Bound> = self
            .data
            .kept()
            .bound
            .iter()
            .filter_map(|(dn, mac)| {
                Some(Bound { device: self.image.phone_by_dn(dn.as_bytes())?, mac: unmac(mac)? })
            })
            .collect();
        let Ok(mut crypto) = Hosted::new() else { return Err((Reason::NotNow, String::new())) };
        let element = self.element();
        let judged = self.engine.judge_set(self.now(), &claim, flow, (&bound, element), &mut crypto);
        match judged {
            Ok(admitted) => {
                self.give(
                    self.now(),
                    &Input::Login { device: Some(admitted.device), source: flow, right: true },
                );
                self.drain();
                self.admit(own, said, admitted.device, admitted.how)
            }
            Err(refusal) => Err(self.refuse_set(own, said, flow, &refusal)),
        }
    }

    fn refuse_set(&mut self, own: &Own, said: &Said, flow: Flow, refusal: &Refusal) -> (Reason, String) {
        if refusal.wrong {
            self.give(self.now(), &Input::Login { device: refusal.device, source: flow, right: false });
            self.drain();
        }
        tracing::warn!("the set {} at {flow} is not {}: {:?}", mac(own.mac), said.number, refusal.reason);
        let place = refusal.element.and_then(|element| self.place_of(element)).unwrap_or_default();
        (refusal.reason, place)
    }

    fn admit(&mut self, own: &Own, said: &Said, device: u32, how: How) -> Result<Admitted, (Reason, String)> {
        let mut token: Token = [0; 16];
        if ring::rand::SystemRandom::new().fill(&mut token).is_err() {
            return Err((Reason::NotNow, String::new()));
        }
        let number = said.number.clone();
        if how != How::Known {
            let before = self.data.kept().bound.get(&number).cloned();
            self.data.note(&Entry::Bound(number.clone(), mac(own.mac)));
            let op = if how == How::Replaced { "set-replaced" } else { "set-bound" };
            self.data.audit(&Act {
                who: number.clone(),
                application: "set",
                op,
                what: number.clone(),
                old: before.map_or(Value::Null, Value::from),
                new: mac(own.mac).into(),
            });
        }
        let row = usize::try_from(device).ok();
        let texts = row.and_then(|row| self.image.device_texts().get(row)).unwrap_or_default();
        let srtp = row
            .and_then(|row| self.image.devices().get(row))
            .map_or(Srtp::Off, |row| Srtp::from_number(row.srtp));
        let (tell, told) = mpsc::channel(TOLD);
        let live = Live { token, mac: own.mac, tell };
        if let Some(before) = self.sets.live.insert(number.clone(), live) {
            let _ = before.tell.try_send(Tell::End(Bye::Replaced));
        }
        tracing::info!("the set {} is {number}", mac(own.mac));
        let name = self.image.text(texts.name).to_owned();
        Ok(Admitted { how, number, name, srtp, token, told })
    }

    /// Our own row of the elements plus one.
    fn element(&self) -> Option<u8> {
        let own = self.sets.element.as_deref()?;
        let mut rows = (1u8..).zip(self.image.elements().iter());
        rows.find(|(_, row)| self.image.text(row.name) == own).map(|(row, _)| row)
    }

    /// Where sets of an element connect: at its address, at the port where ours do.
    fn place_of(&self, element: u8) -> Option<String> {
        let row = self.image.elements().get(usize::from(element))?;
        let mut at: SocketAddr = self.image.text(row.address).parse().ok()?;
        at.set_port(self.sets.port);
        Some(at.to_string())
    }
}

/// Whether two tokens are one, in a time that says nothing about them.
fn same(one: &Token, other: &Token) -> bool {
    one.iter().zip(other).fold(0, |differ, (one, other)| differ | (one ^ other)) == 0
}

/// As people write it.
fn mac(mac: Mac) -> String {
    mac.map(|octet| format!("{octet:02x}")).join(":")
}

fn unmac(text: &str) -> Option<Mac> {
    let octets: Vec<u8> = text.split(':').filter_map(|octet| u8::from_str_radix(octet, 16).ok()).collect();
    octets.try_into().ok()
}
