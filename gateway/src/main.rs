//! `strowger-gateway`: the survivable branch gateway.

mod alarms;
mod canary;
mod crypto;
mod data;
mod demo;
mod engine;
mod http;
mod messages;
mod pinholes;
mod relay;
mod run;
mod servers;
mod sets;
mod shed;
mod socket;
mod sources;
mod streams;
mod words;

use clap::{Args, Parser, Subcommand, ValueEnum};
use http::Question;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// SIP phones and trunks under one policy.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    /// How much is said on standard error: `debug` has a line for each message and decision, `trace` also what libraries say. No
    /// password, key, PIN or account code is in any of it [default: info, of the demo error].
    #[arg(long, global = true, value_name = "LEVEL")]
    log: Option<Log>,
    /// Each line of it is a JSON object: `timestamp`, `level`, and in `fields` the `message` and what it is about.
    #[arg(long, global = true)]
    log_json: bool,
    #[command(subcommand)]
    command: Command,
}

/// How much is said.
#[derive(Clone, Copy, ValueEnum)]
enum Log {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl Log {
    const fn level(self) -> tracing::Level {
        match self {
            Self::Error => tracing::Level::ERROR,
            Self::Warn => tracing::Level::WARN,
            Self::Info => tracing::Level::INFO,
            Self::Debug => tracing::Level::DEBUG,
            Self::Trace => tracing::Level::TRACE,
        }
    }
}

#[derive(Subcommand)]
enum Command {
    /// Run the gateway with a policy (TOML, or a compiled image with its .keys beside it).
    Run(Box<RunArgs>),
    /// Print how the running gateway is, as one JSON object.
    Status(Reach),
    /// Print the calls that are up or being set up, as one JSON array: who, and which way their media takes.
    Calls(Reach),
    /// Set the service mode of the running gateway; `schedule` gives it back to holidays and schedules.
    Mode {
        /// The mode.
        #[arg(value_parser = ["day", "night1", "night2", "schedule"])]
        mode: String,
        #[command(flatten)]
        reach: Reach,
    },
    /// Lift the lock-out of a number after failed log-ins or wrong account codes, or of an address that log-ins have failed from.
    Unlock {
        /// The number or the address.
        who: String,
        #[command(flatten)]
        reach: Reach,
    },
    /// Have the running gateway read its policy again and put it in force; calls go on. A file that does not load changes nothing: exit
    /// status 2, and its findings.
    Reload(Reach),
    /// Show it at work: an embedded policy, simulated phones on loopback, ladders, decisions and records.
    Demo,
}

/// How the running gateway is reached.
#[derive(Args)]
struct Reach {
    /// Where it listens for administration.
    #[arg(long, value_name = "ADDR", default_value_t = run::HTTP)]
    http: SocketAddr,
    /// Its data directory, where the token is.
    #[arg(long, value_name = "DIR", default_value = "./strowger-data")]
    data: PathBuf,
}

#[derive(Args)]
struct RunArgs {
    /// The policy file.
    policy: PathBuf,
    /// The UDP address that phones reach the gateway at.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:5060")]
    sip_udp: SocketAddr,
    /// The TCP address that phones reach the gateway at [default: none].
    #[arg(long, value_name = "ADDR")]
    sip_tcp: Option<SocketAddr>,
    /// The TLS address that phones reach the gateway at [default: none].
    #[arg(long, value_name = "ADDR", requires = "tls_cert")]
    sip_tls: Option<SocketAddr>,
    /// The address that sets connect to over TLS [default: none].
    #[arg(long, value_name = "ADDR", requires = "tls_cert")]
    set: Option<SocketAddr>,
    /// The address that sets connect to in clear, those whose `transport` in the policy has "tcp" [default: none].
    #[arg(long, value_name = "ADDR")]
    set_tcp: Option<SocketAddr>,
    /// Which `[[element]]` of the policy this gateway is: sets that belong to another are told where that is [default: none].
    #[arg(long, value_name = "NAME")]
    element: Option<String>,
    /// Our certificate in PEM, those between it and the root behind it.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its private key in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Phones must show a certificate that one of these has signed (mutual TLS) [default: they need none].
    #[arg(long, value_name = "FILE", requires = "sip_tls")]
    tls_client_ca: Option<PathBuf>,
    /// Trunks over TLS must show a certificate for their `host` that one of these has signed; without it there are none.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_ca: Option<PathBuf>,
    /// Datagrams in a second that are heard from an address where nobody is registered, twenty times as many from all of those; 0: all.
    #[arg(long, value_name = "N", default_value_t = shed::OF_STRANGER)]
    strangers: u32,
    /// Where records are kept.
    #[arg(long, value_name = "DIR", default_value = "./strowger-data")]
    data: PathBuf,
    /// The keyring of a compiled image, if it is not beside it.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// A policy of which only the emergency block is used, when neither the policy nor the last good one loads: emergency
    /// calls can be made, and nothing else.
    #[arg(long, value_name = "FILE")]
    emergency: Option<PathBuf>,
    /// The loopback address of `status` and `mode` [default: 127.0.0.1:8060, if it is free].
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,
    /// What becomes of pinholes for media: "log", or "nft:TABLE" for the sets pinholes4 and pinholes6 of an nftables table
    /// of family inet [default: nothing].
    #[arg(long, value_name = "HOW")]
    pinholes: Option<pinholes::Wanted>,
    /// Write down everything that the engine is given and does, for `strowger replay`, in a new file; keys, passwords and
    /// account codes as tokens. It grows with every call, and holds who called whom.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Do not ask the trunks by which help is called whether they are there (OPTIONS, every minute).
    #[arg(long)]
    no_canary: bool,
    /// Hash directory numbers and dialed digits in it too: such a trace can be drawn, not replayed.
    #[arg(long, requires = "record")]
    record_redacted: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let say = |otherwise: Log| {
        let level = cli.log.unwrap_or(otherwise).level();
        let log =
            tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false).with_max_level(level);
        if cli.log_json { log.json().init() } else { log.init() }
    };
    match cli.command {
        Command::Run(args) => {
            say(Log::Info);
            let settings = run::Settings {
                policy: args.policy,
                sip_udp: args.sip_udp,
                sip_tcp: args.sip_tcp,
                sip_tls: args.sip_tls,
                set: args.set,
                set_tcp: args.set_tcp,
                element: args.element,
                tls: streams::TlsFiles {
                    certificate: args.tls_cert,
                    key: args.tls_key,
                    client_ca: args.tls_client_ca,
                    ca: args.tls_ca,
                },
                strangers: args.strangers,
                data: args.data,
                keys: args.keys,
                emergency: args.emergency,
                http: args.http,
                pinholes: args.pinholes,
                record: args.record.map(|path| (path, args.record_redacted)),
                canary: !args.no_canary,
            };
            finish(run::run(&settings))
        }
        Command::Status(reach) => finish(tell(&reach, Question::Status)),
        Command::Calls(reach) => finish(tell(&reach, Question::Calls)),
        Command::Mode { mode, reach } => finish(tell(&reach, Question::Mode(&mode))),
        Command::Unlock { who, reach } => finish(tell(&reach, Question::Unlock(&who))),
        Command::Reload(reach) => finish(tell(&reach, Question::Reload)),
        Command::Demo => {
            // What a scene decides is printed with the scene.
            say(Log::Error);
            finish(demo::demo())
        }
    }
}

/// Asks the running gateway, and prints what it says.
fn tell(reach: &Reach, question: Question<'_>) -> Result<bool, String> {
    println!("{}", http::tell(reach.http, &reach.data, question)?);
    Ok(true)
}

/// 0, or a sentence on standard error and 2; a demo whose outcome differs is 1.
fn finish(result: Result<bool, String>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(sentence) => {
            eprintln!("strowger-gateway: {sentence}");
            ExitCode::from(2)
        }
    }
}
