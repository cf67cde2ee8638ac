//! The client's side of digest authentication (RFC 7616).

use super::{Phone, text};
use strowger::base::{Algorithm, Crypto};
use strowger::wire::sip::{Challenge, Message};

/// A nonce in use.
#[derive(Clone, Debug)]
pub(super) struct Session {
    realm: String,
    nonce: String,
    opaque: String,
    algorithm: Algorithm,
    /// The algorithm was named, so it is named in the answer.
    named: bool,
    qop: bool,
    count: u32,
}

impl Phone {
    /// Takes the challenge that this phone likes best; false if it has no answer to any.
    pub(super) fn take_challenge(&mut self, message: &Message<'_>) -> bool {
        let realm = self.config.realm.as_ref().map(String::as_bytes);
        let known = |challenge: &&Challenge<'_>| realm.is_none_or(|realm| realm == challenge.realm);
        let usable: Vec<_> = message.challenges.iter().filter(known).filter_map(session).collect();
        let preferred = usable.iter().find(|session| session.algorithm == self.config.prefer);
        self.session = preferred.or_else(|| usable.first()).cloned();
        self.session.is_some()
    }

    /// The `Authorization` line for a request under the nonce in use; nothing if there is none.
    pub(super) fn credentials(&mut self, method: &[u8], uri: &str) -> String {
        let Some(mut session) = self.session.take() else { return String::new() };
        session.count += 1;
        let cnonce = self.token();
        let (username, password) = (self.config.username.clone(), self.config.password.clone());
        let Session { realm, nonce, opaque, algorithm, named, qop, count } = session.clone();
        let ha1 = self.hash(algorithm, &[&username, ":", &realm, ":", &password]);
        let ha2 = self.hash(algorithm, &[&text::lossy(method), ":", uri]);
        let nc = format!("{count:08x}");
        let response = if qop {
            self.hash(algorithm, &[&ha1, ":", &nonce, ":", &nc, ":", &cnonce, ":auth:", &ha2])
        } else {
            self.hash(algorithm, &[&ha1, ":", &nonce, ":", &ha2])
        };
        self.session = Some(session);
        let mut line = format!(
            "Authorization: Digest username=\"{username}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\""
        );
        if named {
            line.push_str(", algorithm=");
            line.push_str(algorithm.name());
        }
        if qop {
            line.push_str(&format!(", qop=auth, nc={nc}, cnonce=\"{cnonce}\""));
        }
        if !opaque.is_empty() {
            line.push_str(&format!(", opaque=\"{opaque}\""));
        }
        line.push_str("\r\n");
        line
    }

    fn hash(&mut self, algorithm: Algorithm, parts: &[&str]) -> String {
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        let (hex, len) = self.random.digest(algorithm, &parts).hex();
        text::lossy(&hex[..len])
    }
}

fn session(challenge: &Challenge<'_>) -> Option<Session> {
    let algorithm = match challenge.algorithm {
        name if name.is_empty() || name.eq_ignore_ascii_case(b"MD5") => Algorithm::Md5,
        name if name.eq_ignore_ascii_case(b"SHA-256") => Algorithm::Sha256,
        _ => return None,
    };
    let qop = challenge.qop.split(|c| *c == b',').any(|qop| qop.trim_ascii().eq_ignore_ascii_case(b"auth"));
    Some(Session {
        realm: text::lossy(challenge.realm),
        nonce: text::lossy(challenge.nonce),
        opaque: text::lossy(challenge.opaque),
        algorithm,
        named: !challenge.algorithm.is_empty(),
        qop,
        count: 0,
    })
}
