//! The address by which a party reaches us in its dialog: `Contact` (RFC 3261 section 8.1.1.8).

use super::Exchange;
use super::room::CONFERENCE;
use crate::base::{Crypto, Flow, Handle};
use crate::policy::Party;
use crate::wire::write::Sink;

impl<C: Crypto> Exchange<'_, C> {
    /// Our address in the dialog of a leg that faces another.
    pub(super) fn own(&self, leg: Handle) -> Own {
        let peer = self.calls.peer(leg).and_then(|peer| self.calls.leg(peer));
        Own { focus: peer.is_some_and(|peer| peer.party == Party::Conference), ..self.plain(leg) }
    }

    /// The same while it faces nobody yet.
    pub(super) fn plain(&self, leg: Handle) -> Own {
        let transport =
            self.sip.dialog(leg).map_or_else(Default::default, |dialog| dialog.far.next_hop.transport);
        Own { us: Flow::new(self.sip.us_over(transport), transport), focus: false }
    }
}

/// Our address, as the party of a leg knows it.
#[derive(Clone, Copy)]
pub(super) struct Own {
    us: Flow,
    /// It is in a conference here, and others are brought to it by this address (RFC 4579 section 4).
    focus: bool,
}

impl Own {
    pub(super) fn put(self, out: &mut impl Sink) {
        out.put(b"Contact: <sip:");
        if self.focus {
            out.put(CONFERENCE);
            out.put(b"@");
        }
        out.socket_address(self.us.peer);
        out.put(self.us.transport.parameter().as_bytes());
        out.put(if self.focus { b">;isfocus\r\n".as_slice() } else { b">\r\n" });
    }
}
