//! `strowger`: check, compile, explain, compare and prove policies; replay traces, verify audit trails.

use clap::{Parser, Subcommand, ValueEnum};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use strowger::base::Soft;
use strowger::policy::rows::{
    FEATURE_BUSY_OVERRIDE, FEATURE_CAMP_ON, FEATURE_DIRECTED_PICKUP, FEATURE_DO_NOT_DISTURB,
    FEATURE_FORWARD_CANCEL, FEATURE_HOT_DESK_LOGIN, FEATURE_HOT_DESK_LOGOUT, FEATURE_PARK,
    FEATURE_PARK_RETRIEVE, FEATURE_PICKUP, FEATURE_REDIAL,
};
use strowger::policy::trie::{End, analyse};
use strowger::policy::{Image, Keyring, Mode};
use strowger_tools::audit;
use strowger_tools::diff::diff;
use strowger_tools::explain::{Question, acting, explain};
use strowger_tools::prove::{Options, Progress, prove_file};
use strowger_tools::trace::{Ladder, Outcome, Trace, replay};
use strowger_tools::{Finding, Level, compile_file, keyring_for, load, load_policy};

/// Call control policy: check it, compile it, ask it, compare it, prove it; and replay what a gateway recorded.
///
/// POLICY is a TOML file or a compiled image. Exit status 2: usage, or a file that does not load.
#[derive(Parser)]
#[command(name = "strowger", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lists findings, one a line; exit status 0 with none or infos only, 1 with warnings, 2 with errors.
    Check {
        /// The policy.
        policy: PathBuf,
    },
    /// Writes the policy image, and beside it the keyring.
    Compile {
        /// The policy, as TOML.
        policy: PathBuf,
        /// The image to write.
        #[arg(short, long)]
        output: PathBuf,
        /// The keyring to write [default: the image's name with the extension .keys].
        #[arg(long)]
        keys: Option<PathBuf>,
        /// Put only this device into the keyring, as its phone gets it.
        #[arg(long = "for", value_name = "DN")]
        dn: Option<String>,
    },
    /// Says whether a call is allowed, by which rule and row, and what would change it; exit status 0 either way.
    Explain(Ask),
    /// Says exactly who newly reaches what, and who no longer does; exit status 0 if nothing differs, 1 if something does.
    Diff {
        /// The policy as it was.
        old: PathBuf,
        /// The policy as it is to be.
        new: PathBuf,
        /// Print one JSON object.
        #[arg(long, conflicts_with = "all")]
        json: bool,
        /// Name every device and every row instead of counting them.
        #[arg(long)]
        all: bool,
    },
    /// Gives a recorded trace's inputs to the engine again, and draws it; exit status 0 if decisions and outputs are the
    /// same, 1 if anything differs (the first difference is said). A redacted trace is drawn, not replayed.
    Replay {
        /// What `strowger-gateway run --record` wrote.
        trace: PathBuf,
        /// Draw a Mermaid sequence diagram instead of text.
        #[arg(long)]
        mermaid: bool,
        /// Draw an SVG picture instead of text.
        #[arg(long, conflicts_with = "mermaid")]
        svg: bool,
    },
    /// Tries every sequence of events; exit status 0 if nothing forbidden can come about, 1 with a shortest
    /// counterexample, 3 if the budget was spent before every state was visited.
    Prove {
        /// The policy.
        policy: PathBuf,
        /// The states after which to give up.
        #[arg(long, value_name = "N", default_value_t = 5_000_000)]
        states: u64,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        /// Write the counterexample here, if there is one, for `strowger replay`; a new file.
        #[arg(long, value_name = "FILE")]
        trace: Option<PathBuf>,
    },
    /// Looks after what a gateway has written down.
    Audit {
        #[command(subcommand)]
        command: Audit,
    },
}

#[derive(Subcommand)]
enum Audit {
    /// Follows the chains of the audit trail and of denied attempts; exit status 0 if nothing was changed or removed, 1 with the places
    /// where they break.
    Verify {
        /// The data directory of the gateway.
        data: PathBuf,
    },
}

#[derive(clap::Args)]
struct Ask {
    /// The policy.
    policy: PathBuf,
    /// The device that dials.
    #[arg(long, value_name = "DN", conflicts_with = "trunk", required_unless_present_any = ["trunk", "user"])]
    from: Option<String>,
    /// The hot-desk user who dials, logged in at --at-device.
    #[arg(long, value_name = "DN", conflicts_with_all = ["from", "trunk"], requires = "at_device")]
    user: Option<String>,
    /// The device where the user is logged in who dials, or transfers, or takes the call.
    #[arg(long, value_name = "DN")]
    at_device: Option<String>,
    /// The trunk over which the call comes in.
    #[arg(long, value_name = "NAME")]
    trunk: Option<String>,
    /// What is dialed.
    #[arg(long, value_name = "DIGITS", required_unless_present_any = ["did", "via"])]
    dial: Option<String>,
    /// The service mode [default: day, or that of --at].
    #[arg(long, value_enum)]
    mode: Option<ModeName>,
    /// Local time of the policy, such as 2026-11-22T10:00: sets the service mode, unless --mode does, and route plan zones
    /// [default: a time when the schedule has the mode].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// The account code that is dialed first.
    #[arg(long, value_name = "DIGITS")]
    code: Option<String>,
    /// The number that the trunk calls.
    #[arg(long, value_name = "DIGITS", requires = "trunk", conflicts_with = "dial")]
    did: Option<String>,
    /// The call was for this device, which diverts it to what is dialed: forward:DN. Or for this hunt group, and what is dialed
    /// is the member that is to ring: hunt:DN. Or for this hot-desk user, and what is dialed is the phone where he is logged in: user:DN. Or this device takes the call, and nothing is dialed: pickup:DN where it rings, retrieve:DN where it is parked, retrieve-called:DN where who is parked had
    /// been called.
    #[arg(long, value_name = "KIND:DN", conflicts_with = "transfer_by")]
    via: Option<String>,
    /// The device that transfers the party to what is dialed.
    #[arg(long, value_name = "DN", requires = "dial")]
    transfer_by: Option<String>,
    /// The keyring of an image, if it is not beside it.
    #[arg(long)]
    keys: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum ModeName {
    Day,
    Night1,
    Night2,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Check { policy } => return check(&policy),
        Command::Compile { policy, output, keys, dn } => compile(&policy, &output, keys, dn.as_deref()),
        Command::Explain(ask) => answer(&ask),
        Command::Diff { old, new, json, all } => match compare(&old, &new, json, all) {
            Ok(true) => return ExitCode::from(1),
            Ok(false) => Ok(()),
            Err(text) => Err(text),
        },
        Command::Replay { trace, mermaid, svg } => match replayed(&trace, mermaid, svg) {
            Ok(true) => Ok(()),
            Ok(false) => return ExitCode::from(1),
            Err(text) => Err(text),
        },
        Command::Prove { policy, states, json, trace } => {
            match proved(&policy, states, json, trace.as_deref()) {
                Ok(status) => return ExitCode::from(status),
                Err(text) => Err(text),
            }
        }
        Command::Audit { command: Audit::Verify { data } } => match verified(&data) {
            Ok(true) => Ok(()),
            Ok(false) => return ExitCode::from(1),
            Err(text) => Err(text),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            // Nobody left to tell if standard error is closed.
            let _ = writeln!(std::io::stderr(), "{text}");
            ExitCode::from(2)
        }
    }
}

/// Whether every chain of a data directory is whole; says how each stands.
fn verified(data: &Path) -> Result<bool, String> {
    let chains = audit::verify(data)?;
    let told = chains.iter().map(|chain| match &chain.broken {
        None => format!("{}: whole, {} entries; it stands at {}", chain.name, chain.head.seq, chain.head),
        Some(broken) => format!("{broken}"),
    });
    print(&told.collect::<Vec<_>>().join("\n")).map_err(|why| why.to_string())?;
    Ok(chains.iter().all(|chain| chain.broken.is_none()))
}

fn check(policy: &Path) -> ExitCode {
    let findings = load(policy, None).map_or_else(|findings| findings, |loaded| loaded.findings);
    if print(&lines(&findings)).is_err() {
        return ExitCode::from(2);
    }
    match findings.iter().map(|finding| finding.level).max() {
        None | Some(Level::Info) => ExitCode::SUCCESS,
        Some(Level::Warning) => ExitCode::from(1),
        Some(Level::Error) => ExitCode::from(2),
    }
}

fn compile(policy: &Path, output: &Path, keys: Option<PathBuf>, dn: Option<&str>) -> Result<(), String> {
    let compiled = compile_file(policy).map_err(|findings| lines(&findings))?;
    if !compiled.findings.is_empty() {
        // A remark that cannot be shown is no reason to stop.
        let _ = writeln!(std::io::stderr(), "{}", lines(&compiled.findings));
    }
    let keyring = match dn {
        Some(dn) => keyring_for(&compiled, dn).ok_or_else(|| format!("there is no device {dn}"))?,
        None => compiled.keyring,
    };
    let keys = keys.unwrap_or_else(|| output.with_extension("keys"));
    if keys == output {
        return Err(format!("{}: image and keyring would be the same file", keys.display()));
    }
    // Both are complete on disk before either takes its name.
    let keyring = written(&keys, &keyring, 0o600)?;
    let image = written(output, &compiled.image, 0o644)?;
    keyring.persist(&keys).map_err(|why| format!("{}: {why}", keys.display()))?;
    image.persist(output).map_err(|why| format!("{}: {why}", output.display()))?;
    Ok(())
}

fn answer(ask: &Ask) -> Result<(), String> {
    let loaded = load(&ask.policy, ask.keys.as_deref()).map_err(|findings| lines(&findings))?;
    let image = Image::load(&loaded.image, &mut Soft::new(&[0; 32]))
        .map_err(|why| format!("{}: {why:?}", ask.policy.display()))?;
    let keyring = loaded.keyring.as_deref().map(|keys| Keyring::load(keys, &image, &mut Soft::new(&[0; 32])));
    let keyring = keyring.transpose().map_err(|why| format!("{}: {why:?}", ask.policy.display()))?;
    if ask.code.is_some() && keyring.is_none() {
        return Err("--code: the policy's keyring is needed to know codes: --keys FILE".into());
    }
    let mode = ask.mode.map(|mode| match mode {
        ModeName::Day => Mode::Day,
        ModeName::Night1 => Mode::Night1,
        ModeName::Night2 => Mode::Night2,
    });
    let at = ask.at.as_deref().map(minutes).transpose()?;
    let dialed = ask.dial.as_deref().or(ask.did.as_deref()).unwrap_or("");
    let at_device = ask.at_device.as_deref();
    let question = match (&ask.from, &ask.trunk, &ask.user) {
        (Some(dn), ..) => {
            Question::of_device(&image, dn, dialed).ok_or_else(|| format!("there is no device {dn}"))?
        }
        (None, Some(name), _) => {
            Question::of_trunk(&image, name, dialed).ok_or_else(|| format!("there is no trunk {name}"))?
        }
        (None, None, Some(user)) => {
            let phone = at_device.unwrap_or("");
            Question::of_user(&image, user, phone, dialed)
                .ok_or_else(|| format!("there is no user {user}, or no device {phone}"))?
        }
        (None, None, None) => return Err("who dials? --from DN, --user DN or --trunk NAME".into()),
    };
    if let (true, Some(what)) = (ask.trunk.is_none(), sets(&image, dialed)) {
        return Err(format!("{dialed}: {what}"));
    }
    let number = ask.dial.as_deref().or(ask.did.as_deref());
    let via = ask.via.as_deref();
    let (acting, called) = acting(&image, via, ask.transfer_by.as_deref(), number, at_device)?;
    let question =
        Question { mode, at, code: ask.code.as_deref(), did: ask.did.is_some(), acting, called, ..question };
    let explanation = explain(&image, keyring.as_ref(), &question);
    let text = if ask.json { explanation.to_json() } else { explanation.to_text() };
    print(&text).map_err(|why| why.to_string())
}

/// What the feature code does that this is, where no call to explain comes of it.
fn sets(image: &Image<'_>, dialed: &str) -> Option<&'static str> {
    match analyse(image, dialed.as_bytes(), |_| false).end() {
        End::Feature(FEATURE_FORWARD_CANCEL, _) => {
            Some("this code (forward_cancel) sets something and leads to nobody: there is no call to explain")
        }
        End::Feature(FEATURE_DO_NOT_DISTURB, _) => Some(
            "this code (do_not_disturb) sets something and leads to nobody: there is no call to explain; the COS needs do-not-disturb",
        ),
        End::Feature(FEATURE_PICKUP | FEATURE_DIRECTED_PICKUP, _) => {
            Some("this code takes a call that rings elsewhere: ask for its caller, --from DN --via pickup:DN")
        }
        End::Feature(FEATURE_PARK, _) => Some(
            "this code (park) leaves who is transferred to it waiting; nobody is joined: the COS needs park",
        ),
        End::Feature(FEATURE_HOT_DESK_LOGIN, _) => Some(
            "this code (hot_desk_login) logs a user in and leads to nobody: the COS of the phone needs hot-desk-accept, that of the user hot-desk-login",
        ),
        End::Feature(FEATURE_HOT_DESK_LOGOUT, _) => Some(
            "this code (hot_desk_logout) logs a user out and leads to nobody: there is no call to explain",
        ),
        End::Feature(FEATURE_CAMP_ON, _) => Some(
            "this code (camp_on) calls the number behind it, and waits while that is busy: ask for that number; the COS needs camp-on",
        ),
        End::Feature(FEATURE_BUSY_OVERRIDE, _) => Some(
            "this code (busy_override) calls the number behind it, and comes into the call of who is busy there: ask for that number; the COS needs executive-busy-override, and that of nobody in the call may have busy-override-security or call-privacy",
        ),
        End::Feature(FEATURE_REDIAL, _) => Some(
            "this code (redial) dials again what was dialed last: ask for that number; the COS needs redial",
        ),
        End::Feature(FEATURE_PARK_RETRIEVE, _) => {
            Some("this code takes a parked call back: ask for who is parked, --from DN --via retrieve:DN")
        }
        _ => None,
    }
}

/// Prints what differs; whether anything does.
fn compare(old: &Path, new: &Path, json: bool, all: bool) -> Result<bool, String> {
    let octets = [old, new].map(|policy| load_policy(policy).map_err(|findings| lines(&findings)));
    let [before, after] = octets;
    let (before, after) = (before?, after?);
    let image = |policy: &Path, octets| {
        Image::load(octets, &mut Soft::new(&[0; 32])).map_err(|why| format!("{}: {why:?}", policy.display()))
    };
    let (before, after) = (image(old, &before)?, image(new, &after)?);
    let difference = diff(&before, &after).map_err(|why| why.to_string())?;
    let text = match (json, all) {
        (true, _) => difference.to_json(),
        (false, true) => difference.to_full_text(),
        (false, false) => difference.to_text(),
    };
    print(&text).map_err(|why| why.to_string())?;
    Ok(!difference.is_empty())
}

/// Replays a trace and draws it; whether it was the same again, as far as it can be told.
fn replayed(path: &Path, mermaid: bool, svg: bool) -> Result<bool, String> {
    let trace = Trace::read(path).map_err(|why| format!("{}: {why}", path.display()))?;
    let ladder = Ladder::of(&trace);
    let drawing = match (mermaid, svg) {
        (true, _) => ladder.to_mermaid(),
        (false, true) => ladder.to_svg(),
        (false, false) => ladder.to_text(),
    };
    print(drawing.trim_end_matches('\n')).map_err(|why| why.to_string())?;
    let (same, said) = match replay(&trace) {
        Outcome::Same { inputs, outputs } => {
            (true, format!("the same again: {inputs} inputs, {outputs} outputs"))
        }
        Outcome::Redacted => (true, "redacted: drawn, and not replayed".to_owned()),
        Outcome::Differs(difference) => (false, difference.to_string()),
    };
    // Nobody left to tell if standard error is closed.
    let _ = writeln!(std::io::stderr(), "{}: {said}", path.display());
    Ok(same)
}

/// Prints what was proved; the exit status.
fn proved(policy: &Path, states: u64, json: bool, trace: Option<&Path>) -> Result<u8, String> {
    let options = Options { states, ..Options::default() };
    let mut told = std::time::Instant::now();
    let mut progress = |at: Progress| {
        if told.elapsed().as_millis() >= 500 {
            told = std::time::Instant::now();
            let _ = writeln!(
                std::io::stderr(),
                "{} states, depth {}, {} to go on from",
                at.states,
                at.depth,
                at.waiting
            );
        }
    };
    let proof = prove_file(policy, &options, &mut progress)?;
    print(&if json { proof.to_json() } else { proof.to_text() }).map_err(|why| why.to_string())?;
    if let (Some(path), Some(found)) = (trace, &proof.violation) {
        let Some(octets) = &found.recorded else {
            return Err(format!(
                "{}: this order of timers is none that can be replayed: nothing written",
                path.display()
            ));
        };
        let written = std::fs::File::create_new(path).and_then(|mut file| file.write_all(octets));
        written.map_err(|why| format!("{}: {why}", path.display()))?;
    }
    Ok(match (&proof.violation, proof.closed) {
        (Some(_), _) => 1,
        (None, true) => 0,
        (None, false) => 3,
    })
}

/// Local time in minutes since 1970.
fn minutes(at: &str) -> Result<u64, String> {
    let bad = |_| format!("--at {at}: expected a local time such as 2026-11-22T10:00");
    let time: jiff::civil::DateTime = at.parse().map_err(bad)?;
    let seconds = time.to_zoned(jiff::tz::TimeZone::UTC).map_err(bad)?.timestamp().as_second();
    u64::try_from(seconds / 60).map_err(|_| format!("--at {at}: before 1970"))
}

/// A temporary file beside `path` with the octets in it, safely on disk.
fn written(path: &Path, octets: &[u8], mode: u32) -> Result<tempfile::NamedTempFile, String> {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let write = || {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".strowger-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
        #[cfg(not(unix))]
        let _ = mode;
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(octets)?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    write().map_err(|why: std::io::Error| format!("{}: {why}", path.display()))
}

fn print(text: &str) -> std::io::Result<()> {
    if text.is_empty() { Ok(()) } else { writeln!(std::io::stdout(), "{text}") }
}

fn lines(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
