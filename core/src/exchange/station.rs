//! What users set by feature codes: judged like a call to the number that follows (R22, R51), set or refused, and told.
//!
//! A phone on our own SIP has its INVITE answered without media and released at once: it is not a call, and leaves no record.

use super::commands::Heard;
use super::placing::Unplaced;
use super::{Event, Exchange};
use crate::base::{Crypto, Digits, Handle, Instant};
use crate::call::{Cause, leg};
use crate::media::{Body, Passage, standby};
use crate::policy::decide::{class_of, cor_of, decide};
use crate::policy::rows::Features;
use crate::policy::trie::{End, analyse};
use crate::policy::{Attempt, Authority, Behalf, Code, Denial, Feature, Party, RowRef, Rule, Verdict};
use crate::signalling::dialog::Phase;
use crate::signalling::render;
use crate::station::{Settings, When};
use crate::table::pages::PageWriter;
use crate::wire::sip::Message;
use crate::wire::write::{Buffer, Sink};

/// What a feature code sets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Setting {
    /// Calls go to the number that follows then.
    Forward(When),
    /// No calls go elsewhere any more.
    CancelForwards,
    /// No calls are wanted, or they are again.
    DoNotDisturb,
}

impl<C: Crypto> Exchange<'_, C> {
    /// What the user of a device has set there.
    #[must_use]
    pub fn settings(&self, device: u32) -> Option<&Settings> {
        usize::try_from(device).ok().and_then(|device| self.devices.get(device)).map(|slot| &slot.station)
    }

    /// A user has dialed a feature code and what follows it. Work: one decision.
    pub(super) fn set(
        &mut self,
        now: Instant,
        party: Party,
        setting: Setting,
        number: &[u8],
        locked_out: bool,
    ) -> Unplaced {
        let mode = self.mode_at(now);
        // A code that stands there is nobody's to read (R53).
        let hidden = self.policy.as_ref().is_some_and(|policy| {
            matches!(analyse(&policy.image, number, |_| false).end(), End::Feature(..))
                && policy.image.speed_number(number).is_none()
        });
        let dialed = if hidden { Digits::EMPTY } else { Digits::written(number).unwrap_or_default() };
        let behalf = Some(Behalf { feature: Feature::Forward { user: true }, party });
        let verdict = match (setting, &self.policy) {
            (_, None) => Err(self.refusal(now, party, Rule::PolicyNone)),
            (Setting::Forward(_), _) if number.is_empty() => {
                Err(self.refusal(now, party, Rule::NumberIncomplete))
            }
            (Setting::Forward(_), Some(policy)) => {
                let minute = self.moment(now).map(|moment| moment.minute);
                let (dialed, exempt) = policy.image.speed_number(number).unwrap_or((number, false));
                let attempt = Attempt { from: party, dialed, mode, minute, code: Code::None, behalf, exempt };
                let world = self.at_rest(&policy.image, party, locked_out, now);
                match decide(&policy.image, &attempt, world, &mut ()) {
                    Verdict::Allow(_) => Ok(()),
                    Verdict::Deny(denial) | Verdict::NeedsCode(denial) => Err(denial),
                }
            }
            (Setting::CancelForwards | Setting::DoNotDisturb, _) if !number.is_empty() => {
                Err(self.refusal(now, party, Rule::NumberVacant))
            }
            (Setting::CancelForwards, _) => Ok(()),
            (Setting::DoNotDisturb, Some(policy)) => {
                let class = class_of(&policy.image, party, mode).map_or(0, |class| class.features);
                let may = Features::from_bits_truncate(class).contains(Features::DO_NOT_DISTURB);
                if may { Ok(()) } else { Err(self.refusal(now, party, Rule::CosFeature)) }
            }
        };
        if let Err(denial) = verdict {
            let behalf = behalf.filter(|_| matches!(setting, Setting::Forward(_)));
            let verdict = Verdict::Deny(denial);
            return Unplaced::Denied(self.note_denied_for(now, (party, behalf), dialed, verdict));
        }
        let row = self.policy.as_ref().and_then(|policy| policy.image.row_of(party)).unwrap_or(u32::MAX);
        let slot = usize::try_from(row).ok().and_then(|row| self.devices.get_mut(row));
        if let Some(station) = slot.map(|slot| &mut slot.station) {
            match setting {
                Setting::Forward(when) => station.set_forward(when, dialed),
                Setting::CancelForwards => station.cancel_forwards(),
                Setting::DoNotDisturb => station.toggle_do_not_disturb(),
            }
        }
        self.event(Event::Set(row));
        Unplaced::Set
    }

    pub(super) fn refusal(&self, now: Instant, party: Party, rule: Rule) -> Denial {
        Denial::new(rule, self.authority(now, party), RowRef::None)
    }

    /// The classes of a party as they are now.
    pub(super) fn authority(&self, now: Instant, party: Party) -> Authority {
        let mode = self.mode_at(now);
        let image = self.policy.as_ref().map(|policy| &policy.image);
        let cos = image.and_then(|image| class_of(image, party, mode)).map_or(0, |class| class.id);
        let cor = image.map_or(0, |image| cor_of(image, party, mode));
        Authority { party, cos, cor, mode, code: None }
    }

    /// Tells a phone that what it has dialed is set. Its leg is there, and its dialog.
    pub(super) fn confirm_set(&mut self, now: Instant, leg: Handle, message: &Message<'_>) {
        let mut room = [0; standby::MAX];
        let us = self.sip.us();
        let mut out = Buffer::new(&mut room);
        standby::none(&mut out, message.sdp(), us.ip().is_ipv4());
        let len = out.finish().unwrap_or(0);
        let Some(invite) = self.sip.dialog(leg).map(|dialog| dialog.invite) else { return };
        self.leg_event(now, leg, leg::Event::Originate, &Heard::NOTHING);
        self.set_phase(leg, Phase::Answered { release: false });
        let own = self.plain(leg);
        let body = Body { text: room.get(..len).unwrap_or(&[]), offer: None, passage: Passage::UNCHANGED };
        let extra = |out: &mut PageWriter<'_, '_>| {
            own.put(out);
            out.line(&[render::ABLE]);
        };
        self.sip.respond(now, &mut self.timers, invite, 200, extra, &body);
        self.leg_event(now, leg, leg::Event::PeerReleased(Cause::Normal), &Heard::NOTHING);
    }
}
