//! The C ABI: what `attempts.c` prints.

use super::answer::{Answer, Answers};
use super::attempts::Attempt;
use super::policy::{Policy, mode_name, unix_s};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use strowger_testkit::oracle::Party;

/// Runs the C program on a policy: three answers for each attempt, of the set-up, of what was polled, and of the offer.
pub(crate) fn answers(program: &Path, policy: &Policy, attempts: &[Attempt]) -> Result<Vec<Answers>, String> {
    let devices = policy.model.devices.iter().map(|device| Party::Device(device.dn.clone()));
    let trunks = policy.model.trunks.iter().map(|trunk| Party::Trunk(trunk.name.clone()));
    let parties: Vec<Party> = devices.chain(trunks).collect();
    let mut input = Vec::new();
    for (name, bytes) in [("image", &policy.image), ("keyring", &policy.keyring)] {
        input.extend_from_slice(format!("{name} {}\n", bytes.len()).as_bytes());
        input.extend_from_slice(bytes);
    }
    for party in &parties {
        let line = match party {
            Party::Device(dn) => format!("device {dn}\n"),
            Party::Trunk(name) => format!("trunk {name}\n"),
            Party::User { .. } | Party::Unknown => unreachable!("guests and strangers are left out"),
        };
        input.extend_from_slice(line.as_bytes());
    }
    input.extend_from_slice(format!("clock {}\n", unix_s()).as_bytes());
    for attempt in attempts {
        let caller = parties.iter().position(|party| *party == attempt.from);
        let caller = caller.ok_or_else(|| format!("there is no {:?}", attempt.from))?;
        let hex: String = attempt.sent.bytes().map(|octet| format!("{octet:02x}")).collect();
        let dialed = if hex.is_empty() { "-" } else { &hex };
        input
            .extend_from_slice(format!("attempt {} {caller} {dialed}\n", mode_name(attempt.mode)).as_bytes());
    }
    let output = run(program, input)?;
    let mut lines = output.lines();
    let mut answers = Vec::with_capacity(attempts.len());
    for attempt in attempts {
        let mut next = |name: &str| {
            let line = lines.next().ok_or_else(|| format!("the C program has no answer to {attempt:?}"))?;
            read(policy, name, line)
        };
        let mut answer = vec![("c setup", next("setup")?), ("c polled", next("polled")?)];
        let offered = next("offered")?;
        if !offered.0.is_empty() {
            answer.push(("c offered", offered));
        }
        // A refusing set-up returns what was called: nothing if an account code was in it, a number from outside as it
        // came. What that stands for is in the decision that is polled.
        let told = &mut answer[0].1;
        let as_called = matches!(attempt.from, Party::Trunk(_)) || told.get("number").is_empty();
        if told.get("goes") == "no" && as_called {
            told.remove(&["number"]);
        }
        answers.push(answer);
    }
    Ok(answers)
}

fn run(program: &Path, input: Vec<u8>) -> Result<String, String> {
    let mut command = Command::new(program);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|why| format!("{}: {why}", program.display()))?;
    let mut stdin = child.stdin.take().ok_or("it was given a pipe")?;
    // Another thread writes, so that neither waits for the other with full pipes.
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().map_err(|why| why.to_string())?;
    let _ = writer.join();
    if !output.status.success() {
        return Err(format!(
            "{}: {}: {}",
            program.display(),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    String::from_utf8(output.stdout).map_err(|why| why.to_string())
}

/// One line: a word, and tab-separated `name=value`.
fn read(policy: &Policy, name: &str, line: &str) -> Result<Answer, String> {
    let mut fields = line.split('\t');
    if fields.next() != Some(name) {
        return Err(format!("expected {name}, not {line:?}"));
    }
    let mut answer = Answer::default();
    for (name, value) in fields.filter_map(|field| field.split_once('=')) {
        answer.set(name, value);
    }
    // The policy's own classes have their row in the file.
    if let Some(place) = answer.get("class").strip_prefix("own ").and_then(|place| place.parse().ok()) {
        let class = policy.own_class(place).to_owned();
        answer.set("class", class);
    }
    Ok(answer)
}
