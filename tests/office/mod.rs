//! A small office for tests: its policy, seven phones, two carriers, and the questions tests ask of it.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{LazyLock, Mutex, PoisonError};
use strowger::base::Algorithm;
use strowger::policy::{Behalf, Party, Rule, Verdict};
use strowger_testkit::phone::{Ask, Behaviour, PhoneConfig, PhoneEvent};
use strowger_testkit::sim::{ExchangeBox, PhoneId, Sim, Sizes, build_exchange};

/// DN and password of the phones; all but 202 know SHA-256, 201 has another username.
pub(crate) const PHONES: [(&str, &str); 7] = [
    ("201", "Tr33-house-Lamp-9"),
    ("202", "Qu1et-river-Stone-4"),
    ("203", "W1nter-apple-Boat-7"),
    ("204", "Gr4pe-window-Sand-2"),
    ("205", "Sl0w-copper-Train-8"),
    ("206", "Bl4ck-button-Mile-5"),
    ("207", "Cl3ar-ocean-Rope-3"),
];

/// The tables of a usual office: eight calls, one of them kept for emergency; room for two hunt groups.
pub(crate) const SIZES: Sizes = Sizes::for_calls(9, 2, 8);

/// Staff may confer, and the policy names a resource that mixes.
pub(crate) const CONFERS: [(&str, &str); 2] = [
    (
        "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
        "features = [\"hold\", \"conference\", \"smdr-external\", \"smdr-internal\"]",
    ),
    RESOURCE,
];
pub(crate) const RESOURCE: (&str, &str) = ("", "[media]\nconference = \"sip:mixer@10.0.8.1:5066\"\n");
/// Callers from outside may be joined with each other, as far as the matrix goes.
pub(crate) const OUTSIDE: (&str, &str) = ("profile = \"strict\"", "profile = \"mivb\"");

pub(crate) struct Office {
    pub(crate) sim: Sim,
    pub(crate) phones: Vec<PhoneId>,
    pub(crate) carrier: PhoneId,
    pub(crate) other: PhoneId,
    baseline: (usize, usize),
}

/// Image and keyring.
type Compiled = (Vec<u8>, Vec<u8>);

/// Those of `policy.toml`.
pub(crate) fn policy() -> &'static Compiled {
    changed_policy(&[])
}

/// Image of the office's policy with changes, and the keyring as the phone of that number has it.
pub(crate) fn policy_of(dn: &str, changes: &[(&str, &str)]) -> Compiled {
    let compiled = compile(&text(changes));
    let keyring = strowger_tools::keyring_for(&compiled, dn).expect("a device of the office");
    (compiled.image, keyring)
}

/// Image and keyring of the office's policy with changes: old text and new, or nothing and what comes behind it. Each policy is compiled
/// once, for thousands of offices may have the same.
pub(crate) fn changed_policy(changes: &[(&str, &str)]) -> &'static Compiled {
    static KNOWN: LazyLock<Mutex<HashMap<String, &'static Compiled>>> = LazyLock::new(Mutex::default);
    let text = text(changes);
    // A policy that does not compile is one test's failure, not that of all behind it.
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known.get(&text) {
        return known;
    }
    let compiled = compile(&text);
    let own: &'static _ = Box::leak(Box::new((compiled.image, compiled.keyring)));
    known.insert(text, own);
    own
}

fn text(changes: &[(&str, &str)]) -> String {
    let mut text = include_str!("policy.toml").to_owned();
    for (old, new) in changes {
        assert!(old.is_empty() || text.contains(old), "{old}");
        text = if old.is_empty() { format!("{text}{new}") } else { text.replace(old, new) };
    }
    text
}

fn compile(text: &str) -> strowger_tools::Compiled {
    strowger_tools::compile_str(text, "policy.toml").unwrap_or_else(|findings| {
        panic!("{}", findings.iter().map(|finding| format!("{finding}\n")).collect::<String>())
    })
}

/// An exchange under the office's policy with changes, for parties with signalling of their own.
pub(crate) fn neutral(changes: &[(&str, &str)]) -> ExchangeBox {
    let (image, keyring) = changed_policy(changes);
    build_exchange(image, keyring, &SIZES, exchange_address(), 1)
}

pub(crate) fn exchange_address() -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1], 5060))
}

pub(crate) fn phone_address(n: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 1, u8::try_from(n + 1).expect("few phones")], 5060))
}

impl Office {
    /// Nobody is registered.
    pub(crate) fn new(seed: u64) -> Self {
        Self::sized(seed, &SIZES)
    }

    pub(crate) fn sized(seed: u64, sizes: &Sizes) -> Self {
        Self::built(seed, sizes, policy())
    }

    /// Everybody but 207 is registered, under the office's policy with changes: old text and new.
    pub(crate) fn changed(seed: u64, changes: &[(&str, &str)]) -> Self {
        Self::with(seed, changes).all_registered()
    }

    /// Nobody is registered, under the office's policy with changes.
    pub(crate) fn with(seed: u64, changes: &[(&str, &str)]) -> Self {
        Self::built(seed, &SIZES, changed_policy(changes))
    }

    /// The same of another size.
    pub(crate) fn with_sizes(seed: u64, sizes: &Sizes, changes: &[(&str, &str)]) -> Self {
        Self::built(seed, sizes, changed_policy(changes))
    }

    fn built(seed: u64, sizes: &Sizes, (image, keyring): &'static Compiled) -> Self {
        let mut sim = Sim::new(seed);
        let server = exchange_address();
        // The ladder has the calling phones on the left and the called on the right.
        for name in ["201", "203"] {
            sim.ladder.participant(name);
        }
        let mut exchange = build_exchange(image, keyring, sizes, server, seed);
        let carriers = [SocketAddr::from(([10, 0, 9, 1], 5060)), SocketAddr::from(([10, 0, 9, 2], 5060))];
        for (trunk, address) in (0u16..).zip(carriers) {
            assert!(exchange.set_trunk_address(trunk, address));
        }
        let baseline = exchange.pages();
        sim.add_exchange("exchange", server, exchange);
        let phones = PHONES.iter().enumerate().map(|(n, (dn, password))| {
            let mut config = PhoneConfig::new(dn, password, phone_address(n), server);
            config.behaviour = Behaviour::Answer { after_ms: 2_000 };
            config.seed = seed;
            match *dn {
                "201" => "reception".clone_into(&mut config.username),
                "202" => config.prefer = Algorithm::Md5,
                _ => {}
            }
            sim.add_phone(dn, config)
        });
        let phones = phones.collect();
        let [carrier, other] = [("carrier", carriers[0]), ("other", carriers[1])].map(|(name, address)| {
            let mut config = PhoneConfig::new(name, "", address, server);
            config.trunk = true;
            config.seed = seed;
            config.behaviour = Behaviour::Answer { after_ms: 2_000 };
            sim.add_phone(name, config)
        });
        Self { sim, phones, carrier, other, baseline }
    }

    /// Everybody but 207 is registered, and the ladder is empty.
    pub(crate) fn registered(seed: u64) -> Self {
        Self::registered_sized(seed, &SIZES)
    }

    pub(crate) fn registered_sized(seed: u64, sizes: &Sizes) -> Self {
        Self::sized(seed, sizes).all_registered()
    }

    fn all_registered(self) -> Self {
        let mut office = self;
        office.register();
        office
    }

    /// Everybody but 207 registers for an hour; the ladder is empty then.
    pub(crate) fn register(&mut self) {
        for at in 0..6 {
            let id = self.phones[at];
            self.sim.with(id, |phone, now| phone.register(now, 3600));
            assert!(self.sim.run_until_event(5_000, id, |event| *event == PhoneEvent::Registered));
        }
        self.sim.ladder.clear();
        self.sim.events.clear();
        self.sim.outputs.clear();
    }

    /// A conference resource, which answers at once and gives each conference an address of its own.
    pub(crate) fn add_mixer(&mut self, seed: u64) -> PhoneId {
        let address = SocketAddr::from(([10, 0, 8, 1], 5066));
        let mut config = PhoneConfig::new("room-77", "", address, exchange_address());
        config.trunk = true;
        config.seed = seed;
        config.behaviour = Behaviour::Answer { after_ms: 100 };
        self.sim.add_phone("mixer", config)
    }

    pub(crate) fn phone(&self, dn: &str) -> PhoneId {
        let at = PHONES.iter().position(|(known, _)| *known == dn).expect("one of the phones");
        self.phones[at]
    }

    /// The phone behaves like this when it is called.
    pub(crate) fn behaves(&mut self, dn: &str, behaviour: Behaviour) {
        let id = self.phone(dn);
        self.sim.phone(id).config.behaviour = behaviour;
    }

    pub(crate) fn call(&mut self, dn: &str, number: &str) {
        let id = self.phone(dn);
        self.sim.with(id, |phone, now| phone.call(now, number));
    }

    pub(crate) fn hang_up(&mut self, dn: &str) {
        let id = self.phone(dn);
        self.sim.with(id, |phone, now| phone.hang_up(now));
    }

    /// The phone asks for a change of the call it is in.
    pub(crate) fn ask(&mut self, dn: &str, ask: Ask) {
        let id = self.phone(dn);
        self.sim.with(id, |phone, now| phone.reinvite(now, ask));
    }

    /// The relay was started again, and the exchange is told.
    pub(crate) fn lose_relay(&mut self) {
        self.sim.relay_lost(0);
    }

    /// 201 and 202 talk, and go by each other's description.
    pub(crate) fn assert_both_agreed(&mut self) {
        let [a, b] = ["201", "202"].map(|dn| self.phone(dn));
        let (own, theirs) = (self.sim.phone(a).agreed(), self.sim.phone(b).agreed());
        let (own, theirs) = (own.expect("201 talks"), theirs.expect("202 talks"));
        assert_eq!((&own.0, &own.1), (&theirs.1, &theirs.0), "{}", self.sim.ladder.render());
    }

    /// Calls, and waits until it is over: status and reason.
    pub(crate) fn refused(&mut self, dn: &str, number: &str) -> (u16, String) {
        let id = self.phone(dn);
        self.call(dn, number);
        let ended = |event: &PhoneEvent| matches!(event, PhoneEvent::Ended { .. });
        assert!(self.sim.run_until_event(200_000, id, ended), "{}", self.sim.ladder.render());
        match self.sim.told(id).pop() {
            Some(PhoneEvent::Ended { status, reason }) => (status, reason),
            other => panic!("{dn} told {other:?}"),
        }
    }

    /// A whole call, of which nothing is left.
    pub(crate) fn talks_and_ends(&mut self, dn: &str, number: &str) {
        self.call(dn, number);
        self.until_talks(dn);
        self.sim.run_ms(1_000);
        self.hang_up(dn);
        self.until_over(dn);
        self.assert_nothing_left();
    }

    /// Runs until this phone talks.
    pub(crate) fn until_talks(&mut self, dn: &str) {
        let id = self.phone(dn);
        let talks = |event: &PhoneEvent| matches!(event, PhoneEvent::Connected { .. });
        assert!(self.sim.run_until_event(90_000, id, talks), "{}", self.sim.ladder.render());
    }

    /// Runs until this phone's call is over.
    pub(crate) fn until_over(&mut self, dn: &str) {
        let id = self.phone(dn);
        let over = |event: &PhoneEvent| matches!(event, PhoneEvent::Ended { .. });
        assert!(self.sim.run_until_event(200_000, id, over), "{}", self.sim.ladder.render());
    }

    /// A phone that talks hangs up, and what was told until then is forgotten.
    pub(crate) fn ends(&mut self, dn: &str) {
        self.sim.run_ms(1_000);
        self.hang_up(dn);
        self.until_over(dn);
        self.sim.run_ms(1_000);
        self.sim.events.clear();
    }

    /// The description that a phone heard when its last call was answered.
    pub(crate) fn heard_sdp(&self, id: PhoneId) -> Vec<u8> {
        let connected = self.sim.told(id).into_iter().rev().find_map(|event| match event {
            PhoneEvent::Connected { remote_sdp } => Some(remote_sdp),
            _ => None,
        });
        connected.expect("it has talked")
    }

    /// The ladder as lines.
    pub(crate) fn trace(&self) -> String {
        self.sim.ladder.trace().join("\n")
    }

    /// Waits for every call to end, and 40 seconds more: then nothing of them may be left.
    pub(crate) fn assert_nothing_left(&mut self) {
        let limit = self.sim.now.plus_ms(300_000);
        while self.sim.exchange(0).calls_in_use() > 0 && self.sim.now < limit {
            self.sim.run_ms(100);
        }
        assert_eq!(
            self.sim.exchange(0).calls_in_use(),
            0,
            "a call never ended\n{}",
            self.sim.ladder.render()
        );
        self.sim.run_ms(40_000);
        let left = self.left();
        assert!(left.is_empty(), "{left}\n{}", self.sim.ladder.render());
    }

    /// What is left of calls: nothing, if none is under way and the last has been over for 40 seconds.
    pub(crate) fn left(&mut self) -> String {
        let exchange = self.sim.exchange(0);
        let (transactions, pages) = (exchange.transactions_in_use(), exchange.pages());
        let (calls, legs) = (exchange.calls_in_use(), exchange.calls().legs().count());
        let (pinholes, sessions) = (self.sim.pinholes.iter().count(), self.sim.relay.sessions().count());
        let clean = (transactions, pages, calls, legs, pinholes, sessions) == (0, self.baseline, 0, 0, 0, 0);
        let text = format!(
            "{calls} calls, {legs} legs, {transactions} transactions, {pages:?} pages of {:?}, {pinholes} pinholes, {sessions} at the relay",
            self.baseline
        );
        if clean { String::new() } else { text }
    }
}

/// Compares a trace with the expected lines; white space in front of lines does not count.
#[track_caller]
pub(crate) fn assert_trace(actual: &str, expected: &str) {
    let lines: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let actual: Vec<&str> = actual.lines().collect();
    assert!(lines == actual, "expected\n  {}\nbut it was\n  {}", lines.join("\n  "), actual.join("\n  "));
}

/// These two talk, and go by each other's description.
#[track_caller]
pub(crate) fn assert_talk(office: &mut Office, a: &str, b: &str) {
    let [a, b] = [a, b].map(|dn| office.phone(dn));
    let (own, theirs) = (office.sim.phone(a).agreed(), office.sim.phone(b).agreed());
    let ladder = office.sim.ladder.render();
    let (own, theirs) = (own.expect("the first talks"), theirs.expect("the second talks"));
    assert!(!own.0.is_empty() && own.0 == theirs.1 && own.1 == theirs.0, "{ladder}");
}

/// Dials a feature code: what it answers, 200 or the status of the refusal.
pub(crate) fn dials(office: &mut Office, dn: &str, code: &str) -> u16 {
    let id = office.phone(dn);
    office.sim.events.clear();
    office.call(dn, code);
    office.until_over(dn);
    let told = office.sim.told(id);
    let connected = told.iter().any(|event| matches!(event, PhoneEvent::Connected { .. }));
    let status = match told.last() {
        Some(PhoneEvent::Ended { status, .. }) => *status,
        other => panic!("{dn} told {other:?}"),
    };
    office.sim.run_ms(1_000);
    office.sim.ladder.clear();
    if connected { 200 } else { status }
}

/// Of each record: calling, digits, completion, called, transfer, third party.
pub(crate) fn records(office: &Office) -> Vec<String> {
    columns(office, &[24..28, 34..60, 60..61, 62..66, 66..67, 68..72])
}

/// Of each record these columns of the standard layout.
pub(crate) fn columns(office: &Office, columns: &[std::ops::Range<usize>]) -> Vec<String> {
    let short = |line: [u8; 90]| {
        let line = String::from_utf8_lossy(&line).into_owned();
        columns.iter().map(|column| line[column.clone()].trim()).collect::<Vec<_>>().join(",")
    };
    office.sim.records.iter().map(|record| short(record.standard())).collect()
}

/// What a phone has heard of its transfers.
pub(crate) fn referred(office: &Office, dn: &str) -> Vec<u16> {
    let events = office.sim.told(office.phone(dn)).into_iter();
    events
        .filter_map(|event| match event {
            PhoneEvent::Referred { status } => Some(status),
            _ => None,
        })
        .collect()
}

/// The last denial: its rule, who acted, and for whom.
pub(crate) fn last_denial(office: &Office) -> Option<(Rule, Party, Option<Behalf>)> {
    office.sim.decisions.iter().rev().find_map(|decision| match decision.verdict {
        Verdict::Deny(denial) => Some((denial.rule, decision.from, decision.behalf)),
        Verdict::Allow(_) | Verdict::NeedsCode(_) => None,
    })
}
