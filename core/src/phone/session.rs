//! Whether who is there still is: asked by OPTIONS, for a telephone keeps no session timer (RFC 4028 section 9, table 2).

use super::Phone;
use super::line::Event as LineEvent;
use crate::base::{Crypto, Handle, Instant};
use crate::signalling::session::{Action, Event, Terms};
use crate::table::Text;
use crate::wire::sip::Method;

impl<C: Crypto> Phone<'_, C> {
    /// A call is up, or was changed by them. A call for help is never ended for silence.
    pub(super) fn session_up(&mut self, now: Instant, line: Handle) {
        if self.lines.get(line).is_some_and(|slot| !slot.emergency) {
            self.session_event(now, line, Event::Up(Terms::ASKED));
        }
    }

    pub(super) fn session_due(&mut self, now: Instant, line: Handle) {
        self.session_event(now, line, Event::Tick);
    }

    /// Who answers is there (RFC 5057 section 5), but for one who does not know the call.
    pub(super) fn session_answered(&mut self, now: Instant, line: Handle, status: u16) {
        match status {
            ..=199 => {}
            408 | 481 => self.session_event(now, line, Event::Lost),
            200.. => self.session_event(now, line, Event::Answered),
        }
    }

    pub(super) fn session_lost(&mut self, now: Instant, line: Handle) {
        self.session_event(now, line, Event::Lost);
    }

    fn session_event(&mut self, now: Instant, line: Handle, event: Event) {
        let Some(dialog) = self.sip.dialog_mut(line) else { return };
        match dialog.session.handle(now, event) {
            None => {}
            Some(Action::Ask(_)) => self.ask_whether_there(now, line),
            Some(Action::Gone) => {
                self.line_event(now, line, LineEvent::Silent, None);
            }
        }
        self.watch_line(line);
    }

    fn ask_whether_there(&mut self, now: Instant, line: Handle) {
        // Without room it is asked half an interval later.
        if self.within(now, line, Method::Options, Text::EMPTY, |_| {}).is_none() {
            self.session_event(now, line, Event::Answered);
        }
    }
}
