//! What a telephone puts out.

use super::Phone;
use crate::base::{Crypto, Flow, Handle};
use crate::policy::Rule;
use crate::registration::client::Standing;
use crate::table::Text;
use crate::wire::write::Short;

/// What its user is to know of a call before it is up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Notice {
    /// An account code is wanted: [`press`](Phone::press) its digits.
    Code,
    /// The call goes over a dear route (R63).
    Dear,
}

/// One output. Handles of lines are good until their [`Over`](Self::Over).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Output {
    /// Send the first `len` octets of the buffer there.
    Send {
        /// Where to.
        to: Flow,
        /// Octets.
        len: usize,
    },
    /// How we stand at the gateway has changed.
    Standing(Standing),
    /// We belong to this server from now on: its place among those of the configuration.
    Server(usize),
    /// Somebody calls: it rings here.
    Incoming(Handle),
    /// It rings there, or something is to be heard.
    Ringing(Handle),
    /// The user is told something before the call is up.
    Notice(Handle, Notice),
    /// The call is up.
    Up(Handle),
    /// The sound of this line is another: [`Phone::sound`].
    Sound(Handle),
    /// They hold us, or go on.
    Held(Handle, bool),
    /// What became of holding or going on: 200, or why not.
    Changed(Handle, u16),
    /// What becomes of a transfer: 100 while it goes on, 200 when it is done, or why not.
    Referred(Handle, u16),
    /// A text for the user, such as that somebody has called for help (R70): the first `len` octets of the buffer.
    Text {
        /// Octets.
        len: usize,
    },
    /// The call is over.
    Over {
        /// The line; its handle is stale soon.
        line: Handle,
        /// 200 if it was up, else why it never was.
        status: u16,
        /// The rule of the gateway's policy that refused it.
        rule: Option<Rule>,
    },
}

/// Small outputs as they are queued.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub enum Event {
    Told(Output),
    Text(Text),
}

impl<C: Crypto> Phone<'_, C> {
    /// Takes the oldest output. Octets of a message or text are copied to `buf`.
    ///
    /// # Errors
    /// [`Short`] if `buf` cannot hold them; the output stays, call again with a larger one.
    pub fn poll(&mut self, buf: &mut [u8]) -> Result<Option<Output>, Short> {
        if let Some(outgoing) = self.sip.outgoing.peek() {
            let len = self.copied(outgoing.text, buf)?;
            self.sip.outgoing.pop();
            return Ok(Some(Output::Send { to: outgoing.to, len }));
        }
        match self.events.peek() {
            None => Ok(None),
            Some(Event::Told(output)) => {
                self.events.pop();
                Ok(Some(output))
            }
            Some(Event::Text(text)) => {
                let len = self.copied(text, buf)?;
                self.events.pop();
                Ok(Some(Output::Text { len }))
            }
        }
    }

    /// A text goes out: it is not kept any longer.
    fn copied(&mut self, text: Text, buf: &mut [u8]) -> Result<usize, Short> {
        let needed = text.len();
        if buf.len() < needed {
            return Err(Short { needed });
        }
        let len = self.sip.pages.copy(text, buf);
        self.sip.pages.release(text);
        Ok(len)
    }

    pub(super) fn tell(&mut self, output: Output) {
        self.event(Event::Told(output));
    }
}
