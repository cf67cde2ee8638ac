//! `strowger-gateway`: the survivable branch gateway.

mod crypto;
mod demo;
mod engine;
mod files;
mod run;
mod socket;
mod words;

use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// SIP phones and trunks under one policy.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the gateway with a policy (TOML, or a compiled image with its .keys beside it).
    Run(RunArgs),
    /// Show it at work: an embedded policy, simulated phones on loopback, ladders, decisions and records.
    Demo,
}

#[derive(Args)]
struct RunArgs {
    /// The policy file.
    policy: PathBuf,
    /// The UDP address that phones reach the gateway at.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:5060")]
    sip_udp: SocketAddr,
    /// Where records are kept.
    #[arg(long, value_name = "DIR", default_value = "./strowger-data")]
    data: PathBuf,
    /// The keyring of a compiled image, if it is not beside it.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false);
    match cli.command {
        Command::Run(args) => {
            filter.with_max_level(tracing::Level::INFO).init();
            let settings = run::Settings {
                policy: args.policy,
                sip_udp: args.sip_udp,
                data: args.data,
                keys: args.keys,
            };
            finish(run::run(&settings))
        }
        Command::Demo => {
            // What a scene decides is printed with the scene.
            filter.with_max_level(tracing::Level::ERROR).init();
            finish(demo::demo())
        }
    }
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
