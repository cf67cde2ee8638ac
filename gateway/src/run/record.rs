//! Begins the trace of `--record`.

use ring::rand::{SecureRandom as _, SystemRandom};
use std::path::Path;
use strowger_tools::trace::{Secrets, Writer};

/// A new file. The key of its tokens is random, and is gone with this process.
pub(super) fn create(path: &Path, redacted: bool) -> Result<Writer, String> {
    let mut salt = [0; 32];
    SystemRandom::new().fill(&mut salt).map_err(|_| "the system gives no random numbers".to_owned())?;
    let secrets = if redacted { Secrets::redacted(&salt) } else { Secrets::tokens(&salt) };
    Writer::create(path, secrets).map_err(|why| match why.kind() {
        std::io::ErrorKind::AlreadyExists => {
            format!("--record {}: the file is there already, and nothing is overwritten", path.display())
        }
        _ => format!("--record {}: {why}", path.display()),
    })
}
