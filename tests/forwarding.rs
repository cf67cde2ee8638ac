//! Who rings, in what order, and what becomes of the call: random settings of users and of the administrator against a model of
//! forwarding that knows nothing of the engine (R22-R28). By neutral signals, through the whole exchange.

use crate::office;

use std::collections::BTreeMap;
use strowger::base::{Handle, Instant};
use strowger::call::Cause;
use strowger::exchange::{Output, Signal, Taken, Ticked};
use strowger::policy::Party;
use strowger::record::smdr::Station;
use strowger::station::{Settings, When};
use strowger_testkit::sim::{ExchangeBox, build_exchange};

const OUTSIDE: &str = "95551234";
const DNS: [&str; 6] = ["201", "202", "203", "204", "205", "206"];
const CODES: [(When, &str, &str); 4] = [
    (When::Always, "*72", "always_to"),
    (When::Busy, "*74", "busy_to"),
    (When::NoAnswer, "*75", "no_answer_to"),
    (When::OutOfService, "*76", "out_of_service_to"),
];

/// What a phone does when it rings.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Does {
    Answers,
    IsBusy,
    KeepsRinging,
    IsGone,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Ends {
    Connected,
    With(u16),
}

/// Numbers at random, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn target(&mut self) -> &'static str {
        if self.one_in(5) { OUTSIDE } else { DNS[self.below(DNS.len())] }
    }
}

/// Where calls go: by device and case, and whether its user said so.
type Forwards = BTreeMap<(usize, usize), (&'static str, bool)>;

#[derive(Debug)]
struct Model {
    administrator: BTreeMap<(usize, usize), &'static str>,
    user: BTreeMap<(usize, usize), &'static str>,
    quiet: [bool; 6],
    does: [Does; 6],
}

/// 203 has a COR that the trunks are barred for; 206 a COS without features; 204 may not reach 205.
const fn is_barred(device: usize) -> bool {
    device == 2
}
const fn has_features(device: usize) -> bool {
    device != 5
}

impl Model {
    fn forwards(&self) -> Forwards {
        let administrator = self.administrator.iter().map(|(key, to)| (*key, (*to, false)));
        let user = self.user.iter().map(|(key, to)| (*key, (*to, true)));
        administrator.chain(user).collect()
    }

    /// Whether a user may set this (R22).
    fn may_set(device: usize, to: &str) -> bool {
        has_features(device) && to != DNS[device] && (to != OUTSIDE || !is_barred(device))
    }

    /// Whether this caller may be forwarded so.
    fn may_go(caller: usize, by: usize, to: &str, user: bool) -> bool {
        if to == OUTSIDE {
            let all = [caller, by];
            return all.iter().all(|device| has_features(*device) && !is_barred(*device));
        }
        let restricted = caller == 3 && to == "205";
        (!user || has_features(by)) && to != DNS[caller] && to != DNS[by] && !restricted
    }

    /// Who rings, in order (6 is the carrier), how it ends, and who has forwarded last.
    fn call(&self, caller: usize, called: usize) -> (Vec<usize>, Ends, Option<usize>) {
        let forwards = self.forwards();
        let (mut rung, mut passed, mut now) = (Vec::new(), Vec::new(), called);
        loop {
            let set = |case: usize| forwards.get(&(now, case)).copied();
            let quiet = self.quiet[now];
            let (case, otherwise) = if set(0).is_some() {
                (0, Ends::With(480))
            } else if quiet {
                (1, Ends::With(486))
            } else {
                rung.push(now);
                match self.does[now] {
                    Does::Answers => return (rung, Ends::Connected, passed.last().copied()),
                    Does::IsBusy => (1, Ends::With(486)),
                    Does::KeepsRinging => (2, Ends::With(480)),
                    Does::IsGone => (if set(3).is_some() { 3 } else { 2 }, Ends::With(503)),
                }
            };
            let last = passed.last().copied();
            let Some((to, user)) = set(case) else { return (rung, otherwise, last) };
            if !Self::may_go(caller, now, to, user) {
                return (rung, otherwise, last);
            }
            if to == OUTSIDE {
                rung.push(6);
                return (rung, Ends::Connected, Some(now));
            }
            let next = DNS.iter().position(|dn| *dn == to).expect("a device");
            if next == now || passed.contains(&next) {
                return (rung, otherwise, last);
            }
            passed.push(now);
            now = next;
        }
    }
}

fn policy(administrator: &BTreeMap<(usize, usize), &'static str>) -> (Vec<u8>, Vec<u8>) {
    let mut text = include_str!("office/policy.toml").to_owned();
    text = text.replacen(
        "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
        "features = [\"forward-internal\", \"forward-external\", \"do-not-disturb\", \"smdr-external\", \"smdr-internal\"]",
        1,
    );
    text = text.replace("cos = 0\n", "cos = 2\n").replace(
        "[[cos]]\nid = 50",
        "[[cos]]\nid = 2\nname = \"Plain\"\nfeatures = [\"smdr-internal\"]\n[[cos]]\nid = 50",
    );
    for ((device, case), to) in administrator {
        let (_, password) = office::PHONES[*device];
        let line = format!("password = \"{password}\"\n");
        text = text.replace(&line, &format!("{line}{} = \"{to}\"\n", CODES[*case].2));
    }
    text += "[features]\nforward_always = \"*72\"\nforward_busy = \"*74\"\nforward_no_answer = \"*75\"\nforward_out_of_service = \"*76\"\nforward_cancel = \"*73\"\ndo_not_disturb = \"*60\"\n";
    let compiled = strowger_tools::compile_str(&text, "policy.toml").unwrap_or_else(|findings| {
        panic!("{}", findings.iter().map(|finding| format!("{finding}\n")).collect::<String>())
    });
    (compiled.image, compiled.keyring)
}

struct Desk {
    exchange: ExchangeBox,
    now: Instant,
    outputs: Vec<Output>,
}

impl Desk {
    fn hears(&mut self) -> Vec<Output> {
        let mut buffer = [0; 4096];
        let told: Vec<Output> =
            std::iter::from_fn(|| self.exchange.poll(&mut buffer).expect("room")).collect();
        self.outputs.extend(told.iter().copied());
        told
    }

    fn signal(&mut self, signal: &Signal<'_>) -> Taken {
        self.exchange.signal(self.now, signal).expect("polled")
    }

    /// Whether a code was taken.
    fn sets(&mut self, device: usize, code: &str) -> bool {
        let from = Party::Device(device as u32);
        let taken = self.signal(&Signal::Setup { from, dialed: code.as_bytes() });
        self.hears();
        taken == Taken::Done
    }

    fn wait(&mut self) -> bool {
        let Some(at) = self.exchange.next_deadline() else { return false };
        self.now = self.now.max(at);
        while self.exchange.tick(self.now) != Ok(Ticked::Done) {
            self.hears();
        }
        true
    }

    /// Calls, and everybody does what he does: who rang, and how it ended.
    fn call(&mut self, caller: usize, called: usize, does: &[Does; 6]) -> (Vec<usize>, Ends) {
        let from = Party::Device(caller as u32);
        self.outputs.clear();
        let taken = self.signal(&Signal::Setup { from, dialed: DNS[called].as_bytes() });
        let Taken::SetUp { leg } = taken else { panic!("{taken:?}") };
        let mut rung = Vec::new();
        for _ in 0..100 {
            let told = self.hears();
            let mut quiet = true;
            for output in told {
                match output {
                    Output::Setup { leg: rings, to, .. } => {
                        quiet = false;
                        let who = match to {
                            Party::Device(device) => device as usize,
                            Party::Trunk(_) => 6,
                            Party::User { .. } | Party::Conference | Party::Unknown => panic!("nobody rings"),
                        };
                        rung.push(who);
                        self.react(rings, does.get(who).copied().unwrap_or(Does::Answers));
                    }
                    Output::Connect(connected) => {
                        assert_eq!(connected, leg);
                        self.signal(&Signal::Release(leg, Cause::Normal));
                        self.hears();
                        return (rung, Ends::Connected);
                    }
                    Output::Release(released, cause) if released == leg => {
                        return (rung, Ends::With(cause.status()));
                    }
                    _ => {}
                }
            }
            if quiet && !self.wait() {
                break;
            }
        }
        panic!("the call never ended: {rung:?}")
    }

    fn react(&mut self, rings: Handle, does: Does) {
        let signal = match does {
            Does::Answers => Signal::Answer(rings),
            Does::IsBusy => Signal::Release(rings, Cause::BUSY),
            Does::KeepsRinging => Signal::Alerting(rings),
            Does::IsGone => Signal::Release(rings, Cause::Status(503)),
        };
        self.signal(&signal);
    }

    /// The only record of the last call, if it has one: by whom it was forwarded last.
    fn forwarded_by(&self) -> Vec<Option<usize>> {
        let records = self.outputs.iter().filter_map(|output| match output {
            Output::Smdr(record) => Some(record),
            _ => None,
        });
        records
            .map(|record| match record.third {
                Station::Dn(dn) if record.forwarded => DNS.iter().position(|known| *known == dn.as_str()),
                _ => {
                    assert!(!record.forwarded);
                    None
                }
            })
            .collect()
    }
}

#[test]
fn random_settings_forward_as_the_model_says() {
    let rounds = std::env::var("STROWGER_ATTEMPTS").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let mut dice = Dice(2_026);
    let mut counted = [0usize; 4];
    let policies = 40;
    for _ in 0..policies {
        let mut administrator = BTreeMap::new();
        for (device, dn) in DNS.iter().enumerate() {
            for case in 0..4 {
                let to = dice.target();
                if dice.one_in(6) && to != *dn {
                    administrator.insert((device, case), to);
                }
            }
        }
        let (image, keyring) = policy(&administrator);
        let exchange = build_exchange(&image, &keyring, &office::SIZES, office::exchange_address(), 1);
        let mut desk = Desk { exchange, now: Instant(1_000), outputs: Vec::new() };
        for _ in 0..rounds / policies {
            let mut model = Model {
                administrator: administrator.clone(),
                user: BTreeMap::new(),
                quiet: [false; 6],
                does: std::array::from_fn(|_| {
                    [Does::Answers, Does::IsBusy, Does::KeepsRinging, Does::IsGone][dice.below(4)]
                }),
            };
            for device in 0..6 {
                assert!(desk.sets(device, "*73"));
                if desk.exchange.settings(device as u32).is_some_and(Settings::do_not_disturb) {
                    assert!(desk.sets(device, "*60"));
                }
                for (case, (_, code, _)) in CODES.iter().enumerate() {
                    let to = dice.target();
                    if dice.one_in(4) {
                        let set = desk.sets(device, &format!("{code}{to}"));
                        assert_eq!(set, Model::may_set(device, to), "{device} {code}{to}");
                        if set {
                            model.user.insert((device, case), to);
                        }
                    }
                }
                if dice.one_in(6) {
                    let set = desk.sets(device, "*60");
                    assert_eq!(set, has_features(device));
                    model.quiet[device] = set;
                }
            }
            let caller = dice.below(6);
            let called = (caller + 1 + dice.below(5)) % 6;
            if caller == 3 && called == 4 {
                continue;
            }
            let expected = model.call(caller, called);
            // What limits count in a minute is past.
            desk.now = desk.now.plus_ms(120_000);
            let (rung, ends) = desk.call(caller, called, &model.does);
            assert_eq!((&rung, ends), (&expected.0, expected.1), "{caller} calls {called}: {model:?}");
            while desk.exchange.calls_in_use() > 0 {
                assert!(desk.wait(), "a call was forgotten: {model:?}");
                desk.hears();
            }
            assert_eq!(desk.exchange.calls().legs().count(), 0);
            let wants = caller != 5 || expected.2.is_some();
            if ends == Ends::Connected && wants {
                assert_eq!(desk.forwarded_by(), [expected.2], "{caller} calls {called}: {model:?}");
            }
            counted[match (ends, expected.2) {
                (Ends::Connected, None) => 0,
                (Ends::Connected, Some(_)) => 1,
                (Ends::With(_), None) => 2,
                (Ends::With(_), Some(_)) => 3,
            }] += 1;
        }
    }
    println!("connected, connected elsewhere, failed, failed elsewhere: {counted:?}");
    assert!(counted.iter().all(|count| *count > rounds / 50), "{counted:?}");
}
