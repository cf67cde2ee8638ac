//! Compiles the policy of the fuzzed exchange, with a compiler that is not itself instrumented.

use std::path::PathBuf;

fn main() {
    println!("cargo:rerun-if-changed=policy.toml");
    let text = std::fs::read_to_string("policy.toml").expect("it is beside this file");
    let compiled = strowger_tools::compile_str(&text, "policy.toml").unwrap_or_else(|findings| {
        panic!("{}", findings.first().map_or_else(String::new, ToString::to_string))
    });
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    std::fs::write(out.join("policy.image"), compiled.image).expect("it can be written");
    std::fs::write(out.join("policy.keyring"), compiled.keyring).expect("it can be written");
}
