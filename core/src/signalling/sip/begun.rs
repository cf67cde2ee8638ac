//! What messages tell of a dialog that they begin, or that they are in (RFC 3261 section 12).

use super::{Key, Sip};
use crate::base::{Flow, Handle};
use crate::signalling::dialog::{Dialog, Far, Phase};
use crate::signalling::render;
use crate::table::Text;
use crate::wire::sip::{Message, Name};
use crate::wire::write::Sink;

impl Sip<'_> {
    /// The dialog that their INVITE begins, in the slot of `leg` and with a tag of this cookie, and the transaction in which it will be
    /// answered (section 12.1.1). `None` without room for that. Requests go to `next_hop`.
    pub fn begun_by_them(
        &mut self,
        message: &Message<'_>,
        (source, next_hop): (Flow, Flow),
        key: Key,
        (leg, cookie): (Handle, u64),
    ) -> Option<Dialog> {
        let tag = render::token(leg, cookie);
        let (from, to) = (message.from.as_ref()?, message.to.as_ref()?);
        let invite = self.begin_server(message, source, key, leg, &tag)?;
        let target = message.contact.first().map_or(from.uri.text, |contact| contact.uri.text);
        let mut fixed = self.pages.writer();
        fixed.put(message.call_id);
        fixed.put(to.text);
        let fixed = fixed.finish().unwrap_or(Text::EMPTY);
        let mut remote = self.pages.writer();
        remote.put(from.text);
        remote.put(target);
        for route in message.headers(Name::RecordRoute) {
            remote.line(&[b"Route: ", route]);
        }
        let remote = remote.finish().unwrap_or(Text::EMPTY);
        Some(Dialog {
            leg,
            phase: Phase::Invited,
            cookie,
            fixed,
            call_id_len: length(message.call_id),
            far: Far {
                tag: self.tag_hash(from.tag().unwrap_or(&[])),
                text: remote,
                address_len: length(from.text),
                target_len: length(target),
                next_hop,
            },
            remote_cseq: message.cseq.as_ref().map_or(0, |cseq| cseq.number),
            invite,
            max_forwards: message.max_forwards.unwrap_or(70).saturating_sub(1),
            ..Dialog::EMPTY
        })
    }

    /// What an answer to our INVITE tells of the far end: its tag, its target and the way there (section 12.1.2).
    pub fn far_end(&mut self, leg: Handle, message: &Message<'_>, next_hop: Flow) -> Option<Far> {
        let (to, known) = (message.to.as_ref()?, self.dialog(leg)?.far);
        let mut remote = self.pages.writer();
        remote.put(to.text);
        let before = remote.len();
        match message.contact.first() {
            Some(contact) => remote.put(contact.uri.text),
            None => {
                let from = usize::from(known.address_len);
                remote.put_text(known.text, from, from.saturating_add(usize::from(known.target_len)));
            }
        }
        let target_len = u16::try_from(remote.len().saturating_sub(before)).unwrap_or(u16::MAX);
        // The route set is the Record-Route of the response, reversed.
        let count = message.items(Name::RecordRoute).count();
        for n in (0..count).rev() {
            if let Some(route) = message.items(Name::RecordRoute).nth(n) {
                remote.line(&[b"Route: ", route]);
            }
        }
        let text = remote.finish()?;
        let tag = self.tag_hash(to.tag().unwrap_or(&[]));
        Some(Far { tag, text, address_len: length(to.text), target_len, next_hop })
    }

    /// Takes over what an answer tells of the far end.
    pub fn learn_far_end(&mut self, leg: Handle, far: Far) {
        if let Some(dialog) = self.dialog_mut(leg) {
            let before = core::mem::replace(&mut dialog.far, far);
            self.pages.release(before.text);
        }
    }

    /// A request or answer within a dialog names another target (section 12.2.1.2): that is where requests are for, and where they go.
    pub fn retarget(&mut self, leg: Handle, target: &[u8], next_hop: Flow) {
        let Some(far) = self.dialog(leg).map(|dialog| dialog.far) else { return };
        let mut remote = self.pages.writer();
        remote.put_text(far.text, 0, far.address_len.into());
        remote.put(target);
        remote.put_text(far.text, far.target_end(), far.text.len());
        let Some(text) = remote.finish() else { return };
        self.learn_far_end(leg, Far { text, target_len: length(target), next_hop, ..far });
    }
}

impl Far {
    /// Where the target ends in its text.
    #[must_use]
    pub fn target_end(&self) -> usize {
        usize::from(self.address_len).saturating_add(self.target_len.into())
    }

    /// Whether there is a route set.
    #[must_use]
    pub fn is_routed(&self) -> bool {
        self.text.len() > self.target_end()
    }
}

fn length(text: &[u8]) -> u16 {
    u16::try_from(text.len()).unwrap_or(u16::MAX)
}
