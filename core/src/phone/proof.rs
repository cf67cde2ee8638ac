//! Who we are, and the challenge of our registrar that was answered last: what goes out by it needs not be asked.

use super::Phone;
use crate::base::{Algorithm, Crypto};
use crate::registration::answer::{Account, Answerable, Known};
use crate::table::Text;
use crate::wire::sip::Challenge;
use crate::wire::write::Sink;

/// The longest nonce, opaque and realm that are kept, in octets each.
const MAX_KNOWN: usize = 200;

/// A challenge that we have answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered {
    /// Nonce, opaque, then the realm.
    text: Text,
    nonce_len: u8,
    opaque_len: u8,
    algorithm: Algorithm,
    qop: &'static [u8],
    proxy: bool,
}

impl<'m, C: Crypto> Phone<'m, C> {
    /// Who we are there.
    pub(super) fn account(&self) -> Option<Account<'m>> {
        let Self { config, policy, .. } = self;
        let username = if config.username.is_empty() { config.number } else { config.username };
        if let Some(own) = policy
            && let Some(device) = own.device
            && own.keyring.has(device)
        {
            let realm = own.image.octets(own.image.system().realm);
            return Some(Account {
                username,
                secret: Known::Keyring { keyring: own.keyring, device, realm },
            });
        }
        let known = Known::Password { password: config.password, realm: config.realm };
        (!config.password.is_empty()).then_some(Account { username, secret: known })
    }

    /// Keeps a challenge that a request was let in by.
    pub(super) fn keep_answered(&mut self, chosen: &Answerable<'_>) {
        self.forget_answered();
        let Challenge { nonce, opaque, realm, proxy, .. } = chosen.challenge;
        let lengths = [nonce.len(), opaque.len(), realm.len()];
        if lengths.iter().any(|len| *len > MAX_KNOWN) {
            return;
        }
        let mut out = self.sip.pages.writer();
        [nonce, opaque, realm].iter().for_each(|part| out.put(part));
        let Some(text) = out.finish() else { return };
        let len = |part: &[u8]| u8::try_from(part.len()).unwrap_or(0);
        let (algorithm, qop) = (chosen.algorithm, chosen.qop);
        let kept = Answered { text, nonce_len: len(nonce), opaque_len: len(opaque), algorithm, qop, proxy };
        self.registrar.answered = Some(kept);
    }

    pub(super) fn forget_answered(&mut self) {
        if let Some(answered) = self.registrar.answered.take() {
            self.sip.pages.release(answered.text);
        }
    }

    /// Credentials for a request by the challenge that was answered last, as a stored header line; `None` if there is none. Nobody is
    /// answered by it what it has asked: that is what keeps who calls us from asking for our credentials (CVE-2021-41158).
    pub(super) fn proof_unasked(&mut self, method: &[u8], uri: &[u8]) -> Option<Text> {
        let Answered { text, nonce_len, opaque_len, algorithm, qop, proxy } = self.registrar.answered?;
        let account = self.account()?;
        let mut buffer = [0; 3 * MAX_KNOWN];
        let len = self.sip.pages.copy(text, &mut buffer);
        let (nonce, rest) = buffer.get(..len)?.split_at_checked(nonce_len.into())?;
        let (opaque, realm) = rest.split_at_checked(opaque_len.into())?;
        let challenge = Challenge {
            proxy,
            realm,
            nonce,
            opaque,
            algorithm: algorithm.name().as_bytes(),
            qop,
            stale: false,
        };
        let known = Answerable { challenge, algorithm, qop };
        let Self { sip, registrar, crypto, .. } = self;
        sip.prove_unasked((method, uri), &known, &account, &mut registrar.proven, crypto)
    }
}
