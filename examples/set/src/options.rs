//! Which set it is, and where its controller.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::face::CODECS;
use crate::frames::{Code, Hello, Secret, Token, Up, VERSION};

/// How a controller is known: TLS asks for both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// A file of certificates (PEM), one of which its certificate comes from.
    pub ca: PathBuf,
    /// The name its certificate has to be for.
    pub name: String,
}

/// Which set it is.
#[derive(Clone, Debug)]
pub struct Options {
    /// `host:port` of the controller.
    pub controller: String,
    /// None: in clear.
    pub tls: Option<Tls>,
    /// Which set.
    pub mac: [u8; 6],
    /// What it is, as the policy calls it.
    pub set_type: String,
    /// The number that it registers for as soon as it can; empty: not before [`crate::Set::register`].
    pub number: String,
    /// Its PIN.
    pub pin: Secret,
    /// The code, where the MAC alone does not do.
    pub code: Code,
    /// Where sound is received; none: at the address that the controller sees.
    pub sound: Option<IpAddr>,
    /// Rows of the display, 1 to 4.
    pub rows: u8,
    /// Characters of each, 16 to 40.
    pub columns: u8,
    /// Line keys, 1 to 4.
    pub lines: u8,
}

impl Default for Options {
    /// A set of three rows and two lines that does not know its controller or who it is.
    fn default() -> Self {
        Self {
            controller: String::new(),
            tls: None,
            mac: [0; 6],
            set_type: String::new(),
            number: String::new(),
            pin: Secret::default(),
            code: Code::None,
            sound: None,
            rows: 3,
            columns: 24,
            lines: 2,
        }
    }
}

impl Options {
    /// What it says of itself, with the token it has kept.
    #[must_use]
    pub fn hello(&self, token: Token) -> Up {
        Up::Hello(Hello {
            oldest: VERSION,
            newest: VERSION,
            mac: self.mac,
            set_type: self.set_type.clone(),
            token,
            rows: self.rows,
            columns: self.columns,
            lines: self.lines,
            srtp: false,
            codecs: CODECS.to_vec(),
        })
    }

    /// The wish for its number.
    #[must_use]
    pub fn register(&self) -> Up {
        Up::Register { code: self.code.clone(), number: self.number.clone(), pin: self.pin.clone() }
    }

    /// Whether the controller could read what it says of itself.
    ///
    /// # Errors
    /// `InvalidInput`: what the bounds of Hello or Register do not allow.
    pub fn check(&self) -> io::Result<()> {
        let readable = |up: &Up| Up::read(up.kind(), &up.body()).map(drop);
        let register = if self.number.is_empty() { Ok(()) } else { readable(&self.register()) };
        readable(&self.hello(Token::default()))
            .and(register)
            .map_err(|fault| io::Error::new(io::ErrorKind::InvalidInput, format!("this is no set: {fault}")))
    }
}

/// A MAC as people write it: 12 hexadecimal digits, perhaps with `:` or `-` between octets.
///
/// # Errors
/// Why it is none.
pub fn mac(text: &str) -> Result<[u8; 6], String> {
    let digits: String = text.chars().filter(|letter| !matches!(letter, ':' | '-')).collect();
    let number =
        u64::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 12 && !digits.starts_with('+'));
    let [_, _, mac @ ..] = number.ok_or_else(|| format!("{text} is no MAC"))?.to_be_bytes();
    Ok(mac)
}

#[cfg(test)]
mod tests {
    use super::{Options, mac};

    #[test]
    fn a_mac_is_read_as_people_write_it() {
        for text in ["00:1a:2B:3c:4d:5e", "00-1A-2B-3C-4D-5E", "001a2b3c4d5e"] {
            assert_eq!(mac(text), Ok([0, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e]));
        }
        for text in ["", "001a2b3c4d", "001a2b3c4d5e6f", "001a2b3c4d5g", "+01a2b3c4d5e"] {
            assert!(mac(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_the_document_does_not_allow_is_no_set() {
        let good =
            Options { set_type: "desk".into(), number: "2001".into(), pin: "1".into(), ..Options::default() };
        assert!(good.check().is_ok());
        let bad = [
            Options { rows: 5, ..good.clone() },
            Options { columns: 15, ..good.clone() },
            Options { lines: 0, ..good.clone() },
            Options { set_type: String::new(), ..good.clone() },
            Options { number: "1".repeat(17), ..good.clone() },
            Options { pin: "123456789".into(), ..good.clone() },
            Options { code: crate::frames::Code::Registration("12345678901".into()), ..good.clone() },
        ];
        for options in bad {
            assert!(options.check().is_err(), "{options:?}");
        }
        assert!(Options { number: String::new(), ..good }.check().is_ok());
    }
}
