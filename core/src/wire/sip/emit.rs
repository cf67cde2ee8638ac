//! A message written out in the one form that every program reads alike.
//!
//! What may be written in many ways is written in one: long names, no folded lines, a header that stands once in a message
//! stands once, and one Content-Length, which is right. Everything else is as it was, unknown methods and headers included.

use super::header::{Name, ONCE};
use super::message::{Malformed, Message, Start};
use crate::wire::write::Sink;

impl Message<'_> {
    /// Puts the message. Read again it means the same, and put again it is the same bytes. Linear in the message.
    ///
    /// # Errors
    ///
    /// What [`parse`](Self::parse) refused it for: nothing is put then, for what was refused is never passed on.
    pub fn emit(&self, out: &mut impl Sink) -> Result<(), Malformed> {
        if let Some(error) = self.error {
            return Err(error);
        }
        match self.start {
            Start::Request { method_text, uri_text, .. } => {
                out.line(&[method_text, b" ", uri_text, b" SIP/2.0"]);
            }
            Start::Response { code, reason } => {
                out.put(b"SIP/2.0 ");
                out.number(u64::from(code));
                out.line(&[b" ", reason]);
            }
        }
        for (n, line) in self.lines.iter().enumerate() {
            let before = self.lines.get(..n).unwrap_or_default();
            let again = line.name.bit() & ONCE != 0 && before.iter().any(|other| other.name == line.name);
            if line.name == Name::ContentLength || again {
                continue;
            }
            let known = line.name.as_bytes();
            out.put(if known.is_empty() { self.name(line) } else { known });
            out.put(b": ");
            // CR and LF stand for a fold here: the blank behind them stays.
            for piece in self.value(line).split(|byte| matches!(byte, b'\r' | b'\n')) {
                out.put(piece);
            }
            out.put(b"\r\n");
        }
        out.put(b"Content-Length: ");
        out.number(self.body.len() as u64);
        out.put(b"\r\n\r\n");
        out.put(self.body);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Message;
    use crate::wire::sip::Malformed;
    use crate::wire::write::Buffer;
    use std::string::String;

    fn emitted(text: &str) -> Result<String, Malformed> {
        let mut message = Message::new();
        let _ = message.parse(text.as_bytes());
        let mut bytes = [0; 1_000];
        let mut out = Buffer::new(&mut bytes);
        message.emit(&mut out)?;
        let length = out.finish().expect("there is room");
        Ok(String::from_utf8_lossy(&bytes[..length]).into_owned())
    }

    #[test]
    fn one_form_of_many() {
        let text = "\r\nNOTIFY sip:201@h;x=y sip/2.0\r\nv:SIP/2.0/UDP h;branch=z9hG4bK1 , SIP/2.0/TCP g;branch=z9hG4bK2\r\n\
            f:  \"A\r\n\t B\" <sip:202@h>;tag=1 \r\nt: <sip:201@h>\r\nTo: <sip:201@h>\r\ni: 1\r\nCSEQ: 1 NOTIFY\r\n\
            o: refer\r\nl: 2\r\nX-Own: \u{e9}\r\nx-own:\r\nContent-Length: 2\r\n\r\nhi, and what is behind";
        let one = "NOTIFY sip:201@h;x=y SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1 , SIP/2.0/TCP g;branch=z9hG4bK2\r\n\
            From: \"A\t B\" <sip:202@h>;tag=1\r\nTo: <sip:201@h>\r\nCall-ID: 1\r\nCSeq: 1 NOTIFY\r\n\
            Event: refer\r\nX-Own: \u{e9}\r\nx-own: \r\nContent-Length: 2\r\n\r\nhi";
        assert_eq!(emitted(text), Ok(one.into()));
        assert_eq!(emitted(one), Ok(one.into()));
        let answer = "SIP/2.0 200 \u{1f44d}\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\n\
            Call-ID: 1\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(emitted(answer), Ok(answer.into()));
    }

    #[test]
    fn what_was_refused_is_not_passed_on() {
        for (text, status) in
            [("", 0), ("\r\n", 0), ("BYE sip:a@h SIP/2.0\r\n\r\n", 400), ("BYE sip:a@h SIP/3.0\r\n\r\n", 505)]
        {
            assert_eq!(emitted(text).map_err(|malformed| malformed.status), Err(status), "{text}");
        }
        let mut out = Buffer::new(&mut []);
        assert_eq!(
            (Message::new().emit(&mut out), out.needed()),
            (Err(Malformed::KEEP_ALIVE), 0),
            "nothing was read"
        );
    }
}
