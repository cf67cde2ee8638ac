//! The address by which a party reaches us in its dialog: `Contact` (RFC 3261 section 8.1.1.8).

use super::Exchange;
use super::room::CONFERENCE;
use crate::base::{Crypto, Flow, Handle, Transport};
use crate::policy::Party;
use crate::signalling::dialog::Far;
use crate::wire::write::Sink;

impl<C: Crypto> Exchange<'_, C> {
    /// Our address in the dialog of a leg that faces another.
    pub(super) fn own(&self, leg: Handle) -> Own {
        let peer = self.calls.peer(leg).and_then(|peer| self.calls.leg(peer));
        let focus = peer.is_some_and(|peer| peer.party == Party::Conference);
        let plain = self.plain(leg);
        // Who is brought to a focus is called by its address, and no `sips` call is taken.
        Own { focus, secure: plain.secure && !focus, ..plain }
    }

    /// The same while it faces nobody yet.
    pub(super) fn plain(&self, leg: Handle) -> Own {
        let far = self.sip.dialog(leg).map(|dialog| dialog.far);
        let transport = far.map_or_else(Default::default, |far| far.next_hop.transport);
        let secure = transport == Transport::Tls && far.is_some_and(|far| self.is_secure(&far));
        Own { us: Flow::new(self.sip.us_over(transport), transport), focus: false, secure }
    }

    /// Whether what it gave as its address is `sips:`.
    fn is_secure(&self, far: &Far) -> bool {
        let (from, scheme) = (usize::from(far.address_len), b"sips:");
        let target = self.sip.pages.chunks(far.text, from, from.saturating_add(scheme.len()));
        target.flatten().map(u8::to_ascii_lowercase).eq(*scheme)
    }
}

/// Our address, as the party of a leg knows it.
#[derive(Clone, Copy)]
pub(super) struct Own {
    us: Flow,
    /// It is in a conference here, and others are brought to it by this address (RFC 4579 section 4).
    focus: bool,
    /// It is to be reached by TLS on every hop, and so are we (RFC 3261 sections 8.1.1.8 and 12.1.1).
    secure: bool,
}

impl Own {
    pub(super) fn put(self, out: &mut impl Sink) {
        out.put(if self.secure { b"Contact: <sips:".as_slice() } else { b"Contact: <sip:" });
        if self.focus {
            out.put(CONFERENCE);
            out.put(b"@");
        }
        out.socket_address(self.us.peer);
        // RFC 5630 section 3.1.3: `sips` says it already.
        out.put(if self.secure { b"" } else { self.us.transport.parameter().as_bytes() });
        out.put(if self.focus { b">;isfocus\r\n".as_slice() } else { b">\r\n" });
    }
}
