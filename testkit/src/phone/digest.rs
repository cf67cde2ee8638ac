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
    /// It may cover the body too.
    integrity: bool,
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
    pub(super) fn credentials(&mut self, method: &[u8], uri: &str, body: &[u8]) -> String {
        let Some(mut session) = self.session.take() else { return String::new() };
        session.count += 1;
        let cnonce = self.token();
        let (username, password) = (self.config.username.clone(), self.config.password.clone());
        let Session { realm, nonce, opaque, algorithm, named, qop, integrity, count } = session.clone();
        let integrity = integrity && self.config.auth_int;
        let word = if integrity { "auth-int" } else { "auth" };
        let ha1 = self.hash(algorithm, &[&username, ":", &realm, ":", &password]);
        let method = text::lossy(method);
        let ha2 = if integrity {
            let (hex, len) = self.random.digest(algorithm, &[body]).hex();
            let hashed = text::lossy(&hex[..len]);
            self.hash(algorithm, &[&method, ":", uri, ":", &hashed])
        } else {
            self.hash(algorithm, &[&method, ":", uri])
        };
        let nc = format!("{count:08x}");
        let response = if qop {
            self.hash(algorithm, &[&ha1, ":", &nonce, ":", &nc, ":", &cnonce, ":", word, ":", &ha2])
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
            line.push_str(&format!(", qop={word}, nc={nc}, cnonce=\"{cnonce}\""));
        }
        if !opaque.is_empty() {
            line.push_str(&format!(", opaque=\"{opaque}\""));
        }
        line.push_str("\r\n");
        line
    }

    pub(super) fn hash(&mut self, algorithm: Algorithm, parts: &[&str]) -> String {
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        let (hex, len) = self.random.digest(algorithm, &parts).hex();
        text::lossy(&hex[..len])
    }
}

fn session(challenge: &Challenge<'_>) -> Option<Session> {
    let algorithm = Algorithm::named(challenge.algorithm)?;
    let offers = |word: &[u8]| {
        challenge.qop.split(|c| *c == b',').any(|qop| qop.trim_ascii().eq_ignore_ascii_case(word))
    };
    let (qop, integrity) = (offers(b"auth"), offers(b"auth-int"));
    Some(Session {
        realm: text::lossy(challenge.realm),
        nonce: text::lossy(challenge.nonce),
        opaque: text::lossy(challenge.opaque),
        algorithm,
        named: !challenge.algorithm.is_empty(),
        qop,
        integrity,
        count: 0,
    })
}
