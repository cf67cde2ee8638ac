//! The programs under test: the daemon, the command line, and a C program linked with the library.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Where they are.
pub(crate) struct Programs {
    pub(crate) gateway: PathBuf,
    pub(crate) strowger: PathBuf,
    pub(crate) attempts: PathBuf,
}

/// Finds or builds them. `STROWGER_GATEWAY` names a daemon built before, beside which the command line and the library
/// are; without it all three are built, with optimisation, as a user would build them. `STROWGER_LIBRARY` names a library
/// that is elsewhere.
pub(crate) fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(find)
}

fn find() -> Programs {
    // `target/tmp`, which belongs to tests.
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let target = temporary.parent().expect("it is in the target directory");
    let gateway = match std::env::var_os("STROWGER_GATEWAY") {
        // Relative to the workspace, as whoever calls the checks sees it; tests run elsewhere.
        Some(path) => workspace().join(path),
        None => {
            build(target);
            target.join("release/strowger-gateway")
        }
    };
    let directory = gateway.parent().expect("a file is in a directory");
    let strowger = directory.join("strowger");
    let library = match std::env::var_os("STROWGER_LIBRARY") {
        Some(path) => workspace().join(path),
        None => directory.join("libstrowger.a"),
    };
    for path in [&gateway, &strowger, &library] {
        assert!(path.exists(), "{} is not there", path.display());
    }
    let attempts = temporary.join("agreement-attempts");
    let mut cc = Command::new("cc");
    cc.args(["-std=c99", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wconversion", "-Wshadow"]);
    cc.arg("-I").arg(workspace().join("include")).arg(workspace().join("tests/agreement/attempts.c"));
    succeed(cc.arg(library).args(["-lpthread", "-ldl", "-lm", "-o"]).arg(&attempts));
    Programs { gateway, strowger, attempts }
}

fn build(target: &Path) {
    // In the same portions as the checks, so that nothing is built twice.
    for packages in [&["-p", "strowger-gateway", "-p", "strowger-tools"][..], &["-p", "strowger-ffi"]] {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(workspace()).args(["build", "--quiet", "--release", "--locked"]).args(packages);
        succeed(cargo.arg("--target-dir").arg(target));
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is in the workspace").to_owned()
}

fn succeed(command: &mut Command) {
    let ended = command.stdin(Stdio::null()).status();
    let ended = ended.unwrap_or_else(|why| panic!("{command:?} does not start: {why}"));
    assert!(ended.success(), "{command:?}: {ended}");
}
