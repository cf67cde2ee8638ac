//! Where load may go.

use std::net::{IpAddr, SocketAddr};

/// An address on 127.0.0.0/8, as text.
///
/// # Errors
/// Why it is none: load goes nowhere else.
pub fn target(text: &str) -> Result<SocketAddr, String> {
    let target: SocketAddr = text.parse().map_err(|_| format!("{text} is no address with a port"))?;
    match target.ip() {
        IpAddr::V4(ip) if ip.is_loopback() => Ok(target),
        IpAddr::V4(_) | IpAddr::V6(_) => Err(format!("{target} is not on 127.0.0.0/8")),
    }
}

#[cfg(test)]
mod tests {
    use super::target;

    #[test]
    fn load_goes_to_loopback_and_nowhere_else() {
        assert!(target("127.0.0.1:5060").is_ok() && target("127.66.0.9:1").is_ok());
        for refused in ["10.0.0.1:5060", "[::1]:5060", "127.0.0.1", "localhost:5060", "0.0.0.0:5060"] {
            assert!(target(refused).is_err(), "{refused}");
        }
    }
}
