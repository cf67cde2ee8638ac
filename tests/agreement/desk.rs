//! One worker: takes a policy and attempts to every end, and puts together what each of them shows.

use super::answer::Answers;
use super::attempts::Attempt;
use super::brakes::Brakes;
use super::daemon::Daemon;
use super::policy::{Policy, mode_name, unix_s};
use super::programs::Programs;
use super::wire::Wire;
use super::{c, explanation};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Seconds before an hour ends in which no policy is begun: route plans and schedules change on the hour.
const HOUR_ENDS: i64 = 15;

/// What one worker needs.
pub(crate) struct Desk<'p> {
    pub(crate) programs: &'p Programs,
    pub(crate) wire: Wire,
    directory: PathBuf,
    /// The command line is asked about one attempt in so many; how many there were; how often it was asked.
    every: u64,
    asked: u64,
    pub(crate) commands: u64,
}

impl<'p> Desk<'p> {
    pub(crate) fn new(programs: &'p Programs, worker: u8, every: u64) -> Self {
        let name = format!("agreement-{}-{worker}", std::process::id());
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        Self { programs, wire: Wire::new(worker), directory, every, asked: 0, commands: 0 }
    }

    /// Asks every end.
    pub(crate) fn ask(&mut self, policy: &Policy, attempts: &[Attempt]) -> Result<Vec<Answers>, String> {
        loop {
            while unix_s().rem_euclid(3600) > 3600 - HOUR_ENDS {
                std::thread::sleep(Duration::from_millis(200));
            }
            let minute = policy.local_minutes();
            let answers = self.ask_at(policy, attempts, minute)?;
            if policy.local_minutes() / 60 == minute / 60 {
                return Ok(answers);
            }
            // The hour has ended meanwhile, and with it perhaps the mode.
        }
    }

    fn ask_at(&mut self, policy: &Policy, attempts: &[Attempt], minute: i64) -> Result<Vec<Answers>, String> {
        let _ = std::fs::remove_dir_all(&self.directory);
        let mut daemon = Daemon::start(&self.programs.gateway, &self.directory, policy)?;
        self.wire.begin(daemon.sip, &policy.model)?;
        let mut seen = Vec::with_capacity(attempts.len());
        for attempt in attempts {
            daemon.set_mode(mode_name(attempt.mode))?;
            let answer = self.wire.attempt(&policy.model, attempt);
            seen.push(answer.map_err(|why| format!("{why}\n{attempt:?}\n{}", policy.toml))?);
        }
        let mut records = daemon.records()?.into_iter();
        let explained = explanation::by_library(policy, attempts, minute)?;
        let plain: Vec<Attempt> = attempts.iter().map(without_code).collect();
        let plain = explanation::by_library(policy, &plain, minute)?;
        let polled = c::answers(&self.programs.attempts, policy, attempts)?;
        let mut brakes = Brakes::default();
        let mut all = Vec::with_capacity(attempts.len());
        for (i, ((attempt, wire), polled)) in attempts.iter().zip(seen).zip(polled).enumerate() {
            let denied = wire.get("goes") == "no";
            let mut answers = vec![("wire", wire)];
            if denied && let Some(record) = records.next() {
                answers.push(("record", record));
            }
            let mut explain = explanation::read(&explained[i])?;
            self.asked += 1;
            if self.asked.is_multiple_of(self.every) {
                self.commands += 1;
                let image = self.directory.join("policy.stw");
                let printed = explanation::by_command(&self.programs.strowger, &image, attempt, minute)?;
                if printed != explained[i] {
                    return Err(format!(
                        "{attempt:?}\ncommand: {printed}\nlibrary: {}\n{}",
                        explained[i], policy.toml
                    ));
                }
            }
            brakes.correct(policy, attempt, &mut explain, &explanation::read(&plain[i])?);
            answers.push(("explain", explain));
            answers.extend(polled);
            all.push(answers);
        }
        match records.next() {
            Some(record) => Err(format!("one record too many: {record:?}\n{}", policy.toml)),
            None => Ok(all),
        }
    }
}

impl Drop for Desk<'_> {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// The same caller with nothing but its classes to show.
fn without_code(attempt: &Attempt) -> Attempt {
    Attempt { dialed: "0".to_owned(), code: None, ..attempt.clone() }
}
