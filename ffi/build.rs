//! Programs ask for the shared library by the upper half of its ABI version, within which functions are only added.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libstrowger.so.1");
    }
}
