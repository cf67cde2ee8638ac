//! A carrier that asks who we are, and where one registers: digest from the server's side (RFC 7616), written out naively.

use super::{Phone, text};
use std::net::SocketAddr;
use strowger::base::Algorithm;
use strowger::wire::sip::{Credentials, Message, Method, Name};

/// Whom a carrier knows, and how it asks.
#[derive(Clone, Debug)]
pub struct Asks {
    /// The user that it knows.
    pub username: String,
    /// The user's password.
    pub password: String,
    /// Its challenges in order: algorithm as written (nothing: none is named) and `qop` (nothing: none).
    pub offers: Vec<(&'static str, &'static str)>,
    /// Asks by 407.
    pub proxy: bool,
    /// Says 100 before it asks.
    pub trying: bool,
    /// So many right answers it finds to be of an old nonce.
    pub stale: u32,
    /// Nothing is right.
    pub never: bool,
    /// The shortest registration that it takes, in seconds.
    pub least_s: u32,
    /// The longest that it grants.
    pub most_s: u32,
}

impl Asks {
    /// By SHA-256 and MD5, as is usual.
    #[must_use]
    pub fn new(username: &str, password: &str) -> Self {
        Self {
            username: username.to_owned(),
            password: password.to_owned(),
            offers: vec![("SHA-256", "auth"), ("MD5", "auth")],
            proxy: false,
            trying: false,
            stale: 0,
            never: false,
            least_s: 60,
            most_s: 3600,
        }
    }
}

/// What it has seen.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Challenges given.
    pub challenges: usize,
    /// Right answers, by algorithm and what they protect.
    pub right: Vec<(Method, Algorithm, String)>,
    /// Wrong ones.
    pub wrong: usize,
    /// Who is registered: the contact, and for how long. Nobody after one for no time.
    pub bound: Option<(String, u32)>,
    /// REGISTERs as they came.
    pub registers: Vec<String>,
    nonces: Vec<(String, u32)>,
    /// Top Via of requests whose answers were right: they may come again.
    content_with: Vec<Vec<u8>>,
}

impl Phone {
    /// What it has seen of those whom it asks.
    #[must_use]
    pub const fn asked(&self) -> &Asked {
        &self.asked
    }

    /// Whether a request has what this carrier asks for; else it is asked.
    pub(super) fn is_content(&mut self, from: SocketAddr, message: &Message<'_>, method: Method) -> bool {
        let Some(asks) = self.config.challenges.clone() else { return true };
        if matches!(method, Method::Ack | Method::Cancel) {
            return true;
        }
        let via = message.headers(Name::Via).next().unwrap_or_default().to_vec();
        if self.asked.content_with.contains(&via) {
            return true;
        }
        let given = message.credentials.iter().find(|one| one.proxy == asks.proxy).copied();
        let right = given.and_then(|given| self.is_right(&asks, &given, message));
        let stale = right.is_some() && asks.stale > 0;
        if let (Some(algorithm), false, false) = (right, stale, asks.never) {
            let qop = given.map(|given| text::lossy(given.qop)).unwrap_or_default();
            self.asked.right.push((method, algorithm, qop));
            self.asked.content_with.push(via);
            return true;
        }
        if let (true, Some(asks)) = (stale, &mut self.config.challenges) {
            asks.stale -= 1;
        }
        self.asked.wrong += usize::from(given.is_some() && !stale);
        self.challenge(from, message, &asks, stale);
        false
    }

    fn challenge(&mut self, from: SocketAddr, message: &Message<'_>, asks: &Asks, stale: bool) {
        let (nonce, tag) = (self.token(), self.token());
        let (status, name) = if asks.proxy { (407, "Proxy-Authenticate") } else { (401, "WWW-Authenticate") };
        let lines = asks.offers.iter().map(|(algorithm, qop)| {
            let algorithm =
                if algorithm.is_empty() { String::new() } else { format!(", algorithm={algorithm}") };
            let qop = if qop.is_empty() { String::new() } else { format!(", qop=\"{qop}\"") };
            let stale = if stale { ", stale=true" } else { "" };
            format!(
                "{name}: Digest realm=\"carrier\", nonce=\"{nonce}\", opaque=\"o-{nonce}\"{algorithm}{qop}{stale}\r\n"
            )
        });
        let lines: String = lines.collect();
        self.asked.nonces.push((nonce, 0));
        self.asked.challenges += 1;
        if asks.trying {
            self.out.push_back((from, text::response(message, 100, "", "", b"")));
        }
        self.out.push_back((from, text::response(message, status, &tag, &lines, b"")));
    }

    /// The algorithm by which these credentials are right.
    fn is_right(&mut self, asks: &Asks, given: &Credentials<'_>, message: &Message<'_>) -> Option<Algorithm> {
        let algorithm = Algorithm::named(given.algorithm)?;
        let [username, realm, nonce, uri, opaque, nc, cnonce, qop] = [
            given.username,
            given.realm,
            given.nonce,
            given.uri,
            given.opaque,
            given.nc,
            given.cnonce,
            given.qop,
        ]
        .map(text::lossy);
        let offered = asks.offers.iter().any(|(name, offered)| {
            let same = Algorithm::named(name.as_bytes()) == Some(algorithm);
            same && (offered.split(',').any(|one| one.trim().eq_ignore_ascii_case(&qop))
                || offered.is_empty() && qop.is_empty())
        });
        let known = self.asked.nonces.iter_mut().find(|(known, _)| *known == nonce)?;
        let count = if qop.is_empty() { known.1 + 1 } else { u32::from_str_radix(&nc, 16).ok()? };
        let fresh = count > known.1;
        known.1 = count;
        let request_uri = text::lossy(message.bytes).split(' ').nth(1)?.to_owned();
        let method = text::lossy(message.cseq?.method_text);
        let ha1 = self.hash(algorithm, &[&asks.username, ":", "carrier", ":", &asks.password]);
        let ha2 = if qop == "auth-int" {
            let body = text::lossy(message.body);
            let body = self.hash(algorithm, &[&body]);
            self.hash(algorithm, &[&method, ":", &uri, ":", &body])
        } else {
            self.hash(algorithm, &[&method, ":", &uri])
        };
        let expected = if qop.is_empty() {
            self.hash(algorithm, &[&ha1, ":", &nonce, ":", &ha2])
        } else {
            self.hash(algorithm, &[&ha1, ":", &nonce, ":", &nc, ":", &cnonce, ":", &qop, ":", &ha2])
        };
        let right = expected.as_bytes() == given.response && uri == request_uri;
        let same = username == asks.username && realm == "carrier" && opaque == format!("o-{nonce}");
        (offered && fresh && right && same).then_some(algorithm)
    }

    /// A REGISTER from somebody who is known.
    pub(super) fn enrolled(&mut self, from: SocketAddr, message: &Message<'_>) {
        let Some(asks) = self.config.challenges.clone() else { return };
        self.asked.registers.push(text::lossy(message.bytes));
        let wanted = message.expires.unwrap_or(3600);
        let tag = self.token();
        let contact = message.contact.first().map(|contact| text::lossy(contact.uri.text));
        let answer = if wanted < asks.least_s && wanted > 0 {
            text::response(message, 423, &tag, &format!("Min-Expires: {}\r\n", asks.least_s), b"")
        } else {
            let granted = wanted.min(asks.most_s);
            self.asked.bound = contact.filter(|_| granted > 0).map(|contact| (contact, granted));
            let bound = self.asked.bound.as_ref();
            let line = bound.map(|(contact, granted)| format!("Contact: <{contact}>;expires={granted}\r\n"));
            text::response(message, 200, &tag, &line.unwrap_or_default(), b"")
        };
        self.out.push_back((from, answer));
    }
}
