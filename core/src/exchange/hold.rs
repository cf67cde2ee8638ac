//! Hold, carried out: by a neutral signal, or by what a phone of ours offers (RFC 3264 section 8.4). Who holds for too long is
//! rung, as who has parked ([`hold`](crate::call::features::hold)).

use super::commands::Heard;
use super::{Event, Exchange, Taken};
use crate::base::{Crypto, Digits, Handle, Instant};
use crate::call::Commands;
use crate::call::features::hold::NEVER;
use crate::media::Summary;
use crate::policy::decide::class_of;
use crate::policy::{Behalf, Feature, Rule, Verdict, may_not_hold};
use crate::record::Decision;

/// Between the release of who holds and its recall: its phone is idle then.
pub(super) const BETWEEN_MS: u64 = 1_000;

impl<C: Crypto> Exchange<'_, C> {
    /// The party of a neutral leg holds its peer, or goes on with it. To do it twice changes nothing.
    pub(super) fn neutral_hold(&mut self, now: Instant, leg: Handle, holds: bool) -> Taken {
        if self.calls.leg(leg).is_none_or(|slot| !slot.neutral) {
            return Taken::UnknownLeg;
        }
        let Some(of) = self.calls.holdable(leg) else { return Taken::NotNow };
        let refused = if holds { self.not_held(now, leg) } else { self.not_conferred(now, leg) };
        if let Some(decision) = refused {
            return Taken::Denied(decision);
        }
        self.holds(now, leg, holds);
        if self.calls.leg(of).is_some_and(|slot| slot.neutral) {
            self.event(Event::Held(of, holds));
        }
        Taken::Done
    }

    /// Why the party of a leg may not hold its peer: noted down. Whoever has called for help may, and who holds already does.
    pub(super) fn not_held(&mut self, now: Instant, leg: Handle) -> Option<Decision> {
        let (image, mode) = (self.policy?.image, self.mode_at(now));
        let (_, choice) = self.calls.choice(leg)?;
        if choice.rule == Rule::Emergency || self.calls.holds_until(leg).is_some() {
            return None;
        }
        let by = self.calls.leg(leg)?.party;
        let of = self.calls.leg(self.calls.peer(leg)?)?.party;
        let denial = may_not_hold(&image, by, mode)?;
        let behalf = Some(Behalf { feature: Feature::Hold, party: of });
        Some(self.note_denied_for(now, (by, behalf), Digits::EMPTY, Verdict::Deny(denial)))
    }

    /// What a phone wants to offer: the rule by which it may not, if it holds its peer, or takes it back.
    pub(super) fn held_against(&mut self, leg: Handle, offer: &Summary) -> Option<Rule> {
        let now = self.clock.now();
        let decision = if offer.holds() {
            self.not_held(now, leg)
        } else if *offer == Summary::NONE {
            // What it will want is not said yet.
            None
        } else {
            self.not_conferred(now, leg)
        };
        Some(decision?.denial()?.rule)
    }

    /// What a leg has offered is agreed on: whether its party holds its peer now.
    pub(super) fn hold_agreed(&mut self, now: Instant, leg: Handle) {
        if let Some(holds) = self.calls.offered(leg).map(Summary::holds) {
            self.holds(now, leg, holds);
        }
    }

    fn holds(&mut self, now: Instant, leg: Handle, holds: bool) {
        // Who holds on and says so again has not held for longer.
        if holds != self.calls.holds_until(leg).is_some() {
            let until = if holds { self.recall_at(now, leg) } else { None };
            self.calls.hold(leg, until);
            self.watch_leg(leg);
        }
    }

    /// When who holds now is rung.
    fn recall_at(&self, now: Instant, leg: Handle) -> Option<Instant> {
        let party = self.calls.leg(leg)?.party;
        let image = &self.policy.as_ref()?.image;
        let class = class_of(image, party, self.mode_at(now)).unwrap_or_default();
        // A trunk's far end is rung by its own exchange.
        let seconds = if party.phone().is_some() { class.hold_recall_s } else { 0 };
        Some(if seconds == 0 { NEVER } else { now.plus_s(u64::from(seconds)) })
    }

    /// Time has come for a leg: its party has perhaps held for too long. Whoever talks to another meanwhile is asked later.
    pub(super) fn hold_due(&mut self, now: Instant, leg: Handle) {
        if self.calls.holds_until(leg).is_none_or(|until| now < until) {
            return;
        }
        let device = self.calls.leg(leg).and_then(|slot| slot.party.phone());
        let of =
            self.calls.overheld(now, leg).filter(|_| !device.is_some_and(|at| self.calls.engaged(at, leg)));
        let mut commands = Commands::new();
        let recalled = of
            .zip(device)
            .is_some_and(|(_, at)| self.calls.recall_held(leg, (at, now.plus_ms(BETWEEN_MS)), &mut commands));
        if let (true, Some(of)) = (recalled, of) {
            self.watch_leg(of);
            return self.perform(now, &commands, &Heard::NOTHING);
        }
        let later = self.recall_at(now, leg);
        self.calls.hold(leg, later);
        self.watch_leg(leg);
    }
}
