//! An exchange that sets come to, and what a controller does with its answers.

use crate::office::{changed_policy, exchange_address};
use std::net::SocketAddr;
use strowger::base::{Flow, Instant, Soft, Transport};
use strowger::registration::set::{Admitted, Bound, Claim, Refusal};
use strowger::wire::set::{CodeKind, Concealed, How, Mac, Reason, Register};
use strowger_testkit::sim::{ExchangeBox, Sizes, build_exchange};

/// The MAC that the policy names for 301.
pub(crate) const A: Mac = [8, 0, 15, 0x12, 0x34, 0x56];
/// The one of 304.
pub(crate) const D: Mac = [8, 0, 15, 0x12, 0x34, 0x59];
/// Of no number of the policy's.
pub(crate) const B: Mac = [8, 0, 15, 0x12, 0x34, 0x57];
/// And another.
pub(crate) const U: Mac = [8, 0, 15, 0xAA, 0xBB, 0xCC];
/// No code, no PIN.
pub(crate) const PRIVATE: Concealed<'static> = Concealed::new("");

/// 301 and 304 have their MACs from the policy, 303 has no PIN, 305 has homes. Whoever says nothing of ways comes over TLS.
pub(crate) const CHANGES: [(&str, &str); 1] = [(
    "",
    r#"
[registration]
access_code = "*57"
replacement_code = "*58"
[[element]]
name = "north"
address = "192.0.2.1:6801"
[[element]]
name = "south"
address = "192.0.2.2:6801"
[[element]]
name = "east"
address = "192.0.2.3:6801"
[[template]]
name = "set"
kind = "set"
set_type = "console-8"
cos = 1
cor = 1
[[device]]
dn = "301"
template = "set"
mac = "08:00:0f:12:34:56"
pin = "471193"
[[device]]
dn = "302"
template = "set"
pin = "580264"
transport = ["tcp", "tls"]
[[device]]
dn = "303"
template = "set"
[[device]]
dn = "304"
template = "set"
mac = "08:00:0f:12:34:59"
pin = "112358"
transport = ["tcp"]
[[device]]
dn = "305"
template = "set"
pin = "224466"
primary = "north"
secondary = "south"
[[user]]
dn = "401"
name = "Visitor"
pin = "864205"
cos = 1
cor = 1
"#,
)];

/// Somebody at the door.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Try {
    pub(crate) mac: Mac,
    pub(crate) code: (CodeKind, &'static str),
    pub(crate) number: &'static str,
    pub(crate) pin: &'static str,
    pub(crate) set_type: &'static str,
    pub(crate) transport: Transport,
}

impl Try {
    pub(crate) const fn claim(&self) -> Claim<'static> {
        let Self { mac, code: (kind, code), number, pin, set_type, transport } = *self;
        let register = Register { kind, code: Concealed::new(code), number, pin: Concealed::new(pin) };
        Claim { mac, set_type, register, transport }
    }
}

/// An address that sets come from.
pub(crate) fn from(n: u8) -> Flow {
    Flow::new(SocketAddr::from(([10, 0, 4, n], 40_000)), Transport::Tls)
}

pub(crate) struct Door {
    exchange: ExchangeBox,
    crypto: Soft,
    now: Instant,
    pub(crate) source: Flow,
    pub(crate) bound: Vec<Bound>,
    /// Our own row of the elements, plus one.
    pub(crate) element: Option<u8>,
}

impl Door {
    pub(crate) fn new() -> Self {
        let (image, keyring) = changed_policy(&CHANGES);
        let exchange = build_exchange(image, keyring, &Sizes::for_calls(13, 2, 8), exchange_address(), 1);
        let (crypto, bound) = (Soft::new(&[3; 32]), Vec::new());
        Self { exchange, crypto, now: Instant(1_000), source: from(1), bound, element: None }
    }

    pub(crate) fn device(&self, number: &str) -> u32 {
        let image = self.exchange.image().expect("a policy");
        image.phone_by_dn(number.as_bytes()).expect("a device of this policy")
    }

    pub(crate) fn binds(&mut self, number: &str, mac: Mac) {
        let device = self.device(number);
        self.bound.retain(|one| one.device != device);
        self.bound.push(Bound { device, mac });
    }

    pub(crate) fn passes(&mut self, seconds: u64) {
        self.now = self.now.plus_s(seconds);
    }

    /// So long that nothing is counted any more.
    pub(crate) fn forgets(&mut self) {
        self.passes(100_000);
    }

    /// What the exchange says. Nothing changes.
    pub(crate) fn judges(&mut self, one: &Try) -> Result<Admitted, Refusal> {
        let own = (self.bound.as_slice(), self.element);
        self.exchange.judge_set(self.now, &one.claim(), self.source, own, &mut self.crypto)
    }

    /// The same, and what a controller does: what is wrong counts, what is right counts no more, who is bound is remembered.
    pub(crate) fn knocks(&mut self, one: &Try) -> Result<How, Reason> {
        let own = (self.bound.as_slice(), self.element);
        let admitted = knocks_at(&mut self.exchange, self.now, one, self.source, own)?;
        assert_eq!(admitted.device, self.device(one.number));
        if admitted.how != How::Known {
            self.binds(one.number, one.mac);
        }
        Ok(admitted.how)
    }
}

/// Somebody knocks at an exchange, and it is counted what came of it.
pub(crate) fn knocks_at(
    exchange: &mut ExchangeBox,
    now: Instant,
    one: &Try,
    source: Flow,
    own: (&[Bound], Option<u8>),
) -> Result<Admitted, Reason> {
    let judged = exchange.judge_set(now, &one.claim(), source, own, &mut Soft::new(&[9; 32]));
    let counts = match &judged {
        Ok(admitted) => Some((Some(admitted.device), true)),
        Err(refusal) => refusal.wrong.then_some((refusal.device, false)),
    };
    if let Some((device, right)) = counts {
        exchange.note_login(now, device, source, right).expect("it was drained");
    }
    while let Ok(Some(_)) = exchange.poll(&mut [0; 4_096]) {}
    judged.map_err(|refusal| refusal.reason)
}
