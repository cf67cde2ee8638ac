//! The daemon's answer on the wire, its record of denied attempts, `explain` and the C ABI agree on random attempts, each
//! read at its own end.
//!
//! For each of many random policies the real daemon is started; simulated phones and far ends try calls on it; the same
//! attempts go to `explain` (the library, and for some the command line) and to a C program that is linked with the
//! library. Every end has a reader of its own, down to the names of rules, so that only the engine can be wrong at all of
//! them at once.
//!
//! `STROWGER_ATTEMPTS` says how many, `STROWGER_SEED` where they begin, `STROWGER_GATEWAY` which daemon (beside it lie
//! `strowger` and `libstrowger.a`); without it all three are built.

/// The ends and what they are asked.
mod agreement {
    pub(crate) mod answer;
    pub(crate) mod attempts;
    pub(crate) mod brakes;
    pub(crate) mod c;
    pub(crate) mod daemon;
    pub(crate) mod desk;
    pub(crate) mod explanation;
    pub(crate) mod message;
    pub(crate) mod policy;
    pub(crate) mod programs;
    pub(crate) mod wire;
}

use agreement::answer::{Answers, contradictions, text};
use agreement::attempts::{Attempt, draw};
use agreement::c;
use agreement::desk::Desk;
use agreement::message::Message;
use agreement::policy::Policy;
use agreement::programs::programs;
use agreement::wire::Wire;
use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use strowger_testkit::oracle::Party;
use strowger_testkit::strategies::smaller;

const ATTEMPTS: u64 = 100_000;
/// Attempts on one policy.
const EACH: u64 = 250;
/// Attempts that the command line is asked, too.
const COMMANDS: u64 = 400;
/// Policies at once.
const WORKERS: u8 = 2;
/// How often each rule occurs at least among 100,000 attempts.
const LEAST: u64 = 100;
/// How long a contradiction may be made smaller.
const SHRINKING: Duration = Duration::from_secs(60);

/// Every rule that can decide a call on a quiet system.
///
/// Not among them: `trunk.busy`, `limit.calls` and `lockout`, because `explain` answers for free channels and nothing
/// counted; `limit.duration` and `identity.mismatch`, which are no answers to a dialed number; `emergency.no-route` and
/// `policy.none`, which no policy that compiles leads to.
const RULES: [&str; 24] = [
    "internal",
    "route",
    "emergency",
    "cos.none",
    "cor.none",
    "cor.leading",
    "cor.route",
    "cor.unlabelled",
    "class.denied",
    "interconnect",
    "public-to-public",
    "call.self",
    "number.vacant",
    "number.incomplete",
    "number.invalid",
    "digit-modification",
    "route.emergency-only",
    "max-digits",
    "route-plan.closed",
    "limit.rate",
    "account-code.forced-verified",
    "account-code.forced",
    "account-code.wrong",
    "account-code.locked",
];

/// What was seen in all.
#[derive(Default)]
struct Seen {
    rules: BTreeMap<(String, String), u64>,
    attempts: u64,
    policies: u64,
    challenged: u64,
    commands: u64,
}

impl Seen {
    fn count(&self, rule: &str) -> u64 {
        self.rules.iter().filter(|((_, one), _)| one == rule).map(|(_, count)| count).sum()
    }
}

fn number_from(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is a number, not {text}")),
        Err(_) => default,
    }
}

#[test]
fn wire_record_explain_and_c_agree_on_random_attempts() {
    let (attempts, seed) = (number_from("STROWGER_ATTEMPTS", ATTEMPTS), number_from("STROWGER_SEED", 1891));
    let policies = attempts.div_ceil(EACH);
    // Not a divisor of the attempts on one policy: it is now one of the first, now one of the last.
    let every = (attempts / COMMANDS).saturating_sub(1).max(1);
    let programs = programs();
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let (seen, failure) = (Mutex::new(Seen::default()), Mutex::new(None));
    let begin = Instant::now();
    let work = |worker: u8| {
        let mut desk = Desk::new(programs, worker, every);
        while !stop.load(Ordering::Relaxed) {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            if nth >= policies {
                break;
            }
            if let Err(why) = one_policy(&mut desk, seed, nth, &seen) {
                stop.store(true, Ordering::Relaxed);
                failure.lock().expect("no worker panics with it").get_or_insert(why);
            }
        }
        let mut seen = seen.lock().expect("no worker panics with it");
        seen.challenged += desk.wire.challenged;
        seen.commands += desk.commands;
    };
    std::thread::scope(|scope| {
        for worker in 1..=WORKERS {
            scope.spawn(move || work(worker));
        }
    });
    let seen = seen.into_inner().expect("no worker panics with it");
    println!("{} attempts on {} policies in {:.1?}", seen.attempts, seen.policies, begin.elapsed());
    println!(
        "{} INVITEs were challenged, {} questions went to the command line",
        seen.challenged, seen.commands
    );
    for ((verdict, rule), count) in &seen.rules {
        println!("{verdict:<13} {rule:<29} {count:>7}");
    }
    if let Some(why) = failure.into_inner().expect("no worker panics with it") {
        panic!("{why}");
    }
    assert!(attempts < ATTEMPTS || seen.commands >= COMMANDS / 2, "the command line was asked too seldom");
    for rule in RULES {
        let count = seen.count(rule);
        assert!(attempts < ATTEMPTS || count >= LEAST, "{rule} was the answer only {count} times");
    }
}

fn one_policy(desk: &mut Desk<'_>, seed: u64, nth: u64, seen: &Mutex<Seen>) -> Result<(), String> {
    let far_ends = desk.wire.far_ends();
    let (policy, attempts) = draw(seed, nth, usize::try_from(EACH).expect("few"), &far_ends);
    let all = desk.ask(&policy, &attempts).map_err(|why| format!("policy {nth} of seed {seed}: {why}"))?;
    for (attempt, answers) in attempts.iter().zip(&all) {
        if !contradictions(answers).is_empty() {
            return Err(shrunk(desk, &policy, attempt, answers, nth));
        }
    }
    let mut seen = seen.lock().map_err(|_| "another worker has failed")?;
    seen.policies += 1;
    for answers in &all {
        seen.attempts += 1;
        let explain = &answers.iter().find(|(end, _)| *end == "explain").expect("it always answers").1;
        let key = (explain.get("verdict").to_owned(), explain.get("rule").to_owned());
        *seen.rules.entry(key).or_default() += 1;
    }
    Ok(())
}

/// The smallest policy found on which the ends contradict each other about this attempt, and all they say.
fn shrunk(desk: &mut Desk<'_>, policy: &Policy, attempt: &Attempt, answers: &Answers, nth: u64) -> String {
    let end = Instant::now() + SHRINKING;
    let mut setting = policy.setting.clone();
    setting.inbound.retain(|(_, did, _)| attempt.sent.ends_with(did.as_str()));
    let one = std::slice::from_ref(attempt);
    let mut still = |model: &_| {
        let policy = Policy::new(model, &setting).ok()?;
        let answers = desk.ask(&policy, one).ok()?.pop()?;
        (!contradictions(&answers).is_empty()).then_some((policy, answers))
    };
    let mut least = still(&policy.model);
    while let Some((policy, _)) = &least {
        let less = smaller(&policy.model);
        let found = less.iter().take_while(|_| Instant::now() < end).find_map(&mut still);
        let Some(found) = found else { break };
        least = Some(found);
    }
    let alone = least.is_some();
    let (toml, answers) = match &least {
        Some((policy, answers)) => (&policy.toml, answers),
        None => (&policy.toml, answers),
    };
    let found: String = contradictions(answers).iter().map(|one| format!("  {one}\n")).collect();
    format!(
        "policy {nth}: the ends do not agree{}\n{toml}\n{attempt:#?}\n{}{found}",
        if alone { "" } else { " (not when it is tried alone)" },
        text(answers)
    )
}

#[test]
fn a_changed_answer_is_noticed() {
    let programs = programs();
    let mut desk = Desk::new(programs, WORKERS + 1, EACH);
    let far_ends = desk.wire.far_ends();
    let (policy, attempts) = draw(1891, 1, 250, &far_ends);
    let all = desk.ask(&policy, &attempts).unwrap_or_else(|why| panic!("{why}"));
    let mut changed = BTreeMap::new();
    for answers in &all {
        assert_eq!(contradictions(answers), [""; 0]);
        for (i, (end, answer)) in answers.iter().enumerate() {
            for name in answer.0.keys() {
                let mut altered = answers.clone();
                altered[i].1.set(name, "something else");
                let alone = answers.iter().filter(|(_, other)| other.0.contains_key(name)).count() == 1;
                assert!(alone || !contradictions(&altered).is_empty(), "{end}: {name} was changed unnoticed");
                *changed.entry((*end, name.clone())).or_insert(0) += 1;
            }
        }
    }
    println!("{} kinds of changes, all noticed", changed.len());
    // A whole end that answers by another policy: what the gates of this one close is open there.
    let mut open = policy.model.clone();
    open.restricted.clear();
    open.cor_groups.iter_mut().for_each(|group| group.members.clear());
    let open = Policy::new(&open, &policy.setting).unwrap_or_else(|findings| panic!("{findings}"));
    let other = c::answers(&programs.attempts, &open, &attempts).unwrap_or_else(|why| panic!("{why}"));
    let mut noticed = 0;
    for (answers, other) in all.iter().zip(other) {
        let mut mixed: Answers = answers.iter().filter(|(end, _)| !end.starts_with("c ")).cloned().collect();
        mixed.extend(other);
        noticed += usize::from(!contradictions(&mixed).is_empty());
    }
    println!("{noticed} of {} attempts differ under the other policy", all.len());
    assert!(noticed > 0);
}

/// What a daemon answers that asks for an account code while the call waits, and what it hears then.
fn asks_for_a_code(socket: &UdpSocket) -> Vec<String> {
    let mut heard = Vec::new();
    let mut buffer = [0; 4096];
    let mut invite = None;
    while let Ok((len, from)) = socket.recv_from(&mut buffer) {
        let message = Message::read(&buffer[..len]).expect("phones send SIP");
        let method = message.request().map_or(String::new(), |(method, _)| method.to_owned());
        let send = |text: String| socket.send_to(text.as_bytes(), from).expect("loopback takes it");
        match method.as_str() {
            "REGISTER" => {
                send(message.response("200 OK", "x"));
            }
            "INVITE" => {
                send(message.response("100 Trying", "x"));
                let warning = "\r\nWarning: 399 gateway \"account-code.forced\"\r\nContent-Length";
                send(message.response("183 Session Progress", "x").replace("\r\nContent-Length", warning));
                invite = Some(message);
            }
            "CANCEL" => {
                send(message.response("200 OK", "x"));
                let invite = invite.as_ref().expect("what is cancelled was there");
                assert_eq!(message.branch(), invite.branch(), "RFC 3261 section 9.1: the same branch");
                send(invite.response("487 Request Terminated", "x"));
            }
            _ => {}
        }
        heard.push(method.clone());
        if method == "ACK" {
            break;
        }
    }
    heard
}

#[test]
fn a_prompt_for_a_code_is_read_as_well_as_a_refusal() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
    socket.set_read_timeout(Some(Duration::from_secs(5))).expect("sockets have time-outs");
    let daemon = socket.local_addr().expect("a bound socket has an address");
    let mut wire = Wire::new(WORKERS + 2);
    let (policy, attempts) = draw(1891, 2, 50, &wire.far_ends());
    let from_device = |attempt: &&Attempt| matches!(attempt.from, Party::Device(_));
    let attempt = attempts.iter().find(from_device).expect("most attempts are of devices");
    let daemon_heard = std::thread::spawn(move || asks_for_a_code(&socket));
    wire.begin(daemon, &policy.model).expect("every phone can register");
    let answer = wire.attempt(&policy.model, attempt).expect("it is answered");
    let shown = [answer.get("goes"), answer.get("verdict"), answer.get("rule")];
    assert_eq!(shown, ["no", "account-code", "account-code.forced"]);
    let heard = daemon_heard.join().expect("it heard what it should");
    assert!(heard.ends_with(&["INVITE", "CANCEL", "ACK"].map(str::to_owned)), "{heard:?}");
}
