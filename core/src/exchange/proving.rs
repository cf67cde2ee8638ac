//! A carrier asks who we are (RFC 3261 section 22): its challenge is answered where we have called or register, and nowhere else.

use super::Exchange;
use crate::base::{Algorithm, Crypto, Handle, Instant};
use crate::policy::Party;
use crate::registration::answer::{Account, Known};
use crate::signalling::Transaction;
use crate::signalling::dialog::Phase;
use crate::signalling::provisional::Provisional;
use crate::signalling::sip::{Refused, Way};
use crate::table::Text;
use crate::wire::sip::{Message, Method};

impl<'m, C: Crypto> Exchange<'m, C> {
    /// Whom a party knows us as, if it may ask: a trunk. Work: logarithmic in the trunks with a password.
    pub(super) fn credentials(&self, party: Party) -> Option<Account<'m>> {
        let Party::Trunk(trunk) = party else { return None };
        let policy = self.policy.as_ref()?;
        let row = policy.image.trunks().get(usize::from(trunk))?;
        let password = policy.keyring.trunk_password(trunk)?;
        Some(Account {
            username: policy.image.octets(row.username),
            secret: Known::Password { password, realm: b"" },
        })
    }

    /// Keeps a request that was refused in a way that may let it go out again; [`goes_out_again`](Self::goes_out_again) must follow, or
    /// it is let go.
    pub(super) fn keep_refused(&mut self, handle: Handle, message: &Message<'_>) -> Option<Refused> {
        message.code().filter(|status| matches!(status, 401 | 407 | 503))?;
        self.sip.refused(handle)
    }

    /// Sends a refused request again: with what it was asked for, or to another server. False if it stays refused.
    pub(super) fn goes_out_again(
        &mut self,
        now: Instant,
        handle: Handle,
        refused: &Refused,
        message: &Message<'_>,
    ) -> bool {
        let transaction = *refused.transaction();
        let way = match message.code() {
            _ if !self.wants(&transaction) => None,
            Some(503) => {
                let trunk = self.trunk_of(transaction.leg, handle).filter(|_| transaction.others > 0);
                trunk.and_then(|trunk| self.fail_over(now, trunk, transaction.peer())).map(Way::Elsewhere)
            }
            status => {
                let proof = self.prove(handle, refused, message, status == Some(407));
                proof.map(|(proof, algorithm)| Way::Proved(proof, algorithm))
            }
        };
        let Some(way) = way else {
            self.sip.let_go(refused);
            return false;
        };
        self.goes_out(now, handle, refused, way)
    }

    /// The same, this way. False if there is no room.
    pub(super) fn goes_out(&mut self, now: Instant, handle: Handle, refused: &Refused, way: Way) -> bool {
        let Transaction { method, leg, .. } = *refused.transaction();
        let trunk = self.enrolled_by(handle);
        let cookie = self.crypto.random_u64();
        let Some(again) = self.sip.again(now, &mut self.timers, refused, cookie, way) else { return false };
        if let Some(slot) = trunk.and_then(|trunk| self.trunks.get_mut(usize::from(trunk))) {
            slot.register = again;
        }
        if method == Method::Invite
            && let Some(dialog) = self.sip.dialog_mut(leg)
            && matches!(dialog.phase, Phase::Calling { .. } | Phase::Early)
        {
            // What came of it before is of no consequence.
            (dialog.phase, dialog.provisional) = (Phase::Calling { release: false }, Provisional::NONE);
        }
        true
    }

    fn prove(
        &mut self,
        handle: Handle,
        refused: &Refused,
        message: &Message<'_>,
        proxy: bool,
    ) -> Option<(Text, Algorithm)> {
        let transaction = refused.transaction();
        let trunk = self.trunk_of(transaction.leg, handle).filter(|_| transaction.proves)?;
        let account = self.credentials(Party::Trunk(trunk))?;
        let proven = &mut self.trunks.get_mut(usize::from(trunk))?.proven;
        self.sip.prove(refused, (message, proxy), &account, proven, &mut self.crypto)
    }

    /// Whether the call of an INVITE is still wanted; a request in a dialog always is.
    pub(super) fn wants(&self, transaction: &Transaction) -> bool {
        let phase = self.sip.dialog(transaction.leg).map_or(Phase::None, |dialog| dialog.phase);
        let given_up = matches!(phase, Phase::Calling { release: true } | Phase::Cancelling);
        !(given_up && transaction.method == Method::Invite)
    }

    /// A request with credentials was answered otherwise than by another challenge: its algorithm is the least from now on.
    pub(super) fn have_proved(&mut self, transaction: &Transaction, handle: Handle, message: &Message<'_>) {
        let Some(algorithm) = transaction.proof else { return };
        if !message.code().is_some_and(|status| status >= 200 && !matches!(status, 401 | 407)) {
            return;
        }
        let trunk = self.trunk_of(transaction.leg, handle);
        if let Some(slot) = trunk.and_then(|trunk| self.trunks.get_mut(usize::from(trunk))) {
            slot.proven.algorithm = slot.proven.algorithm.max(Some(algorithm));
        }
    }
}
