//! `explain`: its JSON, from the library for each attempt and from the command line for some.

use super::answer::Answer;
use super::attempts::Attempt;
use super::daemon::plain;
use super::policy::{Policy, date, mode_name};
use std::path::Path;
use std::process::{Command, Stdio};
use strowger::base::Soft;
use strowger::policy::{self, Image, Keyring};
use strowger_testkit::model::Mode;
use strowger_testkit::oracle::Party;
use strowger_tools::explain::{Question, explain};

/// The library's JSON for each attempt, at one local time.
pub(crate) fn by_library(policy: &Policy, attempts: &[Attempt], minute: i64) -> Result<Vec<String>, String> {
    let crypto = || Soft::new(&[0; 32]);
    let image = Image::load(&policy.image, &mut crypto()).map_err(|why| format!("{why:?}"))?;
    let keyring = Keyring::load(&policy.keyring, &image, &mut crypto()).map_err(|why| format!("{why:?}"))?;
    let each = attempts.iter().map(|attempt| {
        let question = match &attempt.from {
            Party::Device(dn) => Question::of_device(&image, dn, &attempt.dialed),
            Party::Trunk(name) => Question::of_trunk(&image, name, &attempt.dialed),
            Party::User { .. } | Party::Unknown => unreachable!("guests and strangers are left out"),
        };
        let question = Question {
            did: matches!(attempt.from, Party::Trunk(_)),
            mode: attempt.mode.map(|mode| match mode {
                Mode::Day => policy::Mode::Day,
                Mode::Night1 => policy::Mode::Night1,
                Mode::Night2 => policy::Mode::Night2,
            }),
            at: u64::try_from(minute).ok(),
            code: attempt.code.as_deref(),
            ..question.ok_or_else(|| format!("there is no {:?}", attempt.from))?
        };
        Ok(explain(&image, Some(&keyring), &question).to_json())
    });
    each.collect()
}

/// What the command line prints for one attempt.
pub(crate) fn by_command(
    strowger: &Path,
    image: &Path,
    attempt: &Attempt,
    minute: i64,
) -> Result<String, String> {
    let mut command = Command::new(strowger);
    let at =
        format!("{}T{:02}:{:02}", date(minute.div_euclid(1440)), minute.rem_euclid(1440) / 60, minute % 60);
    command.arg("explain").arg(image).arg("--json").arg(format!("--at={at}"));
    match &attempt.from {
        Party::Device(dn) => command.arg(format!("--from={dn}")).arg(format!("--dial={}", attempt.dialed)),
        Party::Trunk(name) => command.arg(format!("--trunk={name}")).arg(format!("--did={}", attempt.dialed)),
        Party::User { .. } | Party::Unknown => unreachable!("guests and strangers are left out"),
    };
    if attempt.mode.is_some() {
        command.args(["--mode", mode_name(attempt.mode)]);
    }
    if let Some(code) = &attempt.code {
        command.arg(format!("--code={code}"));
    }
    let output =
        command.stdin(Stdio::null()).output().map_err(|why| format!("{}: {why}", strowger.display()))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {output:?}"));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// One JSON object of `explain`.
pub(crate) fn read(json: &str) -> Result<Answer, String> {
    let object: serde_json::Value = serde_json::from_str(json).map_err(|why| format!("{json}: {why}"))?;
    let field = |name: &str| object.get(name).map(plain).ok_or_else(|| format!("{json}: no {name}"));
    let mut answer = Answer::default();
    for name in ["rule", "row", "route", "class", "interconnect", "cos", "cor", "mode"] {
        answer.set(name, field(name)?);
    }
    // The record has the same sentence without a capital letter in front.
    answer.set("text", field("text")?.to_lowercase());
    // `device:201`, as the C ABI's parties are written here.
    answer.set("from", field("authority")?);
    let verdict = field("verdict")?;
    let goes = matches!(verdict.as_str(), "allow" | "emergency");
    if (verdict == "emergency") != (field("rule")? == "emergency" && goes) {
        return Err(format!(
            "{json}: an emergency call has that verdict and that rule, and nothing else has"
        ));
    }
    answer.set("verdict", if goes { "allow" } else { &verdict });
    answer.set("goes", if goes { "yes" } else { "no" });
    let (trunk, outpulsed) = (field("trunk")?, field("outpulsed")?);
    if goes {
        // Without a trunk it is an internal call: to the number that is sent.
        answer.set("to", if trunk == "-" { format!("device:{outpulsed}") } else { format!("trunk:{trunk}") });
        answer.set("outpulsed", outpulsed);
    } else if outpulsed != "-" {
        return Err(format!("{json}: nothing is sent for a call that does not go"));
    }
    Ok(answer)
}
