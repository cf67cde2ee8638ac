//! Compiles the policy of the fuzzed exchange by the compiler that the workspace has built: to build it here once more would take longer
//! than a run.

use std::path::PathBuf;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=policy.toml");
    println!("cargo:rerun-if-env-changed=STROWGER");
    let compiler = std::env::var("STROWGER").unwrap_or_else(|_| "../target/release/strowger".to_owned());
    println!("cargo:rerun-if-changed={compiler}");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    let status = Command::new(&compiler)
        .args(["compile", "policy.toml", "-o"])
        .arg(out.join("policy.image"))
        .arg("--keys")
        .arg(out.join("policy.keyring"))
        .status()
        .unwrap_or_else(|why| {
            panic!("{compiler}: {why}; build it by `cargo build --release -p strowger-tools`, or name it in STROWGER")
        });
    assert!(status.success(), "{compiler} does not compile policy.toml: {status}");
}
