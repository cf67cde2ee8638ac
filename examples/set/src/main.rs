//! A simulated set at a terminal, or led by a script.

mod arguments;

use std::io::BufRead;
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use arguments::{Arguments, Wish};
use strowger_set::Set;
use strowger_set::script::{Command, Runner};

/// How a run ends that does not end well.
enum Trouble {
    /// The set did not get where it was led.
    Unmet(String),
    /// It was told what it does not understand.
    Usage(String),
}

impl From<String> for Trouble {
    fn from(text: String) -> Self {
        Self::Unmet(text)
    }
}

fn main() -> ExitCode {
    let pin = std::env::var("SET_PIN").ok();
    let done = match arguments::read(std::env::args().skip(1), pin) {
        Ok(Wish::Help) => {
            println!("{}\n{}", arguments::HELP, strowger_set::script::HELP);
            Ok(())
        }
        Ok(Wish::Run(arguments)) => run(*arguments),
        Err(error) => Err(Trouble::Usage(format!("{error}; --help says more"))),
    };
    let (text, status) = match done {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Trouble::Unmet(text)) => (text, 1),
        Err(Trouble::Usage(text)) => (text, 2),
    };
    eprintln!("strowger-set: {text}");
    ExitCode::from(status)
}

fn run(arguments: Arguments) -> Result<(), Trouble> {
    let lines = lines(arguments.script.as_deref()).map_err(Trouble::Usage)?;
    let controller = arguments.options.controller.clone();
    let set = Set::connect(arguments.options).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidInput => Trouble::Usage(error.to_string()),
        _ => Trouble::Unmet(format!("{controller}: {error}")),
    })?;
    let mut runner = Runner::new(set, std::io::stdout());
    let done = if arguments.script.is_some() { led(&mut runner, &lines) } else { used(&mut runner, &lines) };
    runner.leave();
    done
}

/// A script: whatever is not as it says ends it.
fn led(runner: &mut Runner<impl std::io::Write>, lines: &Receiver<String>) -> Result<(), Trouble> {
    runner.greet()?;
    loop {
        let line = match lines.try_recv() {
            Ok(line) => line,
            Err(TryRecvError::Disconnected) => return Ok(()),
            // The heart beats while whoever writes the script thinks.
            Err(TryRecvError::Empty) => {
                runner.pump(Duration::from_millis(20))?;
                continue;
            }
        };
        if !runner.run(line.parse().map_err(Trouble::Usage)?)? {
            return Ok(());
        }
    }
}

/// A user: what is wrong is said, and goes on. A connection that is lost comes back by itself.
fn used(runner: &mut Runner<impl std::io::Write>, lines: &Receiver<String>) -> Result<(), Trouble> {
    let mut again: Option<Instant> = None;
    let mut lose = false;
    loop {
        runner.pump(Duration::from_millis(50))?;
        match lines.recv_timeout(Duration::ZERO).map(|line| line.parse::<Command>()) {
            Ok(Ok(command)) => {
                lose = command == Command::Lose || lose && command != Command::Back;
                match runner.run(command) {
                    Ok(true) => {}
                    Ok(false) => return Ok(()),
                    Err(error) => eprintln!("{error}"),
                }
            }
            Ok(Err(error)) => eprintln!("{error}"),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
        if !runner.lost() || lose {
            again = None;
        } else if *again.get_or_insert_with(soon) <= Instant::now() {
            if let Err(error) = runner.set().reconnect() {
                eprintln!("{error}");
            }
            again = None;
        }
    }
}

/// In one to three seconds: not all sets of a house at once.
fn soon() -> Instant {
    let part = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Instant::now() + Duration::from_millis(1_000 + u64::from(part.subsec_nanos() % 2_000))
}

/// Lines as they come, from a file or from standard input.
fn lines(script: Option<&str>) -> Result<Receiver<String>, String> {
    let reader: Box<dyn BufRead + Send> = match script {
        None | Some("-") => Box::new(std::io::BufReader::new(std::io::stdin())),
        Some(file) => {
            let file_of = std::fs::File::open(file).map_err(|error| format!("{file}: {error}"))?;
            Box::new(std::io::BufReader::new(file_of))
        }
    };
    let (to, lines) = mpsc::sync_channel(16);
    std::thread::spawn(move || {
        for line in reader.lines().map_while(Result::ok) {
            if to.send(line).is_err() {
                return;
            }
        }
    });
    Ok(lines)
}
