//! Keys in the body of INFO: `application/dtmf-relay` (`Signal=5`, a line each) and `application/dtmf` (the key alone).
//!
//! Neither has an RFC of its own (RFC 6086 section 2 calls such use legacy); every phone that sends keys by INFO sends one of
//! the two.

use crate::base::Digit;

/// Not keys, or not in a way that is known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NotDtmf;

/// The key of a body; `None` for one that no telephone number has (A to D, flash).
///
/// # Errors
/// [`NotDtmf`] for another content type, or a body without a key.
pub fn signal(content_type: &[u8], body: &[u8]) -> Result<Option<Digit>, NotDtmf> {
    let kind = content_type.split(|c| *c == b';').next().unwrap_or(&[]).trim_ascii();
    if kind.eq_ignore_ascii_case(b"application/dtmf-relay") {
        let line = body.split(|c| matches!(*c, b'\r' | b'\n')).find_map(|line| {
            let (name, value) = line.split_at_checked(line.iter().position(|c| *c == b'=')?)?;
            name.trim_ascii().eq_ignore_ascii_case(b"signal").then_some(value.get(1..)?)
        });
        key(line.ok_or(NotDtmf)?)
    } else if kind.eq_ignore_ascii_case(b"application/dtmf") {
        key(body)
    } else {
        Err(NotDtmf)
    }
}

fn key(value: &[u8]) -> Result<Option<Digit>, NotDtmf> {
    match value.trim_ascii() {
        // Numbers of the events of RFC 4733 section 3.2: 10 is *, 11 is #.
        b"10" => Ok(Digit::from_ascii(b'*')),
        b"11" => Ok(Some(Digit::HASH)),
        b"12" | b"13" | b"14" | b"15" | b"16" => Ok(None),
        [c] => match Digit::from_ascii(*c) {
            Some(digit) => Ok(Some(digit)),
            None if matches!(c.to_ascii_uppercase(), b'A'..=b'D') => Ok(None),
            None => Err(NotDtmf),
        },
        _ => Err(NotDtmf),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_both_forms() {
        let relay = |body: &str| signal(b"application/dtmf-relay", body.as_bytes());
        let digit = |c: u8| Ok(Digit::from_ascii(c));
        assert_eq!(relay("Signal=5\r\nDuration=160\r\n"), digit(b'5'));
        assert_eq!(relay("Signal= *\nDuration= 250"), digit(b'*'));
        assert_eq!(relay("Duration=100\r\nsignal=11"), digit(b'#'));
        assert_eq!(relay("Signal=A\r\n"), Ok(None));
        assert_eq!(signal(b"Application/DTMF;charset=x", b"7\r\n"), digit(b'7'));
        for bad in ["", "Signal", "Signal=", "Signal=55", "Signal=x", "Duration=5"] {
            assert_eq!(relay(bad), Err(NotDtmf), "{bad}");
        }
        assert_eq!(signal(b"application/sdp", b"5"), Err(NotDtmf));
    }
}
