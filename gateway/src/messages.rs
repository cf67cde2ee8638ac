//! A line in the log for each message, at level `debug`: what it is and of which call. Not whom it is to: a dialed number may hold an
//! account code or a PIN; a trace (`--record`) has the rest, with tokens.

use strowger::base::Flow;
use strowger::wire::sip::{Malformed, Message, Start};

/// A datagram has come.
pub(crate) fn heard(from: Flow, datagram: &[u8]) {
    if tracing::enabled!(tracing::Level::DEBUG) {
        tracing::debug!("{from} says: {}", summary(datagram));
    }
}

/// A datagram goes out.
pub(crate) fn sent(to: Flow, datagram: &[u8]) {
    if tracing::enabled!(tracing::Level::DEBUG) {
        tracing::debug!("{to} is told: {}", summary(datagram));
    }
}

fn summary(datagram: &[u8]) -> String {
    let mut message = Message::new();
    match message.parse(datagram) {
        Ok(()) => {}
        Err(Malformed::KEEP_ALIVE) => return "nothing, to keep its way open".to_owned(),
        Err(why) => return format!("what cannot be read, {} octets: {why}", datagram.len()),
    }
    let what = match message.start {
        Start::Request { method_text, .. } => method_text.escape_ascii().to_string(),
        Start::Response { code, .. } => {
            let method = message.cseq.map_or(&b""[..], |cseq| cseq.method_text);
            format!("{code} to {}", method.escape_ascii())
        }
    };
    let number = message.cseq.map_or(0, |cseq| cseq.number);
    format!("{what}, number {number} of call {}", message.call_id.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn a_message_is_a_line() {
        let head = "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: c1\r\nCSeq: 7 INVITE\r\n\r\n";
        for (start, line) in [
            ("INVITE sip:*61731904@h SIP/2.0", "INVITE, number 7 of call c1"),
            ("SIP/2.0 183 Session Progress", "183 to INVITE, number 7 of call c1"),
            ("INVITE sip:a@h SIP/7.0", "what cannot be read, 129 octets: 505 SIP version other than 2.0"),
        ] {
            assert_eq!(summary(format!("{start}\r\n{head}").as_bytes()), line);
        }
        assert_eq!(summary(b"\r\n\r\n"), "nothing, to keep its way open");
    }
}
